//! `cargo heal`: repairs end-to-end tests that went out of date, and proves each repair.
//!
//! # Code map
//!
//! - The conductor: [`heal`] runs one report from start to end. It alone knows the order of the stages.
//! - Values that the stages hand on: [`report`], [`plan`], [`outcome`].
//! - Pure decisions, which see no clock, environment, file or process: [`detect`], [`plan`], [`prompt`], [`verdict`],
//!   [`gate`], [`opencode_config`], [`redact`].
//! - Stages that act: [`scratch`] (the repository in which a test is healed), [`runner`] (re-runs one test),
//!   [`attempt`] (one round with the agent).
//! - Edges: [`proc`] spawns every child, [`ui`] prints, [`tools`] speaks to git, gh, opencode and model servers,
//!   [`sandbox`] confines what the agent wrote.
//! - Served on loopback: [`http_server`], and on it [`scripted_model`], the script that stands for a model in the demo
//!   and in tests.
//! - The command line: [`cli`] declares it, [`settings`] resolves flags, variables and keys once.
//!
//! Direction: command line → conductor → stages → tools → `proc`. Nothing below the conductor prints.

pub mod cli;
pub mod detect;
pub mod error;
pub mod gate;
pub mod github;
pub mod http_server;
pub mod locate;
pub mod outcome;
pub mod plan;
pub mod proc;
pub mod redact;
pub mod report;
pub mod sandbox;
pub mod scripted_model;
pub mod secrets;
pub mod settings;
pub mod tools;

use std::process::ExitCode;

pub fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    {
        if let Some(code) = sandbox::supervise::dispatch(std::env::args_os()) {
            return code;
        }
        // The running program, even when its file was replaced meanwhile.
        proc::supervise_with("/proc/self/exe");
    }
    let _secrets = match secrets::take() {
        Ok(secrets) => secrets,
        Err(error) => {
            eprintln!("error: {error:#}");
            return ExitCode::from(error::exit_of(&error) as u8);
        }
    };
    ExitCode::SUCCESS
}
