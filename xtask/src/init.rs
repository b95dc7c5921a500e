//! `cargo heal init DIR`: embeds the xtask and the workflows into another repository.
//!
//! It adds what is missing and changes nothing that exists; what only a person can do (to join a manifest that is there
//! already) it says, to the line. It follows no symbolic link and works for a program that was moved away from its
//! sources, since it carries them.

mod remaining;

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::error::{Exit, Failure};
use crate::tools::git::Repository;
use crate::ui::{Row, Tone, Ui};

/// Every file, by its path in the other repository. Made by the build script.
static EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// For a repository that has no manifest.
const MANIFEST: &str = "\
[workspace]
members = [\"xtask\"]
resolver = \"3\"

# What is set here holds for every run; `cargo heal --help` names the keys.
# [workspace.metadata.heal]
# site = \"A Drupal site that sells books\"
";

const IGNORED: &str = "/target\n";

/// Written last: where it lies, the xtask is complete.
const PACKAGE: &str = "xtask/Cargo.toml";

/// What became of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Added,
    /// There already, the same to the byte.
    Same,
    /// There already, and another: left as it is.
    Differs,
    /// Behind a symbolic link, or where a folder is a file: left as it is.
    Blocked,
}

/// # Errors
/// When DIR is no folder, lies below a repository's root, or cannot be written.
pub fn run(dir: &Path, cwd: &Path, ui: &Ui) -> Result<Exit> {
    let root = root_of(&cwd.join(dir))?;
    let before = remaining::Before::look(&root);
    let mut fates: Vec<(&str, Fate)> = Vec::new();
    let xtask = whose_xtask(&root);
    for (path, content) in files(&before) {
        let fate = match xtask {
            // Half of this version among the files of another would be neither.
            Xtask::Other | Xtask::OtherVersion if path.starts_with("xtask/") => Fate::Differs,
            _ => add(&root, path, content)?,
        };
        fates.push((path, fate));
    }
    show(&root, &fates, ui);
    let mut left = remaining::steps(&before);
    left.splice(0..0, unfinished(xtask, &fates));
    ui.line("");
    ui.line("Left to do by hand:");
    for (number, step) in left.iter().enumerate() {
        ui.line("");
        for (at, line) in step.lines().enumerate() {
            let lead = if at == 0 { format!("{:>2}. ", number + 1) } else { "    ".into() };
            ui.line(format!("{lead}{line}").trim_end());
        }
    }
    Ok(Exit::Ok)
}

/// The folder without symbolic links in its own path.
fn root_of(dir: &Path) -> Result<PathBuf> {
    let root = fs::canonicalize(dir)
        .map_err(|error| Failure::usage(format!("cannot open `{}`: {error}", dir.display())))
        .map_err(|failure| failure.hint("name the folder of a repository that exists"))?;
    if !root.is_dir() {
        return Err(Failure::usage(format!("`{}` is not a folder", root.display())).into());
    }
    if let Some(repository) = Repository::containing(&root)?
        && fs::canonicalize(&repository.root)? != root
    {
        let message = format!("`{}` is not the root of its repository", root.display());
        let hint = format!("name that: cargo heal init {}", repository.root.display());
        return Err(Failure::usage(message).hint(hint).into());
    }
    Ok(root)
}

/// Every file to write, the one that completes the xtask last.
fn files(before: &remaining::Before) -> Vec<(&'static str, &'static [u8])> {
    let mut files: Vec<(&str, &[u8])> = EMBEDDED.to_vec();
    files.push(("Cargo.toml", MANIFEST.as_bytes()));
    files.push((".gitignore", IGNORED.as_bytes()));
    // Cargo reads the older name first, if both are there.
    files.retain(|(path, _)| *path != ".cargo/config.toml" || !before.has_old_config);
    files.sort_by_key(|(path, _)| *path == PACKAGE);
    files
}

/// Whose the folder `xtask/` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Xtask {
    /// Not there yet, or this very version, complete or not.
    Ours,
    OtherVersion,
    Other,
}

fn whose_xtask(root: &Path) -> Xtask {
    let Ok(found) = fs::read(root.join(PACKAGE)) else { return Xtask::Ours };
    let ours = EMBEDDED.iter().find(|(path, _)| *path == PACKAGE).map(|(_, content)| *content);
    let names_us = String::from_utf8_lossy(&found).contains(env!("CARGO_PKG_DESCRIPTION"));
    match () {
        () if ours == Some(&found[..]) => Xtask::Ours,
        () if names_us => Xtask::OtherVersion,
        () => Xtask::Other,
    }
}

/// Writes one file unless something is there.
fn add(root: &Path, path: &str, content: &[u8]) -> Result<Fate> {
    let cannot = || format!("cannot write `{}`", root.join(path).display());
    let mut at = root.to_owned();
    let parts: Vec<&str> = path.split('/').collect();
    for (index, part) in parts.iter().enumerate() {
        at.push(part);
        let is_last = index + 1 == parts.len();
        match fs::symlink_metadata(&at) {
            Ok(metadata) if metadata.is_dir() && !is_last => {}
            Ok(metadata) if metadata.is_file() && is_last => {
                let same = fs::read(&at).with_context(cannot)? == content;
                return Ok(if same { Fate::Same } else { Fate::Differs });
            }
            Ok(_) => return Ok(Fate::Blocked),
            Err(error) if error.kind() == ErrorKind::NotFound && !is_last => {
                fs::create_dir(&at).with_context(cannot)?
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(cannot),
        }
    }
    // Whole or not at all, and never in the place of a file that came up meanwhile.
    let folder = at.parent().unwrap_or(root);
    let mut file = tempfile::Builder::new().permissions(readable()).tempfile_in(folder).with_context(cannot)?;
    file.write_all(content).with_context(cannot)?;
    match file.persist_noclobber(&at) {
        Ok(_) => Ok(Fate::Added),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(Fate::Differs),
        Err(error) => Err(error.error).with_context(cannot),
    }
}

fn readable() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    fs::Permissions::from_mode(0o644)
}

/// A row for each file, and one for all of `xtask/` that share a fate.
fn show(root: &Path, fates: &[(&str, Fate)], ui: &Ui) {
    let mut groups: Vec<((&str, Fate), usize)> = Vec::new();
    for (path, fate) in fates {
        let folder = if path.starts_with("xtask/") { "xtask/" } else { path };
        match groups.iter_mut().find(|(group, _)| *group == (folder, *fate)) {
            Some((_, count)) => *count += 1,
            None => groups.push(((folder, *fate), 1)),
        }
    }
    ui.line(&root.display().to_string());
    let rows: Vec<Row> = groups
        .into_iter()
        .map(|((path, fate), count)| {
            let (tone, word, why) = match fate {
                Fate::Added => (Tone::Good, "added", ""),
                Fate::Same => (Tone::Quiet, "there", ""),
                Fate::Differs => (Tone::Doubtful, "left", "it was there already"),
                Fate::Blocked => (Tone::Bad, "left", "a symbolic link, or no plain file or folder"),
            };
            let path = if count > 1 { format!("{path} ({count} files)") } else { path.to_owned() };
            Row::new(tone, [format!("  {word}"), path, why.to_owned()])
        })
        .collect();
    ui.table(&rows);
}

/// What could not be added, and what to do about it.
fn unfinished(xtask: Xtask, fates: &[(&str, Fate)]) -> Vec<String> {
    let mut steps = Vec::new();
    match xtask {
        Xtask::Ours => {}
        Xtask::OtherVersion => {
            steps
                .push("xtask/ is another version, or was edited. To replace it: remove it, and run this again.".into());
        }
        Xtask::Other => steps.push("xtask/ is a crate of yours. Rename it, then run this again.".into()),
    }
    let of = |wanted: Fate| fates.iter().filter(move |(_, fate)| *fate == wanted).map(|(path, _)| *path);
    if let Some(path) = of(Fate::Blocked).next() {
        let others = of(Fate::Blocked).count() - 1;
        let and = if others > 0 { format!(" and {others} more") } else { String::new() };
        steps.push(format!(
            "`{path}`{and} cannot be added: put plain folders in the place of links, and run this again."
        ));
    }
    let workflows: Vec<&str> = of(Fate::Differs).filter(|path| path.starts_with(".github/")).collect();
    if !workflows.is_empty() {
        let list = workflows.join("\n");
        steps.push(format!(
            "These were there already and differ from what this version would add; compare them:\n{list}"
        ));
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carries_everything_that_the_package_is_built_from() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let listed = crate::tools::git::run(folder, ["ls-files", "-z", "--cached", "."]).unwrap();
        let mut wanted: Vec<String> = crate::tools::git::entries(&listed)
            .into_iter()
            .filter(|path| {
                !["tests/", "examples/", "ctrf/tests/", "ctrf/fuzz/"].iter().any(|part| path.starts_with(part))
            })
            .filter(|path| !path.ends_with(".md") && folder.join(path).exists())
            .map(|path| format!("xtask/{path}"))
            .collect();
        wanted.sort();
        let carried = |path: &String| EMBEDDED.iter().any(|(embedded, _)| embedded == path);
        assert_eq!(wanted.iter().filter(|path| !carried(path)).collect::<Vec<_>>(), Vec::<&String>::new());
        assert!(EMBEDDED.iter().all(|(path, _)| !path.contains("..") && !path.starts_with('/')));
    }

    #[test]
    fn carries_no_test_that_another_runner_would_collect() {
        let collected = |path: &&str| [".spec.", ".test.", ".cy.", "/test_"].iter().any(|sign| path.contains(sign));
        let plain = |path: &&str| !path.ends_with(".txt");
        let found: Vec<&str> = EMBEDDED.iter().map(|(path, _)| *path).filter(plain).filter(collected).collect();
        assert_eq!(found, Vec::<&str>::new());
    }

    #[test]
    fn adds_once_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert_eq!(add(root, "a/b/c", b"1").unwrap(), Fate::Added);
        assert_eq!(add(root, "a/b/c", b"1").unwrap(), Fate::Same);
        assert_eq!(add(root, "a/b/c", b"2").unwrap(), Fate::Differs);
        assert_eq!(fs::read(root.join("a/b/c")).unwrap(), b"1");
        assert_eq!(add(root, "a/b/c/d", b"").unwrap(), Fate::Blocked);
        assert_eq!(add(root, "a/b", b"").unwrap(), Fate::Blocked);
    }

    #[test]
    fn follows_no_link() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let link = |to: &Path, name: &str| std::os::unix::fs::symlink(to, folder.path().join(name)).unwrap();
        link(outside.path(), ".github");
        link(&outside.path().join("nowhere"), "Cargo.toml");
        for path in [".github/workflows/gate.yml", "Cargo.toml"] {
            assert_eq!(add(folder.path(), path, b"x").unwrap(), Fate::Blocked);
        }
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}
