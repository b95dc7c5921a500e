//! What assertions and tests are made for each of: a list may not become shorter, or another one.

use super::super::super::assertion;
use super::super::super::chain::{Chain, Link};
use super::super::super::ir::alter::Alter;
use super::super::super::ir::{Func, Kind, Node, Stmt, StmtKind};
use super::super::super::locator::drift::drift;
use super::super::super::locator::narrowed::finds_others;
use super::super::super::locator::{self, Claim, is_locator};
use super::super::align::declaration;
use super::super::{Differ, bound};
use super::claims::contains_assertion;
use super::synonyms::grew;

/// Methods that leave something out.
const NARROWS: [&str; 8] = ["slice", "splice", "filter", "find", "concat", "takeWhile", "islice", "at"];

impl<'a> Differ<'a> {
    /// Compares what `forEach` and its kin run over, if their callbacks assert or declare tests.
    pub fn iterated(&mut self, old: &'a Node, new: &'a Node) {
        let asserts = self.asserts();
        let (Some((one, _)), Some((other, _))) = (iteration(old, &asserts), iteration(new, &asserts)) else { return };
        if self.same(one, other) || grew(one, other) {
            return;
        }
        if is_locator(one) && is_locator(other) {
            let (was, is) = (locator::read(one), locator::read(other));
            self.drifted(new.line, drift(&was, &is, Claim::Valued, ""));
            if finds_others(&was, &is) {
                self.report("changed-subject", new.line, "it may be fewer of them, or others");
            }
        } else {
            let rule = if narrowed(one, other) { "fewer-cases" } else { "changed-subject" };
            self.report(rule, new.line, "the assertions are made for other items");
        }
    }
}

impl<'a> Differ<'a> {
    /// Whether something is done for each of other items than before: `[].map(…)` became of `ids.map(…)`.
    pub fn goes_over_others(&self, old: &Node, new: &Node) -> bool {
        fn lists<'n>(node: &'n Node, found: &mut Vec<&'n Node>) {
            node.walk(&mut |part| {
                if let Kind::Call { callee, args, .. } = &part.kind
                    && let Kind::Member { object, name, .. } = &callee.kind
                    && matches!(name.as_str(), "map" | "forEach" | "flatMap")
                    && matches!(args.as_slice(), [Node { kind: Kind::Fn(_), .. }, ..])
                {
                    found.push(object);
                }
            });
        }
        let (mut was, mut is) = (Vec::new(), Vec::new());
        lists(old, &mut was);
        lists(new, &mut is);
        let of_page = |node: &Node| node.any(&mut |part| is_locator(part));
        let other = |(one, other): (&&Node, &&Node)| {
            !of_page(one) && !of_page(other) && !self.same(one, other) && !grew(one, other)
        };
        was.len() == is.len() && was.iter().zip(&is).any(other)
    }

    /// `rows.forEach((row, at) => …)` and `for (const [at, row] of rows.entries())` do the same.
    pub fn loops(&mut self, old: &'a Stmt, new: &'a Stmt) {
        let (Some(before), Some(after)) = (loop_of(old), loop_of(new)) else { return };
        if !self.same(before.items, after.items) && !self.same_value(before.items, after.items) {
            let rule = if narrowed(before.items, after.items) { "fewer-cases" } else { "changed-subject" };
            self.report(rule, new.line, "the loop runs over something else");
        }
        let kept = self.renames.clone();
        for (was, is) in before.names.iter().zip(&after.names) {
            match (was.ident(), is.ident()) {
                _ if was == is => {}
                (Some(name), Some(other)) if !speaks_of(before.body, other) && !speaks_of(after.body, name) => {
                    self.renames.insert(name.to_owned(), other.to_owned());
                }
                _ => self.report("changed-subject", new.line, "the loop takes the items apart another way"),
            }
        }
        self.block(before.body, after.body);
        self.renames = kept;
    }
}

/// Whether something else is read of each of what is found, or asked of it: `.map((item) => 'a')` in the place of
/// `.map((item) => item.textContent)`.
pub fn reads_each_otherwise(old: &Node, new: &Node) -> bool {
    let (was, is) = (readers(old), readers(new));
    let same = |((one, a), (other, b)): (&(&str, &Func), &(&str, &Func))| one == other && reading(a) == reading(b);
    !was.is_empty() && was.len() == is.len() && !was.iter().zip(&is).all(same)
}

/// The methods of a list that call a function for each item, with the functions, in an expression.
fn readers(node: &Node) -> Vec<(&str, &Func)> {
    #[rustfmt::skip]
    const OF_EACH: [&str; 11] = [
        "map", "flatMap", "filter", "find", "findIndex", "every", "some", "reduce", "sort", "evaluateAll", "toSorted",
    ];
    let of_each = |link: &Link<'_>| OF_EACH.contains(&link.name);
    let chain = Chain::of(node);
    let mut found = Vec::new();
    for link in chain.links.iter().filter(|link| of_each(link)) {
        if let Some([Node { kind: Kind::Fn(func), .. }, ..]) = link.args {
            found.push((link.name, &**func));
        }
    }
    found
}

/// What a function reads, whatever it calls its parameters, and by whatever selectors it finds it.
fn reading(func: &Func) -> Vec<Stmt> {
    const FINDS: [&str; 4] = ["querySelector", "querySelectorAll", "closest", "locator"];
    let names: Vec<String> = func.params.iter().flat_map(bound).map(str::to_owned).collect();
    let mut body = func.body.clone();
    let mut plain = |node: &mut Node| match &mut node.kind {
        Kind::Ident(name) => {
            if let Some(at) = names.iter().position(|other| other == name) {
                *name = at.to_string();
            }
        }
        Kind::Call { callee, args, .. } => {
            let finds = Chain::of(callee).last().is_some_and(|link| FINDS.contains(&link.name));
            args.retain(|arg| !finds || arg.string().is_none());
        }
        _ => {}
    };
    Alter { node: &mut plain, stmt: &mut |_| {} }.body(&mut body);
    body
}

fn speaks_of(body: &[Stmt], name: &str) -> bool {
    body.iter().any(|stmt| stmt.any(&mut |node| node.ident() == Some(name)))
}

/// What is done for each item.
pub struct Loop<'a> {
    items: &'a Node,
    /// The item, and perhaps where it stands.
    names: Vec<&'a Node>,
    body: &'a [Stmt],
}

/// A loop over the items of a list, however it is written.
pub fn loop_of(stmt: &Stmt) -> Option<Loop<'_>> {
    match &stmt.kind {
        StmtKind::Expr(Node { kind: Kind::Call { callee, args, optional: false }, .. }) => {
            let Kind::Member { object, name, optional: false } = &callee.kind else { return None };
            match args.as_slice() {
                [Node { kind: Kind::Fn(func), .. }] if name == "forEach" && !func.is_async && !func.generator => {
                    Some(Loop { items: object, names: func.params.iter().collect(), body: &func.body })
                }
                _ => None,
            }
        }
        StmtKind::Loop { head, body } => {
            let [name, items] = head.as_slice() else { return None };
            match (&name.kind, entries_of(items)) {
                (Kind::Array(pair), Some(items)) => match pair.as_slice() {
                    [at, item] => Some(Loop { items, names: vec![item, at], body }),
                    _ => None,
                },
                (_, None) if !matches!(items.kind, Kind::Other(..)) => Some(Loop { items, names: vec![name], body }),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The list in `list.entries()`.
fn entries_of(node: &Node) -> Option<&Node> {
    let Kind::Call { callee, args, .. } = &node.kind else { return None };
    match &callee.kind {
        Kind::Member { object, name, .. } if name == "entries" && args.is_empty() => Some(object),
        _ => None,
    }
}

/// Whether a list is the old one with something left out, or has nothing in it.
pub fn narrowed(old: &Node, new: &Node) -> bool {
    let narrows = |node: &Node| {
        node.any(&mut |part| match &part.kind {
            Kind::Member { name, .. } | Kind::Ident(name) => NARROWS.contains(&name.as_str()),
            Kind::Other(kind, _) => kind.starts_with("slice"),
            _ => false,
        })
    };
    let empty = |node: &Node| {
        node.any(&mut |part| match &part.kind {
            Kind::Array(items) => items.is_empty(),
            Kind::Object(entries) => entries.is_empty(),
            _ => false,
        })
    };
    let picked = matches!(&new.kind, Kind::Array(items) if items.iter().any(|item| matches!(&item.kind, Kind::Index { object, .. } if **object == *old)));
    narrows(new) && !narrows(old) || empty(new) && !empty(old) || picked
}

/// `titles.forEach((title) => …)` where the callback asserts or declares tests: what it runs over, and the callback.
pub fn iteration<'a>(node: &'a Node, asserts: &assertion::Asserts) -> Option<(&'a Node, &'a Node)> {
    let Kind::Call { callee, args, .. } = &node.bare().kind else { return None };
    let Kind::Member { object, name, .. } = &callee.kind else { return None };
    let iterates = matches!(name.as_str(), "forEach" | "map" | "each" | "every" | "some" | "flatMap" | "reduce");
    let callback = args.first().filter(|arg| iterates && matches!(arg.kind, Kind::Fn(_)))?;
    let Kind::Fn(func) = &callback.kind else { return None };
    func.body.iter().any(|stmt| proves(stmt, asserts)).then_some((&**object, callback))
}

/// Whether a statement asserts or declares a test.
pub fn proves(stmt: &Stmt, asserts: &assertion::Asserts) -> bool {
    contains_assertion(stmt, asserts) || stmt.any(&mut |node| declaration(node).is_some())
}
