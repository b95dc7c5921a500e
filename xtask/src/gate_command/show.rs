//! A judgement for a person, with the old and the new lines side by side, and for GitHub's annotations.

use crate::gate::{FileChange, Finding, Hunks, Judgement, Verdict};
use crate::quantity;
use crate::ui::{Tone, Ui};

/// Two columns and what is between them make 80.
const COLUMN: usize = 36;
/// Lines of a hunk that are shown.
const SHOWN: usize = 8;

pub fn judgement(judgement: &Judgement, changes: &[FileChange], ui: &Ui) {
    let mut last_shown = None;
    // The findings of a file stand together.
    let mut compared: Option<(&str, Hunks)> = None;
    for finding in &judgement.findings {
        let (tone, word) = tone(finding.verdict);
        ui.say(tone, &format!("{word}  {}  {}:{}", finding.rule, finding.file, finding.line));
        let test = finding.test.as_ref().map(|title| format!(", in “{title}”")).unwrap_or_default();
        ui.line(&format!("  {}{test}", finding.message));
        let Some(change) = changes.iter().find(|change| change.path == finding.file) else { continue };
        if compared.as_ref().is_none_or(|(path, _)| *path != change.path) {
            compared = Some((&change.path, Hunks::of(text(change.old.as_ref()), text(change.new.as_ref()))));
        }
        let hunk = compared.as_ref().and_then(|(_, hunks)| hunks.at(finding.line));
        let Some((old, new)) = hunk else { continue };
        let here = (finding.file.clone(), old.first().map(|(at, _)| *at), new.first().map(|(at, _)| *at));
        if last_shown.as_ref() != Some(&here) {
            side_by_side(&old, &new, ui);
        }
        last_shown = Some(here);
    }
    let (tone, word) = tone(judgement.verdict);
    let findings = quantity::of(judgement.findings.len(), "finding");
    let summary = match judgement.verdict {
        Verdict::Accept => format!("{word}: {}, nothing to object to", quantity::of(changes.len(), "changed file")),
        Verdict::Review => format!("{word}: a person must decide ({findings})"),
        Verdict::Refuse => format!("{word}: this change is not to be believed ({findings})"),
    };
    ui.say(tone, &summary);
}

fn tone(verdict: Verdict) -> (Tone, &'static str) {
    match verdict {
        Verdict::Accept => (Tone::Good, "accept"),
        Verdict::Review => (Tone::Doubtful, "review"),
        Verdict::Refuse => (Tone::Bad, "refuse"),
    }
}

fn text(blob: Option<&crate::gate::Blob>) -> &str {
    blob.and_then(|blob| std::str::from_utf8(&blob.bytes).ok()).unwrap_or_default()
}

fn side_by_side(old: &[(usize, &str)], new: &[(usize, &str)], ui: &Ui) {
    let indent = old
        .iter()
        .chain(new)
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(_, line)| line.len() - line.trim_start().len())
        .min();
    let cell = |side: &[(usize, &str)], at: usize| {
        side.get(at)
            .map(|(_, line)| line.get(indent.unwrap_or(0)..).unwrap_or(line.trim_start()).to_owned())
            .unwrap_or_default()
    };
    let rows = old.len().max(new.len());
    for at in 0..rows.min(SHOWN) {
        let (old, new) = around_difference(&cell(old, at), &cell(new, at));
        ui.line(format!("  - {old:<COLUMN$} + {new}").trim_end());
    }
    if rows > SHOWN {
        ui.say(Tone::Quiet, &format!("    … {} more lines", rows - SHOWN));
    }
}

/// Both lines cut to a column, at the same place, so that what differs is seen.
fn around_difference(old: &str, new: &str) -> (String, String) {
    let [old, new] = [old, new].map(|line| line.replace('\t', "  ").chars().collect::<Vec<_>>());
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let too_long = old.len().max(new.len()).saturating_sub(COLUMN);
    let start = same.saturating_sub(COLUMN / 3).min(too_long);
    (column(&old, start), column(&new, start))
}

fn column(line: &[char], start: usize) -> String {
    let mut shown: Vec<char> = line.iter().skip(start).copied().collect();
    if let Some(first) = shown.first_mut().filter(|_| start > 0) {
        *first = '…';
    }
    if shown.len() > COLUMN {
        shown.truncate(COLUMN - 1);
        shown.push('…');
    }
    shown.into_iter().collect()
}

/// A workflow command. <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>
pub fn annotation(finding: &Finding) -> String {
    let level = if finding.verdict == Verdict::Refuse { "error" } else { "warning" };
    let test = finding.test.as_ref().map(|title| format!(" (in “{title}”)")).unwrap_or_default();
    let (file, rule) = (property(&finding.file), property(finding.rule));
    format!("::{level} file={file},line={},title={rule}::{}", finding.line, data(&format!("{}{test}", finding.message)))
}

fn data(text: &str) -> String {
    let plain: String =
        text.chars().map(|next| if next.is_control() && !matches!(next, '\r' | '\n') { ' ' } else { next }).collect();
    plain.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_seen_in_lines_that_are_too_long() {
        let line = |text: &str| format!("await expect(page.getByTestId('state')).toHaveText('{text}');");
        let (old, new) = around_difference(&line("Paid"), &line("Payed"));
        assert_eq!(
            (old.as_str(), new.as_str()),
            ("…stId('state')).toHaveText('Paid');", "…stId('state')).toHaveText('Payed');")
        );
        let (old, new) = around_difference(&"x".repeat(90), &format!("{}y{}", "x".repeat(40), "z".repeat(40)));
        assert_eq!((old.len(), new.as_str()), (40, "…xxxxxxxxxxxyzzzzzzzzzzzzzzzzzzzzzz…"));
        let (old, new) = around_difference(&line("Paid"), "");
        assert_eq!((old.as_str(), new.as_str()), ("await expect(page.getByTestId('stat…", ""));
    }

    #[test]
    fn an_annotation_cannot_be_broken_out_of() {
        let finding = Finding {
            rule: "skipped-test",
            verdict: Verdict::Refuse,
            file: "tests/a,b:c\n::error::x.js".into(),
            line: 3,
            test: Some("100%\r\n::set-output name=a::b".into()),
            message: "`skip`".into(),
        };
        let line = annotation(&finding);
        assert_eq!(line.lines().count(), 1);
        assert!(
            line.starts_with("::error file=tests/a%2Cb%3Ac%0A%3A%3Aerror%3A%3Ax.js,line=3,title=skipped-test::`skip`"),
            "{line}"
        );
        assert!(line.ends_with("(in “100%25%0D%0A::set-output name=a::b”)"), "{line}");
    }
}
