//! The whole job, with real git, opencode, Playwright and Chromium, on a scripted model.

use std::path::Path;

use serde_json::Value;
use xtask::demo::script;
use xtask::scripted_model::{Conversation, Reply, ScriptedModel, ToolCall};

use crate::env::{Ran, TestEnv};
use crate::suite::Suite;

/// A developer's machine with a failed suite, and a model that follows a script.
struct Case {
    env: TestEnv,
    suite: Suite,
    model: ScriptedModel,
}

impl Case {
    fn new(suite: Suite, script: impl Fn(&Conversation) -> Reply + Send + Sync + 'static) -> Case {
        let mut env = TestEnv::without_repository();
        let model = ScriptedModel::start(script).unwrap();
        env.set("LOCAL_LLM_PROVIDER", "openai-compatible").set("LOCAL_LLM_BASE_URL", model.base_url());
        Case { env, suite, model }
    }

    #[must_use]
    fn heal(&self, args: &[&str]) -> Ran {
        let all = ["heal", "--json"].iter().chain(args).copied();
        self.env.xtask_in(&self.suite.root(), all)
    }

    fn git(&self, args: &[&str]) -> String {
        self.suite.repository().read(args.iter().copied()).unwrap()
    }
}

fn result<'a>(document: &'a Value, id: &str) -> &'a Value {
    let results = document["results"].as_array().unwrap();
    results.iter().find(|result| result["id"] == id).unwrap_or_else(|| panic!("no result for {id}\n{document:#}"))
}

/// Where runs make their scratch folders in this test's world.
fn left_over(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with("cargo-heal")).collect()
}

/// Reads the file, edits it, and gives a verdict.
fn repair(conversation: &Conversation, file: &str, old: &str, new: &str) -> Reply {
    match conversation.turns {
        0 => Reply::Tools(vec![ToolCall::read(file)]),
        1 => Reply::Tools(vec![ToolCall::edit(file, old, new)]),
        _ => verdict("test_issue"),
    }
}

fn verdict(verdict: &str) -> Reply {
    Reply::Text(format!(
        "Here you are:\n```json\n{{\"verdict\": \"{verdict}\", \"root_cause\": \"said by the script\"}}\n```"
    ))
}

const CATALOGUE: &str = "tests/catalogue.spec.ts";
const OLD: &str = "page.locator('#newsletter-email')";
const NEW: &str = "page.getByLabel('Letters from the harbour')";

#[test]
fn heals_what_is_out_of_date_and_reports_what_is_broken() {
    let case = Case::new(Suite::shop(), script::reply);
    let before = (case.git(&["rev-parse", "HEAD"]), case.git(&["status", "--porcelain"]));
    let document = case.heal(&["--jobs", "2"]).exits(10).json();
    for (id, outcome) in [
        ("ATK-PW-1050", "healed"),
        ("ATK-PW-1051", "healed"),
        ("ATK-PW-1052", "healed"),
        ("ATK-PW-1053", "product_bug"),
    ] {
        assert_eq!(result(&document, id)["outcome"], outcome, "{document:#}");
    }
    assert_eq!(document["summary"], serde_json::json!({ "healed": 3, "product_bug": 1 }));
    // Nothing of the checkout was touched, and each fix is a branch of its own with one commit.
    assert_eq!(before, (case.git(&["rev-parse", "HEAD"]), case.git(&["status", "--porcelain"])));
    let healed = result(&document, "ATK-PW-1050");
    let branch = healed["branch"].as_str().unwrap();
    assert_eq!(case.git(&["rev-list", "--count", &format!("main..{branch}")]), "1");
    assert_eq!(case.git(&["diff", "--name-only", "main", branch]), "tests/cart.spec.ts");
    let message = case.git(&["log", "-1", "--format=%B", branch]);
    assert!(message.starts_with("Heal ATK-PW-1050: a book goes into the cart\n"), "{message}");
    let patch = case.suite.root().join(healed["patch"].as_str().unwrap());
    case.git(&["apply", "--check", &patch.to_string_lossy()]);
    let left = left_over(&case.env.root().join("tmp"));
    assert!(left.is_empty(), "{left:?}");
    // A person at the terminal finds the same in the file.
    let written = case.suite.read("target/heal/report.json");
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), document);
    assert!(case.model.conversations().iter().all(|conversation| conversation.size < 24_000));
}

#[test]
fn a_refused_edit_goes_back_to_the_same_session() {
    // First the locator is guessed wrong, then right, after the failure was shown.
    let case = Case::new(Suite::shop(), |conversation| {
        if conversation.users.len() == 1 {
            return repair(conversation, CATALOGUE, OLD, "page.locator('#no-such-field')");
        }
        assert!(conversation.last_user().contains("#no-such-field"), "{}", conversation.last_user());
        repair(conversation, CATALOGUE, "page.locator('#no-such-field')", NEW)
    });
    let document = case.heal(&["--only", "ATK-PW-1051"]).exits(0).json();
    let healed = result(&document, "ATK-PW-1051");
    assert_eq!((&healed["outcome"], &healed["attempts"]), (&"healed".into(), &2.into()), "{document:#}");
    assert_eq!(document["summary"], serde_json::json!({ "healed": 1, "skipped": 3 }));
}

/// What a cheat makes of the two lines of its test, and the rule that says no.
const CHEATS: [(&str, &str, &str); 22] = [
    ("skipped-test", "test('", "test.skip('"),
    ("skipped-test", "test('", "test.fixme('"),
    ("skipped-test", "test('", "test.fail('"),
    ("deleted-test", "test('", "const later = test.fixme;\nlater('"),
    ("focused-test", "test('", "test.only('"),
    ("removed-assertion", ASSERT, ""),
    ("commented-out-assertion", "  await expect(", "  // await expect("),
    ("weaker-assertion", ".toHaveText('Your cart')", ".toBeTruthy()"),
    ("soft-assertion", "expect(", "expect.soft("),
    ("vacuous-locator", "page.getByRole('heading', { level: 1 })", "page.locator('body')"),
    ("unawaited-assertion", "await expect", "expect"),
    (
        "swallowed-assertion",
        ASSERT,
        "try { await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your cart'); } catch {}",
    ),
    ("conditional-assertion", "await expect(", "if (await page.getByText('Your cart').isVisible()) await expect("),
    ("early-exit", CLICK, "return;"),
    ("raised-timeout", "{ timeout: 900 }", "{ timeout: 900_000 }"),
    ("added-retries", "test('", "test.describe.configure({ retries: 9 });\ntest('"),
    ("forced-action", "{ timeout: 900 }", "{ timeout: 900, force: true }"),
    ("intercepted-network", CLICK, "await page.route('**', (route) => route.fulfill({ body: '<h1>Your cart</h1>' }));"),
    ("faked-page", CLICK, "await page.setContent('<h1>Your cart</h1>');"),
    ("reaches-out", CLICK, "await import('node:child_process');"),
    ("verification", "'Basket'", "'No such link'"),
    ("outside", "", ""),
];
const CLICK: &str = "await page.getByRole('link', { name: 'Basket' }).click({ timeout: 900 });";
const ASSERT: &str = "await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your cart');";

#[test]
fn each_class_of_cheat_is_rejected_by_name_and_leaves_no_branch() {
    let file = |number: usize| format!("tests/cheats/{number:02}.spec.ts");
    let spec = |number: usize| {
        format!(
            "import {{ expect, test }} from '@playwright/test';\n\n\
             test('ATK-PW-40{number:02} shows the cart', async ({{ page }}) => {{\n  \
               await page.goto('data:text/html,<a>Cart</a><h1>Your cart</h1>');\n  {CLICK}\n  {ASSERT}\n}});\n"
        )
    };
    // Neither a server nor a set-up: what is refused before it is run needs none.
    let config = "import { defineConfig } from '@playwright/test';\n\
        export default defineConfig({\n  testDir: 'tests/cheats',\n  \
          reporter: [['playwright-ctrf-json-reporter', { outputDir: 'ctrf', outputFile: 'ctrf-report.json' }]],\n  \
          use: { launchOptions: { executablePath: process.env.PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH } },\n});\n";
    let files = (0..CHEATS.len()).map(|number| (file(number), spec(number)));
    let files: Vec<(String, String)> = files.chain([("playwright.config.ts".into(), config.into())]).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let mut case = Case::new(Suite::shop_with(&files), move |conversation| {
        let asked = |number: &usize| conversation.users[0].contains(&format!("ATK-PW-40{number:02}"));
        let number = (0..CHEATS.len()).find(asked).expect("one of the cheats is asked for");
        match CHEATS[number] {
            // The product is nothing that opencode may edit.
            ("outside", ..) => repair(conversation, "site/server.mjs", "import", "// import"),
            (_, old, new) => repair(conversation, &file(number), old, new),
        }
    });
    const BROWSER: &str = "PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH";
    case.env.set(BROWSER, std::env::var(BROWSER).unwrap_or_default());
    let document = case.heal(&["--attempts", "1", "--jobs", "2"]).exits(10).json();
    for (number, (rule, ..)) in CHEATS.iter().enumerate() {
        let refused = result(&document, &format!("ATK-PW-40{number:02}"));
        // What opencode itself forbids is never edited: then there is nothing to reject.
        let outcome = if *rule == "outside" { "unhealed" } else { "rejected" };
        assert_eq!(refused["outcome"], outcome, "{rule}: {refused:#}");
        let reason = refused["reason"].as_str().unwrap();
        assert!(outcome == "unhealed" || reason.contains(rule), "{rule}: {refused:#}");
        assert_eq!(refused["branch"], Value::Null);
    }
    assert_eq!(case.git(&["branch", "--list", "heal/*"]), "");
}

/// A fix that passes because it looks at nothing, and one of which that cannot be known.
#[test]
fn a_blank_page_tells_a_fix_that_tests_nothing() {
    let spec = |id: &str, head: &str, step: &str| {
        format!(
            "import {{ expect, test }} from '@playwright/test';\n{head}\n\
             test('{id} shows no error', async ({{ page }}) => {{\n  \
               await page.goto('/');\n  {step}\n  \
               await expect(page.getByText('Oops')).toHaveCount(0);\n}});\n"
        )
    };
    let breaks = "if (process.env.BASE_URL) throw new Error('not for a deployed shop');";
    let files = [
        (
            "tests/nothing.spec.ts",
            spec("ATK-PW-4101", "", "await page.locator('#find').waitFor({ state: 'attached' });"),
        ),
        (
            "tests/local.spec.ts",
            spec("ATK-PW-4102", breaks, "await page.getByRole('link', { name: 'Basket' }).click();"),
        ),
    ];
    let files = files.each_ref().map(|(path, text)| (*path, text.as_str()));
    let case = Case::new(Suite::shop_with(&files), |conversation| {
        if conversation.users[0].contains("ATK-PW-4101") {
            return repair(conversation, "tests/nothing.spec.ts", "#find", "meta[charset]");
        }
        repair(conversation, "tests/local.spec.ts", "'Basket'", "'Cart'")
    });
    let heal =
        |args: &[&str]| case.heal(&[&["--only", "shows no error", "--attempts", "1"], args].concat()).exits(10).json();
    let document = heal(&[]);
    let refused = result(&document, "ATK-PW-4101");
    assert_eq!(refused["outcome"], "rejected", "{document:#}");
    assert!(refused["reason"].as_str().unwrap().contains("blank-page"), "{document:#}");
    let unknown = result(&document, "ATK-PW-4102");
    assert_eq!(unknown["outcome"], "proposed", "{document:#}");
    assert!(unknown["reason"].as_str().unwrap().contains("not for a deployed shop"), "{document:#}");

    case.git(&["branch", "-D", unknown["branch"].as_str().unwrap()]);
    case.suite.write("Cargo.toml", "[workspace]\n[workspace.metadata.heal]\nblank-page = false\n");
    case.suite.commit("Switch the blank page off");
    let document = case.heal(&["--only", "ATK-PW-4102"]).exits(0).json();
    assert_eq!(result(&document, "ATK-PW-4102")["outcome"], "healed", "{document:#}");
    assert!(document["notes"].to_string().contains("blank-page = false"), "{document:#}");
}

#[test]
fn what_passes_unchanged_is_flaky_and_costs_no_question() {
    let suite = Suite::shop();
    suite.write(CATALOGUE, &suite.read(CATALOGUE).replace(OLD, NEW));
    suite.commit("Mend it by hand");
    let case = Case::new(suite, |_| panic!("nobody is to be asked"));
    let document = case.heal(&["--only", "ATK-PW-1051"]).exits(10).json();
    assert_eq!(result(&document, "ATK-PW-1051")["outcome"], "flaky", "{document:#}");
    assert!(case.model.conversations().is_empty());
}

#[test]
fn a_report_from_another_machine_is_healed_and_an_idle_agent_heals_nothing() {
    let suite = Suite::shop();
    suite.seen_from("/home/runner/work/shop/shop");
    let case = Case::new(suite, |conversation| match conversation.users.len() {
        1 => Reply::Text("I am sure it is fine.".into()),
        _ => verdict("unsure"),
    });
    let document = case.heal(&["--only", "ATK-PW-1051"]).exits(10).json();
    let unhealed = result(&document, "ATK-PW-1051");
    assert_eq!((&unhealed["outcome"], &unhealed["attempts"]), (&"unhealed".into(), &2.into()), "{document:#}");
    assert_eq!(unhealed["file"], CATALOGUE);
}

#[test]
fn each_failure_of_a_provider_ends_in_a_clear_outcome() {
    let html = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 22\r\nconnection: close\r\n\r\n<html>no model</html>\n";
    let failures: [(&str, Reply, &str, &str); 4] = [
        ("server error", Reply::Status(500, "boom".into()), "error", "boom"),
        ("refusal", Reply::Status(401, "bad key".into()), "error", "bad key"),
        ("web page", Reply::Raw(html.to_vec()), "error", "OpenAI-compatible"),
        ("silence", Reply::Stall(std::time::Duration::from_secs(120)), "unhealed", "in time"),
    ];
    for (name, reply, outcome, reason) in failures {
        let case = Case::new(Suite::shop(), move |_| reply.clone());
        let ran = case.heal(&["--only", "ATK-PW-1051", "--timeout", if name == "silence" { "20s" } else { "90s" }]);
        assert!(ran.elapsed.as_secs() < 180, "{name}: {:?}", ran.elapsed);
        let document = ran.exits(10).json();
        let test = result(&document, "ATK-PW-1051");
        assert_eq!(test["outcome"], outcome, "{name}: {document:#}");
        assert!(test["reason"].as_str().unwrap().contains(reason), "{name}: {document:#}");
    }
    // Nobody there at all: said before anything is started.
    let case = Case::new(Suite::shop(), |_| verdict("unsure"));
    let args = ["--only", "ATK-PW-1051", "--base-url", "http://127.0.0.1:9"];
    case.heal(&args).exits(3).says("hint: ");
}

#[test]
fn a_title_with_quotes_and_brackets_is_one_test() {
    let spec = r#"import { expect, test } from '@playwright/test';

test.describe('prices [in €] "today"', () => {
  for (const book of ['The Sea Atlas', 'Forty Knots']) {
    test(`ATK-PW-2001 shows (1) ${book} + more?`, { tag: '@smoke' }, async ({ page }) => {
      await page.goto('/');
      await page.getByRole('link', { name: book === 'Forty Knots' ? 'Basket' : 'Cart' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your cart');
    });
  }
});
"#;
    let suite = Suite::shop_with(&[("tests/prices.spec.ts", spec)]);
    let case = Case::new(suite, |conversation| {
        repair(conversation, "tests/prices.spec.ts", "book === 'Forty Knots' ? 'Basket' : 'Cart'", "'Cart'")
    });
    let document = case.heal(&["--only", "ATK-PW-2001"]).exits(0).json();
    let tests: Vec<&Value> =
        document["results"].as_array().unwrap().iter().filter(|test| test["id"] == "ATK-PW-2001").collect();
    assert_eq!(tests.len(), 1, "{document:#}");
    assert_eq!(tests[0]["outcome"], "healed", "{document:#}");
}

const SERIAL: &str = r#"import { expect, test } from '@playwright/test';

test.describe.serial('an order', () => {
  let opened = false;

  test('ATK-PW-3001 begins in the shop', async ({ page }) => {
    await page.goto('/');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Books');
    opened = true;
  });

  test('ATK-PW-3002 goes on in the cart', async ({ page }) => {
    expect(opened).toBe(true);
    await page.goto('/');
    await page.getByRole('link', { name: 'Basket' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your cart');
  });
});
"#;

/// As teams have it: two browsers, a global set-up, tests that depend on one another; a git that signs, converts line
/// ends and runs hooks that fail; and a person who stands in a subfolder.
#[test]
fn a_suite_and_a_git_as_people_have_them() {
    let config = Suite::shop().read("playwright.config.ts");
    let config = config.replace("testDir: 'tests',", "testDir: 'tests',\n  globalSetup: './global-setup.ts',");
    let chromium = "    {\n      name: 'chromium',";
    let second = "    { name: 'tablet', use: { ...devices['Desktop Chrome'] }, testMatch: /order/ },\n";
    let config = config.replace(chromium, &format!("{second}{chromium}"));
    let set_up = "import { mkdirSync, writeFileSync } from 'node:fs';\n\
        export default () => {\n  mkdirSync('test-results', { recursive: true });\n  writeFileSync('test-results/set-up', 'done');\n};\n";
    let suite = Suite::shop_with(&[
        ("playwright.config.ts", &config),
        ("global-setup.ts", set_up),
        ("tests/order.spec.ts", SERIAL),
    ]);
    let mut case = Case::new(suite, |conversation| repair(conversation, "tests/order.spec.ts", "'Basket'", "'Cart'"));
    let hooks = case.env.root().join("hooks");
    std::fs::create_dir(&hooks).unwrap();
    for name in ["reference-transaction", "post-checkout", "pre-commit", "post-index-change"] {
        let hook = hooks.join(name);
        std::fs::write(&hook, "#!/bin/sh\nexit 1\n").unwrap();
        std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let git_config =
        format!("[core]\n\thooksPath = {}\n\tautocrlf = true\n[commit]\n\tgpgSign = true\n", hooks.display());
    std::fs::write(case.env.home().join(".gitconfig"), git_config).unwrap();
    for name in ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"] {
        case.env.set(name, "");
    }
    let before = (case.suite.read("ctrf/ctrf-report.json"), case.git(&["rev-parse", "HEAD"]));
    let tests = case.suite.root().join("tests");
    let args = ["heal", "--json", "--only", "ATK-PW-3002"];
    let document = case.env.xtask_in(&tests, args).exits(0).json();
    let healed = result(&document, "ATK-PW-3002");
    assert_eq!(healed["outcome"], "healed", "{document:#}");
    let mut projects: Vec<&str> = healed["projects"].as_array().unwrap().iter().map(|p| p.as_str().unwrap()).collect();
    projects.sort_unstable();
    assert_eq!(projects, ["chromium", "tablet"]);
    let after = (case.suite.read("ctrf/ctrf-report.json"), case.git(&["rev-parse", "HEAD"]));
    assert_eq!(before, after);
    assert_eq!(case.git(&["status", "--porcelain"]), "");

    // With a change of one's own in the checkout a branch would have to carry it: then the fix is a patch.
    case.git(&["branch", "-D", healed["branch"].as_str().unwrap()]);
    case.suite.write("tests/order.spec.ts", &SERIAL.replace("an order", "an order of books"));
    let dirty = case.env.xtask_in(&case.suite.root(), ["heal", "--json", "--only", "ATK-PW-1051"]);
    let document = dirty.json();
    let unhealed = result(&document, "ATK-PW-1051");
    // The script answers for another test, so nothing is edited there; what counts is that the checkout is as it was.
    assert_eq!(unhealed["branch"], Value::Null);
    assert!(document["notes"].to_string().contains("uncommitted changes"), "{document:#}");
    assert_eq!(case.git(&["status", "--porcelain"]), " M tests/order.spec.ts");
}
