//! The work that is compared: what a burst leaves, and the cluster that it begins with.
use apiserver::Registry;
use scenarios::{objects::NAMESPACE, workload::Payload};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    borrow::Borrow,
    sync::{Arc, OnceLock},
    time::Duration,
};

/// What a burst leaves. Rows of a table with different work cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Signals that were accepted.
    pub accepted: u64,
    /// RemediationRequests at the end.
    pub requests: u64,
    /// Signals that are counted on them.
    pub counted: u64,
}

/// One run of a burst.
#[derive(Debug, Clone, Copy)]
pub struct Done {
    /// Work of the run.
    pub work: Work,
    /// API calls that it took.
    pub api_calls: u64,
    /// Simulated time that it took.
    pub simulated: Duration,
}

impl Work {
    /// The canonical burst: 15 signals of one fingerprint, one RemediationRequest.
    pub const BURST: Work = Work { accepted: 15, requests: 1, counted: 15 };

    /// The work of a run with so many accepted signals and these RemediationRequests.
    pub fn of(accepted: usize, requests: &[impl Borrow<Value>]) -> Self {
        let count = |object: &Value| object["status"]["deduplication"]["occurrenceCount"].as_u64().unwrap_or(0);
        Self {
            accepted: accepted as u64,
            requests: requests.len() as u64,
            counted: requests.iter().map(|object| count(object.borrow())).sum(),
        }
    }
}

/// The kinds that a Lockstep run has: the built-in ones and RemediationRequests.
///
/// # Panics
/// If the gateway's own definition is not valid.
pub fn registry() -> Arc<Registry> {
    static REGISTRY: OnceLock<Arc<Registry>> = OnceLock::new();
    Arc::clone(REGISTRY.get_or_init(|| {
        let definition = serde_json::to_value(gateway::api::crd()).expect("a definition has only string keys");
        Arc::new(Registry::builtin().with_crd(&definition).expect("the gateway's own definition is valid"))
    }))
}

/// What exists before a burst: namespaces, and the Deployment that its alerts are about.
pub fn fixtures() -> Vec<Value> {
    let namespace = |name: &str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    let mut objects = vec![namespace(NAMESPACE), namespace("payments")];
    for mut object in Payload::Deployment.objects() {
        object["metadata"]["labels"] = json!({"kubernaut.ai/managed": "true"});
        objects.push(object);
    }
    objects
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_all_requests_are_added() {
        let request = |count: u64| json!({"status": {"deduplication": {"occurrenceCount": count}}});
        let work = Work::of(3, &[request(2), request(1), json!({})]);
        assert_eq!(work, Work { accepted: 3, requests: 3, counted: 3 });
    }
}
