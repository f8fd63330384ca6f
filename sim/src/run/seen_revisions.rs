//! What each client has seen of each resource, to notice when it is shown an older state.
//!
//! Several servers over one store lag independently. A client that moves to another one (its server restarted, its
//! connection was balanced) may be served a state older than the one it has acted on: time travel, in the words of Sun
//! et al., "Reasoning about modern datacenter infrastructures using partial histories" (HotOS 2021), and
//! kubernetes/kubernetes#59848.
use super::control_plane::{Balance, ControlPlane};
use crate::{event::ActorId, faults::Faults};
use apiserver::{CachedRead, ResourceId};
use std::collections::BTreeMap;

/// A client: a pod, whose restarts act on what its earlier starts saw, or another actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Client {
    Replica(usize),
    Other(ActorId),
}

/// Newest revision of each resource that each client has seen.
#[derive(Debug, Default)]
pub(crate) struct SeenRevisions {
    /// Whether anything is kept. Clients that never change servers never see an older state.
    kept: bool,
    revisions: BTreeMap<(Client, ResourceId), u64>,
}

impl SeenRevisions {
    pub(crate) fn new(servers: usize, control_plane: &ControlPlane, faults: &Faults) -> Self {
        let moves =
            control_plane.balance == Balance::PerRequest || faults.max_watch_faults > 0 || faults.max_server_faults > 0;
        Self { kept: servers > 1 && moves, revisions: BTreeMap::new() }
    }

    /// Whether anything is kept.
    pub(crate) fn kept(&self) -> bool {
        self.kept
    }

    fn newest(&mut self, actor: ActorId, replica: Option<usize>, resource: ResourceId) -> &mut u64 {
        let client = replica.map_or(Client::Other(actor), Client::Replica);
        self.revisions.entry((client, resource)).or_default()
    }

    /// Notes that a watch has delivered everything up to a revision.
    pub(crate) fn watched(&mut self, actor: ActorId, replica: Option<usize>, resource: ResourceId, revision: u64) {
        let newest = self.newest(actor, replica, resource);
        *newest = revision.max(*newest);
    }

    /// Notes a list or watch served from a cache; true if it shows less than the client had seen.
    pub(crate) fn read(&mut self, actor: ActorId, replica: Option<usize>, read: CachedRead) -> bool {
        if !self.kept {
            return false;
        }
        let newest = self.newest(actor, replica, read.resource);
        let back = read.revision < *newest;
        if read.shown {
            // The client acts on this state from now on.
            *newest = read.revision;
        }
        back
    }
}
