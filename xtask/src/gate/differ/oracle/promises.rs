//! Promises that are asserted where their value was: any promise is something, and none equals a value.

use super::super::super::assertion::{Assertion, Style};
use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node, Stmt, StmtKind};
use super::super::super::locator::{Claim, is_locator};
use super::super::super::words::READS;
use super::super::Differ;
use super::super::names::Side;
use super::super::values::is_lazy_locator;

/// Names that stand for names that stand for names: more is not read.
const MAX_HOPS: usize = 3;

/// A call of which an assertion is made.
struct Asked<'n> {
    name: &'n str,
    awaited: bool,
    /// `page.locator('#a').isVisible()`
    reads: bool,
}

impl<'a> Differ<'a> {
    /// `expect(() => f()).toThrow(x)` of a function that gives a promise now: `await expect(f()).rejects.toThrow(x)`.
    pub fn became_rejection(&self, old: &Assertion<'a>, new: &Assertion<'a>) -> bool {
        let ([was], [is]) = (old.matchers.as_slice(), new.matchers.as_slice()) else { return false };
        let throws = |names: &[&str]| matches!(names, ["toThrow" | "toThrowError"]);
        let called = |found: &Assertion<'a>| match &found.subject.first()?.kind {
            Kind::Fn(func) => match func.body.as_slice() {
                [Stmt { kind: StmtKind::Return(Some(value)) | StmtKind::Expr(value), .. }] => Some(value),
                _ => None,
            },
            _ => found.subject.first(),
        };
        let (Some(one), Some(other)) = (called(old), called(new)) else { return false };
        throws(&was.names)
            && is.names.split_first().is_some_and(|(first, rest)| *first == "rejects" && throws(rest))
            && new.awaited
            && was.args == is.args
            && (self.same(one.bare(), other) || self.reshaped(one, other))
    }

    /// What was awaited before it was asserted still has to be.
    pub fn promises(&mut self, line: usize, old: &Assertion<'a>, new: &Assertion<'a>) {
        let settled =
            new.matchers.iter().any(|matcher| matcher.names.iter().any(|name| matches!(*name, "resolves" | "rejects")));
        // Of a value of its own, a promise is never one: such an assertion fails, if the call is not plain by now.
        let may_hold = new.claim() != Claim::Valued || self.drives_a_browser();
        if settled || !may_hold {
            return;
        }
        let (before, after) = (self.asked(old, Side::Old), self.asked(new, Side::New));
        let awaited =
            |calls: &[Asked], name: &str| calls.iter().filter(|call| call.awaited && call.name == name).count();
        let lost = after.iter().filter(|call| !call.awaited).find(|call| {
            awaited(&after, call.name) < awaited(&before, call.name)
                || call.reads && before.iter().any(|call| call.awaited)
        });
        if let Some(Asked { name, .. }) = lost {
            self.report("unawaited-assertion", line, format!("the promise of `{name}` is asserted, not its value"));
        }
    }

    /// The calls of which an assertion is made.
    fn asked(&self, found: &Assertion<'a>, side: Side) -> Vec<Asked<'a>> {
        let mut calls = Vec::new();
        match (found.style, found.matchers.is_empty()) {
            (Style::Expect, _) => {
                found.subject.iter().for_each(|node| self.collect_asked(node, false, side, MAX_HOPS, &mut calls))
            }
            (Style::Bare, true) => self.collect_asked(found.whole, false, side, MAX_HOPS, &mut calls),
            (Style::Bare | Style::Helper, false) => found
                .matchers
                .iter()
                .flat_map(|matcher| matcher.args)
                .for_each(|node| self.collect_asked(node, false, side, MAX_HOPS, &mut calls)),
            _ => {}
        }
        calls
    }

    fn collect_asked(&self, node: &'a Node, awaited: bool, side: Side, hops: usize, calls: &mut Vec<Asked<'a>>) {
        match &node.kind {
            Kind::Await(inner) => return self.collect_asked(inner, true, side, hops, calls),
            Kind::Ident(name) if hops > 0 => {
                if let Some(value) = self.given(name, side) {
                    self.collect_asked(value, awaited, side, hops - 1, calls);
                }
            }
            Kind::Call { .. } if !is_lazy_locator(node) => {
                calls.extend(Chain::of(node).last().map(|link| Asked {
                    name: link.name,
                    awaited,
                    reads: is_locator(node) && READS.contains(&link.name),
                }));
            }
            Kind::Fn(_) | Kind::Class(_) => return,
            _ => {}
        }
        node.parts().into_iter().for_each(|part| self.collect_asked(part, false, side, hops, calls));
    }
}
