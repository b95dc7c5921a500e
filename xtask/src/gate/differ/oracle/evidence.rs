//! On which values the assertions of a file rest: what they assert, expect or run over, and where it comes from.

use std::collections::HashSet;

use super::super::super::assertion::{self, Style};
use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node, Program, Stmt, StmtKind, hash_of};
use super::super::super::locator::is_locator;
use super::super::super::words::PLAIN;
use super::super::align::declaration;
use super::super::bound;
use super::iteration::{iteration, proves};

/// The values on which the assertions of a file rest.
#[derive(Default)]
pub struct Evidence {
    /// Values that are asserted, expected or iterated over as they are.
    pub values: HashSet<u64>,
    /// The last names of these.
    pub names: HashSet<String>,
    /// These, and whatever they are parts of or computed from.
    pub mentioned: HashSet<u64>,
}

impl Evidence {
    pub fn of(programs: [&Program; 2], asserts: &assertion::Asserts) -> Evidence {
        let mut evidence = Evidence::default();
        let stmts = || programs.into_iter().flat_map(|program| &program.body);
        for stmt in stmts() {
            stmt.walk_stmts(&mut |inner| evidence.of_stmt(inner, asserts));
            stmt.walk(&mut |node| evidence.of_iteration(node, asserts));
        }
        // A value may come from another one through a few names.
        for _ in 0..3 {
            for stmt in stmts() {
                stmt.walk_stmts(&mut |inner| {
                    if let StmtKind::Decl { target, init: Some(init), .. } = &inner.kind {
                        evidence.through(target, init.bare());
                    }
                });
            }
        }
        evidence
    }

    fn of_stmt(&mut self, stmt: &Stmt, asserts: &assertion::Asserts) {
        match &stmt.kind {
            StmtKind::Loop { head, body } if body.iter().any(|inner| proves(inner, asserts)) => {
                head.iter().for_each(|node| self.add(node, false));
            }
            StmtKind::Func(func) => func.decorators.iter().for_each(|mark| self.add(mark, true)),
            _ => {}
        }
        let Some(found) = assertion::of_stmt(stmt, asserts) else { return };
        match found.style {
            Style::Implicit => {}
            Style::Helper => found.matchers.iter().flat_map(|one| one.args).for_each(|arg| self.add(arg, false)),
            _ => self.add(found.whole, false),
        }
    }

    /// What `forEach`, `test.each` and their kin run over.
    fn of_iteration(&mut self, node: &Node, asserts: &assertion::Asserts) {
        if let Some((receiver, _)) = iteration(node, asserts) {
            self.add(receiver, false);
        }
        if let Some(found) = declaration(node) {
            found.table.iter().for_each(|table| self.add(table, false));
        }
    }

    fn add(&mut self, node: &Node, is_callee: bool) {
        match &node.kind {
            Kind::Ident(_) | Kind::Member { .. } | Kind::Index { .. } => {
                if !is_callee && is_reference(node) {
                    self.values.insert(hash_of(node));
                    self.names.extend(Chain::of(node).last().map(|link| link.name.to_owned()));
                }
                if !is_callee {
                    self.mentioned.insert(hash_of(node));
                }
                node.parts().into_iter().for_each(|part| self.part(part));
            }
            Kind::Call { callee, args, .. } => {
                self.mentioned.insert(hash_of(node));
                match &callee.kind {
                    // `transport.deliver.assert_called_once()`
                    Kind::Member { object, name, .. }
                        if name.starts_with("assert") && object.ident() != Some("assert") =>
                    {
                        self.add(object, false);
                    }
                    _ => self.add(callee, true),
                }
                args.iter().for_each(|arg| self.add(arg, false));
            }
            Kind::Fn(func) => func.body.iter().flat_map(Stmt::exprs).for_each(|inner| self.add(inner, false)),
            _ => node.parts().into_iter().for_each(|part| self.add(part, false)),
        }
    }

    /// The object of which something is asserted.
    fn part(&mut self, node: &Node) {
        match &node.kind {
            Kind::Ident(_) | Kind::Member { .. } | Kind::Index { .. } => {
                self.mentioned.insert(hash_of(node));
                node.parts().into_iter().for_each(|part| self.part(part));
            }
            _ => self.add(node, false),
        }
    }

    /// A name that is evidence makes evidence of where it comes from, and the other way round.
    fn through(&mut self, target: &Node, init: &Node) {
        let names = bound(target);
        let is_evidence = names.iter().any(|name| self.mentions(name));
        if is_evidence {
            if let Some(method) = spied(init) {
                self.values.insert(hash_of(&method));
            } else if is_reference(init) || is_computed(init) {
                self.add(init, false);
            }
        } else if is_reference(init) && self.mentioned.contains(&hash_of(init)) {
            for name in names {
                let ident = Kind::Ident(name.to_owned());
                self.values.insert(hash_of(&ident));
                self.mentioned.insert(hash_of(&ident));
            }
        }
    }

    /// Whether an assertion rests on a name.
    pub fn mentions(&self, name: &str) -> bool {
        self.mentioned.contains(&hash_of(&Kind::Ident(name.to_owned())))
    }

    /// Whether a value is asserted as it is, or is a part of one that is.
    pub fn within(&self, node: &Node) -> bool {
        self.values.contains(&hash_of(node))
            || match &node.kind {
                Kind::Member { object, .. } | Kind::Index { object, .. } => self.within(object),
                _ => false,
            }
    }
}

/// A name, or a member of one.
pub fn is_reference(node: &Node) -> bool {
    match &node.kind {
        Kind::Ident(_) => true,
        Kind::Const(name) => name == "this",
        Kind::Member { object, .. } => is_reference(object),
        Kind::Index { object, index } => is_reference(object) && matches!(index.kind, Kind::Num(_) | Kind::Ident(_)),
        _ => false,
    }
}

/// A value that the language makes of others: a comprehension, a `map`, a spread.
fn is_computed(node: &Node) -> bool {
    match &node.kind {
        Kind::Array(_) | Kind::Object(_) | Kind::Other(..) | Kind::Binary(..) => !is_locator(node),
        Kind::Call { callee, .. } => {
            let name = Chain::of(callee).last().map(|link| link.name).unwrap_or_default();
            PLAIN.contains(&name) && !is_locator(node)
        }
        _ => false,
    }
}

/// The method that `vi.spyOn(api, 'save')` or `vi.mocked(api.save)` stands for.
fn spied(node: &Node) -> Option<Node> {
    let mut found = None;
    node.walk(&mut |part| {
        let Kind::Call { callee, args, .. } = &part.kind else { return };
        match (Chain::of(callee).last().map(|link| link.name), args.as_slice()) {
            (Some("spyOn" | "spy" | "stub"), [object, Node { kind: Kind::Str(name), .. }, ..]) => {
                found = Some(object.member(name));
            }
            (Some("mocked"), [method, ..]) => found = Some(method.clone()),
            _ => {}
        }
    });
    found
}
