//! Constructs that a change took away. One of the same kind that it brings is not as if it were new: the same call of the
//! same thing is given something else.

use std::collections::HashMap;

use super::super::ir::Program;
use super::{Found, Hit, scan};

#[derive(Default)]
pub struct Spare {
    /// By the rule and the last name of what was seen.
    left: HashMap<Hit, usize>,
    mocks: bool,
    /// What answers requests in the place of another that did.
    answers: Vec<String>,
}

/// Libraries that answer a product's requests, each in its own words.
const ANSWER: [&str; 6] = ["responses", "requests_mock", "httpretty", "respx", "aioresponses", "pytest_httpx"];

impl Spare {
    /// What only the new of two versions has; what only the old one has is kept.
    pub fn compare(&mut self, old: &Program, new: &Program) -> Vec<Found> {
        let mut before: HashMap<(&'static str, u64), usize> = HashMap::new();
        scan(&old.body, &mut |(rule, message), _, hash| {
            self.mocks |= rule == "mocked-product";
            *before.entry((rule, hash)).or_default() += 1;
            *self.left.entry((rule, name(&message))).or_default() += 1;
        });
        let mut hits = Vec::new();
        scan(&new.body, &mut |(rule, message), line, hash| {
            let left = before.entry((rule, hash)).or_default();
            if *left > 0 {
                *left -= 1;
                self.left.entry((rule, name(&message))).and_modify(|left| *left -= 1);
            } else {
                hits.push((rule, line, message));
            }
        });
        hits
    }

    /// Whether something of the kind is gone, for which this stands now.
    pub fn takes(&mut self, rule: &'static str, message: &str) -> bool {
        let writes = rule == "faked-page" && matches!(message, "`setData`" | "`trigger` with a value");
        if !writes && !matches!(rule, "mocked-product" | "reaches-out" | "intercepted-network") {
            return false;
        }
        // The name alone does nothing: what is called of it is found by itself.
        if self.mocks && message == "`HttpResponse`" {
            return true;
        }
        let answers = |message: &str| ANSWER.iter().find(|name| message == format!("imports `{name}`")).copied();
        let gone = |(key, left): (&Hit, &usize)| *left > 0 && answers(&key.1).is_some();
        self.answers.extend(answers(message).filter(|_| self.left.iter().any(gone)).map(|name| format!("`{name}")));
        if self.answers.iter().any(|name| message.trim_start_matches("imports ").starts_with(name)) {
            return true;
        }
        let Some(left) = self.left.get_mut(&(rule, name(message))) else { return false };
        if message.starts_with("imports") {
            return true;
        }
        let any = *left > 0;
        *left = left.saturating_sub(1);
        any
    }
}

/// `patch` of `mocker.patch`, and of what puts something in a place of the product another way; a module as it is.
fn name(message: &str) -> String {
    let Some(plain) = message.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) else {
        return message.to_owned();
    };
    match plain.rsplit('.').next().unwrap_or_default() {
        "createAutospec" | "create_autospec" | "object" | "setattr" | "spyOn" | "MagicMock" | "AsyncMock" | "Mock" => {
            "patch".into()
        }
        // What a mock answers that was there, and by which kind of answer, is for the comparison.
        "mockReturnValue"
        | "mockReturnValueOnce"
        | "mockResolvedValueOnce"
        | "mockRejectedValue"
        | "mockRejectedValueOnce"
        | "mockImplementation"
        | "mockImplementationOnce"
        | "resolves"
        | "returns"
        | "rejects" => "mockResolvedValue".into(),
        "stub" | "stubGlobal" => "patch".into(),
        last => last.to_owned(),
    }
}
