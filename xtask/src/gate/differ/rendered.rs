//! What a component test renders: the same component, perhaps with what it needs around it.

use super::super::chain::Chain;
use super::super::ir::{Kind, Node};

/// Whether two calls render the same component, the new one within providers.
pub fn rendered_alike(old: &Node, new: &Node) -> bool {
    let renders = |node: &Node| {
        let names = Chain::of(node).names().join(".");
        matches!(names.as_str(), "render" | "mount" | "shallowMount" | "renderHook").then_some(names)
    };
    let (Kind::Call { args: before, .. }, Kind::Call { args: after, .. }) = (&old.bare().kind, &new.bare().kind) else {
        return false;
    };
    let (Some((component, options)), Some((wrapped, more))) = (before.split_first(), after.split_first()) else {
        return false;
    };
    let same = renders(old).is_some() && renders(old) == renders(new);
    same && is_around(wrapped, component) && only_provides(options, more)
}

/// Whether an element is another one, or providers around it and nothing else.
fn is_around(outer: &Node, inner: &Node) -> bool {
    if outer == inner {
        return true;
    }
    let Kind::Other(kind, parts) = &outer.kind else { return false };
    let [opening, children @ .., _] = parts.as_slice() else { return false };
    let provides = kind.starts_with("jsx_element") && opening.parts().first().is_some_and(|tag| is_provider(tag));
    let blank = |node: &&Node| !matches!(&node.kind, Kind::Other(kind, _) if kind.strip_prefix("jsx_text").is_some_and(|text| text.trim().is_empty()));
    let children: Vec<&Node> = children.iter().filter(blank).collect();
    provides && matches!(children.as_slice(), [only] if is_around(only, inner))
}

fn is_provider(tag: &Node) -> bool {
    let name = Chain::of(tag).last().map(|link| link.name).unwrap_or_default();
    ["Provider", "Router", "Suspense", "StrictMode"].iter().any(|ending| name.ends_with(ending))
}

/// Whether the options are the same but for a provider or a plugin.
fn only_provides(old: &[Node], new: &[Node]) -> bool {
    let entries = |options: &[Node]| match options {
        [] => Some(Vec::new()),
        [Node { kind: Kind::Object(entries), .. }] => {
            // Vue 3 calls `props` what was `propsData`.
            let plain = |key: &str| if key == "propsData" { "props".to_owned() } else { key.to_owned() };
            Some(entries.iter().map(|(key, value)| (plain(key), value.clone())).collect())
        }
        _ => None,
    };
    let (Some(old), Some(new)) = (entries(old), entries(new)) else { return false };
    let provides = |key: &str, value: &Node| match (key, &value.kind) {
        ("wrapper", Kind::Ident(_)) => is_provider(value),
        ("global", Kind::Object(entries)) => entries.iter().all(|(key, _)| key == "plugins"),
        _ => false,
    };
    old.iter().all(|entry| new.contains(entry))
        && new.iter().all(|(key, value)| old.contains(&(key.clone(), value.clone())) || provides(key, value))
}
