//! The digest of a verification report: names what was verified, in a build of the gateway.
//!
//! It covers what a report claims: the command, the version of the harness with the code that it ran, every scenario
//! with its runs, every invariant with its checks, the faults that took effect. It leaves out what differs between two
//! machines that verify the same: times, speeds, paths. So `run --runs 1000 --seed 7` has one digest everywhere.
use crate::{
    exit_code::{HELD, INCONCLUSIVE, exit_code},
    report::RunReport,
};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// A report that verifies nothing, with the exit code that says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotVerified(pub u8);

/// `sha256:` and the digest of the report's claims in hexadecimal digits.
///
/// # Errors
/// If the report verifies nothing.
pub fn digest(report: &RunReport) -> Result<String, NotVerified> {
    let checked = report.scenarios.iter().flat_map(|scenario| &scenario.invariants).map(|invariant| invariant.checked);
    match exit_code(report) {
        HELD if !report.interrupted && checked.sum::<u64>() > 0 => {}
        HELD => return Err(NotVerified(INCONCLUSIVE)),
        code => return Err(NotVerified(code)),
    }
    let hash = Sha256::digest(claims(report));
    Ok(hash.iter().fold("sha256:".to_owned(), |mut text, byte| {
        _ = write!(text, "{byte:02x}");
        text
    }))
}

/// One claim a line. Names are quoted, so that none can pass for two.
fn claims(report: &RunReport) -> String {
    let mut lines = vec![format!("{:?} {:?} {:?}", report.schema, report.command, report.version)];
    for scenario in &report.scenarios {
        let of =
            format!("{:?} {:?} {:?} {:?}", scenario.name, scenario.protocol, scenario.transport, scenario.strategy);
        lines.push(format!("{of} runs {}", scenario.runs));
        lines.extend(scenario.invariants.iter().map(|invariant| {
            format!("{of} checks {:?} {} {}", invariant.name, invariant.checked, invariant.undecided)
        }));
        lines.extend(scenario.faults.iter().map(|fault| format!("{of} fault {:?} {}", fault.name, fault.delivered)));
    }
    lines[1..].sort();
    lines.join("\n")
}
