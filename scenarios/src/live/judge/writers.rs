//! The writer of each commit.
//!
//! A call whose answer has the commit's version made it. A call whose answer was lost, or does not have the version (a
//! deletion's), is matched by the object, by its effect, by the holder in its body and by time. Without proxies, what
//! lockstep did not write itself was written by a gateway.
use crate::live::history::{Call, Client, Object};
use model::observation::{Actor, Change, Micros};
use std::collections::BTreeMap;

/// Calls that may have made commits.
pub(super) struct Writers<'a> {
    proxied: bool,
    /// The first call with this version in its answer: a write that changes nothing gets an older one.
    known: BTreeMap<u64, &'a Call>,
    /// Writes by name, of which it is not known what they made. Oldest first.
    open: BTreeMap<&'a str, Vec<&'a Call>>,
}

/// Who made a commit, and since when it may have taken effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Writer {
    pub(super) actor: Actor,
    pub(super) from: Micros,
}

impl<'a> Writers<'a> {
    pub(super) fn of(calls: impl Iterator<Item = &'a Call>, proxied: bool) -> Self {
        let (mut known, mut open): (BTreeMap<u64, &Call>, BTreeMap<&str, Vec<&Call>>) = Default::default();
        let mut writes: Vec<&Call> = calls.filter(|call| is_watched(call)).collect();
        writes.sort_by_key(|call| call.from);
        for call in writes {
            match (call.revision, call.status) {
                (Some(revision), _) => _ = known.entry(revision).or_insert(call),
                // Refused for certain.
                (None, Some(400..=499)) => {}
                (None, _) => open.entry(&call.name).or_default().push(call),
            }
        }
        Self { proxied, known, open }
    }

    /// Versions that clients got in answers to their writes, each with the call.
    pub(super) fn known(&self) -> impl Iterator<Item = (u64, &'a Call)> {
        self.known.iter().map(|(revision, call)| (*revision, *call))
    }

    /// The writer of a commit that a watch reported at `seen`; `None` if it is not known.
    pub(super) fn writer(&mut self, revision: u64, change: Change, object: &Object, seen: Micros) -> Option<Writer> {
        if let Some(call) = self.known.get(&revision).filter(|call| *call.name == *object.name()) {
            return Some(Writer { actor: actor(call.by), from: call.from });
        }
        let open = self.open.get_mut(object.name());
        let found = open.and_then(|calls| {
            let fits = |call: &&Call| call.from <= seen && fits(call, change, object);
            let holds = |call: &&Call| fits(call) && same_holder(call, object);
            let at = calls.iter().position(holds).or_else(|| calls.iter().position(fits))?;
            Some(calls.remove(at))
        });
        match found {
            Some(call) => Some(Writer { actor: actor(call.by), from: call.from }),
            None if self.proxied => None,
            // The holders distinguish locks.
            None => Some(Writer { actor: Actor::Replica { index: 0, incarnation: 0 }, from: 0 }),
        }
    }
}

/// Whether it is a write to an object that the watch reports: other leases are trials of a gateway's permissions.
fn is_watched(call: &Call) -> bool {
    let is_lock = !call.resource.starts_with("leases") || call.name.starts_with("gw-lock-");
    &*call.method != "GET" && is_lock
}

fn fits(call: &Call, change: Change, object: &Object) -> bool {
    let resource = matches!(
        (object, call.resource.split('/').next()),
        (Object::Request(_), Some("remediationrequests")) | (Object::Lease(_), Some("leases"))
    );
    let effect = match change {
        Change::Created => &*call.method == "POST",
        Change::Modified => matches!(&*call.method, "PUT" | "PATCH"),
        Change::Deleted => &*call.method == "DELETE",
    };
    resource && effect
}

fn same_holder(call: &Call, object: &Object) -> bool {
    match object {
        Object::Request(_) => true,
        Object::Lease(lease) => {
            call.holder.as_deref().unwrap_or_default() == lease.holder.as_deref().unwrap_or_default()
        }
    }
}

fn actor(client: Client) -> Actor {
    match client {
        Client::Replica { index, incarnation } => Actor::Replica { index, incarnation },
        Client::Orchestrator => Actor::Orchestrator,
    }
}
