//! Gestures: what is dragged, typed by the keyboard, or put together and then performed.

use std::collections::BTreeSet;

use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node, Stmt};
use super::super::super::locator::drift::{Drift, drift};
use super::super::super::locator::{self, Claim, Locator, found_in};
use super::super::Differ;
use super::super::names::Side;
use super::super::oracle::restated::receiver;
use super::super::pairs::kind_of;
use super::super::self_made::own_input::names;
use super::Step;

impl<'a> Differ<'a> {
    /// Selenium's `ActionChains(driver).drag_and_drop(a, b).perform()`, and what is dragged by one call.
    pub fn gestures(&mut self, old: &'a Node, new: &'a Node, line: usize) {
        let (was, is) = (Chain::of(old), Chain::of(new));
        if was.root() == "ActionChains" && is.root() == "ActionChains" {
            let names = |chain: &Chain<'a>| {
                let idle = |name: &&str| !matches!(*name, "pause" | "scrollToElement");
                chain.names().into_iter().filter(idle).collect::<Vec<_>>()
            };
            let given = |chain: &Chain<'a>| -> Vec<&'a Node> {
                chain.links.iter().skip(1).flat_map(|link| link.args.unwrap_or_default()).collect()
            };
            let plain = |node: &&Node| matches!(node.kind, Kind::Num(_) | Kind::Str(_) | Kind::Unary(..));
            let values = |chain: &Chain<'a>| given(chain).into_iter().filter(plain).collect::<Vec<_>>();
            let (before, after) = (given(&was), given(&is));
            let swapped = before.iter().zip(&after).any(|(one, other)| one != other && before.contains(other));
            if names(&was) != names(&is) || values(&was) != values(&is) || swapped {
                self.report("unknown-step", line, "the gesture is another");
            }
        }
        let target = |chain: &Chain<'a>| chain.called("dragTo").and_then(<[Node]>::first);
        if let (Some(one), Some(other)) = (target(&was), target(&is)) {
            let read = |node: &Node, side| locator::read(self.spelled_out(node, side).bare());
            let (before, after) = (read(one, Side::Old), read(other, Side::New));
            let itself = receiver(new).is_some_and(|from| read(from, Side::New) == after);
            if itself || drift(&before, &after, Claim::Valued, "") != Drift::None {
                self.report("unknown-step", line, "it may be dragged to another place");
            }
        }
    }

    /// What was entered in a field is typed by the keyboard now: that goes to whatever was clicked before.
    pub fn types_nowhere(&mut self, was: &[Step], line: usize) {
        let types = |stmt: &Stmt| {
            stmt.exprs().into_iter().any(|node| {
                let names = Chain::of(node).names();
                names.ends_with(&["keyboard", "type"]) || names.ends_with(&["keyboard", "insertText"])
            })
        };
        let Some(at) = self.stretch.new.iter().position(|stmt| types(stmt)) else { return };
        let Some(filled) = was.iter().find(|step| kind_of(&step.name) == "fill" && !step.place.is_empty()) else {
            return;
        };
        let before = self.stretch.new[..at].iter().flat_map(|stmt| stmt.exprs());
        let focused = before.map(|node| names(&locator::read(self.spelled_out(node, Side::New).bare()))).last();
        let alike = |place: BTreeSet<String>| place.is_empty() || !place.is_disjoint(&filled.place);
        if !focused.is_some_and(alike) {
            self.report("changed-input", line, "it is typed wherever the focus is");
        }
    }

    /// What was dragged by one call is dragged by the mouse now: from the same, to the same, and it is let go there.
    pub fn drags(&mut self, old: &[&'a Stmt], new: &[&'a Stmt], line: usize) {
        let dragged = old.iter().flat_map(|stmt| stmt.exprs()).find_map(|node| {
            let chain = Chain::of(node);
            let to = chain.last().filter(|link| link.name == "dragTo")?.args?.first()?;
            Some((receiver(node)?, to))
        });
        let Some((from, to)) = dragged else { return };
        let mouse = |stmt: &Stmt, what: &str| {
            stmt.exprs().into_iter().any(|node| Chain::of(node).names().ends_with(&["mouse", what]))
        };
        let Some(down) = new.iter().position(|stmt| mouse(stmt, "down")) else { return };
        let up = new.iter().rposition(|stmt| mouse(stmt, "up")).filter(|up| *up > down).unwrap_or(down);
        let place = |node: &Node, side| locator::read(self.spelled_out(node, side).bare());
        let (source, target) = (place(from, Side::Old), place(to, Side::Old));
        // By its own name, or by that of what it stands in.
        let speaks = |stmt: &Stmt, old: &Node, wanted: &Locator| {
            let root = Chain::of(old).root();
            let named = root != "page" && stmt.any(&mut |node| node.ident() == Some(root));
            named
                || stmt.exprs().into_iter().any(|node| {
                    let spelled = self.spelled_out(node, Side::New);
                    let is_it = |found: &Node| drift(wanted, &locator::read(found), Claim::Valued, "") == Drift::None;
                    found_in(spelled.bare()).into_iter().any(is_it)
                })
        };
        let moves = new[down..up].iter().any(|stmt| mouse(stmt, "move") || speaks(stmt, to, &target));
        let begins = new[..=down].iter().any(|stmt| speaks(stmt, from, &source));
        let arrives = new[..up].iter().any(|stmt| speaks(stmt, to, &target));
        if source == target || !(moves && begins && arrives) {
            self.report("unknown-step", line, "what is dragged, or where to, is another");
        }
    }
}
