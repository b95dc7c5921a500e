//! The branch of a fix: its commit, whose commits are on it, and how it reaches GitHub.
//!
//! The commit is made in a bare repository of our own that borrows the objects of the user's. No repository in which an
//! agent could write is ever pushed from: its configuration would see the token.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::commit_message::COMMITTER;
use crate::gate::{Blob, FileChange};
use crate::proc::{self, Limits};
use crate::scratch::Scratch;
use crate::tools::gh;
use crate::tools::git::{self, Repository};

/// What every branch of the tool begins with. Nothing else is ever pushed to.
pub const PREFIX: &str = "heal/";

/// Whether a branch is the tool's to write to.
pub fn is_ours(branch: &str) -> bool {
    branch.strip_prefix(PREFIX).is_some_and(|rest| !rest.is_empty()) && super::context::is_branch_name(branch)
}

/// A bare repository for one fix, which is gone when it is dropped.
pub struct Workshop {
    dir: PathBuf,
    _scratch: Scratch,
}

impl Workshop {
    /// Borrows what `repository` has, a shallow clone's objects included.
    pub fn borrowing(repository: &Repository) -> Result<Workshop> {
        let scratch = Scratch::create(&std::env::temp_dir())?;
        let dir = scratch.path().join("branch.git");
        let format = repository.read(["rev-parse", "--show-object-format"])?;
        let init = ["init", "--quiet", "--bare", "--template=", &format!("--object-format={format}"), "branch.git"];
        git::run(scratch.path(), init)?;
        let common = repository.common_dir()?;
        let common = common.canonicalize().with_context(|| format!("cannot find `{}`", common.display()))?;
        let objects = common.join("objects");
        let alternates = format!("{}\n", objects.to_str().context("the path of the repository is not UTF-8")?);
        std::fs::write(dir.join("objects/info/alternates"), alternates)?;
        let shallow = common.join("shallow");
        if shallow.exists() {
            std::fs::copy(shallow, dir.join("shallow"))?;
        }
        Ok(Workshop { dir, _scratch: scratch })
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The tree that a patch makes of a commit's, or `None` when it does not apply.
    pub fn patched(&self, commit: &str, patch: &[u8]) -> Result<Option<String>> {
        // Of its own: several tests may be published at once.
        let folder = tempfile::tempdir_in(&self.dir)?;
        let index = folder.path().join("index");
        let with_index = |args: &[&str]| {
            let mut command = git::command(&self.dir);
            command.args(args).env("GIT_INDEX_FILE", &index);
            command
        };
        git::execute(with_index(&["read-tree", commit]), &[])?;
        let apply = with_index(&["apply", "--cached", "--whitespace=nowarn", "-"]);
        let limits = Limits { stdin: patch.to_vec(), ..Limits::seconds(60) };
        if !proc::run(apply, &limits)?.success() {
            return Ok(None);
        }
        let tree = git::execute(with_index(&["write-tree"]), &[])?;
        Ok(Some(String::from_utf8_lossy(&tree).trim().to_owned()))
    }

    /// The change between two commits or trees, in the form that [`Self::patched`] takes.
    pub fn diff(&self, from: &str, to: &str) -> Result<Vec<u8>> {
        let plain = ["diff-tree", "-p", "--binary", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv"];
        git::run(&self.dir, plain.iter().copied().chain([from, to]))
    }

    /// The files of a commit: no links, no submodules.
    pub fn files(&self, commit: &str) -> Result<Vec<String>> {
        let listed = git::run(&self.dir, ["ls-tree", "-r", "-z", "--full-tree", commit])?;
        let files = git::entries(&listed).into_iter().filter_map(|entry| {
            let (meta, path) = entry.split_once('\t')?;
            meta.starts_with("100").then(|| path.to_owned())
        });
        Ok(files.collect())
    }

    /// What the gate is to judge of the change between two commits or trees.
    pub fn changes(&self, from: &str, to: &str) -> Result<Vec<FileChange>> {
        let listed = git::run(&self.dir, ["diff-tree", "-r", "--raw", "-z", "--no-abbrev", "--no-renames", from, to])?;
        let mut parts = git::entries(&listed).into_iter();
        let mut changes = Vec::new();
        while let (Some(record), Some(path)) = (parts.next(), parts.next()) {
            // `:OLDMODE NEWMODE OLDID NEWID STATUS`. <https://git-scm.com/docs/diff-format>
            let words: Vec<&str> = record.trim_start_matches(':').split(' ').collect();
            let [old_mode, new_mode, old, new, _] = words[..] else { bail!("cannot read the change of `{path}`") };
            changes.push(FileChange { path, old: self.blob(old_mode, old)?, new: self.blob(new_mode, new)? });
        }
        Ok(changes)
    }

    fn blob(&self, mode: &str, id: &str) -> Result<Option<Blob>> {
        let bytes = match mode {
            "000000" => return Ok(None),
            // A submodule is a commit of another repository.
            "160000" => id.as_bytes().to_vec(),
            _ => git::run(&self.dir, ["cat-file", "blob", id])?,
        };
        Ok(Some(Blob { mode: mode.to_owned(), bytes }))
    }

    /// What stays the same of a patch when lines move: `git patch-id --stable`. `None` for an empty one.
    pub fn patch_id(&self, patch: &[u8]) -> Result<Option<String>> {
        let mut command = git::command(&self.dir);
        command.args(["patch-id", "--stable"]);
        let said = git::execute(command, patch)?;
        Ok(String::from_utf8_lossy(&said).split_ascii_whitespace().next().map(str::to_owned))
    }

    /// Commits a tree on top of `parent`, with the trailers by which it is recognised.
    pub fn commit(&self, parent: &str, tree: &str, message: &str, fingerprint: &str) -> Result<String> {
        let patch_id = self.patch_id(&self.diff(parent, tree)?)?.context("the patch changes nothing")?;
        let message = format!("{}\nHeal-Fingerprint: {fingerprint}\nHeal-Patch: {patch_id}\n", message.trim());
        let mut command = git::command(&self.dir);
        command.args(["commit-tree", tree, "-p", parent]);
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), COMMITTER.0).env(format!("GIT_{role}_EMAIL"), COMMITTER.1);
        }
        let id = git::execute(command, message.as_bytes())?;
        Ok(String::from_utf8_lossy(&id).trim().to_owned())
    }

    /// Looks at a commit that was fetched.
    pub fn inspect(&self, commit: &str) -> Result<Tip> {
        let format = "--format=%T%x00%P%x00%ce%x00%(trailers:key=Heal-Patch,valueonly,separator=%x2c)";
        let said = git::read(&self.dir, ["log", "-1", "--no-show-signature", format, commit])?;
        let parts: Vec<&str> = said.trim().split('\0').collect();
        let [tree, parents, committer, recorded] = parts[..] else { bail!("cannot read commit {commit}") };
        let mut tip = Tip { tree: tree.to_owned(), parent: None, patch: Vec::new(), patch_id: None };
        // More than one parent is a merge, which we never make.
        let parent = Some(parents).filter(|parents| !parents.is_empty() && !parents.contains(' '));
        if let Some(parent) = parent.filter(|_| committer == COMMITTER.1) {
            tip.patch = self.diff(parent, commit)?;
            // A person who amends the commit changes its committer or its patch.
            tip.patch_id = self.patch_id(&tip.patch)?.filter(|patch_id| patch_id == recorded);
            tip.parent = tip.patch_id.is_some().then(|| parent.to_owned());
        }
        Ok(tip)
    }
}

/// The last commit of a branch.
#[derive(Clone, Debug, PartialEq)]
pub struct Tip {
    pub tree: String,
    /// Only of a commit of ours, as it was made.
    pub parent: Option<String>,
    pub patch: Vec<u8>,
    pub patch_id: Option<String>,
}

impl Tip {
    pub fn is_ours(&self) -> bool {
        self.parent.is_some()
    }
}

/// What became of a push.
#[derive(Clone, Debug, PartialEq)]
pub enum Pushed {
    Done,
    /// The branch is not (any more) at the commit that was expected.
    Raced,
    /// Refused for good, in the words of the server.
    Refused(String),
}

impl super::GitHub {
    /// The commit at the tip of a remote branch.
    pub(super) fn remote_tip(&self, workshop: &Workshop, branch: &str) -> Result<Option<String>> {
        let name = format!("refs/heads/{branch}");
        let listed = self.remote(workshop, &["ls-remote", "--refs", &self.context.clone_url(), &name])?;
        let Ok(listed) = listed else { bail!("cannot ask GitHub for `{branch}`: {}", listed.unwrap_err()) };
        let tip = listed.lines().find_map(|line| line.split_once('\t').filter(|(_, found)| *found == name));
        Ok(tip.map(|(id, _)| id.to_owned()))
    }

    /// The commit at the tip of the branch that a fix is for, with its files; `None` when there is no such branch.
    pub fn fetch_base(&self, workshop: &Workshop, branch: &str) -> Result<Option<String>> {
        let Some(tip) = self.remote_tip(workshop, branch)? else { return Ok(None) };
        self.ensure(workshop, &tip)?;
        Ok(Some(tip))
    }

    /// Fetches a commit that the user's repository does not have.
    pub(super) fn ensure(&self, workshop: &Workshop, commit: &str) -> Result<()> {
        if git::try_run(workshop.dir(), ["cat-file", "-e", &format!("{commit}^{{tree}}")])?.success() {
            return Ok(());
        }
        let url = self.context.clone_url();
        let fetch = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--depth=1", &url, commit];
        self.remote(workshop, &fetch)?.map(drop).map_err(|said| anyhow::anyhow!("cannot fetch {commit}: {said}"))
    }

    /// Fetches a branch's tip and its parent, and looks at it.
    pub(super) fn fetch_tip(&self, workshop: &Workshop, commit: &str) -> Result<Tip> {
        let url = self.context.clone_url();
        let fetch = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--depth=2", &url, commit];
        let fetched = self.remote(workshop, &fetch)?;
        if let Err(said) = fetched {
            bail!("cannot fetch {commit}: {said}");
        }
        workshop.inspect(commit)
    }

    /// Pushes `commit`, only if the branch is at `expected` (`None`: is not there).
    pub(super) fn push(
        &self,
        workshop: &Workshop,
        commit: &str,
        branch: &str,
        expected: Option<&str>,
    ) -> Result<Pushed> {
        if !is_ours(branch) {
            bail!("`{branch}` is not a branch of ours: nothing is pushed to it");
        }
        let name = format!("refs/heads/{branch}");
        let lease = format!("--force-with-lease={name}:{}", expected.unwrap_or_default());
        let refspec = format!("{commit}:{name}");
        let url = self.context.clone_url();
        let said = match self.remote(workshop, &["push", "--porcelain", "--no-verify", &lease, &url, &refspec])? {
            Ok(_) => return Ok(Pushed::Done),
            Err(said) => said,
        };
        Ok(match self.remote_tip(workshop, branch)? {
            // The reply was lost, or another run pushed the same.
            Some(tip) if tip == commit => Pushed::Done,
            tip if tip.as_deref() != expected => Pushed::Raced,
            _ => Pushed::Refused(said),
        })
    }

    /// Runs git against GitHub with the token that we were given and no other. `Err` holds what git said last.
    fn remote(&self, workshop: &Workshop, args: &[&str]) -> Result<Result<String, String>> {
        let mut said = String::new();
        for attempt in 0..3 {
            if attempt > 0 {
                self.gh.back_off(attempt);
            }
            let finished = proc::run(self.remote_command(workshop, args), &gh::remote_limits(300))?;
            if finished.success() {
                return Ok(Ok(finished.stdout_text()));
            }
            let both = format!("{}\n{}", finished.stdout_text(), finished.stderr_text());
            said = self.gh.redact(&complaint(&both));
            if !is_passing(&both) {
                break;
            }
        }
        Ok(Err(said))
    }

    fn remote_command(&self, workshop: &Workshop, args: &[&str]) -> Command {
        let mut command = git::command(workshop.dir());
        let url = self.context.clone_url();
        // A header that a checkout left behind beats every credential helper; empty ones take it away, at each level at
        // which it may be written. <https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpextraHeader>
        let root = format!("https://{}/", self.context.host);
        let levels = ["http.extraHeader=".to_owned()].into_iter();
        let levels = levels.chain([&root, &url].map(|at| format!("http.{at}.extraHeader=")));
        let helper = self.gh.program().to_string_lossy().replace('\'', "'\\''");
        let helper = format!("credential.helper=!'{helper}' auth git-credential");
        let settings = levels.chain(["core.askPass=".into(), "credential.helper=".into(), helper]);
        for setting in settings {
            command.args(["-c", &setting]);
        }
        command.args(args);
        self.gh.lend_token(&mut command);
        command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0").env("GIT_ASKPASS", "true");
        command
    }
}

/// The lines of git's output that say why.
fn complaint(said: &str) -> String {
    let telling = |line: &&str| {
        let line = line.trim_start();
        ["remote:", "fatal:", "error:", "!"].iter().any(|start| line.starts_with(start))
    };
    let lines: Vec<&str> = said.lines().filter(telling).take(6).map(str::trim).collect();
    let text = if lines.is_empty() { said.trim().to_owned() } else { lines.join("; ") };
    text.chars().filter(|c| !c.is_control()).take(600).collect()
}

/// Whether trying again may help: the connection failed, or the server did.
fn is_passing(said: &str) -> bool {
    ["Could not resolve", "onnection", "timed out", "returned error: 5", "early EOF", "hung up", "RPC failed"]
        .iter()
        .any(|sign| said.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_prefix_is_ours() {
        for branch in
            ["main", "heal", "heal/", "health/x", "heal/../main", "refs/heads/heal/x", "heal/x y", "heal/-/.a"]
        {
            assert!(!is_ours(branch), "{branch}");
        }
    }

    #[test]
    fn says_why() {
        let said = "To https://x\n!\tabc:refs/heads/heal/x\t[remote rejected] (permission denied)\nDone\n\
                    remote: Permission to o/r.git denied to github-actions[bot].\nhint: nothing\n";
        assert_eq!(
            complaint(said),
            "!abc:refs/heads/heal/x[remote rejected] (permission denied); remote: Permission to o/r.git denied to \
             github-actions[bot]."
        );
        assert_eq!(complaint("odd\n"), "odd");
    }

    #[test]
    fn knows_a_fault_that_passes() {
        assert!(is_passing("fatal: unable to access: Could not resolve host: github.com"));
        assert!(is_passing("error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502"));
        assert!(!is_passing("remote: Permission to o/r.git denied"));
    }
}
