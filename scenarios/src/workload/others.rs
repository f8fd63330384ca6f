//! Others: what an administrator and the orchestrator may do at any step of a run whose faults allow it.
//!
//! Each is one request, executed where the run's choices place it: a held lease is freed under its holder (what an expiry that
//! one replica sees too early comes to, at any moment), an active RemediationRequest ends, one is deleted, and one loses its
//! conditions. Deletion keeps to what docs/protocol.md assumes: not while a create of that name is still under way.
use super::script::{NAMESPACE, Stage};
use crate::gateway_faults::{LEASE_STOLEN, MARKS_ERASED, REQUEST_DELETED, REQUEST_ENDS};
use apiserver::{Request, ResourceId};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header::CONTENT_TYPE};
use serde_json::{Value, json};
use sim::{
    Interference,
    engine::{ActorId, ClusterView},
};
use std::sync::Arc;

const TERMINAL: &[&str] = &["Completed", "Failed", "TimedOut", "Skipped", "Cancelled"];

/// What others may do about these fingerprints.
pub fn of(stage: &Stage, fingerprints: &[Arc<str>]) -> Vec<Box<dyn Interference>> {
    let each = fingerprints.iter().flat_map(|fingerprint| {
        let other = |deed| Other {
            deed,
            fingerprint: Arc::clone(fingerprint),
            actor: if deed == Deed::End { stage.orchestrator_id } else { stage.administrator_id },
            leases: stage.leases,
            requests: stage.requests,
        };
        [Deed::FreeLease, Deed::End, Deed::Delete, Deed::EraseMarks].map(other)
    });
    each.map(|other| Box::new(other) as Box<dyn Interference>).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    FreeLease,
    End,
    Delete,
    EraseMarks,
}

struct Other {
    deed: Deed,
    fingerprint: Arc<str>,
    // Not the stage: it holds the world, which holds this.
    actor: ActorId,
    leases: ResourceId,
    requests: ResourceId,
}

impl Interference for Other {
    fn fault(&self) -> &'static str {
        match self.deed {
            Deed::FreeLease => LEASE_STOLEN,
            Deed::End => REQUEST_ENDS,
            Deed::Delete => REQUEST_DELETED,
            Deed::EraseMarks => MARKS_ERASED,
        }
    }

    fn actor(&self) -> ActorId {
        self.actor
    }

    fn request(&self, cluster: &ClusterView<'_>) -> Option<Request> {
        match self.deed {
            Deed::FreeLease => self.free(cluster),
            Deed::End => self.end(cluster),
            Deed::Delete => self.delete(cluster),
            Deed::EraseMarks => self.erase(cluster),
        }
    }
}

impl Other {
    fn free(&self, cluster: &ClusterView<'_>) -> Option<Request> {
        let name = format!("gw-lock-{}", &self.fingerprint[..16]);
        let held = |lease: &Value| lease["spec"]["holderIdentity"].as_str().is_some_and(|holder| !holder.is_empty());
        cluster.objects(self.leases).find(|lease| lease["metadata"]["name"] == *name && held(lease))?;
        let target = format!("/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/{name}");
        Some(request(Method::PATCH, target, &json!({"spec": {"holderIdentity": "", "leaseDurationSeconds": 1}})))
    }

    fn end(&self, cluster: &ClusterView<'_>) -> Option<Request> {
        let active =
            |request: &Arc<Value>| !TERMINAL.contains(&request["status"]["overallPhase"].as_str().unwrap_or_default());
        let target = format!("{}/status", path(&*self.requests(cluster).find(active)?));
        Some(request(Method::PATCH, target, &json!({"status": {"overallPhase": "Completed"}})))
    }

    fn delete(&self, cluster: &ClusterView<'_>) -> Option<Request> {
        let awaited = |name: &str| {
            let posts = cluster.pending().iter().filter(|request| request.method == Method::POST);
            posts.map(|request| String::from_utf8_lossy(&request.body)).any(|body| body.contains(name))
        };
        let deletable = |request: &Arc<Value>| {
            let metadata = &request["metadata"];
            metadata.get("deletionTimestamp").is_none() && !metadata["name"].as_str().is_some_and(awaited)
        };
        let target = path(&*self.requests(cluster).find(deletable)?);
        Some(request(Method::DELETE, target, &json!({"apiVersion": "v1", "kind": "DeleteOptions"})))
    }

    fn erase(&self, cluster: &ClusterView<'_>) -> Option<Request> {
        let marked =
            |request: &Arc<Value>| request["status"]["conditions"].as_array().is_some_and(|all| !all.is_empty());
        let target = format!("{}/status", path(&*self.requests(cluster).find(marked)?));
        Some(request(Method::PATCH, target, &json!({"status": {"conditions": []}})))
    }

    fn requests<'a>(&'a self, cluster: &'a ClusterView<'_>) -> impl Iterator<Item = Arc<Value>> + 'a {
        cluster.objects(self.requests).filter(|request| request["spec"]["signalFingerprint"] == *self.fingerprint)
    }
}

fn path(request: &Value) -> String {
    let text = |member: &str| request["metadata"][member].as_str().unwrap_or_default().to_owned();
    format!("/apis/kubernaut.ai/v1alpha1/namespaces/{}/remediationrequests/{}", text("namespace"), text("name"))
}

fn request(method: Method, target: String, body: &Value) -> Request {
    let merge = method == Method::PATCH;
    let kind = if merge { "application/merge-patch+json" } else { "application/json" };
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
    Request { method, target, headers, body: Bytes::from(body.to_string()) }
}
