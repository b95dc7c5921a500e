//! Functions that a test hands to the product, and what they do when it calls them: they keep what they are given, or fail.

use super::super::chain::Chain;
use super::super::ir::{Func, Kind, Node, Program, Stmt, StmtKind};
use super::super::words::{PASSIVE, PLAIN};
use super::align::declaration;
use super::{Differ, bound};

/// Methods that keep something more in a list or a set.
const KEEPS: [&str; 4] = ["push", "add", "append", "unshift"];

impl Differ<'_> {
    /// Whether a call only keeps what the function around it is given: `(line) => out.push(line)`.
    pub fn gathers(&self, node: &Node) -> bool {
        let mut found = false;
        each_function(self.new, &mut |func| found |= keeps(func).is_some_and(|(call, _)| std::ptr::eq(call, node)));
        found
    }

    /// Whether a name is of a list that such functions fill.
    pub fn is_gathered(&self, name: &str) -> bool {
        let mut found = false;
        each_function(self.new, &mut |func| found |= keeps(func).is_some_and(|(_, list)| list.ident() == Some(name)));
        found
    }

    /// Whether a statement is one of a function that is given to something of the product, which is to cope with it.
    pub fn is_handed_over(&self, stmt: &Stmt) -> bool {
        let holds = |arg: &Node| match &arg.kind {
            Kind::Fn(func) => func.body.iter().any(|inner| std::ptr::eq(inner, stmt)),
            _ => false,
        };
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

fn each_function<'p>(program: &'p Program, visit: &mut dyn FnMut(&'p Func)) {
    for stmt in &program.body {
        stmt.walk(&mut |node| {
            if let Kind::Fn(func) = &node.kind {
                visit(func);
            }
        });
    }
}

/// The call, if that is all that a function does, by which it keeps what it is given, and where.
fn keeps(func: &Func) -> Option<(&Node, &Node)> {
    let [Stmt { kind: StmtKind::Expr(node) | StmtKind::Return(Some(node)), .. }] = func.body.as_slice() else {
        return None;
    };
    let Kind::Call { callee, args, .. } = &node.kind else { return None };
    let Kind::Member { object, name, .. } = &callee.kind else { return None };
    let given: Vec<&str> = func.params.iter().flat_map(bound).collect();
    let is_given = |arg: &Node| given.contains(&Chain::of(arg).root());
    (KEEPS.contains(&name.as_str()) && !args.is_empty() && args.iter().all(is_given)).then_some((node, object))
}
