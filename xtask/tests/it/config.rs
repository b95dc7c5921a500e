//! `cargo heal-config`, and what the real opencode makes of the file.

use std::os::unix::fs::symlink;

use serde_json::Value;
use xtask::proc::Limits;
use xtask::scripted_model::{Reply, ScriptedModel};

use crate::env::{Ran, TestEnv, tool};

const FILE: &str = ".opencode/config.json";

fn opencode(env: &TestEnv, content: &str, args: &[&str]) -> Ran {
    let mut command = env.command(tool("opencode"));
    command.args(args).env("OPENCODE_CONFIG_CONTENT", content).env("ANTHROPIC_API_KEY", "sk-made-up");
    command.env("OPENCODE_DISABLE_PROJECT_CONFIG", "1").env("OPENCODE_DISABLE_MODELS_FETCH", "1");
    command.env("OPENCODE_DISABLE_AUTOUPDATE", "1").env("OPENCODE_DISABLE_DEFAULT_PLUGINS", "1");
    Ran::of(command, Limits::seconds(120)).exits(0)
}

#[test]
fn the_real_opencode_takes_every_providers_file_and_nothing_in_it_asks() {
    for (args, model) in [
        (&["--provider", "ollama", "--model", "qwen3:8b"][..], "ollama/qwen3:8b"),
        (&["--provider", "lmstudio", "--model", "qwen/qwen3-coder-30b"], "lmstudio/qwen/qwen3-coder-30b"),
        (&["--provider", "openai-compatible", "--base-url", "10.0.0.7:8000/v1", "--model", "m"], "openai-compatible/m"),
        (&["--mode", "cloud"], "anthropic/claude-sonnet-5"),
    ] {
        let env = TestEnv::new();
        env.xtask([&["heal-config"], args].concat()).exits(0).says("written").says(model);
        let content = env.read(FILE);
        let resolved = opencode(&env, &content, &["debug", "config"]).json();
        assert_eq!((&resolved["model"], &resolved["small_model"]), (&model.into(), &model.into()));
        assert!(!resolved.to_string().contains("\"ask\""), "{resolved}");
        // The permissions are the same for all of them, and a start of opencode takes seconds.
        if !model.starts_with("ollama/") {
            continue;
        }
        let agent = opencode(&env, &content, &["debug", "agent", "tests-healer"]).json();
        assert_eq!(agent["mode"], "primary");
        assert!(agent["prompt"].as_str().unwrap().contains("You repair one failed end-to-end test"));
        for key in KEYS {
            for subject in ["*", "tests/a.spec.js", "src/app.js", ".env", "a/.env.local", ".git/config", "/etc/passwd"]
            {
                let answer = decide(&agent["permission"], key, subject);
                assert!(["allow", "deny"].contains(&answer.as_str()), "{key} {subject}: {answer}");
            }
        }
        assert_eq!(decide(&agent["permission"], "edit", "tests/a.spec.js"), "allow");
        assert_eq!(decide(&agent["permission"], "edit", "src/app.js"), "deny");
        assert_eq!(decide(&agent["permission"], "bash", "ls"), "deny");
    }
}

const KEYS: [&str; 18] = [
    "read",
    "edit",
    "glob",
    "grep",
    "list",
    "bash",
    "task",
    "external_directory",
    "todowrite",
    "question",
    "webfetch",
    "websearch",
    "lsp",
    "doom_loop",
    "skill",
    "plan_enter",
    "plan_exit",
    "some_mcp_tool",
];

/// opencode's rule over the rules that it resolved itself: the last that matches.
fn decide(rules: &Value, key: &str, subject: &str) -> String {
    let matches = |text: &str, pattern: &Value| {
        let pattern = glob::Pattern::new(&pattern.as_str().unwrap().replace("**", "*")).unwrap();
        pattern.matches(text)
    };
    let rules = rules.as_array().unwrap();
    let last = rules.iter().rfind(|rule| matches(key, &rule["permission"]) && matches(subject, &rule["pattern"]));
    last.map_or("ask".into(), |rule| rule["action"].as_str().unwrap().to_owned())
}

#[test]
fn the_second_time_nothing_changes() {
    let env = TestEnv::new();
    let args = ["heal-config", "--provider", "ollama", "--model", "qwen3:8b"];
    let check = [&args[..], &["--check"]].concat();
    env.xtask(check.clone()).exits(1).says("is not there").says("hint: run `cargo heal-config`");
    let below = env.write("deep/er/file", "").parent().unwrap().to_owned();
    env.xtask_in(&below, args).exits(0).says("written");
    let first = env.read(FILE);
    env.xtask(check.clone()).exits(0).says("up to date");
    env.xtask(args).exits(0).says("up to date");
    assert_eq!(env.read(FILE), first);
    assert_eq!(env.xtask([&args[..], &["--print"]].concat()).exits(0).stdout, first);
    env.xtask(["heal-config", "--provider", "ollama", "--model", "other"]).exits(0).says("updated");
    env.xtask(check).exits(1).says("is not what would be written now");
    env.git(["status", "--porcelain"]);
}

#[test]
fn what_someone_else_wrote_stays() {
    let env = TestEnv::new();
    let args = ["heal-config", "--provider", "ollama", "--model", "qwen3:8b"];
    env.write(FILE, "{\"model\": \"mine\"}\n");
    env.xtask(args).exits(2).says("someone else").says("--force");
    assert_eq!(env.read(FILE), "{\"model\": \"mine\"}\n");
    env.xtask([&args[..], &["--force"]].concat()).exits(0).says("updated");
    let edited = env.read(FILE).replace("\"steps\": 30", "\"steps\": 3");
    env.write(FILE, &edited);
    env.xtask(args).exits(2);
    assert_eq!(env.read(FILE), edited);
}

#[test]
fn a_link_is_not_followed_out_of_the_repository() {
    let env = TestEnv::new();
    symlink(env.home(), env.repo().join(".opencode")).unwrap();
    env.xtask(["heal-config", "--model", "m", "--provider", "ollama", "--force"]).exits(2).says("symbolic link");
    assert!(!env.home().join("config.json").exists());
}

#[test]
fn a_running_server_is_asked_for_its_model() {
    let server = ScriptedModel::start(|_| Reply::Text(String::new())).unwrap();
    let mut env = TestEnv::new();
    env.set("OLLAMA_HOST", format!("127.0.0.1:{}", server.port()));
    env.xtask(["heal-config"]).exits(0).says("ollama/");
    let written: Value = serde_json::from_str(&env.read(FILE)).unwrap();
    let base = written["provider"]["ollama"]["options"]["baseURL"].as_str().unwrap();
    assert_eq!(base, server.base_url());
    assert!(server.conversations().is_empty());
    env.xtask(["heal-config", "--provider", "ollama", "--base-url", "127.0.0.1:9"]).exits(3).says("ollama serve");
}

#[test]
fn values_that_are_not_allowed_are_refused() {
    let env = TestEnv::new();
    env.xtask(["heal-config", "--provider", "gpt"]).exits(2).says("ollama, lmstudio, openai-compatible, anthropic");
    env.xtask(["heal-config", "--provider", "openai-compatible", "--model", "m"]).exits(2).says("--base-url");
    TestEnv::without_repository().xtask(["heal-config", "--model", "m"]).exits(2).says("in no git repository");
}
