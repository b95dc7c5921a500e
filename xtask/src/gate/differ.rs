//! Compares the old and the new tree of one file, statement by statement.
//!
//! It works by permission: an edit that it does not recognise as harmless is at least for a person to decide. What it
//! recognises as a loss of the oracle is refused. [`align`] says which statement became which; [`pairs`], [`gone`] and
//! [`fresh`] take it from there, by three questions: [`oracle`], [`steps`], [`self_made`].

mod align;
mod contexts;
mod coroutines;
mod definitions;
mod elsewhere;
mod fresh;
mod functions;
mod gone;
mod harmless;
mod imports;
mod module_names;
mod moved;
mod names;
mod oracle;
mod page_objects;
mod pairs;
mod params;
mod self_made;
mod steps;
mod traced;
mod uses;
mod values;
mod what_runs;

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

pub use align::{declaration, flatten};
pub use harmless::is_vocabulary;
pub use imports::required_import;
pub use module_names::plays_a_part;
use names::Side;
use oracle::restated::{Claimed, claimed};
use oracle::{claims, evidence, synonyms};
pub use pairs::leaves;
pub use self_made::own_input::ENTERS;
pub use self_made::rendered::{is_own_provider, provides, wrapped};
use self_made::{evidence_calls, own_input};
pub use steps::addresses::logs_in_at;
pub use steps::days::{days, is_iso, reads_clock};
pub use steps::events::passes_time;
use steps::reshaped;

use super::across::modules::Moves;
use super::assertion;
use super::ir::{Func, Kind, Node, Program, Stmt, StmtKind, any_stmt};
use super::lcs::Gap;
use super::{Finding, rules};

/// What is known beyond the file.
#[derive(Default)]
pub struct Surroundings {
    /// Functions of the changed files that contain assertions, before or after.
    pub asserting: HashSet<String>,
    /// Functions that kept their body under another name.
    pub renamed: HashMap<String, String>,
    /// Functions of the changed files, as they are now.
    pub known: HashSet<String>,
    /// Whether there are some that were not there.
    pub makes_functions: bool,
    /// Members that the changed files speak of now, and did not before.
    pub spoken_of_anew: HashSet<String>,
    pub moves: Moves,
}

/// Whose statements are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    File,
    Suite,
    Test,
    Hook,
    Function,
    Class,
}

struct Scope<'a> {
    place: Place,
    old: Vec<&'a Stmt>,
    new: Vec<&'a Stmt>,
    /// The whole of it is new.
    fresh: bool,
    /// Of each side what is found to be asserted of, and where something is entered, once somebody asks.
    places: OnceCell<[steps::events::Places; 2]>,
}

pub struct Differ<'a> {
    path: &'a str,
    old_text: Vec<&'a str>,
    old: &'a Program,
    new: &'a Program,
    around: &'a Surroundings,
    evidence: evidence::Evidence,
    /// The names by which callbacks get elements, once somebody asks.
    yielded: OnceCell<HashSet<&'a str>>,
    /// Of each side, once somebody asks.
    entered: [OnceCell<own_input::Entered<'a>>; 2],
    /// Of each side the telling values that are compared, with what is asserted.
    told: [OnceCell<Vec<(&'a Node, u64)>>; 2],
    /// Of each side what shows what a locator is for.
    shown: [OnceCell<Vec<elsewhere::Shown>>; 2],
    /// Of each side the addresses that it goes to, in their parts.
    reached: [OnceCell<Vec<Vec<String>>>; 2],
    /// Whether the tests work in a browser.
    in_browser: OnceCell<bool>,
    /// By the statement: see [`Differ::steps_of`].
    steps: RefCell<HashMap<*const Stmt, Rc<[steps::Step]>>>,
    /// By the name of a function the forms in which the new version calls it.
    forms: RefCell<HashMap<String, Rc<[reshaped::Given<'a>]>>>,
    scopes: Vec<Scope<'a>>,
    renames: HashMap<String, String>,
    titles: Vec<String>,
    /// The line in the new text where something that is gone would stand.
    near: usize,
    stretch: Stretch<'a>,
    /// What is awaited later under another name: the name, and the promise.
    awaited_later: Vec<(&'a str, &'a str)>,
    /// The function that is compared, if it has a name, and the line where the old one begins.
    helper: Option<(&'a str, usize)>,
    /// Of the new version: see [`evidence_calls::held`].
    held: HashMap<&'a str, &'a Node>,
    /// Inside a condition or a block whose failure is caught.
    guarded: bool,
    /// Whether the assertion that is compared is about elements.
    of_elements: bool,
    /// Whether it is about a state.
    of_state: bool,
    /// Whether what is compared is asserted of all that are found.
    of_many: bool,
    findings: Vec<Finding>,
}

/// The statements that are compared, before and after.
#[derive(Default)]
struct Stretch<'a> {
    old: Vec<&'a Stmt>,
    new: Vec<&'a Stmt>,
    /// See [`Differ::steps_are_kept`], which every pair of them asks.
    keeps_steps: OnceCell<bool>,
    /// Of each side the steps of each statement, with what its names stand for, once somebody asks.
    taken: [OnceCell<Vec<Vec<steps::Step>>>; 2],
}

impl<'a> Stretch<'a> {
    fn of(old: &[&'a Stmt], new: &[&'a Stmt]) -> Self {
        Stretch { old: old.to_vec(), new: new.to_vec(), ..Stretch::default() }
    }
}

/// Compares two versions of a file; an absent one is an empty program.
pub fn compare<'a>(
    path: &'a str,
    old_text: &'a str,
    old: &'a Program,
    new: &'a Program,
    around: &'a Surroundings,
) -> Vec<Finding> {
    let mut differ = Differ {
        path,
        old_text: old_text.lines().collect(),
        old,
        new,
        around,
        evidence: evidence::Evidence::of([old, new], &|name| around.asserting.contains(name)),
        yielded: OnceCell::new(),
        entered: Default::default(),
        told: Default::default(),
        shown: Default::default(),
        reached: Default::default(),
        in_browser: OnceCell::new(),
        steps: RefCell::default(),
        forms: RefCell::default(),
        scopes: Vec::new(),
        renames: around.renamed.clone(),
        titles: Vec::new(),
        near: 1,
        stretch: Stretch::default(),
        awaited_later: Vec::new(),
        helper: None,
        held: evidence_calls::held(new),
        guarded: false,
        of_elements: false,
        of_state: false,
        of_many: false,
        findings: Vec::new(),
    };
    differ.renames.retain(|name, _| !is_asked_elsewhere(path, old, around, name));
    differ.imports();
    differ.uncalled();
    differ.answers();
    differ.older_addresses();
    differ.scoped(Place::File, &old.body, &new.body, old.body.is_empty());
    differ.findings
}

/// Whether a member of a name is one of an object whose class comes from a file that is not in the change.
fn is_asked_elsewhere(path: &str, program: &Program, around: &Surroundings, name: &str) -> bool {
    let untouched = |class: &str| {
        program.body.iter().any(|stmt| {
            matches!(&stmt.kind, StmtKind::Import(import)
            if import.names.iter().any(|(_, local)| local == class) && !around.moves.touch(path, &import.source))
        })
    };
    let foreign = |object: &str| {
        any_stmt(&program.body, &mut |stmt| match &stmt.kind {
            StmtKind::Decl { target, init: Some(Node { kind: Kind::New { callee, .. }, .. }), .. } => {
                target.ident() == Some(object) && callee.ident().is_some_and(untouched)
            }
            _ => false,
        })
    };
    let asked = |node: &Node| matches!(&node.kind, Kind::Member { object, name: other, .. } if other == name && object.ident().is_some_and(foreign));
    program.body.iter().any(|stmt| stmt.any(&mut |node| asked(node)))
}

impl<'a> Differ<'a> {
    fn report(&mut self, rule: &'static str, line: usize, message: impl Into<String>) {
        let finding = Finding {
            rule,
            verdict: rules::verdict_of(rule),
            file: self.path.to_owned(),
            line,
            test: self.titles.last().cloned(),
            message: message.into(),
        };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    /// Compares two bodies that are a scope of their own.
    fn scoped(&mut self, place: Place, old: &'a [Stmt], new: &'a [Stmt], fresh: bool) {
        let (old_stmts, new_stmts) = (align::flatten(old), align::flatten(new));
        let scope = Scope { place, old: old_stmts, new: new_stmts, fresh, places: OnceCell::new() };
        self.scopes.push(scope);
        if place == Place::Test {
            self.contexts_waited(old, new);
        }
        self.block(old, new);
        self.scopes.pop();
    }

    fn place(&self) -> Place {
        self.scopes.last().map_or(Place::File, |scope| scope.place)
    }

    /// The new statements around, from one of them on.
    fn onwards(&self, stmt: &Stmt) -> &[&'a Stmt] {
        let new = self.scopes.last().map(|scope| scope.new.as_slice()).unwrap_or_default();
        let at = new.iter().position(|other| std::ptr::eq(*other, stmt)).unwrap_or(new.len());
        &new[at..]
    }

    fn is_fresh(&self) -> bool {
        self.scopes.iter().any(|scope| scope.fresh)
    }

    /// Whether a test or a hook is around.
    fn in_test(&self) -> bool {
        self.scopes.iter().any(|scope| matches!(scope.place, Place::Test | Place::Hook))
    }

    fn asserts(&self) -> impl Fn(&str) -> bool + 'a {
        let around = self.around;
        move |name| around.asserting.contains(name)
    }

    /// Compares two lists of statements.
    fn block(&mut self, old: &'a [Stmt], new: &'a [Stmt]) {
        let (old, new) = (align::flatten(old), align::flatten(new));
        let gaps = align::gaps(&old, &new);
        self.moved_reads(&old, &new, &gaps);
        for gap in gaps {
            let (gone, fresh) = (&old[gap.old.clone()], &new[gap.new.clone()]);
            let outer = std::mem::replace(&mut self.stretch, Stretch::of(gone, fresh));
            self.done_otherwise();
            let (before, after) = (self.claims(gone, Side::Old), self.claims(fresh, Side::New));
            let pairs = align::pair_up((gone, &before), (fresh, &after), &self.asserts());
            for (at, pair) in &pairs {
                self.pair(gone[*at], fresh[*pair]);
            }
            let gone: Vec<&'a Stmt> =
                (0..gone.len()).filter(|at| !pairs.iter().any(|(old, _)| old == at)).map(|at| gone[at]).collect();
            let last = gap.new.end == new.len();
            let fresh: Vec<(&'a Stmt, bool)> = (0..fresh.len())
                .filter(|at| !pairs.iter().any(|(_, new)| new == at))
                .map(|at| (fresh[at], last && at + 1 == fresh.len()))
                .collect();
            let before = gap.new.start.checked_sub(1).map(|at| new[at].end);
            let here =
                fresh.first().map(|(stmt, _)| stmt.line).or(before).or(new.get(gap.new.end).map(|stmt| stmt.line));
            self.near = here.unwrap_or(self.near);
            self.changed(&gone, &fresh);
            self.stretch = outer;
        }
    }

    /// What is read at another point of the test may be another value.
    fn moved_reads(&mut self, old: &[&'a Stmt], new: &[&'a Stmt], gaps: &[Gap]) {
        let gone = gaps.iter().flat_map(|gap| old[gap.old.clone()].iter().map(move |stmt| (gap, stmt)));
        let fresh: Vec<(&Gap, &&Stmt)> =
            gaps.iter().flat_map(|gap| new[gap.new.clone()].iter().map(move |stmt| (gap, stmt))).collect();
        for (gap, stmt) in gone.filter(|(_, stmt)| steps::reads_page(stmt)) {
            let alias = steps::alias(stmt);
            let moved = |(other_gap, other): &&(&Gap, &&Stmt)| {
                *other == stmt || alias.is_some() && alias == steps::alias(other) && gap.new != other_gap.new
            };
            if let Some((_, moved)) = fresh.iter().find(moved) {
                self.report("changed-subject", moved.line, "what is asserted later is read at another point");
            }
        }
    }

    /// What each statement claims, if that is something that can be said in other words.
    fn claims(&self, stmts: &[&'a Stmt], side: Side) -> Vec<Option<Claimed>> {
        let asserts = self.asserts();
        let claim = |stmt: &&Stmt| {
            assertion::of_stmt(stmt, &asserts).and_then(|found| claimed(&found, &|node| self.spelled_out(node, side)))
        };
        stmts.iter().map(claim).collect()
    }

    /// Statements that have no counterpart.
    fn changed(&mut self, gone: &[&'a Stmt], fresh: &[(&'a Stmt, bool)]) {
        let replacements: Vec<&'a Stmt> = fresh.iter().map(|(stmt, _)| *stmt).collect();
        for stmt in gone {
            self.gone(stmt, &replacements);
        }
        self.dropped_steps(gone, &replacements);
        self.dropped_pauses(gone, &replacements);
        for (stmt, is_last) in fresh {
            self.fresh(stmt, *is_last);
        }
    }

    /// Equal under the renames that were seen.
    fn same(&self, old: &Node, new: &Node) -> bool {
        old == new || same_under(old, new, &self.renames)
    }
}

fn same_under(old: &Node, new: &Node, renames: &HashMap<String, String>) -> bool {
    if old == new && renames.is_empty() {
        return true;
    }
    if let Some(renames) = synonyms::same_items(old, new, renames) {
        return old.parts().iter().zip(new.parts()).all(|(one, other)| same_under(one, other, &renames));
    }
    let (a, b) = (old.parts(), new.parts());
    if a.len() != b.len() || !a.iter().zip(&b).all(|(one, other)| same_under(one, other, renames)) {
        return false;
    }
    match (&old.kind, &new.kind) {
        (Kind::Ident(one), Kind::Ident(other)) => renames.get(one).unwrap_or(one) == other,
        (Kind::Member { name: one, optional: a, .. }, Kind::Member { name: other, optional: b, .. }) => {
            a == b && renames.get(one).filter(|to| *to == other).unwrap_or(one) == other
        }
        (Kind::Object(one), Kind::Object(other)) => {
            one.iter().map(|(key, _)| renames.get(key).unwrap_or(key)).eq(other.iter().map(|(key, _)| key))
        }
        (Kind::Fn(one), Kind::Fn(other)) => {
            one.body == other.body && one.generator == other.generator && one.is_async == other.is_async
        }
        (Kind::Class(one), Kind::Class(other)) => one.body == other.body,
        (Kind::Call { optional: one, .. }, Kind::Call { optional: other, .. }) => one == other,
        (Kind::Unary(one, _), Kind::Unary(other, _))
        | (Kind::Binary(one, ..), Kind::Binary(other, ..))
        | (Kind::Assign(one, ..), Kind::Assign(other, ..))
        | (Kind::Other(one, _), Kind::Other(other, _)) => one == other,
        (one, other) if a.is_empty() => one == other,
        (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
    }
}

/// The names that a pattern binds.
pub fn bound(node: &Node) -> Vec<&str> {
    match &node.kind {
        Kind::Ident(name) => vec![name],
        Kind::Array(parts) => parts.iter().flat_map(bound).collect(),
        Kind::Object(entries) => entries.iter().flat_map(|(_, value)| bound(value)).collect(),
        Kind::Spread(inner) => bound(inner),
        Kind::Assign(_, target, _) => bound(target),
        _ => Vec::new(),
    }
}

/// The names that a statement declares in its block.
pub fn declared(stmt: &Stmt) -> Vec<&str> {
    match &stmt.kind {
        StmtKind::Decl { target, .. } => bound(target),
        StmtKind::Func(func) => vec![&func.name],
        StmtKind::Class(class) => vec![&class.name],
        StmtKind::Import(import) => import.names.iter().map(|(_, local)| local.as_str()).collect(),
        _ => Vec::new(),
    }
}

fn mentions(stmts: &[&Stmt], name: &str) -> bool {
    stmts.iter().any(|stmt| stmt.any(&mut |node| node.ident() == Some(name)) || declared(stmt).contains(&name))
}

/// A Python function that the runner collects.
fn is_python_test(path: &str, func: &Func) -> bool {
    path.ends_with(".py") && func.name.starts_with("test")
}

/// The title, if an expression declares a test.
pub fn title_of_test(node: &Node) -> Option<String> {
    let found = align::declaration(node).filter(|found| !found.suite && !found.hook)?;
    found.title.and_then(Node::string).map(str::to_owned)
}

/// A function with a name, whatever the way it is written.
pub struct Named<'a> {
    pub name: &'a str,
    pub body: &'a [Stmt],
}

/// All functions that have a name.
pub fn functions<'a>(body: &'a [Stmt], found: &mut Vec<Named<'a>>) {
    for stmt in body {
        stmt.walk_stmts(&mut |inner| match &inner.kind {
            StmtKind::Func(func) => found.push(Named { name: &func.name, body: &func.body }),
            StmtKind::Decl { target, init: Some(Node { kind: Kind::Fn(func), .. }), .. } => {
                let name = super::chain::Chain::of(target).last().map(|link| link.name).unwrap_or_default();
                found.push(Named { name, body: &func.body });
            }
            _ => {}
        });
        stmt.walk(&mut |node| {
            if let Kind::Object(entries) = &node.kind {
                for (key, value) in entries {
                    if let Kind::Fn(func) = &value.kind {
                        found.push(Named { name: key, body: &func.body });
                    }
                }
            }
        });
    }
}

/// Whether a body asserts, by itself or through a function that is known to.
pub fn asserts(body: &[Stmt], around: &Surroundings) -> bool {
    let known = |name: &str| around.asserting.contains(name);
    body.iter().any(|stmt| claims::contains_assertion(stmt, &known))
}
