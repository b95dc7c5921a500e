//! Whether a locator finds more than another, because something was left out of it.

use super::super::words::{meaning, words};
use super::Locator;
use super::drift::Drift;
use super::selectors::simple;

/// Words for the state that something is in.
#[rustfmt::skip]
const STATES: [&str; 24] = [
    "done", "active", "selected", "completed", "complete", "checked", "current", "open", "opened", "expanded", "paid",
    "free", "is", "has", "aria", "state", "status", "disabled", "enabled", "unread", "read", "booked", "approved", "on",
];

/// Something was left out that said which element is meant, or in which state it is.
pub fn broadened(old: &Locator, new: &Locator) -> Option<Drift> {
    if new.path.is_empty() || new.path == old.path && old.says() == new.says() {
        return None;
    }
    let known = words(&new.says());
    let unsaid = |text: &str| !meaning(text).is_empty() && words(text).iter().any(|word| !known.contains(word));
    let whole = |locator: &Locator| locator.selectors.iter().any(|selector| selector.trim_end().ends_with(" *"));
    if whole(new) && !whole(old) {
        return Some(Drift::Thing);
    }
    if loses_value(old, new) {
        return Some(Drift::Weaker);
    }
    if let Some(cut) = old.path.strip_prefix(new.path.as_slice()) {
        let items = |part: &String| {
            words(part).iter().any(|word| ["li", "tr", "td", "row", "cell", "option"].contains(&word.as_str()))
        };
        return cut.iter().any(|part| unsaid(part) || items(part)).then_some(Drift::Weaker);
    }
    let (last, before) = new.path.split_last()?;
    let (was_last, was_before) = old.path.split_last()?;
    let mut rest = was_before.iter();
    if !before.iter().all(|part| rest.any(|was| was == part)) {
        return None;
    }
    let lost = left_out(was_last, last)?;
    if lost.iter().any(|part| is_state(part) && unsaid(part)) {
        return Some(Drift::Weaker);
    }
    let pins = |part: &&String| part.contains('=') && part.chars().any(|next| next.is_ascii_digit() || next == '{');
    let picked = was_before.iter().filter(|part| !before.contains(part)).any(|part| pins(&part));
    let tag = |part: &String| part.chars().all(char::is_alphanumeric);
    (picked || lost.iter().any(|part| !tag(part) && unsaid(part))).then_some(Drift::Thing)
}

/// Whether it only finds those of the things that are in a certain state.
pub fn narrowed(old: &Locator, new: &Locator) -> bool {
    let (Some(was), Some(is)) = (old.path.last(), new.path.last()) else { return false };
    let known = words(&old.says());
    let says_more = |part: &String| !meaning(part).is_empty() && words(part).iter().any(|word| !known.contains(word));
    let bare = was.chars().all(char::is_alphanumeric);
    // What is waited for until it is there.
    let is_done =
        |part: &String| words(part).iter().any(|word| matches!(word.as_str(), "loaded" | "ready" | "hydrated"));
    !bare && left_out(is, was).is_some_and(|gained| gained.iter().any(|part| says_more(part) && !is_done(part)))
}

/// Whether any value of an attribute will do where it had to be a certain one.
fn loses_value(old: &Locator, new: &Locator) -> bool {
    old.path.len() == new.path.len()
        && old.path.iter().zip(&new.path).any(|(was, is)| {
            let lost = left_out(was, is).unwrap_or_default();
            lost.iter().any(|part| bare_attribute(part).is_some_and(|bare| bare != *part && simple(is).contains(&bare)))
        })
}

/// `[title]` of `[title=a]`.
fn bare_attribute(part: &str) -> Option<String> {
    let name = part.strip_prefix('[')?.split(['=', '^', '*', '$', '~', '|', ']']).next()?;
    Some(format!("[{name}]"))
}

/// What one compound selector lost to become the other, if it only lost something.
pub(super) fn left_out(old: &str, new: &str) -> Option<Vec<String>> {
    let (before, after) = (simple(old), simple(new));
    let has = |part: &String| before.iter().any(|was| was == part || bare_attribute(was).as_ref() == Some(part));
    if !after.iter().all(has) {
        return None;
    }
    Some(before.into_iter().filter(|part| !after.contains(part)).collect())
}

fn is_state(part: &str) -> bool {
    let said = words(part);
    part.starts_with('[') && part.contains('=') && !said.iter().any(|word| word == "data")
        || part.starts_with(':')
        || said.iter().any(|word| STATES.contains(&word.as_str()))
}
