//! The `lockstep` command.
use clap::Parser;
use scenarios::cli::{Command, Outcome};
use std::process::ExitCode;

/// A run allocates and frees some ten thousand small objects, which takes a quarter of its time with the system
/// allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(error) => {
            // clap exits with 2 for a wrong command line, which here means that safety was violated.
            let code =
                if error.use_stderr() { reports::exit_code::USAGE_OR_INTERNAL } else { reports::exit_code::HELD };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match command.execute() {
        Ok(Outcome(code)) => ExitCode::from(code),
        Err(error) => {
            eprintln!("lockstep: {error:#}");
            ExitCode::from(reports::exit_code::USAGE_OR_INTERNAL)
        }
    }
}
