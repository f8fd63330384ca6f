//! Verdicts by a token's digest: bounded, the oldest forgotten first.
use super::token::Digest;
use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

/// Verdicts of one kind.
pub(super) struct Memory<V> {
    max: usize,
    entries: BTreeMap<Digest, Entry<V>>,
    /// Every entry in the order of its last verdict, and earlier ones of the same digest.
    order: VecDeque<(u64, Digest)>,
    verdicts: u64,
}

struct Entry<V> {
    value: V,
    until: Duration,
    number: u64,
}

impl<V> Memory<V> {
    pub(super) fn new(max: usize) -> Self {
        Self { max, entries: BTreeMap::new(), order: VecDeque::new(), verdicts: 0 }
    }

    /// The verdict on this digest, if it still holds at `now`.
    pub(super) fn get(&self, digest: &Digest, now: Duration) -> Option<&V> {
        self.entries.get(digest).filter(|entry| now < entry.until).map(|entry| &entry.value)
    }

    /// Whether there was a verdict on this digest that is remembered, even if it no longer holds.
    pub(super) fn has(&self, digest: &Digest) -> bool {
        self.entries.contains_key(digest)
    }

    pub(super) fn put(&mut self, digest: Digest, value: V, until: Duration) {
        self.verdicts += 1;
        while self.order.len() >= self.max {
            let Some((number, oldest)) = self.order.pop_front() else { break };
            // There may be a later verdict on it: remove only the entry that this record is about.
            if self.entries.get(&oldest).is_some_and(|entry| entry.number == number) {
                self.entries.remove(&oldest);
            }
        }
        self.order.push_back((self.verdicts, digest.clone()));
        self.entries.insert(digest, Entry { value, until, number: self.verdicts });
    }

    pub(super) fn forget(&mut self, digest: &Digest) {
        self.entries.remove(digest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::token::BearerToken;
    use axum::http::{HeaderMap, header};

    fn digest(token: &str) -> Digest {
        let value = format!("Bearer {token}").parse().expect("a header");
        BearerToken::of(&HeaderMap::from_iter([(header::AUTHORIZATION, value)])).expect("a token").digest()
    }

    #[test]
    fn oldest_verdicts_make_room() {
        let (mut memory, second) = (Memory::new(3), Duration::from_secs);
        for token in ["a", "b", "a", "c"] {
            memory.put(digest(token), token, second(10));
        }
        assert_eq!(memory.get(&digest("a"), second(9)), Some(&"a"), "a later verdict keeps it");
        assert_eq!(memory.get(&digest("a"), second(10)), None);
        assert!(memory.has(&digest("a")), "it is known although the verdict no longer holds");
        memory.put(digest("d"), "d", second(10));
        assert!(!memory.has(&digest("b")) && memory.has(&digest("c")));
        for n in 0..1_000 {
            memory.put(digest(&n.to_string()), "flood", second(10));
        }
        assert!(memory.entries.len() <= 3 && memory.order.len() <= 3);
    }
}
