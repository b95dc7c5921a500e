//! Publishing: what was healed becomes pull requests, what was not a word on its issue. The same for fixes of this run and
//! for the bundles of another job; nothing that comes in is believed, each patch is judged again on the branch that it is
//! to be merged into.

use anyhow::{Context as _, Result};

use crate::bundle::Found;
use crate::commit_message;
use crate::gate::{self, Judgement, Policy, Verdict};
use crate::github::GitHub;
use crate::github::action::Action;
use crate::github::branch::Workshop;
use crate::github::issue_text::{self, Run, Seen};
use crate::github::issues::Known;
use crate::github::pull_request_text::{self, Account};
use crate::github::pull_requests::{Fix, Published};
use crate::lanes;
use crate::outcome::{Outcome, TestResult};
use crate::settings::Settings;
use crate::ui::Ui;

/// What publishing these would do.
pub fn planned(found: &[Found], settings: &Settings, base: &str) -> Vec<Action> {
    let mut actions: Vec<Action> = Vec::new();
    if settings.detection.create_issues {
        actions.extend(found.iter().map(|found| Action::issue(&found.test, &settings.labels)));
    }
    for group in &groups(found) {
        let leader = &found[group[0]];
        if is_fix(leader) {
            let account = Account {
                tests: group.iter().map(|at| &found[*at].test).collect(),
                proposed: leader.bundle.outcome == Outcome::Proposed,
                ..Account::default()
            };
            actions.extend(Action::publish(&account, &leader.test.branch(), base, &settings.labels));
        } else if leader.bundle.outcome == Outcome::ProductBug {
            actions.push(Action::comment(&leader.test, "the product is broken"));
        }
    }
    actions
}

/// Publishes fixes: gates each again, one pull request for each change, the verdicts on the issues.
pub struct Publisher<'a> {
    pub github: &'a GitHub,
    pub settings: &'a Settings,
    pub run: &'a Run,
    pub workshop: &'a Workshop,
    /// The branch to publish to, or why there is none.
    pub base: Result<String, String>,
    pub known: &'a Known,
    /// The paths that git tracks here.
    pub tracked: &'a [String],
}

impl Publisher<'_> {
    /// `results` are those of `found`, in its order; one that has an issue already keeps it.
    pub fn all(&self, found: &[Found], results: &mut [TestResult], ui: &Ui) {
        let keeps_issues = self.settings.detection.create_issues && self.settings.issue.is_none();
        if keeps_issues && !self.github.context.is_fork() {
            for (found, result) in found.iter().zip(&mut *results).filter(|(_, result)| result.issue.is_none()) {
                ui.step(&format!("{}  keeping its issue", found.test.id));
                let seen = Seen { test: &found.test, page_url: None, page: found.bundle.page.as_deref() };
                match self.github.sync_issue(self.known, &seen, self.run) {
                    Ok(state) => result.issue = Some(state.number),
                    Err(error) => fail(result, &error),
                }
            }
        }
        for group in &groups(found) {
            let leader = &found[group[0]];
            ui.step(&format!("{}  publishing", leader.test.id));
            let issues = group.iter().filter_map(|at| results[*at].issue).collect();
            match self.one(found, group, issues) {
                Ok(Some(ending)) => group.iter().for_each(|at| ending.tell(&mut results[*at])),
                Ok(None) => {}
                Err(error) => group.iter().for_each(|at| fail(&mut results[*at], &error)),
            }
            for at in group {
                if let Err(error) = self.comment(&results[*at], &found[*at]) {
                    fail(&mut results[*at], &error);
                }
            }
        }
    }

    /// Publishes one change, for all the tests that it heals. `None` when there is nothing to publish.
    fn one(&self, found: &[Found], group: &[usize], issues: Vec<u64>) -> Result<Option<Ending>> {
        let leader = &found[group[0]];
        let (true, Some(patch)) = (is_fix(leader), leader.patch.as_deref()) else { return Ok(None) };
        if self.settings.detection.publish != crate::detect::Publish::Pr {
            return Ok(None);
        }
        let base = match &self.base {
            Ok(base) => base,
            Err(why) => return Ok(Some(Ending::of(Outcome::Skipped, why))),
        };
        let tip = self.github.fetch_base(self.workshop, base)?;
        let tip = tip.with_context(|| format!("there is no branch `{base}` on GitHub"))?;
        let Some(tree) = self.workshop.patched(&tip, patch)? else {
            return Ok(Some(Ending::of(
                Outcome::Skipped,
                format!("its patch does not apply to `{base}` as it is now"),
            )));
        };
        let changes = self.workshop.changes(&tip, &tree)?;
        let policy = Policy {
            allow: lanes::of(group.iter().map(|at| &found[*at].test), &self.settings.allow, self.tracked),
            expectations: self.settings.expectations,
            ..Policy::default()
        };
        let judgement = gate::judge(&changes, &policy);
        if judgement.verdict == Verdict::Refuse || changes.is_empty() {
            return Ok(Some(Ending::of(Outcome::Rejected, format!("the gate refuses it: {}", findings(&judgement)))));
        }
        let mut concerns = leader.bundle.concerns.clone();
        concerns.extend(judgement.findings.iter().map(|finding| format!("{}: {}", finding.file, finding.message)));
        let proposed = judgement.verdict == Verdict::Review || leader.bundle.outcome == Outcome::Proposed;
        let account = Account {
            tests: group.iter().map(|at| &found[*at].test).collect(),
            issues,
            proposed,
            root_cause: &leader.bundle.root_cause,
            files: changes.into_iter().map(|change| change.path).collect(),
            evidence: commit_message::evidence_of(
                group.iter().map(|at| (found[*at].test.id.as_str(), &found[*at].bundle.evidence[..])),
            ),
            concerns,
            author: leader.bundle.author.clone(),
        };
        let branch = leader.test.branch();
        let fix = Fix {
            workshop: self.workshop,
            base_commit: &tip,
            base,
            branch: &branch,
            patch,
            tree: Some(&tree),
            account,
        };
        let published = self.github.publish(self.known, &fix, self.run)?;
        let outcome = if proposed { Outcome::Proposed } else { Outcome::Healed };
        Ok(Some(match published {
            Published::Opened { number } | Published::Updated { number } => {
                let reason = format!("pull request #{number}");
                Ending { pull_request: Some(number), branch: Some(branch), ..Ending::of(outcome, reason) }
            }
            Published::Skipped { reason, pull_request } => {
                Ending { pull_request, ..Ending::of(Outcome::Skipped, reason) }
            }
            Published::BranchOnly { reason } => Ending { branch: Some(branch), ..Ending::of(outcome, reason) },
        }))
    }

    /// A verdict without a pull request is told on the issue.
    fn comment(&self, result: &TestResult, found: &Found) -> Result<()> {
        let heading = match result.outcome {
            Outcome::ProductBug => "The product is broken, says the agent. The test was left as it is.",
            Outcome::Rejected => "Every fix was refused.",
            _ => return Ok(()),
        };
        let Some(issue) = result.issue.filter(|_| self.settings.detection.create_issues) else { return Ok(()) };
        let mut evidence = found.bundle.evidence.clone();
        evidence.push(result.reason.clone());
        let text = pull_request_text::verdict(heading, &found.bundle.root_cause, &evidence);
        self.github.add_to_comment(issue, self.run, &text)
    }
}

/// How publishing a change ended, for each of its tests.
struct Ending {
    outcome: Outcome,
    reason: String,
    pull_request: Option<u64>,
    branch: Option<String>,
}

impl Ending {
    fn of(outcome: Outcome, reason: impl Into<String>) -> Self {
        Ending { outcome, reason: reason.into(), pull_request: None, branch: None }
    }

    fn tell(&self, result: &mut TestResult) {
        if result.outcome == Outcome::Error {
            return;
        }
        result.outcome = self.outcome;
        result.reason = self.reason.clone();
        result.pull_request = self.pull_request;
        result.branch = self.branch.clone();
    }
}

fn fail(result: &mut TestResult, error: &anyhow::Error) {
    result.outcome = Outcome::Error;
    result.reason = format!("{error:#}");
}

fn findings(judgement: &Judgement) -> String {
    let lines: Vec<String> = judgement
        .findings
        .iter()
        .map(|finding| format!("{}: {} ({}:{})", finding.rule, finding.message, finding.file, finding.line))
        .collect();
    if lines.is_empty() { "it changes nothing".to_owned() } else { lines.join("; ") }
}

/// Tests that the same change heals: one pull request for each group. By index.
fn groups(found: &[Found]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (at, one) in found.iter().enumerate() {
        let same = |group: &&mut Vec<usize>| one.patch.is_some() && found[group[0]].patch == one.patch;
        match groups.iter_mut().find(same) {
            Some(group) => group.push(at),
            None => groups.push(vec![at]),
        }
    }
    groups
}

pub fn is_fix(found: &Found) -> bool {
    matches!(found.bundle.outcome, Outcome::Healed | Outcome::Proposed) && found.patch.is_some()
}

/// The text of a bundle's issue, for whoever opens the folder.
pub fn issue_of(test: &crate::plan::PlannedTest, page: Option<&str>, run: &Run) -> String {
    let seen = Seen { test, page_url: None, page };
    format!("# {}\n\n{}", issue_text::title(test), issue_text::body(&seen, run, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::Bundle;
    use crate::plan::PlannedTest;

    fn found(n: u8, patch: Option<&str>) -> Found {
        let test = PlannedTest {
            id: format!("A-{n}"),
            name: format!("(A-{n}) works"),
            fingerprint: format!("{n:016x}"),
            ..PlannedTest::default()
        };
        let outcome = if patch.is_some() { Outcome::Healed } else { Outcome::ProductBug };
        let bundle = Bundle::new(&test, &TestResult::new(&test, outcome, ""));
        Found { bundle, test, patch: patch.map(|patch| patch.as_bytes().to_vec()) }
    }

    #[test]
    fn the_same_change_is_one_group() {
        let found = [found(1, Some("x")), found(2, None), found(3, Some("x")), found(4, None), found(5, Some("y"))];
        assert_eq!(groups(&found), [vec![0, 2], vec![1], vec![3], vec![4]]);
    }
}
