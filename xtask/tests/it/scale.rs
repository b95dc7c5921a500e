//! Many failures at once, with real git, opencode, Playwright and Chromium, on a scripted model.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::Value;
use xtask::http_server::{Response, Server};
use xtask::scripted_model::{Conversation, Reply, ScriptedModel, ToolCall};

use crate::env::TestEnv;
use crate::heal_github::Runner;
use crate::suite::Suite;

const CONFIG: &str = r"import { existsSync } from 'node:fs';
import { chromium, defineConfig } from '@playwright/test';

const browsers = [process.env.PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH ?? '', chromium.executablePath(), '/usr/bin/chromium'];

export default defineConfig({
  testDir: 'tests',
  fullyParallel: true,
  reporter: [['playwright-ctrf-json-reporter', { outputDir: 'ctrf', outputFile: 'ctrf-report.json', screenshot: false }]],
  use: {
    baseURL: process.env.BASE_URL,
    actionTimeout: 4_000,
    launchOptions: { executablePath: browsers.find((path) => existsSync(path)) },
  },
});
";

const PAGE: &str = r#"<!doctype html><title>Shop</title><h1>Books</h1>
<button onclick="document.querySelector('[role=status]').textContent = '1 in the cart'">Add to cart</button>
<button onclick="document.querySelector('[role=status]').textContent = 'The cart is open'">Open the cart</button>
<p role="status">0 in the cart</p>
<label>Letters from us <input onchange="document.querySelector('[role=alert]').textContent = this.value"></label>
<p role="alert"></p>
"#;

const HELPER: &str = "tests/support/cart.ts";
const HELPER_TEXT: &str = "import type { Page } from '@playwright/test';\n\n\
    export const press = async (page: Page, what: string) => {\n  \
    await page.getByRole('button', { name: `${what} basket` }).click();\n};\n";

fn site() -> Server {
    Server::start(|_| Response::html(200, PAGE)).unwrap()
}

/// A test that presses a button of the helper and looks at the status.
fn spec(id: &str, button: &str, status: &str) -> String {
    format!(
        "import {{ expect, test }} from '@playwright/test';\nimport {{ press }} from './support/cart';\n\n\
         test('{id} presses a button', async ({{ page }}) => {{\n  await page.goto('/');\n  \
         await press(page, '{button}');\n  await expect(page.getByRole('status')).toHaveText('{status}');\n}});\n"
    )
}

/// A test with a cause of its own.
fn letters(id: &str) -> String {
    format!(
        "import {{ expect, test }} from '@playwright/test';\n\ntest('{id} subscribes', async ({{ page }}) => {{\n  \
         await page.goto('/');\n  await page.locator('#letters-{id}').fill('ada@example.com');\n  \
         await page.getByRole('heading').click();\n  \
         await expect(page.getByRole('alert')).toHaveText('ada@example.com');\n}});\n"
    )
}

fn suite(config: &str, files: &[(&str, String)], base_url: &str) -> Suite {
    let mut all = vec![("playwright.config.ts", config), (HELPER, HELPER_TEXT)];
    all.extend(files.iter().map(|(path, text)| (*path, text.as_str())));
    Suite::of(&all, base_url)
}

/// Mends the helper, or the field of the test that the question is about.
fn mend(conversation: &Conversation) -> Reply {
    let task = conversation.users[0].lines().next().unwrap();
    let id = task.split_whitespace().find(|word| word.starts_with("SHOP-")).unwrap();
    let letters = ["SHOP-303", "SHOP-401", "SHOP-402"].contains(&id);
    let (file, old, new) = match letters {
        true => (format!("tests/{id}.spec.ts"), format!("locator('#letters-{id}')"), "getByLabel('Letters from us')"),
        false => (HELPER.to_owned(), "${what} basket".to_owned(), "${what} cart"),
    };
    match conversation.turns {
        0 => Reply::Tools(vec![ToolCall::read(file)]),
        1 => Reply::Tools(vec![ToolCall::edit(file, old, new)]),
        _ => verdict("test_issue"),
    }
}

fn verdict(verdict: &str) -> Reply {
    Reply::Text(format!("{{\"verdict\": \"{verdict}\", \"root_cause\": \"the basket is called a cart now\"}}"))
}

fn sessions(model: &ScriptedModel) -> usize {
    model.conversations().iter().filter(|conversation| conversation.turns == 0).count()
}

fn developer(model: &ScriptedModel, site: &Server) -> TestEnv {
    let mut env = TestEnv::without_repository();
    env.set("LOCAL_LLM_PROVIDER", "openai-compatible").set("LOCAL_LLM_BASE_URL", model.base_url());
    env.set("BASE_URL", site.url());
    env
}

fn outcomes(document: &Value) -> Vec<(&str, &str)> {
    let results = document["results"].as_array().unwrap().iter();
    results.map(|result| (result["id"].as_str().unwrap(), result["outcome"].as_str().unwrap())).collect()
}

#[test]
fn twelve_failures_of_one_button_are_one_session_twelve_proofs_and_one_pull_request() {
    let site = site();
    let paths: Vec<String> = (201..213).map(|n| format!("tests/SHOP-{n}.spec.ts")).collect();
    let spec = |path: &str| spec(&path[6..14], "Add to", "1 in the cart");
    let files: Vec<(&str, String)> = paths.iter().map(|path| (path.as_str(), spec(path))).collect();
    let mut runner = Runner::of(suite(CONFIG, &files, &site.url()), mend);
    runner.env.set("BASE_URL", site.url());
    let args = ["heal", "--json", "--jobs", "2", "--repeat", "1"];
    let ran = runner.env.xtask_in(&runner.suite.root(), args).exits(0);
    let document = ran.json();
    assert_eq!(document["summary"], serde_json::json!({ "healed": 12 }), "{document:#}");
    assert_eq!(sessions(&runner.model), 1, "{}\n{:#?}", ran.shown(), runner.model.conversations());
    let results = document["results"].as_array().unwrap();
    let attempts: u64 = results.iter().map(|result| result["attempts"].as_u64().unwrap()).sum();
    assert_eq!(attempts, 1, "{document:#}");

    let pulls = runner.hub.pull_requests();
    assert_eq!((runner.hub.issues().len(), pulls.len()), (12, 1), "{pulls:?}");
    let number = results[0]["pull_request"].as_u64().unwrap();
    assert!(results.iter().all(|result| result["pull_request"] == number && result["branch"] == results[0]["branch"]));
    let body = runner.hub.lock().entry(number).unwrap()["body"].as_str().unwrap().to_owned();
    for result in results {
        assert!(body.contains(&format!("\nFixes #{}\n", result["issue"])), "{body}");
        let proof = format!("- {}: ", result["id"].as_str().unwrap().replace('-', "\\-"));
        let line = body.lines().find(|line| line.starts_with(&proof)).unwrap_or_else(|| panic!("no {proof}\n{body}"));
        assert!(
            line.contains("passes once") && line.contains("its file passes") && line.contains("blank page"),
            "{line}"
        );
    }
    let _ = runner.env.xtask_in(&runner.suite.root(), args).exits(10);
    assert_eq!((sessions(&runner.model), runner.hub.pull_requests()), (1, pulls));
}

#[test]
fn the_number_of_jobs_changes_nothing_in_the_results() {
    let site = site();
    let files = [
        ("tests/SHOP-301.spec.ts", spec("SHOP-301", "Add to", "1 in the cart")),
        ("tests/SHOP-302.spec.ts", spec("SHOP-302", "Open the", "The cart is open")),
        ("tests/SHOP-303.spec.ts", letters("SHOP-303")),
        ("tests/SHOP-304.spec.ts", letters("SHOP-304")),
    ];
    let suite = suite(CONFIG, &files, &site.url());
    let model = ScriptedModel::start(|conversation| match conversation.users[0].contains("SHOP-304") {
        true => verdict("product_bug"),
        false => mend(conversation),
    })
    .unwrap();
    let run = |jobs: &str| {
        let env = developer(&model, &site);
        let args = ["heal", "--json", "--repeat", "1", "--jobs", jobs];
        let mut document = env.xtask_in(&suite.root(), args).exits(10).json();
        for result in document["results"].as_array_mut().unwrap() {
            (result["seconds"], result["tokens"]) = (0.into(), Value::Null);
        }
        let branch = document["results"][0]["branch"].as_str().unwrap().to_owned();
        let git = |args: &[&str]| suite.repository().read(args.iter().copied()).unwrap();
        let message = git(&["log", "-1", "--format=%B", &branch]);
        let branches = git(&["branch", "--list", "heal/*"]).lines().count();
        (document, message, branches)
    };
    let one = run("1");
    // The second test fails for another reason, and is healed by the same change of the helper: nobody is asked.
    let ids = ["SHOP-301", "SHOP-302", "SHOP-303", "SHOP-304"];
    assert_eq!(
        outcomes(&one.0),
        ids.into_iter().zip(["healed", "healed", "healed", "product_bug"]).collect::<Vec<_>>()
    );
    assert_eq!((sessions(&model), one.2), (3, 2), "{:#}", one.0);
    let second = &one.0["results"][1];
    assert!(second["reason"].as_str().unwrap().starts_with("the fix of SHOP-301 heals it too: "), "{second:#}");
    assert_eq!((&second["branch"], &second["attempts"]), (&one.0["results"][0]["branch"], &0.into()));
    assert!(one.1.starts_with("Heal SHOP-301: presses a button (and 1 more)\n"), "{}", one.1);
    assert!(one.1.contains("\nProof: SHOP-302: `SHOP-302` passes once"), "{}", one.1);
    assert_eq!(run("4"), one);
    assert_eq!(sessions(&model), 6);
}

#[test]
fn a_suite_that_serves_on_a_fixed_port_takes_turns() {
    let server = format!(
        "import {{ createServer }} from 'node:http';\nconst page = {page:?};\n\
         createServer((_, response) => response.writeHead(200, {{ 'content-type': 'text/html' }}).end(page))\
         .listen(Number(process.env.PORT), '127.0.0.1');\n",
        page = PAGE
    );
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    let web_server =
        format!("  webServer: {{ command: 'node server.mjs', url: '{url}', env: {{ PORT: '{port}' }} }},\n  use: {{");
    let config = CONFIG.replace("process.env.BASE_URL", &format!("'{url}'")).replace("  use: {", &web_server);
    let files = [
        ("server.mjs", server),
        ("tests/SHOP-401.spec.ts", letters("SHOP-401")),
        ("tests/SHOP-402.spec.ts", letters("SHOP-402")),
    ];
    let suite = suite(&config, &files, "");
    let model = ScriptedModel::start(mend).unwrap();
    let mut env = TestEnv::without_repository();
    env.set("LOCAL_LLM_PROVIDER", "openai-compatible").set("LOCAL_LLM_BASE_URL", model.base_url());
    let args = ["heal", "--json", "--repeat", "1", "--jobs", "2"];
    let document = env.xtask_in(&suite.root(), args).exits(0).json();
    assert_eq!(document["summary"], serde_json::json!({ "healed": 2 }), "{document:#}");
    assert!(document["notes"].to_string().contains("fixed port"), "{document:#}");
}

#[test]
fn a_budget_ends_a_run_with_what_is_done() {
    let site = site();
    let files = [
        ("tests/SHOP-401.spec.ts", letters("SHOP-401")),
        ("tests/SHOP-402.spec.ts", letters("SHOP-402")),
        ("tests/SHOP-403.spec.ts", letters("SHOP-403")),
    ];
    let suite = suite(CONFIG, &files, &site.url());
    // The second question is never answered.
    let model = ScriptedModel::start(|conversation| match conversation.users[0].contains("SHOP-401") {
        true => mend(conversation),
        false => Reply::Stall(Duration::from_secs(600)),
    })
    .unwrap();
    let env = developer(&model, &site);
    let args = ["heal", "--json", "--repeat", "1", "--budget", "60s"];
    let ran = env.xtask_in(&suite.root(), args);
    assert!(ran.elapsed < Duration::from_secs(90), "{:?}", ran.elapsed);
    let document = ran.exits(10).json();
    let found = outcomes(&document);
    assert_eq!((found[0], found[2]), (("SHOP-401", "healed"), ("SHOP-403", "skipped")), "{document:#}");
    // A slow machine may not get as far as the question.
    assert!(["unhealed", "skipped"].contains(&found[1].1), "{document:#}");
    assert!(document["results"][2]["reason"].as_str().unwrap().contains("budget"), "{document:#}");
    let written: Value = serde_json::from_str(&suite.read("target/heal/report.json")).unwrap();
    assert_eq!(written, document);
}
