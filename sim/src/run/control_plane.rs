//! The API servers as their clients meet them: which one a request reaches, and what each client knows by now.
//!
//! Several servers over one store lag each on its own. A client that is moved to another one (its server restarted, its
//! connection was balanced) may be served a state older than the one it has acted on: time travel, in the words of Sun et al.,
//! "Reasoning about modern datacenter infrastructures using partial histories" (HotOS 2021), and kubernetes/kubernetes#59848.
use crate::{event::ActorId, faults::Faults};
use apiserver::{CachedRead, Limits, ResourceId};
use std::collections::BTreeMap;

/// Which API server a request reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Balance {
    /// A client keeps to its server until a stream of it ends there: a connection-level balancer, which is the usual thing.
    Pinned,
    /// Each request reaches any of them: a balancer of requests.
    PerRequest,
}

/// How API servers are, beside how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlPlane {
    /// Who is sent where.
    pub balance: Balance,
    /// What each server can hold.
    pub limits: Limits,
}

impl ControlPlane {
    /// Clients are pinned, and servers hold everything.
    pub const USUAL: ControlPlane = ControlPlane { balance: Balance::Pinned, limits: Limits::NONE };
}

/// Who knows something: a pod, whose restarts act on what came of the starts before, or another client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Client {
    Replica(usize),
    Other(ActorId),
}

/// The newest revision of each resource that each client was told of.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Nobody can go back where nobody can change servers: then nothing is kept.
    kept: bool,
    revisions: BTreeMap<(Client, ResourceId), u64>,
}

impl Known {
    pub(crate) fn new(servers: usize, control_plane: &ControlPlane, faults: &Faults) -> Self {
        let moved = control_plane.balance == Balance::PerRequest || faults.watches_max > 0 || faults.servers_max > 0;
        Self { kept: servers > 1 && moved, revisions: BTreeMap::new() }
    }

    /// Whether anything is kept.
    pub(crate) fn kept(&self) -> bool {
        self.kept
    }

    fn newest(&mut self, actor: ActorId, replica: Option<usize>, resource: ResourceId) -> &mut u64 {
        let client = replica.map_or(Client::Other(actor), Client::Replica);
        self.revisions.entry((client, resource)).or_default()
    }

    /// A watch told a client everything up to a revision.
    pub(crate) fn hear(&mut self, actor: ActorId, replica: Option<usize>, resource: ResourceId, revision: u64) {
        let newest = self.newest(actor, replica, resource);
        *newest = revision.max(*newest);
    }

    /// A client's list or watch was served from a cache; whether that is older than what it knew.
    pub(crate) fn read(&mut self, actor: ActorId, replica: Option<usize>, read: CachedRead) -> bool {
        if !self.kept {
            return false;
        }
        let newest = self.newest(actor, replica, read.resource);
        let back = read.revision < *newest;
        if read.told {
            // What it is told now is what it goes by from here on.
            *newest = read.revision;
        }
        back
    }
}
