//! Statements that were not there: each must be of a kind that is known to be harmless.

use super::super::assertion::{self, Style};
use super::super::chain::Chain;
use super::super::clean_up;
use super::super::files::is_conftest;
use super::super::ir::{Func, Kind, Node, Stmt, StmtKind, any_stmt};
use super::super::locator::is_locator;
use super::super::scan::{marks_seen, only_marks_seen, only_scrolls};
use super::super::words::{ACTIONS, NAVIGATION, PASSIVE, READS, asserts_by_name, incidental, words};
use super::align::declaration;
use super::harmless::{answers_browser, is_vocabulary, only_consents};
use super::imports::extended_test;
use super::oracle::claims::contains_assertion;
use super::oracle::synonyms::only_shows_otherwise;
use super::pairs::{is_reserved, leaves};
use super::self_made::arranged::navigates;
use super::steps::reshaped::speaks_of;
use super::steps::steps_of;
use super::{Differ, Place, Scope, bound, declared, is_python_test};

impl<'a> Differ<'a> {
    /// `const popup = await popupPromise`, where the promise is of what `popup` was.
    fn is_awaited_later(&self, stmt: &Stmt) -> bool {
        let StmtKind::Decl { target, init: Some(Node { kind: Kind::Await(promise), .. }), .. } = &stmt.kind else {
            return false;
        };
        self.awaited_later.iter().any(|(name, from)| target.ident() == Some(*name) && promise.ident() == Some(*from))
    }

    /// A declaration that the file imported before, as it was.
    fn was_imported(&self, stmt: &Stmt) -> bool {
        let imported = |name: &str| {
            self.old.body.iter().any(|stmt| matches!(&stmt.kind, StmtKind::Import(import) if import.names.iter().any(|(from, local)| from == name && local == name)))
        };
        let moved = |name: &&str| self.around.moves.brought(self.path, name) && imported(name);
        self.place() == Place::File && !declared(stmt).is_empty() && declared(stmt).iter().all(moved)
    }

    /// Whether a statement of a fixture only takes away, after the test, what the fixture has made.
    fn is_after_use(&self, stmt: &Stmt) -> bool {
        let hands_out = |other: &Stmt| match &other.kind {
            StmtKind::Expr(node) => Chain::of(node).names() == ["use"],
            _ => false,
        };
        let Some(scope) = self.scopes.last().filter(|scope| scope.place == Place::Function) else { return false };
        let mut before = scope.new.iter().take_while(|other| !std::ptr::eq(**other, stmt));
        clean_up::takes_away(stmt) && before.any(|other| hands_out(other))
    }

    pub fn fresh(&mut self, stmt: &'a Stmt, is_last: bool) {
        if self.is_awaited_later(stmt) || self.was_imported(stmt) || self.is_after_use(stmt) {
            return;
        }
        self.fresh_names(stmt);
        self.renders_again(stmt);
        self.may_take_away(stmt);
        if !matches!(stmt.kind, StmtKind::Func(_) | StmtKind::Class(_) | StmtKind::Import(_)) {
            self.feigns(stmt);
        }
        match &stmt.kind {
            StmtKind::Import(_) => {}
            StmtKind::Expr(node) => {
                self.makes_state(stmt);
                self.enters_again(stmt);
                if self.guarded
                    && !self.is_fresh()
                    && !incidental(node)
                    && !is_passive(node)
                    && !steps_of(stmt).is_empty()
                {
                    self.report("conditional-step", stmt.line, "another step is taken under a condition");
                }
                self.presets(stmt);
                if !self.confirms(stmt) {
                    self.leads(stmt);
                    self.stages(stmt);
                    self.misleads(stmt);
                }
                self.tears_down(stmt);
                self.hands_over_evidence(node);
                self.arranges(node, stmt.line);
                self.fresh_expr(node, stmt.line);
            }
            StmtKind::Decl { target, init, .. } => {
                self.arranges_unused(stmt);
                if let Some(init) = init {
                    let acts =
                        Chain::of(init).last().is_some_and(|link| link.args.is_some() && ACTIONS.contains(&link.name));
                    if acts
                        && matches!(init.kind, Kind::Call { .. })
                        && self.in_test()
                        && is_locator(init)
                        && !self.path.ends_with(".py")
                    {
                        self.report("dropped-await", stmt.line, "a step begins, and is not awaited where it stands");
                    }
                    self.timeouts(None, init);
                    self.harmless(init);
                    self.callbacks_of(init);
                }
                if let (Some(Node { kind: Kind::Fn(func), .. }), Some(name)) = (init, Chain::of(target).last()) {
                    self.defined(name.name, func, stmt.line);
                }
            }
            StmtKind::Assert(node, _) => self.harmless(node),
            StmtKind::Func(func) => {
                let place = if is_python_test(self.path, func) { Place::Test } else { Place::Function };
                for decorator in &func.decorators {
                    let names = Chain::of(decorator).names();
                    #[rustfmt::skip]
                    const KNOWN: [&str; 6] =
                        ["fixture", "parametrize", "property", "staticmethod", "classmethod", "usefixtures"];
                    if !names.iter().any(|name| KNOWN.contains(name)) {
                        self.report("changed-mark", stmt.line, format!("the mark `{}`", names.join(".")));
                    }
                    if is_conftest(self.path)
                        && names.contains(&"fixture")
                        && !func.body.iter().all(only_clears_the_way)
                        && !self.around.moves.brought(self.path, &func.name)
                    {
                        self.report("runner-config", stmt.line, "a new fixture may take the place of another");
                    }
                    let everywhere = decorator.any(&mut |node| matches!(&node.kind, Kind::Object(entries) if entries.iter().any(|(key, _)| key == "autouse")));
                    if everywhere {
                        self.report("unknown-change", stmt.line, "a fixture that every test uses");
                    }
                }
                self.suspicious(&func.name, stmt.line);
                self.defined(&func.name, func, stmt.line);
                self.titled(place == Place::Test, &func.name, |this| this.function(place, None, func, stmt.line));
            }
            StmtKind::Class(class) => self.class(None, class, stmt.line),
            StmtKind::If { cond, then, other } => self.fresh_if(stmt, cond, then, other),
            StmtKind::Loop { head, body } => {
                let asserts = self.asserts();
                // It goes on until what is asserted is so.
                let until = head.len() == 1 && body.iter().any(|stmt| !steps_of(stmt).is_empty());
                let over_page = !leaves(body) && !until && !body.iter().any(acts_again);
                let pages = pages_until_shown(head, body) && !self.stretch.old.iter().any(|stmt| goes_on(stmt));
                if !pages && (!self.is_fresh() || !over_page) {
                    let holds = body.iter().any(|stmt| contains_assertion(stmt, &asserts));
                    if !(holds && over_page) {
                        self.report("unknown-change", stmt.line, "a loop that was not there");
                    }
                }
                head.iter().for_each(|node| self.harmless(node));
                self.block(&[], body);
            }
            StmtKind::Try { body, handlers, finally } => {
                let asserts = self.asserts();
                let simple =
                    body.iter().all(|stmt| matches!(stmt.kind, StmtKind::Expr(_))) && !body.iter().any(acts_again);
                let optional = body.iter().any(is_incidental)
                    || body.iter().all(|stmt| matches!(&stmt.kind, StmtKind::Expr(node) if is_passive(node)));
                if body.iter().any(|stmt| contains_assertion(stmt, &asserts)) {
                    self.report("swallowed-assertion", stmt.line, "an assertion in a block whose failure is caught");
                } else if !(simple && optional) {
                    self.report("swallowed-step", stmt.line, "steps that may fail unnoticed");
                }
                if handlers.iter().any(|(_, body)| {
                    leaves(body) && !matches!(body.first().map(|stmt| &stmt.kind), Some(StmtKind::Throw(_)))
                }) {
                    self.report("early-exit", stmt.line, "the test ends when a step fails");
                }
                self.block(&[], body);
                for (_, handler) in handlers {
                    self.block(&[], handler);
                }
                self.block(&[], finally);
            }
            StmtKind::With { items, body } => {
                for item in items {
                    let raises = Chain::of(item)
                        .names()
                        .iter()
                        .any(|name| name.starts_with("raises") || name.starts_with("assertRaises"));
                    if !raises
                        && !matches!(Chain::of(item).last().map(|link| link.name), Some("step" | "subTest" | "subtest"))
                    {
                        self.report("unknown-change", item.line, "a context that was not there");
                    }
                    self.harmless(item);
                }
                self.block(&[], body);
            }
            StmtKind::Block(body) => self.block(&[], body),
            StmtKind::Return(value) => self.fresh_return(value.as_ref(), stmt.line, is_last),
            StmtKind::Throw(_) => {
                if self.in_test() && self.is_handed_over(stmt) {
                    self.report("changed-input", stmt.line, "what is given to the product fails");
                } else if self.in_test() {
                    self.report("early-exit", stmt.line, "the test ends here");
                } else if !self.is_fresh() {
                    self.report("unknown-change", stmt.line, "an error that was not thrown");
                }
            }
            StmtKind::Jump(word) if word == "pass" => {}
            StmtKind::Jump(_) => {
                if !self.is_fresh() || self.in_test() {
                    self.report("early-exit", stmt.line, "what follows is not reached");
                }
            }
            StmtKind::Other(kind, _) => {
                if !matches!(kind.as_str(), "debugger_statement debugger" | "global_statement") {
                    self.report("unknown-change", stmt.line, "a statement that the gate does not know");
                }
            }
        }
    }

    fn fresh_expr(&mut self, node: &'a Node, line: usize) {
        self.timeouts(None, node);
        if let Some(found) = declaration(node) {
            let place = match (found.hook, found.suite) {
                (true, _) => Place::Hook,
                (_, true) => Place::Suite,
                _ => Place::Test,
            };
            let after = found.words.iter().any(|word| word.starts_with("after") || word.starts_with("tear"));
            let stores = speaks_of(self.old, "setItem");
            let leaves_nothing = |stmt: &Stmt| closes(stmt) || !stores && clean_up::empties_storage(stmt);
            let only_closes = found.body.is_some_and(|body| body.body.iter().all(leaves_nothing));
            if after
                && found.body.is_some_and(|body| !body.body.is_empty() && body.body.iter().all(clean_up::takes_away))
            {
                return;
            }
            // What an earlier test left there is no part of what a test proves.
            let empties = found.words.contains(&"beforeEach")
                && found.body.is_some_and(|body| body.body.iter().all(clean_up::empties_storage))
                && !stores;
            if empties {
                return;
            }
            if after && !self.is_fresh() && !only_closes {
                self.report("unknown-change", line, "a hook that runs after the tests");
            }
            if found.hook && !after && !self.is_fresh() && found.body.is_some_and(|body| body.body.iter().any(acts)) {
                self.report("unknown-step", line, "a hook that was not there does something before the tests");
            }
            self.suite_became_async(None, &found, line);
            let title = found.title.and_then(Node::string).unwrap_or_default();
            if found.body.is_none() {
                self.report("skipped-test", line, "a test without a body");
            }
            if let Some(body) = found.body {
                self.titled(place == Place::Test, title, |this| this.function(place, None, body, line));
            }
            return;
        }
        let chain = Chain::of(node);
        let ends = matches!(chain.root(), "done" | "next" | "resolve" | "reject" | "cb" | "callback");
        if chain.links.len() == 1 && ends && !self.around.known.contains(chain.root()) {
            self.report("early-exit", line, format!("`{}` ends the test", chain.root()));
        }
        if chain.links.len() == 1
            && self.in_test()
            && self.claims_on(chain.root()).is_some()
            && self.held.contains_key(chain.root())
        {
            self.report("unknown-step", line, format!("the test calls `{}` itself", chain.root()));
        }
        let asserts = self.asserts();
        let asserted = assertion::of(node, &asserts);
        self.harmless(node);
        if asserted.is_some_and(|found| !matches!(found.style, Style::Implicit | Style::Helper)) {
            self.callbacks_of(node);
            return;
        }
        let mut caught = chain.has("catch");
        caught |= chain.links.iter().any(|link| link.optional);
        if caught && !incidental(node) {
            self.report("swallowed-step", line, "a step that may fail unnoticed");
        }
        let moves_on = chain.links.len().checked_sub(1).is_some_and(|last| self.moves_on(&chain, last));
        if let Some(unknown) = chain.links.iter().skip(1).find(|link| link.args.is_some()).filter(|_| !moves_on)
            && self.in_test()
            && !is_locator(node)
            && !is_vocabulary(chain.root(), unknown.name)
            && !asserts_by_name(unknown.name)
            && !only_shows_otherwise(node)
            && !answers_browser(unknown.name, unknown.args.unwrap_or_default())
            && !only_scrolls(unknown.name, unknown.args.unwrap_or_default())
            && !only_marks_seen(unknown.name, unknown.args.unwrap_or_default())
            && !marks_seen(node)
            && !self.only_cleans_up(node)
            && self.is_opaque(&chain, unknown.name)
        {
            self.report("unknown-step", line, format!("`{}.{}`", chain.root(), unknown.name));
        }
        let requests = chain.links.iter().skip(1).find(|link| {
            link.args.is_some() && matches!(link.name, "post" | "put" | "patch" | "delete" | "append" | "prepend")
        });
        if let Some(link) = requests.filter(|link| self.in_test() && !self.is_fresh() && link.name != "append") {
            self.report("unknown-step", line, format!("`{}` was not called before", link.name));
        } else if requests.is_some() && !self.path.ends_with(".py") && self.in_test() {
            self.report("unknown-step", line, "adds to the page, or to something that is sent");
        }
        let navigates = navigates(node);
        if navigates
            && !self.is_fresh()
            && !self.clears_the_way_there(node)
            && !self.comes_after_all(node)
            && (self.in_test() || self.place() == Place::Function && !self.goes_anywhere())
        {
            self.report("changed-url", line, "the test goes to a page by itself");
        }
        if navigates {
            let off_site = node.any(&mut |part| {
                part.string().is_some_and(|text| {
                    text.starts_with("http://") || text.starts_with("https://") || text.starts_with("//")
                })
            });
            if off_site {
                self.report("changed-url", line, "the test goes to another site");
            }
        }
        self.callbacks_of(node);
    }

    /// Where the statement of an expression stands in the new version of the scope around.
    fn place_of(&self, node: &Node) -> Option<(&Scope<'a>, usize)> {
        let scope = self.scopes.last()?;
        let is_it = |stmt: &&Stmt| matches!(&stmt.kind, StmtKind::Expr(other) if std::ptr::eq(other, node));
        Some((scope, scope.new.iter().position(is_it)?))
    }

    /// Whether a test has asserted by then what it asserted before: what follows is asserted besides.
    fn comes_after_all(&self, node: &Node) -> bool {
        let Some((scope, at)) = self.place_of(node).filter(|(scope, _)| scope.place == Place::Test) else {
            return false;
        };
        let asserts = self.asserts();
        let claims = |stmts: &[&Stmt]| {
            let proper =
                |stmt: &&&Stmt| assertion::of_stmt(stmt, &asserts).is_some_and(|found| found.style != Style::Implicit);
            stmts.iter().filter(proper).count()
        };
        let (before, after) = scope.new.split_at(at);
        !after.iter().any(|stmt| scope.old.contains(stmt))
            && claims(before) >= claims(&scope.old)
            && claims(&scope.old) > 0
    }

    /// Whether a test goes to a page only to deal with what stands in the way, before it goes to its own, or goes to its own
    /// once more after that.
    fn clears_the_way_there(&self, node: &Node) -> bool {
        let Some((scope, at)) = self.place_of(node) else { return false };
        let goes = |stmt: &Stmt| stmt.exprs().into_iter().any(navigates);
        let known = |address: &str| {
            address == "/" || self.old.body.iter().any(|stmt| stmt.any(&mut |part| part.string() == Some(address)))
        };
        if node.any(&mut |part| part.string().is_some_and(|address| !known(address))) {
            return false;
        }
        let clears = |stmts: &[&Stmt]| !stmts.is_empty() && stmts.iter().all(|stmt| is_incidental(stmt));
        let next = scope.new[at + 1..].iter().position(|stmt| goes(stmt));
        let before = scope.new[..at].iter().rposition(|stmt| goes(stmt));
        next.is_some_and(|next| clears(&scope.new[at + 1..at + 1 + next]))
            || scope.old.contains(&scope.new[at]) && before.is_some_and(|before| clears(&scope.new[before + 1..at]))
    }

    /// Whether the code around went to a page before the change.
    fn goes_anywhere(&self) -> bool {
        let goes = |node: &Node| match &node.kind {
            Kind::Member { object, name, .. } => {
                NAVIGATION.contains(&name.as_str())
                    || name == "get"
                        && Chain::of(object).last().is_some_and(|link| matches!(link.name, "driver" | "browser"))
            }
            _ => false,
        };
        self.scopes.last().is_some_and(|scope| scope.old.iter().any(|stmt| stmt.any(&mut |node| goes(node))))
    }

    fn callbacks_of(&mut self, node: &'a Node) {
        self.classes_of(None, node);
        for func in node.functions() {
            self.function(Place::Function, None, func, node.line);
        }
    }

    fn fresh_if(&mut self, stmt: &'a Stmt, cond: &'a Node, then: &'a [Stmt], other: &'a [Stmt]) {
        self.harmless(cond);
        let body = || then.iter().chain(other);
        if body().any(|stmt| leaves(std::slice::from_ref(stmt))) && (self.in_test() || !self.is_fresh()) {
            self.report("early-exit", stmt.line, "the rest is reached only under a condition");
        }
        let asserts = self.asserts();
        let assertion = body().any(|stmt| contains_assertion(stmt, &asserts));
        let reloads = body().any(|stmt| {
            stmt.any(&mut |node| matches!(&node.kind, Kind::Member { name, .. } if NAVIGATION.contains(&name.as_str())))
        });
        let knows_page = cond.any(&mut |node| {
            is_locator(node)
                || matches!(&node.kind, Kind::Member { name, .. } | Kind::Ident(name) if name.starts_with("is") || name == "count")
        });
        let opens =
            [cond].into_iter().chain(then.iter().flat_map(Stmt::exprs)).any(|node| incidental(node) || opens_way(node));
        let acts = body().any(|stmt| !steps_of(stmt).is_empty()) && self.drives_a_browser();
        if !assertion && ((reloads || !knows_page) && !self.is_fresh() || acts && !opens) {
            self.report("conditional-step", stmt.line, "steps that are taken under a condition");
        }
        self.block(&[], then);
        self.block(&[], other);
    }

    fn fresh_return(&mut self, value: Option<&'a Node>, line: usize, is_last: bool) {
        let place = self.place();
        if let Some(value) = value {
            self.arranges(value, line);
            self.timeouts(None, value);
            self.harmless(value);
            self.callbacks_of(value);
        }
        match place {
            Place::Function if self.is_fresh() => {}
            Place::Function if is_last => {
                if let Some(value) = value
                    && is_locator(value)
                {
                    return;
                }
                self.report("unknown-change", line, "the function returns something else");
            }
            _ if is_last && value.is_some_and(|value| matches!(value.kind, Kind::Await(_) | Kind::Call { .. })) => {}
            _ => self.report("early-exit", line, "what follows is not reached"),
        }
    }

    /// New names must not take the place of others.
    pub fn fresh_names(&mut self, stmt: &'a Stmt) {
        self.fresh_names_but(stmt, &[]);
    }

    /// The same, without names that were there.
    pub fn fresh_names_but(&mut self, stmt: &'a Stmt, kept: &[&str]) {
        let compared = matches!(stmt.kind, StmtKind::Import(_));
        if compared || self.takes_out_of_module(stmt) || self.is_computed_field(stmt) {
            return;
        }
        if let StmtKind::Decl { target, init, .. } = &stmt.kind {
            self.assigned(target, init.as_ref(), stmt.line);
        }
        for name in declared(stmt) {
            if name.is_empty() || name == "_" || name == "default" || kept.contains(&name) {
                continue;
            }
            let in_use = !self.is_fixture_of_no_one(stmt, name)
                && self
                    .scopes
                    .iter()
                    .rev()
                    .find(|scope| !scope.fresh)
                    .is_some_and(|scope| speaks_of_it(&scope.old, name));
            let nested = self
                .scopes
                .last()
                .is_some_and(|scope| scope.fresh && matches!(scope.place, Place::Function | Place::Test));
            let own_page = name == "page" && !in_use;
            let local = nested && matches!(name, "page" | "context" | "browser" | "driver");
            if is_reserved(name) && !own_page && !local {
                let extends = name == "test" && self.place() == Place::File && extended_test(self.new).is_some();
                let rule = if extends { "unknown-change" } else { "shadowed-name" };
                self.report(rule, stmt.line, format!("`{name}` is bound anew"));
            } else if in_use && !nested || self.place() == Place::Class && !self.is_fresh() && self.calls_member(name) {
                let method = self.place() == Place::Class && !self.calls_member(name);
                let declares = |scope: &Scope| scope.old.iter().any(|stmt| declared(stmt).contains(&name));
                let known = !method || self.scopes.last().is_some_and(declares);
                if known && !self.is_found_again(stmt, name) {
                    let rule = self.rule_of_binding(name);
                    self.report(rule, stmt.line, format!("`{name}` meant something else before"));
                }
            }
        }
    }

    /// Whether an element is found once more as it was found before: after a step, what was found first may be gone.
    fn is_found_again(&self, stmt: &Stmt, name: &str) -> bool {
        let StmtKind::Decl { target, init: Some(value), .. } = &stmt.kind else { return false };
        let counts = |node: &Node| match &node.kind {
            Kind::Call { callee, args, .. } => {
                callee.ident() == Some("len") && args.iter().any(|arg| arg.ident() == Some(name))
            }
            Kind::Member { object, name: part, .. } => part == "length" && object.ident() == Some(name),
            _ => false,
        };
        // An element is asked for its parts; what is a value by itself would be another one now.
        let asks = |node: &Node| matches!(&node.kind, Kind::Member { object, .. } if object.ident() == Some(name));
        let Some(scope) = self.scopes.last() else { return false };
        let element = is_locator(value) && !Chain::of(value).last().is_some_and(|link| READS.contains(&link.name))
            || scope.old.iter().any(|stmt| stmt.any(&mut |node| asks(node)));
        target.ident() == Some(name)
            && element
            && scope.old.contains(&stmt)
            && !self.onwards(stmt).iter().any(|stmt| stmt.any(&mut |node| counts(node)))
    }

    /// A name that the file had from elsewhere, and that a call gives now, may be the same thing: a person has to see who
    /// is called. What the file writes down itself is not.
    pub fn rule_of_binding(&self, name: &str) -> &'static str {
        let made = |value: &Node| {
            let from = match &value.bare().kind {
                Kind::New { callee, .. } => callee,
                Kind::Call { .. } | Kind::Member { .. } | Kind::Ident(_) => value,
                _ => return false,
            };
            value.functions().into_iter().all(gives_what_it_gets) && self.is_known(Chain::of(from).root())
        };
        let mut of_calls = !is_reserved(name);
        for stmt in &self.new.body {
            stmt.walk_stmts(&mut |inner| {
                if declared(inner).contains(&name) {
                    of_calls &= match &inner.kind {
                        StmtKind::Decl { init, .. } => init.as_ref().is_none_or(made),
                        StmtKind::Func(func) => {
                            matches!(func.body.as_slice(), [Stmt { kind: StmtKind::Return(Some(value)), .. }] if made(value))
                                && func.decorators.iter().any(|mark| Chain::of(mark).has("fixture"))
                        }
                        _ => false,
                    };
                }
            });
        }
        if of_calls { "changed-subject" } else { "shadowed-name" }
    }

    /// Whether a statement is a fixture that no function of the old file asked for by this name.
    fn is_fixture_of_no_one(&self, stmt: &Stmt, name: &str) -> bool {
        let StmtKind::Func(fixture) = &stmt.kind else { return false };
        let asks = |inner: &Stmt| matches!(&inner.kind, StmtKind::Func(func) if func.params.iter().flat_map(bound).any(|param| param == name));
        let is_fixture = fixture.decorators.iter().any(|mark| Chain::of(mark).has("fixture"));
        is_fixture && !any_stmt(&self.old.body, &mut |inner| asks(inner))
    }

    /// Whether the old file calls a member of this name that it did not declare: an inherited one.
    fn calls_member(&self, name: &str) -> bool {
        let declared_before =
            self.scopes.last().is_some_and(|scope| scope.old.iter().any(|stmt| declared(stmt).contains(&name)));
        let called = |node: &Node| matches!(&node.kind, Kind::Member { object, name: other, .. } if other == name && object.kind == Kind::Const("this".into()));
        !declared_before && self.old.body.iter().any(|stmt| stmt.any(&mut |node| called(node)))
    }

    /// An assignment to a part of something that was there.
    fn assigned(&mut self, target: &'a Node, init: Option<&'a Node>, line: usize) {
        let chain = Chain::of(target);
        if chain.links.len() < 2 || chain.base.is_some() {
            return;
        }
        let name = chain.last().map(|link| link.name).unwrap_or_default();
        let own_member = chain.root() == "this" && chain.links.len() == 2;
        if !own_member && self.writes_evidence(target) {
            self.report("faked-evidence", line, format!("writes into `{}`, which is asserted", chain.root()));
        } else if !own_member {
            self.report("unknown-change", line, format!("writes into `{}`", chain.root()));
        } else {
            let had = |inner: &Stmt| match &inner.kind {
                StmtKind::Decl { target: other, .. } => other == target,
                StmtKind::Func(func) => func.name == name,
                _ => false,
            };
            let of_class = |inner: &Stmt| matches!(&inner.kind, StmtKind::Class(class) if class.body.iter().any(|stmt| declared(stmt).contains(&name)));
            if any_stmt(&self.old.body, &mut |inner| of_class(inner)) {
                self.report("changed-subject", line, format!("`{name}` is another than that of the class"));
            }
            if any_stmt(&self.old.body, &mut |inner| had(inner)) {
                let rule = if init.is_some_and(is_locator) { "changed-subject" } else { "shadowed-name" };
                self.report(rule, line, format!("`this.{name}` meant something else before"));
            }
        }
    }
}

/// Whether statements speak of a name, but where it is only the parameter of a function: `(dialog) => dialog.accept()`.
fn speaks_of_it(stmts: &[&Stmt], name: &str) -> bool {
    let count = |node: &Node| {
        let mut found = 0;
        node.walk(&mut |part| found += usize::from(part.ident() == Some(name)));
        found
    };
    let mut own = 0;
    let mut all = 0;
    for stmt in stmts {
        all += usize::from(declared(stmt).contains(&name));
        stmt.walk(&mut |node| {
            all += usize::from(node.ident() == Some(name));
            if let Kind::Fn(func) = &node.kind
                && func.params.iter().any(|param| param.ident() == Some(name))
            {
                own += count(node);
            }
        });
    }
    all > own
}

/// Goes to a page, or does something to it; a browser may forget what it keeps.
fn acts(stmt: &Stmt) -> bool {
    let kept = |node: &Node| matches!(Chain::of(node).root(), "localStorage" | "sessionStorage");
    let acts = || steps_of(stmt).iter().any(|step| !step.own && step.in_the_way.is_empty());
    let exprs = stmt.exprs();
    !exprs.iter().any(|node| kept(node)) && (exprs.into_iter().any(navigates) || acts())
}

/// Does something again that could hide a failure: reloads, navigates, waits in a loop.
fn acts_again(stmt: &Stmt) -> bool {
    stmt.any(&mut |node| match &node.kind {
        Kind::Member { name, .. } => NAVIGATION.contains(&name.as_str()) || name == "waitForTimeout",
        _ => false,
    })
}

/// `(error) => error`
fn gives_what_it_gets(func: &Func) -> bool {
    match (func.params.as_slice(), func.body.as_slice()) {
        ([param], [Stmt { kind: StmtKind::Return(Some(value)), .. }]) => param == value && param.ident().is_some(),
        _ => false,
    }
}

fn is_incidental(stmt: &Stmt) -> bool {
    stmt.exprs().into_iter().any(incidental)
}

/// Whether an expression speaks of what has to be open before a step can be taken.
fn opens_way(node: &Node) -> bool {
    #[rustfmt::skip]
    const WAYS: [&str; 22] = [
        "menu", "nav", "navigation", "hamburger", "toggle", "accordion", "expand", "expanded", "collapse", "collapsed",
        "sidebar", "drawer", "tab", "panel", "dialog", "modal", "details", "summary", "more", "mobile", "login", "open",
    ];
    let said = |text: &str| words(text).iter().any(|word| WAYS.contains(&word.as_str()));
    node.any(&mut |part| match &part.kind {
        Kind::Ident(name) | Kind::Member { name, .. } => said(name),
        _ => part.string().is_some_and(said),
    })
}

/// Gives back what the tests have opened.
fn closes(stmt: &Stmt) -> bool {
    let node = match &stmt.kind {
        StmtKind::Expr(node) | StmtKind::Return(Some(node)) => node,
        _ => return false,
    };
    let chain = Chain::of(node);
    let quits = |name: &str| matches!(name, "close" | "quit" | "disconnect");
    chain.links.len() == 2 && chain.last().is_some_and(|link| link.args == Some(&[]) && quits(link.name))
        || clean_up::resetting(stmt).is_some()
}

fn is_passive(node: &Node) -> bool {
    Chain::of(node).last().is_some_and(|link| PASSIVE.contains(&link.name))
}

/// Whether a loop leads a calendar from month to month until something is shown: it never ends if that does not come.
fn pages_until_shown(head: &[Node], body: &[Stmt]) -> bool {
    let [Node { kind: Kind::Unary(not, shown), .. }] = head else { return false };
    let asks = Chain::of(shown).last().is_some_and(|link| matches!(link.name, "isVisible" | "isDisplayed"));
    matches!(not.as_str(), "!" | "not") && asks && !body.is_empty() && body.iter().all(goes_on)
}

/// Whether a statement leads a calendar to another month.
fn goes_on(stmt: &Stmt) -> bool {
    let month = |word: &String| matches!(word.as_str(), "month" | "months" | "year" | "monat" | "mois");
    let says = |node: &Node| node.string().is_some_and(|text| words(text).iter().any(month));
    matches!(&stmt.kind, StmtKind::Expr(node) if node.any(&mut |part| says(part)))
        && matches!(&steps_of(stmt)[..], [step] if step.name == "click")
}

/// Whether a statement only takes care that what stands in the way does not come: a consent that is given already.
fn only_clears_the_way(stmt: &Stmt) -> bool {
    let StmtKind::Expr(node) = &stmt.kind else { return false };
    let chain = Chain::of(node);
    chain.last().is_some_and(|link| {
        link.args.is_some_and(|args| only_consents(link.name, args) || only_marks_seen(link.name, args))
    })
}
