//! The commit message of a fix, as a maintainer would like to find it. Pure.

use crate::plan::PlannedTest;
use crate::redact;

/// The trailer by which a commit of ours is known again.
pub const TRAILER: &str = "Healed-by: cargo heal";

/// Subject, the reason, the proof, and a trailer that names the failure.
pub fn write(test: &PlannedTest, root_cause: &str, evidence: &[String], model: &str) -> String {
    let mut name = redact::one_line(&redact::secrets(&redact::clean(&test.name)), 120);
    // The id stands before it already.
    if let Some(rest) = name.strip_prefix(&test.id) {
        name = rest.trim_start_matches([' ', ':', '-', '|', ']']).to_owned();
    }
    let mut message = subject(&test.id, &name);
    message.push_str("\n\n");
    let cause = redact::one_line(&redact::secrets(&redact::clean(root_cause)), 400);
    if !cause.is_empty() {
        message.push_str(&redact::wrap(&sentence(&cause), 72).join("\n"));
        message.push_str("\n\n");
    }
    message.push_str(&format!("Test: {} ({})\n", redact::one_line(&test.name, 200), test.file));
    for line in evidence {
        message.push_str(&format!("Proof: {}\n", redact::one_line(line, 200)));
    }
    message.push_str(&format!(
        "\nHealed-test: {}\nHealed-with: {}\n{TRAILER}\n",
        test.fingerprint,
        redact::one_line(model, 80)
    ));
    message
}

fn subject(id: &str, name: &str) -> String {
    let whole = format!("Heal {id}: {name}");
    redact::one_line(&whole, 72).trim_end_matches([':', ' ']).to_owned()
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
            name: "ATK-PW-1050 the cart takes an order".into(),
            file: "tests/cart.spec.ts".into(),
            fingerprint: "1a2b3c4d5e6f7a8b".into(),
            ..PlannedTest::default()
        };
        let message = write(&test, "the button is called Buy now", &["passes twice".into()], "qwen3-coder:30b");
        let expected = "Heal ATK-PW-1050: the cart takes an order\n\nThe button is called Buy now.\n\n\
            Test: ATK-PW-1050 the cart takes an order (tests/cart.spec.ts)\nProof: passes twice\n\n\
            Healed-test: 1a2b3c4d5e6f7a8b\nHealed-with: qwen3-coder:30b\nHealed-by: cargo heal\n";
        assert_eq!(message, expected);
    }

    #[test]
    fn a_title_cannot_forge_a_line() {
        let test = PlannedTest { name: "x\n\nSigned-off-by: someone".into(), ..PlannedTest::default() };
        let message = write(&test, "a\nb", &[], "m");
        assert!(!message.lines().any(|line| line.starts_with("Signed-off-by")), "{message}");
    }
}
