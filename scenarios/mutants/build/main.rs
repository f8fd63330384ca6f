//! Writes three copies of the gateway's protocol: one with the edits that were made by hand, which a run switches on;
//! one in which every operator of [`operators`] is a choice of the run, without and with the gateway's tests; and one
//! that counts which branches are taken.
//!
//! The gateway's sources have no hooks: it is the copies that are changed, and one build holds all mutants.
mod constants;
mod copy;
mod covered;
mod edited;
/// The edits that were made by hand.
#[path = "../src/edits/mod.rs"]
pub mod edits;
mod lines;
mod mutator;
mod names;
mod operators;
mod source;
mod tracer;
mod values;

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let package = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for watched in [source::PROTOCOL, source::COALESCER, source::COALESCER_TESTS, "src/edits", "build"] {
        println!("cargo::rerun-if-changed={}", package.join(watched).display());
    }
    fs::write(out.join("fenced_lease.rs"), edited::copy(&package.join(source::PROTOCOL))?)?;
    let written = copy::write(&package)?;
    fs::write(out.join("generated.rs"), written.copy)?;
    fs::write(out.join("generated_table.rs"), written.table)?;
    fs::write(out.join("tested.rs"), written.tested)?;
    // For the build script of the crate that tests the gateway's tests.
    println!("cargo::metadata=tested={}", out.join("tested.rs").display());
    let (copy, table) = covered::write(&package)?;
    fs::write(out.join("covered.rs"), copy)?;
    fs::write(out.join("branches_table.rs"), table)?;
    Ok(())
}
