//! A view of `page.getByRole('button').first().click()` as its links from left to right.

use super::ir::{Kind, Node};

/// A request without what it says of the kind of answer that it takes: `.set('Accept', 'application/json')`.
pub fn without_accept(node: &Node) -> Node {
    match accepting(node) {
        Some(request) => without_accept(request),
        None => node.with_parts(&mut without_accept),
    }
}

/// The request in `request.set('Accept', …)`.
pub fn accepting(node: &Node) -> Option<&Node> {
    let Kind::Call { callee, args, optional: false } = &node.kind else { return None };
    let Kind::Member { object, name, optional: false } = &callee.kind else { return None };
    let [header, Node { kind: Kind::Str(_), .. }] = args.as_slice() else { return None };
    let of_request = Chain::of(object).root() == "request";
    (of_request && name == "set" && header.string() == Some("Accept")).then_some(object)
}

#[derive(Clone, Debug)]
pub struct Link<'a> {
    /// The name; empty for a call of something that has none, `[]` for a computed access.
    pub name: &'a str,
    /// `None` when it is not called.
    pub args: Option<&'a [Node]>,
    pub optional: bool,
}

#[derive(Debug)]
pub struct Chain<'a> {
    /// What the chain starts from, when that is not a name.
    pub base: Option<&'a Node>,
    pub links: Vec<Link<'a>>,
}

impl<'a> Chain<'a> {
    pub fn of(node: &'a Node) -> Chain<'a> {
        let mut links = Vec::new();
        let mut base = None;
        let mut node = node.bare();
        let mut pending: Option<(&[Node], bool)> = None;
        let mut push = |name, pending: &mut Option<(&'a [Node], bool)>, optional| {
            let (args, called_optionally) = match pending.take() {
                Some((args, optional)) => (Some(args), optional),
                None => (None, false),
            };
            links.push(Link { name, args, optional: optional || called_optionally });
        };
        loop {
            match &node.kind {
                Kind::Call { callee, args, optional } => {
                    if pending.is_some() {
                        push("", &mut pending, false);
                    }
                    pending = Some((args, *optional));
                    node = callee.bare();
                }
                Kind::Member { object, name, optional } => {
                    push(name, &mut pending, *optional);
                    node = object.bare();
                }
                Kind::Index { object, index } => {
                    if pending.is_some() {
                        push("", &mut pending, false);
                    }
                    pending = Some((std::slice::from_ref(&**index), false));
                    push("[]", &mut pending, false);
                    node = object.bare();
                }
                Kind::Ident(name) | Kind::Const(name) => {
                    push(name, &mut pending, false);
                    break;
                }
                _ => {
                    if pending.is_some() {
                        push("", &mut pending, false);
                    }
                    base = Some(node);
                    break;
                }
            }
        }
        links.reverse();
        Chain { base, links }
    }

    /// The name that the chain starts from, or nothing.
    pub fn root(&self) -> &'a str {
        match self.base {
            Some(_) => "",
            None => self.links.first().map_or("", |link| link.name),
        }
    }

    pub fn last(&self) -> Option<&Link<'a>> {
        self.links.last()
    }

    pub fn has(&self, name: &str) -> bool {
        self.links.iter().any(|link| link.name == name)
    }

    pub fn called(&self, name: &str) -> Option<&'a [Node]> {
        self.links.iter().find(|link| link.name == name && link.args.is_some()).and_then(|link| link.args)
    }

    pub fn names(&self) -> Vec<&'a str> {
        self.links.iter().map(|link| link.name).collect()
    }
}
