//! Whole runs in the cloud: Copilot gets the issue, or Claude heals in the runner, or the run says why neither can.

use serde_json::{Value, json};
use xtask::demo::script;
use xtask::scripted_model::Reply;

use crate::claude::{Claude, KEY};
use crate::heal_github::Runner;
use crate::stand_in::{COPILOT_TOKEN, Copilot, Fault, TOKEN};

/// A hosted runner, on which the local model counts for nothing.
fn hosted(copilot: Copilot, token: &str) -> Runner {
    let mut runner = Runner::with(|_| panic!("the local model is not to be asked"));
    runner.env.set("RUNNER_ENVIRONMENT", "github-hosted").set("HEAL_COPILOT_TOKEN", token);
    runner.hub.lock().copilot = copilot;
    runner
}

fn heal(runner: &Runner, args: &[&str]) -> crate::env::Ran {
    let all = ["heal", "--json", "--only", "ATK-PW-1051"];
    runner.env.xtask_in(&runner.suite.root(), all.iter().chain(args).copied())
}

fn healed(document: &Value) -> &Value {
    document["results"].as_array().unwrap().iter().find(|result| result["id"] == "ATK-PW-1051").unwrap()
}

#[test]
fn copilot_gets_the_issue_once() {
    let runner = hosted(Copilot::On, COPILOT_TOKEN);
    let document = heal(&runner, &[]).exits(0).says_nothing_of(COPILOT_TOKEN).json();
    let result = healed(&document);
    assert_eq!((&result["outcome"], &result["issue"]), (&json!("assigned"), &json!(1)), "{document:#}");
    assert_eq!(document["mode"], "cloud");
    assert_eq!(runner.hub.lock().entries[0]["assignees"], json!([{ "login": "Copilot" }]));
    let assigned = runner.hub.lock().assignments.clone();
    assert_eq!(assigned.len(), 1);
    assert_eq!(assigned[0]["agent_assignment"]["custom_agent"], "tests-healer");
    assert_eq!(assigned[0]["agent_assignment"]["base_branch"], "main");
    runner.hub.take_log();
    let again = heal(&runner, &[]).exits(0).json();
    assert_eq!(healed(&again)["reason"], "issue #1 was assigned to Copilot before");
    let log = runner.hub.take_log();
    assert!(log.iter().all(|line| line.starts_with("GET")), "{log:#?}");
    runner.hub.assert_documented();
}

#[test]
fn why_copilot_cannot_be_assigned_is_said_and_the_issue_is_left_as_it_is() {
    for (copilot, token, why) in [
        (Copilot::On, "", "there is no `HEAL_COPILOT_TOKEN`"),
        (Copilot::Off, COPILOT_TOKEN, "is not enabled for this repository"),
        (Copilot::On, TOKEN, "it has to be a user's token"),
        (Copilot::Dropped, COPILOT_TOKEN, "assigned nobody"),
    ] {
        let runner = hosted(copilot, token);
        if token == TOKEN {
            // The workflow's own token finds the agent, and may not assign it.
            runner.hub.fail("GET", "/assignees/", Fault::Answer(200, vec![], ""), 1);
        }
        let document = heal(&runner, &[]).exits(10).says(why).json();
        let result = healed(&document);
        assert_eq!(result["outcome"], "unhealed", "{document:#}");
        assert!(result["reason"].as_str().unwrap().contains(why), "{document:#}");
        let state = runner.hub.lock();
        let issue = &state.entries[0];
        assert_eq!((&issue["state"], &issue["assignees"]), (&json!("open"), &json!([])));
        assert!(state.comments.is_empty() && state.entries.len() == 1);
        drop(state);
        runner.hub.assert_documented();
    }
}

#[test]
fn claude_heals_in_the_runner_what_copilot_cannot_be_given() {
    let mut runner = hosted(Copilot::Off, COPILOT_TOKEN);
    let claude = Claude::start(script::reply);
    runner.env.set("ANTHROPIC_API_KEY", KEY);
    // As behind a gateway.
    let ran = heal(&runner, &["--base-url", &claude.base_url()]).exits(0);
    let document = ran.says("is not enabled for this repository").says_nothing_of(KEY).json();
    let result = healed(&document);
    assert_eq!((&result["outcome"], &result["issue"]), (&json!("healed"), &json!(1)), "{document:#}");
    assert_eq!(document["provider"], "anthropic");
    assert!(document["model"].as_str().unwrap().starts_with("claude-sonnet-"), "{document:#}");
    let asked = claude.asked.lock().unwrap().clone();
    assert!(!asked.is_empty());
    assert!(asked.iter().all(|(key, model)| key == KEY && *model == document["model"]), "{asked:?}");
    let pulls = runner.hub.pull_requests();
    assert!(pulls.len() == 1 && pulls[0].contains("open heal/atk-pw-1051-"), "{pulls:?}");
    assert_eq!(runner.hub.lock().entries[0]["assignees"], json!([]));
    runner.hub.assert_documented();
}

#[test]
fn a_local_model_that_fails_hands_over_to_the_cloud_if_it_can() {
    let failing = || Runner::with(|_| Reply::Status(401, "not loaded".into()));
    // Allowed, but there is no key: said, and the run ends as without.
    let document = heal(&failing(), &["--fallback", "cloud"]);
    let document = document.exits(10).says("ANTHROPIC_API_KEY is not set").says_nothing_of("CODE NOW LEAVES").json();
    assert_eq!((&healed(&document)["outcome"], &healed(&document)["issue"]), (&json!("error"), &json!(1)));

    // Allowed and possible: said loudly, before anything is sent. The key is none, so nobody is asked for long.
    let mut runner = failing();
    runner.env.set("ANTHROPIC_API_KEY", KEY);
    let document = heal(&runner, &["--timeout", "20s", "--fallback", "cloud"]);
    let document =
        document.exits(10).says("CODE NOW LEAVES THIS MACHINE for claude-sonnet-").says_nothing_of(KEY).json();
    assert_eq!(document["provider"], "anthropic");
}
