//! Text that nobody can guess: delimiters, passwords.

use anyhow::{Context, Result};

/// So many random bytes, as twice as many hex digits.
pub fn hex(bytes: usize) -> Result<String> {
    let mut buffer = vec![0; bytes];
    getrandom::fill(&mut buffer).context("the system gives no random bytes")?;
    Ok(buffer.iter().map(|byte| format!("{byte:02x}")).collect())
}
