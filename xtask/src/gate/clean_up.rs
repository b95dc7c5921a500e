//! What hooks do to leave nothing behind for the next test: clocks and mocks that are reset, files that are removed.

use std::collections::HashSet;

use super::chain::Chain;
use super::ir::{Func, Kind, Node, Stmt, StmtKind};
use super::words::HOOKS;

/// Methods of `jest` and `vi` that give back what was faked.
pub fn resets(name: &str) -> bool {
    matches!(name, "useRealTimers" | "clearAllTimers" | "clearAllMocks" | "resetAllMocks" | "restoreAllMocks")
}

/// Commands of Cypress and methods of Playwright's context after which a browser knows as much as a new one.
pub fn forgets(name: &str) -> bool {
    #[rustfmt::skip]
    const FORGETS: [&str; 6] = [
        "clearCookies", "clearCookie", "clearAllCookies", "clearLocalStorage", "clearAllLocalStorage",
        "clearAllSessionStorage",
    ];
    FORGETS.contains(&name)
}

/// The expressions in a program that surely only clean up.
pub fn of(body: &[Stmt]) -> HashSet<*const Node> {
    let mut found = HashSet::new();
    let mut is_first = true;
    for stmt in body {
        stmt.walk_stmts(&mut |inner| {
            if let Some((name, func)) = hook(inner) {
                let after = name.starts_with("after") || name.starts_with("tear");
                in_hook(func, after, after || is_first, &mut found);
                is_first &= after;
            }
        });
        stmt.walk(&mut |node| options_of_removal(node, &mut found));
    }
    found
}

/// Whether an expression stands in a hook.
pub fn is_in_hook(wanted: &Node, body: &[Stmt]) -> bool {
    let mut found = false;
    let mut visit = |stmt: &Stmt| {
        let func = hook(stmt).map(|(_, func)| &func.body);
        found |= func.is_some_and(|body| body.iter().any(|stmt| stmt.any(&mut |node| std::ptr::eq(node, wanted))));
    };
    body.iter().for_each(|stmt| stmt.walk_stmts(&mut visit));
    found
}

fn hook(stmt: &Stmt) -> Option<(&str, &Func)> {
    let StmtKind::Expr(node) = &stmt.kind else { return None };
    let chain = Chain::of(node);
    let [link] = chain.links.as_slice() else { return None };
    match &link.args?.first()?.kind {
        Kind::Fn(func) if HOOKS.contains(&link.name) => Some((link.name, func)),
        _ => None,
    }
}

/// Before a test only what was recorded may be cleared, before anything else is done; after it, all may be reset that
/// is not asked any more.
fn in_hook(func: &Func, after: bool, may_clear: bool, found: &mut HashSet<*const Node>) {
    for (at, stmt) in func.body.iter().enumerate() {
        let (StmtKind::Expr(node) | StmtKind::Return(Some(node))) = &stmt.kind else { continue };
        let chain = Chain::of(node);
        let (names, args) = (chain.names(), chain.last().and_then(|link| link.args));
        let (["jest" | "vi", name], Some([])) = (names.as_slice(), args) else { continue };
        let asked = func.body[at..].iter().any(|stmt| stmt.any(&mut |node| node.ident() == Some("expect")));
        let clears = *name == "clearAllMocks" && may_clear && (after || at == 0);
        if resets(name) && !asked && (after || clears) {
            node.walk(&mut |part| {
                found.insert(std::ptr::from_ref(part));
            });
        }
    }
}

/// `fs.rm(folder, { recursive: true, force: true })`: `force` is of a file that may not be there.
fn options_of_removal(node: &Node, found: &mut HashSet<*const Node>) {
    let Kind::Call { args, .. } = &node.kind else { return };
    let removes = Chain::of(node).last().is_some_and(|link| matches!(link.name, "rm" | "rmSync"));
    if let [_, options] = args.as_slice()
        && removes
    {
        found.insert(std::ptr::from_ref(options));
    }
}
