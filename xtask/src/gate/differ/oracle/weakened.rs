//! Edits of what is compared that surely make the comparison say less. It only recognises; what it does not know is for
//! a person.

use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node, Stmt, StmtKind};
use super::super::super::locator::matches_anything;
use super::super::super::words::READS;

/// A rule, and what was seen.
pub type Loss = (&'static str, &'static str);

/// What gives the same for different values.
#[rustfmt::skip]
const LOSSY: [&str; 33] = [
    "lower", "upper", "casefold", "toLowerCase", "toUpperCase", "sort", "sorted", "toSorted", "reverse", "reversed",
    "Set", "set", "slice", "splice", "substring", "substr", "charAt", "at", "filter", "some", "any", "bool", "Boolean",
    "type", "len", "length", "round", "floor", "ceil", "abs", "trunc", "replace", "replaceAll",
];
/// Options by which a comparison forgives, and whether a larger number forgives more.
const TOLERANCES: [(&str, bool); 7] = [
    ("abs", true),
    ("rel", true),
    ("delta", true),
    ("tolerance", true),
    ("absTol", true),
    ("relTol", true),
    ("places", false),
];

/// What is lost when one expression is asserted in the place of another.
pub fn asserted(old: &Node, new: &Node) -> Option<Loss> {
    let comprehends = |node: &Node| matches!(&node.kind, Kind::Other(kind, _) if kind.starts_with("list_comp") || kind.starts_with("generator"));
    if comprehends(new) && ["all", "any"].contains(&Chain::of(old).root()) {
        return Some(("always-true", "a list or a generator stands for what was asserted of its items"));
    }
    let denied = |node: &Node| match &node.kind {
        Kind::Unary(op, inner) if op == "!" => matches!(&inner.kind, Kind::Unary(op, _) if op == "!"),
        _ => false,
    };
    if denied(new) && !denied(old) {
        return Some(("weaker-assertion", "a value became a mere test for something"));
    }
    if forgives(old, new) {
        return Some(("raised-tolerance", "the comparison forgives more"));
    }
    let swapped = |strict: &str, lax: &str| {
        count(old, &[strict]) > count(new, &[strict]) && count(new, &[lax]) > count(old, &[lax])
    };
    if swapped("all", "any") || swapped("every", "some") {
        return Some(("weaker-assertion", "one item is enough where all were asserted"));
    }
    let wrapped = new != old && !matches!(new.kind, Kind::Object(_)) && new.any(&mut |part| part == old);
    let cut =
        |node: &Node| node.any(&mut |part| matches!(&part.kind, Kind::Other(kind, _) if kind.starts_with("slice")));
    if wrapped && (count(new, &LOSSY) > count(old, &LOSSY) || cut(new) && !cut(old)) {
        return Some(("weaker-assertion", "only a part of the value is compared"));
    }
    None
}

/// Whether options forgive less than before, or a float is compared as floats are: `12.4`, `pytest.approx(12.4)`.
pub fn is_tighter(old: &Node, new: &Node) -> bool {
    match (&old.kind, &new.kind) {
        (Kind::Object(one), Kind::Object(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|((key, was), (same, is))| {
                    let tolerance = TOLERANCES.iter().find(|(name, _)| name == key);
                    let less = match (tolerance, was.number(), is.number()) {
                        (Some((_, grows)), Some(was), Some(is)) => (is < was) == *grows && is != was && is > 0.0,
                        _ => false,
                    };
                    key == same && (was == is || less)
                })
        }
        (Kind::Num(text), Kind::Call { args, .. }) => {
            text.contains('.')
                && old.number().is_some_and(|number| number.fract() != 0.0)
                && Chain::of(new).names() == ["pytest", "approx"]
                && args.as_slice() == std::slice::from_ref(old)
        }
        _ => false,
    }
}

/// What is lost when one value is expected in the place of another.
pub fn expected(old: &Node, new: &Node) -> Option<Loss> {
    let lax = new.any(&mut |node| {
        let chain = Chain::of(node);
        chain.root() == "expect" && chain.links.len() > 1
            || chain.root() == "Match"
            || matches!(&node.kind, Kind::Regex(pattern) if matches_anything(pattern))
    });
    let emptied = |node: &Node| node.any(&mut |part| matches!(&part.kind, Kind::Str(text) if text.trim().is_empty()));
    let glob = matches!(&new.kind, Kind::Str(text) if matches!(text.as_str(), "**" | "**/*" | "*" | "/**"));
    let holds_always = matches!(&new.kind, Kind::Fn(func) if matches!(func.body.as_slice(),
        [Stmt { kind: StmtKind::Return(Some(Node { kind: Kind::Const(word), .. })), .. }] if word == "true"));
    if lax || emptied(new) && !emptied(old) || glob || holds_always {
        return Some(("weaker-assertion", "almost anything is expected"));
    }
    asserted(old, new)
}

/// Whether an expected value is read from what is asserted.
pub fn is_read_from(value: &Node, subject: &Node) -> bool {
    let reads = value.any(&mut |part| {
        let chain = Chain::of(part);
        matches!(part.kind, Kind::Call { .. }) && chain.last().is_some_and(|link| READS.contains(&link.name))
    });
    value == subject || reads && value.any(&mut |part| part == subject)
}

fn forgives(old: &Node, new: &Node) -> bool {
    if count(new, &["isclose", "closeTo"]) > count(old, &["isclose", "closeTo"]) {
        return true;
    }
    let (before, after) = (tolerances(old), tolerances(new));
    after.iter().any(|(name, grows, value)| {
        let was = before.iter().find(|(other, ..)| other == name).map(|(.., value)| value);
        match was {
            Some(was) => match (was.number(), value.number()) {
                (Some(was), Some(is)) => {
                    if *grows {
                        is > was
                    } else {
                        is < was
                    }
                }
                _ => was != value,
            },
            None => true,
        }
    })
}

fn tolerances(node: &Node) -> Vec<(&str, bool, &Node)> {
    let mut found = Vec::new();
    node.walk(&mut |part| {
        if let Kind::Object(entries) = &part.kind {
            for (key, value) in entries {
                if let Some((name, grows)) = TOLERANCES.iter().find(|(name, _)| name == key) {
                    found.push((*name, *grows, value));
                }
            }
        }
    });
    found
}

/// How often names out of a list stand in an expression.
fn count(node: &Node, names: &[&str]) -> usize {
    let mut found = 0;
    node.walk(&mut |part| {
        if let Kind::Ident(name) | Kind::Member { name, .. } = &part.kind {
            // A method `set` gives something to what it is called on.
            let gives = name == "set" && matches!(part.kind, Kind::Member { .. });
            found += usize::from(names.contains(&name.as_str()) && !gives);
        }
    });
    found
}
