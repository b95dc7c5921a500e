//! What a failed test has to do with besides its own file: the files that its failure names, and those that it imports.
//! Looks into the checkout, changes nothing. Only relative imports of JavaScript and TypeScript are followed; a helper of
//! another language is known by the failures that name it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use super::units::Reach;
use crate::locate::named_like_test;
use crate::plan::PlannedTest;

/// A file that a good part of a suite imports says nothing of one failure; in a small suite every file may.
const FEW: usize = 5;
/// Files that are read of one suite at most.
const MOST: usize = 5_000;
const ENDINGS: [&str; 10] = ["", ".ts", ".tsx", ".js", ".jsx", ".mts", ".mjs", ".cjs", "/index.ts", "/index.js"];

/// The reach of each test. `tracked` are the paths that git has below `root`.
pub fn of(tests: &[PlannedTest], root: &Path, tracked: &[String]) -> Vec<Reach> {
    if tests.len() < 2 {
        return vec![Reach::default(); tests.len()];
    }
    let tracked: HashSet<&str> = tracked.iter().map(String::as_str).collect();
    let mut modules = Modules { root, tracked: &tracked, imports: HashMap::new() };
    let of_tests: Vec<BTreeSet<String>> = tests.iter().map(|test| modules.closure(&test.file)).collect();
    let suite: Vec<&str> = tracked.iter().copied().filter(|path| named_like_test(path)).take(MOST).collect();
    let mut users: HashMap<String, usize> = HashMap::new();
    for file in &suite {
        for import in modules.closure(file) {
            *users.entry(import).or_default() += 1;
        }
    }
    let by_few = |path: &&String| {
        let users = users.get(*path).copied().unwrap_or(0);
        users <= FEW || users * 4 <= suite.len()
    };
    let reach = tests.iter().zip(of_tests).map(|(test, imports)| {
        let texts = [&test.message, &test.trace];
        let named = texts.into_iter().flat_map(|text| named_in(text, &tracked)).filter(|path| *path != test.file);
        let suspects = imports.iter().filter(by_few).cloned().chain(named).collect();
        Reach { imports, suspects }
    });
    reach.collect()
}

/// The files of the repository that a text names, wherever the repository lay.
fn named_in(text: &str, tracked: &HashSet<&str>) -> Vec<String> {
    let is_end = |c: char| c.is_whitespace() || "()'\"`<>:,".contains(c);
    let words = text.split(is_end).filter(|word| word.contains(['/', '\\']) && !word.contains("node_modules"));
    let found = words.filter_map(|word| {
        let word = word.replace('\\', "/");
        let starts = word.match_indices('/').map(|(at, _)| at + 1);
        let mut starts = std::iter::once(0).chain(starts);
        starts.find_map(|at| tracked.contains(&word[at..]).then(|| word[at..].to_owned()))
    });
    found.collect()
}

struct Modules<'a> {
    root: &'a Path,
    tracked: &'a HashSet<&'a str>,
    imports: HashMap<String, Vec<String>>,
}

impl Modules<'_> {
    /// All that a file imports, and what that imports.
    fn closure(&mut self, file: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut ahead = vec![file.to_owned()];
        while let Some(path) = ahead.pop() {
            for import in self.imports(&path) {
                if import != file && found.insert(import.clone()) {
                    ahead.push(import);
                }
            }
        }
        found
    }

    fn imports(&mut self, path: &str) -> Vec<String> {
        if let Some(known) = self.imports.get(path) {
            return known.clone();
        }
        let text = std::fs::read_to_string(self.root.join(path)).unwrap_or_default();
        let found: Vec<String> = specifiers(&text).filter_map(|specifier| self.resolve(path, specifier)).collect();
        self.imports.insert(path.to_owned(), found.clone());
        found
    }

    fn resolve(&self, from: &str, specifier: &str) -> Option<String> {
        let mut parts: Vec<&str> = from.split('/').collect();
        parts.pop();
        for part in specifier.split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()?),
                part => parts.push(part),
            }
        }
        let path = parts.join("/");
        // `./shop.js` is how a module of TypeScript names `shop.ts`.
        let stem = path.strip_suffix(".js").map(|stem| format!("{stem}.ts"));
        let mut candidates = ENDINGS.iter().map(|ending| format!("{path}{ending}")).chain(stem);
        candidates.find(|candidate| self.tracked.contains(candidate.as_str()))
    }
}

/// The relative module names of a source: what stands in quotes after `from`, `import` or `require`.
fn specifiers(source: &str) -> impl Iterator<Item = &str> {
    source.lines().flat_map(|line| {
        line.match_indices(['"', '\'']).filter_map(move |(at, quote)| {
            let before = line[..at].trim_end().trim_end_matches('(').trim_end();
            let rest = &line[at + 1..];
            let name = &rest[..rest.find(quote)?];
            let imports = ["from", "import", "require"].iter().any(|word| before.ends_with(word));
            (imports && name.starts_with('.')).then_some(name)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, files: &[(&str, &str)]) -> Vec<String> {
        for (path, text) in files {
            std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            std::fs::write(root.join(path), text).unwrap();
        }
        files.iter().map(|(path, _)| (*path).to_owned()).collect()
    }

    #[test]
    fn follows_imports_and_what_a_failure_names() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = vec![
            ("tests/pages/shop.ts", "import { base } from '../base';\nexport * from \"./card.js\";\n"),
            ("tests/pages/card.ts", "import '../pages/shop';"),
            ("tests/base.ts", "import { test } from '@playwright/test';"),
            ("tests/lib/index.js", ""),
            ("tests/a.spec.ts", "import { shop } from './pages/shop';\nconst lib = require('./lib');\n"),
            ("tests/b.spec.ts", "import {\n  base,\n} from './base';"),
        ];
        let more: Vec<String> = (0..9).map(|at| format!("tests/more-{at}.spec.ts")).collect();
        files.extend(more.iter().map(|path| (path.as_str(), "import { base } from './base';")));
        let tracked = write(folder.path(), &files);
        let trace =
            "Error: x\n    at signIn (C:\\ci\\shop\\tests\\lib\\index.js:3:1)\n    at /ci/shop/tests/b.spec.ts:1:1\n";
        let tests = [
            PlannedTest { file: "tests/a.spec.ts".into(), ..PlannedTest::default() },
            PlannedTest { file: "tests/b.spec.ts".into(), trace: trace.into(), ..PlannedTest::default() },
        ];
        let reach = of(&tests, folder.path(), &tracked);
        let shown = |paths: &BTreeSet<String>| paths.iter().cloned().collect::<Vec<_>>().join(" ");
        assert_eq!(
            shown(&reach[0].imports),
            "tests/base.ts tests/lib/index.js tests/pages/card.ts tests/pages/shop.ts"
        );
        // Every file of the suite imports the base.
        assert_eq!(shown(&reach[0].suspects), "tests/lib/index.js tests/pages/card.ts tests/pages/shop.ts");
        assert_eq!(shown(&reach[1].imports), "tests/base.ts");
        assert_eq!(shown(&reach[1].suspects), "tests/lib/index.js");
    }
}
