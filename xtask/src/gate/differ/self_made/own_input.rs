//! A test must not assert its own input: what it typed or chose is in the field whether the product works or not.

use std::collections::BTreeSet;

use super::super::super::assertion::{Assertion, Style};
use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node, Program, Stmt, StmtKind};
use super::super::super::locator::{self, Claim, Locator, is_locator, is_param};
use super::super::super::words::{meaning, words};
use super::super::Differ;
use super::super::names::Side;
use super::super::oracle::telling::expected_texts;
use super::super::pairs::kind_of;
use super::super::steps::steps_of;
use super::super::values::selector;

/// Steps that leave something in a field.
#[rustfmt::skip]
pub const ENTERS: [&str; 16] = [
    "fill", "type", "pressSequentially", "clear", "check", "uncheck", "setChecked", "selectOption", "select",
    "sendKeys", "setValue", "setSelected", "typeText", "change", "input", "selectOptions",
];
/// Words that say which kind of field something is, not which one.
#[rustfmt::skip]
const KINDS_OF_FIELD: [&str; 12] = [
    "input", "select", "textarea", "checkbox", "radio", "combobox", "spinbutton", "searchbox", "option", "switch",
    "slider", "textbox",
];
/// Matchers that a field can satisfy, and a text cannot or need not.
#[rustfmt::skip]
const OF_FIELDS: [&str; 15] = [
    "toHaveValue", "toHaveValues", "toBeChecked", "toBeEnabled", "toBeDisabled", "toBeEditable", "toBeFocused",
    "toHaveDisplayValue", "have.value", "be.checked", "be.disabled", "be.enabled", "toHaveAttribute", "toHaveClass",
    "toHaveCSS",
];

impl<'a> Differ<'a> {
    /// Two assertions of which the second may be about what the test itself entered.
    pub fn turns_to_input(&mut self, line: usize, old: &Assertion<'a>, new: &Assertion<'a>) {
        let subject = |found: &Assertion<'a>| match found.style {
            Style::Expect => found.subject.first(),
            Style::Helper => None,
            _ => Some(found.whole),
        };
        if let (Some(one), Some(other)) = (subject(old), subject(new)) {
            // What is entered in a field is no text of it.
            let of_text = |found: &Assertion| {
                let all = |name: &&str| matches!(*name, "toHaveText" | "toContainText" | "toHaveTextContent" | "not");
                found.matchers.iter().all(|matcher| matcher.names.iter().all(all)) && !found.matchers.is_empty()
            };
            let (before, after) = (locator::read(one), locator::read(other));
            let by_label = after.labelled && !before.labelled && after.roles.is_empty();
            let entered = |text: &str| {
                let enters = |node: &Node| {
                    Chain::of(node).last().is_some_and(|link| ENTERS.contains(&link.name))
                        && node.any(&mut |part| part.string().is_some_and(|other| other.contains(text)))
                };
                self.new.body.iter().any(|stmt| stmt.any(&mut |node| enters(node)))
            };
            let own = expected_texts(new).into_iter().any(entered);
            if !(of_text(new) && by_label && old.claim() == Claim::Valued && !own) {
                self.becomes_input(line, (one, other), asks_field(old), old.claim());
            }
        }
    }

    /// Two values of a name that assertions use.
    pub fn becomes_input(&mut self, line: usize, (old, new): (&'a Node, &'a Node), of_field: bool, claim: Claim) {
        let (one, other) = (self.spelled_out(old, Side::Old), self.spelled_out(new, Side::New));
        if !is_locator(&one) || !is_locator(&other) {
            return;
        }
        let (before, after) = (locator::read(&one), locator::read(&other));
        if before == after {
            return;
        }
        let was_field = of_field || is_field(&before);
        let was_own = |field: &Locator| before == *field || was_field && names_same(&before, field);
        if self.enters(Side::Old, &was_own) {
            return;
        }
        let (turned, chosen) = (is_field(&after), shows_choice(&after));
        let is_own = |field: &Locator| {
            after == *field || turned && names_same(&after, field) || chosen && is_option_of(&after, field)
        };
        if self.enters(Side::New, &is_own) {
            self.report("own-input", line, "the test asserts the field that it fills itself");
        } else if turned && !was_field && claim == Claim::Valued && !says_label_of(&after, &before) {
            self.report("changed-subject", line, "a field is asserted, which may hold what the test entered");
        } else if claim == Claim::Existence && self.has_anyway(&before, &after) {
            self.report("changed-subject", line, "what the test entered may be there in any case");
        }
    }

    /// Whether a text that the test enters or makes itself was looked for anywhere, and is now where a field shows it.
    fn has_anyway(&self, old: &Locator, new: &Locator) -> bool {
        let only_text = old.selectors.is_empty() && old.roles.is_empty() && old.by.is_empty();
        let turns = is_field(new) || !new.by.is_empty() || new.roles.iter().any(|role| role == "navigation");
        let enters = |text: &String| {
            let entered = |node: &Node| {
                let enters = Chain::of(node).last().is_some_and(|link| ENTERS.contains(&link.name));
                enters && node.any(&mut |part| part.string() == Some(text))
            };
            self.new.body.iter().any(|stmt| stmt.any(&mut |node| entered(node)))
        };
        only_text && turns && !old.texts.is_empty() && (!old.params.is_empty() || old.texts.iter().any(enters))
    }

    /// A step that was not there enters, after another step, what was entered before: it may put back what the product
    /// has lost.
    pub fn enters_again(&mut self, stmt: &'a Stmt) {
        let enters = |stmt: &Stmt| {
            let entering = steps_of(stmt).into_iter().filter(|step| kind_of(&step.name) == "fill");
            entering.flat_map(|step| step.inputs).map(|(input, _)| input).collect::<Vec<_>>()
        };
        let acts = |stmt: &&&Stmt| steps_of(stmt).iter().any(|step| matches!(kind_of(&step.name), "click" | "press"));
        let Some(scope) = self.scopes.last() else { return };
        let before = scope.new.iter().take_while(|other| other.line < stmt.line);
        let first = before.clone().position(|other| enters(other).iter().any(|input| enters(stmt).contains(input)));
        if first.is_some_and(|first| before.skip(first).any(|other| acts(&other))) {
            self.report("changed-input", stmt.line, "what was entered is entered once more, after a step");
        }
    }

    /// Whether the steps of a file fill, select or check such an element.
    fn enters(&self, side: Side, is_it: &dyn Fn(&Locator) -> bool) -> bool {
        let program = if side == Side::Old { self.old } else { self.new };
        let at = usize::from(side == Side::New);
        let entered = self.entered[at].get_or_init(|| Entered::of(program));
        let mut named = entered.named.iter().filter_map(|(object, args)| {
            let element = self.spelled_out(object, side);
            let first = args.first().map(|arg| self.spelled_out(arg, side));
            match first {
                _ if is_locator(&element) => Some(locator::read(&element)),
                Some(first) if is_locator(&first) => Some(locator::read(&first)),
                _ => declared_as(program, object).map(locator::read),
            }
        });
        entered.fields.iter().any(is_it) || named.any(|field| is_it(&field))
    }
}

/// What the steps of a program fill, select or check.
pub struct Entered<'a> {
    /// Found by what stands there.
    fields: Vec<Locator>,
    /// Found by names: what the method belongs to, and what it is given.
    named: Vec<(&'a Node, &'a [Node])>,
}

impl<'a> Entered<'a> {
    fn of(program: &'a Program) -> Self {
        let mut found = Entered { fields: Vec::new(), named: Vec::new() };
        let plain = |node: &Node| is_locator(node) && !node.any(&mut |part| part.ident().is_some_and(is_param));
        for stmt in &program.body {
            stmt.walk(&mut |node| {
                let Kind::Call { callee, args, .. } = &node.kind else { return };
                let Kind::Member { object, name, .. } = &callee.kind else { return };
                match args.first() {
                    _ if !ENTERS.contains(&name.as_str()) => {}
                    _ if plain(object) => found.fields.push(locator::read(object)),
                    Some(first) if plain(first) && !is_locator(object) => found.fields.push(locator::read(first)),
                    Some(first) if args.len() > 1 && first.string().is_some() && !is_locator(object) => {
                        found.fields.push(selector(first));
                    }
                    _ => found.named.push((object, args)),
                }
            });
        }
        found
    }
}

/// What a name or a member is declared as, wherever the file does so.
fn declared_as<'p>(program: &'p Program, node: &Node) -> Option<&'p Node> {
    let name = match &node.kind {
        Kind::Ident(name) | Kind::Member { name, .. } => name,
        _ => return None,
    };
    let mut found = None;
    for stmt in &program.body {
        stmt.walk_stmts(&mut |inner| {
            if let StmtKind::Decl { target, init: Some(value), .. } = &inner.kind
                && Chain::of(target).last().is_some_and(|link| link.name == name)
                && is_locator(value)
            {
                found = Some(value);
            }
        });
    }
    found
}

/// Whether an assertion is one that is made of fields.
pub fn asks_field(found: &Assertion) -> bool {
    found.matchers.iter().any(|matcher| {
        let words: Vec<&str> = matcher.names.iter().filter(|name| **name != "not").copied().collect();
        // Python's `not_to_be_checked`
        OF_FIELDS.contains(&words.join(".").replace("notTo", "to").as_str())
    })
}

/// Whether a locator finds something that a person fills, selects or checks.
pub fn is_field(found: &Locator) -> bool {
    let kind = |word: &String| KINDS_OF_FIELD.contains(&word.as_str());
    found.labelled || words(found.target()).iter().any(kind) || shows_choice(found)
}

/// `option:checked`, `:selected`
fn shows_choice(found: &Locator) -> bool {
    [":checked", ":selected"].iter().any(|state| found.target().contains(state))
}

/// The words that say which field is meant.
pub fn names(found: &Locator) -> BTreeSet<String> {
    let kind =
        |word: &String| KINDS_OF_FIELD.contains(&word.as_str()) || matches!(word.as_str(), "checked" | "selected");
    meaning(&found.says()).into_iter().filter(|word| !kind(word)).collect()
}

/// Whether a label has all the words for what was found another way: it may be the name of a region.
fn says_label_of(found: &Locator, other: &Locator) -> bool {
    let names = names(other);
    found.labelled && !names.is_empty() && names.is_subset(&self::names(found))
}

fn names_same(one: &Locator, other: &Locator) -> bool {
    let names = names(one);
    !names.is_empty() && names == self::names(other)
}

/// Whether a locator finds what is chosen in a field.
fn is_option_of(found: &Locator, field: &Locator) -> bool {
    let names = names(field);
    !names.is_empty() && names.is_subset(&self::names(found))
}
