//! What may be wrong with the path of a test, case by case, in a real repository: mapped to the one file that is meant,
//! or refused with the reason.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use xtask::locate::{Location, OnDisk, Tree, disk};
use xtask::plan;
use xtask::report::FailedTest;
use xtask::tools::git::Repository;

use crate::env::TestEnv;
use crate::report::{options, read, with};

/// A repository with tests, a helper, product code, things that no fix may touch, and an ignored folder.
fn repository() -> TestEnv {
    let env = TestEnv::new();
    let tracked = [
        ".gitignore",
        ".github/workflows/ci.spec.ts",
        "e2e/shop/tests/cart.spec.ts",
        "e2e/blog/tests/cart.spec.ts",
        "e2e/blog/tests/post.spec.ts",
        "tests/login.spec.ts",
        "tests/[id] (x)+$.spec.ts",
        "tests/odd:3:5.spec.ts",
        r"tests/back\slash.spec.ts",
        "tests/helpers/session.ts",
        "tests/support/page.ts",
        "tests/plain.ts",
        "tests/data.json",
        "tests/test_pet.py",
        "tests/gone.spec.ts",
        "tests/sub/deep.spec.ts",
        "--config=evil.spec.ts",
        "src/cart.ts",
        "playwright.config.ts",
        "dist/login.spec.js",
        "bin/Shop.Tests.dll",
        "node_modules/pkg/a.spec.ts",
        "features/login.feature",
        "setup.py",
    ];
    for path in tracked {
        env.write(path, "x\n");
    }
    env.write(".gitignore", "ignored/\n");
    let tests = env.repo().join("tests");
    symlink("/etc/passwd", tests.join("link.spec.ts")).unwrap();
    symlink("login.spec.ts", tests.join("alias.spec.ts")).unwrap();
    symlink("../src/cart.ts", tests.join("product.spec.ts")).unwrap();
    symlink("nowhere.spec.ts", tests.join("dangling.spec.ts")).unwrap();
    symlink("/etc", tests.join("etc")).unwrap();
    env.git(["add", "--all", "--force"]);
    env.git(["commit", "--quiet", "--message", "suite"]);
    env.write("ignored/secret.spec.ts", "x\n");
    std::fs::remove_file(tests.join("gone.spec.ts")).unwrap();
    env
}

fn locate(env: &TestEnv, test: &FailedTest) -> Location {
    let root = env.repo();
    let tracked = Repository { root: root.clone() }.tracked().unwrap();
    let look = disk::below(&root);
    let tree = Tree::new(&root, tracked.iter().map(String::as_str), &look);
    tree.locate_all(std::slice::from_ref(test)).remove(0)
}

fn at(env: &TestEnv, path: &str) -> Location {
    locate(
        env,
        &FailedTest { file_path: Some(path.into()), report: env.repo().join("ctrf/r.json"), ..Default::default() },
    )
}

#[track_caller]
fn maps(env: &TestEnv, path: &str, file: &str) {
    assert_eq!(at(env, path), Location::Found { file: file.into(), line: None }, "{path}");
}

#[track_caller]
fn refuses(env: &TestEnv, path: &str, why: &str) {
    match at(env, path) {
        Location::Refused(said) => assert!(said.contains(why), "{path}: expected `{why}` in `{said}`"),
        other => panic!("{path}: {other:?}"),
    }
}

#[track_caller]
fn knows_not(env: &TestEnv, path: &str, why: &str) {
    match at(env, path) {
        Location::Unknown(said) => assert!(said.contains(why), "{path}: expected `{why}` in `{said}`"),
        other => panic!("{path}: {other:?}"),
    }
}

#[test]
fn case_38_file_path_missing() {
    let env = repository();
    let found = |file: &str, line| Location::Found { file: file.into(), line };
    let (text, list) = (|text: &str| text.to_owned(), |text: &str| vec![text.to_owned()]);
    for (test, expected) in [
        (
            FailedTest { name: text("tests/test_pet.py::TestCreate::test_pet[a b]"), ..Default::default() },
            found("tests/test_pet.py", None),
        ),
        (FailedTest { suite: list("login.spec.ts"), ..Default::default() }, found("tests/login.spec.ts", None)),
        (
            FailedTest {
                trace: text(
                    "Error: x\n  at f (/ci/w/node_modules/x/a.spec.ts:1:1)\n  at Object.<anonymous> (/ci/w/tests/login.spec.ts:12:5)",
                ),
                ..Default::default()
            },
            found("tests/login.spec.ts", Some(12)),
        ),
        (
            FailedTest { message: text("File \"tests/test_pet.py\", line 3, in test_pet"), ..Default::default() },
            found("tests/test_pet.py", None),
        ),
    ] {
        assert_eq!(locate(&env, &test), expected, "{test:?}");
    }
    for trace in ["", "at /etc/passwd:1:1", "at tests/login.spec.ts:1 at tests/test_pet.py:2", "at ../../x.spec.ts:3"] {
        let test = FailedTest { trace: trace.into(), name: "logs in".into(), ..Default::default() };
        let Location::Unknown(why) = locate(&env, &test) else { panic!("{trace}") };
        assert!(why.starts_with("cannot be located: the report gives no path"), "{why}");
    }
}

#[test]
fn case_39_file_path_traversal() {
    let env = repository();
    for path in ["../../etc/passwd", "../tests/login.spec.ts", "tests/../../login.spec.ts", "tests/../../../x.spec.ts"]
    {
        refuses(&env, path, "leads out of the repository");
    }
    let root = env.repo();
    refuses(&env, &format!("{}/../x.spec.ts", root.display()), "leads out of the repository");
    maps(&env, "./tests/./sub/../login.spec.ts", "tests/login.spec.ts");
}

#[test]
fn case_40_file_path_absolute_foreign() {
    let env = repository();
    maps(&env, "/home/runner/work/shop/shop/tests/login.spec.ts", "tests/login.spec.ts");
    maps(&env, "/builds/e2e/blog/tests/cart.spec.ts", "e2e/blog/tests/cart.spec.ts");
    maps(&env, "/app/blog/tests/post.spec.ts", "e2e/blog/tests/post.spec.ts");
    knows_not_or_refuses(&env, "/app/tests/cart.spec.ts");
    knows_not_or_refuses(&env, "/app/post.spec.ts");
    knows_not_or_refuses(&env, "/home/runner/work/shop/shop/tests/none.spec.ts");
}

#[track_caller]
fn knows_not_or_refuses(env: &TestEnv, path: &str) {
    let location = at(env, path);
    assert!(!matches!(location, Location::Found { .. }), "{path}: {location:?}");
}

#[test]
fn case_41_file_path_absolute_outside() {
    let env = repository();
    for path in ["/etc/passwd", "/root/.ssh/id_rsa", "/"] {
        refuses(&env, path, "lies outside the repository");
    }
}

#[test]
fn case_42_file_path_windows() {
    let env = repository();
    maps(&env, r"D:\a\shop\shop\tests\login.spec.ts", "tests/login.spec.ts");
    maps(&env, "C:/a/shop/tests/login.spec.ts", "tests/login.spec.ts");
    maps(&env, r"tests\sub\deep.spec.ts", "tests/sub/deep.spec.ts");
    maps(&env, r"tests/back\slash.spec.ts", r"tests/back\slash.spec.ts");
    refuses(&env, r"..\..\etc\passwd", "leads out of the repository");
}

#[test]
fn case_43_file_path_file_url() {
    let env = repository();
    let root = env.repo();
    maps(&env, &format!("file://{}/tests/login.spec.ts", root.display()), "tests/login.spec.ts");
    maps(&env, "file://localhost/ci/tests/%5Bid%5D%20(x)+$.spec.ts", "tests/[id] (x)+$.spec.ts");
    maps(&env, "file:///D:/a/tests/login.spec.ts", "tests/login.spec.ts");
    refuses(&env, "https://evil.example/tests/login.spec.ts", "is a URL");
    refuses(&env, "file://evil.example/tests/login.spec.ts", "names another machine");
    refuses(&env, r"\\evil\share\tests\login.spec.ts", "names another machine");
    refuses(&env, "//evil/share/tests/login.spec.ts", "names another machine");
    refuses(&env, "file:///tests/%zz.spec.ts", "not a valid file URL");
    refuses(&env, "file:///tests/a%0ab.spec.ts", "control characters");
}

#[test]
fn case_44_file_path_with_line() {
    let env = repository();
    let found = |line| Location::Found { file: "tests/login.spec.ts".into(), line: Some(line) };
    assert_eq!(at(&env, "tests/login.spec.ts:8:5"), found(8));
    assert_eq!(at(&env, "tests/login.spec.ts:8"), found(8));
    assert_eq!(at(&env, r"D:\ci\tests\login.spec.ts:8:5"), found(8));
    maps(&env, "tests/odd:3:5.spec.ts", "tests/odd:3:5.spec.ts");
}

#[test]
fn case_45_file_path_odd_chars() {
    maps(&repository(), "tests/[id] (x)+$.spec.ts", "tests/[id] (x)+$.spec.ts");
}

#[test]
fn case_46_file_path_leading_dash() {
    let env = repository();
    refuses(&env, "--config=evil.spec.ts", "could be taken for an option");
    refuses(&env, "-x", "could be taken for an option");
    refuses(&env, "./--config=evil.spec.ts", "could be taken for an option");
}

#[test]
fn case_47_file_path_newline_nul() {
    let env = repository();
    for path in ["tests/a\n.spec.ts", "tests/login.spec.ts\0.png", "tests/\u{1b}[31m.spec.ts", "tests/\u{85}.spec.ts"] {
        refuses(&env, path, "holds control characters");
    }
}

#[test]
fn case_48_file_path_directory() {
    let env = repository();
    for path in ["tests", "tests/", ".", "./", "e2e/shop"] {
        refuses(&env, path, "is a directory");
    }
    refuses(&env, &env.repo().display().to_string(), "");
}

#[test]
fn case_49_file_path_symlink_out() {
    let env = repository();
    refuses(&env, "tests/link.spec.ts", "is a link that leaves the repository");
    refuses(&env, "tests/etc/passwd", "is a link that leaves the repository");
    refuses(&env, "tests/dangling.spec.ts", "is a link that leaves the repository");
    refuses(&env, "tests/product.spec.ts", "is a link to `src/cart.ts`, which is not a test file");
    maps(&env, "tests/alias.spec.ts", "tests/login.spec.ts");
}

#[test]
fn case_50_file_path_node_modules_or_git() {
    let env = repository();
    refuses(&env, "node_modules/pkg/a.spec.ts", "is third-party code");
    refuses(&env, ".git/config", "is third-party code");
    refuses(&env, ".github/workflows/ci.spec.ts", "is part of the CI configuration");
    refuses(&env, "ignored/secret.spec.ts", "is not tracked by git");
}

#[test]
fn case_51_file_path_not_a_test() {
    let env = repository();
    let not_tests = [
        "src/cart.ts",
        "tests/helpers/session.ts",
        "tests/support/page.ts",
        "tests/data.json",
        "playwright.config.ts",
        "setup.py",
    ];
    for path in not_tests {
        refuses(&env, path, "is not a test file");
    }
    maps(&env, "tests/plain.ts", "tests/plain.ts");
    maps(&env, "features/login.feature", "features/login.feature");
}

#[test]
fn case_52_file_path_compiled() {
    let env = repository();
    refuses(&env, "dist/login.spec.js", "is generated");
    refuses(&env, r"bin\Shop.Tests.dll", "is generated");
}

#[test]
fn case_61_attachment_traversal() {
    // The reader and the plan hand the path on as it is written and never open it.
    let entry = r#"{"name":"a","status":"failed","filePath":"tests/login.spec.ts","attachments":[{"name":"error-context","path":"../../../etc/passwd"}]}"#;
    let report = read(with(entry)).unwrap();
    let located = [Location::Found { file: "tests/login.spec.ts".into(), line: None }];
    let plan = plan::make(&report, &located, &options());
    assert_eq!(plan.tests[0].attachments[0].path, "../../../etc/passwd");
    assert!(!format!("{plan:?}").contains("root:"), "{plan:?}");
}

#[test]
fn a_tracked_file_that_is_not_checked_out_is_unknown() {
    knows_not(&repository(), "tests/gone.spec.ts", "is not checked out");
}

#[test]
fn a_file_that_is_gone_from_this_root_is_not_looked_for_elsewhere() {
    let env = repository();
    knows_not(&env, &format!("{}/post.spec.ts", env.repo().display()), "no file at its path");
}

#[test]
fn of_files_that_end_alike_the_one_near_the_report_is_meant() {
    let env = repository();
    let test = |report: &str| FailedTest {
        file_path: Some("tests/cart.spec.ts".into()),
        report: env.repo().join(report),
        ..Default::default()
    };
    let found = Location::Found { file: "e2e/blog/tests/cart.spec.ts".into(), line: None };
    assert_eq!(locate(&env, &test("e2e/blog/ctrf/report.json")), found);
    let Location::Unknown(why) = locate(&env, &test("ctrf/report.json")) else { panic!() };
    assert!(why.contains("several files end like its path"), "{why}");
}

/// One package beside the other, each with the same file, failing on another machine: what compares every path with
/// every file takes minutes.
#[test]
fn of_very_many_files_with_one_name_each_is_found() {
    let count = 10_000;
    let file = |at: usize| format!("packages/p{at}/src/index.spec.ts");
    let files: Vec<String> = (0..count).map(file).collect();
    let look = |path: &str| OnDisk::File(path.to_owned());
    let tree = Tree::new(Path::new("/repo"), files.iter().map(String::as_str), &look);
    let test = |path: Option<String>, trace: String| FailedTest { file_path: path, trace, ..Default::default() };
    let foreign = (0..count).map(|at| test(Some(format!("/home/ci/work/{}", file(at))), String::new()));
    let unnamed = (0..count).map(|at| test(None, format!("Error: x\n    at f (/home/ci/work/{}:7:1)", file(at))));
    let lost = (0..count).map(|at| test(Some(format!("/ci/modules/q{at}/src/index.spec.ts")), String::new()));
    let tests: Vec<FailedTest> = foreign.chain(unnamed).chain(lost).collect();
    let started = Instant::now();
    let located = tree.locate_all(&tests);
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    let found = |at: usize, line| Location::Found { file: file(at), line };
    assert_eq!(located[count - 1], found(count - 1, None));
    assert_eq!(located[2 * count - 1], found(count - 1, Some(7)));
    assert!(matches!(&located[3 * count - 1], Location::Unknown(why) if why.contains("several files end like")));
}
