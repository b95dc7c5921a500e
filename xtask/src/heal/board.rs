//! Where tests that are healed at the same time learn of each other. A test that waits for an earlier one of its unit comes
//! to the same end, however many are healed at once.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::one::Healing;

/// What became of each test, by its place in the plan.
pub struct Board {
    /// `None`: not yet. `Some(None)`: nothing will come of it.
    ends: Mutex<Vec<Option<Option<Arc<Healing>>>>>,
    changed: Condvar,
}

/// A test's duty to tell its end. Dropped without one, it tells that there is none, so that nobody waits for ever.
pub struct Pledge<'a> {
    board: &'a Board,
    index: usize,
}

impl Board {
    pub fn new(tests: usize) -> Board {
        Board { ends: Mutex::new(vec![None; tests]), changed: Condvar::new() }
    }

    pub fn pledge(&self, index: usize) -> Pledge<'_> {
        Pledge { board: self, index }
    }

    /// Waits until a test has come to its end.
    pub fn wait(&self, index: usize) -> Option<Arc<Healing>> {
        let ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        let ends = self.changed.wait_while(ends, |ends| ends[index].is_none()).unwrap_or_else(PoisonError::into_inner);
        ends[index].clone().flatten()
    }

    fn tell(&self, index: usize, end: Option<Arc<Healing>>) {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        ends[index].get_or_insert(end);
        self.changed.notify_all();
    }
}

impl Pledge<'_> {
    pub fn keep(self, healing: Healing) {
        self.board.tell(self.index, Some(Arc::new(healing)));
    }
}

impl Drop for Pledge<'_> {
    fn drop(&mut self) {
        self.board.tell(self.index, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::PlannedTest;

    #[test]
    fn waiting_ends_with_the_test_and_with_its_worker() {
        let board = Board::new(2);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| (board.wait(0).is_some(), board.wait(1).is_some()));
            board.pledge(0).keep(Healing::of(&PlannedTest::default()));
            drop(board.pledge(1));
            assert_eq!(waiting.join().unwrap(), (true, false));
        });
    }
}
