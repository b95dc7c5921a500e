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
mod tests {
    use super::*;

    fn look(pairs: &[(&str, &str)]) -> Detection {
        detect(&Environment::from(pairs), &Wishes::default())
    }

    type Pairs = &'static [(&'static str, &'static str)];

    /// An environment as a runner sets it; mode, runner, dry run, and what decided it.
    type Row = (Pairs, &'static str, &'static str, bool, &'static str);

    const ROWS: &[Row] = &[
        (&[], "local", "developer", false, "no CI variable is set"),
        (
            &[("CODESPACES", "true"), ("GITHUB_TOKEN", "x"), ("GITHUB_REPOSITORY", "o/r")],
            "local",
            "codespaces",
            false,
            "CODESPACES=true",
        ),
        (
            &[
                ("GITHUB_ACTIONS", "true"),
                ("CI", "true"),
                ("RUNNER_ENVIRONMENT", "github-hosted"),
                ("GITHUB_SERVER_URL", "https://github.com"),
            ],
            "cloud",
            "github-hosted",
            false,
            "RUNNER_ENVIRONMENT=github-hosted",
        ),
        (&[("GITHUB_ACTIONS", "true"), ("CI", "true")], "cloud", "github-hosted", false, "GITHUB_ACTIONS=true"),
        (
            &[("GITHUB_ACTIONS", "true"), ("RUNNER_ENVIRONMENT", "self-hosted")],
            "local",
            "self-hosted",
            false,
            "RUNNER_ENVIRONMENT=self-hosted",
        ),
        (
            &[("GITHUB_ACTIONS", "true"), ("GITHUB_SERVER_URL", "https://ghe.example")],
            "local",
            "self-hosted",
            false,
            "GITHUB_SERVER_URL=https://ghe.example",
        ),
        (
            &[
                ("GITHUB_ACTIONS", "true"),
                ("RUNNER_ENVIRONMENT", "github-hosted"),
                ("GITHUB_SERVER_URL", "https://ghe.example/"),
            ],
            "local",
            "self-hosted",
            false,
            "GITHUB_SERVER_URL=https://ghe.example/",
        ),
        (&[("ACT", "true"), ("GITHUB_ACTIONS", "true"), ("CI", "true")], "local", "act", true, "ACT=true"),
        (
            &[("GITHUB_ACTOR", "nektos/act"), ("GITHUB_ACTIONS", "true")],
            "local",
            "act",
            true,
            "GITHUB_ACTOR=nektos/act",
        ),
        (
            &[("ACT", "true"), ("RUNNER_ENVIRONMENT", "github-hosted"), ("GITHUB_ACTIONS", "true")],
            "local",
            "act",
            true,
            "ACT=true",
        ),
        (&[("ACT", "true"), ("RUNNER_ENVIRONMENT", "self-hosted")], "local", "act", true, "ACT=true"),
        (
            &[("GITEA_ACTIONS", "true"), ("ACT", "true"), ("GITHUB_ACTIONS", "true")],
            "local",
            "gitea",
            true,
            "GITEA_ACTIONS=true",
        ),
        (
            &[("FORGEJO_ACTIONS", "true"), ("GITEA_ACTIONS", "true"), ("GITHUB_ACTIONS", "true")],
            "local",
            "forgejo",
            true,
            "FORGEJO_ACTIONS=true",
        ),
        (
            &[("GITEA_ACTIONS", "true"), ("RUNNER_ENVIRONMENT", "self-hosted")],
            "local",
            "gitea",
            true,
            "GITEA_ACTIONS=true",
        ),
        (
            &[("RUNNER_ENVIRONMENT", "local"), ("GITHUB_ACTIONS", "true"), ("GITHUB_ACTOR", "wrkflw")],
            "local",
            "wrkflw",
            true,
            "RUNNER_ENVIRONMENT=local",
        ),
        (
            &[
                ("RUNNER_ENVIRONMENT", "local"),
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_SERVER_URL", "https://ghe.example"),
            ],
            "local",
            "self-hosted",
            false,
            "GITHUB_SERVER_URL=https://ghe.example",
        ),
        (&[("GITLAB_CI", "true"), ("CI", "true")], "cloud", "gitlab", false, "GITLAB_CI=true"),
        (&[("CI", "woodpecker")], "cloud", "ci", false, "CI=woodpecker"),
        (&[("CI", "1"), ("CODESPACES", "true")], "cloud", "ci", false, "CI=1"),
        (&[("JENKINS_URL", "http://j")], "cloud", "ci", false, "JENKINS_URL=http://j"),
        (&[("CI", "false")], "local", "developer", false, "no CI variable is set"),
        (&[("CI", ""), ("ACT", ""), ("GITHUB_ACTIONS", "")], "local", "developer", false, "no CI variable is set"),
        (
            &[("ACT", "false"), ("GITHUB_ACTIONS", "true"), ("RUNNER_ENVIRONMENT", "github-hosted")],
            "cloud",
            "github-hosted",
            false,
            "RUNNER_ENVIRONMENT=github-hosted",
        ),
    ];

    #[test]
    fn every_place() {
        for (pairs, mode, runner, dry_run, because) in ROWS {
            let found = look(pairs);
            let shown = (found.mode.name(), found.runner.name(), found.dry_run, found.because.as_str());
            assert_eq!(shown, (*mode, *runner, *dry_run, *because), "{pairs:?}");
            let developer = ["developer", "codespaces"].contains(runner);
            assert_eq!(found.create_issues, !developer, "{pairs:?}");
            assert_eq!(found.publish.name(), if developer { "branch" } else { "pr" }, "{pairs:?}");
        }
    }

    /// The rules in their order, each with an environment that it alone matches.
    const RULES: &[(Pairs, Runner)] = &[
        (&[("FORGEJO_ACTIONS", "true")], Runner::Forgejo),
        (&[("GITEA_ACTIONS", "true")], Runner::Gitea),
        (&[("ACT", "true")], Runner::Act),
        (&[("GITHUB_ACTOR", "nektos/act")], Runner::Act),
        (&[("RUNNER_ENVIRONMENT", "self-hosted")], Runner::SelfHosted),
        (&[("GITHUB_ACTIONS", "true"), ("GITHUB_SERVER_URL", "https://ghe.example")], Runner::SelfHosted),
        (&[("RUNNER_ENVIRONMENT", "local")], Runner::Wrkflw),
        (&[("GITHUB_ACTIONS", "true")], Runner::GithubHosted),
        (&[("GITLAB_CI", "true")], Runner::Gitlab),
        (&[("CI", "true")], Runner::Ci),
        (&[("TF_BUILD", "True")], Runner::Ci),
        (&[("CODESPACES", "true")], Runner::Codespaces),
    ];

    #[test]
    fn of_any_two_rules_the_earlier_wins() {
        for (earlier, (first, runner)) in RULES.iter().enumerate() {
            for (second, _) in &RULES[earlier + 1..] {
                // The earlier rule's values stand where both set the same variable.
                let both: Vec<_> = second.iter().chain(first.iter()).copied().collect();
                assert_eq!(look(&both).runner, *runner, "{both:?}");
            }
        }
    }

    #[test]
    fn a_wish_changes_the_mode_and_not_the_place() {
        for (pairs, _, runner, dry_run, _) in ROWS {
            for mode in [Mode::Local, Mode::Cloud] {
                let wishes = Wishes { mode: Some((mode, "LLM_MODE=x".into())), ..Wishes::default() };
                let found = detect(&Environment::from(*pairs), &wishes);
                assert_eq!((found.mode, found.because.as_str()), (mode, "LLM_MODE=x"));
                assert_eq!((found.runner.name(), found.dry_run), (*runner, *dry_run));
                assert!(found.warnings.is_empty());
            }
        }
    }

    #[test]
    fn wishes_about_publishing_are_obeyed() {
        let wishes = Wishes {
            dry_run: Some(false),
            create_issues: Some(false),
            publish: Some(Publish::None),
            ..Wishes::default()
        };
        let found = detect(&Environment::from(&[("ACT", "true")][..]), &wishes);
        assert_eq!((found.dry_run, found.create_issues, found.publish), (false, false, Publish::None));
    }

    #[test]
    fn an_unknown_kind_of_runner_is_said() {
        assert!(look(&[("GITHUB_ACTIONS", "true"), ("RUNNER_ENVIRONMENT", "github-hosted")]).warnings.is_empty());
        assert_eq!(look(&[("GITHUB_ACTIONS", "true")]).warnings.len(), 1);
        assert_eq!(look(&[("GITHUB_ACTIONS", "true"), ("RUNNER_ENVIRONMENT", "moon")]).warnings.len(), 1);
    }

    #[test]
    fn serialises_to_the_documented_fields() {
        let json = serde_json::to_string(&look(&[("RUNNER_ENVIRONMENT", "self-hosted")])).unwrap();
        assert_eq!(
            json,
            r#"{"mode":"local","runner":"self-hosted","because":"RUNNER_ENVIRONMENT=self-hosted","dry_run":false,"create_issues":true,"publish":"pr"}"#
        );
    }

    #[test]
    fn no_value_breaks_out_of_the_output_file() {
        let hostile = "nektos/act\nEOF\nllm_mode=cloud\n";
        let output = github_output(&look(&[("GITHUB_ACTOR", hostile)]), "d3l1m");
        assert!(output.starts_with("llm_mode<<d3l1m\nlocal\nd3l1m\nrunner<<d3l1m\nact\nd3l1m\nbecause<<d3l1m\n"));
        assert_eq!(output.lines().count(), 18);
    }
}
