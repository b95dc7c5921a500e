//! What assertions and tests are made for each of: a list may not become shorter, or another one.

use super::super::assertion;
use super::super::drift::drift;
use super::super::ir::{Kind, Node, Stmt};
use super::super::locator::{self, Claim, is_locator};
use super::Differ;
use super::align::declaration;
use super::claims::contains_assertion;

/// Methods that leave something out.
const NARROWS: [&str; 8] = ["slice", "splice", "filter", "find", "concat", "takeWhile", "islice", "at"];

impl<'a> Differ<'a> {
    /// Compares what `forEach` and its kin run over, if their callbacks assert or declare tests.
    pub fn iterated(&mut self, old: &'a Node, new: &'a Node) {
        let asserts = self.asserts();
        let (Some((one, _)), Some((other, _))) = (iteration(old, &asserts), iteration(new, &asserts)) else { return };
        if self.same(one, other) {
            return;
        }
        if is_locator(one) && is_locator(other) {
            self.drifted(new.line, drift(&locator::read(one), &locator::read(other), Claim::Valued, ""));
        } else {
            let rule = if narrowed(one, other) { "fewer-cases" } else { "changed-subject" };
            self.report(rule, new.line, "the assertions are made for other items");
        }
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
