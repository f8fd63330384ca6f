//! A signal: an alert or event whose target is known.
use super::{
    alert::{Alert, Target},
    delivery_key::{DeliveryKey, IdempotencyKey},
    fingerprint,
};
use jiff::Timestamp;
use std::{collections::BTreeMap, sync::Arc};

/// One alert or event, normalised.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// The identity that deduplication rests on: 64 lower-case hexadecimal digits.
    pub fingerprint: String,
    /// alertname, or the event's reason.
    pub name: String,
    /// Severity as the sender spelt it; `unknown` if absent.
    pub severity: String,
    /// `prometheus` or `kubernetes-events`.
    pub source: &'static str,
    /// The resolved top-level owner.
    pub target: Target,
    /// `commonLabels["cluster"]`.
    pub cluster_id: Option<String>,
    /// When the alert began to fire.
    pub firing_time: Timestamp,
    /// When the gateway received it.
    pub received_time: Timestamp,
    /// Labels of the alert and its group.
    pub labels: BTreeMap<String, String>,
    /// Annotations of the alert and its group.
    pub annotations: BTreeMap<String, String>,
    /// The whole body of the delivery.
    pub payload: Arc<str>,
    /// Identifies this alert of this delivery, if the sender gave a key: the same delivery again is not counted again.
    pub delivery_key: Option<DeliveryKey>,
    /// Identifies this alert of its group, in every notification of it. Only signals of several alerts and without a
    /// key of their sender have one.
    pub notification_key: Option<DeliveryKey>,
}

impl Signal {
    /// The signal of `alert`, which is about `target`.
    pub fn new(
        alert: Alert,
        target: Target,
        received_time: Timestamp,
        payload: Arc<str>,
        key: Option<&IdempotencyKey>,
    ) -> Self {
        Self {
            delivery_key: key.map(|key| key.of_alert(&alert.labels)),
            notification_key: alert.notification_key.filter(|_| key.is_none()),
            fingerprint: fingerprint::of(alert.cluster_id.as_deref(), &target),
            name: alert.name,
            severity: alert.severity,
            source: alert.source,
            target,
            cluster_id: alert.cluster_id,
            firing_time: alert.firing_time.unwrap_or(received_time),
            received_time,
            labels: alert.labels,
            annotations: alert.annotations,
            payload,
        }
    }
}
