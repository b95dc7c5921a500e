//! Takes the tokens out of the environment of this process, so that nothing that it starts, and nothing that reads
//! `/proc`, finds them there. They are held in memory and handed to the one tool that needs each.
//!
//! A process cannot safely change its own environment once threads may run. So the program replaces itself, before
//! anything else, with itself: without the tokens in its environment, and with them in a file that exists in memory
//! only, which is emptied as soon as it is read. That costs one `exec`, and nothing when no token is set.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result};
use rustix::io::FdFlags;

/// A token. Printing it in a debug format shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(OsString);

impl Secret {
    pub fn new(value: impl Into<OsString>) -> Self {
        Secret(value.into())
    }

    /// The token itself, for the environment of the one child or the one header that needs it.
    pub fn expose(&self) -> &std::ffi::OsStr {
        &self.0
    }

    /// Takes the token out of a text that may quote it.
    pub fn redact(&self, text: &str) -> String {
        match self.0.to_str() {
            Some(token) if token.len() >= 8 => text.replace(token, crate::redact::REDACTED),
            _ => text.to_owned(),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The tokens that the program was started with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secrets {
    /// For `gh` and `git push`: `GH_TOKEN`, `GITHUB_TOKEN`, `GH_ENTERPRISE_TOKEN` or `GITHUB_ENTERPRISE_TOKEN`, the
    /// first that is set.
    pub github: Option<Secret>,
    /// For assigning Copilot: `HEAL_COPILOT_TOKEN`.
    pub copilot: Option<Secret>,
    /// For Claude through opencode: `ANTHROPIC_API_KEY`.
    pub anthropic: Option<Secret>,
}

/// In order of precedence. The last two open the runner's own services (caches, OIDC) and nobody here needs them.
/// <https://cli.github.com/manual/gh_help_environment>
const TAKEN: [&str; 8] = [
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "GH_ENTERPRISE_TOKEN",
    "GITHUB_ENTERPRISE_TOKEN",
    "HEAL_COPILOT_TOKEN",
    "ANTHROPIC_API_KEY",
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
];

/// `PROCESS:DESCRIPTOR` of the hand-over. The number of the process stays the same over `exec`, and differs in any
/// child, to which the variable therefore says nothing.
pub const HANDED_OVER: &str = "HEAL_SECRETS";

/// The tokens of the environment, which is without them when this returns. Call it first, while there is one thread.
///
/// # Errors
/// When the program cannot be replaced or the hand-over cannot be read.
pub fn take() -> Result<Secrets> {
    if let Some(path) = handed_over() {
        return Ok(sorted(&receive(&path).context("cannot read the tokens that were handed over")?));
    }
    let found: Vec<(&str, OsString)> = TAKEN.iter().filter_map(|name| Some((*name, std::env::var_os(name)?))).collect();
    if found.is_empty() {
        return Ok(Secrets::default());
    }
    Err(hand_over(&found)).context("cannot take the tokens out of the environment")
}

fn handed_over() -> Option<String> {
    let value = std::env::var(HANDED_OVER).ok()?;
    let (process, descriptor) = value.split_once(':')?;
    let descriptor: u32 = descriptor.parse().ok()?;
    (process == std::process::id().to_string()).then(|| format!("/dev/fd/{descriptor}"))
}

/// Replaces the program; returns only when it cannot.
fn hand_over(found: &[(&str, OsString)]) -> anyhow::Error {
    let mut bytes = Vec::new();
    for (name, value) in found {
        for part in [name.as_bytes(), b"=", value.as_bytes(), b"\0"] {
            bytes.extend_from_slice(part);
        }
    }
    let replace = || -> Result<std::io::Error> {
        let held = hold(&bytes)?;
        rustix::io::fcntl_setfd(&held, FdFlags::empty())?;
        let mut args = std::env::args_os();
        let mut command = Command::new(std::env::current_exe()?);
        command.arg0(args.next().unwrap_or_default()).args(args);
        for (name, _) in found {
            command.env_remove(name);
        }
        command.env(HANDED_OVER, format!("{}:{}", std::process::id(), held.as_raw_fd()));
        Ok(command.exec())
    };
    replace().map_or_else(|error| error, anyhow::Error::from)
}

/// Puts the bytes where a descriptor leads to them, and no path.
#[cfg(any(target_os = "linux", target_os = "freebsd"))]
fn hold(bytes: &[u8]) -> Result<OwnedFd> {
    let mut file = File::from(rustix::fs::memfd_create("heal", rustix::fs::MemfdFlags::CLOEXEC)?);
    file.write_all(bytes)?;
    Ok(file.into())
}

/// Likewise, in a pipe: all tokens together fit its buffer.
#[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
fn hold(bytes: &[u8]) -> Result<OwnedFd> {
    let (reader, mut writer) = std::io::pipe()?;
    writer.write_all(bytes)?;
    Ok(reader.into())
}

/// Reads the hand-over and leaves nothing in it: the descriptor itself cannot be closed without `unsafe`, so children
/// inherit it, empty.
fn receive(path: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    // A pipe is empty once it is read, and refuses this.
    let _ = File::options().write(true).truncate(true).open(path);
    Ok(bytes)
}

fn sorted(bytes: &[u8]) -> Secrets {
    let mut found: Vec<(&[u8], Secret)> = Vec::new();
    for entry in bytes.split(|byte| *byte == 0) {
        if let Some(at) = entry.iter().position(|byte| *byte == b'=') {
            let value = entry[at + 1..].to_vec();
            // An empty variable counts as unset.
            if !value.is_empty() {
                found.push((&entry[..at], Secret(OsString::from_vec(value))));
            }
        }
    }
    let value = |name: &&str| Some(found.iter().find(|(found, _)| *found == name.as_bytes())?.1.clone());
    let first = |names: &[&str]| names.iter().find_map(value);
    Secrets { github: first(&TAKEN[..4]), copilot: first(&TAKEN[4..5]), anthropic: first(&TAKEN[5..6]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_tokens_by_precedence_and_ignores_empty_ones() {
        let secret = |text: &str| Some(Secret::new(text));
        let cases = [
            ("", Secrets::default()),
            ("GH_TOKEN=a\0GITHUB_TOKEN=b\0", Secrets { github: secret("a"), ..Secrets::default() }),
            ("GH_TOKEN=\0GITHUB_TOKEN=b=c\0", Secrets { github: secret("b=c"), ..Secrets::default() }),
            (
                "ANTHROPIC_API_KEY=k\0HEAL_COPILOT_TOKEN=u\0ACTIONS_RUNTIME_TOKEN=r\0",
                Secrets { github: None, copilot: secret("u"), anthropic: secret("k") },
            ),
        ];
        for (bytes, expected) in cases {
            assert!(sorted(bytes.as_bytes()) == expected, "{bytes:?}");
        }
    }

    #[test]
    fn shows_nothing_of_a_token() {
        let secrets = Secrets { github: Some(Secret::new("ghp_abcdefgh")), ..Secrets::default() };
        assert!(!format!("{secrets:?}").contains("ghp"), "{secrets:?}");
        assert_eq!(secrets.github.unwrap().redact("401 for ghp_abcdefgh"), "401 for [redacted]");
    }
}
