//! Whether steps do what they did, though they are taken in another way: what is chosen for what was entered, a name in one
//! field for one in two, clicks for a number, another account of the same kind.

use super::super::super::assertion;
use super::super::super::ir::Stmt;
use super::super::super::locator;
use super::super::super::words::{meaning, words};
use super::super::pairs::kind_of;
use super::{Step, steps_of};

/// Whether a letter or two are entered, which are a part of many texts.
fn is_short(step: &Step) -> bool {
    step.inputs.iter().any(|(_, text)| text.len() < 3)
}

/// Whether the new steps do what those of each old statement did.
pub fn keeps_steps((old, taken): (&[&Stmt], &[Vec<Step>]), new: Vec<Step>, unchecked: bool) -> bool {
    let enters = |step: &Step| matches!(kind_of(&step.name), "fill" | "select") && !step.inputs.is_empty();
    let mut taken = taken.to_vec();
    // A field of which one value is chosen is not cleared before.
    if new.iter().any(|step| kind_of(&step.name) == "select") {
        let located = |stmt: &Stmt| stmt.exprs().first().map(|node| locator::read(node));
        for at in 0..taken.len() {
            let cleared = taken[at].first().is_some_and(|step| step.name == "clear");
            let entered = match taken[at].get(1) {
                Some(next) => enters(next),
                None => old
                    .get(at + 1)
                    .is_some_and(|next| located(old[at]) == located(next) && taken[at + 1].first().is_some_and(enters)),
            };
            if cleared && entered {
                taken[at].remove(0);
            }
        }
    }
    let old = merged(taken.concat(), &new);
    let mut rest = new.iter();
    old.iter().all(|was| {
        !was.own
            && rest.any(|is| {
                let same = kind_of(&is.name) == kind_of(&was.name)
                    || enters(was) && enters(is)
                    || was.name == "click" && is.name == "uncheck"
                    || was.name == "uncheck" && is.name == "click" && (unchecked || is.place.contains("checkbox"));
                let entered = kind_of(&was.name) == "select" || kind_of(&was.name) == "fill" && is.chooses;
                let chooses = entered && !was.inputs.is_empty();
                let given = |input: &u64| {
                    let chosen = chooses && is.chosen.contains(input) && (is.exact || !is_short(was));
                    same && is.inputs.iter().any(|(other, _)| other == input) || chosen
                };
                !is.own
                    && (!is.idle || was.idle)
                    && (same || chooses)
                    && was.inputs.iter().all(|(input, _)| given(input))
            })
    })
}

/// Whether a function's name says that it logs somebody in.
pub fn logs_in(name: &str) -> bool {
    meaning(name).iter().any(|word| word == "login")
}

/// Whether a number is reached by as many clicks on what increases one, or by one less where it begins with one.
pub fn is_stepped(number: &str, new: &[Step]) -> bool {
    let Ok(wanted) = number.parse::<usize>() else { return false };
    let increases = |step: &&Step| {
        let said = step.said.iter().flat_map(|said| words(said)).chain(step.place.iter().cloned());
        step.name == "click" && said.into_iter().any(|word| INCREASES.contains(&word.as_str()))
    };
    let clicks = new.iter().filter(increases).count();
    (2..=12).contains(&wanted) && (clicks == wanted || clicks + 1 == wanted)
}

/// Words on what makes a number one more.
const INCREASES: [&str; 7] = ["plus", "increase", "increment", "more", "add", "inc", "up"];

/// Whether time passes a little longer than before: half a second at most.
pub fn is_moment_longer(old: &str, new: &str) -> bool {
    let time = |text: &str| text.strip_prefix("Num(\"")?.strip_suffix("\")")?.parse::<u32>().ok();
    time(old).zip(time(new)).is_some_and(|(was, is)| was < is && is <= 500)
}

/// `museum_curator` is whom `curator1` was.
pub fn is_same_user(old: &str, new: &str) -> bool {
    let plain = |text: &str| {
        words(text)
            .into_iter()
            .map(|word| word.trim_end_matches(|next: char| next.is_ascii_digit()).to_owned())
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
    };
    let (was, is) = (plain(old), plain(new));
    let raises = |word: &String| {
        matches!(
            word.as_str(),
            "admin"
                | "super"
                | "root"
                | "owner"
                | "not"
                | "non"
                | "ex"
                | "readonly"
                | "disabled"
                | "guest"
                | "blocked"
                | "locked"
                | "viewer"
                | "trial"
                | "demo"
                | "inactive"
                | "expired"
                | "limited"
                | "basic"
                | "new"
                | "former"
        )
    };
    !was.is_empty()
        && was.iter().all(|word| word.len() > 3 && is.contains(word))
        && !is.iter().any(|word| raises(word) && !was.contains(word))
}

/// Whether a statement clicks on what sends the file that was chosen.
pub fn is_upload_button(stmt: &Stmt) -> bool {
    let clicks = matches!(&steps_of(stmt)[..], [step] if step.name == "click");
    clicks && stmt.any(&mut |node| node.string().is_some_and(|text| words(text).iter().any(|word| word == "upload")))
}

/// The steps with what was entered in two fields, first and last name, as it is entered in one now.
fn merged(old: Vec<Step>, new: &[Step]) -> Vec<Step> {
    let text = |step: &Step| match step.inputs.as_slice() {
        [(_, text)] if kind_of(&step.name) == "fill" => Some(text.clone()),
        _ => None,
    };
    let mut found: Vec<Step> = Vec::new();
    for step in old {
        let both = found.last().and_then(text).zip(text(&step)).map(|(one, other)| format!("{one} {other}"));
        let whole = new.iter().find(|is| both.is_some() && text(is) == both);
        match (whole, found.last_mut()) {
            (Some(whole), Some(last)) => last.inputs.clone_from(&whole.inputs),
            _ => found.push(step),
        }
    }
    found
}

/// Whether a statement asserts that a box is not checked.
pub fn says_unchecked(stmt: &Stmt) -> bool {
    let is_it =
        |matcher: &assertion::Matcher| matches!(matcher.names[..], ["not", "toBeChecked"] | ["not", "be", "checked"]);
    assertion::of_stmt(stmt, &|_| false).is_some_and(|found| found.matchers.iter().any(is_it))
}

/// Whether two steps are done to what has no word in common.
pub fn is_apart(one: &Step, other: &Step) -> bool {
    !one.place.is_empty() && !other.place.is_empty() && one.place.is_disjoint(&other.place)
}

/// `cv.pdf` is `cypress/fixtures/cv.pdf`.
pub fn is_same_file(old: &str, new: &str) -> bool {
    new.strip_suffix(old)
        .is_some_and(|folder| folder.ends_with("fixtures/") || !old.contains(['.', '/']) && folder.ends_with('/'))
}
