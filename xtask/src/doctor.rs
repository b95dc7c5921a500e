//! `cargo heal doctor`: checks everything that a run needs, all of it at once, each with its remedy. Changes nothing, and
//! asks no model anything.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use serde::Serialize;

use crate::error::Exit;
use crate::proc::{self, Limits};
use crate::settings::Settings;
use crate::surroundings::Surroundings;
use crate::tools::programs;
use crate::ui::{Row, Tone, Ui};

mod model;
mod service;
mod suite;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Ok,
    /// A run can do without, or it could not be told.
    Doubtful,
    /// A run cannot do without.
    Missing,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub state: State,
    pub found: String,
    pub remedy: Option<String>,
}

impl Check {
    fn ok(name: &'static str, found: impl Into<String>) -> Check {
        Check { name, state: State::Ok, found: found.into(), remedy: None }
    }

    fn doubtful(name: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Check {
        Check { name, state: State::Doubtful, found: found.into(), remedy: Some(remedy.into()) }
    }

    fn missing(name: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Check {
        Check { name, state: State::Missing, found: found.into(), remedy: Some(remedy.into()) }
    }

    /// Missing where a run needs it, else doubtful.
    fn lacking(needed: bool, name: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Check {
        let state = if needed { State::Missing } else { State::Doubtful };
        Check { state, ..Check::missing(name, found, remedy) }
    }
}

/// Prints the checks; the exit code says whether a run could start.
pub fn run(around: &Surroundings, settings: &Settings, root: Option<&Path>, ui: &Ui) -> Result<Exit> {
    for warning in &settings.warnings {
        ui.warn(warning);
    }
    let checks = examine(around, settings, root);
    if settings.json {
        ui.data(&serde_json::to_string_pretty(&serde_json::json!({ "checks": checks }))?);
    } else {
        ui.table(&rows(&checks));
    }
    let missing = checks.iter().filter(|check| check.state == State::Missing).count();
    let detection = &settings.detection;
    let place =
        format!("{} model on {}, because {}", detection.mode.name(), detection.runner.name(), detection.because);
    match missing {
        0 => ui.say(Tone::Good, &format!("ready ({place})")),
        1 => ui.say(Tone::Bad, &format!("one thing is missing ({place})")),
        more => ui.say(Tone::Bad, &format!("{more} things are missing ({place})")),
    }
    Ok(if missing == 0 { Exit::Ok } else { Exit::Missing })
}

fn examine(around: &Surroundings, settings: &Settings, root: Option<&Path>) -> Vec<Check> {
    let mut checks = vec![git(), repository(root)];
    checks.extend(suite::checks(around, settings, root));
    checks.extend(model::checks(around, settings, root));
    checks.extend(service::checks(around, settings));
    checks
}

/// Of the last column, on a terminal of 80.
const WIDTH: usize = 57;

fn continued(line: String) -> Row {
    Row::new(Tone::Plain, [String::new(), String::new(), line])
}

fn rows(checks: &[Check]) -> Vec<Row> {
    let mut rows = Vec::new();
    for check in checks {
        let (tone, word) = match check.state {
            State::Ok => (Tone::Good, "ok"),
            State::Doubtful => (Tone::Doubtful, "note"),
            State::Missing => (Tone::Bad, "missing"),
        };
        let mut lines = check.found.lines().flat_map(|line| redact::wrap(line, WIDTH));
        rows.push(Row::new(tone, [word.to_owned(), check.name.to_owned(), lines.next().unwrap_or_default()]));
        rows.extend(lines.map(continued));
        for remedy in check.remedy.iter().flat_map(|remedy| remedy.lines()) {
            let lines = redact::wrap(remedy, WIDTH - 3);
            let marks = std::iter::once("->").chain(std::iter::repeat("  "));
            rows.extend(marks.zip(lines).map(|(mark, line)| continued(format!("{mark} {line}"))));
        }
    }
    rows
}

fn git() -> Check {
    match version("git", None) {
        Some((_, said)) => Check::ok("git", said),
        None => Check::missing("git", "not found", "install it: https://git-scm.com/downloads"),
    }
}

fn repository(root: Option<&Path>) -> Check {
    match root {
        Some(root) => Check::ok("repository", root.display().to_string()),
        None => Check::missing("repository", "this folder is in none", "go to the repository of the tests"),
    }
}

/// A program and the first line of what it says of its version; `None` if it is not there or does not run.
fn version(name: &str, root: Option<&Path>) -> Option<(PathBuf, String)> {
    let program = programs::find(name, root)?;
    let mut command = Command::new(&program);
    command.arg("--version");
    // opencode makes its folders even for that.
    let scratch = tempfile::tempdir().ok()?;
    for variable in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "BUN_INSTALL_CACHE_DIR"] {
        command.env(variable, scratch.path());
    }
    let finished = proc::run(command, &Limits::seconds(30)).ok()?;
    let said = finished.stdout_text();
    let line = said.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned();
    finished.success().then_some((program, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failing_line_has_its_remedy_below_it() {
        let checks = [
            Check::ok("git", "git version 2"),
            Check::missing("model", "no tools\nno context", "pull one\nraise it"),
            Check::lacking(false, "gh", "not found", "install it"),
        ];
        let shown: Vec<_> = rows(&checks).into_iter().map(|row| row.cells.join("|")).collect();
        let expected = [
            "ok|git|git version 2",
            "missing|model|no tools",
            "||no context",
            "||-> pull one",
            "||-> raise it",
            "note|gh|not found",
            "||-> install it",
        ];
        assert_eq!(shown, expected);
    }
}
