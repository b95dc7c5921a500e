//! The edge of reading: patterns to files, files to bytes. Never waits for a pipe, never reads a device.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{IsTerminal, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ctrf::{Collector, Report};

use crate::error::Failure;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Stdin,
    File(PathBuf),
}

impl Source {
    /// As messages show it: `-` for standard input.
    pub fn label(&self) -> &Path {
        match self {
            Source::Stdin => Path::new("-"),
            Source::File(path) => path,
        }
    }
}

/// The reports that `--report` names, relative to `dir`: files, globs, `-`. Each report once, in the order given, the
/// files of a glob sorted by name.
///
/// # Errors
/// A pattern that matches nothing, by its name.
pub fn files(patterns: &[String], dir: &Path) -> Result<Vec<Source>, Failure> {
    let mut sources: Vec<Source> = Vec::new();
    let mut seen = HashSet::new();
    for pattern in patterns {
        if pattern == "-" {
            if !sources.contains(&Source::Stdin) {
                sources.push(Source::Stdin);
            }
            continue;
        }
        for path in matching(pattern, dir)? {
            if seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())) {
                sources.push(Source::File(path));
            }
        }
    }
    Ok(sources)
}

fn matching(pattern: &str, dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let literal = dir.join(pattern);
    // A name such as `report[1].json` is a file before it is a pattern.
    if !pattern.is_empty() && literal.symlink_metadata().is_ok() {
        return Ok(vec![literal]);
    }
    if !pattern.contains(['*', '?', '[']) {
        return Err(Failure::usage(format!("no report at `{}`", literal.display()))
            .hint("run the suite with a CTRF reporter first, or name the report with `--report`"));
    }
    let escaped = glob::Pattern::escape(&dir.to_string_lossy());
    let absolute = if Path::new(pattern).is_absolute() { pattern.to_owned() } else { format!("{escaped}/{pattern}") };
    let paths = glob::glob(&absolute)
        .map_err(|error| Failure::usage(format!("`{pattern}` is not a valid pattern: {}", error.msg)))?;
    let found: Vec<PathBuf> = paths.filter_map(Result::ok).filter(|path| !path.is_dir()).collect();
    if found.is_empty() {
        return Err(Failure::usage(format!("`{pattern}` matches no report in `{}`", dir.display()))
            .hint("quote the pattern, so that the shell leaves it alone, and check the folder"));
    }
    Ok(found)
}

/// Reads and merges reports, each in one pass.
///
/// # Errors
/// Exit 2 if one of them is no regular file or no CTRF report, exit 4 if they hold no tests.
pub fn read(sources: &[Source]) -> Result<Report, Failure> {
    collect(sources, Collector::default())
}

/// Like [`read`], and keeps the passed entries of tests with these names.
pub fn read_keeping(sources: &[Source], names: HashSet<String>) -> Result<Report, Failure> {
    collect(sources, Collector::keeping(names))
}

fn collect(sources: &[Source], mut collector: Collector) -> Result<Report, Failure> {
    for source in sources {
        match source {
            Source::Stdin => {
                let mut stdin = std::io::stdin().lock();
                if stdin.is_terminal() {
                    return Err(Failure::usage("`--report -` reads standard input, which is a terminal")
                        .hint("pipe a report into it"));
                }
                collector.read(&mut stdin as &mut dyn Read, source.label())?;
            }
            Source::File(path) => collector.read(&mut open(path)?, path)?,
        }
    }
    Ok(collector.finish()?)
}

/// Opens a regular file, or a link to one. The open cannot wait for a pipe's other end, and what is checked is what
/// was opened.
fn open(path: &Path) -> Result<File, Failure> {
    let cannot = |error: std::io::Error| {
        let failure = Failure::usage(format!("{}: cannot be read: {error}", path.display()));
        match error.kind() {
            std::io::ErrorKind::NotFound => failure.hint("run the suite with a CTRF reporter first"),
            _ => failure,
        }
    };
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let file = OpenOptions::new().read(true).custom_flags(nonblocking).open(path).map_err(cannot)?;
    let kind = file.metadata().map_err(cannot)?.file_type();
    let what = match kind {
        _ if kind.is_file() => return Ok(file),
        _ if kind.is_dir() => "a directory",
        _ if kind.is_fifo() => "a named pipe",
        _ if kind.is_socket() => "a socket",
        _ => "a device",
    };
    Err(Failure::usage(format!("{}: is {what}, not a report", path.display()))
        .hint("name the file itself; `--report -` reads standard input"))
}

/// File systems and checkouts are no more exact.
const SLACK: Duration = Duration::from_secs(2);

/// Says of each report whether one of `tests` was changed after it was written: a runner that fails to load a file
/// leaves the report of an earlier run in place.
pub fn stale(sources: &[Source], tests: &[PathBuf]) -> Vec<String> {
    let changed = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    let newest: Option<(SystemTime, &PathBuf)> = tests.iter().filter_map(|test| Some((changed(test)?, test))).max();
    let Some((newest, test)) = newest else { return Vec::new() };
    let old = |source: &&Source| matches!(source, Source::File(path) if changed(path).is_some_and(|time| time + SLACK < newest));
    sources
        .iter()
        .filter(old)
        .map(|source| {
            let (report, test) = (source.label().display(), test.display());
            format!("{report}: older than `{test}`: is it the report of an earlier run?")
        })
        .collect()
}
