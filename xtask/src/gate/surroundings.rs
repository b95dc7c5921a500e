//! What the files of a change tell about each other.

use std::collections::HashSet;

use super::Parsed;
use super::differ::{self, Surroundings};
use super::ir::{Kind, Program};
use super::modules::{Moves, Versions};

/// What the files tell about each other: which functions assert, and which only got another name.
pub fn surroundings(parsed: &[Parsed]) -> Surroundings {
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
                around.asserting.insert(func.name.to_owned());
            }
        }
    }
    for old in before.iter().filter(|old| !after.iter().any(|new| new.name == old.name)) {
        let mut same = after.iter().filter(|new| {
            new.body == old.body && !old.body.is_empty() && !before.iter().any(|other| other.name == new.name)
        });
        if let (Some(new), None) = (same.next(), same.next()) {
            around.renamed.insert(old.name.to_owned(), new.name.to_owned());
        }
    }
    let versions: Vec<Versions> = parsed
        .iter()
        .map(|file| Versions { old_path: file.old_path, new_path: file.path, old: &file.old, new: &file.new })
        .collect();
    around.moves = Moves::of(&versions);
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
    around.known = after.iter().map(|func| func.name.to_owned()).collect();
    around
}
