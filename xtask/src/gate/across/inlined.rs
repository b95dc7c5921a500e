//! Helpers and constants that a change brings or takes away, as what they stand for: where a test calls a helper, its
//! code stands in place of the call, so that what the test does before and after can be compared.
//!
//! Only helpers of the same file, or of another one of the change, that do one thing after another, and only where a name
//! means the same in both places.

use std::collections::HashMap;

use super::super::Parsed;
use super::super::chain::{Chain, Link};
use super::super::differ::{bound, leaves};
use super::super::ir::alter::Alter;
use super::super::ir::{Func, Kind, Node, Program, Stmt, StmtKind};
use super::super::locator::is_locator;
use super::modules::leads_to;

/// Helpers call helpers: so often at most.
const MAX_ROUNDS: usize = 3;

/// A function that can stand in place of its calls.
#[derive(Clone)]
pub struct Helper {
    func: Func,
    /// The names, and what they are if nothing is given.
    params: Vec<(String, Option<Node>)>,
    /// By its place the keys of what is taken apart: `{ city, nights }` gives two of the names.
    taken_apart: HashMap<usize, Vec<String>>,
    /// The class, if it is a method: only from there it is surely the one that is called.
    class: Option<String>,
}

/// By the name that calls them.
type Helpers = HashMap<String, Helper>;

/// For each file of a change the helpers that only its old version calls, and those that only its new one does.
pub fn helpers_of(files: &[Parsed]) -> Vec<[Helpers; 2]> {
    let own = |file: &Parsed| [helpers(&file.old, &file.new), helpers(&file.new, &file.old)];
    let mut all: Vec<[Helpers; 2]> = files.iter().map(own).collect();
    // Of two commands of one name it is not said which is called.
    let added =
        |name: &str| [0, 1].map(|at| files.iter().map(|file| adds([&file.old, &file.new][at], name)).sum::<usize>());
    for [gone, fresh] in &mut all {
        gone.retain(|name, helper| helper.class.as_deref() != Some("cy") || added(name)[0] == 1);
        fresh.retain(|name, helper| helper.class.as_deref() != Some("cy") || added(name)[1] == 1);
    }
    let mut found = all.clone();
    for (file, [gone, fresh]) in files.iter().zip(&mut found) {
        let others = files.iter().zip(&all).filter(|(other, _)| other.path != file.path && !has_own_expect(&other.new));
        for (other, [theirs_gone, theirs]) in others {
            let (were_given, given) = (of_libraries(&other.old), of_libraries(&other.new));
            let paths = (file.old_path, other.old_path);
            import(&file.old, &file.new, paths, (theirs_gone, &were_given), gone);
            import(&file.new, &file.old, (file.path, other.path), (theirs, &given), fresh);
        }
    }
    found
}

/// Whether `expect` may mean something else in a file.
fn has_own_expect(program: &Program) -> bool {
    let own = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Import(import) => {
            import.source != "@playwright/test" && import.names.iter().any(|(_, local)| local == "expect")
        }
        StmtKind::Decl { target, .. } => bound(target).contains(&"expect"),
        _ => false,
    };
    program.body.iter().any(own)
}

/// Adds what a program imports of another file's helpers, and Cypress's commands, if the other program has no such name.
fn import(
    program: &Program,
    other: &Program,
    paths: (&str, &str),
    (theirs, given): (&Helpers, &[&str]),
    found: &mut Helpers,
) {
    let (names, elsewhere) = (Names::of(&program.body), Names::of(&other.body));
    let mut add = |name: &str, local: &str| {
        let known = elsewhere.mentioned.contains_key(local)
            || elsewhere.given.contains_key(local)
            || names.given.get(local).is_some_and(|times| *times > 1);
        if let Some(helper) = theirs.get(name).filter(|helper| !known && stands_alone(helper, given)) {
            found.insert(local.to_owned(), helper.clone());
        }
    };
    theirs.keys().filter(|name| theirs[*name].class.as_deref() == Some("cy")).for_each(|name| add(name, name));
    for stmt in &program.body {
        let StmtKind::Import(import) = &stmt.kind else { continue };
        if leads_to(paths.0, &import.source, paths.1) {
            import.names.iter().for_each(|(name, local)| add(name, local));
        }
    }
}

/// What a file has from the libraries by which components are rendered: it is the same wherever it is imported.
fn of_libraries(program: &Program) -> Vec<&str> {
    #[rustfmt::skip]
    const LIBRARIES: [&str; 8] = [
        "@testing-library/", "@tanstack/react-query", "react-router", "react-redux", "react-intl", "react-i18next",
        "styled-components", "@mui/",
    ];
    let is_one = |source: &str| LIBRARIES.iter().any(|library| source.starts_with(library));
    let names = program.body.iter().filter_map(|stmt| match &stmt.kind {
        StmtKind::Import(import) if is_one(&import.source) => Some(&import.names),
        _ => None,
    });
    names.flatten().filter(|(name, local)| name == local).map(|(name, _)| name.as_str()).collect()
}

/// Whether a helper speaks of nothing that its own file gives a meaning to, but for what it is `given`.
fn stands_alone(helper: &Helper, given: &[&str]) -> bool {
    let mut own: Vec<String> = helper.func.body.iter().flat_map(bound_in).collect();
    own.extend(helper.params.iter().map(|(name, _)| name.clone()));
    let known = |name: &str| own.iter().any(|own| own == name) || matches!(name, "cy" | "expect" | "String" | "Number");
    let unknown = |node: &Node| node.ident().is_some_and(|name| !known(name) && !given.contains(&name));
    helper.class.as_deref().is_none_or(|class| class == "cy")
        && !helper.func.body.iter().any(|stmt| stmt.any(&mut |node| unknown(node)))
}

/// Puts the helpers that only one of two programs has in place of their calls.
pub fn unfold(old: &mut Program, new: &mut Program, [gone, fresh]: [Helpers; 2]) {
    settle(new, &fresh);
    spell_out(new, old);
    spell_out(old, new);
    settle(old, &gone);
}

/// Puts helpers in place of their calls, and takes away those that nothing calls any more.
fn settle(program: &mut Program, helpers: &Helpers) {
    let called = Names::of(&program.body).mentioned;
    put_in_place(program, helpers);
    let still_called = Names::of(&program.body).mentioned;
    let settled =
        |name: &str| helpers.contains_key(name) && called.contains_key(name) && !still_called.contains_key(name);
    program.body.retain(|stmt| declared(stmt).is_none_or(|(name, _)| !settled(name)));
}

/// Puts the literals of a program in place of the names that only it has for them.
fn spell_out(program: &mut Program, other: &Program) {
    let (names, elsewhere) = (Names::of(&program.body), Names::of(&other.body));
    let constants: HashMap<String, Kind> = program
        .body
        .iter()
        .filter_map(constant)
        .filter(|(name, _)| names.given.get(*name) == Some(&1) && !elsewhere.given.contains_key(*name))
        .map(|(name, value)| (name.to_owned(), value.kind.clone()))
        .collect();
    if constants.is_empty() {
        return;
    }
    let mut alter = Alter {
        node: &mut |node| {
            if let Some(value) = node.ident().and_then(|name| constants.get(name)) {
                node.kind = value.clone();
            }
        },
        stmt: &mut |_| {},
    };
    let is_own = |stmt: &Stmt| constant(stmt).is_some_and(|(name, _)| constants.contains_key(name));
    program.body.iter_mut().filter(|stmt| !is_own(stmt)).for_each(|stmt| alter.body(std::slice::from_mut(stmt)));
}

/// `const ORDERS = '/api/orders'`
fn constant(stmt: &Stmt) -> Option<(&str, &Node)> {
    match &stmt.kind {
        StmtKind::Decl { target, init: Some(value), .. } if matches!(value.kind, Kind::Str(_) | Kind::Num(_)) => {
            Some((target.ident()?, value))
        }
        _ => None,
    }
}

/// The helpers of a program that the other does not speak of.
fn helpers(program: &Program, other: &Program) -> Helpers {
    let names = Names::of(&program.body);
    let elsewhere = Names::of(&other.body);
    let mut found = HashMap::new();
    let mut add = |name: &str, func: &Func, class: Option<&str>| {
        let given = if class == Some("cy") {
            adds(other, name) == 0
        } else {
            !elsewhere.given.contains_key(name) && names.given.get(name) == Some(&1)
        };
        let finds = class.is_none()
            && names.given.get(name) == Some(&1)
            && !func.is_async
            && value_of(func).is_some_and(is_locator)
            && other.body.iter().filter_map(declared).any(|(same, theirs)| same == name && theirs == func);
        if (given && !elsewhere.mentioned.contains_key(name) || finds)
            && let Some(helper) = helper(func, class, &names)
        {
            found.insert(name.to_owned(), helper);
        }
    };
    for stmt in &program.body {
        match &stmt.kind {
            StmtKind::Class(class) => {
                let methods = class.body.iter().filter_map(declared);
                methods.for_each(|(name, func)| add(name, func, Some(&class.name)));
            }
            _ => {
                if let Some((name, func)) = declared(stmt) {
                    add(name, func, None);
                } else if let Some((name, func)) = command(stmt) {
                    add(name, func, Some("cy"));
                }
            }
        }
    }
    found
}

/// The function that a statement declares.
fn declared(stmt: &Stmt) -> Option<(&str, &Func)> {
    match &stmt.kind {
        StmtKind::Func(func) => Some((&func.name, func)),
        StmtKind::Decl { target, init: Some(Node { kind: Kind::Fn(func), .. }), .. } => Some((target.ident()?, func)),
        _ => None,
    }
}

/// How often a program gives Cypress a command of a name.
fn adds(program: &Program, name: &str) -> usize {
    let mut found = 0;
    let is_it = |node: &Node| {
        let named = |link: &Link| link.args.is_some_and(|args| args.iter().any(|arg| arg.string() == Some(name)));
        matches!(node.kind, Kind::Call { .. })
            && Chain::of(node).last().is_some_and(|link| link.name == "add" && named(link))
    };
    program.body.iter().for_each(|stmt| stmt.walk(&mut |node| found += usize::from(is_it(node))));
    found
}

/// `Cypress.Commands.add('login', (name) => { … })`
pub fn command(stmt: &Stmt) -> Option<(&str, &Func)> {
    let StmtKind::Expr(node) = &stmt.kind else { return None };
    let chain = Chain::of(node);
    match (chain.names().as_slice(), chain.last()?.args?) {
        (["Cypress", "Commands", "add"], [name, Node { kind: Kind::Fn(func), .. }]) => Some((name.string()?, func)),
        _ => None,
    }
}

fn helper(func: &Func, class: Option<&str>, names: &Names) -> Option<Helper> {
    let plain =
        !func.generator && func.decorators.is_empty() && !func.body.is_empty() && !func.name.starts_with("test");
    let this = |param: &&Node| class.is_some() && param.kind == Kind::Const("this".into());
    let params: Vec<&Node> = func.params.iter().filter(|param| !this(param)).collect();
    let mut taken_apart = HashMap::new();
    let mut named = |(at, param): (usize, &Node)| match &param.kind {
        Kind::Ident(name) => Some(vec![(name.clone(), None)]),
        Kind::Assign(_, name, value) => Some(vec![(name.ident()?.to_owned(), Some((**value).clone()))]),
        Kind::Object(entries) => {
            taken_apart.insert(at, entries.iter().map(|(key, _)| key.clone()).collect());
            entries.iter().map(|(_, name)| Some((name.ident()?.to_owned(), None))).collect()
        }
        _ => None,
    };
    let params: Vec<Vec<(String, Option<Node>)>> =
        params.into_iter().enumerate().map(&mut named).collect::<Option<_>>()?;
    let params = params.concat();
    // What it gives in the end matters only where its value is asked for.
    let before_end = match func.body.split_last() {
        Some((Stmt { kind: StmtKind::Return(Some(_)), .. }, before)) => before,
        _ => &func.body[..],
    };
    if !plain || leaves(before_end) {
        return None;
    }
    let mut own: Vec<String> = params.iter().map(|(name, _)| name.clone()).collect();
    func.body.iter().for_each(|stmt| own.extend(bound_in(stmt)));
    // A name that means something else where the helper is called.
    let captured = |name: &str| !own.iter().any(|other| other == name) && names.local.contains_key(name);
    let calls_itself = |node: &Node| match &node.kind {
        Kind::Ident(name) | Kind::Member { name, .. } => *name == func.name,
        _ => false,
    };
    let unclear = |node: &Node| node.ident().is_some_and(captured) || calls_itself(node);
    let is_clear = !func.body.iter().any(|stmt| stmt.any(&mut |node| unclear(node)));
    is_clear.then(|| Helper { func: func.clone(), params, taken_apart, class: class.map(str::to_owned) })
}

/// What a function returns, if it does nothing else.
fn value_of(func: &Func) -> Option<&Node> {
    match func.body.as_slice() {
        [Stmt { kind: StmtKind::Return(Some(value)), .. }] => Some(value),
        _ => None,
    }
}

fn put_in_place(program: &mut Program, helpers: &Helpers) {
    if helpers.is_empty() {
        return;
    }
    for _ in 0..MAX_ROUNDS {
        put_into(&mut program.body, helpers, None);
        for stmt in &mut program.body {
            if let StmtKind::Class(class) = &mut stmt.kind {
                put_into(&mut class.body, helpers, Some(&class.name));
            }
        }
    }
}

fn put_into(body: &mut [Stmt], helpers: &Helpers, class: Option<&str>) {
    let callable = |helper: &Helper| helper.class.as_deref() == class || helper.class.as_deref() == Some("cy");
    let mut alter = Alter {
        node: &mut |node| {
            if let Some(value) = value_instead(node, helpers, &callable) {
                *node = value;
            }
        },
        stmt: &mut |stmt| {
            if let Some(body) = steps_instead(stmt, helpers, &callable) {
                stmt.kind = StmtKind::Block(body);
            }
        },
    };
    alter.body(body);
}

/// Says which helpers may be called from here.
type Callable<'c> = dyn Fn(&Helper) -> bool + 'c;

/// The helper that a call is of, with what it is given.
fn call_of<'h>(node: &Node, helpers: &'h Helpers, callable: &Callable) -> Option<(&'h Helper, Vec<Node>)> {
    let Kind::Call { callee, args, optional: false } = &node.kind else { return None };
    let helper = match &callee.kind {
        Kind::Ident(name) => helpers.get(name).filter(|helper| helper.class.is_none()),
        Kind::Member { object, name, optional: false } if object.kind == Kind::Const("this".into()) => {
            helpers.get(name).filter(|helper| helper.class.is_some())
        }
        Kind::Member { object, name, .. } if object.ident() == Some("cy") => {
            helpers.get(name).filter(|helper| helper.class.as_deref() == Some("cy"))
        }
        _ => None,
    }?;
    if !callable(helper) {
        return None;
    }
    let mut given = Vec::new();
    for (at, arg) in args.iter().enumerate() {
        match (helper.taken_apart.get(&at), &arg.kind) {
            (Some(keys), Kind::Object(entries)) if keys.len() == entries.len() => {
                let value = |key: &String| entries.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
                given.extend(keys.iter().map(value).collect::<Option<Vec<_>>>()?);
            }
            (Some(_), _) => return None,
            (None, _) => given.push(arg.clone()),
        }
    }
    let args = given;
    let positional = args.iter().all(|arg| !matches!(arg.kind, Kind::Spread(_) | Kind::Object(_)));
    let enough =
        args.len() <= helper.params.len() && helper.params[args.len()..].iter().all(|(_, default)| default.is_some());
    (positional && enough).then_some((helper, args))
}

fn value_instead(node: &Node, helpers: &Helpers, callable: &Callable) -> Option<Node> {
    let (call, awaited) = match &node.kind {
        Kind::Await(inner) => (&**inner, true),
        _ => (node, false),
    };
    let (helper, args) = call_of(call, helpers, callable)?;
    let value = value_of(&helper.func)?;
    if helper.func.is_async != awaited {
        return None;
    }
    let mut body = vec![Stmt { kind: StmtKind::Return(Some(value.clone())), line: node.line, end: node.line }];
    fill_in(&mut body, helper, &args)?;
    match body.pop()?.kind {
        StmtKind::Return(Some(value)) if awaited && !matches!(value.kind, Kind::Await(_)) => {
            Some(Node::new(Kind::Await(Box::new(value)), node.line))
        }
        StmtKind::Return(value) => value,
        _ => None,
    }
}

fn steps_instead(stmt: &Stmt, helpers: &Helpers, callable: &Callable) -> Option<Vec<Stmt>> {
    let StmtKind::Expr(node) = &stmt.kind else { return None };
    let (call, awaited) = match &node.kind {
        Kind::Await(inner) => (&**inner, true),
        _ => (node, false),
    };
    let (helper, args) = call_of(call, helpers, callable)?;
    if value_of(&helper.func).is_some() || helper.func.is_async && !awaited {
        return None;
    }
    let mut body = helper.func.body.clone();
    if let Some(last) = body.last_mut()
        && let StmtKind::Return(Some(value)) = &last.kind
    {
        last.kind = StmtKind::Expr(value.clone());
    }
    fill_in(&mut body, helper, &args)?;
    Some(body)
}

/// Puts what a helper is given in place of its parameters, if that is the same wherever it is evaluated.
fn fill_in(body: &mut [Stmt], helper: &Helper, args: &[Node]) -> Option<()> {
    let own: Vec<String> = body.iter().flat_map(bound_in).collect();
    let mut given: Vec<Node> = args.to_vec();
    for (_, default) in &helper.params[args.len()..] {
        let value = default.as_ref()?;
        let named = helper.params.iter().position(|(name, _)| value.ident() == Some(name));
        given.push(named.and_then(|at| given.get(at)).unwrap_or(value).clone());
    }
    for ((param, _), arg) in helper.params.iter().zip(&given) {
        let uses = body.iter().map(|stmt| count(stmt, param)).sum::<usize>();
        let (_, before) = body.split_last()?;
        let once = uses == 1 && before.iter().all(|stmt| matches!(stmt.kind, StmtKind::Decl { .. }));
        let captured = arg.any(&mut |node| node.ident().is_some_and(|name| own.iter().any(|other| other == name)));
        if captured || own.contains(param) || !(once || is_plain(arg)) {
            return None;
        }
    }
    let mut alter = Alter {
        node: &mut |node| {
            let at = node.ident().and_then(|name| helper.params.iter().position(|(param, _)| param == name));
            if let Some(at) = at {
                node.kind = given[at].kind.clone();
            }
            // `${role}-pw` of a role that is told.
            if let Kind::Template(parts) = &node.kind
                && parts.iter().all(|part| part.string().is_some())
            {
                node.kind = Kind::Str(parts.iter().filter_map(Node::string).collect());
            }
        },
        stmt: &mut |_| {},
    };
    alter.body(body);
    Some(())
}

/// Whether an expression gives the same however often it is evaluated.
fn is_plain(node: &Node) -> bool {
    match &node.kind {
        Kind::Ident(_) | Kind::Str(_) | Kind::Num(_) | Kind::Const(_) | Kind::Regex(_) => true,
        Kind::Member { object, .. } => is_plain(object),
        Kind::Call { .. } => {
            is_locator(node) && !node.any(&mut |part| matches!(part.kind, Kind::Await(_) | Kind::Fn(_)))
        }
        _ => false,
    }
}

fn count(stmt: &Stmt, name: &str) -> usize {
    let mut found = 0;
    stmt.walk(&mut |node| found += usize::from(node.ident() == Some(name)));
    found
}

/// The names that a statement gives a meaning to, functions inside it included.
pub fn bound_in(stmt: &Stmt) -> Vec<String> {
    let mut found = params_in(stmt);
    stmt.walk_stmts(&mut |inner| {
        if let StmtKind::Decl { target, .. } = &inner.kind {
            found.extend(bound(target).into_iter().map(str::to_owned));
        }
    });
    found
}

/// The same without declarations: parameters, loop variables, what an expression assigns.
fn params_in(stmt: &Stmt) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut take = |node: &Node| node.walk(&mut |part| found.extend(part.ident().map(str::to_owned)));
    stmt.walk_stmts(&mut |inner| match &inner.kind {
        StmtKind::Func(func) => func.params.iter().for_each(&mut take),
        StmtKind::Loop { head, .. } => head.iter().take(1).for_each(&mut take),
        StmtKind::Try { handlers, .. } => handlers.iter().flat_map(|(head, _)| head).for_each(&mut take),
        _ => {}
    });
    stmt.walk(&mut |node| match &node.kind {
        Kind::Fn(func) => func.params.iter().for_each(&mut take),
        Kind::Assign(_, target, _) => take(target),
        Kind::Other(kind, parts)
            if ["for_in_clause", "as_pattern_target", "named_expression"]
                .iter()
                .any(|start| kind.starts_with(start)) =>
        {
            parts.iter().take(1).for_each(&mut take);
        }
        _ => {}
    });
    found
}

/// The names of a program, and how often.
#[derive(Default)]
pub struct Names {
    /// Spoken of, declarations left out.
    pub mentioned: HashMap<String, usize>,
    /// Given a meaning, as a variable, a member, a parameter or an import.
    pub given: HashMap<String, usize>,
    /// Given a meaning inside a function.
    local: HashMap<String, usize>,
}

impl Names {
    pub fn of(body: &[Stmt]) -> Names {
        let mut names = Names::default();
        for stmt in body {
            names.given_by(stmt);
            stmt.walk(&mut |node| {
                if let Kind::Ident(name) | Kind::Member { name, .. } = &node.kind {
                    *names.mentioned.entry(name.clone()).or_default() += 1;
                }
            });
        }
        let targets = body.iter().filter_map(|stmt| match &stmt.kind {
            StmtKind::Decl { target, .. } => target.ident(),
            _ => None,
        });
        for name in targets {
            names.mentioned.entry(name.to_owned()).and_modify(|count| *count = count.saturating_sub(1));
        }
        names.mentioned.retain(|_, count| *count > 0);
        names
    }

    fn given_by(&mut self, stmt: &Stmt) {
        let mut outermost = true;
        let mut given: Vec<(String, bool)> = params_in(stmt).into_iter().map(|name| (name, true)).collect();
        stmt.walk_stmts(&mut |inner| {
            match &inner.kind {
                StmtKind::Func(func) => given.push((func.name.clone(), false)),
                StmtKind::Class(class) => given.push((class.name.clone(), false)),
                StmtKind::Import(import) => {
                    given.extend(import.names.iter().map(|(_, local)| (local.clone(), !outermost)));
                }
                StmtKind::Decl { target, .. } => match &target.kind {
                    Kind::Member { name, .. } => given.push((name.clone(), false)),
                    _ => given.extend(bound(target).into_iter().map(|name| (name.to_owned(), !outermost))),
                },
                _ => {}
            }
            outermost = false;
        });
        for (name, is_local) in given {
            *self.given.entry(name.clone()).or_default() += 1;
            if is_local {
                *self.local.entry(name).or_default() += 1;
            }
        }
    }
}
