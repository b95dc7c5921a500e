//! The plan: which failed tests there are, how each is identified and found, and what will be done about it. Pure, and
//! data: `cargo heal plan` prints it, `cargo heal` carries it out.

mod cause;
mod identity;

use std::collections::HashMap;

use crate::locate::Location;
use crate::report::{Attachment, FailedTest, Report, text};
pub use identity::Identity;

/// Longer names cannot be handed to a test runner or shown.
const MAX_NAME: usize = 4 << 10;
const MAX_ATTACHMENTS: usize = 50;
/// What `id-pattern` is unless it is set: finds `ATK-PW-1050`.
pub const ID_PATTERN: &str = r"\b[A-Z]{2,}(?:-[A-Z0-9]+)*-\d+\b";

/// What the user asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Finds a test's id in its name; the first group if the pattern has one, else the whole match.
    pub id_pattern: regex_lite::Regex,
    /// Only tests whose id or name contains one of these texts; empty means all.
    pub only: Vec<String>,
    /// More distinct failures than this are an outage.
    pub max_failures: usize,
    /// Part `.0` of `.1`, from 1.
    pub shard: Option<(usize, usize)>,
}

/// What will be done about each failed test, in the report's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    pub tests: Vec<PlannedTest>,
    /// Entries read.
    pub total: usize,
    /// Distinct failed tests, whatever `--shard` left of them.
    pub failed: usize,
    /// How many distinct failures there are, if that is an outage: then nothing is healed.
    pub outage: Option<usize>,
    pub warnings: Vec<String>,
    /// `results.tool.name`.
    pub tool: String,
}

/// One distinct failed test: the same file, suite and name, however many browser projects it failed in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlannedTest {
    /// `ATK-PW-1050` out of the name, else the fingerprint's first eight digits.
    pub id: String,
    pub name: String,
    /// Without the segments for the browser project and the file.
    pub suite: Vec<String>,
    /// The file as the suite names it, relative to the runner's test folder: Playwright's selection needs it.
    pub suite_file: Option<String>,
    /// Relative to the repository's root; as the report has it when it could not be found.
    pub file: String,
    /// As the report has it: the definition's line for few producers, the failing line for others.
    pub line: Option<u64>,
    /// The browser projects in which it failed; empty if the report names none.
    pub projects: Vec<String>,
    /// 16 hex digits of a hash over file, suite and name.
    pub fingerprint: String,
    pub message: String,
    pub trace: String,
    pub snippet: String,
    /// Of all its entries; paths as the report has them.
    pub attachments: Vec<Attachment>,
    /// Tests with the same number failed for the same reason, as far as their messages tell. From 0.
    pub group: usize,
    /// The report also lists it as passed.
    pub also_passed: bool,
    /// Why nothing will be done about it, if so.
    pub skip: Option<String>,
}

impl PlannedTest {
    /// `heal/atk-pw-1050-1a2b3c4d`: a valid branch name whatever the id holds.
    pub fn branch(&self) -> String {
        let digits = &self.fingerprint[..self.fingerprint.len().min(8)];
        let slug = identity::slug(&self.id);
        if slug.is_empty() || slug == digits { format!("heal/{digits}") } else { format!("heal/{slug}-{digits}") }
    }
}

impl Plan {
    /// The tests that will be healed.
    pub fn runnable(&self) -> impl Iterator<Item = &PlannedTest> {
        self.tests.iter().filter(|test| test.skip.is_none())
    }
}

/// Makes the plan. `located` says where each of `report.failed` is, in that order.
pub fn make(report: &Report, located: &[Location], options: &Options) -> Plan {
    let mut tests: Vec<PlannedTest> = Vec::new();
    let mut causes: Vec<String> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (failed, location) in report.failed.iter().zip(located) {
        let identity = Identity::of(failed, location, &report.tool);
        match known.get(&identity.fingerprint) {
            Some(at) => fold(&mut tests[*at], failed, &identity),
            None => {
                known.insert(identity.fingerprint.clone(), tests.len());
                causes.push(cause::key(failed, &identity));
                tests.push(planned(failed, location, identity, options));
            }
        }
    }
    let mut plan = Plan {
        total: report.total,
        failed: tests.len(),
        warnings: report.warnings.clone(),
        tool: report.tool.clone(),
        ..Plan::default()
    };
    let selected = tests.iter().filter(|test| test.skip.as_deref() != Some(FILTERED)).count();
    if selected > options.max_failures {
        plan.outage = Some(selected);
        for test in tests.iter_mut().filter(|test| test.skip.is_none()) {
            let most = options.max_failures;
            test.skip = Some(format!("outage: {selected} distinct failures, more than {most}"));
        }
    }
    let mut groups: HashMap<String, usize> = HashMap::new();
    for (test, cause) in tests.iter_mut().zip(causes) {
        let next = groups.len();
        test.group = *groups.entry(cause).or_insert(next);
    }
    plan.tests = match options.shard {
        Some(shard) => part(tests, shard),
        None => tests,
    };
    plan
}

const FILTERED: &str = "filtered: `--only` leaves it out";

fn planned(failed: &FailedTest, location: &Location, identity: Identity, options: &Options) -> PlannedTest {
    let id = identity::id_in(&failed.name, &options.id_pattern).unwrap_or_else(|| identity.fingerprint[..8].to_owned());
    let wanted = |text: &String| id.contains(&text[..]) || failed.name.contains(&text[..]);
    let skip = if !options.only.is_empty() && !options.only.iter().any(wanted) {
        Some(FILTERED.to_owned())
    } else if failed.name.trim().is_empty() {
        Some("unnamed: to re-run it would be to re-run its whole file".to_owned())
    } else if failed.name.len() > MAX_NAME {
        Some(format!("its name is too long to be selected: more than {MAX_NAME} bytes"))
    } else {
        match location {
            Location::Found { .. } => None,
            Location::Refused(why) => Some(format!("refused: {why}")),
            Location::Unknown(why) => Some(why.clone()),
        }
    };
    let line = match location {
        Location::Found { line: Some(line), .. } => Some(*line),
        _ => failed.line,
    };
    PlannedTest {
        id,
        name: failed.name.clone(),
        suite: identity.suite,
        suite_file: identity.suite_file,
        file: identity.file,
        line,
        projects: identity.project.into_iter().collect(),
        fingerprint: identity.fingerprint,
        message: failed.message.clone(),
        trace: failed.trace.clone(),
        snippet: failed.snippet.clone(),
        attachments: failed.attachments.clone(),
        group: 0,
        also_passed: failed.also_passed,
        skip,
    }
}

/// Another entry of a test that is planned already: another browser project, a repetition, a shard that was merged
/// twice.
fn fold(test: &mut PlannedTest, failed: &FailedTest, identity: &Identity) {
    if let Some(project) = &identity.project
        && !test.projects.contains(project)
    {
        test.projects.push(project.clone());
    }
    for attachment in &failed.attachments {
        if test.attachments.len() < MAX_ATTACHMENTS && !test.attachments.contains(attachment) {
            test.attachments.push(attachment.clone());
        }
    }
    test.also_passed |= failed.also_passed;
    for (kept, other) in
        [(&mut test.message, &failed.message), (&mut test.trace, &failed.trace), (&mut test.snippet, &failed.snippet)]
    {
        if kept.is_empty() {
            kept.clone_from(other);
        }
    }
}

/// One shard's part. Groups stay together, since a fix is tried on the whole group; groups in which nothing will be
/// done go to the first shard, so that somebody reports them.
fn part(tests: Vec<PlannedTest>, (index, count): (usize, usize)) -> Vec<PlannedTest> {
    let mut shards: HashMap<usize, usize> = HashMap::new();
    for test in tests.iter().filter(|test| test.skip.is_none()) {
        let next = shards.len() % count.max(1);
        shards.entry(test.group).or_insert(next);
    }
    let ours = |test: &PlannedTest| shards.get(&test.group).copied().unwrap_or(0) + 1 == index;
    tests.into_iter().filter(ours).collect()
}

/// One line that names a test on a terminal: `ATK-PW-1050  tests/a.spec.js  the name`.
pub fn line(test: &PlannedTest) -> String {
    format!(
        "{}  {}  {}",
        text::printable(&test.id, 80),
        text::printable(&test.file, 120),
        text::printable(&test.name, 160)
    )
}
