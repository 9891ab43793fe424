//! The `seawall` binary. Everything is in the library beside it.

/// Events are made by one thread and dropped by another, which the system's allocator
/// answers with contention.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    seawall_server::command::run()
}
