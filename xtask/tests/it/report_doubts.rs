//! A report that says that nothing failed, of a run that did, is never taken for good news: the whole program.

use std::fs::File;
use std::time::{Duration, SystemTime};

use crate::env::{Ran, TestEnv};

const PASSED: &str = r#"{"name":"a","status":"passed","duration":1,"filePath":"tests/a.spec.ts"}"#;

fn suite() -> TestEnv {
    let env = TestEnv::new();
    env.write("tests/a.spec.ts", "x\n");
    env.commit("A suite");
    env
}

fn report(env: &TestEnv, name: &str, summary: &str, tests: &str) {
    let report = format!(r#"{{"results":{{"tool":{{"name":"playwright"}},"summary":{summary},"tests":[{tests}]}}}}"#);
    env.write(&format!("ctrf/{name}.json"), report);
}

fn heal(env: &TestEnv, verb: Option<&str>) -> Ran {
    env.xtask(["heal"].into_iter().chain(verb).chain(["--report", "ctrf/*.json", "--issues", "never"]))
}

#[test]
fn what_may_hide_a_failure_is_told_and_not_green() {
    for (summary, tests, code, said) in [
        ("{}", PASSED, 0, "nothing failed: 1 test, 1 passed"),
        ("{}", r#"{"name":"a","status":"skipped"},{"name":"b","status":"other"}"#, 0, "1 skipped, 1 of unknown result"),
        ("{}", "", 4, "the report holds no tests"),
        (r#"{"failed":1}"#, "", 4, "its summary counts 1 failed"),
        (r#"{"failed":1}"#, PASSED, 2, "the summary counts 1 failed, but no test is listed as failed"),
        ("{}", "7", 2, "none of the 1 entries of results.tests can be read"),
        ("{}", r#"{"name":"a","status":"passed"},7"#, 10, "results.tests[1] is not an object; skipped"),
        ("{}", r#"{"name":"a","status":"exploded"}"#, 10, "unknown status `exploded`"),
    ] {
        let env = suite();
        report(&env, "one", summary, tests);
        let ran = heal(&env, None).exits(code).says(said);
        if code != 0 {
            ran.says_nothing_of("nothing failed");
        }
    }
}

#[test]
fn an_empty_shard_beside_a_failure_is_told() {
    let env = suite();
    report(&env, "1", "{}", &PASSED.replace("passed", "failed"));
    report(&env, "2", "{}", "");
    heal(&env, Some("plan")).exits(0).says("2.json: the report holds no tests").says("1 test failed of 1");
}

/// A runner that fails to load a file leaves the report of an earlier run in place.
#[test]
fn an_old_report_without_failures_is_not_green() {
    let env = suite();
    report(&env, "one", "{}", PASSED);
    let wrote = |seconds: u64| {
        let file = File::options().write(true).open(env.repo().join("ctrf/one.json")).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).unwrap();
    };
    wrote(60);
    heal(&env, None).exits(10).says("one.json: older than").says("a.spec.ts").says("nothing is known to have failed");
    wrote(0);
    heal(&env, None).exits(0).says("nothing failed: 1 test, 1 passed");
}
