//! What may be wrong with putting one locator in the place of another.

use super::super::words::{meaning, mood, same_letters, words};
use super::broadened::broadened;
use super::contrasts;
use super::narrowed;
use super::{Claim, Locator};

/// What is wrong with putting one locator in the place of another.
#[derive(Debug, PartialEq, Eq)]
pub enum Drift {
    None,
    /// Weaker than before: refused.
    Vacuous,
    Weaker,
    /// The text that is asserted is another: a person decides.
    Text,
    /// Perhaps another thing: a person decides.
    Thing,
    /// It no longer says in which state things are, or says besides that there are none: the text that is expected may.
    Mood,
    /// The two have no word in common: only what is expected can tell that it is the same thing.
    Elsewhere,
}

/// Compares two locators under the claim that is made of them; `about` are names that say which thing is meant.
pub fn drift(old: &Locator, new: &Locator, claim: Claim, about: &str) -> Drift {
    if new.alternatives > old.alternatives {
        return match claim {
            // Each of the alternatives has the text.
            Claim::Action if !new.sorted_texts().is_empty() && !new.is_vacuous() => Drift::None,
            Claim::Action => Drift::Thing,
            _ => Drift::Weaker,
        };
    }
    if claim == Claim::Action {
        return if new.is_vacuous() && !old.is_vacuous() && new.positions.is_empty() {
            Drift::Thing
        } else {
            Drift::None
        };
    }
    // A part of the page that is told by its element, as it was by a class that says the same.
    if is_headline(old, new) {
        return Drift::None;
    }
    let told =
        |tag: &str| matches!(tag, "article" | "section" | "form") && words(&old.says()).iter().any(|word| word == tag);
    if new.is_vacuous() && !old.is_vacuous() && !told(new.target()) {
        return Drift::Vacuous;
    }
    let (old_texts, new_texts) = (old.sorted_texts(), new.sorted_texts());
    // A part of the text, or of the name, by a pattern: `hasText: 'a'` and `name: /a/`.
    let by_part = old.filters > 0 || old.is_around();
    let as_pattern = |text: String| match new.pattern_of(&text).filter(|_| by_part && !new_texts.contains(&text)) {
        Some(pattern) => pattern.clone(),
        None => text,
    };
    let mut old_texts: Vec<String> = old_texts.into_iter().map(as_pattern).collect();
    old_texts.sort();
    let same_texts = old_texts == new_texts;
    if claim == Claim::Absence {
        return if same_texts { Drift::Thing } else { Drift::Text };
    }
    if new.picks_otherwise(old) && (claim != Claim::Valued || old.positions.len() == new.positions.len()) {
        return Drift::Thing;
    }
    if new.exact < old.exact && same_texts {
        return Drift::Weaker;
    }
    if new.states != old.states && !old.states.is_empty() {
        let only_lost = new.states.is_empty() && new.roles == old.roles;
        return if only_lost { Drift::Weaker } else { Drift::Thing };
    }
    if claim == Claim::Valued && (!texts_agree(&old_texts, &new_texts) || names_differ(&old.names, &new.names)) {
        return Drift::Thing;
    }
    // `[data-cy="plan-${name}"]`
    let by_name =
        |text: &String| new.params.iter().any(|param| !new.texts.is_empty() || *text == format!("Ident({param:?})"));
    let kept = old_texts.iter().all(|text| new_texts.contains(text) || new.texts.is_empty() && by_name(text));
    if claim == Claim::Existence && !kept {
        // A text that says that it loads became a progress bar.
        let loads = |text: &str| meaning(text).iter().any(|word| word == "loading");
        let says_it = loads(&old_texts.join(" ")) && loads(&new.says());
        return if new_texts.is_empty() && !says_it { Drift::Weaker } else { Drift::Text };
    }
    if claim == Claim::Existence && same_texts && says_only_text(new) && !says_only_text(old) {
        return Drift::Thing;
    }
    if let Some(wider) = broadened(old, new) {
        return wider;
    }
    if gains_guise(old, new, about)
        || whole_of_items(old, new)
        || turns_to_field(old, new)
        || denies(new) && !denies(old)
        || narrowed::holds_it(old, new)
        || leads_there(old, new)
        || is_of_other_kind(old, new)
        || contrasts::is_other(old, new)
        || contrasts::is_other_price(old, new)
        || contrasts::is_other_item(old, new)
        || contrasts::loses_state(old, new)
        || !(claim == Claim::Valued && same_texts_and_some(&old_texts, &new_texts)) && contrasts::turns_static(old, new)
        || contrasts::gains_state(old, new)
    {
        return Drift::Thing;
    }
    let old_says = format!("{} {about}", old.says());
    let new_says = new.says();
    // `this.confirmation = page.getByRole('status')`
    let announced = speaks(&new_says) && mood(&new_says).is_empty() && told_by_name(about, &old.says());
    if !same_texts_and_some(&old_texts, &new_texts) && !same_mood(&old.says(), &new_says, claim) && !announced {
        return if only_loses_mood(&old.says(), &new_says) { Drift::Mood } else { Drift::Thing };
    }
    let known = meaning(&old_says);
    let overlaps = shares_a_word(&known, &meaning(&new_says))
        || same_letters(&old.says(), &new_says)
        || !new.selectors.is_empty() && ids(old) == ids(new)
        || new.is_told_by_same(old)
        || known.iter().any(|one| meaning(&new_says).iter().any(|other| one != other && same_stem(one, other)))
        || kind(old.target()).is_some_and(|kind| self::kind(new.target()) == Some(kind)) && !in_another(old, new)
        || raises_alarm(&old.says(), &new_says)
        || claim == Claim::Valued && is_output(old, new);
    if claim == Claim::Existence {
        if !old_texts.is_empty() {
            return Drift::None;
        }
        if new.is_tag_alone() && !old.is_tag_alone() {
            return Drift::Vacuous;
        }
        return if overlaps { Drift::None } else { Drift::Elsewhere };
    }
    let headline = new.selectors.iter().all(|tag| tag.starts_with('h'));
    if new.is_tag_alone() && !old.is_tag_alone() && !headline {
        return Drift::Thing;
    }
    if words(&new_says).is_empty() && !words(&old_says).is_empty() {
        Drift::Thing
    } else if new.picks_otherwise(old) {
        Drift::Elsewhere
    } else if same_texts && !old_texts.is_empty() || overlaps {
        Drift::None
    } else {
        Drift::Elsewhere
    }
}

/// Whether two locators differ only in how the words of an attribute's value are joined: `[data-cy=cartLine]` and
/// `[data-cy=cart-line]`.
pub fn is_spelled_otherwise(old: &Locator, new: &Locator) -> bool {
    let plain = |path: &[String]| {
        path.iter().map(|part| part.replace(['-', '_', '"', '\''], "").to_lowercase()).collect::<Vec<_>>()
    };
    let by_attribute = |locator: &Locator| locator.target().starts_with("[data") || !locator.by.is_empty();
    let named = |locator: &Locator| locator.path.len() == 1 && locator.target().starts_with(['.', '#']);
    let marked = |locator: &Locator| locator.target().starts_with("[data-");
    let name = |locator: &Locator| {
        let said = words(locator.target()).into_iter();
        said.filter(|word| !matches!(word.as_str(), "data" | "testid" | "test" | "cy" | "qa" | "id"))
            .collect::<Vec<_>>()
    };
    if named(old) && marked(new) && new.path.len() == 1 && name(old).len() > 1 && name(old) == name(new) {
        return old.positions == new.positions && old.states == new.states && old.texts == new.texts;
    }
    by_attribute(old)
        && by_attribute(new)
        && words(old.target()) == words(new.target())
        && plain(&old.path) == plain(&new.path)
        && old.positions == new.positions
        && old.states == new.states
}

impl Locator {
    /// Whether nothing in it says what it finds: it goes by places alone, or by names that a tool made or that only say how
    /// it looks.
    pub fn says_nothing(&self) -> bool {
        #[rustfmt::skip]
        const PLAIN: [&str; 48] = [
            "html", "body", "main", "div", "span", "section", "article", "form", "table", "tbody", "thead", "tr", "td", "th",
            "ul", "ol", "li", "p", "a", "b", "strong", "em", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "button",
            "input", "nth", "child", "of", "type", "first", "last", "css", "sc", "mui", "btn", "primary", "secondary", "col",
            "xpath", "x",
        ];
        let made = |word: &String| word.chars().any(|next| next.is_ascii_digit());
        let plain = |part: &String| words(part).iter().all(|word| PLAIN.contains(&word.as_str()) || made(word));
        self.texts.is_empty()
            && self.patterns.is_empty()
            && self.roles.is_empty()
            && self.names.is_empty()
            && !self.selectors.is_empty()
            && self.selectors.iter().all(plain)
    }

    /// Whether it has no word in common with another.
    pub fn is_apart(&self, other: &Locator) -> bool {
        let said = |locator: &Locator| {
            locator
                .texts
                .iter()
                .chain(&locator.patterns)
                .chain(&locator.selectors)
                .cloned()
                .collect::<Vec<_>>()
                .join(" ")
        };
        let (says, said) = (said(self), said(other));
        let (one, two) = (meaning(&says), meaning(&said));
        let alike = |word: &String| two.iter().any(|other| word == other || same_stem(word, other));
        !one.is_empty() && !two.is_empty() && !one.iter().any(alike) && !same_letters(&says, &said)
    }

    /// Whether it finds the same in a part of the page that has no word in common with the one it was in, or by the mere
    /// beginning of an attribute.
    pub fn is_elsewhere(&self, old: &Locator) -> bool {
        let by_part = |locator: &Locator| locator.target().contains("^=") || locator.target().contains("$=");
        let (Some((is, place)), Some((was, before))) = (self.path.split_last(), old.path.split_last()) else {
            return false;
        };
        // What it stands in has a name, perhaps.
        let around = |locator: &Locator, parts: &[String]| {
            meaning(&format!("{} {}", parts.join(" "), locator.texts[..locator.outer_texts].join(" ")))
        };
        let (now, then) = (around(self, place), around(old, before));
        let moved = is == was && !now.is_empty() && !then.is_empty() && !now.iter().any(|word| then.contains(word));
        // Only in a part of the page before, or only a part of it now.
        let named = |parts: &[String]| !meaning(&parts.join(" ")).is_empty();
        let left = old.path.strip_suffix(self.path.as_slice()).is_some_and(|lost| !lost.is_empty() && named(lost));
        let part = self.path.strip_prefix(old.path.as_slice()).is_some_and(|more| {
            let known = meaning(old.target());
            !more.is_empty() && !meaning(self.target()).iter().any(|word| known.contains(word))
        });
        moved || left || part && self.frames == old.frames || by_part(self) && !by_part(old)
    }
}

/// Whether what holds the value of a unit became the live region that an `output` is.
/// <https://www.w3.org/TR/html-aria/#el-output>
fn is_output(old: &Locator, new: &Locator) -> bool {
    let holds =
        words(old.target()).pop().is_some_and(|word| matches!(word.as_str(), "value" | "output" | "counter" | "count"));
    holds && new.target() == "role=status" && new.roles.len() == new.selectors.len()
}

/// Whether one word begins with all of the other: `step`, `stepper`.
pub fn same_stem(one: &str, other: &str) -> bool {
    one.len().min(other.len()) > 3 && (one.starts_with(other) || other.starts_with(one))
}

/// The role of what is found by its tag or its role alone.
/// <https://www.w3.org/TR/html-aria/#docconformance>
fn kind(target: &str) -> Option<&str> {
    let of_attribute = || target.strip_prefix("[role=")?.strip_suffix(']').map(|role| role.trim_matches(['"', '\'']));
    let role = target.strip_prefix("role=").or_else(of_attribute).unwrap_or(target);
    Some(match role {
        "td" | "cell" | "gridcell" => "cell",
        "th" | "columnheader" | "rowheader" => "columnheader",
        "tr" | "row" => "row",
        "li" | "listitem" => "listitem",
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "heading" => "heading",
        "output" | "status" => "status",
        _ => return None,
    })
}

/// Whether two lists of words have one in common that is more than the kind of a thing, or say nothing but that.
fn shares_a_word(known: &[String], said: &[String]) -> bool {
    let of_kind = |word: &&String| matches!(word.as_str(), "item" | "list" | "group" | "cell" | "option" | "article");
    let shared = || said.iter().filter(|word| known.contains(word));
    let tells = |words: &[String], other: &[String]| words.iter().any(|word| !of_kind(&word) && !other.contains(word));
    shared().any(|word| !of_kind(&word)) || shared().next().is_some() && !(tells(known, said) && tells(said, known))
}

/// Whether what two locators find stands in parts of the page whose names have nothing in common: `.list li`, `.menu li`.
fn in_another(old: &Locator, new: &Locator) -> bool {
    let around = |locator: &Locator| {
        let outer = locator.path.split_last().map(|(_, outer)| outer.join(" ")).unwrap_or_default();
        meaning(&format!("{outer} {}", locator.texts.join(" ")))
    };
    let (was, is) = (around(old), around(new));
    !was.is_empty()
        && !is.is_empty()
        && !was.iter().any(|one| is.iter().any(|other| one == other || same_stem(one, other)))
}

/// Whether a locator is for what tells a person how it went.
fn speaks(text: &str) -> bool {
    words(text).iter().any(|word| matches!(word.as_str(), "alert" | "status" | "message" | "msg" | "toast" | "notice"))
}

/// Whether two locators speak of the same state of things. An element whose value is compared may lose the word for it,
/// and an alert may be an error.
fn same_mood(old: &str, new: &str, claim: Claim) -> bool {
    let (before, after) = (mood(old), mood(new));
    before == after
        || claim == Claim::Valued && after.is_empty() && speaks(new)
        || claim != Claim::Absence && raises_alarm(old, new)
        || claim != Claim::Absence
            && after.is_empty()
            && [old, new].iter().all(|text| words(text).iter().any(|word| word == "alert"))
            && before == ["warning"]
}

/// Whether the name of an element says how it went, as the locator did.
fn told_by_name(name: &str, says: &str) -> bool {
    let said = meaning(says);
    let moods = mood(name);
    speaks(says)
        && (!moods.is_empty() && moods == mood(says)
            || meaning(name).iter().any(|word| word == "success" && said.contains(word)))
}

/// Whether a locator says nothing of another state than the other, but that there may be nothing.
fn only_loses_mood(old: &str, new: &str) -> bool {
    let before = mood(old);
    mood(new).iter().all(|word| before.contains(word) || word == "empty")
}

/// Which level the heading has that a locator finds.
fn level(locator: &Locator) -> Option<String> {
    let tag = locator.target().split(['.', '#', '[', ':']).next().unwrap_or_default().to_owned();
    match (tag.strip_prefix('h'), locator.target()) {
        (Some(level), _) if level.len() == 1 => Some(level.to_owned()),
        (_, "role=heading") => locator.path.iter().find_map(|part| part.strip_prefix("level=")).map(str::to_owned),
        _ => None,
    }
}

/// Whether the heading that is found has another level.
pub fn is_other_headline(old: &Locator, new: &Locator) -> bool {
    new.target() == "role=heading" && level(old).zip(level(new)).is_some_and(|(was, is)| was != is && is != "1")
}

/// Whether both find the heading of the page, or of its part, by its level: `h1.page-title`, a heading of level 1.
pub fn is_headline(old: &Locator, new: &Locator) -> bool {
    // Where a page's only heading stands says nothing; it is one of many elsewhere.
    let around = |locator: &Locator| {
        let outer = locator.path.iter().rev().skip(1).filter(|part| !part.starts_with("level=")).cloned();
        outer.collect::<Vec<_>>()
    };
    let neutral = |part: &String| {
        matches!(part.as_str(), "main" | "role=main" | "body" | "header" | "article" | "role=article" | "role=banner")
    };
    let is_first = |level: &Option<String>| level.as_deref() == Some("1");
    let in_place = match (around(old), around(new)) {
        (before, after) if before == after => true,
        (_, after) if is_first(&level(old)) => after.iter().all(neutral),
        _ => false,
    };
    level(old).is_some()
        && level(old) == level(new)
        && in_place
        && new.positions.is_empty()
        && old.sorted_texts() == new.sorted_texts()
        && new.states == old.states
        && new.filters <= old.filters
        && new.selectors.iter().all(|part| !part.starts_with("not ") && !words(part).iter().any(|word| word == "old"))
}

/// Whether one locator says that it is for an error, and the other that it is for an alert.
fn raises_alarm(old: &str, new: &str) -> bool {
    let alarming = |text: &str| {
        let moods = mood(text);
        !moods.is_empty() && moods.iter().all(|word| word.starts_with("err") || word == "invalid")
    };
    let alerts = |text: &str| mood(text).is_empty() && words(text).iter().any(|word| word == "alert");
    alarming(old) && alerts(new) || alerts(old) && alarming(new)
}

/// Whether two lists of texts may be about the same thing: they share a word, and name the same numbers.
fn texts_agree(old: &[String], new: &[String]) -> bool {
    if old.is_empty() || new.is_empty() || old == new {
        return true;
    }
    let (one, other) = (words(&old.join(" ")), words(&new.join(" ")));
    let numbers = |list: &[String]| {
        list.iter()
            .filter(|word| word.chars().all(char::is_numeric))
            .cloned()
            .collect::<std::collections::BTreeSet<_>>()
    };
    let (meant, means) = (meaning(&old.join(" ")), meaning(&new.join(" ")));
    numbers(&one) == numbers(&other)
        && (one.iter().any(|word| other.contains(word)) || meant.iter().any(|word| means.contains(word)))
}

/// Whether the project's name for an element became one that has nothing in common with it.
fn names_differ(old: &[String], new: &[String]) -> bool {
    let (one, other) = (meaning(&old.join(" ")), meaning(&new.join(" ")));
    !one.is_empty() && !other.is_empty() && !one.iter().any(|word| other.contains(word))
}

fn same_texts_and_some(old: &[String], new: &[String]) -> bool {
    !old.is_empty() && old == new
}

/// The selectors, whatever the attribute is called that holds a test id.
fn ids(locator: &Locator) -> Vec<String> {
    const NAMES: [&str; 6] = ["data-test-id", "data-testid", "data-test", "data-cy", "data-qa", "data-e2e"];
    let plain = |selector: &String| {
        let name = NAMES.iter().find(|name| selector.contains(&format!("[{name}=")));
        name.map_or(selector.clone(), |name| selector.replace(name, "id"))
    };
    locator.selectors.iter().map(plain).collect()
}

/// Whether a locator looks for a text, wherever it stands.
fn says_only_text(locator: &Locator) -> bool {
    locator.selectors.is_empty() && locator.roles.is_empty() && locator.links < 2
}

/// Whether a locator says that it is for what leads to a thing, shows it beforehand, or showed it once.
fn gains_guise(old: &Locator, new: &Locator, about: &str) -> bool {
    #[rustfmt::skip]
    const GUISES: [&str; 26] = [
        "cookie", "consent",
        "preview", "draft", "form", "editor", "template", "example", "history", "previous", "suggestion", "filter",
        "before", "former", "legend", "expected", "minicart", "related", "recent", "estimated", "hint",
        "pending", "requested", "request", "server", "global",
    ];
    let guises = |text: &str| {
        let said = words(text).into_iter().map(contrasts::in_one_word);
        said.filter(|word| GUISES.contains(&word.as_str())).collect::<Vec<_>>()
    };
    const OF_TEXTS: [&str; 7] = ["preview", "draft", "example", "previous", "before", "former", "expected"];
    let before = guises(&format!("{} {about}", old.says()));
    let mut labels = guises(&new.sorted_texts().join(" ")).into_iter();
    if labels.any(|guise| OF_TEXTS.contains(&guise.as_str()) && !before.contains(&guise)) {
        return true;
    }
    // A form shows what is entered; its error does not.
    let speaks = words(new.target()).last().is_some_and(|word| matches!(word.as_str(), "error" | "errors" | "alert"));
    let is_part = |guise: &String| guise == "form" && speaks;
    guises(new.target()).iter().any(|guise| !before.contains(guise) && !is_part(guise))
}

/// Whether a heading became what leads to it: a link of the same name is there before the page is.
fn leads_there(old: &Locator, new: &Locator) -> bool {
    let leads =
        |role: &str| matches!(role, "role=link" | "role=button" | "role=tab" | "role=menuitem" | "a" | "button");
    kind(old.target()) == Some("heading") && leads(new.target())
}

/// Whether a role became one that people use otherwise: one choice of several for any, a dialog for a part of the page.
pub fn is_of_other_kind(old: &Locator, new: &Locator) -> bool {
    const OTHERS: [(&str, &str); 4] = [
        ("role=radio", "role=checkbox"),
        ("role=checkbox", "role=radio"),
        ("role=dialog", "role=region"),
        ("role=alertdialog", "role=region"),
    ];
    OTHERS.contains(&(old.target(), new.target()))
}

/// Whether the items of a list became the list.
fn whole_of_items(old: &Locator, new: &Locator) -> bool {
    let ends = |locator: &Locator, kinds: &[&str]| {
        words(locator.target()).pop().is_some_and(|word| kinds.contains(&word.as_str()))
    };
    ends(old, &["row", "item", "li", "tr", "option", "card", "entry", "listitem"])
        && ends(new, &["table", "list", "grid", "items", "rows", "tbody", "ul", "ol", "options", "cards", "entries"])
}

/// Whether a bare field stands where something else was, and not in what has its name: `#quantity` in `shop-quantity`.
fn turns_to_field(old: &Locator, new: &Locator) -> bool {
    let field = |locator: &Locator| matches!(locator.target(), "input" | "select" | "textarea" | "option");
    let named = meaning(old.target());
    let around = new.path.iter().rev().nth(1).map(|outer| meaning(outer)).unwrap_or_default();
    let in_its_name = !named.is_empty() && old.path.len() == 1 && named.iter().all(|word| around.contains(word));
    field(new) && !field(old) && !in_its_name
}

/// Whether a locator says that it is for what is not there, for all but something, or for what stands anywhere around it.
fn denies(locator: &Locator) -> bool {
    #[rustfmt::skip]
    const ODD: [&str; 14] = [
        "not(@", "not(.", "not(contains", "!=", " or ", "true()", "preceding::", "following::", "ancestor::", ":near(",
        "*css=", "' and '", "['", "[\"",
    ];
    let odd = |selector: &String| {
        let xpath = selector.contains("//")
            || selector.contains("xpath=")
            || selector.contains("css=")
            || selector.contains(":near");
        xpath && ODD.iter().any(|sign| selector.contains(sign)) || selector.starts_with("not ") || selector == "body"
    };
    if locator.selectors.iter().any(odd) || words(&locator.path.join(" ")).iter().any(|word| word == "old") {
        return true;
    }
    let denials = ["no", "not", "none", "off", "never", "without", "false"];
    words(locator.target()).iter().any(|word| denials.contains(&word.as_str()))
}
