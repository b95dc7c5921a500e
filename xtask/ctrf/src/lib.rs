//! Reads reports in the Common Test Report Format: one pass over the bytes, memory for what failed alone.
//!
//! - `json` pulls tokens out of a stream, `scan` is its quick part, `schema` knows CTRF, [`Collector`] merges reports and
//!   counts.
//! - [`text`] clips and cleans what a report says, [`paths`] finds what its paths could mean.
//!
//! Lenient in shape and strict in belief: text in a report is data, nothing in it is resolved here. No file is opened.

mod collector;
mod json;
pub mod paths;
mod scan;
mod schema;
pub mod text;

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

pub use collector::Collector;

/// What is kept of one or several merged reports: counts of everything, details of what failed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// `results.tool.name` of the first report that has one: `playwright`, `jest`, …
    pub tool: String,
    /// Entries read, over all reports; those of [`Report::unreadable`] are not among them.
    pub total: usize,
    pub passed: usize,
    /// Skipped or pending.
    pub skipped: usize,
    /// Neither passed, failed nor skipped; never healed, never taken for passed.
    pub other: usize,
    /// Failed entries in the report's order, duplicates included.
    pub failed: Vec<FailedTest>,
    /// Passed entries that were asked for by name ([`Collector::keeping`]).
    pub kept: Vec<FailedTest>,
    /// Oddities worth a line: file, position and what was done about it. Bounded: one line for each kind and report.
    pub warnings: Vec<String>,
    /// Entries that could not be used at all; a run with any of them does not end with exit code 0.
    pub unreadable: usize,
    /// Why the report cannot be believed to list all that failed: an empty shard, a summary that counts more failures, a
    /// status that nobody knows. A run with any of them does not end with exit code 0.
    pub doubts: Vec<String>,
}

impl Report {
    /// More may have failed than is listed.
    pub fn is_doubtful(&self) -> bool {
        self.unreadable > 0 || !self.doubts.is_empty()
    }

    /// One line about a report without failures: `nothing failed: 5 tests, 3 passed, 2 skipped`.
    pub fn nothing_failed(&self) -> String {
        let what = if self.is_doubtful() { "nothing is known to have failed" } else { "nothing failed" };
        let tests = if self.total == 1 { "1 test".to_owned() } else { format!("{} tests", self.total) };
        let mut line = format!("{what}: {tests}, {} passed", self.passed);
        for (count, word) in [(self.skipped, "skipped"), (self.other, "of unknown result")] {
            if count > 0 {
                line.push_str(&format!(", {count} {word}"));
            }
        }
        line
    }
}

/// One failed entry of a report, as the report has it: nothing in it is resolved or believed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FailedTest {
    /// The report that holds it; `-` is standard input.
    pub report: PathBuf,
    /// Empty if the report gives none. Beyond 16 KiB the middle is missing.
    pub name: String,
    /// The suite path, outermost first. A string suite is split at ` > `.
    pub suite: Vec<String>,
    /// `filePath` (or `file_path`) as written.
    pub file_path: Option<String>,
    pub line: Option<u64>,
    /// At most 16 KiB each, head and tail kept, without terminal escapes. After the first thousand failures 1 KiB, after
    /// ten thousand 256 bytes.
    pub message: String,
    pub trace: String,
    pub snippet: String,
    pub browser: Option<String>,
    pub retries: u64,
    pub flaky: bool,
    pub duration_ms: u64,
    /// As many as have room in what is kept of a text.
    pub attachments: Vec<Attachment>,
    /// The same test is also listed as passed: a conflict, re-run first. (From a filter of constant size: of a million
    /// tests a few may be marked wrongly.)
    pub also_passed: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attachment {
    pub name: String,
    pub content_type: String,
    pub path: String,
}

/// Why reports cannot be used. `message` is one line: file, line, column and byte where there are such.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub message: String,
    pub hint: Option<String>,
    /// They are reports, but hold no tests.
    pub no_tests: bool,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Reads one report from a stream; `label` names it in messages.
///
/// # Errors
/// If it is not a CTRF report, or holds no tests.
pub fn read(input: &mut dyn Read, label: &Path) -> Result<Report, Error> {
    let mut collector = Collector::default();
    collector.read(input, label)?;
    collector.finish()
}
