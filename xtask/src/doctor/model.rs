//! The agent: opencode, what it needs, and the model that it would ask.

use std::path::Path;

use super::{Check, State, version};
use crate::detect::Mode;
use crate::error::Failure;
use crate::settings::{Fallback, Healer, Provider, Settings};
use crate::surroundings::Surroundings;
use crate::tools::opencode::{KNOWN_GOOD, how_to_install};
use crate::tools::programs;

pub fn checks(around: &Surroundings, settings: &Settings, root: Option<&Path>) -> Vec<Check> {
    let opencode = settings.healer == Healer::Opencode;
    let mut checks = vec![match version("opencode", root) {
        Some((_, said)) if said.trim_start_matches('v') == KNOWN_GOOD => Check::ok("opencode", said),
        Some((_, said)) => {
            Check::doubtful("opencode", format!("{said}, which was not tried; {KNOWN_GOOD} was"), how_to_install())
        }
        None => Check::lacking(opencode, "opencode", "not found", how_to_install()),
    }];
    checks.push(match programs::find("rg", root) {
        Some(path) => Check::ok("rg", path.display().to_string()),
        // Without it opencode downloads one, which a confined agent cannot.
        None => Check::lacking(opencode, "rg", "not found", "install ripgrep, with which the agent searches"),
    });
    if opencode {
        checks.extend(served(around, settings));
    }
    checks
}

fn served(around: &Surroundings, settings: &Settings) -> Vec<Check> {
    let chosen = match crate::model::choose(settings) {
        Ok(chosen) => chosen,
        Err(error) => {
            let (message, hint) = match error.downcast_ref::<Failure>() {
                Some(failure) => (failure.message.clone(), failure.hint.clone()),
                None => (format!("{error:#}"), None),
            };
            let remedy = hint.unwrap_or_default().replace("\nhint: ", "\n");
            let elsewhere = match settings.detection.mode {
                Mode::Local => "\nor use Claude: `--mode cloud --healer opencode`",
                Mode::Cloud => "",
            };
            let needed = settings.fallback == Fallback::None;
            return vec![Check::lacking(needed, "model", message, remedy + elsewhere)];
        }
    };
    if chosen.provider == Provider::Anthropic {
        let model = Check::ok("model", format!("anthropic/{}", chosen.model));
        let key = match around.secrets.anthropic {
            Some(_) => Check::ok("model key", "ANTHROPIC_API_KEY is set"),
            None => Check::missing("model key", "ANTHROPIC_API_KEY is not set", "set it to a key of your account"),
        };
        return vec![model, key];
    }
    let warning = (!chosen.warnings.is_empty()).then(|| chosen.warnings.join("\n"));
    let context = match (chosen.context, warning) {
        (Some(tokens), None) => Check::ok("context", format!("{tokens} tokens")),
        (context, warning) => Check {
            name: "context",
            state: State::Doubtful,
            found: context.map_or("the server does not say".into(), |tokens| format!("{tokens} tokens")),
            remedy: warning.or(Some("see that it is 32768 tokens or more".into())),
        },
    };
    let tools = match chosen.tools {
        Some(_) => Check::ok("tools", "the model can call them"),
        None => Check::doubtful("tools", "the server does not say", "use a model that can call tools"),
    };
    vec![
        Check::ok("model server", format!("{} at {}", chosen.provider.name(), chosen.base_url)),
        Check::ok("model", chosen.model.clone()),
        tools,
        context,
    ]
}
