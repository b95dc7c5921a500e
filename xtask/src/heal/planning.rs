//! The first stage: from report files to a plan. Reads the reports, asks git what it tracks, changes nothing.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::locate::{self, Location};
use crate::plan::{self, Plan};
use crate::report::{self, Report, Source};
use crate::settings::Settings;
use crate::tools::git::{self, Repository};

/// A plan, and the report that it was made from.
#[derive(Debug, Default)]
pub struct Planned {
    pub plan: Plan,
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
    let mut files = user.tracked()?;
    let untracked = user.run(["ls-files", "-z", "--others", "--exclude-standard"])?;
    files.extend(git::entries(&untracked));
    let look = locate::disk::below(&user.root);
    let tree = locate::Tree::new(&user.root, files.iter().map(String::as_str), Vec::new(), &look);
    let located = tree.locate_all(&report.failed);
    let tests: Vec<PathBuf> = located
        .iter()
        .filter_map(|location| match location {
            Location::Found { file, .. } => Some(user.root.join(file)),
            _ => None,
        })
        .collect();
    report.warnings.extend(report::stale(&sources, &tests));
    let options = plan::Options {
        id_pattern: regex_lite::Regex::new(&settings.id_pattern).context("`id-pattern` is not a pattern")?,
        only: settings.only.clone(),
        max_failures: settings.max_failures,
        shard: settings.shard.map(|shard| (shard.index, shard.count)),
    };
    let report_path = sources.iter().find_map(|source| {
        let path = std::fs::canonicalize(source.label()).ok()?;
        let root = std::fs::canonicalize(&user.root).ok()?;
        Some(path.strip_prefix(root).ok()?.to_string_lossy().into_owned())
    });
    let plan = plan::make(&report, &located, &options);
    Ok(Planned { plan, report, report_path, sources })
}
