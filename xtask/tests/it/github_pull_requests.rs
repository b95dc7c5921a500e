//! Branches and pull requests, with the real gh against the stand-in and the real git against a bare repository.

use xtask::github::branch::Workshop;
use xtask::github::pull_request_text::Account;
use xtask::github::pull_requests::{Fix, Published, Standing};
use xtask::github::{GitHub, LABEL};
use xtask::plan::PlannedTest;
use xtask::tools::git::{self, Repository};

use crate::github_world::{TEST_FILE, World, commit_as_person, run, test};
use crate::stand_in::{Fault, TOKEN};

struct Wish<'a> {
    github: &'a GitHub,
    patch: Vec<u8>,
    base: String,
    proposed: bool,
    repository: &'a Repository,
}

impl<'a> Wish<'a> {
    fn new(world: &'a World, github: &'a GitHub, patch: Vec<u8>) -> Self {
        let base = world.tip();
        Wish { github, patch, base, proposed: false, repository: &world.repository }
    }

    fn publish(&self) -> anyhow::Result<Published> {
        let test = test(1);
        self.publish_for(&[&test], "main", &test.branch())
    }

    fn publish_for(&self, tests: &[&PlannedTest], base: &str, branch: &str) -> anyhow::Result<Published> {
        let account = Account {
            tests: tests.to_vec(),
            issues: vec![12],
            proposed: self.proposed,
            root_cause: "the button is called New now",
            files: vec![TEST_FILE.into()],
            evidence: vec!["passed 2 of 2 runs in chromium".into()],
            ..Account::default()
        };
        let workshop = Workshop::borrowing(self.repository)?;
        let fix =
            Fix { workshop: &workshop, base_commit: &self.base, base, branch, patch: &self.patch, tree: None, account };
        self.github.publish(&self.github.known()?, &fix, &run("1"))
    }
}

const BRANCH: &str = "heal/atk-pw-1-00000000";

#[test]
fn opens_one_pull_request_and_leaves_it_alone() {
    let world = World::new();
    let github = world.github();
    let wish = Wish::new(&world, &github, world.patch("Old", "New"));
    assert_eq!(wish.publish().unwrap(), Published::Opened { number: 1 });
    assert_eq!(world.hub.pull_requests(), [format!("#1 open {BRANCH} -> main")]);
    assert_eq!(world.branches(), [format!("{BRANCH} Heal ATK-PW-1: works")]);
    let healed = git::read(&world.bare, ["show", &format!("{BRANCH}:{TEST_FILE}")]).unwrap();
    assert!(healed.contains("click('New')"), "{healed}");
    let entry = world.hub.lock().entries[0].clone();
    assert_eq!(entry["labels"][0]["name"], LABEL);
    assert!(entry["body"].as_str().unwrap().contains("Fixes #12"));
    let tip = git::read(&world.bare, ["rev-parse", BRANCH]).unwrap();

    // The same again, and another fix for the same test: the one that is open counts.
    world.hub.take_log();
    assert!(matches!(wish.publish().unwrap(), Published::Skipped { pull_request: Some(1), .. }));
    let other = Wish::new(&world, &github, world.patch("Old", "Newer"));
    assert!(matches!(other.publish().unwrap(), Published::Skipped { pull_request: Some(1), .. }));
    assert_eq!(git::read(&world.bare, ["rev-parse", BRANCH]).unwrap(), tip);
    assert!(world.hub.take_log().iter().all(|line| line.starts_with("GET")));
    assert!(matches!(github.standing(&world.repository, &world.tip(), &[1]).unwrap(), Standing::Skip(_, 1)));
    world.hub.assert_documented();
}

#[test]
fn a_fix_that_no_longer_applies_is_replaced() {
    let world = World::new();
    let github = world.github();
    Wish::new(&world, &github, world.patch("Old", "New")).publish().unwrap();
    world.commit(&[(TEST_FILE, "test('works', () => {\n  press('Other');\n});\n")], "Rewrite");
    assert_eq!(github.standing(&world.repository, &world.tip(), &[1]).unwrap(), Standing::Free);
    let wish = Wish::new(&world, &github, world.patch("Other", "New"));
    assert_eq!(wish.publish().unwrap(), Published::Updated { number: 1 });
    let healed = git::read(&world.bare, ["show", &format!("{BRANCH}:{TEST_FILE}")]).unwrap();
    assert!(healed.contains("press('New')"), "{healed}");
    assert_eq!(world.hub.pull_requests(), [format!("#1 open {BRANCH} -> main")]);
    world.hub.assert_documented();
}

#[test]
fn a_persons_commit_is_never_pushed_over() {
    for amend in [false, true] {
        let world = World::new();
        let github = world.github();
        Wish::new(&world, &github, world.patch("Old", "New")).publish().unwrap();
        let theirs = world.folder().join("theirs");
        git::run(world.folder(), ["clone", "-q", "-b", BRANCH, world.bare.to_str().unwrap(), "theirs"]).unwrap();
        std::fs::write(theirs.join(TEST_FILE), "mine\n").unwrap();
        git::run(&theirs, ["add", "--all"]).unwrap();
        if amend {
            let person = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
            git::run(&theirs, person.into_iter().chain(["commit", "-q", "--amend", "--no-edit"])).unwrap();
        } else {
            commit_as_person(&theirs, "By hand");
        }
        git::run(&theirs, ["push", "-q", "--force", "origin", BRANCH]).unwrap();
        let tip = git::read(&world.bare, ["rev-parse", BRANCH]).unwrap();
        world.commit(&[(TEST_FILE, "test('works', () => {\n  press('Other');\n});\n")], "Rewrite");

        assert!(matches!(github.standing(&world.repository, &world.tip(), &[1]).unwrap(), Standing::Skip(_, 1)));
        let published = Wish::new(&world, &github, world.patch("Other", "New")).publish().unwrap();
        let Published::Skipped { reason, pull_request: Some(1) } = published else { panic!("{published:?}") };
        assert!(reason.contains("commits of others"), "{reason}");
        assert_eq!(git::read(&world.bare, ["rev-parse", BRANCH]).unwrap(), tip);
    }
}

#[test]
fn a_declined_change_is_not_proposed_again() {
    let world = World::new();
    let github = world.github();
    Wish::new(&world, &github, world.patch("Old", "New")).publish().unwrap();
    world.hub.close(1);
    git::run(&world.bare, ["branch", "-q", "-D", BRANCH]).unwrap();
    // Other lines moved meanwhile: it is the same change all the same.
    let text = std::fs::read_to_string(world.repository.root.join(TEST_FILE)).unwrap();
    world.commit(&[(TEST_FILE, &format!("// zero\n{text}"))], "Move");
    let published = Wish::new(&world, &github, world.patch("Old", "New")).publish().unwrap();
    assert!(matches!(published, Published::Skipped { pull_request: Some(1), .. }), "{published:?}");
    assert_eq!(world.branches(), Vec::<String>::new());
    let other = Wish::new(&world, &github, world.patch("Old", "Newer"));
    assert_eq!(other.publish().unwrap(), Published::Opened { number: 2 });
    world.hub.assert_documented();
}

#[test]
fn a_proposal_is_a_draft_where_there_are_drafts() {
    for drafts in [true, false] {
        let world = World::new();
        world.hub.lock().no_drafts = !drafts;
        let github = world.github();
        let mut wish = Wish::new(&world, &github, world.patch("Old", "New"));
        wish.proposed = true;
        assert_eq!(wish.publish().unwrap(), Published::Opened { number: 1 });
        let draft = if drafts { " draft" } else { "" };
        assert_eq!(world.hub.pull_requests(), [format!("#1 open{draft} {BRANCH} -> main")]);
        assert_eq!(world.hub.lock().entries[0]["labels"][1]["name"], "needs-review");
        assert_eq!(github.take_notes().len(), usize::from(!drafts));
    }
}

#[test]
fn one_pull_request_for_several_tests() {
    let world = World::new();
    let github = world.github();
    let wish = Wish::new(&world, &github, world.patch("Old", "New"));
    let (first, second) = (test(1), test(2));
    assert_eq!(wish.publish_for(&[&first, &second], "main", BRANCH).unwrap(), Published::Opened { number: 1 });
    let known = github.known().unwrap();
    let open =
        |test: &PlannedTest| known.pull_requests(&test.fingerprint).map(|entry| entry.number).collect::<Vec<_>>();
    assert_eq!((open(&first), open(&second)), (vec![1], vec![1]));
}

#[test]
fn a_lost_reply_or_a_death_in_between_makes_no_second_pull_request() {
    for fault in [Fault::Before, Fault::After, Fault::AfterBadGateway] {
        let world = World::new();
        let github = world.github();
        world.hub.fail("POST", "/pulls", fault.clone(), 1);
        let published = Wish::new(&world, &github, world.patch("Old", "New")).publish().unwrap();
        assert!(!matches!(published, Published::BranchOnly { .. }), "{published:?}");
        assert_eq!(world.hub.pull_requests(), [format!("#1 open {BRANCH} -> main")], "{fault:?}");
        assert_eq!(world.hub.lock().entries[0]["labels"][0]["name"], LABEL, "{fault:?}");
    }
    // Died after the push; the model wrote something else the second time.
    let world = World::new();
    let github = world.github();
    world.hub.fail("POST", "/pulls", Fault::Answer(403, vec![], "Forbidden"), 1);
    Wish::new(&world, &github, world.patch("Old", "New")).publish().unwrap_err();
    let again = Wish::new(&world, &github, world.patch("Old", "Newer"));
    assert_eq!(again.publish().unwrap(), Published::Opened { number: 1 });
    assert_eq!(world.branches().len(), 1);
}

#[test]
fn two_runs_at_once_end_with_one_pull_request() {
    let world = World::new();
    let patches = [world.patch("Old", "New"), world.patch("Old", "Newer")];
    world.hub.fail("GET", "/pulls?", Fault::Slow(std::time::Duration::from_millis(700)), 2);
    std::thread::scope(|scope| {
        for patch in patches {
            let world = &world;
            scope.spawn(move || Wish::new(world, &world.github(), patch).publish().unwrap());
        }
    });
    assert_eq!(world.hub.pull_requests(), [format!("#1 open {BRANCH} -> main")]);
    assert_eq!(world.branches(), [format!("{BRANCH} Heal ATK-PW-1: works")]);
    // What the pull request says is what the branch holds.
    let body = world.hub.lock().entries[0]["body"].as_str().unwrap().to_owned();
    let said = git::read(&world.bare, ["log", "-1", "--format=%(trailers:key=Heal-Patch,valueonly)", BRANCH]).unwrap();
    assert!(body.contains(said.trim()), "{said} {body}");
}

#[test]
fn says_when_the_token_may_not_open_pull_requests() {
    let world = World::new();
    world.hub.lock().no_pull_requests = true;
    let github = world.github();
    let wish = Wish::new(&world, &github, world.patch("Old", "New"));
    let Published::BranchOnly { reason } = wish.publish().unwrap() else { panic!() };
    assert!(reason.contains("not permitted") && reason.contains(&format!("compare/main...{BRANCH}")), "{reason}");
    world.hub.lock().no_pull_requests = false;
    assert_eq!(wish.publish().unwrap(), Published::Opened { number: 1 });
}

#[test]
fn publishes_from_a_shallow_clone() {
    let world = World::new();
    for n in 0..3 {
        world.commit(&[("other.txt", &n.to_string())], "Go on");
    }
    let url = format!("file://{}", world.bare.display());
    git::run(world.folder(), ["clone", "-q", "--depth=1", &url, "shallow"]).unwrap();
    let shallow = Repository { root: world.folder().join("shallow") };
    let base = shallow.commit("HEAD").unwrap().unwrap();
    // The branch moves on before the fix is published.
    world.commit(&[("other.txt", "later")], "Go on");
    let github = world.github();
    let wish = Wish { github: &github, patch: world.patch("Old", "New"), base, proposed: false, repository: &shallow };
    assert_eq!(wish.publish().unwrap(), Published::Opened { number: 1 });
    assert_eq!(git::read(&world.bare, ["rev-list", "--count", BRANCH]).unwrap(), "5");
    git::run(&world.bare, ["fsck", "--strict"]).unwrap();
}

#[test]
fn nothing_else_is_pushed_to_and_a_foreign_tree_is_not_published() {
    let world = World::new();
    let github = world.github();
    let wish = Wish::new(&world, &github, world.patch("Old", "New"));
    let test = test(1);
    for (base, branch) in
        [("main", "main"), ("main", "heal/../main"), ("heal/x", BRANCH), ("refs/pull/1/merge", BRANCH)]
    {
        wish.publish_for(&[&test], base, branch).unwrap_err();
    }
    let stale =
        Wish { patch: b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n".to_vec(), ..Wish::new(&world, &github, vec![]) };
    stale.publish().unwrap_err();
    assert_eq!(world.branches(), Vec::<String>::new());
    assert!(world.hub.take_log().iter().all(|line| line.starts_with("GET")));
}

#[test]
fn the_token_is_in_no_argument_and_no_other_credential_is_used() {
    // What a checkout or the machine may have left behind, where git finds it.
    let world = World::new();
    let left = [
        ("http.https://github.com/.extraheader", "AUTHORIZATION: basic left"),
        ("http.https://github.com/octo/shop.extraheader", "AUTHORIZATION: basic left"),
        ("credential.https://github.com.helper", "!echo username=u; echo password=left; :"),
    ];
    // A git that notes how it was called, and what it would have sent with a push.
    let bin = world.folder().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let script = r#"#!/bin/sh
echo "$*" >> "FOLDER/calls"
probe() {
    verb=
    for word do shift; [ "$word" = push ] && verb=1; [ -n "$verb" ] || set -- "$@" "$word"; done
    printf 'protocol=https\nhost=github.com\npath=octo/shop\n\n' | "REAL" "$@" credential fill > "FOLDER/credential" 2>&1
    "REAL" "$@" config --get-urlmatch http.extraheader https://github.com/octo/shop > "FOLDER/header"
}
case " $* " in *' push '*) probe "$@" ;; esac
exec "REAL" "$@"
"#;
    let script = script.replace("FOLDER", world.folder().to_str().unwrap());
    std::fs::write(bin.join("git"), script.replace("REAL", which::which("git").unwrap().to_str().unwrap())).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(bin.join("git"), executable).unwrap();
    let github = world.github_in(&bin, &left);
    let wish = Wish::new(&world, &github, world.patch("Old", "New"));
    assert_eq!(wish.publish().unwrap(), Published::Opened { number: 1 });
    let read = |name: &str| std::fs::read_to_string(world.folder().join(name)).unwrap_or_default();
    assert!(read("calls").contains(" push ") && !read("calls").contains(TOKEN), "{}", read("calls"));
    assert!(read("credential").contains(&format!("password={TOKEN}")), "{}", read("credential"));
    assert_eq!(read("header").trim(), "");
}
