//! Texts that are another in each run now, because they may be used only once: `'Team'` that became a name for
//! `` `Team ${Date.now()}` `` wherever it stood is the same text to a test.

use super::super::chain::Chain;
use super::super::ir::alter::Alter;
use super::super::ir::{Kind, Node, Program, Stmt, StmtKind};

/// Puts the old text in the place of such a name, if the old program has it as text only, and the new one nowhere else.
pub fn settle(old: &Program, new: &mut Program) {
    // Its own template holds it once.
    let holds_once = |text: &str| {
        let mut found = 0;
        new.body.iter().for_each(|stmt| {
            stmt.walk(&mut |node| found += usize::from(node.string().is_some_and(|other| other.contains(text))));
        });
        found == 1
    };
    let mut texts: Vec<String> = Vec::new();
    old.body.iter().for_each(|stmt| {
        stmt.walk(&mut |node| texts.extend(node.string().map(str::to_owned)));
    });
    let mut found: Vec<(String, String)> = Vec::new();
    let mut see = |stmt: &Stmt| {
        let StmtKind::Decl { target, init: Some(value), .. } = &stmt.kind else { return };
        let Some(name) = target.ident() else { return };
        let was = texts.iter().find(|text| became_unique(&Node::new(Kind::Str((*text).clone()), 0), value));
        let is_new = !old.body.iter().any(|stmt| stmt.any(&mut |node| node.ident() == Some(name)));
        found.extend(was.filter(|_| is_new).map(|text| (name.to_owned(), text.clone())));
    };
    new.body.iter().for_each(|stmt| stmt.walk_stmts(&mut see));
    found.retain(|(name, text)| {
        let alone = texts.iter().filter(|other| other.contains(text.as_str())).all(|other| other == text);
        alone && holds_once(text) && is_declared_once(new, name)
    });
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
pub fn became_unique(old: &Node, new: &Node) -> bool {
    let Kind::Template(parts) = &new.kind else { return false };
    let [start, unique, rest @ ..] = parts.as_slice() else { return false };
    let mut names = Chain::of(unique).names();
    // As much of it as is wanted, and how it is written.
    while matches!(names.last(), Some(&("[]" | "slice" | "substring" | "toString" | "hex"))) {
        names.pop();
    }
    let differs = matches!(
        names.as_slice(),
        ["Date", "now"]
            | ["crypto", "randomUUID"]
            | ["randomUUID" | "uuid4"]
            | ["uuid", "uuid4" | "v4"]
            | ["time", "time"]
    );
    let end = match rest {
        [] => Some(""),
        [end] => end.string(),
        _ => None,
    };
    let is_rest = |text: &str| {
        let begins = |start: &str| {
            start.len() > 1 && text.strip_prefix(start.trim_end_matches([' ', '-', '_', '+', '.'])) == end
        };
        start.string().is_some_and(begins)
    };
    differs && old.string().is_some_and(is_rest)
}
