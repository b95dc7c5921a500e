//! Computes the walls of the agent and of the tests: the system, the programs that were resolved, what is lent, and the
//! folders of the run. Reads the file system to resolve links, changes nothing.
//!
//! What is left out on purpose: the user's home, `/tmp`, `/run`, `/var`, disks and terminals under `/dev`, the other
//! tenants of `/opt` (a self-hosted runner keeps its credentials there), and, for root, the files in `/etc` that are
//! not for everyone (an ordinary user cannot read those anyway).

use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::Sandbox;

/// Where systems keep programs, libraries, fonts and what the kernel says of itself. `/proc` shows of other processes
/// only what `ps` does: Landlock keeps their memory, environment and files closed.
const SYSTEM: [&str; 18] = [
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/bin",
    "/sbin",
    "/proc",
    "/sys",
    "/nix/store",
    "/gnu/store",
    "/run/current-system",
    "/var/cache/fontconfig",
    "/var/lib/ca-certificates",
    "/opt/hostedtoolcache",
    "/opt/google",
    "/opt/microsoft",
    "/etc/resolv.conf",
];

const DEVICES: [&str; 7] =
    ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/shm", "/dev/fd"];

/// Folders below the home that hold one tool and its versions, and no secrets.
const TOOL_FOLDERS: [&str; 17] = [
    ".nvm",
    ".volta",
    ".asdf",
    ".fnm",
    ".nodenv",
    ".pyenv",
    ".rbenv",
    ".rustup",
    ".bun",
    ".deno",
    ".opencode",
    ".sdkman",
    ".local/share/mise",
    ".local/share/fnm",
    ".local/share/uv",
    ".local/share/pipx",
    ".local/share/pnpm",
];

/// Where test tools look for their browsers: the variable, and the folder below the cache folder of the user.
/// <https://playwright.dev/docs/browsers#managing-browser-binaries>
const BROWSERS: [(&str, &str); 3] = [
    ("PLAYWRIGHT_BROWSERS_PATH", "ms-playwright"),
    ("CYPRESS_CACHE_FOLDER", "Cypress"),
    ("PUPPETEER_CACHE_DIR", "puppeteer"),
];

/// What one child of a run needs.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// The folders of the run: its scratch repository, the child's home, its output.
    pub write: Vec<PathBuf>,
    /// The programs that it starts, as they were resolved. What belongs to each comes with it.
    pub programs: Vec<PathBuf>,
    /// Read-only: lent folders such as `node_modules`, borrowed git objects, the folders of [`browsers`].
    pub lent: Vec<PathBuf>,
}

/// The walls of opencode: it reaches the model's port and serves on its own. Its helpers `git` and `rg` come with it.
pub fn for_agent(needs: &Needs, model_port: u16, server_port: u16) -> Sandbox {
    let mut needs = needs.clone();
    needs.programs.extend(["git", "rg"].iter().filter_map(|name| which::which(name).ok()));
    let mut sandbox = common(&needs);
    sandbox.connect = Some(vec![model_port]);
    sandbox.bind = Some(vec![server_port]);
    sandbox
}

/// The walls of a test run. `connect` names the TCP ports of the site; `None` is any port, which a suite needs that
/// starts servers of its own (`webServer`): nobody can tell their ports beforehand. It may listen on any.
pub fn for_tests(needs: &Needs, connect: Option<Vec<u16>>) -> Sandbox {
    let mut sandbox = common(needs);
    sandbox.connect = connect;
    sandbox
}

/// The variables that must be set for a child with a home of its own, so that it finds the browsers that were installed
/// for the user; each value is a folder that exists and must be lent. `ours` looks up our own variables.
pub fn browsers(ours: impl Fn(&str) -> Option<OsString>) -> Vec<(&'static str, PathBuf)> {
    let ours = |name: &str| ours(name).filter(|value| !value.is_empty());
    let home = ours("HOME").map(PathBuf::from);
    let cache = match cfg!(target_os = "macos") {
        true => home.map(|home| home.join("Library/Caches")),
        false => ours("XDG_CACHE_HOME").map(PathBuf::from).or(home.map(|home| home.join(".cache"))),
    };
    let folder = |(name, below): (&'static str, &str)| {
        let path = ours(name).map(PathBuf::from).or_else(|| Some(cache.as_ref()?.join(below)))?;
        path.is_absolute().then_some(path).filter(|path| path.is_dir()).map(|path| (name, path))
    };
    BROWSERS.into_iter().filter_map(folder).collect()
}

fn common(needs: &Needs) -> Sandbox {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let home = home.canonicalize().unwrap_or(home);
    let mut read: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
    if rustix::process::geteuid().is_root() {
        // Once: what a run makes readable (a mode is no content) stays closed to the next.
        static ETC: OnceLock<Vec<PathBuf>> = OnceLock::new();
        read.extend_from_slice(ETC.get_or_init(|| {
            let mut open = Vec::new();
            public(Path::new("/etc"), &mut open);
            open
        }));
    } else {
        read.push("/etc".into());
    }
    for program in &needs.programs {
        // As found (a shim of a version manager) and as it really is.
        read.extend(belongings(program, &home));
        read.extend(program.canonicalize().ok().and_then(|program| belongings(&program, &home)));
    }
    read.extend(needs.lent.iter().cloned());
    let mut write: Vec<PathBuf> = needs.write.clone();
    write.extend(DEVICES.iter().map(PathBuf::from));
    Sandbox { write: resolved(&write), read: resolved(&read), connect: None, bind: None }
}

/// What really exists, each once.
fn resolved(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = paths.iter().filter_map(|path| path.canonicalize().ok()).collect();
    paths.sort();
    paths.dedup();
    paths
}

/// What a program needs of the folders around it: the folder of its version manager, the `node_modules` that it lies
/// in, or its prefix (the folder that holds `bin`). Only the file itself where the prefix holds more than one tool.
fn belongings(program: &Path, home: &Path) -> Option<PathBuf> {
    if SYSTEM.iter().any(|system| program.starts_with(system)) || !program.is_absolute() {
        return None;
    }
    if let Some(folder) = TOOL_FOLDERS.iter().map(|name| home.join(name)).find(|folder| program.starts_with(folder)) {
        return Some(folder);
    }
    if let Some(modules) = program.ancestors().filter(|path| path.ends_with("node_modules")).last() {
        return Some(modules.to_owned());
    }
    let folder = program.parent()?;
    let prefix = folder.parent().filter(|_| folder.ends_with("bin"));
    match prefix {
        // Rust's proxies run what lies in the toolchains' folder; the prefix holds the credentials of registries.
        Some(prefix) if prefix == home.join(".cargo") => Some(folder.to_owned()),
        Some(prefix) if !home.starts_with(prefix) && prefix != home.join(".local") => Some(prefix.to_owned()),
        _ => Some(program.to_owned()),
    }
}

/// Adds the parts of a folder that are for everyone: the folder itself when all of it is.
fn public(folder: &Path, into: &mut Vec<PathBuf>) -> bool {
    const EVERYONE: u32 = 0o004;
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    let mut parts = Vec::new();
    let mut all = true;
    for entry in entries.flatten() {
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_symlink() {
            continue;
        }
        let open = metadata.mode() & EVERYONE != 0;
        if open && metadata.is_dir() {
            all &= public(&entry.path(), &mut parts);
        } else if open {
            parts.push(entry.path());
        } else {
            all = false;
        }
    }
    if all {
        into.push(folder.to_owned());
    } else {
        into.append(&mut parts);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_brings_its_own_folder_and_never_the_home() {
        let home = Path::new("/home/ann");
        let cases = [
            ("/usr/bin/git", None),
            ("/opt/hostedtoolcache/node/20/x64/bin/node", None),
            ("/opt/node/bin/node", Some("/opt/node")),
            ("/home/ann/.nvm/versions/node/v20/bin/node", Some("/home/ann/.nvm")),
            ("/home/ann/.pyenv/shims/pytest", Some("/home/ann/.pyenv")),
            ("/home/ann/.opencode/bin/opencode", Some("/home/ann/.opencode")),
            ("/home/ann/.npm-global/bin/opencode", Some("/home/ann/.npm-global")),
            ("/srv/t/node_modules/a/node_modules/.bin/x", Some("/srv/t/node_modules")),
            ("/home/ann/.local/bin/opencode", Some("/home/ann/.local/bin/opencode")),
            ("/home/ann/bin/opencode", Some("/home/ann/bin/opencode")),
            ("/home/bin/opencode", Some("/home/bin/opencode")),
            ("/bin2/opencode", Some("/bin2/opencode")),
            ("/home/ann/.cargo/bin/cargo", Some("/home/ann/.cargo/bin")),
            ("/home/ann/opencode", Some("/home/ann/opencode")),
            ("opencode", None),
        ];
        for (program, expected) in cases {
            assert_eq!(belongings(Path::new(program), home).as_deref(), expected.map(Path::new), "{program}");
        }
    }

    #[test]
    fn splits_a_folder_that_is_not_all_for_everyone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("open/deep")).unwrap();
        std::fs::create_dir_all(root.join("mixed")).unwrap();
        for (name, mode) in [("open/deep/a", 0o644), ("mixed/b", 0o644), ("mixed/key", 0o600), ("shadow", 0o640)] {
            std::fs::write(root.join(name), "").unwrap();
            std::fs::set_permissions(root.join(name), PermissionsExt::from_mode(mode)).unwrap();
        }
        let mut found = Vec::new();
        assert!(!public(root, &mut found));
        found.sort();
        assert_eq!(found, [root.join("mixed/b"), root.join("open")]);
    }

    #[test]
    fn finds_the_browsers_of_the_user() {
        let home = tempfile::tempdir().unwrap();
        let cache = home.path().join(".cache/ms-playwright");
        std::fs::create_dir_all(&cache).unwrap();
        let at_home = |name: &str| (name == "HOME").then(|| home.path().as_os_str().to_owned());
        if cfg!(not(target_os = "macos")) {
            assert_eq!(browsers(at_home), [("PLAYWRIGHT_BROWSERS_PATH", cache.clone())]);
        }
        let named = |name: &str| (name == "CYPRESS_CACHE_FOLDER").then(|| cache.as_os_str().to_owned());
        assert_eq!(browsers(named), [("CYPRESS_CACHE_FOLDER", cache.clone())]);
        // Inside `node_modules`, which is lent as it is.
        assert_eq!(browsers(|name| (name == "PLAYWRIGHT_BROWSERS_PATH").then(|| "0".into())), []);
    }
}
