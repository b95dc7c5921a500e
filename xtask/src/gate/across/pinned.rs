//! Tests that were right on some days only: of a unit that reads the clock, where all days of the tests are written out. A
//! change that only sets the clock to a day near to them says which it was written for.
//! <https://vitest.dev/api/vi.html#vi-setsystemtime>, <https://github.com/spulec/freezegun>
//!
//! So, too, of a page whose month is what a test expects of it, by its name and its year, or whose stub answers with a day.
//! <https://playwright.dev/docs/api/class-clock#clock-set-fixed-time>
//!
//! It takes the clock out of the new program, and decides nothing else.

use std::collections::BTreeSet;

use super::super::chain::Chain;
use super::super::differ::days;
use super::super::ir::alter::Alter;
use super::super::ir::{Kind, Node, Program, Stmt, StmtKind, any_stmt};
use super::super::words::{HOOKS, words};

/// So far from a day that is written out the clock may be set.
const MAX_DAYS: i64 = 400;

/// Takes the clock out, for the rest to be compared.
pub fn settle(old: &Program, new: &mut Program) {
    let sets = |node: &Node| node.ident().is_some_and(|name| CLOCKS.contains(&name)) || is_member(node, &CLOCKS);
    let anywhere = |program: &Program| program.body.iter().any(|stmt| stmt.any(&mut |node| sets(node)));
    if !anywhere(new) || anywhere(old) {
        return;
    }
    if !is_of_units(&old.body) {
        of_page(old, new);
        return;
    }
    let mut body = new.body.clone();
    let mut pins = Vec::new();
    take_out(&mut body, &mut pins);
    body.retain(|stmt| !matches!(&stmt.kind, StmtKind::Import(import) if LIBRARIES.contains(&import.source.as_str())));
    if is_of_units(&body) && !pins.is_empty() && pins.iter().all(|pin| is_near(*pin, old)) {
        new.body = body;
    }
}

const CLOCKS: [&str; 6] = ["useFakeTimers", "setSystemTime", "freeze_time", "travel", "setFixedTime", "clock"];
const LIBRARIES: [&str; 2] = ["freezegun", "time_machine"];

/// Takes out the clock of a page, if a test expects the month of its day.
fn of_page(old: &Program, new: &mut Program) {
    #[rustfmt::skip]
    const MONTHS: [&str; 12] = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ];
    let mut pins = Vec::new();
    let mut body = new.body.clone();
    let mut leave = |stmt: &mut Stmt| {
        if let StmtKind::Expr(Node { kind: Kind::Await(call), .. }) = &stmt.kind
            && let Kind::Call { args, .. } = &call.kind
            && Chain::of(call).names() == ["page", "clock", "setFixedTime"]
            && let [time] = args.as_slice()
            && let Some(day) = day_of(time)
        {
            pins.push(day);
            stmt.kind = StmtKind::Block(Vec::new());
        }
        // The day alone: what waits goes on.
        if let StmtKind::Expr(call @ Node { kind: Kind::Call { args, .. }, .. }) = &stmt.kind
            && Chain::of(call).names() == ["cy", "clock"]
            && let [time, Node { kind: Kind::Array(faked), .. }] = args.as_slice()
            && matches!(faked.as_slice(), [only] if only.string() == Some("Date"))
            && let Some(day) = day_of(time)
        {
            pins.push(day);
            stmt.kind = StmtKind::Block(Vec::new());
        }
    };
    let mut settle = |node: &mut Node| {
        if let Kind::Fn(func) = &mut node.kind {
            settle_down(&mut func.body);
        }
    };
    Alter { node: &mut |_| {}, stmt: &mut leave }.body(&mut body);
    Alter { node: &mut settle, stmt: &mut |_| {} }.body(&mut body);
    let expects = |stmt: &Stmt, day: &Day| {
        let (year, month) = (day.0.to_string(), MONTHS[(day.1 - 1).clamp(0, 11) as usize]);
        let says = |node: &Node| node.string().is_some_and(|text| words(text) == [month.to_owned(), year.clone()]);
        let is_claim = matches!(&stmt.kind, StmtKind::Expr(Node { kind: Kind::Await(claim), .. })
            if Chain::of(claim).last().is_some_and(|link| matches!(link.name, "toHaveText" | "toContainText")));
        is_claim && stmt.any(&mut |node| says(node))
    };
    let told = |day: &Day| any_stmt(&old.body, &mut |stmt| expects(stmt, day)) || is_answered(*day, old);
    if !pins.is_empty() && pins.iter().all(told) {
        new.body = body;
    }
}

/// Whether a stub of a program answers with a day that lies near.
fn is_answered(pin: Day, program: &Program) -> bool {
    let answers = |node: &Node| match &node.kind {
        Kind::Call { args, .. } => {
            let stubs = Chain::of(node).last().is_some_and(|link| matches!(link.name, "intercept" | "fulfill"))
                || Chain::of(node).called("intercept").is_some();
            stubs
                && args.iter().any(|arg| {
                    arg.any(&mut |part| is_written(part) && day_of(part).is_some_and(|day| apart(day, pin) <= MAX_DAYS))
                })
        }
        _ => false,
    };
    program.body.iter().any(|stmt| stmt.any(&mut |node| answers(node)))
}

/// A day in a text, as answers have it.
fn is_written(node: &Node) -> bool {
    node.string().is_some()
}

/// The days between two days, or nearly so many.
fn apart(one: Day, other: Day) -> i64 {
    let count = |(year, month, day): Day| year * 365 + (month - 1) * 30 + day;
    (count(one) - count(other)).abs()
}

fn is_member(node: &Node, names: &[&str]) -> bool {
    matches!(&node.kind, Kind::Member { name, .. } if names.contains(&name.as_str()))
}

/// Whether a body calls a unit at once, reckons nothing from now, and asserts neither calls, which time may bring, nor how
/// long something takes.
fn is_of_units(body: &[Stmt]) -> bool {
    #[rustfmt::skip]
    const BROWSERS: [&str; 12] = [
        "playwright", "cypress", "selenium", "webdriver", "puppeteer", "requests", "httpx", "supertest", "axios", "django",
        "flask", "fastapi",
    ];
    let of_browser = |stmt: &Stmt| matches!(&stmt.kind, StmtKind::Import(import) if BROWSERS.iter().any(|name| import.source.contains(name)));
    let unsure = |node: &Node| match &node.kind {
        Kind::Await(_) => true,
        Kind::Fn(func) => func.is_async,
        Kind::Binary(op, ..) => matches!(op.as_str(), "<" | "<=" | ">" | ">="),
        Kind::Ident(name) => matches!(name.as_str(), "cy" | "page" | "browser" | "driver" | "setTimeout" | "time"),
        Kind::New { callee, args } => callee.ident() == Some("Date") && args.is_empty(),
        Kind::Member { name, .. } => {
            matches!(name.as_str(), "now" | "today" | "utcnow" | "monotonic")
                || ["toHaveBeenCalled", "toBeGreater", "toBeLess"].iter().any(|start| name.starts_with(start))
        }
        _ => false,
    };
    !any_stmt(body, &mut |stmt| of_browser(stmt)) && !body.iter().any(|stmt| stmt.any(&mut |node| unsure(node)))
}

/// Takes out of a body what sets the clock, and what gives it back, and collects the days.
fn take_out(body: &mut Vec<Stmt>, pins: &mut Vec<Day>) {
    let mut in_node = |node: &mut Node| {
        if let Kind::Fn(func) = &mut node.kind {
            settle_down(&mut func.body);
        }
    };
    let mut in_stmt = |stmt: &mut Stmt| {
        match &mut stmt.kind {
            StmtKind::Func(func) => {
                func.decorators.retain(|decorator| {
                    frozen(decorator).is_none_or(|day| {
                        pins.push(day);
                        false
                    })
                });
                settle_down(&mut func.body);
            }
            StmtKind::Class(class) => settle_down(&mut class.body),
            StmtKind::With { items, body } => {
                if let [item] = items.as_slice()
                    && let Some(day) = frozen(item)
                {
                    pins.push(day);
                    stmt.kind = StmtKind::Block(std::mem::take(body));
                }
            }
            StmtKind::Expr(node) => {
                if let Some(day) = of_timers(node) {
                    pins.extend(day);
                    stmt.kind = StmtKind::Block(Vec::new());
                }
            }
            _ => {}
        }
        if is_idle(stmt) {
            stmt.kind = StmtKind::Block(Vec::new());
        }
    };
    Alter { node: &mut in_node, stmt: &mut in_stmt }.body(body);
    settle_down(body);
}

/// Puts what stands in blocks in their place.
fn settle_down(body: &mut Vec<Stmt>) {
    let all = std::mem::take(body);
    body.extend(all.into_iter().flat_map(|stmt| match stmt.kind {
        StmtKind::Block(inner) => inner,
        _ => vec![stmt],
    }));
}

/// Whether a hook does nothing, or a fixture that each test uses.
fn is_idle(stmt: &Stmt) -> bool {
    match &stmt.kind {
        StmtKind::Expr(node) => {
            let Kind::Call { callee, args, .. } = &node.kind else { return false };
            let hook = callee.ident().is_some_and(|name| HOOKS.contains(&name));
            hook && matches!(args.as_slice(), [Node { kind: Kind::Fn(func), .. }] if func.body.is_empty())
        }
        StmtKind::Func(func) => {
            let used = func.decorators.iter().any(|node| node.any(&mut |part| matches!(&part.kind, Kind::Object(entries) if entries.iter().any(|(key, _)| key == "autouse"))));
            used && matches!(func.body.as_slice(), [Stmt { kind: StmtKind::Expr(node), .. }] if matches!(&node.kind, Kind::Other(kind, parts) if kind.starts_with("yield") && parts.is_empty()))
        }
        _ => false,
    }
}

/// What a statement does to the clock of `jest` or `vi`, and the day to which it sets it.
fn of_timers(node: &Node) -> Option<Option<Day>> {
    let chain = Chain::of(node);
    let (root, calls) = chain.links.split_first()?;
    if !matches!(root.name, "jest" | "vi") || calls.is_empty() {
        return None;
    }
    let mut day = None;
    for call in calls {
        match (call.name, call.args?) {
            ("useFakeTimers" | "useRealTimers", []) => {}
            ("useFakeTimers", [Node { kind: Kind::Object(entries), .. }]) => {
                for (key, value) in entries {
                    match key.as_str() {
                        "now" => day = Some(day_of(value)?),
                        "toFake" => {}
                        _ => return None,
                    }
                }
            }
            ("setSystemTime", [time]) => day = Some(day_of(time)?),
            _ => return None,
        }
    }
    Some(day)
}

/// The day of `freeze_time("2024-05-01")`.
fn frozen(node: &Node) -> Option<Day> {
    let Kind::Call { args, .. } = &node.kind else { return None };
    let names = Chain::of(node).names();
    let freezes =
        matches!(names.as_slice(), ["freeze_time"] | ["freezegun", "freeze_time"] | ["time_machine", "travel"]);
    match args.as_slice() {
        [time] | [time, Node { kind: Kind::Object(_), .. }] if freezes => day_of(time),
        _ => None,
    }
}

/// Year, month and day.
type Day = (i64, i64, i64);

/// The day of `'2024-05-01T12:00:00Z'`, `new Date(2024, 4, 1)`, `date(2024, 5, 1)`.
fn day_of(node: &Node) -> Option<Day> {
    match &node.kind {
        Kind::Str(text) => {
            let [(year, month, day)] = days(text.get(..10)?)[..] else { return None };
            Some((year.into(), month.into(), day.into()))
        }
        Kind::New { callee, args } | Kind::Call { callee, args, .. } => {
            let name = Chain::of(callee).last()?.name;
            let number = |at: usize| args.get(at).and_then(Node::number).map(|number| number as i64);
            match (name, args.as_slice()) {
                ("Date" | "fromisoformat" | "parse", [time]) => day_of(time),
                // `new Date('2024-03-10').getTime()`
                ("getTime" | "valueOf", []) => match &callee.kind {
                    Kind::Member { object, .. } => day_of(object),
                    _ => None,
                },
                ("Date" | "UTC", [_, _, _, ..]) => Some((number(0)?, number(1)? + 1, number(2)?)),
                ("date" | "datetime", [_, _, _, ..]) => Some((number(0)?, number(1)?, number(2)?)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether what took the day of now for the one that it is given would be found out: where that day is given to something,
/// another is, too; where it is expected, none is given.
fn tells_days_apart(pin: Day, program: &Program) -> bool {
    let mut given: Vec<(String, Day)> = Vec::new();
    let mut expected = false;
    let mut see = |node: &Node| match &node.kind {
        Kind::Call { callee, args, .. } | Kind::New { callee, args } => {
            let chain = Chain::of(callee);
            let name = chain.last().map_or("", |link| link.name);
            let claims = chain.root() == "expect" && chain.links.len() > 1;
            if claims {
                expected |= args.iter().any(|arg| day_of(arg) == Some(pin));
            } else if !matches!(name, "Date" | "date" | "datetime" | "parse" | "fromisoformat" | "expect") {
                for (at, arg) in args.iter().enumerate() {
                    given.extend(day_of(arg).map(|day| (format!("{name} {at}"), day)));
                    if let Kind::Object(entries) = &arg.kind {
                        let named =
                            entries.iter().filter_map(|(key, value)| Some((format!("{name} {key}"), day_of(value)?)));
                        given.extend(named);
                    }
                }
            }
        }
        Kind::Binary(op, one, other) if op == "==" => {
            expected |= [one, other].iter().any(|side| day_of(side) == Some(pin));
        }
        _ => {}
    };
    program.body.iter().for_each(|stmt| stmt.walk(&mut see));
    let told = |place: &str| given.iter().any(|(other, day)| other == place && *day != pin);
    given.iter().filter(|(_, day)| *day == pin).all(|(place, _)| told(place)) && (!expected || given.is_empty())
}

/// Whether a day of a program lies near, or as many years before as it expects: somebody's age.
fn is_near(pin: Day, program: &Program) -> bool {
    let (mut written, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    program.body.iter().for_each(|stmt| {
        stmt.walk(&mut |node| {
            written.extend(day_of(node));
            numbers.extend(node.number().map(|number| number as i64));
        });
    });
    let of_age = |(year, ..): &Day| {
        let years = pin.0 - year;
        years > 1 && (numbers.contains(&years) || numbers.contains(&(years - 1)))
    };
    tells_days_apart(pin, program) && written.iter().any(|day| apart(*day, pin) <= MAX_DAYS || of_age(day))
}
