//! `cargo heal doctor`, on machines that have everything, something, and nothing.

use serde_json::Value;
use xtask::scripted_model::{Reply, ScriptedModel};

use crate::env::{Ran, TestEnv};

const REPORT: &str = r#"{"results": {"tool": {"name": "playwright"},
    "summary": {"tests": 1, "passed": 0, "failed": 1, "pending": 0, "skipped": 0, "other": 0, "start": 1, "stop": 2},
    "tests": [{"name": "buys", "status": "failed", "duration": 1}]}}"#;

#[track_caller]
fn states(ran: &Ran) -> Vec<(String, String)> {
    let document = ran.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let checks = document["checks"].as_array().unwrap().iter();
    checks.map(|check| (text(&check["name"]), text(&check["state"]))).collect()
}

#[test]
fn a_machine_that_has_everything_is_ready() {
    let server = ScriptedModel::start(|_| Reply::Text(String::new())).unwrap();
    let mut env = TestEnv::new();
    env.write("ctrf/ctrf-report.json", REPORT);
    env.set("OLLAMA_HOST", format!("127.0.0.1:{}", server.port()));
    let ran = env.xtask(["heal", "doctor", "--json"]).exits(0);
    let states = states(&ran);
    for name in ["git", "repository", "report", "test command", "node", "opencode", "rg", "model", "tools", "context"] {
        assert!(states.contains(&(name.into(), "ok".into())), "{name}\n{}", ran.shown());
    }
    env.xtask(["heal", "doctor"]).exits(0).says("ready (local model on developer").says("1 tests of playwright");
}

#[test]
fn everything_that_is_missing_is_said_at_once_with_its_remedy() {
    let mut env = TestEnv::without_repository();
    let empty = env.root().join("tmp").display().to_string();
    env.set("PATH", empty).set("LOCAL_LLM_BASE_URL", "127.0.0.1:9").set("LOCAL_LLM_PROVIDER", "ollama");
    let ran = env.xtask(["heal", "doctor"]).exits(3).says("things are missing");
    for remedy in ["git-scm.com", "opencode-ai@1.18.33", "ripgrep", "ollama serve", "cli.github.com", "CTRF reporter"] {
        assert!(ran.stdout.contains(remedy), "{remedy}\n{}", ran.shown());
    }
}

#[test]
fn the_cloud_needs_tokens_and_shows_none() {
    let mut env = TestEnv::new();
    env.write("ctrf/ctrf-report.json", REPORT);
    env.set("GITHUB_ACTIONS", "true").set("RUNNER_ENVIRONMENT", "github-hosted");
    let ran = env.xtask(["heal", "doctor", "--json"]).exits(3);
    for name in ["gh token", "copilot token"] {
        assert!(states(&ran).contains(&(name.into(), "missing".into())), "{}", ran.shown());
    }
    env.set("GH_TOKEN", "ghp_topsecret").set("ANTHROPIC_API_KEY", "sk-topsecret");
    let ran = env.xtask(["heal", "doctor", "--healer", "opencode", "--json"]).exits(0).says_nothing_of("topsecret");
    assert!(states(&ran).contains(&("model key".into(), "ok".into())), "{}", ran.shown());
}
