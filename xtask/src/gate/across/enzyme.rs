//! Tests of components by Enzyme, which has no adapter since React 18, in the words of Testing Library.
//! <https://testing-library.com/docs/react-testing-library/migrate-from-enzyme>
//!
//! It rewrites the old program, and decides nothing else.

use super::super::chain::Chain;
use super::super::ir::alter::Alter;
use super::super::ir::{Import, Kind, Node, Program, Stmt, StmtKind};

const LIBRARY: &str = "@testing-library/react";

/// Tells the old program in the words of Testing Library, if only the new one imports that.
pub fn settle(old: &mut Program, new: &Program) {
    let (Some(made), None) = (import_of(old, "enzyme"), import_of(old, LIBRARY)) else { return };
    let Some(by) = import_of(new, LIBRARY).filter(|_| import_of(new, "enzyme").is_none()) else { return };
    let makers: Vec<String> = made.names.iter().map(|(_, local)| local.clone()).collect();
    let by = by.clone();
    let keeps_container = |stmt: &Stmt| matches!(&stmt.kind, StmtKind::Decl { target: Node { kind: Kind::Object(_), .. }, init: Some(init), .. } if calls(init, "render"));
    let mut contained = false;
    new.body.iter().for_each(|stmt| stmt.walk_stmts(&mut |inner| contained |= keeps_container(inner)));
    let mut wrappers = Vec::new();
    let mut note = |stmt: &Stmt| {
        if let StmtKind::Decl { target, init: Some(init), .. } = &stmt.kind
            && makers.iter().any(|maker| calls(init, maker))
        {
            wrappers.extend(target.ident().map(str::to_owned));
        }
    };
    old.body.iter().for_each(|stmt| stmt.walk_stmts(&mut note));
    let mut tell = |node: &mut Node| {
        if let Some(told) = told(node, &wrappers, new) {
            *node = told;
        }
    };
    let mut render = |stmt: &mut Stmt| match &mut stmt.kind {
        StmtKind::Decl { target, init: Some(init), .. }
            if target.ident().is_some_and(|name| wrappers.iter().any(|other| other == name)) =>
        {
            let Kind::Call { args, .. } = &init.kind else { return };
            let rendered = named("render", init.line).called(args);
            if contained {
                let container = ("container".to_owned(), named("container", init.line));
                target.kind = Kind::Object(vec![container]);
                *init = rendered;
            } else {
                stmt.kind = StmtKind::Expr(rendered);
            }
        }
        StmtKind::Import(import) if import.source == "enzyme" => *import = by.clone(),
        _ => {}
    };
    Alter { node: &mut tell, stmt: &mut render }.body(&mut old.body);
}

fn import_of<'p>(program: &'p Program, source: &str) -> Option<&'p Import> {
    program.body.iter().find_map(|stmt| match &stmt.kind {
        StmtKind::Import(import) if import.source == source => Some(import),
        _ => None,
    })
}

fn calls(node: &Node, name: &str) -> bool {
    matches!(&node.kind, Kind::Call { callee, .. } if callee.ident() == Some(name))
}

fn named(name: &str, line: usize) -> Node {
    Node::new(Kind::Ident(name.to_owned()), line)
}

/// What Testing Library, or the element itself, says for a call of a wrapper.
fn told(node: &Node, wrappers: &[String], new: &Program) -> Option<Node> {
    let Kind::Call { callee, args, .. } = &node.kind else { return None };
    let Kind::Member { object, name, .. } = &callee.kind else { return None };
    let is_wrapper = object.ident().is_some_and(|name| wrappers.iter().any(|other| other == name));
    let is_found = Chain::of(object).links.iter().any(|link| link.name == "querySelector");
    match (name.as_str(), args.as_slice()) {
        ("find", [selector]) if is_wrapper && selector.string().is_some() => {
            Some(named("container", node.line).member("querySelector").called(args))
        }
        ("find", [selector]) if is_found && selector.string().is_some() => {
            Some(object.member("querySelector").called(args))
        }
        ("text", []) if is_found => Some(object.member("textContent")),
        ("text", []) if is_wrapper => Some(named("container", node.line).member("textContent")),
        // `button.disabled`, `button.getAttribute('aria-pressed')`
        ("prop", [key]) if is_found => {
            let key = key.string()?;
            let is_read = |node: &Node| matches!(&node.kind, Kind::Member { name, .. } if name == key);
            let read = new.body.iter().any(|stmt| stmt.any(&mut |node| is_read(node)));
            Some(if read { object.member(key) } else { object.member("getAttribute").called(args) })
        }
        ("simulate", [event, given @ ..]) if is_found => {
            let args: Vec<Node> = std::iter::once((**object).clone()).chain(given.iter().cloned()).collect();
            Some(named("fireEvent", node.line).member(event.string()?).called(&args))
        }
        _ => None,
    }
}
