//! Tests of components by the test utilities of Vue 2, in the words of those of Vue 3: what was installed in a Vue of the
//! test's own is a plugin of the component, `propsData` are `props`, and what was destroyed is unmounted.
//! <https://test-utils.vuejs.org/migration/>
//!
//! It rewrites the old program, and decides nothing else.

use super::super::chain::Chain;
use super::super::ir::alter::Alter;
use super::super::ir::{Kind, Node, Program, Stmt, StmtKind};

const UTILITIES: &str = "@vue/test-utils";
/// What mounting is given for a plugin that was installed, by its usual name.
const PLUGINS: [&str; 4] = ["i18n", "store", "router", "pinia"];

/// Tells the old program in the words of Vue 3, if the new one has none of a Vue of its own.
pub fn settle(old: &mut Program, new: &mut Program) {
    let speaks = |program: &Program, word: &str| {
        let says = |node: &Node| match &node.kind {
            Kind::Ident(name) | Kind::Member { name, .. } => name == word,
            Kind::Object(entries) => entries.iter().any(|(key, _)| key == word),
            _ => false,
        };
        program.body.iter().any(|stmt| stmt.any(&mut |node| says(node)))
    };
    let uses = |stmt: &Stmt| matches!(&stmt.kind, StmtKind::Import(import) if import.source == UTILITIES);
    if !old.body.iter().any(uses)
        || !speaks(old, "createLocalVue")
        || speaks(new, "createLocalVue")
        || speaks(new, "propsData")
    {
        return;
    }
    old.body.retain(|stmt| !installs(stmt));
    let mut tell = |node: &mut Node| match &mut node.kind {
        Kind::Call { callee, args, .. } => match (&mut callee.kind, args.as_mut_slice()) {
            (Kind::Ident(name), [_, Node { kind: Kind::Object(options), .. }])
                if matches!(name.as_str(), "mount" | "shallowMount") =>
            {
                mounting(options);
            }
            (Kind::Member { object, name, .. }, []) if name == "destroy" && object.ident() == Some("wrapper") => {
                *name = "unmount".to_owned();
            }
            _ => {}
        },
        Kind::New { callee, args } if callee.ident() == Some("VueI18n") => {
            let made = Node::new(Kind::Ident("createI18n".to_owned()), node.line);
            *node = made.called(args);
        }
        _ => {}
    };
    Alter { node: &mut tell, stmt: &mut |_| {} }.body(&mut old.body);
    // As the new one writes them, whatever their order.
    let mut sort = |node: &mut Node| {
        if let Kind::Call { callee, args, .. } = &mut node.kind
            && let [_, Node { kind: Kind::Object(options), .. }] = args.as_mut_slice()
            && matches!(callee.ident(), Some("mount" | "shallowMount"))
        {
            options.sort_by(|(one, _), (other, _)| one.cmp(other));
        }
    };
    Alter { node: &mut sort, stmt: &mut |_| {} }.body(&mut old.body);
    Alter { node: &mut sort, stmt: &mut |_| {} }.body(&mut new.body);
    for program in [old, new] {
        program.body.retain_mut(imports_for_tests);
    }
}

/// `const localVue = createLocalVue();`, `localVue.use(VueI18n);`
fn installs(stmt: &Stmt) -> bool {
    match &stmt.kind {
        StmtKind::Decl { init: Some(init), .. } => Chain::of(init).names() == ["createLocalVue"],
        StmtKind::Expr(node) => Chain::of(node).names() == ["localVue", "use"],
        _ => false,
    }
}

/// `{ localVue, i18n, propsData }` as `{ global: { plugins: [i18n] }, props }`.
fn mounting(options: &mut Vec<(String, Node)>) {
    let line = options.first().map_or(0, |(_, value)| value.line);
    options.retain(|(key, _)| key != "localVue");
    let mut plugins = Vec::new();
    options.retain(|(key, value)| {
        let is_plugin = PLUGINS.contains(&key.as_str()) && value.ident() == Some(key);
        plugins.extend(is_plugin.then(|| value.clone()));
        !is_plugin
    });
    if let Some((key, _)) = options.iter_mut().find(|(key, _)| key == "propsData") {
        *key = "props".to_owned();
    }
    if !plugins.is_empty() {
        let plugins = Node::new(Kind::Array(plugins), line);
        options.push(("global".to_owned(), Node::new(Kind::Object(vec![("plugins".to_owned(), plugins)]), line)));
    }
}

/// Whether an import is left without what only made or installed something.
fn imports_for_tests(stmt: &mut Stmt) -> bool {
    let StmtKind::Import(import) = &mut stmt.kind else { return true };
    if import.source == UTILITIES {
        import.names.retain(|(name, _)| name != "createLocalVue");
    }
    import.source != "vue-i18n"
}
