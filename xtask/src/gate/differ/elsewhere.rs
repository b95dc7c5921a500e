//! What the rest of a file shows of an element: that a locator finds something at all, and that what it is for is what
//! another was for. So an assertion may be believed that by itself would hold of anything.

use super::super::assertion::{self, Style};
use super::super::chain::Chain;
use super::super::ir::{Kind, Node, Stmt, StmtKind, hash_of};
use super::super::locator::{self, Claim, Locator, found_in, is_locator};
use super::super::words::meaning;
use super::Differ;
use super::names::Side;
use super::oracle::subjects::{expected_texts, tells};
use super::steps::steps;

/// What is compared of an element, or done to it.
pub struct Shown {
    locator: Locator,
    /// A hash of it.
    what: u64,
    is_compared: bool,
}

impl<'a> Differ<'a> {
    /// Whether a locator, as it was and as it is, has to find something elsewhere in the scope: then that it finds nothing
    /// here says as much as before.
    pub fn is_found(&self, old: &Node, new: &Node) -> bool {
        let Some(scope) = self.scopes.last() else { return false };
        let asserts = self.asserts();
        let all = |program: &'a super::Program| {
            let mut found = Vec::new();
            program.body.iter().for_each(|stmt| stmt.walk_stmts(&mut |inner| found.push(inner)));
            found
        };
        let (whole, instead) = (all(self.old), all(self.new));
        // Names that stand for the locator wherever they are given a value.
        let named = |stmts: &[&'a Stmt], wanted: &Node| {
            let (mut names, mut others) = (Vec::new(), Vec::new());
            for stmt in stmts {
                if let StmtKind::Decl { target, init, .. } = &stmt.kind {
                    let is_it = init.as_ref().is_some_and(|init| init == wanted);
                    if is_it { &mut names } else { &mut others }.extend(target.ident());
                }
            }
            names.retain(|name| !others.contains(name));
            names
        };
        let (old_names, new_names) = (named(&whole, old), named(&instead, new));
        let acts = |stmt: &&Stmt, wanted: &Node, side: Side| {
            let names = if side == Side::Old { &old_names } else { &new_names };
            let StmtKind::Expr(node) = &stmt.kind else { return false };
            if !node.functions().is_empty() {
                return false;
            }
            let positive = match assertion::of_stmt(stmt, &asserts).map(|found| (found.style, found.claim())) {
                Some((style, Claim::Existence | Claim::Valued)) => style != Style::Helper,
                Some((_, Claim::Absence)) => false,
                _ => !steps(&node.hollow()).is_empty(),
            };
            let is_it = |part: &Node| {
                part == wanted || asks_for_same(part, wanted) || part.ident().is_some_and(|name| names.contains(&name))
            };
            positive && self.spelled_out(node, side).any(&mut |part| is_it(part))
        };
        let renamed = !instead.iter().any(|stmt| stmt.any(&mut |part| part == old || asks_for_same(part, old)));
        scope.old.iter().any(|stmt| acts(stmt, old, Side::Old))
            && scope.new.iter().any(|stmt| acts(stmt, new, Side::New))
            || renamed
                && whole.iter().any(|stmt| acts(stmt, old, Side::Old))
                && instead.iter().any(|stmt| acts(stmt, new, Side::New))
    }

    /// Whether the file compares the same telling values with what both locators find: then they find the same things.
    pub fn is_told_elsewhere(&self, old: &Node, new: &Node) -> bool {
        let compared = |side: Side, wanted: &Node| {
            let told = self.told[usize::from(side == Side::New)].get_or_init(|| self.told(side));
            let of_it = told.iter().filter(|(subject, _)| subject.any(&mut |part| part == wanted));
            of_it.map(|(_, values)| *values).collect::<Vec<_>>()
        };
        let before = compared(Side::Old, old);
        !before.is_empty() && compared(Side::New, new) == before
    }

    /// Whether the file shows elsewhere that what one locator is for is what the other is for: the same is compared there,
    /// or done to what stands in it, and nothing is looked for any more where it was.
    pub fn is_shown_elsewhere(&self, old: &Locator, new: &Locator) -> bool {
        let kept = old.path.iter().rev().zip(new.path.iter().rev()).take_while(|(one, other)| one == other).count();
        let (from, to) = (&old.path[..old.path.len() - kept], &new.path[..new.path.len() - kept]);
        let said = meaning(&from.join(" "));
        let child = |locator: &Locator| locator.selectors.iter().any(|selector| selector.contains('>'));
        if from.is_empty()
            || !meaning(&to.join(" ")).iter().any(|word| said.contains(word))
            || child(new) && !child(old)
        {
            return false;
        }
        let [before, after] = [Side::Old, Side::New].map(|side| self.shows(side));
        let below = |shown: &'_ Shown, start: &[String]| shown.locator.path.strip_prefix(start).map(<[String]>::to_vec);
        let is_same = |one: &Shown, other: &Shown| {
            let (rest, instead) = (below(one, from), below(other, to));
            let says_more =
                one.is_compared || !one.locator.texts.is_empty() || rest.as_ref().is_some_and(|rest| !rest.is_empty());
            rest.is_some()
                && rest == instead
                && says_more
                && one.what == other.what
                && one.is_compared == other.is_compared
                && one.locator.texts == other.locator.texts
                && one.locator.positions == other.locator.positions
        };
        after.iter().all(|shown| below(shown, from).is_none())
            && before.iter().any(|one| after.iter().any(|other| is_same(one, other)))
    }

    /// Whether the file does elsewhere to the one element what it did to the other.
    pub fn is_used_elsewhere(&self, old: &Locator, new: &Locator) -> bool {
        let used = |side: Side, locator: &Locator| {
            let of_it = |shown: &&Shown| !shown.is_compared && shown.locator == *locator;
            self.shows(side).iter().filter(of_it).map(|shown| shown.what).collect::<Vec<_>>()
        };
        let after = used(Side::New, new);
        used(Side::Old, old).iter().any(|what| after.contains(what))
            && used(Side::New, old).is_empty()
            && used(Side::Old, new).is_empty()
    }

    /// Whether a step is done in more places than one to what another locator finds now, and nothing to what the old one does.
    pub fn is_renamed_throughout(&self, old: &Locator, new: &Locator) -> bool {
        let of_it = |side: Side, locator: &Locator| {
            self.shows(side).iter().filter(|shown| !shown.is_compared && shown.locator == *locator).count()
        };
        of_it(Side::Old, old) > 1
            && of_it(Side::New, new) > 1
            && of_it(Side::New, old) == 0
            && of_it(Side::Old, new) == 0
    }

    fn shows(&self, side: Side) -> &[Shown] {
        self.shown[usize::from(side == Side::New)].get_or_init(|| self.shown(side))
    }

    fn shown(&self, side: Side) -> Vec<Shown> {
        let asserts = self.asserts();
        let mut shown = Vec::new();
        let mut visit = |stmt: &'a Stmt| {
            let found = assertion::of_stmt(stmt, &asserts);
            let is_compared = found.as_ref().is_some_and(|found| found.claim() == Claim::Valued);
            let (subject, what) = match (&stmt.kind, &found) {
                (StmtKind::Assert(node, _), _) => match &node.bare().kind {
                    Kind::Binary(op, subject, value) if op == "==" && is_compared => (Some(&**subject), hash_of(value)),
                    _ => return,
                },
                (_, Some(found)) if is_compared => {
                    let subject = if found.style == Style::Expect { found.subject.first() } else { Some(found.whole) };
                    let said: Vec<_> = found.matchers.iter().map(|matcher| (&matcher.names, matcher.args)).collect();
                    (subject, hash_of(&said))
                }
                (_, Some(found)) if found.style != Style::Implicit && found.claim() != Claim::Action => return,
                (StmtKind::Expr(node), _) => match &*steps(&node.hollow()) {
                    [] => return,
                    done => (Some(node), hash_of(&done.iter().map(|step| step.name.clone()).collect::<Vec<_>>())),
                },
                _ => return,
            };
            // As it is written: a name may stand for something else in another test.
            for found in subject.into_iter().flat_map(|subject| found_in(subject.bare())) {
                shown.push(Shown { locator: locator::read(found), what, is_compared });
            }
        };
        let program = if side == Side::Old { self.old } else { self.new };
        program.body.iter().for_each(|stmt| stmt.walk_stmts(&mut visit));
        shown
    }

    fn told(&self, side: Side) -> Vec<(&'a Node, u64)> {
        let asserts = self.asserts();
        let mut told = Vec::new();
        let mut visit = |stmt: &'a Stmt| {
            let found = assertion::of_stmt(stmt, &asserts).filter(|found| found.claim() == Claim::Valued);
            if let Some(found) = found.filter(|found| tells(expected_texts(found).into_iter())) {
                let values = hash_of(&found.matchers.iter().map(|matcher| matcher.args).collect::<Vec<_>>());
                told.extend(found.subject.first().map(|subject| (subject, values)));
            }
        };
        let program = if side == Side::Old { self.old } else { self.new };
        program.body.iter().for_each(|stmt| stmt.walk_stmts(&mut visit));
        told
    }
}

/// `screen.getByTestId('a')` is for what `screen.queryByTestId('a')` is, `wrapper.get('.a')` for what `wrapper.find('.a')` is.
fn asks_for_same(one: &Node, other: &Node) -> bool {
    let asks = |node: &Node| matches!(&node.kind, Kind::Call { .. }) && is_locator(node);
    let root = Chain::of(one).root();
    matches!(root, "screen" | "wrapper")
        && root == Chain::of(other).root()
        && asks(one)
        && asks(other)
        && locator::read(one) == locator::read(other)
}
