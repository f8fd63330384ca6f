//! The orchestrator that a live run plays: it reads a RemediationRequest, changes a typed status that lacks the fields
//! it does not know, and PUTs the whole, as the real one does.
use crate::{
    live::{
        cluster::{Api, View, watch::revision},
        history::{Call, Client, Fact, Journal},
    },
    objects::{is_terminal, phase_of},
    play::orchestrator::typed,
};
use http::Method;
use serde_json::{Value, json};
use std::sync::Arc;

/// Attempts of client-go's retry.DefaultRetry.
const ATTEMPTS: u32 = 5;

/// The orchestrator. Clones are the same one.
#[derive(Clone)]
pub struct Orchestrator {
    /// Connection to the API server.
    pub api: Api,
    /// Namespace of the RemediationRequests.
    pub namespace: Arc<str>,
    /// The latest states of the requests.
    pub view: View,
    /// Where its calls are recorded.
    pub journal: Journal,
}

impl Orchestrator {
    /// Moves the fingerprint's active requests to a phase; whether there was one.
    pub async fn move_to(&self, fingerprint: &str, phase: &str) -> bool {
        let mut moved = false;
        for name in self.view.active(fingerprint) {
            moved |= self.set_phase(&name, phase).await;
        }
        moved
    }

    async fn set_phase(&self, name: &str, phase: &str) -> bool {
        let path = format!("/apis/kubernaut.ai/v1alpha1/namespaces/{}/remediationrequests/{name}", self.namespace);
        for _ in 0..ATTEMPTS {
            let Some((200, mut object)) = self.call(Method::GET, &path, name, None).await else { return false };
            // A request that has ended stays ended: no gateway could handle one that becomes active again.
            if is_terminal(phase_of(&object)) {
                return false;
            }
            typed(&mut object["status"]);
            object["status"]["overallPhase"] = json!(phase);
            match self.call(Method::PUT, &format!("{path}/status"), name, Some(&object)).await {
                Some((200, _)) => return true,
                Some((409, _)) => {}
                _ => return false,
            }
        }
        false
    }

    async fn call(&self, method: Method, target: &str, name: &str, body: Option<&Value>) -> Option<(u16, Value)> {
        let from = self.journal.now();
        let answer = self.api.call(method.clone(), target, body).await.ok();
        let written = answer.as_ref().filter(|answer| body.is_some() && answer.status == 200);
        self.journal.record(Fact::Called(Call {
            from,
            to: self.journal.now(),
            by: Client::Orchestrator,
            method: method.as_str().into(),
            resource: if body.is_some() { "remediationrequests/status" } else { "remediationrequests" }.into(),
            name: name.into(),
            status: answer.as_ref().map(|answer| answer.status),
            revision: written.map(|answer| revision(&answer.body)),
            holder: None,
        }));
        answer.map(|answer| (answer.status, answer.body))
    }
}
