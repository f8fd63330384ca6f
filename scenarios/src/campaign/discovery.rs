//! Discovery: how much of what runs may do has been seen, by how often things were seen once.
//!
//! Good and Turing: of `n` runs of which `f` did what no other did, the next run does something new with a probability
//! of about `f / n`. Counts are kept of a sample of all hashes, chosen by the hashes themselves. So they need constant
//! memory, and neither the order of the runs nor their division among threads changes them.
use std::collections::BTreeMap;

/// Most hashes whose runs are counted.
const KEPT: usize = 8_192;

/// What some runs did, by the hash of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    /// Hashes whose lowest bits are not all 0 are left out; this is the number of bits.
    bits: u32,
    runs: BTreeMap<u64, u32>,
}

impl Discovery {
    /// Adds a run.
    pub fn add(&mut self, hash: u64) {
        self.add_runs(hash, 1);
    }

    fn add_runs(&mut self, hash: u64, runs: u32) {
        if hash.trailing_zeros() >= self.bits {
            *self.runs.entry(hash).or_default() += runs;
            self.shrink();
        }
    }

    fn shrink(&mut self) {
        while self.runs.len() > KEPT {
            self.bits += 1;
            self.runs.retain(|hash, _| hash.trailing_zeros() >= self.bits);
        }
    }

    /// Adds other runs.
    pub fn merge(&mut self, other: Discovery) {
        self.bits = self.bits.max(other.bits);
        self.runs.retain(|hash, _| hash.trailing_zeros() >= self.bits);
        other.runs.into_iter().for_each(|(hash, runs)| self.add_runs(hash, runs));
    }

    /// Probability that the next run does something new; 1 before the first.
    pub fn next_is_new(&self) -> f64 {
        let runs: u64 = self.runs.values().map(|&runs| u64::from(runs)).sum();
        let once = self.runs.values().filter(|&&runs| runs == 1).count();
        if runs == 0 { 1.0 } else { once as f64 / runs as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: u64) -> u64 {
        let mut z = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z ^ (z >> 27)
    }

    fn of(numbers: impl Iterator<Item = u64>) -> Discovery {
        let mut discovery = Discovery::default();
        numbers.for_each(|number| discovery.add(hash(number)));
        discovery
    }

    #[test]
    fn new_things_become_rare() {
        assert!((of(0..0).next_is_new() - 1.0).abs() < f64::EPSILON);
        assert!((of(0..100).next_is_new() - 1.0).abs() < f64::EPSILON);
        assert!(of((0..100).chain(0..100)).next_is_new() < f64::EPSILON);
        assert!((of((0..100).chain(0..50)).next_is_new() - 1.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn samples_estimate_the_same() {
        let many = of((0..100_000).chain(0..50_000));
        assert!(many.runs.len() <= KEPT && (many.next_is_new() - 1.0 / 3.0).abs() < 0.03, "{}", many.next_is_new());
    }

    #[test]
    fn division_among_threads_changes_nothing() {
        let mut parts = of(0..30_000);
        parts.merge(of(10_000..40_000));
        assert_eq!(parts, of((10_000..40_000).chain(0..30_000)));
    }
}
