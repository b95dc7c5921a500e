//! Calls that a fix has no business to make: mocks, faked pages and clocks, ways out of the test.

use super::super::chain::{Chain, Link, accepting};
use super::super::differ::passes_time;
use super::super::ir::{Kind, Node, StmtKind, any_stmt};
use super::{
    Hit, MOCK_MODULES, MOCKS, NETWORK, PAGE_WRITES, REACHES, hit, is_harmless_event, is_user_event, never_tries_again,
    only_clears, only_listens, only_marks_seen, only_scrolls, opens_here,
};

#[rustfmt::skip]
const CLOCKS: [&str; 11] = [
    "tick", "clock", "freeze_time", "freezeTime", "travel", "useFakeTimers", "setSystemTime", "setFixedTime",
    "pauseAt", "fastForward", "runFor",
];

#[rustfmt::skip]
const CYPRESS_REACHES: [&str; 12] = [
    "exec", "task", "request", "writeFile", "readFile", "session", "window", "document", "on", "once", "state", "now",
];

#[rustfmt::skip]
const PYTHON_REACHES: [&str; 13] = [
    "setattr", "getattr", "delattr", "open", "exec", "compile", "globals", "locals", "vars", "exit", "quit", "fetch",
    "print_function",
];

/// Modules of Node that only compute or wait.
const COMPUTES: [&str; 7] = ["timers/promises", "timers", "events", "util", "path", "url", "assert"];

/// What a test does to folders of its own.
#[rustfmt::skip]
const TIDIES: [&str; 11] = [
    "makedirs", "mkdir", "remove", "unlink", "rmdir", "rmtree", "listdir", "chdir", "getcwd", "which", "utime",
];

/// `open(path)`, `open(path, "rb")`
fn only_reads(args: &[Node]) -> bool {
    let reads = |arg: &Node| arg.string().is_some_and(|mode| !mode.contains(['w', 'a', 'x', '+']));
    args.len() < 3 && args.iter().skip(1).all(reads)
}

pub fn in_call(node: &Node) -> Option<Hit> {
    let chain = Chain::of(node);
    let root = chain.root();
    if let Kind::New { callee, .. } = &node.kind {
        let name = Chain::of(callee).last().map(|link| link.name).unwrap_or_default();
        return match name {
            "Function" | "Worker" | "Proxy" | "WebSocket" | "XMLHttpRequest" | "EventSource" => {
                hit("reaches-out", format!("`new {name}`"))
            }
            "MutationObserver" | "Event" | "MouseEvent" | "KeyboardEvent" | "CustomEvent" | "InputEvent" => {
                hit("faked-page", format!("`new {name}`"))
            }
            _ => None,
        };
    }
    let last = chain.last()?;
    let args = last.args?;
    let name = last.name;
    // Where in the test it passes is for the comparison to judge.
    if passes_time(root, name) && root != "cy" || only_scrolls(name, args) {
        return None;
    }
    // Where the product looks for its settings.
    if matches!(name, "setenv" | "delenv" | "stubEnv" | "unstubAllEnvs") {
        return hit("unknown-change", format!("`{name}`"));
    }
    // The real module, a mock under its own type or before what is imported.
    if matches!(root, "jest" | "vi") && matches!(name, "requireActual" | "importActual" | "mocked" | "hoisted") {
        return None;
    }
    // What it does instead of printing says no more than that it is spied on.
    let spied = chain.called("spyOn").and_then(<[Node]>::first).and_then(Node::ident);
    if spied == Some("console") && name == "mockImplementation" {
        return None;
    }
    let library = matches!(root, "jest" | "vi" | "sinon" | "mocker" | "mock");
    if library && !matches!(name, "setTimeout" | "fn") || MOCKS.contains(&name) && chain.links.len() > 1 {
        return hit(
            if name.to_ascii_lowercase().contains("timer") || name == "setSystemTime" {
                "faked-clock"
            } else {
                "mocked-product"
            },
            format!("`{root}.{name}`"),
        );
    }
    if MOCKS.contains(&name) || (name == "patch" && root != "request" && root != "api") || (root == "patch") {
        return hit("mocked-product", format!("`{name}`"));
    }
    if NETWORK.contains(&name) && !(root == "cy" && only_listens(name, args)) {
        return hit("intercepted-network", format!("`{name}`"));
    }
    if matches!(name, "call" | "apply" | "bind") {
        let borrowed =
            |words: &[&str]| chain.links.iter().any(|link| link.args.is_none() && words.contains(&link.name));
        if borrowed(&NETWORK) {
            return hit("intercepted-network", format!("a borrowed method by `{name}`"));
        }
        if borrowed(&PAGE_WRITES) {
            return hit("faked-page", format!("a borrowed method by `{name}`"));
        }
    }
    if name == "Function" || chain.links.iter().any(|link| link.name == "constructor" && link.args.is_some()) {
        return hit("reaches-out", "code that is made from text");
    }
    if CLOCKS.contains(&name) {
        return hit("faked-clock", format!("`{name}`"));
    }
    if is_harmless_event(name, args)
        || is_user_event(root, name, args)
        || name == "addLocatorHandler" && only_clears(args)
        || only_marks_seen(name, args)
    {
        return None;
    }
    if name == "evaluate" && args.first().is_some_and(only_waits) {
        return None;
    }
    // `write(folder, text)` of the test's own.
    let own = chain.links.len() == 1 && chain.base.is_none() && name == "write";
    if PAGE_WRITES.contains(&name) && !own || (name == "execute" && matches!(root, "browser" | "driver")) {
        return hit("faked-page", format!("`{name}`"));
    }
    let sets = match name {
        "html" | "text" | "val" => !args.is_empty() && (chain.links.len() > 1 || chain.base.is_some()),
        "invoke" if opens_here(name, args) => false,
        "invoke" => args.len() > 1 && args[0].string().is_some() && !(args.len() == 2 && named_part(&args[0])),
        "attr" | "css" | "prop" => args.len() > 1,
        "show" | "hide" | "remove" | "empty" | "addClass" | "removeClass" | "append" | "prepend" => {
            let of_element = |link: &Link| matches!(link.name, "element" | "container" | "baseElement" | "body");
            root.starts_with('$')
                || matches!(root, "Cypress" | "document" | "window")
                || chain.links.iter().any(of_element) && !matches!(name, "remove" | "empty")
        }
        "$emit" | "$set" | "$forceUpdate" => true,
        "waitForFunction" => args.first().is_some_and(writes),
        "trigger" => true,
        _ => false,
    };
    if sets {
        return hit("faked-page", format!("`{name}` with a value"));
    }
    // It asks, as a person could by opening the address.
    let asks = |request: &Node| match &request.kind {
        Kind::Object(entries) => entries.iter().all(|(key, _)| matches!(key.as_str(), "url" | "headers" | "qs")),
        _ => request.string().is_some(),
    };
    if root == "cy" && name == "request" && matches!(args, [request] if asks(request)) {
        return hit("unknown-change", "a request beside the page");
    }
    if root == "cy" && name == "origin" && args.iter().any(goes_by_itself) {
        return hit("changed-url", "the test goes to another host by itself");
    }
    if root == "cy" && CYPRESS_REACHES.contains(&name) || root == "Cypress" && !matches!(name, "env" | "add" | "random")
    {
        return hit(if name == "on" { "swallowed-assertion" } else { "reaches-out" }, format!("`{root}.{name}`"));
    }
    if name == "extend" && root != "expect" && args.iter().any(has_matcher) {
        return hit("unknown-change", "matchers of the project's own");
    }
    if root == "expect"
        && chain.links.len() == 2
        && matches!(
            name,
            "extend" | "configure" | "addSnapshotSerializer" | "setState" | "addEqualityTesters" | "extendWith"
        )
        || name == "addTypeEqualityFunc"
    {
        return hit("shadowed-name", format!("`expect.{name}`"));
    }
    if root == "test" && matches!(name, "extend" | "use" | "configure") && !never_tries_again(name, args) {
        return hit("unknown-change", format!("`test.{name}`"));
    }
    if root == "Promise" && matches!(name, "race" | "any" | "allSettled") {
        return hit("swallowed-assertion", format!("`Promise.{name}`"));
    }
    if name == "suppress" {
        return hit("swallowed-assertion", "`suppress`");
    }
    if name == "require" && chain.links.len() == 1 {
        let source = args.first().and_then(Node::string).unwrap_or("?").trim_start_matches("node:");
        if MOCK_MODULES.contains(&source) {
            return hit("mocked-product", format!("imports `{source}`"));
        }
        return if source.starts_with('.') || source == "@playwright/test" || COMPUTES.contains(&source) {
            None
        } else {
            hit("reaches-out", format!("imports `{source}`"))
        };
    }
    if matches!(root, "os" | "shutil") && TIDIES.contains(&name) {
        return hit("unknown-change", format!("`{root}.{name}`"));
    }
    if chain.links.len() == 1 && chain.base.is_none() && PYTHON_REACHES.contains(&name) {
        let rule = match name {
            "exit" | "quit" => "early-exit",
            "open" if only_reads(args) => "unknown-change",
            _ => "reaches-out",
        };
        return hit(rule, format!("`{name}`"));
    }
    if name == "defineProperty" && lacks(args) {
        return hit("unknown-change", "gives the page what its imitation lacks");
    }
    if REACHES.contains(&name) && !(name == "exec" && chain.base.is_some()) {
        return hit("reaches-out", format!("`{name}`"));
    }
    let environment = root == "os" && matches!(chain.links[1].name, "environ" | "getenv" | "path");
    if matches!(root, "os" | "subprocess" | "sys" | "shutil" | "requests" | "fs") && !environment {
        return hit("reaches-out", format!("`{root}.{name}`"));
    }
    let of_app = |arg: &Node| matches!(&arg.kind, Kind::Object(entries) if entries.iter().any(|(key, _)| matches!(key.as_str(), "app" | "transport")));
    let connects = name.ends_with("Client") && !args.iter().any(of_app);
    if root == "httpx" && (connects || name.starts_with(|first: char| first.is_lowercase())) {
        return hit("reaches-out", format!("`httpx.{name}`"));
    }
    if accepting(node).is_some() {
        return None;
    }
    if matches!(root, "request")
        || chain.links.len() > 2 && chain.links.iter().any(|link| link.name == "request" && link.args.is_none())
    {
        return hit("unknown-change", "a request beside the page");
    }
    None
}

/// `invoke('attr', 'href')` reads what `invoke('text', 'Paid')` would write.
fn named_part(what: &Node) -> bool {
    what.string().is_some_and(|what| matches!(what, "attr" | "css" | "prop" | "data"))
}

/// `Object.defineProperty(window, 'matchMedia', …)`: what jsdom does not have.
fn lacks(args: &[Node]) -> bool {
    let name = args.get(1).and_then(Node::string).unwrap_or_default();
    args.first().is_some_and(|on| matches!(on.ident(), Some("window" | "globalThis" | "global")))
        && matches!(name, "matchMedia" | "ResizeObserver" | "IntersectionObserver" | "scrollTo")
}

/// Whether code that runs in the page waits for what the browser itself loads: fonts, and the classes of elements.
pub fn only_waits(code: &Node) -> bool {
    let Kind::Fn(func) = &code.kind else { return false };
    let [stmt] = func.body.as_slice() else { return false };
    let (StmtKind::Return(Some(value)) | StmtKind::Expr(value)) = &stmt.kind else { return false };
    let chain = Chain::of(value);
    func.params.is_empty()
        && match chain.names().as_slice() {
            ["customElements", "whenDefined"] => {
                matches!(chain.last().and_then(|link| link.args), Some([Node { kind: Kind::Str(_), .. }]))
            }
            ["document", "fonts", "ready"] => true,
            _ => false,
        }
}

/// Whether code that runs in the page, as a function or as text, assigns something.
fn writes(code: &Node) -> bool {
    match &code.kind {
        Kind::Str(text) => text.replace("==", "").replace("=>", "").replace("!=", "").contains('='),
        Kind::Fn(func) => any_stmt(&func.body, &mut |stmt| {
            matches!(&stmt.kind, StmtKind::Decl { target, .. } if matches!(target.kind, Kind::Member { .. }))
                || stmt.any(&mut |node| matches!(&node.kind, Kind::Assign(op, ..) if op != "default"))
        }),
        _ => false,
    }
}

/// Whether an object has a matcher: a function that is called like one.
fn has_matcher(arg: &Node) -> bool {
    let is_one = |(key, value): &(String, Node)| {
        let named = key.strip_prefix("to").is_some_and(|rest| rest.starts_with(|first: char| first.is_uppercase()));
        named && matches!(value.kind, Kind::Fn(_))
    };
    matches!(&arg.kind, Kind::Object(entries) if entries.iter().any(is_one))
}

/// Whether a callback goes to a page, or sends a request, or calls what may do so: on another host it may hand a password
/// to anybody.
pub fn goes_by_itself(callback: &Node) -> bool {
    callback.any(&mut |part| match &part.kind {
        Kind::Member { name, .. } => matches!(name.as_str(), "visit" | "request"),
        Kind::Call { callee, .. } => callee.ident().is_some_and(|name| name != "expect"),
        _ => false,
    })
}
