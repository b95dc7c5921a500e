//! The same call in another form: what it is given stays, in order, and only how it is given is another. By name, in an
//! object, to the function that stands for a constructor, as a date and not as its text, to a method of the first of it.

use std::collections::HashSet;
use std::ops::Range;
use std::rc::Rc;

use super::super::super::across::renamed::{is_vocabulary, says_the_same};
use super::super::super::assertion::{self, Style};
use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node, Program, Stmt, StmtKind};
use super::super::super::locator::{Claim, is_locator};
use super::super::super::words::{LIBRARY_ROOTS, SUSPICIOUS, ends_crossed, mood, turns, words};
use super::super::module_names::plays_a_part;
use super::super::oracle::subjects::says_more;
use super::super::{Differ, bound};

/// First words of functions that give what a constructor does.
#[rustfmt::skip]
const FACTORY: [&str; 10] = ["create", "make", "build", "open", "new", "from", "of", "with", "for", "parse"];
/// What only gives a value another type.
const TYPES: [&str; 8] = ["Date", "Decimal", "URL", "Path", "BigInt", "UUID", "date", "datetime"];

/// A call, taken apart.
#[derive(Default)]
struct Form<'n> {
    /// What is given, and the name by which it is.
    leaves: Vec<(Option<&'n str>, Node)>,
    calls: Vec<Called<'n>>,
}

struct Called<'n> {
    name: &'n str,
    constructs: bool,
    /// Which leaves it is given, what it is called on included.
    given: Range<usize>,
    /// What it is called on.
    on: &'n str,
    /// How many arguments have no name.
    plain: usize,
}

/// How a function is called somewhere.
pub struct Given<'n> {
    /// The names by which something is given.
    names: HashSet<&'n str>,
    /// How much is given without.
    plain: usize,
}

impl<'n> Form<'n> {
    fn of(node: &'n Node) -> Option<Form<'n>> {
        let mut form = Form::default();
        let is_call = matches!(node.bare().kind, Kind::Call { .. } | Kind::New { .. } | Kind::Fn(_));
        (is_call && !is_locator(node) && form.take(node, None)).then_some(form)
    }

    /// A call of a function by this name, and what it is given.
    fn called(node: &'n Node, name: &str) -> Option<(Form<'n>, Called<'n>)> {
        let (Kind::New { callee, .. } | Kind::Call { callee, .. }) = &node.kind else { return None };
        let speaks = match &callee.kind {
            Kind::Member { object, name: other, .. } => other == name || object.ident() == Some(name),
            _ => callee.ident() == Some(name),
        };
        if !speaks {
            return None;
        }
        let mut form = Form::default();
        let known = form.take(node, None);
        let last = form.calls.pop().filter(|last| known && last.name == name)?;
        Some((form, last))
    }

    /// The names by which some of the leaves are given.
    fn keys(&self, leaves: &Range<usize>) -> HashSet<&'n str> {
        self.leaves[leaves.clone()].iter().filter_map(|(key, _)| *key).collect()
    }

    /// A call comes after those of which it is given something. What is only given another type keeps its name.
    fn call(&mut self, called: (&'n str, bool), on: Option<&'n Node>, args: &'n [Node], key: Option<&'n str>) -> bool {
        let (name, constructs) = called;
        let typed = TYPES.contains(&name);
        if key.is_some() && !typed {
            self.leaves.push((key, Node::new(Kind::Const("call".into()), 0)));
        }
        let from = self.leaves.len();
        let known = on.into_iter().chain(args).all(|part| self.take(part, key.filter(|_| typed)));
        let on = on.map(|object| Chain::of(object).root()).unwrap_or_default();
        self.calls.push(Called { name, constructs, given: from..self.leaves.len(), on, plain: plain(args) });
        known
    }

    fn take(&mut self, node: &'n Node, key: Option<&'n str>) -> bool {
        match &node.kind {
            Kind::Await(inner) => return self.take(inner, key),
            Kind::New { callee, args } => {
                return callee.ident().is_some_and(|name| self.call((name, true), None, args, key));
            }
            Kind::Call { optional: true, .. } => return false,
            Kind::Call { callee, args, .. } if !LIBRARY_ROOTS.contains(&Chain::of(node).root()) => {
                return match &callee.kind {
                    Kind::Ident(name) => self.call((name, false), None, args, key),
                    Kind::Member { object, name, optional: false } => match object.ident() {
                        Some(class) if is_class(class) && gives_instance(name) => {
                            self.call((class, true), None, args, key)
                        }
                        _ => self.call((name, false), Some(object), args, key),
                    },
                    _ => false,
                };
            }
            Kind::Object(entries) => {
                return entries
                    .iter()
                    .all(|(name, value)| !name.starts_with(['.', '[']) && self.take(value, Some(name)));
            }
            Kind::Other(kind, parts) if kind.starts_with("jsx_") => {
                let key = kind.strip_prefix("jsx_attribute ").or(key);
                if !kind.starts_with("jsx_expression") && (parts.is_empty() || key.is_none()) {
                    let kind = if key.is_some() { "true" } else { kind };
                    self.leaves.push((key, Node::new(Kind::Const(kind.to_owned()), node.line)));
                }
                return parts.iter().all(|part| self.take(part, key));
            }
            Kind::Fn(func) if func.params.is_empty() && !func.generator => {
                let [Stmt { kind: StmtKind::Return(Some(value)) | StmtKind::Expr(value), .. }] = func.body.as_slice()
                else {
                    return false;
                };
                self.leaves.push((key, Node::new(Kind::Const("function".into()), node.line)));
                return self.take(value, None);
            }
            Kind::Array(parts) if node.any(&mut |part| matches!(part.kind, Kind::Call { .. } | Kind::New { .. })) => {
                self.leaves.push((key, Node::new(Kind::Const(format!("list of {}", parts.len())), node.line)));
                return parts.iter().all(|part| self.take(part, None));
            }
            _ => {}
        }
        self.leaves.push((key, node.clone()));
        true
    }
}

impl<'a> Differ<'a> {
    /// Whether two calls are the same but for their form.
    pub fn reshaped(&self, old: &Node, new: &Node) -> bool {
        let (Some(before), Some(after)) = (Form::of(old), Form::of(new)) else { return false };
        let denies = self.must_not_happen() || denies_calls(self.new);
        let throughout = |name: &str| {
            !assertion::denies(&self.new.body) && properties(self.new, name) > 1 && properties(self.old, name) == 0
        };
        before.leaves.len() == after.leaves.len()
            && before.leaves.iter().zip(&after.leaves).all(|((_, was), (_, is))| self.same(was, is))
            && before
                .leaves
                .iter()
                .zip(&after.leaves)
                .all(|((was, _), is)| named_alike(*was, is, &before, &after, !denies, &throughout))
            && !is_crossed(&before, &after)
            && self.called_alike(&before, &after)
    }

    /// Whether the same is called, by a name that says the same or by one that makes a value of what is given.
    fn called_alike(&self, before: &Form, after: &Form) -> bool {
        let typed =
            |call: &&Called| TYPES.contains(&call.name) && !before.calls.iter().any(|was| was.name == call.name);
        let calls: Vec<&Called> = after.calls.iter().filter(|call| !typed(call)).collect();
        let said = after.leaves.iter().filter_map(|(_, leaf)| leaf.ident()).flat_map(words).collect();
        let alike = |(was, is): (&Called, &&Called)| {
            let plain = words(is.name);
            let made = plain.first().is_some_and(|verb| FACTORY.contains(&verb.as_str()));
            let name = if was.constructs && !is.constructs && made { plain[1..].join("_") } else { is.name.to_owned() };
            // `buildTree(rows)` became `Tree.from(rows)`
            let first = words(was.name);
            let built = is.constructs && !was.constructs && first.len() > 1 && FACTORY.contains(&first[0].as_str());
            let made_of = if built { first[1..].join("_") } else { was.name.to_owned() };
            // What only the product itself calls is not what it offers.
            let inner = is.name.starts_with('_') && !was.name.starts_with('_');
            let renamed = !inner
                && !speaks_of(self.new, was.name)
                && !speaks_of(self.old, is.name)
                && !self.around.known.contains(is.name)
                && ![was.name, is.name].iter().any(|name| is_vocabulary(name))
                && says_the_same(&made_of, &name, &said);
            let same = was.name == is.name && was.constructs == is.constructs;
            let keys = after.keys(&is.given);
            let names = before.keys(&was.given);
            let as_named = TYPES.contains(&is.name) || was.plain == is.plain && keys == names;
            let gone: HashSet<&str> = names.difference(&keys).copied().collect();
            let fresh: HashSet<&str> = keys.difference(&names).copied().collect();
            was.given == is.given
                && (same || renamed)
                && (as_named || self.always_so(is, &gone, (was.plain != is.plain).then_some(&keys)))
                && (same && as_named || self.is_proved(is, &fresh, &after.leaves))
        };
        before.calls.len() == calls.len() && before.calls.iter().zip(&calls).all(alike)
    }

    /// Whether the new file calls a function in this form throughout: by no name that is gone, and, where it gives by name
    /// what had none, with no more that has none, and by the same names.
    fn always_so(&self, call: &Called, gone: &HashSet<&str>, keys: Option<&HashSet<&str>>) -> bool {
        let differs = |other: &Given| {
            let named = &other.names;
            let otherwise =
                |keys: &HashSet<&str>| other.plain > call.plain || !named.is_subset(keys) && !named.is_superset(keys);
            !named.is_disjoint(gone) || keys.is_some_and(otherwise)
        };
        !self.forms_of(call.name).iter().any(differs)
    }

    fn forms_of(&self, name: &str) -> Rc<[Given<'a>]> {
        if let Some(known) = self.forms.borrow().get(name) {
            return known.clone();
        }
        let mut found = Vec::new();
        let mut visit = |node: &'a Node| {
            if let Some((form, call)) = Form::called(node, name) {
                found.push(Given { names: form.keys(&call.given), plain: call.plain });
            }
        };
        self.new.body.iter().for_each(|stmt| stmt.walk(&mut visit));
        let found: Rc<[Given]> = found.into();
        self.forms.borrow_mut().insert(name.to_owned(), found.clone());
        found
    }

    /// A call in a form that the product does not take fails, or gives nothing: just what some assertions expect. So there
    /// has to be one of a value: of what such a call gives or is called on, or of a function that it is given.
    fn is_proved(&self, call: &Called, keys: &HashSet<&str>, leaves: &[(Option<&str>, Node)]) -> bool {
        let is_function = |name: &&str| {
            self.holds(name).is_some_and(|held| {
                matches!(held.kind, Kind::Fn(_))
                    || matches!(Chain::of(held).root(), "jest" | "vi" | "AsyncMock" | "Mock")
            })
        };
        let mut names: HashSet<&str> = leaves.iter().filter_map(|(_, leaf)| leaf.ident()).filter(is_function).collect();
        names.extend((!call.on.is_empty()).then_some(call.on));
        // What is rendered is found on the screen.
        if leaves.iter().any(|(_, leaf)| matches!(&leaf.kind, Kind::Const(kind) if kind.starts_with("jsx_"))) {
            names.insert("screen");
        }
        let is_it = |node: &Node| {
            Form::called(node, call.name).is_some_and(|(form, other)| keys.is_subset(&form.keys(&other.given)))
        };
        let speaks = |names: &HashSet<&str>, node: &Node| match &node.kind {
            Kind::Ident(name) | Kind::Member { name, .. } => names.contains(name.as_str()),
            Kind::Call { .. } | Kind::New { .. } => is_it(node),
            _ => false,
        };
        let asserts = self.asserts();
        let mut proved = false;
        // Twice, for what is declared after its use.
        for stmt in self.new.body.iter().chain(&self.new.body) {
            let mut visit = |inner: &'a Stmt| match &inner.kind {
                _ if proved => {}
                StmtKind::Decl { target, init: Some(value), .. } if value.any(&mut |node| speaks(&names, node)) => {
                    names.extend(bound(target));
                }
                StmtKind::Func(func) if inner.any(&mut |node| speaks(&names, node)) => {
                    names.insert(&func.name);
                }
                _ => {
                    proved = assertion::of_stmt(inner, &asserts).is_some_and(|found| {
                        let fails = |name: &&str| name.contains("hrow") || name.contains("reject") || *name == "raises";
                        found.style != Style::Implicit
                            && matches!(found.claim(), Claim::Valued | Claim::Existence)
                            && !found.matchers.iter().flat_map(|matcher| &matcher.names).any(fails)
                            && found.whole.any(&mut |node| speaks(&names, node))
                    });
                }
            };
            stmt.walk_stmts(&mut visit);
            if proved {
                break;
            }
        }
        proved
    }
}

/// Whether values that had no names are given by two that come the other way round: first `to`, and then `from`.
fn is_crossed(before: &Form, after: &Form) -> bool {
    let named = before.leaves.iter().zip(&after.leaves).filter(|((was, _), _)| was.is_none());
    ends_crossed(named.filter_map(|(_, (is, _))| *is))
}

/// Whether a value is given by a name that says what it did and that no other had, or by one where it had none.
fn named_alike(
    was: Option<&str>,
    (is, value): &(Option<&str>, Node),
    before: &Form,
    after: &Form,
    by_sense: bool,
    throughout: &dyn Fn(&str) -> bool,
) -> bool {
    let Some(is) = *is else { return true };
    let rendered =
        before.leaves.iter().any(|(_, leaf)| matches!(&leaf.kind, Kind::Const(kind) if kind.starts_with("jsx_")));
    let data =
        matches!(value.kind, Kind::Ident(_) | Kind::Array(_) | Kind::Str(_) | Kind::Num(_) | Kind::Member { .. });
    let fresh = |name: &str| !before.leaves.iter().any(|(key, _)| *key == Some(name));
    // What a component does not know it does not show.
    if throughout(is)
        && rendered
        && data
        && was.is_some_and(|was| was != is && !was.starts_with("on"))
        && !is.starts_with("on")
    {
        return fresh(is) && mood(is).is_empty() && was.is_none_or(|was| turns(was) == turns(is));
    }
    let elsewhere = |(_, leaf): &(Option<&str>, Node)| leaf.ident() == Some(is);
    match was {
        Some(was) => {
            let plain = |word: &str| if by_sense { in_one_word(word).to_owned() } else { word.to_owned() };
            let said = |name: &str| words(name).iter().map(|word| plain(word)).collect::<Vec<_>>().join("_");
            // What is only written otherwise is what nobody asks for.
            let rewritten = words(was) == words(is);
            was == is
                || !rewritten
                    && says_more(&said(was), &said(is))
                    && !before.leaves.iter().any(|(key, _)| *key == Some(is))
        }
        None => value.ident() == Some(is) || turns(is).is_empty() && !after.leaves.iter().any(elsewhere),
    }
}

/// One word for all that name the same option.
fn in_one_word(word: &str) -> &str {
    const SAME: [&[&str]; 12] = [
        &["items", "entries", "options", "rows", "data", "list", "elements"],
        &["submit", "send", "save"],
        &["change", "select", "update", "input"],
        &["close", "dismiss"],
        &["click", "press", "tap"],
        &["label", "title", "caption", "heading"],
        &["loading", "pending", "busy"],
        &["max", "maximum", "limit"],
        &["min", "minimum"],
        &["initial", "start"],
        &["size", "per"],
        &["delay", "wait"],
    ];
    SAME.iter().find(|group| group.contains(&word)).map_or(word, |group| group[0])
}

/// How many arguments have no name.
fn plain(args: &[Node]) -> usize {
    args.iter().filter(|arg| !matches!(arg.kind, Kind::Object(_))).count()
}

fn is_class(name: &str) -> bool {
    name.starts_with(|first: char| first.is_uppercase())
}

/// Whether a static method gives what the constructor does: `LruCache.withCapacity`.
fn gives_instance(name: &str) -> bool {
    let all = words(name);
    all.first().is_some_and(|verb| FACTORY.contains(&verb.as_str()))
        && mood(name).is_empty()
        && !plays_a_part(name)
        && !all.iter().any(|word| SUSPICIOUS.contains(&word.as_str()))
}

/// How often a program gives an element a property of this name.
fn properties(program: &Program, name: &str) -> usize {
    let wanted = format!("jsx_attribute {name}");
    let mut found = 0;
    let is_it = |node: &Node| matches!(&node.kind, Kind::Other(kind, _) if *kind == wanted);
    program.body.iter().for_each(|stmt| stmt.walk(&mut |node| found += usize::from(is_it(node))));
    found
}

/// Whether a program asserts that something was not called.
fn denies_calls(program: &Program) -> bool {
    let denies = |node: &Node| match &node.kind {
        Kind::Member { object, name, .. } => {
            name.starts_with("toHaveBeenCalled") && matches!(&object.kind, Kind::Member { name, .. } if name == "not")
        }
        _ => false,
    };
    program.body.iter().any(|stmt| stmt.any(&mut |node| denies(node)))
}

/// Whether a program speaks of a name.
pub fn speaks_of(program: &Program, name: &str) -> bool {
    program.body.iter().any(|stmt| {
        stmt.any(
            &mut |node| matches!(&node.kind, Kind::Ident(other) | Kind::Member { name: other, .. } if other == name),
        )
    })
}
