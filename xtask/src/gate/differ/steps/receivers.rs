//! What a step is done to and what it is given, told by the names in the code: the variable or the page object that a method
//! is called of, the order of the arguments. What is found on the page is compared as a locator.

use super::super::super::chain::Chain;
use super::super::super::ir::{Kind, Node, Stmt, hash_of};
use super::super::super::locator::{self, contrasts, is_locator};
use super::super::Differ;
use super::super::names::Side;
use super::super::pairs::kind_of;
use super::Step;
use super::reshaped::speaks_of;

impl<'a> Differ<'a> {
    /// A step that is done by another name of the project, or on another page, than before.
    pub fn found_elsewhere(&mut self, old: &'a Node, new: &'a Node, line: usize) {
        let named = |node: &Node| locator::read(node).names;
        if let ([was], [is]) = (&named(old)[..], &named(new)[..])
            && was != is
            && self.renames.get(was) != Some(is)
            && speaks_of(self.old, is)
            && speaks_of(self.new, was)
        {
            self.report("changed-input", line, format!("the step is done to `{is}` instead of `{was}`"));
        }
        if self.on_other_page(old, new) {
            self.report("changed-input", line, "the step is done on another page, which was there before");
        }
    }

    /// A step that is given something else, or done to something else, though it is called the same.
    pub fn given_otherwise(
        &mut self,
        stmt: &'a Stmt,
        (old, before): (&Chain, &[Step]),
        (new, after): (&Chain, &[Step]),
    ) {
        // `transfer(store, alice, bob)` became `transfer(store, bob, alice)`.
        let given = |chain: &Chain<'_>| -> Vec<u64> {
            let args = chain.last().and_then(|link| link.args).unwrap_or_default();
            let plain =
                |arg: &&Node| matches!(arg.kind, Kind::Ident(_) | Kind::Member { .. } | Kind::Str(_) | Kind::Num(_));
            args.iter().filter(plain).map(hash_of).collect()
        };
        let (mut was, mut is) = (given(old), given(new));
        let moved = was != is;
        was.sort_unstable();
        is.sort_unstable();
        let same_name = before.iter().zip(after).any(|(was, is)| was.own && is.own && was.name == is.name);
        if same_name && moved && was == is {
            self.report("changed-input", stmt.line, "what is given changed places");
        }
        let event =
            |chain: &Chain<'_>| chain.last().filter(|_| chain.root() == "fireEvent").map(|link| link.name == "submit");
        if let (Some(false), Some(true)) = (event(old), event(new)) {
            self.report("unknown-step", stmt.line, "a form is sent without its button");
        }
        let same_call = |(was, is): &(&Step, &Step)| was.name == is.name;
        if before.iter().zip(after).filter(same_call).any(|(step, _)| self.asked_of_other(old, new, &step.name)) {
            self.report("changed-input", stmt.line, "the step is done to another thing, which was there before");
        }
        let submits = |steps: &[Step]| steps.iter().filter(|step| step.name == "press").count();
        let enters = |steps: &[Step]| steps.iter().any(|step| kind_of(&step.name) == "fill");
        let clicked_next = || {
            let next =
                self.onwards(stmt).iter().skip(1).map(|stmt| self.steps_of(stmt)).find(|steps| !steps.is_empty());
            next.is_some_and(|steps| steps[0].name == "click")
        };
        if submits(after) > submits(before) && enters(before) && clicked_next() {
            self.report("unknown-step", stmt.line, "what is entered is sent as well");
        }
    }

    /// Whether a method is called of another thing that was there before, while the one that it was called of still is:
    /// `cart.add('Lamp')` became `wishlist.add('Lamp')`.
    fn asked_of_other(&self, old: &Chain, new: &Chain, method: &str) -> bool {
        let receiver = |chain: &Chain<'_>| {
            let at = chain.links.iter().position(|link| link.name == method && link.args.is_some())?;
            let of = chain.links[..at].last().filter(|link| link.args.is_none())?;
            Some(of.name.to_owned())
        };
        let Some(was) = receiver(old) else { return false };
        if !speaks_of(self.new, &was) {
            // `cart.payButton` became `cart.laterButton`.
            return receiver(new).is_some_and(|is| {
                old.links.len() > 2
                    && old.root() == new.root()
                    && old.root() != was
                    && was != is
                    && self.renames.get(&was) != Some(&is)
                    && !contrasts::is_same_control(&was, &is)
            });
        }
        match receiver(new) {
            // `worker.queue.push('a')` became `worker.backlog.push('a')`.
            Some(is) => {
                let part_of_same = old.links.len() > 2 && old.root() == new.root() && old.root() != was;
                was != is && self.renames.get(&was) != Some(&is) && (part_of_same || speaks_of(self.old, &is))
            }
            // `(tmp_path / 'other.csv').write_text('Lamp')`
            None => new
                .base
                .is_some_and(|base| matches!(base.kind, Kind::New { .. }) || self.given(&was, Side::New) != Some(base)),
        }
    }

    /// Whether what is looked for on one page, or by one person, is looked for on another one that was there before.
    fn on_other_page(&self, old: &Node, new: &Node) -> bool {
        let root = |node: &Node, side| {
            let chain = Chain::of(node.bare());
            let first = chain.links.first().filter(|link| chain.base.is_none() && link.args.is_none())?;
            // What is found on a page is on that page.
            let held = self.given(first.name, side).filter(|held| is_locator(held));
            Some(held.map_or(first.name, |held| Chain::of(held).root()).to_owned())
        };
        let (Some(was), Some(is)) = (root(old, Side::Old), root(new, Side::New)) else { return false };
        was != is && self.renames.get(&was) != Some(&is) && speaks_of(self.old, &is) && speaks_of(self.new, &was)
    }
}
