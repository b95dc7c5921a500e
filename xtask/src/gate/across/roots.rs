//! Components that React mounts: `render(<Banner />, host)` is `createRoot(host).render(<Banner />)` since React 18.
//! <https://react.dev/blog/2022/03/08/react-18-upgrade-guide#updates-to-client-rendering-apis>
//!
//! It rewrites both programs, and decides nothing else.

use super::super::chain::Chain;
use super::super::ir::alter::Alter;
use super::super::ir::{Kind, Node, Program, Stmt, StmtKind};

/// Tells the new program by the element that a component is mounted in, if only the old one did.
pub fn settle(old: &mut Program, new: &mut Program) {
    let imports = |program: &Program, from: &str| {
        program.body.iter().any(|stmt| matches!(&stmt.kind, StmtKind::Import(import) if import.source == from))
    };
    if !imports(old, "react-dom") || imports(new, "react-dom") || !imports(new, "react-dom/client") {
        return;
    }
    let Some((root, host)) = root_of(new) else { return };
    let mut by_host = |node: &mut Node| {
        let Kind::Call { callee, args, .. } = &node.kind else { return };
        let line = node.line;
        let call = |name: &str, args: &[Node]| Node::new(Kind::Ident(name.to_owned()), line).called(args);
        match (Chain::of(callee).names().as_slice(), args.as_slice()) {
            ([name, "render"], [component]) if *name == root => {
                *node = call("render", &[component.clone(), host.clone()])
            }
            ([name, "unmount"], []) if *name == root => {
                *node = call("unmountComponentAtNode", std::slice::from_ref(&host))
            }
            _ => {}
        }
    };
    let mut leave = |stmt: &mut Stmt| {
        if made(stmt).is_some()
            || matches!(&stmt.kind, StmtKind::Decl { target, init: None, .. } if target.ident() == Some(&root))
        {
            stmt.kind = StmtKind::Block(Vec::new());
        } else if let Some(unmounts) = only_unmounts(stmt) {
            stmt.kind = StmtKind::Expr(unmounts);
        }
    };
    Alter { node: &mut by_host, stmt: &mut leave }.body(&mut new.body);
    let mut plain = |node: &mut Node| {
        if let Kind::Member { object, name, .. } = &node.kind
            && object.ident() == Some("ReactDOM")
            && matches!(name.as_str(), "render" | "unmountComponentAtNode")
        {
            node.kind = Kind::Ident(name.clone());
        }
    };
    Alter { node: &mut plain, stmt: &mut |_| {} }.body(&mut old.body);
    for program in [old, new] {
        program.body.retain_mut(|stmt| match &mut stmt.kind {
            StmtKind::Import(import) if import.source == "react-dom/test-utils" => {
                import.source = "react".to_owned();
                true
            }
            StmtKind::Import(import) => !matches!(import.source.as_str(), "react-dom" | "react-dom/client"),
            _ => true,
        });
    }
}

/// The name and the element in `root = createRoot(host)`.
fn made(stmt: &Stmt) -> Option<(&str, &Node)> {
    let StmtKind::Decl { target, init: Some(init), .. } = &stmt.kind else { return None };
    let Kind::Call { callee, args, .. } = &init.kind else { return None };
    match args.as_slice() {
        [host] if callee.ident() == Some("createRoot") && host.ident().is_some() => Some((target.ident()?, host)),
        _ => None,
    }
}

/// The root of a program, if it makes one in one place.
fn root_of(program: &Program) -> Option<(String, Node)> {
    let mut found = Vec::new();
    program.body.iter().for_each(|stmt| {
        stmt.walk_stmts(&mut |inner| found.extend(made(inner).map(|(name, host)| (name.to_owned(), host.clone()))));
    });
    if found.len() == 1 { found.pop() } else { None }
}

/// What is done in `act(() => root.unmount())`.
fn only_unmounts(stmt: &Stmt) -> Option<Node> {
    let StmtKind::Expr(Node { kind: Kind::Call { callee, args, .. }, .. }) = &stmt.kind else { return None };
    let [Node { kind: Kind::Fn(func), .. }] = args.as_slice() else { return None };
    let [Stmt { kind: StmtKind::Return(Some(done)) | StmtKind::Expr(done), .. }] = func.body.as_slice() else {
        return None;
    };
    let unmounts = Chain::of(done).names() == ["unmountComponentAtNode"];
    (callee.ident() == Some("act") && unmounts).then(|| done.clone())
}
