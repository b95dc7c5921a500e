//! The same claim in other words: a value that is read and compared, or a matcher that waits for it.
//!
//! It only recognises; that the claim is as strict as before is what [`Claimed::covers`] says.

use super::super::super::assertion::{Assertion, Style};
use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node, StmtKind};
use super::super::super::locator::is_locator;
use super::super::super::words::READS;
use super::super::Differ;
use super::super::names::Side;
use super::claims::{polled, worst};
use super::synonyms::condition;

/// What is asserted of an element or a page.
#[derive(Clone, Debug, PartialEq)]
enum Property {
    Text,
    /// Of all that are found.
    Texts,
    Value,
    Count,
    Visible,
    Enabled,
    Checked,
    Url,
    /// That it is in the document at all.
    Present,
    Title,
    Attribute(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Relation {
    Is,
    Contains,
    Matches,
    Holds,
}

#[derive(Debug)]
pub struct Claimed {
    pub subject: Node,
    property: Property,
    relation: Relation,
    negated: bool,
    expected: Option<Node>,
    /// It waits until the claim holds.
    pub waits: bool,
}

/// What an assertion claims; `spelled_out` puts the values of local names in their place.
pub fn claimed(found: &Assertion, spelled_out: &dyn Fn(&Node) -> Node) -> Option<Claimed> {
    let claim = match found.style {
        Style::Expect => expected(found, spelled_out)?,
        Style::Bare => compared(&spelled_out(&condition(found)?), false)?,
        Style::Should => should(found)?,
        Style::Implicit => waited(found, spelled_out)?,
        _ => return None,
    };
    let holds = claim.relation == Relation::Holds;
    let is_state =
        matches!(claim.property, Property::Visible | Property::Enabled | Property::Checked | Property::Present);
    (holds == is_state).then_some(claim)
}

impl Claimed {
    /// Whether it waits for just one value of something that has many.
    pub fn is_of_value(&self) -> bool {
        (self.relation == Relation::Is || self.property == Property::Url) && !self.negated && self.waits
    }

    /// Whether a claim says no less than another of the same thing.
    pub fn covers(&self, other: &Claimed) -> bool {
        if (&other.property, &self.property) == (&Property::Present, &Property::Visible) {
            return !self.negated;
        }
        let same_value = self.expected == other.expected;
        let as_strict = match (other.relation, self.relation) {
            (Relation::Contains, Relation::Is) => same_value,
            (Relation::Contains, Relation::Matches) => {
                let text = other.expected.as_ref().and_then(Node::string);
                text.is_some() && self.expected.as_ref().and_then(literal_pattern).as_deref() == text
            }
            (one, other) => one == other && same_value,
        };
        self.property == other.property && self.negated == other.negated && as_strict
    }
}

impl<'a> Differ<'a> {
    /// Whether two assertions claim the same in other words; then what is left to compare are their subjects.
    pub fn restated(&mut self, line: usize, old: &Assertion<'a>, new: &Assertion<'a>) -> bool {
        let before = claimed(old, &|node| self.spelled_out(node, Side::Old));
        let after = claimed(new, &|node| self.spelled_out(node, Side::New));
        let (Some(before), Some(after)) = (before, after) else { return false };
        let in_other_words = old.style != new.style || names(old) != names(new) || old.opening != new.opening;
        if in_other_words
            && after.property == before.property
            && before.relation == Relation::Is
            && after.relation != Relation::Is
        {
            self.report("weaker-assertion", line, "a part of the value is enough");
        }
        if !in_other_words || !after.covers(&before) || before.waits && !after.waits || new.opening.contains(&"soft") {
            return false;
        }
        let was_async = !self.path.ends_with(".py") || old.whole.any(&mut |node| matches!(node.kind, Kind::Await(_)));
        // Those of Testing Library do not wait.
        if after.waits && was_async && !new.awaited && new.style == Style::Expect && self.drives_a_browser() {
            self.report("unawaited-assertion", line, "an assertion that waits has to be awaited");
        }
        let texts: Vec<&str> = after.expected.iter().filter_map(Node::string).collect();
        self.asserted(line, &before.subject, &after.subject, worst(old.claim(), new.claim()), &texts);
        true
    }
}

fn names<'a>(found: &Assertion<'a>) -> Vec<Vec<&'a str>> {
    found.matchers.iter().map(|matcher| matcher.names.clone()).collect()
}

fn expected(found: &Assertion, spelled_out: &dyn Fn(&Node) -> Node) -> Option<Claimed> {
    let [matcher] = found.matchers.as_slice() else { return None };
    let subject = spelled_out(found.subject.first()?);
    let (name, before) = matcher.names.split_last()?;
    let negated = match before {
        [] => false,
        ["not"] => true,
        _ => return None,
    };
    let positive = name.strip_prefix("notTo").map(|rest| format!("to{rest}"));
    let (name, negated) = match &positive {
        Some(name) => (name.as_str(), !negated),
        None => (*name, negated),
    };
    let args: Vec<&Node> = matcher.args.iter().filter(|arg| !is_patience(arg)).collect();
    if let Some((property, relation, opposite, expected)) = waiting_matcher(name, &args) {
        let negated = negated != opposite;
        return Some(Claimed { subject, property, relation, negated, expected: expected.cloned(), waits: true });
    }
    if let ("toHaveLength", [count]) = (name, args.as_slice()) {
        let (property, relation, expected) = (Property::Count, Relation::Is, Some((*count).clone()));
        let polls = polled(found).map(spelled_out);
        let (subject, waits) = (polls.as_ref().unwrap_or(&subject).bare().clone(), polls.is_some());
        return Some(Claimed { subject, property, relation, negated, expected, waits });
    }
    if let ("toBeNull" | "toBeTruthy", [], Some(found)) = (name, args.as_slice(), queried(&subject))
        && negated == (name == "toBeNull")
    {
        return Some(present(found));
    }
    if let ("toBeNull", [], Some(found)) = (name, args.as_slice(), queried(&subject)) {
        let none = Node::new(Kind::Num("0".into()), subject.line);
        let (property, relation, expected) = (Property::Count, Relation::Is, Some(none));
        return Some(Claimed { subject: found, property, relation, negated, expected, waits: false });
    }
    let (property, subject, opposite) = read(&subject)?;
    let (relation, denied, expected) = match (name, args.as_slice()) {
        ("toBe" | "toEqual" | "toStrictEqual", [value]) => match &value.kind {
            Kind::Const(word) if word == "true" => (Relation::Holds, false, None),
            Kind::Const(word) if word == "false" => (Relation::Holds, true, None),
            _ => (Relation::Is, false, Some(*value)),
        },
        ("toContain", [value]) => (Relation::Contains, false, Some(*value)),
        ("toMatch", [value]) if value.string().is_some() => (Relation::Contains, false, Some(*value)),
        ("toMatch", [value]) => (Relation::Matches, false, Some(*value)),
        ("toBeTruthy", []) => (Relation::Holds, false, None),
        ("toBeFalsy", []) => (Relation::Holds, true, None),
        _ => return None,
    };
    let negated = (negated != opposite) != denied;
    Some(Claimed { subject, property, relation, negated, expected: expected.cloned(), waits: found.opening.len() > 1 })
}

/// Options that say how long to wait.
fn is_patience(arg: &Node) -> bool {
    matches!(&arg.kind, Kind::Object(entries) if entries.iter().all(|(key, _)| matches!(key.as_str(), "timeout" | "interval" | "intervals")))
}

type Waiting<'n> = (Property, Relation, bool, Option<&'n Node>);

fn waiting_matcher<'n>(name: &str, args: &[&'n Node]) -> Option<Waiting<'n>> {
    let state = |property, opposite| args.is_empty().then_some((property, Relation::Holds, opposite, None));
    let value = |property| match args {
        [value] => Some((property, relation_to(value), false, Some(*value))),
        _ => None,
    };
    match name {
        "toHaveText" if matches!(args, [Node { kind: Kind::Array(_), .. }]) => value(Property::Texts),
        "toHaveText" => value(Property::Text),
        "toHaveClass" => value(Property::Attribute("class".into())),
        "toContainText" => value(Property::Text).map(|(property, relation, opposite, expected)| match relation {
            Relation::Is => (property, Relation::Contains, opposite, expected),
            _ => (property, relation, opposite, expected),
        }),
        "toHaveValue" => value(Property::Value),
        "toHaveCount" => value(Property::Count),
        "toHaveURL" | "toHaveUrl" => value(Property::Url),
        "toHaveTitle" => value(Property::Title),
        "toBeVisible" => state(Property::Visible, false),
        "toBeHidden" => state(Property::Visible, true),
        "toBeEnabled" => state(Property::Enabled, false),
        "toBeDisabled" => state(Property::Enabled, true),
        "toBeChecked" => state(Property::Checked, false),
        "toHaveAttribute" => match args {
            [name, value] => {
                let property = Property::Attribute(name.string()?.to_owned());
                Some((property, relation_to(value), false, Some(*value)))
            }
            _ => None,
        },
        _ => None,
    }
}

fn relation_to(value: &Node) -> Relation {
    if pattern(value).is_some() { Relation::Matches } else { Relation::Is }
}

/// `cy.get('#a').should('have.text', 'a')`, `cy.get('#a').invoke('text').should('eq', 'a')`.
fn should(found: &Assertion) -> Option<Claimed> {
    let [matcher] = found.matchers.as_slice() else { return None };
    let [value] = matcher.args else { return None };
    let receiver = receiver(found.whole)?;
    let read = match &receiver.kind {
        Kind::Call { args, .. } if Chain::of(receiver).last()?.name == "invoke" => args.first().and_then(Node::string),
        _ => None,
    };
    let (property, relation) = match (read, matcher.names.join(".").as_str()) {
        (Some(read), name) => {
            let property = match read {
                "text" => Property::Text,
                "val" => Property::Value,
                _ => return None,
            };
            let relation = match name {
                "eq" | "equal" | "be.equal" => Relation::Is,
                "contain" | "include" => Relation::Contains,
                "match" => Relation::Matches,
                _ => return None,
            };
            (property, relation)
        }
        (None, "have.text") => (Property::Text, Relation::Is),
        (None, "contain.text" | "include.text" | "contain") => (Property::Text, Relation::Contains),
        (None, "have.value") => (Property::Value, Relation::Is),
        _ => return None,
    };
    let subject = if read.is_some() { self::receiver(receiver)? } else { receiver };
    let expected = Some(value.clone());
    Some(Claimed { subject: subject.clone(), property, relation, negated: false, expected, waits: true })
}

/// Selenium's `wait.until(EC.title_is('a'))`, which fails if it never is.
fn waited(found: &Assertion, spelled_out: &dyn Fn(&Node) -> Node) -> Option<Claimed> {
    let until = Chain::of(found.whole).last()?.clone();
    let [condition] = until.args.filter(|_| until.name == "until")? else { return None };
    let chain = Chain::of(condition);
    let [module, condition] = chain.links.as_slice() else { return None };
    if !matches!(module.name, "EC" | "expected_conditions") {
        return None;
    }
    let (property, relation) = match condition.name {
        "titleIs" => (Property::Title, Relation::Is),
        "titleContains" => (Property::Title, Relation::Contains),
        "urlToBe" => (Property::Url, Relation::Is),
        "urlContains" => (Property::Url, Relation::Contains),
        _ => return None,
    };
    let [value] = condition.args? else { return None };
    let driver = || Node::new(Kind::Ident("driver".into()), found.whole.line);
    let waiting = Chain::of(found.whole).called("WebDriverWait").and_then(<[Node]>::first);
    let subject = waiting.cloned().unwrap_or_else(driver);
    let expected = Some(spelled_out(value));
    Some(Claimed { subject, property, relation, negated: false, expected, waits: true })
}

/// What a method is called on.
pub fn receiver(node: &Node) -> Option<&Node> {
    let Kind::Call { callee, .. } = &node.bare().kind else { return None };
    let Kind::Member { object, .. } = &callee.bare().kind else { return None };
    Some(object.bare())
}

/// `assert x.inner_text() == 'a'`, and what is asserted where that is denied.
fn compared(node: &Node, negated: bool) -> Option<Claimed> {
    let node = node.bare();
    match &node.kind {
        Kind::Unary(op, inner) if op == "!" => compared(inner, !negated),
        Kind::Binary(op, one, other) if !negated && matches!(op.as_str(), "==" | "===" | "is") => {
            let sides = read(one).map(|read| (read, other)).or_else(|| read(other).map(|read| (read, one)));
            let ((property, subject, negated), value) = sides?;
            let (relation, denied, expected) = match &value.kind {
                Kind::Const(word) if word == "true" => (Relation::Holds, false, None),
                Kind::Const(word) if word == "false" => (Relation::Holds, true, None),
                _ => (Relation::Is, false, Some((**value).clone())),
            };
            Some(Claimed { subject, property, relation, negated: negated != denied, expected, waits: false })
        }
        Kind::Binary(op, one, other) if !negated && op == "is not" && is_none(other) && queried(one).is_some() => {
            queried(one).map(present)
        }
        Kind::Binary(op, value, whole) if !negated && op == "in" => {
            let ((property, subject, negated), expected) = (read(whole)?, Some((**value).clone()));
            Some(Claimed { subject, property, relation: Relation::Contains, negated, expected, waits: false })
        }
        Kind::Call { args, .. } if !negated && Chain::of(node).last()?.name.eq_ignore_ascii_case("endswith") => {
            let (property, subject, negated) = read(receiver(node)?)?;
            let end =
                args.first()?.string().filter(|end| !end.contains(|next: char| r".*+?()[]{}|^$\".contains(next)))?;
            let expected = Some(Node::new(Kind::Regex(format!("/{end}$/")), node.line));
            Some(Claimed { subject, property, relation: Relation::Matches, negated, expected, waits: false })
        }
        _ => {
            let (property, subject, opposite) = read(node)?;
            let negated = negated != opposite;
            Some(Claimed { subject, property, relation: Relation::Holds, negated, expected: None, waits: false })
        }
    }
}

/// What an expression reads, of what, and whether it reads the opposite.
fn read(node: &Node) -> Option<(Property, Node, bool)> {
    let node = node.bare();
    let simple = |property, subject: &Node| Some((property, subject.bare().clone(), false));
    match &node.kind {
        // `expect.poll(() => …)`
        Kind::Fn(func) => match func.body.as_slice() {
            [only] if func.params.is_empty() => match only.exprs().as_slice() {
                [value] => read(value),
                _ => None,
            },
            _ => None,
        },
        Kind::Binary(op, value, instead) if op == "??" && instead.string() == Some("") => read(value),
        Kind::Member { object, name, .. } => match name.as_str() {
            "text" => simple(Property::Text, object),
            "checked" => simple(Property::Checked, object),
            "value" => simple(Property::Value, object),
            "disabled" => Some((Property::Enabled, object.bare().clone(), true)),
            "length" if is_locator(object) => simple(Property::Count, object),
            "currentUrl" => simple(Property::Url, object),
            "pathname" => match &object.kind {
                Kind::New { callee, args } if callee.ident() == Some("URL") => {
                    args.first().and_then(read).filter(|(property, ..)| *property == Property::Url)
                }
                _ => None,
            },
            "title" if is_page(object) => simple(Property::Title, object),
            "url" => simple(Property::Url, object),
            _ => None,
        },
        Kind::Call { callee, args, .. } => {
            let Kind::Member { object, name, .. } = &callee.bare().kind else { return None };
            match (name.as_str(), args.as_slice()) {
                ("trim" | "strip", []) => read(object).filter(|(property, ..)| *property == Property::Text),
                ("textContent" | "innerText" | "getText", []) => simple(Property::Text, object),
                ("$eval" | "$$eval", [selector, code]) if selector.string().is_some() => {
                    Some((read_by(code)?, within(object, selector), false))
                }
                ("evaluate" | "evaluateAll", [code]) if is_locator(object) => simple(read_by(code)?, object),
                ("textContent" | "innerText", [selector]) if selector.string().is_some() => {
                    Some((Property::Text, within(object, selector), false))
                }
                ("inputValue" | "getValue", []) => simple(Property::Value, object),
                ("inputValue", [selector]) if selector.string().is_some() => {
                    Some((Property::Value, within(object, selector), false))
                }
                ("allTextContents" | "allInnerTexts", []) => simple(Property::Texts, object),
                ("count", []) => simple(Property::Count, object),
                ("isVisible" | "isDisplayed", []) => simple(Property::Visible, object),
                ("isHidden", []) => Some((Property::Visible, object.bare().clone(), true)),
                ("isVisible" | "isEnabled" | "isChecked", [selector]) if selector.string().is_some() => {
                    let property = match name.as_str() {
                        "isVisible" => Property::Visible,
                        "isEnabled" => Property::Enabled,
                        _ => Property::Checked,
                    };
                    Some((property, within(object, selector), false))
                }
                ("isEnabled", []) => simple(Property::Enabled, object),
                ("isDisabled", []) => Some((Property::Enabled, object.bare().clone(), true)),
                ("isChecked" | "isSelected", []) => simple(Property::Checked, object),
                ("url" | "getUrl" | "getCurrentUrl", []) => simple(Property::Url, object),
                ("title" | "getTitle", []) if is_page(object) => simple(Property::Title, object),
                ("getAttribute", [selector, name]) if selector.string().is_some() => {
                    Some((Property::Attribute(name.string()?.to_owned()), within(object, selector), false))
                }
                // A page object's `total_text()` reads its `total`.
                (reads, []) if let Some(part) = named_part(reads) => {
                    Some((Property::Text, object.member(&part), false))
                }
                ("getAttribute", [name]) => simple(Property::Attribute(name.string()?.to_owned()), object),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Of `totalText` or `getTotalText` the part that it is the text of.
pub fn named_part(reader: &str) -> Option<String> {
    let part = reader.strip_suffix("Text").filter(|_| !READS.contains(&reader))?;
    let part = part.strip_prefix("get").unwrap_or(part);
    let mut chars = part.chars();
    let first = chars.next()?;
    Some(first.to_lowercase().chain(chars).collect())
}

/// What code in the page reads of the element that it is given: `(el) => el.textContent`, `(all) => all.length`.
fn read_by(code: &Node) -> Option<Property> {
    let Kind::Fn(func) = &code.kind else { return None };
    let ([Node { kind: Kind::Ident(element), .. }], [only]) = (func.params.as_slice(), func.body.as_slice()) else {
        return None;
    };
    let StmtKind::Return(Some(value)) = &only.kind else { return None };
    let value = match (receiver(value), Chain::of(value).last()) {
        (Some(text), Some(last)) if last.name == "trim" && last.args == Some(&[]) => text,
        _ => value.bare(),
    };
    let of_it = |node: &Node, name: &str| match &node.kind {
        Kind::Member { object, name: member, .. } if object.ident() == Some(name) => Some(member.clone()),
        _ => None,
    };
    match of_it(value, element)?.as_str() {
        "textContent" | "innerText" => Some(Property::Text),
        "value" => Some(Property::Value),
        "checked" => Some(Property::Checked),
        "length" => Some(Property::Count),
        _ => None,
    }
}

/// Whether code in the page only reads what a matcher could wait for.
pub fn reads_in_page(node: &Node) -> bool {
    matches!(Chain::of(node).last(), Some(link) if matches!(link.name, "$eval" | "$$eval" | "evaluate" | "evaluateAll"))
        && read(node).is_some()
}

fn is_none(node: &Node) -> bool {
    matches!(&node.kind, Kind::Const(word) if matches!(word.as_str(), "none" | "null"))
}

/// That something is in the document at all.
fn present(subject: Node) -> Claimed {
    let (property, relation) = (Property::Present, Relation::Holds);
    Claimed { subject, property, relation, negated: false, expected: None, waits: false }
}

/// What `page.$('#a')` looks for.
fn queried(node: &Node) -> Option<Node> {
    let Kind::Call { callee, args, .. } = &node.bare().kind else { return None };
    match (&callee.kind, args.as_slice()) {
        (Kind::Member { object, name, .. }, [selector]) if matches!(name.as_str(), "$" | "querySelector") => {
            Some(within(object, selector))
        }
        _ => None,
    }
}

fn is_page(node: &Node) -> bool {
    Chain::of(node).last().is_some_and(|link| {
        let name = link.name.to_ascii_lowercase();
        name.ends_with("page") || name.ends_with("driver") || name.ends_with("browser")
    })
}

/// `page.textContent('#a')` reads `page.locator('#a')`.
pub fn within(object: &Node, selector: &Node) -> Node {
    object.member("locator").called(std::slice::from_ref(selector))
}

/// The source of a regular expression.
fn pattern(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Regex(text) => {
            Some(text.strip_prefix('/').and_then(|text| text.rsplit_once('/')).map_or(text, |(inner, _)| inner))
        }
        Kind::Call { args, .. } => {
            let chain = Chain::of(node);
            let compiles = chain.root() == "re" && chain.last()?.name == "compile" && args.len() == 1;
            if compiles { args[0].string() } else { None }
        }
        _ => None,
    }
}

/// The text that a pattern looks for, when it looks for just that, anywhere or at one end.
fn literal_pattern(node: &Node) -> Option<String> {
    if matches!(&node.kind, Kind::Regex(text) if !text.ends_with('/')) {
        return None;
    }
    let inner = pattern(node)?;
    let inner = inner.strip_prefix(".*").or(inner.strip_prefix('^')).unwrap_or(inner);
    let inner = inner.strip_suffix(".*").or(inner.strip_suffix('$')).unwrap_or(inner);
    let mut text = String::new();
    let mut chars = inner.chars();
    while let Some(next) = chars.next() {
        match next {
            '\\' => text.push(chars.next().filter(|escaped| !escaped.is_alphanumeric())?),
            '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' => return None,
            other => text.push(other),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::super::super::super::assertion;
    use super::super::super::super::lower::{self, Language};
    use super::*;

    fn of(language: Language, text: &str) -> Claimed {
        let program = lower::parse(language, text);
        let found = assertion::of_stmt(&program.body[0], &|_: &str| false).expect("an assertion");
        claimed(&found, &Node::clone).expect("a claim of something known")
    }

    #[test]
    fn what_is_read_and_compared_is_what_a_matcher_waits_for() {
        let cases = [
            ("expect(await page.innerText('#a')).toBe('x')", "await expect(page.locator('#a')).toHaveText('x')", true),
            ("expect((await a.textContent()).trim()).toBe('x')", "await expect(a).toHaveText('x')", true),
            ("expect(await a.innerText()).toContain('x')", "await expect(a).toContainText('x')", true),
            ("expect(await a.innerText()).toBe('x')", "await expect(a).toContainText('x')", false),
            ("expect(await a.innerText()).toBe('x')", "await expect(a).toHaveText('y')", false),
            ("expect(await a.isVisible()).toBe(false)", "await expect(a).toBeHidden()", true),
            ("expect(await a.isVisible()).toBeTruthy()", "await expect(a).toBeHidden()", false),
            ("expect(await a.count()).toBe(3)", "await expect(a).toHaveCount(3)", true),
            ("expect(page.url()).toContain('/done')", "await expect(page).toHaveURL(/.*\\/done/)", true),
            ("expect(page.url()).toContain('/done')", "await expect(page).toHaveURL(/done|login/)", false),
            ("await expect.poll(() => a.count()).toBe(3)", "await expect(a).toHaveCount(3)", true),
        ];
        for (old, new, covers) in cases {
            let (one, other) = (of(Language::JavaScript, old), of(Language::JavaScript, new));
            assert_eq!(other.covers(&one), covers, "{old} / {new}");
        }
        let old = of(Language::Python, "assert page.locator('#a').inner_text() == 'x'");
        assert!(of(Language::Python, "expect(page.locator('#a')).to_have_text('x')").covers(&old));
    }
}
