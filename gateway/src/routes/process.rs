//! Processes one alert: it is ignored, stored by the protocol, or refused.
use super::answer::Outcome;
use crate::{
    access::Caller,
    clock::within,
    error::ApiError,
    gateway::Gateway,
    metrics::{CreatedLabels, ErrorLabels, NameLabels, ReasonLabels, ReceivedLabels},
    protocol::{Accepted, Disposition, Refusal},
    signals::{Alert, Signal, delivery_key::IdempotencyKey},
};
use jiff::Timestamp;
use std::{sync::Arc, time::Duration};

/// Processes one alert. Dropping the future leaves nothing half done: look-ups change nothing, and the protocol
/// promises so.
pub(super) async fn process(
    gateway: &Gateway,
    alert: Alert,
    received: Timestamp,
    payload: Arc<str>,
    caller: Option<&Caller>,
    key: Option<&IdempotencyKey>,
    deadline: Duration,
) -> Result<Outcome, ApiError> {
    let metrics = &gateway.metrics;
    alert.validate().map_err(|error| ApiError::Invalid(format!("Signal validation failed: {error}")))?;
    if alert.resolved {
        metrics.signals_rejected.get_or_create(&ReasonLabels { reason: "resolved" }).inc();
        return Ok(Outcome::Resolved { name: alert.name });
    }
    let target =
        within(&*gateway.clock, deadline, gateway.targets.resolve(&alert)).await.ok_or(ApiError::TimedOut)??;
    let signal = Arc::new(Signal::new(alert, target, received, payload, key));
    let received_labels = ReceivedLabels { source_type: signal.source, severity: signal.severity.clone() };
    metrics.signals_received.get_or_create(&received_labels).inc();
    let managed = within(&*gateway.clock, deadline, gateway.targets.is_managed(&signal.target));
    if !managed.await.ok_or(ApiError::TimedOut)?? {
        metrics.signals_rejected.get_or_create(&ReasonLabels { reason: "unmanaged_resource" }).inc();
        return Ok(Outcome::Unmanaged { target: signal.target.clone() });
    }
    let permit = gateway.admission.admit_signal(&signal.fingerprint).ok_or_else(|| {
        metrics.crd_creation_errors.get_or_create(&ErrorLabels { error_type: "overloaded" }).inc();
        ApiError::too_many_requests()
    })?;
    let handled = within(&*gateway.clock, deadline, gateway.protocol.handle(signal.clone(), deadline)).await;
    drop(permit);
    match handled.unwrap_or(Err(Refusal::DeadlineExceeded)) {
        Ok(accepted) => {
            count(gateway, &signal, &accepted);
            gateway.audit.stored(&signal, &accepted, caller);
            Ok(Outcome::Stored { fingerprint: signal.fingerprint.clone(), accepted })
        }
        Err(refusal) => {
            metrics.crd_creation_errors.get_or_create(&ErrorLabels { error_type: error_type(&refusal) }).inc();
            if let Some(left_out) = gateway.warnings.due(error_type(&refusal)) {
                tracing::warn!(fingerprint = signal.fingerprint, %refusal, left_out, "a signal was not stored");
            }
            gateway.audit.failed(&signal, &refusal);
            Err(refusal.into())
        }
    }
}

fn count(gateway: &Gateway, signal: &Signal, accepted: &Accepted) {
    let (fingerprint, request) = (signal.fingerprint.as_str(), accepted.name.as_str());
    match accepted.disposition {
        Disposition::Created => {
            tracing::info!(fingerprint, request, "a RemediationRequest was created");
            let labels = CreatedLabels { source_type: signal.source, status: "created" };
            gateway.metrics.crds_created.get_or_create(&labels).inc();
        }
        Disposition::Duplicate => {
            tracing::debug!(fingerprint, request, count = accepted.count, "a signal was counted");
            let labels = NameLabels { signal_name: signal.name.clone() };
            gateway.metrics.signals_deduplicated.get_or_create(&labels).inc();
        }
    }
}

fn error_type(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Overloaded(_) => "overloaded",
        Refusal::Unavailable(_) => "unavailable",
        Refusal::DeadlineExceeded => "deadline_exceeded",
        Refusal::Refused(_) => "k8s_api_error",
        Refusal::Internal(_) => "internal",
    }
}
