//! Other projects' test suites, unmodified, against `lockstep serve` and against a real kube-apiserver.
//!
//! Each part of a suite gets a server of its own. The outcomes are compared by the tests' names: the two servers must
//! pass and fail the same tests, except for the differences that docs/fidelity.md declares.
mod comparison;
mod declared;
mod outcomes;
mod part;
mod selection;
mod side;
mod suites;
mod workshop;

use anyhow::Context;
use clap::Parser;
use comparison::Comparison;
use outcomes::Outcomes;
use part::Part;
use selection::Selection;
use side::Side;
use std::{collections::BTreeMap, path::PathBuf, process::ExitCode, time::Duration};
use suites::Suite;
use workshop::Workshop;

/// Exit code when nothing failed, but a suite was left out because a tool is missing: `EX_TEMPFAIL`.
const SKIPPED: u8 = 75;

/// Runs other projects' test suites against the simulated API server and against a real one.
///
/// Prints one table: for each suite the tests that ran, how many passed on each side, and the tests whose outcomes
/// differ. Exits with 0 if the differences are those that docs/fidelity.md declares, with 1 otherwise, and with 75 if a
/// suite was left out because a tool is missing (with 1 where CI is set). Outcomes and logs stay in target/others.
#[derive(Debug, Parser)]
#[command(
    name = "others",
    after_help = "\
Examples:
  cargo run -p tests --bin others -- --list
  cargo run -p tests --bin others -- --only controller-runtime/pkg/client --only kube-rs
  cargo run -p tests --bin others -- --side serve --only kubernetes-e2e"
)]
struct Arguments {
    /// Suite, or part of one as SUITE/PART; all by default.
    #[arg(long, value_name = "SUITE[/PART]")]
    only: Vec<Selection>,
    /// Server to run them on. With one side, the other's outcomes are those of its last run, if there are any.
    #[arg(long, value_enum)]
    side: Option<Side>,
    /// Lists the suites and their parts, and runs nothing. A suite's sources are fetched first, once.
    #[arg(long)]
    list: bool,
    /// Runs nothing, and compares the outcomes of the last runs.
    #[arg(long)]
    kept: bool,
    /// Writes the table of docs/fidelity.md anew: reasons are kept, a new difference gets its outcomes instead of one.
    #[arg(long)]
    write_doc: bool,
    /// Longest time for one part on one side, in seconds; by default each part has its own.
    #[arg(long, value_name = "SECONDS")]
    limit: Option<u64>,
    /// The `lockstep` command to serve with; by default it is built from this workspace.
    #[arg(long, value_name = "FILE")]
    lockstep: Option<PathBuf>,
    /// A clone of the Python client's repository; by default it is cloned into target/others.
    #[arg(long, value_name = "DIRECTORY")]
    python_client: Option<PathBuf>,
}

fn main() -> ExitCode {
    execute(&Arguments::parse()).unwrap_or_else(|error| {
        eprintln!("others: {error:#}");
        ExitCode::FAILURE
    })
}

fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let workshop = Workshop::new(arguments.lockstep.clone(), arguments.python_client.clone())?;
    let declared = declared::read(&workshop.document())?;
    let mut comparison = Comparison::new(declared);
    let mut failed = false;
    for suite in suites::ALL {
        if !selection::admits_suite(&arguments.only, suite.name) {
            continue;
        }
        if let Some(tool) = suite.missing_tool() {
            eprintln!("others: {} is left out: it needs {tool}", suite.name);
            comparison.skip(suite.name, tool);
            continue;
        }
        let outcome = match arguments.list {
            true => list(suite, &workshop),
            false => run(suite, arguments, &workshop, &mut comparison),
        };
        if let Err(error) = outcome {
            eprintln!("others: {}: {error:#}", suite.name);
            comparison.fail(suite.name, format!("{error:#}"));
            failed = true;
        }
    }
    if arguments.list {
        return Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS });
    }
    if arguments.write_doc {
        declared::write(&workshop.document(), |before| comparison.rows(before))?;
    }
    let report = comparison.report();
    let file = workshop.results().join("report.md");
    std::fs::write(&file, &report.text).with_context(|| format!("cannot write {}", file.display()))?;
    println!("{}", report.text);
    Ok(match (report.holds, report.complete || std::env::var_os("CI").is_none()) {
        (true, _) if report.complete => ExitCode::SUCCESS,
        (true, true) => ExitCode::from(SKIPPED),
        _ => ExitCode::FAILURE,
    })
}

fn list(suite: &Suite, workshop: &Workshop) -> anyhow::Result<()> {
    println!("{}: {}", suite.name, suite.about);
    for part in (suite.parts)(workshop)? {
        println!("  {}/{}", suite.name, part.name);
    }
    Ok(())
}

/// Runs the selected parts of a suite on the selected sides.
fn run(suite: &Suite, arguments: &Arguments, workshop: &Workshop, comparison: &mut Comparison) -> anyhow::Result<()> {
    let parts = (suite.parts)(workshop)?;
    let selected: Vec<&Part> =
        parts.iter().filter(|part| selection::admits_part(&arguments.only, suite.name, &part.name)).collect();
    anyhow::ensure!(!selected.is_empty(), "no such part; --list shows them");
    for part in selected {
        match run_part(suite, part, arguments, workshop) {
            Ok(sides) => comparison.add(suite.name, &part.name, &sides),
            Err(error) => comparison.fail(suite.name, format!("{}: {error:#}", part.name)),
        }
    }
    Ok(())
}

/// Runs a part on the selected sides; the outcomes of the others are those of their last run.
fn run_part(
    suite: &Suite,
    part: &Part,
    arguments: &Arguments,
    workshop: &Workshop,
) -> anyhow::Result<BTreeMap<Side, Outcomes>> {
    let mut sides = BTreeMap::new();
    for side in [Side::Real, Side::Serve] {
        let kept = workshop.results().join(side.name()).join(suite.name).join(part.file_name());
        let outcomes = if !arguments.kept && arguments.side.is_none_or(|chosen| chosen == side) {
            let program = part.build(workshop).context("cannot be built")?;
            let limit = arguments.limit.map_or(part.limit, Duration::from_secs);
            let outcomes = part.run(&program, &side.start(workshop)?, &kept, limit).context(side.name())?;
            eprintln!("others: {:<5} {}/{}: {}", side.name(), suite.name, part.name, outcomes.summary());
            outcomes
        } else {
            Outcomes::read(&kept.with_extension("json")).unwrap_or_default()
        };
        sides.insert(side, outcomes);
    }
    Ok(sides)
}
