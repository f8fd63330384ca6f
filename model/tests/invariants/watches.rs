//! The six guarantees of a watch, each with a stream that was tampered with and its nearest honest neighbour.
use crate::history::{History, fires, holds, replica};
use model::{
    Finding, Verdict,
    observation::{Change, Observation},
    watch::{Object, Opening, Operator, Requirement, Selection, WatchFact, WatchId},
};
use std::sync::Arc;

const ALL: [&str; 6] = [
    "watch_is_ordered",
    "watch_is_unique",
    "watch_is_atomic",
    "watch_is_reliable",
    "watch_is_resumable",
    "watch_is_bookmarkable",
];

/// Four commits: a and b are made, a is changed, b is deleted. Revisions 11 to 14, facts 0 to 3.
fn commits() -> History {
    let made = History::new().commits(11, Change::Created, "a", "").commits(12, Change::Created, "b", "");
    made.commits(13, Change::Modified, "a", "").commits(14, Change::Deleted, "b", "")
}

impl History {
    /// A commit of a lease; `tier` is a label's value, if not empty.
    fn commits(self, revision: u64, change: Change, name: &str, tier: &str) -> Self {
        let labels = Some(("tier".into(), tier.into())).filter(|_| !tier.is_empty()).into_iter().collect();
        let object = Object { resource: "leases".into(), namespace: "ns".into(), name: name.into(), labels };
        self.then(|at| Observation::ObjectCommitted { at, revision, change, object })
    }

    fn stream(self, fact: WatchFact) -> Self {
        self.then(|at| Observation::Watched { at, watch: WatchId(7), actor: replica(0), fact })
    }

    /// A watch of one namespace's leases.
    fn opens(self, after: u64, from_state: bool, labels: Vec<Requirement>) -> Self {
        let selection = Selection { resource: "leases".into(), namespace: Some("ns".into()), labels, narrowed: false };
        self.stream(WatchFact::Opened(Arc::new(Opening { selection, after, from_state })))
    }

    fn watches(self, after: u64) -> Self {
        self.opens(after, false, Vec::new())
    }

    fn reports(self, revision: u64, change: Change, name: &str) -> Self {
        self.stream(WatchFact::Event { change, revision, namespace: "ns".into(), name: name.into() })
    }

    fn marks(self, revision: u64) -> Self {
        self.stream(WatchFact::Bookmark { revision })
    }

    /// The one that fires; the others do not.
    #[track_caller]
    fn breaks_only(&self, broken: &str) -> Finding {
        for other in ALL.iter().filter(|other| **other != broken) {
            let finding = self.judged_by(other);
            assert_ne!(finding.verdict, Verdict::Violated, "{other} too: {finding:?}");
        }
        self.judged_by(broken)
    }
}

fn tier(operator: Operator, values: &[&str]) -> Vec<Requirement> {
    vec![Requirement { label: "tier".into(), operator, values: values.iter().map(|&value| value.into()).collect() }]
}

#[test]
fn an_honest_stream_keeps_all_six() {
    let stream = commits().watches(11).reports(12, Change::Created, "b").reports(13, Change::Modified, "a");
    let stream = stream.marks(13).reports(14, Change::Deleted, "b").marks(14);
    for invariant in ALL {
        holds(&stream.judged_by(invariant));
    }
}

#[test]
fn a_stream_may_lag_and_end() {
    let stream = commits().watches(11).reports(12, Change::Created, "b").stream(WatchFact::Ended).marks(99);
    holds(&stream.judged_by("watch_is_resumable"));
    assert_eq!(stream.judged_by("watch_is_bookmarkable").checked, 0, "a stream that ended is not judged");
}

#[test]
fn an_event_overtaken_is_out_of_order() {
    let stream = commits().watches(11).reports(12, Change::Created, "b").reports(14, Change::Deleted, "b");
    let late = stream.reports(13, Change::Modified, "a");
    let finding = late.judged_by("watch_is_ordered");
    fires(&finding, &[6, 7], &["Watch 7 of replica 0 on leases", "revision 13 changed a", "revision 14"]);
    assert_eq!(late.judged_by("watch_is_unique").verdict, Verdict::Held);
}

#[test]
fn an_event_reported_again_is_not_unique() {
    let stream = commits().watches(11).reports(12, Change::Created, "b");
    let again = stream.clone().reports(12, Change::Created, "b");
    fires(&again.breaks_only("watch_is_unique"), &[5, 6], &["revision 12 created b a second time"]);
    holds(&stream.reports(13, Change::Modified, "a").judged_by("watch_is_unique"));
}

#[test]
fn another_object_is_not_the_commit() {
    let stream = commits().watches(11).reports(12, Change::Created, "a");
    fires(&stream.breaks_only("watch_is_atomic"), &[1, 5], &["revision 12 created a", "that commit created b"]);
}

#[test]
fn another_change_is_not_the_commit() {
    let stream = commits().watches(12).reports(13, Change::Created, "a");
    fires(&stream.breaks_only("watch_is_atomic"), &[2, 5], &["that commit changed a"]);
}

#[test]
fn an_unknown_revision_is_not_a_commit() {
    let stream = commits().watches(13).reports(14, Change::Deleted, "b").reports(15, Change::Created, "c");
    fires(&stream.breaks_only("watch_is_atomic"), &[6], &["no commit of that resource"]);
}

#[test]
fn an_event_left_out_is_missed() {
    let stream = commits().watches(11).reports(12, Change::Created, "b").reports(14, Change::Deleted, "b");
    let words = ["revision 14 deleted b after revision 12", "leaves out revision 13 of a"];
    fires(&stream.breaks_only("watch_is_reliable"), &[2, 5, 6], &words);
}

#[test]
fn a_gap_at_the_beginning_is_missed() {
    let stream = commits().watches(11).reports(13, Change::Modified, "a");
    fires(&stream.breaks_only("watch_is_resumable"), &[1, 4, 5], &["begins with", "leaves out revision 12 of b"]);
    holds(&commits().watches(12).reports(13, Change::Modified, "a").judged_by("watch_is_resumable"));
}

#[test]
fn a_stream_does_not_begin_before_its_revision() {
    let stream = commits().watches(12).reports(12, Change::Created, "b");
    fires(&stream.breaks_only("watch_is_resumable"), &[4, 5], &["its client already had"]);
}

#[test]
fn a_bookmark_ahead_of_events_is_a_lie() {
    let stream = commits().watches(11).marks(13);
    fires(&stream.breaks_only("watch_is_bookmarkable"), &[1, 4, 5], &["revision 13", "revision 12 of b and 1 more"]);
    holds(&commits().watches(13).marks(13).judged_by("watch_is_bookmarkable"));
}

#[test]
fn a_bookmark_never_goes_back() {
    let stream = commits().watches(12).reports(13, Change::Modified, "a").marks(12);
    fires(&stream.breaks_only("watch_is_bookmarkable"), &[4, 6], &["goes back"]);
}

#[test]
fn the_initial_state_is_reported_completely() {
    let begun = commits().opens(13, true, Vec::new()).reports(13, Change::Created, "a");
    let whole = begun.clone().reports(12, Change::Created, "b").reports(14, Change::Deleted, "b");
    for invariant in ["watch_is_ordered", "watch_is_unique", "watch_is_atomic", "watch_is_reliable"] {
        holds(&whole.judged_by(invariant));
    }
    let cut_short = begun.reports(14, Change::Deleted, "b");
    fires(&cut_short.breaks_only("watch_is_reliable"), &[1, 5, 6], &["leaves out revision 12 of b"]);
    let old = commits().opens(13, true, Vec::new()).reports(11, Change::Created, "a");
    fires(&old.breaks_only("watch_is_atomic"), &[2, 5], &["revision 11 created a"]);
}

#[test]
fn selectors_decide_what_is_reported() {
    let moved = History::new()
        .commits(11, Change::Created, "a", "front")
        .commits(12, Change::Modified, "a", "back")
        .commits(13, Change::Modified, "a", "");
    let front = moved.clone().opens(10, false, tier(Operator::In, &["front"]));
    let stream = front.clone().reports(11, Change::Created, "a").reports(12, Change::Deleted, "a").marks(13);
    ALL.iter().for_each(|invariant| holds(&stream.judged_by(invariant)));
    fires(&front.marks(13).judged_by("watch_is_bookmarkable"), &[0, 3, 4], &["revision 11 of a and 1 more"]);
    for (requirements, first) in [
        (tier(Operator::NotIn, &["front"]), 12),
        (tier(Operator::Absent, &[]), 13),
        (tier(Operator::NotIn, &["front", "back"]), 13),
    ] {
        let stream = moved.clone().opens(10, false, requirements).reports(first, Change::Created, "a");
        ALL.iter().for_each(|invariant| assert_ne!(stream.judged_by(invariant).verdict, Verdict::Violated, "{first}"));
    }
    let there = moved.opens(11, false, tier(Operator::Exists, &[])).reports(12, Change::Modified, "a");
    holds(&there.reports(13, Change::Deleted, "a").judged_by("watch_is_atomic"));
}
