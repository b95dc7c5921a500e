//! Issues, with the real gh against the stand-in.

use std::time::Duration;

use xtask::github::context::PullRequest;
use xtask::github::copilot::Assignment;
use xtask::github::issue_text::Run;
use xtask::github::passed::in_reports;
use xtask::github::{GitHub, LABEL, Options};
use xtask::plan::{Identity, PlannedTest};
use xtask::report::files;

use crate::github_world::{World, run, seen, test};
use crate::stand_in::{COPILOT_TOKEN, Copilot, Fault, REPOSITORY, TOKEN};

fn creations(log: &[String]) -> usize {
    log.iter().filter(|line| *line == &format!("POST /repos/{REPOSITORY}/issues")).count()
}

#[test]
fn one_new_one_known_one_closed_and_the_same_run_again() {
    let world = World::new();
    world.run(&[test(1), test(2)], &run("1"));
    world.hub.close(2);
    world.hub.take_log();
    let tests = [test(1), test(2), test(3)];
    assert_eq!(world.run(&tests, &run("2")), [1, 2, 3]);
    let expected = ["#1 open FIX: ATK-PW-1 [1]", "#2 open FIX: ATK-PW-2 [1]", "#3 open FIX: ATK-PW-3 [0]"];
    assert_eq!(world.hub.issues(), expected);
    let log = world.hub.take_log();
    assert_eq!(log.iter().filter(|line| !line.starts_with("GET")).count(), 5, "{log:#?}");

    // Repeated, nothing is written.
    assert_eq!(world.run(&tests, &run("2")), [1, 2, 3]);
    assert_eq!(world.hub.issues(), expected);
    assert!(world.hub.take_log().iter().all(|line| line.starts_with("GET")));
    let body = world.hub.lock().entries[0]["body"].as_str().unwrap().to_owned();
    assert!(body.contains("**Seen in:** 2 runs") && body.contains("cargo heal --issue 1"), "{body}");
    world.hub.assert_documented();
}

#[test]
fn an_older_issue_without_a_marker_is_adopted() {
    let world = World::new();
    world.hub.add_issue("FIX: ATK-PW-1", "look into it", &[LABEL]);
    world.hub.add_issue("FIX: ATK-PW-1", "a stranger's", &[]);
    assert_eq!(world.run(&[test(1)], &run("1")), [1]);
    assert_eq!(world.run(&[test(1)], &run("2")), [1]);
    assert_eq!(world.hub.issues(), ["#1 open FIX: ATK-PW-1 [2]", "#2 open FIX: ATK-PW-1 [0]"]);
    assert!(world.hub.lock().entries[0]["body"].as_str().unwrap().ends_with("look into it"));
    world.hub.assert_documented();
}

#[test]
fn is_found_on_a_later_page() {
    for no_links in [false, true] {
        let world = World::new();
        world.hub.lock().no_links = no_links;
        for n in 0..230 {
            world.hub.add_issue(&format!("other {n}"), "", &[LABEL]);
        }
        world.run(&[test(1)], &run("1"));
        for n in 0..120 {
            world.hub.add_issue(&format!("later {n}"), "", &[]);
        }
        for n in 0..120 {
            world.hub.lock().comments.push((231, serde_json::json!({ "id": n, "body": "me too" })));
        }
        for _ in 0..2 {
            assert_eq!(world.run(&[test(1)], &run("2")), [231]);
            assert_eq!(world.hub.issues()[230], "#231 open FIX: ATK-PW-1 [121]");
        }
        world.hub.assert_documented();
    }
}

#[test]
fn a_lost_reply_makes_no_second_issue_or_comment() {
    for fault in [Fault::Before, Fault::After, Fault::AfterBadGateway] {
        let world = World::new();
        world.hub.fail("POST", "/issues", fault.clone(), 1);
        assert_eq!(world.run(&[test(1)], &run("1")), [1], "{fault:?}");
        world.hub.fail("POST", "/comments", fault.clone(), 1);
        world.hub.fail("PATCH", "/issues/1", fault.clone(), 1);
        assert_eq!(world.run(&[test(1)], &run("2")), [1], "{fault:?}");
        assert_eq!(world.hub.issues(), ["#1 open FIX: ATK-PW-1 [1]"], "{fault:?}");
        assert!(!world.waits_longer_than_the_pace().is_empty(), "it backs off");
        world.hub.assert_documented();
    }
}

#[test]
fn obeys_the_rate_limits() {
    let cases = [
        (429, vec![("Retry-After", "7".to_owned())], 7),
        (403, vec![("Retry-After", "9".to_owned())], 9),
        (403, vec![], 60),
    ];
    for (status, headers, expected) in cases {
        let world = World::new();
        let fault = Fault::Answer(status, headers, "You have exceeded a secondary rate limit.");
        world.hub.fail("POST", "/issues", fault, 1);
        assert_eq!(world.run(&[test(1)], &run("1")), [1]);
        assert_eq!(creations(&world.hub.take_log()), 2);
        assert!(world.waits_longer_than_the_pace().contains(&expected), "{:?}", world.waits);
    }
}

#[test]
fn a_refusal_is_not_repeated_and_names_its_remedy() {
    let world = World::new();
    world.hub.fail("POST", "/issues", Fault::Answer(403, vec![], "Resource not accessible by integration"), 9);
    let github = world.github();
    let error = github.sync_issue(&github.known().unwrap(), &seen(&test(1)), &run("1")).unwrap_err();
    let said = error.to_string();
    assert!(said.contains("Resource not accessible by integration") && said.contains("issues: write"), "{said}");
    assert_eq!(creations(&world.hub.take_log()), 1);

    let wrong = world.github_with(Options::default(), "ghs_wrong_token");
    let said = format!("{:?}", wrong.known().unwrap_err());
    assert!(said.contains("Bad credentials") && !said.contains("ghs_wrong_token"), "{said}");
}

#[test]
fn two_runs_at_once_end_with_one_issue() {
    let world = World::new();
    // Both have read that there is none before either writes.
    world.hub.fail("GET", "direction=desc", Fault::Slow(Duration::from_millis(1500)), 2);
    std::thread::scope(|scope| {
        for key in ["1", "2"] {
            let world = &world;
            scope.spawn(move || world.run(&[test(1)], &run(key)));
        }
    });
    assert_eq!(creations(&world.hub.take_log()), 2, "the race took place");
    let open = |issues: Vec<String>| issues.into_iter().filter(|line| line.contains("open")).collect::<Vec<_>>();
    assert_eq!(open(world.hub.issues()), ["#1 open FIX: ATK-PW-1 [0]"]);
    assert_eq!(world.run(&[test(1)], &run("3")), [1]);
    assert_eq!(open(world.hub.issues()), ["#1 open FIX: ATK-PW-1 [1]"]);
    world.hub.assert_documented();
}

#[test]
fn closes_what_passes_on_the_same_target_alone() {
    let world = World::new();
    let preview = Run { target: "tugboat".into(), ..run("2") };
    world.run(&[test(1), test(2), test(3)], &run("1"));
    world.run(&[test(2)], &preview);
    let github = world.github();
    let passes = |key: &str, target: &str, github: &GitHub| {
        let run = Run { target: target.into(), ..run(key) };
        let passed = |fingerprint: &str| fingerprint == test(1).fingerprint || fingerprint == test(2).fingerprint;
        github.close_passed(&github.known().unwrap(), &run, &passed, false).unwrap()
    };
    let mut elsewhere = world.github();
    elsewhere.context.branch = Some("topic".into());
    assert_eq!(passes("3", "pantheon live", &elsewhere), Vec::<u64>::new());
    assert_eq!(passes("4", "pantheon live", &github), [1]);
    assert_eq!(passes("4", "pantheon live", &github), Vec::<u64>::new());
    let expected = ["#1 closed FIX: ATK-PW-1 [1]", "#2 open FIX: ATK-PW-2 [2]", "#3 open FIX: ATK-PW-3 [0]"];
    assert_eq!(world.hub.issues(), expected);
    assert_eq!(passes("5", "tugboat", &github), [2]);
    // It fails again: the same issue.
    assert_eq!(world.run(&[test(1)], &run("6")), [1]);
    assert_eq!(world.hub.issues()[0], "#1 open FIX: ATK-PW-1 [2]");
    world.hub.assert_documented();
}

#[test]
fn an_outage_is_one_issue_that_ends() {
    let world = World::new();
    let tests: Vec<PlannedTest> = (1..=30).map(test).collect();
    let github = world.github();
    for key in ["1", "1", "2"] {
        assert_eq!(github.sync_outage(&github.known().unwrap(), &tests, &run(key)).unwrap(), 1);
    }
    assert_eq!(world.hub.issues(), ["#1 open FIX: outage on pantheon live [1]"]);
    let close = |outage| github.close_passed(&github.known().unwrap(), &run("3"), &|_| true, outage).unwrap();
    assert_eq!(close(true), Vec::<u64>::new());
    assert_eq!(close(false), [1]);
    world.hub.assert_documented();
}

#[test]
fn dropped_labels_are_said_and_make_no_second_issue() {
    let world = World::new();
    world.hub.lock().no_labels = true;
    let github = world.github();
    github.sync_issue(&github.known().unwrap(), &seen(&test(1)), &run("1")).unwrap();
    assert_eq!(github.take_notes(), ["#1 has no label auto-heal: they were dropped"]);
    world.hub.lock().no_labels = false;
    assert_eq!(world.run(&[test(1)], &run("2")), [1]);
    assert_eq!(world.hub.lock().entries[0]["labels"][0]["name"], LABEL);
}

#[test]
fn a_verdict_joins_the_one_comment_of_the_run() {
    let world = World::new();
    let github = world.github();
    world.run(&[test(1)], &run("1"));
    for _ in 0..2 {
        github.add_to_comment(1, &run("1"), "**The product is broken**").unwrap();
    }
    world.run(&[test(1)], &run("2"));
    for _ in 0..2 {
        github.add_to_comment(1, &run("2"), "**The product is broken**").unwrap();
    }
    assert_eq!(world.hub.issues(), ["#1 open FIX: ATK-PW-1 [2]"]);
    let last = world.hub.lock().comments[1].1["body"].as_str().unwrap().to_owned();
    assert!(last.contains("Still fails.") && last.matches("The product is broken").count() == 1, "{last}");
    world.hub.assert_documented();
}

#[test]
fn an_issue_says_which_test_to_heal() {
    let world = World::new();
    world.run(&[test(1)], &run("1"));
    world.hub.add_issue("Something else", "", &[LABEL]);
    let github = world.github();
    let expected = PlannedTest { message: String::new(), ..test(1) };
    assert_eq!(github.described(1).unwrap(), expected);
    for (number, said) in [(2, "describes no test"), (9, "Not Found")] {
        let error = github.described(number).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn assigns_copilot_once_or_says_why_not() {
    let cases = [
        (Copilot::On, TOKEN, "may not assign Copilot: it has to be a user's token"),
        (Copilot::Off, COPILOT_TOKEN, "is not enabled for this repository"),
        (Copilot::Dropped, COPILOT_TOKEN, "assigned nobody"),
        (Copilot::On, "ghs_wrong", "is not valid"),
        (Copilot::On, "", "there is no `HEAL_COPILOT_TOKEN`"),
    ];
    for (state, token, expected) in cases {
        let world = World::new();
        world.run(&[test(1)], &run("1"));
        world.hub.lock().copilot = state;
        if token == TOKEN {
            // The workflow's own token finds the agent, and may not assign it.
            world.hub.fail("GET", "/assignees/", Fault::Answer(200, vec![], ""), 1);
        }
        let github = world.github_for_copilot(token);
        let Assignment::Impossible(why) = github.assign_copilot(1, "main").unwrap() else { panic!("{expected}") };
        assert!(why.contains(expected), "{why}");
        assert_eq!(world.hub.lock().entries[0]["assignees"], serde_json::json!([]), "{expected}");
        world.hub.assert_documented();
    }
    let world = World::new();
    world.run(&[test(1)], &run("1"));
    world.hub.lock().copilot = Copilot::On;
    let github = world.github_for_copilot(COPILOT_TOKEN);
    assert_eq!(github.assign_copilot(1, "main").unwrap(), Assignment::Assigned);
    world.hub.take_log();
    assert_eq!(github.assign_copilot(1, "main").unwrap(), Assignment::Already);
    assert_eq!(world.hub.take_log(), [format!("GET /repos/{REPOSITORY}/issues/1")]);
    world.hub.assert_documented();
}

#[test]
fn the_report_says_which_open_issues_pass() {
    let world = World::new();
    // As Playwright reports them, in two browsers: one passes in both, one fails in one of them, one is gone.
    let path = world.repository.root.join("tests/a.spec.js");
    let entry = |name: &str, browser: &str, status: &str| {
        serde_json::json!({ "name": name, "status": status, "duration": 1, "filePath": path,
            "suite": format!("{browser} > a.spec.js > Suite") })
    };
    let tests = [
        entry("passes", "chromium", "passed"),
        entry("passes", "firefox", "passed"),
        entry("half", "chromium", "passed"),
        entry("half", "firefox", "failed"),
    ];
    let report = world.folder().join("ctrf-report.json");
    let document =
        serde_json::json!({ "results": { "tool": { "name": "playwright" }, "summary": {}, "tests": tests } });
    std::fs::write(&report, document.to_string()).unwrap();
    let named = |name: &str| {
        let mut test = PlannedTest { name: name.into(), id: String::new(), ..test(1) };
        test.fingerprint = Identity::fingerprint(&test.file, &test.suite, &test.name);
        test
    };
    let tests = [named("passes"), named("half"), named("gone")];
    world.run(&tests, &run("1"));
    let sources = files(&[report.to_str().unwrap().to_owned()], world.folder()).unwrap();
    let known = world.github().known().unwrap();
    let passed = in_reports(&known, &run("2"), &sources, &world.repository).unwrap();
    assert_eq!(passed.into_iter().collect::<Vec<_>>(), [tests[0].fingerprint.clone()]);
    let elsewhere = Run { target: "tugboat".into(), ..run("2") };
    assert!(in_reports(&known, &elsewhere, &sources, &world.repository).unwrap().is_empty());
}

#[test]
fn a_forks_pull_request_gets_one_comment() {
    let world = World::new();
    world.hub.add_issue("A contribution", "", &[]);
    let mut github = world.github();
    github.context.pull_request = Some(PullRequest { number: 1, fork: true });
    for _ in 0..2 {
        assert_eq!(github.comment_on_fork(&[&test(1)], &run("1")), None);
    }
    assert_eq!(world.hub.issues(), ["#1 open A contribution [1]"]);
    world.hub.fail("POST", "/comments", Fault::Answer(403, vec![], "Resource not accessible by integration"), 1);
    let said = github.comment_on_fork(&[&test(1)], &run("2")).unwrap();
    assert!(said.contains("not accessible"), "{said}");
}
