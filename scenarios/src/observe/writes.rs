//! Writes of RemediationRequests that are under way: when each was first sent, by the bytes of its request.
use model::observation::Issued;
use sim::engine::{ActorId, CallId};
use std::{collections::BTreeMap, sync::Arc};

/// Path of the resource, without what comes before its namespace.
const RESOURCE: &str = "/remediationrequests";

/// A write that may still take effect.
struct Write {
    actor: ActorId,
    /// Path of the object, or of the resource for a create.
    path: Arc<str>,
    /// When its actor first sent these bytes.
    first: u64,
}

/// All writes that may still take effect.
#[derive(Default)]
pub(super) struct Writes {
    pending: BTreeMap<CallId, Write>,
    /// By actor, path and hash of the body.
    first: BTreeMap<(ActorId, Arc<str>, u64), u64>,
}

impl Writes {
    /// A call is sent.
    pub(super) fn sent(
        &mut self,
        (at, call, actor): (u64, CallId, ActorId),
        (method, target): (&http::Method, &Arc<str>),
        body: u64,
    ) {
        if method == http::Method::GET || !target.contains(RESOURCE) {
            return;
        }
        let first = *self.first.entry((actor, Arc::clone(target), body)).or_insert(at);
        self.pending.insert(call, Write { actor, path: Arc::clone(target), first });
    }

    /// A call will not take effect.
    pub(super) fn dropped(&mut self, call: CallId) {
        self.pending.remove(&call);
    }

    /// A call was executed. It is forgotten only where it took effect: a layer in between may send it twice.
    pub(super) fn executed(&mut self, call: CallId, took_effect: bool) {
        if took_effect {
            self.pending.remove(&call);
        }
    }

    /// When a write was sent that creates an object, or changes the one of this name.
    pub(super) fn issued(&self, actor: ActorId, name: &str, creates: bool) -> Option<Issued> {
        let fits = |write: &&Write| {
            let path = write.path.split('?').next().unwrap_or_default();
            let of = path.split_once(RESOURCE).map_or("", |(_, of)| of.trim_start_matches('/'));
            write.actor == actor && if creates { of.is_empty() } else { of.split('/').next() == Some(name) }
        };
        let first = self.pending.values().filter(fits).map(|write| write.first);
        first.fold(None, |issued: Option<Issued>, at| {
            let both = |issued: Issued| Issued { first: issued.first.min(at), last: issued.last.max(at) };
            Some(issued.map_or(Issued { first: at, last: at }, both))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &str = "/apis/kubernaut.ai/v1alpha1/namespaces/a/remediationrequests";

    fn sent(writes: &mut Writes, at: u64, call: u32, (method, path): (http::Method, &str), body: u64) {
        writes.sent((at, CallId(call), ActorId(1)), (&method, &Arc::from(format!("{REQUEST}{path}"))), body);
    }

    #[test]
    fn the_same_bytes_were_first_sent_earlier() {
        let mut writes = Writes::default();
        let count = (http::Method::PATCH, "/rr-a/status");
        sent(&mut writes, 5, 1, count.clone(), 7);
        writes.dropped(CallId(1));
        sent(&mut writes, 90, 2, count.clone(), 7);
        assert_eq!(writes.issued(ActorId(1), "rr-a", false), Some(Issued { first: 5, last: 5 }));
        sent(&mut writes, 95, 3, count, 8);
        assert_eq!(writes.issued(ActorId(1), "rr-a", false), Some(Issued { first: 5, last: 95 }));
        writes.executed(CallId(2), true);
        assert_eq!(writes.issued(ActorId(1), "rr-a", false), Some(Issued { first: 95, last: 95 }));
    }

    #[test]
    fn other_objects_and_actors_do_not_matter() {
        let mut writes = Writes::default();
        sent(&mut writes, 1, 1, (http::Method::PATCH, "/rr-ab/status"), 0);
        sent(&mut writes, 2, 2, (http::Method::GET, "/rr-a"), 0);
        assert_eq!(writes.issued(ActorId(1), "rr-a", false), None);
        sent(&mut writes, 3, 3, (http::Method::POST, ""), 0);
        assert_eq!(writes.issued(ActorId(1), "rr-c", true), Some(Issued { first: 3, last: 3 }));
        assert_eq!(writes.issued(ActorId(2), "rr-c", true), None);
    }
}
