//! Assertions that changed places: with others, between which nothing is done, or with a step that takes away what they saw.

use super::super::assertion;
use super::super::ir::{Kind, Node, Stmt};
use super::super::locator::{self, Claim};
use super::super::words::words;
use super::Differ;
use super::names::{Side, statements};
use super::oracle::telling::{expected_texts, tells};
use super::steps::steps_of;

impl<'a> Differ<'a> {
    /// Whether all steps are taken as before, in order, and only what messages say is asserted before a step that it was
    /// asserted behind.
    pub fn only_asserts_sooner(&self) -> bool {
        let Some(scope) = self.scopes.last() else { return false };
        let asserts = self.asserts();
        let claims = |stmt: &Stmt| assertion::of_stmt(stmt, &asserts).is_some();
        let steps = |stmts: &[&'a Stmt]| {
            stmts.iter().filter(|stmt| !steps_of(stmt).is_empty() && !claims(stmt)).copied().collect::<Vec<_>>()
        };
        let kept = |stmt: &&&'a Stmt| {
            let whole = stmt.exprs().first().map(|node| node.bare());
            whole.is_some_and(|whole| {
                self.steps_before(whole, Side::Old) == self.steps_before(whole, Side::New)
                    || self.only_passes_assertions(stmt, whole)
            })
        };
        steps(&scope.old) == steps(&scope.new) && scope.old.iter().filter(|stmt| claims(stmt)).all(|stmt| kept(&stmt))
    }

    /// The steps that are taken before an assertion, wherever it stands in the scope.
    fn steps_before(&self, whole: &Node, side: Side) -> Option<Vec<&'a Stmt>> {
        let stmts = statements(self.scopes.last()?, side);
        let is_it = |stmt: &&'a Stmt| stmt.exprs().first().is_some_and(|node| settled(node.bare()) == settled(whole));
        let at = stmts.iter().position(is_it)?;
        Some(stmts[..at].iter().filter(|stmt| !steps_of(stmt).is_empty()).copied().collect())
    }

    /// Whether an assertion stands behind one now that it stood before, and that may hold only until the page is done: that
    /// something is not there, or how it is at a moment.
    fn passes_what_holds_for_a_moment(&self, whole: &Node) -> bool {
        let Some(scope) = self.scopes.last() else { return false };
        let asserts = self.asserts();
        let of_it = |stmt: &&&'a Stmt| stmt.exprs().first().is_some_and(|node| settled(node.bare()) == settled(whole));
        let behind = scope.old.iter().skip_while(|stmt| !of_it(stmt)).skip(1);
        let before: Vec<&&'a Stmt> = scope.new.iter().take_while(|stmt| !of_it(stmt)).collect();
        behind.filter(|stmt| before.contains(stmt)).any(|stmt| {
            assertion::of_stmt(stmt, &asserts).is_some_and(|found| {
                let told = tells(expected_texts(&found).into_iter());
                found.claim() == Claim::Absence || found.claim() == Claim::Valued && !told
            })
        })
    }

    /// Whether a positive assertion only changed places with other assertions: the same steps are taken before it. What a
    /// message says may be asserted before the step after it, too, as it soon goes.
    pub fn only_passes_assertions(&self, was: &Stmt, whole: &Node) -> bool {
        let Some(found) = assertion::of_stmt(was, &self.asserts()) else { return false };
        let (Some(before), Some(after)) = (self.steps_before(whole, Side::Old), self.steps_before(whole, Side::New))
        else {
            return false;
        };
        #[rustfmt::skip]
        const PASSES: [&str; 7] = ["toast", "status", "alert", "flash", "message", "snackbar", "notification"];
        let passes =
            |node: &Node| words(&locator::read(node).says()).iter().any(|word| PASSES.contains(&word.as_str()));
        let told = tells(expected_texts(&found).into_iter()) && found.locators().into_iter().any(passes);
        let last = before.last().map(|stmt| steps_of(stmt)).unwrap_or_default();
        let sooner = before.len() == after.len() + 1 && before.starts_with(&after) && !after.is_empty();
        matches!(found.claim(), Claim::Valued | Claim::Existence)
            && !self.passes_what_holds_for_a_moment(whole)
            && (before == after || sooner && told && !last.iter().any(|step| step.name == "reload"))
    }
}

/// An expression with what is found at once in the place of what is waited for: `getByText` for `await findByText`.
pub fn settled(node: &Node) -> Node {
    if let Kind::Await(inner) = &node.kind
        && let Kind::Call { callee, args, optional } = &inner.kind
        && let Kind::Member { object, name, optional: maybe } = &callee.kind
        && let Some(how) = name.strip_prefix("find").filter(|how| how.starts_with("By") || how.starts_with("AllBy"))
    {
        let name = format!("get{how}");
        let callee = Node::new(Kind::Member { object: object.clone(), name, optional: *maybe }, callee.line);
        return Node::new(Kind::Call { callee: Box::new(callee), args: args.clone(), optional: *optional }, node.line);
    }
    node.with_parts(&mut settled)
}
