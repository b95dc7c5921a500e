//! Short names for what is long: the same bytes have the same name, and hardly any others do.

use hmac_sha256::Hash;

/// The first 16 hex digits of the bytes' SHA-256.
pub fn short(bytes: &[u8]) -> String {
    Hash::hash(bytes)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn is_the_head_of_the_standards_hash() {
        // The example of FIPS 180-4.
        assert_eq!(super::short(b"abc"), "ba7816bf8f01cfea");
    }
}
