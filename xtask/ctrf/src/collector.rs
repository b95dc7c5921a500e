//! Collects what several reports say into one: counts, failures, and reasons to doubt it.

use std::collections::{BTreeMap, HashSet};
use std::hash::Hasher;
use std::io::Read;
use std::path::Path;

use crate::json::Json;
use crate::schema::{self, Entry, Summary};
use crate::{Error, FailedTest, Report, text};

/// After this many failures (an outage, to anyone) only this much of each text is kept.
const DETAILED: usize = 1000;
const BRIEF: usize = 1 << 10;

#[derive(Default)]
pub struct Collector {
    report: Report,
    /// Of each failed entry, in the order of `report.failed`.
    keys: Vec<u64>,
    passed: Filter,
    warnings: BTreeMap<(usize, &'static str), (String, usize)>,
    reports: Vec<String>,
    empty: Vec<String>,
    hidden: Vec<String>,
    /// What was collected before the report that is being read.
    before: Counts,
    /// Names of tests whose passed entries are kept.
    wanted: HashSet<String>,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    total: usize,
    passed: usize,
    skipped: usize,
    other: usize,
    failed: usize,
    unreadable: usize,
    kept: usize,
}

impl Collector {
    /// Also keeps the passed entries of tests with these names, in [`Report::kept`].
    pub fn keeping(names: HashSet<String>) -> Self {
        Collector { wanted: names, ..Collector::default() }
    }

    /// Reads one report on top of those read before.
    pub fn read(&mut self, input: &mut dyn Read, label: &Path) -> Result<(), Error> {
        self.before = self.counts();
        self.reports.push(label.display().to_string());
        let mut json = Json::new(input);
        let problem = match schema::read(&mut json, label, self) {
            Ok(summary) => {
                self.compare(&summary);
                return Ok(());
            }
            Err(problem) => problem,
        };
        let at = problem.at;
        let message = format!("{}:{}:{}: {} (byte {})", label.display(), at.line, at.column, problem.message, at.byte);
        Err(Error { message, hint: problem.hint.map(str::to_owned), no_tests: false })
    }

    /// Everything that was read, once there is nothing more.
    pub fn finish(mut self) -> Result<Report, Error> {
        let report = &mut self.report;
        let error = |message: String, hint: &str, no_tests| Error { message, hint: Some(hint.to_owned()), no_tests };
        if report.total == 0 && report.unreadable > 0 {
            let (reports, count) = (self.reports.join(", "), report.unreadable);
            let message = format!("{reports}: none of the {count} entries of results.tests can be read");
            return Err(error(message, "each must be an object with a name and a status", false));
        }
        if report.failed.is_empty() && report.unreadable == 0 {
            if let [first, ..] = &self.empty[..] {
                let hint = "this is what a run leaves whose test files failed to load: see its log; leave out a shard \
                            that is meant to be empty";
                return Err(error(first.clone(), hint, true));
            }
            if let [first, ..] = &self.hidden[..] {
                let hint = "the report contradicts itself: see the log of the run, or its own reporter";
                return Err(error(first.clone(), hint, false));
            }
        }
        for (test, key) in report.failed.iter_mut().zip(&self.keys) {
            test.also_passed = self.passed.may_hold(*key);
        }
        report.doubts.append(&mut self.empty);
        report.doubts.append(&mut self.hidden);
        for (text, count) in self.warnings.into_values() {
            let more = if count > 1 { format!(" (and {} more like it)", count - 1) } else { String::new() };
            report.warnings.push(text + &more);
        }
        Ok(self.report)
    }

    /// Forgets the entries of the report that is being read: it lists its tests a second time, and the last one wins.
    pub fn restart(&mut self) {
        let before = self.before;
        let report = &mut self.report;
        (report.total, report.passed, report.skipped) = (before.total, before.passed, before.skipped);
        (report.other, report.unreadable) = (before.other, before.unreadable);
        report.failed.truncate(before.failed);
        report.kept.truncate(before.kept);
        self.keys.truncate(before.failed);
    }

    pub fn tool(&mut self, name: String) {
        if self.report.tool.is_empty() {
            self.report.tool = name;
        }
    }

    /// A line about an oddity; only the first of its kind in a report is kept, the others are counted.
    pub fn warn(&mut self, kind: &'static str, text: impl FnOnce() -> String) {
        let label = self.reports.last().map_or("", String::as_str);
        let slot = self.warnings.entry((self.reports.len(), kind));
        slot.or_insert_with(|| (format!("{label}: {}", text()), 0)).1 += 1;
    }

    pub fn unreadable(&mut self, kind: &'static str, text: impl FnOnce() -> String) {
        self.report.unreadable += 1;
        self.warn(kind, text);
    }

    pub fn passed(&mut self, entry: &Entry) {
        self.report.total += 1;
        self.report.passed += 1;
        self.passed.add(key(entry));
    }

    /// Whether a passed entry of this name is to be handed to [`Self::keep`].
    pub fn wants(&self, name: &text::Clip) -> bool {
        !self.wanted.is_empty() && name.utf8().is_some_and(|name| self.wanted.contains(&name))
    }

    pub fn keep(&mut self, test: FailedTest) {
        self.report.kept.push(test);
    }

    pub fn skipped(&mut self) {
        self.report.total += 1;
        self.report.skipped += 1;
    }

    pub fn other(&mut self) {
        self.report.total += 1;
        self.report.other += 1;
    }

    pub fn failed(&mut self, entry: &Entry, mut test: FailedTest) {
        self.report.total += 1;
        if self.report.failed.len() >= DETAILED {
            for text in [&mut test.message, &mut test.trace, &mut test.snippet] {
                *text = text::cut(text, BRIEF);
            }
        }
        self.keys.push(key(entry));
        self.report.failed.push(test);
    }

    /// Holds what a report lists against what its summary claims.
    fn compare(&mut self, summary: &Summary) {
        let label = self.reports.last().cloned().unwrap_or_default();
        let now = self.counts();
        let total = now.total - self.before.total;
        let failed = now.failed - self.before.failed;
        let claimed = summary.failed.unwrap_or(0);
        if total == 0 && now.unreadable == self.before.unreadable {
            let but = if claimed > 0 { format!(", though its summary counts {claimed} failed") } else { String::new() };
            self.empty.push(format!("{label}: the report holds no tests{but}"));
        } else if failed == 0 && claimed > 0 {
            self.hidden.push(format!("{label}: the summary counts {claimed} failed, but no test is listed as failed"));
        } else if summary.failed.is_some_and(|claimed| claimed != failed as u64) {
            self.warn("summary", || {
                format!("the summary counts {claimed} failed, {failed} are listed; the list counts")
            });
        } else if summary.tests.is_some_and(|claimed| claimed != total as u64) {
            let claimed = summary.tests.unwrap_or(0);
            self.warn("summary", || format!("the summary counts {claimed} tests, {total} are listed; the list counts"));
        }
    }

    fn counts(&self) -> Counts {
        let report = &self.report;
        Counts {
            total: report.total,
            passed: report.passed,
            skipped: report.skipped,
            other: report.other,
            failed: report.failed.len(),
            unreadable: report.unreadable,
            kept: report.kept.len(),
        }
    }
}

/// What makes two entries the same test in the same browser project.
fn key(entry: &Entry) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    for part in [&entry.file_path, &entry.suite, &entry.name, &entry.browser] {
        part.feed(&mut hasher);
    }
    hasher.finish()
}

/// A Bloom filter of constant size, so that memory does not grow with the tests that passed. At a million keys it is
/// wrong about one in fifty, at 200,000 about one in a million.
struct Filter(Vec<u64>);

const FILTER_WORDS: usize = 1 << 17;

impl Default for Filter {
    fn default() -> Self {
        Filter(vec![0; FILTER_WORDS])
    }
}

impl Filter {
    fn add(&mut self, key: u64) {
        for (word, bit) in places(key) {
            self.0[word] |= bit;
        }
    }

    fn may_hold(&self, key: u64) -> bool {
        places(key).all(|(word, bit)| self.0[word] & bit != 0)
    }
}

/// Double hashing out of the two halves of the key.
fn places(key: u64) -> impl Iterator<Item = (usize, u64)> {
    let (start, step) = (key as u32, (key >> 32) as u32 | 1);
    (0..8u32).map(move |turn| {
        let bit = start.wrapping_add(step.wrapping_mul(turn)) as usize % (FILTER_WORDS * 64);
        (bit / 64, 1 << (bit % 64))
    })
}
