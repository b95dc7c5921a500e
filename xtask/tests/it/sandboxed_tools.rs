//! The real tools inside their walls: they work, and what they are talked into does not.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use xtask::http_server::{Response, Server};
use xtask::proc::{self, Confinement, Environment, Finished, Limits};
use xtask::sandbox::lists::{Needs, browsers, for_agent, for_tests};
use xtask::sandbox::{Enforcement, status};
use xtask::scripted_model::{MODEL, Reply, ScriptedModel, ToolCall};

/// The programs by these names, or `None` and a line that says what is missing.
fn tools<const N: usize>(names: [&str; N]) -> Option<[PathBuf; N]> {
    proc::supervise_with(env!("CARGO_BIN_EXE_xtask"));
    if let Enforcement::None(why) = status() {
        println!("skipped: {why}");
        return None;
    }
    let found = names.map(|name| (name, which::which(name).ok()));
    if let Some((name, _)) = found.iter().find(|(_, path)| path.is_none()) {
        println!("skipped: `{name}` is not on the PATH (scripts/setup gets it)");
        return None;
    }
    Some(found.map(|(_, path)| path.unwrap()))
}

/// A user's home with a key, and a scratch folder beside it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(place.at("user/.ssh")).unwrap();
        fs::create_dir_all(place.at("scratch/repo/tests")).unwrap();
        fs::write(place.at("user/.ssh/id_ed25519"), "PRIVATE KEY OF THE USER").unwrap();
        place
    }

    fn at(&self, below: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(below)
    }

    fn environment(&self) -> Environment {
        let environment = Environment::clean().home(&self.at("scratch/home")).unwrap();
        environment.pwd(&self.at("scratch/repo"))
    }

    fn run(&self, mut command: Command, confine: Confinement, stdin: &str) -> Finished {
        command.current_dir(self.at("scratch/repo"));
        let limits = Limits { stdin: stdin.into(), confine: Some(confine), ..Limits::seconds(120) };
        let finished = proc::run(command, &limits).unwrap();
        println!("{:?} after {:.1} s", finished.end, finished.elapsed.as_secs_f32());
        finished
    }
}

#[test]
fn playwright_runs_and_its_test_reaches_nothing_else() {
    let Some([node, playwright]) = tools(["node", "playwright"]) else { return };
    let place = Place::new();
    let playwright = playwright.canonicalize().unwrap();
    let modules = playwright.ancestors().filter(|path| path.ends_with("node_modules")).last().unwrap().to_owned();
    std::os::unix::fs::symlink(&modules, place.at("scratch/repo/node_modules")).unwrap();
    let site = Server::start(|_| Response::html(200, "<h1>Shop</h1>")).unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = closed.local_addr().unwrap().port();

    let config = "const { defineConfig } = require('@playwright/test');
        module.exports = defineConfig({ testDir: 'tests', use: { screenshot: 'on', trace: 'on',
          launchOptions: { executablePath: process.env.PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH || '/usr/bin/chromium',
            args: ['--no-sandbox'] } } });";
    let test = "const { test, expect } = require('@playwright/test');
        const fs = require('fs'), net = require('net');
        const attempt = (what) => { try { what(); return 'done'; } catch (error) { return error.code; } };
        test('shop', async ({ page }) => {
          await page.goto(process.env.BASE_URL);
          await expect(page.getByRole('heading')).toHaveText('Shop');
          const port = await new Promise((tell) => net.connect(process.env.CLOSED, '127.0.0.1')
            .on('connect', () => tell('done')).on('error', (error) => tell(error.code)));
          fs.writeFileSync('tries.json', JSON.stringify({
            key: attempt(() => fs.readFileSync(process.env.USER_HOME + '/.ssh/id_ed25519')),
            write: attempt(() => fs.writeFileSync(process.env.USER_HOME + '/new', '')),
            module: attempt(() => fs.writeFileSync('node_modules/@playwright/test/new', '')),
            parent: attempt(() => fs.readFileSync(`/proc/${process.env.PARENT}/environ`)),
            kill: attempt(() => process.kill(Number(process.env.PARENT), 0)),
            port,
          }));
        });";
    fs::write(place.at("scratch/repo/playwright.config.js"), config).unwrap();
    fs::write(place.at("scratch/repo/tests/shop.spec.js"), test).unwrap();

    let installed = browsers(|name| std::env::var_os(name));
    let mut needs = Needs { write: vec![place.at("scratch")], programs: vec![node.clone()], lent: vec![modules] };
    needs.lent.extend(installed.iter().map(|(_, folder)| folder.clone()));
    let mut environment = place.environment().pass(["PLAYWRIGHT_*"]).set("BASE_URL", site.url());
    if let Some(chromium) = environment.get("PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH") {
        needs.programs.push(chromium.into());
    }
    for (name, folder) in installed {
        environment = environment.set(name, folder);
    }
    let mut command = Command::new(node);
    command.arg("node_modules/@playwright/test/cli.js").args(["test", "--reporter=line", "--output=out"]);
    command.env("USER_HOME", place.at("user")).env("CLOSED", closed.to_string());
    command.env("PARENT", std::process::id().to_string());
    let sandbox = Some(for_tests(&needs, Some(vec![site.port()])));
    let finished = place.run(command, Confinement { environment, sandbox }, "");
    assert!(finished.success(), "{}{}", finished.stdout_text(), finished.stderr_text());

    let tries: serde_json::Value =
        serde_json::from_slice(&fs::read(place.at("scratch/repo/tries.json")).unwrap()).unwrap();
    println!("{tries}");
    for (what, code) in [("key", "EACCES"), ("write", "EACCES"), ("module", "EACCES"), ("parent", "EACCES")] {
        assert_eq!(tries[what], code, "{what}");
    }
    let open = match status() {
        Enforcement::Partial(open) => open.join("; "),
        _ => String::new(),
    };
    if !open.contains("TCP") {
        assert_eq!(tries["port"], "EACCES");
    }
    if !open.contains("signals") {
        assert_eq!(tries["kill"], "EPERM");
    }
    assert!(place.at("scratch/repo/out").read_dir().unwrap().next().is_some(), "no trace was written");
}

#[test]
fn opencode_edits_inside_and_its_shell_reaches_nothing_else() {
    let Some([opencode]) = tools(["opencode"]) else { return };
    let place = Place::new();
    fs::write(place.at("scratch/repo/tests/a.spec.js"), "expect('Shop')\n").unwrap();
    let steps = [
        ToolCall::read(place.at("scratch/repo/tests/a.spec.js").display().to_string()),
        ToolCall::edit(place.at("scratch/repo/tests/a.spec.js").display().to_string(), "Shop", "Store"),
        ToolCall::read(place.at("user/.ssh/id_ed25519").display().to_string()),
        ToolCall::write(place.at("user/new").display().to_string(), "x"),
        shell(&format!(
            "cat {0}/.ssh/id_ed25519; echo x > {0}/new; tr '\\0' '\\n' < /proc/{1}/environ | grep -c PATH; \
             echo > tried; setsid sh -c '(trap \"\" TERM HUP; echo $$ > daemon; exec sleep 300) &' \
             > /dev/null 2>&1 < /dev/null",
            place.at("user").display(),
            std::process::id()
        )),
    ];
    let model = ScriptedModel::start(move |conversation| match steps.get(conversation.turns) {
        Some(step) if !conversation.tools.is_empty() => Reply::Tools(vec![step.clone()]),
        _ => Reply::Text("done".into()),
    })
    .unwrap();

    let config = json!({
        "model": format!("local/{MODEL}"), "small_model": format!("local/{MODEL}"), "enabled_providers": ["local"],
        "provider": { "local": { "npm": "@ai-sdk/openai-compatible", "options": { "baseURL": model.base_url() },
            "models": { MODEL: { "tool_call": true, "limit": { "context": 32768, "output": 4096 } } } } },
        // Everything is allowed: what holds is the wall.
        "permission": { "*": "allow", "external_directory": "allow", "bash": "allow" },
        "autoupdate": false, "share": "disabled", "snapshot": false,
    });
    let mut environment = place.environment().set("OPENCODE_CONFIG_CONTENT", config.to_string());
    for (name, value) in [
        ("OPENCODE_DB", ":memory:"),
        ("OPENCODE_DISABLE_AUTOUPDATE", "1"),
        ("OPENCODE_DISABLE_MODELS_FETCH", "1"),
        ("OPENCODE_DISABLE_DEFAULT_PLUGINS", "1"),
    ] {
        environment = environment.set(name, value);
    }
    let needs = Needs { write: vec![place.at("scratch")], programs: vec![opencode.clone()], lent: vec![] };
    let sandbox = Some(for_agent(&needs, model.port(), 0));
    let mut command = Command::new(opencode);
    command.args(["run", "--format", "json", "--title", "heal", "--model", &format!("local/{MODEL}"), "--dir"]);
    command.arg(place.at("scratch/repo"));
    let finished = place.run(command, Confinement { environment, sandbox }, "heal the test");
    let said = format!("{}{}", finished.stdout_text(), finished.stderr_text());
    assert!(finished.success(), "{said}");

    assert_eq!(fs::read_to_string(place.at("scratch/repo/tests/a.spec.js")).unwrap(), "expect('Store')\n", "{said}");
    assert!(place.at("scratch/repo/tried").exists(), "the shell did not run: {said}");
    assert!(!said.contains("PRIVATE KEY OF THE USER"), "{said}");
    assert!(said.contains("Permission denied") || said.contains("EACCES"), "{said}");
    for conversation in model.conversations() {
        assert!(!conversation.request.to_string().contains("PRIVATE KEY OF THE USER"));
    }
    assert!(!place.at("user/new").exists());
    let daemon = fs::read_to_string(place.at("scratch/repo/daemon")).unwrap();
    std::thread::sleep(Duration::from_millis(50));
    assert!(!Path::new("/proc").join(daemon.trim()).exists(), "a daemon of the agent is left");
}

/// opencode's `bash`.
fn shell(command: &str) -> ToolCall {
    ToolCall { name: "bash".into(), arguments: json!({ "command": command, "description": "looks around" }) }
}
