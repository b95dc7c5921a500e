//! What makes a construct the one that was there before, though something about it is another.

use super::super::chain::without_accept;
use super::super::ir::{Kind, Node};
use super::super::locator::is_locator;
use super::super::words::words;

/// What makes a construct the one that was there: a callback is compared by itself, an element may be found another way,
/// a clock may be made asynchronous.
pub fn known_by(node: &Node) -> Node {
    unversioned(&without_what_may_change(node))
}

/// An expression without the versions in its addresses: `/api/v2/rooms` is `/api/rooms`. Where requests are answered, they
/// are told by what stands at the end of their addresses.
pub fn unversioned(node: &Node) -> Node {
    match &node.kind {
        Kind::Str(text) => Node::new(Kind::Str(without_version(text)), node.line),
        Kind::Fn(_) | Kind::Class(_) => node.clone(),
        Kind::Object(entries) if entries.iter().any(|(key, _)| key == "storageState") => {
            // A session is who it is of, wherever it is kept.
            let kept = |(key, value): &(String, Node)| match key.as_str() {
                "storageState" => (key.clone(), file_name(value)),
                _ => (key.clone(), unversioned(value)),
            };
            Node::new(Kind::Object(entries.iter().map(kept).collect()), node.line)
        }
        Kind::Call { callee, .. } if answers_requests(callee) => {
            node.with_parts(&mut |part| by_name(&unversioned(part)))
        }
        _ => node.with_parts(&mut unversioned),
    }
}

fn answers_requests(callee: &Node) -> bool {
    matches!(&callee.kind, Kind::Member { name, .. } if matches!(name.as_str(), "intercept" | "route"))
}

/// `/api/v2/rooms` as `/api/rooms`, and so are `**/api/v2/rooms*` and `**/api/rooms?*` the same.
pub fn without_version(text: &str) -> String {
    let is_version = |part: &str| {
        part.strip_prefix('v').is_some_and(|rest| !rest.is_empty() && rest.chars().all(|next| next.is_ascii_digit()))
    };
    if !text.starts_with('/') && !text.starts_with("**/") && !text.starts_with("http") {
        return text.to_owned();
    }
    text.trim_end_matches('*')
        .trim_end_matches(['?', '*'])
        .split('/')
        .filter(|part| !is_version(part))
        .collect::<Vec<_>>()
        .join("/")
}

fn without_what_may_change(node: &Node) -> Node {
    let node = &without_accept(node);
    if let Kind::New { callee, args } = &node.kind {
        return Node::new(
            Kind::New { callee: callee.clone(), args: args.iter().map(without_bubbling).collect() },
            node.line,
        );
    }
    let Kind::Call { callee, args, optional } = &node.kind else { return node.clone() };
    let Kind::Member { object, name, optional: maybe } = &callee.kind else { return node.clone() };
    if let ("dispatchEvent", [event @ Node { kind: Kind::New { .. }, .. }]) = (name.as_str(), args.as_slice())
        && matches!(object.kind, Kind::Ident(_))
    {
        return known_by(event);
    }
    let args = match name.as_str() {
        "session" => return node.hollow(),
        "mock" if matches!(object.ident(), Some("jest" | "vi")) => return node.hollow(),
        "configure" => args.iter().filter_map(without_retries).collect(),
        "$eval" | "$$eval" => args.iter().skip(1).cloned().collect(),
        // What it is done to is compared by itself.
        "evaluate" | "evaluateAll" if is_locator(object) => {
            return Node::new(Kind::Ident(name.clone()), node.line).called(args);
        }
        "rm" | "rmSync" => args.iter().take(1).cloned().collect(),
        "useFakeTimers"
            if !args.iter().any(
                |arg| matches!(&arg.kind, Kind::Object(entries) if entries.iter().any(|(key, _)| matches!(key.as_str(), "now" | "doNotFake" | "toFake"))),
            ) =>
        {
            Vec::new()
        }
        _ => args.clone(),
    };
    let name = name.strip_suffix("Async").filter(|name| name.contains("Timer")).unwrap_or(name).to_owned();
    let callee = Node::new(Kind::Member { object: object.clone(), name, optional: *maybe }, callee.line);
    Node::new(Kind::Call { callee: Box::new(callee), args, optional: *optional }, node.line)
}

/// A path as the name of its file, by its last word for whose it is, but where a folder says that it holds what nobody is logged in with.
pub fn file_name(path: &Node) -> Node {
    #[rustfmt::skip]
    const OF_NOBODY: [&str; 12] = [
        "anonymous", "expired", "guest", "guests", "empty", "invalid", "old", "out", "none", "unauthenticated", "stale",
        "backup",
    ];
    let is_plain = |text: &&str| !words(text).iter().any(|word| OF_NOBODY.contains(&word.as_str()));
    match path.string().filter(is_plain) {
        Some(text) => {
            let name = text.rsplit('/').next().unwrap_or(text);
            let plain = |word: &String| {
                !matches!(word.as_str(), "state" | "storage" | "auth" | "session" | "login" | "json" | "user")
            };
            let whose = words(name).into_iter().rfind(plain).unwrap_or_else(|| name.to_owned());
            Node::new(Kind::Str(whose), path.line)
        }
        None => path.clone(),
    }
}

/// An address by what stands at its end, `/api/orders*` and `/api/shop/orders` by `orders`.
fn by_name(arg: &Node) -> Node {
    let Some(path) = arg.string().filter(|text| text.contains('/')) else { return arg.clone() };
    let path = path.trim_end_matches(['*', '?', '/']);
    Node::new(Kind::Str(path.rsplit('/').next().unwrap_or(path).to_owned()), arg.line)
}

/// An event's options but for how it travels through the page.
fn without_bubbling(options: &Node) -> Node {
    let Kind::Object(entries) = &options.kind else { return options.clone() };
    let kept = entries.iter().filter(|(key, _)| !matches!(key.as_str(), "bubbles" | "cancelable" | "composed"));
    Node::new(Kind::Object(kept.cloned().collect()), options.line)
}

/// Options without the number of retries: more of them are found by themselves, and fewer make a test stricter.
fn without_retries(options: &Node) -> Option<Node> {
    let Kind::Object(entries) = &options.kind else { return Some(options.clone()) };
    let rest: Vec<_> = entries.iter().filter(|(key, _)| key != "retries").cloned().collect();
    (!rest.is_empty()).then(|| Node::new(Kind::Object(rest), options.line))
}
