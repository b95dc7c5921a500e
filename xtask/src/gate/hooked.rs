//! Steps that moved from the tests of a suite into a hook that runs before each of them, or back: there the hook's code
//! stands at the start of each test, so that what a test does before and after can be compared.

use super::chain::Chain;
use super::differ::{bound, declaration, flatten, leaves};
use super::ir::{Func, Kind, Node, Program, Stmt, StmtKind};

/// Puts hooks into the tests where the two versions share a statement that is in a hook of only one of them.
pub fn unfold(old: &mut Program, new: &mut Program) {
    suites(&mut old.body, &mut new.body);
}

fn suites(old: &mut Vec<Stmt>, new: &mut Vec<Stmt>) {
    let (before, after) = (hooks(old), hooks(new));
    let moved = |from: &[Stmt], to: &[Stmt], there: &[Stmt]| {
        let gone = from.iter().filter(|stmt| !to.contains(stmt));
        gone.into_iter().any(|stmt| holds_in_test(there, stmt))
    };
    let own = |found: &Option<Func>| found.as_ref().map(|func| func.body.clone()).unwrap_or_default();
    if (moved(&own(&before), &own(&after), new) || moved(&own(&after), &own(&before), old))
        && let (Some(one), Some(other)) = (placed(old, new, before), placed(new, old, after))
    {
        (*old, *new) = (one, other);
    }
    for stmt in old {
        let Some((title, func)) = suite(stmt) else { continue };
        let title = title.clone();
        let mut named = new.iter_mut().filter_map(suite).filter(|(other, _)| **other == title);
        if let (Some((_, other)), None) = (named.next(), named.next()) {
            suites(&mut func.body, &mut other.body);
        }
    }
}

/// The hooks that run before each test, as one; it has a name only if it cannot be put anywhere else.
fn hooks(body: &[Stmt]) -> Option<Func> {
    let found: Vec<&Func> = body.iter().filter_map(hook).collect();
    let mut all = (*found.first()?).clone();
    all.name.clear();
    for func in &found[1..] {
        all.body.extend(func.body.iter().cloned());
        all.is_async |= func.is_async;
        if !take_params(&mut all, func) {
            all.name = "unclear".into();
        }
    }
    // A helper stands there as a block.
    all.body = flatten(&all.body).into_iter().cloned().collect();
    Some(all)
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
    let is_test = |stmt: &Stmt| matches!(&stmt.kind, StmtKind::Expr(node) if declaration(node).is_some());
    body.iter().filter(|stmt| is_test(stmt) && hook(stmt).is_none()).any(|stmt| {
        let mut found = false;
        stmt.walk_stmts(&mut |inner| found |= inner == wanted);
        found
    })
}

/// The suite's title and code.
fn suite(stmt: &mut Stmt) -> Option<(&String, &mut Func)> {
    let StmtKind::Expr(Node { kind: Kind::Call { args, .. }, .. }) = &mut stmt.kind else { return None };
    match args.as_mut_slice() {
        [Node { kind: Kind::Str(title), .. }, .., Node { kind: Kind::Fn(func), .. }] => Some((title, func)),
        _ => None,
    }
}

/// The body with the hook in its tests, if it means the same there.
fn placed(body: &[Stmt], other: &[Stmt], hook_of: Option<Func>) -> Option<Vec<Stmt>> {
    let mut out = body.to_vec();
    let Some(func) = hook_of else { return Some(out) };
    let mut own = Vec::new();
    func.body.iter().for_each(|stmt| {
        stmt.walk_stmts(&mut |inner| {
            if let StmtKind::Decl { target, .. } = &inner.kind {
                own.extend(bound(target).into_iter().map(str::to_owned));
            }
        });
    });
    // What the hook binds is either of no interest to the tests, or a variable of the suite that only the hook sets.
    let is_free = |name: &String| {
        let (mut empty, mut given, mut spoken_of) = (0, 0, false);
        for stmt in body.iter().filter(|stmt| hook(stmt).is_none()) {
            stmt.walk_stmts(&mut |inner| {
                if let StmtKind::Decl { target, init, .. } = &inner.kind
                    && bound(target).contains(&name.as_str())
                {
                    *if init.is_none() { &mut empty } else { &mut given } += 1;
                }
            });
            spoken_of |= stmt.any(&mut |node| node.ident() == Some(name));
        }
        given == 0 && (!spoken_of || empty == 1 && body.iter().any(|stmt| is_empty_variable(stmt, name)))
    };
    if !func.name.is_empty() || leaves(&func.body) || !own.iter().all(is_free) {
        return None;
    }
    out.retain(|stmt| hook(stmt).is_none());
    out.retain(|stmt| !own.iter().any(|name| is_empty_variable(stmt, name) && !other.contains(stmt)));
    let reached = put(&mut out, &func);
    (reached > Some(0) && reached == Some(tests(&out))).then_some(out)
}

/// `let cart;`
fn is_empty_variable(stmt: &Stmt, name: &str) -> bool {
    matches!(&stmt.kind, StmtKind::Decl { target, init: None, .. } if target.ident() == Some(name))
}

/// Puts the hook's code before that of each test, or where a suite has a hook of its own, before that of the hook. Gives
/// the number of the tests.
fn put(body: &mut [Stmt], first: &Func) -> Option<usize> {
    if let Some(at) = body.iter().position(|stmt| hook(stmt).is_some()) {
        return before(&mut body[at], first).then(|| tests(body));
    }
    let mut reached = 0;
    for stmt in body {
        let StmtKind::Expr(node) = &stmt.kind else { continue };
        let Some(found) = declaration(node) else { continue };
        if found.suite {
            reached += suite(stmt).map_or(Some(0), |(_, func)| put(&mut func.body, first))?;
        } else if !found.hook {
            reached += usize::from(before(stmt, first));
        }
    }
    Some(reached)
}

fn tests(body: &[Stmt]) -> usize {
    let is_test = |node: &Node| declaration(node).is_some_and(|found| !found.suite && !found.hook);
    let mut found = 0;
    body.iter().for_each(|stmt| {
        stmt.walk(&mut |node| found += usize::from(matches!(node.kind, Kind::Call { .. }) && is_test(node)));
    });
    found
}

/// Puts code before that of a test or a hook.
fn before(stmt: &mut Stmt, first: &Func) -> bool {
    let StmtKind::Expr(Node { kind: Kind::Call { args, .. }, .. }) = &mut stmt.kind else { return false };
    let Some(Node { kind: Kind::Fn(func), .. }) = args.last_mut() else { return false };
    func.body.splice(0..0, first.body.iter().cloned());
    func.is_async |= first.is_async;
    take_params(func, first)
}

/// Gives a function the fixtures of another one besides its own.
fn take_params(func: &mut Func, other: &Func) -> bool {
    match (func.params.as_mut_slice(), other.params.as_slice()) {
        (_, []) => true,
        ([], [param @ Node { kind: Kind::Object(_), .. }]) => {
            func.params.push(param.clone());
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
