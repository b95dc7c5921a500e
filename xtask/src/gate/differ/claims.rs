//! Compares two assertions: same subject, same matcher, same expected value, still certain to be made.

use super::super::assertion::{self, Assertion, Matcher, Strength, Style, claim_of};
use super::super::chain::Chain;
use super::super::ir::{Kind, Node};
use super::super::locator::{self, Claim, Drift, is_locator, matches_anything};
use super::super::words::{finds, meaning};
use super::names::Side;
use super::restated::{receiver, within};
use super::synonyms::{both_once, plain, same_function, status_code};
use super::{Differ, Place};

/// Options of a matcher that do not change what it claims; timeouts have a rule of their own.
const HARMLESS_OPTIONS: [&str; 5] = ["timeout", "message", "log", "interval", "intervals"];
#[rustfmt::skip]
const TOLERANCES: [&str; 16] = [
    "maxDiffPixels", "maxDiffPixelRatio", "threshold", "delta", "tolerance", "rel", "abs", "relTol", "absTol",
    "places", "mask", "failureThreshold", "failureThresholdType", "precision", "stylePath", "clip",
];

impl<'a> Differ<'a> {
    pub fn assertion_pair(&mut self, line: usize, old: &Assertion<'a>, new: &Assertion<'a>) {
        if old.awaited && !new.awaited && !is_statement(old) {
            self.report("unawaited-assertion", line, "the assertion is no longer awaited");
        }
        let promises = |found: &Assertion| {
            found
                .matchers
                .iter()
                .any(|matcher| matcher.names.iter().any(|name| matches!(*name, "resolves" | "rejects")))
        };
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
        if self.restated(line, old, new) {
            return;
        }
        match (old.style, new.style) {
            (Style::Implicit, Style::Implicit) => self.implicit_pair(line, old, new),
            (Style::Implicit, _) => self.locators(line, old, new, Claim::Existence),
            (_, Style::Implicit) => {
                self.report("weaker-assertion", line, "the assertion became a mere look-up or wait")
            }
            (Style::Helper, Style::Bare) | (Style::Bare, Style::Helper) if self.opens_renamed(old, new) => {
                self.plain_args(line, old, new)
            }
            (one, other) if one != other && (is_statement(old) || is_statement(new)) => {
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
        if is_locator(old.whole) && is_locator(new.whole) {
            self.locators(line, old, new, Claim::Existence);
        } else if name(&a) != name(&b) || !self.same(&old.whole.hollow(), &new.whole.hollow()) {
            let selector = |chain: &Chain<'a>| {
                chain.last().and_then(|link| link.args).and_then(<[Node]>::first).and_then(Node::string)
            };
            let by_selector = name(&a) == name(&b) && name(&a) == "waitForSelector";
            match (selector(&a), selector(&b)) {
                (Some(one), Some(other))
                    if by_selector
                        && !meaning(one).is_empty()
                        && meaning(one).iter().any(|word| meaning(other).contains(word)) => {}
                _ => self.report("changed-wait", line, format!("`{}` waits for something else than before", name(&b))),
            }
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
                self.drifted(
                    line,
                    locator::drift(&locator::read(old.whole), &locator::read(new.whole), Claim::Valued, ""),
                );
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
        match (old.subject.first(), new.subject.first()) {
            (Some(one), Some(other)) => {
                self.asserted(line, one, other, claim, &expected);
                self.callbacks(one, other);
                let itself = |found: &Assertion<'a>, subject: &Node| {
                    found.matchers.iter().any(|matcher| matcher.args.contains(subject))
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
                let exact = [
                    "equal",
                    "strictequal",
                    "deepequal",
                    "deepstrictequal",
                    "assertequal",
                    "assertequals",
                    "assertlistequal",
                    "assertdictequal",
                    "assertis",
                    "assertcountequal",
                ];
                let was = exact.contains(&one.to_ascii_lowercase().as_str());
                let is = exact.contains(&other.to_ascii_lowercase().as_str());
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

    fn matcher_pair(
        &mut self,
        line: usize,
        (old, (one, denied)): Plain<'_, 'a>,
        (new, (other, denies)): Plain<'_, 'a>,
    ) {
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
                _ => "changed-expectation",
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
            let lax = new_arg.any(&mut |node| {
                let chain = Chain::of(node);
                chain.root() == "expect" && chain.links.len() > 1
                    || chain.root() == "Match"
                    || matches!(&node.kind, Kind::Regex(pattern) if matches_anything(pattern))
            });
            let emptied = matches!(&new_arg.kind, Kind::Str(text) if text.trim().is_empty());
            let closer = old.names.last() == Some(&"toBeCloseTo") && new_arg.number().is_some();
            let rule = if lax || emptied {
                "weaker-assertion"
            } else if closer && std::ptr::eq(old_arg, &one[one.len() - 1]) && one.len() > 1 {
                "raised-tolerance"
            } else {
                "changed-expectation"
            };
            self.report(rule, new_arg.line, "the expected value is another");
        }
        let _ = line;
    }

    fn options(&mut self, line: usize, old: &'a [(String, Node)], new: &'a [(String, Node)]) {
        for (key, value) in new {
            let before = old.iter().find(|(name, _)| name == key).map(|(_, value)| value);
            if before.is_some_and(|before| self.same(before, value)) || HARMLESS_OPTIONS.contains(&key.as_str()) {
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

    fn locators(&mut self, line: usize, old: &Assertion<'a>, new: &Assertion<'a>, claim: Claim) {
        let node = |found: &Assertion<'a>| match found.style {
            Style::Expect => found.subject.first().cloned(),
            _ => Some(awaited_selector(found.whole).unwrap_or_else(|| found.whole.clone())),
        };
        if let (Some(one), Some(other)) = (&node(old), &node(new)) {
            let expected = if new.style == Style::Implicit { Vec::new() } else { expected_texts(new) };
            self.asserted(line, one, other, claim, &expected);
        }
    }

    /// Compares two expressions of which something is asserted. `expected` are the values that they are compared with.
    pub fn asserted<'n>(&mut self, line: usize, old: &'n Node, new: &'n Node, claim: Claim, expected: &[&str]) {
        let (old, new) = (old.bare(), new.bare());
        if self.same(old, new) || old.number().is_some() && old.number() == status_code(new) {
            return;
        }
        let (named, renamed) = (self.spelled_out(old, Side::Old), self.spelled_out(new, Side::New));
        if is_locator(&named) && is_locator(&renamed) {
            let (old, new) = (named.bare(), renamed.bare());
            if self.same(old, new) {
                return;
            }
            if !self.same_rest(old, new) {
                self.report("changed-subject", line, "something else of the element is asserted");
            }
            let (one, other) = (locator::read(old), locator::read(new));
            if expected.iter().any(|text| other.looks_for(text) && !one.looks_for(text)) {
                self.report("vacuous-locator", line, "the locator looks for the very text that is asserted of it");
            }
            let (old, new) = (element(old), element(new));
            let found = claim == Claim::Absence && self.is_found(old, new);
            let drift = locator::drift(&one, &other, if found { Claim::Existence } else { claim }, "");
            let shown = claim != Claim::Valued && self.is_valued_elsewhere(old, new);
            if drift != Drift::Thing || !shown {
                self.drifted(line, drift);
            }
            return;
        }
        match (&old.kind, &new.kind) {
            // Their bodies are compared as blocks.
            (Kind::Fn(_), Kind::Fn(_)) => {}
            (_, Kind::Binary(op, ..))
                if op == "||" && !matches!(&old.kind, Kind::Binary(old_op, ..) if old_op == op) =>
            {
                self.report("always-true", line, "the assertion holds if either side does");
            }
            (_, Kind::Ternary(..)) if !matches!(old.kind, Kind::Ternary(..)) => {
                self.report("conditional-assertion", line, "what is asserted depends on a condition");
            }
            (_, Kind::Array(parts)) if !matches!(old.kind, Kind::Array(_)) && parts.len() > 1 => {
                self.report("always-true", line, "a tuple or a list is always true");
            }
            (Kind::Binary(..), Kind::Binary(_, c, d)) if c == d => {
                self.report("always-true", line, "something is compared with itself");
            }
            (Kind::Binary(..), Kind::Ident(_) | Kind::Member { .. } | Kind::Call { .. }) => {
                self.report("weaker-assertion", line, "a comparison became a mere test for something");
            }
            (Kind::Binary(one, a, b), Kind::Binary(other, c, d)) => {
                if one != other {
                    let exact =
                        ["==", "===", "is"].contains(&one.as_str()) && !["==", "===", "is"].contains(&other.as_str());
                    let rule = if exact || other == "||" { "weaker-assertion" } else { "changed-expectation" };
                    self.report(rule, line, format!("`{one}` became `{other}`"));
                    return;
                }
                let text = |node: &'n Node| node.string();
                let values: Vec<&str> = [text(c), text(d)].into_iter().flatten().collect();
                self.asserted(line, a, c, claim, &values);
                self.asserted(line, b, d, claim, &values);
            }
            (Kind::Unary(one, a), Kind::Unary(other, b)) if one == other => self.asserted(line, a, b, claim, expected),
            (Kind::Array(one), Kind::Array(other)) if one.len() == other.len() => {
                one.iter().zip(other).for_each(|(a, b)| self.asserted(line, a, b, claim, expected));
            }
            _ if literal(old) && literal(new) => {
                self.report("changed-expectation", line, "the expected value is another")
            }
            _ if !literal(old) && literal(new) => {
                self.report("always-true", line, "a constant is asserted where the page was");
            }
            _ => self.calls(line, old, new, claim, expected),
        }
    }

    /// Expressions that are neither locators nor operators: the same shape, or a person decides.
    fn calls<'n>(&mut self, line: usize, old: &'n Node, new: &'n Node, claim: Claim, expected: &[&str]) {
        let (a, b) = (Chain::of(old), Chain::of(new));
        let names = |chain: &Chain<'n>| chain.names();
        let same_shape = a.links.len() == b.links.len()
            && a.links.iter().zip(&b.links).all(|(one, other)| {
                one.name == other.name
                    && one.args.map(<[Node]>::len) == other.args.map(<[Node]>::len)
                    && one.optional == other.optional
            });
        if same_shape && a.base.is_some() == b.base.is_some() && !a.links.is_empty() {
            if let (Some(one), Some(other)) = (a.base, b.base) {
                self.asserted(line, one, other, claim, expected);
            }
            for (one, other) in a.links.iter().zip(&b.links) {
                let by_selector = matches!(
                    one.name,
                    "innerText"
                        | "textContent"
                        | "innerHTML"
                        | "inputValue"
                        | "isVisible"
                        | "isEnabled"
                        | "$eval"
                        | "$$eval"
                );
                if by_selector
                    && let (Some([c, ..]), Some([d, ..])) = (one.args, other.args)
                    && c.string().is_some()
                    && d.string().is_some()
                {
                    let (c, d) = (super::values::selector(c), super::values::selector(d));
                    self.drifted(line, locator::drift(&c, &d, claim, ""));
                    continue;
                }
                for (c, d) in one.args.unwrap_or_default().iter().zip(other.args.unwrap_or_default()) {
                    if matches!(c.kind, Kind::Fn(_)) && matches!(d.kind, Kind::Fn(_)) {
                        continue;
                    }
                    self.asserted(line, c, d, claim, expected);
                }
            }
            return;
        }
        let known = meaning(&names(&a).join(" "));
        let refers = |chain: &Chain<'n>| chain.base.is_none() && chain.links.iter().all(|link| link.args.is_none());
        let about = |node: &'n Node, chain: &Chain<'n>| {
            let last = chain.links.last().map(|link| link.name).unwrap_or_default();
            if is_locator(node) { format!("{:?}", locator::read(node)) } else { last.to_owned() }
        };
        let words = meaning(&about(new, &b));
        let alike = claim == Claim::Valued
            && (refers(&a) || is_locator(old))
            && (refers(&b) && b.links.len() > 1 || is_locator(new))
            && (words.iter().any(|word| known.contains(word))
                || meaning(&about(old, &a)).iter().any(|word| words.contains(word)));
        if !alike {
            self.report("changed-subject", line, "something else is asserted than before");
        }
    }

    /// What is read of the elements, apart from how they are found.
    pub fn same_rest<'n>(&self, old: &'n Node, new: &'n Node) -> bool {
        let rest = |node: &'n Node| -> Vec<(&'n str, Vec<Node>)> {
            let chain = Chain::of(node);
            let root = chain.root();
            let links = chain.links.iter().skip(1).filter(|link| {
                let on_the_way = link.args.is_none() && matches!(link.name, "page" | "keyboard" | "driver" | "screen");
                let claims = matches!(link.name, "should" | "and") && link.args.is_some();
                let scopes = matches!(link.name, "scrollIntoView" | "as");
                let computes = link.args.is_some_and(|args| args.iter().any(|arg| matches!(arg.kind, Kind::Fn(_))));
                let waits_for = locator::located_by(link).is_some();
                let skipped = on_the_way || claims || scopes || waits_for || finds(root, link.name) && !computes;
                link.args.is_some() && !skipped
            });
            links
                .filter(|link| locator::located_by(link).is_none())
                .map(|link| (link.name, link.args.unwrap_or_default().iter().map(Node::hollow).collect()))
                .collect()
        };
        // Where Selenium waited for something to be shown, it still has to.
        let waits =
            |node: &'n Node| Chain::of(node).links.iter().find_map(locator::located_by).map(|(condition, _)| condition);
        rest(old) == rest(new) && (waits(old).is_none() || waits(old) == waits(new))
    }

    pub fn drifted(&mut self, line: usize, drift: Drift) {
        match drift {
            Drift::None => {}
            Drift::Vacuous => self.report("vacuous-locator", line, "the locator matches something on any page"),
            Drift::Weaker => self.report("weaker-assertion", line, "the locator asks for less than before"),
            Drift::Text => self.report("changed-expectation", line, "the text of the locator is what is asserted"),
            Drift::Thing => self.report("changed-subject", line, "it may be another thing that is asserted"),
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
            self.function(Place::Function, Some(a), b, new.line);
        }
    }
}

/// A matcher, its plain name, and whether it denies.
type Plain<'m, 'a> = (&'m Matcher<'a>, (String, bool));

/// `page.waitForSelector('#a')` waits for `page.locator('#a')`.
fn awaited_selector(node: &Node) -> Option<Node> {
    let chain = Chain::of(node);
    let last = chain.last().filter(|link| link.name == "waitForSelector")?;
    match last.args? {
        [selector] if selector.string().is_some() => Some(within(receiver(node)?, selector)),
        _ => None,
    }
}

/// The element in `cy.get('#a').should('be.visible')`.
fn element(node: &Node) -> &Node {
    let chain = Chain::of(node);
    let claims = chain.root() == "cy" && chain.last().is_some_and(|link| matches!(link.name, "should" | "and"));
    match receiver(node).filter(|_| claims) {
        Some(inner) => element(inner),
        None => node,
    }
}

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
pub fn contains_assertion(stmt: &super::Stmt, asserts: &assertion::Asserts) -> bool {
    let mut found = false;
    stmt.walk_stmts(&mut |inner| {
        found = found
            || assertion::of_stmt(inner, asserts).is_some_and(|inner| inner.style != Style::Implicit)
            || matches!(inner.kind, super::StmtKind::Throw(_));
    });
    found
}

pub fn worst(one: Claim, other: Claim) -> Claim {
    match (one, other) {
        (Claim::Absence, _) | (_, Claim::Absence) => Claim::Absence,
        (Claim::Existence, _) | (_, Claim::Existence) => Claim::Existence,
        _ => Claim::Valued,
    }
}

fn literal(node: &Node) -> bool {
    match &node.kind {
        Kind::Str(_) | Kind::Num(_) | Kind::Regex(_) => true,
        Kind::Const(name) => name != "this",
        Kind::Template(parts) | Kind::Array(parts) => parts.iter().all(literal),
        Kind::Unary(_, inner) => literal(inner),
        _ => false,
    }
}

fn split_options(args: &[Node]) -> (&[Node], &[(String, Node)]) {
    match args.split_last() {
        Some((Node { kind: Kind::Object(entries), .. }, rest))
            if entries.iter().all(|(key, _)| {
                HARMLESS_OPTIONS.contains(&key.as_str())
                    || TOLERANCES.contains(&key.as_str())
                    || matches!(
                        key.as_str(),
                        "ignoreCase"
                            | "useInnerText"
                            | "exact"
                            | "normalizeWhitespace"
                            | "visible"
                            | "attached"
                            | "animations"
                            | "fullPage"
                    )
            }) =>
        {
            (rest, entries)
        }
        _ => (args, &[]),
    }
}

fn expected_texts<'a>(found: &Assertion<'a>) -> Vec<&'a str> {
    found
        .matchers
        .iter()
        .flat_map(|matcher| matcher.args)
        .filter_map(Node::string)
        .filter(|text| text.chars().count() > 1)
        .collect()
}
