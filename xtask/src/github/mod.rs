//! The GitHub side of a run: issues, pull requests, Copilot, the job summary.

pub mod context;
pub mod issue_text;
pub mod marker;
pub mod text;
