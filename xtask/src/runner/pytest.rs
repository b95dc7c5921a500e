//! pytest: its command line, and a plugin of ours that writes one JSON line per test, since pytest has no JSON of its
//! own. <https://docs.pytest.org/en/stable/reference/reference.html#pytest.hookspec.pytest_runtest_logreport>

use std::fs;
use std::path::Path;

use anyhow::Result;
use serde::Deserialize;

use super::{Invocation, Ran, RanTest, Selection, Status, Target};
use crate::redact;

const PLUGIN: &str = r#"import json, os

def _write(**entry):
    with open(os.environ["CARGO_HEAL_REPORT"], "a", encoding="utf-8") as report:
        report.write(json.dumps(entry) + "\n")

def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        _write(nodeid=report.nodeid, when=report.when, outcome=report.outcome,
               wasxfail=hasattr(report, "wasxfail"), message=str(report.longrepr or "")[:65536])

def pytest_collectreport(report):
    if report.outcome == "failed":
        _write(nodeid=report.nodeid, when="collect", outcome="failed", wasxfail=False,
               message=str(report.longrepr or "")[:65536])
"#;

const MODULE: &str = "cargo_heal_report";

/// Writes the plugin beside the report. A node id (`file::Class::test[param]`) selects exactly one test.
pub fn command(target: &Target, selection: Selection, out: &Path, report: &Path) -> Result<Invocation> {
    let plugins = out.join("plugins");
    fs::create_dir_all(&plugins)?;
    fs::write(plugins.join(format!("{MODULE}.py")), PLUGIN)?;
    let selected = match selection {
        Selection::Test { .. } => node_id(target),
        Selection::File => target.file.clone(),
    };
    let args = ["-p", MODULE, "-p", "no:cacheprovider", "-q", "--", &selected];
    Ok(Invocation {
        program: "pytest".into(),
        args: args.iter().map(Into::into).collect(),
        env: vec![
            ("PYTHONPATH".into(), plugins.into()),
            ("CARGO_HEAL_REPORT".into(), report.into()),
            ("PYTHONDONTWRITEBYTECODE".into(), "1".into()),
        ],
        report_on_stdout: false,
    })
}

/// Reporters give the node id as the name; others give the parts.
fn node_id(target: &Target) -> String {
    if target.name.contains("::") {
        let inner = target.name.split_once("::").map_or("", |(_, inner)| inner);
        return format!("{}::{inner}", target.file);
    }
    let classes: Vec<&str> = target.suite.iter().map(String::as_str).filter(|part| !part.contains(".py")).collect();
    [vec![target.file.as_str()], classes, vec![target.name.as_str()]].concat().join("::")
}

#[derive(Deserialize)]
struct Entry {
    nodeid: String,
    when: String,
    outcome: String,
    wasxfail: bool,
    message: String,
}

/// Reads the plugin's lines. A test whose set-up or tear-down failed has failed.
pub fn parse(text: &str) -> Option<Ran> {
    let mut ran = Ran::default();
    for line in text.lines() {
        let entry: Entry = serde_json::from_str(line).ok()?;
        if entry.when == "collect" {
            ran.errors.push(redact::clean(&entry.message));
            continue;
        }
        let status = match entry.outcome.as_str() {
            "passed" if entry.wasxfail => Status::Failed,
            "passed" => Status::Passed,
            "skipped" if entry.wasxfail => Status::ExpectedFailure,
            "skipped" => Status::Skipped,
            _ => Status::Failed,
        };
        let file = entry.nodeid.split("::").next().unwrap_or_default().to_owned();
        let message = redact::clean(&entry.message);
        match ran.tests.iter_mut().rev().find(|test| test.name == entry.nodeid) {
            // A tear-down that fails after a call that passed.
            Some(test) if entry.when == "teardown" => (test.status, test.message) = (status, message),
            _ => ran.tests.push(RanTest { file, name: entry.nodeid, status, message, ..RanTest::default() }),
        }
    }
    Some(ran)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_id_is_made_of_what_the_report_has() {
        let target = |suite: &[&str], name: &str| Target {
            file: "unit/test_cart.py".into(),
            suite: suite.iter().map(|part| part.to_string()).collect(),
            name: name.into(),
            line: None,
            projects: vec![],
            serial: false,
        };
        for (target, id) in [
            (target(&[], "tests/unit/test_cart.py::test_odd[a b]"), "unit/test_cart.py::test_odd[a b]"),
            (target(&["TestCart"], "test_adds"), "unit/test_cart.py::TestCart::test_adds"),
            (target(&["unit/test_cart.py"], "test_adds"), "unit/test_cart.py::test_adds"),
        ] {
            assert_eq!(node_id(&target), id);
        }
    }

    #[test]
    fn reads_outcomes_that_look_green() {
        let line = |when: &str, outcome: &str, xfail: bool| {
            format!(r#"{{"nodeid":"t.py::t","when":"{when}","outcome":"{outcome}","wasxfail":{xfail},"message":""}}"#)
        };
        for (lines, status) in [
            (vec![line("call", "passed", false)], Status::Passed),
            (vec![line("call", "failed", false)], Status::Failed),
            (vec![line("setup", "failed", false)], Status::Failed),
            (vec![line("setup", "skipped", false)], Status::Skipped),
            (vec![line("call", "skipped", true)], Status::ExpectedFailure),
            (vec![line("call", "passed", true)], Status::Failed),
            (vec![line("call", "passed", false), line("teardown", "failed", false)], Status::Failed),
        ] {
            let ran = parse(&lines.join("\n")).unwrap();
            assert_eq!(ran.tests.iter().map(|test| test.status).collect::<Vec<_>>(), [status], "{lines:?}");
        }
    }
}
