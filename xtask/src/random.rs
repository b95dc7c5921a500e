//! Text that nobody can guess: delimiters, passwords.

use anyhow::{Result, anyhow};
use ring::rand::{SecureRandom, SystemRandom};

/// So many random bytes, as twice as many hex digits.
pub fn hex(bytes: usize) -> Result<String> {
    let mut buffer = vec![0; bytes];
    SystemRandom::new().fill(&mut buffer).map_err(|_| anyhow!("the system gives no random bytes"))?;
    Ok(buffer.iter().map(|byte| format!("{byte:02x}")).collect())
}
