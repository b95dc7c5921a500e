//! The report, the suite's own tools, the browser.

use std::path::{Path, PathBuf};

use super::{Check, version};
use crate::report;
use crate::settings::Settings;
use crate::surroundings::Surroundings;
use crate::tools::programs;

/// Tools whose way to run one test again is known, and the program that does it.
const KNOWN: [(&str, &str); 6] = [
    ("playwright", "playwright"),
    ("jest", "jest"),
    ("vitest", "vitest"),
    ("mocha", "mocha"),
    ("pytest", "pytest"),
    ("nextest", "cargo-nextest"),
];

const CONFIGS: [&str; 6] = ["ts", "js", "mts", "mjs", "cts", "cjs"];

pub fn checks(around: &Surroundings, settings: &Settings, root: Option<&Path>) -> Vec<Check> {
    let (report, tool) = report(around, settings, root);
    let configured =
        root.is_some_and(|root| CONFIGS.iter().any(|end| root.join(format!("playwright.config.{end}")).exists()));
    let tool = tool.or(configured.then(|| "playwright".to_owned()));
    let known = tool.as_deref().and_then(|tool| {
        let tool = tool.to_lowercase();
        KNOWN.into_iter().find(|(name, _)| tool.contains(name))
    });
    let mut checks = vec![report, test_command(settings, root, tool.as_deref(), known)];
    let javascript = known.is_some_and(|(name, _)| ["playwright", "jest", "vitest", "mocha"].contains(&name));
    checks.push(match version("node", root) {
        Some((_, said)) => Check::ok("node", said),
        None => Check::lacking(javascript, "node", "not found", "install Node.js 20 or newer: https://nodejs.org"),
    });
    if known.is_some_and(|(name, _)| name == "playwright") {
        checks.push(browser(around));
    }
    checks
}

/// The check, and the tool that the report names.
fn report(around: &Surroundings, settings: &Settings, root: Option<&Path>) -> (Check, Option<String>) {
    if settings.reports.iter().any(|pattern| pattern == "-") {
        return (
            Check::doubtful("report", "standard input, which is not read here", "name a file with `--report`"),
            None,
        );
    }
    let from_root = root.map(|root| report::files(&settings.reports, root));
    let sources = match from_root {
        Some(Ok(sources)) => Ok(sources),
        // As a person at a prompt means it.
        _ => report::files(&settings.reports, &around.cwd),
    };
    match sources.and_then(|sources| report::read(&sources)) {
        Ok(report) => {
            let tool = Some(report.tool.clone()).filter(|tool| !tool.is_empty());
            let named = tool.as_deref().unwrap_or("an unnamed tool");
            let found = format!("{} tests of {named}, {} failed entries", report.total, report.failed.len());
            (Check::ok("report", found), tool)
        }
        Err(failure) => {
            let remedy = failure.hint.unwrap_or_else(|| "run the suite with a CTRF reporter: https://ctrf.io".into());
            (Check::missing("report", failure.message, remedy), None)
        }
    }
}

fn test_command(
    settings: &Settings,
    root: Option<&Path>,
    tool: Option<&str>,
    known: Option<(&'static str, &'static str)>,
) -> Check {
    let name = "test command";
    if let Some(command) = &settings.test_command {
        let program = command.first().map(String::as_str).unwrap_or_default();
        let there = programs::find(program, root).is_some()
            || root.is_some_and(|root| program.contains('/') && root.join(program).is_file());
        return match there {
            true => Check::ok(name, command.join(" ")),
            false => Check::missing(name, format!("`{program}` not found"), "install it, or change `test-command`"),
        };
    }
    match (known, tool) {
        (Some((tool, program)), _) => match programs::find(program, root) {
            Some(path) => Check::ok(name, format!("{tool}, at {}", path.display())),
            None => {
                let remedy = if tool == "pytest" { "install pytest" } else { "install the suite's packages: `npm ci`" };
                let remedy = if tool == "nextest" { "run `cargo install cargo-nextest`" } else { remedy };
                Check::missing(name, format!("`{program}` not found"), remedy)
            }
        },
        (None, Some(tool)) => Check::missing(
            name,
            format!("no known way to run one test of `{tool}` again"),
            "set `test-command = [\"…\", \"{file}\", \"{name}\"]` in `[workspace.metadata.heal]`",
        ),
        (None, None) => Check::doubtful(name, "no report says which tool ran the suite", "run the suite first"),
    }
}

/// A project may name its own browser, so none that we find is no proof that there is none.
fn browser(around: &Surroundings) -> Check {
    let folder = match around.env.get("PLAYWRIGHT_BROWSERS_PATH") {
        Some(path) => PathBuf::from(path),
        None if cfg!(target_os = "macos") => home(around).join("Library/Caches/ms-playwright"),
        None => home(around).join(".cache/ms-playwright"),
    };
    let ours = ["chromium", "firefox", "webkit"];
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut downloaded: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| ours.iter().any(|browser| name.starts_with(browser)))
        .collect();
    downloaded.sort();
    if !downloaded.is_empty() {
        return Check::ok("browser", downloaded.join(", "));
    }
    let system = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge"];
    match system.iter().find_map(|name| programs::find(name, None)) {
        Some(path) => Check::ok("browser", path.display().to_string()),
        None => Check::doubtful("browser", "none found", "run `npx playwright install chromium`"),
    }
}

fn home(around: &Surroundings) -> PathBuf {
    around.env.get("HOME").map(PathBuf::from).unwrap_or_default()
}
