//! The result document (`OUT/report.json`, `--json`): names and shapes are the contract with the outside.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::plan::PlannedTest;

#[derive(Clone, Debug, Serialize)]
pub struct Document {
    pub schema: u32,
    pub mode: String,
    pub runner: String,
    pub because: String,
    pub dry_run: bool,
    pub provider: Option<String>,
    pub model: Option<String>,
    pub tests: Tests,
    pub results: Vec<TestResult>,
    pub summary: BTreeMap<Outcome, usize>,
    /// What the run could not do and went on without: no sandbox on this kernel, the blank page switched off.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Tests {
    /// Entries read.
    pub total: usize,
    /// Distinct failed tests.
    pub failed: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Verified, what the test expects is untouched.
    Healed,
    /// Verified, but it changes what the test expects: a person decides.
    Proposed,
    /// The agent says that the product is broken; nothing was edited.
    ProductBug,
    /// Fails in the report, passes unchanged here.
    Flaky,
    /// The gate or the verification refused every attempt.
    Rejected,
    /// No usable edit within the attempts.
    Unhealed,
    /// Handed to Copilot.
    Assigned,
    Skipped,
    Error,
    /// Only in a plan.
    Planned,
}

impl Outcome {
    /// As the document has it.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Healed => "healed",
            Outcome::Proposed => "proposed",
            Outcome::ProductBug => "product_bug",
            Outcome::Flaky => "flaky",
            Outcome::Rejected => "rejected",
            Outcome::Unhealed => "unhealed",
            Outcome::Assigned => "assigned",
            Outcome::Skipped => "skipped",
            Outcome::Error => "error",
            Outcome::Planned => "planned",
        }
    }

    /// Nobody has to do anything more than review.
    pub fn is_well(self) -> bool {
        matches!(self, Outcome::Healed | Outcome::Assigned)
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct TestResult {
    pub id: String,
    pub name: String,
    pub suite: Vec<String>,
    pub file: String,
    pub projects: Vec<String>,
    pub fingerprint: String,
    pub outcome: Outcome,
    pub reason: String,
    pub root_cause: String,
    pub issue: Option<u64>,
    pub pull_request: Option<u64>,
    pub branch: Option<String>,
    /// Relative to the repository's root, as `OUT/…/fix.patch`.
    pub patch: Option<String>,
    pub attempts: u32,
    pub tokens: Tokens,
    pub seconds: f64,
}

impl TestResult {
    /// What is known of a test before anything was done about it.
    pub fn new(test: &PlannedTest, outcome: Outcome, reason: impl Into<String>) -> Self {
        TestResult {
            id: test.id.clone(),
            name: test.name.clone(),
            suite: test.suite.clone(),
            file: test.file.clone(),
            projects: test.projects.clone(),
            fingerprint: test.fingerprint.clone(),
            outcome,
            reason: reason.into(),
            root_cause: String::new(),
            issue: None,
            pull_request: None,
            branch: None,
            patch: None,
            attempts: 0,
            tokens: Tokens::default(),
            seconds: 0.0,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Tokens {
    pub input: u64,
    pub output: u64,
}
