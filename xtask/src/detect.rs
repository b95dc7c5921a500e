//! Decides where this runs and which kind of model that means. Pure: an environment snapshot in, a decision out.
//!
//! It reads the process environment, never a workflow's `env` context: that one does not hold the default variables.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>

use serde::Serialize;

use crate::settings::Environment;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Local,
    Cloud,
}

impl Mode {
    pub fn name(self) -> &'static str {
        match self {
            Mode::Local => "local",
            Mode::Cloud => "cloud",
        }
    }
}

/// Where it runs, whatever overrides the mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Runner {
    GithubHosted,
    SelfHosted,
    Act,
    Gitea,
    Forgejo,
    Gitlab,
    Wrkflw,
    Ci,
    Developer,
    Codespaces,
}

impl Runner {
    pub fn name(self) -> &'static str {
        match self {
            Runner::GithubHosted => "github-hosted",
            Runner::SelfHosted => "self-hosted",
            Runner::Act => "act",
            Runner::Gitea => "gitea",
            Runner::Forgejo => "forgejo",
            Runner::Gitlab => "gitlab",
            Runner::Wrkflw => "wrkflw",
            Runner::Ci => "ci",
            Runner::Developer => "developer",
            Runner::Codespaces => "codespaces",
        }
    }

    /// A person sits at it.
    pub fn is_developer(self) -> bool {
        matches!(self, Runner::Developer | Runner::Codespaces)
    }

    fn mode(self) -> Mode {
        match self {
            Runner::GithubHosted | Runner::Gitlab | Runner::Ci => Mode::Cloud,
            _ => Mode::Local,
        }
    }

    /// Runners that only look like GitHub's: what is published there would land in the wrong place, or in the real
    /// repository under a developer's name (act hands `gh auth token` on as the workflow's token).
    fn is_rehearsal(self) -> bool {
        matches!(self, Runner::Act | Runner::Gitea | Runner::Forgejo | Runner::Wrkflw)
    }
}

/// What becomes of a verified fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Publish {
    /// Pushed, with a pull request.
    Pr,
    /// A local branch, not pushed.
    Branch,
    None,
}

impl Publish {
    pub fn name(self) -> &'static str {
        match self {
            Publish::Pr => "pr",
            Publish::Branch => "branch",
            Publish::None => "none",
        }
    }
}

/// What a person asked for. `None` leaves it to the place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wishes {
    /// The mode and where it was asked for, as `LLM_MODE=local`.
    pub mode: Option<(Mode, String)>,
    pub dry_run: Option<bool>,
    pub create_issues: Option<bool>,
    pub publish: Option<Publish>,
}

/// The decision; the serialised fields are those of `cargo heal-detect --json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Detection {
    pub mode: Mode,
    pub runner: Runner,
    pub because: String,
    pub dry_run: bool,
    pub create_issues: bool,
    pub publish: Publish,
    #[serde(skip)]
    pub warnings: Vec<String>,
}

pub fn detect(env: &Environment, wishes: &Wishes) -> Detection {
    let (runner, place) = runner(env);
    let mut warnings = Vec::new();
    if runner == Runner::GithubHosted && wishes.mode.is_none() {
        let kind = env.get("RUNNER_ENVIRONMENT").unwrap_or("not set");
        if !kind.eq_ignore_ascii_case("github-hosted") {
            warnings.push(format!(
                "RUNNER_ENVIRONMENT is {}: taken for a GitHub-hosted runner; set LLM_MODE=local if it is your own",
                plain(kind)
            ));
        }
    }
    let (mode, because) = wishes.mode.clone().unwrap_or((runner.mode(), place));
    let publish = if runner.is_developer() { Publish::Branch } else { Publish::Pr };
    Detection {
        mode,
        runner,
        because,
        dry_run: wishes.dry_run.unwrap_or(runner.is_rehearsal()),
        create_issues: wishes.create_issues.unwrap_or(!runner.is_developer()),
        publish: wishes.publish.unwrap_or(publish),
        warnings,
    }
}

/// Variables of CI systems that do not all set `CI`.
const OTHER_CI: [&str; 10] = [
    "JENKINS_URL",
    "TEAMCITY_VERSION",
    "TF_BUILD",
    "BITBUCKET_BUILD_NUMBER",
    "CODEBUILD_BUILD_ID",
    "BUILDKITE",
    "CIRCLECI",
    "TRAVIS",
    "APPVEYOR",
    "DRONE",
];

/// The first rule that matches, and what made it match.
fn runner(env: &Environment) -> (Runner, String) {
    let is = |name: &str, value: &str| env.get(name).is_some_and(|found| found.eq_ignore_ascii_case(value));
    let said = |name: &str| format!("{name}={}", plain(env.get(name).unwrap_or_default()));
    // Forgejo's runners set Gitea's variable too, and both claim to be act and GitHub Actions.
    if env.is_on("FORGEJO_ACTIONS") {
        return (Runner::Forgejo, said("FORGEJO_ACTIONS"));
    }
    if env.is_on("GITEA_ACTIONS") {
        return (Runner::Gitea, said("GITEA_ACTIONS"));
    }
    if env.is_on("ACT") {
        return (Runner::Act, said("ACT"));
    }
    if env.get("GITHUB_ACTOR").is_some_and(|actor| actor.starts_with("nektos/act")) {
        return (Runner::Act, said("GITHUB_ACTOR"));
    }
    if is("RUNNER_ENVIRONMENT", "self-hosted") {
        return (Runner::SelfHosted, said("RUNNER_ENVIRONMENT"));
    }
    let actions = env.is_on("GITHUB_ACTIONS");
    if actions && env.get("GITHUB_SERVER_URL").is_some_and(|url| !is_github(url)) {
        return (Runner::SelfHosted, said("GITHUB_SERVER_URL"));
    }
    if is("RUNNER_ENVIRONMENT", "local") {
        return (Runner::Wrkflw, said("RUNNER_ENVIRONMENT"));
    }
    if actions {
        let name = if env.get("RUNNER_ENVIRONMENT").is_some() { "RUNNER_ENVIRONMENT" } else { "GITHUB_ACTIONS" };
        return (Runner::GithubHosted, said(name));
    }
    if env.is_on("GITLAB_CI") {
        return (Runner::Gitlab, said("GITLAB_CI"));
    }
    // `CI` may hold a system's name, as on Woodpecker.
    if env.get("CI").is_some_and(|value| !["false", "0", "no", "off"].contains(&value.to_lowercase().as_str())) {
        return (Runner::Ci, said("CI"));
    }
    if let Some(name) = OTHER_CI.into_iter().find(|name| env.get(name).is_some()) {
        return (Runner::Ci, said(name));
    }
    if env.is_on("CODESPACES") {
        return (Runner::Codespaces, said("CODESPACES"));
    }
    (Runner::Developer, "no CI variable is set".into())
}

fn is_github(url: &str) -> bool {
    let host = url.trim().to_lowercase();
    let host = host.trim_start_matches("https://").trim_start_matches("http://");
    host.trim_end_matches('/') == "github.com"
}

/// A value of the environment for a person to read: one short line.
fn plain(value: &str) -> String {
    value.chars().map(|c| if c.is_control() { '?' } else { c }).take(80).collect()
}

/// The decision as lines for `$GITHUB_OUTPUT`. Each value stands between lines that hold `delimiter`, which must be
/// unguessable, so that no value can end its own block and set another output.
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#multiline-strings>
pub fn github_output(detection: &Detection, delimiter: &str) -> String {
    let dry_run = detection.dry_run.to_string();
    let create_issues = detection.create_issues.to_string();
    let fields = [
        ("llm_mode", detection.mode.name()),
        ("runner", detection.runner.name()),
        ("because", &detection.because),
        ("dry_run", &dry_run),
        ("create_issues", &create_issues),
        ("publish", detection.publish.name()),
    ];
    fields.map(|(name, value)| format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")).concat()
}

#[cfg(test)]
mod tests;
