//! Re-runs exactly one test, or its file, and says what really happened: from a fresh machine-readable report of the
//! runner itself, never from an exit code (selecting nothing exits 0 in most runners, and so does a skipped test).
//!
//! A [`Framework`] knows two pure things: the command for a selection, and how to read what that command wrote. This module
//! puts them together and runs them.

mod custom;
mod jest;
mod mocha;
mod nextest;
mod playwright;
mod pytest;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::plan::PlannedTest;
use crate::proc::{self, Confinement, End, Limits};
use crate::untrusted;

pub use playwright::{BLANK_CONFIG, PROOF_CONFIG, blank_site_config, has_web_server, is_bound_to_a_port, proof_config};

/// How a suite is run.
#[derive(Clone, Debug, PartialEq)]
pub enum Framework {
    Playwright,
    Jest,
    Vitest,
    Mocha,
    Pytest,
    Nextest,
    /// The user's own command, with `{file} {name} {line} {project}` in its arguments; it writes a CTRF report at the
    /// path that `--report` names.
    Custom {
        argv: Vec<String>,
        report: String,
    },
}

impl Framework {
    /// From `results.tool.name`, as reporters write it.
    pub fn from_tool(tool: &str) -> Option<Framework> {
        let tool = tool.to_lowercase();
        [
            ("playwright", Framework::Playwright),
            ("vitest", Framework::Vitest),
            ("jest", Framework::Jest),
            ("mocha", Framework::Mocha),
            ("pytest", Framework::Pytest),
            ("nextest", Framework::Nextest),
        ]
        .into_iter()
        .find_map(|(name, framework)| tool.contains(name).then_some(framework))
    }

    pub fn name(&self) -> &'static str {
        match self {
            Framework::Playwright => "playwright",
            Framework::Jest => "jest",
            Framework::Vitest => "vitest",
            Framework::Mocha => "mocha",
            Framework::Pytest => "pytest",
            Framework::Nextest => "nextest",
            Framework::Custom { .. } => "test-command",
        }
    }

    /// Files that mark the folder in which the runner is started; the nearest one above the test's file counts.
    fn markers(&self) -> &'static [&'static str] {
        match self {
            Framework::Playwright => &[
                "playwright.config.ts",
                "playwright.config.js",
                "playwright.config.mts",
                "playwright.config.mjs",
                "playwright.config.cts",
                "playwright.config.cjs",
            ],
            Framework::Jest | Framework::Vitest | Framework::Mocha => &["package.json"],
            Framework::Pytest => &["pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"],
            Framework::Nextest => &["Cargo.toml"],
            Framework::Custom { .. } => &[],
        }
    }
}

/// What to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// The test alone, so many times.
    Test { repeat: u32 },
    /// The test's whole file, once.
    File,
}

/// What a run needs to know of the test.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Relative to [`Site::dir`].
    pub file: String,
    pub suite: Vec<String>,
    pub name: String,
    pub line: Option<u64>,
    pub projects: Vec<String>,
    /// The tests of its file depend on one another (`describe.serial`): alone, it must be run with its neighbours.
    pub serial: bool,
}

impl Target {
    /// The target in a work tree, with the folder in which the runner is to be started.
    pub fn locate(test: &PlannedTest, framework: &Framework, tree: &Path) -> (Target, PathBuf) {
        let markers = framework.markers();
        let mut dir = Path::new(&test.file).parent();
        let mut found = PathBuf::new();
        while let Some(current) = dir {
            if markers.iter().any(|marker| tree.join(current).join(marker).is_file()) {
                found = current.to_owned();
                break;
            }
            dir = current.parent();
        }
        let file = Path::new(&test.file).strip_prefix(&found).unwrap_or(Path::new(&test.file));
        let source = untrusted::read(&tree.join(&test.file), tree).unwrap_or_default();
        let (suite, name) = match framework {
            Framework::Pytest => pytest::titles(&test.suite, &test.name),
            Framework::Nextest => nextest::titles(&test.suite, &test.name),
            _ => (test.suite.clone(), test.name.clone()),
        };
        let target = Target {
            file: file.to_string_lossy().into_owned(),
            suite,
            name,
            line: test.line,
            projects: test.projects.clone(),
            serial: *framework == Framework::Playwright && playwright::is_serial(&source),
        };
        (target, tree.join(found))
    }
}

/// One test as the runner reports it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RanTest {
    /// Relative to the runner's folder where the runner tells it; else as it tells it.
    pub file: String,
    pub suite: Vec<String>,
    pub name: String,
    pub project: String,
    pub status: Status,
    pub message: String,
    /// What the runner kept of the page at the failure (Playwright's error-context).
    pub page: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Ran and passed, and was expected to pass.
    Passed,
    #[default]
    Failed,
    /// Skipped, pending, todo, or marked to be fixed.
    Skipped,
    /// Failed and was expected to (`test.fail()`): looks green and proves nothing.
    ExpectedFailure,
}

/// What a run's report says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ran {
    pub tests: Vec<RanTest>,
    /// What went wrong outside of any test: a file that does not load, a browser that is missing, a server that
    /// does not come up.
    pub errors: Vec<String>,
}

/// A run and its circumstances.
#[derive(Debug)]
pub struct TestRun {
    pub ran: Ran,
    pub end: End,
    pub log: PathBuf,
    pub seconds: f64,
}

impl Ran {
    /// The entries of the target among those that ran.
    pub fn of<'a>(&'a self, target: &'a Target) -> impl Iterator<Item = &'a RanTest> {
        self.tests.iter().filter(move |test| is_target(test, target))
    }
}

/// Is this reported test the one that was asked for? Titles are compared as a whole path, because producers split them
/// differently between suite and name.
fn is_target(test: &RanTest, target: &Target) -> bool {
    let file_matches = test.file.is_empty()
        || test.file == target.file
        || Path::new(&target.file).ends_with(&test.file)
        || Path::new(&test.file).ends_with(&target.file);
    let wanted_project = target.projects.is_empty() || target.projects.contains(&test.project);
    file_matches && wanted_project && title_path(&test.suite, &test.name) == title_path(&target.suite, &target.name)
}

fn title_path(suite: &[String], name: &str) -> String {
    let mut words: Vec<&str> = suite.iter().map(String::as_str).collect();
    // Vitest repeats the suite in the name (`a > b > title`), Jest joins it with spaces (`a b title`).
    let joined = words.join(" ");
    let name = name.replace(" > ", " ");
    if !joined.is_empty() && name.starts_with(&joined) {
        words.clear();
    }
    words.push(&name);
    words.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The surroundings of a run: what the conductor prepared.
#[derive(Clone, Debug)]
pub struct Site {
    /// The walls and the environment of a test run; `PWD` is set here.
    pub confinement: Confinement,
    /// Where reports and artifacts of the runs go: a folder inside the run's room.
    pub out: PathBuf,
    /// Where the logs go: out of reach of the runs, which could put a link in the place of one.
    pub logs: PathBuf,
    pub timeout: Duration,
}

/// One prepared command line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Invocation {
    /// Found below `node_modules/.bin` of the work tree or on PATH.
    pub program: String,
    pub args: Vec<OsString>,
    pub env: Vec<(String, OsString)>,
    /// The report is what the program prints, not a file.
    pub report_on_stdout: bool,
}

/// The Playwright configuration in a folder.
pub fn playwright_config(dir: &Path) -> Option<PathBuf> {
    Framework::Playwright.markers().iter().map(|name| dir.join(name)).find(|path| path.is_file())
}

/// Runs a selection in a work tree. `config` replaces Playwright's own configuration.
///
/// # Errors
/// When the runner cannot be started. A run that fails, hangs or writes nothing is a value.
pub fn run(
    framework: &Framework,
    target: &Target,
    dir: &Path,
    selection: Selection,
    label: &str,
    config: Option<&Path>,
    site: &Site,
) -> Result<TestRun> {
    let out = site.out.join(label);
    fs::create_dir_all(&out).with_context(|| format!("cannot make `{}`", out.display()))?;
    let report = out.join("report.json");
    let invocation = match framework {
        Framework::Playwright => playwright::command(target, selection, &out, &report, config),
        Framework::Jest => jest::jest_command(target, selection, &report),
        Framework::Vitest => jest::vitest_command(target, selection, &report),
        Framework::Mocha => mocha::command(target, selection, &report),
        Framework::Pytest => pytest::command(target, selection, &out, &report)?,
        Framework::Nextest => nextest::command(target, selection),
        Framework::Custom { argv, .. } => custom::command(argv, target, selection)?,
    };
    if let Framework::Custom { report: path, .. } = framework {
        // What lies there came with the tree; only what this run writes counts.
        let _ = fs::remove_file(dir.join(path));
    }
    let times = match (framework, selection) {
        // Playwright repeats by itself, within one start.
        (Framework::Playwright, _) | (_, Selection::File) => 1,
        (_, Selection::Test { repeat }) => repeat,
    };
    let root = root_of(dir);
    let log = site.logs.join(format!("{label}.log"));
    let mut whole = TestRun { ran: Ran::default(), end: End::Code(0), log: log.clone(), seconds: 0.0 };
    for _ in 0..times {
        let _ = fs::remove_file(&report);
        let mut command = Command::new(find_program(&invocation.program, dir));
        command.args(&invocation.args).current_dir(dir);
        command.envs(invocation.env.iter().map(|(key, value)| (key, value)));
        let mut confinement = site.confinement.clone();
        confinement.environment = confinement.environment.pwd(dir);
        if let Some(sandbox) = &mut confinement.sandbox {
            // For those who open `/dev/stdout`.
            fs::File::options().create(true).append(true).open(&log)?;
            sandbox.write.push(log.clone());
        }
        let limits =
            Limits { timeout: site.timeout, stdin: Vec::new(), log: Some(log.clone()), confine: Some(confinement) };
        let finished = proc::run(command, &limits)?;
        let text = match framework {
            _ if invocation.report_on_stdout => Some(finished.stdout_text()),
            Framework::Custom { report: path, .. } => untrusted::read(&dir.join(path), root),
            _ => untrusted::read(&report, &out),
        };
        let ran = text.and_then(|text| match framework {
            Framework::Playwright => playwright::parse(&text),
            Framework::Jest | Framework::Vitest => jest::parse(&text),
            Framework::Mocha => mocha::parse(&text),
            Framework::Pytest => pytest::parse(&text),
            Framework::Nextest => nextest::parse(&text),
            Framework::Custom { .. } => custom::parse(&text),
        });
        let ran = ran.unwrap_or_else(|| Ran { tests: Vec::new(), errors: vec![no_report(&finished)] });
        // The run's own files alone: the report may name any other.
        let own = |page: PathBuf| untrusted::own(&page, &out).or_else(|| untrusted::own(&page, root));
        let tests = ran.tests.into_iter().map(|test| RanTest { page: test.page.and_then(own), ..test });
        whole.ran.tests.extend(tests);
        whole.ran.errors.extend(ran.errors);
        whole.end = finished.end;
        whole.seconds += finished.elapsed.as_secs_f64();
        if let End::Signal(signal) = finished.end {
            // Whatever its report says: who kills the runner may have written that, too.
            whole.ran.errors.push(format!("the test run was killed by signal {signal}"));
        }
        if finished.end == End::TimedOut {
            whole.ran.errors.push(format!("the test run did not end within {} s", site.timeout.as_secs()));
            break;
        }
    }
    Ok(whole)
}

fn no_report(finished: &proc::Finished) -> String {
    let said = finished.stdout_text() + &finished.stderr_text();
    let tail: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let tail = tail[tail.len().saturating_sub(8)..].join("\n");
    format!("the run wrote no report ({:?}): {tail}", finished.end)
}

/// The work tree that a folder lies in. Above it is what others may write.
fn root_of(dir: &Path) -> &Path {
    dir.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(dir)
}

/// A runner's program: the project's own, nearest first, else the one on PATH.
fn find_program(name: &str, dir: &Path) -> PathBuf {
    let folders = || dir.ancestors().take_while(|folder| folder.starts_with(root_of(dir)));
    let local = folders().map(|folder| folder.join("node_modules/.bin").join(name));
    let venv = folders().map(|folder| folder.join(".venv/bin").join(name));
    local.chain(venv).find(|path| path.exists()).unwrap_or_else(|| PathBuf::from(name))
}

/// Escapes a text for the regular expressions of JavaScript and Rust.
fn escape_regex(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if r"\^$.*+?()[]{}|/-".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// The whole of a title of [`title_path`], for the filters of Jest, Vitest and Mocha. A title's runs of white space are
/// one space there.
fn title_regex(title: &str) -> String {
    format!("^{}$", escape_regex(title).replace(' ', r"\s+"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(file: &str, suite: &[&str], name: &str, project: &str) -> RanTest {
        let suite = suite.iter().map(|title| title.to_string()).collect();
        RanTest { file: file.into(), suite, name: name.into(), project: project.into(), ..RanTest::default() }
    }

    #[test]
    fn knows_the_target_among_its_neighbours() {
        let target = Target {
            file: "tests/cart.spec.ts".into(),
            suite: vec!["cart".into()],
            name: "adds [x]".into(),
            line: None,
            projects: vec!["chromium".into()],
            serial: false,
        };
        for (test, expected) in [
            (ran("cart.spec.ts", &["cart"], "adds [x]", "chromium"), true),
            (ran("cart.spec.ts", &["cart"], "adds [x]", "firefox"), false),
            (ran("cart.spec.ts", &["cart", "deep"], "adds [x]", "chromium"), false),
            (ran("cart.spec.ts", &["cart"], "adds [y]", "chromium"), false),
            (ran("other.spec.ts", &["cart"], "adds [x]", "chromium"), false),
            (ran("scart.spec.ts", &["cart"], "adds [x]", "chromium"), false),
            (ran("", &[], "cart adds [x]", "chromium"), true),
            (ran("", &[], "cart > adds [x]", "chromium"), true),
        ] {
            assert_eq!(is_target(&test, &target), expected, "{test:?}");
        }
    }

    #[test]
    fn knows_the_framework_by_what_reporters_write() {
        for (tool, name) in [
            ("playwright", Some("playwright")),
            ("Playwright Test", Some("playwright")),
            ("jest", Some("jest")),
            ("vitest", Some("vitest")),
            ("pytest", Some("pytest")),
            ("cargo-nextest", Some("nextest")),
            ("cypress", None),
            ("", None),
        ] {
            assert_eq!(Framework::from_tool(tool).map(|framework| framework.name()), name, "{tool}");
        }
    }
}
