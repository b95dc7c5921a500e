//! Where a fix may go: the folders of the suite's tests and what lies below them. Pure.

use crate::locate::named_like_test;
use crate::plan::PlannedTest;

/// Folder names that hold tests and nothing else.
const TEST_FOLDERS: [&str; 14] = [
    "test",
    "tests",
    "__tests__",
    "e2e",
    "e2e-tests",
    "end-to-end",
    "spec",
    "specs",
    "cypress",
    "playwright",
    "integration",
    "ui-tests",
    "acceptance",
    "functional",
];

/// The globs that a fix of these tests may edit: those that the owner allows, or the folders of the tests. `tracked` are
/// the paths that git has; what a report or a bundle claims of folders counts for nothing.
pub fn of<'a>(tests: impl IntoIterator<Item = &'a PlannedTest>, allowed: &[String], tracked: &[String]) -> Vec<String> {
    if !allowed.is_empty() {
        return allowed.to_vec();
    }
    let mut globs: Vec<String> = tests.into_iter().map(|test| lane(&test.file, tracked)).collect();
    globs.sort();
    globs.dedup();
    globs
}

/// The topmost folder that is named like a folder of tests, else the test's folder if nothing but tests lies in it, else
/// the file alone: a test that lies beside product code must not open the product's folder.
fn lane(file: &str, tracked: &[String]) -> String {
    let Some((folder, _)) = file.rsplit_once('/') else { return escape(file) };
    let names: Vec<&str> = folder.split('/').collect();
    if let Some(at) = names.iter().position(|name| TEST_FOLDERS.contains(&name.to_lowercase().as_str())) {
        return format!("{}/**", escape(&names[..=at].join("/")));
    }
    let mut beside = tracked.iter().filter(|path| path.rsplit_once('/').is_some_and(|(of, _)| of == folder));
    if beside.all(|path| named_like_test(path)) { format!("{}/**", escape(folder)) } else { escape(file) }
}

/// A path as a glob that matches it alone.
fn escape(path: &str) -> String {
    glob::Pattern::escape(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fix_stays_where_tests_are() {
        let tracked = ["src/cart.ts", "src/cart.test.js", "browser/shop/cart.spec.ts", "browser/shop/pages/cart.ts"];
        let tracked = tracked.map(str::to_owned);
        for (file, expected) in [
            ("tests/auth/login.spec.ts", "tests/**"),
            ("web/e2e/shop/cart.spec.ts", "web/e2e/**"),
            ("src/cart/__tests__/cart.test.js", "src/cart/__tests__/**"),
            ("src/cart.test.js", "src/cart.test.js"),
            ("cart.spec.ts", "cart.spec.ts"),
            ("browser/shop/cart.spec.ts", "browser/shop/**"),
            ("Tests/a.py", "Tests/**"),
            ("app/[id]/tests/a.spec.ts", "app/[[]id[]]/tests/**"),
        ] {
            let test = PlannedTest { file: file.into(), ..PlannedTest::default() };
            assert_eq!(of([&test], &[], &tracked), [expected], "{file}");
        }
        let owner = ["a/**".to_owned()];
        assert_eq!(of([&PlannedTest::default()], &owner, &[]), owner);
    }
}
