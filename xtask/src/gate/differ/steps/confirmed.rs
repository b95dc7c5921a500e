//! Questions that the product asks of late: whoever clicks "Delete" is asked whether they are sure, and says so.

use super::super::super::assertion::{self, Style};
use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node, Stmt, StmtKind};
use super::super::super::locator::contrasts::is_other_operation;
use super::super::super::locator::{self, found_in};
use super::super::super::words::words;
use super::super::Differ;
use super::super::names::Side;
use super::steps_of;

/// Words on what asks.
#[rustfmt::skip]
const ASKS: [&str; 9] =
    ["dialog", "alertdialog", "modal", "confirm", "confirmation", "swal", "popconfirm", "popover", "prompt"];
/// Words on the button that says yes, besides those on what was clicked before.
#[rustfmt::skip]
const SAYS_YES: [&str; 23] = [
    "yes", "ok", "okay", "confirm", "confirmed", "confirmation", "continue", "proceed", "sure", "delete", "remove",
    "danger", "primary", "it", "button", "btn", "role", "footer", "action", "actions", "and", "permanently",
    "data",
];

/// Those on the button that says no.
const SAYS_NO: [&str; 8] = ["no", "cancel", "keep", "dismiss", "close", "button", "btn", "role"];

/// What a handler says to the browser's own dialog: `accept` or `dismiss`.
pub fn answers(stmt: &Stmt) -> Option<&'static str> {
    let says = |name: &str| {
        stmt.any(&mut |node| node.string() == Some("dialog"))
            && stmt.any(&mut |node| matches!(&node.kind, Kind::Member { name: called, .. } if called == name))
    };
    ["accept", "dismiss"].into_iter().find(|name| says(name)).or_else(|| answers_confirm(stmt))
}

/// As [`answers`], also of Selenium's `driver.switch_to.alert.accept()`.
fn answered(stmt: &Stmt) -> Option<&'static str> {
    let says = |node: &Node, answer: &str| match Chain::of(node).names()[..] {
        [.., "alert", name] => name == answer,
        _ => false,
    };
    let of_alert = ["accept", "dismiss"].into_iter().find(|answer| stmt.any(&mut |node| says(node, answer)));
    answers(stmt).or(of_alert)
}

/// `cy.on('window:confirm', () => false)`
fn answers_confirm(stmt: &Stmt) -> Option<&'static str> {
    let StmtKind::Expr(node) = &stmt.kind else { return None };
    let [event, Node { kind: Kind::Fn(answer), .. }] = Chain::of(node).called("on")? else { return None };
    let [Stmt { kind: StmtKind::Return(Some(Node { kind: Kind::Const(word), .. })), .. }] = answer.body.as_slice()
    else {
        return None;
    };
    let answer = if word == "true" { "accept" } else { "dismiss" };
    (event.string() == Some("window:confirm") && matches!(word.as_str(), "true" | "false")).then_some(answer)
}

/// Whether a statement says yes in a dialog of the product.
pub fn says_yes(stmt: &Stmt) -> bool {
    let StmtKind::Expr(node) = &stmt.kind else { return false };
    let clicks = matches!(&steps_of(stmt)[..], [step] if step.name == "click");
    let said = match found_in(node.bare())[..] {
        [element] => locator::read(element).says(),
        // `page.click('.modal .confirm')`
        _ => match Chain::of(node).called("click") {
            Some([selector]) => selector.string().unwrap_or_default().to_owned(),
            _ => return false,
        },
    };
    let said = words(&said);
    let asks = |word: &String| ASKS.contains(&word.as_str());
    clicks && said.iter().any(asks) && said.iter().all(|word| asks(word) || SAYS_YES.contains(&word.as_str()))
}

impl<'a> Differ<'a> {
    /// Whether the question of the browser's dialog, which was asserted, is asserted of the product's own dialog now.
    pub fn asks_in_page(&self, whole: &Node) -> bool {
        let of_message = whole.any(&mut |part| matches!(&part.kind, Kind::Member { name, .. } if name == "message"));
        let mut questions = Vec::new();
        whole.walk(&mut |part| questions.extend(part.string().filter(|text| words(text).len() > 1)));
        let [question] = questions[..] else { return false };
        let asserts = self.asserts();
        let asks = |stmt: &&Stmt| {
            assertion::of_stmt(stmt, &asserts).is_some_and(|found| {
                let of_dialog = |node: &&Node| {
                    let said = locator::read(&self.spelled_out(node, Side::New)).says();
                    words(&said).iter().any(|word| ASKS.contains(&word.as_str()))
                };
                found.awaited
                    && matches!(found.claim(), locator::Claim::Valued | locator::Claim::Existence)
                    && found.whole.any(&mut |part| part.string() == Some(question))
                    && found.locators().iter().any(of_dialog)
            })
        };
        of_message && self.scopes.last().is_some_and(|scope| scope.new.iter().any(asks))
    }

    /// Whether the question that the browser asked is answered otherwise now, in a dialog of the product.
    pub fn answers_otherwise(&self, stmt: &'a Stmt) -> bool {
        let StmtKind::Expr(node) = &stmt.kind else { return false };
        let Some(scope) = self.scopes.last() else { return false };
        let spelled = self.spelled_out(node, Side::New);
        let said = match found_in(spelled.bare())[..] {
            [element] => words(&locator::read(element).says()),
            _ => return false,
        };
        let gone =
            scope.old.iter().any(|old| answered(old).is_some()) && !scope.new.iter().any(|new| answered(new).is_some());
        let clicks = self.steps_of(stmt).iter().any(|step| step.name == "click");
        clicks && gone && said.iter().any(|word| ASKS.contains(&word.as_str())) && !self.confirms(stmt)
    }

    /// Whether a new step says no, in a dialog, to what the step before it began, or has something else done.
    pub fn declines(&self, stmt: &'a Stmt) -> bool {
        const NO: [&str; 5] = ["no", "cancel", "keep", "dismiss", "never"];
        const BEGINS: [&str; 7] = ["delete", "remove", "archive", "publish", "save", "submit", "send"];
        let StmtKind::Expr(node) = &stmt.kind else { return false };
        let Some(scope) = self.scopes.last() else { return false };
        let spelled = self.spelled_out(node, Side::New);
        let [element] = found_in(spelled.bare())[..] else { return false };
        let place = locator::read(element);
        let (said, answer) =
            (words(&place.says()), place.own_texts().iter().flat_map(|text| words(text)).collect::<Vec<_>>());
        let clicks = |other: &Stmt| steps_of(other).iter().any(|step| step.name == "click");
        let before = scope.new.iter().take_while(|other| !std::ptr::eq(**other, stmt)).filter(|other| clicks(other));
        let begins = |other: &&Stmt| {
            let says = |node: &Node| {
                node.string().is_some_and(|text| words(text).iter().any(|word| BEGINS.contains(&word.as_str())))
            };
            scope.old.contains(other) && other.any(&mut |part| says(part))
        };
        let told = |word: &String| self.titles.iter().any(|title| words(title).contains(word));
        clicks(stmt)
            && said.iter().any(|word| ASKS.contains(&word.as_str()))
            && before.last().is_some_and(|asked| {
                let of_other = found_in(asked.exprs().first().map_or(node, |asked| asked.bare()))
                    .into_iter()
                    .any(|asked| is_other_operation(&locator::read(asked), &place));
                begins(asked) && (of_other || answer.iter().any(|word| NO.contains(&word.as_str()) && !told(word)))
            })
    }

    /// Whether a new step only says yes to what the step before it asked, in a dialog of which nothing is asserted.
    pub fn confirms(&self, stmt: &'a Stmt) -> bool {
        let StmtKind::Expr(node) = &stmt.kind else { return false };
        let Some(scope) = self.scopes.last() else { return false };
        let taken = steps_of(stmt);
        let [step] = &taken[..] else { return false };
        let asserts = self.asserts();
        let acts = |other: &&&Stmt| {
            !steps_of(other).is_empty()
                && assertion::of_stmt(other, &asserts).is_none_or(|found| found.style == Style::Implicit)
        };
        let before = scope.new.iter().take_while(|other| !std::ptr::eq(**other, stmt)).filter(acts).last();
        let clicks = |stmt: &Stmt| steps_of(stmt).iter().any(|step| step.name == "click");
        let Some(asked) = before.filter(|before| {
            **before != stmt && (scope.old.contains(before) || self.was_done_to(before)) && clicks(before)
        }) else {
            return false;
        };
        let spelled = self.spelled_out(node, Side::New);
        let [element] = found_in(spelled.bare())[..] else { return false };
        let mut said = words(&locator::read(element).says());
        // `dialog[open]`
        said.retain(|word| word != "open");
        let mut known = Vec::new();
        asked.walk(&mut |part| known.extend(part.string().map(words).unwrap_or_default()));
        known.extend(self.titles.iter().flat_map(|title| words(title)));
        let dismissed = scope.old.iter().any(|old| answers(old) == Some("dismiss"));
        let asks = |word: &String| ASKS.contains(&word.as_str());
        let says_yes = |word: &String| {
            let listed = if dismissed { &SAYS_NO[..] } else { &SAYS_YES };
            asks(word) || listed.contains(&word.as_str()) || !dismissed && known.contains(word)
        };
        let of_dialog = |stmt: &Stmt| {
            assertion::of_stmt(stmt, &asserts).is_some()
                && stmt.any(&mut |part| part.string().is_some_and(|text| words(text).iter().any(asks)))
        };
        let plain = step.name == "click" && !self.focus_is_asserted(stmt) && !locator::read(element).is_told_by_place();
        // The dialog may be called after its question.
        let answer = match &locator::read(element).own_texts()[..] {
            [] => said.clone(),
            texts => texts.iter().flat_map(|text| words(text)).collect(),
        };
        // `Delete file`, where `Delete` was clicked.
        let mut texts = Vec::new();
        asked.walk(&mut |part| texts.extend(part.string().map(words)));
        let again = texts.last().is_some_and(|text| {
            !text.is_empty() && answer.len() > text.len() && text.iter().all(|word| answer.contains(word))
        });
        let refuses = |word: &String| matches!(word.as_str(), "no" | "cancel" | "keep" | "dismiss" | "close");
        let deletes = said.iter().any(|word| matches!(word.as_str(), "delete" | "remove"));
        plain
            && (again && deletes || said.iter().any(asks))
            && answer.iter().all(says_yes)
            && (!dismissed || answer.iter().any(refuses))
            && !scope.old.iter().any(|stmt| of_dialog(stmt))
    }
}
