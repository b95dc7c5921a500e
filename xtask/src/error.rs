//! Errors that end a run: what is wrong with which object, the remedy, and the exit code that says which kind it is.
//!
//! Expected outcomes of healing (a rejected fix, a flaky test) are values of [`crate::outcome`], never errors.

use std::fmt;

/// The documented exit codes. They are part of the contract: never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing failed, or every failed test was healed or handed over.
    Ok = 0,
    /// Something broke in the tool or in a service.
    Broken = 1,
    /// Bad usage, or input that cannot be read.
    Usage = 2,
    /// A tool, a model or a token is missing.
    Missing = 3,
    /// The report holds no tests.
    NoTests = 4,
    /// The run went well, but at least one test is not healed (`gate`: a person must decide).
    NotHealed = 10,
    /// `gate` refuses the change.
    Refused = 11,
}

/// An error with its remedy. `message` names the object, in lower case and without a full stop; `hint` says what to do.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    pub message: String,
    pub hint: Option<String>,
}

impl Failure {
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Failure { exit, message: message.into(), hint: None }
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub fn missing(message: impl Into<String>) -> Self {
        Self::new(Exit::Missing, message)
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// The exit code of an error chain: that of the [`Failure`] in it, else [`Exit::Broken`].
pub fn exit_of(error: &anyhow::Error) -> Exit {
    error.chain().find_map(|cause| cause.downcast_ref::<Failure>()).map_or(Exit::Broken, |failure| failure.exit)
}
