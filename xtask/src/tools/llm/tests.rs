use super::*;
use crate::error::{Exit, exit_of};
use crate::http_server::{Request, Response, Server};

fn model(id: &str, millions: u64, tools: Option<bool>) -> Installed {
    Installed { id: id.into(), millions: Some(millions).filter(|m| *m > 0), tools, ..Installed::default() }
}

#[test]
fn the_better_model_is_chosen_whatever_the_order() {
    let yes = Some(true);
    for (better, worse) in [
        (model("qwen3-coder:30b", 30_500, yes), model("llama3.3:70b", 70_000, yes)),
        (model("qwen3:32b", 32_000, yes), model("qwen3:8b", 8_000, yes)),
        (model("qwen3:8b", 8_000, yes), model("deepseek-coder:33b", 33_000, None)),
        (model("qwen3:8b", 8_000, yes), model("qwen3-coder:480b", 480_000, yes)),
        (model("qwen3:8b", 8_000, yes), model("qwen2.5-coder:1.5b", 1_500, yes)),
        (model("qwen3-coder:480b", 480_000, yes), model("kimi:1t", 1_000_000, yes)),
        (model("a", 0, None), model("b", 0, None)),
        (Installed { loaded: true, ..model("b", 0, None) }, model("a", 0, None)),
    ] {
        for models in [[better.clone(), worse.clone()], [worse.clone(), better.clone()]] {
            assert_eq!(answers::by_preference(&models)[0].id, better.id);
        }
    }
    let unusable = [
        model("gemma:7b", 7_000, Some(false)),
        Installed { embeds: true, ..model("nomic-embed-text", 137, None) },
        Installed { remote: true, ..model("qwen3-coder:480b-cloud", 30_000, yes) },
    ];
    assert!(answers::by_preference(&unusable).is_empty());
}

#[test]
#[cfg(not(feature = "https"))]
fn a_server_behind_tls_wants_a_build_with_it() {
    let wanted = Wanted { base_url: Some("https://llm.example".into()), ..Wanted::default() };
    let error = probe(&wanted).unwrap_err();
    let failure = error.downcast_ref::<Failure>().unwrap();
    assert_eq!(failure.message, "`https://llm.example` wants TLS, which this build has not");
    assert!(failure.hint.as_deref().unwrap_or_default().contains("`--features https`"));
}

#[test]
fn what_servers_say_is_read() {
    let tags = json!({ "models": [
        { "name": "qwen3-coder:30b", "model": "qwen3-coder:30b", "details": { "parameter_size": "30.5B" } },
        { "name": "nomic-embed-text:latest", "details": { "parameter_size": "137M" } },
        { "name": "gpt-oss:120b-cloud", "remote_host": "https://ollama.com:443" },
        { "size": 3 },
    ] });
    let read = answers::ollama_tags(&tags).unwrap();
    let shown: Vec<_> = read.iter().map(|m| (m.id.as_str(), m.millions, m.embeds, m.remote)).collect();
    assert_eq!(
        shown,
        [
            ("qwen3-coder:30b", Some(30_500), false, false),
            ("nomic-embed-text:latest", Some(137), true, false),
            ("gpt-oss:120b-cloud", None, false, true),
        ]
    );
    let mut found = read[0].clone();
    let show = json!({ "capabilities": ["completion", "tools"], "model_info": { "qwen3moe.context_length": 262_144 },
        "parameters": "temperature 0.7\nnum_ctx                        32768\n" });
    answers::ollama_show(&show, &mut found);
    assert_eq!((found.tools, found.most, found.context), (Some(true), Some(262_144), Some(32_768)));
    answers::ollama_ps(&json!({ "models": [{ "model": "qwen3-coder:30b", "context_length": 4096 }] }), &mut found);
    assert_eq!((found.loaded, found.context), (true, Some(4096)));
    let lm = json!({ "data": [{ "id": "qwen/qwen3-coder-30b", "type": "llm", "state": "loaded", "max_context_length": 262_144,
        "loaded_context_length": 8192, "capabilities": ["tool_use"] }, { "id": "x", "type": "embeddings" }] });
    let read = answers::lm_studio(&lm).unwrap();
    assert_eq!((read[0].tools, read[0].context, read[0].millions), (Some(true), Some(8192), Some(30_000)));
    assert!(read[1].embeds && read[1].tools.is_none());
    let vllm = json!({ "data": [{ "id": "Qwen/Qwen3-8B", "max_model_len": 32768 }] });
    assert_eq!(answers::openai(&vllm).unwrap()[0].context, Some(32_768));
    for garbage in [json!(null), json!([]), json!({ "models": 3, "data": "x" })] {
        assert!(answers::ollama_tags(&garbage).is_none() && answers::lm_studio(&garbage).is_none());
        assert!(answers::openai(&garbage).is_none());
    }
}

/// An Ollama with one model: what `/api/show` says of it is given.
fn ollama(show: Value) -> Server {
    serve(move |request| match request.path.as_str() {
        "/api/tags" => Response::json(200, &json!({ "models": [{ "name": "m:latest" }] })),
        "/api/show" => Response::json(200, &show),
        _ => Response::new(404, "text/plain", "404 page not found"),
    })
}

fn serve(handler: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Server {
    Server::start(handler).unwrap()
}

fn ask(server: &Server, provider: Option<Provider>, model: Option<&str>) -> Result<Chosen> {
    let (base_url, model) = (Some(server.url()), model.map(str::to_owned));
    probe(&Wanted { provider, base_url, ollama_host: None, model })
}

#[track_caller]
fn refused(outcome: Result<Chosen>, parts: &[&str]) {
    let error = outcome.unwrap_err();
    assert_eq!(exit_of(&error), Exit::Missing);
    for part in parts {
        assert!(error.to_string().contains(part), "expected `{part}` in: {error}");
    }
}

#[test]
fn a_server_is_recognised_and_its_model_named_in_full() {
    let show = json!({ "capabilities": ["completion", "tools"], "model_info": { "x.context_length": 40_960 },
        "parameters": "num_ctx 32768" });
    let server = ollama(show);
    for wanted in [None, Some("m"), Some("m:latest")] {
        let chosen = ask(&server, None, wanted).unwrap();
        let expected = (Provider::Ollama, "m:latest", Some(32_768));
        assert_eq!((chosen.provider, chosen.model.as_str(), chosen.context), expected);
        assert!(chosen.warnings.is_empty());
    }
    refused(ask(&server, None, Some("other")), &["no model `other`", "m:latest", "hint: run `ollama pull other`"]);
    let lm = serve(|request| match request.path.as_str() {
        "/api/v0/models" => Response::json(200, &json!({ "data": [{ "id": "q", "capabilities": ["tool_use"] }] })),
        _ => Response::json(404, &json!({})),
    });
    assert_eq!(ask(&lm, None, None).unwrap().provider, Provider::LmStudio);
    let other = serve(|request| match request.path.as_str() {
        "/v1/models" => Response::json(200, &json!({ "data": [{ "id": "q", "max_model_len": 32768 }] })),
        _ => Response::json(404, &json!({})),
    });
    let chosen = ask(&other, None, None).unwrap();
    assert_eq!((chosen.provider, chosen.context), (Provider::OpenAiCompatible, Some(32_768)));
}

#[test]
fn everything_that_a_model_lacks_is_said_at_once() {
    let server = ollama(json!({ "capabilities": ["completion"], "model_info": { "x.context_length": 40_960 },
        "parameters": "num_ctx 4096" }));
    let parts = ["cannot call tools", "ollama pull qwen3-coder:30b", "4096 tokens", "OLLAMA_CONTEXT_LENGTH=32768"];
    refused(ask(&server, Some(Provider::Ollama), Some("m")), &parts);
    let unsaid = ollama(json!({ "capabilities": ["tools"], "model_info": { "x.context_length": 40_960 } }));
    let chosen = ask(&unsaid, Some(Provider::Ollama), Some("m")).unwrap();
    assert!(chosen.context.is_none() && chosen.warnings[0].contains("4096"), "{:?}", chosen.warnings);
    let short = ollama(json!({ "capabilities": ["tools"], "model_info": { "x.context_length": 8192 } }));
    refused(ask(&short, None, None), &["8192 tokens", "use a model that has more"]);
}

#[test]
fn whatever_answers_the_probe_ends_soon_and_says_what_is_wrong() {
    let started = Instant::now();
    let elsewhere =
        Response { headers: vec![("location".into(), "http://example.invalid/".into())], ..Response::html(302, "") };
    for (response, said) in [
        (Response::html(200, "<html>router</html>"), "not in JSON"),
        (Response::json(500, &json!({ "error": "boom" })), "it answers 500"),
        (elsewhere, "a redirect"),
        (Response::json(401, &json!({})), "it wants a key"),
        (Response::json(200, &json!({ "hello": 1 })), "lists no models"),
        (Response::new(200, "application/json", vec![b'['; 5 << 20]), "too long"),
        (Response::raw(b"SSH-2.0-OpenSSH\r\n"), "does not answer as"),
    ] {
        let server = serve(move |_| response.clone());
        refused(
            ask(&server, Some(Provider::OpenAiCompatible), None),
            &["no openai-compatible at http://127.0.0.1", said],
        );
    }
    let stalled = serve(|_| Response::stall(Duration::from_secs(60)));
    refused(ask(&stalled, Some(Provider::Ollama), None), &["no answer in time", "ollama serve"]);
    assert!(started.elapsed() < Duration::from_secs(30));
    let gone = serve(|_| Response::html(200, "")).url();
    let wanted = Wanted { base_url: Some(gone), provider: Some(Provider::LmStudio), ..Wanted::default() };
    refused(probe(&wanted), &["refused", "lms server start"]);
}
