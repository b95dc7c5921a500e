//! Matchers that claim the same under another name, and tables that only grew.

use std::collections::HashMap;

use super::super::super::assertion::{Assertion, Matcher};
use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node};
use super::super::super::words::words;

/// Each name on the left claims what the one on the right does.
#[rustfmt::skip]
const SAME: [(&str, &str); 18] = [
    ("toThrowError", "toThrow"), ("toBeCalled", "toHaveBeenCalled"), ("toBeCalledTimes", "toHaveBeenCalledTimes"),
    ("toBeCalledWith", "toHaveBeenCalledWith"), ("lastCalledWith", "toHaveBeenLastCalledWith"),
    ("contain", "contain.text"), ("include.text", "contain.text"), ("eq", "equal"), ("be.equal", "equal"),
    ("lengthOf", "have.length"), ("have.lengthOf", "have.length"), ("toReturn", "toHaveReturned"),
    ("toHaveUrl", "toHaveURL"), ("nthCalledWith", "toHaveBeenNthCalledWith"), ("toReturnTimes", "toHaveReturnedTimes"),
    ("toReturnWith", "toHaveReturnedWith"), ("lastReturnedWith", "toHaveLastReturnedWith"),
    ("nthReturnedWith", "toHaveNthReturnedWith"),
];
/// Each name on the left denies what the one on the right claims.
const OPPOSITE: [(&str, &str); 4] = [
    ("toBeHidden", "toBeVisible"),
    ("toBeDisabled", "toBeEnabled"),
    ("be.hidden", "be.visible"),
    ("be.disabled", "be.enabled"),
];

/// The plain name of a matcher, and whether it denies.
pub fn plain(matcher: &Matcher, about: &Assertion) -> (String, bool) {
    let words: Vec<&str> = matcher.names.iter().filter(|name| **name != "not").copied().collect();
    let denies = words.len() < matcher.names.len();
    let name = words.join(".");
    if let Some((_, same)) = SAME.iter().find(|(other, _)| *other == name) {
        return ((*same).to_owned(), denies);
    }
    if let Some((_, opposite)) = OPPOSITE.iter().find(|(other, _)| *other == name) {
        return ((*opposite).to_owned(), !denies);
    }
    match name.as_str() {
        "toBeNull" if about.subject.first().is_some_and(queries) => ("toBeInTheDocument".into(), !denies),
        "toEqual" | "toStrictEqual" if matches!(matcher.args, [value] if is_primitive(value)) => {
            ("toBe".into(), denies)
        }
        _ => (name, denies),
    }
}

/// Whether one says that something was called once, and the other that it was called one time.
pub fn both_once(old: &Matcher, new: &Matcher) -> bool {
    let once = |matcher: &Matcher| match (matcher.names.as_slice(), matcher.args) {
        (["toHaveBeenCalledOnce"], []) => true,
        (["toHaveBeenCalledTimes"], [times]) => times.number() == Some(1.0),
        _ => false,
    };
    once(old) && once(new)
}

/// The state that a matcher claims of an element, and whether it is so: `toBeChecked()` and `have.attr aria-checked true`
/// claim the same. `denies` is that of the matcher's plain `name`. What only denies an attribute or a class, or looks for a
/// class by a pattern, may hold of whatever has none: it claims no state if `is_new`.
/// <https://www.w3.org/TR/wai-aria-1.2/#state_prop_def>
pub fn state(matcher: &Matcher, (name, denies): (&str, bool), is_new: bool) -> Option<(&'static str, bool)> {
    #[rustfmt::skip]
    const STATES: [(&str, &str, bool); 18] = [
        ("checked", "chosen", true), ("pressed", "chosen", true), ("selected", "chosen", true),
        ("active", "chosen", true), ("current", "chosen", true), ("on", "chosen", true),
        ("unchecked", "chosen", false), ("unselected", "chosen", false), ("inactive", "chosen", false),
        ("off", "chosen", false), ("expanded", "open", true), ("open", "open", true), ("opened", "open", true),
        ("collapsed", "open", false), ("closed", "open", false), ("disabled", "disabled", true),
        ("enabled", "disabled", false), ("invalid", "invalid", true),
    ];
    let of_word = |word: &str| STATES.iter().find(|state| state.0 == word).map(|state| (state.1, state.2));
    let last = |text: &str| of_word(words(text).last()?);
    let proper = matches!(name, "toBeChecked" | "be.checked" | "be.selected" | "toBeEnabled" | "be.enabled");
    if is_new && denies && !proper {
        return None;
    }
    let (what, holds) = match (name, matcher.args) {
        (_, []) if proper => last(name)?,
        ("toHaveAttribute" | "have.attr", [attribute]) => last(attribute.string().filter(|name| *name == "disabled")?)?,
        ("toHaveAttribute" | "have.attr", [attribute, value]) => match (attribute.string()?, value.string()?) {
            ("data-state", value) => of_word(value)?,
            (aria, "true" | "page") if aria.starts_with("aria-") => last(aria)?,
            (aria, "false") if aria.starts_with("aria-") => last(aria).map(|(what, holds)| (what, !holds))?,
            _ => return None,
        },
        ("toHaveClass" | "have.class", [Node { kind: Kind::Str(text), .. }]) => last(text)?,
        ("toHaveClass", [Node { kind: Kind::Regex(text), .. }]) if !is_new => last(text)?,
        _ => return None,
    };
    Some((what, holds != denies))
}

/// Whether two functions that assert claim the same.
pub fn same_function(old: &str, new: &str) -> bool {
    let plain = |name: &'_ str| {
        SAME.iter().find(|(other, _)| *other == name).map_or(name.to_owned(), |(_, same)| (*same).to_owned())
    };
    old.starts_with("assert") && plain(old) == plain(new)
}

/// What has to hold for `self.assertIn(a, b)`, `assert a in b`, `assert.equal(a, b)`.
pub fn condition(found: &Assertion) -> Option<Node> {
    #[rustfmt::skip]
    const OPERATORS: [(&str, &str); 14] = [
        ("assertEqual", "=="), ("assertListEqual", "=="), ("assertDictEqual", "=="), ("assertNotEqual", "!="),
        ("assertIn", "in"), ("assertNotIn", "not in"), ("assertIs", "is"), ("assertIsNot", "is not"),
        ("assertGreater", ">"), ("assertGreaterEqual", ">="), ("assertLess", "<"), ("assertLessEqual", "<="),
        ("equal", "=="), ("strictEqual", "==="),
    ];
    let Some(matcher) = found.matchers.first() else { return Some(found.whole.clone()) };
    let ["this" | "assert", name] = found.opening[..] else { return None };
    let [one, rest @ ..] = matcher.args else { return None };
    let compared = |op: &str, other: Node| Kind::Binary(op.into(), Box::new(one.clone()), Box::new(other));
    let constant = |word: &str| Node::new(Kind::Const(word.into()), one.line);
    let kind = match (name, rest) {
        ("assertTrue" | "ok", _) => one.kind.clone(),
        ("isTrue", _) => compared("===", constant("true")),
        ("isFalse", _) => compared("===", constant("false")),
        ("assertFalse", _) => Kind::Unary("!".into(), Box::new(one.clone())),
        ("assertIsNone", _) => compared("is", constant("none")),
        ("assertIsNotNone", _) => compared("is not", constant("none")),
        (_, [other, ..]) => compared(OPERATORS.iter().find(|(method, _)| *method == name)?.1, other.clone()),
        _ => return None,
    };
    Some(Node::new(kind, one.line))
}

/// The number of `HTTPStatus.OK`.
pub fn status_code(node: &Node) -> Option<f64> {
    #[rustfmt::skip]
    const CODES: [(&str, f64); 10] = [
        ("OK", 200.0), ("CREATED", 201.0), ("ACCEPTED", 202.0), ("NO_CONTENT", 204.0), ("BAD_REQUEST", 400.0),
        ("UNAUTHORIZED", 401.0), ("FORBIDDEN", 403.0), ("NOT_FOUND", 404.0), ("CONFLICT", 409.0),
        ("UNPROCESSABLE_ENTITY", 422.0),
    ];
    let ["HTTPStatus", name] = Chain::of(node).names()[..] else { return None };
    CODES.iter().find(|(code, _)| *code == name).map(|(_, number)| *number)
}

/// The names of the items of two comprehensions, when that is where they may differ: `[l.name for l in lines]`.
pub fn same_items(old: &Node, new: &Node, renames: &HashMap<String, String>) -> Option<HashMap<String, String>> {
    let (Kind::Other(one, before), Kind::Other(other, after)) = (&old.kind, &new.kind) else { return None };
    let items = |parts: &[Node]| -> Option<Vec<String>> {
        let clauses = parts.iter().filter_map(|part| match &part.kind {
            Kind::Other(kind, parts) if kind.starts_with("for_in_clause") => Some(parts.first()),
            _ => None,
        });
        clauses.map(|target| target?.ident().map(str::to_owned)).collect()
    };
    let (was, is) = (items(before)?, items(after)?);
    let free = |name: &String| was.contains(name) || !old.any(&mut |part| part.ident() == Some(name));
    let alike = one == other && before.len() == after.len() && was.len() == is.len() && is.iter().all(free);
    (alike && !was.is_empty() && was != is)
        .then(|| renames.clone().into_iter().chain(was.into_iter().zip(is)).collect())
}

/// Whether both start the same browser, the new one with options besides: each of these is looked at where it is set. Where
/// the driver is, Selenium finds by itself.
pub fn starts_with_options(old: &Node, new: &Node) -> bool {
    let (before, after) = (Chain::of(old), Chain::of(new));
    let starts = matches!(before.names()[..], ["webdriver", "Chrome" | "Firefox" | "Edge" | "Safari"]);
    let given = |chain: &Chain| -> Vec<(String, Node)> {
        let args = chain.last().and_then(|link| link.args).unwrap_or_default();
        let options = args.iter().filter_map(|arg| match &arg.kind {
            Kind::Object(entries) => Some(entries.clone()),
            _ => None,
        });
        options.flatten().filter(|(key, _)| !matches!(key.as_str(), "service" | "executablePath")).collect()
    };
    let (none, options) = (given(&before), given(&after));
    let only_options = matches!(options.as_slice(), [(key, value)] if key == "options" && value.ident().is_some());
    starts && before.names() == after.names() && (none == options || none.is_empty() && only_options)
}

/// `options.add_argument("--headless=new")`: how the browser is shown, not what it shows.
pub fn only_shows_otherwise(node: &Node) -> bool {
    #[rustfmt::skip]
    const FLAGS: [&str; 6] = [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size",
        "--start-maximized",
    ];

    let chain = Chain::of(node);
    let flag = |text: &str| FLAGS.contains(&text.split('=').next().unwrap_or_default());
    match (chain.names().as_slice(), chain.last().and_then(|link| link.args)) {
        ([_, "addArgument"], Some([argument])) => argument.string().is_some_and(flag),
        _ => false,
    }
}

/// `user.full_name()` and `user.full_name`: of a value that is compared, only one of them can be right.
pub fn became_property(old: &Node, new: &Node) -> bool {
    let member = |node: &Node| match &node.kind {
        Kind::Call { callee, args, .. } if args.is_empty() => Some((**callee).clone()),
        _ => None,
    };
    let is_member = |node: &Node| matches!(node.kind, Kind::Member { .. });
    let same = |call: &Node, plain: &Node| is_member(plain) && member(call).as_ref() == Some(plain);
    same(old, new) || same(new, old)
}

/// `waitForSelector` gives the element that `$` finds, only later.
pub fn finds_by_waiting(old: &Node, new: &Node) -> bool {
    let found = |node: &Node, method: &str| match &node.kind {
        Kind::Call { callee, args, .. } => match (&callee.kind, args.as_slice()) {
            (Kind::Member { object, name, .. }, [selector]) if name == method && selector.string().is_some() => {
                Some(((**object).clone(), selector.clone()))
            }
            _ => None,
        },
        _ => None,
    };
    let before = found(old.bare(), "$");
    before.is_some() && before == found(new.bare(), "waitForSelector")
}

/// `queryBy…` gives an element of the document or null.
fn queries(subject: &Node) -> bool {
    Chain::of(subject).last().is_some_and(|link| link.args.is_some() && link.name.starts_with("queryBy"))
}

fn is_primitive(node: &Node) -> bool {
    matches!(node.kind, Kind::Str(_) | Kind::Num(_) | Kind::Const(_))
}

/// Whether a table has all its rows still, in order, and only new ones besides.
pub fn grew(old: &Node, new: &Node) -> bool {
    match (&old.kind, &new.kind) {
        (Kind::Other(tagged, old), Kind::Other(other, new)) if tagged == "tagged" && tagged == other => {
            return matches!((old.as_slice(), new.as_slice()), ([old], [new]) if grew(old, new));
        }
        (Kind::Template(old), Kind::Template(new)) => return template_grew(old, new),
        _ => {}
    }
    let (Kind::Array(old), Kind::Array(new)) = (&old.kind, &new.kind) else { return false };
    let mut rest = new.iter().map(row);
    !old.is_empty() && old.iter().map(row).all(|old| rest.any(|new| new == old))
}

/// A table in a template has its head and all its rows still, in order.
fn template_grew(old: &[Node], new: &[Node]) -> bool {
    let (before, after) = (rows_of(old), rows_of(new));
    let (Some((head, rows)), Some((same, more))) = (before.split_first(), after.split_first()) else { return false };
    let mut rest = more.iter();
    head == same && !rows.is_empty() && rows.iter().all(|row| rest.any(|other| other == row))
}

/// The lines of a template, without its layout.
fn rows_of(parts: &[Node]) -> Vec<Vec<Node>> {
    let (mut rows, mut row) = (Vec::new(), Vec::new());
    for part in parts {
        let Some(text) = part.string() else {
            row.push(part.clone());
            continue;
        };
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                rows.push(std::mem::take(&mut row));
            }
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
            if !line.is_empty() {
                row.push(Node::new(Kind::Str(line), part.line));
            }
        }
    }
    rows.push(row);
    rows.retain(|row| !row.is_empty());
    rows
}

/// A row of a table: `pytest.param('a', 1, id='first')` is `('a', 1)`.
fn row(node: &Node) -> Node {
    let Kind::Call { args, .. } = &node.kind else { return node.clone() };
    let named = |arg: &Node| matches!(&arg.kind, Kind::Object(entries) if entries.iter().all(|(key, _)| key == "id"));
    let values: Vec<Node> = args.iter().filter(|arg| !named(arg)).cloned().collect();
    match (Chain::of(node).names().as_slice(), values.as_slice()) {
        (["pytest", "param"], [value]) => value.clone(),
        (["pytest", "param"], _) => Node::new(Kind::Array(values), node.line),
        _ => node.clone(),
    }
}

/// Whether `parametrize` runs over the same names, and its table only grew or got titles.
pub fn parametrize_grew(old: &Node, new: &Node) -> bool {
    let parts = |node: &Node| {
        let chain = Chain::of(node);
        let is_it = chain.names() == ["pytest", "mark", "parametrize"];
        match chain.last().and_then(|link| link.args) {
            Some([names, table, rest @ ..]) if is_it && rest.iter().all(only_titles) => {
                Some((names.clone(), table.clone()))
            }
            _ => None,
        }
    };
    match (parts(old), parts(new)) {
        (Some((names, before)), Some((same, after))) => {
            (names == same || !listed(&names).is_empty() && listed(&names) == listed(&same))
                && (before == after || grew(&before, &after))
        }
        _ => false,
    }
}

/// The names in `"amount,percent"`, `("amount", "percent")`.
fn listed(names: &Node) -> Vec<&str> {
    let mut found = Vec::new();
    names.walk(&mut |part| found.extend(part.string().iter().flat_map(|text| text.split(',')).map(str::trim)));
    found
}

fn only_titles(node: &Node) -> bool {
    matches!(&node.kind, Kind::Object(entries) if entries.iter().all(|(key, _)| key == "ids"))
}

#[cfg(test)]
mod tests {
    use super::super::super::super::ir::StmtKind;
    use super::super::super::super::lower::{self, Language};
    use super::*;

    fn value(text: &str) -> Node {
        match lower::parse(Language::Python, text).body.remove(0).kind {
            StmtKind::Expr(node) => node,
            other => panic!("{other:?} is no expression"),
        }
    }

    #[test]
    fn a_table_grows_by_rows_and_titles_alone() {
        let cases = [
            ("[(1, 2)]", "[(0, 0), (1, 2)]", true),
            ("[(1, 2), (3, 4)]", "[pytest.param(1, 2, id='a'), (3, 4)]", true),
            ("[(1, 2), (3, 4)]", "[(3, 4), (1, 2)]", false),
            ("[(1, 2)]", "[(1, 3)]", false),
            ("[(1, 2)]", "[pytest.param(1, 2, marks=pytest.mark.slow)]", false),
        ];
        for (old, new, expected) in cases {
            assert_eq!(grew(&value(old), &value(new)), expected, "{old} / {new}");
        }
    }
}
