//! The generated mutants that no run catches: those that nothing has to catch, each with the reason, and those that are
//! open.
//!
//! `lockstep mutants --generated` keeps it true: a mutant that survives without an entry, an argument whose mutant is
//! caught, and an entry whose mutant no longer exists are failures. `tests/suites/tested_mutants.rs` makes sure that
//! the tests that are named fail.
mod justified;
mod reason;

pub use justified::justified;
use mutants::{GENERATED, Generated};
pub use reason::{Reason, Survivors};

/// The mutants that survive although some run should show them, one name a line.
const OPEN: &str = include_str!("open.txt");

/// Why a mutant may survive; `None` if it must be caught.
pub fn reason(mutant: &Generated) -> Option<Reason> {
    let known = justified().find(|survivors| survivors.has(mutant)).map(|survivors| survivors.reason);
    let name = mutant.to_string();
    known.or_else(|| OPEN.lines().any(|line| line == name).then_some(Reason::Open))
}

/// The entries that no mutant has.
pub fn stale() -> Vec<String> {
    let names: Vec<String> = GENERATED.iter().map(Generated::to_string).collect();
    let open = OPEN.lines().filter(|line| !names.iter().any(|name| name == line)).map(str::to_owned);
    let exists = |survivors: &Survivors, change: &str| {
        let same = |of: &&Generated| (of.file, of.function) == (survivors.file, survivors.function);
        GENERATED.iter().filter(same).any(|of| of.change.starts_with(change))
    };
    let all = justified().flat_map(|survivors| survivors.changes.iter().map(move |change| (survivors, *change)));
    let unknown = all.filter(|(survivors, change)| !exists(survivors, change));
    let gone = unknown.map(|(survivors, change)| format!("{}::{}: {change}", survivors.file, survivors.function));
    gone.chain(open).collect()
}

/// The mutants that are justified and open at once.
pub fn listed_twice() -> Vec<String> {
    let known = |mutant: &&Generated| justified().any(|survivors| survivors.has(mutant));
    let names = GENERATED.iter().filter(known).map(Generated::to_string);
    names.filter(|name| OPEN.lines().any(|line| line == name)).collect()
}
