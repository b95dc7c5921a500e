//! The schema of CTRF, as reports in the wild have it: every optional field is decoded on its own, an entry that
//! cannot be used is dropped with a warning, and only a document without a list of tests is rejected.
//! <https://github.com/ctrf-io/ctrf/blob/main/specification/ctrf.md>

use std::path::Path;

use crate::collector::Collector;
use crate::json::{Json, Kind, Step};
use crate::text::{self, Clip};
use crate::{Attachment, FailedTest};

/// What tells other report formats, by a member at the top. Checked in this order.
const LOOKALIKES: [(&[u8], &str); 5] = [
    (b"testResults", "looks like the JSON report of Jest or Vitest, not CTRF"),
    (b"suites", "looks like Playwright's own JSON report, not CTRF"),
    (b"collectors", "looks like a report of pytest-json-report, not CTRF"),
    (b"passes", "looks like Mocha's own JSON report, not CTRF"),
    (b"stats", "looks like a Mocha or Cypress report, not CTRF"),
];
const USE_REPORTER: &str = "write the report with a CTRF reporter of the test runner, see https://ctrf.io";
/// All of them name the same shape.
const KNOWN_VERSIONS: [&[u8]; 3] = [b"0.0.0", b"0.0.1", b"1.0.0"];
const MAX_ATTACHMENTS: usize = 50;
const MAX_PATH: usize = 4 << 10;

/// `results.summary`, as far as it is held against the list.
#[derive(Default)]
pub struct Summary {
    pub tests: Option<u64>,
    pub failed: Option<u64>,
}

/// One entry of `results.tests` as it streams in; reused from entry to entry.
pub struct Entry {
    pub name: Clip,
    pub suite: Clip,
    pub file_path: Clip,
    pub browser: Clip,
    status: Clip,
    message: Clip,
    trace: Clip,
    snippet: Clip,
    scratch: Clip,
    suite_is_list: bool,
    has_status: bool,
    flaky: bool,
    line: Option<u64>,
    retries: u64,
    duration_ms: u64,
    attachments: Vec<Attachment>,
    seen: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Status {
    Passed,
    Failed,
    /// A framework's own word for failed.
    RawFailed,
    Skipped,
    Other,
    Unknown,
}

/// Reads one document into the collector.
pub fn read(json: &mut Json<'_>, label: &Path, into: &mut Collector) -> Step<Summary> {
    refuse_other_formats(json)?;
    let start = json.position();
    json.enter();
    let mut first = true;
    let mut results = 0;
    let mut summary = Summary::default();
    let mut lookalike = LOOKALIKES.len();
    while json.next_member(&mut first)? {
        match json.key() {
            b"results" => {
                results += 1;
                if results > 1 {
                    into.warn("results twice", || "`results` is there twice; the last one counts".into());
                    into.restart();
                }
                summary = read_results(json, label, into)?;
            }
            b"reportFormat" => {
                let format = small_string(json)?;
                if format.as_ref().is_some_and(|format| !format.head().eq_ignore_ascii_case(b"CTRF")) {
                    into.warn("format", || "reportFormat is not `CTRF`; read as if it were".into());
                }
            }
            b"specVersion" => {
                let version = small_string(json)?;
                if version.as_ref().is_none_or(|version| !KNOWN_VERSIONS.contains(&version.head())) {
                    let shown = version.map_or_else(String::new, |version| text::printable(&version.text(), 40));
                    into.warn("version", || format!("specVersion `{shown}` is not known; read as 0.0.0"));
                }
            }
            key => {
                let found = LOOKALIKES.iter().position(|(member, _)| *member == key);
                lookalike = lookalike.min(found.unwrap_or(lookalike));
                json.skip()?;
            }
        }
    }
    if !json.at_end()? {
        let twice = matches!(json.peek()?, Some(b'{' | b'['));
        return Err(if twice {
            json.problem_with(
                "a second JSON document follows the report",
                "give each report a file and a `--report` of its own, or merge shards with `ctrf merge`",
            )
        } else {
            json.problem_with("text follows the report", "did two writers share the file, or a log line go to it?")
        });
    }
    if results == 0 {
        let what = LOOKALIKES.get(lookalike).map_or("`results` is missing: not a CTRF report", |(_, what)| what);
        let mut problem = json.problem_with(what, USE_REPORTER);
        problem.at = start;
        return Err(problem);
    }
    Ok(summary)
}

/// Looks at the first bytes; afterwards an object comes next.
fn refuse_other_formats(json: &mut Json<'_>) -> Step<()> {
    let (what, hint) = match json.first_bytes(4)? {
        [] => ("empty file", None),
        [0xEF, 0xBB, 0xBF, ..] => {
            json.pass(3);
            ("", None)
        }
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [_, 0, ..] | [0, ..] => {
            ("UTF-16, not UTF-8", Some("re-save as UTF-8; `>` of Windows PowerShell 5 writes UTF-16"))
        }
        [0x1F, 0x8B, ..] => ("gzip, not JSON", Some("gunzip it first")),
        [b'P', b'K', 3, 4] => ("a zip archive, not JSON", Some("unzip it first")),
        _ => ("", None),
    };
    if !what.is_empty() {
        return Err(json.problem_with(what, hint));
    }
    match json.peek()? {
        None => Err(json.problem_with("empty file", "the run ended before it wrote its report: see its log")),
        Some(b'{') => Ok(()),
        Some(b'<') => Err(json.problem_with("XML, not CTRF", "convert JUnit XML with `npx junit-to-ctrf`")),
        Some(b'[') => Err(json.problem_with("expected an object with `results`, found an array", USE_REPORTER)),
        Some(_) => Err(json.problem_with("not JSON: expected an object with `results`", USE_REPORTER)),
    }
}

fn read_results(json: &mut Json<'_>, label: &Path, into: &mut Collector) -> Step<Summary> {
    match json.kind()? {
        Kind::Object => {}
        Kind::Null => return Err(json.problem_with("`results` is null", USE_REPORTER)),
        _ => return Err(json.problem_with("`results` is not an object: not a CTRF report", USE_REPORTER)),
    }
    let start = json.position();
    json.enter();
    let mut first = true;
    let mut lists = 0;
    let mut summary = Summary::default();
    while json.next_member(&mut first)? {
        match json.key() {
            b"tests" => {
                match json.kind()? {
                    Kind::Array => {}
                    Kind::Null => return Err(json.problem_with("results.tests is null", USE_REPORTER)),
                    _ => return Err(json.problem_with("results.tests is not an array", USE_REPORTER)),
                }
                lists += 1;
                if lists > 1 {
                    into.warn("tests twice", || "results.tests is there twice; the last one counts".into());
                    into.restart();
                }
                read_tests(json, label, into)?;
            }
            b"summary" => summary = read_summary(json)?,
            b"tool" => read_tool(json, into)?,
            _ => json.skip()?,
        }
    }
    if lists == 0 {
        let mut problem = json.problem_with("results.tests is missing: not a CTRF report", USE_REPORTER);
        problem.at = start;
        return Err(problem);
    }
    Ok(summary)
}

fn read_summary(json: &mut Json<'_>) -> Step<Summary> {
    let mut summary = Summary::default();
    if json.kind()? != Kind::Object {
        json.skip()?;
        return Ok(summary);
    }
    json.enter();
    let mut first = true;
    while json.next_member(&mut first)? {
        match json.key() {
            b"tests" => summary.tests = number(json)?,
            b"failed" => summary.failed = number(json)?,
            _ => json.skip()?,
        }
    }
    Ok(summary)
}

fn read_tool(json: &mut Json<'_>, into: &mut Collector) -> Step<()> {
    if json.kind()? != Kind::Object {
        return json.skip();
    }
    json.enter();
    let mut first = true;
    while json.next_member(&mut first)? {
        if json.key() != b"name" {
            json.skip()?;
        } else if let Some(name) = small_string(json)? {
            into.tool(text::clean(&name.text()));
        }
    }
    Ok(())
}

fn read_tests(json: &mut Json<'_>, label: &Path, into: &mut Collector) -> Step<()> {
    json.enter();
    let mut first = true;
    let mut entry = Entry::new();
    let mut index = 0;
    while json.next_element(&mut first)? {
        if json.kind()? == Kind::Object {
            entry.read(json)?;
            entry.hand_over(index, label, into);
        } else {
            json.skip()?;
            into.unreadable("not an object", || format!("results.tests[{index}] is not an object; skipped"));
        }
        index += 1;
    }
    Ok(())
}

impl Entry {
    fn new() -> Self {
        Entry {
            name: Clip::new(text::LIMIT),
            suite: Clip::new(text::LIMIT),
            file_path: Clip::new(MAX_PATH),
            browser: Clip::new(256),
            status: Clip::new(64),
            message: Clip::new(text::LIMIT),
            trace: Clip::new(text::LIMIT),
            snippet: Clip::new(text::LIMIT),
            scratch: Clip::new(64),
            suite_is_list: false,
            has_status: false,
            flaky: false,
            line: None,
            retries: 0,
            duration_ms: 0,
            attachments: Vec::new(),
            seen: 0,
        }
    }

    fn clear(&mut self) {
        for clip in [&mut self.name, &mut self.suite, &mut self.file_path, &mut self.browser, &mut self.status] {
            clip.clear();
        }
        for clip in [&mut self.message, &mut self.trace, &mut self.snippet] {
            clip.clear();
        }
        (self.suite_is_list, self.has_status, self.flaky) = (false, false, false);
        (self.line, self.retries, self.duration_ms, self.seen) = (None, 0, 0, 0);
        self.attachments.clear();
    }

    /// Reads the object that comes next. A field of another type than the schema's counts as absent.
    fn read(&mut self, json: &mut Json<'_>) -> Step<()> {
        self.clear();
        json.enter();
        let mut first = true;
        while json.next_member(&mut first)? {
            let field = match json.key() {
                b"name" => 0,
                b"status" => 1,
                b"filePath" => 2,
                b"file_path" => 3,
                b"suite" => 4,
                b"message" => 5,
                b"trace" => 6,
                b"snippet" => 7,
                b"browser" => 8,
                b"line" => 9,
                b"retries" => 10,
                b"flaky" => 11,
                b"duration" => 12,
                b"attachments" => 13,
                _ => {
                    json.skip()?;
                    continue;
                }
            };
            // Bits 16 and up: the field came a second time.
            self.seen |= if self.seen & 1 << field == 0 { 1 << field } else { 1 << 16 };
            match field {
                0 => string(json, &mut self.name)?,
                1 => {
                    string(json, &mut self.status)?;
                    self.has_status = !self.status.is_empty();
                }
                2 => string(json, &mut self.file_path)?,
                3 if self.seen & 1 << 2 == 0 => string(json, &mut self.file_path)?,
                4 => self.suite_is_list = suite(json, &mut self.suite)?,
                5 => any_text(json, &mut self.message)?,
                6 => any_text(json, &mut self.trace)?,
                7 => any_text(json, &mut self.snippet)?,
                8 => string(json, &mut self.browser)?,
                9 => self.line = number_in(json, &mut self.scratch)?.filter(|line| *line > 0),
                10 => self.retries = number_in(json, &mut self.scratch)?.unwrap_or(0),
                11 => self.flaky = is_true(json, &mut self.scratch)?,
                12 => self.duration_ms = number_in(json, &mut self.scratch)?.unwrap_or(0),
                13 if !self.has_status || self.status().is_failed() => self.read_attachments(json)?,
                _ => json.skip()?,
            }
        }
        Ok(())
    }

    fn read_attachments(&mut self, json: &mut Json<'_>) -> Step<()> {
        self.attachments.clear();
        if json.kind()? != Kind::Array {
            return json.skip();
        }
        json.enter();
        let mut first = true;
        while json.next_element(&mut first)? {
            if json.kind()? != Kind::Object || self.attachments.len() == MAX_ATTACHMENTS {
                json.skip()?;
                continue;
            }
            let mut parts = [Clip::new(256), Clip::new(256), Clip::new(MAX_PATH)];
            json.enter();
            let mut first = true;
            while json.next_member(&mut first)? {
                match json.key() {
                    b"name" => string(json, &mut parts[0])?,
                    b"contentType" => string(json, &mut parts[1])?,
                    b"path" => string(json, &mut parts[2])?,
                    _ => json.skip()?,
                }
            }
            // A path that was clipped or is no UTF-8 names no file.
            if let [Some(name), Some(content_type), Some(path)] =
                parts.map(|part| part.is_whole().then(|| part.utf8())?)
            {
                self.attachments.push(Attachment { name, content_type, path });
            }
        }
        Ok(())
    }

    fn status(&self) -> Status {
        status(self.status.head())
    }

    fn hand_over(&mut self, index: usize, label: &Path, into: &mut Collector) {
        let place = || format!("results.tests[{index}]");
        if self.seen >= 1 << 16 {
            into.warn("duplicate key", || format!("{} has a key twice; the last one counts", place()));
        }
        if !self.has_status {
            into.unreadable("no status", || format!("{} has no status; skipped", place()));
            return;
        }
        let status = self.status();
        let word = || text::printable(&self.status.text(), 40);
        match status {
            Status::Unknown => {
                into.doubt("unknown status", || format!("{} has the unknown status `{}`; not healed", place(), word()));
            }
            Status::RawFailed => {
                into.warn("raw status", || format!("{} has the status `{}`; taken for failed", place(), word()));
            }
            _ if self.status.head().iter().any(|byte| !byte.is_ascii_lowercase()) => {
                into.warn("status case", || format!("{} writes its status as `{}`", place(), word()));
            }
            _ => {}
        }
        match status {
            Status::Passed => {
                into.passed(self);
                if into.wants(&self.name) {
                    into.keep(self.take(label));
                }
            }
            Status::Skipped => into.skipped(),
            Status::Other | Status::Unknown => into.other(),
            Status::Failed | Status::RawFailed => self.hand_over_failed(index, label, into),
        }
    }

    fn hand_over_failed(&mut self, index: usize, label: &Path, into: &mut Collector) {
        // Both must match a test and a file exactly, so a byte that was lost in another encoding makes them useless.
        for (clip, field) in [(&self.name, "name"), (&self.file_path, "filePath")] {
            if clip.is_whole() && clip.utf8().is_none() {
                into.unreadable("not UTF-8", || format!("results.tests[{index}].{field} is not UTF-8; skipped"));
                return;
            }
        }
        if self.flaky {
            into.warn("flaky", || format!("results.tests[{index}] is failed and flaky; the status counts"));
        }
        let test = self.take(label);
        into.failed(self, test);
    }

    fn take(&mut self, label: &Path) -> FailedTest {
        let separator = if self.suite_is_list { "\0" } else { " > " };
        let suite = self.suite.text();
        FailedTest {
            report: label.to_owned(),
            name: self.name.text(),
            suite: suite.split(separator).map(str::trim).filter(|part| !part.is_empty()).map(Into::into).collect(),
            file_path: (!self.file_path.is_empty()).then(|| self.file_path.text()),
            line: self.line,
            message: text::clean(&self.message.text()),
            trace: text::clean(&self.trace.text()),
            snippet: text::clean(&self.snippet.text()),
            browser: (!self.browser.is_empty()).then(|| text::clean(&self.browser.text())),
            retries: self.retries,
            flaky: self.flaky,
            duration_ms: self.duration_ms,
            attachments: std::mem::take(&mut self.attachments),
            also_passed: false,
        }
    }
}

impl Status {
    fn is_failed(self) -> bool {
        matches!(self, Status::Failed | Status::RawFailed)
    }
}

/// The schema's words in any case, and the words for failed that frameworks let through.
fn status(word: &[u8]) -> Status {
    const WORDS: [(&str, Status); 12] = [
        ("passed", Status::Passed),
        ("failed", Status::Failed),
        ("skipped", Status::Skipped),
        ("pending", Status::Skipped),
        ("other", Status::Other),
        ("timedout", Status::RawFailed),
        ("timed_out", Status::RawFailed),
        ("timeout", Status::RawFailed),
        ("interrupted", Status::RawFailed),
        ("error", Status::RawFailed),
        ("failure", Status::RawFailed),
        ("broken", Status::RawFailed),
    ];
    let word = word.trim_ascii();
    WORDS
        .iter()
        .find(|(known, _)| word.eq_ignore_ascii_case(known.as_bytes()))
        .map_or(Status::Unknown, |(_, status)| *status)
}

/// A string, or nothing if the value is of another type.
fn string(json: &mut Json<'_>, out: &mut Clip) -> Step<()> {
    out.clear();
    if json.kind()? == Kind::String { json.string(out) } else { json.skip() }
}

/// A string; any other value but null as compact JSON.
fn any_text(json: &mut Json<'_>, out: &mut Clip) -> Step<()> {
    out.clear();
    match json.kind()? {
        Kind::String => json.string(out),
        Kind::Null => json.skip(),
        _ => json.compact(out),
    }
}

/// The names of a list, separated by NUL, or a string as it is; `true` if it was a list.
fn suite(json: &mut Json<'_>, out: &mut Clip) -> Step<bool> {
    if json.kind()? != Kind::Array {
        return string(json, out).map(|()| false);
    }
    out.clear();
    json.enter();
    let mut first = true;
    while json.next_element(&mut first)? {
        if json.kind()? != Kind::String {
            json.skip()?;
            continue;
        }
        if !out.is_empty() {
            out.push(b"\0");
        }
        json.string(out)?;
    }
    Ok(true)
}

fn small_string(json: &mut Json<'_>) -> Step<Option<Clip>> {
    if json.kind()? != Kind::String {
        json.skip()?;
        return Ok(None);
    }
    let mut clip = Clip::new(256);
    json.string(&mut clip)?;
    Ok(Some(clip))
}

fn number(json: &mut Json<'_>) -> Step<Option<u64>> {
    number_in(json, &mut Clip::new(64))
}

/// A number as a whole one, saturating; `None` for any other value.
fn number_in(json: &mut Json<'_>, scratch: &mut Clip) -> Step<Option<u64>> {
    if json.kind()? != Kind::Number {
        json.skip()?;
        return Ok(None);
    }
    json.whole_number(scratch)
}

fn is_true(json: &mut Json<'_>, scratch: &mut Clip) -> Step<bool> {
    if json.kind()? != Kind::Bool {
        json.skip()?;
        return Ok(false);
    }
    scratch.clear();
    json.compact(scratch)?;
    Ok(scratch.head() == b"true")
}
