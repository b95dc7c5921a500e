//! What the demo's model answers, written beforehand. Pure.
//!
//! Only the answers are scripted. Whether an edit may be made, and whether it helps, is found out as with any model: an
//! answer that does not fit the suite any more ends as a refused or failed attempt.

use serde_json::json;

use crate::scripted_model::{Conversation, Reply, ToolCall};

/// One failed test and the answer to it.
#[derive(Debug)]
pub struct Answer {
    pub id: &'static str,
    pub file: &'static str,
    /// What is replaced by what; nothing, if the product is to blame.
    pub edit: Option<(&'static str, &'static str)>,
    pub root_cause: &'static str,
}

pub const ANSWERS: [Answer; 4] = [
    Answer {
        id: "ATK-PW-1050",
        file: "tests/cart.spec.ts",
        edit: Some(("{ name: 'Add to basket' }", "{ name: 'Add to cart' }")),
        root_cause: "The button \"Add to basket\" is called \"Add to cart\" now.",
    },
    Answer {
        id: "ATK-PW-1051",
        file: "tests/catalogue.spec.ts",
        edit: Some(("page.locator('#newsletter-email')", "page.getByLabel('Letters from the harbour')")),
        root_cause: "The field's id changed; its label says what it is, and stays.",
    },
    Answer {
        id: "ATK-PW-1052",
        file: "tests/account.spec.ts",
        edit: Some(("import { signIn } from './support/shop';", "import { signIn } from './support/session';")),
        root_cause: "The helper signIn moved from support/shop to support/session.",
    },
    Answer {
        id: "ATK-PW-1053",
        file: "tests/cart.spec.ts",
        edit: None,
        root_cause: "The cart lists two copies of The Sea Atlas at € 24.50 and one of Forty Knots at € 12.00, but its total \
                     is € 36.50: it counts each book once, whatever the number of copies.",
    },
];

/// The model's side of the demo: reads the test, edits it if there is an edit, and gives its verdict.
pub fn reply(conversation: &Conversation) -> Reply {
    let Some(answer) = about(conversation) else {
        return Reply::Text(verdict("unsure", "The script knows the demo's four failures and nothing else."));
    };
    match (conversation.turns, answer.edit) {
        (0, _) => Reply::Tools(vec![ToolCall::read(answer.file)]),
        (1, Some((old, new))) => Reply::Tools(vec![ToolCall::edit(answer.file, old, new)]),
        (_, Some(_)) => Reply::Text(verdict("test_issue", answer.root_cause)),
        (_, None) => Reply::Text(verdict("product_bug", answer.root_cause)),
    }
}

/// The failure that the first message names first: what is quoted further down may name others.
fn about(conversation: &Conversation) -> Option<&'static Answer> {
    let task = conversation.users.first()?;
    let named = ANSWERS.iter().filter_map(|answer| Some((task.find(answer.id)?, answer)));
    named.min_by_key(|(position, _)| *position).map(|(_, answer)| answer)
}

fn verdict(verdict: &str, root_cause: &str) -> String {
    json!({ "verdict": verdict, "root_cause": root_cause }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::shop::FILES;

    fn ask(task: &str, turns: usize) -> Reply {
        reply(&Conversation { users: vec![task.to_owned()], turns, ..Conversation::default() })
    }

    #[test]
    fn reads_edits_and_gives_its_verdict() {
        let task = "Heal `ATK-PW-1052 leads to the orders`. Beside it: ATK-PW-1050";
        assert_eq!(ask(task, 0), Reply::Tools(vec![ToolCall::read("tests/account.spec.ts")]));
        let Reply::Tools(calls) = ask(task, 1) else { panic!("no edit") };
        assert_eq!(calls[0].name, "edit");
        let Reply::Text(text) = ask(task, 2) else { panic!("no verdict") };
        assert!(text.contains(r#""verdict":"test_issue""#), "{text}");
    }

    #[test]
    fn blames_the_product_without_an_edit() {
        let Reply::Text(text) = ask("ATK-PW-1053 the total counts every copy", 1) else { panic!("no verdict") };
        assert!(text.contains(r#""verdict":"product_bug""#), "{text}");
    }

    #[test]
    fn is_unsure_about_anything_else() {
        let Reply::Text(text) = ask("ATK-PW-9999", 0) else { panic!("no verdict") };
        assert!(text.contains("unsure"), "{text}");
    }

    #[test]
    fn each_edit_finds_its_place_once_and_leaves_expectations_alone() {
        for answer in &ANSWERS {
            let text = FILES.iter().find(|(path, _)| *path == answer.file).unwrap().1;
            assert!(text.contains(answer.id));
            if let Some((old, new)) = answer.edit {
                assert_eq!(text.matches(old).count(), 1, "{old}");
                let line = text.lines().find(|line| line.contains(old)).unwrap();
                assert!(!line.contains("expect(") && !new.contains("expect"), "{line}");
            }
        }
    }
}
