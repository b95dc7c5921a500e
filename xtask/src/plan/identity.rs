//! Who a failed test is: the same answer on every machine, in every browser project, on every run.

use crate::digest;

use crate::locate::Location;
use crate::report::FailedTest;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// 16 hex digits: the head of SHA-256 over file, suite and name, each ended by NUL.
    pub fingerprint: String,
    pub file: String,
    pub suite: Vec<String>,
    pub suite_file: Option<String>,
    pub project: Option<String>,
}

impl Identity {
    /// `tool` is `results.tool.name`.
    pub fn of(failed: &FailedTest, location: &Location, tool: &str) -> Self {
        let file = match location {
            Location::Found { file, .. } => file.clone(),
            // Not found on this machine: the path as it is written.
            _ => failed.file_path.as_deref().unwrap_or("").replace('\\', "/"),
        };
        let (mut project, suite_file, suite) = split_suite(failed, &file);
        // Other runners have no projects, but a matrix of browsers. Playwright's browser is no name of a project.
        if project.is_none() && !tool.eq_ignore_ascii_case("playwright") {
            project = failed.browser.clone();
        }
        let fingerprint = Self::fingerprint(&file, &suite, &failed.name);
        Identity { fingerprint, file, suite, suite_file, project }
    }

    /// The hash of an identity's parts.
    pub fn fingerprint(file: &str, suite: &[String], name: &str) -> String {
        let mut parts = format!("{file}\0");
        for part in suite {
            parts.push_str(part);
            parts.push('\0');
        }
        parts.push_str(name);
        parts.push('\0');
        digest::short(parts.as_bytes())
    }
}

/// Splits `project > file > describe > …` (Playwright, which leaves the project out if it has no name) or
/// `file > describe > …` (Jest) at the segment that names the file.
fn split_suite(failed: &FailedTest, file: &str) -> (Option<String>, Option<String>, Vec<String>) {
    let written = failed.file_path.as_deref().unwrap_or("").replace('\\', "/");
    let names_file = |segment: &&String| {
        let segment = segment.replace('\\', "/");
        let segment = segment.trim_start_matches("./").trim_start_matches("../");
        let ends = |path: &str| path.strip_suffix(segment).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
        !segment.is_empty() && (ends(file) || ends(&written))
    };
    match failed.suite.iter().take(3).position(|segment| names_file(&segment)) {
        Some(at) => {
            let project = (at > 0).then(|| failed.suite[..at].join(" > "));
            (project, Some(failed.suite[at].clone()), failed.suite[at + 1..].to_vec())
        }
        None => (None, None, failed.suite.clone()),
    }
}

/// The id that a name carries: the pattern's first group, or all of the match.
pub fn id_in(name: &str, pattern: &regex::Regex) -> Option<String> {
    let captures = pattern.captures(name)?;
    let id = captures.get(1).or_else(|| captures.get(0))?.as_str().trim();
    let usable = !id.is_empty() && id.len() <= 64 && !id.chars().any(char::is_control);
    usable.then(|| id.to_owned())
}

/// Lower-case letters, digits and single dashes, at most 40: safe in a branch name.
pub fn slug(id: &str) -> String {
    let mut slug = String::new();
    for char in id.chars() {
        if char.is_ascii_alphanumeric() {
            slug.push(char.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() == 40 {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}
