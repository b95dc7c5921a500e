//! Landlock's three system calls, safe: a set of rules that grows and is then put around the calling thread for good.
//! Knows what each version of the kernel's interface can enforce, and asks for nothing else; what to ask for is
//! decided in [`super::walls`].
//!
//! Not the crate of that name, which brings a `syn` and two derives that nothing else here builds: 2 s of a cold build.
//! <https://docs.kernel.org/userspace-api/landlock.html>
#![expect(unsafe_code, reason = "the standard library and rustix have no calls for Landlock")]

use std::fs::File;
use std::io::Result;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use libc::c_int;

use super::checked;

// `include/uapi/linux/landlock.h`: rights on files and folders.
const EXECUTE: u64 = 1 << 0;
const WRITE_FILE: u64 = 1 << 1;
const READ_FILE: u64 = 1 << 2;
const READ_DIR: u64 = 1 << 3;
const REFER: u64 = 1 << 13;
const TRUNCATE: u64 = 1 << 14;
const IOCTL_DEV: u64 = 1 << 15;
const RESOLVE_UNIX: u64 = 1 << 16;

/// To read, list and run.
pub const READ: u64 = EXECUTE | READ_FILE | READ_DIR;
/// All that there is.
pub const ALL: u64 = (1 << 17) - 1;
/// Of these, what a file can have that is no folder. The kernel refuses a rule with more.
const OF_FILES: u64 = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV | RESOLVE_UNIX;
/// What came after the first version of the interface, and with which.
const LATER: [(u32, u64); 4] = [(2, REFER), (3, TRUNCATE), (5, IOCTL_DEV), (9, RESOLVE_UNIX)];

/// To listen on a TCP port.
pub const BIND_TCP: u64 = 1 << 0;
/// To connect to one.
pub const CONNECT_TCP: u64 = 1 << 1;
/// Abstract sockets do not leave the walls.
const SCOPE_ABSTRACT_UNIX_SOCKET: u64 = 1 << 0;
/// Signals do not.
const SCOPE_SIGNAL: u64 = 1 << 1;

const RULE_PATH_BENEATH: c_int = 1;
const RULE_NET_PORT: c_int = 2;
const CREATE_RULESET_VERSION: c_int = 1;

/// `struct landlock_ruleset_attr`. The kernel takes a longer one than it knows if the rest is zero.
#[repr(C)]
struct RulesetAttr {
    handled_access_fs: u64,
    handled_access_net: u64,
    scoped: u64,
}

/// `struct landlock_path_beneath_attr`.
#[repr(C, packed)]
struct PathBeneathAttr {
    allowed_access: u64,
    parent_fd: i32,
}

/// `struct landlock_net_port_attr`.
#[repr(C)]
struct NetPortAttr {
    allowed_access: u64,
    port: u64,
}

/// The version of the kernel's interface (its ABI); 0 without Landlock.
pub fn version() -> u32 {
    let none = std::ptr::null::<RulesetAttr>();
    // SAFETY: with this flag the kernel looks at no memory.
    let answer = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, none, 0_usize, CREATE_RULESET_VERSION) };
    u32::try_from(answer).unwrap_or_default()
}

/// Rules that do not hold yet.
pub struct Ruleset {
    fd: OwnedFd,
    /// What they deny unless a rule allows it.
    files: u64,
    ports: u64,
}

impl Ruleset {
    /// Denies all rights on files that this kernel knows, those of `ports` that it knows, and what leaves the walls by a
    /// signal or an abstract socket.
    ///
    /// # Errors
    /// Where there is no Landlock.
    pub fn new(ports: u64) -> Result<Self> {
        let version = version();
        let files = LATER.iter().filter(|(since, _)| version < *since).fold(ALL, |files, (_, right)| files & !right);
        let ports = if version < 4 { 0 } else { ports };
        let scoped = if version < 6 { 0 } else { SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL };
        Self::with(files, ports, scoped)
    }

    /// Denies signals that leave the walls, and nothing else.
    ///
    /// # Errors
    /// Where the kernel cannot (before Linux 6.12).
    pub fn of_signals() -> Result<Self> {
        // Any rules deny files to be moved between folders, whether they speak of that or not.
        let rules = Self::with(REFER, 0, SCOPE_SIGNAL)?;
        rules.allow_path(Path::new("/"), REFER)?;
        Ok(rules)
    }

    fn with(files: u64, ports: u64, scoped: u64) -> Result<Self> {
        let attr = RulesetAttr { handled_access_fs: files, handled_access_net: ports, scoped };
        let (attr, size) = (&raw const attr, size_of::<RulesetAttr>());
        // SAFETY: the kernel reads `size` bytes of a struct of its own layout.
        let fd = checked(unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, attr, size, 0) })?;
        // SAFETY: the number is of a descriptor that the kernel has just made for us.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Ruleset { fd, files, ports })
    }

    /// Allows rights on a file, or on a folder and all below it. A path that cannot be opened is passed over.
    ///
    /// # Errors
    /// When the kernel does not take the rule.
    pub fn allow_path(&self, path: &Path, rights: u64) -> Result<()> {
        let opened = File::options().read(true).custom_flags(libc::O_PATH | libc::O_CLOEXEC).open(path);
        let Ok(file) = opened else { return Ok(()) };
        let of_kind = if file.metadata()?.is_dir() { ALL } else { OF_FILES };
        let attr = PathBeneathAttr { allowed_access: rights & of_kind & self.files, parent_fd: file.as_raw_fd() };
        self.add(RULE_PATH_BENEATH, &attr)
    }

    /// Allows a port, where the rules are about that right at all.
    ///
    /// # Errors
    /// When the kernel does not take the rule.
    pub fn allow_port(&self, port: u16, right: u64) -> Result<()> {
        if self.ports & right == 0 {
            return Ok(());
        }
        self.add(RULE_NET_PORT, &NetPortAttr { allowed_access: right, port: port.into() })
    }

    fn add<T>(&self, kind: c_int, attr: &T) -> Result<()> {
        let attr: *const T = attr;
        // SAFETY: the kernel reads a struct of the layout that belongs to `kind`; both callers pass that one.
        checked(unsafe { libc::syscall(libc::SYS_landlock_add_rule, self.fd.as_raw_fd(), kind, attr, 0) })?;
        Ok(())
    }

    /// Puts the rules around the calling thread and all that it will start. `no_new_privs` must be set.
    ///
    /// # Errors
    /// When they do not hold.
    pub fn restrict_self(self) -> Result<()> {
        // SAFETY: takes two numbers.
        checked(unsafe { libc::syscall(libc::SYS_landlock_restrict_self, self.fd.as_raw_fd(), 0) })?;
        Ok(())
    }
}
