//! `cargo heal publish DIR…`: the second of two jobs. It has the token that may write, and neither a model nor code of an
//! agent: a bundle is data, and its patch is judged again before it becomes a branch.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Result;

use crate::bundle::{self, Found, Reading};
use crate::detect::Publish;
use crate::document;
use crate::error::{Exit, Failure};
use crate::github::action::Action;
use crate::github::branch::Workshop;
use crate::github::issue_text::{Run, Seen};
use crate::github::issues::Known;
use crate::github::{Context, GitHub, open, passed, pull_requests, summary};
use crate::heal::planning::{self, Planned};
use crate::locate::{self, Location, OnDisk};
use crate::outcome::{Document, Outcome, TestResult, Tests};
use crate::plan::{FILTERED, PlannedTest};
use crate::publish::{self, Publisher};
use crate::redact;
use crate::settings::Settings;
use crate::surroundings::Surroundings;
use crate::tools::git::Repository;
use crate::ui::Ui;

pub fn run(dirs: &[PathBuf], settings: &Settings, around: &Surroundings, ui: &Ui) -> Result<Exit> {
    let repository = around.repository()?;
    let mut reading = Reading::default();
    for dir in dirs {
        let one = bundle::read(&around.cwd.join(dir))?;
        reading.found.extend(one.found);
        reading.refused.extend(one.refused);
    }
    let (planned, no_report) = report_of_the_run(settings, around, &repository);
    let github = GitHub::open(settings, &around.env, &around.secrets, &repository)?;
    let context = open::context(&around.env, &repository)?;
    let base = pull_requests::base_branch(&context.clone().unwrap_or_default(), settings.base.as_deref());
    let workshop = Workshop::borrowing(&repository)?;
    let tracked = match (&github, &base) {
        (Some(github), Ok(base)) => github.fetch_base(&workshop, base)?.map(|tip| workshop.files(&tip)).transpose()?,
        _ => None,
    };
    let tracked = tracked.map_or_else(|| repository.tracked(), Ok)?;
    let described = match (&github, settings.issue) {
        (Some(github), Some(number)) => Some((number, github.described(number)?)),
        _ => None,
    };
    let (found, refused) = usable(reading, &repository.root, &tracked, described.as_ref(), &planned);
    refused.iter().for_each(|line| ui.warn(line));
    if settings.detection.dry_run {
        let mut actions = publish::planned(&found, settings, base.as_deref().unwrap_or("the branch under test"));
        if settings.detection.create_issues {
            actions.extend(without_bundle(&planned, &found).map(|test| Action::issue(test, &settings.labels)));
            actions.extend(Action::close(planned.report.passed, context.as_ref(), settings.target.as_deref()));
        }
        actions.iter().for_each(|action| ui.line(&format!("would {}", action.describe())));
        return Ok(Exit::Ok);
    }
    if found.is_empty() && planned.report.total == 0 {
        if refused.is_empty() {
            ui.line("nothing to publish");
            return Ok(Exit::Ok);
        }
        let hint = "they are what `cargo heal --bundle DIR` wrote";
        return Err(Failure::usage("no bundle can be used").hint(hint).into());
    }
    let Some(github) = github else {
        let hint = "choose `--publish pr`, or `--issues always`";
        return Err(Failure::usage("neither issues nor pull requests are wanted").hint(hint).into());
    };
    let seed: Vec<u8> = found.iter().flat_map(|found| found.test.fingerprint.bytes()).collect();
    let commit = around.env.get("GITHUB_SHA").map(str::to_owned);
    let run = open::run(Some(&github.context), settings, commit, &seed, SystemTime::now());
    let known = github.known()?;
    let publisher =
        Publisher { github: &github, settings, run: &run, workshop: &workshop, base, known: &known, tracked: &tracked };
    let mut results: Vec<TestResult> = found.iter().map(|found| result_of(found, settings)).collect();
    publisher.all(&found, &mut results, ui);
    if settings.detection.create_issues && planned.report.total > 0 && !github.context.is_fork() {
        results.extend(keep_the_others(&planned, &found, &github, &known, &run, ui)?);
        let passed = passed::in_reports(&known, &run, &planned.sources, &repository)?;
        // Whoever has a bundle failed, whatever the reports say.
        let fails = |fingerprint: &str| found.iter().any(|found| found.test.fingerprint == fingerprint);
        let passes = |fingerprint: &str| passed.contains(fingerprint) && !fails(fingerprint);
        github.close_passed(&known, &run, &passes, planned.plan.outage.is_some())?;
    }
    let mut notes = github.take_notes();
    notes.extend(refused);
    notes.extend(no_report);
    if results.is_empty() {
        ui.line(&planned.report.nothing_failed());
    }
    let counted = Tests { total: planned.plan.total.max(results.len()), failed: results.len() };
    let document = document::make(settings, counted, results, None, notes);
    finish(&document, settings, around, &github.context, &repository.root, ui)
}

/// The bundles that are taken, one for each test, and a line for each that is not. `tracked` are the files of the branch
/// under test; `described` is the one test that is meant, with its issue.
fn usable(
    reading: Reading,
    root: &Path,
    tracked: &[String],
    described: Option<&(u64, PlannedTest)>,
    planned: &Planned,
) -> (Vec<Found>, Vec<String>) {
    let Reading { mut found, mut refused } = reading;
    // A bundle names its test's file, and the folder of that file is what its patch may edit: it has to be a test.
    let in_tree = |path: &str| match tracked.iter().any(|known| known == path) {
        true => OnDisk::File(path.to_owned()),
        false => OnDisk::Missing,
    };
    let tree = locate::Tree::new(root, tracked.iter().map(String::as_str), &in_tree);
    found.retain(|found| {
        let Found { test, .. } = found;
        let is_test =
            matches!(tree.resolve(&test.file, Path::new("")), Location::Found { file, .. } if file == test.file);
        if !is_test {
            let file = redact::one_line(&test.file, 200);
            refused.push(format!("{}: `{file}` is no test of this repository", test.fingerprint));
        }
        let another = described.filter(|(_, described)| described.fingerprint != test.fingerprint);
        if let Some((number, _)) = another {
            refused.push(format!("{}: it is not the test of issue #{number}", test.id));
        }
        is_test && another.is_none()
    });
    found.sort_by(|one, other| one.test.fingerprint.cmp(&other.test.fingerprint));
    found.dedup_by(|one, other| one.test.fingerprint == other.test.fingerprint);
    for found in &mut found {
        // What failed is told by the report, where this job has it, and not by the job that ran an agent.
        let reported = planned.plan.tests.iter().find(|test| test.fingerprint == found.test.fingerprint);
        found.test = reported.unwrap_or(&found.test).clone();
    }
    (found, refused)
}

/// The plan of the run's own reports, which the job that tested left, not the one that healed. Without them the bundles
/// alone are published, and the note says what is not done. A heal of an issue has no such run.
fn report_of_the_run(settings: &Settings, around: &Surroundings, repository: &Repository) -> (Planned, Option<String>) {
    if settings.issue.is_some() {
        return (Planned::default(), None);
    }
    match planning::plan(settings, repository, &around.cwd) {
        Ok(planned) => (planned, None),
        Err(error) => {
            let why = error.to_string();
            let why = why.lines().next().unwrap_or_default();
            let note = format!("the issues of tests that pass now stay open, since there is no report here: {why}");
            (Planned::default(), Some(note))
        }
    }
}

/// The tests of the report that no bundle tells about: the job that heals ended before it came to them.
fn without_bundle<'a>(planned: &'a Planned, found: &'a [Found]) -> impl Iterator<Item = &'a PlannedTest> {
    let has_bundle = |test: &PlannedTest| found.iter().any(|found| found.test.fingerprint == test.fingerprint);
    planned.plan.runnable().filter(move |test| !has_bundle(test))
}

/// The issues of what no bundle tells about; the one of an outage.
fn keep_the_others(
    planned: &Planned,
    found: &[Found],
    github: &GitHub,
    known: &Known,
    run: &Run,
    ui: &Ui,
) -> Result<Vec<TestResult>> {
    if planned.plan.outage.is_some() {
        let failed = planned.plan.tests.iter().filter(|test| test.skip.as_deref() != Some(FILTERED));
        let failed: Vec<PlannedTest> = failed.cloned().collect();
        let number = github.sync_outage(known, &failed, run)?;
        let skipped =
            failed.iter().filter_map(|test| Some(TestResult::new(test, Outcome::Skipped, test.skip.as_ref()?)));
        return Ok(skipped.map(|result| TestResult { issue: Some(number), ..result }).collect());
    }
    let mut results = Vec::new();
    for test in without_bundle(planned, found) {
        ui.step(&format!("{}  keeping its issue", test.id));
        let issue = github.sync_issue(known, &Seen { test, page_url: None, page: None }, run)?.number;
        let why = "there is no bundle of it: the job that heals did not come to it";
        results.push(TestResult { issue: Some(issue), ..TestResult::new(test, Outcome::Unhealed, why) });
    }
    Ok(results)
}

fn result_of(found: &Found, settings: &Settings) -> TestResult {
    let bundle = &found.bundle;
    let unwanted = publish::is_fix(found) && settings.detection.publish != Publish::Pr;
    let (outcome, reason) = match unwanted {
        true => (Outcome::Skipped, "pull requests are not wanted (`--publish`)"),
        false => (bundle.outcome, bundle.reason.as_str()),
    };
    TestResult {
        root_cause: bundle.root_cause.clone(),
        attempts: bundle.attempts,
        issue: settings.issue,
        ..TestResult::new(&found.test, outcome, reason)
    }
}

fn finish(
    document: &Document,
    settings: &Settings,
    around: &Surroundings,
    context: &Context,
    root: &Path,
    ui: &Ui,
) -> Result<Exit> {
    document::show(ui, &document.results);
    document.notes.iter().for_each(|note| ui.warn(note));
    let results = &document.results;
    let exit = match results.iter().any(|result| result.outcome == Outcome::Error) {
        true => Exit::Broken,
        false if results.iter().all(|result| result.outcome.is_well()) => Exit::Ok,
        false => Exit::NotHealed,
    };
    document::write(settings, root, document)?;
    if settings.json {
        ui.data(&serde_json::to_string_pretty(document)?);
    }
    if around.env.is_on("GITHUB_ACTIONS") {
        let server = format!("https://{}", context.host);
        let shown = summary::markdown(document, Some((&server, &context.repository)));
        summary::append(around.env.get("GITHUB_STEP_SUMMARY"), &shown)?;
    }
    Ok(exit)
}
