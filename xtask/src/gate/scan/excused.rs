//! Constructs that may stand for one of the old version, so that a person has to compare them: a clock that is set where
//! the time was read, a client of the application itself where another one was.

use super::super::chain::Chain;
use super::super::ir::{Kind, Node, Program, StmtKind};
use super::Found;

/// What `httpx` gives to call an application without a network.
const OF_APP: [&str; 6] = ["*", "httpx", "ASGITransport", "WSGITransport", "AsyncClient", "Client"];

pub fn excuse(old: &Program, new: &Program, hits: &mut [Found]) {
    let of_clock = |rule: &str, message: &str| {
        rule == "faked-clock" || ["freezegun", "time_machine"].iter().any(|name| message == format!("imports `{name}`"))
    };
    let may_stop = any(old, &reads_date) && ![old, new].iter().any(|program| measures(program));
    let calls_app = any(old, &|node| calls(node, "TestClient")) && only_calls_app(new);
    for (rule, _, message) in hits {
        if may_stop && of_clock(rule, message) {
            (*rule, *message) = ("changed-input", format!("{message}, where the time was read before"));
        } else if calls_app && *rule == "reaches-out" && message.ends_with("`httpx`") {
            (*rule, *message) = ("unknown-change", "another client of the application".into());
        }
    }
}

fn any(program: &Program, test: &dyn Fn(&Node) -> bool) -> bool {
    program.body.iter().any(|stmt| stmt.any(&mut |node| test(node)))
}

fn calls(node: &Node, name: &str) -> bool {
    matches!(node.kind, Kind::Call { .. }) && Chain::of(node).last().is_some_and(|link| link.name == name)
}

/// `date.today()`, `datetime.now(tz)`
fn reads_date(node: &Node) -> bool {
    let chain = Chain::of(node);
    let known = matches!(chain.root(), "date" | "datetime" | "dt" | "timezone");
    known && ["today", "now", "utcnow"].iter().any(|name| calls(node, name))
}

/// Whether a program takes the time that something needs: none is needed while a clock stands still.
fn measures(program: &Program) -> bool {
    let reads = |node: &Node| {
        reads_date(node)
            || ["time", "monotonic", "perfCounter"]
                .iter()
                .any(|name| calls(node, name) && Chain::of(node).root() == "time")
    };
    let mut times: Vec<&str> = Vec::new();
    for stmt in &program.body {
        stmt.walk_stmts(&mut |inner| {
            if let StmtKind::Decl { target, init: Some(value), .. } = &inner.kind
                && reads(value)
            {
                times.extend(target.ident());
            }
        });
    }
    let is_time = |node: &Node| reads(node) || node.ident().is_some_and(|name| times.contains(&name));
    any(
        program,
        &|node| matches!(&node.kind, Kind::Binary(op, end, start) if op == "-" && is_time(end) && is_time(start)),
    )
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
