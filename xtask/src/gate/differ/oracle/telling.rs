//! What tells that it is the same thing of which something is asserted, where its locator has no word in common with what it
//! was: the texts that are expected of it, its kind, the sign that its name spells out.

use super::super::super::assertion::Assertion;
use super::super::super::ir::{Kind, Node};
use super::super::super::locator;
use super::super::super::words::{meaning, words};
use super::super::Differ;

impl Differ<'_> {
    /// Whether all that the name of a control says, but for what it does, is what the file is about.
    pub fn says_nothing_else(&self, found: &locator::Locator) -> bool {
        let texts = found.own_texts().join(" ");
        let known = |word: &String| {
            let says = |text: &str| meaning(text).contains(word);
            says(self.path)
                || self.titles.iter().any(|title| says(title))
                || self.old.body.iter().any(|stmt| {
                    stmt.any(&mut |node| match &node.kind {
                        Kind::Str(text) | Kind::Ident(text) => says(text),
                        _ => false,
                    })
                })
        };
        meaning(&texts).iter().filter(|word| known(word)).count() + 1 >= meaning(&texts).len()
    }
}

pub fn expected_texts<'a>(found: &Assertion<'a>) -> Vec<&'a str> {
    let mut texts = Vec::new();
    found.matchers.iter().flat_map(|matcher| matcher.args).for_each(|arg| strings(arg, &mut texts));
    texts.retain(|text| text.chars().count() > 1);
    texts
}

/// The texts in a value: a string, a template, a list of them.
fn strings<'n>(node: &'n Node, texts: &mut Vec<&'n str>) {
    match &node.kind {
        Kind::Str(text) => texts.push(text),
        Kind::Array(parts) | Kind::Template(parts) => parts.iter().for_each(|part| strings(part, texts)),
        _ => {}
    }
}

/// Whether texts say so much that hardly anything else on a page says the same: some words, or a word with its number
/// that is no sum of money.
pub fn tells<'n>(texts: impl Iterator<Item = &'n str>) -> bool {
    #[rustfmt::skip]
    const CURRENCIES: [&str; 12] =
        ["eur", "usd", "gbp", "chf", "nok", "sek", "dkk", "pln", "jpy", "cad", "aud", "euro"];
    let names = |word: &String| !matches!(word.as_str(), "aria" | "data" | "true" | "false");
    let (said, numbers): (Vec<String>, Vec<String>) =
        texts.flat_map(words).filter(names).partition(|word| word.chars().any(char::is_alphabetic));
    let counted =
        !numbers.is_empty() && said.len() == 1 && said[0].len() > 3 && !CURRENCIES.contains(&said[0].as_str());
    // `JJD000390007827811`
    let coded = said.iter().any(|word| word.len() > 7 && word.chars().filter(char::is_ascii_digit).count() > 3);
    said.len() > 2 || said.len() == 2 && said.concat().chars().count() > 7 || counted || coded
}

/// Whether a locator says nothing but of which kind something is that shows a text.
pub fn is_kind_alone(found: &locator::Locator) -> bool {
    #[rustfmt::skip]
    const KINDS: [&str; 9] =
        ["term", "definition", "heading", "status", "cell", "figure", "paragraph", "article", "listitem"];
    found.texts.is_empty()
        && found.patterns.is_empty()
        && found.selectors.iter().all(|part| part.starts_with("level=") || part == "[role=toast]")
        && matches!(found.roles.as_slice(), [role] if KINDS.contains(&role.as_str()))
}

/// Whether a control had a sign on it, and has a name now that says what the sign does: `-` became `Fewer tickets`.
pub fn is_sign_of(old: &locator::Locator, new: &locator::Locator) -> bool {
    #[rustfmt::skip]
    const SIGNS: [(&str, &[&str]); 4] = [
        ("-\u{2212}\u{2013}", &["fewer", "less", "minus", "decrease", "decrement", "remove", "reduce"]),
        ("+", &["more", "plus", "increase", "increment", "add"]),
        ("x\u{d7}\u{2715}", &["close", "remove", "delete", "dismiss", "clear"]),
        ("<\u{2039}\u{2190}", &["previous", "back"]),
    ];
    let own = old.own_texts();
    let [sign] = own.as_slice() else { return false };
    let said = words(&new.own_texts().join(" "));
    let names = SIGNS.iter().filter(|(signs, _)| signs.contains(sign.as_str())).flat_map(|(_, names)| *names);
    names.into_iter().any(|name| said.iter().any(|word| word == name))
}
