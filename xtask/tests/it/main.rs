//! Integration tests: the real program with real tools. One binary, so that they link once.

mod github_issues;
#[cfg(target_os = "linux")]
mod sandbox;

mod detect;
mod env;
mod suite;
#[expect(dead_code, reason = "pull requests come next")]
mod stand_in;
