//! One module per program or service that we speak to: functions are verbs, parsers are pure.

pub mod gh;
pub mod git;
pub mod llm;
pub mod opencode;
pub mod programs;
