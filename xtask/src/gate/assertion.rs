//! The oracle: what a statement asserts, about what, how strictly.

use super::chain::{Chain, Link};
use super::ir::{Kind, Node, Stmt, StmtKind, any_stmt};
use super::locator::{self, Claim, found_in, is_locator};
use super::words::{ACTIONS, CHECKING_WAITS, LIBRARY_ROOTS, asserts_by_name, finds};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `expect(subject).matcher(value)`
    Expect,
    /// `cy.get(subject).should('matcher', value)`
    Should,
    /// `assert.equal(a, b)`, `self.assertEqual(a, b)`, `assert a == b`
    Bare,
    /// A call of a function that asserts.
    Helper,
    /// Finding or waiting for something that must be there.
    Implicit,
}

/// One claim of an assertion: `not.toHaveText`, and its arguments.
#[derive(Debug, Clone)]
pub struct Matcher<'a> {
    pub names: Vec<&'a str>,
    pub args: &'a [Node],
}

#[derive(Debug)]
pub struct Assertion<'a> {
    pub style: Style,
    pub whole: &'a Node,
    /// `expect`'s arguments; empty in the other styles.
    pub subject: &'a [Node],
    /// What comes before the subject: `expect`, `expect soft`.
    pub opening: Vec<&'a str>,
    pub matchers: Vec<Matcher<'a>>,
    pub awaited: bool,
    /// `expect?.(…)`: it may not be made at all.
    pub optional: bool,
}

/// Says which of the project's functions assert, from their bodies.
pub type Asserts<'a> = dyn Fn(&str) -> bool + 'a;

/// Whether anything in a body is asserted to be absent: what is done or provided around it may hide it.
pub fn denies(body: &[Stmt]) -> bool {
    any_stmt(body, &mut |stmt| of_stmt(stmt, &|_| false).is_some_and(|found| found.claim() == Claim::Absence))
}

/// The same of anything that is not found anywhere else in it: what is found once is missed for a reason.
pub fn denies_unseen(body: &[Stmt]) -> bool {
    let (mut denied, mut seen) = (Vec::new(), Vec::new());
    let what = |node: &Node| {
        let found = locator::read(node);
        (found.sorted_texts(), found.path)
    };
    any_stmt(body, &mut |stmt| {
        if let Some(found) = of_stmt(stmt, &|_| false) {
            let places = found.locators().into_iter().map(what).collect::<Vec<_>>();
            match found.claim() {
                Claim::Absence => denied.push(places),
                _ => seen.extend(places),
            }
        }
        false
    });
    denied.iter().any(|places| places.is_empty() || !places.iter().all(|place| seen.contains(place)))
}

/// The assertion that a statement is, if it is one.
pub fn of_stmt<'a>(stmt: &'a Stmt, asserts: &Asserts) -> Option<Assertion<'a>> {
    match &stmt.kind {
        StmtKind::Expr(node) => of(node, asserts),
        // A promise that is returned is awaited by the runner.
        StmtKind::Return(Some(node)) => of(node, asserts)
            .filter(|found| found.style != Style::Implicit || matches!(node.kind, Kind::Await(_)))
            .map(|found| Assertion { awaited: true, ..found }),
        StmtKind::Assert(node, _) => Some(Assertion {
            style: Style::Bare,
            whole: node,
            subject: &[],
            opening: vec!["assert"],
            matchers: Vec::new(),
            awaited: true,
            optional: false,
        }),
        _ => None,
    }
}

/// The assertion in `await waitFor(() => expect(…)…)`, which is made again until it holds.
fn retried<'a>(node: &'a Node, asserts: &Asserts) -> Option<Assertion<'a>> {
    let Kind::Await(waiting) = &node.kind else { return None };
    let chain = Chain::of(waiting);
    let (["waitFor"] | ["vi", "waitFor"]) = chain.names().as_slice() else { return None };
    let Kind::Fn(func) = &chain.last()?.args?.first()?.kind else { return None };
    let [only] = func.body.as_slice() else { return None };
    let (StmtKind::Expr(inner) | StmtKind::Return(Some(inner))) = &only.kind else { return None };
    let found = of(inner, asserts).filter(|_| func.params.is_empty() && !func.generator)?;
    // A promise that nobody waits for fails unseen.
    let promised = matches!(only.kind, StmtKind::Expr(_))
        && !matches!(inner.kind, Kind::Await(_))
        && Chain::of(inner)
            .last()
            .is_some_and(|link| link.name.starts_with("findBy") || link.name.starts_with("findAllBy"));
    let looks_up = found.style == Style::Implicit && is_locator(inner) && !promised;
    (found.style == Style::Expect || looks_up).then_some(Assertion { awaited: true, ..found })
}

pub fn of<'a>(node: &'a Node, asserts: &Asserts) -> Option<Assertion<'a>> {
    if let Some(found) = retried(node, asserts) {
        return Some(found);
    }
    let awaited = matches!(node.kind, Kind::Await(_));
    let chain = Chain::of(node);
    let root = chain.root();
    let optional = chain.links.iter().any(|link| link.optional);
    let base = |style| Assertion {
        style,
        whole: node,
        subject: &[],
        opening: Vec::new(),
        matchers: Vec::new(),
        awaited,
        optional,
    };
    if let Some(at) = chain.links.iter().position(|link| link.name.to_ascii_lowercase().ends_with("expect"))
        && let Some(called) = (at..chain.links.len()).find(|index| chain.links[*index].args.is_some())
        && called <= at + 1
    {
        let rest = &chain.links[called + 1..];
        return Some(Assertion {
            subject: chain.links[called].args.unwrap_or_default(),
            opening: chain.links[at..=called].iter().map(|link| link.name).collect(),
            matchers: split_matchers(rest),
            ..base(Style::Expect)
        });
    }
    if chain.called("should").is_some() || (root == "cy" && chain.called("and").is_some()) {
        let claims = chain.links.iter().filter(|link| matches!(link.name, "should" | "and") && link.args.is_some());
        let matchers = claims.map(|link| {
            let args = link.args.unwrap_or_default();
            match args.first().and_then(Node::string) {
                Some(name) => Matcher { names: name.split('.').collect(), args: &args[1..] },
                None => Matcher { names: vec!["callback"], args },
            }
        });
        return Some(Assertion { matchers: matchers.collect(), ..base(Style::Should) });
    }
    let last = chain.last()?;
    let fails = last.name == "fail"
        && last.args.is_some()
        && matches!(root, "pytest" | "this" | "fail" | "assert" | "chai" | "expect");
    if fails || root == "assert" || chain.links.iter().any(|link| link.args.is_some() && bare_name(link.name)) {
        let names: Vec<&str> = chain.names();
        let args = chain.links.iter().rev().find_map(|link| link.args).unwrap_or_default();
        return Some(Assertion {
            opening: names,
            matchers: vec![Matcher { names: vec!["bare"], args }],
            ..base(Style::Bare)
        });
    }
    let own = !LIBRARY_ROOTS.contains(&root) || last.name == root || root == "cy";
    if last.args.is_some() && own && (asserts_by_name(last.name) || asserts(last.name)) {
        let args = last.args.unwrap_or_default();
        return Some(Assertion {
            opening: vec![last.name],
            matchers: vec![Matcher { names: vec!["helper"], args }],
            ..base(Style::Helper)
        });
    }
    implicit(&chain, root).then(|| base(Style::Implicit))
}

fn bare_name(name: &str) -> bool {
    name.strip_prefix("assert")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(|next: char| next.is_uppercase()))
}

/// `not.toBe(1)`, chai's `to.be.true`, and chains of several as in `to.be.a('x').and.equal('y')`.
fn split_matchers<'a>(links: &[Link<'a>]) -> Vec<Matcher<'a>> {
    let mut matchers = Vec::new();
    let mut names = Vec::new();
    for link in links {
        names.push(link.name);
        if let Some(args) = link.args {
            matchers.push(Matcher { names: std::mem::take(&mut names), args });
        }
    }
    if !names.is_empty() {
        matchers.push(Matcher { names, args: &[] });
    }
    matchers
}

fn implicit(chain: &Chain, root: &str) -> bool {
    let Some(last) = chain.last() else { return false };
    if last.args.is_none() {
        return false;
    }
    if CHECKING_WAITS.contains(&last.name) {
        return true;
    }
    let acts = chain.links.iter().any(|link| ACTIONS.contains(&link.name) && !finds(root, link.name));
    let strict = root == "cy"
        || ["getBy", "getAllBy", "findBy", "findAllBy", "findElement"]
            .iter()
            .any(|prefix| last.name.starts_with(prefix));
    !acts && strict && root != "page" && finds(root, last.name)
}

impl<'a> Assertion<'a> {
    /// Whether it is made of all that are found, or of one at its place among them.
    pub fn is_of_many(&self) -> bool {
        const MANY: [&str; 9] =
            ["all", "count", "allTextContents", "allInnerTexts", "querySelectorAll", "length", "nth", "eq", "each"];
        let many = |node: &Node| matches!(&node.kind, Kind::Member { name, .. } if MANY.contains(&name.as_str()) || name.contains("AllBy"));
        let lists = |matcher: &Matcher| matches!(matcher.args, [Node { kind: Kind::Array(_), .. }, ..]);
        let counted =
            |matcher: &Matcher| matcher.names.iter().any(|name| counts(&name.to_ascii_lowercase())) || lists(matcher);
        // What is waited for to be gone may be none of many.
        let gone = |node: &Node| matches!(node.string(), Some("hidden" | "detached"));
        let counts_all = |node: &Node| node.ident() == Some("len") || many(node);
        self.style == Style::Implicit && self.whole.any(&mut |node| gone(node))
            || self.style == Style::Bare && self.whole.any(&mut |node| counts_all(node))
            || self.matchers.iter().any(counted)
            || self.subject.iter().any(|part| part.any(&mut |node| many(node)))
    }

    /// Whether it says how many there are, and that there is more than one.
    pub fn counts_many(&self) -> bool {
        let counted = |matcher: &Matcher| {
            matcher.names.last().is_some_and(|name| counts(&name.to_ascii_lowercase()))
                && matcher.args.iter().any(|arg| arg.number() > Some(1.0))
        };
        self.claim() == Claim::Existence && self.matchers.iter().any(counted)
    }

    /// How much the assertion says about its subject besides that it is there.
    pub fn claim(&self) -> Claim {
        if self.style == Style::Implicit {
            return Claim::Existence;
        }
        if self.style == Style::Bare {
            return match &self.whole.bare().kind {
                // What is not there is in no state.
                Kind::Unary(op, inner) if op == "!" && asks_state(inner) => Claim::Existence,
                Kind::Unary(op, _) if op == "!" => Claim::Absence,
                Kind::Binary(..) => claim_of_comparison(self.whole),
                _ if self.opening.iter().any(|name| {
                    let name = name.to_ascii_lowercase();
                    name.contains("false") || name.contains("not") || name.contains("none") || name.contains("null")
                }) =>
                {
                    Claim::Absence
                }
                _ if self.matchers.iter().any(|matcher| matcher.args.len() > 1) => Claim::Valued,
                _ => Claim::Existence,
            };
        }
        let mut claim = None;
        // What is visible, too, is there: only its text is denied.
        let is_there = |matcher: &Matcher| matches!(matcher.names[..], ["be", "visible"] | ["exist"]);
        let visible = self.style == Style::Should && self.matchers.iter().any(is_there);
        for matcher in &self.matchers {
            let next = match claim_of(matcher) {
                Claim::Absence if visible && !matcher.args.is_empty() => Claim::Existence,
                next => next,
            };
            claim = Some(match (claim, next) {
                (None, next) => next,
                (Some(Claim::Absence), _) | (_, Claim::Absence) => Claim::Absence,
                (Some(Claim::Valued), _) | (_, Claim::Valued) => Claim::Valued,
                _ => Claim::Existence,
            });
        }
        claim.unwrap_or(Claim::Existence)
    }

    /// Where the locator is: `expect`'s subject, else the whole.
    pub fn locators(&self) -> Vec<&'a Node> {
        match self.style {
            Style::Expect => self.subject.iter().flat_map(found_in).collect(),
            _ => found_in(self.whole),
        }
    }
}

/// `driver.find_element(By.ID, 'a').is_enabled()`, which fails if there is no such element.
fn asks_state(node: &Node) -> bool {
    let asks = |name: &str| matches!(name, "isEnabled" | "isSelected" | "isChecked" | "isDisabled" | "isEditable");
    Chain::of(node).last().is_some_and(|link| link.args == Some(&[]) && asks(link.name))
}

fn claim_of_comparison(node: &Node) -> Claim {
    let Kind::Binary(op, left, right) = &node.bare().kind else { return Claim::Existence };
    let trivial = |node: &Node| match &node.kind {
        Kind::Const(_) => true,
        Kind::Array(parts) => parts.is_empty(),
        Kind::Str(text) => text.trim().is_empty(),
        _ => node.number().is_some_and(|number| number <= 1.0),
    };
    match op.as_str() {
        "!=" | "!==" | "not in" | "is not" | "<" | "<=" => Claim::Absence,
        "==" | "===" | "is" | "in" if trivial(left) || trivial(right) => {
            let zero = [left, right].iter().any(|side| {
                side.number() == Some(0.0)
                    || matches!(&side.kind, Kind::Array(parts) if parts.is_empty())
                    || matches!(&side.kind, Kind::Const(name) if matches!(name.as_str(), "false" | "none" | "null"))
            });
            if zero { Claim::Absence } else { Claim::Existence }
        }
        "==" | "===" | "is" | "in" => Claim::Valued,
        "&&" => {
            let (left, right) = (claim_of_comparison(left), claim_of_comparison(right));
            if left == Claim::Absence || right == Claim::Absence { Claim::Absence } else { Claim::Existence }
        }
        _ => Claim::Existence,
    }
}

fn negated(lower: &[String]) -> bool {
    lower.iter().any(|name| name == "not")
}

pub fn claim_of(matcher: &Matcher) -> Claim {
    let lower: Vec<String> = matcher.names.iter().map(|name| name.to_ascii_lowercase()).collect();
    let last = lower.last().map(String::as_str).unwrap_or_default();
    // What is not there is not empty either: it fails.
    if negated(&lower) && matches!(last, "tobeempty" | "empty" | "tobeemptydomelement") {
        return Claim::Existence;
    }
    let negative =
        lower.iter().any(|name| name == "not" || name.starts_with("nottohave") || name.starts_with("nottobe"));
    if negative
        || ["hidden", "tobehidden", "tobefalsy", "tobenull", "tobeundefined", "tobeempty", "empty", "false", "null"]
            .contains(&last)
    {
        return Claim::Absence;
    }
    let value = matcher.args.iter().find(|arg| !matches!(arg.kind, Kind::Object(_)));
    let trivial = value.is_none_or(|value| match &value.kind {
        Kind::Str(text) => text.trim().is_empty(),
        Kind::Const(_) => true,
        Kind::Regex(pattern) => super::locator::matches_anything(pattern),
        _ => value.number().is_some_and(|number| number <= 1.0),
    });
    if trivial {
        let zero = value.is_some_and(|value| value.number() == Some(0.0) || value.kind == Kind::Const("false".into()));
        return if zero { Claim::Absence } else { Claim::Existence };
    }
    if counts(last) { Claim::Existence } else { Claim::Valued }
}

/// Whether a matcher only says how many there are, which many other things may be too.
fn counts(name: &str) -> bool {
    name == "tohavecount" || name.contains("length")
}

/// How one matcher compares with another of a different name, for the same subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    Stronger,
    Weaker,
    Unknown,
}

/// Each list goes from strict to lax.
const LADDERS: [&[&str]; 17] = [
    &["toHaveBeenCalledExactlyOnceWith", "toHaveBeenCalledWith", "toHaveBeenCalled"],
    &["toHaveText", "toContainText", "toBeVisible", "toBeAttached", "toBeDefined", "toBeTruthy"],
    &["toHaveText", "toBeInTheDocument", "toBeTruthy"],
    &["toBeVisible", "toBeInTheDocument", "toBeTruthy", "toBeDefined"],
    &["toBe", "toStrictEqual", "toEqual", "toMatchObject", "toContain", "toBeTruthy", "toBeDefined"],
    &["toEqual", "toContainEqual", "toMatch", "toBeTruthy"],
    &["toEqual", "toMatchSnapshot", "toBeDefined"],
    &["toHaveCount", "toBeVisible", "toBeAttached"],
    &["toHaveLength", "toBeGreaterThan", "toBeGreaterThanOrEqual", "toBeDefined"],
    &["toBe", "toBeCloseTo", "toBeGreaterThan", "toBeGreaterThanOrEqual", "toBeDefined"],
    &["toHaveValue", "toBeVisible", "toBeAttached"],
    &["toHaveTextContent", "toBeInTheDocument", "toBeDefined"],
    &["toHaveURL", "toBeTruthy"],
    &["have.text", "contain.text", "be.visible", "exist"],
    &["toHaveBeenCalledOnce", "toHaveBeenCalled"],
    &["toHaveBeenCalledTimes", "toHaveBeenCalled"],
    &["toHaveBeenCalledWith", "toHaveBeenCalled"],
];

pub fn strength(old: &str, new: &str) -> Strength {
    for ladder in LADDERS {
        let at = |name: &str| ladder.iter().position(|step| *step == name);
        if let (Some(before), Some(after)) = (at(old), at(new)) {
            return match after.cmp(&before) {
                std::cmp::Ordering::Greater => Strength::Weaker,
                std::cmp::Ordering::Less => Strength::Stronger,
                std::cmp::Ordering::Equal => Strength::Unknown,
            };
        }
    }
    let words = |name: &str| super::words::words(name);
    let bounds = [
        "gte", "gt", "lte", "lt", "least", "most", "above", "below", "greater", "less", "within", "include", "contain",
        "match",
    ];
    if words(new).iter().any(|word| bounds.contains(&word.as_str()) && !words(old).contains(word))
        && words(old).iter().all(|word| !bounds.contains(&word.as_str()))
    {
        return Strength::Weaker;
    }
    #[rustfmt::skip]
    const LAX: [&str; 10] = [
        "toBeTruthy", "toBeDefined", "toBeTypeOf", "toBeInstanceOf", "ok", "exist", "be.visible", "exists",
        "toMatchSnapshot", "toMatchInlineSnapshot",
    ];
    if LAX.contains(&new) && !LAX.contains(&old) { Strength::Weaker } else { Strength::Unknown }
}
