//! Timeouts, pauses and retries: how far a fix may raise them.

use super::chain::Chain;
use super::ir::{Kind, Node};

/// No timeout may be raised above this, nor a new one be. Playwright's default for a whole test is as long.
pub const MAX_TIMEOUT_MS: f64 = 30_000.0;
/// A pause that was there may be longer by this factor.
pub const MAX_FACTOR: f64 = 2.0;
/// Of a whole test, twice Playwright's default.
pub const MAX_TEST_TIMEOUT_MS: f64 = 60_000.0;
/// A pause where there was none.
pub const MAX_PAUSE_MS: f64 = 2_000.0;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sort {
    Timeout,
    Test,
    Pause,
}

#[derive(Clone, Debug)]
pub struct Limit {
    pub sort: Sort,
    /// Milliseconds; `None` when it is not a plain number.
    pub ms: Option<f64>,
    pub line: usize,
}

/// Whether something may take longer than before, or nothing said how long.
pub fn is_raised(old: &[Limit], new: &[Limit]) -> bool {
    let longest = |limits: &[Limit]| limits.iter().filter_map(|limit| limit.ms).fold(0.0, f64::max);
    longest(new) > longest(old)
}

pub struct Problem {
    pub rule: &'static str,
    pub line: usize,
    pub message: String,
}

/// The limits in an expression.
pub fn of(node: &Node) -> Vec<Limit> {
    let mut found = Vec::new();
    node.walk(&mut |part| match &part.kind {
        Kind::Object(entries) => {
            for (key, value) in entries {
                if key.to_ascii_lowercase().ends_with("timeout") {
                    found.push(Limit { sort: Sort::Timeout, ms: milliseconds(value), line: value.line });
                }
            }
        }
        Kind::Call { args, .. } => {
            let chain = Chain::of(part);
            let name = chain.last().map(|link| link.name).unwrap_or_default();
            let mut add = |sort, at: usize, scale: f64| {
                if let Some(arg) = args.get(at)
                    && !matches!(arg.kind, Kind::Str(_) | Kind::Object(_) | Kind::Fn(_))
                {
                    found.push(Limit { sort, ms: milliseconds(arg).map(|number| number * scale), line: arg.line });
                }
            };
            match (chain.root(), name) {
                (_, "waitForTimeout") => add(Sort::Pause, 0, 1.0),
                ("cy", "wait") if args.first().is_none_or(|arg| arg.string().is_none()) => add(Sort::Pause, 0, 1.0),
                ("test" | "jest" | "vi" | "this" | "testInfo", "setTimeout" | "timeout") => add(Sort::Test, 0, 1.0),
                (_, "setDefaultTimeout" | "setDefaultNavigationTimeout") => add(Sort::Timeout, 0, 1.0),
                ("setTimeout", "setTimeout") => add(Sort::Pause, 1, 1.0),
                ("sleep", "sleep") => add(
                    Sort::Pause,
                    0,
                    if args.first().and_then(Node::number).is_some_and(|number| number < 100.0) { 1000.0 } else { 1.0 },
                ),
                ("time" | "asyncio", "sleep") => add(Sort::Pause, 0, 1000.0),
                ("browser" | "driver", "pause" | "sleep") => add(Sort::Pause, 0, 1.0),
                (_, "implicitlyWait") => add(Sort::Timeout, 0, 1000.0),
                (_, "WebDriverWait") => add(Sort::Timeout, 1, 1000.0),
                _ => {}
            }
            // `test(title, body, 60000)` of Jest, Vitest and Mocha.
            if args.len() == 3 && matches!(args[1].kind, Kind::Fn(_)) {
                add(Sort::Test, 2, 1.0);
            }
        }
        _ => {}
    });
    found
}

/// A number, or one of the names for more than any test takes.
fn milliseconds(node: &Node) -> Option<f64> {
    let chain = Chain::of(node);
    let endless = chain.root() == "Infinity"
        || chain.root() == "Number" && chain.links.len() == 2
        || chain.root() == "math" && chain.has("inf");
    if endless { Some(f64::INFINITY) } else { node.number() }
}

/// Compares the limits of a statement with those that it had.
pub fn judge(old: &[Limit], new: &[Limit]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for sort in [Sort::Timeout, Sort::Test, Sort::Pause] {
        let of_sort = |limits: &[Limit]| limits.iter().filter(|limit| limit.sort == sort).cloned().collect::<Vec<_>>();
        let (before, after) = (of_sort(old), of_sort(new));
        let was = before.iter().filter_map(|limit| limit.ms).fold(0.0, f64::max);
        let unknown_before = before.iter().any(|limit| limit.ms.is_none());
        for limit in &after {
            let Some(ms) = limit.ms else {
                if !unknown_before {
                    problems.push(Problem {
                        rule: "unknown-change",
                        line: limit.line,
                        message: "a timeout that is not a plain number".into(),
                    });
                }
                continue;
            };
            if before.iter().any(|other| other.ms == Some(ms)) || ms > 0.0 && ms <= was {
                continue;
            }
            let bound = match (sort, was > 0.0) {
                (Sort::Pause, true) => (was * MAX_FACTOR).min(MAX_PAUSE_MS),
                (Sort::Pause, false) => MAX_PAUSE_MS,
                (Sort::Test, _) => MAX_TEST_TIMEOUT_MS,
                (Sort::Timeout, _) => MAX_TIMEOUT_MS,
            };
            let endless = ms <= 0.0 && sort != Sort::Pause;
            if endless || ms > bound {
                let rule = if sort == Sort::Pause && ms <= 10_000.0 { "long-pause" } else { "raised-timeout" };
                problems.push(Problem {
                    rule,
                    line: limit.line,
                    message: format!("{ms} ms, where at most {bound} ms may be"),
                });
            }
        }
    }
    problems
}

/// Whether all that the details lost is that a test is tried again.
pub fn only_fewer_retries(old: &[&Node], new: &[&Node]) -> bool {
    let split = |nodes: &[&Node]| {
        let mut retries = 0.0;
        let mut rest = Vec::new();
        for node in nodes {
            let Kind::Object(entries) = &node.kind else { return None };
            for (key, value) in entries {
                if key == "retries" {
                    retries += value.number()?;
                } else {
                    rest.push((key.clone(), value.hollow()));
                }
            }
        }
        Some((retries, rest))
    };
    matches!((split(old), split(new)), (Some((before, one)), Some((after, other))) if after <= before && one == other)
}
