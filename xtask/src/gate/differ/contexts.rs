//! Python's contexts: which error a block is expected to raise.

use super::super::chain::Chain;
use super::super::ir::{Kind, Node};
use super::super::locator;
use super::Differ;

impl<'a> Differ<'a> {
    pub fn contexts(&mut self, old: &'a [Node], new: &'a [Node], line: usize) {
        let (old, new) = (old.iter().map(as_pytest).collect::<Vec<_>>(), new.iter().map(as_pytest).collect::<Vec<_>>());
        let (old, new) = (old.as_slice(), new.as_slice());
        if old.iter().map(entered).eq(new.iter().map(entered)) {
            return;
        }
        let raises = |items: &[Node]| items.iter().any(expects_failure);
        if !raises(old) && !raises(new) {
            self.report("unknown-change", line, "another context");
            return;
        }
        let broad = |items: &[Node]| {
            items.iter().any(|item| item.any(&mut |node| matches!(node.ident(), Some("Exception" | "BaseException"))))
        };
        let matches = |items: &[Node]| {
            items.iter().any(|item| item.any(&mut |node| matches!(&node.kind, Kind::Object(entries) if entries.iter().any(|(key, _)| key == "match"))))
        };
        // A pattern that any message matches, or one of several errors.
        let lax = |items: &[Node]| {
            items.iter().any(|item| {
                item.any(&mut |node| match &node.kind {
                    Kind::Object(entries) => entries
                        .iter()
                        .any(|(key, value)| key == "match" && value.string().is_some_and(locator::matches_anything)),
                    Kind::Array(errors) => errors.len() > 1,
                    _ => false,
                })
            })
        };
        if old.iter().map(entered).eq(new.iter().map(entered).map(without_pattern).collect::<Vec<_>>().iter())
            && !lax(new)
        {
            return;
        }
        let laxer = broad(new) && !broad(old) || matches(old) && !matches(new) || lax(new) && !lax(old);
        let weaker = raises(old) && (!raises(new) || laxer);
        self.report(if weaker { "weaker-assertion" } else { "changed-expectation" }, line, "another error is expected");
    }
}

/// Whether a context is left by the error that its block is expected to raise.
pub fn expects_failure(item: &Node) -> bool {
    let names = Chain::of(item).names();
    names.iter().any(|name| ["raises", "assertRaises", "warns"].iter().any(|start| name.starts_with(start)))
}

/// `self.assertRaisesRegex(Error, 'pattern')` as `pytest.raises(Error, match='pattern')`, which search alike.
/// <https://docs.python.org/3/library/unittest.html#unittest.TestCase.assertRaisesRegex>
fn as_pytest(item: &Node) -> Node {
    if let Kind::Other(kind, parts) = &item.kind
        && kind.starts_with("as_pattern")
        && let [context, name @ ..] = parts.as_slice()
    {
        let parts = std::iter::once(as_pytest(context)).chain(name.iter().cloned()).collect();
        return Node::new(Kind::Other(kind.clone(), parts), item.line);
    }
    let Kind::Call { callee, args, .. } = &item.kind else { return item.clone() };
    let raises = Node::new(Kind::Ident("pytest".into()), item.line).member("raises");
    match (&Chain::of(callee).names()[..], args.as_slice()) {
        (["this", "assertRaises"], [_]) => raises.called(args),
        (["this", "assertRaisesRegex"], [error, pattern]) => {
            let options = Node::new(Kind::Object(vec![("match".into(), pattern.clone())]), item.line);
            raises.called(&[error.clone(), options])
        }
        _ => item.clone(),
    }
}

/// `raises(Error)` of `raises(Error, match="…")`, which asks for more.
fn without_pattern(item: &Node) -> Node {
    let is_pattern =
        |arg: &Node| matches!(&arg.kind, Kind::Object(entries) if entries.iter().all(|(key, _)| key == "match"));
    match &item.kind {
        Kind::Call { callee, args, optional } => {
            let args = args.iter().filter(|arg| !is_pattern(arg)).cloned().collect();
            Node::new(Kind::Call { callee: callee.clone(), args, optional: *optional }, item.line)
        }
        _ => item.clone(),
    }
}

/// A context without the name that it is given.
pub fn entered(item: &Node) -> &Node {
    match &item.kind {
        Kind::Other(kind, parts) if kind.starts_with("as_pattern") => parts.first().unwrap_or(item),
        _ => item,
    }
}
