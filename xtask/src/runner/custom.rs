//! The user's own command for a suite that has no built-in one. It must write a CTRF report where `--report` says.

use anyhow::{Result, bail};
use serde_json::Value;

use super::{Invocation, Ran, RanTest, Selection, Status, Target};
use crate::redact;

/// Fills the placeholders, each inside its argument: nothing is split, joined or given to a shell. For the whole file,
/// arguments that name the test, and a flag right before them, are left out.
pub fn command(argv: &[String], target: &Target, selection: Selection) -> Result<Invocation> {
    let [program, rest @ ..] = argv else { bail!("`test-command` is empty") };
    let line = target.line.map(|line| line.to_string()).unwrap_or_default();
    let project = target.projects.first().cloned().unwrap_or_default();
    let mut args: Vec<String> = Vec::new();
    for arg in rest {
        if selection == Selection::File && (arg.contains("{name}") || arg.contains("{line}")) {
            if args.last().is_some_and(|flag| flag.starts_with('-')) && !arg.starts_with('-') {
                args.pop();
            }
            continue;
        }
        let filled = arg.replace("{line}", &line).replace("{project}", &project);
        args.push(filled.replace("{file}", &target.file).replace("{name}", &target.name));
    }
    Ok(Invocation {
        program: program.clone(),
        args: args.into_iter().map(Into::into).collect(),
        ..Invocation::default()
    })
}

/// Reads every test of the CTRF report, passed ones too; `None` if it is none.
pub fn parse(text: &str) -> Option<Ran> {
    let report: Value = serde_json::from_str(text).ok()?;
    let tests = report.pointer("/results/tests")?.as_array()?.iter().filter_map(|test| {
        let text = |key: &str| test[key].as_str().unwrap_or_default();
        Some(RanTest {
            file: test["filePath"].as_str().or(test["file_path"].as_str()).unwrap_or_default().to_owned(),
            suite: Vec::new(),
            name: test["name"].as_str()?.to_owned(),
            project: String::new(),
            status: match text("status").to_lowercase().as_str() {
                "passed" => Status::Passed,
                "failed" => Status::Failed,
                _ => Status::Skipped,
            },
            message: redact::clean(text("message")),
            page: None,
        })
    });
    Some(Ran { tests: tests.collect(), errors: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_placeholders_without_splitting() {
        let target = Target {
            file: "e2e/a b.cy.js".into(),
            suite: vec![],
            name: "adds; rm -rf {file}".into(),
            line: Some(7),
            projects: vec!["edge".into()],
            serial: false,
        };
        let argv: Vec<String> =
            ["npx", "run", "--spec={file}", "--grep", "{name}", "-p", "{project}"].map(str::to_owned).into();
        let alone = command(&argv, &target, Selection::Test { repeat: 1 }).unwrap();
        assert_eq!(alone.args, ["run", "--spec=e2e/a b.cy.js", "--grep", "adds; rm -rf {file}", "-p", "edge"]);
        let file = command(&argv, &target, Selection::File).unwrap();
        assert_eq!(file.args, ["run", "--spec=e2e/a b.cy.js", "-p", "edge"]);
    }
}
