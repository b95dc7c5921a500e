//! One syntax tree for JavaScript, TypeScript and Python, with what cannot matter left out: layout, comments, quotes,
//! semicolons, parentheses, types. Two pieces of code that differ only there are equal here.
//!
//! It never drops code: what it has no word for is kept as [`Kind::Other`] with all its parts, so that a change in it is
//! seen. It decides nothing.

pub mod alter;

use std::hash::{DefaultHasher, Hash, Hasher};

/// A file, parsed.
#[derive(Debug, Default)]
pub struct Program {
    pub body: Vec<Stmt>,
    /// Comments with their lines.
    pub comments: Vec<(usize, String)>,
    /// The first line that the grammar could not read, or that is nested too deeply to be believed.
    pub broken: Option<usize>,
}

#[derive(Clone, Debug)]
pub struct Node {
    pub kind: Kind,
    /// 1-based.
    pub line: usize,
}

#[derive(Clone, Debug)]
pub struct Stmt {
    pub kind: StmtKind,
    /// 1-based, first and last.
    pub line: usize,
    pub end: usize,
}

/// Equality and hash ignore where the code stands.
macro_rules! ignore_lines {
    ($($name:ident),*) => {$(
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.kind == other.kind
            }
        }
        impl Eq for $name {}
        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.kind.hash(state);
            }
        }
    )*};
}
ignore_lines!(Node, Stmt);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Ident(String),
    Str(String),
    Num(String),
    Regex(String),
    /// `true`, `false`, `null`, `this` and the like.
    Const(String),
    Template(Vec<Node>),
    Call {
        callee: Box<Node>,
        args: Vec<Node>,
        optional: bool,
    },
    New {
        callee: Box<Node>,
        args: Vec<Node>,
    },
    Member {
        object: Box<Node>,
        name: String,
        optional: bool,
    },
    /// Access by a computed name; one that is a plain string is a `Member`.
    Index {
        object: Box<Node>,
        index: Box<Node>,
    },
    /// Also Python's keyword arguments.
    Object(Vec<(String, Node)>),
    Array(Vec<Node>),
    Spread(Box<Node>),
    Fn(Box<Func>),
    Await(Box<Node>),
    Unary(String, Box<Node>),
    Binary(String, Box<Node>, Box<Node>),
    Ternary(Box<Node>, Box<Node>, Box<Node>),
    Assign(String, Box<Node>, Box<Node>),
    Class(Box<Class>),
    Other(String, Vec<Node>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Func {
    pub name: String,
    pub params: Vec<Node>,
    pub body: Vec<Stmt>,
    pub is_async: bool,
    pub generator: bool,
    pub decorators: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Class {
    pub name: String,
    pub heritage: Vec<Node>,
    /// Methods are `Func`, fields are `Decl`.
    pub body: Vec<Stmt>,
    pub decorators: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Import {
    pub source: String,
    /// Imported name and local name; `default` and `*` stand for those forms.
    pub names: Vec<(String, String)>,
    pub reexport: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StmtKind {
    Expr(Node),
    /// A binding or an assignment with `=`; `exported` also covers `export default`.
    Decl {
        target: Node,
        init: Option<Node>,
        exported: bool,
    },
    Func(Func),
    Class(Class),
    If {
        cond: Node,
        then: Vec<Stmt>,
        other: Vec<Stmt>,
    },
    Loop {
        head: Vec<Node>,
        body: Vec<Stmt>,
    },
    Try {
        body: Vec<Stmt>,
        handlers: Vec<(Vec<Node>, Vec<Stmt>)>,
        finally: Vec<Stmt>,
    },
    With {
        items: Vec<Node>,
        body: Vec<Stmt>,
    },
    Block(Vec<Stmt>),
    Return(Option<Node>),
    Throw(Option<Node>),
    /// `break`, `continue`.
    Jump(String),
    /// Python's `assert`.
    Assert(Node, Option<Node>),
    Import(Import),
    Other(String, Vec<Node>),
}

pub fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Whether something is so of a statement at any depth of a body.
pub fn any_stmt<'a>(body: &'a [Stmt], test: &mut dyn FnMut(&'a Stmt) -> bool) -> bool {
    let mut found = false;
    body.iter().for_each(|stmt| stmt.walk_stmts(&mut |inner| found = found || test(inner)));
    found
}

impl Node {
    pub fn new(kind: Kind, line: usize) -> Self {
        Node { kind, line }
    }

    /// `self.name`
    pub fn member(&self, name: &str) -> Node {
        let kind = Kind::Member { object: Box::new(self.clone()), name: name.to_owned(), optional: false };
        Node::new(kind, self.line)
    }

    /// `self(args)`
    pub fn called(&self, args: &[Node]) -> Node {
        Node::new(Kind::Call { callee: Box::new(self.clone()), args: args.to_vec(), optional: false }, self.line)
    }

    pub fn ident(&self) -> Option<&str> {
        match &self.kind {
            Kind::Ident(name) => Some(name),
            _ => None,
        }
    }

    pub fn string(&self) -> Option<&str> {
        match &self.kind {
            Kind::Str(text) => Some(text),
            _ => None,
        }
    }

    pub fn number(&self) -> Option<f64> {
        match &self.kind {
            Kind::Num(text) => text.replace('_', "").parse().ok(),
            Kind::Binary(op, a, b) if op == "*" => Some(a.number()? * b.number()?),
            Kind::Binary(op, a, b) if op == "+" => Some(a.number()? + b.number()?),
            _ => None,
        }
    }

    /// Without `await`, `void` and spread.
    pub fn bare(&self) -> &Node {
        match &self.kind {
            Kind::Await(inner) | Kind::Spread(inner) => inner.bare(),
            Kind::Unary(op, inner) if op == "void" => inner.bare(),
            _ => self,
        }
    }

    /// The parts, without the bodies of functions and classes.
    pub fn parts(&self) -> Vec<&Node> {
        let mut parts = Vec::new();
        self.each_part(&mut |part| parts.push(part));
        parts
    }

    fn each_part<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        match &self.kind {
            Kind::Ident(_) | Kind::Str(_) | Kind::Num(_) | Kind::Regex(_) | Kind::Const(_) => {}
            Kind::Template(parts) | Kind::Array(parts) | Kind::Other(_, parts) => parts.iter().for_each(visit),
            Kind::Call { callee, args, .. } | Kind::New { callee, args } => {
                visit(callee);
                args.iter().for_each(visit);
            }
            Kind::Object(entries) => entries.iter().for_each(|(_, value)| visit(value)),
            Kind::Member { object: inner, .. } | Kind::Spread(inner) | Kind::Await(inner) | Kind::Unary(_, inner) => {
                visit(inner);
            }
            Kind::Index { object: a, index: b } | Kind::Binary(_, a, b) | Kind::Assign(_, a, b) => {
                visit(a);
                visit(b);
            }
            Kind::Ternary(a, b, c) => [a, b, c].into_iter().for_each(|part| visit(part)),
            Kind::Fn(func) => func.params.iter().chain(&func.decorators).for_each(visit),
            Kind::Class(class) => class.heritage.iter().chain(&class.decorators).for_each(visit),
        }
    }

    /// Visits this node and everything below it, the bodies of functions included.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        visit(self);
        self.each_part(&mut |part| part.walk(visit));
        match &self.kind {
            Kind::Fn(func) => func.body.iter().for_each(|stmt| stmt.walk(visit)),
            Kind::Class(class) => class.body.iter().for_each(|stmt| stmt.walk(visit)),
            _ => {}
        }
    }

    pub fn any(&self, test: &mut dyn FnMut(&Node) -> bool) -> bool {
        let mut found = false;
        self.walk(&mut |node| found = found || test(node));
        found
    }

    /// The functions that are written in this expression, outermost only.
    pub fn functions(&self) -> Vec<&Func> {
        match &self.kind {
            Kind::Fn(func) => vec![func],
            _ => self.parts().into_iter().flat_map(Node::functions).collect(),
        }
    }

    /// This expression with the bodies of its functions emptied.
    pub fn hollow(&self) -> Node {
        match &self.kind {
            Kind::Fn(func) => {
                let empty = Func {
                    body: Vec::new(),
                    params: Vec::new(),
                    is_async: false,
                    name: String::new(),
                    ..(**func).clone()
                };
                Node { kind: Kind::Fn(Box::new(empty)), line: self.line }
            }
            _ => self.with_parts(&mut Node::hollow),
        }
    }

    /// This expression with each of its parts replaced; functions and classes stay as they are.
    pub fn with_parts(&self, each: &mut dyn FnMut(&Node) -> Node) -> Node {
        let mut all = |nodes: &[Node]| nodes.iter().map(&mut *each).collect::<Vec<_>>();
        let kind = match &self.kind {
            Kind::Template(parts) => Kind::Template(all(parts)),
            Kind::Array(parts) => Kind::Array(all(parts)),
            Kind::Other(name, parts) => Kind::Other(name.clone(), all(parts)),
            Kind::Call { callee, args, optional } => Kind::Call {
                callee: Box::new(each(callee)),
                args: args.iter().map(each).collect(),
                optional: *optional,
            },
            Kind::New { callee, args } => {
                Kind::New { callee: Box::new(each(callee)), args: args.iter().map(each).collect() }
            }
            Kind::Member { object, name, optional } => {
                Kind::Member { object: Box::new(each(object)), name: name.clone(), optional: *optional }
            }
            Kind::Index { object, index } => {
                Kind::Index { object: Box::new(each(object)), index: Box::new(each(index)) }
            }
            Kind::Object(entries) => {
                Kind::Object(entries.iter().map(|(key, value)| (key.clone(), each(value))).collect())
            }
            Kind::Spread(inner) => Kind::Spread(Box::new(each(inner))),
            Kind::Await(inner) => Kind::Await(Box::new(each(inner))),
            Kind::Unary(op, inner) => Kind::Unary(op.clone(), Box::new(each(inner))),
            Kind::Binary(op, a, b) => Kind::Binary(op.clone(), Box::new(each(a)), Box::new(each(b))),
            Kind::Assign(op, a, b) => Kind::Assign(op.clone(), Box::new(each(a)), Box::new(each(b))),
            Kind::Ternary(a, b, c) => Kind::Ternary(Box::new(each(a)), Box::new(each(b)), Box::new(each(c))),
            other => other.clone(),
        };
        Node { kind, line: self.line }
    }
}

impl Stmt {
    /// The expressions that stand directly in this statement.
    pub fn exprs(&self) -> Vec<&Node> {
        match &self.kind {
            StmtKind::Expr(node) => vec![node],
            StmtKind::Decl { target, init, .. } => std::iter::once(target).chain(init).collect(),
            StmtKind::Func(func) => func.params.iter().chain(&func.decorators).collect(),
            StmtKind::Class(class) => class.heritage.iter().chain(&class.decorators).collect(),
            StmtKind::If { cond, .. } => vec![cond],
            StmtKind::Loop { head, .. } => head.iter().collect(),
            StmtKind::Try { handlers, .. } => handlers.iter().flat_map(|(head, _)| head).collect(),
            StmtKind::With { items, .. } => items.iter().collect(),
            StmtKind::Return(node) | StmtKind::Throw(node) => node.iter().collect(),
            StmtKind::Assert(node, message) => std::iter::once(node).chain(message).collect(),
            StmtKind::Other(_, parts) => parts.iter().collect(),
            StmtKind::Block(_) | StmtKind::Jump(_) | StmtKind::Import(_) => Vec::new(),
        }
    }

    /// The blocks of this statement, without those inside expressions.
    pub fn blocks(&self) -> Vec<&[Stmt]> {
        match &self.kind {
            StmtKind::Func(func) => vec![&func.body],
            StmtKind::Class(class) => vec![&class.body],
            StmtKind::If { then, other, .. } => vec![then, other],
            StmtKind::Loop { body, .. } | StmtKind::With { body, .. } | StmtKind::Block(body) => vec![body],
            StmtKind::Try { body, handlers, finally } => {
                let mut blocks: Vec<&[Stmt]> = vec![body];
                blocks.extend(handlers.iter().map(|(_, block)| block.as_slice()));
                blocks.push(finally);
                blocks
            }
            _ => Vec::new(),
        }
    }

    /// Visits every expression in this statement, at any depth.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        for node in self.exprs() {
            node.walk(visit);
        }
        for block in self.blocks() {
            block.iter().for_each(|stmt| stmt.walk(visit));
        }
    }

    /// Visits this statement and every statement inside it, those in function expressions included.
    pub fn walk_stmts<'a>(&'a self, visit: &mut dyn FnMut(&'a Stmt)) {
        visit(self);
        for node in self.exprs() {
            node.walk_functions(visit);
        }
        for block in self.blocks() {
            block.iter().for_each(|stmt| stmt.walk_stmts(visit));
        }
    }

    pub fn any(&self, test: &mut dyn FnMut(&Node) -> bool) -> bool {
        let mut found = false;
        self.walk(&mut |node| found = found || test(node));
        found
    }
}

impl Node {
    fn walk_functions<'a>(&'a self, visit: &mut dyn FnMut(&'a Stmt)) {
        match &self.kind {
            Kind::Fn(func) => func.body.iter().for_each(|stmt| stmt.walk_stmts(visit)),
            Kind::Class(class) => class.body.iter().for_each(|stmt| stmt.walk_stmts(visit)),
            _ => {}
        }
        self.each_part(&mut |part| part.walk_functions(visit));
    }
}
