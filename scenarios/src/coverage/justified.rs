//! The branches that no run of the catalogue can take.
use super::{
    reason::{
        Reason::{Elsewhere, Impossible, Unheard},
        Untaken,
    },
    text::OF_TEXT,
};

/// Those of decisions, then those of text.
pub const JUSTIFIED: &[&[Untaken]] = &[OF_DECISIONS, OF_TEXT];

/// By function.
const OF_DECISIONS: &[Untaken] = &[
    Untaken {
        module: "queue",
        function: "Coalescer::waiting",
        whats: &[""],
        reason: Elsewhere("the protocol does not ask how many items wait", "panicking_leader_frees_its_key"),
    },
    Untaken {
        module: "queue",
        function: "Coalescer::led",
        whats: &[""],
        reason: Elsewhere("the protocol does not ask how many keys have a leader", "limit_in_total_refuses_new_keys"),
    },
    Untaken {
        module: "queue",
        function: "Leadership::take",
        whats: &["`if !self.leading`: then"],
        reason: Impossible("the writer ends at the first `None`"),
    },
    Untaken {
        module: "batch",
        function: "Batch::accept_counted",
        whats: &["`if let Some(accepted) = known(&member)`: else"],
        reason: Impossible("only members whose key is known are taken out"),
    },
    Untaken {
        module: "begin",
        function: "create",
        whats: &["`let Some(signal)`: else"],
        reason: Impossible("a round begins with a batch that is not empty, and only answers take members out"),
    },
    Untaken {
        module: "queue",
        function: "Coalescer::join",
        whats: &["`if share == 0`: then"],
        reason: Elsewhere("ten thousand signals fill the queues of a replica", "limit_in_total_refuses_new_keys"),
    },
    Untaken {
        module: "queue",
        function: "Coalescer::take",
        whats: &["`table.waiting.get_mut(key)?`: early return"],
        reason: Impossible("a leader's key is in the table until it finds its queue empty"),
    },
    Untaken {
        module: "fenced_lease",
        function: "FencedLease::store",
        whats: &["`if !names::is_fingerprint(&signal.fingerprint)`: then"],
        reason: Impossible("a signal's fingerprint is made of a SHA-256"),
    },
    Untaken {
        module: "fenced_lease",
        function: "FencedLease::store",
        whats: &["the arm `Some(Err(_))`"],
        reason: Elsewhere("a writer does not panic", "panicking_writer_frees_its_signals"),
    },
    Untaken {
        module: "fenced_lease",
        function: "FencedLease::begun",
        whats: &["`let Some((name, namespace))`: bound"],
        reason: Elsewhere("only a wrong deployment has two lock namespaces", "another_lock_namespace_is_not_ready"),
    },
    Untaken {
        module: "begin",
        function: "create",
        whats: &["`if writer.now() >= issue_until`: then"],
        reason: Unheard("a call that is not answered for so long has ended before"),
    },
    Untaken {
        module: "changes",
        function: "Subscription::drop",
        whats: &["`if let Some(waiting) = listeners.get_mut(&self.key)`: else"],
        reason: Impossible("a subscription is in the table until it is dropped"),
    },
    Untaken {
        module: "changes",
        function: "Subscription::drop",
        whats: &["`if waiting.is_empty()`: else"],
        reason: Elsewhere(
            "two fingerprints that share a lock do not write at once",
            "dropped_subscription_leaves_nothing",
        ),
    },
    Untaken {
        module: "closing",
        function: "close",
        whats: &["`if version.is_empty()`: then"],
        reason: Unheard("every object of an API server has a version"),
    },
    Untaken {
        module: "count",
        function: "CountPatch::new",
        whats: &["`if version.is_empty()`: then"],
        reason: Elsewhere("every object of an API server has a version", "patch_is_always_conditional_and_bounded"),
    },
    Untaken {
        module: "count",
        function: "count",
        whats: &["`if target.spec.signal_fingerprint != writer.fingerprint`: then"],
        reason: Impossible("a request is found by its fingerprint, or by a name that has the uid of its lease"),
    },
    Untaken {
        module: "episode",
        function: "next",
        whats: &["the arm `None if seen == Sight::Here`"],
        reason: Elsewhere("a replica gives its lease back before it counts again", "absent_request_decides_by_sight"),
    },
    Untaken {
        module: "evidence",
        function: "shown_by",
        whats: &["the arm `CallError::NotSent`"],
        reason: Impossible("a call that was not sent is not noted"),
    },
    Untaken {
        module: "leases",
        function: "Leases::notify",
        whats: &["`if let Some(key) = names::lock_key_of_lease(name)`: else"],
        reason: Unheard("only gateways label their leases"),
    },
    Untaken {
        module: "leases",
        function: "Leases::replace",
        whats: &["`if state.reached.is_some_and(| reached | version < reached)`: then"],
        reason: Elsewhere("the simulated store is never restored", "restored_store_forgets_what_was_known"),
    },
    Untaken {
        module: "plan",
        function: "plan",
        whats: &["the operand `asked.is_none()`: false"],
        reason: Impossible("the request of a lease that was read is worth reading"),
    },
    Untaken {
        module: "plan",
        function: "plan_next",
        whats: &["the operand `next == episode`: false"],
        reason: Impossible("a lock that was unchanged for the cooldown has expired"),
    },
    Untaken {
        module: "redelivery",
        function: "read_predecessor",
        whats: &["the guard `!ended.is_active()` of `Some(ended)`: false"],
        reason: Unheard("a request that has ended stays ended, as the argument assumes"),
    },
    Untaken {
        module: "request",
        function: "RequestRecord::is_suppressing",
        whats: &["the operand `!self.is_active()`: false"],
        reason: Impossible("it is asked of requests that have ended"),
    },
    Untaken {
        module: "request",
        function: "classify",
        whats: &[
            "`if active.is_none_or(| best | record.age_order() < best.age_order())`: else",
            "the closure `|best| record.age_order() < best.age_order()`",
        ],
        reason: Elsewhere("several active requests would break what is assumed", "oldest_active_request_counts"),
    },
    Untaken {
        module: "request",
        function: "classify",
        whats: &[
            "the operand `suppressing.is_none_or(| best | record.age_order() > best.age_order())`: false",
            "the closure `|best| record.age_order() > best.age_order()`",
        ],
        reason: Elsewhere("a request suppresses the next one", "review_and_cooldown_suppress"),
    },
    Untaken {
        module: "request",
        function: "last_to_suppress",
        whats: &["the operand `!record.is_active()`: false"],
        reason: Impossible("it is asked where none is active"),
    },
    Untaken {
        module: "requests",
        function: "Requests::fenced_elsewhere",
        whats: &["the closure `|(name, namespace)|(name.clone(), namespace.clone())`"],
        reason: Elsewhere("only a wrong deployment has two lock namespaces", "another_lock_namespace_is_not_ready"),
    },
    Untaken {
        module: "requests",
        function: "Requests::put",
        whats: &["the arm `Some(at) if ours`"],
        reason: Elsewhere("only a wrong deployment has two lock namespaces", "another_lock_namespace_is_not_ready"),
    },
    Untaken {
        module: "requests",
        function: "Requests::put",
        whats: &["the guard `ours` of `Some(at)`: false"],
        reason: Unheard("only gateways annotate their requests with a lock namespace"),
    },
    Untaken {
        module: "requests",
        function: "State::put",
        whats: &["`if known.spec.signal_fingerprint != *fingerprint`: then", "the closure `|_| true`"],
        reason: Elsewhere("a name has the digits of its fingerprint", "name_may_be_used_again"),
    },
    Untaken {
        module: "requests",
        function: "State::get",
        whats: &["`self.by_fingerprint.get(self.fingerprints.get(name)?)?`: early return"],
        reason: Impossible("both maps have the same requests"),
    },
    Untaken {
        module: "requests",
        function: "State::remove",
        whats: &[
            "`self.fingerprints.remove(name)?`: early return",
            "`if let Some(requests) = self.by_fingerprint.get_mut(&fingerprint)`: else",
        ],
        reason: Impossible("both maps have the same requests"),
    },
    Untaken {
        module: "requests",
        function: "Requests::replace",
        whats: &["`if state.reached.is_some_and(| reached | version < reached)`: then"],
        reason: Elsewhere("the simulated store is never restored", "restored_store_forgets_what_was_known"),
    },
    Untaken {
        module: "queue",
        function: "Coalescer::join",
        whats: &["`if queue.len() >= share`: then"],
        reason: Elsewhere("the default admission lets fewer signals wait", "limit_per_key_returns_the_item"),
    },
    Untaken {
        module: "fenced_lease",
        function: "FencedLease::store",
        whats: &["the arm `Err(Full(_))`"],
        reason: Unheard("the default admission lets fewer signals wait"),
    },
    Untaken {
        module: "call",
        function: "Calls::call",
        whats: &["the arm `_`"],
        reason: Unheard("the default admission lets too few signals in for one to wait so long"),
    },
];
