//! One failed test, from reproduction to a proved fix on a branch.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;

use super::attempt::{self, Desk, Round};
use super::verify::{Bench, BlankSite, Proof, Reproduction};
use super::workshop::Workshop;
use crate::gate::{self, Finding, Judgement, Verdict};
use crate::outcome::{Outcome, TestResult};
use crate::plan::PlannedTest;
use crate::prompt;
use crate::scratch::ScratchRepository;
use crate::{commit_message, random};

/// What became of a test.
#[derive(Debug)]
pub struct Healing {
    pub result: TestResult,
    /// The proved fix, if there is one.
    pub fix: Option<Fix>,
    /// The model could not be talked to: another may be asked, if that is allowed.
    pub model_failed: bool,
}

/// A proved fix, ready to be published.
#[derive(Clone, Debug)]
pub struct Fix {
    /// The tree of its branch; `None` when the checkout was dirty and only a patch can be given.
    tree: Option<String>,
    pub patch: String,
    /// The paths that it changes.
    pub files: Vec<String>,
    /// What was run and passed, line by line.
    pub evidence: Vec<String>,
    /// What a person should look at.
    pub concerns: Vec<String>,
}

impl Healing {
    /// One without a fix, yet without an answer.
    pub fn of(test: &PlannedTest) -> Healing {
        Healing { result: TestResult::new(test, Outcome::Error, ""), fix: None, model_failed: false }
    }

    /// A test that the plan leaves out; `None` for the others.
    pub fn of_skipped(test: &PlannedTest) -> Option<Healing> {
        let why = test.skip.as_ref()?;
        Some(Healing { result: TestResult::new(test, Outcome::Skipped, why), ..Healing::of(test) })
    }
}

/// Heals one test. Whatever breaks on the way becomes the outcome `error`, so that the others are healed all the same.
/// `earlier` are the tests whose fixes may heal this one too; it may have to be waited for each.
pub fn heal(
    shop: &Workshop<'_>,
    test: &PlannedTest,
    number: usize,
    earlier: impl Iterator<Item = Arc<Healing>>,
) -> Healing {
    let started = Instant::now();
    let mut work = Work { shop, test, number, healing: Healing::of(test) };
    if let Err(error) = work.run(earlier) {
        work.healing.result.outcome = Outcome::Error;
        work.healing.result.reason = format!("{error:#}");
    }
    work.healing.result.seconds = (started.elapsed().as_secs_f64() * 10.0).round() / 10.0;
    work.healing
}

struct Work<'a> {
    shop: &'a Workshop<'a>,
    test: &'a PlannedTest,
    number: usize,
    healing: Healing,
}

impl Work<'_> {
    fn end(&mut self, outcome: Outcome, reason: impl Into<String>) -> Result<()> {
        (self.healing.result.outcome, self.healing.result.reason) = (outcome, reason.into());
        Ok(())
    }

    /// The surroundings broke; or the budget cut a run short, which looks the same.
    fn blocked(&mut self, why: String) -> Result<()> {
        match self.shop.time(self.shop.settings.timeout) {
            Some(_) => self.end(Outcome::Error, why),
            None => self.end(Outcome::Skipped, USED_UP),
        }
    }

    fn run(&mut self, earlier: impl Iterator<Item = Arc<Healing>>) -> Result<()> {
        let (shop, test, number) = (self.shop, self.test, self.number);
        if shop.time(shop.settings.timeout).is_none() {
            return self.end(Outcome::Skipped, USED_UP);
        }
        let repository = shop.repository(&number.to_string())?;
        let out = shop.out_of(test)?;
        let bench = Bench { shop, test, room: number.to_string(), out: out.clone() };
        let tested = shop.tested.tree.clone();

        shop.progress(test, "reproducing");
        let unfixed = shop.check_out(&repository, &tested, &format!("{number}/base"))?;
        let (message, page) = match bench.reproduce(&unfixed)? {
            Reproduction::Passes => {
                return self.end(Outcome::Flaky, "it fails in the report and passes here, unchanged");
            }
            Reproduction::Blocked(why) => return self.blocked(why),
            Reproduction::Fails { message, page } => (message, page),
        };

        if self.adopt(earlier, &bench, &repository, &unfixed)? {
            return Ok(());
        }
        if shop.time(shop.settings.timeout).is_none() {
            return self.end(Outcome::Skipped, USED_UP);
        }

        let folder = shop.check_out(&repository, &tested, &format!("{number}/agent"))?;
        let neutral = repository.neutralise(&tested, &folder)?;
        let desk = Desk { repository: &repository, tested: tested.clone(), neutral, folder };
        let mut session = shop.opencode()?.session(&desk.folder, &shop.kit.provider, &shop.kit.model)?;
        let case = attempt::case(shop, test, (&repository, &unfixed), &message, page.as_deref());
        let mut question = prompt::first(&case, &random::hex(8)?);
        let mut rejected: Option<String> = None;
        for number in 1..=shop.settings.attempts {
            self.healing.result.attempts = number;
            shop.progress(test, &format!("asking {} (attempt {number})", shop.kit.model));
            fs::write(out.join(format!("prompt-{number}.txt")), &question)?;
            let Some(turn) = attempt::ask(shop, &mut session, &question)? else {
                return self.end(Outcome::Skipped, USED_UP);
            };
            self.healing.result.tokens.input += turn.tokens.input;
            self.healing.result.tokens.output += turn.tokens.output;
            fs::write(out.join(format!("answer-{number}.txt")), crate::redact::secrets(&turn.text))?;
            let why = match desk.read(&turn)? {
                Round::Provider(why) => {
                    self.healing.model_failed = true;
                    return self.end(Outcome::Error, format!("the model fails: {why}"));
                }
                Round::Unfinished(why) => return self.end(Outcome::Unhealed, why),
                Round::ProductBug { root_cause } => {
                    self.healing.result.root_cause = root_cause;
                    return self.end(Outcome::ProductBug, "the agent says that the product is broken");
                }
                Round::Nothing { why, root_cause } => {
                    self.healing.result.root_cause = root_cause;
                    why
                }
                Round::Edited { tree, changes, unsure, root_cause } => {
                    self.healing.result.root_cause = root_cause;
                    shop.progress(test, "judging the edit");
                    let judgement = gate::judge(&changes, &shop.policy());
                    match self.consider(&bench, &repository, &tree, &judgement, unsure, &unfixed)? {
                        Considered::Done => return Ok(()),
                        Considered::Refused(why) => {
                            rejected = Some(why.clone());
                            why
                        }
                    }
                }
            };
            let cause = redact_root_cause(&self.healing.result.root_cause);
            self.healing.result.root_cause = cause;
            self.healing.result.reason = why.clone();
            question = prompt::again(&why, &random::hex(8)?);
        }
        match rejected {
            Some(why) => self.end(Outcome::Rejected, super::verify::first_line(&why)),
            None => {
                let why = self.healing.result.reason.clone();
                self.end(Outcome::Unhealed, why)
            }
        }
    }

    /// Tries the fixes that are there already: the same cause needs no second answer.
    fn adopt(
        &mut self,
        earlier: impl Iterator<Item = Arc<Healing>>,
        bench: &Bench<'_>,
        repository: &ScratchRepository,
        unfixed: &Path,
    ) -> Result<bool> {
        let (shop, tested) = (self.shop, &self.shop.tested.tree);
        // One that was adopted itself is the same patch again.
        for (number, healing) in earlier.filter(|healing| healing.result.attempts > 0).enumerate() {
            let Healing { result: owner, fix: Some(fix), .. } = &*healing else { continue };
            let Some(tree) = repository.apply(tested, fix.patch.as_bytes())? else { continue };
            if shop.time(shop.settings.timeout).is_none() {
                break;
            }
            shop.progress(self.test, &format!("trying the fix of {}", owner.id));
            let fixed = shop.check_out(repository, &tree, &format!("{}/known-{number}", self.number))?;
            let evidence = match prove_known(bench, &fixed, unfixed)? {
                Ok(evidence) => evidence,
                Err(why) => {
                    let why = super::verify::first_line(&why);
                    shop.progress(self.test, &format!("the fix of {} does not heal it: {why}", owner.id));
                    continue;
                }
            };
            self.healing.result.root_cause.clone_from(&owner.root_cause);
            self.healing.result.branch.clone_from(&owner.branch);
            self.healing.result.patch.clone_from(&owner.patch);
            let reason = format!("the fix of {} heals it too: {}", owner.id, evidence.join("; "));
            self.healing.fix = Some(Fix { evidence, ..fix.clone() });
            self.end(owner.outcome, reason)?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Gate, proof, blank page, gate again, commit.
    fn consider(
        &mut self,
        bench: &Bench<'_>,
        repository: &ScratchRepository,
        tree: &str,
        judgement: &Judgement,
        unsure: bool,
        unfixed: &Path,
    ) -> Result<Considered> {
        let (shop, test, attempt) = (self.shop, self.test, self.healing.result.attempts);
        if judgement.verdict == Verdict::Refuse {
            return Ok(Considered::Refused(refusal(judgement)));
        }
        shop.progress(test, "proving the fix");
        // In a fresh tree that holds what would be committed and nothing else that the agent left behind.
        let fixed = shop.check_out(repository, tree, &format!("{}/fix-{attempt}", self.number))?;
        let mut evidence = match bench.prove(&fixed, unfixed, attempt)? {
            Proof::Proved(lines) => lines,
            Proof::Refuted(why) => return Ok(Considered::Refused(format!("verification: {why}"))),
            Proof::Blocked(why) => {
                self.blocked(why)?;
                return Ok(Considered::Done);
            }
        };
        let mut doubts: Vec<String> = unsure.then(|| UNSURE.to_owned()).into_iter().collect();
        match bench.on_a_blank_site(&fixed)? {
            BlankSite::Passes => {
                return Ok(Considered::Refused(format!("blank-page: {PASSES_ON_BLANK}")));
            }
            BlankSite::Fails => evidence.push(FAILS_ON_BLANK.to_owned()),
            BlankSite::Unknown(why) => doubts.push(format!("{UNKNOWN_ON_BLANK}: {why}")),
            BlankSite::NotAsked => {}
        }
        // On what is committed, which the test runs could not touch: the same answer, or none.
        let changes = repository.changes(&shop.tested.tree, tree)?;
        let again = gate::judge(&changes, &shop.policy());
        if again.verdict != judgement.verdict {
            return Ok(Considered::Refused(refusal(&again)));
        }
        let concerns: Vec<String> = judgement.findings.iter().map(finding).chain(doubts.iter().cloned()).collect();
        let (outcome, reason) = match (&doubts[..], judgement.verdict) {
            ([], Verdict::Accept) => (Outcome::Healed, evidence.join("; ")),
            ([], _) => (
                Outcome::Proposed,
                format!("it passes with the fix, which a person must judge: {}", refusal(judgement)),
            ),
            (doubts, _) => (Outcome::Proposed, format!("it passes with the fix, but {}", doubts.join("; "))),
        };
        let files = changes.into_iter().map(|change| change.path).collect();
        self.keep(repository, tree, files, evidence, concerns)?;
        self.end(outcome, reason)?;
        Ok(Considered::Done)
    }

    /// Commits the fix in the scratch repository and writes the patch.
    fn keep(
        &mut self,
        repository: &ScratchRepository,
        tree: &str,
        files: Vec<String>,
        evidence: Vec<String>,
        concerns: Vec<String>,
    ) -> Result<()> {
        let (shop, test) = (self.shop, self.test);
        let patch = repository.patch(&shop.tested.tree, tree)?;
        let path = shop.out_of_existing(test).join("fix.patch");
        fs::write(&path, &patch)?;
        self.healing.result.patch = Some(shop.shown(&path));
        let clean = repository.tree_of(&shop.tested.commit)?;
        let tree = match shop.tested.dirty {
            true => None,
            false => repository.transplant(&shop.tested.tree, tree, &clean)?,
        };
        let fix = Fix { tree, patch: String::from_utf8_lossy(&patch).into_owned(), files, evidence, concerns };
        let result = &mut self.healing.result;
        result.branch = commit(shop, repository, &[test], &result.root_cause, &fix)?;
        self.healing.fix = Some(fix);
        Ok(())
    }
}

/// Whether a fix that is there already heals this test too: what was run and passed, or why not.
fn prove_known(bench: &Bench<'_>, fixed: &Path, unfixed: &Path) -> Result<Result<Vec<String>, String>> {
    let mut evidence = match bench.prove(fixed, unfixed, 0)? {
        Proof::Proved(evidence) => evidence,
        Proof::Refuted(why) | Proof::Blocked(why) => return Ok(Err(why)),
    };
    match bench.on_a_blank_site(fixed)? {
        BlankSite::Fails => evidence.push(FAILS_ON_BLANK.to_owned()),
        BlankSite::NotAsked => {}
        BlankSite::Passes => return Ok(Err(PASSES_ON_BLANK.to_owned())),
        BlankSite::Unknown(why) => return Ok(Err(format!("{UNKNOWN_ON_BLANK}: {why}"))),
    }
    Ok(Ok(evidence))
}

/// Commits a fix on the branch of the first of the tests that it heals. Its name, if the user gets it.
fn commit(
    shop: &Workshop<'_>,
    repository: &ScratchRepository,
    tests: &[&PlannedTest],
    root_cause: &str,
    fix: &Fix,
) -> Result<Option<String>> {
    let (Some(first), Some(tree)) = (tests.first(), &fix.tree) else { return Ok(None) };
    let message = commit_message::write(tests, root_cause, &fix.evidence, &shop.kit.model);
    let commit = repository.commit(tree, &shop.tested.commit, &message)?;
    let branch = first.branch();
    repository.set_branch(&branch, &commit)?;
    if !shop.publishes_branches() {
        return Ok(None);
    }
    repository.deliver(&branch, shop.user)?;
    Ok(Some(branch))
}

/// Has the commit of each fix tell of all the tests that it was proved for. `done` are the healed tests with their places
/// in the plan, in its order.
pub fn cover(shop: &Workshop<'_>, tests: &[PlannedTest], done: &[(usize, Arc<Healing>)]) -> Result<()> {
    for (number, owner) in done.iter().filter(|(_, healing)| healing.result.attempts > 0) {
        let Some(fix) = &owner.fix else { continue };
        let is_same = |healing: &Healing| healing.fix.as_ref().is_some_and(|other| other.patch == fix.patch);
        let covered: Vec<&(usize, Arc<Healing>)> = done
            .iter()
            .filter(|(at, healing)| at == number || healing.result.attempts == 0 && is_same(healing))
            .collect();
        if covered.len() < 2 {
            continue;
        }
        let proofs = covered.iter().filter_map(|(at, healing)| Some((tests[*at].id.as_str(), healing.fix.as_ref()?)));
        let evidence = commit_message::evidence_of(proofs.map(|(id, fix)| (id, &fix.evidence[..])));
        let covered: Vec<&PlannedTest> = covered.iter().map(|(at, _)| &tests[*at]).collect();
        let fix = Fix { evidence, ..fix.clone() };
        commit(shop, &shop.repository(&number.to_string())?, &covered, &owner.result.root_cause, &fix)?;
    }
    Ok(())
}

const FAILS_ON_BLANK: &str = "it fails on a blank page, as it should";
const PASSES_ON_BLANK: &str = "the test passes even on a blank page";
const UNKNOWN_ON_BLANK: &str = "what it does on a blank page is not known";
const USED_UP: &str = "the run's budget is used up";
const UNSURE: &str = "the agent is not sure that the test is to blame";

enum Considered {
    /// The outcome is set.
    Done,
    /// Why, for the next attempt.
    Refused(String),
}

/// The findings, one line each, with the rules' names.
fn refusal(judgement: &Judgement) -> String {
    judgement.findings.iter().map(finding).collect::<Vec<_>>().join("\n")
}

fn finding(finding: &Finding) -> String {
    format!("{}: {} ({}:{})", finding.rule, finding.message, finding.file, finding.line)
}

fn redact_root_cause(text: &str) -> String {
    crate::redact::one_line(&crate::redact::secrets(text), 400)
}
