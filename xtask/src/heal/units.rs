//! Which failed tests belong together: one fix may heal several of them. Pure.

use std::collections::BTreeSet;

use crate::plan::PlannedTest;

/// The files besides its own that a test's failure has to do with.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// All that it imports.
    pub imports: BTreeSet<String>,
    /// Those of which a fix is likely to be a fix of other tests too: named by the failure, or imported by few.
    pub suspects: BTreeSet<String>,
}

/// The open tests in units, each in the report's order: tests that failed for one cause, tests of one file, tests whose
/// failure leads into a file that the other uses. `reach` is that of each test.
pub fn of(tests: &[PlannedTest], open: &[usize], reach: &[Reach]) -> Vec<Vec<usize>> {
    let mut units: Vec<Vec<usize>> = Vec::new();
    for index in open {
        let related = |other: &usize| {
            let (one, other_test) = (&tests[*index], &tests[*other]);
            one.group == other_test.group
                || one.file == other_test.file
                || leads_into(&reach[*index], &reach[*other], &other_test.file)
                || leads_into(&reach[*other], &reach[*index], &one.file)
        };
        // It may tie units together that had nothing in common before.
        let (mut joined, apart): (Vec<_>, Vec<_>) = units.into_iter().partition(|unit| unit.iter().any(related));
        units = apart;
        let mut unit: Vec<usize> = joined.drain(..).flatten().chain([*index]).collect();
        unit.sort_unstable();
        units.push(unit);
    }
    units.sort();
    units
}

/// Whether a fix of one test in these files may be one of another: it has the same cause, or runs through one of them.
pub fn may_heal(owner: &PlannedTest, files: &[String], test: &PlannedTest, reach: &Reach) -> bool {
    let runs_through =
        |path: &String| *path == test.file || reach.imports.contains(path) || reach.suspects.contains(path);
    owner.group == test.group || files.iter().any(runs_through)
}

fn leads_into(one: &Reach, other: &Reach, file: &str) -> bool {
    one.suspects.iter().any(|path| path == file || other.imports.contains(path) || other.suspects.contains(path))
}

/// The order in which tests are begun: the first of each unit, then the second of each. Whoever waits for an earlier one
/// of its unit waits for one that was begun before.
pub fn in_turn(units: &[Vec<usize>]) -> Vec<usize> {
    let longest = units.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest).flat_map(|rank| units.iter().filter_map(move |unit| unit.get(rank).copied())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shares_a_file_or_a_cause_goes_together() {
        let test = |file: &str, group| PlannedTest { file: file.into(), group, ..PlannedTest::default() };
        let tests = [test("a", 0), test("b", 1), test("a", 2), test("c", 3), test("d", 1), test("b", 3)];
        let all: Vec<usize> = (0..tests.len()).collect();
        let reach = vec![Reach::default(); tests.len()];
        assert_eq!(of(&tests, &all, &reach), [vec![0, 2], vec![1, 3, 4, 5]]);
        assert_eq!(of(&tests, &[1, 3], &reach), [vec![1], vec![3]]);
        assert_eq!(in_turn(&of(&tests, &all, &reach)), [0, 1, 2, 3, 4, 5]);
        assert_eq!(in_turn(&[vec![0, 1, 2], vec![3, 4]]), [0, 3, 1, 4, 2]);
    }

    #[test]
    fn what_leads_into_the_same_helper_goes_together() {
        let test = |file: &str, group| PlannedTest { file: file.into(), group, ..PlannedTest::default() };
        let tests = [test("a", 0), test("b", 1), test("c", 2), test("d", 3)];
        let set = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<BTreeSet<_>>();
        let reach = [
            Reach { imports: set(&["session", "base"]), suspects: set(&["session"]) },
            Reach { imports: set(&["session", "base"]), suspects: set(&[]) },
            Reach { imports: set(&["base"]), suspects: set(&[]) },
            Reach { imports: set(&["base"]), suspects: set(&["c"]) },
        ];
        assert_eq!(of(&tests, &[0, 1, 2, 3], &reach), [vec![0, 1], vec![2, 3]]);
        let tried = |file: &str| may_heal(&tests[0], &[file.to_owned()], &tests[1], &reach[1]);
        assert!(tried("session") && tried("b") && !tried("a"));
    }
}
