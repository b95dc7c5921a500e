//! Compares functions, classes and the declarations of tests, with what marks them and under which title.

use super::super::chain::Chain;
use super::super::ir::{Class, Func, Kind, Node, StmtKind};
use super::super::limits;
use super::align::Declaration;
use super::coroutines::{awaits, is_runner};
use super::oracle::synonyms::{grew, parametrize_grew};
use super::{Differ, Place, bound};

impl<'a> Differ<'a> {
    pub fn declaration_pair(&mut self, old: &Declaration<'a>, new: &Declaration<'a>, line: usize) {
        let title = new.title.map(title_text).unwrap_or_default();
        let named = !new.hook && new.title.is_some();
        self.titled(named, &title, |this| {
            let added: Vec<&&str> = new.words.iter().filter(|word| !old.words.contains(word)).collect();
            let removed: Vec<&&str> = old.words.iter().filter(|word| !new.words.contains(word)).collect();
            #[rustfmt::skip]
            const HARMLESS: [&str; 15] = [
                "skip", "only", "fixme", "todo", "fail", "xit", "xtest", "xdescribe", "it", "test", "fit",
                "fdescribe", "describe", "specify", "context",
            ];
            for word in added.iter().chain(&removed) {
                let rule = match **word {
                    "each" => "fewer-cases",
                    word if HARMLESS.contains(&word) => continue,
                    _ => "unknown-change",
                };
                this.report(rule, line, format!("`{}` became `{}`", old.words.join("."), new.words.join(".")));
            }
            match (old.title, new.title) {
                (Some(one), Some(other)) if !this.same(one, other) => {
                    this.report("renamed-test", line, format!("the test was called “{}”", title_text(one)));
                }
                (Some(_), None) => this.report("renamed-test", line, "the test lost its title"),
                _ => {}
            }
            if old.table.len() != new.table.len() || old.table.iter().zip(&new.table).any(|(one, other)| one != other) {
                let count = |table: &[&Node]| table.iter().map(|node| items(node)).sum::<usize>();
                let narrowed = |(one, other): (&&Node, &&Node)| super::oracle::iteration::narrowed(one, other);
                let fewer = count(&new.table) < count(&old.table) || old.table.iter().zip(&new.table).any(narrowed);
                let only_grew = old.table.len() == new.table.len()
                    && old.table.iter().zip(&new.table).all(|(one, other)| one == other || grew(one, other));
                if !only_grew {
                    let rule = if fewer { "fewer-cases" } else { "changed-expectation" };
                    this.report(rule, line, "the table of cases is another");
                }
            }
            let details = |nodes: &[&Node]| {
                nodes.iter().filter(|node| node.number().is_none()).map(|node| node.hollow()).collect::<Vec<_>>()
            };
            if details(&old.details) != details(&new.details) && !limits::only_fewer_retries(&old.details, &new.details)
            {
                this.report("unknown-change", line, "the details of the test are others");
            }
            let place = match (new.hook, new.suite) {
                (true, _) => Place::Hook,
                (_, true) => Place::Suite,
                _ => Place::Test,
            };
            this.suite_became_async(old.body, new, line);
            match (old.body, new.body) {
                (Some(one), Some(other)) => this.function(place, Some(one), other, line),
                (Some(_), None) => this.report("skipped-test", line, "the test has no body any more"),
                (None, Some(other)) => this.function(place, None, other, line),
                (None, None) => {}
            }
        });
    }

    /// Runs `inner` with the title on the stack, so that findings name their test.
    pub fn titled(&mut self, is_titled: bool, title: &str, inner: impl FnOnce(&mut Self)) {
        if is_titled {
            self.titles.push(title.to_owned());
        }
        inner(self);
        if is_titled {
            self.titles.pop();
        }
    }

    /// Compares two functions; without an old one, everything in it is new.
    pub fn function(&mut self, place: Place, old: Option<&'a Func>, new: &'a Func, line: usize) {
        let kept = self.renames.clone();
        self.near = line;
        for name in new.params.iter().flat_map(bound) {
            let was = old.is_some_and(|old| old.params.iter().flat_map(bound).any(|other| other == name));
            if !was && matches!(name, "expect" | "test" | "it" | "describe" | "cy") {
                self.report("shadowed-name", line, format!("the parameter `{name}`"));
            }
        }
        if let Some(old) = old {
            // A fixture that yields still runs: what it does afterwards is for a person to look at.
            let is_fixture = new.decorators.iter().any(|mark| Chain::of(mark).has("fixture"));
            if new.generator && !old.generator && !is_fixture {
                self.report("unreachable-assertion", line, "a generator's body does not run when it is called");
            }
            if old.is_async && !new.is_async {
                self.report("unknown-change", line, "the function is no longer asynchronous");
            }
            self.params(old, new, line);
            self.ignores(place, old, new, line);
            if place == Place::Function {
                self.asks_and_acts(old, new, line);
            }
            // A test that waits has to be run by a plugin.
            let is_run = |mark: &&Node| is_runner(mark) && new.is_async && awaits(&new.body);
            let marks: Vec<&'a Node> = new.decorators.iter().filter(|mark| old.is_async || !is_run(mark)).collect();
            self.decorators(&old.decorators, &marks, line);
            self.scoped(place, &old.body, &new.body, false);
        } else {
            if new.generator && matches!(place, Place::Test | Place::Hook) {
                self.report("unreachable-assertion", line, "a generator's body does not run when it is called");
            }
            self.scoped(place, &[], &new.body, true);
        }
        self.renames = kept;
    }

    pub fn decorators(&mut self, old: &'a [Node], new: &[&'a Node], line: usize) {
        let is_in = |list: &[&Node], decorator: &Node| list.iter().any(|other| uncalled(other) == uncalled(decorator));
        let was: Vec<&Node> = old.iter().collect();
        for decorator in new.iter().filter(|decorator| !is_in(&was, decorator)) {
            let before = old
                .iter()
                .filter(|other| !new.contains(other))
                .find(|other| Chain::of(other).names() == Chain::of(decorator).names());
            if before.is_some_and(|before| parametrize_grew(before, decorator) || shared_no_more(before, decorator)) {
                continue;
            }
            let fewer = before.is_some_and(|before| {
                items(decorator) < items(before) || super::oracle::iteration::narrowed(before, decorator)
            });
            self.report(
                if fewer { "fewer-cases" } else { "changed-mark" },
                line,
                format!("the mark `{}`", Chain::of(decorator).names().join(".")),
            );
        }
        // Each hands its mock to the parameter at its place.
        let patches = |list: &[&Node]| -> Vec<Node> {
            let patches = |mark: &&&Node| matches!(Chain::of(mark).names()[..], ["patch", ..] | [_, "patch", ..]);
            list.iter().filter(patches).map(|mark| (**mark).clone()).collect()
        };
        let (before, after) = (patches(&was), patches(new));
        if before != after && before.iter().all(|mark| after.contains(mark)) && before.len() == after.len() {
            self.report("changed-mark", line, "the mocks are handed over in another order");
        }
        for decorator in old.iter().filter(|decorator| !is_in(new, decorator)) {
            let names = Chain::of(decorator).names().join(".");
            let was_skipped = ["skip", "xfail", "skipif", "expectedFailure"].iter().any(|word| names.contains(word));
            let replaced = new.iter().any(|other| Chain::of(other).names().join(".") == names);
            if !was_skipped && !replaced && !self.marks_all(decorator) {
                let rule = if names.contains("parametrize") { "fewer-cases" } else { "changed-mark" };
                self.report(rule, line, format!("the mark `{names}` is gone"));
            }
        }
    }

    /// Whether `pytestmark` gives a mark to all tests of the file.
    fn marks_all(&self, mark: &Node) -> bool {
        let marks = |value: &Node| value == mark || matches!(&value.kind, Kind::Array(all) if all.contains(mark));
        self.new.body.iter().any(|stmt| {
            matches!(&stmt.kind, StmtKind::Decl { target, init: Some(value), .. } if target.ident() == Some("pytestmark") && marks(value))
        })
    }

    pub fn class(&mut self, old: Option<&'a Class>, new: &'a Class, line: usize) {
        if let Some(old) = old {
            if old.name != new.name {
                self.called_otherwise(&old.name, &new.name, &[], line);
            }
            let collected =
                |name: &str| name.starts_with("Test") || self.path.ends_with(".py") && name.ends_with("Test");
            if old.name != new.name && collected(&old.name) && !collected(&new.name) {
                self.report("deleted-test", line, format!("the class `{}` is collected no more", old.name));
            }
            if old.heritage != new.heritage {
                self.report("unknown-change", line, "the class has another base");
            }
            self.decorators(&old.decorators, &new.decorators.iter().collect::<Vec<_>>(), line);
            if self.path.ends_with(".py")
                && new.body.iter().any(|stmt| matches!(&stmt.kind, StmtKind::Func(func) if func.name == "__init__"))
                && collected(&new.name)
                && !old.body.iter().any(|stmt| matches!(&stmt.kind, StmtKind::Func(func) if func.name == "__init__"))
            {
                self.report("deleted-test", line, "a class with `__init__` is not collected");
            }
        }
        self.members(old, new);
        self.scoped(Place::Class, old.map(|old| old.body.as_slice()).unwrap_or_default(), &new.body, old.is_none());
    }
}

/// `@pytest.fixture()` is `@pytest.fixture`.
fn uncalled(decorator: &Node) -> &Node {
    match &decorator.kind {
        Kind::Call { callee, args, .. } if args.is_empty() => callee,
        _ => decorator,
    }
}

/// Whether a fixture that many tests shared is made for each of them now.
fn shared_no_more(old: &Node, new: &Node) -> bool {
    let shared =
        |arg: &Node| matches!(&arg.kind, Kind::Object(entries) if entries.iter().all(|(key, _)| key == "scope"));
    let is_fixture = Chain::of(new).names() == ["pytest", "fixture"];
    matches!(&old.kind, Kind::Call { callee, args, .. } if is_fixture && **callee == *uncalled(new) && args.iter().all(shared))
}

/// How many cases a table has: its rows.
pub fn items(node: &Node) -> usize {
    let mut most = 0;
    node.walk(&mut |part| {
        let here = match &part.kind {
            Kind::Array(parts) => parts.len(),
            Kind::Template(parts) => parts.len(),
            Kind::Call { callee, args, .. } if callee.ident() == Some("range") => {
                args.last().and_then(Node::number).map_or(0, |count| count as usize)
            }
            _ => 0,
        };
        most = most.max(here);
    });
    most
}

fn title_text(node: &Node) -> String {
    match &node.kind {
        Kind::Str(text) => text.clone(),
        Kind::Template(parts) => parts.iter().map(|part| part.string().unwrap_or("…")).collect(),
        _ => Chain::of(node).names().join("."),
    }
}
