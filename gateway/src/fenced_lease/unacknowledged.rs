//! The `CountsUnacknowledged` condition: occurrences that were counted, but whose sender was answered 5xx.
//!
//! A group of alerts has one answer. If one alert is not stored, the sender repeats the others too, and a group without
//! an Idempotency-Key has nothing that distinguishes the repetition from the next notification. So the occurrences of
//! the stored alerts are given back: they wait on their request, under a key made of the alert and its group. The next
//! delivery of the alert takes one that waits instead of being counted.
//!
//! An occurrence is taken by one delivery at most, because taking it is a compare-and-set, so that every acknowledged
//! signal has an occurrence of its own. Whether a write of which nothing is known took effect is seen in the entry:
//! each gift and each taker has a random name. Where nothing is certain, the alert is counted once more, never too
//! seldom. The message is `key=C@gift;key=C@gift!taker;…`, latest first, without clocks.
use super::{call_error::CallError, conditions, names, request::RequestRecord, shared::Shared};
use crate::{
    protocol::{Accepted, Disposition},
    signals::delivery_key::DeliveryKey,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

/// The condition's type.
const CONDITION: &str = "CountsUnacknowledged";
/// Its reason.
const REASON: &str = "GroupIncomplete";
/// How many entries are kept. Beyond that the oldest is forgotten, and its alert counted again.
const ENTRIES_MAX: usize = 64;
/// Longer than any message written here.
const MESSAGE_BYTES_MAX: usize = 8_192;
/// How often one write is tried.
const TRIES: u32 = 4;

/// One occurrence that was given back.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    key: DeliveryKey,
    count: u32,
    gift: String,
    /// The delivery that took it.
    taker: Option<String>,
}

/// The entries of one version of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Unacknowledged(Vec<Entry>);

impl Unacknowledged {
    /// The entries in `conditions`; none if no message parses as such.
    fn find(conditions: &[Value]) -> Self {
        conditions::message(conditions, CONDITION).and_then(Self::parse).unwrap_or_default()
    }

    fn parse(message: &str) -> Option<Self> {
        if message.len() > MESSAGE_BYTES_MAX {
            return None;
        }
        let entries: Vec<_> = message.split(';').map(entry).collect::<Option<_>>()?;
        (entries.len() <= ENTRIES_MAX).then_some(Self(entries))
    }

    /// An occurrence under `key` that waits.
    fn waiting(&self, key: &DeliveryKey) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.taker.is_none() && entry.key == *key)
    }

    /// Whether the occurrences of the gift were given back, taken since or not.
    fn has(&self, gift: &str) -> bool {
        self.0.iter().any(|entry| entry.gift == gift)
    }

    /// Whether `taker` took the occurrence.
    fn is_taken_by(&self, taker: &str) -> bool {
        self.0.iter().any(|entry| entry.taker.as_deref() == Some(taker))
    }

    fn with(mut self, given: &[(DeliveryKey, u32)], gift: &str) -> Self {
        let entry = |(key, count): &(DeliveryKey, u32)| Entry {
            key: key.clone(),
            count: *count,
            gift: gift.to_owned(),
            taker: None,
        };
        self.0.splice(0..0, given.iter().map(entry));
        self.0.truncate(ENTRIES_MAX);
        self
    }

    fn taken(mut self, taken: &Entry, taker: &str) -> Self {
        let found = self.0.iter_mut().find(|entry| *entry == taken);
        found.into_iter().for_each(|entry| entry.taker = Some(taker.to_owned()));
        self
    }

    /// The patch that stores these entries on this version of `request` and on no other.
    fn patch(&self, request: &RequestRecord, now: Timestamp) -> bytes::Bytes {
        let conditions = conditions::store(request.conditions(), (CONDITION, REASON), &self.to_string(), now);
        let body = json!({
            "metadata": {"uid": request.metadata.uid, "resourceVersion": request.metadata.resource_version},
            "status": {"conditions": conditions},
        });
        body.to_string().into()
    }
}

fn entry(text: &str) -> Option<Entry> {
    let word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (key, rest) = text.split_once('=')?;
    let (count, rest) = rest.split_once('@')?;
    let (gift, taker) = rest.split_once('!').map_or((rest, None), |(gift, taker)| (gift, Some(taker)));
    let valid = word(key) && word(gift) && taker.is_none_or(word);
    let count = super::marks::number(count).filter(|_| valid)?;
    Some(Entry { key: key.into(), count, gift: gift.to_owned(), taker: taker.map(str::to_owned) })
}

impl fmt::Display for Unacknowledged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Entry { key, count, gift, taker }) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ";" };
            write!(f, "{separator}{}={count}@{gift}", key.as_str())?;
            if let Some(taker) = taker {
                write!(f, "!{taker}")?;
            }
        }
        Ok(())
    }
}

/// Gives occurrences back, each to the request that counted it.
pub(super) async fn give_back(shared: &Shared, given: Vec<(DeliveryKey, Accepted)>, deadline: Duration) {
    let mut requests: BTreeMap<String, Vec<(DeliveryKey, u32)>> = BTreeMap::new();
    for (key, accepted) in given {
        requests.entry(accepted.name).or_default().push((key, accepted.count));
    }
    for (name, given) in requests {
        let gift = word(shared);
        if let Err(error) = give_back_to(shared, &name, &given, &gift, deadline).await {
            tracing::debug!(request = name, %error, "occurrences were not given back: they will be counted again");
        }
    }
}

async fn give_back_to(
    shared: &Shared,
    name: &str,
    given: &[(DeliveryKey, u32)],
    gift: &str,
    deadline: Duration,
) -> Result<(), CallError> {
    let mut known = shared.requests.get(name);
    for attempt in 1..=TRIES {
        let request = match known.take() {
            Some(request) => request,
            None => read(shared, name, deadline).await?,
        };
        let entries = Unacknowledged::find(request.conditions());
        if entries.has(gift) || !takes(&request) {
            return Ok(());
        }
        let body = entries.with(given, gift).patch(&request, shared.context.clock.now());
        match shared.calls.patch_status(name, body, deadline).await {
            Ok(stored) => {
                shared.requests.learn(Arc::new(stored));
                return Ok(());
            }
            Err(error) if attempt == TRIES || error.is_not_found() => return Err(error),
            Err(error) if error.is_final() => return Err(error),
            Err(_) => {}
        }
    }
    Ok(())
}

/// Takes an occurrence of `fingerprint` that waits under `key`, if the cache knows one.
pub(super) async fn take(
    shared: &Shared,
    fingerprint: &str,
    key: &DeliveryKey,
    deadline: Duration,
) -> Option<Accepted> {
    let waits = |request: &RequestRecord| Unacknowledged::find(request.conditions()).waiting(key).is_some();
    let mut request = shared.requests.active(fingerprint).into_iter().find(|request| waits(request))?;
    let taker = word(shared);
    for _ in 0..TRIES {
        let entries = Unacknowledged::find(request.conditions());
        let taken = entries.waiting(key).filter(|_| takes(&request))?.clone();
        let body = entries.taken(&taken, &taker).patch(&request, shared.context.clock.now());
        match shared.calls.patch_status(&request.metadata.name, body, deadline).await {
            Ok(stored) => {
                shared.requests.learn(Arc::new(stored));
                return Some(accepted(shared, &request, taken.count));
            }
            Err(error) if error.was_not_sent() => return None,
            Err(_) => {}
        }
        request = read(shared, &request.metadata.name, deadline).await.ok()?;
        if Unacknowledged::find(request.conditions()).is_taken_by(&taker) {
            return Some(accepted(shared, &request, taken.count));
        }
    }
    None
}

/// Whether signals are counted on this version of a request.
fn takes(request: &RequestRecord) -> bool {
    request.is_active() && !request.is_terminating() && !request.metadata.resource_version.is_empty()
}

async fn read(shared: &Shared, name: &str, deadline: Duration) -> Result<Arc<RequestRecord>, CallError> {
    let request = Arc::new(shared.calls.get_request(name, deadline).await?);
    shared.requests.learn(request.clone());
    Ok(request)
}

fn word(shared: &Shared) -> String {
    format!("{:016x}", shared.context.entropy.next_u64())
}

fn accepted(shared: &Shared, request: &RequestRecord, count: u32) -> Accepted {
    shared.context.metrics.redeliveries.inc();
    let ours = names::episode_of_request(&request.metadata.name, &request.spec.signal_fingerprint).is_some();
    Accepted {
        disposition: if ours && count == 1 { Disposition::Created } else { Disposition::Duplicate },
        name: request.metadata.name.clone(),
        namespace: shared.context.namespace.clone(),
        count,
        first_seen: request.first_seen().unwrap_or(Timestamp::UNIX_EPOCH),
        last_seen: request.last_seen().unwrap_or(Timestamp::UNIX_EPOCH),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u32) -> DeliveryKey {
        format!("{number:024x}").as_str().into()
    }

    #[test]
    fn entries_survive_a_round_trip() {
        let given = [(key(1), 4), (key(1), 5), (key(2), 6)];
        let entries = Unacknowledged::default().with(&given, "a1");
        let first = entries.waiting(&key(1)).expect("one that waits").clone();
        let entries = entries.taken(&first, "b2").with(&[(key(3), 7)], "c3");
        assert_eq!(Unacknowledged::parse(&entries.to_string()), Some(entries.clone()));
        assert_eq!(entries.waiting(&key(1)).map(|entry| entry.count), Some(5), "each is taken once");
        assert!(entries.has("a1") && entries.is_taken_by("b2") && !entries.is_taken_by("c3"));
        assert_eq!(entries.waiting(&key(4)), None);
    }

    #[test]
    fn oldest_entries_are_forgotten() {
        let all = (0..100).fold(Unacknowledged::default(), |all, n| all.with(&[(key(n), u32::MAX)], &"f".repeat(16)));
        let message = all.to_string();
        assert!(message.len() <= MESSAGE_BYTES_MAX, "{}", message.len());
        assert_eq!((all.waiting(&key(35)), all.waiting(&key(36)).is_some()), (None, true));
        assert_eq!(Unacknowledged::parse(&message), Some(all));
    }

    #[test]
    fn hostile_messages_are_not_entries() {
        let many = (0..=ENTRIES_MAX).map(|n| format!("a{n}=1@b")).collect::<Vec<_>>().join(";");
        for message in ["", ";", "a=1", "a=1@", "=1@b", "a=01@b", "a=1@b!", "a=1@b!x", "x=1@b", "a=1@b;", &many] {
            assert_eq!(Unacknowledged::parse(message), None, "{message}");
        }
        assert_eq!(Unacknowledged::parse(&"a".repeat(20_000)), None);
    }
}
