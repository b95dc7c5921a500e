//! The demo from its first line to its last: three tests healed and proved, the product's bug left alone.

use crate::env::TestEnv;

#[test]
fn heals_what_is_out_of_date_and_leaves_the_bug_to_people() {
    let env = TestEnv::without_repository();
    let shop = env.root().join("shop");
    let ran = env.xtask(["heal", "demo", "--keep", shop.to_str().unwrap()]).exits(0);
    let ran = ran.says("5 passed, 4 failed").says("no mind").says("As it must be");
    for line in [
        "+    await shop.book('The Sea Atlas').getByRole('button', { name: 'Add to cart' }).click();",
        "+    await page.getByLabel('Letters from the harbour').fill('ada@example.com');",
        "+import { signIn } from './support/session';",
    ] {
        assert!(ran.stdout.contains(line), "{line}\n{}", ran.shown());
    }
    let branches = env.git(["-C", shop.to_str().unwrap(), "branch", "--format=%(refname:short)"]);
    let healed: Vec<&str> = branches.lines().filter(|branch| branch.starts_with("heal/")).collect();
    assert_eq!(healed.len(), 3, "{branches}");
    assert!(!branches.contains("1053"), "{branches}");
    assert_eq!(env.git(["-C", shop.to_str().unwrap(), "status", "--porcelain"]), "");
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let env = TestEnv::without_repository();
    env.write("mine.txt", "mine");
    let repo = env.repo();
    let ran = env.xtask(["heal", "demo", "--keep", repo.to_str().unwrap()]).exits(2).says("is not empty");
    ran.says("hint: ");
    assert_eq!(std::fs::read_dir(repo).unwrap().count(), 1);
}
