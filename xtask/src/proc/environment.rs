//! The environment of a child that is not trusted: nothing of ours but what is named here. Pure but for
//! [`Environment::clean`], which reads our own variables, and [`Environment::home`], which makes the folders.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::Path;

use anyhow::{Context, Result};

/// What every child gets of our own variables: where programs, the language, the time zone and the certificates are.
const NEUTRAL: [&str; 7] = ["PATH", "LANG", "LC_*", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS"];

/// Never passed on, whatever is asked for: they open GitHub or the runner's own services, or steer its next steps.
const NEVER: [&str; 9] = [
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "GH_ENTERPRISE_TOKEN",
    "GITHUB_ENTERPRISE_TOKEN",
    "HEAL_*",
    "ACTIONS_*",
    "GITHUB_ENV",
    "GITHUB_PATH",
    "GITHUB_OUTPUT",
];

/// Passed on only when named in full: what such a name holds is a secret more often than not.
const SECRETIVE: [&str; 12] = [
    "AWS_*",
    "*_TOKEN",
    "*_SECRET",
    "*_KEY",
    "*_PASSWORD",
    "*_PASS",
    "*_PASSWD",
    "*_PWD",
    "*_CREDENTIALS",
    "*_AUTH",
    "*_COOKIE",
    "*_DSN",
];

/// The variables of a child, all of them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
    /// Those that [`Environment::pass`] chooses from.
    ours: BTreeMap<OsString, OsString>,
}

impl fmt::Debug for Environment {
    /// The names alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

impl Environment {
    /// Nothing but what any program needs.
    pub fn clean() -> Self {
        Self::from_ours(std::env::vars_os())
    }

    fn from_ours(ours: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let ours = ours.into_iter().collect();
        Environment { variables: BTreeMap::new(), ours }.pass(NEUTRAL)
    }

    /// Adds those of our variables that the patterns name: a full name, or one with `*` at its end. Tokens for GitHub
    /// are never added, and other secrets only by their full name.
    pub fn pass<S: AsRef<str>>(mut self, patterns: impl IntoIterator<Item = S>) -> Self {
        for pattern in patterns {
            for (name, value) in &self.ours {
                if name.to_str().is_some_and(|name| may_pass(name, pattern.as_ref())) {
                    self.variables.insert(name.clone(), value.clone());
                }
            }
        }
        self
    }

    pub fn set(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.variables.insert(name.as_ref().to_owned(), value.as_ref().to_owned());
        self
    }

    /// A home of its own: `HOME`, `TMPDIR` and the four folders of the XDG base directory specification below it.
    ///
    /// # Errors
    /// When the folders cannot be made.
    pub fn home(mut self, home: &Path) -> Result<Self> {
        let below = [
            ("TMPDIR", "tmp"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_STATE_HOME", "state"),
        ];
        for (name, folder) in below {
            let path = home.join(folder);
            std::fs::create_dir_all(&path).with_context(|| format!("cannot make the folder `{}`", path.display()))?;
            self = self.set(name, path);
        }
        Ok(self.set("HOME", home))
    }

    /// `PWD`. It must name the folder that the child starts in: opencode believes it over the real one.
    pub fn pwd(self, folder: &Path) -> Self {
        self.set("PWD", folder)
    }

    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

/// Whether a pattern lets a variable through.
fn may_pass(name: &str, pattern: &str) -> bool {
    // Names are case-sensitive, but people write `npm_token`.
    let upper = name.to_ascii_uppercase();
    let listed = |list: &[&str]| list.iter().any(|entry| matches(&upper, entry));
    matches(name, pattern) && !listed(&NEVER) && (name == pattern || !listed(&SECRETIVE))
}

/// A pattern is a name, or one with `*` at either end; `*_KEY` is also `KEY`.
fn matches(name: &str, pattern: &str) -> bool {
    match (pattern.strip_suffix('*'), pattern.strip_prefix('*')) {
        (Some(start), _) => name.starts_with(start),
        (_, Some(end)) => name.ends_with(end) || name == end.trim_start_matches('_'),
        _ => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(ours: &str, patterns: &str) -> String {
        let ours = ours.split(' ').map(|name| (OsString::from(name), OsString::from("v")));
        let environment = Environment::from_ours(ours).pass(patterns.split(' '));
        let names: Vec<_> = environment.iter().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
        names.join(" ")
    }

    #[test]
    fn passes_what_is_named_and_no_secret_by_accident() {
        let ours = "PATH LC_ALL HOME BASE_URL CI PLAYWRIGHT_JUNIT PW_TEST PW_AUTH_TOKEN GH_TOKEN GITHUB_TOKEN \
                    NPM_TOKEN ANTHROPIC_API_KEY AWS_REGION ACTIONS_RUNTIME_TOKEN npm_token DB_PASSWORD PASSWORD";
        let cases = [
            ("", "LC_ALL PATH"),
            ("BASE_URL CI PLAYWRIGHT_* PW_*", "BASE_URL CI LC_ALL PATH PLAYWRIGHT_JUNIT PW_TEST"),
            ("*", "BASE_URL CI HOME LC_ALL PATH PLAYWRIGHT_JUNIT PW_TEST"),
            ("PASSWORD PW_AUTH_TOKEN", "LC_ALL PASSWORD PATH PW_AUTH_TOKEN"),
            ("GH_TOKEN GITHUB_TOKEN ACTIONS_RUNTIME_TOKEN", "LC_ALL PATH"),
        ];
        for (patterns, expected) in cases {
            assert_eq!(names(ours, patterns), expected, "{patterns}");
        }
    }

    #[test]
    fn shows_names_alone() {
        let environment = Environment::default().set("ANTHROPIC_API_KEY", "sk-ant-1");
        assert_eq!(format!("{environment:?}"), r#"{"ANTHROPIC_API_KEY"}"#);
    }
}
