//! What is waited for: it may come sooner or later, and has to be the same.

use super::super::super::assertion::{self, Style};
use super::super::super::ir::{Kind, Node, Stmt, StmtKind, any_stmt};
use super::super::super::locator::{self, Claim, Locator, is_locator};
use super::super::super::scan::without_version;
use super::super::super::words::words;
use super::super::align::waits_for_event;
use super::super::names::Side;
use super::super::oracle::subjects::unclaimed;
use super::super::{Differ, Place, declared};
use super::otherwise::{Call, calls_in};
use super::steps_of;

/// The words in the texts of some nodes.
fn said(nodes: &[Node]) -> Vec<String> {
    let mut found = Vec::new();
    nodes.iter().for_each(|node| {
        node.walk(&mut |part| match &part.kind {
            Kind::Str(text) | Kind::Regex(text) => found.extend(words(&without_version(text))),
            _ => {}
        });
    });
    found.retain(|word| {
        !matches!(word.as_str(), "get" | "post" | "put" | "patch" | "delete" | "http" | "https" | "api")
    });
    found
}

impl<'a> Differ<'a> {
    /// A request, an answer or an event that is waited for is the same one.
    pub fn waits(&mut self, old: &[Call], new: &[Call], line: usize) {
        self.waits_before_absence(old, new, line);
        let asserted = |stmt: &&Stmt| declared(stmt).into_iter().any(|name| self.evidence.mentions(name));
        let is_asserted = self.stretch.new.iter().any(asserted);
        self.last_wait(line);
        self.other_waits(old, new, is_asserted, line);
    }

    /// The contexts of Python's Playwright in which something is waited for: `with page.expect_response(…):`.
    pub fn contexts_waited(&mut self, old: &'a [Stmt], new: &'a [Stmt]) {
        let entered = |body: &'a [Stmt]| {
            let mut found = Vec::new();
            let mut see = |stmt: &'a Stmt| {
                if let StmtKind::With { items, .. } = &stmt.kind {
                    found.extend(items.iter().filter(|item| waits_for_event(item)));
                }
            };
            body.iter().for_each(|stmt| stmt.walk_stmts(&mut see));
            found
        };
        let (before, after) = (entered(old), entered(new));
        let Some(line) = after.first().map(|item| item.line) else { return };
        let asserts = self.asserts();
        let asks = |node: &Node| matches!(&node.kind, Kind::Member { name, .. } if name == "value");
        let is_asserted = any_stmt(new, &mut |stmt| {
            assertion::of_stmt(stmt, &asserts).is_some_and(|found| found.style != Style::Implicit)
                && stmt.any(&mut |node| asks(node))
        });
        self.other_waits(&calls_in(before.into_iter()), &calls_in(after.into_iter()), is_asserted, line);
    }

    fn other_waits(&mut self, old: &[Call], new: &[Call], is_asserted: bool, line: usize) {
        #[rustfmt::skip]
        const WAITS: [&str; 6] =
            ["waitForRequest", "waitForResponse", "waitForEvent", "expectRequest", "expectResponse", "expectEvent"];
        let chooses = |calls: &[&Call]| {
            let asks = |node: &Node| matches!(&node.kind, Kind::Member { name, .. } if matches!(name.as_str(), "status" | "ok"));
            calls.iter().any(|call| call.2.iter().any(|arg| arg.any(&mut |node| asks(node))))
        };
        for wait in WAITS {
            let (before, after): (Vec<_>, Vec<_>) = (
                old.iter().filter(|(_, name, _)| *name == wait).collect(),
                new.iter().filter(|(_, name, _)| *name == wait).collect(),
            );
            let kept = |(was, is): (&&Call, &&Call)| {
                let (was, is) = (said(was.2), said(is.2));
                was.iter().all(|word| is.contains(word) || word == "popup" && is.contains(&"page".into()))
            };
            let wider = |(was, is): (&&Call, &&Call)| {
                let (was, is) = (said(was.2), said(is.2));
                !was.is_empty()
                    && (!is.iter().any(|word| was.contains(word))
                        || is.len() < was.len() && is.iter().all(|word| was.contains(word)))
            };
            if before.len() == after.len() && before.iter().zip(&after).any(wider) {
                self.report("changed-wait", line, format!("`{wait}` waits for something else"));
            }
            if is_asserted && chooses(&after) && !chooses(&before) {
                self.report("changed-subject", line, format!("`{wait}` takes only what is as it is asserted to be"));
            }
            if (is_asserted || wait == "waitForEvent")
                && before.len() == after.len()
                && !before.iter().zip(&after).all(kept)
            {
                self.report("changed-subject", line, format!("`{wait}` waits for something else"));
            }
        }
    }

    /// What is not there at once may come later: before such an assertion, no wait may go or become another.
    fn waits_before_absence(&mut self, old: &[Call], new: &[Call], line: usize) {
        let waited = |calls: &[Call]| {
            let is_one = |call: &&Call| call.1.starts_with("waitFor") || matches!(call.1, "wait" | "sleep");
            calls.iter().filter(is_one).map(|(_, name, args)| ((*name).to_owned(), args.to_vec())).collect::<Vec<_>>()
        };
        let (before, after) = (waited(old), waited(new));
        let longer = |args: &[Node]| args.first().and_then(Node::number);
        let kept = |(name, args): &(String, Vec<Node>)| {
            let is_it = |(other, given): &(String, Vec<Node>)| {
                other == name && (given == args || longer(given).zip(longer(args)).is_some_and(|(is, was)| is >= was))
            };
            after.iter().any(is_it)
        };
        let asserts = self.asserts();
        let (Some(scope), Some(last)) = (self.scopes.last(), self.stretch.old.last()) else { return };
        // What stood behind the wait is asserted behind its place.
        let behind = scope.old.iter().skip_while(|stmt| !std::ptr::eq(**stmt, *last)).skip(1);
        let mut next = behind.filter_map(|stmt| assertion::of_stmt(stmt, &asserts));
        let denies =
            next.find(|found| found.style != Style::Implicit).is_some_and(|found| found.claim() == Claim::Absence);
        let now = self
            .stretch
            .new
            .iter()
            .any(|stmt| assertion::of_stmt(stmt, &asserts).is_some_and(|found| found.style != Style::Implicit));
        let other = |(name, args): &(String, Vec<Node>)| {
            longer(args).is_none() && !before.iter().any(|(was, given)| was == name && given == args)
        };
        // Until it has gone, what was there is asked for again and again.
        let gone = after.iter().any(other) && self.was_there(last);
        if denies && !now && !gone && before.iter().any(|wait| !kept(wait)) {
            self.report("dropped-wait", line, "what is not to be there is looked for sooner than before");
        }
    }

    /// Whether a step is taken before a statement on the very thing that is asserted behind it to be absent.
    pub fn was_there(&self, stmt: &Stmt) -> bool {
        let Some(scope) = self.scopes.last() else { return false };
        let asserts = self.asserts();
        let at = scope.old.iter().position(|other| std::ptr::eq(*other, stmt)).unwrap_or(scope.old.len());
        let (before, behind) = scope.old.split_at(at);
        let denied = behind.iter().filter_map(|stmt| assertion::of_stmt(stmt, &asserts));
        let Some(denied) = denied.into_iter().find(|found| found.claim() == Claim::Absence) else { return false };
        let subject = denied.subject.first().unwrap_or_else(|| unclaimed(denied.whole));
        let wanted = locator::read(&self.spelled_out(subject, Side::Old));
        let taken = before.iter().filter(|stmt| !steps_of(stmt).is_empty()).flat_map(|stmt| stmt.exprs());
        let mut found = taken.map(|node| locator::read(&self.spelled_out(node, Side::Old)));
        let inside = |found: &Locator| {
            found.path.starts_with(&wanted.path) && wanted.texts.iter().all(|text| found.texts.contains(text))
        };
        is_locator(&self.spelled_out(subject, Side::Old))
            && found.any(|found| found == wanted || !wanted.path.is_empty() && inside(&found))
    }

    /// A wait that is gone from a test that asserts nothing else.
    fn last_wait(&mut self, line: usize) {
        let Some(scope) = self.scopes.last().filter(|scope| scope.place == Place::Test) else { return };
        let asserts = self.asserts();
        let claims =
            |stmt: &Stmt| assertion::of_stmt(stmt, &asserts).is_some_and(|found| found.style != Style::Implicit);
        if scope.new.iter().any(|stmt| any_stmt(std::slice::from_ref(*stmt), &mut |inner| claims(inner))) {
            return;
        }
        let waits = |node: &Node| matches!(&node.kind, Kind::Member { name, .. } if name.starts_with("waitFor") || name.starts_with("expect") && name.len() > 6);
        let count = |stmts: &[&Stmt]| {
            let mut found = 0;
            stmts.iter().for_each(|stmt| stmt.walk(&mut |node| found += usize::from(waits(node))));
            found
        };
        if count(&scope.new) < count(&scope.old) {
            self.report("dropped-wait", line, "a wait is gone from a test that asserts nothing");
        }
    }
}
