//! Publishes a fix: branch, pull request, labels. Whatever happened before, a killed run or another at the same time, a
//! fingerprint ends with one branch and one pull request.

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::branch::{self, Pushed, Workshop};
use super::issue_text::Run;
use super::issues::{Entry, Known};
use super::marker::Marker;
use super::pull_request_text::{self, Account};
use super::{Context, GitHub, LABEL, context};
use crate::commit_message;
use crate::tools::gh::{CallError, Request, Response};
use crate::tools::git::Repository;

/// The label of a fix that a person has to decide about.
pub const NEEDS_REVIEW: &str = "needs-review";

/// What there is to publish.
pub struct Fix<'a> {
    /// Where the objects of `base_commit` are, or can be fetched to.
    pub workshop: &'a Workshop,
    /// The commit that was tested and healed.
    pub base_commit: &'a str,
    /// The branch that the pull request is to be merged into.
    pub base: &'a str,
    pub branch: &'a str,
    pub patch: &'a [u8],
    /// The tree that passed the gate; what the patch makes of the base must be that.
    pub tree: Option<&'a str>,
    pub account: Account<'a>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Published {
    Opened {
        number: u64,
    },
    /// The pull request was there; its branch or text is new.
    Updated {
        number: u64,
    },
    /// Nothing was done, for a good reason.
    Skipped {
        reason: String,
        pull_request: Option<u64>,
    },
    /// The branch is pushed, but the token may not open pull requests.
    BranchOnly {
        reason: String,
    },
}

/// How the pull requests of a test stand, before anything is healed.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// Nothing is in the way.
    Free,
    /// There is nothing to do: the reason, and the pull request.
    Skip(String, u64),
}

/// The branch to heal, or why there is none. `asked` is `--base`.
pub fn base_branch(context: &Context, asked: Option<&str>) -> Result<String, String> {
    if context.is_fork() {
        return Err("the pull request comes from a fork: its code is not healed, only commented on".into());
    }
    let asked = asked.map(|name| name.strip_prefix("refs/heads/").unwrap_or(name));
    let base = asked.or(context.branch.as_deref());
    let base = base.ok_or("no branch is under test (a tag, or a detached commit): name one with `--base`")?;
    if !context::is_branch_name(base) || base.starts_with("pull/") {
        return Err(format!("`{base}` is not the name of a branch"));
    }
    if base.starts_with(branch::PREFIX) {
        return Err(format!("`{base}` is a branch of `cargo heal`: its own fixes are not healed"));
    }
    Ok(base.to_owned())
}

impl GitHub {
    /// Whether an open pull request about this test makes healing it needless. `tested` is the commit under test.
    pub fn standing(&self, repository: &Repository, tested: &str, open: &[u64]) -> Result<Standing> {
        for number in open {
            let path = self.path(&format!("pulls/{number}"));
            let pull = self.require(&format!("show pull request #{number}"), &Request::get(path))?;
            let head = pull["head"]["ref"].as_str().unwrap_or_default();
            if pull["state"].as_str() != Some("open") || !self.is_own_head(&pull) {
                continue;
            }
            let workshop = Workshop::borrowing(repository)?;
            let Some(tip) = self.remote_tip(&workshop, head)? else { continue };
            let tip = self.fetch_tip(&workshop, &tip)?;
            if !tip.is_ours() {
                let reason = format!("a person works on pull request #{number}");
                return Ok(Standing::Skip(reason, *number));
            }
            if workshop.patched(tested, &tip.patch)?.is_some() {
                self.finish_labels(&pull)?;
                return Ok(Standing::Skip(format!("pull request #{number} is open, and its fix applies"), *number));
            }
        }
        Ok(Standing::Free)
    }

    /// Pushes the branch and opens, or updates, the pull request.
    pub fn publish(&self, known: &Known, fix: &Fix, run: &Run) -> Result<Published> {
        if !branch::is_ours(fix.branch) {
            bail!("`{}` is not a branch of ours: nothing is pushed to it", fix.branch);
        }
        base_branch(&self.context, Some(fix.base)).map_err(anyhow::Error::msg)?;
        let fingerprint = fix.account.tests.first().map(|test| test.fingerprint.as_str()).unwrap_or_default();
        let workshop = fix.workshop;
        self.ensure(workshop, fix.base_commit)?;
        let tree = workshop.patched(fix.base_commit, fix.patch)?;
        let tree = tree.with_context(|| format!("the patch does not apply to {}", fix.base_commit))?;
        if fix.tree.is_some_and(|gated| gated != tree) {
            bail!("the patch makes another tree than the one that passed the gate");
        }
        let account = &fix.account;
        let author = account.author.as_deref().unwrap_or_default();
        let message = commit_message::write(&account.tests, account.root_cause, &account.evidence, author);
        let commit = workshop.commit(fix.base_commit, &tree, &message, fingerprint)?;
        let mine = workshop.inspect(&commit)?;
        let patch_id = mine.patch_id.clone().context("the commit does not hold its patch")?;

        let before = self.pulls_of(fix.branch)?;
        if let Some(number) = declined(&before, known, fingerprint, &patch_id) {
            let reason = format!("pull request #{number} with the same change was closed without merging");
            return Ok(Published::Skipped { reason, pull_request: Some(number) });
        }
        // Twice: when another run pushes between the look and the push, a second look tells what it did.
        let mut moved = false;
        for round in 0.. {
            let expected = self.remote_tip(workshop, fix.branch)?;
            if let Some(expected) = &expected {
                let tip = self.fetch_tip(workshop, expected)?;
                if tip.tree == mine.tree && tip.parent == mine.parent {
                    break;
                }
                let open = open_number(&before).or(open_number(&self.pulls_of(fix.branch)?));
                if !tip.is_ours() {
                    let reason = format!("the branch `{}` has commits of others", fix.branch);
                    return Ok(Published::Skipped { reason, pull_request: open });
                }
                let applies = workshop.patched(fix.base_commit, &tip.patch)?.is_some();
                if let Some(number) = open.filter(|_| applies) {
                    let reason = format!("pull request #{number} is open, and its fix applies");
                    return Ok(Published::Skipped { reason, pull_request: Some(number) });
                }
            }
            match self.push(workshop, &commit, fix.branch, expected.as_deref())? {
                Pushed::Done => {
                    moved = true;
                    break;
                }
                Pushed::Raced if round == 0 => {}
                Pushed::Raced => {
                    let reason = format!("another run is writing to `{}`", fix.branch);
                    return Ok(Published::Skipped { reason, pull_request: None });
                }
                Pushed::Refused(said) => bail!("GitHub refused the push to `{}`: {said}", fix.branch),
            }
        }
        self.open_pull_request(fix, run, &patch_id, moved)
    }

    fn open_pull_request(&self, fix: &Fix, run: &Run, patch_id: &str, moved: bool) -> Result<Published> {
        let title = pull_request_text::title(&fix.account);
        let body = pull_request_text::body(&fix.account, run, patch_id, fix.branch);
        let mut draft = fix.account.proposed;
        let mut said = String::new();
        for attempt in 0..4 {
            if let Some(pull) = self.pulls_of(fix.branch)?.into_iter().find(is_open) {
                return self.adopt(&pull, fix, &title, &body, moved);
            }
            let new = json!({
                "title": title, "body": body, "head": fix.branch, "base": fix.base, "draft": draft,
                "maintainer_can_modify": true,
            });
            match self.gh.call(&Request::create(self.path("pulls"), new)) {
                Ok(response) if response.ok() => {
                    let entry = Entry::read(&response.body).context("GitHub's reply names no pull request")?;
                    self.label(&entry, fix)?;
                    return Ok(Published::Opened { number: entry.number });
                }
                Ok(response) => match refusal(&response) {
                    Refusal::Exists => said = response.complaint(),
                    Refusal::NoDrafts if draft => {
                        draft = false;
                        self.note(format!(
                            "`{}`: drafts are not supported here; opened as a plain pull request",
                            fix.branch
                        ));
                        continue;
                    }
                    Refusal::NothingNew => {
                        let reason = format!("`{}` has this change already", fix.base);
                        return Ok(Published::Skipped { reason, pull_request: None });
                    }
                    Refusal::NotPermitted => return Ok(self.branch_only(fix, &response)),
                    _ => return Err(super::refused("open a pull request", &response)),
                },
                Err(CallError::Uncertain(why)) => said = why,
                Err(CallError::Failed(error)) => return Err(error),
            }
            self.gh.back_off(attempt);
        }
        bail!("cannot open a pull request for `{}`: {said}", fix.branch)
    }

    fn adopt(&self, pull: &Value, fix: &Fix, title: &str, body: &str, moved: bool) -> Result<Published> {
        let entry = Entry::read(pull).context("GitHub's reply names no pull request")?;
        // The text belongs to the patch: an unchanged branch keeps its text, which a person may have edited.
        let same = |key| Marker::find(body).and_then(|marker| marker.get(key).map(str::to_owned));
        let recorded = entry.marker.as_ref().and_then(|marker| marker.get("patch").map(str::to_owned));
        let stale = moved || recorded != same("patch");
        if stale && (entry.body != body || entry.title != title) {
            let path = self.path(&format!("pulls/{}", entry.number));
            let change = Request::patch(path, json!({ "title": title, "body": body }));
            self.require(&format!("update pull request #{}", entry.number), &change)?;
        }
        self.label(&entry, fix)?;
        if stale {
            return Ok(Published::Updated { number: entry.number });
        }
        let reason = format!("pull request #{} has this change already", entry.number);
        Ok(Published::Skipped { reason, pull_request: Some(entry.number) })
    }

    /// A pull request has its labels by a second request, before which the process may have died.
    fn label(&self, entry: &Entry, fix: &Fix) -> Result<()> {
        let mut wanted = self.labels();
        if fix.account.proposed {
            wanted.push(NEEDS_REVIEW.to_owned());
        }
        wanted.retain(|label| !entry.labels.iter().any(|own| own.eq_ignore_ascii_case(label)));
        if wanted.is_empty() { Ok(()) } else { self.add_labels(entry.number, &wanted) }
    }

    /// The labels of a pull request whose run died before it set them: then it has none of ours.
    fn finish_labels(&self, pull: &Value) -> Result<()> {
        let entry = Entry::read(pull).context("GitHub's reply names no pull request")?;
        if entry.labels.iter().any(|label| label.eq_ignore_ascii_case(LABEL)) {
            return Ok(());
        }
        let review = (pull["draft"].as_bool() == Some(true)).then(|| NEEDS_REVIEW.to_owned());
        let labels: Vec<String> = self.labels().into_iter().chain(review).collect();
        self.add_labels(entry.number, &labels)
    }

    fn branch_only(&self, fix: &Fix, response: &Response) -> Published {
        let Context { host, repository, .. } = &self.context;
        let compare = format!("https://{host}/{repository}/compare/{}...{}?expand=1", fix.base, fix.branch);
        let reason = format!(
            "the fix is on `{}`, but the token may not open pull requests: {}; open it at {compare}, or allow it under \
             Settings, Actions, General, \"Allow GitHub Actions to create and approve pull requests\"",
            fix.branch,
            response.complaint()
        );
        Published::BranchOnly { reason }
    }

    /// The pull requests from a branch of this repository, in any state.
    fn pulls_of(&self, branch: &str) -> Result<Vec<Value>> {
        let head = url_encode(&format!("{}:{branch}", self.context.owner()));
        let listed = self.list("list the pull requests", &self.path(&format!("pulls?state=all&head={head}")))?;
        let is_own = |pull: &Value| self.is_own_head(pull) && pull["head"]["ref"].as_str() == Some(branch);
        Ok(listed.into_iter().filter(is_own).collect())
    }

    fn is_own_head(&self, pull: &Value) -> bool {
        let repository = pull["head"]["repo"]["full_name"].as_str().unwrap_or_default();
        repository.eq_ignore_ascii_case(&self.context.repository)
            && pull["head"]["ref"].as_str().is_some_and(branch::is_ours)
    }
}

enum Refusal {
    Exists,
    NoDrafts,
    NothingNew,
    NotPermitted,
    Other,
}

/// GitHub gives these no codes of their own, so its words decide.
fn refusal(response: &Response) -> Refusal {
    let said = response.complaint().to_lowercase();
    match response.status {
        422 if said.contains("already exists") => Refusal::Exists,
        422 if said.contains("draft pull requests are not supported") => Refusal::NoDrafts,
        422 if said.contains("no commits between") => Refusal::NothingNew,
        403 | 422 if said.contains("not permitted to create") || said.contains("not accessible") => {
            Refusal::NotPermitted
        }
        _ => Refusal::Other,
    }
}

fn is_open(pull: &Value) -> bool {
    pull["state"].as_str() == Some("open")
}

fn open_number(pulls: &[Value]) -> Option<u64> {
    pulls.iter().find(|pull| is_open(pull))?["number"].as_u64()
}

/// The pull request, if any, in which a person declined this very change.
fn declined(pulls: &[Value], known: &Known, fingerprint: &str, patch_id: &str) -> Option<u64> {
    let of_branch = pulls.iter().filter(|pull| !is_open(pull) && !pull["merged_at"].is_string());
    let of_branch = of_branch.filter_map(Entry::read);
    let of_test = known.pull_requests(fingerprint).filter(|entry| !entry.open && !entry.merged).cloned();
    let same = |entry: &Entry| entry.marker.as_ref().is_some_and(|marker| marker.get("patch") == Some(patch_id));
    of_branch.chain(of_test).find(same).map(|entry| entry.number)
}

/// A value in a query.
fn url_encode(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    value.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::context::PullRequest;
    use super::*;

    #[test]
    fn knows_the_base() {
        let on = |branch: Option<&str>, fork: bool| Context {
            branch: branch.map(str::to_owned),
            pull_request: fork.then_some(PullRequest { number: 1, fork }),
            ..Context::default()
        };
        for (context, asked, expected) in [
            (on(Some("main"), false), None, Ok("main")),
            (on(Some("main"), false), Some("refs/heads/dev"), Ok("dev")),
            (on(Some("main"), false), Some("refs/pull/5/merge"), Err("not the name of a branch")),
            (on(Some("main"), false), Some("pull/5/merge"), Err("not the name of a branch")),
            (on(Some("heal/a-1-01234567"), false), None, Err("its own fixes are not healed")),
            (on(None, false), None, Err("--base")),
            (on(Some("main"), true), None, Err("fork")),
        ] {
            match (base_branch(&context, asked), expected) {
                (Ok(base), Ok(expected)) => assert_eq!(base, expected),
                (Err(said), Err(expected)) => assert!(said.contains(expected), "{said}"),
                (found, _) => panic!("{context:?} {asked:?}: {found:?}"),
            }
        }
    }

    #[test]
    fn encodes_a_query() {
        assert_eq!(url_encode("octo:heal/a-1&x=ü"), "octo%3Aheal%2Fa-1%26x%3D%C3%BC");
    }
}
