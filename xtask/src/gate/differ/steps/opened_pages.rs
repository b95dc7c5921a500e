//! Pages that a step opened: what was asserted of the page may be asserted of the one that it opens now.

use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node, Stmt, StmtKind, any_stmt};
use super::super::super::locator::is_locator;
use super::super::names::{Side, statements};
use super::super::values::first_of_all;
use super::super::{Differ, mentions};

impl<'a> Differ<'a> {
    /// Whether an expression of the new version is a page that a click of it opened, and that the old one knew nothing
    /// of: the name of `await page.waitForEvent('popup')`, the `value` of Python's `page.expect_popup()`.
    pub fn is_opened(&self, node: &Node) -> bool {
        match &node.kind {
            Kind::Ident(name) => self.given(name, Side::Old).is_none() && self.names_opened(name, Side::New),
            Kind::Member { object, name, .. } if name == "value" => {
                object.ident().is_some_and(|name| self.is_entered(name))
            }
            _ => false,
        }
    }

    /// Whether a name of the old version is that of `context.pages()[1]`.
    pub fn was_opened(&self, node: &Node) -> bool {
        let value = node.ident().and_then(|name| self.given(name, Side::Old));
        value.is_some_and(|value| {
            let chain = Chain::of(value);
            let second = |args: Option<&[Node]>| matches!(args, Some([at]) if at.number().is_some_and(|at| at > 0.0));
            matches!(chain.names().as_slice(), [_, "pages", "[]"]) && second(chain.last().and_then(|link| link.args))
        })
    }

    /// Whether something is looked for on one page that was looked for on another, where the test still has both.
    pub fn asks_another_page(&self, old: &Node, new: &Node) -> bool {
        let (old, new) = (Chain::of(old), Chain::of(new));
        let (was, is) = (old.root(), new.root());
        let Some(scope) = self.scopes.last() else { return false };
        let is_page = |name: &str, side| self.given(name, side).is_none_or(|value| !is_locator(value.bare()));
        let bound = |chain: &Chain| chain.base.is_none() && !matches!(chain.root(), "this" | "self" | "screen");
        was != is
            && self.renames.get(was).is_none_or(|name| name != is)
            && [&old, &new].into_iter().all(bound)
            && mentions(&scope.new, was)
            && mentions(&scope.old, is)
            && is_page(was, Side::Old)
            && is_page(is, Side::New)
    }

    /// Whether something is looked for on the page that was there, and was on one that a click opened.
    pub fn leaves_opened(&self, old: &Node, new: &Node) -> bool {
        let (was, is) = (Chain::of(old), Chain::of(new));
        let opened = |chain: &Chain, side| chain.base.is_none() && self.names_opened(chain.root(), side);
        is.root() == "page" && was.root() != "page" && opened(&was, Side::Old)
    }

    fn names_opened(&self, name: &str, side: Side) -> bool {
        let promise = |value: &'a Node| value.ident().and_then(|name| self.given(name, side)).unwrap_or(value);
        let first = self.scopes.iter().rev().flat_map(|scope| statements(scope, side)).any(|stmt| {
            let StmtKind::Decl { target, init, .. } = &stmt.kind else { return false };
            first_of_all(target, init.as_ref()).is_some_and(|(named, event)| named == name && opens(event))
        });
        let awaited = self.given(name, side).filter(|value| matches!(value.kind, Kind::Await(_)));
        first || awaited.is_some_and(|value| opens(promise(value.bare())))
    }

    /// Whether a context that was entered gives the name a page.
    fn is_entered(&self, name: &str) -> bool {
        let enters = |item: &Node| match &item.kind {
            Kind::Other(kind, parts) if kind.starts_with("as_pattern") => {
                parts.iter().any(|part| part.any(&mut |node| node.ident() == Some(name)))
                    && parts.first().is_some_and(opens)
            }
            _ => false,
        };
        let is_it = |stmt: &Stmt| matches!(&stmt.kind, StmtKind::With { items, .. } if items.iter().any(enters));
        any_stmt(&self.new.body, &mut |stmt| is_it(stmt))
    }
}

fn opens(event: &Node) -> bool {
    let chain = Chain::of(event);
    let Some(last) = chain.last() else { return false };
    let named = last.args.and_then(<[Node]>::first).and_then(Node::string);
    match last.name {
        "waitForEvent" | "expectEvent" => matches!(named, Some("popup" | "page")),
        "expectPopup" | "expectPage" => true,
        _ => false,
    }
}
