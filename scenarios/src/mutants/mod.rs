//! Mutants: copies of the shipped protocol with one safeguard or several taken out, and the invariant that must catch
//! each.
//!
//! A harness that misses a mutant proves nothing about the safeguard that the mutant lacks. Some safeguards cover each
//! other: taking one of those out breaks nothing. [`EQUIVALENT_MUTANTS`] lists them, with the safeguard that remains.
mod counts;
mod episodes;
mod equivalent;
mod keys;
mod locks;
mod mutant;
mod scope;

pub use equivalent::{EQUIVALENT_MUTANTS, EquivalentMutant};
use mutant::BLANK;
pub use mutant::Mutant;

const LISTS: [&[Mutant]; 5] = [counts::MUTANTS, keys::MUTANTS, episodes::MUTANTS, locks::MUTANTS, scope::MUTANTS];
const LENGTH: usize = LISTS[0].len() + LISTS[1].len() + LISTS[2].len() + LISTS[3].len() + LISTS[4].len();

/// Every mutant that must be caught.
pub const MUTANTS: &[Mutant] = &{
    let mut all = [BLANK; LENGTH];
    let (mut list, mut place) = (0, 0);
    while list < LISTS.len() {
        let mut at = 0;
        while at < LISTS[list].len() {
            all[place] = LISTS[list][at];
            (at, place) = (at + 1, place + 1);
        }
        list += 1;
    }
    all
};
