//! Counters of one application; a value, not a global, so that several replicas in one process stay apart.
//!
//! Names are those of the existing gateway, so that dashboards keep working, plus what it cannot see of its own lock and
//! count. No label is free text of an unauthenticated caller: `endpoint` is the matched route.
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use std::time::Duration;

/// The gateway's metrics. Every counter's exported name ends in `_total`.
#[derive(Debug)]
pub struct Metrics {
    /// `gateway_signals_received`: signals that were parsed and resolved.
    pub signals_received: Family<ReceivedLabels, Counter>,
    /// `gateway_signals_deduplicated`: signals counted on a request that stood.
    pub signals_deduplicated: Family<NameLabels, Counter>,
    /// `gateway_crds_created`: RemediationRequests that signals began.
    pub crds_created: Family<CreatedLabels, Counter>,
    /// `gateway_crd_creation_errors`: signals that could not be stored.
    pub crd_creation_errors: Family<ErrorLabels, Counter>,
    /// `gateway_http_request_duration_seconds`.
    pub request_duration: Family<RequestLabels, Histogram, fn() -> Histogram>,
    /// `gateway_http_requests_in_flight`: requests being handled on the API listener.
    pub requests_in_flight: Gauge,
    /// `gateway_signals_rejected`: signals that are none: resolved alerts.
    pub signals_rejected: Family<ReasonLabels, Counter>,
    /// `gateway_owner_resolution`: ends of owner resolution.
    pub owner_resolution: Family<OwnerLabels, Counter>,
    /// `gateway_signals_parse_dropped`: members of a group that no signal could be made of.
    pub signals_parse_dropped: Family<ReasonLabels, Counter>,
    /// `gateway_discovery_refresh_errors`: refreshes of the discovery snapshot that failed.
    pub discovery_refresh_errors: Counter,
    /// `gateway_lock_acquisition_failures`: acquisitions of a lease that ended in an error.
    pub lock_acquisition_failures: Counter,
    /// `gateway_lock_takeovers`: leases taken over after their holder stopped renewing.
    pub lock_takeovers: Counter,
    /// `gateway_lock_conflicts`: acquisitions that lost against another replica.
    pub lock_conflicts: Counter,
    /// `gateway_ambiguous_writes`: writes of which it was not known whether they took effect.
    pub ambiguous_writes: Counter,
    /// `gateway_batch_size`: signals counted by one status write.
    pub batch_size: Histogram,
    /// `gateway_fingerprint_collisions`: fingerprints that share a lease's name with another.
    pub fingerprint_collisions: Counter,
    /// `gateway_coalescer_rejected`: signals refused because the queue of their fingerprint was full.
    pub coalescer_rejected: Counter,
    /// `gateway_redeliveries`: signals answered without being counted, because their delivery's key had been.
    pub redeliveries: Counter,
    /// `gateway_settle_unknown`: signals answered 5xx because it could not be known whether they were counted.
    pub settle_unknown: Counter,
}

/// Labels of `gateway_signals_received`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ReceivedLabels {
    /// The adapter: `prometheus` or `kubernetes-events`.
    pub source_type: &'static str,
    /// As the sender spelt it.
    pub severity: String,
}

/// Labels of `gateway_signals_deduplicated`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct NameLabels {
    /// The alert's name, or the event's reason.
    pub signal_name: String,
}

/// Labels of `gateway_crds_created`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct CreatedLabels {
    /// The adapter.
    pub source_type: &'static str,
    /// `created`.
    pub status: &'static str,
}

/// Labels of `gateway_crd_creation_errors`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ErrorLabels {
    /// Which refusal.
    pub error_type: &'static str,
}

/// Labels of `gateway_http_request_duration_seconds`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// The matched route, or `unknown`.
    pub endpoint: &'static str,
    /// The method; `other` for those that no route takes.
    pub method: &'static str,
    /// The status code.
    pub status: u16,
}

/// A reason.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ReasonLabels {
    /// Which.
    pub reason: &'static str,
}

/// Labels of `gateway_owner_resolution`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OwnerLabels {
    /// The kind that resolution began at.
    pub kind: String,
    /// `success` or `failed`.
    pub outcome: &'static str,
}

impl Metrics {
    /// Metrics that have counted nothing.
    pub fn new() -> Self {
        Self {
            signals_received: Family::default(),
            signals_deduplicated: Family::default(),
            crds_created: Family::default(),
            crd_creation_errors: Family::default(),
            request_duration: Family::new_with_constructor(request_duration_histogram),
            requests_in_flight: Gauge::default(),
            signals_rejected: Family::default(),
            owner_resolution: Family::default(),
            signals_parse_dropped: Family::default(),
            discovery_refresh_errors: Counter::default(),
            lock_acquisition_failures: Counter::default(),
            lock_takeovers: Counter::default(),
            lock_conflicts: Counter::default(),
            ambiguous_writes: Counter::default(),
            batch_size: Histogram::new([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0]),
            fingerprint_collisions: Counter::default(),
            coalescer_rejected: Counter::default(),
            redeliveries: Counter::default(),
            settle_unknown: Counter::default(),
        }
    }

    /// The exposition, in the OpenMetrics text format. Samples of one metric are in no fixed order.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        text::encode(&mut text, &self.registry()).expect("writing to a String does not fail");
        text
    }

    /// Observes one answered request.
    pub fn observe_request(&self, labels: &RequestLabels, took: Duration) {
        self.request_duration.get_or_create(labels).observe(took.as_secs_f64());
    }

    /// Made for each scrape: metrics are cheap handles, and an application that is never scraped pays nothing.
    #[rustfmt::skip]
    fn registry(&self) -> Registry {
        let mut registry = Registry::with_prefix("gateway");
        registry.register("signals_received", "Signals parsed and resolved", self.signals_received.clone());
        registry.register("signals_deduplicated", "Signals counted on a request that stood", self.signals_deduplicated.clone());
        registry.register("crds_created", "RemediationRequests begun", self.crds_created.clone());
        registry.register("crd_creation_errors", "Signals that could not be stored", self.crd_creation_errors.clone());
        registry.register("http_request_duration_seconds", "Time to answer", self.request_duration.clone());
        registry.register("http_requests_in_flight", "Requests being handled", self.requests_in_flight.clone());
        registry.register("signals_rejected", "Alerts that are no signals", self.signals_rejected.clone());
        registry.register("owner_resolution", "Ends of owner resolution", self.owner_resolution.clone());
        registry.register("signals_parse_dropped", "Group members without a signal", self.signals_parse_dropped.clone());
        registry.register("discovery_refresh_errors", "Failed discovery refreshes", self.discovery_refresh_errors.clone());
        registry.register("lock_acquisition_failures", "Lease acquisitions that failed", self.lock_acquisition_failures.clone());
        registry.register("lock_takeovers", "Leases taken over", self.lock_takeovers.clone());
        registry.register("lock_conflicts", "Lease acquisitions lost to another replica", self.lock_conflicts.clone());
        registry.register("ambiguous_writes", "Writes that may have taken effect", self.ambiguous_writes.clone());
        registry.register("batch_size", "Signals counted by one status write", self.batch_size.clone());
        registry.register("fingerprint_collisions", "Fingerprints sharing a lease name", self.fingerprint_collisions.clone());
        registry.register("coalescer_rejected", "Signals refused by a full queue", self.coalescer_rejected.clone());
        registry.register("redeliveries", "Deliveries counted before", self.redeliveries.clone());
        registry.register("settle_unknown", "Signals whose counting is unknown", self.settle_unknown.clone());
        registry
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// 1 ms doubling to 512 ms, as the existing gateway's.
fn request_duration_histogram() -> Histogram {
    Histogram::new((0..10).map(|power| 0.001 * f64::from(1_u32 << power)))
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
    fn two_applications_count_apart() {
        let (one, other) = (Metrics::new(), Metrics::new());
        one.settle_unknown.inc();
        assert_eq!(one.settle_unknown.get(), 1);
        assert!(other.encode().contains("gateway_settle_unknown_total 0"));
    }
}
