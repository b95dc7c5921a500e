//! The result document of a run: made, shown, and written under OUT.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::outcome::{Document, TestResult, Tests};
use crate::settings::Settings;

mod show;

pub use show::results as show;

/// Provider and model of a run that used one.
pub type Model = Option<(String, String)>;

pub fn make(settings: &Settings, tests: Tests, results: Vec<TestResult>, model: Model, notes: Vec<String>) -> Document {
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
        tests,
        results,
        summary,
        notes,
    }
}

/// OUT as an absolute path.
pub fn out(settings: &Settings, root: &Path) -> PathBuf {
    root.join(&settings.out)
}

/// Makes OUT, with a `.gitignore` of its own so that nothing in it is ever committed.
pub fn make_out(path: &Path) -> Result<()> {
    fs::create_dir_all(path).with_context(|| format!("cannot make `{}`", path.display()))?;
    fs::write(path.join(".gitignore"), "*\n").with_context(|| format!("cannot write in `{}`", path.display()))
}

/// Writes `OUT/report.json`, whole or not at all.
pub fn write(settings: &Settings, root: &Path, document: &Document) -> Result<()> {
    let out = out(settings, root);
    make_out(&out)?;
    let mut file = tempfile::NamedTempFile::new_in(&out)?;
    serde_json::to_writer_pretty(&mut file, document)?;
    let path = out.join("report.json");
    file.persist(&path).with_context(|| format!("cannot write `{}`", path.display())).map(drop)
}

/// `3 healed, 1 product bug`.
pub fn summary(document: &Document) -> String {
    let parts = document.summary.iter().map(|(outcome, count)| format!("{count} {}", outcome.name().replace('_', " ")));
    parts.collect::<Vec<_>>().join(", ")
}
