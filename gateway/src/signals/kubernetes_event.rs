//! One core/v1 Event, as an exporter forwards it.
//!
//! The existing gateway reads only the two timestamps of old recorders and refuses an event without them. Recorders of
//! events.k8s.io/v1 leave both null and set `eventTime` (and `series`), so those are read here too.
use super::{
    alert::{Alert, Subject, Target},
    go_json::{null_is_default, set_time},
};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Value of `spec.signalSource` for these signals, and of their label in metrics.
pub const SOURCE: &str = "kubernetes-events";

/// A core/v1 Event, as far as it is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    #[serde(default, deserialize_with = "null_is_default")]
    involved_object: InvolvedObject,
    #[serde(default, deserialize_with = "null_is_default")]
    reason: String,
    #[serde(default, deserialize_with = "null_is_default")]
    message: String,
    #[serde(default, deserialize_with = "null_is_default", rename = "type")]
    kind: String,
    first_timestamp: Option<Timestamp>,
    last_timestamp: Option<Timestamp>,
    event_time: Option<Timestamp>,
    series: Option<Series>,
    #[serde(default, deserialize_with = "null_is_default")]
    source: EventSource,
    #[serde(default, deserialize_with = "null_is_default")]
    reporting_component: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct InvolvedObject {
    #[serde(default, deserialize_with = "null_is_default")]
    kind: String,
    #[serde(default, deserialize_with = "null_is_default")]
    name: String,
    #[serde(default, deserialize_with = "null_is_default")]
    namespace: String,
    #[serde(default, deserialize_with = "null_is_default")]
    api_version: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Series {
    last_observed_time: Option<Timestamp>,
}

#[derive(Debug, Default, Deserialize)]
struct EventSource {
    #[serde(default, deserialize_with = "null_is_default")]
    component: String,
}

/// Why an event is not a signal.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// The body is not an event.
    #[error("body is not a core/v1 Event: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// The event reports normal operation.
    #[error("events of type Normal are not processed")]
    Normal,
    /// A field that names the object or the reason is missing.
    #[error("{0} is required")]
    FieldMissing(&'static str),
}

impl Event {
    /// Parses a body. [`Event::into_alert`] decides whether the event is a signal.
    pub fn parse(body: &str) -> Result<Self, EventError> {
        Ok(serde_json::from_str(body)?)
    }

    /// When the event was last seen.
    pub fn last_seen(&self) -> Option<Timestamp> {
        let series = self.series.as_ref().and_then(|series| series.last_observed_time);
        [self.last_timestamp, series, self.event_time, self.first_timestamp].into_iter().find_map(set_time)
    }

    /// The alert of this event.
    pub fn into_alert(self) -> Result<Alert, EventError> {
        if self.kind == "Normal" {
            return Err(EventError::Normal);
        }
        let object = self.involved_object;
        let required =
            [("reason", &self.reason), ("involvedObject.kind", &object.kind), ("involvedObject.name", &object.name)];
        if let Some((field, _)) = required.into_iter().find(|(_, value)| value.is_empty()) {
            return Err(EventError::FieldMissing(field));
        }
        let component = if self.source.component.is_empty() { self.reporting_component } else { self.source.component };
        let labels = [
            ("reason", self.reason.as_str()),
            ("type", &self.kind),
            ("kind", &object.kind),
            ("name", &object.name),
            ("namespace", &object.namespace),
            ("component", &component),
        ];
        let labels = labels.into_iter().filter(|(_, value)| !value.is_empty());
        Ok(Alert {
            labels: labels.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            annotations: BTreeMap::from([("message".to_owned(), self.message)]),
            name: self.reason,
            severity: if self.kind.is_empty() { "unknown".to_owned() } else { self.kind },
            source: SOURCE,
            resolved: false,
            cluster_id: None,
            firing_time: [self.first_timestamp, self.event_time].into_iter().find_map(set_time),
            subject: Subject::Object(Target {
                kind: object.kind,
                name: object.name,
                namespace: object.namespace,
                api_version: Some(object.api_version).filter(|version| !version.is_empty()),
            }),
        })
    }
}
