//! Compares two assertions: same subject, same matcher, same expected value, still certain to be made.

use super::super::super::asking::acts;
use super::super::super::assertion::{self, Assertion, Matcher, Strength, Style, claim_of};
use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node, any_stmt};
use super::super::super::locator::drift::drift;
use super::super::super::locator::{self, Claim, is_locator};
use super::super::super::words::mood;
use super::super::names::Side;
use super::super::{Differ, Place};
use super::restated::claimed;
use super::subjects::{awaited_element, of_state, unclaimed};
use super::synonyms::{both_once, condition, plain, same_function, state};
use super::telling::expected_texts;
use super::weakened;

/// Options of a matcher that do not change what it claims; timeouts have a rule of their own.
const HARMLESS_OPTIONS: [&str; 5] = ["timeout", "message", "log", "interval", "intervals"];
#[rustfmt::skip]
const TOLERANCES: [&str; 16] = [
    "maxDiffPixels", "maxDiffPixelRatio", "threshold", "delta", "tolerance", "rel", "abs", "relTol", "absTol",
    "places", "mask", "failureThreshold", "failureThresholdType", "precision", "stylePath", "clip",
];

impl<'a> Differ<'a> {
    pub fn assertion_pair(&mut self, line: usize, old: &Assertion<'a>, new: &Assertion<'a>) {
        let outer = (self.of_many, self.of_state);
        (self.of_many, self.of_state) = (old.is_of_many() || new.is_of_many(), of_state(new));
        self.compare_assertions(line, old, new);
        (self.of_many, self.of_state) = outer;
    }

    fn compare_assertions(&mut self, line: usize, old: &Assertion<'a>, new: &Assertion<'a>) {
        // `expect(await screen.findByText('a'))`
        let finds = |node: &Node| match &node.kind {
            Kind::Await(found) => Chain::of(found).last().is_some_and(|link| link.name.starts_with("find")),
            _ => false,
        };
        // `expect(screen.getByText('a')).toBeInTheDocument()` finds it at once, or fails.
        let at_once = |node: &Node| {
            Chain::of(node).root() == "screen" && !node.any(&mut |part| matches!(part.kind, Kind::Await(_)))
        };
        let found_by_waiting = old.style == Style::Implicit
            && new.subject.first().is_some_and(|subject| finds(subject) || at_once(subject));
        if old.awaited && !new.awaited && !is_statement(old) && !found_by_waiting {
            self.report("unawaited-assertion", line, "the assertion is no longer awaited");
        }
        let polls = |found: &Assertion| {
            found.opening.contains(&"poll")
                || found.matchers.iter().flat_map(|matcher| &matcher.names).any(|name| *name == "toPass")
        };
        if polls(new) && !polls(old) && acts(new.whole) {
            self.report("changed-subject", line, "what is asked until it is so may do something each time");
        }
        let promises = |found: &Assertion| {
            found
                .matchers
                .iter()
                .any(|matcher| matcher.names.iter().any(|name| matches!(*name, "resolves" | "rejects")))
        };
        if new.opening.contains(&"poll") && !old.opening.contains(&"poll") && !new.awaited {
            self.report("unawaited-assertion", line, "what is polled is not awaited");
        }
        if holds_of_anything(new) && !holds_of_anything(old) {
            self.report("always-true", line, "what is asserted is so whatever is found");
        }
        // `repo.save.assert_called_once()`
        let recorder = |found: &Assertion<'a>| match &found.whole.bare().kind {
            Kind::Call { callee, .. } => match &callee.kind {
                Kind::Member { object, name, .. } if asks_of_calls(name) => Some(&**object),
                _ => None,
            },
            _ => None,
        };
        if let (Some(was), Some(is)) = (recorder(old), recorder(new))
            && !self.same(was, is)
            && !self.same_value(was, is)
        {
            self.report("changed-subject", line, "another function is asserted to be called");
        }
        if promises(new) && !new.awaited && !promises(old) {
            self.report("unawaited-assertion", line, "an assertion on a promise that is not awaited");
        }
        if new.optional && !old.optional {
            self.report("swallowed-assertion", line, "the assertion is made only if something is defined");
        }
        let swallows = |found: &Assertion| {
            let chain = Chain::of(found.whole);
            chain.has("catch")
                || chain.links.iter().any(|link| link.name == "then" && link.args.is_some_and(|args| args.len() > 1))
        };
        if swallows(new) && !swallows(old) {
            self.report("swallowed-assertion", line, "the failure of the assertion is caught");
            return;
        }
        let last = |found: &Assertion<'a>| Chain::of(found.whole).last().map(|link| link.name);
        let uncalled = |found| matches!(last(found), Some("assertNotCalled" | "assertNotAwaited"));
        if uncalled(old) && uncalled(new) && !self.same(old.whole, new.whole) {
            self.report("changed-subject", line, "another function is asserted not to be called");
        }
        self.promises(line, old, new);
        self.turns_to_input(line, old, new);
        if self.restated(line, old, new) || self.became_rejection(old, new) {
            return;
        }
        if (old.style, new.style) == (Style::Bare, Style::Bare)
            && old.opening != new.opening
            && let (Some(one), Some(other)) = (condition(old), condition(new))
        {
            self.asserted(line, &one, &other, worst(old.claim(), new.claim()), &[]);
            return;
        }
        let waits_for_value =
            |found| claimed(found, &|node| self.spelled_out(node, Side::New)).is_some_and(|claim| claim.is_of_value());
        match (old.style, new.style) {
            (Style::Implicit, Style::Implicit) => self.implicit_pair(line, old, new),
            (Style::Implicit, _) => self.locators(line, old, new, Claim::Existence),
            (_, Style::Implicit) => {
                self.report("weaker-assertion", line, "the assertion became a mere look-up or wait")
            }
            (Style::Helper, Style::Bare) | (Style::Bare, Style::Helper) if self.opens_renamed(old, new) => {
                self.plain_args(line, old, new)
            }
            (one, other) if one != other && (is_statement(old) || is_statement(new)) && !waits_for_value(new) => {
                self.report("weaker-assertion", line, "the assertion was replaced by another")
            }
            (one, other) if one != other => self.report(
                "changed-expectation",
                line,
                "the assertion is written in another style: compare what it claims",
            ),
            _ => self.same_style(line, old, new),
        }
    }

    fn implicit_pair(&mut self, line: usize, old: &Assertion<'a>, new: &Assertion<'a>) {
        let (a, b) = (Chain::of(old.whole), Chain::of(new.whole));
        let name = |chain: &Chain<'a>| chain.last().map(|link| link.name).unwrap_or_default();
        if name(&a) != name(&b)
            && let (Some(one), Some(other)) = (
                awaited_element(&self.spelled_out(old.whole, Side::Old)),
                awaited_element(&self.spelled_out(new.whole, Side::New)),
            )
        {
            self.drifted(line, drift(&locator::read(&one), &locator::read(&other), Claim::Existence, ""));
            return;
        }
        let selects = |node: &'a Node| is_locator(node) || super::subjects::awaited_selector(node).is_some();
        if selects(old.whole) && selects(new.whole) {
            self.locators(line, old, new, Claim::Existence);
        } else if awaited_element(new.whole).is_some() && is_loader_that_leaves(old.whole) {
            // What is waited for now comes when the loader has gone.
        } else if name(&a) != name(&b) || !self.same(&old.whole.hollow(), &new.whole.hollow()) {
            self.report("changed-wait", line, format!("`{}` waits for something else than before", name(&b)));
        }
    }

    fn same_style(&mut self, line: usize, old: &Assertion<'a>, new: &Assertion<'a>) {
        if let (Some(one), Some(other)) = (announced(old), announced(new)) {
            if other < one {
                self.report("weaker-assertion", line, "fewer assertions are announced");
            }
            return;
        }
        if old.opening != new.opening && !self.opening_may_change(line, old, new) {
            return;
        }
        if old.style == Style::Bare && old.matchers.is_empty() {
            self.asserted(line, old.whole, new.whole, worst(old.claim(), new.claim()), &[]);
            return;
        }
        if old.style == Style::Helper {
            self.helper_chain(line, old, new);
            if is_locator(old.whole) && is_locator(new.whole) {
                self.drifted(line, drift(&locator::read(old.whole), &locator::read(new.whole), Claim::Valued, ""));
            }
            return;
        }
        if old.style == Style::Bare {
            self.plain_args(line, old, new);
            return;
        }
        self.matchers(line, old, new);
        let claim = worst(old.claim(), new.claim());
        if old.style == Style::Should {
            self.order_of_links(line, old.whole, new.whole);
            self.locators(line, old, new, claim);
            return;
        }
        let expected = expected_texts(new);
        let subject = polled(new).or(new.subject.first());
        let throws = |found: &Assertion| {
            found
                .matchers
                .iter()
                .flat_map(|matcher| &matcher.names)
                .any(|name| name.to_ascii_lowercase().contains("throw"))
        };
        if let (Some(Kind::Fn(one)), Some(Kind::Fn(other))) =
            (old.subject.first().map(|node| &node.kind), new.subject.first().map(|node| &node.kind))
            && throws(new)
            && one.body.len() != other.body.len()
        {
            self.report("changed-subject", line, "something else may throw what is expected");
        }
        // What was read once is read until it is as expected.
        let read = |one: &'a Node| {
            let value = one.ident().filter(|_| polled(new).is_some()).and_then(|name| self.given(name, Side::Old));
            let settled = if polled(new).is_some() { one.bare() } else { one };
            value.filter(|value| subject.is_some_and(|other| value.bare() == other.bare())).unwrap_or(settled)
        };
        match (polled(old).or(old.subject.first()).map(read), subject) {
            (Some(one), Some(other)) => {
                self.asserted(line, one, other, claim, &expected);
                self.finds_by_pattern(line, one, other, new);
                self.callbacks(one, other);
                self.subject_became_async(line, old, new);
                let itself = |found: &Assertion<'a>, subject: &Node| {
                    found
                        .matchers
                        .iter()
                        .flat_map(|matcher| matcher.args)
                        .any(|value| weakened::is_read_from(value, subject))
                };
                if itself(new, other) && !itself(old, one) {
                    self.report("always-true", line, "something is compared with itself");
                }
            }
            (None, None) => {}
            _ => self.report("weaker-assertion", line, "`expect` lost its subject"),
        }
    }

    fn opening_may_change(&mut self, line: usize, old: &Assertion<'a>, new: &Assertion<'a>) -> bool {
        let last = |found: &Assertion<'a>| found.opening.last().copied().unwrap_or_default();
        let (one, other) = (last(old), last(new));
        match old.style {
            Style::Expect if other == "soft" => {
                self.report("soft-assertion", line, "a soft assertion lets the test go on");
                true
            }
            Style::Expect if one == "soft" && other == "expect" => true,
            Style::Expect if one == "expect" && other == "poll" && new.awaited && polled(new).is_some() => true,
            Style::Expect => {
                self.report(
                    "changed-expectation",
                    line,
                    format!("`{}` became `{}`", old.opening.join("."), new.opening.join(".")),
                );
                true
            }
            _ if self.opens_renamed(old, new) || same_function(one, other) => true,
            Style::Helper => {
                self.report("changed-expectation", line, format!("`{other}` asserts instead of `{one}`"));
                true
            }
            _ => {
                #[rustfmt::skip]
                const EXACT: [&str; 10] = [
                    "equal", "strictequal", "deepequal", "deepstrictequal", "assertequal", "assertequals",
                    "assertlistequal", "assertdictequal", "assertis", "assertcountequal",
                ];
                let was = EXACT.contains(&one.to_ascii_lowercase().as_str());
                let is = EXACT.contains(&other.to_ascii_lowercase().as_str());
                let rule = if was && !is { "weaker-assertion" } else { "changed-expectation" };
                self.report(rule, line, format!("`{one}` became `{other}`"));
                false
            }
        }
    }

    /// Whether the function that asserts only got another name.
    fn opens_renamed(&self, old: &Assertion, new: &Assertion) -> bool {
        match (old.opening.last(), new.opening.last()) {
            (Some(one), Some(other)) => self.renames.get(*one).is_some_and(|to| to == other),
            _ => false,
        }
    }

    fn plain_args(&mut self, line: usize, old: &Assertion<'a>, new: &Assertion<'a>) {
        let args = |found: &Assertion<'a>| found.matchers.first().map(|matcher| matcher.args).unwrap_or_default();
        self.args_pair(line, args(old), args(new), worst(old.claim(), new.claim()));
    }

    pub fn args_pair(&mut self, line: usize, one: &'a [Node], other: &'a [Node], claim: Claim) {
        if one.len() > other.len() {
            self.report("changed-expectation", line, "the assertion takes fewer arguments");
        }
        for (old_arg, new_arg) in one.iter().zip(other) {
            self.asserted(line, old_arg, new_arg, claim, &[]);
            self.callbacks(old_arg, new_arg);
        }
        for extra in other.iter().skip(one.len()) {
            if !matches!(extra.kind, Kind::Str(_)) {
                self.report("changed-expectation", line, "the assertion takes another argument");
            }
        }
    }

    /// Each claim of the old assertion must be among those of the new.
    fn matchers(&mut self, line: usize, old: &Assertion<'a>, new: &Assertion<'a>) {
        let mut rest: &[Matcher<'a>] = &new.matchers;
        for (at, matcher) in old.matchers.iter().enumerate() {
            let same_names = rest.iter().position(|other| other.names == matcher.names);
            let index = match same_names {
                Some(index) => index,
                None if self.claimed_beside(old, matcher) => continue,
                None if rest.len() >= old.matchers.len() - at => 0,
                None => {
                    self.report(
                        "weaker-assertion",
                        line,
                        format!("`{}` is not asserted any more", matcher.names.join(".")),
                    );
                    continue;
                }
            };
            let other = &rest[index];
            rest = &rest[index + 1..];
            self.matcher_pair(line, (matcher, plain(matcher, old)), (other, plain(other, new)));
        }
    }

    /// Whether a statement beside makes the same claim of the same element: `a.should(b).and(c)` is `a.should(b)` and
    /// `a.should(c)`.
    fn claimed_beside(&self, old: &Assertion<'a>, matcher: &Matcher<'a>) -> bool {
        let asserts = self.asserts();
        let same = |other: &Matcher| other.names == matcher.names && other.args == matcher.args;
        old.style == Style::Should
            && self.stretch.new.iter().filter_map(|stmt| assertion::of_stmt(stmt, &asserts)).any(|other| {
                other.style == Style::Should
                    && unclaimed(other.whole) == unclaimed(old.whole)
                    && other.matchers.iter().any(same)
            })
    }

    fn matcher_pair(
        &mut self,
        line: usize,
        (old, (one, denied)): Plain<'_, 'a>,
        (new, (other, denies)): Plain<'_, 'a>,
    ) {
        if one != other {
            let (was, is) = (state(old, (&one, denied), false), state(new, (&other, denies), true));
            if was.is_some() && was == is {
                return;
            }
        }
        if denied != denies {
            self.report("weaker-assertion", line, "the assertion says the opposite");
            return;
        }
        if both_once(old, new) {
            return;
        }
        let opposed = |matcher: &Matcher| matcher.names.contains(&"not");
        if one != other {
            if opposed(old) != opposed(new) {
                self.report("weaker-assertion", line, "the assertion says the opposite");
                return;
            }
            let last = |matcher: &Matcher<'a>| matcher.names.last().copied().unwrap_or_default();
            let strength = match assertion::strength(last(old), last(new)) {
                Strength::Unknown => assertion::strength(&one, &other),
                known => known,
            };
            let rule = match (strength, denied) {
                (Strength::Weaker, false) | (Strength::Stronger, true) => "weaker-assertion",
                (Strength::Stronger, false)
                    if (old.args.is_empty() || old.args == new.args) && claim_of(new) != Claim::Absence =>
                {
                    return;
                }
                _ => match (old.args.first(), new.args.first()) {
                    (Some(was), Some(is)) => {
                        weakened::expected(was, is).map_or("changed-expectation", |(rule, _)| rule)
                    }
                    _ => "changed-expectation",
                },
            };
            self.report(rule, line, format!("`{one}` became `{other}`"));
            return;
        }
        self.expected(line, old, new);
    }

    fn expected(&mut self, line: usize, old: &Matcher<'a>, new: &Matcher<'a>) {
        let (one, one_options) = split_options(old.args);
        let (other, other_options) = split_options(new.args);
        self.options(line, one_options, other_options);
        if one.len() > other.len() {
            self.report("weaker-assertion", line, format!("`{}` expects no value any more", new.names.join(".")));
            return;
        }
        let snapshot = new.names.iter().any(|name| name.contains("Snapshot") || name.contains("Screenshot"));
        if one.is_empty() && !other.is_empty() && snapshot {
            self.report("weaker-assertion", line, "the snapshot is another one, which will be made anew");
        }
        if one.len() < other.len() && !one.is_empty() {
            self.report("changed-expectation", line, format!("`{}` takes another argument", new.names.join(".")));
        }
        for (old_arg, new_arg) in one.iter().zip(other) {
            if self.same(old_arg, new_arg)
                || self.same(&self.spelled_out(old_arg, Side::Old), &self.spelled_out(new_arg, Side::New))
            {
                continue;
            }
            if let (Kind::Fn(_), Kind::Fn(_)) = (&old_arg.kind, &new_arg.kind) {
                self.callbacks(old_arg, new_arg);
                continue;
            }
            let loss = weakened::expected(old_arg, new_arg);
            let closer = old.names.last() == Some(&"toBeCloseTo") && new_arg.number().is_some();
            let rule = if let Some((rule, _)) = loss {
                rule
            } else if closer && std::ptr::eq(old_arg, &one[one.len() - 1]) && one.len() > 1 {
                "raised-tolerance"
            } else {
                "changed-expectation"
            };
            self.report(rule, new_arg.line, "the expected value is another");
        }
    }

    fn options(&mut self, line: usize, old: &'a [(String, Node)], new: &'a [(String, Node)]) {
        for (key, value) in new {
            let before = old.iter().find(|(name, _)| name == key).map(|(_, value)| value);
            if before.is_some_and(|before| self.same(before, value) || is_stricter(key, before, value))
                || HARMLESS_OPTIONS.contains(&key.as_str())
            {
                continue;
            }
            let strict = key == "exact" && value.kind == Kind::Const("true".into());
            if !strict {
                let rule = if TOLERANCES.contains(&key.as_str()) { "raised-tolerance" } else { "changed-expectation" };
                self.report(rule, line, format!("the option `{key}`"));
            }
        }
        for (key, _) in old {
            if !new.iter().any(|(name, _)| name == key) && !HARMLESS_OPTIONS.contains(&key.as_str()) {
                self.report("changed-expectation", line, format!("the option `{key}` is gone"));
            }
        }
    }

    /// Compares the functions that stand in two expressions.
    pub fn callbacks(&mut self, old: &'a Node, new: &'a Node) {
        self.classes_of(Some(old), new);
        self.iterated(old, new);
        let (one, other) = (old.functions(), new.functions());
        if one.len() != other.len() {
            let asserts = self.asserts();
            let holds = one.iter().any(|func| func.body.iter().any(|stmt| contains_assertion(stmt, &asserts)));
            if holds {
                self.report("unknown-change", new.line, "a callback that asserted is no longer where it was");
            }
            for func in other {
                self.function(Place::Function, None, func, new.line);
            }
            return;
        }
        for (a, b) in one.into_iter().zip(other) {
            self.callback_became_async(a, b, new);
            self.places(a, b, new.line);
            self.function(Place::Function, Some(a), b, new.line);
        }
    }
}

/// `assert_called_once_with`, `assert_any_call`, `assert_has_calls`.
/// <https://docs.python.org/3/library/unittest.mock.html#unittest.mock.Mock.assert_called>
fn asks_of_calls(name: &str) -> bool {
    ["assertCalled", "assertAwaited", "assertAnyCall", "assertAnyAwait", "assertHasCalls", "assertHasAwaits"]
        .iter()
        .any(|start| name.starts_with(start))
}

/// Whether an assertion holds of whatever a query of Testing Library gives: `null` is defined, an empty list and a promise
/// that nobody awaits are there. <https://testing-library.com/docs/queries/about#types-of-queries>
fn holds_of_anything(found: &Assertion) -> bool {
    let [subject] = found.subject else { return false };
    let chain = Chain::of(subject);
    let Some(query) = chain.last().filter(|link| link.args.is_some()).map(|link| link.name) else { return false };
    let waits = matches!(subject.kind, Kind::Await(_));
    let [Matcher { names, .. }] = &found.matchers[..] else { return false };
    let defined = matches!(names[..], ["toBeDefined"] | ["not", "toBeUndefined"]);
    let there = defined || matches!(names[..], ["toBeTruthy"] | ["not", "toBeNull"] | ["not", "toBeFalsy"]);
    if query.starts_with("queryAllBy")
        || query == "querySelectorAll"
        || query.starts_with("find") && query.contains("By") && !waits
    {
        there
    } else {
        query.starts_with("queryBy") && defined
    }
}

/// Whether an option of a snapshot forgives less than it did.
fn is_stricter(key: &str, old: &Node, new: &Node) -> bool {
    let forgives = matches!(key, "maxDiffPixels" | "maxDiffPixelRatio" | "threshold" | "delta" | "tolerance");
    forgives && matches!((old.number(), new.number()), (Some(old), Some(new)) if new < old)
}

/// The value in `expect.poll(() => value)`.
pub fn polled<'a>(found: &Assertion<'a>) -> Option<&'a Node> {
    let [.., "poll"] = found.opening.as_slice() else { return None };
    let Kind::Fn(func) = &found.subject.first()?.kind else { return None };
    let [only] = func.body.as_slice() else { return None };
    let value = only.exprs().first().copied().filter(|_| func.params.is_empty() && !func.generator)?;
    Some(value.bare())
}

/// A matcher, its plain name, and whether it denies.
type Plain<'m, 'a> = (&'m Matcher<'a>, (String, bool));

/// Python's `assert …`.
fn is_statement(found: &Assertion) -> bool {
    found.style == Style::Bare && found.matchers.is_empty()
}

/// The number in `expect.assertions(3)`.
fn announced(found: &Assertion) -> Option<f64> {
    let is_it = found.opening.last() == Some(&"assertions") && found.matchers.is_empty();
    if is_it { found.subject.first()?.number() } else { None }
}

/// Whether a statement, or anything inside it, asserts.
pub fn contains_assertion(stmt: &super::super::Stmt, asserts: &assertion::Asserts) -> bool {
    any_stmt(std::slice::from_ref(stmt), &mut |inner| {
        assertion::of_stmt(inner, asserts).is_some_and(|inner| inner.style != Style::Implicit)
            || matches!(inner.kind, super::super::StmtKind::Throw(_))
    })
}

pub fn worst(one: Claim, other: Claim) -> Claim {
    match (one, other) {
        (Claim::Absence, _) | (_, Claim::Absence) => Claim::Absence,
        (Claim::Existence, _) | (_, Claim::Existence) => Claim::Existence,
        _ => Claim::Valued,
    }
}

fn split_options(args: &[Node]) -> (&[Node], &[(String, Node)]) {
    #[rustfmt::skip]
    const KNOWN: [&str; 12] = [
        "ignoreCase", "useInnerText", "exact", "normalizeWhitespace", "visible", "attached", "animations",
        "fullPage", "checked", "indeterminate", "enabled", "editable",
    ];
    match args.split_last() {
        Some((Node { kind: Kind::Object(entries), .. }, rest))
            if entries.iter().all(|(key, _)| {
                HARMLESS_OPTIONS.contains(&key.as_str())
                    || TOLERANCES.contains(&key.as_str())
                    || KNOWN.contains(&key.as_str())
            }) =>
        {
            (rest, entries)
        }
        _ => (args, &[]),
    }
}

/// `page.waitForSelector('.spinner', { state: 'hidden' })`
fn is_loader_that_leaves(wait: &Node) -> bool {
    let chain = Chain::of(wait);
    let leaves = |arg: &Node| match &arg.kind {
        Kind::Object(entries) => {
            entries.iter().any(|(key, value)| key == "state" && matches!(value.string(), Some("hidden" | "detached")))
        }
        _ => false,
    };
    let said = mood(&locator::read(wait).says());
    let named = chain.last().and_then(|link| link.args?.first()).and_then(Node::string).map(mood).unwrap_or_default();
    let loads = |moods: &[String]| moods.iter().any(|word| matches!(word.as_str(), "loading" | "skeleton"));
    chain.last().and_then(|link| link.args).is_some_and(|args| args.iter().any(leaves))
        && (loads(&said) || loads(&named))
}
