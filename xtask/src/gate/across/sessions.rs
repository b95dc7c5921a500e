//! A log-in that is kept from test to test: where only one version of a file keeps it, what the session does at first
//! stands in its place, so that it can be compared with the log-in that was made each time.

use super::super::chain::Chain;
use super::super::differ::bound;
use super::super::ir::alter::Alter;
use super::super::ir::{Func, Kind, Node, Program, Stmt, StmtKind};
use super::inlined::command;

/// A command that keeps its log-in since the change, and a page to which the log-in leads.
pub struct Kept {
    command: String,
    address: Node,
}

/// Opens the sessions of the one program that has some, and says which commands keep their log-in by now.
pub fn settle(old: &mut Program, new: &mut Program) -> Vec<Kept> {
    let (was, is) = (keeps(old), keeps(new));
    let mut kept = Vec::new();
    if is && !was {
        new.body.iter().for_each(|stmt| kept.extend(kept_by(stmt)));
        log_in_each_time(&mut old.body);
    }
    let (program, other) = match (was, is) {
        (true, false) => (old, new),
        (false, true) => (new, old),
        _ => return kept,
    };
    let visits = |address: &Node| other.body.iter().any(|stmt| stmt.any(&mut |node| is_visit(node, address)));
    let mut open_in = |func: &mut Func| open_in(func, &visits);
    for stmt in &mut program.body {
        match &mut stmt.kind {
            StmtKind::Func(func) => open_in(func),
            StmtKind::Decl { init: Some(Node { kind: Kind::Fn(func), .. }), .. } => open_in(func),
            _ => {}
        }
    }
    Alter { node: &mut |node| open(node, &mut open_in), stmt: &mut |_| {} }.body(&mut program.body);
    kept
}

/// After a command that keeps its log-in has been called, a page has to be visited: the one to which the log-in led.
pub fn go_on(kept: &[Kept], old: &Program, new: &mut Program) {
    for Kept { command, address } in kept {
        let visits = |node: &Node| is_visit(node, address);
        if old.body.iter().any(|stmt| stmt.any(&mut |node| visits(node))) {
            continue;
        }
        let logs_in =
            |stmt: &Stmt| matches!(&stmt.kind, StmtKind::Expr(node) if Chain::of(node).names() == ["cy", command]);
        let mut leave_out = |node: &mut Node| {
            let Kind::Fn(func) = &mut node.kind else { return };
            let after = |pair: &[Stmt]| {
                logs_in(&pair[0]) && matches!(&pair[1].kind, StmtKind::Expr(node) if is_visit(node, address))
            };
            if let Some(at) = func.body.windows(2).position(after) {
                func.body.remove(at + 1);
            }
        };
        Alter { node: &mut leave_out, stmt: &mut |_| {} }.body(&mut new.body);
    }
}

fn is_visit(node: &Node, address: &Node) -> bool {
    let Kind::Call { args, .. } = &node.kind else { return false };
    Chain::of(node).names() == ["cy", "visit"] && matches!(args.as_slice(), [only] if only == address)
}

/// The pages to which the log-in of a command leads that keeps it.
fn kept_by(stmt: &Stmt) -> Vec<Kept> {
    let Some((name, func)) = command(stmt) else { return Vec::new() };
    let mut found = Vec::new();
    let mut see = |node: &Node| {
        if let (["cy", "session"], Some([_, Node { kind: Kind::Fn(setup), .. }, ..])) =
            (&Chain::of(node).names()[..], Chain::of(node).called("session"))
        {
            found.extend(setup.body.iter().filter_map(leads_to).cloned());
        }
    };
    func.body.iter().for_each(|stmt| stmt.walk(&mut see));
    found.into_iter().map(|address| Kept { command: name.to_owned(), address }).collect()
}

/// The address in `cy.location('pathname').should('eq', '/home')`.
fn leads_to(stmt: &Stmt) -> Option<&Node> {
    let StmtKind::Expr(node) = &stmt.kind else { return None };
    let chain = Chain::of(node);
    match (chain.names().as_slice(), chain.called("should")?) {
        (["cy", "url" | "location", "should"], [_, address]) if address.string().is_some() => Some(address),
        _ => None,
    }
}

/// A log-in that was made once, and whose cookies were kept, as one that is made before each test.
/// <https://docs.cypress.io/app/references/migration-guide#Cypress-Cookies-defaults-and-Cypress-Cookies-preserveOnce>
fn log_in_each_time(body: &mut Vec<Stmt>) {
    fn hook<'s>(stmt: &'s mut Stmt, name: &str) -> Option<&'s mut Func> {
        let StmtKind::Expr(Node { kind: Kind::Call { callee, args, .. }, .. }) = &mut stmt.kind else { return None };
        match args.as_mut_slice() {
            [Node { kind: Kind::Fn(func), .. }] if callee.ident() == Some(name) => Some(func),
            _ => None,
        }
    }
    let preserves = |stmt: &Stmt| matches!(&stmt.kind, StmtKind::Expr(node) if Chain::of(node).names() == ["Cypress", "Cookies", "preserveOnce"]);
    let once = body.iter_mut().position(|stmt| hook(stmt, "before").is_some());
    let each =
        body.iter_mut().position(|stmt| hook(stmt, "beforeEach").is_some_and(|func| func.body.iter().any(preserves)));
    if let (Some(once), Some(each)) = (once, each) {
        let log_in = hook(&mut body[once], "before").map(|func| std::mem::take(&mut func.body)).unwrap_or_default();
        if let Some(func) = hook(&mut body[each], "beforeEach") {
            func.body.retain(|stmt| !preserves(stmt));
            func.body.splice(0..0, log_in.into_iter().map(told));
        }
        body.remove(once);
    }
    for stmt in body {
        if let StmtKind::Expr(Node { kind: Kind::Call { args, .. }, .. }) = &mut stmt.kind
            && let Some(Node { kind: Kind::Fn(func), .. }) = args.last_mut()
        {
            log_in_each_time(&mut func.body);
        }
    }
}

/// What an arrow gives, as a step.
fn told(stmt: Stmt) -> Stmt {
    match stmt.kind {
        StmtKind::Return(Some(value)) => Stmt { kind: StmtKind::Expr(value), ..stmt },
        _ => stmt,
    }
}

fn keeps(program: &Program) -> bool {
    let is_it = |node: &Node| matches!(&node.kind, Kind::Member { object, name, .. } if name == "session" && object.ident() == Some("cy"));
    program.body.iter().any(|stmt| stmt.any(&mut |node| is_it(node)))
}

/// In a helper, a command or a hook, `cy.session('user', () => { … })` as what it does at first, and then to see whether
/// it is still so. <https://docs.cypress.io/api/commands/session>
fn open(node: &mut Node, open_in: &mut dyn FnMut(&mut Func)) {
    let Kind::Call { callee, args, .. } = &mut node.kind else { return };
    let holds = matches!(Chain::of(callee).names()[..], ["Cypress", "Commands", "add"] | ["beforeEach"]);
    if let Some(Node { kind: Kind::Fn(func), .. }) = args.last_mut().filter(|_| holds) {
        open_in(func);
    }
}

/// After a session is opened, a page has to be visited: the one to which the log-in led, if the log-in asserts that, and if
/// the other version does not visit it.
fn goes_on(func: &mut Func, visits: &dyn Fn(&Node) -> bool) {
    for at in 1..func.body.len() {
        let (before, after) = func.body.split_at_mut(at);
        let (Some(Stmt { kind: StmtKind::Block(body), .. }), Some(next)) = (before.last(), after.first_mut()) else {
            continue;
        };
        let StmtKind::Expr(node) = &next.kind else { continue };
        if body.iter().filter_map(leads_to).any(|address| is_visit(node, address) && !visits(address)) {
            next.kind = StmtKind::Block(Vec::new());
        }
    }
}

fn open_in(func: &mut Func, visits: &dyn Fn(&Node) -> bool) {
    let params: Vec<String> = func.params.iter().flat_map(bound).map(str::to_owned).collect();
    open_for(func, &params, visits);
}

/// The same where `params` tell one log-in from another.
fn open_for(func: &mut Func, params: &[String], visits: &dyn Fn(&Node) -> bool) {
    for stmt in &mut func.body {
        if let StmtKind::Expr(Node { kind: Kind::Call { callee, args, .. }, .. }) = &mut stmt.kind
            && Chain::of(callee).names() == ["cy", "fixture", "then"]
            && let [Node { kind: Kind::Fn(of_data), .. }] = args.as_mut_slice()
        {
            open_for(of_data, params, visits);
        }
        let StmtKind::Expr(call) = &stmt.kind else { continue };
        let Some([id, Node { kind: Kind::Fn(setup), .. }, options @ ..]) = Chain::of(call).called("session") else {
            continue;
        };
        let mut body: Vec<Stmt> = setup.body.iter().cloned().map(told).collect();
        let known = match options {
            [] => true,
            [Node { kind: Kind::Object(entries), .. }] => entries.iter().all(|(key, value)| {
                if let Kind::Fn(validate) = &value.kind {
                    body.extend(validate.body.iter().filter(|stmt| !only_asks(stmt)).cloned());
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
    goes_on(func, visits);
}

/// `cy.request('/api/me').its('status').should('eq', 200)` sees whether a session is still one.
fn only_asks(stmt: &Stmt) -> bool {
    let (StmtKind::Expr(node) | StmtKind::Return(Some(node))) = &stmt.kind else { return false };
    let chain = Chain::of(node);
    let at_home =
        |args: &[Node]| matches!(args, [address] if address.string().is_some_and(|text| text.starts_with('/')));
    let claims = |name: &str| matches!(name, "its" | "should" | "and");
    matches!(chain.names().as_slice(), ["cy", "request", rest @ ..] if rest.iter().all(|name| claims(name)))
        && chain.called("request").is_some_and(at_home)
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
