//! `cargo heal demo`: heals a deliberately broken suite in a scratch folder, for real, with a model that follows a script
//! (or with a real one), and says whether it came out as it must.
//!
//! The heal itself is that of every run: nothing in it knows of the demo. Only the model's words are the demo's own.

pub mod script;
pub mod shop;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::cli::{self, ModelOptions, Options};
use crate::error::{Exit, Failure};
use crate::outcome::{Document, Outcome, TestResult};
use crate::redact;
use crate::report;
use crate::scripted_model::{self, ScriptedModel};
use crate::secrets::Secrets;
use crate::settings::{Environment, Settings};
use crate::surroundings::Surroundings;
use crate::tools::git::Repository;
use crate::ui::{Row, Tone, Ui};

/// A run of the whole job in a repository.
pub type Heal<'a> = &'a dyn Fn(&Settings, &Surroundings, &Repository, &Ui) -> Result<(Document, Exit)>;

/// # Errors
/// When the suite cannot be run or the heal cannot be carried through. That it came out otherwise than it must is
/// [`Exit::NotHealed`].
pub fn run(args: &cli::Demo, around: &Surroundings, ui: &Ui, heal: Heal<'_>) -> Result<Exit> {
    let place = Place::open(args.keep.as_deref())?;
    let script = match args.provider {
        Some(_) => None,
        None => Some(ScriptedModel::start(script::reply).context("cannot serve the scripted model")?),
    };
    introduce(ui, args, &place);
    let repository = shop::create(&place.folder)?;
    ui.step("getting Playwright ready");
    shop::provide_modules(&place.folder)?;
    ui.step("running the shop's suite");
    run_suite(ui, &place.folder)?;
    ui.line("");
    ui.line("cargo heal, on that report:");
    let around = surroundings(args, around, &place.folder);
    let settings = around.settings(&options(args, script.as_ref()), Some(&place.folder))?;
    let (document, _) = heal(&settings, &around, &repository, ui)?;
    show_changes(ui, &place.folder, &document)?;
    let exit = conclude(ui, &document, script.is_some());
    if args.keep.is_some() {
        ui.line(&format!("The shop, its branches and all logs: {}", place.folder.display()));
    }
    Ok(exit)
}

/// The folder of the demo, removed at the end unless a person named it.
struct Place {
    folder: PathBuf,
    _scratch: Option<tempfile::TempDir>,
}

impl Place {
    fn open(keep: Option<&Path>) -> Result<Place> {
        let Some(folder) = keep else {
            let scratch = tempfile::Builder::new().prefix("heal-demo-").tempdir().context("cannot make a folder")?;
            return Ok(Place { folder: scratch.path().canonicalize()?, _scratch: Some(scratch) });
        };
        fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
        if fs::read_dir(folder)?.next().is_some() {
            let message = format!("`{}` is not empty", folder.display());
            return Err(Failure::usage(message).hint("name a folder that does not exist yet").into());
        }
        Ok(Place { folder: folder.canonicalize()?, _scratch: None })
    }
}

fn introduce(ui: &Ui, args: &cli::Demo, place: &Place) {
    let model = match &args.provider {
        None => "the model: a script with answers written beforehand, no mind".to_owned(),
        Some(provider) => format!("nothing: the model is {provider}'s"),
    };
    ui.line("A small shop changed, and its Playwright suite did not keep up.");
    ui.line("");
    ui.table(&[
        Row::new(Tone::Plain, ["  real", "git, Playwright, the browser, opencode; every test run and proof"]),
        Row::new(Tone::Plain, ["  scripted", &model]),
        Row::new(Tone::Plain, ["  folder", &place.folder.display().to_string()]),
    ]);
    ui.line("");
}

/// Runs the suite and tells what failed.
fn run_suite(ui: &Ui, folder: &Path) -> Result<()> {
    let finished = shop::run_suite(folder)?;
    let path = folder.join(shop::REPORT);
    if !path.exists() {
        let said = format!("{}{}", finished.stdout_text(), finished.stderr_text());
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing said");
        bail!("playwright wrote no report: {}", last.trim());
    }
    let report = report::read(&[report::Source::File(path)])?;
    let failed = report.failed.len();
    ui.line(&format!("npx playwright test: {} passed, {failed} failed", report.passed));
    for test in &report.failed {
        ui.say(Tone::Bad, &format!("  {}", test.name));
    }
    if let Some(test) = report.failed.iter().find(|test| test.message.contains("browserType.launch")) {
        let message = format!("the browser does not start: {}", test.message.lines().next().unwrap_or_default());
        let hint = "install Chromium, or name one in PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH";
        return Err(Failure::missing(message).hint(hint).into());
    }
    if failed != script::ANSWERS.len() {
        bail!("{failed} tests failed where {} must: the machine is too slow or lacks something", script::ANSWERS.len());
    }
    Ok(())
}

/// What the run is told on its command line. A person's variables do not bend the demo, so everything is said.
fn options(args: &cli::Demo, script: Option<&ScriptedModel>) -> Options {
    let said = |text: &str| Some(text.to_owned());
    let model = match script {
        Some(script) => ModelOptions {
            mode: said("local"),
            provider: said("openai-compatible"),
            base_url: Some(script.base_url()),
            model: said(scripted_model::MODEL),
        },
        None => ModelOptions {
            mode: said(if args.provider.as_deref() == Some("anthropic") { "cloud" } else { "local" }),
            provider: args.provider.clone(),
            base_url: args.base_url.clone(),
            model: args.model.clone(),
        },
    };
    Options {
        report: Some(vec![shop::REPORT.to_owned()]),
        healer: said("opencode"),
        publish: said("branch"),
        issues: said("never"),
        dry_run: said("false"),
        out: said("target/heal"),
        model,
        ..Options::default()
    }
}

/// Where the run takes place: in the shop, on a developer's machine, with no token but that of the model.
fn surroundings(args: &cli::Demo, around: &Surroundings, folder: &Path) -> Surroundings {
    let pairs: Vec<(&str, &str)> =
        around.env.iter().filter(|(name, _)| is_kept(name, args.provider.is_some())).collect();
    Surroundings {
        env: Environment::from(pairs.as_slice()),
        secrets: Secrets { anthropic: around.secrets.anthropic.clone(), ..Secrets::default() },
        cwd: folder.to_owned(),
    }
}

/// Whether a variable reaches the run: what says where programs and browsers are does, what sets up a run of this tool
/// does not, except for the model's if it is real.
fn is_kept(name: &str, real_model: bool) -> bool {
    const SWITCHES: [&str; 8] =
        ["ACT", "BASE_URL", "CI", "CREATE_ISSUES", "CTRF_REPORT", "DRY_RUN", "LLM_MODE", "USE_LOCAL_LLM"];
    const PREFIXES: [&str; 4] = ["FORGEJO_", "GITEA_", "GITHUB_", "RUNNER_"];
    let of_model = name.starts_with("LOCAL_LLM_") || name == "CLOUD_LLM_MODEL" || name == "OLLAMA_HOST";
    let of_runs = SWITCHES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    let of_heals = (name.starts_with("HEAL_") && name != "HEAL_SANDBOX") || name == "LLM_FALLBACK";
    if of_model { real_model } else { !of_runs && !of_heals }
}

fn show_changes(ui: &Ui, folder: &Path, document: &Document) -> Result<()> {
    for result in &document.results {
        let Some(patch) = &result.patch else { continue };
        let path = folder.join(patch);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        ui.line("");
        ui.line(&format!("{}, on the branch {}:", result.id, result.branch.as_deref().unwrap_or("(none)")));
        for line in redact::wrap(&result.reason, 78) {
            ui.say(Tone::Quiet, &format!("  {line}"));
        }
        let lines = text.lines().skip_while(|line| !line.starts_with("--- "));
        for line in lines {
            let tone = match line.as_bytes().first() {
                Some(b'+') => Tone::Good,
                Some(b'-') => Tone::Bad,
                _ => Tone::Quiet,
            };
            ui.say(tone, &format!("  {line}"));
        }
    }
    Ok(())
}

/// Compares the outcome with what it must be, and says so.
fn conclude(ui: &Ui, document: &Document, scripted: bool) -> Exit {
    let surprises = surprises(&document.results);
    ui.line("");
    if surprises.is_empty() {
        ui.say(Tone::Good, "As it must be: three tests healed and proved, no expectation touched, and the");
        ui.say(Tone::Good, "shop's own bug reported and left to people.");
        if scripted {
            ui.line("The edits were scripted; that they may be made and that they help was found out.");
            ui.line("With a model of yours: cargo heal demo --provider ollama");
        }
        return Exit::Ok;
    }
    ui.say(Tone::Bad, "Not as it must be:");
    for line in surprises {
        ui.say(Tone::Bad, &format!("  {line}"));
    }
    Exit::NotHealed
}

/// One line for each test that did not come out as it must. Pure.
fn surprises(results: &[TestResult]) -> Vec<String> {
    let name = |outcome: Outcome| serde_json::to_string(&outcome).unwrap_or_default().replace('"', "");
    let mut lines = Vec::new();
    for answer in &script::ANSWERS {
        let wanted = if answer.edit.is_some() { Outcome::Healed } else { Outcome::ProductBug };
        match results.iter().find(|result| result.id == answer.id) {
            Some(result) if result.outcome == wanted => {}
            Some(result) => {
                let (is, must) = (name(result.outcome), name(wanted));
                lines.push(format!("{} is {is}, not {must}: {}", answer.id, result.reason));
            }
            None => lines.push(format!("{} is missing from the result", answer.id)),
        }
    }
    let known = |id: &str| script::ANSWERS.iter().any(|answer| answer.id == id);
    lines.extend(results.iter().filter(|result| !known(&result.id)).map(|result| format!("{} failed, too", result.id)));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Tokens;

    fn result(id: &str, outcome: Outcome) -> TestResult {
        TestResult {
            id: id.into(),
            name: String::new(),
            suite: Vec::new(),
            file: String::new(),
            projects: Vec::new(),
            fingerprint: String::new(),
            outcome,
            reason: "why".into(),
            root_cause: String::new(),
            issue: None,
            pull_request: None,
            branch: None,
            patch: None,
            attempts: 1,
            tokens: Tokens::default(),
            seconds: 0.0,
        }
    }

    #[test]
    fn a_healed_product_bug_is_the_worst_surprise() {
        let mut results = vec![
            result("ATK-PW-1050", Outcome::Healed),
            result("ATK-PW-1051", Outcome::Healed),
            result("ATK-PW-1052", Outcome::Healed),
            result("ATK-PW-1053", Outcome::ProductBug),
        ];
        assert_eq!(surprises(&results), Vec::<String>::new());
        results[3].outcome = Outcome::Healed;
        results[0].outcome = Outcome::Rejected;
        results.remove(1);
        results.push(result("ATK-PW-1010", Outcome::Flaky));
        assert_eq!(
            surprises(&results),
            [
                "ATK-PW-1050 is rejected, not healed: why",
                "ATK-PW-1051 is missing from the result",
                "ATK-PW-1053 is healed, not product_bug: why",
                "ATK-PW-1010 failed, too",
            ]
        );
    }

    #[test]
    fn the_surroundings_of_a_runner_do_not_bend_the_demo() {
        let env: &[(&str, &str)] = &[
            ("PATH", "/bin"),
            ("CI", "true"),
            ("GITHUB_ACTIONS", "true"),
            ("HEAL_JOBS", "7"),
            ("HEAL_SANDBOX", "off"),
            ("LOCAL_LLM_BASE_URL", "http://model"),
            ("PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH", "/chromium"),
        ];
        let token = Some(crate::secrets::Secret::new("token"));
        let around = Surroundings {
            env: env.into(),
            secrets: Secrets { github: token.clone(), anthropic: token, ..Secrets::default() },
            cwd: PathBuf::from("/work"),
        };
        let mut args = cli::Demo { provider: None, base_url: None, model: None, keep: None };
        let names = |args: &cli::Demo| {
            let seen = surroundings(args, &around, Path::new("/shop"));
            assert!(seen.secrets.github.is_none() && seen.cwd == Path::new("/shop"));
            seen.env.iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(&args), ["HEAL_SANDBOX", "PATH", "PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH"]);
        args.provider = Some("ollama".into());
        assert!(names(&args).contains(&"LOCAL_LLM_BASE_URL".to_owned()));
    }
}
