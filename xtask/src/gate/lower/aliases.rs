//! What Python's libraries call by two names, by the one that they kept: unittest's aliases, `mock` that came into the
//! standard library, statements of SQL that are marked as such, what is sent and answered as JSON.

use super::super::chain::Chain;
use super::super::inlined::Names;
use super::super::ir::alter::Alter;
use super::super::ir::{Import, Kind, Node, Stmt, StmtKind};

/// Methods of a test case, <https://docs.python.org/3/whatsnew/3.12.html#unittest>
#[rustfmt::skip]
const OF_TEST_CASE: [(&str, &str); 15] = [
    ("assert", "assertTrue"), ("assertEquals", "assertEqual"), ("assertNotEquals", "assertNotEqual"),
    ("assertAlmostEquals", "assertAlmostEqual"), ("assertNotAlmostEquals", "assertNotAlmostEqual"),
    ("assertItemsEqual", "assertCountEqual"), ("assertRaisesRegexp", "assertRaisesRegex"),
    ("assertRegexpMatches", "assertRegex"), ("assertNotRegexpMatches", "assertNotRegex"), ("failIf", "assertFalse"),
    ("failIfEqual", "assertNotEqual"), ("failUnless", "assertTrue"), ("failUnlessEqual", "assertEqual"),
    ("failUnlessAlmostEqual", "assertAlmostEqual"), ("failUnlessRaises", "assertRaises"),
];

/// A program in the names that were kept.
pub fn settle(body: Vec<Stmt>) -> Vec<Stmt> {
    let mut body: Vec<Stmt> = body.into_iter().flat_map(settled).collect();
    let marks_sql = gives_text(&body);
    let mut alter = Alter {
        node: &mut |node| match &mut node.kind {
            Kind::Member { object, name, .. } if object.kind == Kind::Const("this".into()) => {
                if let Some((_, kept)) = OF_TEST_CASE.iter().find(|(other, _)| other == name) {
                    *name = (*kept).to_owned();
                }
            }
            Kind::Member { object, name, .. } if object.ident() == Some("pytest") && name == "yieldFixture" => {
                *name = "fixture".to_owned();
            }
            Kind::Call { callee, args, .. } if marks_sql && callee.ident() == Some("text") => {
                if let [Node { kind: Kind::Str(statement), .. }] = args.as_slice() {
                    node.kind = Kind::Str(statement.clone());
                }
            }
            Kind::Call { .. } => {
                if let Some(kind) = answer(node) {
                    node.kind = kind;
                } else if let Kind::Call { args, .. } = &mut node.kind
                    && let Some(Node { kind: Kind::Object(entries), .. }) = args.last_mut()
                {
                    sends_json(entries);
                }
            }
            _ => {}
        },
        stmt: &mut |_| {},
    };
    alter.body(&mut body);
    body
}

/// `import mock`, `from mock import patch`, `from unittest import mock`: all of `unittest.mock`.
fn settled(stmt: Stmt) -> Vec<Stmt> {
    let StmtKind::Import(mut import) = stmt.kind else { return vec![stmt] };
    let mut found = Vec::new();
    if import.source == "mock" {
        import.source = "unittest.mock".into();
    } else if import.source == "unittest"
        && let Some(at) = import.names.iter().position(|(name, _)| name == "mock")
    {
        let (_, local) = import.names.remove(at);
        let names = vec![("*".to_owned(), local)];
        found.push(Import { source: "unittest.mock".into(), names, reexport: false });
    }
    if !import.names.is_empty() {
        found.push(import);
    }
    found.into_iter().map(|import| Stmt { kind: StmtKind::Import(import), line: stmt.line, end: stmt.end }).collect()
}

/// Whether `text` is SQLAlchemy's throughout.
fn gives_text(body: &[Stmt]) -> bool {
    let is_sql = |source: &str| source == "sqlalchemy" || source.starts_with("sqlalchemy.");
    let gives = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Import(import) => is_sql(&import.source) && import.names.contains(&("text".into(), "text".into())),
        _ => false,
    };
    body.iter().any(gives) && Names::of(body).given.get("text") == Some(&1)
}

/// `json.loads(response.data)` and `response.get_json()` as `response.json()`, `response.get_data()` as `response.data`.
fn answer(node: &Node) -> Option<Kind> {
    let Kind::Call { callee, args, .. } = &node.kind else { return None };
    let Kind::Member { object, name, .. } = &callee.kind else { return None };
    let of = |object: &Node, name: &str| Kind::Member {
        object: Box::new(object.clone()),
        name: name.into(),
        optional: false,
    };
    let json = |object: &Node| {
        let callee = Box::new(Node::new(of(object, "json"), node.line));
        Kind::Call { callee, args: Vec::new(), optional: false }
    };
    let as_text =
        |arg: &Node| matches!(&arg.kind, Kind::Object(entries) if entries.iter().all(|(key, _)| key == "asText"));
    match (name.as_str(), args.as_slice()) {
        ("getJson", []) => Some(json(object)),
        ("getData", rest) if rest.iter().all(as_text) => Some(of(object, "data")),
        ("loads", [Node { kind: Kind::Member { object: response, name, .. }, .. }]) => (object.ident() == Some("json")
            && matches!(name.as_str(), "data" | "text" | "content"))
        .then(|| json(response)),
        _ => None,
    }
}

/// `data=json.dumps(value), content_type="application/json"` as `json=value`.
fn sends_json(entries: &mut Vec<(String, Node)>) {
    let is_json = |value: &Node| value.string() == Some("application/json");
    let says_so = |(key, value): &(String, Node)| match &value.kind {
        Kind::Object(headers) if key == "headers" => {
            matches!(headers.as_slice(), [(name, value)] if name.eq_ignore_ascii_case("content-type") && is_json(value))
        }
        _ => key == "contentType" && is_json(value),
    };
    let typed = entries.iter().any(says_so);
    let Some((key, value)) = entries.iter_mut().find(|(key, _)| key == "data").filter(|_| typed) else { return };
    let Kind::Call { args, .. } = &value.kind else { return };
    if let (["json", "dumps"], [sent]) = (&Chain::of(value).names()[..], args.as_slice()) {
        (*key, *value) = ("json".into(), sent.clone());
        entries.retain(|entry| !says_so(entry));
    }
}
