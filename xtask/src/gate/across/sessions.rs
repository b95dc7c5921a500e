//! A log-in that is kept from test to test: where only one version of a file keeps it, what the session does at first
//! stands in its place, so that it can be compared with the log-in that was made each time.

use super::super::chain::Chain;
use super::super::differ::bound;
use super::super::ir::alter::Alter;
use super::super::ir::{Func, Kind, Node, Program, Stmt, StmtKind};

/// Opens the sessions of the one program that has some.
pub fn settle(old: &mut Program, new: &mut Program) {
    let program = match (keeps(old), keeps(new)) {
        (true, false) => old,
        (false, true) => new,
        _ => return,
    };
    for stmt in &mut program.body {
        match &mut stmt.kind {
            StmtKind::Func(func) => open_in(func),
            StmtKind::Decl { init: Some(Node { kind: Kind::Fn(func), .. }), .. } => open_in(func),
            _ => {}
        }
    }
    Alter { node: &mut open, stmt: &mut |_| {} }.body(&mut program.body);
}

fn keeps(program: &Program) -> bool {
    let is_it = |node: &Node| matches!(&node.kind, Kind::Member { object, name, .. } if name == "session" && object.ident() == Some("cy"));
    program.body.iter().any(|stmt| stmt.any(&mut |node| is_it(node)))
}

/// In a helper, a command or a hook, `cy.session('user', () => { … })` as what it does at first, and then to see whether
/// it is still so. <https://docs.cypress.io/api/commands/session>
fn open(node: &mut Node) {
    let Kind::Call { callee, args, .. } = &mut node.kind else { return };
    let holds = matches!(Chain::of(callee).names()[..], ["Cypress", "Commands", "add"] | ["beforeEach"]);
    if let Some(Node { kind: Kind::Fn(func), .. }) = args.last_mut().filter(|_| holds) {
        open_in(func);
    }
}

/// After a session is opened, a page has to be visited: the one to which the log-in led, if the log-in asserts that.
fn goes_on(func: &mut Func) {
    for at in 1..func.body.len() {
        let (before, after) = func.body.split_at_mut(at);
        let (Some(Stmt { kind: StmtKind::Block(body), .. }), Some(next)) = (before.last(), after.first_mut()) else {
            continue;
        };
        let StmtKind::Expr(node) = &next.kind else { continue };
        let chain = Chain::of(node);
        if let (["cy", "visit"], Some([address])) = (&chain.names()[..], chain.called("visit")) {
            let leads = |stmt: &Stmt| match &stmt.kind {
                StmtKind::Expr(node) => {
                    let asks = matches!(Chain::of(node).names()[..], ["cy", "url" | "location", "should"]);
                    asks && node.any(&mut |part| part == address)
                }
                _ => false,
            };
            if body.iter().any(leads) {
                next.kind = StmtKind::Block(Vec::new());
            }
        }
    }
}

fn open_in(func: &mut Func) {
    let params: Vec<String> = func.params.iter().flat_map(bound).map(str::to_owned).collect();
    for stmt in &mut func.body {
        let StmtKind::Expr(call) = &stmt.kind else { continue };
        let Some([id, Node { kind: Kind::Fn(setup), .. }, options @ ..]) = Chain::of(call).called("session") else {
            continue;
        };
        let mut body = setup.body.clone();
        let known = match options {
            [] => true,
            [Node { kind: Kind::Object(entries), .. }] => entries.iter().all(|(key, value)| {
                if let Kind::Fn(validate) = &value.kind {
                    body.extend(validate.body.iter().cloned());
                }
                key == "validate"
            }),
            _ => false,
        };
        // The session of one user must not be that of another.
        let uses = |param: &str| body.iter().any(|stmt| stmt.any(&mut |part| part.ident() == Some(param)));
        let secret =
            |param: &String| matches!(param.to_lowercase().as_str(), "password" | "pass" | "pwd" | "passwd" | "pin");
        let told = params.iter().all(|param| !uses(param) || tells(id, param) || secret(param));
        if known && told && setup.params.is_empty() && Chain::of(call).names() == ["cy", "session"] {
            stmt.kind = StmtKind::Block(body);
        }
    }
    goes_on(func);
}

/// Whether a session's id is another for each value of a parameter.
fn tells(id: &Node, param: &str) -> bool {
    match &id.kind {
        Kind::Ident(name) => name == param,
        Kind::Member { object, name, .. } => name != "length" && object.ident() == Some(param),
        Kind::Array(parts) | Kind::Template(parts) => parts.iter().any(|part| tells(part, param)),
        Kind::Object(entries) => entries.iter().any(|(_, value)| tells(value, param)),
        _ => false,
    }
}
