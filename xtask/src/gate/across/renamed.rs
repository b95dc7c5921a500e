//! What the product calls something now: a function or a method that got a name which says the same, everywhere in a
//! file, is the one that it was; so is a mocked module that moved with what is imported from it.
//!
//! It rewrites the old program in the new words, and decides nothing else.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::chain::Chain;
use super::super::differ::required_import;
use super::super::ir::alter::Alter;
use super::super::ir::{Import, Kind, Node, Program, Stmt, StmtKind};
use super::super::words::{ACTIONS, CHECKING_WAITS, LIBRARY_ROOTS, PASSIVE, READS, asserts_by_name, finds, words};

/// What Vitest took over from Jest, and Pydantic's names since its second version.
#[rustfmt::skip]
const OF_LIBRARIES: [(&str, &str); 9] = [
    ("jest", "vi"), ("vi", "jest"), ("parseObj", "modelValidate"),
    ("dict", "modelDump"), ("json", "modelDumpJson"), ("schema", "modelJsonSchema"),
    ("parseRaw", "modelValidateJson"), ("copy", "modelCopy"), ("construct", "modelConstruct"),
];

/// How a name is used in a file.
#[derive(Default)]
struct Use {
    /// As something of the test's own, or of a library.
    otherwise: bool,
    called: bool,
    /// The words of what it is a member of, and of what makes the value that it is compared with.
    said: BTreeSet<String>,
    /// As an import: the module.
    modules: BTreeSet<String>,
}

impl Use {
    fn say(&mut self, name: &str) {
        self.said.extend(words(name).iter().map(|word| word.trim_end_matches('s').to_owned()));
    }
}

/// Tells the old program in the new one's names.
pub fn retell(old: &mut Program, new: &Program) {
    let renames = renames(old, new);
    let modules = moved_modules(old, new);
    if renames.is_empty() && modules.is_empty() {
        return;
    }
    let rename = |name: &mut String| {
        if let Some(to) = renames.get(name.as_str()) {
            *name = to.clone();
        }
    };
    let mut alter = Alter {
        node: &mut |node| {
            if let Some(module) = mocked_module(node)
                && let Some(to) = modules.get(module.as_str())
            {
                *module = to.clone();
            }
            match &mut node.kind {
                Kind::Ident(name) | Kind::Member { name, .. } => rename(name),
                Kind::Object(entries) => entries.iter_mut().for_each(|(key, _)| rename(key)),
                Kind::Call { callee, args, .. } if is_suite(callee) => {
                    // A suite is called after what it is about.
                    if let Some(Node { kind: Kind::Str(title), .. }) = args.first_mut() {
                        rename(title);
                    }
                }
                Kind::Call { .. } => {
                    if let Some((_, name)) = replaced_member(node) {
                        let mut name = name.to_owned();
                        rename(&mut name);
                        if let Kind::Call { args, .. } = &mut node.kind {
                            args[1].kind = Kind::Str(name);
                        }
                    }
                }
                _ => {}
            }
        },
        stmt: &mut |stmt| match &mut stmt.kind {
            StmtKind::Import(import) => {
                import.names.iter_mut().for_each(|(name, local)| {
                    rename(name);
                    rename(local);
                });
                import.names.sort();
            }
            StmtKind::Func(func) => rename(&mut func.name),
            _ => {}
        },
    };
    alter.body(&mut old.body);
}

fn renames(old: &Program, new: &Program) -> BTreeMap<String, String> {
    let (before, after) = (uses(old), uses(new));
    let of_product = |name: &str, used: &Use| !used.otherwise && !is_vocabulary(name);
    let gone: Vec<(&String, &Use)> =
        before.iter().filter(|(name, used)| !after.contains_key(*name) && of_product(name, used)).collect();
    let fresh: Vec<(&String, &Use)> =
        after.iter().filter(|(name, used)| !before.contains_key(*name) && of_product(name, used)).collect();
    let same = |(was, old): &(&String, &Use), (is, new): &(&String, &Use)| {
        // What only the product itself calls is not what it offers.
        let inner = is.starts_with('_') && !was.starts_with('_');
        !inner && old.called == new.called && old.modules == new.modules && says_the_same(was, is, &old.said)
    };
    let mut found = BTreeMap::new();
    for (was, is) in OF_LIBRARIES {
        let only_in = |one: &HashMap<String, Use>, other: &HashMap<String, Use>, name| {
            one.contains_key(name) && !other.contains_key(name)
        };
        if only_in(&before, &after, was) && only_in(&after, &before, is) {
            found.insert((*was).to_owned(), (*is).to_owned());
        }
    }
    // The only helper that is gone is the only one that is new: what it does is compared.
    let (was, is) = (helpers(old), helpers(new));
    let only = |some: &[(String, usize)], others: &HashMap<String, Use>, known: &[(String, usize)]| {
        let mut apart =
            some.iter().filter(|(name, _)| !others.contains_key(name) && !known.iter().any(|(other, _)| other == name));
        apart.next().cloned().filter(|_| apart.next().is_none())
    };
    if let (Some((one, takes)), Some((other, given))) = (only(&was, &after, &is), only(&is, &before, &was))
        && takes == given
    {
        found.insert(one, other);
    }
    for one in &gone {
        let mut candidates = fresh.iter().filter(|other| same(one, other));
        if let (Some(other), None) = (candidates.next(), candidates.next())
            && gone.iter().filter(|one| same(one, other)).count() == 1
        {
            found.insert(one.0.clone(), other.0.clone());
        }
    }
    found
}

/// The functions that a file declares for its tests, with how many parameters they have.
fn helpers(program: &Program) -> Vec<(String, usize)> {
    let declared = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Func(func) if func.decorators.is_empty() => Some((func.name.clone(), func.params.len())),
        StmtKind::Decl { target, init: Some(Node { kind: Kind::Fn(func), .. }), .. } => {
            Some((target.ident()?.to_owned(), func.params.len()))
        }
        _ => None,
    };
    let by_itself = |name: &str| {
        name.starts_with("test")
            || name.starts_with("pytest_")
            || name.starts_with("setup")
            || name.starts_with("teardown")
    };
    program.body.iter().filter_map(declared).filter(|(name, _)| !by_itself(name)).collect()
}

/// Names that the test libraries give a meaning to.
pub fn is_vocabulary(name: &str) -> bool {
    let listed = [&ACTIONS[..], &PASSIVE, &READS, &CHECKING_WAITS].iter().any(|list| list.contains(&name));
    let matcher = name.strip_prefix("to").is_some_and(|rest| rest.starts_with(|first: char| first.is_uppercase()));
    listed || matcher || finds("", name) || asserts_by_name(name)
}

/// Whether two names of a function say the same: by a verb that means the same, or with a word more that is said anyway.
pub fn says_the_same(was: &str, is: &str, said: &BTreeSet<String>) -> bool {
    const VERBS: [&[&str]; 4] = [
        &["get", "fetch", "load", "retrieve", "list", "find"],
        &["set", "update", "change"],
        &["delete", "remove"],
        &["fill", "enter", "complete"],
    ];
    /// Two words for one.
    const LOG_IN: [(&str, &str, &str); 4] =
        [("log", "in", "login"), ("sign", "in", "login"), ("log", "out", "logout"), ("sign", "out", "logout")];
    let read = |name: &str| -> (Vec<&str>, Vec<String>) {
        let all = words(name).into_iter().filter(|word| !matches!(word.as_str(), "to" | "of" | "the" | "as" | "async"));
        let mut all: Vec<String> = all
            .map(|word| match word.as_str() {
                "email" => "mail".to_owned(),
                "signin" => "login".to_owned(),
                _ => word,
            })
            .collect();
        for (one, other, whole) in LOG_IN {
            if let Some(at) = all.windows(2).position(|two| two[0] == one && two[1] == other) {
                all.splice(at..at + 2, [whole.to_owned()]);
            }
        }
        let (mut verbs, mut rest) = (Vec::new(), Vec::new());
        for word in all {
            match VERBS.iter().find(|group| group.contains(&word.as_str())) {
                Some(group) => verbs.push(group[0]),
                None => rest.push(word),
            }
        }
        // `dueDate()` and `getDueDate()`
        verbs.retain(|verb| *verb != "get");
        (verbs, rest)
    };
    let ((verbs, one), (same_verbs, other)) = (read(was), read(is));
    let (short, long) = if one.len() < other.len() { (&one, &other) } else { (&other, &one) };
    // `getUser` and `fetchUserById`
    let by_id = long.ends_with(&["by", "id"].map(str::to_owned));
    let said_anyway = |word: &String| {
        said.contains(word.trim_end_matches('s')) || word == "form" || by_id && matches!(word.as_str(), "by" | "id")
    };
    let in_short = |word: &&String| short.iter().any(|other| is_word(word, other));
    let (kept, more): (Vec<&String>, Vec<&String>) = long.iter().partition(in_short);
    verbs == same_verbs
        && !long.is_empty()
        && kept.len() == short.len()
        && kept.iter().zip(short).all(|(word, other)| is_word(word, other))
        && more.len() == long.len() - short.len()
        && more.into_iter().all(said_anyway)
}

fn is_suite(callee: &Node) -> bool {
    matches!(callee.ident(), Some("describe" | "suite" | "context"))
}

/// Whether two words are one, or one of them is what the other is usually shortened to: `calc` of `calculate`, `temp` of
/// `temperature`.
fn is_word(one: &str, other: &str) -> bool {
    #[rustfmt::skip]
    const SHORT: [&str; 32] = [
        "addr", "admin", "app", "arg", "auth", "calc", "cat", "conf", "config", "cur", "curr", "del", "desc", "dir", "doc",
        "env", "func", "gen", "info", "init", "lang", "len", "max", "min", "num", "param", "prev", "ref", "repo", "spec",
        "temp", "val",
    ];
    let begins = |long: &str, short: &str| long.starts_with(short) && SHORT.contains(&short);
    one == other || begins(one, other) || begins(other, one)
}

fn uses(program: &Program) -> HashMap<String, Use> {
    let mut found: HashMap<String, Use> = HashMap::new();
    let mut imported: HashMap<&str, &str> = HashMap::new();
    for import in imports(program) {
        for (name, local) in &import.names {
            let used = found.entry(local.clone()).or_default();
            if name == local {
                used.modules.insert(import.source.clone());
                imported.insert(local, &import.source);
            } else {
                used.otherwise = true;
                found.entry(name.clone()).or_default().otherwise = true;
            }
        }
    }
    for stmt in &program.body {
        stmt.walk_stmts(&mut |inner| match &inner.kind {
            StmtKind::Func(func) => found.entry(func.name.clone()).or_default().otherwise = true,
            StmtKind::Class(class) => found.entry(class.name.clone()).or_default().otherwise = true,
            _ => {}
        });
        stmt.walk(&mut |node| match &node.kind {
            Kind::Ident(name) => {
                found.entry(name.clone()).or_default().otherwise |= !imported.contains_key(name.as_str())
            }
            Kind::Member { object, name, .. } => {
                let used = found.entry(name.clone()).or_default();
                note_receiver(used, object);
            }
            Kind::Object(entries) => entries.iter().for_each(|(key, value)| {
                // A key of data is no name of a function.
                let of_function = matches!(value.kind, Kind::Fn(_) | Kind::Call { .. }) || value.ident() == Some(key);
                found.entry(key.clone()).or_default().otherwise |= !of_function;
            }),
            Kind::Call { callee, args, .. } => {
                if let Kind::Ident(name) | Kind::Member { name, .. } = &callee.kind {
                    found.entry(name.clone()).or_default().called = true;
                }
                if let Some((object, name)) = replaced_member(node) {
                    note_receiver(found.entry(name.to_owned()).or_default(), object);
                }
                if let [value, expected, ..] = args.as_slice() {
                    note_comparison(&mut found, value, expected);
                }
            }
            Kind::Binary(op, value, expected) if op == "==" => note_comparison(&mut found, value, expected),
            _ => {}
        });
    }
    // A parameter or a variable of an imported name is the test's own.
    for name in bound_names(&program.body) {
        if let Some(used) = found.get_mut(name) {
            used.otherwise = true;
        }
    }
    found
}

fn note_receiver(used: &mut Use, object: &Node) {
    let chain = Chain::of(object);
    let root = chain.root();
    // What Cypress does not know by itself is a command of the project.
    let of_library = LIBRARY_ROOTS.contains(&root) && (root != "cy" || chain.links.len() > 1)
        || chain.links.iter().any(|link| finds(root, link.name) || link.name.to_ascii_lowercase().ends_with("expect"));
    used.otherwise |= of_library || root.is_empty();
    for link in &chain.links {
        used.say(link.name);
    }
}

/// `invoice.due() == dt.date(2024, 3, 30)` says that what is due is a date.
fn note_comparison(found: &mut HashMap<String, Use>, value: &Node, expected: &Node) {
    let called = |node: &Node| match &node.kind {
        Kind::Call { callee, .. } => Chain::of(callee).last().map(|link| link.name.to_owned()),
        _ => None,
    };
    if let (Some(name), Some(maker)) = (called(value), called(expected)) {
        found.entry(name).or_default().say(&maker);
    }
}

fn imports(program: &Program) -> Vec<&Import> {
    let mut found = Vec::new();
    for stmt in &program.body {
        stmt.walk_stmts(&mut |inner| {
            if let StmtKind::Import(import) = &inner.kind {
                found.push(import);
            }
        });
    }
    found
}

/// The names that parameters and variables bind.
fn bound_names(body: &[Stmt]) -> Vec<&str> {
    let mut found = Vec::new();
    for stmt in body {
        stmt.walk_stmts(&mut |inner| match &inner.kind {
            StmtKind::Decl { target, .. } => found.extend(super::super::differ::bound(target)),
            StmtKind::Func(func) => found.extend(func.params.iter().flat_map(super::super::differ::bound)),
            _ => {}
        });
        stmt.walk(&mut |node| {
            if let Kind::Fn(func) = &node.kind {
                found.extend(func.params.iter().flat_map(super::super::differ::bound));
            }
        });
    }
    found
}

/// The object and the name in `monkeypatch.setattr(rates, "fetch", …)`, `vi.spyOn(api, 'load')`.
fn replaced_member(node: &Node) -> Option<(&Node, &str)> {
    let Kind::Call { callee, args, .. } = &node.kind else { return None };
    let replaces = matches!(Chain::of(callee).last()?.name, "setattr" | "spyOn" | "object" | "replaceProperty");
    match args.as_slice() {
        [object, name, ..] if replaces => Some((object, name.string()?)),
        _ => None,
    }
}

/// The module in `vi.mock('./api')`.
fn mocked_module(node: &mut Node) -> Option<&mut String> {
    let Kind::Call { callee, args, .. } = &mut node.kind else { return None };
    let names = Chain::of(callee).names();
    let mocks = matches!(names[..], ["vi" | "jest", "mock" | "unmock" | "mocked" | "importActual" | "requireActual"]);
    match args.first_mut().map(|arg| &mut arg.kind) {
        Some(Kind::Str(module)) if mocks => Some(module),
        _ => None,
    }
}

/// Whether the call in a line of the new program mocks a module that the old one imports for what it is.
pub fn mocks_imported(old: &Program, new: &Program, line: usize) -> bool {
    let was_mocked = |module: &str| {
        let is_it = |node: &Node| mocked_module(&mut node.clone()).is_some_and(|other| other == module);
        old.body.iter().any(|stmt| stmt.any(&mut |node| is_it(node)))
    };
    let imported = |module: &str| imports(old).iter().any(|import| import.source == module) && !was_mocked(module);
    let mocks = |node: &Node| mocked_module(&mut node.clone()).is_some_and(|module| imported(module));
    new.body.iter().any(|stmt| stmt.any(&mut |node| node.line == line && mocks(node)))
}

/// Whether the names of two modules, or the folders that they lie in, have a word in common.
fn is_akin(old: &str, new: &str) -> bool {
    let said =
        |source: &str| words(source).into_iter().filter(|word| word.len() > 2 && word != "src").collect::<Vec<_>>();
    let (was, is) = (said(old), said(new));
    was.iter().any(|word| is.iter().any(|other| word.trim_end_matches('s') == other.trim_end_matches('s')))
}

/// Whether a program that asserts of something it imports that it is not called asserts, too, that it is.
fn is_heard_of(program: &Program, import: &Import) -> bool {
    let is_own = |node: &Node| node.ident().is_some_and(|name| import.names.iter().any(|(_, local)| local == name));
    let (mut called, mut denied) = (false, false);
    program.body.iter().for_each(|stmt| {
        stmt.walk(&mut |node| {
            let chain = Chain::of(node);
            let of_own = chain.called("expect").and_then(<[Node]>::first).is_some_and(is_own);
            let calls = chain
                .links
                .iter()
                .any(|link| link.name.starts_with("toHaveBeen") || link.name.starts_with("toBeCalled"));
            let none = chain.has("not")
                || chain
                    .called("toHaveBeenCalledTimes")
                    .is_some_and(|args| args.first().and_then(Node::number) == Some(0.0));
            called |= of_own && calls && !none;
            denied |= of_own && calls && none;
        });
    });
    called || !denied
}

/// Whether a module is called after what is imported from it, or after another module of the file: `updatePost` of
/// `../rest/posts`.
fn names_what_it_gives(all: &[&Import], import: &Import, target: &str) -> bool {
    let said = |text: &str| {
        let long = words(text).into_iter().filter(|word| word.len() > 3);
        long.map(|word| word.trim_end_matches('s').to_owned()).collect::<Vec<_>>()
    };
    let of_target = said(target);
    let own = import.names.iter().map(|(name, _)| name.as_str());
    let others = all.iter().filter(|other| other.source.starts_with('.') && other.source != import.source);
    own.chain(others.map(|other| other.source.as_str())).flat_map(said).any(|word| of_target.contains(&word))
}

/// Modules that are imported no more, to the one that everything of them comes from now and nothing came from before.
fn moved_modules(old: &Program, new: &Program) -> BTreeMap<String, String> {
    let required = |program: &Program| program.body.iter().filter_map(required_import).collect::<Vec<_>>();
    let (required_before, required_after) = (required(old), required(new));
    let (mut before, mut after) = (imports(old), imports(new));
    before.extend(&required_before);
    after.extend(&required_after);
    let comes_from = |local: &str| {
        after.iter().find(|import| import.names.iter().any(|(_, name)| name == local)).map(|import| &import.source)
    };
    let is_source = |imports: &[&Import], source: &str| imports.iter().any(|import| import.source == source);
    let mut found = BTreeMap::new();
    for import in before.iter().filter(|import| !is_source(&after, &import.source)) {
        let locals = before.iter().filter(|other| other.source == import.source).flat_map(|other| &other.names);
        let mut targets = locals.map(|(_, local)| comes_from(local));
        if let Some(Some(target)) = targets.next()
            && targets.all(|other| other == Some(target))
            && !is_source(&before, target)
            && (is_akin(&import.source, target) || names_what_it_gives(&before, import, target))
            && is_heard_of(new, import)
        {
            found.insert(import.source.clone(), target.clone());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_that_says_the_same_is_a_rename() {
        let cases = [
            ("loadPrices", "fetchPrices", true),
            ("setCount", "updateCount", true),
            ("due", "getDue", true),
            ("due", "due_date", true),
            ("roundTo", "round", true),
            ("fetch", "fetch_rate", true),
            ("calcTotal", "calculateTotal", true),
            ("currentTemp", "getCurrentTemperature", true),
            ("isValid", "isValidated", false),
            ("unit", "unitless", false),
            ("total", "subtotal", false),
            ("total", "totalNet", false),
            ("isValid", "isInvalid", false),
            ("getUser", "deleteUser", false),
            ("loadPrices", "fetchProducts", false),
            ("load", "fetch", false),
            ("getUser", "fetchUserById", true),
            ("getUserById", "getUserByMail", false),
            ("loginAs", "signInAs", true),
            ("loginAs", "signOutAs", false),
            ("fillPatientForm", "enterPatient", true),
        ];
        let said = ["rate", "date"].map(str::to_owned).into();
        for (was, is, expected) in cases {
            assert_eq!(says_the_same(was, is, &said), expected, "{was} / {is}");
        }
    }
}
