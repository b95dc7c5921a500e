//! The GitHub side of a run as the conductor sees it: what may be healed at all, the issues before, the pull requests
//! after. Where nothing may be written, each action is said instead.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::Result;

use super::one::Healing;
use super::planning::Planned;
use crate::bundle::{Bundle, Found};
use crate::detect::Publish;
use crate::error::Failure;
use crate::github::action::Action;
use crate::github::branch::{self, Workshop};
use crate::github::copilot::Assignment;
use crate::github::issue_text::{self, Run, Seen};
use crate::github::issues::Known;
use crate::github::pull_requests::{self, Standing};
use crate::github::{Context, GitHub, open, passed, text};
use crate::outcome::{Outcome, TestResult};
use crate::plan::{FILTERED, PlannedTest};
use crate::prompt;
use crate::publish::{self, Publisher};
use crate::settings::{Healer, Settings};
use crate::surroundings::Surroundings;
use crate::tools::git::Repository;
use crate::ui::Ui;

/// An error-context is 3 KiB; what is much larger is none.
const MAX_PAGE: u64 = 256 << 10;
/// Characters of it that a bundle keeps: what an issue shows.
const MAX_KEPT_PAGE: usize = 16_000;

pub struct Hub<'a> {
    settings: &'a Settings,
    user: &'a Repository,
    ui: &'a Ui,
    context: Option<Context>,
    github: Option<GitHub>,
    known: Known,
    run: Run,
    /// The branch to publish to, or why there is none.
    base: Result<String, String>,
    /// The test that `--issue N` names.
    pub described: Option<PlannedTest>,
}

impl<'a> Hub<'a> {
    /// # Errors
    /// When GitHub is wanted and something for it is missing, or it cannot be reached.
    pub fn open(
        settings: &'a Settings,
        around: &Surroundings,
        user: &'a Repository,
        planned: &Planned,
        ui: &'a Ui,
    ) -> Result<Hub<'a>> {
        let context = open::context(&around.env, user)?;
        let base = pull_requests::base_branch(&context.clone().unwrap_or_default(), settings.base.as_deref());
        // The job that makes bundles holds no token that may write: its second half does all of that. It may read the
        // issue that it is to heal.
        let client = match (&settings.bundle, settings.issue) {
            (Some(_), None) => None,
            _ => GitHub::open(settings, &around.env, &around.secrets, user)?,
        };
        let described = match (&client, settings.issue) {
            (Some(github), Some(number)) => Some(github.described(number)?),
            (None, Some(number)) => {
                let message =
                    format!("a dry run reads nothing from GitHub, so what issue #{number} describes is not known");
                let hint = "name the test with `--only`, or heal without publishing: `--dry-run=false --issues never \
                            --publish none`";
                return Err(Failure::usage(message).hint(hint).into());
            }
            (_, None) => None,
        };
        let github = client.filter(|_| settings.bundle.is_none());
        let commit = user.commit("HEAD")?;
        let seed: Vec<u8> = planned.plan.tests.iter().flat_map(|test| test.fingerprint.bytes()).collect();
        let run = open::run(context.as_ref(), settings, commit, &seed, SystemTime::now());
        let known = match &github {
            Some(github) => {
                ui.step("reading the issues");
                github.known()?
            }
            None => Known::default(),
        };
        Ok(Hub { settings, user, ui, context, github, known, run, base, described })
    }

    /// Why nothing may be healed here at all.
    pub fn barred(&self) -> Option<String> {
        let context = self.context.as_ref()?;
        if context.is_fork() {
            return Some("the pull request comes from a fork: its code is not healed, only commented on".into());
        }
        let own = context.branch.as_ref().filter(|branch| branch.starts_with(branch::PREFIX))?;
        Some(format!("`{own}` is a branch of `cargo heal`: its own fixes are not healed"))
    }

    /// Brings the issues up to date, and skips the tests whose pull request is open already.
    pub fn before(
        &self,
        planned: &Planned,
        healings: &mut [Option<Healing>],
        results: &mut [TestResult],
    ) -> Result<()> {
        let tests = &planned.plan.tests;
        let fork = self.context.as_ref().is_some_and(Context::is_fork);
        let Some(github) = &self.github else {
            if self.settings.detection.dry_run && self.settings.detection.create_issues {
                self.announce_issues(planned);
            }
            return Ok(());
        };
        if fork {
            let failed: Vec<&PlannedTest> = tests.iter().filter(|test| asked_for(test)).collect();
            github.comment_on_fork(&failed, &self.run).iter().for_each(|why| self.ui.warn(why));
            return Ok(());
        }
        if let Some(number) = self.settings.issue {
            // It is there, and this is no run of the suite on any target.
            for (_, result) in tests.iter().zip(&mut *results).filter(|(test, _)| asked_for(test)) {
                result.issue = Some(number);
            }
        } else if self.settings.detection.create_issues
            && let Err(error) = self.keep_issues(github, planned, results)
        {
            // Healing is worth it all the same; what has no issue then is tried again with its pull request.
            github.note(format!("the issues could not be kept: {error:#}"));
        }
        if self.settings.detection.publish != Publish::Pr {
            return Ok(());
        }
        for (test, healing) in tests.iter().zip(healings).filter(|(_, healing)| healing.is_none()) {
            let open: Vec<u64> = self
                .known
                .pull_requests(&test.fingerprint)
                .filter(|entry| entry.open)
                .map(|entry| entry.number)
                .collect();
            let Some(commit) = &self.run.commit else { continue };
            if let Standing::Skip(reason, number) = github.standing(self.user, commit, &open)? {
                let result =
                    TestResult { pull_request: Some(number), ..TestResult::new(test, Outcome::Skipped, reason) };
                *healing = Some(Healing { result, ..Healing::of(test) });
            }
        }
        Ok(())
    }

    fn keep_issues(&self, github: &GitHub, planned: &Planned, results: &mut [TestResult]) -> Result<()> {
        let tests = &planned.plan.tests;
        let outage = planned.plan.outage.is_some();
        if outage {
            let failed: Vec<PlannedTest> = tests.iter().filter(|test| asked_for(test)).cloned().collect();
            let number = github.sync_outage(&self.known, &failed, &self.run)?;
            for (_, result) in tests.iter().zip(&mut *results).filter(|(test, _)| asked_for(test)) {
                result.issue = Some(number);
            }
        } else {
            for (test, result) in tests.iter().zip(&mut *results).filter(|(test, _)| asked_for(test)) {
                self.ui.step(&format!("{}  keeping its issue", test.id));
                let page = self.page_of(test);
                let seen = Seen { test, page_url: None, page: page.as_deref() };
                result.issue = Some(github.sync_issue(&self.known, &seen, &self.run)?.number);
            }
        }
        let passed = passed::in_reports(&self.known, &self.run, &planned.sources, self.user)?;
        let passes = |fingerprint: &str| passed.contains(fingerprint);
        github.close_passed(&self.known, &self.run, &passes, outage).map(drop)
    }

    fn announce_issues(&self, planned: &Planned) {
        let labels = &self.settings.labels;
        let actions = match planned.plan.outage {
            Some(_) => vec![Action::outage(&self.run.target, labels)],
            None => {
                let wanted = planned.plan.tests.iter().filter(|test| asked_for(test));
                wanted.map(|test| Action::issue(test, labels)).collect()
            }
        };
        self.announce(&actions);
        let close = Action::close(planned.report.passed, self.context.as_ref(), Some(&self.run.target));
        self.announce(close.as_slice());
    }

    fn announce(&self, actions: &[Action]) {
        actions.iter().for_each(|action| self.ui.line(&format!("would {}", action.describe())));
    }

    /// Hands the open tests to Copilot. Those that it cannot be given stay open; why is said once for each reason.
    pub fn assign(
        &self,
        tests: &[PlannedTest],
        healings: &mut [Option<Healing>],
        results: &[TestResult],
    ) -> Result<Vec<String>> {
        let mut reasons = Vec::new();
        for (index, test) in tests.iter().enumerate() {
            if healings[index].is_some() {
                continue;
            }
            let (Some(github), Some(issue)) = (&self.github, results[index].issue) else {
                if self.settings.detection.dry_run {
                    self.announce(&[Action::AssignCopilot { title: issue_text::title(test) }]);
                    let result = TestResult::new(test, Outcome::Skipped, "a dry run: it would be assigned to Copilot");
                    healings[index] = Some(Healing { result, ..Healing::of(test) });
                } else {
                    reasons.push(
                        "Copilot works on issues, and none are kept here: `--issues always`, or `--healer opencode`"
                            .to_owned(),
                    );
                }
                continue;
            };
            let base = match &self.base {
                Ok(base) => base,
                Err(why) => {
                    reasons.push(why.clone());
                    continue;
                }
            };
            let said = match github.assign_copilot(issue, base)? {
                Assignment::Assigned => format!("issue #{issue} is assigned to Copilot"),
                Assignment::Already => format!("issue #{issue} was assigned to Copilot before"),
                Assignment::Impossible(why) => {
                    reasons.push(why);
                    continue;
                }
            };
            let result = TestResult::new(test, Outcome::Assigned, said);
            healings[index] = Some(Healing { result, ..Healing::of(test) });
        }
        reasons.sort();
        reasons.dedup();
        Ok(reasons)
    }

    /// Publishes what was healed, or says what would be published, or writes it down for another job.
    pub fn after(
        &self,
        tests: &[PlannedTest],
        healings: &[Healing],
        results: &mut [TestResult],
        author: &str,
    ) -> Result<()> {
        // What the plan left out has no verdict to tell.
        let worth: Vec<usize> = (0..tests.len()).filter(|index| results[*index].outcome != Outcome::Skipped).collect();
        let found: Vec<Found> = worth.iter().map(|index| found(&tests[*index], &healings[*index], author)).collect();
        if let Some(dir) = &self.settings.bundle {
            for (mut found, index) in found.into_iter().zip(&worth) {
                found.bundle.page = self.page_of(&tests[*index]).map(|page| text::clip(&page, MAX_KEPT_PAGE));
                let issue = publish::issue_of(&tests[*index], found.bundle.page.as_deref(), &self.run);
                found.bundle.write(&self.user.root.join(dir), found.patch.as_deref(), &issue)?;
            }
            return Ok(());
        }
        let wants_pull_requests = self.settings.detection.publish == Publish::Pr;
        let Some(github) = &self.github else {
            if self.settings.detection.dry_run && wants_pull_requests {
                let base = self.base.as_deref().unwrap_or("the branch under test");
                let actions = publish::planned(&found, self.settings, base);
                // The issues were said before.
                let rest: Vec<Action> =
                    actions.into_iter().filter(|action| !matches!(action, Action::Issue { .. })).collect();
                self.announce(&rest);
            }
            return Ok(());
        };
        let workshop = Workshop::borrowing(self.user)?;
        let tracked = self.user.tracked()?;
        let publisher = Publisher {
            github,
            settings: self.settings,
            run: &self.run,
            workshop: &workshop,
            base: self.base.clone(),
            known: &self.known,
            tracked: &tracked,
        };
        let mut published: Vec<TestResult> = worth.iter().map(|index| results[*index].clone()).collect();
        publisher.all(&found, &mut published, self.ui);
        for (result, index) in published.into_iter().zip(worth) {
            results[index] = result;
        }
        Ok(())
    }

    pub fn notes(&self) -> Vec<String> {
        self.github.as_ref().map(GitHub::take_notes).unwrap_or_default()
    }

    /// Server and repository, for links.
    pub fn place(&self) -> Option<(String, String)> {
        let context = self.context.as_ref()?;
        Some((format!("https://{}", context.host), context.repository.clone()))
    }

    /// Whether the open tests go to Copilot.
    pub fn uses_copilot(&self) -> bool {
        self.settings.healer == Healer::Copilot
    }

    /// The page as the suite kept it. A report may name any file: only a small text below the repository is read.
    fn page_of(&self, test: &PlannedTest) -> Option<String> {
        let named = test.attachments.iter().find(|attachment| attachment.name == "error-context")?;
        let path = fs::canonicalize(Path::new(&named.path)).ok()?;
        let inside = path.starts_with(fs::canonicalize(&self.user.root).ok()?);
        let metadata = fs::metadata(&path).ok().filter(|metadata| metadata.is_file() && metadata.len() <= MAX_PAGE);
        (inside && metadata.is_some())
            .then(|| fs::read_to_string(&path).ok())
            .flatten()
            .and_then(|text| prompt::page_of(&text))
    }
}

fn asked_for(test: &PlannedTest) -> bool {
    test.skip.as_deref() != Some(FILTERED)
}

/// A healing as a bundle holds it.
fn found(test: &PlannedTest, healing: &Healing, author: &str) -> Found {
    let mut bundle = Bundle::new(test, &healing.result);
    bundle.author = Some(author.to_owned());
    if let Some(fix) = &healing.fix {
        bundle.evidence.clone_from(&fix.evidence);
        bundle.concerns.clone_from(&fix.concerns);
    }
    let patch = healing.fix.as_ref().map(|fix| fix.patch.as_bytes().to_vec());
    Found { bundle, test: test.clone(), patch }
}
