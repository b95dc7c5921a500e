//! The parameters of functions: which fixture, or which part of an argument, a name stands for.

use super::super::chain::Chain;
use super::super::files::is_plugin_fixture;
use super::super::ir::{Func, Kind, Node, Stmt, StmtKind};
use super::super::words::{RESERVED, meaning, words};
use super::{Differ, Place, bound, declared, functions, is_python_test};

/// Where a name comes from within the parameters: `.cost[0]`, and its default.
struct Source<'a> {
    name: &'a str,
    path: String,
    default: Option<&'a Node>,
}

impl<'a> Differ<'a> {
    /// Compares the parameters of a function with those that it had.
    pub fn params(&mut self, old: &'a Func, new: &'a Func, line: usize) {
        let names = |func: &'a Func| func.params.iter().flat_map(bound).collect::<Vec<&'a str>>();
        let (one, other) = (names(old), names(new));
        let gone: Vec<&str> = one.iter().filter(|name| !other.contains(name)).copied().collect();
        let fresh: Vec<&str> = other.iter().filter(|name| !one.contains(name)).copied().collect();
        for (was, is) in gone.iter().zip(&fresh) {
            if new.body.iter().any(|stmt| stmt.any(&mut |node| node.ident() == Some(was))) {
                self.report("changed-subject", line, format!("`{was}` is no parameter any more, but still spoken of"));
            }
            self.renames.insert((*was).to_owned(), (*is).to_owned());
        }
        let positional = !matches!(old.params.first().map(|param| &param.kind), Some(Kind::Object(_)));
        let kept = |list: &[&'a str], without: &[&str]| {
            list.iter().filter(|name| !without.contains(name)).copied().collect::<Vec<_>>()
        };
        if positional && kept(&one, &gone) != kept(&other, &fresh) {
            self.report("unknown-change", line, "the parameters changed places");
        }
        self.shadows(old, new, line);
        if self.path.ends_with(".py") {
            fresh.iter().for_each(|name| self.suspicious(name, line));
            if matches!(self.place(), Place::Suite | Place::File | Place::Class) {
                self.other_fixtures(&gone, &fresh, new, line);
            }
            self.fixtures(&gone, &fresh, line);
        }
        self.sources(old, new, line);
        for param in &new.params {
            let Kind::Assign(_, target, value) = &param.kind else { continue };
            let before = old.params.iter().find_map(|param| match &param.kind {
                Kind::Assign(_, name, value) if name == target => Some(value),
                _ => None,
            });
            let was_plain = old.params.iter().any(|param| param == &**target);
            if before.is_some_and(|before| before != value) || was_plain {
                self.report("changed-constant", line, "the default of a parameter is another");
            }
        }
    }

    /// A fixture in the place of another, or one that is asked for only for what it does.
    fn other_fixtures(&mut self, gone: &[&str], fresh: &[&str], new: &Func, line: usize) {
        #[rustfmt::skip]
        const PLAIN: [&str; 22] = [
            "api", "app", "test", "client", "http", "async", "db", "session", "page", "browser", "web", "driver", "tmp",
            "path", "dir", "tmpdir", "live", "server", "url", "base", "context", "django",
        ];
        let is_fixture = new.decorators.iter().any(|mark| Chain::of(mark).has("fixture"));
        if !is_python_test(self.path, new) && !is_fixture {
            return;
        }
        let more = |was: &str, is: &str| {
            let (was, is) = (meaning(was), meaning(is));
            is.iter().chain(&was).all(|word| was.contains(word) && is.contains(word) || PLAIN.contains(&word.as_str()))
        };
        let known = |name: &&&str| {
            let named = |list: &[super::Named]| list.iter().any(|func| func.name == **name);
            let mut found = Vec::new();
            functions(&self.new.body, &mut found);
            named(&found)
                || self.around.known.contains(**name)
                || is_plugin_fixture(name)
                || words(name).iter().all(|word| PLAIN.contains(&word.as_str()))
        };
        for (at, is) in fresh.iter().enumerate() {
            let used = new.body.iter().any(|stmt| stmt.any(&mut |node| node.ident() == Some(is)));
            match gone.get(at) {
                Some(was) if !more(was, is) && !known(&is) => {
                    self.report("changed-subject", line, format!("the fixture `{is}` instead of `{was}`"));
                }
                None if !used && !known(&is) => {
                    self.report("unknown-step", line, format!("the fixture `{is}` may do anything"));
                }
                _ => {}
            }
        }
    }

    /// A new parameter must not take the place of what the body spoke of: in a callback it is whatever the caller gives.
    fn shadows(&mut self, old: &Func, new: &'a Func, line: usize) {
        let mut after = Vec::new();
        new.params.iter().for_each(|param| sources(param, String::new(), None, &mut after));
        let had = |name: &str| old.params.iter().flat_map(bound).any(|other| other == name);
        for source in after.iter().filter(|source| !had(source.name)) {
            let fixture = source.path == format!(".{}", source.name) && source.default.is_none();
            let spoken_of = old.body.iter().any(|stmt| stmt.any(&mut |node| node.ident() == Some(source.name)));
            let mut own = false;
            old.body
                .iter()
                .for_each(|stmt| stmt.walk_stmts(&mut |inner| own |= declared(inner).contains(&source.name)));
            // A value of the file has the name of a fixture only by accident.
            let plain = self.path.ends_with(".py") && new.params.iter().any(|param| param.ident() == Some(source.name));
            let is_value =
                |stmt: &Stmt| !matches!(stmt.kind, StmtKind::Func(_)) && declared(stmt).contains(&source.name);
            let of_pytest = plain && !self.old.body.iter().any(is_value);
            let of_playwright = fixture && RESERVED.contains(&source.name);
            if spoken_of && !own && !of_pytest && !of_playwright {
                let rule = if fixture || plain { "changed-subject" } else { "shadowed-name" };
                self.report(rule, line, format!("`{}` is a parameter now", source.name));
            }
        }
    }

    /// The parameters of a callback stand where they stood: the second one of `map` is an index.
    pub fn places(&mut self, old: &Func, new: &Func, line: usize) {
        let moved = new.params.iter().enumerate().any(|(at, param)| {
            let before = old.params.iter().position(|other| other == param);
            param.ident().is_some() && before.is_some_and(|before| before != at)
        });
        if moved {
            self.report("changed-subject", line, "the parameters of the callback stand at other places");
        }
    }

    /// A name that stays must stand for what it did.
    fn sources(&mut self, old: &'a Func, new: &'a Func, line: usize) {
        let all = |func: &'a Func| {
            let mut found = Vec::new();
            func.params.iter().for_each(|param| sources(param, String::new(), None, &mut found));
            found
        };
        let (before, after) = (all(old), all(new));
        for source in &after {
            let Some(was) = before.iter().find(|was| was.name == source.name) else {
                let reserved = RESERVED.contains(&source.name) && !source.path.ends_with(&format!(".{}", source.name));
                if reserved && source.path.starts_with('.') {
                    self.report("shadowed-name", line, format!("`{}` is `{}` now", source.name, source.path));
                }
                continue;
            };
            if was.path != source.path {
                // A row of a table may be an object now.
                let taken_out = was.path.is_empty() && source.path == format!(".{}", source.name);
                // A helper that is given one object for what it was given one by one: who calls it otherwise enters nothing.
                let is_helper = !new.name.is_empty() || self.helper.is_some_and(|(_, at)| at == line);
                if taken_out && is_helper && source.default.is_none() && !new.name.starts_with("test") {
                    continue;
                }
                let library = RESERVED.contains(&source.name) && was.path == format!(".{}", source.name);
                let evidence = self.evidence.mentions(source.name) && !RESERVED.contains(&source.name);
                let trusted = library || evidence && !taken_out;
                let rule = if trusted { "shadowed-name" } else { "changed-subject" };
                self.report(rule, line, format!("`{}` is `{}` now", source.name, source.path));
            } else if source.default != was.default && !source.path.is_empty() {
                self.report("changed-constant", line, format!("the default of `{}` is another", source.name));
            }
        }
        let gone_page = before
            .iter()
            .any(|was| was.name == "page" && was.path == ".page" && !after.iter().any(|source| source.path == ".page"));
        let instead = after.iter().find(|source| !before.iter().any(|was| was.path == source.path));
        if gone_page && let Some(instead) = instead {
            self.report("changed-subject", line, format!("the fixture `{}` instead of `page`", instead.name));
        }
    }
}

fn sources<'a>(node: &'a Node, path: String, default: Option<&'a Node>, found: &mut Vec<Source<'a>>) {
    match &node.kind {
        Kind::Ident(name) => found.push(Source { name, path, default }),
        Kind::Object(entries) => {
            entries.iter().for_each(|(key, value)| sources(value, format!("{path}.{key}"), None, found));
        }
        Kind::Array(parts) => {
            parts.iter().enumerate().for_each(|(at, part)| sources(part, format!("{path}[{at}]"), None, found));
        }
        Kind::Spread(inner) => sources(inner, path, None, found),
        Kind::Assign(_, target, value) => sources(target, path, Some(value), found),
        _ => {}
    }
}
