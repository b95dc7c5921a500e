//! Tries to escape for real. Each attempt runs twice: unconfined, where it must succeed (or the test would prove
//! nothing), and confined, where it must fail.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use xtask::proc::{self, Background, Confinement, End, Environment, Finished, Limits};
use xtask::sandbox::lists::{Needs, for_tests};
use xtask::sandbox::{Enforcement, Sandbox, status};

/// A folder with a scratch that is the child's own, and next to it what it must not touch.
struct Yard {
    folder: tempfile::TempDir,
}

impl Yard {
    /// `None`, and a line that says so, where the kernel has no Landlock.
    fn open() -> Option<Yard> {
        proc::supervise_with(env!("CARGO_BIN_EXE_xtask"));
        if let Enforcement::None(why) = status() {
            println!("skipped: {why}");
            return None;
        }
        let yard = Yard { folder: tempfile::tempdir().unwrap() };
        for folder in ["scratch/repo", "home/.ssh", "lent/node_modules/pkg", "main/.git/objects"] {
            fs::create_dir_all(yard.path(folder)).unwrap();
        }
        fs::write(yard.path("home/.ssh/id_ed25519"), "PRIVATE").unwrap();
        fs::write(yard.path("main/.git/config"), "extraheader = TOKEN").unwrap();
        fs::write(yard.path("main/.git/objects/pack"), "OBJECTS").unwrap();
        fs::write(yard.path("lent/node_modules/pkg/index.js"), "LENT").unwrap();
        symlink(yard.path("lent/node_modules"), yard.path("scratch/repo/node_modules")).unwrap();
        symlink(yard.path("home"), yard.path("scratch/repo/out")).unwrap();
        Some(yard)
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(below)
    }

    fn sandbox(&self) -> Sandbox {
        let needs = Needs {
            write: vec![self.path("scratch")],
            programs: vec![],
            lent: vec![self.path("lent/node_modules"), self.path("main/.git/objects")],
        };
        for_tests(&needs, None)
    }

    fn confinement(&self, sandbox: Option<Sandbox>) -> Confinement {
        let environment = Environment::clean().home(&self.path("scratch/home")).unwrap();
        Confinement { environment: environment.pwd(&self.path("scratch/repo")), sandbox }
    }

    fn sh(&self, script: &str, sandbox: Option<Sandbox>) -> Finished {
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(self.path("scratch/repo"));
        let limits = Limits { confine: Some(self.confinement(sandbox)), ..Limits::seconds(20) };
        proc::run(command, &limits).unwrap()
    }

    /// What a script prints without walls and within them.
    fn both(&self, script: &str) -> (String, String) {
        let free = self.sh(script, None);
        let held = self.sh(script, Some(self.sandbox()));
        println!(
            "$ {script}\n  free: {:?} {}  held: {:?} {}{}",
            free.end,
            text(&free),
            held.end,
            text(&held),
            held.stderr_text()
        );
        (text(&free), text(&held))
    }
}

fn text(finished: &Finished) -> String {
    finished.stdout_text().trim().to_owned()
}

fn wait_for(path: &Path) -> String {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let text = fs::read_to_string(path).unwrap_or_default();
        if text.ends_with('\n') {
            return text.trim().to_owned();
        }
        assert!(Instant::now() < deadline, "nobody wrote {}", path.display());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a process is there and not only waits to be reaped.
fn lives(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn assert_dies(pid: &str) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while lives(pid) {
        assert!(Instant::now() < deadline, "process {pid} outlived the run");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn works_inside() {
    let Some(yard) = Yard::open() else { return };
    let script = "echo a > a && mkdir d && mv a d/b && cat d/b node_modules/pkg/index.js ../../main/.git/objects/pack \
                  && echo > /dev/null && echo x > /dev/shm/heal-$$ && rm /dev/shm/heal-$$ && cat < /dev/null \
                  && head -c1 /etc/passwd > /dev/null && test -n \"$(mktemp)\" && ln d/b linked && cat linked && pwd";
    let held = yard.sh(script, Some(yard.sandbox()));
    let expected = format!("a\nLENTOBJECTSa\n{}", yard.path("scratch/repo").display());
    assert_eq!(text(&held), expected, "{}", held.stderr_text());
    assert_eq!(held.end, End::Code(0));
}

#[test]
fn files_outside_can_be_neither_read_nor_written() {
    let Some(yard) = Yard::open() else { return };
    let root = yard.path("");
    let root = root.display();
    let reads = [
        (format!("cat {root}/home/.ssh/id_ed25519"), "PRIVATE"),
        (format!("cat {root}/main/.git/config"), "extraheader = TOKEN"),
        ("cat out/.ssh/id_ed25519".into(), "PRIVATE"),
        (format!("ln -s {root}/home/.ssh new; cat new/id_ed25519"), "PRIVATE"),
        (format!("cp -r {root}/home/.ssh copy && cat copy/id_ed25519"), "PRIVATE"),
        (format!("cat /proc/self/root{root}/home/.ssh/id_ed25519"), "PRIVATE"),
        (format!("ls {root}/home/.ssh"), "id_ed25519"),
    ];
    for (script, secret) in reads {
        assert_eq!(yard.both(&script), (secret.into(), String::new()), "{script}");
    }
    let writes = [
        format!("echo x > {root}/home/new && echo done"),
        "echo x > out/new2 && echo done".into(),
        "echo x >> node_modules/pkg/index.js && echo done".into(),
        "mkdir node_modules/evil && echo done".into(),
        "rm node_modules/pkg/index.js && echo done".into(),
        format!("echo x > hook && ln hook {root}/main/.git/hook && echo done"),
        format!("mv {root}/main/.git/objects/pack . && echo done"),
        format!("chmod 600 . && : > {root}/main/.git/config && echo done"),
    ];
    for script in writes {
        // Confined first: unconfined it really destroys.
        let held = yard.sh(&script, Some(yard.sandbox()));
        let free = yard.sh(&script, None);
        println!("$ {script}\n  held: {:?} {}", held.end, held.stderr_text().trim());
        assert_eq!((text(&held), text(&free)), (String::new(), "done".into()), "{script}");
    }
}

#[test]
fn other_processes_keep_their_environment() {
    let Some(yard) = Yard::open() else { return };
    // Our own environment, that of the process above us, and what the kernel shows of their files.
    for script in [
        format!("tr '\\0' '\\n' < /proc/{}/environ | grep -c ^PATH=", std::process::id()),
        format!("tr '\\0' '\\n' < /proc/{}/environ | grep -c .", std::os::unix::process::parent_id()),
        format!("ls /proc/{}/root/ | grep -c etc", std::process::id()),
        format!("readlink /proc/{}/fd/0 | grep -c .", std::process::id()),
    ] {
        let (free, held) = yard.both(&script);
        assert_ne!(free, "0", "{script}");
        assert!(held.is_empty() || held == "0", "{script}: {held}");
    }
    // The supervisor has the same environment as the child, and its socket is no file to open.
    assert_eq!(yard.both("echo hi > /proc/$PPID/fd/0 && echo done").1, "");
}

#[test]
fn nothing_is_gained_by_being_root() {
    let Some(yard) = Yard::open() else { return };
    let held = yard.sh("grep -E '^(Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs)' /proc/self/status", Some(yard.sandbox()));
    println!("{}", held.stdout_text());
    let open: Vec<String> = held.stdout_text().lines().map(str::to_owned).collect();
    assert_eq!(open.len(), 6);
    assert!(open.iter().any(|line| line == "NoNewPrivs:\t1"));
    let root = fs::metadata("/proc/self").unwrap().uid() == 0;
    for line in open.iter().filter(|line| line.starts_with("Cap") && (root || !line.starts_with("CapBnd"))) {
        assert!(line.ends_with("0000000000000000"), "{line}");
    }
    if root && Path::new("/etc/shadow").exists() {
        assert_eq!(yard.both("test -n \"$(cat /etc/shadow)\" && echo read"), ("read".into(), String::new()));
    }
}

#[test]
fn only_the_named_ports_answer() {
    let Some(yard) = Yard::open() else { return };
    let (allowed, other) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let (allowed, other) = (allowed.local_addr().unwrap().port(), other.local_addr().unwrap().port());
    let (_a, _b) = (TcpListener::bind(("127.0.0.1", allowed)), TcpListener::bind(("127.0.0.1", other)));
    if matches!(status(), Enforcement::Partial(open) if open.iter().any(|what| what.starts_with("TCP"))) {
        println!("skipped: the kernel checks no ports");
        return;
    }
    let script = |port: u16| format!("exec 3<>/dev/tcp/127.0.0.1/{port} && echo connected");
    let bash = |port: u16, sandbox: Option<Sandbox>| {
        let mut command = Command::new("bash");
        command.args(["-c", &script(port)]);
        let limits = Limits { confine: Some(yard.confinement(sandbox)), ..Limits::seconds(20) };
        let finished = proc::run(command, &limits).unwrap();
        println!("port: {} {}", text(&finished), finished.stderr_text().trim());
        text(&finished)
    };
    let walls = Sandbox { connect: Some(vec![allowed]), ..yard.sandbox() };
    assert_eq!(bash(other, None), "connected");
    assert_eq!(bash(allowed, Some(walls.clone())), "connected");
    assert_eq!(bash(other, Some(walls)), "");
}

/// Python, and a line that says why not where there is none or the kernel leaves open what begins with `what`.
fn python_where_nothing_is_open(what: &str) -> Option<PathBuf> {
    if let Enforcement::Partial(open) = status()
        && let Some(open) = open.iter().find(|open| open.starts_with(what))
    {
        println!("skipped: {open}");
        return None;
    }
    // Not a script of a version manager, which needs the home that nobody may read.
    let is_program = |path: &PathBuf| fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"\x7fELF"));
    let python = which::which_all("python3").ok().and_then(|mut all| all.find(is_program));
    if python.is_none() {
        println!("skipped: there is no python3");
    }
    python
}

#[test]
fn no_cousin_of_tcp_leads_past_the_ports() {
    let Some(yard) = Yard::open() else { return };
    let Some(python) = python_where_nothing_is_open("TCP") else { return };
    let (allowed, other) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let other = other.local_addr().map(|address| (other, address.port())).unwrap();
    let connects = |what: &str, sandbox: Option<Sandbox>| {
        let script = format!(
            "import socket as s, select\nat = ('127.0.0.1', {})\ndef of(kind=0):\n  return s.socket(s.AF_INET, s.SOCK_STREAM, kind)\n\
             {what}\nprint('connected' if select.select([], [it], [], 5)[1] and not it.getsockopt(s.SOL_SOCKET, s.SO_ERROR) else '')",
            other.1
        );
        let mut command = Command::new(&python);
        command.args(["-c", &script]);
        let limits = Limits { confine: Some(yard.confinement(sandbox)), ..Limits::seconds(20) };
        let finished = proc::run(command, &limits).unwrap();
        println!("{what}: {} {}", text(&finished), finished.stderr_text().lines().last().unwrap_or_default());
        text(&finished)
    };
    let needs = Needs { write: vec![yard.path("scratch")], programs: vec![python.clone()], lent: vec![] };
    let walls = || Some(for_tests(&needs, Some(vec![allowed.local_addr().unwrap().port()])));
    assert_eq!(connects("it = s.socketpair()[0]; of(); s.socket(s.AF_INET6)", walls()), "connected");
    for what in [
        "it = of(); it.connect(at)",
        // IPPROTO_MPTCP
        "it = of(262); it.connect(at)",
        // MSG_FASTOPEN
        "it = of(); it.setblocking(False)\ntry: it.sendto(b'hello', 0x20000000, at)\nexcept BlockingIOError: pass",
    ] {
        if connects(what, None) != "connected" {
            println!("skipped: the kernel cannot do that");
            continue;
        }
        assert_eq!(connects(what, walls()), "", "{what}");
    }
}

#[test]
fn the_supervisor_keeps_its_limits() {
    let Some(yard) = Yard::open() else { return };
    // Without files to open it would not find whom it has to end.
    let script = "prlimit --pid $PPID --nofile=0:0 && echo done";
    assert_eq!(yard.both(script), ("done".into(), String::new()));
    assert_eq!(text(&yard.sh("ulimit -n 64 && ulimit -n", Some(yard.sandbox()))), "64");
}

#[test]
fn what_we_were_started_with_stays_ours() {
    let Some(yard) = Yard::open() else { return };
    let file = fs::File::open(yard.path("home/.ssh/id_ed25519")).unwrap();
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).unwrap();
    let script = format!("cat <&{}", std::os::fd::AsRawFd::as_raw_fd(&file));
    let mut command = Command::new("bash");
    command.args(["-c", &script]);
    assert_eq!(text(&proc::run(command, &Limits::seconds(20)).unwrap()), "PRIVATE");
    assert_eq!(yard.both(&format!("exec bash -c '{script}'")), (String::new(), String::new()));
}

#[test]
fn terminals_are_closed() {
    let Some(yard) = Yard::open() else { return };
    if Path::new("/dev/pts/ptmx").exists() {
        assert_eq!(yard.both("ls /dev/pts | grep ptmx"), ("ptmx".into(), String::new()));
    }
    assert_eq!(yard.both("true < /dev/ptmx && echo done"), ("done".into(), String::new()));
}

#[test]
fn nobody_outside_can_be_signalled() {
    let Some(yard) = Yard::open() else { return };
    if matches!(status(), Enforcement::Partial(open) if open.iter().any(|what| what.starts_with("signals"))) {
        println!("skipped: the kernel does not scope signals");
        return;
    }
    let script = format!("kill -0 {} && echo us; kill -0 $PPID && echo supervisor; true", std::process::id());
    assert_eq!(yard.both(&script), ("us\nsupervisor".into(), String::new()));
}

/// Twice removed from its parent, in a session of its own, deaf to TERM and HUP.
const DAEMON: &str = "setsid sh -c '(trap \"\" TERM HUP; echo $$ > session; \
                      sh -c \"echo \\$\\$ > daemon; exec sleep 300\" &)' ";

#[test]
fn a_daemon_does_not_outlive_the_child() {
    let Some(yard) = Yard::open() else { return };
    for sandbox in [None, Some(yard.sandbox())] {
        let script = format!("{DAEMON}; while ! test -s daemon; do sleep 0.01; done; cat daemon; exit 7");
        let finished = yard.sh(&script, sandbox);
        assert_eq!(finished.end, End::Code(7));
        let pid = text(&finished);
        assert!(pid.parse::<u32>().is_ok(), "{pid:?} {}", finished.stderr_text());
        assert!(!lives(&pid), "the daemon outlived the child");
        fs::remove_file(yard.path("scratch/repo/daemon")).unwrap();
    }
}

#[test]
fn who_forks_faster_than_it_is_found_does_not_outlive_the_child() {
    let Some(yard) = Yard::open() else { return };
    let Some(python) = python_where_nothing_is_open("signals") else { return };
    // Each lives for as long as it takes to start the next, for half a minute if nobody stops them.
    let script = "import os, time\nend = time.time() + 30\nfor _ in range(96):\n  if os.fork() == 0:\n    os.setsid()\n    \
                  while time.time() < end:\n      try:\n        if os.fork(): os._exit(0)\n      except OSError: pass\n    \
                  os._exit(0)\ntime.sleep(0.5)\nprint('started')";
    let mut command = Command::new(&python);
    command.args(["-c", script, "heal-forks-fast"]).current_dir(yard.path("scratch/repo"));
    let needs = Needs { write: vec![yard.path("scratch")], programs: vec![python], lent: vec![] };
    let limits = Limits { confine: Some(yard.confinement(Some(for_tests(&needs, None)))), ..Limits::seconds(60) };
    let finished = proc::run(command, &limits).unwrap();
    assert_eq!((text(&finished).as_str(), finished.end), ("started", End::Code(0)), "{}", finished.stderr_text());
    assert!(finished.elapsed < Duration::from_secs(15), "{:?}", finished.elapsed);
    let left = fs::read_dir("/proc").unwrap().flatten().filter(|entry| {
        let arguments = fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
        arguments.contains("\0heal-forks-fast") && !arguments.contains("supervise")
    });
    assert_eq!(left.count(), 0);
}

#[test]
fn a_daemon_does_not_outlive_the_deadline_nor_a_server() {
    let Some(yard) = Yard::open() else { return };
    let mut command = Command::new("sh");
    command.args(["-c", &format!("trap '' TERM; {DAEMON}; sleep 300")]).current_dir(yard.path("scratch/repo"));
    let confinement = yard.confinement(Some(yard.sandbox()));
    let limits =
        Limits { confine: Some(confinement.clone()), timeout: Duration::from_millis(700), ..Limits::seconds(0) };
    assert_eq!(proc::run(command, &limits).unwrap().end, End::TimedOut);
    assert_dies(&wait_for(&yard.path("scratch/repo/daemon")));

    fs::remove_file(yard.path("scratch/repo/daemon")).unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{DAEMON}; sleep 300")]).current_dir(yard.path("scratch/repo"));
    let mut server = Background::confined(command, &yard.path("log"), &confinement).unwrap();
    let daemon = wait_for(&yard.path("scratch/repo/daemon"));
    assert!(lives(&daemon));
    assert_eq!(server.ended().unwrap(), None);
    drop(server);
    assert!(!lives(&daemon));
}

#[test]
fn nothing_outlives_a_parent_that_is_killed() {
    let Some(yard) = Yard::open() else { return };
    // This test again, as a process that can be killed.
    if let Some(folder) = std::env::var_os("HEAL_TEST_HOLD") {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("echo $$ > main; {DAEMON}; sleep 300")]).current_dir(&folder);
        let confinement = Confinement { environment: Environment::clean(), sandbox: None };
        let _server = Background::confined(command, &yard.path("log"), &confinement).unwrap();
        std::thread::sleep(Duration::from_secs(60));
        return;
    }
    let mut parent = Command::new(std::env::current_exe().unwrap());
    parent.args(["--exact", "sandbox::nothing_outlives_a_parent_that_is_killed"]);
    parent.env("HEAL_TEST_HOLD", yard.path("scratch/repo"));
    #[expect(clippy::disallowed_methods, reason = "it must be killed alone, not with its group")]
    let mut parent = parent.spawn().unwrap();
    let (main, daemon) = (wait_for(&yard.path("scratch/repo/main")), wait_for(&yard.path("scratch/repo/daemon")));
    assert!(lives(&main) && lives(&daemon));
    parent.kill().unwrap();
    parent.wait().unwrap();
    assert_dies(&main);
    assert_dies(&daemon);
}

#[test]
fn tells_how_a_child_ended_and_why_it_could_not_start() {
    let Some(yard) = Yard::open() else { return };
    let ends = [("exit 0", End::Code(0)), ("exit 125", End::Code(125)), ("kill -SEGV $$", End::Signal(11))];
    for (script, end) in ends {
        assert_eq!(yard.sh(script, Some(yard.sandbox())).end, end, "{script}");
    }
    let limits = Limits { confine: Some(yard.confinement(Some(yard.sandbox()))), ..Limits::seconds(20) };
    let error = proc::run(Command::new("no-such-program"), &limits).unwrap_err();
    assert!(format!("{error:#}").contains("cannot start `no-such-program`: No such file"), "{error:#}");
    // Outside the walls.
    fs::copy("/bin/true", yard.path("home/tool")).unwrap();
    let error = proc::run(Command::new(yard.path("home/tool")), &limits).unwrap_err();
    assert!(format!("{error:#}").contains("Permission denied"), "{error:#}");
}

#[test]
fn gives_the_child_its_input_and_no_variable_of_ours() {
    let Some(yard) = Yard::open() else { return };
    let mut command = Command::new("sh");
    command.args(["-c", "wc -c; env | cut -d= -f1 | sort | tr '\\n' ' '"]);
    command.env("SET_HERE", "1");
    let stdin = vec![b'x'; 3 << 20];
    let confine =
        Confinement { environment: Environment::default().set("PATH", "/usr/bin:/bin"), sandbox: Some(yard.sandbox()) };
    let finished = proc::run(command, &Limits { stdin, confine: Some(confine), ..Limits::seconds(20) }).unwrap();
    let said = finished.stdout_text();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "3145728", "{said}{}", finished.stderr_text());
    assert_eq!(lines[1], "PATH PWD SET_HERE ");
}
