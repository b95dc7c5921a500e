//! What a CTRF report says, as values. Reading is lenient in shape and strict in belief: text in a report is data.

use std::path::PathBuf;

/// What is kept of one or several merged reports: counts of everything, details of what failed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// `results.tool.name` of the first report that has one: `playwright`, `jest`, …
    pub tool: String,
    /// Entries read, over all reports.
    pub total: usize,
    pub passed: usize,
    pub skipped: usize,
    /// Failed entries in the report's order, duplicates included.
    pub failed: Vec<FailedTest>,
    /// Oddities worth a line: file, position and what was done about it.
    pub warnings: Vec<String>,
    /// Entries that could not be used at all; a run with any of them does not end with exit code 0.
    pub unreadable: usize,
}

/// One failed entry of a report, as the report has it: nothing in it is resolved or believed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FailedTest {
    /// The report that holds it.
    pub report: PathBuf,
    pub name: String,
    /// The suite path, outermost first. A string suite is split at ` > `.
    pub suite: Vec<String>,
    /// `filePath` (or `file_path`) as written.
    pub file_path: Option<String>,
    pub line: Option<u64>,
    /// At most 16 KiB each, head and tail kept, without terminal escapes.
    pub message: String,
    pub trace: String,
    pub snippet: String,
    pub browser: Option<String>,
    pub retries: u64,
    pub flaky: bool,
    pub duration_ms: u64,
    pub attachments: Vec<Attachment>,
    /// The same test is also listed as passed: a conflict, re-run first.
    pub also_passed: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attachment {
    pub name: String,
    pub content_type: String,
    pub path: String,
}
