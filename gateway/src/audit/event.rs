//! One audit event, as the DataStorage service's API defines it (AuditEventRequest, version 1.0).
use crate::{
    access::Caller,
    protocol::{Accepted, Refusal},
    signals::Signal,
};
use jiff::Timestamp;
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, json, value::RawValue};
use std::sync::Arc;

/// What an event weighs without its texts, in bytes.
const BYTES_EACH: usize = 512;

/// A kind of event about a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Received,
    Deduplicated,
    Created,
    Failed,
}

/// An event. Its text is made when it is sent: until then the signals of one group share one payload.
#[derive(Debug, Clone)]
pub(super) struct Event {
    now: Timestamp,
    about: About,
}

#[derive(Debug, Clone)]
enum About {
    Signal(OfSignal),
    Reload(Result<(), String>),
}

#[derive(Debug, Clone)]
struct OfSignal {
    kind: Kind,
    signal: Arc<Signal>,
    accepted: Option<Accepted>,
    caller: Option<Caller>,
    error: Option<Value>,
}

/// The fields that every event has.
struct Envelope<'a> {
    event_type: &'static str,
    action: &'static str,
    success: bool,
    actor: (&'a str, &'a str),
    resource: (&'a str, String),
    correlation: String,
    namespace: Option<&'a str>,
    cluster: Option<&'a str>,
}

impl Kind {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Received => ("gateway.signal.received", "received"),
            Self::Deduplicated => ("gateway.signal.deduplicated", "deduplicated"),
            Self::Created => ("gateway.crd.created", "created"),
            Self::Failed => ("gateway.crd.failed", "failed"),
        }
    }
}

impl Event {
    pub(super) fn of_signal(
        kind: Kind,
        signal: Arc<Signal>,
        accepted: Option<Accepted>,
        caller: Option<Caller>,
        now: Timestamp,
    ) -> Self {
        Self { now, about: About::Signal(OfSignal { kind, signal, accepted, caller, error: None }) }
    }

    pub(super) fn of_failure(signal: Arc<Signal>, refusal: &Refusal, now: Timestamp) -> Self {
        let retryable = !matches!(refusal, Refusal::Internal(_));
        let code = match refusal {
            Refusal::Overloaded(_) => "ERR_OVERLOADED",
            Refusal::Unavailable(_) => "ERR_UNAVAILABLE",
            Refusal::DeadlineExceeded => "ERR_TIMEOUT",
            Refusal::Refused(_) => "ERR_K8S_API",
            Refusal::Internal(_) => "ERR_INTERNAL",
        };
        let error = json!({
            "message": refusal.to_string(), "code": code, "component": "gateway", "retry_possible": retryable,
        });
        let about = OfSignal { kind: Kind::Failed, signal, accepted: None, caller: None, error: Some(error) };
        Self { now, about: About::Signal(about) }
    }

    pub(super) fn of_reload(result: Result<(), String>, now: Timestamp) -> Self {
        Self { now, about: About::Reload(result) }
    }

    /// What it weighs in the buffer, in bytes. A payload that several events share weighs in each.
    pub(super) fn bytes(&self) -> usize {
        match &self.about {
            About::Signal(about) => {
                let Signal { payload, labels, annotations, .. } = &*about.signal;
                let texts = labels.iter().chain(annotations).map(|(key, value)| key.len() + value.len());
                BYTES_EACH + payload.len() + texts.sum::<usize>()
            }
            About::Reload(_) => BYTES_EACH,
        }
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.about {
            About::Signal(OfSignal { kind, signal, accepted, caller, error }) => {
                let envelope = of_signal(*kind, signal, accepted.as_ref(), caller.as_ref());
                let data = Data::new(*kind, signal, accepted.as_ref(), error.as_ref());
                write(self.now, &envelope, &data, serializer)
            }
            About::Reload(result) => {
                let (event_type, action) = match result {
                    Ok(()) => ("gateway.config.reloaded", "reloaded"),
                    Err(_) => ("gateway.config.rejected", "rejected"),
                };
                let mut data = json!({ "event_type": event_type, "component": "config" });
                if let Err(reason) = result {
                    data["rejection_reason"] = json!(reason);
                }
                let envelope = Envelope {
                    event_type,
                    action,
                    success: result.is_ok(),
                    actor: ("service", "gateway"),
                    resource: ("Config", "config".to_owned()),
                    correlation: format!("config-reload-config-{}", self.now.as_nanosecond()),
                    namespace: None,
                    cluster: None,
                };
                write(self.now, &envelope, &data, serializer)
            }
        }
    }
}

fn of_signal<'a>(
    kind: Kind,
    signal: &'a Signal,
    accepted: Option<&'a Accepted>,
    caller: Option<&'a Caller>,
) -> Envelope<'a> {
    let (event_type, action) = kind.words();
    let request = accepted.map(|accepted| format!("{}/{}", accepted.namespace, accepted.name));
    let target = &signal.target;
    let actor = match (kind, caller) {
        (Kind::Created | Kind::Failed, _) => ("gateway", "crd-creator"),
        (_, Some(caller)) => ("authenticated-service", caller.name()),
        (_, None) => ("external", signal.source),
    };
    let resource = match (kind, request) {
        (Kind::Created, Some(request)) => ("RemediationRequest", request),
        (Kind::Failed, _) => ("RemediationRequest", signal.fingerprint.clone()),
        _ => ("Signal", signal.fingerprint.clone()),
    };
    let correlation = match accepted {
        Some(accepted) => accepted.name.clone(),
        None => {
            let text = format!("{}:{}:{}:{}", signal.name, target.namespace, target.kind, target.name);
            text.chars().take(255).collect()
        }
    };
    Envelope {
        event_type,
        action,
        success: kind != Kind::Failed,
        actor,
        resource,
        correlation,
        namespace: Some(target.namespace.as_str()).filter(|namespace| !namespace.is_empty()),
        cluster: signal.cluster_id.as_deref(),
    }
}

fn write<S: Serializer>(
    now: Timestamp,
    envelope: &Envelope<'_>,
    data: &impl Serialize,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry("version", "1.0")?;
    map.serialize_entry("event_type", envelope.event_type)?;
    map.serialize_entry("event_timestamp", &now)?;
    map.serialize_entry("event_category", "gateway")?;
    map.serialize_entry("event_action", envelope.action)?;
    map.serialize_entry("event_outcome", if envelope.success { "success" } else { "failure" })?;
    map.serialize_entry("actor_type", envelope.actor.0)?;
    map.serialize_entry("actor_id", envelope.actor.1)?;
    map.serialize_entry("resource_type", envelope.resource.0)?;
    map.serialize_entry("resource_id", &envelope.resource.1)?;
    map.serialize_entry("correlation_id", &envelope.correlation)?;
    if let Some(namespace) = envelope.namespace {
        map.serialize_entry("namespace", namespace)?;
    }
    if let Some(cluster) = envelope.cluster {
        map.serialize_entry("cluster_id", cluster)?;
    }
    map.serialize_entry("event_data", data)?;
    map.end()
}

/// GatewayAuditPayload.
#[derive(Serialize)]
struct Data<'a> {
    event_type: &'static str,
    signal_type: &'static str,
    signal_name: &'a str,
    namespace: &'a str,
    fingerprint: &'a str,
    severity: &'a str,
    resource_kind: &'a str,
    resource_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    remediation_request: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deduplication_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    occurrence_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_payload: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal_labels: Option<&'a std::collections::BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal_annotations: Option<&'a std::collections::BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_details: Option<&'a Value>,
}

impl<'a> Data<'a> {
    fn new(kind: Kind, signal: &'a Signal, accepted: Option<&Accepted>, error: Option<&'a Value>) -> Self {
        let (event_type, _) = kind.words();
        let whole = matches!(kind, Kind::Received | Kind::Deduplicated);
        Self {
            event_type,
            signal_type: "alert",
            signal_name: &signal.name,
            namespace: &signal.target.namespace,
            fingerprint: &signal.fingerprint,
            severity: &signal.severity,
            resource_kind: &signal.target.kind,
            resource_name: &signal.target.name,
            remediation_request: accepted.map(|accepted| format!("{}/{}", accepted.namespace, accepted.name)),
            deduplication_status: match kind {
                Kind::Received => Some("new"),
                Kind::Deduplicated => Some("duplicate"),
                Kind::Created | Kind::Failed => None,
            },
            occurrence_count: accepted.filter(|_| kind != Kind::Received).map(|accepted| accepted.count),
            // Go's decoder accepts more than JSON; a body that is not JSON itself cannot be a part of this one.
            original_payload: whole.then(|| RawValue::from_string(signal.payload.to_string()).ok()).flatten(),
            signal_labels: whole.then_some(&signal.labels),
            signal_annotations: whole.then_some(&signal.annotations),
            error_details: error,
        }
    }
}
