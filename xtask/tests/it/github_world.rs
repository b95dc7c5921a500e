//! A GitHub for tests: the stand-in, a bare repository behind its URL, a user's clone of it, and clients for both.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use xtask::github::issue_text::{Run, Seen};
use xtask::github::{Context, GitHub, Options};
use xtask::plan::PlannedTest;
use xtask::secrets::Secret;
use xtask::tools::gh::{Gh, surroundings};
use xtask::tools::git::{self, Repository};

use crate::stand_in::{REPOSITORY, StandIn, TOKEN};

pub struct World {
    pub hub: StandIn,
    pub waits: Arc<Mutex<Vec<Duration>>>,
    pub bare: PathBuf,
    /// The user's clone, with a test on `main`.
    pub repository: Repository,
    folder: TempDir,
}

pub const TEST_FILE: &str = "tests/a.spec.js";
const TEST_TEXT: &str =
    "// one\n// two\n// three\ntest('works', () => {\n  click('Old');\n});\n// four\n// five\n// six\n";

impl World {
    pub fn new() -> World {
        #[cfg(target_os = "linux")]
        xtask::proc::supervise_with(env!("CARGO_BIN_EXE_xtask"));
        let folder = tempfile::tempdir().unwrap();
        let bare = folder.path().join("shop.git");
        let root = folder.path().join("clone");
        git::run(folder.path(), ["init", "-q", "--bare", "-b", "main", "shop.git"]).unwrap();
        git::run(folder.path(), ["init", "-q", "-b", "main", "clone"]).unwrap();
        std::fs::create_dir(folder.path().join("home")).unwrap();
        let world = World {
            hub: StandIn::start(folder.path(), &bare),
            waits: Arc::default(),
            bare,
            repository: Repository { root },
            folder,
        };
        world.commit(&[(TEST_FILE, TEST_TEXT)], "A suite");
        world
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The commit under test.
    pub fn tip(&self) -> String {
        self.repository.commit("main").unwrap().unwrap()
    }

    /// Commits as a person does, pushes to the default branch, and returns the commit.
    pub fn commit(&self, files: &[(&str, &str)], message: &str) -> String {
        let root = &self.repository.root;
        for (path, text) in files {
            std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            std::fs::write(root.join(path), text).unwrap();
        }
        git::run(root, ["add", "--all"]).unwrap();
        commit_as_person(root, message);
        git::run(root, ["push", "-q", self.bare.to_str().unwrap(), "main"]).unwrap();
        self.tip()
    }

    /// The patch that replaces a text in the test, against the clone's tree.
    pub fn patch(&self, old: &str, new: &str) -> Vec<u8> {
        self.patch_of(TEST_FILE, old, new)
    }

    pub fn patch_of(&self, file: &str, old: &str, new: &str) -> Vec<u8> {
        let path = self.repository.root.join(file);
        let before = std::fs::read_to_string(&path).unwrap();
        assert!(before.contains(old));
        std::fs::write(&path, before.replace(old, new)).unwrap();
        let patch = self.repository.run(["diff", "--binary"]).unwrap();
        std::fs::write(&path, before).unwrap();
        patch
    }

    /// What the bare repository has: `heal/x Subject` for every branch but the default one.
    pub fn branches(&self) -> Vec<String> {
        let listed = git::read(&self.bare, ["for-each-ref", "--format=%(refname:short) %(subject)", "refs/heads"]);
        listed.unwrap().lines().filter(|line| !line.starts_with("main ")).map(str::to_owned).collect()
    }

    /// The environment in which gh finds the stand-in and git the bare repository.
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        let mut environment = surroundings(std::env::vars_os());
        environment.retain(|(key, _)| key != "GH_CONFIG_DIR" && !key.to_string_lossy().starts_with("GIT_CONFIG"));
        let redirect = format!("url.file://{}.insteadOf", self.bare.display());
        let url = format!("https://github.com/{REPOSITORY}");
        for (key, value) in [
            ("GH_CONFIG_DIR", self.hub.config.to_str().unwrap()),
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", &redirect),
            ("GIT_CONFIG_VALUE_0", &url),
        ] {
            environment.push((key.into(), value.into()));
        }
        environment
    }

    /// A client that finds the programs of `bin` first, and settings of git that somebody left behind.
    pub fn github_in(&self, bin: &Path, settings: &[(&str, &str)]) -> GitHub {
        let mut environment = self.environment();
        for (_, value) in environment.iter_mut().filter(|(key, _)| key == "PATH") {
            let mut path = OsString::from(bin);
            path.push(":");
            path.push(&*value);
            *value = path;
        }
        environment.retain(|(key, _)| key != "GIT_CONFIG_COUNT");
        environment.push(("GIT_CONFIG_COUNT".into(), (settings.len() + 1).to_string().into()));
        for (at, (key, value)) in (1..).zip(settings) {
            environment.push((format!("GIT_CONFIG_KEY_{at}").into(), key.into()));
            environment.push((format!("GIT_CONFIG_VALUE_{at}").into(), value.into()));
        }
        self.client(Options::default(), TOKEN, environment)
    }

    /// A client as a run makes one. It notes how long it would have waited.
    pub fn github_with(&self, options: Options, token: &str) -> GitHub {
        self.client(options, token, self.environment())
    }

    /// A client that also has a user's token, unless it is empty.
    pub fn github_for_copilot(&self, token: &str) -> GitHub {
        let copilot = (!token.is_empty()).then(|| self.gh(token, self.environment()));
        self.github().with_copilot(copilot)
    }

    fn client(&self, options: Options, token: &str, environment: Vec<(OsString, OsString)>) -> GitHub {
        let context = Context {
            repository: REPOSITORY.into(),
            host: "github.com".into(),
            branch: Some("main".into()),
            default_branch: Some("main".into()),
            ..Context::default()
        };
        GitHub::new(context, self.gh(token, environment), options)
    }

    fn gh(&self, token: &str, environment: Vec<(OsString, OsString)>) -> Gh {
        let waits = Arc::clone(&self.waits);
        let gh = Gh::new("github.com", &Secret::new(token), environment, self.folder().join("home")).unwrap();
        gh.with_sleep(Arc::new(move |time| waits.lock().unwrap().push(time)))
    }

    pub fn github(&self) -> GitHub {
        self.github_with(Options { max_failures: 25, ..Options::default() }, TOKEN)
    }

    /// One run in which these tests failed: the numbers of their issues.
    pub fn run(&self, tests: &[PlannedTest], run: &Run) -> Vec<u64> {
        let github = self.github();
        let known = github.known().unwrap();
        let sync = |test| github.sync_issue(&known, &seen(test), run).unwrap().number;
        tests.iter().map(sync).collect()
    }

    pub fn waits_longer_than_the_pace(&self) -> Vec<u64> {
        self.waits.lock().unwrap().iter().map(Duration::as_secs).filter(|seconds| *seconds > 0).collect()
    }
}

/// Commits what is staged.
pub fn commit_as_person(root: &Path, message: &str) {
    let person = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
    git::run(root, person.into_iter().chain(["commit", "-q", "-m", message])).unwrap();
}

pub fn test(n: u8) -> PlannedTest {
    PlannedTest {
        id: format!("ATK-PW-{n}"),
        name: format!("(ATK-PW-{n}) works"),
        suite: vec!["Suite".into()],
        file: TEST_FILE.into(),
        projects: vec!["chromium".into()],
        fingerprint: format!("{n:016x}"),
        message: "Error: expected".into(),
        ..PlannedTest::default()
    }
}

pub fn seen(test: &PlannedTest) -> Seen<'_> {
    Seen { test, page_url: None, page: None }
}

pub fn run(key: &str) -> Run {
    Run { key: key.into(), target: "pantheon live".into(), when: "2026-11-22 10:00 UTC".into(), ..Run::default() }
}
