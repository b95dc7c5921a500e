//! Page objects that a change brings or takes away, as what they stand for: where a test makes one and calls its methods,
//! their code stands in place of the calls, so that what the test does before and after can be compared.
//!
//! Only classes of the change whose code is plain, and only where everything that is asked of the object is known. Whatever
//! is left is compared as it is written.

use std::collections::HashMap;

use super::super::Parsed;
use super::super::differ::leaves;
use super::super::ir::alter::Alter;
use super::super::ir::{Class, Func, Kind, Node, Program, Stmt, StmtKind};
use super::inlined::bound_in;
use super::modules::leads_to;

/// Methods call methods: so deep at most.
const MAX_DEPTH: usize = 4;

/// By the path of the file, the classes that only one version of the change has.
pub struct Brought {
    fresh: Vec<(String, Class)>,
    gone: Vec<(String, Class)>,
}

impl Brought {
    pub fn by(files: &[Parsed]) -> Brought {
        let classes = |program: &Program, path: &str| {
            let class = |stmt: &Stmt| match &stmt.kind {
                StmtKind::Class(class) if class.heritage.is_empty() && class.decorators.is_empty() => {
                    Some((path.to_owned(), class.clone()))
                }
                _ => None,
            };
            program.body.iter().filter_map(class).collect::<Vec<_>>()
        };
        let all = |pick: &dyn Fn(&Parsed) -> Vec<(String, Class)>| files.iter().flat_map(pick).collect::<Vec<_>>();
        let (old, new) = (all(&|file| classes(&file.old, file.old_path)), all(&|file| classes(&file.new, file.path)));
        let only = |some: &[(String, Class)], others: &[(String, Class)]| {
            let is_known = |name: &str| others.iter().any(|(_, class)| class.name == name);
            some.iter().filter(|(_, class)| !is_known(&class.name)).cloned().collect::<Vec<_>>()
        };
        Brought { fresh: only(&new, &old), gone: only(&old, &new) }
    }

    /// Puts what the objects of a file do in the place of what it asks of them.
    pub fn unfold(&self, file: &mut Parsed) {
        put_in_place(&mut file.new, file.path, &self.fresh);
        put_in_place(&mut file.old, file.old_path, &self.gone);
    }
}

fn put_in_place(program: &mut Program, path: &str, classes: &[(String, Class)]) {
    let imported = |name: &str, from: &str| {
        from == path
            || program.body.iter().any(|stmt| {
                matches!(&stmt.kind, StmtKind::Import(import)
                    if leads_to(path, &import.source, from) && import.names.iter().any(|(one, local)| one == name && local == name))
            })
    };
    let shapes: HashMap<String, Shape> = classes
        .iter()
        .filter(|(from, class)| imported(&class.name, from))
        .filter_map(|(_, class)| Some((class.name.clone(), Shape::of(class)?)))
        .collect();
    if shapes.is_empty() {
        return;
    }
    let mut in_node = |node: &mut Node| {
        if let Kind::Fn(func) = &mut node.kind {
            in_body(&mut func.body, &shapes);
        }
    };
    let mut in_stmt = |stmt: &mut Stmt| {
        if let StmtKind::Func(func) = &mut stmt.kind {
            in_body(&mut func.body, &shapes);
        }
    };
    let is_class = |stmt: &Stmt| matches!(stmt.kind, StmtKind::Class(_));
    for stmt in program.body.iter_mut().filter(|stmt| !is_class(stmt)) {
        Alter { node: &mut in_node, stmt: &mut in_stmt }.body(std::slice::from_mut(stmt));
    }
}

/// Spells out every object that a body makes, where that can be done for all that it does with it.
fn in_body(body: &mut Vec<Stmt>, shapes: &HashMap<String, Shape>) {
    for _ in 0..shapes.len().max(MAX_DEPTH) {
        let made = body.iter().enumerate().find_map(|(at, stmt)| Some((at, made(stmt, shapes)?)));
        let Some((at, (name, object))) = made else { return };
        let Some(rest) = object.spelled_out(&name, &body[at + 1..]) else { return };
        body.truncate(at);
        body.extend(rest);
    }
}

/// The name and the object in `const list = new IssueList(page)`, `login = LoginPage(page)`.
fn made<'s>(stmt: &Stmt, shapes: &'s HashMap<String, Shape>) -> Option<(String, Object<'s>)> {
    let StmtKind::Decl { target, init: Some(value), .. } = &stmt.kind else { return None };
    let (Kind::New { callee, args } | Kind::Call { callee, args, optional: false }) = &value.kind else { return None };
    let shape = shapes.get(callee.ident()?)?;
    let plain = |arg: &Node| matches!(arg.kind, Kind::Ident(_) | Kind::Str(_) | Kind::Num(_));
    if args.len() != shape.params.len() || !args.iter().all(plain) {
        return None;
    }
    Some((target.ident()?.to_owned(), Object { shape, args: args.clone() }))
}

/// What a class gives to those who have one of it.
struct Shape {
    params: Vec<String>,
    /// In terms of the parameters, `this` and what else the class has.
    fields: HashMap<String, Node>,
    methods: HashMap<String, Func>,
}

impl Shape {
    fn of(class: &Class) -> Option<Shape> {
        let mut shape = Shape { params: Vec::new(), fields: HashMap::new(), methods: HashMap::new() };
        for stmt in &class.body {
            match &stmt.kind {
                StmtKind::Func(func) if matches!(func.name.as_str(), "constructor" | "__init__") => {
                    shape.made_by(func)?;
                }
                StmtKind::Func(func) => shape.member(func)?,
                StmtKind::Decl { target, init, .. } => {
                    if let (Some(name), Some(value)) = (field_name(target), init) {
                        shape.fields.insert(name, value.clone());
                    }
                }
                _ => return None,
            }
        }
        // `constructor(private readonly page: Page) {}`
        for param in shape.params.clone() {
            shape.fields.entry(param.clone()).or_insert_with(|| Node::new(Kind::Ident(param), 1));
        }
        Some(shape)
    }

    fn made_by(&mut self, func: &Func) -> Option<()> {
        let mut params = func.params.iter().filter(|param| !is_this(param));
        self.params = params.by_ref().map(|param| param.ident().map(str::to_owned)).collect::<Option<_>>()?;
        let mut locals: HashMap<String, Node> = HashMap::new();
        for stmt in &func.body {
            let StmtKind::Decl { target, init: Some(value), .. } = &stmt.kind else { return None };
            let mut value = value.clone();
            replace(&mut value, &|node| node.ident().and_then(|name| locals.get(name)).cloned());
            match (target.ident(), field_name(target)) {
                (Some(local), _) => drop(locals.insert(local.to_owned(), value)),
                (None, Some(field)) => drop(self.fields.insert(field, value)),
                _ => return None,
            }
        }
        Some(())
    }

    fn member(&mut self, func: &Func) -> Option<()> {
        let is_property = func.decorators.iter().any(|mark| mark.ident() == Some("property"));
        let getter = if is_property { Some(func.name.as_str()) } else { func.name.strip_prefix("get ") };
        match (getter, func.body.as_slice()) {
            (Some(name), [Stmt { kind: StmtKind::Return(Some(value)), .. }]) => {
                self.fields.insert(name.to_owned(), value.clone());
            }
            (None, body) if func.decorators.is_empty() && !func.generator && !body.is_empty() => {
                self.methods.insert(func.name.clone(), func.clone());
            }
            _ => return None,
        }
        Some(())
    }
}

/// One that was made.
struct Object<'s> {
    shape: &'s Shape,
    args: Vec<Node>,
}

impl Object<'_> {
    /// Statements with what the object stands for in place of its name, or nothing if it is spoken of otherwise.
    fn spelled_out(&self, name: &str, stmts: &[Stmt]) -> Option<Vec<Stmt>> {
        let mut body = stmts.to_vec();
        let known: Vec<String> = body.iter().flat_map(bound_in).collect();
        let this = Node::new(Kind::Ident(name.to_owned()), 1);
        for _ in 0..MAX_DEPTH {
            let mut failed = false;
            let mut in_stmt = |stmt: &mut Stmt| match self.called(stmt, &this, &known) {
                Some(Ok(inner)) => stmt.kind = StmtKind::Block(inner),
                Some(Err(())) => failed = true,
                None => {}
            };
            Alter { node: &mut |_| {}, stmt: &mut in_stmt }.body(&mut body);
            let mut in_node = |node: &mut Node| {
                if let Some(value) = self.value(node, &this) {
                    *node = value;
                }
            };
            Alter { node: &mut in_node, stmt: &mut |_| {} }.body(&mut body);
            if failed {
                return None;
            }
        }
        let spoken_of = |node: &Node| node.ident() == Some(name);
        (!body.iter().any(|stmt| stmt.any(&mut |node| spoken_of(node)))).then_some(body)
    }

    /// The steps of the method that a statement calls.
    fn called(&self, stmt: &Stmt, this: &Node, known: &[String]) -> Option<Result<Vec<Stmt>, ()>> {
        let StmtKind::Expr(node) = &stmt.kind else { return None };
        let awaited = matches!(node.kind, Kind::Await(_));
        let Kind::Call { callee, args, optional: false } = &node.bare().kind else { return None };
        let Kind::Member { object, name, optional: false } = &callee.kind else { return None };
        let func = self.shape.methods.get(name).filter(|_| **object == *this)?;
        Some(self.body_of(func, args, this, known).filter(|_| awaited || !func.is_async).ok_or(()))
    }

    fn body_of(&self, func: &Func, args: &[Node], this: &Node, known: &[String]) -> Option<Vec<Stmt>> {
        let params: Vec<&Node> = func.params.iter().filter(|param| !is_this(param)).collect();
        let mut given = HashMap::new();
        for (at, param) in params.iter().enumerate() {
            let (name, default) = match &param.kind {
                Kind::Ident(name) => (name, None),
                Kind::Assign(_, name, value) => match &name.kind {
                    Kind::Ident(name) => (name, Some(&**value)),
                    _ => return None,
                },
                _ => return None,
            };
            given.insert(name.clone(), args.get(at).or(default)?.clone());
        }
        let plain = |value: &Node| {
            matches!(value.kind, Kind::Ident(_) | Kind::Str(_) | Kind::Num(_) | Kind::Const(_) | Kind::Member { .. })
        };
        let mut body = func.body.clone();
        let own: Vec<String> = body.iter().flat_map(bound_in).collect();
        let (last, before) = body.split_last_mut()?;
        let clashes = own.iter().any(|name| known.contains(name) || given.contains_key(name));
        if args.len() > params.len() || !given.values().all(plain) || clashes || leaves(before) {
            return None;
        }
        if let StmtKind::Return(value) = &mut last.kind {
            last.kind = StmtKind::Expr(value.take()?);
        }
        let instead = |node: &Node| match &node.kind {
            Kind::Ident(name) => given.get(name).cloned(),
            _ if is_this(node) => Some(this.clone()),
            _ => None,
        };
        let mut alter = |node: &mut Node| exchange(node, &instead);
        Alter { node: &mut alter, stmt: &mut |_| {} }.body(&mut body);
        Some(body)
    }

    /// What a member of the object is, or what a method gives that does nothing else.
    fn value(&self, node: &Node, this: &Node) -> Option<Node> {
        if let Kind::Member { object, name, optional: false } = &node.kind
            && **object == *this
        {
            let mut value = self.shape.fields.get(name)?.clone();
            let param = |name: &str| self.shape.params.iter().position(|param| param == name);
            replace(&mut value, &|part| match &part.kind {
                Kind::Ident(name) => param(name).map(|at| self.args[at].clone()),
                _ if is_this(part) => Some(this.clone()),
                _ => None,
            });
            return Some(value);
        }
        let Kind::Call { callee, args, optional: false } = &node.kind else { return None };
        let Kind::Member { object, name, optional: false } = &callee.kind else { return None };
        let func = self.shape.methods.get(name).filter(|func| **object == *this && !func.is_async)?;
        let [Stmt { kind: StmtKind::Return(Some(_)), .. }] = func.body.as_slice() else { return None };
        match self.body_of(func, args, this, &[])?.pop()?.kind {
            StmtKind::Expr(value) => Some(value),
            _ => None,
        }
    }
}

fn is_this(node: &Node) -> bool {
    node.kind == Kind::Const("this".into()) || node.ident() == Some("self")
}

/// The name in `this.rows`, or of a field of a class.
fn field_name(target: &Node) -> Option<String> {
    match &target.kind {
        Kind::Member { object, name, .. } if is_this(object) => Some(name.clone()),
        _ => None,
    }
}

fn replace(node: &mut Node, instead: &dyn Fn(&Node) -> Option<Node>) {
    let mut alter = |part: &mut Node| exchange(part, instead);
    Alter { node: &mut alter, stmt: &mut |_| {} }.in_node(node);
}

/// Puts another expression in the place of one; a text whose parts are all told is one text.
fn exchange(node: &mut Node, instead: &dyn Fn(&Node) -> Option<Node>) {
    if let Some(value) = instead(node) {
        node.kind = value.kind;
    }
    if let Kind::Template(parts) = &node.kind
        && parts.iter().all(|part| part.string().is_some())
    {
        node.kind = Kind::Str(parts.iter().filter_map(Node::string).collect());
    }
}
