//! Addresses that steps go to and ask for: which one may be what another was, after the product was moved about.

use std::collections::{BTreeMap, HashMap};

use super::super::super::assertion;
use super::super::super::ir::{Kind, Node, Program};
use super::super::super::scan::without_version;
use super::super::super::words::{NAVIGATION, meaning, version, words};
use super::super::{Differ, Place};
use super::Step;

impl<'a> Differ<'a> {
    /// Whether a page object goes to the same page under another path.
    pub fn route_renamed(&self, old: &Step, new: &[Step]) -> bool {
        let goes = |step: &&Step| NAVIGATION.contains(&step.name.as_str());
        new.iter().find(goes).is_some_and(|is| {
            is.inputs.len() == old.inputs.len()
                && old.inputs.iter().zip(&is.inputs).all(|((_, was), (_, is))| was == is || is_other_path(was, is))
        })
    }

    /// Whether a test asserts that a request fails: then it proves nothing that one to another address does.
    pub fn expects_failure(&self) -> bool {
        let Some(scope) = self.scopes.iter().rev().find(|scope| scope.place == Place::Test) else { return false };
        let asserts = self.asserts();
        let is_failure = |node: &Node| node.number().is_some_and(|code| (400.0..600.0).contains(&code));
        scope
            .new
            .iter()
            .any(|stmt| assertion::of_stmt(stmt, &asserts).is_some() && stmt.any(&mut |node| is_failure(node)))
    }

    /// An address of which an older version is asked for, or none.
    pub fn older_addresses(&mut self) {
        let (before, after) = (addresses(self.old), addresses(self.new));
        let gone = before.keys().filter(|was| version(was).is_some() && !after.contains_key(*was));
        let gone: HashMap<String, &str> = gone.map(|was| (without_version(was), *was)).collect();
        for (is, line) in after.iter().filter(|(is, _)| !before.contains_key(*is)) {
            if gone.get(&without_version(is)).is_some_and(|was| version(is) < version(was)) {
                self.report("changed-url", *line, format!("an older version is asked for: `{is}`"));
            }
        }
    }
}

/// The texts that look like an address, with the last line that has them.
fn addresses(program: &Program) -> BTreeMap<&str, usize> {
    let mut found = BTreeMap::new();
    for stmt in &program.body {
        stmt.walk(&mut |node| {
            if let Kind::Str(text) = &node.kind
                && text.contains('/')
            {
                found.insert(text.as_str(), node.line);
            }
        });
    }
    found
}

/// Whether one path may be what the other was renamed to: it goes nowhere special, and names the same things.
pub fn is_other_path(old: &str, new: &str) -> bool {
    #[rustfmt::skip]
    const SPECIAL: [&str; 43] = [
        "mock", "mocks", "test", "demo", "fixture", "fixtures", "static", "preview", "debug", "fake", "stub",
        "storybook", "example", "sample", "legacy", "old", "health", "error", "404", "success", "done", "confirmed",
        "confirmation", "complete", "completed", "thanks", "thank", "receipt", "result", "seed", "reset",
        "validate", "validation", "dry", "public", "beta", "dev", "classic", "archive", "archived",
        "staging", "sandbox", "offline",
    ];
    let is_path = |text: &str| text.starts_with('/') && !text.contains(['?', '#', ':', ' ']) && !text.starts_with("//");
    let numbers = |text: &str| {
        words(text)
            .into_iter()
            .filter(|word| {
                word.chars().any(|next| next.is_ascii_digit()) && (word.len() > 2 || word.parse::<u8>().is_ok())
            })
            .collect::<Vec<_>>()
    };
    let special =
        |text: &str| words(text).into_iter().filter(|word| SPECIAL.contains(&word.as_str())).collect::<Vec<_>>();
    is_path(old) && is_path(new) && new.len() > 1 && numbers(old) == numbers(new) && special(old) == special(new)
}

/// Whether a view has the same name as before, in a group that it was not in: `reverse("shop:cart")` for `reverse("cart")`.
/// <https://docs.djangoproject.com/en/stable/topics/http/urls/#url-namespaces>
pub fn is_grouped(old: &str, new: &str) -> bool {
    let alone = !old.is_empty() && !old.contains([':', '.', '/']);
    alone && new.strip_suffix(old).is_some_and(|group| group.ends_with([':', '.']) && group.len() > 1)
}

/// Whether a call gives the address of a view.
pub fn asks_view(name: &str) -> bool {
    matches!(name, "reverse" | "reverse_lazy" | "reverseLazy" | "url_for" | "urlFor")
}

/// Whether a call is named after a method of HTTP.
pub fn asks_api(name: &str) -> bool {
    matches!(name, "get" | "post" | "put" | "patch" | "delete" | "head")
}

/// Whether a page has the same name as before, and lies elsewhere: `/faq.html` and `/support/faq`.
pub fn is_moved_page(old: &str, new: &str) -> bool {
    let (old, new) = (old.trim_start_matches("**"), new.trim_start_matches("**"));
    let name = |path: &str| {
        let last = path.trim_end_matches(['/', '*']).rsplit('/').next().unwrap_or_default();
        last.split('.').next().unwrap_or_default().to_owned()
    };
    let names = |path: &str| name(path).chars().any(char::is_alphabetic);
    let (old, asked) = old.split_once('?').unwrap_or((old, ""));
    let (new, asks) = new.split_once('?').unwrap_or((new, ""));
    let same = name(old) == name(new) || meaning(&name(old)) == meaning(&name(new).replace("-in", ""));
    asked == asks && is_other_path(old, new) && names(old) && same
}

/// `/api/session` is `/api/v2/sessions`, and `**/api/session*` is.
pub fn is_same_path(old: &str, new: &str) -> bool {
    let plain = |text: &str| {
        let path = without_version(text.trim_start_matches("**"));
        let words = words(&path).into_iter().map(|word| word.trim_end_matches('s').to_owned());
        text.contains('/').then(|| words.collect::<Vec<_>>())
    };
    !words(old).is_empty() && plain(old).is_some() && plain(old) == plain(new)
}
