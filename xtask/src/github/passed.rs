//! Which of the tests with an open issue passed in a run: for each the report is asked by name, located and identified
//! as a failure would be. A test that passed in one browser and failed in another has not passed.

use std::collections::HashSet;

use anyhow::Result;

use super::issue_text::Run;
use super::issues::Known;
use crate::locate;
use crate::plan::Identity;
use crate::report::{self, FailedTest, Source};
use crate::tools::git::{self, Repository};

/// The fingerprints of the tests that passed, of those with an open issue of this run's target. Empty without asking
/// the report when there is no such issue, or when the report came by standard input and is gone.
pub fn in_reports(known: &Known, run: &Run, sources: &[Source], user: &Repository) -> Result<HashSet<String>> {
    let names = known.open_names(&run.target);
    if names.is_empty() || sources.iter().any(|source| matches!(source, Source::Stdin)) {
        return Ok(HashSet::new());
    }
    let report = report::read_keeping(sources, names)?;
    if report.kept.is_empty() || report.is_doubtful() {
        // A report that is not complete may lack the failure of the same test in another browser.
        return Ok(HashSet::new());
    }
    let mut files = user.tracked()?;
    files.extend(git::entries(&user.run(["ls-files", "-z", "--others", "--exclude-standard"])?));
    let look = locate::disk::below(&user.root);
    let tree = locate::Tree::new(&user.root, files.iter().map(String::as_str), &look);
    let fingerprints = |tests: &[FailedTest]| -> HashSet<String> {
        let located = tree.locate_all(tests);
        let identity = |(test, location)| Identity::of(test, location, &report.tool).fingerprint;
        tests.iter().zip(&located).map(identity).collect()
    };
    let failed = fingerprints(&report.failed);
    Ok(fingerprints(&report.kept).difference(&failed).cloned().collect())
}
