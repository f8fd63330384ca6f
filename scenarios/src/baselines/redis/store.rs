//! The keys of a Redis, the log of its writes, and the loss of its primary.
use std::{collections::BTreeMap, time::Duration};

/// Reason why a command has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("dial tcp: connection refused: no Redis primary")]
pub struct NoPrimary;

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `SET key value NX PX ttl`: true if the key was set.
    SetIfAbsent {
        /// The key.
        key: String,
        /// Time until it expires.
        ttl: Duration,
    },
    /// `DEL key`: true if there was one.
    Delete {
        /// The key.
        key: String,
    },
}

/// Loss of the primary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outage {
    /// Time of the loss.
    pub(super) at: Duration,
    /// Time until the replica is the primary.
    pub(super) lasts: Duration,
    /// Age that a write must have at the loss for the replica to have it.
    pub(super) lag: Duration,
}

/// A write in the log.
#[derive(Debug, Clone)]
enum Write {
    /// The key lives until this time.
    Set(String, Duration),
    Deleted(String),
}

/// A primary and what it has written.
#[derive(Debug, Default)]
pub(super) struct Store {
    /// Time at which each key expires.
    keys: BTreeMap<String, Duration>,
    log: Vec<(Duration, Write)>,
    outage: Option<Outage>,
    lost: bool,
}

impl Store {
    /// Plans the loss of the primary.
    pub(super) fn plan(&mut self, outage: Outage) {
        self.outage = Some(outage);
    }

    /// Executes a command that arrives now.
    pub(super) fn execute(&mut self, now: Duration, command: &Command) -> Result<bool, NoPrimary> {
        if let Some(outage) = self.outage.filter(|outage| outage.at <= now) {
            if !self.lost {
                self.lost = true;
                self.promote(outage);
            }
            if now < outage.at + outage.lasts {
                return Err(NoPrimary);
            }
        }
        self.keys.retain(|_, expires| *expires > now);
        Ok(match command {
            Command::SetIfAbsent { key, .. } if self.keys.contains_key(key) => false,
            Command::SetIfAbsent { key, ttl } => {
                self.write(now, Write::Set(key.clone(), now + *ttl));
                true
            }
            Command::Delete { key } if self.keys.contains_key(key) => {
                self.write(now, Write::Deleted(key.clone()));
                true
            }
            Command::Delete { .. } => false,
        })
    }

    fn write(&mut self, now: Duration, write: Write) {
        apply(&mut self.keys, &write);
        self.log.push((now, write));
    }

    /// The replica takes over with the writes that had reached it.
    fn promote(&mut self, outage: Outage) {
        self.log.retain(|(at, _)| *at + outage.lag <= outage.at);
        self.keys.clear();
        self.log.iter().for_each(|(_, write)| apply(&mut self.keys, write));
    }
}

fn apply(keys: &mut BTreeMap<String, Duration>, write: &Write) {
    match write {
        Write::Set(key, expires) => _ = keys.insert(key.clone(), *expires),
        Write::Deleted(key) => _ = keys.remove(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn set(ttl: u64) -> Command {
        Command::SetIfAbsent { key: "lock".to_owned(), ttl: at(ttl) }
    }

    fn delete() -> Command {
        Command::Delete { key: "lock".to_owned() }
    }

    #[test]
    fn key_is_set_once_until_it_expires() {
        let mut store = Store::default();
        let answers = [(1, set(10)), (10, set(10)), (11, set(10)), (12, delete()), (12, delete()), (13, set(10))]
            .map(|(now, command)| store.execute(at(now), &command).expect("a primary"));
        assert_eq!(answers, [true, false, true, true, false, true]);
    }

    #[test]
    fn latest_writes_are_lost_with_the_primary() {
        let mut store = Store::default();
        store.plan(Outage { at: at(20), lasts: at(5), lag: at(3) });
        assert_eq!(store.execute(at(18), &set(1_000)), Ok(true));
        assert_eq!(store.execute(at(24), &set(1_000)), Err(NoPrimary));
        assert_eq!(store.execute(at(25), &set(1_000)), Ok(true), "the replica never had the key");
    }

    #[test]
    fn replicated_writes_survive_the_primary() {
        let mut store = Store::default();
        store.plan(Outage { at: at(20), lasts: at(5), lag: at(3) });
        assert_eq!(store.execute(at(17), &set(1_000)), Ok(true));
        assert_eq!(store.execute(at(25), &set(1_000)), Ok(false));
    }
}
