//! The command entries: what is around (environment, repository, settings) is gathered here and handed to the part that
//! does the work. Decides nothing itself but the exit code.

use std::path::Path;

use anyhow::{Context, Result};

use crate::cli::{self, Command, HealConfig, HealDetect, ModelOptions, Options, Verb};
use crate::config_file::{self, Written};
use crate::demo;
use crate::detect;
use crate::doctor;
use crate::error::{Exit, Failure};
use crate::gate_command;
use crate::heal;
use crate::init;
use crate::model;
use crate::opencode_config;
use crate::plan;
use crate::publish_command;
use crate::random;
use crate::surroundings::Surroundings;
use crate::ui::Ui;

/// Whether the command line asks for a document on standard output.
pub fn wants_json(command: &Command) -> bool {
    let asked = |options: &Options| options.json.as_deref() == Some("true");
    match command {
        Command::Heal(heal) => {
            let inner = match &heal.verb {
                Some(Verb::Plan(plan)) => asked(&plan.options),
                Some(Verb::Publish(publish)) => asked(&publish.options),
                Some(Verb::Doctor(doctor)) => asked(&doctor.options),
                Some(Verb::Gate(gate)) => gate.json,
                Some(Verb::Demo(_) | Verb::Init(_)) | None => false,
            };
            inner || asked(&heal.options)
        }
        Command::HealDetect(detect) => detect.json,
        Command::HealConfig(_) => false,
    }
}

pub fn run(command: Command, around: &Surroundings, ui: &Ui) -> Result<Exit> {
    match command {
        Command::HealDetect(args) => heal_detect(&args, around, ui),
        Command::HealConfig(args) => heal_config(args, around, ui),
        Command::Heal(heal) => match heal.verb {
            None => heal_job(&heal.options, around, ui),
            Some(Verb::Plan(plan)) => heal_plan(*plan, heal.options, around, ui),
            Some(Verb::Gate(args)) => gate_command::run(args, heal.options, around, ui),
            Some(Verb::Publish(args)) => {
                let root = around.repository()?.root;
                let settings = around.settings(&args.options.or(heal.options), Some(&root))?;
                publish_command::run(&args.bundles, &settings, around, ui)
            }
            Some(Verb::Doctor(args)) => doctor(args.options.or(heal.options), around, ui),
            Some(Verb::Demo(args)) => demo::run(&args, around, ui, &heal::run),
            Some(Verb::Init(args)) => init::run(&args.dir, &around.cwd, ui),
        },
    }
}

fn heal_job(options: &Options, around: &Surroundings, ui: &Ui) -> Result<Exit> {
    let repository = around.repository()?;
    let settings = around.settings(options, Some(&repository.root))?;
    settings.warnings.iter().for_each(|warning| ui.warn(warning));
    let (document, exit) = heal::run(&settings, around, &repository, ui)?;
    if settings.json {
        ui.data(&serde_json::to_string_pretty(&document)?);
    }
    Ok(exit)
}

fn heal_plan(args: cli::Plan, outer: Options, around: &Surroundings, ui: &Ui) -> Result<Exit> {
    let repository = around.repository()?;
    let settings = around.settings(&args.options.or(outer), Some(&repository.root))?;
    settings.warnings.iter().for_each(|warning| ui.warn(warning));
    let planned = heal::planning::plan(&settings, &repository, &around.cwd)?;
    if args.github_output {
        let path = around.env.get("GITHUB_OUTPUT").ok_or_else(|| {
            Failure::usage("`GITHUB_OUTPUT` is not set").hint("`--github-output` is for a step of GitHub Actions")
        })?;
        append_output(Path::new(path), &plan::matrix::github_output(&planned.plan))?;
    }
    let document = heal::show_plan(&settings, &planned, ui);
    if settings.json {
        ui.data(&serde_json::to_string_pretty(&document)?);
    }
    Ok(Exit::Ok)
}

fn heal_detect(args: &HealDetect, around: &Surroundings, ui: &Ui) -> Result<Exit> {
    // It also answers outside of a repository, and where git is missing: then there is no table to read.
    let repository = around.find_repository().ok().flatten();
    let options = ModelOptions { mode: args.mode.clone(), ..ModelOptions::default() }.into();
    let detection =
        around.settings(&options, repository.as_ref().map(|repository| repository.root.as_path()))?.detection;
    for warning in &detection.warnings {
        ui.warn(warning);
    }
    if args.json {
        ui.data(&serde_json::to_string(&detection)?);
    } else {
        let (mode, runner) = (detection.mode.name(), detection.runner.name());
        let dry = if detection.dry_run { ", dry run" } else { "" };
        ui.line(&format!("{mode} model on {runner}, because {}{dry}", detection.because));
    }
    if let Some(path) = around.env.get("GITHUB_OUTPUT") {
        append_output(Path::new(path), &detect::github_output(&detection, &format!("heal-{}", random::hex(16)?)))?;
    }
    Ok(Exit::Ok)
}

fn heal_config(args: HealConfig, around: &Surroundings, ui: &Ui) -> Result<Exit> {
    let root = around.repository()?.root;
    let settings = around.settings(&args.model.into(), Some(&root))?;
    let chosen = model::named_or_chosen(&settings)?;
    for warning in settings.warnings.iter().chain(&chosen.warnings) {
        ui.warn(warning);
    }
    let config = model::config(&chosen, settings.allow.clone(), config_file::agent_prompt(&root)?);
    let text = config_file::text_of(&opencode_config::render(&config))?;
    if args.print {
        ui.data(&text);
        return Ok(Exit::Ok);
    }
    if args.check {
        config_file::check(&root, &text)?;
        ui.line(&format!("{} is up to date", config_file::PATH));
        return Ok(Exit::Ok);
    }
    let did = match config_file::write(&root, &text, args.force)? {
        Written::New => "written",
        Written::Updated => "updated",
        Written::Unchanged => "is up to date",
    };
    let (provider, detection) = (chosen.provider.name(), &settings.detection);
    let why = format!("{} on {}, because {}", detection.mode.name(), detection.runner.name(), detection.because);
    ui.line(&format!("{} {did}: {provider}/{} ({why})", config_file::PATH, chosen.model));
    Ok(Exit::Ok)
}

fn doctor(options: Options, around: &Surroundings, ui: &Ui) -> Result<Exit> {
    // It is there to say what is missing, git and the repository included.
    let root = around.find_repository().ok().flatten().map(|repository| repository.root);
    let settings = around.settings(&options, root.as_deref())?;
    doctor::run(around, &settings, root.as_deref(), ui)
}

fn append_output(path: &Path, text: &str) -> Result<()> {
    use std::io::Write;
    let file = std::fs::File::options().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write `{}` ($GITHUB_OUTPUT)", path.display()))
}
