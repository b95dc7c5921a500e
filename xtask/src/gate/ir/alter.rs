//! Changes a tree in place, so that what is the same in other words becomes equal.

use super::{Class, Func, Kind, Node, Stmt, StmtKind};

/// Changes to a tree in place: `node` and `stmt` are called for everything below, the innermost first.
pub struct Alter<'f> {
    pub node: &'f mut dyn FnMut(&mut Node),
    pub stmt: &'f mut dyn FnMut(&mut Stmt),
}

impl Alter<'_> {
    pub fn body(&mut self, body: &mut [Stmt]) {
        body.iter_mut().for_each(|stmt| self.in_stmt(stmt));
    }

    fn in_stmt(&mut self, stmt: &mut Stmt) {
        match &mut stmt.kind {
            StmtKind::Expr(node) => self.in_node(node),
            StmtKind::Decl { target, init, .. } => {
                self.in_node(target);
                self.in_nodes(init);
            }
            StmtKind::Func(func) => self.in_func(func),
            StmtKind::Class(class) => self.in_class(class),
            StmtKind::If { cond, then, other } => {
                self.in_node(cond);
                self.body(then);
                self.body(other);
            }
            StmtKind::Loop { head, body } | StmtKind::With { items: head, body } => {
                self.in_nodes(head);
                self.body(body);
            }
            StmtKind::Try { body, handlers, finally } => {
                self.body(body);
                for (head, block) in handlers {
                    self.in_nodes(head);
                    self.body(block);
                }
                self.body(finally);
            }
            StmtKind::Block(body) => self.body(body),
            StmtKind::Return(value) | StmtKind::Throw(value) => self.in_nodes(value),
            StmtKind::Assert(node, message) => {
                self.in_node(node);
                self.in_nodes(message);
            }
            StmtKind::Other(_, parts) => self.in_nodes(parts),
            StmtKind::Jump(_) | StmtKind::Import(_) => {}
        }
        (self.stmt)(stmt);
    }

    fn in_func(&mut self, func: &mut Func) {
        self.in_nodes(&mut func.params);
        self.in_nodes(&mut func.decorators);
        self.body(&mut func.body);
    }

    fn in_class(&mut self, class: &mut Class) {
        self.in_nodes(&mut class.heritage);
        self.in_nodes(&mut class.decorators);
        self.body(&mut class.body);
    }

    fn in_nodes<'n>(&mut self, nodes: impl IntoIterator<Item = &'n mut Node>) {
        nodes.into_iter().for_each(|node| self.in_node(node));
    }

    pub fn in_node(&mut self, node: &mut Node) {
        match &mut node.kind {
            Kind::Ident(_) | Kind::Str(_) | Kind::Num(_) | Kind::Regex(_) | Kind::Const(_) => {}
            Kind::Template(parts) | Kind::Array(parts) | Kind::Other(_, parts) => self.in_nodes(parts),
            Kind::Call { callee, args, .. } | Kind::New { callee, args } => {
                self.in_node(callee);
                self.in_nodes(args);
            }
            Kind::Member { object, .. } => self.in_node(object),
            Kind::Index { object, index } => {
                self.in_node(object);
                self.in_node(index);
            }
            Kind::Object(entries) => self.in_nodes(entries.iter_mut().map(|(_, value)| value)),
            Kind::Spread(inner) | Kind::Await(inner) | Kind::Unary(_, inner) => self.in_node(inner),
            Kind::Fn(func) => self.in_func(func),
            Kind::Binary(_, a, b) | Kind::Assign(_, a, b) => {
                self.in_node(a);
                self.in_node(b);
            }
            Kind::Ternary(a, b, c) => {
                self.in_node(a);
                self.in_node(b);
                self.in_node(c);
            }
            Kind::Class(class) => self.in_class(class),
        }
        (self.node)(node);
    }
}
