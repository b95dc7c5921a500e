//! The two sides of a change, as git has them. The user's index, objects and work tree stay as they are: a copy of the
//! index and new objects live in a scratch folder.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::error::Failure;
use crate::gate::{Blob, FileChange};
use crate::settings::Environment;
use crate::tools::git::{self, Repository};

/// Where git writes instead of the repository.
struct Scratch<'r> {
    repository: &'r Repository,
    folder: TempDir,
    objects: PathBuf,
}

impl<'r> Scratch<'r> {
    fn new(repository: &'r Repository) -> Result<Scratch<'r>> {
        let folder = tempfile::tempdir().context("cannot make a scratch folder")?;
        std::fs::create_dir(folder.path().join("objects"))?;
        Ok(Scratch { repository, folder, objects: repository.common_dir()?.join("objects") })
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = git::command(&self.repository.root);
        // git reads a list that is split at colons, and takes a quoted path for one that holds them.
        let mut alternates = OsString::from("\"");
        alternates.push(self.objects.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\""));
        alternates.push("\"");
        command
            .args(args)
            .env("GIT_INDEX_FILE", self.folder.path().join("index"))
            .env("GIT_OBJECT_DIRECTORY", self.folder.path().join("objects"))
            .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", alternates);
        command
    }

    fn run(&self, args: &[&str], stdin: &[u8]) -> Result<Vec<u8>> {
        git::execute(self.command(args), stdin)
    }

    fn read(&self, args: &[&str]) -> Result<String> {
        Ok(String::from_utf8_lossy(&self.run(args, &[])?).trim().to_owned())
    }

    /// Takes the marks from the copied index by which git passes over edits (`assume-unchanged`, `skip-worktree`). A file
    /// that a sparse checkout left out keeps its mark: it is not gone.
    fn look_everywhere(&self) -> Result<()> {
        let listed = self.run(&["ls-files", "-v", "-z"], &[])?;
        let mut marked = Vec::new();
        for entry in listed.split(|byte| *byte == 0) {
            let [mark, b' ', path @ ..] = entry else { continue };
            let present = || self.repository.root.join(OsStr::from_bytes(path)).symlink_metadata().is_ok();
            if (mark.is_ascii_lowercase() || *mark == b'S') && present() {
                marked.extend_from_slice(path);
                marked.push(0);
            }
        }
        if !marked.is_empty() {
            self.run(&["update-index", "--no-assume-unchanged", "-z", "--stdin"], &marked)?;
            self.run(&["update-index", "--no-skip-worktree", "-z", "--stdin"], &marked)?;
        }
        Ok(())
    }

    /// The files in which two trees differ.
    fn compare(&self, old: &str, new: &str) -> Result<Vec<FileChange>> {
        let raw = self.run(
            &["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--end-of-options", old, new],
            &[],
        )?;
        let entries = parse_raw(&raw)?;
        let wanted: Vec<&str> = entries
            .iter()
            .flat_map(|entry| [&entry.old, &entry.new])
            .flatten()
            .filter(|(mode, _)| mode != "160000")
            .map(|(_, id)| id.as_str())
            .collect();
        let mut input = wanted.join("\n");
        input.push('\n');
        let output = if wanted.is_empty() { Vec::new() } else { self.run(&["cat-file", "--batch"], input.as_bytes())? };
        let mut blobs = parse_batch(&output, wanted.len())?.into_iter();
        let mut blob = |side: Option<(String, String)>| {
            side.map(|(mode, id)| {
                let bytes = if mode == "160000" { Some(id.into_bytes()) } else { blobs.next() };
                Ok::<Blob, anyhow::Error>(Blob { mode, bytes: bytes.context("git gave fewer files than it named")? })
            })
            .transpose()
        };
        entries
            .into_iter()
            .map(|entry| Ok(FileChange { path: entry.path, old: blob(entry.old)?, new: blob(entry.new)? }))
            .collect::<Result<Vec<_>>>()
    }

    fn head(&self) -> Result<String> {
        match self.repository.commit("HEAD")? {
            Some(commit) => Ok(commit),
            None => self.empty_tree(),
        }
    }

    fn empty_tree(&self) -> Result<String> {
        self.read(&["mktree"])
    }
}

/// What a patch would do to the checked-out commit.
pub fn of_patch(repository: &Repository, cwd: &Path, file: &Path) -> Result<Vec<FileChange>> {
    let patch = if file == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes).context("cannot read the patch from stdin")?;
        bytes
    } else {
        let path = cwd.join(file);
        std::fs::read(&path)
            .map_err(|error| Failure::usage(format!("cannot read the patch `{}`: {error}", path.display())))
            .map_err(|failure| failure.hint("name a file that `git diff` wrote, or `-` for standard input"))?
    };
    if patch.trim_ascii().is_empty() {
        return Err(Failure::usage(format!("the patch `{}` is empty", file.display())).into());
    }
    let scratch = Scratch::new(repository)?;
    let head = scratch.head()?;
    scratch.run(&["read-tree", &head], &[])?;
    let mut command = scratch.command(&["apply", "--cached", "--whitespace=nowarn", "-"]);
    command.env("GIT_WORK_TREE", &repository.root);
    if let Err(error) = git::execute(command, &patch) {
        let message = format!("the patch `{}` does not apply to the checked-out commit: {error}", file.display());
        return Err(Failure::usage(message).hint("check out the commit that the patch was made for").into());
    }
    let tree = scratch.read(&["write-tree"])?;
    scratch.compare(&head, &tree)
}

/// How the checkout as it stands differs from its base: commits, edits, and new files that are not ignored.
pub fn of_checkout(repository: &Repository, base: Option<&str>, env: &Environment) -> Result<Vec<FileChange>> {
    let base = match base {
        Some(name) => named_base(repository, name)?,
        None => default_base(repository, env)?,
    };
    let base = fork_point(repository, &base)?.unwrap_or(base);
    let scratch = Scratch::new(repository)?;
    // The copy knows which files are unchanged, so that they need not be read.
    let index = repository.root.join(repository.read(["rev-parse", "--git-path", "index"])?);
    if index.exists() {
        copy_with_time(&index, &scratch.folder.path().join("index"))
            .with_context(|| format!("cannot copy `{}`", index.display()))?;
    }
    scratch.look_everywhere()?;
    scratch.run(&["add", "--all", "--", "."], &[])?;
    let tree = scratch.read(&["write-tree"])?;
    scratch.compare(&base, &tree)
}

/// Where the checkout left its base, as far as this clone knows: what the base got since is not the change's doing. A
/// shallow clone may not know; then the change is all in which the two differ.
fn fork_point(repository: &Repository, base: &str) -> Result<Option<String>> {
    let found = git::try_run(&repository.root, ["merge-base", base, "HEAD"])?;
    Ok(found.success().then(|| found.stdout_text().trim().to_owned()))
}

/// git takes a file for unchanged only if it is older than the index: a copy that seemed younger would hide edits that
/// were made right after the commit. <https://git-scm.com/docs/racy-git>
fn copy_with_time(from: &Path, to: &Path) -> std::io::Result<()> {
    let modified = std::fs::metadata(from)?.modified()?;
    std::fs::copy(from, to)?;
    std::fs::File::options().write(true).open(to)?.set_modified(modified)
}

fn named_base(repository: &Repository, name: &str) -> Result<String> {
    for candidate in [name.to_owned(), format!("origin/{name}")] {
        if let Some(commit) = repository.commit(&candidate)? {
            return Ok(commit);
        }
    }
    match fetched(repository, name)? {
        Some(commit) => Ok(commit),
        None => Err(Failure::usage(format!("`{name}` names no commit here and no branch of `origin`"))
            .hint("name a branch, a tag or a commit that exists")
            .into()),
    }
}

/// `origin/HEAD`, else the base of the pull request, else `main` or `master`; a remote branch wins over a local one.
fn default_base(repository: &Repository, env: &Environment) -> Result<String> {
    let mut names: Vec<String> = Vec::new();
    names.extend(env.get("GITHUB_BASE_REF").map(str::to_owned));
    if names.is_empty() {
        let head = git::try_run(&repository.root, ["symbolic-ref", "--quiet", "refs/remotes/origin/HEAD"])?;
        if head.success() {
            let name = head.stdout_text();
            names.extend(name.trim().strip_prefix("refs/remotes/origin/").map(str::to_owned));
        }
    }
    names.extend(["main".to_owned(), "master".to_owned()]);
    for name in &names {
        for candidate in [format!("refs/remotes/origin/{name}"), format!("refs/heads/{name}")] {
            if let Some(commit) = repository.commit(&candidate)? {
                return Ok(commit);
            }
        }
        if let Some(commit) = fetched(repository, name)? {
            return Ok(commit);
        }
    }
    Err(Failure::usage("the default branch is not known here").hint("name it: cargo heal gate BRANCH").into())
}

/// Fetches the tip of a branch alone; `None` when there is no such remote or branch.
fn fetched(repository: &Repository, name: &str) -> Result<Option<String>> {
    let has_origin = git::try_run(&repository.root, ["remote", "get-url", "origin"])?.success();
    if !has_origin || name.starts_with('-') || name.contains([':', '+', '*', '^', '~', ' ']) {
        return Ok(None);
    }
    let fetch = ["fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "origin", name];
    if !git::try_run(&repository.root, fetch)?.success() {
        return Ok(None);
    }
    repository.commit("FETCH_HEAD")
}

struct Entry {
    path: String,
    /// Mode and object.
    old: Option<(String, String)>,
    new: Option<(String, String)>,
}

/// `:100644 100644 OLD NEW M\0path\0…`. <https://git-scm.com/docs/diff-format#_raw_output_format>
fn parse_raw(bytes: &[u8]) -> Result<Vec<Entry>> {
    let mut fields = git::entries(bytes).into_iter();
    let mut found = Vec::new();
    while let Some(head) = fields.next() {
        let words: Vec<&str> = head.trim_start_matches(':').split(' ').collect();
        let ([old_mode, new_mode, old, new, _], Some(path)) = (words.as_slice(), fields.next()) else {
            bail!("git diff-tree says what cannot be read: {head}");
        };
        let side = |mode: &str, id: &str| (mode != "000000").then(|| (mode.to_owned(), id.to_owned()));
        found.push(Entry { path, old: side(old_mode, old), new: side(new_mode, new) });
    }
    Ok(found)
}

/// `ID blob SIZE\n`, the bytes, `\n`. <https://git-scm.com/docs/git-cat-file#_batch_output>
fn parse_batch(bytes: &[u8], count: usize) -> Result<Vec<Vec<u8>>> {
    let mut rest = bytes;
    let mut found = Vec::with_capacity(count);
    for _ in 0..count {
        let end = rest.iter().position(|byte| *byte == b'\n').context("git cat-file ended early")?;
        let head = String::from_utf8_lossy(&rest[..end]).into_owned();
        let size: usize = head
            .rsplit(' ')
            .next()
            .and_then(|size| size.parse().ok())
            .with_context(|| format!("git cat-file says `{head}`"))?;
        let start = end + 1;
        let content = rest.get(start..start + size).context("git cat-file ended early")?;
        found.push(content.to_vec());
        rest = rest.get(start + size + 1..).unwrap_or_default();
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_git_prints() {
        let raw = b":100644 000000 aa 00 D\0a b.js\0:000000 120000 00 bb A\0c\0";
        let entries = parse_raw(raw).unwrap();
        let shown: Vec<_> =
            entries.iter().map(|entry| (entry.path.as_str(), entry.old.is_some(), entry.new.is_some())).collect();
        assert_eq!(shown, [("a b.js", true, false), ("c", false, true)]);
        assert!(parse_raw(b":broken\0x\0").is_err());
        assert_eq!(parse_batch(b"aa blob 3\nx\ny\nbb blob 0\n\n", 2).unwrap(), [b"x\ny".to_vec(), Vec::new()]);
        assert!(parse_batch(b"aa missing\n", 1).is_err());
        assert!(parse_batch(b"aa blob 9\nx\n", 1).is_err());
    }
}
