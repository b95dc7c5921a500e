//! Addresses that steps go to and ask for: which one may be what another was, after the product was moved about.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::super::assertion::{self, Style};
use super::super::super::ir::{Kind, Node, Program, Stmt, StmtKind, any_stmt};
use super::super::super::locator::Claim;
use super::super::super::locator::drift::same_stem;
use super::super::super::scan::without_version;
use super::super::super::words::{NAVIGATION, meaning, version, words};
use super::super::oracle::telling::{expected_texts, tells};
use super::super::pairs::kind_of;
use super::super::{Differ, Place};
use super::{Step, steps_of};

impl<'a> Differ<'a> {
    /// Whether a page object goes to the same page under another path.
    pub fn route_renamed(&self, old: &Step, new: &[Step]) -> bool {
        let goes = |step: &&Step| NAVIGATION.contains(&step.name.as_str());
        // It says what it did, or what the page object is called after.
        let known = meaning(self.path);
        let akin = |was: &str, is: &str| {
            let said = meaning(was);
            meaning(is).iter().any(|word| said.contains(word) || known.contains(word))
        };
        new.iter().find(goes).is_some_and(|is| {
            is.inputs.len() == old.inputs.len()
                && old
                    .inputs
                    .iter()
                    .zip(&is.inputs)
                    .all(|((_, was), (_, is))| was == is || is_other_path(was, is) && akin(was, is))
        })
    }

    /// Whether a test asserts that a request fails: then it proves nothing that one to another address does.
    pub fn expects_failure(&self) -> bool {
        let Some(scope) = self.scopes.iter().rev().find(|scope| scope.place == Place::Test) else { return false };
        let asserts = self.asserts();
        scope
            .new
            .iter()
            .any(|stmt| assertion::of_stmt(stmt, &asserts).is_some() && stmt.any(&mut |node| is_failure(node)))
    }

    /// An address of which an older version is asked for, or none.
    pub fn older_addresses(&mut self) {
        let (before, after) = (addresses(self.old), addresses(self.new));
        let gone = before.keys().filter(|was| version(was).is_some() && !after.contains_key(*was));
        let gone: HashMap<String, &str> = gone.map(|was| (without_version(was), *was)).collect();
        for (is, line) in after.iter().filter(|(is, _)| !before.contains_key(*is)) {
            if gone.get(&without_version(is)).is_some_and(|was| version(is) < version(was)) {
                self.report("changed-url", *line, format!("an older version is asked for: `{is}`"));
            }
        }
    }
}

impl Differ<'_> {
    /// Whether a step of `new` goes to the page that was at `old`: its address says the same in part, or is another in all
    /// of the file; or the log-in is a link of the first page now.
    pub fn is_page_moved(&self, old: &str, new: &[Step]) -> bool {
        let goes = new.iter().filter(|step| NAVIGATION.contains(&step.name.as_str()) || step.name == "get");
        let addresses = goes.flat_map(|step| &step.inputs).map(|(_, text)| text.as_str());
        let logs_in = |text: &str| meaning(text).iter().any(|word| word == "login");
        #[rustfmt::skip]
        const OTHERWISE: [&str; 14] = [
            "skip", "history", "as", "guest", "without", "later", "demo", "test", "help", "forgot", "out", "no", "examples",
            "up",
        ];
        let goes_otherwise = |text: &String| words(text).iter().any(|word| OTHERWISE.contains(&word.as_str()));
        let says_log_in = |step: &Step| {
            step.name == "click" && step.said.iter().any(|text| logs_in(text)) && !step.said.iter().any(goes_otherwise)
        };
        let opens = |step: &Step| step.inputs.iter().any(|(_, text)| text == "/");
        let around = self.scopes.last().into_iter().flat_map(|scope| &scope.new);
        let taken: Vec<Step> = around.flat_map(|stmt| steps_of(stmt)).collect();
        // `/stats` is a tab of `/club` now.
        let last = old.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let says_it = |step: &Step| {
            step.name == "click"
                && !step.said.iter().any(goes_otherwise)
                && step.said.iter().flat_map(|text| words(text)).any(|word| begins_alike(&word, last))
        };
        let goes_there = |step: &Step| NAVIGATION.contains(&step.name.as_str());
        let is_tab = taken.windows(2).any(|two| goes_there(&two[0]) && two[1].to_tab && says_it(&two[1]));
        let links = logs_in(old) && taken.windows(2).any(|two| opens(&two[0]) && says_log_in(&two[1]));
        !self.only_misses()
            && addresses.map(|is| within_site(old, is)).any(|(old, is)| {
                names_same_things(old, is) && (says_alike(old, is) || self.is_moved_everywhere(old, is))
                    || is == "/" && links
                    || is_tab
            })
    }

    /// Whether a test goes straight to where it asserts to be in the end.
    pub fn goes_to_its_end(&self, old: &str, new: &str) -> bool {
        let asserts = self.asserts();
        let of_address = |node: &Node| match &node.kind {
            Kind::Member { name, .. } => words(name).iter().any(|word| matches!(word.as_str(), "url" | "pathname")),
            Kind::Str(text) => matches!(text.as_str(), "pathname" | "href"),
            _ => false,
        };
        let said = |node: &Node| match &node.kind {
            Kind::Str(text) | Kind::Regex(text) => {
                let text = text.replace(['\\', '^', '$', '*'], "");
                text.len() > 2
                    && text.contains('/')
                    && new.contains(text.trim_matches('/'))
                    && !old.contains(text.trim_matches('/'))
            }
            _ => false,
        };
        let ends = |stmt: &&&Stmt| {
            assertion::of_stmt(stmt, &asserts).is_some()
                && stmt.any(&mut |node| of_address(node))
                && stmt.any(&mut |node| said(node))
        };
        self.scopes.last().is_some_and(|scope| scope.new.iter().any(|stmt| ends(&stmt) && scope.old.contains(stmt)))
    }

    /// Whether all that the file asserts is that something is not there: it is not there on any other page, either.
    fn only_misses(&self) -> bool {
        let asserts = self.asserts();
        let mut claims = Vec::new();
        let mut visit = |stmt: &Stmt| {
            let found = assertion::of_stmt(stmt, &asserts).filter(|found| found.style != Style::Implicit);
            claims.extend(found.map(|found| found.claim()));
        };
        self.new.body.iter().for_each(|stmt| stmt.walk_stmts(&mut visit));
        !claims.is_empty() && claims.iter().all(|claim| *claim == Claim::Absence)
    }

    /// Whether a file goes to one address wherever it went to another, and more than once.
    fn is_moved_everywhere(&self, old: &str, new: &str) -> bool {
        let count = |program: &Program, address: &str| {
            let mut found = 0;
            let mut visit = |node: &Node| found += usize::from(node.string() == Some(address));
            program.body.iter().for_each(|stmt| stmt.walk(&mut visit));
            found
        };
        let times = count(self.old, old);
        let asserts = self.asserts();
        let telling = |stmt: &&Stmt| {
            assertion::of_stmt(stmt, &asserts).is_some_and(|found| tells(expected_texts(&found).into_iter()))
        };
        let mut before = Vec::new();
        self.old.body.iter().for_each(|stmt| stmt.walk_stmts(&mut |inner| before.extend(Some(inner).filter(telling))));
        let kept = any_stmt(&self.new.body, &mut |stmt| telling(&stmt) && before.contains(&stmt));
        times > 1
            && kept
            && !old.starts_with(new)
            && !new.starts_with(old)
            && count(self.new, old) == 0
            && count(self.old, new) == 0
            && count(self.new, new) >= times
    }

    /// Whether an address differs from another as those do to which the file goes, or from which it gets what it asserts:
    /// `/books/9` is `/api/v2/books/9` where `/books` is `/api/v2/books`. What is not `judged` by itself needs another.
    pub fn is_moved_alike(&self, old: &str, new: &str, judged: bool) -> bool {
        let (Some(was), Some(is)) = (segments(old), segments(new)) else { return false };
        let kept = was.iter().rev().zip(is.iter().rev()).take_while(|(one, other)| one == other).count();
        let (from, to) = (&was[..was.len() - kept], &is[..is.len() - kept]);
        if from == to || !is_as_special(&from.join("/"), &to.join("/")) {
            return false;
        }
        let [before, after] = [(self.old, &self.reached[0]), (self.new, &self.reached[1])]
            .map(|(program, cell)| cell.get_or_init(|| reached(program)));
        // Where all of it is another, it does not tell by itself that it moved.
        before.iter().filter(|one| judged && kept > 0 || **one != was).any(|one| {
            let moved = one.strip_prefix(from).map(|rest| [to, rest].concat());
            moved.is_some_and(|moved| moved != *one && after.contains(&moved) && !after.contains(one))
        })
    }
}

/// Two addresses without the site, if it is the same.
fn within_site<'t>(old: &'t str, new: &'t str) -> (&'t str, &'t str) {
    let split = |text: &'t str| {
        let (_, rest) = text.split_once("://")?;
        Some(text.split_at(text.len() - rest.len() + rest.find('/')?))
    };
    match (split(old), split(new)) {
        (Some((site, was)), Some((other, is))) if site == other => (was, is),
        _ => (old, new),
    }
}

/// The parts of an address between its slashes, without what is asked for behind it; `None` if it is none.
fn segments(text: &str) -> Option<Vec<String>> {
    let text = text.replace("\\/", "/");
    let path = text.trim_start_matches("**").trim_start_matches(['/', '^']).split('?').next()?;
    let is_address = text.contains('/') && !text.contains([' ', '|', '(', '<']);
    let parts = path.trim_end_matches(['$', '/', '*']).split('/').map(str::to_owned);
    is_address.then(|| parts.filter(|part| !part.is_empty()).collect())
}

/// The addresses that a program goes to or asks, but for the functions in which something is to fail.
fn reached(program: &Program) -> Vec<Vec<String>> {
    fn addresses(stmt: &Stmt, found: &mut Vec<Vec<String>>) {
        stmt.walk(&mut |node| {
            let Kind::Call { callee, args, .. } = &node.kind else { return };
            let Kind::Member { name, .. } = &callee.kind else { return };
            let asks = NAVIGATION.contains(&name.as_str()) || asks_api(name);
            let text = args.first().filter(|_| asks).and_then(|arg| match &arg.kind {
                Kind::Str(text) => Some(text.clone()),
                Kind::Template(parts) => Some(parts.iter().map(|part| part.string().unwrap_or("{}")).collect()),
                _ => None,
            });
            // `${api}/books/9`
            found.extend(text.as_deref().map(|text| text.trim_start_matches("{}")).and_then(segments));
        });
    }
    fn functions(stmt: &Stmt) -> Vec<&[Stmt]> {
        let callbacks = stmt.exprs().into_iter().flat_map(Node::functions).map(|func| &*func.body);
        match &stmt.kind {
            StmtKind::Func(func) => vec![&func.body],
            _ => callbacks.chain(stmt.blocks().into_iter().flatten().flat_map(functions)).collect(),
        }
    }
    fn collect(body: &[Stmt], found: &mut Vec<Vec<String>>) {
        if body.iter().any(|stmt| stmt.any(&mut |node| is_failure(node))) {
            body.iter().flat_map(functions).for_each(|body| collect(body, found));
        } else {
            body.iter().for_each(|stmt| addresses(stmt, found));
        }
    }
    let mut found = Vec::new();
    collect(&program.body, &mut found);
    found
}

/// A status that says that something failed, or what denies that it went well.
fn is_failure(node: &Node) -> bool {
    let of_ok = |node: &Node| matches!(&node.kind, Kind::Member { name, .. } if name == "ok");
    let denies = |name: &str, args: &[Node]| {
        name == "toBeFalsy"
            || name == "toBe" && matches!(args, [Node { kind: Kind::Const(said), .. }] if said == "false")
    };
    match &node.kind {
        Kind::Call { callee, args, .. } => match &callee.kind {
            Kind::Member { object, name, .. } => denies(name, args) && object.any(&mut |node| of_ok(node)),
            _ => false,
        },
        Kind::Unary(op, inner) => op == "!" && of_ok(inner),
        _ => node.number().is_some_and(|code| (400.0..600.0).contains(&code)),
    }
}

/// Whether two addresses are of what gives a token or a session for a name and a password, and of nothing more special.
pub fn both_log_in(old: &str, new: &str) -> bool {
    !old.contains('?') && !new.contains('?') && logs_in_at(old) && logs_in_at(new)
}

/// Whether each part of an address is one that a log-in has.
pub fn logs_in_at(text: &str) -> bool {
    const LOGS_IN: [&str; 9] = ["login", "log-in", "signin", "token", "tokens", "session", "sessions", "auth", "oauth"];
    const AROUND: [&str; 7] = ["api", "rest", "users", "user", "accounts", "account", "{}"];
    let parts = segments(text).unwrap_or_default();
    let is_version = |part: &str| part.strip_prefix('v').is_some_and(|number| number.parse::<u8>().is_ok());
    let known = |part: &str| LOGS_IN.contains(&part) || AROUND.contains(&part) || is_version(part);
    parts.iter().all(|part| known(part)) && parts.iter().any(|part| LOGS_IN.contains(&part.as_str()))
}

/// The addresses that steps go to.
pub fn visited(steps: &[Step]) -> Vec<String> {
    let visits = steps.iter().filter(|step| !step.own && kind_of(&step.name) == "goto");
    visits.map(|step| step.inputs.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("/")).collect()
}

/// Whether an address asks, behind `?` or `#`, for what none of the others has in it: as a name there, or as a value.
pub fn asks_for_more(address: &str, others: &[String]) -> bool {
    let known: BTreeSet<String> = others.iter().flat_map(|other| words(other)).collect();
    let asked = address.split_once(['?', '#']).map_or("", |(_, asked)| asked);
    let is_known = |text: &str| words(text).iter().all(|word| known.contains(word));
    let says = |pair: &str| match pair.split_once('=') {
        Some((name, value)) if !words(value).is_empty() => {
            is_known(value) && (is_known(name) || !others.iter().any(|other| other.contains('?')))
        }
        _ => is_known(pair),
    };
    !asked.split('&').all(says)
}

/// The texts that look like an address, with the last line that has them.
fn addresses(program: &Program) -> BTreeMap<&str, usize> {
    let mut found = BTreeMap::new();
    for stmt in &program.body {
        stmt.walk(&mut |node| {
            if let Kind::Str(text) = &node.kind
                && text.contains('/')
            {
                found.insert(text.as_str(), node.line);
            }
        });
    }
    found
}

/// Whether one path may be what the other was renamed to: it goes nowhere special, and names the same things.
pub fn is_other_path(old: &str, new: &str) -> bool {
    let is_path = |text: &str| text.starts_with('/') && !text.contains(['?', '#', ':', ' ']) && !text.starts_with("//");
    is_path(old) && is_path(new) && names_same_things(old, new)
}

/// Whether two texts are addresses of equally special places that name the same numbers.
fn names_same_things(old: &str, new: &str) -> bool {
    let is_address = |text: &str| text.starts_with(['/', '?']) && !text.contains(' ') && !text.starts_with("//");
    let anchored = new.contains('#') && !old.contains('#');
    is_address(old)
        && is_address(new)
        && !anchored
        && new.len() > 1
        && numbers(old) == numbers(new)
        && is_as_special(old, new)
}

fn numbers(address: &str) -> Vec<String> {
    let is_one = |word: &String| {
        word.chars().any(|next| next.is_ascii_digit()) && (word.len() > 2 || word.parse::<u8>().is_ok())
    };
    words(address).into_iter().filter(is_one).collect()
}

/// Whether two addresses have the same of the words that lead away from what people use.
fn is_as_special(old: &str, new: &str) -> bool {
    #[rustfmt::skip]
    const SPECIAL: [&str; 63] = [
        "mock", "mocks", "test", "demo", "fixture", "fixtures", "static", "preview", "debug", "fake", "stub",
        "storybook", "example", "sample", "legacy", "old", "health", "error", "404", "success", "done", "confirmed",
        "confirmation", "complete", "completed", "thanks", "thank", "receipt", "result", "seed", "reset",
        "validate", "validation", "dry", "public", "beta", "dev", "classic", "archive", "archived",
        "staging", "sandbox", "offline", "none", "empty", "maintenance", "samples", "previous", "history", "print",
        "embed", "share", "draft", "drafts", "new", "guest", "former", "copy", "trash", "deleted", "unlocked", "hidden",
        "examples",
    ];
    /// Of what is so it may not become one that is not: the page of another audience, or of fewer things.
    const GAINED: [&str; 6] = ["internal", "private", "cached", "cache", "sale", "admin"];
    let special =
        |text: &str| words(text).into_iter().filter(|word| SPECIAL.contains(&word.as_str())).collect::<Vec<_>>();
    let known = words(old);
    let gains = words(new).iter().any(|word| GAINED.contains(&word.as_str()) && !known.contains(word));
    special(old) == special(new) && !gains
}

/// Whether two addresses have a word in common, or one that begins with another: `/track`, `/tracking`.
fn says_alike(old: &str, new: &str) -> bool {
    // What stands last says which page it is.
    let path = old.split(['?', '#']).next().unwrap_or_default();
    let said =
        path.split('/').rev().map(meaning).find(|words| words.iter().any(|word| word.chars().all(char::is_alphabetic)));
    let (was, is) = (said.unwrap_or_else(|| meaning(old)), meaning(new));
    was.iter().any(|one| {
        is.iter().any(|other| one.chars().any(char::is_alphabetic) && (one == other || same_stem(one, other)))
    })
}

/// Whether a view has the same name as before, in a group that it was not in: `reverse("shop:cart")` for `reverse("cart")`.
/// <https://docs.djangoproject.com/en/stable/topics/http/urls/#url-namespaces>
pub fn is_grouped(old: &str, new: &str) -> bool {
    let alone = !old.is_empty() && !old.contains([':', '.', '/']);
    // Words may be joined otherwise: `article_edit` is `wiki:article-edit`.
    let spelled = |text: &str| text.replace('_', "-");
    alone
        && is_as_special(old, new)
        && spelled(new).strip_suffix(&spelled(old)).is_some_and(|group| group.ends_with([':', '.']) && group.len() > 1)
}

/// Whether a call gives the address of a view.
pub fn asks_view(name: &str) -> bool {
    matches!(name, "reverse" | "reverse_lazy" | "reverseLazy" | "url_for" | "urlFor")
}

/// Whether two words begin alike: `stats` and `statistics`.
fn begins_alike(one: &str, other: &str) -> bool {
    let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    same > 3 && same + 1 >= one.len().min(other.len())
}

/// Whether a call is named after a method of HTTP.
pub fn asks_api(name: &str) -> bool {
    matches!(name, "get" | "post" | "put" | "patch" | "delete" | "head")
}

/// Whether a page has the same name as before, and lies elsewhere: `/faq.html` and `/support/faq`.
pub fn is_moved_page(old: &str, new: &str) -> bool {
    let (old, new) = (old.trim_start_matches("**"), new.trim_start_matches("**"));
    let name = |path: &str| {
        let last = path.trim_end_matches(['/', '*']).rsplit('/').next().unwrap_or_default();
        last.split('.').next().unwrap_or_default().to_owned()
    };
    let names = |path: &str| name(path).chars().any(char::is_alphabetic);
    let (old, asked) = old.split_once('?').unwrap_or((old, ""));
    let (new, asks) = new.split_once('?').unwrap_or((new, ""));
    let same = name(old) == name(new) || meaning(&name(old)) == meaning(&name(new).replace("-in", ""));
    asked == asks && is_other_path(old, new) && names(old) && same
}

/// `/api/session` is `/api/v2/sessions`, and `**/api/session*` is.
pub fn is_same_path(old: &str, new: &str) -> bool {
    let plain = |text: &str| {
        let path = without_version(text.trim_start_matches("**"));
        let words = words(&path).into_iter().map(|word| word.trim_end_matches('s').to_owned());
        text.contains('/').then(|| words.collect::<Vec<_>>())
    };
    !words(old).is_empty() && plain(old).is_some() && plain(old) == plain(new)
}
