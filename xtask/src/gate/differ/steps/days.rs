//! Days that are entered or chosen: in another form, by their parts, in a calendar, reckoned from today.

use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node, Stmt, StmtKind};
use super::super::super::words::{NAVIGATION, words};
use super::super::names::Side;
use super::super::pairs::kind_of;
use super::super::{Differ, ENTERS};
use super::Step;
use super::choices::quotes;

/// How the names of the months begin in English.
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Whether a step enters the same day in another form: `24.06.2030` as `2030-06-24`.
pub fn is_same_day(day: &str, step: &Step) -> bool {
    let was = days(day.strip_suffix("{esc}").unwrap_or(day));
    !was.is_empty() && step.inputs.iter().any(|(_, text)| days(text) == was)
}

/// The year, the month and the day that a text may be for. Between slashes, either may come first.
pub fn days(text: &str) -> Vec<(u32, u32, u32)> {
    let parts = |sign| text.split(sign).map(|part| part.trim().parse().ok()).collect::<Option<Vec<u32>>>();
    let mut found = match (parts('-').as_deref(), parts('.').as_deref(), parts('/').as_deref()) {
        (Some(&[year, month, day]), ..) | (_, Some(&[day, month, year]), _) => vec![(year, month, day)],
        (.., Some(&[one, other, year])) => vec![(year, one, other), (year, other, one)],
        _ => Vec::new(),
    };
    found.retain(|(year, month, day)| *year > 31 && (1..=12).contains(month) && (1..=31).contains(day));
    found.dedup();
    found
}

/// Whether a day, or the month in which a card ends, is the same of a later year: `12/24` became `12/39`.
fn is_later_year(day: &str, text: &str) -> bool {
    let of_card = |text: &str| {
        let (month, year) = text.split_once('/')?;
        let (month, year) = (month.trim().parse::<u32>().ok()?, year.trim().parse::<u32>().ok()?);
        (1..=12).contains(&month).then_some((year % 100, month, 0))
    };
    let read = |text: &str| match days(text)[..] {
        [day] => Some(day),
        _ => of_card(text),
    };
    let later = |(was, is): ((u32, u32, u32), (u32, u32, u32))| was.0 < is.0 && (was.1, was.2) == (is.1, is.2);
    day.len() == text.len() && read(day).zip(read(text)).is_some_and(later)
}

/// A date that is chosen by its day alone, which is one of each month.
pub fn by_day_alone<'s>(old: &'s [Step], new: &[Step]) -> Option<&'s str> {
    let selects = |steps: &[Step]| steps.iter().any(|step| kind_of(&step.name) == "select");
    let dates = old.iter().filter(|step| kind_of(&step.name) == "fill").flat_map(|step| &step.inputs);
    let mut dates = dates.map(|(_, text)| text.as_str()).filter(|text| text.len() == 10 && !days(text).is_empty());
    let kept = |date: &str| new.iter().flat_map(|step| &step.inputs).any(|(_, text)| days(text) == days(date));
    let alone = |date: &str| {
        let day = days(date)[0].2.to_string();
        let is_it = |step: &&Step| step.said.iter().any(|said| said.trim_start_matches('0') == day);
        let full = |step: &Step| {
            step.said.iter().any(|said| is_day(date, said) && words(said).len() > 1 || quotes(said, date))
        };
        new.iter().filter(|step| kind_of(&step.name) == "click").any(|step| is_it(&step)) && !new.iter().any(full)
    };
    dates.find(|date| !kept(date) && alone(date) && !selects(new))
}

/// Whether a day is chosen by what quotes its date, or a month, a year and a day are, each by itself.
pub fn is_chosen_day(date: &str, new: &[Step]) -> bool {
    let numbers: Vec<&str> = date.split('-').collect();
    let [year, month, day] = numbers[..] else { return false };
    if date.len() != 10 || !numbers.iter().all(|part| part.parse::<u32>().is_ok()) {
        return false;
    }
    let clicks = || new.iter().filter(|step| kind_of(&step.name) == "click");
    let quotes = |said: &String| quotes(said, date);
    if clicks().any(|step| step.said.iter().any(quotes)) {
        return true;
    }
    let month: usize = month.parse().unwrap_or_default();
    let of_month = |text: &str| {
        let named = MONTHS.get(month.wrapping_sub(1)).is_some_and(|name| text.to_lowercase().starts_with(name));
        named || text.parse() == Ok(month)
    };
    if is_parted(new, year, &of_month, day) {
        return true;
    }
    // A day that is chosen before its month may be that of another.
    let Some(last) = new.iter().rposition(|step| kind_of(&step.name) == "click") else { return false };
    let says_day = new[last].said.iter().any(|said| said == day.trim_start_matches('0'));
    let entered = || new[..last].iter().filter(|step| kind_of(&step.name) == "select").flat_map(|step| &step.inputs);
    let whole = format!("{year}-{month:02}");
    says_day
        && (entered().any(|(_, text)| *text == whole)
            || entered().any(|(_, text)| text == year) && entered().any(|(_, text)| of_month(text)))
}

/// Whether the year, the month and the day are each selected in a field that is not for another of them.
fn is_parted(new: &[Step], year: &str, of_month: &dyn Fn(&str) -> bool, day: &str) -> bool {
    let is_day = |text: &str| text.parse::<u32>().ok() == day.parse().ok();
    let is_year = |text: &str| text == year;
    let in_field_of = |part: &str, is_it: &dyn Fn(&str) -> bool| {
        new.iter().filter(|step| kind_of(&step.name) == "select").any(|step| {
            let of_other = ["year", "month", "day"].iter().any(|other| *other != part && step.place.contains(*other));
            !of_other && step.inputs.iter().any(|(_, text)| is_it(text))
        })
    };
    in_field_of("year", &is_year) && in_field_of("month", of_month) && in_field_of("day", &is_day)
}

/// Whether a text is for the day of a date in ISO 8601: `10 May 2024` of `2024-05-10`, or `10`.
pub fn is_day(value: &str, text: &str) -> bool {
    const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let [(year, month, day)] = days(value)[..] else { return false };
    let (year, month, day) = (year as usize, month as usize, day as usize);
    let is_part = |word: &String| match word.trim_end_matches(|next: char| next.is_alphabetic()).parse::<usize>() {
        Ok(number) => number == day || number == year,
        Err(_) => {
            MONTHS.get(month.wrapping_sub(1)).is_some_and(|name| word.starts_with(name))
                || WEEK.iter().any(|name| word.starts_with(name))
        }
    };
    let said = words(text);
    let says_day = |word: &String| word.trim_end_matches(|next: char| next.is_alphabetic()).parse() == Ok(day);
    value.len() == 10 && said.iter().any(says_day) && said.iter().all(is_part) && !text.contains(':')
}

/// Whether a text is a day in ISO 8601.
pub fn is_iso(text: &str) -> bool {
    text.len() == 10 && text.contains('-') && !days(text).is_empty()
}

/// `date(2024, 11, 4)`, `new Date('2024-11-04')`
pub fn is_written_day(node: &Node) -> bool {
    match &node.kind {
        Kind::Call { callee, args, .. } | Kind::New { callee, args } => {
            let of_day = matches!(callee.ident(), Some("date" | "datetime" | "Date"));
            of_day && !args.is_empty() && args.iter().all(|arg| matches!(arg.kind, Kind::Num(_) | Kind::Str(_)))
        }
        _ => false,
    }
}

/// Whether an expression reckons from now.
pub fn reads_clock_anywhere(node: &Node) -> bool {
    let now = |part: &Node| match &part.kind {
        Kind::Member { name, .. } => matches!(name.as_str(), "today" | "now"),
        Kind::New { callee, args } => callee.ident() == Some("Date") && args.is_empty(),
        _ => false,
    };
    node.any(&mut |part| now(part))
}

/// What gives the time of now: `new Date()`, `date.today()`.
pub fn reads_clock(node: &Node) -> bool {
    match &node.kind {
        Kind::Ident(name) | Kind::Member { name, .. } => matches!(name.as_str(), "Date" | "today" | "now"),
        _ => false,
    }
}

impl Differ<'_> {
    /// Whether a constant, a day that has passed by now, became one that is reckoned from today, and that tests enter.
    pub fn became_computed_date(&self, name: &str, old: &Node, new: &Node) -> bool {
        let names = Chain::of(new).names();
        let formats = names.iter().any(|name| matches!(*name, "toISOString" | "isoformat" | "strftime" | "format"));
        let from = names.first().and_then(|root| self.given(root, Side::New));
        let reckons = |node: &Node| node.any(&mut |part| reads_clock(part));
        let enters = |node: &Node| match &node.kind {
            Kind::Call { args, .. } => {
                let given = |arg: &Node| {
                    arg.ident() == Some(name)
                        || matches!(&arg.kind, Kind::Template(parts) if parts.iter().any(|part| part.ident() == Some(name)))
                };
                Chain::of(node)
                    .last()
                    .is_some_and(|link| ENTERS.contains(&link.name) || NAVIGATION.contains(&link.name))
                    && args.iter().any(given)
            }
            _ => false,
        };
        old.string().is_some_and(is_iso)
            && formats
            && (reckons(new) || from.is_some_and(reckons))
            && self.new.body.iter().any(|stmt| stmt.any(&mut |node| enters(node)))
    }

    /// Whether a day of which nothing is asserted is reckoned from today now, by a function of this file or in place.
    pub fn is_reckoned_now(&self, day: &str) -> bool {
        let reckons = |node: &Node| match &node.kind {
            Kind::Call { callee, .. } => {
                let named = |stmt: &Stmt| {
                    matches!(&stmt.kind, StmtKind::Func(func) if Some(func.name.as_str()) == callee.ident())
                        && stmt.any(&mut |part| reads_clock(part))
                };
                self.new.body.iter().any(named)
            }
            Kind::New { callee, .. } => callee.ident() == Some("Date"),
            _ => false,
        };
        let named = |node: &Node| {
            let given = node.ident().and_then(|name| self.given(name, Side::New));
            let from = given.and_then(|value| self.given(Chain::of(value).root(), Side::New));
            let clock = |value: &Node| value.any(&mut |part| reckons(part) || reads_clock(part));
            given.is_some_and(clock) || from.is_some_and(clock)
        };
        is_iso(day)
            && self.stretch.new.iter().any(|stmt| stmt.any(&mut |node| reckons(node) || named(node)))
            && !self.still_says(day)
    }

    /// Whether a day that the test gives, and that has passed by now, became the same of a later year, and the file is not
    /// about what is too late.
    pub fn has_passed(&self, was: &str, is: &str) -> bool {
        #[rustfmt::skip]
        const LATE: [&str; 45] = [
            "expired", "past", "overdue", "late", "lapsed", "elapsed", "outdated", "ended", "history", "archived", "archive",
            "old", "invalid", "birth", "birthday", "born", "dob", "age", "minor", "adult", "years", "weekend", "weekday",
            "holiday", "christmas", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "leap",
            "advance", "ahead", "alert", "error", "refused", "rejected", "not", "cannot", "closed", "nights", "days", "summer",
        ];
        let late = |node: &Node| {
            node.string().is_some_and(|text| words(text).iter().any(|word| LATE.contains(&word.as_str())))
        };
        // The day before which, or after which, it has to be stays what it was.
        let fixed = |node: &Node| {
            node.string().is_some_and(|text| {
                text != is
                    && !days(text).is_empty()
                    && self.old.body.iter().any(|stmt| stmt.any(&mut |part| part.string() == Some(text)))
            })
        };
        let of_leap =
            days(was).first().is_some_and(|(_, month, day)| *month == 2 && *day > 26 || *month == 3 && *day < 3);
        is_later_year(was, is)
            && !self.still_says(was)
            && !of_leap
            && !self.must_not_happen()
            && !self.new.body.iter().any(|stmt| stmt.any(&mut |node| fixed(node)))
            && !self.new.body.iter().any(|stmt| stmt.any(&mut |node| late(node)))
    }

    /// Whether the same days are written in another form.
    pub fn writes_day_otherwise(&self) -> bool {
        let written = |stmts: &[&Stmt]| {
            let mut found = Vec::new();
            stmts.iter().for_each(|stmt| {
                stmt.walk(&mut |node| {
                    let Kind::Call { callee, .. } = &node.kind else { return };
                    let Kind::Member { object, name, .. } = &callee.kind else { return };
                    let writes =
                        matches!(name.as_str(), "strftime" | "isoformat" | "toISOString" | "toLocaleDateString");
                    found.extend(writes.then(|| (**object).clone()));
                });
            });
            found
        };
        let before = written(&self.stretch.old);
        !before.is_empty() && before == written(&self.stretch.new)
    }

    /// Whether a day that was written down, as in `date(2024, 11, 4)`, is one that is reckoned from today now.
    pub fn is_day_of_today(&self) -> bool {
        let reckons = |node: &Node| node.any(&mut |part| reads_clock(part));
        let given = |node: &Node| node.ident().and_then(|name| self.given(name, Side::New)).is_some_and(reckons);
        let arg = |node: &Node| given(node) || matches!(node.kind, Kind::Call { .. }) && reckons(node);
        self.drives_a_browser()
            && self.stretch.old.iter().any(|stmt| stmt.any(&mut is_written_day))
            && self.stretch.new.iter().any(|stmt| stmt.any(&mut |node| arg(node)))
    }

    /// Whether the file says in which month the page is, or which it is to show: by its clock, an address, an expectation.
    pub fn tells_month(&self, date: &str) -> bool {
        let Some((year, number, _)) = days(date).first().copied() else { return false };
        let month = format!("{year}-{number:02}");
        let name = MONTHS.get((number as usize).wrapping_sub(1));
        let says = |text: &str| {
            text.contains(&month) || name.is_some_and(|name| words(text).iter().any(|word| word.starts_with(name)))
        };
        let clock =
            |name: &str| matches!(name, "setFixedTime" | "setSystemTime" | "clock" | "freeze_time" | "freezeTime");
        self.new.body.iter().any(|stmt| {
            stmt.any(&mut |node| match &node.kind {
                Kind::Str(text) => says(text),
                Kind::Ident(name) | Kind::Member { name, .. } => clock(name),
                _ => false,
            })
        })
    }
}
