//! Where a value comes from: `status` of `const { status } = await ask()` is the `res.status` of `const res = await ask()`.

use super::super::chain::without_accept;
use super::super::ir::{Kind, Node, Stmt, StmtKind};
use super::names::{Side, statements, writes};
use super::{Differ, Scope, bound};

/// Names that stand for names that stand for names: more is not read.
const MAX_HOPS: usize = 4;

/// The steps that were done before a value was made.
type Before<'a> = Vec<Vec<&'a Stmt>>;

impl<'a> Differ<'a> {
    /// Whether two expressions are the same once each name is what it was given, at the same point of the test.
    pub fn same_value(&self, old: &Node, new: &Node) -> bool {
        let (mut one, mut other) = (Before::new(), Before::new());
        let was = self.trace(&without_accept(old), Side::Old, MAX_HOPS, &mut one);
        let is = self.trace(&without_accept(new), Side::New, MAX_HOPS, &mut other);
        one == other && self.same(&was, &is)
    }

    fn trace(&self, node: &Node, side: Side, hops: usize, before: &mut Before<'a>) -> Node {
        match &node.kind {
            Kind::Ident(name) if hops > 0 => self.origin(name, side, hops, before).unwrap_or_else(|| node.clone()),
            Kind::Fn(_) | Kind::Class(_) => node.clone(),
            _ => node.with_parts(&mut |part| self.trace(part, side, hops, before)),
        }
    }

    fn origin(&self, name: &str, side: Side, hops: usize, before: &mut Before<'a>) -> Option<Node> {
        let gives = |scope: &&Scope<'a>| statements(scope, side).iter().any(|stmt| given(stmt, name).is_some());
        let scope = self.scopes.iter().rev().find(gives)?;
        let stmts = statements(scope, side);
        let at = stmts.iter().position(|stmt| given(stmt, name).is_some())?;
        let (value, member) = given(stmts[at], name)?;
        if stmts.iter().map(|stmt| writes(stmt, name)).sum::<usize>() != 1 {
            return None;
        }
        if member.is_none() && self.is_used_at_once(&stmts[at..], name, value) {
            return Some(self.trace(value, side, hops - 1, before));
        }
        // The same made twice need not be the same.
        let again = stmts
            .iter()
            .filter(|stmt| matches!(&stmt.kind, StmtKind::Decl { init: Some(other), .. } if other == value));
        if !matches!(value.kind, Kind::Await(_)) || again.count() != 1 {
            return None;
        }
        before.push(stmts[..at].iter().filter(|stmt| matches!(stmt.kind, StmtKind::Expr(_))).copied().collect());
        let made =
            Node::new(Kind::Other("value of".into(), vec![self.trace(value, side, hops - 1, before)]), value.line);
        let Some(member) = member else { return Some(made) };
        Some(made.member(member))
    }

    /// Whether a value is used once, and right away, or is a new object that nobody has touched in between.
    fn is_used_at_once(&self, from: &[&Stmt], name: &str, value: &Node) -> bool {
        let uses = |stmt: &Stmt| {
            let mut found = 0;
            stmt.walk(&mut |node| found += usize::from(node.ident() == Some(name)));
            found
        };
        let made = match &value.kind {
            Kind::New { .. } => true,
            Kind::Call { callee, .. } => {
                callee.ident().is_some_and(|class| class.starts_with(|first: char| first.is_uppercase()))
            }
            _ => false,
        };
        // Not in a loop or a callback, which may come to it again and later.
        let next = from.get(1).is_some_and(|stmt| uses(stmt) == 1 && is_straight(stmt));
        from.iter().skip(1).map(|stmt| uses(stmt)).sum::<usize>() == 1 && (next || made)
    }
}

fn is_straight(stmt: &Stmt) -> bool {
    stmt.blocks().is_empty() && stmt.exprs().into_iter().all(|node| node.functions().is_empty())
}

/// What a statement gives a name: the value, and which member of it.
fn given<'a>(stmt: &'a Stmt, name: &str) -> Option<(&'a Node, Option<&'a str>)> {
    let StmtKind::Decl { target, init: Some(value), .. } = &stmt.kind else { return None };
    match &target.kind {
        Kind::Ident(other) => (other == name).then_some((value, None)),
        Kind::Object(entries) if bound(target).contains(&name) => {
            let (key, _) = entries.iter().find(|(key, part)| key != "..." && part.ident() == Some(name))?;
            Some((value, Some(key)))
        }
        _ => None,
    }
}
