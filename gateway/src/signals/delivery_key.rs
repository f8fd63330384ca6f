//! The `Idempotency-Key` of a delivery, and the key of each of its alerts, by which the alert is counted once.
//!
//! Alertmanager sends no key, and without one every delivery is a new signal. A sender that does (an HTTP client with
//! retries, a queue in front) gives each delivery a key and repeats it in every retry. One key is for a whole group.
//! The gateway remembers a digest of the key and an alert's labels. An alert is identified by its labels, so neither
//! the order of a group nor its other members matter.
//!
//! Without a key, an alert of a group has one that is the same in every notification. By it alone nothing is counted
//! less: it finds the occurrences of the alert that were given back, because the group was answered 5xx.
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, sync::Arc};

/// The longest key, in bytes.
pub const KEY_BYTES_MAX: usize = 255;
/// Bytes of the digest that are kept: 96 bits.
const DIGEST_BYTES: usize = 12;

/// The key that a sender gave a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(Box<str>);

/// Identifies one alert of one delivery across its retries: 24 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeliveryKey(Arc<str>);

/// The header's value is not a valid key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Idempotency-Key must be 1 to 255 visible ASCII characters: send one that names this delivery, or none")]
pub struct InvalidKey;

impl IdempotencyKey {
    /// Parses the header's value; quotes around it are not part of the key.
    ///
    /// # Errors
    /// [`InvalidKey`] if the key is empty, too long or not visible ASCII.
    pub fn parse(value: &[u8]) -> Result<Self, InvalidKey> {
        let text = std::str::from_utf8(value).map_err(|_| InvalidKey)?.trim();
        let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        if text.is_empty() || text.len() > KEY_BYTES_MAX || !visible {
            return Err(InvalidKey);
        }
        Ok(Self(text.into()))
    }

    /// The key of the alert with these labels in the delivery with this key.
    pub fn of_alert(&self, labels: &BTreeMap<String, String>) -> DeliveryKey {
        DeliveryKey::of([&*self.0], labels)
    }
}

impl DeliveryKey {
    /// The key of the alert with these labels that began at `starts_at`, in every notification that `receiver` of
    /// Alertmanager's configuration gets about the group `group`.
    pub fn of_notification(
        (receiver, group): (&str, &str),
        labels: &BTreeMap<String, String>,
        starts_at: Option<Timestamp>,
    ) -> Self {
        let starts_at = starts_at.map(|time| time.to_string()).unwrap_or_default();
        Self::of([receiver, group, &starts_at], labels)
    }

    fn of<const N: usize>(first: [&str; N], labels: &BTreeMap<String, String>) -> Self {
        let mut digest = Sha256::new();
        let parts = first.into_iter().chain(labels.iter().flat_map(|(name, value)| [&**name, &**value]));
        for part in parts {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        let digest = digest.finalize();
        let digits: String = digest.iter().take(DIGEST_BYTES).map(|byte| format!("{byte:02x}")).collect();
        Self(digits.into())
    }

    /// The 24 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for DeliveryKey {
    fn from(digits: &str) -> Self {
        Self(digits.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn only_visible_text_is_a_key() {
        assert_eq!(IdempotencyKey::parse(b"\"8e03978e\""), IdempotencyKey::parse(b" 8e03978e "));
        for nonsense in [&b""[..], b"\"\"", b"  ", b"\xff", b"a\tb", "k".repeat(256).as_bytes()] {
            assert_eq!(IdempotencyKey::parse(nonsense), Err(InvalidKey), "{nonsense:?}");
        }
    }

    #[test]
    fn notifications_of_one_alert_share_a_key() {
        let (a, b) = (labels(&[("pod", "a")]), labels(&[("pod", "b")]));
        let (noon, later) = ("2026-01-02T12:00:00Z".parse().ok(), "2026-01-02T13:00:00Z".parse().ok());
        let key = DeliveryKey::of_notification(("gw", "{}:{}"), &a, noon);
        assert_eq!(key, DeliveryKey::of_notification(("gw", "{}:{}"), &a, noon));
        for other in [
            DeliveryKey::of_notification(("other", "{}:{}"), &a, noon),
            DeliveryKey::of_notification(("gw", "{}:{a}"), &a, noon),
            DeliveryKey::of_notification(("gw", "{}:{}"), &b, noon),
            DeliveryKey::of_notification(("gw", "{}:{}"), &a, later),
            DeliveryKey::of_notification(("gw", "{}:{}"), &a, None),
        ] {
            assert_ne!(other, key);
        }
    }

    #[test]
    fn alerts_of_one_delivery_differ() {
        let key = IdempotencyKey::parse(b"one").expect("a key");
        let other = IdempotencyKey::parse(b"other").expect("a key");
        let (a, b) = (labels(&[("pod", "a")]), labels(&[("pod", "b")]));
        assert_eq!(key.of_alert(&a), key.of_alert(&a));
        assert_ne!(key.of_alert(&a), key.of_alert(&b));
        assert_ne!(key.of_alert(&a), other.of_alert(&a));
        assert_ne!(
            key.of_alert(&labels(&[("po", "da")])),
            key.of_alert(&a),
            "the boundary between name and value matters"
        );
        assert_eq!(key.of_alert(&a).as_str().len(), 24);
    }
}
