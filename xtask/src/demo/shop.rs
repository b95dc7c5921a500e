//! The demo's shop and its suite: embedded in the program, written out as a repository, run for real.
//!
//! The suite is as people write them: a set-up project, a page object, helpers, `webServer`, a CTRF reporter. Four of its
//! tests fail. It must stay free of anything that only this tool would understand.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::error::Failure;
use crate::proc::{self, Finished, Limits};
use crate::tools::git::{self, Repository};

/// Every file of the repository, by its path in it. Tests have another ending here, so that no runner collects them in a
/// repository into which this package is embedded.
pub const FILES: [(&str, &str); 17] = [
    (".gitignore", include_str!("../../demo/gitignore")),
    ("package-lock.json", include_str!("../../demo/package-lock.json")),
    ("package.json", PACKAGE),
    ("playwright.config.ts", include_str!("../../demo/playwright.config.ts")),
    ("site/account.html", include_str!("../../demo/site/account.html")),
    ("site/cart.html", include_str!("../../demo/site/cart.html")),
    ("site/index.html", include_str!("../../demo/site/index.html")),
    ("site/login.html", include_str!("../../demo/site/login.html")),
    ("site/server.mjs", include_str!("../../demo/site/server.mjs")),
    ("site/shop.css", include_str!("../../demo/site/shop.css")),
    ("site/shop.js", include_str!("../../demo/site/shop.js")),
    ("tests/account.spec.ts", include_str!("../../demo/tests/account.spec.ts.txt")),
    ("tests/cart.spec.ts", include_str!("../../demo/tests/cart.spec.ts.txt")),
    ("tests/catalogue.spec.ts", include_str!("../../demo/tests/catalogue.spec.ts.txt")),
    ("tests/reader.setup.ts", include_str!("../../demo/tests/reader.setup.ts")),
    ("tests/support/session.ts", include_str!("../../demo/tests/support/session.ts")),
    ("tests/support/shop.ts", include_str!("../../demo/tests/support/shop.ts")),
];

const PACKAGE: &str = include_str!("../../demo/package.json");

/// The report that the suite writes, below the repository's root.
pub const REPORT: &str = "ctrf/ctrf-report.json";

/// Writes the shop into a folder and commits it on the branch `main`.
pub fn create(folder: &Path) -> Result<Repository> {
    write(folder, &FILES)?;
    commit(folder)
}

/// Writes files below a folder; folders in their paths are made.
pub fn write(folder: &Path, files: &[(&str, &str)]) -> Result<()> {
    for (path, text) in files {
        let path = folder.join(path);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).with_context(|| format!("cannot create `{}`", parent.display()))?;
        fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}

/// Makes a repository of a folder, with one commit of everything that is not ignored.
pub fn commit(folder: &Path) -> Result<Repository> {
    git::run(folder, ["init", "--quiet", "--template=", "--initial-branch=main"])?;
    git::run(folder, ["add", "--all"])?;
    let who = ["-c", "user.name=Harbour Books", "-c", "user.email=shop@example.com"];
    git::run(folder, who.into_iter().chain(["commit", "--quiet", "--message=Sell books"]))?;
    Ok(Repository { root: folder.to_owned() })
}

/// Where the suite's packages came from.
#[derive(Clone, Debug, PartialEq)]
pub enum Modules {
    /// A link to packages of the pinned versions that are installed already.
    Lent(PathBuf),
    /// Installed into the folder by npm.
    Installed,
}

/// Gives the suite in `folder` its packages: those that are installed already if their versions are the pinned ones,
/// else `npm ci`.
///
/// # Errors
/// When npm is needed and cannot be run or fails.
pub fn provide_modules(folder: &Path) -> Result<Modules> {
    let target = folder.join("node_modules");
    if let Some(found) = installed_modules() {
        symlink(&found, &target).with_context(|| format!("cannot link `{}`", target.display()))?;
        return Ok(Modules::Lent(found));
    }
    let npm = which::which("npm").map_err(|_| {
        Failure::missing("npm is not on the PATH").hint("install Node.js 20 or newer: https://nodejs.org")
    })?;
    let mut command = Command::new(npm);
    command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder);
    // npm's cache would lie in the user's home.
    let cache = tempfile::tempdir()?;
    command.env("PWD", folder).env("npm_config_cache", cache.path()).env("npm_config_update_notifier", "false");
    let finished = proc::run(command, &Limits::seconds(300))?;
    if !finished.success() {
        let said = finished.stderr_text();
        bail!("npm ci failed: {}", said.lines().find(|line| !line.trim().is_empty()).unwrap_or("nothing said"));
    }
    Ok(Modules::Installed)
}

/// A `node_modules` that holds the pinned versions: that of the `playwright` on the PATH, or the one that `scripts/setup`
/// made.
fn installed_modules() -> Option<PathBuf> {
    let of_path = which::which("playwright").ok().and_then(|program| {
        let program = program.canonicalize().ok()?;
        program.ancestors().find(|folder| folder.ends_with("node_modules")).map(Path::to_owned)
    });
    let of_setup = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(|root| root.join("target/tools/node_modules"));
    [of_path, of_setup].into_iter().flatten().find(|folder| is_pinned(folder))
}

fn is_pinned(modules: &Path) -> bool {
    let version = |package: &str| -> Option<String> {
        let text = fs::read_to_string(modules.join(package).join("package.json")).ok()?;
        let value: serde_json::Value = serde_json::from_str(&text).ok()?;
        value["version"].as_str().map(str::to_owned)
    };
    pinned().iter().all(|(package, wanted)| version(package).as_ref() == Some(wanted))
}

/// The packages of the suite with their versions.
fn pinned() -> Vec<(String, String)> {
    let package: serde_json::Value = serde_json::from_str(PACKAGE).unwrap_or_default();
    let listed = package["devDependencies"].as_object().into_iter().flatten();
    listed.map(|(name, version)| (name.clone(), version.as_str().unwrap_or_default().to_owned())).collect()
}

/// Runs the suite as its team would: `playwright test`. Its report lies at [`REPORT`] then. That tests fail is expected.
pub fn run_suite(folder: &Path) -> Result<Finished> {
    let mut command = Command::new(folder.join("node_modules/.bin/playwright"));
    command.arg("test").current_dir(folder).env("PWD", folder);
    // A developer's run, wherever the demo runs: no retries, no shop but its own, no colours in the log.
    for name in ["CI", "BASE_URL", "SHOP_PORT", "FORCE_COLOR"] {
        command.env_remove(name);
    }
    let limits = Limits { timeout: Duration::from_secs(300), ..Limits::seconds(0) };
    proc::run(command, &limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embeds_every_file_of_the_demo() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo");
        let listed = git::run(&folder, ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).unwrap();
        let mut on_disk: Vec<String> = git::entries(&listed)
            .iter()
            .map(|path| path.replace("gitignore", ".gitignore").replace(".ts.txt", ".ts"))
            .collect();
        on_disk.sort();
        assert_eq!(on_disk, FILES.map(|(path, _)| path));
    }

    #[test]
    fn the_lock_pins_what_the_package_asks_for_and_no_address() {
        let lock = FILES.iter().find(|(path, _)| *path == "package-lock.json").unwrap().1;
        let value: serde_json::Value = serde_json::from_str(lock).unwrap();
        assert_eq!(pinned().len(), 2);
        for (package, version) in pinned() {
            assert_eq!(value["packages"][format!("node_modules/{package}")]["version"], version.as_str());
        }
        assert!(!lock.contains("resolved"));
    }

    #[test]
    fn becomes_a_clean_repository() {
        let folder = tempfile::tempdir().unwrap();
        let repository = create(folder.path()).unwrap();
        symlink("/nowhere", folder.path().join("node_modules")).unwrap();
        assert_eq!(repository.read(["status", "--porcelain"]).unwrap(), "");
        assert_eq!(repository.tracked().unwrap().len(), FILES.len());
    }
}
