//! Each runner for real: exactly the test that is asked for runs, and what looks green without having passed is told
//! apart.

use xtask::plan::PlannedTest;
use xtask::proc::{self, Confinement, Environment, Limits};
use xtask::runner::Status::{self, ExpectedFailure, Failed, Passed, Skipped};
use xtask::runner::{self, Framework, Selection, Site, Target, TestRun};
use xtask::scripted_model::{Conversation, Reply, ScriptedModel, ToolCall};

use crate::env::{TestEnv, tools};

/// A folder with a suite, and the tools in reach as a project has them.
fn suite(files: &[(&str, &str)]) -> TestEnv {
    let env = TestEnv::new();
    for (path, text) in files {
        env.write(path, text);
    }
    for (from, to) in [("node_modules", "node_modules"), ("python", ".venv")] {
        std::os::unix::fs::symlink(tools().join(from), env.repo().join(to)).unwrap();
    }
    env
}

fn run(env: &TestEnv, framework: &Framework, file: &str, name: &str, selection: Selection) -> (Target, TestRun) {
    let test = PlannedTest { file: file.into(), name: name.into(), ..PlannedTest::default() };
    let (target, dir) = Target::locate(&test, framework, &env.repo());
    proc::supervise_with(env!("CARGO_BIN_EXE_xtask"));
    let environment = Environment::clean().home(&env.home()).unwrap();
    let confinement = Confinement { environment, sandbox: None };
    let (out, logs) = (env.root().join("out"), env.root());
    let site = Site { confinement, out, logs, timeout: std::time::Duration::from_secs(120) };
    let run = runner::run(framework, &target, &dir, selection, "run", None, &site).unwrap();
    (target, run)
}

/// Runs each test by the name that its reporter gives it, and checks that it alone ran, and how.
fn check(env: &TestEnv, framework: &Framework, file: &str, cases: &[(&str, &[Status])]) {
    for (name, expected) in cases {
        let (target, run) = run(env, framework, file, name, Selection::Test { repeat: 1 });
        let own: Vec<_> = run.ran.of(&target).collect();
        let statuses: Vec<Status> = own.iter().map(|test| test.status).collect();
        assert_eq!(&statuses, expected, "{framework:?} {name}: {run:#?}");
        let mut others = run.ran.tests.iter().filter(|test| !own.contains(test));
        assert!(others.all(|other| other.status == Skipped), "{framework:?} {name}: {run:#?}");
        assert!(own.iter().all(|test| test.status != Failed || !test.message.is_empty()), "{run:#?}");
    }
    // Twice is twice, and the file is all of it.
    let (target, twice) = run(env, framework, file, cases[0].0, Selection::Test { repeat: 2 });
    assert_eq!(twice.ran.of(&target).filter(|test| test.status == Passed).count(), 2, "{twice:#?}");
    let (_, whole) = run(env, framework, file, cases[0].0, Selection::File);
    let there = cases.iter().filter(|(_, expected)| !expected.is_empty()).count();
    assert!(whole.ran.tests.len() >= there, "{framework:?}: {whole:#?}");
}

const JEST: &str = r#"describe('cart', () => {
  describe('total', () => { test('adds', () => {}); });
  describe('other', () => { test('adds', () => { throw new Error('the wrong one'); }); });
  test('passes (1) [a] $2.50 +  "q" – 100% a/b-c', () => {});
  test('fails', () => { throw new Error('no'); });
  test.skip('skips', () => {});
  test.failing('is expected to fail', () => { throw new Error('known'); });
  test.failing('is expected to fail, and passes', () => {});
});
"#;

#[test]
fn jest() {
    let env = suite(&[("package.json", "{}"), ("unit/cart.test.js", JEST), ("unit/my-cart.test.js", JEST)]);
    let cases: [(&str, &[Status]); 8] = [
        ("cart total adds", &[Passed]),
        ("cart other adds", &[Failed]),
        ("cart passes (1) [a] $2.50 +  \"q\" – 100% a/b-c", &[Passed]),
        ("cart fails", &[Failed]),
        ("cart skips", &[Skipped]),
        ("cart is expected to fail", &[ExpectedFailure]),
        ("cart is expected to fail, and passes", &[Failed]),
        ("cart was renamed", &[]),
    ];
    check(&env, &Framework::Jest, "unit/cart.test.js", &cases);
}

#[test]
fn vitest() {
    let text = JEST.replace("test.failing", "test.fails");
    let text = format!("import {{ describe, test }} from 'vitest';\n{text}");
    let env = suite(&[("package.json", "{}"), ("unit/cart.test.js", &text), ("unit/my-cart.test.js", &text)]);
    let cases: [(&str, &[Status]); 6] = [
        ("cart > total > adds", &[Passed]),
        ("cart > other > adds", &[Failed]),
        ("cart > passes (1) [a] $2.50 +  \"q\" – 100% a/b-c", &[Passed]),
        ("cart > skips", &[Skipped]),
        ("cart > is expected to fail, and passes", &[Failed]),
        ("cart > was renamed", &[]),
    ];
    check(&env, &Framework::Vitest, "unit/cart.test.js", &cases);
}

#[test]
fn mocha() {
    let text: String = JEST.lines().filter(|line| !line.contains("failing")).collect::<Vec<_>>().join("\n");
    let text = text.replace("test.skip(", "it.skip(").replace("test(", "it(");
    let env = suite(&[("package.json", "{}"), ("unit/cart.spec.js", &text), ("unit/my-cart.spec.js", &text)]);
    let cases: [(&str, &[Status]); 5] = [
        ("cart total adds", &[Passed]),
        ("cart other adds", &[Failed]),
        ("cart passes (1) [a] $2.50 +  \"q\" – 100% a/b-c", &[Passed]),
        ("cart skips", &[Skipped]),
        ("cart was renamed", &[]),
    ];
    check(&env, &Framework::Mocha, "unit/cart.spec.js", &cases);
}

const PYTEST: &str = r#"import pytest

class TestTotal:
    def test_adds(self):
        pass

class TestOther:
    def test_adds(self):
        assert False, "the wrong one"

@pytest.mark.parametrize("text", ["with space & [b]/::x", "plain"])
def test_odd(text):
    assert text != "plain"

@pytest.mark.skip
def test_skips():
    pass

@pytest.mark.xfail
def test_is_expected_to_fail():
    assert False

@pytest.mark.xfail
def test_is_expected_to_fail_and_passes():
    pass

@pytest.fixture
def breaks():
    yield
    raise RuntimeError("in the tear-down")

def test_tears_down(breaks):
    pass
"#;

/// The report is the test's to write, and it ends the runner before that can say anything else.
const FORGED: &str = r#"
import os
def test_forged():
    with open(os.environ["CARGO_HEAL_REPORT"], "a") as report:
        report.write('{"nodeid":"unit/test_cart.py::test_forged","when":"call","outcome":"passed",')
        report.write('"wasxfail":false,"message":""}\n')
    os.kill(os.getpid(), 9)
"#;

#[test]
fn a_runner_that_is_killed_proves_nothing() {
    let env = suite(&[("pytest.ini", "[pytest]"), ("unit/test_cart.py", FORGED)]);
    let name = "unit/test_cart.py::test_forged";
    let (_, run) = run(&env, &Framework::Pytest, "unit/test_cart.py", name, Selection::Test { repeat: 1 });
    assert_eq!(run.ran.errors, ["the test run was killed by signal 9"], "{run:#?}");
}

#[test]
fn pytest() {
    if !tools().join("python/bin/pytest").exists() {
        return eprintln!("not run: no pytest in {}; scripts/setup --linters installs it", tools().display());
    }
    let env = suite(&[("pytest.ini", "[pytest]\n"), ("tests/test_cart.py", PYTEST)]);
    let cases: [(&str, &[Status]); 9] = [
        ("tests/test_cart.py::TestTotal::test_adds", &[Passed]),
        ("tests/test_cart.py::TestOther::test_adds", &[Failed]),
        ("tests/test_cart.py::test_odd[with space & [b]/::x]", &[Passed]),
        ("tests/test_cart.py::test_odd[plain]", &[Failed]),
        ("tests/test_cart.py::test_skips", &[Skipped]),
        ("tests/test_cart.py::test_is_expected_to_fail", &[ExpectedFailure]),
        ("tests/test_cart.py::test_is_expected_to_fail_and_passes", &[Failed]),
        ("tests/test_cart.py::test_tears_down", &[Failed]),
        ("tests/test_cart.py::test_was_renamed", &[]),
    ];
    check(&env, &Framework::Pytest, "tests/test_cart.py", &cases);
}

#[test]
fn nextest() {
    if which::which("cargo-nextest").is_err() {
        return eprintln!("not run: cargo-nextest is not on the PATH, and scripts/setup does not install it");
    }
    let text = "mod total { #[test] fn adds() {} }\nmod other { #[test] fn adds() { panic!(\"the wrong one\") } }\n\
                #[test] #[ignore] fn skips() {}\n#[test] #[should_panic] fn panics() { panic!() }\n";
    let manifest = "[package]\nname = \"cart\"\nedition = \"2021\"\n[workspace]\n";
    let files = [("Cargo.toml", manifest), ("src/lib.rs", ""), ("tests/it.rs", text), ("tests/more.rs", text)];
    let env = suite(&files);
    let cases: [(&str, &[Status]); 4] = [
        ("cart::it: total::adds", &[Passed]),
        ("cart::more: other::adds", &[Failed]),
        ("cart::it: panics", &[Passed]),
        ("cart::it: was_renamed", &[]),
    ];
    check(&env, &Framework::Nextest, "tests/it.rs", &cases);
}

/// A tool that nobody knows: it runs the tests of one file, or one of them, and writes a CTRF report.
const HARBOUR: &str = r#"import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
const [file, only] = process.argv.slice(2);
const tests = [];
globalThis.test = (name, body) => tests.push({ name, body });
await import(resolve(file));
const results = [];
for (const { name, body } of tests) {
  if (only && name !== only) continue;
  const result = { name, status: 'passed', duration: 1, filePath: resolve(file) };
  try { await body(); } catch (error) { Object.assign(result, { status: 'failed', message: String(error) }); }
  results.push(result);
}
const count = (status) => results.filter((result) => result.status === status).length;
const summary = { tests: results.length, passed: count('passed'), failed: count('failed'), skipped: 0, pending: 0, other: 0, start: 1, stop: 2 };
mkdirSync('ctrf', { recursive: true });
writeFileSync('ctrf/ctrf-report.json', JSON.stringify({ results: { tool: { name: 'harbour' }, summary, tests: results } }));
"#;

const PRICES: &str = "import assert from 'node:assert/strict';
import * as shop from './support/shop.mjs';

test('the price of (1) \"atlas\" [€]', () => {
  const price = shop.priceOf('The Sea Atlas');
  assert.equal(price, 24.5);
});

test('the others', () => {
  assert.equal(shop.priceFor('Forty Knots'), 12);
});
";

const SHOP: &str = "export const priceFor = (book) => ({ 'The Sea Atlas': 24.5, 'Forty Knots': 12 })[book];\n";

const IGNORED: &str = "node_modules\n.venv\nctrf\ntarget\n";

/// Commits the suite, runs it as its team would, and heals it with a model that makes one edit.
fn heal(mut env: TestEnv, team: &[&str], args: &[&str], edit: (&'static str, &'static str, &'static str)) {
    env.write(".gitignore", IGNORED);
    env.commit("A suite");
    let mut command = env.command(team[0]);
    command.args(&team[1..]);
    let _ = crate::env::Ran::of(command, Limits::seconds(60));
    let (file, old, new) = edit;
    let model = ScriptedModel::start(move |conversation: &Conversation| match conversation.turns {
        0 => Reply::Tools(vec![ToolCall::read(file)]),
        1 => Reply::Tools(vec![ToolCall::edit(file, old, new)]),
        _ => {
            Reply::Text("{\"verdict\": \"test_issue\", \"root_cause\": \"the helper is called otherwise now\"}".into())
        }
    })
    .unwrap();
    env.set("LOCAL_LLM_PROVIDER", "openai-compatible").set("LOCAL_LLM_BASE_URL", model.base_url());
    let ran = env.xtask(["heal", "--json"].iter().chain(args).copied()).exits(10);
    let document = ran.json();
    // What is asserted comes from elsewhere now: proved, and for a person to judge.
    assert_eq!(document["summary"], serde_json::json!({ "proposed": 1 }), "{document:#}");
    let branch = document["results"][0]["branch"].as_str().unwrap();
    assert_eq!(env.git(["diff", "--name-only", "main", branch]).trim(), file);
    assert_eq!(env.git(["status", "--porcelain"]), "");
}

#[test]
fn heals_with_a_command_of_the_users_own() {
    let files = [("harbour.mjs", HARBOUR), ("tests/prices.mjs", PRICES), ("tests/support/shop.mjs", SHOP)];
    let team = ["node", "harbour.mjs", "tests/prices.mjs"];
    let args = ["--test-command", "node", "harbour.mjs", "{file}", "{name}"];
    heal(suite(&files), &team, &args, ("tests/prices.mjs", "shop.priceOf(", "shop.priceFor("));
}

#[test]
fn heals_a_jest_test() {
    let text = "const shop = require('./support/shop');\n\ndescribe('prices', () => {\n  test('of the atlas', () => {\n    \
                expect(shop.priceFor('The Sea Atlas')).toBe(24.5);\n  });\n});\n";
    let helper = "exports.priceFor = (book) => ({ 'The Sea Atlas': 24.5 })[book];\n";
    // No CTRF reporter of Jest is installed: the team's report is written as `jest-ctrf` writes it.
    let report = "const fs = require('fs'); fs.mkdirSync('ctrf'); const test = { name: 'prices of the atlas', suite: \
                  'prices.test.js > prices', status: 'failed', duration: 1, filePath: process.cwd() + \
                  '/tests/prices.test.js', message: 'TypeError: shop.priceFor is not a function' }; \
                  fs.writeFileSync('ctrf/ctrf-report.json', JSON.stringify({ results: { tool: { name: 'jest' }, \
                  summary: { tests: 1, passed: 0, failed: 1, skipped: 0, pending: 0, other: 0, start: 1, stop: 2 }, \
                  tests: [test] } }));";
    let env = suite(&[
        ("package.json", "{}"),
        ("tests/prices.test.js", text),
        ("tests/support/shop.js", "exports.open = () => {};\n"),
        ("tests/support/catalogue.js", helper),
    ]);
    heal(env, &["node", "-e", report], &[], ("tests/prices.test.js", "./support/shop", "./support/catalogue"));
}
