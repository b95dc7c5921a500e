//! Puts the walls of a [`Sandbox`] around the calling process, for good: Landlock rules, no capabilities, no way to
//! gain any. Only the process that is about to become the child may call [`raise`].

use anyhow::{Context, Result, bail};
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, NetPort, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope, path_beneath_rules,
};
use rustix::io::Errno;
use rustix::thread::{self, CapabilitySet, CapabilitySets};

use super::{Enforcement, Sandbox};

/// The newest rules that are asked for; the kernel enforces those that it knows. ABI 9 added connections to socket files.
const NEWEST: ABI = ABI::V9;

/// What each ABI added that a child could otherwise do.
const ADDED: [(ABI, &str); 5] = [
    (ABI::V3, "files outside can be truncated (Linux before 6.2)"),
    (ABI::V4, "TCP ports are open (Linux before 6.7)"),
    (ABI::V5, "devices take any ioctl (Linux before 6.10)"),
    (ABI::V6, "signals and abstract sockets reach other processes (Linux before 6.12)"),
    (ABI::V9, "socket files such as that of Docker can be connected to (Linux before 7.1)"),
];

/// What this kernel can enforce.
pub fn status() -> Enforcement {
    if !knows(ABI::V1) {
        return Enforcement::None("the kernel has no Landlock");
    }
    let open: Vec<&'static str> = ADDED.iter().filter(|(abi, _)| !knows(*abi)).map(|(_, what)| *what).collect();
    if open.is_empty() { Enforcement::Full } else { Enforcement::Partial(open) }
}

/// Whether the kernel takes a ruleset of that ABI, all of it.
fn knows(abi: ABI) -> bool {
    let ruleset = || -> Result<_, RulesetError> {
        let mut ruleset = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
        ruleset = ruleset.handle_access(AccessFs::from_all(abi))?;
        if abi >= ABI::V4 {
            ruleset = ruleset.handle_access(AccessNet::ConnectTcp | AccessNet::BindTcp)?;
        }
        if abi >= ABI::V6 {
            ruleset = ruleset.scope(Scope::from_all(ABI::V6))?;
        }
        ruleset.create()
    };
    ruleset().is_ok()
}

/// Confines the calling thread and all that it will start.
///
/// # Errors
/// When the kernel has Landlock but does not put the rules up. Where it has none, only the capabilities go.
pub fn raise(sandbox: &Sandbox) -> Result<()> {
    let mut ruleset = Ruleset::default().handle_access(AccessFs::from_all(NEWEST))?.scope(Scope::from_all(ABI::V6))?;
    if sandbox.connect.is_some() {
        ruleset = ruleset.handle_access(AccessNet::ConnectTcp)?;
    }
    if sandbox.bind.is_some() {
        ruleset = ruleset.handle_access(AccessNet::BindTcp)?;
    }
    let mut rules = ruleset.create()?;
    // Missing paths are passed over, and a file gets the rights of a file: with those of a folder the kernel would
    // take less than was asked.
    rules = rules.add_rules(path_beneath_rules(&sandbox.read, AccessFs::from_read(NEWEST)))?;
    rules = rules.add_rules(path_beneath_rules(&sandbox.write, AccessFs::from_all(NEWEST)))?;
    let connect = sandbox.connect.iter().flatten().map(|port| (*port, AccessNet::ConnectTcp));
    let bind = sandbox.bind.iter().flatten().map(|port| (*port, AccessNet::BindTcp));
    for (port, access) in connect.chain(bind) {
        rules = rules.add_rule(NetPort::new(port, access))?;
    }
    thread::set_no_new_privs(true).context("cannot set no_new_privs")?;
    drop_capabilities()?;
    let restricted = rules.restrict_self()?;
    if restricted.ruleset == RulesetStatus::NotEnforced && knows(ABI::V1) {
        bail!("the kernel did not enforce the sandbox");
    }
    Ok(())
}

/// Gives up every capability, also for programs that root starts. Landlock alone lets CAP_PERFMON read the environment
/// of every process.
fn drop_capabilities() -> Result<()> {
    for bit in 0..u64::BITS {
        let capability = CapabilitySet::from_bits_retain(1 << bit);
        match thread::capability_is_in_bounding_set(capability) {
            // The first number that the kernel does not know ends the list.
            Err(Errno::INVAL) => break,
            Ok(true) => match thread::remove_capability_from_bounding_set(capability) {
                // An ordinary user may not, and needs not: `no_new_privs` keeps file capabilities from being gained.
                Ok(()) | Err(Errno::PERM) => {}
                Err(error) => return Err(error).context("cannot drop a capability"),
            },
            _ => {}
        }
    }
    // Kernels before 4.3 have no ambient set.
    let _ = thread::clear_ambient_capability_set();
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    thread::set_capabilities(None, sets).context("cannot drop the capabilities")
}
