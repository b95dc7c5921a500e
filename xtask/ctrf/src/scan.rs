//! Scans JSON that lies in memory, where it is as usual: quick, since nothing has to be fetched, kept or explained. `None`
//! always means that the long way, [`crate::json`], has to look, which also knows what is wrong.

use memchr::memchr2;

/// Where the first byte from `at` on is that is not white space.
#[inline(always)]
pub fn token_at(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at..)? {
        [byte, ..] if *byte > b' ' => Some(at),
        [b' ', byte, ..] if *byte > b' ' => Some(at + 1),
        _ => token_after_space(bytes, at),
    }
}

/// Indented documents are half white space.
#[inline(never)]
fn token_after_space(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at..)? {
            [b' ', b' ', b' ', b' ', b' ', b' ', b' ', b' ', ..] => at += 8,
            [b' ' | b'\n' | b'\r' | b'\t', ..] => at += 1,
            [_, ..] => return Some(at),
            [] => return None,
        }
    }
}

/// How long the array or object is that begins here.
pub fn whole_nested(bytes: &[u8]) -> Option<usize> {
    // A bit for each level, the last one lowest: set for an object.
    let mut objects: u64 = 0;
    let mut depth = 0;
    let mut at = 0;
    loop {
        let mut empty = false;
        match bytes.get(at)? {
            open @ (b'{' | b'[') => {
                if depth == 64 {
                    return None;
                }
                objects = objects << 1 | u64::from(*open == b'{');
                depth += 1;
                at = token_at(bytes, at + 1)?;
                // In ASCII a bracket and its counterpart are two apart.
                empty = bytes[at] == open + 2;
                if !empty {
                    if *open == b'{' {
                        at = after_name(bytes, at)?;
                    }
                    continue;
                }
            }
            b'"' => at = after_string(bytes, at)?,
            b'-' | b'0'..=b'9' => at += whole_number(&bytes[at..])?,
            _ => at += whole_literal(&bytes[at..])?,
        }
        loop {
            if !empty {
                at = token_at(bytes, at)?;
            }
            empty = false;
            let is_object = objects & 1 == 1;
            match bytes[at] {
                b',' => {
                    at = token_at(bytes, at + 1)?;
                    if is_object {
                        at = after_name(bytes, at)?;
                    }
                    break;
                }
                b'}' if is_object => {}
                b']' if !is_object => {}
                _ => return None,
            }
            at += 1;
            objects >>= 1;
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        }
    }
}

/// Where the value of the member begins whose name is at `at`.
#[inline(always)]
fn after_name(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes[at] != b'"' {
        return None;
    }
    let at = token_at(bytes, after_string(bytes, at)?)?;
    if bytes[at] == b':' { token_at(bytes, at + 1) } else { None }
}

/// Where the string ends that begins at `at`.
#[inline(always)]
fn after_string(bytes: &[u8], at: usize) -> Option<usize> {
    let start = at + 1;
    let end = start + end_of_plain(&bytes[start..])?;
    if bytes[end] == b'"' { Some(end + 1) } else { after_escapes(bytes, end) }
}

/// Where the string ends that has a backslash at `at`.
#[inline(never)]
fn after_escapes(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at += 2,
            b'u' if bytes.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => at += 6,
            _ => return None,
        }
        at += end_of_plain(&bytes[at..])?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
    }
}

/// How long the number is that begins here, and that something ends.
#[inline]
pub fn whole_number(bytes: &[u8]) -> Option<usize> {
    let sign = usize::from(bytes.first() == Some(&b'-'));
    let digits = leading_digits(&bytes[sign..]);
    if digits == 0 || (digits > 1 && bytes[sign] == b'0') {
        return None;
    }
    let mut length = sign + digits;
    if bytes.get(length) == Some(&b'.') {
        let digits = leading_digits(&bytes[length + 1..]);
        length += 1 + digits;
        if digits == 0 {
            return None;
        }
    }
    ends_token(*bytes.get(length)?).then_some(length)
}

/// How long the word is that begins here, and that something ends.
#[inline]
pub fn whole_literal(bytes: &[u8]) -> Option<usize> {
    let length = match bytes {
        [b't', b'r', b'u', b'e', ..] | [b'n', b'u', b'l', b'l', ..] => 4,
        [b'f', b'a', b'l', b's', b'e', ..] => 5,
        _ => return None,
    };
    ends_token(*bytes.get(length)?).then_some(length)
}

fn ends_token(byte: u8) -> bool {
    matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t')
}

#[inline]
pub fn leading_digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Where the first quote or backslash is.
#[inline]
pub fn end_of_plain(bytes: &[u8]) -> Option<usize> {
    // Most strings are shorter than it takes to get up to memory speed.
    if let Some(words) = bytes.first_chunk::<24>() {
        for (index, word) in words.as_chunks::<8>().0.iter().enumerate() {
            let word = u64::from_le_bytes(*word);
            let found = bytes_equal(word, b'"') | bytes_equal(word, b'\\');
            if found != 0 {
                return Some(index * 8 + found.trailing_zeros() as usize / 8);
            }
        }
        return memchr2(b'"', b'\\', &bytes[24..]).map(|at| at + 24);
    }
    memchr2(b'"', b'\\', bytes)
}

/// The lowest bit that is set is in the first byte of `word` that is `byte`.
/// <https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord>
#[inline]
fn bytes_equal(word: u64, byte: u8) -> u64 {
    const ONES: u64 = u64::MAX / 0xFF;
    let zero_where_equal = word ^ (ONES * u64::from(byte));
    zero_where_equal.wrapping_sub(ONES) & !zero_where_equal & (ONES << 7)
}
