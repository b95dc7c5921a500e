//! Texts that are another in each run now, because they may be used only once: `'Team'` that became a name for
//! `` `Team ${Date.now()}` `` wherever it stood is the same text to a test.

use std::collections::BTreeSet;

use super::super::chain::Chain;
use super::super::differ::{ENTERS, title_of_test};
use super::super::ir::alter::Alter;
use super::super::ir::{Kind, Node, Program, Stmt, StmtKind};
use super::super::words::{TEST_ROOTS, asserts_by_name, words};

/// Puts the old text in the place of such a name, in each test and then in the whole program.
pub fn settle(old: &Program, new: &mut Program) {
    let mut known: Vec<(String, Stmt)> = Vec::new();
    old.body.iter().for_each(|stmt| {
        stmt.walk_stmts(&mut |inner| known.extend(title(inner).map(|title| (title, inner.clone()))));
    });
    let stamps = stamps(new);
    let mut in_test = |stmt: &mut Stmt| {
        let Some(title) = title(stmt) else { return };
        let mut same = known.iter().filter(|(other, _)| *other == title);
        if let (Some((_, before)), None) = (same.next(), same.next())
            && *before != *stmt
        {
            let program = |stmt: &Stmt| Program { body: vec![stmt.clone()], ..Program::default() };
            let mut after = program(stmt);
            settle_in(&program(before), &mut after, &stamps);
            *stmt = after.body.remove(0);
        }
    };
    Alter { node: &mut |_| {}, stmt: &mut in_test }.body(&mut new.body);
    settle_in(old, new, &stamps);
    in_fixtures(old, new, &stamps);
}

/// The text that a fixture of pytest gave, in the place of one that is another in each run, if no test is about one that is
/// known already.
fn in_fixtures(old: &Program, new: &mut Program, stamps: &BTreeSet<String>) {
    const KNOWN: [&str; 8] = ["taken", "exists", "already", "duplicate", "registered", "again", "twice", "same"];
    let about = |text: &str| words(text).iter().any(|word| KNOWN.contains(&word.as_str()));
    let is_about = |stmt: &Stmt| {
        matches!(&stmt.kind, StmtKind::Func(func) if about(&func.name))
            || stmt.any(&mut |node| node.string().is_some_and(about))
    };
    if old.body.iter().any(is_about) {
        return;
    }
    for stmt in &mut new.body {
        let StmtKind::Func(func) = &mut stmt.kind else { continue };
        let was = old.body.iter().find_map(|stmt| match &stmt.kind {
            StmtKind::Func(was) if was.name == func.name && was.decorators == func.decorators => Some(was),
            _ => None,
        });
        let is_fixture = func.decorators.iter().any(|mark| Chain::of(mark).has("fixture"));
        if let (Some(was), true) = (was, is_fixture)
            && let ([Stmt { kind: StmtKind::Return(Some(text)), .. }], [Stmt { kind: StmtKind::Return(Some(now)), .. }]) =
                (was.body.as_slice(), func.body.as_mut_slice())
            && became_unique(text, now, stamps)
        {
            *now = text.clone();
        }
    }
}

/// The title of a test.
fn title(stmt: &Stmt) -> Option<String> {
    match &stmt.kind {
        StmtKind::Func(func) if func.name.starts_with("test") => Some(func.name.clone()),
        StmtKind::Expr(node) => title_of_test(node),
        _ => None,
    }
}

/// If the old program has it as text only, and the new one nowhere else.
fn settle_in(old: &Program, new: &mut Program, stamps: &BTreeSet<String>) {
    // Its own template holds it once.
    let holds_once = |text: &str| {
        let mut found = 0;
        new.body.iter().for_each(|stmt| {
            stmt.walk(&mut |node| found += usize::from(node.string().is_some_and(|other| other.contains(text))));
        });
        found < 2
    };
    let mut texts: Vec<String> = Vec::new();
    old.body.iter().for_each(|stmt| {
        stmt.walk(&mut |node| texts.extend(node.string().map(str::to_owned)));
    });
    let mut found: Vec<(String, String)> = Vec::new();
    let mut see = |stmt: &Stmt| {
        let StmtKind::Decl { target, init: Some(value), .. } = &stmt.kind else { return };
        let Some(name) = target.ident() else { return };
        let value = made(new, value).unwrap_or(value);
        let was = texts.iter().find(|text| became_unique(&Node::new(Kind::Str((*text).clone()), 0), value, stamps));
        let is_new = !old.body.iter().any(|stmt| stmt.any(&mut |node| node.ident() == Some(name)));
        found.extend(was.filter(|_| is_new).map(|text| (name.to_owned(), text.clone())));
    };
    new.body.iter().for_each(|stmt| stmt.walk_stmts(&mut see));
    found.retain(|(name, text)| {
        let alone = texts.iter().filter(|other| other.contains(text.as_str())).all(|other| other == text);
        // What is told apart by it now is for the comparison to judge.
        let filtered = filters_by(new, &|part| part.ident() == Some(name));
        let was_filtered = filters_by(old, &|part| part.string() == Some(text));
        (!filtered || was_filtered) && alone && holds_once(text) && is_declared_once(new, name) && is_entered(old, text)
    });
    found.retain(|(_, text)| !speaks_of_duplicates(old, text));
    for (name, text) in found {
        let mut alter = Alter {
            node: &mut |node| {
                if node.ident() == Some(&name) {
                    node.kind = Kind::Str(text.clone());
                }
            },
            stmt: &mut |stmt| {
                if matches!(&stmt.kind, StmtKind::Decl { target, .. } if target.string() == Some(&text)) {
                    stmt.kind = StmtKind::Block(Vec::new());
                }
            },
        };
        alter.body(&mut new.body);
    }
}

/// What a call gives of a function that does nothing else: `def fresh_email(): return f'me+{uuid4()}@example.com'`.
fn made<'p>(program: &'p Program, call: &Node) -> Option<&'p Node> {
    let Kind::Call { callee, args, .. } = &call.bare().kind else { return None };
    let name = callee.ident().filter(|_| args.is_empty())?;
    program.body.iter().find_map(|stmt| {
        let (made, func) = match &stmt.kind {
            StmtKind::Func(func) => (func.name.as_str(), func),
            StmtKind::Decl { target, init: Some(Node { kind: Kind::Fn(func), .. }), .. } => (target.ident()?, &**func),
            _ => return None,
        };
        match func.body.as_slice() {
            [Stmt { kind: StmtKind::Return(Some(value)), .. }] if made == name && func.params.is_empty() => Some(value),
            _ => None,
        }
    })
}

/// Whether a list is filtered in a program by what speaks of something.
fn filters_by(program: &Program, speaks: &dyn Fn(&Node) -> bool) -> bool {
    let filters = |node: &Node| match &node.kind {
        Kind::Call { args, .. } if Chain::of(node).last().is_some_and(|link| link.name == "filter") => {
            args.iter().any(|arg| arg.any(&mut |part| speaks(part)))
        }
        _ => false,
    };
    program.body.iter().any(|stmt| stmt.any(&mut |node| filters(node)))
}

/// Whether the tests with a text, or all if none has it, are about what is known already, or is refused.
pub fn speaks_of_duplicates(program: &Program, text: &str) -> bool {
    #[rustfmt::skip]
    const KNOWN: [&str; 31] = [
        "taken", "exists", "already", "duplicate", "duplicates", "known", "registered", "returning", "again", "twice", "same",
        "back", "long", "too", "alert", "refused", "rejected", "wrong", "invalid", "incorrect", "forgot", "forgotten",
        "password", "deleted", "archived", "removed", "unknown", "reset", "invite", "invites", "invited",
    ];
    // A field for a password, and what is entered in it.
    let of_password = |said: &[String], text: &str| {
        said.iter().all(|word| matches!(word.as_str(), "password" | "confirm" | "repeat" | "your" | "new" | "pw"))
            || !text.contains(' ') && text.contains('-') && text.contains(|next: char| next.is_ascii_digit())
    };
    let says = |text: &str| {
        let said = words(text);
        !of_password(&said, text) && said.iter().any(|word| KNOWN.contains(&word.as_str()))
    };
    let known = |stmt: &Stmt| {
        let named = matches!(&stmt.kind, StmtKind::Func(func) if says(&func.name));
        named || stmt.any(&mut |node| node.string().is_some_and(says))
    };
    let mut tests: Vec<&Stmt> = Vec::new();
    program.body.iter().for_each(|stmt| {
        stmt.walk_stmts(&mut |inner| tests.extend(title(inner).map(|_| inner)));
    });
    tests.retain(|stmt| stmt.any(&mut |node| node.string().is_some_and(|other| other.contains(text))));
    if tests.is_empty() { program.body.iter().any(known) } else { tests.into_iter().any(known) }
}

/// Whether a program enters a text in a field, or gives it to a helper: of what a test does not make itself, another text
/// proves nothing.
fn is_entered(program: &Program, text: &str) -> bool {
    let mut names = Vec::new();
    let mut see = |stmt: &Stmt| {
        if let StmtKind::Decl { target, init: Some(value), .. } = &stmt.kind
            && value.string() == Some(text)
        {
            names.extend(target.ident().map(str::to_owned));
        }
    };
    program.body.iter().for_each(|stmt| stmt.walk_stmts(&mut see));
    let is_text = |part: &Node| {
        part.string() == Some(text) || part.ident().is_some_and(|name| names.iter().any(|other| other == name))
    };
    let gives = |node: &Node| match &node.kind {
        Kind::Call { callee, args, .. } => {
            let entered = Chain::of(node).last().is_some_and(|link| ENTERS.contains(&link.name));
            let helped = callee.ident().is_some_and(|name| !asserts_by_name(name) && !TEST_ROOTS.contains(&name));
            (entered || helped) && args.iter().any(|arg| arg.any(&mut |part| is_text(part)))
        }
        _ => false,
    };
    program.body.iter().any(|stmt| stmt.any(&mut |node| gives(node)))
}

/// Whether a name is declared in one place only.
fn is_declared_once(program: &Program, name: &str) -> bool {
    let mut found = 0;
    let mut see = |stmt: &Stmt| {
        found += usize::from(matches!(&stmt.kind, StmtKind::Decl { target, .. } if target.ident() == Some(name)));
    };
    program.body.iter().for_each(|stmt| stmt.walk_stmts(&mut see));
    found == 1
}

/// `Team Rocket` and what makes it another one in each run: `Team Rocket ${Date.now()}`, `me+${Date.now()}@example.com`.
/// `stamps` are the names of what is another in each run.
pub fn became_unique(old: &Node, new: &Node, stamps: &BTreeSet<String>) -> bool {
    let (Kind::Template(parts), Some(old)) = (&new.kind, old.string()) else { return false };
    let is_stamp = |part: &Node| part.ident().is_some_and(|name| stamps.contains(name)) || is_unique(part);
    let of_worker = |part: &Node| Chain::of(part).names().ends_with(&["workerIndex"]);
    let mut texts = parts.iter().filter_map(Node::string).filter(|text| !text.is_empty());
    let stamped = parts.iter().filter(|part| part.string().is_none()).all(|part| is_stamp(part) || of_worker(part));
    let (start, rest) = (texts.next().unwrap_or_default(), texts.collect::<String>());
    let start = start.trim_end_matches([' ', '-', '_', '+', '.']);
    let rest = rest.trim_start_matches([' ', '-', '_', '+', '.']);
    let numbered = |text: &str| {
        let text = text.trim_start_matches([' ', '-', '_']);
        let of_tests = matches!(text, "e2e" | "test" | "auto" | "autotest" | "qa" | "tmp");
        rest.is_empty() && (of_tests || text.chars().all(|next| next.is_ascii_digit()))
    };
    start.len() > 1
        && stamped
        && parts.iter().any(is_stamp)
        && parts.first().is_some_and(|part| part.string().is_some())
        && old.strip_prefix(start).is_some_and(|end| end == rest || numbered(end))
}

/// The names of a program for what is another in each run: `const stamp = Date.now()`.
pub fn stamps(program: &Program) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut see = |stmt: &Stmt| {
        if let StmtKind::Decl { target, init: Some(value), .. } = &stmt.kind
            && is_unique(value)
        {
            found.extend(target.ident().map(str::to_owned));
        }
    };
    program.body.iter().for_each(|stmt| stmt.walk_stmts(&mut see));
    found
}

pub fn is_unique(node: &Node) -> bool {
    let mut names = Chain::of(node).names();
    // As much of it as is wanted, and how it is written.
    while matches!(names.last(), Some(&("[]" | "slice" | "substring" | "toString" | "hex" | "upper" | "lower"))) {
        names.pop();
    }
    matches!(
        names.as_slice(),
        ["Date", "now"]
            | ["crypto", "randomUUID"]
            | ["randomUUID" | "uuid4"]
            | ["uuid", "uuid4" | "v4"]
            | ["Cypress", "_", "random"]
            | ["time", "time"]
    )
}
