//! What the matchers of Jest, Vitest and Cypress say in several ways, in the one that the linters prefer:
//! `expect(a.length).toBe(3)` is `expect(a).toHaveLength(3)`. So, too, what is read of an element, or entered in one, and
//! what an answer says of itself.

use super::super::asking::acts;
use super::super::chain::Chain;
use super::super::ir::alter::Alter;
use super::super::ir::{Func, Kind, Node, Stmt, StmtKind};
use super::cypress;

/// A subject, a matcher, its arguments, and whether it denies what it did not.
type Reworded = (Node, &'static str, Vec<Node>, bool);

/// A program in the words that are preferred.
pub fn settle(mut body: Vec<Stmt>) -> Vec<Stmt> {
    cypress::ask_by_alias(&mut body);
    let mut in_stmt = |stmt: &mut Stmt| {
        cypress::part_steps(stmt);
        cypress::leave_scope(stmt);
        cypress::find_again(stmt);
        read_before(stmt);
        enter_by_value(stmt);
    };
    Alter { node: &mut reword, stmt: &mut in_stmt }.body(&mut body);
    body
}

/// `await expect.poll(() => { const a = f(); return a.b; }).toBe(c)` with what is read in it before it.
fn read_before(stmt: &mut Stmt) {
    let line = stmt.line;
    let StmtKind::Expr(Node { kind: Kind::Await(asserted), .. }) = &mut stmt.kind else { return };
    let Some(func) = polling(asserted).filter(|func| func.params.is_empty() && func.body.len() > 1) else { return };
    let is_last = |at: usize| at + 1 == func.body.len();
    let reads = |(at, stmt): (usize, &Stmt)| match &stmt.kind {
        StmtKind::Decl { .. } => !is_last(at),
        StmtKind::Return(Some(_)) => is_last(at),
        _ => false,
    };
    if !func.body.iter().enumerate().all(reads) || func.body.iter().any(|stmt| stmt.exprs().into_iter().any(acts)) {
        return;
    }
    let last = func.body.len() - 1;
    let mut body: Vec<Stmt> = func.body.drain(..last).collect();
    let end = stmt.end;
    let mut asserted = Stmt { kind: std::mem::replace(&mut stmt.kind, StmtKind::Block(Vec::new())), line, end };
    Alter { node: &mut reword, stmt: &mut |_| {} }.body(std::slice::from_mut(&mut asserted));
    body.push(asserted);
    stmt.kind = StmtKind::Block(body);
}

/// The function in `expect.poll(() => …).toBe(…)`.
fn polling(node: &mut Node) -> Option<&mut Func> {
    match &mut node.kind {
        Kind::Call { callee, args, .. } if Chain::of(callee).names() == ["expect", "poll"] => {
            match args.first_mut().map(|arg| &mut arg.kind) {
                Some(Kind::Fn(func)) => Some(func),
                _ => None,
            }
        }
        Kind::Call { callee: inner, .. } | Kind::Member { object: inner, .. } => polling(inner),
        _ => None,
    }
}

/// `page.$eval('#a', (el) => el.textContent)` as `page.locator('#a').textContent()`.
fn read_by_locator(node: &mut Node) {
    let Kind::Call { callee, args, optional: false } = &node.kind else { return };
    let (Kind::Member { object, name, .. }, [selector, Node { kind: Kind::Fn(func), .. }]) =
        (&callee.kind, args.as_slice())
    else {
        return;
    };
    let ([Node { kind: Kind::Ident(element), .. }], [only]) = (func.params.as_slice(), func.body.as_slice()) else {
        return;
    };
    let StmtKind::Return(Some(value)) = &only.kind else { return };
    if let ("$$eval", Some(reader)) = (name.as_str(), read_of_each(value, element))
        && selector.string().is_some()
    {
        *node = object.member("locator").called(std::slice::from_ref(selector)).member(reader).called(&[]);
        return;
    }
    let Kind::Member { object: read, name: part, .. } = &value.kind else { return };
    let reader = match (name.as_str(), part.as_str()) {
        ("$eval", "textContent" | "innerText") => part.as_str(),
        ("$eval", "value") => "inputValue",
        ("$$eval", "length") => "count",
        _ => return,
    };
    if selector.string().is_some() && read.ident() == Some(element) {
        let found = object.member("locator").called(std::slice::from_ref(selector));
        *node = found.member(reader).called(&[]);
    }
}

/// What gives the texts in `elements.map((element) => element.textContent)`.
fn read_of_each(value: &Node, elements: &str) -> Option<&'static str> {
    let Kind::Call { callee, args, .. } = &value.kind else { return None };
    let [Node { kind: Kind::Fn(func), .. }] = args.as_slice() else { return None };
    let ([Node { kind: Kind::Ident(each), .. }], [Stmt { kind: StmtKind::Return(Some(read)), .. }]) =
        (func.params.as_slice(), func.body.as_slice())
    else {
        return None;
    };
    let maps = Chain::of(callee).names() == [elements, "map"];
    match Chain::of(read).names()[..] {
        [of, "textContent"] if maps && of == each => Some("allTextContents"),
        [of, "innerText"] if maps && of == each => Some("allInnerTexts"),
        _ => None,
    }
}

/// `cy.get('#a').then(($a) => expect($a.text()).to.equal('b'))` as `cy.get('#a').should('have.text', 'b')`, which says the
/// same until it holds.
fn ask_element(node: &mut Node) {
    let Kind::Call { callee, args, optional: false } = &node.kind else { return };
    let (Kind::Member { object, name, .. }, [Node { kind: Kind::Fn(func), .. }]) = (&callee.kind, args.as_slice())
    else {
        return;
    };
    let ([element], "then" | "should", "cy") = (func.params.as_slice(), name.as_str(), Chain::of(object).root()) else {
        return;
    };
    let claims = func.body.iter().map(|stmt| said_of(element, stmt)).collect::<Option<Vec<_>>>();
    let Some(claims) = claims.filter(|claims| !claims.is_empty()) else { return };
    let mut asked = (**object).clone();
    if let [Said { within: Some(selector), .. }] = claims.as_slice() {
        asked = asked.member("find").called(std::slice::from_ref(selector));
    } else if claims.iter().any(|said| said.within.is_some()) {
        return;
    }
    for (at, Said { claim, value, .. }) in claims.into_iter().enumerate() {
        let claim = Node::new(Kind::Str(claim.to_owned()), value.line);
        asked = asked.member(if at == 0 { "should" } else { "and" }).called(&[claim, value]);
    }
    *node = asked;
}

/// What is said of an element of jQuery, or of what a selector finds within it.
struct Said {
    within: Option<Node>,
    claim: &'static str,
    value: Node,
}

/// What a statement says of the text, the value or the number of an element of jQuery.
fn said_of(element: &Node, stmt: &Stmt) -> Option<Said> {
    let (StmtKind::Expr(said) | StmtKind::Return(Some(said))) = &stmt.kind else { return None };
    let chain = Chain::of(said);
    let [expect, to, matcher] = chain.links.as_slice() else { return None };
    let ("expect", Some([read]), "to", None) = (expect.name, expect.args, to.name, to.args) else { return None };
    let [value] = matcher.args? else { return None };
    if value.any(&mut |part| part == element) {
        return None;
    }
    let said = |within, claim| Some(Said { within, claim, value: value.clone() });
    match &read.kind {
        Kind::Call { callee, args, optional: false } => {
            let Kind::Member { object, name, .. } = &callee.kind else { return None };
            let claim = match (name.as_str(), matcher.name) {
                ("text", "equal" | "eq") => "have.text",
                ("text", "contain" | "include") => "contain.text",
                ("val", "equal" | "eq") => "have.value",
                _ => return None,
            };
            if args.is_empty() && **object == *element { said(None, claim) } else { None }
        }
        // Nothing is found as soon as there is nothing.
        Kind::Member { object, name, optional: false } if name == "length" && value.number()? > 0.0 => {
            let ("equal" | "eq", Kind::Call { callee, args, .. }) = (matcher.name, &object.kind) else { return None };
            let finds =
                matches!(&callee.kind, Kind::Member { object, name, .. } if name == "find" && **object == *element);
            let [selector] = args.as_slice() else { return None };
            if finds { said(Some(selector.clone()), "have.length") } else { None }
        }
        _ => None,
    }
}

/// `page.click('#a')` as `page.locator('#a').click()`. <https://playwright.dev/docs/api/class-page#page-click>
pub fn act_by_locator(node: &mut Node) {
    #[rustfmt::skip]
    const ACTS: [&str; 23] = [
        "click", "dblclick", "tap", "fill", "type", "press", "check", "uncheck", "setChecked", "selectOption", "hover",
        "focus", "setInputFiles", "textContent", "innerText", "innerHTML", "inputValue", "getAttribute", "isVisible",
        "isHidden", "isChecked", "isEnabled", "isDisabled",
    ];
    let Kind::Call { callee, args, optional: false } = &node.kind else { return };
    let (Kind::Member { object, name, optional: false }, [selector, rest @ ..]) = (&callee.kind, args.as_slice())
    else {
        return;
    };
    let of_page = match &object.kind {
        Kind::Ident(name) => matches!(name.as_str(), "page" | "frame" | "popup"),
        Kind::Member { object, name, .. } => name == "page" && object.kind == Kind::Const("this".into()),
        _ => false,
    };
    let is_selector = matches!(selector.kind, Kind::Str(_) | Kind::Template(_) | Kind::Ident(_) | Kind::Member { .. });
    if of_page && is_selector && ACTS.contains(&name.as_str()) {
        *node = object.member("locator").called(std::slice::from_ref(selector)).member(name).called(rest);
    }
}

/// `document.querySelector('#a').value = 'b'`, as a step that enters it.
fn enter_by_value(stmt: &mut Stmt) {
    let StmtKind::Decl { target, init: Some(value), .. } = &stmt.kind else { return };
    let Kind::Member { object, name, .. } = &target.kind else { return };
    let finds = matches!(Chain::of(object).names()[..], ["document", "querySelector" | "getElementById"]);
    if finds && name == "value" && matches!(object.kind, Kind::Call { .. }) {
        stmt.kind = StmtKind::Expr(object.member("setValue").called(std::slice::from_ref(value)));
    }
}

/// `{ ok: true, json: async () => … }` without what goes without saying of an answer.
/// <https://developer.mozilla.org/en-US/docs/Web/API/Response>
fn answer_well(entries: &mut Vec<(String, Node)>) {
    let reads =
        |(key, value): &(String, Node)| matches!(key.as_str(), "json" | "text") && matches!(value.kind, Kind::Fn(_));
    if entries.iter().any(reads) {
        entries.retain(|(key, value)| match key.as_str() {
            "ok" => value.kind != Kind::Const("true".into()),
            "status" => value.number() != Some(200.0),
            _ => true,
        });
    }
}

fn reword(node: &mut Node) {
    if let Kind::Object(entries) = &mut node.kind {
        answer_well(entries);
    }
    if let Kind::Fn(func) = &mut node.kind {
        cypress::watch_before(&mut func.body);
        cypress::ask_at_once(&mut func.body);
        cypress::spell_out(&mut func.body);
    }
    act_by_locator(node);
    ask_element(node);
    read_by_locator(node);
    cypress::intercept(node);
    cypress::find_by_xpath(node);
    cypress::read_part(node);
    let Kind::Call { callee, args, optional: false } = &mut node.kind else { return };
    let Kind::Member { object, name, .. } = &mut callee.kind else { return };
    let (mut expect, mut denies) = ((**object).clone(), false);
    if let Kind::Member { object, name, .. } = &expect.kind
        && name == "not"
    {
        (expect, denies) = ((**object).clone(), true);
    }
    let Some(subject) = subject_of(&mut expect) else { return };
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

/// What is asserted in `expect(value)` and in `expect.poll(() => value)`.
fn subject_of(expect: &mut Node) -> Option<&mut Node> {
    let Kind::Call { callee, args, .. } = &mut expect.kind else { return None };
    if callee.ident() == Some("expect") {
        return if args.len() == 1 { args.first_mut() } else { None };
    }
    if Chain::of(callee).names() != ["expect", "poll"] {
        return None;
    }
    match args.first_mut() {
        Some(Node { kind: Kind::Fn(func), .. }) => match func.body.as_mut_slice() {
            [Stmt { kind: StmtKind::Return(Some(value)), .. }] => Some(value),
            _ => None,
        },
        _ => None,
    }
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
