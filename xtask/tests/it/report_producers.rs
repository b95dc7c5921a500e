//! Reports that real reporters wrote (`tests/reports/`; only folders and machine names were replaced): each reads, and
//! each failed test is identified and found as in the repository that it came from.

use std::path::Path;

use xtask::locate::{OnDisk, Tree};
use xtask::plan::{self, Plan};
use xtask::report::{self, Report};

use crate::report::options;

/// Reads a report and plans it in a repository that tracks these files.
fn plan_of(name: &str, tracked: &[&str]) -> (Report, Plan) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reports");
    let sources = report::files(&[name.to_owned()], &folder).unwrap();
    let report = report::read(&sources).unwrap();
    let look = |path: &str| if tracked.contains(&path) { OnDisk::File(path.to_owned()) } else { OnDisk::Missing };
    let tree = Tree::new(Path::new("/somewhere/else"), tracked.iter().copied(), &look);
    let plan = plan::make(&report, &tree.locate_all(&report.failed), &options());
    assert!(report.warnings.is_empty() && report.doubts.is_empty(), "{:?} {:?}", report.warnings, report.doubts);
    (report, plan)
}

/// Id, name, file and projects of what would be healed.
fn shown(plan: &Plan) -> Vec<(&str, &str, &str, String)> {
    plan.runnable().map(|test| (&test.id[..], &test.name[..], &test.file[..], test.projects.join(" "))).collect()
}

/// playwright-ctrf-json-reporter 0.0.29: two projects, absolute paths, colours in messages.
#[test]
fn playwright() {
    let (report, plan) = plan_of("playwright.json", &["e2e/tests/shop/cart.spec.ts", "tests/shop/cart.spec.ts"]);
    assert_eq!((&report.tool[..], report.total, report.failed.len(), plan.failed), ("playwright", 10, 6, 3));
    let file = "tests/shop/cart.spec.ts";
    let ids: Vec<&str> = plan.tests.iter().map(|test| &test.id[..]).collect();
    let both = || "desktop mobile".to_owned();
    assert_eq!(
        shown(&plan),
        [
            ("ATK-PW-1050", "(ATK-PW-1050) shows its title @cart", file, both()),
            (ids[1], "buys > pays", file, both()),
            (ids[2], "throws a string", file, both()),
        ]
    );
    let first = &plan.tests[0];
    assert_eq!((&first.suite[..], first.suite_file.as_deref()), (&["Cart".to_owned()][..], Some("shop/cart.spec.ts")));
    assert!(
        first.message.starts_with("Error: expect(locator).toBeVisible() failed\n\nLocator: getByRole("),
        "{first:?}"
    );
    let contexts = first.attachments.iter().filter(|attachment| attachment.name == "error-context");
    assert_eq!(contexts.count(), 2, "one for each project: {:?}", first.attachments);
    assert_eq!(plan.tests.iter().map(|test| test.group).collect::<Vec<_>>(), [0, 1, 2]);
}

/// jest-ctrf-json-reporter 0.0.11: `file > describe` as the suite, absolute paths.
#[test]
fn jest() {
    let (report, plan) = plan_of("jest.json", &["__tests__/cart.test.js"]);
    assert_eq!((&report.tool[..], report.total, report.failed.len(), report.other), ("jest", 3, 1, 1));
    let [test] = &plan.tests[..] else { panic!("{plan:?}") };
    assert_eq!((&test.name[..], &test.file[..]), ("cart adds the prices", "__tests__/cart.test.js"));
    assert_eq!((&test.suite[..], &test.skip, &test.projects[..]), (&["cart".to_owned()][..], &None, &[][..]));
}

/// pytest-json-ctrf: node ids, paths relative to the root folder of the suite, here a folder of the repository.
#[test]
fn pytest() {
    let (report, plan) = plan_of("pytest.json", &["backend/tests/test_cart.py", "tests/test_other.py"]);
    assert_eq!((&report.tool[..], report.total, report.failed.len(), report.skipped), ("pytest", 5, 2, 1));
    let names: Vec<_> = plan.runnable().map(|test| (&test.name[..], &test.file[..])).collect();
    let file = "backend/tests/test_cart.py";
    let expected = [("tests/test_cart.py::TestCart::test_total[2]", file), ("tests/test_cart.py::test_setup", file)];
    assert_eq!(names, expected);
}

/// junit-to-ctrf 0.0.14 over node's own JUnit reporter: no path at all, but a stack that names the file.
#[test]
fn junit_to_ctrf() {
    let (report, plan) = plan_of("junit-to-ctrf.json", &["n/a.test.mjs", "n/b.test.mjs"]);
    assert_eq!((report.total, report.failed.len()), (4, 2));
    assert!(plan.runnable().all(|test| test.file == "n/a.test.mjs"), "{plan:?}");
    assert_eq!(plan.runnable().count(), 2);
    let (_, lost) = plan_of("junit-to-ctrf.json", &["n/b.test.mjs"]);
    let why = |test: &plan::PlannedTest| test.skip.as_deref().is_some_and(|why| why.starts_with("cannot be located"));
    assert!(lost.tests.iter().all(why), "{lost:?}");
}
