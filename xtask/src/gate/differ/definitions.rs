//! Definitions that would take the place of others: of an inherited method that asserts, of what a runner calls, of how
//! values compare.

use super::super::chain::Chain;
use super::super::ir::{Class, Func, Kind, Node, Stmt, StmtKind};
use super::super::words::{READS, asserts_by_name};
use super::Differ;

/// Special methods that have no say in how values compare or are looked up.
#[rustfmt::skip]
const PLAIN_DUNDERS: [&str; 16] = [
    "__init__", "__post_init__", "__repr__", "__str__", "__enter__", "__exit__", "__aenter__", "__aexit__", "__iter__",
    "__next__", "__len__", "__contains__", "__new__", "__slots__", "__del__", "__init_subclass__",
];
const COMPARES: [&str; 6] = ["valueOf", "toString", "toJSON", "asymmetricMatch", "equals", "then"];

impl<'a> Differ<'a> {
    /// A function that got a name which it had not: one that says it asserts must assert.
    pub fn defined(&mut self, name: &str, func: &Func, line: usize) {
        let asserting = asserts_by_name(name) || self.around.asserting.contains(name) && self.is_called_in_old(name);
        if asserting && does_nothing(&func.body) {
            self.report("shadowed-name", line, format!("`{name}` does nothing, where it says that it asserts"));
        }
        if name.starts_with("pytest_") && self.path.ends_with(".py") {
            self.report("bent-runner", line, format!("pytest calls `{name}` by itself"));
        }
    }

    fn is_called_in_old(&self, name: &str) -> bool {
        let is_it =
            |node: &Node| matches!(&node.kind, Kind::Member { name: other, .. } | Kind::Ident(other) if other == name);
        self.old.body.iter().any(|stmt| stmt.any(&mut |node| is_it(node)))
    }

    /// Members that a class did not have.
    pub fn members(&mut self, old: Option<&'a Class>, new: &'a Class) {
        let before: Vec<&str> =
            old.iter().flat_map(|class| &class.body).filter_map(member).map(|(name, _)| name).collect();
        let after: Vec<&str> = new.body.iter().filter_map(member).map(|(name, _)| name).collect();
        for stmt in &new.body {
            let Some((name, func)) = member(stmt) else { continue };
            let twice = after.iter().filter(|other| **other == name).count() > 1;
            let was_twice = before.iter().filter(|other| **other == name).count() > 1;
            let plain = !matches!(&stmt.kind, StmtKind::Func(func) if !func.decorators.is_empty());
            if plain && twice && !was_twice && !accessor_or_overload(name) {
                self.report("shadowed-name", stmt.line, format!("`{name}` is defined twice"));
            }
            if before.contains(&name) {
                continue;
            }
            if let (Some(func), Some(old)) = (func, old)
                && self.computes_field(old, new, func, stmt.line)
            {
                continue;
            }
            if let Some(func) = func {
                self.defined(name, func, stmt.line);
            }
            self.overriding(name, new, stmt.line);
        }
    }

    /// A getter in place of a field must give what the field was.
    fn computes_field(&mut self, old: &'a Class, new: &'a Class, func: &'a Func, line: usize) -> bool {
        let Some(name) = getter(func) else { return false };
        let Some(field) = field(old, name).filter(|_| field(new, name).is_none()) else { return false };
        match func.body.as_slice() {
            [Stmt { kind: StmtKind::Return(Some(value)), .. }] => self.value(name, field, value, line),
            _ => self.report("shadowed-name", line, format!("`{name}` is computed, where it was a field")),
        }
        true
    }

    /// Whether a class had a field where it has a getter now.
    pub fn is_computed_field(&self, stmt: &Stmt) -> bool {
        let StmtKind::Func(func) = &stmt.kind else { return false };
        let had = |class: &Class| class.body.iter().any(|inner| std::ptr::eq(inner, stmt));
        let class_of = |program: &'a super::Program, test: &dyn Fn(&Class) -> bool| {
            program.body.iter().find_map(|stmt| match &stmt.kind {
                StmtKind::Class(class) if test(class) => Some(class),
                _ => None,
            })
        };
        let Some(new) = class_of(self.new, &had) else { return false };
        let old = class_of(self.old, &|class| class.name == new.name);
        getter(func).is_some_and(|name| old.is_some_and(|old| field(old, name).is_some()) && field(new, name).is_none())
    }

    fn overriding(&mut self, name: &str, class: &Class, line: usize) {
        let python = self.path.ends_with(".py");
        let of_test_case = python
            && class.heritage.iter().any(|base| {
                Chain::of(base).last().is_some_and(|link| link.name.contains("Test") || link.name.contains("Case"))
            });
        let runs = matches!(
            name,
            "run" | "debug" | "id" | "fail" | "countTestCases" | "defaultTestResult" | "subTest" | "skipTest"
        ) || name.starts_with("_call")
            || name.starts_with("assert");
        if of_test_case && runs {
            self.report("shadowed-name", line, format!("`{name}` is what runs the tests of the class"));
        } else if python && name.starts_with("__") && name.ends_with("__") && !PLAIN_DUNDERS.contains(&name) {
            self.report("shadowed-name", line, format!("`{name}` decides how values compare or are found"));
        } else if COMPARES.contains(&name) || name.starts_with("[Symbol") {
            self.report("unknown-change", line, format!("`{name}` decides how values compare"));
        } else if !class.heritage.is_empty() && !self.is_called_anew(name) {
            let renamed = self.around.renamed.values().any(|to| to == name);
            if asserts_by_name(name) && !renamed {
                self.report("moved-assertion", line, format!("`{name}` may take the place of an inherited one"));
            } else if !renamed && !self.around.spoken_of_anew.contains(name) {
                self.report("unknown-change", line, format!("`{name}` may take the place of an inherited one"));
            }
        }
    }

    /// Whether the new file calls a method that the old one did not.
    fn is_called_anew(&self, name: &str) -> bool {
        let calls =
            |stmt: &Stmt| stmt.any(&mut |node| matches!(&node.kind, Kind::Member { name: other, .. } if other == name));
        self.new.body.iter().any(calls) && !self.old.body.iter().any(calls)
    }

    /// What is read from the page gets no stand-in: a value for when it is not there, or another one in its place.
    pub fn stand_ins(&mut self, old: &Stmt, new: &Stmt) {
        let count = |stmt: &Stmt| {
            let mut found = 0;
            stmt.exprs()
                .into_iter()
                .for_each(|node| node.hollow().walk(&mut |part| found += usize::from(stands_in(part))));
            found
        };
        let caught = |stmt: &Stmt| {
            let mut found = 0;
            stmt.exprs()
                .into_iter()
                .for_each(|node| node.walk(&mut |part| found += usize::from(catches_with_value(part))));
            found
        };
        if count(new) > count(old) || caught(new) > caught(old) {
            self.report("always-true", new.line, "what is read from the page has a stand-in");
        }
    }

    /// Classes that are written inside an expression.
    pub fn classes_of(&mut self, old: Option<&'a Node>, new: &'a Node) {
        let mut before: Vec<&'a Class> = Vec::new();
        if let Some(old) = old {
            collect(old, &mut before);
        }
        let mut after = Vec::new();
        collect(new, &mut after);
        for class in after {
            if !before.contains(&class) {
                self.class(None, class, new.line);
            }
        }
    }
}

fn collect<'a>(node: &'a Node, found: &mut Vec<&'a Class>) {
    if let Kind::Class(class) = &node.kind {
        found.push(class);
    }
    node.parts().into_iter().for_each(|part| collect(part, found));
}

/// The name of a member, and its code if it is a method or a function in a field.
fn member(stmt: &Stmt) -> Option<(&str, Option<&Func>)> {
    match &stmt.kind {
        StmtKind::Func(func) => Some((&func.name, Some(func))),
        StmtKind::Decl { target, init, .. } => {
            let name = Chain::of(target).last()?.name;
            match init.as_ref().map(|init| &init.kind) {
                Some(Kind::Fn(func)) => Some((name, Some(func))),
                _ => Some((name, None)),
            }
        }
        _ => None,
    }
}

/// The name of a getter.
fn getter(func: &Func) -> Option<&str> {
    let is_property = func.decorators.iter().any(|mark| mark.ident() == Some("property"));
    if is_property { Some(&func.name) } else { func.name.strip_prefix("get ") }
}

/// What a class or its constructor gives to `this.name`.
fn field<'c>(class: &'c Class, name: &str) -> Option<&'c Node> {
    let constructor = class.body.iter().find_map(|stmt| match &stmt.kind {
        StmtKind::Func(func) if matches!(func.name.as_str(), "constructor" | "__init__") => Some(&func.body),
        _ => None,
    });
    let is_it = |target: &Node| matches!(&target.kind, Kind::Member { object, name: other, .. } if object.kind == Kind::Const("this".into()) && other == name);
    class.body.iter().chain(constructor.into_iter().flatten()).find_map(|stmt| match &stmt.kind {
        StmtKind::Decl { target, init, .. } if is_it(target) => init.as_ref(),
        _ => None,
    })
}

/// Getter and setter have names of their own; in Python both are decorated functions of one name.
fn accessor_or_overload(name: &str) -> bool {
    name.is_empty() || name == "_" || name == "constructor"
}

/// Whether a body has no effect: empty, or only returns a constant.
fn does_nothing(body: &[Stmt]) -> bool {
    body.iter().all(|stmt| match &stmt.kind {
        StmtKind::Jump(_) | StmtKind::Return(None) => true,
        StmtKind::Return(Some(node)) | StmtKind::Expr(node) => {
            matches!(node.bare().kind, Kind::Const(_) | Kind::Str(_) | Kind::Num(_))
        }
        StmtKind::Block(body) => does_nothing(body),
        _ => false,
    })
}

/// `(await row.innerText()) ? 'Paid' : ''`, `read() || 'Paid'`.
fn stands_in(node: &Node) -> bool {
    let reads = |node: &Node| {
        node.any(&mut |part| {
            let chain = Chain::of(part);
            matches!(part.kind, Kind::Call { .. })
                && chain.last().is_some_and(|link| READS.contains(&link.name) && link.name != "then")
        })
    };
    match &node.kind {
        Kind::Ternary(cond, then, other) => reads(cond) && says_something(then) || reads(then) && says_something(other),
        Kind::Binary(op, left, right) if matches!(op.as_str(), "||" | "??") => reads(left) && says_something(right),
        _ => false,
    }
}

/// `read().catch(() => 'Paid')`
fn catches_with_value(node: &Node) -> bool {
    let chain = Chain::of(node);
    let Some(link) = chain.last().filter(|link| link.name == "catch") else { return false };
    let reads = chain.links.iter().any(|link| READS.contains(&link.name));
    let Some([Node { kind: Kind::Fn(func), .. }]) = link.args else { return false };
    reads && func.body.iter().any(|stmt| matches!(&stmt.kind, StmtKind::Return(Some(value)) if says_something(value)))
}

/// Whether a value is more than nothing: not empty, zero or false.
fn says_something(node: &Node) -> bool {
    match &node.bare().kind {
        Kind::Str(text) => !text.trim().is_empty(),
        Kind::Num(_) => node.number() != Some(0.0),
        Kind::Const(word) => matches!(word.as_str(), "true" | "this"),
        Kind::Array(parts) => !parts.is_empty(),
        Kind::Object(entries) => !entries.is_empty(),
        _ => true,
    }
}
