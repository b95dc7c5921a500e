//! Confines a child process: where it may write, what it may read, which ports it may reach.

use std::path::PathBuf;

/// The walls of one child.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sandbox {
    pub write: Vec<PathBuf>,
    pub read: Vec<PathBuf>,
    /// TCP ports that may be connected to; `None`: any.
    pub connect: Option<Vec<u16>>,
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
