//! The project's own calls in a chain, as in `checkout.fillAddress('London').shouldShowTotal('42').placeOrder()`: each is
//! compared like a statement of its own.

use super::super::super::assertion::Assertion;
use super::super::super::chain::Chain;
use super::super::super::ir::Node;
use super::super::super::lcs;
use super::super::super::locator::Claim;
use super::super::super::words::{asserts_by_name, finds};
use super::super::Differ;

struct Link<'a> {
    name: &'a str,
    args: &'a [Node],
}

impl<'a> Differ<'a> {
    /// Compares the links of two assertions that are made by the project's own functions.
    pub fn helper_chain(&mut self, line: usize, old: &Assertion<'a>, new: &Assertion<'a>) {
        let (one, other) = (links(old.whole), links(new.whole));
        let names = |links: &[Link<'a>]| {
            links
                .iter()
                .map(|link| self.renames.get(link.name).cloned().unwrap_or(link.name.to_owned()))
                .collect::<Vec<_>>()
        };
        let gaps = lcs::gaps(&names(&one), &names(&other));
        let mut at = (0, 0);
        for gap in &gaps {
            self.same_links(line, &one[at.0..gap.old.start], &other[at.1..gap.new.start]);
            self.changed_links(line, &one[gap.old.clone()], &other[gap.new.clone()]);
            at = (gap.old.end, gap.new.end);
        }
        self.same_links(line, &one[at.0..], &other[at.1..]);
    }

    fn same_links(&mut self, line: usize, old: &[Link<'a>], new: &[Link<'a>]) {
        for (one, other) in old.iter().zip(new) {
            if self.asserting(one.name) {
                self.args_pair(line, one.args, other.args, Claim::Valued);
            }
        }
    }

    fn changed_links(&mut self, line: usize, old: &[Link<'a>], new: &[Link<'a>]) {
        for (one, other) in old.iter().zip(new) {
            if self.asserting(one.name) && self.asserting(other.name) {
                self.args_pair(line, one.args, other.args, Claim::Valued);
            } else if self.asserting(one.name) {
                self.report("removed-assertion", line, format!("`{}` instead of `{}`", other.name, one.name));
            } else {
                self.report("dropped-step", line, format!("`{}` instead of `{}`", other.name, one.name));
            }
        }
        for one in old.iter().skip(new.len()) {
            let rule = if self.asserting(one.name) { "removed-assertion" } else { "dropped-step" };
            self.report(rule, line, format!("`{}` is not called any more", one.name));
        }
        for other in new.iter().skip(old.len()) {
            let used = self.old.body.iter().any(|stmt| stmt.any(&mut |node| Chain::of(node).has(other.name)));
            if !self.asserting(other.name) && !used && !self.around.known.contains(other.name) {
                self.report("unknown-step", line, format!("`{}` was not called before", other.name));
            }
        }
    }

    /// In `cy.get('#terms').check().should('be.checked')` it matters what comes first.
    pub fn order_of_links(&mut self, line: usize, old: &'a Node, new: &'a Node) {
        let (one, other) = (links(old), links(new));
        let names = |links: &[Link<'a>], kept: &[Link<'a>]| {
            let shared = links.iter().filter(|link| kept.iter().any(|other| other.name == link.name));
            shared.map(|link| link.name).collect::<Vec<_>>()
        };
        let (mut before, mut after) = (names(&one, &other), names(&other, &one));
        before.dedup();
        after.dedup();
        if before != after {
            self.report("moved-assertion", line, "the assertion is made at another point of the chain");
        }
    }

    fn asserting(&self, name: &str) -> bool {
        asserts_by_name(name) || self.around.asserting.contains(name)
    }
}

/// The called links that do not find anything on the page.
fn links(node: &Node) -> Vec<Link<'_>> {
    let chain = Chain::of(node);
    let root = chain.root();
    let called =
        chain.links.iter().filter(|link| !finds(root, link.name) && !link.name.is_empty() && link.name != "[]");
    called.filter_map(|link| link.args.map(|args| Link { name: link.name, args })).collect()
}
