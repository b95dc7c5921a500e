//! New expressions: every call in them must be of a kind that is known to do no harm.

use super::super::assertion::{self, Style};
use super::super::chain::Chain;
use super::super::clean_up;
use super::super::ir::{Func, Kind, Node, Stmt, StmtKind, any_stmt};
use super::super::scan::{
    is_harmless_event, is_user_event, marks_seen, never_tries_again, only_clears, only_listens, only_marks_seen,
    only_scrolls, only_waits, opens_here,
};
use super::super::words::{
    ACTIONS, LIBRARY_ROOTS, PASSIVE, PLAIN, READS, SUSPICIOUS, asserts_by_name, clears_the_way, finds, only_in_the_way,
    words,
};
use super::pairs::{is_reserved, kind_of};
use super::self_made::rendered::{is_provider, only_provides_for};
use super::steps::addresses::asks_api;
use super::steps::events::passes_time;
use super::steps::reshaped::speaks_of;
use super::steps::{is_cypress_read, steps_of};
use super::{Differ, Named, Place, declared, functions};

impl<'a> Differ<'a> {
    /// Reports what an expression contains that is not known to be harmless.
    pub fn harmless(&mut self, node: &Node) {
        match &node.kind {
            Kind::Call { .. } => self.harmless_call(node),
            Kind::Assign(op, ..) if op != "default" => {
                self.report("unknown-change", node.line, "an assignment inside an expression");
            }
            Kind::Unary(op, inner) if op == "delete" => {
                let rule = if self.writes_evidence(inner) { "faked-evidence" } else { "unknown-change" };
                self.report(rule, node.line, "`delete`");
            }
            Kind::Fn(_) => {}
            Kind::Object(entries) => {
                let copies = entries.iter().any(|(key, _)| key == "...");
                for (key, value) in entries {
                    if let Kind::Fn(func) = &value.kind {
                        self.defined(key, func, value.line);
                        if copies {
                            self.report("unknown-change", value.line, format!("`{key}` takes the place of another"));
                        }
                    }
                    self.harmless(value);
                }
            }
            Kind::Class(_) => self.report("unknown-change", node.line, "a class in the midst of an expression"),
            // It was rendered as often, or stands in a function that tests may call.
            Kind::Other(kind, _)
                if kind.starts_with("jsx_")
                    && (self.was_done(node)
                        || !self.in_test() && self.old.body.iter().any(|stmt| stmt.any(&mut |part| part == node))) => {}
            Kind::Other(..) if only_provides_for(node) || self.renders_for_tests(node) => {}
            Kind::Other(kind, _) => {
                #[rustfmt::skip]
                const KNOWN: [&str; 14] = [
                    "list_comprehension", "generator_expression", "set_comprehension", "dictionary_comprehension",
                    "for_in_clause", "if_clause", "as_pattern", "as_pattern_target", "slice", "optional_chain",
                    "comparison_operator", "import_specifier", "tuple", "set",
                ];
                if !KNOWN.iter().any(|known| kind.starts_with(known)) {
                    self.report("unknown-change", node.line, "an expression that the gate does not know");
                }
                node.parts().into_iter().for_each(|part| self.harmless(part));
            }
            _ => node.parts().into_iter().for_each(|part| self.harmless(part)),
        }
    }

    /// Whether a new function renders, perhaps within providers, what the file rendered before: where it is called, the two
    /// are compared.
    fn renders_for_tests(&self, node: &Node) -> bool {
        let Kind::Other(kind, _) = &node.kind else { return false };
        let in_helper = self.scopes.iter().any(|scope| scope.fresh && scope.place == Place::Function);
        let named = |node: &Node, found: &mut Vec<String>| {
            node.walk(&mut |part| {
                if let Kind::Other(kind, parts) = &part.kind
                    && (kind.starts_with("jsx_self_closing") || kind.starts_with("jsx_opening"))
                {
                    found
                        .extend(parts.first().filter(|tag| !is_provider(tag)).and_then(Node::ident).map(str::to_owned));
                }
            });
        };
        let (mut is, mut was) = (Vec::new(), Vec::new());
        named(node, &mut is);
        self.old.body.iter().for_each(|stmt| stmt.exprs().into_iter().for_each(|part| named(part, &mut was)));
        kind.starts_with("jsx_") && in_helper && !is.is_empty() && is.iter().all(|tag| was.contains(tag))
    }

    fn harmless_call(&mut self, node: &Node) {
        #[rustfmt::skip]
        const KNOWN: [&str; 17] = [
            "", "[]", "catch", "finally", "step", "setTimeout", "require", "super", "presenceOfElementLocated",
            "visibilityOfElementLocated", "elementToBeClickable", "visibilityOf", "presenceOfAllElementsLocated",
            "invisibilityOfElementLocated", "actions", "urlContains", "visibility_of_element_located",
        ];
        let chain = Chain::of(node);
        let root = chain.root();
        self.touches_evidence(node);
        self.touches_element(node);
        self.prepares_answer(node);
        if let Some(base) = chain.base {
            self.harmless(base);
        }
        let opening = chain.links.iter().position(|link| {
            link.name.to_ascii_lowercase().ends_with("expect") || matches!(link.name, "should" | "assert" | "and")
        });
        for (at, link) in chain.links.iter().enumerate() {
            let Some(args) = link.args else { continue };
            args.iter().for_each(|arg| self.harmless(arg));
            let name = link.name;
            self.goes_while_waiting(name, args, node.line);
            let matcher = opening.is_some_and(|opening| at >= opening);
            let by_mouse = matches!(name, "down" | "up") && at > 0 && chain.links[at - 1].name == "mouse";
            let known = by_mouse || matcher || is_vocabulary(root, name) || KNOWN.contains(&name);
            if known
                || is_cypress_read(name, args)
                || opens_here(name, args)
                || is_harmless_event(name, args)
                || is_user_event(root, name, args)
                || only_listens(name, args)
                || name == "grantPermissions" && only_copies(args) && !self.must_not_happen()
                || never_tries_again(name, args)
                || name == "evaluate" && args.first().is_some_and(only_waits)
                || name == "addLocatorHandler" && only_clears(args)
                || asserts_by_name(name)
                || self.answers_browser(name, args)
                || name == "accept" && args.is_empty() && at > 0 && chain.links[at - 1].name == "alert"
                || only_scrolls(name, args)
                || (only_consents(name, args) || only_marks_seen(name, args) || marks_seen(node))
                    && !self.asserts_the_way()
                || self.is_house_keeping(root, name, node.line)
                || self.moves_on(&chain, at)
                || name == "env"
                    && root == "Cypress"
                    && self.old.body.iter().any(|stmt| stmt.any(&mut |other| other == node))
                || name == "fixture"
                    && root == "cy"
                    && self.old.body.iter().any(|stmt| stmt.any(&mut |node| loads_fixture(node)))
            {
                continue;
            }
            let on_element = chain.links[..at].iter().any(|link| link.args.is_some() && finds(root, link.name));
            // `this.page.context()` is as much the library's as `page.context()`.
            let of_page = root == "this"
                && matches!(chain.links.get(1).map(|link| link.name), Some("page" | "driver" | "browser" | "context"));
            if self.bends_browser(name, args) {
                self.report("changed-input", node.line, format!("the browser is started otherwise: `{name}`"));
                continue;
            }
            if passes_time(root, name) {
                if !self.is_after_all(node) && !clean_up::hurries(&self.new.body) {
                    self.report("faked-clock", node.line, format!("`{root}.{name}`"));
                }
                continue;
            }
            if self.asserted_before(node) || self.only_cleans_up(node) {
                continue;
            }
            if let (
                ["Cypress", "Commands", "add"],
                [Node { kind: Kind::Str(own), .. }, Node { kind: Kind::Fn(func), .. }],
            ) = (chain.names().as_slice(), args)
            {
                if is_vocabulary("cy", own) || is_reserved(own) || own == "and" {
                    self.report("shadowed-name", node.line, format!("`{own}` is a command of Cypress itself"));
                }
                self.suspicious(own, node.line);
                self.defined(own, func, node.line);
                if speaks_of(self.old, own) {
                    self.report("shadowed-name", node.line, format!("the command `{own}` is defined anew"));
                }
                continue;
            }
            if root == "cy" && chain.links.len() == 2 && args.is_empty() && clears_the_way(name) {
                self.suspicious(name, node.line);
                continue;
            }
            if (LIBRARY_ROOTS.contains(&root) || on_element || of_page && at > 1) && chain.links.len() > 1 {
                self.report("unknown-step", node.line, format!("`{root}.{name}`"));
                continue;
            }
            if chain.links.len() == 1
                && chain.base.is_none()
                && name != "open"
                && !self.is_known(name)
                && !(name == "render" && speaks_of(self.old, name))
            {
                self.report("unknown-step", node.line, format!("`{name}` is declared nowhere in this file"));
            }
            let asks = args.first().and_then(Node::string).is_some_and(|address| address.starts_with('/'));
            if !(asks && asks_api(name)) {
                self.suspicious(name, node.line);
            }
        }
    }

    /// What belongs to the tests themselves: an error that is expected, clocks and mocks that a hook resets, a browser
    /// that forgets what was before at the start of a hook.
    fn is_house_keeping(&self, root: &str, name: &str, line: usize) -> bool {
        let in_hook = self.place() == Place::Hook;
        let comes_first = || {
            let before =
                self.scopes.last().into_iter().flat_map(|scope| &scope.new).take_while(|stmt| stmt.line < line);
            before.into_iter().all(|stmt| steps_of(stmt).iter().all(|step| clean_up::forgets(&step.name)))
        };
        root == "pytest" && matches!(name, "raises" | "warns")
            || in_hook && matches!(root, "jest" | "vi") && (name == "useFakeTimers" || clean_up::resets(name))
            || matches!(root, "jest" | "vi")
                && matches!(name, "useFakeTimers" | "useRealTimers")
                && clean_up::hurries(&self.new.body)
            || in_hook && matches!(root, "cy" | "context") && clean_up::forgets(name) && comes_first()
    }

    /// Whether the file asserts something of what only stands in the way, elsewhere.
    pub fn asserts_the_way(&self) -> bool {
        let asserts = self.asserts();
        let first = |word: &String| matches!(word.as_str(), "first" | "visitor" | "newcomer");
        let titled = self.titles.iter().any(|title| clears_the_way(title) || words(title).iter().any(first));
        titled
            || any_stmt(&self.old.body, &mut |stmt| {
                assertion::of_stmt(stmt, &asserts).is_some_and(|found| {
                    found.style != Style::Implicit && stmt.any(&mut |node| node.string().is_some_and(clears_the_way))
                })
            })
    }

    /// Whether a browser is told what does more than show it on this machine, or is another one.
    fn bends_browser(&self, name: &str, args: &[Node]) -> bool {
        #[rustfmt::skip]
        const SHOWS: [&str; 12] = [
            "--headless", "--no-sandbox", "--disable-dev-shm-usage", "--window-size", "--disable-gpu", "--lang", "--start-maximized",
            "--incognito", "--disable-search-engine-choice-screen", "--no-first-run", "--force-device-scale-factor", "-headless",
        ];
        let shows = |flag: &str| SHOWS.iter().any(|known| flag.split('=').next() == Some(*known));
        match name {
            "addArgument" => args.iter().any(|arg| arg.string().is_none_or(|flag| !shows(flag))),
            "addExperimentalOption" | "addExtension" | "addEncodedExtension" | "setCapability" | "setPreference" => {
                true
            }
            "Chrome" | "Firefox" | "Edge" | "Safari" | "Remote" => !speaks_of(self.old, name),
            _ => false,
        }
    }

    /// Whether a browser that closes a window goes to another one.
    fn goes_back_to_window(&self, driver: &str) -> bool {
        let switches = |stmt: &Stmt| {
            stmt.exprs().into_iter().any(|node| Chain::of(node).names() == [driver, "switchTo", "window"])
        };
        self.scopes.last().is_some_and(|scope| scope.new.iter().any(|stmt| switches(stmt)))
    }

    /// Whether a link only goes to another window, or drags by the mouse what was dragged before.
    pub fn moves_on(&self, chain: &Chain, at: usize) -> bool {
        let of = at.checked_sub(1).map_or("", |at| chain.links[at].name);
        let drags = |node: &Node| match &node.kind {
            Kind::Member { object, name, .. } => {
                kind_of(name) == "drag"
                    || name == "down" && Chain::of(object).last().is_some_and(|link| link.name == "mouse")
            }
            Kind::Ident(name) => kind_of(name) == "drag",
            _ => false,
        };
        match chain.links[at].name {
            "window" => of == "switchTo",
            "close" => at == 1 && self.goes_back_to_window(chain.root()),
            "down" | "up" => of == "mouse" && self.old.body.iter().any(|stmt| stmt.any(&mut |node| drags(node))),
            _ => false,
        }
    }

    /// Whether a hook only forgets what a mock recorded in another test.
    pub fn only_cleans_up(&self, node: &Node) -> bool {
        self.place() == Place::Hook && clean_up::of(&self.new.body).get(&std::ptr::from_ref(node)) == Some(&true)
    }

    /// Whether what the browser asks or opens is answered, and nothing else done, by a function that may have a name.
    fn answers_browser(&self, name: &str, args: &[Node]) -> bool {
        if !answers_browser(name, args) {
            return false;
        }
        let mut named = Vec::new();
        functions(&self.new.body, &mut named);
        let acts_by_name = |arg: &Node| {
            let wanted = |func: &&Named| Some(func.name) == arg.ident();
            named.iter().filter(wanted).any(|func| func.body.iter().any(acts))
        };
        !args.iter().any(acts_by_name)
    }

    /// Whether a statement of a test stands behind all that the test had: what follows is new.
    fn is_after_all(&self, node: &Node) -> bool {
        if self.scopes.iter().any(|scope| scope.fresh && scope.place == Place::Test) {
            return true;
        }
        self.scopes.last().is_some_and(|scope| {
            let before: Vec<&&Stmt> = scope.new.iter().filter(|stmt| stmt.end < node.line).collect();
            scope.place == Place::Test && scope.old.iter().all(|stmt| before.contains(&stmt))
        })
    }

    /// A name that says it does what no fix should do.
    pub fn suspicious(&mut self, name: &str, line: usize) {
        if let Some(word) = words(name).iter().find(|word| {
            SUSPICIOUS.contains(&word.as_str()) || word.strip_suffix('s').is_some_and(|one| SUSPICIOUS.contains(&one))
        }) {
            self.report("unknown-step", line, format!("`{name}`: what does it {word}?"));
        }
    }

    /// Whether a function of that name is declared or imported in the new file.
    pub fn is_known(&self, name: &str) -> bool {
        let binds = |func: &Func| func.name == name || func.params.iter().flat_map(super::bound).any(|one| one == name);
        let declares = |inner: &Stmt| {
            declared(inner).contains(&name)
                || match &inner.kind {
                    StmtKind::Func(func) => binds(func),
                    StmtKind::Import(import) => import.names.iter().any(|(_, local)| local == "*"),
                    _ => false,
                }
        };
        let given = |node: &Node| matches!(&node.kind, Kind::Fn(func) if binds(func));
        self.around.known.contains(name)
            || any_stmt(&self.new.body, &mut |inner| declares(inner))
            || self.new.body.iter().any(|stmt| stmt.any(&mut |node| given(node)))
    }
}

/// Whether the test libraries or the language have a word of that name.
pub fn is_vocabulary(root: &str, name: &str) -> bool {
    finds(root, name) || [&ACTIONS[..], &PASSIVE, &READS, &PLAIN].iter().any(|list| list.contains(&name))
}

fn acts(stmt: &Stmt) -> bool {
    steps_of(stmt).iter().any(|step| !step.own)
}

/// `cy.fixture('user')`
fn loads_fixture(node: &Node) -> bool {
    matches!(&node.kind, Kind::Member { object, name, .. } if name == "fixture" && object.ident() == Some("cy"))
}

/// `page.on('dialog', (dialog) => dialog.accept())`: what the browser asks or opens is answered, and nothing else done.
pub fn answers_browser(name: &str, args: &[Node]) -> bool {
    let event = args.first().and_then(Node::string);
    let only_answers = |answer: &Node| !matches!(&answer.kind, Kind::Fn(func) if func.body.iter().any(acts));
    matches!(name, "on" | "once")
        && matches!(event, Some("dialog" | "popup" | "download" | "filechooser"))
        && args.iter().all(only_answers)
}

/// `cy.setCookie('cookie_consent', 'yes')`, `context.addCookies([{ name: 'cookie_consent', … }])`
pub fn only_consents(name: &str, args: &[Node]) -> bool {
    let says = |entries: &[(String, Node)], wanted: &str| {
        entries.iter().find(|(key, _)| key == wanted).and_then(|(_, value)| value.string().map(str::to_owned))
    };
    // Which of several pages somebody gets is no consent.
    let chooses = |value: &str| {
        words(value)
            .iter()
            .any(|word| matches!(word.as_str(), "legacy" | "control" | "variant" | "a" | "b" | "old" | "new"))
    };
    let named = |cookie: &Node| match &cookie.kind {
        Kind::Object(entries) => {
            says(entries, "name").is_some_and(|name| clears_the_way(&name) && only_in_the_way(&name))
                && !says(entries, "value").is_some_and(|value| chooses(&value))
        }
        _ => false,
    };
    match (name, args) {
        ("setCookie", [cookie, ..]) => cookie.string().is_some_and(clears_the_way),
        ("addCookies", [Node { kind: Kind::Array(cookies), .. }]) => !cookies.is_empty() && cookies.iter().all(named),
        _ => false,
    }
}

/// `grantPermissions(['clipboard-read'])`: what a browser lets a page do that a person presses a key for.
fn only_copies(args: &[Node]) -> bool {
    let of_clipboard = |part: &Node| matches!(part.string(), Some("clipboard-read" | "clipboard-write"));
    matches!(args, [Node { kind: Kind::Array(parts), .. }] if parts.iter().all(of_clipboard))
}
