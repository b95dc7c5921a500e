//! cargo-nextest: its command line and its libtest-compatible JSON lines.
//! <https://nexte.st/docs/machine-readable/libtest-json/>

use serde::Deserialize;

use super::{Invocation, Ran, RanTest, Selection, Status, Target};
use crate::redact;

pub fn command(target: &Target, selection: Selection) -> Invocation {
    let test = test_name(&target.name);
    let mut args = vec!["nextest".to_owned(), "run".to_owned()];
    if let Selection::Test { .. } = selection {
        args.extend(["-E".to_owned(), format!("test(={test})")]);
    }
    args.extend(["--retries", "0", "--message-format", "libtest-json", "--no-fail-fast"].map(str::to_owned));
    Invocation {
        program: "cargo".into(),
        args: args.into_iter().map(Into::into).collect(),
        env: vec![("NEXTEST_EXPERIMENTAL_LIBTEST_JSON".into(), "1".into())],
        report_on_stdout: true,
    }
}

/// Converted JUnit reports write `binary: test`.
fn test_name(name: &str) -> &str {
    name.rsplit(": ").next().unwrap_or(name)
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
        let name = name.split_once('$').map_or(name.as_str(), |(_, test)| test).to_owned();
        ran.tests.push(RanTest { name, status, message: redact::clean(&event.stdout), ..RanTest::default() });
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
