//! Pauses that are gone: without one, that something is not there says only that it is not there yet.

use super::super::super::assertion::{self, Style};
use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node, Stmt, StmtKind};
use super::super::super::locator::Claim;
use super::super::Differ;
use super::steps_of;

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
        let claim = |stmt: &Stmt| assertion::of_stmt(stmt, &asserts).map(|found| found.claim());
        if fresh.iter().any(|stmt| is_pause(stmt) || claim(stmt).is_some()) {
            return;
        }
        // It is asked again until it is no longer what was read before.
        let changes = |stmt: &Stmt| {
            assertion::of_stmt(stmt, &asserts).is_some_and(|found| {
                let read = |arg: &Node| {
                    arg.ident().is_some() || matches!(&arg.kind, Kind::Unary(_, inner) if inner.ident().is_some())
                };
                found.awaited
                    && found.style == Style::Expect
                    && found.matchers.iter().any(|one| one.names.contains(&"not") && one.args.iter().any(read))
            })
        };
        if self.stretch.new.iter().any(|stmt| changes(stmt)) {
            return;
        }
        let Some(scope) = self.scopes.last() else { return };
        let before_absence = |pause: &Stmt| {
            let after = scope.old.iter().skip_while(|stmt| !std::ptr::eq(**stmt, pause)).skip(1);
            // After another step, the page has not come to rest anyway.
            let mut at_rest = after.take_while(|stmt| claim(stmt).is_some() || steps_of(stmt).is_empty());
            at_rest.find_map(|stmt| claim(stmt)) == Some(Claim::Absence)
        };
        // Until it has gone, what was there is asked for again and again.
        let retries = |stmt: &&&Stmt| {
            assertion::of_stmt(stmt, &asserts)
                .is_some_and(|found| found.awaited && found.claim() == Claim::Absence && found.style == Style::Expect)
        };
        let retried = self.stretch.new.iter().any(|stmt| retries(&stmt));
        let gone_for_good = |stmt: &Stmt| retried && self.was_there(stmt);
        if gone.iter().any(|stmt| is_pause(stmt) && before_absence(stmt) && !gone_for_good(stmt)) {
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
