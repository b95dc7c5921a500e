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
        Selection::Test { .. } => {
            let parts = [std::slice::from_ref(&target.file), &target.suite, std::slice::from_ref(&target.name)];
            parts.concat().join("::")
        }
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

/// Classes and name of a test. Reporters give the node id as the name; others give the parts.
pub fn titles(suite: &[String], name: &str) -> (Vec<String>, String) {
    match name.split_once("::") {
        Some((file, inner)) if file.ends_with(".py") => split(inner),
        _ => (suite.iter().filter(|part| !part.contains(".py")).cloned().collect(), name.to_owned()),
    }
}

/// `Class::test[a::b]`: what stands in brackets is the test's parameter, with whatever characters.
fn split(inner: &str) -> (Vec<String>, String) {
    let brackets = inner.find('[').unwrap_or(inner.len());
    match inner[..brackets].rfind("::") {
        Some(at) => (inner[..at].split("::").map(str::to_owned).collect(), inner[at + 2..].to_owned()),
        None => (Vec::new(), inner.to_owned()),
    }
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
        let (file, inner) = entry.nodeid.split_once("::").unwrap_or((&entry.nodeid, ""));
        let (suite, name) = split(inner);
        let file = file.to_owned();
        let message = match entry.wasxfail && status == Status::Failed {
            true => "it passed, although it is expected to fail".to_owned(),
            false => redact::clean(&entry.message),
        };
        let same = |test: &&mut RanTest| test.file == file && test.suite == suite && test.name == name;
        match ran.tests.iter_mut().rev().find(same) {
            // A tear-down that fails after a call that passed.
            Some(test) if entry.when == "teardown" => (test.status, test.message) = (status, message),
            _ => ran.tests.push(RanTest { file, suite, name, status, message, ..RanTest::default() }),
        }
    }
    Some(ran)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_and_name_are_found_in_what_reporters_write() {
        for (suite, name, expected) in [
            (vec![], "tests/unit/test_cart.py::test_odd[a b]", (vec![], "test_odd[a b]")),
            (vec!["x"], "t.py::TestCart::TestDeep::test_odd[a::b]", (vec!["TestCart", "TestDeep"], "test_odd[a::b]")),
            (vec!["unit/test_cart.py", "TestCart"], "test_adds", (vec!["TestCart"], "test_adds")),
            (vec![], "test_odd[x::y]", (vec![], "test_odd[x::y]")),
        ] {
            let suite: Vec<String> = suite.into_iter().map(str::to_owned).collect();
            let (classes, test) = titles(&suite, name);
            assert_eq!((classes.iter().map(String::as_str).collect(), test.as_str()), expected);
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
