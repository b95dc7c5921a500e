//! A pull reader of JSON over a fixed buffer: one pass, constant memory, exact positions. It knows nothing of CTRF.
//!
//! Why not `serde_json`: its reader aborts the document on what real reports hold (lone surrogates, Latin-1 bytes, a
//! duplicate key in a derived struct), and it cannot skip or clip a string of hundreds of megabytes. This one is strict
//! about structure (RFC 8259), so that a damaged report never half-reads, and lenient inside strings: raw control
//! characters and bytes that are no UTF-8 are passed on for the caller to judge.

use std::io::Read;
use std::ops::Range;

use memchr::{memchr_iter, memrchr};

use crate::scan::{end_of_plain, leading_digits, token_at, whole_literal, whole_nested, whole_number};
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
    /// Where in the buffer the last member's name is; in `copied_key` if this is empty.
    key: Range<usize>,
    copied_key: Vec<u8>,
    /// What closes the arrays and objects that [`Json::walk`] is in; kept for its memory.
    closers: Vec<u8>,
}

/// What becomes of what is passed over. A type for each, so that skipping, which is most of the work, pays for nothing.
trait Sink {
    const DECODED: bool = false;
    /// As written, quotes and escapes included.
    const RAW: bool = false;

    fn push(&mut self, bytes: &[u8]);
}

struct Nothing;

impl Sink for Nothing {
    #[inline]
    fn push(&mut self, _bytes: &[u8]) {}
}

struct Decoded<'a>(&'a mut Clip);

impl Sink for Decoded<'_> {
    const DECODED: bool = true;

    #[inline]
    fn push(&mut self, bytes: &[u8]) {
        self.0.push(bytes);
    }
}

struct Raw<'a>(&'a mut Clip);

impl Sink for Raw<'_> {
    const RAW: bool = true;

    #[inline]
    fn push(&mut self, bytes: &[u8]) {
        self.0.push(bytes);
    }
}

impl<'a> Json<'a> {
    pub fn new(input: &'a mut dyn Read) -> Self {
        let buffer = vec![0; BUFFER];
        let (copied_key, closers) = (Vec::new(), Vec::new());
        Json { input, buffer, at: 0, end: 0, base: 0, lines: 0, line_start: 0, key: 0..0, copied_key, closers }
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
    #[inline(always)]
    pub fn peek(&mut self) -> Step<Option<u8>> {
        let window = &self.buffer[self.at..self.end];
        match token_at(window, 0) {
            Some(length) => {
                let byte = window[length];
                self.at += length;
                Ok(Some(byte))
            }
            None => self.peek_further(),
        }
    }

    /// The buffer holds nothing but white space.
    #[inline(never)]
    fn peek_further(&mut self) -> Step<Option<u8>> {
        while self.refill()? {
            if let Some(length) = token_at(&self.buffer[..self.end], 0) {
                self.at = length;
                return Ok(Some(self.buffer[length]));
            }
        }
        Ok(None)
    }

    /// What the next value is.
    #[inline(always)]
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
    #[inline]
    pub fn next_member(&mut self, first: &mut bool) -> Step<bool> {
        // The usual form, in one step.
        let window = &self.buffer[self.at..self.end];
        if window.first() == Some(&b',')
            && let Some(quote) = token_at(window, 1)
            && window[quote] == b'"'
            && !*first
            && self.usual_member_name(self.at + quote + 1)
        {
            return Ok(true);
        }
        self.next_unusual_member(first)
    }

    #[inline(never)]
    fn next_unusual_member(&mut self, first: &mut bool) -> Step<bool> {
        if !self.next(first, b'}')? {
            return Ok(false);
        }
        if self.token()? != b'"' {
            return Err(self.unexpected("a member name in double quotes"));
        }
        if !self.usual_member_name(self.at + 1) {
            let mut clip = Clip::new(MAX_KEY);
            self.quoted(&mut Decoded(&mut clip))?;
            self.key = 0..0;
            self.copied_key = clip.bytes();
            self.colon()?;
        }
        Ok(true)
    }

    /// Passes over `name":` if it lies in the buffer as it is, and notes the name.
    #[inline(always)]
    fn usual_member_name(&mut self, start: usize) -> bool {
        let window = &self.buffer[start..self.end];
        match end_of_plain(window) {
            Some(length @ 1..=MAX_KEY) if window[length..].starts_with(b"\":") => {
                self.key = start..start + length;
                self.at = start + length + 2;
                true
            }
            _ => false,
        }
    }

    /// Steps to the next element of the array that was entered; `false` once it is closed.
    pub fn next_element(&mut self, first: &mut bool) -> Step<bool> {
        self.next(first, b']')
    }

    /// The name that [`Json::next_member`] stepped to; until something is read.
    #[inline]
    pub fn key(&self) -> &[u8] {
        if self.key.is_empty() { &self.copied_key } else { &self.buffer[self.key.clone()] }
    }

    /// Skips a value of any size and depth without keeping any of it.
    #[inline]
    pub fn skip(&mut self) -> Step<()> {
        self.walk(&mut Nothing)
    }

    /// Passes over a value and keeps its text as written, without the white space between tokens.
    pub fn compact(&mut self, out: &mut Clip) -> Step<()> {
        self.walk(&mut Raw(out))
    }

    /// Reads the string that comes next. Escapes are decoded, a lone surrogate becomes U+FFFD.
    pub fn string(&mut self, out: &mut Clip) -> Step<()> {
        self.quoted(&mut Decoded(out))
    }

    /// Reads the number that comes next as a whole one, saturating; `None` if it is none.
    pub fn whole_number(&mut self, scratch: &mut Clip) -> Step<Option<u64>> {
        let window = &self.buffer[self.at..self.end];
        let digits = leading_digits(window);
        // Fewer digits than could overflow, and nothing of a number behind them: the rule.
        if digits < 19 && whole_number(window) == Some(digits) {
            let value = window[..digits].iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
            self.at += digits;
            return Ok(Some(value));
        }
        scratch.clear();
        self.number(&mut Raw(scratch))?;
        let Ok(text) = std::str::from_utf8(scratch.head()) else { return Ok(None) };
        Ok(text.parse::<u64>().ok().or_else(|| text.parse::<f64>().ok().map(|number| number as u64)))
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

    #[inline(always)]
    fn colon(&mut self) -> Step<()> {
        if self.token()? != b':' {
            return Err(self.unexpected("`:`"));
        }
        self.at += 1;
        Ok(())
    }

    /// Passes over one value.
    #[inline(always)]
    fn walk<S: Sink>(&mut self, out: &mut S) -> Step<()> {
        match self.kind()? {
            Kind::Object | Kind::Array => {
                if !S::RAW
                    && let Some(length) = whole_nested(&self.buffer[self.at..self.end])
                {
                    self.at += length;
                    return Ok(());
                }
                let mut closers = std::mem::take(&mut self.closers);
                closers.clear();
                let walked = self.walk_nested(&mut closers, out);
                self.closers = closers;
                walked
            }
            kind => self.scalar(kind, out),
        }
    }

    #[inline(always)]
    fn scalar<S: Sink>(&mut self, kind: Kind, out: &mut S) -> Step<()> {
        match kind {
            Kind::String => self.quoted(out),
            Kind::Number => self.number(out),
            _ => self.literal(out),
        }
    }

    /// Passes over an object or an array without recursion, so that no depth of nesting overflows the stack.
    #[inline(never)]
    fn walk_nested<S: Sink>(&mut self, closers: &mut Vec<u8>, out: &mut S) -> Step<()> {
        loop {
            let kind = self.kind()?;
            if let Kind::Object | Kind::Array = kind {
                let close = if kind == Kind::Object { b'}' } else { b']' };
                self.raw(out, &[self.buffer[self.at]]);
                self.at += 1;
                if closers.len() == MAX_DEPTH {
                    return Err(self.problem("nested too deep"));
                }
                closers.push(close);
                if self.token()? != close {
                    self.walk_name(close, out)?;
                    continue;
                }
            } else {
                self.scalar(kind, out)?;
            }
            loop {
                let Some(&close) = closers.last() else { return Ok(()) };
                let token = self.token()?;
                self.raw(out, &[token]);
                if token == close {
                    self.at += 1;
                    closers.pop();
                } else if token == b',' {
                    self.at += 1;
                    if self.token()? == close {
                        return Err(self.problem("trailing comma"));
                    }
                    self.walk_name(close, out)?;
                    break;
                } else {
                    return Err(self.unexpected(if close == b'}' { "`,` or `}`" } else { "`,` or `]`" }));
                }
            }
        }
    }

    #[inline(always)]
    fn walk_name<S: Sink>(&mut self, close: u8, out: &mut S) -> Step<()> {
        if close == b']' {
            return Ok(());
        }
        if self.token()? != b'"' {
            return Err(self.unexpected("a member name in double quotes"));
        }
        self.quoted(out)?;
        self.raw(out, b":");
        self.colon()
    }

    /// Passes over a string, its quotes included.
    #[inline(always)]
    fn quoted<S: Sink>(&mut self, out: &mut S) -> Step<()> {
        self.raw(out, b"\"");
        self.at += 1;
        let window = &self.buffer[self.at..self.end];
        match end_of_plain(window) {
            Some(length) if window[length] == b'"' => {
                out.push(&window[..length]);
                self.at += length + 1;
            }
            _ => self.unusual_string(out)?,
        }
        self.raw(out, b"\"");
        Ok(())
    }

    /// The rest of a string that holds escapes, or goes beyond the buffer.
    #[inline(never)]
    fn unusual_string<S: Sink>(&mut self, out: &mut S) -> Step<()> {
        loop {
            let window = &self.buffer[self.at..self.end];
            let found = end_of_plain(window);
            let length = found.unwrap_or(window.len());
            out.push(&window[..length]);
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
                return Ok(());
            }
            self.escape(out)?;
        }
    }

    #[inline]
    fn raw<S: Sink>(&self, out: &mut S, bytes: &[u8]) {
        if S::RAW {
            out.push(bytes);
        }
    }

    /// What follows a backslash.
    fn escape<S: Sink>(&mut self, out: &mut S) -> Step<()> {
        let letter = self.byte()?;
        let byte = match letter {
            b'"' | b'\\' | b'/' => letter,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => return self.unicode(out),
            _ => {
                self.at -= 1;
                return Err(self.problem("no such escape in JSON"));
            }
        };
        if S::RAW {
            out.push(&[b'\\', letter]);
        } else {
            out.push(&[byte]);
        }
        Ok(())
    }

    /// What follows `\u`: a code unit of UTF-16, and the second half of a pair if it is the first.
    fn unicode<S: Sink>(&mut self, out: &mut S) -> Step<()> {
        let mut unit = self.hex()?;
        self.raw(out, format!("\\u{unit:04x}").as_bytes());
        if !S::DECODED {
            return Ok(());
        }
        loop {
            if !(0xD800..0xDC00).contains(&unit) {
                push_char(out, char::from_u32(unit));
                return Ok(());
            }
            if self.raw_peek()? != b'\\' {
                push_char(out, None);
                return Ok(());
            }
            self.at += 1;
            if self.raw_peek()? != b'u' {
                push_char(out, None);
                return self.escape(out);
            }
            self.at += 1;
            let low = self.hex()?;
            if (0xDC00..0xE000).contains(&low) {
                push_char(out, char::from_u32(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)));
                return Ok(());
            }
            push_char(out, None);
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

    #[inline]
    fn number<S: Sink>(&mut self, out: &mut S) -> Step<()> {
        let window = &self.buffer[self.at..self.end];
        if let Some(length) = whole_number(window) {
            out.push(&window[..length]);
            self.at += length;
            return Ok(());
        }
        self.unusual_number(out)
    }

    #[inline(never)]
    fn unusual_number<S: Sink>(&mut self, out: &mut S) -> Step<()> {
        let mut byte = self.buffer[self.at];
        if byte == b'-' {
            out.push(b"-");
            self.at += 1;
            byte = self.raw_peek()?;
        }
        if byte == b'0' {
            out.push(b"0");
            self.at += 1;
        } else {
            self.digits(out)?;
        }
        if self.raw_peek_or_end()? == b'.' {
            out.push(b".");
            self.at += 1;
            self.digits(out)?;
        }
        if let mark @ (b'e' | b'E') = self.raw_peek_or_end()? {
            out.push(&[mark]);
            self.at += 1;
            if let sign @ (b'+' | b'-') = self.raw_peek()? {
                out.push(&[sign]);
                self.at += 1;
            }
            self.digits(out)?;
        }
        if self.raw_peek_or_end()?.is_ascii_alphanumeric() {
            return Err(self.unexpected("the end of a number"));
        }
        Ok(())
    }

    fn digits<S: Sink>(&mut self, out: &mut S) -> Step<()> {
        if !self.raw_peek()?.is_ascii_digit() {
            return Err(self.unexpected("a digit"));
        }
        while self.raw_peek_or_end()?.is_ascii_digit() {
            let window = &self.buffer[self.at..self.end];
            let length = leading_digits(window);
            out.push(&window[..length]);
            self.at += length;
        }
        Ok(())
    }

    fn literal<S: Sink>(&mut self, out: &mut S) -> Step<()> {
        let window = &self.buffer[self.at..self.end];
        if let Some(length) = whole_literal(window) {
            out.push(&window[..length]);
            self.at += length;
            return Ok(());
        }
        let word: &[u8] = match window[0] {
            b't' => b"true",
            b'f' => b"false",
            _ => b"null",
        };
        out.push(word);
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
    #[inline(always)]
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

fn push_char<S: Sink>(out: &mut S, char: Option<char>) {
    out.push(char.unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut [0; 4]).as_bytes());
}
