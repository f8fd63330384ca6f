//! What became of a counting write whose answer was lost: a pure decision on one quorum read.
//!
//! Everything is decided on the same read. A patch that names version `v` can commit only while `v` is the stored version, so
//! as soon as another version is seen the patch has either committed or never will, and the marks tell which. Where they
//! cannot, the answer is [`Settlement::Unknowable`] and not a guess: its signals are refused, and counted at most once.
use super::{marks::Ledger, request::RequestRecord};

/// A patch that was sent and not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LostPatch<'a> {
    /// uid of the request that it was meant for.
    pub(super) uid: &'a str,
    /// resourceVersion that it named.
    pub(super) version: &'a str,
    /// occurrenceCount in that version.
    pub(super) count: u32,
    /// Who wrote it.
    pub(super) writer: &'a str,
    /// Its number among the writer's.
    pub(super) number: u64,
}

/// What is known of a lost patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settlement {
    /// It committed.
    Counted,
    /// It did not commit yet, and still can: only the identical patch may be sent.
    MayStillCommit,
    /// It did not commit and never will.
    NotCounted,
    /// Nothing left tells whether it committed.
    Unknowable,
}

/// Settles `lost` on `seen`, a quorum read of its request's name made after it was sent; `None` when there was none.
pub(super) fn settle(lost: &LostPatch<'_>, seen: Option<&RequestRecord>) -> Settlement {
    let Some(seen) = seen.filter(|seen| seen.metadata.uid == lost.uid) else { return Settlement::Unknowable };
    if seen.metadata.resource_version == lost.version {
        return Settlement::MayStillCommit;
    }
    settle_by_marks(lost, seen.count(), Ledger::find(seen.conditions()))
}

fn settle_by_marks(lost: &LostPatch<'_>, count: u32, ledger: Option<Ledger>) -> Settlement {
    let number = ledger.as_ref().and_then(|ledger| ledger.number_of(lost.writer));
    if number.is_some_and(|number| number >= lost.number) {
        return Settlement::Counted;
    }
    // Every counting write raises the count, and nothing lowers it.
    if count == lost.count {
        return Settlement::NotCounted;
    }
    let Some(ledger) = ledger.filter(|ledger| ledger.in_step(count)) else { return Settlement::Unknowable };
    // An earlier mark of this writer would have been replaced by the patch. Without any mark, the ledger must be one that
    // would hold it: it knows every write that raised the count above its base.
    if number.is_some() || ledger.base() <= lost.count { Settlement::NotCounted } else { Settlement::Unknowable }
}

#[cfg(test)]
mod tests {
    use super::{super::request::parse, *};
    use serde_json::{Value, json};

    const LOST: LostPatch<'_> = LostPatch { uid: "u", version: "10", count: 4, writer: "gw-a", number: 7 };

    fn seen(version: &str, count: u32, message: Option<&str>) -> RequestRecord {
        let conditions: Vec<Value> =
            message.map(|message| json!({"type": "SignalsCounted", "message": message})).into_iter().collect();
        parse(json!({
            "metadata": {"uid": "u", "resourceVersion": version},
            "status": {"deduplication": {"occurrenceCount": count}, "conditions": conditions},
        }))
    }

    #[test]
    fn settlement_follows_its_table() {
        use Settlement::{Counted, MayStillCommit, NotCounted, Unknowable};
        let table: [(&str, u32, Option<&str>, Settlement, &str); 17] = [
            ("10", 4, None, MayStillCommit, "the named version still stands"),
            ("10", 4, Some("base=0;gw-a=6:4"), MayStillCommit, "also with an earlier mark"),
            ("11", 6, Some("base=0;gw-a=7:6"), Counted, "its own mark"),
            ("12", 9, Some("base=0;gw-b=3:9;gw-a=7:6"), Counted, "another gateway counted since"),
            ("12", 9, Some("base=4;gw-a=7:6"), Counted, "its mark counts even in a ledger that is out of step"),
            ("11", 4, Some("base=0;gw-a=6:4"), NotCounted, "somebody wrote, but not the count"),
            ("11", 4, None, NotCounted, "nor were there marks"),
            ("11", 4, Some("garbage"), NotCounted, "nor can garbage change that"),
            ("12", 9, Some("base=0;gw-b=3:9;gw-a=6:4"), NotCounted, "an older mark stood while others counted"),
            ("12", 9, Some("base=2;gw-b=3:9"), NotCounted, "the ledger began before and has no mark"),
            ("12", 9, Some("base=4;gw-b=3:9"), NotCounted, "the ledger began at the named version"),
            ("12", 9, Some("base=5;gw-b=3:9"), Unknowable, "the ledger began after it may have committed"),
            ("12", 9, Some("base=9"), Unknowable, "an empty ledger above it"),
            ("12", 9, None, Unknowable, "the marks were erased"),
            ("12", 9, Some("garbage"), Unknowable, "the marks were overwritten"),
            ("12", 9, Some("base=0;gw-b=3:8"), Unknowable, "an old condition was put back: out of step"),
            ("12", 9, Some("base=0;gw-b=3:8;gw-a=6:4"), Unknowable, "out of step, an older mark proves nothing either"),
        ];
        for (version, count, message, expected, why) in table {
            assert_eq!(settle(&LOST, Some(&seen(version, count, message))), expected, "{why}: {message:?}");
        }
    }

    #[test]
    fn vanished_request_settles_nothing() {
        assert_eq!(settle(&LOST, None), Settlement::Unknowable);
        let mut another = seen("11", 6, Some("base=0;gw-a=7:6"));
        another.metadata.uid = "another".into();
        assert_eq!(settle(&LOST, Some(&another)), Settlement::Unknowable);
    }
}
