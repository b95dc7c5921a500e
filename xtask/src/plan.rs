//! The plan: which failed tests there are, how each is identified and found, and what will be done about it. Pure, and
//! data: `cargo heal plan` prints it, `cargo heal` carries it out.

mod cause;
mod identity;
pub mod matrix;

use std::collections::HashMap;

use crate::locate::Location;
use crate::report::{Attachment, FailedTest, Report, text};
pub use identity::Identity;

/// Longer names cannot be handed to a test runner or shown.
const MAX_NAME: usize = 4 << 10;
const MAX_ATTACHMENTS: usize = 50;
/// What `id-pattern` is unless it is set: finds `ATK-PW-1050`.
pub const ID_PATTERN: &str = r"(?-u:\b)[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*-[0-9]+(?-u:\b)";

/// What the user asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Finds a test's id in its name; the first group if the pattern has one, else the whole match.
    pub id_pattern: regex::Regex,
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
    /// Leaves out every test but one.
    pub fn keep_only(&mut self, fingerprint: &str) {
        for test in self.tests.iter_mut().filter(|test| test.fingerprint != fingerprint) {
            test.skip = Some(FILTERED.to_owned());
        }
    }

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
        warnings: [&report.warnings[..], &report.doubts].concat(),
        tool: report.tool.clone(),
        ..Plan::default()
    };
    for text in &options.only {
        if !tests.is_empty() && !tests.iter().any(|test| names(text, &test.id, &test.name)) {
            plan.warnings.push(format!("`--only {}` names no test that failed", text::printable(text, 80)));
        }
    }
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

/// Why a test that `--only` does not name is skipped.
pub const FILTERED: &str = "filtered: it was not asked for (`--only`, `--issue`)";

/// Whether `--only TEXT` asks for a test.
fn names(text: &str, id: &str, name: &str) -> bool {
    id.contains(text) || name.contains(text)
}

fn planned(failed: &FailedTest, location: &Location, identity: Identity, options: &Options) -> PlannedTest {
    let id = identity::id_in(&failed.name, &options.id_pattern).unwrap_or_else(|| identity.fingerprint[..8].to_owned());
    let skip = if !options.only.is_empty() && !options.only.iter().any(|text| names(text, &id, &failed.name)) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        let id_pattern = regex::Regex::new(ID_PATTERN).unwrap();
        Options { id_pattern, only: Vec::new(), max_failures: 25, shard: None }
    }

    fn failed(name: &str, suite: &[&str], file: &str, message: &str) -> FailedTest {
        FailedTest {
            name: name.into(),
            suite: suite.iter().map(|part| (*part).to_owned()).collect(),
            file_path: Some(file.into()),
            message: message.into(),
            ..FailedTest::default()
        }
    }

    fn plan(failed: Vec<FailedTest>, options: &Options) -> Plan {
        // As on any machine: the repository lies somewhere, its tests in `tests/`.
        let location = |test: &FailedTest| {
            let path = test.file_path.as_deref().unwrap_or("");
            match path.find("tests/") {
                Some(at) => Location::Found { file: path[at..].to_owned(), line: None },
                None => Location::Unknown("cannot be located: no file".into()),
            }
        };
        let located: Vec<Location> = failed.iter().map(location).collect();
        let report = Report { tool: "playwright".into(), total: 100, failed, ..Report::default() };
        make(&report, &located, options)
    }

    #[test]
    fn browser_projects_and_machines_fold_into_one_test() {
        let plan = plan(
            vec![
                failed("pays", &["chromium", "shop/a.spec.ts", "Cart"], "/home/ci/x/tests/shop/a.spec.ts", "m"),
                failed("pays", &["firefox", "shop/a.spec.ts", "Cart"], "/home/ci/x/tests/shop/a.spec.ts", "m"),
                failed("pays", &["shop/a.spec.ts", "Cart"], "/Users/me/tests/shop/a.spec.ts", ""),
                failed("pays", &["web kit", r"shop\a.spec.ts", "Cart"], r"D:\x\tests/shop\a.spec.ts", ""),
            ],
            &options(),
        );
        assert_eq!((plan.failed, plan.total), (2, 100), "{:?}", plan.tests);
        assert_eq!(plan.tests[0].projects, ["chromium", "firefox"]);
        assert_eq!(
            (&plan.tests[0].suite[..], plan.tests[0].suite_file.as_deref()),
            (&["Cart".to_owned()][..], Some("shop/a.spec.ts"))
        );
    }

    #[test]
    fn other_suites_names_and_files_are_other_tests() {
        let plan = plan(
            vec![
                failed("pays", &["a.spec.ts", "Cart"], "tests/a.spec.ts", ""),
                failed("pays", &["a.spec.ts", "Till"], "tests/a.spec.ts", ""),
                failed("pays", &["b.spec.ts", "Cart"], "tests/b.spec.ts", ""),
                failed("pays later", &["a.spec.ts", "Cart"], "tests/a.spec.ts", ""),
                failed("Cart", &["a.spec.ts", "pays"], "tests/a.spec.ts", ""),
            ],
            &options(),
        );
        assert_eq!(plan.failed, 5);
    }

    #[test]
    fn the_fingerprint_is_sha256_of_file_suite_and_name() {
        let plan = plan(
            vec![failed("logs in", &["chromium", "login.spec.js", "Log in"], "/x/tests/login.spec.js", "")],
            &options(),
        );
        // printf 'tests/login.spec.js\0Log in\0logs in\0' | sha256sum | cut -c1-16
        assert_eq!(plan.tests[0].fingerprint, "11053c067738ae7a");
        assert_eq!(plan.tests[0].id, "11053c067738ae7a"[..8]);
        assert_eq!(plan.tests[0].branch(), format!("heal/{}", &"11053c067738ae7a"[..8]));
    }

    #[test]
    fn ids_and_branches() {
        let grouped = regex::Regex::new(r"\[(\w+/\d+)\]").unwrap();
        let usual = options().id_pattern;
        for (name, pattern, id, slug) in [
            ("(ATK-PW-1050) Contact us @atk", &usual, Some("ATK-PW-1050"), "atk-pw-1050"),
            ("SHOP-12: pays", &usual, Some("SHOP-12"), "shop-12"),
            ("ATK-CY-1001 ATK-PW-2", &usual, Some("ATK-CY-1001"), "atk-cy-1001"),
            ("no id, a-1, 3 items", &usual, None, ""),
            ("[case/77] pays", &grouped, Some("case/77"), "case-77"),
        ] {
            assert_eq!(identity::id_in(name, pattern).as_deref(), id, "{name}");
            assert_eq!(identity::slug(id.unwrap_or("")), slug, "{name}");
        }
        let branch = |id: &str| {
            PlannedTest { id: id.into(), fingerprint: "1a2b3c4d5e6f7081".into(), ..Default::default() }.branch()
        };
        assert_eq!(branch("ATK-PW-1050"), "heal/atk-pw-1050-1a2b3c4d");
        assert_eq!(branch("../..//@{é"), "heal/1a2b3c4d");
        assert_eq!(branch(&"x".repeat(500)), format!("heal/{}-1a2b3c4d", "x".repeat(40)));
    }

    #[test]
    fn only_leaves_the_others_out() {
        let tests = || {
            vec![
                failed("ATK-PW-1 logs in", &[], "tests/a.spec.ts", ""),
                failed("ATK-PW-2 pays", &[], "tests/a.spec.ts", ""),
                failed("ATK-PW-3 leaves", &[], "lost.ts", ""),
            ]
        };
        for (only, left) in [
            (vec!["PW-2"], vec![1]),
            (vec!["logs", "PW-2"], vec![0, 1]),
            (vec!["leaves"], vec![]),
            (vec![], vec![0, 1]),
        ] {
            let options = Options { only: only.iter().map(|text| (*text).to_owned()).collect(), ..options() };
            let plan = plan(tests(), &options);
            let runnable: Vec<usize> = (0..3).filter(|at| plan.tests[*at].skip.is_none()).collect();
            assert_eq!(runnable, left, "{only:?}: {:?}", plan.tests);
            assert_eq!(plan.warnings, Vec::<String>::new());
        }
        let typo = Options { only: vec!["ATK-PW-2".into(), "PW-22".into()], ..options() };
        assert_eq!(plan(tests(), &typo).warnings, ["`--only PW-22` names no test that failed"]);
    }

    #[test]
    fn more_failures_than_allowed_are_an_outage() {
        let tests =
            |count| (0..count).map(|at| failed(&format!("t{at}"), &[], "tests/a.spec.ts", "")).collect::<Vec<_>>();
        assert_eq!(plan(tests(25), &options()).outage, None);
        let outage = plan(tests(26), &options());
        assert_eq!((outage.outage, outage.runnable().count()), (Some(26), 0));
        let only = Options { only: vec!["t1".into()], ..options() };
        assert_eq!(plan(tests(26), &only).outage, None, "what is filtered does not count");
    }

    #[test]
    fn failures_with_one_cause_share_a_group() {
        let missing = "TimeoutError: locator.click: Timeout 1200ms exceeded.\nCall log:\n  - waiting for getByRole('button', { name: 'Buy' })\n";
        let asserted = "Error: expect(locator).toBeVisible() failed\n\nLocator: getByRole('button', { name: 'Buy' })\nExpected: visible\nTimeout: 900ms\nError: element(s) not found";
        let other = missing.replace("Buy", "Sell");
        let text = |expected: &str| {
            format!(
                "Error: expect(locator).toHaveText(expected) failed\n\nLocator: locator('h1')\nExpected: \"{expected}\"\nReceived: \"x\"\n  - locator resolved to <h1>"
            )
        };
        let (one, two) = (text("1"), text("2"));
        let messages = [
            missing,
            asserted,
            &other,
            &missing.replace("1200ms", "30s"),
            "Test timeout of 1200ms exceeded.",
            "Test timeout of 1200ms exceeded.",
            &one,
            &two,
            &one,
            "",
            "",
        ];
        let tests = messages
            .iter()
            .enumerate()
            .map(|(at, message)| failed(&format!("t{at}"), &[], &format!("tests/{at}.spec.ts"), message));
        let groups: Vec<usize> = plan(tests.collect(), &options()).tests.iter().map(|test| test.group).collect();
        assert_eq!(groups, [0, 0, 1, 0, 2, 3, 4, 5, 4, 6, 7]);
    }

    #[test]
    fn failures_in_one_helper_share_a_group() {
        let from = |at: usize, frames: &str| FailedTest {
            trace: format!("Error: no session\n{frames}    at /x/tests/{at}.spec.ts:3:1\n"),
            ..failed(&format!("t{at}"), &[], &format!("/x/tests/{at}.spec.ts"), "Error: no session\n\n  3 lines")
        };
        let helper = "    at node_modules/pw/x.js:1:1\n    at signIn (/x/tests/support/session.ts:9:3)\n";
        let tests = vec![from(0, helper), from(1, helper), from(2, ""), from(3, "")];
        let groups: Vec<usize> = plan(tests, &options()).tests.iter().map(|test| test.group).collect();
        assert_eq!(groups, [0, 0, 1, 2]);
    }

    #[test]
    fn shards_are_disjoint_complete_and_keep_groups_together() {
        let tests = || {
            let one = |at: usize| {
                failed(
                    &format!("t{at}"),
                    &[],
                    if at == 5 { "lost.ts" } else { "tests/a.spec.ts" },
                    &format!("waiting for locator('{}')", at % 4),
                )
            };
            (0..12).map(one).collect::<Vec<_>>()
        };
        let whole = plan(tests(), &options());
        let mut seen = Vec::new();
        for index in 1..=3 {
            let part = plan(tests(), &Options { shard: Some((index, 3)), ..options() });
            assert_eq!(part.failed, 12);
            seen.push(part.tests);
        }
        for test in &whole.tests {
            assert_eq!(seen.iter().filter(|part| part.contains(test)).count(), 1, "{}", test.name);
        }
        let shard_of = |group| {
            seen.iter().filter(|part| part.iter().any(|test| test.group == group && test.skip.is_none())).count()
        };
        assert!((0..4).all(|group| shard_of(group) == 1));
        assert!(seen.iter().all(|part| !part.is_empty()));
    }
}
