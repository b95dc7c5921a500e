//! Why a test failed, as far as its message tells, as a key: tests with the same key share a cause. A wrong guess costs
//! a proof that fails, never a wrong fix.

use super::Identity;
use crate::report::FailedTest;

/// How much of a message is looked at.
const LINES: usize = 12;

/// The missing element, wherever it was missed; else what was said and the helper or the line that said it.
pub fn key(failed: &FailedTest, identity: &Identity) -> String {
    let said = if failed.message.trim().is_empty() { &failed.trace } else { &failed.message };
    let locator = locator(&failed.message).or_else(|| locator(&failed.trace));
    if let Some(locator) = &locator
        && (never_found(&failed.message) || never_found(&failed.trace))
    {
        return format!("missing\0{locator}");
    }
    let message: Vec<String> = said.lines().map(normal).filter(|line| !line.is_empty()).take(LINES).collect();
    let place = locator.or_else(|| helper_frame(failed, identity)).or_else(|| failing_line(&failed.snippet));
    match place {
        Some(place) => format!("said\0{}\0{place}", message.join("\n")),
        // A bare "timeout" says nothing of the cause.
        None if message.len() < 2 => format!("alone\0{}", identity.fingerprint),
        None => format!("file\0{}\0{}", message.join("\n"), identity.file),
    }
}

/// Playwright: `Locator: getByRole(…)`, `waiting for getByRole(…)`; Cypress: ``Expected to find element: `…` ``.
fn locator(text: &str) -> Option<String> {
    const MARKS: [&str; 3] = ["Locator: ", "waiting for ", "Expected to find element: "];
    let line = text.lines().take(60).find_map(|line| {
        let line = line.trim_start_matches(['-', ' ', '\t', '│']);
        MARKS.iter().find_map(|mark| line.find(mark).map(|at| &line[at + mark.len()..]))
    })?;
    let line =
        line.trim().trim_end_matches(" to be visible").trim_end_matches(", but never found it.").trim_matches('`');
    // "waiting for navigation", "waiting for element to be visible" name no element.
    (line.contains(['(', '#', '.', '[', '=', '"', '\'']) || text.contains("Expected to find element"))
        .then(|| line.into())
}

fn never_found(text: &str) -> bool {
    text.contains("element(s) not found")
        || text.contains("but never found it")
        || (text.contains("waiting for ") && !text.contains("resolved to"))
}

/// The first frame of a stack that is neither a library's nor the test's own file.
fn helper_frame(failed: &FailedTest, identity: &Identity) -> Option<String> {
    let own = identity.file.rsplit('/').next().unwrap_or("");
    let frame = failed.trace.lines().take(60).find_map(|line| {
        let line = line.trim();
        let at = line.strip_prefix("at ").or_else(|| line.strip_prefix("File \""))?;
        let ours = ["node_modules", "node:", "site-packages", "<anonymous>)", "/usr/lib/", "internal/"];
        let place = at.rsplit(['(', ' ']).next()?.trim_end_matches(')');
        (place.contains(['/', '\\']) && !ours.iter().any(|foreign| at.contains(foreign))).then_some(place)
    })?;
    let name = frame.rsplit(['/', '\\']).next().unwrap_or(frame);
    (!own.is_empty() && !name.starts_with(own)).then(|| name.to_owned())
}

/// The source line that Playwright and Jest mark with `>`.
fn failing_line(snippet: &str) -> Option<String> {
    let line = snippet.lines().find(|line| line.trim_start().starts_with('>'))?;
    let code = line.split_once('|').map_or(line, |(_, code)| code).trim();
    (!code.is_empty()).then(|| code.to_owned())
}

/// A line of a message without what differs from run to run: durations, positions, addresses, ids.
fn normal(line: &str) -> String {
    let words = line.split_whitespace().map(|word| {
        let bare = word.trim_matches(|char: char| !char.is_alphanumeric());
        let is_duration =
            bare.trim_end_matches("ms").trim_end_matches('s').parse::<f64>().is_ok() && bare.ends_with('s');
        let is_position = bare.contains(['/', '\\']) && bare.contains(':');
        let is_hex = bare.len() >= 8
            && bare.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-' || byte == b'x')
            && bare.bytes().any(|byte| byte.is_ascii_digit());
        if is_duration || is_position || is_hex { "#" } else { word }
    });
    words.collect::<Vec<_>>().join(" ")
}
