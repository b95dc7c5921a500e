//! What a local name stands for, so that a value and the name that was given to it compare as the same.

use super::super::chain::Chain;
use super::super::ir::{Kind, Node, Stmt, StmtKind};
use super::super::locator::is_locator;
use super::super::words::READS;
use super::oracle::restated::reads_in_page;
use super::steps::steps_of;
use super::values::is_by;
use super::{Differ, Scope};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Old,
    New,
}

/// Names that stand for names that stand for names: more is not read.
const MAX_HOPS: usize = 4;

impl<'a> Differ<'a> {
    /// An expression with literals, locators and reads in place of the names that were given to them.
    pub fn spelled_out(&self, node: &Node, side: Side) -> Node {
        self.spell(node, side, MAX_HOPS)
    }

    fn spell(&self, node: &Node, side: Side, hops: usize) -> Node {
        if side == Side::New && self.is_opened(node) {
            return Node::new(Kind::Ident("page".into()), node.line);
        }
        if side == Side::Old && self.was_opened(node) {
            return Node::new(Kind::Ident("page".into()), node.line);
        }
        match &node.kind {
            Kind::Ident(name) if hops > 0 => match self.stands_for(name, side) {
                Some(value) => self.spell(value, side, hops - 1),
                None => node.clone(),
            },
            Kind::Fn(_) | Kind::Class(_) => node.clone(),
            _ => node.with_parts(&mut |part| self.spell(part, side, hops)),
        }
    }

    /// The value of a name that is given once and never changed.
    fn stands_for(&self, name: &str, side: Side) -> Option<&'a Node> {
        let scope =
            self.scopes.iter().rev().find(|scope| statements(scope, side).iter().any(|stmt| declares(stmt, name)))?;
        let stmts = statements(scope, side);
        let at = stmts.iter().position(|stmt| declares(stmt, name))?;
        let StmtKind::Decl { init: Some(value), .. } = &stmts[at].kind else { return None };
        if stmts.iter().map(|stmt| writes(stmt, name)).sum::<usize>() != 1 || mentions(value, name) {
            return None;
        }
        let literal = matches!(value.kind, Kind::Str(_) | Kind::Num(_));
        let reads = Chain::of(value).last().is_some_and(|link| READS.contains(&link.name)) || reads_in_page(value);
        if literal || is_by(value) || is_locator(value) && !reads {
            return Some(value);
        }
        // What was read is of the moment when it was read: it is only the same if nothing is done before its first use.
        let used = stmts[at + 1..].iter().position(|stmt| stmt.any(&mut |node| node.ident() == Some(name)))?;
        let at_once = stmts[at + 1..at + 1 + used].iter().all(|stmt| steps_of(stmt).is_empty());
        (reads && at_once).then_some(value)
    }

    /// What the nearest declaration of a name gives it, promises as they are.
    pub fn given(&self, name: &str, side: Side) -> Option<&'a Node> {
        let gives = |stmt: &&'a Stmt| match &stmt.kind {
            StmtKind::Decl { target, init: Some(value), .. } if target.ident() == Some(name) => Some(value),
            _ => None,
        };
        self.scopes.iter().rev().find_map(|scope| statements(scope, side).iter().find_map(gives))
    }
}

pub fn statements<'s, 'a>(scope: &'s Scope<'a>, side: Side) -> &'s [&'a Stmt] {
    match side {
        Side::Old => &scope.old,
        Side::New => &scope.new,
    }
}

fn declares(stmt: &Stmt, name: &str) -> bool {
    matches!(&stmt.kind, StmtKind::Decl { target, init: Some(_), .. } if target.ident() == Some(name))
}

fn mentions(node: &Node, name: &str) -> bool {
    node.any(&mut |part| part.ident() == Some(name))
}

/// How often a statement gives a name a value, functions inside it included.
pub fn writes(stmt: &Stmt, name: &str) -> usize {
    let mut found = 0;
    stmt.walk_stmts(&mut |inner| {
        let rebinds = match &inner.kind {
            StmtKind::Decl { target, .. } => mentions(target, name),
            StmtKind::Loop { head, .. } => head.iter().any(|node| mentions(node, name)),
            StmtKind::Func(func) => func.params.iter().any(|param| mentions(param, name)),
            StmtKind::Try { handlers, .. } => {
                handlers.iter().flat_map(|(head, _)| head).any(|node| mentions(node, name))
            }
            StmtKind::With { items, .. } => items.iter().any(|item| mentions(item, name)),
            _ => false,
        };
        found += usize::from(rebinds);
    });
    stmt.walk(&mut |node| {
        found += match &node.kind {
            Kind::Assign(_, target, _) => usize::from(mentions(target, name)),
            Kind::Fn(func) => usize::from(func.params.iter().any(|param| mentions(param, name))),
            _ => 0,
        };
    });
    found
}
