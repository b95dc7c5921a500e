//! Which files may be healed, by their path alone. One table for each rule.

/// Folders of code that is not ours, or that is no code of the product or its tests.
const FOREIGN: [&str; 4] = ["node_modules", "bower_components", ".git", ".hg"];
const PIPELINES: [&str; 6] = [".github", ".gitlab", ".circleci", ".forgejo", ".gitea", ".buildkite"];
/// Written by a compiler or a bundler; a fix there is gone with the next build.
const GENERATED_FOLDERS: [&str; 7] = ["dist", "build", "out", "obj", "target", ".next", "coverage"];
const GENERATED_ENDINGS: [&str; 9] = [".dll", ".exe", ".so", ".pyc", ".class", ".jar", ".min.js", ".map", ".wasm"];
/// Files that hold tests.
const CODE: [&str; 33] = [
    "js", "jsx", "ts", "tsx", "mjs", "cjs", "mts", "cts", "vue", "svelte", "coffee", "py", "rb", "php", "java", "kt",
    "kts", "groovy", "scala", "cs", "fs", "vb", "go", "rs", "swift", "dart", "ex", "exs", "lua", "t", "bats", "robot",
    "feature",
];
/// Parts of the name, between dots, dashes and underscores, that mark a test.
const TEST_WORDS: [&str; 6] = ["spec", "specs", "test", "tests", "cy", "e2e"];
const TEST_FOLDERS: [&str; 14] = [
    "test",
    "tests",
    "testing",
    "spec",
    "specs",
    "e2e",
    "integration",
    "functional",
    "acceptance",
    "cypress",
    "playwright",
    "features",
    "scenarios",
    "qa",
];
/// Folders and names of what tests use.
const HELPERS: [&str; 20] = [
    "helper",
    "helpers",
    "support",
    "util",
    "utils",
    "utilities",
    "lib",
    "fixture",
    "fixtures",
    "page",
    "pages",
    "pageobjects",
    "pom",
    "mock",
    "mocks",
    "config",
    "conftest",
    "common",
    "data",
    "commands",
];

/// Why a file may not be healed, if so; reads after "its path".
pub fn refusal(file: &str) -> Option<&'static str> {
    if file.starts_with('-') {
        return Some("could be taken for an option");
    }
    let lower = file.to_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let mut folders = folders.split('/');
    if folders.clone().any(|folder| FOREIGN.contains(&folder)) {
        return Some("is third-party code");
    }
    if PIPELINES.contains(&folders.clone().next().unwrap_or("")) || name.ends_with("-ci.yml") || name == "jenkinsfile" {
        return Some("is part of the CI configuration");
    }
    if GENERATED_ENDINGS.iter().any(|ending| name.ends_with(ending))
        || folders.any(|folder| GENERATED_FOLDERS.contains(&folder))
    {
        return Some("is generated");
    }
    (!looks_like_test(file)).then_some("is not a test file")
}

/// By its name, or by its folder if the name does not say that it is a helper.
fn looks_like_test(file: &str) -> bool {
    if named_like_test(file) {
        return true;
    }
    let lower = file.to_lowercase();
    let Some((folders, name)) = lower.rsplit_once('/') else { return false };
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    let words = |text: &str, list: &[&str]| text.split(['-', '_', '.', '@', '/']).any(|word| list.contains(&word));
    let is_helper =
        words(stem, &HELPERS) || folders.split('/').any(|folder| HELPERS.contains(&folder.trim_matches('_')));
    CODE.contains(&extension) && words(folders, &TEST_FOLDERS) && !is_helper
}

/// `login.spec.ts`, `test_login.py`, `login_test.go`, `LoginTest.php`, `login.feature`.
pub fn named_like_test(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    let extension = extension.to_lowercase();
    if !CODE.contains(&&extension[..]) || stem.is_empty() {
        return false;
    }
    let lower = stem.to_lowercase();
    let mut words = lower.split(['-', '_', '.']);
    // `auth.setup.ts` is a test of a set-up project in Playwright, `setup.py` is not.
    let set_up = [".setup", ".teardown"].iter().any(|end| lower.len() > end.len() && lower.ends_with(end));
    let marked = set_up || words.clone().any(|word| TEST_WORDS.contains(&word));
    let camel = ["Test", "Tests", "Spec", "Specs", "Cest", "IT"]
        .iter()
        .any(|end| stem.len() > end.len() && stem.ends_with(end));
    let is_config = words.any(|word| word == "config" || word == "conftest");
    extension == "feature" || ((marked || camel) && !is_config)
}
