//! The file system's answers for [`super::Tree`]: what is at a path below the root, after links are followed.

use std::fs;
use std::path::{Path, PathBuf};

use super::OnDisk;

/// A lookup below `root`. Only asks for names and types, opens nothing.
pub fn below(root: &Path) -> impl Fn(&str) -> OnDisk {
    let root: Option<PathBuf> = root.canonicalize().ok();
    move |relative| {
        let Some(root) = &root else { return OnDisk::Missing };
        let path = root.join(relative);
        let Ok(real) = path.canonicalize() else {
            // A link that leads nowhere is no missing file.
            return if path.is_symlink() { OnDisk::Outside } else { OnDisk::Missing };
        };
        let Ok(inside) = real.strip_prefix(root) else { return OnDisk::Outside };
        match fs::metadata(&real) {
            Ok(data) if data.is_dir() => OnDisk::Directory,
            Ok(data) if data.is_file() => inside.to_str().map_or(OnDisk::Special, |name| OnDisk::File(name.to_owned())),
            Ok(_) => OnDisk::Special,
            Err(_) => OnDisk::Missing,
        }
    }
}
