//! Whatever the bytes are: no panic, no memory without bound (libFuzzer's `-rss_limit_mb`), and nothing that depends on
//! how the bytes come in.
#![no_main]

#[path = "../../tests/check/mod.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::holds(bytes));
