//! Compares an old statement with the new one that took its place.

use std::collections::BTreeSet;

use super::super::across::renamed::says_the_same;
use super::super::assertion::{self, Style};
use super::super::chain::Chain;
use super::super::ir::{Kind, Node, Stmt, StmtKind};
use super::super::limits;
use super::super::locator::contrasts::is_counterpart;
use super::super::locator::drift::drift;
use super::super::locator::{self, Claim, Locator, is_locator};
use super::super::scan::known_by;
use super::super::words::{RESERVED, at_other_end, ends_crossed, incidental, meaning, turns, words};
use super::align::{becomes_retried, declaration};
use super::contexts::{entered, expects_failure};
use super::functions::items;
use super::names::Side;
use super::oracle::claims::{contains_assertion, polled};
use super::oracle::restated::{named_part, receiver};
use super::oracle::subjects::{literal, says_more};
use super::steps::events::passes_time;
use super::steps::reshaped::speaks_of;
use super::steps::{Step, steps};
use super::values::{is_selector, selector};
use super::what_runs::skips;
use super::{Differ, Place, bound, is_python_test};

impl<'a> Differ<'a> {
    pub fn pair(&mut self, old: &'a Stmt, new: &'a Stmt) {
        if old == new {
            return;
        }
        self.stand_ins(old, new);
        match (&old.kind, &new.kind) {
            // What is imported is compared by itself.
            (StmtKind::Import(_) | StmtKind::Decl { .. }, StmtKind::Import(_))
            | (StmtKind::Import(_), StmtKind::Decl { .. }) => {}
            (StmtKind::Expr(_), StmtKind::Loop { .. }) | (StmtKind::Loop { .. }, StmtKind::Expr(_)) => {
                self.loops(old, new);
            }
            (StmtKind::Expr(one), StmtKind::Return(Some(_)))
                if self.place() != Place::Function && assertion::of(one, &self.asserts()).is_none() =>
            {
                self.changed(&[old], &[(new, false)]);
            }
            (StmtKind::Expr(_) | StmtKind::Return(Some(_)), StmtKind::Expr(_) | StmtKind::Return(Some(_)))
            | (StmtKind::Assert(..), StmtKind::Assert(..) | StmtKind::Expr(_))
            | (StmtKind::Expr(_), StmtKind::Assert(..)) => self.expr_pair(old, new),
            (StmtKind::Func(one), StmtKind::Decl { init: Some(Node { kind: Kind::Fn(other), .. }), .. }) => {
                self.function(Place::Function, Some(one), other, new.line);
            }
            (StmtKind::Decl { init: Some(Node { kind: Kind::Fn(one), .. }), .. }, StmtKind::Func(other)) => {
                self.function(Place::Function, Some(one), other, new.line);
            }
            (StmtKind::Decl { target: a, init: b, .. }, StmtKind::Decl { target: c, init: d, .. }) => {
                self.decl_pair(new, (a, b.as_ref()), (c, d.as_ref()));
            }
            (StmtKind::Func(one), StmtKind::Func(other)) => {
                let place = if is_python_test(self.path, other) { Place::Test } else { Place::Function };
                if one.name != other.name {
                    self.called_otherwise(&one.name, &other.name, &one.body, new.line);
                    if is_python_test(self.path, one) {
                        let rule = if place == Place::Test { "renamed-test" } else { "deleted-test" };
                        self.report(rule, new.line, format!("`{}` is now `{}`", one.name, other.name));
                    } else if is_used(self.new, &one.name) {
                        self.report("changed-import", new.line, format!("`{}` is still called", one.name));
                    }
                }
                self.titled(place == Place::Test, &other.name, |this| {
                    match place {
                        Place::Test => this.test_became_async(one, other, new.line),
                        _ => this.became_async(&other.name, one, other, new.line),
                    }
                    let outer = this.helper.replace((&other.name, old.line));
                    this.function(place, Some(one), other, new.line);
                    this.helper = outer;
                });
            }
            (StmtKind::Class(one), StmtKind::Class(other)) => self.class(Some(one), other, new.line),
            (StmtKind::If { cond: a, then: b, other: c }, StmtKind::If { cond: d, then: e, other: f }) => {
                if !self.same(a, d) {
                    let asserts = self.asserts();
                    let guarded = b.iter().chain(c).chain(e).chain(f).any(|stmt| contains_assertion(stmt, &asserts));
                    if guarded && is_check(a) && is_check(d) {
                        self.asserted(new.line, a, d, Claim::Existence, &[]);
                    } else if e.iter().any(|stmt| stmt.any(&mut |node| self.collects(node))) {
                        self.report("changed-subject", new.line, "other things are collected for an assertion");
                    } else if guarded || leaves(e) || leaves(b) {
                        self.report("conditional-assertion", new.line, "the condition around an assertion is another");
                    } else if b.iter().chain(e).any(skips) {
                        self.report("changed-mark", new.line, "the test is skipped under another condition");
                    }
                    if incidental(a) && !incidental(d) {
                        self.report("conditional-step", new.line, "what was in the way is no condition any more");
                    }
                    let gathers = |node: &Node| matches!(&node.kind, Kind::Member { object, name, .. } if matches!(name.as_str(), "push" | "add") && object.ident().is_some_and(|name| self.evidence.mentions(name)));
                    if e.iter().any(|stmt| stmt.any(&mut |node| gathers(node))) {
                        self.report("changed-subject", new.line, "what is gathered for an assertion is something else");
                    }
                    self.harmless(d);
                }
                let outer = std::mem::replace(&mut self.guarded, true);
                self.block(b, e);
                self.block(c, f);
                self.guarded = outer;
            }
            (StmtKind::Loop { head: a, body: b }, StmtKind::Loop { head: c, body: d }) => {
                if a != c {
                    let fewer = a.iter().zip(c).any(|(one, other)| {
                        items(other) < items(one) || super::oracle::iteration::narrowed(one, other)
                    });
                    let rule = if fewer { "fewer-cases" } else { "unknown-change" };
                    self.report(rule, new.line, "the loop runs over something else");
                }
                self.block(b, d);
            }
            (
                StmtKind::Try { body: a, handlers: b, finally: c },
                StmtKind::Try { body: d, handlers: e, finally: f },
            ) => {
                if b != e {
                    let asserts = self.asserts();
                    let guarded = d.iter().any(|stmt| contains_assertion(stmt, &asserts));
                    let rule = if guarded { "swallowed-assertion" } else { "unknown-change" };
                    self.report(rule, new.line, "what is done with a failure is another");
                }
                let outer = std::mem::replace(&mut self.guarded, true);
                self.block(a, d);
                self.guarded = outer;
                for ((_, one), (_, other)) in b.iter().zip(e) {
                    self.block(one, other);
                }
                self.block(c, f);
            }
            (StmtKind::With { items: a, body: b }, StmtKind::With { items: c, body: d }) => {
                if !a.iter().map(entered).eq(c.iter().map(entered)) {
                    self.contexts(a, c, new.line);
                }
                // No value shows that what fails now is what failed before.
                let call = |body: &'a [Stmt]| body.last().and_then(|last| last.exprs().pop()).map(Node::bare);
                let before = d.split_last().is_some_and(|(_, before)| before.iter().all(|stmt| b.contains(stmt)));
                let fails = call(b).is_some_and(|was| call(d).is_some_and(|is| self.same(was, is)));
                let told = a == c && c.iter().any(names_message);
                let reshaped = || call(b).is_some_and(|was| call(d).is_some_and(|is| self.reshaped(was, is)));
                if c.iter().any(expects_failure) && b != d && !(before && (fails || told && reshaped())) {
                    self.report("changed-subject", new.line, "something else is expected to fail");
                }
                self.block(b, d);
            }
            (StmtKind::Decl { init: Some(one), .. }, StmtKind::Expr(other))
                if one.bare() == other.bare()
                    && matches!(one.kind, Kind::Await(_)) == matches!(other.kind, Kind::Await(_)) => {}
            (StmtKind::Throw(_), StmtKind::Throw(_)) => {
                self.report("unknown-change", new.line, "another error is thrown");
            }
            (StmtKind::Return(None), StmtKind::Return(None)) | (StmtKind::Block(_), StmtKind::Block(_)) => {}
            (StmtKind::Jump(_), StmtKind::Jump(_)) | (StmtKind::Other(..), StmtKind::Other(..)) => {
                self.report("unknown-change", new.line, "a statement that the gate does not know");
            }
            _ => self.changed(&[old], &[(new, false)]),
        }
    }

    /// `errors.push(…)`, where the errors are asserted.
    fn collects(&self, node: &Node) -> bool {
        let Kind::Call { callee, .. } = &node.kind else { return false };
        let grows = |name: &str| matches!(name, "push" | "unshift" | "append" | "add" | "set");
        matches!(&callee.kind, Kind::Member { object, name, .. } if grows(name)
            && object.ident().is_some_and(|list| self.evidence.mentions(list)))
    }

    fn expr_pair(&mut self, old: &'a Stmt, new: &'a Stmt) {
        let (Some(one), Some(other)) = (old.exprs().first().copied(), new.exprs().first().copied()) else { return };
        self.timeouts(Some(one), other);
        if let (Some(a), Some(b)) = (declaration(one), declaration(other)) {
            self.declaration_pair(&a, &b, new.line);
            return;
        }
        if let (Some(before), Some(after)) = (receiver(one), receiver(other))
            && becomes_retried(one, other)
        {
            self.asserted(new.line, before, after, Claim::Valued, &[]);
            self.callbacks(one, other);
            return;
        }
        self.gestures(one, other, new.line);
        let asserts = self.asserts();
        match (assertion::of_stmt(old, &asserts), assertion::of_stmt(new, &asserts)) {
            (Some(a), Some(b))
                if a.style == Style::Implicit && b.style != Style::Implicit && self.begins_before(one.bare()) =>
            {
                self.changed(&[old], &[(new, false)]);
            }
            (Some(a), Some(b)) => {
                self.assertion_pair(new.line, &a, &b);
                // It fails for what is not there at first, so that what it finds is there.
                let leaves =
                    |node: &Node| Chain::of(node).last().is_some_and(|link| link.name == "waitForElementToBeRemoved");
                if matches!(a.style, Style::Implicit | Style::Should) && !(leaves(one) && leaves(other)) {
                    self.callbacks(one, other);
                }
                let made = |found: &assertion::Assertion<'a>| match polled(found) {
                    Some(_) => steps(found.whole),
                    None => steps(&found.whole.hollow()),
                };
                let (mut before, after) = (made(&a), made(&b));
                if let ([Some(was)], [Some(is)]) =
                    (self.claims(&[old], Side::Old).as_slice(), self.claims(&[new], Side::New).as_slice())
                    && is.covers(was)
                {
                    // What the page object read is what is waited for now.
                    before.retain(|step| !step.own || named_part(&step.name).is_none());
                }
                let is_read = |name: &str| {
                    let called = |node: &Node| matches!(&node.kind, Kind::Call { callee, .. } if matches!(&callee.kind, Kind::Member { name: other, .. } if other == name));
                    b.whole.any(&mut |node| matches!(&node.kind, Kind::Member { name: other, .. } if other == name))
                        && !b.whole.any(&mut |node| called(node))
                };
                // A method became a property, or one that asserts a statement.
                let asserts = |step: &Step| step.name.starts_with("assert");
                before.retain(|step| !(step.own && (asserts(step) || step.inputs.is_empty() && is_read(&step.name))));
                if after.len() < before.len() && !self.same_value(a.whole, b.whole) {
                    self.report("dropped-step", new.line, "a step before the assertion is gone");
                }
                self.compare_inputs(&before.into_iter().filter(|step| !step.own).collect::<Vec<_>>(), &after, new.line);
            }
            (None, None) if self.rendered_alike(one, other) || self.keeps_actual(one, other) => {}
            (None, None) if self.returns_value(old, one) && is_selector(one) && is_selector(other) => {
                self.drifted(new.line, drift(&selector(one), &selector(other), Claim::Existence, ""));
            }
            (None, None) if self.returns_value(old, one) && is_locator(one) && self.is_only_acted_on() => {
                self.asserted(new.line, one, other, Claim::Action, &[]);
            }
            (None, None) if self.returns_value(old, one) => {
                let claim = if is_locator(one) && !reads(one) { Claim::Existence } else { Claim::Valued };
                self.asserted(new.line, one, other, claim, &[]);
                self.given_to_others(new.line, one, other);
                if known_by(&one.hollow()) != known_by(&other.hollow()) {
                    self.harmless(other);
                }
                self.callbacks(one, other);
            }
            (None, None) => self.action_pair(old, new, one, other),
            _ => self.changed(&[old], &[(new, false)]),
        }
    }

    /// Whether what was clicked is only pointed at now, and what is clicked next was clicked before: its menu opens by itself.
    fn opens_by_hover(&self, stmt: &Stmt, old: &Node, new: &Node) -> bool {
        let is = |node: &Node, name: &str| Chain::of(node).last().is_some_and(|link| link.name == name);
        let clicks = |next: &Stmt| matches!(&super::steps::steps_of(next)[..], [step] if step.name == "click");
        let known = |next: &Stmt| self.scopes.last().is_some_and(|scope| scope.old.contains(&next));
        let of_menu = |node: &Node| {
            let said = words(&locator::read(node).says());
            let opens = |word: &String| {
                matches!(
                    word.as_str(),
                    "menu" | "menuitem" | "submenu" | "menubar" | "nav" | "navigation" | "dropdown" | "flyout"
                )
            };
            said.iter().any(opens)
        };
        let is_link = |node: &Node| locator::read(node).is_link();
        let in_menu =
            |next: &&&'a Stmt| next.exprs().into_iter().any(|node| of_menu(node) || is_link(node) && is_link(new));
        is(old, "click")
            && (of_menu(new) || self.onwards(stmt).get(1).filter(in_menu).is_some())
            && is(new, "hover")
            && locator::read(old) == locator::read(new)
            && self.onwards(stmt).get(1).is_some_and(|next| clicks(next) && known(next))
    }

    /// Whether what the function gives is acted on in this file, asserted nowhere in it, and not known outside.
    fn is_only_acted_on(&self) -> bool {
        self.helper.is_some_and(|(name, line)| {
            let exported =
                line.checked_sub(1).and_then(|at| self.old_text.get(at)).is_some_and(|text| text.contains("export"));
            let file = self.path.rsplit('/').next().unwrap_or_default();
            let known = exported || !["test", "spec", ".cy."].iter().any(|word| file.contains(word));
            let member = self.scopes.iter().any(|scope| scope.place == Place::Class);
            !known && !member && self.acted_on(name) && self.claims_on(name).is_none()
        })
    }

    /// Whether a statement is what a function gives to others, who may assert it.
    fn returns_value(&self, stmt: &Stmt, value: &Node) -> bool {
        matches!(stmt.kind, StmtKind::Return(_))
            && self.place() == Place::Function
            && steps(&value.hollow()).iter().all(|step| step.own)
    }

    fn action_pair(&mut self, old: &'a Stmt, new: &'a Stmt, one: &'a Node, other: &'a Node) {
        if self.rendered_alike(one, other) {
            return;
        }
        if matches!(one.kind, Kind::Await(_))
            && !matches!(other.kind, Kind::Await(_))
            && matches!(new.kind, StmtKind::Expr(_))
        {
            self.report("dropped-await", new.line, "the step is no longer awaited");
        }
        let passes_later = |node: &Node| {
            let timers = Chain::of(node);
            timers.last().is_some_and(|link| link.name.ends_with("Async") && passes_time(timers.root(), link.name))
        };
        if passes_later(other) && !passes_later(one) && !matches!(other.kind, Kind::Await(_)) {
            self.report("dropped-await", new.line, "that time passes is not awaited");
        }
        if self.reshaped(one, other) {
            return;
        }
        if let Some(problem) = crossed_by_name(one.bare(), other.bare()) {
            self.report("changed-input", new.line, problem);
        }
        if known_by(&one.bare().hollow()) != known_by(&other.bare().hollow()) && !self.logs_in_as_same(one, other) {
            self.harmless(other);
        }
        let (a, b) = (Chain::of(one), Chain::of(other));
        // What a fixture hands out.
        if b.names() == ["use"] {
            self.given_to_others(new.line, one, other);
        }
        if (b.has("catch") && !a.has("catch"))
            || b.links.iter().any(|link| link.optional) && !a.links.iter().any(|link| link.optional)
        {
            self.report("swallowed-step", new.line, "the step may fail unnoticed");
        }
        let (spelled_before, spelled_after) = (self.spelled_out(one, Side::Old), self.spelled_out(other, Side::New));
        self.found_elsewhere(one, other, new.line);
        if is_locator(one) && is_locator(other) {
            // What `as` names may be asserted wherever the name is used.
            let claim = if a.has("as") { Claim::Valued } else { Claim::Action };
            let (before, after) = (locator::read(one), locator::read(other));
            let before = self.as_found_by_text(before, &after);
            self.drifted(new.line, drift(&before, &after, claim, ""));
            self.misses(new, &before, &after);
            let name = b.last().map_or("", |link| link.name);
            // What is entered in a frame is entered in what stands there alone.
            let in_frame = locator::read(&spelled_after).frames > before.frames;
            if !in_frame && self.is_other_field((&before, &after), b.last()) {
                self.report("changed-input", new.line, "it may be entered in another field");
            }
            self.tries_another(&before, &after, name, new.line);
            let whole = (locator::read(&spelled_before), locator::read(&spelled_after));
            self.acts_on_other(&whole.0, &whole.1, kind_of(name) == "fill", new.line);
            if self.texts_in_callbacks(other).into_iter().any(|text| after.looks_for(text) && !before.looks_for(text)) {
                self.report("vacuous-locator", new.line, "the locator looks for the very text that is asserted of it");
            }
        }
        // `fireEvent.click(screen.getByText('Pay'))`
        if let (Some(was), Some(is)) = (element_given(&spelled_before), element_given(&spelled_after)) {
            let (before, after) = (locator::read(was), locator::read(is));
            if self.is_other_field((&before, &after), b.last()) {
                self.report("changed-input", new.line, "it may be entered in another field");
            }
            self.acts_on_other(&before, &after, false, new.line);
            self.tries_another(&before, &after, b.last().map_or("", |link| link.name), new.line);
        }
        if self.guarded && incidental(one) && !incidental(other) {
            self.report("conditional-step", new.line, "what is done under a condition is not what stands in the way");
        }
        let (mut before, after) = (self.steps_outside(old, one), self.steps_outside(new, other));
        // What the project's own function gives may have a name by now.
        if let Some(given) = self.given(b.root(), Side::New) {
            let held = steps(&given.hollow());
            before.retain(|step| !step.own || !held.iter().any(|is| is.name == step.name && is.inputs == step.inputs));
        }
        let kept = self.steps_are_kept() || self.opens_by_hover(new, one, other);
        if after.len() < before.len() && !kept {
            self.report("dropped-step", new.line, "a step is gone");
        }
        for (was, is) in before.iter().zip(&after).filter(|_| !kept) {
            if kind_of(&was.name) != kind_of(&is.name) && !was.own && !is.own {
                self.report("dropped-step", new.line, format!("`{}` instead of `{}`", is.name, was.name));
            }
            if was.own && is.own && was.name != is.name && self.does_otherwise((was, a.root()), (is, b.root()), new) {
                self.report("unknown-step", new.line, format!("`{}` instead of `{}`", is.name, was.name));
            }
            let of_change = self.around.known.contains(&is.name) && !speaks_of(self.old, &is.name);
            if !was.own && is.own && !of_change {
                self.report("unknown-step", new.line, format!("`{}` instead of `{}`", is.name, was.name));
            }
            if was.own && !is.own && !is_locator(other) {
                self.report("dropped-step", new.line, format!("`{}` instead of `{}`", is.name, was.name));
            }
        }
        self.given_otherwise(new, (&a, &before), (&b, &after));
        if after.iter().any(|step| step.idle) && !before.iter().any(|step| step.idle || step.own) {
            self.report("dropped-step", new.line, "the step is done to something that does not react");
        }
        if self.repeats(new) {
            self.report("dropped-step", new.line, "what was done before is done again instead");
        }
        if self.acts_on_known(one, other) {
            self.report("dropped-step", new.line, "the step is done to another thing, which the test looks for");
        }
        if self.goes_over_others(one, other) {
            self.report("changed-subject", new.line, "it is done for other items");
        }
        self.given_more(&before, &after, new.line);
        self.compare_inputs(&before, &after, new.line);
        if before.iter().map(|step| &step.name).ne(after.iter().map(|step| &step.name)) && self.focus_is_asserted(new) {
            self.report("unknown-step", new.line, "another step leads the focus to what is asserted");
        }
        self.callbacks(one, other);
    }

    /// That nothing happens when something else is clicked proves nothing of what was clicked before.
    fn tries_another(&mut self, old: &Locator, new: &Locator, name: &str, line: usize) {
        // The title says which one is meant.
        let told = || {
            let said = meaning(&new.own_texts().join(" "));
            self.titles.iter().any(|title| meaning(title).iter().any(|word| word.len() > 3 && said.contains(word)))
        };
        let leads = || self.stretch.new.iter().any(|stmt| self.was_done_to(stmt));
        if kind_of(name) == "click"
            && self.must_not_happen()
            && new.is_apart(old)
            && !self.is_renamed_throughout(old, new)
            && (old.positions.is_empty() || !told())
            && !leads()
        {
            let message = "the step is done to another thing, in a test of what must not happen";
            self.report("unknown-step", line, message);
        }
    }

    /// Whether a test is about what must not happen: its title says so, or all that it asserts is that something is not there.
    pub fn must_not_happen(&self) -> bool {
        #[rustfmt::skip]
        const DENIES: [&str; 24] = [
            "not", "no", "cannot", "cant", "t", "never", "without", "refuses", "refused", "rejects", "rejected", "denied",
            "denies", "forbidden", "locked", "readonly", "invalid", "wrong", "prevents", "blocked", "stays", "keeps",
            "unchanged", "only",
        ];
        let title = self.titles.last().map(|title| words(title)).unwrap_or_default();
        let asserts = self.asserts();
        let claims = self.scopes.last().into_iter().flat_map(|scope| &scope.new);
        let mut claims = claims.filter_map(|stmt| assertion::of_stmt(stmt, &asserts));
        let mut any = false;
        let all_deny = claims.all(|found| {
            any |= found.style != Style::Implicit;
            found.style == Style::Implicit || found.claim() == Claim::Absence
        });
        self.in_test() && (title.iter().any(|word| DENIES.contains(&word.as_str())) || all_deny && any)
    }

    /// Whether another function of the project is called than before. One that is called otherwise throughout may be the one
    /// that it was.
    fn does_otherwise(&self, (was, on): (&Step, &str), (is, root): (&Step, &str), stmt: &Stmt) -> bool {
        // A helper of the tests that renders with what all components need.
        if was.name == "render" && renders_with_all(&is.name) && root == is.name && is.inputs.len() <= was.inputs.len()
        {
            return false;
        }
        let answers = [&was.name, &is.name].iter().any(|name| matches!(name.as_str(), "accept" | "dismiss"));
        let renamed = self.around.renamed.get(&was.name) == Some(&is.name)
            || self.around.known.contains(&is.name)
            || is.name == "listen"
            || says_the_same(&was.name, &is.name, &BTreeSet::new());
        if answers || self.drives_a_browser() {
            return answers || !renamed;
        }
        let kept = || speaks_of(self.new, &was.name) || speaks_of(self.old, &is.name) || on != root;
        // The product's own method, where another one may do what is asserted.
        let inner = is.name.starts_with('_') && !was.name.starts_with('_');
        inner || !renamed && (self.denies_after(stmt) || !is_same_call(&was.name, &is.name)) || kept()
    }

    /// Whether something is asserted behind a statement to be absent, or not to have happened.
    fn denies_after(&self, stmt: &Stmt) -> bool {
        let asserts = self.asserts();
        let denies =
            |stmt: &&'a Stmt| assertion::of_stmt(stmt, &asserts).is_some_and(|found| found.claim() == Claim::Absence);
        self.onwards(stmt).iter().any(denies)
    }

    /// Timeouts, pauses and retries of one statement against those of the other.
    /// Whether the title of the test says that something is done again before the product is done.
    fn is_about_haste(&self) -> bool {
        const HASTE: [&str; 8] = ["double", "twice", "quick", "rapid", "rapidly", "race", "races", "concurrent"];
        let says = |title: &String| words(title).iter().any(|word| HASTE.contains(&word.as_str()));
        self.titles.last().is_some_and(says)
    }

    /// Whether the title of the test says how long something takes, or stays.
    fn is_about_time(&self) -> bool {
        #[rustfmt::skip]
        const TIME: [&str; 13] = [
            "seconds", "second", "ms", "milliseconds", "fast", "quickly", "within", "soon", "slow", "performance",
            "timeout", "time", "disappears",
        ];
        let says = |title: &String| words(title).iter().any(|word| TIME.contains(&word.as_str()));
        self.titles.last().is_some_and(says)
    }

    pub fn timeouts(&mut self, old: Option<&Node>, new: &Node) {
        let before = old.map(|node| limits::of(&node.hollow())).unwrap_or_default();
        let after = limits::of(&new.hollow());
        for problem in limits::judge(&before, &after) {
            self.report(problem.rule, problem.line, problem.message);
        }
        if limits::is_raised(&before, &after) && self.is_about_haste() {
            self.report("long-pause", new.line, "how quickly it is done is what the test is about");
        }
        if limits::is_raised(&before, &after) && self.is_about_time() {
            self.report("changed-expectation", new.line, "how long it may take is what the test is about");
        }
    }
}

/// What is wrong with the names by which values are given now: they come in another order, are exchanged, or one says that
/// its value is for something else.
fn crossed_by_name(old: &Node, new: &Node) -> Option<&'static str> {
    let (Kind::Call { args: before, .. }, Kind::Call { args: after, .. }) = (&old.kind, &new.kind) else { return None };
    let (Node { kind: Kind::Object(entries), .. }, rest) = after.split_last()? else { return None };
    if is_locator(old) {
        return None;
    }
    if let Some((Node { kind: Kind::Object(had), .. }, _)) = before.split_last() {
        let was = |key: &str| had.iter().find(|(name, _)| name == key).map(|(_, value)| value);
        let exchanged = |(key, value): &(String, Node)| {
            was(key).is_some_and(|own| own != value && literal(own) && entries.iter().any(|(_, other)| other == own))
                && had.iter().any(|(_, other)| other == value)
        };
        let turned =
            |(key, _): &(String, Node)| was(key).is_none() && had.iter().all(|(name, _)| turns(name) != turns(key));
        let opposite = |(key, value): &(String, Node)| {
            let takes_place =
                |(was, other): &(String, Node)| other == value && (at_other_end(was, key) || is_counterpart(was, key));
            was(key).is_none()
                && had.iter().any(takes_place)
                && !had.iter().any(|(was, other)| other == value && says_more(was, key))
        };
        let renames = had.iter().any(|(name, _)| !entries.iter().any(|(key, _)| key == name));
        return match () {
            _ if entries.iter().any(exchanged) => Some("two values are given each for the other"),
            _ if entries.iter().any(opposite) => Some("a value is given for the opposite"),
            _ if renames && entries.iter().any(turned) => Some("a value is given for something else"),
            _ => None,
        };
    }
    if before.len() < 2 {
        return None;
    }
    let given: Vec<&Node> = rest.iter().chain(entries.iter().map(|(_, value)| value)).collect();
    let same = before.len() == given.len() && before.iter().all(|value| given.contains(&value));
    if same && !before.iter().eq(given.iter().copied()) {
        return Some("the values are given in another order");
    }
    if same && ends_crossed(entries.iter().map(|(key, _)| key.as_str())) {
        return Some("the values are given each for the other");
    }
    let odd = |(key, value): &(String, Node)| !turns(key).is_empty() && before.contains(value);
    entries.iter().any(odd).then_some("a value is given for something else")
}

/// `renderWithProviders`
/// Names that libraries give to one and the same.
const SAME_CALLS: [&[&str]; 4] =
    [&["push", "enqueue", "add", "append"], &["pop", "dequeue", "take"], &["destroy", "unmount"], &["start", "run"]];

/// Words on what does more than its name without them, or less.
const MORE: [&str; 8] = ["all", "force", "forced", "unsafe", "raw", "mock", "fake", "quietly"];

/// Whether two methods may be one that got another name.
pub fn is_same_call(old: &str, new: &str) -> bool {
    let listed = |name: &str| SAME_CALLS.iter().position(|group| group.contains(&name));
    let known = words(old);
    if words(new).iter().any(|word| MORE.contains(&word.as_str()) && !known.contains(word)) {
        return false;
    }
    meaning(new).iter().any(|word| meaning(old).contains(word)) || listed(old).is_some_and(|at| listed(new) == Some(at))
}

fn renders_with_all(name: &str) -> bool {
    #[rustfmt::skip]
    const NEEDED: [&str; 19] = [
        "provider", "providers", "router", "store", "redux", "client", "query", "theme", "i18n", "intl", "context", "wrapper",
        "all", "and", "memory", "apollo", "translations", "locale", "app",
    ];
    let rest = name.strip_prefix("renderWith").map(words).unwrap_or_default();
    !rest.is_empty() && rest.iter().all(|word| NEEDED.contains(&word.as_str()))
}

/// The element that an event of Testing Library is given.
fn element_given(node: &Node) -> Option<&Node> {
    let chain = Chain::of(node);
    let of_user = matches!(chain.root(), "fireEvent" | "user" | "userEvent") && !is_locator(node.bare());
    chain.last()?.args?.first().filter(|arg| of_user && is_locator(arg))
}

/// Whether a condition asks the page for one element, as in `not page.locator("#ok").is_visible()`.
fn is_check(node: &Node) -> bool {
    match &node.bare().kind {
        Kind::Unary(op, inner) => op == "!" && is_check(inner),
        _ => is_locator(node) && reads(node),
    }
}

/// Whether an expression ends in a read of the element that it finds.
fn reads(node: &Node) -> bool {
    Chain::of(node).last().is_some_and(|link| super::super::words::READS.contains(&link.name))
}

fn is_used(program: &super::Program, name: &str) -> bool {
    let own = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Func(func) => {
            func.decorators.is_empty() && func.params.iter().flat_map(bound).any(|param| param == name)
        }
        _ => false,
    };
    let is_test = |stmt: &Stmt| matches!(&stmt.kind, StmtKind::Func(func) if func.name.starts_with("test"));
    let mut others = program.body.iter().filter(|stmt| !own(stmt) || is_test(stmt));
    others.any(|stmt| stmt.any(&mut |node| node.ident() == Some(name)))
}

/// `pytest.raises(RateError, match="negative amount")`: no error but the product's own says this.
fn names_message(item: &Node) -> bool {
    let of_language = |node: &Node| matches!(node.ident(), Some("TypeError" | "Exception" | "BaseException"));
    item.any(&mut |node| matches!(&node.kind, Kind::Object(entries) if entries.iter().any(|(key, text)| key == "match" && text.string().is_some_and(|text| text.len() > 3))))
        && !item.any(&mut |node| of_language(node))
}

/// Whether a block leaves its function or loop.
pub fn leaves(body: &[Stmt]) -> bool {
    body.iter().any(|stmt| {
        matches!(stmt.kind, StmtKind::Return(_) | StmtKind::Throw(_))
            || matches!(&stmt.kind, StmtKind::Jump(word) if word != "pass")
            || stmt.blocks().into_iter().any(leaves)
    })
}

/// Steps of one kind may stand in for each other.
pub fn kind_of(name: &str) -> &str {
    match name {
        "click" | "dblclick" | "tap" | "press" | "pressKey" | "submit" | "doubleClick" | "check" => "click",
        "fill" | "type" | "typeText" | "pressSequentially" | "sendKeys" | "setValue" | "addValue" | "clear"
        | "clearValue" => "fill",
        "selectOption" | "select" | "selectOptions" | "selectByVisibleText" | "selectByValue" | "selectByAttribute" => {
            "select"
        }
        "goto" | "visit" | "navigateTo" | "navigate" | "get" | "open" => "goto",
        "setInputFiles" | "setFiles" | "selectFile" | "attachFile" | "setInputFile" | "uploadFile" | "upload" => {
            "upload"
        }
        "dragTo" | "dragAndDrop" | "dragAndDropToElement" | "drag" => "drag",
        other => other,
    }
}

/// Whether a name may not be bound by a change.
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}
