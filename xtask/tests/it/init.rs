//! `cargo heal init` as a new user meets it, on a repository with a suite and no Rust.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use xtask::proc::Limits;

use crate::env::{Ran, TestEnv, path};

const REPORT: &str = r#"{"results":{"tool":{"name":"playwright"},"tests":[
    {"name":"(ATK-PW-1050) signs in","status":"failed","duration":1,"filePath":"tests/sign-in.spec.js"},
    {"name":"(ATK-PW-1051) signs out","status":"passed","duration":1,"filePath":"tests/sign-in.spec.js"}]}}"#;

/// A Playwright project as `npm init playwright` leaves it, with the report of a run.
fn project() -> TestEnv {
    let env = TestEnv::new();
    env.write("package.json", r#"{"devDependencies": {"@playwright/test": "1.65.1"}}"#);
    env.write("playwright.config.js", "module.exports = {};\n");
    env.write("tests/sign-in.spec.js", "require('@playwright/test').test('(ATK-PW-1050) signs in', () => {});\n");
    env.write(".gitignore", "node_modules/\n/ctrf/\n");
    env.commit("A suite");
    env.write("ctrf/ctrf-report.json", REPORT);
    env
}

/// Every file below a folder but git's, with its bytes; a link with where it leads.
fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() && entry.file_name() != ".git" {
            found.extend(snapshot(&path));
        } else if kind.is_symlink() {
            found.insert(path.clone(), fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes());
        } else if kind.is_file() {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

/// The same files by another name, so that a build finds what was built before. Not those of this package: its build
/// script writes anew for the other repository, and would write through the link.
fn link_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        if entry.file_name().to_string_lossy().starts_with("xtask-") {
            continue;
        }
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            link_tree(&entry.path(), &to);
        } else {
            fs::hard_link(entry.path(), to).unwrap();
        }
    }
}

/// Runs cargo in the repository, with the crates that this build has downloaded and compiled, and the toolchain that built
/// it: past rustup, which might install another one.
fn cargo<'a>(env: &TestEnv, target: &Path, args: impl IntoIterator<Item = &'a str>) -> Ran {
    let cargo = PathBuf::from(std::env::var_os("CARGO").expect("cargo sets it"));
    let folders =
        cargo.parent().map(Path::to_owned).into_iter().chain(std::env::split_paths(&path()).collect::<Vec<_>>());
    let mut command = env.command(&cargo);
    let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    command.env("PATH", std::env::join_paths(folders).unwrap());
    command.env("CARGO_HOME", std::env::var_os("CARGO_HOME").map_or(home.join(".cargo"), PathBuf::from));
    command.env("CARGO_TARGET_DIR", target).args(args);
    Ran::of(command, Limits::seconds(900))
}

#[test]
fn a_new_user_can_plan_and_is_told_what_is_missing() {
    let env = project();
    let before = snapshot(&env.repo());
    // As a program that was moved away from its sources.
    let moved = env.root().join("xtask-elsewhere");
    fs::copy(env!("CARGO_BIN_EXE_xtask"), &moved).unwrap();
    let mut command = env.command(&moved);
    command.args(["heal", "init", "."]);
    let ran = Ran::of(command, Limits::seconds(60)).exits(0);
    for said in
        ["added  xtask/ (", "added  .github/workflows/gate.yml", "\"heal-local\": \"cargo heal-local\"", "/target"]
    {
        assert!(ran.stdout.contains(said), "{said}\n{}", ran.shown());
    }
    let after = snapshot(&env.repo());
    for (path, content) in &before {
        assert_eq!(after.get(path), Some(content), "{}", path.display());
    }
    env.xtask(["heal", "init", "."]).exits(0).says_nothing_of("added").says("there  ");
    assert_eq!(snapshot(&env.repo()), after);

    let target = env.root().join("target");
    let built = Path::new(env!("CARGO_BIN_EXE_xtask")).parent().unwrap();
    for folder in ["deps", "build", ".fingerprint"] {
        link_tree(&built.join(folder), &target.join("heal").join(folder));
    }
    let planned = cargo(&env, &target, ["heal", "plan", "--json"]).exits(0).json();
    assert_eq!(planned["results"][0]["id"], "ATK-PW-1050");
    assert_eq!(planned["results"][0]["file"], "tests/sign-in.spec.js");
    let doctor = cargo(&env, &target, ["heal", "doctor", "--json"]);
    let checks = doctor.json();
    let state = |name: &str| {
        let mut checks = checks["checks"].as_array().into_iter().flatten();
        checks.find(|check| check["name"] == name).map(|check| check["state"].clone())
    };
    assert_eq!(state("report"), Some("ok".into()), "{}", doctor.shown());
    assert_eq!(state("repository"), Some("ok".into()), "{}", doctor.shown());
    // The pinned versions are kept: nothing had to be resolved anew.
    assert_eq!(snapshot(&env.repo()), after);
}

#[test]
fn what_is_there_stays_and_the_lines_to_add_are_said() {
    let env = project();
    env.write("Cargo.toml", "[workspace]\nmembers = [\"tool\"]\n");
    env.write(".cargo/config.toml", "[alias]\nheal = \"run --bin other\"\n");
    env.write(".github/workflows/gate.yml", "on: push\n");
    let before = snapshot(&env.repo());
    let ran = env.xtask(["heal", "init", "."]).exits(0);
    for said in [
        "left   .github/workflows/gate.yml",
        "members = [\"tool\", \"xtask\"]",
        "  heal = \"run --quiet --profile heal --package xtask -- heal\"",
        "  [profile.heal]",
    ] {
        assert!(ran.stdout.contains(said), "{said}\n{}", ran.shown());
    }
    let after = snapshot(&env.repo());
    assert!(before.iter().all(|(path, content)| after.get(path) == Some(content)));
    assert!(env.repo().join("xtask/src/main.rs").exists());
}

#[test]
fn a_crate_of_that_name_is_not_mixed_with() {
    let env = project();
    env.write("xtask/Cargo.toml", "[package]\nname = \"xtask\"\n");
    env.xtask(["heal", "init", "."]).exits(0).says("xtask/ is a crate of yours");
    assert_eq!(snapshot(&env.repo().join("xtask")).len(), 1);
}

#[test]
fn a_run_that_was_cut_short_is_completed() {
    let env = project();
    env.xtask(["heal", "init", "."]).exits(0);
    let whole = snapshot(&env.repo());
    for gone in ["xtask/Cargo.toml", "xtask/src/main.rs", ".github/actions/heal/action.yml"] {
        fs::remove_file(env.repo().join(gone)).unwrap();
    }
    env.xtask(["heal", "init", "."]).exits(0);
    assert_eq!(snapshot(&env.repo()), whole);
}

#[test]
fn nothing_is_written_through_a_link() {
    let env = project();
    let outside = env.root().join("outside");
    fs::create_dir(&outside).unwrap();
    for name in [".github", "xtask"] {
        symlink(&outside, env.repo().join(name)).unwrap();
    }
    symlink(outside.join("manifest"), env.repo().join("Cargo.toml")).unwrap();
    env.xtask(["heal", "init", "."]).exits(0).says("symbolic link").says("put plain folders in the place of links");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}

#[test]
fn only_the_root_of_a_repository_is_taken() {
    let env = project();
    env.xtask(["heal", "init", "tests"]).exits(2).says("is not the root of its repository");
    env.xtask(["heal", "init", "nowhere"]).exits(2).says("cannot open");
    env.xtask(["heal", "init", "package.json"]).exits(2).says("is not a folder");
}
