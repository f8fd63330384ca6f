//! Resolves a counting write that was not answered with a 2xx: a pure function of one quorum read.
//!
//! A patch that names version `v` can commit only while `v` is the stored version. So once a read shows another
//! version, the patch has committed or never will, and the marks show which. Where they do not, the result is
//! [`Resolution::Unknowable`] instead of a guess: the signals are refused, and counted at most once.
use super::{marks::Ledger, request::RequestRecord};

/// A patch that was sent and not answered with a 2xx.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LostPatch<'a> {
    /// uid of the request that it was for.
    pub(super) uid: &'a str,
    /// resourceVersion that it named.
    pub(super) version: &'a str,
    /// occurrenceCount in that version.
    pub(super) count: u32,
    /// Name of the writer that sent it.
    pub(super) writer: &'a str,
    /// Its number among that writer's writes.
    pub(super) number: u64,
}

/// What became of a lost patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resolution {
    /// It committed.
    Counted,
    /// It has not committed yet, and still may: only the identical patch may be sent.
    MayStillCommit,
    /// It did not commit and never will.
    NotCounted,
    /// Nothing that is left shows whether it committed.
    Unknowable,
}

/// Resolves `lost` by `seen`, a quorum read of its request's name after it was sent; `None` if there was no such
/// request.
pub(super) fn resolve(lost: &LostPatch<'_>, seen: Option<&RequestRecord>) -> Resolution {
    let Some(seen) = seen.filter(|seen| seen.metadata.uid == lost.uid) else { return Resolution::Unknowable };
    if seen.metadata.resource_version == lost.version {
        return Resolution::MayStillCommit;
    }
    resolve_by_marks(lost, seen.count(), Ledger::find(seen.conditions()))
}

fn resolve_by_marks(lost: &LostPatch<'_>, count: u32, ledger: Option<Ledger>) -> Resolution {
    let number = ledger.as_ref().and_then(|ledger| ledger.number_of(lost.writer));
    if number.is_some_and(|number| number >= lost.number) {
        return Resolution::Counted;
    }
    // Every counting write raises the count, and nothing lowers it.
    if count == lost.count {
        return Resolution::NotCounted;
    }
    let Some(ledger) = ledger.filter(|ledger| ledger.in_step(count)) else { return Resolution::Unknowable };
    // The patch would have replaced an earlier mark of this writer. Without any mark of it, the ledger must reach back
    // far enough to hold the patch's: it lists the writer of every write that raised the count above its base.
    if number.is_some() || ledger.base() <= lost.count { Resolution::NotCounted } else { Resolution::Unknowable }
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
    fn resolution_follows_its_table() {
        use Resolution::{Counted, MayStillCommit, NotCounted, Unknowable};
        let table: [(&str, u32, Option<&str>, Resolution, &str); 17] = [
            ("10", 4, None, MayStillCommit, "the named version is still stored"),
            ("10", 4, Some("base=0;gw-a=6:4"), MayStillCommit, "also with an earlier mark"),
            ("11", 6, Some("base=0;gw-a=7:6"), Counted, "its own mark"),
            ("12", 9, Some("base=0;gw-b=3:9;gw-a=7:6"), Counted, "another gateway counted since"),
            ("12", 9, Some("base=4;gw-a=7:6"), Counted, "its mark counts even in a ledger that is out of step"),
            ("11", 4, Some("base=0;gw-a=6:4"), NotCounted, "another write, which did not count"),
            ("11", 4, None, NotCounted, "the same without marks"),
            ("11", 4, Some("garbage"), NotCounted, "the same with garbage for marks"),
            ("12", 9, Some("base=0;gw-b=3:9;gw-a=6:4"), NotCounted, "an older mark survived while others counted"),
            ("12", 9, Some("base=2;gw-b=3:9"), NotCounted, "the ledger began before and has no mark"),
            ("12", 9, Some("base=4;gw-b=3:9"), NotCounted, "the ledger began at the named version"),
            ("12", 9, Some("base=5;gw-b=3:9"), Unknowable, "the ledger began after it may have committed"),
            ("12", 9, Some("base=9"), Unknowable, "an empty ledger above the named count"),
            ("12", 9, None, Unknowable, "the marks were erased"),
            ("12", 9, Some("garbage"), Unknowable, "the marks were overwritten"),
            ("12", 9, Some("base=0;gw-b=3:8"), Unknowable, "an old condition was restored: out of step"),
            ("12", 9, Some("base=0;gw-b=3:8;gw-a=6:4"), Unknowable, "out of step, an older mark proves nothing either"),
        ];
        for (version, count, message, expected, why) in table {
            assert_eq!(resolve(&LOST, Some(&seen(version, count, message))), expected, "{why}: {message:?}");
        }
    }

    #[test]
    fn vanished_request_resolves_nothing() {
        assert_eq!(resolve(&LOST, None), Resolution::Unknowable);
        let mut another = seen("11", 6, Some("base=0;gw-a=7:6"));
        another.metadata.uid = "another".into();
        assert_eq!(resolve(&LOST, Some(&another)), Resolution::Unknowable);
    }
}
