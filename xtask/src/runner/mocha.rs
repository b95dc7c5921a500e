//! Mocha: its command line and its JSON report. <https://mochajs.org/reporters/json>

use std::path::Path;

use serde::Deserialize;

use super::{Invocation, Ran, RanTest, Selection, Status, Target};
use crate::redact;

pub fn command(target: &Target, selection: Selection, report: &Path) -> Invocation {
    let mut args = vec![target.file.clone()];
    if let Selection::Test { .. } = selection {
        let title = super::title_path(&target.suite, &target.name);
        args.extend(["--grep".to_owned(), super::title_regex(&title)]);
    }
    args.extend(["--reporter", "json", "--retries", "0"].map(str::to_owned));
    args.extend(["--reporter-option".to_owned(), format!("output={}", report.display())]);
    Invocation { program: "mocha".into(), args: args.into_iter().map(Into::into).collect(), ..Invocation::default() }
}

#[derive(Deserialize)]
struct Report {
    passes: Vec<Test>,
    failures: Vec<Test>,
    pending: Vec<Test>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Test {
    full_title: String,
    #[serde(default)]
    file: String,
    #[serde(default)]
    err: Error,
}

#[derive(Default, Deserialize)]
struct Error {
    #[serde(default)]
    message: String,
}

/// Reads the JSON report; `None` if it is none.
pub fn parse(text: &str) -> Option<Ran> {
    let report: Report = serde_json::from_str(text).ok()?;
    let lists = [(report.passes, Status::Passed), (report.failures, Status::Failed), (report.pending, Status::Skipped)];
    let tests = lists.into_iter().flat_map(|(tests, status)| {
        tests.into_iter().map(move |test| RanTest {
            file: test.file,
            name: test.full_title,
            status,
            message: redact::clean(&test.err.message),
            ..RanTest::default()
        })
    });
    Some(Ran { tests: tests.collect(), errors: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_three_lists() {
        let text = r#"{"stats":{},"tests":[],"passes":[{"title":"adds","fullTitle":"cart adds","file":"/w/t.js","err":{}}],
            "failures":[{"title":"subtracts","fullTitle":"cart subtracts","err":{"message":"no"}}],
            "pending":[{"title":"x","fullTitle":"cart x","err":{}}]}"#;
        let ran = parse(text).unwrap();
        let seen: Vec<_> = ran.tests.iter().map(|test| (test.name.as_str(), test.status)).collect();
        let expected = [("cart adds", Status::Passed), ("cart subtracts", Status::Failed), ("cart x", Status::Skipped)];
        assert_eq!(seen, expected);
        assert!(parse("not json").is_none());
    }
}
