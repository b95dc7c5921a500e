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
    (&[("GITHUB_ACTOR", "nektos/act"), ("GITHUB_ACTIONS", "true")], "local", "act", true, "GITHUB_ACTOR=nektos/act"),
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
    (&[("GITEA_ACTIONS", "true"), ("RUNNER_ENVIRONMENT", "self-hosted")], "local", "gitea", true, "GITEA_ACTIONS=true"),
    (
        &[("RUNNER_ENVIRONMENT", "local"), ("GITHUB_ACTIONS", "true"), ("GITHUB_ACTOR", "wrkflw")],
        "local",
        "wrkflw",
        true,
        "RUNNER_ENVIRONMENT=local",
    ),
    (
        &[("RUNNER_ENVIRONMENT", "local"), ("GITHUB_ACTIONS", "true"), ("GITHUB_SERVER_URL", "https://ghe.example")],
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
    let wishes =
        Wishes { dry_run: Some(false), create_issues: Some(false), publish: Some(Publish::None), ..Wishes::default() };
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
