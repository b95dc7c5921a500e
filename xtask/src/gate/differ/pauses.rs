//! Pauses that are gone: without one, that something is not there says only that it is not there yet.

use super::super::assertion;
use super::super::chain::Chain;
use super::super::ir::{Kind, Node, Stmt, StmtKind};
use super::super::locator::Claim;
use super::Differ;

/// What lets a page, a component or a clock come to rest.
#[rustfmt::skip]
const PAUSES: [&str; 14] = [
    "flushPromises", "nextTick", "$nextTick", "tick", "sleep", "delay", "pause", "wait", "waitForTimeout",
    "waitForLoadState", "waitForNetworkIdle", "fastForward", "runFor", "setTimeout",
];

impl<'a> Differ<'a> {
    /// A pause before something is asserted to be absent must have become another wait, or an assertion.
    pub fn dropped_pauses(&mut self, gone: &[&'a Stmt], fresh: &[&'a Stmt]) {
        let asserts = self.asserts();
        let waits = |stmt: &&&Stmt| is_pause(stmt) || assertion::of_stmt(stmt, &asserts).is_some();
        if !gone.iter().any(|stmt| is_pause(stmt)) || fresh.iter().any(|stmt| waits(&stmt)) {
            return;
        }
        let Some(scope) = self.scopes.last() else { return };
        let next = scope.new.iter().filter(|stmt| stmt.line >= self.near);
        let next = next.filter(|stmt| !gone.contains(stmt)).find_map(|stmt| assertion::of_stmt(stmt, &asserts));
        if next.is_some_and(|found| found.claim() == Claim::Absence) {
            self.report("dropped-wait", self.near, "nothing waits any more for what is asserted to be absent");
        }
    }
}

fn is_pause(stmt: &Stmt) -> bool {
    let StmtKind::Expr(node) = &stmt.kind else { return false };
    let name = |node: &Node| Chain::of(node).last().map(|link| link.name).unwrap_or_default().to_owned();
    let promises = |node: &Node| {
        matches!(&node.kind, Kind::New { callee, .. } if callee.ident() == Some("Promise"))
            && node.any(&mut |part| matches!(part.ident(), Some("setTimeout" | "setImmediate")))
    };
    PAUSES.contains(&name(node).as_str()) || promises(node.bare())
}
