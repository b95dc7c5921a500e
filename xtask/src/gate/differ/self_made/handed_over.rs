//! Functions that a test hands to the product, and what they do when it calls them: they keep what they are given, or fail.

use super::super::super::chain::Chain;
use super::super::super::ir::{Func, Kind, Node, Stmt, StmtKind};
use super::super::super::words::{PASSIVE, PLAIN};
use super::super::align::declaration;
use super::super::{Differ, bound};

impl Differ<'_> {
    /// Whether there is such a call, on such a list, that only keeps what the function around it is given:
    /// `(line) => out.push(line)`.
    pub fn gathers(&self, is_it: &dyn Fn(&Node, &Node) -> bool) -> bool {
        let gathers = |node: &Node| match &node.kind {
            Kind::Fn(func) => kept(func).is_some_and(|(call, list)| is_it(call, list)),
            _ => false,
        };
        self.new.body.iter().any(|stmt| stmt.any(&mut |node| gathers(node)))
    }

    /// Whether a statement is one of a function that is given to something of the product, which is to cope with it.
    pub fn is_handed_over(&self, stmt: &Stmt) -> bool {
        let holds =
            |arg: &Node| matches!(&arg.kind, Kind::Fn(func) if func.body.iter().any(|inner| std::ptr::eq(inner, stmt)));
        let of_tests = |name: &str| {
            let runs = ["expect", "act", "step", "then", "catch", "finally"];
            runs.contains(&name) || PLAIN.contains(&name) || PASSIVE.contains(&name)
        };
        let hands = |node: &Node| match &node.kind {
            Kind::Call { args, .. } if declaration(node).is_none() => {
                args.iter().any(holds) && !Chain::of(node).names().into_iter().any(of_tests)
            }
            _ => false,
        };
        self.new.body.iter().any(|stmt| stmt.any(&mut |node| hands(node)))
    }
}

/// The call, if that is all that a function does, by which it keeps what it is given, and where.
pub fn kept(func: &Func) -> Option<(&Node, &Node)> {
    let [Stmt { kind: StmtKind::Expr(node) | StmtKind::Return(Some(node)), .. }] = func.body.as_slice() else {
        return None;
    };
    let Kind::Call { callee, args, .. } = &node.kind else { return None };
    let Kind::Member { object, name, .. } = &callee.kind else { return None };
    let given: Vec<&str> = func.params.iter().flat_map(bound).collect();
    let keeps = matches!(name.as_str(), "push" | "add" | "append" | "unshift") && !args.is_empty();
    (keeps && args.iter().all(|arg| given.contains(&Chain::of(arg).root()))).then_some((node, object))
}
