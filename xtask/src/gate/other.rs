//! Files that the gate cannot parse: line by line, with suspicion.

use super::files::bends_runner;

/// Lines with their numbers.
pub type Lines<'a> = Vec<(usize, &'a str)>;

/// Lines that one text has and the other has not, with their numbers; moved lines do not count.
pub fn changed_lines<'a>(old: &'a str, new: &'a str) -> (Lines<'a>, Lines<'a>) {
    let count = |text: &'a str| {
        let mut lines: std::collections::HashMap<&'a str, i64> = std::collections::HashMap::new();
        text.lines().map(str::trim).for_each(|line| *lines.entry(line).or_default() += 1);
        lines
    };
    let without = |text: &'a str, other: &'a str| {
        let mut left = count(other);
        let mut rest = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let seen = left.entry(line.trim()).or_default();
            *seen -= 1;
            if *seen < 0 && !line.trim().is_empty() {
                rest.push((at + 1, line));
            }
        }
        rest
    };
    (without(old, new), without(new, old))
}

const ASSERTS: [&str; 18] = [
    "assert", "expect", "should", "verify", "then ", "see", "must", "ensure", "contain", "equal", "match", "response",
    "status", "visible", "exist", "check", "fail", "present",
];
#[rustfmt::skip]
const FORBIDDEN: [&str; 22] = [
    "skip", "@ignore", "@disabled", "@wip", "@pending", "incomplete", "fixme", "xit", "xdescribe", "pending",
    "@todo", "mock", "stub", "eval(", "exec(", "system(", "shell_exec", "retry", "retries", "try", "catch", "return",
];

/// Judges the changed lines of an unknown language.
pub fn judge(old: &str, new: &str, report: &mut dyn FnMut(&'static str, usize, String)) {
    let (gone, fresh) = changed_lines(old, new);
    for (at, line) in &fresh {
        let lower = line.to_lowercase();
        if let Some(word) = FORBIDDEN.iter().find(|word| lower.contains(**word)) {
            let rule = if word.contains("skip")
                || word.starts_with('@')
                || word.starts_with('x')
                || matches!(*word, "pending" | "incomplete" | "fixme")
            {
                "skipped-test"
            } else {
                "other-language"
            };
            report(rule, *at, format!("`{word}`"));
        }
    }
    let line = fresh.first().or(gone.first()).map_or(1, |(at, _)| *at);
    let asserts = |lines: &[(usize, &str)]| {
        lines.iter().any(|(_, line)| ASSERTS.iter().any(|word| line.to_lowercase().contains(word)))
    };
    if asserts(&gone) || asserts(&fresh) {
        report("other-language", line, "a line that asserts".into());
    } else if gone.len() > fresh.len() {
        report("other-language", line, "lines are gone".into());
    }
}

/// Judges a runner's configuration.
pub fn judge_runner(path: &str, old: &str, new: &str, report: &mut dyn FnMut(&'static str, usize, String)) {
    let (gone, fresh) = changed_lines(old, new);
    for (at, line) in gone.iter().chain(&fresh) {
        if let Some(word) = bends_runner(line) {
            report("bent-runner", *at, format!("`{}`", word.trim()));
        }
    }
    let line = fresh.first().or(gone.first()).map_or(1, |(at, _)| *at);
    report("runner-config", line, format!("`{path}` decides how tests run"));
}
