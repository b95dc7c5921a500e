//! Steps beside the page: a test of what a page does must not write itself what is asserted of it later.

use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node, Stmt, StmtKind, any_stmt};
use super::super::super::words::{ACTIONS, PASSIVE, PLAIN, asserts_by_name, words};
use super::super::{Differ, declared};

/// Words in the name of a function that changes what is behind the page.
#[rustfmt::skip]
const CHANGES: [&str; 36] = [
    "api", "sql", "query", "db", "database", "backend", "server", "seed", "create", "insert", "add", "set", "update",
    "delete", "remove", "destroy", "post", "put", "patch", "request", "exec", "execute", "run", "drush", "artisan",
    "rails", "factory", "make", "build", "grant", "mark", "publish", "approve", "complete", "finish", "import",
];

impl<'a> Differ<'a> {
    /// A call of a function that was there, that is not given the page, and whose name says that it changes things.
    pub fn prepares_answer(&mut self, node: &Node) {
        let Kind::Call { callee, args, .. } = &node.kind else { return };
        let Some(name) = callee.ident() else { return };
        let changes = words(name).iter().any(|word| CHANGES.contains(&word.as_str()));
        let of_page = args.iter().any(|arg| {
            matches!(arg.ident(), Some("page" | "driver" | "browser" | "context" | "cy"))
                || Chain::of(arg).last().is_some_and(|link| link.args.is_none() && link.name == "page")
        });
        let known = [&ACTIONS[..], &PASSIVE, &PLAIN].iter().any(|list| list.contains(&name)) || asserts_by_name(name);
        if changes
            && !of_page
            && !known
            && self.drives_a_browser()
            && !self.is_declared_anew(name)
            && !self.was_called(node)
        {
            self.report("unknown-step", node.line, format!("`{name}` may change what is asserted, beside the page"));
        }
    }

    /// Whether a function is new in this file, where its body is compared.
    fn is_declared_anew(&self, name: &str) -> bool {
        let is_it = |stmt: &Stmt| !matches!(stmt.kind, StmtKind::Import(_)) && declared(stmt).contains(&name);
        let declares = |body: &[Stmt]| any_stmt(body, &mut |stmt| is_it(stmt));
        declares(&self.new.body) && !declares(&self.old.body)
    }

    /// Whether the scope around made the very same call, or gave the same in another form.
    fn was_called(&self, node: &Node) -> bool {
        let scope = self.scopes.iter().rev().find(|scope| !scope.fresh);
        let same = |other: &Node| other == node || gives_the_same(other, node);
        scope.is_some_and(|scope| scope.old.iter().any(|stmt| stmt.any(&mut |other| same(other))))
    }
}

/// `create(request, 'Ada', 'Holm')` and `create(request, { first: 'Ada', last: 'Holm' })`
fn gives_the_same(old: &Node, new: &Node) -> bool {
    let (Kind::Call { callee: was, args: before, .. }, Kind::Call { callee: is, args: after, .. }) =
        (&old.kind, &new.kind)
    else {
        return false;
    };
    let given = |args: &[Node]| {
        let mut found = Vec::new();
        args.iter().for_each(|arg| {
            arg.walk(&mut |part| match &part.kind {
                Kind::Object(_) => {}
                kind => found.push(kind.clone()),
            });
        });
        found
    };
    was == is && given(before) == given(after)
}
