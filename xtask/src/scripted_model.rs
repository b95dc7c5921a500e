//! A model server that follows a script: the OpenAI-compatible endpoint behind `cargo heal demo` and behind the tests.
//!
//! It is a script, not a mind, and says so to whoever asks it (`owned_by`, `description`). It must never be chosen by
//! itself for a run on somebody's code: only the demo and the tests start one.
//!
//! Shapes: <https://platform.openai.com/docs/api-reference/chat>; the answers to `/api/tags` and `/api/show` are those of
//! <https://github.com/ollama/ollama/blob/main/docs/api.md>, so that it can stand where an Ollama stands.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::http_server::{Request, Response, Server};

/// The id under which it serves.
pub const MODEL: &str = "scripted";

/// The context length that it claims, in tokens.
pub const CONTEXT: u64 = 32_768;

const DESCRIPTION: &str = "a script that answers like a model; there is no model here";

/// What the script sees of a request for a completion.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conversation {
    /// All messages of the role `system`.
    pub system: String,
    /// The messages of the role `user`, in order.
    pub users: Vec<String>,
    /// How often the model has answered since the last of them.
    pub turns: usize,
    /// Every call of a tool since the last of them, with its result, in order.
    pub calls: Vec<Answered>,
    /// The names of the tools that are offered.
    pub tools: Vec<String>,
    /// The request as it came.
    pub request: Value,
    /// Bytes of the request's body.
    pub size: usize,
}

impl Conversation {
    /// The newest message of the user; empty without one.
    pub fn last_user(&self) -> &str {
        self.users.last().map_or("", String::as_str)
    }

    /// The result of the newest call; empty without one.
    pub fn last_result(&self) -> &str {
        self.calls.last().map_or("", |call| call.result.as_str())
    }
}

/// A call that the model made, and what came back; the result is empty until it is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    pub call: ToolCall,
    pub result: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    pub name: String,
    pub arguments: Value,
}

impl ToolCall {
    /// opencode's `read`.
    pub fn read(path: impl Into<String>) -> Self {
        ToolCall { name: "read".to_owned(), arguments: json!({ "filePath": path.into() }) }
    }

    /// opencode's `edit`: replaces the one place where `old` stands.
    pub fn edit(path: impl Into<String>, old: impl Into<String>, new: impl Into<String>) -> Self {
        let arguments = json!({ "filePath": path.into(), "oldString": old.into(), "newString": new.into() });
        ToolCall { name: "edit".to_owned(), arguments }
    }

    /// opencode's `write`.
    pub fn write(path: impl Into<String>, content: impl Into<String>) -> Self {
        let arguments = json!({ "filePath": path.into(), "content": content.into() });
        ToolCall { name: "write".to_owned(), arguments }
    }
}

/// What the script answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    Text(String),
    Tools(Vec<ToolCall>),
    /// An HTTP error with this text as its message.
    Status(u16, String),
    /// These bytes in the place of the whole HTTP reply, head included.
    Raw(Vec<u8>),
    /// Silence, then the connection is closed.
    Stall(Duration),
}

/// A running scripted model. It ends when it is dropped.
pub struct ScriptedModel {
    server: Server,
    seen: Arc<Mutex<Vec<Conversation>>>,
}

impl ScriptedModel {
    /// Listens on a free port of 127.0.0.1. The script is asked once per completion.
    pub fn start(script: impl Fn(&Conversation) -> Reply + Send + Sync + 'static) -> io::Result<ScriptedModel> {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        let server = Server::start(move |request| match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/v1/models") => Response::json(200, &models()),
            ("POST", "/v1/chat/completions") => complete(request, &kept, &script),
            ("GET", "/api/version") => Response::json(200, &json!({ "version": "0.0.0", "description": DESCRIPTION })),
            ("GET", "/api/tags") => Response::json(200, &tags()),
            ("POST", "/api/show") => show(request),
            ("GET", "/") => Response::new(200, "text/plain", DESCRIPTION),
            _ => refuse(404, "no such endpoint"),
        })?;
        Ok(ScriptedModel { server, seen })
    }

    /// `http://127.0.0.1:PORT/v1`, as a provider's `baseURL` takes it.
    pub fn base_url(&self) -> String {
        format!("{}/v1", self.server.url())
    }

    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// Every request for a completion so far, in the order of arrival.
    pub fn conversations(&self) -> Vec<Conversation> {
        lock(&self.seen).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn complete(request: &Request, seen: &Mutex<Vec<Conversation>>, script: &impl Fn(&Conversation) -> Reply) -> Response {
    let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
        return refuse(400, "the body is not JSON");
    };
    let stream = body["stream"] == true;
    let conversation = converse(body, request.body.len());
    let number = {
        let mut seen = lock(seen);
        seen.push(conversation.clone());
        seen.len()
    };
    match script(&conversation) {
        Reply::Status(status, message) => refuse(status, &message),
        Reply::Raw(bytes) => Response::raw(bytes),
        Reply::Stall(time) => Response::stall(time),
        Reply::Text(text) => finish(number, stream, conversation.size, Some(text), Vec::new()),
        Reply::Tools(calls) => finish(number, stream, conversation.size, None, calls),
    }
}

/// The request as the script sees it. Pure.
fn converse(request: Value, size: usize) -> Conversation {
    let mut found = Conversation { size, ..Conversation::default() };
    // Calls wait for their results by id.
    let mut ids: Vec<String> = Vec::new();
    for message in request["messages"].as_array().into_iter().flatten() {
        let text = content(&message["content"]);
        match message["role"].as_str() {
            Some("system" | "developer") => found.system.push_str(&text),
            Some("user") => {
                found.users.push(text);
                found.turns = 0;
                found.calls.clear();
                ids.clear();
            }
            Some("assistant") => {
                found.turns += 1;
                for call in message["tool_calls"].as_array().into_iter().flatten() {
                    let arguments = call["function"]["arguments"].as_str().unwrap_or_default();
                    let call_made = ToolCall {
                        name: call["function"]["name"].as_str().unwrap_or_default().to_owned(),
                        arguments: serde_json::from_str(arguments).unwrap_or(Value::Null),
                    };
                    found.calls.push(Answered { call: call_made, result: String::new() });
                    ids.push(call["id"].as_str().unwrap_or_default().to_owned());
                }
            }
            Some("tool") => {
                let id = message["tool_call_id"].as_str().unwrap_or_default();
                if let Some(call) = ids.iter().rposition(|known| known == id).and_then(|at| found.calls.get_mut(at)) {
                    call.result = text;
                }
            }
            _ => {}
        }
    }
    let names = request["tools"].as_array().into_iter().flatten().filter_map(|tool| tool["function"]["name"].as_str());
    found.tools = names.map(str::to_owned).collect();
    found.request = request;
    found
}

/// A message's content is a text or a list of parts.
fn content(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n"),
        _ => String::new(),
    }
}

fn finish(number: usize, stream: bool, size: usize, text: Option<String>, calls: Vec<ToolCall>) -> Response {
    let calls: Vec<Value> = calls
        .iter()
        .enumerate()
        .map(|(index, call)| {
            let function = json!({ "name": call.name, "arguments": call.arguments.to_string() });
            json!({ "index": index, "id": format!("call_{number}_{index}"), "type": "function", "function": function })
        })
        .collect();
    let reason = if calls.is_empty() { "stop" } else { "tool_calls" };
    let said = text.as_ref().map_or(0, String::len) + calls.iter().map(|call| call.to_string().len()).sum::<usize>();
    // Nobody counts tokens here: four bytes to a token is the usual estimate.
    let (prompt, completion) = (size.div_ceil(4), said.div_ceil(4));
    let usage =
        json!({ "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion });
    let mut message = json!({ "role": "assistant", "content": text });
    if !calls.is_empty() {
        message["tool_calls"] = Value::Array(calls);
    }
    let document = |object: &str, choices: Value| {
        let id = format!("chatcmpl-{number}");
        json!({ "id": id, "object": object, "created": 0, "model": MODEL, "choices": choices })
    };
    if !stream {
        let choice = json!({ "index": 0, "message": message, "finish_reason": reason });
        let mut whole = document("chat.completion", json!([choice]));
        whole["usage"] = usage;
        return Response::json(200, &whole);
    }
    let chunk = |choices: Value| document("chat.completion.chunk", choices);
    let first = chunk(json!([{ "index": 0, "delta": message, "finish_reason": null }]));
    let last = chunk(json!([{ "index": 0, "delta": {}, "finish_reason": reason }]));
    let mut counted = chunk(json!([]));
    counted["usage"] = usage;
    let mut events: Vec<Vec<u8>> =
        [first, last, counted].iter().map(|event| format!("data: {event}\n\n").into_bytes()).collect();
    events.push(b"data: [DONE]\n\n".to_vec());
    Response::stream("text/event-stream", events)
}

fn refuse(status: u16, message: &str) -> Response {
    Response::json(status, &json!({ "error": { "message": message, "type": "scripted", "code": status } }))
}

fn models() -> Value {
    let model =
        json!({ "id": MODEL, "object": "model", "created": 0, "owned_by": DESCRIPTION, "max_model_len": CONTEXT });
    json!({ "object": "list", "data": [model] })
}

fn tags() -> Value {
    let details = json!({ "format": "script", "family": "script", "description": DESCRIPTION });
    json!({ "models": [{ "name": MODEL, "model": MODEL, "size": 0, "details": details }] })
}

fn show(request: &Request) -> Response {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    if body["model"] != MODEL && body["name"] != MODEL {
        return Response::json(404, &json!({ "error": format!("model '{}' not found", content(&body["model"])) }));
    }
    let shown = json!({
        "modelfile": DESCRIPTION,
        "parameters": format!("num_ctx {CONTEXT}"),
        "details": { "format": "script", "family": "script" },
        "model_info": { "general.architecture": "script", "script.context_length": CONTEXT },
        "capabilities": ["completion", "tools"],
    });
    Response::json(200, &shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(model: &ScriptedModel, body: &Value) -> String {
        let url = format!("{}/chat/completions", model.base_url());
        ureq::post(url).send_json(body).unwrap().body_mut().read_to_string().unwrap()
    }

    #[test]
    fn shows_the_script_what_was_said_since_the_last_message_of_the_user() {
        let call = |id: &str| json!({ "id": id, "function": { "name": "read", "arguments": r#"{"filePath":"a"}"# } });
        let request = json!({
            "messages": [
                { "role": "system", "content": "be good" },
                { "role": "user", "content": [{ "type": "text", "text": "one" }, { "type": "text", "text": "two" }] },
                { "role": "assistant", "content": null, "tool_calls": [call("x")] },
                { "role": "tool", "tool_call_id": "x", "content": "old" },
                { "role": "user", "content": "again" },
                { "role": "assistant", "content": null, "tool_calls": [call("y"), call("z")] },
                { "role": "tool", "tool_call_id": "z", "content": "last" },
                { "role": "tool", "tool_call_id": "y", "content": "first" },
            ],
            "tools": [{ "type": "function", "function": { "name": "edit" } }],
        });
        let seen = converse(request, 7);
        assert_eq!(seen.system, "be good");
        assert_eq!(seen.users, ["one\ntwo", "again"]);
        assert_eq!((seen.turns, seen.last_user(), seen.last_result()), (1, "again", "last"));
        assert_eq!(seen.calls[0], Answered { call: ToolCall::read("a"), result: "first".to_owned() });
        assert_eq!((seen.tools, seen.size), (vec!["edit".to_owned()], 7));
    }

    #[test]
    fn answers_whole_and_as_a_stream() {
        let model = ScriptedModel::start(|seen| match seen.last_user() {
            "call" => Reply::Tools(vec![ToolCall::read("a"), ToolCall::edit("a", "b", "c")]),
            _ => Reply::Text("hello".to_owned()),
        })
        .unwrap();
        let ask =
            |text: &str, stream: bool| json!({ "stream": stream, "messages": [{"role": "user", "content": text}] });
        let whole: Value = serde_json::from_str(&post(&model, &ask("hi", false))).unwrap();
        assert_eq!(whole["choices"][0]["message"]["content"], "hello");
        assert_eq!(whole["choices"][0]["finish_reason"], "stop");
        assert_eq!(whole["usage"]["completion_tokens"], 2);
        let stream = post(&model, &ask("call", true));
        let events: Vec<&str> = stream.split("\n\n").filter_map(|event| event.strip_prefix("data: ")).collect();
        assert_eq!(events.len(), 4, "{stream}");
        let first: Value = serde_json::from_str(events[0]).unwrap();
        let calls = &first["choices"][0]["delta"]["tool_calls"];
        assert_eq!(calls[1]["function"]["name"], "edit");
        assert_eq!(calls[1]["index"], 1);
        let last: Value = serde_json::from_str(events[1]).unwrap();
        assert_eq!(last["choices"][0]["finish_reason"], "tool_calls");
        assert_eq!(events[3], "[DONE]");
        let users: Vec<String> = model.conversations().iter().map(|seen| seen.last_user().to_owned()).collect();
        assert_eq!(users, ["hi", "call"]);
    }

    #[test]
    fn misbehaves_when_told_to() {
        let model = ScriptedModel::start(|seen| match seen.last_user() {
            "raw" => Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nhtml".to_vec()),
            "stall" => Reply::Stall(Duration::from_millis(20)),
            _ => Reply::Status(500, "broken".to_owned()),
        })
        .unwrap();
        let ask = |text: &str| {
            let url = format!("{}/chat/completions", model.base_url());
            let body = json!({ "messages": [{ "role": "user", "content": text }] });
            let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
            agent
                .post(url)
                .send_json(&body)
                .map(|mut reply| (reply.status(), reply.body_mut().read_to_string().unwrap()))
        };
        assert_eq!(ask("raw").unwrap().1, "html");
        let (status, body) = ask("").unwrap();
        assert!(status == 500 && body.contains("broken"), "{status} {body}");
        assert!(ask("stall").is_err());
    }

    #[test]
    fn stands_where_a_model_server_stands_and_says_what_it_is() {
        let model = ScriptedModel::start(|_| Reply::Text(String::new())).unwrap();
        let root = model.base_url().trim_end_matches("/v1").to_owned();
        for path in ["/v1/models", "/api/tags", "/"] {
            let text = ureq::get(format!("{root}{path}")).call().unwrap().body_mut().read_to_string().unwrap();
            assert!(text.contains(DESCRIPTION), "{path}: {text}");
        }
        let show = ureq::post(format!("{root}/api/show")).send_json(json!({ "model": MODEL })).unwrap();
        let shown: Value = serde_json::from_str(&show.into_body().read_to_string().unwrap()).unwrap();
        assert_eq!(shown["capabilities"][1], "tools");
        assert!(ureq::post(format!("{root}/api/show")).send_json(json!({ "model": "other" })).is_err());
    }
}
