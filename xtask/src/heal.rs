//! The conductor: one report from start to end. It reads as the list of stages, and knows the order of them; what a
//! stage does is the stage's own business.

mod attempt;
mod document;
mod one;
pub mod planning;
mod preflight;
mod show;
mod units;
mod verify;
mod workshop;

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::Result;

use crate::commands::Surroundings;
use crate::error::{Exit, Failure};
use crate::outcome::{Document, Outcome, TestResult};
use crate::plan;
use crate::settings::{Healer, Settings};
use crate::tools::git::Repository;
use crate::ui::{Row, Tone, Ui};

use one::Healing;
use workshop::Workshop;

/// Runs the whole job and says how it went.
///
/// # Errors
/// When something is missing, unreadable or broken. What becomes of a test is never an error.
pub fn run(settings: &Settings, around: &Surroundings, user: &Repository, ui: &Ui) -> Result<(Document, Exit)> {
    let started = Instant::now();
    let planned = planning::plan(settings, user, &around.cwd)?;
    planned.plan.warnings.iter().for_each(|warning| ui.warn(warning));
    if planned.plan.tests.is_empty() {
        ui.line(&planned.report.nothing_failed());
        let document = document::write(settings, user, &planned, Vec::new(), None, &[])?;
        let exit = if planned.report.is_green() { Exit::Ok } else { Exit::NotHealed };
        return Ok((document, exit));
    }
    ui.step(&format!("{} failed of {}", count(planned.plan.failed, "test"), planned.plan.total));

    let mut healings: Vec<Option<Healing>> = planned.plan.tests.iter().map(Healing::of_skipped).collect();
    let mut notes = Vec::new();
    let mut model = None;
    if healings.iter().any(Option::is_none) {
        if settings.healer == Healer::Copilot {
            return Err(Failure::missing("the healer is `copilot`, which works on issues")
                .hint("choose `--healer opencode`, or let the run keep issues")
                .into());
        }
        let kit = preflight::check(settings, around, user, &planned)?;
        kit.warnings.iter().for_each(|warning| ui.warn(warning));
        model = Some((kit.provider.clone(), kit.model.clone()));
        let shop = Workshop::open(settings, &kit, user, &planned, ui, started)?;
        notes.extend(shop.notes());
        heal_all(&shop, &planned, &mut healings);
    }
    let results: Vec<TestResult> = healings.into_iter().flatten().map(|healing| healing.result).collect();
    show::results(ui, &results);
    let exit = exit_of(&results, planned.report.unreadable);
    let document = document::write(settings, user, &planned, results, model, &notes)?;
    ui.step(&format!("{} in {:.0} s", summary(&document), started.elapsed().as_secs_f64()));
    Ok((document, exit))
}

/// Shows what a run would do, and does nothing.
pub fn print_plan(settings: &Settings, planned: &planning::Planned, ui: &Ui) -> Document {
    planned.plan.warnings.iter().for_each(|warning| ui.warn(warning));
    let document = document::of_plan(settings, planned);
    if document.results.is_empty() {
        ui.line(&planned.report.nothing_failed());
        return document;
    }
    let rows: Vec<Row> = document
        .results
        .iter()
        .map(|result| {
            let tone = if result.outcome == Outcome::Planned { Tone::Plain } else { Tone::Doubtful };
            let place = if result.reason.is_empty() { &result.file } else { &result.reason };
            Row::new(tone, [document::name_of(result.outcome), &result.id, &crate::redact::one_line(place, 200)])
        })
        .collect();
    ui.line(&format!("{} failed of {}", count(planned.plan.failed, "test"), planned.plan.total));
    ui.table(&rows);
    document
}

/// Heals the tests that are still open, as many units at a time as there are jobs. The tests of a unit may share a cause:
/// they go one after the other, so that the fix of one is tried on the next before a model is asked again, and so that
/// the number of jobs changes nothing in the results.
fn heal_all(shop: &Workshop<'_>, planned: &planning::Planned, healings: &mut [Option<Healing>]) {
    let tests = &planned.plan.tests;
    let open: Vec<usize> = (0..tests.len()).filter(|index| healings[*index].is_none()).collect();
    let queue = Mutex::new(units::of(tests, &open).into_iter());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let done = Mutex::new(Vec::new());
    let work = || {
        while let Some(unit) = next() {
            let mut healed: Vec<(usize, Healing)> = Vec::new();
            for index in unit {
                let known: Vec<&Healing> = healed.iter().map(|(_, healing)| healing).collect();
                let healing = one::heal(shop, &tests[index], index, &known);
                healed.push((index, healing));
            }
            done.lock().unwrap_or_else(PoisonError::into_inner).extend(healed);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..shop.settings.jobs.min(open.len()) {
            scope.spawn(work);
        }
        work();
    });
    for (index, healing) in done.into_inner().unwrap_or_else(PoisonError::into_inner) {
        healings[index] = Some(healing);
    }
}

fn summary(document: &Document) -> String {
    let parts: Vec<String> = document
        .summary
        .iter()
        .map(|(outcome, count)| format!("{count} {}", document::name_of(*outcome).replace('_', " ")))
        .collect();
    parts.join(", ")
}

/// Tests that `--only` leaves out do not count: they were not asked for.
fn exit_of(results: &[TestResult], unreadable: usize) -> Exit {
    let mut asked_for = results.iter().filter(|result| result.reason != plan::FILTERED);
    let all_well = asked_for.all(|result| matches!(result.outcome, Outcome::Healed | Outcome::Assigned));
    if all_well && unreadable == 0 { Exit::Ok } else { Exit::NotHealed }
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_says_whether_everything_is_well() {
        let result = |outcome| TestResult {
            outcome,
            ..Healing::of_skipped(&crate::plan::PlannedTest { skip: Some("x".into()), ..Default::default() })
                .unwrap()
                .result
        };
        for (outcomes, unreadable, exit) in [
            (vec![], 0, Exit::Ok),
            (vec![Outcome::Healed, Outcome::Assigned], 0, Exit::Ok),
            (vec![Outcome::Healed], 1, Exit::NotHealed),
            (vec![Outcome::Healed, Outcome::Flaky], 0, Exit::NotHealed),
            (vec![Outcome::Proposed], 0, Exit::NotHealed),
            (vec![Outcome::Error], 0, Exit::NotHealed),
        ] {
            let results: Vec<_> = outcomes.iter().map(|outcome| result(*outcome)).collect();
            assert_eq!(exit_of(&results, unreadable), exit, "{outcomes:?}");
        }
    }
}
