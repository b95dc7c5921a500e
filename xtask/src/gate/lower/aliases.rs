//! What Python's libraries call by two names, by the one that they kept: unittest's aliases, `mock` that came into the
//! standard library, what is sent and answered as JSON.

use super::super::chain::Chain;
use super::super::ir::alter::Alter;
use super::super::ir::{Kind, Node, Stmt, StmtKind};
use super::idioms::act_by_locator;

/// Methods of a test case, <https://docs.python.org/3/whatsnew/3.12.html#unittest>
#[rustfmt::skip]
const OF_TEST_CASE: [(&str, &str); 11] = [
    ("assert", "assertTrue"), ("assertEquals", "assertEqual"), ("assertNotEquals", "assertNotEqual"),
    ("assertAlmostEquals", "assertAlmostEqual"), ("assertItemsEqual", "assertCountEqual"), ("failIf", "assertFalse"),
    ("assertRaisesRegexp", "assertRaisesRegex"), ("assertRegexpMatches", "assertRegex"), ("failUnless", "assertTrue"),
    ("assertNotRegexpMatches", "assertNotRegex"), ("assertQuerysetEqual", "assertQuerySetEqual"),
];

/// A program in the names that were kept.
pub fn settle(mut body: Vec<Stmt>) -> Vec<Stmt> {
    let mut alter = Alter {
        node: &mut |node| match &mut node.kind {
            Kind::Member { object, name, .. } if object.kind == Kind::Const("this".into()) => {
                if let Some((_, kept)) = OF_TEST_CASE.iter().find(|(other, _)| other == name) {
                    *name = (*kept).to_owned();
                }
            }
            Kind::Call { .. } => {
                act_by_locator(node);
                let Kind::Call { callee, .. } = &mut node.kind else { return };
                switch(callee);
                if let Some(other) = answer(node) {
                    *node = other;
                } else if let Kind::Call { args, .. } = &mut node.kind
                    && let Some(Node { kind: Kind::Object(entries), .. }) = args.last_mut()
                {
                    sends_json(entries);
                }
            }
            _ => {}
        },
        stmt: &mut |stmt| match &mut stmt.kind {
            StmtKind::Decl { init: Some(init), .. } => {
                if let Some(alert) = waited_alert(init) {
                    *init = alert;
                }
            }
            StmtKind::Expr(node) => stmt.kind = raising(node).unwrap_or_else(|| StmtKind::Expr(node.clone())),
            // `import mock` is `from unittest import mock`.
            StmtKind::Import(import) if import.source == "mock" => match import.names.as_mut_slice() {
                [(name, _)] if name == "*" => (import.source, *name) = ("unittest".into(), "mock".into()),
                _ => import.source = "unittest.mock".into(),
            },
            _ => {}
        },
    };
    alter.body(&mut body);
    body
}

/// The alert that `WebDriverWait(driver, 10).until(EC.alert_is_present())` gives: `driver.switch_to.alert`.
/// <https://www.selenium.dev/selenium/docs/api/py/webdriver_support/selenium.webdriver.support.expected_conditions.html>
fn waited_alert(init: &Node) -> Option<Node> {
    let chain = Chain::of(init);
    let (["WebDriverWait", "until"], Some([driver, ..]), Some([condition])) =
        (&chain.names()[..], chain.called("WebDriverWait"), chain.called("until"))
    else {
        return None;
    };
    let waits = Chain::of(condition).last().is_some_and(|link| link.name == "alertIsPresent");
    waits.then(|| driver.member("switchTo").member("alert"))
}

/// `self.assertRaises(Error, parse, text)` as `with self.assertRaises(Error): parse(text)`.
fn raising(node: &Node) -> Option<StmtKind> {
    let Kind::Call { callee, args, .. } = &node.kind else { return None };
    let expected = match Chain::of(callee).names()[..] {
        ["this", "assertRaises"] | ["pytest", "raises"] => 1,
        ["this", "assertRaisesRegex"] => 2,
        _ => return None,
    };
    let (expected, [called, given @ ..]) = args.split_at_checked(expected)? else { return None };
    let body = match &called.kind {
        Kind::Object(_) => return None,
        Kind::Fn(func) if given.is_empty() && func.params.is_empty() => match &func.body[..] {
            [Stmt { kind: StmtKind::Return(Some(value)), .. }] => value.clone(),
            _ => return None,
        },
        _ => called.called(given),
    };
    let line = node.line;
    let body = vec![Stmt { kind: StmtKind::Expr(body), line, end: line }];
    Some(StmtKind::With { items: vec![callee.called(expected)], body })
}

/// `switch_to_frame` as `switch_to.frame`
fn switch(callee: &mut Node) {
    let Kind::Member { object, name, .. } = &mut callee.kind else { return };
    const OWN: [&str; 5] = ["Alert", "Frame", "Window", "DefaultContent", "ActiveElement"];
    if let Some(what) = name.strip_prefix("switchTo").filter(|what| OWN.contains(what)) {
        let what = what[..1].to_ascii_lowercase() + &what[1..];
        *callee = object.member("switchTo").member(&what);
    }
}

/// `json.loads(response.data)` and `response.get_json()` as `response.json()`, `response.get_data()` as `response.data`.
fn answer(node: &Node) -> Option<Node> {
    let Kind::Call { callee, args, .. } = &node.kind else { return None };
    let Kind::Member { object, name, .. } = &callee.kind else { return None };
    let as_text =
        |arg: &Node| matches!(&arg.kind, Kind::Object(entries) if entries.iter().all(|(key, _)| key == "asText"));
    match (name.as_str(), args.as_slice()) {
        ("alert" | "activeElement", []) if Chain::of(object).last()?.name == "switchTo" => Some((**callee).clone()),
        ("getJson", []) => Some(object.member("json").called(&[])),
        ("getData", rest) if rest.iter().all(as_text) => Some(object.member("data")),
        ("loads", [Node { kind: Kind::Member { object: response, name, .. }, .. }]) => (object.ident() == Some("json")
            && matches!(name.as_str(), "data" | "text" | "content"))
        .then(|| response.member("json").called(&[])),
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
