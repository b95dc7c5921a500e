//! The run's scratch folder and the repositories in it. Nothing of the user's checkout is written here or there: objects
//! are borrowed (alternates), everything else is ours, and what a killed run left is swept by the next one.
//!
//! Layout of a run's folder:
//!
//! - `lock`: held for as long as the run lives; a folder whose lock is free belongs to nobody any more.
//! - `git/N`: the repository of test N. Out of reach of the agent and of the code that it writes, since a
//!   configuration that they wrote would run programs when git reads it.
//! - `room/`: all that they may write: the work trees, homes and outputs.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::commit_message::COMMITTER;
use crate::gate::{Blob, FileChange};
use crate::tools::git::{self, Repository};

const PREFIX: &str = "cargo-heal-";
const LOCK: &str = "lock";

/// How often a folder is made that a sweeper takes away before its lock is held.
const TRIES: u32 = 10;

/// Names that reconfigure an agent or hold secrets; they are gone from a tree before an agent starts, wherever they lie.
const NEUTRALISED: [&str; 11] = [
    ".opencode",
    "opencode.json",
    "opencode.jsonc",
    "AGENTS.md",
    "CLAUDE.md",
    "CONTEXT.md",
    ".claude",
    ".agents",
    ".cursorrules",
    ".mcp.json",
    ".npmrc",
];

/// Is this path, or a folder above it, one that no agent may see?
pub fn is_neutralised(path: &str) -> bool {
    path.split('/').any(|name| NEUTRALISED.contains(&name) || name == ".env" || name.starts_with(".env."))
}

/// The folder of one run. Dropping it removes everything.
pub struct Scratch {
    dir: tempfile::TempDir,
    _lock: File,
}

impl Scratch {
    /// Makes the folder, after sweeping those of runs that died. `parent` is the system's temporary folder.
    pub fn create(parent: &Path) -> Result<Scratch> {
        sweep(parent);
        for _ in 0..TRIES {
            let dir = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent);
            let dir = dir.with_context(|| format!("cannot make a scratch folder in `{}`", parent.display()))?;
            // A sweeper that comes before the lock is held takes the folder away: then another is made.
            let Some(lock) = locked(dir.path())? else { continue };
            for name in ["git", "room"] {
                fs::create_dir(dir.path().join(name))?;
            }
            return Ok(Scratch { dir, _lock: lock });
        }
        bail!("cannot keep a scratch folder in `{}`: it is swept at once", parent.display())
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// All that the agent and its code may write.
    pub fn room(&self) -> PathBuf {
        self.dir.path().join("room")
    }

    /// A folder below the room, made if it is not there.
    pub fn folder(&self, name: &str) -> Result<PathBuf> {
        let path = self.room().join(name);
        fs::create_dir_all(&path)?;
        Ok(path)
    }
}

/// The lock of a new folder; `None` if a sweeper was faster.
fn locked(dir: &Path) -> Result<Option<File>> {
    let lock = match File::create_new(dir.join(LOCK)) {
        Ok(lock) => lock,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).context("cannot make the lock of the scratch folder"),
    };
    match lock.try_lock() {
        // Held, but it may have been taken away just before.
        Ok(()) => Ok(dir.join(LOCK).exists().then_some(lock)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(error).context("cannot lock the scratch folder"),
    }
}

/// Removes the folders of runs that are dead. What cannot be removed stays for the next sweep.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        // Anybody may make a folder here. To open a pipe would wait for ever.
        let lock = path.join(LOCK);
        let is_odd = lock.symlink_metadata().is_ok_and(|metadata| !metadata.is_file());
        if !(ours && is_dir) || is_odd {
            continue;
        }
        match File::open(lock) {
            Ok(lock) if lock.try_lock().is_ok() => drop(fs::remove_dir_all(&path)),
            Ok(_) => {}
            // Its run died before it had a lock: then it is empty. One with anything in it is not touched.
            Err(_) => drop(fs::remove_dir(&path)),
        }
    }
}

/// What is healed: a commit of the user's repository, or the checkout as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Tested {
    /// The commit that the work is based on.
    pub commit: String,
    /// The tree that is tested: the commit's, or that of the dirty checkout (which exists only in scratch repositories).
    pub tree: String,
    /// The checkout differs from the commit in a way that a branch would have to carry: only a patch can be given.
    pub dirty: bool,
}

/// A repository that borrows the user's objects and shares nothing else with it.
pub struct ScratchRepository {
    git_dir: PathBuf,
    excluded: Vec<String>,
}

impl ScratchRepository {
    /// Makes `git/NAME` in the run's folder. `lent` are paths (relative to the root) that git must not see there;
    /// `also` is another scratch repository whose objects are needed, such as that of a captured checkout.
    pub fn create(
        scratch: &Scratch,
        name: &str,
        user: &Repository,
        lent: &[String],
        also: Option<&ScratchRepository>,
    ) -> Result<ScratchRepository> {
        let git_dir = scratch.path().join("git").join(name);
        git::run(scratch.path(), ["init", "--quiet", "--bare", &git_dir.to_string_lossy()])?;
        let common = user.common_dir()?;
        let objects = fs::canonicalize(common.join("objects")).context("the repository has no objects folder")?;
        let mut alternates = format!("{}\n", objects.display());
        if let Some(also) = also {
            alternates.push_str(&format!("{}\n", also.git_dir.join("objects").display()));
        }
        fs::write(git_dir.join("objects/info/alternates"), alternates)?;
        // A shallow clone says in this file where its history ends; without it git would look for what is not there.
        if common.join("shallow").exists() {
            fs::copy(common.join("shallow"), git_dir.join("shallow"))?;
        }
        let mut exclude = fs::read_to_string(common.join("info/exclude")).unwrap_or_default();
        for folder in lent {
            exclude.push_str(&format!("\n/{folder}"));
        }
        exclude.push('\n');
        fs::create_dir_all(git_dir.join("info"))?;
        fs::create_dir_all(git_dir.with_extension("empty"))?;
        fs::write(git_dir.join("info/exclude"), exclude)?;
        Ok(ScratchRepository { git_dir, excluded: lent.to_vec() })
    }

    fn command(&self, work_tree: Option<&Path>, index: &str) -> Command {
        // Some verbs insist on a work tree even where they only move index entries; an empty folder serves.
        let empty = self.git_dir.with_extension("empty");
        let work_tree = work_tree.unwrap_or(&empty);
        let mut command = git::command(work_tree);
        command.env("GIT_DIR", &self.git_dir).env("GIT_INDEX_FILE", self.git_dir.join(index));
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        // The bytes are what counts: no line-end conversion between a tree and its files.
        command.env("GIT_CONFIG_COUNT", "2");
        command.env("GIT_CONFIG_KEY_0", "core.autocrlf").env("GIT_CONFIG_VALUE_0", "false");
        command.env("GIT_CONFIG_KEY_1", "core.bare").env("GIT_CONFIG_VALUE_1", "false");
        command.env("GIT_WORK_TREE", work_tree);
        command
    }

    fn git(&self, work_tree: Option<&Path>, index: &str, args: &[&str]) -> Result<Vec<u8>> {
        let mut command = self.command(work_tree, index);
        command.args(args);
        git::execute(command, &[])
    }

    fn text(&self, args: &[&str]) -> Result<String> {
        Ok(String::from_utf8_lossy(&self.git(None, "index", args)?).trim().to_owned())
    }

    /// Captures the user's checkout as it stands (tracked changes, untracked files that are not ignored) as a tree of
    /// this repository. The user's index is not read, written or locked.
    pub fn capture_checkout(&self, user: &Repository, commit: &str) -> Result<String> {
        self.git(None, "index", &["read-tree", commit])?;
        self.git(Some(&user.root), "index", &["add", "--all", "--", "."])?;
        self.text(&["write-tree"])
    }

    /// Writes a tree's files into a new folder, with a repository of its own in it so that programs that look for
    /// the work tree's root find this folder and nothing else.
    pub fn check_out(&self, tree: &str, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder.parent().unwrap_or(folder))?;
        // One that is there already could be a link, or hold a configuration of git.
        fs::create_dir(folder).with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
        self.git(Some(folder), "checkout-index", &["read-tree", tree])?;
        self.git(Some(folder), "checkout-index", &["checkout-index", "--all", "--force"])?;
        git::run(folder, ["init", "--quiet", "--template="])?;
        Ok(())
    }

    /// Takes what would steer or betray an agent out of a work tree that was checked out from `tree`, and returns the
    /// tree that is left.
    pub fn neutralise(&self, tree: &str, folder: &Path) -> Result<String> {
        let listing = self.git(None, "index", &["ls-tree", "-r", "-z", "--name-only", tree])?;
        let gone: Vec<String> = git::entries(&listing).into_iter().filter(|path| is_neutralised(path)).collect();
        for path in &gone {
            let _ = fs::remove_file(folder.join(path));
        }
        // Folders that are empty now would still be looked into.
        for path in &gone {
            let mut parent = Path::new(path).parent();
            while let Some(dir) = parent.filter(|dir| !dir.as_os_str().is_empty()) {
                if fs::remove_dir(folder.join(dir)).is_err() {
                    break;
                }
                parent = dir.parent();
            }
        }
        // Links that lead out of the tree are doors for a reader; the agent needs none of them.
        let mut removed = gone;
        for (path, mode) in self.modes(tree)? {
            if mode == "120000" && escapes(folder, &path) {
                let _ = fs::remove_file(folder.join(&path));
                removed.push(path);
            }
        }
        self.git(None, "agent", &["read-tree", tree])?;
        let mut command = self.command(None, "agent");
        command.args(["update-index", "-z", "--force-remove", "--stdin"]);
        git::execute(command, join_nul(&removed).as_bytes())?;
        Ok(String::from_utf8_lossy(&self.git(None, "agent", &["write-tree"])?).trim().to_owned())
    }

    fn modes(&self, tree: &str) -> Result<Vec<(String, String)>> {
        let listing = self.git(None, "index", &["ls-tree", "-r", "-z", tree])?;
        let parsed = git::entries(&listing).into_iter().filter_map(|entry| {
            let (meta, path) = entry.split_once('\t')?;
            Some((path.to_owned(), meta.split(' ').next()?.to_owned()))
        });
        Ok(parsed.collect())
    }

    /// The paths in which a work tree differs from `tree`: modified, deleted, added and not ignored.
    pub fn changed_paths(&self, tree: &str, folder: &Path) -> Result<Vec<String>> {
        self.git(Some(folder), "status", &["read-tree", tree])?;
        // Not into submodules: for that git starts itself in there, with a configuration that others could write.
        let listing = self.git(
            Some(folder),
            "status",
            &["status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=dirty"],
        )?;
        // The index is the tree, so HEAD (there is none) makes every path "added"; only the second column counts.
        let entries = git::entries(&listing).into_iter().filter_map(|entry| {
            let (code, path) = (entry.get(..2)?, entry.get(3..)?);
            (!code.ends_with(' ')).then(|| path.to_owned())
        });
        let mut paths: Vec<String> = entries.filter(|path| !self.excluded.contains(path)).collect();
        paths.sort();
        paths.dedup();
        Ok(paths)
    }

    /// `tree` with the named paths as they are in the work tree: the tree that would be committed.
    pub fn with_changes(&self, tree: &str, folder: &Path, paths: &[String]) -> Result<String> {
        self.git(None, "commit", &["read-tree", tree])?;
        let mut command = self.command(Some(folder), "commit");
        command.args(["update-index", "--add", "--remove", "-z", "--stdin"]);
        git::execute(command, join_nul(paths).as_bytes())?;
        Ok(String::from_utf8_lossy(&self.git(None, "commit", &["write-tree"])?).trim().to_owned())
    }

    /// What differs between two trees, with both texts.
    pub fn changes(&self, old: &str, new: &str) -> Result<Vec<FileChange>> {
        let raw = self.git(None, "index", &["diff-tree", "-r", "-z", "--no-renames", old, new])?;
        let mut fields = git::entries(&raw).into_iter();
        let mut changes = Vec::new();
        while let (Some(meta), Some(path)) = (fields.next(), fields.next()) {
            let parts: Vec<&str> = meta.trim_start_matches(':').split(' ').collect();
            let [old_mode, new_mode, old_id, new_id, _] = parts[..] else { bail!("git diff-tree said `{meta}`") };
            changes.push(FileChange { path, old: self.blob(old_mode, old_id)?, new: self.blob(new_mode, new_id)? });
        }
        Ok(changes)
    }

    fn blob(&self, mode: &str, id: &str) -> Result<Option<Blob>> {
        Ok(match mode {
            "000000" => None,
            // A submodule's "content" is a commit that we do not have.
            "160000" => Some(Blob { mode: mode.to_owned(), bytes: id.as_bytes().to_vec() }),
            _ => Some(Blob { mode: mode.to_owned(), bytes: self.git(None, "index", &["cat-file", "blob", id])? }),
        })
    }

    /// One file of a tree, or `None`.
    pub fn file(&self, tree: &str, path: &str) -> Result<Option<Vec<u8>>> {
        let mut command = self.command(None, "index");
        command.args(["cat-file", "blob", &format!("{tree}:{path}")]);
        Ok(git::execute(command, &[]).ok())
    }

    /// The difference of two trees as a patch that `git apply` takes.
    pub fn patch(&self, old: &str, new: &str) -> Result<Vec<u8>> {
        self.git(None, "index", &["diff-tree", "-r", "-p", "--binary", "--no-ext-diff", "--no-renames", old, new])
    }

    /// A tree with a patch put onto it, if it fits there without a conflict.
    pub fn apply(&self, onto: &str, patch: &[u8]) -> Result<Option<String>> {
        self.git(None, "transplant", &["read-tree", onto])?;
        let mut command = self.command(None, "transplant");
        command.args(["apply", "--cached", "-"]);
        if git::execute(command, patch).is_err() {
            return Ok(None);
        }
        Ok(Some(String::from_utf8_lossy(&self.git(None, "transplant", &["write-tree"])?).trim().to_owned()))
    }

    /// Puts the difference of two trees onto a third, if it fits there without a conflict.
    pub fn transplant(&self, old: &str, new: &str, onto: &str) -> Result<Option<String>> {
        if old == onto { Ok(Some(new.to_owned())) } else { self.apply(onto, &self.patch(old, new)?) }
    }

    /// The tree of a commit.
    pub fn tree_of(&self, commit: &str) -> Result<String> {
        self.text(&["rev-parse", "--verify", &format!("{commit}^{{tree}}")])
    }

    /// Commits a tree on top of `parent` and returns the commit's id. Signing and hooks of the user are not used.
    pub fn commit(&self, tree: &str, parent: &str, message: &str) -> Result<String> {
        let mut command = self.command(None, "index");
        command.args(["commit-tree", tree, "-p", parent, "-F", "-"]);
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), COMMITTER.0).env(format!("GIT_{role}_EMAIL"), COMMITTER.1);
        }
        let id = git::execute(command, message.as_bytes())?;
        Ok(String::from_utf8_lossy(&id).trim().to_owned())
    }

    /// Names a commit in this repository, so that it can be fetched or pushed from here.
    pub fn set_branch(&self, branch: &str, commit: &str) -> Result<()> {
        self.git(None, "index", &["update-ref", &format!("refs/heads/{branch}"), commit]).map(drop)
    }

    /// Brings a branch of this repository into the user's, under the same name. It is the one thing that is ever written
    /// there, and only when a branch was asked for.
    pub fn deliver(&self, branch: &str, user: &Repository) -> Result<()> {
        let refspec = format!("+refs/heads/{branch}:refs/heads/{branch}");
        let source = self.git_dir.to_string_lossy().into_owned();
        let args =
            ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", &source, &refspec];
        user.run(args).map(drop).with_context(|| format!("cannot write the branch `{branch}`"))
    }
}

fn join_nul(paths: &[String]) -> String {
    paths.iter().map(|path| format!("{path}\0")).collect()
}

fn escapes(folder: &Path, path: &str) -> bool {
    let link = folder.join(path);
    match (fs::canonicalize(&link), fs::canonicalize(folder)) {
        (Ok(target), Ok(root)) => !target.starts_with(root),
        // A dangling link may come to life with a file that the agent writes.
        _ => true,
    }
}

/// The ignored folders that tests need and git does not have: `node_modules` and the like, wherever they lie, relative
/// to the root. `names` are folder names or paths as `link` gives them.
pub fn lendable(user: &Repository, names: &[String]) -> Result<Vec<String>> {
    let listing = user.run(["ls-files", "-z", "--others", "--directory", "--no-empty-directory"])?;
    let mut folders = BTreeMap::new();
    for entry in git::entries(&listing) {
        let Some(path) = entry.strip_suffix('/') else { continue };
        let name = path.rsplit('/').next().unwrap_or(path);
        if names.iter().any(|wanted| wanted == name || wanted == path) {
            folders.insert(path.to_owned(), ());
        }
    }
    // `node_modules` as a link (a worktree that shares it) is listed as a file, and a file may be lent by its name.
    for name in names.iter().filter(|name| user.root.join(name).exists()) {
        if !user.run(["ls-files", "-z", "--", name]).is_ok_and(|tracked| !tracked.is_empty()) {
            folders.insert(name.clone(), ());
        }
    }
    Ok(folders.into_keys().collect())
}

/// Lends folders of the user's checkout to a work tree, as links; the sandbox makes them read-only.
pub fn lend(user: &Repository, folders: &[String], tree: &Path) -> Result<()> {
    for folder in folders {
        let link = tree.join(folder);
        if let Some(parent) = link.parent() {
            fs::create_dir_all(parent)?;
        }
        if link.symlink_metadata().is_err() {
            std::os::unix::fs::symlink(user.root.join(folder), &link)
                .with_context(|| format!("cannot lend `{folder}` to the scratch tree"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sweeps_what_died_at_any_moment_and_nothing_else() {
        let parent = tempfile::tempdir().unwrap();
        let alive = Scratch::create(parent.path()).unwrap();
        fs::create_dir(parent.path().join("cargo-heal-of-a-stranger")).unwrap();
        fs::write(parent.path().join("cargo-heal-of-a-stranger/notes.txt"), "").unwrap();
        #[cfg(target_os = "linux")] // rustix makes none on macOS
        let pipe = parent.path().join("cargo-heal-of-a-stranger/lock");
        #[cfg(target_os = "linux")]
        rustix::fs::mkfifoat(rustix::fs::CWD, pipe, rustix::fs::Mode::RWXU).unwrap();
        for (name, file) in [
            ("cargo-heal-before-its-lock", None),
            ("cargo-heal-dead", Some("lock")),
            ("cargo-heal-of-a-person", Some("notes.txt")),
            ("other", None),
        ] {
            fs::create_dir(parent.path().join(name)).unwrap();
            if let Some(file) = file {
                fs::write(parent.path().join(name).join(file), "").unwrap();
            }
        }
        let next = Scratch::create(parent.path()).unwrap();
        let mut left: Vec<_> = fs::read_dir(parent.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        left.sort();
        let mut expected = vec![alive.path().to_owned(), next.path().to_owned()];
        expected.extend(
            ["cargo-heal-of-a-person", "cargo-heal-of-a-stranger", "other"].map(|name| parent.path().join(name)),
        );
        expected.sort();
        assert_eq!(left, expected);
    }

    #[test]
    fn git_runs_nothing_that_lies_in_a_work_tree() {
        let yard = tempfile::tempdir().unwrap();
        let user = Repository { root: yard.path().join("user") };
        fs::create_dir(&user.root).unwrap();
        user.run(["init", "--quiet", "--template="]).unwrap();
        // A submodule: its folder is empty when it is checked out.
        let link = format!("160000,{},tests/sub", "1".repeat(40));
        user.run(["update-index", "--add", "--cacheinfo", &link]).unwrap();
        let who = ["-c", "user.name=A", "-c", "user.email=a@example.invalid"];
        user.run(who.into_iter().chain(["commit", "--quiet", "--message=x"])).unwrap();
        let scratch = Scratch::create(yard.path()).unwrap();
        let repository = ScratchRepository::create(&scratch, "0", &user, &[], None).unwrap();
        let tree = repository.tree_of(&user.commit("HEAD").unwrap().unwrap()).unwrap();
        let folder = scratch.room().join("0/agent");
        repository.check_out(&tree, &folder).unwrap();

        let (sub, ran) = (folder.join("tests/sub"), yard.path().join("ran"));
        git::run(&sub, ["init", "--quiet", "--template="]).unwrap();
        fs::write(sub.join("a"), "a").unwrap();
        git::run(&sub, ["add", "a"]).unwrap();
        git::run(&sub, who.into_iter().chain(["commit", "--quiet", "--message=x"])).unwrap();
        git::run(&sub, ["config", "filter.x.clean", &format!("touch '{}'; cat", ran.display())]).unwrap();
        git::run(&sub, ["config", "core.fsmonitor", &format!("touch '{}'; false", ran.display())]).unwrap();
        fs::write(sub.join(".gitattributes"), "* filter=x\n").unwrap();
        fs::write(sub.join("a"), "other").unwrap();
        let changed = repository.changed_paths(&tree, &folder).unwrap();
        assert_eq!(changed, ["tests/sub"], "the gate must see it");
        repository.with_changes(&tree, &folder, &changed).unwrap();
        assert!(!ran.exists());
        // Where something is already, no tree is written.
        assert!(repository.check_out(&tree, &folder).is_err());
    }

    #[test]
    fn many_runs_that_start_at_once_all_keep_their_folders() {
        let parent = tempfile::tempdir().unwrap();
        let start = || (0..20).map(|_| Scratch::create(parent.path()).unwrap()).collect::<Vec<_>>();
        let kept: Vec<_> = std::thread::scope(|scope| {
            let runs: Vec<_> = (0..4).map(|_| scope.spawn(start)).collect();
            runs.into_iter().flat_map(|run| run.join().unwrap()).collect()
        });
        assert!(kept.len() == 80 && kept.iter().all(|scratch| scratch.room().is_dir()));
    }
}
