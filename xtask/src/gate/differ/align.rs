//! Which old statement became which new one.

use super::super::asking::acts;
use super::super::assertion::{self, Asserts};
use super::super::chain::Chain;
use super::super::ir::{Kind, Node, Stmt, StmtKind, hash_of};
use super::super::lcs::{self, Gap};
use super::super::limits::MAX_TIMEOUT_MS;
use super::super::words::{HOOKS, TEST_ROOTS, words};
use super::bound;
use super::oracle::iteration::loop_of;
use super::oracle::restated::Claimed;
use super::pairs::kind_of;
use super::steps::steps;
use super::values::required;

/// The statements, with those inside wrappers that always run their body exactly once in place of the wrapper.
pub fn flatten(stmts: &[Stmt]) -> Vec<&Stmt> {
    let mut out = Vec::new();
    for stmt in stmts {
        match &stmt.kind {
            StmtKind::Expr(node) => match step_body(node) {
                Some(body) => out.extend(flatten(body)),
                None => out.push(stmt),
            },
            StmtKind::With { items, body } if items.iter().all(|item| waits_for_event(item) || is_sub_test(item)) => {
                out.extend(flatten(body))
            }
            StmtKind::Block(body) => out.extend(flatten(body)),
            StmtKind::Jump(word) if word == "pass" => {}
            _ => out.push(stmt),
        }
    }
    out
}

/// `await test.step('…', async () => { … })`, `await expect(async () => { … }).toPass()`, and React's `act(() => { … })`.
fn step_body(node: &Node) -> Option<&[Stmt]> {
    let chain = Chain::of(node);
    let args = chain.last()?.args?;
    let awaited = matches!(node.kind, Kind::Await(_));
    let callback = match chain.names().as_slice() {
        ["expect", "toPass"] if soon(args) => chain.links[0].args?.first().filter(|body| may_repeat(body))?,
        _ => args.last()?,
    };
    let Kind::Fn(func) = &callback.kind else { return None };
    let runs = match chain.names().as_slice() {
        ["test", "step"] | ["expect", "toPass"] => awaited,
        ["act"] => awaited || !func.is_async,
        _ => false,
    };
    let returns = func.body.iter().any(|stmt| matches!(stmt.kind, StmtKind::Return(_)));
    let plain = !func.generator && func.params.is_empty();
    (runs && plain && !(returns && chain.root() == "act")).then_some(&func.body)
}

/// Whether a step that is taken again does no more than the first time: it fills a field, or opens a page.
fn may_repeat(body: &Node) -> bool {
    let is_safe = |name: &str| matches!(kind_of(name), "fill" | "goto" | "reload" | "hover" | "select");
    steps(body).iter().all(|step| step.own || is_safe(&step.name)) && !acts(body)
}

/// Whether what is tried again is given up before long.
fn soon(options: &[Node]) -> bool {
    match options {
        [] => true,
        [Node { kind: Kind::Object(entries), .. }] => entries.iter().all(|(key, value)| match key.as_str() {
            "timeout" => value.number().is_some_and(|ms| ms > 0.0 && ms <= MAX_TIMEOUT_MS),
            _ => key == "intervals",
        }),
        _ => false,
    }
}

/// Python's `with page.expect_response(…):`.
pub fn waits_for_event(item: &Node) -> bool {
    #[rustfmt::skip]
    const EVENTS: [&str; 11] = [
        "expectNavigation", "expectResponse", "expectRequest", "expectRequestFinished", "expectPopup",
        "expectDownload", "expectEvent", "expectPage", "expectFileChooser", "expectConsoleMessage",
        "expectWebsocket",
    ];
    item.any(&mut |node| matches!(&node.kind, Kind::Member { name, .. } if EVENTS.contains(&name.as_str())))
}

/// unittest's `with self.subTest(…):` runs its body once, and fails the test if that fails.
fn is_sub_test(item: &Node) -> bool {
    let chain = Chain::of(item);
    chain.root() == "this" && chain.links.len() == 2 && chain.called("subTest").is_some()
}

/// The stretches where the statements differ.
pub fn gaps(old: &[&Stmt], new: &[&Stmt]) -> Vec<Gap> {
    let hashes = |stmts: &[&Stmt]| stmts.iter().map(|stmt| hash_of(&stmt.kind)).collect::<Vec<u64>>();
    lcs::gaps(&hashes(old), &hashes(new))
}

/// Pairs in order, so that the sum of their likeness is greatest.
pub fn pair_up<'s>(
    (old, claimed): (&[&'s Stmt], &[Option<Claimed>]),
    (new, claims): (&[&'s Stmt], &[Option<Claimed>]),
    asserts: &Asserts,
) -> Vec<(usize, usize)> {
    // Tests that kept their titles are pairs, however many there are.
    let lead = old.iter().zip(new).take_while(|(one, other)| same_title(one, other)).count();
    if lead > 0 {
        let rest = pair_up((&old[lead..], &claimed[lead..]), (&new[lead..], &claims[lead..]), asserts);
        let shifted = rest.into_iter().map(|(row, column)| (row + lead, column + lead));
        return (0..lead).map(|at| (at, at)).chain(shifted).collect();
    }
    if old.len() * new.len() > 250_000 {
        return Vec::new();
    }
    let read = |stmts: &[&'s Stmt]| stmts.iter().map(|stmt| Read::of(stmt, asserts)).collect::<Vec<_>>();
    let (were, are) = (read(old), read(new));
    let width = new.len() + 1;
    let mut likeness = vec![0u32; old.len() * new.len()];
    for (row, one) in were.iter().enumerate() {
        for (column, other) in are.iter().enumerate() {
            // The same claim in other words.
            let restated = match (&claimed[row], &claims[column]) {
                (Some(was), Some(is)) if is.covers(was) => 40 + 20 * u32::from(is.subject == was.subject),
                _ => 0,
            };
            let alike = like(one, other);
            likeness[row * new.len() + column] = if alike > 0 { alike + restated } else { 0 };
        }
    }
    let mut best = vec![0u32; (old.len() + 1) * width];
    for row in (0..old.len()).rev() {
        for column in (0..new.len()).rev() {
            let here = likeness[row * new.len() + column];
            let paired = if here == 0 { 0 } else { here + best[(row + 1) * width + column + 1] };
            best[row * width + column] =
                paired.max(best[(row + 1) * width + column]).max(best[row * width + column + 1]);
        }
    }
    let mut pairs = Vec::new();
    let (mut row, mut column) = (0, 0);
    while row < old.len() && column < new.len() {
        let here = likeness[row * new.len() + column];
        let value = best[row * width + column];
        if here > 0 && value == here + best[(row + 1) * width + column + 1] {
            pairs.push((row, column));
            (row, column) = (row + 1, column + 1);
        } else if value == best[(row + 1) * width + column] {
            row += 1;
        } else {
            column += 1;
        }
    }
    pairs
}

/// Whether two statements declare a test, a suite or a hook of the same title.
fn same_title(old: &Stmt, new: &Stmt) -> bool {
    let (StmtKind::Expr(one), StmtKind::Expr(other)) = (&old.kind, &new.kind) else { return false };
    match (declaration(one), declaration(other)) {
        (Some(one), Some(other)) => one.title.is_some() && one.title == other.title && one.suite == other.suite,
        _ => false,
    }
}

/// A statement with what its likeness to others is told by.
struct Read<'s> {
    stmt: &'s Stmt,
    declaration: Option<Declaration<'s>>,
    assertion: Option<assertion::Assertion<'s>>,
    /// The expression that it consists of, with the name and the arguments of the last call in it.
    chain: Option<Chain<'s>>,
    called: Option<&'s str>,
    args: Option<u64>,
}

impl<'s> Read<'s> {
    fn of(stmt: &'s Stmt, asserts: &Asserts) -> Self {
        let whole = match &stmt.kind {
            StmtKind::Expr(node) | StmtKind::Return(Some(node)) | StmtKind::Assert(node, _) => Some(node),
            _ => None,
        };
        let chain = whole.map(Chain::of);
        let last = chain.as_ref().and_then(|chain| chain.links.iter().rev().find(|link| link.args.is_some()));
        Read {
            stmt,
            declaration: whole.and_then(declaration),
            assertion: whole.and_then(|_| assertion::of_stmt(stmt, asserts)),
            called: last.map(|link| link.name),
            args: last.and_then(|link| link.args).map(|args| hash_of(&args)),
            chain,
        }
    }
}

/// How alike two statements are, from 0 (never a pair) to 100.
fn like(was: &Read, is: &Read) -> u32 {
    let (old, new) = (was.stmt, is.stmt);
    match (&old.kind, &new.kind) {
        (StmtKind::Func(one), StmtKind::Func(other)) => named_like(&one.name, &other.name, one.body == other.body),
        (StmtKind::Func(func), StmtKind::Decl { target, init: Some(Node { kind: Kind::Fn(_), .. }), .. })
        | (StmtKind::Decl { target, init: Some(Node { kind: Kind::Fn(_), .. }), .. }, StmtKind::Func(func)) => {
            100 * u32::from(target.ident() == Some(&func.name))
        }
        (StmtKind::Class(one), StmtKind::Class(other)) => {
            named_like(&one.name, &other.name, one.body == other.body).max(1)
        }
        (StmtKind::Decl { target: one, init: a, .. }, StmtKind::Decl { target: other, init: b, .. }) => {
            if one == other {
                90
            } else if a == b {
                80
            } else {
                15
            }
        }
        (StmtKind::Import(one), StmtKind::Import(other)) => {
            let shared =
                one.names.iter().filter(|(_, local)| other.names.iter().any(|(_, name)| name == local)).count();
            if shared > 0 { 60 } else { u32::from(one.source == other.source) * 50 }
        }
        (StmtKind::Decl { target, init: Some(init), .. }, StmtKind::Import(import))
        | (StmtKind::Import(import), StmtKind::Decl { target, init: Some(init), .. })
            if required(init).is_some() =>
        {
            60 * u32::from(bound(target).iter().any(|name| import.names.iter().any(|(_, local)| local == name)))
        }
        (StmtKind::Expr(_), StmtKind::Loop { .. }) | (StmtKind::Loop { .. }, StmtKind::Expr(_)) => {
            60 * u32::from(loop_of(old).is_some() && loop_of(new).is_some())
        }
        (StmtKind::Decl { init: Some(one), .. }, StmtKind::Expr(other))
        | (StmtKind::Expr(one), StmtKind::Decl { init: Some(other), .. }) => 70 * u32::from(one.bare() == other.bare()),
        (StmtKind::Expr(one), StmtKind::Expr(other)) if becomes_retried(one, other) => 70,
        (StmtKind::Expr(_) | StmtKind::Return(Some(_)), StmtKind::Expr(_) | StmtKind::Return(Some(_))) => {
            like_expr(was, is)
        }
        (StmtKind::Assert(..), StmtKind::Assert(..)) => like_expr(was, is).max(20),
        (StmtKind::Assert(..), StmtKind::Expr(_)) | (StmtKind::Expr(_), StmtKind::Assert(..)) => like_expr(was, is),
        (one, other) if std::mem::discriminant(one) == std::mem::discriminant(other) => 40,
        _ => 0,
    }
}

/// Cypress's `.then(callback)` became `.should(callback)`, which is called again until it passes.
pub fn becomes_retried(old: &Node, new: &Node) -> bool {
    let ends = |node: &Node, name: &str| {
        let chain = Chain::of(node);
        let last = chain.last().filter(|link| chain.root() == "cy" && link.name == name);
        last.and_then(|link| link.args).is_some_and(|args| matches!(args, [Node { kind: Kind::Fn(_), .. }]))
    };
    ends(old, "then") && ends(new, "should")
}

fn named_like(one: &str, other: &str, same_body: bool) -> u32 {
    if one == other {
        100
    } else if same_body {
        80
    } else {
        // One that is gone and one that is new may be the same, if no runner calls them by themselves.
        let by_itself = |name: &str| name.starts_with("test") || name.starts_with("pytest_") || name.starts_with("__");
        let said = words(one);
        let alike = words(other).iter().any(|word| word.len() > 2 && said.contains(word));
        if by_itself(one) || by_itself(other) { 0 } else { 1 + 4 * u32::from(alike) }
    }
}

fn like_expr(was: &Read, is: &Read) -> u32 {
    let (Some(a), Some(b)) = (&was.chain, &is.chain) else { return 0 };
    match (&was.declaration, &is.declaration) {
        (Some(one), Some(other)) => {
            if one.hook && other.hook {
                return like_hook(one, other);
            }
            return match (one.title == other.title, one.body == other.body) {
                (true, _) => 100,
                (_, true) => 60,
                _ if one.suite == other.suite => 12,
                _ => 0,
            };
        }
        (None, None) => {}
        _ => return 0,
    }
    match (&was.assertion, &is.assertion) {
        (Some(a), Some(b)) => {
            let subject = a.locators() == b.locators() && !a.locators().is_empty()
                || !a.subject.is_empty() && a.subject == b.subject;
            let names = |found: &assertion::Assertion| {
                found.matchers.iter().flat_map(|m| m.names.iter().map(|n| n.to_string())).collect::<Vec<_>>()
            };
            let args =
                |found: &assertion::Assertion| found.matchers.iter().map(|m| hash_of(&m.args)).collect::<Vec<_>>();
            let same_names = names(a) == names(b);
            let waits = |found: &assertion::Assertion| found.style == assertion::Style::Implicit;
            10 + 10 * u32::from(waits(a) == waits(b))
                + 30 * u32::from(subject)
                + 20 * u32::from(same_names)
                + 25 * u32::from(same_names && args(a) == args(b))
        }
        (None, None) => {
            let (same_root, same_name, same_args) =
                (a.root() == b.root(), was.called == is.called, was.args == is.args);
            // `load_config(path)`, `Config.from_file(path)`
            let said = |chain: &Chain| words(&chain.names().join("_"));
            let akin = || said(a).iter().any(|word| said(b).contains(word));
            if same_name || same_args && (same_root || akin()) {
                10 * u32::from(same_root) + 20 * u32::from(same_name) + 20 * u32::from(same_args)
            } else {
                10 * u32::from(matches!((&was.stmt.kind, &is.stmt.kind), (StmtKind::Return(_), StmtKind::Return(_))))
            }
        }
        // Something that asserted and its stand-in that does not.
        _ => 0,
    }
}

/// Hooks have no titles: one is known by when it runs and what it does.
fn like_hook(one: &Declaration, other: &Declaration) -> u32 {
    let does = |hook: &Declaration| {
        let body = hook.body.map(|func| func.body.as_slice()).unwrap_or_default();
        let calls = body.iter().flat_map(Stmt::exprs).map(|node| Chain::of(node).names().join("."));
        calls.collect::<Vec<String>>()
    };
    let done = does(one);
    let alike = one.body == other.body || does(other).iter().any(|call| done.contains(call));
    10 + 40 * u32::from(one.words == other.words) + 45 * u32::from(alike)
}

/// `test('title', …)`, `describe('title', …)`, `beforeEach(…)` and their kin.
pub struct Declaration<'a> {
    /// The names of the call: `test`, `test.only`, `test.describe`.
    pub words: Vec<&'a str>,
    pub title: Option<&'a Node>,
    /// Between the title and the body: details, timeouts.
    pub details: Vec<&'a Node>,
    pub body: Option<&'a super::super::ir::Func>,
    /// The table of `test.each(table)(title, body)`.
    pub table: Vec<&'a Node>,
    pub suite: bool,
    pub hook: bool,
}

pub fn declaration(node: &Node) -> Option<Declaration<'_>> {
    let chain = Chain::of(node);
    let root = chain.root();
    let words = chain.names();
    let is_hook = words.iter().any(|word| HOOKS.contains(word));
    let aliased = ["xit", "xtest", "xdescribe", "fit", "fdescribe", "xcontext", "xspecify"].contains(&root);
    let known = TEST_ROOTS.contains(&root) || aliased || is_hook && words.len() <= 2;
    let own = chain.links.len() <= 3
        && chain.last()?.args.is_some_and(|args| {
            args.len() >= 2 && args[0].string().is_some() && matches!(args[args.len() - 1].kind, Kind::Fn(_))
        });
    let named_test =
        root.to_ascii_lowercase().ends_with("test") || root.to_ascii_lowercase().ends_with("it") && root.len() <= 4;
    if !(known || own && named_test) {
        return None;
    }
    let last = chain.last()?;
    let args = last.args?;
    if matches!(last.name, "step" | "use" | "setTimeout" | "slow" | "extend" | "info" | "configure") {
        return None;
    }
    let mut table = Vec::new();
    for link in &chain.links[..chain.links.len() - 1] {
        table.extend(link.args.unwrap_or_default());
    }
    let body = args.iter().find_map(|arg| match &arg.kind {
        Kind::Fn(func) => Some(&**func),
        _ => None,
    });
    let title = args.first().filter(|arg| !matches!(arg.kind, Kind::Fn(_)));
    if body.is_none() && !(is_hook || title.is_some_and(|title| matches!(title.kind, Kind::Str(_) | Kind::Template(_))))
    {
        return None;
    }
    let details =
        args.iter().skip(usize::from(title.is_some())).filter(|arg| !matches!(arg.kind, Kind::Fn(_))).collect();
    let suite = words.iter().any(|word| {
        matches!(*word, "describe" | "context" | "suite" | "xdescribe" | "fdescribe" | "xcontext" | "feature")
    });
    Some(Declaration { words, title, details, body, table, suite, hook: is_hook })
}
