//! Jest and Vitest: their command lines, and the JSON report that they share.
//! <https://jestjs.io/docs/cli#--json>, <https://vitest.dev/guide/reporters#json-reporter>

use std::path::Path;

use serde::Deserialize;

use super::{Invocation, Ran, RanTest, Selection, Status, Target};
use crate::redact;

pub fn jest_command(target: &Target, selection: Selection, report: &Path) -> Invocation {
    let mut args = vec!["--runTestsByPath".to_owned(), target.file.clone()];
    args.extend(title_filter(target, selection));
    args.extend(["--json".to_owned(), format!("--outputFile={}", report.display())]);
    // `--ci`: a missing snapshot is not written, it fails.
    args.extend(["--reporters=default", "--ci", "--coverage=false"].map(str::to_owned));
    Invocation { program: "jest".into(), args: args.into_iter().map(Into::into).collect(), ..Invocation::default() }
}

pub fn vitest_command(target: &Target, selection: Selection, report: &Path) -> Invocation {
    let mut args = vec!["run".to_owned(), target.file.clone()];
    args.extend(title_filter(target, selection));
    args.extend(["--reporter=json".to_owned(), format!("--outputFile={}", report.display())]);
    args.extend(["--retry=0", "--coverage.enabled=false"].map(str::to_owned));
    Invocation { program: "vitest".into(), args: args.into_iter().map(Into::into).collect(), ..Invocation::default() }
}

/// `-t` is matched against the titles joined by spaces, in both.
fn title_filter(target: &Target, selection: Selection) -> Vec<String> {
    match selection {
        Selection::File => Vec::new(),
        Selection::Test { .. } => {
            let title = super::title_path(&target.suite, &target.name);
            vec!["-t".to_owned(), super::title_regex(&title)]
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    test_results: Vec<File>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    name: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    assertion_results: Vec<Assertion>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assertion {
    #[serde(default)]
    ancestor_titles: Vec<String>,
    title: String,
    status: String,
    /// Jest's `test.failing`: "passed" means that it failed, as it is expected to.
    #[serde(default)]
    failing: bool,
    /// Why it was tried again (`jest.retryTimes`).
    #[serde(default)]
    retry_reasons: Vec<String>,
    #[serde(default)]
    failure_messages: Vec<String>,
}

/// Reads the JSON report; `None` if it is none. A file without a single test is an error of that file.
pub fn parse(text: &str) -> Option<Ran> {
    let report: Report = serde_json::from_str(text).ok()?;
    let mut ran = Ran::default();
    for file in report.test_results {
        if file.assertion_results.is_empty() {
            ran.errors.push(redact::clean(&file.message));
        }
        ran.tests.extend(file.assertion_results.into_iter().map(|test| RanTest {
            file: file.name.clone(),
            suite: test.ancestor_titles.into_iter().filter(|title| !title.is_empty()).collect(),
            name: test.title,
            project: String::new(),
            status: match test.status.as_str() {
                "passed" if test.failing => Status::ExpectedFailure,
                // It passed at the second try, which is no proof.
                "passed" if !test.retry_reasons.is_empty() => Status::Failed,
                "passed" => Status::Passed,
                "failed" => Status::Failed,
                _ => Status::Skipped,
            },
            message: redact::clean(&test.failure_messages.join("\n\n")),
            page: None,
        }));
    }
    Some(ran)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_passes_failures_and_what_was_filtered_out() {
        let text = r#"{"success":true,"testResults":[{"name":"/w/tests/cart.test.js","message":"","assertionResults":[
            {"ancestorTitles":["cart","total"],"title":"adds","status":"passed","failureMessages":[]},
            {"ancestorTitles":["cart"],"title":"other","status":"pending"},
            {"ancestorTitles":["cart"],"title":"known","status":"passed","failing":true},
            {"ancestorTitles":["cart"],"title":"shaky","status":"passed","retryReasons":["no"]},
            {"ancestorTitles":[""],"title":"vitest","status":"skipped"},
            {"ancestorTitles":[],"title":"bad","status":"failed","failureMessages":["\u001b[31mno\u001b[39m"]}]},
            {"name":"/w/tests/broken.test.js","message":"SyntaxError","assertionResults":[]}]}"#;
        let ran = parse(text).unwrap();
        let statuses: Vec<_> = ran.tests.iter().map(|test| (test.name.as_str(), test.status)).collect();
        assert_eq!(
            statuses,
            [
                ("adds", Status::Passed),
                ("other", Status::Skipped),
                ("known", Status::ExpectedFailure),
                ("shaky", Status::Failed),
                ("vitest", Status::Skipped),
                ("bad", Status::Failed)
            ]
        );
        assert_eq!((ran.tests[5].message.as_str(), ran.errors), ("no", vec!["SyntaxError".to_owned()]));
    }

    #[test]
    fn the_filter_is_the_whole_title() {
        let target = Target {
            file: "t.test.js".into(),
            suite: vec![],
            name: "cart > total > adds $1".into(),
            line: None,
            projects: vec![],
            serial: false,
        };
        let args = title_filter(&target, Selection::Test { repeat: 1 });
        assert_eq!(args, ["-t", r"^cart\s+total\s+adds\s+\$1$"]);
        assert!(title_filter(&target, Selection::File).is_empty());
    }
}
