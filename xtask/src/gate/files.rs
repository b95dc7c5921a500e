//! What a path and a file's bytes say before any code is read: may it be touched, and is it plain text?

use super::Blob;
use super::words::words;

/// What a file is to the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A test or a helper of tests.
    Test,
    /// Configuration of a test runner, or what it loads by itself.
    Runner,
    /// Never part of a fix.
    Protected,
    /// Text for people.
    Prose,
    /// Recorded data: fixtures, snapshots.
    Data,
    Product,
}

/// The role of a path; `text`, the old one of a file that was there, helps where the path says nothing.
pub fn role(path: &str, text: &str) -> Role {
    let lower = path.to_ascii_lowercase();
    let parts: Vec<&str> = lower.split('/').collect();
    let name = *parts.last().unwrap_or(&"");
    if is_protected(&lower, &parts, name) {
        return Role::Protected;
    }
    if is_runner(name, &parts) {
        return Role::Runner;
    }
    #[rustfmt::skip]
    const FOLDERS: [&str; 18] = [
        "test", "tests", "e2e", "__tests__", "cypress", "spec", "specs", "playwright", "integration", "features",
        "support", "page-objects", "pageobjects", "page_objects", "testing", "test-utils", "acceptance",
        "functional",
    ];
    let in_tests = parts[..parts.len() - 1].iter().any(|part| {
        FOLDERS.contains(part) || part.ends_with("-tests") || part.ends_with("_tests") || part.ends_with("-e2e")
    });
    let named = [".spec.", ".test.", ".cy.", "-spec.", "_spec.", ".e2e.", "_test.", ".steps."]
        .iter()
        .any(|part| name.contains(part))
        || name.starts_with("test_")
        || name == "tests.py"
        || ["test-utils.", "testutils.", "test_utils.", "test-helpers.", "testing-utils."]
            .iter()
            .any(|start| name.starts_with(start));
    let speaks = [
        "@playwright/test",
        "cypress",
        "from 'vitest'",
        "import pytest",
        "playwright.sync_api",
        "from \"vitest\"",
        "@jest/globals",
        "from 'msw",
        "from \"msw",
        "selenium",
    ];
    let drives =
        ["this.page.", "self.page.", "this.driver.", "self.driver.", "cy."].iter().any(|word| text.contains(word));
    let is_page_object = drives && parts.contains(&"pages") && !name.ends_with('x');
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let is_test = in_tests
        || named
        || is_page_object
        || speaks.iter().any(|word| text.contains(word)) && super::lower::Language::of(path).is_some();
    match extension {
        "md" | "adoc" | "rst" => Role::Prose,
        "txt" if !is_test => Role::Prose,
        "" if name.starts_with('.') => Role::Runner,
        _ if is_test && is_code(extension) => Role::Test,
        _ if is_test => Role::Data,
        _ => Role::Product,
    }
}

/// Names of folders that runners are often told to leave out.
#[rustfmt::skip]
const APART: [&str; 16] = [
    "skip", "skipped", "disabled", "archive", "archived", "quarantine", "flaky", "wip", "manual", "legacy", "old",
    "nightly", "slow", "broken", "ignore", "todo",
];

/// Whether a file keeps its name and lies in a folder below the one that it was in, or in one of its folders: what runs the
/// one runs the other, unless the folder says otherwise.
pub fn lies_deeper(old: &str, new: &str) -> bool {
    let (Some((folder, name)), Some((deeper, same))) = (old.rsplit_once('/'), new.rsplit_once('/')) else {
        return false;
    };
    let below = deeper.strip_prefix(folder).filter(|rest| rest.starts_with('/'));
    let plain = |rest: &str| !words(rest).iter().any(|word| APART.contains(&word.as_str()));
    name == same && below.is_some_and(plain)
}

/// Whether a spec went to where Cypress looks for it since version 10: `cypress/integration/a.spec.js` to
/// `cypress/e2e/a.cy.js`. <https://docs.cypress.io/app/references/migration-guide>
pub fn went_to_e2e(old: &str, new: &str) -> bool {
    let (Some(old), Some(new)) = (old.split_once("cypress/integration/"), new.split_once("cypress/e2e/")) else {
        return false;
    };
    let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let (was, is) = (name(old.1), name(new.1));
    let stem = |name: &str, kinds: &[&str]| {
        kinds
            .iter()
            .find_map(|kind| name.rsplit_once(kind))
            .map(|(stem, extension)| (stem.to_owned(), extension.to_owned()))
    };
    let plain = |path: &str| !words(path).iter().any(|word| APART.contains(&word.as_str()));
    let stems = stem(&was, &[".spec.", "_spec.", "-spec.", ".test.", "."]).zip(stem(&is, &[".cy."]));
    old.0 == new.0 && plain(new.1) && stems.is_some_and(|(was, is)| was == is)
}

/// Whether files of this kind are written by hand as tests: whatever else lies among tests may be what they expect.
fn is_code(extension: &str) -> bool {
    #[rustfmt::skip]
    const CODE: [&str; 29] = [
        "js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "py", "feature", "robot", "rb", "php", "java", "kt",
        "kts", "groovy", "scala", "cs", "fs", "vb", "go", "rs", "swift", "dart", "ex", "exs", "pl", "vue",
    ];
    CODE.contains(&extension)
}

fn is_protected(lower: &str, parts: &[&str], name: &str) -> bool {
    #[rustfmt::skip]
    const FOLDERS: [&str; 13] = [
        "xtask", ".cargo", ".git", "node_modules", ".opencode", ".claude", ".cursor", ".codex", ".gemini", ".husky",
        ".venv", ".devcontainer", ".vscode",
    ];
    #[rustfmt::skip]
    const FILES: [&str; 32] = [
        "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lockb", "bun.lock",
        "cargo.lock", "poetry.lock", "uv.lock", "pipfile.lock", "composer.lock", "gemfile.lock", "opencode.json",
        "opencode.jsonc", "agents.md", "claude.md", "gemini.md", ".cursorrules", ".windsurfrules",
        "copilot-instructions.md", ".gitattributes", ".gitmodules", ".gitignore", ".mcp.json", ".npmrc", ".yarnrc",
        ".yarnrc.yml", ".netrc", ".gitlab-ci.yml", "jenkinsfile", "dockerfile", "makefile",
    ];
    parts[..parts.len() - 1].iter().any(|part| FOLDERS.contains(part))
        || lower.starts_with(".github/")
        || lower.starts_with(".ci/")
        || lower.split('/').any(|part| part == ".." || part.is_empty())
        || FILES.contains(&name)
}

fn is_runner(name: &str, parts: &[&str]) -> bool {
    #[rustfmt::skip]
    const STEMS: [&str; 22] = [
        "playwright.config", "playwright-ct.config", "cypress.config", "cypress.env", "jest.config", "jest.setup",
        "vitest.config", "vitest.setup", "vitest.workspace", "vite.config", "wdio.conf", "karma.conf", "babel.config",
        ".mocharc", ".nycrc", "tsconfig", "jsconfig", "nightwatch.conf", "codecept.conf", "protractor.conf",
        "testcafe.config", ".testcaferc",
    ];
    #[rustfmt::skip]
    const FILES: [&str; 28] = [
        "package.json", "conftest.py", "pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml", "setup.py",
        "noxfile.py", "cypress.json", ".env", "global-setup.ts", "global-setup.js", "global-teardown.ts",
        "global-teardown.js", "globalsetup.ts", "globalsetup.js", "setuptests.js", "setuptests.ts",
        "setup-tests.ts", "sitecustomize.py", "usercustomize.py", "requirements.txt", ".babelrc", ".swcrc",
        "jest.preset.js", "behat.yml", "phpunit.xml", "codeception.yml",
    ];
    STEMS.iter().any(|stem| name.starts_with(stem))
        || name.contains(".config.")
            && (name.contains("playwright")
                || name.contains("jest")
                || name.contains("vitest")
                || name.contains("cypress"))
        || FILES.contains(&name)
        || name.starts_with(".env.")
        || parts.len() > 1 && parts[..parts.len() - 1].contains(&"__mocks__")
        || name.ends_with(".pth")
}

pub fn is_conftest(path: &str) -> bool {
    path.rsplit('/').next() == Some("conftest.py")
}

/// Fixtures of pytest and its plugins, which a project's own of the same name replaces.
pub fn is_plugin_fixture(name: &str) -> bool {
    #[rustfmt::skip]
    const FIXTURES: [&str; 20] = [
        "page", "context", "browser", "new_context", "playwright", "browser_type", "browser_name",
        "browser_context_args", "browser_type_launch_args", "launch_browser", "base_url", "device", "selenium",
        "request", "capsys", "capfd", "caplog", "monkeypatch", "recwarn", "subtests",
    ];
    FIXTURES.contains(&name)
}

/// Words in a runner's configuration that keep tests from running, or from failing.
pub fn bends_runner(line: &str) -> Option<&'static str> {
    #[rustfmt::skip]
    const WORDS: [&str; 40] = [
        "grepInvert", "grep", "testIgnore", "testMatch", "testPathIgnorePatterns", "testPathPattern",
        "testNamePattern", "excludeSpecPattern", "specPattern", "retries", "retry", "repeatEach", "timeout",
        "maxFailures", "passWithNoTests", "forbidOnly", "updateSnapshots", "ignoreSnapshots", "bail", "--deselect",
        "--ignore", "collect_ignore", "pytest_collection_modifyitems", "pytest_runtest", "pytest_ignore_collect",
        "addopts", "xfail_strict", "reruns", "-k ", "xfail", "skip", "moduleNameMapper", "globalSetup", "setupFiles",
        "maxDiffPixel", "threshold", "dangerouslyIgnore", "allowOnly", "exclude", "|| true",
    ];
    WORDS.into_iter().find(|word| line.contains(word))
}

/// The first character that a reviewer cannot see, with its line.
pub fn invisible(text: &str) -> Option<(usize, char)> {
    text.lines().enumerate().find_map(|(at, line)| {
        let start = usize::from(at == 0 && line.starts_with('\u{feff}')) * 3;
        line[start..].chars().find(|next| is_invisible(*next)).map(|next| (at + 1, next))
    })
}

/// Format characters, bidirectional controls, variation selectors, tags, odd spaces. <https://trojansource.codes/>
fn is_invisible(next: char) -> bool {
    matches!(next,
        '\u{0}'..='\u{8}' | '\u{b}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}'
        | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0e}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// What is wrong with the kind of a file: link, submodule, changed mode, bytes that are no text.
pub fn kind_problem(old: Option<&Blob>, new: &Blob) -> Option<&'static str> {
    match new.mode.as_str() {
        "120000" => return Some("it is a symbolic link"),
        "160000" => return Some("it is a submodule"),
        "100644" | "100755" => {}
        _ => return Some("it is of a kind that git seldom keeps"),
    }
    match old {
        Some(old) if old.mode != new.mode => return Some("its mode changed"),
        None if new.mode == "100755" => return Some("it is a new program"),
        _ => {}
    }
    let binary = new.bytes.contains(&0) || std::str::from_utf8(&new.bytes).is_err();
    binary.then_some("it is not plain text")
}
