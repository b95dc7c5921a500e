//! What a run would do on GitHub, as values: a dry run shows them and does nothing. Pure.

use super::issue_text;
use super::pull_request_text::{self, Account};
use super::pull_requests::NEEDS_REVIEW;
use super::{Context, LABEL, text};
use crate::plan::PlannedTest;

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Create it, or comment on it, or reopen it: what there is was not looked at.
    Issue {
        title: String,
        labels: Vec<String>,
    },
    AssignCopilot {
        title: String,
    },
    Push {
        branch: String,
        base: String,
    },
    PullRequest {
        title: String,
        branch: String,
        base: String,
        draft: bool,
        labels: Vec<String>,
    },
    /// Of the tests that passed; which of them have an open issue was not looked up.
    Close {
        target: String,
    },
    /// A verdict without a fix.
    Comment {
        title: String,
        verdict: String,
    },
}

/// The labels of what the tool creates: the configured ones, and always the one by which it is found again.
pub fn labels(configured: &[String]) -> Vec<String> {
    let others = configured.iter().filter(|label| *label != LABEL).cloned();
    std::iter::once(LABEL.to_owned()).chain(others).collect()
}

impl Action {
    pub fn issue(test: &PlannedTest, configured: &[String]) -> Action {
        Action::Issue { title: issue_text::title(test), labels: labels(configured) }
    }

    pub fn outage(target: &str, configured: &[String]) -> Action {
        Action::Issue { title: issue_text::outage_title(target), labels: labels(configured) }
    }

    /// `None` where nothing is closed: nothing passed, or what passed is no default branch.
    pub fn close(passed: usize, context: Option<&Context>, target: Option<&str>) -> Option<Action> {
        let is_default = context.is_some_and(|context| match &context.default_branch {
            Some(_) => context.on_default_branch(),
            None => context.branch.is_some() && context.pull_request.is_none(),
        });
        (passed > 0 && is_default).then(|| Action::Close { target: target.unwrap_or("this machine").to_owned() })
    }

    pub fn comment(test: &PlannedTest, verdict: &str) -> Action {
        Action::Comment { title: issue_text::title(test), verdict: verdict.to_owned() }
    }

    /// What publishing a fix takes: the branch first, then the pull request.
    pub fn publish(account: &Account, branch: &str, base: &str, configured: &[String]) -> [Action; 2] {
        let mut labels = labels(configured);
        if account.proposed {
            labels.push(NEEDS_REVIEW.to_owned());
        }
        let (branch, base) = (branch.to_owned(), base.to_owned());
        let push = Action::Push { branch: branch.clone(), base: base.clone() };
        let title = pull_request_text::title(account);
        [push, Action::PullRequest { title, branch, base, draft: account.proposed, labels }]
    }

    /// One line, as what would be done.
    pub fn describe(&self) -> String {
        let quoted = |title: &str| format!("`{}`", text::without_breaks(title));
        match self {
            Action::Issue { title, labels } => {
                format!("create or update the issue {} (label {})", quoted(title), labels.join(", "))
            }
            Action::AssignCopilot { title } => format!("assign the issue {} to Copilot", quoted(title)),
            Action::Push { branch, base } => format!("push the branch `{branch}` (on top of `{base}`)"),
            Action::PullRequest { title, branch, base, draft, labels } => {
                let kind = if *draft { "draft pull request" } else { "pull request" };
                let labels = labels.join(", ");
                format!("open the {kind} {} from `{branch}` into `{base}` (label {labels})", quoted(title))
            }
            Action::Close { target } => {
                format!("close the issues of tests that passed on {}, where one is open", quoted(target))
            }
            Action::Comment { title, verdict } => format!("comment on the issue {}: {verdict}", quoted(title)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_would_be_done() {
        let test = PlannedTest {
            id: "A-1".into(),
            name: "(A-1) #2".into(),
            fingerprint: "0".repeat(16),
            ..Default::default()
        };
        let account = Account { tests: vec![&test], proposed: true, ..Account::default() };
        let [push, open] = Action::publish(&account, "heal/a-1-00000000", "main", &["e2e".into(), "auto-heal".into()]);
        for (action, expected) in [
            (Action::issue(&test, &[]), "create or update the issue `FIX: A-1` (label auto-heal)"),
            (
                Action::issue(&PlannedTest { id: "00000000".into(), ..test.clone() }, &[]),
                "create or update the issue `FIX: (A-1) #2` (label auto-heal)",
            ),
            (Action::outage("live", &[]), "create or update the issue `FIX: outage on live` (label auto-heal)"),
            (push, "push the branch `heal/a-1-00000000` (on top of `main`)"),
            (
                open,
                "open the draft pull request `Heal A-1` from `heal/a-1-00000000` into `main` (label auto-heal, e2e, needs-review)",
            ),
            (Action::comment(&test, "the product is broken"), "comment on the issue `FIX: A-1`: the product is broken"),
            (
                Action::Close { target: "live".into() },
                "close the issues of tests that passed on `live`, where one is open",
            ),
        ] {
            assert_eq!(action.describe(), expected);
        }
        let on = |branch: &str| Context {
            branch: Some(branch.into()),
            default_branch: Some("main".into()),
            ..Context::default()
        };
        assert!(Action::close(1, Some(&on("main")), None).is_some());
        assert_eq!(Action::close(1, Some(&on("topic")), None), None);
        assert_eq!(Action::close(0, Some(&on("main")), None), None);
        assert_eq!(Action::close(1, None, None), None);
    }
}
