//! Functions that became asynchronous: whoever calls one has to await it, else what it asserts is never heard of.

use super::super::assertion::Assertion;
use super::super::chain::Chain;
use super::super::ir::{Func, Kind, Node, Stmt, StmtKind, any_stmt};
use super::align::Declaration;
use super::oracle::claims::contains_assertion;
use super::{Differ, is_python_test};

impl<'a> Differ<'a> {
    /// A test of Python that became a coroutine: pytest runs it only with the help of a plugin, and unittest only in a
    /// class of its own.
    pub fn test_became_async(&mut self, old: &Func, new: &Func, line: usize) {
        if old.is_async || !new.is_async {
            return;
        }
        let asks = |node: &Node| match &node.kind {
            Kind::Call { .. } => !matches!(Chain::of(node).names()[..], ["len" | "all" | "any" | "isinstance" | "set"]),
            _ => false,
        };
        // A coroutine is always something.
        let bare = |stmt: &Stmt| match &stmt.kind {
            StmtKind::Assert(node, _) => match &node.kind {
                Kind::Binary(op, one, _) if op == "is not" => asks(one),
                _ => asks(node),
            },
            _ => false,
        };
        if let Some(stmt) = new.body.iter().find(|stmt| bare(stmt)) {
            self.report("unawaited-assertion", stmt.line, "what is asserted may be a coroutine that nothing awaits");
        }
        if self.runs_coroutines(new) {
            return;
        }
        if awaits(&new.body) {
            self.report("unknown-change", line, "the test is a coroutine now: does anything run it?");
        } else {
            self.report("skipped-test", line, "the test is a coroutine now, which awaits nothing and nothing runs");
        }
    }

    /// Whether the file has shown that a coroutine is run as a test.
    fn runs_coroutines(&self, test: &Func) -> bool {
        let runner = |node: &Node| is_runner(node);
        let by_class = |node: &Node| {
            Chain::of(node).last().is_some_and(|link| link.name.starts_with("Isolated") || link.name.contains("Async"))
        };
        let shows = |inner: &Stmt| match &inner.kind {
            StmtKind::Func(func) => {
                is_python_test(self.path, func) && func.is_async && !func.decorators.iter().any(runner)
            }
            StmtKind::Decl { target, init: Some(marks), .. } if target.ident() == Some("pytestmark") => {
                marks.any(&mut |node| runner(node))
            }
            StmtKind::Class(class) => class.heritage.iter().any(by_class) || class.decorators.iter().any(runner),
            _ => false,
        };
        let marked = |inner: &Stmt| matches!(inner.kind, StmtKind::Decl { .. }) && shows(inner);
        test.decorators.iter().any(runner)
            || any_stmt(&self.old.body, &mut |inner| shows(inner))
            || self.new.body.iter().any(marked)
    }

    /// A helper that became asynchronous, and is called as if it were not.
    pub fn became_async(&mut self, name: &str, old: &Func, new: &Func, line: usize) {
        if old.is_async || !new.is_async || name.is_empty() {
            return;
        }
        let calls = |body: &[Stmt]| {
            let mut found = Calls::default();
            body.iter().for_each(|stmt| stmt.walk_stmts(&mut |inner| found.of_stmt(inner, name)));
            found
        };
        let found = calls(&self.new.body);
        let gave_promise = old
            .body
            .iter()
            .any(|stmt| matches!(&stmt.kind, StmtKind::Return(Some(value)) if matches!(value.kind, Kind::Call { .. })));
        let elsewhere = found.all == 0 && !gave_promise;
        let asserts = self.asserts();
        let holds = new.body.iter().any(|stmt| contains_assertion(stmt, &asserts));
        if found.dangling > 0 && holds {
            self.report("unawaited-assertion", line, format!("`{name}` asserts, and is called without `await`"));
        } else if found.dangling > 0 || elsewhere {
            self.report("dropped-await", line, format!("`{name}` is a promise now: is it awaited everywhere?"));
        }
    }

    /// A callback that asserts and became asynchronous, given to something that does not wait for it.
    pub fn callback_became_async(&mut self, old: &Func, new: &Func, around: &Node) {
        if old.is_async || !new.is_async || matches!(around.kind, Kind::Await(_)) {
            return;
        }
        let asserts = self.asserts();
        if new.body.iter().any(|stmt| contains_assertion(stmt, &asserts)) {
            self.report("unawaited-assertion", around.line, "a callback is asynchronous now, and nothing waits for it");
        }
    }

    /// `expect(async () => load()).not.toThrow()`: a promise never throws.
    pub fn subject_became_async(&mut self, line: usize, old: &Assertion, new: &Assertion) {
        let is_async =
            |found: &Assertion| matches!(found.subject, [Node { kind: Kind::Fn(func), .. }, ..] if func.is_async);
        let waits = new.opening.contains(&"poll")
            || new
                .matchers
                .iter()
                .flat_map(|one| &one.names)
                .any(|name| matches!(*name, "rejects" | "resolves" | "toPass"));
        if is_async(new) && !is_async(old) && !waits {
            self.report("unawaited-assertion", line, "what is asserted is a promise now, and nothing waits for it");
        }
    }

    /// Tests that are declared after an `await` are declared too late; only Vitest waits for a suite.
    pub fn suite_became_async(&mut self, old: Option<&Func>, suite: &Declaration, line: usize) {
        let Some(new) = suite.body.filter(|body| suite.suite && body.is_async) else { return };
        let of_vitest = self.new.body.iter().any(|stmt| {
            matches!(&stmt.kind, StmtKind::Import(import) if import.source == "vitest")
                || stmt.any(&mut |node| node.ident() == Some("vi"))
        });
        if old.is_none_or(|old| !old.is_async) && !of_vitest {
            let rule = if awaits(&new.body) { "skipped-test" } else { "unknown-change" };
            self.report(rule, line, "the suite is asynchronous: what follows an `await` is declared too late");
        }
    }
}

/// Whether a mark has a plugin run a coroutine as a test.
pub fn is_runner(mark: &Node) -> bool {
    let names = Chain::of(mark).names();
    names.iter().any(|name| matches!(*name, "asyncio" | "anyio" | "trio" | "asyncioCooperative"))
}

/// How often a function is called, and how often nothing waits for what it gives.
#[derive(Default)]
struct Calls {
    all: usize,
    dangling: usize,
}

impl Calls {
    fn of_stmt(&mut self, stmt: &Stmt, name: &str) {
        let returned = matches!(stmt.kind, StmtKind::Return(_));
        for node in stmt.exprs() {
            self.of_node(node, name, returned);
        }
    }

    fn of_node(&mut self, node: &Node, name: &str, waited: bool) {
        let is_it = |callee: &Node| match &callee.kind {
            Kind::Ident(other) | Kind::Member { name: other, .. } => other == name,
            _ => false,
        };
        if let Kind::Call { callee, .. } = &node.kind
            && is_it(callee)
        {
            self.all += 1;
            self.dangling += usize::from(!waited);
        }
        // What stands in a list or is chained on is for others to wait for.
        let handed_on = match &node.kind {
            Kind::Await(_) | Kind::Array(_) => true,
            Kind::Member { name, .. } => matches!(name.as_str(), "then" | "catch" | "finally"),
            _ => false,
        };
        node.parts().into_iter().for_each(|part| self.of_node(part, name, handed_on));
    }
}

/// Whether a body waits for anything, functions inside it left out.
pub fn awaits(body: &[Stmt]) -> bool {
    fn in_node(node: &Node) -> bool {
        matches!(node.kind, Kind::Await(_)) || node.parts().into_iter().any(in_node)
    }
    body.iter().any(|stmt| {
        stmt.exprs().into_iter().any(in_node)
            || !matches!(stmt.kind, StmtKind::Func(_) | StmtKind::Class(_)) && stmt.blocks().into_iter().any(awaits)
    })
}
