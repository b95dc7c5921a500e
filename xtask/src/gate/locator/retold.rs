//! What one locator is to another that finds the same in other words: by a text where it was by its place, in a part of the
//! page that has a name, by a pattern for a text.

use super::super::words::{meaning, words};
use super::{Locator, split_regex};

impl Locator {
    /// Whether all its texts name what it stands in, such as a dialog, and the other stands in what has one of their words.
    pub(super) fn stands_in_same(&self, other: &Locator) -> bool {
        #[rustfmt::skip]
        const HOLDS: [&str; 10] = [
            "role=dialog", "role=alertdialog", "role=region", "role=form", "role=navigation", "role=complementary",
            "role=table", "role=grid", "role=list", "role=menu",
        ];
        let ([.., outer, _], [.., place, _]) = (self.path.as_slice(), other.path.as_slice()) else { return false };
        let known = meaning(place);
        HOLDS.contains(&outer.as_str())
            && self.outer_texts == self.texts.len()
            && self.patterns.is_empty()
            && meaning(&self.texts.join(" ")).iter().any(|word| known.contains(word))
    }

    /// Whether the texts that say which one is meant are neither in the other nor in the values that are expected of it.
    pub fn loses_name(&self, other: &Locator, expected: &[&str]) -> bool {
        let (texts, others) = (self.sorted_texts(), other.sorted_texts());
        let (said, known) = (meaning(&texts.join(" ")), meaning(&format!("{} {}", other.says(), expected.join(" "))));
        !said.is_empty() && others.is_empty() && !said.iter().any(|word| known.contains(word))
    }

    /// The name of the table, the list or the region in which it finds what the other does.
    pub fn names_part_around(&self, other: &Locator) -> Option<String> {
        const PARTS: [&str; 5] = ["role=table", "role=list", "role=grid", "role=region", "[aria-label="];
        let last = |locator: &Locator| locator.path.last().cloned();
        let outer = self.path.len().checked_sub(2).map(|_| self.path[0].clone())?;
        let part = PARTS.iter().any(|part| outer.starts_with(part));
        let same = last(self) == last(other) && self.positions == other.positions && self.filters == other.filters;
        match self.texts.as_slice() {
            [name] if part && same && other.texts.is_empty() && self.patterns == other.patterns => Some(name.clone()),
            _ => None,
        }
    }

    /// The same, but that what it finds at a place is found there by a text, as the other does it; with that text.
    pub fn found_by_text(&self, new: &Locator) -> Option<(Locator, String)> {
        let mut more = new.texts.clone();
        for text in &self.texts {
            let at = more.iter().position(|other| other == text)?;
            more.remove(at);
        }
        let ([text], true) = (more.as_slice(), new.patterns == self.patterns) else { return None };
        let gone: Vec<&String> = self.positions.iter().filter(|at| !new.positions.contains(at)).collect();
        let kept = new.positions.iter().all(|at| self.positions.contains(at));
        if gone.is_empty()
            || !kept
            || new.texts.len() != self.texts.len() + 1
            || gone.iter().any(|at| at.contains("not("))
        {
            return None;
        }
        let plain = |part: &String| gone.iter().fold(part.clone(), |part, at| part.replace(at.as_str(), ""));
        let found = Locator {
            texts: new.texts.clone(),
            selectors: self.selectors.iter().map(plain).collect(),
            path: self.path.iter().map(plain).collect(),
            positions: new.positions.clone(),
            filters: new.filters,
            links: new.links,
            outer_texts: new.outer_texts,
            by: new.by.clone(),
            roles: self.roles.clone(),
            patterns: self.patterns.clone(),
            states: self.states.clone(),
            names: self.names.clone(),
            params: self.params.clone(),
            ..*self
        };
        Some((found, text.clone()))
    }

    /// Whether it finds what the other does, or the first of it.
    pub fn is_first_of(&self, other: &Locator) -> bool {
        let first = |at: &&String| *at != "first";
        self == other
            || self.path == other.path
                && self.sorted_texts() == other.sorted_texts()
                && self.selectors == other.selectors
                && self.states == other.states
                && self.filters == other.filters
                && self.positions.len() == other.positions.len() + 1
                && self.positions.iter().filter(first).eq(other.positions.iter())
    }

    /// The pattern that looks for a text, and for nothing else.
    pub(super) fn pattern_of(&self, text: &str) -> Option<&String> {
        let plain = |next: char| next.is_alphanumeric() || " .,:-@'$€£%".contains(next);
        self.patterns.iter().find(|pattern| {
            let looked_for = split_regex(pattern).0.replace('\\', "");
            looked_for == text && text.chars().all(plain)
        })
    }

    /// Whether it finds what stands around a text: `getByText('a').closest('tr')`.
    pub(super) fn is_around(&self) -> bool {
        self.links > 0 && self.selectors.is_empty() && self.texts.len() == 1 && self.goes_out
    }

    /// Whether it is told apart from its like by the same names as the other, which has no word of its own for what it is.
    pub fn is_told_by_same(&self, other: &Locator) -> bool {
        #[rustfmt::skip]
        const KINDS: [&str; 16] = [
            "row", "item", "cell", "edit", "list", "table", "col", "column", "field", "line", "entry", "gridcell",
            "bar", "button", "day", "date",
        ];
        let says = meaning(&other.says()).into_iter().filter(|word| !KINDS.contains(&word.as_str()));
        let names = says.filter(|word| !other.params.iter().any(|param| words(param).contains(word))).count();
        !other.params.is_empty() && self.params == other.params && (names == 0 || other.params.len() > 1)
    }
}
