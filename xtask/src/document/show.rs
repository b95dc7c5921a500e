//! Shows on the terminal what became of the tests: an entry for each, in at most 80 columns. Decides nothing.

use crate::outcome::{Outcome, TestResult};
use crate::redact;
use crate::ui::{Row, Tone, Ui};

const WIDTH: usize = 80;
/// Ids up to this length have a column of their own.
const SHORT_ID: usize = 20;
/// Nobody reads more.
const MAX_SHOWN: usize = 100;

pub fn results(ui: &Ui, results: &[TestResult]) {
    ui.line("");
    ui.table(&rows(results));
}

fn rows(results: &[TestResult]) -> Vec<Row> {
    let (results, more) = results.split_at(results.len().min(MAX_SHOWN));
    let longest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
    let outcomes = longest(&mut results.iter().map(|result| result.outcome.name().len()));
    let ids = longest(&mut results.iter().map(|result| result.id.chars().count()));
    let width = WIDTH - outcomes - 2;
    let mut rows = Vec::new();
    for result in results {
        let (first, indent) = match ids {
            0..=SHORT_ID => (None, ids + 2),
            _ => (Some(redact::one_line(&result.id, width)), 2),
        };
        let label = if first.is_some() { String::new() } else { result.id.clone() };
        let texts = texts(result);
        let told = texts.iter().flat_map(|text| redact::wrap(text, width - indent)).enumerate();
        let told = told.map(|(index, line)| format!("{:indent$}{line}", if index == 0 { label.as_str() } else { "" }));
        for (index, line) in first.clone().into_iter().chain(told).enumerate() {
            let outcome = if index == 0 { result.outcome.name() } else { "" };
            rows.push(Row::new(tone(result.outcome), [outcome, &line]));
        }
    }
    if !more.is_empty() {
        rows.push(Row::new(Tone::Plain, ["", &format!("and {} more, which `--json` lists", more.len())]));
    }
    rows
}

/// Why it came out so, then where to find it.
fn texts(result: &TestResult) -> Vec<String> {
    let explained = matches!(result.outcome, Outcome::Healed | Outcome::ProductBug) && !result.root_cause.is_empty();
    let why = match result.outcome {
        Outcome::Planned => &result.file,
        _ if explained => &result.root_cause,
        _ => &result.reason,
    };
    let place = match (result.pull_request, &result.branch, &result.patch) {
        (Some(number), ..) => Some(format!("pull request #{number}")),
        (None, Some(branch), _) => Some(format!("branch {branch}")),
        (None, None, Some(patch)) => Some(format!("git apply {patch}")),
        (None, None, None) => None,
    };
    // A test without an id goes by digits that say nothing.
    let name = result.fingerprint.starts_with(&result.id).then(|| redact::one_line(&result.name, 200));
    name.into_iter().chain([redact::one_line(why, 300)]).chain(place).filter(|text| !text.is_empty()).collect()
}

fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Healed | Outcome::Assigned | Outcome::Flaky => Tone::Good,
        Outcome::Proposed | Outcome::Skipped | Outcome::Planned => Tone::Doubtful,
        _ => Tone::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::PlannedTest;

    fn result(id: &str, outcome: Outcome, reason: &str, root_cause: &str) -> TestResult {
        let test = PlannedTest { id: id.into(), ..PlannedTest::default() };
        TestResult { root_cause: root_cause.into(), ..TestResult::new(&test, outcome, reason) }
    }

    fn lines(results: &[TestResult]) -> Vec<String> {
        rows(results).iter().map(|row| format!("{:<12}|{}", row.cells[0], row.cells[1])).collect()
    }

    #[test]
    fn an_entry_says_why_and_where_in_80_columns() {
        let cause = "The button that was called \"Add to basket\" is called \"Add to cart\" now.";
        let mut healed = result("ATK-PW-1050", Outcome::Healed, "it passes", cause);
        healed.branch = Some("heal/atk-pw-1050-e316f8f1".into());
        let all = [healed, result("ATK-PW-9", Outcome::ProductBug, "the agent says so", "")];
        assert_eq!(
            lines(&all),
            [
                "healed      |ATK-PW-1050  The button that was called \"Add to basket\" is called",
                "            |             \"Add to cart\" now.",
                "            |             branch heal/atk-pw-1050-e316f8f1",
                "product_bug |ATK-PW-9     the agent says so",
            ]
        );
    }

    #[test]
    fn a_test_without_an_id_is_told_by_its_name() {
        let mut test = result("1a2b3c4d", Outcome::Flaky, "it passes unchanged", "");
        test.fingerprint = "1a2b3c4d5e6f7081".into();
        test.name = "a reader pays".into();
        assert_eq!(
            lines(&[test]),
            ["flaky       |1a2b3c4d  a reader pays", "            |          it passes unchanged"]
        );
    }

    #[test]
    fn of_very_many_the_rest_is_counted() {
        let all = |count: usize| vec![result("A-1", Outcome::Skipped, "outage", ""); count];
        assert_eq!(lines(&all(100)).len(), 100);
        let cut = lines(&all(600));
        assert_eq!((cut.len(), &cut[100][..]), (101, "            |and 500 more, which `--json` lists"));
    }

    #[test]
    fn a_long_id_stands_on_a_line_of_its_own() {
        let id = "the cart of a reader who is not signed in keeps its books";
        let all = [result(id, Outcome::Flaky, "it passes unchanged", ""), result("b", Outcome::Error, "", "")];
        assert_eq!(
            lines(&all),
            [format!("flaky       |{id}"), "            |  it passes unchanged".into(), "error       |b".into()]
        );
        let long = [result(&"x".repeat(200), Outcome::Error, &"words of an error ".repeat(30), "")];
        assert!(lines(&long).iter().all(|line| line.chars().count() <= WIDTH + 6), "{:#?}", lines(&long));
    }
}
