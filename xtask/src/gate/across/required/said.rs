//! What a program says, so that it can be told whether anything in it speaks of a value.

use std::collections::HashMap;

use super::super::super::assertion;
use super::super::super::ir::{Kind, Node, Program, Stmt, StmtKind};
use super::super::super::words::words;
use super::{expects, fields};

/// What a program says: the words of each text and each name, and those of the values that stand in a field of a key.
pub struct Said<'n> {
    pub program: &'n Program,
    all: Vec<Vec<String>>,
    by_key: HashMap<&'n str, Vec<Vec<String>>>,
    /// Whether it asserts anywhere that something is refused, fails or is not there.
    pub refuses: bool,
    pub money: bool,
}

impl<'n> Said<'n> {
    pub fn of(program: &'n Program) -> Self {
        let (mut all, mut by_key) = (Vec::new(), HashMap::<&str, Vec<Vec<String>>>::new());
        for stmt in &program.body {
            stmt.walk(&mut |node| {
                all.extend(said(node));
                for (key, value) in fields(node).unwrap_or_default() {
                    by_key.entry(key).or_default().extend(value.into_iter().filter_map(said));
                }
            });
        }
        let (refuses, money) = (expects_refusal(program), tells_money(program));
        Said { program, all, by_key, refuses, money }
    }

    /// What it says but for these words, each of which it says once more.
    pub fn without(&self, besides: &[Vec<String>]) -> Said<'n> {
        let mut all = self.all.clone();
        for said in besides {
            if let Some(at) = all.iter().position(|other| other == said) {
                all.swap_remove(at);
            }
        }
        Said { all, by_key: HashMap::new(), ..*self }
    }

    /// Whether it says all of some words in one breath, elsewhere than in this value.
    pub fn elsewhere_than(&self, wanted: &[String], value: &Node) -> bool {
        let says = |said: &Vec<String>| wanted.iter().all(|word| said.contains(word));
        let mut here = 0;
        value.walk(&mut |part| here += usize::from(said(part).is_some_and(|said| says(&said))));
        self.all.iter().filter(|said| says(said)).count() > here
    }

    /// Whether it says all of some words in one breath, elsewhere than in a field of this key.
    pub fn elsewhere(&self, wanted: &[String], key: Option<&str>) -> bool {
        let says = |said: &&Vec<String>| wanted.iter().all(|word| said.contains(word));
        let here = key.and_then(|key| self.by_key.get(key)).map_or(0, |all| all.iter().filter(says).count());
        self.all.iter().filter(says).count() > here
    }
}

pub fn said(node: &Node) -> Option<Vec<String>> {
    match &node.kind {
        Kind::Str(text) | Kind::Num(text) | Kind::Regex(text) | Kind::Ident(text) | Kind::Member { name: text, .. } => {
            Some(words(text))
        }
        _ => None,
    }
}

/// Whether a program asserts anywhere that something is refused, fails or is not there.
fn expects_refusal(program: &Program) -> bool {
    let refuses = |node: &Node| match &node.kind {
        Kind::Num(_) => node.number().is_some_and(|code| (400.0..600.0).contains(&code)),
        Kind::Member { name, .. } => matches!(name.as_str(), "toThrow" | "toThrowError" | "rejects" | "raises"),
        _ => false,
    };
    let mut asserts = Vec::new();
    program.body.iter().for_each(|stmt| {
        stmt.walk_stmts(&mut |inner| {
            if matches!(&inner.kind, StmtKind::Expr(node) if expects(node.bare()))
                || matches!(inner.kind, StmtKind::Assert(..))
            {
                asserts.push(inner);
            }
        })
    });
    // Where the reason is asserted right behind it, it is no other one.
    let tells = |node: &Node| match &node.kind {
        Kind::Str(text) => !words(text).is_empty(),
        _ => false,
    };
    let by_code = |stmt: &Stmt| !stmt.any(&mut |node| refuses(node) && matches!(node.kind, Kind::Member { .. }));
    let is_told = |at: usize| {
        let (stmt, next) = (asserts[at], asserts.get(at + 1));
        by_code(stmt) && next.is_some_and(|next| next.line - stmt.line < 3 && next.any(&mut |node| tells(node)))
    };
    let refused = (0..asserts.len()).any(|at| asserts[at].any(&mut |node| refuses(node)) && !is_told(at));
    assertion::denies(&program.body) || refused
}

/// Whether a program speaks of money anywhere: `€ 4.90`, `12.00`.
fn tells_money(program: &Program) -> bool {
    let sum =
        |text: &str| words(text).iter().any(|word| matches!(word.as_str(), "total" | "subtotal" | "sum" | "amount"));
    let money = |node: &Node| match &node.kind {
        Kind::Str(text) | Kind::Regex(text) => {
            text.contains(['$', '€', '£']) && text.contains(|next: char| next.is_ascii_digit())
                || words(text).windows(2).any(|pair| pair.iter().all(|word| word.parse::<u32>().is_ok()))
                || sum(text)
        }
        Kind::Member { name, .. } => sum(name),
        _ => false,
    };
    program.body.iter().any(|stmt| stmt.any(&mut |node| money(node)))
}
