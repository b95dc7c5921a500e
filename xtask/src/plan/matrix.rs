//! Deals a plan out to the jobs of a workflow. Pure.

use std::collections::HashSet;

use super::Plan;

/// Tests for each job: as many as one heals at a time in the cloud.
const TESTS_OF_A_JOB: usize = 4;

/// As many jobs as GitHub's free plan runs at a time; a matrix may hold 256.
/// <https://docs.github.com/en/actions/reference/limits>
const MAX_JOBS: usize = 20;

/// Lines for `$GITHUB_OUTPUT`: `count`, the tests to heal, and `matrix`, for `strategy.matrix`, with a `shard` for each
/// job. An empty matrix fails a workflow: whoever uses it asks first whether `count` is `0`.
pub fn github_output(plan: &Plan) -> String {
    let open = || plan.tests.iter().filter(|test| test.skip.is_none());
    let count = open().count();
    // Tests that may share a cause stay together.
    let groups = open().map(|test| test.group).collect::<HashSet<_>>().len();
    let jobs = count.div_ceil(TESTS_OF_A_JOB).min(groups).min(MAX_JOBS);
    let shards: Vec<String> = (1..=jobs).map(|index| format!("\"{index}/{jobs}\"")).collect();
    format!("count={count}\nmatrix={{\"shard\":[{}]}}\n", shards.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::PlannedTest;

    #[test]
    fn every_job_has_something_to_do() {
        // Groups of the tests to heal, tests to skip, jobs.
        for (groups, skipped, jobs) in [
            (vec![], 3, vec![]),
            (vec![0], 0, vec!["1/1"]),
            (vec![0, 1, 2, 3], 1, vec!["1/1"]),
            (vec![0, 1, 2, 3, 4], 0, vec!["1/2", "2/2"]),
            (vec![0; 9], 0, vec!["1/1"]),
        ] {
            let test = |group, skip: Option<String>| PlannedTest { group, skip, ..PlannedTest::default() };
            let mut plan = Plan::default();
            plan.tests.extend(groups.iter().map(|group| test(*group, None)));
            plan.tests.extend((0..skipped).map(|at| test(100 + at, Some("filtered".into()))));
            let output = github_output(&plan);
            let (count, matrix) = output.trim_end().split_once("\nmatrix=").unwrap();
            assert_eq!(count, format!("count={}", groups.len()));
            let matrix: serde_json::Value = serde_json::from_str(matrix).unwrap();
            assert_eq!(matrix, serde_json::json!({ "shard": jobs }));
        }
        let mut plan = Plan::default();
        plan.tests.extend((0..500).map(|group| PlannedTest { group, ..PlannedTest::default() }));
        assert!(github_output(&plan).contains("\"20/20\"]"));
    }
}
