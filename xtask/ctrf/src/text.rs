//! Text out of a report: clipped while it streams in, freed of terminal escapes, made fit for one line of a terminal.
//! It is data to everyone who gets it from here; escaping for Markdown, prompts or shells is theirs.

use std::borrow::Cow;

/// What is kept of a text: half of it from the head, half from the tail.
pub const LIMIT: usize = 16 << 10;
/// Text without white space this long is cut anywhere.
const MAX_WORD: usize = 1 << 10;

/// Takes bytes as they come and keeps the first and the last of them. Memory stays within a small multiple of `limit`.
#[derive(Debug)]
pub struct Clip {
    limit: usize,
    head: Vec<u8>,
    tail: Vec<u8>,
    /// Bytes between head and tail that are gone.
    dropped: usize,
}

impl Clip {
    /// Keeps at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Clip { limit, head: Vec::new(), tail: Vec::new(), dropped: 0 }
    }

    pub fn clear(&mut self) {
        self.head.clear();
        self.tail.clear();
        self.dropped = 0;
    }

    pub fn push(&mut self, bytes: &[u8]) {
        let half = self.limit / 2;
        let room = half.saturating_sub(self.head.len());
        if bytes.len() <= room {
            self.head.extend_from_slice(bytes);
            return;
        }
        let (first, rest) = bytes.split_at(room);
        self.head.extend_from_slice(first);
        // Only what may still be in the tail at the end is copied.
        let late = rest.len().saturating_sub(half);
        if late > 0 {
            self.dropped += self.tail.len() + late;
            self.tail.clear();
        }
        self.tail.extend_from_slice(&rest[late..]);
        if self.tail.len() > self.limit {
            let excess = self.tail.len() - half;
            self.tail.drain(..excess);
            self.dropped += excess;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.head.is_empty()
    }

    /// Nothing was left out.
    pub fn is_whole(&self) -> bool {
        self.dropped == 0
    }

    /// The head alone, which is everything for a short text.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// What is kept, as bytes, without a mark where something is missing.
    pub fn bytes(&self) -> Vec<u8> {
        [&self.head[..], &self.tail[..]].concat()
    }

    pub fn feed(&self, hasher: &mut impl std::hash::Hasher) {
        hasher.write(&self.head);
        hasher.write(&self.tail);
    }

    /// What is kept if it is UTF-8.
    pub fn utf8(&self) -> Option<String> {
        String::from_utf8(self.bytes()).ok()
    }

    /// What is kept as text, with a mark where something is missing, and at most the limit long. Bytes that are no
    /// UTF-8 become U+FFFD.
    pub fn text(&self) -> String {
        if self.tail.is_empty() {
            return cut(&lossy(&self.head), self.limit);
        }
        if self.dropped == 0 {
            return cut(&lossy(&self.bytes()), self.limit);
        }
        let tail = &self.tail[self.tail.len().saturating_sub(self.limit / 2)..];
        let dropped = self.dropped + self.tail.len() - tail.len();
        let head = lossy(whole_end(&self.head));
        let tail = lossy(whole_start(tail));
        join(&head, &tail, dropped, self.limit)
    }
}

/// Head and tail of a text, at most `limit` bytes together.
pub fn cut(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    join(text, text, text.len() - limit, limit)
}

/// Cuts between words where it can: half a token would be a secret that nobody recognises.
fn join(head: &str, tail: &str, dropped: usize, limit: usize) -> String {
    let mark = format!("\n[… {dropped} bytes left out …]\n");
    let half = limit.saturating_sub(mark.len()) / 2;
    let end = (0..=half.min(head.len())).rev().find(|at| head.is_char_boundary(*at)).unwrap_or(0);
    let from = (tail.len() - half.min(tail.len())..tail.len()).find(|at| tail.is_char_boundary(*at));
    let (head, tail) = (&head[..end], from.map_or("", |from| &tail[from..]));
    let end = head.rfind(char::is_whitespace).filter(|at| head.len() - at <= MAX_WORD).unwrap_or(head.len());
    let from = tail.find(char::is_whitespace).filter(|at| *at <= MAX_WORD).unwrap_or(0);
    format!("{}{mark}{}", &head[..end], &tail[from..])
}

/// Bytes that are no UTF-8 become U+FFFD. Seldom are there any, and to see that there are none is quick.
fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// Without a character that was cut at the end.
fn whole_end(bytes: &[u8]) -> &[u8] {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => &bytes[..error.valid_up_to()],
        _ => bytes,
    }
}

/// Without the rest of a character that was cut at the start.
fn whole_start(bytes: &[u8]) -> &[u8] {
    let rest = bytes.iter().take(3).take_while(|byte| **byte & 0xC0 == 0x80).count();
    &bytes[rest..]
}

/// Without terminal escapes (CSI, OSC and the other strings of ECMA-48, also in their C1 form) and control characters;
/// line ends become `\n`.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let (plain, suspect) = rest.split_at(plain_length(rest));
        out.push_str(plain);
        let mut chars = suspect.chars();
        let Some(char) = chars.next() else { return out };
        rest = chars.as_str();
        match char {
            '\r' if !rest.starts_with('\n') => out.push('\n'),
            '\u{1b}' => {
                let after = rest.strip_prefix(|next| matches!(next, ' '..='~')).unwrap_or(rest);
                rest = match rest.as_bytes().first() {
                    Some(b'[') => after_csi(after),
                    Some(b']' | b'P' | b'X' | b'^' | b'_') => after_string(after),
                    // Two-byte escapes; those of the kind `ESC ( B` have one byte more.
                    Some(b' '..=b'/') => after.strip_prefix(|_| true).unwrap_or(after),
                    _ => after,
                };
            }
            '\u{9b}' => rest = after_csi(rest),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => rest = after_string(rest),
            _ if char.is_control() => {}
            _ => out.push(char),
        }
    }
}

/// How much of a text surely needs no cleaning. Block by block, which the processor does many bytes at a time.
fn plain_length(text: &str) -> usize {
    // Controls, but line ends and tabs, and what C1 controls begin with.
    let is_suspect = |byte: u8| (byte < b' ' && byte != b'\n' && byte != b'\t') || byte == 0x7F || byte == 0xC2;
    let (blocks, _) = text.as_bytes().as_chunks::<32>();
    let is_plain = |block: &&[u8; 32]| block.iter().fold(0, |found, byte| found | u8::from(is_suspect(*byte))) == 0;
    let plain = blocks.iter().take_while(is_plain).count() * 32;
    plain + text.as_bytes()[plain..].iter().take_while(|byte| !is_suspect(**byte)).count()
}

/// What follows parameters, intermediates and one final byte.
fn after_csi(text: &str) -> &str {
    let text = text.trim_start_matches(|char| matches!(char, ' '..='?'));
    text.strip_prefix(|char| matches!(char, '@'..='~')).unwrap_or(text)
}

/// What follows BEL or the string terminator; a terminator that never comes ends with the line, so that text is not
/// swallowed.
fn after_string(text: &str) -> &str {
    let end = text.find(['\n', '\u{7}', '\u{9c}', '\u{1b}']).unwrap_or(text.len());
    let rest = &text[end..];
    if let Some(rest) = rest.strip_prefix('\u{1b}') {
        return rest.strip_prefix('\\').unwrap_or(rest);
    }
    rest.strip_prefix(['\u{7}', '\u{9c}']).unwrap_or(rest)
}

/// One line that a terminal or a log can show: controls, line ends and the characters that reorder or hide text are
/// escaped, at most `limit` bytes are shown.
pub fn printable(text: &str, limit: usize) -> String {
    let mut out = String::new();
    for char in text.chars() {
        if out.len() >= limit {
            out.push('…');
            break;
        }
        if char.is_control() || is_invisible(char) { out.extend(char.escape_unicode()) } else { out.push(char) }
    }
    out
}

/// Bidirectional controls, zero-width characters, tags and line separators.
/// <https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing>
pub fn is_invisible(char: char) -> bool {
    matches!(char, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{ad}' | '\u{180e}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_controls_are_stripped() {
        for (input, expected) in [
            ("plain", "plain"),
            ("\u{1b}[31mred\u{1b}[39m", "red"),
            ("\u{1b}[38;2;1;2;3mred\u{1b}[K", "red"),
            ("\u{1b}]8;;http://evil\u{7}link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{9b}31mred", "red"),
            ("\u{9d}0;title\u{9c}after", "after"),
            ("\u{1b}]never ends\nnext line", "\nnext line"),
            ("\u{1b}(Bset", "set"),
            ("a\u{0}b\u{8}c\u{7f}d\u{85}e", "abcde"),
            ("a\r\nb\rc", "a\nb\nc"),
            ("cut \u{1b}", "cut "),
            ("cut \u{1b}[3", "cut "),
            ("tab\there", "tab\there"),
        ] {
            assert_eq!(clean(input), expected, "{input:?}");
        }
    }

    #[test]
    fn a_clip_keeps_head_and_tail() {
        for (size, chunk) in [(10, 3), (64, 64), (65, 1), (1000, 7), (5000, 5000), (5000, 33)] {
            let whole: Vec<u8> = (0..size).map(|at| b'a' + (at % 26) as u8).collect();
            let mut clip = Clip::new(64);
            for part in whole.chunks(chunk) {
                clip.push(part);
            }
            let text = clip.text();
            assert!(text.len() <= 64, "{size}: {text}");
            if size <= 64 {
                assert_eq!(text.as_bytes(), whole);
            } else {
                let (head, rest) = text.split_once("\n[… ").unwrap();
                let (count, tail) = rest.split_once(" bytes left out …]\n").unwrap();
                assert!(whole.starts_with(head.as_bytes()) && whole.ends_with(tail.as_bytes()), "{text}");
                assert!(count.parse::<usize>().unwrap() >= size - 64, "{text}");
            }
        }
    }

    #[test]
    fn a_clip_never_splits_a_character() {
        for lead in 0..4 {
            let mut clip = Clip::new(200);
            clip.push(&vec![b'x'; lead]);
            for _ in 0..500 {
                clip.push("😀é".as_bytes());
            }
            assert!(!clip.text().contains('\u{fffd}'), "{}", clip.text());
        }
    }

    #[test]
    fn bytes_that_are_no_utf8_do_not_outgrow_the_limit() {
        let mut clip = Clip::new(100);
        clip.push(&[0xe9; 100]);
        assert!(clip.text().len() <= 100 && clip.utf8().is_none());
    }

    #[test]
    fn a_printable_line_hides_nothing() {
        assert_eq!(printable("a\u{202e}b\n::error::c", 99), "a\\u{202e}b\\u{a}::error::c");
        assert_eq!(printable("abcdef", 3), "abc…");
    }
}
