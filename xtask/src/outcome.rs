//! The result document (`OUT/report.json`, `--json`): names and shapes are the contract with the outside.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Tokens {
    pub input: u64,
    pub output: u64,
}
