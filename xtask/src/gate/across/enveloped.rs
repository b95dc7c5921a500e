//! An answer that the product's interface wraps by now: `[…]` became `{"data": […], "next": null}`. Where a test reads the
//! same of it, or its stub answers with the same in it, both versions are about the same values.
//!
//! It rewrites the new program in the old words, and decides nothing else.

use std::collections::HashSet;

use super::super::assertion;
use super::super::chain::Chain;
use super::super::ir::alter::Alter;
use super::super::ir::{Kind, Node, Program, Stmt, StmtKind, any_stmt, hash_of};
use super::super::words::words;

/// What an answer is wrapped in.
const ENVELOPES: [&str; 11] =
    ["data", "items", "results", "result", "records", "rows", "entries", "payload", "content", "docs", "hits"];
/// Words on what an envelope says beside its content.
#[rustfmt::skip]
const BESIDE: [&str; 22] = [
    "items", "results", "total", "count", "page", "pages", "per", "size", "limit", "offset", "next", "previous", "prev", "cursor", "meta",
    "links", "pagination", "has", "more", "last", "first", "number",
];

pub fn is_envelope(key: &str) -> bool {
    ENVELOPES.contains(&key)
}

/// Whether a name is for what an envelope says beside its content: which part of how much it is.
pub fn is_beside(key: &str) -> bool {
    words(key).iter().all(|word| BESIDE.contains(&word.as_str()))
}

/// Takes the envelopes from the new program that the old one did not have.
pub fn settle(old: &Program, new: &mut Program) {
    if !new.body.iter().any(|stmt| stmt.any(&mut |node| envelope(node).is_some())) {
        return;
    }
    let mut known = HashSet::new();
    old.body.iter().for_each(|stmt| {
        stmt.walk_stmts(&mut |inner| {
            known.insert(hash_of(inner));
        });
    });
    let mut answers = HashSet::new();
    let mut note = |node: &mut Node| answers.extend(answered(node).map(|value| hash_of(value)));
    let mut before = old.body.clone();
    Alter { node: &mut note, stmt: &mut |_| {} }.body(&mut before);
    any_stmt(&old.body, &mut |stmt| {
        answers.extend(returned(stmt).map(hash_of));
        false
    });
    let told = expected(old);
    let mut unwrap = |node: &mut Node| {
        if let Some(value) = answered(node)
            && let Some(content) =
                contents(value, &told).into_iter().find(|content| answers.contains(&hash_of(content)))
        {
            *value = content;
        }
    };
    let mut unwrap_returned = |stmt: &mut Stmt| {
        let content = returned(stmt)
            .and_then(|value| contents(value, &told).into_iter().find(|content| answers.contains(&hash_of(content))));
        if let (Some(content), StmtKind::Decl { init: Some(value), .. }) = (content, &mut stmt.kind) {
            *value = content;
        }
    };
    Alter { node: &mut unwrap, stmt: &mut unwrap_returned }.body(&mut new.body);
    let denied = denied(new);
    // What is denied of the whole answer may be in what it wraps.
    let half = |stmt: &Stmt| denies(stmt) && stmt.any(&mut |node| is_body(node)) && opened(stmt) == *stmt;
    if any_stmt(&new.body, &mut |stmt| half(stmt)) {
        return;
    }
    let mut open = |stmt: &mut Stmt| {
        let holds_tests =
            matches!(stmt.kind, StmtKind::Expr(_)) && stmt.exprs().iter().any(|node| !node.functions().is_empty());
        if holds_tests || known.contains(&hash_of(stmt)) {
            return;
        }
        let opened = opened(stmt);
        if opened != *stmt && known.contains(&hash_of(&opened)) && !is_denied(stmt, &denied) {
            *stmt = opened;
        }
    };
    Alter { node: &mut |_| {}, stmt: &mut open }.body(&mut new.body);
}

/// The envelope that a node names.
fn envelope(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Member { name, .. } => Some(name.as_str()).filter(|name| is_envelope(name)),
        Kind::Object(entries) => entries.iter().map(|(key, _)| key.as_str()).find(|key| is_envelope(key)),
        Kind::Str(text) => text.rsplit('.').next().filter(|name| is_envelope(name)),
        _ => None,
    }
}

/// The value with which a stub answers: `fulfill({ json: value })`, `mockResolvedValue(value)`, `responses.get(…, json=value)`.
fn answered(node: &mut Node) -> Option<&mut Node> {
    match &mut node.kind {
        Kind::Call { callee, args, .. } | Kind::New { callee, args } => {
            let chain = Chain::of(callee);
            let (root, name) = (chain.root(), chain.last()?.name);
            if answers_with(root, name) {
                return args.first_mut();
            }
            let stubs = stubs(root, name);
            let entries = args.iter_mut().find_map(|arg| match &mut arg.kind {
                Kind::Object(entries) if stubs => Some(entries),
                _ => None,
            })?;
            let (_, value) = entries.iter_mut().find(|(key, _)| matches!(key.as_str(), "json" | "body"))?;
            Some(unwritten(value))
        }
        // `{ json: async () => value }`
        Kind::Object(entries) => entries.iter_mut().find_map(|(key, value)| match &mut value.kind {
            Kind::Fn(func) if key == "json" && func.params.is_empty() => match func.body.as_mut_slice() {
                [Stmt { kind: StmtKind::Return(Some(value)), .. }] => Some(value),
                _ => None,
            },
            _ => None,
        }),
        _ => None,
    }
}

/// The value in `client.fetch.return_value = value`.
fn returned(stmt: &Stmt) -> Option<&Node> {
    match &stmt.kind {
        StmtKind::Decl { target, init: Some(value), .. } => {
            matches!(&target.kind, Kind::Member { name, .. } if name == "returnValue").then_some(value)
        }
        _ => None,
    }
}

/// The value in `JSON.stringify(value)`.
fn unwritten(node: &mut Node) -> &mut Node {
    let writes = match &node.kind {
        Kind::Call { callee, args, .. } => Chain::of(callee).names() == ["JSON", "stringify"] && args.len() == 1,
        _ => false,
    };
    if !writes {
        return node;
    }
    match node {
        Node { kind: Kind::Call { args, .. }, .. } => &mut args[0],
        other => other,
    }
}

/// Whether what is called answers with its first argument.
fn answers_with(root: &str, name: &str) -> bool {
    matches!(name, "mockResolvedValue" | "mockResolvedValueOnce")
        || name == "json" && matches!(root, "HttpResponse" | "res")
}

/// Whether what is called is told how to answer, and sends nothing.
fn stubs(root: &str, name: &str) -> bool {
    matches!(name, "fulfill" | "intercept" | "Response" | "MockResponse" | "respondWithJson")
        || matches!(root, "responses" | "respx" | "requestsMock" | "httpxMock" | "rsps" | "mocker")
}

/// What an envelope holds, and what that holds alone: `{ data: { current: … } }`.
fn contents(node: &Node, told: &HashSet<String>) -> Vec<Node> {
    const WITHIN: usize = 2;
    let mut found: Vec<Node> = content(node, told).into_iter().collect();
    while let Some(Kind::Object(entries)) = found.last().map(|last| &last.kind)
        && let [(key, only)] = entries.as_slice()
        && found.len() <= WITHIN
        && !key.to_lowercase().contains("error")
    {
        found.push(only.clone());
    }
    found
}

/// What an envelope holds, if all that it says beside it is which part of how much it is, and none of that is expected.
fn content(node: &Node, told: &HashSet<String>) -> Option<Node> {
    let Kind::Object(entries) = &node.kind else { return None };
    let mut contents = entries.iter().filter(|(key, _)| is_envelope(key));
    let (_, value) = contents.next().filter(|_| contents.next().is_none())?;
    let beside = entries.iter().filter(|(key, _)| !is_envelope(key));
    let plain = beside.into_iter().all(|(key, part)| says_which_part(key, part, value, told));
    plain.then(|| value.clone())
}

fn says_which_part(key: &str, node: &Node, content: &Node, told: &HashSet<String>) -> bool {
    let counted = |object: &Node| object == content;
    is_beside(key)
        && match &node.kind {
            Kind::Const(_) => true,
            Kind::Num(number) => {
                let items = matches!(&content.kind, Kind::Array(parts) if parts.len().to_string() == *number);
                items || matches!(number.as_str(), "0" | "1") || !told.contains(number)
            }
            Kind::Member { object, name, .. } => name == "length" && counted(object),
            Kind::Call { callee, args, .. } => callee.ident() == Some("len") && args.iter().all(counted),
            Kind::Object(entries) => entries.iter().all(|(key, part)| says_which_part(key, part, content, told)),
            _ => false,
        }
}

/// The words of what is expected in a program.
fn expected(program: &Program) -> HashSet<String> {
    let mut found = HashSet::new();
    any_stmt(&program.body, &mut |stmt| {
        if assertion::of_stmt(stmt, &|_| false).is_some() {
            stmt.walk(&mut |node| match &node.kind {
                Kind::Str(text) | Kind::Num(text) | Kind::Regex(text) => found.extend(words(text)),
                _ => {}
            });
        }
        false
    });
    found
}

/// The names of a program of which something is denied, but for those of which a value is expected, too, before.
fn denied(program: &Program) -> HashSet<String> {
    let (mut found, mut told) = (HashSet::new(), HashSet::new());
    any_stmt(&program.body, &mut |stmt| {
        if matches!(stmt.kind, StmtKind::Func(_)) || stmt.exprs().iter().any(|node| !node.functions().is_empty()) {
            told.clear();
        }
        if denies(stmt) {
            stmt.walk(&mut |node| {
                found.extend(node.ident().filter(|name| !told.contains(*name)).map(str::to_owned));
            });
        } else if let StmtKind::Assert(Node { kind: Kind::Binary(op, part, value), .. }, _) = &stmt.kind
            && op == "=="
            && value.string().is_some()
            && let Kind::Member { object, .. } = &part.kind
        {
            told.extend(object.ident().map(str::to_owned));
        }
        false
    });
    found
}

/// Whether a statement holds of many values: also of one that is read at the wrong place.
fn denies(stmt: &Stmt) -> bool {
    let of_others = |node: &Node| match &node.kind {
        Kind::Binary(op, ..) => matches!(op.as_str(), "not in" | "!=" | "!==" | "is not"),
        Kind::Unary(op, _) => matches!(op.as_str(), "not" | "!"),
        Kind::Member { name, .. } => matches!(name.as_str(), "not" | "toBeUndefined" | "toBeFalsy" | "toBeNull"),
        _ => false,
    };
    assertion::of_stmt(stmt, &|_| false)
        .is_some_and(|found| found.style != assertion::Style::Implicit && found.whole.any(&mut |node| of_others(node)))
}

fn is_denied(stmt: &Stmt, denied: &HashSet<String>) -> bool {
    match &stmt.kind {
        StmtKind::Decl { target, .. } => super::super::differ::bound(target).iter().any(|name| denied.contains(*name)),
        _ => denies(stmt),
    }
}

/// A statement that reads all of an answer. What it holds of other statements is read there.
fn opened(stmt: &Stmt) -> Stmt {
    let mut stmt = stmt.clone();
    let mut alter = Alter { node: &mut read, stmt: &mut |_| {} };
    match &mut stmt.kind {
        // `const { data } = await response.json()`
        StmtKind::Decl { target, init: Some(init), .. } => {
            if is_body(init)
                && let Kind::Object(entries) = &target.kind
                && let [(key, part)] = entries.as_slice()
                && is_envelope(key)
            {
                *target = part.clone();
            }
            alter.in_node(init);
        }
        StmtKind::Expr(node) | StmtKind::Return(Some(node)) | StmtKind::Assert(node, _) => alter.in_node(node),
        StmtKind::Loop { head, .. } => head.iter_mut().for_each(|node| alter.in_node(node)),
        _ => {}
    }
    stmt
}

/// `response.json()["data"]` as `response.json()`, `.its('response.body.items')` as `.its('response.body')`.
fn read(node: &mut Node) {
    match &mut node.kind {
        Kind::Member { object, name, .. } if is_envelope(name) && is_body(object) => {
            *node = (**object).clone();
        }
        Kind::Call { callee, args, .. } => {
            let Kind::Member { object, name, .. } = &callee.kind else { return };
            let [Node { kind: Kind::Str(path), .. }] = args.as_mut_slice() else { return };
            if name != "its" {
                return;
            }
            if is_envelope(path) && Chain::of(object).has("fixture") {
                *node = (**object).clone();
            } else if let Some((body, last)) = path.rsplit_once('.')
                && is_envelope(last)
                && (body == "body" || body.ends_with(".body"))
            {
                *path = body.to_owned();
            }
        }
        _ => {}
    }
}

/// Whether an expression is the whole body of an answer.
fn is_body(node: &Node) -> bool {
    let chain = Chain::of(node);
    let Some(last) = chain.last() else { return false };
    match last.name {
        "json" => last.args.is_some_and(<[Node]>::is_empty) && chain.root() != "request",
        "body" | "data" => {
            last.args.is_none()
                && chain.links.len() == 2
                && matches!(chain.root(), "res" | "response" | "reply" | "answer")
        }
        _ => false,
    }
}
