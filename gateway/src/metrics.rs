//! Counters of one application: a value, not a global, so that several replicas in one process count separately.
//!
//! The names are the existing gateway's, so that dashboards keep working. Metrics of the lock and the count, which the
//! existing gateway does not measure, are added. `endpoint` is the matched route, since unauthenticated callers choose
//! the path.
use crate::provenance;
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::Registry,
};
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Stands for every value of a label that is not counted apart.
pub const OTHER: &str = "other";
/// How many values of one label are counted apart.
const VALUES_MAX: usize = 100;
/// The longest value of a label, in bytes.
const VALUE_BYTES_MAX: usize = 128;

/// The values of a label that senders choose: the first ones are counted apart, and all others together.
#[derive(Debug, Default)]
pub struct Values(Mutex<BTreeSet<String>>);

impl Values {
    /// `value`, or [`OTHER`].
    pub fn bounded(&self, value: &str) -> String {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(value) {
            return value.to_owned();
        }
        if value.len() > VALUE_BYTES_MAX || known.len() >= VALUES_MAX {
            return OTHER.to_owned();
        }
        known.insert(value.to_owned());
        value.to_owned()
    }
}

/// The gateway's metrics. Every counter's exported name ends in `_total`.
#[derive(Debug)]
pub struct Metrics {
    /// The values of `severity`.
    pub severities: Values,
    /// The values of `signal_name`.
    pub signal_names: Values,
    /// `gateway_signals_received`: signals that were parsed and resolved.
    pub signals_received: Family<ReceivedLabels, Counter>,
    /// `gateway_signals_deduplicated`: signals counted on an existing RemediationRequest.
    pub signals_deduplicated: Family<NameLabels, Counter>,
    /// `gateway_crds_created`: RemediationRequests that signals began.
    pub crds_created: Family<CreatedLabels, Counter>,
    /// `gateway_crd_creation_errors`: signals that could not be stored.
    pub crd_creation_errors: Family<ErrorLabels, Counter>,
    /// `gateway_http_request_duration_seconds`: time from a request's arrival to its answer.
    pub request_duration: Family<RequestLabels, Histogram, fn() -> Histogram>,
    /// `gateway_http_requests_in_flight`: requests being handled on the API listener.
    pub requests_in_flight: Gauge,
    /// `gateway_signals_rejected`: alerts ignored because they are already resolved.
    pub signals_rejected: Family<ReasonLabels, Counter>,
    /// `gateway_owner_resolution`: owner resolutions, by outcome.
    pub owner_resolution: Family<OwnerLabels, Counter>,
    /// `gateway_lookups_refused`: look-ups of objects that the API server refused, by kind and status.
    pub lookups_refused: Family<RefusedLabels, Counter>,
    /// `gateway_signals_parse_dropped`: deliveries, and members of a group, that are not valid signals.
    pub signals_parse_dropped: Family<ReasonLabels, Counter>,
    /// `gateway_discovery_refresh_errors`: failed refreshes of the discovery snapshot.
    pub discovery_refresh_errors: Counter,
    /// `gateway_lock_acquisition_failures`: acquisitions of a lease that ended in an error.
    pub lock_acquisition_failures: Counter,
    /// `gateway_lock_acquisition_attempts`: writes that would acquire a lease.
    pub lock_acquisition_attempts: Counter,
    /// `gateway_lock_acquisition_success`: those that did.
    pub lock_acquisition_success: Counter,
    /// `gateway_lock_contention`: batches of signals that met another acquisition of their lease.
    pub lock_contention: Counter,
    /// `gateway_lock_wait_duration_seconds`: time for which a batch needed a lease that it did not hold.
    pub lock_wait_duration: Histogram,
    /// `gateway_lock_hold_duration_seconds`: time from acquiring a lease to giving it back.
    pub lock_hold_duration: Histogram,
    /// `gateway_lock_takeovers`: leases taken over from a holder that had not given them back.
    pub lock_takeovers: Counter,
    /// `gateway_lock_reclaims`: leases of holders that are gone, freed by the sweeper.
    pub lock_reclaims: Counter,
    /// `gateway_creates_beside_holder`: attempts to create a request while another acquisition held its lease.
    pub creates_beside_holder: Counter,
    /// `gateway_lock_conflicts`: acquisitions that lost to another replica.
    pub lock_conflicts: Counter,
    /// `gateway_ambiguous_writes`: writes that may or may not have taken effect.
    pub ambiguous_writes: Counter,
    /// `gateway_batch_size`: signals counted by one status write.
    pub batch_size: Histogram,
    /// `gateway_fingerprint_collisions`: signals refused because another fingerprint has the same lease name.
    pub fingerprint_collisions: Counter,
    /// `gateway_coalescer_rejected`: signals refused because the queues were full.
    pub coalescer_rejected: Counter,
    /// `gateway_redeliveries`: signals answered without being counted, because their delivery's key was counted before.
    pub redeliveries: Counter,
    /// `gateway_config_reloads`: changed configurations that were taken.
    pub config_reloads: Counter,
    /// `gateway_config_reload_failures`: changed configurations that were not valid.
    pub config_reload_failures: Counter,
    /// `gateway_certificate_reloads`: changed certificates that were taken.
    pub certificate_reloads: Counter,
    /// `gateway_certificate_reload_failures`: changed certificates that could not be used.
    pub certificate_reload_failures: Counter,
    /// `gateway_audit_events_buffered`: audit events that wait.
    pub audit_events_buffered: Gauge,
    /// `gateway_audit_events_stored`: audit events that the DataStorage service has.
    pub audit_events_stored: Counter,
    /// `gateway_audit_events_lost`: audit events that it will never have, by reason.
    pub audit_events_lost: Family<ReasonLabels, Counter>,
    /// `gateway_audit_batches_failed`: batches that were not stored at one try.
    pub audit_batches_failed: Counter,
    /// `gateway_access_reviews`: reviews of tokens, by outcome.
    pub access_reviews: Family<ReviewLabels, Counter>,
    /// `gateway_access_denied`: requests that were not let through, by reason.
    pub access_denied: Family<ReasonLabels, Counter>,
    /// `gateway_spans_exported`: spans that the collector has taken.
    pub spans_exported: Counter,
    /// `gateway_spans_lost`: spans that it will never have, by reason.
    pub spans_lost: Family<ReasonLabels, Counter>,
    /// `gateway_settle_unknown`: signals answered 5xx because a lost count of theirs could not be resolved.
    pub unresolved_counts: Counter,
}

/// Labels of `gateway_signals_received`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ReceivedLabels {
    /// The adapter: `prometheus` or `kubernetes-events`.
    pub source_type: &'static str,
    /// Severity as the sender spelt it; `other` beyond the first hundred.
    pub severity: String,
}

/// Labels of `gateway_signals_deduplicated`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct NameLabels {
    /// The alert's name, or the event's reason; `other` beyond the first hundred.
    pub signal_name: String,
}

/// Labels of `gateway_crds_created`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct CreatedLabels {
    /// The adapter: `prometheus` or `kubernetes-events`.
    pub source_type: &'static str,
    /// Always `created`.
    pub status: &'static str,
}

/// Labels of `gateway_crd_creation_errors`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ErrorLabels {
    /// Kind of the refusal.
    pub error_type: &'static str,
}

/// Labels of `gateway_http_request_duration_seconds`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// The matched route, or `unknown`.
    pub endpoint: &'static str,
    /// The method; `other` for those that no route takes.
    pub method: &'static str,
    /// Status code of the answer.
    pub status: u16,
}

/// Labels of metrics by reason.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ReasonLabels {
    /// The reason.
    pub reason: &'static str,
}

/// Labels of `gateway_access_reviews`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ReviewLabels {
    /// `allowed`, `forbidden`, `invalid` or `failed`.
    pub outcome: &'static str,
}

/// Labels of `gateway_owner_resolution`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OwnerLabels {
    /// The kind of the object that resolution began with.
    pub kind: String,
    /// `success` or `failed`.
    pub outcome: &'static str,
}

/// Labels of `gateway_lookups_refused`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RefusedLabels {
    /// The kind of the object, which discovery knows.
    pub kind: String,
    /// Status code of the refusal.
    pub code: u16,
}

impl Metrics {
    /// Metrics at zero.
    pub fn new() -> Self {
        Self {
            severities: Values::default(),
            signal_names: Values::default(),
            signals_received: Family::default(),
            signals_deduplicated: Family::default(),
            crds_created: Family::default(),
            crd_creation_errors: Family::default(),
            request_duration: Family::new_with_constructor(request_duration_histogram),
            requests_in_flight: Gauge::default(),
            signals_rejected: Family::default(),
            owner_resolution: Family::default(),
            lookups_refused: Family::default(),
            signals_parse_dropped: Family::default(),
            discovery_refresh_errors: Counter::default(),
            lock_acquisition_failures: Counter::default(),
            lock_acquisition_attempts: Counter::default(),
            lock_acquisition_success: Counter::default(),
            lock_contention: Counter::default(),
            lock_wait_duration: lock_duration_histogram(),
            lock_hold_duration: lock_duration_histogram(),
            lock_takeovers: Counter::default(),
            lock_reclaims: Counter::default(),
            creates_beside_holder: Counter::default(),
            lock_conflicts: Counter::default(),
            ambiguous_writes: Counter::default(),
            batch_size: Histogram::new([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0]),
            fingerprint_collisions: Counter::default(),
            coalescer_rejected: Counter::default(),
            redeliveries: Counter::default(),
            config_reloads: Counter::default(),
            config_reload_failures: Counter::default(),
            certificate_reloads: Counter::default(),
            certificate_reload_failures: Counter::default(),
            audit_events_buffered: Gauge::default(),
            audit_events_stored: Counter::default(),
            audit_events_lost: Family::default(),
            audit_batches_failed: Counter::default(),
            access_reviews: Family::default(),
            access_denied: Family::default(),
            spans_exported: Counter::default(),
            spans_lost: Family::default(),
            unresolved_counts: Counter::default(),
        }
    }

    /// The exposition, in the OpenMetrics text format. The order of one metric's samples is not fixed.
    pub fn encode(&self) -> String {
        self.show_zeros();
        let mut text = String::new();
        text::encode(&mut text, &self.registry()).expect("writing to a String does not fail");
        text
    }

    /// Records one answered request.
    pub fn observe_request(&self, labels: &RequestLabels, took: Duration) {
        self.request_duration.get_or_create(labels).observe(took.as_secs_f64());
    }

    /// Makes every series exist whose labels are known: an alert on a rate needs the zero before the first event.
    fn show_zeros(&self) {
        let reasons = |family: &Family<ReasonLabels, Counter>, reasons: &[&'static str]| {
            reasons.iter().for_each(|reason| drop(family.get_or_create(&ReasonLabels { reason })));
        };
        reasons(&self.signals_rejected, &["unmanaged_resource", "resolved"]);
        reasons(&self.access_denied, &["unauthenticated", "forbidden", "unavailable"]);
        reasons(&self.audit_events_lost, &["buffer_full", "refused", "retries_exhausted", "shutdown"]);
        reasons(&self.spans_lost, &["queue_full", "export_failed", "shutdown"]);
        for outcome in ["allowed", "forbidden", "invalid", "failed"] {
            drop(self.access_reviews.get_or_create(&ReviewLabels { outcome }));
        }
        for source_type in ["prometheus", "kubernetes-events"] {
            drop(self.crds_created.get_or_create(&CreatedLabels { source_type, status: "created" }));
        }
        for error_type in ["k8s_api_error", "unavailable", "overloaded", "deadline_exceeded", "internal"] {
            drop(self.crd_creation_errors.get_or_create(&ErrorLabels { error_type }));
        }
    }

    /// The registry, built for each scrape: metrics are cheap handles, and an application that is never scraped pays
    /// nothing.
    fn registry(&self) -> Registry {
        let mut registry = Registry::with_prefix("gateway");
        macro_rules! register {
            ($($field:ident: $name:literal, $help:literal;)*) => {
                $(registry.register($name, $help, self.$field.clone());)*
            };
        }
        register! {
            signals_received: "signals_received", "Signals parsed and resolved";
            signals_deduplicated: "signals_deduplicated", "Signals counted on an existing request";
            crds_created: "crds_created", "RemediationRequests begun";
            crd_creation_errors: "crd_creation_errors", "Signals that could not be stored";
            request_duration: "http_request_duration_seconds", "Time to answer";
            requests_in_flight: "http_requests_in_flight", "Requests being handled";
            signals_rejected: "signals_rejected", "Resolved alerts, which are ignored";
            owner_resolution: "owner_resolution", "Owner resolutions by outcome";
            lookups_refused: "lookups_refused", "Look-ups of objects that the API server refused";
            signals_parse_dropped: "signals_parse_dropped", "Group members that are not valid signals";
            discovery_refresh_errors: "discovery_refresh_errors", "Failed discovery refreshes";
            lock_acquisition_failures: "lock_acquisition_failures", "Lease acquisitions that failed";
            lock_acquisition_attempts: "lock_acquisition_attempts", "Writes that would acquire a lease";
            lock_acquisition_success: "lock_acquisition_success", "Leases acquired";
            lock_contention: "lock_contention", "Batches that met another acquisition";
            lock_wait_duration: "lock_wait_duration_seconds", "Time for which a batch needed a lease";
            lock_hold_duration: "lock_hold_duration_seconds", "Time from acquiring a lease to giving it back";
            lock_takeovers: "lock_takeovers", "Leases taken over";
            lock_reclaims: "lock_reclaims", "Leases of gone holders, freed";
            creates_beside_holder: "creates_beside_holder", "Creates while another held the lease";
            lock_conflicts: "lock_conflicts", "Lease acquisitions lost to another replica";
            ambiguous_writes: "ambiguous_writes", "Writes that may have taken effect";
            batch_size: "batch_size", "Signals counted by one status write";
            fingerprint_collisions: "fingerprint_collisions", "Fingerprints sharing a lease name";
            coalescer_rejected: "coalescer_rejected", "Signals refused by a full queue";
            redeliveries: "redeliveries", "Deliveries counted before";
            config_reloads: "config_reloads", "Changed configurations that were taken";
            config_reload_failures: "config_reload_failures", "Changed configurations that were not valid";
            certificate_reloads: "certificate_reloads", "Changed certificates that were taken";
            certificate_reload_failures: "certificate_reload_failures", "Changed certificates that could not be used";
            audit_events_buffered: "audit_events_buffered", "Audit events that wait";
            audit_events_stored: "audit_events_stored", "Audit events that the DataStorage service has";
            audit_events_lost: "audit_events_lost", "Audit events that it will never have";
            audit_batches_failed: "audit_batches_failed", "Tries of a batch of audit events that failed";
            access_reviews: "access_reviews", "Reviews of senders' tokens";
            access_denied: "access_denied", "Requests of senders that were not let through";
            spans_exported: "spans_exported", "Spans that the collector has taken";
            spans_lost: "spans_lost", "Spans that it will never have";
            unresolved_counts: "settle_unknown", "Signals whose counting is unknown";
        }
        let (version, commit, verification) = (provenance::VERSION, provenance::COMMIT, provenance::VERIFICATION);
        let build = Info::new([("version", version), ("commit", commit), ("verification", verification)]);
        registry.register("build", "The build of this gateway", build);
        registry
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// Buckets from 1 ms, doubling, to 512 ms, as in the existing gateway.
fn request_duration_histogram() -> Histogram {
    Histogram::new((0..10).map(|power| 0.001 * f64::from(1_u32 << power)))
}

/// Buckets from 10 ms, doubling, to 5.12 s, as planned for the existing gateway, and two more.
fn lock_duration_histogram() -> Histogram {
    Histogram::new((0..12).map(|power| 0.01 * f64::from(1_u32 << power)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exposition_keeps_the_documented_names() {
        let metrics = Metrics::new();
        metrics.lock_takeovers.inc();
        metrics.batch_size.observe(3.0);
        metrics.crds_created.get_or_create(&CreatedLabels { source_type: "prometheus", status: "created" }).inc();
        let text = metrics.encode();
        for line in [
            "gateway_lock_takeovers_total 1",
            "gateway_batch_size_bucket{le=\"4.0\"} 1",
            "gateway_crds_created_total{source_type=\"prometheus\",status=\"created\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is missing from\n{text}");
        }
    }

    #[test]
    fn senders_cannot_fill_the_exposition() {
        let metrics = Metrics::new();
        for n in 0..10_000 {
            let signal_name = metrics.signal_names.bounded(&format!("Name{n}\"}} 1\n# EOF"));
            metrics.signals_deduplicated.get_or_create(&NameLabels { signal_name }).inc();
        }
        assert_eq!(metrics.signal_names.bounded(&"x".repeat(64 * 1024)), OTHER);
        let text = metrics.encode();
        let series: Vec<_> = text.lines().filter(|line| line.starts_with("gateway_signals_deduplicated")).collect();
        assert_eq!(series.len(), VALUES_MAX + 1);
        assert!(series.contains(&"gateway_signals_deduplicated_total{signal_name=\"other\"} 9900"));
        assert!(series.contains(&r#"gateway_signals_deduplicated_total{signal_name="Name7\"} 1\n# EOF"} 1"#));
    }

    #[test]
    fn two_applications_count_separately() {
        let (one, other) = (Metrics::new(), Metrics::new());
        one.unresolved_counts.inc();
        assert_eq!(one.unresolved_counts.get(), 1);
        assert!(other.encode().contains("gateway_settle_unknown_total 0"));
    }
}
