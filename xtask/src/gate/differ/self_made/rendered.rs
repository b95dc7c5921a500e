//! What a component test renders: the same component, perhaps with what it needs around it.

use super::super::super::assertion;
use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node, Program, Stmt, StmtKind};
use super::super::super::words::words;
use super::super::module_names::plays_a_part;
use super::super::{Differ, Place, functions};

impl Differ<'_> {
    /// What a test renders once more, by itself or by a helper, begins anew, whatever was done before.
    pub fn renders_again(&mut self, stmt: &Stmt) {
        let count = |program: &Program, stmts: &[&Stmt]| {
            let (mut all, mut found) = (Vec::new(), 0);
            functions(&program.body, &mut all);
            let helps = |name: &str| {
                let mut helpers = all.iter().filter(|func| func.name == name).flat_map(|func| func.body);
                helpers.any(|stmt| stmt.any(&mut |node| renders(node).is_some()))
            };
            stmts.iter().for_each(|stmt| {
                stmt.walk(&mut |node| {
                    let Kind::Call { callee, .. } = &node.kind else { return };
                    found += usize::from(renders(node).is_some() || callee.ident().is_some_and(helps));
                });
            });
            found
        };
        let Some(scope) = self.scopes.last().filter(|scope| scope.place == Place::Test && !scope.fresh) else { return };
        let before = count(self.old, &scope.old);
        if before > 0 && count(self.new, &[stmt]) > 0 && count(self.new, &scope.new) > before {
            self.report("unknown-step", stmt.line, "it is rendered once more");
        }
    }
}

/// By which function something is rendered.
fn renders(node: &Node) -> Option<String> {
    let names = Chain::of(node).names().join(".");
    let is_call = matches!(node.bare().kind, Kind::Call { .. });
    (is_call && matches!(names.as_str(), "render" | "mount" | "cy.mount" | "shallowMount" | "renderHook"))
        .then_some(names)
}

impl Differ<'_> {
    /// The new call with the old one's wrapper, if its own is a function of the file that only provides, and provides what
    /// the old one did.
    fn without_wrapper(&self, old: &Node, new: &Node) -> Option<Node> {
        let (Kind::Call { args: before, .. }, Kind::Call { callee, args: after, optional }) =
            (&old.bare().kind, &new.bare().kind)
        else {
            return None;
        };
        let wrapper = |args: &[Node]| match args {
            [_, Node { kind: Kind::Object(entries), .. }] => {
                entries.iter().find(|(key, _)| key == "wrapper").map(|(_, value)| value.clone())
            }
            _ => None,
        };
        let was = wrapper(before);
        let is = wrapper(after)?;
        let mut all = Vec::new();
        functions(&self.new.body, &mut all);
        let func = all.iter().find(|func| Some(func.name) == is.ident())?;
        let (Stmt { kind: StmtKind::Return(Some(given)), .. }, made) = func.body.split_last()? else { return None };
        let makes =
            |stmt: &Stmt| matches!(&stmt.kind, StmtKind::Decl { init: Some(Node { kind: Kind::New { .. }, .. }), .. });
        let keeps = was.is_none_or(|was| given.any(&mut |part| *part == was));
        if !(only_provides_for(given) && made.iter().all(makes) && keeps) {
            return None;
        }
        let rest = before.get(1).cloned();
        let args = after.iter().take(1).cloned().chain(rest).collect();
        let Some([_, Node { kind: Kind::Object(entries), .. }]) = after.get(..2) else { return None };
        let only = entries.len() == 1;
        only.then(|| Node::new(Kind::Call { callee: callee.clone(), args, optional: *optional }, new.line))
    }

    /// Whether two calls render the same component, the new one within providers, and nothing is denied where one of them is
    /// the project's own.
    pub fn rendered_alike(&self, old: &Node, new: &Node) -> bool {
        let own = |node: &Node| matches!(node.kind, Kind::Ident(_)) && is_own_provider(node);
        let plain = self.without_wrapper(old, new);
        let new = plain.as_ref().unwrap_or(new);
        rendered_alike(old, new)
            && !(new.any(&mut |node| own(node))
                && !old.any(&mut |node| own(node))
                && assertion::denies_unseen(&self.new.body))
    }
}

/// Whether two calls render the same component, the new one within providers.
fn rendered_alike(old: &Node, new: &Node) -> bool {
    let (Kind::Call { args: before, .. }, Kind::Call { args: after, .. }) = (&old.bare().kind, &new.bare().kind) else {
        return false;
    };
    let (Some((component, options)), Some((wrapped, more))) = (before.split_first(), after.split_first()) else {
        return false;
    };
    let same = renders(old).is_some() && renders(old) == renders(new);
    same && is_around(wrapped, component) && only_provides(options, more)
}

/// `<Provider client={client}>{ui}</Provider>`
pub fn only_provides_for(node: &Node) -> bool {
    wrapped(node)
        .is_some_and(|(opening, only)| provides(opening) && (only.ident().is_some() || only_provides_for(only)))
}

/// Whether an element is another one, but for providers around it or within what was around it.
fn is_around(outer: &Node, inner: &Node) -> bool {
    let Some((opening, only)) = wrapped(outer) else { return outer == inner };
    let kept = |(before, within)| before == opening && is_around(only, within);
    outer == inner || wrapped(inner).is_some_and(kept) || provides(opening) && is_around(only, inner)
}

/// An element with one other in it: how it begins, and the other one.
pub fn wrapped(node: &Node) -> Option<(&Node, &Node)> {
    let Kind::Other(kind, parts) = &node.kind else { return None };
    let [opening, children @ .., _] = parts.as_slice() else { return None };
    let blank = |node: &&Node| !matches!(&node.kind, Kind::Other(kind, _) if kind.strip_prefix("jsx_text").is_some_and(|text| text.trim().is_empty()));
    match children.iter().filter(blank).collect::<Vec<_>>()[..] {
        [Node { kind: Kind::Other(inner, parts), .. }]
            if kind.starts_with("jsx_element") && inner.starts_with("jsx_expression") && parts.len() == 1 =>
        {
            Some((opening, &parts[0]))
        }
        [only] if kind.starts_with("jsx_element") => Some((opening, only)),
        _ => None,
    }
}

/// Whether what begins so provides what a component needs, and not what it shows.
pub fn provides(opening: &Node) -> bool {
    let says = |part: &Node| part.any(&mut |part| matches!(part.kind, Kind::Str(_) | Kind::Num(_) | Kind::Template(_)));
    let needed = |part: &&Node| match &part.kind {
        Kind::Other(kind, _) => match kind.strip_prefix("jsx_attribute ") {
            Some("client" | "locale" | "defaultLocale" | "currency" | "language" | "timezone") | None => true,
            // The address, as the helper that renders is told.
            Some("initialEntries") => !part.any(&mut |part| part.string().is_some_and(|address| address != "/")),
            Some("store" | "messages" | "i18n" | "theme") => !says(part),
            Some(_) => false,
        },
        _ => true,
    };
    let parts = opening.parts();
    // `<ul>` around what is an item of a list.
    if let [tag] = parts.as_slice()
        && matches!(tag.ident(), Some("ul" | "ol" | "table" | "tbody" | "thead" | "tr" | "dl" | "select" | "svg"))
    {
        return true;
    }
    parts.first().is_some_and(|tag| is_provider(tag)) && parts.iter().skip(1).all(needed)
}

#[rustfmt::skip]
const PROVIDERS: [&str; 26] = [
    "Provider", "QueryClientProvider", "ThemeProvider", "MuiThemeProvider", "IntlProvider", "I18nProvider",
    "I18nextProvider", "LocaleProvider", "TranslationProvider", "ReduxProvider", "ApolloProvider", "MockedProvider",
    "HelmetProvider", "TooltipProvider", "SnackbarProvider", "ToastProvider", "ChakraProvider", "MantineProvider",
    "LocalizationProvider", "StyledEngineProvider", "CacheProvider", "ConfigProvider", "DndProvider", "Suspense",
    "StrictMode", "RouterProvider",
];

pub fn is_provider(tag: &Node) -> bool {
    let name = Chain::of(tag).last().map(|link| link.name).unwrap_or_default();
    PROVIDERS.contains(&name) || name.ends_with("Router") || is_own_provider(tag)
}

/// A provider of the project, which may provide what is shown.
pub fn is_own_provider(tag: &Node) -> bool {
    #[rustfmt::skip]
    const DECIDES: [&str; 18] = [
        "feature", "features", "flag", "flags", "read", "readonly", "disabled", "guest", "admin", "offline", "preview",
        "demo", "role", "roles", "permission", "permissions", "experiment", "access",
    ];
    let name = Chain::of(tag).last().map(|link| link.name).unwrap_or_default();
    if words(name).iter().any(|word| DECIDES.contains(&word.as_str())) {
        return false;
    }
    name.ends_with("Provider") && !plays_a_part(name) && !PROVIDERS.contains(&name)
}

/// Whether the options are the same but for a provider or a plugin.
fn only_provides(old: &[Node], new: &[Node]) -> bool {
    let entries = |options: &[Node]| match options {
        [] => Some(Vec::new()),
        [Node { kind: Kind::Object(entries), .. }] => {
            // Vue 3 calls `props` what was `propsData`.
            let plain = |key: &str| if key == "propsData" { "props".to_owned() } else { key.to_owned() };
            Some(entries.iter().map(|(key, value)| (plain(key), value.clone())).collect())
        }
        _ => None,
    };
    let (Some(old), Some(new)) = (entries(old), entries(new)) else { return false };
    let provides = |key: &str, value: &Node| match (key, &value.kind) {
        ("wrapper", Kind::Ident(_)) => is_provider(value),
        ("global", Kind::Object(entries)) => entries.iter().all(|(key, _)| key == "plugins"),
        _ => false,
    };
    old.iter().all(|entry| new.contains(entry))
        && new.iter().all(|(key, value)| old.contains(&(key.clone(), value.clone())) || provides(key, value))
}
