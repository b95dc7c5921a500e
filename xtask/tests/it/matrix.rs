//! `cargo heal plan --github-output`: what the workflows deal out their jobs by.

use std::fs;

use crate::env::TestEnv;

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
