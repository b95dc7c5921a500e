//! Repositories with a real suite and the report of a real failed run, for the tests of the pipeline.
//!
//! The suite is that of the demo or a variation of it. Playwright runs once per process for the plain one; every test
//! gets a copy of the folder, in which the report's absolute paths are those of the copy.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;
use xtask::demo::shop;
use xtask::proc::{self, Limits};
use xtask::tools::git::Repository;

/// A repository, a report of its failed run in `ctrf/ctrf-report.json`, and Playwright's `test-results/`.
pub struct Suite {
    folder: TempDir,
}

impl Suite {
    /// The demo's shop as it is: ATK-PW-1050, 1051, 1052 are out of date, 1053 meets a bug of the product.
    pub fn shop() -> Suite {
        static RUN: OnceLock<Suite> = OnceLock::new();
        RUN.get_or_init(|| Suite::shop_with(&[])).copy()
    }

    /// The shop with these files added or replaced, run anew.
    pub fn shop_with(files: &[(&str, &str)]) -> Suite {
        let suite = Suite { folder: tempfile::Builder::new().prefix("heal-suite-").tempdir().unwrap() };
        shop::write(&suite.root(), &shop::FILES).unwrap();
        shop::write(&suite.root(), files).unwrap();
        shop::commit(&suite.root()).unwrap();
        suite.run();
        suite
    }

    /// A suite of its own, of these files and no other, run at once against the site at `base_url`.
    pub fn of(files: &[(&str, &str)], base_url: &str) -> Suite {
        let suite = Suite { folder: tempfile::Builder::new().prefix("heal-suite-").tempdir().unwrap() };
        shop::write(&suite.root(), &[(".gitignore", "node_modules\ntest-results\nctrf\n")]).unwrap();
        shop::write(&suite.root(), files).unwrap();
        shop::commit(&suite.root()).unwrap();
        shop::provide_modules(&suite.root()).unwrap();
        let mut command = Command::new(suite.root().join("node_modules/.bin/playwright"));
        command.args(["test", "--workers=2"]).current_dir(suite.root()).env("PWD", suite.root());
        command.env("BASE_URL", base_url).env_remove("CI");
        let finished = proc::run(command, &Limits::seconds(300)).unwrap();
        let said = format!("{}{}", finished.stdout_text(), finished.stderr_text());
        assert!(suite.report().exists(), "no report; is everything there that scripts/setup installs?\n{said}");
        suite
    }

    /// Runs the suite (again), as its team would. The report is that of this run then.
    pub fn run(&self) {
        if !self.root().join("node_modules").exists() {
            shop::provide_modules(&self.root()).unwrap();
        }
        let finished = shop::run_suite(&self.root()).unwrap();
        let said = format!("{}{}", finished.stdout_text(), finished.stderr_text());
        assert!(self.report().exists(), "no report; is everything there that scripts/setup installs?\n{said}");
    }

    /// The repository's root, without symbolic links in it.
    pub fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    pub fn repository(&self) -> Repository {
        Repository { root: self.root() }
    }

    pub fn report(&self) -> PathBuf {
        self.root().join(shop::REPORT)
    }

    /// The entries of the report with this status, by name.
    pub fn named(&self, status: &str) -> Vec<String> {
        let report: Value = serde_json::from_str(&fs::read_to_string(self.report()).unwrap()).unwrap();
        let tests = report["results"]["tests"].as_array().unwrap();
        let of_status = tests.iter().filter(|test| test["status"] == status);
        of_status.map(|test| test["name"].as_str().unwrap().to_owned()).collect()
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap()
    }

    pub fn write(&self, path: &str, text: &str) {
        shop::write(&self.root(), &[(path, text)]).unwrap();
    }

    /// Commits everything that is not ignored, as a colleague would.
    pub fn commit(&self, message: &str) {
        let repository = self.repository();
        repository.run(["add", "--all"]).unwrap();
        let who = ["-c", "user.name=Colleague", "-c", "user.email=colleague@example.com"];
        repository.run(who.into_iter().chain(["commit", "--quiet", "--message", message])).unwrap();
    }

    /// The report as another machine would have written it: its paths lie below `root` there.
    pub fn seen_from(&self, root: &str) {
        self.write(shop::REPORT, &with_root(&self.read(shop::REPORT), &self.root(), Path::new(root)));
    }

    fn copy(&self) -> Suite {
        let copy = Suite { folder: tempfile::Builder::new().prefix("heal-suite-").tempdir().unwrap() };
        copy_tree(&self.root(), &copy.root());
        copy.write(shop::REPORT, &with_root(&self.read(shop::REPORT), &self.root(), &copy.root()));
        copy
    }
}

fn with_root(report: &str, from: &Path, to: &Path) -> String {
    report.replace(from.to_str().unwrap(), to.to_str().unwrap())
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        let kind = entry.file_type().unwrap();
        if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path()).unwrap(), target).unwrap();
        } else if kind.is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn fails_where_it_is_out_of_date_and_nowhere_else() {
    let suite = Suite::shop();
    let ids = |status: &str| {
        let mut ids: Vec<String> =
            suite.named(status).iter().map(|name| name.split(' ').next().unwrap().to_owned()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids("failed"), ["ATK-PW-1050", "ATK-PW-1051", "ATK-PW-1052", "ATK-PW-1053"]);
    assert_eq!(ids("passed"), ["ATK-PW-1010", "ATK-PW-1011", "ATK-PW-1012", "ATK-PW-1013", "sign"]);
    let report: Value = serde_json::from_str(&suite.read(shop::REPORT)).unwrap();
    let file = report["results"]["tests"][1]["filePath"].as_str().unwrap();
    assert!(Path::new(file).starts_with(suite.root()) && Path::new(file).exists(), "{file}");
    assert_eq!(suite.repository().read(["status", "--porcelain"]).unwrap(), "");

    suite.seen_from("/home/runner/work/shop");
    assert!(!suite.read(shop::REPORT).contains(suite.root().to_str().unwrap()));
    suite.write("tests/new.spec.ts", "");
    suite.commit("Add a file");
    assert_eq!(suite.repository().read(["status", "--porcelain"]).unwrap(), "");
}
