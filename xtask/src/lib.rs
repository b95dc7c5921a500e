//! `cargo heal`: repairs end-to-end tests that went out of date, and proves each repair.
//!
//! # Code map
//!
//! - The conductor: [`heal`] runs one report from start to end. It alone knows the order of the stages; each stage is a
//!   file of its folder.
//! - Values that the stages hand on: [`report`], [`plan`], [`outcome`], [`bundle`].
//! - Pure decisions, which see no clock, environment, file or process: [`detect`], [`plan`], [`lanes`], [`prompt`],
//!   [`verdict`], [`symptom`], [`gate`], [`opencode_config`], [`commit_message`], [`redact`], [`quantity`].
//! - What acts: [`scratch`] (the repository in which a test is healed), [`runner`] (re-runs one test), [`publish`]
//!   (pull requests, for a run and for bundles), [`github`] (issues, pull requests, Copilot).
//! - Edges: [`proc`] spawns every child, [`ui`] prints, [`tools`] speaks to git, gh, opencode and model servers,
//!   [`sandbox`] confines what the agent wrote, [`untrusted`] reads what it leaves, [`secrets`] holds the tokens.
//! - Served on loopback: [`http_server`], and on it [`scripted_model`], the script that stands for a model in the demo
//!   and in tests.
//! - The command line: [`cli`] declares it, [`commands`] dispatches it, [`settings`] resolves flags, variables and keys
//!   once; [`doctor`], [`demo`], [`init`], [`gate_command`], [`publish_command`] and [`config_file`] are the other verbs.
//!
//! Direction: command line → conductor → stages → tools → `proc`. Nothing below the conductor prints.

pub mod bundle;
mod cli;
mod commands;
mod commit_message;
mod config_file;
pub mod demo;
mod detect;
mod digest;
mod doctor;
mod document;
pub mod error;
pub mod gate;
mod gate_command;
pub mod github;
mod heal;
pub mod http_server;
mod init;
mod lanes;
pub mod locate;
mod model;
pub mod opencode_config;
pub mod outcome;
pub mod plan;
pub mod proc;
mod prompt;
mod publish;
mod publish_command;
mod quantity;
mod random;
pub mod report;
pub mod runner;
pub mod sandbox;
mod scratch;
pub mod scripted_model;
pub mod secrets;
pub mod settings;
mod surroundings;
mod symptom;
pub mod tools;
mod ui;
mod untrusted;
mod verdict;

use std::process::ExitCode;

pub use ::redact;
use clap::Parser;

/// Runs the program: hands each command to [`commands`], prints an error if there is one, answers with the exit code.
pub fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    {
        if let Some(code) = sandbox::supervise::dispatch(std::env::args_os()) {
            return code;
        }
        // The running program, even when its file was replaced meanwhile.
        proc::supervise_with("/proc/self/exe");
    }
    let secrets = secrets::take();
    let env = settings::Environment::of_process();
    let command = match cli::Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(said) => {
            // Help and version come this way too, with 0 for their exit code.
            let _ = said.print();
            return ExitCode::from(u8::try_from(said.exit_code()).unwrap_or(error::Exit::Usage as u8));
        }
    };
    let ui = ui::Ui::new(commands::wants_json(&command), &env);
    let run = || {
        let cwd = std::env::current_dir()?;
        commands::run(command, &surroundings::Surroundings { env, secrets: secrets?, cwd }, &ui)
    };
    let exit = run().unwrap_or_else(|error| {
        ui.error(&error);
        error::exit_of(&error)
    });
    ExitCode::from(exit as u8)
}
