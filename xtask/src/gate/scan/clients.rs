//! A client that calls the application itself, where another one did: it reaches nothing beyond, and a person has to
//! compare the two.

use super::super::chain::Chain;
use super::super::ir::{Kind, Node, Program, StmtKind};
use super::Found;

/// What `httpx` gives to call an application without a network.
const OF_APP: [&str; 6] = ["*", "httpx", "ASGITransport", "WSGITransport", "AsyncClient", "Client"];

pub fn excuse(old: &Program, new: &Program, hits: &mut [Found]) {
    let calls_app = any(old, &|node| calls(node, "TestClient")) && only_calls_app(new);
    for (rule, _, message) in hits.iter_mut().filter(|(_, _, message)| calls_app && message.ends_with("`httpx`")) {
        (*rule, *message) = ("unknown-change", "another client of the application".into());
    }
}

fn any(program: &Program, test: &dyn Fn(&Node) -> bool) -> bool {
    program.body.iter().any(|stmt| stmt.any(&mut |node| test(node)))
}

fn calls(node: &Node, name: &str) -> bool {
    matches!(node.kind, Kind::Call { .. }) && Chain::of(node).last().is_some_and(|link| link.name == name)
}

/// Whether a program uses `httpx` for nothing but clients that are given the application or a way to it.
fn only_calls_app(program: &Program) -> bool {
    let mut only = true;
    for stmt in &program.body {
        stmt.walk_stmts(&mut |inner| {
            if let StmtKind::Import(import) = &inner.kind
                && import.source == "httpx"
            {
                only &= import
                    .names
                    .iter()
                    .all(|(name, local)| OF_APP.contains(&name.as_str()) && OF_APP.contains(&local.as_str()));
            }
        });
    }
    let is_way = |(key, _): &(String, Node)| key == "transport" || key == "app";
    let of_app = |arg: &Node| matches!(&arg.kind, Kind::Object(entries) if entries.iter().any(is_way));
    only && !any(program, &|node| match &node.kind {
        Kind::Member { object, name, .. } => object.ident() == Some("httpx") && !OF_APP.contains(&name.as_str()),
        Kind::Call { args, .. } => (calls(node, "AsyncClient") || calls(node, "Client")) && !args.iter().any(of_app),
        _ => false,
    })
}
