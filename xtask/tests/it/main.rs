//! Integration tests: the real program with real tools. One binary, so that they link once.

#[cfg(target_os = "linux")]
mod sandbox;

mod detect;
mod env;
mod suite;
