//! Reads the agent's last words: is the test out of date, or is the product broken? Pure, and lenient in form, because
//! small models wrap, bold, quote and explain what they were asked to say plainly. What they say decides little: an edit
//! is judged by the gate and by test runs, whatever was claimed for it.

use regex::Regex;

/// What the agent says of the failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The test is out of date.
    TestIssue,
    /// The product is broken, and the test is right to fail.
    ProductBug,
    Unsure,
}

/// The verdict, and the root cause in a sentence; empty if none was given.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub verdict: Verdict,
    pub root_cause: String,
}

/// Longer explanations are cut.
const LONGEST_CAUSE: usize = 400;

/// The last verdict in the text, since models think aloud before they answer; `None` if there is none.
pub fn read(text: &str) -> Option<Answer> {
    // `"verdict": "test_issue"`, `**Verdict:** Test issue`, `verdict = product-bug`
    let stated = pattern(r"(?i)verdict[^a-z0-9]{1,12}(test[\s_-]*issue|product[\s_-]*bug|unsure)");
    let stated = stated.captures_iter(text).last()?;
    let word = stated.get(1)?;
    let verdict = match word.as_str().to_lowercase().chars().next()? {
        't' => Verdict::TestIssue,
        'p' => Verdict::ProductBug,
        _ => Verdict::Unsure,
    };
    Some(Answer { verdict, root_cause: root_cause(text, stated.get(0)?.start()) })
}

/// The root cause nearest to the verdict: after it, or else before it.
fn root_cause(text: &str, verdict_at: usize) -> String {
    let stated = pattern(r#"(?i)root[\s_-]*cause["'*`]*\s*[:=]\s*["'*`]*\s*"#);
    let starts: Vec<_> = stated.find_iter(text).collect();
    let after = starts.iter().find(|found| found.start() > verdict_at);
    let Some(start) = after.or(starts.last()).map(|found| found.end()) else { return String::new() };
    // Up to the end of the string that it stands in, or of the line.
    let quoted = text[..start].ends_with(['"', '\'']);
    let mut cause = String::new();
    let mut chars = text[start..].chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') | None => cause.push(' '),
                Some(escaped) => cause.push(escaped),
            },
            '"' if quoted => break,
            '\n' => break,
            _ => cause.push(c),
        }
    }
    let cause = cause.trim().trim_end_matches(['}', ',', '`', '*', '"']).trim();
    cause.chars().take(LONGEST_CAUSE).collect()
}

fn pattern(text: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "the patterns are constants, and the tests use each")]
    Regex::new(text).expect("a valid pattern")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_decorated_answers() {
        use Verdict::*;
        let table = [
            (
                r#"{"verdict": "test_issue", "root_cause": "the button is called Buy"}"#,
                TestIssue,
                "the button is called Buy",
            ),
            (
                "I fixed it.\n```json\n{\n  \"verdict\": \"product_bug\",\n  \"root_cause\": \"the total is \\\"off\\\" by one\"\n}\n```\nDone!",
                ProductBug,
                "the total is \"off\" by one",
            ),
            ("**Verdict:** Test issue\n**Root cause:** the id changed\nmore", TestIssue, "the id changed"),
            ("Root cause: unclear\nVerdict - unsure", Unsure, "unclear"),
            ("{'verdict': 'test-issue', 'root_cause': 'renamed',}", TestIssue, "renamed'"),
            ("verdict: test_issue? no.\n{\"verdict\":\"product_bug\"}", ProductBug, ""),
            ("{\"root_cause\": \"x\", \"verdict\": \"unsure\"}", Unsure, "x"),
        ];
        for (text, verdict, cause) in table {
            let answer = read(text).unwrap_or_else(|| panic!("nothing read in {text}"));
            assert_eq!(
                (answer.verdict, answer.root_cause.trim_end_matches('\'')),
                (verdict, cause.trim_end_matches('\'')),
                "{text}"
            );
        }
        for text in ["", "I am done.", "the verdict is yours", "verdict: maybe"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_long_cause_is_cut_at_a_character() {
        let text = format!("verdict: unsure\nroot cause: {}", "ä".repeat(1000));
        assert_eq!(read(&text).unwrap().root_cause.chars().count(), LONGEST_CAUSE);
    }
}
