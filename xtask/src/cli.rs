//! The command line as it is written: clap types and help. What a value means, and whether it is allowed, is
//! [`crate::settings`]' business, so that a flag, a variable and a key are judged by the same code.

use std::path::PathBuf;

use clap::{Arg, Args, Parser, Subcommand};

const WHAT: &str = "What to heal";
const WHERE: &str = "Where it runs";
const MODEL: &str = "The model";
const LIMITS: &str = "Limits";
const PUBLISHED: &str = "What is published";
const OUTPUT: &str = "Output";

#[derive(Debug, Parser)]
// People reach it through cargo's aliases, so that is what usage lines show.
#[command(name = "xtask", bin_name = "cargo", version, about, max_term_width = 80, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Heal failed end-to-end tests that went out of date
    Heal(Box<Heal>),
    /// Write `.opencode/config.json` for the detected mode
    HealConfig(HealConfig),
    /// Say whether a local or a cloud model would be used here, and why
    HealDetect(HealDetect),
}

const HEAL_EXAMPLES: &str = "\
Examples:
  npx playwright test; cargo heal     heal what the last run reported
  cargo heal plan                     show what would be done, and do nothing
  cargo heal --dry-run                heal here, publish nothing
  cargo heal --only ATK-PW-1050 --mode local --model qwen3-coder:30b
  cargo heal --report 'ctrf/*.json' --test-command npm test -- {file}
  cargo heal doctor                   check everything that a run needs

Every option can also stand in `[workspace.metadata.heal]` of the Cargo.toml at
the repository's root, under its long name. A flag wins over a variable, a
variable over a key. An empty variable counts as unset. Keys without an option:
  allow = [\"e2e/**\"]           what a fix may edit; else the folders of the tests
  link = [\"node_modules\"]      ignored folders lent to the tests
  pass-env = [\"BASE_URL\"]      variables that tests see
  id-pattern = \"SHOP-[0-9]+\"   finds a test's id in its name
  labels, assignees = [..]      of issues and pull requests
  site = \"A book shop\"         a line about the product, for the prompt
  blank-page = true             try each fix on a blank page, too

Exit codes: 0 nothing failed or all healed, 1 something broke, 2 bad usage,
3 something is missing, 4 the report holds no tests, 10 a test is not healed.";

/// Reads the report of a failed test run and answers, for each failed test: is the test out of date, or is the product
/// broken? Repairs the first kind, proves the repair, and publishes it for review.
#[derive(Debug, Args)]
#[command(
    about = "Heal failed end-to-end tests that went out of date",
    after_help = HEAL_EXAMPLES,
    subcommand_help_heading = "Verbs"
)]
pub struct Heal {
    #[command(flatten)]
    pub options: Options,
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Print what a run would do, from the report alone
    Plan(Box<Plan>),
    /// Judge a change to tests: may it be believed?
    Gate(Gate),
    /// Publish the bundles of `cargo heal --bundle DIR`
    #[command(mut_args = shown_under(&[PUBLISHED, OUTPUT]))]
    Publish(Box<Publish>),
    /// Check everything that a run needs, each with its remedy
    #[command(mut_args = shown_under(&[WHAT, WHERE, MODEL]))]
    Doctor(Box<Doctor>),
    /// Heal a deliberately broken suite in a scratch folder
    Demo(Demo),
    /// Embed the xtask and the workflows into a repository
    Init(Init),
}

const OTHER_OPTIONS: &str = "Every other option of `cargo heal --help` is understood, too.";

/// Hides the options of a run that say nothing to a verb: all that do not stand under one of these headings.
fn shown_under(headings: &'static [&str]) -> impl FnMut(Arg) -> Arg {
    move |arg| {
        let hidden = arg.get_help_heading().is_some_and(|heading| !headings.contains(&heading));
        arg.hide(hidden)
    }
}

#[derive(Debug, Args)]
pub struct Plan {
    #[command(flatten)]
    pub options: Options,
    /// Append a job matrix to `$GITHUB_OUTPUT`
    #[arg(long, help_heading = OUTPUT)]
    pub github_output: bool,
}

#[derive(Debug, Args)]
pub struct Gate {
    /// What the change is compared with [default: the default branch]
    pub base: Option<String>,
    /// Judge this patch instead of the checkout (`-` is stdin)
    #[arg(long, value_name = "FILE", conflicts_with = "base")]
    pub patch: Option<PathBuf>,
    /// A fix that changes what a test expects: `review` or `refuse` [default: review]
    #[arg(long, value_name = "WHAT")]
    pub expectations: Option<String>,
    /// Print the judgement as JSON on stdout
    #[arg(long)]
    pub json: bool,
    /// Print the rules as Markdown, each with examples, and do nothing
    #[arg(long)]
    pub rules: bool,
}

#[derive(Debug, Args)]
#[command(after_help = OTHER_OPTIONS)]
pub struct Publish {
    /// The bundles, each gated again before it is published
    #[arg(required = true, value_name = "DIR")]
    pub bundles: Vec<PathBuf>,
    #[command(flatten)]
    pub options: Options,
}

#[derive(Debug, Args)]
#[command(after_help = OTHER_OPTIONS)]
pub struct Doctor {
    #[command(flatten)]
    pub options: Options,
}

#[derive(Debug, Args)]
pub struct Demo {
    /// Use a real model of this provider instead of the embedded script
    #[arg(long, value_name = "PROVIDER")]
    pub provider: Option<String>,
    /// Where that model is served
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// That model's name
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
    /// Work in this folder and keep it [default: a scratch folder]
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Init {
    /// The repository that gets the xtask; nothing in it is overwritten
    pub dir: PathBuf,
}

/// Writes the configuration of opencode for this repository: model, provider, permissions, and the agent.
#[derive(Debug, Args)]
#[command(about = "Write `.opencode/config.json` for the detected mode")]
pub struct HealConfig {
    #[command(flatten)]
    pub model: ModelOptions,
    /// Print the content instead of writing it
    #[arg(long, conflicts_with_all = ["check", "force"])]
    pub print: bool,
    /// Only say whether the file is up to date (exit code 1 if not)
    #[arg(long, conflicts_with = "force")]
    pub check: bool,
    /// Overwrite a file that was not written by this command
    #[arg(long)]
    pub force: bool,
}

/// Says where this runs and which kind of model that means; appends `llm_mode` and the rest to `$GITHUB_OUTPUT`.
#[derive(Debug, Args)]
#[command(about = "Say whether a local or a cloud model would be used here, and why")]
pub struct HealDetect {
    /// `auto`, `local` or `cloud` [env: LLM_MODE, USE_LOCAL_LLM] [default: auto]
    #[arg(long)]
    pub mode: Option<String>,
    /// Print `{mode, runner, because, dry_run, create_issues, publish}`
    #[arg(long)]
    pub json: bool,
}

/// Which model, and where.
#[derive(Clone, Debug, Default, Args)]
pub struct ModelOptions {
    /// `auto`, `local` or `cloud` [env: LLM_MODE, then USE_LOCAL_LLM=true|false] [default: auto]
    #[arg(long, help_heading = WHERE)]
    pub mode: Option<String>,
    /// `ollama`, `lmstudio`, `openai-compatible` or `anthropic` [env: LOCAL_LLM_PROVIDER] [default: probed]
    #[arg(long, help_heading = MODEL)]
    pub provider: Option<String>,
    /// Where the model is served, with or without scheme and `/v1` [env: LOCAL_LLM_BASE_URL, then OLLAMA_HOST]
    /// [default: the provider's own]
    #[arg(long, value_name = "URL", help_heading = MODEL)]
    pub base_url: Option<String>,
    /// The model's name [env: LOCAL_LLM_MODEL or CLOUD_LLM_MODEL, by mode] [default: probed; in the cloud the newest
    /// Claude Sonnet]
    #[arg(long, value_name = "ID", help_heading = MODEL)]
    pub model: Option<String>,
}

/// Every option of a run. `None` is "not given".
#[derive(Clone, Debug, Default, Args)]
pub struct Options {
    /// A CTRF report; repeatable, globs, `-` is stdin [env: CTRF_REPORT] [default: ctrf/ctrf-report.json]
    #[arg(long, value_name = "PATH", help_heading = WHAT)]
    pub report: Option<Vec<String>>,
    /// Only tests whose id or name contains this; repeatable [default: all]
    #[arg(long, value_name = "TEXT", help_heading = WHAT)]
    pub only: Option<Vec<String>>,
    /// Heal the test that this issue describes [default: those of the report]
    #[arg(long, value_name = "N", help_heading = WHAT)]
    pub issue: Option<String>,
    /// The branch under test [default: the one that was tested]
    #[arg(long, value_name = "REF", help_heading = WHAT)]
    pub base: Option<String>,
    /// Where the suite ran, such as `pantheon live` [env: HEAL_TARGET] [default: the workflow's name]
    #[arg(long, value_name = "NAME", help_heading = WHAT)]
    pub target: Option<String>,
    /// Take part I of N of the failed tests, such as `2/4` [default: off]
    #[arg(long, value_name = "I/N", help_heading = WHAT)]
    pub shard: Option<String>,
    /// How one test is run again: the rest of the command line, with `{file}` `{name}` `{line}` `{project}`; put it
    /// last [default: from the report's tool name]
    #[arg(long, value_name = "ARGV", num_args = 1.., allow_hyphen_values = true, help_heading = WHAT)]
    pub test_command: Option<Vec<String>>,

    #[command(flatten)]
    pub model: ModelOptions,
    /// `opencode` or `copilot` [env: HEAL_HEALER] [default: opencode; in the cloud copilot]
    #[arg(long, help_heading = WHERE)]
    pub healer: Option<String>,
    /// `auto`, `require` or `off`: confine the agent and the tests [env: HEAL_SANDBOX] [default: auto]
    #[arg(long, value_name = "LEVEL", help_heading = WHERE)]
    pub sandbox: Option<String>,
    /// `none` or `cloud`: what may be asked if the local model fails [env: LLM_FALLBACK] [default: none]
    #[arg(long, value_name = "WHERE", help_heading = MODEL)]
    pub fallback: Option<String>,

    /// Tests healed at a time [env: HEAL_JOBS] [default: 1; in the cloud 4]
    #[arg(long, value_name = "N", help_heading = LIMITS)]
    pub jobs: Option<String>,
    /// Attempts per test [default: 2]
    #[arg(long, value_name = "N", help_heading = LIMITS)]
    pub attempts: Option<String>,
    /// Time for one attempt, such as `90s` [default: 10m]
    #[arg(long, value_name = "DUR", help_heading = LIMITS)]
    pub timeout: Option<String>,
    /// Time for the whole run, such as `1h30m` [default: 60m]
    #[arg(long, value_name = "DUR", help_heading = LIMITS)]
    pub budget: Option<String>,
    /// Verification runs that must all pass [default: 2]
    #[arg(long, value_name = "N", help_heading = LIMITS)]
    pub repeat: Option<String>,
    /// More distinct failures than this is an outage: one issue, no healing [default: 25]
    #[arg(long, value_name = "N", help_heading = LIMITS)]
    pub max_failures: Option<String>,

    /// Publish nothing, say what would have been [env: DRY_RUN] [default: false; under act, Gitea, Forgejo and wrkflw
    /// true]
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true",
        help_heading = PUBLISHED)]
    pub dry_run: Option<String>,
    /// `auto`, `always` or `never` [env: CREATE_ISSUES] [default: auto: in CI, not on a developer's machine]
    #[arg(long, value_name = "WHEN", help_heading = PUBLISHED)]
    pub issues: Option<String>,
    /// `auto`, `pr`, `branch` or `none` [env: HEAL_PUBLISH] [default: auto: in CI `pr`, on a developer's machine
    /// `branch`, which is not pushed]
    #[arg(long, value_name = "WHAT", help_heading = PUBLISHED)]
    pub publish: Option<String>,
    /// `review` or `refuse`: a fix that changes what a test expects [default: review]
    #[arg(long, value_name = "WHAT", help_heading = PUBLISHED)]
    pub expectations: Option<String>,
    /// Write what another job will publish into this folder [default: off]
    #[arg(long, value_name = "DIR", help_heading = PUBLISHED)]
    pub bundle: Option<String>,

    /// Results, logs and patches of one run at a time [default: target/heal]
    #[arg(long, value_name = "DIR", help_heading = OUTPUT)]
    pub out: Option<String>,
    /// The result document on stdout, everything else on stderr [default: off]
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true",
        hide_possible_values = true, help_heading = OUTPUT)]
    pub json: Option<String>,
}

impl Options {
    /// These options where they are given, else those of `outer`: `heal --mode local plan --only X` means both.
    pub fn or(self, outer: Options) -> Options {
        macro_rules! first {
            ($($field:ident)*; $($inner:ident)*) => {
                Options {
                    $($field: self.$field.or(outer.$field),)*
                    model: ModelOptions { $($inner: self.model.$inner.or(outer.model.$inner)),* },
                }
            };
        }
        first!(report only issue base target shard test_command healer sandbox fallback jobs attempts timeout budget
            repeat max_failures dry_run issues publish expectations bundle out json; mode provider base_url model)
    }
}

impl From<ModelOptions> for Options {
    fn from(model: ModelOptions) -> Options {
        Options { model, ..Options::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_declaration_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_fits_80_columns_and_names_every_default() {
        fn walk(command: &mut clap::Command) {
            let help = command.render_long_help().to_string();
            for line in help.lines() {
                assert!(line.chars().count() <= 80, "{line}");
            }
            command.get_subcommands_mut().for_each(walk);
        }
        let mut command = Cli::command();
        command.build();
        let heal = command.find_subcommand("heal").unwrap();
        for option in heal.get_arguments().filter(|option| option.get_id() != "help") {
            let help = option.get_help().unwrap().to_string();
            assert!(help.contains("[default: ") && option.get_help_heading().is_some(), "{option}: {help}");
        }
        walk(&mut command);
    }

    #[test]
    fn every_option_of_a_run_is_also_a_key() {
        let command = Cli::command();
        let heal = command.find_subcommand("heal").unwrap();
        for option in heal.get_arguments().filter_map(clap::Arg::get_long) {
            let manifest = format!("[workspace.metadata.heal]\n{option} = []");
            let table = crate::settings::Table::parse("Cargo.toml", &manifest).unwrap();
            let outcome = crate::settings::resolve(&Options::default(), &Default::default(), &table);
            let said = outcome.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(!said.contains("is not a key"), "{said}");
        }
    }

    fn options(args: &[&str]) -> Options {
        let Command::Heal(heal) = Cli::try_parse_from([&["xtask", "heal"], args].concat()).unwrap().command else {
            panic!("not heal")
        };
        match heal.verb {
            None => heal.options,
            Some(Verb::Plan(plan)) => plan.options.or(heal.options),
            Some(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn options_may_stand_before_and_after_the_verb() {
        let merged = options(&["--mode", "local", "--jobs", "3", "plan", "--jobs", "5", "--dry-run"]);
        assert_eq!(merged.model.mode.as_deref(), Some("local"));
        assert_eq!(merged.jobs.as_deref(), Some("5"));
        assert_eq!(merged.dry_run.as_deref(), Some("true"));
    }

    #[test]
    fn the_test_command_takes_the_rest() {
        let given = options(&["--dry-run=false", "--test-command", "npm", "test", "--", "{file}", "--grep", "{name}"]);
        assert_eq!(given.test_command.unwrap(), ["npm", "test", "--", "{file}", "--grep", "{name}"]);
        assert_eq!(given.dry_run.as_deref(), Some("false"));
    }
}
