//! Several reports in one run: shards, browsers, patterns.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use xtask::error::Exit;
use xtask::report::{self, Source};

use crate::report::plan_of;

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
