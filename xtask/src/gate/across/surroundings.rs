//! What the files of a change tell about each other.

use std::collections::{HashMap, HashSet};

use super::super::Parsed;
use super::super::differ::{self, Named, Surroundings};
use super::super::ir::{Kind, Program, Stmt, StmtKind, hash_of};
use super::super::lower::camel;
use super::modules::{Moves, Versions};

/// What the files tell about each other: which functions assert, and which only got another name.
pub fn surroundings(parsed: &[Parsed], paths: &[&str]) -> Surroundings {
    let mut around = Surroundings::default();
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for file in parsed {
        differ::functions(&file.old.body, &mut before);
        differ::functions(&file.new.body, &mut after);
    }
    // A function asserts if it calls one that does; a few rounds reach what is nested in practice.
    for _ in 0..4 {
        for func in before.iter().chain(&after) {
            if !func.name.is_empty() && differ::asserts(func.body, &around) {
                around.asserting.extend(spellings(func.name));
            }
        }
    }
    let classes = |programs: &mut dyn Iterator<Item = &'_ Program>| -> Vec<(String, u64)> {
        let statements = programs.flat_map(|program| &program.body);
        let class = |stmt: &Stmt| match &stmt.kind {
            StmtKind::Class(class) => Some((class.name.clone(), hash_of(&(&class.heritage, &class.body)))),
            _ => None,
        };
        statements.filter_map(class).collect()
    };
    let bodies = |functions: &[Named]| -> Vec<(String, u64)> {
        let told = functions.iter().filter(|func| !func.body.is_empty());
        told.map(|func| (func.name.to_owned(), hash_of(&func.body))).collect()
    };
    for (was, is) in renamed(&bodies(&before), &bodies(&after)) {
        around.renamed.extend(spellings(&was).into_iter().zip(spellings(&is)));
    }
    let (old_classes, new_classes) =
        (classes(&mut parsed.iter().map(|file| &file.old)), classes(&mut parsed.iter().map(|file| &file.new)));
    around.renamed.extend(renamed(&old_classes, &new_classes));
    let versions: Vec<Versions> = parsed
        .iter()
        .map(|file| Versions { old_path: file.old_path, new_path: file.path, old: &file.old, new: &file.new })
        .collect();
    around.moves = Moves::of(&versions, paths);
    let members = |program: &Program| {
        let mut found = HashSet::new();
        for stmt in &program.body {
            stmt.walk(&mut |node| {
                if let Kind::Member { name, .. } = &node.kind {
                    found.insert(name.clone());
                }
            });
        }
        found
    };
    around.spoken_of_anew = parsed.iter().flat_map(|file| members(&file.new)).collect();
    for file in parsed {
        for name in members(&file.old) {
            around.spoken_of_anew.remove(&name);
        }
    }
    around.makes_functions = after.iter().any(|new| !before.iter().any(|old| old.name == new.name));
    around.known = after.iter().flat_map(|func| spellings(func.name)).collect();
    around
}

/// A function's name as it is declared, and as it is called as a member.
fn spellings(name: &str) -> [String; 2] {
    [name.to_owned(), camel(name)]
}

/// The names that are gone, each with the one that has its body now.
fn renamed(before: &[(String, u64)], after: &[(String, u64)]) -> HashMap<String, String> {
    let mut found = HashMap::new();
    for (old, body) in before.iter().filter(|(old, _)| !after.iter().any(|(new, _)| new == old)) {
        let mut same =
            after.iter().filter(|(new, other)| other == body && !before.iter().any(|(before, _)| before == new));
        if let (Some((new, _)), None) = (same.next(), same.next()) {
            found.insert(old.clone(), new.clone());
        }
    }
    found
}
