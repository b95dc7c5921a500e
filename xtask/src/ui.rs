//! Prints. Nothing else may.
//!
//! What is printed is taken for untrusted, for it may quote a report or a model: no control character reaches the
//! terminal, and no line can start a workflow command (`::`, `##[`) in the log of a CI run. Results go to standard
//! output, what happens meanwhile to standard error; with `--json` standard output holds the document alone.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use crate::redact;
use crate::settings::Environment;

/// How a line or a row is meant; shown as a colour where there are colours, and nowhere as colour alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    Good,
    Bad,
    Doubtful,
    Quiet,
}

impl Tone {
    fn code(self) -> &'static str {
        match self {
            Tone::Plain => "",
            Tone::Good => "\x1b[32m",
            Tone::Bad => "\x1b[31m",
            Tone::Doubtful => "\x1b[33m",
            Tone::Quiet => "\x1b[2m",
        }
    }
}

/// One line of a table; the tone is that of its first cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    pub tone: Tone,
    pub cells: Vec<String>,
}

impl Row {
    pub fn new<S: Into<String>>(tone: Tone, cells: impl IntoIterator<Item = S>) -> Row {
        Row { tone, cells: cells.into_iter().map(Into::into).collect() }
    }
}

pub struct Ui {
    json: bool,
    colour_out: bool,
    colour_err: bool,
    /// A terminal on which a line can be written over.
    live: bool,
    /// Whether such a line stands there now.
    pending: Mutex<bool>,
}

impl Ui {
    pub fn new(json: bool, env: &Environment) -> Ui {
        let colours = env.get("NO_COLOR").is_none() && env.get("TERM") != Some("dumb");
        let (out, err) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        Ui {
            json,
            colour_out: colours && out,
            colour_err: colours && err,
            live: err && env.get("CI").is_none() && env.get("TERM") != Some("dumb"),
            pending: Mutex::new(false),
        }
    }

    /// A result, for a person.
    pub fn line(&self, text: &str) {
        self.say(Tone::Plain, text);
    }

    /// A result that is good or bad.
    pub fn say(&self, tone: Tone, text: &str) {
        for line in text.lines().chain(text.is_empty().then_some("")) {
            let line = painted(tone, &safe_line(line), if self.json { self.colour_err } else { self.colour_out });
            self.write(!self.json, &line);
        }
    }

    /// Rows with their columns aligned.
    pub fn table(&self, rows: &[Row]) {
        let colour = if self.json { self.colour_err } else { self.colour_out };
        if !rows.is_empty() {
            self.write(!self.json, &align(rows, colour).join("\n"));
        }
    }

    /// A document for a program: standard output, as it is.
    pub fn data(&self, text: &str) {
        let _pending = self.clear();
        let mut out = std::io::stdout().lock();
        // A reader that went away is no error of ours.
        let _ = out.write_all(text.as_bytes());
        let _ = if text.ends_with('\n') { out.flush() } else { out.write_all(b"\n").and_then(|()| out.flush()) };
    }

    /// What happens now: written over by the next one on a terminal, a line of the log elsewhere.
    pub fn step(&self, text: &str) {
        let text = safe_line(&text.replace('\n', " "));
        if !self.live {
            return self.write(false, &painted(Tone::Quiet, &text, self.colour_err));
        }
        let mut pending = self.clear();
        let short: String = text.chars().take(79).collect();
        let mut err = std::io::stderr().lock();
        let _ = write!(err, "{}", painted(Tone::Quiet, &short, self.colour_err));
        let _ = err.flush();
        *pending = true;
    }

    pub fn warn(&self, text: &str) {
        self.message(Tone::Doubtful, "warning: ", text);
    }

    /// A workflow command, escaped by whoever made it; on standard error, which a runner reads like the other.
    pub fn annotation(&self, command: &str) {
        self.write(false, &command.replace(['\n', '\r'], " "));
    }

    /// An error with its causes, and with the remedy on a line of its own.
    pub fn error(&self, error: &anyhow::Error) {
        self.message(Tone::Bad, "error: ", &told(error));
    }

    fn message(&self, tone: Tone, label: &str, text: &str) {
        for (index, line) in text.lines().enumerate() {
            let (label, line) = match line.strip_prefix("hint: ") {
                _ if index == 0 => (painted(tone, label, self.colour_err), redact::shown(line)),
                Some(hint) => (painted(Tone::Good, "hint: ", self.colour_err), redact::shown(hint)),
                None => ("  ".into(), redact::shown(line)),
            };
            self.write(false, &format!("{label}{line}"));
        }
    }

    fn write(&self, out: bool, line: &str) {
        let _pending = self.clear();
        let _ = if out { writeln!(std::io::stdout(), "{line}") } else { writeln!(std::io::stderr(), "{line}") };
    }

    /// Takes a progress line away; whoever holds the answer is the only one that writes.
    fn clear(&self) -> std::sync::MutexGuard<'_, bool> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut *pending) {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
        pending
    }
}

/// The chain of causes in one line, without what is said twice, then the hints.
fn told(error: &anyhow::Error) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut hints = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string();
        let (hinted, words): (Vec<_>, Vec<_>) = text.lines().partition(|line| line.starts_with("hint: "));
        let words = words.join("\n");
        if !words.is_empty() && !said.iter().any(|earlier| earlier.contains(&words)) {
            said.push(words);
        }
        hints.extend(hinted.into_iter().map(str::to_owned));
    }
    hints.dedup();
    [said.join(": ")].into_iter().chain(hints).collect::<Vec<_>>().join("\n")
}

fn painted(tone: Tone, text: &str, colour: bool) -> String {
    match tone.code() {
        code if colour && !code.is_empty() && !text.is_empty() => format!("{code}{text}\x1b[0m"),
        _ => text.to_owned(),
    }
}

fn align(rows: &[Row], colour: bool) -> Vec<String> {
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| row.cells.iter().map(|cell| redact::shown(cell)).collect()).collect();
    let columns = cells.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let widths = cells.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |(row, cells): (&Row, &Vec<String>)| {
        let last = cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
        let mut line = String::new();
        for (column, cell) in cells[..last].iter().enumerate() {
            let cell = if column == 0 { redact::log_lines(cell) } else { cell.clone() };
            let padding =
                if column + 1 < last { widths[column] + 2 - cell.chars().count().min(widths[column]) } else { 0 };
            line += &painted(if column == 0 { row.tone } else { Tone::Plain }, &cell, colour);
            line += &" ".repeat(padding);
        }
        line
    };
    rows.iter().zip(&cells).map(line).collect()
}

/// Text of others as one line, and nothing in it that GitHub's runner would take for a command.
fn safe_line(text: &str) -> String {
    redact::log_lines(&redact::shown(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Failure;
    use anyhow::Context;

    #[test]
    fn nothing_untrusted_reaches_terminal_or_runner() {
        for (text, expected) in [
            ("plain ::text", "plain ::text"),
            ("::error::x", ": :error::x"),
            ("  \t::set-output name=a::b", "   : :set-output name=a::b"),
            ("a ##[command]b", "a # #[command]b"),
            ("\x1b[31mred\x07", "red"),
            ("\x1b[0m::error::x", ": :error::x"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("token ghp_0123456789abcdefghijABCDEFGHIJ012345", &format!("token {}", redact::REDACTED)),
        ] {
            assert_eq!(safe_line(text), expected, "{text:?}");
        }
    }

    #[test]
    fn columns_are_aligned_and_nothing_trails() {
        let rows = [
            Row::new(Tone::Good, ["ok", "git", "2.47"]),
            Row::new(Tone::Bad, ["missing", "opencode", ""]),
            Row::new(Tone::Plain, ["::x", "a\nb"]),
        ];
        assert_eq!(align(&rows, false), ["ok       git       2.47", "missing  opencode", ": :x     a b"]);
        assert_eq!(align(&rows[..1], true), ["\x1b[32mok\x1b[0m  git  2.47"]);
    }

    #[test]
    fn an_error_tells_its_causes_once_and_its_remedy_last() {
        let failure = Failure::missing("`gh` is not there").hint("install it");
        let error = Err::<(), _>(failure).context("cannot publish").unwrap_err();
        assert_eq!(told(&error), "cannot publish: `gh` is not there\nhint: install it");
    }
}
