//! Maps the path that a report gives to a file of the repository that may be healed, or says why not. Pure: what the
//! file system knows comes in through a lookup ([`disk`] is the real one).
//!
//! A report is hostile data that was often written on another machine, so a path is never opened to see what it is:
//! it must lead to exactly one file that git tracks, below the root after links are followed, that looks like a test.

pub mod disk;
mod rules;
mod written;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

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

/// The files that a test may be found in.
pub struct Tree<'a> {
    root: String,
    files: BTreeSet<&'a str>,
    by_name: HashMap<&'a str, Vec<&'a str>>,
    tests: Vec<glob::Pattern>,
    look: &'a dyn Fn(&str) -> OnDisk,
}

impl<'a> Tree<'a> {
    /// `files` are the paths that git tracks, relative to `root` (and on a developer's machine the untracked ones that
    /// are not ignored). `tests` are globs of files that are tests though they do not look like it. `look` is asked
    /// only about clean relative paths.
    pub fn new(
        root: &Path,
        files: impl IntoIterator<Item = &'a str>,
        tests: Vec<glob::Pattern>,
        look: &'a dyn Fn(&str) -> OnDisk,
    ) -> Self {
        let files: BTreeSet<&str> = files.into_iter().collect();
        let mut by_name: HashMap<&str, Vec<&str>> = HashMap::new();
        for file in &files {
            by_name.entry(name_of(file)).or_default().push(file);
        }
        Tree { root: root.to_string_lossy().trim_end_matches('/').to_owned(), files, by_name, tests, look }
    }

    /// Where a failed test is.
    pub fn locate(&self, test: &FailedTest) -> Location {
        match test.file_path.as_deref().filter(|path| !path.is_empty()) {
            Some(path) => self.resolve(path, &test.report),
            None => self.search(test),
        }
    }

    /// Those of all failed tests of a report, in its order. The same path is resolved once.
    pub fn locate_all(&self, tests: &[FailedTest]) -> Vec<Location> {
        let mut known: HashMap<(&str, &Path), Location> = HashMap::new();
        let mut locations = Vec::with_capacity(tests.len());
        for test in tests {
            locations.push(match test.file_path.as_deref().filter(|path| !path.is_empty()) {
                Some(path) => {
                    let resolve = || self.resolve(path, &test.report);
                    known.entry((path, &test.report)).or_insert_with(resolve).clone()
                }
                None => self.search(test),
            });
        }
        locations
    }

    /// The files that look like tests: a report older than one of them is stale.
    pub fn test_files(&self) -> impl Iterator<Item = &'a str> {
        self.files.iter().copied().filter(|file| named_like_test(file) && refusal(file, &[]).is_none())
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
            let mut found = self.by_suffix(form);
            if found.len() > 1 {
                found = self.nearest(found, form, report);
            }
            match found[..] {
                [file] => return self.admit(file, form.line, &shown),
                [] => {}
                _ => several = true,
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
            OnDisk::File(_) => refusal(&relative, &self.tests).unwrap_or("is not tracked by git"),
            OnDisk::Directory => "is a directory",
            OnDisk::Outside => "is a link that leaves the repository",
            OnDisk::Special => "is no regular file",
        };
        Some(Location::Refused(format!("its path `{shown}` {why}")))
    }

    /// A file that git tracks: may it be healed, and is it what it seems?
    fn admit(&self, file: &str, line: Option<u64>, shown: &str) -> Location {
        let refused = |why: &str| Location::Refused(format!("its path `{shown}` {why}"));
        if let Some(why) = refusal(file, &self.tests) {
            return refused(why);
        }
        match (self.look)(file) {
            OnDisk::File(real) if real == file => Location::Found { file: real, line },
            OnDisk::File(real) if !self.files.contains(&real[..]) => {
                refused("is a link to a file that git does not track")
            }
            OnDisk::File(real) => match refusal(&real, &self.tests) {
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

    /// Files that could be meant by a path that was written relative to another folder, or on another machine.
    fn by_suffix(&self, form: &Form) -> Vec<&'a str> {
        // A file that should be below this root but is not there was renamed or deleted: no other one is meant.
        if form.absolute && self.below_root(form).is_some() {
            return Vec::new();
        }
        let Some(parts) = components(&form.path) else { return Vec::new() };
        let Some(candidates) = parts.last().and_then(|name| self.by_name.get(name)) else { return Vec::new() };
        // How many components agree from the end, and whether that is all of the tracked path.
        let agreeing: Vec<(usize, bool, &str)> = candidates
            .iter()
            .map(|file| {
                let agree =
                    file.rsplit('/').zip(parts.iter().rev()).take_while(|(ours, theirs)| ours == *theirs).count();
                (agree, agree == file.split('/').count(), *file)
            })
            .collect();
        let best = |admitted: &dyn Fn(usize, bool) -> bool| -> Vec<&'a str> {
            let admitted: Vec<_> = agreeing.iter().filter(|(agree, whole, _)| admitted(*agree, *whole)).collect();
            let most = admitted.iter().map(|(agree, ..)| *agree).max();
            admitted.iter().filter(|(agree, ..)| Some(*agree) == most).map(|(.., file)| *file).collect()
        };
        // All of a relative path (it is relative to a folder of this repository) …
        if !form.absolute {
            let found = best(&|agree, _| agree == parts.len());
            if !found.is_empty() {
                return found;
            }
        }
        // … or all of a tracked path (the repository lay elsewhere) …
        let found = best(&|_, whole| whole);
        if !found.is_empty() || !form.absolute {
            return found;
        }
        // … or a folder of the repository lay elsewhere: a bare name proves nothing.
        best(&|agree, _| agree >= 2)
    }

    /// Of several files that end alike, the one below the folder that the report lies in.
    fn nearest(&self, found: Vec<&'a str>, form: &Form, report: &Path) -> Vec<&'a str> {
        let report = report.to_string_lossy();
        let Some(report) = report.strip_prefix(&self.root).and_then(|rest| rest.strip_prefix('/')) else {
            return found;
        };
        let base = |file: &str| file.strip_suffix(&form.path[..]).map(str::to_owned);
        let near: Vec<&str> = found
            .iter()
            .copied()
            .filter(|file| base(file).is_some_and(|base| !base.is_empty() && report.starts_with(&base[..])))
            .collect();
        if near.len() == 1 { near } else { found }
    }

    /// A report without a path: the one test file that suite, name, trace or message point at.
    fn search(&self, test: &FailedTest) -> Location {
        let suite = test.suite.join("\n");
        let places = [[&suite[..], &test.name], [&test.trace, &test.message], [&test.snippet, ""]];
        for texts in places {
            let mut found: BTreeMap<String, Option<u64>> = BTreeMap::new();
            for token in texts.iter().flat_map(|text| written::paths_in(text)).take(400) {
                if let Location::Found { file, line } = self.resolve(token, &test.report) {
                    found.entry(file).or_insert(line);
                }
            }
            match found.len() {
                0 => {}
                1 => return found.into_iter().next().map_or_else(none, |(file, line)| Location::Found { file, line }),
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

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
