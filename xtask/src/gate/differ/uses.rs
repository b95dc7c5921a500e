//! What a file does with a name: asserts it, acts on it, finds something by it.

use super::super::assertion::{self, Assertion, Style};
use super::super::chain::{Chain, Link};
use super::super::ir::{Kind, Node, Stmt, StmtKind};
use super::super::locator::{Claim, is_locator};
use super::super::words::{ACTIONS, finds};
use super::Differ;
use super::oracle::claims::worst;
use super::self_made::own_input::asks_field;
use super::steps::steps_of;

impl<'a> Differ<'a> {
    /// The strictest claim that an assertion of this file makes of a name.
    pub fn claims_on(&self, name: &str) -> Option<Claim> {
        let mut found: Option<Claim> = None;
        self.each_assertion_on(name, &mut |assertion| {
            let next = assertion.claim();
            found = Some(found.map_or(next, |before| worst(before, next)));
        });
        found
    }

    /// Whether the code around asserts of a name, as before, that what it finds is there, or has a value.
    pub fn is_shown(&self, name: &str) -> bool {
        let asserts = self.asserts();
        let shows = |stmt: &&Stmt| {
            assertion::of_stmt(stmt, &asserts).is_some_and(|found| {
                let subject = found.subject.first().and_then(Node::ident);
                subject == Some(name) && matches!(found.claim(), Claim::Existence | Claim::Valued)
            })
        };
        self.scopes.last().is_some_and(|scope| scope.new.iter().any(|stmt| shows(stmt) && scope.old.contains(stmt)))
    }

    /// Whether this file asserts of a name what is asserted of fields.
    pub fn asks_field_of(&self, name: &str) -> bool {
        let mut found = false;
        self.each_assertion_on(name, &mut |assertion| found |= asks_field(assertion));
        found
    }

    /// Whether this file asserts something of all that a name finds.
    pub fn asks_many_of(&self, name: &str) -> bool {
        let mut found = false;
        self.each_assertion_on(name, &mut |assertion| found |= assertion.is_of_many());
        found
    }

    fn each_assertion_on(&self, name: &str, visit: &mut dyn FnMut(&Assertion)) {
        let asserts = self.asserts();
        for stmt in self.old.body.iter().chain(&self.new.body) {
            stmt.walk_stmts(&mut |inner| {
                let Some(claim) = assertion::of_stmt(inner, &asserts) else { return };
                if claim.style == Style::Implicit && !is_locator(claim.whole) {
                    return;
                }
                let named = claim.whole.any(&mut |node| match &node.kind {
                    Kind::Ident(other) | Kind::Member { name: other, .. } => other == name,
                    _ => false,
                });
                if named {
                    visit(&claim);
                }
            });
        }
    }

    /// Whether something is done with the element of that name in this file.
    pub fn acted_on(&self, name: &str) -> bool {
        self.any_in_file(|node| {
            let chain = Chain::of(node);
            let at = chain.links.iter().position(|link| link.name == name);
            at.is_some_and(|at| {
                chain.links[at + 1..].iter().any(|link| link.args.is_some() && ACTIONS.contains(&link.name))
            }) || chain.last().is_some_and(|last| {
                let names_it = |arg: &Node| Chain::of(arg).last().is_some_and(|link| link.name == name);
                // `page.click(PAY)`, `page.locator(PAY).click()`
                let given = |link: &Link<'_>| link.args.and_then(<[Node]>::first).is_some_and(names_it);
                let found = chain.links.iter().any(|link| given(link) && finds(chain.root(), link.name));
                ACTIONS.contains(&last.name) && last.args.is_some() && (found || given(last))
            })
        })
    }

    /// Whether something that is found by a name, as a text, is asserted to be there, or acted on.
    pub fn is_found_by(&self, name: &str) -> bool {
        let asserts = self.asserts();
        let speaks =
            |stmt: &Stmt| stmt.any(&mut |node| is_locator(node) && node.any(&mut |part| part.ident() == Some(name)));
        super::super::ir::any_stmt(&self.new.body, &mut |stmt| {
            matches!(stmt.kind, StmtKind::Expr(_))
                && speaks(stmt)
                && match assertion::of_stmt(stmt, &asserts) {
                    Some(found) => matches!(found.claim(), Claim::Existence | Claim::Valued),
                    None => !steps_of(stmt).is_empty(),
                }
        })
    }

    /// Whether something that is found in what a name stands for is acted on: so it has to be there.
    pub fn is_around_operated(&self, name: &str) -> bool {
        let mut within = Vec::new();
        let is_name = |node: &Node| match &node.kind {
            Kind::Ident(other) | Kind::Member { name: other, .. } => other == name,
            _ => false,
        };
        for stmt in &self.new.body {
            stmt.walk_stmts(&mut |inner| {
                if let StmtKind::Decl { target, init: Some(value), .. } = &inner.kind
                    && value.any(&mut |node| is_name(node))
                {
                    within.extend(Chain::of(target).last().map(|link| link.name));
                }
            });
        }
        within.into_iter().any(|inner| inner != name && self.acted_on(inner))
    }

    /// Whether a name is only ever used to find or to act on something.
    pub fn only_selects(&self, name: &str) -> bool {
        #[rustfmt::skip]
        const BY_SELECTOR: [&str; 9] = [
            "click", "dblclick", "check", "uncheck", "tap", "hover", "waitForSelector", "focus", "findElement",
        ];
        let mut uses = 0;
        let mut selecting = 0;
        for stmt in &self.new.body {
            stmt.walk(&mut |node| {
                let is_name = |node: &Node| match &node.kind {
                    Kind::Ident(other) | Kind::Member { name: other, .. } => other == name,
                    _ => false,
                };
                if is_name(node) {
                    uses += 1;
                }
                if let Kind::Call { args, .. } = &node.kind {
                    let chain = Chain::of(node);
                    let last = chain.last().map(|link| link.name).unwrap_or_default();
                    let by_it = finds(chain.root(), last)
                        || BY_SELECTOR.contains(&last)
                        || matches!(last, "fill" | "type" | "press" | "selectOption") && args.len() > 1;
                    if by_it && args.iter().take(2).any(is_name) {
                        selecting += args.iter().filter(|arg| is_name(arg)).count();
                    }
                }
            });
        }
        // The declaration itself counts as a use when it is a plain name.
        selecting > 0 && uses <= selecting + 1
    }

    fn any_in_file(&self, test: impl Fn(&Node) -> bool) -> bool {
        self.new.body.iter().any(|stmt| stmt.any(&mut |node| matches!(node.kind, Kind::Call { .. }) && test(node)))
    }
}
