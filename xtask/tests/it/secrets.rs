//! The program replaces itself to lose its tokens: what the kernel then shows, and what is left of the hand-over.

use std::ffi::OsStr;
use std::io::Read;
use std::process::Command;

use xtask::proc::{self, Limits};
use xtask::secrets::{self, Secret};

const NAME: &str = "secrets::tokens_leave_the_environment_and_arrive";

#[test]
fn tokens_leave_the_environment_and_arrive() {
    // This test again, as a process that has tokens.
    if std::env::var_os("HEAL_TEST_TAKE").is_some() {
        return replaced();
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", NAME, "--nocapture"]).env("HEAL_TEST_TAKE", "1").env("KEPT", "kept");
    command.env("GH_TOKEN", "").env("GITHUB_TOKEN", "ghs_first").env("ANTHROPIC_API_KEY", "sk-ant-second");
    command.env("ACTIONS_RUNTIME_TOKEN", "third");
    let limits = Limits { stdin: b"report".to_vec(), ..Limits::seconds(30) };
    let finished = proc::run(command, &limits).unwrap();
    assert!(finished.success(), "{}{}", finished.stdout_text(), finished.stderr_text());
    assert!(finished.stdout_text().contains("all as it should be"), "{}", finished.stdout_text());
}

fn replaced() {
    // The first time this does not return.
    let secrets = secrets::take().unwrap();
    assert!(secrets.github == Some(Secret::new("ghs_first")));
    assert!(secrets.anthropic == Some(Secret::new("sk-ant-second")));
    assert!(secrets.copilot.is_none());
    let mut report = String::new();
    std::io::stdin().read_to_string(&mut report).unwrap();
    assert_eq!(report, "report");

    for name in ["GH_TOKEN", "GITHUB_TOKEN", "ANTHROPIC_API_KEY", "ACTIONS_RUNTIME_TOKEN"] {
        assert_eq!(std::env::var_os(name), None);
    }
    assert_eq!(std::env::var_os("KEPT").as_deref(), Some(OsStr::new("kept")));
    #[cfg(target_os = "linux")]
    {
        let environ = std::fs::read("/proc/self/environ").unwrap();
        assert!(environ.windows(5).any(|word| word == b"KEPT="));
        for secret in ["ghs_first", "sk-ant-second", "third"] {
            assert!(!environ.windows(secret.len()).any(|word| word == secret.as_bytes()));
        }
    }
    // A child finds nothing at the place of the hand-over, and does not take it for its own.
    let mut child = Command::new("sh");
    child.args(["-c", "cat /dev/fd/${HEAL_SECRETS#*:} | wc -c; env"]);
    let said = proc::run(child, &Limits::seconds(10)).unwrap().stdout_text();
    assert!(said.starts_with("0\n") && !said.contains("ghs_first"), "{said}");
    println!("all as it should be");
}
