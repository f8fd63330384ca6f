//! Delivered faults: how often each took effect.
use super::kind::{Fault, FaultKind};
use std::{collections::BTreeMap, fmt};

/// How often each fault took effect. Printed, it names those that did: `crash 3 · lost-answer 12`.
#[derive(Clone, PartialEq, Eq)]
pub struct Delivered {
    kinds: [u64; FaultKind::ALL.len()],
    named: BTreeMap<&'static str, u64>,
}

impl Default for Delivered {
    fn default() -> Self {
        Self { kinds: [0; FaultKind::ALL.len()], named: BTreeMap::new() }
    }
}

impl Delivered {
    /// Counts a fault once.
    pub fn count(&mut self, fault: impl Into<Fault>) {
        *self.counter(fault.into()) += 1;
    }

    /// Counts a fault several times.
    pub fn count_times(&mut self, fault: impl Into<Fault>, times: u64) {
        *self.counter(fault.into()) += times;
    }

    /// Takes back what was counted of something that was meant, and was not a fault.
    pub(crate) fn take_back(&mut self, fault: impl Into<Fault>, times: u64) {
        let counter = self.counter(fault.into());
        *counter = counter.saturating_sub(times);
    }

    fn counter(&mut self, fault: Fault) -> &mut u64 {
        match fault {
            Fault::Kind(kind) => &mut self.kinds[kind as usize],
            Fault::Named(name) => self.named.entry(name).or_default(),
        }
    }

    /// How often this fault took effect.
    pub fn of(&self, fault: impl Into<Fault>) -> u64 {
        match fault.into() {
            Fault::Kind(kind) => self.kinds[kind as usize],
            Fault::Named(name) => self.named.get(name).copied().unwrap_or(0),
        }
    }

    /// Adds another run's counts.
    pub fn add(&mut self, other: &Delivered) {
        for (fault, count) in other.iter().filter(|(_, count)| *count > 0) {
            *self.counter(fault) += count;
        }
    }

    /// Every kind of the library with its count, then the faults that took effect of those that its user named, by
    /// name.
    pub fn iter(&self) -> impl Iterator<Item = (Fault, u64)> {
        let kinds = FaultKind::ALL.iter().map(|&kind| (Fault::Kind(kind), self.of(kind)));
        kinds.chain(self.named.iter().map(|(&name, &count)| (Fault::Named(name), count)))
    }
}

impl fmt::Display for Delivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.iter().filter(|(_, count)| *count > 0);
        let counts: Vec<String> = counts.map(|(fault, count)| format!("{} {count}", fault.name())).collect();
        f.write_str(if counts.is_empty() { "none" } else { "" })?;
        f.write_str(&counts.join(" · "))
    }
}

impl fmt::Debug for Delivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.iter().filter(|(_, count)| *count > 0);
        f.debug_map().entries(counts.map(|(fault, count)| (fault.name(), count))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_faults_that_took_effect_are_printed() {
        let mut delivered = Delivered::default();
        assert_eq!((delivered.to_string().as_str(), format!("{delivered:?}").as_str()), ("none", "{}"));
        delivered.count("quota-spent");
        delivered.count(FaultKind::Crash);
        assert_eq!(delivered.to_string(), "crash 1 · quota-spent 1");
        assert_eq!(format!("{delivered:?}"), r#"{"crash": 1, "quota-spent": 1}"#);
    }

    #[test]
    fn named_faults_are_counted_by_name() {
        let mut delivered = Delivered::default();
        delivered.count("zonal-outage");
        delivered.count(FaultKind::Crash);
        let mut sum = Delivered::default();
        sum.count("api-gone");
        sum.add(&delivered);
        sum.add(&delivered);
        assert_eq!((sum.of("zonal-outage"), sum.of(FaultKind::Crash), sum.of("unknown")), (2, 2, 0));
        let named: Vec<&str> = sum.iter().skip(FaultKind::ALL.len()).map(|(fault, _)| fault.name()).collect();
        assert_eq!(named, ["api-gone", "zonal-outage"]);
    }
}
