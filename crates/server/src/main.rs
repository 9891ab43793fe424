//! The `seawall` binary. Everything is in the library beside it.

fn main() -> std::process::ExitCode {
    seawall_server::command::run()
}
