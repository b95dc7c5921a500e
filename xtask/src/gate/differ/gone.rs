//! Statements that are gone: what they asserted must still be asserted, as certainly as before.

use super::super::assertion::{self, Style};
use super::super::chain::Chain;
use super::super::clean_up;
use super::super::ir::{Kind, Node, Stmt, StmtKind};
use super::super::locator::{self, Claim, is_locator};
use super::super::words::{CHECKING_WAITS, asserts_by_name, meaning};
use super::align::declaration;
use super::contexts::expects_failure;
use super::moved::settled;
use super::names::Side;
use super::oracle::claims::polled;
use super::oracle::subjects::awaited_element;
use super::steps::confirmed::says_yes;
use super::steps::steps_of;
use super::values::is_data;
use super::{Differ, Place, Scope, is_python_test};

/// What stands around a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Around {
    Condition,
    Loop,
    Try,
    Suppress,
    Callback,
    Function,
    Test,
    AfterExit,
    Unawaited,
}

impl<'a> Differ<'a> {
    pub fn gone(&mut self, stmt: &'a Stmt, replacements: &[&'a Stmt]) {
        let asserts = self.asserts();
        match &stmt.kind {
            StmtKind::Decl { target, .. } if target.ident() == Some("pytestmark") => {
                self.report("changed-mark", self.near, "`pytestmark` is gone");
            }
            StmtKind::Decl {
                target: Node { kind: Kind::Member { object, name, .. }, .. }, init: Some(value), ..
            } if is_data(value) && !self.is_fresh() && object.kind != Kind::Const("this".into()) => {
                let still = |stmt: &&Stmt| matches!(&stmt.kind, StmtKind::Decl { target: Node { kind: Kind::Member { name: other, .. }, .. }, .. } if other == name);
                if !self.scopes.last().is_some_and(|scope| scope.new.iter().any(still)) && !self.speaks_of_key(name) {
                    self.report("dropped-step", self.near, format!("`{name}` is not set any more"));
                }
            }
            StmtKind::Import(_) | StmtKind::Jump(_) | StmtKind::Decl { .. } => {}
            StmtKind::Expr(node) | StmtKind::Return(Some(node)) => {
                if let Some(found) = declaration(node) {
                    self.gone_declaration(&found, self.near, node);
                } else if let Some(found) = assertion::of_stmt(stmt, &asserts) {
                    self.lost(stmt, found.style, replacements);
                } else {
                    self.no_longer_gathers(node);
                    self.no_longer_clears(stmt);
                    self.no_longer_sends(node);
                    self.no_longer_puts(node);
                    self.no_longer_awaited(node);
                    for func in node.functions() {
                        func.body.iter().for_each(|inner| self.gone_assertions(inner, replacements));
                    }
                    if matches!(stmt.kind, StmtKind::Return(_)) && self.place() == Place::Function {
                        self.report("unknown-change", self.near, "the function returns nothing any more");
                    }
                }
            }
            StmtKind::Assert(..) => self.lost(stmt, Style::Bare, replacements),
            StmtKind::Func(func) if self.around.moves.took_away(self.path, &func.name) => {}
            StmtKind::Class(class) if self.around.moves.took_away(self.path, &class.name) => {}
            StmtKind::Func(func) => {
                if is_python_test(self.path, func) {
                    self.gone_test(&func.name, self.near);
                } else if !func.decorators.is_empty()
                    && !func.decorators.iter().all(|decorator| {
                        matches!(Chain::of(decorator).last().map(|link| link.name), Some("property" | "staticmethod"))
                    })
                {
                    self.report("unknown-change", self.near, format!("the fixture `{}` is gone", func.name));
                } else if asserts(&func.name) || asserts_by_name(&func.name) {
                    self.report("moved-assertion", self.near, format!("`{}`, which asserts, is gone", func.name));
                } else if !self.around.makes_functions && func.body.iter().any(|stmt| !steps_of(stmt).is_empty()) {
                    self.report("dropped-step", self.near, format!("`{}`, which did something, is gone", func.name));
                }
            }
            StmtKind::Class(class) => {
                let mut tests = false;
                let mut holds = false;
                for inner in &class.body {
                    if let StmtKind::Func(func) = &inner.kind {
                        if is_python_test(self.path, func) {
                            tests = true;
                            self.gone_test(&func.name, self.near);
                        }
                        holds |= asserts(&func.name);
                    }
                }
                if holds && !tests {
                    self.report("moved-assertion", self.near, format!("`{}`, which asserts, is gone", class.name));
                }
            }
            StmtKind::With { items, body } => {
                if items.iter().any(expects_failure) {
                    self.report("removed-assertion", self.near, "the error is not expected any more");
                }
                body.iter().for_each(|inner| self.gone(inner, replacements));
            }
            StmtKind::Try { handlers, .. }
                if handlers
                    .iter()
                    .flat_map(|(_, body)| body)
                    .flat_map(Stmt::exprs)
                    .any(|one| self.error_is_named(one)) =>
            {
                self.report("changed-expectation", self.near, "the error is asserted another way");
            }
            StmtKind::If { .. } | StmtKind::Loop { .. } | StmtKind::Try { .. } | StmtKind::Block(_) => {
                let unwrapped = self.asserts_what_is_caught(stmt);
                for inner in stmt.blocks().into_iter().flatten() {
                    if unwrapped && matches!(inner.kind, StmtKind::Throw(_)) {
                        self.report("moved-assertion", self.near, "what is caught is asserted outside of the handler");
                    } else {
                        self.gone(inner, replacements);
                    }
                }
            }
            StmtKind::Throw(_) => {
                self.report("removed-assertion", self.near, "an error that was thrown is not thrown any more")
            }
            StmtKind::Return(None) => {}
            StmtKind::Other(..) => {
                self.report("unknown-change", self.near, "a statement that the gate does not know is gone")
            }
        }
    }

    /// Whether what is new here says that a call fails with the error that an assertion was made of.
    fn error_is_named(&self, whole: &Node) -> bool {
        let found = self.stretch.new.iter().filter_map(|stmt| assertion::of_stmt(stmt, &|_| false));
        found.into_iter().any(|found| names_error(whole, &found))
    }

    /// `try { f(); throw new Error() } catch (e) { expect(e)… }`, of which all assertions are made without a condition now.
    fn asserts_what_is_caught(&self, stmt: &Stmt) -> bool {
        let StmtKind::Try { handlers, .. } = &stmt.kind else { return false };
        let Some(scope) = self.scopes.last() else { return false };
        let asserts = self.asserts();
        let kept = |inner: &Stmt| assertion::of_stmt(inner, &asserts).is_some() && scope.new.contains(&inner);
        let caught: Vec<&Stmt> = handlers.iter().flat_map(|(_, body)| body).collect();
        !caught.is_empty() && caught.into_iter().all(kept)
    }

    fn gone_assertions(&mut self, stmt: &'a Stmt, replacements: &[&'a Stmt]) {
        let asserts = self.asserts();
        let mut found = Vec::new();
        stmt.walk_stmts(&mut |inner| {
            if let Some(assertion) = assertion::of_stmt(inner, &asserts) {
                found.push((inner, assertion.style));
            }
        });
        for (inner, style) in found {
            self.lost(inner, style, replacements);
        }
    }

    fn gone_declaration(&mut self, found: &super::align::Declaration<'a>, line: usize, node: &'a Node) {
        if found.hook {
            let asserts = self.asserts();
            let holds = found.body.is_some_and(|body| {
                body.body.iter().any(|stmt| super::oracle::claims::contains_assertion(stmt, &asserts))
            });
            self.report(if holds { "removed-assertion" } else { "dropped-step" }, line, "a hook is gone");
            return;
        }
        let title = found.title.and_then(Node::string).unwrap_or_default();
        if found.suite {
            let mut inner = Vec::new();
            node.walk(&mut |part| {
                if let Some(test) = declaration(part)
                    && !test.suite
                    && !test.hook
                {
                    inner.push(test.title.and_then(Node::string).unwrap_or_default().to_owned());
                }
            });
            for title in inner {
                self.gone_test(&title, line);
            }
            return;
        }
        self.gone_test(title, line);
    }

    /// A test that is not where it was: elsewhere in the file, or gone.
    fn gone_test(&mut self, title: &str, line: usize) {
        let mut elsewhere = None;
        for stmt in &self.new.body {
            stmt.walk(&mut |node| {
                if declaration(node)
                    .is_some_and(|found| !found.suite && found.title.and_then(Node::string) == Some(title))
                {
                    elsewhere.get_or_insert(node.line);
                }
            });
            stmt.walk_stmts(&mut |inner| {
                if matches!(&inner.kind, StmtKind::Func(func) if func.name == title) {
                    elsewhere.get_or_insert(inner.line);
                }
            });
        }
        match elsewhere {
            Some(line) => self.report("renamed-test", line, format!("the test “{title}” moved: compare it by hand")),
            None => self.report("deleted-test", line, format!("the test “{title}” is gone")),
        }
    }

    /// An assertion that has no counterpart where it stood.
    fn lost(&mut self, stmt: &'a Stmt, style: Style, replacements: &[&'a Stmt]) {
        let Some(whole) = stmt.exprs().first().map(|node| node.bare()) else { return };
        let asserts = self.asserts();
        if style == Style::Implicit && is_wait(whole) {
            let of_it = |stmt: &&Stmt| {
                let Kind::Call { callee, .. } = &whole.kind else { return false };
                let Kind::Member { object, .. } = &callee.kind else { return false };
                assertion::of_stmt(stmt, &asserts)
                    .is_some_and(|found| found.awaited && found.subject.first() == Some(&**object))
            };
            let kept = |stmt: &&Stmt| matches!(&stmt.kind, StmtKind::Decl { init: Some(value), .. } if value.bare() == whole && matches!(value.kind, Kind::Await(_)));
            let found_by_waiting = |stmt: &&Stmt| stmt.any(&mut |part| waits_to_find(part, whole));
            // The browser's own question, which the product asks by itself now.
            let asks =
                whole.any(&mut |part| matches!(&part.kind, Kind::Member { name, .. } if name == "alertIsPresent"));
            let waits = self.stretch.new.iter().any(kept)
                || asks && self.stretch.new.iter().any(|stmt| says_yes(stmt))
                || self.stretch.new.iter().any(found_by_waiting)
                || replacements.iter().any(|other| assertion::of_stmt(other, &asserts).is_some())
                || self.stretch.new.iter().any(of_it)
                || self.begins_before(whole)
                || self.is_waited_for(whole)
                || self.acts_within(whole);
            if !waits {
                self.report("dropped-wait", self.near, "a wait that would have failed is gone");
            }
            return;
        }
        if self.still_asserted(whole, stmt)
            || self.matched_by_context(whole)
            || self.is_polled_now(whole)
            || self.asks_in_page(whole)
        {
            return;
        }
        let line = replacements.first().map_or(self.near, |other| other.line);
        if let Some(around) = self.found_inside(whole) {
            let (rule, message) = match around {
                Around::Condition => ("conditional-assertion", "the assertion is made only under a condition"),
                Around::Loop => ("conditional-assertion", "the assertion is in a loop that may run zero times"),
                Around::Try | Around::Suppress => ("swallowed-assertion", "the failure of the assertion is caught"),
                Around::Callback => ("unreachable-assertion", "the assertion is in a callback that may never run"),
                Around::Function => ("unreachable-assertion", "the assertion is in a function of its own"),
                Around::Test => ("moved-assertion", "another test makes the assertion"),
                Around::AfterExit => ("unreachable-assertion", "the assertion is never reached"),
                Around::Unawaited => ("unawaited-assertion", "the assertion is in something that is not awaited"),
            };
            let called = around == Around::Function;
            if called && replacements.iter().any(|other| self.calls_asserting(other)) {
                self.report("moved-assertion", line, "the assertion moved into a function: compare it by hand");
            } else {
                self.report(rule, line, message);
            }
            return;
        }
        if self.is_commented_out(stmt) {
            self.report("commented-out-assertion", line, "the assertion is a comment now");
            return;
        }
        if replacements.iter().any(|other| self.calls_asserting(other)) {
            self.report("moved-assertion", line, "a function that asserts stands in its place: compare it by hand");
            return;
        }
        let stands_in = replacements
            .iter()
            .any(|other| assertion::of_stmt(other, &asserts).is_some_and(|found| found.style != Style::Implicit));
        let awaits = |stmt: &&Stmt| stmt.exprs().iter().any(|node| matches!(node.kind, Kind::Await(_)));
        if self.error_is_named(whole) || denies_error(whole) && self.stretch.new.iter().any(awaits) {
            self.report("changed-expectation", line, "the error is asserted another way");
        } else if stands_in && self.count_assertions_kept() {
            self.report("weaker-assertion", line, "the assertion was replaced by another");
        } else {
            self.report("removed-assertion", self.near, "the assertion is gone");
        }
    }

    /// Whether an assertion that took the place of others finds what it asserts in the element that was waited for, as far
    /// as the words tell.
    fn is_waited_for(&self, wait: &Node) -> bool {
        let Some(element) = awaited_element(wait) else { return false };
        let known = meaning(&locator::read(&element).says());
        self.stretch.new.iter().filter_map(|stmt| assertion::of_stmt(stmt, &self.asserts())).any(|found| {
            let subject = found.subject.first().map(|subject| self.spelled_out(subject, Side::New));
            let says = subject.filter(is_locator).map(|subject| meaning(&locator::read(&subject).says()));
            found.awaited
                && found.claim() != Claim::Absence
                && says.is_some_and(|says| says.iter().any(|word| known.contains(word)))
        })
    }

    /// Whether a step is taken in the very element that was waited for: it waits for it by itself.
    fn acts_within(&self, wait: &Node) -> bool {
        let Some(outer) = awaited_element(wait).map(|element| locator::read(&element)) else { return false };
        let is_in = |node: &Node| locator::read(node).lies_in(&outer);
        self.stretch.new.iter().any(|stmt| {
            let StmtKind::Expr(node) = &stmt.kind else { return false };
            let spelled = self.spelled_out(node, Side::New);
            !steps_of(stmt).is_empty() && locator::found_in(spelled.bare()).into_iter().any(is_in)
        })
    }

    /// `await expect.poll(async () => await calls()).toHaveLength(1)`, where it was asserted once of what `calls()` had given.
    fn is_polled_now(&self, whole: &'a Node) -> bool {
        let asserts = self.asserts();
        let Some(was) = assertion::of(whole, &asserts) else { return false };
        let Some(given) = was.subject.first().and_then(|subject| self.given(subject.ident()?, Side::Old)) else {
            return false;
        };
        let said = |found: &assertion::Assertion| {
            found.matchers.iter().map(|one| (one.names.join("."), one.args.to_vec())).collect::<Vec<_>>()
        };
        let Some(scope) = self.scopes.last() else { return false };
        scope
            .new
            .iter()
            .filter_map(|stmt| assertion::of_stmt(stmt, &asserts))
            .any(|is| is.awaited && polled(&is).is_some_and(|asked| asked == given.bare()) && said(&is) == said(&was))
    }

    /// `assert "late" in str(error.value)`, where the only error of the test is expected with `match="late"`.
    fn matched_by_context(&self, whole: &Node) -> bool {
        let (Kind::Binary(op, text, of), Some(scope)) = (&whole.kind, self.scopes.last()) else { return false };
        let plain = text.string().is_some_and(|text| text.chars().all(|next| next.is_alphanumeric() || next == ' '));
        let of_error = matches!(&of.kind, Kind::Call { callee, args: told, .. } if callee.ident() == Some("str")
            && matches!(told.as_slice(), [Node { kind: Kind::Member { name, .. }, .. }] if name == "value"));
        let raising = scope.new.iter().flat_map(|stmt| stmt.exprs()).filter(|item| expects_failure(item));
        let matches = |item: &&Node| {
            item.any(&mut |node| matches!(&node.kind, Kind::Object(entries) if entries.contains(&("match".into(), (**text).clone()))))
        };
        op == "in" && plain && of_error && raising.clone().count() == 1 && raising.clone().all(|item| matches(&item))
    }

    /// Whether a wait begins in another statement now, before the step that it waits for, and its end is waited for.
    pub fn begins_before(&self, wait: &Node) -> bool {
        let Some(scope) = self.scopes.last() else { return false };
        let awaits = |stmt: &&Stmt, name: &str| matches!(&stmt.kind, StmtKind::Expr(Node { kind: Kind::Await(promise), .. }) if promise.ident() == Some(name));
        let begins = |stmt: &&&Stmt| match &stmt.kind {
            StmtKind::Decl { target, init: Some(value), .. } if value == wait && !scope.old.contains(stmt) => {
                target.ident().is_some_and(|name| scope.new.iter().any(|later| awaits(later, name)))
            }
            _ => false,
        };
        scope.new.iter().any(|stmt| begins(&stmt))
    }

    fn count_assertions_kept(&self) -> bool {
        let asserts = self.asserts();
        let count = |stmts: &[&Stmt]| stmts.iter().filter(|stmt| assertion::of_stmt(stmt, &asserts).is_some()).count();
        self.scopes.last().is_some_and(|scope| count(&scope.new) >= count(&scope.old))
    }

    /// Whether the same assertion stands unconditionally in the new body as often as in the old one. Then it moved: past
    /// other steps, which is for a person to judge.
    fn still_asserted(&mut self, whole: &'a Node, was: &Stmt) -> bool {
        let Some(scope) = self.scopes.last() else { return false };
        let is_it = |stmt: &&&Stmt| {
            stmt.exprs().first().is_some_and(|node| node.bare() == whole || settled(node.bare()) == settled(whole))
                && matches!(stmt.kind, StmtKind::Expr(_) | StmtKind::Assert(..) | StmtKind::Return(_))
        };
        let count = |stmts: &[&Stmt]| stmts.iter().filter(is_it).count();
        let exits = scope.new.iter().position(|stmt| matches!(stmt.kind, StmtKind::Return(None) | StmtKind::Throw(_)));
        let reached = &scope.new[..exits.unwrap_or(scope.new.len())];
        let line = reached.iter().find(|stmt| is_it(stmt)).map(|stmt| stmt.line);
        let awaited = |stmts: &[&Stmt]| {
            stmts
                .iter()
                .filter(is_it)
                .all(|stmt| !matches!(&stmt.kind, StmtKind::Expr(node) if !matches!(node.kind, Kind::Await(_))))
        };
        let was_awaited = awaited(&scope.old) && awaited(&[was]);
        let enough = count(reached) > 0 && count(reached) >= count(&scope.old).max(1);
        if enough && (!was_awaited || awaited(reached)) {
            // Without one in the old body it was in a condition, a loop or a try, and is asserted more often now.
            if let Some(line) = line.filter(|_| count(&scope.old) > 0 && !self.only_passes_assertions(was, whole)) {
                self.report("moved-assertion", line, "the assertion is made at another point of the test");
            }
            return true;
        }
        false
    }

    /// Where else in the new body the assertion stands.
    fn found_inside(&self, whole: &Node) -> Option<Around> {
        let scope = self.scopes.iter().rev().find(|scope| !matches!(scope.place, Place::Class))?;
        search(&scope.new, whole, None).or_else(|| {
            let file = self.scopes.first()?;
            let holds = |stmt: &Stmt| stmt.exprs().iter().any(|node| node.bare() == whole);
            file.new.iter().find_map(|stmt| match &stmt.kind {
                StmtKind::Func(func) if !func.body.iter().any(holds) => None,
                StmtKind::Func(func) if is_python_test(self.path, func) => Some(Around::Test),
                StmtKind::Func(_) => Some(Around::Function),
                _ => None,
            })
        })
    }

    /// Whether a key is still given a value somewhere, as an entry of an object.
    fn speaks_of_key(&self, key: &str) -> bool {
        let names =
            |node: &Node| matches!(&node.kind, Kind::Object(entries) if entries.iter().any(|(name, _)| name == key));
        self.new.body.iter().any(|stmt| stmt.any(&mut |node| names(node)))
    }

    /// A request that prepared what a test finds, or made it.
    fn no_longer_sends(&mut self, node: &Node) {
        let sends = |node: &Node| {
            let chain = Chain::of(node);
            let name = chain.last().filter(|link| link.args.is_some()).map_or("", |link| link.name);
            chain.has("request") && matches!(name, "post" | "put" | "patch" | "delete")
        };
        let still = |scope: &Scope| scope.new.iter().any(|other| other.exprs().into_iter().any(sends));
        if sends(node) && self.scopes.last().is_some_and(|scope| !still(scope)) {
            self.report("dropped-step", self.near, "a request is not sent any more");
        }
    }

    /// What is put into something of the product, by a name that lists and maps have, too: `store.set('theme', 'dark')`.
    fn no_longer_puts(&mut self, node: &Node) {
        let chain = Chain::of(node);
        let ([of, put], None) = (chain.links.as_slice(), chain.base) else { return };
        if of.args.is_some() || !matches!(put.name, "set" | "append" | "extend" | "insert") || put.args.is_none() {
            return;
        }
        let of_language = |value: &Node| match &value.kind {
            Kind::Array(_) | Kind::Object(_) => true,
            Kind::New { callee, .. } | Kind::Call { callee, .. } => {
                matches!(
                    callee.ident(),
                    Some("Map" | "Set" | "WeakMap" | "set" | "dict" | "list" | "URLSearchParams" | "FormData")
                )
            }
            _ => false,
        };
        let own = self.given(of.name, Side::Old).is_some_and(of_language);
        let puts = |stmt: &Stmt| {
            let same = |part: &Node| {
                let other = Chain::of(part);
                other.links.len() == 2 && other.links[0].name == of.name && other.links[1].name == put.name
            };
            stmt.any(&mut |part| same(part))
        };
        if !own && !self.scopes.last().is_some_and(|scope| scope.new.iter().any(|stmt| puts(stmt))) {
            self.report(
                "dropped-step",
                self.near,
                format!("`{}` is not given anything by `{}` any more", of.name, put.name),
            );
        }
    }

    /// `cy.wait('@save')` fails if nothing is sent.
    fn no_longer_awaited(&mut self, node: &Node) {
        let alias = |node: &'_ Node| {
            let chain = Chain::of(node);
            let args = chain.called("wait").filter(|_| chain.root() == "cy")?;
            args.first().and_then(Node::string).filter(|alias| alias.starts_with('@')).map(str::to_owned)
        };
        let Some(gone) = alias(node) else { return };
        let speaks = |part: &Node| {
            let of_it = |text: &str| text.trim_start_matches('@') == gone.trim_start_matches('@');
            let chain = Chain::of(part);
            chain.root() == "cy"
                && [chain.called("wait"), chain.called("get")]
                    .iter()
                    .flatten()
                    .any(|args| args.first().is_some_and(|arg| arg.any(&mut |name| name.string().is_some_and(of_it))))
        };
        let still =
            self.scopes.last().is_some_and(|scope| scope.new.iter().any(|stmt| stmt.any(&mut |part| speaks(part))));
        if !still {
            self.report("dropped-wait", self.near, format!("`{gone}` is not waited for any more"));
        }
    }

    /// What was recorded before a test may be what is asserted of the next one.
    fn no_longer_clears(&mut self, stmt: &Stmt) {
        let in_hook = self.scopes.last().filter(|scope| scope.place == Place::Hook);
        let still = |scope: &Scope| scope.new.iter().any(|stmt| clean_up::resetting(stmt).is_some());
        if let (Some(scope), Some(name)) = (in_hook, clean_up::resetting(stmt))
            && clean_up::clears(name)
            && !still(scope)
            && !clean_up::resets_after_each(&self.new.body, name)
        {
            self.report("dropped-step", self.near, format!("`{name}` is not done any more"));
        }
    }

    /// Whether what a statement resets at the end of a test is reset by a hook now.
    pub fn is_reset_by_hook(&self, stmt: &Stmt) -> bool {
        let last = |scope: &Scope| {
            let mut rest = scope.old.iter().skip_while(|other| !std::ptr::eq(**other, stmt));
            scope.place == Place::Test && rest.all(|stmt| clean_up::resetting(stmt).is_some())
        };
        self.scopes.last().is_some_and(last)
            && clean_up::resetting(stmt).is_some_and(|name| clean_up::resets_after_each(&self.new.body, name))
    }

    fn calls_asserting(&self, stmt: &Stmt) -> bool {
        let asserts = self.asserts();
        matches!(stmt.kind, StmtKind::Expr(_) | StmtKind::Return(_))
            && assertion::of_stmt(stmt, &asserts).is_some_and(|found| found.style == Style::Helper)
    }

    fn is_commented_out(&self, stmt: &Stmt) -> bool {
        let squeeze = |text: &str| text.chars().filter(|next| next.is_alphanumeric()).collect::<String>();
        let last = stmt.end.min(self.old_text.len());
        let source = squeeze(&self.old_text.get(stmt.line.saturating_sub(1)..last).unwrap_or_default().concat());
        let comments: String = self.new.comments.iter().map(|(_, text)| squeeze(text)).collect();
        let before: String = self.old.comments.iter().map(|(_, text)| squeeze(text)).collect();
        !source.is_empty() && comments.contains(&source) && !before.contains(&source)
    }
}

/// Whether an assertion of an error became one that a call fails with it.
fn names_error(old: &Node, new: &assertion::Assertion) -> bool {
    let Some(before) = assertion::of(old, &|_| false) else { return false };
    let ([was], [is]) = (before.matchers.as_slice(), new.matchers.as_slice()) else { return false };
    let ([text], ["toThrow" | "toThrowError"] | ["rejects", _]) = (was.args, is.names.as_slice()) else { return false };
    let said = |said: &str| text.string().is_some_and(|text| said.contains(text));
    let says = |part: &Node| part == text || matches!(&part.kind, Kind::Str(text) | Kind::Regex(text) if said(text));
    !was.names.contains(&"not") && is.args.iter().any(|arg| arg.any(&mut |part| says(part)))
}

/// Whether an assertion says that a callback was given no error.
fn denies_error(old: &Node) -> bool {
    let Some(found) = assertion::of(old, &|_| false) else { return false };
    let nothing = |names: &[&str]| matches!(names, ["toBeNull" | "toBeUndefined" | "toBeFalsy"]);
    matches!(found.subject, [subject] if matches!(subject.ident(), Some("err" | "error" | "e")))
        && matches!(found.matchers.as_slice(), [one] if nothing(&one.names))
}

/// `await screen.findByText('a')`, where it was `await waitFor(() => screen.getByText('a'))`.
fn waits_to_find(found: &Node, wait: &Node) -> bool {
    let Some([Node { kind: Kind::Fn(func), .. }, ..]) = Chain::of(wait).called("waitFor") else { return false };
    let [Stmt { kind: StmtKind::Return(Some(asked)) | StmtKind::Expr(asked), .. }] = func.body.as_slice() else {
        return false;
    };
    let (Kind::Await(found), Kind::Call { callee: was, args: before, .. }) = (&found.kind, &asked.kind) else {
        return false;
    };
    let Kind::Call { callee: is, args: after, .. } = &found.kind else { return false };
    let (Kind::Member { object: one, name: get, .. }, Kind::Member { object: other, name: find, .. }) =
        (&was.kind, &is.kind)
    else {
        return false;
    };
    one == other && before == after && get.strip_prefix("get") == find.strip_prefix("find") && get.starts_with("getBy")
}

fn is_wait(node: &Node) -> bool {
    Chain::of(node).last().is_some_and(|link| CHECKING_WAITS.contains(&link.name))
}

/// The innermost thing that makes an assertion uncertain, if it stands somewhere below.
fn search(stmts: &[&Stmt], whole: &Node, around: Option<Around>) -> Option<Around> {
    let mut around = around;
    for stmt in stmts {
        let here = stmt.exprs().first().is_some_and(|node| node.bare() == whole);
        if here {
            let unawaited = matches!(&stmt.kind, StmtKind::Expr(node) if !matches!(node.kind, Kind::Await(_)));
            return around.or(unawaited.then_some(Around::Unawaited));
        }
        let inside = match &stmt.kind {
            StmtKind::If { .. } => Around::Condition,
            StmtKind::Loop { .. } => Around::Loop,
            StmtKind::Try { .. } => Around::Try,
            StmtKind::With { .. } => Around::Suppress,
            StmtKind::Func(_) | StmtKind::Class(_) => Around::Function,
            _ => Around::Callback,
        };
        for block in stmt.blocks() {
            let inner: Vec<&Stmt> = block.iter().collect();
            if let Some(found) = search(&inner, whole, Some(inside)) {
                return Some(found);
            }
        }
        for node in stmt.exprs() {
            let mut found = None;
            let operator = match &node.bare().kind {
                Kind::Binary(op, ..) if matches!(op.as_str(), "&&" | "||" | "??") => Some(Around::Condition),
                Kind::Ternary(..) => Some(Around::Condition),
                _ => None,
            };
            let chain = Chain::of(node);
            let caught = chain.has("catch")
                || matches!(chain.root(), "Promise" if chain.links.iter().any(|link| matches!(link.name, "race" | "any" | "allSettled")));
            if (operator.is_some() || caught || !node.functions().is_empty() || chain.root() == "Promise")
                && node.any(&mut |part| part == whole)
            {
                found = operator.or(if caught { Some(Around::Try) } else { None });
            }
            if found.is_some() {
                return found;
            }
            for func in node.functions() {
                let inner: Vec<&Stmt> = func.body.iter().collect();
                let name = chain.last().map(|link| link.name).unwrap_or_default();
                let inside = match name {
                    "forEach" | "each" | "map" | "filter" | "some" | "every" => Around::Loop,
                    "step" => Around::Unawaited,
                    _ if caught => Around::Try,
                    _ if declaration(node).is_some_and(|one| !one.hook && !one.suite) => Around::Test,
                    _ if matches!(stmt.kind, StmtKind::Decl { .. }) => Around::Function,
                    _ => Around::Callback,
                };
                if let Some(found) = search(&inner, whole, Some(inside)) {
                    return Some(found);
                }
            }
        }
        if matches!(stmt.kind, StmtKind::Return(_) | StmtKind::Throw(_)) {
            around = around.or(Some(Around::AfterExit));
        }
    }
    None
}
