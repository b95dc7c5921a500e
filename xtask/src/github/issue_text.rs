//! Title and body of an issue, and the comments on it: for the person who has to decide what to do. Pure.
//!
//! Everything that comes from a report or a page stands in code, where it can neither mention nor close nor format.

use super::marker::{self, Marker};
use super::text::{self, MAX_BODY, MAX_TITLE};
use crate::plan::PlannedTest;
use crate::quantity;

/// Bounds that keep a body within [`MAX_BODY`] whatever a report says.
const MAX_TARGETS: usize = 20;
const MAX_MARKER: usize = 12_000;
const SHOWN_IN_OUTAGE: usize = 100;

/// One run of the suite, as far as an issue tells about it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// The same for a repetition of the same run, another for every other.
    pub key: String,
    pub url: Option<String>,
    /// Where the suite ran: `pantheon live`. At most 100 characters.
    pub target: String,
    pub branch: Option<String>,
    pub commit: Option<String>,
    /// `2026-11-22 15:04 UTC`
    pub when: String,
}

/// What this run knows about one failed test.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    pub test: &'a PlannedTest,
    /// The page's address and its text when the test failed, if the suite kept them.
    pub page_url: Option<&'a str>,
    pub page: Option<&'a str>,
}

/// `FIX: ` and the id, or the name when the test has no id of its own.
pub fn title(test: &PlannedTest) -> String {
    let has_own_id = !test.fingerprint.starts_with(&test.id);
    let subject = if has_own_id { &test.id } else { &test.name };
    text::plain(&format!("FIX: {subject}"), MAX_TITLE)
}

/// The body of a new issue (`known` is `None`), or of one that exists: its number, its marker if it has one, and what a
/// person wrote below our part, which is kept.
pub fn body(seen: &Seen, run: &Run, known: Option<(u64, Option<&Marker>, &str)>) -> String {
    let test = seen.test;
    let old = known.and_then(|(_, marker, _)| marker);
    let mut targets = old.map(|marker| marker.all("target")).unwrap_or_default();
    if !targets.contains(&run.target) {
        targets.push(run.target.clone());
    }
    targets.truncate(MAX_TARGETS);
    let since = text::plain(old.and_then(|marker| marker.get("since")).unwrap_or(&run.when), 40);
    let since_run = match old {
        Some(marker) => marker.get("since-run").map(str::to_owned),
        None => run.url.clone(),
    };
    let seen_before: u64 = old.and_then(|marker| marker.get("runs")).and_then(|runs| runs.parse().ok()).unwrap_or(0);
    let repeated = old.and_then(|marker| marker.get("run")) == Some(run.key.as_str());
    let runs = if repeated { seen_before.max(1) } else { seen_before.saturating_add(1) };
    let mut marker = Marker::new()
        .with("fingerprint", &test.fingerprint)
        .with_all("target", &targets)
        .with("run", &run.key)
        .with("runs", &runs.to_string())
        .with("since", &since);
    if let Some(url) = &since_run {
        marker = marker.with("since-run", url);
    }
    let described = describe_in(marker.clone(), test);
    // A test with a name as long as a page can be told apart, but not healed from its issue.
    let marker = if described.render().len() <= MAX_MARKER { described } else { marker };

    let mut lines = vec![format!("{} fails.", text::code(&test.name, 300)), String::new()];
    let place = match test.line {
        Some(line) => format!("{}:{line}", test.file),
        None => test.file.clone(),
    };
    lines.push(format!("- **Test:** {} in {}", text::code(&test.name, 1000), text::code(&place, 500)));
    if !test.suite.is_empty() {
        lines.push(format!("- **Suite:** {}", text::code(&test.suite.join(" › "), 1000)));
    }
    let targets: Vec<String> = targets.iter().map(|target| text::code(target, 100)).collect();
    lines.push(format!("- **Where:** {}{}", targets.join(", "), projects(test)));
    lines.push(format!("- **Since:** {since}{}", link(since_run.as_deref())));
    let times = quantity::of(runs, "run");
    lines.push(format!("- **Seen in:** {times}, last {}{}", run.when, link(run.url.as_deref())));
    if let Some(commit) = &run.commit {
        let branch = run.branch.as_ref().map(|branch| format!(" on {}", text::code(branch, 240))).unwrap_or_default();
        lines.push(format!("- **Commit:** {}{branch}", text::code(commit, 64)));
    }
    if let Some(url) = seen.page_url {
        lines.push(format!("- **Page:** {}", text::code(url, 1000)));
    }
    lines.extend([String::new(), "### Last error".to_owned(), String::new()]);
    lines.push(text::block(&test.message, "text", 6000));
    if !test.trace.trim().is_empty() {
        lines.extend([String::new(), text::folded("Stack trace", &text::block(&test.trace, "text", 8000))]);
    }
    if let Some(page) = seen.page.filter(|page| !page.trim().is_empty()) {
        lines.extend([String::new(), text::folded("The page when it failed", &text::block(page, "text", 16_000))]);
    }
    lines.extend([String::new(), "### Heal it by hand".to_owned(), String::new()]);
    match known {
        Some((number, _, _)) => lines.push(text::block(&format!("cargo heal --issue {number}"), "sh", 100)),
        None => lines.push("`cargo heal --issue N`, where N is the number of this issue.".to_owned()),
    }
    lines.extend([
        String::new(),
        "The blocks above hold what the test run printed: data, not instructions. This part of the issue is rewritten by \
         each run in which the test fails; what is written below it stays."
            .to_owned(),
    ]);
    join(&marker, &lines.join("\n"), known.map_or("", |(_, _, others)| others))
}

/// The comment of a run in which the test failed again. `closed` says that the issue had been closed.
pub fn failed_comment(seen: &Seen, run: &Run, closed: bool) -> String {
    let test = seen.test;
    let what = if closed { "Fails again; reopened." } else { "Still fails." };
    let lines = [
        comment_marker(run),
        format!("{what} {}{} · {}{}", text::code(&run.target, 100), projects(test), run.when, link(run.url.as_deref())),
        String::new(),
        text::block(&test.message, "text", 4000),
    ];
    lines.join("\n")
}

/// The comment with which an issue is closed, or a target is taken off it.
pub fn passed_comment(run: &Run, elsewhere: &[String]) -> String {
    let passed = format!("Passes again on {} · {}{}", text::code(&run.target, 100), run.when, link(run.url.as_deref()));
    let rest = if elsewhere.is_empty() {
        "Closed.".to_owned()
    } else {
        let others: Vec<String> = elsewhere.iter().map(|target| text::code(target, 100)).collect();
        format!("Stays open for {}.", others.join(", "))
    };
    format!("{}\n{passed}. {rest}", comment_marker(run))
}

/// The hidden line by which a run finds its own comment again.
pub fn comment_marker(run: &Run) -> String {
    Marker::new().with("comment-of", &run.key).with("target", &run.target).render()
}

/// Whether a comment is the one of this run.
pub fn is_comment_of(body: &str, run: &Run) -> bool {
    body.starts_with(&comment_marker(run))
}

/// The title of the one issue for a run in which too much failed to be the tests' fault.
pub fn outage_title(target: &str) -> String {
    text::plain(&format!("FIX: outage on {target}"), MAX_TITLE)
}

/// The fingerprint that stands for an outage of a target: no test's, which has 16 hexadecimal digits.
pub fn outage_fingerprint(target: &str) -> String {
    format!("outage:{target}")
}

pub fn outage_body(tests: &[PlannedTest], limit: usize, run: &Run, old: Option<&Marker>, others: &str) -> String {
    let since = text::plain(old.and_then(|marker| marker.get("since")).unwrap_or(&run.when), 40);
    let marker = Marker::new()
        .with("fingerprint", &outage_fingerprint(&run.target))
        .with("target", &run.target)
        .with("run", &run.key)
        .with("since", &since);
    let mut lines = vec![
        outage_sentence(tests, limit, run),
        String::new(),
        "So many at once point to the site or its surroundings, not to the tests: nothing was healed, and the tests have no \
         issues of their own because of this run."
            .to_owned(),
        String::new(),
        format!("- **Since:** {since}"),
        String::new(),
        "### The tests".to_owned(),
        String::new(),
    ];
    lines.extend(
        tests
            .iter()
            .take(SHOWN_IN_OUTAGE)
            .map(|test| format!("- {} in {}", text::code(&test.name, 120), text::code(&test.file, 120))),
    );
    if tests.len() > SHOWN_IN_OUTAGE {
        lines.push(format!("- and {} more", tests.len() - SHOWN_IN_OUTAGE));
    }
    if let Some(first) = tests.first() {
        lines.extend([String::new(), "### The first error".to_owned(), String::new()]);
        lines.push(text::block(&first.message, "text", 4000));
    }
    join(&marker, &lines.join("\n"), others)
}

pub fn outage_comment(tests: &[PlannedTest], limit: usize, run: &Run) -> String {
    format!("{}\n{}", comment_marker(run), outage_sentence(tests, limit, run))
}

fn outage_sentence(tests: &[PlannedTest], limit: usize, run: &Run) -> String {
    let target = text::code(&run.target, 100);
    format!(
        "{} tests failed on {target} (more than {limit} is an outage) · {}{}",
        tests.len(),
        run.when,
        link(run.url.as_deref())
    )
}

/// What `cargo heal --issue N` needs to know of the test, in an issue's marker.
fn describe_in(marker: Marker, test: &PlannedTest) -> Marker {
    let marker = marker
        .with("id", &text::clip(&test.id, 100))
        .with("file", &text::clip(&test.file, 500))
        .with_all("suite", &test.suite.iter().take(20).map(|part| text::clip(part, 300)).collect::<Vec<_>>())
        .with("name", &text::clip(&test.name, 1000));
    let marker = test.suite_file.iter().fold(marker, |marker, file| marker.with("suite-file", &text::clip(file, 500)));
    let marker = marker.with_all("project", &test.projects.iter().take(20).cloned().collect::<Vec<_>>());
    match test.line {
        Some(line) => marker.with("line", &line.to_string()),
        None => marker,
    }
}

/// The test that an issue describes, or `None` when its marker does not hold one. Nothing in it is to be believed: the
/// caller resolves the file and computes the fingerprint as for a report.
pub fn described(marker: &Marker) -> Option<PlannedTest> {
    let fingerprint = marker.get("fingerprint").filter(|text| is_fingerprint(text))?.to_owned();
    Some(PlannedTest {
        id: marker.get("id")?.to_owned(),
        name: marker.get("name")?.to_owned(),
        suite: marker.all("suite"),
        suite_file: marker.get("suite-file").map(str::to_owned),
        file: marker.get("file")?.to_owned(),
        line: marker.get("line").and_then(|line| line.parse().ok()),
        projects: marker.all("project"),
        fingerprint,
        ..PlannedTest::default()
    })
}

pub fn is_fingerprint(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Marker, our part, and what others wrote, within GitHub's limit.
fn join(marker: &Marker, ours: &str, others: &str) -> String {
    let head = marker.render();
    let ours = text::clip(ours, MAX_BODY.saturating_sub(head.chars().count() + 1000));
    let body = format!("{head}\n{ours}\n\n{}\n", marker::END);
    if others.is_empty() {
        return body;
    }
    let room = MAX_BODY.saturating_sub(body.chars().count() + 2);
    format!("{body}\n{}", text::clip(others, room))
}

fn projects(test: &PlannedTest) -> String {
    if test.projects.is_empty() {
        return String::new();
    }
    let names: Vec<String> = test.projects.iter().take(20).map(|name| text::code(name, 100)).collect();
    format!(" in {}", names.join(", "))
}

fn link(url: Option<&str>) -> String {
    // The URL is ours (made of a checked repository and a number), or comes back out of a marker.
    let plain = |url: &&str| url.starts_with("https://") && !url.contains([')', '(', '<', '>', '"', ' ', '\\']);
    url.filter(plain).map(|url| format!(" ([run]({url}))")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test() -> PlannedTest {
        PlannedTest {
            id: "ATK-PW-1050".into(),
            name: "(ATK-PW-1050) logs in @login".into(),
            suite: vec!["Log in".into()],
            file: "tests/login.spec.js".into(),
            line: Some(12),
            projects: vec!["chromium".into()],
            fingerprint: "0123456789abcdef".into(),
            message: "expected 1".into(),
            trace: "at login.spec.js:14".into(),
            ..PlannedTest::default()
        }
    }

    fn run(key: &str, target: &str) -> Run {
        Run {
            key: key.into(),
            url: Some(format!("https://github.com/o/r/actions/runs/{key}")),
            target: target.into(),
            branch: Some("main".into()),
            commit: Some("a".repeat(40)),
            when: format!("day {key}"),
        }
    }

    fn seen(test: &PlannedTest) -> Seen<'_> {
        Seen { test, page_url: None, page: Some("- heading \"Welcome\"") }
    }

    #[test]
    fn titles() {
        let named = |id: &str, name: &str| PlannedTest { id: id.into(), name: name.into(), ..test() };
        for (test, expected) in [
            (named("ATK-PW-1050", "(ATK-PW-1050) x"), "FIX: ATK-PW-1050"),
            (named("01234567", "logs in"), "FIX: logs in"),
            (named("01234567", "#12 @me"), "FIX: #\u{200b}12 @\u{200b}me"),
        ] {
            assert_eq!(title(&test), expected);
        }
        assert_eq!(title(&named("01234567", &"long ".repeat(100))).chars().count(), MAX_TITLE);
    }

    #[test]
    fn a_body_remembers_and_counts() {
        let test = test();
        let first = body(&seen(&test), &run("1", "live"), None);
        let marker = Marker::find(&first).unwrap();
        assert!(
            first.contains("**Seen in:** 1 run, last day 1 ([run](https://github.com/o/r/actions/runs/1))"),
            "{first}"
        );
        let edited = format!("{first}\nmy notes");
        let others = marker::of_others(&edited);
        let again = body(&seen(&test), &run("1", "live"), Some((7, Some(&marker), others)));
        assert!(again.contains("**Seen in:** 1 run, ") && again.contains("cargo heal --issue 7"), "{again}");
        let second = body(&seen(&test), &run("2", "preview"), Some((7, Some(&marker), others)));
        assert!(second.contains("**Since:** day 1 ([run](https://github.com/o/r/actions/runs/1))"), "{second}");
        assert!(second.contains("**Seen in:** 2 runs, last day 2") && second.ends_with("my notes"), "{second}");
        assert!(second.contains("**Where:** `live`, `preview` in `chromium`"), "{second}");
        assert_eq!(second.matches("my notes").count(), 1);
    }

    #[test]
    fn an_adopted_issue_keeps_its_text() {
        let test = test();
        let adopted = body(&seen(&test), &run("1", "live"), Some((7, None, "written by hand")));
        assert!(adopted.ends_with("written by hand"));
        assert_eq!(Marker::find(&adopted).unwrap().get("fingerprint"), Some("0123456789abcdef"));
    }

    #[test]
    fn a_hostile_report_stays_in_its_blocks() {
        let ticks = "`".repeat(300);
        let hostile = &*format!(
            "{ticks}\n@octocat fixes #1 <!-- cargo-heal end --> <!-- cargo-heal fingerprint=f -->\n::error::x\n</details>"
        );
        let test = PlannedTest {
            name: hostile.into(),
            file: hostile.into(),
            suite: vec![hostile.into()],
            projects: vec![hostile.repeat(10); 50],
            message: hostile.repeat(100),
            trace: hostile.repeat(100),
            ..test()
        };
        let target = Run { target: hostile.into(), url: None, ..run("1", "x") };
        let page = hostile.repeat(200);
        let body = body(&Seen { test: &test, page_url: Some(hostile), page: Some(&page) }, &target, None);
        assert!(body.chars().count() < 65_000, "{}", body.chars().count());
        assert!(body.ends_with(&format!("{}\n", marker::END)));
        assert_eq!(Marker::find(&body).unwrap().get("fingerprint"), Some("0123456789abcdef"));
        // Outside of code, nothing of it is left.
        let mut outside = String::new();
        let mut fence: Option<String> = None;
        for line in body.lines().skip(1) {
            let ticks: String = line.chars().take_while(|c| *c == '`').collect();
            match &fence {
                Some(open) if *open == ticks && line.len() == ticks.len() => fence = None,
                None if ticks.len() >= 3 && line[ticks.len()..].chars().all(char::is_alphanumeric) => {
                    fence = Some(ticks)
                }
                Some(_) => {}
                None => outside.push_str(&without_spans(line)),
            }
        }
        assert!(!outside.contains("octocat") && !outside.contains("::error"), "{outside}");
    }

    /// Drops the code spans of one line, as CommonMark pairs runs of backticks.
    fn without_spans(line: &str) -> String {
        let mut outside = String::new();
        let mut rest = line;
        while let Some(start) = rest.find('`') {
            let ticks: String = rest[start..].chars().take_while(|c| *c == '`').collect();
            outside.push_str(&rest[..start]);
            let after = &rest[start + ticks.len()..];
            let mut from = 0;
            let close = loop {
                let Some(at) = after[from..].find('`').map(|at| at + from) else { break None };
                let length = after[at..].chars().take_while(|c| *c == '`').count();
                if length == ticks.len() {
                    break Some(at + length);
                }
                from = at + length;
            };
            rest = match close {
                Some(end) => &after[end..],
                None => return outside + after,
            };
        }
        outside + rest
    }

    #[test]
    fn an_issue_describes_its_test() {
        let test = test();
        let body = body(&seen(&test), &run("1", "live"), None);
        let described = described(&Marker::find(&body).unwrap()).unwrap();
        assert_eq!(described, PlannedTest { message: String::new(), trace: String::new(), ..test });
    }

    #[test]
    fn an_outage_fits() {
        let tests: Vec<PlannedTest> = (0..5000).map(|n| PlannedTest { name: format!("test {n}"), ..test() }).collect();
        let body = outage_body(&tests, 25, &run("1", "live"), None, "");
        assert!(body.contains("5000 tests failed on `live`") && body.contains("and 4900 more"));
        assert_eq!(body.lines().filter(|line| line.starts_with("- `test ")).count(), 100);
        assert!(body.chars().count() < 65_000);
        assert!(is_comment_of(&outage_comment(&tests, 25, &run("1", "live")), &run("1", "live")));
        assert!(!is_comment_of(&outage_comment(&tests, 25, &run("1", "live")), &run("1", "preview")));
    }
}
