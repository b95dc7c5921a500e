//! What a job that heals hands to the job that publishes: a folder per test with the patch, the verdict, the evidence and
//! the issue's text.
//!
//! It was written beside code of an agent, so nothing in it is believed: it is read within bounds, its identity is
//! computed anew, its patch is judged anew, and what is shown of it is escaped as a report is. The issue's text is there
//! for people; it is never read back.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::error::Failure;
use crate::outcome::{Outcome, TestResult};
use crate::plan::{Identity, PlannedTest};

const SCHEMA: u32 = 1;
const DOCUMENT: &str = "bundle.json";
const PATCH: &str = "fix.patch";
const ISSUE: &str = "issue.md";

/// Bounds: bytes of a document and of a patch, tests of one folder.
const MAX_DOCUMENT: u64 = 512 << 10;
const MAX_PATCH: u64 = 512 << 10;
const MAX_TESTS: usize = 1000;

/// One test of a run that healed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    schema: u32,
    pub id: String,
    pub name: String,
    pub suite: Vec<String>,
    pub suite_file: Option<String>,
    pub file: String,
    pub line: Option<u64>,
    pub projects: Vec<String>,
    pub fingerprint: String,
    pub message: String,
    pub trace: String,
    /// The page when the test failed, as text.
    pub page: Option<String>,
    pub outcome: Outcome,
    pub reason: String,
    pub root_cause: String,
    pub evidence: Vec<String>,
    /// What a person should look at.
    pub concerns: Vec<String>,
    /// Provider and model.
    pub author: Option<String>,
    pub attempts: u32,
}

/// A bundle that was read and found well-formed.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub bundle: Bundle,
    pub test: PlannedTest,
    pub patch: Option<Vec<u8>>,
}

/// Bundles, and a line for each that cannot be used.
#[derive(Debug, Default)]
pub struct Reading {
    pub found: Vec<Found>,
    pub refused: Vec<String>,
}

impl Bundle {
    pub fn new(test: &PlannedTest, result: &TestResult) -> Self {
        Bundle {
            schema: SCHEMA,
            id: test.id.clone(),
            name: test.name.clone(),
            suite: test.suite.clone(),
            suite_file: test.suite_file.clone(),
            file: test.file.clone(),
            line: test.line,
            projects: test.projects.clone(),
            fingerprint: test.fingerprint.clone(),
            message: test.message.clone(),
            trace: test.trace.clone(),
            page: None,
            outcome: result.outcome,
            reason: result.reason.clone(),
            root_cause: result.root_cause.clone(),
            evidence: Vec::new(),
            concerns: Vec::new(),
            author: None,
            attempts: result.attempts,
        }
    }

    /// Writes `DIR/FINGERPRINT/`. The document is written last and whole: a folder without one is none.
    pub fn write(&self, dir: &Path, patch: Option<&[u8]>, issue: &str) -> Result<()> {
        let folder = dir.join(&self.fingerprint);
        let cannot = || format!("cannot write the bundle `{}`", folder.display());
        fs::create_dir_all(&folder).with_context(cannot)?;
        let put = |name: &str, bytes: &[u8]| -> Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(&folder)?;
            file.write_all(bytes)?;
            file.persist(folder.join(name))?;
            Ok(())
        };
        match patch {
            Some(patch) => put(PATCH, patch).with_context(cannot)?,
            None => drop(fs::remove_file(folder.join(PATCH))),
        }
        put(ISSUE, issue.as_bytes()).with_context(cannot)?;
        put(DOCUMENT, &serde_json::to_vec_pretty(self)?).with_context(cannot)
    }

    /// The test that the bundle is about, or what is wrong with it. `folder` is the name that it was found under.
    fn check(&self, folder: &str) -> Result<PlannedTest, String> {
        if self.schema != SCHEMA {
            return Err(format!("schema {} is not {SCHEMA}", self.schema));
        }
        let plain_path = !self.file.is_empty()
            && self.file.len() <= 1000
            && !self.file.chars().any(char::is_control)
            && self.file.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if !plain_path {
            return Err("its file is no path in a repository".into());
        }
        if self.suite.len() > 100 || self.projects.len() > 100 {
            return Err("its suite or its projects are too many".into());
        }
        if self.fingerprint != folder || Identity::fingerprint(&self.file, &self.suite, &self.name) != self.fingerprint
        {
            return Err("its fingerprint is not that of its test".into());
        }
        let own_id = self.fingerprint.starts_with(&self.id) && self.id.len() == 8;
        if !own_id && (self.id.is_empty() || self.id.len() > 64 || !self.name.contains(&self.id)) {
            return Err("its id is not in its test's name".into());
        }
        Ok(PlannedTest {
            id: self.id.clone(),
            name: self.name.clone(),
            suite: self.suite.clone(),
            suite_file: self.suite_file.clone(),
            file: self.file.clone(),
            line: self.line,
            projects: self.projects.clone(),
            fingerprint: self.fingerprint.clone(),
            message: self.message.clone(),
            trace: self.trace.clone(),
            ..PlannedTest::default()
        })
    }
}

/// Reads every bundle in a folder.
///
/// # Errors
/// When the folder cannot be read. What is in it is never an error.
pub fn read(dir: &Path) -> Result<Reading> {
    let unreadable = |error: std::io::Error| {
        let failure = Failure::usage(format!("cannot read the bundle `{}`: {error}", dir.display()));
        failure.hint("name a folder that `cargo heal --bundle DIR` wrote")
    };
    let mut folders: Vec<_> = fs::read_dir(dir).map_err(unreadable)?.collect::<Result<_, _>>().map_err(unreadable)?;
    folders.sort_by_key(fs::DirEntry::file_name);
    let mut reading = Reading::default();
    for entry in folders {
        let name = entry.file_name().to_string_lossy().into_owned();
        // A link could lead anywhere; `file_type` does not follow it.
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) || !crate::github::issue_text::is_fingerprint(&name) {
            continue;
        }
        if reading.found.len() >= MAX_TESTS {
            reading.refused.push(format!("more than {MAX_TESTS} tests: `{name}` and what follows is left out"));
            break;
        }
        match read_one(&entry.path(), &name) {
            Ok(Some(found)) => reading.found.push(found),
            Ok(None) => {}
            Err(why) => reading.refused.push(format!("bundle `{name}`: {why}")),
        }
    }
    Ok(reading)
}

/// `None` for a folder that was never finished.
fn read_one(folder: &Path, name: &str) -> Result<Option<Found>, String> {
    let Some(document) = read_file(&folder.join(DOCUMENT), MAX_DOCUMENT)? else { return Ok(None) };
    let bundle: Bundle = serde_json::from_slice(&document).map_err(|error| format!("{DOCUMENT}: {error}"))?;
    let test = bundle.check(name)?;
    let patch = read_file(&folder.join(PATCH), MAX_PATCH)?;
    Ok(Some(Found { bundle, test, patch }))
}

fn read_file(path: &Path, max: u64) -> Result<Option<Vec<u8>>, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("{name}: {error}")),
    };
    if !metadata.is_file() {
        return Err(format!("{name} is no regular file"));
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|error| format!("{name}: {error}"))?;
    // One byte more, to see that it is too large even when it grew since.
    file.take(max + 1).read_to_end(&mut bytes).map_err(|error| format!("{name}: {error}"))?;
    if bytes.len() as u64 > max { Err(format!("{name} is larger than {max} bytes")) } else { Ok(Some(bytes)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle() -> Bundle {
        let mut bundle = Bundle {
            schema: SCHEMA,
            id: "A-1".into(),
            name: "(A-1) works".into(),
            suite: vec!["Suite".into()],
            suite_file: None,
            file: "tests/a.spec.js".into(),
            line: None,
            projects: vec!["chromium".into()],
            fingerprint: String::new(),
            message: "Error".into(),
            trace: String::new(),
            page: None,
            outcome: Outcome::Healed,
            reason: String::new(),
            root_cause: String::new(),
            evidence: Vec::new(),
            concerns: Vec::new(),
            author: None,
            attempts: 1,
        };
        bundle.fingerprint = Identity::fingerprint(&bundle.file, &bundle.suite, &bundle.name);
        bundle
    }

    #[test]
    fn comes_back_as_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        bundle().write(dir.path(), Some(b"patch"), "# issue").unwrap();
        // A run that died before the document was written.
        fs::create_dir(dir.path().join("0123456789abcdef")).unwrap();
        let reading = read(dir.path()).unwrap();
        assert_eq!(reading.refused, Vec::<String>::new());
        assert_eq!(reading.found.len(), 1);
        assert_eq!((&reading.found[0].bundle, reading.found[0].patch.as_deref()), (&bundle(), Some(&b"patch"[..])));
        // Written again without a patch, the old one is gone.
        bundle().write(dir.path(), None, "# issue").unwrap();
        assert_eq!(read(dir.path()).unwrap().found[0].patch, None);
    }

    #[test]
    fn believes_nothing() {
        let wrong = |change: fn(&mut Bundle)| {
            let mut bundle = bundle();
            let folder = bundle.fingerprint.clone();
            change(&mut bundle);
            bundle.check(&folder).err()
        };
        assert_eq!(wrong(|_| ()), None);
        type Change = fn(&mut Bundle);
        let cases: [(Change, &str); 8] = [
            (|b| b.schema = 2, "schema"),
            (|b| b.name = "another".into(), "fingerprint"),
            (|b| b.fingerprint = "0123456789abcdef".into(), "fingerprint"),
            (|b| b.file = "../../etc/passwd".into(), "path"),
            (|b| b.file = "/etc/passwd".into(), "path"),
            (|b| b.file = String::new(), "path"),
            (|b| b.id = "B-2".into(), "id"),
            (|b| b.suite = vec![String::new(); 101], "suite"),
        ];
        for (change, expected) in cases {
            let said = wrong(change).unwrap_or_default();
            assert!(said.contains(expected), "{expected}: {said}");
        }
    }

    #[test]
    fn refuses_what_is_no_file_or_too_large() {
        let dir = tempfile::tempdir().unwrap();
        let put = |change: &dyn Fn(&Path)| {
            bundle().write(dir.path(), Some(b"patch"), "").unwrap();
            let folder = dir.path().join(bundle().fingerprint);
            change(&folder);
            let reading = read(dir.path()).unwrap();
            assert_eq!(reading.found.len(), 0);
            fs::remove_dir_all(folder).unwrap();
            reading.refused.join("\n")
        };
        let link = |folder: &Path| {
            fs::remove_file(folder.join(PATCH)).unwrap();
            std::os::unix::fs::symlink("/etc/passwd", folder.join(PATCH)).unwrap();
        };
        assert!(put(&link).contains("no regular file"));
        let large = |folder: &Path| fs::write(folder.join(PATCH), vec![b'x'; 600 << 10]).unwrap();
        assert!(put(&large).contains("larger"));
        let more = |folder: &Path| {
            let mut value: serde_json::Value = serde_json::to_value(bundle()).unwrap();
            value["more"] = true.into();
            fs::write(folder.join(DOCUMENT), value.to_string()).unwrap();
        };
        assert!(put(&more).contains("unknown field"));
        assert!(read(&dir.path().join("none")).is_err());
    }
}
