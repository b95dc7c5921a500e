//! A pull reader of JSON over a fixed buffer: one pass, constant memory, exact positions. It knows nothing of CTRF.
//!
//! Why not `serde_json`: its reader aborts the document on what real reports hold (lone surrogates, Latin-1 bytes, a
//! duplicate key in a derived struct), and it cannot skip or clip a string of hundreds of megabytes. This one is strict
//! about structure (RFC 8259), so that a damaged report never half-reads, and lenient inside strings: raw control
//! characters and bytes that are no UTF-8 are passed on for the caller to judge.

use std::io::Read;

use memchr::{memchr_iter, memchr2, memrchr};

use crate::text::Clip;

/// The window over the input. Large enough to make system calls rare, small enough to stay in the processor's cache.
const BUFFER: usize = 128 << 10;
/// Deeper values than this are refused; each level costs a byte.
const MAX_DEPTH: usize = 1_000_000;
/// No key that anyone asks for is longer.
const MAX_KEY: usize = 64;

pub type Step<T> = Result<T, Box<Problem>>;

/// Why reading stopped, and where.
#[derive(Debug)]
pub struct Problem {
    pub message: String,
    pub hint: Option<&'static str>,
    pub at: Position,
}

/// A place in the input: `line` and `column` from 1, `column` in bytes; `byte` from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub byte: u64,
    pub line: u64,
    pub column: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Object,
    Array,
    String,
    Number,
    Bool,
    Null,
}

pub struct Json<'a> {
    input: &'a mut dyn Read,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    /// Bytes before the buffer, lines before it, and where the last of those lines began.
    base: u64,
    lines: u64,
    line_start: u64,
    key: Vec<u8>,
}

/// What becomes of a string's contents.
enum Sink<'a> {
    Nothing,
    Decoded(&'a mut Clip),
    /// As written, quotes and escapes included.
    Raw(&'a mut Clip),
}

impl<'a> Json<'a> {
    pub fn new(input: &'a mut dyn Read) -> Self {
        let buffer = vec![0; BUFFER];
        Json { input, buffer, at: 0, end: 0, base: 0, lines: 0, line_start: 0, key: Vec::with_capacity(MAX_KEY) }
    }

    pub fn position(&self) -> Position {
        let before = &self.buffer[..self.at];
        let byte = self.base + self.at as u64;
        let line_start = memrchr(b'\n', before).map_or(self.line_start, |found| self.base + found as u64 + 1);
        let line = self.lines + memchr_iter(b'\n', before).count() as u64 + 1;
        Position { byte, line, column: byte - line_start + 1 }
    }

    pub fn problem(&self, message: impl Into<String>) -> Box<Problem> {
        Box::new(Problem { message: message.into(), hint: None, at: self.position() })
    }

    pub fn problem_with(&self, message: impl Into<String>, hint: impl Into<Option<&'static str>>) -> Box<Problem> {
        Box::new(Problem { message: message.into(), hint: hint.into(), at: self.position() })
    }

    /// The first bytes of the input, fewer than asked for only if there are no more. Call before anything else.
    pub fn first_bytes(&mut self, count: usize) -> Step<&[u8]> {
        while self.end < count && self.read_more()? {}
        Ok(&self.buffer[..self.end.min(count)])
    }

    /// Passes over bytes that [`Json::first_bytes`] has shown.
    pub fn pass(&mut self, count: usize) {
        self.at += count;
    }

    /// The next byte that is not white space, left in place; `None` at the end.
    #[inline]
    pub fn peek(&mut self) -> Step<Option<u8>> {
        match &self.buffer[self.at..self.end] {
            [byte, ..] if *byte > b' ' => Ok(Some(*byte)),
            [b' ', byte, ..] if *byte > b' ' => {
                self.at += 1;
                Ok(Some(*byte))
            }
            _ => self.peek_past_space(),
        }
    }

    #[inline(never)]
    fn peek_past_space(&mut self) -> Step<Option<u8>> {
        loop {
            while self.at < self.end {
                let byte = self.buffer[self.at];
                if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                    return Ok(Some(byte));
                }
                self.at += 1;
            }
            if !self.refill()? {
                return Ok(None);
            }
        }
    }

    /// What the next value is.
    #[inline]
    pub fn kind(&mut self) -> Step<Kind> {
        match self.token()? {
            b'{' => Ok(Kind::Object),
            b'[' => Ok(Kind::Array),
            b'"' => Ok(Kind::String),
            b'-' | b'0'..=b'9' => Ok(Kind::Number),
            b't' | b'f' => Ok(Kind::Bool),
            b'n' => Ok(Kind::Null),
            _ => Err(self.unexpected("a value")),
        }
    }

    /// Enters the object or the array that comes next.
    #[inline]
    pub fn enter(&mut self) {
        self.at += 1;
    }

    /// Steps to the next member of the object that was entered; its name is [`Json::key`]. `false` once it is closed.
    /// `first` is `true` before the first call.
    pub fn next_member(&mut self, first: &mut bool) -> Step<bool> {
        if !self.next(first, b'}')? {
            return Ok(false);
        }
        self.member_name(true)?;
        Ok(true)
    }

    /// Steps to the next element of the array that was entered; `false` once it is closed.
    pub fn next_element(&mut self, first: &mut bool) -> Step<bool> {
        self.next(first, b']')
    }

    #[inline]
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// Skips a value of any size and depth without keeping any of it.
    pub fn skip(&mut self) -> Step<()> {
        self.walk(None)
    }

    /// Passes over a value and keeps its text as written, without the white space between tokens.
    pub fn compact(&mut self, out: &mut Clip) -> Step<()> {
        self.walk(Some(out))
    }

    /// Reads the string that comes next. Escapes are decoded, a lone surrogate becomes U+FFFD.
    pub fn string(&mut self, out: &mut Clip) -> Step<()> {
        self.at += 1;
        self.string_body(Sink::Decoded(out))
    }

    /// `true` once nothing but white space is left.
    pub fn at_end(&mut self) -> Step<bool> {
        Ok(self.peek()?.is_none())
    }

    #[inline]
    fn next(&mut self, first: &mut bool, close: u8) -> Step<bool> {
        let token = self.token()?;
        if token == close {
            self.at += 1;
            return Ok(false);
        }
        if !std::mem::take(first) {
            if token != b',' {
                return Err(self.unexpected(if close == b'}' { "`,` or `}`" } else { "`,` or `]`" }));
            }
            self.at += 1;
            if self.token()? == close {
                return Err(self.problem("trailing comma"));
            }
        }
        Ok(true)
    }

    /// Passes over `"name":`, keeping the name if it is wanted.
    fn member_name(&mut self, keep: bool) -> Step<()> {
        if self.token()? != b'"' {
            return Err(self.unexpected("a member name in double quotes"));
        }
        self.at += 1;
        if keep {
            let window = &self.buffer[self.at..self.end];
            match memchr2(b'"', b'\\', window) {
                Some(length) if window[length] == b'"' => {
                    self.key.clear();
                    self.key.extend_from_slice(&window[..length.min(MAX_KEY)]);
                    self.at += length + 1;
                }
                _ => {
                    let mut clip = Clip::new(MAX_KEY);
                    self.string_body(Sink::Decoded(&mut clip))?;
                    self.key = clip.bytes();
                }
            }
        } else {
            self.string_body(Sink::Nothing)?;
        }
        if self.token()? != b':' {
            return Err(self.unexpected("`:`"));
        }
        self.at += 1;
        Ok(())
    }

    /// Passes over one value without recursion, so that no depth of nesting overflows the stack.
    fn walk(&mut self, mut out: Option<&mut Clip>) -> Step<()> {
        let mut closers: Vec<u8> = Vec::new();
        loop {
            let kind = self.kind()?;
            match kind {
                Kind::Object | Kind::Array => {
                    let close = if kind == Kind::Object { b'}' } else { b']' };
                    keep(&mut out, &[self.buffer[self.at]]);
                    self.at += 1;
                    if closers.len() == MAX_DEPTH {
                        return Err(self.problem("nested too deep"));
                    }
                    closers.push(close);
                    if self.token()? != close {
                        self.walk_name(close, &mut out)?;
                        continue;
                    }
                }
                Kind::String => {
                    self.at += 1;
                    match &mut out {
                        Some(clip) => self.string_body(Sink::Raw(clip))?,
                        None => self.string_body(Sink::Nothing)?,
                    }
                }
                Kind::Number => self.number(&mut out)?,
                Kind::Bool | Kind::Null => self.literal(&mut out)?,
            }
            loop {
                let Some(&close) = closers.last() else { return Ok(()) };
                let token = self.token()?;
                keep(&mut out, &[token]);
                if token == close {
                    self.at += 1;
                    closers.pop();
                } else if token == b',' {
                    self.at += 1;
                    if self.token()? == close {
                        return Err(self.problem("trailing comma"));
                    }
                    self.walk_name(close, &mut out)?;
                    break;
                } else {
                    return Err(self.unexpected(if close == b'}' { "`,` or `}`" } else { "`,` or `]`" }));
                }
            }
        }
    }

    fn walk_name(&mut self, close: u8, out: &mut Option<&mut Clip>) -> Step<()> {
        if close == b']' {
            return Ok(());
        }
        self.member_name(out.is_some())?;
        if let Some(clip) = out {
            clip.push(b"\"");
            clip.push(&self.key);
            clip.push(b"\":");
        }
        Ok(())
    }

    fn string_body(&mut self, mut into: Sink<'_>) -> Step<()> {
        if let Sink::Raw(clip) = &mut into {
            clip.push(b"\"");
        }
        loop {
            let window = &self.buffer[self.at..self.end];
            let found = memchr2(b'"', b'\\', window);
            let length = found.unwrap_or(window.len());
            if let Sink::Decoded(clip) | Sink::Raw(clip) = &mut into {
                clip.push(&window[..length]);
            }
            let quote = found.is_some_and(|at| window[at] == b'"');
            self.at += length;
            if found.is_none() {
                if !self.refill()? {
                    return Err(self.cut_off());
                }
                continue;
            }
            self.at += 1;
            if quote {
                if let Sink::Raw(clip) = &mut into {
                    clip.push(b"\"");
                }
                return Ok(());
            }
            self.escape(&mut into)?;
        }
    }

    /// What follows a backslash.
    fn escape(&mut self, into: &mut Sink<'_>) -> Step<()> {
        let byte = self.byte()?;
        let plain = match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => return self.unicode(into),
            _ => {
                self.at -= 1;
                return Err(self.problem("no such escape in JSON"));
            }
        };
        match into {
            Sink::Nothing => {}
            Sink::Decoded(clip) => clip.push(&[plain]),
            Sink::Raw(clip) => clip.push(&[b'\\', byte]),
        }
        Ok(())
    }

    /// What follows `\u`: a code unit of UTF-16, and the second half of a pair if it is the first.
    fn unicode(&mut self, into: &mut Sink<'_>) -> Step<()> {
        let mut unit = self.hex()?;
        loop {
            let clip = match into {
                Sink::Nothing => return Ok(()),
                Sink::Raw(clip) => {
                    clip.push(format!("\\u{unit:04x}").as_bytes());
                    return Ok(());
                }
                Sink::Decoded(clip) => clip,
            };
            if !(0xD800..0xDC00).contains(&unit) {
                push_char(clip, char::from_u32(unit));
                return Ok(());
            }
            if self.raw_peek()? != b'\\' {
                push_char(clip, None);
                return Ok(());
            }
            self.at += 1;
            if self.raw_peek()? != b'u' {
                push_char(clip, None);
                return self.escape(into);
            }
            self.at += 1;
            let low = self.hex()?;
            if (0xDC00..0xE000).contains(&low) {
                push_char(clip, char::from_u32(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)));
                return Ok(());
            }
            push_char(clip, None);
            unit = low;
        }
    }

    fn hex(&mut self) -> Step<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            let byte = self.byte()?;
            let Some(digit) = char::from(byte).to_digit(16) else {
                self.at -= 1;
                return Err(self.problem("four hexadecimal digits must follow `\\u`"));
            };
            unit = unit << 4 | digit;
        }
        Ok(unit)
    }

    fn number(&mut self, out: &mut Option<&mut Clip>) -> Step<()> {
        let mut byte = self.buffer[self.at];
        if byte == b'-' {
            keep(out, b"-");
            self.at += 1;
            byte = self.raw_peek()?;
        }
        if byte == b'0' {
            keep(out, b"0");
            self.at += 1;
        } else {
            self.digits(out)?;
        }
        if self.raw_peek_or_end()? == b'.' {
            keep(out, b".");
            self.at += 1;
            self.digits(out)?;
        }
        if let mark @ (b'e' | b'E') = self.raw_peek_or_end()? {
            keep(out, &[mark]);
            self.at += 1;
            if let sign @ (b'+' | b'-') = self.raw_peek()? {
                keep(out, &[sign]);
                self.at += 1;
            }
            self.digits(out)?;
        }
        if self.raw_peek_or_end()?.is_ascii_alphanumeric() {
            return Err(self.unexpected("the end of a number"));
        }
        Ok(())
    }

    fn digits(&mut self, out: &mut Option<&mut Clip>) -> Step<()> {
        if !self.raw_peek()?.is_ascii_digit() {
            return Err(self.unexpected("a digit"));
        }
        while self.raw_peek_or_end()?.is_ascii_digit() {
            let window = &self.buffer[self.at..self.end];
            let length = window.iter().take_while(|byte| byte.is_ascii_digit()).count();
            keep(out, &window[..length]);
            self.at += length;
        }
        Ok(())
    }

    fn literal(&mut self, out: &mut Option<&mut Clip>) -> Step<()> {
        let word: &[u8] = match self.buffer[self.at] {
            b't' => b"true",
            b'f' => b"false",
            _ => b"null",
        };
        keep(out, word);
        for expected in word {
            if self.raw_peek()? != *expected {
                return Err(self.unexpected("a value"));
            }
            self.at += 1;
        }
        if self.raw_peek_or_end()?.is_ascii_alphanumeric() {
            return Err(self.unexpected("a value"));
        }
        Ok(())
    }

    /// The next byte that is not white space, left in place.
    #[inline]
    fn token(&mut self) -> Step<u8> {
        match self.peek()? {
            Some(byte) => Ok(byte),
            None => Err(self.cut_off()),
        }
    }

    fn byte(&mut self) -> Step<u8> {
        let byte = self.raw_peek()?;
        self.at += 1;
        Ok(byte)
    }

    #[inline]
    fn raw_peek(&mut self) -> Step<u8> {
        if self.at == self.end && !self.refill()? {
            return Err(self.cut_off());
        }
        Ok(self.buffer[self.at])
    }

    /// The next byte, or a space at the end: a number may end the input.
    #[inline]
    fn raw_peek_or_end(&mut self) -> Step<u8> {
        if self.at == self.end && !self.refill()? {
            return Ok(b' ');
        }
        Ok(self.buffer[self.at])
    }

    /// Replaces the buffer, which has been passed over, by what comes next; `false` at the end of the input.
    fn refill(&mut self) -> Step<bool> {
        let passed = &self.buffer[..self.end];
        if let Some(found) = memrchr(b'\n', passed) {
            self.lines += memchr_iter(b'\n', passed).count() as u64;
            self.line_start = self.base + found as u64 + 1;
        }
        self.base += self.end as u64;
        self.at = 0;
        self.end = 0;
        self.read_more()
    }

    fn read_more(&mut self) -> Step<bool> {
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(count) => {
                    self.end += count;
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.problem(format!("cannot be read further: {error}"))),
            }
        }
    }

    fn cut_off(&self) -> Box<Problem> {
        self.problem_with("unexpected end, the run was cut off?", "run the suite again and let it write its report")
    }

    fn unexpected(&self, expected: &str) -> Box<Problem> {
        let found = match self.buffer[..self.end].get(self.at) {
            Some(byte @ b'!'..=b'~') => format!("`{}`", char::from(*byte)),
            Some(byte) => format!("byte 0x{byte:02x}"),
            None => "the end".to_owned(),
        };
        self.problem(format!("not JSON: expected {expected}, found {found}"))
    }
}

fn keep(out: &mut Option<&mut Clip>, bytes: &[u8]) {
    if let Some(clip) = out {
        clip.push(bytes);
    }
}

fn push_char(clip: &mut Clip, char: Option<char>) {
    clip.push(char.unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut [0; 4]).as_bytes());
}
