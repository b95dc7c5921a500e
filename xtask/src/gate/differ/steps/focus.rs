//! Where new steps lead: whoever goes on by keyboard or clicks moves the focus, and toggles what is clicked. So none may
//! be added before what is asserted still, if it may be what makes that true.

use super::super::super::assertion::{self, Assertion};
use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node, Stmt, StmtKind, any_stmt};
use super::super::super::locator::{self, Claim, found_in};
use super::super::super::words::words;
use super::super::names::Side;
use super::super::oracle::restated::receiver;
use super::super::pairs::kind_of;
use super::super::self_made::own_input::{asks_field, names};
use super::super::{Differ, Place};
use super::kept::is_stepped;
use super::{Step, steps_of};

/// What is asserted or read of an element that a click on it may toggle, besides what is asserted of fields.
#[rustfmt::skip]
const TOGGLED: [&str; 12] = [
    "toBePressed", "toBeExpanded", "toBeSelected", "toBePartiallyChecked", "attr", "class", "checked", "getAttribute",
    "attributes", "className", "classList", "selected",
];

impl<'a> Differ<'a> {
    /// A step that was not there.
    pub fn leads(&mut self, stmt: &'a Stmt) {
        let StmtKind::Expr(node) = &stmt.kind else { return };
        self.points_at(node, stmt);
        let focuses = Chain::of(node).last().is_some_and(|link| matches!(link.name, "focus" | "blur"));
        let switches = Chain::of(node).has("switchTo");
        if !focuses && !switches && steps_of(stmt).iter().all(|step| step.own)
            || self.is_fresh()
            || self.only_rewritten() && !focuses
        {
            return;
        }
        // What is cleared only to be filled.
        let clears = steps_of(stmt).iter().all(|step| step.name == "clear");
        let refills = |next: &&Stmt| match &next.kind {
            StmtKind::Expr(other) => {
                receiver(other).is_some()
                    && receiver(other) == receiver(node)
                    && next.any(&mut |part| part.string().is_some())
            }
            _ => false,
        };
        if clears && !steps_of(stmt).is_empty() && self.onwards(stmt).get(1).is_some_and(refills) {
            return;
        }
        // A menu is opened for the entry that is chosen in it, as it was before it stood there.
        let before = self.scopes.last().into_iter().flat_map(|scope| &scope.new);
        let before = before.take_while(|other| !std::ptr::eq(**other, stmt)).last();
        let is_entry = self.was_done_to(stmt) && before.is_some_and(|before| opens_menu(before));
        if is_entry || opens_menu(stmt) && self.onwards(stmt).get(1).is_some_and(|next| self.was_done_to(next)) {
            return;
        }
        let again = |part: &Node| {
            let said = part.string().map(words).unwrap_or_default();
            said.iter().any(|word| matches!(word.as_str(), "retry" | "reload" | "refresh" | "again"))
        };
        let what = if self.focus_is_asserted(stmt) {
            "lead the focus to what is asserted"
        } else if self.toggles_asserted(node, stmt) {
            "make the state of the element that is asserted"
        } else if self.repeats(stmt) && !self.counts_up() || node.any(&mut |part| again(part)) {
            "do again what failed"
        } else if self.leaves_nothing(stmt) && !self.was_done_to(stmt) {
            "take away what must not be there"
        } else {
            return;
        };
        self.report("unknown-step", stmt.line, format!("the step may {what}"));
    }

    /// What is pointed at of late is no longer where the pointer was before: that may be why something is there, or is not.
    fn points_at(&mut self, node: &Node, stmt: &'a Stmt) {
        let asserts = self.asserts();
        const POINTS: [&str; 5] = ["hover", "realHover", "moveToElement", "trigger", "dispatchEvent"];
        let points = |node: &Node| Chain::of(node).last().is_some_and(|link| POINTS.contains(&link.name));
        let pointed = self.stretch.old.iter().flat_map(|stmt| stmt.exprs()).any(points);
        let kept = |next: &&&'a Stmt| {
            self.scopes.last().is_some_and(|scope| scope.old.contains(next))
                && assertion::of_stmt(next, &asserts).is_some()
        };
        if points(node) && !pointed && !self.is_fresh() && self.onwards(stmt).get(1).filter(kept).is_some() {
            self.report("unknown-step", stmt.line, "the step may show what is asserted, or hide it");
        }
    }

    /// Whether the stretch takes the very same steps in other words, or one by one where they stood in a chain.
    pub fn only_rewritten(&self) -> bool {
        let taken = |stmts: &[&Stmt]| {
            let steps = stmts.iter().flat_map(|stmt| steps_of(stmt));
            let given = |step: &Step| step.inputs.iter().map(|(hash, _)| *hash).collect::<Vec<_>>();
            steps.map(|step| (kind_of(&step.name).to_owned(), given(&step))).collect::<Vec<_>>()
        };
        taken(&self.stretch.old) == taken(&self.stretch.new)
    }

    /// Whether a test does the very same twice in a row, and did nothing so often.
    pub fn repeats(&self, stmt: &Stmt) -> bool {
        let Some(scope) = self.scopes.last() else { return false };
        let twice = |two: &[&Stmt]| two[0] == two[1];
        let again = |stmts: &[&Stmt]| stmts.windows(2).filter(|two| twice(two)).count();
        let it_is = scope.new.windows(2).any(|two| two[0] == stmt && twice(two));
        it_is && again(&scope.new) > again(&scope.old)
    }

    /// Whether the stretch did the same to something of the same name: `row.getByRole('button', { name: 'Archive' })` became
    /// an entry of a menu that is opened first.
    pub fn was_done_to(&self, stmt: &Stmt) -> bool {
        let done = |stmt: &Stmt| {
            let named = |node: &Node| locator::read(node).texts.pop().unwrap_or_default();
            let located = stmt.exprs().into_iter().map(named);
            let kinds = steps_of(stmt).into_iter().map(|step| kind_of(&step.name).to_owned());
            (located.collect::<Vec<_>>(), kinds.collect::<Vec<_>>())
        };
        let (located, kinds) = done(stmt);
        located.iter().any(|name| !name.is_empty())
            && !kinds.is_empty()
            && self.stretch.old.iter().any(|was| done(was) == (located.clone(), kinds.clone()))
    }

    /// Whether what is done again and again makes a number that was entered.
    fn counts_up(&self) -> bool {
        let new: Vec<Step> = self.stretch.new.iter().flat_map(|stmt| self.spelled_steps(stmt, Side::New)).collect();
        let entered = self.stretch.old.iter().flat_map(|stmt| steps_of(stmt)).flat_map(|step| step.inputs);
        entered.into_iter().any(|(_, text)| is_stepped(&text, &new))
    }

    /// Whether the next thing behind a step is that something is not there, as it was before.
    fn leaves_nothing(&self, stmt: &Stmt) -> bool {
        let Some(scope) = self.scopes.last() else { return false };
        let asserts = self.asserts();
        let next = self.onwards(stmt).get(1);
        // What a tab shows was there before, and is as it was.
        let to_tab =
            stmt.exprs().into_iter().any(|node| locator::read(node).roles.last().is_some_and(|role| role == "tab"));
        let denies = |next: &&Stmt| {
            assertion::of_stmt(next, &asserts)
                .is_some_and(|found| found.claim() == Claim::Absence && !(to_tab && asks_field(&found)))
        };
        next.is_some_and(|next| denies(next) && scope.old.contains(next))
    }

    /// What is done in case of something, or for as long as it is there, that is not to be there.
    pub fn may_take_away(&mut self, stmt: &'a Stmt) {
        let Some(scope) = self.scopes.last() else { return };
        let asserts = self.asserts();
        let strings = |stmt: &Stmt| {
            let mut found = Vec::new();
            stmt.walk(&mut |node| found.extend(node.string().filter(|text| text.len() > 2).map(str::to_owned)));
            found
        };
        let in_case = match &stmt.kind {
            StmtKind::If { .. } | StmtKind::Try { .. } | StmtKind::Loop { .. } => true,
            StmtKind::Expr(node) => !node.functions().is_empty(),
            _ => false,
        };
        let said = if in_case { strings(stmt) } else { Vec::new() };
        let denied = |kept: &&&'a Stmt| {
            let denies = assertion::of_stmt(kept, &asserts).is_some_and(|found| found.claim() == Claim::Absence);
            denies && scope.old.contains(kept) && strings(kept).iter().any(|text| said.contains(text))
        };
        let acts = matches!(stmt.kind, StmtKind::If { .. } | StmtKind::Try { .. })
            && any_stmt(std::slice::from_ref(stmt), &mut |inner| !steps_of(inner).is_empty());
        if scope.new.iter().any(|kept| denied(&kept)) || acts && self.leaves_nothing(stmt) {
            self.report("unknown-step", stmt.line, "the step may take away what must not be there");
        }
    }

    /// Whether the focus is asserted behind a statement, and was; behind one that is not of a test, anywhere.
    pub fn focus_is_asserted(&self, stmt: &Stmt) -> bool {
        let asserts = self.asserts();
        let is_it = |stmt: &Stmt| assertion::of_stmt(stmt, &asserts).is_some_and(|one| asks_focus(&one));
        let asks = |stmt: &Stmt| any_stmt(std::slice::from_ref(stmt), &mut |inner| is_it(inner));
        match self.scopes.last() {
            Some(scope) if scope.place == Place::Test => {
                scope.old.iter().any(|stmt| asks(stmt)) && self.onwards(stmt).iter().any(|stmt| asks(stmt))
            }
            _ => self.old.body.iter().any(asks),
        }
    }

    /// Whether a step is done to an element of which a state is asserted behind it that was asserted before.
    fn toggles_asserted(&self, step: &Node, stmt: &Stmt) -> bool {
        let Some(scope) = self.scopes.last() else { return false };
        let asserts = self.asserts();
        let claims =
            |found: &Assertion<'a>| found.matchers.iter().map(|one| (one.names.clone(), one.args)).collect::<Vec<_>>();
        let found = |stmt: &&'a Stmt| assertion::of_stmt(stmt, &asserts).filter(asks_toggled);
        let before: Vec<_> = scope.old.iter().filter_map(found).map(|found| claims(&found)).collect();
        let spelled = self.spelled_out(step, Side::New);
        let is_it = |found: Assertion<'a>| {
            let subject = self.spelled_out(found.subject.first().unwrap_or(found.whole), Side::New);
            let elements = found_in(&subject);
            before.contains(&claims(&found))
                && found_in(spelled.bare()).iter().any(|one| elements.iter().any(|other| same_element(one, other)))
        };
        self.onwards(stmt).iter().filter_map(found).any(is_it)
    }
}

/// Whether a statement clicks on what opens a menu, and is called after nothing else.
fn opens_menu(stmt: &Stmt) -> bool {
    const OPENERS: [&str; 6] = ["more", "actions", "options", "menu", "open", "toggle"];
    let mut said = Vec::new();
    stmt.exprs().into_iter().for_each(|node| said.extend(locator::read(node).own_texts()));
    let named = |text: &String| words(text).iter().all(|word| OPENERS.contains(&word.as_str()));
    matches!(&steps_of(stmt)[..], [step] if step.name == "click") && !said.is_empty() && said.iter().all(named)
}

fn asks_focus(found: &Assertion) -> bool {
    let is_it = |name: &&str| matches!(*name, "toHaveFocus" | "toBeFocused" | "focused" | "focus");
    let reads = |node: &Node| matches!(&node.kind, Kind::Member { name, .. } if name == "activeElement");
    found.matchers.iter().flat_map(|matcher| &matcher.names).any(is_it) || found.whole.any(&mut |node| reads(node))
}

pub fn asks_toggled(found: &Assertion) -> bool {
    let subject = found.subject.first().unwrap_or(found.whole);
    asks_field(found)
        || found.matchers.iter().flat_map(|matcher| &matcher.names).any(|name| TOGGLED.contains(name))
        || Chain::of(subject).links.iter().skip(1).any(|link| TOGGLED.contains(&link.name))
}

/// Whether two locators find the same, or something of the same name.
fn same_element(one: &Node, other: &Node) -> bool {
    let (one, other) = (locator::read(one), locator::read(other));
    let (said, named) = (names(&one), names(&other));
    one == other || !said.is_empty() && !named.is_empty() && (said.is_subset(&named) || named.is_subset(&said))
}
