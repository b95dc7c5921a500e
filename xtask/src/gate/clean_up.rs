//! What hooks do to leave nothing behind for the next test: clocks and mocks that are reset, files that are removed.

use std::collections::HashMap;

use super::assertion;
use super::chain::Chain;
use super::differ::declaration;
use super::ir::{Func, Kind, Node, Stmt, StmtKind, any_stmt};
use super::words::{HOOKS, words};

/// Whether a program only makes timers go off sooner than they would: it advances them by a moment, gives the real ones back,
/// sets no date, and asserts nowhere that something is not there or did not happen.
pub fn hurries(body: &[Stmt]) -> bool {
    const MOMENT: f64 = 1000.0;
    let (mut advances, mut gives_back, mut otherwise) = (false, false, false);
    body.iter().for_each(|stmt| {
        stmt.walk(&mut |node| {
            let Kind::Call { callee, args, .. } = &node.kind else { return };
            let Kind::Member { object, name, .. } = &callee.kind else { return };
            if !matches!(Chain::of(object).root(), "jest" | "vi") {
                return;
            }
            match name.as_str() {
                "advanceTimersByTime" | "advanceTimersByTimeAsync" => {
                    advances = true;
                    otherwise |= args.first().and_then(Node::number).is_none_or(|time| time > MOMENT);
                }
                "useRealTimers" => gives_back = true,
                "useFakeTimers" => otherwise |= !args.is_empty(),
                "setSystemTime" | "runAllTimers" | "runOnlyPendingTimers" => otherwise = true,
                _ => {}
            }
        });
    });
    advances && gives_back && !otherwise && !assertion::denies(body)
}

/// Methods of `jest` and `vi` that give back what was faked.
pub fn resets(name: &str) -> bool {
    #[rustfmt::skip]
    const RESETS: [&str; 7] = [
        "useRealTimers", "clearAllTimers", "clearAllMocks", "resetAllMocks", "restoreAllMocks", "unstubAllEnvs",
        "unstubAllGlobals",
    ];
    RESETS.contains(&name)
}

/// Whether what was recorded of calls is forgotten by it.
pub fn clears(name: &str) -> bool {
    matches!(name, "clearAllMocks" | "resetAllMocks" | "mockClear" | "mockReset")
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

/// Whether a statement only empties what a browser keeps for a page: `localStorage.clear()`.
pub fn empties_storage(stmt: &Stmt) -> bool {
    let StmtKind::Expr(node) = &stmt.kind else { return false };
    let chain = Chain::of(node);
    let names = chain.names();
    let names = names.strip_prefix(&["window"]).or(names.strip_prefix(&["globalThis"])).unwrap_or(&names);
    matches!(names, ["localStorage" | "sessionStorage", "clear"])
        && chain.last().is_some_and(|link| link.args.is_some())
}

/// Whether a statement takes away what a test has made, and does nothing else: `await api.remove(trip.id)`.
pub fn takes_away(stmt: &Stmt) -> bool {
    const TAKES_AWAY: [&str; 6] = ["delete", "remove", "cleanup", "destroy", "drop", "dispose"];
    let StmtKind::Expr(node) = &stmt.kind else { return false };
    let chain = Chain::of(node);
    let plain = |arg: &Node| {
        matches!(arg.kind, Kind::Ident(_) | Kind::Member { .. } | Kind::Str(_) | Kind::Num(_) | Kind::Template(_))
    };
    let link = chain.last().filter(|link| link.args.is_some_and(|args| args.iter().all(plain)));
    let first = link.and_then(|link| words(link.name).into_iter().next());
    // Of what it takes away it is told which.
    let which = |arg: &Node| match &arg.kind {
        Kind::Ident(name) => !matches!(name.as_str(), "page" | "request" | "context" | "browser" | "driver" | "api"),
        Kind::Member { .. } | Kind::Template(_) => true,
        _ => false,
    };
    let told = link.is_some_and(|link| link.args.is_some_and(|args| args.iter().any(which)));
    told && chain.base.is_none()
        && chain.links.len() < 4
        && first.is_some_and(|word| TAKES_AWAY.contains(&word.as_str()))
}

/// What a call resets, if that is all that it does: `jest.restoreAllMocks()`, `load.mockClear()`.
pub fn resetting(stmt: &Stmt) -> Option<&str> {
    let (StmtKind::Expr(node) | StmtKind::Return(Some(node))) = &stmt.kind else { return None };
    let chain = Chain::of(node);
    let link = chain.last().filter(|link| link.args == Some(&[]))?;
    let all = matches!(chain.names()[..], ["jest" | "vi", name] if resets(name));
    (all || matches!(link.name, "mockClear" | "mockReset" | "mockRestore")).then_some(link.name)
}

/// Whether a hook resets after each test what a call resets at the end of one.
pub fn resets_after_each(body: &[Stmt], name: &str) -> bool {
    let all = format!("{}AllMocks", name.trim_start_matches("mock").to_lowercase());
    let enough = |reset: &str| reset == "restoreAllMocks" || reset == all;
    any_stmt(body, &mut |stmt| {
        let after = hook(stmt).filter(|(name, _)| *name == "afterEach");
        after.is_some_and(|(_, func)| func.body.iter().filter_map(resetting).any(enough))
    })
}

/// The expressions in a program that only clean up, and whether they surely take nothing from a test.
pub fn of(body: &[Stmt]) -> HashMap<*const Node, bool> {
    let mut found = HashMap::new();
    let mut is_first = true;
    for stmt in body {
        stmt.walk_stmts(&mut |inner| {
            if let Some((name, func)) = hook(inner) {
                let after = name.starts_with("after") || name.starts_with("tear");
                in_hook(func, after, after || is_first, &mut found);
                is_first &= after;
            } else if let StmtKind::Expr(node) = &inner.kind
                && let Some(func) = declaration(node).filter(|found| !found.suite).and_then(|found| found.body)
            {
                in_hook(func, false, false, &mut found);
            }
        });
        stmt.walk(&mut |node| options_of_files(node, &mut found));
    }
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
fn in_hook(func: &Func, after: bool, may_clear: bool, found: &mut HashMap<*const Node, bool>) {
    for (at, stmt) in func.body.iter().enumerate() {
        let Some(name) = resetting(stmt) else { continue };
        let asked = func.body[at..].iter().any(|stmt| stmt.any(&mut |node| node.ident() == Some("expect")));
        let first = func.body[..at].iter().all(|stmt| resetting(stmt).is_some());
        let clears = may_clear && matches!(name, "clearAllMocks" | "mockClear");
        if first || after && !asked {
            stmt.walk(&mut |part| {
                found.insert(std::ptr::from_ref(part), !asked && (after || clears));
            });
        }
    }
}

/// `fs.rm(folder, { recursive: true, force: true })`: `force` is of a file that may not be there. With `selectFile` it is of
/// a field that nobody sees, as most that take files. <https://docs.cypress.io/api/commands/selectfile>
fn options_of_files(node: &Node, found: &mut HashMap<*const Node, bool>) {
    let Kind::Call { args, .. } = &node.kind else { return };
    let of_files = Chain::of(node).last().is_some_and(|link| matches!(link.name, "rm" | "rmSync" | "selectFile"));
    if let [_, options] = args.as_slice()
        && of_files
    {
        found.insert(std::ptr::from_ref(options), true);
    }
}
