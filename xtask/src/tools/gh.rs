//! gh, as a client of GitHub's REST API: `gh api -i --input -` and nothing else, so that every answer has its status and
//! headers. Repeats what may be repeated, obeys the rate limits, keeps the pace that GitHub asks of writers.
//!
//! The token is in the child's environment alone: in no argument, log or error. What a request means is the business of
//! [`crate::github`].

mod answer;
mod retry;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use serde_json::Value;

pub use answer::{Answer, Response};

use crate::error::Failure;
use crate::proc::{self, Confinement, End, Limits};
use crate::secrets::Secret;
use retry::Step;

/// Between two writes, as GitHub asks of everyone who makes many.
/// <https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#pause-between-mutative-requests>
const PACE: Duration = Duration::from_secs(1);

/// GitHub takes 500 new things an hour: so many at [`PACE`], all others at this.
/// <https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits>
const BURST: u32 = 200;
const LONG_PACE: Duration = Duration::from_secs(12);

/// How long one request may take before its reply counts as lost.
const PATIENCE_SECONDS: u64 = 60;

/// What gh needs of the surroundings to reach a server: its own configuration if one is named, proxies, certificates.
pub const PASSED_ON: [&str; 15] = [
    "PATH",
    "GH_CONFIG_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "TMPDIR",
    "GIT_SSL_CAINFO",
    "GIT_CONFIG_COUNT",
];

/// Of git's configuration by environment. What is pinned on the command line beats it.
const PASSED_ON_PREFIXES: [&str; 2] = ["GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Patch,
    Put,
    Delete,
}

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Patch => "PATCH",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }
}

/// One REST request. `path` has no leading slash: `repos/OWNER/NAME/issues?state=all`.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub method: Method,
    pub path: String,
    pub body: Option<Value>,
    /// Doing it twice is the same as doing it once, so that a lost reply is no question.
    pub repeatable: bool,
}

impl Request {
    pub fn get(path: impl Into<String>) -> Self {
        Request { method: Method::Get, path: path.into(), body: None, repeatable: true }
    }

    /// A request that creates something: after a lost reply the caller has to look whether it was done.
    pub fn create(path: impl Into<String>, body: Value) -> Self {
        Request { method: Method::Post, path: path.into(), body: Some(body), repeatable: false }
    }

    /// A POST that adds to a set (labels, assignees).
    pub fn add(path: impl Into<String>, body: Value) -> Self {
        Request { repeatable: true, ..Self::create(path, body) }
    }

    pub fn patch(path: impl Into<String>, body: Value) -> Self {
        Request { method: Method::Patch, ..Self::add(path, body) }
    }

    fn label(&self) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        format!("{} {path}", self.method.name())
    }
}

/// Why there is no answer to act on.
#[derive(Debug)]
pub enum CallError {
    /// The request may have been carried out: its reply was lost. Only for requests that are not repeatable.
    Uncertain(String),
    /// It was not carried out, and will not be by trying again now.
    Failed(anyhow::Error),
}

impl From<CallError> for anyhow::Error {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Uncertain(said) => anyhow::anyhow!("no reply from GitHub: {said}"),
            CallError::Failed(error) => error,
        }
    }
}

/// How the client waits; tests hand in one that only takes note.
pub type Sleep = Arc<dyn Fn(Duration) + Send + Sync>;

/// A client with one token for one server. Writes are made one at a time, whatever thread they come from.
pub struct Gh {
    program: PathBuf,
    host: String,
    token: Secret,
    surroundings: Vec<(OsString, OsString)>,
    /// A home of its own: gh's stored log-in must not stand in for the token.
    home: PathBuf,
    sleep: Sleep,
    /// The last write, and how many there were.
    written: Mutex<(Option<Instant>, u32)>,
}

impl Gh {
    /// `host` is `github.com` or that of a GitHub Enterprise server; `surroundings` as [`surroundings`] finds it; `home`
    /// an empty folder.
    ///
    /// # Errors
    /// When gh is not installed.
    pub fn new(host: &str, token: &Secret, surroundings: Vec<(OsString, OsString)>, home: PathBuf) -> Result<Self> {
        let program = which::which("gh").map_err(|_| {
            Failure::missing("`gh` is not installed").hint("install the GitHub CLI: https://cli.github.com")
        })?;
        Ok(Gh {
            program,
            host: host.to_owned(),
            token: token.clone(),
            surroundings,
            home,
            sleep: Arc::new(std::thread::sleep),
            written: Mutex::default(),
        })
    }

    /// The same client, waiting by `sleep`.
    pub fn with_sleep(mut self, sleep: Sleep) -> Self {
        self.sleep = sleep;
        self
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    /// Waits as the client does between attempts, for callers that repeat something larger than one request.
    pub fn back_off(&self, attempt: u32) {
        (self.sleep)(retry::back_off(attempt));
    }

    /// Makes the request until there is an answer to act on: any status that is neither a rate limit nor a fault of the
    /// server. A refusal (403, 404, 422) is an answer.
    pub fn call(&self, request: &Request) -> Result<Response, CallError> {
        let mut waited = Duration::ZERO;
        let mut attempt = 0;
        loop {
            let answer = self.once(request).map_err(CallError::Failed)?;
            match retry::step(request.repeatable, &answer, attempt, waited, now()) {
                Step::Take => match answer {
                    Answer::Reply(response) => return Ok(response),
                    Answer::Silence(said) => return Err(CallError::Uncertain(said)),
                },
                Step::Wait(time) => {
                    (self.sleep)(time);
                    waited += time;
                    attempt += 1;
                }
                Step::LookFirst(said) => return Err(CallError::Uncertain(format!("{}: {said}", request.label()))),
                Step::GiveUp(why) => {
                    let message = format!("GitHub did not answer {}: {why}", request.label());
                    return Err(CallError::Failed(anyhow::anyhow!(message)));
                }
            }
        }
    }

    /// Prepares a child that may use the token: it gets the token in its environment and little else.
    pub fn lend_token(&self, command: &mut Command) {
        command.env_clear();
        command.envs(self.surroundings.iter().map(|(key, value)| (key, value)));
        let variable = if self.host == "github.com" { "GH_TOKEN" } else { "GH_ENTERPRISE_TOKEN" };
        command.env(variable, self.token.expose()).env("GH_HOST", &self.host).env("HOME", &self.home);
        command.env("GH_PROMPT_DISABLED", "1").env("GH_NO_UPDATE_NOTIFIER", "1").env("NO_COLOR", "1");
    }

    /// gh's program, for git's credential helper.
    pub fn program(&self) -> &std::path::Path {
        &self.program
    }

    /// Takes the token out of what a child said.
    pub fn redact(&self, text: &str) -> String {
        self.token.redact(text)
    }

    fn once(&self, request: &Request) -> Result<Answer> {
        let mut command = Command::new(&self.program);
        self.lend_token(&mut command);
        command.args(["api", "-i", "--hostname", &self.host, "--method", request.method.name()]);
        // <https://docs.github.com/rest/about-the-rest-api/api-versions>
        command.args(["-H", "Accept: application/vnd.github+json", "-H", "X-GitHub-Api-Version: 2022-11-28"]);
        command.arg(&request.path);
        let mut limits = remote_limits(PATIENCE_SECONDS);
        if let Some(body) = &request.body {
            command.args(["--input", "-"]);
            limits.stdin = serde_json::to_vec(body)?;
        }
        let finished = if request.method == Method::Get {
            proc::run(command, &limits)?
        } else {
            let mut written = self.written.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            if let Some(rest) = written.0.and_then(|last| pace(written.1).checked_sub(last.elapsed())) {
                (self.sleep)(rest);
            }
            let finished = proc::run(command, &limits)?;
            *written = (Some(Instant::now()), written.1 + 1);
            finished
        };
        // <https://cli.github.com/manual/gh_help_exit-codes>
        if finished.end == End::Code(4) {
            return Err(Failure::missing("gh has no token").hint("set `GH_TOKEN`").into());
        }
        Ok(answer::parse(&finished.stdout).map_or_else(
            || {
                let said = finished.stderr_text();
                let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing said");
                Answer::Silence(if finished.end == End::TimedOut { "no reply in time".into() } else { last.to_owned() })
            },
            Answer::Reply,
        ))
    }
}

/// What a child may take that talks to a server: it has its environment from [`Gh::lend_token`] alone, and it ends with
/// us even if we are killed, so that a run that comes after never meets the last write of a dead one.
pub fn remote_limits(seconds: u64) -> Limits {
    Limits { confine: Some(Confinement::default()), ..Limits::seconds(seconds) }
}

/// The variables of `environment` that gh and git need to reach a server.
pub fn surroundings(environment: impl Iterator<Item = (OsString, OsString)>) -> Vec<(OsString, OsString)> {
    let is_passed_on = |key: &OsString| {
        let starts = |text: &str| PASSED_ON_PREFIXES.iter().any(|prefix| text.starts_with(prefix));
        PASSED_ON.iter().any(|name| key == name) || key.to_str().is_some_and(starts)
    };
    environment.filter(|(key, _)| is_passed_on(key)).collect()
}

/// How long after the last of so many writes the next may come.
fn pace(written: u32) -> Duration {
    if written < BURST { PACE } else { LONG_PACE }
}

/// Seconds since the epoch, to compare with `x-ratelimit-reset`.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hands_on_what_reaches_a_server_and_no_other_token() {
        let environment =
            [("PATH", "/bin"), ("GH_TOKEN", "t"), ("https_proxy", "p"), ("GITHUB_TOKEN", "u"), ("A", "b")];
        let environment = environment.map(|(key, value)| (OsString::from(key), OsString::from(value)));
        let names: Vec<_> = surroundings(environment.into_iter()).into_iter().map(|(key, _)| key).collect();
        assert_eq!(names, ["PATH", "https_proxy"]);
    }

    #[test]
    fn the_pace_stays_under_the_limits_of_a_minute_and_an_hour() {
        let mut times = vec![Duration::ZERO];
        for written in 1..2000 {
            times.push(times[times.len() - 1] + pace(written));
        }
        for (span, most) in [(60, 80), (3600, 500)] {
            for (at, start) in times.iter().enumerate() {
                let within = times[at..].iter().take_while(|time| **time < *start + Duration::from_secs(span)).count();
                assert!(within <= most, "{within} writes in {span} s");
            }
        }
    }

    #[test]
    fn a_lent_token_is_in_the_environment_alone() {
        for (host, variable) in [("github.com", "GH_TOKEN"), ("github.example", "GH_ENTERPRISE_TOKEN")] {
            let gh = Gh::new(host, &Secret::new("ghp_secret"), Vec::new(), "/nowhere".into()).unwrap();
            let mut command = Command::new("git");
            gh.lend_token(&mut command);
            assert_eq!(command.get_args().count(), 0);
            let token = command.get_envs().find(|(_, value)| value.is_some_and(|value| value == "ghp_secret"));
            assert_eq!(token.map(|(key, _)| key), Some(variable.as_ref()));
        }
    }
}
