//! `cargo heal publish`, the program itself: with the real gh and git, killed at any moment, run twice, run dry.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use xtask::bundle::Bundle;
use xtask::outcome::{Outcome, TestResult, Tokens};
use xtask::plan::{Identity, PlannedTest};

use crate::env::Ran;
use crate::github_world::{TEST_FILE, World};
use crate::stand_in::{Fault, TOKEN};

/// What a healing job left for the publishing one.
struct Job {
    world: World,
    bundles: PathBuf,
}

impl Job {
    fn new() -> Job {
        let world = World::new();
        let bundles = world.folder().join("bundles");
        std::fs::create_dir(world.folder().join("tmp")).unwrap();
        Job { world, bundles }
    }

    fn bundle(&self, id: &str, outcome: Outcome, patch: Option<Vec<u8>>) {
        let mut test = PlannedTest {
            id: id.into(),
            name: format!("({id}) works"),
            file: TEST_FILE.into(),
            message: "Error: expected".into(),
            ..PlannedTest::default()
        };
        test.fingerprint = Identity::fingerprint(&test.file, &test.suite, &test.name);
        let result = TestResult {
            id: test.id.clone(),
            name: test.name.clone(),
            suite: Vec::new(),
            file: test.file.clone(),
            projects: Vec::new(),
            fingerprint: test.fingerprint.clone(),
            outcome,
            reason: "it passes with the fix".into(),
            root_cause: "the button is called New now".into(),
            issue: None,
            pull_request: None,
            branch: None,
            patch: None,
            attempts: 1,
            tokens: Tokens::default(),
            seconds: 0.0,
        };
        Bundle::new(&test, &result).write(&self.bundles, patch.as_deref(), "").unwrap();
    }

    fn command(&self, variables: &[(&str, &str)]) -> Command {
        let folder = self.world.folder();
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(["heal", "publish", self.bundles.to_str().unwrap()]).current_dir(&self.world.repository.root);
        command.env_clear().envs(self.world.environment());
        for (name, value) in [
            ("CI", "true"),
            ("GITHUB_ACTIONS", "true"),
            ("RUNNER_ENVIRONMENT", "github-hosted"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "octo/shop"),
            ("GITHUB_REF", "refs/heads/main"),
            ("GITHUB_RUN_ID", "77"),
            ("GITHUB_WORKFLOW", "pantheon"),
            ("GH_TOKEN", TOKEN),
        ] {
            command.env(name, value);
        }
        command.env("HOME", folder.join("home")).env("TMPDIR", folder.join("tmp"));
        command.env("GITHUB_STEP_SUMMARY", folder.join("summary.md"));
        command.envs(variables.iter().copied());
        command
    }

    fn run(&self, variables: &[(&str, &str)]) -> Ran {
        Ran::of(self.command(variables), xtask::proc::Limits::seconds(120))
    }

    #[expect(clippy::disallowed_methods, reason = "it is killed in the middle, which a child of `proc` is not")]
    fn start(&self) -> Child {
        self.command(&[]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn end_state(&self) -> (Vec<String>, Vec<String>, Vec<String>, usize) {
        let labelled =
            self.world.hub.lock().entries.iter().filter(|entry| entry["labels"] != serde_json::json!([])).count();
        (self.world.hub.issues(), self.world.hub.pull_requests(), self.world.branches(), labelled)
    }

    fn left_over(&self) -> Vec<PathBuf> {
        std::fs::read_dir(self.world.folder().join("tmp")).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

const BRANCH: &str = "heal/a-1-";

#[test]
fn gates_publishes_and_does_it_once() {
    let job = Job::new();
    job.bundle("A-1", Outcome::Healed, Some(job.world.patch("Old", "New")));
    job.bundle("A-2", Outcome::Healed, Some(job.world.patch("test('works'", "test.skip('works'")));
    job.bundle("A-3", Outcome::ProductBug, None);
    let ran = job.run(&[]);
    let shown = ran.shown();
    ran.exits(10).says_nothing_of(TOKEN);
    let issues = job.world.hub.issues();
    assert_eq!(issues.len(), 3, "{shown}");
    let branches = job.world.branches();
    assert!(branches.len() == 1 && branches[0].starts_with(BRANCH), "{branches:?} {shown}");
    assert_eq!(job.world.hub.pull_requests().len(), 1, "{shown}");
    let report = std::fs::read_to_string(job.world.repository.root.join("target/heal/report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    for (id, outcome, reason) in
        [("A-1", "healed", "pull request #4"), ("A-2", "rejected", "the gate refuses it"), ("A-3", "product_bug", "")]
    {
        let result = report["results"].as_array().unwrap().iter().find(|result| result["id"] == id).unwrap();
        assert_eq!(result["outcome"], outcome, "{shown}");
        assert!(result["reason"].as_str().unwrap().contains(reason), "{result}");
    }
    let summary = std::fs::read_to_string(job.world.folder().join("summary.md")).unwrap();
    assert!(summary.contains("[pull request #4](https://github.com/octo/shop/pull/4)"), "{summary}");

    let before = job.end_state();
    job.world.hub.take_log();
    let again = job.run(&[]).exits(10);
    assert_eq!(job.end_state(), before);
    let log = job.world.hub.take_log();
    assert!(log.iter().all(|line| line.starts_with("GET")), "{log:#?} {}", again.shown());
    job.world.hub.assert_documented();
}

#[test]
fn killed_at_any_moment_and_repeated_ends_as_one_clean_run() {
    let clean = Job::new();
    clean.bundle("A-1", Outcome::Healed, Some(clean.world.patch("Old", "New")));
    let shown = clean.run(&[]).exits(0).shown();
    assert_eq!(clean.left_over(), Vec::<PathBuf>::new(), "{shown}");
    // During the request, after its work: each write, and the look that follows the push.
    for (method, path, skip) in [
        ("POST", "/issues", 0),
        ("GET", "direction=desc", 1),
        ("GET", "/pulls?", 1),
        ("POST", "/pulls", 0),
        ("POST", "/labels", 0),
    ] {
        let job = Job::new();
        job.bundle("A-1", Outcome::Healed, Some(job.world.patch("Old", "New")));
        job.world.hub.fail_later(method, path, Fault::Slow(Duration::from_secs(8)), skip, 1);
        let mut child = job.start();
        let reached =
            |log: &[String]| log.iter().filter(|line| line.starts_with(method) && line.contains(path)).count() > skip;
        let deadline = Instant::now() + Duration::from_secs(60);
        while !reached(&job.world.hub.lock().log) {
            assert!(Instant::now() < deadline && child.try_wait().unwrap().is_none(), "{method} {path} never came");
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(200));
        child.kill().unwrap();
        child.wait().unwrap();
        let ran = job.run(&[]);
        let shown = ran.shown();
        assert_eq!(job.end_state(), clean.end_state(), "{method} {path}: {shown}");
        assert_eq!(job.left_over(), Vec::<PathBuf>::new(), "{method} {path}: {shown}");
        job.world.hub.assert_documented();
    }
}

#[test]
fn a_dry_run_says_what_it_would_do_and_does_nothing() {
    let job = Job::new();
    job.bundle("A-1", Outcome::Healed, Some(job.world.patch("Old", "New")));
    let ran = job.run(&[("ACT", "true")]).exits(0);
    let branch = "heal/a-1-";
    ran.says("would create or update the issue `FIX: A-1` (label auto-heal)")
        .says(&format!("would push the branch `{branch}"))
        .says("would open the pull request `Heal A-1`");
    assert_eq!(job.world.hub.take_log(), Vec::<String>::new());
    assert_eq!(job.world.branches(), Vec::<String>::new());
}

#[test]
fn says_what_is_missing() {
    let job = Job::new();
    job.bundle("A-1", Outcome::Healed, Some(job.world.patch("Old", "New")));
    job.run(&[("GH_TOKEN", "")]).exits(3).says("there is no token for GitHub").says("GH_TOKEN");
    std::fs::remove_dir_all(&job.bundles).unwrap();
    job.run(&[]).exits(2).says("cannot read the bundle");
    assert_eq!(job.world.hub.take_log(), Vec::<String>::new());
}
