//! The conductor: one report from start to end. It reads as the list of stages, and knows the order of them; what a
//! stage does is the stage's own business.

mod attempt;
mod board;
mod hub;
mod one;
pub mod planning;
mod preflight;
mod reach;
mod units;
mod verify;
mod workshop;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Result;

use crate::document;
use crate::error::Exit;
use crate::github::summary;
use crate::outcome::{Document, Outcome, TestResult, Tests};
use crate::plan::{self, PlannedTest};
use crate::quantity;
use crate::settings::{Fallback, Settings};
use crate::surroundings::Surroundings;
use crate::tools::git::Repository;
use crate::ui::Ui;

use board::Board;
use hub::Hub;
use one::Healing;
use preflight::Kit;
use workshop::Workshop;

/// Runs the whole job and says how it went.
///
/// # Errors
/// When something is missing, unreadable or broken. What becomes of a test is never an error.
pub fn run(settings: &Settings, around: &Surroundings, user: &Repository, ui: &Ui) -> Result<(Document, Exit)> {
    let started = Instant::now();
    let _reserved = document::reserve_out(settings, &user.root)?;
    let mut planned = match planning::plan(settings, user, &around.cwd) {
        // An issue describes its test by itself; a report is welcome, but not needed.
        Err(_) if settings.issue.is_some() => planning::Planned::default(),
        planned => planned?,
    };
    planned.plan.warnings.iter().for_each(|warning| ui.warn(warning));
    if planned.plan.tests.is_empty() && settings.issue.is_none() {
        ui.line(&planned.report.nothing_failed());
    } else if !planned.plan.tests.is_empty() {
        ui.step(&format!("{} failed of {}", quantity::of(planned.plan.failed, "test"), planned.plan.total));
    }
    let hub = Hub::open(settings, around, user, &planned, ui)?;
    if let Some(described) = &hub.described {
        planned = planned.narrowed_to(described, settings, user)?;
    }
    let tests = &planned.plan.tests;
    let barred = hub.barred();
    let left_out = |test: &PlannedTest| {
        let barred = barred.as_ref().map(|why| PlannedTest { skip: Some(why.clone()), ..test.clone() });
        Healing::of_skipped(test).or_else(|| Healing::of_skipped(&barred?))
    };
    let mut healings: Vec<Option<Healing>> = tests.iter().map(left_out).collect();
    let mut results: Vec<TestResult> = tests.iter().map(|test| TestResult::new(test, Outcome::Planned, "")).collect();
    hub.before(&planned, &mut healings, &mut results)?;

    let mut notes = Vec::new();
    let mut model = None;
    if hub.uses_copilot() && healings.iter().any(Option::is_none) {
        for why in hub.assign(tests, &mut healings, &results)? {
            ui.warn(&why);
            notes.push(why);
        }
        if around.secrets.anthropic.is_none() {
            give_up(tests, &mut healings, &notes);
        }
    }
    if healings.iter().any(Option::is_none) {
        let mut kit = preflight::check(settings, around, user, &planned, ui)?;
        notes.extend(heal_with(&kit, settings, user, &planned, &mut healings, ui, started)?);
        let failed = |healing: &Option<Healing>| healing.as_ref().is_some_and(|healing| healing.model_failed);
        if healings.iter().any(failed) && settings.fallback == Fallback::Cloud && !kit.is_cloud() {
            match preflight::check_cloud(settings, around, user, &planned, ui, "the local model fails") {
                Ok(cloud) => {
                    kit = cloud;
                    healings.iter_mut().filter(|healing| failed(healing)).for_each(|healing| *healing = None);
                    notes.extend(heal_with(&kit, settings, user, &planned, &mut healings, ui, started)?);
                }
                // What the local model healed before it failed is published all the same.
                Err(error) => notes.push(format!("there is no cloud to fall back to: {error:#}")),
            }
        }
        model = Some((kit.provider, kit.model));
    }
    let healings: Vec<Healing> = healings.into_iter().flatten().collect();
    for (result, healing) in results.iter_mut().zip(&healings) {
        *result = TestResult { issue: result.issue, ..healing.result.clone() };
    }
    let author = model.as_ref().map_or(String::new(), |(provider, model)| format!("{provider}/{model}"));
    hub.after(tests, &healings, &mut results, &author)?;
    notes.extend(hub.notes());

    let exit = exit_of(&results, &planned);
    let counted = Tests { total: planned.plan.total, failed: planned.plan.failed };
    let document = document::make(settings, counted, results, model, notes);
    document::write(settings, &user.root, &document)?;
    show(ui, &document, started);
    if around.env.is_on("GITHUB_ACTIONS") {
        tell_actions(around, &hub, &document, ui)?;
    }
    Ok((document, exit))
}

/// Shows what a run would do, and does nothing.
pub fn show_plan(settings: &Settings, planned: &planning::Planned, ui: &Ui) -> Document {
    planned.plan.warnings.iter().for_each(|warning| ui.warn(warning));
    let results = planned.plan.tests.iter().map(|test| match &test.skip {
        Some(why) => TestResult::new(test, Outcome::Skipped, why),
        None => TestResult { branch: Some(test.branch()), ..TestResult::new(test, Outcome::Planned, "") },
    });
    let counted = Tests { total: planned.plan.total, failed: planned.plan.failed };
    let document = document::make(settings, counted, results.collect(), None, Vec::new());
    if document.results.is_empty() {
        ui.line(&planned.report.nothing_failed());
    } else {
        ui.line(&format!("{} failed of {}", quantity::of(planned.plan.failed, "test"), planned.plan.total));
        document::show(ui, &document.results);
    }
    document
}

fn show(ui: &Ui, document: &Document, started: Instant) {
    let is_empty = document.results.is_empty();
    if !is_empty {
        document::show(ui, &document.results);
    }
    document.notes.iter().for_each(|note| ui.warn(note));
    if is_empty {
        return;
    }
    ui.line("");
    let dry = if document.dry_run { "; a dry run: nothing was published" } else { "" };
    ui.line(&format!("{} in {:.0} s{dry}", document::summary(document), started.elapsed().as_secs_f64()));
}

/// The job summary and the annotations, for the person who opens the failed run.
fn tell_actions(around: &Surroundings, hub: &Hub<'_>, document: &Document, ui: &Ui) -> Result<()> {
    let place = hub.place();
    let place = place.as_ref().map(|(server, repository)| (server.as_str(), repository.as_str()));
    summary::append(around.env.get("GITHUB_STEP_SUMMARY"), &summary::markdown(document, place))?;
    summary::annotations(document).iter().for_each(|line| ui.annotation(line));
    Ok(())
}

/// Copilot took nothing, and nobody else may be asked.
fn give_up(tests: &[PlannedTest], healings: &mut [Option<Healing>], why: &[String]) {
    for (test, healing) in tests.iter().zip(healings) {
        healing.get_or_insert_with(|| Healing {
            result: TestResult::new(test, Outcome::Unhealed, format!("not assigned to Copilot: {}", why.join("; "))),
            ..Healing::of(test)
        });
    }
}

/// Heals the open tests with one model; returns what the run went on without.
fn heal_with(
    kit: &Kit,
    settings: &Settings,
    user: &Repository,
    planned: &planning::Planned,
    healings: &mut [Option<Healing>],
    ui: &Ui,
    started: Instant,
) -> Result<Vec<String>> {
    let shop = Workshop::open(settings, kit, user, planned, ui, started)?;
    heal_all(&shop, planned, healings)?;
    Ok(shop.notes().collect())
}

/// Heals the tests that are still open, as many at a time as there are jobs. The tests of a unit may share a cause: before
/// a model is asked about one, the fixes of those before it are waited for and tried, so that one cause costs one session
/// and the number of jobs changes nothing in the results.
fn heal_all(shop: &Workshop<'_>, planned: &planning::Planned, healings: &mut [Option<Healing>]) -> Result<()> {
    let tests = &planned.plan.tests;
    let open: Vec<usize> = (0..tests.len()).filter(|index| healings[*index].is_none()).collect();
    let reach = reach::of(tests, &shop.user.root, &shop.user.tracked()?);
    let units = units::of(tests, &open, &reach);
    let board = Board::new(tests.len());
    let queue = Mutex::new(units::in_turn(&units).into_iter());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some(index) = next() {
            let pledge = board.pledge(index);
            let unit = units.iter().find(|unit| unit.contains(&index)).map_or(&[][..], Vec::as_slice);
            let earlier = unit.iter().take_while(|other| **other != index).filter_map(|other| {
                let healing = board.wait(*other)?;
                let files = &healing.fix.as_ref()?.files;
                units::may_heal(&tests[*other], files, &tests[index], &reach[index]).then_some(healing)
            });
            pledge.keep(one::heal(shop, &tests[index], index, earlier));
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| shop.warm_up());
        for _ in 1..shop.settings.jobs.min(open.len()) {
            scope.spawn(work);
        }
        work();
    });
    let done: Vec<(usize, Arc<Healing>)> =
        open.iter().filter_map(|index| Some((*index, board.wait(*index)?))).collect();
    drop(board);
    one::cover(shop, tests, &done)?;
    for (index, healing) in done {
        healings[index] = Arc::into_inner(healing);
    }
    Ok(())
}

/// Tests that `--only` leaves out do not count: they were not asked for. A report that may hide failures is never well.
fn exit_of(results: &[TestResult], planned: &planning::Planned) -> Exit {
    let mut asked_for = results.iter().filter(|result| result.reason != plan::FILTERED);
    let well = asked_for.all(|result| result.outcome.is_well()) && !planned.report.is_doubtful();
    if well { Exit::Ok } else { Exit::NotHealed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_says_whether_everything_is_well() {
        for (outcomes, unreadable, exit) in [
            (vec![], 0, Exit::Ok),
            (vec![Outcome::Healed, Outcome::Assigned], 0, Exit::Ok),
            (vec![Outcome::Healed], 1, Exit::NotHealed),
            (vec![Outcome::Healed, Outcome::Flaky], 0, Exit::NotHealed),
            (vec![Outcome::Proposed], 0, Exit::NotHealed),
            (vec![Outcome::Error], 0, Exit::NotHealed),
        ] {
            let result = |outcome: &Outcome| TestResult::new(&PlannedTest::default(), *outcome, "");
            let results: Vec<_> = outcomes.iter().map(result).collect();
            let mut planned = planning::Planned::default();
            planned.report.unreadable = unreadable;
            assert_eq!(exit_of(&results, &planned), exit, "{outcomes:?}");
        }
        let filtered = TestResult::new(&PlannedTest::default(), Outcome::Skipped, plan::FILTERED);
        assert_eq!(exit_of(&[filtered], &planning::Planned::default()), Exit::Ok);
    }
}
