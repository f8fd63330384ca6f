//! A signal: one alert of one HTTP delivery, or one Kubernetes event, after parsing and owner resolution.
//!
//! Each source has a file that turns its body into [`Alert`]s; [`target`] finds out which Kubernetes object an alert is about
//! and [`owner`] who owns it in the end; [`fingerprint`] is the identity that deduplication rests on. What an API server did
//! not answer is never taken for an answer: a look-up that fails makes the signal retryable, it does not change its target,
//! because another target is another fingerprint, and so a second RemediationRequest for one fault.
pub mod delivery_key;
pub mod discovery;
pub mod fingerprint;
pub mod kubernetes_event;
mod lookup;
pub mod owner;
pub mod prometheus;
pub mod target;

use delivery_key::{DeliveryKey, IdempotencyKey};
use jiff::Timestamp;
use std::{collections::BTreeMap, sync::Arc};

/// The Kubernetes object that a remediation is about: the top-level owner of what the alert names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// Kind, as in `Deployment`.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Namespace; empty for cluster-scoped kinds.
    pub namespace: String,
    /// apiVersion, where discovery knew it.
    pub api_version: Option<String>,
}

/// One alert or event, normalised.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// 64 lower-case hexadecimal digits; what deduplication is about.
    pub fingerprint: String,
    /// alertname, or the event's reason.
    pub name: String,
    /// Passed through; `unknown` when absent.
    pub severity: String,
    /// `prometheus` or `kubernetes-events`.
    pub source: &'static str,
    /// The resolved top-level owner.
    pub target: Target,
    /// `commonLabels["cluster"]`.
    pub cluster_id: Option<String>,
    /// When it began to fire.
    pub firing_time: Timestamp,
    /// When the gateway received it.
    pub received_time: Timestamp,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
    /// The whole body of the delivery.
    pub payload: Arc<str>,
    /// Names this alert of this delivery, where its sender did: the same again is not counted again.
    pub delivery_key: Option<DeliveryKey>,
}

/// What an alert says it is about, before anybody asked the API server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Labels, of which some may name objects.
    Labels,
    /// An object, named outright.
    Object(Target),
}

/// One alert or event as parsed, before its target is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// alertname, or the event's reason.
    pub name: String,
    /// Passed through; `unknown` when absent.
    pub severity: String,
    /// `prometheus` or `kubernetes-events`.
    pub source: &'static str,
    /// Whether it has ended. Such an alert creates and counts nothing.
    pub resolved: bool,
    /// What it is about.
    pub subject: Subject,
    /// The cluster it comes from; `None` for this one.
    pub cluster_id: Option<String>,
    /// When it began to fire, if it says so.
    pub firing_time: Option<Timestamp>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
}

/// Why an alert can never become a signal. A retry cannot help: answered 4xx.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAlert {
    /// No name.
    #[error("alertName is required")]
    NameMissing,
    /// A value is longer than the RemediationRequest's schema admits.
    #[error("{field} is longer than {max} characters: shorten it at its source")]
    TooLong {
        /// The field.
        field: &'static str,
        /// The limit, in characters.
        max: usize,
    },
}

impl Alert {
    /// Checks what the RemediationRequest's schema demands of the values that are passed through.
    pub fn validate(&self) -> Result<(), InvalidAlert> {
        if self.name.is_empty() {
            return Err(InvalidAlert::NameMissing);
        }
        let limited = [
            ("alertName", self.name.as_str(), 253),
            ("severity", &self.severity, 50),
            ("cluster", self.cluster_id.as_deref().unwrap_or_default(), 253),
        ];
        match limited.into_iter().find(|(_, value, max)| value.len() > *max && value.chars().count() > *max) {
            Some((field, _, max)) => Err(InvalidAlert::TooLong { field, max }),
            None => Ok(()),
        }
    }

    /// The signal that this alert is, now that its target is known.
    pub fn into_signal(
        self,
        target: Target,
        received_time: Timestamp,
        payload: Arc<str>,
        key: Option<&IdempotencyKey>,
    ) -> Signal {
        Signal {
            delivery_key: key.map(|key| key.of_alert(&self.labels)),
            fingerprint: fingerprint::of(self.cluster_id.as_deref(), &target),
            name: self.name,
            severity: self.severity,
            source: self.source,
            target,
            cluster_id: self.cluster_id,
            firing_time: self.firing_time.unwrap_or(received_time),
            received_time,
            labels: self.labels,
            annotations: self.annotations,
            payload,
        }
    }
}

/// Go writes a time that was never set as year 1, and marshals it like any other.
fn set_time(time: Option<Timestamp>) -> Option<Timestamp> {
    time.filter(|time| *time > Timestamp::UNIX_EPOCH)
}

/// A field that is `null` or absent has its default, as in Go.
fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de> + Default,
{
    Ok(<Option<T> as serde::Deserialize>::deserialize(deserializer)?.unwrap_or_default())
}
