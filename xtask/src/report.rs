//! The reports of a failed run: which files they are, and what they say. The edge around [`ctrf`], which reads them.
//!
//! Nothing here resolves a path of a test or decides about one: see [`crate::locate`] and [`crate::plan`].

mod source;

use crate::error::{Exit, Failure};
pub use ctrf::{Attachment, FailedTest, Report, text};
pub use source::{Source, files, read, read_keeping, stale};

/// Exit 4 for reports without tests, exit 2 for what is no report.
impl From<ctrf::Error> for Failure {
    fn from(error: ctrf::Error) -> Self {
        let exit = if error.no_tests { Exit::NoTests } else { Exit::Usage };
        Failure { exit, message: error.message, hint: error.hint }
    }
}
