//! The steps of a test: what it does to the page, and with which input.

pub mod addresses;
mod choices;
pub mod confirmed;
pub mod days;
pub mod events;
mod feigned;
mod fields;
pub mod focus;
mod gestures;
pub mod kept;
pub mod opened_pages;
pub mod otherwise;
pub mod pauses;
mod receivers;
pub mod reshaped;
mod waits;

use std::collections::BTreeSet;
use std::rc::Rc;

use super::super::across::unique::{became_unique, speaks_of_duplicates, stamps};
use super::super::assertion;
use super::super::chain::Chain;
use super::super::ir::{Kind, Node, Program, Stmt, StmtKind, hash_of};
use super::super::locator::{self, is_locator, located_by};
use super::super::scan::{only_listens, only_scrolls, opens_here, unversioned, without_version};
use super::super::words::{
    ACTIONS, LIBRARY_ROOTS, NAVIGATION, PASSIVE, PLAIN, READS, asserts_by_name, finds, in_the_way, words,
};
use super::Differ;
use super::names::Side;
use super::oracle::claims::polled;
use super::pairs::{is_same_call, kind_of};
use super::self_made::own_input::names;
use super::values::selector;
use addresses::{asks_api, asks_for_more, asks_view, both_log_in, is_grouped, is_moved_page, is_same_path, visited};
use choices::{excludes, is_choice, is_chosen, is_exact, spoken, texts_of};
use confirmed::answers;
use days::is_same_day;
use events::{event, fewer_of_a_kind, is_idle, is_on_the_way, repeats};
use kept::{
    is_apart, is_moment_longer, is_same_file, is_same_user, is_stepped, is_upload_button, keeps_steps, logs_in,
    says_unchecked,
};

/// One step.
#[derive(Debug, Clone)]
pub struct Step {
    pub name: String,
    /// What a person would type or choose; locators and options are not among them.
    pub inputs: Vec<(u64, String)>,
    /// A call of the project's own function, which may do anything.
    pub own: bool,
    /// The texts of the element that is clicked: an option is chosen by its text.
    pub chosen: Vec<u64>,
    /// The texts of what is clicked as they are.
    pub said: Vec<String>,
    /// It is done to what a person chooses among others: an option, a day.
    pub chooses: bool,
    /// The words for what it is done to, without those for its kind.
    pub place: BTreeSet<String>,
    /// What is clicked has just the text that is looked for: it is a pattern from end to end, or told to be exact.
    pub exact: bool,
    /// It is done to a tab.
    pub to_tab: bool,
    /// The words by which it only deals with something in the way, such as a cookie banner.
    pub in_the_way: Vec<String>,
    /// It is done to something that does not react, such as the page as a whole or a heading.
    pub idle: bool,
}

/// The steps in an expression, in order; those in callbacks only if `callbacks`.
pub fn steps(node: &Node) -> Vec<Step> {
    let mut found = Vec::new();
    collect(node, &mut found);
    found
}

fn collect(node: &Node, found: &mut Vec<Step>) {
    let bare = node.bare();
    match &bare.kind {
        Kind::Call { .. } => {
            let chain = Chain::of(bare);
            if let Some(base) = chain.base {
                collect(base, found);
            }
            let root = chain.root();
            for (at, link) in chain.links.iter().enumerate() {
                let Some(args) = link.args.filter(|args| located_by(link).is_none() && !only_scrolls(link.name, args))
                else {
                    continue;
                };
                if link.name == "down" && at > 0 && chain.links[at - 1].name == "mouse" {
                    found.push(Step { name: "drag".into(), ..step(bare, &chain, at, &[], true) });
                    continue;
                }
                if link.name == "trigger" && args.first().and_then(Node::string).is_some_and(is_on_the_way) {
                    continue;
                }
                if let Some(name) = event(root, link.name, args) {
                    found.push(Step { name, own: false, ..step(bare, &chain, at, args, true) });
                    continue;
                }
                let after_locator = chain.links[..at].iter().any(|link| link.args.is_some() && finds(root, link.name));
                if ACTIONS.contains(&link.name)
                    && !finds(root, link.name)
                    && !(link.name == "get" && !chain.has("driver") && !chain.has("browser"))
                {
                    // What is selected is typed over.
                    let selects = args.first().and_then(Node::string).is_some_and(|text| text.starts_with(SELECT_ALL));
                    if selects && link.name == "type" {
                        found.push(Step { name: "clear".into(), ..step(bare, &chain, at, &[], true) });
                    }
                    found.push(step(bare, &chain, at, args, after_locator));
                    if args.iter().any(presses_enter) && !matches!(link.name, "press" | "pressKey") {
                        found.push(Step {
                            name: "press".into(),
                            inputs: Vec::new(),
                            ..step(bare, &chain, at, &[], true)
                        });
                    }
                } else if is_own(&chain, at) && !follows_expect(&chain, at) || switches(&chain, at) {
                    let mut own = step(bare, &chain, at, args, true);
                    own.own = true;
                    found.push(own);
                } else {
                    args.iter().filter(|arg| !is_locator(arg)).for_each(|arg| collect(arg, found));
                }
            }
        }
        Kind::Fn(func) => {
            for stmt in &func.body {
                of_stmt(stmt, found);
            }
        }
        _ => bare.parts().into_iter().for_each(|part| collect(part, found)),
    }
}

fn of_stmt(stmt: &Stmt, found: &mut Vec<Step>) {
    stmt.exprs().into_iter().for_each(|node| collect(node, found));
}

/// `driver.switch_to.frame("report")`: what follows is done there.
fn switches(chain: &Chain, at: usize) -> bool {
    let before = at.checked_sub(1).map(|at| chain.links[at].name);
    match chain.links[at].name {
        "frame" | "window" => before == Some("switchTo"),
        // It fails where there is none.
        "accept" | "dismiss" => before == Some("alert"),
        _ => false,
    }
}

/// Whether a link is a matcher.
fn follows_expect(chain: &Chain, at: usize) -> bool {
    chain.links[..at].iter().any(|link| link.name.to_ascii_lowercase().ends_with("expect") || link.name == "assert")
}

/// Whether a link calls the project's own code.
fn is_own(chain: &Chain, at: usize) -> bool {
    let name = chain.links[at].name;
    let root = chain.root();
    // `page.pause()` waits for a person; what else pauses does something.
    let passive = PASSIVE.contains(&name) && (name != "pause" || LIBRARY_ROOTS.contains(&root));
    let known = passive
        || ACTIONS.contains(&name) && name != "get"
        || READS.contains(&name)
        || PLAIN.contains(&name)
        || finds(root, name);
    // A page object may be called `page`.
    let own_page = root == "page" && at == 1 && !of_playwright(name);
    let of_library = root == "EC"
        || LIBRARY_ROOTS.contains(&root) && chain.links.len() > 1 && root != "cy" && !own_page
        || root == "fireEvent";
    let reads = chain.links[at]
        .args
        .is_some_and(|args| is_cypress_read(name, args) || opens_here(name, args) || confirms(name, args));
    // What Cypress 6 had to be told before it listened.
    let of_old_cypress = root == "cy" && name == "server";
    !known && !reads && !of_library && !of_old_cypress && !matches!(name, "" | "[]" | "expect" | "should" | "and")
}

/// Methods of Playwright's page that are neither steps nor reads. <https://playwright.dev/docs/api/class-page>
fn of_playwright(name: &str) -> bool {
    #[rustfmt::skip]
    const METHODS: [&str; 43] = [
        "on", "once", "off", "removeListener", "removeAllListeners", "route", "routeFromHAR", "routeWebSocket", "unroute",
        "unrouteAll", "evaluate", "evaluateHandle", "exposeFunction", "exposeBinding", "addInitScript", "addScriptTag",
        "addStyleTag", "addLocatorHandler", "removeLocatorHandler", "setViewportSize", "setExtraHTTPHeaders",
        "setDefaultTimeout", "setDefaultNavigationTimeout", "emulateMedia", "screenshot", "pdf", "close", "isClosed",
        "content", "setContent", "title", "url", "viewportSize", "video", "workers", "frames", "mainFrame", "opener",
        "dispatchEvent", "requestGC", "snapshotForAI", "consoleMessages", "pageErrors",
    ];
    METHODS.contains(&name) || name.starts_with("expect") || name.starts_with("waitFor")
}

/// `cy.on('window:confirm', () => true)` does what Cypress does by itself.
fn confirms(name: &str, args: &[Node]) -> bool {
    let [event, Node { kind: Kind::Fn(answer), .. }] = args else { return false };
    let confirms = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Return(Some(value)) | StmtKind::Expr(value) => value.kind == Kind::Const("true".into()),
        _ => false,
    };
    name == "on" && event.string() == Some("window:confirm") && answer.body.iter().all(confirms)
}

/// `cy.….invoke('text')`
pub fn is_cypress_read(name: &str, args: &[Node]) -> bool {
    let read = args.first().and_then(Node::string).is_some_and(|what| matches!(what, "text" | "val" | "html" | "attr"));
    name == "invoke" && read && args.len() <= 1 + usize::from(args[0].string() == Some("attr"))
}

fn step(whole: &Node, chain: &Chain, at: usize, args: &[Node], after_locator: bool) -> Step {
    let link = &chain.links[at];
    let by_selector =
        !after_locator && !NAVIGATION.contains(&link.name) && !matches!(link.name, "get" | "type" | "sendKeys")
            || !after_locator && link.name == "type" && args.len() > 1;
    let mut inputs = Vec::new();
    let user_event =
        matches!(chain.root(), "userEvent" | "user" | "fireEvent") && !matches!(link.name, "keyboard" | "paste");
    for (index, arg) in args.iter().enumerate() {
        if is_locator(arg)
            || index == 0 && (by_selector && args.len() + usize::from(takes_no_input(link.name)) > 1 || user_event)
        {
            continue;
        }
        // `click(By.ID, 'send')`
        let by = index == 1 && Chain::of(&args[0]).root() == "By";
        if by_selector && (by || index == 1 && matches!(link.name, "dragAndDrop")) {
            continue;
        }
        input(arg, &mut inputs);
    }
    let name = match (link.name, args.first().map(|arg| &arg.kind)) {
        ("setChecked", Some(Kind::Const(on))) => {
            if on == "true" {
                "check"
            } else {
                "uncheck"
            }
        }
        ("fill" | "setValue" | "sendKeys", Some(Kind::Str(text))) if text.is_empty() && args.len() == 1 => "clear",
        ("intercept", _) if only_listens(link.name, args) => "listen",
        (name, _) => name,
    };
    if name != link.name && name != "listen" {
        inputs.clear();
    }
    let mut said = Vec::new();
    whole.walk(&mut |node| match &node.kind {
        Kind::Str(text) | Kind::Regex(text) | Kind::Ident(text) => said.extend(words(text)),
        Kind::Member { name, .. } => said.extend(words(name)),
        _ => {}
    });
    let clicks = matches!(link.name, "click" | "check" | "tap");
    let located = locator::read(whole);
    let chooses = clicks && !excludes(whole, &located);
    // An alert is answered by these, and not put out of the way.
    said.retain(|word| word != link.name || !matches!(link.name, "accept" | "dismiss"));
    let own = match is_locator(whole) {
        true => words(&format!("{} {}", located.target(), located.own_texts().join(" "))),
        false => words(link.name),
    };
    let is_tab = |part: &String| words(part).contains(&"tab".to_owned());
    Step {
        name: name.to_owned(),
        inputs,
        own: false,
        chosen: if chooses { texts_of(whole, &located) } else { Vec::new() },
        said: if clicks { spoken(whole) } else { Vec::new() },
        chooses: chooses && (link.name == "check" || is_choice(&located)),
        place: if is_locator(whole) { names(&located) } else { BTreeSet::new() },
        exact: clicks && is_exact(whole),
        to_tab: clicks && located.path.iter().any(is_tab),
        // A field is filled for itself.
        in_the_way: if located.labelled { Vec::new() } else { in_the_way(&said, &own) },
        idle: is_idle(whole, args),
    }
}

/// <https://docs.cypress.io/api/commands/type#Arguments>
const SELECT_ALL: &str = "{selectall}";

/// The Enter key among what is typed, which submits: `{enter}`, `Keys.ENTER`.
fn presses_enter(node: &Node) -> bool {
    match &node.kind {
        Kind::Str(text) => without_enter(text).is_some(),
        Kind::Member { .. } => matches!(Chain::of(node).names().as_slice(), [.., "Keys" | "Key", "ENTER" | "RETURN"]),
        _ => false,
    }
}

fn without_enter(text: &str) -> Option<&str> {
    ["{enter}", "{Enter}", "[Enter]"].iter().find_map(|key| text.strip_suffix(key))
}

fn takes_no_input(name: &str) -> bool {
    matches!(name, "click" | "dblclick" | "tap" | "check" | "uncheck" | "clear" | "rightclick" | "hover" | "focus")
}

fn input(node: &Node, inputs: &mut Vec<(u64, String)>) {
    let node = node.bare();
    match &node.kind {
        _ if presses_enter(node) && node.string().is_none() => {}
        Kind::Str(text) => {
            // On most systems the one key is the other.
            let typed = without_enter(text).unwrap_or(text);
            let typed = typed.strip_prefix(SELECT_ALL).unwrap_or(typed);
            let typed = &typed.replace("ControlOrMeta", "Control").replace("Meta+", "Control+");
            if !typed.is_empty() && !matches!(typed.as_str(), "Enter" | "Return") {
                inputs.push((hash_of(&words(typed).concat().to_lowercase()), text.clone()));
            }
        }
        Kind::Num(_) | Kind::Regex(_) | Kind::Const(_) => {
            inputs.push((hash_of(&node.kind), format!("{:?}", node.kind)));
        }
        Kind::Template(parts) => parts.iter().filter(|part| !says_nothing(part)).for_each(|part| input(part, inputs)),
        Kind::Binary(op, left, right) if op == "+" && left.number().is_none() && right.number().is_none() => {
            [left, right].into_iter().filter(|part| !says_nothing(part)).for_each(|part| input(part, inputs));
        }
        Kind::Object(entries) => {
            #[rustfmt::skip]
            const OPTIONS: [&str; 15] = [
                "timeout", "exact", "force", "delay", "button", "modifiers", "position", "waitUntil", "noWaitAfter",
                "clickCount", "log", "steps", "trial", "strict", "headless",
            ];
            entries
                .iter()
                .filter(|(key, _)| !OPTIONS.contains(&key.as_str()))
                .for_each(|(_, value)| input(value, inputs));
        }
        Kind::Array(parts) => parts.iter().for_each(|part| input(part, inputs)),
        Kind::Fn(_) => {}
        Kind::Ident(name) if matches!(name.as_str(), "page" | "driver" | "browser" | "context") => {}
        Kind::Ident(name) => inputs.push((hash_of(&name), name.clone())),
        Kind::Member { .. } => inputs.push((hash_of(&node.kind), Chain::of(node).names().join("."))),
        Kind::Call { callee, args, .. } if matches!(callee.ident(), Some("String" | "str" | "Number" | "int")) => {
            args.iter().for_each(|arg| input(arg, inputs));
        }
        Kind::Call { callee, args, .. } if callee.ident().is_some_and(asks_view) => {
            args.iter().for_each(|arg| input(arg, inputs));
        }
        Kind::Call { .. } | Kind::Unary(..) | Kind::Binary(..) | Kind::Ternary(..) | Kind::Index { .. }
            if !is_locator(node) =>
        {
            inputs.push((hash_of(&unversioned(&node.hollow())), "a computed value".into()));
        }
        _ => {}
    }
}

fn says_nothing(part: &Node) -> bool {
    part.string().is_some_and(str::is_empty)
}

impl<'a> Differ<'a> {
    /// Steps that are gone must have been replaced by as many, with the same input.
    pub fn dropped_steps(&mut self, gone: &[&'a Stmt], fresh: &[&'a Stmt]) {
        let asserts = self.asserts();
        let awaited = |stmt: &&Stmt| assertion::of_stmt(stmt, &asserts).is_some_and(|found| found.awaited);
        let waits = self.stretch.new.iter().any(awaited);
        let only_waited = |step: &Step| waits && step.own && step.name.starts_with("wait") && step.inputs.is_empty();
        let read_anew = |stmt: &&&'a Stmt| match &stmt.kind {
            StmtKind::Decl { init: Some(value), .. } => self.stretch.new.iter().any(|other| {
                let found = assertion::of_stmt(other, &asserts);
                found.and_then(|found| polled(&found)).is_some_and(|polled| polled.bare() == value.bare())
            }),
            _ => false,
        };
        // The product asks by itself what the browser asked.
        let around = || self.scopes.last().into_iter().flat_map(|scope| &scope.new);
        // What has to be typed there has to be typed still.
        let typed = |stmt: &Stmt| {
            stmt.any(&mut |node| {
                let accepts = Chain::of(node).last().is_some_and(|link| link.name == "accept");
                matches!(&node.kind, Kind::Call { args, .. } if accepts && !args.is_empty())
            })
        };
        let asked = |stmt: &Stmt| answers(stmt).is_some() && !typed(stmt) && around().any(|stmt| self.confirms(stmt));
        // The browser asks what the product asked.
        let accepts = |stmt: &&'a Stmt| answers(stmt) == Some("accept");
        let answered = around().any(&accepts) && !self.scopes.last().is_some_and(|scope| scope.old.iter().any(accepts));
        // What answers the browser is said before the step that makes it ask.
        let only_answered_sooner = |stmt: &&'a Stmt| {
            self.scopes.last().is_some_and(|scope| {
                let Some(was) = scope.old.iter().position(|other| std::ptr::eq(*other, *stmt)) else { return false };
                let handlers = scope.old[was + 1..].iter().take_while(|other| answers(other).is_some()).count();
                let Some(is) = scope.new.iter().position(|other| other == stmt) else { return false };
                let count = |stmts: &[&Stmt]| stmts.iter().filter(|other| *other == stmt).count();
                handlers > 0
                    && is >= handlers
                    && scope.new[is - handlers..is] == scope.old[was + 1..=was + handlers]
                    && count(&scope.old) == count(&scope.new)
            })
        };
        let kept = gone.iter().filter(|stmt| {
            // What is sent as soon as it is chosen.
            let sent = || {
                self.stretch.new.iter().any(|stmt| steps_of(stmt).iter().any(|step| kind_of(&step.name) == "upload"))
            };
            let asks_for_file = |stmt: &&Stmt| stmt.any(&mut |node| node.string() == Some("filechooser"));
            let asked_for_file = || self.stretch.old.iter().any(asks_for_file) && sent();
            let only_clicks = steps_of(stmt).iter().all(|step| step.name == "click");
            let asked = only_clicks && asked_for_file()
                || asked(stmt)
                || answered && confirmed::says_yes(stmt)
                || is_upload_button(stmt) && sent();
            // What is made at another point is what it was.
            let made = match &stmt.kind {
                StmtKind::Decl { init: Some(Node { kind: Kind::Call { callee, .. }, .. }), .. } => {
                    callee.ident().is_some_and(|class| class.starts_with(char::is_uppercase))
                }
                _ => false,
            };
            let made_later = made && self.scopes.last().is_some_and(|scope| scope.new.contains(stmt));
            !made_later && !read_anew(stmt) && !self.is_reset_by_hook(stmt) && !asked && !only_answered_sooner(stmt)
        });
        let old: Vec<Step> = kept
            .flat_map(|stmt| steps_of(stmt))
            .filter(|step| !self.clears_the_way(step) && !only_waited(step))
            .collect();
        if old.is_empty() {
            return;
        }
        let new = fresh.iter().flat_map(|stmt| self.spelled_steps(stmt, Side::New));
        // What asserts does nothing.
        let new: Vec<Step> = new.filter(|step| !step.own || !asserts_by_name(&step.name)).collect();
        let own = new.iter().any(|step| step.own);
        let line = self.near;
        if self.steps_are_kept() || self.only_asserts_sooner() {
            return;
        }
        if new.is_empty() {
            let names: Vec<&str> = old.iter().map(|step| step.name.as_str()).collect();
            self.report("dropped-step", line, format!("`{}` is not done any more", names.join("`, `")));
            return;
        }
        // What was entered and is chosen now is not missed among what is entered.
        let is_entered = |step: &&Step| {
            let reached = |text: &str| matches!(kind_of(&step.name), "fill" | "select") && is_stepped(text, &new);
            step.inputs.is_empty()
                || !step.inputs.iter().all(|input| is_chosen(step, input, &old, &new) || reached(&input.1))
        };
        let entered: Vec<Step> = old.iter().filter(is_entered).cloned().collect();
        if new.len() < old.len() && !own {
            self.report("dropped-step", line, format!("{} steps became {}", old.len(), new.len()));
        } else if let Some(lost) = fewer_of_a_kind(&entered, &new).filter(|_| !own) {
            self.report("dropped-step", line, format!("`{lost}` is not done any more"));
        } else if gone.iter().any(|stmt| repeats(stmt)) && !fresh.iter().any(|stmt| repeats(stmt)) && new.len() < 2 {
            self.report("dropped-step", line, "what was done for each of many is done once");
        }
        let of = |steps: &[Step], others: &[Step]| {
            let alone = steps.iter().filter(|step| step.own && !others.iter().any(|other| other.name == step.name));
            alone.map(|step| step.name.clone()).collect::<Vec<_>>()
        };
        if let ([was], [is]) = (&of(&old, &new)[..], &of(&new, &old)[..])
            && !self.drives_a_browser()
            && !is_same_call(was, is)
            && !(is == "once" && awaits_event(self.new))
            && !self.around.known.contains(is)
        {
            self.report("unknown-step", line, format!("`{is}` instead of `{was}`"));
        }
        let only_goes = new.iter().all(|step| kind_of(&step.name) == "goto");
        if let Some(act) = old.iter().find(|step| !step.own && kind_of(&step.name) != "goto").filter(|_| only_goes) {
            self.report("dropped-step", line, format!("`{}` instead of `{}`", new[0].name, act.name));
        }
        self.compare_inputs(&old, &new, line);
    }

    /// Whether a step only deals with what stands in the way, and the test is not about that.
    fn clears_the_way(&self, step: &Step) -> bool {
        !step.in_the_way.is_empty() && !step.in_the_way.iter().any(|word| self.is_meant(word))
    }

    /// Whether the whole stretch does what it did, in order and with the same input, however its statements pair up.
    pub fn steps_are_kept(&self) -> bool {
        *self.stretch.keeps_steps.get_or_init(|| {
            let unchecked = self.scopes.last().is_some_and(|scope| scope.new.iter().any(|stmt| says_unchecked(stmt)));
            keeps_steps((&self.stretch.old, self.taken(Side::Old)), self.taken(Side::New).concat(), unchecked)
        })
    }

    /// The steps of each statement of the stretch, with what its names stand for.
    pub fn taken(&self, side: Side) -> &[Vec<Step>] {
        let (stmts, known) = match side {
            Side::Old => (&self.stretch.old, &self.stretch.taken[0]),
            Side::New => (&self.stretch.new, &self.stretch.taken[1]),
        };
        known.get_or_init(|| stmts.iter().map(|stmt| self.spelled_steps(stmt, side)).collect())
    }

    /// The steps of a statement, with what its names stand for.
    pub fn spelled_steps(&self, stmt: &'a Stmt, side: Side) -> Vec<Step> {
        match &stmt.kind {
            StmtKind::Expr(node) => match self.spelled_out(node, side) {
                same if same == *node => self.steps_of(stmt).to_vec(),
                other => steps(&other),
            },
            _ => self.steps_of(stmt).to_vec(),
        }
    }

    /// As [`steps_of`], which many rules ask of the same statement.
    pub fn steps_of(&self, stmt: &'a Stmt) -> Rc<[Step]> {
        let mut known = self.steps.borrow_mut();
        known.entry(std::ptr::from_ref(stmt)).or_insert_with(|| steps_of(stmt).into()).clone()
    }

    /// The steps of an expression that a statement may consist of, without those in its callbacks.
    pub fn steps_outside(&self, stmt: &'a Stmt, node: &'a Node) -> Vec<Step> {
        match &stmt.kind {
            StmtKind::Expr(whole) if whole == node && node.functions().is_empty() => self.steps_of(stmt).to_vec(),
            _ => steps(&node.hollow()),
        }
    }

    /// The project's own functions get no more than before.
    pub fn given_more(&mut self, old: &[Step], new: &[Step], line: usize) {
        for (was, is) in old.iter().zip(new) {
            let starts_browser = matches!(is.name.as_str(), "Chrome" | "Firefox" | "Edge" | "Safari" | "Remote");
            let same = was.own && is.own && was.name == is.name && !starts_browser;
            if same && is.inputs.len() > was.inputs.len() {
                self.report("changed-input", line, format!("`{}` is given more than before", is.name));
            }
        }
    }

    /// What was typed or chosen before must still be.
    pub fn compare_inputs(&mut self, old: &[Step], new: &[Step], line: usize) {
        let (before, after) = (visited(old), visited(new));
        if !before.is_empty() && !after.is_empty() && after.iter().all(|address| asks_for_more(address, &before)) {
            self.report("changed-url", line, "the page is asked for with more than before");
        }
        if self.steps_are_kept() {
            return;
        }
        let have: Vec<u64> = new.iter().flat_map(|step| &step.inputs).map(|(hash, _)| *hash).collect();
        for step in old {
            let Some((_, lost)) = step.inputs.iter().find(|input| {
                !have.contains(&input.0) && !self.renamed_to(&input.1, &have) && !is_chosen(step, input, old, new)
            }) else {
                continue;
            };
            let rule = if step.name == "passTime" {
                "faked-clock"
            } else if NAVIGATION.contains(&step.name.as_str()) || step.name == "get" {
                "changed-url"
            } else {
                "changed-input"
            };
            let ends = |is: &Step| is.inputs.iter().any(|(_, text)| self.goes_to_its_end(lost, text));
            if rule == "changed-url" && new.iter().any(ends) {
                self.report(rule, line, "the test goes straight to where it is to end");
                continue;
            }
            let versioned =
                |is: &Step| is.inputs.iter().any(|(_, text)| without_version(text) == without_version(lost));
            let fails = self.expects_failure();
            let is_address = lost.starts_with('/') || lost.contains("://");
            let answers_badly =
                |stmt: &Stmt| stmt.any(&mut |node| node.number().is_some_and(|code| (400.0..600.0).contains(&code)));
            let fails_or_answers_so = fails || self.stretch.new.iter().any(|stmt| answers_badly(stmt));
            if rule == "changed-input" && !fails_or_answers_so && is_address && new.iter().any(versioned) {
                continue;
            }
            if step.own
                && logs_in(&step.name)
                && !self.must_not_happen()
                && new.iter().any(|is| is.inputs.iter().any(|(_, text)| is_same_user(lost, text)))
            {
                continue;
            }
            if matches!(kind_of(&step.name), "select" | "fill") && is_stepped(lost, new) {
                continue;
            }
            if step.name == "passTime"
                && new.iter().any(|is| is.inputs.iter().any(|(_, text)| is_moment_longer(lost, text)))
                && !assertion::denies(&self.new.body)
            {
                continue;
            }
            if lost == "a computed value" && self.writes_day_otherwise() {
                continue;
            }
            if step.name == "addArgument" && lost.starts_with("--headless") {
                continue;
            }
            if step.own && lost == "a computed value" && self.is_day_of_today() {
                continue;
            }
            if kind_of(&step.name) == "fill"
                && (self.is_unique_now(lost)
                    || self.is_reckoned_now(lost)
                    || new.iter().any(|is| is.inputs.iter().any(|(_, text)| self.has_passed(lost, text)))
                    || new.iter().any(|is| is_same_day(lost, is) && !is_apart(step, is)))
            {
                continue;
            }
            let heard = |is: &Step| is.name == step.name && is.inputs.iter().any(|(_, text)| is_same_path(lost, text));
            if matches!(step.name.as_str(), "listen" | "intercept" | "route") && new.iter().any(heard) {
                continue;
            }
            // A full name became a first and a last one.
            let entered = self.stretch.new.iter().flat_map(|stmt| steps_of(stmt));
            let parts = entered.filter(|is| kind_of(&is.name) == "fill").flat_map(|is| is.inputs);
            let parts = parts.map(|(_, text)| text).filter(|text| lost.contains(text.as_str()));
            if kind_of(&step.name) == "fill" && lost.split(' ').eq(parts) {
                continue;
            }
            let fixture = |text: &str| {
                step.name == "fixture" && text.strip_suffix(lost.as_str()).is_some_and(|folder| folder.ends_with('/'))
            };
            if kind_of(&step.name) == "upload" && lost == "a computed value" && self.gives_same_file() {
                continue;
            }
            let moved = |is: &Step| is.inputs.iter().any(|(_, text)| is_same_file(lost, text) || fixture(text));
            if (kind_of(&step.name) == "upload" || step.name == "fixture") && new.iter().any(moved) {
                continue;
            }
            // Where something is dragged to is told by its place.
            let spoken_of =
                |name: &str| self.stretch.new.iter().any(|stmt| stmt.any(&mut |node| node.ident() == Some(name)));
            let place = |text: &str| selector(&Node::new(Kind::Str(text.to_owned()), 0));
            let dragged_to =
                |is: &Step| is.inputs.iter().any(|(_, text)| self.is_renamed_throughout(&place(lost), &place(text)));
            if kind_of(&step.name) == "drag" && (spoken_of(lost) || new.iter().any(dragged_to)) {
                continue;
            }
            let goes_to = asks_api(&step.name) || matches!(step.name.as_str(), "listen" | "intercept" | "route");
            // A request that fails proves nothing at another address.
            let moves =
                |text: &str| !(fails && asks_api(&step.name)) && (is_moved_page(lost, text) || both_log_in(lost, text));
            let goes_on = |is: &Step| is.inputs.iter().any(|(_, text)| moves(text) || is_grouped(lost, text));
            if (rule == "changed-url" || goes_to) && new.iter().any(goes_on) {
                continue;
            }
            if rule == "changed-url"
                && (!self.in_test() && self.route_renamed(step, new)
                    || !(fails && asks_api(&step.name)) && self.is_page_moved(lost, new))
            {
                continue;
            }
            let alike = |is: &Step| is.inputs.iter().any(|(_, text)| self.is_moved_alike(lost, text, fails));
            if (rule == "changed-url" || goes_to) && new.iter().any(alike) {
                continue;
            }
            self.report(rule, line, format!("`{}` is no longer given to `{}`", lost, step.name));
        }
    }

    /// Whether a text of which nothing is asserted is entered with something that makes it another one in each run.
    fn is_unique_now(&self, text: &str) -> bool {
        let was = Node::new(Kind::Str(text.to_owned()), 0);
        let stamps = stamps(self.new);
        let enters = |node: &Node| {
            let given = node.ident().and_then(|name| self.given(name, Side::New));
            became_unique(&was, given.unwrap_or(node), &stamps)
        };
        let entered = self.stretch.new.iter().any(|stmt| stmt.any(&mut |node| enters(node)));
        // Its own template says it once.
        entered && self.times_said(text) < 2 && !speaks_of_duplicates(self.old, text)
    }

    /// Whether a file of the same name is given, from another folder.
    fn gives_same_file(&self) -> bool {
        let named = |stmts: &[&Stmt]| {
            let mut found = Vec::new();
            stmts.iter().for_each(|stmt| {
                stmt.walk(&mut |node| {
                    let Kind::Call { args, .. } = &node.kind else { return };
                    let joins =
                        Chain::of(node).names().ends_with(&["path", "join"]) || Chain::of(node).names() == ["join"];
                    let path = args.last().and_then(Node::string).filter(|_| joins);
                    found.extend(path.map(|path| path.rsplit('/').next().unwrap_or(path).to_owned()));
                });
            });
            found
        };
        let before = named(&self.stretch.old);
        !before.is_empty() && before == named(&self.stretch.new)
    }

    /// Whether a text that a fixture gives is another in each run now.
    pub fn is_unique_text(&self, old: &Node, new: &Node) -> bool {
        became_unique(old, new, &stamps(self.new))
            && old.string().is_some_and(|text| self.times_said(text) < 2 && !speaks_of_duplicates(self.old, text))
    }

    /// How many texts of the new file hold a text.
    fn times_said(&self, text: &str) -> usize {
        let mut found = 0;
        let holds = |node: &Node| node.string().is_some_and(|other| other.contains(text));
        self.new.body.iter().for_each(|stmt| stmt.walk(&mut |node| found += usize::from(holds(node))));
        found
    }

    /// Whether a text of the new file holds another text.
    pub fn still_says(&self, text: &str) -> bool {
        let holds = |node: &Node| node.string().is_some_and(|other| other.contains(text));
        self.new.body.iter().any(|stmt| stmt.any(&mut |node| holds(node)))
    }

    fn renamed_to(&self, text: &str, have: &[u64]) -> bool {
        self.renames.get(text).is_some_and(|to| have.contains(&hash_of(&to)))
    }
}

/// The steps that a statement always makes; those under a condition do not count.
pub fn steps_of(stmt: &Stmt) -> Vec<Step> {
    let mut found = Vec::new();
    match &stmt.kind {
        StmtKind::Expr(_) | StmtKind::Return(_) | StmtKind::Decl { .. } => of_stmt(stmt, &mut found),
        StmtKind::With { items, body } => {
            items.iter().for_each(|item| collect(item, &mut found));
            body.iter().for_each(|stmt| found.extend(steps_of(stmt)));
        }
        StmtKind::Block(body) => body.iter().for_each(|stmt| found.extend(steps_of(stmt))),
        StmtKind::Loop { body, .. } => body.iter().for_each(|stmt| found.extend(steps_of(stmt))),
        _ => {}
    }
    found
}

/// Whether a program awaits an event by `once` of Node. <https://nodejs.org/api/events.html#eventsonceemitter-name-options>
fn awaits_event(program: &Program) -> bool {
    program.body.iter().any(|stmt| {
        matches!(&stmt.kind, StmtKind::Import(import) if matches!(import.source.as_str(), "events" | "node:events")
            && import.names.iter().any(|(name, _)| name == "once"))
    })
}

/// The name in `cy.….as('name')`.
pub fn alias(stmt: &Stmt) -> Option<&str> {
    let StmtKind::Expr(node) = &stmt.kind else { return None };
    Chain::of(node).called("as")?.first()?.string()
}

/// Whether a statement keeps what it reads of the page for later.
pub fn reads_page(stmt: &Stmt) -> bool {
    let keeps = |node: &Node| {
        let chain = Chain::of(node);
        is_locator(node) && chain.last().is_some_and(|link| link.args.is_some() && READS.contains(&link.name))
    };
    match &stmt.kind {
        StmtKind::Decl { init: Some(value), .. } => keeps(value),
        StmtKind::Expr(node) => Chain::of(node).called("as").is_some() && Chain::of(node).has("invoke"),
        _ => false,
    }
}
