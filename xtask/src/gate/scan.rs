//! Code that a fix has no business to contain, wherever it stands. Only what is new is reported: a construct that the
//! old text already had is the team's own.

mod calls;
mod known;
mod spare;

pub use calls::{goes_by_itself, only_waits};
pub use known::{file_name, known_by, unversioned, without_version};
pub use spare::Spare;

use super::chain::Chain;
use super::clean_up;
use super::ir::{Import, Kind, Node, Stmt, StmtKind, hash_of};
use super::words::{TEST_ROOTS, clears_the_way, goes_to_page, incidental, only_in_the_way};

/// What `os` gives besides the environment and ways to write a path.
fn uses_system(node: &Node, os: &str) -> bool {
    matches!(&node.kind, Kind::Member { object, name, .. }
        if object.ident() == Some(os) && !matches!(name.as_str(), "environ" | "getenv" | "path"))
}

/// A finding of one node: the rule's name and what was seen.
pub type Hit = (&'static str, String);

/// The same with its line.
pub type Found = (&'static str, usize, String);

/// Visits a program and hands over each suspicious node with its line and a hash that is the same for the same code.
pub fn scan(body: &[Stmt], report: &mut dyn FnMut(Hit, usize, u64)) {
    let clean_ups = clean_up::of(body);
    for stmt in body {
        stmt.walk_stmts(&mut |inner| {
            if is_type_alone(inner, body) {
                return;
            }
            if let StmtKind::Import(import) = &inner.kind
                && import.names.len() > 1
            {
                // Each name by itself: an import may lose names that are not used.
                for name in &import.names {
                    let alone = StmtKind::Import(Import { names: vec![name.clone()], ..import.clone() });
                    let alone = Stmt { kind: alone, line: inner.line, end: inner.end };
                    if let Some(hit) = in_stmt(&alone) {
                        report(hit, inner.line, hash_of(&alone.kind));
                    }
                }
            } else if let Some(hit) = in_stmt(inner) {
                report(hit, inner.line, hash_of(&inner.kind));
            }
        });
        stmt.walk(&mut |node| {
            let cleans_up = clean_ups.get(&std::ptr::from_ref(node));
            if cleans_up == Some(&true) || makes_own(node, body) {
                return;
            }
            if cleans_up.is_some() || sets_own_state(node, body) {
                let hit = in_node(node).map(|(_, what)| ("unknown-change", format!("{what} resets what there is")));
                hit.into_iter().for_each(|hit| report(hit, node.line, hash_of(&known_by(node))));
                return;
            }
            if let Some(hit) = in_node(node) {
                report(hit, node.line, hash_of(&known_by(node)));
            }
            if let Kind::Object(entries) = &node.kind {
                // Each entry by itself: it is what was there, whatever stands beside it.
                for (key, value) in entries {
                    if let Some(hit) = in_entry(key, value) {
                        let known = if key == "storageState" { file_name(value) } else { value.clone() };
                        report(hit, node.line, hash_of(&(key, known)));
                    }
                }
            }
        });
    }
}

/// `new Worker()` of a class that the product calls like the browser's.
fn makes_own(node: &Node, body: &[Stmt]) -> bool {
    let Kind::New { callee, .. } = &node.kind else { return false };
    is_own(callee, body)
}

/// `useCart.setState(initial)` of a store of the product, which has no page.
fn sets_own_state(node: &Node, body: &[Stmt]) -> bool {
    let Kind::Call { callee, .. } = &node.kind else { return false };
    matches!(&callee.kind, Kind::Member { object, name, .. } if name == "setState" && is_own(object, body))
}

/// Whether a name is imported from the product.
fn is_own(node: &Node, body: &[Stmt]) -> bool {
    body.iter().any(|stmt| match &stmt.kind {
        StmtKind::Import(Import { source, names, .. }) => {
            (source.starts_with('.') || source.starts_with("@/"))
                && names.iter().any(|(_, local)| node.ident() == Some(local))
        }
        _ => false,
    })
}

/// An import of names that only say what something is: no expression uses them, or they are plain numbers.
fn is_type_alone(stmt: &Stmt, body: &[Stmt]) -> bool {
    let StmtKind::Import(import) = &stmt.kind else { return false };
    let used = |name: &str| body.iter().any(|stmt| stmt.any(&mut |node| node.ident() == Some(name)));
    !import.names.is_empty()
        && import.names.iter().all(|(name, local)| match (import.source.as_str(), name.as_str()) {
            ("pathlib", "Path" | "PurePath") => !used(local),
            ("http", "HTTPStatus") => true,
            ("os", _) => body.iter().all(|stmt| !stmt.any(&mut |node| uses_system(node, local))),
            _ => false,
        })
}

/// `driver.execute_script("arguments[0].scrollIntoView()", button)`, `list.evaluate("el => el.scrollTo(0, el.scrollHeight)")`
pub fn only_scrolls(name: &str, args: &[Node]) -> bool {
    let script = args.first().and_then(Node::string).unwrap_or_default().trim().trim_end_matches(';');
    let acts = |options: &str| {
        options.contains(['(', ')', ';', '=', '`', '{', '['])
            || ["++", "--", "delete "].iter().any(|op| options.contains(op))
    };
    // `{ block: 'center' }`
    let acts = |options: &str| {
        let options = options.trim();
        acts(options.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(options))
    };
    let scrolls = |of: &str, call: &str| {
        let call = call.strip_prefix(of)?.strip_prefix(".scroll")?.strip_suffix(')')?;
        call.split_once('(')
            .filter(|(how, _)| matches!(*how, "IntoView" | "To" | "By"))
            .map(|(_, options)| !acts(options))
    };
    match name {
        "executeScript" => scrolls("arguments[0]", script).or_else(|| scrolls("window", script)) == Some(true),
        "evaluate" => script.split_once("=>").is_some_and(|(param, call)| {
            let param = param.trim().trim_matches(['(', ')']);
            let of = if param.is_empty() { "window" } else { param };
            param.chars().all(char::is_alphanumeric) && scrolls(of, call.trim()) == Some(true)
        }),
        _ => false,
    }
}

/// `page.addLocatorHandler(banner, () => banner.getByText('Close').click())`: what stands in the way is clicked away.
pub fn only_clears(args: &[Node]) -> bool {
    match args {
        [trigger, Node { kind: Kind::Fn(handler), .. }, ..] => {
            incidental(trigger) && !handler.body.iter().any(|stmt| stmt.any(&mut goes_to_page))
        }
        _ => false,
    }
}

/// `localStorage.setItem('tour.seen', '1')`: what stands in the way at a first visit does not appear.
pub fn marks_seen(node: &Node) -> bool {
    let chain = Chain::of(node);
    let Some([key, value]) = chain.called("setItem") else { return false };
    let stores = chain.links.iter().rev().nth(1).is_some_and(|link| link.name == "localStorage");
    stores
        && key.string().is_some_and(|key| clears_the_way(key) && only_in_the_way(key))
        && matches!(value.kind, Kind::Str(_) | Kind::Num(_))
}

/// `page.addInitScript(() => localStorage.setItem('tour.seen', '1'))`
pub fn only_marks_seen(name: &str, args: &[Node]) -> bool {
    let marks = |stmt: &Stmt| stmt.blocks().is_empty() && stmt.exprs().into_iter().all(marks_seen);
    match args {
        [Node { kind: Kind::Fn(func), .. }] => {
            name == "addInitScript" && func.params.is_empty() && !func.body.is_empty() && func.body.iter().all(marks)
        }
        _ => false,
    }
}

/// `invoke('removeAttr', 'target')`: a link opens in the page where the test goes on.
pub fn opens_here(name: &str, args: &[Node]) -> bool {
    name == "invoke" && args.iter().map(Node::string).eq([Some("removeAttr"), Some("target")])
}

/// `cy.intercept('GET', '/api')` without an answer only listens.
pub fn only_listens(name: &str, args: &[Node]) -> bool {
    let is_method =
        |node: &Node| node.string().is_some_and(|method| method.chars().all(|next| next.is_ascii_uppercase()));
    let is_address = |node: &Node| matches!(node.kind, Kind::Str(_) | Kind::Regex(_));
    let says_address = |entries: &[(String, Node)]| {
        entries
            .iter()
            .all(|(key, value)| matches!(key.as_str(), "method" | "url" | "pathname") && value.string().is_some())
    };
    name == "intercept"
        && match args {
            [Node { kind: Kind::Object(entries), .. }] => says_address(entries),
            [address] => is_address(address),
            [method, address] => is_method(method) && is_address(address),
            _ => false,
        }
}

/// `test.describe.configure({ retries: 0 })`
pub fn never_tries_again(name: &str, args: &[Node]) -> bool {
    let never = |entries: &[(String, Node)]| {
        !entries.is_empty() && entries.iter().all(|(key, value)| key == "retries" && value.number() == Some(0.0))
    };
    name == "configure" && matches!(args, [Node { kind: Kind::Object(entries), .. }] if never(entries))
}

/// Events that a person's pointer causes on its way, and the dialogs that Cypress accepts by itself.
pub fn is_harmless_event(name: &str, args: &[Node]) -> bool {
    let what = args.first().and_then(Node::string).unwrap_or_default();
    match name {
        "trigger" => args.len() == 1 && matches!(what, "mouseover" | "mouseenter" | "mousemove"),
        "on" | "once" => matches!(what, "window:confirm" | "window:alert"),
        _ => false,
    }
}

/// `wrapper.find('button').trigger('click')` of Vue's test utilities: what a person does, and how they do it.
pub fn is_user_event(root: &str, name: &str, args: &[Node]) -> bool {
    #[rustfmt::skip]
    const EVENTS: [&str; 15] = [
        "click", "dblclick", "submit", "input", "change", "focus", "blur", "mouseenter", "mouseleave", "mouseover",
        "keydown", "keyup", "keypress", "pointerdown", "pointerup",
    ];
    let event = args.first().and_then(Node::string).unwrap_or_default();
    let event = event.split('.').next().unwrap_or_default();
    name == "trigger" && !matches!(root, "cy" | "Cypress") && !root.starts_with('$') && EVENTS.contains(&event)
}

#[rustfmt::skip]
const SKIPS: [&str; 22] = [
    "skip", "fixme", "skipIf", "runIf", "skipUnless", "skipTest", "SkipTest", "skipif", "skipIfCi", "xfail", "xit",
    "xdescribe", "xtest", "xcontext", "xspecify", "importorskip", "expectedFailure", "expectFailure", "deselect",
    "skip_unless", "collect_ignore", "skipOn",
];
const SKIPS_OF_TESTS: [&str; 8] =
    ["fail", "fails", "failing", "todo", "pending", "concurrent", "fixture_skip", "ignore"];

#[rustfmt::skip]
const MOCKS: [&str; 50] = [
    "mockResolvedValue", "mockResolvedValueOnce", "mockRejectedValue", "mockReturnValue", "mockReturnValueOnce",
    "mockImplementation", "mockImplementationOnce", "doMock", "unstable_mockModule", "spyOn", "spy", "stub", "stubs",
    "stubGlobal", "stubEnv", "createSandbox", "MagicMock", "AsyncMock", "Mock", "PropertyMock", "create_autospec",
    "monkeypatch", "mocker", "setattr", "setenv", "setitem", "delattr", "setupServer", "setupWorker", "nock", "msw",
    "fetchMock", "requests_mock", "requestsMock", "httpretty", "responses", "aioresponses", "mockServer", "jestMock",
    "HttpResponse", "mock", "mocked", "replaceProperty", "proxyquire", "rewire", "mockdate", "MockDate",
    "timekeeper", "vcr", "respx",
];

#[rustfmt::skip]
const NETWORK: [&str; 12] = [
    "route", "routeFromHAR", "routeFromHar", "routeWebSocket", "fulfill", "intercept", "setOffline", "unroute",
    "unrouteAll", "setRequestInterception", "respond", "setExtraHTTPHeaders",
];

#[rustfmt::skip]
const PAGE_WRITES: [&str; 47] = [
    "setContent", "addInitScript", "addScriptTag", "addStyleTag", "exposeFunction", "exposeBinding", "dispatchEvent",
    "evaluate", "evaluateAll", "evaluateHandle", "$eval", "$$eval", "executeScript", "executeAsyncScript",
    "evaluateOnNewDocument", "innerHTML=", "insertAdjacentHTML", "insertAdjacentElement", "appendChild",
    "removeChild", "replaceWith", "replaceChildren", "createElement", "setAttribute", "removeAttribute", "write",
    "writeln", "addLocatorHandler", "classList", "attachShadow", "insertBefore", "setHTML", "importNode",
    "execute_cdp_cmd", "executeCdpCmd", "evalOnSelector", "evalOnSelectorAll", "newCDPSession", "newCdpSession",
    "createCDPSession", "toggleAttribute", "setAttributeNode", "replaceChild", "setData", "setState", "setRangeText",
    "insertText",
];

#[rustfmt::skip]
const REACHES: [&str; 46] = [
    "eval", "child_process", "exec", "execSync", "execFile", "execFileSync", "spawn", "spawnSync", "fork", "fetch",
    "XMLHttpRequest", "axios", "WebSocket", "subprocess", "urllib", "httpx", "__import__", "importlib",
    "ctypes", "globalThis", "Reflect", "Proxy", "defineProperty", "defineProperties", "setPrototypeOf", "prototype",
    "__proto__", "writeFile", "writeFileSync", "readFile", "readFileSync", "unlink", "unlinkSync", "rmSync",
    "appendFile", "appendFileSync", "globals", "locals", "vars", "system", "popen", "_exit", "__dict__",
    "__builtins__", "__class__", "createRequire",
];

#[rustfmt::skip]
const MODULES: [&str; 46] = [
    "fs", "fs/promises", "child_process", "http", "https", "net", "dns", "tls", "os", "vm", "worker_threads",
    "cluster", "module", "process", "inspector", "axios", "node-fetch", "undici", "got", "subprocess", "socket",
    "urllib", "urllib.request", "requests", "httpx", "ctypes", "importlib", "shutil", "sys", "http.client",
    "http.server", "builtins", "gc", "inspect", "pickle", "signal", "threading", "multiprocessing", "execa",
    "shelljs", "zx", "cross-spawn", "v8", "repl", "aiohttp", "pathlib",
];

#[rustfmt::skip]
const MOCK_MODULES: [&str; 18] = [
    "msw", "nock", "sinon", "unittest.mock", "mock", "pytest_mock", "responses", "requests_mock", "httpretty",
    "freezegun", "time_machine", "mockdate", "timekeeper", "proxyquire", "rewire", "fetch-mock", "jest-fetch-mock",
    "respx",
];

fn hit(rule: &'static str, what: impl Into<String>) -> Option<Hit> {
    Some((rule, what.into()))
}

fn in_stmt(stmt: &Stmt) -> Option<Hit> {
    #[rustfmt::skip]
    const PLACES: [&str; 12] = [
        "expect", "test", "it", "page", "cy", "Date", "window", "document", "Math", "Cypress", "Locator", "Page",
    ];
    match &stmt.kind {
        StmtKind::Import(import) => {
            let source = import.source.trim_start_matches("node:");
            let package = source.split('/').next().unwrap_or(source);
            if matches!(source, "freezegun" | "time_machine" | "mockdate" | "timekeeper") {
                return hit("faked-clock", format!("imports `{source}`"));
            }
            if MOCK_MODULES.contains(&source) || MOCK_MODULES.contains(&package) {
                return hit("mocked-product", format!("imports `{source}`"));
            }
            // Its classes may call the application itself: what is made of them is found by itself.
            let is_class = |name: &str| name == "*" || name.starts_with(|first: char| first.is_uppercase());
            if source == "httpx" && import.names.iter().all(|(name, _)| is_class(name)) {
                return hit("unknown-change", "imports `httpx`");
            }
            if MODULES.contains(&source) || MODULES.contains(&package) && !source.starts_with('@') {
                // What of these reaches further is found by itself.
                let alone = matches!(source, "os" | "sys" | "shutil" | "pathlib");
                let rule = if alone { "unknown-change" } else { "reaches-out" };
                return hit(rule, format!("imports `{source}`"));
            }
            let name = import.names.iter().map(|(name, _)| name).find(|name| {
                SKIPS.contains(&name.as_str())
                    || matches!(name.as_str(), "fixme" | "MagicMock" | "mock" | "patch" | "exec")
            })?;
            hit(
                if SKIPS.contains(&name.as_str()) { "skipped-test" } else { "mocked-product" },
                format!("imports `{name}`"),
            )
        }
        StmtKind::Decl { target, init, .. } => {
            let bound = Chain::of(target).last().map(|link| link.name).unwrap_or_default();
            if matches!(
                bound,
                "__test__" | "collect_ignore" | "collect_ignore_glob" | "__unittest_skip__" | "pytest_plugins"
            ) {
                return hit("skipped-test", format!("`{bound}`"));
            }
            // Another name for what makes a test a test.
            let init = init.as_ref()?;
            if let Some(name) = init.bare().ident()
                && (TEST_ROOTS.contains(&name) || matches!(name, "expect" | "cy" | "jest" | "vi" | "pytest"))
            {
                return hit("shadowed-name", format!("another name for `{name}`"));
            }
            if let (Kind::Object(entries), Some(root)) = (&target.kind, init.bare().ident()) {
                let taken = entries
                    .iter()
                    .map(|(key, _)| key.as_str())
                    .find(|key| [&NETWORK[..], &PAGE_WRITES, &MOCKS].iter().any(|list| list.contains(key)));
                if let Some(key) = taken {
                    return hit("shadowed-name", format!("takes `{key}` out of `{root}`"));
                }
            }
            if matches!(&init.bare().kind, Kind::Member { name, .. } if name == "vm") {
                return hit("unknown-change", "reaches into a component");
            }
            let chain = Chain::of(target);
            let last = chain.last()?;
            let written = chain.links.len() > 1;
            match last.name {
                "innerHTML" | "outerHTML" | "textContent" | "innerText" | "nodeValue" if written => {
                    hit("faked-page", format!("writes `{}`", last.name))
                }
                "expectedStatus" | "status" | "errors" | "error" | "length"
                    if written && (matches!(chain.root(), "testInfo") || chain.has("info") || of_result(&chain)) =>
                {
                    hit("skipped-test", "writes into the result of the test")
                }
                _ if written && chain.root() == "require" => hit("reaches-out", "writes into the loaded modules"),
                name if written
                    && (chain.root() == "console"
                        || name == "fetch" && matches!(chain.root(), "global" | "globalThis")) =>
                {
                    hit("mocked-product", "`stubGlobal`")
                }
                "exitstatus" if written => hit("bent-runner", "writes the status of the run"),
                _ if written && chain.has("process") => hit("reaches-out", "writes to the process"),
                _ if written && chain.has("prototype") => hit("shadowed-name", "writes a prototype"),
                _ if written && PLACES.contains(&chain.root()) => {
                    hit("shadowed-name", format!("writes into `{}`", chain.root()))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether what is written into is a part of the errors of something.
fn of_result(target: &Chain) -> bool {
    target.links.iter().rev().skip(1).any(|link| link.name == "errors")
}

fn in_node(node: &Node) -> Option<Hit> {
    match &node.kind {
        Kind::Ident(name) => in_name(name),
        Kind::Str(text) => match text.as_str() {
            "skip" | "fixme" | "xfail" | "expectedFailure" => hit("skipped-test", format!("the name `{text}` as text")),
            _ => in_url(text),
        },
        Kind::Index { object, .. } => {
            let chain = Chain::of(object);
            let root = chain.root();
            let library = TEST_ROOTS.contains(&root)
                || matches!(root, "expect" | "cy" | "page" | "mark" | "window" | "globalThis");
            if TEST_ROOTS.contains(&root) {
                return hit("skipped-test", format!("a modifier of `{root}` by a computed name"));
            }
            if library { hit("unknown-change", format!("computed access to `{root}`")) } else { None }
        }
        Kind::Call { .. } | Kind::New { .. } => calls::in_call(node),
        Kind::Member { name, .. } => {
            let chain = Chain::of(node);
            if SKIPS.contains(&name.as_str()) && name != "skip_unless" {
                return hit("skipped-test", format!("`{name}`"));
            }
            let of_tests = TEST_ROOTS.contains(&chain.root()) || chain.has("mark");
            if of_tests && SKIPS_OF_TESTS.contains(&name.as_str()) {
                return hit("skipped-test", format!("`{name}`"));
            }
            if name == "only" {
                return hit("focused-test", "`only`");
            }
            if of_tests && name == "slow" {
                return hit("raised-timeout", "`slow` triples every timeout");
            }
            in_member(name, &chain)
        }
        Kind::Other(name, _) if name == "import import" || name == "import" => {
            hit("reaches-out", "imports at run time")
        }
        _ => None,
    }
}

fn in_name(name: &str) -> Option<Hit> {
    if matches!(name, "fit" | "fdescribe" | "fcontext") {
        return hit("focused-test", format!("`{name}`"));
    }
    if SKIPS.contains(&name) {
        return hit("skipped-test", format!("`{name}`"));
    }
    #[rustfmt::skip]
    const MOCK_NAMES: [&str; 10] = [
        "MagicMock", "AsyncMock", "nock", "fetchMock", "sinon", "requests_mock", "httpretty",
        "MockDate", "setupServer", "HttpResponse",
    ];
    if MOCK_NAMES.contains(&name) {
        return hit("mocked-product", format!("`{name}`"));
    }
    #[rustfmt::skip]
    const REACHING_NAMES: [&str; 15] = [
        "eval", "child_process", "execSync", "spawnSync", "XMLHttpRequest", "subprocess", "urllib",
        "__import__", "importlib", "ctypes", "globalThis", "Reflect", "Proxy", "__builtins__", "axios",
    ];
    // The name alone does nothing: what is called of it is found by itself.
    if matches!(name, "httpx" | "monkeypatch" | "mocker") {
        return hit("unknown-change", format!("`{name}`"));
    }
    if REACHING_NAMES.contains(&name) {
        return hit("reaches-out", format!("`{name}`"));
    }
    None
}

fn in_member(name: &str, chain: &Chain) -> Option<Hit> {
    let root = chain.root();
    match name {
        "prototype" | "__proto__" | "__dict__" | "__class__" | "__code__" => hit("shadowed-name", format!("`{name}`")),
        "exit" | "kill" | "abort" | "exitCode" | "reallyExit" if matches!(root, "process" | "sys" | "os" | "Deno") => {
            hit("early-exit", format!("`{root}.{name}`"))
        }
        "clock" => hit("faked-clock", "`clock`"),
        "modules" if root == "sys" => hit("reaches-out", "`sys.modules`"),
        // `vm.$nextTick()` only waits.
        _ if name != "$nextTick" && chain.links.iter().rev().nth(1).is_some_and(|link| link.name == "vm") => {
            hit("unknown-change", "reaches into a component")
        }
        "env" | "environ" if matches!(root, "process" | "os") => hit("unknown-change", "reads the environment"),
        _ => None,
    }
}

fn in_url(text: &str) -> Option<Hit> {
    #[rustfmt::skip]
    const FAKE: [&str; 9] = [
        "data:text", "data:,", "data:application", "about:", "javascript:", "file:", "chrome:", "blob:",
        "view-source:",
    ];
    let lower = text.trim_start().to_ascii_lowercase();
    FAKE.iter().any(|scheme| lower.starts_with(scheme)).then(|| ("faked-page", format!("the address `{}`", cut(text))))
}

fn in_entry(key: &str, value: &Node) -> Option<Hit> {
    let yes = value.kind == Kind::Const("true".into());
    let no = value.kind == Kind::Const("false".into());
    match key {
        "force" | "trial" | "noWaitAfter" | "multiple" if !no => hit("forced-action", format!("`{key}`")),
        "strict" | "failOnStatusCode" | "failOnNonZeroExit" | "waitForAnimations" | "actionability" if no => {
            hit("forced-action", format!("`{key}: false`"))
        }
        "retries" | "retry" | "reruns" | "repeats" | "rerun" | "flaky" | "maxRetries"
            if value.number() != Some(0.0) && !no =>
        {
            hit("added-retries", format!("`{key}`"))
        }
        "skip" | "fixme" | "todo" | "fails" | "ignore" | "pending" | "skipIf" | "skipif" if !no => {
            hit("skipped-test", format!("the option `{key}`"))
        }
        _ if key.starts_with('[') && key.contains(['\'', '"', '`']) => {
            hit("forced-action", format!("an option by the computed name `{key}`"))
        }
        _ if key.starts_with('[') => hit("unknown-change", format!("an entry by the computed name `{key}`")),
        "only" if yes => hit("focused-test", "the option `only`"),
        // What a component asks for is brought along, or made something else.
        "initialData" | "placeholderData" | "queryFn" => hit("unknown-change", format!("the option `{key}`")),
        "select" if matches!(value.kind, Kind::Fn(_)) => hit("unknown-change", "what is loaded becomes something else"),
        "javaScriptEnabled" | "bypassCSP" | "serviceWorkers" | "offline" | "extraHTTPHeaders" | "storageState"
        | "baseURL" | "ignoreHTTPSErrors" => hit("unknown-change", format!("the option `{key}`")),
        "baseUrl" | "bypassCsp" | "httpCredentials" | "extraHttpHeaders" | "ignoreHttpsErrors" | "proxy"
        | "pointerEventsCheck" | "withinSubject" => hit("unknown-change", format!("the option `{key}`")),
        "hidden" | "includeHidden" if yes => hit("unknown-change", format!("the option `{key}`")),
        "waitUntil" if value.string() == Some("commit") => {
            hit("unknown-change", "it is not waited until the page is there")
        }
        "type" if value.string() == Some("static") => hit("unknown-change", "an alias of what was there at one moment"),
        "timeZone" | "timezoneId" => hit("unknown-change", format!("the option `{key}`")),
        _ => None,
    }
}

fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}
