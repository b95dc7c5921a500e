//! A stand-in for the Claude API on loopback, which follows the same scripts as the scripted model.
//! <https://docs.anthropic.com/en/api/messages-streaming>

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use xtask::http_server::{Request, Response, Server};
use xtask::scripted_model::{Conversation, Reply};

pub const KEY: &str = "sk-ant-stand-in-0123456789";

pub struct Claude {
    server: Server,
    /// Keys and models of the requests, in order.
    pub asked: Arc<Mutex<Vec<(String, String)>>>,
}

impl Claude {
    pub fn start(script: impl Fn(&Conversation) -> Reply + Send + Sync + 'static) -> Claude {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        let server = Server::start(move |request| answer(request, &kept, &script)).unwrap();
        Claude { server, asked }
    }

    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port())
    }
}

fn answer(
    request: &Request,
    asked: &Mutex<Vec<(String, String)>>,
    script: &dyn Fn(&Conversation) -> Reply,
) -> Response {
    if (request.method.as_str(), request.path.as_str()) != ("POST", "/v1/messages") {
        return Response::json(
            404,
            &json!({ "type": "error", "error": { "type": "not_found_error", "message": "no" } }),
        );
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let model = body["model"].as_str().unwrap().to_owned();
    asked.lock().unwrap().push((request.header("x-api-key").unwrap_or_default().to_owned(), model));
    let (block, delta, reason) = match script(&conversation(&body)) {
        Reply::Text(text) => {
            (json!({ "type": "text", "text": "" }), json!({ "type": "text_delta", "text": text }), "end_turn")
        }
        Reply::Tools(calls) => (
            json!({ "type": "tool_use", "id": "toolu_1", "name": calls[0].name, "input": {} }),
            json!({ "type": "input_json_delta", "partial_json": calls[0].arguments.to_string() }),
            "tool_use",
        ),
        other => panic!("{other:?} is no answer of Claude's"),
    };
    let usage = json!({ "input_tokens": 1, "output_tokens": 1 });
    let message = json!({ "id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": usage });
    let events = [
        json!({ "type": "message_start", "message": message }),
        json!({ "type": "content_block_start", "index": 0, "content_block": block }),
        json!({ "type": "content_block_delta", "index": 0, "delta": delta }),
        json!({ "type": "content_block_stop", "index": 0 }),
        json!({ "type": "message_delta", "delta": { "stop_reason": reason, "stop_sequence": null }, "usage": usage }),
        json!({ "type": "message_stop" }),
    ];
    let line = |event: &Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap()).into_bytes();
    Response::stream("text/event-stream", events.iter().map(line).collect())
}

/// What a script goes by: the user's messages, and the answers since the last of them.
fn conversation(body: &Value) -> Conversation {
    let mut conversation = Conversation::default();
    for message in body["messages"].as_array().unwrap() {
        let texts = message["content"].as_array().into_iter().flatten().filter_map(|part| part["text"].as_str());
        let text = texts.collect::<Vec<_>>().join("\n");
        match message["role"].as_str() {
            Some("user") if !text.is_empty() => {
                conversation.users.push(text);
                conversation.turns = 0;
            }
            Some("assistant") => conversation.turns += 1,
            _ => {}
        }
    }
    conversation
}
