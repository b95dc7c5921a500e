//! The GitHub side of a run: issues, pull requests, Copilot, the job summary.
//!
//! Nothing here prints. What went differently than asked for, and is worth a line, is kept as notes for the conductor.

pub mod action;
pub mod branch;
pub mod context;
pub mod copilot;
pub mod issue_text;
pub mod issues;
pub mod marker;
pub mod open;
pub mod passed;
pub mod pull_request_text;
pub mod pull_requests;
pub mod summary;
pub mod text;

use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use serde_json::Value;

use crate::error::{Exit, Failure};
use crate::scratch::Scratch;
use crate::tools::gh::{Gh, Request, Response};
pub use context::Context;

/// The label by which the tool's issues and pull requests are found; it is there whatever other labels are configured.
pub const LABEL: &str = "auto-heal";

/// Entries of a page, the most that GitHub gives.
const PAGE: usize = 100;

/// Pages that are read of any listing.
const MAX_PAGES: usize = 100;

/// What the repository's owner has set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    pub labels: Vec<String>,
    pub assignees: Vec<String>,
    /// More distinct failures than this are an outage.
    pub max_failures: usize,
}

/// A repository on GitHub, and the right to write there.
pub struct GitHub {
    pub context: Context,
    gh: Gh,
    /// The same server with a user's token, for assigning Copilot.
    copilot: Option<Gh>,
    options: Options,
    notes: Mutex<Vec<String>>,
    /// Holds gh's home.
    scratch: Option<Scratch>,
}

impl GitHub {
    pub fn new(context: Context, gh: Gh, options: Options) -> Self {
        GitHub { context, gh, copilot: None, options, notes: Mutex::default(), scratch: None }
    }

    pub fn with_copilot(mut self, copilot: Option<Gh>) -> Self {
        self.copilot = copilot;
        self
    }

    /// What was kept since the last call: for the terminal, the summary, the result document.
    pub fn take_notes(&self) -> Vec<String> {
        std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps a line for [`GitHub::take_notes`].
    pub fn note(&self, text: impl Into<String>) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(text.into());
    }

    /// The labels of what the tool creates.
    fn labels(&self) -> Vec<String> {
        action::labels(&self.options.labels)
    }

    fn path(&self, rest: &str) -> String {
        format!("repos/{}/{rest}", self.context.repository)
    }

    /// Makes a request that has to succeed.
    fn require(&self, what: &str, request: &Request) -> Result<Value> {
        let response = self.gh.call(request)?;
        if response.ok() { Ok(response.body) } else { Err(refused(what, &response)) }
    }

    /// All entries of a listing, each once. `path` has a query already.
    fn list(&self, what: &str, path: &str) -> Result<Vec<Value>> {
        let mut entries: Vec<Value> = Vec::new();
        for page in 1..=MAX_PAGES {
            let response = self.gh.call(&Request::get(format!("{path}&per_page=100&page={page}")))?;
            if !response.ok() {
                return Err(refused(what, &response));
            }
            let linked = response.header("link").is_some();
            let mut next = response.has_next_page();
            let Value::Array(found) = response.body else { break };
            // A proxy may have dropped the header: then a full page tells that there may be another.
            next |= !linked && found.len() >= PAGE;
            let is_known = |entry: &Value, entries: &[Value]| entries.iter().any(|other| other["id"] == entry["id"]);
            let new: Vec<Value> = found.into_iter().filter(|entry| !is_known(entry, &entries)).collect();
            let is_end = new.is_empty() || !next;
            entries.extend(new);
            if is_end {
                break;
            }
        }
        Ok(entries)
    }
}

/// A refusal as an error, with the remedy that its status suggests.
fn refused(what: &str, response: &Response) -> anyhow::Error {
    let hint = match response.status {
        401 => Some("the token is not valid (any more): set `GH_TOKEN`"),
        403 => Some(
            "give the token the right to it: `permissions:` with `issues: write`, `pull-requests: write`, `contents: write`",
        ),
        404 => Some("the token cannot see the repository, or may not do this there"),
        410 => Some("issues are switched off in this repository: switch them on, or run with `--issues never`"),
        _ => None,
    };
    let mut failure = Failure::new(Exit::Broken, format!("GitHub refused to {what}: {}", response.complaint()));
    failure.hint = hint.map(str::to_owned);
    failure.into()
}
