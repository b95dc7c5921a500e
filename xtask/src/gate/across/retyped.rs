//! What has to be typed once more before something is done for good: the name of what is deleted, in a field that asks to
//! confirm it. The text is one that the test knew before.
//!
//! It leaves the typing out of the new program, and decides nothing else: the click that follows it is compared.

use super::super::chain::Chain;
use super::super::differ::flatten;
use super::super::ir::alter::Alter;
use super::super::ir::{Kind, Node, Program, Stmt, StmtKind};
use super::super::locator;
use super::super::words::words;

/// Leaves out what is typed in such a field, if the old program has none.
pub fn settle(old: &Program, new: &mut Program) {
    let asks = |program: &Program| {
        program.body.iter().any(|stmt| stmt.any(&mut |node| matches!(node.kind, Kind::Call { .. }) && asks_again(node)))
    };
    if !asks(new) || asks(old) {
        return;
    }
    let mut texts: Vec<String> = Vec::new();
    old.body.iter().for_each(|stmt| stmt.walk(&mut |node| texts.extend(node.string().map(str::to_owned))));
    let mut in_node = |node: &mut Node| {
        if let Kind::Fn(func) = &mut node.kind {
            leave_out(&mut func.body, &texts);
        }
    };
    let mut in_stmt = |stmt: &mut Stmt| match &mut stmt.kind {
        StmtKind::Func(func) => leave_out(&mut func.body, &texts),
        StmtKind::Block(body) => leave_out(body, &texts),
        _ => {}
    };
    Alter { node: &mut in_node, stmt: &mut in_stmt }.body(&mut new.body);
}

fn leave_out(body: &mut Vec<Stmt>, texts: &[String]) {
    let mut at = 0;
    while at < body.len() {
        let types = matches!(&body[at].kind, StmtKind::Expr(node) if typed(node).is_some_and(|text| texts.iter().any(|known| known == text)));
        let followed = flatten(&body[at + 1..]).into_iter().find(|stmt| !claims(stmt)).is_some_and(says_yes);
        if types && followed {
            body.remove(at);
        } else {
            at += 1;
        }
    }
}

/// The text in `page.getByLabel('Confirm').fill('apollo')`.
fn typed(node: &Node) -> Option<&str> {
    let chain = Chain::of(node);
    let link = chain.last().filter(|link| matches!(link.name, "type" | "fill" | "sendKeys" | "pressSequentially"))?;
    match link.args? {
        [text] if asks_again(node) => text.string(),
        _ => None,
    }
}

/// Whether a field says that it asks to confirm something, and not a password.
fn asks_again(node: &Node) -> bool {
    let enters = |name: &str| matches!(name, "type" | "fill" | "sendKeys" | "pressSequentially");
    if !Chain::of(node).last().is_some_and(|link| enters(link.name)) {
        return false;
    }
    let said = words(&locator::read(node.bare()).says());
    said.iter().any(|word| matches!(word.as_str(), "confirm" | "confirmation"))
        && !said.iter().any(|word| matches!(word.as_str(), "password" | "pin" | "email" | "mail"))
}

fn claims(stmt: &Stmt) -> bool {
    matches!(&stmt.kind, StmtKind::Expr(node)
        if Chain::of(node).links.iter().any(|link| matches!(link.name, "should" | "expect")))
}

/// Whether a step clicks on what says yes to it.
fn says_yes(stmt: &Stmt) -> bool {
    let StmtKind::Expr(node) = &stmt.kind else { return false };
    let clicks = Chain::of(node).last().is_some_and(|link| link.name == "click");
    let said = words(&locator::read(node.bare()).says());
    clicks
        && said
            .iter()
            .any(|word| matches!(word.as_str(), "delete" | "remove" | "confirm" | "yes" | "archive" | "close"))
}
