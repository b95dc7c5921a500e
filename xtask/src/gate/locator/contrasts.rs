//! Words by which two things that are alike are told apart: a locator that says one where the other said its counterpart
//! finds the other thing; one that no longer says in which state a thing has to be finds it in any.

use std::collections::BTreeSet;

use super::super::words::words;
use super::Locator;
use super::selectors::simple;

/// Of each group, a locator says at most one.
#[rustfmt::skip]
const COUNTERPARTS: [&[&str]; 49] = [
    &["error", "success"],
    &["increase", "decrease"],
    &["ascending", "descending"],
    &["next", "previous"],
    &["seconds", "minutes", "hours", "days", "ms", "milliseconds"],
    &["eur", "euros", "cents", "usd", "dollars"],
    &["publish", "unpublish"],
    &["enable", "disable"],
    &["lock", "unlock"],
    &["subscribe", "unsubscribe"],
    &["follow", "unfollow"],
    &["accept", "decline"],
    &["approve", "reject"],
    &["expand", "collapse"],
    &["yes", "no", "keep"],
    &["select", "deselect"],
    &["import", "export"],
    &["check", "uncheck"],
    &["archive", "restore"],
    &["mute", "unmute"],
    &["billing", "shipping"],
    &["current", "original"],
    &["current", "previous"],
    &["server", "client"],
    &["net", "gross", "subtotal", "total", "unit", "tax"],
    &["first", "last"],
    &["start", "end"],
    &["from", "to"],
    &["min", "max"],
    &["todo", "done"],
    &["left", "right"],
    &["source", "target"],
    &["home", "work"],
    &["buyer", "seller"],
    &["sender", "recipient"],
    &["admin", "viewer", "editor", "guest", "owner", "member"],
    &["admin", "customer"],
    &["avatar", "logo"],
    &["today", "yesterday", "tomorrow"],
    &["day", "week", "month", "year"],
    &["daily", "weekly", "monthly", "yearly"],
    &["income", "expense"],
    &["debit", "credit"],
    &["before", "after"],
    &["expected", "actual"],
    &["incoming", "outgoing"],
    &["public", "private"],
    &["upload", "download"],
    &["cart", "wishlist"],
];

/// States of a thing that a page shows by a class or an attribute.
#[rustfmt::skip]
const STATES: [&str; 30] = [
    "completed", "active", "selected", "checked", "pressed", "expanded", "highlighted", "sorted", "starred",
    "favorite", "favourite", "unread", "published", "online", "approved", "archived", "cancelled", "shipped", "paid",
    "enabled", "disabled", "invalid", "available", "unavailable", "featured", "done", "dirty", "dragging",
    "unlocked", "live",
];

/// Whether the words of one text say another of two counterparts than the other text.
pub fn is_counterpart(old: &str, new: &str) -> bool {
    // A question names no thing.
    if new.contains('?') {
        return false;
    }
    let named = |text: &str| words(text).into_iter().map(in_one_word).collect::<Vec<_>>();
    let (old, new) = (named(old), named(new));
    let only = |one: &[String], other: &[String], group: &[&str]| {
        one.iter().any(|word| group.contains(&word.as_str()) && !other.contains(word))
    };
    COUNTERPARTS.iter().any(|group| only(&old, &new, group) && only(&new, &old, group))
}

/// `first` and `last`, however a form calls the two names of a person, and what is usually shortened in full.
pub fn in_one_word(word: String) -> String {
    match word.as_str() {
        "prev" => "previous".to_owned(),
        "inc" | "increment" => "increase".to_owned(),
        "dec" | "decrement" => "decrease".to_owned(),
        "forename" | "given" => "first".to_owned(),
        "surname" | "family" => "last".to_owned(),
        _ => word,
    }
}

/// Whether it is found in another item of a list or a table: in the row of `Floor lamp`, where it was that of `Desk lamp`.
pub fn is_other_item(old: &Locator, new: &Locator) -> bool {
    #[rustfmt::skip]
    const ITEMS: [&str; 12] = [
        "row", "tr", "li", "listitem", "article", "card", "item", "tile", "teaser", "option", "gridcell", "treeitem",
    ];
    let said = |locator: &Locator| {
        let parts = locator.path.iter().chain(&locator.roles).flat_map(|part| words(part)).collect::<Vec<_>>();
        parts.iter().any(|word| ITEMS.contains(&word.as_str()))
    };
    // Within one selector, too: `.card:has-text("Floor lamp") button`.
    let within = |locator: &Locator| {
        let by_text = |part: &String| part.contains(":has-text(") || part.contains(":contains(");
        let by_xpath = |part: &String| part.starts_with('/');
        locator.path.iter().any(by_xpath) || locator.path.len() > 1 && locator.path.iter().any(by_text)
    };
    let told_by = |locator: &Locator| {
        let of_pattern = || locator.patterns.first().filter(|_| locator.roles.len() > 1);
        let first = locator.texts.first().filter(|_| locator.outer_texts > 0 || within(locator));
        first.or_else(of_pattern).map(|text| words(text))
    };
    let (Some(was), Some(is)) = (told_by(old), told_by(new)) else { return false };
    said(old) && !was.iter().all(|word| is.contains(word)) && !is.iter().all(|word| was.contains(word))
}

/// Operations, each by the words that a control says for it. What says another one does something else.
#[rustfmt::skip]
const OPERATIONS: [&[&str]; 20] = [
    &["delete", "remove", "trash", "erase"],
    &["edit", "modify", "rename"],
    &["add", "create", "new", "insert"],
    &["cancel", "discard", "abort"],
    &["search"],
    &["login", "signin"],
    &["logout", "signout"],
    &["download"],
    &["upload"],
    &["print"],
    &["share"],
    &["copy", "duplicate", "clone"],
    &["archive"],
    &["publish"],
    &["pay", "buy", "purchase", "checkout", "order"],
    &["reply"],
    &["preview"],
    &["refresh", "reload"],
    &["undo"],
    &["follow"],
];

/// Whether a control that said one operation says another one.
pub fn is_other_operation(old: &Locator, new: &Locator) -> bool {
    let of = |locator: &Locator| {
        let mut said = words(locator.target());
        // Drupal begins the ids of what is in a form with `edit-`.
        let last = said.pop();
        said.retain(|word| word != "edit");
        said.extend(last);
        said.extend(locator.own_texts().iter().flat_map(|text| words(text)));
        let says = |group: &&&[&str]| group.iter().any(|word| said.iter().any(|other| other == word));
        OPERATIONS.iter().enumerate().filter(|(_, group)| says(group)).map(|(at, _)| at).collect::<BTreeSet<_>>()
    };
    let (was, is) = (of(old), of(new));
    let says = |locator: &Locator, list: &[&str]| {
        let said = words(&format!("{} {}", locator.target(), locator.own_texts().join(" ")));
        said.iter().any(|word| list.contains(&word.as_str()))
    };
    let meant = words(&old.says()).iter().any(|word| LESS.contains(&word.as_str()));
    let goes_on = says(old, &GOES_ON) && !meant && says(new, &LESS) && !says(new, &GOES_ON);
    goes_on || !was.is_empty() && !is.is_empty() && was.is_disjoint(&is)
}

/// Words on what does what was begun, whatever that is.
const GOES_ON: [&str; 10] =
    ["save", "submit", "send", "apply", "confirm", "ok", "continue", "proceed", "finish", "activate"];
/// Words on what does less, or the opposite.
#[rustfmt::skip]
const LESS: [&str; 15] = [
    "reset", "clear", "cancel", "close", "delete", "remove", "view", "details", "help", "preview", "back", "skip", "discard",
    "deactivate", "menu",
];

/// Whether a control says that it sends a form, or leads on from it.
pub fn sends(locator: &Locator) -> bool {
    #[rustfmt::skip]
    const SENDS: [&str; 16] = [
        "save", "submit", "send", "apply", "search", "continue", "proceed", "finish", "order", "book", "pay", "publish",
        "create", "register", "next", "done",
    ];
    let said = words(&format!("{} {}", locator.target(), locator.own_texts().join(" ")));
    said.iter().any(|word| SENDS.contains(&word.as_str())) && !chooses(locator)
}

/// Whether it finds a field, or one of the values that are chosen in one: nothing is sent by it.
pub fn chooses(locator: &Locator) -> bool {
    #[rustfmt::skip]
    const CHOSEN: [&str; 11] = [
        "option", "gridcell", "combobox", "listbox", "textbox", "searchbox", "menuitemradio", "contenteditable", "editable",
        "radio", "checkbox",
    ];
    locator.labelled || words(locator.target()).iter().any(|word| CHOSEN.contains(&word.as_str()))
}

/// Whether two names may be for one control: they have a word in common, or say the same operation.
pub fn is_same_control(old: &str, new: &str) -> bool {
    const KINDS: [&str; 8] = ["button", "btn", "link", "field", "input", "box", "icon", "locator"];
    let said = |name: &str| {
        let all = words(name).into_iter().filter(|word| !KINDS.contains(&word.as_str()));
        all.collect::<Vec<_>>()
    };
    let (was, is) = (said(old), said(new));
    let group =
        |said: &[String]| OPERATIONS.iter().position(|group| said.iter().any(|word| group.contains(&word.as_str())));
    was.is_empty()
        || is.is_empty()
        || was.iter().any(|word| is.contains(word))
        || group(&was).is_some_and(|at| group(&is) == Some(at))
}

/// Whether a thing has to be in the state in which it must not be before: `.row:not(.locked)` became `.row.locked`.
pub fn turns_state_round(old: &Locator, new: &Locator) -> bool {
    let negated = |locator: &Locator| {
        let parts = locator.path.iter().flat_map(|part| part.split(":not(").skip(1));
        parts.filter_map(|rest| rest.split_once(')')).map(|(state, _)| state.to_owned()).collect::<BTreeSet<_>>()
    };
    let asked = |locator: &Locator, state: &String| {
        locator.path.iter().any(|part| part.replace(&format!(":not({state})"), "").contains(state.as_str()))
    };
    let (was, is) = (negated(old), negated(new));
    was.difference(&is).any(|state| asked(new, state)) || is.difference(&was).any(|state| asked(old, state))
}

/// Whether two selectors differ in nothing but in a value by which they tell which one of many is meant:
/// `[data-user="ann"] .remove`, `//tr[td="Ann"]//button`.
pub fn is_of_other_value(old: &Locator, new: &Locator) -> bool {
    let pairs = old.path.iter().zip(&new.path).filter(|(one, other)| one != other).collect::<Vec<_>>();
    let [(was, is)] = pairs[..] else { return false };
    old.path.len() == new.path.len() && is_other_value(was, is)
}

fn is_other_value(old: &str, new: &str) -> bool {
    /// Attributes that tell what something is, and not which one.
    #[rustfmt::skip]
    const KINDS: [&str; 16] = [
        "name", "id", "class", "type", "role", "for", "label", "placeholder", "title", "test", "testid", "cy", "qa", "action",
        "selector", "formcontrolname",
    ];
    let (was, is) = (old.split(['"', '\'']).collect::<Vec<_>>(), new.split(['"', '\'']).collect::<Vec<_>>());
    if was.len() < 3 || was.len() != is.len() {
        return false;
    }
    let values = was.iter().zip(&is).enumerate();
    let mut others = values.filter(|(_, (one, other))| one != other);
    let Some((at, (one, other))) = others.next().filter(|_| others.next().is_none()) else { return false };
    let before = was[at.saturating_sub(1)].rsplit(['[', '(', '@']).next().unwrap_or_default();
    let told = words(before).iter().any(|word| KINDS.contains(&word.as_str()));
    let said = words(one);
    at % 2 == 1 && !told && !words(other).iter().any(|word| said.contains(word))
}

/// Whether what is found in one of many is looked for in the whole page: `rows[2].querySelector('.edit')` became
/// `document.querySelector('.edit')`.
pub fn leaves_place(old: &Locator, new: &Locator) -> bool {
    old.path.len() > new.path.len()
        && !new.path.is_empty()
        && old.target() == new.target()
        && old.own_texts() == new.own_texts()
        && old.positions.len() > new.positions.len()
}

/// Whether nothing but the place among others of its kind is another.
pub fn is_in_other_place(old: &Locator, new: &Locator) -> bool {
    let same = old.path == new.path && old.texts == new.texts && old.roles == new.roles;
    same && !old.positions.is_empty() && !new.positions.is_empty() && old.positions != new.positions
}

/// Whether what was told from others of its kind by a text is told by its place among them alone.
pub fn loses_text_for_place(old: &Locator, new: &Locator) -> bool {
    let said = words(&new.says());
    let lost = |text: &String| !words(text).iter().any(|word| said.contains(word));
    old.positions.is_empty() && !new.positions.is_empty() && old.texts.iter().any(lost)
}

/// Whether a price became one that is only told beside the one that is to be paid: `.list-price`, `s.price`.
pub fn is_other_price(old: &Locator, new: &Locator) -> bool {
    #[rustfmt::skip]
    const BESIDE: [&str; 12] = [
        "list", "regular", "was", "strike", "struck", "rrp", "msrp", "compare", "s", "del", "full", "crossed",
    ];
    let (was, is) = (words(&old.says()), words(&new.says()));
    let priced = |said: &[String]| said.iter().any(|word| word == "price");
    priced(&was) && priced(&is) && is.iter().any(|word| BESIDE.contains(&word.as_str()) && !was.contains(word))
}

/// Whether a locator says a counterpart, or another number, of what the other says.
pub fn is_other(old: &Locator, new: &Locator) -> bool {
    let numbers = |locator: &Locator| {
        // Where it stands in the markup is not which one it is.
        let said = |part: &&String| !part.starts_with("level") && !part.starts_with('/');
        let path = locator.path.iter().filter(said).cloned().collect::<Vec<_>>();
        let exact = locator.patterns.iter().filter(|pattern| pattern.contains('^') && pattern.contains('$'));
        let texts = locator.texts.iter().chain(exact).cloned().collect::<Vec<_>>();
        let said = words(&format!("{} {}", texts.join(" "), path.join(" ")));
        said.into_iter().filter(|word| word.chars().all(|next| next.is_ascii_digit())).collect::<BTreeSet<_>>()
    };
    let (was, is) = (numbers(old), numbers(new));
    !was.is_empty() && !is.is_empty() && was.is_disjoint(&is) || is_counterpart(&old.says(), &new.says())
}

/// Whether a locator no longer says in which state it is that the thing has to be.
pub fn loses_state(old: &Locator, new: &Locator) -> bool {
    let said = |locator: &Locator| words(&format!("{} {}", locator.says(), locator.names.join(" ")));
    let is_state = |word: &String| STATES.contains(&word.as_str());
    // What has a role is there for all when it is open.
    let is_open = |word: &String| {
        new.roles.is_empty() && matches!(word.as_str(), "open" | "opened" | "show" | "shown" | "flipped" | "taken")
    };
    let selected = words(&old.path.join(" "));
    selected.iter().any(|word| is_state(word) || is_open(word))
        && !said(new)
            .iter()
            .any(|word| is_state(word) || is_open(word) || matches!(word.as_str(), "current" | "visible"))
        && new.states.is_empty()
}

/// Whether a text that something shows is looked for of late in what always says it: a tab, an option, the head of a
/// column; or, if that something reported how it went, in a heading or in what leads there.
pub fn turns_static(old: &Locator, new: &Locator) -> bool {
    #[rustfmt::skip]
    const CHOICES: [&str; 10] = [
        "role=tab", "role=option", "role=radio", "role=columnheader", "role=menuitem", "option", "th", "label", "legend",
        "dt",
    ];
    #[rustfmt::skip]
    const HEADS: [&str; 13] = [
        "role=heading", "h1", "h2", "h3", "h4", "role=link", "role=button", "a", "button", "role=contentinfo", "footer",
        "role=complementary", "aside",
    ];
    #[rustfmt::skip]
    const REPORTS: [&str; 16] = [
        "alert", "status", "toast", "message", "msg", "snackbar", "flash", "notice", "cell", "gridcell", "td", "row",
        "tr", "badge", "state", "error",
    ];
    let is = |locator: &Locator, kinds: &[&str]| {
        let tag = locator.target().split([':', '[', '.', '#']).next().unwrap_or_default();
        kinds.contains(&tag) || locator.target().starts_with("[role=tab")
    };
    // What a field asks for, and what a picture is called, is there whatever is shown.
    let told_otherwise = |locator: &Locator| {
        locator.by.iter().any(|by| matches!(by.as_str(), "placeholder" | "placeholdertext" | "alt" | "alttext"))
    };
    if told_otherwise(new) && old.by.is_empty() && !old.texts.is_empty() && old.texts == new.texts {
        return true;
    }
    // What names a row is the heading of what the row became.
    let names = |word: &String| matches!(word.as_str(), "name" | "title" | "headline");
    let named = new.target() == "role=heading" && words(old.target()).iter().any(names);
    let reports = !named && words(old.target()).iter().any(|word| REPORTS.contains(&word.as_str()));
    let around = |locator: &Locator| {
        const PLACES: [&str; 6] =
            ["role=navigation", "nav", "role=contentinfo", "footer", "role=complementary", "aside"];
        let in_banner = |part: &str| !locator.own_texts().is_empty() && matches!(part, "role=banner" | "header");
        locator.path.iter().any(|part| PLACES.contains(&part.as_str()) || in_banner(part))
    };
    let known = words(&old.says()).iter().any(|word| {
        matches!(
            word.as_str(),
            "nav"
                | "navbar"
                | "navigation"
                | "menu"
                | "breadcrumb"
                | "breadcrumbs"
                | "footer"
                | "sidebar"
                | "aside"
                | "toc"
                | "header"
                | "topbar"
        )
    });
    let hints = |locator: &Locator| {
        words(locator.target()).iter().any(|word| {
            matches!(word.as_str(), "hint" | "help" | "description" | "tooltip" | "suggestions" | "suggestion")
        })
    };
    let suggests = words(&old.says()).iter().any(|word| {
        matches!(word.as_str(), "suggest" | "suggestion" | "suggestions" | "autocomplete" | "typeahead" | "listbox")
    });
    // The messages of Drupal stand in a part of the page with the role of a footer.
    let message = new.own_texts().iter().any(|text| words(text).last().is_some_and(|word| word == "message"));
    let suggested = suggests && new.target() == "role=option";
    is(new, &CHOICES) && !is(old, &CHOICES) && !suggested
        || reports && !message && new.filters <= old.filters && is(new, &HEADS) && !is(old, &HEADS)
        || hints(new) && !hints(old) && (reports || words(old.target()).iter().any(|word| word == "tags"))
        || around(new) && !around(old) && !known && !message
}

/// Whether a locator says of late in which state it is that the thing has to be: one of many may be picked by that.
pub fn gains_state(old: &Locator, new: &Locator) -> bool {
    let said = words(&format!("{} {}", old.says(), old.names.join(" ")));
    let fresh = |word: &String| STATES.contains(&word.as_str()) && !said.contains(word);
    // What it does, or where it leads, is no state.
    let parts = new.path.iter().flat_map(|part| simple(part));
    let was_shown =
        said.iter().any(|word| matches!(word.as_str(), "active" | "current" | "shown" | "selected" | "visible"));
    let parts = parts.collect::<Vec<_>>();
    let shown = parts.iter().any(|part| words(part).iter().any(|word| word == "visible"));
    if shown && !was_shown {
        return true;
    }
    let telling = parts.into_iter().filter(|part| !part.starts_with("[data-action") && !part.starts_with("[href"));
    words(&telling.collect::<Vec<_>>().join(" ")).iter().any(fresh)
}
