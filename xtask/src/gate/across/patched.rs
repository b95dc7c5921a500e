//! What a test of Python patches, where the product has it now: `mock.patch("shop.mail.send")` patches what
//! `mock.patch("shop.notifications.mail.send")` does, if a test that asserts its calls shows that it is found there, or if
//! what is tested comes from there, too, or if the same is given in the place of what has a name of its own.
//!
//! It rewrites both programs, and decides nothing else.

use std::collections::BTreeMap;

use super::super::chain::Chain;
use super::super::differ::plays_a_part;
use super::super::ir::alter::Alter;
use super::super::ir::{Func, Import, Kind, Node, Program, Stmt, StmtKind};
use super::super::locator::drift::same_stem;
use super::super::lower::{camel, named_context};
use super::super::words::words;

/// Tells the old program by the places of the new one.
pub fn retell(old: &mut Program, new: &mut Program) {
    by_path(old);
    by_path(new);
    let moved = moved(old, new);
    if moved.is_empty() {
        return;
    }
    let mut retell = |node: &mut Node| {
        if let Some(target) = target_of(node).and_then(|target| moved.get(target))
            && let Kind::Call { args, .. } = &mut node.kind
        {
            args[0].kind = Kind::Str(target.clone());
        }
    };
    Alter { node: &mut retell, stmt: &mut |_| {} }.body(&mut old.body);
}

/// `from shop import rates` and `monkeypatch.setattr(rates, "vat", …)` as `monkeypatch.setattr("shop.rates.vat", …)`, where
/// nothing else asks for the module.
fn by_path(program: &mut Program) {
    let mut modules: Vec<(String, String)> = Vec::new();
    for stmt in &program.body {
        if let StmtKind::Import(import) = &stmt.kind {
            let own = import.names.iter().filter(|(name, _)| name != "*" && name != "default");
            modules.extend(own.map(|(name, local)| (local.clone(), format!("{}.{name}", import.source))));
        }
    }
    let patched = |node: &Node| {
        let Kind::Call { callee, args, .. } = &node.kind else { return None };
        let ([module, name, ..], ["monkeypatch", "setattr"]) = (args.as_slice(), &Chain::of(callee).names()[..]) else {
            return None;
        };
        let (local, path) = modules.iter().find(|(local, _)| module.ident() == Some(local))?;
        Some((local.clone(), format!("{path}.{}", name.string()?)))
    };
    let (mut patches, mut asks) = (Vec::new(), Vec::new());
    for stmt in &program.body {
        stmt.walk(&mut |node| {
            patches.extend(patched(node).map(|(local, _)| local));
            asks.extend(node.ident().map(str::to_owned));
        });
    }
    let only_patched = |local: &String| {
        let times = |names: &[String]| names.iter().filter(|name| *name == local).count();
        times(&patches) > 0 && times(&patches) == times(&asks)
    };
    let alone: Vec<String> = modules.iter().map(|(local, _)| local.clone()).filter(only_patched).collect();
    let mut retell = |node: &mut Node| {
        if let Some((_, path)) = patched(node).filter(|(local, _)| alone.contains(local))
            && let Kind::Call { args, .. } = &mut node.kind
        {
            args.remove(0);
            args[0].kind = Kind::Str(path);
        }
    };
    Alter { node: &mut retell, stmt: &mut |_| {} }.body(&mut program.body);
    program.body.retain_mut(|stmt| match &mut stmt.kind {
        StmtKind::Import(import) => {
            let before = import.names.len();
            import.names.retain(|(_, local)| !alone.contains(local));
            before == 0 || !import.names.is_empty()
        }
        _ => true,
    });
}

/// What is patched no more, to what is patched in its place.
fn moved(old: &Program, new: &Program) -> BTreeMap<String, String> {
    let (before, after) = (targets(old), targets(new));
    let gone = before.iter().filter(|target| !after.contains(*target));
    let mut found = BTreeMap::new();
    for target in gone {
        let along = |other: &str| is_of_one_name(target, other) && is_imported_along(old, new, target, other);
        let given = |other: &str| is_given_same(old, new, target, other);
        let is_it =
            |other: &&&str| !before.contains(*other) && (is_same(target, other) || along(other) || given(other));
        let mut now = after.iter().filter(is_it);
        let Some(to) = now.next().filter(|to| now.all(|other| other == *to)) else { continue };
        let count = |targets: &[&str], wanted: &str| targets.iter().filter(|other| **other == wanted).count();
        if count(&before, target) == count(&after, to)
            && !is_called_directly(new, to)
            && (is_imported_along(old, new, target, to)
                || is_moved_along(old, new, target, to)
                || is_given_same(old, new, target, to)
                || is_called(new, to))
        {
            found.insert((*target).to_owned(), (*to).to_owned());
        }
    }
    found
}

/// All that is patched, in order.
fn targets(program: &Program) -> Vec<&str> {
    let mut found = Vec::new();
    program.body.iter().for_each(|stmt| stmt.walk(&mut |node| found.extend(target_of(node))));
    found
}

/// The path in `patch("shop.mail.send")`.
fn target_of(node: &Node) -> Option<&str> {
    let Kind::Call { callee, args, .. } = &node.kind else { return None };
    let patches =
        matches!(Chain::of(callee).names()[..], ["patch"] | ["mock" | "mocker", "patch"] | ["monkeypatch", "setattr"]);
    args.first().filter(|_| patches)?.string().filter(|target| target.contains('.'))
}

/// Whether two paths are of one name in one product.
fn is_same(one: &str, other: &str) -> bool {
    let same = is_of_one_name(one, other);
    let parts = |path: &str| path.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (one, other) = (parts(one), parts(other));
    // `send` is a name of many; `send_mail` is hardly.
    let module = |path: &[String]| words(&path[1..path.len() - 1].join("."));
    let (was, is) = (module(&one), module(&other));
    let akin = |word: &String| is.iter().any(|other| word == other || same_stem(word, other));
    let tells = one.last().is_some_and(|name| words(name).len() > 1) || was.is_empty() || was.iter().any(akin);
    same && tells
}

/// Whether the same stands for two names that are one: `current_rate` of two modules, or what gives the time.
fn is_given_same(old: &Program, new: &Program, one: &str, other: &str) -> bool {
    #[rustfmt::skip]
    const OF_CHANCE: [&str; 10] =
        ["now", "today", "utcnow", "monotonic", "uuid4", "randint", "choice", "random", "shuffle", "sleep"];
    let given = |program: &Program, target: &str| {
        let mut found = Vec::new();
        program.body.iter().for_each(|stmt| {
            stmt.walk(&mut |node| {
                if let Kind::Call { args, .. } = &node.kind
                    && target_of(node) == Some(target)
                {
                    found.push(args[1..].to_vec());
                }
            });
        });
        found
    };
    let ends = |path: &str| path.rsplitn(3, '.').take(2).map(str::to_owned).collect::<Vec<_>>();
    let (was, is) = (ends(one), ends(other));
    let tells = words(&was[0]).len() > 1 || OF_CHANCE.contains(&was[0].as_str()) || was == is;
    let (before, after) = (given(old, one), given(new, other));
    // What only notes that it was called says nothing where nobody calls it.
    let notes = |node: &Node| matches!(&node.kind, Kind::Member { name, .. } if matches!(name.as_str(), "append" | "add" | "put" | "update" | "insert" | "extend" | "set"));
    let gives = |args: &Vec<Node>| match args.as_slice() {
        [value] => match &value.kind {
            Kind::Fn(func) => match func.body.as_slice() {
                [Stmt { kind: StmtKind::Return(Some(given)), .. }] => {
                    given.kind != Kind::Const("null".into()) && !given.any(&mut |part| notes(part))
                }
                _ => false,
            },
            // `return_value=NOW`
            Kind::Object(entries) => matches!(entries.as_slice(), [(key, value)] if key == "returnValue"
                && matches!(value.kind, Kind::Ident(_) | Kind::Str(_) | Kind::Num(_))),
            kind => matches!(kind, Kind::Str(_) | Kind::Num(_)),
        },
        _ => false,
    };
    tells && is_of_one_name(one, other) && before == after && before.iter().all(gives)
}

/// Whether two paths begin and end with the same name, and the other is of what no test brings.
fn is_of_one_name(one: &str, other: &str) -> bool {
    let ends = |path: &str| (path.split('.').next().map(str::to_owned), path.rsplit('.').next().map(str::to_owned));
    ends(one) == ends(other) && !other.split('.').any(plays_a_part)
}

/// Whether a program calls by itself what it would replace.
fn is_called_directly(program: &Program, target: &str) -> bool {
    let Some((module, name)) = target.rsplit_once('.') else { return false };
    let (as_member, last) = (camel(name), module.rsplit('.').next().unwrap_or_default());
    let imports = |wanted: &dyn Fn(&Import) -> bool| {
        program.body.iter().any(|stmt| matches!(&stmt.kind, StmtKind::Import(import) if wanted(import)))
    };
    let from =
        |local: &str| imports(&|import| import.source == module && import.names.iter().any(|(_, name)| name == local));
    let whole = |local: &str| local == last && imports(&|import| import.names.iter().any(|(_, name)| name == local));
    let calls = |node: &Node| match &node.kind {
        Kind::Call { callee, .. } => match &callee.kind {
            Kind::Ident(other) => other == name && from(other),
            Kind::Member { object, name: other, .. } => *other == as_member && object.ident().is_some_and(whole),
            _ => false,
        },
        _ => false,
    };
    program.body.iter().any(|stmt| stmt.any(&mut |node| calls(node)))
}

/// Whether what a file imports from the package of a patched name comes from its new package now: `app.utils.invite` and
/// `app.utils.mail.send` are `app.services.invite` and `app.services.mail.send`.
fn is_moved_along(old: &Program, new: &Program, target: &str, to: &str) -> bool {
    let parts = |path: &str| path.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (was, is) = (parts(target), parts(to));
    let kept = was.iter().rev().zip(is.iter().rev()).take_while(|(one, other)| one == other).count();
    let (from, into) = (was[..was.len() - kept].join("."), is[..is.len() - kept].join("."));
    let imports = |program: &Program, package: &str| {
        let mut found = Vec::new();
        for stmt in &program.body {
            if let StmtKind::Import(import) = &stmt.kind
                && let Some(module) = import.source.strip_prefix(package).filter(|rest| rest.starts_with('.'))
            {
                found.push((module.to_owned(), import.names.clone()));
            }
        }
        found
    };
    let (before, after) = (imports(old, &from), imports(new, &into));
    kept > 1 && !before.is_empty() && before == after && imports(new, &from).is_empty()
}

/// Whether all that a file imports from the module of a patched name comes from its new module now.
fn is_imported_along(old: &Program, new: &Program, target: &str, to: &str) -> bool {
    let module = |path: &str| path.rsplit_once('.').map(|(module, _)| module.to_owned());
    let names = |program: &Program, path: &str| {
        let mut found = Vec::new();
        for stmt in &program.body {
            if let StmtKind::Import(import) = &stmt.kind
                && Some(&import.source) == module(path).as_ref()
            {
                found.extend(import.names.iter().map(|(name, _)| name.clone()));
            }
        }
        found.sort();
        found
    };
    let (was, is) = (names(old, target), names(new, to));
    !was.is_empty() && was.iter().all(|name| is.contains(name)) && names(new, target).is_empty()
}

/// Whether a test asserts that what stands for the patched name was called.
fn is_called(program: &Program, target: &str) -> bool {
    let patches = |node: &Node| node.any(&mut |part| target_of(part) == Some(target));
    let mut names = Vec::new();
    let mut note = |func: &Func| {
        // The lowest of the marks gives the first of the parameters.
        let replaces = |mark: &&Node| targets_one(mark) && !gives_another(mark);
        let at = func.decorators.iter().rev().filter(replaces).position(patches);
        let is_fixture = func.decorators.iter().any(|mark| Chain::of(mark).has("fixture"));
        if let Some(at) = at {
            let own = func.params.iter().filter_map(Node::ident).filter(|name| !matches!(*name, "self" | "this"));
            names.extend(own.skip(at).take(1).map(str::to_owned));
        } else if is_fixture && func.body.iter().any(|stmt| stmt.any(&mut |node| target_of(node) == Some(target))) {
            names.push(func.name.clone());
        }
    };
    let mut bound = Vec::new();
    let mut visit = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Func(func) => note(func),
        StmtKind::With { items, .. } => {
            let named = items.iter().filter_map(named_context).filter(|(value, _)| patches(value));
            bound.extend(named.filter_map(|(_, name)| name.ident().map(str::to_owned)));
        }
        StmtKind::Decl { target, init: Some(value), .. } if patches(value) => {
            bound.extend(target.ident().map(str::to_owned));
        }
        _ => {}
    };
    program.body.iter().for_each(|stmt| stmt.walk_stmts(&mut |inner| visit(inner)));
    names.extend(bound);
    let notes = noted(program, target);
    let asserts = |node: &Node| {
        let chain = Chain::of(node);
        names.iter().any(|name| name == chain.root())
            && chain.links.iter().any(|link| {
                let claims = ["assertCalled", "assertAny", "assertHas", "assertAwaited", "callArgs", "mockCalls"];
                claims.iter().any(|claim| link.name.starts_with(claim))
            })
    };
    let counts = |node: &Node| {
        let of_mock = |side: &Node| {
            let chain = Chain::of(side);
            chain.last().is_some_and(|link| link.name == "callCount") && names.iter().any(|name| name == chain.root())
        };
        let some = |side: &Node| side.number().is_some_and(|count| count > 0.0);
        matches!(&node.kind, Kind::Binary(op, one, other) if op == "==" && of_mock(one) && some(other))
    };
    let is_noted = |node: &Node| {
        let some = |side: &Node| matches!(&side.kind, Kind::Array(parts) if !parts.is_empty());
        let of_note = |side: &Node| {
            let root = match &side.kind {
                Kind::Index { object, .. } => object.ident(),
                _ => side.ident(),
            };
            root.is_some_and(|name| notes.iter().any(|other| other == name))
        };
        matches!(&node.kind, Kind::Binary(op, one, other) if op == "==" && of_note(one)
            && (some(other) || matches!(one.kind, Kind::Index { .. })))
    };
    program.body.iter().any(|stmt| stmt.any(&mut |node| asserts(node) || counts(node) || is_noted(node)))
}

fn targets_one(mark: &Node) -> bool {
    mark.any(&mut |part| target_of(part).is_some())
}

/// Whether what is patched is given a value, and the test no stand-in.
fn gives_another(mark: &Node) -> bool {
    matches!(&mark.kind, Kind::Call { args, .. } if args.get(1).is_some_and(|arg| !matches!(arg.kind, Kind::Object(_))))
}

/// The lists in which what stands for the patched name notes how it was called.
fn noted(program: &Program, target: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut visit = |node: &Node| {
        if target_of(node) == Some(target)
            && let Kind::Call { args, .. } = &node.kind
        {
            args.iter().skip(1).for_each(|arg| {
                arg.walk(&mut |part| {
                    let chain = Chain::of(part);
                    if matches!(part.kind, Kind::Call { .. }) && matches!(chain.names()[..], [_, "append"]) {
                        found.push(chain.root().to_owned());
                    }
                });
            });
        }
    };
    program.body.iter().for_each(|stmt| stmt.walk(&mut |node| visit(node)));
    found
}
