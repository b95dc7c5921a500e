//! Writes and checks `.opencode/config.json`, and reads the repository's agent file. What is in the configuration is
//! [`crate::opencode_config`]'s business.
//!
//! A file counts as ours if it carries the mark [`MARK`] and the digest in it fits the rest: one that a person has
//! edited since is not ours any more. opencode passes over a key that it does not know.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::error::{Exit, Failure};
use crate::opencode_config::{AGENT_FILE, AGENT_PATH, prompt_of};

pub const PATH: &str = ".opencode/config.json";

/// The key that holds the digest.
const MARK: &str = "x-cargo-heal-config";

/// Far above what we write or read.
const MAX_FILE: u64 = 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    New,
    Updated,
    Unchanged,
}

/// The text of the file.
pub fn text_of(config: &Value) -> Result<String> {
    let mut marked = config.clone();
    marked[MARK] = digest(config).into();
    Ok(serde_json::to_string_pretty(&marked)? + "\n")
}

/// Writes the file, in one step: whoever reads it sees the old or the new one.
///
/// # Errors
/// A file that is not ours, without `force`; a symbolic link on the way, always.
pub fn write(root: &Path, text: &str, force: bool) -> Result<Written> {
    let path = root.join(PATH);
    let found = read(root)?;
    match &found {
        Some(found) if found == text => return Ok(Written::Unchanged),
        Some(found) if !force && !is_ours(found) => {
            let message = format!("`{}` was written or edited by someone else", path.display());
            return Err(Failure::new(Exit::Usage, message)
                .hint("overwrite it with `cargo heal-config --force`")
                .into());
        }
        _ => {}
    }
    let folder = path.parent().unwrap_or(root);
    let cannot = || format!("cannot write `{}`", path.display());
    fs::create_dir_all(folder).with_context(cannot)?;
    let everyone_reads = fs::Permissions::from_mode(0o644);
    let mut file = tempfile::Builder::new().prefix(".config.").permissions(everyone_reads).tempfile_in(folder)?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).with_context(cannot)?;
    file.persist(&path).with_context(cannot)?;
    Ok(if found.is_some() { Written::Updated } else { Written::New })
}

/// Whether the file is what would be written.
///
/// # Errors
/// If it differs or is not there, with what to run.
pub fn check(root: &Path, text: &str) -> Result<()> {
    let path = root.join(PATH);
    let wrong = match read(root)? {
        Some(found) if found == text => return Ok(()),
        Some(_) => format!("`{}` is not what would be written now", path.display()),
        None => format!("`{}` is not there", path.display()),
    };
    Err(Failure::new(Exit::Broken, wrong).hint("run `cargo heal-config`").into())
}

/// What the agent is told: by the repository's own file if it has one.
pub fn agent_prompt(root: &Path) -> Result<String> {
    let path = root.join(AGENT_PATH);
    Ok(match read_text(&path)? {
        Some(text) => prompt_of(&text),
        None => prompt_of(AGENT_FILE),
    })
}

fn read(root: &Path) -> Result<Option<String>> {
    let path = root.join(PATH);
    for step in [path.parent().map(PathBuf::from).unwrap_or_default(), path.clone()] {
        if fs::symlink_metadata(&step).is_ok_and(|metadata| metadata.is_symlink()) {
            let message = format!("`{}` is a symbolic link, which is not followed", step.display());
            return Err(Failure::usage(message).hint("put a file or a folder in its place").into());
        }
    }
    read_text(&path)
}

/// A text file, if it is there; at most [`MAX_FILE`] bytes of it.
fn read_text(path: &Path) -> Result<Option<String>> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read `{}`", path.display())),
    };
    let mut bytes = Vec::new();
    file.take(MAX_FILE).read_to_end(&mut bytes).with_context(|| format!("cannot read `{}`", path.display()))?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

fn is_ours(text: &str) -> bool {
    let Ok(Value::Object(mut config)) = serde_json::from_str(text) else { return false };
    let mark = config.shift_remove(MARK);
    mark.as_ref().and_then(Value::as_str) == Some(digest(&Value::Object(config)).as_str())
}

fn digest(config: &Value) -> String {
    crate::digest::short(config.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::exit_of;
    use serde_json::json;
    use std::os::unix::fs::symlink;

    #[test]
    fn ours_is_replaced_and_nobody_elses() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let (old, new) = (text_of(&json!({ "a": 1 })).unwrap(), text_of(&json!({ "a": 2 })).unwrap());
        assert!(check(root, &old).is_err());
        assert_eq!(write(root, &old, false).unwrap(), Written::New);
        assert_eq!(write(root, &old, false).unwrap(), Written::Unchanged);
        check(root, &old).unwrap();
        assert_eq!(write(root, &new, false).unwrap(), Written::Updated);
        for foreign in ["{}", "not json", "", &new.replace('2', "3")] {
            fs::write(root.join(PATH), foreign).unwrap();
            assert_eq!(exit_of(&write(root, &old, false).unwrap_err()), Exit::Usage, "{foreign}");
            assert_eq!(fs::read_to_string(root.join(PATH)).unwrap(), foreign);
            assert_eq!(write(root, &old, true).unwrap(), Written::Updated);
        }
        assert_eq!(fs::read_dir(root.join(".opencode")).unwrap().count(), 1);
    }

    #[test]
    fn links_are_not_followed() {
        for link in [".opencode", PATH] {
            let (root, away) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let target = away.path().join("target");
            fs::create_dir(&target).unwrap();
            if link == PATH {
                fs::create_dir(root.path().join(".opencode")).unwrap();
            }
            symlink(&target, root.path().join(link)).unwrap();
            assert!(write(root.path(), "{}", true).unwrap_err().to_string().contains("symbolic link"));
            assert_eq!(fs::read_dir(&target).unwrap().count(), 0);
        }
    }

    #[test]
    fn the_repositorys_own_agent_file_wins() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(agent_prompt(root.path()).unwrap(), prompt_of(AGENT_FILE));
        fs::create_dir_all(root.path().join(".github/agents")).unwrap();
        fs::write(root.path().join(AGENT_PATH), "---\nname: x\n---\nOurs.\n").unwrap();
        assert_eq!(agent_prompt(root.path()).unwrap(), "Ours.");
    }
}
