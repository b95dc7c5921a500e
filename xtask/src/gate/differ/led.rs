//! Where new steps lead: whoever goes on by keyboard or clicks moves the focus, and toggles what is clicked. So none may
//! be added before what is asserted still, if it may be what makes that true.

use super::super::assertion::{self, Assertion};
use super::super::chain::Chain;
use super::super::ir::{Kind, Node, Stmt, StmtKind};
use super::super::locator::{self, is_locator};
use super::names::Side;
use super::own_input::asks_field;
use super::steps::{steps, steps_of};
use super::{Differ, Place};

/// What is asserted or read of an element that a click on it may toggle, besides what is asserted of fields.
#[rustfmt::skip]
const TOGGLED: [&str; 12] = [
    "toBePressed", "toBeExpanded", "toBeSelected", "toBePartiallyChecked", "attr", "class", "checked", "getAttribute",
    "attributes", "className", "classList", "selected",
];

impl<'a> Differ<'a> {
    /// A step that was not there.
    pub fn leads(&mut self, stmt: &'a Stmt) {
        let StmtKind::Expr(node) = &stmt.kind else { return };
        let focuses = Chain::of(node).last().is_some_and(|link| matches!(link.name, "focus" | "blur"));
        if !focuses && steps_of(stmt).iter().all(|step| step.own) || self.is_fresh() {
            return;
        }
        if self.focus_is_asserted(stmt) {
            self.report("unknown-step", stmt.line, "the step may lead the focus to what is asserted");
        } else if self.toggles_asserted(node, stmt) {
            self.report("unknown-step", stmt.line, "the step may make the state of the element that is asserted");
        }
    }

    /// A step in the place of another one that left the focus elsewhere.
    pub fn leads_elsewhere(&mut self, stmt: &'a Stmt, old: &Node, new: &Node) {
        let kinds = |node: &Node| steps(node).into_iter().map(|step| step.name).collect::<Vec<_>>();
        if kinds(old) != kinds(new) && self.focus_is_asserted(stmt) {
            self.report("unknown-step", stmt.line, "another step leads the focus to what is asserted");
        }
    }

    /// Whether the focus is asserted behind a statement, and was; behind one that is not of a test, anywhere.
    fn focus_is_asserted(&self, stmt: &Stmt) -> bool {
        let asserts = self.asserts();
        let asks = |stmts: &mut dyn Iterator<Item = &'a Stmt>| {
            let mut found = false;
            let mut visit = |inner: &Stmt| {
                found |= assertion::of_stmt(inner, &asserts).is_some_and(|claim| asks_focus(&claim));
            };
            stmts.for_each(|stmt| stmt.walk_stmts(&mut visit));
            found
        };
        match self.scopes.last() {
            Some(scope) if scope.place == Place::Test => {
                let mut behind = scope.new.iter().copied().skip_while(|other| !std::ptr::eq(*other, stmt));
                asks(&mut scope.old.iter().copied()) && asks(&mut behind)
            }
            _ => asks(&mut self.old.body.iter()),
        }
    }

    /// Whether a step is done to an element of which a state is asserted behind it that was asserted before.
    fn toggles_asserted(&self, step: &Node, stmt: &Stmt) -> bool {
        let Some(scope) = self.scopes.last() else { return false };
        let asserts = self.asserts();
        let spelled = self.spelled_out(step, Side::New);
        let elements = found_in(spelled.bare());
        let was = |found: &Assertion| {
            let same = |other: &Assertion| {
                other.matchers.len() == found.matchers.len()
                    && other.matchers.iter().zip(&found.matchers).all(|(a, b)| a.names == b.names && a.args == b.args)
            };
            scope.old.iter().filter_map(|stmt| assertion::of_stmt(stmt, &asserts)).any(|other| same(&other))
        };
        let is_it = |found: &Assertion| {
            let subject = self.spelled_out(found.subject.first().unwrap_or(found.whole), Side::New);
            found_in(&subject).iter().any(|one| elements.iter().any(|other| same_element(one, other)))
        };
        let behind = scope.new.iter().skip_while(|other| !std::ptr::eq(**other, stmt));
        behind
            .filter_map(|stmt| assertion::of_stmt(stmt, &asserts))
            .any(|found| asks_toggled(&found) && was(&found) && is_it(&found))
    }
}

fn asks_focus(found: &Assertion) -> bool {
    let is_it = |name: &&str| matches!(*name, "toHaveFocus" | "toBeFocused" | "focused" | "focus");
    found.matchers.iter().flat_map(|matcher| &matcher.names).any(is_it)
        || found.whole.any(&mut |node| {
            matches!(&node.kind, Kind::Member { name, .. } if matches!(name.as_str(), "activeElement" | "focused"))
        })
}

fn asks_toggled(found: &Assertion) -> bool {
    let subject = found.subject.first().unwrap_or(found.whole);
    asks_field(found)
        || found.matchers.iter().flat_map(|matcher| &matcher.names).any(|name| TOGGLED.contains(name))
        || Chain::of(subject).links.iter().skip(1).any(|link| TOGGLED.contains(&link.name))
}

/// What is found in an expression: the whole of it, or what a step is given.
fn found_in(node: &Node) -> Vec<&Node> {
    let inner: Vec<&Node> = node.parts().into_iter().flat_map(found_in).collect();
    if inner.is_empty() && is_locator(node) { vec![node] } else { inner }
}

/// Whether two locators find the same, or something of the same name.
fn same_element(one: &Node, other: &Node) -> bool {
    let names = |node: &Node| {
        let mut all = Vec::new();
        node.walk(&mut |part| {
            if let Kind::Call { callee, args, .. } = &part.kind {
                let by_role = matches!(&callee.kind, Kind::Member { name, .. } if name.ends_with("Role"));
                args.iter().skip(usize::from(by_role)).for_each(|arg| {
                    arg.walk(&mut |text| all.extend(text.string().map(str::to_lowercase)));
                });
            }
        });
        all
    };
    let named = names(one);
    locator::read(one) == locator::read(other) || names(other).iter().any(|name| named.contains(name))
}
