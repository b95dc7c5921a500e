//! What a library asks to be written otherwise since a later version of it: the answers of MSW 2, the clients of
//! Starlette's applications, names that were given up. It rewrites both programs in the same words, and decides nothing else.
//!
//! Sources: <https://mswjs.io/docs/migrations/1.x-to-2.x>, <https://www.python-httpx.org/advanced/transports/>,
//! <https://fastapi.tiangolo.com/advanced/async-tests/>.

use std::collections::{BTreeMap, BTreeSet};

use super::super::chain::Chain;
use super::super::ir::alter::Alter;
use super::super::ir::{Func, Kind, Node, Program, Stmt, StmtKind, any_stmt};

/// `old_text` tells what the old program no longer does: enter the context of a client.
pub fn settle(old: &mut Program, new: &mut Program, old_text: &str) {
    if imports(old, "msw", "rest") && imports(new, "msw", "http") && !imports(new, "msw", "rest") {
        answers(old, new);
    }
    renames(old, new);
    methods_of_nose(old, new);
    waits(old, new);
    drivers(old, new);
    if !imports(old, "httpx", "ASGITransport") {
        clients(old, new, old_text.contains("with TestClient("));
    }
}

/// What only got another name: `attachFile` of a plugin became `selectFile`, which takes a path from the root of the project;
/// `@pytest.yield_fixture` became `@pytest.fixture`.
/// <https://docs.cypress.io/api/commands/selectfile>, <https://docs.pytest.org/en/stable/deprecations.html>
fn renames(old: &mut Program, new: &Program) {
    let says = |program: &Program, name: &str| {
        let is_it = |node: &Node| matches!(&node.kind, Kind::Member { name: other, .. } if other == name);
        program.body.iter().any(|stmt| stmt.any(&mut |node| is_it(node)))
    };
    let attaches = says(old, "attachFile") && !says(new, "attachFile");
    let yields = says(old, "yieldFixture") && !says(new, "yieldFixture");
    let mut rename = |node: &mut Node| match &mut node.kind {
        Kind::Call { callee, args, .. } if attaches => {
            if let (Kind::Member { name, .. }, [Node { kind: Kind::Str(path), .. }]) =
                (&mut callee.kind, args.as_mut_slice())
                && name == "attachFile"
            {
                *name = "selectFile".into();
                path.insert_str(0, "cypress/fixtures/");
            }
        }
        Kind::Member { name, .. } if yields && name == "yieldFixture" => *name = "fixture".into(),
        _ => {}
    };
    Alter { node: &mut rename, stmt: &mut |_| {} }.body(&mut old.body);
}

/// The names by which nose called what prepares each test of a class, and those of pytest.
/// <https://docs.pytest.org/en/stable/deprecations.html>
const NOSE: [(&str, &str); 2] = [("setup", "setup_method"), ("teardown", "teardown_method")];

/// The `setup` of a class as `setup_method`, where the new one has that.
fn methods_of_nose(old: &mut Program, new: &Program) {
    let named = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Func(func) => Some(func.name.clone()),
        _ => None,
    };
    let methods = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Class(class) => Some((class.name.clone(), class.body.iter().filter_map(named).collect())),
        _ => None,
    };
    let after: BTreeMap<String, BTreeSet<String>> = new.body.iter().filter_map(methods).collect();
    for stmt in &mut old.body {
        let StmtKind::Class(class) = &mut stmt.kind else { continue };
        let Some(now) = after.get(&class.name).filter(|_| class.name.starts_with("Test")) else { continue };
        for stmt in &mut class.body {
            let StmtKind::Func(func) = &mut stmt.kind else { continue };
            let renamed = |(from, to): &&(&str, &str)| func.name == *from && now.contains(*to) && !now.contains(*from);
            if let Some((_, to)) = NOSE.iter().find(renamed) {
                func.name = (*to).to_owned();
            }
        }
    }
}

/// `wait` and `waitForElement` as `waitFor`, or as what finds by waiting. <https://testing-library.com/docs/dom-testing-library/api-async/#waitfor>
fn waits(old: &mut Program, new: &Program) {
    const LIBRARY: &str = "@testing-library/react";
    let mut gone = vec!["wait", "waitForElement"];
    gone.retain(|name| imports(old, LIBRARY, name) && !imports(new, LIBRARY, name));
    if gone.is_empty() {
        return;
    }
    let finds = |name: &str| {
        let is_it = |node: &Node| matches!(&node.kind, Kind::Member { name: other, .. } if other == name);
        new.body.iter().any(|stmt| stmt.any(&mut |node| is_it(node)))
    };
    let mut wait = |node: &mut Node| {
        let Kind::Call { callee, args, .. } = &mut node.kind else { return };
        if !callee.ident().is_some_and(|name| gone.contains(&name)) {
            return;
        }
        callee.kind = Kind::Ident("waitFor".into());
        if let [Node { kind: Kind::Fn(func), .. }] = args.as_slice()
            && let [Stmt { kind: StmtKind::Return(Some(found)), .. }] = func.body.as_slice()
            && let Some(waits) = by_waiting(found).filter(|(name, _)| finds(name))
        {
            *node = waits.1;
        }
    };
    Alter { node: &mut wait, stmt: &mut |_| {} }.body(&mut old.body);
    for stmt in &mut old.body {
        if let StmtKind::Import(import) = &mut stmt.kind
            && import.source == LIBRARY
        {
            import.names.retain(|(name, _)| !gone.contains(&name.as_str()) && name != "waitFor");
            import.names.push(("waitFor".into(), "waitFor".into()));
            import.names.sort();
        }
    }
}

/// `screen.findByRole('status')` of `screen.getByRole('status')`, and its name.
fn by_waiting(found: &Node) -> Option<(String, Node)> {
    let Kind::Call { callee, args, .. } = &found.kind else { return None };
    let Kind::Member { object, name, .. } = &callee.kind else { return None };
    let name = format!("find{}", name.strip_prefix("get").filter(|by| by.contains("By"))?);
    Some((name.clone(), object.member(&name).called(args)))
}

/// How Selenium 4 starts a browser.
/// <https://www.selenium.dev/documentation/webdriver/troubleshooting/upgrade_to_selenium_4/>
fn drivers(old: &mut Program, new: &mut Program) {
    let mut by_path = false;
    let mut start = |node: &mut Node| by_path |= start_with_options(node);
    Alter { node: &mut start, stmt: &mut |_| {} }.body(&mut old.body);
    if by_path {
        Alter { node: &mut serve_by_path, stmt: &mut |_| {} }.body(&mut new.body);
    }
}

/// The keywords of `webdriver.Chrome(…)`.
fn started_with(node: &mut Node) -> Option<&mut Vec<(String, Node)>> {
    let Kind::Call { callee, args, .. } = &mut node.kind else { return None };
    let starts = matches!(Chain::of(callee).names()[..], ["webdriver", "Chrome" | "Firefox" | "Edge"]);
    match args.as_mut_slice() {
        [Node { kind: Kind::Object(entries), .. }] if starts => Some(entries),
        _ => None,
    }
}

/// `webdriver.Chrome(executable_path=path, chrome_options=options)` as `webdriver.Chrome(service=path, options=options)`;
/// whether it said a path.
fn start_with_options(node: &mut Node) -> bool {
    let Some(entries) = started_with(node) else { return false };
    let mut by_path = false;
    for (key, _) in entries.iter_mut() {
        match key.as_str() {
            "chromeOptions" | "firefoxOptions" => *key = "options".into(),
            "executablePath" => (*key, by_path) = ("service".into(), true),
            _ => {}
        }
    }
    by_path
}

/// `service=Service(path)` as `service=path`.
fn serve_by_path(node: &mut Node) {
    for (key, value) in started_with(node).into_iter().flatten().filter(|(key, _)| key == "service") {
        if let Kind::Call { callee, args, .. } = &value.kind
            && let ("service", Some("Service"), [path]) = (key.as_str(), callee.ident(), args.as_slice())
        {
            *value = path.clone();
        }
    }
}

fn imports(program: &Program, source: &str, name: &str) -> bool {
    program.body.iter().any(|stmt| names_of(stmt, source).is_some_and(|names| names.iter().any(|(one, _)| one == name)))
}

/// The names that a statement imports from a module.
fn names_of<'s>(stmt: &'s Stmt, source: &str) -> Option<&'s [(String, String)]> {
    match &stmt.kind {
        StmtKind::Import(import) if import.source == source => Some(&import.names),
        _ => None,
    }
}

/// `rest.get(url, (req, res, ctx) => res(ctx.json(value)))` as `http.get(url, () => HttpResponse.json(value))`.
fn answers(old: &mut Program, new: &mut Program) {
    let mut unknown = false;
    let mut upgrade = |node: &mut Node| {
        if let Some(func) = resolver(node, "rest") {
            unknown |= !answered_by_response(func);
        }
    };
    let mut body = old.body.clone();
    Alter { node: &mut upgrade, stmt: &mut |_| {} }.body(&mut body);
    if unknown {
        return;
    }
    let mut settle = |node: &mut Node| {
        if let Kind::Call { args, .. } | Kind::New { args, .. } = &mut node.kind
            && matches!(args.as_slice(), [_, options] if says_nothing(options))
        {
            args.pop();
        }
        if let Some(func) = resolver(node, "http") {
            takes_what_it_uses(func);
        }
    };
    Alter { node: &mut settle, stmt: &mut |_| {} }.body(&mut new.body);
    let imported = new.body.iter().find_map(|stmt| names_of(stmt, "msw")).map(<[_]>::to_vec);
    for stmt in &mut body {
        if let StmtKind::Import(import) = &mut stmt.kind
            && import.source == "msw"
            && let Some(names) = &imported
        {
            import.names.clone_from(names);
        }
    }
    old.body = body;
}

/// `{ status: 200 }`, the one that an answer has anyway.
fn says_nothing(options: &Node) -> bool {
    let Kind::Object(entries) = &options.kind else { return false };
    matches!(entries.as_slice(), [(key, value)] if key == "status" && value.number() == Some(200.0))
}

/// The function that answers requests in `rest.get(url, …)`, which is one of `http` from now on.
fn resolver<'n>(node: &'n mut Node, of: &str) -> Option<&'n mut Func> {
    let Kind::Call { callee, args, .. } = &mut node.kind else { return None };
    let Kind::Member { object, .. } = &mut callee.kind else { return None };
    let [_, Node { kind: Kind::Fn(func), .. }] = args.as_mut_slice() else { return None };
    if object.ident() != Some(of) {
        return None;
    }
    object.kind = Kind::Ident("http".into());
    Some(func)
}

/// Whether all that a function did with `req`, `res` and `ctx` could be said in the words of `HttpResponse`.
fn answered_by_response(func: &mut Func) -> bool {
    let names: Vec<String> = func.params.iter().filter_map(Node::ident).map(str::to_owned).collect();
    if names.len() != func.params.len() || names.len() > 3 {
        return false;
    }
    let name = |at: usize| names.get(at).map_or("", String::as_str);
    let (request, respond, context) = (name(0), name(1), name(2));
    let mut tell = |node: &mut Node| match &node.kind {
        Kind::Call { callee, args, .. } if callee.ident() == Some(respond) => {
            if let Some(response) = response(args, context, node.line) {
                *node = response;
            }
        }
        Kind::Member { object, name, .. } if object.ident() == Some(request) => {
            let part = Kind::Ident(if name == "params" { "params" } else { "request" }.into());
            match name.as_str() {
                "params" => node.kind = part,
                "json" | "text" | "headers" => *node = Node::new(part, node.line).member(&name.clone()),
                _ => {}
            }
        }
        _ => {}
    };
    Alter { node: &mut tell, stmt: &mut |_| {} }.body(&mut func.body);
    func.params.clear();
    let left = |node: &Node| node.ident().is_some_and(|name| names.iter().any(|other| other == name));
    takes_what_it_uses(func);
    !func.body.iter().any(|stmt| stmt.any(&mut |node| left(node)))
}

/// What `res(ctx.status(503), ctx.json(value))` gives.
fn response(parts: &[Node], context: &str, line: usize) -> Option<Node> {
    let (mut body, mut status) = (None, None);
    for part in parts {
        let Kind::Call { callee, args, .. } = &part.kind else { return None };
        let Kind::Member { object, name, .. } = &callee.kind else { return None };
        let [value] = args.as_slice() else { return None };
        match name.as_str() {
            _ if object.ident() != Some(context) => return None,
            "json" | "text" if body.is_none() => body = Some((name, value)),
            // The one that an answer has anyway.
            "status" if value.number() == Some(200.0) => {}
            "status" if status.is_none() => status = Some(value),
            _ => return None,
        }
    }
    let class = Node::new(Kind::Ident("HttpResponse".into()), line);
    let options = status.map(|status| Node::new(Kind::Object(vec![("status".into(), status.clone())]), line));
    let given = |value: Node| std::iter::once(value).chain(options.clone()).collect::<Vec<_>>();
    Some(match body {
        Some((maker, value)) => class.member(maker).called(&given(value.clone())),
        None => {
            let args = given(Node::new(Kind::Const("null".into()), line));
            Node::new(Kind::New { callee: Box::new(class), args }, line)
        }
    })
}

/// A function that answers requests takes of them what it uses, in one order; it is asynchronous if it waits.
fn takes_what_it_uses(func: &mut Func) {
    const TAKES: [&str; 3] = ["cookies", "params", "request"];
    let (mut used, mut waits) = (BTreeSet::new(), false);
    for stmt in &func.body {
        stmt.walk(&mut |node| {
            used.extend(node.ident().and_then(|name| TAKES.iter().find(|other| **other == name)).copied());
            waits |= matches!(node.kind, Kind::Await(_));
        });
    }
    let destructured = |param: &Node| match &param.kind {
        Kind::Object(entries) => {
            entries.iter().all(|(key, value)| value.ident() == Some(key) && TAKES.contains(&key.as_str()))
        }
        _ => false,
    };
    if !func.params.iter().all(destructured) {
        return;
    }
    let taken = |name: &&str| ((*name).to_owned(), Node::new(Kind::Ident((*name).into()), 1));
    func.params = match used.len() {
        0 => Vec::new(),
        _ => vec![Node::new(Kind::Object(used.iter().map(taken).collect()), 1)],
    };
    func.is_async = waits;
}

/// `AsyncClient(transport=ASGITransport(app=app), base_url="http://test")` as `AsyncClient(app=app, …)`, or as the
/// `TestClient(app)` that was in its place.
/// Whoever enters the context of a `TestClient` has the application started and stopped, which no transport does; and only a
/// `TestClient` follows where it is led.
fn clients(old: &mut Program, new: &mut Program, starts: bool) {
    let served = |program: &Program, name: &str| {
        let mut found: Option<Node> = None;
        program.body.iter().for_each(|stmt| {
            stmt.walk(&mut |node| {
                if let Kind::Call { callee, args, .. } = &node.kind
                    && Chain::of(callee).last().is_some_and(|link| link.name == name)
                    && let [app] = args.as_slice()
                    && !matches!(app.kind, Kind::Object(_) | Kind::Spread(_))
                {
                    found = Some(app.clone());
                }
            });
        });
        found
    };
    let led = new.body.iter().any(|stmt| any_stmt(std::slice::from_ref(stmt), &mut |inner| is_loose(inner)));
    let app = served(old, "TestClient").filter(|_| served(new, "TestClient").is_none() && !starts && !led);
    let maker = app.as_ref().and_then(|_| called(old, "TestClient"));
    let (mut by_transport, mut replaced) = (false, false);
    let transports = named_transports(new);
    let mut tell = |node: &mut Node| {
        let line = node.line;
        let Kind::Call { callee, args, .. } = &mut node.kind else { return };
        if Chain::of(callee).last().is_none_or(|link| link.name != "AsyncClient") {
            return;
        }
        let [Node { kind: Kind::Object(entries), .. }] = args.as_mut_slice() else { return };
        for (key, value) in entries.iter_mut().filter(|(key, _)| key == "transport") {
            let named = value.ident().and_then(|name| transports.get(name)).cloned();
            if let Some(app) = transported(value).or(named) {
                (*key, *value) = ("app".into(), app);
                by_transport = true;
            }
        }
        let is_local = |value: &Node| {
            value.string().is_some_and(|url| matches!(url, "http://test" | "http://testserver" | "http://localhost"))
        };
        let only = |entries: &[(String, Node)], app: &Node| {
            entries.iter().all(|(key, value)| key == "app" && value == app || key == "baseUrl" && is_local(value))
                && entries.iter().any(|(key, _)| key == "app")
        };
        if let (Some(app), Some(maker)) = (&app, &maker)
            && only(entries, app)
        {
            *node = Node { line, ..maker.called(std::slice::from_ref(app)) };
            replaced = true;
        }
    };
    Alter { node: &mut tell, stmt: &mut |_| {} }.body(&mut new.body);
    if by_transport {
        forget(new, "ASGITransport");
        let mut drop = |stmt: &mut Stmt| {
            let made = matches!(&stmt.kind, StmtKind::Decl { target, init: Some(value), .. }
                if target.ident().is_some_and(|name| transports.contains_key(name)) && transported(value).is_some());
            if made {
                stmt.kind = StmtKind::Block(Vec::new());
            }
        };
        Alter { node: &mut |_| {}, stmt: &mut drop }.body(&mut new.body);
    }
    if replaced {
        forget(new, "AsyncClient");
        let import = |stmt: &&Stmt| matches!(&stmt.kind, StmtKind::Import(import) if import.names.iter().any(|(name, _)| name == "TestClient"));
        if let Some(import) = old.body.iter().find(import) {
            new.body.insert(0, import.clone());
        }
        let httpx =
            |program: &Program| program.body.iter().any(|stmt| stmt.any(&mut |node| node.ident() == Some("httpx")));
        if !httpx(new) {
            new.body
                .retain(|stmt| names_of(stmt, "httpx").is_none_or(|names| names.iter().any(|(name, _)| name != "*")));
        }
        as_value(old, new);
    }
}

/// Whether an assertion holds of many answers: also of the one that leads elsewhere.
fn is_loose(stmt: &Stmt) -> bool {
    let loose = |op: &str| matches!(op, "not in" | "<" | "<=" | "!=" | "is not");
    match &stmt.kind {
        StmtKind::Assert(node, _) => match &node.kind {
            Kind::Unary(..) => true,
            Kind::Binary(op, ..) => loose(op),
            _ => false,
        },
        StmtKind::Expr(node) => Chain::of(node)
            .last()
            .is_some_and(|link| link.name.starts_with("assertNot") || link.name.starts_with("assertLess")),
        _ => false,
    }
}

/// What is called by a name, as it is written.
fn called(program: &Program, name: &str) -> Option<Node> {
    let mut found = None;
    program.body.iter().for_each(|stmt| {
        stmt.walk(&mut |node| {
            if let Kind::Call { callee, .. } = &node.kind
                && Chain::of(callee).last().is_some_and(|link| link.name == name)
            {
                found = Some((**callee).clone());
            }
        });
    });
    found
}

/// The names of a program for transports, each of the same application wherever it is given.
fn named_transports(program: &Program) -> BTreeMap<String, Node> {
    let mut found: BTreeMap<String, Node> = BTreeMap::new();
    let mut others = Vec::new();
    let mut see = |stmt: &Stmt| {
        let StmtKind::Decl { target, init: Some(value), .. } = &stmt.kind else { return };
        let Some(name) = target.ident() else { return };
        match transported(value) {
            Some(app) if found.get(name).is_none_or(|known| *known == app) => drop(found.insert(name.to_owned(), app)),
            _ => others.push(name.to_owned()),
        }
    };
    program.body.iter().for_each(|stmt| stmt.walk_stmts(&mut see));
    found.retain(|name, _| !others.contains(name));
    found
}

/// The application in `ASGITransport(app=app)`.
fn transported(node: &Node) -> Option<Node> {
    let Kind::Call { callee, args, .. } = &node.kind else { return None };
    if Chain::of(callee).last()?.name != "ASGITransport" {
        return None;
    }
    match args.as_slice() {
        [Node { kind: Kind::Object(entries), .. }] => match entries.as_slice() {
            [(key, app)] if key == "app" => Some(app.clone()),
            _ => None,
        },
        [app] => Some(app.clone()),
        _ => None,
    }
}

/// Imports a name no more.
fn forget(program: &mut Program, name: &str) {
    program.body.retain_mut(|stmt| match &mut stmt.kind {
        StmtKind::Import(import) => {
            let before = import.names.len();
            import.names.retain(|(one, _)| one != name);
            before == 0 || !import.names.is_empty()
        }
        _ => true,
    });
}

/// A client of the whole module that is made for each test now, by a fixture of its name.
fn as_value(old: &Program, new: &mut Program) {
    let value = |name: &str| {
        old.body.iter().find(|stmt| matches!(&stmt.kind, StmtKind::Decl { target, .. } if target.ident() == Some(name)))
    };
    let mut made = Vec::new();
    for stmt in &mut new.body {
        let StmtKind::Func(func) = &stmt.kind else { continue };
        let is_fixture = func.decorators.iter().any(|mark| Chain::of(mark).has("fixture")) && func.params.is_empty();
        let Some(before) = value(&func.name).filter(|_| is_fixture) else { continue };
        let StmtKind::Decl { init: Some(init), .. } = &before.kind else { continue };
        if matches!(given(&func.body), Some(value) if value == init) {
            made.push(func.name.clone());
            stmt.kind = before.kind.clone();
        }
    }
    let mut drop = |stmt: &mut Stmt| {
        if let StmtKind::Func(func) = &mut stmt.kind {
            func.params.retain(|param| !param.ident().is_some_and(|name| made.iter().any(|other| other == name)));
        }
    };
    Alter { node: &mut |_| {}, stmt: &mut drop }.body(&mut new.body);
}

/// What a function gives that names a value and returns it, or returns it at once.
fn given(body: &[Stmt]) -> Option<&Node> {
    match body {
        [Stmt { kind: StmtKind::Return(value), .. }] => value.as_ref(),
        [Stmt { kind: StmtKind::Decl { target, init, .. }, .. }, Stmt { kind: StmtKind::Return(Some(value)), .. }]
            if value == target =>
        {
            init.as_ref()
        }
        _ => None,
    }
}
