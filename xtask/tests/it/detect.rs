//! `cargo heal-detect`, as workflows use it.

use crate::env::TestEnv;

#[test]
fn says_where_it_runs_and_why() {
    let mut env = TestEnv::new();
    env.xtask(["heal-detect"]).exits(0).says("local model on developer, because no CI variable is set");
    env.set("GITHUB_ACTIONS", "true").set("RUNNER_ENVIRONMENT", "self-hosted");
    let json = env.xtask(["heal-detect", "--json"]).exits(0).json();
    let expected = r#"{"mode":"local","runner":"self-hosted","because":"RUNNER_ENVIRONMENT=self-hosted",
        "dry_run":false,"create_issues":true,"publish":"pr"}"#;
    assert_eq!(json, serde_json::from_str::<serde_json::Value>(expected).unwrap());
    env.set("LLM_MODE", "cloud");
    env.xtask(["heal-detect", "--mode", "local"]).exits(0).says("because --mode local");
    env.xtask(["heal-detect"]).exits(0).says("cloud model on self-hosted, because LLM_MODE=cloud");
    env.set("LLM_MODE", "both").xtask(["heal-detect"]).exits(2).says("auto, local, cloud");
}

#[test]
fn works_without_a_repository() {
    TestEnv::without_repository().xtask(["heal-detect", "--json"]).exits(0).says("developer");
}

#[test]
fn appends_to_the_output_file_in_a_form_that_no_value_breaks() {
    let mut env = TestEnv::new();
    let path = env.write("output", "before=1\n");
    env.set("GITHUB_OUTPUT", path.to_str().unwrap()).set("GITHUB_ACTIONS", "true").set("CI", "true");
    env.set("GITHUB_ACTOR", "nektos/act\nllm_mode=cloud\nEOF");
    env.xtask(["heal-detect"]).exits(0);
    let outputs = parse_outputs(&env.read("output"));
    let expected = [
        ("before", "1"),
        ("llm_mode", "local"),
        ("runner", "act"),
        ("because", "GITHUB_ACTOR=nektos/act?llm_mode=cloud?EOF"),
        ("dry_run", "true"),
        ("create_issues", "true"),
        ("publish", "pr"),
    ];
    assert_eq!(outputs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn the_table_of_the_repository_is_read_from_a_subfolder() {
    let env = TestEnv::new();
    env.write("Cargo.toml", "[workspace]\nmembers = []\n[workspace.metadata.heal]\nmode = 'cloud'\n");
    let below = env.write("deep/er/file", "").parent().unwrap().to_owned();
    env.xtask_in(&below, ["heal-detect"]).exits(0).says("mode = \"cloud\" in ");
    env.write("Cargo.toml", "[workspace.metadata.heal]\nmood = 'cloud'\n");
    env.xtask(["heal-detect"]).exits(2).says("`mood` is not a key").says("Cargo.toml").says("max-failures");
}

/// As the runner reads the file: `NAME=VALUE`, or `NAME<<DELIMITER`, lines, `DELIMITER`.
fn parse_outputs(text: &str) -> Vec<(String, String)> {
    let mut outputs = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let (name, value) = match line.split_once("<<") {
            Some((name, delimiter)) => {
                let block: Vec<_> = lines.by_ref().take_while(|line| *line != delimiter).collect();
                (name, block.join("\n"))
            }
            None => line.split_once('=').map(|(name, value)| (name, value.to_owned())).unwrap(),
        };
        outputs.push((name.to_owned(), value));
    }
    outputs
}
