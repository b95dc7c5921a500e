//! A whole run on a self-hosted runner: real git, gh, opencode and Playwright, a scripted model, a stand-in for GitHub.

use std::path::PathBuf;

use serde_json::Value;
use xtask::demo::script;
use xtask::scripted_model::{Conversation, Reply, ScriptedModel};
use xtask::tools::git;

use crate::env::{Ran, TestEnv};
use crate::stand_in::{Fault, REPOSITORY, StandIn, TOKEN};
use crate::suite::Suite;

/// A self-hosted runner with a failed suite, a model that follows a script, and a GitHub.
pub struct Runner {
    pub env: TestEnv,
    pub suite: Suite,
    pub hub: StandIn,
    pub bare: PathBuf,
    pub model: ScriptedModel,
}

impl Runner {
    pub fn new() -> Runner {
        Runner::with(script::reply)
    }

    pub fn with(script: impl Fn(&Conversation) -> Reply + Send + Sync + 'static) -> Runner {
        Runner::of(Suite::shop(), script)
    }

    pub fn of(suite: Suite, script: impl Fn(&Conversation) -> Reply + Send + Sync + 'static) -> Runner {
        let mut env = TestEnv::without_repository();
        let bare = env.root().join("shop.git");
        git::run(&env.root(), ["clone", "--quiet", "--bare", suite.root().to_str().unwrap(), "shop.git"]).unwrap();
        let hub = StandIn::start(&env.root(), &bare);
        let model = ScriptedModel::start(script).unwrap();
        let redirect = format!("url.file://{}.insteadOf", bare.display());
        for (name, value) in [
            ("LOCAL_LLM_PROVIDER", "openai-compatible"),
            ("LOCAL_LLM_BASE_URL", &model.base_url()),
            ("GITHUB_ACTIONS", "true"),
            ("CI", "true"),
            ("RUNNER_ENVIRONMENT", "self-hosted"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", REPOSITORY),
            ("GITHUB_REF", "refs/heads/main"),
            ("GITHUB_RUN_ID", "77"),
            ("GITHUB_WORKFLOW", "pantheon"),
            ("GITHUB_STEP_SUMMARY", env.root().join("summary.md").to_str().unwrap()),
            ("GH_TOKEN", TOKEN),
            ("GH_CONFIG_DIR", hub.config.to_str().unwrap()),
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", &redirect),
            ("GIT_CONFIG_VALUE_0", &format!("https://github.com/{REPOSITORY}")),
        ] {
            env.set(name, value);
        }
        Runner { env, suite, hub, bare, model }
    }

    pub fn heal(&self, args: &[&str]) -> Ran {
        self.env.xtask_in(&self.suite.root(), HEAL.iter().chain(args).copied())
    }

    pub fn outcomes(&self, args: &[&str]) -> Vec<(String, String, Value, Value)> {
        let document = self.heal(args).exits(10).json();
        let results = document["results"].as_array().unwrap();
        let asked_for =
            results.iter().filter(|test| ["ATK-PW-1051", "ATK-PW-1053"].map(Value::from).contains(&test["id"]));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut found: Vec<_> = asked_for
            .map(|test| {
                (text(&test["id"]), text(&test["outcome"]), test["issue"].clone(), test["pull_request"].clone())
            })
            .collect();
        found.sort_by(|one, other| one.0.cmp(&other.0));
        found
    }
}

/// Two of the shop's four failures: one is out of date, one meets a bug of the product.
pub const HEAL: [&str; 6] = ["heal", "--json", "--only", "ATK-PW-1051", "--only", "ATK-PW-1053"];

#[test]
fn one_run_leaves_issues_and_a_pull_request_and_the_next_adds_nothing() {
    let mut runner = Runner::new();
    let first = runner.outcomes(&[]);
    assert_eq!((first[0].1.as_str(), first[1].1.as_str()), ("healed", "product_bug"), "{first:?}");
    let (issues, pulls) = (runner.hub.issues(), runner.hub.pull_requests());
    assert_eq!((issues.len(), pulls.len()), (2, 1), "{issues:?} {pulls:?}");
    assert!(pulls[0].contains("open heal/atk-pw-1051-") && pulls[0].ends_with("-> main"), "{pulls:?}");
    let branches = git::read(&runner.bare, ["branch", "--format=%(refname:short)"]).unwrap();
    assert_eq!(branches.lines().filter(|branch| branch.starts_with("heal/")).count(), 1, "{branches}");
    let summary = std::fs::read_to_string(runner.env.root().join("summary.md")).unwrap();
    assert!(summary.contains("ATK-PW-1051") && summary.contains("ATK-PW-1053"), "{summary}");
    runner.hub.take_log();

    let second = runner.outcomes(&[]);
    assert_eq!((second[0].1.as_str(), second[1].1.as_str()), ("skipped", "product_bug"), "{second:?}");
    assert_eq!((&second[0].3, &second[0].2), (&first[0].3, &first[0].2));
    assert_eq!((runner.hub.issues(), runner.hub.pull_requests()), (issues, pulls));
    let writes: Vec<String> = runner.hub.take_log().into_iter().filter(|line| !line.starts_with("GET")).collect();
    assert!(writes.is_empty(), "{writes:?}");

    // The issue is enough to heal by, without any report; and a developer's machine writes nothing on GitHub.
    std::fs::remove_file(runner.suite.report()).unwrap();
    for name in ["CI", "GITHUB_ACTIONS", "RUNNER_ENVIRONMENT"] {
        runner.env.set(name, "");
    }
    let number = first[0].2.to_string();
    let by_issue = runner.env.xtask_in(&runner.suite.root(), ["heal", "--json", "--issue", &number]).exits(0).json();
    let results = by_issue["results"].as_array().unwrap();
    assert_eq!((results.len(), &results[0]["outcome"]), (1, &"healed".into()), "{by_issue:#}");
    assert_eq!((&results[0]["id"], &results[0]["issue"]), (&"ATK-PW-1051".into(), &first[0].2));
    let branch = results[0]["branch"].as_str().unwrap();
    assert_eq!(runner.suite.repository().read(["rev-list", "--count", &format!("main..{branch}")]).unwrap(), "1");
    let log = runner.hub.take_log();
    assert!(log.iter().all(|line| line.starts_with("GET")), "{log:#?}");
    // A dry run reads nothing from GitHub, and heals nothing else instead.
    let dry = ["heal", "--dry-run", "--issue", &number];
    runner.env.xtask_in(&runner.suite.root(), dry).exits(2).says("a dry run reads nothing from GitHub").says("--only");
    assert_eq!(runner.hub.take_log(), Vec::<String>::new());
    runner.hub.assert_documented();
}

#[test]
fn a_dry_run_under_act_heals_and_asks_github_nothing() {
    let mut runner = Runner::new();
    runner.env.set("ACT", "true").set("RUNNER_ENVIRONMENT", "");
    let ran = runner.heal(&[]).exits(10);
    let ran = ran.says("would create or update the issue `FIX: ATK-PW-1051`").says("would open the pull request");
    let document = ran.json();
    assert_eq!(document["dry_run"], true);
    assert_eq!(document["summary"]["healed"], 1, "{document:#}");
    assert_eq!(runner.hub.take_log(), Vec::<String>::new());
    assert_eq!(git::read(&runner.bare, ["branch", "--list", "heal/*"]).unwrap(), "");
}

#[test]
fn bundles_of_one_job_are_published_by_another() {
    let runner = Runner::new();
    let bundles = runner.env.root().join("bundles");
    let healed = runner.outcomes(&["--bundle", bundles.to_str().unwrap()]);
    assert_eq!((healed[0].1.as_str(), healed[1].1.as_str()), ("healed", "product_bug"), "{healed:?}");
    assert_eq!(runner.hub.take_log(), Vec::<String>::new());
    let publish = || runner.env.xtask_in(&runner.suite.root(), ["heal", "publish", bundles.to_str().unwrap()]);
    let ran = publish().exits(10);
    assert_eq!(runner.hub.pull_requests().len(), 1, "{}", ran.shown());
    // Each failure of the report has its issue, also those that the job that healed left out.
    assert_eq!(runner.hub.issues().len(), 4, "{}", ran.shown());
    runner.hub.take_log();
    let _ = publish().exits(10);
    let log = runner.hub.take_log();
    assert!(log.iter().all(|line| line.starts_with("GET")), "{log:#?}");
    runner.hub.assert_documented();
}

/// A run that must not get to healing: nobody answers for the model.
fn idle() -> Runner {
    Runner::with(|_| panic!("nobody is to be asked"))
}

#[test]
fn its_own_branches_are_not_healed() {
    let mut runner = idle();
    runner.env.set("GITHUB_REF", "refs/heads/heal/a-1-01234567");
    let all = runner.outcomes(&[]);
    assert!(all.iter().all(|(_, outcome, ..)| outcome == "skipped"), "{all:?}");
    let _ = runner.heal(&[]).exits(10).says("`heal/a-1-01234567` is a branch of `cargo heal`");
    assert_eq!(runner.hub.pull_requests(), Vec::<String>::new());
}

#[test]
fn issues_that_cannot_be_kept_end_no_run() {
    let mut runner = idle();
    // Nothing is to be healed there, which makes it quick.
    runner.env.set("GITHUB_REF", "refs/heads/heal/a-1-01234567");
    runner.hub.fail("POST", "/issues", Fault::Answer(410, vec![], "Issues are disabled for this repo"), 9);
    let ran = runner.heal(&[]).exits(10).says("the issues could not be kept").says("--issues never");
    assert_eq!(ran.json()["summary"]["skipped"], 4);
}

#[test]
fn a_pull_request_of_a_fork_is_only_commented_on() {
    let mut runner = idle();
    let number = runner.hub.add_issue("A contribution", "", &[]);
    let head = serde_json::json!({ "ref": "topic", "repo": { "full_name": "stranger/shop" } });
    let event = serde_json::json!({ "pull_request": { "number": number, "head": head } });
    let path = runner.env.root().join("event.json");
    std::fs::write(&path, event.to_string()).unwrap();
    runner.env.set("GITHUB_EVENT_PATH", path.to_str().unwrap());
    runner.env.set("GITHUB_REF", format!("refs/pull/{number}/merge")).set("GITHUB_HEAD_REF", "topic");
    for _ in 0..2 {
        let _ = runner.heal(&[]).exits(10).says("the pull request comes from a fork");
    }
    assert_eq!(runner.hub.issues(), ["#1 open A contribution [1]"]);
    assert_eq!(runner.hub.pull_requests(), Vec::<String>::new());
    runner.hub.assert_documented();
}

#[test]
fn an_outage_is_one_issue_and_no_healing() {
    let runner = idle();
    // Three of the four count: the last was not asked for.
    let asked = ["ATK-PW-1050", "ATK-PW-1051", "ATK-PW-1052"];
    let only = asked.iter().flat_map(|id| ["--only", id]);
    let all = ["heal", "--json", "--max-failures", "2"].into_iter().chain(only);
    let document = runner.env.xtask_in(&runner.suite.root(), all).exits(10).json();
    let results = document["results"].as_array().unwrap();
    assert_eq!(results.len(), 4, "{document:#}");
    for result in results {
        let counts = asked.contains(&result["id"].as_str().unwrap());
        assert_eq!(result["issue"] == 1, counts, "{document:#}");
        let reason = result["reason"].as_str().unwrap();
        assert_eq!(reason.starts_with("outage: 3 distinct failures"), counts, "{document:#}");
    }
    assert_eq!(runner.hub.issues(), ["#1 open FIX: outage on pantheon [0]"]);
    let body = runner.hub.lock().entries[0]["body"].as_str().unwrap().to_owned();
    assert!(body.contains("3 tests failed") && !body.contains("ATK-PW-1053"), "{body}");
    assert!(asked.iter().all(|id| body.contains(id)), "{body}");
    runner.hub.assert_documented();
}
