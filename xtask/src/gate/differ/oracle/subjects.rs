//! Compares what two assertions are about: the same element, the same value of it, found perhaps another way.

use super::super::super::assertion::{self, Assertion, Style};
use super::super::super::chain::{Chain, Link};
use super::super::super::ir::{Kind, Node, Stmt, StmtKind};
use super::super::super::locator::drift::{Drift, drift, is_headline, is_other_headline, is_spelled_otherwise};
use super::super::super::locator::narrowed;
use super::super::super::locator::{self, Claim, is_locator};
use super::super::super::scan::unversioned;
use super::super::super::words::{ACTIONS, finds, meaning, mood, turns, words};
use super::super::module_names::plays_a_part;
use super::super::names::Side;
use super::super::steps::addresses::{asks_api, asks_view, both_log_in, is_grouped, is_moved_page};
use super::super::steps::steps_of;
use super::super::{Differ, Place};
use super::restated::{receiver, within};
use super::synonyms::{self, became_property, status_code};
use super::telling::{expected_texts, is_kind_alone, is_sign_of, tells};
use super::weakened;

/// Whether an assertion can only be about elements: it waits for what it says, as nothing does for a value in memory.
fn of_elements(found: &Assertion) -> bool {
    let waits =
        |name: &str| name.starts_with("to_have_") || name.starts_with("to_be_") || name.starts_with("to_contain_");
    let unwraps = |name: &str| matches!(name, "resolves" | "rejects");
    let mut names = found.matchers.iter().flat_map(|matcher| &matcher.names).copied();
    match found.style {
        Style::Should => true,
        Style::Expect if found.awaited => !names.any(unwraps),
        Style::Expect => names.any(waits),
        _ => false,
    }
}

/// Whether an assertion is about the state of an element, and not about what it says.
pub fn of_state(found: &Assertion) -> bool {
    let states = |matcher: &assertion::Matcher| {
        let (name, denies) = synonyms::plain(matcher, found);
        synonyms::state(matcher, (&name, denies), true).is_some()
    };
    !found.matchers.is_empty() && found.matchers.iter().all(states)
}

impl<'a> Differ<'a> {
    pub fn locators(&mut self, line: usize, old: &Assertion<'a>, new: &Assertion<'a>, claim: Claim) {
        let leaves = |found: &Assertion<'a>| {
            Chain::of(found.whole).last().is_some_and(|link| link.name == "waitForElementToBeRemoved")
        };
        // It fails for what is not there at first.
        let claim = if leaves(old) && leaves(new) { Claim::Action } else { claim };
        let acts = |found: &Assertion<'a>| {
            let links = Chain::of(found.whole).links;
            found.style == Style::Should
                && links.iter().any(|link| ACTIONS.contains(&link.name) && !finds("cy", link.name))
        };
        if acts(old) && !acts(new) {
            self.report("changed-subject", line, "what it is about was found after a step: compare it by hand");
            return;
        }
        let node = |found: &Assertion<'a>| match found.style {
            Style::Expect => found.subject.first().cloned(),
            Style::Should if !is_locator(unclaimed(found.whole)) => Some(unclaimed(found.whole).clone()),
            _ => Some(awaited_selector(found.whole).unwrap_or_else(|| found.whole.clone())),
        };
        if let (Some(one), Some(other)) = (&node(old), &node(new)) {
            let mut expected = if new.style == Style::Implicit { Vec::new() } else { expected_texts(new) };
            expected.extend(self.texts_in_callbacks(new.whole));
            let outer = std::mem::replace(&mut self.of_elements, of_elements(old) && of_elements(new));
            self.asserted(line, one, other, claim, &expected);
            self.of_elements = outer;
            self.finds_by_pattern(line, one, other, new);
        }
    }

    /// What is asserted by a pattern is not what the element is found by.
    pub fn finds_by_pattern(&mut self, line: usize, old: &Node, new: &Node, found: &Assertion<'a>) {
        let (one, other) = (self.spelled_out(old, Side::Old), self.spelled_out(new, Side::New));
        let (one, other) = (locator::read(&one), locator::read(&other));
        let finds = |arg: &Node| matches!(&arg.kind, Kind::Regex(pattern) if other.looks_for_pattern(pattern) && !one.looks_for_pattern(pattern));
        // A text by which it is chosen of late is a part of what is expected of it.
        let chosen = |arg: &Node| {
            let known = one.says().to_lowercase();
            let fresh = other.own_texts().into_iter().filter(|text| !known.contains(&text.to_lowercase()));
            let said = arg.string().map(str::to_owned).unwrap_or_else(|| format!("{:?}", arg.kind));
            let is_value = matches!(arg.kind, Kind::Str(_) | Kind::Ident(_) | Kind::Member { .. });
            is_value && fresh.into_iter().any(|text| said.contains(&text))
        };
        let values = || found.matchers.iter().flat_map(|matcher| matcher.args);
        let excludes =
            |found: &locator::Locator| found.selectors.iter().filter(|part| part.starts_with("not ")).count();
        if found.claim() != Claim::Action && (values().any(chosen) || excludes(&other) > excludes(&one)) {
            self.report("changed-subject", line, "it is chosen by what is expected of it");
        }
        if found.claim() == Claim::Valued && found.matchers.iter().flat_map(|matcher| matcher.args).any(finds) {
            self.report("vacuous-locator", line, "the locator looks for what is asserted of it");
        }
    }

    /// Compares two expressions of which something is asserted. `expected` are the values that they are compared with.
    pub fn asserted<'n>(&mut self, line: usize, old: &'n Node, new: &'n Node, claim: Claim, expected: &[&str]) {
        if matches!(old.kind, Kind::Spread(_)) != matches!(new.kind, Kind::Spread(_)) {
            self.report("changed-subject", line, "the items of a list are given, or the list");
        }
        let (old, new) = (old.bare(), new.bare());
        if self.same(old, new)
            || self.same_value(old, new)
            || old.number().is_some() && old.number() == status_code(new)
            || weakened::is_tighter(old, new)
            || matches!(old.kind, Kind::Call { .. })
                && !is_locator(old)
                && unversioned(old) == unversioned(new)
                && !self.expects_failure()
            || claim == Claim::Valued && became_property(old, new)
            || self.place() == Place::Function && self.is_unique_text(old, new)
            || self.reshaped(old, new)
        {
            return;
        }
        let as_written = (old, new);
        let (named, renamed) = (self.spelled_out(old, Side::Old), self.spelled_out(new, Side::New));
        let opened = |node: &Node| node.any(&mut |part| self.is_opened(part));
        if claim == Claim::Absence && opened(new) && !opened(old) {
            self.report("changed-subject", line, "it is absent from another page, which a step opens");
        }
        if old.ident() == Some("page") && named == renamed {
            return;
        }
        if is_locator(&named) && is_locator(&renamed) {
            let (old, new) = (named.bare(), renamed.bare());
            if self.same(old, new) {
                return;
            }
            if !self.same_rest(old, new) {
                self.report("changed-subject", line, "something else of the element is asserted");
            }
            let (one, other) = (locator::read(old), locator::read(new));
            let one = self.as_found_by_text(one, &other);
            let alias = |locator: &locator::Locator| locator.selectors.iter().find(|one| one.starts_with('@')).cloned();
            if alias(&one) != alias(&other) && alias(&other).is_some() {
                self.report("changed-subject", line, "another alias is asserted");
            }
            if claim != Claim::Action && walks(new) && !walks(old) {
                self.report("changed-subject", line, "what stands beside or around it is asserted");
            }
            // The number of a column is no place in an order.
            let of_column = one.target().starts_with("td") || one.target().starts_with("th");
            let loses_place = other.positions.len() < one.positions.len() && !of_column;
            if claim == Claim::Valued && loses_place && self.is_about_order() {
                self.report("changed-subject", line, "that it stands there is not asserted any more");
            }
            let leaves = self.leaves_opened(as_written.0, as_written.1);
            if claim != Claim::Action && (leaves || self.asks_another_page(as_written.0, as_written.1)) {
                self.report("changed-subject", line, "it is looked for on another page of the test");
            }
            if one == other {
                return;
            }
            if expected.iter().any(|text| other.looks_for(text) && !one.looks_for(text)) {
                self.report("vacuous-locator", line, "the locator looks for the very text that is asserted of it");
            }
            // `expect(getByTitle('a'))` became `expect(getByRole('tooltip')).toHaveText('a')`.
            let retold = one.roles.is_empty() && !one.texts.is_empty() && one.path.is_empty();
            if claim == Claim::Existence
                && retold
                && one.texts.iter().all(|text| expected.contains(&text.as_str()))
                && other.roles == ["tooltip"]
                && other.selectors.is_empty()
                && other.positions.is_empty()
                && other.states.is_empty()
            {
                return;
            }
            if claim == Claim::Absence && is_spelled_otherwise(&one, &other) && self.spells_otherwise() {
                return;
            }
            // Of several elements, one with the class is enough for Cypress.
            let of_cypress = Chain::of(new).root() == "cy";
            if of_cypress && claim == Claim::Valued && other.is_any_of(&one) {
                self.report("changed-subject", line, "it may be any of them");
            }
            // What the steps are taken in is no part that has been picked.
            let in_place = claim == Claim::Action
                || self.stays_in_place(&one, &other, claim)
                || claim != Claim::Absence && self.is_in_named_part(&one, &other);
            if !in_place
                && (self.of_many && narrowed::finds_others(&one, &other) || narrowed::is_filtered(&one, &other, claim))
            {
                self.report("changed-subject", line, "it may be fewer of them, or others");
            }
            let (old, new) = (element(old), element(new));
            let shown_elsewhere =
                matches!(claim, Claim::Absence | Claim::Existence) && self.is_shown_elsewhere(&one, &other);
            let found = shown_elsewhere
                || claim == Claim::Absence
                    && (self.is_found(old, new) || self.goes_as_before((old, &one), (new, &other)));
            // A page object's `confirmButton()`
            let about = self.helper.map_or("", |(name, _)| name);
            let drift = drift(&one, &other, if found { Claim::Existence } else { claim }, about);
            if evaluates(old)
                && evaluates(new)
                && one != other
                && !narrowed::is_framed(&one, &other)
                && !self.is_used_elsewhere(&one, &other)
            {
                self.report("changed-subject", line, "it is computed of another element");
            }
            // In a test of one component.
            let kind_alone = || {
                let reports = one.roles.iter().any(|role| matches!(role.as_str(), "alert" | "status"));
                !self.drives_a_browser() && is_kind_alone(&other) && !reports
            };
            let told = || tells(expected.iter().copied()) || self.is_told_elsewhere(old, new);
            let drift = match drift {
                drift if is_headline(&one, &other) => drift,
                Drift::None
                    if claim == Claim::Valued
                        && (self.is_found_by_foreign_text(&one, &other) || is_other_headline(&one, &other)) =>
                {
                    Drift::Elsewhere
                }
                Drift::None if claim == Claim::Valued && one.loses_name(&other, expected) => Drift::Elsewhere,
                Drift::None
                    if claim == Claim::Valued
                        && !in_place
                        && narrowed::is_scoped(&one, &other)
                        && !narrowed::is_in_banner(&one, &other) =>
                {
                    Drift::Elsewhere
                }
                Drift::None
                    if claim == Claim::Valued && (self.says_of_another(&one, &other) || other.is_elsewhere(&one)) =>
                {
                    Drift::Elsewhere
                }
                drift => drift,
            };
            let shown = match drift {
                Drift::Elsewhere | Drift::Thing if shown_elsewhere => true,
                Drift::Elsewhere | Drift::Thing
                    if claim == Claim::Valued && self.is_told_by_test(&one, &other, "", expected) =>
                {
                    true
                }
                Drift::Elsewhere | Drift::Thing
                    if self.of_state && (self.is_used_elsewhere(&one, &other) || self.is_operated(&one, &other)) =>
                {
                    true
                }
                // What is operated under another name is there under it, too.
                Drift::Text if self.of_state && is_sign_of(&one, &other) && self.says_nothing_else(&other) => true,
                Drift::Text if claim == Claim::Absence || self.of_state => self.is_used_elsewhere(&one, &other),
                Drift::Elsewhere | Drift::Thing if other.labelled && claim == Claim::Valued => {
                    self.is_used_elsewhere(&one, &other)
                }
                // What has the very text is what has it.
                Drift::Elsewhere
                    if claim == Claim::Valued && kind_alone() && expected.iter().any(|text| text.len() > 2) =>
                {
                    true
                }
                Drift::Elsewhere if claim != Claim::Absence && self.is_named_elsewhere(old, new) => true,
                Drift::Elsewhere | Drift::Mood if claim == Claim::Valued => {
                    told() || self.is_told_by_many(&one, &other)
                }
                Drift::Elsewhere if claim == Claim::Existence && self.of_many && kind_alone() => true,
                Drift::Thing if claim == Claim::Valued && self.are_shifted(&one, &other) => true,
                Drift::Elsewhere if claim == Claim::Existence && self.is_told_by_many(&one, &other) => true,
                // What a helper waited for says so in words now.
                Drift::Elsewhere | Drift::Mood
                    if claim == Claim::Existence
                        && self.place() == Place::Function
                        && tells(expected.iter().copied()) =>
                {
                    let known = meaning(&one.says());
                    meaning(&expected.join(" ")).iter().any(|word| known.contains(word))
                }
                Drift::Elsewhere | Drift::Thing | Drift::Mood if claim == Claim::Absence => {
                    let akin = meaning(&one.says()).iter().any(|word| meaning(&other.says()).contains(word));
                    akin && self.is_used_elsewhere(&one, &other)
                        || self.is_told_elsewhere(old, new)
                        || self.holds_as_before(&one, &other)
                }
                Drift::Elsewhere | Drift::Thing | Drift::Mood => {
                    claim != Claim::Valued && self.is_told_elsewhere(old, new)
                }
                _ => false,
            };
            if !shown {
                self.drifted(line, drift);
            }
            return;
        }
        if let Some((rule, message)) = weakened::asserted(old, new) {
            self.report(rule, line, message);
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
            (Kind::Other(kind, one), Kind::Other(same, other))
                if kind == "tuple" && kind == same && one.len() == other.len() =>
            {
                one.iter().zip(other).for_each(|(a, b)| self.asserted(line, a, b, claim, expected));
            }
            (Kind::Array(one), Kind::Array(other)) if one.len() == other.len() => {
                one.iter().zip(other).for_each(|(a, b)| self.asserted(line, a, b, claim, expected));
            }
            (Kind::Object(one), Kind::Object(other)) if same_keys(one, other, claim) => {
                one.iter().zip(other).for_each(|((_, a), (_, b))| self.asserted(line, a, b, claim, expected));
            }
            // A comprehension, its parts and its conditions.
            (Kind::Other(one, before), Kind::Other(other, after))
                if one == other && before.len() == after.len() && comprehends(one) =>
            {
                before.iter().zip(after).for_each(|(a, b)| self.asserted(line, a, b, claim, expected));
            }
            _ if address(old).zip(address(new)).is_some_and(|(was, is)| self.is_moved_alike(was, is, true)) => {}
            // `invoice(lines, 'EUR').currency`
            (Kind::Member { object: a, name: one, .. }, Kind::Member { object: b, name: other, .. })
                if one == other && self.reshaped(a, b) => {}
            (Kind::Template(one), Kind::Template(other))
                if one.len() == other.len()
                    && one.iter().zip(other).all(|(a, b)| {
                        let moved = |(was, is)| self.is_moved_alike(was, is, true);
                        a == b || address(a).zip(address(b)).is_some_and(moved)
                    }) => {}
            _ if literal(old) && literal(new) => {
                self.report("changed-expectation", line, "the expected value is another")
            }
            _ if !literal(old) && literal(new) => {
                self.report("always-true", line, "a constant is asserted where the page was");
            }
            _ => self.calls(line, old, new, claim, expected),
        }
    }

    /// Whether the test says that it is about the order of things.
    pub fn is_about_order(&self) -> bool {
        #[rustfmt::skip]
        const ORDERS: [&str; 10] = [
            "sort", "sorts", "sorted", "sorting", "order", "ordered", "newest", "oldest", "cheapest", "latest",
        ];
        let says = |text: &str| words(text).iter().any(|word| ORDERS.contains(&word.as_str()));
        let steps = self.scopes.last().into_iter().flat_map(|scope| &scope.new);
        let mut acts = steps.filter(|stmt| !steps_of(stmt).is_empty());
        self.titles.iter().any(|title| says(title))
            || acts.any(|stmt| stmt.any(&mut |node| node.string().is_some_and(says)))
    }

    /// Expressions that are neither locators nor operators: the same shape, or a person decides.
    fn calls<'n>(&mut self, line: usize, old: &'n Node, new: &'n Node, claim: Claim, expected: &[&str]) {
        let (a, b) = (Chain::of(old), Chain::of(new));
        let names = |chain: &Chain<'n>| chain.names();
        let same_shape = a.links.len() == b.links.len()
            && a.links.iter().zip(&b.links).all(|(one, other)| {
                one.name == other.name
                    && one.args.map(untimed).map(<[Node]>::len) == other.args.map(untimed).map(<[Node]>::len)
                    && one.optional == other.optional
            });
        if same_shape && a.base.is_some() == b.base.is_some() && !a.links.is_empty() {
            if let (Some(one), Some(other)) = (a.base, b.base) {
                self.asserted(line, one, other, claim, expected);
            }
            for (one, other) in a.links.iter().zip(&b.links) {
                #[rustfmt::skip]
                const BY_SELECTOR: [&str; 12] = [
                    "innerText", "textContent", "innerHTML", "inputValue", "isVisible", "isEnabled", "isHidden",
                    "isDisabled", "isChecked", "getAttribute", "$eval", "$$eval",
                ];
                let by_selector = BY_SELECTOR.contains(&one.name);
                if by_selector
                    && let (Some([c, ..]), Some([d, ..])) = (one.args, other.args)
                    && c.string().is_some()
                    && d.string().is_some()
                {
                    let (c, d) = (super::super::values::selector(c), super::super::values::selector(d));
                    self.drifted(line, drift(&c, &d, claim, ""));
                    continue;
                }
                let addresses = (one.args.and_then(<[Node]>::first), other.args.and_then(<[Node]>::first));
                let moved = match addresses {
                    (Some(c), Some(d)) if asks_view(one.name) => {
                        c.string().zip(d.string()).is_some_and(|(old, new)| is_grouped(old, new))
                    }
                    (Some(c), Some(d)) if asks_api(one.name) && !self.expects_failure() => c
                        .string()
                        .zip(d.string())
                        .is_some_and(|(old, new)| is_moved_page(old, new) || both_log_in(old, new)),
                    _ => false,
                };
                let keys = |link: &Link<'n>| {
                    let objects = link.args.unwrap_or_default().iter().filter_map(|arg| match &arg.kind {
                        Kind::Object(entries) => Some(entries.iter().map(|(key, _)| key.as_str())),
                        _ => None,
                    });
                    objects.flatten().collect::<Vec<_>>()
                };
                if asks_api(one.name) && keys(one) != keys(other) && self.expects_failure() {
                    self.report("changed-input", line, "what fails is asked for another way");
                }
                for (c, d) in one.args.unwrap_or_default().iter().zip(other.args.unwrap_or_default()) {
                    let functions = matches!(c.kind, Kind::Fn(_)) && matches!(d.kind, Kind::Fn(_));
                    if functions || moved && addresses == (Some(c), Some(d)) {
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
            && (self.of_elements || is_locator(old) || is_locator(new))
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
                // Angular's `query(By.css('…'))`.
                let by = link.args.and_then(<[Node]>::first).is_some_and(|arg| Chain::of(arg).root() == "By");
                let skipped = on_the_way || claims || scopes || waits_for || by || finds(root, link.name) && !computes;
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
        let shown = |condition: &str| condition.replace("presence", "visibility");
        let waits_enough = match (waits(old), waits(new)) {
            (Some(one), Some(other)) => one == other || shown(one) == other,
            (one, _) => one.is_none(),
        };
        rest(old) == rest(new) && waits_enough
    }

    /// The texts that the assertions in the callbacks of an expression expect.
    pub fn texts_in_callbacks(&self, node: &'a Node) -> Vec<&'a str> {
        let asserts = self.asserts();
        let mut found = Vec::new();
        for func in node.functions() {
            for stmt in &func.body {
                stmt.walk_stmts(&mut |inner| {
                    found.extend(assertion::of_stmt(inner, &asserts).iter().flat_map(expected_texts));
                });
            }
        }
        found
    }

    /// Whether the part of the page, or the frame, in which something is found of late is one in which steps are taken too.
    fn steps_into(&self, old: &locator::Locator, new: &locator::Locator) -> bool {
        let (outer, asserts) = (narrowed::outer(old, new), self.asserts());
        let is_in = |stmt: &&'a Stmt| {
            let StmtKind::Expr(node) = &stmt.kind else { return false };
            let spelled = self.spelled_out(node, Side::New);
            let inside = |node: &Node| locator::read(node).path.starts_with(outer);
            assertion::of_stmt(stmt, &asserts).is_none()
                && !steps_of(stmt).is_empty()
                && locator::found_in(spelled.bare()).into_iter().any(inside)
        };
        match outer {
            _ if new.filters > old.filters || new.states != old.states => false,
            [] => false,
            [only] if matches!(only.as_str(), "main" | "role=main") => true,
            _ => self.scopes.last().is_some_and(|scope| scope.new.iter().any(is_in)),
        }
    }

    /// Whether something is found in a frame or a part of the page that no other was picked by.
    pub fn stays_in_place(&self, old: &locator::Locator, new: &locator::Locator, claim: Claim) -> bool {
        claim != Claim::Absence && narrowed::is_framed(old, new) || self.steps_into(old, new)
    }

    pub fn drifted(&mut self, line: usize, drift: Drift) {
        match drift {
            Drift::None => {}
            Drift::Vacuous => self.report("vacuous-locator", line, "the locator matches something on any page"),
            Drift::Weaker => self.report("weaker-assertion", line, "the locator asks for less than before"),
            Drift::Text => self.report("changed-expectation", line, "the text of the locator is what is asserted"),
            Drift::Thing | Drift::Mood | Drift::Elsewhere => {
                self.report("changed-subject", line, "it may be another thing that is asserted")
            }
        }
    }
}

/// Whether two objects have the same keys, or some that say more or less of the same, for the same value. What is not known
/// by its name gives nothing, which must not be what is asserted.
fn same_keys(old: &[(String, Node)], new: &[(String, Node)], claim: Claim) -> bool {
    let renamed = |one: &str, other: &str| says_more(one, other) && !old.iter().any(|(key, _)| key == other);
    old.len() == new.len()
        && old.iter().zip(new).all(|((one, was), (other, is))| {
            one == other || claim != Claim::Absence && was == is && literal(was) && renamed(one, other)
        })
}

/// What a word is usually shortened from: `len` of `max_len`.
fn in_full(word: String) -> String {
    const SHORT: [(&str, &str); 9] = [
        ("len", "length"),
        ("msg", "message"),
        ("desc", "description"),
        ("addr", "address"),
        ("qty", "quantity"),
        ("num", "number"),
        ("idx", "index"),
        ("pwd", "password"),
        ("cfg", "config"),
    ];
    SHORT.iter().find(|(short, _)| *short == word).map_or(word, |(_, long)| (*long).to_owned())
}

/// Whether one name says what the other does, or more of the same.
pub fn says_more(one: &str, other: &str) -> bool {
    let said = |name: &str| words(name).into_iter().map(in_full).collect::<Vec<_>>();
    let more = |one: &str, other: &str| said(one).iter().all(|word| said(other).contains(word));
    (more(one, other) || more(other, one))
        && mood(one) == mood(other)
        && turns(one) == turns(other)
        && plays_a_part(one) == plays_a_part(other)
}

/// Arguments without the one that says how long to wait.
fn untimed(args: &[Node]) -> &[Node] {
    let only_timeout =
        |arg: &Node| matches!(&arg.kind, Kind::Object(entries) if entries.iter().all(|(key, _)| key == "timeout"));
    match args.split_last() {
        Some((last, rest)) if only_timeout(last) => rest,
        _ => args,
    }
}

fn comprehends(kind: &str) -> bool {
    ["list_comprehension", "for_in_clause", "if_clause"].iter().any(|start| kind.starts_with(start))
}

/// `page.waitForSelector('#a')` waits for `page.locator('#a')`.
pub fn awaited_selector(node: &Node) -> Option<Node> {
    let chain = Chain::of(node);
    let last = chain.last().filter(|link| link.name == "waitForSelector")?;
    match last.args? {
        [selector] if selector.string().is_some() => Some(within(receiver(node)?, selector)),
        _ => None,
    }
}

/// `page.locator('#a').evaluate((el) => …)`
fn evaluates(node: &Node) -> bool {
    Chain::of(node).links.iter().any(|link| matches!(link.name, "evaluate" | "evaluateAll"))
}

/// The element that `page.waitForSelector('#a')` or `page.locator('#a').waitFor()` waits for.
pub fn awaited_element(node: &Node) -> Option<Node> {
    let waits = Chain::of(node).called("waitFor").is_some_and(<[Node]>::is_empty);
    awaited_selector(node).or_else(|| receiver(node).filter(|inner| waits && is_locator(inner)).cloned())
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

/// What the `should` and `and` at the end of a chain are about.
pub fn unclaimed(node: &Node) -> &Node {
    let claims =
        Chain::of(node).last().is_some_and(|link| matches!(link.name, "should" | "and") && link.args.is_some());
    match receiver(node).filter(|_| claims) {
        Some(inner) => unclaimed(inner),
        None => node,
    }
}

/// A text or a pattern that may be one for an address.
fn address(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Str(text) | Kind::Regex(text) => Some(text.as_str()).filter(|text| text.contains('/')),
        _ => None,
    }
}

pub fn literal(node: &Node) -> bool {
    match &node.kind {
        Kind::Str(_) | Kind::Num(_) | Kind::Regex(_) => true,
        Kind::Const(name) => name != "this",
        Kind::Template(parts) | Kind::Array(parts) => parts.iter().all(literal),
        Kind::Other(kind, parts) => matches!(kind.as_str(), "tuple" | "set") && parts.iter().all(literal),
        Kind::Unary(_, inner) => literal(inner),
        _ => false,
    }
}

/// Whether a locator goes from an element to what stands beside it or around it.
fn walks(node: &Node) -> bool {
    const WALKS: [&str; 8] = ["parent", "parents", "parentsUntil", "closest", "next", "prev", "siblings", "nextAll"];
    Chain::of(node).links.iter().any(|link| link.args.is_some() && WALKS.contains(&link.name))
}
