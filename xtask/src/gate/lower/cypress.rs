//! What Cypress lets a test say in several ways, in one: what is done `within` an element is done to what is found in it,
//! what has an alias or a name is what it was found by, what is only watched is watched before the page is opened, and
//! `cy.route` is the `cy.intercept` that took its place.
//! <https://docs.cypress.io/api/commands/within>
//! <https://docs.cypress.io/guides/references/migration-guide#Migrating-cyroute-to-cyintercept>

use super::super::chain::{Chain, Link};
use super::super::differ::leaves;
use super::super::ir::alter::Alter;
use super::super::ir::{Kind, Node, Stmt, StmtKind};
use super::super::words::finds;
use super::plain::of_origin;

/// `cy.get('form').within(() => { cy.get('a').click(); })` as a block with `cy.get('form').find('a').click()`.
pub fn leave_scope(stmt: &mut Stmt) {
    let StmtKind::Expr(node) = &stmt.kind else { return };
    let Some((scope, body)) = scoped(node) else { return };
    let mut scope = scope.clone();
    climb(&mut scope);
    let mut body = body.to_vec();
    if let Some(last) = body.last_mut()
        && let StmtKind::Return(Some(value)) = &last.kind
    {
        last.kind = StmtKind::Expr(value.clone());
    }
    if body.is_empty() || leaves(&body) {
        return;
    }
    Alter { node: &mut |node| find_in(node, &scope), stmt: &mut |_| {} }.body(&mut body);
    stmt.kind = StmtKind::Block(body);
}

/// `cy.contains('li', 'a').then(($a) => { cy.wrap($a).click(); })` as a block with `cy.contains('li', 'a').click()`: where
/// one thing is found by what it says, it is the same one as long as there is one.
pub fn find_again(stmt: &mut Stmt) {
    let StmtKind::Expr(node) = &stmt.kind else { return };
    let Some((found, body)) = held(node) else { return };
    let (found, mut body) = (found.clone(), body.to_vec());
    let Some(element) = held_as(node).map(str::to_owned) else { return };
    let mut find = |node: &mut Node| {
        let wraps = |node: &Node| match &node.kind {
            Kind::Call { args, .. } => {
                Chain::of(node).names() == ["cy", "wrap"]
                    && matches!(args.as_slice(), [only] if only.ident() == Some(&element))
            }
            _ => false,
        };
        if wraps(node) {
            node.kind = found.kind.clone();
        }
    };
    Alter { node: &mut find, stmt: &mut |_| {} }.body(&mut body);
    let still = body.iter().any(|stmt| stmt.any(&mut |node| node.ident() == Some(&element)));
    if !body.is_empty() && !leaves(&body) && !still {
        stmt.kind = StmtKind::Block(body);
    }
}

/// `cy.visit('/a'); cy.intercept('GET', '/api').as('b');` the other way round: what is only watched has to be watched before it
/// is asked for, and is no other for it. <https://docs.cypress.io/api/commands/intercept>
pub fn watch_before(body: &mut [Stmt]) {
    fn chain(stmt: &Stmt) -> Option<Chain<'_>> {
        match &stmt.kind {
            StmtKind::Expr(node) => Some(Chain::of(node)).filter(|chain| chain.root() == "cy"),
            _ => None,
        }
    }
    let visits = |stmt: &Stmt| chain(stmt).is_some_and(|chain| chain.names() == ["cy", "visit"]);
    let watches = |stmt: &Stmt| {
        let text = |arg: &Node| matches!(arg.kind, Kind::Str(_) | Kind::Regex(_) | Kind::Template(_));
        chain(stmt).is_some_and(|chain| {
            chain.names() == ["cy", "intercept", "as"]
                && chain.called("intercept").is_some_and(|args| args.len() < 3 && args.iter().all(text))
        })
    };
    for at in (1..body.len()).rev() {
        if watches(&body[at]) && visits(&body[at - 1]) {
            let spies = body[at..].iter().take_while(|stmt| watches(stmt)).count();
            body[at - 1..at + spies].rotate_left(1);
        }
    }
}

/// `cy.get('@player')` of `cy.get('audio-player').shadow().as('player')` as `cy.get('audio-player').shadow()`, where the
/// program gives the alias once: it is queried again whenever it is asked for.
/// <https://docs.cypress.io/api/commands/as#Alias-a-DOM-element>
pub fn ask_by_alias(body: &mut [Stmt]) {
    let mut given: Vec<(String, Node)> = Vec::new();
    let mut times: Vec<String> = Vec::new();
    let mut see = |node: &Node| {
        let Kind::Call { callee, args, .. } = &node.kind else { return };
        let Kind::Member { object, name, .. } = &callee.kind else { return };
        let ("as", Some(alias)) = (name.as_str(), args.first().and_then(Node::string)) else { return };
        times.push(alias.to_owned());
        let chain = Chain::of(object);
        let plain = |args: &[Node]| args.iter().all(|arg| matches!(arg.kind, Kind::Str(_) | Kind::Num(_)));
        let finds = |link: &Link| finds("cy", link.name) && link.args.is_some_and(plain);
        let alone =
            args.len() == 1 && chain.root() == "cy" && chain.links.len() > 1 && chain.links[1..].iter().all(finds);
        let of_alias =
            chain.links.get(1).and_then(|link| link.args?.first()?.string()).is_some_and(|at| at.starts_with('@'));
        if alone && !of_alias {
            given.push((format!("@{alias}"), (**object).clone()));
        }
    };
    body.iter().for_each(|stmt| stmt.walk(&mut see));
    given.retain(|(alias, _)| times.iter().filter(|other| **other == alias[1..]).count() == 1);
    if given.is_empty() {
        return;
    }
    let mut put = |node: &mut Node| {
        let Kind::Call { args, .. } = &node.kind else { return };
        if let [alias] = args.as_slice()
            && Chain::of(node).names() == ["cy", "get"]
            && let Some((_, found)) = given.iter().find(|(name, _)| alias.string() == Some(name))
        {
            node.kind = found.kind.clone();
        }
    };
    Alter { node: &mut put, stmt: &mut |_| {} }.body(body);
}

/// `const row = () => cy.get('tr'); row().click();` as `cy.get('tr').click()`, in the body of one function.
pub fn ask_at_once(body: &mut Vec<Stmt>) {
    let asks = |stmt: &Stmt| {
        let StmtKind::Decl { target, init: Some(Node { kind: Kind::Fn(func), .. }), .. } = &stmt.kind else {
            return None;
        };
        let [Stmt { kind: StmtKind::Return(Some(found)), .. }] = func.body.as_slice() else { return None };
        let chain = Chain::of(found);
        let only_finds = chain.root() == "cy" && chain.links[1..].iter().all(|link| finds("cy", link.name));
        let name = target.ident().filter(|_| func.params.is_empty() && only_finds && chain.links.len() > 1)?;
        Some((name.to_owned(), found.clone()))
    };
    for (name, found) in body.iter().filter_map(asks).collect::<Vec<_>>() {
        let is_it = |node: &Node| node.ident() == Some(&name);
        let calls = |node: &Node| match &node.kind {
            Kind::Call { callee, args, .. } => is_it(callee) && args.is_empty(),
            _ => false,
        };
        let count = |test: &dyn Fn(&Node) -> bool| {
            let mut times = 0;
            body.iter().for_each(|stmt| stmt.walk(&mut |node| times += usize::from(test(node))));
            times
        };
        // Once where it is declared.
        if count(&is_it) != count(&calls) + 1 {
            continue;
        }
        body.retain(|stmt| asks(stmt).is_none_or(|(other, _)| other != name));
        let mut put = |node: &mut Node| {
            if calls(node) {
                node.kind = found.kind.clone();
            }
        };
        Alter { node: &mut put, stmt: &mut |_| {} }.body(body);
    }
}

/// `const args = { name: Cypress.env('name') }` in the body of one function, where a name stands for it: what is handed over
/// to another origin, and what the environment gives.
pub fn spell_out(body: &mut Vec<Stmt>) {
    let of_environment = |node: &Node| {
        matches!(&node.kind, Kind::Call { args, .. } if Chain::of(node).names() == ["Cypress", "env"]
            && matches!(args.as_slice(), [name] if !matches!(name.kind, Kind::Object(_))))
    };
    let is_plain = |node: &Node| match &node.kind {
        Kind::Object(entries) => !entries.is_empty() && entries.iter().all(|(_, value)| of_environment(value)),
        _ => of_environment(node),
    };
    let named = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Decl { target, init: Some(value), .. } if is_plain(value) => {
            Some((target.ident()?.to_owned(), value.clone()))
        }
        _ => None,
    };
    let known: Vec<(String, Node)> = body.iter().filter_map(named).collect();
    if known.is_empty() {
        return;
    }
    let mut put = |node: &mut Node| {
        if let Some((_, value)) = known.iter().find(|(name, _)| node.ident() == Some(name)) {
            node.kind = value.kind.clone();
        }
    };
    let mut alter = Alter { node: &mut put, stmt: &mut |_| {} };
    body.retain(|stmt| named(stmt).is_none());
    alter.body(body);
    for stmt in body {
        if let StmtKind::Expr(node) = &stmt.kind
            && let Some((goes, rest)) = of_origin(node)
        {
            let goes = Stmt { kind: StmtKind::Expr(goes), line: stmt.line, end: stmt.line };
            stmt.kind = StmtKind::Block(std::iter::once(goes).chain(rest).collect());
        }
    }
}

/// The name in `then(($a) => …)`.
fn held_as(node: &Node) -> Option<&str> {
    let Kind::Call { args, .. } = &node.kind else { return None };
    match args.as_slice() {
        [Node { kind: Kind::Fn(func), .. }] => match func.params.as_slice() {
            [only] => only.ident(),
            _ => None,
        },
        _ => None,
    }
}

/// The element and the statements of a `then` on what is found by its text or its own attribute, not by its place.
fn held(node: &Node) -> Option<(&Node, &[Stmt])> {
    let Kind::Call { callee, args, optional: false } = &node.kind else { return None };
    let Kind::Member { object, name, optional: false } = &callee.kind else { return None };
    let [Node { kind: Kind::Fn(func), .. }] = args.as_slice() else { return None };
    let chain = Chain::of(object);
    let finds = |name: &str| matches!(name, "get" | "find" | "contains" | "closest" | "parents" | "parent");
    let only_finds = chain.root() == "cy" && chain.links[1..].iter().all(|link| finds(link.name));
    (name == "then" && only_finds && !func.is_async).then_some((object, &func.body))
}

/// `cy.get('a').clear().type('b').should('have.value', 'b')` as a block with a statement for each step, and one for what is
/// asserted after it.
pub fn part_steps(stmt: &mut Stmt) {
    #[rustfmt::skip]
    const STEPS: [&str; 12] = [
        "clear", "type", "click", "dblclick", "rightclick", "check", "uncheck", "select", "selectFile", "focus", "blur",
        "scrollIntoView",
    ];
    let (line, end) = (stmt.line, stmt.end);
    let StmtKind::Expr(node) = &stmt.kind else { return };
    let mut links: Vec<(&str, &[Node])> = Vec::new();
    let mut root = node;
    while let Kind::Call { callee, args, optional: false } = &root.kind
        && let Kind::Member { object, name, optional: false } = &callee.kind
    {
        links.push((name, args));
        root = object;
    }
    links.reverse();
    let claims = |name: &str| matches!(name, "should" | "and");
    let known = |(name, args): &(&str, &[Node])| {
        let plain = !args.iter().any(|arg| matches!(arg.kind, Kind::Fn(_)));
        plain && (STEPS.contains(name) || claims(name) || finds("cy", name))
    };
    let acts = links.iter().position(|(name, _)| STEPS.contains(name));
    if root.ident() != Some("cy") || links.len() < 3 || !links.iter().all(known) || acts.is_none_or(|at| at == 0) {
        return;
    }
    let mut parts: Vec<Node> = Vec::new();
    let mut found = root.clone();
    let mut is_claim = false;
    let mut is_told = true;
    for (name, args) in links {
        if STEPS.contains(&name) || claims(name) {
            let on = if claims(name) && is_claim { parts.pop() } else { None };
            let name = if claims(name) && !is_claim { "should" } else { name };
            parts.push(on.unwrap_or_else(|| found.clone()).member(name).called(args));
            is_told = true;
        } else {
            found = found.member(name).called(args);
            is_told = false;
        }
        is_claim = claims(name);
    }
    // What is found in the end is there.
    parts.extend((!is_told).then_some(found));
    parts.iter_mut().for_each(climb);
    // What is found from there on is of the element that the step was taken on.
    let climbs = |name: &&str| matches!(*name, "parent" | "parents" | "closest" | "siblings" | "next" | "prev");
    if parts.iter().skip(1).any(|part| Chain::of(part).names().iter().any(climbs)) {
        return;
    }
    stmt.kind = StmtKind::Block(parts.into_iter().map(|part| Stmt { kind: StmtKind::Expr(part), line, end }).collect());
}

/// What `cy.wait('@saved')` gave of a route, as of the interception that took its place: `its('url')`, `its('status')`.
/// `cy.get('iframe').its('0.contentDocument.body').should('not.be.empty').then(cy.wrap)` finds what is in the frame.
pub fn read_part(node: &mut Node) {
    let Kind::Call { callee, args, .. } = &mut node.kind else { return };
    let Kind::Member { object, name, .. } = &mut callee.kind else { return };
    match (name.as_str(), args.as_mut_slice()) {
        ("its", [part]) if Chain::of(object).names() == ["cy", "wait"] => {
            let by_name = match part.string() {
                Some("url" | "xhr.url") => "request.url",
                Some("status" | "xhr.status") => "response.statusCode",
                Some("requestBody") => "request.body",
                Some("responseBody") => "response.body",
                _ => return,
            };
            part.kind = Kind::Str(by_name.to_owned());
        }
        ("then", [wrap]) if Chain::of(wrap).names() == ["cy", "wrap"] => {
            let body = without_claims(object);
            if let Kind::Call { callee, args, .. } = &body.kind
                && let Kind::Member { object: frame, name, .. } = &callee.kind
                && name == "its"
                && matches!(args.as_slice(), [part] if part.string() == Some("0.contentDocument.body"))
            {
                *node = frame.member("contentFrame").called(&[]);
            }
        }
        _ => {}
    }
}

/// A chain without the claims at its end that something is there.
fn without_claims(node: &Node) -> &Node {
    let Kind::Call { callee, args, .. } = &node.kind else { return node };
    let Kind::Member { object, name, .. } = &callee.kind else { return node };
    let is_there =
        matches!(args.as_slice(), [claim] if matches!(claim.string(), Some("not.be.empty" | "exist" | "be.visible")));
    if name == "should" && is_there { without_claims(object) } else { node }
}

/// `cy.contains('tr', 'a').find('select').closest('tr')` is `cy.contains('tr', 'a')`, and so is
/// `cy.get('tr').contains('a').closest('tr')`.
fn climb(node: &mut Node) {
    Alter { node: &mut back_to, stmt: &mut |_| {} }.in_node(node);
}

fn back_to(node: &mut Node) {
    let Kind::Call { callee, args, .. } = &node.kind else { return };
    let Kind::Member { object, name, .. } = &callee.kind else { return };
    let [tag] = args.as_slice() else { return };
    let Some(tag) = tag.string().filter(|_| matches!(name.as_str(), "closest" | "parents")) else { return };
    let (mut found, mut text) = (&**object, None);
    while let Kind::Call { callee, args, .. } = &found.kind
        && let Kind::Member { object, name, .. } = &callee.kind
    {
        let selector = args.first().and_then(Node::string).unwrap_or_default();
        let last = selector.rsplit(' ').next().unwrap_or_default();
        match (name.as_str(), args.as_slice(), text) {
            ("get" | "find", _, None) | ("contains", [_, _], None) if last == tag => {
                *node = found.clone();
                return;
            }
            ("get" | "find", [all], Some(text)) if last == tag => {
                *node = object.member("contains").called(&[all.clone(), Node::clone(text)]);
                return;
            }
            // There is hardly more than one of them.
            ("contains", [_], None) if matches!(tag, "table" | "form" | "main" | "body" | "ul" | "ol" | "tbody") => {}
            ("contains", [only], None) => text = Some(only),
            ("find" | "first", ..) => {}
            _ => return,
        }
        found = object;
    }
}

/// The element and the statements of a `within`, if it finds the element and does nothing else.
fn scoped(node: &Node) -> Option<(&Node, &[Stmt])> {
    let Kind::Call { callee, args, optional: false } = &node.kind else { return None };
    let Kind::Member { object, name, optional: false } = &callee.kind else { return None };
    let [.., Node { kind: Kind::Fn(func), .. }] = args.as_slice() else { return None };
    let chain = Chain::of(object);
    let only_finds = chain.root() == "cy" && chain.links[1..].iter().all(|link| finds("cy", link.name));
    (name == "within" && only_finds && func.params.is_empty() && !func.is_async).then_some((object, &func.body))
}

/// `cy.get('a')` in the scope of an element. What has an alias is found wherever it is.
fn find_in(node: &mut Node, scope: &Node) {
    let Kind::Call { callee, args, .. } = &mut node.kind else { return };
    let Kind::Member { object, name, .. } = &mut callee.kind else { return };
    let aliased = args.first().and_then(Node::string).is_some_and(|selector| selector.starts_with('@'));
    if object.ident() != Some("cy") || !matches!(name.as_str(), "get" | "contains") || aliased {
        return;
    }
    **object = scope.clone();
    if name == "get" {
        *name = "find".to_owned();
    }
}

/// The `cy.xpath('//a')` of a plugin as `cy.get('//a')`, and behind another query as `find`.
/// <https://github.com/cypress-io/cypress/tree/develop/npm/xpath>
pub fn find_by_xpath(node: &mut Node) {
    let Kind::Call { callee, .. } = &mut node.kind else { return };
    if let Kind::Member { object, name, optional: false } = &mut callee.kind
        && name == "xpath"
        && Chain::of(object).root() == "cy"
    {
        *name = if object.ident() == Some("cy") { "get" } else { "find" }.to_owned();
    }
}

/// `cy.route('GET', '/api', 'fixture:a.json')` as `cy.intercept('GET', '/api', { fixture: 'a.json' })`.
pub fn intercept(node: &mut Node) {
    let Kind::Call { callee, args, .. } = &mut node.kind else { return };
    let Kind::Member { object, name, .. } = &mut callee.kind else { return };
    if object.ident() != Some("cy") || name != "route" {
        return;
    }
    *name = "intercept".to_owned();
    if let [Node { kind: Kind::Object(entries), line }] = args.as_slice() {
        let line = *line;
        let of = |key: &str| entries.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
        let known = ["method", "url", "status", "response"];
        let Some(url) = of("url").filter(|_| entries.iter().all(|(key, _)| known.contains(&key.as_str()))) else {
            return;
        };
        let answer = [("statusCode", of("status")), ("body", of("response"))];
        let answer: Vec<(String, Node)> =
            answer.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
        let answer = (!answer.is_empty()).then(|| Node::new(Kind::Object(answer), line));
        *args = of("method").into_iter().chain([url]).chain(answer).collect();
    } else if let [_, .., answer] = args.as_mut_slice()
        && let Some(path) = answer.string().and_then(|text| text.strip_prefix("fixture:").or(text.strip_prefix("fx:")))
    {
        let path = Node::new(Kind::Str(path.to_owned()), answer.line);
        answer.kind = Kind::Object(vec![("fixture".to_owned(), path)]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::differ::flatten;
    use super::super::{Language, parse};

    #[test]
    fn what_is_done_within_an_element_is_done_to_what_is_found_in_it() {
        let cases = [
            ("cy.get('form').within(() => { cy.get('a').click(); })", "cy.get('form').find('a').click()", true),
            ("cy.get('a').first().within(() => cy.contains('b'))", "cy.get('a').first().contains('b')", true),
            (
                "cy.get('a').within(() => { cy.get('b').within(() => { cy.get('c').click() }) })",
                "cy.get('a').find('b').find('c').click()",
                true,
            ),
            ("cy.get('a').within(() => { cy.wait('@saved') })", "cy.wait('@saved')", true),
            (
                "cy.get('a').within(() => { if (b) return; cy.get('c') })",
                "if (b) { return }\ncy.get('a').find('c')",
                false,
            ),
            ("cy.get('a').within(($a) => { cy.get('c') })", "cy.get('a').find('c')", false),
            (
                "cy.get('tr').contains('a').closest('tr').find('b').click()",
                "cy.contains('tr', 'a').find('b').click()",
                true,
            ),
            (
                "cy.get('tr').contains('a').closest('tr').find('b').click()",
                "cy.get('tr').contains('c').closest('tr').find('b').click()",
                false,
            ),
            ("cy.route('GET', '/a', 'fixture:b')", "cy.intercept('GET', '/a', { fixture: 'b' })", true),
            ("cy.xpath('//a').click()", "cy.get('//a').click()", true),
            ("cy.contains('a').then(($a) => { cy.wrap($a).click() })", "cy.contains('a').click()", true),
            ("cy.get('a').first().then(($a) => { cy.wrap($a).click() })", "cy.get('a').first().click()", false),
            (
                "it('a', () => { const b = () => cy.get('b'); b().click() })",
                "it('a', () => { cy.get('b').click() })",
                true,
            ),
            ("it('a', () => { const b = () => cy.get('b'); use(b) })", "it('a', () => { use(cy.get('b')) })", false),
            ("cy.get('a').as('b'); cy.get('@b').click()", "cy.get('a').as('b'); cy.get('a').click()", true),
            (
                "cy.get('a').as('b'); cy.get('c').as('b'); cy.get('@b')",
                "cy.get('a').as('b'); cy.get('c').as('b'); cy.get('a')",
                false,
            ),
            ("cy.get('a').xpath('./b').click()", "cy.get('a').find('./b').click()", true),
            (
                "cy.route({ method: 'PUT', url: '/a', status: 500 })",
                "cy.intercept('PUT', '/a', { statusCode: 500 })",
                true,
            ),
        ];
        for (one, other, same) in cases {
            let (one_program, other_program) = (parse(Language::JavaScript, one), parse(Language::JavaScript, other));
            assert_eq!(flatten(&one_program.body) == flatten(&other_program.body), same, "{one} / {other}");
        }
    }
}
