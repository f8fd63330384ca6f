//! The generated mutants that no run catches: those that nothing has to catch, each with the reason, and those that are
//! open.
//!
//! `lockstep mutants --generated` keeps it true: a mutant that survives without an entry, a reason whose mutant is
//! caught, and an entry whose mutant no longer exists are failures.
mod justified;
mod reason;

pub use justified::JUSTIFIED;
use mutants::{GENERATED, Generated};
pub use reason::{Reason, Survivors};

/// The mutants that survive although some run should show them, one name a line.
const OPEN: &str = include_str!("open.txt");

/// Why a mutant may survive; `None` if it must be caught.
pub fn reason(mutant: &Generated) -> Option<Reason> {
    let justified = JUSTIFIED.iter().find(|survivors| survivors.has(mutant)).map(|survivors| survivors.reason);
    let name = mutant.to_string();
    justified.or_else(|| OPEN.lines().any(|line| line == name).then_some(Reason::Open))
}

/// The entries that no mutant has.
pub fn stale() -> Vec<String> {
    let names: Vec<String> = GENERATED.iter().map(Generated::to_string).collect();
    let open = OPEN.lines().filter(|line| !names.iter().any(|name| name == line)).map(str::to_owned);
    let exists = |survivors: &Survivors, change: &str| {
        let same = |of: &&Generated| (of.file, of.function) == (survivors.file, survivors.function);
        GENERATED.iter().filter(same).any(|of| of.change.starts_with(change))
    };
    let all = JUSTIFIED.iter().flat_map(|survivors| survivors.changes.iter().map(move |change| (survivors, *change)));
    let unknown = all.filter(|(survivors, change)| !exists(survivors, change));
    let justified = unknown.map(|(survivors, change)| format!("{}::{}: {change}", survivors.file, survivors.function));
    justified.chain(open).collect()
}

/// The mutants that are justified and open at once.
pub fn listed_twice() -> Vec<String> {
    let justified = |mutant: &&Generated| JUSTIFIED.iter().any(|survivors| survivors.has(mutant));
    let names = GENERATED.iter().filter(justified).map(Generated::to_string);
    names.filter(|name| OPEN.lines().any(|line| line == name)).collect()
}
