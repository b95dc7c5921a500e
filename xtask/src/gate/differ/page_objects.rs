//! What a page object gives to the tests: whether they assert that it is there or that it is not cannot be seen from it.

use super::super::ir::Node;
use super::super::locator::broadened::narrowed;
use super::super::locator::narrowed::{is_filtered, is_scoped};
use super::super::locator::{self, Claim, found_in};
use super::Differ;
use super::values::interactive;

impl<'a> Differ<'a> {
    /// Two values that a function returns.
    pub fn given_to_others(&mut self, line: usize, old: &Node, new: &Node) {
        let (before, after) = (found_in(old), found_in(new));
        if before.len() != after.len() {
            return;
        }
        for (was, is) in before.into_iter().zip(after) {
            let (one, other) = (locator::read(was), locator::read(is));
            if other.may_find_nothing(&one)
                || !interactive(is) && (is_scoped(&one, &other) || is_filtered(&one, &other, Claim::Valued))
            {
                self.report("changed-subject", line, "it may find nothing, which may be what is asserted");
            } else if !interactive(is) && (names_no_parameter(is) && other.is_narrower(&one) || narrowed(&one, &other))
            {
                self.report("changed-subject", line, "it finds only some of what it found");
            }
        }
    }
}

/// Whether nothing but the page stands in an expression besides literals.
fn names_no_parameter(node: &Node) -> bool {
    !node.any(&mut |part| {
        part.ident().is_some_and(|name| !matches!(name, "page" | "driver" | "browser" | "cy" | "screen" | "By"))
    })
}
