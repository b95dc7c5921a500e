//! What a test arranges by itself: a new step that works on the code under test or on its data, past what a person could
//! do, may make what is asserted afterwards.

use super::super::super::assertion;
use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node, Stmt, StmtKind};
use super::super::super::locator::is_locator;
use super::super::super::scan::marks_seen;
use super::super::super::words::{ACTIONS, LIBRARY_ROOTS, NAVIGATION, PASSIVE, PLAIN, READS, asserts_by_name, words};
use super::super::harmless::answers_browser;
use super::super::oracle::claims::polled;
use super::super::{Differ, Place, bound};

/// First words of functions that put something into a product's data.
#[rustfmt::skip]
const DATA_VERBS: [&str; 36] = [
    "seed", "create", "make", "insert", "update", "upsert", "set", "put", "post", "patch", "delete", "remove", "add",
    "sql", "query", "db", "execute", "drush", "artisan", "rake", "psql", "api", "request", "import", "store", "save",
    "write", "grant", "populate", "dispatch", "emit", "publish", "send", "enqueue", "mark", "truncate",
];
/// First words of methods by which a page object puts something into the product.
const PUTS: [&str; 10] = ["add", "create", "set", "update", "delete", "remove", "insert", "make", "seed", "mark"];
/// What a value is called that leads to a product's data.
const DATA_ROOTS: [&str; 14] = [
    "db", "database", "sql", "api", "prisma", "knex", "redis", "backend", "factory", "seeder", "seeds", "orm", "mongo",
    "supabase",
];
/// Objects of the test libraries and of the language that are not what is tested.
#[rustfmt::skip]
const TOOLS: [&str; 27] = [
    "user", "userEvent", "fireEvent", "screen", "within", "wrapper", "expect", "assert", "console", "Promise", "JSON",
    "Math", "caplog", "capsys", "monkeypatch", "mocker", "time", "asyncio", "timers", "clock", "freezer", "logging",
    "logger", "warnings", "gc", "performance", "this",
];
/// What opens, closes, configures or waits for something.
#[rustfmt::skip]
pub const LIFECYCLE: [&str; 30] = [
    "close", "quit", "dispose", "disconnect", "connect", "init", "initialize", "setup", "ready", "start", "listen",
    "drain", "flush", "settle", "refresh", "refreshFromDb", "join", "done", "end", "release", "raiseForStatus",
    "unmount", "rerender", "setProps", "addArgument", "addExperimentalOption", "setCapability", "setPreference",
    "setPageLoadTimeout", "setWindowSize",
];

impl<'a> Differ<'a> {
    /// A step that was not there, and in whose place there was none of its kind.
    pub fn arranges(&mut self, node: &'a Node, line: usize) {
        if discards(node) {
            self.report("changed-input", line, "what the tests give is no longer used");
        }
        let of_new_test =
            self.scopes.iter().any(|scope| scope.fresh && !matches!(scope.place, Place::Function | Place::Hook));
        let clears_the_way = marks_seen(node) && !self.asserts_the_way();
        // What is asked again and again was asked once.
        let asks = |old: &&Stmt| old.any(&mut |part| part == node.bare());
        let asked = self
            .scopes
            .iter()
            .any(|scope| scope.new.iter().any(|stmt| is_polled(stmt, node)) && scope.old.iter().any(asks));
        let expected = clears_the_way || of_new_test || asked || self.was_done(node);
        let Some(what) = self.arranged(node).filter(|_| !expected) else { return };
        let count = |stmts: &[&'a Stmt]| {
            stmts.iter().flat_map(|stmt| stmt.exprs()).filter(|node| self.arranged(node).is_some()).count()
        };
        if count(&self.stretch.new) > count(&self.stretch.old) {
            self.report("unknown-step", line, format!("`{what}` may make what is asserted afterwards"));
        }
    }

    /// A value that nobody uses is there for what making it does.
    pub fn arranges_unused(&mut self, stmt: &'a Stmt) {
        let StmtKind::Decl { target, init: Some(init), .. } = &stmt.kind else { return };
        let used = |name: &str| {
            self.scopes.last().is_some_and(|scope| {
                let mut others = scope.new.iter().filter(|other| !std::ptr::eq(**other, stmt));
                others.any(|other| other.any(&mut |node| node.ident() == Some(name)))
            })
        };
        if !bound(target).into_iter().any(used) {
            self.arranges(init, stmt.line);
        }
    }

    /// The name of what works on the product past its page.
    fn arranged(&self, node: &'a Node) -> Option<String> {
        let chain = Chain::of(node);
        let last = chain.last().filter(|link| link.args.is_some() && chain.base.is_none())?;
        let (root, name) = (chain.root(), last.name);
        let operates = ACTIONS.contains(&name) && !matches!(name, "clear" | "get");
        let harmless = operates
            || PASSIVE.contains(&name)
            || READS.contains(&name)
            || PLAIN.contains(&name) && !matches!(name, "set" | "append")
            || LIFECYCLE.contains(&name)
            || asserts_by_name(name)
            || name.starts_with("mock")
            || answers_browser(name, last.args.unwrap_or_default())
            || name.starts_with("wait");
        let args = last.args.unwrap_or_default();
        let is_it = if harmless {
            false
        } else if chain.links.len() == 1 {
            let given = args.iter().any(|arg| arg.ident().is_some_and(|name| self.evidence.mentions(name)));
            let unseen = given && self.in_test() && !self.around.known.contains(name);
            !self.drives_a_browser() && (starts_with(name, &DATA_VERBS) || unseen) && !args.iter().any(drives)
        } else if root == "window" {
            chain.links.len() > 2 && !matches!(chain.links[1].name, "localStorage" | "sessionStorage" | "history")
        } else if words(root).iter().any(|word| DATA_ROOTS.contains(&word.as_str())) {
            !starts_with(name, &["get", "list", "find", "fetch", "read", "login", "reset", "clean"])
        } else {
            let empties_storage = matches!(root, "localStorage" | "sessionStorage") && name == "clear";
            let tool = TOOLS.contains(&root) && (root != "this" || chain.links.len() == 2);
            self.in_test()
                && !(empties_storage || tool || LIBRARY_ROOTS.contains(&root) || is_locator(node))
                && (!self.drives_a_browser() || self.puts_by_page_object(node, name, args))
        };
        is_it.then(|| chain.names().join("."))
    }

    /// Whether a method of a page object puts something into the product: what it does may not be in the change.
    fn puts_by_page_object(&self, node: &Node, name: &str, args: &[Node]) -> bool {
        let is_new = self.around.known.contains(name) && self.around.spoken_of_anew.contains(name);
        let scope = self.scopes.iter().rev().find(|scope| !scope.fresh);
        let repeats = scope.is_some_and(|scope| scope.old.iter().any(|stmt| stmt.any(&mut |part| part == node.bare())));
        args.iter().any(|arg| !drives(arg)) && (repeats || !is_new && starts_with(name, &PUTS))
    }

    /// Whether the code around did the same as often before.
    pub fn was_done(&self, node: &Node) -> bool {
        let Some(scope) = self.scopes.iter().rev().find(|scope| !scope.fresh) else { return false };
        let count = |stmts: &[&Stmt]| {
            let mut found = 0;
            stmts.iter().for_each(|stmt| {
                stmt.walk(&mut |part| found += usize::from(part == node.bare()));
            });
            found
        };
        let before = count(&scope.old);
        before > 0 && before >= count(&scope.new)
    }

    /// Whether the tests of a file work on pages in a browser; else they call the code under test themselves.
    pub fn drives_a_browser(&self) -> bool {
        *self.in_browser.get_or_init(|| self.speaks_of_a_browser())
    }

    fn speaks_of_a_browser(&self) -> bool {
        let in_path = words(self.path).iter().any(|word| {
            matches!(word.as_str(), "e2e" | "ui" | "cypress" | "playwright" | "selenium" | "acceptance" | "browser")
        });
        let is_it = |name: &str| matches!(name, "page" | "driver" | "browser" | "cy" | "Page" | "By" | "webdriver");
        let imported = |stmt: &Stmt| match &stmt.kind {
            StmtKind::Import(import) => {
                words(&import.source).iter().any(|word| matches!(word.as_str(), "playwright" | "selenium"))
            }
            _ => stmt.any(&mut |node| matches!(&node.kind, Kind::Member { name, .. } if is_it(name))),
        };
        in_path || self.names_any(&is_it) || self.old.body.iter().chain(&self.new.body).any(imported)
    }
}

/// Whether a call takes the browser, as `driver`, `browser` or under a name of its own, to an address.
pub fn goes_to_address(node: &Node) -> bool {
    let chain = Chain::of(node);
    let Some(link) = chain.last().filter(|link| link.name == "get" && chain.root() != "cy") else { return false };
    let Some([address]) = link.args else { return false };
    chain.has("driver")
        || chain.has("browser")
        || address.any(&mut |part| match &part.kind {
            Kind::Str(text) => text.starts_with("http") || text.starts_with('/') || text.starts_with('?'),
            Kind::Ident(name) | Kind::Member { name, .. } => words(name).iter().any(|word| word == "url"),
            _ => false,
        })
}

/// Whether a call goes to a page.
pub fn navigates(node: &Node) -> bool {
    let moves = ["goBack", "goForward", "back", "forward"];
    let called = |name: &str| NAVIGATION.contains(&name) || moves.contains(&name);
    Chain::of(node).links.iter().any(|link| link.args.is_some() && called(link.name)) || goes_to_address(node)
}

fn starts_with(name: &str, verbs: &[&str]) -> bool {
    words(name).first().is_some_and(|word| verbs.contains(&word.as_str()))
}

/// Whether a value is a page, or an element of one.
fn drives(node: &Node) -> bool {
    is_locator(node)
        || node.any(&mut |part| {
            matches!(&part.kind, Kind::Ident(name) | Kind::Member { name, .. }
                if words(name).last().is_some_and(|word| matches!(word.as_str(), "page" | "driver" | "browser" | "context")))
        })
}

/// `kwargs.pop("is_admin", None)`, whose value nobody takes.
fn discards(node: &Node) -> bool {
    matches!(Chain::of(node).names().as_slice(), ["kwargs" | "overrides", "pop"])
}

/// Whether a statement asks for something again and again until it is as asserted.
fn is_polled(stmt: &Stmt, asked: &Node) -> bool {
    let found = assertion::of_stmt(stmt, &|_| false);
    found.and_then(|found| polled(&found)).is_some_and(|polled| polled == asked.bare())
}
