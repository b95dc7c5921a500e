//! A world of its own for each test: a home, a git configuration, a repository, an environment that holds nothing but
//! what is named here. Real tools come from the PATH and from what `scripts/setup` installed.

#![allow(dead_code, reason = "a tool box: not every test uses all of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use xtask::proc::{self, End, Finished, Limits};

pub struct TestEnv {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl TestEnv {
    /// With an empty git repository at [`TestEnv::repo`], on the branch `main`.
    pub fn new() -> TestEnv {
        let env = TestEnv::without_repository();
        env.git(["init", "--quiet", "--initial-branch=main"]);
        env
    }

    pub fn without_repository() -> TestEnv {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "repo", "tmp"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        TestEnv { folder, variables: Vec::new() }
    }

    /// The folder that holds all of it, without symbolic links.
    pub fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    pub fn repo(&self) -> PathBuf {
        self.root().join("repo")
    }

    pub fn home(&self) -> PathBuf {
        self.root().join("home")
    }

    /// Sets a variable for everything that is run from now on.
    pub fn set(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.into(), value.into()));
        self
    }

    /// A file in the repository, with the folders above it.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.repo().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub fn read(&self, path: &str) -> String {
        let path = self.repo().join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// A command in this world, in the repository's folder.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        let home = self.home();
        command.env_clear().current_dir(self.repo()).env("PWD", self.repo());
        command.env("PATH", path()).env("HOME", &home).env("TMPDIR", self.root().join("tmp"));
        for (name, below) in [("CONFIG", ".config"), ("DATA", ".data"), ("CACHE", ".cache"), ("STATE", ".state")] {
            command.env(format!("XDG_{name}_HOME"), home.join(below));
        }
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", home.join(".gitconfig")).env("LC_ALL", "C");
        for (role, name) in [("AUTHOR", "A Tester"), ("COMMITTER", "A Tester")] {
            command.env(format!("GIT_{role}_NAME"), name).env(format!("GIT_{role}_EMAIL"), "tester@example.invalid");
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    pub fn git<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> String {
        let mut command = self.command("git");
        command.args(args);
        Ran::of(command, Limits::seconds(60)).exits(0).stdout
    }

    /// Commits everything there is.
    pub fn commit(&self, message: &str) -> String {
        self.git(["add", "--all"]);
        self.git(["commit", "--quiet", "--message", message]);
        self.git(["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// Runs our own program in the repository's folder.
    #[must_use]
    pub fn xtask<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Ran {
        self.xtask_in(&self.repo(), args)
    }

    #[must_use]
    pub fn xtask_in<'a>(&self, dir: &Path, args: impl IntoIterator<Item = &'a str>) -> Ran {
        let mut command = self.command(env!("CARGO_BIN_EXE_xtask"));
        command.args(args).current_dir(dir).env("PWD", dir);
        Ran::of(command, Limits::seconds(600))
    }
}

/// What a program did. Each check shows all of it when it fails.
pub struct Ran {
    pub what: String,
    pub end: End,
    pub stdout: String,
    pub stderr: String,
    pub elapsed: Duration,
}

impl Ran {
    #[must_use]
    pub fn of(command: Command, limits: Limits) -> Ran {
        let what = format!("{command:?}");
        let finished: Finished = proc::run(command, &limits).unwrap_or_else(|error| panic!("{what}: {error:#}"));
        Ran {
            what,
            end: finished.end,
            stdout: finished.stdout_text(),
            stderr: finished.stderr_text(),
            elapsed: finished.elapsed,
        }
    }

    #[track_caller]
    pub fn exits(self, code: i32) -> Ran {
        assert!(self.end == End::Code(code), "expected exit code {code}\n{}", self.shown());
        self
    }

    /// Both streams hold this text, one or the other.
    #[track_caller]
    pub fn says(self, text: &str) -> Ran {
        assert!(self.stdout.contains(text) || self.stderr.contains(text), "expected `{text}`\n{}", self.shown());
        self
    }

    #[track_caller]
    pub fn says_nothing_of(self, text: &str) -> Ran {
        assert!(!self.stdout.contains(text) && !self.stderr.contains(text), "unexpected `{text}`\n{}", self.shown());
        self
    }

    /// Standard output as the one JSON document that it must be.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{}", self.shown()))
    }

    pub fn shown(&self) -> String {
        format!("ran {}\nended {:?}\n--- stdout\n{}\n--- stderr\n{}", self.what, self.end, self.stdout, self.stderr)
    }
}

/// The folder with `node_modules` that `scripts/setup` fills.
pub fn tools() -> PathBuf {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools");
    let folder = std::env::var_os("HEAL_TOOLS").map_or(default, PathBuf::from);
    folder.canonicalize().unwrap_or(folder)
}

/// A program of the tools or of the PATH.
#[track_caller]
pub fn tool(name: &str) -> PathBuf {
    let found = which::which_in(name, Some(path()), ".");
    found.unwrap_or_else(|_| panic!("`{name}` is needed by this test and was not found: run scripts/setup"))
}

/// The tools first, then the machine's PATH.
pub fn path() -> std::ffi::OsString {
    let machine = std::env::var_os("PATH").unwrap_or_default();
    let folders = [tools().join("node_modules/.bin")].into_iter().chain(std::env::split_paths(&machine));
    std::env::join_paths(folders).unwrap()
}
