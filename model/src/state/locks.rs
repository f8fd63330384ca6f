//! Leases as locks: who acquired one, and until when it holds.
//!
//! An *acquisition* is a commit that puts a holder there that was not there before, or puts one there after the former one
//! expired or the lease was created anew. It ends with its release by the same actor, and a deletion or clearing by anybody
//! else does not end it: that is exactly what must not happen. Whether it has expired is the checks' question.
use super::Moment;
use crate::observation::{Actor, Change, Lease};
use std::sync::Arc;

/// Who holds a lock since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Acquisition {
    pub(crate) actor: Actor,
    pub(crate) holder: Arc<str>,
    /// Its commit, or the holder's last renewal.
    pub(crate) since: Moment,
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
    /// Somebody acquired it, while `over` was not released.
    Acquired {
        /// The new one.
        by: Acquisition,
        /// The former one, where it was never released; it may have expired.
        over: Option<Acquisition>,
    },
    /// Its acquisition was released by its own actor.
    Released(Acquisition),
    /// An acquisition was ended by another actor; it may have expired.
    Taken(Acquisition),
    /// Anything else: a renewal, the deletion of a free lease, a change of other fields.
    Unchanged,
}

/// One lease name.
#[derive(Debug)]
pub(crate) struct Lock {
    /// The lease as it is, if it exists.
    pub(crate) lease: Option<Arc<Lease>>,
    /// The last acquisition that was not released.
    pub(crate) acquisition: Option<Acquisition>,
    /// Its last commit.
    pub(crate) changed: Moment,
}

impl Lock {
    pub(super) const fn new(now: Moment) -> Self {
        Self { lease: None, acquisition: None, changed: now }
    }

    pub(super) fn commit(&mut self, now: Moment, actor: Actor, change: Change, lease: &Arc<Lease>) -> LockStep {
        self.changed = now;
        let former = self.lease.take().and_then(|lease| lease.holder.clone());
        if change != Change::Deleted {
            self.lease = Some(Arc::clone(lease));
        }
        match &lease.holder {
            Some(holder) if change != Change::Deleted => self.hold(now, actor, former.as_ref(), holder),
            _ => self.free(actor),
        }
    }

    fn hold(&mut self, now: Moment, actor: Actor, former: Option<&Arc<str>>, holder: &Arc<str>) -> LockStep {
        let by = Acquisition { actor, holder: Arc::clone(holder), since: now };
        let kept = former == Some(holder);
        if let Some(acquisition) = &mut self.acquisition
            && kept
        {
            if acquisition.same_owner(&by) {
                acquisition.since = now;
                return LockStep::Unchanged;
            }
            // Whoever is not a replica and leaves the holder alone takes no lock: it labels the lease, say.
            if !super::is_replica(actor) {
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
            Some(acquisition) => LockStep::Taken(acquisition.clone()),
        }
    }
}
