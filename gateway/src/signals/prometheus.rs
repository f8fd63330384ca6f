//! Alertmanager's webhook body, version 4: a group of alerts.
//!
//! Alertmanager sends no delivery id, no attempt counter and no signature, so a redelivery looks like a new delivery.
//! The group's own `status` is not read: it is `firing` while any member fires, and each member has a status of its
//! own.
use super::{
    alert::{Alert, Subject},
    go_json::{null_is_default, set_time},
};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Value of `spec.signalSource` for these signals, and of their label in metrics.
pub const SOURCE: &str = "prometheus";

/// A group of alerts.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    #[serde(default, deserialize_with = "null_is_default")]
    alerts: Vec<Member>,
    #[serde(default, deserialize_with = "null_is_default")]
    common_labels: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "null_is_default")]
    common_annotations: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Member {
    #[serde(default, deserialize_with = "null_is_default")]
    status: String,
    #[serde(default, deserialize_with = "null_is_default")]
    labels: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "null_is_default")]
    annotations: BTreeMap<String, String>,
    starts_at: Option<Timestamp>,
}

impl Webhook {
    /// Parses a body.
    pub fn parse(body: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(body)
    }

    /// When the youngest alert began to fire.
    pub fn latest_start(&self) -> Option<Timestamp> {
        self.alerts.iter().filter_map(|member| set_time(member.starts_at)).max()
    }

    /// The alerts in the order of the body, each with the group's common labels and annotations.
    pub fn into_alerts(self) -> Vec<Alert> {
        let Self { alerts, common_labels, common_annotations } = self;
        let cluster = common_labels.get("cluster").filter(|cluster| !cluster.is_empty());
        alerts.into_iter().map(|member| member.into_alert(&common_labels, &common_annotations, cluster)).collect()
    }
}

impl Member {
    fn into_alert(
        self,
        common_labels: &BTreeMap<String, String>,
        common_annotations: &BTreeMap<String, String>,
        cluster: Option<&String>,
    ) -> Alert {
        let severity = self.labels.get("severity").filter(|severity| !severity.is_empty());
        let severity = severity.map_or_else(|| "unknown".to_owned(), String::clone);
        let labels = overridden(self.labels, common_labels);
        Alert {
            name: labels.get("alertname").cloned().unwrap_or_default(),
            severity,
            source: SOURCE,
            resolved: self.status == "resolved",
            subject: Subject::Labels,
            cluster_id: cluster.cloned(),
            firing_time: set_time(self.starts_at),
            annotations: overridden(self.annotations, common_annotations),
            labels,
        }
    }
}

/// `own`, overridden by `common`. Alertmanager computes the common values from the members, so that usually nothing
/// changes.
fn overridden(mut own: BTreeMap<String, String>, common: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    for (key, value) in common {
        match own.get_mut(key) {
            Some(kept) if kept == value => {}
            Some(replaced) => replaced.clone_from(value),
            None => {
                own.insert(key.clone(), value.clone());
            }
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_values_override_the_members() {
        let body = r#"{"alerts":[{"status":"firing","labels":{"alertname":"A","zone":"own"},"annotations":null,
            "startsAt":"0001-01-01T00:00:00Z"}],
            "commonLabels":{"zone":"common","cluster":"prod"},"commonAnnotations":{"summary":"s"}}"#;
        let webhook = Webhook::parse(body).expect("a webhook");
        assert_eq!(webhook.latest_start(), None);
        let alerts = webhook.into_alerts();
        assert_eq!(alerts[0].labels["zone"], "common");
        assert_eq!(alerts[0].annotations["summary"], "s");
        assert_eq!(alerts[0].cluster_id.as_deref(), Some("prod"));
        assert_eq!((alerts[0].severity.as_str(), alerts[0].firing_time), ("unknown", None));
    }
}
