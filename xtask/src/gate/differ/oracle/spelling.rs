//! How the words of a locator are written, and what a word more may mean.

use std::collections::BTreeSet;

use super::super::super::ir::{Kind, Program, StmtKind, any_stmt};
use super::super::super::locator::Locator;
use super::super::super::locator::drift::same_stem;
use super::super::super::words::meaning;
use super::super::Differ;

impl Differ<'_> {
    /// Whether a locator says all that the other said, and a word more of which the test knows nothing: `#count` became
    /// `#word-count`.
    pub fn says_of_another(&self, old: &Locator, new: &Locator) -> bool {
        #[rustfmt::skip]
        const PARTS: [&str; 42] = [
            "button", "field", "input", "title", "text", "value", "label", "row", "table", "cell", "message", "badge",
            "price", "link", "img", "icon", "form", "region", "card", "heading", "body", "name", "info", "modal", "content",
            "display", "option", "status", "box", "result", "gridcell", "columnheader", "rowheader", "listitem", "tabpanel",
            "address", "level", "order", "summary", "left", "remaining", "available",
        ];
        let own = |locator: &Locator| {
            meaning(&format!("{} {}", locator.target().replace("role=", " "), locator.own_texts().join(" ")))
        };
        let (was, is) = (own(old), own(new));
        if was.is_empty() || !was.iter().all(|word| is.contains(word)) {
            return false;
        }
        let is_part =
            |word: &String| word.chars().all(char::is_numeric) || PARTS.iter().any(|part| meaning(part).contains(word));
        let mut more = is.iter().filter(|word| !was.contains(word) && !is_part(word));
        // A prefix that the file has throughout by now.
        let (before, after) = (strings(self.old), strings(self.new));
        let prefixes =
            |word: &String| after.difference(&before).filter(|text| meaning(text).contains(word)).count() > 1;
        let told = |word: &String| {
            let speaks = |text: &str| meaning(text).iter().any(|other| other == word || same_stem(other, word));
            speaks(self.path)
                || self.titles.iter().any(|title| speaks(title))
                || self.helper.is_some_and(|(name, _)| speaks(name))
                || any_stmt(&self.old.body, &mut |stmt| match &stmt.kind {
                    StmtKind::Class(class) => speaks(&class.name),
                    _ => false,
                })
                || self.old.body.iter().any(|stmt| {
                    stmt.any(&mut |node| match &node.kind {
                        Kind::Str(text) | Kind::Ident(text) | Kind::Member { name: text, .. } => speaks(text),
                        _ => false,
                    })
                })
        };
        more.any(|word| !told(word) && !prefixes(word))
    }

    /// Whether the file writes the words of other attributes in another way, too.
    pub fn spells_otherwise(&self) -> bool {
        let plain = |text: &String| {
            let plain = text.replace(['-', '_', '.', '#', '[', ']', '"', '\''], "").to_lowercase();
            ["datatestid=", "datacy=", "datatest="].iter().fold(plain, |text, name| text.replace(name, ""))
        };
        let (old, new) = (strings(self.old), strings(self.new));
        let gone = old.difference(&new).filter(|was| new.difference(&old).any(|is| plain(is) == plain(was)));
        gone.count() > 1
    }
}

/// The texts of a program.
fn strings(program: &Program) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    program.body.iter().for_each(|stmt| {
        stmt.walk(&mut |node| found.extend(node.string().map(str::to_owned)));
    });
    found
}
