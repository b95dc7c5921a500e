//! opencode, as one server per run that is driven over HTTP: a session per test, a question per attempt.
//!
//! `opencode run` costs seconds for each start and cannot be asked again in the same session. The server's answers are
//! read for facts only: nothing is believed for being answered, and a session that does not get anywhere is aborted
//! (closing the connection does not end it).

use std::ffi::OsString;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::error::Failure;
use crate::outcome::Tokens;
use crate::proc::{self, Background, Confinement, Environment, Limits};
use crate::random;
use crate::sandbox::lists;

/// The version that the facts in this file were measured with.
pub const KNOWN_GOOD: &str = "1.18.33";

/// The remedy where it is not there.
pub fn how_to_install() -> String {
    format!("run `npm install --global opencode-ai@{KNOWN_GOOD}`, or without `--global` in the repository")
}

/// The agent's name in the configuration.
pub const AGENT: &str = "tests-healer";

/// How long the server may take to answer its first request. A cold start takes 4 s; a loaded runner several times that.
const START: Duration = Duration::from_secs(90);
/// How often a session is looked at while it works.
const LOOK: Duration = Duration::from_millis(150);

/// How a server is started.
pub struct Launch<'a> {
    pub program: &'a Path,
    /// A folder of its own, writable.
    pub home: &'a Path,
    /// The folders that it may write besides: the work trees.
    pub room: &'a Path,
    /// The whole configuration (`OPENCODE_CONFIG_CONTENT`, the one place that wins over every other).
    pub config: &'a Value,
    /// The TCP port of the model server.
    pub model_port: u16,
    /// Variables that the configuration reads by `{env:…}`: the key of a cloud model.
    pub keys: Vec<(&'a str, OsString)>,
    pub walls: bool,
    pub log: &'a Path,
}

/// A running server. Dropping it ends it and everything that it started.
pub struct Server {
    process: Background,
    http: ureq::Agent,
    base: String,
    authorization: String,
    log: PathBuf,
}

/// What a question may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the whole question.
    pub timeout: Duration,
    /// Without any sign of work.
    pub idle: Duration,
    /// Answers of the model, each with or without tool calls.
    pub steps: usize,
    /// Failed requests in a row before the provider is given up.
    pub retries: u64,
}

/// How a question ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    Answered,
    /// The answer was cut off at the model's output limit.
    CutOff,
    TimedOut,
    /// Nothing moved for so long.
    Idle(Duration),
    TooManySteps(usize),
    /// The provider refuses, fails, or does not speak the protocol.
    Provider(String),
}

/// A question and what came of it.
#[derive(Clone, Debug)]
pub struct Turn {
    pub end: End,
    /// The model's last words.
    pub text: String,
    pub tokens: Tokens,
    pub steps: usize,
}

/// The version that a program says it is.
pub fn version(program: &Path) -> Result<String> {
    let mut command = Command::new(program);
    command.arg("--version");
    let finished = proc::run(command, &Limits::seconds(30))?;
    Ok(finished.stdout_text().trim().to_owned())
}

impl Server {
    /// Starts a server on a free port of this machine's loopback and waits until it answers.
    pub fn start(launch: &Launch<'_>) -> Result<Server> {
        seed_home(launch.home)?;
        let mut tries = 0;
        loop {
            tries += 1;
            // The port is free now and may be taken a moment later: then the start fails, and another is tried.
            let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            match Self::start_on(port, launch) {
                Ok(server) => return Ok(server),
                Err(error) if tries == 3 => return Err(error),
                Err(_) => {}
            }
        }
    }

    fn start_on(port: u16, launch: &Launch<'_>) -> Result<Server> {
        let password = random::hex(16)?;
        let models = launch.home.join("models.json");
        let needs = lists::Needs {
            write: vec![launch.home.to_owned(), launch.room.to_owned()],
            programs: vec![launch.program.to_owned()],
            lent: Vec::new(),
        };
        let mut environment = Environment::clean()
            .home(launch.home)?
            .pwd(launch.home)
            .set("OPENCODE_CONFIG_CONTENT", launch.config.to_string())
            .set("OPENCODE_MODELS_PATH", &models)
            .set("OPENCODE_DB", ":memory:")
            .set("OPENCODE_PURE", "1")
            .set("OPENCODE_SERVER_PASSWORD", &password);
        for what in [
            "PROJECT_CONFIG",
            "EXTERNAL_SKILLS",
            "CLAUDE_CODE",
            "AUTOUPDATE",
            "MODELS_FETCH",
            "LSP_DOWNLOAD",
            "DEFAULT_PLUGINS",
            "AUTOCOMPACT",
            "SHARE",
            "EMBEDDED_WEB_UI",
        ] {
            environment = environment.set(format!("OPENCODE_DISABLE_{what}"), "1");
        }
        environment = environment.set("OPENCODE_EXPERIMENTAL_DISABLE_FILEWATCHER", "1");
        for (name, value) in &launch.keys {
            environment = environment.set(name, value);
        }
        let confinement = Confinement {
            environment,
            sandbox: launch.walls.then(|| lists::for_agent(&needs, launch.model_port, port)),
        };
        let mut command = Command::new(launch.program);
        command.args(["serve", "--pure", "--hostname", "127.0.0.1", "--port", &port.to_string()]);
        command.current_dir(launch.home);
        let process = Background::confined(command, launch.log, &confinement)?;
        let http = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().new_agent();
        let mut server = Server {
            process,
            http,
            base: format!("http://127.0.0.1:{port}"),
            authorization: format!("Basic {}", BASE64.encode(format!("opencode:{password}"))),
            log: launch.log.to_owned(),
        };
        let deadline = Instant::now() + START;
        loop {
            if server.get("/config", None, Duration::from_secs(5)).is_ok() {
                return Ok(server);
            }
            if let Some(end) = server.process.ended()? {
                return Err(server.failed_start(&format!("it ended at once ({end:?})")));
            }
            if Instant::now() > deadline {
                return Err(server.failed_start(&format!("it did not answer within {} s", START.as_secs())));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn failed_start(&self, why: &str) -> anyhow::Error {
        let said = fs::read_to_string(&self.log).unwrap_or_default();
        let said = crate::redact::clean(&said);
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing said").trim();
        Failure::new(crate::error::Exit::Broken, format!("opencode does not serve: {why}; {last}"))
            .hint(format!("run `opencode serve` by hand; its log is `{}`", self.log.display()))
            .into()
    }

    /// Opens a session in a folder, which must hold a repository of its own.
    pub fn session<'a>(&'a self, folder: &Path, provider: &str, model: &str) -> Result<Session<'a>> {
        // A title saves the request that would ask the model for one.
        let answer = self.post("/session", folder, &json!({ "title": "heal" }), Duration::from_secs(60))?;
        let id = answer["id"].as_str().context("opencode gave no session id")?.to_owned();
        Ok(Session {
            server: self,
            id,
            folder: folder.to_owned(),
            model: json!({ "providerID": provider, "modelID": model }),
            seen: 0,
        })
    }

    fn get(&self, path: &str, folder: Option<&Path>, timeout: Duration) -> Result<Value> {
        let mut request = self.http.get(format!("{}{path}", self.base)).header("authorization", &self.authorization);
        if let Some(folder) = folder {
            request = request.header("x-opencode-directory", folder.to_string_lossy().as_ref());
        }
        let answer =
            request.config().timeout_global(Some(timeout)).build().call().context("opencode does not answer")?;
        read(answer, path)
    }

    fn post(&self, path: &str, folder: &Path, body: &Value, timeout: Duration) -> Result<Value> {
        let request = self.http.post(format!("{}{path}", self.base)).header("authorization", &self.authorization);
        let request = request.header("x-opencode-directory", folder.to_string_lossy().as_ref());
        let request = request.config().timeout_global(Some(timeout)).build();
        read(request.send_json(body).context("opencode does not answer")?, path)
    }
}

fn read(answer: ureq::http::Response<ureq::Body>, path: &str) -> Result<Value> {
    let status = answer.status();
    let text = answer.into_body().into_with_config().limit(64 << 20).read_to_string().context("opencode broke off")?;
    if !status.is_success() {
        let cut: String = text.chars().take(300).collect();
        bail!("opencode answered {} to {path}: {cut}", status.as_u16());
    }
    Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// A conversation about one test.
pub struct Session<'a> {
    server: &'a Server,
    id: String,
    folder: PathBuf,
    model: Value,
    /// Messages of earlier questions.
    seen: usize,
}

impl Session<'_> {
    /// Asks, and waits until the model has finished, failed or run out of patience. The question is sent as one part of
    /// text: nothing in it is expanded.
    ///
    /// # Errors
    /// When opencode itself breaks. What the model or its provider does is a [`Turn`].
    pub fn ask(&mut self, prompt: &str, patience: Patience) -> Result<Turn> {
        let body = json!({ "agent": AGENT, "model": self.model, "parts": [{ "type": "text", "text": prompt }] });
        let path = format!("/session/{}/message", self.id);
        let started = Instant::now();
        let (server, folder) = (self.server, self.folder.as_path());
        let (sender, receiver) = std::sync::mpsc::channel();
        let (end, turn) = std::thread::scope(|scope| -> Result<(Option<End>, Value)> {
            scope.spawn(move || {
                let answer = server.post(&path, folder, &body, patience.timeout + Duration::from_secs(30));
                // Nobody listens any more when the patience has run out.
                let _ = sender.send(answer);
            });
            let mut watch = Watch::new(started, patience);
            loop {
                match receiver.recv_timeout(LOOK) {
                    Ok(answer) => return Ok((None, answer?)),
                    Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => bail!("opencode was not asked"),
                    Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
                }
                let status =
                    server.get("/session/status", Some(folder), Duration::from_secs(10)).unwrap_or(Value::Null);
                let messages = watch.due().then(|| self.messages().unwrap_or_default());
                if let Some(end) = watch.look(&status[&self.id], messages.as_deref().unwrap_or_default()) {
                    let abort = format!("/session/{}/abort", self.id);
                    server.post(&abort, folder, &json!({}), Duration::from_secs(10))?;
                    // Once aborted, the question is answered within moments; the thread must not outlive the scope.
                    return Ok((Some(end), Value::Null));
                }
            }
        })?;
        let messages = self.messages()?;
        self.seen += messages.len();
        let mut result = summarise(&messages);
        if let Some(end) = end {
            result.end = end;
        } else if let Some(error) = turn.pointer("/info/error") {
            result.end = End::Provider(describe_error(error));
        }
        Ok(result)
    }

    /// The messages since the last question, in their order.
    fn messages(&self) -> Result<Vec<Value>> {
        let path = format!("/session/{}/message", self.id);
        match self.server.get(&path, Some(&self.folder), Duration::from_secs(30))? {
            Value::Array(all) => Ok(all.into_iter().skip(self.seen).collect()),
            other => bail!("opencode gave no list of messages: {other}"),
        }
    }
}

/// Decides, from what is seen of a session, whether it is still worth waiting for.
struct Watch {
    started: Instant,
    patience: Patience,
    looks: u32,
    moved: Instant,
    fingerprint: usize,
}

impl Watch {
    fn new(started: Instant, patience: Patience) -> Self {
        Watch { started, patience, looks: 0, moved: started, fingerprint: 0 }
    }

    /// Messages are read at every fourth look only: they are long.
    fn due(&mut self) -> bool {
        self.looks += 1;
        self.looks.is_multiple_of(4)
    }

    fn look(&mut self, status: &Value, messages: &[Value]) -> Option<End> {
        if self.started.elapsed() > self.patience.timeout {
            return Some(End::TimedOut);
        }
        if status["type"] == "retry" && status["attempt"].as_u64().unwrap_or(0) >= self.patience.retries {
            let said = status["message"].as_str().unwrap_or("no reason given");
            return Some(End::Provider(format!("gave up after {} failed requests: {said}", self.patience.retries)));
        }
        if messages.is_empty() {
            let quiet = self.moved.elapsed();
            return (quiet > self.patience.idle).then_some(End::Idle(quiet));
        }
        let fingerprint = messages.iter().map(|message| message.to_string().len()).sum();
        if fingerprint != self.fingerprint {
            (self.fingerprint, self.moved) = (fingerprint, Instant::now());
        }
        let finishes: Vec<&str> =
            messages.iter().filter_map(|message| message.pointer("/info/finish")?.as_str()).collect();
        // Not the protocol (a web page, an empty stream): opencode asks again for ever.
        if finishes.len() >= 3 && finishes[finishes.len() - 3..].iter().all(|finish| *finish == "unknown") {
            return Some(End::Provider("it does not answer as an OpenAI-compatible server".into()));
        }
        (finishes.len() > self.patience.steps).then_some(End::TooManySteps(finishes.len()))
    }
}

/// What the messages of one question add up to.
fn summarise(messages: &[Value]) -> Turn {
    let mut turn =
        Turn { end: End::Provider("no answer".into()), text: String::new(), tokens: Tokens::default(), steps: 0 };
    for message in messages.iter().filter(|message| message.pointer("/info/role") == Some(&json!("assistant"))) {
        turn.steps += 1;
        let count = |name: &str| message.pointer(&format!("/info/tokens/{name}")).and_then(Value::as_u64).unwrap_or(0);
        turn.tokens.input += count("input") + count("cache/read") + count("cache/write");
        turn.tokens.output += count("output") + count("reasoning");
        let parts = message["parts"].as_array().map(Vec::as_slice).unwrap_or_default();
        let texts = parts.iter().filter(|part| part["type"] == "text" && part["synthetic"] != json!(true));
        let text: Vec<&str> = texts.filter_map(|part| part["text"].as_str()).collect();
        if !text.is_empty() {
            turn.text = text.join("\n");
        }
        turn.end = match (message.pointer("/info/error"), message.pointer("/info/finish").and_then(Value::as_str)) {
            (Some(error), _) => End::Provider(describe_error(error)),
            (None, Some("length")) => End::CutOff,
            (None, Some("stop" | "tool-calls" | "end_turn")) => End::Answered,
            (None, finish) => End::Provider(format!("the answer ended with `{}`", finish.unwrap_or("nothing"))),
        };
    }
    turn
}

fn describe_error(error: &Value) -> String {
    let said = error.pointer("/data/message").and_then(Value::as_str).unwrap_or("no reason given");
    let name = error["name"].as_str().unwrap_or("error");
    match error.pointer("/data/statusCode").and_then(Value::as_u64) {
        Some(status) => format!("{name} (HTTP {status}): {said}"),
        None => format!("{name}: {said}"),
    }
}

/// Makes the folders of a home and what keeps opencode from installing a package into it at every start.
fn seed_home(home: &Path) -> Result<()> {
    let config = home.join("config/opencode");
    fs::create_dir_all(config.join("node_modules"))?;
    let dependencies = json!({ "@opencode-ai/plugin": KNOWN_GOOD });
    fs::write(config.join("package.json"), json!({ "dependencies": dependencies }).to_string())?;
    let lock = json!({
        "name": "opencode", "lockfileVersion": 3, "requires": true,
        "packages": { "": { "dependencies": dependencies } },
    });
    fs::write(config.join("package-lock.json"), lock.to_string())?;
    // Without a list of models opencode would fetch one; every model that is used is declared in the configuration.
    fs::write(home.join("models.json"), "{}")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(finish: Option<&str>, text: &str, error: Option<Value>) -> Value {
        let mut info = json!({ "role": "assistant", "tokens": { "input": 10, "output": 5, "reasoning": 1,
            "cache": { "read": 2, "write": 0 } } });
        if let Some(finish) = finish {
            info["finish"] = json!(finish);
        }
        if let Some(error) = error {
            info["error"] = error;
        }
        json!({ "info": info, "parts": [{ "type": "step-start" }, { "type": "text", "text": text }] })
    }

    #[test]
    fn adds_up_what_was_said_and_spent() {
        let user = json!({ "info": { "role": "user" }, "parts": [{ "type": "text", "text": "question" }] });
        let turn = summarise(&[user, message(Some("tool-calls"), "hm", None), message(Some("stop"), "done", None)]);
        assert_eq!((turn.end, turn.text.as_str(), turn.steps), (End::Answered, "done", 2));
        assert_eq!((turn.tokens.input, turn.tokens.output), (24, 12));
    }

    #[test]
    fn an_end_is_read_from_the_last_message() {
        let refused = json!({ "name": "APIError", "data": { "message": "bad key", "statusCode": 401 } });
        for (last, end) in [
            (message(Some("stop"), "", None), End::Answered),
            (message(Some("length"), "", None), End::CutOff),
            (message(None, "", Some(refused)), End::Provider("APIError (HTTP 401): bad key".into())),
            (message(Some("unknown"), "", None), End::Provider("the answer ended with `unknown`".into())),
        ] {
            assert_eq!(summarise(&[last]).end, end);
        }
        assert_eq!(summarise(&[]).end, End::Provider("no answer".into()));
    }

    #[test]
    fn patience_ends() {
        let patience =
            Patience { timeout: Duration::from_secs(60), idle: Duration::from_secs(30), steps: 2, retries: 3 };
        let busy = json!({ "type": "busy" });
        let retry = |attempt: u64| json!({ "type": "retry", "attempt": attempt, "message": "boom" });
        let now = Instant::now();
        let fresh = || Watch::new(now, patience);
        assert_eq!(fresh().look(&busy, &[message(Some("tool-calls"), "", None)]), None);
        assert_eq!(fresh().look(&retry(2), &[]), None);
        assert!(matches!(fresh().look(&retry(3), &[]), Some(End::Provider(why)) if why.contains("boom")));
        let unknown = vec![message(Some("unknown"), "", None); 3];
        assert!(matches!(fresh().look(&busy, &unknown), Some(End::Provider(why)) if why.contains("OpenAI")));
        let steps = vec![message(Some("tool-calls"), "", None); 3];
        assert_eq!(fresh().look(&busy, &steps), Some(End::TooManySteps(3)));
        let long_ago = now.checked_sub(Duration::from_secs(61)).unwrap();
        assert_eq!(Watch::new(long_ago, patience).look(&busy, &[]), Some(End::TimedOut));
        let quiet = now.checked_sub(Duration::from_secs(31)).unwrap();
        assert!(matches!(Watch::new(quiet, patience).look(&busy, &[]), Some(End::Idle(_))));
    }
}
