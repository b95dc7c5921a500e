//! What a locator asks for that another did not: then it finds fewer, or what the other stands in.

use super::super::words::{meaning, words};
use super::broadened::left_out;
use super::{Claim, Locator};

/// Whether it may find fewer things than before, or others: a filter, a state, an element around them or inside them more.
pub fn finds_others(old: &Locator, new: &Locator) -> bool {
    if new.filters > old.filters || !new.states.is_empty() && new.states != old.states || new.by != old.by {
        return true;
    }
    let (Some((was, outer)), Some((is, place))) = (old.path.split_last(), new.path.split_last()) else {
        return new.links > old.links;
    };
    let mut rest = new.path.iter();
    let kept = old.path.iter().all(|part| rest.any(|other| other == part));
    let suffix = old.path.len() > new.path.len() && old.path.ends_with(&new.path);
    let role = |part: &str| part.strip_prefix("role=").map(meaning);
    let others =
        !place.is_empty() && place == outer && role(was).is_some() && role(was) != role(is) && role(is).is_some();
    let known = meaning(&old.says());
    let tells = meaning(&new.sorted_texts().join(" ")).iter().any(|word| !known.contains(word));
    let named = was == is && old.sorted_texts().is_empty() && tells;
    let asks_more = was != is && left_out(is, was).is_some_and(|gained| !gained.is_empty() && !is_tag(was));
    // The cells of a row, the row with the names of the columns.
    let tag = |part: &str| {
        let last = part.trim_start_matches("role=").rsplit(['/', ' ']).next().unwrap_or_default();
        last.split(['.', '[', ':', '#']).next().unwrap_or_default().to_owned()
    };
    let to_cells = matches!(tag(was).as_str(), "tr" | "row") && matches!(tag(is).as_str(), "td" | "cell" | "gridcell");
    let body = |parts: &[String]| parts.iter().any(|part| part.contains("tbody") || part.contains("rowgroup"));
    let with_head = body(&old.path)
        && !body(&new.path)
        && matches!(is.as_str(), "tr" | "role=row" | "[role=row]")
        && new.filters == 0;
    to_cells
        || with_head
        || kept && new.path.len() > old.path.len()
        || suffix
        || others
        || named
        || asks_more
        || is == "*"
}

/// The part of the page, or the frame, in which the same is found, and was not.
pub fn outer<'n>(old: &Locator, new: &'n Locator) -> &'n [String] {
    if new.frames > old.frames {
        return &new.path[..new.path.len().min(new.frames)];
    }
    if old.path.is_empty() { &[] } else { new.path.strip_suffix(old.path.as_slice()).unwrap_or_default() }
}

/// Whether it finds the same in a part of the page that was not asked for.
pub fn is_scoped(old: &Locator, new: &Locator) -> bool {
    outer(old, new)
        .iter()
        .any(|part| !matches!(part.as_str(), "main" | "role=main" | "body") && !part.starts_with("level"))
}

/// Whether the same is found in a frame that it was not in, and that does not say that it only shows how it could be.
pub fn is_framed(old: &Locator, new: &Locator) -> bool {
    let rest = new.path.strip_suffix(old.path.as_slice()).unwrap_or_default();
    let known = words(&old.says());
    let odd = words(&rest.join(" ")).into_iter().any(|word| {
        !known.contains(&word)
            && matches!(word.as_str(), "sandbox" | "demo" | "test" | "preview" | "sample" | "example" | "mock" | "fake")
    });
    new.frames > old.frames && rest.len() == new.frames && !old.path.is_empty() && !odd && new.filters == old.filters
}

/// Whether the part of the page in which the same is found is the banner, of which each page has one.
pub fn is_in_banner(old: &Locator, new: &Locator) -> bool {
    let is_banner = |part: &String| matches!(part.as_str(), "header" | "role=banner");
    new.frames == old.frames && new.sorted_texts() == old.sorted_texts() && outer(old, new).iter().all(is_banner)
}

/// Whether it only finds some of the same, or finds them in a frame or among samples.
pub fn is_filtered(old: &Locator, new: &Locator, claim: Claim) -> bool {
    let samples = |locator: &Locator| {
        let said = words(&locator.says());
        said.into_iter().filter(|word| matches!(word.as_str(), "sample" | "samples" | "demo" | "dummy")).count()
    };
    let filters = |locator: &Locator| {
        let by_text = [":contains(", ":has-text("].iter().map(|sign| locator.target().matches(sign).count());
        locator.filters + by_text.sum::<usize>()
    };
    let same = |(one, other): (&String, &String)| one.starts_with(other.as_str());
    new.frames > old.frames
        || samples(new) > samples(old)
        || claim == Claim::Valued
            && filters(new) > filters(old)
            && new.path.len() == old.path.len()
            && new.path.iter().zip(&old.path).all(same)
            && new.positions.len() >= old.positions.len()
}

/// Whether it finds what the other stands in, with whatever else is there.
pub fn holds_it(old: &Locator, new: &Locator) -> bool {
    #[rustfmt::skip]
    const WHOLE: [&str; 8] = ["*", "..", "body", "html", "main", ":root", "role=main", "role=document"];
    const HOLDERS: [&str; 5] = ["wrapper", "parent", "outer", "layout", "label"];
    let is_whole = |locator: &Locator| {
        let target = locator.target();
        WHOLE
            .iter()
            .any(|whole| target.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with(':')))
    };
    let holders = |locator: &Locator| {
        // A test id such as `stock-label` is for the text itself.
        let target = locator.target().replace("aria-label", "");
        words(&if target.starts_with("[data-") { target.replace("-label", "") } else { target })
            .into_iter()
            .filter(|word| HOLDERS.contains(&word.as_str()))
            .count()
    };
    let climbs = new.path.len() == old.path.len() + 1
        && new.path.starts_with(&old.path)
        && matches!(new.target(), "div" | "section" | "article" | "form");
    let any_part = |locator: &Locator| locator.target().contains("*=");
    is_whole(new) && !is_whole(old) && new.own_texts().is_empty()
        || holders(new) > holders(old)
        || climbs
        || any_part(new) && !any_part(old) && !old.target().contains(['^', '$'])
}

fn is_tag(part: &str) -> bool {
    part.chars().all(char::is_alphanumeric)
}
