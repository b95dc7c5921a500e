//! What a run needs, found before anything is started. Everything that is missing is reported at once, each with its
//! remedy.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::planning::Planned;
use crate::error::{Exit, Failure, exit_of};
use crate::opencode_config::Config;
use crate::runner::{self, Framework};
use crate::settings::{Fallback, Provider, Settings};
use crate::surroundings::Surroundings;
use crate::tools::git::Repository;
use crate::tools::llm::Chosen;
use crate::tools::opencode::how_to_install;
use crate::tools::programs;
use crate::ui::Ui;
use crate::{config_file, model};

/// The resolved tools of a run.
#[derive(Debug)]
pub struct Kit {
    pub opencode: PathBuf,
    pub framework: Framework,
    /// Everything that a test run starts.
    pub programs: Vec<PathBuf>,
    pub provider: String,
    pub model: String,
    pub model_port: u16,
    /// Variables that opencode's configuration reads.
    pub keys: Vec<(&'static str, OsString)>,
    chosen: Chosen,
    prompt: String,
    /// The site's port, where the environment names the site.
    site_port: Option<u16>,
}

impl Kit {
    /// Whether its model is one in the cloud.
    pub fn is_cloud(&self) -> bool {
        self.chosen.provider == Provider::Anthropic
    }

    /// What opencode is configured with.
    pub fn config(&self, allow: &[String]) -> Config {
        model::config(&self.chosen, allow.to_vec(), self.prompt.clone())
    }

    /// The TCP ports that a test run needs, where they are known: the site is deployed and named, and the suite starts
    /// no server of its own. `None`: any.
    pub fn site_ports(&self, dir: &Path) -> Option<Vec<u16>> {
        let port = self.site_port?;
        let config = std::fs::read_to_string(runner::playwright_config(dir)?).ok()?;
        (!runner::has_web_server(&config)).then(|| vec![port, 80, 443])
    }
}

/// Finds everything, or says all that is missing. If only the local model is missing, a cloud model steps in where
/// `--fallback cloud` allows it.
pub fn check(settings: &Settings, around: &Surroundings, user: &Repository, planned: &Planned, ui: &Ui) -> Result<Kit> {
    match model(settings, around) {
        Err(error) if settings.fallback == Fallback::Cloud && settings.provider != Some(Provider::Anthropic) => {
            check_cloud(settings, around, user, planned, ui, &format!("{error:#}"))
        }
        found => assemble(settings, user, planned, found, around, ui),
    }
}

/// The same with the cloud model, because of what `why` says.
pub fn check_cloud(
    settings: &Settings,
    around: &Surroundings,
    user: &Repository,
    planned: &Planned,
    ui: &Ui,
    why: &str,
) -> Result<Kit> {
    let cloud = Settings {
        provider: Some(Provider::Anthropic),
        model: Some(settings.cloud_model.clone()),
        base_url: None,
        ..settings.clone()
    };
    let found = model(&cloud, around);
    if found.is_ok() {
        let why = why.lines().next().unwrap_or_default();
        ui.warn(&format!("CODE NOW LEAVES THIS MACHINE for {}: {why} (`--fallback cloud`)", settings.cloud_model));
    }
    assemble(&cloud, user, planned, found, around, ui)
}

fn assemble(
    settings: &Settings,
    user: &Repository,
    planned: &Planned,
    model: Result<(Chosen, Vec<(&'static str, OsString)>)>,
    around: &Surroundings,
    ui: &Ui,
) -> Result<Kit> {
    let mut missing: Vec<anyhow::Error> = Vec::new();
    let framework = framework(settings, planned).map_err(|error| missing.push(error)).ok();
    let opencode = programs::find("opencode", Some(&user.root));
    if opencode.is_none() {
        missing.push(Failure::missing("opencode is not installed").hint(how_to_install()).into());
    }
    let model = model.map_err(|error| missing.push(error)).ok();
    let (Some(framework), Some(opencode), Some((chosen, keys))) = (framework, opencode, model) else {
        return Err(all_of(&missing));
    };
    chosen.warnings.iter().for_each(|warning| ui.warn(warning));
    let names = ["node", "npm", "npx", "bash", "sh", "git", "python3", "python", "pytest", "cargo", "cargo-nextest"];
    let mut found: Vec<PathBuf> = names.iter().filter_map(|name| programs::find(name, None)).collect();
    let program = match &framework {
        Framework::Custom { argv, .. } => argv.first().map_or("", String::as_str),
        built_in => built_in.name(),
    };
    found.extend(programs::find(program, Some(&user.root)));
    Ok(Kit {
        opencode,
        framework,
        programs: found,
        provider: chosen.provider.name().to_owned(),
        model: chosen.model.clone(),
        model_port: if chosen.base_url.is_empty() { 443 } else { split(&chosen.base_url).1 },
        keys,
        chosen,
        prompt: config_file::agent_prompt(&user.root)?,
        site_port: around.env.get("BASE_URL").map(|url| split(url).1),
    })
}

fn framework(settings: &Settings, planned: &Planned) -> Result<Framework> {
    if let Some(argv) = &settings.test_command {
        let report = planned.report_path.clone().unwrap_or_else(|| "ctrf/ctrf-report.json".into());
        return Ok(Framework::Custom { argv: argv.clone(), report });
    }
    Framework::from_tool(&planned.report.tool).ok_or_else(|| {
        Failure::missing(format!("there is no built-in way to run one test of `{}`", planned.report.tool))
            .hint("set `test-command`, for example `--test-command npx cypress run --spec {file}`")
            .into()
    })
}

/// The model, asked whether it will do; and for Claude its key.
fn model(settings: &Settings, around: &Surroundings) -> Result<(Chosen, Vec<(&'static str, OsString)>)> {
    let chosen = model::choose(settings)?;
    if chosen.provider != Provider::Anthropic {
        return Ok((chosen, Vec::new()));
    }
    let key = around.secrets.anthropic.as_ref().ok_or_else(|| {
        Failure::missing("ANTHROPIC_API_KEY is not set").hint("set it to a key of the Claude API, as a secret in CI")
    })?;
    Ok((chosen, vec![("ANTHROPIC_API_KEY", key.expose().to_owned())]))
}

/// Host and port of an address.
fn split(url: &str) -> (String, u16) {
    let default = if url.starts_with("https:") { 443 } else { 80 };
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    match authority.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?))) {
        Some((host, port)) => (host.to_owned(), port),
        None => (authority.to_owned(), default),
    }
}

/// One error out of several: each message with its hint.
fn all_of(missing: &[anyhow::Error]) -> anyhow::Error {
    let exit = missing.iter().map(exit_of).max_by_key(|exit| *exit as u8).unwrap_or(Exit::Missing);
    let texts: Vec<String> = missing.iter().map(|error| format!("{error:#}")).collect();
    Failure::new(exit, texts.join("\n")).hint("`cargo heal doctor` checks all that a run needs").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_found_in_any_address() {
        for (url, host, port) in [
            ("http://127.0.0.1:11434", "127.0.0.1", 11434),
            ("https://api.anthropic.com", "api.anthropic.com", 443),
            ("http://user:word@shop.test/path", "shop.test", 80),
            ("https://shop.test:8443/a?b#c", "shop.test", 8443),
            ("http://[::1]:3000/", "[::1]", 3000),
        ] {
            assert_eq!(split(url), (host.to_owned(), port), "{url}");
        }
    }
}
