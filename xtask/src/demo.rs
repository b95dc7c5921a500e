//! `cargo heal demo`.

pub mod script;
pub mod shop;
