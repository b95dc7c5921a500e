//! Whether a locator finds more than another, because something was left out of it.

use super::drift::Drift;
use super::locator::Locator;
use super::words::{meaning, words};

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

/// What one compound selector lost to become the other, if it only lost something.
fn left_out(old: &str, new: &str) -> Option<Vec<String>> {
    let (before, after) = (simple(old), simple(new));
    let plain = |part: &String| {
        part.split(['=', '^', '*', '$', '~']).next().map(|name| format!("{}]", name.trim_end_matches(']')))
    };
    let has = |part: &String| {
        before.contains(part)
            || part.starts_with('[')
                && !part.contains('=')
                && before.iter().any(|was| plain(was).as_ref() == Some(part))
    };
    if !after.iter().all(has) {
        return None;
    }
    Some(before.into_iter().filter(|part| !after.contains(part)).collect())
}

/// `li`, `.done`, `[title=a]` of `li.done[title=a]`.
fn simple(compound: &str) -> Vec<String> {
    let (mut found, mut current, mut depth) = (Vec::new(), String::new(), 0usize);
    for next in compound.chars() {
        if depth == 0 && matches!(next, '.' | '#' | '[' | ':') {
            found.push(std::mem::take(&mut current));
        }
        match next {
            '[' | '(' => depth += 1,
            ']' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        current.push(next);
    }
    found.push(current);
    found.retain(|part| !part.is_empty());
    found
}

fn is_state(part: &str) -> bool {
    let said = words(part);
    part.starts_with('[') && part.contains('=') && !said.iter().any(|word| word == "data")
        || part.starts_with(':')
        || said.iter().any(|word| STATES.contains(&word.as_str()))
}
