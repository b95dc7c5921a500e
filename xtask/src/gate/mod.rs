//! The judge: may this change to tests be believed? Pure: old and new text of each changed file in, a judgement out.

use serde::Serialize;

/// One changed file. `old` is `None` when the change adds it, `new` when it deletes it.
#[derive(Clone, Debug, PartialEq)]
pub struct FileChange {
    /// Relative to the repository's root, `/`-separated.
    pub path: String,
    pub old: Option<Blob>,
    pub new: Option<Blob>,
}

/// A file as git has it: its mode (`100644`, `100755`, `120000`, `160000`) and its bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Blob {
    pub mode: String,
    pub bytes: Vec<u8>,
}

/// What the repository's owner allows.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Globs that a fix may edit; empty means the test folders and helpers that the gate recognises by itself.
    pub allow: Vec<String>,
    /// A fix that changes what a test expects: a person decides, or it is refused.
    pub expectations: Expectations,
    /// `id-pattern`, so that a finding can name its test.
    pub max_changed_lines: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expectations {
    #[default]
    Review,
    Refuse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Accept,
    Review,
    Refuse,
}

/// The worst of the findings, and all of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    pub verdict: Verdict,
    pub findings: Vec<Finding>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The rule's name, as the table of rules has it.
    pub rule: &'static str,
    #[serde(skip)]
    pub verdict: Verdict,
    pub file: String,
    /// 1-based, in the new text if there is one, else in the old.
    pub line: usize,
    /// The title of the test that holds the line, if any.
    pub test: Option<String>,
    pub message: String,
}
