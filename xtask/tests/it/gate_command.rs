//! `cargo heal gate` in real repositories: the checkout against a base, patches, shallow clones, what it prints.

use std::fs;
use std::time::Duration;

use crate::env::TestEnv;

const TEST: &str = "import { test, expect } from '@playwright/test';

test('pays', async ({ page }) => {
  await page.goto('/cart');
  await page.locator('#pay').click();
  await expect(page.locator('.status')).toHaveText('Paid');
});
";

fn repository() -> TestEnv {
    let env = TestEnv::new();
    env.write("tests/pay.spec.ts", TEST);
    env.write(".gitignore", "ignored/\n");
    env.commit("first");
    env
}

fn edited(from: &str, to: &str) -> String {
    assert!(TEST.contains(from));
    TEST.replace(from, to)
}

#[test]
fn the_checkout_as_it_stands_is_judged() {
    let env = repository();
    env.xtask(["heal", "gate"]).exits(0).says("accept");
    env.write("tests/pay.spec.ts", edited("#pay", "#buy"));
    env.write("ignored/tests/a.spec.ts", "test.skip('x', () => {});");
    let status = env.git(["status", "--porcelain"]);
    env.xtask(["heal", "gate", "main"]).exits(0).says("accept");
    env.xtask(["heal", "gate", "--json"]).exits(0).says(r#"{"verdict":"accept","findings":[]}"#);
    env.write("tests/pay.spec.ts", edited("'Paid'", "'Done'"));
    let ran = env.xtask(["heal", "gate", "--json"]).exits(10);
    let json = ran.json();
    assert_eq!(json["verdict"], "review", "{}", ran.shown());
    let finding = &json["findings"][0];
    assert_eq!(finding["rule"], "changed-expectation");
    assert_eq!(finding["file"], "tests/pay.spec.ts");
    assert_eq!(finding["line"], 6);
    assert_eq!(finding["test"], "pays");
    assert!(finding["message"].is_string() && finding["verdict"].is_null());
    env.xtask(["heal", "gate", "--expectations", "refuse"]).exits(11);
    env.xtask(["heal", "gate", "--expectations", "maybe"]).exits(2).says("review, refuse");
    // A file that nobody added yet counts, an ignored one does not; the index stays as it was.
    env.write("tests/new.spec.ts", "import fs from 'fs';\n");
    env.xtask(["heal", "gate"]).exits(11).says("reaches-out").says_nothing_of("ignored/");
    fs::remove_file(env.repo().join("tests/new.spec.ts")).unwrap();
    assert_eq!(env.git(["status", "--porcelain"]), status);
}

#[test]
fn edits_that_git_was_told_to_pass_over_are_judged() {
    let env = repository();
    env.write("tests/left-out.spec.ts", TEST);
    env.commit("another");
    for mark in ["--assume-unchanged", "--skip-worktree"] {
        env.git(["update-index", mark, "tests/pay.spec.ts"]);
        env.write("tests/pay.spec.ts", edited("test('pays'", "test.skip('pays'"));
        assert_eq!(env.git(["status", "--porcelain"]), "");
        env.xtask(["heal", "gate", "HEAD"]).exits(11).says("skipped-test");
        env.write("tests/pay.spec.ts", TEST);
    }
    // A sparse checkout leaves files out with the same mark.
    env.git(["update-index", "--skip-worktree", "tests/left-out.spec.ts"]);
    fs::remove_file(env.repo().join("tests/left-out.spec.ts")).unwrap();
    env.xtask(["heal", "gate", "HEAD"]).exits(0);
}

#[test]
fn commits_of_a_branch_are_compared_with_the_default_branch() {
    let env = repository();
    env.git(["switch", "--quiet", "-c", "fix"]);
    env.write("tests/pay.spec.ts", edited("test('pays'", "test.skip('pays'"));
    env.commit("skip");
    fs::create_dir_all(env.repo().join("deep/er")).unwrap();
    let ran = env.xtask_in(&env.repo().join("deep/er"), ["heal", "gate"]).exits(11).says("skipped-test");
    let pair = ran.stdout.lines().find(|line| line.contains(" + ")).unwrap_or_else(|| panic!("{}", ran.shown()));
    assert!(pair.starts_with("  - test('pays', async") && pair.contains("+ test.skip('pays'"), "{pair}");
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80 || !line.contains(" + ")), "{}", ran.shown());
    assert!(!ran.stdout.contains('\x1b'), "{}", ran.shown());
    env.xtask(["heal", "gate", "HEAD"]).exits(0);
    env.xtask(["heal", "gate", "no-such-branch"]).exits(2).says("no-such-branch").says("hint:");
}

#[test]
fn what_the_base_got_since_is_not_the_changes_doing() {
    let env = repository();
    env.git(["switch", "--quiet", "-c", "fix"]);
    env.write("tests/pay.spec.ts", edited("test('pays'", "// Pays.\ntest('pays'"));
    env.commit("a comment");
    env.git(["switch", "--quiet", "main"]);
    env.write("tests/new.spec.ts", TEST);
    env.commit("a new test");
    env.git(["switch", "--quiet", "fix"]);
    env.xtask(["heal", "gate"]).exits(0).says("1 changed file");
}

#[test]
fn a_patch_is_judged_without_touching_the_repository() {
    let env = repository();
    env.write("tests/pay.spec.ts", edited(".toHaveText('Paid')", ".toBeVisible()"));
    let patch = env.git(["diff"]) + "\n";
    env.git(["checkout", "--quiet", "."]);
    let path = env.root().join("fix.patch");
    fs::write(&path, &patch).unwrap();
    let before = (env.git(["status", "--porcelain"]), env.git(["count-objects", "-v"]));
    let file = path.to_str().unwrap();
    env.xtask(["heal", "gate", "--patch", file]).exits(11).says("weaker-assertion").says("tests/pay.spec.ts:6");
    assert_eq!(before, (env.git(["status", "--porcelain"]), env.git(["count-objects", "-v"])));
    fs::write(&path, patch.replace("await expect", "await nothing")).unwrap();
    env.xtask(["heal", "gate", "--patch", file]).exits(2).says("does not apply").says("hint:");
    fs::write(&path, "\n").unwrap();
    env.xtask(["heal", "gate", "--patch", file]).exits(2).says("empty");
    env.xtask(["heal", "gate", "--patch", "missing.patch"]).exits(2).says("missing.patch");
    env.xtask(["heal", "gate", "main", "--patch", file]).exits(2);
}

#[test]
fn links_modes_binaries_and_submodules_are_refused() {
    let env = repository();
    std::os::unix::fs::symlink("/etc/passwd", env.repo().join("tests/link.js")).unwrap();
    env.xtask(["heal", "gate"]).exits(11).says("file-kind").says("symbolic link");
    fs::remove_file(env.repo().join("tests/link.js")).unwrap();
    env.write("tests/blob.js", b"a\0b");
    env.xtask(["heal", "gate"]).exits(11).says("not plain text");
    fs::remove_file(env.repo().join("tests/blob.js")).unwrap();
    let nested = env.repo().join("tests/nested");
    fs::create_dir(&nested).unwrap();
    let nested = nested.to_str().unwrap().to_owned();
    env.git(["init", "--quiet", &nested]);
    env.git(["-C", &nested, "commit", "--quiet", "--allow-empty", "-m", "x"]);
    env.xtask(["heal", "gate"]).exits(11).says("submodule");
}

#[test]
fn a_shallow_clone_of_one_branch_fetches_what_it_compares_with() {
    let mut env = repository();
    env.git(["switch", "--quiet", "-c", "fix"]);
    env.write("tests/pay.spec.ts", edited("'Paid'", "/.*/"));
    env.commit("any text");
    let origin = format!("file://{}", env.repo().display());
    let clone = env.root().join("clone");
    env.git(["clone", "--quiet", "--depth=1", "--single-branch", "--branch=fix", &origin, clone.to_str().unwrap()]);
    env.xtask_in(&clone, ["heal", "gate", "main"]).exits(11).says("weaker-assertion");
    env.set("GITHUB_BASE_REF", "main");
    env.xtask_in(&clone, ["heal", "gate"]).exits(11).says("weaker-assertion");
}

#[test]
fn github_gets_annotations_that_nothing_breaks_out_of() {
    let mut env = repository();
    env.set("GITHUB_ACTIONS", "true");
    let title = "pays\\n::error::owned";
    env.write("tests/pay.spec.ts", edited("test('pays'", &format!("test.skip('{title}'")));
    let ran = env.xtask(["heal", "gate"]).exits(11);
    assert!(ran.stdout.contains("::error file=tests/pay.spec.ts,line=3,title=skipped-test::"), "{}", ran.shown());
    assert!(!ran.stdout.lines().any(|line| line.starts_with("::error::")), "{}", ran.shown());
}

#[test]
fn a_thousand_changed_lines_take_well_under_a_second() {
    let env = repository();
    let suite = |selector: &str| {
        let tests = (0..100).map(|at| {
            let steps = (0..10).map(|step| format!("  await page.locator('{selector}-{at}-{step}').click();\n"));
            format!("test('t{at}', async ({{ page }}) => {{\n{}  await expect(page.locator('.s')).toHaveText('{at}a');\n}});\n", steps.collect::<String>())
        });
        format!("import {{ test, expect }} from '@playwright/test';\n{}", tests.collect::<String>())
    };
    env.write("tests/big.spec.ts", suite("#old"));
    env.commit("big");
    env.write("tests/big.spec.ts", suite("#new"));
    let ran = env.xtask(["heal", "gate", "HEAD"]).exits(0);
    println!("1000 changed lines: {:?}", ran.elapsed);
    assert!(ran.elapsed < Duration::from_secs(5), "{:?}: {}", ran.elapsed, ran.shown());
}

#[test]
fn the_documentation_is_the_table() {
    let printed = TestEnv::without_repository().xtask(["heal", "gate", "--rules"]).exits(0).stdout;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/GATE.md");
    let kept = fs::read_to_string(path).unwrap_or_default();
    assert!(printed == kept, "xtask/GATE.md is stale: run `cargo heal gate --rules > xtask/GATE.md`");
}
