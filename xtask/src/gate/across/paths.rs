//! Files in the temporary folder of a test, by pytest's `tmpdir` before and by `tmp_path` now: the same file by another class.
//! Or a file in `/tmp`, which all tests had in common, and in the test's own folder now.
//! <https://docs.pytest.org/en/stable/how-to/tmp_path.html>
//!
//! It rewrites both programs in the words of `pathlib`, and decides nothing else.

use std::collections::BTreeSet;

use super::super::chain::Chain;
use super::super::differ::flatten;
use super::super::ir::alter::Alter;
use super::super::ir::{Kind, Node, Program, Stmt, StmtKind};

/// The methods of `py.path.local`, and those of `pathlib.Path` that do the same.
#[rustfmt::skip]
const METHODS: [(&str, &str); 5] = [
    ("write", "writeText"), ("read", "readText"), ("check", "exists"), ("remove", "unlink"), ("listdir", "iterdir"),
];

/// Tells both programs in the words of `pathlib`, if only the old one asks for `tmpdir`, or for a file in `/tmp`.
pub fn settle(old: &mut Program, new: &mut Program) {
    if asks_for(new, "tmpdir") || !asks_for(new, "tmp_path") {
        return;
    }
    if asks_for(old, "tmp_path_factory") && !asks_for(new, "tmp_path_factory") {
        Alter { node: &mut made_by_factory, stmt: &mut |_| {} }.body(&mut old.body);
    }
    if !asks_for(old, "tmpdir") && (asks_for(old, "tmp_path") || !has_own_folder(old, new)) {
        return;
    }
    for program in [old, new] {
        let paths = paths(program);
        let is_path = |node: &Node| is_path(node, &paths);
        let mut tell = |node: &mut Node| match &mut node.kind {
            Kind::Ident(name) if name == "tmpdir" => *name = "tmp_path".into(),
            Kind::Member { object, name, .. } if name == "basename" && object.ident().is_some() => {
                *name = "name".into()
            }
            // `tmp_path.joinpath('a')` and `str(path)` say the same as `tmp_path / 'a'` and `path` where a path is taken.
            Kind::Call { callee, args, .. } => match (&mut callee.kind, args.as_mut_slice()) {
                (Kind::Member { object, name, .. }, parts)
                    if matches!(name.as_str(), "join" | "joinpath") && is_path(object) && !parts.is_empty() =>
                {
                    let joined = parts.iter().fold((**object).clone(), |path, part| {
                        Node::new(Kind::Binary("/".into(), Box::new(path), Box::new(part.clone())), node.line)
                    });
                    *node = joined;
                }
                (Kind::Member { object, name, .. }, _) if is_path(object) => {
                    if let Some((_, to)) = METHODS.iter().find(|(from, _)| from == name) {
                        *name = (*to).to_owned();
                    }
                    options_of_path(callee, args);
                }
                (Kind::Ident(name), [path]) if name == "str" && is_path(path) => *node = path.clone(),
                (Kind::Ident(name), [path, options @ ..]) if name == "open" && is_path(path) => {
                    *node = path.member("open").called(options);
                }
                _ => {}
            },
            _ => {}
        };
        let mut make = |stmt: &mut Stmt| {
            if let Some(made) = made_folder(stmt, &is_path) {
                stmt.kind = made;
            }
        };
        Alter { node: &mut tell, stmt: &mut make }.body(&mut program.body);
    }
}

/// Puts `tmp_path / "a.csv"` in the place of `"/tmp/a.csv"`, and of the names for it, in whatever takes `tmp_path` by now.
fn has_own_folder(old: &mut Program, new: &mut Program) -> bool {
    let mut files: Vec<Node> = Vec::new();
    let of_folder = |node: &Node| match &node.kind {
        Kind::Binary(op, folder, file) => op == "/" && folder.ident() == Some("tmp_path") && file.string().is_some(),
        _ => false,
    };
    new.body.iter().for_each(|stmt| stmt.walk(&mut |node| files.extend(of_folder(node).then(|| node.clone()))));
    let mut named: Vec<(String, Node)> = Vec::new();
    new.body.iter().for_each(|stmt| {
        stmt.walk_stmts(&mut |inner| {
            if let StmtKind::Decl { target, init: Some(value), .. } = &inner.kind
                && of_folder(value)
            {
                named.extend(target.ident().map(|name| (name.to_owned(), value.clone())));
            }
        });
    });
    // What writes the file has to be told where it is.
    let handed_over = |file: &Node| {
        let hands = |node: &Node| match &node.kind {
            Kind::Call { callee, args, .. } => {
                let names = Chain::of(callee).names();
                let asks = matches!(names[..], ["str" | "Path" | "open" | "os", ..] | ["json" | "csv", ..]);
                !asks
                    && args.iter().any(|arg| {
                        arg.any(&mut |part| {
                            part == file || named.iter().any(|(name, of)| of == file && part.ident() == Some(name))
                        })
                    })
            }
            _ => false,
        };
        new.body.iter().any(|stmt| stmt.any(&mut |node| hands(node)))
    };
    files.retain(handed_over);
    let shared = |text: &str| {
        let name = text.strip_prefix("/tmp/").filter(|name| !name.contains('/'))?;
        files.iter().find(|file| matches!(&file.kind, Kind::Binary(_, _, file) if file.string() == Some(name)))
    };
    let mut found = false;
    let mut put = |node: &mut Node| {
        if let Some(file) = node.string().and_then(shared) {
            node.kind = file.kind.clone();
            found = true;
        } else if let Kind::Call { callee, args, .. } = &node.kind
            && let [file] = args.as_slice()
            && callee.ident() == Some("Path")
            && of_folder(file)
        {
            *node = file.clone();
        }
    };
    Alter { node: &mut put, stmt: &mut |_| {} }.body(&mut old.body);
    if !found {
        return false;
    }
    for program in [&mut *old, new] {
        spell_out(program, &of_folder);
    }
    let mut leave = |stmt: &mut Stmt| {
        if is_removed(stmt, &of_folder) {
            stmt.kind = StmtKind::Block(Vec::new());
        }
    };
    Alter { node: &mut |_| {}, stmt: &mut leave }.body(&mut old.body);
    let idle = |stmt: &Stmt| matches!(&stmt.kind, StmtKind::Func(func) if func.name.starts_with("teardown") && flatten(&func.body).is_empty());
    old.body.retain(|stmt| !idle(stmt));
    found
}

/// Puts files in the place of the names that stand for them alone.
fn spell_out(program: &mut Program, is_file: &dyn Fn(&Node) -> bool) {
    let mut named: Vec<(String, Option<Kind>)> = Vec::new();
    let mut see = |stmt: &Stmt| {
        if let StmtKind::Decl { target, init: Some(value), .. } = &stmt.kind
            && let Some(name) = target.ident()
        {
            let file = is_file(value).then(|| value.kind.clone());
            match named.iter_mut().find(|(other, _)| other == name) {
                Some((_, known)) if *known != file => *known = None,
                Some(_) => {}
                None => named.push((name.to_owned(), file)),
            }
        }
    };
    program.body.iter().for_each(|stmt| stmt.walk_stmts(&mut see));
    let file_of = |name: &str| named.iter().find(|(other, _)| other == name).and_then(|(_, file)| file.clone());
    let mut leave = |stmt: &mut Stmt| {
        if matches!(&stmt.kind, StmtKind::Decl { target, init: Some(value), .. }
            if is_file(value) && target.ident().is_some_and(|name| file_of(name).is_some()))
        {
            stmt.kind = StmtKind::Block(Vec::new());
        }
    };
    Alter { node: &mut |_| {}, stmt: &mut leave }.body(&mut program.body);
    let mut put = |node: &mut Node| {
        if let Some(file) = node.ident().and_then(file_of) {
            node.kind = file;
        }
    };
    Alter { node: &mut put, stmt: &mut |_| {} }.body(&mut program.body);
}

/// `if os.path.exists(path): os.remove(path)`, which nobody needs in a folder of one's own.
fn is_removed(stmt: &Stmt, is_file: &dyn Fn(&Node) -> bool) -> bool {
    let of_file = |node: &Node, names: &[&[&str]]| match &node.kind {
        Kind::Call { args, .. } => {
            names.contains(&Chain::of(node).names().as_slice()) && matches!(args.as_slice(), [file] if is_file(file))
        }
        _ => false,
    };
    let removes = |stmt: &Stmt| matches!(&stmt.kind, StmtKind::Expr(node) if of_file(node, &[&["os", "remove"], &["os", "unlink"]]));
    match &stmt.kind {
        StmtKind::If { cond, then, other } => {
            of_file(cond, &[&["os", "path", "exists"], &["os", "path", "isfile"]])
                && matches!(then.as_slice(), [only] if removes(only))
                && other.is_empty()
        }
        _ => removes(stmt),
    }
}

/// `source = tmpdir.mkdir('source')` as `source = tmp_path / 'source'` and `source.mkdir()`.
fn made_folder(stmt: &Stmt, is_path: &dyn Fn(&Node) -> bool) -> Option<StmtKind> {
    let StmtKind::Decl { target, init: Some(Node { kind: Kind::Call { callee, args, .. }, line }), exported } =
        &stmt.kind
    else {
        return None;
    };
    let (Kind::Member { object, name, .. }, [part]) = (&callee.kind, args.as_slice()) else { return None };
    if name != "mkdir" || !is_path(object) && object.ident() != Some("tmp_path") {
        return None;
    }
    let path = Kind::Binary("/".into(), object.clone(), Box::new(part.clone()));
    let made = StmtKind::Decl { target: target.clone(), init: Some(Node::new(path, *line)), exported: *exported };
    let makes = StmtKind::Expr(target.member("mkdir").called(&[]));
    let line = |kind| Stmt { kind, line: stmt.line, end: stmt.end };
    Some(StmtKind::Block(vec![line(made), line(makes)]))
}

/// `path.check(file=1)` as `path.is_file()`, and the encoding of what is read, which both take, left out.
fn options_of_path(callee: &mut Node, args: &mut Vec<Node>) {
    let Kind::Member { name, .. } = &mut callee.kind else { return };
    let utf8 = |node: &Node| matches!(node.string(), Some("utf-8" | "utf8"));
    match (name.as_str(), args.as_slice()) {
        ("exists", [Node { kind: Kind::Object(entries), .. }]) if matches!(entries.as_slice(), [(key, yes)] if key == "file" && yes.number() == Some(1.0)) =>
        {
            *name = "isFile".to_owned();
            args.clear();
        }
        ("readText", [encoding]) if utf8(encoding) => args.clear(),
        ("readText", [Node { kind: Kind::Object(entries), .. }])
            if entries.iter().all(|(key, value)| key == "encoding" && utf8(value)) =>
        {
            args.clear()
        }
        _ => {}
    }
}

/// `tmp_path_factory.mktemp("db")` as `tmp_path`: a folder of each test is one that no other has.
fn made_by_factory(node: &mut Node) {
    if matches!(node.kind, Kind::Call { .. }) && Chain::of(node).names() == ["tmp_path_factory", "mktemp"] {
        node.kind = Kind::Ident("tmp_path".to_owned());
    }
}

/// Whether a function of a program takes a fixture.
fn asks_for(program: &Program, fixture: &str) -> bool {
    let mut found = false;
    let mut see = |stmt: &Stmt| {
        if let StmtKind::Func(func) = &stmt.kind {
            found |= func.params.iter().any(|param| param.ident() == Some(fixture));
        }
    };
    program.body.iter().for_each(|stmt| stmt.walk_stmts(&mut see));
    found
}

/// The names of a program for files in the temporary folder.
fn paths(program: &Program) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = ["tmpdir", "tmp_path"].map(str::to_owned).into();
    let mut others = BTreeSet::new();
    let mut see = |stmt: &Stmt| {
        let StmtKind::Decl { target, init: Some(value), .. } = &stmt.kind else { return };
        let Some(name) = target.ident() else { return };
        let known = is_path(value, &found);
        if known { &mut found } else { &mut others }.insert(name.to_owned());
    };
    program.body.iter().for_each(|stmt| stmt.walk_stmts(&mut see));
    found.retain(|name| !others.contains(name));
    found
}

fn is_path(node: &Node, known: &BTreeSet<String>) -> bool {
    match &node.kind {
        Kind::Ident(name) => known.contains(name),
        Kind::Binary(op, folder, _) => op == "/" && is_path(folder, known),
        Kind::Call { callee, args, .. } => match &callee.kind {
            Kind::Member { object, name, .. } => {
                matches!(name.as_str(), "join" | "joinpath" | "mkdir") && !args.is_empty() && is_path(object, known)
            }
            Kind::Ident(name) => name == "str" && matches!(args.as_slice(), [path] if is_path(path, known)),
            _ => false,
        },
        _ => false,
    }
}
