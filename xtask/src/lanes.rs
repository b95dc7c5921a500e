//! Where a fix may go: the folders of the suite's tests and what lies below them. Pure.

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

/// The globs that a fix of these tests may edit: those that the owner allows, or the folders of the tests.
pub fn of<'a>(tests: impl IntoIterator<Item = &'a PlannedTest>, allowed: &[String]) -> Vec<String> {
    if !allowed.is_empty() {
        return allowed.to_vec();
    }
    let mut globs: Vec<String> = tests.into_iter().map(lane).collect();
    globs.sort();
    globs.dedup();
    globs
}

/// The topmost folder that is named like a folder of tests, else the runner's own test folder, else the file alone:
/// a test that lies beside product code must not open the product's folder.
fn lane(test: &PlannedTest) -> String {
    let folders: Vec<&str> = test.file.split('/').collect();
    let folders = &folders[..folders.len() - 1];
    let named = folders.iter().position(|name| TEST_FOLDERS.contains(&name.to_lowercase().as_str()));
    if let Some(at) = named {
        return format!("{}/**", escape(&folders[..=at].join("/")));
    }
    let root = test.suite_file.as_deref().and_then(|file| test.file.strip_suffix(file)?.strip_suffix('/'));
    match root {
        Some(root) if !root.is_empty() => format!("{}/**", escape(root)),
        _ => escape(&test.file),
    }
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
        for (file, suite_file, expected) in [
            ("tests/auth/login.spec.ts", None, "tests/**"),
            ("web/e2e/shop/cart.spec.ts", None, "web/e2e/**"),
            ("src/cart/__tests__/cart.test.js", None, "src/cart/__tests__/**"),
            ("src/cart.test.js", None, "src/cart.test.js"),
            ("cart.spec.ts", Some("cart.spec.ts"), "cart.spec.ts"),
            ("browser/shop/cart.spec.ts", Some("shop/cart.spec.ts"), "browser/**"),
            ("Tests/a.py", None, "Tests/**"),
            ("app/[id]/tests/a.spec.ts", None, "app/[[]id[]]/tests/**"),
        ] {
            let test =
                PlannedTest { file: file.into(), suite_file: suite_file.map(str::to_owned), ..PlannedTest::default() };
            assert_eq!(of([&test], &[]), [expected], "{file}");
        }
        let owner = ["a/**".to_owned()];
        assert_eq!(of([&PlannedTest::default()], &owner), owner);
    }
}
