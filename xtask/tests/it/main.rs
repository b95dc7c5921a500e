//! Integration tests: the real program with real tools. One binary, so that they link once.

mod claude;
mod config;
mod demo;
mod detect;
mod doctor;
mod env;
mod gate;
mod gate_command;
mod github_issues;
mod github_publish;
mod github_pull_requests;
mod github_world;
mod heal;
mod heal_cloud;
mod heal_github;
#[cfg(target_os = "linux")]
mod heal_hostile;
#[cfg(target_os = "linux")]
mod heal_killed;
mod init;
mod matrix;
mod report;
mod report_doubts;
mod report_merged;
mod report_paths;
mod report_producers;
mod runners;
#[cfg(target_os = "linux")]
mod sandbox;
#[cfg(target_os = "linux")]
mod sandboxed_tools;
mod scale;
mod secrets;
mod stand_in;
mod suite;
