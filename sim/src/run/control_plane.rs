//! The API servers as their clients see them: which one a request reaches, and what each can hold.
use apiserver::Limits;

/// How requests are spread over API servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Balance {
    /// A client keeps its server until a stream of it ends there: a balancer of connections, the usual kind.
    Pinned,
    /// Each request reaches any server: a balancer of requests.
    PerRequest,
}

/// Properties of the API servers, besides their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlPlane {
    /// Spread of requests over the servers.
    pub balance: Balance,
    /// Sizes of each server's histories and buffers.
    pub limits: Limits,
}

impl ControlPlane {
    /// Clients are pinned, and servers hold everything.
    pub const USUAL: ControlPlane = ControlPlane { balance: Balance::Pinned, limits: Limits::NONE };
}
