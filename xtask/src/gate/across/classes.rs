//! A class that only held tests, which are functions of the file by now: `unittest.TestCase` became pytest.
//!
//! It rewrites the old program as if they had been functions, and decides nothing else.

use std::collections::BTreeSet;

use super::super::chain::Chain;
use super::super::ir::{Class, Func, Kind, Node, Program, Stmt, StmtKind};

/// Takes the tests out of the classes of the old program that the new one has no more.
pub fn unfold(old: &mut Program, new: &Program) {
    let (mut functions, mut classes) = (BTreeSet::new(), BTreeSet::new());
    for stmt in &new.body {
        match &stmt.kind {
            StmtKind::Func(func) => drop(functions.insert(func.name.as_str())),
            StmtKind::Class(class) => drop(classes.insert(class.name.as_str())),
            _ => {}
        }
    }
    let mut body = Vec::new();
    for stmt in old.body.drain(..) {
        match &stmt.kind {
            StmtKind::Class(class) if !classes.contains(class.name.as_str()) => match tests(class, &functions) {
                Some(tests) => body.extend(tests),
                None => body.push(stmt),
            },
            // What ran the tests of such a class without a runner.
            StmtKind::If { then, .. } if runs_itself(then) && !new.body.contains(&stmt) => {}
            _ => body.push(stmt),
        }
    }
    old.body = body;
}

/// The tests of a class as functions, if it holds nothing else, and nothing of what they do needs the class.
fn tests(class: &Class, functions: &BTreeSet<&str>) -> Option<Vec<Stmt>> {
    let of_unittest =
        class.heritage.iter().all(|base| Chain::of(base).last().is_some_and(|link| link.name == "TestCase"));
    if !of_unittest || !class.decorators.is_empty() {
        return None;
    }
    class
        .body
        .iter()
        .filter(|stmt| !matches!(&stmt.kind, StmtKind::Expr(node) if node.string().is_some()))
        .map(|stmt| {
            let StmtKind::Func(func) = &stmt.kind else { return None };
            let (first, rest) = func.params.split_first()?;
            let of_self = first.kind == Kind::Const("this".into()) || first.ident() == Some("self");
            let alone = of_self
                && func.name.starts_with("test")
                && functions.contains(func.name.as_str())
                && !func.body.iter().any(|stmt| stmt.any(&mut |node| needs_class(node)));
            let func = Func { params: rest.to_vec(), ..func.clone() };
            alone.then(|| Stmt { kind: StmtKind::Func(func), ..stmt.clone() })
        })
        .collect()
}

/// Whether something of the class is asked for that is not an assertion.
fn needs_class(node: &Node) -> bool {
    match &node.kind {
        Kind::Member { object, name, .. } => {
            object.kind == Kind::Const("this".into()) && !name.starts_with("assert") && name != "fail"
        }
        Kind::Call { callee, .. } => callee.ident() == Some("super"),
        _ => false,
    }
}

/// `unittest.main()`
fn runs_itself(body: &[Stmt]) -> bool {
    matches!(body, [Stmt { kind: StmtKind::Expr(node), .. }] if Chain::of(node).names() == ["unittest", "main"])
}
