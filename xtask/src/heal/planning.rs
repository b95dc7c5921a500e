//! The first stage: from report files to a plan. Reads the reports, asks git what it tracks, changes nothing.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::locate::{self, Location};
use crate::plan::{self, Plan, PlannedTest};
use crate::report::{self, FailedTest, Report, Source};
use crate::runner;
use crate::settings::Settings;
use crate::tools::git::{self, Repository};

/// A plan, and the report that it was made from.
#[derive(Debug, Default)]
pub struct Planned {
    pub plan: Plan,
    /// Without the failed tests, which are in the plan.
    pub report: Report,
    /// The first report's path relative to the root, if it lies there: where a suite of its own kind writes the next.
    pub report_path: Option<String>,
    pub sources: Vec<Source>,
}

/// # Errors
/// When a report cannot be read (exit 2) or holds no tests (exit 4).
pub fn plan(settings: &Settings, user: &Repository, cwd: &Path) -> Result<Planned> {
    let sources = report::files(&settings.reports, cwd).or_else(|error| {
        // From a subfolder, people mean the report of the whole repository.
        if cwd == user.root { Err(error) } else { report::files(&settings.reports, &user.root).map_err(|_| error) }
    })?;
    let mut report = report::read(&sources)?;
    let (located, files) = located(user, &report)?;
    let stale = report::stale(&sources, &files);
    // An old report without failures tells nothing of this run's.
    if report.failed.is_empty() { &mut report.doubts } else { &mut report.warnings }.extend(stale);
    let options = options(settings)?;
    let report_path = sources.iter().find_map(|source| {
        let path = std::fs::canonicalize(source.label()).ok()?;
        let root = std::fs::canonicalize(&user.root).ok()?;
        Some(path.strip_prefix(root).ok()?.to_string_lossy().into_owned())
    });
    let plan = plan::make(&report, &located, &options);
    report.failed = Vec::new(); // the plan has them
    Ok(Planned { plan, report, report_path, sources })
}

/// Where the failed tests are; and their files, or all that look like tests if nothing failed.
fn located(user: &Repository, report: &Report) -> Result<(Vec<Location>, Vec<PathBuf>)> {
    let mut files = user.tracked()?;
    let untracked = user.run(["ls-files", "-z", "--others", "--exclude-standard"])?;
    files.extend(git::entries(&untracked));
    let look = locate::disk::below(&user.root);
    let tree = locate::Tree::new(&user.root, files.iter().map(String::as_str), &look);
    let located = tree.locate_all(&report.failed);
    let found = |location: &Location| match location {
        Location::Found { file, .. } => Some(user.root.join(file)),
        _ => None,
    };
    let files = match report.failed[..] {
        [] => tree.test_files().map(|file| user.root.join(file)).collect(),
        _ => located.iter().filter_map(found).collect(),
    };
    Ok((located, files))
}

fn options(settings: &Settings) -> Result<plan::Options> {
    Ok(plan::Options {
        id_pattern: regex::Regex::new(&settings.id_pattern).context("`id-pattern` is not a pattern")?,
        only: settings.only.clone(),
        max_failures: settings.max_failures,
        shard: settings.shard.map(|shard| (shard.index, shard.count)),
    })
}

impl Planned {
    /// The plan for the test that an issue describes: out of the report if that has it, else as the issue tells it. An
    /// issue is as little believed as a report: its file has to be a test of this repository.
    pub fn narrowed_to(mut self, described: &PlannedTest, settings: &Settings, user: &Repository) -> Result<Planned> {
        if self.plan.tests.iter().any(|test| test.fingerprint == described.fingerprint) {
            self.plan.keep_only(&described.fingerprint);
            return Ok(self);
        }
        let failed = FailedTest {
            name: described.name.clone(),
            suite: described.suite.clone(),
            file_path: Some(described.file.clone()),
            ..FailedTest::default()
        };
        let tool = tool_of(&user.root, &described.file).unwrap_or_default().to_owned();
        let report = Report { tool, total: 1, failed: vec![failed], ..Report::default() };
        let mut plan = plan::make(&report, &located(user, &report)?.0, &options(settings)?);
        for test in &mut plan.tests {
            test.projects.clone_from(&described.projects);
            test.fingerprint.clone_from(&described.fingerprint);
        }
        Ok(Planned { plan, report, ..self })
    }
}

/// The runner of a test that no report speaks of: by the nearest file that only one runner has.
fn tool_of(root: &Path, file: &str) -> Option<&'static str> {
    if file.ends_with(".py") {
        return Some("pytest");
    }
    if file.ends_with(".rs") {
        return Some("nextest");
    }
    let folders = Path::new(file).ancestors().skip(1).map(|folder| root.join(folder));
    folders.into_iter().find_map(|folder| {
        if runner::playwright_config(&folder).is_some() {
            return Some("playwright");
        }
        let manifest = std::fs::read_to_string(folder.join("package.json")).ok()?;
        ["vitest", "jest", "mocha"].into_iter().find(|name| manifest.contains(&format!("\"{name}\"")))
    })
}
