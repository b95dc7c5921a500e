//! What a test stages for itself: it makes a file, empties a log, calls what keeps its calls, and then asserts just that.

use super::super::super::assertion::{self, Assertion};
use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node, Stmt, StmtKind};
use super::super::super::locator::drift::{Drift, drift};
use super::super::super::locator::{Claim, Locator};
use super::super::super::scan::only_scrolls;
use super::super::super::words::{CHECKING_WAITS, goes_to_page, words};
use super::super::Differ;
use super::super::steps::steps;
use super::handed_over::kept;
use super::own_input;

const WRITES: [&str; 7] =
    ["touch", "writeText", "writeBytes", "writeFile", "writeFileSync", "appendFileSync", "copyfile"];
#[rustfmt::skip]
const ASKS_FILES: [&str; 8] =
    ["exists", "isFile", "isDir", "readText", "readBytes", "existsSync", "readFileSync", "listdir"];
/// Words on what makes more or fewer of the things that are counted.
const CHANGES: [&str; 8] = ["add", "remove", "delete", "clear", "hide", "archive", "duplicate", "filter"];

impl<'a> Differ<'a> {
    /// A call that was not there, where the old test asserts what it does.
    pub fn stages(&mut self, stmt: &'a Stmt) {
        let StmtKind::Expr(node) = &stmt.kind else { return };
        let Some(scope) = self.scopes.last().filter(|_| !self.is_fresh()) else { return };
        let chain = Chain::of(node);
        let (root, name) = (chain.root(), chain.last().map_or("", |link| link.name));
        let by_script = chain.last().is_some_and(|link| only_scrolls(link.name, link.args.unwrap_or_default()));
        let asserts = self.asserts();
        let mut behind = self.onwards(stmt).iter().skip(1);
        let next =
            behind.next().filter(|next| scope.old.contains(next) && assertion::of_stmt(next, &asserts).is_some());
        let asked = |node: &Node| match &node.kind {
            Kind::Member { object, name: other, .. } => {
                Chain::of(object).root() == root && words(other).iter().any(|word| word.starts_with(name))
            }
            _ => false,
        };
        let is_kept = |name: &str| {
            matches!(self.holds(name).map(|value| &value.kind), Some(Kind::New { .. } | Kind::Call { .. }))
        };
        let acted =
            scope.new.iter().take_while(|other| !std::ptr::eq(**other, stmt)).any(|other| scope.old.contains(other));
        let reads_files =
            |node: &Node| matches!(&node.kind, Kind::Member { name, .. } if ASKS_FILES.contains(&name.as_str()));
        let counts = |next: &&&Stmt| {
            let of_count = |node: &Node| match &node.kind {
                Kind::Member { name, .. } => matches!(name.as_str(), "count" | "toHaveCount" | "toHaveLength"),
                Kind::Ident(name) => name == "len",
                _ => false,
            };
            next.any(&mut |node| of_count(node))
        };
        // What was done before says so, too.
        let known = |word: &str| {
            let said = |node: &Node| node.string().is_some_and(|text| words(text).iter().any(|other| other == word));
            self.stretch.old.iter().any(|old| old.any(&mut |node| said(node)))
        };
        let says = |node: &Node| {
            node.string()
                .is_some_and(|text| words(text).iter().any(|word| CHANGES.contains(&word.as_str()) && !known(word)))
        };
        let calls = chain.links.len() == 1 && self.evidence.mentions(name) && is_kept(name);
        let of_kept = |list: &Node| list.any(&mut |part| part.ident().is_some_and(is_kept));
        let calls_each = chain.called("forEach").is_some() && chain.base.is_some_and(of_kept);
        let what = if name == "readouterr" || root == "caplog" && name == "clear" {
            "takes away what is asserted"
        } else if WRITES.contains(&name) && acted && scope.old.iter().any(|old| old.any(&mut |node| reads_files(node)))
        {
            "makes the file that is asserted"
        } else if calls_each || calls && !self.was_done(node) {
            "calls what keeps its calls"
        } else if name.len() > 3
            && !CHECKING_WAITS.contains(&name)
            && chain.links.len() == 2
            && next.is_some_and(|next| next.any(&mut |node| asked(node)))
        {
            "makes the state that is asserted next"
        } else if (name.starts_with("scroll") || by_script)
            && next.is_some_and(|next| next.any(&mut |node| is_in_viewport(node)))
        {
            "scrolls to where it is asserted to be"
        } else if !steps(node).is_empty()
            && !self.was_done_to(stmt)
            && next.is_some_and(|next| counts(&next))
            && node.any(&mut |node| says(node))
        {
            "changes how many there are"
        } else {
            return;
        };
        self.report("unknown-step", stmt.line, format!("the test itself {what}"));
    }

    /// A wait that goes elsewhere while it asks.
    pub fn goes_while_waiting(&mut self, name: &str, args: &[Node], line: usize) {
        let leaves = |arg: &Node| matches!(arg.kind, Kind::Fn(_)) && arg.any(&mut goes_to_page);
        if CHECKING_WAITS.contains(&name) && args.iter().any(leaves) {
            self.report("unknown-step", line, format!("`{name}` goes to a page while it asks"));
        }
    }

    /// A list that is asserted, and that nothing fills any more.
    pub fn no_longer_gathers(&mut self, node: &'a Node) {
        for func in node.functions() {
            let list = kept(func).and_then(|(_, list)| list.ident());
            if let Some(name) = list.filter(|name| self.evidence.mentions(name))
                && !self.gathers(&|_, other| other.ident() == Some(name))
            {
                self.report("dropped-step", self.near, format!("nothing fills `{name}` any more"));
            }
        }
    }

    /// A step is done to what has no word in common with what it was done to, before something is not to be there; or to
    /// the page, if what it was done to is not there.
    pub fn misses(&mut self, stmt: &'a Stmt, old: &Locator, new: &Locator) {
        let Some(scope) = self.scopes.last() else { return };
        let asserts = self.asserts();
        let mut behind = self.onwards(stmt).iter().skip(1);
        let of_state = |found: &Assertion| own_input::asks_field(found);
        let denies = |next: &&Stmt| {
            assertion::of_stmt(next, &asserts)
                .is_some_and(|found| found.claim() == Claim::Absence && !of_state(&found) && scope.old.contains(next))
        };
        // A form that is sent is sent by its button.
        if new.target().contains("submit") && matches!(old.target(), "form") {
            return;
        }
        let clicks = stmt.exprs().iter().any(|node| Chain::of(node).last().is_some_and(|link| link.name == "click"));
        let apart =
            clicks && behind.next().is_some_and(denies) && drift(old, new, Claim::Valued, "") == Drift::Elsewhere;
        let whole = |part: &String| matches!(part.as_str(), "body" | "html" | "main" | "*");
        if apart || new.alternatives > old.alternatives && new.path.iter().any(whole) {
            self.report("unknown-step", stmt.line, "the step is done to another thing");
        }
    }
}

fn is_in_viewport(node: &Node) -> bool {
    matches!(&node.kind, Kind::Member { name, .. } if matches!(name.as_str(), "toBeInViewport" | "isInViewport"))
}
