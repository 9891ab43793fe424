//! What the process that decodes gives up before it reads a byte of a hostile file: everything but
//! memory, bounded, and the pipes that it was started with.
//!
//! A list of system calls is all that is left (seccomp): no file, no socket, no process, no memory
//! that can be executed. Limits on memory, processor time and open files stand beside it. It cannot
//! be undone by whoever takes the process over. Left out: what is decoded.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::{TcpStream, UdpSocket};
use std::process::Stdio;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter,
};

/// Pages are counted in these bytes in `/proc/self/statm` on the machines that Seawall runs on;
/// where they are larger, the process is given more.
const PAGE_BYTES: u64 = 4_096;

/// What a process that only computes still asks of the system: memory, its pipes, and its end.
const CALLS: [libc::c_long; 24] = [
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_clock_gettime,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_getpid,
    libc::SYS_tgkill,
    libc::SYS_sigaltstack,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_restart_syscall,
    libc::SYS_membarrier,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Calls that are left as long as they make no memory executable; the third argument says so.
const CALLS_OF_MEMORY: [libc::c_long; 2] = [libc::SYS_mmap, libc::SYS_mprotect];

/// Bounds of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of memory beyond what it had when it began.
    pub memory_bytes: u64,
    /// Seconds of processor time.
    pub cpu_seconds: u64,
}

/// Why the process could not be confined. Nothing may be decoded then.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A limit was not taken.
    #[error("a limit of the process was not taken")]
    Limit(#[source] rustix::io::Errno),
    /// How much memory it has is not known.
    #[error("/proc/self/statm cannot be read")]
    Memory(#[source] std::io::Error),
    /// The list of calls was not taken.
    #[error("the kernel takes no list of system calls (seccomp): {0}")]
    Calls(String),
}

/// Confines this process for good.
///
/// # Errors
/// [`SandboxError`]; the process must end then.
pub fn confine(bounds: Bounds) -> Result<(), SandboxError> {
    let memory = memory_now()?.saturating_add(bounds.memory_bytes);
    let limits = [
        (Resource::As, memory),
        (Resource::Cpu, bounds.cpu_seconds),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        // Those it was started with stay open; no other can be.
        (Resource::Nofile, 0),
    ];
    for (resource, most) in limits {
        // What the administrator allows may be less.
        let most = getrlimit(resource).maximum.map_or(most, |allowed| allowed.min(most));
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        setrlimit(resource, limit).map_err(SandboxError::Limit)?;
    }
    let program = program().map_err(SandboxError::Calls)?;
    apply_filter(&program).map_err(|error| SandboxError::Calls(error.to_string()))
}

fn memory_now() -> Result<u64, SandboxError> {
    let statm = std::fs::read_to_string("/proc/self/statm").map_err(SandboxError::Memory)?;
    let pages = statm.split(' ').next().and_then(|pages| pages.parse::<u64>().ok());
    let missing = || SandboxError::Memory(std::io::ErrorKind::InvalidData.into());
    pages.map(|pages| pages * PAGE_BYTES).ok_or_else(missing)
}

fn program() -> Result<BpfProgram, String> {
    let words = |error: seccompiler::BackendError| error.to_string();
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        CALLS.into_iter().map(|call| (call, Vec::new())).collect();
    let executable = u64::from(libc::PROT_EXEC.cast_unsigned());
    for call in CALLS_OF_MEMORY {
        let compare = SeccompCmpOp::MaskedEq(executable);
        let not_executable =
            SeccompCondition::new(2, SeccompCmpArgLen::Dword, compare, 0).map_err(words)?;
        rules.insert(call, vec![SeccompRule::new(vec![not_executable]).map_err(words)?]);
    }
    let machine = std::env::consts::ARCH.try_into().map_err(words)?;
    let denied = SeccompAction::Errno(libc::EPERM.cast_unsigned());
    let filter = SeccompFilter::new(rules, denied, SeccompAction::Allow, machine).map_err(words)?;
    filter.try_into().map_err(words)
}

/// How many things are attempted.
pub const ATTEMPTS: usize = 12;

/// Tries what a confined process must not be able to do, and names what it could.
#[must_use]
pub fn attempts() -> Vec<&'static str> {
    // Each is something that works before.
    let tried: [(&str, bool); ATTEMPTS] = [
        ("open a file", File::open("/proc/self/stat").is_ok()),
        ("open its own program", File::open("/proc/self/exe").is_ok()),
        ("write a file", File::create("/dev/null").is_ok()),
        ("list a folder", std::fs::read_dir("/").is_ok()),
        ("see a file", std::fs::metadata("/").is_ok()),
        ("open a socket", UdpSocket::bind("127.0.0.1:0").is_ok()),
        ("connect", connects()),
        ("open a local socket", std::os::unix::net::UnixDatagram::unbound().is_ok()),
        ("start a process", starts()),
        ("start a thread", std::thread::Builder::new().spawn(|| ()).is_ok()),
        ("make a pipe", std::io::pipe().is_ok()),
        ("change a limit", setrlimit(Resource::Core, NOTHING).is_ok()),
    ];
    tried.into_iter().filter(|(_, could)| *could).map(|(what, _)| what).collect()
}

/// Whether the network can be reached at all; a port that refuses is one that was reached.
fn connects() -> bool {
    match TcpStream::connect("127.0.0.1:9") {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionRefused,
    }
}

fn starts() -> bool {
    let mut own = std::process::Command::new("/proc/self/exe");
    own.arg("--help").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    own.status().is_ok()
}

/// A limit that anybody may take.
const NOTHING: Rlimit = Rlimit { current: Some(0), maximum: Some(0) };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_attempted_works_where_nothing_is_confined() {
        assert_eq!(attempts().len(), ATTEMPTS, "{:?}", attempts());
    }
}
