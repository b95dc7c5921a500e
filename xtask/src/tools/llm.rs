//! Asks a model server on this machine (or one that a person named) what it can do, before anything is asked of it.
//!
//! Short timeouts, bounded replies, no redirects: whatever answers at that address, the probe ends within seconds with
//! a model or with everything that is wrong. It never loads a model and never sends a prompt.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

use crate::error::Failure;
use crate::opencode_config::default_base_url;
use crate::settings::{Provider, is_near};

mod answers;

pub use answers::Installed;

/// For all requests of a probe together, and for one of them.
const TOTAL: Duration = Duration::from_secs(12);
const EACH: Duration = Duration::from_secs(4);
const MAX_REPLY: u64 = 4 * 1024 * 1024;

/// Below this a failure, its page and its source do not fit. Prompts are made for [`crate::opencode_config::CONTEXT`].
const MIN_CONTEXT: u64 = 16_384;

/// What a person who has no model yet is told to get: it writes code and calls tools.
const SUGGESTED: &str = "qwen3-coder:30b";

const BUILD_WITH_TLS: &str = "put `--features https` behind `--package xtask` in `.cargo/config.toml`";

/// What is looked for; `None` is left to the probe.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    pub provider: Option<Provider>,
    /// Without `/v1`.
    pub base_url: Option<String>,
    /// `OLLAMA_HOST`, where Ollama is looked for first.
    pub ollama_host: Option<String>,
    pub model: Option<String>,
}

/// A model that can be used.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    pub provider: Provider,
    pub base_url: String,
    pub model: String,
    /// Tokens; `None`: the server does not say.
    pub context: Option<u64>,
    /// Whether it can call tools; `None`: the server does not say.
    pub tools: Option<bool>,
    pub warnings: Vec<String>,
}

/// Finds the server and the model.
///
/// # Errors
/// A [`Failure`] of a missing precondition: every server that was tried or everything that the model lacks, each with
/// what to run.
pub fn probe(wanted: &Wanted) -> Result<Chosen> {
    let client = Client { deadline: Instant::now() + TOTAL };
    let mut problems = Vec::new();
    for (provider, base_url) in candidates(wanted) {
        if base_url.starts_with("https://") && !cfg!(feature = "https") {
            problems.push((format!("`{base_url}` wants TLS, which this build has not"), BUILD_WITH_TLS.into()));
            continue;
        }
        let found = client.installed(provider, &base_url).map_err(|problem| (problem, start(provider)));
        match found.and_then(|(provider, models)| client.pick(provider, &base_url, models, wanted.model.as_deref())) {
            Ok(chosen) => return Ok(chosen),
            Err(problem) => problems.push(problem),
        }
    }
    Err(failure(problems))
}

/// What is wrong, and what to run; both may have several lines.
type Problem = (String, String);

fn failure(problems: Vec<Problem>) -> anyhow::Error {
    let messages: Vec<_> = problems.iter().map(|(message, _)| message.as_str()).collect();
    let hints: Vec<_> = problems.iter().map(|(_, hint)| hint.as_str()).collect();
    Failure::missing(messages.join("\n")).hint(hints.join("\nhint: ")).into()
}

/// Where to look, in this order. An address without a provider is asked what it is.
fn candidates(wanted: &Wanted) -> Vec<(Option<Provider>, String)> {
    let own = |provider| default_base_url(provider).unwrap_or_default().to_owned();
    let ollama = || wanted.ollama_host.clone().unwrap_or_else(|| own(Provider::Ollama));
    match (&wanted.base_url, wanted.provider) {
        (Some(url), provider) => vec![(provider, url.clone())],
        (None, Some(Provider::Ollama)) => vec![(Some(Provider::Ollama), ollama())],
        (None, Some(provider)) => vec![(Some(provider), own(provider))],
        (None, None) => {
            vec![(Some(Provider::Ollama), ollama()), (Some(Provider::LmStudio), own(Provider::LmStudio))]
        }
    }
}

fn start(provider: Option<Provider>) -> String {
    match provider {
        Some(Provider::Ollama) => {
            format!("run `OLLAMA_CONTEXT_LENGTH=32768 ollama serve` and `ollama pull {SUGGESTED}`")
        }
        Some(Provider::LmStudio) => "run `lms server start` and load a model that can call tools".into(),
        _ => "start the server, or name another with `--base-url`".into(),
    }
}

struct Client {
    deadline: Instant,
}

impl Client {
    /// The models of a server, and what kind of server it is.
    fn installed(&self, provider: Option<Provider>, base: &str) -> Result<(Provider, Vec<Installed>), String> {
        let kinds = match provider {
            Some(provider) => vec![provider],
            None => vec![Provider::Ollama, Provider::LmStudio, Provider::OpenAiCompatible],
        };
        let mut first = None;
        for kind in kinds {
            let asked = match kind {
                Provider::Ollama => self.get(base, "/api/tags").map(|value| answers::ollama_tags(&value)),
                Provider::LmStudio => match self.get(base, "/api/v0/models") {
                    Ok(value) => Ok(answers::lm_studio(&value)),
                    // Its older versions speak OpenAI's API alone.
                    Err(_) if provider.is_some() => self.get(base, "/v1/models").map(|value| answers::openai(&value)),
                    Err(error) => Err(error),
                },
                _ => self.get(base, "/v1/models").map(|value| answers::openai(&value)),
            };
            match asked {
                Ok(Some(models)) => return Ok((kind, models)),
                Ok(None) => first.get_or_insert(format!("{} at {base} answers, but lists no models", kind.name())),
                Err(error) => first.get_or_insert(error),
            };
        }
        let who = provider.map_or("model server", Provider::name);
        Err(format!("no {who} at {base}: {}", first.unwrap_or_default()))
    }

    fn pick(
        &self,
        provider: Provider,
        base: &str,
        models: Vec<Installed>,
        wanted: Option<&str>,
    ) -> Result<Chosen, Problem> {
        let list = || match models.is_empty() {
            true => "it has none".to_owned(),
            false => format!("it has {}", models.iter().map(|m| m.id.as_str()).collect::<Vec<_>>().join(", ")),
        };
        let get = |model: &str| match provider {
            Provider::Ollama => format!("run `ollama pull {model}`"),
            Provider::LmStudio => format!("run `lms get {model}`"),
            _ => "name one of its models with `--model`".into(),
        };
        let name = provider.name();
        if let Some(wanted) = wanted {
            let Some(model) = answers::named(&models, wanted) else {
                return Err((format!("{name} at {base} has no model `{wanted}`: {}", list()), get(wanted)));
            };
            return self.judge(provider, base, self.detailed(provider, base, model.clone()));
        }
        let mut problems = Vec::new();
        for model in answers::by_preference(&models).into_iter().take(8) {
            match self.judge(provider, base, self.detailed(provider, base, model.clone())) {
                Ok(chosen) => return Ok(chosen),
                Err(problem) => problems.push(problem),
            }
        }
        match problems.into_iter().next() {
            Some((message, hint)) => Err((format!("no model of {name} at {base} will do: {message}"), hint)),
            None => Err((format!("{name} at {base} has no model that writes code: {}", list()), get(SUGGESTED))),
        }
    }

    /// Ollama says what a model can do only when it is asked for that model.
    fn detailed(&self, provider: Provider, base: &str, mut model: Installed) -> Installed {
        if provider == Provider::Ollama {
            if let Ok(shown) = self.post(base, "/api/show", &json!({ "model": model.id })) {
                answers::ollama_show(&shown, &mut model);
            }
            if let Ok(running) = self.get(base, "/api/ps") {
                answers::ollama_ps(&running, &mut model);
            }
        }
        model
    }

    fn judge(&self, provider: Provider, base: &str, model: Installed) -> Result<Chosen, Problem> {
        let id = &model.id;
        let (mut lacks, mut hints, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
        if model.tools == Some(false) {
            lacks.push(format!("model `{id}` cannot call tools"));
            hints.push(match provider {
                Provider::Ollama => format!("pull one that can: `ollama pull {SUGGESTED}`"),
                _ => "load one that can, such as Qwen3 Coder".to_owned(),
            });
        }
        let raise = match provider {
            Provider::Ollama => "raise it: `OLLAMA_CONTEXT_LENGTH=32768 ollama serve`".to_owned(),
            Provider::LmStudio => format!("raise it: `lms load {id} --context-length 32768`"),
            _ => "raise it where the server is started (`--max-model-len`, `--ctx-size`)".to_owned(),
        };
        match (model.context, model.most) {
            (Some(context), _) | (None, Some(context)) if context < MIN_CONTEXT => {
                lacks.push(format!("model `{id}` has a context of {context} tokens, {MIN_CONTEXT} are needed"));
                let too_small = model.most.is_some_and(|most| most < MIN_CONTEXT);
                hints.push(if too_small { format!("use a model that has more, such as {SUGGESTED}") } else { raise });
            }
            (None, Some(_)) if provider == Provider::Ollama => warnings.push(format!(
                "ollama does not say with which context it will load `{id}`; its default may be 4096 tokens: {raise}"
            )),
            (None, Some(_)) if provider == Provider::LmStudio => warnings
                .push(format!("`{id}` is not loaded, and LM Studio's default context may be 4096 tokens: {raise}")),
            _ => {}
        }
        if model.remote {
            warnings.push(format!("`{id}` runs in Ollama's cloud: code leaves this machine"));
        }
        if !lacks.is_empty() {
            return Err((lacks.join("\n"), hints.join("\nhint: ")));
        }
        let context = model.context.or(model.most.filter(|_| provider == Provider::OpenAiCompatible));
        Ok(Chosen { provider, base_url: base.to_owned(), model: model.id, context, tools: model.tools, warnings })
    }

    fn get(&self, base: &str, path: &str) -> Result<Value, String> {
        self.ask(base, |agent| agent.get(format!("{base}{path}")).call())
    }

    fn post(&self, base: &str, path: &str, body: &Value) -> Result<Value, String> {
        self.ask(base, |agent| agent.post(format!("{base}{path}")).send_json(body))
    }

    fn ask(
        &self,
        base: &str,
        send: impl Fn(&ureq::Agent) -> Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Value, String> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(format!("no answer within {} s", TOTAL.as_secs()));
        }
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(EACH.min(left)))
            .max_redirects(0)
            .http_status_as_error(false);
        // A proxy of the surroundings does not lead to this machine.
        let config = if is_near(base) { config.proxy(None) } else { config };
        let mut response = send(&config.build().new_agent()).map_err(|error| reason(&error))?;
        let status = response.status().as_u16();
        match status {
            200..=299 => {}
            300..=399 => return Err(format!("it answers {status}, a redirect, which is not followed")),
            401 | 403 => return Err(format!("it answers {status}: it wants a key")),
            _ => return Err(format!("it answers {status}")),
        }
        let body = response.body_mut().with_config().limit(MAX_REPLY).read_to_vec();
        let body = body.map_err(|error| reason(&error))?;
        serde_json::from_slice(&body).map_err(|_| "it answers, but not in JSON: is it a model server?".to_owned())
    }
}

/// One line, without the words of whatever answered.
fn reason(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "no answer in time".into(),
        ureq::Error::ConnectionFailed => "connection refused".into(),
        ureq::Error::Io(error) => error.kind().to_string(),
        ureq::Error::HostNotFound => "no such host".into(),
        ureq::Error::BodyExceedsLimit(_) => "its answer is too long".into(),
        _ => "it does not answer as a web server does".into(),
    }
}

#[cfg(test)]
mod tests;
