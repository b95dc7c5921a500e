//! The same control flow in its plainest form: what a promise's callback is given is what is awaited, and what a fixture
//! yields at its end is what it returns. It only rewrites where nothing else could happen in between.

use super::super::chain::Chain;
use super::super::ir::alter::Alter;
use super::super::ir::{Func, Kind, Node, Stmt, StmtKind};
use super::super::scan::goes_by_itself;

/// `cy.origin('https://login.example.org', { args: { name } }, ({ name }) => { … })`: that it goes on there, and what is
/// done there. <https://docs.cypress.io/api/commands/origin>
pub fn of_origin(node: &Node) -> Option<(Node, Vec<Stmt>)> {
    let Kind::Call { callee, .. } = &node.kind else { return None };
    let chain = Chain::of(node);
    let (["cy", "origin"], [origin, options @ .., Node { kind: Kind::Fn(func), .. }]) =
        (chain.names().as_slice(), chain.last()?.args?)
    else {
        return None;
    };
    // What is asserted there would be asserted of another site; and to go there by oneself is not to be led there.
    let asserts = |part: &Node| match &part.kind {
        Kind::Member { name, .. } | Kind::Ident(name) => {
            matches!(name.as_str(), "should" | "and" | "expect" | "assert")
        }
        _ => false,
    };
    if func.body.iter().any(|stmt| stmt.any(&mut |part| asserts(part) || goes_by_itself(part))) {
        return None;
    }
    let body = handed_over(func, options)?;
    let is_plain = origin.string().is_some_and(|origin| origin.starts_with("http"));
    is_plain.then(|| (callee.called(std::slice::from_ref(origin)), body))
}

/// The body of a callback with what `{ args: { name: value } }` hands to it in the place of its parameters.
fn handed_over(func: &Func, options: &[Node]) -> Option<Vec<Stmt>> {
    let mut body = func.body.clone();
    let (names, entries) = match (func.params.as_slice(), options) {
        ([], _) => return Some(body),
        ([Node { kind: Kind::Object(names), .. }], [Node { kind: Kind::Object(entries), .. }]) => (names, entries),
        _ => return None,
    };
    let [(key, Node { kind: Kind::Object(args), .. })] = entries.as_slice() else { return None };
    if key != "args" {
        return None;
    }
    for (name, local) in names {
        let (_, value) = args.iter().find(|(other, _)| other == name)?;
        let local = local.ident()?;
        let mut put = |node: &mut Node| {
            if node.ident() == Some(local) {
                node.kind = value.kind.clone();
            }
        };
        Alter { node: &mut put, stmt: &mut |_| {} }.body(&mut body);
    }
    Some(body)
}

/// `Cypress._.times(3, () => { … })` is a loop.
pub fn times(node: &Node) -> Option<StmtKind> {
    let chain = Chain::of(node);
    let (["_", "times"] | [_, "_", "times"]) = chain.names().as_slice() else { return None };
    let [count, Node { kind: Kind::Fn(func), .. }] = chain.last()?.args? else { return None };
    let head = std::iter::once(count).chain(&func.params).cloned().collect();
    Some(StmtKind::Loop { head, body: func.body.clone() })
}

/// Each of `await Promise.all([…])`, awaited by itself. Where a wait stands beside the step that ends it, the two are one,
/// and only what is asserted stands by itself.
pub fn all_of(node: &Node) -> Option<Vec<Node>> {
    let Kind::Await(all) = &node.kind else { return None };
    let Kind::Call { callee, args, .. } = &all.kind else { return None };
    let (["Promise", "all"], [list @ Node { kind: Kind::Array(parts), .. }]) =
        (Chain::of(callee).names().as_slice(), args.as_slice())
    else {
        return None;
    };
    let waits = |part: &Node| Chain::of(part).last().is_some_and(|link| link.name.starts_with("waitFor"));
    let (alone, together): (Vec<&Node>, Vec<&Node>) = if parts.iter().any(waits) {
        parts.iter().partition(|part| Chain::of(part).root() == "expect")
    } else {
        (parts.iter().collect(), Vec::new())
    };
    if alone.is_empty() || !parts.iter().all(|part| matches!(part.kind, Kind::Call { .. })) {
        return None;
    }
    let rest = Node::new(Kind::Array(together.into_iter().cloned().collect()), list.line);
    let rest = (rest.kind != Kind::Array(Vec::new())).then(|| callee.called(&[rest]));
    Some(rest.iter().chain(alone).map(awaited).collect())
}

/// `act(() => step())` as a statement: what the step gives is not used.
pub fn forget_value_of_act(node: &mut Node) {
    match &mut node.kind {
        Kind::Await(inner) => forget_value_of_act(inner),
        Kind::Call { callee, args, .. } if callee.ident() == Some("act") => {
            if let [Node { kind: Kind::Fn(func), .. }] = args.as_mut_slice()
                && let [Stmt { kind, .. }] = func.body.as_mut_slice()
                && let StmtKind::Return(Some(value)) = kind
            {
                *kind = StmtKind::Expr(value.clone());
            }
        }
        _ => {}
    }
}

/// A test that ends in `return promise.then((x) => { …expect… })`, or that calls `done` when its request has ended, as
/// one that awaits the promise.
pub fn awaits(func: &mut Func) {
    if func.generator {
        return;
    }
    let Some(last) = func.body.pop() else { return };
    match of_promise(func, &last).or_else(|| of_done(func, &last)) {
        Some(plain) => {
            func.body.extend(plain);
            func.is_async = true;
        }
        None => func.body.push(last),
    }
}

/// `return promise.then((x) => { … })`, `await promise.then(…)`
fn of_promise(func: &Func, last: &Stmt) -> Option<Vec<Stmt>> {
    let (whole, returned) = match &last.kind {
        StmtKind::Return(Some(whole)) => (whole, true),
        StmtKind::Expr(whole @ Node { kind: Kind::Await(_), .. }) => (whole, false),
        _ => return None,
    };
    let (promise, callback) = callback_of(whole.bare(), "then")?;
    let asserts =
        callback.body.iter().any(|stmt| stmt.any(&mut |node| matches!(node.ident(), Some("expect" | "assert"))));
    if !asserts || Chain::of(promise).root() == "cy" || callback.generator {
        return None;
    }
    let mut body = callback.body.clone();
    // What the callback returns last is what the test returns.
    if let Some(Stmt { kind, .. }) = body.last_mut()
        && let StmtKind::Return(Some(value)) = kind
        && !returned
    {
        *kind = StmtKind::Expr(value.clone());
    }
    let (last_of_all, before) = body.split_last()?;
    let leaves_early =
        before.iter().any(leaves) || leaves(last_of_all) && !matches!(last_of_all.kind, StmtKind::Return(_));
    if leaves_early || !is_free(func, &callback.params) || !is_free(func, &declared(&callback.body)) {
        return None;
    }
    let first = match callback.params.as_slice() {
        [] => StmtKind::Expr(awaited(promise)),
        [name @ Node { kind: Kind::Ident(_), .. }] => given(name, promise),
        _ => return None,
    };
    body.insert(0, Stmt { kind: first, line: last.line, end: last.line });
    Some(body)
}

/// `request.end((error, response) => { if (error) return done(error); …; done(); })`
fn of_done(func: &mut Func, last: &Stmt) -> Option<Vec<Stmt>> {
    let [Node { kind: Kind::Ident(done), .. }] = func.params.as_slice() else { return None };
    let mentions = |stmt: &Stmt, name: &str| stmt.any(&mut |node| node.ident() == Some(name));
    let StmtKind::Expr(whole) = &last.kind else { return None };
    let (request, callback) = callback_of(whole, "end")?;
    let [error, response] = callback.params.as_slice() else { return None };
    let (guard, rest) = callback.body.split_first()?;
    let (end, body) = rest.split_last()?;
    let calls_done = |node: &Node, with: &[Node]| matches!(&node.kind, Kind::Call { callee, args, .. } if callee.ident() == Some(done) && args == with);
    let gives_up = match &guard.kind {
        StmtKind::If { cond, then, other } if cond == error && other.is_empty() => match then.as_slice() {
            [Stmt { kind: StmtKind::Return(Some(node)), .. }] => calls_done(node, std::slice::from_ref(error)),
            [Stmt { kind: StmtKind::Throw(Some(thrown)), .. }] => thrown == error,
            _ => false,
        },
        _ => false,
    };
    let ends = matches!(&end.kind, StmtKind::Expr(node) if calls_done(node, &[]));
    let elsewhere = func.body.iter().chain(body).any(|stmt| mentions(stmt, done));
    let of_error = body.iter().any(|stmt| error.ident().is_none_or(|error| mentions(stmt, error)));
    if !gives_up || !ends || elsewhere || of_error || response.ident().is_none() || body.iter().any(leaves) {
        return None;
    }
    if !is_free(func, &callback.params) || !is_free(func, &declared(body)) {
        return None;
    }
    let first = Stmt { kind: given(response, request), line: last.line, end: last.line };
    let plain = std::iter::once(first).chain(body.iter().cloned()).collect();
    func.params.clear();
    Some(plain)
}

/// What a method is called on, and the only function that it is given.
fn callback_of<'n>(node: &'n Node, method: &str) -> Option<(&'n Node, &'n Func)> {
    let Kind::Call { callee, args, optional: false } = &node.kind else { return None };
    let Kind::Member { object, name, optional: false } = &callee.kind else { return None };
    match args.as_slice() {
        [Node { kind: Kind::Fn(func), .. }] if name == method => Some((object, func)),
        _ => None,
    }
}

fn awaited(promise: &Node) -> Node {
    Node::new(Kind::Await(Box::new(promise.clone())), promise.line)
}

fn given(name: &Node, promise: &Node) -> StmtKind {
    StmtKind::Decl { target: name.clone(), init: Some(awaited(promise)), exported: false }
}

fn leaves(stmt: &Stmt) -> bool {
    matches!(stmt.kind, StmtKind::Return(_) | StmtKind::Throw(_) | StmtKind::Jump(_))
        || stmt.blocks().into_iter().flatten().any(leaves)
}

/// What a block declares.
fn declared(body: &[Stmt]) -> Vec<Node> {
    let target = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Decl { target, .. } => Some(target.clone()),
        _ => None,
    };
    body.iter().filter_map(target).collect()
}

/// Whether the rest of a function does not speak of these names.
fn is_free(func: &Func, names: &[Node]) -> bool {
    let mut all = Vec::new();
    names.iter().for_each(|name| name.walk(&mut |part| all.extend(part.ident())));
    let speaks = |node: &Node| node.ident().is_some_and(|name| all.contains(&name));
    !func.body.iter().any(|stmt| stmt.any(&mut |node| speaks(node)))
        && !func.params.iter().any(|param| param.any(&mut |node| speaks(node)))
}

/// A fixture that gives its value from within the context that makes it, or closes it afterwards, as one that returns it.
pub fn gives(func: &mut Func) {
    let is_fixture = func.decorators.iter().any(|mark| Chain::of(mark).has("fixture"));
    if !is_fixture || !func.generator {
        return;
    }
    let mut body = func.body.clone();
    while let Some(Stmt { kind: StmtKind::With { items, body: inner }, line, end }) = body.pop_if(|stmt| enters(stmt)) {
        let Some(context) = items.first() else { return };
        let kind = match named_context(context) {
            Some((value, name)) => StmtKind::Decl { target: name.clone(), init: Some(value.clone()), exported: false },
            None => StmtKind::Expr(context.clone()),
        };
        body.push(Stmt { kind, line, end });
        body.extend(inner);
    }
    if let [.., yielding, closing] = body.as_slice()
        && given_value(yielding).is_some_and(|value| closes(closing, value))
    {
        body.pop();
    }
    let Some(last) = body.last_mut() else { return };
    let Some(value) = given_value(last).cloned() else { return };
    last.kind = StmtKind::Return(Some(value));
    let yields = |node: &Node| matches!(&node.kind, Kind::Other(name, _) if name.starts_with("yield"));
    if !body.iter().any(|stmt| stmt.any(&mut |node| yields(node))) {
        func.body = body;
        func.generator = false;
    }
}

/// `with make() as name:` or `with make():`, and nothing else.
fn enters(stmt: &Stmt) -> bool {
    let is_call = |item: &Node| named_context(item).is_some() || matches!(item.kind, Kind::Call { .. });
    matches!(&stmt.kind, StmtKind::With { items, .. } if matches!(items.as_slice(), [only] if is_call(only)))
}

pub fn named_context(item: &Node) -> Option<(&Node, &Node)> {
    match &item.kind {
        Kind::Other(kind, parts) if kind.starts_with("as_pattern") => match parts.as_slice() {
            [value, Node { kind: Kind::Other(_, target), .. }] => match target.as_slice() {
                [name] if name.ident().is_some() => Some((value, name)),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// The value in `yield value`.
fn given_value(stmt: &Stmt) -> Option<&Node> {
    match &stmt.kind {
        StmtKind::Expr(Node { kind: Kind::Other(name, parts), .. }) if name == "yield yield" => {
            match parts.as_slice() {
                [value] => Some(value),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `driver.quit()`
fn closes(stmt: &Stmt, value: &Node) -> bool {
    let StmtKind::Expr(node) = &stmt.kind else { return false };
    let Kind::Call { callee, args, .. } = &node.bare().kind else { return false };
    let Kind::Member { object, name, .. } = &callee.kind else { return false };
    args.is_empty()
        && **object == *value
        && value.ident().is_some()
        && matches!(name.as_str(), "quit" | "close" | "aclose")
}
