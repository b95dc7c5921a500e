//! Gives up capabilities and every way to gain one, safe: prctl(2) and capset(2).
//! <https://man7.org/linux/man-pages/man7/capabilities.7.html>
#![expect(unsafe_code, reason = "rustix has these calls, for half a second of every cold build")]

use std::io::Result;

use libc::{c_int, c_ulong};

use super::checked;

/// `struct __user_cap_header_struct`.
#[repr(C)]
struct Header {
    version: u32,
    pid: c_int,
}

/// `struct __user_cap_data_struct`, of which this version takes two.
#[repr(C)]
#[derive(Clone, Copy)]
struct Data {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// `_LINUX_CAPABILITY_VERSION_3`
const VERSION: u32 = 0x2008_0522;

/// Whatever the calling thread and all that it will start run, none of it gains anything by being run.
pub fn no_new_privileges() -> Result<()> {
    prctl(libc::PR_SET_NO_NEW_PRIVS, 1).map(drop)
}

/// Gives up every capability, also for programs that root starts. Landlock alone lets CAP_PERFMON read the environment
/// of every process.
///
/// # Errors
/// When one stays.
pub fn drop_all() -> Result<()> {
    // The first number that the kernel does not know ends the list.
    for capability in (0..u64::BITS).map(c_ulong::from).take_while(|number| is_known(*number)) {
        match prctl(libc::PR_CAPBSET_DROP, capability) {
            Ok(_) => {}
            // An ordinary user may not, and needs not: `no_new_privs` keeps file capabilities from being gained.
            Err(error) if error.raw_os_error() == Some(libc::EPERM) => {}
            Err(error) => return Err(error),
        }
    }
    // Kernels before 4.3 have no ambient set.
    let _ = prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL as c_ulong);
    let header = Header { version: VERSION, pid: 0 };
    let none = [Data { effective: 0, permitted: 0, inheritable: 0 }; 2];
    // SAFETY: the kernel reads a header and the two structs that its version stands for, and writes neither.
    checked(unsafe { libc::syscall(libc::SYS_capset, &raw const header, none.as_ptr()) }).map(drop)
}

fn is_known(capability: c_ulong) -> bool {
    prctl(libc::PR_CAPBSET_READ, capability).is_ok()
}

fn prctl(request: c_int, argument: c_ulong) -> Result<c_int> {
    const NONE: c_ulong = 0;
    // SAFETY: the requests of this module take numbers.
    checked(unsafe { libc::prctl(request, argument, NONE, NONE, NONE) }.into())
}
