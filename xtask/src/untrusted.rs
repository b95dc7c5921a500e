//! Files in folders that code of others could write. Nothing there is what it seems: a name may be a link to a file of
//! the user, a pipe that never ends, or larger than memory. What is read or written through here stays in its folder.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// More than any report of a few tests.
const MOST: u64 = 256 << 20;

/// The file behind a path, if it is an ordinary one that lies in the folder. Whoever could exchange it must have ended.
pub fn own(path: &Path, folder: &Path) -> Option<PathBuf> {
    let (path, folder) = (path.canonicalize().ok()?, folder.canonicalize().ok()?);
    let is_ordinary = path.symlink_metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MOST);
    (path.starts_with(folder) && is_ordinary).then_some(path)
}

/// The text of an ordinary file that lies in the folder.
pub fn read(path: &Path, folder: &Path) -> Option<String> {
    let mut text = String::new();
    File::open(own(path, folder)?).ok()?.take(MOST).read_to_string(&mut text).ok()?;
    Some(text)
}

/// Writes a new file into the folder, in the place of whatever has its name.
///
/// # Errors
/// When its own folder lies elsewhere, or it cannot be made.
pub fn write(path: &Path, folder: &Path, text: &str) -> Result<()> {
    let parent = path.parent().context("the file has no folder")?;
    let inside = parent.canonicalize()?.starts_with(folder.canonicalize()?);
    ensure!(inside, "`{}` leads out of `{}`", parent.display(), folder.display());
    let _ = fs::remove_file(path);
    let mut file = File::create_new(path).with_context(|| format!("cannot write `{}`", path.display()))?;
    Ok(file.write_all(text.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn nothing_leads_out_of_the_folder() {
        let yard = tempfile::tempdir().unwrap();
        let at = |below: &str| yard.path().join(below);
        fs::create_dir_all(at("room/deep")).unwrap();
        fs::create_dir_all(at("home")).unwrap();
        fs::write(at("home/key"), "PRIVATE").unwrap();
        fs::write(at("room/deep/report"), "fine").unwrap();
        symlink(at("home/key"), at("room/link")).unwrap();
        symlink(at("home"), at("room/door")).unwrap();
        symlink("deep/report", at("room/near")).unwrap();
        #[cfg(target_os = "linux")] // rustix makes none on macOS
        rustix::fs::mkfifoat(rustix::fs::CWD, at("room/pipe"), rustix::fs::Mode::RWXU).unwrap();
        File::create(at("room/huge")).unwrap().set_len(MOST + 1).unwrap();
        for (path, text) in [
            ("room/deep/report", Some("fine")),
            ("room/near", Some("fine")),
            ("room/link", None),
            ("room/door/key", None),
            ("room/deep/../../home/key", None),
            ("room/pipe", None),
            ("room/huge", None),
            ("room/deep", None),
            ("home/key", None),
        ] {
            assert_eq!(read(&at(path), &at("room")).as_deref(), text, "{path}");
        }
        write(&at("room/link"), &at("room"), "ours").unwrap();
        assert!(write(&at("room/door/new"), &at("room"), "ours").is_err());
        assert_eq!(fs::read_to_string(at("room/link")).unwrap(), "ours");
        assert_eq!(fs::read_to_string(at("home/key")).unwrap(), "PRIVATE");
        assert!(!at("home/new").exists());
    }
}
