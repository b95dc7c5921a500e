//! Finds the programs that we start: on the PATH, then among what the repository has installed for itself.

use std::path::{Path, PathBuf};

/// Folders below a repository's root that may hold programs.
const OWN: [&str; 2] = ["node_modules/.bin", "target/tools/node_modules/.bin"];

/// The program, by the PATH of this process, then in the repository's own folders. The PATH's relative folders are
/// passed over: they would let a repository put its own program in the place of the machine's.
pub fn find(name: &str, root: Option<&Path>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    let own = root.into_iter().flat_map(|root| OWN.map(|folder| root.join(folder)));
    let all = std::env::join_paths(folders.chain(own)).ok()?;
    which::which_in(name, Some(all), "/").ok()
}
