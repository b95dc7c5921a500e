use super::*;
use crate::cli::ModelOptions;
use crate::error::{Exit, exit_of};

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn table(keys: &str) -> Table {
    Table::parse("Cargo.toml", &format!("[workspace.metadata.heal]\n{keys}")).unwrap()
}

fn given(mode: Option<&str>) -> Options {
    ModelOptions { mode: mode.map(str::to_owned), ..ModelOptions::default() }.into()
}

fn of(env: &[(&str, &str)], keys: &str) -> Settings {
    resolve(&Options::default(), &Environment::from(env), &table(keys)).unwrap()
}

fn problems(options: &Options, env: &[(&str, &str)], keys: &str) -> String {
    let error = resolve(options, &Environment::from(env), &table(keys)).unwrap_err();
    assert_eq!(exit_of(&error), Exit::Usage);
    error.to_string()
}

#[test]
fn the_defaults_of_a_developers_machine_and_of_the_cloud() {
    let here = resolve(&Options::default(), &Environment::default(), &Table::default()).unwrap();
    assert_eq!(here.reports, ["ctrf/ctrf-report.json"]);
    assert_eq!((here.healer, here.provider, here.model.as_deref()), (Healer::Opencode, None, None));
    assert_eq!((here.jobs, here.attempts, here.repeat, here.max_failures), (1, 2, 2, 25));
    assert_eq!((here.timeout.as_secs(), here.budget.as_secs()), (600, 3600));
    assert_eq!((here.labels[0].as_str(), here.out.to_str()), ("auto-heal", Some("target/heal")));
    let cloud = of(&[("CI", "true"), ("GITHUB_WORKFLOW", "e2e")], "");
    assert_eq!((cloud.healer, cloud.provider, cloud.jobs), (Healer::Copilot, Some(Provider::Anthropic), 4));
    assert_eq!((cloud.model.as_deref(), cloud.target.as_deref()), (Some(CLOUD_MODEL), Some("e2e")));
}

#[test]
fn a_flag_wins_over_a_variable_over_a_key() {
    let flag = Options { jobs: some("2"), ..Options::default() };
    let env = Environment::from(&[("HEAL_JOBS", "3")][..]);
    assert_eq!(resolve(&flag, &env, &table("jobs = 5")).unwrap().jobs, 2);
    assert_eq!(of(&[("HEAL_JOBS", "3")], "jobs = 5").jobs, 3);
    assert_eq!(of(&[("HEAL_JOBS", "")], "jobs = 5").jobs, 5);
    assert_eq!(of(&[("HEAL_JOBS", "")], "").jobs, 1);
}

/// Flag, `LLM_MODE`, `USE_LOCAL_LLM`, key; mode and why, where the place says local.
type Row = (Option<&'static str>, &'static str, &'static str, &'static str, &'static str, &'static str);

const MODES: &[Row] = &[
    (Some("cloud"), "local", "true", "local", "cloud", "--mode cloud"),
    (None, "cloud", "true", "local", "cloud", "LLM_MODE=cloud"),
    (None, "", "false", "local", "cloud", "USE_LOCAL_LLM=false"),
    (None, "", "true", "cloud", "local", "USE_LOCAL_LLM=true"),
    (None, "", "", "cloud", "cloud", "mode = \"cloud\" in Cargo.toml"),
    (None, "", "", "auto", "local", "no CI variable is set"),
    (Some("auto"), "cloud", "", "cloud", "local", "no CI variable is set"),
    (None, "auto", "", "cloud", "local", "no CI variable is set"),
    (None, "auto", "false", "local", "cloud", "USE_LOCAL_LLM=false"),
];

#[test]
fn what_decides_the_mode() {
    for row @ (flag, llm_mode, use_local, key, mode, because) in MODES {
        let env = [("LLM_MODE", *llm_mode), ("USE_LOCAL_LLM", *use_local)];
        let keys = if key.is_empty() { String::new() } else { format!("mode = '{key}'") };
        let settings = resolve(&given(*flag), &Environment::from(&env[..]), &table(&keys)).unwrap();
        let found = (settings.detection.mode.name(), settings.detection.because.as_str());
        assert_eq!(found, (*mode, *because), "{row:?}");
    }
}

#[test]
fn every_problem_is_said_at_once_with_what_is_allowed() {
    let options = Options { timeout: some("soon"), shard: some("5/4"), ..given(Some("moon")) };
    let env = [("DRY_RUN", "yes"), ("HEAL_JOBS", "0"), ("CREATE_ISSUES", "sometimes")];
    let said = problems(
        &options,
        &env,
        "lables = ['x']\nallow = 3\nlink = ['../x', 'lib']\nrepeat = 'many'\nid-pattern = '('",
    );
    for part in [
        "--mode: `moon` is not one of auto, local, cloud",
        "DRY_RUN: `yes` is not one of true, false",
        "CREATE_ISSUES: `sometimes` is not one of auto, always, never",
        "HEAL_JOBS: `0` is not a whole number from 1 to 64",
        "--timeout: `soon` is not a duration",
        "--shard: `5/4`",
        "`Cargo.toml`: `lables` is not a key of `metadata.heal`; the keys are report,",
        "key `allow` in `Cargo.toml` must be a list of strings",
        "key `link` in `Cargo.toml`: `../x` is not a folder below the repository's root",
        "key `repeat` in `Cargo.toml`",
        "key `id-pattern` in `Cargo.toml`",
    ] {
        assert!(said.contains(part), "{part}\n---\n{said}");
    }
    assert_eq!(said.lines().count(), 11, "{said}");
}

#[test]
fn durations() {
    let seconds = |text| duration(text).map(|d| d.as_secs()).ok();
    for (text, expected) in [("90s", 90), ("10m", 600), ("1h", 3600), ("1h30m", 5400), ("1h1s", 3601)] {
        assert_eq!(seconds(text), Some(expected), "{text}");
    }
    for text in ["", "0s", "10", "m", "1m1h", "1.5h", "-1s", "1d", "1m1m", "99999999999999999999s", "1é"] {
        assert_eq!(seconds(text), None, "{text}");
    }
}

#[test]
fn addresses_as_people_write_them() {
    for (text, expected) in [
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434"),
        ("127.0.0.1:11434/", "http://127.0.0.1:11434"),
        ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434"),
        ("HTTP://LocalHost:1234/v1/", "http://localhost:1234"),
        ("0.0.0.0:11434", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        (":9000", "http://127.0.0.1:9000"),
        ("[::]:11434", "http://[::1]:11434"),
        ("gpu-box", "http://gpu-box:11434"),
        ("https://llm.example/team/v1", "https://llm.example/team"),
        ("https://llm.example/envv1", "https://llm.example/envv1"),
    ] {
        assert_eq!(base_url_of(text, Some(Provider::Ollama)).as_deref(), Ok(expected), "{text}");
    }
    for text in ["ftp://x", "http://", "a b", "http://u:p@h", "h:99999", "h:0", "http://h/?q", "http://h\n"] {
        assert!(base_url_of(text, Some(Provider::Ollama)).is_err(), "{text}");
    }
}

#[test]
fn the_local_models_variables_do_not_reach_the_cloud() {
    let local = [("LOCAL_LLM_PROVIDER", "ollama"), ("LOCAL_LLM_MODEL", "qwen3:8b"), ("CLOUD_LLM_MODEL", "claude-x")];
    let here = of(&local, "");
    assert_eq!((here.provider, here.model.as_deref()), (Some(Provider::Ollama), Some("qwen3:8b")));
    let cloud = of(&[&local[..], &[("CI", "true")]].concat(), "provider = 'lmstudio'\nmodel = 'm'");
    assert_eq!((cloud.provider, cloud.model.as_deref()), (Some(Provider::Anthropic), Some("claude-x")));
    let keyed = of(&[("CI", "true")], "provider = 'openai-compatible'\nmodel = 'm'\nbase-url = 'https://l.example/v1'");
    assert_eq!((keyed.provider, keyed.model.as_deref()), (Some(Provider::OpenAiCompatible), Some("m")));
}

#[test]
fn ollama_host_is_the_last_resort() {
    let host = [("OLLAMA_HOST", "0.0.0.0:9999")];
    assert_eq!(of(&host, "").ollama_host.as_deref(), Some("http://127.0.0.1:9999"));
    assert_eq!(of(&host, "provider = 'ollama'").base_url.as_deref(), Some("http://127.0.0.1:9999"));
    assert_eq!(of(&host, "provider = 'lmstudio'").base_url, None);
    let both = [&host[..], &[("LOCAL_LLM_BASE_URL", "box:1"), ("LOCAL_LLM_PROVIDER", "ollama")]].concat();
    assert_eq!(of(&both, "").base_url.as_deref(), Some("http://box:1"));
}

#[test]
fn code_that_leaves_the_machine_is_said() {
    for (url, near) in [
        ("127.0.0.1:1", true),
        ("localhost:1", true),
        ("192.168.3.4:1", true),
        ("10.0.0.1", true),
        ("[::1]:1", true),
        ("[fd00::1]:1", true),
        ("host.docker.internal:1", true),
        ("8.8.8.8:1", false),
        ("172.32.0.1", false),
        ("https://api.example/v1", false),
        ("[2001:4860::1]:1", false),
    ] {
        let env = [("LOCAL_LLM_PROVIDER", "openai-compatible"), ("LOCAL_LLM_BASE_URL", url)];
        assert_eq!(of(&env, "").warnings.is_empty(), near, "{url}");
    }
    assert_eq!(of(&[("LOCAL_LLM_PROVIDER", "anthropic")], "").warnings.len(), 1);
    assert!(of(&[("CI", "true")], "").warnings.is_empty());
    let said = problems(&Options::default(), &[("LOCAL_LLM_PROVIDER", "openai-compatible")], "");
    assert!(said.contains("--base-url"), "{said}");
}

#[test]
fn the_table_is_optional_and_its_keys_are_read() {
    for manifest in ["", "[package]\nname = 'x'\n", "this is not toml", "[workspace]\nmembers = ['heal']\n"] {
        assert_eq!(Table::parse("Cargo.toml", manifest).unwrap(), Table::default());
    }
    for manifest in ["heal = [", "[workspace.metadata]\nheal = 3"] {
        let error = Table::parse("Cargo.toml", manifest).unwrap_err();
        assert_eq!(exit_of(&error), Exit::Usage, "{manifest}");
    }
    let keys =
        "allow = ['e2e/**']\nlink = []\npass-env = 'SITE'\ntest-command = ['npm', 't', '{file}']\ndry-run = true";
    let settings = of(&[], keys);
    assert_eq!((settings.allow, settings.link), (vec!["e2e/**".to_owned()], Some(vec![])));
    assert_eq!((settings.pass_env, settings.detection.dry_run), (vec!["SITE".to_owned()], true));
    assert_eq!(settings.test_command.unwrap(), ["npm", "t", "{file}"]);
    assert!(problems(&Options::default(), &[], "allow = ['tests/[']").contains("`tests/[` is not a glob"));
    assert!(problems(&Options::default(), &[], "test-command = 'npm t'").contains("list of strings"));
}
