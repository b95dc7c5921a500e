//! What is chosen now where it was entered before: an option that is clicked, a day of a calendar, a radio button.

use std::collections::BTreeSet;

use super::super::super::ir::{Kind, Node, hash_of};
use super::super::super::locator::Locator;
use super::super::super::locator::drift::same_stem;
use super::super::super::words::words;
use super::super::pairs::kind_of;
use super::Step;
use super::days::{days, is_chosen_day, is_day};

/// Whether what was entered or selected is chosen by a click now: an option of that text, a day of that date, each in its
/// turn, and nothing else.
pub fn is_chosen(step: &Step, (hash, text): &(u64, String), old: &[Step], new: &[Step]) -> bool {
    let enters = |step: &&Step| matches!(kind_of(&step.name), "select" | "fill");
    if !enters(&step) {
        return false;
    }
    let is_it = |step: &Step| step.chosen.contains(hash) && (text.len() > 2 || step.exact);
    if new.iter().any(is_it) || is_chosen_day(text, new) {
        return true;
    }
    // A letter or two are a part of many texts.
    let exact = |step: &Step, value: &str| value.len() > 2 || step.exact || !step.said.iter().any(|said| said == value);
    let says = |step: &Step, value: &str| {
        let is_it = |said: &String| {
            said == value
                || says_all(said, value)
                || counts(said, value)
                || is_day(value, said)
                || is_country(value, said)
                || quotes(said, value)
        };
        exact(step, value) && step.said.iter().any(is_it)
    };
    let is_given =
        |(hash, _): &&(u64, String)| !new.iter().flat_map(|step| &step.inputs).any(|(given, _)| given == hash);
    let values =
        old.iter().filter(enters).flat_map(|step| &step.inputs).filter(is_given).map(|(_, text)| text.as_str());
    let choices = new.iter().filter(|step| step.chooses);
    // By its day alone, a date is chosen only if nothing else is chosen with it.
    let by_parts = !days(text).is_empty()
        && new.iter().any(|step| kind_of(&step.name) == "select")
        && !old.iter().any(|step| kind_of(&step.name) == "select");
    if by_parts {
        return false;
    }
    let in_turn =
        choices.clone().count() == values.clone().count() && values.zip(choices).all(|(value, step)| says(step, value));
    in_turn && new.iter().any(|step| step.chooses && says(step, text))
}

/// Whether what was entered in a field is chosen now after a click on what has another name than the field had.
pub fn is_chosen_elsewhere(was: &Step, old: &[Step], new: &[Step]) -> bool {
    #[rustfmt::skip]
    const OPENS: [&str; 26] = [
        "dates", "days",
        "open", "select", "choose", "pick", "toggle", "dropdown", "trigger", "picker", "calendar", "date", "listbox",
        "haspopup", "role", "combobox", "control", "indicator", "arrow", "datepicker", "next", "month", "previous", "prev",
        "forward", "year",
    ];
    if !matches!(kind_of(&was.name), "select" | "fill") || was.place.is_empty() {
        return false;
    }
    let chosen = |step: &Step| {
        was.inputs
            .iter()
            .any(|input| is_chosen(was, input, old, std::slice::from_ref(step)) && kind_of(&step.name) == "click")
    };
    let Some(at) = new.iter().position(chosen) else { return false };
    let plain = |place: &BTreeSet<String>| {
        place.iter().filter(|word| !OPENS.contains(&word.as_str())).cloned().collect::<BTreeSet<_>>()
    };
    let one = plain(&was.place);
    // What is chosen in another field opens none.
    let opened = new[..at].iter().filter(|step| kind_of(&step.name) == "click" && !step.chooses);
    let opened = opened.map(|step| plain(&step.place));
    let mut opened: Vec<BTreeSet<String>> = opened.filter(|place| !place.is_empty()).collect();
    let known = opened.len();
    opened.retain(|place| !place.iter().any(|word| one.iter().any(|known| known == word || same_stem(known, word))));
    !one.is_empty() && known > 0 && opened.len() == known
}

/// `[data-value="fr"]`, `[data-value=fr]`
pub fn quotes(said: &str, value: &str) -> bool {
    [format!("=\"{value}\"]"), format!("='{value}']"), format!("={value}]")].iter().any(|end| said.contains(end))
}

/// Whether something is one of what a person chooses among: an option, a day of a calendar.
pub fn is_choice(found: &Locator) -> bool {
    const CHOICES: [&str; 9] =
        ["option", "radio", "gridcell", "menuitem", "menuitemradio", "treeitem", "day", "date", "calendar"];
    let last = found.roles.last().cloned().into_iter().chain([found.target().to_owned()]);
    last.flat_map(|text| words(&text)).any(|word| CHOICES.contains(&word.as_str()))
}

/// Whether a locator says that it is for just its text: `{ exact: true }`, `/^S$/`, an attribute, Selenium's link text.
pub fn is_exact(node: &Node) -> bool {
    node.any(&mut |part| match &part.kind {
        Kind::Object(entries) => {
            let says = |value: &Node| value.kind == Kind::Const("true".into());
            entries.iter().any(|(key, value)| key == "exact" && says(value))
        }
        Kind::Regex(text) => {
            text.trim_matches('/').starts_with('^') && text.trim_end_matches(['/', 'i', 'u']).ends_with('$')
        }
        Kind::Str(text) => text.contains('='),
        // Testing Library looks for the whole text.
        Kind::Ident(name) => matches!(name.as_str(), "screen" | "within"),
        _ => false,
    })
}

/// What leads from what is found to something else.
#[rustfmt::skip]
const AWAY_FROM: [&str; 14] = [
    "not", "last", "next", "nextAll", "prev", "prevAll", "siblings", "parent", "parents", "parentsUntil", "children",
    "closest", "nextUntil", "prevUntil",
];

/// Whether a locator says what is not to be found, leaves open which it is, or is for what nobody chooses among others.
pub fn excludes(node: &Node, found: &Locator) -> bool {
    let open = |text: &str| [":not(", "(?!", "|", "^="].iter().any(|sign| text.contains(sign));
    node.any(&mut |part| match &part.kind {
        Kind::Str(text) => [":not(", "sibling::", "..", " + ", " ~ "].iter().any(|sign| text.contains(sign)),
        Kind::Regex(text) => open(text),
        Kind::Object(entries) => entries.iter().any(|(key, _)| key.starts_with("hasNot")),
        Kind::Member { name, .. } => AWAY_FROM.contains(&name.as_str()),
        _ => false,
    }) || found.roles.last().is_some_and(|role| role == "link" || role == "heading")
}

/// `7 days` for `7`
fn counts(text: &str, value: &str) -> bool {
    let said = words(text);
    let unit = |word: &String| word.len() > 2 && word.chars().all(char::is_alphabetic);
    // `3 or more`
    let at_least = matches!(said.as_slice(), [number, or, more] if number == value && or == "or" && more == "more");
    (at_least || matches!(said.as_slice(), [number, word] if number == value && unit(word)))
        && value.chars().all(|next| next.is_ascii_digit())
}

/// Whether a text has all the words of a value, and hardly more: `Sick leave` those of `sick`.
fn says_all(text: &str, value: &str) -> bool {
    #[rustfmt::skip]
    const DENIES: [&str; 24] = [
        "not", "no", "non", "except", "without", "never", "other", "another", "none", "any", "all", "anything",
        "everything", "remove", "clear", "reset", "delete", "cancel", "close", "unavailable", "disabled", "expired",
        "old", "before",
    ];
    let plain =
        |text: &str| words(text).into_iter().map(|word| word.trim_end_matches('s').to_owned()).collect::<Vec<_>>();
    let (said, wanted) = (plain(text), plain(value));
    // `2024-Q1` is `Q1 2024`.
    let sorted = |words: &[String]| {
        let mut words = words.to_vec();
        words.sort();
        words
    };
    if wanted.len() > 1 && sorted(&said) == sorted(&wanted) {
        return true;
    }
    let tells = |word: &String| word.len() > 2 && word.chars().all(char::is_alphabetic);
    let denies = |word: &String| DENIES.contains(&word.as_str()) && !wanted.contains(word);
    // What is written with a capital is what a person reads, and not a value that stands for it.
    let is_label = value.starts_with(|first: char| first.is_uppercase());
    said.len() <= wanted.len() + if is_label { 0 } else { 2 }
        && wanted.iter().all(|word| said.contains(word))
        && wanted.iter().any(tells)
        && !said.iter().any(denies)
}

/// Whether a text is the name of a country, of which the value is the code in ISO 3166.
fn is_country(code: &str, text: &str) -> bool {
    #[rustfmt::skip]
    const COUNTRIES: [(&str, &str); 44] = [
        ("AR", "Argentina"), ("AT", "Austria"), ("AU", "Australia"), ("BE", "Belgium"), ("BR", "Brazil"),
        ("CA", "Canada"), ("CH", "Switzerland"), ("CL", "Chile"), ("CN", "China"), ("CO", "Colombia"),
        ("CZ", "Czechia"), ("DE", "Germany"), ("DK", "Denmark"), ("EE", "Estonia"), ("EG", "Egypt"), ("ES", "Spain"),
        ("FI", "Finland"), ("FR", "France"), ("GB", "United Kingdom"), ("GR", "Greece"), ("HR", "Croatia"),
        ("HU", "Hungary"), ("IE", "Ireland"), ("IL", "Israel"), ("IN", "India"), ("IS", "Iceland"), ("IT", "Italy"),
        ("JP", "Japan"), ("KE", "Kenya"), ("KR", "South Korea"), ("LU", "Luxembourg"), ("MX", "Mexico"),
        ("NL", "Netherlands"), ("NO", "Norway"), ("NZ", "New Zealand"), ("PL", "Poland"), ("PT", "Portugal"),
        ("RO", "Romania"), ("SE", "Sweden"), ("SI", "Slovenia"), ("TR", "Turkey"), ("UA", "Ukraine"),
        ("US", "United States"), ("ZA", "South Africa"),
    ];
    COUNTRIES.iter().any(|(known, name)| code.eq_ignore_ascii_case(known) && text == *name)
}

/// The texts in an expression, as inputs are compared.
pub fn texts_of(node: &Node, located: &Locator) -> Vec<u64> {
    let said = |text: &String| hash_of(&words(text).concat().to_lowercase());
    let mut found: Vec<u64> = located.texts.iter().map(said).collect();
    node.walk(&mut |part| match &part.kind {
        Kind::Str(text) | Kind::Regex(text) => found.push(said(text)),
        Kind::Ident(name) => found.push(hash_of(&name)),
        Kind::Member { .. } => found.push(hash_of(&part.kind)),
        _ => {}
    });
    found
}

/// The texts in an expression.
pub fn spoken(node: &Node) -> Vec<String> {
    let mut found = Vec::new();
    node.walk(&mut |part| {
        if let Kind::Str(text) | Kind::Regex(text) = &part.kind {
            found.push(text.clone());
        }
    });
    found
}
