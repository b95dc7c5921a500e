//! JavaScript and TypeScript to the common tree. <https://github.com/tree-sitter/tree-sitter-typescript>

use tree_sitter::Node as Cst;

use super::super::ir::{Class, Func, Import, Kind, Node, Stmt, StmtKind};
use super::{Source, end, line, named, plain, unescape};

/// Whether this is TypeScript's alone. In a file of JavaScript `expect < any > (paid)` compares, and asserts nothing.
pub fn is_typed(node: Cst) -> bool {
    #[rustfmt::skip]
    const KINDS: [&str; 25] = [
        "type_annotation", "type_arguments", "type_parameters", "type_predicate_annotation", "asserts_annotation",
        "as_expression", "satisfies_expression", "non_null_expression", "instantiation_expression",
        "optional_parameter", "enum_declaration", "interface_declaration", "type_alias_declaration",
        "ambient_declaration", "abstract_class_declaration", "function_signature", "method_signature",
        "index_signature", "accessibility_modifier", "override_modifier", "implements_clause", "import_alias",
        "import_require_clause", "internal_module", "module",
    ];
    KINDS.contains(&node.kind())
}

pub fn body(source: &mut Source, node: Cst) -> Vec<Stmt> {
    named(node).into_iter().flat_map(|child| stmts(source, child)).collect()
}

fn stmt(node: Cst, kind: StmtKind) -> Stmt {
    Stmt { kind, line: line(node), end: end(node) }
}

fn stmts(source: &mut Source, node: Cst) -> Vec<Stmt> {
    let too_deep = vec![stmt(node, StmtKind::Other("too deep".into(), Vec::new()))];
    source.deeper(node, too_deep, |source| lower(source, node, false))
}

/// A statement where the grammar takes one or a block.
fn block(source: &mut Source, node: Option<Cst>) -> Vec<Stmt> {
    match node {
        Some(node) if node.kind() == "statement_block" => body(source, node),
        Some(node) if node.kind() == "else_clause" => {
            named(node).into_iter().flat_map(|child| block(source, Some(child))).collect()
        }
        Some(node) => stmts(source, node),
        None => Vec::new(),
    }
}

fn lower(source: &mut Source, node: Cst, exported: bool) -> Vec<Stmt> {
    let field = |name| node.child_by_field_name(name);
    let kind = match node.kind() {
        "empty_statement" | "type_alias_declaration" | "interface_declaration" | "hash_bang_line" | "comment" => {
            return Vec::new();
        }
        "expression_statement" => {
            let Some(inner) = named(node).into_iter().next() else { return Vec::new() };
            return expr_stmt(source, node, inner);
        }
        "lexical_declaration" | "variable_declaration" => {
            let declarators = named(node).into_iter().filter(|child| child.kind() == "variable_declarator");
            return declarators.map(|child| declarator(source, child, exported)).collect();
        }
        "function_declaration" | "generator_function_declaration" => StmtKind::Func(func(source, node)),
        "class_declaration" | "abstract_class_declaration" => StmtKind::Class(class(source, node)),
        "if_statement" => StmtKind::If {
            cond: opt(source, field("condition"), node),
            then: block(source, field("consequence")),
            other: block(source, field("alternative")),
        },
        "for_statement" | "for_in_statement" | "while_statement" | "do_statement" => {
            let body_node = field("body");
            let head = named(node).into_iter().filter(|child| Some(*child) != body_node);
            let head: Vec<Cst> = head.collect();
            let mut head: Vec<Node> = head.into_iter().map(|child| expr(source, child)).collect();
            // The keys of a list are not its items.
            if field("operator").is_some_and(|operator| operator.kind() == "in")
                && let Some(object) = head.pop()
            {
                head.push(Node::new(Kind::Other("keys of".into(), vec![object]), line(node)));
            }
            StmtKind::Loop { head, body: block(source, body_node) }
        }
        "try_statement" => {
            let handlers = field("handler").into_iter().map(|handler| {
                let parameter = handler.child_by_field_name("parameter").map(|node| expr(source, node));
                (parameter.into_iter().collect(), block(source, handler.child_by_field_name("body")))
            });
            let handlers = handlers.collect();
            let finally = field("finalizer").and_then(|clause| clause.child_by_field_name("body"));
            StmtKind::Try { body: block(source, field("body")), handlers, finally: block(source, finally) }
        }
        "statement_block" => StmtKind::Block(body(source, node)),
        "return_statement" => StmtKind::Return(named(node).first().map(|child| expr(source, *child))),
        "throw_statement" => StmtKind::Throw(named(node).first().map(|child| expr(source, *child))),
        "break_statement" | "continue_statement" => StmtKind::Jump(source.text(node).trim_end_matches(';').to_owned()),
        "import_statement" => import(source, node, false),
        "export_statement" => {
            if let Some(declaration) = field("declaration") {
                return source.deeper(node, Vec::new(), |source| lower(source, declaration, true));
            }
            if let Some(value) = field("value") {
                let target = Node::new(Kind::Ident("default".into()), line(node));
                StmtKind::Decl { target, init: Some(expr(source, value)), exported: true }
            } else if field("source").is_some() {
                import(source, node, true)
            } else {
                other_stmt(source, node)
            }
        }
        "labeled_statement" => {
            let label = field("label").map(|label| source.text(label)).unwrap_or_default();
            let head = vec![Node::new(Kind::Const(format!("label {label}")), line(node))];
            StmtKind::Loop { head, body: block(source, field("body")) }
        }
        "function_signature" => return Vec::new(),
        _ => other_stmt(source, node),
    };
    vec![stmt(node, kind)]
}

fn other_stmt(source: &mut Source, node: Cst) -> StmtKind {
    match other(source, node).kind {
        Kind::Other(kind, parts) => StmtKind::Other(kind, parts),
        kind => StmtKind::Other(String::new(), vec![Node::new(kind, line(node))]),
    }
}

fn expr_stmt(source: &mut Source, node: Cst, inner: Cst) -> Vec<Stmt> {
    let inner = strip(inner);
    if inner.kind() == "sequence_expression" {
        return source.deeper(node, vec![stmt(node, StmtKind::Other("too deep".into(), Vec::new()))], |source| {
            named(inner).into_iter().flat_map(|child| expr_stmt(source, child, child)).collect()
        });
    }
    let mut lowered = expr(source, inner);
    plain::forget_value_of_act(&mut lowered);
    if let Some(parts) = plain::all_of(&lowered) {
        return parts.into_iter().map(|part| stmt(node, StmtKind::Expr(part))).collect();
    }
    if let Some((goes, body)) = plain::of_origin(&lowered) {
        return std::iter::once(stmt(node, StmtKind::Expr(goes))).chain(body).collect();
    }
    if let Some(kind) = plain::times(&lowered) {
        return vec![stmt(node, kind)];
    }
    let kind = match lowered.kind {
        Kind::Assign(op, target, init) if op == "=" => {
            StmtKind::Decl { target: *target, init: Some(*init), exported: false }
        }
        kind => StmtKind::Expr(Node { kind, line: lowered.line }),
    };
    vec![stmt(node, kind)]
}

fn declarator(source: &mut Source, node: Cst, exported: bool) -> Stmt {
    let target = opt(source, node.child_by_field_name("name"), node);
    let init = node.child_by_field_name("value").map(|value| expr(source, value));
    stmt(node, StmtKind::Decl { target, init, exported })
}

fn import(source: &mut Source, node: Cst, reexport: bool) -> StmtKind {
    let from = node.child_by_field_name("source").map(|node| text_of_string(source, node)).unwrap_or_default();
    let mut names = Vec::new();
    let mut todo = named(node);
    while let Some(next) = todo.pop() {
        match next.kind() {
            "import_specifier" | "export_specifier" => {
                let field = |name| next.child_by_field_name(name).map(|child| identifier(source, child));
                let name = field("name").unwrap_or_default();
                let alias = field("alias").unwrap_or_else(|| name.clone());
                names.push((name, alias));
            }
            "namespace_import" | "namespace_export" => {
                let name = named(next).first().map(|child| identifier(source, *child)).unwrap_or_default();
                names.push(("*".to_owned(), name));
            }
            "identifier" => names.push(("default".to_owned(), identifier(source, next))),
            "string" => {}
            _ => todo.extend(named(next)),
        }
    }
    if reexport && names.is_empty() {
        names.push(("*".to_owned(), "*".to_owned()));
    }
    names.sort();
    StmtKind::Import(Import { source: from, names, reexport })
}

fn func(source: &mut Source, node: Cst) -> Func {
    let name = node.child_by_field_name("name").map(|name| key(source, name)).unwrap_or_default();
    let mut params = Vec::new();
    if let Some(parameters) = node.child_by_field_name("parameters") {
        params = named(parameters).into_iter().map(|child| expr(source, child)).collect();
    } else if let Some(parameter) = node.child_by_field_name("parameter") {
        params.push(expr(source, parameter));
    }
    let mut cursor = node.walk();
    let words: Vec<&str> = node.children(&mut cursor).map(|child| child.kind()).collect();
    let body = match node.child_by_field_name("body") {
        Some(node) if node.kind() == "statement_block" => body(source, node),
        Some(node) => {
            let value = expr(source, node);
            vec![stmt(node, StmtKind::Return(Some(value)))]
        }
        None => Vec::new(),
    };
    let accessor = words.iter().find(|word| matches!(**word, "get" | "set")).copied();
    let mut func = Func {
        name: match accessor {
            Some(word) => format!("{word} {name}"),
            None => name,
        },
        params,
        body,
        is_async: words.contains(&"async"),
        generator: words.contains(&"*") || node.kind().starts_with("generator"),
        decorators: Vec::new(),
    };
    plain::awaits(&mut func);
    func
}

fn class(source: &mut Source, node: Cst) -> Class {
    let name = node.child_by_field_name("name").map(|name| identifier(source, name)).unwrap_or_default();
    let mut result = Class { name, heritage: Vec::new(), body: Vec::new(), decorators: Vec::new() };
    for child in named(node) {
        match child.kind() {
            "class_heritage" => {
                result.heritage = named(child).into_iter().map(|part| expr(source, part)).collect();
            }
            "decorator" => result.decorators.push(expr(source, child)),
            _ => {}
        }
    }
    let members = node.child_by_field_name("body").map(named).unwrap_or_default();
    for member in members {
        let lowered =
            source.deeper(member, StmtKind::Other("too deep".into(), Vec::new()), |source| match member.kind() {
                "method_definition" => StmtKind::Func(func(source, member)),
                "public_field_definition" => {
                    let name = member.child_by_field_name("property").or(member.child_by_field_name("name"));
                    let name = name.map(|name| key(source, name)).unwrap_or_default();
                    let this = Node::new(Kind::Const("this".into()), line(member));
                    let init = member.child_by_field_name("value").map(|value| expr(source, value));
                    StmtKind::Decl { target: this.member(&name), init, exported: false }
                }
                "method_signature" | "abstract_method_signature" | "index_signature" => StmtKind::Block(Vec::new()),
                _ => other_stmt(source, member),
            });
        // A field with a type alone declares nothing at run time.
        let idle = match &lowered {
            StmtKind::Block(body) => body.is_empty(),
            StmtKind::Decl { init: None, .. } => true,
            _ => false,
        };
        if !idle {
            result.body.push(stmt(member, lowered));
        }
    }
    result
}

fn opt(source: &mut Source, node: Option<Cst>, parent: Cst) -> Node {
    match node {
        Some(node) => expr(source, node),
        None => Node::new(Kind::Const("nothing".into()), line(parent)),
    }
}

/// Without parentheses and what only the type checker reads.
fn strip(node: Cst) -> Cst {
    let mut node = node;
    loop {
        let inner = match node.kind() {
            "parenthesized_expression"
            | "as_expression"
            | "satisfies_expression"
            | "non_null_expression"
            | "instantiation_expression" => named(node).into_iter().next(),
            "type_assertion" => named(node).into_iter().last(),
            _ => None,
        };
        match inner {
            Some(inner) => node = inner,
            None => return node,
        }
    }
}

fn expr(source: &mut Source, node: Cst) -> Node {
    let too_deep = Node::new(Kind::Other("too deep".into(), Vec::new()), line(node));
    source.deeper(node, too_deep, |source| lower_expr(source, strip(node)))
}

fn lower_expr(source: &mut Source, node: Cst) -> Node {
    let field = |name| node.child_by_field_name(name);
    let text = source.text(node);
    let kind = match node.kind() {
        "identifier"
        | "shorthand_property_identifier"
        | "shorthand_property_identifier_pattern"
        | "property_identifier"
        | "private_property_identifier"
        | "type_identifier" => Kind::Ident(identifier(source, node)),
        "this" | "super" | "true" | "false" | "null" | "undefined" => Kind::Const(text.to_owned()),
        "number" => Kind::Num(text.to_owned()),
        "regex" => Kind::Regex(text.to_owned()),
        "string" => Kind::Str(text_of_string(source, node)),
        "template_string" => template(source, node),
        "await_expression" => Kind::Await(Box::new(first(source, node))),
        "call_expression" => {
            let arguments = field("arguments");
            // `jest.mocked(load)` is `load` with another type.
            let typed =
                matches!(field("function").map(|callee| source.text(callee)), Some("jest.mocked" | "vi.mocked"));
            if let Some([only]) = arguments.filter(|_| typed).map(named).as_deref() {
                return expr(source, *only);
            }
            let args = match arguments {
                Some(list) if list.kind() == "arguments" => {
                    named(list).into_iter().map(|child| expr(source, child)).collect()
                }
                Some(tagged) => vec![Node::new(Kind::Other("tagged".into(), vec![expr(source, tagged)]), line(tagged))],
                None => Vec::new(),
            };
            let callee = Box::new(opt(source, field("function"), node));
            Kind::Call { callee, args, optional: has_token(node, "optional_chain") || has_token(node, "?.") }
        }
        "new_expression" => {
            let list = field("arguments").map(named).unwrap_or_default();
            let args = list.into_iter().map(|child| expr(source, child)).collect();
            Kind::New { callee: Box::new(opt(source, field("constructor"), node)), args }
        }
        "member_expression" => Kind::Member {
            object: Box::new(opt(source, field("object"), node)),
            name: field("property").map(|name| identifier(source, name)).unwrap_or_default(),
            optional: has_token(node, "optional_chain") || has_token(node, "?."),
        },
        "subscript_expression" => {
            let object = Box::new(opt(source, field("object"), node));
            let index = opt(source, field("index"), node);
            let optional = has_token(node, "optional_chain") || has_token(node, "?.");
            match index.kind {
                Kind::Str(name) => Kind::Member { object, name, optional },
                kind => Kind::Index { object, index: Box::new(Node { kind, line: line(node) }) },
            }
        }
        "object" | "object_pattern" => object(source, node),
        "array" | "array_pattern" => Kind::Array(with_holes(source, node)),
        "spread_element" | "rest_pattern" => Kind::Spread(Box::new(first(source, node))),
        "arrow_function" | "function_expression" | "function" | "generator_function" | "method_definition" => {
            Kind::Fn(Box::new(func(source, node)))
        }
        "class" => Kind::Class(Box::new(class(source, node))),
        "unary_expression" => Kind::Unary(operator(source, node), Box::new(opt(source, field("argument"), node))),
        "binary_expression" => Kind::Binary(
            operator(source, node),
            Box::new(opt(source, field("left"), node)),
            Box::new(opt(source, field("right"), node)),
        ),
        "ternary_expression" => Kind::Ternary(
            Box::new(opt(source, field("condition"), node)),
            Box::new(opt(source, field("consequence"), node)),
            Box::new(opt(source, field("alternative"), node)),
        ),
        "assignment_expression"
        | "augmented_assignment_expression"
        | "assignment_pattern"
        | "object_assignment_pattern" => Kind::Assign(
            match node.kind() {
                "augmented_assignment_expression" => operator(source, node),
                "assignment_expression" => "=".into(),
                _ => "default".into(),
            },
            Box::new(opt(source, field("left"), node)),
            Box::new(opt(source, field("right"), node)),
        ),
        "required_parameter" | "optional_parameter" => {
            let pattern = opt(source, field("pattern"), node);
            match field("value") {
                Some(value) => Kind::Assign("default".into(), Box::new(pattern), Box::new(expr(source, value))),
                None => return pattern,
            }
        }
        "type_arguments" | "type_annotation" => Kind::Const("type".into()),
        // The name of an attribute is no value.
        "jsx_attribute" => {
            let (name, value) = (node.named_child(0).map(|name| source.text(name)).unwrap_or_default(), named(node));
            let value = value.iter().skip(1).map(|part| content(expr(source, *part))).collect();
            Kind::Other(format!("jsx_attribute {name}"), value)
        }
        _ => return other(source, node),
    };
    Node::new(kind, line(node))
}

/// What stands in the braces of `{value}`: `sku={"A1"}` is `sku="A1"`.
/// The items of an array; what is left out of `[, total]` has its place.
fn with_holes(source: &mut Source, node: Cst) -> Vec<Node> {
    let mut cursor = node.walk();
    let children: Vec<Cst> = node.children(&mut cursor).filter(|child| child.kind() != "comment").collect();
    let mut items = Vec::new();
    let mut open = true;
    for child in children {
        match child.kind() {
            "[" | "]" => {}
            "," if open => items.push(Node::new(Kind::Const("hole".into()), line(child))),
            "," => open = true,
            _ => {
                items.push(expr(source, child));
                open = false;
            }
        }
    }
    items
}

fn content(node: Node) -> Node {
    match node.kind {
        Kind::Other(kind, mut parts) if kind.starts_with("jsx_expression") && parts.len() == 1 => parts.remove(0),
        kind => Node::new(kind, node.line),
    }
}

/// What there is no word for: its kind, its bare tokens, and all its parts.
fn other(source: &mut Source, node: Cst) -> Node {
    let mut cursor = node.walk();
    let children: Vec<Cst> = node.children(&mut cursor).filter(|child| child.kind() != "comment").collect();
    let mut name = node.kind().to_owned();
    if children.is_empty() {
        name = format!("{name} {}", source.text(node));
    }
    let mut parts = Vec::new();
    for child in children {
        if child.kind() == "statement_block"
            || child.kind().ends_with("_statement")
            || child.kind().ends_with("_declaration")
        {
            let body = stmts(source, child);
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
        } else if child.kind() != ";" {
            name.push(' ');
            name.push_str(child.kind());
        }
    }
    Node::new(Kind::Other(name, parts), line(node))
}

fn object(source: &mut Source, node: Cst) -> Kind {
    let entries = named(node).into_iter().map(|child| match child.kind() {
        "pair" | "pair_pattern" => {
            let name = child.child_by_field_name("key").map(|name| key(source, name)).unwrap_or_default();
            (name, opt(source, child.child_by_field_name("value"), child))
        }
        "method_definition" => {
            let method = func(source, child);
            (method.name.clone(), Node::new(Kind::Fn(Box::new(method)), line(child)))
        }
        "spread_element" | "rest_pattern" => ("...".to_owned(), expr(source, child)),
        "object_assignment_pattern" => {
            let name = child.child_by_field_name("left").map(|name| identifier(source, name)).unwrap_or_default();
            (name, expr(source, child))
        }
        _ => (identifier(source, child), expr(source, child)),
    });
    Kind::Object(entries.collect())
}

/// The name of a property; a computed one keeps its brackets and is thus never mistaken for a plain name.
fn key(source: &mut Source, node: Cst) -> String {
    match node.kind() {
        "string" => text_of_string(source, node),
        "computed_property_name" => match named(node).first() {
            Some(inner) if inner.kind() == "string" => text_of_string(source, *inner),
            _ => source.text(node).to_owned(),
        },
        _ => identifier(source, node),
    }
}

fn identifier(source: &Source, node: Cst) -> String {
    match node.kind() {
        "string" => text_of_string(source, node),
        _ => unescape(source.text(node)),
    }
}

fn text_of_string(source: &Source, node: Cst) -> String {
    let text = source.text(node);
    let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    unescape(inner)
}

fn template(source: &mut Source, node: Cst) -> Kind {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let inner_end = node.end_byte().saturating_sub(1);
    let mut at = node.start_byte() + 1;
    let mut cursor = node.walk();
    let substitutions: Vec<Cst> =
        node.named_children(&mut cursor).filter(|child| child.kind() == "template_substitution").collect();
    for child in substitutions {
        plain.push_str(source.text.get(at..child.start_byte()).unwrap_or_default());
        at = child.end_byte();
        parts.push(Node::new(Kind::Str(unescape(&std::mem::take(&mut plain))), line(child)));
        parts.push(first(source, child));
    }
    plain.push_str(source.text.get(at..inner_end).unwrap_or_default());
    if parts.is_empty() {
        return Kind::Str(unescape(&plain));
    }
    parts.push(Node::new(Kind::Str(unescape(&plain)), line(node)));
    Kind::Template(parts)
}

fn first(source: &mut Source, node: Cst) -> Node {
    opt(source, named(node).into_iter().next(), node)
}

fn operator(source: &Source, node: Cst) -> String {
    node.child_by_field_name("operator").map(|op| source.text(op).to_owned()).unwrap_or_default()
}

fn has_token(node: Cst, kind: &str) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor).any(|child| child.kind() == kind)
}
