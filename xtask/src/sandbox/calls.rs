//! System calls that Landlock does not look at and that lead around it, refused by a seccomp filter. It sees numbers
//! alone, no paths: <https://docs.kernel.org/userspace-api/seccomp_filter.html>
#![expect(unsafe_code, reason = "the standard library and rustix have no call for seccomp")]

use std::io::Result;

use libc::{c_long, sock_filter, sock_fprog};

use super::checked;

/// What the kernel puts before a filter that it knows by this name; 0 where we know none.
const ARCHITECTURE: u32 = match () {
    () if cfg!(target_arch = "x86_64") => 0xC000_003E,
    () if cfg!(target_arch = "aarch64") => 0xC000_00B7,
    () => 0,
};
/// Whether there is a filter for this kind of machine.
pub const KNOWN: bool = ARCHITECTURE != 0;
/// x86's third set of calls, with these numbers and this bit.
const X32: u32 = 0x4000_0000;

/// Offsets in `struct seccomp_data`.
const NUMBER: u32 = 0;
const ARCH: u32 = 4;
const fn argument(index: u32) -> u32 {
    16 + 8 * index
}

/// The multipath cousin of TCP, which connects to any TCP server and which Landlock takes for none.
const IPPROTO_MPTCP: u32 = 262;

const LOAD: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS
const EQUAL: u16 = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const AT_LEAST: u16 = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const ANY_BIT: u16 = 0x45; // BPF_JMP | BPF_JSET | BPF_K
const RETURN: u16 = 0x06; // BPF_RET | BPF_K

const fn step(code: u16, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code, jt, jf, k }
}

fn refuse(errno: i32) -> sock_filter {
    step(RETURN, libc::SECCOMP_RET_ERRNO | errno.unsigned_abs(), 0, 0)
}

const ALLOW: sock_filter = step(RETURN, libc::SECCOMP_RET_ALLOW, 0, 0);

/// A part of the filter that is about one call: skipped for others, and allows what it does not refuse.
fn of_call(number: c_long, body: &[sock_filter], into: &mut Vec<sock_filter>) {
    let length = u8::try_from(body.len() + 1).unwrap_or(u8::MAX);
    into.push(step(EQUAL, u32::try_from(number).unwrap_or(u32::MAX), 0, length));
    into.extend_from_slice(body);
    into.push(ALLOW);
}

fn filter() -> Vec<sock_filter> {
    let mut all = vec![
        step(LOAD, ARCH, 0, 0),
        // 32-bit programs have other numbers, and calls that hold others.
        step(EQUAL, ARCHITECTURE, 1, 0),
        refuse(libc::ENOSYS),
        step(LOAD, NUMBER, 0, 0),
    ];
    if cfg!(target_arch = "x86_64") {
        all.extend([step(AT_LEAST, X32, 0, 1), refuse(libc::ENOSYS)]);
    }
    // Rings make the calls below without making them; keys (those of Kerberos) are the user's, whoever asks.
    for number in [
        libc::SYS_io_uring_setup,
        libc::SYS_io_uring_enter,
        libc::SYS_io_uring_register,
        libc::SYS_keyctl,
        libc::SYS_add_key,
        libc::SYS_request_key,
    ] {
        of_call(number, &[refuse(libc::ENOSYS)], &mut all);
    }
    // The families of addresses that programs use: others (SMC, vsock) reach servers past the list of ports.
    let families = [
        step(LOAD, argument(0), 0, 0),
        step(EQUAL, libc::AF_UNIX.unsigned_abs(), 7, 0),
        step(EQUAL, libc::AF_NETLINK.unsigned_abs(), 6, 0),
        step(EQUAL, libc::AF_INET.unsigned_abs(), 2, 0),
        step(EQUAL, libc::AF_INET6.unsigned_abs(), 1, 0),
        refuse(libc::EAFNOSUPPORT),
        step(LOAD, argument(2), 0, 0),
        step(EQUAL, IPPROTO_MPTCP, 0, 1),
        refuse(libc::EPROTONOSUPPORT),
    ];
    of_call(libc::SYS_socket, &families, &mut all);
    // Sending with this flag connects, and is not asked whether it may.
    for (number, flags) in [(libc::SYS_sendto, 3), (libc::SYS_sendmsg, 2), (libc::SYS_sendmmsg, 3)] {
        let fast_open = [
            step(LOAD, argument(flags), 0, 0),
            step(ANY_BIT, libc::MSG_FASTOPEN.unsigned_abs(), 0, 1),
            refuse(libc::EOPNOTSUPP),
        ];
        of_call(number, &fast_open, &mut all);
    }
    // Of another process limits can be asked but not set: without files to open the supervisor would find nobody.
    let limits = [
        step(LOAD, argument(0), 0, 0),
        step(EQUAL, 0, 5, 0),
        step(LOAD, argument(2), 0, 0),
        step(EQUAL, 0, 0, 2),
        step(LOAD, argument(2) + 4, 0, 0),
        step(EQUAL, 0, 1, 0),
        refuse(libc::EPERM),
    ];
    of_call(libc::SYS_prlimit64, &limits, &mut all);
    all.push(ALLOW);
    all
}

/// Puts the filter around the calling thread and all that it will start. `no_new_privs` must be set. Where the kernel
/// has no such filters, or the machine is of a kind that is not known here, nothing happens.
///
/// # Errors
/// When the kernel has filters and does not take this one.
pub fn restrict() -> Result<()> {
    if !KNOWN {
        return Ok(());
    }
    let mut steps = filter();
    let program = sock_fprog { len: u16::try_from(steps.len()).unwrap_or(u16::MAX), filter: steps.as_mut_ptr() };
    // SAFETY: the kernel copies `len` steps from `filter`, which lives until the call is over.
    let answer = unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const program) };
    match checked(answer) {
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EINVAL)) => Ok(()),
        answer => answer.map(drop),
    }
}

/// Has every descriptor but the standard streams closed when the program is replaced: what we were started with (the
/// file behind a `<(…)` of the shell) is nobody else's. Kernels before 5.11 cannot; they have no Landlock either.
pub fn close_descriptors() {
    // SAFETY: takes three numbers, and closes nothing yet.
    unsafe { libc::syscall(libc::SYS_close_range, 3, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) };
}
