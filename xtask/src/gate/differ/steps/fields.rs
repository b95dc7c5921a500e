//! The fields in which something is entered: a form may call them otherwise by now, and has to be given the same.

use super::super::super::chain::{Chain, Link};
use super::super::super::ir::{Kind, Node, Stmt, StmtKind};
use super::super::super::locator::drift::{Drift, drift, is_of_other_kind};
use super::super::super::locator::{self, Claim, Locator};
use super::super::super::words::{at_other_end, meaning, words};
use super::super::names::Side;
use super::super::pairs::kind_of;
use super::super::{Differ, Place, Scope};
use super::kept::{is_same_user, logs_in};
use super::{steps, steps_of};

impl Differ<'_> {
    /// Whether something may be entered in another field than before.
    pub fn is_other_field(&self, (before, after): (&Locator, &Locator), link: Option<&Link>) -> bool {
        let name = link.map_or("", |link| link.name);
        let enters = matches!(kind_of(name), "fill" | "select") || matches!(name, "check" | "uncheck" | "setChecked");
        if !enters {
            return false;
        }
        // What is written in is no field to its locator.
        let is_editor = after.target().contains("contenteditable")
            || after.frames > before.frames
            || is_rich(after) && takes_prose(before);
        // The field of a form that had no name, or the one that is called after what is entered.
        let unnamed = before.texts.is_empty() && is_unnamed(before.target());
        let said = meaning(&after.says());
        let named_after = link.and_then(|link| link.args).unwrap_or_default().iter().any(|value| {
            let text = match &value.kind {
                Kind::Ident(name) | Kind::Member { name, .. } => name,
                _ => return false,
            };
            meaning(text).iter().any(|word| said.contains(word))
        });
        // An id says for the page what a label says for people: they need not have a word in common.
        let by_selector = |locator: &Locator| locator.texts.is_empty() && !locator.labelled;
        // `To`, where it was `Where to?`
        let (old_label, new_label) = (words(&before.own_texts().join(" ")), words(&after.texts.join(" ")));
        let shortened = !new_label.is_empty() && new_label.iter().all(|word| old_label.contains(word));
        let known = is_editor
            || unnamed
            || shortened
            || named_after
            || self.enters_password() && names_user(after)
            || self.is_beside_renamed(before, after)
            || self.is_renamed_throughout(before, after);
        let apart = drift(before, after, Claim::Valued, "") == Drift::Elsewhere
            || kind_of(name) != "fill" && after.is_apart(before) && before.labelled && after.labelled;
        by_selector(before) == by_selector(after) && apart && !known
            || self.is_qualified(before, after)
            || is_of_other_kind(before, after)
            || takes_anything(after) && !takes_anything(before) && !by_selector(before)
            || at_other_end(&before.says(), &after.says())
    }

    /// Whether a field says of late which of several it is: `Billing country` for `Country`.
    fn is_qualified(&self, old: &Locator, new: &Locator) -> bool {
        #[rustfmt::skip]
        const WHICH: [&str; 13] = [
            "billing", "shipping", "home", "work", "backup", "secondary", "alternative", "second", "previous", "confirm",
            "confirmation", "repeat", "guest",
        ];
        let (was, is) = (words(&old.says()), words(&new.says()));
        let told = |word: &str| {
            let says = |text: &str| words(text).iter().any(|other| other == word);
            self.titles.iter().any(|title| says(title))
                || self.helper.is_some_and(|(name, _)| says(name))
                || says(self.path)
        };
        let which = |word: &&str| is.iter().any(|other| other == word) && !was.iter().any(|other| other == word);
        WHICH.iter().any(|word| which(word) && !told(word))
            && was.iter().any(|word| word.len() > 2 && is.contains(word))
    }

    /// Whether the same helper logs in an account of the tests that only got another name.
    pub fn logs_in_as_same(&self, old: &Node, new: &Node) -> bool {
        let of_login = |node: &Node| Chain::of(node).links.iter().any(|link| logs_in(link.name));
        if !of_login(old) {
            return false;
        }
        match (&steps(old)[..], &steps(new)[..]) {
            ([was], [is]) => {
                let same =
                    |((_, one), (_, other)): (&(u64, String), &(u64, String))| one == other || is_same_user(one, other);
                was.own
                    && was.name == is.name
                    && logs_in(&was.name)
                    && was.inputs.len() == is.inputs.len()
                    && was.inputs.iter().zip(&is.inputs).all(same)
                    && !self.must_not_happen()
            }
            _ => false,
        }
    }

    /// Whether the fields of a form are entered as before, one after the other, and another one of them got another label,
    /// too, that says the same.
    fn is_beside_renamed(&self, old: &Locator, new: &Locator) -> bool {
        let fields = |stmts: &[&Stmt], side: Side| {
            let entering = |stmt: &&&Stmt| {
                steps_of(stmt)
                    .iter()
                    .any(|step| matches!(kind_of(&step.name), "fill" | "select") && !step.inputs.is_empty())
            };
            let place = |stmt: &&Stmt| match &stmt.kind {
                StmtKind::Expr(node) => Some(locator::read(&self.spelled_out(node, side))),
                _ => None,
            };
            stmts.iter().filter(entering).filter_map(place).collect::<Vec<_>>()
        };
        let (before, after) = (fields(&self.stretch.old, Side::Old), fields(&self.stretch.new, Side::New));
        let renamed = |(was, is): &(&Locator, &Locator)| was != is && !is.is_apart(was) && (*was, *is) != (old, new);
        let apart = |(was, is): &(&Locator, &Locator)| is.is_apart(was);
        let pairs = || before.iter().zip(&after);
        before.len() == after.len()
            && old.labelled
            && new.labelled
            && pairs().filter(apart).count() == 1
            && pairs().any(|pair| renamed(&pair))
    }

    /// Whether a helper or a hook enters a password, before and after: what else it enters says who it is.
    fn enters_password(&self) -> bool {
        let secret = |node: &Node| {
            node.string().is_some_and(|text| {
                words(text).iter().any(|word| matches!(word.as_str(), "password" | "passwd" | "pass" | "pin" | "pwd"))
            })
        };
        let enters = |stmts: &[&Stmt]| {
            stmts.iter().any(|stmt| {
                let fills = steps_of(stmt).iter().any(|step| kind_of(&step.name) == "fill");
                fills && stmt.any(&mut |node| secret(node))
            })
        };
        let both = |scope: &Scope| enters(&scope.old) && enters(&scope.new);
        !matches!(self.place(), Place::Test) && self.scopes.last().is_some_and(both)
    }
}

/// Whether a field is the body of an editor, by the name that its library gives it.
fn is_rich(locator: &Locator) -> bool {
    #[rustfmt::skip]
    const EDITORS: [&str; 8] = ["tinymce", "mce", "cke", "ck", "ckeditor", "prosemirror", "ql", "wysiwyg"];
    words(locator.target()).iter().any(|word| EDITORS.contains(&word.as_str()))
}

/// Whether a field takes more than a line.
fn takes_prose(locator: &Locator) -> bool {
    const PROSE: [&str; 9] =
        ["body", "message", "description", "content", "text", "textarea", "comment", "note", "summary"];
    words(&locator.says()).iter().any(|word| PROSE.contains(&word.as_str()))
}

/// Whether a field takes whatever is written in it.
fn takes_anything(locator: &Locator) -> bool {
    const FREE: [&str; 7] = ["remark", "remarks", "comment", "comments", "note", "notes", "message"];
    words(&locator.says()).iter().any(|word| FREE.contains(&word.as_str()))
}

/// Whether a field is for who it is that logs in.
fn names_user(field: &Locator) -> bool {
    #[rustfmt::skip]
    const USERS: [&str; 14] = [
        "user", "username", "name", "email", "mail", "login", "account", "id", "identifier", "number", "member", "customer",
        "phone", "password",
    ];
    let said = words(&field.says());
    said.iter().any(|word| USERS.contains(&word.as_str()))
        && !said.iter().any(|word| matches!(word.as_str(), "guest" | "code" | "coupon"))
}

/// Whether a selector only says of which kind an element is: `input`, `//form/div[4]/input`.
fn is_unnamed(target: &str) -> bool {
    let last = target.rsplit(['/', ' ', '>']).next().unwrap_or_default();
    let tag = last.split('[').next().unwrap_or_default();
    let at_place = last
        .strip_prefix(tag)
        .is_some_and(|rest| rest.trim_matches(['[', ']']).chars().all(|next| next.is_ascii_digit()));
    matches!(tag, "input" | "textarea" | "select" | "label" | "button" | "form") && at_place
}
