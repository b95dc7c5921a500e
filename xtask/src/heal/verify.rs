//! Proof. Runs tests in scratch trees and decides, from the runner's own fresh report, what was shown.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::workshop::Workshop;
use crate::http_server::{Response, Server};
use crate::plan::PlannedTest;
use crate::runner::{self, Framework, Ran, RanTest, Selection, Site, Status, Target, TestRun};
use crate::symptom;
use crate::untrusted;

/// What an unchanged test does here.
#[derive(Debug)]
pub enum Reproduction {
    /// It fails, as it did in the report.
    Fails { message: String, page: Option<PathBuf> },
    /// It passes.
    Passes,
    /// It cannot be said: no browser, no server, no such test.
    Blocked(String),
}

/// What a fix has shown.
#[derive(Debug, PartialEq)]
pub enum Proof {
    /// Line by line what was run and passed.
    Proved(Vec<String>),
    /// Why not, for the agent's next attempt.
    Refuted(String),
    /// The surroundings broke: no fault of the fix, and no proof either.
    Blocked(String),
}

/// A test's place for runs: its folder in the room, and how it is selected.
pub struct Bench<'a> {
    pub shop: &'a Workshop<'a>,
    pub test: &'a PlannedTest,
    pub room: String,
    pub out: PathBuf,
}

impl Bench<'_> {
    /// One run in a work tree. Its log is kept under OUT.
    fn run(&self, tree: &Path, selection: Selection, label: &str) -> Result<(TestRun, Target)> {
        let (target, dir) = Target::locate(self.test, self.shop.framework(), tree);
        Ok((self.run_with(&target, tree, &dir, selection, label, None)?, target))
    }

    fn run_with(
        &self,
        target: &Target,
        tree: &Path,
        dir: &Path,
        selection: Selection,
        label: &str,
        config: Option<&Path>,
    ) -> Result<TestRun> {
        let _turn = self.shop.turn();
        let site = self.shop.site(&self.room, tree, &self.out, self.shop.kit.site_ports(dir))?;
        runner::run(self.shop.framework(), target, dir, selection, label, config, &site)
    }

    /// Does the test fail here, unchanged?
    pub fn reproduce(&self, tree: &Path) -> Result<Reproduction> {
        let (run, target) = self.run(tree, Selection::Test { repeat: 1 }, "reproduce")?;
        let found: Vec<&RanTest> = run.ran.of(&target).collect();
        let failed = found.iter().find(|test| test.status == Status::Failed);
        let everything: String = errors(&run.ran).join("\n");
        if let Some(failed) = failed {
            if let Some(why) = symptom::of_surroundings(&failed.message) {
                return Ok(Reproduction::Blocked(format!("{why}: {}", first_line(&failed.message))));
            }
            return Ok(Reproduction::Fails { message: failed.message.clone(), page: failed.page.clone() });
        }
        if let Some(other) = failed_dependency(&run.ran, &target) {
            return Ok(Reproduction::Blocked(format!(
                "`{}`, which it depends on, fails: {}",
                other.name,
                first_line(&other.message)
            )));
        }
        if let Some(why) = symptom::of_surroundings(&everything) {
            return Ok(Reproduction::Blocked(format!("{why}: {}", first_line(&everything))));
        }
        if found.is_empty() && !run.ran.errors.is_empty() {
            // The file does not load: that is how a moved helper looks.
            return Ok(Reproduction::Fails { message: everything, page: None });
        }
        if found.is_empty() {
            return Ok(Reproduction::Blocked("the runner does not find the test in the tested commit".into()));
        }
        if found.iter().all(|test| test.status == Status::Passed) {
            return Ok(Reproduction::Passes);
        }
        Ok(Reproduction::Blocked("the runner skips the test here".into()))
    }

    /// The same test, alone, `--repeat` times; then its file, in which nothing may fail that did not fail before.
    pub fn prove(&self, fixed: &Path, unfixed: &Path, attempt: u32) -> Result<Proof> {
        if let Some(proof) = self.prove_at_once(fixed, attempt)? {
            return Ok(proof);
        }
        let repeat = self.shop.settings.repeat;
        let (run, target) = self.run(fixed, Selection::Test { repeat }, &format!("verify-{attempt}"))?;
        if let Some(proof) = self.judge_alone(&run, &target, repeat) {
            return Ok(proof);
        }
        let mut lines = vec![self.passes_alone(&target, repeat)];
        let alone = run.ran.tests.iter().all(|test| same_file(test, &target) == run.ran.of(&target).any(|t| t == test));
        if target.serial && alone {
            lines.push("its serial neighbours pass with it".into());
            return Ok(Proof::Proved(lines));
        }
        let (file, target) = self.run(fixed, Selection::File, &format!("verify-{attempt}-file"))?;
        let broken = self.newly_broken(&file.ran, &target, unfixed)?;
        if let Some(test) = broken {
            return Ok(Proof::Refuted(format!(
                "with the edit another test of the file fails: {}\n{}",
                test.name, test.message
            )));
        }
        if file.ran.of(&target).any(|test| test.status != Status::Passed) || file.ran.of(&target).next().is_none() {
            return Ok(Proof::Refuted(failure_text(&file.ran, &target, "the test fails when its whole file is run")));
        }
        let passed = file.ran.tests.iter().filter(|test| test.status == Status::Passed).count();
        lines.push(passes_in_its_file(passed));
        Ok(Proof::Proved(lines))
    }

    /// The same in one start of Playwright, where the whole file is expected to pass. `None` when that start cannot tell:
    /// a neighbour fails, the configuration cannot be wrapped.
    fn prove_at_once(&self, fixed: &Path, attempt: u32) -> Result<Option<Proof>> {
        let framework = self.shop.framework();
        let (target, dir) = Target::locate(self.test, framework, fixed);
        if *framework != Framework::Playwright || target.serial || self.shop.has_several_causes(&self.test.file) {
            return Ok(None);
        }
        let repeat = self.shop.settings.repeat;
        let config = dir.join(runner::PROOF_CONFIG);
        let text = runner::proof_config(runner::playwright_config(&dir).as_deref(), &target, repeat);
        untrusted::write(&config, fixed, &text)?;
        let run = self.run_with(&target, fixed, &dir, Selection::File, &format!("verify-{attempt}"), Some(&config))?;
        fs::remove_file(&config)?;
        let failed = run.ran.tests.iter().any(|test| test.status == Status::Failed);
        if run.ran.of(&target).any(|test| test.status == Status::Failed) {
            return Ok(self.judge_alone(&run, &target, repeat));
        }
        if failed || !run.ran.errors.is_empty() || run.ran.of(&target).next().is_none() {
            return Ok(None);
        }
        // Once more than it was repeated: that one was with its file.
        if let Some(proof) = self.judge_alone(&run, &target, repeat + 1) {
            return Ok(Some(proof));
        }
        let passed = run.ran.tests.iter().filter(|test| test.status == Status::Passed).count();
        let alone = run.ran.of(&target).count() / (repeat as usize + 1) * repeat as usize;
        Ok(Some(Proof::Proved(vec![self.passes_alone(&target, repeat), passes_in_its_file(passed - alone)])))
    }

    fn passes_alone(&self, target: &Target, repeat: u32) -> String {
        let mut line = format!("`{}` passes {}", self.test.id, times(repeat));
        if !target.projects.is_empty() {
            line.push_str(&format!(" in {}", target.projects.join(", ")));
        }
        line
    }

    fn judge_alone(&self, run: &TestRun, target: &Target, repeat: u32) -> Option<Proof> {
        let found: Vec<&RanTest> = run.ran.of(target).collect();
        if let Some(failed) = found.iter().find(|test| test.status == Status::Failed) {
            if let Some(why) = symptom::of_surroundings(&failed.message) {
                return Some(Proof::Blocked(format!("{why}: {}", first_line(&failed.message))));
            }
            return Some(Proof::Refuted(failure_text(&run.ran, target, "the test still fails")));
        }
        if let Some(other) = failed_dependency(&run.ran, target) {
            return Some(Proof::Refuted(format!("`{}`, which it depends on, fails: {}", other.name, other.message)));
        }
        let everything = errors(&run.ran).join("\n");
        if let Some(why) = symptom::of_surroundings(&everything) {
            return Some(Proof::Blocked(format!("{why}: {}", first_line(&everything))));
        }
        if !run.ran.errors.is_empty() {
            return Some(Proof::Refuted(format!("the test run breaks:\n{everything}")));
        }
        // Exactly that test, in each project in which it failed, as often as asked, and really passed.
        let mut projects: Vec<&str> = target.projects.iter().map(String::as_str).collect();
        if projects.is_empty() {
            projects = found.iter().map(|test| test.project.as_str()).collect();
            projects.dedup();
        }
        let passes = |project: &str| {
            found.iter().filter(|test| test.status == Status::Passed && test.project == project).count()
        };
        let short = projects.iter().find(|project| passes(project) < repeat as usize);
        let unproved = found.iter().find(|test| test.status != Status::Passed);
        match (found.is_empty(), unproved, short) {
            (true, ..) => Some(Proof::Refuted("the test is not run any more: the runner does not find it".into())),
            (_, Some(test), _) => Some(Proof::Refuted(format!(
                "the test does not pass, it only looks so: the runner counts it as {}",
                if test.status == Status::Skipped { "skipped" } else { "expected to fail" }
            ))),
            (_, None, Some(project)) => {
                let ran = passes(project);
                Some(Proof::Refuted(format!("the test passed {ran} of {repeat} runs in {project}")))
            }
            (false, None, None) => None,
        }
    }

    /// A neighbour that fails with the fix and passes without it. Those that the report knew to fail are asked again
    /// without the fix, and only if any fails at all.
    fn newly_broken(&self, with: &Ran, target: &Target, unfixed: &Path) -> Result<Option<RanTest>> {
        let failing: Vec<&RanTest> = with
            .tests
            .iter()
            .filter(|test| test.status == Status::Failed && same_file(test, target))
            .filter(|test| !with.of(target).any(|own| own == *test))
            .collect();
        if failing.is_empty() {
            return Ok(None);
        }
        let (before, _) = self.run(unfixed, Selection::File, "before-file")?;
        let failed_before = |test: &RanTest| {
            before.ran.tests.iter().any(|old| {
                old.name == test.name
                    && old.suite == test.suite
                    && old.project == test.project
                    && old.status == Status::Failed
            })
        };
        // A file that did not load before has no neighbour that passed.
        let nothing_ran = before.ran.tests.iter().all(|test| !same_file(test, target));
        Ok(failing.into_iter().find(|test| !nothing_ran && !failed_before(test)).cloned())
    }

    /// What the test does when every page is blank. One that passes there tests nothing.
    pub fn on_a_blank_site(&self, fixed: &Path) -> Result<BlankSite> {
        let framework = self.shop.framework();
        if *framework != Framework::Playwright || !self.shop.settings.blank_page {
            return Ok(BlankSite::NotAsked);
        }
        let (target, dir) = Target::locate(self.test, framework, fixed);
        let server = Server::start(|_| Response::html(200, BLANK))?;
        let url = format!("http://127.0.0.1:{}", server.port());
        let config = dir.join(runner::BLANK_CONFIG);
        let text = runner::blank_site_config(runner::playwright_config(&dir).as_deref(), &url);
        untrusted::write(&config, fixed, &text)?;
        // Nothing but the blank site can be reached: a test that knows another address finds nothing there.
        let mut site: Site = self.shop.site(&self.room, fixed, &self.out, Some(vec![server.port()]))?;
        site.confinement.environment = site.confinement.environment.set("BASE_URL", &url);
        let run = runner::run(framework, &target, &dir, Selection::Test { repeat: 1 }, "blank", Some(&config), &site)?;
        fs::remove_file(&config)?;
        Ok(BlankSite::of(&run.ran, &target))
    }
}

/// What a test does on a site whose every page is blank.
#[derive(Debug, PartialEq)]
pub enum BlankSite {
    /// As it should.
    Fails,
    Passes,
    /// It did not run there, for a reason that says nothing about it.
    Unknown(String),
    /// There is no page in such a suite, or the setting is off.
    NotAsked,
}

impl BlankSite {
    fn of(ran: &Ran, target: &Target) -> BlankSite {
        if ran.of(target).any(|test| test.status == Status::Passed) {
            BlankSite::Passes
        } else if ran.tests.iter().any(|test| test.status == Status::Failed && same_file(test, target)) {
            // It, or a serial neighbour without which it is not run.
            BlankSite::Fails
        } else {
            let said = first_line(&errors(ran).join("\n"));
            BlankSite::Unknown(if said.is_empty() { "the test did not run there".into() } else { said })
        }
    }
}

const BLANK: &str =
    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title></title></head><body></body></html>\n";

fn errors(ran: &Ran) -> Vec<String> {
    ran.errors.iter().filter(|error| !error.trim().is_empty()).cloned().collect()
}

/// A set-up project or a hook that failed, so that the test was never run.
fn failed_dependency<'a>(ran: &'a Ran, target: &'a Target) -> Option<&'a RanTest> {
    let ran_at_all = ran.of(target).any(|test| test.status != Status::Skipped);
    ran.tests.iter().find(|test| test.status == Status::Failed && !ran_at_all && !same_file(test, target))
}

fn same_file(test: &RanTest, target: &Target) -> bool {
    test.file.is_empty()
        || Path::new(&test.file).ends_with(&target.file)
        || Path::new(&target.file).ends_with(&test.file)
}

fn failure_text(ran: &Ran, target: &Target, what: &str) -> String {
    let message = ran.of(target).find(|test| test.status == Status::Failed).map(|test| test.message.as_str());
    format!("{what}:\n{}", message.unwrap_or("it did not run"))
}

pub fn first_line(text: &str) -> String {
    crate::redact::one_line(text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default(), 160)
}

fn passes_in_its_file(passed: usize) -> String {
    format!("its file passes with it: {passed} passed, nothing newly failed")
}

fn times(number: u32) -> String {
    if number == 1 { "once".into() } else { format!("{number} times in a row") }
}
