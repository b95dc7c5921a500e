//! The vocabulary of the test libraries: which name is an action, a wait, a way to find something, a matcher.
//!
//! Python's names are known in camel case. A name that is in no list is unknown, and what is unknown is for a person.

use super::ir::{Kind, Node};

/// Names that declare tests, suites and hooks, in every framework.
pub const TEST_ROOTS: [&str; 10] =
    ["test", "it", "specify", "describe", "context", "suite", "setup", "teardown", "scenario", "feature"];
#[rustfmt::skip]
pub const HOOKS: [&str; 12] = [
    "beforeEach", "beforeAll", "afterEach", "afterAll", "before", "after", "setUp", "tearDown", "setup_method",
    "teardown_method", "setUpClass", "tearDownClass",
];

/// Names that a change must not bind anew: what they stand for is what makes a test a test.
#[rustfmt::skip]
pub const RESERVED: [&str; 28] = [
    "expect", "test", "it", "describe", "context", "cy", "Cypress", "page", "browser", "assert", "jest", "vi",
    "pytest", "screen", "driver", "request", "unittest", "should", "beforeEach", "afterEach", "beforeAll",
    "afterAll", "Promise", "Locator", "specify", "within", "By", "WebDriverWait",
];

/// Objects of the test libraries: an unknown method of theirs is unknown, not the project's own.
#[rustfmt::skip]
pub const LIBRARY_ROOTS: [&str; 24] = [
    "page", "context", "browser", "cy", "Cypress", "driver", "test", "jest", "vi", "request", "process", "window",
    "document", "globalThis", "global", "pytest", "unittest", "sinon", "chai", "os", "sys", "Object", "Reflect", "t",
];

/// Steps that change the state of the page.
#[rustfmt::skip]
pub const ACTIONS: [&str; 58] = [
    "click", "dblclick", "doubleClick", "rightclick", "rightClick", "contextClick", "fill", "type", "typeText",
    "press", "pressSequentially", "pressKey", "check", "uncheck", "setChecked", "selectOption", "select",
    "selectOptions", "deselectOptions", "selectByVisibleText", "selectByValue", "selectByIndex", "selectByAttribute",
    "tap", "clear", "clearValue", "setInputFiles", "selectFile", "attachFile", "setInputFile", "setFiles", "setFilesToUpload",
    "uploadFile", "upload", "dragTo", "dragAndDrop", "dragAndDropToElement", "drag", "drop", "goto", "visit",
    "navigateTo", "navigate", "get", "goBack", "goForward", "back", "forward", "reload", "refresh", "submit", "sendKeys",
    "setValue", "addValue", "deselectByVisibleText", "deselectByValue", "deselectByIndex", "deselectAll",
];

/// Of these the first arguments are what the person types or chooses.
pub const NAVIGATION: [&str; 7] = ["goto", "visit", "navigateTo", "navigate", "reload", "refresh", "open"];

/// Steps that change nothing.
#[rustfmt::skip]
pub const PASSIVE: [&str; 49] = [
    "hover", "focus", "blur", "scrollIntoViewIfNeeded", "scrollIntoView", "scrollTo", "scrollBy", "moveTo",
    "moveToElement", "perform", "screenshot", "log", "debug", "pause", "bringToFront", "waitFor", "waitForTimeout",
    "waitForLoadState", "waitForSelector", "waitForURL", "waitForUrl", "waitForResponse", "waitForRequest",
    "waitForNavigation", "waitForEvent", "waitForElement", "waitForDisplayed", "waitForExist", "waitForClickable",
    "waitForEnabled", "waitForNetworkIdle", "waitForElementToBeRemoved", "waitUntil", "wait", "until", "sleep",
    "WebDriverWait", "wheel", "move", "setTimeout", "info", "warn", "print", "realHover", "$nextTick", "nextTick", "flushPromises",
    "defaultContent", "origin",
];

/// Waits that fail when the thing does not come: dropping one drops a check.
#[rustfmt::skip]
pub const CHECKING_WAITS: [&str; 17] = [
    "waitFor", "waitForSelector", "waitForURL", "waitForUrl", "waitForResponse", "waitForRequest", "waitForEvent",
    "waitForElement", "waitForDisplayed", "waitForExist", "waitForClickable", "waitForEnabled",
    "waitForElementToBeRemoved", "waitForFunction", "waitUntil", "until", "untilNot",
];

/// Methods that only read.
#[rustfmt::skip]
pub const READS: [&str; 64] = [
    "textContent", "innerText", "innerHTML", "inputValue", "getAttribute", "isVisible", "isHidden", "isEnabled",
    "isDisabled", "isChecked", "isEditable", "isDisplayed", "isSelected", "isExisting", "count", "all",
    "allTextContents", "allInnerTexts", "url", "title", "text", "value", "length", "status", "ok", "json", "body",
    "boundingBox", "getText", "getValue", "getUrl", "getTitle", "currentUrl", "getCurrentUrl", "location", "hash",
    "pathname", "href", "headers", "suggestedFilename", "newPage", "newContext", "pages", "keyboard", "mouse",
    "touchscreen", "activeElement", "its", "as", "wrap", "then", "within", "each", "toString", "id", "name",
    "checked", "attribute", "rect", "size", "exists", "classes", "attributes", "cookies",
];

/// Methods and functions of the language that only compute.
#[rustfmt::skip]
pub const PLAIN: [&str; 85] = [
    "trim", "trimStart", "trimEnd", "toLowerCase", "toUpperCase", "replace", "replaceAll", "split", "join", "map",
    "slice", "substring", "includes", "startsWith", "endsWith", "toFixed", "match", "matchAll", "test", "concat",
    "filter", "find", "sort", "keys", "values", "entries", "flat", "flatMap", "at", "indexOf", "some", "every",
    "parseInt", "parseFloat", "Number", "String", "Boolean", "Array", "Math", "floor", "round", "ceil", "max", "min",
    "abs", "Date", "now", "toISOString", "padStart", "padEnd", "random", "URL", "RegExp", "Promise", "all",
    "resolve", "from", "strip", "lstrip", "rstrip", "lower", "upper", "startswith", "endswith", "format", "len",
    "str", "int", "float", "list", "dict", "set", "tuple", "sorted", "range", "enumerate", "zip", "sum", "any",
    "bool", "append", "console", "repeat", "isoformat", "isinstance",
];

/// Words in the name of a project's own function that make it worth a person's look.
#[rustfmt::skip]
pub const SUSPICIOUS: [&str; 28] = [
    "mock", "stub", "fake", "skip", "bypass", "force", "override", "overrule", "intercept", "hack", "disable",
    "suppress", "ignore", "swallow", "inject", "patch", "retry", "retries", "simulate", "tamper", "cheat", "noop",
    "safe", "maybe", "silent", "soft", "softly", "safely",
];

/// Words that say an element only stands in the way: a step that deals with it may come and go.
#[rustfmt::skip]
pub const INCIDENTAL: [&str; 24] = [
    "cookie", "cookies", "consent", "banner", "gdpr", "onetrust", "newsletter", "popup", "pop", "overlay", "tour",
    "onboarding", "dismiss", "close", "got", "promo", "survey", "interstitial", "notification", "chat", "welcome",
    "splash", "accept", "later",
];

/// Those of them that are also said of what does something: they only say it of what says nothing else.
#[rustfmt::skip]
const AMBIGUOUS: [&str; 13] = [
    "dismiss", "close", "got", "accept", "later", "popup", "pop", "overlay", "notification", "chat", "welcome",
    "newsletter", "survey",
];

/// The words by which a step only deals with what stands in the way: `said` are all words of the step, `own` those of what
/// it is done to.
pub fn in_the_way(said: &[String], own: &[String]) -> Vec<String> {
    #[rustfmt::skip]
    const GENERIC: [&str; 27] = [
        "button", "btn", "link", "icon", "modal", "dialog", "role", "aria", "label", "data", "test", "testid", "cy", "qa",
        "x", "it", "all", "the", "a", "i", "maybe", "no", "not", "now", "thanks", "ok", "and",
    ];
    let ambiguous = |word: &String| AMBIGUOUS.contains(&word.as_str());
    let alone = own.iter().all(|word| ambiguous(word) || GENERIC.contains(&word.as_str()));
    let found = said.iter().filter(|word| INCIDENTAL.contains(&word.as_str()));
    found.filter(|word| !ambiguous(word) || alone).cloned().collect()
}

/// Whether an expression names a step that goes to a page.
pub fn goes_to_page(node: &Node) -> bool {
    matches!(&node.kind, Kind::Member { name, .. } if NAVIGATION.contains(&name.as_str()))
}

/// The version in an address or in the name of a module: 2 of `/api/v2/rooms`.
pub fn version(text: &str) -> Option<u32> {
    words(text).iter().find_map(|word| word.strip_prefix('v')?.parse().ok())
}

/// Whether an expression speaks of something that only stands in the way.
pub fn incidental(node: &Node) -> bool {
    node.any(&mut |part| match &part.kind {
        Kind::Str(text) | Kind::Regex(text) | Kind::Ident(text) | Kind::Member { name: text, .. } => {
            words(text).iter().any(|word| INCIDENTAL.contains(&word.as_str()))
        }
        _ => false,
    })
}

/// Whether a name says that it deals with what only stands in the way: `dismissCookies`, `tour.seen`.
pub fn clears_the_way(name: &str) -> bool {
    #[rustfmt::skip]
    const IN_THE_WAY: [&str; 13] = [
        "cookie", "cookies", "consent", "banner", "gdpr", "newsletter", "popup", "tour", "onboarding", "promo",
        "survey", "interstitial", "splash",
    ];
    words(name).iter().any(|word| IN_THE_WAY.contains(&word.as_str()))
}

/// Whether a name of what stands in the way says nothing of what the product does besides.
pub fn only_in_the_way(name: &str) -> bool {
    #[rustfmt::skip]
    const MORE: [&str; 20] = [
        "readonly", "disabled", "role", "admin", "feature", "mode", "user", "flag", "permission", "locked", "payment",
        "checkout", "variant", "kyc", "error", "outage", "identity", "verification", "warning", "alert",
    ];
    !words(name).iter().any(|word| MORE.contains(&word.as_str()))
}

/// Whether a method finds something on the page.
pub fn finds(root: &str, name: &str) -> bool {
    #[rustfmt::skip]
    const EXACT: [&str; 37] = [
        "locator", "frameLocator", "contentFrame", "frame", "filter", "first", "last", "nth", "or", "and", "$", "$$",
        "$x", "Selector", "contains", "parent", "parents", "parentsUntil", "children", "closest", "next", "prev",
        "siblings", "eq", "find", "shadow", "withText", "withExactText", "withAttribute", "querySelector",
        "querySelectorAll", "element", "elements", "By", "findAll", "selectOne", "selectAll",
    ];
    const PREFIX: [&str; 7] = ["getBy", "getAllBy", "findBy", "findAllBy", "queryBy", "queryAllBy", "findElement"];
    // What looks for a record finds nothing on the page.
    let of_records = matches!(root, "db" | "database" | "prisma" | "knex" | "repo" | "repository" | "orm" | "mongo");
    EXACT.contains(&name) && !of_records && !(root == "cy" && name == "and")
        || PREFIX.iter().any(|prefix| name.starts_with(prefix))
        || (root == "cy" && matches!(name, "get" | "within" | "root" | "focused" | "not"))
        || (root == "wrapper" && name == "get")
}

/// The lower-case words of a name or a selector: `#orderTotal-2` → `order`, `total`, `2`.
pub fn words(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut previous_lower = false;
    for next in text.chars() {
        let ends = !next.is_alphanumeric() || (next.is_uppercase() && previous_lower);
        if ends && !current.is_empty() {
            out.push(std::mem::take(&mut current));
        }
        if next.is_alphanumeric() {
            current.extend(next.to_lowercase());
        }
        previous_lower = next.is_lowercase();
    }
    if !current.is_empty() {
        out.push(current);
    }
    out
}

/// Whether the name of a project's function says that it asserts: `expectTotal`, `assertPaid`, `verify_title`.
pub fn asserts_by_name(name: &str) -> bool {
    let words = words(name);
    let Some(first) = words.first() else { return false };
    let strong = ["expect", "assert", "verify", "should", "ensure", "validate", "sees", "shows", "displays"];
    strong.contains(&first.as_str())
        || (words.len() > 1 && matches!(first.as_str(), "check" | "must" | "has" | "is" | "to") && first == "check")
}

/// Words that say nothing of which thing is meant.
#[rustfmt::skip]
const NOISE: [&str; 43] = [
    "data", "testid", "test", "id", "ids", "css", "qa", "cy", "e2e", "class", "div", "span", "the", "js", "new",
    "old", "v1", "v2", "main", "container", "wrapper", "page", "el", "elem", "element", "locator", "selector",
    "li", "ul", "td", "tr", "p", "a", "of", "to", "get", "by", "my", "aria", "x", "app", "root", "type",
];

/// Whether two texts say the same but for where their words end: `username`, `user-name`.
pub fn same_letters(one: &str, other: &str) -> bool {
    let letters = |text: &str| {
        words(text).into_iter().filter(|word| !NOISE.contains(&word.as_str())).collect::<Vec<_>>().concat()
    };
    letters(one).len() > 4 && letters(one) == letters(other)
}

/// The words of a text that say which thing is meant, without those of every selector; synonyms become one word.
pub fn meaning(text: &str) -> Vec<String> {
    const SYNONYMS: [&[&str]; 42] = [
        &["alert", "msg", "message", "messages", "notification", "toast", "flash", "notice", "snackbar", "banner"],
        &["btn", "button", "buttons"],
        &["checkbox", "switch", "toggle"],
        &["nav", "navigation", "menu", "navbar", "menü", "burger", "hamburger"],
        &["first", "forename"],
        &["last", "surname"],
        &["phone", "mobile", "telephone", "tel"],
        &["birth", "dob", "birthday", "birthdate"],
        &["zip", "postcode", "zipcode", "plz"],
        &["modal", "dialog", "popup", "alertdialog", "drawer", "lightbox"],
        &["region", "section", "panel", "pane"],
        &["tooltip", "popover", "tip"],
        &["loading", "spinner", "loader", "progressbar", "progress"],
        &["remove", "delete", "trash", "bin", "removed", "deleted", "del"],
        &["added", "inserted", "ins"],
        &["next", "continue", "proceed"],
        &["previous", "prev"],
        &["increase", "increment", "inc", "plus"],
        &["decrease", "decrement", "dec", "minus"],
        &["article", "articles", "post", "posts", "teaser", "card", "cards"],
        &["title", "heading", "header", "h1", "h2", "headline"],
        &["link", "links"],
        &["img", "image", "picture", "logo"],
        &["input", "field", "textbox", "box"],
        &["item", "items", "row", "rows", "entry", "entries", "listitem", "tile", "tiles"],
        &["list", "table", "grid"],
        &["cart", "basket", "bag"],
        &["user", "account", "profile", "customer", "member", "members", "users", "people", "person"],
        &["login", "signin", "log", "sign"],
        &["search", "query", "find", "searchbox"],
        &["total", "sum", "totals"],
        &["price", "amount", "cost"],
        &["email", "mail"],
        &["success", "successful", "successfully", "confirmation", "confirmed", "thanks"],
        &["product", "products"],
        &["badge", "count", "counter", "number"],
        &["footer", "contentinfo"],
        &["sidebar", "aside", "complementary"],
        &["option", "options", "suggestion", "suggestions", "choice"],
        &["todo", "todos", "task", "tasks"],
        &["cookie", "cookies", "consent"],
        &["result", "results", "hit", "hits"],
    ];
    words(text)
        .into_iter()
        .filter(|word| word.len() > 1 && !NOISE.contains(&word.as_str()))
        .map(|word| match SYNONYMS.iter().find(|group| group.contains(&word.as_str())) {
            Some(group) => group[0].to_owned(),
            None => word.strip_suffix('s').filter(|stem| stem.len() > 3).unwrap_or(&word).to_owned(),
        })
        .collect()
}

/// Which end of something a name is for: `from` and `source` for the one, `to` and `target` for the other.
fn is_far_end(text: &str) -> Option<bool> {
    #[rustfmt::skip]
    const NEAR: [&str; 13] = [
        "from", "source", "sender", "start", "begin", "min", "low", "lower", "debit", "left", "origin", "width", "w",
    ];
    #[rustfmt::skip]
    const FAR: [&str; 13] = [
        "to", "target", "recipient", "end", "receiver", "max", "high", "upper", "credit", "right", "destination", "height",
        "h",
    ];
    let said = words(text);
    let says = |list: &[&str]| said.iter().any(|word| list.contains(&word.as_str()));
    match (says(&NEAR), says(&FAR)) {
        (true, false) => Some(false),
        (false, true) => Some(true),
        _ => None,
    }
}

/// Whether two names are for the two ends of something.
pub fn at_other_end(one: &str, other: &str) -> bool {
    is_far_end(one).zip(is_far_end(other)).is_some_and(|(one, other)| one != other)
}

/// Whether of several names one for the far end comes before one for the near end: first `to`, and then `from`.
pub fn ends_crossed<'n>(names: impl Iterator<Item = &'n str>) -> bool {
    names.filter_map(is_far_end).collect::<Vec<_>>().windows(2).any(|two| two[0] && !two[1])
}

/// Words by which a name stands for another value than it did without them: `skip_verify`, `oldPrice`, `initialItems`.
pub fn turns(text: &str) -> Vec<String> {
    #[rustfmt::skip]
    const TURNS: [&str; 36] = [
        "skip", "old", "initial", "default", "admin", "soft", "hard", "fallback", "mock", "fake", "net", "gross", "hint",
        "force", "max", "min", "raw", "backup", "previous", "temp", "legacy", "no", "not", "disable", "disabled", "ignore",
        "placeholder", "discount", "static", "test", "dry", "bypass", "allow", "insecure", "unsafe",
        "private",
    ];
    words(text).into_iter().filter(|word| TURNS.contains(&word.as_str())).collect()
}

/// Words of which a subject may not gain or lose one: `.success` is not `.error`.
pub fn mood(text: &str) -> Vec<String> {
    #[rustfmt::skip]
    const MOODS: [&str; 29] = [
        "progress", "success", "error", "errors", "fail", "failed", "failure", "warning", "invalid", "valid", "empty", "loading",
        "loader", "progressbar", "disabled", "hidden", "closed", "pending", "skeleton", "spinner", "placeholder", "declined", "rejected",
        "denied", "sub", "off", "none", "no", "inactive",
    ];
    let plain = |word: String| match word.as_str() {
        "successful" | "successfully" => "success".to_owned(),
        "spinner" | "loader" | "progressbar" | "progress" => "loading".to_owned(),
        "errors" => "error".to_owned(),
        _ => word,
    };
    let mut found: Vec<String> =
        words(text).into_iter().map(plain).filter(|word| MOODS.contains(&word.as_str())).collect();
    found.sort();
    found
}
