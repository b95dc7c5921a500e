//! A whole run, killed in the middle with `kill -9`, again and again; and two runs at once. The end is that of one clean
//! run.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use xtask::demo::script;
use xtask::scripted_model::Reply;
use xtask::tools::git;

use crate::heal_github::{HEAL, Runner};
use crate::stand_in::Fault;
use crate::suite::Suite;

/// Waits for what comes sooner or later.
#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(180);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what} never came");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Some time into it: Playwright and its browser run then.
fn for_a_while(is_so: impl Fn() -> bool) -> impl FnMut() -> bool {
    let mut since: Option<Instant> = None;
    move || {
        since = since.or_else(|| is_so().then(Instant::now));
        since.is_some_and(|since| since.elapsed() > Duration::from_millis(1500))
    }
}

/// The processes that know this folder: by an argument or by their environment.
fn processes_of(folder: &Path) -> Vec<String> {
    let folder = folder.to_str().unwrap();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let read = |name: &str| std::fs::read(entry.path().join(name)).unwrap_or_default();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).replace('\0', " ");
        let arguments = text(read("cmdline"));
        if arguments.contains(folder) || text(read("environ")).contains(folder) {
            found.push(format!("{} {arguments}", entry.file_name().to_string_lossy()));
        }
    }
    found
}

/// Everything in a folder, by its path.
fn files_in(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap().flatten() {
            found.insert(entry.path().to_string_lossy().into_owned());
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            }
        }
    }
    found
}

/// One test is enough: what happens to each is the same.
const ONE: [&str; 4] = ["heal", "--json", "--only", "ATK-PW-1051"];

struct Killed {
    runner: Runner,
    log: std::path::PathBuf,
}

impl Killed {
    #[expect(clippy::disallowed_methods, reason = "it is killed in the middle, which a child of `proc` is not")]
    fn start(&self) -> Child {
        let root = self.runner.suite.root();
        let mut command = self.runner.env.command(env!("CARGO_BIN_EXE_xtask"));
        command.args(ONE).current_dir(&root).env("PWD", &root);
        let log = std::fs::File::create(&self.log).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
    }

    fn says(&self, text: &str) -> bool {
        std::fs::read_to_string(&self.log).unwrap().contains(text)
    }

    /// Starts a run, waits for the moment, and kills it. Nothing of it may live on.
    #[track_caller]
    fn run_until(&self, moment: &str, mut is_reached: impl FnMut() -> bool) {
        let mut child = self.start();
        until(moment, || {
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none(), "{moment}: it ended\n{}", std::fs::read_to_string(&self.log).unwrap());
            is_reached()
        });
        child.kill().unwrap();
        child.wait().unwrap();
        let folder = self.runner.env.root();
        let deadline = Instant::now() + Duration::from_secs(15);
        while !processes_of(&folder).is_empty() {
            assert!(Instant::now() < deadline, "{moment}: {:#?}", processes_of(&folder));
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn asked(&self, method: &str, path: &str) -> usize {
        let state = self.runner.hub.lock();
        state.log.iter().filter(|line| line.starts_with(method) && line.contains(path)).count()
    }
}

#[test]
fn killed_again_and_again_it_ends_as_one_clean_run() {
    let is_silent = Arc::new(AtomicBool::new(false));
    let silent = Arc::clone(&is_silent);
    let runner = Runner::with(move |conversation| match silent.load(Ordering::SeqCst) {
        true => Reply::Stall(Duration::from_secs(60)),
        false => script::reply(conversation),
    });
    let log = runner.env.root().join("log");
    let killed = Killed { runner, log };
    let root = killed.runner.suite.root();
    let before = files_in(&root.join(".git"));

    let slow = || Fault::Slow(Duration::from_secs(30));
    killed.runner.hub.fail("POST", "/issues", slow(), 1);
    killed.run_until("the first issue", || killed.asked("POST", "/issues") == 1);

    killed.run_until("the reproduction", for_a_while(|| killed.says("ATK-PW-1051  reproducing")));

    is_silent.store(true, Ordering::SeqCst);
    killed.run_until("the agent", || {
        let is_asked = killed.says("asking scripted (attempt 1)");
        if is_asked {
            let beside = killed.runner.env.xtask_in(&root, ONE).exits(2);
            beside.says("another run is at work in `target/heal`\nhint: wait for it");
        }
        is_asked
    });
    is_silent.store(false, Ordering::SeqCst);

    killed.run_until("the proof", for_a_while(|| killed.says("proving the fix")));

    // Of the two looks at the pull requests of a branch, the second comes after its push.
    killed.runner.hub.fail_later("GET", "/pulls?", slow(), 1, 1);
    let looks = killed.asked("GET", "/pulls?");
    killed.run_until("the moment after the push", || killed.asked("GET", "/pulls?") == looks + 2);
    let pushed = git::read(&killed.runner.bare, ["for-each-ref", "--format=%(refname)", "refs/heads/heal"]).unwrap();
    assert!(pushed.starts_with("refs/heads/heal/atk-pw-1051-") && pushed.lines().count() == 1, "{pushed}");
    assert_eq!(killed.runner.hub.pull_requests(), Vec::<String>::new());

    killed.runner.hub.fail("POST", "/pulls", slow(), 1);
    killed.run_until("the pull request", || killed.asked("POST", "/pulls") == 1);

    let last = killed.runner.env.xtask_in(&root, ONE).exits(10).says("is open, and its fix applies");
    assert_eq!(last.json()["summary"]["skipped"], 4);

    let clean = Runner::new();
    let healed = clean.env.xtask_in(&clean.suite.root(), ONE).exits(0).json();
    assert_eq!(healed["summary"]["healed"], 1, "{healed:#}");
    assert_eq!(end_state(&killed.runner), end_state(&clean));
    assert_eq!(clean.hub.issues(), ["#1 open FIX: ATK-PW-1051 [0]"]);
    killed.runner.hub.assert_documented();

    assert_eq!(files_in(&killed.runner.env.root().join("tmp")), BTreeSet::new());
    assert_eq!(files_in(&root.join(".git")), before);
    assert_eq!(killed.runner.suite.repository().read(["status", "--porcelain"]).unwrap(), "");
    // What is in OUT is the next run's as well.
    let out = files_in(&root.join("target/heal"));
    assert!(out.iter().all(|path| !path.rsplit('/').next().unwrap().starts_with(".tmp")), "{out:#?}");
}

/// Issues with their labels, pull requests with theirs, branches: all that is left on GitHub, without times and ids.
fn end_state(runner: &Runner) -> (Vec<String>, Vec<String>, Vec<String>, Vec<serde_json::Value>) {
    let branches = ["for-each-ref", "--format=%(refname) %(tree) %(subject)", "refs/heads"];
    let branches = git::read(&runner.bare, branches).unwrap().lines().map(str::to_owned).collect();
    let labels = runner.hub.lock().entries.iter().map(|entry| entry["labels"].clone()).collect();
    (runner.hub.issues(), runner.hub.pull_requests(), branches, labels)
}

#[test]
fn two_whole_runs_at_once_leave_one_issue_and_one_pull_request_for_each_test() {
    let runner = Runner::new();
    // Another checkout of the same commit, as another job has it.
    let other = Suite::shop();
    // Both look before either has written.
    runner.hub.fail("GET", "labels=auto-heal", Fault::Slow(Duration::from_secs(2)), 2);
    runner.hub.fail("POST", "/issues", Fault::Slow(Duration::from_secs(2)), 2);
    std::thread::scope(|scope| {
        let one = scope.spawn(|| runner.heal(&[]));
        let two = scope.spawn(|| {
            let mut command = runner.env.command(env!("CARGO_BIN_EXE_xtask"));
            command.args(HEAL).current_dir(other.root()).env("PWD", other.root()).env("GITHUB_RUN_ID", "78");
            crate::env::Ran::of(command, xtask::proc::Limits::seconds(300))
        });
        let _ = one.join().unwrap().exits(10);
        let _ = two.join().unwrap().exits(10);
    });
    let open = |lines: Vec<String>| -> Vec<String> {
        let mut open: Vec<String> = lines.into_iter().filter(|line| line.contains(" open ")).collect();
        open.iter_mut().for_each(|line| *line = line.split(" open ").nth(1).unwrap().to_owned());
        open.sort();
        open
    };
    let issues = open(runner.hub.issues());
    let titles: Vec<&str> = issues.iter().map(|line| line.split(" [").next().unwrap()).collect();
    assert_eq!(titles, ["FIX: ATK-PW-1051", "FIX: ATK-PW-1053"], "{:?}", runner.hub.issues());
    let pulls = runner.hub.pull_requests();
    assert!(pulls.len() == 1 && pulls[0].contains(" open heal/atk-pw-1051-"), "{pulls:?}");
    runner.hub.assert_documented();
}
