//! A RemediationRequest as the existing gateway's code passes it around: the status typed, so that a write of it drops
//! what the struct does not have; the spec as it came, since nothing here looks into it and a write of the status
//! cannot change it.
use gateway::api::{RemediationRequest, RemediationRequestStatus};
use kube::core::ObjectMeta;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;

/// See the module.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(super) struct Record {
    #[serde(rename = "apiVersion")]
    api_version: String,
    kind: String,
    pub(super) metadata: ObjectMeta,
    /// Shared: lists of it are cloned.
    pub(super) spec: Option<Arc<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<RemediationRequestStatus>,
}

/// What the fallback of the deduplication check filters by.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Selected {
    #[serde(default)]
    signal_fingerprint: String,
}

impl Record {
    /// An object that was created, as far as its creator goes on with it: every write begins with a read.
    pub(super) fn created(rr: RemediationRequest) -> Self {
        let (api_version, kind) = ("kubernaut.ai/v1alpha1".to_owned(), "RemediationRequest".to_owned());
        Self { api_version, kind, metadata: rr.metadata, spec: None, status: rr.status }
    }

    /// Whether spec.signalFingerprint is this.
    pub(super) fn is_about(&self, fingerprint: &str) -> bool {
        let selected = self.spec.as_ref().and_then(|spec| serde_json::from_str::<Selected>(spec.get()).ok());
        selected.is_some_and(|selected| selected.signal_fingerprint == fingerprint)
    }
}
