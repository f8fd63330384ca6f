//! The HTTP endpoints, one file each, and what they share: reading a delivery, processing an alert, writing the answer.
pub mod answer;
mod delivery;
mod freshness;
pub mod health;
pub mod kubernetes_event;
mod process;
pub mod prometheus;

/// The path that Alertmanager posts to.
pub const PROMETHEUS: &str = "/api/v1/signals/prometheus";
/// The path that event exporters post to.
pub const KUBERNETES_EVENT: &str = "/api/v1/signals/kubernetes-event";

/// The route of a path; `None` if it has none.
pub fn endpoint(path: &str) -> Option<&'static str> {
    [PROMETHEUS, KUBERNETES_EVENT].into_iter().find(|endpoint| *endpoint == path)
}
