//! Memory stays within a bound, whatever a report is full of. A program of its own, for its peak is what is looked at.
#![cfg(target_os = "linux")]

use std::io::Read;
use std::path::Path;

/// A few buffers, the filter of passed tests, the text of one entry, and the test's own filler.
const MOST: usize = 24 << 20;
const MUCH: u64 = 128 << 20;

/// A report that is made while it is read: what comes first, many times the same, what comes last.
struct Made<'a> {
    first: &'a [u8],
    /// Some of it, and how much of that was given.
    filler: Vec<u8>,
    given: usize,
    left: u64,
    last: &'a [u8],
}

impl Read for Made<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if !self.first.is_empty() {
            return self.first.read(buffer);
        }
        if self.left > 0 {
            let count = (&self.filler[self.given..]).read(buffer)?;
            self.given = (self.given + count) % self.filler.len();
            self.left = if self.given == 0 { self.left - 1 } else { self.left };
            return Ok(count);
        }
        self.last.read(buffer)
    }
}

/// What the reader makes of much of `filler`.
fn read(first: &str, filler: &str, last: &str) -> Result<ctrf::Report, ctrf::Error> {
    let filler = filler.repeat((1 << 20) / filler.len() + 1).into_bytes();
    let left = MUCH / filler.len() as u64;
    ctrf::read(
        &mut Made { first: first.as_bytes(), filler, given: 0, left, last: last.as_bytes() },
        Path::new("r.json"),
    )
}

fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let (_, peak) = status.split_once("VmHWM:").unwrap();
    peak.split_whitespace().next().unwrap().parse::<usize>().unwrap() << 10
}

#[test]
fn memory_is_bounded_whatever_a_report_is_full_of() {
    let (head, tail) = (r#"{"results":{"tests":["#, "]}}");
    let failed = r#"{"results":{"tests":[{"name":"a","status":"failed","message":"m","#;
    let passed = format!(
        r#"{{"name":"p","status":"passed","filePath":"a.ts","message":"m","screenshot":"{}","attachments":[{{"name":"n","contentType":"t","path":"p"}}],"steps":[{{"name":"s","status":"passed"}}]}},"#,
        "iVBORw0KGgo=".repeat(5_000)
    );
    let unreadable = r#"{"name":"x"},7,{"name":"y","status":"what"},"#;
    for (what, first, filler, last, total) in [
        ("passed tests with screenshots", head, &passed[..], r#"{"name":"a","status":"failed"}]}}"#, None),
        ("entries that cannot be read", head, unreadable, r#"{"name":"a","status":"failed"}]}}"#, None),
        ("attachments", &format!("{failed}\"attachments\":["), r#"{"name":"n","path":"p"},"#, "7]}]}}", Some(1)),
        ("members", failed, r#""key":[{"a":1}],"#, r#""b":1}]}}"#, Some(1)),
        ("a message", &format!("{failed}\"trace\":\""), r"word \u001b[1m\n \ud83d ", "\"}]}}", Some(1)),
        ("a message that is an array", &format!("{failed}\"trace\":["), r#"{"a":[1.5]},"#, "7]}]}}", Some(1)),
        ("a suite", &format!("{failed}\"suite\":["), r#""s","#, "7]}]}}", Some(1)),
        ("a name", r#"{"results":{"tests":[{"status":"failed","name":""#, "n", "\"}]}}", Some(1)),
        ("a number", &format!("{failed}\"line\":"), "7", "}]}}", Some(1)),
        ("a member's name", &format!("{failed}\""), "k", "\":1}]}}", Some(1)),
        ("white space", head, "   \n", r#"{"name":"a","status":"failed"}]}}"#, Some(1)),
        (
            "the summary",
            r#"{"results":{"summary":{"#,
            r#""failed":1,"#,
            r#""x":1},"tests":[{"name":"a","status":"failed"}]}}"#,
            Some(1),
        ),
    ] {
        let report = read(first, filler, last).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(report.failed.len(), 1, "{what}");
        assert!(total.is_none_or(|total| report.total == total), "{what}: {}", report.total);
        assert!(peak() < MOST, "{what}: {} bytes", peak());
    }
    for (what, first, filler) in [
        ("a string without an end", "{\"a\":\"", "x"),
        ("a depth without an end", "{\"a\":", "["),
        ("something else", "\u{feff}", "log line\n"),
        ("nothing", "", " "),
    ] {
        read(first, filler, tail).expect_err(what);
        assert!(peak() < MOST, "{what}: {} bytes", peak());
    }
}
