//! One round with the agent: the question, its answer, and what it left in the work tree.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use super::workshop::Workshop;
use crate::gate::FileChange;
use crate::prompt::{self, Case};
use crate::scratch::{ScratchRepository, is_neutralised};
use crate::tools::opencode::{End, Patience, Session, Turn};
use crate::verdict::{self, Verdict};

/// Answers of a model per attempt. opencode's own limit on steps only asks the model to stop.
const STEPS: usize = 40;
/// Failed requests in a row; opencode waits 2, 4, 9 s between them.
const RETRIES: u64 = 4;
/// A local model that is loaded into memory first needs minutes for its first word.
const IDLE: Duration = Duration::from_secs(5 * 60);

/// What came of one question.
#[derive(Debug)]
pub enum Round {
    /// Files were edited: the tree that would be committed, and what differs.
    Edited {
        tree: String,
        changes: Vec<FileChange>,
        unsure: bool,
        root_cause: String,
    },
    ProductBug {
        root_cause: String,
    },
    /// Nothing was edited.
    Nothing {
        why: String,
        root_cause: String,
    },
    /// Out of time, out of steps, cut off.
    Unfinished(String),
    /// The model cannot be talked to.
    Provider(String),
}

/// The agent's side of one test.
pub struct Desk<'a> {
    pub repository: &'a ScratchRepository,
    /// The tested tree, and what was left of it when the folder was made ready for the agent.
    pub tested: String,
    pub neutral: String,
    pub folder: PathBuf,
}

impl Desk<'_> {
    /// Takes stock of the work tree after an answer.
    pub fn read(&self, turn: &Turn) -> Result<Round> {
        let why = match &turn.end {
            End::Answered => None,
            End::Provider(why) => return Ok(Round::Provider(why.clone())),
            End::CutOff => Some("the model's answer was cut off at its output limit".to_owned()),
            End::TimedOut => Some("the agent did not finish in time".to_owned()),
            End::Idle(quiet) => Some(format!("the model said nothing for {} s", quiet.as_secs())),
            End::TooManySteps(steps) => Some(format!("the agent did not finish within {steps} steps")),
        };
        if let Some(why) = why {
            return Ok(Round::Unfinished(why));
        }
        let answer = verdict::read(&turn.text);
        let root_cause = answer.as_ref().map(|answer| answer.root_cause.clone()).unwrap_or_default();
        let said = answer.map(|answer| answer.verdict);
        if said == Some(Verdict::ProductBug) {
            return Ok(Round::ProductBug { root_cause });
        }
        let paths = self.repository.changed_paths(&self.neutral, &self.folder)?;
        if paths.is_empty() {
            let why = match said {
                Some(Verdict::Unsure) => "the agent is not sure what is wrong",
                Some(_) => "the agent says that the test is out of date, and edits nothing",
                None => "the agent edits nothing and gives no verdict",
            };
            return Ok(Round::Nothing { why: why.to_owned(), root_cause });
        }
        let tree = self.repository.with_changes(&self.tested, &self.folder, &paths)?;
        let changes = self.repository.changes(&self.tested, &tree)?;
        Ok(Round::Edited { tree, changes, unsure: said == Some(Verdict::Unsure), root_cause })
    }
}

/// Asks; `None` when the run's budget is used up.
pub fn ask(shop: &Workshop<'_>, session: &mut Session<'_>, prompt: &str) -> Result<Option<Turn>> {
    let Some(timeout) = shop.time(shop.settings.timeout) else { return Ok(None) };
    let patience = Patience { timeout, idle: IDLE.min(timeout), steps: STEPS, retries: RETRIES };
    session.ask(prompt, patience).map(Some)
}

/// What the agent is told of a failure. `message` and `page` are those of the reproduction, which ran in `tree`; sources
/// are those that were tested, whatever lies there now.
pub fn case(
    shop: &Workshop<'_>,
    test: &crate::plan::PlannedTest,
    (repository, tree): (&ScratchRepository, &Path),
    message: &str,
    page: Option<&Path>,
) -> Case {
    let titles: Vec<&str> = test.suite.iter().chain([&test.name]).map(String::as_str).collect();
    let page = page.and_then(|path| std::fs::read_to_string(path).ok()).and_then(|text| prompt::page_of(&text));
    let read = |path: &str| {
        let bytes = repository.file(&shop.tested.tree, path).ok()??;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    };
    Case {
        title: titles.join(" › "),
        file: test.file.clone(),
        projects: test.projects.clone(),
        allow: shop.allow.clone(),
        site: shop.settings.site.clone(),
        message: message.to_owned(),
        page,
        source: read(&test.file).unwrap_or_default(),
        helper: helper(message, &test.file, tree).and_then(|path| Some((path.clone(), read(&path)?))),
    }
}

/// The file of the tree that the failure's stack names first, if it is not the test's own: a page object, a fixture.
fn helper(message: &str, file: &str, tree: &Path) -> Option<String> {
    let root = tree.to_string_lossy();
    let mut frames = message.lines().filter_map(|line| {
        let at = line.find(&*root)? + root.len() + 1;
        let path = line.get(at..)?.split([':', ')']).next()?;
        (!path.contains("node_modules") && !is_neutralised(path)).then(|| path.to_owned())
    });
    frames.find(|path| path != file)
}
