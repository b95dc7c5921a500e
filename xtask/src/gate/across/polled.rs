//! What is asked for again until it has come to an end: where only the new version of a file asks after a job until it is
//! done, or looks for a file until it is there, it asks once, as the old one did after a pause.
//!
//! It rewrites the new program, and decides nothing else: what the answer has to be is asserted behind it, as before.

use super::super::chain::Chain;
use super::super::ir::alter::Alter;
use super::super::ir::{Func, Kind, Node, Program, Stmt, StmtKind, any_stmt};
use super::super::words::words;
use super::inlined::Names;

/// How a job is called that goes on.
#[rustfmt::skip]
const GOES_ON: [&str; 15] = [
    "queued", "queue", "running", "pending", "processing", "started", "waiting", "in", "progress", "working", "scheduled",
    "created", "new", "building", "indexing",
];
/// And one that has come to its end.
#[rustfmt::skip]
const ENDED: [&str; 15] = [
    "done", "finished", "completed", "complete", "ready", "succeeded", "success", "successful", "ended", "processed",
    "published", "imported", "exported", "indexed", "sent",
];

/// Asks once in the new program where it asks until something is ready, which the old one does not.
pub fn settle(old: &Program, new: &mut Program) {
    let loops = |body: &[Stmt]| any_stmt(body, &mut |stmt| matches!(stmt.kind, StmtKind::Loop { .. }));
    if !loops(&new.body) {
        return;
    }
    let known = Names::of(&old.body);
    let mut waits: Vec<String> = Vec::new();
    for stmt in &mut new.body {
        let Some((name, func)) = declared(stmt) else { continue };
        if known.given.contains_key(&name) || known.mentioned.contains_key(&name) {
            continue;
        }
        match asked_for(func) {
            Some(Some(value)) => {
                let end = func.body.last().map_or(0, |last| last.end);
                func.body = vec![Stmt { kind: StmtKind::Return(Some(value)), line: end, end }];
            }
            Some(None) if asks_as(old, func) => waits.push(name),
            _ => {}
        }
    }
    let was_there = |stmt: &Stmt| any_stmt(&old.body, &mut |other| other == stmt);
    let mut ask_once = |stmt: &mut Stmt| {
        let instead = match &stmt.kind {
            StmtKind::Expr(node) if is_wait(node, &waits) => Some(Vec::new()),
            StmtKind::Loop { head, body } if is_limited(head) && !was_there(stmt) => asked(body).and_then(|polled| {
                let ends = matches!(polled.end, StmtKind::Jump(word) if word == "break");
                (ends && !polled.asks.is_empty()).then(|| polled.asks.to_vec())
            }),
            _ => None,
        };
        if let Some(body) = instead {
            stmt.kind = StmtKind::Block(body);
        }
    };
    Alter { node: &mut |_| {}, stmt: &mut ask_once }.body(&mut new.body);
    let called = Names::of(&new.body).mentioned;
    new.body
        .retain_mut(|stmt| declared(stmt).is_none_or(|(name, _)| !waits.contains(&name) || called.contains_key(&name)));
}

/// The function that a statement declares.
fn declared(stmt: &mut Stmt) -> Option<(String, &mut Func)> {
    match &mut stmt.kind {
        StmtKind::Func(func) => Some((func.name.clone(), func)),
        StmtKind::Decl { target, init: Some(Node { kind: Kind::Fn(func), .. }), .. } => {
            Some((target.ident()?.to_owned(), func))
        }
        _ => None,
    }
}

/// What a loop does until something is ready.
struct Polled<'a> {
    /// It asks, and names the answer.
    asks: &'a [Stmt],
    end: &'a StmtKind,
}

/// What a function gives that asks until it is ready, and fails if it never is; nothing, if it only waits.
fn asked_for(func: &Func) -> Option<Option<Node>> {
    let (last, before) = func.body.split_last()?;
    let (Stmt { kind: StmtKind::Loop { head, body }, .. }, before) = before.split_last()? else { return None };
    let reckons = |stmt: &Stmt| {
        matches!(&stmt.kind, StmtKind::Decl { target, init: Some(value), .. }
            if target.ident().is_some() && tells_time(value))
    };
    if !fails(last) || !before.iter().all(reckons) || !is_limited(head) {
        return None;
    }
    let Polled { asks, end } = asked(body)?;
    let StmtKind::Return(value) = end else { return None };
    let Some(value) = value else { return Some(None) };
    let mut value = value.clone();
    for ask in asks.iter().rev() {
        let StmtKind::Decl { target, init: Some(answer), .. } = &ask.kind else { return None };
        let name = target.ident()?;
        let mut put = |node: &mut Node| {
            if node.ident() == Some(name) {
                node.kind = answer.kind.clone();
            }
        };
        Alter { node: &mut put, stmt: &mut |_| {} }.in_node(&mut value);
    }
    Some(Some(value))
}

/// A pass of a loop that asks, ends if it is ready, and else pauses.
fn asked(body: &[Stmt]) -> Option<Polled<'_>> {
    let at = body.iter().position(|stmt| matches!(stmt.kind, StmtKind::If { .. }))?;
    let (asks, rest) = body.split_at(at);
    let [Stmt { kind: StmtKind::If { cond, then, other }, .. }, pause @ ..] = rest else { return None };
    let ([end], true, [pause]) = (then.as_slice(), other.is_empty(), pause) else { return None };
    let mut names: Vec<&str> = Vec::new();
    for ask in asks {
        let StmtKind::Decl { target, init: Some(answer), .. } = &ask.kind else { return None };
        if answer.any(&mut |node| matches!(node.kind, Kind::Fn(_) | Kind::Assign(..)) || does_more(node)) {
            return None;
        }
        names.push(target.ident()?);
    }
    let ready = match names.last() {
        Some(answer) => is_ended(cond, answer),
        None => is_there(cond, &end.kind),
    };
    (ready && is_pause(pause)).then_some(Polled { asks, end: &end.kind })
}

/// Whether a request does more than to ask after something: its address ends with neither an id nor a word for a state.
fn does_more(node: &Node) -> bool {
    let Kind::Call { args, .. } = &node.kind else { return false };
    let Some(Node { kind: Kind::Template(parts), .. }) = args.first() else { return false };
    let last = parts.iter().rfind(|part| part.string() != Some("")).and_then(Node::string);
    last.is_some_and(|text| !matches!(text.rsplit('/').next(), Some("status" | "state" | "progress" | "" | "result")))
}

/// Whether a condition is about the state of a job: `job["status"] == "done"`, `state not in ("queued", "running")`.
fn is_ended(cond: &Node, answer: &str) -> bool {
    let Kind::Binary(op, state, wanted) = &cond.kind else { return false };
    let chain = Chain::of(state);
    let of_answer = chain.root() == answer
        && chain.last().is_some_and(|link| {
            link.args.is_none()
                && matches!(link.name, "state" | "status" | "phase" | "stage" | "jobStatus" | "job_status")
        });
    let mut texts: Vec<&Node> = Vec::new();
    match &wanted.kind {
        Kind::Str(_) => texts.push(wanted),
        Kind::Array(parts) | Kind::Other(_, parts) => texts.extend(parts),
        _ => return false,
    }
    let states = match op.as_str() {
        "==" | "===" | "in" => &ENDED,
        "!=" | "!==" | "not in" => &GOES_ON,
        _ => return false,
    };
    let tells = |text: &&Node| {
        text.string().is_some_and(|text| {
            let said = words(text);
            !said.is_empty() && said.iter().all(|word| states.contains(&word.as_str()))
        })
    };
    of_answer && !texts.is_empty() && texts.iter().all(tells)
}

/// Whether a condition is that the file which is given is there: `path.exists()`.
fn is_there(cond: &Node, end: &StmtKind) -> bool {
    let StmtKind::Return(Some(path)) = end else { return false };
    let Some(path) = path.ident() else { return false };
    match &cond.kind {
        Kind::Binary(op, one, other) if matches!(op.as_str(), "and" | "&&") => {
            is_there(one, end) && other.any(&mut |node| node.ident() == Some(path))
        }
        _ => matches!(Chain::of(cond).names().as_slice(), [root, "exists" | "isFile"] if *root == path),
    }
}

/// Whether a loop ends by itself: after some time, or so many times.
fn is_limited(head: &[Node]) -> bool {
    let counts = |node: &Node| match &node.kind {
        Kind::Call { callee, .. } => callee.ident() == Some("range"),
        _ => false,
    };
    match head {
        [cond] => {
            matches!(&cond.kind, Kind::Binary(op, now, _) if matches!(op.as_str(), "<" | "<=") && tells_time(now))
        }
        [_, times] => counts(times),
        _ => false,
    }
}

/// `time.monotonic() + seconds`, `Date.now()`
fn tells_time(node: &Node) -> bool {
    let clock = |part: &Node| {
        matches!(
            Chain::of(part).names().as_slice(),
            ["time", "monotonic" | "time"] | ["Date", "now"] | ["performance", "now"]
        )
    };
    node.any(&mut |part| matches!(part.kind, Kind::Call { .. }) && clock(part))
}

fn fails(stmt: &Stmt) -> bool {
    match &stmt.kind {
        StmtKind::Throw(value) => value.is_some(),
        StmtKind::Expr(node) => Chain::of(node).names() == ["pytest", "fail"],
        _ => false,
    }
}

/// `time.sleep(1)`, `await page.waitForTimeout(500)`, `await new Promise((go) => setTimeout(go, 500))`
fn is_pause(stmt: &Stmt) -> bool {
    let StmtKind::Expr(node) = &stmt.kind else { return false };
    match &node.bare().kind {
        Kind::New { callee, args } => {
            callee.ident() == Some("Promise")
                && matches!(args.as_slice(), [Node { kind: Kind::Fn(func), .. }]
                    if any_call(&func.body, "setTimeout"))
        }
        _ => Chain::of(node).last().is_some_and(|link| {
            link.args.is_some() && matches!(link.name, "sleep" | "delay" | "waitForTimeout" | "setTimeout")
        }),
    }
}

fn any_call(body: &[Stmt], name: &str) -> bool {
    matches!(body, [only] if only.any(&mut |node| node.ident() == Some(name)))
}

/// Whether a function only asks, and where the old program asks, too.
fn asks_as(old: &Program, func: &Func) -> bool {
    #[rustfmt::skip]
    const ASKS: [&str; 8] = ["get", "json", "monotonic", "time", "now", "sleep", "waitForTimeout", "setTimeout"];
    let (mut before, mut asked, mut only_asks) = (Vec::new(), Vec::new(), true);
    old.body.iter().for_each(|stmt| stmt.walk(&mut |node| before.extend(host(node))));
    for stmt in func.body.iter().filter(|stmt| !fails(stmt)) {
        stmt.walk(&mut |node| {
            if let Kind::Call { callee, .. } = &node.kind {
                only_asks &= Chain::of(callee).last().is_some_and(|link| ASKS.contains(&link.name));
                asked.extend(host(node));
            }
        });
    }
    only_asks && !asked.is_empty() && asked.iter().all(|name| before.contains(name))
}

/// The name in ``get(`${api}/jobs`)`` for where it is asked.
fn host(call: &Node) -> Option<&str> {
    let Kind::Call { args, .. } = &call.kind else { return None };
    let Kind::Template(parts) = &args.first()?.kind else { return None };
    parts.iter().find(|part| part.string() != Some(""))?.ident()
}

/// Whether an expression calls such a function with names only.
fn is_wait(node: &Node, waits: &[String]) -> bool {
    let Kind::Call { callee, args, .. } = &node.bare().kind else { return false };
    let is_name = |arg: &Node| matches!(arg.kind, Kind::Ident(_) | Kind::Member { .. } | Kind::Num(_));
    callee.ident().is_some_and(|name| waits.iter().any(|wait| wait == name)) && args.iter().all(is_name)
}
