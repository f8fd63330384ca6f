//! Alertmanager's webhook body, version 4: a group of alerts.
//!
//! Alertmanager sends no delivery id, no attempt counter and no signature, so a redelivery looks like a new delivery.
//! The group's own `status` is not read: it is `firing` while any member fires, and each member has a status of its
//! own. A member that cannot be read does not spoil the others: Alertmanager would never send them again.
use super::{
    alert::{Alert, Subject},
    delivery_key::DeliveryKey,
    go_json::{self, JsonError, List, Misfit, Place, Struct, field, set_time},
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Value of `spec.signalSource` for these signals, and of their label in metrics.
pub const SOURCE: &str = "prometheus";
/// The most alerts of a group. The shortest that Alertmanager writes take 178 bytes each, so that a body of 256 KiB has
/// fewer than 1,500.
pub const ALERTS_MAX: usize = 2_048;
/// The most bytes that a group's common values may take up when they are given to the members that lack them.
/// Alertmanager's members lack none.
pub const SHARED_BYTES_MAX: usize = 1024 * 1024;
/// What an entry of a map takes up besides its text, in bytes.
const ENTRY_BYTES: usize = 64;

/// A group of alerts.
#[derive(Debug, Default)]
pub struct Webhook {
    alerts: Members,
    common_labels: BTreeMap<String, String>,
    common_annotations: BTreeMap<String, String>,
    receiver: String,
    group_key: String,
}

#[derive(Debug, Default)]
struct Members {
    /// Elements, and those that a longer list of the same name left behind: Go reuses them, too.
    elements: Vec<Member>,
    length: usize,
    /// A misfit of an element that a later list of the same name replaced.
    lost: Option<Misfit>,
}

#[derive(Debug, Default)]
struct Member {
    status: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    starts_at: Option<Timestamp>,
    misfit: Option<Misfit>,
}

/// Why a body is not a group of alerts. A retry cannot help.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// It is not JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A value outside the alerts has another type.
    #[error("{0}")]
    Misfit(Misfit),
    /// It is what Prometheus, vmalert and Thanos Ruler send to an Alertmanager.
    #[error("expected an object, found a list: put an Alertmanager in between")]
    List,
    /// It has too many alerts.
    #[error("more than {ALERTS_MAX} alerts: group them by more labels, or set max_alerts")]
    TooMany,
    /// Its common values are too large for the number of its alerts.
    #[error("common labels and annotations are too large to be copied into each alert: shorten them")]
    TooMuchShared,
}

impl Webhook {
    /// Parses a body.
    pub fn parse(body: &str) -> Result<Self, WebhookError> {
        let mut webhook = Self::default();
        let misfit = go_json::read(body, Place::Struct(&mut webhook))?;
        match misfit.or(webhook.alerts.lost.take()) {
            Some(_) if body.trim_ascii_start().starts_with('[') => Err(WebhookError::List),
            Some(misfit) => Err(WebhookError::Misfit(misfit)),
            None if webhook.alerts.length > ALERTS_MAX => Err(WebhookError::TooMany),
            None if webhook.shared_bytes() > SHARED_BYTES_MAX => Err(WebhookError::TooMuchShared),
            None => Ok(webhook),
        }
    }

    /// When the youngest alert began to fire.
    pub fn latest_start(&self) -> Option<Timestamp> {
        self.alerts.iter().filter_map(|member| set_time(member.starts_at)).max()
    }

    /// The alerts in the order of the body, each with the group's common labels and annotations. One that has a value
    /// of another type is not an alert.
    pub fn into_alerts(self) -> Vec<Result<Alert, Misfit>> {
        let Self { mut alerts, common_labels, common_annotations, receiver, group_key } = self;
        alerts.elements.truncate(alerts.length);
        let is_group = alerts.length > 1;
        let cluster = common_labels.get("cluster").filter(|cluster| !cluster.is_empty());
        let alert = |member: Member| {
            let mut alert = member.into_alert(&common_labels, &common_annotations, cluster)?;
            let key = || DeliveryKey::of_notification((&receiver, &group_key), &alert.labels, alert.firing_time);
            alert.notification_key = is_group.then(key);
            Ok(alert)
        };
        alerts.elements.into_iter().map(alert).collect()
    }

    /// What the common values take up in members that have less.
    fn shared_bytes(&self) -> usize {
        let bytes = |map: &BTreeMap<String, String>| {
            map.iter().map(|(key, value)| key.len() + value.len() + ENTRY_BYTES).sum::<usize>()
        };
        let (labels, annotations) = (bytes(&self.common_labels), bytes(&self.common_annotations));
        let lacking = |member: &Member| {
            labels.saturating_sub(bytes(&member.labels)) + annotations.saturating_sub(bytes(&member.annotations))
        };
        self.alerts.iter().map(lacking).sum()
    }
}

impl Members {
    fn iter(&self) -> impl Iterator<Item = &Member> {
        self.elements.iter().take(self.length)
    }
}

impl Struct for Webhook {
    fn member(&mut self, name: &str) -> Option<(&'static str, Place<'_>)> {
        let name = field(&["alerts", "commonLabels", "commonAnnotations", "receiver", "groupKey"], name)?;
        let place = match name {
            "alerts" => Place::List(&mut self.alerts),
            "commonLabels" => Place::Texts(&mut self.common_labels),
            "commonAnnotations" => Place::Texts(&mut self.common_annotations),
            "receiver" => Place::Text(&mut self.receiver),
            _ => Place::Text(&mut self.group_key),
        };
        Some((name, place))
    }
}

impl List for Members {
    fn clear(&mut self) {
        self.end(0);
        self.elements.clear();
    }

    fn element(&mut self, index: usize) -> Place<'_> {
        // One too many is enough to refuse the group.
        let index = index.min(ALERTS_MAX);
        if index >= self.elements.len() {
            self.elements.resize_with(index + 1, Member::default);
        }
        Place::Struct(&mut self.elements[index])
    }

    fn misfit(&mut self, index: usize, misfit: Misfit) {
        if let Some(member) = self.elements.get_mut(index) {
            member.misfit.get_or_insert(misfit);
        }
    }

    fn end(&mut self, length: usize) {
        self.length = length;
        let left_out = self.elements.iter_mut().skip(length).find_map(|member| member.misfit.take());
        self.lost = self.lost.take().or(left_out);
    }
}

impl Struct for Member {
    fn member(&mut self, name: &str) -> Option<(&'static str, Place<'_>)> {
        let name = field(&["status", "labels", "annotations", "startsAt"], name)?;
        let place = match name {
            "status" => Place::Text(&mut self.status),
            "labels" => Place::Texts(&mut self.labels),
            "annotations" => Place::Texts(&mut self.annotations),
            _ => Place::Time(&mut self.starts_at),
        };
        Some((name, place))
    }
}

impl Member {
    fn into_alert(
        self,
        common_labels: &BTreeMap<String, String>,
        common_annotations: &BTreeMap<String, String>,
        cluster: Option<&String>,
    ) -> Result<Alert, Misfit> {
        if let Some(misfit) = self.misfit {
            return Err(misfit);
        }
        let severity = self.labels.get("severity").filter(|severity| !severity.is_empty());
        let severity = severity.map_or_else(|| "unknown".to_owned(), String::clone);
        let labels = overridden(self.labels, common_labels);
        Ok(Alert {
            name: labels.get("alertname").cloned().unwrap_or_default(),
            severity,
            source: SOURCE,
            notification_key: None,
            resolved: self.status == "resolved",
            subject: Subject::Labels,
            cluster_id: cluster.cloned(),
            firing_time: set_time(self.starts_at),
            annotations: overridden(self.annotations, common_annotations),
            labels,
        })
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

    fn labels(webhook: Webhook) -> Vec<Vec<String>> {
        let own = |alert: Alert| alert.labels.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        webhook
            .into_alerts()
            .into_iter()
            .map(|alert| alert.map_or_else(|misfit| vec![misfit.to_string()], own))
            .collect()
    }

    fn parsed(body: &str) -> Vec<Vec<String>> {
        labels(Webhook::parse(body).expect("a webhook"))
    }

    #[test]
    fn common_values_override_the_members() {
        let body = r#"{"alerts":[{"status":"firing","labels":{"alertname":"A","zone":"own"},"annotations":null,
            "startsAt":"0001-01-01T00:00:00Z"}],
            "commonLabels":{"zone":"common","cluster":"prod"},"commonAnnotations":{"summary":"s"}}"#;
        let webhook = Webhook::parse(body).expect("a webhook");
        assert_eq!(webhook.latest_start(), None);
        let alert = webhook.into_alerts().remove(0).expect("an alert");
        assert_eq!(alert.labels["zone"], "common");
        assert_eq!(alert.annotations["summary"], "s");
        assert_eq!(alert.cluster_id.as_deref(), Some("prod"));
        assert_eq!((alert.severity.as_str(), alert.firing_time), ("unknown", None));
    }

    #[test]
    fn what_go_accepts_is_read_as_in_go() {
        for (body, expected) in [
            ("null", vec![]),
            (r#"{"alerts":[null],"commonLabels":{"a":"1"}}"#, vec![vec!["a=1"]]),
            (r#"{"alerts":[{"labels":{"a":null,"b":"x\ud83d"}}]}"#, vec![vec!["a=", "b=x\u{fffd}"]]),
            (r#"{"ALERTS":[{"label\u0053":{"a":"1"},"labels":{"b":"2"}}]}"#, vec![vec!["a=1", "b=2"]]),
            (r#"{"alerts":[{"labels":{"a":"1"},"labels":null}]}"#, vec![vec![]]),
            (r#"{"alerts":[{"labels":{"a":"1"}},{}],"alerts":[{"labels":{"b":"2"}}]}"#, vec![vec!["a=1", "b=2"]]),
            (r#"{"alerts":[{},{"labels":{"a":"1"}}],"alerts":[{}],"alerts":[{},{}]}"#, vec![vec![], vec!["a=1"]]),
            (r#"{"alerts":[{"labels":{"a":"1"}}],"alerts":[],"alerts":[{}]}"#, vec![vec![]]),
            (r#"{"alerts":[{"endsAt":7,"extra":[[{}]]}],"truncatedAlerts":1e999}"#, vec![vec![]]),
        ] {
            assert_eq!(parsed(body), expected, "{body}");
        }
    }

    #[test]
    fn malformed_alert_is_reported_alone() {
        let body = r#"{"alerts":[{"labels":{"a":"1"}},{"labels":{"a":1}},7,{"startsAt":"soon"},{"labels":{"b":"2"}}]}"#;
        assert_eq!(
            parsed(body),
            [
                ["a=1"],
                ["labels: expected a text, found a number"],
                ["expected an object, found a number"],
                ["startsAt: expected a time as in RFC 3339, found another text"],
                ["b=2"],
            ]
        );
    }

    #[test]
    fn body_that_go_refuses_is_refused() {
        let many = format!(r#"{{"alerts":[{}{{}}]}}"#, "{},".repeat(ALERTS_MAX));
        let shared =
            format!(r#"{{"commonLabels":{{"a":"{}"}},"alerts":[{}{{}}]}}"#, "x".repeat(2048), "{},".repeat(600));
        for (body, expected) in [
            ("", "EOF while parsing a value at line 1 column 0"),
            ("{} {}", "trailing characters at line 1 column 4"),
            ("[]", "expected an object, found a list: put an Alertmanager in between"),
            (r#"{"alerts":[7],"alerts":[]}"#, "expected an object, found a number"),
            (r#"{"alerts":{}}"#, "alerts: expected a list, found an object"),
            (r#"{"commonLabels":{"a":[]}}"#, "commonLabels: expected a text, found a list"),
            (&format!("{}{}", "[".repeat(10_001), "]".repeat(10_001)), "nested deeper than 10000 levels"),
            (&many, "more than 2048 alerts: group them by more labels, or set max_alerts"),
            (&shared, "common labels and annotations are too large to be copied into each alert: shorten them"),
        ] {
            assert_eq!(Webhook::parse(body).expect_err(body).to_string(), expected);
        }
    }
}
