//! Puts the walls of a [`Sandbox`] around the calling process, for good: Landlock rules, a filter of system calls, no
//! capabilities, no way to gain any. Only the process that is about to become the child may call [`raise`].

use anyhow::{Context, Result};
use rustix::io::Errno;

use super::landlock::{self, Ruleset};
use super::{Enforcement, Sandbox, calls, capabilities};

/// What each version of the kernel's interface added that a child could otherwise do.
const ADDED: [(u32, &str); 5] = [
    (3, "files outside can be truncated (Linux before 6.2)"),
    (4, "TCP ports are open (Linux before 6.7)"),
    (5, "devices take any ioctl (Linux before 6.10)"),
    (6, "signals and abstract sockets reach other processes (Linux before 6.12)"),
    (9, "socket files such as that of Docker can be connected to (Linux before 7.1)"),
];

/// What this kernel can enforce.
pub fn status() -> Enforcement {
    let version = landlock::version();
    if version == 0 {
        return Enforcement::None("the kernel has no Landlock");
    }
    let mut open: Vec<&'static str> =
        ADDED.iter().filter(|(since, _)| version < *since).map(|(_, what)| *what).collect();
    if !calls::KNOWN {
        open.push("calls that lead around Landlock are not filtered on this kind of machine");
    }
    if open.is_empty() { Enforcement::Full } else { Enforcement::Partial(open) }
}

/// Confines the calling thread and all that it will start.
///
/// # Errors
/// When the kernel has Landlock but does not put the rules up. Where it has none, only the capabilities go.
pub fn raise(sandbox: &Sandbox) -> Result<()> {
    let rules = match landlock::version() {
        0 => None,
        _ => Some(rules_for(sandbox).context("the kernel does not take the rules of the sandbox")?),
    };
    capabilities::no_new_privileges().context("cannot set no_new_privs")?;
    capabilities::drop_all().context("cannot drop the capabilities")?;
    if let Some(rules) = rules {
        rules.restrict_self().context("the kernel did not enforce the sandbox")?;
    }
    calls::restrict().context("the kernel did not take the filter of system calls")
}

/// Keeps the signals of the calling thread, and of all that it will start, among these processes. Says whether that holds:
/// the parent, which is outside, cannot be signalled any more.
pub fn keep_signals() -> bool {
    let kept = capabilities::no_new_privileges().is_ok()
        && Ruleset::of_signals().is_ok_and(|rules| rules.restrict_self().is_ok());
    let parent = rustix::process::getppid();
    kept && parent.is_some_and(|parent| rustix::process::test_kill_process(parent) == Err(Errno::PERM))
}

fn rules_for(sandbox: &Sandbox) -> std::io::Result<Ruleset> {
    let ports = [(&sandbox.connect, landlock::CONNECT_TCP), (&sandbox.bind, landlock::BIND_TCP)];
    let denied = ports.iter().filter(|(ports, _)| ports.is_some()).fold(0, |denied, (_, right)| denied | right);
    let rules = Ruleset::new(denied)?;
    for (paths, rights) in [(&sandbox.read, landlock::READ), (&sandbox.write, landlock::ALL)] {
        for path in paths {
            rules.allow_path(path, rights)?;
        }
    }
    for (ports, right) in ports {
        for port in ports.iter().flatten() {
            rules.allow_port(*port, right)?;
        }
    }
    Ok(rules)
}
