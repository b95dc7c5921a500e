//! The plan: which failed tests there are, how each is identified and found, and what will be done about it. Pure.

/// One distinct failed test: the same file, suite and name, however many browser projects it failed in.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedTest {
    /// `ATK-PW-1050` out of the name, else the fingerprint's first eight digits.
    pub id: String,
    pub name: String,
    pub suite: Vec<String>,
    /// Relative to the repository's root; as the report has it when it could not be found.
    pub file: String,
    pub line: Option<u64>,
    pub projects: Vec<String>,
    /// 16 hex digits of a hash over file, suite and name.
    pub fingerprint: String,
    pub message: String,
    pub trace: String,
    /// Why nothing will be done about it, if so.
    pub skip: Option<String>,
}
