//! The heals that `scripts/bench` times: a shop with failing tests, a model that answers at once, the program beside this
//! one, and the bare runs that a heal cannot do without. Prints one JSON object of seconds and counts.
//!
//! `bench one` is one heal against its bare parts; `bench peer` has Playwright's own healer heal the same failure on the
//! same model; `bench many N JOBS own|shared` heals N failures, each with a cause of its own or all with the same. CPU
//! seconds are those of all processes that were started; only Linux tells them.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use xtask::demo::{script, shop};
use xtask::http_server::{Response, Server as Site};
use xtask::opencode_config::{self, Config};
use xtask::proc::{self, Limits};
use xtask::runner;
use xtask::scripted_model::{self, Conversation, Reply, ScriptedModel, ToolCall};
use xtask::settings::Provider;
use xtask::tools::opencode::{Launch, Patience, Server};

const FILE: &str = "tests/catalogue.spec.ts";
const TEST: &str = "ATK-PW-1051";
const OLD: &str = "page.locator('#newsletter-email')";
const NEW: &str = "page.getByLabel('Letters from the harbour')";
const CONFIG: &str = "playwright.config.ts";
const LETTERS: &str = "tests/support/letters.ts";

fn main() -> ExitCode {
    // The supervisor of what runs inside walls is this program, started once more.
    #[cfg(target_os = "linux")]
    {
        if let Some(code) = xtask::sandbox::supervise::dispatch(std::env::args_os()) {
            return code;
        }
        proc::supervise_with("/proc/self/exe");
        // What outlives its parent is still to be counted.
        if let Err(error) = rustix::process::set_child_subreaper(Some(rustix::process::getpid())) {
            eprintln!("bench: {error}");
        }
    }
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let measured = match args[..] {
        ["one"] => one(),
        ["peer"] => peer(),
        ["many", number, jobs, cause @ ("own" | "shared")] => many(number, jobs, cause == "shared"),
        _ => Err(anyhow::anyhow!("usage: bench one | bench peer | bench many N JOBS own|shared")),
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

/// What something took: seconds, and CPU seconds of the processes that it started.
#[derive(Clone, Copy, Default)]
struct Cost {
    wall: f64,
    cpu: f64,
}

impl Cost {
    fn json(self) -> Value {
        json!({ "wall": self.wall, "cpu": self.cpu })
    }
}

fn cost_of<T>(work: impl FnOnce() -> Result<T>) -> Result<(Cost, T)> {
    reap();
    let (before, started) = (children_cpu(), Instant::now());
    let done = work()?;
    let wall = started.elapsed().as_secs_f64();
    reap();
    Ok((Cost { wall, cpu: children_cpu() - before }, done))
}

/// Waits for what was left behind: nothing else is running then.
fn reap() {
    use rustix::process::{WaitOptions, wait};
    let deadline = Instant::now() + Duration::from_secs(2);
    while Instant::now() < deadline {
        match wait(WaitOptions::NOHANG) {
            Ok(Some(_)) => {}
            Ok(None) => std::thread::sleep(Duration::from_millis(5)),
            Err(_) => return,
        }
    }
}

/// CPU seconds of all children that ended, and theirs. <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>
fn children_cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = after_name.split_whitespace().skip(13).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

/// A shop whose suite has run and failed.
struct World {
    folder: tempfile::TempDir,
}

impl World {
    /// The demo's shop with its own tests.
    fn shop() -> Result<World> {
        World::of(&shop::FILES)
    }

    /// The demo's shop with these tests in the place of its own.
    fn with(files: &[(&str, &str)]) -> Result<World> {
        let shop = shop::FILES.iter().filter(|(path, _)| !path.ends_with(".spec.ts"));
        World::of(&shop.chain(files).copied().collect::<Vec<_>>())
    }

    fn of(files: &[(&str, &str)]) -> Result<World> {
        let folder = tempfile::Builder::new().prefix("heal-bench-").tempdir()?;
        shop::write(folder.path(), files)?;
        shop::commit(folder.path())?;
        shop::provide_modules(folder.path())?;
        shop::run_suite(folder.path())?;
        Ok(World { folder })
    }

    fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap_or_else(|_| self.folder.path().to_owned())
    }

    /// `cargo heal` of the tests that `only` names: what it takes, and how many it heals.
    fn heal(&self, model: &ScriptedModel, only: &str, more: &[&str]) -> Result<(Cost, u64)> {
        let program = std::env::current_exe()?;
        let program = program.ancestors().nth(2).context("no folder of programs")?.join("xtask");
        let mut command = Command::new(program);
        command.args(["heal", "--json", "--mode=local", "--provider=openai-compatible"]);
        command.args(["--only", only]).args(more);
        command.args(["--base-url", &model.base_url(), "--model", scripted_model::MODEL]);
        command.current_dir(self.root()).env("PWD", self.root());
        let (cost, finished) = cost_of(|| proc::run(command, &Limits::seconds(1_800)))?;
        let document: Value = serde_json::from_slice(&finished.stdout).with_context(|| finished.stderr_text())?;
        let healed = document["summary"]["healed"].as_u64().unwrap_or(0);
        if healed == 0 {
            bail!("nothing was healed: {}", document["results"]);
        }
        Ok((cost, healed))
    }

    /// One bare start of Playwright.
    fn playwright(&self, args: &[&str], base_url: Option<&str>) -> Result<Cost> {
        let mut command = Command::new(self.root().join("node_modules/.bin/playwright"));
        command.args(["test", FILE, "--workers=1", "--retries=0", "--reporter=line"]).args(args);
        command.current_dir(self.root()).env("PWD", self.root());
        if let Some(url) = base_url {
            command.env("BASE_URL", url);
        }
        Ok(cost_of(|| proc::run(command, &Limits::seconds(300)))?.0)
    }
}

/// One heal, and what it cannot do without: the test alone as it is, the fixed test alone twice and its file in one start,
/// the test on a blank page, and one session of opencode.
fn one() -> Result<Value> {
    let world = World::shop()?;
    let model = ScriptedModel::start(script::reply)?;
    let (heal, healed) = world.heal(&model, TEST, &[])?;
    if healed != 1 {
        bail!("the heal that is to be timed did not heal");
    }
    let (requests, sent) = sent_to(&model);
    let reproduce = world.playwright(&["-g", TEST], None)?;
    let opencode = session(&world.root())?;
    shop::write(&world.root(), &[(FILE, &fixed()?), (runner::PROOF_CONFIG, &proof_config())])?;
    let prove = world.playwright(&["--config", runner::PROOF_CONFIG], None)?;
    let blank_site = Site::start(|_| Response::html(200, "<!doctype html><title></title>"))?;
    let blank = world.playwright(&["-g", TEST, "--project=chromium", "--no-deps"], Some(&blank_site.url()))?;
    Ok(json!({
        "heal": heal.json(), "reproduce": reproduce.json(), "opencode": opencode.json(), "prove": prove.json(),
        "blank": blank.json(), "requests": requests, "characters": sent,
    }))
}

fn sent_to(model: &ScriptedModel) -> (usize, usize) {
    let conversations = model.conversations();
    (conversations.len(), conversations.iter().map(|conversation| conversation.size).sum())
}

fn fixed() -> Result<String> {
    let (_, text) = shop::FILES.iter().find(|(path, _)| *path == FILE).context("the shop has no catalogue")?;
    Ok(text.replace(OLD, NEW))
}

fn proof_config() -> String {
    let target = runner::Target {
        file: FILE.to_owned(),
        suite: vec!["catalogue".to_owned()],
        name: format!("{TEST} a visitor subscribes to the letters"),
        line: None,
        projects: vec!["chromium".to_owned()],
        serial: false,
    };
    runner::proof_config(Some(Path::new(CONFIG)), &target, 2)
}

/// opencode served, asked once, and ended, without walls.
fn session(root: &Path) -> Result<Cost> {
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
    let (cost, end) = cost_of(|| {
        let server = Server::start(&launch)?;
        let mut session = server.session(&room.path().join("shop"), config.provider.name(), scripted_model::MODEL)?;
        let minute = Duration::from_secs(60);
        Ok(session.ask(TEST, Patience { timeout: minute, idle: minute, steps: 30, retries: 3 })?.end)
    })?;
    if end != xtask::tools::opencode::End::Answered {
        bail!("the bare session ended with {end:?}");
    }
    Ok(cost)
}

/// Playwright's own healer: `init-agents --loop=opencode`, its agent made one that can be started. The script does what
/// its instructions say, in as few answers as they allow: run, debug (and read), edit, run, tell.
fn peer() -> Result<Value> {
    let world = World::shop()?;
    let root = world.root();
    let mut init = Command::new(root.join("node_modules/.bin/playwright"));
    init.args(["init-agents", "--loop=opencode"]).current_dir(&root).env("PWD", &root);
    proc::run(init, &Limits::seconds(120))?;
    let model = ScriptedModel::start(peer_reply)?;
    let path = root.join("opencode.json");
    let mut config: Value =
        serde_json::from_str(&std::fs::read_to_string(&path).context("init-agents wrote nothing")?)?;
    config["agent"][PEER]["mode"] = "primary".into();
    config["provider"]["scripted"] = json!({
        "npm": "@ai-sdk/openai-compatible", "options": { "baseURL": model.base_url() },
        "models": { scripted_model::MODEL: { "tool_call": true, "limit": { "context": 200_000, "output": 8_192 } } },
    });
    config["enabled_providers"] = json!(["scripted"]);
    std::fs::write(&path, config.to_string())?;
    let home = tempfile::tempdir()?;
    std::fs::write(home.path().join("models.json"), "{}")?;
    let mut command = Command::new(which::which("opencode")?);
    command.args(["run", "--format", "json", "--title", "heal", "--agent", PEER, "--model", "scripted/scripted"]);
    command.args(["--dir", &root.to_string_lossy()]).current_dir(&root).env("PWD", &root);
    for (name, folder) in [("CONFIG", "config"), ("DATA", "data"), ("CACHE", "cache"), ("STATE", "state")] {
        command.env(format!("XDG_{name}_HOME"), home.path().join(folder));
    }
    command.env("HOME", home.path()).env("OPENCODE_MODELS_PATH", home.path().join("models.json"));
    for what in ["AUTOUPDATE", "MODELS_FETCH", "LSP_DOWNLOAD", "DEFAULT_PLUGINS"] {
        command.env(format!("OPENCODE_DISABLE_{what}"), "1");
    }
    let task = format!("Fix the failing test `{TEST}` in {FILE}.");
    let limits = Limits { stdin: task.into_bytes(), ..Limits::seconds(300) };
    let (cost, finished) = cost_of(|| proc::run(command, &limits))?;
    let (requests, sent) = sent_to(&model);
    let tools = model.conversations().first().map_or(0, |conversation| conversation.tools.len());
    if std::fs::read_to_string(root.join(FILE))? != fixed()? {
        bail!(
            "Playwright's healer mended nothing in {requests} requests\n{}\n{}",
            finished.stdout_text(),
            finished.stderr_text()
        );
    }
    Ok(json!({ "heal": cost.json(), "requests": requests, "characters": sent, "tools": tools }))
}

const PEER: &str = "playwright-test-healer";

fn peer_reply(conversation: &Conversation) -> Reply {
    let call = |name: &str, arguments: Value| {
        let full = conversation.tools.iter().find(|tool| tool.ends_with(name)).cloned();
        ToolCall { name: full.unwrap_or_else(|| name.to_owned()), arguments }
    };
    let run = || call("test_run", json!({ "locations": [FILE] }));
    match conversation.turns {
        0 => Reply::Tools(vec![run()]),
        1 => {
            // `[id=…]` stands before each title.
            let line = conversation.last_result().lines().find(|line| line.contains(TEST) && line.contains("[id="));
            let id = line.and_then(|line| line.split("[id=").nth(1)?.split(']').next()).unwrap_or_default();
            let debug = call("test_debug", json!({ "test": { "id": id, "title": TEST } }));
            Reply::Tools(vec![debug, ToolCall::read(FILE)])
        }
        2 => Reply::Tools(vec![ToolCall::edit(FILE, OLD, NEW)]),
        3 => Reply::Tools(vec![run()]),
        _ => Reply::Text("The field's id changed; the test finds it by its label now, and passes.".to_owned()),
    }
}

fn many(number: &str, jobs: &str, shared: bool) -> Result<Value> {
    let number: u64 = number.parse()?;
    let id = |index: u64| format!("ATK-PW-2{index:03}");
    let mut files = Vec::new();
    for index in 0..number {
        let path = format!("tests/letters-{index}.spec.ts");
        let (import, step) = if shared {
            ("import { order } from './support/letters';\n", "order(page)".to_owned())
        } else {
            ("", format!("page.locator('#letters-{index}').fill('ada@example.com')"))
        };
        let text = format!(
            "import {{ expect, test }} from '@playwright/test';\n{import}\ntest('{} subscribes', async ({{ page }}) => {{\n  \
             await page.goto('/');\n  await {step};\n  \
             await page.getByRole('button', {{ name: 'Subscribe' }}).click();\n  \
             await expect(page.getByRole('alert')).toHaveText('Thank you. We write to ada@example.com.');\n}});\n",
            id(index)
        );
        files.push((path, text));
    }
    if shared {
        let text = "import type { Page } from '@playwright/test';\n\n\
                    export const order = async (page: Page) => {\n  \
                    await page.locator('#letters').fill('ada@example.com');\n};\n";
        files.push((LETTERS.to_owned(), text.to_owned()));
    }
    let config = shop::FILES.iter().find(|(path, _)| *path == CONFIG).map_or("", |(_, text)| text);
    files.push((CONFIG.to_owned(), config.replace("actionTimeout: 3_000", "actionTimeout: 2_000")));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let world = World::with(&files)?;
    let model = ScriptedModel::start(move |conversation| repair(conversation, shared))?;
    let (cost, healed) = world.heal(&model, "ATK-PW-2", &["--jobs", jobs, "--repeat", "1"])?;
    let sessions = model.conversations().iter().filter(|conversation| conversation.turns == 0).count();
    if healed != number {
        bail!("{healed} of {number} were healed");
    }
    Ok(json!({ "heal": cost.json(), "sessions": sessions }))
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
