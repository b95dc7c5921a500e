//! What is left to do by hand after `cargo heal init`, to the line. Looks at what the repository had before; writes
//! nothing.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::EMBEDDED;
use crate::tools::git;

/// What the repository had before anything was added. Files that are not there are `None`.
#[derive(Debug, Default)]
pub struct Before {
    pub is_repository: bool,
    pub manifest: Option<String>,
    pub config: Option<String>,
    /// The configuration has the name that cargo had for it once.
    pub has_old_config: bool,
    pub package: Option<Value>,
    pub ignored: Option<String>,
}

impl Before {
    pub fn look(root: &Path) -> Before {
        let text = |path: &str| fs::read_to_string(root.join(path)).ok();
        let old = text(".cargo/config");
        Before {
            is_repository: git::try_run(root, ["rev-parse", "--git-dir"]).is_ok_and(|ended| ended.success()),
            manifest: text("Cargo.toml"),
            has_old_config: old.is_some(),
            config: old.or_else(|| text(".cargo/config.toml")),
            package: text("package.json").and_then(|text| serde_json::from_str(&text).ok()),
            ignored: text(".gitignore"),
        }
    }
}

/// One text for each step; its further lines are what to write.
pub fn steps(before: &Before) -> Vec<String> {
    let mut steps = Vec::new();
    steps.extend((!before.is_repository).then(|| "It is no git repository yet:\n  git init".to_owned()));
    steps.extend(before.manifest.as_deref().and_then(manifest));
    steps.extend(before.config.as_deref().and_then(|text| config(text, before.has_old_config)));
    steps.extend(before.ignored.as_deref().and_then(ignored));
    steps.extend(before.package.as_ref().map(package).unwrap_or_default());
    steps.push(
        "On GitHub, under Settings → Actions → General, allow Actions to create\n\
         pull requests. Secrets and variables:\n  \
         ANTHROPIC_API_KEY   Claude in the runner, or\n  \
         HEAL_COPILOT_TOKEN  a user's token: assigns Copilot\n  \
         PANTHEON_SITE_NAME  the site on Pantheon\n  \
         BASE_URL            the site for `auto-heal` on an issue\n  \
         HEAL_RUNS_ON        the label of your own runners"
            .to_owned(),
    );
    steps.push("See what a run still lacks, then commit:\n  cargo heal doctor".to_owned());
    steps
}

/// The lines that a manifest lacks.
fn manifest(text: &str) -> Option<String> {
    let parsed: Value = basic_toml::from_str(text).unwrap_or_default();
    let workspace = &parsed["workspace"];
    let members = workspace["members"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let covers = |pattern: &str| {
        let plain = pattern.trim_start_matches("./").trim_end_matches('/');
        plain == "xtask" || glob::Pattern::new(plain).is_ok_and(|pattern| pattern.matches("xtask"))
    };
    if members.clone().any(covers) {
        return None;
    }
    if workspace.is_null() {
        return Some("Add to Cargo.toml:\n  [workspace]\n  members = [\"xtask\"]".into());
    }
    let all: Vec<String> = members.map(|name| format!("{name:?}")).chain(["\"xtask\"".to_owned()]).collect();
    Some(format!("In Cargo.toml, let `[workspace]` say:\n  members = [{}]", all.join(", ")))
}

/// The lines that cargo's configuration lacks.
fn config(text: &str, old_name: bool) -> Option<String> {
    let ours = EMBEDDED.iter().find(|(path, _)| *path == ".cargo/config.toml").map(|(_, content)| *content)?;
    let ours = std::str::from_utf8(ours).ok()?;
    let (there, wanted): (Value, Value) =
        (basic_toml::from_str(text).unwrap_or_default(), basic_toml::from_str(ours).ok()?);
    let table = |line: &str| line.trim().strip_prefix('[').and_then(|line| line.split(']').next()).map(str::to_owned);
    let value = |document: &Value, table: &str| table.split('.').fold(document.clone(), |at, key| at[key].clone());
    let mut lines: Vec<&str> = Vec::new();
    let mut now = String::new();
    let mut header = None;
    for line in ours.lines() {
        if let Some(name) = table(line) {
            header = (value(&there, &name).is_null() || name == "alias").then_some(line);
            now = name;
            continue;
        }
        let Some((key, _)) = line.split_once('=').filter(|_| !line.starts_with('#')) else { continue };
        let key = key.trim();
        if value(&there, &now)[key] != value(&wanted, &now)[key] {
            lines.extend(header.take());
            lines.push(line);
        }
    }
    let name = if old_name { ".cargo/config" } else { ".cargo/config.toml" };
    (!lines.is_empty()).then(|| format!("Add to {name}, each line to its table:\n  {}", lines.join("\n  ")))
}

fn ignored(text: &str) -> Option<String> {
    let target = |line: &str| line.trim().trim_start_matches("**/").trim_matches('/') == "target";
    (!text.lines().any(target)).then(|| "Add to .gitignore:\n  /target".to_owned())
}

fn package(package: &Value) -> Vec<String> {
    let mut steps = Vec::new();
    if package["scripts"]["heal-local"].is_null() {
        steps.push(
            "In package.json, a script for healing with a model of your own:\n  \
             \"scripts\": { \"heal-local\": \"cargo heal-local\" }"
                .to_owned(),
        );
    }
    let has = |name: &str| ["dependencies", "devDependencies"].iter().any(|list| !package[list][name].is_null());
    if has("@playwright/test") && !has("playwright-ctrf-json-reporter") {
        steps.push(
            "Let Playwright write the report:\n  npm install --save-dev playwright-ctrf-json-reporter\n\
             and add to `reporter` in playwright.config:\n  ['playwright-ctrf-json-reporter']"
                .to_owned(),
        );
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_manifest_gets_the_lines_that_it_lacks() {
        let new = "Add to Cargo.toml:\n  [workspace]\n  members = [\"xtask\"]";
        for (text, expected) in [
            ("[package]\nname = \"a\"", Some(new)),
            (
                "[workspace]\nmembers = [\"a\", \"b\"]",
                Some("In Cargo.toml, let `[workspace]` say:\n  members = [\"a\", \"b\", \"xtask\"]"),
            ),
            ("[workspace]\n", Some("In Cargo.toml, let `[workspace]` say:\n  members = [\"xtask\"]")),
            ("[workspace]\nmembers = [\"xtask\"]", None),
            ("[workspace]\nmembers = [\"./xtask/\"]", None),
            ("[workspace]\nmembers = [\"*\"]", None),
            (
                "[workspace]\nmembers = [\"crates/*\"]\nresolver = \"2\"",
                Some("In Cargo.toml, let `[workspace]` say:\n  members = [\"crates/*\", \"xtask\"]"),
            ),
        ] {
            assert_eq!(manifest(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_configuration_gets_the_lines_that_it_lacks() {
        let ours = EMBEDDED.iter().find(|(path, _)| *path == ".cargo/config.toml").unwrap().1;
        let ours = std::str::from_utf8(ours).unwrap();
        assert_eq!(config(ours, false), None);
        let added = config("[build]\njobs = 2\n", false).unwrap();
        let lines: String = added.lines().skip(1).map(|line| format!("{}\n", line.trim_start())).collect();
        let (added, wanted): (Value, Value) =
            (basic_toml::from_str(&lines).unwrap(), basic_toml::from_str(ours).unwrap());
        assert_eq!(added, wanted);
        let (one, rest) = ours.split_once("\nheal-local").unwrap();
        let rest = rest.split_once('\n').unwrap().1;
        let added = config(&format!("{one}\n{rest}"), true).unwrap();
        assert!(
            added.starts_with("Add to .cargo/config, each") && added.contains("  [alias]\n  heal-local = "),
            "{added}"
        );
        assert_eq!(added.lines().count(), 3);
    }

    #[test]
    fn a_package_gets_a_script_and_a_reporter() {
        let bare = json!({"devDependencies": {"@playwright/test": "1"}});
        assert_eq!(package(&bare).len(), 2);
        let ready = json!({"scripts": {"heal-local": "x"},
            "devDependencies": {"@playwright/test": "1", "playwright-ctrf-json-reporter": "1"}});
        assert_eq!(package(&ready), Vec::<String>::new());
    }

    #[test]
    fn what_is_ignored_is_not_asked_for() {
        for (text, expected) in
            [("/target\n", true), ("a\ntarget/\n", true), ("**/target", true), ("node_modules\n", false)]
        {
            assert_eq!(ignored(text).is_none(), expected, "{text}");
        }
    }
}
