//! A mocked module that keeps what it really is, but for what was mocked of it before: less of the product is replaced.

use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node};
use super::super::Differ;

impl Differ<'_> {
    /// `() => ({ ...jest.requireActual('./api'), load: jest.fn() })` in `jest.mock('./api', …)`, without what is spread.
    pub fn keeps_actual(&self, old: &Node, new: &Node) -> bool {
        let (Kind::Object(_), Kind::Object(entries)) = (&old.kind, &new.kind) else { return false };
        // What stands behind a spread takes its place.
        let (spread, mocked) = entries.split_at(entries.iter().take_while(|(key, _)| key == "...").count());
        let mut module = None;
        let mut visit = |node: &Node| match &node.kind {
            Kind::Call { args, .. }
                if matches!(Chain::of(node).names()[..], ["jest" | "vi", "mock"])
                    && node.any(&mut |part| std::ptr::eq(part, new)) =>
            {
                module = args.first().cloned();
            }
            _ => {}
        };
        self.new.body.iter().for_each(|stmt| stmt.walk(&mut visit));
        let is_actual = |value: &Node| {
            let value = value.bare();
            let value = value.ident().and_then(|name| self.holds(name)).unwrap_or(value);
            let chain = Chain::of(value);
            match (chain.names().as_slice(), chain.last().and_then(|link| link.args)) {
                (["jest" | "vi", "requireActual" | "importActual"], Some([source])) => module.as_ref() == Some(source),
                (["importOriginal" | "importActual" | "actual" | "original"], Some([])) => module.is_some(),
                _ => false,
            }
        };
        !spread.is_empty()
            && spread.iter().all(|(_, value)| is_actual(value))
            && self.same(old, &Node::new(Kind::Object(mocked.to_vec()), new.line))
    }
}
