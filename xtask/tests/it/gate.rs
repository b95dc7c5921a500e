//! The gate on the gauntlet: small files that anyone can read and add to, in `tests/gauntlet/{refuse,review,accept}`.
//!
//! A file starts with what it is about, and for a rule that has to be named `rule: NAME`. Then, for each file of the
//! change, `=== PATH`, `--- old`, the old text, `--- new`, the new text; an empty text is a file that is not there.

use std::fs;
use std::path::Path;

use xtask::gate::{Blob, FileChange, Judgement, Policy, Verdict, judge};

struct Case {
    name: String,
    rule: Option<String>,
    changes: Vec<FileChange>,
}

fn parse(name: &str, text: &str) -> Case {
    let mut rule = None;
    let mut sections: Vec<(String, [String; 2])> = Vec::new();
    let mut side = None;
    for line in text.split_inclusive('\n') {
        let plain = line.trim_end_matches('\n');
        if let Some(path) = plain.strip_prefix("=== ") {
            sections.push((path.to_owned(), Default::default()));
            side = None;
        } else if plain == "--- old" || plain == "--- new" {
            side = Some(usize::from(plain == "--- new"));
        } else if let (Some(side), Some((_, texts))) = (side, sections.last_mut()) {
            texts[side].push_str(line);
        } else if let Some(named) = plain.strip_prefix("rule: ") {
            rule = Some(named.to_owned());
        }
    }
    let changes = sections.into_iter().map(|(path, [old, new])| change(&path, &old, &new)).collect();
    Case { name: name.to_owned(), rule, changes }
}

fn change(path: &str, old: &str, new: &str) -> FileChange {
    let blob = |text: &str| (!text.is_empty()).then(|| Blob { mode: "100644".into(), bytes: text.as_bytes().to_vec() });
    FileChange { path: path.into(), old: blob(old), new: blob(new) }
}

fn cases(folder: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gauntlet").join(folder);
    let mut found: Vec<Case> = fs::read_dir(&folder)
        .expect("the gauntlet is there")
        .map(|entry| {
            let path = entry.expect("readable").path();
            let name = path.file_stem().expect("named").to_string_lossy().into_owned();
            parse(&name, &fs::read_to_string(&path).expect("text"))
        })
        .collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

fn judged(case: &Case) -> Judgement {
    judge(&case.changes, &Policy::default())
}

fn said(judgement: &Judgement) -> String {
    let each =
        judgement.findings.iter().map(|found| format!("      {} line {}: {}", found.rule, found.line, found.message));
    each.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_gauntlet() {
    let mut wrong = Vec::new();
    let mut board = Vec::new();
    let (mut false_accepts, mut false_refusals, mut honest) = (0, 0, 0);
    for (folder, expected) in [("refuse", Verdict::Refuse), ("review", Verdict::Review), ("accept", Verdict::Accept)] {
        let cases = cases(folder);
        let mut right = 0;
        for case in &cases {
            assert!(!case.changes.is_empty(), "{folder}/{} holds no change", case.name);
            let judgement = judged(case);
            let named = case.rule.as_ref().is_none_or(|rule| judgement.findings.iter().any(|found| found.rule == rule));
            if judgement.verdict == expected && named {
                right += 1;
            } else {
                let verdict = format!("{:?}", judgement.verdict).to_lowercase();
                let rule = case.rule.as_deref().unwrap_or("any rule");
                wrong.push(format!("  {folder}/{} got {verdict}, wants {rule}\n{}", case.name, said(&judgement)));
            }
            false_accepts += usize::from(expected != Verdict::Accept && judgement.verdict == Verdict::Accept);
            false_refusals += usize::from(expected == Verdict::Accept && judgement.verdict != Verdict::Accept);
        }
        honest += usize::from(expected == Verdict::Accept) * cases.len();
        board.push(format!("  {folder}: {right} of {}", cases.len()));
    }
    println!("gauntlet\n{}", board.join("\n"));
    println!("  false accepts: {false_accepts}\n  false refusals: {false_refusals} of {honest} honest repairs");
    assert!(wrong.is_empty(), "{} cases are judged wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// A generator that gives the same numbers on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

#[test]
fn arbitrary_text_is_judged_without_a_panic() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let all: Vec<Case> = ["refuse", "review", "accept"].into_iter().flat_map(cases).collect();
    let bits = [
        "(", ")", "{", "}", "'", "`", "${", "=>", "await ", "expect(", ".skip", "\n", "\t", "/*", "é", "\u{202e}",
        "\\", ";", "def ", "@",
    ];
    for round in 0..all.len() * 2 {
        let case = &all[round % all.len()];
        let mut changes = case.changes.clone();
        for change in &mut changes {
            let Some(blob) = &mut change.new else { continue };
            let mut bytes = blob.bytes.clone();
            for _ in 0..1 + random.below(4) {
                let at = random.below(bytes.len() + 1);
                match random.below(3) {
                    0 => bytes.truncate(at),
                    1 => {
                        let bit = bits[random.below(bits.len())];
                        bytes.splice(at..at, bit.bytes());
                    }
                    _ => {
                        let until = (at + random.below(40)).min(bytes.len());
                        bytes.drain(at..until);
                    }
                }
            }
            blob.bytes = bytes;
        }
        let judgement = judge(&changes, &Policy::default());
        let crashed = judgement.findings.iter().any(|found| found.message == "the change cannot be judged");
        assert!(!crashed, "{} panics on {changes:#?}", case.name);
    }
}

#[test]
fn reformatting_alone_never_changes_a_verdict() {
    for folder in ["refuse", "review", "accept"] {
        for case in cases(folder) {
            let expected = judged(&case).verdict;
            let python = case.changes.iter().any(|change| !change.path.ends_with('s') && !change.path.ends_with("tsx"));
            if python || case.changes.iter().any(|change| change.new.is_none()) {
                continue;
            }
            let mut changes = case.changes.clone();
            for change in &mut changes {
                let Some(blob) = &mut change.new else { continue };
                blob.bytes = reformatted(&String::from_utf8_lossy(&blob.bytes)).into_bytes();
            }
            let judgement = judge(&changes, &Policy::default());
            assert_eq!(judgement.verdict, expected, "{folder}/{}\n{}", case.name, said(&judgement));
        }
    }
}

#[test]
fn whatever_is_done_to_an_assertion_is_seen() {
    let mut tried = 0;
    for case in ["review", "accept"].into_iter().flat_map(cases) {
        for change in &case.changes {
            let Some(old) = change.old.as_ref().map(|blob| String::from_utf8_lossy(&blob.bytes).into_owned()) else {
                continue;
            };
            let lines: Vec<&str> = old.lines().collect();
            for at in (0..lines.len()).filter(|at| asserts(lines[*at])).take(1) {
                for instead in spoilt(lines[at], change.path.ends_with(".py")) {
                    let mut new = lines.clone();
                    new[at] = &instead;
                    let spoilt = self::change(&change.path, &old, &(new.join("\n") + "\n"));
                    let verdict = judge(&[spoilt], &Policy::default()).verdict;
                    assert_ne!(verdict, Verdict::Accept, "{}: `{}` became `{instead}`", case.name, lines[at]);
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 1_000, "only {tried} assertions were spoilt");
}

/// Whether a line is an assertion by itself.
fn asserts(line: &str) -> bool {
    let text = line.trim();
    let count = |signs: [char; 3]| text.matches(signs).count();
    let whole = count(['(', '{', '[']) == count([')', '}', ']']) && !text.contains('`');
    let starts = ["await expect(", "expect(", "assert "].iter().any(|start| text.starts_with(start));
    let asserts = starts || text.starts_with("cy.") && text.contains(".should(");
    whole
        && asserts
        && (text.ends_with(';') || text.starts_with("assert ") || text.starts_with("expect(") && text.contains(").to_"))
}

/// What a lazy hand makes of an assertion.
fn spoilt(line: &str, python: bool) -> Vec<String> {
    let text = line.trim();
    let indent = &line[..line.len() - line.trim_start().len()];
    if python {
        return vec![
            format!("{indent}# {text}"),
            format!("{indent}try:\n{indent}    {text}\n{indent}except AssertionError:\n{indent}    pass"),
            format!("{indent}if True:\n{indent}    {text}"),
        ];
    }
    let mut all = vec![
        format!("{indent}// {text}"),
        format!("{indent}try {{ {text} }} catch {{}}"),
        format!("{indent}if (process.env.CI) {text}"),
    ];
    if let Some(unawaited) = text.strip_prefix("await ") {
        all.push(format!("{indent}{unawaited}"));
    }
    all
}

/// Wider, with other semicolons; what stands inside quotes stays.
fn reformatted(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let line = line
            .strip_suffix(';')
            .filter(|rest| rest.ends_with(')'))
            .map_or(line.to_owned(), |rest| format!("{rest} ;"));
        format!("  {line}\n\n")
    });
    lines.collect()
}

#[test]
fn the_layout_of_untouched_code_may_change() {
    for case in cases("accept") {
        for change in case.changes {
            let Some(old) = &change.old else { continue };
            if !change.path.ends_with('s') && !change.path.ends_with("tsx") {
                continue;
            }
            let text = String::from_utf8_lossy(&old.bytes).into_owned();
            let judgement = judge(&[self::change(&change.path, &text, &reformatted(&text))], &Policy::default());
            assert!(judgement.findings.is_empty(), "{}\n{}", case.name, said(&judgement));
        }
    }
}

#[test]
fn more_assertions_are_never_refused() {
    for case in cases("accept") {
        let mut changes = case.changes.clone();
        let mut grew = false;
        for change in &mut changes {
            let Some(blob) = &mut change.new else { continue };
            let text = String::from_utf8_lossy(&blob.bytes).into_owned();
            let more: String = text
                .split_inclusive('\n')
                .map(|line| {
                    let whole = line.trim_start().starts_with("await expect(") && line.trim_end().ends_with(");");
                    grew |= whole;
                    if whole { line.repeat(2) } else { line.to_owned() }
                })
                .collect();
            blob.bytes = more.into_bytes();
        }
        if grew {
            let judgement = judge(&changes, &Policy::default());
            assert_eq!(judgement.verdict, Verdict::Accept, "{}\n{}", case.name, said(&judgement));
        }
    }
}
