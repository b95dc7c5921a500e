//! The heals that `scripts/bench` times: a shop with failing tests, a model that answers at once, the program beside this
//! one, and the bare runs that a heal cannot do without. Prints one JSON object of seconds and counts.
//!
//! `bench one` is one heal against its bare parts; `bench many N JOBS own|shared` heals N failures, each with a cause of
//! its own or all with the same.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use xtask::demo::{script, shop};
use xtask::http_server::{Response, Server as Site};
use xtask::opencode_config::{self, Config};
use xtask::proc::{self, Limits};
use xtask::scripted_model::{self, Conversation, Reply, ScriptedModel, ToolCall};
use xtask::settings::Provider;
use xtask::tools::opencode::{Launch, Patience, Server};

const FILE: &str = "tests/catalogue.spec.ts";
const TEST: &str = "ATK-PW-1051";
const OLD: &str = "page.locator('#newsletter-email')";
const NEW: &str = "page.getByLabel('Letters from the harbour')";
const LETTERS: &str = "tests/support/letters.ts";

fn main() -> ExitCode {
    // The supervisor of what runs inside walls is this program, started once more.
    #[cfg(target_os = "linux")]
    {
        if let Some(code) = xtask::sandbox::supervise::dispatch(std::env::args_os()) {
            return code;
        }
        proc::supervise_with("/proc/self/exe");
    }
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let measured = match args[..] {
        ["one"] => one(),
        ["many", number, jobs, cause @ ("own" | "shared")] => many(number, jobs, cause == "shared"),
        _ => Err(anyhow::anyhow!("usage: bench one | bench many N JOBS own|shared")),
    };
    match measured {
        Ok(measured) => {
            println!("{measured}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A shop whose suite has run and failed.
struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new(files: &[(&str, &str)]) -> Result<World> {
        let folder = tempfile::Builder::new().prefix("heal-bench-").tempdir()?;
        shop::write(folder.path(), &shop::FILES)?;
        shop::write(folder.path(), files)?;
        shop::commit(folder.path())?;
        shop::provide_modules(folder.path())?;
        shop::run_suite(folder.path())?;
        Ok(World { folder })
    }

    fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap_or_else(|_| self.folder.path().to_owned())
    }

    /// `cargo heal` of the tests that `only` names; its seconds, and how many it healed.
    fn heal(&self, model: &ScriptedModel, only: &str, jobs: &str) -> Result<(f64, u64)> {
        let program = std::env::current_exe()?;
        let program = program.ancestors().nth(2).context("no folder of programs")?.join("xtask");
        let mut command = Command::new(program);
        command.args([
            "heal",
            "--json",
            "--mode=local",
            "--provider=openai-compatible",
            "--only",
            only,
            "--jobs",
            jobs,
        ]);
        command.args(["--base-url", &model.base_url(), "--model", scripted_model::MODEL]);
        command.current_dir(self.root()).env("PWD", self.root());
        let finished = proc::run(command, &Limits::seconds(1_800))?;
        let document: Value = serde_json::from_slice(&finished.stdout).with_context(|| finished.stderr_text())?;
        Ok((finished.elapsed.as_secs_f64(), document["summary"]["healed"].as_u64().unwrap_or(0)))
    }

    /// One bare start of Playwright.
    fn playwright(&self, args: &[&str], base_url: Option<&str>) -> Result<f64> {
        let mut command = Command::new(self.root().join("node_modules/.bin/playwright"));
        command.args(["test", FILE, "--workers=1", "--retries=0", "--reporter=line"]).args(args);
        command.current_dir(self.root()).env("PWD", self.root());
        if let Some(url) = base_url {
            command.env("BASE_URL", url);
        }
        Ok(proc::run(command, &Limits::seconds(300))?.elapsed.as_secs_f64())
    }
}

/// One heal, and the sum of what it cannot do without: the test alone as it is, with the fix twice, its file, the test on a
/// blank page, and one session of opencode.
fn one() -> Result<Value> {
    let world = World::new(&[])?;
    let model = ScriptedModel::start(script::reply)?;
    let (heal, healed) = world.heal(&model, TEST, "1")?;
    if healed != 1 {
        bail!("the heal that is to be timed did not heal");
    }
    let sent: usize = model.conversations().iter().map(|conversation| conversation.size).sum();
    let requests = model.conversations().len();
    let reproduce = world.playwright(&["-g", TEST], None)?;
    let opencode = session(&world.root())?;
    shop::write(&world.root(), &[(FILE, &fixed()?)])?;
    let verify = world.playwright(&["-g", TEST, "--repeat-each=2"], None)?;
    let file = world.playwright(&[], None)?;
    let blank_site = Site::start(|_| Response::html(200, "<!doctype html><title></title>"))?;
    let blank = world.playwright(&["-g", TEST, "--project=chromium", "--no-deps"], Some(&blank_site.url()))?;
    let bare = reproduce + opencode + verify + file + blank;
    Ok(json!({
        "heal": heal, "bare": bare, "reproduce": reproduce, "opencode": opencode, "verify": verify, "file": file,
        "blank": blank, "requests": requests, "characters": sent,
    }))
}

fn fixed() -> Result<String> {
    let (_, text) = shop::FILES.iter().find(|(path, _)| *path == FILE).context("the shop has no catalogue")?;
    Ok(text.replace(OLD, NEW))
}

/// opencode served, asked once, and ended, without walls.
fn session(root: &Path) -> Result<f64> {
    let model = ScriptedModel::start(script::reply)?;
    let home = tempfile::tempdir()?;
    let room = tempfile::tempdir()?;
    xtask::tools::git::run(root, ["clone", "--quiet", ".", &room.path().join("shop").to_string_lossy()])?;
    let config = Config {
        provider: Provider::OpenAiCompatible,
        model: scripted_model::MODEL.to_owned(),
        base_url: Some(model.base_url().trim_end_matches("/v1").to_owned()),
        context: None,
        allow: vec!["tests/**".to_owned()],
        prompt: "Repair the test.".to_owned(),
    };
    let started = Instant::now();
    let launch = Launch {
        program: &which::which("opencode")?,
        home: home.path(),
        room: room.path(),
        config: &opencode_config::render(&config),
        model_port: model.port(),
        keys: Vec::new(),
        walls: false,
        log: &home.path().join("opencode.log"),
    };
    let server = Server::start(&launch)?;
    let folder = room.path().join("shop");
    let mut session = server.session(&folder, config.provider.name(), scripted_model::MODEL)?;
    let minute = Duration::from_secs(60);
    let turn = session.ask(TEST, Patience { timeout: minute, idle: minute, steps: 30, retries: 3 })?;
    if turn.end != xtask::tools::opencode::End::Answered {
        bail!("the bare session ended with {:?}", turn.end);
    }
    Ok(started.elapsed().as_secs_f64())
}

fn many(number: &str, jobs: &str, shared: bool) -> Result<Value> {
    let number: u64 = number.parse()?;
    let id = |index: u64| format!("ATK-PW-2{index:03}");
    let mut files = Vec::new();
    for index in 0..number {
        let path = format!("tests/letters-{index}.spec.ts");
        let (import, field) = if shared {
            ("import { letters } from './support/letters';\n", "letters(page)".to_owned())
        } else {
            ("", format!("page.locator('#letters-{index}')"))
        };
        let text = format!(
            "import {{ expect, test }} from '@playwright/test';\n{import}\ntest('{} subscribes', async ({{ page }}) => {{\n  \
             await page.goto('/');\n  await {field}.fill('ada@example.com');\n  \
             await page.getByRole('button', {{ name: 'Subscribe' }}).click();\n  \
             await expect(page.getByRole('alert')).toHaveText('Thank you. We write to ada@example.com.');\n}});\n",
            id(index)
        );
        files.push((path, text));
    }
    if shared {
        let text = "import type { Page } from '@playwright/test';\n\n\
                    export const letters = (page: Page) => page.locator('#letters');\n";
        files.push((LETTERS.to_owned(), text.to_owned()));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let world = World::new(&files)?;
    let model = ScriptedModel::start(move |conversation| repair(conversation, shared))?;
    let (seconds, healed) = world.heal(&model, "ATK-PW-2", jobs)?;
    let sessions = model.conversations().iter().filter(|conversation| conversation.turns == 0).count();
    if healed != number {
        bail!("{healed} of {number} were healed");
    }
    Ok(json!({ "heal": seconds, "sessions": sessions }))
}

/// Reads, edits, answers: the field by its label.
fn repair(conversation: &Conversation, shared: bool) -> Reply {
    let task = conversation.users.first().map_or("", String::as_str);
    let index = task.split("ATK-PW-2").nth(1).and_then(|rest| rest.get(..3)?.parse::<u64>().ok()).unwrap_or(0);
    let (file, old) = if shared {
        (LETTERS.to_owned(), "page.locator('#letters')".to_owned())
    } else {
        (format!("tests/letters-{index}.spec.ts"), format!("page.locator('#letters-{index}')"))
    };
    match conversation.turns {
        0 => Reply::Tools(vec![ToolCall::read(file)]),
        1 => Reply::Tools(vec![ToolCall::edit(file, old, NEW)]),
        _ => Reply::Text(
            json!({ "verdict": "test_issue", "root_cause": "The field's id changed; its label stays." }).to_string(),
        ),
    }
}
