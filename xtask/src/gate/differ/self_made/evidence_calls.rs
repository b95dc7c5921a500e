//! A test must not make its own evidence: no new call changes a value that is asserted, expected or iterated over, calls
//! the spy that is asked afterwards, or brings the asserted element into the state that is asserted.

use std::collections::HashMap;

use super::super::super::assertion::{self, Assertion, Style};
use super::super::super::chain::Chain;
use super::super::super::clean_up;
use super::super::super::ir::{Func, Kind, Node, Program, Stmt, StmtKind, any_stmt, hash_of};
use super::super::super::locator::{self, Claim, is_locator};
use super::super::super::words::{LIBRARY_ROOTS, PASSIVE, PLAIN, asserts_by_name, words};
use super::super::names::Side;
use super::super::oracle::evidence::is_reference;
use super::super::oracle::telling::expected_texts;
use super::super::steps::steps;
use super::super::{Differ, Place, bound};
use super::own_input;

/// Methods that change a list, a map or a set in place, and hardly ever anything else.
#[rustfmt::skip]
const MUTATORS: [&str; 17] = [
    "push", "pop", "shift", "unshift", "splice", "sort", "reverse", "copyWithin", "extend", "append", "insert",
    "popitem", "setdefault", "update", "mockClear", "mockReset", "resetHistory",
];
/// Methods that do so too, but also are what an object under test may be asked to do.
const PERHAPS_MUTATORS: [&str; 8] = ["add", "set", "delete", "clear", "remove", "discard", "fill", "removeAll"];
/// Steps that bring an element into a state which an assertion may then find.
#[rustfmt::skip]
const STATE_MAKERS: [&str; 15] = [
    "fill", "type", "pressSequentially", "clear", "check", "uncheck", "setChecked", "selectOption", "select", "focus",
    "blur", "sendKeys", "setValue", "setSelected", "typeText",
];
const LOGS: [&str; 6] = ["warning", "warn", "error", "info", "debug", "critical"];

impl<'a> Differ<'a> {
    /// A call that was not there, of whatever value.
    pub fn touches_evidence(&mut self, node: &Node) {
        match &node.kind {
            Kind::Call { callee, .. } => {
                if !self.called_before(node) && !self.is_of_new_test(node) {
                    self.call_touches(node, callee);
                }
                self.touches_evidence(callee);
            }
            Kind::Member { object, .. } | Kind::Index { object, .. } => self.touches_evidence(object),
            _ => {}
        }
    }

    /// Whether a hook resets a mock so, where it reset another one that is gone.
    fn resets_again(&self, name: &str) -> bool {
        self.place() == Place::Hook && self.stretch.old.iter().any(|stmt| clean_up::resetting(stmt) == Some(name))
    }

    /// Whether a value is declared by a test or a function that is new itself.
    fn is_of_new_test(&self, node: &Node) -> bool {
        let root = Chain::of(node).root();
        let fresh = self.scopes.iter().filter(|scope| scope.fresh && scope.place != Place::Function);
        fresh.flat_map(|scope| &scope.new).any(|stmt| super::super::declared(stmt).contains(&root))
    }

    /// Whether a target lies in a value that is asserted.
    pub fn writes_evidence(&self, target: &Node) -> bool {
        if LIBRARY_ROOTS.contains(&Chain::of(target).root()) {
            return false;
        }
        match &target.kind {
            Kind::Member { object, .. } | Kind::Index { object, .. } => {
                self.evidence.mentioned.contains(&hash_of(&**object)) || self.evidence.within(target)
            }
            _ => self.evidence.within(target),
        }
    }

    /// Whether a name of the new test stands for an element, and the old one asserts nothing of it.
    fn stands_for_element(&self, object: &Node) -> bool {
        let held = object.ident().and_then(|name| self.given(name, Side::New));
        let asserts = self.asserts();
        let asserted = |stmt: &&'a Stmt| {
            let of_it = |node: &Node| Some(node) == held || node == object;
            assertion::of_stmt(stmt, &asserts).is_some() && stmt.any(&mut |node| of_it(node))
        };
        held.is_some_and(is_locator) && !self.scopes.iter().flat_map(|scope| &scope.old).any(asserted)
    }

    fn call_touches(&mut self, node: &Node, callee: &Node) {
        let evidence = &self.evidence;
        let calls_spy = is_reference(callee) && evidence.values.contains(&hash_of(callee));
        let (spy, mutated) = match &callee.kind {
            Kind::Member { object, name, .. } => {
                let forwards =
                    matches!(name.as_str(), "call" | "apply") && evidence.values.contains(&hash_of(&**object));
                let surely = MUTATORS.contains(&name.as_str())
                    && (evidence.mentioned.contains(&hash_of(&**object)) || evidence.within(object));
                let perhaps = PERHAPS_MUTATORS.contains(&name.as_str()) && evidence.within(object);
                // Where something was assigned to a member of it before, it was changed before.
                let wrote = |stmt: &&Stmt| matches!(&stmt.kind, StmtKind::Decl { target: Node { kind: Kind::Member { object: other, .. }, .. }, .. } if other == object);
                let changed = self.stretch.old.iter().any(wrote);
                (
                    calls_spy || forwards,
                    (surely || perhaps)
                        && !changed
                        && !is_locator(object)
                        && !self.stands_for_element(object)
                        && !self.only_cleans_up(node),
                )
            }
            _ => (calls_spy, false),
        };
        let name = Chain::of(node).last().map(|link| link.name).unwrap_or_default().to_owned();
        if spy {
            self.report("faked-evidence", node.line, format!("the test itself calls `{name}`, which it then asks"));
        } else if mutated && self.gathers(&|call, _| std::ptr::eq(call, node)) {
            self.report(
                "unknown-step",
                node.line,
                format!("`{name}` keeps what it is given where the test asserts it"),
            );
        } else if mutated && self.resets_again(&name) {
            self.report("unknown-step", node.line, format!("`{name}` of something else than before"));
        } else if mutated {
            self.report("faked-evidence", node.line, format!("`{name}` changes a value that is asserted"));
        } else if let Some(written) = self.assigned_into(node) {
            self.report("faked-evidence", node.line, format!("`{written}` writes into a value that is asserted"));
        } else if self.logs_what_is_asked(node) {
            self.report("faked-evidence", node.line, format!("`{name}` logs what the test then looks for"));
        }
    }

    /// `Object.assign(expected, …)`.
    fn assigned_into(&self, node: &Node) -> Option<String> {
        let chain = Chain::of(node);
        let first = chain.last().and_then(|link| link.args).and_then(<[Node]>::first)?;
        let writes = matches!(chain.names()[..], ["Object", "assign" | "defineProperty" | "setPrototypeOf"]);
        (writes && (self.evidence.mentioned.contains(&hash_of(first)) || self.evidence.within(first)))
            .then(|| chain.names().join("."))
    }

    /// `cleanup()` in a test: what is looked for afterwards cannot be there.
    pub fn tears_down(&mut self, stmt: &'a Stmt) {
        let StmtKind::Expr(node) = &stmt.kind else { return };
        let name = Chain::of(node).last().map(|link| link.name).unwrap_or_default();
        if matches!(name, "cleanup" | "unmount" | "unmountComponentAtNode" | "destroy")
            && self.place() == Place::Test
            && !self.called_before(node.bare())
        {
            self.report("faked-evidence", stmt.line, format!("`{name}` removes what is tested"));
        }
    }

    fn logs_what_is_asked(&self, node: &Node) -> bool {
        let chain = Chain::of(node);
        let name = chain.last().map(|link| link.name).unwrap_or_default();
        let logs = LOGS.contains(&name) && chain.links.iter().any(|link| link.name.to_lowercase().contains("log"));
        let logs_so = matches!(name, "log" | "info" | "warn" | "error" | "debug" | "trace" | "table");
        let prints = name == "print" && chain.links.len() == 1 || chain.root() == "console" && logs_so;
        let asked = |names: &[&str]| {
            self.scopes.iter().any(|scope| {
                let mentions = |node: &Node| match &node.kind {
                    Kind::Ident(name) | Kind::Member { name, .. } => names.contains(&name.as_str()),
                    _ => false,
                };
                scope.new.iter().any(|stmt| stmt.any(&mut |node| mentions(node)))
            })
        };
        logs && asked(&["caplog", "assertLogs"])
            || prints && (asked(&["capsys", "capfd"]) || self.evidence.mentions("console"))
    }

    /// Whether the old code around made the same call of the same value.
    fn called_before(&self, node: &Node) -> bool {
        let Kind::Call { callee, .. } = &node.kind else { return false };
        let scope = self.scopes.iter().rev().find(|scope| !scope.fresh);
        let is_it = |other: &Node| matches!(&other.kind, Kind::Call { callee: before, .. } if before == callee);
        scope.is_some_and(|scope| scope.old.iter().any(|stmt| stmt.any(&mut |other| is_it(other))))
    }

    /// Whether the old code around asserts something of the very same call.
    pub fn asserted_before(&self, node: &Node) -> bool {
        let asserts = self.asserts();
        let scope = self.scopes.iter().rev().find(|scope| !scope.fresh);
        let is_it = |stmt: &&Stmt| {
            assertion::of_stmt(stmt, &asserts).is_some_and(|found| found.whole.any(&mut |part| part == node))
        };
        scope.is_some_and(|scope| scope.old.iter().any(is_it))
    }

    /// A new step on the very element whose state is asserted next.
    pub fn makes_state(&mut self, stmt: &'a Stmt) {
        let StmtKind::Expr(node) = &stmt.kind else { return };
        self.enters_expected(node);
        if self.only_rewritten() {
            return;
        }
        let Some(element) = acted_on(node) else { return };
        let asserted = element.reference.is_some_and(|member| self.evidence.values.contains(&member))
            || element.locator.is_some() && self.old.body.iter().any(|stmt| self.asserts_element(stmt, &element));
        if asserted && !self.in_test() && !self.is_fresh() {
            self.report("unknown-step", stmt.line, "a step on an element that this file asserts");
        }
        let Some(scope) = self.scopes.last() else { return };
        let asserts = self.asserts();
        for next in self.onwards(stmt).iter().skip(1) {
            let old = scope.old.iter().any(|before| before == next);
            let asserted = match &next.kind {
                StmtKind::Decl { target, .. } => bound(target).iter().any(|name| self.evidence.mentions(name)),
                _ => assertion::of_stmt(next, &asserts).is_some_and(|found| found.style != Style::Implicit),
            };
            if asserted {
                if old && element.is_in(next) {
                    self.report("faked-evidence", stmt.line, "the step makes the state that is asserted next");
                    return;
                }
            } else {
                return;
            }
        }
    }

    fn asserts_element(&self, stmt: &Stmt, element: &Element) -> bool {
        let asserts = self.asserts();
        any_stmt(std::slice::from_ref(stmt), &mut |inner| {
            assertion::of_stmt(inner, &asserts)
                .is_some_and(|claim| claim.style != Style::Implicit && element.is_in(inner))
        })
    }

    /// A new choice by which the state is made that is asserted next, though of another element.
    pub fn presets(&mut self, stmt: &'a Stmt) {
        let StmtKind::Expr(node) = &stmt.kind else { return };
        let (Some(scope), Some(choice)) = (self.scopes.last(), Choice::of(node)) else { return };
        let asserts = self.asserts();
        let next = self.onwards(stmt).iter().skip(1).map_while(|next| assertion::of_stmt(next, &asserts));
        let sets = |found: &Assertion| {
            let kept =
                scope.old.iter().any(|old| old.exprs().first().is_some_and(|old| old.bare() == found.whole.bare()));
            kept && own_input::asks_field(found) && choice.makes(found)
        };
        if next.into_iter().any(|found| sets(&found)) {
            self.report("unknown-step", stmt.line, "the step may make the state that is asserted next");
        }
    }

    /// A new step that enters what is expected later, and was not entered before.
    fn enters_expected(&mut self, node: &'a Node) {
        let asserts = self.asserts();
        let Some(scope) = self.scopes.iter().rev().find(|scope| !scope.fresh) else { return };
        let helps = self.place() == Place::Function && self.names_any(&|name| matches!(name, "page" | "driver"));
        let entered: Vec<String> = steps(node).into_iter().flat_map(|step| step.inputs).map(|(_, text)| text).collect();
        let expects = |text: &str| {
            let is_it = |stmt: &Stmt| {
                assertion::of_stmt(stmt, &asserts).is_some_and(|found| {
                    let number = |arg: &Node| matches!(&arg.kind, Kind::Num(number) if number == text);
                    let says = |arg: &Node| arg.string() == Some(text) || number(arg);
                    let compared = match &found.whole.kind {
                        Kind::Binary(_, left, right) if found.matchers.is_empty() => says(left) || says(right),
                        _ => false,
                    };
                    let shown =
                        found.claim() == Claim::Existence && found.whole.any(&mut |part| part.string() == Some(text));
                    compared || shown || found.matchers.iter().flat_map(|one| one.args).any(says)
                })
            };
            scope.old.iter().any(|stmt| is_it(stmt)) || helps && any_stmt(&self.old.body, &mut |stmt| is_it(stmt))
        };
        let was_entered = |text: &str| {
            let before = scope.old.iter().filter(|stmt| assertion::of_stmt(stmt, &asserts).is_none());
            before.into_iter().any(|stmt| stmt.any(&mut |part| part.string() == Some(text)))
        };
        if let Some(text) = entered.iter().find(|text| !text.is_empty() && expects(text) && !was_entered(text)) {
            self.report("changed-input", node.line, format!("`{text}` is entered, which is expected later"));
        }
    }

    /// A function that was not called before gets a value that is asserted, and may change it.
    pub fn hands_over_evidence(&mut self, node: &Node) {
        let Kind::Call { callee, args, .. } = &node.bare().kind else { return };
        let Some(name) = callee.ident() else { return };
        let calls = |other: &Node| matches!(&other.kind, Kind::Call { callee, .. } if callee.ident() == Some(name));
        let known = asserts_by_name(name)
            || LIBRARY_ROOTS.contains(&name)
            || PLAIN.contains(&name)
            || PASSIVE.contains(&name)
            || self.old.body.iter().any(|stmt| stmt.any(&mut |other| calls(other)));
        let harmless = self.around.known.contains(name) && !self.mutates_parameters(name);
        let handed = args.iter().any(|arg| is_reference(arg) && self.evidence.values.contains(&hash_of(arg)));
        if handed && !known && !harmless && !self.is_fresh() {
            self.report("unknown-step", node.line, format!("`{name}` is given a value that is asserted"));
        }
    }

    /// Whether a function of this file changes what it is given.
    fn mutates_parameters(&self, name: &str) -> bool {
        let mutates = |func: &Func| {
            let params: Vec<&str> = func.params.iter().flat_map(bound).collect();
            func.body.iter().any(|stmt| {
                stmt.any(&mut |node| {
                    let chain = Chain::of(node);
                    let last = chain.last().map(|link| link.name).unwrap_or_default();
                    params.contains(&chain.root()) && MUTATORS.contains(&last)
                })
            })
        };
        any_stmt(&self.new.body, &mut |inner| match &inner.kind {
            StmtKind::Func(func) => func.name == name && mutates(func),
            StmtKind::Decl { target, init: Some(Node { kind: Kind::Fn(func), .. }), .. } => {
                target.ident() == Some(name) && mutates(func)
            }
            _ => false,
        })
    }

    /// The object that a name holds, as far as the file shows it.
    pub fn holds(&self, name: &str) -> Option<&'a Node> {
        self.held.get(name).copied()
    }

    fn drives_a_page(&self) -> bool {
        self.names_any(&|name| matches!(name, "page" | "driver" | "browser" | "cy" | "screen" | "context"))
    }

    /// Whether a name of some kind stands in one of the two files, parameters included.
    pub fn names_any(&self, is_it: &dyn Fn(&str) -> bool) -> bool {
        let given =
            |inner: &Stmt| matches!(&inner.kind, StmtKind::Func(func) if func.params.iter().flat_map(bound).any(is_it));
        [self.old, self.new].iter().any(|program| {
            program.body.iter().any(|stmt| stmt.any(&mut |node| node.ident().is_some_and(is_it)))
                || any_stmt(&program.body, &mut |inner| given(inner))
        })
    }

    /// Whether an unknown method of a local value may do anything to what is tested: the value is neither a page object
    /// nor the module of a helper.
    pub fn is_opaque(&self, chain: &Chain, name: &str) -> bool {
        let root = chain.root();
        if root.is_empty() || LIBRARY_ROOTS.contains(&root) || self.around.known.contains(name) {
            return false;
        }
        let used = |node: &Node| matches!(&node.kind, Kind::Member { name: other, .. } if other == name);
        if self.old.body.iter().any(|stmt| stmt.any(&mut |node| used(node))) {
            return false;
        }
        let speaks_of_page = |text: &str| {
            words(text).iter().any(|word| {
                [
                    "page", "pages", "app", "screen", "view", "modal", "dialog", "form", "po", "ui", "steps", "user",
                    "site",
                ]
                .contains(&word.as_str())
            })
        };
        match self.holds(root).map(|init| &init.kind) {
            Some(Kind::New { callee, args }) => {
                let drives = |node: &Node| {
                    node.any(&mut |part| {
                        matches!(&part.kind, Kind::Ident(name) | Kind::Member { name, .. }
                            if matches!(name.as_str(), "page" | "driver" | "browser" | "context" | "request"))
                    })
                };
                let class = Chain::of(callee).last().map(|link| link.name).unwrap_or_default();
                !speaks_of_page(class) && !speaks_of_page(root) && !args.iter().any(drives)
            }
            Some(Kind::Fn(_)) => false,
            // In a unit test it is the object under test, else perhaps a fixture that holds a page object.
            None => self.evidence.mentions(root) && !self.drives_a_page(),
            Some(_) => !speaks_of_page(root),
        }
    }
}

/// The element of a step: a locator, or a name for one.
struct Element {
    locator: Option<String>,
    reference: Option<u64>,
}

impl Element {
    fn is_in(&self, stmt: &Stmt) -> bool {
        stmt.any(&mut |node| {
            is_locator(node) && Some(format!("{:?}", locator::read(node))) == self.locator
                || Some(hash_of(node)) == self.reference
        })
    }
}

fn is_event_of_field(name: &str) -> bool {
    STATE_MAKERS.contains(&name) || matches!(name, "change" | "input" | "selectOptions" | "deselectOptions")
}

/// A click, or a choice in a field.
struct Choice {
    /// The texts of what is clicked, and what is chosen.
    texts: Vec<String>,
    /// It certainly is a choice, not a way to somewhere else.
    chooses: bool,
}

impl Choice {
    fn of(node: &Node) -> Option<Choice> {
        let step = match steps(node).as_slice() {
            [step] if !step.own => step.clone(),
            _ => return None,
        };
        let mut texts = Vec::new();
        let mut chooses = matches!(step.name.as_str(), "check" | "uncheck" | "setChecked" | "selectOption" | "select");
        node.walk(&mut |part| {
            texts.extend(part.string().map(str::to_lowercase));
            chooses |= matches!(part.string(), Some("radio" | "checkbox" | "switch" | "option" | "menuitemradio"));
        });
        let known = chooses || matches!(step.name.as_str(), "click" | "tap" | "press");
        known.then_some(Choice { texts, chooses })
    }

    /// Whether an assertion is of what is chosen, by its text.
    fn makes(&self, found: &Assertion) -> bool {
        let labels = found.locators().into_iter().flat_map(|node| {
            let mut texts = Vec::new();
            node.walk(&mut |part| texts.extend(part.string().map(str::to_lowercase)));
            texts
        });
        let same_label = labels.into_iter().any(|label| label.contains(' ') && self.texts.contains(&label));
        let expected: Vec<String> = expected_texts(found).into_iter().flat_map(words).collect();
        let said = self.texts.iter().any(|text| {
            let words = words(text);
            !words.is_empty() && words.iter().all(|word| expected.contains(word))
        });
        same_label || self.chooses && said
    }
}

/// What a step of [`STATE_MAKERS`] is done to.
fn acted_on(node: &Node) -> Option<Element> {
    let bare = node.bare();
    let Kind::Call { callee, args, .. } = &bare.kind else { return None };
    let Kind::Member { object, name, .. } = &callee.kind else { return None };
    if matches!(object.ident(), Some("fireEvent" | "userEvent" | "user")) {
        let element = args.first().filter(|_| is_event_of_field(name))?;
        let locator = is_locator(element).then(|| format!("{:?}", locator::read(element)));
        let reference = (locator.is_none() && is_reference(element)).then(|| hash_of(element));
        return Some(Element { locator, reference });
    }
    if !STATE_MAKERS.contains(&name.as_str()) {
        return None;
    }
    let by_selector = matches!(args.first().map(|arg| &arg.kind), Some(Kind::Str(_))) && args.len() > 1;
    let locator = if is_locator(object) {
        Some(format!("{:?}", locator::read(object)))
    } else if by_selector {
        Some(format!("{:?}", super::super::values::selector(&args[0])))
    } else {
        None
    };
    let reference =
        (locator.is_none() && is_reference(object) && object.ident() != Some("page")).then(|| hash_of(&**object));
    (locator.is_some() || reference.is_some()).then_some(Element { locator, reference })
}

/// What is held by each name that is declared anywhere in a file: by the last of that name.
pub fn held<'a>(program: &'a Program) -> HashMap<&'a str, &'a Node> {
    let mut found = HashMap::new();
    let mut visit = |stmt: &'a Stmt| {
        if let StmtKind::Decl { target, init: Some(init), .. } = &stmt.kind {
            found.extend(bound(target).into_iter().map(|name| (name, init.bare())));
        }
    };
    program.body.iter().for_each(|stmt| stmt.walk_stmts(&mut visit));
    found
}
