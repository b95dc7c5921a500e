//! Whether code runs at all: what a runner calls by its name, what tests are skipped for, methods that are not called.

use std::collections::HashSet;

use super::super::chain::Chain;
use super::super::ir::{Func, Kind, Node, Program, Stmt, StmtKind, any_stmt};
use super::super::words::{ACTIONS, goes_to_page};
use super::oracle::claims::contains_assertion;
use super::pairs::is_reserved;
use super::{Differ, Place, mentions};

impl<'a> Differ<'a> {
    /// What is called otherwise must not become what was spoken of before, and what a runner calls must stay so.
    pub fn called_otherwise(&mut self, was: &str, is: &str, body: &[Stmt], line: usize) {
        let of_this = |node: &Node| matches!(&node.kind, Kind::Member { object, name, .. } if name == is && object.kind == Kind::Const("this".into()));
        let member = self.place() == Place::Class;
        let spoken_of = match member {
            true => self.old.body.iter().any(|stmt| stmt.any(&mut |node| of_this(node))),
            false => is_reserved(is) || mentions(&self.old.body.iter().collect::<Vec<_>>(), is),
        };
        if spoken_of {
            let rule = if !member && is_reserved(is) { "shadowed-name" } else { "changed-subject" };
            self.report(rule, line, format!("`{was}` takes the place of `{is}`"));
        }
        let (before, after) = (hook_of_runner(was), hook_of_runner(is));
        if self.path.ends_with(".py") && before != after {
            let asserts = self.asserts();
            let holds = before.is_some() && body.iter().any(|stmt| contains_assertion(stmt, &asserts));
            let rule = if holds { "moved-assertion" } else { "unknown-change" };
            self.report(rule, line, format!("the runner calls `{was}` by itself, or `{is}`"));
        }
    }

    /// Methods that were called and are only spoken of now: they do nothing, and are always true.
    pub fn uncalled(&mut self) {
        if !self.path.ends_with(".py") {
            return;
        }
        let (before, after) = (members(self.old), members(self.new));
        let count = |all: &[(&str, usize, bool)], wanted| all.iter().filter(|one| (one.0, one.2) == wanted).count();
        for (name, line, _) in after.iter().filter(|(_, _, called)| !called) {
            let (more, fewer) = ((*name, false), (*name, true));
            if count(&after, more) > count(&before, more) && count(&after, fewer) < count(&before, fewer) {
                self.report("changed-subject", *line, format!("`{name}` is not called"));
            }
        }
        let mut idle = Vec::new();
        let mut look = |stmt: &Stmt| {
            let StmtKind::Expr(node) = &stmt.kind else { return };
            let does_nothing = match &node.bare().kind {
                Kind::Member { .. } | Kind::Fn(_) => true,
                // It may run for nothing.
                Kind::Other(kind, _) => kind.contains("comprehension") || kind.starts_with("generator"),
                _ => false,
            };
            if does_nothing && !any_stmt(&self.old.body, &mut |other| other == stmt) {
                idle.push((Chain::of(node).has("expect"), stmt.line));
            }
        };
        self.new.body.iter().for_each(|stmt| stmt.walk_stmts(&mut look));
        for (asserts, line) in idle {
            let rule = if asserts { "unreachable-assertion" } else { "dropped-step" };
            self.report(rule, line, "a statement that does nothing");
        }
    }

    /// What is waited for must be as certain an answer as before.
    pub fn answers(&mut self) {
        let (before, after) = (waited_for(self.old), waited_for(self.new));
        let any = |all: &[&Node]| all.iter().filter(|what| takes_any(what)).count();
        let checked = |all: &[&Node]| all.iter().filter(|what| what.any(&mut asks_status)).count();
        // Where the answer is asserted afterwards, it need not be waited for.
        let asked = |program| nodes(program).into_iter().filter(|node| asks_status(node)).count();
        let asks_less = asked(self.new) < asked(self.old) && checked(&after) < checked(&before);
        let clicks = |node: &Node| matches!(&node.kind, Kind::Member { name, .. } if name == "click");
        let acts = |what: &&&Node| what.any(&mut |node| goes_to_page(node) || clicks(node));
        if after.iter().filter(acts).count() > before.iter().filter(acts).count() {
            self.report("unknown-step", self.near.max(1), "a step is taken while an answer is waited for");
        }
        let downloads = |program| nodes(program).into_iter().filter(|node| is_download(node)).count();
        if downloads(self.new) < downloads(self.old) {
            self.report("dropped-wait", self.near.max(1), "nothing waits for the download any more");
        }
        let weaker = before.len() == after.len() && before.iter().zip(&after).any(|(was, is)| !asks_all(was, is));
        let line = after.first().map_or(self.near, |what| what.line);
        if any(&after) > any(&before) || asks_less {
            self.report("changed-wait", line, "any answer is the one that is waited for");
        } else if weaker {
            self.report("changed-wait", line, "less is asked of the answer that is waited for");
        }
    }

    /// A parameter that a function had a use for is still of use.
    pub fn ignores(&mut self, place: Place, old: &Func, new: &Func, line: usize) {
        let uses = |func: &Func, name| func.body.iter().any(|stmt| stmt.any(&mut |node| node.ident() == Some(name)));
        let names = |node: &Node, name| node.string().is_some_and(|text| text.split(',').any(|one| one.trim() == name));
        for name in new.params.iter().filter_map(Node::ident) {
            let of_table = || new.decorators.iter().any(|mark| mark.any(&mut |node| names(node, name)));
            let of_browser = matches!(name, "page" | "driver" | "browser" | "context" | "request");
            let counts = if place == Place::Test { of_table() } else { !of_browser };
            if counts && uses(old, name) && !uses(new, name) {
                self.report("changed-subject", line, format!("`{name}` is of no use any more"));
            }
        }
    }

    /// The fixtures that a test asks for no more, or anew.
    pub fn fixtures(&mut self, gone: &[&str], fresh: &[&str], line: usize) {
        let asserts = self.asserts();
        let any_of = |program: &Program, name: &str, test: &dyn Fn(&Stmt) -> bool| {
            let is_it = |stmt: &Stmt| matches!(&stmt.kind, StmtKind::Func(func) if func.name == name && !func.decorators.is_empty() && func.body.iter().any(test));
            program.body.iter().any(is_it)
        };
        for name in gone.iter().filter(|name| any_of(self.old, name, &|stmt| contains_assertion(stmt, &asserts))) {
            self.report("moved-assertion", line, format!("`{name}`, which asserts, is not asked for any more"));
        }
        let fakes = |node: &Node| matches!(&node.kind, Kind::Member { name, .. } if matches!(name.as_str(), "fulfill" | "setattr" | "patch" | "setitem"));
        for name in fresh.iter().filter(|name| any_of(self.new, name, &|stmt| stmt.any(&mut |node| fakes(node)))) {
            self.report("unknown-change", line, format!("`{name}` plays the part of something"));
        }
    }
}

/// When Python's runners call something by itself.
/// <https://docs.pytest.org/en/stable/how-to/xunit_setup.html>
fn hook_of_runner(name: &str) -> Option<usize> {
    const LEVELS: [&str; 6] = ["", "method", "class", "module", "function", "testdata"];
    let level = |rest: &str| LEVELS.contains(&rest.trim_start_matches('_').to_lowercase().as_str());
    let starts = [["setup", "setUp", "asyncSetUp"], ["teardown", "tearDown", "asyncTearDown"], ["load_tests"; 3]];
    starts.iter().position(|all| all.iter().any(|start| name.strip_prefix(start).is_some_and(level)))
}

/// Whether it hangs on a name if tests run, or with which cases: it stands in such a mark, or what it says skips a test.
pub fn decides_runs(program: &Program, wanted: &str, mark: &dyn Fn(&str) -> bool) -> bool {
    let says = |node: &Node| node.any(&mut |part| part.ident() == Some(wanted));
    let marks = |node: &Node| match &node.kind {
        Kind::Call { args, .. } => Chain::of(node).last().is_some_and(|link| mark(link.name)) && args.iter().any(says),
        _ => false,
    };
    any_stmt(&program.body, &mut |stmt| match &stmt.kind {
        StmtKind::Func(Func { decorators, .. }) => decorators.iter().any(|node| node.any(&mut |part| marks(part))),
        StmtKind::Decl { target, init: Some(value), .. } if target.ident() == Some("pytestmark") => {
            value.any(&mut |part| marks(part))
        }
        StmtKind::Class(class) => class.decorators.iter().any(|node| node.any(&mut |part| marks(part))),
        StmtKind::If { cond, then, other } => mark("skip") && says(cond) && then.iter().chain(other).any(skips),
        _ => false,
    })
}

/// `pytest.skip("…")`, `self.skipTest("…")`
pub fn skips(stmt: &Stmt) -> bool {
    let of_pytest = |object: &Node, name: &str| object.ident() == Some("pytest") && matches!(name, "skip" | "xfail");
    stmt.any(&mut |node| matches!(&node.kind, Kind::Member { object, name, .. } if name.to_lowercase() == "skiptest" || of_pytest(object, name)))
}

/// All expressions of a file, outer ones first.
fn nodes(program: &Program) -> Vec<&Node> {
    let mut found = Vec::new();
    program.body.iter().for_each(|stmt| stmt.walk(&mut |node| found.push(node)));
    found
}

/// The methods of test libraries in a file, the lines, and whether they are called.
fn members(program: &Program) -> Vec<(&str, usize, bool)> {
    const READ: [&str; 7] = ["innerText", "textContent", "inputValue", "getAttribute", "count", "all", "title"];
    let known = |object: &Node, name: &str| {
        let asks = ["is", "to", "assert"].iter().filter_map(|start| name.strip_prefix(start));
        ACTIONS.contains(&name)
            || READ.contains(&name) && (name != "title" || object.ident() == Some("page"))
            || asks.into_iter().any(|rest| rest.starts_with(char::is_uppercase))
    };
    let (mut found, mut callees) = (Vec::new(), HashSet::new());
    for node in nodes(program) {
        match &node.kind {
            Kind::Call { callee, .. } => drop(callees.insert(std::ptr::from_ref::<Node>(callee))),
            Kind::Member { object, name, .. } if known(object, name) => {
                found.push((name.as_str(), node.line, callees.contains(&std::ptr::from_ref(node))));
            }
            _ => {}
        }
    }
    found
}

/// What tells the requests and answers that are waited for from others.
fn waited_for(program: &Program) -> Vec<&Node> {
    let waits = ["expectResponse", "expectRequest", "waitForResponse", "waitForRequest"];
    let is_wait = |callee: &Node| matches!(&callee.kind, Kind::Member { name, .. } if waits.contains(&name.as_str()));
    let mut found = Vec::new();
    for node in nodes(program) {
        if let Kind::Call { callee, args, .. } = &node.kind {
            found.extend(args.first().filter(|_| is_wait(callee)));
        }
    }
    found
}

/// `page.waitForEvent('download')`, `page.expect_download()`
fn is_download(node: &Node) -> bool {
    let Kind::Call { callee, args, .. } = &node.kind else { return false };
    let Kind::Member { name, .. } = &callee.kind else { return false };
    let named = args.first().and_then(Node::string) == Some("download");
    name == "expectDownload" || matches!(name.as_str(), "waitForEvent" | "expectEvent") && named
}

/// Whether a function that tells an answer asks for all that it asked for, wherever the answer comes from.
fn asks_all(old: &Node, new: &Node) -> bool {
    let (Kind::Fn(one), Kind::Fn(other)) = (&old.kind, &new.kind) else { return true };
    let conditions = |func: &Func| {
        let [only] = func.body.as_slice() else { return None };
        let (StmtKind::Return(Some(value)) | StmtKind::Expr(value)) = &only.kind else { return None };
        let mut found = Vec::new();
        conjuncts(value, &mut found);
        Some(found)
    };
    let (Some(before), Some(after)) = (conditions(one), conditions(other)) else { return true };
    one.params != other.params || before.iter().all(|condition| after.contains(condition))
}

/// What has to hold together, without the texts in it.
fn conjuncts(node: &Node, found: &mut Vec<Node>) {
    match &node.kind {
        Kind::Binary(op, left, right) if op == "&&" => {
            conjuncts(left, found);
            conjuncts(right, found);
        }
        _ => found.push(without_texts(node)),
    }
}

fn without_texts(node: &Node) -> Node {
    match &node.kind {
        Kind::Str(_) | Kind::Regex(_) => Node::new(Kind::Str(String::new()), node.line),
        _ => node.with_parts(&mut without_texts),
    }
}

fn takes_any(what: &Node) -> bool {
    match &what.kind {
        Kind::Str(glob) => glob.chars().all(|next| matches!(next, '*' | '/')),
        Kind::Fn(func) => !func.body.iter().flat_map(Stmt::exprs).any(|node| !matches!(node.kind, Kind::Const(_))),
        _ => false,
    }
}

fn asks_status(node: &Node) -> bool {
    matches!(&node.kind, Kind::Member { name, .. } if matches!(name.as_str(), "status" | "ok"))
}
