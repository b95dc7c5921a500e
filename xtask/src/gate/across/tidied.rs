//! What a test does so that it leaves nothing behind, as what it did before: a context that closes what it opens, or in
//! which more is captured of what is logged, `monkeypatch` in the place of an assignment. Another context stands before what it held, for a person to see.

use std::collections::HashMap;

use super::super::chain::Chain;
use super::super::differ::declared;
use super::super::ir::alter::Alter;
use super::super::ir::{Func, Kind, Node, Program, Stmt, StmtKind};
use super::super::lower::{camel, named_context};

/// What gives something that only has to be closed.
#[rustfmt::skip]
const OPENS: [&str; 14] = [
    "open", "urlopen", "connect", "socket", "ZipFile", "TemporaryDirectory", "NamedTemporaryFile", "StringIO", "BytesIO",
    "TestClient", "AsyncClient", "Client", "testClient", "Session",
];

/// Tells the functions of the new program in the words of those that had their names.
pub fn retell<'o>(old: &'o Program, new: &mut Program) {
    let mut known: HashMap<&str, Vec<&'o Stmt>> = HashMap::new();
    let mut note = |stmt: &'o Stmt| {
        if let StmtKind::Func(func) = &stmt.kind {
            let all = known.entry(&func.name).or_default();
            func.body.iter().for_each(|stmt| stmt.walk_stmts(&mut |inner| all.push(inner)));
        }
    };
    old.body.iter().for_each(|stmt| stmt.walk_stmts(&mut note));
    let own = new.body.iter().filter(|stmt| !matches!(stmt.kind, StmtKind::Import(_))).flat_map(declared);
    let own: Vec<String> =
        own.filter(|name| !old.body.iter().any(|stmt| declared(stmt).contains(name))).map(str::to_owned).collect();
    let mut tell_func = |stmt: &mut Stmt| {
        if let StmtKind::Func(func) = &mut stmt.kind
            && let Some(before) = known.get(func.name.as_str())
        {
            tell(func, before, &own);
        }
    };
    Alter { node: &mut |_| {}, stmt: &mut tell_func }.body(&mut new.body);
}

/// `before` is every statement of the function as it was, `own` what only the new program declares.
fn tell(func: &mut Func, before: &[&Stmt], own: &[String]) {
    let contexts: Vec<&Node> =
        before.iter().filter(|stmt| matches!(stmt.kind, StmtKind::With { .. })).flat_map(|stmt| stmt.exprs()).collect();
    let was_there = |kind: &StmtKind| before.iter().any(|stmt| stmt.kind == *kind);
    // Where a context became another one, the two are compared.
    let besides = contexts.iter().all(|item| func.body.iter().any(|stmt| stmt.any(&mut |node| node == *item)));
    let opened = |item: &Node| {
        let (value, name) = named_context(item)?;
        let opens = matches!(value.kind, Kind::Call { .. }) && OPENS.contains(&Chain::of(value).last()?.name);
        let was = before.iter().any(|stmt| stmt.any(&mut |node| node == value));
        (opens && was).then(|| StmtKind::Decl { target: name.clone(), init: Some(value.clone()), exported: false })
    };
    let mut tell = |stmt: &mut Stmt| match &mut stmt.kind {
        StmtKind::Expr(node) => {
            if let Some(kind) = patched(node).filter(was_there) {
                stmt.kind = kind;
            }
        }
        StmtKind::With { items, body } if matches!(items.as_slice(), [item] if captures_more(item) && !contexts.contains(&item)) =>
        {
            stmt.kind = StmtKind::Block(std::mem::take(body));
        }
        StmtKind::With { items, body }
            if besides && !items.iter().any(|item| contexts.contains(&item) || catches(item, own)) =>
        {
            let (line, end, mut all) = (stmt.line, stmt.end, std::mem::take(body));
            let kind = items.first().filter(|_| items.len() == 1).and_then(opened);
            let kind = kind.unwrap_or_else(|| StmtKind::With { items: std::mem::take(items), body: Vec::new() });
            all.insert(0, Stmt { kind, line, end });
            stmt.kind = StmtKind::Block(all);
        }
        _ => {}
    };
    Alter { node: &mut |_| {}, stmt: &mut tell }.body(&mut func.body);
    let asks = func.body.iter().any(|stmt| stmt.any(&mut |node| node.ident() == Some("monkeypatch")));
    func.params.retain(|param| asks || param.ident() != Some("monkeypatch"));
}

/// `caplog.at_level(logging.INFO, logger="app")`, with which no less is captured than without.
/// <https://docs.pytest.org/en/stable/how-to/logging.html#caplog-fixture>
fn captures_more(item: &Node) -> bool {
    let Kind::Call { args, .. } = &item.kind else { return false };
    let low = |level: &Node| match Chain::of(level).names()[..] {
        ["logging", name] => matches!(name, "INFO" | "DEBUG"),
        _ => matches!(level.string(), Some("INFO" | "DEBUG")),
    };
    Chain::of(item).names() == ["caplog", "atLevel"] && args.first().is_some_and(low)
}

/// What `monkeypatch.setitem(rates, "DE", 19)` does until the test ends.
fn patched(node: &Node) -> Option<StmtKind> {
    let chain = Chain::of(node);
    let ["monkeypatch", method] = chain.names()[..] else { return None };
    let os = Node::new(Kind::Ident("os".into()), node.line);
    let (target, value) = match (method, chain.last()?.args?) {
        ("chdir", args) => return Some(StmtKind::Expr(os.member("chdir").called(args))),
        ("setenv", [key, value]) => (os.member("environ").member(key.string()?), value),
        ("setattr", [object, key, value]) => (object.member(&camel(key.string()?)), value),
        ("setitem", [object, key, value]) => match key.string() {
            Some(name) => (object.member(name), value),
            None => {
                let kind = Kind::Index { object: Box::new(object.clone()), index: Box::new(key.clone()) };
                (Node::new(kind, node.line), value)
            }
        },
        _ => return None,
    };
    Some(StmtKind::Decl { target, init: Some(value.clone()), exported: false })
}

/// Whether a context may catch a failure, as far as its name says.
fn catches(item: &Node, own: &[String]) -> bool {
    const CATCH: [&str; 7] = ["raises", "warns", "assert", "suppress", "fail", "ignor", "optional"];
    let catches =
        |name: &String| own.contains(name) || CATCH.iter().any(|word| name.to_ascii_lowercase().contains(word));
    let chain = Chain::of(item);
    chain.last().is_some_and(|link| link.name == "step" && chain.root() != "allure")
        || item.any(&mut |part| matches!(&part.kind, Kind::Ident(name) | Kind::Member { name, .. } if catches(name)))
}
