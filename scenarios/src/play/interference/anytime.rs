//! Interference at any time: writes that a run may place between any two of its steps, where its faults allow it.
//!
//! Each is one request, executed at a point that is a choice of the run. A deletion respects what
//! docs/protocol/argument.md assumes: a request that has ended stays. So does the condition that closes one.
use super::{garbled, scripted};
use crate::{
    gateway_faults::{
        LEASE_STOLEN, MARKS_ERASED, MARKS_GARBLED, REQUEST_DELETED, REQUEST_ENDS, REVIEW_LIFTED, REVIEW_REQUIRED,
    },
    objects::{is_terminal, lease_name, leases_path, phase_of, request_path},
    play::{api::Write, stage::Stage},
    workload::Interference,
};
use apiserver::{Request, ResourceId};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use serde_json::{Value, json};
use sim::engine::{ActorId, ClusterView};
use std::{sync::Arc, time::Duration};

/// All interference that may happen to these fingerprints.
pub fn offers(stage: &Stage, fingerprints: &[Arc<str>]) -> Vec<Box<dyn sim::Interference>> {
    let each = fingerprints.iter().flat_map(|fingerprint| {
        let offer = |(fault, actor, what)| Offer {
            what,
            fault,
            actor,
            fingerprint: Arc::clone(fingerprint),
            leases: stage.leases,
            requests: stage.requests,
        };
        let (orchestrator, administrator) = (stage.orchestrator_id, stage.administrator_id);
        let delete = Interference::DeleteRequests { held: Duration::ZERO };
        [
            (LEASE_STOLEN, administrator, Interference::FreeLease),
            (REQUEST_ENDS, orchestrator, Interference::EndRequest),
            (REQUEST_DELETED, administrator, delete),
            (MARKS_ERASED, administrator, Interference::EraseMarks),
            (MARKS_GARBLED, administrator, Interference::GarbleMarks(0)),
            (REVIEW_REQUIRED, orchestrator, Interference::EndForReview),
            (REVIEW_LIFTED, orchestrator, Interference::LiftReview),
        ]
        .map(offer)
    });
    each.map(|offer| Box::new(offer) as Box<dyn sim::Interference>).collect()
}

/// One kind of interference with one fingerprint.
///
/// It cannot own the stage: the stage owns the simulation, which owns this.
struct Offer {
    what: Interference,
    fault: &'static str,
    actor: ActorId,
    fingerprint: Arc<str>,
    leases: ResourceId,
    requests: ResourceId,
}

impl sim::Interference for Offer {
    fn fault(&self) -> &'static str {
        self.fault
    }

    fn actor(&self) -> ActorId {
        self.actor
    }

    fn request(&self, cluster: &ClusterView<'_>) -> Option<Request> {
        let write = match self.what {
            Interference::FreeLease => self.free_lease(cluster),
            Interference::EndRequest => self.end_request(cluster),
            Interference::DeleteRequests { .. } => self.delete_request(cluster),
            Interference::EraseMarks => self.erase_marks(cluster),
            Interference::GarbleMarks(_) => self.garble_marks(cluster),
            Interference::EndForReview => self.end_for_review(cluster),
            Interference::LiftReview => self.lift_review(cluster),
            _ => None,
        };
        write.map(|write| request(&write))
    }
}

impl Offer {
    fn free_lease(&self, cluster: &ClusterView<'_>) -> Option<Write> {
        let name = lease_name(&self.fingerprint);
        let held = |lease: &Value| lease["spec"]["holderIdentity"].as_str().is_some_and(|holder| !holder.is_empty());
        cluster.objects(self.leases).find(|lease| lease["metadata"]["name"] == *name && held(lease))?;
        let free = json!({"spec": {"holderIdentity": "", "leaseDurationSeconds": 1}});
        Some(Write::patch(format!("{}/{name}", leases_path()), free))
    }

    fn end_request(&self, cluster: &ClusterView<'_>) -> Option<Write> {
        let active = self.requests(cluster).find(|request| !is_terminal(phase_of(request)))?;
        let completed = json!({"status": {"overallPhase": "Completed"}});
        Some(Write::patch(format!("{}/status", request_path(&active)), completed))
    }

    fn end_for_review(&self, cluster: &ClusterView<'_>) -> Option<Write> {
        let active = self.requests(cluster).find(|request| !is_terminal(phase_of(request)))?;
        Some(Write::patch(format!("{}/status", request_path(&active)), scripted::for_review()))
    }

    fn lift_review(&self, cluster: &ClusterView<'_>) -> Option<Write> {
        let required = |request: &Arc<Value>| request["status"]["completionStatus"].get("outcome").is_some();
        let reviewed = self.requests(cluster).find(required)?;
        Some(Write::patch(format!("{}/status", request_path(&reviewed)), scripted::review_lifted()))
    }

    fn delete_request(&self, cluster: &ClusterView<'_>) -> Option<Write> {
        let deletable = |request: &Arc<Value>| {
            request["metadata"].get("deletionTimestamp").is_none() && !is_terminal(phase_of(request))
        };
        Some(Write::delete(request_path(&*self.requests(cluster).find(deletable)?)))
    }

    fn erase_marks(&self, cluster: &ClusterView<'_>) -> Option<Write> {
        let marked = |request: &Arc<Value>| {
            let conditions = request["status"]["conditions"].as_array();
            conditions.into_iter().flatten().any(|condition| !scripted::closes(condition))
        };
        let marked = self.requests(cluster).find(marked)?;
        Some(Write::patch(format!("{}/status", request_path(&marked)), scripted::erased(&marked)))
    }

    /// The way follows from the version, so that it differs from time to time.
    fn garble_marks(&self, cluster: &ClusterView<'_>) -> Option<Write> {
        let active = self.requests(cluster).find(|request| !is_terminal(phase_of(request)))?;
        let version: u64 = active["metadata"]["resourceVersion"].as_str()?.parse().ok()?;
        let garbled = garbled::patch(&active, (version % u64::from(garbled::WAYS)) as u8);
        Some(Write::patch(format!("{}/status", request_path(&active)), garbled))
    }

    fn requests<'a>(&'a self, cluster: &'a ClusterView<'_>) -> impl Iterator<Item = Arc<Value>> + 'a {
        cluster.objects(self.requests).filter(|request| request["spec"]["signalFingerprint"] == *self.fingerprint)
    }
}

fn request(write: &Write) -> Request {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(write.content_type()))]);
    Request {
        method: write.method.clone(),
        target: write.target.clone(),
        headers,
        body: Bytes::from(write.body.to_string()),
    }
}
