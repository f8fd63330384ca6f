//! The survivors that nothing has to catch.
//!
//! A run that catches one refutes its argument, and `lockstep mutants --generated` fails then. Where a test of the
//! gateway fails with them, `tests/suites/tested_mutants.rs` runs it with each.
mod batches;
mod caches;
mod calls;
mod counting;
mod episodes;

use super::reason::Survivors;

/// All of them, by what they are about.
pub fn justified() -> impl Iterator<Item = &'static Survivors> {
    [batches::SURVIVORS, caches::SURVIVORS, calls::SURVIVORS, counting::SURVIVORS, episodes::SURVIVORS]
        .into_iter()
        .flatten()
}
