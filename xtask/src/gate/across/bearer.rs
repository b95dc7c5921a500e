//! How a client of an interface says who it is, in the fixtures of Python's tests: by a token that a log-in gave, in whatever
//! form, or by the name and the password for which it gets one now. A client that logged in nowhere before is compared as it
//! is written.
//!
//! It rewrites both programs, and decides nothing else.

use super::super::chain::Chain;
use super::super::differ::logs_in_at;
use super::super::ir::alter::Alter;
use super::super::ir::{Func, Kind, Node, Program, Stmt, StmtKind, any_stmt};

/// Tells both programs by the log-in, and leaves out of the functions of the new one what follows from one that was there.
pub fn settle(old: &mut Program, new: &mut Program) {
    if ![&*old, &*new].iter().any(|program| any_stmt(&program.body, &mut |stmt| names_header(stmt))) {
        return;
    }
    for program in [&mut *old, &mut *new] {
        in_functions(program, &mut by_log_in);
    }
    let mut before: Vec<Func> = Vec::new();
    old.body.iter().for_each(|stmt| {
        stmt.walk_stmts(&mut |inner| {
            if let StmtKind::Func(func) = &inner.kind {
                before.push(func.clone());
            }
        });
    });
    in_functions(new, &mut |func| {
        if let Some(was) = before.iter().find(|was| was.name == func.name) {
            as_before(was, func);
        }
    });
}

fn in_functions(program: &mut Program, each: &mut dyn FnMut(&mut Func)) {
    let mut in_stmt = |stmt: &mut Stmt| {
        if let StmtKind::Func(func) = &mut stmt.kind {
            each(func);
        }
    };
    Alter { node: &mut |_| {}, stmt: &mut in_stmt }.body(&mut program.body);
}

fn names_header(stmt: &Stmt) -> bool {
    sets_header(stmt).is_some()
        || stmt.exprs().into_iter().any(|node| {
            node.any(
            &mut |part| matches!(&part.kind, Kind::Object(entries) if entries.iter().any(|(key, _)| is_header(key))),
        )
        })
}

fn is_header(key: &str) -> bool {
    key.eq_ignore_ascii_case("authorization")
}

/// The client and the value in `session.headers["Authorization"] = f"Bearer {token}"`.
fn sets_header(stmt: &Stmt) -> Option<(&str, &Node)> {
    let StmtKind::Decl { target, init: Some(value), .. } = &stmt.kind else { return None };
    match Chain::of(target).names()[..] {
        [client, "headers", header] if is_header(header) => Some((client, value)),
        _ => None,
    }
}

/// `f"Token {answer.json()['token']}"` as `answer` wherever a function tells by it who it is.
fn by_log_in(func: &mut Func) {
    let answers: Vec<String> =
        func.body.iter().filter_map(asks_to_log_in).map(|(answer, _)| answer.to_owned()).collect();
    let token = |value: &Node| {
        let Kind::Template(parts) = &value.kind else { return None };
        let told = parts.iter().filter(|part| part.string() != Some(""));
        match told.collect::<Vec<_>>()[..] {
            [kind, of_answer] if matches!(kind.string(), Some("Bearer " | "Token " | "JWT ")) => {
                let names = Chain::of(of_answer).names();
                let is_token = matches!(names.last(), Some(&("token" | "accessToken" | "access_token" | "jwt")));
                let [answer, "json", ..] = names[..] else { return None };
                (is_token && answers.iter().any(|other| other == answer)).then(|| answer.to_owned())
            }
            _ => None,
        }
    };
    let tell = |value: &mut Node| {
        if let Some(answer) = token(value) {
            value.kind = Kind::Ident(answer);
        }
    };
    let mut in_node = |node: &mut Node| {
        if let Kind::Object(entries) = &mut node.kind {
            entries.iter_mut().filter(|(key, _)| is_header(key)).for_each(|(_, value)| tell(value));
        }
    };
    let mut in_stmt = |stmt: &mut Stmt| {
        if sets_header(stmt).is_some()
            && let StmtKind::Decl { init: Some(value), .. } = &mut stmt.kind
        {
            tell(value);
        }
    };
    Alter { node: &mut in_node, stmt: &mut in_stmt }.body(&mut func.body);
}

/// The answer and the request in `answer = session.post(f"{api}/token", data={…})`.
fn asks_to_log_in(stmt: &Stmt) -> Option<(&str, &Node)> {
    let StmtKind::Decl { target, init: Some(request), .. } = &stmt.kind else { return None };
    let Kind::Call { args, .. } = &request.kind else { return None };
    let address = args.first().filter(|_| Chain::of(request).last().is_some_and(|link| link.name == "post"))?;
    let logs_in = address.any(&mut |part| part.string().is_some_and(logs_in_at));
    Some((target.ident()?, request)).filter(|_| logs_in)
}

/// Leaves out that a client sends the token of a log-in that was made before the change, too; and puts the name and the
/// password, if they were what it sent, in the place of a log-in with the same.
fn as_before(was: &Func, func: &mut Func) {
    let sends = |stmt: &Stmt| {
        sets_header(stmt).and_then(|(client, value)| Some((client.to_owned(), value.ident()?.to_owned())))
    };
    let Some((client, answer)) = func.body.iter().find_map(sends) else { return };
    if was.body.iter().any(names_header) {
        return;
    }
    let is_log_in = |stmt: &Stmt| asks_to_log_in(stmt).is_some_and(|(name, _)| name == answer);
    let Some(log_in) = func.body.iter().find(|stmt| is_log_in(stmt)).cloned() else { return };
    let calls =
        |stmt: &Stmt, names: &[&str]| matches!(&stmt.kind, StmtKind::Expr(node) if Chain::of(node).names() == names);
    if was.body.contains(&log_in) {
        func.body.retain(|stmt| sends(stmt).is_none() && !calls(stmt, &[&client, "cookies", "clear"]));
        return;
    }
    let credentials = was.body.iter().find(|stmt| match &stmt.kind {
        StmtKind::Decl { target, init: Some(pair), .. } if Chain::of(target).names() == [client.as_str(), "auth"] => {
            let told = pair.parts();
            told.len() == 2 && told.iter().all(|part| log_in.any(&mut |node| node == *part))
        }
        _ => false,
    });
    if let Some(credentials) = credentials.cloned() {
        func.body.retain(|stmt| !is_log_in(stmt) && !calls(stmt, &[&answer, "raiseForStatus"]));
        if let Some(stmt) = func.body.iter_mut().find(|stmt| sends(stmt).is_some()) {
            stmt.kind = credentials.kind;
        }
    }
}
