//! Where a setting comes from: a flag, a variable, or a key of `[workspace.metadata.heal]`. Pure.

use std::fmt::Display;
use std::ops::RangeInclusive;

use anyhow::Result;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Environment, Failure};

pub const BOOLEANS: [(&str, bool); 2] = [("true", true), ("false", false)];

/// The keys: every option under its long name, and what has no flag.
const KEYS: [&str; 35] = [
    "report",
    "only",
    "issue",
    "base",
    "target",
    "shard",
    "test-command",
    "mode",
    "healer",
    "sandbox",
    "provider",
    "base-url",
    "model",
    "fallback",
    "jobs",
    "attempts",
    "timeout",
    "budget",
    "repeat",
    "max-failures",
    "dry-run",
    "issues",
    "publish",
    "expectations",
    "bundle",
    "out",
    "json",
    "allow",
    "link",
    "pass-env",
    "id-pattern",
    "labels",
    "assignees",
    "site",
    "blank-page",
];

/// The table `[workspace.metadata.heal]` (or `[package.metadata.heal]`), if there is one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The file's path as it is shown.
    file: String,
    keys: Map<String, Value>,
}

#[derive(Default, Deserialize)]
struct Manifest {
    #[serde(default)]
    workspace: Section,
    #[serde(default)]
    package: Section,
}

#[derive(Default, Deserialize)]
struct Section {
    #[serde(default)]
    metadata: Map<String, Value>,
}

impl Table {
    /// Reads it out of a `Cargo.toml`.
    ///
    /// # Errors
    /// A manifest that is not TOML, or a `heal` that is not a table.
    pub fn parse(file: &str, manifest: &str) -> Result<Table> {
        // Only a manifest that may hold the table has to be readable: everything else in it is cargo's business.
        if !manifest.contains("heal") {
            return Ok(Table::default());
        }
        let unreadable = |error: &dyn Display| Failure::usage(format!("cannot read `{file}`: {error}"));
        let mut parsed: Manifest = basic_toml::from_str(manifest).map_err(|error| unreadable(&error))?;
        let heal = parsed.workspace.metadata.remove("heal").or(parsed.package.metadata.remove("heal"));
        match heal {
            None => Ok(Table::default()),
            Some(Value::Object(keys)) => Ok(Table { file: file.to_owned(), keys }),
            Some(_) => Err(unreadable(&"`metadata.heal` is not a table").into()),
        }
    }
}

/// A value and where it was found.
#[derive(Clone, Debug)]
pub struct Found {
    pub text: String,
    origin: Origin,
}

#[derive(Clone, Debug)]
enum Origin {
    Flag(&'static str),
    Variable(&'static str),
    Key(&'static str, String),
}

impl Found {
    /// `--mode local`, `LLM_MODE=local`, `mode = "local"`: what a person would look for.
    pub fn because(&self) -> String {
        match &self.origin {
            Origin::Flag(name) => format!("--{name} {}", self.text),
            Origin::Variable(name) => format!("{name}={}", self.text),
            Origin::Key(name, file) => format!("{name} = \"{}\" in {file}", self.text),
        }
    }

    fn place(&self) -> String {
        match &self.origin {
            Origin::Flag(name) => format!("--{name}"),
            Origin::Variable(name) => (*name).to_owned(),
            Origin::Key(name, file) => format!("key `{name}` in `{file}`"),
        }
    }
}

/// The three sources, and what was found wrong in them.
pub struct Sources<'a> {
    env: &'a Environment,
    table: &'a Table,
    problems: Vec<String>,
}

impl<'a> Sources<'a> {
    pub fn new(env: &'a Environment, table: &'a Table) -> Self {
        let unknown: Vec<_> = table.keys.keys().filter(|key| !KEYS.contains(&key.as_str())).collect();
        let problem = |key: &String| {
            format!("`{}`: `{key}` is not a key of `metadata.heal`; the keys are {}", table.file, KEYS.join(", "))
        };
        Sources { env, table, problems: unknown.into_iter().map(problem).collect() }
    }

    pub fn problem(&mut self, problem: String) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// # Errors
    /// All problems that were met.
    pub fn finish(self) -> Result<()> {
        match self.problems.len() {
            0 => Ok(()),
            _ => Err(Failure::usage(self.problems.join("\n")).into()),
        }
    }

    pub fn flag(&self, name: &'static str, given: &Option<String>) -> Option<Found> {
        given.clone().map(|text| Found { text, origin: Origin::Flag(name) })
    }

    /// An empty name stands for "no variable".
    pub fn variable(&self, name: &'static str) -> Option<Found> {
        self.env.get(name).map(|text| Found { text: text.to_owned(), origin: Origin::Variable(name) })
    }

    pub fn key(&mut self, name: &'static str) -> Option<Found> {
        let text = match self.table.keys.get(name)? {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(on) => on.to_string(),
            _ => {
                self.problem(format!("key `{name}` in `{}` must be one value", self.table.file));
                return None;
            }
        };
        Some(Found { text, origin: Origin::Key(name, self.table.file.clone()) })
    }

    fn find(&mut self, name: &'static str, given: &Option<String>, variable: &'static str) -> Option<Found> {
        self.flag(name, given).or(self.variable(variable)).or_else(|| self.key(name))
    }

    /// The value that a word stands for; a word that stands for none is a problem that lists those that do.
    pub fn pick<T: Copy>(&mut self, found: &Found, words: &[(&str, T)]) -> Option<T> {
        let picked = words.iter().find(|(word, _)| *word == found.text).map(|(_, value)| *value);
        if picked.is_none() {
            let allowed: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            self.problem(format!("{}: `{}` is not one of {}", found.place(), shown(&found.text), allowed.join(", ")));
        }
        picked
    }

    pub fn parse<T>(&mut self, found: &Found, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        match parse(&found.text) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.problem(format!("{}: `{}` {wrong}", found.place(), shown(&found.text)));
                None
            }
        }
    }

    pub fn text(&mut self, name: &'static str, given: &Option<String>, variable: &'static str) -> Option<String> {
        self.find(name, given, variable).map(|found| found.text).filter(|text| !text.is_empty())
    }

    pub fn choice<T: Copy>(
        &mut self,
        name: &'static str,
        given: &Option<String>,
        variable: &'static str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let found = self.find(name, given, variable)?;
        self.pick(&found, words)
    }

    pub fn bool(&mut self, name: &'static str, given: &Option<String>, variable: &'static str) -> Option<bool> {
        self.choice(name, given, variable, &BOOLEANS)
    }

    pub fn parsed<T>(
        &mut self,
        name: &'static str,
        given: &Option<String>,
        variable: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let found = self.find(name, given, variable)?;
        self.parse(&found, parse)
    }

    pub fn number(
        &mut self,
        name: &'static str,
        given: &Option<String>,
        variable: &'static str,
        range: RangeInclusive<u64>,
    ) -> Option<u64> {
        self.parsed(name, given, variable, |text| {
            let number = text.parse().ok().filter(|number| range.contains(number));
            number.ok_or_else(|| match *range.end() {
                u64::MAX => format!("is not a whole number from {}", range.start()),
                end => format!("is not a whole number from {} to {end}", range.start()),
            })
        })
    }

    /// Several values: a repeated flag, the lines of a variable, a list or a single string as key.
    pub fn list(
        &mut self,
        name: &'static str,
        given: &Option<Vec<String>>,
        variable: &'static str,
    ) -> Option<Vec<String>> {
        if given.is_some() {
            return given.clone();
        }
        if let Some(found) = self.variable(variable) {
            let lines = found.text.lines().map(str::trim).filter(|line| !line.is_empty());
            return Some(lines.map(str::to_owned).collect());
        }
        let texts = match self.table.keys.get(name)? {
            // One string would have to be split like a shell does, which is what a list is there to avoid.
            Value::String(text) if name != "test-command" => Some(vec![text.clone()]),
            Value::Array(values) => values.iter().map(|value| value.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        if texts.is_none() {
            self.problem(format!("key `{name}` in `{}` must be a list of strings", self.table.file));
        }
        texts
    }
}

impl Sources<'_> {
    /// A list that is a key alone, each of whose values must pass.
    pub fn checked_list(
        &mut self,
        name: &'static str,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Option<Vec<String>> {
        let texts = self.list(name, &None, "")?;
        for text in &texts {
            if let Err(wrong) = check(text) {
                self.problem(format!("key `{name}` in `{}`: `{}` {wrong}", self.table.file, shown(text)));
            }
        }
        Some(texts)
    }
}

fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).take(200).collect()
}
