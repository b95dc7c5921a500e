//! Spawns every child of the tool. Nothing else may.
//!
//! A child has no standard input but what it is given, a process group of its own, and a deadline: then the whole group
//! gets TERM, and KILL after a grace period. Its output goes to files, never to pipes: a grandchild that keeps a pipe
//! open cannot make us wait, and a slow reader loses nothing. What is printed of it is the caller's business.
//!
//! A child that runs what is not trusted (the agent, a test) gets a [`Confinement`]: an environment that is named in
//! full, walls, and on Linux a supervisor that lets no descendant outlive the run, daemons included, even if we are
//! killed.

pub mod environment;
#[cfg(target_os = "linux")]
mod supervised;

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};

pub use self::environment::Environment;
#[cfg(target_os = "linux")]
pub use self::supervised::supervise_with;
use crate::sandbox::Sandbox;

/// How long a group may take to end after TERM before it gets KILL.
const GRACE: Duration = Duration::from_secs(2);

/// Variables of the surroundings that would bend a child: git's location overrides, and what cargo exports to programs
/// that it runs. <https://doc.rust-lang.org/cargo/reference/environment-variables.html>
const BENDING: [&str; 12] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_CEILING_DIRECTORIES",
    "RUSTUP_TOOLCHAIN",
    "CARGO",
    "__CARGO_FIX_PLZ",
];

/// What a child may take.
#[derive(Clone, Debug)]
pub struct Limits {
    pub timeout: Duration,
    pub stdin: Vec<u8>,
    /// Where stdout and stderr are kept, one after the other as they come; without it stdout and stderr are kept apart
    /// in unnamed files.
    pub log: Option<PathBuf>,
    /// For a child that is not trusted. Without it the child has our environment and the run of the machine.
    pub confine: Option<Confinement>,
}

impl Limits {
    pub fn seconds(seconds: u64) -> Self {
        Limits { timeout: Duration::from_secs(seconds), stdin: Vec::new(), log: None, confine: None }
    }
}

/// How a child that is not trusted is held.
#[derive(Clone, Debug, Default)]
pub struct Confinement {
    /// All of its environment, but for what the command sets itself.
    pub environment: Environment,
    /// Its walls; `None` where the sandbox is off. It is supervised all the same.
    pub sandbox: Option<Sandbox>,
}

/// What a child left behind.
#[derive(Debug)]
pub struct Finished {
    pub end: End,
    /// With a log file: everything that was written, both streams.
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub elapsed: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Code(i32),
    Signal(i32),
    TimedOut,
}

impl From<ExitStatus> for End {
    fn from(status: ExitStatus) -> Self {
        status.code().map_or(End::Signal(status.signal().unwrap_or(0)), End::Code)
    }
}

impl Finished {
    pub fn success(&self) -> bool {
        self.end == End::Code(0)
    }

    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

/// Runs a child to its end or to its deadline.
///
/// # Errors
/// When it cannot be started, or its output cannot be kept. How it ended is a value.
pub fn run(command: Command, limits: &Limits) -> Result<Finished> {
    let (stdout, stderr) = match &limits.log {
        Some(path) => {
            let file = File::options().create(true).append(true).read(true).open(path);
            let file = file.with_context(|| format!("cannot write the log `{}`", path.display()))?;
            (file.try_clone()?, file)
        }
        None => (tempfile::tempfile()?, tempfile::tempfile()?),
    };
    let log_start = stdout.metadata()?.len();
    let started = Instant::now();
    let outputs = (stdout.try_clone()?, stderr.try_clone()?);
    let end =
        Running::start(command, outputs, &limits.stdin, limits.confine.as_ref())?.wait(started + limits.timeout)?;
    let (stdout, stderr) = match limits.log {
        Some(_) => (read_from(stdout, log_start)?, Vec::new()),
        None => (read_from(stdout, 0)?, read_from(stderr, 0)?),
    };
    Ok(Finished { end, stdout, stderr, elapsed: started.elapsed() })
}

/// A child that serves until it is dropped.
pub struct Background {
    child: Running,
}

impl Background {
    /// Starts a server; both its streams go to `log`.
    pub fn start(command: Command, log: &Path) -> Result<Self> {
        Self::open(command, log, None)
    }

    /// Starts a server that is not trusted.
    pub fn confined(command: Command, log: &Path, confinement: &Confinement) -> Result<Self> {
        Self::open(command, log, Some(confinement))
    }

    fn open(command: Command, log: &Path, confinement: Option<&Confinement>) -> Result<Self> {
        let file = File::options().create(true).append(true).open(log);
        let file = file.with_context(|| format!("cannot write the log `{}`", log.display()))?;
        Ok(Background { child: Running::start(command, (file.try_clone()?, file), &[], confinement)? })
    }

    /// How it ended, if it did.
    ///
    /// # Errors
    /// When it could not be started after all, or its supervisor was killed.
    pub fn ended(&mut self) -> Result<Option<End>> {
        self.child.ended()
    }
}

/// A child that runs, or ran. Dropping it ends it.
enum Running {
    Plain {
        child: Child,
        over: bool,
    },
    #[cfg(target_os = "linux")]
    Supervised(supervised::Supervised),
}

impl Running {
    #[expect(clippy::disallowed_methods, reason = "the one place that spawns")]
    fn start(mut command: Command, output: (File, File), stdin: &[u8], held: Option<&Confinement>) -> Result<Self> {
        #[cfg(target_os = "linux")]
        if let Some(confinement) = held {
            let mut wrapped = supervised::wrap(&command, confinement)?;
            wrapped.stdout(output.0).stderr(output.1);
            return Ok(Running::Supervised(supervised::Supervised::start(wrapped, confinement, stdin)?));
        }
        if let Some(confinement) = held {
            command = cleaned(&command, &confinement.environment);
        }
        let name = name_of(&command);
        tame(&mut command);
        command.stdin(input(stdin)?).stdout(output.0).stderr(output.1);
        let child = command.spawn().with_context(|| format!("cannot start `{name}`"))?;
        Ok(Running::Plain { child, over: false })
    }

    fn wait(&mut self, deadline: Instant) -> Result<End> {
        match self {
            Running::Plain { child, over } => {
                let end = wait(child, deadline)?;
                *over = true;
                Ok(end)
            }
            #[cfg(target_os = "linux")]
            Running::Supervised(child) => child.wait(deadline),
        }
    }

    fn ended(&mut self) -> Result<Option<End>> {
        match self {
            Running::Plain { child, .. } => Ok(child.try_wait()?.map(End::from)),
            #[cfg(target_os = "linux")]
            Running::Supervised(child) => child.ended(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        match self {
            // Its number may belong to someone else by now.
            Running::Plain { over: true, .. } => {}
            Running::Plain { child, .. } => end_group(child),
            #[cfg(target_os = "linux")]
            Running::Supervised(_) => {} // ends itself
        }
    }
}

/// The same command with that environment, what it sets itself, and nothing of ours.
fn cleaned(command: &Command, environment: &Environment) -> Command {
    let mut clean = Command::new(command.get_program());
    clean.args(command.get_args());
    hold(&mut clean, command, environment);
    clean
}

/// Gives `to` the folder of `from`, and the environment of a confinement under that of `from`.
fn hold(to: &mut Command, from: &Command, environment: &Environment) {
    to.env_clear().envs(environment.iter());
    for (name, value) in from.get_envs() {
        match value {
            Some(value) => to.env(name, value),
            None => to.env_remove(name),
        };
    }
    if let Some(folder) = from.get_current_dir() {
        to.current_dir(folder);
    }
}

fn name_of(command: &Command) -> String {
    Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The same world for every child: own group, own language, nothing that bends git or cargo.
fn tame(command: &mut Command) {
    let set: Vec<_> = command.get_envs().map(|(key, value)| (key.to_owned(), value.is_some())).collect();
    for name in BENDING {
        if !set.iter().any(|(key, is_set)| key == name && *is_set) {
            command.env_remove(name);
        }
    }
    command.process_group(0);
}

fn input(bytes: &[u8]) -> Result<Stdio> {
    if bytes.is_empty() {
        return Ok(Stdio::null());
    }
    let mut file = tempfile::tempfile()?;
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file.into())
}

fn read_from(mut file: File, start: u64) -> Result<Vec<u8>> {
    file.seek(std::io::SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn wait(child: &mut Child, deadline: Instant) -> Result<End> {
    // Short children (git) are looked at often, long ones (a test run) seldom.
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            // What it left running in its group ends with it.
            signal(child, Signal::KILL);
            return Ok(status.into());
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            end_group(child);
            return Ok(End::TimedOut);
        }
        std::thread::sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

fn signal(child: &Child, signal: Signal) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // The group may be gone already, which is what we want.
        let _ = kill_process_group(group, signal);
    }
}

fn end_group(child: &mut Child) {
    if matches!(child.try_wait(), Ok(None)) {
        signal(child, Signal::TERM);
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline && matches!(child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    signal(child, Signal::KILL);
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn ends_the_whole_group_at_the_deadline() {
        let marker = tempfile::NamedTempFile::new().unwrap();
        let script = format!("(sleep 3; echo late > {}) & sleep 30", marker.path().display());
        let limits = Limits { timeout: Duration::from_millis(200), ..Limits::seconds(0) };
        let finished = run(sh(&script), &limits).unwrap();
        assert_eq!(finished.end, End::TimedOut);
        std::thread::sleep(Duration::from_secs(4));
        assert_eq!(std::fs::read_to_string(marker.path()).unwrap(), "");
    }

    #[test]
    fn a_grandchild_that_keeps_the_streams_open_does_not_make_us_wait() {
        let finished = run(sh("echo out; echo err >&2; sleep 30 & exit 3"), &Limits::seconds(20)).unwrap();
        assert_eq!(finished.end, End::Code(3));
        assert_eq!((finished.stdout_text().as_str(), finished.stderr_text().as_str()), ("out\n", "err\n"));
        assert!(finished.elapsed < Duration::from_secs(10));
    }

    #[test]
    fn gives_the_child_its_input_and_nothing_that_bends_git() {
        let limits = Limits { stdin: b"hello".to_vec(), ..Limits::seconds(10) };
        let mut command = sh("cat; echo ${GIT_DIR-unset}");
        command.env("GIT_WORK_TREE", "kept because it was set here");
        assert_eq!(run(command, &limits).unwrap().stdout_text(), "hellounset\n");
    }
}
