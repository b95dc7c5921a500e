//! The settings of a run, resolved once from flags, environment variables and `[workspace.metadata.heal]`, in this order
//! of precedence. Pure: text in, [`Settings`] out. Whatever is wrong is said at once, in one error.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use crate::cli::Options;
use crate::detect::{self, Detection, Mode, Publish, Wishes};
use crate::error::Failure;
use crate::gate::Expectations;
use crate::plan::ID_PATTERN;
use crate::sandbox::Level;

mod address;
mod sources;

use address::base_url_of;
pub use address::is_near;
use sources::Sources;
pub use sources::Table;

/// Claude Sonnet as opencode 1.18.33 knows it.
pub const CLOUD_MODEL: &str = "claude-sonnet-5";

/// A snapshot of the process environment. An empty variable counts as unset.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of this process; values that are not UTF-8 are read as well as they can be.
    pub fn of_process() -> Self {
        let lossy = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        Environment(std::env::vars_os().map(|(name, value)| (lossy(name), lossy(value))).collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// Whether a switch such as `ACT` or `GITHUB_ACTIONS` is on.
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }

    /// Names and values, unset ones included as they are.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl From<&[(&str, &str)]> for Environment {
    fn from(pairs: &[(&str, &str)]) -> Self {
        Environment(pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Healer {
    Opencode,
    Copilot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    Ollama,
    LmStudio,
    OpenAiCompatible,
    Anthropic,
}

impl Provider {
    pub fn name(self) -> &'static str {
        match self {
            Provider::Ollama => "ollama",
            Provider::LmStudio => "lmstudio",
            Provider::OpenAiCompatible => "openai-compatible",
            Provider::Anthropic => "anthropic",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    None,
    Cloud,
}

/// Part `index` (from 1) of `count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    pub index: usize,
    pub count: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub detection: Detection,
    pub reports: Vec<String>,
    pub only: Vec<String>,
    pub issue: Option<u64>,
    pub base: Option<String>,
    /// Where the suite ran: as named, else the workflow's name.
    pub target: Option<String>,
    pub shard: Option<Shard>,
    pub test_command: Option<Vec<String>>,
    pub healer: Healer,
    pub sandbox: Level,
    /// `None`: probed.
    pub provider: Option<Provider>,
    /// The root of the server, `http://host:port`, without `/v1`. `None`: the provider's own.
    pub base_url: Option<String>,
    /// `OLLAMA_HOST`, in the same form: where Ollama is looked for if nothing else is named.
    pub ollama_host: Option<String>,
    /// `None`: probed; never `None` in cloud mode.
    pub model: Option<String>,
    /// What a fallback to the cloud uses.
    pub cloud_model: String,
    pub fallback: Fallback,
    pub jobs: usize,
    pub attempts: u32,
    pub timeout: Duration,
    pub budget: Duration,
    pub repeat: u32,
    pub max_failures: usize,
    pub expectations: Expectations,
    pub bundle: Option<PathBuf>,
    /// Relative to the repository's root unless absolute.
    pub out: PathBuf,
    pub json: bool,
    /// Empty: the folders of the suite's tests.
    pub allow: Vec<String>,
    /// `None`: those of `node_modules`, `vendor`, `.venv` that exist.
    pub link: Option<Vec<String>>,
    pub pass_env: Vec<String>,
    /// A pattern that finds a test's id in its name.
    pub id_pattern: String,
    pub labels: Vec<String>,
    pub assignees: Vec<String>,
    pub site: Option<String>,
    /// Whether a fix is also tried on a blank page, where it must fail.
    pub blank_page: bool,
    pub warnings: Vec<String>,
}

/// # Errors
/// Every value that is not allowed, with what is, as one [`Failure`] of bad usage.
pub fn resolve(options: &Options, env: &Environment, table: &Table) -> Result<Settings> {
    let mut from = Sources::new(env, table);
    let o = options;
    let wishes = Wishes {
        mode: mode(&mut from, o),
        dry_run: from.bool("dry-run", &o.dry_run, "DRY_RUN"),
        create_issues: from
            .choice(
                "issues",
                &o.issues,
                "CREATE_ISSUES",
                &[("auto", None), ("always", Some(true)), ("never", Some(false))],
            )
            .flatten(),
        publish: from
            .choice(
                "publish",
                &o.publish,
                "HEAL_PUBLISH",
                &[
                    ("auto", None),
                    ("pr", Some(Publish::Pr)),
                    ("branch", Some(Publish::Branch)),
                    ("none", Some(Publish::None)),
                ],
            )
            .flatten(),
    };
    let detection = detect::detect(env, &wishes);
    let cloud = detection.mode == Mode::Cloud;
    let mut warnings = detection.warnings.clone();
    let model = ModelChoice::resolve(&mut from, o, cloud);
    warnings.extend(model.warnings);
    let settings = Settings {
        reports: from.list("report", &o.report, "CTRF_REPORT").unwrap_or(vec!["ctrf/ctrf-report.json".into()]),
        only: from.list("only", &o.only, "").unwrap_or_default(),
        issue: from.number("issue", &o.issue, "", 1..=u64::MAX),
        base: from.text("base", &o.base, ""),
        target: from.text("target", &o.target, "HEAL_TARGET").or(env.get("GITHUB_WORKFLOW").map(str::to_owned)),
        shard: from.parsed("shard", &o.shard, "", shard),
        test_command: from.list("test-command", &o.test_command, ""),
        healer: from
            .choice("healer", &o.healer, "HEAL_HEALER", &[("opencode", Healer::Opencode), ("copilot", Healer::Copilot)])
            .unwrap_or(if cloud { Healer::Copilot } else { Healer::Opencode }),
        sandbox: from
            .choice(
                "sandbox",
                &o.sandbox,
                "HEAL_SANDBOX",
                &[("auto", Level::Auto), ("require", Level::Require), ("off", Level::Off)],
            )
            .unwrap_or_default(),
        provider: model.provider,
        base_url: model.base_url,
        ollama_host: model.ollama_host,
        model: model.model,
        cloud_model: env.get("CLOUD_LLM_MODEL").unwrap_or(CLOUD_MODEL).to_owned(),
        fallback: from
            .choice("fallback", &o.fallback, "LLM_FALLBACK", &[("none", Fallback::None), ("cloud", Fallback::Cloud)])
            .unwrap_or(Fallback::None),
        jobs: from.number("jobs", &o.jobs, "HEAL_JOBS", 1..=64).map_or(if cloud { 4 } else { 1 }, as_size),
        attempts: from.number("attempts", &o.attempts, "", 1..=10).map_or(2, as_count),
        timeout: from.parsed("timeout", &o.timeout, "", duration).unwrap_or(Duration::from_secs(10 * 60)),
        budget: from.parsed("budget", &o.budget, "", duration).unwrap_or(Duration::from_secs(60 * 60)),
        repeat: from.number("repeat", &o.repeat, "", 1..=100).map_or(2, as_count),
        max_failures: from.number("max-failures", &o.max_failures, "", 1..=100_000).map_or(25, as_size),
        expectations: from
            .choice(
                "expectations",
                &o.expectations,
                "",
                &[("review", Expectations::Review), ("refuse", Expectations::Refuse)],
            )
            .unwrap_or_default(),
        bundle: from.text("bundle", &o.bundle, "").map(PathBuf::from),
        out: from.text("out", &o.out, "").unwrap_or("target/heal".into()).into(),
        json: from.bool("json", &o.json, "").unwrap_or(false),
        allow: from.checked_list("allow", is_glob).unwrap_or_default(),
        link: from.checked_list("link", lies_within),
        pass_env: from
            .list("pass-env", &None, "")
            .unwrap_or(["BASE_URL", "CI", "PLAYWRIGHT_*", "PW_*"].map(str::to_owned).to_vec()),
        id_pattern: from.parsed("id-pattern", &None, "", pattern).unwrap_or(ID_PATTERN.into()),
        labels: from.list("labels", &None, "").unwrap_or(vec!["auto-heal".into()]),
        assignees: from.list("assignees", &None, "").unwrap_or_default(),
        site: from.text("site", &None, ""),
        blank_page: from.bool("blank-page", &None, "").unwrap_or(true),
        detection,
        warnings,
    };
    from.finish().map(|()| settings)
}

/// The first of `--mode`, `LLM_MODE`, `USE_LOCAL_LLM` and the key `mode` that names a mode. An `auto` of the flag or of
/// `LLM_MODE` hides the sources of the same option behind it, but not the switch `USE_LOCAL_LLM`.
fn mode(from: &mut Sources, options: &Options) -> Option<(Mode, String)> {
    let modes = [("auto", None), ("local", Some(Mode::Local)), ("cloud", Some(Mode::Cloud))];
    let flag_or_variable = from.flag("mode", &options.model.mode).or(from.variable("LLM_MODE"));
    let asked = flag_or_variable.is_some();
    if let Some(found) = flag_or_variable
        && let Some(mode) = from.pick(&found, &modes).flatten()
    {
        return Some((mode, found.because()));
    }
    if let Some(found) = from.variable("USE_LOCAL_LLM") {
        let local = from.pick(&found, &sources::BOOLEANS);
        return local.map(|local| (if local { Mode::Local } else { Mode::Cloud }, found.because()));
    }
    let found = from.key("mode")?;
    let mode = from.pick(&found, &modes).flatten().filter(|_| !asked)?;
    Some((mode, found.because()))
}

/// Provider, address and model belong together. `LOCAL_LLM_*` speak of the local model only; so do the keys, unless the
/// key `provider` names one that a cloud run can reach.
struct ModelChoice {
    provider: Option<Provider>,
    base_url: Option<String>,
    ollama_host: Option<String>,
    model: Option<String>,
    warnings: Vec<String>,
}

impl ModelChoice {
    fn resolve(from: &mut Sources, options: &Options, cloud: bool) -> ModelChoice {
        let o = &options.model;
        let providers = [Provider::Ollama, Provider::LmStudio, Provider::OpenAiCompatible, Provider::Anthropic]
            .map(|p| (p.name(), p));
        let mut warnings = Vec::new();
        let keyed = from.key("provider").and_then(|found| from.pick(&found, &providers));
        let keys = !cloud || matches!(keyed, Some(Provider::Anthropic | Provider::OpenAiCompatible));
        let local = |name: &'static str| if cloud { "" } else { name };

        let flag = from.flag("provider", &o.provider).or(from.variable(local("LOCAL_LLM_PROVIDER")));
        let named = flag.and_then(|found| from.pick(&found, &providers)).or(keyed.filter(|_| keys));
        let provider = named.or(cloud.then_some(Provider::Anthropic));

        let base_url = from.flag("base-url", &o.base_url).or(from.variable(local("LOCAL_LLM_BASE_URL")));
        let base_url = base_url.or_else(|| from.key("base-url").filter(|_| keys));
        let base_url = base_url.and_then(|found| from.parse(&found, |text| base_url_of(text, provider)));
        let ollama_host = from.variable(local("OLLAMA_HOST"));
        let ollama_host =
            ollama_host.and_then(|found| from.parse(&found, |text| base_url_of(text, Some(Provider::Ollama))));

        let variable = if cloud { "CLOUD_LLM_MODEL" } else { "LOCAL_LLM_MODEL" };
        let model = from.flag("model", &o.model).or(from.variable(variable));
        let model = model.or_else(|| from.key("model").filter(|_| keys)).map(|found| found.text);
        let model = model.or((provider == Some(Provider::Anthropic)).then(|| CLOUD_MODEL.to_owned()));

        if provider == Some(Provider::OpenAiCompatible) && base_url.is_none() {
            from.problem("provider `openai-compatible` needs `--base-url` (or LOCAL_LLM_BASE_URL)".into());
        }
        if !cloud {
            let away = match (&base_url, provider) {
                (Some(url), _) => (!is_near(url)).then(|| url.clone()),
                (None, Some(Provider::Anthropic)) => Some("anthropic".into()),
                (None, _) => ollama_host.clone().filter(|url| provider != Some(Provider::LmStudio) && !is_near(url)),
            };
            warnings.extend(away.map(|host| format!("the mode is local, but code leaves this machine for {host}")));
        }
        let base_url = base_url.or(ollama_host.clone().filter(|_| provider == Some(Provider::Ollama)));
        ModelChoice { provider, base_url, ollama_host, model, warnings }
    }
}

fn shard(text: &str) -> Result<Shard, String> {
    let parts = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
    match parts {
        Some((index, count)) if 1 <= index && index <= count => Ok(Shard { index, count }),
        _ => Err("is not a part such as `2/4`".into()),
    }
}

/// `90s`, `10m`, `1h30m`: whole numbers with a unit, largest first, more than zero.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "is not a duration such as `90s`, `10m` or `1h30m`".to_owned();
    let (mut seconds, mut rest, mut largest) = (0u64, text, u64::MAX);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let unit = match rest.as_bytes()[digits] {
            b'h' => 3600,
            b'm' => 60,
            b's' => 1,
            _ => return Err(wrong()),
        };
        let number: u64 = rest[..digits].parse().map_err(|_| wrong())?;
        if unit >= largest || number > 1_000_000 {
            return Err(wrong());
        }
        largest = unit;
        seconds += number * unit;
        rest = &rest[digits + 1..];
    }
    if seconds == 0 { Err(wrong()) } else { Ok(Duration::from_secs(seconds)) }
}

fn pattern(text: &str) -> Result<String, String> {
    let problem = |error: regex::Error| {
        let said = error.to_string();
        // A drawing of where it is, then `error: `, then what it is.
        let last = said.lines().last().unwrap_or_default();
        format!("is not a pattern: {}", last.trim_start_matches("error: "))
    };
    regex::Regex::new(text).map(|_| text.to_owned()).map_err(problem)
}

fn is_glob(text: &str) -> Result<(), String> {
    glob::Pattern::new(text).map(drop).map_err(|error| format!("is not a glob: {}", error.msg))
}

fn lies_within(text: &str) -> Result<(), String> {
    let within = Path::new(text).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if within { Ok(()) } else { Err("is not a folder below the repository's root".into()) }
}

// The ranges that the numbers were checked against fit.
fn as_size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn as_count(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
