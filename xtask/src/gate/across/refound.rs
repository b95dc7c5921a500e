//! An element that a test finds again, by the same locator and under the same name, since the page has rendered it anew: to
//! a test it is the one that it was.
//! <https://www.selenium.dev/documentation/webdriver/troubleshooting/errors/#staleelementreferenceexception>
//!
//! It leaves out of the new program that it is found again, and decides nothing else.

use super::super::chain::Chain;
use super::super::ir::alter::Alter;
use super::super::ir::{Func, Kind, Node, Program, Stmt, StmtKind, any_stmt};
use super::super::locator;

/// Leaves out what is found again in the new program only.
pub fn settle(old: &Program, new: &mut Program) {
    let mut in_stmt = |stmt: &mut Stmt| {
        if let StmtKind::Func(func) = &mut stmt.kind {
            leave_out(func, old);
        }
    };
    Alter { node: &mut |_| {}, stmt: &mut in_stmt }.body(&mut new.body);
}

fn leave_out(func: &mut Func, old: &Program) {
    let found = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Decl { target, init: Some(value), .. } if finds_one(value) => {
            Some((target.ident()?.to_owned(), locator::read(value)))
        }
        _ => None,
    };
    let mut at = 0;
    while at < func.body.len() {
        let again = found(&func.body[at]).filter(|(name, place)| {
            let last = func.body[..at].iter().rev().find(|stmt| declares(stmt, name));
            let times = |wanted: &Stmt| {
                let mut times = 0;
                any_stmt(&old.body, &mut |stmt| {
                    times += usize::from(stmt == wanted);
                    false
                });
                times
            };
            last.is_some_and(|last| found(last).is_some_and(|(_, before)| before == *place) && times(last) == 1)
        });
        match again {
            Some((name, _)) => {
                func.body.remove(at);
                if at > 0 && waits_until_stale(&func.body[at - 1], &name) {
                    func.body.remove(at - 1);
                    at -= 1;
                }
            }
            None => at += 1,
        }
    }
}

fn declares(stmt: &Stmt, name: &str) -> bool {
    matches!(&stmt.kind, StmtKind::Decl { target, .. } if target.ident() == Some(name))
}

/// `driver.find_element(*ROW)`, `wait.until(EC.presence_of_element_located(ROW))`
fn finds_one(node: &Node) -> bool {
    Chain::of(node).last().is_some_and(|link| link.name == "findElement" || locator::located_by(link).is_some())
}

/// `wait.until(EC.staleness_of(row))`
fn waits_until_stale(stmt: &Stmt, name: &str) -> bool {
    let StmtKind::Expr(Node { kind: Kind::Call { args, .. }, .. }) = &stmt.kind else { return false };
    let [Node { kind: Kind::Call { callee, args, .. }, .. }] = args.as_slice() else { return false };
    Chain::of(callee).last().is_some_and(|link| link.name == "stalenessOf")
        && matches!(args.as_slice(), [element] if element.ident() == Some(name))
}
