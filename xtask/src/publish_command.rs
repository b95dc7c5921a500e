//! `cargo heal publish DIR…`: the second of two jobs. It has the token that may write, and neither a model nor code of an
//! agent: a bundle is data, and its patch is judged again before it becomes a branch.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Result;

use crate::bundle::{self, Found};
use crate::document;
use crate::error::{Exit, Failure};
use crate::github::branch::Workshop;
use crate::github::{Context, GitHub, open, pull_requests, summary};
use crate::locate::{self, Location};
use crate::outcome::{Outcome, TestResult, Tests};
use crate::publish::{self, Publisher};
use crate::redact;
use crate::settings::Settings;
use crate::surroundings::Surroundings;
use crate::ui::Ui;

pub fn run(dirs: &[PathBuf], settings: &Settings, around: &Surroundings, ui: &Ui) -> Result<Exit> {
    let repository = around.repository()?;
    let (mut found, mut refused) = (Vec::new(), Vec::new());
    for dir in dirs {
        let reading = bundle::read(&around.cwd.join(dir))?;
        found.extend(reading.found);
        refused.extend(reading.refused);
    }
    // A bundle names its test's file, and the folder of that file is what its patch may edit: it has to be a test.
    let tracked = repository.tracked()?;
    let look = locate::disk::below(&repository.root);
    let tree = locate::Tree::new(&repository.root, tracked.iter().map(String::as_str), Vec::new(), &look);
    found.retain(|found| {
        let file = &found.test.file;
        let is_test = matches!(tree.resolve(file, Path::new("")), Location::Found { file: at, .. } if at == *file);
        if !is_test {
            refused.push(format!(
                "{}: `{}` is no test of this repository",
                found.test.fingerprint,
                redact::one_line(file, 200)
            ));
        }
        is_test
    });
    found.sort_by(|one, other| one.test.fingerprint.cmp(&other.test.fingerprint));
    found.dedup_by(|one, other| one.test.fingerprint == other.test.fingerprint);
    refused.iter().for_each(|line| ui.warn(line));
    if found.is_empty() && !refused.is_empty() {
        return Err(Failure::usage("no bundle can be used")
            .hint("they are what `cargo heal --bundle DIR` wrote")
            .into());
    }
    if found.is_empty() {
        ui.line("nothing to publish");
        return Ok(Exit::Ok);
    }
    let context = open::context(&around.env, &repository)?;
    let base = pull_requests::base_branch(&context.clone().unwrap_or_default(), settings.base.as_deref());
    if settings.detection.dry_run {
        for action in publish::planned(&found, settings, base.as_deref().unwrap_or("the branch under test")) {
            ui.line(&format!("would {}", action.describe()));
        }
        return Ok(Exit::Ok);
    }
    let Some(github) = GitHub::open(settings, &around.env, &around.secrets, &repository)? else {
        let hint = "choose `--publish pr`, or `--issues always`";
        return Err(Failure::usage("neither issues nor pull requests are wanted").hint(hint).into());
    };
    let seed: Vec<u8> = found.iter().flat_map(|found| found.test.fingerprint.bytes()).collect();
    let commit = around.env.get("GITHUB_SHA").map(str::to_owned);
    let run = open::run(Some(&github.context), settings, commit, &seed, SystemTime::now());
    let workshop = Workshop::borrowing(&repository)?;
    let known = github.known()?;
    let publisher =
        Publisher { github: &github, settings, run: &run, workshop: &workshop, base, known: &known, tracked: &tracked };
    let mut results: Vec<TestResult> = found.iter().map(result_of).collect();
    publisher.all(&found, &mut results, ui);
    let mut notes = github.take_notes();
    notes.extend(refused.iter().cloned());
    finish(results, notes, settings, around, &github.context, &repository.root, ui)
}

fn result_of(found: &Found) -> TestResult {
    let bundle = &found.bundle;
    TestResult {
        root_cause: bundle.root_cause.clone(),
        attempts: bundle.attempts,
        ..TestResult::new(&found.test, bundle.outcome, &bundle.reason)
    }
}

fn finish(
    results: Vec<TestResult>,
    notes: Vec<String>,
    settings: &Settings,
    around: &Surroundings,
    context: &Context,
    root: &std::path::Path,
    ui: &Ui,
) -> Result<Exit> {
    document::show(ui, &results);
    notes.iter().for_each(|note| ui.warn(note));
    let exit = match results.iter().any(|result| result.outcome == Outcome::Error) {
        true => Exit::Broken,
        false if results.iter().all(|result| result.outcome.is_well()) => Exit::Ok,
        false => Exit::NotHealed,
    };
    let tests = Tests { total: results.len(), failed: results.len() };
    let document = document::make(settings, tests, results, None, notes);
    document::write(settings, root, &document)?;
    if settings.json {
        ui.data(&serde_json::to_string_pretty(&document)?);
    }
    if around.env.is_on("GITHUB_ACTIONS") {
        let server = format!("https://{}", context.host);
        let shown = summary::markdown(&document, Some((&server, &context.repository)));
        summary::append(around.env.get("GITHUB_STEP_SUMMARY"), &shown)?;
    }
    Ok(exit)
}
