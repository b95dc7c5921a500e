//! Which failed tests belong together: one fix may heal several of them. Pure.

use crate::plan::PlannedTest;

/// The open tests in units, each in the report's order: tests that failed for one cause, and tests of one file.
pub fn of(tests: &[PlannedTest], open: &[usize]) -> Vec<Vec<usize>> {
    let mut units: Vec<Vec<usize>> = Vec::new();
    for index in open {
        let related = |other: &usize| {
            let (one, other) = (&tests[*index], &tests[*other]);
            one.group == other.group || one.file == other.file
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shares_a_file_or_a_cause_goes_together() {
        let test = |file: &str, group| PlannedTest { file: file.into(), group, ..PlannedTest::default() };
        let tests = [test("a", 0), test("b", 1), test("a", 2), test("c", 3), test("d", 1), test("b", 3)];
        let all: Vec<usize> = (0..tests.len()).collect();
        assert_eq!(of(&tests, &all), [vec![0, 2], vec![1, 3, 4, 5]]);
        assert_eq!(of(&tests, &[1, 3]), [vec![1], vec![3]]);
    }
}
