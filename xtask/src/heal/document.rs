//! The result document: made, and written under OUT.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::planning::Planned;
use crate::outcome::{Document, Outcome, TestResult, Tests, Tokens};
use crate::plan::PlannedTest;
use crate::settings::Settings;
use crate::tools::git::Repository;

/// The name of an outcome in the document.
pub fn name_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Healed => "healed",
        Outcome::Proposed => "proposed",
        Outcome::ProductBug => "product_bug",
        Outcome::Flaky => "flaky",
        Outcome::Rejected => "rejected",
        Outcome::Unhealed => "unhealed",
        Outcome::Assigned => "assigned",
        Outcome::Skipped => "skipped",
        Outcome::Error => "error",
        Outcome::Planned => "planned",
    }
}

/// OUT as an absolute path.
pub fn out(settings: &Settings, user: &Repository) -> PathBuf {
    user.root.join(&settings.out)
}

/// Makes OUT, with a `.gitignore` of its own so that nothing in it is ever committed.
pub fn make_out(path: &Path) -> Result<()> {
    fs::create_dir_all(path).with_context(|| format!("cannot make `{}`", path.display()))?;
    fs::write(path.join(".gitignore"), "*\n").with_context(|| format!("cannot write in `{}`", path.display()))
}

/// What is known of a test before anything was done about it.
pub fn result_of(test: &PlannedTest, outcome: Outcome, reason: impl Into<String>) -> TestResult {
    TestResult {
        id: test.id.clone(),
        name: test.name.clone(),
        suite: test.suite.clone(),
        file: test.file.clone(),
        projects: test.projects.clone(),
        fingerprint: test.fingerprint.clone(),
        outcome,
        reason: reason.into(),
        root_cause: String::new(),
        issue: None,
        pull_request: None,
        branch: None,
        patch: None,
        attempts: 0,
        tokens: Tokens::default(),
        seconds: 0.0,
    }
}

/// The document of a plan: outcomes `planned` and `skipped`.
pub fn of_plan(settings: &Settings, planned: &Planned) -> Document {
    let results = planned.plan.tests.iter().map(|test| match &test.skip {
        Some(why) => result_of(test, Outcome::Skipped, why),
        None => TestResult { branch: Some(test.branch()), ..result_of(test, Outcome::Planned, "") },
    });
    make(settings, planned, results.collect(), None, &[])
}

pub fn make(
    settings: &Settings,
    planned: &Planned,
    results: Vec<TestResult>,
    model: Option<(String, String)>,
    notes: &[String],
) -> Document {
    let detection = &settings.detection;
    let mut summary = BTreeMap::new();
    for result in &results {
        *summary.entry(result.outcome).or_insert(0) += 1;
    }
    let (provider, model) = model.unzip();
    Document {
        schema: 1,
        mode: detection.mode.name().to_owned(),
        runner: detection.runner.name().to_owned(),
        because: detection.because.clone(),
        dry_run: detection.dry_run,
        provider,
        model,
        tests: Tests { total: planned.plan.total, failed: planned.plan.failed },
        results,
        summary,
        notes: notes.to_vec(),
    }
}

/// Makes the document and writes `OUT/report.json`, whole or not at all.
pub fn write(
    settings: &Settings,
    user: &Repository,
    planned: &Planned,
    results: Vec<TestResult>,
    model: Option<(String, String)>,
    notes: &[String],
) -> Result<Document> {
    let document = make(settings, planned, results, model, notes);
    let out = out(settings, user);
    make_out(&out)?;
    let mut file = tempfile::NamedTempFile::new_in(&out)?;
    serde_json::to_writer_pretty(&mut file, &document)?;
    let path = out.join("report.json");
    file.persist(&path).with_context(|| format!("cannot write `{}`", path.display()))?;
    Ok(document)
}
