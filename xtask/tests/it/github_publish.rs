//! `cargo heal publish`, the program itself: with the real gh and git, killed at any moment, run twice, run dry.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use xtask::bundle::Bundle;
use xtask::github::issue_text::Run;
use xtask::outcome::{Outcome, TestResult, Tokens};
use xtask::plan::{Identity, PlannedTest};

use crate::env::Ran;
use crate::github_world::{TEST_FILE, World, commit_as_person, run};
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
        let test = test(id);
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

    /// The report of the run, as Playwright writes it, in the folder that its job was downloaded to.
    fn report(&self, tests: &[(&str, &str)]) -> String {
        let path = self.world.repository.root.join(TEST_FILE);
        let entry = |(id, status): &(&str, &str)| {
            serde_json::json!({ "name": test(id).name, "status": status, "duration": 1, "filePath": path,
                "message": "Error: as the report has it", "suite": "chromium > a.spec.js" })
        };
        let tests: Vec<serde_json::Value> = tests.iter().map(entry).collect();
        let results = serde_json::json!({ "tool": { "name": "playwright" }, "summary": {}, "tests": tests });
        let report = self.world.folder().join("reports/ctrf-1/ctrf-report.json");
        std::fs::create_dir_all(report.parent().unwrap()).unwrap();
        std::fs::write(&report, serde_json::json!({ "results": results }).to_string()).unwrap();
        self.world.folder().join("reports/**/*.json").to_str().unwrap().to_owned()
    }

    fn results(&self) -> serde_json::Value {
        let report = std::fs::read_to_string(self.world.repository.root.join("target/heal/report.json")).unwrap();
        serde_json::from_str::<serde_json::Value>(&report).unwrap()["results"].clone()
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

fn test(id: &str) -> PlannedTest {
    let mut test = PlannedTest {
        id: id.into(),
        name: format!("({id}) works"),
        file: TEST_FILE.into(),
        message: "Error: as the bundle has it".into(),
        ..PlannedTest::default()
    };
    test.fingerprint = Identity::fingerprint(&test.file, &test.suite, &test.name);
    test
}

fn on(target: &str) -> Run {
    Run { target: target.into(), ..run("1") }
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
    clean.bundle("A-2", Outcome::ProductBug, None);
    let shown = clean.run(&[]).exits(10).shown();
    assert_eq!(clean.left_over(), Vec::<PathBuf>::new(), "{shown}");
    // During the request, after its work: each write, and the look that follows the push.
    for (method, path, skip) in [
        ("POST", "/issues", 0),
        ("GET", "direction=desc", 1),
        ("GET", "/pulls?", 1),
        ("POST", "/pulls", 0),
        ("POST", "/labels", 0),
        ("POST", "/comments", 0),
    ] {
        let job = Job::new();
        job.bundle("A-1", Outcome::Healed, Some(job.world.patch("Old", "New")));
        job.bundle("A-2", Outcome::ProductBug, None);
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
fn the_runs_own_report_says_what_passes_and_what_has_no_bundle() {
    let job = Job::new();
    // Issues of earlier runs: the test passes now; passes here and failed elsewhere; passes, says the report, and failed,
    // says a bundle; fails still.
    job.world.run(&[test("A-2")], &on("pantheon live"));
    job.world.run(&[test("A-3")], &on("tugboat"));
    job.world.run(&[test("A-5"), test("A-1")], &on("pantheon live"));
    let report =
        job.report(&[("A-1", "failed"), ("A-2", "passed"), ("A-3", "passed"), ("A-4", "failed"), ("A-5", "passed")]);
    job.bundle("A-1", Outcome::Healed, Some(job.world.patch("Old", "New")));
    job.bundle("A-5", Outcome::ProductBug, None);
    let on_main = [("CTRF_REPORT", report.as_str()), ("HEAL_TARGET", "pantheon live")];
    let elsewhere = [&on_main[..], &[("GITHUB_REF", "refs/heads/topic"), ("GITHUB_RUN_ID", "76")]].concat();
    let _ = job.run(&elsewhere).exits(1).says("there is no branch `topic` on GitHub");
    assert_eq!(job.world.hub.issues()[0], "#1 open FIX: A-2 [0]");

    let ran = job.run(&on_main).exits(10);
    let (shown, issues) = (ran.shown(), job.world.hub.issues());
    let states: Vec<&str> = issues.iter().map(|line| line.split(" [").next().unwrap()).collect();
    let expected =
        ["#1 closed FIX: A-2", "#2 open FIX: A-3", "#3 open FIX: A-5", "#4 open FIX: A-1", "#5 open FIX: A-4"];
    assert_eq!(states, expected, "{shown}");
    let body = job.world.hub.lock().entries[3]["body"].as_str().unwrap().to_owned();
    assert!(body.contains("as the report has it") && !body.contains("as the bundle has it"), "{body}");
    let results = job.results();
    let of = |id: &str| results.as_array().unwrap().iter().find(|result| result["id"] == id).unwrap().clone();
    assert_eq!((&of("A-4")["outcome"], &of("A-4")["issue"]), (&"unhealed".into(), &5.into()), "{shown}");
    assert_eq!(of("A-1")["outcome"], "healed", "{shown}");

    // Nothing fails any more, and there is no bundle.
    std::fs::remove_dir_all(&job.bundles).unwrap();
    std::fs::create_dir(&job.bundles).unwrap();
    job.report(&[("A-1", "passed"), ("A-4", "passed"), ("A-5", "passed")]);
    let _ = job.run(&[&on_main[..], &[("GITHUB_RUN_ID", "78")]].concat()).exits(0).says("nothing failed");
    let open = job.world.hub.issues().into_iter().filter(|line| line.contains(" open ")).collect::<Vec<_>>();
    assert_eq!(open, ["#2 open FIX: A-3 [0]"]);
    job.world.hub.assert_documented();
}

#[test]
fn a_pull_request_is_healed_on_its_own_branch() {
    let job = Job::new();
    let (root, bare) = (job.world.repository.root.clone(), job.world.bare.to_str().unwrap().to_owned());
    let git = |args: &[&str]| xtask::tools::git::run(&root, args.iter().copied()).map(drop).unwrap();
    // The test is new there: the checkout of the default branch, in which this job runs, does not have it.
    git(&["checkout", "-q", "-b", "topic"]);
    git(&["mv", TEST_FILE, "tests/b.spec.js"]);
    commit_as_person(&root, "Rename");
    git(&["push", "-q", &bare, "topic"]);
    let patch = String::from_utf8(job.world.patch_of("tests/b.spec.js", "Old", "New")).unwrap();
    git(&["checkout", "-q", "main"]);
    let mut test = PlannedTest { file: "tests/b.spec.js".into(), ..test("A-1") };
    test.fingerprint = Identity::fingerprint(&test.file, &test.suite, &test.name);
    let result = TestResult::new(&test, Outcome::Healed, "it passes with the fix");
    Bundle::new(&test, &result).write(&job.bundles, Some(patch.as_bytes()), "").unwrap();
    let head = serde_json::json!({ "ref": "topic", "repo": { "full_name": "octo/shop" } });
    let event = serde_json::json!({ "pull_request": { "number": 9, "head": head } });
    let path = job.world.folder().join("event.json");
    std::fs::write(&path, event.to_string()).unwrap();
    let ran = job.run(&[
        ("GITHUB_EVENT_PATH", path.to_str().unwrap()),
        ("GITHUB_REF", "refs/pull/9/merge"),
        ("GITHUB_HEAD_REF", "topic"),
    ]);
    let shown = ran.exits(0).shown();
    let pulls = job.world.hub.pull_requests();
    assert!(pulls.len() == 1 && pulls[0].ends_with(" -> topic"), "{pulls:?} {shown}");
    job.world.hub.assert_documented();
}

#[test]
fn an_outage_in_the_report_is_one_issue_until_it_is_over() {
    let job = Job::new();
    std::fs::create_dir(&job.bundles).unwrap();
    let ids: Vec<String> = (1..=26).map(|n| format!("A-{n}")).collect();
    let all = |status: &'static str| ids.iter().map(|id| (id.as_str(), status)).collect::<Vec<_>>();
    let report = job.report(&all("failed"));
    let on_main = [("CTRF_REPORT", report.as_str()), ("HEAL_TARGET", "pantheon live")];
    let _ = job.run(&on_main).exits(10);
    assert_eq!(job.world.hub.issues(), ["#1 open FIX: outage on pantheon live [0]"]);
    job.report(&all("passed"));
    let _ = job.run(&[&on_main[..], &[("GITHUB_RUN_ID", "78")]].concat()).exits(0);
    assert_eq!(job.world.hub.issues(), ["#1 closed FIX: outage on pantheon live [1]"]);
    job.world.hub.assert_documented();
}

#[test]
fn what_an_issue_describes_is_published_and_nothing_beside_it() {
    let job = Job::new();
    job.world.run(&[test("A-1")], &on("pantheon live"));
    let before = job.world.hub.lock().entries[0].clone();
    job.bundle("A-1", Outcome::Healed, Some(job.world.patch("Old", "New")));
    job.bundle("A-2", Outcome::Healed, Some(job.world.patch("Old", "Newer")));
    let mut command = job.command(&[("GITHUB_WORKFLOW", "Heal on label")]);
    command.args(["--issue", "1"]);
    let ran = Ran::of(command, xtask::proc::Limits::seconds(120)).exits(0);
    let ran = ran.says("A-2: it is not the test of issue #1");
    assert_eq!(job.world.hub.pull_requests().len(), 1, "{}", ran.shown());
    let state = job.world.hub.lock();
    // The suite did not fail anew anywhere: the issue is as it was.
    assert_eq!(state.entries[0], before);
    assert!(state.entries[1]["body"].as_str().unwrap().contains("\nFixes #1\n"));
    assert!(state.comments.is_empty());
}

#[test]
fn a_dry_run_says_what_it_would_do_and_does_nothing() {
    let job = Job::new();
    job.bundle("A-1", Outcome::Healed, Some(job.world.patch("Old", "New")));
    let ran = job.run(&[("ACT", "true")]).exits(0);
    let branch = "heal/a-1-";
    ran.says("would create or update the issue `FIX: A-1` (label auto-heal)")
        .says(&format!("would push the branch `{branch}"))
        .says("would open the pull request `Heal A-1`")
        .says_nothing_of("would close");
    let report = job.report(&[("A-1", "failed"), ("A-2", "passed"), ("A-4", "failed")]);
    job.run(&[("ACT", "true"), ("CTRF_REPORT", report.as_str())])
        .exits(0)
        .says("would create or update the issue `FIX: A-4` (label auto-heal)")
        .says("would close the issues of tests that passed on `pantheon`");
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
