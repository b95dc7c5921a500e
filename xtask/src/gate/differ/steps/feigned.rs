//! Steps that feign what the product should have done, or that put away what says that it failed: no repair has a use for
//! them, wherever they stand.

use super::super::super::assertion::{self, Style};
use super::super::super::chain::{Chain, Link};
use super::super::super::clean_up;
use super::super::super::ir::{Func, Kind, Node, Stmt, StmtKind, any_stmt};
use super::super::super::locator::{Claim, is_locator};
use super::super::super::words::{LIBRARY_ROOTS, READS, asserts_by_name, incidental, meaning, words};
use super::super::harmless::is_vocabulary;
use super::super::pairs::kind_of;
use super::super::self_made::arranged::LIFECYCLE;
use super::super::{Differ, Place};
use super::steps_of;

/// Words on what makes a state without the product's doing.
#[rustfmt::skip]
const FEIGNS: [&str; 26] = [
    "simulate", "simulated", "simulation", "sample", "demo", "mock", "fake", "sandbox", "waive", "mark", "settle",
    "approve", "force", "override", "recalculate", "legacy", "example", "seed", "stub", "bypass", "cheat", "fix",
    "cached", "repair", "manually", "defaults",
];
/// Words on what says that something failed.
#[rustfmt::skip]
const FAILURES: [&str; 11] = [
    "error", "errors", "err", "fail", "failed", "failure", "invalid", "declined", "rejected", "denied", "wrong",
];

impl<'a> Differ<'a> {
    /// A step that was not there, or a condition, a loop or a handler around some.
    pub fn feigns(&mut self, stmt: &'a Stmt) {
        let taken = steps_in(stmt);
        // What only listens, and names what it hears.
        let listens = |node: &&Node| {
            let chain = Chain::of(node);
            let wait = matches!(chain.names()[..], ["cy", "wait"]);
            wait || chain.root() == "cy"
                && chain.called("intercept").is_some_and(|args| args.len() < 3)
                && chain.called("as").is_some()
        };
        if stmt.exprs().iter().any(listens) && !stmt.any(&mut |node| matches!(node.kind, Kind::Fn(_) | Kind::Object(_)))
        {
            return;
        }
        if taken.is_empty() || self.scopes.iter().any(|scope| scope.fresh && scope.place == Place::Test) {
            return;
        }
        let mut said = Vec::new();
        stmt.walk(&mut |part| match &part.kind {
            // An address of somebody, or of a page, is often one of an example.
            Kind::Str(text) if text.contains('@') || text.contains("://") => {}
            Kind::Str(text) | Kind::Regex(text) => said.extend(words(text)),
            Kind::Ident(name) | Kind::Member { name, .. } => said.extend(words(name)),
            _ => {}
        });
        let known = |word: &str| self.old.body.iter().any(|old| old.any(&mut |part| says(part, word)));
        let acts = taken.iter().any(|step| step.own || matches!(kind_of(&step.name), "click" | "select"));
        self.unread(stmt);
        if acts && self.puts_away(stmt, &said) {
            self.report("unknown-step", stmt.line, "the step may put away what must not be there");
        }
        let chosen = |word: &str| {
            let taken = self.stretch.old.iter().filter(|stmt| !steps_of(stmt).is_empty());
            taken.into_iter().any(|old| old.any(&mut |part| says(part, word)))
        };
        let hurries = said.iter().any(|word| word == "timers") && clean_up::hurries(&self.new.body);
        let feigned = said.iter().find(|word| acts && !hurries && FEIGNS.contains(&word.as_str()) && !known(word));
        if let Some(word) = feigned {
            self.report("unknown-step", stmt.line, format!("the step may make a state by itself: `{word}`"));
        } else if said.iter().any(|word| FAILURES.contains(&word.as_str()) && !chosen(word))
            && taken.iter().any(|step| step.name == "click")
        {
            self.report("unknown-step", stmt.line, "the step may put away what says that something failed");
        }
    }

    /// Whether a step closes something, or is done to something, of which the test asserts that it is not there, as it is not
    /// where nothing went wrong.
    fn puts_away(&self, stmt: &Stmt, said: &[String]) -> bool {
        const AWAY: [&str; 6] = ["close", "dismiss", "hide", "ignore", "anyway", "clear"];
        const REPORTS: [&str; 8] =
            ["alert", "error", "errors", "warning", "toast", "message", "notification", "banner"];
        let Some(scope) = self.scopes.last() else { return false };
        let asserts = self.asserts();
        let reports = |word: &String| REPORTS.contains(&word.as_str());
        let missed = |kept: &&&'a Stmt| {
            let denies = assertion::of_stmt(kept, &asserts).is_some_and(|found| found.claim() == Claim::Absence);
            denies
                && scope.old.contains(kept)
                && kept.any(&mut |part| part.string().is_some_and(|text| words(text).iter().any(reports)))
        };
        let closes = said.iter().any(|word| AWAY.contains(&word.as_str()) || reports(word));
        closes && scope.new.iter().skip_while(|other| !std::ptr::eq(**other, stmt)).any(|kept| missed(&kept))
    }

    /// A call of the project's own function that is not in the change, and that the file did not call: it may do anything.
    fn unread(&mut self, stmt: &'a Stmt) {
        let StmtKind::Expr(node) = &stmt.kind else { return };
        let chain = Chain::of(node);
        let (root, Some(last)) = (chain.root(), chain.last().filter(|link| link.args.is_some())) else { return };
        let own = chain.base.is_none()
            && chain.links.len() < 3
            && !LIBRARY_ROOTS.contains(&root)
            && !is_vocabulary(root, last.name)
            && !asserts_by_name(last.name)
            && !incidental(node)
            && steps_of(stmt).iter().any(|step| step.own && step.name == last.name);
        let takes_page = chain.links.len() == 2
            || last.args.is_some_and(|args| {
                args.iter().any(|arg| arg.ident().is_some_and(|name| LIBRARY_ROOTS.contains(&name)))
            });
        let called = |node: &Node| matches!(&node.kind, Kind::Call { callee, .. } if Chain::of(callee).last().is_some_and(|link| link.name == last.name));
        let known = self.around.known.contains(last.name)
            || self.around.renamed.values().any(|name| name == last.name)
            || self.old.body.iter().any(|stmt| stmt.any(&mut |node| called(node)));
        let words_of = |name: &str| meaning(name).into_iter().chain(words(name)).collect::<Vec<_>>();
        let akin = |step: &super::Step| words_of(&step.name).iter().any(|word| words_of(last.name).contains(word));
        let renamed = self.stretch.old.iter().flat_map(|old| steps_of(old)).any(|step| step.own && akin(&step));
        let known = known || renamed || LIFECYCLE.contains(&last.name);
        if own && takes_page && !known && self.drives_a_browser() && self.in_test() {
            self.report(
                "unknown-step",
                stmt.line,
                format!("`{}` is not in the change, and may do anything", last.name),
            );
        }
    }

    /// A function that only asserted, or only told what it found, and acts now.
    pub fn asks_and_acts(&mut self, old: &Func, new: &'a Func, line: usize) {
        let asserts = self.asserts();
        let acts = |step: &super::Step| !step.own || !asserts_by_name(&step.name) && !step.name.starts_with("wait");
        let all = |func: &Func| {
            let mut found = 0;
            func.body.iter().for_each(|stmt| {
                stmt.walk_stmts(&mut |inner| {
                    let claims = assertion::of_stmt(inner, &asserts).is_some();
                    if matches!(inner.kind, StmtKind::Expr(_)) && !claims {
                        found += steps_of(inner).iter().filter(|step| acts(step)).count();
                    }
                });
            });
            found
        };
        let claims = |stmt: &Stmt| {
            assertion::of_stmt(stmt, &asserts).is_some_and(|found| found.style != Style::Implicit)
                || matches!(&stmt.kind, StmtKind::Return(Some(value)) if reads_element(value))
        };
        let asked = asserts_by_name(&new.name) || any_stmt(&old.body, &mut |stmt| claims(stmt));
        if asked && all(old) == 0 && all(new) > 0 {
            self.report("unknown-step", line, format!("`{}` only asked, and acts now", new.name));
        }
    }
}

/// Whether an expression reads something of an element.
fn reads_element(value: &Node) -> bool {
    let reads = |link: &Link| link.args.is_some() && READS.contains(&link.name) && link.name != "then";
    (is_locator(value.bare()) || value.any(&mut |part| matches!(part.kind, Kind::Const(ref word) if word == "this")))
        && Chain::of(value).links.iter().any(reads)
}

fn says(part: &Node, word: &str) -> bool {
    match &part.kind {
        Kind::Str(text) | Kind::Ident(text) | Kind::Member { name: text, .. } => {
            words(text).iter().any(|one| one == word)
        }
        _ => false,
    }
}

/// The steps of a statement, those under a condition and those in callbacks included.
fn steps_in(stmt: &Stmt) -> Vec<super::Step> {
    let mut found = Vec::new();
    stmt.walk_stmts(&mut |inner| {
        if matches!(inner.kind, StmtKind::Expr(_) | StmtKind::Return(_) | StmtKind::Decl { .. }) {
            found.extend(steps_of(inner));
        }
    });
    found
}
