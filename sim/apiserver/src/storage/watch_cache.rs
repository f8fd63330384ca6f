//! The watch cache of each API server and resource: its position in the log, and the start of its history.
//!
//! A cache is a position in the store's log, not a copy: it holds the state at that position. It serves the reads that
//! may be stale (resourceVersion 0 or N) and feeds the watches (k8s.io/apiserver/pkg/storage/cacher). Its history
//! begins at the last restart, and may be limited to a number of events; the real one's growth to 75 s of history is
//! not simulated.
use super::store::Store;
use crate::base::id::{ResourceId, ServerId};

/// One server's cache of one resource.
#[derive(Debug, Clone, Copy, Default)]
struct Position {
    /// Number of events of the resource's log that it has applied.
    applied: usize,
    /// The revision of the list that it started from: watches from older revisions have expired.
    since: u64,
    /// The revision up to which etcd has confirmed that there are no more events (a progress notification, which a
    /// consistent read requests): other resources advance the store's revision too.
    progress: u64,
    /// Number of open watches that it feeds.
    watches: u32,
    /// Whether it has served a stale read, and may serve others.
    read: bool,
    /// Whether its server has just started and has not listed the resource yet.
    initialising: bool,
}

/// The caches of all servers.
#[derive(Debug, Clone)]
pub(crate) struct Caches {
    servers: Vec<Vec<Position>>,
    /// The caches with watches or stale reads, in order: few of many, and consulted at every step of a run.
    noticed: Vec<(ServerId, ResourceId)>,
    auto_advance: bool,
    /// Number of events that each cache remembers.
    history: usize,
    /// The oldest revision of which the caches still have a snapshot, as far as compaction decides.
    snapshots: u64,
}

impl Caches {
    pub(crate) fn new(store: &Store, servers: usize, resources: usize) -> Self {
        let mut caches =
            Self { servers: Vec::new(), noticed: Vec::new(), auto_advance: false, history: usize::MAX, snapshots: 0 };
        caches.servers = vec![vec![Position::default(); resources]; servers.max(1)];
        for server in 0..caches.servers.len() {
            caches.restart(store, ServerId(server));
        }
        caches
    }

    pub(crate) fn servers(&self) -> usize {
        self.servers.len()
    }

    /// Restarts a server's caches from the current state; they remember nothing older.
    pub(crate) fn restart(&mut self, store: &Store, server: ServerId) {
        for (i, position) in self.servers[server.0].iter_mut().enumerate() {
            let applied = store.log(resource_id(i)).len();
            *position = Position {
                applied,
                since: store.revision(),
                progress: store.revision(),
                read: false,
                initialising: false,
                ..*position
            };
        }
        for resource in 0..self.servers[server.0].len() {
            self.note(server, resource_id(resource));
        }
    }

    /// Restarts a server's caches without a list of their resource: each lists it at its next advance.
    pub(crate) fn restart_cold(&mut self, store: &Store, server: ServerId) {
        self.restart(store, server);
        for position in &mut self.servers[server.0] {
            position.initialising = true;
        }
    }

    /// Makes room for this many resources.
    pub(crate) fn grow(&mut self, store: &Store, resources: usize) {
        let new = Position { since: store.revision(), progress: store.revision(), ..Position::default() };
        for positions in &mut self.servers {
            positions.resize(resources.max(positions.len()), new);
        }
    }

    /// All caches of one resource list it again.
    pub(crate) fn restart_resource(&mut self, store: &Store, resource: ResourceId) {
        for positions in &mut self.servers {
            let position = &mut positions[usize::from(resource.0)];
            let (applied, revision) = (store.log(resource).len(), store.revision());
            *position = Position { applied, since: revision, progress: revision, ..*position };
        }
    }

    pub(crate) fn limit_history(&mut self, events: usize) {
        self.history = events;
    }

    /// Drops the snapshots of older revisions, as a server does after its own compaction. Watches are not affected.
    pub(crate) fn drop_snapshots(&mut self, revision: u64) {
        self.snapshots = self.snapshots.max(revision);
    }

    /// Whether the cache has listed its resource, so that it can serve.
    pub(crate) fn ready(&self, server: ServerId, resource: ResourceId) -> bool {
        !self.at(server, resource).initialising
    }

    /// Switches automatic advance: with it, every cache is at the store's position; without it, caches stay where they
    /// are.
    pub(crate) fn set_auto_advance(&mut self, store: &Store, on: bool) {
        if self.auto_advance && !on {
            for positions in &mut self.servers {
                for (i, position) in positions.iter_mut().enumerate() {
                    position.applied = store.log(resource_id(i)).len();
                }
            }
        }
        self.auto_advance = on;
    }

    /// Number of events of the resource that the server has applied.
    pub(crate) fn applied(&self, store: &Store, server: ServerId, resource: ResourceId) -> usize {
        if self.auto_advance { store.log(resource).len() } else { self.at(server, resource).applied }
    }

    /// The revision of the state that the cache holds.
    pub(crate) fn revision(&self, store: &Store, server: ServerId, resource: ResourceId) -> u64 {
        let applied = self.applied(store, server, resource);
        let last = applied.checked_sub(1).map_or(0, |i| store.log(resource)[i].revision);
        let position = self.at(server, resource);
        last.max(position.progress).max(position.since)
    }

    /// The oldest revision from which a watch can start.
    pub(crate) fn since(&self, store: &Store, server: ServerId, resource: ResourceId) -> u64 {
        let since = self.at(server, resource).since;
        let forgotten = self.applied(store, server, resource).checked_sub(self.history).and_then(|n| n.checked_sub(1));
        forgotten.map_or(since, |last| since.max(store.log(resource)[last].revision))
    }

    /// The oldest revision whose state the cache can list.
    pub(crate) fn snapshots_since(&self, store: &Store, server: ServerId, resource: ResourceId) -> u64 {
        self.since(store, server, resource).max(self.snapshots)
    }

    /// Applies one event; false if none was left.
    pub(crate) fn advance(&mut self, store: &Store, server: ServerId, resource: ResourceId) -> bool {
        if self.at(server, resource).initialising {
            let applied = store.log(resource).len();
            let position = self.at_mut(server, resource);
            *position = Position { applied, since: store.revision(), initialising: false, ..*position };
            return true;
        }
        let behind = self.applied(store, server, resource) < store.log(resource).len();
        if behind {
            self.at_mut(server, resource).applied += 1;
        }
        behind
    }

    /// Applies all events up to a revision, for a read that is "not older than" it.
    pub(crate) fn catch_up(&mut self, store: &Store, server: ServerId, resource: ResourceId, revision: u64) {
        let wanted = store.first_after(resource, revision);
        let position = self.at_mut(server, resource);
        position.applied = position.applied.max(wanted);
        position.progress = position.progress.max(revision);
    }

    pub(crate) fn watch_opened(&mut self, server: ServerId, resource: ResourceId) {
        self.at_mut(server, resource).watches += 1;
        self.note(server, resource);
    }

    pub(crate) fn watch_closed(&mut self, server: ServerId, resource: ResourceId) {
        let position = self.at_mut(server, resource);
        position.watches = position.watches.saturating_sub(1);
        self.note(server, resource);
    }

    pub(crate) fn was_read(&mut self, server: ServerId, resource: ResourceId) {
        self.at_mut(server, resource).read = true;
        self.note(server, resource);
    }

    /// The caches that are behind and have watches or stale reads, by server, then resource.
    pub(crate) fn lagging<'a>(&'a self, store: &'a Store) -> impl Iterator<Item = (ServerId, ResourceId)> + 'a {
        self.noticed.iter().copied().filter(move |(server, resource)| {
            let behind = self.applied(store, *server, *resource) < store.log(*resource).len();
            behind || self.at(*server, *resource).initialising
        })
    }

    /// Updates the list of caches with watches or stale reads.
    fn note(&mut self, server: ServerId, resource: ResourceId) {
        let position = self.at(server, resource);
        let noticed = position.watches > 0 || position.read;
        match self.noticed.binary_search(&(server, resource)) {
            Err(index) if noticed => self.noticed.insert(index, (server, resource)),
            Ok(index) if !noticed => drop(self.noticed.remove(index)),
            _ => {}
        }
    }

    fn at(&self, server: ServerId, resource: ResourceId) -> &Position {
        &self.servers[server.0][usize::from(resource.0)]
    }

    fn at_mut(&mut self, server: ServerId, resource: ResourceId) -> &mut Position {
        &mut self.servers[server.0][usize::from(resource.0)]
    }
}

fn resource_id(index: usize) -> ResourceId {
    ResourceId(u16::try_from(index).expect("ids have 16 bits"))
}
