//! What the matchers of Jest and Vitest say in several ways, in the one that the linters prefer: `expect(a.length).toBe(3)`
//! is `expect(a).toHaveLength(3)`.

use super::super::ir::alter::Alter;
use super::super::ir::{Kind, Node, Stmt};

/// A subject, a matcher, its arguments, and whether it denies what it did not.
type Reworded = (Node, &'static str, Vec<Node>, bool);

/// A program in the words that are preferred.
pub fn settle(mut body: Vec<Stmt>) -> Vec<Stmt> {
    Alter { node: &mut reword, stmt: &mut |_| {} }.body(&mut body);
    body
}

fn reword(node: &mut Node) {
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
    while let Some((found, matcher, value, opposite)) = reworded(subject, name, args) {
        (*subject, *name, *args) = (found, matcher.to_owned(), value);
        denies ^= opposite;
    }
    // What is not undefined is defined.
    if denies && matches!(name.as_str(), "toBeUndefined" | "toBeDefined") {
        *name = if name == "toBeDefined" { "toBeUndefined" } else { "toBeDefined" }.to_owned();
        denies = false;
    }
    **object = if denies { expect.member("not") } else { expect };
}

fn reworded(subject: &Node, name: &str, args: &[Node]) -> Option<Reworded> {
    let [value] = args else { return None };
    let alone = |name, opposite| Some((subject.clone(), name, Vec::new(), opposite));
    let part_of = |node: &Node, part: &str| match &node.kind {
        Kind::Member { object, name, optional: false } if name == part => Some((**object).clone()),
        _ => None,
    };
    match name {
        "toHaveBeenCalledTimes" if value.number() == Some(0.0) => return alone("toHaveBeenCalled", true),
        "toMatch" if value.string().is_some() => return Some((subject.clone(), "toContain", args.to_vec(), false)),
        "toHaveLength" => {
            let spy = part_of(&part_of(subject, "calls")?, "mock")?;
            return Some((spy, "toHaveBeenCalledTimes", args.to_vec(), false));
        }
        "toBe" | "toEqual" | "toStrictEqual" => {}
        _ => return None,
    }
    let word = match &value.kind {
        Kind::Const(word) | Kind::Ident(word) => word.as_str(),
        _ => "",
    };
    let holds = |one: &Node, name, other: &Node| Some((one.clone(), name, vec![other.clone()], word == "false"));
    match (word, &subject.kind) {
        ("undefined", _) => alone("toBeUndefined", false),
        ("null", _) => alone("toBeNull", false),
        ("NaN", _) => alone("toBeNaN", false),
        ("true" | "false", Kind::Binary(op, one, other)) if op == "===" => holds(one, "toBe", other),
        ("true" | "false", Kind::Binary(op, one, other)) if op == "instanceof" => holds(one, "toBeInstanceOf", other),
        ("true" | "false", Kind::Call { callee, args, .. }) => match (&callee.kind, args.as_slice()) {
            (Kind::Member { object, name, optional: false }, [part]) if name == "includes" => {
                holds(object, "toContain", part)
            }
            _ => None,
        },
        _ => part_of(subject, "length").map(|list| (list, "toHaveLength", args.to_vec(), false)),
    }
}
