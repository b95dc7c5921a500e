//! Reports that nobody wrote: every cut and thousands of mutations of a valid one, several merged, and what real
//! reporters leave.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use xtask::error::Exit;
use xtask::report::{self, Report, Source};

use crate::report::{plan_of, read};

/// Everything that a report can hold, with escapes, numbers of all forms and nested values.
const SEED: &str = r#"{"reportFormat":"CTRF","specVersion":"0.0.0","results":{"tool":{"name":"playwright"},
"summary":{"tests":3,"failed":1},"tests":[{"name":"a é \ud83d\ude00","status":"passed","duration":1.5e3},
{"name":"b","status":"failed","suite":["x","y"],"message":"m\n\u001b[1m\\","trace":null,"attachments":[{"name":"n",
"contentType":"t","path":"p"}],"extra":{"deep":[[{"a":[]}],-0.1,true,false,null]},"flaky":false,"retries":2},
{"status":"skipped","name":"c","suite":"x > y","file_path":"t.py","line":7}]},"extra":[]}"#;

/// xorshift64*: the same sequence in every run. <https://doi.org/10.1145/2845077>
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound
    }
}

/// What must hold of whatever was accepted.
fn consistent(report: &Report) {
    assert_eq!(report.total, report.passed + report.skipped + report.other + report.failed.len(), "{report:?}");
    assert!(report.total + report.unreadable > 0, "{report:?}");
    for test in &report.failed {
        for text in [&test.name, &test.message, &test.trace, &test.snippet] {
            assert!(text.len() <= 16 << 10);
        }
        assert!(!test.message.contains('\u{1b}'));
    }
    assert!(
        plan_of(report).tests.iter().all(|test| test.fingerprint.len() == 16 && test.branch().starts_with("heal/"))
    );
}

/// The peer is serde_json: what it accepts we accept, with the same numbers; we accept more only inside strings.
fn agrees_with_serde(bytes: &[u8], ours: Option<&Report>) {
    let Ok(theirs) = serde_json::from_slice::<Value>(bytes) else { return };
    let tests = theirs.pointer("/results/tests").and_then(Value::as_array);
    match (tests, ours) {
        (Some(tests), Some(ours)) => assert_eq!(tests.len(), ours.total + ours.unreadable, "{theirs}"),
        (None, Some(_)) => panic!("accepted without a list of tests: {theirs}"),
        _ => {}
    }
}

#[test]
fn mutations_never_panic_and_never_contradict() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let pieces: [&[u8]; 16] = [
        b"\"", b"\\", b"{", b"}", b"[", b"]", b",", b":", b"null", b"\\u", b"\\ud800", b"\xff", b"-", b"1e", b"\n",
        b"\0",
    ];
    let mut accepted = 0;
    for _ in 0..20_000 {
        let mut bytes = SEED.as_bytes().to_vec();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len());
            match random.below(4) {
                0 => bytes[at] = random.below(256) as u8,
                1 => drop(bytes.splice(at..at, pieces[random.below(pieces.len())].iter().copied())),
                2 => drop(bytes.drain(at..(at + 1 + random.below(12)).min(bytes.len()))),
                _ => {
                    let end = (at + random.below(60)).min(bytes.len());
                    let copy = bytes[at..end].to_vec();
                    let to = random.below(bytes.len());
                    bytes.splice(to..to, copy);
                }
            }
        }
        let outcome = ctrf::read(&mut &bytes[..], Path::new("r.json"));
        if let Ok(report) = &outcome {
            consistent(report);
            accepted += 1;
        }
        agrees_with_serde(&bytes, outcome.as_ref().ok());
    }
    assert!(accepted > 2_000, "the mutations leave too little to test: {accepted}");
}

#[test]
fn every_cut_of_a_report_is_rejected_at_its_end() {
    for end in 0..SEED.len() {
        let error =
            ctrf::read(&mut &SEED.as_bytes()[..end], Path::new("r.json")).expect_err("half a report was believed");
        assert!(error.message.ends_with(&format!("(byte {end})")), "{end}: {error}");
    }
    consistent(&read(SEED).unwrap());
}

fn shard(folder: &Path, name: &str, tests: &Value) -> String {
    let summary = json!({"tests": 0, "failed": 0});
    let report = json!({"results": {"tool": {"name": "playwright"}, "summary": summary, "tests": tests}});
    fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
    fs::write(folder.join(name), report.to_string()).unwrap();
    name.to_owned()
}

fn entry(name: &str, status: &str, project: &str) -> Value {
    json!({"name": name, "status": status, "filePath": "/repo/a.spec.ts", "suite": format!("{project} > a.spec.ts")})
}

#[test]
fn several_reports_merge_in_order() {
    let folder = tempfile::tempdir().unwrap();
    shard(
        folder.path(),
        "ctrf/shard-1.json",
        &json!([entry("a", "failed", "chromium"), entry("b", "passed", "chromium")]),
    );
    shard(
        folder.path(),
        "ctrf/shard-2.json",
        &json!([entry("a", "failed", "firefox"), entry("c", "failed", "firefox")]),
    );
    shard(folder.path(), "ctrf/[odd].json", &json!([entry("a", "passed", "chromium")]));
    fs::create_dir(folder.path().join("ctrf/shard-3.json")).unwrap();
    let patterns = ["ctrf/shard-*.json", "ctrf/[odd].json", "ctrf/shard-1.json"].map(str::to_owned);
    let sources = report::files(&patterns, folder.path()).unwrap();
    let names: Vec<_> = sources.iter().map(|source| source.label().file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["shard-1.json", "shard-2.json", "[odd].json"]);
    let merged = report::read(&sources).unwrap();
    assert_eq!((merged.total, merged.passed, merged.failed.len()), (5, 2, 3));
    let also: Vec<bool> = merged.failed.iter().map(|test| test.also_passed).collect();
    assert_eq!(also, [true, false, false], "passed in another report, in the same project");
    let plan = plan_of(&merged);
    assert_eq!((plan.failed, plan.tests[0].projects.len(), plan.tests[0].also_passed), (2, 2, true));
    assert!(merged.doubts.is_empty(), "{:?}", merged.doubts);
}

#[test]
fn an_empty_shard_is_never_green() {
    let folder = tempfile::tempdir().unwrap();
    shard(folder.path(), "1.json", &json!([entry("a", "passed", "chromium")]));
    shard(folder.path(), "2.json", &json!([]));
    shard(folder.path(), "3.json", &json!([entry("a", "failed", "chromium")]));
    let read = |names: &[&str]| {
        report::read(&names.iter().map(|name| Source::File(folder.path().join(name))).collect::<Vec<_>>())
    };
    let failure = read(&["1.json", "2.json"]).expect_err("green though a shard ran nothing");
    assert!(
        failure.exit == Exit::NoTests && failure.message.contains("2.json: the report holds no tests"),
        "{failure}"
    );
    let doubted = read(&["1.json", "2.json", "3.json"]).unwrap();
    assert!(doubted.is_doubtful() && doubted.doubts[0].contains("2.json"), "{:?}", doubted.doubts);
    assert_eq!(doubted.failed.len(), 1);
}

#[test]
fn a_pattern_that_matches_nothing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (pattern, says) in
        [("none.json", "no report at `"), ("x-*.json", "`x-*.json` matches no report"), ("[", "`[`"), ("", "no report")]
    {
        let failure = report::files(&[pattern.to_owned()], folder.path()).expect_err(pattern);
        assert!(failure.exit == Exit::Usage && failure.message.contains(says), "{pattern}: {failure}");
    }
}
