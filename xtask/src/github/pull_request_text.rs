//! Title and body of a fix, and the comments that stand in for one: for the person who reviews. Pure.

use super::issue_text::{self, Run};
use super::marker::{self, Marker};
use super::text;
use crate::plan::PlannedTest;
use crate::quantity;

/// A fix as it is shown. The words of the model and of the report are hostile.
#[derive(Clone, Debug, Default)]
pub struct Account<'a> {
    /// The first gave the branch its name; the others are healed by the same change.
    pub tests: Vec<&'a PlannedTest>,
    /// The issues that it fixes.
    pub issues: Vec<u64>,
    /// It changes what a test expects: a person has to decide.
    pub proposed: bool,
    /// The model's.
    pub root_cause: &'a str,
    /// Paths that it changes.
    pub files: Vec<String>,
    /// What was done to prove it, a line each; what a person should look at.
    pub evidence: Vec<String>,
    pub concerns: Vec<String>,
    /// Who wrote it: provider and model.
    pub author: Option<String>,
}

pub fn title(account: &Account) -> String {
    let subject = account.tests.first().map(|test| issue_text::title(test)).unwrap_or_default();
    let subject = subject.strip_prefix("FIX: ").unwrap_or(&subject).to_owned();
    let more = match account.tests.len() {
        0 | 1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let room = text::MAX_TITLE - "Heal ".len() - more.len();
    format!("Heal {}{more}", text::clip(&subject, room))
}

/// `patch_id` and `branch` are remembered in the hidden line.
pub fn body(account: &Account, run: &Run, patch_id: &str, branch: &str) -> String {
    let fingerprints: Vec<String> = account.tests.iter().take(100).map(|test| test.fingerprint.clone()).collect();
    let marker = Marker::new().with_all("fingerprint", &fingerprints).with("patch", patch_id).with("branch", branch);
    let mut lines = vec![marker.render()];
    lines.extend(account.issues.iter().map(|number| format!("Fixes #{number}")));
    lines.extend([String::new(), "### What was wrong".to_owned(), String::new()]);
    lines.push(text::prose(account.root_cause, 2000));
    lines.push(String::new());
    lines.push(if account.proposed {
        "The test is out of date, and **this changes what it expects**. Is the new expectation right? Nobody but a person \
         can say; so this is a draft."
            .to_owned()
    } else {
        "The test is out of date. What it expects is unchanged.".to_owned()
    });
    if !account.concerns.is_empty() {
        lines.extend([String::new(), "### What to look at".to_owned(), String::new()]);
        lines.extend(account.concerns.iter().take(20).map(|line| format!("- {}", text::prose(line, 300))));
    }
    lines.extend([String::new(), "### The proof".to_owned(), String::new()]);
    lines.extend(account.evidence.iter().take(40).map(|line| format!("- {}", text::prose(line, 300))));
    lines.extend([String::new(), "### The change".to_owned(), String::new()]);
    lines.extend(account.files.iter().take(30).map(|file| format!("- {}", text::code(file, 200))));
    lines.extend([String::new(), "### The failure".to_owned(), String::new()]);
    for test in account.tests.iter().take(8) {
        lines.push(format!("{} in {}", text::code(&test.name, 300), text::code(&test.file, 300)));
        lines.extend([String::new(), text::block(&test.message, "text", 2000), String::new()]);
    }
    let by = account.author.as_ref().map(|author| format!(" with {}", text::code(author, 100))).unwrap_or_default();
    let run_link = run.url.as_ref().map(|url| format!(" in [this run]({url})")).unwrap_or_default();
    lines.push(format!(
        "Written by `cargo heal`{by}{run_link}, {}. Push to this branch and it is yours: it will not be \
                        touched again. Close this, and the same change is not proposed again.",
        run.when
    ));
    lines.push(marker::END.to_owned());
    lines.join("\n")
}

/// What is added to the run's comment on an issue when nothing is published.
pub fn verdict(heading: &str, root_cause: &str, evidence: &[String]) -> String {
    let mut lines = vec![format!("**{heading}**"), String::new(), text::prose(root_cause, 2000), String::new()];
    lines.extend(evidence.iter().take(20).map(|line| format!("- {}", text::prose(line, 500))));
    lines.join("\n").trim_end().to_owned()
}

/// The comment on a pull request of a fork, where nothing can be published.
pub fn fork_comment(tests: &[&PlannedTest], run: &Run) -> String {
    let mut lines = vec![
        issue_text::comment_marker(run),
        format!("{} failed on {}.", quantity::of(tests.len(), "test"), text::code(&run.target, 100)),
        String::new(),
    ];
    lines.extend(
        tests
            .iter()
            .take(50)
            .map(|test| format!("- {} in {}", text::code(&test.name, 200), text::code(&test.file, 200))),
    );
    lines.extend([
        String::new(),
        "Nothing is healed on a pull request of a fork: that would run its code beside a token that can write."
            .to_owned(),
    ]);
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commit_message;

    fn test(id: &str, fingerprint: &str) -> PlannedTest {
        PlannedTest {
            id: id.into(),
            name: format!("({id}) logs in @login fixes #7"),
            file: "tests/login.spec.js".into(),
            fingerprint: fingerprint.into(),
            message: "expected 1".into(),
            ..PlannedTest::default()
        }
    }

    #[test]
    fn shows_one_change_for_several_tests() {
        let (first, second) = (test("A-1", "0123456789abcdef"), test("A-2", "fedcba9876543210"));
        let account = Account {
            tests: vec![&first, &second],
            issues: vec![3, 4],
            root_cause: "the label changed; fixes #9 @octocat",
            files: vec!["tests/login.spec.js".into()],
            evidence: vec!["passed 2 of 2 runs in chromium".into()],
            ..Account::default()
        };
        assert_eq!(title(&account), "Heal A-1 and 1 more");
        let body = body(&account, &Run::default(), "abc", "heal/a-1-01234567");
        assert!(
            body.contains("\nFixes #3\nFixes #4\n") && !body.contains("fixes #9") && !body.contains("@octocat"),
            "{body}"
        );
        let marker = Marker::find(&body).unwrap();
        assert_eq!(marker.all("fingerprint"), ["0123456789abcdef", "fedcba9876543210"]);
        assert_eq!(marker.get("patch"), Some("abc"));
        let message = commit_message::write(&account.tests, account.root_cause, &account.evidence, "m");
        assert!(!message.contains("#7") && !message.contains("@login") && !message.contains("#9"), "{message}");
    }

    #[test]
    fn a_proposal_asks() {
        let test = test("A-1", "0123456789abcdef");
        let account =
            Account { tests: vec![&test], proposed: true, concerns: vec!["3 became 4".into()], ..Account::default() };
        let body = body(&account, &Run::default(), "abc", "heal/x");
        assert!(body.contains("changes what it expects") && body.contains("- 3 became 4"), "{body}");
    }

    #[test]
    fn stays_within_the_limits() {
        let long = PlannedTest { name: "n".repeat(5000), message: "`".repeat(90_000), ..test("X", "0123456789abcdef") };
        let account = Account {
            tests: vec![&long; 300],
            root_cause: &"*".repeat(9000),
            evidence: vec!["*".repeat(9000); 100],
            concerns: vec!["*".repeat(9000); 100],
            ..Account::default()
        };
        assert!(title(&account).chars().count() <= text::MAX_TITLE);
        assert!(body(&account, &Run::default(), "abc", "heal/x").chars().count() <= text::MAX_BODY);
    }
}
