//! Python to the common tree. <https://github.com/tree-sitter/tree-sitter-python>
//!
//! Names of attributes and keywords become camel case (`to_have_text` is `toHaveText`), so that one vocabulary serves
//! both families of test libraries.

use tree_sitter::Node as Cst;

use super::super::chain::Chain;
use super::super::ir::{Class, Func, Import, Kind, Node, Stmt, StmtKind};
use super::super::locator::is_locator;
use super::{Source, end, line, named, plain, unescape};

pub fn body(source: &mut Source, node: Cst) -> Vec<Stmt> {
    named(node).into_iter().flat_map(|child| stmts(source, child)).collect()
}

fn stmt(node: Cst, kind: StmtKind) -> Stmt {
    Stmt { kind, line: line(node), end: end(node) }
}

fn stmts(source: &mut Source, node: Cst) -> Vec<Stmt> {
    let too_deep = vec![stmt(node, StmtKind::Other("too deep".into(), Vec::new()))];
    source.deeper(node, too_deep, |source| lower(source, node))
}

fn block(source: &mut Source, node: Option<Cst>) -> Vec<Stmt> {
    node.map(|node| body(source, node)).unwrap_or_default()
}

fn lower(source: &mut Source, node: Cst) -> Vec<Stmt> {
    let field = |name| node.child_by_field_name(name);
    let kind = match node.kind() {
        "comment" => return Vec::new(),
        "pass_statement" => StmtKind::Jump("pass".into()),
        "expression_statement" => {
            let inner = named(node);
            return inner.into_iter().flat_map(|child| expr_stmt(source, node, child)).collect();
        }
        "function_definition" => StmtKind::Func(func(source, node, Vec::new())),
        "class_definition" => StmtKind::Class(class(source, node, Vec::new())),
        "decorated_definition" => {
            let decorators = named(node).into_iter().filter(|child| child.kind() == "decorator");
            let decorators: Vec<Node> = decorators.map(|child| first(source, child)).collect();
            match field("definition") {
                Some(inner) if inner.kind() == "class_definition" => StmtKind::Class(class(source, inner, decorators)),
                Some(inner) => StmtKind::Func(func(source, inner, decorators)),
                None => StmtKind::Other("decorated".into(), decorators),
            }
        }
        "if_statement" | "elif_clause" => {
            let mut cursor = node.walk();
            let alternatives: Vec<Cst> = node.children_by_field_name("alternative", &mut cursor).collect();
            let mut other = Vec::new();
            for clause in alternatives.into_iter().rev() {
                if clause.kind() == "elif_clause" {
                    let mut lowered = stmts(source, clause);
                    if let Some(Stmt { kind: StmtKind::If { other: tail, .. }, .. }) = lowered.first_mut() {
                        *tail = std::mem::take(&mut other);
                    }
                    other = lowered;
                } else {
                    other = block(source, clause.child_by_field_name("body"));
                }
            }
            StmtKind::If {
                cond: opt(source, field("condition"), node),
                then: block(source, field("consequence")),
                other,
            }
        }
        "for_statement" | "while_statement" => {
            let head: Vec<Cst> = ["left", "right", "condition"].into_iter().filter_map(field).collect();
            let head = head.into_iter().map(|child| expr(source, child)).collect();
            let mut loop_body = block(source, field("body"));
            if let Some(clause) = field("alternative") {
                loop_body.extend(block(source, clause.child_by_field_name("body")));
            }
            StmtKind::Loop { head, body: loop_body }
        }
        "try_statement" => {
            let mut handlers = Vec::new();
            let mut finally = Vec::new();
            let mut tried = block(source, field("body"));
            for clause in named(node) {
                let inner = named(clause);
                let split = inner.iter().position(|child| child.kind() == "block").unwrap_or(inner.len());
                match clause.kind() {
                    "except_clause" | "except_group_clause" => {
                        let head = inner[..split].iter().map(|child| expr(source, *child)).collect();
                        handlers.push((head, block(source, inner.get(split).copied())));
                    }
                    "finally_clause" => finally = block(source, inner.get(split).copied()),
                    "else_clause" => tried.extend(block(source, clause.child_by_field_name("body"))),
                    _ => {}
                }
            }
            StmtKind::Try { body: tried, handlers, finally }
        }
        "with_statement" => {
            let clause = named(node).into_iter().find(|child| child.kind() == "with_clause");
            let items: Vec<Cst> = clause.map(named).unwrap_or_default();
            let items = items.into_iter().map(|item| opt(source, item.child_by_field_name("value"), item)).collect();
            StmtKind::With { items, body: block(source, field("body")) }
        }
        "return_statement" => StmtKind::Return(named(node).first().map(|child| expr(source, *child))),
        "raise_statement" => StmtKind::Throw(named(node).first().map(|child| expr(source, *child))),
        "break_statement" | "continue_statement" => StmtKind::Jump(source.text(node).to_owned()),
        "assert_statement" => {
            let parts = named(node);
            let message = parts.get(1).map(|child| expr(source, *child));
            StmtKind::Assert(opt(source, parts.first().copied(), node), message)
        }
        "import_statement" | "import_from_statement" | "future_import_statement" => return import(source, node),
        _ => match other(source, node).kind {
            Kind::Other(kind, parts) => StmtKind::Other(kind, parts),
            kind => StmtKind::Expr(Node::new(kind, line(node))),
        },
    };
    vec![stmt(node, kind)]
}

fn expr_stmt(source: &mut Source, node: Cst, inner: Cst) -> Vec<Stmt> {
    let inner = strip(inner);
    // A string that stands alone is documentation.
    if matches!(inner.kind(), "string" | "concatenated_string") && !has_interpolation(inner) {
        return Vec::new();
    }
    let kind = match inner.kind() {
        "assignment" => {
            let init = inner.child_by_field_name("right").map(|value| expr(source, value));
            let target = opt(source, inner.child_by_field_name("left"), inner);
            StmtKind::Decl { target, init, exported: node.parent().is_some_and(|parent| parent.kind() == "module") }
        }
        _ => StmtKind::Expr(expr(source, inner)),
    };
    vec![stmt(node, kind)]
}

fn import(source: &mut Source, node: Cst) -> Vec<Stmt> {
    let name_of = |source: &Source, child: Cst| match child.kind() {
        "aliased_import" => {
            let part =
                |name| child.child_by_field_name(name).map(|part| source.text(part).to_owned()).unwrap_or_default();
            (part("name"), part("alias"))
        }
        _ => (source.text(child).to_owned(), source.text(child).to_owned()),
    };
    let module = node.child_by_field_name("module_name");
    let mut cursor = node.walk();
    let listed: Vec<Cst> = node.children_by_field_name("name", &mut cursor).collect();
    if module.is_none() && node.kind() == "import_statement" {
        let each = listed.into_iter().map(|child| {
            let (name, alias) = name_of(source, child);
            let local = alias.split('.').next().unwrap_or_default().to_owned();
            stmt(node, StmtKind::Import(Import { source: name, names: vec![("*".into(), local)], reexport: false }))
        });
        return each.collect();
    }
    let mut names: Vec<(String, String)> = listed.into_iter().map(|child| name_of(source, child)).collect();
    if names.is_empty() {
        names.push(("*".into(), "*".into()));
    }
    names.sort();
    let from = module.map(|module| source.text(module).to_owned()).unwrap_or_else(|| "__future__".into());
    vec![stmt(node, StmtKind::Import(Import { source: from, names, reexport: false }))]
}

fn func(source: &mut Source, node: Cst, decorators: Vec<Node>) -> Func {
    let params = node.child_by_field_name("parameters").map(named).unwrap_or_default();
    let params = params.into_iter().map(|child| parameter(source, child)).collect();
    let body = match node.child_by_field_name("body") {
        Some(inner) if inner.kind() == "block" => block(source, Some(inner)),
        Some(inner) => {
            let value = expr(source, inner);
            vec![stmt(inner, StmtKind::Return(Some(value)))]
        }
        None => Vec::new(),
    };
    let mut cursor = node.walk();
    let is_async = node.children(&mut cursor).any(|child| child.kind() == "async");
    let mut generator = false;
    for statement in &body {
        statement
            .walk(&mut |part| generator |= matches!(&part.kind, Kind::Other(name, _) if name.starts_with("yield")));
    }
    let name = node.child_by_field_name("name").map(|name| source.text(name).to_owned()).unwrap_or_default();
    let mut func = Func { name, params, body, is_async, generator, decorators };
    plain::gives(&mut func);
    func
}

fn parameter(source: &mut Source, node: Cst) -> Node {
    let kind = match node.kind() {
        "typed_parameter" => return first(source, node),
        "default_parameter" | "typed_default_parameter" => Kind::Assign(
            "default".into(),
            Box::new(opt(source, node.child_by_field_name("name"), node)),
            Box::new(opt(source, node.child_by_field_name("value"), node)),
        ),
        _ => return expr(source, node),
    };
    Node::new(kind, line(node))
}

fn class(source: &mut Source, node: Cst, decorators: Vec<Node>) -> Class {
    let name = node.child_by_field_name("name").map(|name| source.text(name).to_owned()).unwrap_or_default();
    let heritage = node.child_by_field_name("superclasses").map(named).unwrap_or_default();
    let heritage = heritage.into_iter().map(|child| expr(source, child)).collect();
    Class { name, heritage, body: block(source, node.child_by_field_name("body")), decorators }
}

fn opt(source: &mut Source, node: Option<Cst>, parent: Cst) -> Node {
    match node {
        Some(node) => expr(source, node),
        None => Node::new(Kind::Const("nothing".into()), line(parent)),
    }
}

fn first(source: &mut Source, node: Cst) -> Node {
    opt(source, named(node).into_iter().next(), node)
}

fn strip(node: Cst) -> Cst {
    let mut node = node;
    while node.kind() == "parenthesized_expression" {
        match named(node).into_iter().next() {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}

fn expr(source: &mut Source, node: Cst) -> Node {
    let too_deep = Node::new(Kind::Other("too deep".into(), Vec::new()), line(node));
    source.deeper(node, too_deep, |source| lower_expr(source, strip(node)))
}

fn lower_expr(source: &mut Source, node: Cst) -> Node {
    let field = |name| node.child_by_field_name(name);
    let text = source.text(node);
    let kind = match node.kind() {
        "identifier" => match text {
            "self" | "cls" => Kind::Const("this".into()),
            _ => Kind::Ident(text.to_owned()),
        },
        "true" | "false" | "none" | "ellipsis" => Kind::Const(text.to_ascii_lowercase()),
        "integer" | "float" => Kind::Num(text.to_owned()),
        "string" => string(source, node),
        "concatenated_string" => {
            let parts: Vec<Node> = named(node).into_iter().map(|child| expr(source, child)).collect();
            match parts.iter().map(Node::string).collect::<Option<Vec<_>>>() {
                Some(strings) => Kind::Str(strings.concat()),
                None => Kind::Template(parts),
            }
        }
        "await" => Kind::Await(Box::new(first(source, node))),
        "call" => {
            let callee = opt(source, field("function"), node);
            let list = field("arguments");
            let args = match list {
                Some(list) if list.kind() == "argument_list" => arguments(source, list, equates(&callee)),
                Some(generator) => vec![expr(source, generator)],
                None => Vec::new(),
            };
            return pattern_call(callee, args, line(node));
        }
        "attribute" => {
            let object = opt(source, field("object"), node);
            let name = field("attribute").map(|name| camel(source.text(name))).unwrap_or_default();
            let called = node.parent().is_some_and(|parent| parent.child_by_field_name("function") == Some(node));
            // What is a property here is a method elsewhere.
            if matches!(name.as_str(), "first" | "last") && !called && is_locator(&object) {
                return object.member(&name).called(&[]);
            }
            Kind::Member { object: Box::new(object), name, optional: false }
        }
        "subscript" => {
            let object = Box::new(opt(source, field("value"), node));
            let mut cursor = node.walk();
            let indexes: Vec<Cst> = node.children_by_field_name("subscript", &mut cursor).collect();
            let mut indexes: Vec<Node> = indexes.into_iter().map(|child| expr(source, child)).collect();
            let index = match indexes.len() {
                1 => indexes.swap_remove(0),
                _ => Node::new(Kind::Array(indexes), line(node)),
            };
            match index.kind {
                Kind::Str(name) => Kind::Member { object, name, optional: false },
                kind => Kind::Index { object, index: Box::new(Node::new(kind, line(node))) },
            }
        }
        "dictionary" => {
            let entries = named(node).into_iter().map(|child| match child.kind() {
                "pair" => {
                    let name = opt(source, child.child_by_field_name("key"), child);
                    let name = name.string().map_or_else(|| format!("{:?}", name.kind), str::to_owned);
                    (name, opt(source, child.child_by_field_name("value"), child))
                }
                _ => ("...".to_owned(), expr(source, child)),
            });
            Kind::Object(entries.collect())
        }
        "list" | "tuple" | "set" | "expression_list" | "pattern_list" | "tuple_pattern" | "list_pattern" => {
            Kind::Array(named(node).into_iter().map(|child| expr(source, child)).collect())
        }
        "list_splat" | "dictionary_splat" | "list_splat_pattern" | "dictionary_splat_pattern" => {
            Kind::Spread(Box::new(first(source, node)))
        }
        "lambda" => Kind::Fn(Box::new(func(source, node, Vec::new()))),
        "not_operator" => Kind::Unary("!".into(), Box::new(opt(source, field("argument"), node))),
        "unary_operator" => {
            let op = field("operator").map(|op| source.text(op).to_owned()).unwrap_or_default();
            Kind::Unary(op, Box::new(opt(source, field("argument"), node)))
        }
        "boolean_operator" | "binary_operator" => {
            let op = match field("operator").map(|op| source.text(op)).unwrap_or_default() {
                "or" => "||",
                "and" => "&&",
                op => op,
            };
            Kind::Binary(
                op.to_owned(),
                Box::new(opt(source, field("left"), node)),
                Box::new(opt(source, field("right"), node)),
            )
        }
        "comparison_operator" => {
            let operands = named(node);
            let mut cursor = node.walk();
            let operators: Vec<&str> =
                node.children(&mut cursor).filter(|child| !child.is_named()).map(|child| source.text(child)).collect();
            if operands.len() != 2 {
                return other(source, node);
            }
            let equates = matches!(operators.as_slice(), ["==" | "!="]);
            let operands: Vec<Node> = operands
                .into_iter()
                .map(|child| if equates { typed(source, child) } else { expr(source, child) })
                .collect();
            let mut operands = operands.into_iter();
            match (operands.next(), operands.next()) {
                (Some(left), Some(right)) => Kind::Binary(operators.join(" "), Box::new(left), Box::new(right)),
                _ => Kind::Const("nothing".into()),
            }
        }
        "conditional_expression" => {
            let parts: Vec<Node> = named(node).into_iter().map(|child| expr(source, child)).collect();
            match <[Node; 3]>::try_from(parts) {
                Ok([then, cond, other]) => Kind::Ternary(Box::new(cond), Box::new(then), Box::new(other)),
                Err(parts) => Kind::Other("conditional".into(), parts),
            }
        }
        "keyword_argument" => {
            let name = field("name").map(|name| camel(source.text(name))).unwrap_or_default();
            Kind::Object(vec![(name, opt(source, field("value"), node))])
        }
        "typed_parameter" | "default_parameter" | "typed_default_parameter" => return parameter(source, node),
        "type" => Kind::Const("type".into()),
        _ => return other(source, node),
    };
    Node::new(kind, line(node))
}

/// `re.compile("x")` is what a regular expression literal is elsewhere.
fn pattern_call(callee: Node, args: Vec<Node>, line: usize) -> Node {
    if let Kind::Member { object, name, .. } = &callee.kind
        && object.ident() == Some("re")
        && name == "compile"
        && let Some(pattern) = args.first().and_then(Node::string)
    {
        let flags = args.get(1).map(|flags| format!("{:?}", flags.kind)).unwrap_or_default();
        let flags = if flags.contains("IGNORECASE") || flags.contains("\"I\"") { "i" } else { "" };
        if args.len() == 1 || !flags.is_empty() {
            return Node::new(Kind::Regex(format!("/{pattern}/{flags}")), line);
        }
    }
    Node::new(Kind::Call { callee: Box::new(selecting(callee, &args)), args, optional: false }, line)
}

/// Beautiful Soup's `select(".row")` finds elements; what chooses an option takes more than a string, or has another name.
fn selecting(callee: Node, args: &[Node]) -> Node {
    match callee.kind {
        Kind::Member { object, name, optional }
            if name == "select" && matches!(args, [Node { kind: Kind::Str(_), .. }]) =>
        {
            Node::new(Kind::Member { object, name: "selectAll".into(), optional }, callee.line)
        }
        kind => Node::new(kind, callee.line),
    }
}

/// Positional arguments, then one object that holds the keyword arguments, as in the JavaScript libraries.
/// A value that is compared with another: to be equal they have to be of one type.
fn typed(source: &mut Source, node: Cst) -> Node {
    match node.kind() {
        kind @ ("tuple" | "set") => {
            let parts = named(node).into_iter().map(|part| expr(source, part)).collect();
            Node::new(Kind::Other(kind.into(), parts), line(node))
        }
        _ => expr(source, node),
    }
}

/// `self.assertEqual` and its alias
fn equates(callee: &Node) -> bool {
    matches!(Chain::of(callee).names()[..], ["this", "assertEqual" | "assertEquals" | "assertNotEqual"])
}

fn arguments(source: &mut Source, list: Cst, equates: bool) -> Vec<Node> {
    let mut args = Vec::new();
    let mut keywords = Vec::new();
    for child in named(list) {
        if child.kind() == "keyword_argument" {
            let name = child.child_by_field_name("name").map(|name| camel(source.text(name))).unwrap_or_default();
            let value = opt(source, child.child_by_field_name("value"), child);
            // It only says what goes without saying.
            let usual = name == "encoding" && value.string().is_some_and(|coding| coding.eq_ignore_ascii_case("utf-8"));
            keywords.extend((!usual).then_some((name, value)));
        } else {
            args.push(if equates { typed(source, child) } else { expr(source, child) });
        }
    }
    if !keywords.is_empty() {
        args.push(Node::new(Kind::Object(keywords), line(list)));
    }
    args
}

fn other(source: &mut Source, node: Cst) -> Node {
    let mut cursor = node.walk();
    let children: Vec<Cst> = node.children(&mut cursor).filter(|child| child.kind() != "comment").collect();
    let mut name = node.kind().to_owned();
    if children.is_empty() {
        name = format!("{name} {}", source.text(node));
    }
    let mut parts = Vec::new();
    for child in children {
        if child.kind() == "block" {
            let body = body(source, child);
            let func = Func {
                name: String::new(),
                params: Vec::new(),
                body,
                is_async: false,
                generator: false,
                decorators: Vec::new(),
            };
            parts.push(Node::new(Kind::Fn(Box::new(func)), line(child)));
        } else if child.is_named() {
            parts.push(expr(source, child));
        } else {
            name.push(' ');
            name.push_str(child.kind());
        }
    }
    Node::new(Kind::Other(name, parts), line(node))
}

fn string(source: &mut Source, node: Cst) -> Kind {
    let children = named(node);
    let start = children.iter().find(|child| child.kind() == "string_start").map(|child| source.text(*child));
    let prefix = start.unwrap_or_default().to_ascii_lowercase();
    let raw = prefix.contains('r');
    let mut parts = Vec::new();
    let mut plain = String::new();
    for child in children {
        match child.kind() {
            "string_content" => {
                let text = source.text(child);
                plain.push_str(&if raw { text.to_owned() } else { unescape(text) });
            }
            "interpolation" => {
                parts.push(Node::new(Kind::Str(std::mem::take(&mut plain)), line(child)));
                parts.push(first(source, child));
            }
            _ => {}
        }
    }
    if parts.is_empty() {
        return Kind::Str(plain);
    }
    parts.push(Node::new(Kind::Str(plain), line(node)));
    Kind::Template(parts)
}

fn has_interpolation(node: Cst) -> bool {
    named(node).into_iter().any(|child| child.kind() == "interpolation" || has_interpolation(child))
}

/// `to_have_text` → `toHaveText`; names without inner underscores stay as they are.
pub fn camel(name: &str) -> String {
    let trimmed = name.trim_start_matches('_');
    let mut out = name[..name.len() - trimmed.len()].to_owned();
    let mut upper = false;
    for next in trimmed.chars() {
        if next == '_' {
            upper = true;
        } else if upper {
            out.extend(next.to_uppercase());
            upper = false;
        } else {
            out.push(next);
        }
    }
    if trimmed.chars().all(|next| next.is_uppercase() || next == '_' || next.is_numeric()) {
        name.to_owned()
    } else {
        out
    }
}
