//! One issue per failing test: finds it, makes it, keeps it up to date, closes it.
//!
//! Every write may be the last before the process dies, and its reply may be lost. So each is preceded by a look at what
//! is there, and what marks a run as done is written last.

use std::collections::HashSet;

use anyhow::Result;
use serde_json::{Value, json};

use super::issue_text::{self, Run, Seen};
use super::marker::{self, Marker};
use super::{GitHub, LABEL, pull_request_text, text};
use crate::error::Failure;
use crate::plan::PlannedTest;
use crate::tools::gh::{CallError, Request};

/// How often a creation is tried whose reply is lost each time.
const CREATIONS: u32 = 4;

/// An issue or pull request as a listing shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub number: u64,
    pub title: String,
    pub open: bool,
    pub body: String,
    pub marker: Option<Marker>,
    pub labels: Vec<String>,
    pub assignees: Vec<String>,
    pub comments: u64,
    pub pull_request: bool,
    pub merged: bool,
    /// Whoever wrote it may write to the repository, or is a bot: only then is a marker believed without the label.
    trusted: bool,
}

impl Entry {
    pub fn read(value: &Value) -> Option<Entry> {
        let names = |list: &Value, key: &str| -> Vec<String> {
            let entries = list.as_array().into_iter().flatten();
            entries.filter_map(|entry| entry.as_str().or_else(|| entry[key].as_str()).map(str::to_owned)).collect()
        };
        let body = value["body"].as_str().unwrap_or_default().to_owned();
        let association = value["author_association"].as_str().unwrap_or_default();
        Some(Entry {
            number: value["number"].as_u64()?,
            title: value["title"].as_str().unwrap_or_default().to_owned(),
            open: value["state"].as_str() == Some("open"),
            marker: Marker::find(&body),
            body,
            labels: names(&value["labels"], "name"),
            assignees: names(&value["assignees"], "login"),
            comments: value["comments"].as_u64().unwrap_or(0),
            pull_request: value["pull_request"].is_object(),
            merged: value["pull_request"]["merged_at"].is_string(),
            trusted: value["user"]["type"].as_str() == Some("Bot")
                || matches!(association, "OWNER" | "MEMBER" | "COLLABORATOR"),
        })
    }

    fn is_ours(&self) -> bool {
        self.has_label(LABEL) || self.trusted
    }

    fn has_label(&self, label: &str) -> bool {
        self.labels.iter().any(|own| own.eq_ignore_ascii_case(label))
    }

    pub fn is_about(&self, fingerprint: &str) -> bool {
        self.marker.as_ref().is_some_and(|marker| marker.all("fingerprint").iter().any(|own| own == fingerprint))
    }
}

/// What the repository holds of the tool's: read once per run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    pub entries: Vec<Entry>,
}

impl Known {
    /// The issue about `fingerprint`, and open ones beside it that two runs made at once. The oldest open one counts,
    /// else the oldest. Without any, one with the title and no marker, of before there were markers.
    pub fn issue(&self, fingerprint: &str, title: &str) -> (Option<&Entry>, Vec<&Entry>) {
        let issues = || self.entries.iter().filter(|entry| !entry.pull_request);
        let about: Vec<&Entry> = issues().filter(|entry| entry.is_ours() && entry.is_about(fingerprint)).collect();
        let chosen = about.iter().min_by_key(|entry| (!entry.open, entry.number)).copied();
        if let Some(chosen) = chosen {
            let others = about.into_iter().filter(|entry| entry.open && entry.number != chosen.number).collect();
            return (Some(chosen), others);
        }
        let title = text::without_breaks(title);
        let same = |entry: &&Entry| {
            entry.marker.is_none() && entry.has_label(LABEL) && text::without_breaks(&entry.title).trim() == title
        };
        (issues().filter(same).min_by_key(|entry| (!entry.open, entry.number)), Vec::new())
    }

    /// The names of the tests with an open issue about this target.
    pub fn open_names(&self, target: &str) -> HashSet<String> {
        let open = self.entries.iter().filter(|entry| entry.open && !entry.pull_request && entry.is_ours());
        let markers = open.filter_map(|entry| entry.marker.as_ref());
        let here = markers.filter(|marker| marker.all("target").iter().any(|own| own == target));
        here.filter_map(|marker| marker.get("name").map(str::to_owned)).collect()
    }

    pub fn pull_requests<'a>(&'a self, fingerprint: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| entry.pull_request && entry.is_ours() && entry.is_about(fingerprint))
    }
}

/// The issue of one failed test, as a run left it.
#[derive(Clone, Debug, PartialEq)]
pub struct IssueState {
    pub number: u64,
    pub title: String,
    pub assignees: Vec<String>,
    /// The issue is of this run.
    pub created: bool,
    /// Pull requests about the same test: open ones, and those that a person closed unmerged.
    pub open_pull_requests: Vec<u64>,
    pub declined: Vec<Declined>,
}

/// A pull request that a person closed without merging, and the patch that was thereby declined.
#[derive(Clone, Debug, PartialEq)]
pub struct Declined {
    pub number: u64,
    /// As `git patch-id --stable` gives it.
    pub patch_id: String,
}

impl GitHub {
    /// Reads the tool's issues and pull requests. By their label; and the newest without it, since a listing by label may
    /// be some seconds behind, and a label may have been dropped.
    pub fn known(&self) -> Result<Known> {
        let by_label = format!("issues?state=all&labels={LABEL}&sort=created&direction=asc");
        let mut entries = self.entries(&self.list("list the issues", &self.path(&by_label))?);
        for entry in self.newest()? {
            if entry.marker.is_some() && !entries.iter().any(|known| known.number == entry.number) {
                entries.push(entry);
            }
        }
        Ok(Known { entries })
    }

    fn newest(&self) -> Result<Vec<Entry>> {
        let path = self.path("issues?state=all&sort=created&direction=desc&per_page=100");
        let listed = self.require("list the newest issues", &Request::get(path))?;
        Ok(self.entries(listed.as_array().map_or(&[], Vec::as_slice)))
    }

    fn entries(&self, values: &[Value]) -> Vec<Entry> {
        values.iter().filter_map(Entry::read).collect()
    }

    /// Brings the issue of one failed test up to date: creates, adopts, comments, reopens.
    pub fn sync_issue(&self, known: &Known, seen: &Seen, run: &Run) -> Result<IssueState> {
        let title = issue_text::title(seen.test);
        let fingerprint = &seen.test.fingerprint;
        let subject = Subject {
            fingerprint,
            title: &title,
            body: &|old| issue_text::body(seen, run, old),
            comment: &|closed| issue_text::failed_comment(seen, run, closed),
        };
        let (entry, created) = self.sync(known, &subject, run)?;
        let about = || known.pull_requests(fingerprint);
        let declined = about().filter(|entry| !entry.open && !entry.merged).filter_map(|entry| {
            let patch_id = entry.marker.as_ref()?.get("patch")?.to_owned();
            Some(Declined { number: entry.number, patch_id })
        });
        Ok(IssueState {
            number: entry.number,
            title: entry.title,
            assignees: entry.assignees,
            created,
            open_pull_requests: about().filter(|entry| entry.open).map(|entry| entry.number).collect(),
            declined: declined.collect(),
        })
    }

    /// The one issue for a run in which too much failed. Returns its number.
    pub fn sync_outage(&self, known: &Known, tests: &[PlannedTest], run: &Run) -> Result<u64> {
        let limit = self.options.max_failures;
        let subject = Subject {
            fingerprint: &issue_text::outage_fingerprint(&run.target),
            title: &issue_text::outage_title(&run.target),
            body: &|old| {
                let (marker, others) = old.map_or((None, ""), |(_, marker, others)| (marker, others));
                issue_text::outage_body(tests, limit, run, marker, others)
            },
            comment: &|_| issue_text::outage_comment(tests, limit, run),
        };
        Ok(self.sync(known, &subject, run)?.0.number)
    }

    /// Closes the open issues whose test passed in this run: of the same target only, and only when the default branch
    /// was under test. `passed` answers for a fingerprint; an outage of the target is over when `outage` is false.
    pub fn close_passed(
        &self,
        known: &Known,
        run: &Run,
        passed: &dyn Fn(&str) -> bool,
        outage: bool,
    ) -> Result<Vec<u64>> {
        let mut closed = Vec::new();
        if !self.tests_the_default_branch()? {
            return Ok(closed);
        }
        let over = issue_text::outage_fingerprint(&run.target);
        for entry in known.entries.iter().filter(|entry| entry.open && !entry.pull_request && entry.is_ours()) {
            let Some(marker) = &entry.marker else { continue };
            let targets = marker.all("target");
            let is_over = |fingerprint: &str| if fingerprint == over { !outage } else { passed(fingerprint) };
            if !targets.contains(&run.target) || !marker.get("fingerprint").is_some_and(is_over) {
                continue;
            }
            let elsewhere: Vec<String> = targets.into_iter().filter(|target| *target != run.target).collect();
            self.run_comment(entry.number, entry.comments, run, &issue_text::passed_comment(run, &elsewhere))?;
            let mut marker = marker.clone();
            marker.set("target", &elsewhere);
            let mut change = json!({ "body": marker.replace_in(&entry.body) });
            if elsewhere.is_empty() {
                change["state"] = json!("closed");
                change["state_reason"] = json!("completed");
                closed.push(entry.number);
            }
            self.update(entry.number, change)?;
        }
        Ok(closed)
    }

    /// Outside of an event that says so, GitHub is asked which branch that is.
    fn tests_the_default_branch(&self) -> Result<bool> {
        if self.context.default_branch.is_some() || self.context.branch.is_none() || self.context.pull_request.is_some()
        {
            return Ok(self.context.on_default_branch());
        }
        let path = self.path("");
        let repository = self.require("show the repository", &Request::get(path.trim_end_matches('/')))?;
        Ok(repository["default_branch"].as_str() == self.context.branch.as_deref())
    }

    fn sync(&self, known: &Known, subject: &Subject, run: &Run) -> Result<(Entry, bool)> {
        let (entry, duplicates) = known.issue(subject.fingerprint, subject.title);
        for duplicate in duplicates {
            self.close_duplicate(duplicate, entry.map_or(0, |entry| entry.number), run)?;
        }
        let Some(entry) = entry else {
            let created = self.create(subject)?;
            return Ok((self.settle(subject, created, run)?, true));
        };
        let marker = entry.marker.as_ref();
        let is_done = marker.is_some_and(|marker| {
            marker.get("run") == Some(run.key.as_str()) && marker.all("target").contains(&run.target)
        });
        if !is_done {
            self.run_comment(entry.number, entry.comments, run, &(subject.comment)(!entry.open))?;
        }
        let mut change = json!({});
        if !is_done {
            // Written last: whoever finds this run in the marker need not look for its comment.
            change["body"] = json!((subject.body)(Some((entry.number, marker, marker::of_others(&entry.body)))));
        }
        if !entry.open {
            change["state"] = json!("open");
        }
        if change != json!({}) {
            self.update(entry.number, change)?;
        }
        self.ensure_labels(entry)?;
        Ok((entry.clone(), false))
    }

    /// Makes an issue, once: after a lost reply it looks before it asks again.
    fn create(&self, subject: &Subject) -> Result<Entry> {
        let body = json!({ "title": subject.title, "body": (subject.body)(None), "labels": self.labels() });
        let request = Request::create(self.path("issues"), body);
        let mut said = String::new();
        for attempt in 0..CREATIONS {
            match self.gh.call(&request) {
                Ok(response) if response.ok() => {
                    if let Some(entry) = Entry::read(&response.body) {
                        return Ok(entry);
                    }
                    said = "its reply names no issue".to_owned();
                }
                Ok(response) => return Err(super::refused("create an issue", &response)),
                Err(CallError::Uncertain(why)) => said = why,
                Err(CallError::Failed(error)) => return Err(error),
            }
            self.gh.back_off(attempt);
            if let Some(entry) = self.newest()?.into_iter().rfind(|entry| entry.is_about(subject.fingerprint)) {
                return Ok(entry);
            }
        }
        anyhow::bail!("cannot create the issue `{}`: {said}", subject.title)
    }

    /// After a creation: another run may have made one at the same time. Both keep the older and close the younger.
    fn settle(&self, subject: &Subject, created: Entry, run: &Run) -> Result<Entry> {
        let mut entries = self.newest()?;
        if !entries.iter().any(|entry| entry.number == created.number) {
            entries.push(created.clone());
        }
        let now = Known { entries };
        let (Some(chosen), duplicates) = now.issue(subject.fingerprint, subject.title) else {
            self.ensure_labels(&created)?;
            return Ok(created);
        };
        for duplicate in duplicates {
            self.close_duplicate(duplicate, chosen.number, run)?;
        }
        self.ensure_labels(chosen)?;
        self.assign(chosen)?;
        Ok(chosen.clone())
    }

    fn close_duplicate(&self, entry: &Entry, of: u64, run: &Run) -> Result<()> {
        // GitHub knows this sentence. <https://docs.github.com/issues/tracking-your-work-with-issues/using-issues/marking-issues-or-pull-requests-as-a-duplicate>
        let comment = format!("{}\nDuplicate of #{of}", issue_text::comment_marker(run));
        self.run_comment(entry.number, entry.comments, run, &comment)?;
        self.update(entry.number, json!({ "state": "closed", "state_reason": "not_planned" }))
    }

    pub(super) fn update(&self, number: u64, change: Value) -> Result<()> {
        let request = Request::patch(self.path(&format!("issues/{number}")), change);
        self.require(&format!("update issue #{number}"), &request).map(drop)
    }

    /// GitHub creates labels that are missing, and silently drops those that the token may not set.
    pub(super) fn ensure_labels(&self, entry: &Entry) -> Result<()> {
        let missing: Vec<String> = self.labels().into_iter().filter(|label| !entry.has_label(label)).collect();
        if missing.is_empty() { Ok(()) } else { self.add_labels(entry.number, &missing) }
    }

    pub(super) fn add_labels(&self, number: u64, labels: &[String]) -> Result<()> {
        let request = Request::add(self.path(&format!("issues/{number}/labels")), json!({ "labels": labels }));
        let response = self.gh.call(&request)?;
        let set = response.body.as_array().into_iter().flatten().filter_map(|label| label["name"].as_str());
        let set: Vec<&str> = set.collect();
        if !response.ok() || labels.iter().any(|label| !set.iter().any(|name| name.eq_ignore_ascii_case(label))) {
            let why = if response.ok() { "they were dropped".to_owned() } else { response.complaint() };
            self.note(format!("#{number} has no label {}: {why}", labels.join(", ")));
        }
        Ok(())
    }

    fn assign(&self, entry: &Entry) -> Result<()> {
        if self.options.assignees.is_empty() {
            return Ok(());
        }
        let path = self.path(&format!("issues/{}/assignees", entry.number));
        let response = self.gh.call(&Request::add(path, json!({ "assignees": self.options.assignees })))?;
        if !response.ok() {
            self.note(format!("#{} is not assigned: {}", entry.number, response.complaint()));
        }
        Ok(())
    }

    /// The run's one comment on an issue: made, or brought to say `body`. `count` is how many the issue is known to have.
    pub fn run_comment(&self, number: u64, count: u64, run: &Run, body: &str) -> Result<()> {
        let request = Request::create(self.path(&format!("issues/{number}/comments")), json!({ "body": body }));
        let mut said = String::new();
        for attempt in 0..CREATIONS {
            if let Some((id, old)) = self.own_comment(number, count, run)? {
                if old == body {
                    return Ok(());
                }
                let path = self.path(&format!("issues/comments/{id}"));
                return self.require("update a comment", &Request::patch(path, json!({ "body": body }))).map(drop);
            }
            match self.gh.call(&request) {
                Ok(response) if response.ok() => return Ok(()),
                Ok(response) => return Err(super::refused(&format!("comment on #{number}"), &response)),
                Err(CallError::Uncertain(why)) => said = why,
                Err(CallError::Failed(error)) => return Err(error),
            }
            self.gh.back_off(attempt);
        }
        anyhow::bail!("cannot comment on #{number}: {said}")
    }

    /// Tells a pull request of a fork which tests failed; nothing else is done there. Returns what went wrong, since a
    /// fork's run mostly has a token that may not even comment.
    pub fn comment_on_fork(&self, tests: &[&PlannedTest], run: &Run) -> Option<String> {
        let number = self.context.pull_request.as_ref().filter(|pull| pull.fork && pull.number > 0)?.number;
        let text = pull_request_text::fork_comment(tests, run);
        // How many comments there are is not known; the run's own is among the last.
        let shown = self.require("show the pull request", &Request::get(self.path(&format!("issues/{number}"))));
        let said =
            shown.and_then(|shown| self.run_comment(number, shown["comments"].as_u64().unwrap_or(0), run, &text));
        said.err().map(|error| format!("no comment on pull request #{number}: {error:#}"))
    }

    /// Adds a part to the run's comment on an issue; a run that made none so far (the issue is its own) makes it.
    pub fn add_to_comment(&self, number: u64, run: &Run, part: &str) -> Result<()> {
        let count =
            self.require(&format!("show issue #{number}"), &Request::get(self.path(&format!("issues/{number}"))))?;
        let count = count["comments"].as_u64().unwrap_or(0);
        let body = match self.own_comment(number, count, run)? {
            Some((_, old)) if old.contains(part) => return Ok(()),
            Some((_, old)) => format!("{old}\n\n{part}"),
            None => format!("{}\n{part}", issue_text::comment_marker(run)),
        };
        self.run_comment(number, count, run, &text::clip(&body, text::MAX_BODY))
    }

    /// The test that an issue describes, for `--issue N`.
    pub fn described(&self, number: u64) -> Result<PlannedTest> {
        let issue =
            self.require(&format!("show issue #{number}"), &Request::get(self.path(&format!("issues/{number}"))))?;
        let entry = Entry::read(&issue).filter(|entry| !entry.pull_request);
        let marker = entry.filter(Entry::is_ours).and_then(|entry| entry.marker);
        marker.as_ref().and_then(issue_text::described).ok_or_else(|| {
            let message = format!("issue #{number} describes no test");
            Failure::usage(message).hint(format!("it is one of `cargo heal` with the label `{LABEL}`?")).into()
        })
    }

    /// Id and text of the comment that this run made already. Comments come oldest first, so it is on the last pages.
    fn own_comment(&self, number: u64, count: u64, run: &Run) -> Result<Option<(u64, String)>> {
        // Those that came since `count` was read are few.
        for page in (count / 100).max(1)..=count / 100 + 3 {
            let path = self.path(&format!("issues/{number}/comments?per_page=100&page={page}"));
            let response = self.gh.call(&Request::get(path))?;
            if !response.ok() {
                return Err(super::refused(&format!("list the comments of #{number}"), &response));
            }
            for comment in response.body.as_array().into_iter().flatten() {
                let text = comment["body"].as_str().unwrap_or_default();
                if let Some(id) = comment["id"].as_u64().filter(|_| issue_text::is_comment_of(text, run)) {
                    return Ok(Some((id, text.to_owned())));
                }
            }
            let is_full = response.body.as_array().is_some_and(|comments| comments.len() >= super::PAGE);
            if !is_full {
                break;
            }
        }
        Ok(None)
    }
}

/// What an issue is about, and what it says.
struct Subject<'a> {
    fingerprint: &'a str,
    title: &'a str,
    body: &'a Body<'a>,
    /// Given whether the issue was closed.
    comment: &'a dyn Fn(bool) -> String,
}

/// Given the number, the marker and the rest of an issue that exists.
type Body<'a> = dyn Fn(Option<(u64, Option<&Marker>, &str)>) -> String + 'a;

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u64, state: &str, body: &str, labels: &[&str]) -> Entry {
        let value = json!({ "number": number, "title": "FIX: A-1", "state": state, "body": body, "labels": labels });
        Entry::read(&value).unwrap()
    }

    const MARKED: &str = "<!-- cargo-heal fingerprint=0123456789abcdef target=live -->";

    #[test]
    fn finds_the_issue_that_counts() {
        let ours: &[&str] = &[LABEL];
        let cases = [
            ("none", vec![], None, vec![]),
            ("by marker", vec![entry(3, "closed", MARKED, ours)], Some(3), vec![]),
            ("marker in the body of a stranger", vec![entry(3, "open", MARKED, &[])], None, vec![]),
            ("by title", vec![entry(4, "closed", "by hand", ours)], Some(4), vec![]),
            ("title without the label", vec![entry(4, "open", "by hand", &[])], None, vec![]),
            (
                "marker before title",
                vec![entry(1, "open", "by hand", ours), entry(2, "closed", MARKED, ours)],
                Some(2),
                vec![],
            ),
            (
                "the oldest open one, the others are duplicates",
                vec![entry(9, "open", MARKED, ours), entry(5, "open", MARKED, ours), entry(2, "closed", MARKED, ours)],
                Some(5),
                vec![9],
            ),
            (
                "title of an issue about another test",
                vec![entry(1, "open", "<!-- cargo-heal fingerprint=ffff -->", ours)],
                None,
                vec![],
            ),
        ];
        for (name, entries, expected, duplicates) in cases {
            let known = Known { entries };
            let (found, others) = known.issue("0123456789abcdef", "FIX: A-1");
            assert_eq!(found.map(|entry| entry.number), expected, "{name}");
            assert_eq!(others.iter().map(|entry| entry.number).collect::<Vec<_>>(), duplicates, "{name}");
        }
    }

    #[test]
    fn a_marker_without_the_label_is_believed_of_those_who_may_write() {
        let base = json!({ "number": 1, "state": "open", "body": MARKED });
        for (user, association, expected) in
            [("Bot", "NONE", true), ("User", "MEMBER", true), ("User", "CONTRIBUTOR", false), ("User", "NONE", false)]
        {
            let mut value = base.clone();
            value["user"] = json!({ "type": user });
            value["author_association"] = json!(association);
            let known = Known { entries: vec![Entry::read(&value).unwrap()] };
            assert_eq!(known.issue("0123456789abcdef", "x").0.is_some(), expected, "{user} {association}");
        }
    }
}
