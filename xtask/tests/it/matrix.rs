//! `cargo heal plan --github-output`: what the workflows deal out their jobs by.

use std::fs;
use std::path::Path;

use xtask::proc::Limits;

use crate::env::{Ran, TestEnv};

fn report(failed: usize) -> String {
    let test = |at: usize| {
        format!(
            r#"{{"name":"test {at}","status":"failed","duration":1,"filePath":"t{at}.spec.js","message":"cause {at}"}}"#
        )
    };
    let mut tests = vec![r#"{"name":"good","status":"passed","duration":1}"#.to_owned()];
    tests.extend((0..failed).map(test));
    format!(r#"{{"results":{{"tool":{{"name":"playwright"}},"tests":[{}]}}}}"#, tests.join(","))
}

#[test]
fn the_failed_tests_are_dealt_out_to_jobs() {
    for (failed, expected) in [
        (0, "count=0\nmatrix={\"shard\":[]}\n"),
        (1, "count=1\nmatrix={\"shard\":[\"1/1\"]}\n"),
        // An outage: nothing is healed, so that there is nothing to deal out.
        (26, "count=0\nmatrix={\"shard\":[]}\n"),
    ] {
        let mut env = TestEnv::new();
        env.write("ctrf/ctrf-report.json", report(failed));
        for at in 0..failed {
            env.write(&format!("t{at}.spec.js"), format!("test('test {at}', () => {{}});\n"));
        }
        env.commit("A suite");
        let output = env.root().join("output");
        fs::write(&output, "earlier=1\n").unwrap();
        env.set("GITHUB_OUTPUT", output.display().to_string());
        env.xtask(["heal", "plan", "--github-output"]).exits(0);
        assert_eq!(fs::read_to_string(&output).unwrap(), format!("earlier=1\n{expected}"));
    }
}

#[test]
fn outside_of_a_workflow_there_is_no_output() {
    let env = TestEnv::new();
    env.write("ctrf/ctrf-report.json", report(1));
    env.xtask(["heal", "plan", "--github-output"]).exits(2).says("GITHUB_OUTPUT");
}

#[test]
fn the_shards_reports_are_merged_into_one() {
    let script = |workflow: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.github/workflows").join(workflow);
        let text = fs::read_to_string(path).unwrap();
        let (_, rest) = text.split_once("node <<'EOF'\n").unwrap();
        rest.split_once("          EOF\n").unwrap().0.replace("\n          ", "\n")
    };
    let script_of_pantheon = script("test-against-pantheon.yml");
    assert_eq!(script_of_pantheon, script("test-against-tugboat.yml"));
    let env = TestEnv::new();
    for (shard, status, start) in [("ctrf-1", "passed", 5), ("ctrf-2", "failed", 3)] {
        let summary = serde_json::json!({ "tests": 1, status: 1, "start": start, "stop": start + 10 });
        let test = serde_json::json!({ "name": shard, "status": status, "duration": 1 });
        let results = serde_json::json!({ "tool": { "name": "playwright" }, "summary": summary, "tests": [test] });
        env.write(&format!("reports/{shard}/ctrf-report.json"), serde_json::json!({ "results": results }).to_string());
    }
    let mut command = env.command("node");
    command.args(["-e", script_of_pantheon.as_str()]);
    let _ = Ran::of(command, Limits::seconds(30)).exits(0);
    let merged: serde_json::Value = serde_json::from_str(&env.read("ctrf-report.json")).unwrap();
    let expected = serde_json::json!({ "tests": 2, "passed": 1, "failed": 1, "start": 3, "stop": 15 });
    assert_eq!(merged["results"]["summary"], expected);
    assert_eq!(merged["results"]["tests"].as_array().unwrap().len(), 2);
    let planned = env.xtask(["heal", "plan", "--json", "--report", "ctrf-report.json"]).exits(0).json();
    assert_eq!(planned["tests"], serde_json::json!({ "total": 2, "failed": 1 }));
}
