//! Where a run stands on GitHub: repository, branch under test, pull request, run. Pure: made of the environment's
//! variables and the event's document.

use serde_json::Value;

/// <https://docs.github.com/actions/reference/workflows-and-actions/variables>
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context {
    /// `OWNER/NAME`.
    pub repository: String,
    /// `github.com`, or an Enterprise server's host.
    pub host: String,
    /// The branch under test: for a pull request its head branch, for `workflow_run` that run's branch. `None` for tags.
    pub branch: Option<String>,
    pub default_branch: Option<String>,
    pub pull_request: Option<PullRequest>,
    /// Names one run: who repeats it (a killed process, not a new run) finds what it did. `None` outside of Actions.
    pub run_key: Option<String>,
    pub run_url: Option<String>,
    pub workflow: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PullRequest {
    pub number: u64,
    /// Its head lies in another repository: there is nothing to push to, and its token may not write.
    pub fork: bool,
}

impl Context {
    /// `lookup` gives the environment's variables, `event` the document at `GITHUB_EVENT_PATH`, `remote` the URL of
    /// `origin` for a run outside of Actions. `None` when no repository on GitHub can be told.
    pub fn new(lookup: &dyn Fn(&str) -> Option<String>, event: &Value, remote: Option<&str>) -> Option<Context> {
        let get = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let from_remote = remote.and_then(repository_of_url);
        let server = get("GITHUB_SERVER_URL");
        let host = server.as_deref().and_then(|url| url.split("://").nth(1)).map(|host| host.trim_end_matches('/'));
        let (host, repository) = match (get("GITHUB_REPOSITORY").filter(|name| is_repository(name)), from_remote) {
            (Some(repository), _) => (host.unwrap_or("github.com").to_owned(), repository),
            (None, Some(found)) => found,
            (None, None) => return None,
        };
        let in_actions = get("GITHUB_ACTIONS").as_deref() == Some("true");
        let triggering = Some(&event["workflow_run"]).filter(|run| run.is_object() && in_actions);
        let pull_request = pull_request(event, &repository).filter(|_| in_actions);
        let ref_branch = get("GITHUB_REF").and_then(|name| name.strip_prefix("refs/heads/").map(str::to_owned));
        let branch = match (triggering, &pull_request) {
            (Some(run), _) => run["head_branch"].as_str().map(str::to_owned),
            (None, Some(_)) => get("GITHUB_HEAD_REF").or_else(|| text(&event["pull_request"]["head"]["ref"])),
            (None, None) => ref_branch,
        };
        let run_key = get("GITHUB_RUN_ID").filter(|_| in_actions);
        let run_key = run_key.map(|id| format!("{id}-{}", get("GITHUB_RUN_ATTEMPT").unwrap_or_else(|| "1".into())));
        let run_url = get("GITHUB_RUN_ID").filter(|id| in_actions && id.bytes().all(|b| b.is_ascii_digit()));
        let run_url = run_url.map(|id| format!("https://{host}/{repository}/actions/runs/{id}"));
        Some(Context {
            branch: branch.filter(|name| is_branch_name(name)),
            default_branch: text(&event["repository"]["default_branch"]).filter(|name| is_branch_name(name)),
            pull_request,
            run_key,
            run_url,
            workflow: get("GITHUB_WORKFLOW"),
            repository,
            host,
        })
    }

    /// Where git pushes to.
    pub fn clone_url(&self) -> String {
        format!("https://{}/{}", self.host, self.repository)
    }

    /// Whether what passes here passes for everybody: the default branch is under test.
    pub fn on_default_branch(&self) -> bool {
        self.pull_request.is_none() && self.branch.is_some() && self.branch == self.default_branch
    }

    pub fn is_fork(&self) -> bool {
        self.pull_request.as_ref().is_some_and(|pull_request| pull_request.fork)
    }

    pub fn owner(&self) -> &str {
        self.repository.split('/').next().unwrap_or_default()
    }
}

/// The pull request of an event, or of the run that `workflow_run` reports about.
fn pull_request(event: &Value, repository: &str) -> Option<PullRequest> {
    let is_other = |name: &Value| name.as_str().is_none_or(|name| !name.eq_ignore_ascii_case(repository));
    let run = &event["workflow_run"];
    if run.is_object() {
        // For a fork the list of pull requests is empty: its head repository tells.
        let fork = is_other(&run["head_repository"]["full_name"]);
        let number = run["pull_requests"][0]["number"].as_u64();
        let of_pull_request = run["event"].as_str().is_some_and(|event| event.starts_with("pull_request"));
        return (of_pull_request && (fork || number.is_some()))
            .then(|| PullRequest { number: number.unwrap_or_default(), fork });
    }
    let pull_request = &event["pull_request"];
    let number = pull_request["number"].as_u64()?;
    Some(PullRequest { number, fork: is_other(&pull_request["head"]["repo"]["full_name"]) })
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Host and `OWNER/NAME` of a remote's URL, in the forms that git takes.
fn repository_of_url(url: &str) -> Option<(String, String)> {
    let rest = match url.split_once("://") {
        Some(("https" | "http" | "ssh" | "git", rest)) => rest.to_owned(),
        Some(_) => return None,
        // git@github.com:owner/name.git
        None => url.replacen(':', "/", 1),
    };
    let rest = rest.split_once('@').map_or(rest.as_str(), |(_, rest)| rest);
    let (host, path) = rest.split_once('/')?;
    let host = host.split(':').next().filter(|host| host.contains('.'))?;
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    is_repository(path).then(|| (host.to_owned(), path.to_owned()))
}

fn is_repository(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    matches!(name.split('/').collect::<Vec<_>>()[..], [owner, repository] if part(owner) && part(repository))
}

/// A strict part of what git takes: nothing in it needs escaping in a URL, an argument or a refspec.
/// <https://git-scm.com/docs/git-check-ref-format>
pub fn is_branch_name(name: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || "-_./+@#=,".contains(c);
    !name.is_empty()
        && name.len() <= 240
        && name.chars().all(allowed)
        && !name.starts_with(['-', '/', '.', '@'])
        && !name.ends_with(['/', '.'])
        && !["..", "//", "@{", "/."].iter().any(|bad| name.contains(bad))
        && !name.split('/').any(|part| part.ends_with(".lock"))
        && !name.starts_with("refs/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn context(variables: &[(&str, &str)], event: &Value, remote: Option<&str>) -> Option<Context> {
        let lookup = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Context::new(&lookup, event, remote)
    }

    const ACTIONS: [(&str, &str); 5] = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_REPOSITORY", "o/r"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_RUN_ID", "77"),
        ("GITHUB_RUN_ATTEMPT", "2"),
    ];

    #[test]
    fn tells_the_branch_under_test() {
        let repository = json!({"default_branch": "main"});
        let pull = |full_name: Value| json!({"number": 5, "head": {"ref": "topic", "repo": {"full_name": full_name}}});
        let run = |event: &str, repo: &str, pulls: Value| json!({"event": event, "head_branch": "topic", "head_repository": {"full_name": repo}, "pull_requests": pulls});
        // Variables beside the common ones, event, then: branch, pull request and whether it is a fork's, default branch.
        let cases = [
            (vec![("GITHUB_REF", "refs/heads/main")], json!({"repository": repository}), Some("main"), None, true),
            (vec![("GITHUB_REF", "refs/heads/dev")], json!({"repository": repository}), Some("dev"), None, false),
            (vec![("GITHUB_REF", "refs/tags/v1")], json!({"repository": repository}), None, None, false),
            (
                vec![("GITHUB_REF", "refs/pull/5/merge"), ("GITHUB_HEAD_REF", "topic")],
                json!({"repository": repository, "pull_request": pull(json!("O/R"))}),
                Some("topic"),
                Some((5, false)),
                false,
            ),
            (
                vec![("GITHUB_REF", "refs/pull/5/merge"), ("GITHUB_HEAD_REF", "main")],
                json!({"repository": repository, "pull_request": pull(json!("x/r"))}),
                Some("main"),
                Some((5, true)),
                false,
            ),
            (
                // The head repository was deleted.
                vec![("GITHUB_REF", "refs/pull/5/merge"), ("GITHUB_HEAD_REF", "topic")],
                json!({"repository": repository, "pull_request": pull(Value::Null)}),
                Some("topic"),
                Some((5, true)),
                false,
            ),
            (
                vec![("GITHUB_REF", "refs/heads/main")],
                json!({"repository": repository, "workflow_run": run("push", "o/r", json!([]))}),
                Some("topic"),
                None,
                false,
            ),
            (
                vec![("GITHUB_REF", "refs/heads/main")],
                json!({"repository": repository, "workflow_run": run("pull_request", "x/r", json!([]))}),
                Some("topic"),
                Some((0, true)),
                false,
            ),
        ];
        for (variables, event, branch, pull_request, on_default) in cases {
            let context = context(&[&ACTIONS[..], &variables].concat(), &event, None).unwrap();
            assert_eq!(context.branch.as_deref(), branch, "{variables:?}");
            assert_eq!(context.pull_request.as_ref().map(|p| (p.number, p.fork)), pull_request, "{variables:?}");
            assert_eq!(context.on_default_branch(), on_default, "{variables:?}");
            assert_eq!(context.run_key.as_deref(), Some("77-2"));
            assert_eq!(context.run_url.as_deref(), Some("https://github.com/o/r/actions/runs/77"));
        }
    }

    #[test]
    fn tells_the_repository_of_a_remote() {
        for (url, expected) in [
            ("https://github.com/o/r.git", Some("github.com o/r")),
            ("https://user:pw@github.com/o/r", Some("github.com o/r")),
            ("git@github.com:o/r.git", Some("github.com o/r")),
            ("ssh://git@github.example:2222/o/r/", Some("github.example o/r")),
            ("https://github.com/o/r/x", None),
            ("/srv/git/r.git", None),
            ("file:///srv/o/r.git", None),
            ("https://github.com/o/..", None),
        ] {
            let found = context(&[], &Value::Null, Some(url)).map(|c| format!("{} {}", c.host, c.repository));
            assert_eq!(found.as_deref(), expected, "{url}");
        }
        assert_eq!(context(&[("GITHUB_REPOSITORY", "o/r?x")], &Value::Null, None), None);
    }

    #[test]
    fn a_leaked_run_id_outside_of_actions_is_no_run() {
        let context = context(&[("GITHUB_REPOSITORY", "o/r"), ("GITHUB_RUN_ID", "7")], &Value::Null, None).unwrap();
        assert_eq!((context.run_key, context.run_url), (None, None));
    }

    #[test]
    fn knows_a_branch_name() {
        for (name, expected) in [
            ("main", true),
            ("feature/ÜX-1.2", true),
            ("dependabot/npm_and_yarn/a-1", true),
            ("", false),
            ("-f", false),
            ("a..b", false),
            ("a b", false),
            ("a:b", false),
            ("a~1", false),
            ("refs/heads/x", false),
            ("x.lock", false),
            ("a/.b", false),
            ("a?b", false),
        ] {
            assert_eq!(is_branch_name(name), expected, "{name}");
        }
    }
}
