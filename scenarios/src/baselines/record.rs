//! A RemediationRequest as the existing gateway's code passes it around: with a typed status, so that a write of it
//! drops unknown fields, and with the spec as it was received, because a write of the status cannot change it.
use gateway::api::{RemediationRequest, RemediationRequestStatus};
use kube::core::ObjectMeta;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;

/// A RemediationRequest with a typed status.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(super) struct Record {
    #[serde(rename = "apiVersion")]
    api_version: String,
    kind: String,
    pub(super) metadata: ObjectMeta,
    /// Spec as received; shared, because lists are cloned.
    pub(super) spec: Option<Arc<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<RemediationRequestStatus>,
}

/// Field that the fallback of the deduplication check filters by.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Selected {
    #[serde(default)]
    signal_fingerprint: String,
}

impl Record {
    /// An object that was just created. It has no spec: every write begins with a read.
    pub(super) fn created(rr: RemediationRequest) -> Self {
        let (api_version, kind) = ("kubernaut.ai/v1alpha1".to_owned(), "RemediationRequest".to_owned());
        Self { api_version, kind, metadata: rr.metadata, spec: None, status: rr.status }
    }

    /// Whether spec.signalFingerprint equals `fingerprint`.
    pub(super) fn is_about(&self, fingerprint: &str) -> bool {
        self.fingerprint().as_deref() == Some(fingerprint)
    }

    /// spec.signalFingerprint.
    pub(super) fn fingerprint(&self) -> Option<String> {
        let spec = self.spec.as_ref()?;
        serde_json::from_str::<Selected>(spec.get()).ok().map(|selected| selected.signal_fingerprint)
    }
}
