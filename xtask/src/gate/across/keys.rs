//! What the product calls a property of a component, or a named argument of a function, by now: in all of the
//! several calls of a file another name stands for the same values, and a test asserts what such a call shows, gives or calls back.
//!
//! It rewrites the old program in the new words, and decides nothing else.

use std::collections::{BTreeMap, BTreeSet};

use super::super::assertion;
use super::super::chain::Chain;
use super::super::differ::is_vocabulary;
use super::super::ir::alter::Alter;
use super::super::ir::{Kind, Node, Program, Stmt, StmtKind, any_stmt};
use super::super::locator::Claim;
use super::super::locator::contrasts::is_counterpart;
use super::super::words::{LIBRARY_ROOTS, TEST_ROOTS, asserts_by_name, at_other_end, mood, turns, words};
use super::required::{decides, fields, tag};

/// What is named in a call, with the values.
type Given<'n> = Vec<(&'n str, Vec<&'n Node>)>;

/// By what is called, each of its calls in order.
type Calls<'n> = BTreeMap<String, Vec<Given<'n>>>;

/// Tells the old program by the new keys.
pub fn retell(old: &mut Program, new: &Program) {
    let renamed = renamed(old, new);
    if renamed.is_empty() {
        return;
    }
    let mut retell = |node: &mut Node| {
        let Some(keys) = called(node).and_then(|name| renamed.get(&name)) else { return };
        let Some(entries) = entries(node) else { return };
        for key in entries {
            if let Some((_, to)) = keys.iter().find(|(was, _)| plain(key) == was) {
                *key = key.replace(plain(key), to);
            }
        }
    };
    Alter { node: &mut retell, stmt: &mut |_| {} }.body(&mut old.body);
}

/// A key without what marks it as one of an element.
fn plain(key: &str) -> &str {
    key.strip_prefix("jsx_attribute ").unwrap_or(key)
}

/// Where the keys of a call stand.
fn entries(node: &mut Node) -> Option<Vec<&mut String>> {
    match &mut node.kind {
        Kind::Call { args, .. } => match args.last_mut().map(|arg| &mut arg.kind) {
            Some(Kind::Object(entries)) => Some(entries.iter_mut().map(|(key, _)| key).collect()),
            _ => None,
        },
        Kind::Other(_, parts) => Some(
            parts
                .iter_mut()
                .filter_map(|part| match &mut part.kind {
                    Kind::Other(key, _) if key.starts_with("jsx_attribute ") => Some(key),
                    _ => None,
                })
                .collect(),
        ),
        _ => None,
    }
}

/// By what is called, the keys that are gone and those that are in their place.
fn renamed(old: &Program, new: &Program) -> BTreeMap<String, Vec<(String, String)>> {
    let (before, after) = (calls(old), calls(new));
    let mut found = BTreeMap::new();
    for (name, was) in &before {
        let Some(is) = after.get(name).filter(|is| is.len() == was.len()) else { continue };
        let keys = |all: &[Given]| all.iter().flatten().map(|(key, _)| (*key).to_owned()).collect::<BTreeSet<_>>();
        let (old_keys, new_keys) = (keys(was), keys(is));
        let gone: Vec<&String> = old_keys.difference(&new_keys).collect();
        let fresh: Vec<&String> = new_keys.difference(&old_keys).collect();
        let values = |all: &[Given], key: &str| {
            let of_call = |given: &Given| given.iter().find(|(other, _)| *other == key).map(|(_, value)| own(value));
            all.iter().map(of_call).collect::<Vec<_>>()
        };
        let takes_place = |key: &String, to: &String| values(was, key) == values(is, to);
        let becomes = |key: &String, to: &String| {
            let given = values(was, key);
            takes_place(key, to)
                && gone.iter().filter(|other| takes_place(other, to)).count() == 1
                && given.iter().flatten().count() > 1
                && !happens_by_itself(to)
                && !decides(key)
                && !decides(to)
                && mood(key) == mood(to)
                && turns(key) == turns(to)
                && !is_counterpart(key, to)
                && !at_other_end(key, to)
                && given.iter().flatten().all(|value| value.as_ref().is_some_and(may_show))
                && is_shown(new, name, to)
        };
        let renamed = |key: &&String| {
            let mut now = fresh.iter().filter(|to| becomes(key, to));
            now.next().filter(|_| now.next().is_none()).map(|to| ((*key).clone(), (*to).clone()))
        };
        let pairs: Vec<(String, String)> = gone.iter().filter_map(renamed).collect();
        if !pairs.is_empty() && pairs.len() == gone.len() && gone.len() == fresh.len() {
            found.insert(name.clone(), pairs);
        }
    }
    found
}

fn own(value: &[&Node]) -> Option<Node> {
    match value {
        [only] => Some((*only).clone()),
        _ => None,
    }
}

/// Whether a property is one of what happens without anybody doing it, or of what is taken where there is nothing else.
fn happens_by_itself(key: &str) -> bool {
    #[rustfmt::skip]
    const ANYWAY: [&str; 13] = [
        "render", "mount", "unmount", "load", "init", "ready", "focus", "blur", "hover", "mouse", "fallback", "default",
        "placeholder",
    ];
    words(key).iter().any(|word| ANYWAY.contains(&word.as_str()))
}

/// Whether a value is one that a test can tell from none.
fn may_show(value: &Node) -> bool {
    !matches!(value.kind, Kind::Const(_))
}

/// Every call with named arguments, and every element with properties.
fn calls(program: &Program) -> Calls<'_> {
    let mut found = Calls::new();
    program.body.iter().for_each(|stmt| {
        stmt.walk(&mut |node| {
            let given = match &node.kind {
                Kind::Call { args, .. } => args.last().and_then(fields),
                _ => fields(node),
            };
            if let (Some(name), Some(given)) = (called(node), given) {
                found.entry(name).or_default().push(given);
            }
        });
    });
    found
}

/// What is called, if it is the product's: a component, or a function that no library has.
fn called(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Call { callee, .. } => {
            let chain = Chain::of(callee);
            let name = chain.last()?.name;
            let own = !LIBRARY_ROOTS.contains(&chain.root())
                && !TEST_ROOTS.contains(&chain.root())
                && !is_vocabulary(chain.root(), name)
                && !asserts_by_name(name)
                && !matches!(name, "render" | "mount" | "shallowMount" | "dict" | "fulfill" | "defineConfig")
                && chain.links.iter().rev().skip(1).all(|link| link.args.is_none());
            own.then(|| name.to_owned())
        }
        Kind::Other(..) => {
            let name = tag(node).filter(|_| fields(node).is_some())?.ident()?;
            name.starts_with(char::is_uppercase).then(|| format!("<{name}"))
        }
        _ => None,
    }
}

/// Whether a test that makes such a call asserts of a value what it shows or gives, or that what it was given is called.
fn is_shown(program: &Program, name: &str, key: &str) -> bool {
    let passes = |node: &Node| {
        let given = match &node.kind {
            Kind::Call { args, .. } => args.last().and_then(fields),
            _ => fields(node),
        };
        let some = |value: &Vec<&Node>| match value[..] {
            [Node { kind: Kind::Array(parts), .. }] => !parts.is_empty(),
            [Node { kind: Kind::Fn(_), .. }] => false,
            _ => true,
        };
        called(node).as_deref() == Some(name)
            && given.is_some_and(|given| given.iter().any(|(other, value)| *other == key && some(value)))
    };
    let mut handlers = BTreeSet::new();
    program.body.iter().for_each(|stmt| {
        stmt.walk(&mut |node| {
            if let (true, Some(given)) = (passes(node), fields(node))
                && key.starts_with("on")
            {
                handlers
                    .extend(given.iter().filter(|(other, _)| *other == key).filter_map(|(_, value)| value[0].ident()));
            }
        });
    });
    let claims = |stmt: &Stmt| {
        assertion::of_stmt(stmt, &|_| false).is_some_and(|found| {
            let fails = |name: &&str| name.contains("hrow") || name.contains("reject") || *name == "raises";
            let handler = |node: &Node| node.ident().is_some_and(|name| handlers.contains(name));
            let about = !key.starts_with("on") || found.whole.any(&mut |node| handler(node));
            found.style != assertion::Style::Implicit
                && matches!(found.claim(), Claim::Valued | Claim::Existence)
                && !found.matchers.iter().flat_map(|matcher| &matcher.names).any(fails)
                && about
        })
    };
    let is_test = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Func(func) => func.name.starts_with("test"),
        StmtKind::Expr(node) => super::super::differ::title_of_test(node).is_some(),
        _ => false,
    };
    any_stmt(&program.body, &mut |stmt| {
        is_test(stmt)
            && stmt.any(&mut |node| passes(node))
            && any_stmt(std::slice::from_ref(stmt), &mut |inner| claims(inner))
    })
}
