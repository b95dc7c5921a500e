//! The parent's side of a supervised child: starts the supervisor of [`crate::sandbox::supervise`], tells it what to
//! do, and hears how the child ended. When this side goes, however it goes, the child and all its descendants go.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use super::{Confinement, End, GRACE};
use crate::sandbox::supervise::{Answer, CONFINE, Frame, TERM};

/// How long the supervisor may take to read what it is told, and to end after its child: longer than it takes to kill.
const PATIENCE: Duration = Duration::from_secs(15);

static SUPERVISOR: OnceLock<PathBuf> = OnceLock::new();

/// Says which program has the subcommand `confine`: the running one, for `xtask` itself.
pub fn supervise_with(program: impl Into<PathBuf>) {
    // The first answer stays; all callers in one process give the same one.
    let _ = SUPERVISOR.set(program.into());
}

/// A child under a supervisor.
pub struct Supervised {
    supervisor: Child,
    orders: UnixStream,
    end: Option<End>,
}

/// The command that starts the supervisor of `command`: same folder, the environment of the confinement and what the
/// command sets itself, nothing of ours.
pub fn wrap(command: &Command, confinement: &Confinement) -> Result<Command> {
    let Some(program) = SUPERVISOR.get() else { bail!("no program was named that supervises children") };
    let mut wrapped = Command::new(program);
    wrapped.arg0("xtask").args([CONFINE, "supervise"]).arg(command.get_program()).args(command.get_args());
    super::hold(&mut wrapped, command, &confinement.environment);
    Ok(wrapped)
}

impl Supervised {
    /// Starts a command that [`wrap`] made, its streams set.
    #[expect(clippy::disallowed_methods, reason = "part of the one place that spawns")]
    pub fn start(mut wrapped: Command, confinement: &Confinement, stdin: &[u8]) -> Result<Self> {
        let name = wrapped.get_args().nth(2).map(OsString::from).unwrap_or_default();
        let (mut orders, theirs) = UnixStream::pair()?;
        wrapped.stdin(Stdio::from(OwnedFd::from(theirs)));
        let supervisor =
            wrapped.spawn().with_context(|| format!("cannot start the supervisor of `{}`", name.display()));
        // Its end of the socket must not stay open here.
        drop(wrapped);
        let mut supervised = Supervised { supervisor: supervisor?, orders: orders.try_clone()?, end: None };
        orders.set_write_timeout(Some(PATIENCE))?;
        let frame = Frame { sandbox: confinement.sandbox.clone(), stdin: stdin.len() };
        if let Err(error) = frame.send(&mut orders, stdin) {
            // It may have said why it does not listen.
            supervised.end();
            return Err(error).with_context(|| format!("the supervisor of `{}` does not listen", name.display()));
        }
        Ok(supervised)
    }

    fn is_running(&mut self) -> bool {
        matches!(self.supervisor.try_wait(), Ok(None))
    }

    /// How it ended, if it did. Asked again, it says the same.
    ///
    /// # Errors
    /// When the child could not be started, or its supervisor was killed.
    pub fn ended(&mut self) -> Result<Option<End>> {
        if self.end.is_none() && !self.is_running() {
            self.end = Some(self.ending()?);
        }
        Ok(self.end)
    }

    fn ending(&mut self) -> Result<End> {
        let mut said = Vec::new();
        self.orders.set_read_timeout(Some(PATIENCE))?;
        // A supervisor that was killed says nothing, and may reset the connection.
        let _ = self.orders.read_to_end(&mut said);
        match serde_json::from_slice(&said) {
            Ok(Answer::Code(code)) => Ok(End::Code(code)),
            Ok(Answer::Signal(signal)) => Ok(End::Signal(signal)),
            Ok(Answer::Failed(why)) => Err(anyhow!("{why}")),
            Err(_) => bail!("the supervisor of a child was killed"),
        }
    }

    /// Waits until the deadline, then ends everything.
    pub fn wait(&mut self, deadline: Instant) -> Result<End> {
        let mut pause = Duration::from_millis(1);
        while self.is_running() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.end();
                return Ok(End::TimedOut);
            }
            std::thread::sleep(pause.min(left));
            pause = (pause * 2).min(Duration::from_millis(20));
        }
        self.ending()
    }

    /// TERM for the child's group, and after the grace period KILL for every descendant.
    fn end(&mut self) {
        if self.is_running() {
            let _ = self.orders.write_all(&[TERM]);
            self.wait_at_most(GRACE);
            let _ = self.orders.shutdown(Shutdown::Write);
            self.wait_at_most(PATIENCE);
            let _ = self.supervisor.kill();
        }
        let _ = self.supervisor.wait();
    }

    fn wait_at_most(&mut self, time: Duration) {
        let deadline = Instant::now() + time;
        while Instant::now() < deadline && self.is_running() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.end();
    }
}
