//! The `lockstep` command.
use clap::Parser;
use scenarios::cli::{self, Command, Outcome};
use std::{
    io::{self, Write},
    process::ExitCode,
};

/// A run allocates and frees some ten thousand small objects, which takes a quarter of its time with the system
/// allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(error) => return refused(&error),
    };
    cli::survive_file_size_limit();
    match command.execute() {
        Ok(Outcome(code)) => ExitCode::from(code),
        Err(error) => {
            cli::note(&format!("{error:#}"));
            ExitCode::from(reports::exit_code::USAGE_OR_INTERNAL)
        }
    }
}

/// Help that was asked for, or a command line that is wrong. clap exits with 2 for that, which here means that safety
/// was violated.
fn refused(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::from(reports::exit_code::HELD);
    }
    let arguments: Vec<String> = std::env::args().collect();
    let _ = io::stderr().lock().write_all(cli::explained(error, &arguments).as_bytes());
    ExitCode::from(reports::exit_code::USAGE_OR_INTERNAL)
}
