//! From text to [`Program`]: picks the grammar by the file's name, parses, and lowers.

mod aliases;
mod cypress;
mod idioms;
mod javascript;
mod plain;
mod python;

use std::borrow::Cow;

pub use plain::named_context;
pub use python::camel;
use tree_sitter::{Node as Cst, Parser};

use super::ir::Program;

/// Code nested deeper than this is not lowered: it is `broken`. What walks the tree needs a stack for that: see
/// [`with_stack`].
const MAX_DEPTH: usize = 300;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    JavaScript,
    TypeScript,
    Tsx,
    Python,
}

impl Language {
    /// By the name's ending; `None` for a language that the gate cannot parse.
    pub fn of(path: &str) -> Option<Language> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let (_, extension) = name.rsplit_once('.')?;
        Some(match extension.to_ascii_lowercase().as_str() {
            "js" | "jsx" | "mjs" | "cjs" => Language::JavaScript,
            "ts" | "mts" | "cts" => Language::TypeScript,
            "tsx" => Language::Tsx,
            "py" => Language::Python,
            _ => return None,
        })
    }
}

/// Parses a file. Text that cannot be read gives a program that is `broken`, never an error.
pub fn parse(language: Language, text: &str) -> Program {
    let mut parser = Parser::new();
    let grammar: tree_sitter::Language = match language {
        Language::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        // TSX is JavaScript with JSX, and types.
        Language::JavaScript | Language::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
        Language::Python => tree_sitter_python::LANGUAGE.into(),
    };
    let readable = match language {
        Language::TypeScript | Language::Tsx => without_types_of_modules(text),
        _ => Cow::Borrowed(text),
    };
    let text = &*readable;
    let tree = match parser.set_language(&grammar) {
        Ok(()) => parser.parse(text, None),
        Err(_) => None,
    };
    let Some(tree) = tree else {
        return Program { broken: Some(1), ..Program::default() };
    };
    let is_wrong = |node: Cst| {
        node.is_error() || node.is_missing() || language == Language::JavaScript && javascript::is_typed(node)
    };
    let root = tree.root_node();
    let broken = first(root, is_wrong).or(root.has_error().then_some(1));
    let mut program = Program { broken, ..Program::default() };
    let mut source = Source { text, too_deep: None, depth: 0 };
    program.body = match language {
        Language::Python => aliases::settle(python::body(&mut source, tree.root_node())),
        _ => idioms::settle(javascript::body(&mut source, tree.root_node())),
    };
    program.comments = comments(tree.root_node(), text);
    program.broken = program.broken.or(source.too_deep);
    program
}

/// `vi.importActual<typeof import('./rates')>(` with a type in that place that the grammar can read, of the same length.
/// <https://github.com/tree-sitter/tree-sitter-typescript/issues/367>
fn without_types_of_modules(text: &str) -> Cow<'_, str> {
    const TYPE: &str = "<typeof import(";
    let mut out = Cow::Borrowed(text);
    let mut at = 0;
    while let Some(found) = text[at..].find(TYPE).map(|found| at + found) {
        at = found + TYPE.len();
        let rest = &text[at..];
        let Some(end) = rest.find(")>(").filter(|end| is_string(&rest[..*end])) else { continue };
        let length = at + end + 1 - (found + 1);
        out.to_mut().replace_range(found + 1..found + 1 + length, &format!("{:1$}", "any", length));
    }
    out
}

/// Whether a text is one string, in quotes.
fn is_string(text: &str) -> bool {
    let inner = ['\'', '"'].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    inner.is_some_and(|inner| inner.chars().all(|next| !next.is_control() && !matches!(next, '\'' | '"' | '`' | '\\')))
}

/// Runs `work` on a stack that is deep enough for the deepest tree that is lowered.
pub fn with_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(128 << 20).spawn_scoped(scope, work);
        thread.ok().and_then(|handle| handle.join().ok())
    })
}

/// What both lowerings carry along.
struct Source<'t> {
    text: &'t str,
    too_deep: Option<usize>,
    depth: usize,
}

impl<'t> Source<'t> {
    fn text(&self, node: Cst) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// Runs `lower` one level deeper, or marks the program as too deep and gives `instead`.
    fn deeper<T>(&mut self, node: Cst, instead: T, lower: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth >= MAX_DEPTH {
            self.too_deep.get_or_insert(line(node));
            return instead;
        }
        self.depth += 1;
        let result = lower(self);
        self.depth -= 1;
        result
    }
}

fn line(node: Cst) -> usize {
    node.start_position().row + 1
}

fn end(node: Cst) -> usize {
    node.end_position().row + 1
}

/// The named children without comments.
fn named<'c>(node: Cst<'c>) -> Vec<Cst<'c>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !child.is_extra() || child.kind() == "ERROR").collect()
}

/// All nodes in order, without recursion: hostile text may be nested without bound.
fn each_node(root: Cst, mut visit: impl FnMut(Cst)) {
    let mut cursor = root.walk();
    loop {
        visit(cursor.node());
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

/// The line of the first node of a kind.
fn first(root: Cst, is_it: impl Fn(Cst) -> bool) -> Option<usize> {
    let mut first = None;
    each_node(root, |node| {
        if first.is_none() && is_it(node) {
            first = Some(line(node));
        }
    });
    first
}

fn comments(root: Cst, text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    each_node(root, |node| {
        if node.kind() == "comment" || node.kind() == "hash_bang_line" {
            found.push((line(node), text.get(node.byte_range()).unwrap_or_default().to_owned()));
        }
    });
    found
}

/// Undoes the escapes of a string literal, so that an escaped name is the name.
fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(next) = chars.next() {
        if next != '\\' {
            out.push(next);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('\n') | None => {}
            Some(kind @ ('x' | 'u' | 'U')) => {
                let braces = kind == 'u' && chars.peek() == Some(&'{');
                let mut digits = String::new();
                if braces {
                    chars.next();
                    digits.extend(chars.by_ref().take_while(|digit| *digit != '}'));
                } else {
                    let count = match kind {
                        'x' => 2,
                        'u' => 4,
                        _ => 8,
                    };
                    while digits.len() < count && chars.peek().is_some_and(char::is_ascii_hexdigit) {
                        digits.extend(chars.next());
                    }
                }
                match u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32) {
                    Some(decoded) => out.push(decoded),
                    None => {
                        out.push(kind);
                        out.push_str(&digits);
                    }
                }
            }
            Some(other) => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_quotes_and_types_do_not_matter() {
        let cases = [
            (
                Language::JavaScript,
                "test('a', () => { expect(x).toBe(1); })",
                "test(\n  \"a\", () => {\n expect((x)).toBe(1)\n})\n",
            ),
            (Language::TypeScript, "const a: string = b as any;", "const a = b"),
            (Language::JavaScript, "test.skip('a')", "test['skip'](`a`)"),
            (Language::JavaScript, "test.skip('a')", "test.sk\\u0069p('a')"),
            (Language::Python, "assert a == 'b'  # why\n", "assert (a == \"b\")\n"),
        ];
        for (language, one, other) in cases {
            assert_eq!(parse(language, one).body, parse(language, other).body, "{one} / {other}");
        }
    }

    #[test]
    fn broken_and_bottomless_text_is_broken() {
        with_stack(bottomless).expect("no panic");
    }

    fn bottomless() {
        assert_eq!(parse(Language::JavaScript, "a\nfoo((").broken, Some(2));
        let deep = format!("{}1{}", "(a,".repeat(5000), ")".repeat(5000));
        assert!(parse(Language::JavaScript, &deep).broken.is_some());
        let deep = format!("x = {}1{}", "[".repeat(5000), "]".repeat(5000));
        assert!(parse(Language::Python, &deep).broken.is_some());
    }
}
