//! Maps the path that a report gives to a file of the repository that may be healed, or says why not. Pure: what the
//! file system knows comes in through a lookup ([`disk`] is the real one).
//!
//! A report is hostile data that was often written on another machine, so a path is never opened to see what it is:
//! it must lead to exactly one file that git tracks, below the root after links are followed, that looks like a test.

pub mod disk;
mod rules;
mod written;

use std::collections::HashMap;
use std::path::Path;

use ctrf::paths::{Found, Paths};

use crate::report::{FailedTest, text};
pub use rules::named_like_test;
use rules::refusal;
use written::{Form, components};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// Relative to the root, `/`-separated. `line` if the path carried one.
    Found { file: String, line: Option<u64> },
    /// The path leads where no fix may go.
    Refused(String),
    /// No file, or more than one, answers to it.
    Unknown(String),
}

/// What is at a path below the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnDisk {
    /// A regular file; where it is after links are followed, relative to the root.
    File(String),
    Directory,
    /// A link that leaves the root.
    Outside,
    /// A pipe, a device, a socket.
    Special,
    Missing,
}

/// What paths of a report were resolved to.
type Known<'t> = HashMap<(&'t str, &'t Path), Location>;

/// As many are remembered: a report may hold any number.
const MAX_KNOWN: usize = 1 << 16;

/// The files that a test may be found in.
pub struct Tree<'a> {
    root: String,
    files: Paths<'a>,
    look: &'a dyn Fn(&str) -> OnDisk,
}

impl<'a> Tree<'a> {
    /// `files` are the paths that git tracks, relative to `root` (and on a developer's machine the untracked ones that
    /// are not ignored). `look` is asked only about clean relative paths.
    pub fn new(root: &Path, files: impl IntoIterator<Item = &'a str>, look: &'a dyn Fn(&str) -> OnDisk) -> Self {
        let files = Paths::new(files.into_iter().collect());
        Tree { root: root.to_string_lossy().trim_end_matches('/').to_owned(), files, look }
    }

    /// Where the failed tests of a report are, in its order. The same path is resolved once.
    pub fn locate_all(&self, tests: &[FailedTest]) -> Vec<Location> {
        let mut known = Known::new();
        let mut locations = Vec::with_capacity(tests.len());
        for test in tests {
            locations.push(match test.file_path.as_deref().filter(|path| !path.is_empty()) {
                Some(path) => self.resolve_once(path, &test.report, &mut known).clone(),
                None => self.search(test, &mut known),
            });
        }
        locations
    }

    fn resolve_once<'k, 't>(&self, path: &'t str, report: &'t Path, known: &'k mut Known<'t>) -> &'k Location {
        if known.len() == MAX_KNOWN {
            known.clear();
        }
        known.entry((path, report)).or_insert_with(|| self.resolve(path, report))
    }

    /// The files that look like tests.
    pub fn test_files(&self) -> impl Iterator<Item = &'a str> {
        self.files.iter().filter(|file| named_like_test(file) && refusal(file).is_none())
    }

    /// Resolves a path as a report wrote it.
    pub fn resolve(&self, path: &str, report: &Path) -> Location {
        let shown = text::printable(path, 200);
        let forms = match written::forms(path) {
            Ok(forms) => forms,
            Err(why) => return Location::Refused(format!("its path `{shown}` {why}")),
        };
        for form in &forms {
            if let Some(location) = self.exactly(form, &shown) {
                return location;
            }
        }
        let mut several = false;
        for form in &forms {
            match self.by_suffix(form, report) {
                Found::One(file) => return self.admit(file, form.line, &shown),
                Found::None => {}
                Found::Several => several = true,
            }
        }
        if several {
            return Location::Unknown(format!("cannot be located: several files end like its path `{shown}`"));
        }
        match forms.first() {
            Some(form) if form.absolute && self.below_root(form).is_none() => {
                Location::Refused(format!("its path `{shown}` lies outside the repository"))
            }
            _ => Location::Unknown(format!("cannot be located: no file at its path `{shown}`")),
        }
    }

    /// The path as it stands, without guessing; `None` if there is nothing.
    fn exactly(&self, form: &Form, shown: &str) -> Option<Location> {
        let relative = if form.absolute { self.below_root(form)? } else { &form.path };
        let Some(relative) = components(relative) else {
            return Some(Location::Refused(format!("its path `{shown}` leads out of the repository")));
        };
        let relative = relative.join("/");
        if self.files.contains(&relative[..]) {
            return Some(self.admit(&relative, form.line, shown));
        }
        let why = match if relative.is_empty() { OnDisk::Directory } else { (self.look)(&relative) } {
            OnDisk::Missing => return None,
            OnDisk::File(_) => refusal(&relative).unwrap_or("is not tracked by git"),
            OnDisk::Directory => "is a directory",
            OnDisk::Outside => "is a link that leaves the repository",
            OnDisk::Special => "is no regular file",
        };
        Some(Location::Refused(format!("its path `{shown}` {why}")))
    }

    /// A file that git tracks: may it be healed, and is it what it seems?
    fn admit(&self, file: &str, line: Option<u64>, shown: &str) -> Location {
        let refused = |why: &str| Location::Refused(format!("its path `{shown}` {why}"));
        if let Some(why) = refusal(file) {
            return refused(why);
        }
        match (self.look)(file) {
            OnDisk::File(real) if real == file => Location::Found { file: real, line },
            OnDisk::File(real) if !self.files.contains(&real[..]) => {
                refused("is a link to a file that git does not track")
            }
            OnDisk::File(real) => match refusal(&real) {
                Some(why) => refused(&format!("is a link to `{}`, which {why}", text::printable(&real, 200))),
                None => Location::Found { file: real, line },
            },
            OnDisk::Directory => refused("is a directory"),
            OnDisk::Outside => refused("is a link that leaves the repository"),
            OnDisk::Special => refused("is no regular file"),
            OnDisk::Missing => {
                Location::Unknown(format!("cannot be located: `{}` is not checked out", text::printable(file, 200)))
            }
        }
    }

    fn below_root<'f>(&self, form: &'f Form) -> Option<&'f str> {
        form.path.strip_prefix(&self.root)?.strip_prefix('/')
    }

    /// The file that could be meant by a path that was written relative to another folder, or on another machine.
    fn by_suffix(&self, form: &Form, report: &Path) -> Found<'a> {
        // A file that should be below this root but is not there was renamed or deleted: no other one is meant.
        if form.absolute && self.below_root(form).is_some() {
            return Found::None;
        }
        let Some(path) = components(&form.path).map(|parts| parts.join("/")).filter(|path| !path.is_empty()) else {
            return Found::None;
        };
        // All of a relative path (it is relative to a folder of this repository) …
        let mut found = if form.absolute { Found::None } else { self.files.ending_in(&path) };
        // … or all of a tracked path (the repository lay elsewhere) …
        if found == Found::None {
            found = self.files.longest_in(&path).map_or(Found::None, Found::One);
        }
        // … or a folder of the repository lay elsewhere: a bare name proves nothing.
        if found == Found::None && form.absolute {
            found = self.files.most_like(&path, 2);
        }
        match found {
            Found::Several => self.nearest(&path, report).map_or(Found::Several, Found::One),
            found => found,
        }
    }

    /// The one file with this path below a folder that the report lies in.
    fn nearest(&self, path: &str, report: &Path) -> Option<&'a str> {
        let report = report.to_string_lossy();
        let report = report.strip_prefix(&self.root).and_then(|rest| rest.strip_prefix('/'))?;
        let folders = report.match_indices('/').map(|(at, _)| &report[..at]);
        let mut near = folders.filter_map(|folder| self.files.get(&format!("{folder}/{path}")));
        near.next().filter(|_| near.next().is_none())
    }

    /// A report without a path: the one test file that suite, name, trace or message point at.
    fn search<'t>(&self, test: &'t FailedTest, known: &mut Known<'t>) -> Location {
        let suite = test.suite.iter().map(String::as_str);
        let places =
            [suite.chain([&test.name[..]]).collect(), vec![&test.trace[..], &test.message], vec![&test.snippet]];
        for texts in places {
            let mut found: Vec<(String, Option<u64>)> = Vec::new();
            for token in texts.into_iter().flat_map(written::paths_in).take(400) {
                if let Location::Found { file, line } = self.resolve_once(token, &test.report, known)
                    && found.iter().all(|(known, _)| known != file)
                {
                    found.push((file.clone(), *line));
                }
            }
            match found.len() {
                0 => {}
                1 => return found.pop().map_or_else(none, |(file, line)| Location::Found { file, line }),
                _ => {
                    return Location::Unknown(
                        "cannot be located: the report gives no path, and several files fit".into(),
                    );
                }
            }
        }
        none()
    }
}

fn none() -> Location {
    Location::Unknown("cannot be located: the report gives no path".into())
}
