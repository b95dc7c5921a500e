//! Elements that a chain of Cypress, or code in the page, gives to a callback: the callback may read them, nothing else.

use std::collections::HashSet;

use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node};
use super::super::{Differ, bound};

/// Methods of an element, or of jQuery around it, that only read or find.
#[rustfmt::skip]
const READ_ONLY: [&str; 52] = [
    "get", "toArray", "find", "children", "parent", "parents", "closest", "next", "prev", "siblings", "eq", "first",
    "last", "filter", "not", "has", "is", "hasClass", "index", "each", "map", "slice", "length",
    "position", "getAttribute", "hasAttribute", "matches", "contains", "querySelector", "querySelectorAll",
    "getBoundingClientRect", "checkVisibility", "item", "trim", "includes", "startsWith", "endsWith", "match",
    "toLowerCase", "toUpperCase", "split", "replace", "forEach", "some", "every", "toString",
    "getItem", "getPropertyValue", "getComputedStyle", "keys", "json", "join",
];
/// Methods that change the page.
#[rustfmt::skip]
const WRITES: [&str; 46] = [
    "append", "prepend", "before", "after", "wrap", "wrapAll", "wrapInner", "unwrap", "replaceWith", "replaceAll",
    "show", "hide", "toggle", "remove", "detach", "empty", "addClass", "removeClass", "toggleClass", "removeAttr",
    "setAttribute", "removeAttribute", "toggleAttribute", "insertBefore", "insertAfter", "appendTo", "prependTo",
    "appendChild", "insertAdjacentHTML", "insertAdjacentText", "insertAdjacentElement", "replaceChildren",
    "setCustomValidity", "showPopover", "showModal", "hidePopover", "close", "dispatchEvent", "trigger",
    "setRangeText", "fadeIn", "fadeOut", "slideDown", "slideUp", "click", "submit",
];
/// Methods that read when they are given no more than a name.
const READ_BY_NAME: [&str; 5] = ["attr", "css", "prop", "data", "invoke"];
/// Methods that read when they are given nothing.
const READ_BARE: [&str; 8] = ["text", "val", "html", "width", "height", "outerHeight", "outerWidth", "offset"];

impl<'a> Differ<'a> {
    /// A call that does something to an element that was only given to be looked at.
    pub fn touches_element(&mut self, node: &Node) {
        let chain = Chain::of(node);
        if !self.is_element(chain.root()) {
            return;
        }
        let writes = chain.links.iter().skip(1).find(|link| {
            let Some(args) = link.args else { return false };
            let named = matches!(args, [Node { kind: Kind::Str(_), .. }]);
            !(link.name == "[]"
                || READ_ONLY.contains(&link.name)
                || READ_BY_NAME.contains(&link.name) && named
                || READ_BARE.contains(&link.name) && args.is_empty()
                // jQuery's takes a selector, a string's two texts.
                || link.name == "replaceAll" && args.len() == 2)
        });
        let Some(link) = writes else { return };
        if WRITES.contains(&link.name) || READ_BY_NAME.contains(&link.name) || READ_BARE.contains(&link.name) {
            self.report("faked-page", node.line, format!("`{}` of an element that is looked at", link.name));
        } else {
            self.report("unknown-step", node.line, format!("`{}` of an element that is looked at", link.name));
        }
    }

    /// Whether a name is an element that a callback is given, or a part of one.
    fn is_element(&self, name: &str) -> bool {
        if name.is_empty() {
            return false;
        }
        let yielded = self.yielded.get_or_init(|| self.yielded_names());
        if yielded.is_empty() {
            return false;
        }
        let from = self.holds(name).map(Chain::of).map(|chain| chain.root());
        yielded.contains(name) || from.is_some_and(|from| from != name && yielded.contains(from))
    }

    /// The names by which callbacks get elements.
    fn yielded_names(&self) -> HashSet<&'a str> {
        let mut found = HashSet::new();
        let mut visit = |node: &'a Node| {
            let Kind::Call { callee, args, .. } = &node.kind else { return };
            let Kind::Member { name: method, .. } = &callee.kind else { return };
            let yields = match method.as_str() {
                "then" | "should" | "and" | "each" | "spread" | "within" => gives_elements(callee),
                "evaluate" | "evaluateAll" | "$eval" | "$$eval" => true,
                _ => false,
            };
            let functions =
                args.iter().filter_map(|arg| if let Kind::Fn(func) = &arg.kind { Some(func) } else { None });
            if yields {
                found.extend(functions.flat_map(|func| &func.params).flat_map(bound));
            }
        };
        for stmt in &self.new.body {
            stmt.walk(&mut visit);
        }
        found
    }
}

/// Whether what a chain gives to a callback is an element, as far as the chain shows it.
fn gives_elements(callee: &Node) -> bool {
    let chain = Chain::of(callee);
    let of_cypress = chain.root() == "cy"
        && !matches!(chain.links.get(1).map(|link| link.name), Some("request" | "fixture" | "task"));
    of_cypress || chain.last().is_some_and(|link| matches!(link.name, "should" | "each" | "spread"))
}
