//! Integration tests: the real program with real tools. One binary, so that they link once.

mod config;
mod detect;
mod env;
mod github_issues;
#[cfg(target_os = "linux")]
mod sandbox;
#[cfg(target_os = "linux")]
mod sandboxed_tools;
mod secrets;
#[expect(dead_code, reason = "pull requests come next")]
mod stand_in;
mod suite;
