//! Probes: what replicas answer to the kubelet.

/// The answer to one question whether a replica is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Index of the replica.
    pub replica: usize,
    /// HTTP status; `None` if it did not answer.
    pub status: Option<u16>,
    /// Body of the answer: the reason of one that is not ready.
    pub body: String,
}
