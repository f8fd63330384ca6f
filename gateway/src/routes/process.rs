//! Processes one alert: it is ignored, stored by the protocol, or refused.
use super::{answer::Outcome, delivery::Delivery};
use crate::{
    clock::within,
    error::ApiError,
    gateway::Gateway,
    metrics::{CreatedLabels, ErrorLabels, NameLabels, ReasonLabels, ReceivedLabels},
    protocol::{Accepted, Disposition, Refusal},
    quoted::quoted,
    signals::{Alert, Signal, target::TargetError},
};
use std::sync::Arc;
use tracing::{Instrument, Span, field::Empty, trace_span};

/// Processes one alert in a span of its own.
pub(super) async fn process(gateway: &Gateway, alert: Alert, delivery: &Delivery) -> Result<Outcome, ApiError> {
    let span = trace_span!("signal", source = alert.source, fingerprint = Empty, remediation_request = Empty);
    let outcome = process_within(gateway, alert, delivery, &span).instrument(span.clone()).await;
    if let Ok(Outcome::Stored { accepted, .. }) = &outcome {
        span.record("remediation_request", &*accepted.name);
    }
    outcome
}

/// Dropping the future leaves nothing half done: look-ups change nothing, and the protocol
/// promises so.
async fn process_within(
    gateway: &Gateway,
    alert: Alert,
    delivery: &Delivery,
    span: &Span,
) -> Result<Outcome, ApiError> {
    let metrics = &gateway.metrics;
    alert.validate().map_err(|error| ApiError::Invalid(format!("Signal validation failed: {error}")))?;
    if alert.resolved {
        metrics.signals_rejected.get_or_create(&ReasonLabels { reason: "resolved" }).inc();
        return Ok(Outcome::Resolved { name: alert.name });
    }
    let looked_up = within(&*gateway.clock, delivery.deadline, gateway.targets.resolve(&alert)).await;
    let target = looked_up.ok_or(ApiError::TimedOut)?.inspect_err(|error| note_failed_lookup(gateway, error))?;
    let (deadline, payload) = (delivery.deadline, delivery.payload.clone());
    let signal = Arc::new(Signal::new(alert, target, delivery.received, payload, delivery.key.as_ref()));
    span.record("fingerprint", &*signal.fingerprint);
    let received_labels =
        ReceivedLabels { source_type: signal.source, severity: metrics.severities.bounded(&signal.severity) };
    metrics.signals_received.get_or_create(&received_labels).inc();
    let managed = within(&*gateway.clock, deadline, gateway.targets.is_managed(&signal.target));
    let managed = managed.await.ok_or(ApiError::TimedOut)?;
    if !managed.inspect_err(|error| note_failed_lookup(gateway, error))? {
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
            gateway.audit.stored(&signal, &accepted, delivery.caller.as_ref());
            let (fingerprint, notification_key) = (signal.fingerprint.clone(), signal.notification_key.clone());
            Ok(Outcome::Stored { fingerprint, accepted, notification_key })
        }
        Err(refusal) => {
            metrics.crd_creation_errors.get_or_create(&ErrorLabels { error_type: error_type(&refusal) }).inc();
            if let Some(left_out) = gateway.warnings.due(error_type(&refusal)) {
                let refusal = quoted(&refusal.to_string());
                tracing::warn!(fingerprint = signal.fingerprint, refusal, left_out, "a signal was not stored");
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
            let labels = NameLabels { signal_name: gateway.metrics.signal_names.bounded(&signal.name) };
            gateway.metrics.signals_deduplicated.get_or_create(&labels).inc();
        }
    }
}

fn note_failed_lookup(gateway: &Gateway, error: &TargetError) {
    if let (TargetError::LookupFailed(error), Some(left_out)) = (error, gateway.warnings.due("look-up")) {
        tracing::warn!(error = quoted(&error.to_string()), left_out, "the target of a signal is unknown");
    }
}

/// Counts and logs what can never be processed: its sender gets a 4xx, or a failed member of a 207, and sends it no
/// more. `reason` is one of few words. What the sender should retry is not dropped.
pub(super) fn note_dropped(gateway: &Gateway, reason: &'static str, why: &ApiError) {
    if why.is_retryable() {
        return;
    }
    gateway.metrics.signals_parse_dropped.get_or_create(&ReasonLabels { reason }).inc();
    if let Some(left_out) = gateway.warnings.due(reason) {
        tracing::warn!(reason, why = quoted(&why.to_string()), left_out, "a delivery or a part of it is dropped");
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
