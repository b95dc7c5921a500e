//! What a test does so that it leaves nothing behind, as what it did before: a context that closes what it opens,
//! `monkeypatch` in the place of an assignment. Another context stands before what it held, for a person to see.

use std::collections::HashMap;

use super::chain::Chain;
use super::differ::declared;
use super::ir::alter::Alter;
use super::ir::{Func, Kind, Node, Program, Stmt, StmtKind};
use super::lower::{camel, named_context};

/// What gives something that only has to be closed.
#[rustfmt::skip]
const OPENS: [&str; 14] = [
    "open", "urlopen", "connect", "socket", "ZipFile", "TemporaryDirectory", "NamedTemporaryFile", "StringIO", "BytesIO",
    "TestClient", "AsyncClient", "Client", "testClient", "Session",
];

/// What a function held before.
#[derive(Default)]
struct Before<'o> {
    stmts: Vec<&'o StmtKind>,
    nodes: Vec<&'o Node>,
    contexts: Vec<&'o Node>,
}

/// Tells the functions of the new program in the words of those that had their names.
pub fn retell<'o>(old: &'o Program, new: &mut Program) {
    let mut known: HashMap<&str, Before<'o>> = HashMap::new();
    let mut note = |stmt: &'o Stmt| {
        let StmtKind::Func(func) = &stmt.kind else { return };
        let before = known.entry(&func.name).or_default();
        for stmt in &func.body {
            stmt.walk_stmts(&mut |inner| match &inner.kind {
                StmtKind::With { items, .. } => before.contexts.extend(items),
                kind => before.stmts.push(kind),
            });
            stmt.walk(&mut |node| before.nodes.push(node));
        }
    };
    old.body.iter().for_each(|stmt| stmt.walk_stmts(&mut note));
    let declares = |body: &[Stmt], name: &str| body.iter().any(|stmt| declared(stmt).contains(&name));
    let own = new.body.iter().flat_map(declared).filter(|name| !declares(&old.body, name));
    let own: Vec<String> = own.map(str::to_owned).collect();
    let mut tell = |stmt: &mut Stmt| {
        if let StmtKind::Func(func) = &mut stmt.kind
            && let Some(before) = known.get(func.name.as_str())
        {
            before.tell(func, &own);
        }
    };
    Alter { node: &mut |_| {}, stmt: &mut tell }.body(&mut new.body);
}

impl Before<'_> {
    fn tell(&self, func: &mut Func, own: &[String]) {
        let stays = |item: &Node| func.body.iter().any(|stmt| stmt.any(&mut |node| node == item));
        // Where a context became another one, the two are compared.
        let besides = self.contexts.iter().all(|item| stays(item));
        let mut tell = |stmt: &mut Stmt| match &mut stmt.kind {
            StmtKind::Expr(node) => {
                if let Some(kind) = patched(node).filter(|kind| self.stmts.contains(&kind)) {
                    stmt.kind = kind;
                }
            }
            StmtKind::With { items, body }
                if besides && !items.iter().any(|item| self.contexts.contains(&item) || catches(item, own)) =>
            {
                let (line, end, mut all) = (stmt.line, stmt.end, std::mem::take(body));
                let opened = match items.as_slice() {
                    [item] => named_context(item).filter(|(value, _)| opens(value) && self.nodes.contains(value)),
                    _ => None,
                };
                let kept = match opened {
                    None => Some(StmtKind::With { items: std::mem::take(items), body: Vec::new() }),
                    Some((value, name)) => {
                        let given = StmtKind::Decl { target: name.clone(), init: Some(value.clone()), exported: false };
                        (self.stmts.contains(&&given) || !put_in_place(&mut all, name, value)).then_some(given)
                    }
                };
                all.splice(0..0, kept.map(|kind| Stmt { kind, line, end }));
                stmt.kind = StmtKind::Block(all);
            }
            _ => {}
        };
        Alter { node: &mut |_| {}, stmt: &mut tell }.body(&mut func.body);
        let asks = func.body.iter().any(|stmt| stmt.any(&mut |node| node.ident() == Some("monkeypatch")));
        func.params.retain(|param| asks || param.ident() != Some("monkeypatch"));
    }
}

/// What `monkeypatch.setitem(rates, "DE", 19)` does until the test ends.
fn patched(node: &Node) -> Option<StmtKind> {
    let chain = Chain::of(node);
    let (["monkeypatch", method], Some([object, key, value])) = (&chain.names()[..], chain.last()?.args) else {
        return None;
    };
    let member = |name: String| Kind::Member { object: Box::new(object.clone()), name, optional: false };
    let target = match (*method, key.string()) {
        ("setitem", Some(name)) => member(name.to_owned()),
        ("setitem", None) => Kind::Index { object: Box::new(object.clone()), index: Box::new(key.clone()) },
        ("setattr", Some(name)) => member(camel(name)),
        _ => return None,
    };
    let target = Node::new(target, node.line);
    Some(StmtKind::Decl { target, init: Some(value.clone()), exported: false })
}

/// Whether a context may catch a failure, as far as its name says.
fn catches(item: &Node, own: &[String]) -> bool {
    item.any(&mut |part| match &part.kind {
        Kind::Ident(name) | Kind::Member { name, .. } => {
            ["raises", "warns", "assert", "suppress", "fail", "ignor", "optional"]
                .iter()
                .any(|word| name.to_ascii_lowercase().contains(word))
                || own.contains(name)
        }
        _ => false,
    })
}

fn opens(value: &Node) -> bool {
    matches!(value.kind, Kind::Call { .. }) && Chain::of(value).last().is_some_and(|link| OPENS.contains(&link.name))
}

/// Puts a value in the place of its name, if that is spoken of once, at first.
fn put_in_place(body: &mut [Stmt], name: &Node, value: &Node) -> bool {
    let mut uses = 0;
    body.iter().for_each(|stmt| stmt.walk(&mut |part| uses += usize::from(part == name)));
    let at_first = body.first().is_some_and(|stmt| stmt.blocks().is_empty() && stmt.any(&mut |part| part == name));
    if uses == 1 && at_first {
        let node = &mut |part: &mut Node| {
            if part == name {
                part.kind = value.kind.clone()
            }
        };
        Alter { node, stmt: &mut |_| {} }.body(&mut body[..1]);
    }
    uses == 1 && at_first
}
