//! Which model a run uses: settles what the settings leave open by asking the server.

use anyhow::Result;

use crate::opencode_config::{Config, default_base_url};
use crate::settings::{CLOUD_MODEL, Provider, Settings};
use crate::tools::llm::{Chosen, Wanted, probe};

/// What the settings say of the model.
pub fn wanted(settings: &Settings) -> Wanted {
    Wanted {
        provider: settings.provider,
        base_url: settings.base_url.clone(),
        ollama_host: settings.ollama_host.clone(),
        model: settings.model.clone(),
    }
}

/// The model of a run. A local server is asked whether it will do; Claude needs no probe.
///
/// # Errors
/// Everything that is missing, as the probe says it.
pub fn choose(settings: &Settings) -> Result<Chosen> {
    match settings.provider {
        Some(Provider::Anthropic) => Ok(Chosen {
            provider: Provider::Anthropic,
            base_url: settings.base_url.clone().unwrap_or_default(),
            model: settings.model.clone().unwrap_or_else(|| CLOUD_MODEL.to_owned()),
            context: None,
            tools: Some(true),
            warnings: Vec::new(),
        }),
        _ => probe(&wanted(settings)),
    }
}

/// The model of a configuration file. If the settings name it nothing is asked: the file is the same whether the server
/// runs or not.
pub fn named_or_chosen(settings: &Settings) -> Result<Chosen> {
    let Some(model) = &settings.model else {
        return choose(settings);
    };
    let Some(provider) = settings.provider else {
        return choose(settings).or_else(|error| {
            let absent = default_base_url(Provider::Ollama).unwrap_or_default().to_owned();
            let base_url = settings.base_url.clone().or(settings.ollama_host.clone()).unwrap_or(absent);
            // Only silence is taken for Ollama's: a server that lacks the model is a mistake worth an error.
            if error.to_string().contains("has no model") {
                return Err(error);
            }
            let warning = format!("no model server answers: taken for ollama at {base_url}");
            Ok(named(Provider::Ollama, base_url, model, vec![warning]))
        });
    };
    let base_url = settings.base_url.clone().or(default_base_url(provider).map(str::to_owned)).unwrap_or_default();
    Ok(named(provider, base_url, model, Vec::new()))
}

fn named(provider: Provider, base_url: String, model: &str, warnings: Vec<String>) -> Chosen {
    Chosen { provider, base_url, model: model.to_owned(), context: None, tools: None, warnings }
}

/// opencode's configuration for this model.
pub fn config(chosen: &Chosen, allow: Vec<String>, prompt: String) -> Config {
    Config {
        provider: chosen.provider,
        model: chosen.model.clone(),
        base_url: Some(chosen.base_url.clone()).filter(|url| !url.is_empty()),
        context: chosen.context,
        allow,
        prompt,
    }
}
