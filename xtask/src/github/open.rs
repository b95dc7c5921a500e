//! Opens the GitHub side of a run: which repository, which token, which run. The only part of it that looks at the
//! environment's files.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use serde_json::Value;

use super::issue_text::Run;
use super::{Context, GitHub, Options, text};
use crate::detect::Publish;
use crate::digest;
use crate::error::Failure;
use crate::scratch::Scratch;
use crate::secrets::{Secret, Secrets};
use crate::settings::{Environment, Settings};
use crate::tools::gh::{self, Gh};
use crate::tools::git::Repository;

/// Event documents are some 100 KiB; what is larger is none.
const MAX_EVENT: u64 = 32 << 20;

impl GitHub {
    /// `None` when nothing of this run is read from or written to GitHub: a dry run, or neither issues nor pull requests
    /// are wanted and no issue is to be healed.
    ///
    /// # Errors
    /// When it is wanted, but repository, token or gh is missing.
    pub fn open(
        settings: &Settings,
        env: &Environment,
        secrets: &Secrets,
        repository: &Repository,
    ) -> Result<Option<GitHub>> {
        let detection = &settings.detection;
        let is_wanted = detection.create_issues || detection.publish == Publish::Pr || settings.issue.is_some();
        if detection.dry_run || !is_wanted {
            return Ok(None);
        }
        let without = "or run with `--issues never --publish branch`";
        let Some(context) = context(env, repository)? else {
            let message = "it cannot be told which repository on GitHub this is";
            let hint = format!("set `GITHUB_REPOSITORY=owner/name`, add a remote `origin` on GitHub, {without}");
            return Err(Failure::missing(message).hint(hint).into());
        };
        let Some(token) = &secrets.github else {
            let hint = format!("set `GH_TOKEN` (in a workflow: `GH_TOKEN: ${{{{ github.token }}}}`), {without}");
            return Err(Failure::missing("there is no token for GitHub").hint(hint).into());
        };
        let surroundings = gh::surroundings(std::env::vars_os());
        let scratch = Scratch::create(&std::env::temp_dir())?;
        let client = |token: &Secret| Gh::new(&context.host, token, surroundings.clone(), scratch.room());
        let gh = client(token)?;
        let copilot = secrets.copilot.as_ref().map(client).transpose()?;
        let options = Options {
            labels: settings.labels.clone(),
            assignees: settings.assignees.clone(),
            max_failures: settings.max_failures,
        };
        let mut github = GitHub::new(context, gh, options).with_copilot(copilot);
        github.scratch = Some(scratch);
        Ok(Some(github))
    }
}

/// Where the run stands, also without a token: for a dry run, and to know whether anything may be healed at all.
pub fn context(env: &Environment, repository: &Repository) -> Result<Option<Context>> {
    let event = env.get("GITHUB_EVENT_PATH").map_or(Value::Null, |path| event(Path::new(path)));
    let remote = repository.read(["remote", "get-url", "origin"]).ok();
    let lookup = |name: &str| env.get(name).map(str::to_owned);
    let mut context = Context::new(&lookup, &event, remote.as_deref());
    if let Some(context) = &mut context
        && context.branch.is_none()
        && !env.is_on("GITHUB_ACTIONS")
    {
        context.branch = repository.read(["symbolic-ref", "--quiet", "--short", "HEAD"]).ok();
    }
    Ok(context)
}

/// The run as issues tell about it. `report` are the bytes that stand for this run where there is no run of Actions: the
/// same report again is the same run.
pub fn run(
    context: Option<&Context>,
    settings: &Settings,
    commit: Option<String>,
    report: &[u8],
    now: SystemTime,
) -> Run {
    let digest = || format!("report-{}", digest::short(report));
    let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    Run {
        key: context.and_then(|context| context.run_key.clone()).unwrap_or_else(digest),
        url: context.and_then(|context| context.run_url.clone()),
        target: text::clip(settings.target.as_deref().unwrap_or("this machine"), 100),
        branch: context.and_then(|context| context.branch.clone()),
        commit,
        when: utc(seconds),
    }
}

fn event(path: &Path) -> Value {
    let size = std::fs::metadata(path).map(|metadata| metadata.len());
    if !size.is_ok_and(|size| size <= MAX_EVENT) {
        return Value::Null;
    }
    let bytes = std::fs::read(path).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

/// `2026-11-22 15:04 UTC`, from seconds since the epoch.
/// <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>
fn utc(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02} {:02}:{:02} UTC", rest / 3600, rest % 3600 / 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_time() {
        for (seconds, expected) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_399, "2000-02-28 23:59 UTC"),
            (951_827_696, "2000-02-29 12:34 UTC"),
            (1_795_359_840, "2026-11-22 15:04 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"),
        ] {
            assert_eq!(utc(seconds), expected);
        }
    }
}
