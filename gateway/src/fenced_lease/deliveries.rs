//! The `DeliveriesCounted` condition: the deliveries with a key that the count of a RemediationRequest includes.
//!
//! The patch that counts a delivery also writes it here, so that a delivery is in the list exactly when it is in the
//! count, answered or not. The message is `key=C;key=C@E;…`, latest first: the delivery `key` was counted as occurrence
//! `C` of this request, or of the request of episode `E`. A request's first list begins with its predecessor's, so that
//! a delivery that was counted just before one episode ended is not counted again in the next.
//!
//! The list is bounded by number, not by time, so that no replica's clock matters. A delivery beyond the bound is
//! forgotten, and counted again if it arrives again, like one without a key. A request without keyed deliveries has no
//! list.
use super::{conditions, marks::number};
use crate::signals::delivery_key::DeliveryKey;
use jiff::Timestamp;
use serde_json::Value;
use std::fmt;

/// The condition's type.
const CONDITION: &str = "DeliveriesCounted";
/// How many deliveries are remembered.
pub(super) const DELIVERIES_MAX: usize = 256;
/// Longer than any message written here; the API server allows 32,768.
const MESSAGE_BYTES_MAX: usize = 16_384;

/// How one delivery was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Occurrence {
    /// Its number among the occurrences of its request.
    pub(super) count: u32,
    /// The episode of that request; `None` for the request that holds the list.
    pub(super) episode: Option<u64>,
}

/// The list of one version of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Deliveries {
    counted: Vec<(DeliveryKey, Occurrence)>,
}

impl Deliveries {
    /// The list in `conditions`; `None` if no message parses as one.
    pub(super) fn find(conditions: &[Value]) -> Option<Self> {
        Self::parse(conditions::message(conditions, CONDITION)?)
    }

    fn parse(message: &str) -> Option<Self> {
        if message.len() > MESSAGE_BYTES_MAX {
            return None;
        }
        let counted: Vec<_> = message.split(';').map(entry).collect::<Option<_>>()?;
        (counted.len() <= DELIVERIES_MAX).then_some(Self { counted })
    }

    /// How the delivery with this key was counted.
    pub(super) fn find_key(&self, key: &DeliveryKey) -> Option<Occurrence> {
        self.counted.iter().find(|(counted, _)| counted == key).map(|(_, occurrence)| *occurrence)
    }

    /// This list as the next episodes inherit it from `episode`.
    pub(super) fn inherited_from(mut self, episode: u64) -> Self {
        for (_, occurrence) in &mut self.counted {
            occurrence.episode.get_or_insert(episode);
        }
        self
    }

    /// This list with `counted` before all others.
    pub(super) fn with(mut self, counted: impl IntoIterator<Item = (DeliveryKey, u32)>) -> Self {
        let counted = counted.into_iter().map(|(key, count)| (key, Occurrence { count, episode: None }));
        self.counted.splice(0..0, counted);
        self.counted.truncate(DELIVERIES_MAX);
        self
    }

    /// `conditions` with this list; every other condition is unchanged.
    pub(super) fn store(&self, conditions: &[Value], now: Timestamp) -> Vec<Value> {
        conditions::store(conditions, (CONDITION, conditions::COUNTED), &self.to_string(), now)
    }
}

fn entry(text: &str) -> Option<(DeliveryKey, Occurrence)> {
    let (key, count) = text.split_once('=')?;
    let (count, episode) = count.split_once('@').map_or((count, None), |(count, episode)| (count, Some(episode)));
    let digits = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_hexdigit());
    let episode = match episode {
        Some(episode) => Some(number(episode)?),
        None => None,
    };
    digits.then_some(())?;
    Some((key.into(), Occurrence { count: number(count)?, episode }))
}

impl fmt::Display for Deliveries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (key, occurrence)) in self.counted.iter().enumerate() {
            let separator = if index == 0 { "" } else { ";" };
            write!(f, "{separator}{}={}", key.as_str(), occurrence.count)?;
            if let Some(episode) = occurrence.episode {
                write!(f, "@{episode}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn key(number: u32) -> DeliveryKey {
        format!("{number:024x}").as_str().into()
    }

    #[test]
    fn list_survives_a_round_trip() {
        let list = Deliveries::default().with([(key(1), 4)]).inherited_from(2).with([(key(2), 1), (key(3), 2)]);
        assert_eq!(list.find_key(&key(3)), Some(Occurrence { count: 2, episode: None }));
        assert_eq!(list.find_key(&key(1)), Some(Occurrence { count: 4, episode: Some(2) }));
        assert_eq!(list.find_key(&key(4)), None);
        let now = "2026-01-02T03:04:05Z".parse().expect("a time");
        let ready = json!({"type": "Ready"});
        let stored = list.store(std::slice::from_ref(&ready), now);
        assert_eq!((&stored[0], Deliveries::find(&stored)), (&ready, Some(list.clone())));
        assert_eq!(
            list.clone().inherited_from(3).find_key(&key(1)),
            list.find_key(&key(1)),
            "an episode is named once"
        );
    }

    #[test]
    fn oldest_deliveries_are_forgotten() {
        let most = u32::try_from(DELIVERIES_MAX).expect("small");
        let list = (0..most + 10).fold(Deliveries::default(), |list, n| list.with([(key(n), u32::MAX - n)]));
        let list = list.inherited_from(u64::MAX);
        assert_eq!((list.find_key(&key(9)), list.find_key(&key(10)).is_some()), (None, true));
        let message = list.to_string();
        assert!(message.len() <= MESSAGE_BYTES_MAX, "{}", message.len());
        assert_eq!(Deliveries::parse(&message), Some(list));
    }

    #[test]
    fn hostile_messages_are_not_lists() {
        let many = (0..=DELIVERIES_MAX).map(|n| format!("a{n}=1")).collect::<Vec<_>>().join(";");
        for message in
            ["", ";", "a", "a=", "=1", "a=01", "a=-1", "a=1@", "a=1@x", "a=1;", "x=1", &many, &"a".repeat(20_000)]
        {
            assert_eq!(Deliveries::parse(message), None, "{message:.40}");
        }
    }
}
