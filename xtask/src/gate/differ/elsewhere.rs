//! What the rest of a file shows of an element: that a locator finds something at all, and that what it is for is what
//! another was for. So an assertion may be believed that by itself would hold of anything.

use super::super::across::unique::{is_unique, stamps};
use super::super::assertion::{self, Assertion, Style};
use super::super::chain::Chain;
use super::super::ir::{Kind, Node, Stmt, StmtKind, hash_of};
use super::super::locator::drift::same_stem;
use super::super::locator::{self, Claim, Locator, found_in, is_locator};
use super::super::words::{ACTIONS, NAVIGATION, meaning, mood, words};
use super::Differ;
use super::names::{Side, statements};
use super::oracle::telling::{expected_texts, tells};
use super::self_made::own_input::ENTERS;
use super::steps::{steps, steps_of};
use super::values::selector;

/// What is compared of an element, or done to it.
pub struct Shown {
    locator: Locator,
    /// A hash of it.
    what: u64,
    how: How,
    /// It is compared with a text of its own.
    is_text: bool,
}

/// Whether something is compared, counted or done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Compared,
    Counted,
    Done,
}

impl Shown {
    fn is_compared(&self) -> bool {
        self.how == How::Compared
    }
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
            let is_it = |part: &Node| part == wanted || asks_for_same(part, wanted);
            let of_it = told.iter().filter(|(subject, _)| subject.any(&mut |part| is_it(part)));
            of_it.map(|(_, values)| *values).collect::<Vec<_>>()
        };
        let before = compared(Side::Old, old);
        !before.is_empty() && compared(Side::New, new) == before
    }

    /// Whether a locator that said nothing of what it finds became one that says what the test is about: its title, the
    /// name that it has in it, or what is expected of it.
    pub fn is_told_by_test(&self, old: &Locator, new: &Locator, name: &str, expected: &[&str]) -> bool {
        let told = meaning(&format!("{} {name} {}", self.titles.join(" "), expected.join(" ")));
        let said = meaning(&new.says());
        let akin = |word: &String| told.iter().any(|other| word == other || same_stem(word, other));
        old.says_nothing() && !new.is_told_by_place() && said.iter().any(akin)
    }

    /// Whether the file gives what both locators find one name, which says what the new one says: `cards`.
    pub fn is_named_elsewhere(&self, old: &Node, new: &Node) -> bool {
        let named = |program: &'a super::Program, wanted: &Node| {
            let mut names = Vec::new();
            let mut visit = |stmt: &'a Stmt| {
                if let StmtKind::Decl { target, init: Some(init), .. } = &stmt.kind
                    && init.bare() == wanted.bare()
                {
                    names.extend(target.ident());
                }
            };
            program.body.iter().for_each(|stmt| stmt.walk_stmts(&mut visit));
            names
        };
        let said = meaning(&locator::read(new).says());
        let before = named(self.old, old);
        named(self.new, new).iter().any(|name| {
            before.contains(name) && meaning(name).iter().any(|word| said.iter().any(|other| same_stem(word, other)))
        })
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
            let says_more = one.is_compared()
                || !one.locator.texts.is_empty()
                || rest.as_ref().is_some_and(|rest| !rest.is_empty());
            rest.is_some()
                && rest == instead
                && says_more
                && one.what == other.what
                && one.how == other.how
                && one.locator.texts == other.locator.texts
                && one.locator.positions == other.locator.positions
        };
        after.iter().all(|shown| below(shown, from).is_none())
            && before.iter().any(|one| after.iter().any(|other| is_same(one, other)))
    }

    /// Whether the file does elsewhere to the one element, or to the first of them, what it did to the other.
    pub fn is_used_elsewhere(&self, old: &Locator, new: &Locator) -> bool {
        let used = |side: Side, locator: &Locator| {
            let of_it = |shown: &&Shown| shown.how == How::Done && shown.locator.is_first_of(locator);
            self.shows(side).iter().filter(of_it).map(|shown| shown.what).collect::<Vec<_>>()
        };
        let after = used(Side::New, new);
        used(Side::Old, old).iter().any(|what| after.contains(what))
            && used(Side::New, old).is_empty()
            && used(Side::Old, new).is_empty()
    }

    /// Whether the file compares several values with what stands where the one locator found something, and the same ones now
    /// where the other does: hardly anything else has each of them when it has to.
    pub fn is_told_by_many(&self, old: &Locator, new: &Locator) -> bool {
        let kept = old.path.iter().rev().zip(new.path.iter().rev()).take_while(|(one, other)| one == other).count();
        let kept = if kept == old.path.len().min(new.path.len()) { 0 } else { kept };
        let (from, to) = (&old.path[..old.path.len() - kept], &new.path[..new.path.len() - kept]);
        let below = |side: Side, start: &[String]| {
            let shown = self.shows(side).iter().filter(|shown| shown.how != How::Done);
            let rest = |shown: &Shown| {
                let path = &shown.locator.path;
                // As it is written, it may begin with a name.
                let inner = !path.is_empty() && start.ends_with(path);
                let rest = if inner { Vec::new() } else { path.strip_prefix(start)?.to_vec() };
                Some((rest, shown.locator.positions.clone(), (shown.what, shown.is_text)))
            };
            shown.filter_map(rest).collect::<Vec<_>>()
        };
        let (was, is) = (below(Side::Old, from), below(Side::New, to));
        let mut values: Vec<(u64, bool)> = was.iter().filter(|one| is.contains(one)).map(|(.., what)| *what).collect();
        values.sort_unstable();
        values.dedup();
        let texts = values.iter().filter(|(_, is_text)| *is_text).count();
        // Parts that kept their names, each with a text of its own.
        let mut parts: Vec<_> = was.iter().filter(|one| is.contains(one) && one.2.1).map(|(rest, ..)| rest).collect();
        parts.retain(|rest| !rest.is_empty());
        parts.sort();
        parts.dedup();
        let told = texts > 1 && (values.len() > 2 || parts.len() > 1);
        !from.is_empty()
            && !to.is_empty()
            && values.len() > 1
            && below(Side::New, from).is_empty()
            && (told || may_be_same(&from.join(" "), &to.join(" ")))
    }

    /// Whether what is absent now is found by the same text earlier in the test, among what is counted or compared as it was
    /// where the old locator found it.
    pub fn goes_as_before(&self, (old, one): (&Node, &Locator), (new, other): (&Node, &Locator)) -> bool {
        let among = |side: Side, locator: &Locator| {
            let shown = self.shows(side).iter().filter(|shown| shown.how != How::Done);
            let of_it = shown.filter(|shown| shown.locator.path == locator.path && shown.locator.texts.is_empty());
            of_it.map(|shown| shown.what).collect::<Vec<_>>()
        };
        let after = among(Side::New, other);
        let texts = one.sorted_texts();
        !texts.is_empty()
            && texts == other.sorted_texts()
            && among(Side::Old, one).iter().any(|what| after.contains(what))
            && self.scopes.last().is_some_and(|scope| {
                let acts = |stmt: &&Stmt, wanted: &Node| match &stmt.kind {
                    StmtKind::Expr(node) => !steps(&node.hollow()).is_empty() && node.any(&mut |part| part == wanted),
                    _ => false,
                };
                let begins = |stmt: &&Stmt, text: &String| {
                    !steps_of(stmt).is_empty()
                        && stmt.any(&mut |part| format!("{:?}", part.kind).contains(text.as_str()))
                };
                scope.new.iter().any(|stmt| acts(stmt, new))
                    && (scope.old.iter().any(|stmt| acts(stmt, old))
                        || texts.iter().all(|text| scope.old.iter().any(|stmt| begins(stmt, text))))
            })
    }

    /// Whether something in what the one locator finds is compared, counted or operated, and the same in what the other does,
    /// and the two have a word in common: then the other finds what the one did, even where something is missed in it.
    pub fn holds_as_before(&self, old: &Locator, new: &Locator) -> bool {
        let known = meaning(&old.says());
        let below = |side: Side, start: &[String]| {
            let shown = self.shows(side).iter().filter(|shown| shown.locator.path.len() > start.len());
            let of_it = shown.filter(|shown| !start.is_empty() && shown.locator.path.starts_with(start));
            of_it.map(|shown| (shown.what, shown.locator.positions.clone())).collect::<Vec<_>>()
        };
        let after = below(Side::New, &new.path);
        let said: Vec<String> = meaning(&new.says());
        said == known
            && old.sorted_texts() == new.sorted_texts()
            && old.positions == new.positions
            && below(Side::Old, &old.path).iter().any(|one| after.contains(one))
            && below(Side::New, &old.path).is_empty()
    }

    /// Whether what a name stands for is told by its use: assertions that stay as they are compare it, or parts of it, with several values,
    /// or with one that tells.
    pub fn is_told_by_its_name(&self, name: &str, (old, new): (&Locator, &Locator)) -> bool {
        let asserts = self.asserts();
        let mut kept: Vec<&Stmt> = Vec::new();
        self.old.body.iter().for_each(|stmt| stmt.walk_stmts(&mut |inner| kept.push(inner)));
        // The same of a part that is called after the same thing.
        let part = |found: &Assertion| {
            let said: Vec<_> = found.matchers.iter().map(|matcher| (&matcher.names, matcher.args)).collect();
            let target = found.subject.first().map(|subject| meaning(locator::read(subject).target()))?;
            Some((hash_of(&said), target))
        };
        let parts: Vec<_> = kept
            .iter()
            .filter_map(|stmt| assertion::of_stmt(stmt, &asserts))
            .filter_map(|found| part(&found))
            .collect();
        let kept_part = |found: &Assertion| {
            let Some((said, target)) = part(found) else { return false };
            let akin = |word: &String, other: &String| word == other || same_stem(word, other);
            parts.iter().any(|(was, before)| {
                *was == said && target.iter().any(|word| before.iter().any(|other| akin(word, other)))
            })
        };
        let (mut values, mut telling) = (Vec::new(), false);
        let mut visit = |stmt: &'a Stmt| {
            let found = assertion::of_stmt(stmt, &asserts);
            let found = found.filter(|found| found.claim() == Claim::Valued || found.counts_many());
            let Some(found) = found.filter(|found| found.style == Style::Expect) else { return };
            let of_it = found.subject.first().is_some_and(|part| part.any(&mut |part| part.ident() == Some(name)));
            if of_it && (kept.contains(&stmt) || kept_part(&found)) {
                telling |= tells(expected_texts(&found).into_iter());
                values.push(hash_of(&stmt));
            }
        };
        self.new.body.iter().for_each(|stmt| stmt.walk_stmts(&mut visit));
        values.sort_unstable();
        values.dedup();
        telling || values.len() > 1 && may_be_same(&old.says(), &new.says())
    }

    /// The old locator as if it had found by a text what it found at a place, if the new one does and the text is one of the
    /// test's own: of its data, its steps, or of what else it asserts.
    pub fn as_found_by_text(&self, old: Locator, new: &Locator) -> Locator {
        match old.found_by_text(new).filter(|(_, text)| self.is_own_text(text)) {
            Some((found, _)) if !self.is_about_order() => found,
            _ => old,
        }
    }

    /// Whether the same is found in a part of the page with a name that tells what the file is about: the table called
    /// `Readings` on the page of the readings.
    pub fn is_in_named_part(&self, old: &Locator, new: &Locator) -> bool {
        let Some(name) = new.names_part_around(old) else { return false };
        let said = |text: &str, word: &str| meaning(text).iter().any(|other| other == word);
        let told = |word: &String| {
            let in_code = self.old.body.iter().any(|stmt| {
                stmt.any(&mut |node| match &node.kind {
                    Kind::Str(text) | Kind::Ident(text) | Kind::Member { name: text, .. } => said(text, word),
                    _ => false,
                })
            });
            in_code || said(self.path, word)
        };
        let words = meaning(&name);
        !words.is_empty() && words.iter().any(told) && mood(&name).is_empty()
    }

    /// Whether of what was found only what has a text is found that the test enters itself, and that is another in each run.
    pub fn is_of_what_was_entered(&self, old: &Locator, new: &Locator) -> bool {
        let stamps = stamps(self.new);
        let fresh: Vec<&String> = new.texts.iter().filter(|text| !old.texts.contains(text)).collect();
        let unique = |name: &str| {
            let given = self.given(name, Side::New);
            given.is_some_and(|value| {
                value.any(&mut |part| part.ident().is_some_and(|name| stamps.contains(name)) || is_unique(part))
            })
        };
        let entered = |text: &String| {
            let Some(name) = text.strip_prefix("Ident(\"").and_then(|text| text.strip_suffix("\")")) else {
                return false;
            };
            let enters = |node: &Node| {
                Chain::of(node).last().is_some_and(|link| {
                    ENTERS.contains(&link.name)
                        && link.args.is_some_and(|args| args.iter().any(|arg| arg.ident() == Some(name)))
                })
            };
            unique(name)
                && self
                    .scopes
                    .last()
                    .is_some_and(|scope| scope.new.iter().any(|stmt| stmt.any(&mut |node| enters(node))))
        };
        fresh.len() == 1 && old.path == new.path && fresh.into_iter().all(entered)
    }

    /// Whether what was found at a place is found by a text of which the test says nothing.
    pub fn is_found_by_foreign_text(&self, old: &Locator, new: &Locator) -> bool {
        old.found_by_text(new).is_some_and(|(_, text)| !self.is_own_text(&text))
    }

    fn is_own_text(&self, text: &str) -> bool {
        let own = |text: &str| {
            let says = |node: &Node| {
                node.string().is_some_and(|all| {
                    all == text || words(text).iter().all(|word| words(all).contains(word)) && !text.trim().is_empty()
                })
            };
            let data = self.old.body.iter().filter(|stmt| matches!(stmt.kind, StmtKind::Decl { .. }));
            let test = self.scopes.iter().skip(1).flat_map(|scope| scope.old.iter().copied());
            let titled = self.titles.iter().any(|title| words(text).iter().all(|word| words(title).contains(word)));
            words(text).iter().any(|word| word.len() > 1)
                && (titled || data.chain(test).any(|stmt| stmt.any(&mut |node| says(node))))
        };
        own(text)
    }

    /// Whether several cells that are compared all stand by as many places further on: a column was put before them.
    pub fn are_shifted(&self, old: &Locator, new: &Locator) -> bool {
        let at = |locator: &Locator| {
            let last = locator.positions.last()?;
            if last == "first" {
                Some(0)
            } else {
                last.strip_prefix("nthNum(\"")?.strip_suffix("\")")?.parse::<i32>().ok()
            }
        };
        let Some(shift) = at(old).zip(at(new)).map(|(was, is)| is - was).filter(|shift| *shift != 0) else {
            return false;
        };
        let cells = |side: Side| {
            let of_them = self.shows(side).iter().filter(|shown| {
                // As it is written, it may begin with a name.
                let path = &shown.locator.path;
                shown.how == How::Compared && !path.is_empty() && old.path.ends_with(path)
            });
            of_them.filter_map(|shown| at(&shown.locator).map(|at| (at, shown.what))).collect::<Vec<_>>()
        };
        let (was, is) = (cells(Side::Old), cells(Side::New));
        let moved: Vec<(i32, u64)> = was.iter().map(|(at, what)| (at + shift, *what)).collect();
        let mut values: Vec<u64> = moved.iter().filter(|cell| is.contains(cell)).map(|(_, what)| *what).collect();
        values.sort_unstable();
        values.dedup();
        old.path == new.path
            && old.texts == new.texts
            && values.len() > 1
            && values.len() == moved.len().min(values.len())
            && moved.iter().all(|cell| is.contains(cell))
    }

    /// Whether the same step is taken in this test on what the one locator finds, before, and on what the other does, now.
    pub fn is_operated(&self, old: &Locator, new: &Locator) -> bool {
        let taken = |side: Side, locator: &Locator| {
            let stmts = self.scopes.last().map(|scope| statements(scope, side)).unwrap_or_default();
            let found = stmts.iter().filter_map(|stmt| match &stmt.kind {
                StmtKind::Expr(node) => {
                    let spelled = self.spelled_out(node, side);
                    let of_it = found_in(spelled.bare()).into_iter().any(|found| locator::read(found) == *locator);
                    let names: Vec<String> = steps(&node.hollow()).into_iter().map(|step| step.name).collect();
                    (of_it && !names.is_empty()).then_some(names)
                }
                _ => None,
            });
            found.collect::<Vec<_>>()
        };
        let after = taken(Side::New, new);
        taken(Side::Old, old).iter().any(|names| after.contains(names))
    }

    /// Whether a step is done in more places than one to what another locator finds now, and nothing to what the old one does.
    pub fn is_renamed_throughout(&self, old: &Locator, new: &Locator) -> bool {
        let of_it = |side: Side, locator: &Locator| {
            self.shows(side).iter().filter(|shown| shown.how == How::Done && shown.locator == *locator).count()
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
                (_, Some(found)) if is_compared || found.counts_many() => {
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
            let how = match &found {
                _ if is_compared => How::Compared,
                Some(found) if found.counts_many() => How::Counted,
                _ => How::Done,
            };
            let of_text = |name: &&str| name.to_ascii_lowercase().contains("text") || *name == "contain";
            let is_text = found.as_ref().is_some_and(|found| {
                let names = found.matchers.iter().flat_map(|matcher| &matcher.names);
                (found.style == Style::Bare || names.into_iter().any(of_text))
                    && expected_texts(found).iter().any(|text| text.len() > 2)
            });
            // `page.click('#a')`
            if let (How::Done, Some(node)) = (how, subject)
                && let Some(link) = Chain::of(node)
                    .last()
                    .filter(|link| ACTIONS.contains(&link.name) && !NAVIGATION.contains(&link.name))
                && let Some([first, ..]) = link.args.filter(|_| !is_locator(node))
                && Chain::of(node).links.len() == 2
                && first.string().is_some()
            {
                shown.push(Shown { locator: selector(first), what, how, is_text: false });
            }
            // As it is written: a name may stand for something else in another test.
            for found in subject.into_iter().flat_map(|subject| found_in(subject.bare())) {
                shown.push(Shown { locator: locator::read(found), what, how, is_text });
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

/// Whether what one locator says may be what the other says: they share a word, the one has the initials of the other
/// (`so`, `standing order`), or the new one only says of which kind it is.
fn may_be_same(old: &str, new: &str) -> bool {
    #[rustfmt::skip]
    const KINDS: [&str; 20] = [
        "article", "listitem", "item", "row", "cell", "gridcell", "status", "region", "title", "list", "option", "alert",
        "role", "level", "grid", "feed", "term", "definition", "figure", "group",
    ];
    let (was, is) = (meaning(old), meaning(new));
    // What is found by its role alone has to be what may have that role.
    let may_have = |kinds: &[&str], roles: &[&str]| {
        let says = |text: &str, all: &[&str]| words(text).iter().any(|word| all.contains(&word.as_str()));
        says(new, roles) && says(old, kinds)
    };
    #[rustfmt::skip]
    let kin = may_have(&["card", "cards", "teaser", "tile", "post", "item", "entry", "result", "ticket", "article", "loan"], &["article"])
        || may_have(&["item", "items", "li", "row", "line", "lines", "entry", "card", "leg", "activity", "suggest", "suggestions"], &["listitem", "option"])
        || may_have(&["message", "toast", "state", "status", "notice", "flash"], &["status"])
        || may_have(&["tr", "row", "rows", "line"], &["row", "tr"])
        || may_have(&["title", "headline", "heading", "name", "h1", "h2", "h3"], &["heading"]);
    let kind = |word: &String| KINDS.contains(&word.as_str()) || KINDS.iter().any(|kind| meaning(kind).contains(word));
    let initials: String = words(new).iter().filter_map(|word| word.chars().next()).collect();
    let short = |word: &String| word.len() > 1 && initials.contains(word.as_str());
    is.iter().all(kind) && kin || is.iter().any(|word| was.contains(word)) || words(old).iter().any(short)
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
