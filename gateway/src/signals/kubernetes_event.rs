//! One core/v1 Event, as an exporter forwards it.
//!
//! The existing gateway reads only the two timestamps of old recorders and refuses an event without them. Recorders of
//! events.k8s.io/v1 leave both null and set `eventTime` (and `series`), so those are read here too.
use super::{
    alert::{Alert, Subject, Target},
    go_json::{self, JsonError, Misfit, Place, Struct, field, set_time},
    names,
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Value of `spec.signalSource` for these signals, and of their label in metrics.
pub const SOURCE: &str = "kubernetes-events";

/// A core/v1 Event, as far as it is read.
#[derive(Debug, Default)]
pub struct Event {
    involved_object: InvolvedObject,
    reason: String,
    message: String,
    kind: String,
    first_timestamp: Option<Timestamp>,
    last_timestamp: Option<Timestamp>,
    event_time: Option<Timestamp>,
    series: Series,
    source: EventSource,
    reporting_component: String,
}

#[derive(Debug, Default)]
struct InvolvedObject {
    kind: String,
    name: String,
    namespace: String,
    api_version: String,
}

#[derive(Debug, Default)]
struct Series {
    last_observed_time: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct EventSource {
    component: String,
}

/// Why an event is not a signal.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// The body is not an event.
    #[error("body is not a core/v1 Event: {0}")]
    Unreadable(#[from] JsonError),
    /// A value has another type.
    #[error("body is not a core/v1 Event: {0}")]
    Misfit(Misfit),
    /// The event reports normal operation.
    #[error("events of type Normal are not processed")]
    Normal,
    /// A field that names the object or the reason is missing.
    #[error("{0} is required")]
    FieldMissing(&'static str),
    /// A field that must name something in Kubernetes cannot.
    #[error("{0} is not a name of Kubernetes")]
    NotAName(&'static str),
}

impl Event {
    /// Parses a body. [`Event::into_alert`] decides whether the event is a signal.
    pub fn parse(body: &str) -> Result<Self, EventError> {
        let mut event = Self::default();
        match go_json::read(body, Place::Struct(&mut event))? {
            Some(misfit) => Err(EventError::Misfit(misfit)),
            None => Ok(event),
        }
    }

    /// When the event was last seen.
    pub fn last_seen(&self) -> Option<Timestamp> {
        let series = self.series.last_observed_time;
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
        object.check()?;
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
            notification_key: None,
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

impl InvolvedObject {
    /// Its fields become parts of a path.
    fn check(&self) -> Result<(), EventError> {
        let checks = [
            ("involvedObject.kind", names::is_kind(&self.kind)),
            ("involvedObject.name", names::is_path_segment(&self.name)),
            ("involvedObject.namespace", self.namespace.is_empty() || names::is_namespace(&self.namespace)),
            ("involvedObject.apiVersion", self.api_version.is_empty() || names::is_api_version(&self.api_version)),
        ];
        match checks.into_iter().find(|(_, valid)| !valid) {
            Some((field, _)) => Err(EventError::NotAName(field)),
            None => Ok(()),
        }
    }
}

impl Struct for Event {
    fn member(&mut self, name: &str) -> Option<(&'static str, Place<'_>)> {
        const NAMES: &[&str] = &[
            "involvedObject",
            "reason",
            "message",
            "type",
            "firstTimestamp",
            "lastTimestamp",
            "eventTime",
            "series",
            "source",
            "reportingComponent",
        ];
        let name = field(NAMES, name)?;
        let place = match name {
            "involvedObject" => Place::Struct(&mut self.involved_object),
            "reason" => Place::Text(&mut self.reason),
            "message" => Place::Text(&mut self.message),
            "type" => Place::Text(&mut self.kind),
            "firstTimestamp" => Place::Time(&mut self.first_timestamp),
            "lastTimestamp" => Place::Time(&mut self.last_timestamp),
            "eventTime" => Place::Time(&mut self.event_time),
            "series" => Place::Struct(&mut self.series),
            "source" => Place::Struct(&mut self.source),
            _ => Place::Text(&mut self.reporting_component),
        };
        Some((name, place))
    }
}

impl Struct for InvolvedObject {
    fn member(&mut self, name: &str) -> Option<(&'static str, Place<'_>)> {
        let name = field(&["kind", "name", "namespace", "apiVersion"], name)?;
        let place = match name {
            "kind" => &mut self.kind,
            "name" => &mut self.name,
            "namespace" => &mut self.namespace,
            _ => &mut self.api_version,
        };
        Some((name, Place::Text(place)))
    }
}

impl Struct for Series {
    fn member(&mut self, name: &str) -> Option<(&'static str, Place<'_>)> {
        Some((field(&["lastObservedTime"], name)?, Place::Time(&mut self.last_observed_time)))
    }
}

impl Struct for EventSource {
    fn member(&mut self, name: &str) -> Option<(&'static str, Place<'_>)> {
        Some((field(&["component"], name)?, Place::Text(&mut self.component)))
    }
}
