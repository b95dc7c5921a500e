//! Takes out of text what must not travel: secrets, terminal escapes, control and invisible characters. Pure.

/// What stands where a secret stood.
pub const REDACTED: &str = "[redacted]";
