//! git, as typed verbs. Every call is the same whatever the user has configured: no hooks, no pager, no prompt, no
//! signing, no automatic maintenance; messages in English, names separated by NUL.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::proc::{self, Finished, Limits};

/// A repository, by the folder of its work tree (or the git folder itself if it is bare).
#[derive(Clone, Debug)]
pub struct Repository {
    pub root: PathBuf,
}

/// Settings that no user configuration may bend.
const PINNED: [&str; 9] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.quotePath=false",
    "commit.gpgSign=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "advice.detachedHead=false",
    "protocol.ext.allow=never",
    "core.pager=cat",
];

/// The base command: `git -C DIR` with what is pinned.
pub fn command(dir: &Path) -> Command {
    let mut command = Command::new("git");
    for setting in PINNED {
        command.args(["-c", setting]);
    }
    command.arg("-C").arg(dir);
    command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0");
    command
}

/// Runs git and returns how it ended, for callers to whom failure is an answer.
pub fn try_run<S: AsRef<OsStr>>(dir: &Path, args: impl IntoIterator<Item = S>) -> Result<Finished> {
    let mut command = command(dir);
    command.args(args);
    proc::run(command, &Limits::seconds(120))
}

/// Runs git and returns its standard output.
///
/// # Errors
/// Names the verb, the folder and the last line that git said.
pub fn run<S: AsRef<OsStr>>(dir: &Path, args: impl IntoIterator<Item = S>) -> Result<Vec<u8>> {
    let mut command = command(dir);
    command.args(args);
    execute(command, &[])
}

/// Like [`run`], for a command that was prepared by hand (environment, input).
pub fn execute(command: Command, stdin: &[u8]) -> Result<Vec<u8>> {
    let words: Vec<String> = command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let verb = words.iter().skip(PINNED.len() * 2 + 2).find(|word| !word.starts_with('-')).cloned();
    let limits = Limits { stdin: stdin.to_vec(), ..Limits::seconds(120) };
    let finished = proc::run(command, &limits)?;
    if !finished.success() {
        let said = finished.stderr_text();
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing said");
        bail!("git {} failed: {}", verb.unwrap_or_default(), last.trim());
    }
    Ok(finished.stdout)
}

/// [`run`] as text without the final line end.
pub fn read<S: AsRef<OsStr>>(dir: &Path, args: impl IntoIterator<Item = S>) -> Result<String> {
    let bytes = run(dir, args)?;
    Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned())
}

/// The entries of a NUL-separated listing.
pub fn entries(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes).split('\0').filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
}

impl Repository {
    /// The repository that holds `dir`, or `None`.
    pub fn containing(dir: &Path) -> Result<Option<Repository>> {
        let finished = try_run(dir, ["rev-parse", "--show-toplevel"]).context("git cannot be run")?;
        let root = finished.stdout_text().trim_end_matches('\n').to_owned();
        Ok((finished.success() && !root.is_empty()).then(|| Repository { root: root.into() }))
    }

    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Result<Vec<u8>> {
        run(&self.root, args)
    }

    pub fn read<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Result<String> {
        read(&self.root, args)
    }

    /// The folder that holds the objects, also in a linked worktree.
    pub fn common_dir(&self) -> Result<PathBuf> {
        let dir = self.read(["rev-parse", "--git-common-dir"])?;
        Ok(self.root.join(dir))
    }

    /// The commit that a name stands for, or `None`.
    pub fn commit(&self, name: &str) -> Result<Option<String>> {
        let spec = format!("{name}^{{commit}}");
        let finished = try_run(&self.root, ["rev-parse", "--verify", "--quiet", "--end-of-options", &spec])?;
        Ok(finished.success().then(|| finished.stdout_text().trim().to_owned()))
    }

    /// The paths that git tracks.
    pub fn tracked(&self) -> Result<Vec<String>> {
        Ok(entries(&self.run(["ls-files", "-z"])?))
    }
}
