//! What the matchers of Jest and Vitest say in several ways, in the one that the linters prefer: `expect(a.length).toBe(3)`
//! is `expect(a).toHaveLength(3)`.

use super::super::ir::alter::Alter;
use super::super::ir::{Kind, Node, Stmt};

/// Names that Jest 30 gave up, and those of the same matchers that it kept.
#[rustfmt::skip]
const RENAMED: [(&str, &str); 5] = [
    ("nthCalledWith", "toHaveBeenNthCalledWith"), ("toReturnTimes", "toHaveReturnedTimes"),
    ("toReturnWith", "toHaveReturnedWith"), ("lastReturnedWith", "toHaveLastReturnedWith"),
    ("nthReturnedWith", "toHaveNthReturnedWith"),
];

/// A program in the words that are preferred.
pub fn settle(mut body: Vec<Stmt>) -> Vec<Stmt> {
    Alter { node: &mut reword, stmt: &mut |_| {} }.body(&mut body);
    body
}

fn reword(node: &mut Node) {
    let line = node.line;
    let Kind::Call { callee, args, optional: false } = &mut node.kind else { return };
    let Kind::Member { object, name, .. } = &mut callee.kind else { return };
    let (mut expect, mut denies) = ((**object).clone(), false);
    if let Kind::Member { object, name, .. } = &expect.kind
        && name == "not"
    {
        (expect, denies) = ((**object).clone(), true);
    }
    let Kind::Call { callee: opening, args: subjects, .. } = &mut expect.kind else { return };
    let ([subject], Some("expect")) = (subjects.as_mut_slice(), opening.ident()) else { return };
    if let Some((_, kept)) = RENAMED.iter().find(|(other, _)| other == name) {
        *name = (*kept).to_owned();
    }
    let (found, matcher, value, opposite) = reworded(subject, name, args);
    *subject = found;
    (*name, *args) = (matcher.to_owned(), value);
    denies ^= opposite;
    // What is not undefined is defined.
    if denies && matches!(name.as_str(), "toBeUndefined" | "toBeDefined") {
        *name = if name == "toBeDefined" { "toBeUndefined" } else { "toBeDefined" }.to_owned();
        denies = false;
    }
    **object = if denies {
        Node::new(Kind::Member { object: Box::new(expect), name: "not".into(), optional: false }, line)
    } else {
        expect
    };
}

/// The subject, the matcher, its arguments, and whether it denies what it did not.
fn reworded<'n>(subject: &Node, name: &'n str, args: &[Node]) -> (Node, &'n str, Vec<Node>, bool) {
    let same = (subject.clone(), name, args.to_vec(), false);
    let equals = matches!(name, "toBe" | "toEqual" | "toStrictEqual");
    match (name, args) {
        ("toHaveBeenCalledTimes", [times]) if times.number() == Some(0.0) => {
            return (subject.clone(), "toHaveBeenCalled", Vec::new(), true);
        }
        ("toMatch", [part]) if part.string().is_some() => return (subject.clone(), "toContain", args.to_vec(), false),
        ("toHaveLength", [_]) => {}
        (_, [value]) if equals => {
            let alone = |name| (subject.clone(), name, Vec::new(), false);
            match &value.kind {
                Kind::Const(word) if word == "undefined" => return alone("toBeUndefined"),
                Kind::Const(word) if word == "null" => return alone("toBeNull"),
                Kind::Ident(word) if word == "NaN" => return alone("toBeNaN"),
                Kind::Const(word) if word == "true" || word == "false" => {
                    let holds = |one: &Node, name, other: &Node| {
                        let (one, name, args, opposite) = reworded(one, name, std::slice::from_ref(other));
                        (one, name, args, opposite != (word == "false"))
                    };
                    return match &subject.kind {
                        Kind::Binary(op, one, other) if op == "===" => holds(one, "toBe", other),
                        Kind::Binary(op, one, other) if op == "instanceof" => holds(one, "toBeInstanceOf", other),
                        Kind::Call { callee, args, .. } => match (&callee.kind, args.as_slice()) {
                            (Kind::Member { object, name, optional: false }, [part]) if name == "includes" => {
                                holds(object, "toContain", part)
                            }
                            _ => same,
                        },
                        _ => same,
                    };
                }
                _ => {}
            }
        }
        _ => return same,
    }
    let part_of = |node: &Node, part: &str| match &node.kind {
        Kind::Member { object, name, optional: false } if name == part => Some((**object).clone()),
        _ => None,
    };
    let list = if equals { part_of(subject, "length") } else { Some(subject.clone()) };
    match (list.as_ref().and_then(|list| part_of(&part_of(list, "calls")?, "mock")), list) {
        (Some(spy), _) => reworded(&spy, "toHaveBeenCalledTimes", args),
        (None, Some(list)) => (list, "toHaveLength", args.to_vec(), false),
        _ => same,
    }
}
