//! What a locator says: the texts it looks for, its selectors, whether it would match any page at all.

pub mod broadened;
pub mod contrasts;
pub mod drift;
pub mod narrowed;
mod retold;
mod selectors;

use std::collections::BTreeSet;

use super::chain::{Chain, Link};
use super::ir::{Kind, Node};
use super::words::{ACTIONS, LIBRARY_ROOTS, finds, meaning, words};
use selectors::{alternatives, compounds, simple};

/// How much an assertion says about its subject besides that it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nothing is asserted: the locator is there to act on.
    Action,
    /// The assertion compares with a value of its own.
    Valued,
    /// The assertion says that the subject exists: its text is what is asserted.
    Existence,
    /// The assertion says that the subject is absent: any locator that matches nothing would do.
    Absence,
}

#[derive(Debug, Default, PartialEq)]
pub struct Locator {
    pub(super) texts: Vec<String>,
    /// Texts that are regular expressions.
    pub(super) patterns: Vec<String>,
    pub(super) selectors: Vec<String>,
    pub(super) roles: Vec<String>,
    pub(super) positions: Vec<String>,
    /// `checked: true` and the like.
    pub(super) states: Vec<String>,
    /// It is found by its label or by what stands in it: a field.
    pub(super) labelled: bool,
    /// The selectors and roles from the outside to the inside, one for each element on the way.
    pub(super) path: Vec<String>,
    /// Names of the project's constants and members.
    pub(super) names: Vec<String>,
    pub(super) alternatives: usize,
    /// One less for what need not be exact.
    pub(super) exact: i32,
    /// How the texts are found that no person reads as a text: `title`, `label`.
    pub(super) by: Vec<String>,
    /// How often some of what is found are left out.
    pub(super) filters: usize,
    pub(super) frames: usize,
    pub(super) links: usize,
    /// How many of the texts are of what it stands in.
    outer_texts: usize,
    /// It goes from a text to what stands around it.
    goes_out: bool,
    /// Names from around that tell which one is meant: parameters of a helper.
    pub(super) params: BTreeSet<String>,
}

/// The locator in an expression; what follows the locating links is left to the caller.
pub fn read(node: &Node) -> Locator {
    let mut locator = Locator::default();
    locator.add(node);
    locator
}

/// The locators in an expression, outermost only.
pub fn found_in(node: &Node) -> Vec<&Node> {
    if is_locator(node) { vec![node] } else { node.parts().into_iter().flat_map(found_in).collect() }
}

/// Whether an expression finds something on the page.
pub fn is_locator(node: &Node) -> bool {
    let chain = Chain::of(node);
    let root = chain.root();
    chain.links.iter().any(|link| link.args.is_some_and(|args| !callback(args)) && finds(root, link.name))
        || (root == "By" && chain.links.len() > 1)
        || chain.links.iter().any(|link| located_by(link).is_some())
}

/// The condition's name and the locator in `wait.until(EC.visibility_of_element_located((By.ID, 'a')))`.
pub fn located_by<'a>(link: &Link<'a>) -> Option<(&'a str, &'a [Node])> {
    #[rustfmt::skip]
    const LOCATED: [&str; 8] = [
        "presenceOfElementLocated", "visibilityOfElementLocated", "presenceOfAllElementsLocated",
        "visibilityOfAllElementsLocated", "elementToBeClickable", "elementLocated", "elementsLocated",
        "elementIsVisible",
    ];
    if !matches!(link.name, "until" | "wait") {
        return None;
    }
    let condition = link.args?.first()?;
    let Kind::Call { args, .. } = &condition.kind else { return None };
    let chain = Chain::of(condition);
    let name = chain.last()?.name;
    let by = match &args.first()?.kind {
        Kind::Array(parts) if parts.len() == 2 && Chain::of(&parts[0]).root() == "By" => parts.as_slice(),
        Kind::Call { .. } if Chain::of(&args[0]).root() == "By" => args.as_slice(),
        Kind::Ident(_) | Kind::Member { .. } if args.len() == 1 => args.as_slice(),
        _ => return None,
    };
    LOCATED.contains(&name).then_some((name, by))
}

/// `getByTestId`, or a query of the project's own such as `getByCy`.
fn by_attribute(name: &str) -> bool {
    ["getBy", "getAllBy", "findBy", "findAllBy", "queryBy", "queryAllBy"].iter().any(|prefix| name.starts_with(prefix))
}

fn callback(args: &[Node]) -> bool {
    args.first().is_some_and(|arg| matches!(arg.kind, Kind::Fn(_)))
}

impl Locator {
    fn add(&mut self, node: &Node) {
        let chain = Chain::of(node);
        let root = chain.root();
        if let Some(base) = chain.base {
            base.parts().into_iter().for_each(|part| self.add(part));
        }
        for link in &chain.links {
            let Some(args) = link.args else { continue };
            if let Some((_, by)) = located_by(link) {
                self.links += 1;
                self.add_link("findElement", by);
            } else if root == "By" || finds(root, link.name) {
                self.links += 1;
                self.add_link(link.name, args);
            } else if matches!(link.name, "[]" | "at") && self.links > 0 {
                self.add_kind_of_link("nth", args);
            } else {
                args.iter().filter(|arg| is_locator(arg)).for_each(|arg| self.add(arg));
                // `rowFor(page, 'Mug').locator('.price')`
                if self.links == 0 && !ACTIONS.contains(&link.name) && !LIBRARY_ROOTS.contains(&link.name) {
                    self.texts.extend(args.iter().filter_map(Node::string).map(str::to_owned));
                }
            }
        }
    }

    /// `getByText('a').closest('tr')` finds what `getByRole('row', { name: 'a' })` does.
    fn goes_out(&mut self, name: &str, args: &[Node]) -> bool {
        let role = match (name, args.first().and_then(Node::string)) {
            ("closest", Some("tr")) => "row",
            ("closest", Some("li")) => "listitem",
            ("closest", Some("button")) => "button",
            _ => return false,
        };
        let only_text =
            self.selectors.is_empty() && self.roles.is_empty() && self.texts.len() + self.patterns.len() == 1;
        if only_text {
            self.roles.push(role.into());
            self.path.push(format!("role={role}"));
            self.goes_out = true;
        }
        only_text
    }

    fn add_link(&mut self, name: &str, args: &[Node]) {
        if self.goes_out(name, args) {
            return;
        }
        let before = (self.selectors.len(), self.roles.len());
        for arg in args {
            arg.walk(&mut |part| self.params.extend(part.ident().filter(|name| is_param(name)).map(str::to_owned)));
        }
        if !matches!(name, "filter" | "first" | "last" | "nth" | "eq") {
            self.outer_texts = self.texts.len();
        }
        self.add_kind_of_link(name, args);
        let lower = name.to_ascii_lowercase();
        const OTHERWISE: [&str; 7] =
            ["label", "labeltext", "title", "placeholder", "placeholdertext", "alttext", "displayvalue"];
        self.by.extend(OTHERWISE.into_iter().filter(|kind| lower.ends_with(&format!("by{kind}"))).map(str::to_owned));
        let by_option = |(key, _): &(String, Node)| key.starts_with("has");
        let told = |arg: &Node| matches!(&arg.kind, Kind::Object(entries) if entries.iter().any(by_option));
        self.filters += usize::from(name == "not" || name == "filter" && !args.iter().any(told));
        self.frames += usize::from(matches!(name, "frameLocator" | "contentFrame" | "frame"));
        self.labelled = ["bylabel", "bylabeltext", "byplaceholder", "byplaceholdertext", "bydisplayvalue"]
            .iter()
            .any(|kind| lower.ends_with(kind))
            || self.labelled && matches!(name, "first" | "last" | "nth" | "filter" | "eq");
        if name != "filter" {
            let roles = self.roles[before.1..].iter().map(|role| format!("role={role}"));
            let found = self.selectors[before.0..].iter().flat_map(|selector| compounds(selector)).chain(roles);
            self.path.extend(found.collect::<Vec<_>>());
        }
    }

    fn add_kind_of_link(&mut self, name: &str, args: &[Node]) {
        let lower = name.to_ascii_lowercase();
        match name {
            "first" | "last" | "nth" | "eq" => {
                let at = args.first().map(|arg| format!("{:?}", arg.kind)).unwrap_or_default();
                let first = name == "first" || args.first().and_then(Node::number) == Some(0.0);
                self.positions.push(if first { "first".into() } else { format!("{name}{at}") });
            }
            "not" => self.selectors.extend(args.iter().map(|arg| format!("not {:?}", arg.kind))),
            "or" => {
                self.alternatives += 1;
                args.iter().for_each(|arg| self.add(arg));
            }
            "and" => args.iter().for_each(|arg| self.add(arg)),
            "contains" if args.len() > 1 && !matches!(args[1].kind, Kind::Object(_)) => {
                self.value(&args[0], false);
                self.value(&args[1], true);
            }
            "filter" | "locator" if args.len() == 2 && matches!(args[1].kind, Kind::Str(_) | Kind::Regex(_)) => {
                self.value(&args[0], false);
                self.value(&args[1], true);
            }
            "findElement" | "findElements" if args.len() == 2 => {
                let by = Chain::of(&args[0]).last().map(|link| link.name.to_ascii_lowercase()).unwrap_or_default();
                // A selector is no id: nothing has it.
                let is_selector = |text: &str| match by.as_str() {
                    // Of a list of fields each has a name with brackets: `title[0][value]`.
                    "name" => text.starts_with(['.', '#', '[']) || text.contains(' '),
                    "id" | "class_name" | "tag_name" => text.contains(['.', '#', '[', ' ']),
                    _ => false,
                };
                if args[1].string().is_some_and(is_selector) {
                    self.selectors.push(format!("not {by}"));
                }
                self.exact -= i32::from(by.starts_with("partial"));
                match args[1].string() {
                    // A field called so, and not the tag.
                    Some(name) if by == "name" => self.selector(&format!("[name={name}]")),
                    _ => self.value(&args[1], by.contains("text")),
                }
            }
            _ => {
                let is_role = lower.ends_with("role");
                #[rustfmt::skip]
                const BY_TEXT: [&str; 8] = [
                    "text", "label", "labeltext", "title", "placeholder", "placeholdertext", "alttext",
                    "displayvalue",
                ];
                let by_text = name == "contains"
                    || BY_TEXT.iter().any(|kind| lower.ends_with(&format!("by{kind}")))
                    || name.contains("Text");
                for (at, arg) in args.iter().enumerate() {
                    match &arg.kind {
                        Kind::Object(entries) => self.options(entries),
                        Kind::Str(role) if is_role && at == 0 => {
                            self.announces(role);
                            // A switch is a checkbox that looks otherwise.
                            let role = role.to_ascii_lowercase();
                            self.roles.push(if role == "switch" { "checkbox".to_owned() } else { role });
                        }
                        Kind::Str(id) if by_attribute(name) && !by_text => {
                            self.selectors.push(format!("[data-testid={id}]"))
                        }
                        _ => self.value(arg, by_text),
                    }
                }
            }
        }
    }

    fn options(&mut self, entries: &[(String, Node)]) {
        for (key, value) in entries {
            self.filters += usize::from(matches!(key.as_str(), "hasText" | "has" | "hasNotText" | "hasNot"));
            match key.as_str() {
                "name" | "hasText" | "text" | "string" => self.value(value, true),
                "checked" | "pressed" | "selected" | "expanded" | "disabled" | "includeHidden" | "visible" => {
                    self.states.push(format!("{key} {:?}", value.kind));
                }
                "hasNotText" | "hasNot" => self.selectors.push(format!("not {:?}", value.kind)),
                "exact" => self.exact += if value.kind == Kind::Const("true".into()) { 1 } else { -1 },
                "ignore" => self.exact -= i32::from(value.kind == Kind::Const("false".into())),
                "timeout" => {}
                "has" => self.add(value),
                "level" => self.selectors.push(format!("level={}", value.number().unwrap_or_default())),
                _ => self.selectors.push(format!("{key} {:?}", value.kind)),
            }
        }
    }

    fn value(&mut self, node: &Node, is_text: bool) {
        match &node.kind {
            Kind::Str(text) if is_text => self.texts.push(normal(text)),
            Kind::Str(selector) => self.selector(selector),
            Kind::Regex(pattern) => {
                self.alternatives += pattern.matches('|').count();
                self.patterns.push(pattern.clone());
            }
            Kind::Object(entries) => self.options(entries),
            Kind::Spread(inner) => self.value(inner, is_text),
            // What a callback does is compared as code.
            Kind::Fn(_) => {}
            _ if is_locator(node) => self.add(node),
            _ if is_text => self.texts.push(format!("{:?}", node.kind)),
            Kind::Ident(name) => {
                self.names.push(name.clone());
                self.selectors.push(name.clone());
            }
            Kind::Member { name, .. } => {
                self.names.push(name.clone());
                self.selectors.push(Chain::of(node).names().join(" "));
            }
            // Selenium's `(By.ID, "total")`.
            Kind::Array(parts) if parts.len() == 2 && Chain::of(&parts[0]).root() == "By" => {
                let by = Chain::of(&parts[0]).last().map(|link| link.name.to_ascii_lowercase()).unwrap_or_default();
                self.value(&parts[1], by.contains("text"));
            }
            Kind::Template(parts) => {
                let text = parts.iter().map(|part| part.string().unwrap_or("{}")).collect::<String>();
                self.alternatives += alternatives(&text);
                if looks_for_text(&text.to_ascii_lowercase()) {
                    let values = parts.iter().filter(|part| part.string().is_none());
                    self.texts.extend(values.map(|part| format!("{:?}", part.kind)));
                }
                self.selectors.push(text);
            }
            other => self.selectors.push(format!("{other:?}")),
        }
    }

    /// What is announced to a person: a toast, a message.
    fn announces(&mut self, role: &str) {
        if role == "status" {
            self.selectors.push("[role=toast]".into());
        }
    }

    /// A selector string, from which the texts that it looks for are taken out.
    fn selector(&mut self, selector: &str) {
        let lower = selector.to_ascii_lowercase();
        if lower.starts_with("text=") {
            self.texts.push(normal(selector["text=".len()..].trim_matches(['"', '\''])));
            return;
        }
        if let Some((_, text)) = lower.split_once("-p-text(") {
            self.texts.push(normal(text.trim_end_matches(')').trim_matches(['"', '\''])));
        }
        if looks_for_text(&lower) {
            let mut rest = selector;
            while let Some(start) = rest.find(['"', '\'']) {
                let quote = &rest[start..start + 1];
                let inner = &rest[start + 1..];
                let Some(end) = inner.find(quote) else { break };
                // `[@id='content']`, `contains(@class, 'start')`: what an attribute has is no text.
                let operand = rest[..start].trim_end_matches([' ', ',', '=']).rsplit(['[', '(', ' ']).next();
                if !operand.unwrap_or_default().starts_with('@') {
                    self.texts.push(normal(&inner[..end]));
                }
                rest = &inner[end + 1..];
            }
        }
        if lower.starts_with(['/', '(']) && lower.contains("contains(") && !lower.contains("contains(@") {
            self.exact -= 1;
        }
        if lower.replace(['"', '\''], "").contains("[role=status]") {
            self.announces("status");
        }
        self.structure(&lower);
        self.alternatives += alternatives(selector);
        self.selectors.push(selector.to_owned());
    }

    /// What picks elements by where they stand among others.
    fn structure(&mut self, selector: &str) {
        let picks =
            [":nth-", "nth=", ":eq(", ":lt(", ":gt(", ":not(", ":first", ":last", ":only-", "position()", "last()"];
        for start in picks.iter().flat_map(|pick| selector.match_indices(pick)).map(|(at, _)| at) {
            let rest = &selector[start..];
            let end = rest.find([' ', '>', ']']).unwrap_or(rest.len());
            let of_cell = ["td", "th"].iter().any(|tag| selector[..start].ends_with(tag));
            let at = [":nth-child(", ":nth-of-type("].iter().find_map(|pick| rest[..end].strip_prefix(pick));
            let at = at.and_then(|at| at.strip_suffix(')')?.parse::<u32>().ok()?.checked_sub(1)).filter(|_| of_cell);
            self.positions.push(match at {
                Some(0) => "first".into(),
                Some(at) => format!("nthNum(\"{at}\")"),
                None => rest[..end].to_owned(),
            });
        }
    }

    /// Whether it finds something within what the other finds by a selector alone.
    pub fn lies_in(&self, outer: &Locator) -> bool {
        let by_selector = outer.texts.is_empty() && outer.patterns.is_empty() && outer.positions.is_empty();
        by_selector
            && !outer.path.is_empty()
            && self.path.len() > outer.path.len()
            && self.path.starts_with(&outer.path)
    }

    /// Whether it finds all of what the other picks one of by its place.
    pub fn is_any_of(&self, one: &Locator) -> bool {
        self.positions.is_empty() && !one.positions.is_empty() && self.path == one.path && self.texts == one.texts
    }

    /// Whether it finds a link.
    pub fn is_link(&self) -> bool {
        matches!(self.target(), "role=link" | "a")
    }

    /// Whether it is told from others of its kind by its place among them.
    pub fn is_told_by_place(&self) -> bool {
        !self.positions.is_empty()
    }

    /// Whether it finds only what has a certain text, or stands at a certain place, where the other finds all.
    pub fn is_narrower(&self, other: &Locator) -> bool {
        let known = meaning(&other.says());
        let says_more = meaning(&self.sorted_texts().join(" ")).iter().any(|word| !known.contains(word));
        let by_text = says_more && other.sorted_texts().is_empty() && !self.stands_in_same(other);
        by_text || self.positions.len() > other.positions.len()
    }

    /// What is found in the end, without what it stands in.
    pub fn target(&self) -> &str {
        self.path.last().map(String::as_str).unwrap_or_default()
    }

    /// Whether it says that nothing is there, or asks more of the same element than the other.
    pub fn may_find_nothing(&self, other: &Locator) -> bool {
        #[rustfmt::skip]
        const DENIALS: [&str; 14] = [
            "no", "none", "not", "off", "never", "nothing", "without", "non", "nonexistent", "nope", "fake", "dummy",
            "missing", "unused",
        ];
        let denied = |locator: &Locator| {
            let said = locator.selectors.iter().chain(&locator.roles).flat_map(|text| words(text));
            said.filter(|word| DENIALS.contains(&word.as_str())).count()
        };
        let asks_more = |(one, other): (&String, &String)| {
            other.strip_prefix(one.as_str()).is_some_and(|more| more.starts_with(['.', '[', ':']) && more != ":visible")
        };
        denied(self) > denied(other)
            || self.selectors.len() == other.selectors.len()
                && other.selectors.iter().zip(&self.selectors).any(asks_more)
    }

    pub(super) fn sorted_texts(&self) -> Vec<String> {
        let mut texts: Vec<String> = self.texts.iter().chain(&self.patterns).cloned().collect();
        texts.sort();
        texts
    }

    /// The texts that the very thing is found by, patterns without their signs.
    pub fn own_texts(&self) -> Vec<String> {
        let patterns = self.patterns.iter().map(|pattern| split_regex(pattern).0.to_owned());
        self.texts[self.outer_texts..].iter().cloned().chain(patterns).filter(|text| !text.is_empty()).collect()
    }

    pub(super) fn says(&self) -> String {
        let parts = self.texts.iter().chain(&self.patterns).chain(&self.selectors).chain(&self.roles);
        let said = parts.map(|part| part.replace("role=", " "));
        let states = self
            .states
            .iter()
            .filter(|state| state.ends_with("Const(\"true\")"))
            .filter_map(|state| state.split(' ').next());
        said.chain(states.map(str::to_owned)).collect::<Vec<_>>().join(" ")
    }

    /// Whether it picks by position, and not as another does.
    pub fn picks_otherwise(&self, other: &Locator) -> bool {
        // The last position became a name of what stands there.
        let named = other.positions.split_last().is_some_and(|(_, others)| self.positions == others)
            && self.target() != other.target()
            && !self.target().starts_with("role=");
        !self.positions.is_empty() && self.positions != other.positions && !named
    }

    /// Whether it would match something on any page that is not blank.
    pub fn is_vacuous(&self) -> bool {
        if self.patterns.iter().any(|pattern| matches_anything(pattern)) || self.texts.iter().any(String::is_empty) {
            return true;
        }
        if !self.texts.is_empty() || !self.patterns.is_empty() {
            return false;
        }
        let container = |role: &String| {
            ["document", "main", "banner", "contentinfo", "navigation", "generic", "application", "complementary"]
                .contains(&role.as_str())
        };
        let nothing_said =
            self.selectors.iter().all(|selector| is_container(selector)) && self.roles.iter().all(container);
        nothing_said && (self.links > 0) && !(self.selectors.is_empty() && self.roles.is_empty())
    }

    /// Whether it surely finds what nobody operates: a heading, a landmark, the page.
    pub fn only_shows(&self) -> bool {
        #[rustfmt::skip]
        const SHOWS: [&str; 12] = [
            "heading", "paragraph", "main", "banner", "document", "status", "alert", "navigation", "contentinfo",
            "separator", "presentation", "complementary",
        ];
        let shows = |role: &String| SHOWS.contains(&role.as_str());
        let page = |selector: &String| matches!(selector.as_str(), "body" | "html" | ":root" | "h1" | "h2" | "main");
        if self.roles.is_empty() {
            self.texts.is_empty() && !self.selectors.is_empty() && self.selectors.iter().all(page)
        } else {
            let inside = self.links.saturating_sub(self.positions.len() + self.filters) > self.roles.len();
            self.selectors.is_empty() && self.roles.iter().all(shows) && !inside
        }
    }

    /// A bare tag: true of most pages.
    pub(super) fn is_tag_alone(&self) -> bool {
        self.texts.is_empty()
            && self.patterns.is_empty()
            && !self.selectors.is_empty()
            && self
                .selectors
                .iter()
                .all(|selector| selector.chars().all(|next| next.is_ascii_alphanumeric()) && selector.len() < 9)
    }

    /// Whether the value that is expected is what the locator looks for: then the assertion says nothing more.
    pub fn looks_for(&self, value: &str) -> bool {
        let value = normal(value);
        let by_state = |state: &str| self.states.iter().any(|own| own.split(' ').next() == Some(state));
        !value.is_empty()
            && (self.texts.iter().any(|text| text.contains(&value))
                || value.strip_prefix("aria-").is_some_and(by_state)
                || self.selectors.iter().any(|selector| value.len() > 3 && names_value(&normal(selector), &value)))
    }

    /// Whether what it finds has a text or a class that a pattern matches.
    pub fn looks_for_pattern(&self, pattern: &str) -> bool {
        let plain = split_regex(pattern).0.replace("\\b", "/").replace("\\s", "/");
        let has_class =
            |name: &str| simple(self.target()).iter().any(|part| part.starts_with('.') && part.contains(name));
        let mut names = plain.split(|next: char| !next.is_alphanumeric() && !" -_".contains(next));
        names.any(|name| name.len() > 1 && (has_class(name) || self.texts.iter().any(|text| text.contains(name))))
    }
}

/// Neither the library's own name nor a class of it.
pub fn is_param(name: &str) -> bool {
    !matches!(name, "page" | "driver" | "browser" | "cy" | "screen" | "By" | "String" | "self" | "this")
        && name.starts_with(char::is_lowercase)
}

/// Whether a selector, in lower case, looks for a text, and not for a field by its name.
fn looks_for_text(selector: &str) -> bool {
    #[rustfmt::skip]
    const TEXTUAL: [&str; 10] = [
        "has-text", ":text", ":contains", "text()", "contains(", ".=", "normalize-space", "aria-label", "[name=",
        "title=",
    ];
    let names_a_field = selector.contains("[name=") && !selector.contains("role=");
    TEXTUAL.iter().any(|word| selector.contains(word)) && !names_a_field
}

/// Whether a selector finds an element by a value; the words of a test id are only its name.
fn names_value(selector: &str, value: &str) -> bool {
    match selector.strip_prefix("[data-testid=") {
        Some(id) => id.trim_end_matches(']') == value,
        None => selector.contains(value),
    }
}

#[rustfmt::skip]
const CONTAINERS: [&str; 38] = [
    "", "*", "html", "body", "head", ":root", "div", "span", "p", "main", "header", "footer", "nav", "section",
    "article", "aside", "app", "root", "__next", "__nuxt", "page", "content", "main-content", "container", "wrapper",
    "layout", "html/body", "body/*", "body *", "html *", "img", "a", "script", "style", "link", "title", "meta",
    "svg",
];

fn is_container(selector: &str) -> bool {
    if let Some(id) = selector.strip_prefix("[data-testid=").and_then(|rest| rest.strip_suffix(']')) {
        return matches!(
            id,
            "app" | "root" | "page" | "body" | "main" | "content" | "container" | "wrapper" | "layout"
        );
    }
    let trimmed = selector.trim().trim_start_matches("css=").trim_start_matches("xpath=").to_ascii_lowercase();
    let every = |part: &str| {
        let part = part.trim().trim_start_matches(['/', '.', '#']);
        CONTAINERS.contains(&part)
            || part.starts_with(":not(")
            || part.starts_with("html")
            || part.starts_with("body") && !part.contains("editable") && !part.contains("tinymce")
    };
    trimmed.split([',', '>', ' ']).all(every) || trimmed.split(',').any(every)
}

/// A pattern that the text of almost any page matches.
pub fn matches_anything(pattern: &str) -> bool {
    let (inner, _) = split_regex(pattern);
    let rest: String = inner.trim_start_matches('^').trim_end_matches('$').chars().collect();
    rest.is_empty()
        || rest.contains(".*") && rest.chars().filter(|next| next.is_alphanumeric()).count() < 3
        || rest.ends_with('|')
        || rest.starts_with('|')
        || rest.contains("||")
        || rest.contains("(|")
        || rest.contains("|)")
        || rest.chars().all(|next| ".+*?[]():\\sSwWdD^$|".contains(next))
}

fn split_regex(pattern: &str) -> (&str, &str) {
    let inner = pattern.strip_prefix('/').unwrap_or(pattern);
    inner.rsplit_once('/').unwrap_or((inner, ""))
}

fn normal(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
