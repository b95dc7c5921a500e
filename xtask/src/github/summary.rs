//! The job summary and the annotations, for the person who opens the failed run on a phone: what has to be done comes
//! first, and no line needs scrolling sideways. Pure, but for the file.

use std::io::Write;

use anyhow::{Context, Result};

use super::text;
use crate::outcome::{Document, Outcome, TestResult};
use crate::quantity;
use crate::redact;

/// GitHub takes 1 MiB per step and drops what is larger.
const MAX_SUMMARY: usize = 900_000;
/// GitHub shows ten annotations of a kind per step.
const MAX_ANNOTATIONS: usize = 10;
/// GitHub cuts a message at 4,096 characters.
const MAX_MESSAGE: usize = 2000;

/// `server` and `repository` make the links: `https://github.com`, `OWNER/NAME`. Without them numbers stay plain.
pub fn markdown(document: &Document, place: Option<(&str, &str)>) -> String {
    let mut out = format!("## {}\n\n", headline(document));
    if document.dry_run {
        out.push_str("A dry run: nothing left this machine.\n\n");
    }
    for (title, outcomes) in PARTS {
        let results: Vec<&TestResult> =
            document.results.iter().filter(|result| outcomes.contains(&result.outcome)).collect();
        if results.is_empty() {
            continue;
        }
        out.push_str(&format!("### {title} ({})\n\n", results.len()));
        for (at, result) in results.iter().enumerate() {
            let entry = entry(result, place);
            if out.len() + entry.len() > MAX_SUMMARY {
                out.push_str(&format!("- and {} more, in `report.json`\n", results.len() - at));
                break;
            }
            out.push_str(&entry);
        }
        out.push('\n');
    }
    for note in document.notes.iter().take(20) {
        out.push_str(&format!("- {}\n", text::prose(note, 500)));
    }
    let model = match (&document.provider, &document.model) {
        (Some(provider), Some(model)) => format!(", {} of {}", text::code(model, 100), text::code(provider, 50)),
        _ => String::new(),
    };
    out.push_str(&format!("\n<sub>{} on {}{model}</sub>\n", document.mode, document.runner));
    out
}

/// Appends to the file at `GITHUB_STEP_SUMMARY`, if there is one.
pub fn append(path: Option<&str>, text: &str) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    let file = std::fs::File::options().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write `{path}` ($GITHUB_STEP_SUMMARY)"))
}

/// In the order in which somebody has to act.
const PARTS: [(&str, &[Outcome]); 5] = [
    ("The product is broken, say the agents", &[Outcome::ProductBug]),
    ("A person must decide", &[Outcome::Proposed]),
    ("Not healed", &[Outcome::Unhealed, Outcome::Rejected, Outcome::Error, Outcome::Flaky]),
    ("Skipped", &[Outcome::Skipped, Outcome::Planned]),
    ("Healed, or on its way", &[Outcome::Healed, Outcome::Assigned]),
];

fn headline(document: &Document) -> String {
    let healed = document.results.iter().filter(|result| matches!(result.outcome, Outcome::Healed | Outcome::Assigned));
    match document.tests.failed {
        0 => format!("Nothing failed, of {}", quantity::of(document.tests.total, "test")),
        failed => {
            format!("{} of {} failed, {} healed", failed, quantity::of(document.tests.total, "test"), healed.count())
        }
    }
}

fn entry(result: &TestResult, place: Option<(&str, &str)>) -> String {
    let mut links = Vec::new();
    for (kind, folder, number) in [("pull request", "pull", result.pull_request), ("issue", "issues", result.issue)] {
        if let Some(number) = number {
            links.push(match place {
                Some((server, repository)) => format!("[{kind} #{number}]({server}/{repository}/{folder}/{number})"),
                None => format!("{kind} #{number}"),
            });
        }
    }
    let links = if links.is_empty() { String::new() } else { format!(" · {}", links.join(" · ")) };
    let mut entry = format!("- **{}** {}{links}\n", text::prose(&result.id, 100), text::code(&result.name, 200));
    for said in [&result.root_cause, &result.reason] {
        if !said.is_empty() {
            entry.push_str(&format!("  {}\n", text::prose(said, 500)));
        }
    }
    entry
}

/// Workflow commands, a line each. What needs a person is an error or a warning at the test's line.
pub fn annotations(document: &Document) -> Vec<String> {
    let of = |level: &str, outcomes: &[Outcome]| -> Vec<String> {
        let results = document.results.iter().filter(|result| outcomes.contains(&result.outcome));
        results.take(MAX_ANNOTATIONS).map(|result| annotation(level, result)).collect()
    };
    let mut lines = of("error", &[Outcome::ProductBug, Outcome::Unhealed, Outcome::Rejected, Outcome::Error]);
    lines.extend(of("warning", &[Outcome::Proposed, Outcome::Flaky]));
    lines.extend(of("notice", &[Outcome::Healed, Outcome::Assigned]));
    lines
}

fn annotation(level: &str, result: &TestResult) -> String {
    let what = match result.outcome {
        Outcome::ProductBug => "the product is broken",
        Outcome::Proposed => "healed, a person must decide",
        Outcome::Flaky => "flaky",
        Outcome::Healed => "healed",
        Outcome::Assigned => "assigned to Copilot",
        Outcome::Rejected => "every fix was refused",
        Outcome::Error => "could not be healed here",
        _ => "not healed",
    };
    let title = redact::workflow_property(&redact::one_line(&format!("{}: {what}", result.id), 200));
    let file = redact::workflow_property(&redact::one_line(&result.file, 300));
    let said = if result.root_cause.is_empty() { &result.reason } else { &result.root_cause };
    let said = if said.is_empty() { &result.name } else { said };
    let message = redact::workflow_message(&redact::one_line(&redact::secrets(said), MAX_MESSAGE));
    format!("::{level} file={file},title={title}::{message}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Tests, Tokens};

    fn result(id: &str, outcome: Outcome) -> TestResult {
        TestResult {
            id: id.into(),
            name: format!("{id} works"),
            suite: Vec::new(),
            file: "tests/a.spec.js".into(),
            projects: Vec::new(),
            fingerprint: "0".repeat(16),
            outcome,
            reason: "reason".into(),
            root_cause: String::new(),
            issue: Some(3),
            pull_request: None,
            branch: None,
            patch: None,
            attempts: 1,
            tokens: Tokens::default(),
            seconds: 1.0,
        }
    }

    fn document(results: Vec<TestResult>) -> Document {
        Document {
            schema: 1,
            mode: "cloud".into(),
            runner: "github-hosted".into(),
            because: String::new(),
            dry_run: false,
            provider: None,
            model: None,
            tests: Tests { total: 180, failed: results.len() },
            results,
            summary: Default::default(),
            notes: Vec::new(),
        }
    }

    #[test]
    fn what_has_to_be_done_comes_first() {
        let results =
            vec![result("A", Outcome::Healed), result("B", Outcome::Unhealed), result("C", Outcome::ProductBug)];
        let text = markdown(&document(results), Some(("https://github.com", "o/r")));
        let at = |needle: &str| text.find(needle).unwrap_or_else(|| panic!("no {needle} in {text}"));
        assert!(at("## 3 of 180 tests failed, 1 healed") < at("**C**"));
        assert!(at("**C**") < at("**B**") && at("**B**") < at("**A**"));
        assert!(text.contains("[issue #3](https://github.com/o/r/issues/3)"));
    }

    #[test]
    fn a_huge_run_fits() {
        let long = TestResult { reason: "x".repeat(5000), ..result("A", Outcome::Unhealed) };
        let text = markdown(&document(vec![long; 3000]), None);
        assert!(text.len() < 1_000_000 && text.contains("more, in `report.json`"), "{}", text.len());
    }

    #[test]
    fn text_of_others_is_no_command() {
        let hostile = TestResult {
            id: "A,title=x::y".into(),
            reason: "one\n::set-output name=a::b\r\n100%".into(),
            ..result("A", Outcome::Unhealed)
        };
        let lines = annotations(&document(vec![hostile; 30]));
        assert_eq!(lines.len(), MAX_ANNOTATIONS);
        assert_eq!(
            lines[0],
            "::error file=tests/a.spec.js,title=A%2Ctitle=x%3A%3Ay%3A not healed::one ::set-output name=a::b 100%25"
        );
        assert!(!lines[0].contains('\n'));
    }
}
