//! Compares what two versions of a file import, and where from.

use std::collections::BTreeMap;

use super::super::across::modules::path_of;
use super::super::assertion;
use super::super::chain::Chain;
use super::super::ir::{Import, Kind, Node, Program, Stmt, StmtKind, any_stmt};
use super::super::words::{asserts_by_name, meaning, version, words};
use super::module_names::{
    became_package, folder, helps, is_in_one_package, is_kin, is_nearby, is_of_python, is_package_of_tests,
    is_product_module, plays_a_part, replaces, stands_in_for_another, within,
};
use super::pairs::is_reserved;
use super::values::required;
use super::{Differ, bound, mentions};

impl<'a> Differ<'a> {
    /// Compares what the two files import, wherever the imports stand.
    pub fn imports(&mut self) {
        let (mut before, mut after) = (imported(self.old), imported(self.new));
        // Where one side imports what the other requires, they are compared as imports.
        let (required_before, required_after) = (requires(self.old), requires(self.new));
        let switched = |one: &BTreeMap<String, (Import, usize)>, other: &BTreeMap<String, (Import, usize)>| {
            let kept = one.iter().filter(|(local, _)| other.contains_key(*local));
            kept.map(|(local, import)| (local.clone(), import.clone())).collect::<Vec<_>>()
        };
        let to_import = switched(&required_before, &after);
        let to_require = switched(&required_after, &before);
        before.extend(to_import);
        after.extend(to_require);
        for (local, (import, line)) in &after {
            let name =
                |import: &Import| import.names.iter().find(|(_, alias)| alias == local).map(|(name, _)| name.clone());
            match before.get(local) {
                Some((old, _)) if old.source == import.source && name(old) == name(import) => {}
                // Of a package that is one value, the whole is the default.
                Some((old, _))
                    if old.source == import.source
                        && !import.source.starts_with(['.', '~', '#', '@'])
                        && [name(old), name(import)].iter().flatten().all(|name| name == "*" || name == "default") => {}
                Some((old, _)) => {
                    let default = |name: Option<String>| name.is_some_and(|name| name == "default" || name == *local);
                    if name(old) != name(import) && !(default(name(old)) && default(name(import))) {
                        self.report(
                            "changed-import",
                            *line,
                            format!("`{local}` is now `{}` of `{}`", name(import).unwrap_or_default(), import.source),
                        );
                    } else {
                        let imported = name(import).unwrap_or_default();
                        self.moved_source(local, &imported, (&old.source, &import.source), *line);
                    }
                }
                None if self.around.moves.went_to(self.path, local, &import.source)
                    && name(import).as_ref() == Some(local) => {}
                None => self.fresh_import(import, local, *line),
            }
        }
        let of_matchers = |local: &str| local.starts_with("!@testing-library/jest-dom");
        let uploads = |program: &Program| {
            program.body.iter().any(|stmt| {
                stmt.any(&mut |node| matches!(&node.kind, Kind::Member { name, .. } if name == "attachFile"))
            })
        };
        let keeps = |local: &str| {
            after.contains_key(local)
                || of_matchers(local) && after.keys().any(|key| of_matchers(key))
                || local == "!cypress-file-upload" && !uploads(self.new)
        };
        let gone_bare = before.keys().filter(|local| local.starts_with('!') && !keeps(local)).count();
        if gone_bare > 0 {
            self.report("changed-import", 1, "an import for its effect is gone");
        }
    }

    fn fresh_import(&mut self, import: &Import, local: &str, line: usize) {
        let adds_queries = import.source == "@testing-library/cypress/add-commands";
        if adds_queries
            || import.source == "@testing-library/jest-dom"
            || import.source.starts_with("@testing-library/jest-dom/")
        {
            return;
        }
        if local.starts_with('!') || local == "*" {
            self.report("changed-import", line, format!("`{}` is imported for its effect", import.source));
            return;
        }
        #[rustfmt::skip]
        const KNOWN_LIBRARY: [&str; 34] = [
            "@playwright/test", "playwright", "cypress", "vitest", "@jest/globals", "@testing-library", "selenium",
            "pytest", "re", "react", "react-dom", "react-router", "react-router-dom", "react-redux",
            "@tanstack/react-query", "react-intl", "react-i18next", "vue-i18n", "styled-components", "vue", "vue-router", "pinia", "http", "pathlib", "playwright.sync_api",
            "playwright.async_api", "selenium-webdriver", "typing", "__future__", "datetime", "time", "json", "math", "uuid",
        ];
        let library = KNOWN_LIBRARY.iter().any(|known| {
            import.source == *known
                || import.source.starts_with(&format!("{known}/"))
                || import.source.starts_with(&format!("{known}."))
        });
        let name =
            import.names.iter().find(|(_, alias)| alias == local).map(|(name, _)| name.as_str()).unwrap_or_default();
        if is_reserved(local) && !library
            || name != local
                && !matches!(name, "default" | "*")
                && (is_reserved(local) || is_reserved(name) || super::super::words::TEST_ROOTS.contains(&name))
        {
            let rule = if name == "test" && extended_test(self.new) == Some(local) {
                "changed-import"
            } else {
                "shadowed-name"
            };
            self.report(rule, line, format!("`{local}` comes from `{}`", import.source));
            return;
        }
        // What was there for all files is imported by name.
        if name == local && is_reserved(local) && matches!(import.source.as_str(), "vitest" | "@jest/globals") {
            return;
        }
        if name == local && is_reserved(local) && library {
            return;
        }
        if mentions(&self.old.body.iter().collect::<Vec<_>>(), local) {
            let arrived = self.around.moves.arrived_at(self.path, local, &import.source);
            let whole = name == "*" && self.around.moves.touch(self.path, &import.source);
            let rule = if arrived || whole { "changed-import" } else { "shadowed-name" };
            self.report(rule, line, format!("`{local}` meant something else before"));
            return;
        }
        let python = self.path.ends_with(".py");
        let own = import.source.starts_with(['.', '@', '~', '#']) && !import.source.starts_with('@')
            || import.source.starts_with("@/")
            || python;
        let used = imported(self.old).values().any(|(old, _)| old.source == import.source);
        // A promise of the next event.
        let of_events = name == "once" && matches!(import.source.as_str(), "events" | "node:events");
        let of_chance = name == "randomUUID" && matches!(import.source.as_str(), "crypto" | "node:crypto");
        // Codes that a person's phone would show.
        let of_codes = matches!(import.source.as_str(), "otplib" | "otpauth" | "speakeasy" | "totp-generator");
        let of_dates = matches!(import.source.as_str(), "date-fns" | "dayjs" | "luxon" | "moment");
        if !library && !own && !used && !of_events && !of_chance && !of_codes && !of_dates {
            self.report("changed-import", line, format!("`{}` is a package that the file did not use", import.source));
        }
        if !library {
            self.suspicious(local, line);
        }
    }

    /// `const { total } = cart` of `import * as cart from './cart'`, where `total` was imported by itself.
    pub fn takes_out_of_module(&self, stmt: &Stmt) -> bool {
        let StmtKind::Decl { target, init: Some(init), .. } = &stmt.kind else { return false };
        let (Kind::Object(entries), Some(namespace)) = (&target.kind, init.ident()) else { return false };
        let (before, after) = (imported(self.old), imported(self.new));
        let Some((module, _)) = after.get(namespace) else { return false };
        let whole = module.names.iter().any(|(name, local)| name == "*" && local == namespace);
        let as_before = |name: &str| {
            before.get(name).is_some_and(|(import, _)| {
                import.source == module.source && import.names.contains(&(name.to_owned(), name.to_owned()))
            })
        };
        let plain = entries.iter().all(|(key, part)| part.ident() == Some(key) && as_before(key));
        whole && plain && bound(target).len() == entries.len()
    }

    pub fn moved_source(&mut self, local: &str, imported: &str, (old, new): (&str, &str), line: usize) {
        let name = if imported == "default" { local } else { imported };
        if self.around.moves.explain(self.path, name, old, new) || became_package(old, new) {
            return;
        }
        let python = self.path.ends_with(".py");
        let last = |source: &str| {
            let separator = if python { '.' } else { '/' };
            let kinds = [".js", ".ts", ".mjs", ".cjs", ".tsx", ".jsx", ".json", ".vue", ".svelte"];
            let plain = kinds.iter().find_map(|kind| source.strip_suffix(kind)).unwrap_or(source);
            let name = plain.rsplit(separator).find(|part| !matches!(*part, "" | "index")).unwrap_or_default();
            name.to_ascii_lowercase().replace(['-', '_'], "")
        };
        let own = |source: &str| {
            source.starts_with(['.', '~', '#']) || source.starts_with("@/") || python && !is_of_python(source)
        };
        let same_name = last(old) == last(new);
        let both_own = own(old) && own(new);
        let in_product = |source: &str| source.split('/').any(|part| part == "src");
        let stands_in = plays_a_part(new) && !plays_a_part(old) && !self.drives_a_browser();
        let older = match (version(old), version(new)) {
            (Some(was), Some(is)) => is < was,
            (None, is) => is == Some(1),
            _ => false,
        };
        // Whatever drives the tests, what is cached or recorded is not what it was recorded from.
        let stands_in = stands_in || replaces(new) && !replaces(old) || older;
        let left_product = in_product(old) && !in_product(new);
        let both_product = (!python || self.drives_a_browser() || is_kin(local, old, new) || self.is_spoken_of(new))
            && [old, new].iter().all(|source| is_product_module(source))
            && !self.around.moves.touch(self.path, new);
        let neighbour = both_own && folder(old) == folder(new) && self.is_step_of_a_neighbour(local, imported, new);
        let untouched = !self.around.moves.touch(self.path, old) && !self.around.moves.touch(self.path, new);
        let plain = imported == local && untouched && !is_reserved(local) && !asserts_by_name(local);
        let may_split = both_own && plain;
        // `helpers/auth` became `support/auth/login`.
        let told = words(old.rsplit(['/', '.']).next().unwrap_or_default());
        let of_same = may_split
            && old.starts_with('.')
            && helps(old)
            && self.does(local)
            && !self.evidence.mentions(local)
            && told.iter().all(|word| word.len() > 2 && words(new).contains(word))
            && !plays_a_part(new);
        // What a unit test is about moves within the product, or to a package of the same name.
        // The source of a product has helpers of its own.
        let helps = |source: &str| {
            let of_product = path_of(self.path, source).split('/').any(|part| part == "src");
            if of_product { plays_a_part(source) } else { helps(source) }
        };
        let named = words(local);
        let told_by_it = named.len() > 1 && words(&last(new)).iter().all(|word| named.contains(word));
        let packed = new.starts_with('@') && (same_name || told_by_it);
        let in_unit = plain
            && own(old)
            && !self.drives_a_browser()
            && (python && is_in_one_package(old, new) || !helps(old) && (!helps(new) || packed && !plays_a_part(new)));
        let moved = in_unit
            && (is_kin(local, old, new) || self.is_spoken_of(new))
            && !plays_a_part(new)
            && !left_product
            && (own(new) || packed)
            && self.does(local);
        let helps_on =
            may_split && helps(old) && helps(new) && !stands_in_for_another(new) && self.prepares(local, new);
        let of_helpers = helps_on && self.drives_a_browser();
        let of_package = plain && !own(old) && within(old, new) && (plays_a_part(old) || !plays_a_part(new));
        if imported == local && untouched && is_nearby(old, new, may_split)
            || moved
            || of_package
            || of_same
            || of_helpers
            || imported == local && both_own && same_name && !left_product && self.follows_its_mock(local, old, new)
            || plain && old.starts_with('.') && helps(old) && is_package_of_tests(new)
        {
            self.suspicious(new, line);
        } else if is_reserved(local) {
            let awaits =
                [old, new].iter().all(|source| matches!(*source, "playwright.sync_api" | "playwright.async_api"));
            // Vitest took the globals of Jest over.
            let runners = (old, new) == ("@jest/globals", "vitest");
            let fixtures =
                |source: &str| words(source).iter().any(|word| matches!(word.as_str(), "fixture" | "fixtures"));
            let packed = old.starts_with('.') && is_package_of_tests(new);
            let of_fixtures = untouched && fixtures(old) && fixtures(new);
            if !(awaits || runners || both_own && same_name || (both_own || packed) && of_fixtures) {
                // What it is there is compared there.
                let of_family = both_own && (within(old, new) || within(new, old));
                let rule = if of_family || packed || same_name && own(old) || self.around.moves.touch(self.path, new) {
                    "changed-import"
                } else {
                    "shadowed-name"
                };
                self.report(rule, line, format!("`{local}` comes from `{new}` instead of `{old}`"));
            }
        } else if left_product
            || stands_in
            || !both_own
            || !same_name && !both_product && !neighbour
            || self.around.moves.touch(self.path, new)
            || self.evidence.mentions(local) && !self.does(local)
        {
            self.report("changed-import", line, format!("`{local}` comes from `{new}` instead of `{old}`"));
        } else {
            self.suspicious(new, line);
        }
    }

    /// Whether a whole module that is mocked moved, and a test expects a call of what it has: so the product has it from there.
    fn follows_its_mock(&self, local: &str, old: &str, new: &str) -> bool {
        let mocks = |program: &Program, source: &str| {
            let mut visit = |node: &Node| {
                let chain = Chain::of(node);
                let given = chain.last().and_then(|link| link.args);
                matches!(chain.names()[..], ["jest" | "vi", "mock"])
                    && given.is_some_and(|given| given.len() == 1 && given[0].string() == Some(source))
            };
            program.body.iter().any(|stmt| stmt.any(&mut visit))
        };
        let taken_from_it = |name: &str| {
            any_stmt(&self.new.body, &mut |stmt| match &stmt.kind {
                StmtKind::Decl { target, init: Some(init), .. } => {
                    target.ident() == Some(name) && Chain::of(init.bare()).root() == local
                }
                _ => false,
            })
        };
        let is_of_it = |node: &Node| {
            let root = Chain::of(node.bare()).root();
            root == local || taken_from_it(root)
        };
        let expects_call = |stmt: &Stmt| {
            assertion::of_stmt(stmt, &|_| false).is_some_and(|found| {
                found.subject.first().is_some_and(&is_of_it)
                    && found.matchers.iter().any(|one| match one.names[..] {
                        ["toHaveBeenCalledWith"] => !one.args.is_empty(),
                        ["toHaveBeenCalledTimes"] => {
                            one.args.first().and_then(Node::number).is_some_and(|times| times > 0.0)
                        }
                        _ => false,
                    })
            })
        };
        // The old program may be told in the new words already.
        let mocked = [old, new].iter().any(|source| mocks(self.old, source)) && mocks(self.new, new);
        mocked && any_stmt(&self.new.body, &mut |stmt| expects_call(stmt))
    }

    /// Whether the file's name, or that of another module of the product that it imports, says what a module is about.
    fn is_spoken_of(&self, source: &str) -> bool {
        let own = |stmt: &'a super::Stmt| match &stmt.kind {
            StmtKind::Import(import) if import.source.starts_with('.') && import.source != source => {
                Some(import.source.as_str())
            }
            _ => None,
        };
        let said = words(source);
        let told = |text: &str| words(text).iter().any(|word| word.len() > 4 && said.contains(word));
        let name = self.path.rsplit('/').next().unwrap_or_default();
        told(name) || self.new.body.iter().filter_map(own).any(|text| told(text.rsplit('/').next().unwrap_or_default()))
    }

    /// Whether a name is of what prepares a test, or takes steps in it, and of nothing that it asks; a page object comes from
    /// a module that is called after it.
    fn prepares(&self, local: &str, source: &str) -> bool {
        const MAKES: [&str; 10] =
            ["make", "create", "build", "unique", "random", "new", "seed", "fake", "generate", "given"];
        if local.starts_with(char::is_uppercase) {
            let said = meaning(source);
            return meaning(local).iter().any(|word| said.contains(word));
        }
        let makes = words(local).first().is_some_and(|word| MAKES.contains(&word.as_str()));
        makes && self.does(local) || self.only_steps(local)
    }

    /// Whether a name that a file imports is of something that is called, made or rendered, and not only of a value.
    fn does(&self, local: &str) -> bool {
        let is_class = local.starts_with(char::is_uppercase) && local.contains(char::is_lowercase);
        // `const mockedCharge = charge as Mock`
        let mut names = vec![local];
        names.extend(self.held.iter().filter(|(_, value)| value.ident() == Some(local)).map(|(name, _)| *name));
        let acts = |node: &Node| match &node.kind {
            Kind::Call { callee, args, .. } => {
                let asked = args.first().and_then(Node::ident).filter(|_| callee.ident() == Some("expect"));
                names.contains(&Chain::of(node).root()) || asked.is_some_and(|name| names.contains(&name))
            }
            _ => false,
        };
        is_class || self.new.body.iter().any(|stmt| stmt.any(&mut |node| acts(node)))
    }

    /// A helper that moved to the module next to its old one, as far as the file that calls it can show: a function that
    /// does something and is never asked anything, so that no assertion hangs on it.
    fn is_step_of_a_neighbour(&self, local: &str, imported: &str, source: &str) -> bool {
        let function = imported == local && local.starts_with(|first: char| first.is_lowercase());
        if !function || asserts_by_name(local) || plays_a_part(source) || self.around.moves.touch(self.path, source) {
            return false;
        }
        self.only_steps(local)
    }

    /// Whether a function is only called in statements of its own.
    fn only_steps(&self, local: &str) -> bool {
        let (mut named, mut called) = (0, 0);
        let required = usize::from(requires(self.new).contains_key(local));
        for stmt in &self.new.body {
            stmt.walk(&mut |node| named += usize::from(node.ident() == Some(local)));
            stmt.walk_stmts(&mut |inner| {
                let StmtKind::Expr(node) = &inner.kind else { return };
                let node = if let Kind::Await(inner) = &node.kind { inner } else { node };
                let Kind::Call { callee, .. } = &node.kind else { return };
                called += usize::from(callee.ident() == Some(local));
            });
        }
        called > 0 && named - required == called
    }
}

/// The name of what `test` is made of in `const test = base.extend({ … })`, if that is Playwright's own.
pub fn extended_test(program: &Program) -> Option<&str> {
    let base = program.body.iter().find_map(|stmt| match &stmt.kind {
        StmtKind::Decl { target, init: Some(value), .. } if target.ident() == Some("test") => {
            let chain = Chain::of(value);
            matches!(chain.names().as_slice(), [_, "extend"]).then(|| chain.root())
        }
        _ => None,
    })?;
    let (import, _) = imported(program).remove(base)?;
    (import.source == "@playwright/test" && import.names.contains(&("test".into(), base.into()))).then_some(base)
}

/// Local name to what it imports, `require` included; imports for their effect under `!source`.
fn imported(program: &Program) -> BTreeMap<String, (Import, usize)> {
    let mut found = BTreeMap::new();
    for stmt in &program.body {
        stmt.walk_stmts(&mut |inner| {
            if let StmtKind::Import(import) = &inner.kind {
                if import.names.is_empty() {
                    found.insert(format!("!{}", import.source), (import.clone(), inner.line));
                }
                for (_, local) in &import.names {
                    found.insert(local.clone(), (import.clone(), inner.line));
                }
            }
        });
    }
    found
}

/// What a program requires, by the names that it has for it.
fn requires(program: &Program) -> BTreeMap<String, (Import, usize)> {
    let mut found = BTreeMap::new();
    for stmt in &program.body {
        let Some(import) = required_import(stmt) else { continue };
        found.extend(import.names.iter().map(|(_, local)| (local.clone(), (import.clone(), stmt.line))));
    }
    found
}

/// `const { total } = require('./cart')` as the import that it amounts to.
pub fn required_import(stmt: &Stmt) -> Option<Import> {
    let StmtKind::Decl { target, init: Some(init), .. } = &stmt.kind else { return None };
    // `require('./cart').default`
    let init = match &init.bare().kind {
        Kind::Member { object, name, .. } if name == "default" && target.ident().is_some() => object,
        _ => init,
    };
    let source = required(init).filter(|_| matches!(init.bare().kind, Kind::Call { .. }))?;
    let names: Vec<(String, String)> = match &target.kind {
        Kind::Ident(local) => vec![("default".to_owned(), local.clone())],
        Kind::Object(entries) => {
            let locals = entries.iter().map(|(key, part)| Some((key.clone(), part.ident()?.to_owned())));
            locals.collect::<Option<_>>().unwrap_or_default()
        }
        _ => Vec::new(),
    };
    Some(Import { source: source.to_owned(), names, reexport: false })
}
