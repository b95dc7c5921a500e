//! The judge: may this change to tests be believed? Pure: old and new text of each changed file in, a judgement out.
//!
//! It works by permission. [`lower`] parses both sides into one tree ([`ir`]); [`across`] settles what only the whole change
//! can tell: what moved, what got another name; [`differ`] aligns the two trees of each file statement by statement and
//! lets pass what it knows to be harmless: a [`locator`] in an action, a wait, a new step, a new assertion. [`scan`] looks for
//! what no fix may contain. The rules are a table, [`rules`].

mod across;
mod asking;
mod assertion;
mod chain;
mod clean_up;
mod data;
mod differ;
mod files;
mod ir;
mod lcs;
mod limits;
mod locator;
mod lower;
mod other;
pub mod rules;
mod scan;
mod words;

pub use lcs::Hunks;

use serde::Serialize;

use across::{
    bearer, classes, enveloped, enzyme, hooked, inlined, keys, lacking, modules, objects, patched, paths, pinned,
    polled, refound, renamed, required, retyped, roots, sessions, surroundings, tidied, unique, upgraded, vue,
};
use differ::Surroundings;
use files::Role;
use ir::{Program, Stmt, StmtKind};
use lower::Language;

/// One changed file. `old` is `None` when the change adds it, `new` when it deletes it.
#[derive(Clone, Debug, PartialEq)]
pub struct FileChange {
    /// Relative to the repository's root, `/`-separated.
    pub path: String,
    pub old: Option<Blob>,
    pub new: Option<Blob>,
}

/// A file as git has it: its mode (`100644`, `100755`, `120000`, `160000`) and its bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Blob {
    pub mode: String,
    pub bytes: Vec<u8>,
}

/// What the repository's owner allows.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Globs that a fix may edit; empty means the test folders and helpers that the gate recognises by itself.
    pub allow: Vec<String>,
    /// A fix that changes what a test expects: a person decides, or it is refused.
    pub expectations: Expectations,
    /// A change of more lines is refused.
    pub max_changed_lines: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expectations {
    #[default]
    Review,
    Refuse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Accept,
    Review,
    Refuse,
}

/// The worst of the findings, and all of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    pub verdict: Verdict,
    pub findings: Vec<Finding>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The rule's name, as the table of rules has it.
    pub rule: &'static str,
    #[serde(skip)]
    pub verdict: Verdict,
    pub file: String,
    /// 1-based, in the new text if there is one, else in the old.
    pub line: usize,
    /// The title of the test that holds the line, if any.
    pub test: Option<String>,
    pub message: String,
}

/// The bound on changed lines unless the policy has another.
pub const MAX_CHANGED_LINES: usize = 2_000;

impl Default for Policy {
    fn default() -> Self {
        Policy { allow: Vec::new(), expectations: Expectations::Review, max_changed_lines: MAX_CHANGED_LINES }
    }
}

/// Judges a change. Never panics: what cannot be judged is refused.
pub fn judge(changes: &[FileChange], policy: &Policy) -> Judgement {
    let findings = lower::with_stack(|| Judge::default().all(changes, policy));
    let mut findings = findings.unwrap_or_else(|| {
        vec![Finding {
            rule: "unparsed",
            verdict: Verdict::Refuse,
            file: changes.first().map(|change| change.path.clone()).unwrap_or_default(),
            line: 1,
            test: None,
            message: "the change cannot be judged".into(),
        }]
    });
    let strict = policy.expectations == Expectations::Refuse;
    for finding in &mut findings {
        if strict && matches!(finding.rule, "changed-expectation" | "changed-constant" | "changed-subject") {
            finding.verdict = Verdict::Refuse;
        }
    }
    findings.sort_by(|one, other| {
        let key = |found: &Finding| (found.line, found.rule, found.message.clone());
        (&one.file, other.verdict).cmp(&(&other.file, one.verdict)).then_with(|| key(one).cmp(&key(other)))
    });
    findings.dedup();
    let verdict = findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Accept);
    Judgement { verdict, findings }
}

#[derive(Default)]
struct Judge {
    findings: Vec<Finding>,
    kept: Vec<sessions::Kept>,
    spare: scan::Spare,
}

/// A file that will be compared.
struct Parsed<'c> {
    path: &'c str,
    old_path: &'c str,
    old_text: &'c str,
    old: Program,
    new: Program,
}

impl Judge {
    fn report(&mut self, rule: &'static str, file: &str, line: usize, message: impl Into<String>) {
        let verdict = rules::verdict_of(rule);
        self.findings.push(Finding { rule, verdict, file: file.to_owned(), line, test: None, message: message.into() });
    }

    fn all(mut self, changes: &[FileChange], policy: &Policy) -> Vec<Finding> {
        self.size(changes, policy);
        let mut parsed = Vec::new();
        let mut changes = renames(changes);
        changes.retain(|(change, old_path)| change.old != change.new || old_path.is_some());
        for (change, old_path) in &changes {
            self.file(change, old_path.as_deref(), policy, &mut parsed);
        }
        parsed.iter_mut().for_each(|file| sessions::go_on(&self.kept, &file.old, &mut file.new));
        let brought = objects::Brought::by(&parsed);
        parsed.iter_mut().for_each(|file| brought.unfold(file));
        let helpers = inlined::helpers_of(&parsed);
        for (file, helpers) in parsed.iter_mut().zip(helpers) {
            inlined::unfold(&mut file.old, &mut file.new, helpers);
            hooked::unfold(&mut file.old.body, &mut file.new.body);
            required::settle(&file.old, &mut file.new);
        }
        let paths: Vec<&str> = changes.iter().map(|(change, _)| change.path.as_str()).collect();
        let around = surroundings::surroundings(&parsed, &paths);
        let hits: Vec<Vec<scan::Found>> = parsed.iter().map(|file| self.spare.compare(&file.old, &file.new)).collect();
        for (file, hits) in parsed.iter().zip(hits) {
            self.code(file, hits, &around);
        }
        let does_nothing = |file: &Parsed| file.new.body.is_empty() && file.new.broken.is_none();
        for file in parsed.iter().filter(|file| file.old_text.is_empty() && titles(&file.new.body).is_empty()) {
            if does_nothing(file) {
                continue;
            }
            if !parsed.iter().any(|other| modules::imports(&other.new, other.path, file.path)) {
                let message = "nothing of the change loads this file, which may take the place of another";
                self.report("unknown-change", file.path, 1, message);
            }
        }
        self.findings
    }

    fn size(&mut self, changes: &[FileChange], policy: &Policy) {
        let changed: usize = changes
            .iter()
            .map(|change| {
                let (gone, fresh) = other::changed_lines(text(change.old.as_ref()), text(change.new.as_ref()));
                gone.len() + fresh.len()
            })
            .sum();
        if changed > policy.max_changed_lines {
            let file = changes.first().map(|change| change.path.as_str()).unwrap_or_default();
            let message = format!("{changed} changed lines, where at most {} may be", policy.max_changed_lines);
            self.report("patch-too-large", file, 1, message);
        }
    }

    fn file<'c>(
        &mut self,
        change: &'c FileChange,
        old_path: Option<&'c str>,
        policy: &Policy,
        parsed: &mut Vec<Parsed<'c>>,
    ) {
        let path = change.path.as_str();
        let (old, new) = (text(change.old.as_ref()), text(change.new.as_ref()));
        let role = files::role(path, if old.is_empty() { new } else { old });
        let healing = !policy.allow.is_empty();
        if healing && role == Role::Protected {
            self.report("protected-path", path, 1, "no fix may touch it");
        } else if healing && !policy.allow.iter().any(|glob| allowed(glob, path)) {
            self.report("outside-allowed-paths", path, 1, "it is not among the files that a fix may edit");
        } else if role == Role::Protected {
            self.report("protected-path", path, 1, "it is not for a repair of tests");
        }
        let problem = change.new.as_ref().and_then(|new| files::kind_problem(change.old.as_ref(), new));
        if let Some(problem) = problem {
            self.report("file-kind", path, 1, problem);
            return;
        }
        if let Some((line, next)) = files::invisible(new)
            && files::invisible(old).is_none_or(|(_, before)| before != next)
        {
            self.report("invisible-characters", path, line, format!("U+{:04X}", u32::from(next)));
        }
        let language = Language::of(path);
        self.moved_file(change, old_path);
        match role {
            Role::Protected | Role::Prose => {}
            Role::Product if !healing => self.report("product-code", path, 1, "it is not a test"),
            Role::Product if language.is_none() => {}
            Role::Runner if files::is_conftest(path) => {
                self.parse(change, old_path, language, parsed);
                let hooks = parsed.last().is_some_and(|file| runner_parts(&file.old) != runner_parts(&file.new));
                if hooks || old.is_empty() || new.is_empty() {
                    let mut hits = Vec::new();
                    other::judge_runner(path, old, new, &mut |rule, line, message| hits.push((rule, line, message)));
                    hits.into_iter().for_each(|(rule, line, message)| self.report(rule, path, line, message));
                }
            }
            Role::Runner if language.is_none() || !healing => {
                self.parse(change, old_path, language, parsed);
                let only_fills_in = language.is_some_and(|language| {
                    lacking::only_fills_in(&lower::parse(language, old), lower::parse(language, new))
                });
                if !only_fills_in {
                    let mut hits = Vec::new();
                    other::judge_runner(path, old, new, &mut |rule, line, message| hits.push((rule, line, message)));
                    hits.into_iter().for_each(|(rule, line, message)| self.report(rule, path, line, message));
                }
            }
            Role::Runner => {
                self.report("runner-config", path, 1, "it decides how tests run");
                self.parse(change, old_path, language, parsed);
            }
            Role::Data if old_path.is_some() && change.old == change.new => {}
            Role::Data if data::is_same(path, old, new) => {}
            Role::Data => self.report("data-file", path, 1, "it may hold what a test expects"),
            Role::Test | Role::Product if language.is_some() => self.parse(change, old_path, language, parsed),
            Role::Test | Role::Product => {
                if change.new.is_none() {
                    self.report("deleted-test", path, 1, "the file is gone");
                }
                let mut hits = Vec::new();
                other::judge(old, new, &mut |rule, line, message| hits.push((rule, line, message)));
                hits.into_iter().for_each(|(rule, line, message)| self.report(rule, path, line, message));
            }
        }
    }

    /// A file that moved must still be one that the runner collects.
    fn moved_file(&mut self, change: &FileChange, old_path: Option<&str>) {
        let Some(old_path) = old_path else { return };
        let collected = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            Language::of(path).is_some()
                && ([".spec.", ".test.", ".cy.", ".e2e."].iter().any(|part| name.contains(part))
                    || name.starts_with("test_")
                    || name.ends_with("_test.py"))
        };
        if collected(old_path)
            && !files::lies_deeper(old_path, &change.path)
            && !files::went_to_e2e(old_path, &change.path)
        {
            let rule = if collected(&change.path) { "renamed-test" } else { "deleted-test" };
            self.report(rule, &change.path, 1, format!("the file was `{old_path}`"));
        }
    }

    fn parse<'c>(
        &mut self,
        change: &'c FileChange,
        old_path: Option<&'c str>,
        language: Option<Language>,
        parsed: &mut Vec<Parsed<'c>>,
    ) {
        let Some(language) = language else { return };
        let old_text = text(change.old.as_ref());
        let mut old = lower::parse(language, old_text);
        let mut new = lower::parse(language, text(change.new.as_ref()));
        pinned::settle(&old, &mut new);
        lacking::settle(&old, &mut new);
        upgraded::settle(&mut old, &mut new, old_text);
        roots::settle(&mut old, &mut new);
        vue::settle(&mut old, &mut new);
        if language == Language::Python {
            bearer::settle(&mut old, &mut new);
            patched::retell(&mut old, &mut new);
        }
        keys::retell(&mut old, &new);
        renamed::retell(&mut old, &new);
        unique::settle(&old, &mut new);
        required::settle(&old, &mut new);
        enzyme::settle(&mut old, &new);
        enveloped::settle(&old, &mut new);
        self.kept.extend(sessions::settle(&mut old, &mut new));
        polled::settle(&old, &mut new);
        retyped::settle(&old, &mut new);
        if language == Language::Python {
            classes::unfold(&mut old, &new);
            paths::settle(&mut old, &mut new);
            refound::settle(&old, &mut new);
            tidied::retell(&old, &mut new);
        }
        if let Some(line) = new.broken {
            self.report("unparsed", &change.path, line, "the code cannot be read");
        } else if let Some(line) = old.broken {
            self.report("unparsed", &change.path, line, "the code could not be read before");
        }
        let old_path = old_path.unwrap_or(&change.path);
        parsed.push(Parsed { path: &change.path, old_path, old_text, old, new });
    }

    /// What a file holds that no fix may contain, and did not hold before.
    fn scanned(&mut self, file: &Parsed, mut hits: Vec<scan::Found>, around: &Surroundings) -> Vec<scan::Found> {
        let moved: Vec<&Stmt> =
            file.new.body.iter().filter(|stmt| around.moves.brought_whole(file.path, stmt)).collect();
        let hurries = clean_up::hurries(&file.new.body);
        hits.retain(|(rule, _, message)| !(hurries && *rule == "faked-clock" && message.contains("useFakeTimers")));
        hits.retain(|(_, line, _)| !moved.iter().any(|stmt| (stmt.line..=stmt.end).contains(line)));
        for (rule, line, message) in &mut hits {
            if self.spare.takes(rule, message) && !renamed::mocks_imported(&file.old, &file.new, *line) {
                (*rule, *message) = ("changed-input", format!("{message} is given something else than before"));
            }
        }
        hits
    }

    fn code(&mut self, file: &Parsed, hits: Vec<scan::Found>, around: &Surroundings) {
        let tests = titles(&file.new.body);
        for (rule, line, message) in self.scanned(file, hits, around) {
            let test =
                tests.iter().rfind(|(from, to, _)| (*from..=*to).contains(&line)).map(|(_, _, title)| title.clone());
            let verdict = rules::verdict_of(rule);
            self.findings.push(Finding { rule, verdict, file: file.path.to_owned(), line, test, message });
        }
        for (line, comment) in &file.new.comments {
            let directive = [
                "@ts-nocheck",
                "@jest-environment",
                "@vitest-environment",
                "istanbul ignore",
                "pragma: no cover",
                "type: ignore",
            ];
            let known_coding = ["utf", "ascii", "latin"].iter().any(|name| comment.to_ascii_lowercase().contains(name));
            if *line <= 2 && comment.contains("coding") && !known_coding && file.path.ends_with(".py") {
                self.report("invisible-characters", file.path, *line, "Python reads the file by another coding");
            }
            if directive.iter().take(3).any(|word| comment.contains(word))
                && !file.old.comments.iter().any(|(_, old)| old == comment)
            {
                self.report("unknown-change", file.path, *line, "a comment that a tool obeys");
            }
        }
        self.findings.extend(differ::compare(file.path, file.old_text, &file.old, &file.new, around));
    }
}

/// First line, last line and title of each test.
fn titles(body: &[Stmt]) -> Vec<(usize, usize, String)> {
    let mut found = Vec::new();
    for stmt in body {
        stmt.walk_stmts(&mut |inner| match &inner.kind {
            StmtKind::Func(func) if func.name.starts_with("test") => {
                found.push((inner.line, inner.end, func.name.clone()))
            }
            StmtKind::Expr(node) => {
                if let Some(title) = differ::title_of_test(node) {
                    found.push((inner.line, inner.end, title));
                }
            }
            _ => {}
        });
    }
    found
}

fn text(blob: Option<&Blob>) -> &str {
    blob.and_then(|blob| std::str::from_utf8(&blob.bytes).ok()).unwrap_or_default()
}

/// Whether a glob, or a folder, covers a path.
fn allowed(glob: &str, path: &str) -> bool {
    let glob = glob.trim_start_matches("./").trim_end_matches('/');
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: false,
    };
    let clean = !path.split('/').any(|part| part == ".." || part == "." || part.is_empty());
    clean
        && (glob == "**"
            || path == glob
            || path.strip_prefix(glob).is_some_and(|rest| rest.starts_with('/'))
            || glob::Pattern::new(glob).is_ok_and(|pattern| pattern.matches_with(path, options)))
}

/// Files that moved, as one change of the file at its new path.
fn renames(changes: &[FileChange]) -> Vec<(FileChange, Option<String>)> {
    let mut out: Vec<(FileChange, Option<String>)> = Vec::new();
    let mut taken = Vec::new();
    for change in changes.iter().filter(|change| change.old.is_none()) {
        // A file that is written in TypeScript now keeps its name but for the end.
        let name = |path: &'_ str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
        };
        let source =
            changes.iter().filter(|other| other.new.is_none() && !taken.contains(&other.path.as_str())).find(|other| {
                let same_name = name(&other.path) == name(&change.path)
                    && Language::of(&other.path).is_some() == Language::of(&change.path).is_some();
                let same_text =
                    other.old.as_ref().map(|blob| &blob.bytes) == change.new.as_ref().map(|blob| &blob.bytes);
                same_name || same_text || alike(other, change)
            });
        if let Some(source) = source {
            taken.push(&source.path);
            let moved = FileChange { path: change.path.clone(), old: source.old.clone(), new: change.new.clone() };
            out.push((moved, Some(source.path.clone())));
        } else {
            out.push((change.clone(), None));
        }
    }
    let kept = changes.iter().filter(|change| change.old.is_some() && !taken.contains(&change.path.as_str()));
    out.extend(kept.map(|change| (change.clone(), None)));
    out
}

/// Whether a file that is gone and one that is new are much the same.
fn alike(gone: &FileChange, fresh: &FileChange) -> bool {
    let (old, new) = (text(gone.old.as_ref()), text(fresh.new.as_ref()));
    let extension = |path: &'_ str| path.rsplit_once('.').map(|(_, extension)| extension.to_owned());
    let (lost, added) = other::changed_lines(old, new);
    let lines = old.lines().count() + new.lines().count();
    extension(&gone.path) == extension(&fresh.path) && 3 * (lost.len() + added.len()) <= lines
}

/// What a `conftest.py` does beside declaring fixtures: hooks, plugins, fixtures that take a plugin's place, and
/// statements that run when it is read.
fn runner_parts(program: &Program) -> Vec<&StmtKind> {
    let is_one = |stmt: &&Stmt| match &stmt.kind {
        StmtKind::Func(func) => func.name.starts_with("pytest_") || files::is_plugin_fixture(&func.name),
        StmtKind::Decl { target, .. } => {
            target.ident().is_none_or(|name| name.starts_with("pytest_") || name.starts_with("collect_ignore"))
        }
        StmtKind::Class(_) | StmtKind::Import(_) => false,
        StmtKind::Expr(node) => node.string().is_none(),
        _ => true,
    };
    program.body.iter().filter(is_one).map(|stmt| &stmt.kind).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: &str, old: &str, new: &str) -> FileChange {
        let blob = |text: &str| Blob { mode: "100644".into(), bytes: text.as_bytes().to_vec() };
        FileChange {
            path: path.into(),
            old: (!old.is_empty()).then(|| blob(old)),
            new: (!new.is_empty()).then(|| blob(new)),
        }
    }

    #[test]
    fn every_rule_catches_its_example_and_passes_the_other() {
        let mut wrong = Vec::new();
        for rule in &rules::RULES {
            let healing = rule.name == "outside-allowed-paths";
            let allow = if healing { vec!["tests".into()] } else { Vec::new() };
            let policy = Policy { allow, max_changed_lines: 40, ..Policy::default() };
            let caught = judge(&[change(rule.caught.path, rule.caught.old, rule.caught.new)], &policy);
            let hit = caught.findings.iter().any(|finding| finding.rule == rule.name) && caught.verdict >= rule.verdict;
            if !hit {
                wrong.push(format!("{} does not catch its example: {:#?}", rule.name, caught.findings));
            }
            let passes = judge(&[change(rule.passes.path, rule.passes.old, rule.passes.new)], &policy);
            if passes.verdict != Verdict::Accept {
                wrong.push(format!("{} does not pass its example: {:#?}", rule.name, passes.findings));
            }
        }
        assert!(wrong.is_empty(), "{} rules:\n{}", wrong.len(), wrong.join("\n"));
    }
}
