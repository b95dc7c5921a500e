//! Steps that do something else than before, and steps that were not there: a test that is led elsewhere may find what it
//! looks for, whatever the product does.

use super::super::super::across::unique::{became_unique, speaks_of_duplicates, stamps};
use super::super::super::assertion::{self, Assertion, Style};
use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node, Stmt, StmtKind};
use super::super::super::locator::{self, Locator, contrasts, found_in};
use super::super::super::words::{ACTIONS, meaning, words};
use super::super::align::declaration;
use super::super::names::Side;
use super::super::oracle::restated::receiver;
use super::super::oracle::telling::expected_texts;
use super::super::pairs::kind_of;
use super::super::{Differ, Place, Scope};
use super::choices::{is_chosen, is_chosen_elsewhere};
use super::days::by_day_alone;
use super::focus::asks_toggled;
use super::{Step, alias, kept, steps_of};

/// Options by which a step is another one.
#[rustfmt::skip]
const TELLING: [&str; 11] = [
    "button", "modifiers", "position", "clickCount", "qs", "headers", "body", "auth", "targetPosition", "sourcePosition",
    "delay",
];
/// Words on what leads away from what another thing does, or does it to all.
#[rustfmt::skip]
const AWAY: [&str; 19] = [
    "cancel", "abort", "discard", "undo", "back", "help", "no", "not", "never", "all", "close", "dismiss", "later",
    "skip", "decline", "reject", "demo", "sample", "example",
];
/// Words on what does something else than what it stands for, and perhaps what is asserted.
#[rustfmt::skip]
const INSTEAD: [&str; 27] = [
    "simulate", "simulated", "mark", "waive", "mock", "fake", "sandbox", "archive", "hide", "snooze", "mute",
    "collapse", "preview", "draft", "force", "override", "approve", "settle", "search", "filter", "guest", "later",
    "gift", "backup", "anyway", "offline", "delivery",
];
/// Phrases of what is done beside what fails: only hidden, to a copy, or by a bill to be paid later.
const BESIDE: [&str; 6] = ["from view", "from list", "as copy", "as a copy", "by invoice", "on invoice"];
/// Words on what steps over an obstacle that may be the failure itself.
const OVERSTEPS: [&str; 9] =
    ["anyway", "ignore", "guest", "offline", "bypass", "override", "draft", "drafts", "proceed"];
/// Words on what is skipped at a cost.
const CHECKS: [&str; 7] = ["validation", "verification", "payment", "check", "checks", "login", "review"];
/// Words on what takes back what was done.
const UNDOES: [&str; 9] = ["undo", "discard", "cancel", "abort", "restore", "reset", "revert", "delete", "remove"];
/// Roles of what holds data: its name says which one.
const OF_DATA: [&str; 6] = ["row", "cell", "gridcell", "listitem", "treeitem", "article"];
/// Roles of what is chosen among others: its name says which one.
const CHOICES: [&str; 3] = ["checkbox", "radio", "switch"];
/// What says that a step only leads to where something stands.
#[rustfmt::skip]
const LEADS: [&str; 14] = [
    "tab", "tabs", "link", "menuitem", "menu", "treeitem", "open", "show", "next", "continue", "more", "expand", "details",
    "advanced",
];

/// A call of a method: the name of what it is of, if that has one, its own, and what it is given.
pub type Call<'n> = (&'n str, &'n str, &'n [Node]);

fn calls<'n>(stmts: &[&'n Stmt]) -> Vec<Call<'n>> {
    calls_in(stmts.iter().flat_map(|stmt| stmt.exprs()).filter(|node| declaration(node).is_none()))
}

pub fn calls_in<'n>(nodes: impl Iterator<Item = &'n Node>) -> Vec<Call<'n>> {
    let mut found = Vec::new();
    for node in nodes {
        node.walk(&mut |part| {
            if let Kind::Call { callee, args, .. } = &part.kind
                && let Kind::Member { object, name, .. } = &callee.kind
            {
                found.push((Chain::of(object).last().map_or("", |link| link.name), name.as_str(), args.as_slice()));
            }
        });
    }
    found
}

/// `field.type('a').clear()`
fn clears_what_it_enters(steps: &[Step]) -> bool {
    let entering = |name: &str| matches!(name, "clear" | "clearValue") || kind_of(name) == "fill";
    let taken: Vec<&Step> = steps.iter().filter(|step| entering(&step.name)).collect();
    let clears = taken.last().is_some_and(|step| step.name.starts_with("clear"));
    clears && taken.iter().any(|step| !step.inputs.is_empty())
}

/// The key that a call presses.
fn key((_, name, args): &Call) -> Option<String> {
    // Selenium's `Keys.ENTER`
    if let ("sendKeys", Some(Node { kind: Kind::Member { object, name: key, .. }, .. })) = (*name, args.last())
        && object.ident() == Some("Keys")
    {
        return Some(key.to_lowercase());
    }
    let text = args.iter().rev().find_map(Node::string)?;
    let is_key = *name == "keyboard" && text.starts_with('{') && text.ends_with('}')
        || matches!(*name, "press" | "pressKey")
        || *name == "type" && text.starts_with('{') && text.ends_with('}');
    let key =
        text.trim_matches(['{', '}']).to_lowercase().replace("controlormeta", "control").replace("meta", "control");
    is_key.then(|| if key == "esc" { "escape".into() } else { key })
}

impl<'a> Differ<'a> {
    /// The steps and the waits of the stretch against those that were there.
    pub fn done_otherwise(&mut self) {
        if self.is_fresh() || matches!(self.place(), Place::File | Place::Suite | Place::Class) {
            return;
        }
        let (old, new) = (self.stretch.old.clone(), self.stretch.new.clone());
        self.no_longer_taken(&old, &new);
        let (before, after) = (calls(&old), calls(&new));
        let line = new.first().map_or(self.near, |stmt| stmt.line);
        self.keys(&before, &after, line);
        self.sends_no_more(&old, &new, line);
        let options = |calls: &[Call<'a>]| -> Vec<(&'a str, &'a Node)> {
            let acts =
                calls.iter().filter(|(_, name, _)| ACTIONS.contains(name) || matches!(*name, "hover" | "trigger"));
            let acts = acts.flat_map(|(.., args)| args.iter());
            let entries =
                acts.flat_map(|arg| if let Kind::Object(entries) = &arg.kind { entries.as_slice() } else { &[] });
            entries
                .filter(|(key, value)| {
                    TELLING.contains(&key.as_str()) && (key != "delay" || value.number() > Some(500.0))
                })
                .map(|(key, value)| (key.as_str(), value))
                .collect()
        };
        let (known, told) = (options(&before), options(&after));
        let by_other_name = before.iter().any(|(_, name, _)| matches!(*name, "dblclick" | "rightclick" | "trigger"));
        if let Some((option, _)) = told.iter().find(|one| !known.contains(one)).filter(|_| !by_other_name) {
            self.report("unknown-step", line, format!("the step is taken otherwise: `{option}`"));
        }
        let lost = known.iter().find(|(key, _)| {
            matches!(*key, "button" | "modifiers" | "position") && !told.iter().any(|(other, _)| other == key)
        });
        if let Some((option, _)) = lost {
            self.report("unknown-step", line, format!("the step is taken otherwise: without `{option}`"));
        }
        let twice =
            |calls: &[Call]| calls.iter().any(|(_, name, _)| matches!(*name, "dblclick" | "doubleClick" | "dblClick"));
        let by_event = before.iter().any(|(_, name, _)| *name == "trigger");
        if twice(&after) != twice(&before) && !by_event {
            self.report("unknown-step", line, "what was clicked is clicked twice, or the other way round");
        }
        let (was, is) = (self.taken(Side::Old).concat(), self.taken(Side::New).concat());
        if was.iter().any(|step| is_chosen_elsewhere(step, &was, &is)) {
            self.report("changed-input", line, "it may be chosen in another field");
        }
        if by_day_alone(&was, &is).is_some_and(|date| !self.tells_month(date)) {
            self.report("changed-input", line, "a day is chosen, and nothing says of which month");
        }
        let performed = |calls: &[Call]| calls.iter().filter(|(_, name, _)| *name == "perform").count();
        // `ActionChains(driver).move_to_element(menu).click()`
        let unperformed = |stmts: &[&'a Stmt]| {
            let waits = |stmt: &&&'a Stmt| match &stmt.kind {
                StmtKind::Expr(node) => {
                    let chain = Chain::of(node);
                    let gathers =
                        chain.links.first().is_some_and(|link| link.name == "ActionChains" && link.args.is_some());
                    gathers && !chain.has("perform")
                }
                _ => false,
            };
            stmts.iter().filter(waits).count()
        };
        if performed(&after) < performed(&before) || unperformed(&new) > unperformed(&old) {
            self.report("dropped-step", line, "what was put together is not performed any more");
        }
        self.types_nowhere(&was, line);
        self.drags(&old, &new, line);
        let by_mouse = |calls: &[Call]| calls.iter().any(|(of, name, _)| *of == "mouse" && name.ends_with("click"));
        if by_mouse(&after) && !by_mouse(&before) {
            self.report("unknown-step", line, "what is clicked is told by its place alone");
        }
        self.waits(&before, &after, line);
        let unentered =
            |stmts: &[&'a Stmt]| stmts.iter().filter(|stmt| clears_what_it_enters(&self.steps_of(stmt))).count();
        if unentered(&new) > unentered(&old) {
            self.report("changed-input", line, "what was entered is taken away again");
        }
    }

    /// What sent a form must not become what is only chosen in it.
    fn sends_no_more(&mut self, old: &[&'a Stmt], new: &[&'a Stmt], line: usize) {
        let clicked = |stmts: &[&'a Stmt], side: Side| {
            let clicks = stmts.iter().filter(|stmt| steps_of(stmt).iter().any(|step| step.name == "click"));
            let place =
                |stmt: &&&'a Stmt| stmt.exprs().first().map(|node| locator::read(&self.spelled_out(node, side)));
            clicks.filter_map(|stmt| place(&stmt)).collect::<Vec<_>>()
        };
        let (before, after) = (clicked(old, Side::Old), clicked(new, Side::New));
        let sent = before.iter().filter(|place| contrasts::sends(place)).count();
        if sent == 0 || before.len() > after.len() {
            return;
        }
        // What opens the field that was filled is called as the field was.
        let filled = old.iter().filter(|stmt| steps_of(stmt).iter().any(|step| kind_of(&step.name) != "click"));
        let fields: Vec<String> =
            filled.flat_map(|stmt| stmt.exprs().into_iter().flat_map(|node| locator::read(node).own_texts())).collect();
        let opens = |place: &Locator| place.own_texts().iter().any(|text| fields.contains(text));
        if after.iter().filter(|place| !contrasts::chooses(place) && !opens(place)).count() < sent {
            self.report("dropped-step", line, "a value is chosen where a form was sent");
        }
    }

    /// A text that has to be known already, or to be refused, is another in each run now.
    fn no_longer_taken(&mut self, old: &[&'a Stmt], new: &[&'a Stmt]) {
        let enters = |step: &&Step| kind_of(&step.name) == "fill";
        let mut texts = Vec::new();
        for stmt in old {
            let steps = self.steps_of(stmt);
            texts.extend(steps.iter().filter(enters).flat_map(|step| &step.inputs).map(|(_, text)| text.clone()));
        }
        if texts.is_empty() {
            return;
        }
        let stamps = stamps(self.new);
        let renewed = |node: &Node, text: &String| became_unique(&Node::new(Kind::Str(text.clone()), 0), node, &stamps);
        for stmt in new {
            let known = self.steps_of(stmt).iter().any(|step| enters(&step))
                && texts
                    .iter()
                    .any(|text| stmt.any(&mut |node| renewed(node, text)) && speaks_of_duplicates(self.old, text));
            if known {
                self.report("changed-input", stmt.line, "what has to be known already is another text in each run");
            }
        }
    }

    /// Whether a key is pressed, where nothing was done, right after a click.
    fn presses_after_click(&self) -> bool {
        let (Some(scope), Some(first)) = (self.scopes.last(), self.stretch.new.first()) else { return false };
        let before = scope.new.iter().take_while(|stmt| !std::ptr::eq(**stmt, *first));
        let clicked = before.last().is_some_and(|stmt| steps_of(stmt).iter().any(|step| step.name == "click"));
        clicked && self.stretch.old.iter().all(|stmt| steps_of(stmt).is_empty())
    }

    /// Whether what was clicked, and is not any more, looks for something.
    fn clicked_to_find(&self) -> bool {
        let said = |stmt: &&'a Stmt| {
            let located = stmt.exprs().into_iter().map(|node| locator::read(&self.spelled_out(node, Side::Old)).says());
            meaning(&located.collect::<Vec<_>>().join(" "))
        };
        let clicks = |stmt: &&&'a Stmt| steps_of(stmt).iter().any(|step| step.name == "click");
        let finds = |word: &String| matches!(word.as_str(), "search" | "go" | "filter" | "add" | "send");
        self.stretch.old.iter().filter(clicks).all(|stmt| said(stmt).iter().any(finds))
    }

    /// Whoever presses another key, or a key where something was clicked, does something else.
    fn keys(&mut self, old: &[Call], new: &[Call], line: usize) {
        // `{downarrow}{enter}`
        let keys = |calls: &[Call]| {
            let pressed = calls.iter().filter_map(key);
            pressed.flat_map(|keys| keys.split("}{").map(str::to_owned).collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        let chosen = |keys: &[String]| keys.iter().any(|key| key == "enter");
        let clicks =
            |calls: &[Call]| calls.iter().filter(|one| key(one).is_none() && kind_of(one.1) == "click").count();
        let (before, after) = (keys(old), keys(new));
        let by_value =
            old.iter().any(|(_, name, _)| matches!(*name, "trigger" | "invoke" | "fill" | "evaluate" | "setValue"));
        let adds = clicks(new) >= clicks(old) && before.iter().all(|key| after.contains(key));
        let of_menu = |arg: &Node| arg.string().is_some_and(|text| text.starts_with("menuitem"));
        let in_menu = self.stretch.new.iter().any(|stmt| stmt.any(&mut |node| of_menu(node)));
        let strange = after.iter().find(|key| match key.as_str() {
            "enter" | "return" => {
                let presses_instead = clicks(new) < clicks(old) && !before.contains(key);
                presses_instead && !self.clicked_to_find() || self.presses_after_click()
            }
            "escape" if [old, new].iter().any(|calls| calls.iter().any(|(_, name, _)| kind_of(name) == "fill")) => true,
            // A list from which something was chosen stays open.
            "escape" if old.iter().any(|(_, name, _)| kind_of(name) == "select") => !in_menu,
            "escape" | "tab" | "space" | " " if adds => false,
            key if key.contains("arrow") && by_value => false,
            // The first of what is suggested has to be reached before it is taken.
            "downarrow" | "arrowdown" if chosen(&before) && chosen(&after) => false,
            _ => !before.contains(key),
        });
        if let Some(key) = strange {
            self.report("unknown-step", line, format!("the key `{key}` was not pressed"));
        }
    }

    /// A step that was not there, with no other behind it before what was asserted already.
    pub fn misleads(&mut self, stmt: &'a Stmt) {
        let StmtKind::Expr(node) = &stmt.kind else { return };
        let Some(scope) = self.scopes.last().filter(|_| !self.is_fresh()) else { return };
        if let Some(name) = alias(stmt) {
            let same = |stmts: &[&Stmt]| stmts.iter().filter(|other| alias(other) == Some(name)).count();
            if same(&scope.old) > 0 && same(&scope.new) > same(&scope.old) {
                self.report("changed-subject", stmt.line, format!("`{name}` stands for something else as well"));
                return;
            }
        }
        let again = |scope: &Scope<'a>| {
            let at = scope.new.iter().position(|other| std::ptr::eq(*other, stmt));
            let before = at.and_then(|at| at.checked_sub(1)).map(|at| scope.new[at]);
            let behind = at.and_then(|at| scope.new.get(at + 1)).copied();
            self.stretch.old.is_empty() && (before == Some(stmt) || behind == Some(stmt))
        };
        if again(scope) && self.steps_of(stmt).iter().any(|step| step.name == "click") {
            self.report("unknown-step", stmt.line, "what was done is done twice");
            return;
        }
        if self.answers_otherwise(stmt) || self.declines(stmt) {
            self.report("unknown-step", stmt.line, "the question is answered otherwise");
            return;
        }
        let places = |stmts: &[&Stmt], side| {
            let spelled = stmts.iter().flat_map(|stmt| stmt.exprs()).map(|node| self.spelled_out(node, side));
            spelled.flat_map(|node| found_in(node.bare()).into_iter().map(locator::read).collect::<Vec<_>>()).fold(
                Vec::new(),
                |mut found, place| {
                    found.extend((!found.contains(&place)).then_some(place));
                    found
                },
            )
        };
        if self.only_rewritten() && places(&self.stretch.old, Side::Old) == places(&self.stretch.new, Side::New) {
            return;
        }
        // The button that asks for a file, where it was given to the field.
        let asks_for_file = |node: &Node| node.string() == Some("filechooser");
        let uploads = |stmt: &&Stmt| steps_of(stmt).iter().any(|step| kind_of(&step.name) == "upload");
        if self.stretch.new.iter().any(|stmt| stmt.any(&mut |node| asks_for_file(node)))
            && self.stretch.old.iter().any(uploads)
        {
            return;
        }
        let taken = steps_of(stmt);
        if taken.is_empty() || taken.iter().any(|step| step.own || !step.in_the_way.is_empty()) {
            return;
        }
        let asserts = self.asserts();
        let mut behind = self.onwards(stmt).iter().skip(1);
        let enters =
            |other: &&Stmt| steps_of(other).iter().any(|step| kind_of(&step.name) == "fill" && !step.inputs.is_empty());
        let clears = taken.iter().all(|step| matches!(step.name.as_str(), "clear" | "clearValue"));
        // What is given the field, `user.clear(field)`, is no part of the page.
        let given = |other: &Stmt| match &other.kind {
            StmtKind::Expr(step) => Chain::of(step)
                .last()
                .and_then(|link| link.args)
                .and_then(<[Node]>::first)
                .cloned()
                .map(|field| (receiver(step).cloned(), field)),
            _ => None,
        };
        let next = behind.clone().find(|other| !steps_of(other).is_empty());
        if clears && given(stmt).is_some() && next.is_some_and(|next| enters(next) && given(next) == given(stmt)) {
            return;
        }
        if clears {
            let mut before = scope.new.iter().take_while(|other| !std::ptr::eq(**other, stmt));
            let cleared = receiver(node);
            let of_it = |other: &&&Stmt| match &other.kind {
                StmtKind::Expr(step) => receiver(step) == cleared,
                _ => false,
            };
            let next = behind.clone().find(|other| !steps_of(other).is_empty());
            let taken_away =
                before.clone().filter(of_it).last().is_some_and(&enters) && !next.filter(of_it).is_some_and(&enters);
            let ends = behind.clone().chain(&self.stretch.new).filter(|other| other.line > stmt.end);
            let refilled = next.into_iter().chain(ends).any(&enters);
            if taken_away || before.any(enters) && !refilled {
                self.report("changed-input", stmt.line, "what was entered is taken away again");
            }
            return;
        }
        let replaces = self.stretch.old.iter().any(|stmt| !steps_of(stmt).is_empty());
        // What was entered or selected is chosen by this step.
        let before: Vec<Step> = self.stretch.old.iter().flat_map(|stmt| steps_of(stmt)).collect();
        let entered = before.iter().filter(|step| matches!(kind_of(&step.name), "select" | "fill"));
        let mut entered = entered.flat_map(|step| step.inputs.iter().map(move |input| (step, input)));
        if entered.any(|(step, input)| is_chosen(step, input, &before, &taken)) {
            return;
        }
        // What was entered in one step is entered in one of several now.
        let enters_as_before = |step: &Step| {
            let known = |(input, _): &(u64, String)| {
                before
                    .iter()
                    .any(|was| kind_of(&was.name) == "fill" && was.inputs.iter().any(|(given, _)| given == input))
            };
            kind_of(&step.name) == "fill" && !step.inputs.is_empty() && step.inputs.iter().all(known)
        };
        if taken.iter().all(enters_as_before) {
            return;
        }
        // What a person has to agree to, before it can be sent.
        let agrees = taken.iter().all(|step| step.name == "check")
            && node.any(&mut |part| {
                part.string().is_some_and(|text| {
                    words(text).iter().any(|word| {
                        matches!(
                            word.as_str(),
                            "declare" | "agree" | "accept" | "terms" | "consent" | "privacy" | "conditions" | "confirm"
                        )
                    })
                })
            });
        if agrees && !self.must_not_happen() {
            return;
        }
        let mut asserted: Vec<Assertion<'a>> = Vec::new();
        let changed = |next: &&Stmt| !self.stretch.old.is_empty() && self.stretch.new.contains(next);
        for next in behind.by_ref() {
            match assertion::of_stmt(next, &asserts).filter(|found| found.style != Style::Implicit) {
                Some(found) if scope.old.contains(next) || changed(next) && asks_toggled(&found) => {
                    asserted.push(found)
                }
                Some(_) => {}
                None if (replaces || scope.old.contains(next)) && !steps_of(next).is_empty() => break,
                None => {}
            }
        }
        let mut texts = Vec::new();
        node.walk(&mut |part| match &part.kind {
            Kind::Str(text) => texts.extend(words(text)),
            Kind::Ident(_) => texts.extend(words(&format!("{:?}", part.kind))),
            _ => {}
        });
        let known = |word: &String| {
            let mut acts = scope.old.iter().filter(|stmt| !steps_of(stmt).is_empty());
            acts.any(|stmt| stmt.any(&mut |part| part.string().is_some_and(|text| words(text).contains(word))))
        };
        let undoes = texts.iter().any(|word| UNDOES.contains(&word.as_str()) && !known(word));
        let turns = |word: &String| {
            matches!(
                word.as_str(),
                "reset"
                    | "default"
                    | "undo"
                    | "revert"
                    | "clear"
                    | "logout"
                    | "signout"
                    | "visitor"
                    | "impersonate"
                    | "switch"
            ) && !known(word)
        };
        let logs_in = scope
            .new
            .iter()
            .any(|stmt| steps_of(stmt).iter().any(|step| step.place.contains("password") || kept::logs_in(&step.name)));
        let past = |word: &String| OVERSTEPS.contains(&word.as_str()) && (word != "guest" || logs_in);
        let oversteps = texts.iter().any(|word| past(word) && !known(word))
            || texts.iter().any(|word| word == "skip") && texts.iter().any(|word| CHECKS.contains(&word.as_str()))
            || texts.iter().any(|word| word == "pay") && !known(&"pay".to_owned());
        // The entry of a menu that says less than the button did.
        let lesser = |word: &String| matches!(word.as_str(), "test" | "preview" | "request" | "draft");
        let named: Vec<String> = locator::read(node).own_texts().iter().flat_map(|text| words(text)).collect();
        let oversteps = oversteps || named.iter().any(|word| lesser(word) && !known(word)) && replaces;
        if oversteps && !self.was_done_to(stmt) {
            self.report("unknown-step", stmt.line, "the step may go past what fails");
            return;
        }
        if self.happens_by_itself() && !replaces {
            self.report("unknown-step", stmt.line, "the step does what the product is to do by itself");
            return;
        }
        let logs_out =
            texts.iter().any(|word| word == "out") && texts.iter().any(|word| word == "log" || word == "sign");
        let left = ["out", "logout", "signout", "off"].iter().any(|word| known(&(*word).to_owned()));
        if !self.was_done_to(stmt) && (texts.iter().any(turns) || logs_out && !left) {
            self.report(
                "unknown-step",
                stmt.line,
                "the step takes back what was done, or makes somebody else of who did it",
            );
            return;
        }
        let leads = texts.iter().any(|word| LEADS.contains(&word.as_str()));
        let makes = |found: &Assertion<'a>| {
            let shown = found.locators().into_iter().flat_map(|node| locator::read(node).texts.clone());
            let mut shown = shown.chain(expected_texts(found).into_iter().map(str::to_owned)).map(|text| words(&text));
            let of_state = |node: &&Node| !locator::read(node).states.is_empty();
            (asks_toggled(found) || found.locators().iter().any(of_state)) && !leads
                || shown.any(|shown| {
                    let all = !shown.is_empty() && shown.iter().all(|word| texts.contains(word));
                    all && !shown.iter().all(known)
                })
        };
        if asserted.iter().any(makes) || undoes && !asserted.is_empty() {
            self.report("unknown-step", stmt.line, "the step may make what is asserted next");
        }
    }

    /// Whether the title of the test says that something happens without anybody asking for it.
    fn happens_by_itself(&self) -> bool {
        #[rustfmt::skip]
        const BY_ITSELF: [&str; 7] =
            ["autosave", "autosaves", "automatically", "auto", "itself", "instantly", "immediately"];
        let says = |title: &String| words(title).iter().any(|word| BY_ITSELF.contains(&word.as_str()));
        self.titles.last().is_some_and(says)
    }

    /// Whether a page object calls by the same name what does something else: `payButton` finds `Pay later`.
    pub fn names_another(&mut self, name: &str, old: &Locator, new: &Locator, line: usize) {
        let was = words(&format!("{} {name}", old.says()));
        let own = words(&format!("{} {}", new.target(), new.own_texts().join(" ")));
        if let Some(word) =
            own.iter().find(|word| INSTEAD.contains(&word.as_str()) && !was.contains(word) && !self.is_meant(word))
        {
            self.report("unknown-step", line, format!("`{name}` may do something else: `{word}`"));
        }
        self.acts_beside(old, new, line);
    }

    /// Whether the test, its helper or its file is named after what is done.
    pub fn is_meant(&self, word: &str) -> bool {
        let said = |text: &str| words(text).iter().any(|other| other.starts_with(word));
        self.titles.iter().any(|title| said(title))
            || self.helper.is_some_and(|(name, _)| said(name))
            || said(self.path)
    }

    fn acts_beside(&mut self, old: &Locator, new: &Locator, line: usize) {
        let beside = |text: &String| BESIDE.iter().any(|part| text.to_lowercase().contains(part));
        if new.own_texts().iter().any(beside) && !old.own_texts().iter().any(beside) {
            self.report("unknown-step", line, "the step may only hide it, or do it beside what fails");
        }
    }

    /// Whether a step is done to what leads away from what it was done to, or to other data.
    pub fn acts_on_other(&mut self, old: &Locator, new: &Locator, enters: bool, line: usize) {
        let (was, is) = (words(&old.says()), words(&new.says()));
        let goes_back = was.iter().any(|word| matches!(word.as_str(), "previous" | "prev"));
        let plain = |word: &str| goes_back && word == "back" || word == "all" && old.texts.is_empty();
        let away = |said: &[String]| said.iter().any(|word| AWAY.contains(&word.as_str()) && !plain(word));
        let known = is.iter().any(|word| AWAY.contains(&word.as_str()) && self.is_meant(word));
        let logged_in = meaning(&old.says()).iter().any(|word| word == "login");
        let signs_up = |word: &String| logged_in && matches!(word.as_str(), "register" | "signup" | "up");
        let instead = |word: &&String| (INSTEAD.contains(&word.as_str()) || signs_up(word)) && !was.contains(word);
        self.acts_beside(old, new, line);
        let denies =
            |said: &[String]| said.iter().any(|word| matches!(word.as_str(), "no" | "not" | "without" | "never"));
        // What it stands in does nothing.
        let own_texts = new.own_texts().into_iter().filter(|text| !text.contains('@')).collect::<Vec<_>>();
        let own = words(&format!("{} {}", new.target(), own_texts.join(" ")));
        let asks =
            was.iter().any(|word| matches!(word.as_str(), "q" | "s" | "query" | "keys" | "keyword" | "keywords"));
        let finds = |word: &String| matches!(word.as_str(), "search" | "filter") && !asks;
        // What is clicked behind a field looks for what was entered in it.
        let entered = || {
            let before =
                self.scopes.last().into_iter().flat_map(|scope| &scope.new).take_while(|stmt| stmt.line < line);
            let fills = |stmt: &&Stmt| steps_of(stmt).iter().any(|step| kind_of(&step.name) == "fill");
            !enters && before.last().is_some_and(fills)
        };
        if let Some(word) = own.iter().find(|word| {
            instead(word)
                && !self.is_meant(word)
                && !(*word == "search" && (asks || entered()))
                && (!enters || finds(word))
        }) {
            self.report("unknown-step", line, format!("the step may do something else: `{word}`"));
        } else if contrasts::is_other_operation(old, new) {
            self.report("unknown-step", line, "the step is another operation");
        } else if contrasts::is_of_other_value(old, new)
            || contrasts::is_in_other_place(old, new)
            || contrasts::leaves_place(old, new)
        {
            self.report("changed-input", line, "the step is done to another one of many");
        } else if contrasts::turns_state_round(old, new) {
            self.report("changed-input", line, "the step is done to what must not be in that state");
        } else if contrasts::loses_text_for_place(old, new) {
            self.report("changed-input", line, "the step is done to what only its place tells from others");
        } else if contrasts::is_other(old, new) {
            self.report("changed-input", line, "the step is done to the counterpart of what it was done to");
        } else if denies(&is) && !denies(&was) && new.labelled && old.labelled {
            self.report("changed-input", line, "the step is done to what says the opposite");
        } else if !new.labelled && away(&own) && !away(&was) && !known && old.positions.is_empty() {
            self.report("unknown-step", line, "the step is done to what leads away from it");
        }
        let of_data = old.roles.iter().any(|role| OF_DATA.contains(&role.as_str()))
            || old.roles.last().is_some_and(|role| CHOICES.contains(&role.as_str())) && old.roles == new.roles;
        let lost = |text: &String| !words(text).iter().any(|word| is.contains(word));
        let in_row = |locator: &Locator| {
            let leads = words(&locator.path.join(" "))
                .iter()
                .any(|word| matches!(word.as_str(), "tab" | "tabs" | "nav" | "menu"));
            locator.path.iter().any(|part| matches!(part.as_str(), "tr" | "li")) && !leads
        };
        // What the row is told by is the first of them, unless that is a pattern.
        let by_pattern = old.patterns == new.patterns && !old.patterns.is_empty();
        let one_lost = (of_data || in_row(old))
            && !by_pattern
            && old.texts.len() == new.texts.len()
            && old.texts.first().is_some_and(lost);
        if of_data && !by_pattern && old.texts.iter().all(lost) && !old.texts.is_empty()
            || one_lost
            || contrasts::is_other_item(old, new)
        {
            self.report("changed-input", line, "the step is done to other data");
        }
    }
}
