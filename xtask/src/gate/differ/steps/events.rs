//! What the calls of Testing Library and of fake clocks do as steps, and which steps surely do nothing.

use super::super::super::assertion;
use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node, Stmt, StmtKind};
use super::super::super::locator::{self, is_locator};
use super::super::super::words::ACTIONS;
use super::super::Differ;
use super::super::names::{Side, statements};
use super::super::pairs::kind_of;
use super::{Step, steps_of};

impl<'a> Differ<'a> {
    /// Whether a step is done now to what the test finds elsewhere, or fills, which is surely not what it was done to.
    pub fn acts_on_known(&self, old: &Node, new: &Node) -> bool {
        let (before, after) = (located(&self.spelled_out(old, Side::Old)), located(&self.spelled_out(new, Side::New)));
        if after.is_empty() || after.iter().any(|one| before.contains(one)) {
            return false;
        }
        let clicks = kind_of(Chain::of(new.bare()).last().map_or("", |link| link.name)) == "click";
        self.scopes.last().is_some_and(|scope| {
            let places = scope.places.get_or_init(|| [self.places_in(Side::Old), self.places_in(Side::New)]);
            let known = |of: &dyn Fn(&Places) -> &Vec<String>| {
                places.iter().all(|places| of(places).iter().any(|place| after.contains(place)))
            };
            known(&|places| &places.asserted) || clicks && known(&|places| &places.filled)
        })
    }

    fn places_in(&self, side: Side) -> Places {
        let stmts = self.scopes.last().map(|scope| statements(scope, side)).unwrap_or_default();
        let asserts = self.asserts();
        let mut places = Places::default();
        for stmt in stmts {
            let found = assertion::of_stmt(stmt, &asserts).map(|found| found.locators()).unwrap_or_default();
            places.asserted.extend(found.iter().map(|node| format!("{:?}", locator::read(node))));
            if let StmtKind::Expr(node) = &stmt.kind
                && self.steps_of(stmt).iter().any(|step| kind_of(&step.name) == "fill" && !step.inputs.is_empty())
            {
                places.filled.extend(located(&self.spelled_out(node, side)));
            }
        }
        places
    }
}

/// The locators of some statements.
#[derive(Default)]
pub struct Places {
    /// Of what something is asserted.
    asserted: Vec<String>,
    /// Of what something is entered in.
    filled: Vec<String>,
}

/// The locators of a step: what it is called on, or what it is given.
fn located(step: &Node) -> Vec<String> {
    let bare = step.bare();
    let Kind::Call { args, .. } = &bare.kind else { return Vec::new() };
    let whole = std::iter::once(bare).filter(|node| is_locator(node));
    whole.chain(args.iter().filter(|arg| is_locator(arg))).map(|node| format!("{:?}", locator::read(node))).collect()
}

/// What a call of Testing Library's events does, or of a fake clock: its name as a step.
pub fn event(root: &str, name: &str, args: &[Node]) -> Option<String> {
    let submits = || {
        args.iter().any(|arg| {
            arg.any(&mut |part| {
                part.string().is_some_and(|text| {
                    let key = text.trim_matches(['{', '}', '[', ']', '>', '/']);
                    key == " " || key.eq_ignore_ascii_case("enter") || key.eq_ignore_ascii_case("space")
                })
            })
        })
    };
    let types = || args.first().and_then(Node::string).is_some_and(|text| !text.contains(['{', '[']));
    let step = match (root, name) {
        ("fireEvent", _) if ACTIONS.contains(&name) => return None,
        ("fireEvent", "keyDown" | "keyPress" | "keyUp") if submits() => "press",
        ("fireEvent", "change" | "input") if args.iter().skip(1).any(has_files) => "upload",
        ("fireEvent", "change" | "input") => "fill",
        ("fireEvent", "mouseDown" | "pointerDown") => "click",
        ("fireEvent", _) if !is_on_the_way(name) => name,
        ("user" | "userEvent", "keyboard") if submits() => "press",
        ("user" | "userEvent", "keyboard") if types() => "type",
        ("user" | "userEvent", "paste") => "fill",
        ("user" | "userEvent", "keyboard" | "tab" | "pointer" | "cut" | "copy" | "deselectOptions") => name,
        _ if passes_time(root, name) => "passTime",
        _ => return None,
    };
    Some(step.to_owned())
}

/// `{ target: { files: [png] } }`
fn has_files(event: &Node) -> bool {
    event.any(&mut |part| matches!(&part.kind, Kind::Object(entries) if entries.iter().any(|(key, _)| key == "files")))
}

/// Methods of a fake clock that let time pass.
#[rustfmt::skip]
const PASSES_TIME: [&str; 8] = [
    "advanceTimersByTime", "runAllTimers", "runOnlyPendingTimers", "advanceTimersToNextTimer", "runAllTicks",
    "runAllImmediates", "advanceTimersToNextFrame", "tick",
];

pub fn passes_time(root: &str, name: &str) -> bool {
    matches!(root, "jest" | "vi" | "clock" | "cy") && PASSES_TIME.contains(&name.strip_suffix("Async").unwrap_or(name))
}

/// Events of a pointer or of the focus that come and go: like `hover` and `focus`, no step.
pub fn is_on_the_way(name: &str) -> bool {
    ["mouse", "pointer", "focus", "blur", "scroll", "load", "animation", "transition"]
        .iter()
        .any(|kind| name.starts_with(kind))
}

/// Whether a step is done to the page as a whole, or to something that only shows.
pub fn is_idle(whole: &Node, args: &[Node]) -> bool {
    let of_document = |node: &Node| {
        let names = Chain::of(node).names();
        matches!(names.as_slice(), ["document" | "window", ..] | ["container"]) && !is_locator(node)
    };
    args.first().is_some_and(of_document) || is_locator(whole) && locator::read(whole).only_shows()
}

/// A kind of step that is done less often than before. A choice may be made by a click.
pub fn fewer_of_a_kind<'s>(old: &'s [Step], new: &[Step]) -> Option<&'s str> {
    let kind = |step: &Step| if kind_of(&step.name) == "select" { "click" } else { kind_of(&step.name) }.to_owned();
    let count = |steps: &[Step], wanted: &str| {
        steps.iter().filter(|step| !step.own && !step.idle && kind(step) == wanted).count()
    };
    let lost = old.iter().find(|step| !step.own && count(old, &kind(step)) > count(new, &kind(step)));
    lost.map(|step| step.name.as_str())
}

/// Whether a statement does something for each of many.
pub fn repeats(stmt: &Stmt) -> bool {
    match &stmt.kind {
        StmtKind::Loop { .. } => !steps_of(stmt).is_empty(),
        StmtKind::Expr(node) => {
            let chain = Chain::of(node);
            let func = chain.called("forEach").and_then(<[Node]>::first).map(|callback| &callback.kind);
            matches!(func, Some(Kind::Fn(func)) if func.body.iter().any(|stmt| !steps_of(stmt).is_empty()))
        }
        _ => false,
    }
}
