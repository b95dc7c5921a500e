//! Compares what a name stands for: locators in constants and page objects, expected values, imports.

use std::collections::BTreeSet;

use super::super::across::unique::{became_unique, stamps};
use super::super::chain::Chain;
use super::super::ir::{Kind, Node, Program, Stmt, StmtKind, hash_of};
use super::super::locator::broadened::broadened;
use super::super::locator::contrasts::{is_other, is_other_operation};
use super::super::locator::drift::{Drift, drift};
use super::super::locator::narrowed::{finds_others, is_filtered, is_framed};
use super::super::locator::{self, Claim, is_locator};
use super::super::scan::{file_name, known_by, unversioned};
use super::super::words::{NAVIGATION, asserts_by_name, meaning, mood, words};
use super::moved::settled;
use super::names::Side;
use super::oracle::iteration::reads_each_otherwise;
use super::oracle::subjects::literal;
use super::oracle::synonyms::{finds_by_waiting, grew, starts_with_options};
use super::pairs::is_reserved;
use super::self_made::own_input::is_field;
use super::steps::addresses::is_other_path;
use super::steps::days::{is_written_day, reads_clock_anywhere};
use super::steps::reshaped::speaks_of;
use super::what_runs::decides_runs;
use super::{Differ, Place, bound, mentions};

/// Options of a browser's context that lead tests elsewhere, or to another state.
const BENDING: [&str; 5] = ["baseurl", "extrahttpheaders", "javascriptenabled", "storagestate", "offline"];

type Sides<'a> = (&'a Node, Option<&'a Node>);

impl<'a> Differ<'a> {
    pub fn decl_pair(&mut self, stmt: &'a Stmt, (old_target, old): Sides<'a>, (new_target, new): Sides<'a>) {
        let line = stmt.line;
        if let (Some((name, event)), Some(promise), Some(other)) =
            (first_of_all(old_target, old), new_target.ident(), new)
            && is_event(other)
        {
            self.awaited_later.push((name, promise));
            self.value(name, event, other, line);
            if !self.steps_are_kept() {
                self.report("dropped-step", line, "a step is gone");
            }
            return;
        }
        if let (Some(name), Some(event), Some((promised, other))) =
            (old_target.ident(), old, first_of_all(new_target, new))
            && name == promised
            && matches!(event.kind, Kind::Await(_))
            && is_event(event.bare())
        {
            self.value(name, event.bare(), other, line);
            if !self.steps_are_kept() {
                self.report("dropped-step", line, "a step is gone");
            }
            return;
        }
        if old_target != new_target {
            match (old_target.ident(), new_target.ident()) {
                (Some(was), Some(is)) if !is_reserved(is) && !self.old_scope_uses(is) => {
                    self.renames.insert(was.to_owned(), is.to_owned());
                }
                (Some(_), Some(is)) => {
                    self.report(self.rule_of_binding(is), line, format!("`{is}` meant something else before"))
                }
                _ if self.renamed_member(old_target, new_target) => {}
                _ if takes_apart_less(old_target, new_target) => {}
                _ if old == new && self.is_given_as_part(old_target, new_target) => {}
                _ if bound(old_target) != bound(new_target)
                    && bound(old_target).iter().collect::<BTreeSet<_>>() == bound(new_target).iter().collect()
                    && new.is_some_and(literal) =>
                {
                    self.report("changed-constant", line, "the names stand for others of the values");
                }
                _ if bound(old_target) != bound(new_target) => {
                    self.fresh_names_but(stmt, &parts_of_both(old_target, new_target))
                }
                // `const { slug } = require('./text')`, where the module was the function.
                _ if [old, new].iter().all(|value| value.is_some_and(|value| required(value).is_some()))
                    && matches!(&new_target.kind, Kind::Object(entries)
                        if matches!(entries.as_slice(), [(key, local)] if local.ident() == Some(key))) => {}
                _ => self.report("unknown-change", line, "another thing is assigned"),
            }
        }
        let name = Chain::of(new_target).last().map(|link| link.name).unwrap_or_default();
        match (old, new) {
            (Some(one), Some(other)) => {
                if let (Some(a), Some(b)) = (required(one), required(other)) {
                    for local in bound(new_target).into_iter().filter(|_| a != b) {
                        let imported = if new_target.ident().is_some() { "default" } else { local };
                        self.moved_source(local, imported, (a, b), line);
                    }
                    return;
                }
                self.timeouts(Some(one), other);
                self.value(name, one, other, line);
                // `const [url] = fetch.mock.calls[1]`
                let of_calls = |node: &Node| Chain::of(node).names().ends_with(&["calls", "[]"]);
                if old_target == new_target && of_calls(one) && of_calls(other) && one != other {
                    self.report("changed-subject", line, "another call is looked at");
                }
            }
            (None, Some(other)) => self.harmless(other),
            (Some(_), None) => self.report("unknown-change", line, format!("`{name}` has no value any more")),
            (None, None) => {}
        }
    }

    /// `this.a` became `this.b` throughout the file.
    fn renamed_member(&mut self, old: &'a Node, new: &'a Node) -> bool {
        let (Kind::Member { object: a, name: was, .. }, Kind::Member { object: b, name: is, .. }) =
            (&old.kind, &new.kind)
        else {
            return false;
        };
        let mentioned = |program: &Program, name: &str| {
            let is_it = |node: &Node| matches!(&node.kind, Kind::Member { name: other, .. } if other == name);
            program.body.iter().any(|stmt| stmt.any(&mut |node| is_it(node)))
        };
        let renamed =
            a == b && a.kind == Kind::Const("this".into()) && !mentioned(self.old, is) && !mentioned(self.new, was);
        if renamed {
            self.renames.insert(was.clone(), is.clone());
        }
        renamed
    }

    /// `const { number } = await seedOrder()`, where it was `const number = await seedOrder()`: what is not in it is not what
    /// was asserted of the number.
    fn is_given_as_part(&self, old: &Node, new: &Node) -> bool {
        let (Some(name), Kind::Object(entries)) = (old.ident(), &new.kind) else { return false };
        matches!(entries.as_slice(), [(key, part)] if key == name && part.ident() == Some(name))
            && !matches!(self.claims_on(name), Some(Claim::Absence))
    }

    fn old_scope_uses(&self, name: &str) -> bool {
        self.scopes.last().is_some_and(|scope| mentions(&scope.old, name))
    }

    /// Compares two values of one name.
    pub fn value(&mut self, name: &'a str, old: &'a Node, new: &'a Node, line: usize) {
        if is_written_day(old) && reads_clock_anywhere(new) && self.drives_a_browser() {
            return;
        }
        // `USER = (By.ID, 'password')`, where `PASSWORD` is that.
        let times = |program: &Program| {
            let is_it = |stmt: &Stmt| matches!(&stmt.kind, StmtKind::Decl { init: Some(value), .. } if value == new);
            let mut found = 0;
            program.body.iter().for_each(|stmt| stmt.walk_stmts(&mut |inner| found += usize::from(is_it(inner))));
            found
        };
        if (is_by(new) || is_locator(new)) && old != new && times(self.new) > times(self.old) && times(self.old) > 0 {
            self.report("changed-subject", line, format!("`{name}` stands for what another name stood for"));
        }
        if self.goes_over_others(old, new) {
            self.report("changed-subject", line, format!("`{name}` is made of other items"));
        }
        if let (Kind::New { callee: one, args: a }, Kind::New { callee: other, args: b }) = (&old.kind, &new.kind)
            && one == other
            && a.len() == b.len()
            && a.iter().zip(b).any(|(one, other)| is_data(one) && is_data(other) && !self.same(one, other))
        {
            self.report("changed-input", line, format!("`{name}` is made of something else"));
        }
        if reads_each_otherwise(old, new) {
            self.report("changed-subject", line, format!("`{name}` is something else of each of them"));
        }
        let reckons = |node: &Node| {
            let clock = |part: &Node| matches!(part.ident(), Some("Date" | "timedelta" | "date" | "datetime"));
            !matches!(node.kind, Kind::Fn(_)) && node.any(&mut |part| clock(part))
        };
        let turned = sign(old).zip(sign(new)).is_some_and(|(was, is)| was != is);
        if reckons(old)
            && reckons(new)
            && !self.same(old, new)
            && (turned || self.drives_a_browser() || spans(old) != spans(new))
        {
            self.report("changed-input", line, format!("`{name}` is another day, or another time"));
        }
        if self.same(old, new) || self.same_value(old, new) {
            return;
        }
        let listed = |node: &Node| literal_list(node) || matches!(node.kind, Kind::Array(_));
        let of_cases = |mark: &str| mark == "parametrize";
        let of_skips = |mark: &str| matches!(mark, "skip" | "skipif" | "skipIf" | "skipUnless" | "xfail");
        let marks = |mark: &dyn Fn(&str) -> bool| self.path.ends_with(".py") && decides_runs(self.new, name, mark);
        if marks(&of_skips) || !(listed(old) && listed(new)) && marks(&of_cases) {
            self.report("changed-constant", line, format!("`{name}` decides which tests run"));
        }
        let dropped_await =
            matches!(old.kind, Kind::Await(_)) && !matches!(new.kind, Kind::Await(_)) && !is_lazy_locator(new);
        // What comes is waited for before.
        let awaits = |stmt: &&&'a Stmt| matches!(&stmt.kind, StmtKind::Expr(Node { kind: Kind::Await(inner), .. }) if Chain::of(inner).last().is_some_and(|link| link.name.starts_with("findBy")));
        let settled_before = settled(old) == *new && self.stretch.new.iter().any(|stmt| awaits(&stmt));
        if settled_before {
            return;
        }
        if dropped_await {
            self.report("dropped-await", line, "the value is no longer awaited");
        }
        // The page that a step opens is waited for, where the second of all was taken.
        let opened = other_page(old) && matches!(new.kind, Kind::Await(_));
        let promised = || new.bare().ident().and_then(|name| self.given(name, Side::New));
        if opened && promised().is_some_and(is_event) {
            return;
        }
        // What is read is read of an element that has a name by now.
        let spelled = (self.spelled_out(old.bare(), Side::Old), self.spelled_out(new.bare(), Side::New));
        if !dropped_await && spelled.0 == spelled.1 && is_locator(&spelled.0) {
            return;
        }
        if finds_by_waiting(old, new) || starts_with_options(old, new) || self.reshaped(old, new) {
            return;
        }
        let (one, other) = (old.bare(), new.bare());
        // What is waited for begins before the step that brings it.
        let begun = other.ident().and_then(|promise| self.given(promise, Side::New));
        if matches!(new.kind, Kind::Await(_)) && is_event(one) && begun == Some(one) {
            return;
        }
        match (&one.kind, &other.kind) {
            (Kind::Fn(a), Kind::Fn(b)) => {
                self.became_async(name, a, b, line);
                let outer = self.helper.replace((name, old.line));
                self.function(Place::Function, Some(a), b, line);
                self.helper = outer;
                return;
            }
            (Kind::Class(a), Kind::Class(b)) => {
                self.class(Some(a), b, line);
                return;
            }
            (Kind::Object(a), Kind::Object(b)) => {
                self.entries(self.evidence.names.contains(name), self.is_given_whole(name), a, b, line);
                return;
            }
            (Kind::New { callee, args: a }, Kind::Call { args: b, .. })
            | (Kind::Call { args: a, .. }, Kind::New { callee, args: b })
                if a != b && callee.ident() != Some("Date") =>
            {
                self.report("changed-input", line, format!("`{name}` is made of something else"));
            }
            (_, Kind::Fn(func)) if asserts_by_name(name) || self.around.asserting.contains(name) => {
                self.report("shadowed-name", line, format!("`{name}` is another function"));
                self.defined(name, func, line);
            }
            _ => {}
        }
        if let (Some(a), Some(b)) = (required(one), required(other)) {
            if a != b {
                self.moved_source(name, name, (a, b), line);
            }
            return;
        }
        if is_locator(one) && is_locator(other) {
            self.located(name, one, other, line);
            return;
        }
        if literal_list(one) || literal_list(other) {
            self.constant(name, one, other, line);
            return;
        }
        if is_by(one) && is_by(other) {
            self.narrowed_selector(name, one, other, line);
            let claim = self.claims_on(name).unwrap_or(Claim::Action);
            let (before, after) = (selector(one), selector(other));
            if claim == Claim::Action && is_other_operation(&before, &after) {
                self.report("unknown-step", line, format!("`{name}` stands for another operation"));
            }
            if is_other(&before, &after) {
                self.report("changed-subject", line, format!("`{name}` stands for the counterpart"));
            }
            return self.drifted(line, drift(&selector(one), &selector(other), claim, name));
        }
        let is_list = |node: &Node| matches!(node.kind, Kind::Array(_)) && !is_by(node);
        if is_list(one) || is_list(other) {
            self.report("changed-constant", line, format!("`{name}` has other items"));
        }
        let asserted = self.claims_on(name).is_some();
        if is_locator(one) && (asserted || !self.is_private()) {
            self.report("changed-subject", line, format!("`{name}` no longer comes from the page the same way"));
            return;
        }
        if self.rendered_alike(one, other) {
            return;
        }
        if asserted
            && matches!(&other.kind, Kind::Array(parts) if parts.is_empty())
            && self.gathers(&|_, list| list.ident() == Some(name))
        {
            self.report("changed-subject", line, format!("`{name}` holds what the product hands over"));
        } else if asserted {
            self.asserted(line, one, other, Claim::Valued, &[]);
        }
        if known_by(&one.hollow()) != known_by(&other.hollow()) {
            self.harmless(new);
        }
        let (before, after) = (super::steps::steps(&one.hollow()), super::steps::steps(&other.hollow()));
        if after.len() < before.len() {
            self.report("dropped-step", line, "a step is gone");
        }
        self.given_more(&before, &after, line);
        self.compare_inputs(&before, &after, line);
        self.callbacks(one, other);
    }

    /// Whether a name stands anywhere for the whole of what it is, and not only for a member of it.
    fn is_given_whole(&self, name: &str) -> bool {
        let (mut spoken, mut of_member) = (0, 0);
        for stmt in &self.new.body {
            stmt.walk(&mut |node| {
                spoken += usize::from(node.ident() == Some(name));
                let (Kind::Member { object, .. } | Kind::Index { object, .. }) = &node.kind else { return };
                of_member += usize::from(object.ident() == Some(name));
            });
        }
        // Once where it is declared.
        spoken > of_member + 1
    }

    /// The entries of an object that tests use; if `expected`, they compare with it as a whole, if `whole`, they give it
    /// to somebody.
    fn entries(
        &mut self,
        expected: bool,
        whole: bool,
        old: &'a [(String, Node)],
        new: &'a [(String, Node)],
        line: usize,
    ) {
        for (key, value) in new {
            match old.iter().find(|(name, _)| name == key).map(|(_, before)| before) {
                Some(before) => match (&before.kind, &value.kind) {
                    (Kind::Object(a), Kind::Object(b)) if expected || whole => {
                        self.entries(expected, whole, a, b, value.line)
                    }
                    _ => self.value(key, before, value, value.line),
                },
                None if key == "..." => self.report("unknown-change", line, "a spread that was not there"),
                None if expected => self.report("changed-constant", line, format!("`{key}` is expected besides")),
                None if BENDING.contains(&key.replace('_', "").to_lowercase().as_str()) => {
                    self.report("changed-input", line, format!("the browser is given `{key}`"));
                }
                None if whole && is_data(value) && !speaks_of(self.new, key) => {
                    self.report("changed-input", line, format!("`{key}` is given besides"));
                }
                None => self.harmless(value),
            }
        }
        for (key, value) in old {
            if !new.iter().any(|(name, _)| name == key) && !is_selector(value) {
                self.report("changed-constant", line, format!("`{key}` is gone"));
            }
        }
    }

    fn located(&mut self, name: &str, old: &'a Node, new: &'a Node, line: usize) {
        let (before, after) =
            (locator::read(&self.spelled_out(old, Side::Old)), locator::read(&self.spelled_out(new, Side::New)));
        let before = self.as_found_by_text(before, &after);
        let names = |node: &'a Node| {
            let chain = Chain::of(node);
            chain
                .links
                .iter()
                .skip(1)
                .filter(|link| {
                    !super::super::words::finds(chain.root(), link.name) && locator::located_by(link).is_none()
                })
                .map(|link| link.name)
                .filter(|name| !matches!(*name, "page" | "driver" | "wait"))
                .collect::<Vec<_>>()
        };
        let is_asserted = self.claims_on(name).is_some();
        let through_root =
            |names: Vec<&'a str>| names.into_iter().filter(|name| *name != "shadowRoot").collect::<Vec<_>>();
        if is_asserted && slices(old) != slices(new) {
            self.report("weaker-assertion", line, format!("`{name}` is another part of what is found"));
        } else if through_root(names(old)) != through_root(names(new)) || is_asserted && !self.same_rest(old, new) {
            self.report("changed-subject", line, format!("`{name}` reads something else"));
        }
        if is_asserted || !self.is_private() {
            let claim = self.claims_on(name).unwrap_or(Claim::Existence);
            let others = self.asks_many_of(name) && finds_others(&before, &after);
            let narrowed = others || is_filtered(&before, &after, claim);
            if is_asserted
                && narrowed
                && !self.stays_in_place(&before, &after, claim)
                && !self.is_in_named_part(&before, &after)
                && !self.is_of_what_was_entered(&before, &after)
            {
                self.report("changed-subject", line, format!("`{name}` may be fewer of them, or others"));
            }
            if is_asserted || !self.acted_on(name) {
                self.becomes_input(line, (old, new), self.asks_field_of(name), claim);
            }
        }
        let reads = names(old).iter().any(|name| {
            matches!(*name, "innerText" | "textContent" | "inputValue" | "text" | "value" | "getText" | "getAttribute")
        });
        if self.acted_on(name) && !is_asserted {
            self.acts_on_other(&before, &after, is_field(&before), line);
        }
        if self.acted_on(name) || interactive(new) {
            self.names_another(name, &before, &after, line);
        }
        let claim = match self.claims_on(name) {
            Some(Claim::Existence) if reads => Claim::Valued,
            // It fails if there is no such element.
            Some(Claim::Absence) if names(old).contains(&"evaluate") => Claim::Valued,
            Some(Claim::Absence)
                if !reads && (self.acted_on(name) || self.is_shown(name) || self.is_around_operated(name)) =>
            {
                Claim::Existence
            }
            Some(claim) => claim,
            None if self.is_private() || self.acted_on(name) => Claim::Action,
            // A page object's member: who asserts it is not to be seen from here.
            None => {
                if after.is_narrower(&before) && !interactive(new) {
                    self.report("changed-subject", line, format!("`{name}` finds only some of what it found"));
                }
                self.given_to_others(line, old, new);
                if self.says_of_another(&before, &after) && !interactive(new) {
                    self.report("changed-subject", line, format!("`{name}` may find another thing"));
                }
                match drift(&before, &after, Claim::Existence, name) {
                    Drift::Text if interactive(old) && interactive(new) => {}
                    // Whoever fills the wrong field does not get what is expected.
                    Drift::Elsewhere if interactive(new) && is_field(&before) => {}
                    drift => self.drifted(line, drift),
                }
                return;
            }
        };
        let used = self.is_used_elsewhere(&before, &after);
        let drift = match drift(&before, &after, claim, name) {
            Drift::None if is_asserted && self.is_found_by_foreign_text(&before, &after) => Drift::Elsewhere,
            Drift::None
                if claim == Claim::Valued
                    && !used
                    && (self.says_of_another(&before, &after) || after.is_elsewhere(&before)) =>
            {
                Drift::Elsewhere
            }
            drift => drift,
        };
        let told = matches!(drift, Drift::Elsewhere | Drift::Mood) && claim != Claim::Absence;
        if told && self.is_private() && self.is_told_by_its_name(name, (&before, &after)) {
            return;
        }
        if claim == Claim::Valued && self.is_private() && self.is_told_by_test(&before, &after, name, &[]) {
            return;
        }
        let evaluates = names(old).contains(&"evaluate") && before != after;
        if evaluates && !is_framed(&before, &after) && !used {
            self.report("changed-subject", line, "it is computed of another element");
        }
        self.drifted(line, drift);
    }

    /// Whether a name of this scope cannot be seen outside the file.
    fn is_private(&self) -> bool {
        self.in_test() || self.scopes.iter().any(|scope| scope.place == Place::Suite)
    }

    fn constant(&mut self, name: &str, old: &'a Node, new: &'a Node, line: usize) {
        if is_locator(old) || !literal_list(old) && self.claims_on(name).is_some() {
            self.report("always-true", line, format!("`{name}` no longer comes from the page"));
            return;
        }
        let selects = self.only_selects(name) || is_selector(old) && is_selector(new);
        if selects && self.claims_on(name).is_none() {
            let (one, other) = (old.string().unwrap_or_default(), new.string().unwrap_or_default());
            let known = meaning(&format!("{one} {name}"));
            let alike = meaning(other).iter().any(|word| known.contains(word));
            if selector(new).picks_otherwise(&selector(old)) {
                self.report("changed-subject", line, format!("`{name}` selects only some"));
            }
            if mood(one) != mood(other) && !self.acted_on(name) {
                self.report("changed-subject", line, format!("`{name}` may select what is in another state"));
            }
            if !alike && !self.is_private() && !self.only_selects(name) {
                self.report("changed-subject", line, format!("`{name}` may select another thing"));
            }
            self.narrowed_selector(name, old, new, line);
            let (before, after) = (selector(old), selector(new));
            if drift(&before, &after, Claim::Existence, name) == Drift::Vacuous {
                self.report("vacuous-locator", line, format!("`{name}` selects something on any page"));
            } else if !self.acted_on(name) && !names_control(name, old, new) {
                let wider = if after.alternatives > before.alternatives {
                    Some(Drift::Weaker)
                } else {
                    broadened(&before, &after)
                };
                let apart = !alike && self.only_selects(name);
                self.drifted(line, wider.unwrap_or(if apart { Drift::Thing } else { Drift::None }));
            }
            return;
        }
        if selects && is_selector(old) && is_selector(new) {
            let claim = self.claims_on(name).unwrap_or(Claim::Existence);
            self.drifted(line, drift(&selector(old), &selector(new), claim, name));
            return;
        }
        let fewer = match (&old.kind, &new.kind) {
            (Kind::Array(one), Kind::Array(other)) => other.len() < one.len(),
            _ => false,
        };
        let other_version = unversioned(old) == unversioned(new);
        let plain = (grew(old, new) || other_version) && self.claims_on(name).is_none();
        // What is gone in the end was found before.
        let unique = became_unique(old, new, &stamps(self.new))
            && (self.claims_on(name) != Some(Claim::Absence) || self.is_found_by(name));
        let later = old.string().zip(new.string()).is_some_and(|(was, is)| self.has_passed(was, is));
        let later = later && self.claims_on(name).is_none();
        let computed = unique || later || self.became_computed_date(name, old, new);
        // Where a session is kept.
        let is_session =
            speaks_of(self.new, "storageState") && old.string().is_some_and(|path| path.ends_with(".json"));
        let moved = is_session && file_name(old) == file_name(new) && self.claims_on(name).is_none();
        // A file of the test's own, in a folder of its own.
        let in_own_folder = match &new.kind {
            Kind::Binary(op, folder, file) => {
                op == "/"
                    && matches!(folder.ident(), Some("tmp_path" | "tmpPath" | "tmpdir"))
                    && file
                        .string()
                        .is_some_and(|file| old.string().is_some_and(|path| path.ends_with(&format!("/{file}"))))
            }
            _ => false,
        };
        if plain || moved || in_own_folder || self.is_route(name, old, new) || computed {
            return;
        }
        self.report(
            if fewer { "fewer-cases" } else { "changed-constant" },
            line,
            format!("`{name}` has another value"),
        );
    }

    /// Whether a constant is a path that tests only go to, and is renamed.
    fn is_route(&self, name: &str, old: &Node, new: &Node) -> bool {
        let (Some(was), Some(is)) = (old.string(), new.string()) else { return false };
        let (mut uses, mut goes) = (0, 0);
        for stmt in &self.new.body {
            stmt.walk(&mut |node| {
                uses += usize::from(node.ident() == Some(name));
                if let Kind::Call { args, .. } = &node.kind
                    && Chain::of(node).last().is_some_and(|link| NAVIGATION.contains(&link.name))
                {
                    let to = |arg: &Node| match &arg.kind {
                        Kind::Template(parts) => parts.iter().any(|part| part.ident() == Some(name)),
                        _ => arg.ident() == Some(name),
                    };
                    goes += usize::from(args.first().is_some_and(to));
                }
            });
        }
        goes > 0 && uses <= goes + 1 && is_other_path(was, is)
    }

    /// A selector that many may use finds less than before: only what already is as they expect it, perhaps.
    fn narrowed_selector(&mut self, name: &str, old: &'a Node, new: &'a Node, line: usize) {
        if selector(new).is_narrower(&selector(old)) && !self.acted_on(name) && !names_control(name, old, new) {
            self.report("changed-subject", line, format!("`{name}` finds only some of what it found"));
        }
    }
}

/// `context.pages()[1]`
fn other_page(node: &Node) -> bool {
    matches!(Chain::of(node).names()[..], [.., "pages", "[]" | "at"])
}

/// The names that two patterns take from the same place.
fn parts_of_both<'n>(old: &Node, new: &'n Node) -> Vec<&'n str> {
    let (Kind::Object(before), Kind::Object(after)) = (&old.kind, &new.kind) else { return Vec::new() };
    let kept = after.iter().filter(|entry| entry.0 != "..." && before.contains(entry));
    kept.filter_map(|(_, part)| part.ident()).collect()
}

/// `const { container } = render(…)`, where it was `const { container, getByText } = render(…)`.
fn takes_apart_less(old: &Node, new: &Node) -> bool {
    match (&old.kind, &new.kind) {
        (Kind::Object(before), Kind::Object(after)) => {
            after.iter().all(|(key, part)| key != "..." && before.contains(&(key.clone(), part.clone())))
        }
        _ => false,
    }
}

/// The name and the event in `const [popup] = await Promise.all([page.waitForEvent('popup'), …])`.
pub fn first_of_all<'n>(target: &'n Node, value: Option<&'n Node>) -> Option<(&'n str, &'n Node)> {
    let Kind::Array(targets) = &target.kind else { return None };
    let [name] = targets.as_slice() else { return None };
    let all = Chain::of(value?);
    let [Node { kind: Kind::Array(parts), .. }] = all.called("all")? else { return None };
    let event = parts.first().filter(|event| all.root() == "Promise" && is_event(event))?;
    Some((name.ident()?, event))
}

/// `page.waitForEvent('popup')`, not awaited.
fn is_event(node: &Node) -> bool {
    let waits = ["waitForEvent", "waitForResponse", "waitForRequest", "waitForNavigation"];
    !matches!(node.kind, Kind::Await(_)) && Chain::of(node).last().is_some_and(|link| waits.contains(&link.name))
}

/// A locator that is no promise.
pub fn is_lazy_locator(node: &Node) -> bool {
    is_locator(node)
        && Chain::of(node).last().is_some_and(|link| {
            link.args.is_some()
                && (matches!(link.name, "locator" | "first" | "last" | "nth" | "filter")
                    || link.name.starts_with("getBy"))
        })
}

/// The parts that are cut out of what a locator finds.
fn slices(node: &Node) -> Vec<(&str, &[Node])> {
    let links = Chain::of(node).links.into_iter();
    let cuts = links.filter(|link| matches!(link.name, "slice" | "splice" | "substring" | "substr"));
    cuts.map(|link| (link.name, link.args.unwrap_or_default())).collect()
}

/// The module of `require('…')`.
pub fn required(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Call { callee, args, .. } if callee.ident() == Some("require") => args.first().and_then(Node::string),
        Kind::Member { object, .. } => required(object),
        _ => None,
    }
}

fn literal_list(node: &Node) -> bool {
    match &node.kind {
        Kind::Str(_) | Kind::Num(_) | Kind::Regex(_) | Kind::Template(_) => true,
        Kind::Const(name) => name != "this",
        Kind::Array(parts) => {
            !parts.is_empty() && parts.iter().all(|part| literal_list(part) || matches!(part.kind, Kind::Object(_)))
        }
        Kind::Unary(_, inner) => literal_list(inner),
        _ => false,
    }
}

/// Selenium's `(By.ID, "total")`.
pub fn is_by(node: &Node) -> bool {
    matches!(&node.kind, Kind::Array(parts) if parts.len() == 2 && Chain::of(&parts[0]).root() == "By")
}

/// A string that reads like a selector.
pub fn is_selector(node: &Node) -> bool {
    if matches!(node.kind, Kind::Array(_)) {
        return is_by(node);
    }
    let text = match &node.kind {
        Kind::Template(parts) => parts.first().and_then(Node::string),
        _ => node.string(),
    };
    text.is_some_and(|text| {
        let text = text.trim();
        text.starts_with(['#', '.', '[', '/']) && !text.starts_with("/ ") && !is_path(text)
            || text.starts_with("data-test")
            || text.contains('[') && text.contains(']')
            || text.contains(" > ")
            || is_tag_with_more(text)
            || [
                "button.", "input.", "a.", "div.", "span.", "li.", "css=", "xpath=", "text=", "input[", "button#",
                "form#",
            ]
            .iter()
            .any(|start| text.starts_with(start))
    })
}

/// `tr.row`, `ul > li`, `h1#title`.
fn is_tag_with_more(text: &str) -> bool {
    #[rustfmt::skip]
    const TAGS: [&str; 22] = [
        "tr", "td", "th", "table", "tbody", "ul", "ol", "section", "article", "form", "header", "footer", "nav",
        "label", "select", "textarea", "h1", "h2", "h3", "p", "img", "dialog",
    ];
    let tag = text.split(|next: char| !next.is_ascii_alphanumeric()).next().unwrap_or_default();
    TAGS.contains(&tag) && text[tag.len()..].starts_with(['.', '#', '['])
}

/// Whether a selector is for something that a person operates, by its words.
fn names_control(name: &str, old: &Node, new: &Node) -> bool {
    #[rustfmt::skip]
    const CONTROLS: [&str; 14] = [
        "button", "btn", "link", "submit", "input", "tab", "menu", "option", "checkbox", "radio", "select", "label",
        "field", "toggle",
    ];
    let mut said = words(name);
    for node in [old, new] {
        node.walk(&mut |part| said.extend(part.string().map(words).unwrap_or_default()));
    }
    said.iter().any(|word| CONTROLS.contains(&word.as_str()))
}

fn is_path(text: &str) -> bool {
    text.starts_with('/') && !text.starts_with("//")
}

pub fn selector(node: &Node) -> locator::Locator {
    let page = Node::new(Kind::Ident("page".into()), node.line);
    locator::read(&page.member("locator").called(std::slice::from_ref(node)))
}

/// Whether a locator is for something that a person operates.
pub fn interactive(node: &Node) -> bool {
    #[rustfmt::skip]
    const ROLES: [&str; 13] = [
        "button", "link", "textbox", "checkbox", "radio", "combobox", "tab", "menuitem", "option", "switch",
        "searchbox", "spinbutton", "slider",
    ];
    let chain = Chain::of(node);
    chain.links.iter().any(|link| {
        let role = link.args.and_then(<[Node]>::first).and_then(Node::string).unwrap_or_default();
        matches!(link.name, "getByLabel" | "getByPlaceholder" | "findByLabelText" | "getByLabelText")
            || link.name.ends_with("Role") && ROLES.contains(&role)
            // `cy.contains('button', 'Cancel')`
            || link.name == "contains" && link.args.is_some_and(|args| args.len() > 1) && matches!(role, "button" | "a")
    })
}

/// Whether a value is data, and finds nothing.
pub fn is_data(value: &Node) -> bool {
    let plain = |node: &Node| {
        matches!(
            node.kind,
            Kind::Str(_) | Kind::Num(_) | Kind::Const(_) | Kind::Template(_) | Kind::Array(_) | Kind::Object(_)
        )
    };
    plain(value) && !is_selector(value)
}

/// How much is added or taken away, by which unit: `seconds=1`.
fn spans(node: &Node) -> Vec<u64> {
    let mut found = Vec::new();
    node.walk(&mut |part| {
        if let Kind::Call { callee, args, .. } = &part.kind
            && Chain::of(callee).last().is_some_and(|link| link.name == "timedelta")
        {
            found.extend(args.iter().map(hash_of));
        }
    });
    found
}

/// Whether an expression adds or takes away: `now - timedelta(seconds=1)`.
fn sign(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Binary(op, ..) if matches!(op.as_str(), "+" | "-") => Some(op),
        _ => None,
    }
}
