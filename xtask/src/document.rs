//! The result document of a run: made, shown, and written under OUT.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::error::Failure;
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
fn make_out(path: &Path) -> Result<()> {
    fs::create_dir_all(path).with_context(|| format!("cannot make `{}`", path.display()))?;
    let ignored = path.join(".gitignore");
    not_led_out(&ignored)?;
    fs::write(ignored, "*\n").with_context(|| format!("cannot write in `{}`", path.display()))
}

/// A repository may bring a link in the place of a file of ours: what it leads to is not ours to write.
fn not_led_out(path: &Path) -> Result<()> {
    if path.symlink_metadata().is_ok_and(|metadata| !metadata.is_file()) {
        let message = format!("`{}` is a link, or no plain file", path.display());
        return Err(Failure::usage(message).hint("remove it, or choose another folder with `--out`").into());
    }
    Ok(())
}

/// Makes OUT and takes it for one run, until the value is dropped or the process ends, however it ends: two runs would
/// empty each other's folders.
///
/// # Errors
/// When another run has it, or it holds a link in the place of a file of ours.
pub fn reserve_out(settings: &Settings, root: &Path) -> Result<File> {
    let path = out(settings, root);
    make_out(&path)?;
    let lock = path.join(".lock");
    not_led_out(&lock)?;
    let file = File::create(&lock).with_context(|| format!("cannot write `{}`", lock.display()))?;
    match file.try_lock() {
        // A file system without locks is no reason not to heal.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let message = format!("another run is at work in `{}`", settings.out.display());
            Err(Failure::usage(message).hint("wait for it, or give this one a folder of its own with `--out`").into())
        }
    }
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
