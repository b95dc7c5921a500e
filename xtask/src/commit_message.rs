//! The commit message of a fix, as a maintainer would like to find it. Pure.

use crate::github::text;
use crate::plan::PlannedTest;
use crate::redact;

/// Who commits, whatever identity the user has or lacks: name and address.
pub const COMMITTER: (&str, &str) = ("cargo heal", "cargo-heal@cargo-heal.invalid");

/// Tests and lines of evidence that are listed: more than a run heals that is no outage.
const MOST: usize = 40;

/// The evidence of a fix that heals several tests, by their ids: a line for each.
pub fn evidence_of<'a>(proofs: impl Iterator<Item = (&'a str, &'a [String])>) -> Vec<String> {
    let proofs: Vec<(&str, &[String])> = proofs.collect();
    match proofs[..] {
        [(_, evidence)] => evidence.to_vec(),
        _ => proofs.iter().map(|(id, evidence)| format!("{id}: {}", evidence.join("; "))).collect(),
    }
}

/// Subject, the reason, the tests, the proof, and trailers for machines. The first test names the subject.
pub fn write(tests: &[&PlannedTest], root_cause: &str, evidence: &[String], author: &str) -> String {
    let Some(first) = tests.first() else { return String::new() };
    let mut message = subject(first, tests.len() - 1);
    message.push_str("\n\n");
    let cause = safe(root_cause, 400);
    if !cause.is_empty() {
        message.push_str(&redact::wrap(&sentence(&cause), 72).join("\n"));
        message.push_str("\n\n");
    }
    for test in tests.iter().take(MOST) {
        message.push_str(&format!("Test: {} ({})\n", safe(&test.name, 200), safe(&test.file, 200)));
    }
    for line in evidence.iter().take(MOST) {
        message.push_str(&format!("Proof: {}\n", safe(line, 200)));
    }
    message.push('\n');
    message.push_str(&format!("Healed-with: {}\n", safe(author, 80)));
    message
}

/// Words of others in one line: they can forge no trailer, mention nobody and close no issue.
fn safe(words: &str, width: usize) -> String {
    text::plain(words, width)
}

fn subject(test: &PlannedTest, more: usize) -> String {
    let name = safe(&test.name, 120);
    // The id stands before it already.
    let rest = name.trim_start_matches(['(', '[']).strip_prefix(&test.id);
    let name = rest.map_or(name.as_str(), |rest| rest.trim_start_matches([')', ']', ' ', ':', '-', '|']));
    let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
    let whole = safe(&format!("Heal {}: {name}", test.id), 72 - more.len());
    format!("{}{more}", whole.trim_end_matches([':', ' ']))
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_like_a_commit() {
        let test = PlannedTest {
            id: "ATK-PW-1050".into(),
            name: "(ATK-PW-1050) the cart takes an order".into(),
            file: "tests/cart.spec.ts".into(),
            fingerprint: "1a2b3c4d5e6f7a8b".into(),
            ..PlannedTest::default()
        };
        let message = write(&[&test], "the button is called Buy now", &["passes twice".into()], "qwen3-coder:30b");
        let expected = "Heal ATK-PW-1050: the cart takes an order\n\nThe button is called Buy now.\n\n\
            Test: (ATK-PW-1050) the cart takes an order (tests/cart.spec.ts)\nProof: passes twice\n\n\
            Healed-with: qwen3-coder:30b\n";
        assert_eq!(message, expected);
        let several = write(&[&test, &test], "", &[], "m");
        assert!(several.starts_with("Heal ATK-PW-1050: the cart takes an order (and 1 more)\n"), "{several}");
        let (one, two) = (["alone".to_owned()], ["twice".to_owned(), "in its file".to_owned()]);
        assert_eq!(evidence_of([("A-1", &one[..])].into_iter()), one);
        assert_eq!(
            evidence_of([("A-1", &one[..]), ("A-2", &two[..])].into_iter()),
            ["A-1: alone", "A-2: twice; in its file"]
        );
    }

    #[test]
    fn a_title_cannot_forge_a_line() {
        let test = PlannedTest { name: "x\n\nSigned-off-by: someone".into(), ..PlannedTest::default() };
        let message = write(&[&test], "a\nb", &[], "m");
        assert!(!message.lines().any(|line| line.starts_with("Signed-off-by")), "{message}");
    }
}
