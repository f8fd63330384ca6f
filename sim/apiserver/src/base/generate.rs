//! Uids and generated names, from one seed (k8s.io/apimachinery/pkg/util/{uuid,rand}).
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fmt::Write;

/// The alphabet of generated suffixes: without vowels, 0, 1 and 3.
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
/// Maximum length of a prefix, so that a name has at most 63 characters.
const PREFIX_LIMIT: usize = 58;

/// Generates the API server's identifiers.
#[derive(Debug, Clone)]
pub(crate) struct Ids {
    random: ChaCha8Rng,
}

impl Ids {
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// A source of its own, for a request that is executed several times.
    pub(crate) fn split(&mut self) -> Self {
        Self::new(self.random.random())
    }

    /// A random uid in the form of a version 4 UUID.
    pub(crate) fn uid(&mut self) -> String {
        let bits: u128 = self.random.random();
        let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
        let mut text = String::with_capacity(36);
        let parts = [bits >> 96, (bits >> 80) & 0xffff, (bits >> 64) & 0xffff, (bits >> 48) & 0xffff];
        write!(text, "{:08x}-{:04x}-{:04x}-{:04x}-", parts[0], parts[1], parts[2], parts[3])
            .and_then(|()| write!(text, "{:012x}", bits & 0xffff_ffff_ffff))
            .expect("a String takes any text");
        text
    }

    /// The prefix with five random characters.
    pub(crate) fn name(&mut self, prefix: &str) -> String {
        let mut end = prefix.len().min(PREFIX_LIMIT);
        while !prefix.is_char_boundary(end) {
            end -= 1;
        }
        let mut name = prefix[..end].to_owned();
        for _ in 0..5 {
            name.push(char::from(ALPHABET[self.random.random_range(0..ALPHABET.len())]));
        }
        name
    }
}
