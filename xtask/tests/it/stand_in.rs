//! A stand-in for GitHub's REST API on a unix socket, spoken to by the real gh: it has a memory, checks every request
//! against the documented shape, and fails on demand.
//! <https://docs.github.com/rest/issues/issues>, <https://docs.github.com/rest/pulls/pulls>

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};
use xtask::http_server::{Request, Response, Server};

pub const REPOSITORY: &str = "octo/shop";
pub const TOKEN: &str = "ghs_stand_in_token_0123456789";
pub const COPILOT_TOKEN: &str = "github_pat_stand_in_copilot_0123456789";

/// What happens to a request instead of, or beside, its work.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The connection breaks, nothing was done.
    Before,
    /// It is done, but the reply is lost.
    After,
    Slow(Duration),
    /// Answered with this status, headers and message, nothing was done.
    Answer(u16, Vec<(&'static str, String)>, &'static str),
    /// It is done, and a gateway answers for it.
    AfterBadGateway,
}

struct Rule {
    method: &'static str,
    path: String,
    fault: Fault,
    skip: usize,
    times: usize,
}

#[derive(Default)]
pub struct State {
    /// Issues and pull requests, as the issues endpoints show them, by number minus one.
    pub entries: Vec<Value>,
    /// Beside `entries`: what a pull request has more.
    pub pulls: Vec<Option<Value>>,
    /// (issue, comment)
    pub comments: Vec<(u64, Value)>,
    /// `METHOD path?query` of every request, in order.
    pub log: Vec<String>,
    /// What does not follow the documentation.
    pub violations: Vec<String>,
    rules: Vec<Rule>,
    pub copilot: Copilot,
    /// The bodies with which Copilot was assigned.
    pub assignments: Vec<Value>,
    pub no_labels: bool,
    pub no_pull_requests: bool,
    pub no_drafts: bool,
    /// As behind a proxy that drops the `Link` header.
    pub no_links: bool,
    bare: PathBuf,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Copilot {
    #[default]
    Off,
    On,
    /// The request succeeds, nobody is assigned.
    Dropped,
}

pub struct StandIn {
    pub state: Arc<Mutex<State>>,
    _server: Server,
    pub config: PathBuf,
}

impl StandIn {
    /// `folder` gets the socket and gh's configuration; `bare` is the repository that is pushed to.
    pub fn start(folder: &Path, bare: &Path) -> StandIn {
        let socket = folder.join("gh.sock");
        let config = folder.join("gh");
        std::fs::create_dir_all(&config).unwrap();
        std::fs::write(config.join("config.yml"), format!("http_unix_socket: {}\n", socket.display())).unwrap();
        let state = Arc::new(Mutex::new(State { bare: bare.to_owned(), ..State::default() }));
        let handled = Arc::clone(&state);
        let server = Server::start_unix(&socket, move |request| handle(&handled, request)).unwrap();
        StandIn { state, _server: server, config }
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn fail(&self, method: &'static str, path: &str, fault: Fault, times: usize) {
        self.fail_later(method, path, fault, 0, times);
    }

    /// Lets `skip` matching requests through first.
    pub fn fail_later(&self, method: &'static str, path: &str, fault: Fault, skip: usize, times: usize) {
        self.lock().rules.push(Rule { method, path: path.to_owned(), fault, skip, times });
    }

    /// The log since the last call.
    pub fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().log)
    }

    /// Every issue (no pull requests) as `#1 open FIX: A [comments]`.
    pub fn issues(&self) -> Vec<String> {
        let state = self.lock();
        let issues = state.entries.iter().filter(|entry| !entry["pull_request"].is_object());
        let line = |entry: &Value| {
            let number = entry["number"].as_u64().unwrap();
            let comments = state.comments.iter().filter(|(issue, _)| *issue == number).count();
            format!("#{number} {} {} [{comments}]", text(&entry["state"]), text(&entry["title"]))
        };
        issues.map(line).collect()
    }

    /// Every pull request as `#2 open heal/x -> main`.
    pub fn pull_requests(&self) -> Vec<String> {
        let state = self.lock();
        let line = |(entry, pull): (&Value, &Option<Value>)| {
            let pull = pull.as_ref()?;
            let draft = if pull["draft"] == json!(true) { " draft" } else { "" };
            let (head, base) = (text(&pull["head"]["ref"]), text(&pull["base"]["ref"]));
            Some(format!("#{} {}{draft} {head} -> {base}", entry["number"], text(&entry["state"])))
        };
        state.entries.iter().zip(&state.pulls).filter_map(line).collect()
    }

    pub fn close(&self, number: u64) {
        self.lock().entry(number).unwrap()["state"] = json!("closed");
    }

    pub fn add_issue(&self, title: &str, body: &str, labels: &[&str]) -> u64 {
        self.lock().create(&json!({ "title": title, "body": body, "labels": labels }))
    }

    /// # Panics
    /// When a request did not follow the documentation.
    pub fn assert_documented(&self) {
        assert_eq!(self.lock().violations, Vec::<String>::new());
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn handle(state: &Mutex<State>, request: &Request) -> Response {
    let label = format!("{} {}?{}", request.method, request.path, request.query);
    let label = label.trim_end_matches('?').to_owned();
    let fault = {
        let mut state = state.lock().unwrap();
        state.log.push(label.clone());
        state.check_headers(request);
        let rule = state
            .rules
            .iter_mut()
            .find(|rule| rule.times > 0 && rule.method == request.method && label.contains(&rule.path));
        rule.and_then(|rule| match rule.skip.checked_sub(1) {
            Some(rest) => {
                rule.skip = rest;
                None
            }
            None => {
                rule.times -= 1;
                Some(rule.fault.clone())
            }
        })
    };
    let answer = || state.lock().unwrap().answer(request);
    match fault {
        None => answer(),
        Some(Fault::Before) => Response::raw(Vec::new()),
        Some(Fault::After) => {
            answer();
            Response::raw(Vec::new())
        }
        Some(Fault::AfterBadGateway) => {
            answer();
            Response::html(502, "<h1>Bad gateway</h1>")
        }
        Some(Fault::Slow(time)) => {
            // What is read is read first, so that two clients can have the same old picture.
            let response = answer();
            std::thread::sleep(time);
            response
        }
        Some(Fault::Answer(status, headers, message)) => {
            let response = Response::json(status, &json!({ "message": message }));
            headers.into_iter().fold(response, |response, (name, value)| response.header(name, value))
        }
    }
}

/// The documented keys of a body: name, whether it is required, and what it may hold.
type Keys = &'static [(&'static str, bool, fn(&Value) -> bool)];

const TEXT: fn(&Value) -> bool = Value::is_string;
const FLAG: fn(&Value) -> bool = Value::is_boolean;
const OBJECT: fn(&Value) -> bool = Value::is_object;

fn texts(value: &Value) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(Value::is_string))
}

const NEW_ISSUE: Keys = &[
    ("title", true, TEXT),
    ("body", false, TEXT),
    ("labels", false, texts),
    ("assignees", false, texts),
    ("agent_assignment", false, OBJECT),
];
const ISSUE: Keys = &[
    ("title", false, TEXT),
    ("body", false, TEXT),
    ("state", false, |value| matches!(value.as_str(), Some("open" | "closed"))),
    ("state_reason", false, |value| {
        matches!(value.as_str(), Some("completed" | "not_planned" | "duplicate" | "reopened"))
    }),
    ("labels", false, texts),
];
const COMMENT: Keys = &[("body", true, TEXT)];
const LABELS: Keys = &[("labels", true, texts)];
const ASSIGNEES: Keys = &[("assignees", true, texts), ("agent_assignment", false, OBJECT)];
const NEW_PULL: Keys = &[
    ("title", true, TEXT),
    ("head", true, TEXT),
    ("base", true, TEXT),
    ("body", false, TEXT),
    ("draft", false, FLAG),
    ("maintainer_can_modify", false, FLAG),
];
const PULL: Keys = &[
    ("title", false, TEXT),
    ("body", false, TEXT),
    ("state", false, |value| matches!(value.as_str(), Some("open" | "closed"))),
    ("base", false, TEXT),
    ("maintainer_can_modify", false, FLAG),
];

impl State {
    pub fn entry(&mut self, number: u64) -> Option<&mut Value> {
        self.entries.get_mut(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    fn check_headers(&mut self, request: &Request) {
        for (name, expected) in [("accept", "application/vnd.github+json"), ("x-github-api-version", "2022-11-28")] {
            if request.header(name) != Some(expected) {
                self.violations.push(format!(
                    "{} {}: {name}: {:?}",
                    request.method,
                    request.path,
                    request.header(name)
                ));
            }
        }
    }

    fn answer(&mut self, request: &Request) -> Response {
        let token = request.header("authorization").unwrap_or_default().trim_start_matches("token ").to_owned();
        if ![TOKEN, COPILOT_TOKEN].contains(&token.as_str()) {
            return Response::json(401, &json!({ "message": "Bad credentials" }));
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        let prefix = format!("/repos/{REPOSITORY}");
        let Some(rest) = request.path.strip_prefix(&prefix) else { return not_found() };
        let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
        let number = |at: usize| parts.get(at).and_then(|part| part.parse::<u64>().ok()).unwrap_or(0);
        match (request.method.as_str(), &parts[..]) {
            ("GET", []) => Response::json(200, &json!({ "full_name": REPOSITORY, "default_branch": "main" })),
            ("GET", ["issues"]) => self.list_issues(request),
            ("POST", ["issues"]) => self.checked(request, &body, NEW_ISSUE, |state| {
                let number = state.create(&body);
                Response::json(201, &state.shown(number))
            }),
            ("GET", ["issues", _]) if self.entry(number(1)).is_some() => Response::json(200, &self.shown(number(1))),
            ("PATCH", ["issues", "comments", _]) => self.checked(request, &body, COMMENT, |state| {
                match state.comments.iter_mut().find(|(_, comment)| comment["id"] == json!(number(2))) {
                    Some((_, comment)) => {
                        comment["body"] = body["body"].clone();
                        Response::json(200, comment)
                    }
                    None => not_found(),
                }
            }),
            ("PATCH", ["issues", _]) if self.entry(number(1)).is_some() => {
                self.checked(request, &body, ISSUE, |state| {
                    let entry = state.entry(number(1)).unwrap();
                    for key in ["title", "body", "state", "state_reason"] {
                        if let Some(value) = body.get(key) {
                            entry[key] = value.clone();
                        }
                    }
                    Response::json(200, &state.shown(number(1)))
                })
            }
            ("GET", ["issues", _, "comments"]) => {
                let of_issue = self.comments.iter().filter(|(issue, _)| *issue == number(1));
                let listed = of_issue.map(|(_, comment)| comment.clone()).collect();
                self.page(request, listed, &["since", "per_page", "page"])
            }
            ("POST", ["issues", _, "comments"]) if self.entry(number(1)).is_some() => {
                self.checked(request, &body, COMMENT, |state| {
                    let comment = json!({ "id": 1000 + state.comments.len(), "body": body["body"] });
                    state.comments.push((number(1), comment.clone()));
                    Response::json(201, &comment)
                })
            }
            ("POST", ["issues", _, "labels"]) if self.entry(number(1)).is_some() => {
                self.checked(request, &body, LABELS, |state| {
                    let dropped = state.no_labels;
                    let entry = state.entry(number(1)).unwrap();
                    let labels = entry["labels"].as_array_mut().unwrap();
                    for label in body["labels"].as_array().unwrap() {
                        let label = json!({ "name": label });
                        if !dropped && !labels.contains(&label) {
                            labels.push(label);
                        }
                    }
                    Response::json(200, &entry["labels"])
                })
            }
            ("GET", ["issues", _, "assignees", login]) => {
                let known =
                    *login == "copilot-swe-agent%5Bbot%5D" && self.copilot != Copilot::Off && token == COPILOT_TOKEN;
                if known { Response::new(204, "", "") } else { not_found() }
            }
            ("POST", ["issues", _, "assignees"]) if self.entry(number(1)).is_some() => {
                self.checked(request, &body, ASSIGNEES, |state| {
                    let agent = body["assignees"].as_array().unwrap().contains(&json!("copilot-swe-agent[bot]"));
                    if agent && token != COPILOT_TOKEN {
                        return Response::json(403, &json!({ "message": "Resource not accessible by integration" }));
                    }
                    let dropped = agent && state.copilot != Copilot::On;
                    state.assignments.extend(agent.then(|| body.clone()));
                    let entry = state.entry(number(1)).unwrap();
                    for login in body["assignees"].as_array().unwrap().iter().filter(|_| !dropped) {
                        let shown = if agent { json!("Copilot") } else { login.clone() };
                        entry["assignees"].as_array_mut().unwrap().push(json!({ "login": shown }));
                    }
                    Response::json(201, &state.shown(number(1)))
                })
            }
            ("GET", ["pulls"]) => self.list_pulls(request),
            ("POST", ["pulls"]) => self.checked(request, &body, NEW_PULL, |state| state.create_pull(&body)),
            ("GET", ["pulls", _]) if self.pull(number(1)).is_some() => Response::json(200, &self.shown_pull(number(1))),
            ("PATCH", ["pulls", _]) if self.pull(number(1)).is_some() => self.checked(request, &body, PULL, |state| {
                let entry = state.entry(number(1)).unwrap();
                for key in ["title", "body", "state"] {
                    if let Some(value) = body.get(key) {
                        entry[key] = value.clone();
                    }
                }
                Response::json(200, &state.shown_pull(number(1)))
            }),
            _ => not_found(),
        }
    }

    fn checked(
        &mut self,
        request: &Request,
        body: &Value,
        keys: Keys,
        act: impl FnOnce(&mut State) -> Response,
    ) -> Response {
        let mut wrong: Vec<String> = Vec::new();
        for (key, value) in body.as_object().into_iter().flatten() {
            match keys.iter().find(|(name, ..)| name == key) {
                Some((_, _, fits)) if fits(value) => {}
                _ => wrong.push(format!("{key}: {value}")),
            }
        }
        wrong.extend(keys.iter().filter(|key| key.1 && body.get(key.0).is_none()).map(|key| format!("no {}", key.0)));
        // 65,536 and 256 characters. <https://docs.github.com/rest/issues/issues#create-an-issue>
        wrong.extend(["body", "title"].iter().zip([65_536, 256]).filter_map(|(key, max)| {
            let length = text(&body[*key]).chars().count();
            (length > max).then(|| format!("{key} is too long (maximum is {max} characters)"))
        }));
        if wrong.is_empty() {
            return act(self);
        }
        self.violations.push(format!("{} {}: {}", request.method, request.path, wrong.join(", ")));
        Response::json(422, &json!({ "message": "Validation Failed", "errors": wrong }))
    }

    fn create(&mut self, body: &Value) -> u64 {
        let number = self.entries.len() as u64 + 1;
        let labels = body["labels"].as_array().cloned().unwrap_or_default();
        let labels: Vec<Value> =
            labels.iter().filter(|_| !self.no_labels).map(|name| json!({ "name": name })).collect();
        self.entries.push(json!({
            "id": 5000 + number, "number": number, "state": "open", "title": body["title"], "body": body["body"],
            "labels": labels, "assignees": [], "user": { "login": "github-actions[bot]", "type": "Bot" },
            "author_association": "CONTRIBUTOR",
        }));
        self.pulls.push(None);
        number
    }

    fn shown(&self, number: u64) -> Value {
        let mut entry = self.entries[number as usize - 1].clone();
        entry["comments"] = json!(self.comments.iter().filter(|(issue, _)| *issue == number).count());
        entry
    }

    fn pull(&self, number: u64) -> Option<&Value> {
        self.pulls.get(usize::try_from(number).ok()?.checked_sub(1)?)?.as_ref()
    }

    fn shown_pull(&self, number: u64) -> Value {
        let mut shown = self.shown(number);
        let pull = self.pull(number).unwrap();
        for key in ["head", "base", "draft", "merged_at"] {
            shown[key] = pull[key].clone();
        }
        shown.as_object_mut().unwrap().remove("pull_request");
        shown
    }

    fn list_issues(&mut self, request: &Request) -> Response {
        let wanted = query(request, "state").unwrap_or_else(|| "open".into());
        let label = query(request, "labels");
        let mut listed: Vec<Value> = (1..=self.entries.len() as u64)
            .map(|number| self.shown(number))
            .filter(|entry| wanted == "all" || entry["state"] == json!(wanted))
            .filter(|entry| {
                label
                    .as_ref()
                    .is_none_or(|label| entry["labels"].as_array().unwrap().contains(&json!({ "name": label })))
            })
            .collect();
        if query(request, "direction").as_deref() != Some("asc") {
            listed.reverse();
        }
        self.page(request, listed, &["state", "labels", "sort", "direction", "since", "per_page", "page"])
    }

    fn list_pulls(&mut self, request: &Request) -> Response {
        let wanted = query(request, "state").unwrap_or_else(|| "open".into());
        let head = query(request, "head");
        let listed: Vec<Value> = (1..=self.entries.len() as u64)
            .rev()
            .filter(|number| self.pull(*number).is_some())
            .map(|number| self.shown_pull(number))
            .filter(|pull| wanted == "all" || pull["state"] == json!(wanted))
            .filter(|pull| head.as_ref().is_none_or(|head| *head == format!("octo:{}", text(&pull["head"]["ref"]))))
            .collect();
        self.page(request, listed, &["state", "head", "base", "sort", "direction", "per_page", "page"])
    }

    fn page(&mut self, request: &Request, listed: Vec<Value>, keys: &[&str]) -> Response {
        for pair in request.query.split('&').filter(|pair| !pair.is_empty()) {
            let key = pair.split('=').next().unwrap();
            if !keys.contains(&key) {
                self.violations.push(format!("{} {}: no parameter {key}", request.method, request.path));
            }
        }
        let number =
            |key: &str, default: usize| query(request, key).and_then(|value| value.parse().ok()).unwrap_or(default);
        let (size, page) = (number("per_page", 30).min(100), number("page", 1));
        let shown: Vec<Value> = listed.iter().skip(size * (page - 1)).take(size).cloned().collect();
        let response = Response::json(200, &Value::Array(shown));
        if listed.len() > size * page && !self.no_links {
            return response
                .header("link", format!("<https://api.github.com{}?page={}>; rel=\"next\"", request.path, page + 1));
        }
        response
    }

    fn create_pull(&mut self, body: &Value) -> Response {
        let refuse = |message: &str| {
            Response::json(
                422,
                &json!({ "message": "Validation Failed", "errors": [{ "resource": "PullRequest", "code": "custom", "message": message }] }),
            )
        };
        if self.no_pull_requests {
            return Response::json(
                403,
                &json!({ "message": "GitHub Actions is not permitted to create or approve pull requests." }),
            );
        }
        if self.no_drafts && body["draft"] == json!(true) {
            return Response::json(
                422,
                &json!({ "message": "Draft pull requests are not supported in this repository." }),
            );
        }
        let (head, base) = (text(&body["head"]).to_owned(), text(&body["base"]).to_owned());
        let (Some(head_id), Some(base_id)) = (self.branch(&head), self.branch(&base)) else {
            return refuse("head or base is invalid");
        };
        if head_id == base_id {
            return refuse(&format!("No commits between {base} and {head}"));
        }
        let same = |(entry, pull): (&Value, &Option<Value>)| {
            let pull = pull
                .as_ref()
                .is_some_and(|pull| text(&pull["head"]["ref"]) == head && text(&pull["base"]["ref"]) == base);
            pull && entry["state"] == json!("open")
        };
        if self.entries.iter().zip(&self.pulls).any(same) {
            return refuse(&format!("A pull request already exists for octo:{head}."));
        }
        let number = self.create(&json!({ "title": body["title"], "body": body["body"] }));
        self.entry(number).unwrap()["pull_request"] = json!({ "merged_at": null });
        let repo = json!({ "full_name": REPOSITORY });
        self.pulls[number as usize - 1] = Some(json!({
            "head": { "ref": head, "sha": head_id, "repo": repo }, "base": { "ref": base, "sha": base_id, "repo": repo },
            "draft": body["draft"] == json!(true), "merged_at": null,
        }));
        Response::json(201, &self.shown_pull(number))
    }

    fn branch(&self, name: &str) -> Option<String> {
        let bytes =
            xtask::tools::git::read(&self.bare, ["rev-parse", "--verify", "--quiet", &format!("refs/heads/{name}")]);
        bytes.ok().filter(|id| !id.is_empty())
    }
}

fn not_found() -> Response {
    Response::json(404, &json!({ "message": "Not Found" }))
}

fn query(request: &Request, key: &str) -> Option<String> {
    let pair = request.query.split('&').find_map(|pair| pair.split_once('=').filter(|(name, _)| *name == key))?;
    Some(pair.1.replace("%3A", ":").replace("%2F", "/"))
}
