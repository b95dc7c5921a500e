//! The hidden subcommand `confine`: a supervisor that outlives nothing and lets nothing outlive it, and the process
//! that walls itself in and becomes the child. It is a program of its own because a threaded process can run no code
//! between fork and exec.
//!
//! `proc` starts `confine supervise PROGRAM ARGS…` with a socket as standard input. On it travels a [`Frame`], then
//! single bytes: [`TERM`] asks the child to end. The end of the socket means that the parent died or gave up: all
//! descendants are killed. The supervisor answers with one [`Answer`]. It starts `confine enter PID PROGRAM ARGS…` (its
//! own number), which gets the same frame on a socket of its own, and answers only if it could not become the child.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::io::Errno;
use rustix::process::{self as unix, Pid, Signal, WaitOptions, WaitStatus};
use serde::{Deserialize, Serialize};

use super::{Sandbox, calls, walls};

/// The name of the subcommand.
pub const CONFINE: &str = "confine";
/// Asks the supervisor to pass TERM on to the child's group.
pub const TERM: u8 = b'T';
/// How long killed descendants may take to be gone (one may hang in the kernel).
const PATIENCE: Duration = Duration::from_secs(10);
/// So many are reaped before others are killed.
const REAPED: u32 = 256;

/// What the child is to get; on the wire the length of the JSON (four bytes, little
/// endian), the JSON, the bytes of its standard input.
#[derive(Debug, Serialize, Deserialize)]
pub struct Frame {
    pub sandbox: Option<Sandbox>,
    /// Length of the standard input in bytes.
    pub stdin: usize,
}

/// How it went.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Code(i32),
    Signal(i32),
    /// The child could not be started, and why.
    Failed(String),
}

impl Frame {
    /// Sends it with the standard input.
    pub fn send(&self, stream: &mut UnixStream, stdin: &[u8]) -> Result<()> {
        let head = serde_json::to_vec(self)?;
        stream.write_all(&u32::try_from(head.len())?.to_le_bytes())?;
        stream.write_all(&head)?;
        Ok(stream.write_all(stdin)?)
    }

    fn receive(stream: &mut UnixStream) -> Result<(Frame, Vec<u8>)> {
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        let mut head = vec![0; u32::from_le_bytes(length) as usize];
        stream.read_exact(&mut head)?;
        let frame: Frame = serde_json::from_slice(&head)?;
        let mut stdin = vec![0; frame.stdin];
        stream.read_exact(&mut stdin)?;
        Ok((frame, stdin))
    }
}

/// Runs the subcommand if the arguments name it. Comes before the command line is parsed.
pub fn dispatch(args: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut args = args.into_iter().skip(1);
    if args.next()? != CONFINE {
        return None;
    }
    let role = args.next().unwrap_or_default();
    let command: Vec<OsString> = args.collect();
    let Ok(mut stream) = std::io::stdin().as_fd().try_clone_to_owned().map(UnixStream::from) else {
        return Some(ExitCode::FAILURE);
    };
    let done = match role.to_str() {
        Some("supervise") => supervise(&mut stream, &command),
        Some("enter") => enter(&mut stream, &command),
        _ => Err(anyhow::anyhow!("`{CONFINE}` is started by `cargo heal` alone")),
    };
    if let Err(error) = done {
        // Nobody may listen any more; the exit code then says it alone.
        let _ = answer(&mut stream, &Answer::Failed(format!("{error:#}")));
    }
    Some(ExitCode::FAILURE)
}

fn answer(stream: &mut UnixStream, answer: &Answer) -> Result<()> {
    Ok(stream.write_all(&serde_json::to_vec(answer)?)?)
}

/// Becomes the child; returns only when it cannot.
fn enter(stream: &mut UnixStream, command: &[OsString]) -> Result<()> {
    let (frame, stdin) = Frame::receive(stream)?;
    let [supervisor, program, args @ ..] = command else { bail!("no program is named") };
    unix::set_parent_process_death_signal(Some(Signal::KILL))?;
    if *supervisor != *Pid::as_raw(unix::getppid()).to_string() {
        bail!("the supervisor is gone");
    }
    rustix::stdio::dup2_stdin(input(&stdin)?)?;
    calls::close_descriptors();
    if let Some(sandbox) = &frame.sandbox {
        walls::raise(sandbox)?;
    }
    Err(Command::new(program).args(args).exec()).with_context(|| format!("cannot start `{}`", program.display()))
}

fn input(bytes: &[u8]) -> Result<OwnedFd> {
    if bytes.is_empty() {
        return Ok(std::fs::File::open("/dev/null")?.into());
    }
    let file = rustix::fs::memfd_create("stdin", rustix::fs::MemfdFlags::CLOEXEC)?;
    let mut file = std::fs::File::from(file);
    file.write_all(bytes)?;
    std::io::Seek::rewind(&mut file)?;
    Ok(file.into())
}

fn supervise(stream: &mut UnixStream, command: &[OsString]) -> Result<()> {
    let (frame, stdin) = Frame::receive(stream)?;
    // Out of the terminal's reach: an interrupt there ends the parent, and the socket tells us.
    let _ = unix::setsid();
    // What a daemon leaves behind becomes our child instead of init's.
    unix::set_child_subreaper(Some(unix::getpid()))?;
    // Before the first child and thread, which inherit it.
    let alone = frame.sandbox.is_some() && walls::keep_signals();
    let child = start(&frame, &stdin, command)?;
    let main = i32::try_from(child.id()).ok().and_then(Pid::from_raw).context("the child has no number")?;
    let mut orders = stream.try_clone()?;
    std::thread::spawn(move || {
        let mut order = [0];
        while matches!(orders.read(&mut order), Ok(1)) {
            if order == [TERM] {
                let _ = unix::kill_process_group(main, Signal::TERM);
            }
        }
        sweep(alone);
        std::process::exit(1);
    });
    let status = loop {
        match unix::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == main => break Some(status),
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => break None,
        }
    };
    sweep(alone);
    let _ = answer(stream, &ending(status));
    std::process::exit(0)
}

/// Starts the process that becomes the child and waits until it has.
#[expect(clippy::disallowed_methods, reason = "the child of a child that proc.rs spawned")]
fn start(frame: &Frame, stdin: &[u8], command: &[OsString]) -> Result<Child> {
    let (mut ours, theirs) = UnixStream::pair()?;
    let mut enter = Command::new("/proc/self/exe");
    enter.arg0("xtask").args([CONFINE, "enter", &std::process::id().to_string()]).args(command);
    enter.stdin(Stdio::from(OwnedFd::from(theirs))).process_group(0);
    let child = enter.spawn().context("cannot start the process that is confined")?;
    drop(enter);
    let sent = frame.send(&mut ours, stdin);
    let mut said = Vec::new();
    // Ends when the child has replaced the program, which closes its end.
    ours.read_to_end(&mut said)?;
    match serde_json::from_slice(&said) {
        Ok(Answer::Failed(why)) => bail!("{why}"),
        _ => sent?,
    }
    Ok(child)
}

fn ending(status: Option<WaitStatus>) -> Answer {
    match status.map(|status| (status.exit_status(), status.terminating_signal())) {
        Some((Some(code), _)) => Answer::Code(code),
        Some((_, Some(signal))) => Answer::Signal(signal),
        _ => Answer::Failed("the child was lost".into()),
    }
}

/// Kills every descendant, and those that they start meanwhile, until none is left. `alone`: our signals reach nobody
/// else.
fn sweep(alone: bool) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        // No child means no descendant: orphans of orphans come to us. Not all at once: some come faster than they go.
        for _ in 0..REAPED {
            match unix::wait(WaitOptions::NOHANG) {
                Ok(Some(_)) | Err(Errno::INTR) => {}
                Ok(None) => break,
                Err(_) => return,
            }
        }
        if Instant::now() >= deadline {
            return;
        }
        if alone {
            // The group -1 is everybody that we may signal, at one stroke: who forks and ends all the time has a new
            // number before it is found by the old one.
            let _ = unix::kill_process_group(Pid::INIT, Signal::KILL);
            std::thread::sleep(Duration::from_millis(1));
            continue;
        }
        for pid in descendants(unix::getpid().as_raw_nonzero().get()) {
            if let Some(pid) = Pid::from_raw(pid) {
                let _ = unix::kill_process(pid, Signal::KILL);
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// All descendants of a process, parents before children.
fn descendants(root: i32) -> Vec<i32> {
    let Ok(folder) = std::fs::read_dir("/proc") else { return Vec::new() };
    let parents: Vec<(i32, i32)> = folder
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            Some((pid, parent_in(&stat)?))
        })
        .collect();
    let mut found = vec![root];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        found.extend(parents.iter().filter(|(pid, of)| *of == parent && *pid != root).map(|(pid, _)| *pid));
        next += 1;
    }
    found.split_off(1)
}

/// The parent in a line of `/proc/PID/stat`. The name in it is chosen by the process and may hold anything, also `)`.
fn parent_in(stat: &str) -> Option<i32> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_parent_behind_a_hostile_name() {
        for (stat, parent) in [
            ("12 (sh) S 7 12 12 0 -1", Some(7)),
            ("12 (a) S 1 1) R 7 12", Some(7)),
            ("12 (evil\n) S 1 (x) Z 9 0", Some(9)),
            ("", None),
            ("12 (sh)", None),
        ] {
            assert_eq!(parent_in(stat), parent, "{stat}");
        }
    }
}
