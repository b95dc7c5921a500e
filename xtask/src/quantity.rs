//! How a number of things is said. Pure.

use std::fmt::Display;

/// `1 test`, `2 tests`.
pub fn of<N: Copy + Display + PartialEq + From<u8>>(number: N, noun: &str) -> String {
    if number == N::from(1) { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
