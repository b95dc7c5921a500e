//! What the name of a module says, as an import has it: that it helps tests, that it stands in for another, that it is the
//! one that another became. It decides nothing.

use super::super::locator::drift::same_stem;
use super::super::words::words;

/// Modules of Python, and of its usual libraries, whose functions could stand in for a product's.
pub fn is_of_python(source: &str) -> bool {
    #[rustfmt::skip]
    const MODULES: [&str; 39] = [
        "ast", "base64", "bisect", "builtins", "calendar", "cmath", "collections", "copy", "datetime", "decimal",
        "difflib", "fractions", "functools", "hashlib", "heapq", "html", "inspect", "itertools", "json", "locale",
        "math", "numbers", "operator", "os", "random", "re", "shutil", "statistics", "string", "textwrap", "time",
        "types", "typing", "unicodedata", "urllib", "uuid", "numpy", "pandas", "scipy",
    ];
    MODULES.contains(&source.split('.').next().unwrap_or_default())
}

/// Whether a folder of the repository is a package of its workspace now: `../../support/fixtures` is
/// `@shop/support/fixtures`.
pub fn became_package(old: &str, new: &str) -> bool {
    let inside = old.strip_prefix("../").map(|rest| rest.trim_start_matches("../"));
    let of_scope = new.strip_prefix('@').and_then(|rest| rest.split_once('/')).filter(|(scope, _)| !scope.is_empty());
    of_scope.is_some_and(|(_, path)| {
        let within = inside.and_then(|inside| inside.strip_prefix(path));
        within == Some("") && path.contains('/')
            || helps(path) && within.is_some_and(|rest| rest.starts_with('/') && rest.matches('/').count() == 1)
    })
}

/// Whether a module is of a package of a workspace that says that it is for tests: `@shop/e2e-support`.
pub fn is_package_of_tests(source: &str) -> bool {
    let Some((scope, name)) = source.strip_prefix('@').and_then(|rest| rest.split_once('/')) else { return false };
    let said = words(name);
    let of_tests = |word: &String| matches!(word.as_str(), "e2e" | "test" | "tests" | "testing" | "playwright" | "qa");
    !scope.is_empty() && said.iter().any(of_tests) && !stands_in_for_another(name)
}

/// Whether a module's name has a word in common with the one that a name came from, with that name or says nothing: what
/// another part of the product calls the same need not be the same.
pub fn is_kin(local: &str, old: &str, new: &str) -> bool {
    #[rustfmt::skip]
    const GENERIC: [&str; 18] = [
        "util", "utils", "helper", "helpers", "common", "core", "base", "misc", "lib", "main", "models", "services",
        "index", "shared", "api", "app", "src", "client",
    ];
    let last = |source: &str| {
        let names =
            source.rsplit(['/', '.']).filter(|part| !matches!(*part, "" | "js" | "ts" | "tsx" | "jsx" | "index"));
        names.map(str::to_owned).next().unwrap_or_default()
    };
    let said = words(new);
    let akin = |word: &String| said.iter().any(|other| word == other || same_stem(word, other));
    let old_name = words(&last(old));
    old_name.iter().all(|word| GENERIC.contains(&word.as_str()))
        || old_name.iter().any(akin)
        || words(local).iter().any(|word| word.len() > 4 && akin(word))
}

/// Whether two modules of Python are of one package, whatever they are called in it.
pub fn is_in_one_package(old: &str, new: &str) -> bool {
    let root = |source: &str| source.split_once('.').map(|(root, _)| root.to_owned());
    root(old).is_some_and(|package| !package.is_empty() && root(new) == Some(package.clone()) && !helps(&package))
        && !plays_a_part(new)
}

pub fn within(outer: &str, inner: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with(['.', '/'])) && !matches!(outer, "." | ".." | "@")
}

/// Whether a module's name says that it helps tests, and is not what they are about.
pub fn helps(source: &str) -> bool {
    #[rustfmt::skip]
    const HELPS: [&str; 27] = [
        "support", "helper", "helpers", "page", "pages", "data", "mock", "mocks", "fake", "fakes", "stub", "stubs",
        "harness", "setup", "factory", "factories", "seed", "seeds", "builders", "util", "utils", "auth", "steps", "flows",
        "actions", "shared", "common",
    ];
    plays_a_part(source) || words(source).iter().any(|word| HELPS.contains(&word.as_str()))
}

/// Whether a module is surely the same, a part of the other one or what it became: `node:events`, `shop.cart` of `shop`.
pub fn is_nearby(old: &str, new: &str, may_split: bool) -> bool {
    let same = old.trim_start_matches("node:") == new.trim_start_matches("node:");
    let hooks = matches!(
        (old, new),
        ("@testing-library/react-hooks", "@testing-library/react")
            | ("cypress/react18" | "@cypress/react" | "@cypress/react18", "cypress/react")
            | ("react-dom/test-utils", "react" | "@testing-library/react")
            | ("cypress/vue2", "cypress/vue")
    );
    // `@/` is the product's own source.
    let of_product = old.starts_with("@/") && new.starts_with("@/") && {
        let subject = words(old.rsplit('/').next().unwrap_or_default());
        words(new).iter().any(|word| word.len() > 2 && subject.contains(word))
    };
    same || hooks || may_split && !plays_a_part(new) && (within(old, new) || within(new, old) || of_product)
}

/// A module of the product, and not one that plays a part of it.
pub fn is_product_module(source: &str) -> bool {
    let in_product =
        source.split('/').any(|part| part == "src") || source.split('.').count() > 1 && !source.starts_with('.');
    in_product && !helps(source)
}

/// Whether a name says that what it names stands for another.
pub fn plays_a_part(source: &str) -> bool {
    #[rustfmt::skip]
    const PLAYS: [&str; 27] = [
        "test", "tests", "testing", "fixture", "fixtures", "demo", "preview", "example", "examples", "legacy", "old", "deprecated",
        "sample", "dummy", "stories", "dev", "default", "fallback", "expected", "null", "noop", "nop", "mock", "mocks", "fake",
        "fakes", "stub",
    ];
    replaces(source) || words(source).iter().any(|word| PLAYS.contains(&word.as_str()))
}

/// The same of a module that helps tests: that it is one says nothing.
pub fn stands_in_for_another(source: &str) -> bool {
    const HELPS: [&str; 6] = ["test", "tests", "testing", "fixture", "fixtures", "dev"];
    let rest: Vec<String> = words(source).into_iter().filter(|word| !HELPS.contains(&word.as_str())).collect();
    plays_a_part(&rest.join("/"))
}

/// Whether a name says that what it names was made in the likeness of another, or of what another once gave.
pub fn replaces(source: &str) -> bool {
    #[rustfmt::skip]
    const REPLACES: [&str; 34] = [
        "double", "doubles", "simulator", "simulated", "simulation", "inmemory", "memory", "shim", "shims", "backup",
        "bak", "original", "orig", "reference", "golden", "harness", "skeleton", "static", "replay", "recorded",
        "offline", "snapshot", "snapshots", "precomputed", "echo", "draft", "sandbox", "lenient", "approx", "cached",
        "rounded", "copy", "vendor", "vendored",
    ];
    words(source).iter().any(|word| REPLACES.contains(&word.as_str()))
}

/// The folder of a module, as an import names it.
pub fn folder(source: &str) -> Option<&str> {
    source.rsplit_once('/').map(|(folder, _)| folder)
}
