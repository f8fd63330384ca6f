//! `cargo run --release -p peers`: measures every engine, and prints the table.
use clap::Parser;
use peers::{
    document::{Row, cells, document},
    engines::ENGINES,
};
use std::{path::PathBuf, process::ExitCode};

/// The same small lock in loom, shuttle, stateright, turmoil and Lockstep.
#[derive(Debug, Parser)]
#[command(
    name = "peers",
    after_help = "\
Exit codes:
  0  every engine found the bug, and held on the fixed form
  1  one did not, or the document could not be written

Examples:
  cargo run --release -p peers
  cargo run --release -p peers -- --seeds 11
  cargo run --release -p peers -- --write-doc docs/peers.md"
)]
struct Args {
    /// Most seeds of an engine.
    #[arg(long, value_name = "N", default_value_t = 101, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Writes this document.
    #[arg(long, value_name = "FILE")]
    write_doc: Option<PathBuf>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    // A panic is how loom and shuttle report a bug, and is expected. shuttle also prints to standard error.
    std::panic::set_hook(Box::new(|_| {}));
    let mut rows = Vec::new();
    for engine in &ENGINES {
        match Row::measure(engine, args.seeds) {
            Ok(row) => {
                println!("{}", cells(engine, &row).join(" | "));
                rows.push(row);
            }
            Err(why) => {
                eprintln!("peers: {why}");
                return ExitCode::FAILURE;
            }
        }
    }
    match args.write_doc.map(|file| std::fs::write(file, document(&rows))) {
        Some(Err(error)) => {
            eprintln!("peers: cannot write the document: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}
