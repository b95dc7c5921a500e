//! cargo-nextest: its command line and its libtest-compatible JSON lines.
//! <https://nexte.st/docs/machine-readable/libtest-json/>

use std::ffi::OsString;
use std::path::PathBuf;

use serde::Deserialize;

use super::{Invocation, Ran, RanTest, Selection, Status, Target};
use crate::redact;

pub fn command(target: &Target, selection: Selection) -> Invocation {
    let mut args = vec!["nextest".to_owned(), "run".to_owned()];
    if let Selection::Test { .. } = selection {
        let binary = target.suite.first().map(|binary| format!("binary_id(={binary}) & ")).unwrap_or_default();
        args.extend(["-E".to_owned(), format!("{binary}test(={})", target.name)]);
    }
    args.extend(["--retries", "0", "--message-format", "libtest-json", "--no-fail-fast"].map(str::to_owned));
    Invocation {
        program: "cargo".into(),
        args: args.into_iter().map(Into::into).collect(),
        env: [("NEXTEST_EXPERIMENTAL_LIBTEST_JSON", "1"), NO_INSTALL]
            .map(|(name, value)| (name.to_owned(), value.into()))
            .into_iter()
            .chain(toolchains())
            .collect(),
        report_on_stdout: true,
    }
}

/// A test run uses the toolchains that are there; it neither fetches nor updates any.
/// <https://rust-lang.github.io/rustup/environment-variables.html>
const NO_INSTALL: (&str, &str) = ("RUSTUP_AUTO_INSTALL", "0");

/// Where rustup keeps its toolchains: with the home of a test run it would find none.
fn toolchains() -> Option<(String, OsString)> {
    let folder = std::env::var_os("RUSTUP_HOME").map(PathBuf::from);
    let folder = folder.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".rustup")))?;
    folder.is_dir().then(|| ("RUSTUP_HOME".to_owned(), folder.into_os_string()))
}

/// Binary and name of a test. Converted JUnit reports write `binary: test`.
pub fn titles(suite: &[String], name: &str) -> (Vec<String>, String) {
    match name.rsplit_once(": ") {
        Some((binary, test)) => (vec![binary.to_owned()], test.to_owned()),
        None => (suite.to_vec(), name.to_owned()),
    }
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    event: String,
    name: Option<String>,
    #[serde(default)]
    stdout: String,
}

/// Reads the lines that are events; cargo's own words may stand between them. `None` without a single event.
pub fn parse(text: &str) -> Option<Ran> {
    let mut ran = Ran::default();
    let events: Vec<Event> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    if events.is_empty() {
        return None;
    }
    for event in events.into_iter().filter(|event| event.kind == "test") {
        let status = match event.event.as_str() {
            "ok" => Status::Passed,
            "failed" => Status::Failed,
            "ignored" => Status::Skipped,
            _ => continue,
        };
        // `package::binary$module::test`
        let name = event.name.unwrap_or_default();
        let (binary, test) = name.split_once('$').unwrap_or(("", &name));
        let suite = Some(binary.to_owned()).filter(|binary| !binary.is_empty()).into_iter().collect();
        ran.tests.push(RanTest {
            suite,
            name: test.to_owned(),
            status,
            message: redact::clean(&event.stdout),
            ..RanTest::default()
        });
    }
    Some(ran)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_events_among_other_lines() {
        let text = concat!(
            "   Compiling cart v0.1.0\n",
            r#"{"type":"suite","event":"started","test_count":2}"#,
            "\n",
            r#"{"type":"test","event":"started","name":"cart::it$deep::adds"}"#,
            "\n",
            r#"{"type":"test","event":"ok","name":"cart::it$deep::adds"}"#,
            "\n",
            r#"{"type":"test","event":"failed","name":"cart::it$subtracts","stdout":"no"}"#,
            "\n",
        );
        let ran = parse(text).unwrap();
        let seen: Vec<_> = ran.tests.iter().map(|test| (test.name.as_str(), test.status)).collect();
        assert_eq!(seen, [("deep::adds", Status::Passed), ("subtracts", Status::Failed)]);
        assert!(parse("error: no such command").is_none());
    }
}
