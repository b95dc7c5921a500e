//! A promise is true whatever it brings: what was awaited has to be awaited still.

use super::super::assertion::Assertion;
use super::super::chain::Chain;
use super::super::ir::{Kind, Node};
use super::super::locator::is_locator;
use super::super::words::READS;
use super::Differ;
use super::names::Side;

impl<'a> Differ<'a> {
    /// Whether a value that was awaited for an assertion is asserted as the promise that it is.
    pub fn asserts_promise(&self, old: &Assertion<'a>, new: &Assertion<'a>) -> bool {
        let resolves =
            new.matchers.iter().any(|matcher| matcher.names.iter().any(|name| matches!(*name, "resolves" | "rejects")));
        if resolves || self.path.ends_with(".py") {
            return false;
        }
        let awaited = |node: &Node| {
            let mut found = Vec::new();
            self.spelled_out(node, Side::Old).walk(&mut |part| {
                if let Kind::Await(inner) = &part.kind {
                    found.push((**inner).clone());
                }
            });
            found
        };
        let values = |found: &Assertion<'a>| -> Vec<&'a Node> {
            found.subject.iter().chain(found.matchers.iter().flat_map(|matcher| matcher.args)).collect()
        };
        let awaited: Vec<Node> = values(old).into_iter().flat_map(awaited).collect();
        values(new).into_iter().any(|node| {
            let node = self.spelled_out(node, Side::New);
            let unawaited = |promise: &Node| {
                awaited.iter().any(|before| self.same(before, promise)) || is_read(promise) && !awaited.is_empty()
            };
            matches!(node.kind, Kind::Call { .. }) && unawaited(&node)
        })
    }
}

/// `page.locator('#a').isVisible()`
fn is_read(node: &Node) -> bool {
    is_locator(node) && Chain::of(node).last().is_some_and(|link| link.args.is_some() && READS.contains(&link.name))
}
