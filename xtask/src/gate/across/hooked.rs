//! Steps that moved from the tests of a suite into a hook that runs before each of them, or back: there the hook's code
//! stands at the start of each test, so that what a test does before and after can be compared.

use super::super::chain::Chain;
use super::super::differ::{bound, declaration, flatten, leaves};
use super::super::ir::{Func, Kind, Node, Stmt, StmtKind, any_stmt};
use super::super::words::words;
use super::inlined::{Names, bound_in};

/// Puts hooks into the tests where the hook of only one version has a statement that a test of the other one has.
pub fn unfold(old: &mut Vec<Stmt>, new: &mut Vec<Stmt>) {
    each_time(old, new);
    let (before, after) = (hooks(old), hooks(new));
    let code = |hooks: &Option<Func>| hooks.as_ref().map(|func| func.body.clone()).unwrap_or_default();
    let moved = |from: &[Stmt], to: &[Stmt], tests: &[Stmt]| {
        from.iter().any(|stmt| !to.contains(stmt) && holds_in_test(tests, stmt))
    };
    let (one, other) = (code(&before), code(&after));
    if (moved(&one, &other, new) || moved(&other, &one, old))
        && let (Some(one), Some(other)) = (placed(old, new, before), placed(new, old, after))
    {
        (*old, *new) = (one, other);
    }
    for (title, func) in old.iter_mut().filter_map(suite) {
        let mut same = new.iter_mut().filter_map(suite).filter(|(other, _)| **other == *title);
        if let (Some((_, other)), None) = (same.next(), same.next()) {
            unfold(&mut func.body, &mut other.body);
        }
    }
}

/// What was done once before all tests of a suite, and is done before each of them now, as if it always had been.
fn each_time(old: &mut Vec<Stmt>, new: &[Stmt]) {
    let each = hooks(new).map(|func| func.body).unwrap_or_default();
    // What one test leaves behind may be what the next is about.
    #[rustfmt::skip]
    const LEFT: [&str; 20] = [
        "still", "keeps", "kept", "remains", "remember", "remembers", "persists", "stays", "again", "previous", "earlier",
        "live", "left", "second", "twice", "vanishes", "gone", "then", "badge", "visits",
    ];
    let told = |node: &Node| {
        let title = declaration(node).and_then(|found| found.title).and_then(Node::string);
        title.is_some_and(|title| words(title).iter().any(|word| LEFT.contains(&word.as_str())))
    };
    if old.iter().any(|stmt| stmt.any(&mut |node| told(node))) {
        return;
    }
    let Some(at) = old.iter().position(|stmt| {
        !new.contains(stmt) && once(stmt).is_some_and(|func| only_prepares(func) && each.starts_with(&func.body))
    }) else {
        return;
    };
    let Some(func) = once(&old[at]).cloned() else { return };
    match old.iter().position(|stmt| hook(stmt).is_some()) {
        Some(own) => {
            if before(&mut old[own], &func) {
                old.remove(at);
            }
        }
        None => {
            if let StmtKind::Expr(Node { kind: Kind::Call { callee, .. }, .. }) = &mut old[at].kind {
                match &mut callee.kind {
                    Kind::Ident(name) | Kind::Member { name, .. } => "beforeEach".clone_into(name),
                    _ => {}
                }
            }
        }
    }
}

/// Whether code gives nothing a value that one test may leave to the next, but for what a server has made.
fn only_prepares(func: &Func) -> bool {
    let by_fixture =
        func.params.iter().flat_map(bound).any(|name| matches!(name, "request" | "page" | "browser" | "context"));
    let calls = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Expr(node) => {
            matches!(node.bare().kind, Kind::Call { .. }) && (by_fixture || Chain::of(node).root() == "cy")
        }
        // What the server made: `id = await createOrder(request)`.
        StmtKind::Decl { init: Some(value), .. } => by_fixture && matches!(value.kind, Kind::Await(_)),
        _ => false,
    };
    !func.body.is_empty() && func.body.iter().all(calls)
}

/// `before(() => { … })`
fn once(stmt: &Stmt) -> Option<&Func> {
    let StmtKind::Expr(node) = &stmt.kind else { return None };
    let chain = Chain::of(node);
    match (chain.names().as_slice(), chain.last()?.args?) {
        (["before" | "beforeAll"] | ["test", "beforeAll"], [Node { kind: Kind::Fn(func), .. }]) => Some(func),
        _ => None,
    }
}

/// The hooks that run before each test, as one; it has a name only if it cannot be put anywhere else.
fn hooks(body: &[Stmt]) -> Option<Func> {
    let all = body.iter().filter_map(hook).cloned().reduce(|mut one, other| {
        if !take(&mut one, &other, usize::MAX) {
            one.name = "unclear".into();
        }
        one
    });
    // A helper stands there as a block.
    all.map(|func| Func { body: flatten(&func.body).into_iter().cloned().collect(), ..func })
}

/// `beforeEach(async ({ page }) => { … })`
fn hook(stmt: &Stmt) -> Option<&Func> {
    let StmtKind::Expr(node) = &stmt.kind else { return None };
    let chain = Chain::of(node);
    match (chain.names().as_slice(), chain.last()?.args?) {
        (["beforeEach"] | ["test", "beforeEach"], [Node { kind: Kind::Fn(func), .. }]) => Some(func),
        _ => None,
    }
}

fn holds_in_test(body: &[Stmt], wanted: &Stmt) -> bool {
    let is_of_tests = |node: &Node| declaration(node).is_some_and(|found| !found.hook);
    let mut tests = body.iter().filter(|stmt| hook(stmt).is_none() && stmt.any(&mut |node| is_of_tests(node)));
    tests.any(|stmt| any_stmt(std::slice::from_ref(stmt), &mut |inner| inner == wanted))
}

/// The title and the code of a suite or a test.
fn suite(stmt: &mut Stmt) -> Option<(&String, &mut Func)> {
    let StmtKind::Expr(Node { kind: Kind::Call { args, .. }, .. }) = &mut stmt.kind else { return None };
    match args.as_mut_slice() {
        [Node { kind: Kind::Str(title), .. }, .., Node { kind: Kind::Fn(func), .. }] => Some((title, func)),
        _ => None,
    }
}

/// The body with the hooks in its tests, if they mean the same there.
fn placed(body: &[Stmt], other: &[Stmt], hooks: Option<Func>) -> Option<Vec<Stmt>> {
    let Some(first) = hooks else { return Some(body.to_vec()) };
    let mut out: Vec<Stmt> = body.iter().filter(|stmt| hook(stmt).is_none()).cloned().collect();
    let (own, names) = (first.body.iter().flat_map(bound_in).collect::<Vec<_>>(), Names::of(&out));
    let empty = |stmt: &Stmt, name: &str| matches!(&stmt.kind, StmtKind::Decl { target, init: None, .. } if target.ident() == Some(name));
    // What a hook binds is of no interest to the tests, or a variable of the suite that only the hook sets.
    let is_free = |name: &String| match names.given.get(name) {
        None => !names.mentioned.contains_key(name),
        Some(times) => *times == 1 && out.iter().any(|stmt| empty(stmt, name)),
    };
    if !first.name.is_empty() || leaves(&first.body) || !own.iter().all(is_free) {
        return None;
    }
    out.retain(|stmt| other.contains(stmt) || !own.iter().any(|name| empty(stmt, name)));
    let reached = put(&mut out, &first)?;
    (reached > 0 && reached == tests(&out)).then_some(out)
}

/// Puts code before that of each test, or where a suite has a hook of its own, before that of the hook. Gives the number
/// of the tests that begin with it now.
fn put(body: &mut [Stmt], first: &Func) -> Option<usize> {
    if let Some(at) = body.iter().position(|stmt| hook(stmt).is_some()) {
        return before(&mut body[at], first).then(|| tests(body));
    }
    let mut reached = 0;
    for stmt in body {
        let StmtKind::Expr(node) = &stmt.kind else { continue };
        match declaration(node).map(|found| (found.suite, found.hook)) {
            Some((true, _)) => reached += suite(stmt).map_or(Some(0), |(_, func)| put(&mut func.body, first))?,
            Some((_, false)) => reached += usize::from(before(stmt, first)),
            _ => {}
        }
    }
    Some(reached)
}

fn tests(body: &[Stmt]) -> usize {
    let is_test = |node: &Node| declaration(node).is_some_and(|found| !found.suite && !found.hook);
    let mut found = 0;
    for stmt in body {
        stmt.walk(&mut |node| found += usize::from(matches!(node.kind, Kind::Call { .. }) && is_test(node)));
    }
    found
}

/// Puts code before that of a test or a hook.
fn before(stmt: &mut Stmt, first: &Func) -> bool {
    let StmtKind::Expr(Node { kind: Kind::Call { args, .. }, .. }) = &mut stmt.kind else { return false };
    let Some(Node { kind: Kind::Fn(func), .. }) = args.last_mut() else { return false };
    take(func, first, 0)
}

/// Gives a function the code of another one, at a place of its body, and the fixtures that this needs.
fn take(func: &mut Func, other: &Func, at: usize) -> bool {
    let at = at.min(func.body.len());
    func.body.splice(at..at, other.body.iter().cloned());
    func.is_async |= other.is_async;
    match (func.params.as_mut_slice(), other.params.as_slice()) {
        (_, []) => true,
        ([], [Node { kind: Kind::Object(_), .. }]) => {
            func.params.clone_from(&other.params);
            true
        }
        ([Node { kind: Kind::Object(own), .. }], [Node { kind: Kind::Object(more), .. }]) => {
            let fresh: Vec<_> = more.iter().filter(|entry| !own.contains(entry)).cloned().collect();
            own.extend(fresh);
            true
        }
        _ => false,
    }
}
