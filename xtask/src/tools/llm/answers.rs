//! What model servers answer, as values, and which model to prefer. Pure.
//!
//! Ollama: <https://github.com/ollama/ollama/blob/main/docs/api.md>. LM Studio: <https://lmstudio.ai/docs/app/api/endpoints/rest>.

use std::cmp::Reverse;

use serde_json::Value;

/// A model that a server has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Installed {
    pub id: String,
    /// Whether it can call tools; `None`: not said.
    pub tools: Option<bool>,
    /// The context that it is or will be served with, in tokens.
    pub context: Option<u64>,
    /// The longest context that it was made for.
    pub most: Option<u64>,
    /// Parameters, in millions.
    pub millions: Option<u64>,
    pub loaded: bool,
    /// It makes vectors, not text.
    pub embeds: bool,
    /// The server only passes it on.
    pub remote: bool,
}

/// `GET /api/tags`.
pub fn ollama_tags(value: &Value) -> Option<Vec<Installed>> {
    let models = value.get("models")?.as_array()?;
    let read = |entry: &Value| {
        let id = entry["model"].as_str().or(entry["name"].as_str())?.to_owned();
        Some(Installed {
            millions: entry["details"]["parameter_size"].as_str().and_then(millions),
            remote: entry["remote_host"].is_string() || id.ends_with("-cloud") || id.ends_with(":cloud"),
            embeds: embeds(&id),
            id,
            ..Installed::default()
        })
    };
    Some(models.iter().filter_map(read).collect())
}

/// `POST /api/show`. `num_ctx` stands in the model's parameters only if somebody set it there.
pub fn ollama_show(value: &Value, model: &mut Installed) {
    if let Some(capabilities) = value["capabilities"].as_array() {
        let has = |name: &str| capabilities.iter().any(|capability| capability == name);
        model.tools = Some(has("tools"));
        model.embeds |= has("embedding") && !has("completion");
    }
    let info = value["model_info"].as_object();
    let longest = info.and_then(|info| info.iter().find(|(key, _)| key.ends_with(".context_length")));
    model.most = longest.and_then(|(_, length)| length.as_u64());
    let parameters = value["parameters"].as_str().unwrap_or_default();
    model.context = parameters.lines().find_map(|line| line.trim().strip_prefix("num_ctx")?.trim().parse().ok());
}

/// `GET /api/ps`: what is loaded, and with which context.
pub fn ollama_ps(value: &Value, model: &mut Installed) {
    let models = value["models"].as_array().map(Vec::as_slice).unwrap_or_default();
    let running = models.iter().find(|entry| entry["model"] == model.id.as_str() || entry["name"] == model.id.as_str());
    if let Some(running) = running {
        model.loaded = true;
        model.context = running["context_length"].as_u64().filter(|length| *length > 0).or(model.context);
    }
}

/// `GET /api/v0/models`.
pub fn lm_studio(value: &Value) -> Option<Vec<Installed>> {
    let read = |entry: &Value| {
        let id = entry["id"].as_str()?.to_owned();
        let capabilities = entry["capabilities"].as_array();
        Some(Installed {
            tools: capabilities.map(|all| all.iter().any(|capability| capability == "tool_use")),
            context: entry["loaded_context_length"].as_u64(),
            most: entry["max_context_length"].as_u64(),
            millions: millions_in(&id),
            loaded: entry["state"] == "loaded",
            embeds: entry["type"] == "embeddings" || embeds(&id),
            remote: false,
            id,
        })
    };
    Some(value.get("data")?.as_array()?.iter().filter_map(read).collect())
}

/// `GET /v1/models`, with what vLLM and llama.cpp add to it.
pub fn openai(value: &Value) -> Option<Vec<Installed>> {
    let read = |entry: &Value| {
        let id = entry["id"].as_str()?.to_owned();
        Some(Installed {
            context: entry["max_model_len"].as_u64().or(entry["meta"]["n_ctx"].as_u64()),
            millions: millions_in(&id),
            embeds: embeds(&id),
            id,
            ..Installed::default()
        })
    };
    Some(value.get("data")?.as_array()?.iter().filter_map(read).collect())
}

/// The model that a person named; Ollama's `name` is `name:latest`.
pub fn named<'a>(models: &'a [Installed], name: &str) -> Option<&'a Installed> {
    let latest = format!("{name}:latest");
    let exact = models.iter().find(|model| model.id == name);
    exact.or_else(|| models.iter().find(|model| model.id == latest || model.id.eq_ignore_ascii_case(name)))
}

/// The models that may be used unasked, best first: those that call tools, that were made for code, and of these the
/// largest that a workstation serves at a bearable speed. What runs elsewhere is never chosen unasked.
pub fn by_preference(models: &[Installed]) -> Vec<&Installed> {
    let mut usable: Vec<_> = models.iter().filter(|m| !m.embeds && !m.remote && m.tools != Some(false)).collect();
    usable.sort_by_key(|model| {
        let size = model.millions.unwrap_or(0);
        let absurd = size > 80_000;
        let tiny = size > 0 && size < 4_000;
        let coder = ["coder", "code", "devstral"].iter().any(|word| model.id.to_lowercase().contains(word));
        // Among the absurdly large the smallest comes first.
        let by_size = if absurd { size } else { u64::MAX - size };
        (absurd || tiny, Reverse(model.tools), Reverse(coder), by_size, Reverse(model.loaded), model.id.clone())
    });
    usable
}

/// `30.5B`, `494M`.
fn millions(text: &str) -> Option<u64> {
    let text = text.trim();
    let (number, scale) = match text.as_bytes().last()? {
        b'B' | b'b' => (&text[..text.len() - 1], 1000.0),
        b'M' | b'm' => (&text[..text.len() - 1], 1.0),
        _ => return None,
    };
    let number: f64 = number.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)?;
    Some((number * scale) as u64)
}

/// The size in a name such as `qwen/qwen3-coder-30b`.
fn millions_in(id: &str) -> Option<u64> {
    id.split(['-', '/', ':', '_', ' ']).filter(|part| part.starts_with(|c: char| c.is_ascii_digit())).find_map(millions)
}

fn embeds(id: &str) -> bool {
    let id = id.to_lowercase();
    ["embed", "rerank", "whisper", "bge-", "minilm", "tts"].iter().any(|word| id.contains(word))
}
