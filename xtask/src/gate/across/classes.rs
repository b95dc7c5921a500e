//! A class that only held tests, which are functions of the file by now: `unittest.TestCase` became pytest.
//!
//! It rewrites the old program as if they had been functions, and decides nothing else.

use std::collections::BTreeSet;

use super::super::chain::Chain;
use super::super::ir::alter::Alter;
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
    // What a fixture is made by.
    let imports = |stmt: &Stmt| matches!(&stmt.kind, StmtKind::Import(import) if import.source == "pytest");
    if !body.iter().any(imports)
        && body.iter().any(|stmt| stmt.any(&mut |node| node.ident() == Some("pytest")))
        && let Some(import) = new.body.iter().find(|stmt| imports(stmt))
    {
        body.insert(0, import.clone());
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
    let fixtures = fixtures(class, functions);
    let is_doc = |stmt: &&Stmt| matches!(&stmt.kind, StmtKind::Expr(node) if node.string().is_some());
    let tests = class
        .body
        .iter()
        .filter(|stmt| !is_doc(stmt) && (fixtures.is_empty() || !is_set_up(stmt)))
        .map(|stmt| {
            let StmtKind::Func(func) = &stmt.kind else { return None };
            let func = &asking_for(func, &fixtures);
            let (first, rest) = func.params.split_first()?;
            let of_self = first.kind == Kind::Const("this".into()) || first.ident() == Some("self");
            let alone = of_self
                && func.name.starts_with("test")
                && functions.contains(func.name.as_str())
                && !func.body.iter().any(|stmt| stmt.any(&mut |node| needs_class(node)));
            let func = Func { params: rest.to_vec(), ..func.clone() };
            alone.then(|| Stmt { kind: StmtKind::Func(func), ..stmt.clone() })
        })
        .collect::<Option<Vec<_>>>()?;
    Some(fixtures.into_iter().map(|(_, stmt)| stmt).chain(tests).collect())
}

fn is_set_up(stmt: &Stmt) -> bool {
    matches!(&stmt.kind, StmtKind::Func(func) if func.name == "setUp")
}

/// What `setUp` gives the tests of a class, each as the fixture that the new program has under its name.
/// <https://docs.pytest.org/en/stable/how-to/unittest.html>
fn fixtures(class: &Class, functions: &BTreeSet<&str>) -> Vec<(String, Stmt)> {
    let Some(Stmt { kind: StmtKind::Func(set_up), .. }) = class.body.iter().find(|stmt| is_set_up(stmt)) else {
        return Vec::new();
    };
    let of_self = |node: &Node| node.kind == Kind::Const("this".into()) || node.ident() == Some("self");
    let given = |stmt: &Stmt| {
        let StmtKind::Decl { target, init: Some(value), .. } = &stmt.kind else { return None };
        let Kind::Member { object, name, .. } = &target.kind else { return None };
        let plain = of_self(object) && functions.contains(name.as_str()) && !value.any(&mut |part| of_self(part));
        let returns = Stmt { kind: StmtKind::Return(Some(value.clone())), ..stmt.clone() };
        let fixture = Node::new(Kind::Ident("pytest".into()), stmt.line).member("fixture");
        let func = Func {
            name: name.clone(),
            params: Vec::new(),
            body: vec![returns],
            decorators: vec![fixture],
            ..set_up.clone()
        };
        plain.then(|| (name.clone(), Stmt { kind: StmtKind::Func(func), ..stmt.clone() }))
    };
    set_up.body.iter().map(given).collect::<Option<Vec<_>>>().unwrap_or_default()
}

/// A test that asks for fixtures by their names where it asked for what its class held.
fn asking_for(func: &Func, fixtures: &[(String, Stmt)]) -> Func {
    let mut func = func.clone();
    let mut asked = Vec::new();
    let mut ask = |node: &mut Node| {
        if let Kind::Member { object, name, .. } = &node.kind
            && object.kind == Kind::Const("this".into())
            && fixtures.iter().any(|(given, _)| given == name)
        {
            asked.push(name.clone());
            node.kind = Kind::Ident(name.clone());
        }
    };
    Alter { node: &mut ask, stmt: &mut |_| {} }.body(&mut func.body);
    let params = fixtures.iter().filter(|(name, _)| asked.contains(name));
    func.params.extend(params.map(|(name, stmt)| Node::new(Kind::Ident(name.clone()), stmt.line)));
    func
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
