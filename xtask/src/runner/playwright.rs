//! Playwright: its command line and its JSON report. <https://playwright.dev/docs/test-reporters#json-reporter>

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::{Invocation, Ran, RanTest, Selection, Status, Target, escape_regex};
use crate::redact;

/// Tests of a file that run one after the other and share state: alone, a later one fails for want of the earlier.
/// <https://playwright.dev/docs/test-parallel#serial-mode>
pub fn is_serial(source: &str) -> bool {
    source.contains("describe.serial") || source.contains("mode: 'serial'") || source.contains("mode: \"serial\"")
}

/// The tool's own reporter and output folder: with the project's, a re-run overwrites the report and empties
/// `test-results`. `--retries=0`: a test that passes at the second try has not passed.
pub fn command(target: &Target, selection: Selection, out: &Path, report: &Path, config: Option<&Path>) -> Invocation {
    let mut args = vec!["test".to_owned(), escape_regex(&target.file)];
    if let Selection::Test { repeat } = selection {
        if !target.serial {
            args.extend(["-g".to_owned(), title_pattern(target)]);
        }
        args.push(format!("--repeat-each={repeat}"));
    }
    args.extend(target.projects.iter().map(|project| format!("--project={project}")));
    args.extend(["--retries=0".to_owned(), "--workers=1".to_owned(), "--reporter=json".to_owned()]);
    args.extend(config.map(|path| format!("--config={}", path.display())));
    args.push(format!("--output={}", out.join("artifacts").display()));
    Invocation {
        program: "playwright".into(),
        args: args.into_iter().map(Into::into).collect(),
        env: vec![
            ("PLAYWRIGHT_JSON_OUTPUT_FILE".into(), report.into()),
            ("PLAYWRIGHT_FORCE_TTY".into(), "0".into()),
            ("FORCE_COLOR".into(), "0".into()),
        ],
        report_on_stdout: false,
    }
}

/// `-g` is matched against `project file describe… title @tags`, so the file's name anchors the title on the left.
fn title_pattern(target: &Target) -> String {
    let file = target.file.rsplit('/').next().unwrap_or(&target.file);
    let titles: Vec<&str> = target.suite.iter().chain([&target.name]).map(String::as_str).collect();
    format!("{} {}( @\\S+)*$", escape_regex(file), escape_regex(&titles.join(" ")))
}

#[derive(Deserialize)]
struct Report {
    config: Config,
    #[serde(default)]
    suites: Vec<Suite>,
    #[serde(default)]
    errors: Vec<Error>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    root_dir: PathBuf,
    config_file: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Suite {
    title: String,
    file: String,
    #[serde(default)]
    specs: Vec<Spec>,
    #[serde(default)]
    suites: Vec<Suite>,
}

#[derive(Deserialize)]
struct Spec {
    title: String,
    file: String,
    tests: Vec<Test>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Test {
    expected_status: String,
    project_name: String,
    #[serde(default)]
    results: Vec<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    status: Option<String>,
    #[serde(default)]
    errors: Vec<Error>,
    #[serde(default)]
    attachments: Vec<Attachment>,
}

#[derive(Deserialize)]
struct Attachment {
    name: String,
    path: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Error {
    #[serde(default)]
    message: String,
}

/// Reads the JSON report; `None` if it is none.
pub fn parse(text: &str) -> Option<Ran> {
    let report: Report = serde_json::from_str(text).ok()?;
    let base = report.config.config_file.as_deref().and_then(Path::parent).unwrap_or(&report.config.root_dir);
    // Files are told relative to `rootDir`, which is the tests' folder, not the configuration's.
    let prefix = report.config.root_dir.strip_prefix(base).unwrap_or(Path::new(""));
    let mut ran = Ran::default();
    for suite in &report.suites {
        collect(suite, &[], prefix, &mut ran.tests);
    }
    ran.errors = report.errors.iter().map(|error| redact::clean(&error.message)).collect();
    Some(ran)
}

fn collect(suite: &Suite, above: &[String], prefix: &Path, tests: &mut Vec<RanTest>) {
    let mut path = above.to_vec();
    // The outermost suite of each file is the file itself.
    if suite.title != suite.file {
        path.push(suite.title.clone());
    }
    for spec in &suite.specs {
        for test in &spec.tests {
            let last = test.results.last();
            let errors = last.map_or(&[][..], |result| &result.errors);
            let attachments = last.map_or(&[][..], |result| &result.attachments);
            tests.push(RanTest {
                file: prefix.join(&spec.file).to_string_lossy().into_owned(),
                suite: path.clone(),
                name: spec.title.clone(),
                project: test.project_name.clone(),
                status: status(test),
                message: redact::clean(
                    &errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("\n\n"),
                ),
                page: attachments.iter().find(|a| a.name == "error-context").and_then(|a| a.path.clone()),
            });
        }
    }
    for inner in &suite.suites {
        collect(inner, &path, prefix, tests);
    }
}

fn status(test: &Test) -> Status {
    let actual = test.results.last().and_then(|result| result.status.as_deref()).unwrap_or("skipped");
    match (test.expected_status.as_str(), actual) {
        ("passed", "passed") => Status::Passed,
        (_, "skipped") => Status::Skipped,
        ("passed", _) => Status::Failed,
        // A test that is expected to fail and passes is a failure to Playwright itself.
        (_, "passed") => Status::Failed,
        _ => Status::ExpectedFailure,
    }
}

/// The names of the configurations that wrap the project's own. They lie beside it, for its paths are relative to it.
pub const BLANK_CONFIG: &str = "cargo-heal-blank.config.ts";
pub const PROOF_CONFIG: &str = "cargo-heal-proof.config.ts";

/// What a wrapping configuration begins with: `own` is the project's, if it has one.
fn wrap(config: Option<&Path>) -> String {
    let name = config.and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let path = Value::String(format!("./{name}"));
    let loaded = match config {
        Some(_) => format!("import * as loaded from {path};"),
        None => "const loaded = {};".to_owned(),
    };
    format!(
        "{loaded}\n\
         const module: any = loaded;\n\
         const own = module.default?.default ?? module.default ?? module;\n"
    )
}

/// What an action or a web-first assertion waits for on a blank page, which will never show anything.
const BLANK_PATIENCE_MS: u32 = 3_000;

/// A configuration that wraps the project's own (`config`), if it has one, and points every project at a blank site: no
/// server of its own, nothing that is set up outside of the test, and little patience. The test's own timeout stays.
pub fn blank_site_config(config: Option<&Path>, base_url: &str) -> String {
    let (wrapped, url) = (wrap(config), Value::String(base_url.to_owned()));
    format!(
        "{wrapped}\
         const patience = {{ actionTimeout: {BLANK_PATIENCE_MS}, navigationTimeout: {BLANK_PATIENCE_MS} }};\n\
         const blank = {{ baseURL: {url}, storageState: undefined, ...patience }};\n\
         const expect = (of: any) => ({{ ...of?.expect, timeout: {BLANK_PATIENCE_MS} }});\n\
         const projects = own.projects?.map((project: any) => ({{\n  \
           ...project, dependencies: [], teardown: undefined, use: {{ ...project.use, ...blank }},\n  \
           expect: {{ ...own.expect, ...expect(project) }},\n\
         }}));\n\
         export default {{\n  \
           ...own, projects, use: {{ ...own.use, ...blank }}, expect: expect(own),\n  \
           webServer: undefined, globalSetup: undefined, globalTeardown: undefined,\n\
         }};\n"
    )
}

/// A configuration that wraps the project's own (`config`) so that one start of Playwright runs the test alone, `repeat`
/// times, and then its file: it has each of the test's projects twice. Two projects may share a name, on which snapshots
/// and tests depend; only what another project depends on may not, and then Playwright refuses the configuration. The run
/// ends with the first test that fails.
pub fn proof_config(config: Option<&Path>, target: &Target, repeat: u32) -> String {
    let (wrapped, titles) = (wrap(config), Value::String(title_pattern(target)));
    let projects = Value::from(target.projects.clone());
    format!(
        "{wrapped}\
         const wanted: string[] = {projects};\n\
         const all: any[] = own.projects?.length ? own.projects : [{{}}];\n\
         const needed = all.flatMap((project) => [...(project.dependencies ?? []), project.teardown]).filter(Boolean);\n\
         const is = (project: any) => (wanted.length ? wanted.includes(project.name ?? '') : !needed.includes(project.name));\n\
         const alone = {{ grep: new RegExp({titles}, 'i'), grepInvert: [], repeatEach: {repeat} }};\n\
         const first = all.filter(is).map((project) => ({{ ...project, ...alone }}));\n\
         export default {{ ...own, maxFailures: 1, projects: [...first, ...all] }};\n"
    )
}

/// Code without its comments, as far as lines tell: a string may hold `//`, which costs nothing here.
fn code_of(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut commented = false;
    for line in source.lines() {
        let start = line.trim_start();
        commented |= start.starts_with("/*");
        if !commented && !start.starts_with("//") {
            code.push_str(line);
            code.push('\n');
        }
        commented &= !line.contains("*/");
    }
    code
}

/// Whether a configuration has the runner start a server.
pub fn has_web_server(config: &str) -> bool {
    code_of(config).contains("webServer")
}

/// Whether two runs of a suite at once would meet at one port: it starts a server, and nothing in its configuration gives
/// each run a port of its own.
pub fn is_bound_to_a_port(config: &str) -> bool {
    const OWN: [&str; 8] =
        ["process.pid", "Math.random", "randomInt", "getPort", "get-port", "freePort", "FreePort", "portfinder"];
    let code = code_of(config);
    code.contains("webServer") && !OWN.iter().any(|sign| code.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(file: &str, suite: &[&str], name: &str) -> Target {
        Target {
            file: file.into(),
            suite: suite.iter().map(|title| title.to_string()).collect(),
            name: name.into(),
            line: None,
            projects: vec!["Mobile Chrome".into()],
            serial: false,
        }
    }

    #[test]
    fn selects_by_an_escaped_title_anchored_at_the_file() {
        let target = target("tests/a+b.spec.ts", &["grp \"q\" [1]"], "adds (item 1)");
        let invocation =
            command(&target, Selection::Test { repeat: 2 }, Path::new("/out"), Path::new("/out/r.json"), None);
        let args: Vec<_> = invocation.args.iter().map(|arg| arg.to_str().unwrap()).collect();
        assert_eq!(
            args,
            [
                "test",
                r"tests\/a\+b\.spec\.ts",
                "-g",
                r#"a\+b\.spec\.ts grp "q" \[1\] adds \(item 1\)( @\S+)*$"#,
                "--repeat-each=2",
                "--project=Mobile Chrome",
                "--retries=0",
                "--workers=1",
                "--reporter=json",
                "--output=/out/artifacts",
            ]
        );
    }

    #[test]
    fn a_serial_neighbour_is_never_left_out() {
        let target = Target { serial: true, ..target("a.spec.ts", &[], "second") };
        let invocation = command(&target, Selection::Test { repeat: 1 }, Path::new("/o"), Path::new("/o/r"), None);
        assert!(!invocation.args.iter().any(|arg| arg == "-g"));
        assert!(is_serial("test.describe.configure({ mode: 'serial' })") && is_serial("test.describe.serial('x'"));
    }

    #[test]
    fn a_port_is_fixed_unless_each_run_has_its_own() {
        let template = "  /* Run your local dev server\n   * webServer: {} */\n  // webServer: {\n  //   url: 'http://localhost:3000',\n";
        let fixed = "  webServer: { command: 'npm start', url: 'http://localhost:3000' }, // as in CI\n";
        let own = "const port = 20_000 + process.pid % 1000;\nexport default { webServer: { command: 'x', port } };";
        for (config, server, bound) in [(template, false, false), (fixed, true, true), (own, true, false)] {
            assert_eq!((has_web_server(config), is_bound_to_a_port(config)), (server, bound), "{config}");
        }
    }

    #[test]
    fn what_looks_green_is_told_apart() {
        let test = |expected: &str, actual: Option<&str>| Test {
            expected_status: expected.into(),
            project_name: String::new(),
            results: vec![Outcome { status: actual.map(str::to_owned), errors: vec![], attachments: vec![] }],
        };
        for (expected, actual, status_) in [
            ("passed", Some("passed"), Status::Passed),
            ("passed", Some("failed"), Status::Failed),
            ("passed", Some("timedOut"), Status::Failed),
            ("passed", Some("interrupted"), Status::Failed),
            ("skipped", Some("skipped"), Status::Skipped),
            ("passed", Some("skipped"), Status::Skipped),
            ("passed", None, Status::Skipped),
            ("failed", Some("failed"), Status::ExpectedFailure),
            ("failed", Some("passed"), Status::Failed),
        ] {
            assert_eq!(status(&test(expected, actual)), status_, "{expected} {actual:?}");
        }
    }
}
