//! Confines a child process: where it may write, what it may read, which ports it may reach.
//!
//! The walls are Landlock's (<https://docs.kernel.org/userspace-api/landlock.html>), with all capabilities dropped and
//! `no_new_privs` set. [`lists`] computes them, [`walls`] puts them up through [`landlock`], [`calls`] and
//! [`capabilities`], [`supervise`] is the hidden subcommand that does so in a process of its own and ends whatever the
//! child leaves behind. Only [`crate::proc`] starts it.
//!
//! What they cannot do: UDP is open (name resolution needs it), ports are checked but not hosts, and before Linux 7.1 a
//! socket *file* can be connected to, if the user may: that of Docker, tmux, an SSH agent or the user's systemd, each of
//! which starts programs or signs outside of the walls. Mode, times and extended attributes of the user's files can be
//! changed, though not what is in them. `/dev/shm` and System V's shared memory are those of all programs of the user.

#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod capabilities;
#[cfg(target_os = "linux")]
mod landlock;
pub mod lists;
#[cfg(target_os = "linux")]
pub mod supervise;
#[cfg(target_os = "linux")]
pub mod walls;

use std::path::PathBuf;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::error::Failure;

/// The walls of one child. A path that does not exist is left out; a link stands for what it leads to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sandbox {
    /// Files and folders that may be read, run, changed and deleted, with what lies below them.
    pub write: Vec<PathBuf>,
    /// Files and folders that may be read and run, with what lies below them.
    pub read: Vec<PathBuf>,
    /// TCP ports that may be connected to; `None`: any.
    pub connect: Option<Vec<u16>>,
    /// TCP ports that may be listened on; `None`: any.
    pub bind: Option<Vec<u16>>,
}

/// `--sandbox`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// Confined where the kernel can; the result says so where it cannot.
    #[default]
    Auto,
    /// An error where the kernel cannot.
    Require,
    Off,
}

/// What the kernel enforces of a [`Sandbox`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Enforcement {
    Full,
    /// What stays open, one phrase each.
    Partial(Vec<&'static str>),
    /// Why nothing is enforced.
    None(&'static str),
}

/// What this kernel can enforce. Costs a few system calls and confines nothing.
#[cfg(target_os = "linux")]
pub fn status() -> Enforcement {
    walls::status()
}

/// What a system call answers, or the error that it left.
#[cfg(target_os = "linux")]
fn checked(answer: libc::c_long) -> std::io::Result<libc::c_int> {
    match libc::c_int::try_from(answer) {
        Ok(number) if number >= 0 => Ok(number),
        _ => Err(std::io::Error::last_os_error()),
    }
}

/// What this system can enforce: nothing.
#[cfg(not(target_os = "linux"))]
pub fn status() -> Enforcement {
    Enforcement::None("only Linux has Landlock")
}

impl Level {
    /// Whether children get walls, and what a report must say about it; asked once, when a run starts.
    ///
    /// # Errors
    /// With [`Level::Require`], where nothing can be enforced.
    pub fn resolve(self, enforcement: &Enforcement) -> Result<(bool, Option<String>)> {
        match (self, enforcement) {
            (Level::Off, _) => Ok((false, Some("the sandbox is off: the agent and the tests are not confined".into()))),
            (_, Enforcement::Full) => Ok((true, None)),
            (_, Enforcement::Partial(open)) => Ok((true, Some(format!("the sandbox is partial: {}", open.join("; "))))),
            (Level::Auto, Enforcement::None(why)) => Ok((false, Some(format!("there is no sandbox: {why}")))),
            (Level::Require, Enforcement::None(why)) => {
                let failure = Failure::missing(format!("the sandbox is required, but {why}"));
                let hint = "run on Linux 5.13 or newer with `landlock` in /sys/kernel/security/lsm, or choose \
                            `--sandbox auto`";
                Err(failure.hint(hint).into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Exit, exit_of};

    #[test]
    fn only_a_required_sandbox_is_an_error_where_there_is_none() {
        let none = Enforcement::None("the kernel has no Landlock");
        let partial = Enforcement::Partial(vec!["signals reach other processes"]);
        let cases = [
            (Level::Auto, &Enforcement::Full, true, None),
            (Level::Require, &Enforcement::Full, true, None),
            (Level::Auto, &partial, true, Some("partial: signals reach")),
            (Level::Require, &partial, true, Some("partial: signals reach")),
            (Level::Auto, &none, false, Some("no sandbox: the kernel has no")),
            (Level::Off, &Enforcement::Full, false, Some("is off")),
        ];
        for (level, enforcement, confined, said) in cases {
            let (walls, note) = level.resolve(enforcement).unwrap();
            assert_eq!(walls, confined, "{level:?} {enforcement:?}");
            match said {
                None => assert_eq!(note, None),
                Some(words) => assert!(note.as_deref().unwrap_or_default().contains(words), "{note:?}"),
            }
        }
        let error = Level::Require.resolve(&none).unwrap_err();
        assert_eq!(exit_of(&error), Exit::Missing);
        assert!(error.to_string().contains("hint: run on Linux"), "{error}");
    }
}
