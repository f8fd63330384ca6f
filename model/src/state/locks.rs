//! Leases as locks: who acquired one, and until when it holds.
//!
//! An *acquisition* is a commit that sets a new holder, or sets the holder again after the former acquisition expired
//! or the lease was created anew. It ends when the same actor releases it. A deletion or clearing by another replica
//! does not end it: that is exactly what must not happen. One by a client that is not a replica does: the lock is
//! stolen, and the next replica may take it. The checks decide whether it has expired, and whether the request whose
//! creation it guarded has ended.
use super::moment::Moment;
use crate::observation::{Actor, Change, Lease};
use std::sync::Arc;

/// One hold of a lock: the holder, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Acquisition {
    pub(crate) actor: Actor,
    pub(crate) holder: Arc<str>,
    /// Its commit, or the holder's last renewal.
    pub(crate) since: Moment,
    /// Name of the request whose creation it guards, if the lease says so.
    pub(crate) guards: Option<Arc<str>>,
}

impl Acquisition {
    /// Whether both belong to the same start of the same replica and to the same holder identity.
    pub(crate) fn same_owner(&self, other: &Self) -> bool {
        self.actor == other.actor && self.holder == other.holder
    }
}

/// What a commit of a lease means for the lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LockStep {
    /// An actor acquired it, and `over` was not released before.
    Acquired {
        /// The new acquisition.
        by: Acquisition,
        /// The former acquisition, if it was never released; it may have expired.
        over: Option<Acquisition>,
    },
    /// The actor that acquired it released it.
    Released(Acquisition),
    /// Another replica ended the acquisition, which may have expired.
    Taken(Acquisition),
    /// A client that is not a replica ended the acquisition.
    Stolen,
    /// Anything else: a renewal, the deletion of a free lease, a change of other fields.
    Unchanged,
}

/// The lock that one lease name stands for.
#[derive(Debug)]
pub(crate) struct Lock {
    /// The current lease, if it exists.
    pub(crate) lease: Option<Arc<Lease>>,
    /// The last acquisition that was not released.
    pub(crate) acquisition: Option<Acquisition>,
    /// Its last commit.
    pub(crate) changed: Moment,
    /// Whether a replica wrote the current lease. Another client's is not a replica's to delete.
    pub(crate) of_replicas: bool,
}

impl Lock {
    pub(super) const fn new(now: Moment) -> Self {
        Self { lease: None, acquisition: None, changed: now, of_replicas: false }
    }

    pub(super) fn commit(&mut self, now: Moment, actor: Actor, change: Change, lease: &Arc<Lease>) -> LockStep {
        self.changed = now;
        self.of_replicas = actor.is_replica() || (self.of_replicas && change != Change::Created);
        let former = self.lease.take().and_then(|lease| lease.holder.clone());
        if change != Change::Deleted {
            self.lease = Some(Arc::clone(lease));
        }
        match &lease.holder {
            Some(holder) if change != Change::Deleted => {
                let (holder, guards) = (Arc::clone(holder), lease.guards.clone());
                self.hold(former.as_ref(), Acquisition { actor, holder, since: now, guards })
            }
            _ => self.free(actor),
        }
    }

    fn hold(&mut self, former: Option<&Arc<str>>, by: Acquisition) -> LockStep {
        let kept = former == Some(&by.holder);
        if let Some(acquisition) = &mut self.acquisition
            && kept
        {
            if acquisition.same_owner(&by) {
                *acquisition = by;
                return LockStep::Unchanged;
            }
            // A client that is not a replica and keeps the holder does not acquire: it may add a label, for example.
            if !by.actor.is_replica() {
                return LockStep::Unchanged;
            }
        }
        let over = self.acquisition.replace(by.clone());
        LockStep::Acquired { by, over }
    }

    fn free(&mut self, actor: Actor) -> LockStep {
        match &self.acquisition {
            None => LockStep::Unchanged,
            Some(acquisition) if acquisition.actor == actor => {
                self.acquisition.take().map_or(LockStep::Unchanged, LockStep::Released)
            }
            Some(acquisition) if actor.is_replica() => LockStep::Taken(acquisition.clone()),
            Some(_) => {
                self.acquisition = None;
                LockStep::Stolen
            }
        }
    }
}
