//! Interleavings of many runs, counted in constant memory.
//!
//! Up to [`EXACT`] different hashes are kept, and the count is exact. Beyond that they go into a HyperLogLog sketch of
//! 2^14 registers, with the estimator of Otmar Ertl ("New cardinality estimation algorithms for HyperLogLog sketches",
//! 2017), which needs no correction tables. Its standard error is 1.04 / √2^14 = 0.8 %: two of three estimates are that
//! close, and 997 of 1,000 within 2.4 %. The state depends on the set of hashes only, not on their order or on how
//! threads divided them.
use std::{collections::BTreeSet, fmt::Write};

/// Most different hashes that are counted exactly.
pub const EXACT: usize = 4_096;

const INDEX_BITS: u32 = 14;
const REGISTERS: usize = 1 << INDEX_BITS;
/// Highest value of a register: the bits of a hash that are not its index, and one.
const HIGHEST: usize = 64 - INDEX_BITS as usize + 1;

/// The interleavings of some runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interleavings {
    distinct: Distinct,
    sum: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Distinct {
    Exact(BTreeSet<u64>),
    Sketch(Box<[u8]>),
}

impl Default for Distinct {
    fn default() -> Self {
        Distinct::Exact(BTreeSet::new())
    }
}

impl Interleavings {
    /// Adds the interleaving of one run, by its hash.
    pub fn add(&mut self, hash: u64) {
        self.sum = self.sum.wrapping_add(hash);
        self.distinct.insert(hash);
    }

    /// Adds the interleavings of other runs.
    pub fn merge(&mut self, other: Interleavings) {
        self.sum = self.sum.wrapping_add(other.sum);
        match other.distinct {
            Distinct::Exact(hashes) => hashes.into_iter().for_each(|hash| self.distinct.insert(hash)),
            Distinct::Sketch(theirs) => {
                let mine = self.distinct.sketch();
                mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine = theirs.max(*mine));
            }
        }
    }

    /// Number of different interleavings: exact up to [`EXACT`], an estimate beyond.
    pub fn distinct(&self) -> u64 {
        match &self.distinct {
            Distinct::Exact(hashes) => hashes.len() as u64,
            Distinct::Sketch(registers) => estimate(registers).round() as u64,
        }
    }

    /// The interleavings as text, for a report that is merged with others: their sum, then the hashes or the registers,
    /// in hexadecimal digits.
    pub fn to_text(&self) -> String {
        let mut text = format!("{:016x}", self.sum);
        match &self.distinct {
            Distinct::Exact(hashes) => {
                text.push('=');
                hashes.iter().for_each(|hash| _ = write!(text, "{hash:016x}"));
            }
            Distinct::Sketch(registers) => {
                text.push('~');
                registers.iter().for_each(|register| _ = write!(text, "{register:02x}"));
            }
        }
        text
    }

    /// Reads what [`Interleavings::to_text`] wrote; `None` for any other text.
    pub fn from_text(text: &str) -> Option<Self> {
        let (sum, rest) = text.split_at_checked(16)?;
        let sum = u64::from_str_radix(sum, 16).ok()?;
        let distinct = if let Some(digits) = rest.strip_prefix('=') {
            let hashes: Option<BTreeSet<u64>> = numbers(digits, 16)?.collect();
            Distinct::Exact(hashes.filter(|hashes| hashes.len() <= EXACT)?)
        } else {
            let registers: Option<Vec<u64>> = numbers(rest.strip_prefix('~')?, 2)?.collect();
            let registers = registers.filter(|registers| registers.len() == REGISTERS)?.into_iter();
            let valid = registers.map(|value| u8::try_from(value).ok().filter(|value| usize::from(*value) <= HIGHEST));
            Distinct::Sketch(valid.collect::<Option<Box<[u8]>>>()?)
        };
        Some(Self { distinct, sum })
    }

    /// Sum of all hashes: equal for the same runs in any order.
    pub fn sum(&self) -> u64 {
        self.sum
    }
}

impl Distinct {
    fn insert(&mut self, hash: u64) {
        match self {
            Distinct::Exact(hashes) => {
                hashes.insert(hash);
                if hashes.len() > EXACT {
                    self.sketch();
                }
            }
            Distinct::Sketch(registers) => count(registers, hash),
        }
    }

    /// The registers, made of the exact set if there were none yet.
    fn sketch(&mut self) -> &mut [u8] {
        if let Distinct::Exact(hashes) = self {
            let mut registers = vec![0; REGISTERS].into_boxed_slice();
            hashes.iter().for_each(|&hash| count(&mut registers, hash));
            *self = Distinct::Sketch(registers);
        }
        match self {
            Distinct::Sketch(registers) => registers,
            Distinct::Exact(_) => unreachable!("replaced above"),
        }
    }
}

/// Numbers of so many hexadecimal digits each; `None` if the text has other characters, or part of a number.
fn numbers(digits: &str, width: usize) -> Option<impl Iterator<Item = Option<u64>>> {
    let whole = digits.len().is_multiple_of(width) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    whole.then(|| (0..digits.len()).step_by(width).map(move |at| u64::from_str_radix(&digits[at..at + width], 16).ok()))
}

/// A register keeps the highest position of the first one-bit among the hashes of its index.
fn count(registers: &mut [u8], hash: u64) {
    let index = (hash >> (64 - INDEX_BITS)) as usize;
    let position = (hash << INDEX_BITS).leading_zeros().min(HIGHEST as u32 - 1) + 1;
    registers[index] = registers[index].max(position as u8);
}

fn estimate(registers: &[u8]) -> f64 {
    let mut histogram = [0_u32; HIGHEST + 1];
    registers.iter().for_each(|&value| histogram[usize::from(value)] += 1);
    let m = REGISTERS as f64;
    let share = |value: usize| f64::from(histogram[value]) / m;
    let mut z = m * tau(1.0 - share(HIGHEST));
    for value in (1..HIGHEST).rev() {
        z = 0.5 * (z + f64::from(histogram[value]));
    }
    z += m * sigma(share(0));
    m * m / (2.0 * std::f64::consts::LN_2 * z)
}

/// x + Σ x^(2^k) · 2^(k-1), for registers that are still zero.
fn sigma(x: f64) -> f64 {
    let (mut x, mut y, mut z) = (x, 1.0, x);
    if x >= 1.0 {
        return f64::INFINITY;
    }
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z <= before {
            return z;
        }
    }
}

/// (1 - x - Σ (1 - x^(2^-k))² · 2^-k) / 3, for registers that are full.
fn tau(x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut x, mut y, mut z) = (x, 1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
        if z >= before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A well-mixed hash of a number (splitmix64).
    fn hash(number: u64) -> u64 {
        let mut z = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn counted(numbers: impl IntoIterator<Item = u64>) -> Interleavings {
        let mut interleavings = Interleavings::default();
        numbers.into_iter().for_each(|number| interleavings.add(hash(number)));
        interleavings
    }

    #[test]
    fn small_numbers_are_exact() {
        assert_eq!(counted([]).distinct(), 0);
        assert_eq!(counted([1, 2, 1, 3]).distinct(), 3);
        let most = EXACT as u64;
        assert_eq!(counted((0..most).chain(0..most)).distinct(), most);
    }

    #[test]
    fn large_numbers_are_close() {
        for count in [4_097_u64, 20_000, 40_000, 80_000, 300_000, 2_000_000] {
            let estimate = counted(0..count).distinct();
            let error = estimate.abs_diff(count) as f64 / count as f64;
            assert!(error < 0.024, "{estimate} instead of {count}");
        }
    }

    #[test]
    fn order_and_division_do_not_matter() {
        for count in [100_u64, 5_000, 12_000] {
            let whole = counted(0..count);
            let mut parts = counted((0..count / 3).rev());
            let mut rest = counted(count / 3..count / 2);
            rest.merge(counted(count / 2..count));
            parts.merge(rest);
            assert_eq!(parts, whole, "{count} in parts");
        }
        assert_ne!(counted([1, 1]).sum(), counted([1]).sum());
    }

    #[test]
    fn text_keeps_sets_and_registers() {
        for count in [0_u64, 3, 4_096, 4_097, 30_000] {
            let whole = counted(0..count);
            assert_eq!(Interleavings::from_text(&whole.to_text()), Some(whole), "{count}");
        }
    }

    #[test]
    fn other_texts_are_not_interleavings() {
        let (exact, sketch) = (counted(0..3).to_text(), counted(0..5_000).to_text());
        let cut = [&exact[..16], &exact[..20], &sketch[..100], &exact[..exact.len() - 1], "", "é"];
        let changed = [exact.replace('=', "~"), exact.replace('=', "?"), format!("{}ff", &sketch[..sketch.len() - 2])];
        for text in cut.into_iter().chain(changed.iter().map(String::as_str)) {
            assert_eq!(Interleavings::from_text(text), None, "{text:.40}");
        }
    }

    #[test]
    fn memory_does_not_grow() {
        let size = |interleavings: &Interleavings| match &interleavings.distinct {
            Distinct::Exact(hashes) => hashes.len() * size_of::<u64>(),
            Distinct::Sketch(registers) => registers.len(),
        };
        let mut interleavings = Interleavings::default();
        for number in 0..1_000_000 {
            interleavings.add(hash(number));
            assert!(size(&interleavings) <= EXACT * size_of::<u64>());
        }
        assert_eq!(size(&interleavings), REGISTERS);
    }
}
