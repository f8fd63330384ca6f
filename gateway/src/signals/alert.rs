//! An alert: one member of a delivery after parsing, before the API server was asked about its target.
use super::delivery_key::DeliveryKey;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The Kubernetes object that a remediation is about: the top-level owner of the object that the alert names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// Kind, as in `Deployment`.
    pub kind: String,
    /// Name of the object.
    pub name: String,
    /// Namespace; empty for cluster-scoped kinds.
    pub namespace: String,
    /// apiVersion, if discovery knew the kind.
    pub api_version: Option<String>,
}

/// What an alert says it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The alert's labels, some of which may name objects.
    Labels,
    /// An object that the alert names explicitly.
    Object(Target),
}

/// One alert or event as parsed, before its target is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// alertname, or the event's reason.
    pub name: String,
    /// Severity as the sender spelt it; `unknown` if absent.
    pub severity: String,
    /// `prometheus` or `kubernetes-events`.
    pub source: &'static str,
    /// Whether the alert has ended. Such an alert creates and counts nothing.
    pub resolved: bool,
    /// The object or labels that the alert is about.
    pub subject: Subject,
    /// The cluster that the alert comes from; `None` for this one.
    pub cluster_id: Option<String>,
    /// When the alert began to fire, if it says so.
    pub firing_time: Option<Timestamp>,
    /// Labels of the alert and its group.
    pub labels: BTreeMap<String, String>,
    /// Annotations of the alert and its group.
    pub annotations: BTreeMap<String, String>,
    /// Identifies this alert of its group of several, in every notification of it.
    pub notification_key: Option<DeliveryKey>,
}

/// Why an alert can never become a signal. A retry cannot help, so the answer is 4xx.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAlert {
    /// The name is empty.
    #[error("alertName is required")]
    NameMissing,
    /// A value is longer than the RemediationRequest's schema allows.
    #[error("{field} is longer than {max} characters: shorten it at its source")]
    TooLong {
        /// Name of the field.
        field: &'static str,
        /// The limit, in characters.
        max: usize,
    },
}

impl Alert {
    /// Checks what the RemediationRequest's schema requires of the values that are passed through.
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
}
