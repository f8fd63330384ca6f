//! A generator of numbers, so that a seed repeats a search, and the environment's say in it.

/// Numbers that follow from a seed.
pub struct Numbers(u64);

impl Numbers {
    /// The numbers of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % limit
    }

    /// True once in `times`.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of `items`.
    pub fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }

    /// Up to `length` pieces in a row.
    pub fn text(&mut self, pieces: &[&str], length: usize) -> String {
        (0..self.below(length + 1)).map(|_| self.pick(pieces)).collect()
    }
}

/// The number in the environment's `variable`.
///
/// # Panics
/// When it is not a number.
pub fn number(variable: &str, default: u64) -> u64 {
    let parse = |text: String| text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a number"));
    std::env::var(variable).map_or(default, parse)
}
