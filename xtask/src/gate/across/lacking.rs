//! What the page of jsdom lacks, and a change gives to it as something that does nothing: a `matchMedia` that never matches,
//! an observer that sees nothing. Without it, what is tested cannot be rendered at all.
//! <https://jestjs.io/docs/manual-mocks#mocking-methods-which-are-not-implemented-in-jsdom>
//!
//! It takes it out of the new program, and decides nothing else.

use super::super::chain::Chain;
use super::super::ir::{Class, Kind, Node, Program, Stmt, StmtKind};
use super::super::words::HOOKS;

#[rustfmt::skip]
const LACKS: [&str; 6] =
    ["matchMedia", "ResizeObserver", "IntersectionObserver", "scrollTo", "scrollIntoView", "hasPointerCapture"];

/// Whether a change does nothing but that.
pub fn only_fills_in(old: &Program, mut new: Program) -> bool {
    settle(old, &mut new);
    new.broken.is_none() && !new.body.is_empty() && old.body == new.body
}

/// Takes out what stands alone in the file, or in a hook, as what neither version speaks of otherwise.
pub fn settle(old: &Program, new: &mut Program) {
    if !LACKS.iter().any(|name| new.body.iter().any(|stmt| speaks_of(stmt, name))) {
        return;
    }
    in_hooks(old, new);
    let given: Vec<(usize, String, Option<String>)> = new
        .body
        .iter()
        .enumerate()
        .filter_map(|(at, stmt)| {
            let (name, value) = given(stmt)?;
            let class = value.ident().map(str::to_owned);
            is_idle(value, &new.body).then(|| (at, name.to_owned(), class))
        })
        .collect();
    let mut out = Vec::new();
    for (at, name, class) in given {
        let own = |other: &usize| *other == at;
        let others = || new.body.iter().enumerate().filter(|(other, _)| !own(other)).map(|(_, stmt)| stmt);
        if old.body.iter().chain(others()).any(|stmt| speaks_of(stmt, &name)) {
            continue;
        }
        out.push(at);
        if let Some(class) = class.filter(|class| !others().any(|stmt| speaks_of(stmt, class))) {
            out.extend(new.body.iter().position(|stmt| declares_class(stmt).is_some_and(|own| own.name == class)));
        }
    }
    let mut at = 0;
    new.body.retain(|_| {
        at += 1;
        !out.contains(&(at - 1))
    });
}

/// The same of what a hook gives before each test, with the hook if it does nothing else, and with the one that takes back
/// all that was given.
fn in_hooks(old: &Program, new: &mut Program) {
    let said = |name: &str| {
        let mut times = 0;
        let is_it = |node: &Node| matches!(&node.kind, Kind::Ident(other) | Kind::Member { name: other, .. } | Kind::Str(other) if other == name);
        new.body.iter().for_each(|stmt| stmt.walk(&mut |node| times += usize::from(is_it(node))));
        times
    };
    let alone = |name: &str| said(name) == 1 && !old.body.iter().any(|stmt| speaks_of(stmt, name));
    let idle = |stmt: &Stmt| given(stmt).is_some_and(|(name, value)| is_idle(value, &[]) && alone(name));
    let takes_back = |stmt: &Stmt| matches!(&stmt.kind, StmtKind::Expr(node) if Chain::of(node).names() == ["vi", "unstubAllGlobals"]);
    let hook = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Expr(Node { kind: Kind::Call { callee, args, .. }, .. }) => match args.as_slice() {
            [Node { kind: Kind::Fn(func), .. }] if callee.ident().is_some_and(|name| HOOKS.contains(&name)) => {
                Some(func.body.clone())
            }
            _ => None,
        },
        _ => None,
    };
    let gives = new.body.iter().filter_map(hook).any(|body| body.iter().any(idle));
    let only = |stmt: &Stmt| {
        hook(stmt).is_some_and(|body| !body.is_empty() && body.iter().all(|stmt| idle(stmt) || takes_back(stmt)))
    };
    let out: Vec<bool> = new.body.iter().map(|stmt| gives && only(stmt)).collect();
    let mut at = out.into_iter();
    new.body.retain(|_| !at.next().unwrap_or_default());
}

fn speaks_of(stmt: &Stmt, name: &str) -> bool {
    stmt.any(&mut |node| match &node.kind {
        Kind::Ident(other) | Kind::Member { name: other, .. } | Kind::Str(other) => other == name,
        _ => false,
    })
}

/// The name and the value in `window.matchMedia = …`, `vi.stubGlobal('ResizeObserver', …)`.
fn given(stmt: &Stmt) -> Option<(&str, &Node)> {
    let known = |name: &&str| LACKS.contains(name);
    match &stmt.kind {
        StmtKind::Decl { target, init: Some(value), .. } => {
            let name = match Chain::of(target).names()[..] {
                ["window" | "globalThis" | "global", name] => name,
                ["window", "HTMLElement" | "Element", "prototype", name]
                | ["HTMLElement" | "Element", "prototype", name] => name,
                _ => return None,
            };
            let value = match &value.kind {
                Kind::Binary(op, was, value)
                    if matches!(op.as_str(), "||" | "??") && Chain::of(was).last()?.name == name =>
                {
                    value
                }
                _ => value,
            };
            Some((name, value)).filter(|(name, _)| known(name))
        }
        StmtKind::Expr(node) => {
            let Kind::Call { args, .. } = &node.kind else { return None };
            match (Chain::of(node).names().as_slice(), args.as_slice()) {
                (["vi", "stubGlobal"], [name, value]) => Some((name.string().filter(known)?, value)),
                (["Object", "defineProperty"], [on, name, Node { kind: Kind::Object(entries), .. }]) => {
                    let flags = ["writable", "configurable", "enumerable", "value"];
                    let plain = entries.iter().all(|(key, _)| flags.contains(&key.as_str()));
                    let (_, value) = entries.iter().find(|(key, _)| key == "value").filter(|_| plain)?;
                    let of_page = matches!(on.ident(), Some("window" | "globalThis" | "global"));
                    Some((name.string().filter(known).filter(|_| of_page)?, value))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// The class that a statement declares.
fn declares_class(stmt: &Stmt) -> Option<&Class> {
    match &stmt.kind {
        StmtKind::Class(class) => Some(class),
        _ => None,
    }
}

/// Whether something does nothing, and says so: a function, a class of such functions, a mock.
fn is_idle(node: &Node, body: &[Stmt]) -> bool {
    let idle = |node: &Node| is_idle(node, body);
    match &node.kind {
        Kind::Fn(func) => match func.body.as_slice() {
            [] => true,
            [Stmt { kind: StmtKind::Return(value), .. }] => value.as_ref().is_none_or(|value| match &value.kind {
                Kind::Const(word) => matches!(word.as_str(), "false" | "null" | "undefined"),
                Kind::Object(entries) => entries.iter().all(|(key, value)| match key.as_str() {
                    "media" => value.ident().is_some(),
                    "matches" => value.kind == Kind::Const("false".into()),
                    _ => value.kind == Kind::Const("null".into()) || idle(value),
                }),
                _ => false,
            }),
            _ => false,
        },
        Kind::Class(class) => is_idle_class(class),
        Kind::Ident(name) => {
            body.iter().filter_map(declares_class).any(|class| class.name == *name && is_idle_class(class))
        }
        Kind::Call { args, .. } => match Chain::of(node).names().as_slice() {
            ["jest" | "vi", "fn"] => args.is_empty() || matches!(args.as_slice(), [made] if idle(made)),
            ["jest" | "vi", "fn", "mockImplementation"] => matches!(args.as_slice(), [made] if idle(made)),
            _ => false,
        },
        _ => false,
    }
}

fn is_idle_class(class: &Class) -> bool {
    let idle = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Func(func) => func.body.is_empty(),
        StmtKind::Decl { init: Some(value), .. } => is_idle(value, &[]),
        _ => false,
    };
    class.heritage.is_empty() && class.decorators.is_empty() && class.body.iter().all(idle)
}
