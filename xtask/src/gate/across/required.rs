//! What the product has come to require: one more field in the data of a test, one more property of what it renders, of
//! which nothing is asserted. Without it the data are what they were.

mod said;

use std::collections::{HashMap, HashSet};

use super::super::assertion;
use super::super::chain::Chain;
use super::super::differ::{is_iso, is_own_provider, is_vocabulary, provides, reads_clock, wrapped};
use super::super::ir::alter::Alter;
use super::super::ir::{Func, Kind, Node, Program, Stmt, StmtKind, hash_of};
use super::super::words::{LIBRARY_ROOTS, TEST_ROOTS, asserts_by_name, words};
use said::{Said, said};

use super::unique::{became_unique, speaks_of_duplicates, stamps};

/// Words on what decides how data are treated, or what they come to: a person has to look at it.
#[rustfmt::skip]
const TELLING: [&str; 94] = [
    "role", "roles", "admin", "permission", "permissions", "scope", "scopes", "skip", "bypass", "force", "mock", "fake",
    "test", "debug", "flag", "flags", "feature", "features", "enabled", "disabled", "disable", "status", "state", "valid",
    "verified", "approved", "confirmed", "active", "error", "errors", "paid", "total", "price", "amount", "discount", "fee",
    "tax", "vat", "rate", "count", "length", "timeout", "retry", "retries", "expected", "result", "override", "user",
    "password", "token", "auth", "headers", "url", "path", "href", "id", "children", "initial", "default", "value",
    "open", "visible", "hidden", "selected", "checked", "mode", "variant", "strict", "validate", "autosave", "as", "ref",
    "wrapper", "dry", "visibility", "private", "public", "plan", "subscription", "tier", "credit", "balance", "premium",
    "category", "kind", "type", "quantity", "level", "group", "segment", "membership", "guardian", "cookie", "banner",
];
/// What a component is told of where it is shown.
const TOLD: [&str; 11] = [
    "locale",
    "lang",
    "language",
    "currency",
    "timezone",
    "timeZone",
    "dir",
    "theme",
    "data-testid",
    "label",
    "aria-label",
];
/// Rounds for what lies within what lies within something: so many at most.
const MAX_ROUNDS: usize = 3;

/// Takes from the new program the fields that only the new version of some data has, if nothing speaks of them.
pub fn settle(old: &Program, new: &mut Program) {
    for _ in 0..MAX_ROUNDS {
        let found = supplied(old, new);
        if found.is_empty() {
            return;
        }
        let mut alter = Alter {
            node: &mut |node| {
                if let Some(was) = found.get(&(node.line, hash_of(node))) {
                    node.kind = was.kind.clone();
                }
            },
            stmt: &mut |_| {},
        };
        alter.body(&mut new.body);
    }
}

/// By the line and the hash of new data the data that they were.
fn supplied(old: &Program, new: &Program) -> HashMap<(usize, u64), Node> {
    let (before, after) = (Data::of(old), Data::of(new));
    let all = |program: &Program| {
        let mut found = HashSet::new();
        program.body.iter().for_each(|stmt| stmt.walk(&mut |node| found.extend(fields(node).map(|_| hash_of(node)))));
        found
    };
    let (was, is) = (all(old), all(new));
    let gone: Vec<&Node> = before.found.into_iter().filter(|node| !is.contains(&hash_of(node))).collect();
    let says = Said::of(new);
    let mut found = HashMap::new();
    let mut known: HashSet<u64> = HashSet::new();
    old.body.iter().for_each(|stmt| {
        stmt.walk(&mut |node| {
            known.insert(hash_of(node));
        })
    });
    new.body.iter().for_each(|stmt| {
        stmt.walk(&mut |node| {
            if known.contains(&hash_of(node)) {
                return;
            }
            if let Some(only) = provided(node, &says).filter(|only| known.contains(&hash_of(only))) {
                found.insert((node.line, hash_of(node)), only.clone());
            } else if let Some(was) = told_more(node, &says).filter(|was| known.contains(&hash_of(was))) {
                found.insert((node.line, hash_of(node)), was);
            }
        });
    });
    if gone.is_empty() {
        return found;
    }
    for data in after.found.into_iter().filter(|node| !was.contains(&hash_of(node))) {
        if let Some(known) = gone.iter().find(|known| became(known, data, &says)) {
            found.insert((data.line, hash_of(data)), (*known).clone());
        }
    }
    found
}

/// Whether data are the same but for fields that only had to be there.
fn became(old: &Node, new: &Node, program: &Said) -> bool {
    let refused = program.refuses;
    let (Some(before), Some(after)) = (fields(old), fields(new)) else { return false };
    if tag(old) != tag(new) || before.len() > after.len() || before.is_empty() && tag(new).is_none() {
        return false;
    }
    // What is cheap to see comes first: what each had is there still, or computed.
    let computed = |value: &[&Node]| value.iter().any(|node| !matches!(node.kind, Kind::Str(_) | Kind::Num(_)));
    let kept = |(key, value): &(&str, Vec<&Node>)| {
        after.iter().any(|(other, now)| other == key && (now == value || computed(now)))
    };
    if !before.iter().all(kept) {
        return false;
    }
    // What stands there by itself may be replaced.
    let copies = |name: &str| after.iter().take_while(|(key, _)| *key != name).any(|(key, _)| *key == "...");
    let only_told = |key: &str, value: &[&Node]| match value {
        [Node { kind: Kind::Str(_), .. }] if tag(new).is_some() => TOLD.contains(&key) || !refused,
        [Node { kind: Kind::Num(_) | Kind::Object(_) | Kind::Array(_), .. }] if tag(new).is_some() => false,
        [Node { kind: Kind::Fn(_) | Kind::Call { .. }, .. }] => !copies(key),
        _ => true,
    };
    let mut rest = before.iter().peekable();
    after.iter().all(|(key, value)| {
        let kept = rest.next_if(|(was, before)| was == key && before == value).is_some();
        let was = rest.peek().filter(|(was, _)| !kept && was == key).map(|(_, before)| before.clone());
        let renewed = was.is_some_and(|was| is_renewed(&was, value, program.program));
        if renewed {
            rest.next();
        }
        // One more field may be why it is refused.
        let agrees = matches!(value[..], [value] if matches!(value.kind, Kind::Const(_)) || says_yes(value));
        let harmless = agrees || !refused || tag(new).is_some() && TOLD.contains(key);
        let added = !before.iter().any(|(was, _)| was == key) || *key == "...";
        kept || renewed || added && harmless && only_told(key, value) && is_only_required(key, value, program)
    }) && rest.peek().is_none()
}

/// Whether a value of which nothing is said elsewhere is another in each run now, or a day that is reckoned from today.
fn is_renewed(old: &[&Node], new: &[&Node], program: &Program) -> bool {
    let ([old], [new]) = (old, new) else { return false };
    let reckoned = old.string().is_some_and(is_iso) && new.string().is_none() && new.any(&mut |part| reads_clock(part));
    let renamed = old.string().is_some() && matches!(new.kind, Kind::Template(_));
    if !(reckoned || renamed) {
        return false;
    }
    let says = |node: &Node| node.string().zip(old.string()).is_some_and(|(text, was)| text.contains(was));
    // Its own template holds it once.
    let (mut all, mut own) = (0, 0);
    program.body.iter().for_each(|stmt| stmt.walk(&mut |node| all += usize::from(says(node))));
    new.walk(&mut |node| own += usize::from(says(node)));
    let said = all > own;
    let unique = became_unique(old, new, &stamps(program));
    let in_browser = program
        .body
        .iter()
        .any(|stmt| stmt.any(&mut |node| matches!(node.ident(), Some("page" | "driver" | "browser" | "cy" | "Page"))));
    !said && (unique && !speaks_of_duplicates(program, old.string().unwrap_or_default()) || reckoned && in_browser)
}

/// Whether a field is one of which nothing in a program speaks, and which decides nothing.
fn is_only_required(key: &str, value: &[&Node], program: &Said) -> bool {
    let said = words(key);
    // What is given a price counts only where some are told.
    let of_money = |word: &str| matches!(word, "price" | "amount" | "total" | "fee" | "tax" | "vat" | "discount");
    let tells =
        |word: &String| (word != "id" || said.len() == 1) && is_telling(word) && (!of_money(word) || program.money);
    let plain = !key.starts_with(['.', '[']) && !said.iter().any(tells);
    // What a person has to agree to.
    let asked_anyway = said.iter().any(|word| matches!(word.as_str(), "cookie" | "cookies" | "banner"));
    let agrees = !asked_anyway
        && said
            .iter()
            .any(|word| matches!(word.as_str(), "consent" | "terms" | "privacy" | "gdpr" | "agree" | "agreed"));
    match value {
        [value] if agrees && says_yes(value) => !program.elsewhere(&said, None),
        [Node { kind: Kind::Const(yes), .. }] if yes == "true" => false,
        // Selectors speak of other labels.
        [value] => {
            let spoken_of = key != "label" && program.elsewhere_than(&said, value);
            plain && is_unheard(key, value, program) && !spoken_of
        }
        _ => false,
    }
}

/// What a form sends of a box that is ticked.
fn says_yes(value: &Node) -> bool {
    match &value.kind {
        Kind::Const(yes) => yes == "true",
        Kind::Str(yes) => matches!(yes.as_str(), "on" | "yes" | "true" | "1"),
        _ => false,
    }
}

/// Whether a key is of what decides how data are treated.
pub fn decides(key: &str) -> bool {
    const NAMES_DATA: [&str; 8] = ["id", "value", "initial", "default", "total", "count", "price", "amount"];
    words(key).iter().any(|word| is_telling(word) && !NAMES_DATA.contains(&word.as_str()))
}

fn is_telling(word: &str) -> bool {
    TELLING.contains(&word)
}

/// Whether nothing in a program speaks of a value, elsewhere than in a field of this key.
fn is_unheard(key: &str, value: &Node, program: &Said) -> bool {
    const RIGHTS: [&str; 8] = ["role", "roles", "admin", "permission", "permissions", "rights", "flags", "features"];
    let decides = |key: &str| words(key).iter().any(|word| RIGHTS.contains(&word.as_str()));
    match &value.kind {
        Kind::Str(text) => {
            !words(text).is_empty() && !decides_much(text) && !program.elsewhere(&words(text), Some(key))
        }
        // Somebody has to have one.
        Kind::Num(number) if key == "id" => number.len() == 1,
        Kind::Num(number) => {
            let by_value = value.number().map(|value| value.to_string()).unwrap_or_default();
            value.number() != Some(0.0)
                && !program.elsewhere(std::slice::from_ref(number), Some(key))
                && (by_value == *number || !program.elsewhere(&[by_value], Some(key)))
        }
        Kind::Const(nothing) => matches!(nothing.as_str(), "null" | "undefined" | "None"),
        Kind::Fn(func) => func.body.is_empty() && key.starts_with("on"),
        Kind::Call { args, .. } if args.is_empty() => matches!(Chain::of(value).names()[..], ["vi" | "jest", "fn"]),
        // What a factory gives unless it is told otherwise.
        Kind::Call { args, .. } => match (Chain::of(value).names().as_slice(), args.as_slice()) {
            (["kwargs" | "overrides", "pop" | "get"], [name, default]) => {
                let said = default.string().map(words).unwrap_or_default();
                let told = !said.is_empty() && !program.elsewhere_than(&said, default);
                name.string() == Some(key) && told && !default.string().is_some_and(decides_much)
            }
            _ => false,
        },
        Kind::Array(parts) => !parts.is_empty() && parts.iter().all(|part| is_unheard(key, part, program)),
        Kind::Object(entries) => {
            let plain = |value: &Node| !matches!(value.kind, Kind::Fn(_) | Kind::Call { .. });
            entries.iter().all(|(key, value)| !decides(key) && plain(value) && is_unheard(key, value, program))
        }
        _ => false,
    }
}

/// Whether a value says who may do what, or that something is not what it is otherwise.
fn decides_much(text: &str) -> bool {
    #[rustfmt::skip]
    const DECIDES: [&str; 32] = [
        "private", "blocked", "pro", "gold", "premium", "vip", "guest", "archived", "cancelled",
        "readonly", "read", "only", "disabled", "hidden", "locked", "off", "none", "demo", "mock", "debug", "admin",
        "superuser", "owner", "internal", "legacy", "fake", "skip", "force", "no", "never", "preview", "view",
    ];
    words(text).iter().any(|word| DECIDES.contains(&word.as_str()))
}

/// The element that a provider of the project stands around, if it provides nothing of which the program speaks.
fn provided<'n>(node: &'n Node, program: &Said) -> Option<&'n Node> {
    let (opening, only) = wrapped(node)?;
    let name = Chain::of(tag(opening)?).last()?.name;
    let mut besides = Vec::new();
    opening.walk(&mut |part| besides.extend(said(part)));
    let program = &program.without(&besides);
    let unheard = |(key, value): (&str, Vec<&Node>)| match value[..] {
        [value] => is_unheard(key, value, program) || value.ident().is_some(),
        _ => false,
    };
    if !is_own_provider(tag(opening)?) && provides(opening) && !brings_data(opening) {
        return Some(only);
    }
    // What a library provides is told by the text of a property alone: `mode="light"`.
    let by_text = |(_, value): &(&str, Vec<&Node>)| matches!(value[..], [Node { kind: Kind::Str(_), .. }]);
    let given = fields(opening)?;
    let own = is_own_provider(tag(opening)?) || name == "ThemeProvider" && given.iter().all(by_text);
    let all = given.into_iter().all(unheard);
    (own && name.ends_with("Provider") && all && !assertion::denies_unseen(&program.program.body)).then_some(only)
}

/// Whether what a provider is given may hold what a component would have to load.
fn brings_data(opening: &Node) -> bool {
    #[rustfmt::skip]
    const SETTINGS: [&str; 9] = [
        "defaultOptions", "queries", "mutations", "retry", "retryDelay", "gcTime", "cacheTime", "staleTime", "logger",
    ];
    opening.any(&mut |part| match &part.kind {
        Kind::Object(entries) => !entries.iter().all(|(key, _)| SETTINGS.contains(&key.as_str())),
        _ => false,
    })
}

/// A call of the product without the named arguments that it only had to be given, where it was given none before.
fn told_more(node: &Node, program: &Said) -> Option<Node> {
    let Kind::Call { callee, args, optional: false } = &node.kind else { return None };
    let (Node { kind: Kind::Object(entries), .. }, rest) = args.split_last()? else { return None };
    let name = callee.ident()?;
    let own = !LIBRARY_ROOTS.contains(&name) && !TEST_ROOTS.contains(&name) && !is_vocabulary("", name);
    let plain = entries
        .iter()
        .all(|(key, value)| matches!(value.kind, Kind::Str(_)) && is_only_required(key, &[value], program));
    let before = Kind::Call { callee: callee.clone(), args: rest.to_vec(), optional: false };
    (own && !expects(node) && !program.refuses && !entries.is_empty() && plain).then(|| Node::new(before, node.line))
}

/// The fields of an object, the properties of an element.
pub fn fields<'n>(node: &'n Node) -> Option<Vec<(&'n str, Vec<&'n Node>)>> {
    match &node.kind {
        Kind::Object(entries) => Some(entries.iter().map(|(key, value)| (key.as_str(), vec![value])).collect()),
        Kind::Other(kind, parts) if kind.starts_with("jsx_self_closing") || kind.starts_with("jsx_opening") => {
            let property = |part: &'n Node| match &part.kind {
                Kind::Other(kind, value) => Some((kind.strip_prefix("jsx_attribute ")?, value.iter().collect())),
                _ => None,
            };
            Some(parts.iter().skip(1).map(|part| property(part).unwrap_or(("...", vec![part]))).collect())
        }
        _ => None,
    }
}

/// Which element it is.
pub fn tag(node: &Node) -> Option<&Node> {
    match &node.kind {
        Kind::Other(_, parts) => parts.first(),
        _ => None,
    }
}

/// What a program gives to the product: data that it declares, returns, sends or renders. Neither what it expects, nor how
/// a library is to do something.
#[derive(Default)]
struct Data<'n> {
    found: Vec<&'n Node>,
    /// Names by which something is expected.
    expected: Vec<&'n str>,
}

impl<'n> Data<'n> {
    fn of(program: &'n Program) -> Self {
        let mut data = Data::default();
        program.body.iter().for_each(|stmt| {
            stmt.walk(&mut |node| {
                if let Kind::Call { args, .. } = &node.kind
                    && expects(node)
                {
                    args.iter().for_each(|arg| arg.walk(&mut |part| data.expected.extend(part.ident())));
                }
            });
        });
        program.body.iter().for_each(|stmt| data.in_stmt(stmt));
        data
    }

    fn in_body(&mut self, body: &'n [Stmt]) {
        body.iter().for_each(|stmt| self.in_stmt(stmt));
    }

    fn in_stmt(&mut self, stmt: &'n Stmt) {
        match &stmt.kind {
            StmtKind::Decl { target, init: Some(value), .. } => {
                let name = Chain::of(target).last().map_or("", |link| link.name);
                if !self.expected.contains(&name) && !matches!(name, "use" | "exports" | "pytestmark") {
                    self.in_node(value, true);
                }
            }
            StmtKind::Assert(..) => {}
            _ => {
                let returns = matches!(stmt.kind, StmtKind::Return(_));
                stmt.exprs().into_iter().for_each(|node| self.in_node(node, returns));
                stmt.blocks().into_iter().for_each(|block| self.in_body(block));
            }
        }
    }

    fn in_func(&mut self, func: &'n Func) {
        self.in_body(&func.body);
    }

    /// `given` says whether an object that stands here is data.
    fn in_node(&mut self, node: &'n Node, given: bool) {
        match &node.kind {
            Kind::Object(entries) => {
                self.found.extend(given.then_some(node));
                for (key, value) in entries {
                    let sent = matches!(key.as_str(), "data" | "body" | "json" | "form" | "multipart");
                    self.in_node(value, given || sent);
                }
            }
            Kind::Array(parts) => parts.iter().for_each(|part| self.in_node(part, given)),
            Kind::Fn(func) => self.in_func(func),
            Kind::Call { .. } if expects(node) => {
                // What is asserted of may be made on the spot.
                let Kind::Call { callee, .. } = &node.kind else { return };
                self.in_node(callee, false);
            }
            Kind::Call { callee, args, .. } | Kind::New { callee, args } => {
                let chain = Chain::of(callee);
                let name = chain.last().map_or("", |link| link.name);
                let mocks = matches!(name, "fulfill" | "intercept" | "route" | "reply");
                let own = !LIBRARY_ROOTS.contains(&chain.root())
                    && !TEST_ROOTS.contains(&chain.root())
                    && !matches!(name, "expect" | "defineConfig" | "extend" | "use" | "configure")
                    && (chain.links.len() == 1 || name.starts_with("mock") || !is_vocabulary(chain.root(), name));
                self.in_node(callee, false);
                args.iter().filter(|_| !mocks).for_each(|arg| self.in_node(arg, own));
                // Of a client of Django the second argument is what a form sends.
                if let (
                    ["client", "post"] | ["this", "client", "post"],
                    [_, sent @ Node { kind: Kind::Object(_), .. }],
                ) = (&chain.names()[..], args.as_slice())
                {
                    self.found.extend((!own && !names_options(sent)).then_some(sent));
                }
            }
            Kind::Other(kind, parts) => {
                let rendered = fields(node).is_some();
                self.found.extend(rendered.then_some(node));
                let inside = kind.starts_with("jsx_");
                parts.iter().for_each(|part| self.in_node(part, inside));
            }
            _ => node
                .parts()
                .into_iter()
                .for_each(|part| self.in_node(part, given && matches!(node.kind, Kind::Await(_) | Kind::Spread(_)))),
        }
    }
}

/// Whether an object holds the named arguments of a client, and not what it sends.
fn names_options(node: &Node) -> bool {
    #[rustfmt::skip]
    const OPTIONS: [&str; 14] = [
        "json", "data", "headers", "format", "follow", "contentType", "timeout", "params", "files", "cookies", "auth",
        "allowRedirects", "followRedirects", "secure",
    ];
    matches!(&node.kind, Kind::Object(entries) if entries.iter().any(|(key, _)| OPTIONS.contains(&key.as_str())))
}

/// Whether a call is of a matcher, or of a function that asserts.
fn expects(node: &Node) -> bool {
    let chain = Chain::of(node);
    let opens = |name: &str| matches!(name, "expect" | "should" | "assert" | "and");
    chain.links.len() > 1 && chain.links.iter().any(|link| opens(link.name))
        || chain.last().is_some_and(|link| link.name != "expect" && asserts_by_name(link.name))
}
