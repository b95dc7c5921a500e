//! Where a module went: files that moved, and declarations that moved from one file to another as they were.

use super::super::ir::{Kind, Node, Program, Stmt, StmtKind, hash_of};

/// What moved in a change. Paths are without extension.
#[derive(Default)]
pub struct Moves {
    /// All files of the change, where they are now.
    present: Vec<String>,
    files: Vec<(String, String)>,
    declarations: Vec<(String, String, String)>,
}

/// A file before and after, each with its path.
pub struct Versions<'p> {
    pub old_path: &'p str,
    pub new_path: &'p str,
    pub old: &'p Program,
    pub new: &'p Program,
}

impl Moves {
    /// `paths` are those of all files of the change, whether they can be parsed or not.
    pub fn of(files: &[Versions], paths: &[&str]) -> Moves {
        let present = paths.iter().map(|path| stem(path)).collect();
        let mut moves = Moves { present, ..Moves::default() };
        for file in files.iter().filter(|file| file.old_path != file.new_path) {
            moves.files.push((stem(file.old_path), stem(file.new_path)));
        }
        for from in files {
            for (name, hash) in declarations(from.old) {
                let stays = declarations(from.new).iter().any(|(other, _)| *other == name);
                let arrived = files.iter().filter(|to| {
                    !std::ptr::eq(*to, from)
                        && declarations(to.new).contains(&(name, hash))
                        && !declarations(to.old).iter().any(|(other, _)| *other == name)
                });
                if !stays {
                    moves
                        .declarations
                        .extend(arrived.map(|to| (name.to_owned(), stem(from.old_path), stem(to.new_path))));
                }
            }
        }
        moves
    }

    /// Whether what a file imports as `name` went from one module to the other.
    pub fn explain(&self, importer: &str, name: &str, old: &str, new: &str) -> bool {
        let (old, new) = (module(&self.earlier(importer), old), module(importer, new));
        if old.whole && new.whole && old.path == new.path {
            return true;
        }
        self.files.iter().any(|(from, to)| is_at(&old, from) && is_at(&new, to))
            || self.declarations.iter().any(|(moved, from, to)| moved == name && is_at(&old, from) && is_at(&new, to))
    }

    /// Where a file was, with the extension that it has now.
    fn earlier(&self, path: &str) -> String {
        let now = stem(path);
        let was = self.files.iter().find(|(_, to)| *to == now).map(|(from, _)| from);
        was.map_or(path.to_owned(), |was| format!("{was}{}", &path[now.len()..]))
    }

    /// Whether a module is among the files of the change.
    pub fn touch(&self, importer: &str, source: &str) -> bool {
        let module = module(importer, source);
        self.present.iter().any(|file| is_at(&module, file))
    }

    /// Whether a name that a file declared is now what it imports from a module.
    pub fn went_to(&self, path: &str, name: &str, source: &str) -> bool {
        let (from, module) = (stem(path), module(path, source));
        self.declarations.iter().any(|(moved, old, new)| moved == name && *old == from && is_at(&module, new))
    }

    /// Whether a module is where something that another file declared is now, as it was.
    pub fn arrived_at(&self, importer: &str, name: &str, source: &str) -> bool {
        let module = module(importer, source);
        self.declarations.iter().any(|(moved, _, to)| moved == name && is_at(&module, to))
    }

    /// Whether a declaration of a file was in another one.
    pub fn brought(&self, path: &str, name: &str) -> bool {
        let path = stem(path);
        self.declarations.iter().any(|(moved, _, to)| moved == name && *to == path)
    }

    /// Whether a statement declares what was in another file.
    pub fn brought_whole(&self, path: &str, stmt: &Stmt) -> bool {
        declared(stmt).is_some_and(|(name, _)| self.brought(path, name))
    }

    /// Whether a declaration of a file is now in another one.
    pub fn took_away(&self, path: &str, name: &str) -> bool {
        let path = stem(path);
        self.declarations.iter().any(|(moved, from, _)| moved == name && *from == path)
    }
}

/// The names that a file declares outermost, with a hash of what they stand for.
fn declarations(program: &Program) -> Vec<(&str, u64)> {
    program.body.iter().filter_map(declared).collect()
}

fn declared(stmt: &Stmt) -> Option<(&str, u64)> {
    match &stmt.kind {
        StmtKind::Func(func) => Some((func.name.as_str(), hash_of(func))),
        StmtKind::Class(class) => Some((class.name.as_str(), hash_of(class))),
        StmtKind::Decl { target: Node { kind: Kind::Ident(name), .. }, init: Some(value), .. } if name != "default" => {
            Some((name.as_str(), hash_of(value)))
        }
        _ => None,
    }
}

/// A path without its extension; a package is its folder.
fn stem(path: &str) -> String {
    #[rustfmt::skip]
    const EXTENSIONS: [&str; 12] = [
        ".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".py", ".json", ".vue", ".svelte",
    ];
    let path = EXTENSIONS.iter().find_map(|extension| path.strip_suffix(extension)).unwrap_or(path);
    let path = path.strip_suffix("/index").or(path.strip_suffix("/__init__")).unwrap_or(path);
    path.to_owned()
}

/// Whether what a file imports is surely another file.
pub fn leads_to(importer: &str, source: &str, file: &str) -> bool {
    module(importer, source).path == stem(file)
}

/// The path of what a file imports, as far as it says.
pub fn path_of(importer: &str, source: &str) -> String {
    module(importer, source).path
}

/// Whether a program loads a file.
pub fn imports(program: &Program, importer: &str, file: &str) -> bool {
    let loads = |source: &str| is_at(&module(importer, source), &stem(file));
    program.body.iter().any(|stmt| match &stmt.kind {
        StmtKind::Import(import) => loads(&import.source),
        _ => stmt.any(&mut |node| node.string().is_some_and(loads)),
    })
}

/// What a file imports, as a path: from the root if it is relative, else as far as it says.
fn module(importer: &str, source: &str) -> Module {
    let folder: Vec<&str> = importer.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev().collect();
    if importer.ends_with(".py") {
        let dots = source.len() - source.trim_start_matches('.').len();
        let rest = source[dots..].replace('.', "/");
        let up = folder.len().saturating_sub(dots.saturating_sub(1));
        let parts = if dots > 0 { folder[..up].to_vec() } else { Vec::new() };
        return Module { path: join(&parts, &rest), whole: dots > 0 };
    }
    let relative = source.starts_with('.');
    let base = if relative { folder } else { Vec::new() };
    let source = source.trim_start_matches(['@', '~']).trim_start_matches(|next| !relative && next == '/');
    Module { path: stem(&join(&base, source)), whole: relative }
}

struct Module {
    path: String,
    whole: bool,
}

fn is_at(module: &Module, file: &str) -> bool {
    module.path == file || !module.whole && file.ends_with(&format!("/{}", module.path))
}

fn join(base: &[&str], rest: &str) -> String {
    let mut parts = base.to_vec();
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_is_resolved_as_its_language_does() {
        let cases = [
            ("tests/a.spec.ts", "./lib/auth", "tests/lib/auth"),
            ("tests/e2e/a.spec.ts", "../lib/auth.js", "tests/lib/auth"),
            ("tests/e2e/a.spec.ts", "@/lib", "lib"),
            ("tests/e2e/test_a.py", ".pages.cart", "tests/e2e/pages/cart"),
            ("tests/e2e/test_a.py", "..pages", "tests/pages"),
            ("tests/e2e/test_a.py", "shop.cart", "shop/cart"),
        ];
        for (importer, source, path) in cases {
            assert_eq!(module(importer, source).path, path, "{source} in {importer}");
        }
    }
}
