//! `cargo heal publish DIR…`: the second of two jobs. It has the token that may write, and neither a model nor code of an
//! agent: a bundle is data, and its patch is judged again before it becomes a branch.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::{Context as _, Result};

use crate::bundle::{self, Found};
use crate::commands::Surroundings;
use crate::error::{Exit, Failure};
use crate::gate::{self, Judgement, Policy, Verdict};
use crate::github::action::Action;
use crate::github::branch::Workshop;
use crate::github::issue_text::{self, Run, Seen};
use crate::github::issues::Known;
use crate::github::pull_request_text::{self, Account};
use crate::github::pull_requests::{self, Fix, Published};
use crate::github::{Context, GitHub, open, summary};
use crate::outcome::{Document, Outcome, TestResult, Tests, Tokens};
use crate::redact;
use crate::settings::Settings;
use crate::ui::{Row, Tone, Ui};

/// As for a fix that was made in the same job.
const MAX_CHANGED_LINES: usize = 200;

pub fn run(dirs: &[PathBuf], settings: &Settings, around: &Surroundings, ui: &Ui) -> Result<Exit> {
    let repository = around.repository()?;
    let (mut found, mut refused) = (Vec::new(), Vec::new());
    for dir in dirs {
        let reading = bundle::read(&around.cwd.join(dir))?;
        found.extend(reading.found);
        refused.extend(reading.refused);
    }
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
    let groups = groups(&found);
    if settings.detection.dry_run {
        for action in planned(&found, &groups, settings, base.as_deref().unwrap_or("the branch under test")) {
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
    let publisher =
        Publisher { github: &github, settings, run: &run, workshop: &workshop, base, known: github.known()? };
    let results = publisher.all(&found, &groups, ui);
    let mut notes = github.take_notes();
    notes.extend(refused.iter().cloned());
    finish(results, notes, settings, around, &github.context, &repository.root, ui)
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

fn is_fix(found: &Found) -> bool {
    matches!(found.bundle.outcome, Outcome::Healed | Outcome::Proposed) && found.patch.is_some()
}

fn planned(found: &[Found], groups: &[Vec<usize>], settings: &Settings, base: &str) -> Vec<Action> {
    let mut actions: Vec<Action> = Vec::new();
    if settings.detection.create_issues {
        actions.extend(found.iter().map(|found| Action::issue(&found.test, &settings.labels)));
    }
    for group in groups {
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

struct Publisher<'a> {
    github: &'a GitHub,
    settings: &'a Settings,
    run: &'a Run,
    workshop: &'a Workshop,
    /// The branch to publish to, or why there is none.
    base: Result<String, String>,
    known: Known,
}

impl Publisher<'_> {
    fn all(&self, found: &[Found], groups: &[Vec<usize>], ui: &Ui) -> Vec<TestResult> {
        let mut results: Vec<TestResult> = found.iter().map(result_of).collect();
        if self.settings.detection.create_issues && !self.github.context.is_fork() {
            for (found, result) in found.iter().zip(&mut results) {
                ui.step(&format!("{}  keeping its issue", found.test.id));
                let seen = Seen { test: &found.test, page_url: None, page: found.bundle.page.as_deref() };
                match self.github.sync_issue(&self.known, &seen, self.run) {
                    Ok(state) => result.issue = Some(state.number),
                    Err(error) => fail(result, &error),
                }
            }
        }
        for group in groups {
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
        results
    }

    /// Publishes one change, for all the tests that it heals. `None` when there is nothing to publish.
    fn one(&self, found: &[Found], group: &[usize], issues: Vec<u64>) -> Result<Option<Ending>> {
        let leader = &found[group[0]];
        let (true, Some(patch)) = (is_fix(leader), leader.patch.as_deref()) else { return Ok(None) };
        if self.settings.detection.publish != crate::detect::Publish::Pr {
            return Ok(Some(Ending::of(Outcome::Skipped, "pull requests are not wanted (`--publish`)")));
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
            allow: self.settings.allow.clone(),
            expectations: self.settings.expectations,
            max_changed_lines: MAX_CHANGED_LINES,
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
            evidence: leader.bundle.evidence.clone(),
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
        let published = self.github.publish(&self.known, &fix, self.run)?;
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
        let Some(issue) = result.issue else { return Ok(()) };
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

fn result_of(found: &Found) -> TestResult {
    let bundle = &found.bundle;
    TestResult {
        id: bundle.id.clone(),
        name: bundle.name.clone(),
        suite: bundle.suite.clone(),
        file: bundle.file.clone(),
        projects: bundle.projects.clone(),
        fingerprint: bundle.fingerprint.clone(),
        outcome: bundle.outcome,
        reason: bundle.reason.clone(),
        root_cause: bundle.root_cause.clone(),
        issue: None,
        pull_request: None,
        branch: None,
        patch: None,
        attempts: bundle.attempts,
        tokens: Tokens::default(),
        seconds: 0.0,
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
    let rows: Vec<Row> = results.iter().map(row).collect();
    ui.table(&rows);
    notes.iter().for_each(|note| ui.warn(note));
    let well = |result: &TestResult| matches!(result.outcome, Outcome::Healed | Outcome::Assigned);
    let exit = match results.iter().any(|result| result.outcome == Outcome::Error) {
        true => Exit::Broken,
        false if results.iter().all(well) => Exit::Ok,
        false => Exit::NotHealed,
    };
    let mut counts = BTreeMap::new();
    for result in &results {
        *counts.entry(result.outcome).or_insert(0) += 1;
    }
    let detection = &settings.detection;
    let document = Document {
        schema: 1,
        mode: detection.mode.name().to_owned(),
        runner: detection.runner.name().to_owned(),
        because: detection.because.clone(),
        dry_run: detection.dry_run,
        provider: None,
        model: None,
        tests: Tests { total: results.len(), failed: results.len() },
        results,
        summary: counts,
        notes,
    };
    let out = root.join(&settings.out);
    let cannot = || format!("cannot write `{}`", out.display());
    std::fs::create_dir_all(&out).with_context(cannot)?;
    std::fs::write(out.join(".gitignore"), "*\n").with_context(cannot)?;
    let text = serde_json::to_string_pretty(&document)?;
    std::fs::write(out.join("report.json"), &text).with_context(cannot)?;
    if settings.json {
        ui.data(&text);
    }
    if around.env.is_on("GITHUB_ACTIONS") {
        let server = format!("https://{}", context.host);
        let shown = summary::markdown(&document, Some((&server, &context.repository)));
        summary::append(around.env.get("GITHUB_STEP_SUMMARY"), &shown)?;
    }
    Ok(exit)
}

fn row(result: &TestResult) -> Row {
    let tone = match result.outcome {
        Outcome::Healed | Outcome::Assigned | Outcome::Flaky => Tone::Good,
        Outcome::Proposed | Outcome::Skipped | Outcome::Planned => Tone::Doubtful,
        _ => Tone::Bad,
    };
    let outcome = serde_json::to_value(result.outcome).ok().and_then(|name| name.as_str().map(str::to_owned));
    Row::new(tone, [outcome.unwrap_or_default(), result.id.clone(), redact::one_line(&result.reason, 300)])
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
        let result = TestResult {
            outcome: if patch.is_some() { Outcome::Healed } else { Outcome::ProductBug },
            ..result_of(&Found { bundle: blank(&test), test: test.clone(), patch: None })
        };
        Found { bundle: Bundle::new(&test, &result), test, patch: patch.map(|patch| patch.as_bytes().to_vec()) }
    }

    fn blank(test: &PlannedTest) -> Bundle {
        serde_json::from_value(serde_json::json!({
            "schema": 1, "id": test.id, "name": test.name, "suite": [], "suite_file": null, "file": "", "line": null,
            "projects": [], "fingerprint": test.fingerprint, "message": "", "trace": "", "page": null,
            "outcome": "healed", "reason": "", "root_cause": "", "evidence": [], "concerns": [], "author": null,
            "attempts": 1,
        }))
        .unwrap()
    }

    #[test]
    fn the_same_change_is_one_group() {
        let found = [found(1, Some("x")), found(2, None), found(3, Some("x")), found(4, None), found(5, Some("y"))];
        assert_eq!(groups(&found), [vec![0, 2], vec![1], vec![3], vec![4]]);
    }
}
