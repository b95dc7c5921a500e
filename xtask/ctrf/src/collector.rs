//! Collects what several reports say into one: counts, failures, and reasons to doubt it.

use std::collections::{BTreeMap, HashSet};
use std::hash::Hasher;
use std::io::Read;
use std::path::Path;

use crate::json::Json;
use crate::schema::{self, Entry, Summary};
use crate::{Error, FailedTest, Report, text};

#[derive(Default)]
pub struct Collector {
    report: Report,
    /// Of each failed entry, in the order of `report.failed`.
    keys: Vec<u64>,
    passed: Filter,
    warnings: Lines,
    doubts: Lines,
    reports: Vec<String>,
    empty: Vec<String>,
    hidden: Vec<String>,
    /// What was collected before the report that is being read.
    before: Counts,
    /// Names of tests whose passed entries are kept.
    wanted: HashSet<String>,
}

/// By report and kind: the first line, and how many there were.
type Lines = BTreeMap<(usize, &'static str), (String, usize)>;

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
        self.passed.settle();
        for (test, key) in report.failed.iter_mut().zip(&self.keys) {
            test.also_passed = self.passed.may_hold(*key);
        }
        report.warnings = told(self.warnings);
        report.doubts = [self.empty, self.hidden, told(self.doubts)].concat();
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
    pub fn warn(&mut self, kind: &'static str, text: impl Fn() -> String) {
        count(&mut self.warnings, &self.reports, kind, &text);
    }

    /// Like [`Self::warn`], about an oddity that may hide a failure.
    pub fn doubt(&mut self, kind: &'static str, text: impl Fn() -> String) {
        count(&mut self.doubts, &self.reports, kind, &text);
    }

    pub fn unreadable(&mut self, kind: &'static str, text: impl Fn() -> String) {
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

    pub fn keep(&mut self, mut test: FailedTest) {
        shorten(&mut test, self.report.kept.len());
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
        shorten(&mut test, self.report.failed.len());
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

fn count(lines: &mut Lines, reports: &[String], kind: &'static str, text: &dyn Fn() -> String) {
    let label = reports.last().map_or("", String::as_str);
    lines.entry((reports.len(), kind)).or_insert_with(|| (format!("{label}: {}", text()), 0)).1 += 1;
}

fn told(lines: Lines) -> Vec<String> {
    let line = |(text, count)| if count > 1 { format!("{text} (and {} more like it)", count - 1) } else { text };
    lines.into_values().map(line).collect()
}

/// The more there are before a test, the less of it is kept: a thousand failures are an outage, to anyone.
fn shorten(test: &mut FailedTest, before: usize) {
    let limit = match before {
        0..1_000 => text::LIMIT,
        1_000..10_000 => 1 << 10,
        _ => 1 << 8,
    };
    for text in [&mut test.message, &mut test.trace, &mut test.snippet] {
        if text.len() > limit {
            *text = text::cut(text, limit);
        }
    }
    let mut left = limit;
    test.attachments.retain(|attachment| {
        let size = attachment.name.len() + attachment.content_type.len() + attachment.path.len();
        let fits = size <= left;
        left -= if fits { size } else { 0 };
        fits
    });
}

/// What makes two entries the same test in the same browser project.
fn key(entry: &Entry) -> u64 {
    let mut hash = Hash(0);
    for part in [&entry.file_path, &entry.suite, &entry.name, &entry.browser] {
        part.feed(&mut hash);
    }
    hash.finish()
}

/// Quick rather than proof against whoever looks for collisions: one of those has a test run first, nothing worse.
/// Multiplies and folds, as <https://github.com/wangyi-fudan/wyhash> does.
struct Hash(u64);

impl Hash {
    fn mix(&mut self, one: u64, two: u64) {
        let product = u128::from(one ^ 0xA076_1D64_78BD_642F) * u128::from(two ^ self.0 ^ 0xE703_7ED1_A0B4_28DB);
        self.0 = product as u64 ^ (product >> 64) as u64;
    }
}

impl Hasher for Hash {
    fn write(&mut self, bytes: &[u8]) {
        let (blocks, rest) = bytes.as_chunks::<16>();
        let mut last = [0; 16];
        last[..rest.len()].copy_from_slice(rest);
        for block in blocks.iter().chain([&last]) {
            let block = u128::from_le_bytes(*block);
            self.mix(block as u64, (block >> 64) as u64);
        }
        self.mix(bytes.len() as u64, 0);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A Bloom filter of constant size, so that memory does not grow with the tests that passed. All bits of a key lie in
/// one cache line (<https://github.com/apache/parquet-format/blob/master/BloomFilter.md>). At 200,000 keys it is wrong
/// about one in 500,000, at a million one in forty.
#[derive(Default)]
struct Filter {
    /// None before anything was added.
    lines: Vec<Line>,
    /// Keys to add, together once there are [`BATCH`]: each waits for memory, and so they wait at the same time.
    pending: Vec<u64>,
}

#[derive(Clone)]
#[repr(align(64))]
struct Line([u64; 8]);

const LINES: usize = 1 << 14;
const BATCH: usize = 1 << 10;

impl Filter {
    fn add(&mut self, key: u64) {
        self.pending.push(key);
        if self.pending.len() == BATCH {
            self.settle();
        }
    }

    fn settle(&mut self) {
        if !self.pending.is_empty() {
            self.lines.resize(LINES, Line([0; 8]));
        }
        for key in self.pending.drain(..) {
            let (line, bits) = place(key);
            for (word, bit) in self.lines[line].0.iter_mut().zip(bits) {
                *word |= bit;
            }
        }
    }

    /// Of what was added before the last [`Filter::settle`].
    fn may_hold(&self, key: u64) -> bool {
        let (line, bits) = place(key);
        let words = self.lines.get(line).map(|line| line.0.iter().zip(bits));
        words.is_some_and(|mut words| words.all(|(word, bit)| word & bit != 0))
    }
}

/// The line out of one half of the key, a bit in each of its words out of the other.
fn place(key: u64) -> (usize, [u64; 8]) {
    const SALTS: [u32; 8] =
        [0x47B6_137B, 0x4497_4D91, 0x8824_AD5B, 0xA2B7_289D, 0x7054_95C7, 0x2DF1_424B, 0x9EFC_4947, 0x5C6B_FB31];
    ((key >> 32) as usize % LINES, SALTS.map(|salt| 1 << ((key as u32).wrapping_mul(salt) >> 26)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(parts: &[&str]) -> u64 {
        let mut hash = Hash(0);
        parts.iter().for_each(|part| hash.write(part.as_bytes()));
        hash.finish()
    }

    #[test]
    fn the_filter_forgets_nothing_and_seldom_errs() {
        let key = |kind: &str, at: usize| hash(&["tests/a.spec.ts", kind, &at.to_string()]);
        let mut filter = Filter::default();
        for (count, most) in [(200_000, 20), (1_000_000, 40_000)] {
            (0..count).for_each(|at| filter.add(key("in", at)));
            filter.settle();
            assert!((0..count).all(|at| filter.may_hold(key("in", at))));
            let wrong = (0..1_000_000).filter(|at| filter.may_hold(key("out", *at))).count();
            assert!(wrong < most, "{wrong} in a million at {count} keys");
        }
    }

    #[test]
    fn what_is_told_apart_has_another_key() {
        let texts = ["", "a", "a\0", "ab", "12345678", "12345678\0", "123456789"];
        let mut keys: Vec<u64> = texts.iter().flat_map(|one| texts.map(|two| hash(&[one, two]))).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), texts.len() * texts.len());
    }
}
