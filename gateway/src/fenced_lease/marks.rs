//! The `SignalsCounted` condition: a ledger of the writes that the count of a RemediationRequest includes.
//!
//! Every count is stored together with the number of the write that made it, so that a write whose answer was lost can
//! be looked up. The message is `base=B;writer=N:T;…`, latest write first: the latest write of `writer` had number `N`
//! and made the count `T`. A ledger promises that every write that raised the count above `B` was made by one of its
//! writers, and that it holds the latest write of each.
//!
//! Any program may edit a condition, or restore an old one. A message that does not parse exactly is not a ledger. A
//! ledger whose latest `T` is not the stored count is out of step: a write bypassed it, so it proves nothing. No clock
//! is involved: a mark is dropped when 32 other writers have counted since, and dropping it raises `B`.
use super::conditions;
use jiff::Timestamp;
use serde_json::Value;
use std::fmt;

/// The condition's type.
pub(super) const CONDITION: &str = "SignalsCounted";
/// Writers remembered: far more than the replicas that can count while one write is unresolved.
const MARKS_MAX: usize = 32;
/// Longer than any message written here (32 writers of at most 72 bytes); the API server allows 32,768.
const MESSAGE_BYTES_MAX: usize = 4_096;

/// One writer's latest write.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    writer: String,
    number: u64,
    total: u32,
}

/// The marks of one version of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ledger {
    base: u32,
    marks: Vec<Mark>,
}

impl Ledger {
    /// A ledger that begins at the stored `count`, without any earlier write.
    pub(super) fn begin(count: u32) -> Self {
        Self { base: count, marks: Vec::new() }
    }

    /// The ledger in `conditions`, in step or not; `None` if no message parses as one.
    pub(super) fn find(conditions: &[Value]) -> Option<Self> {
        Self::parse(conditions::message(conditions, CONDITION)?)
    }

    fn parse(message: &str) -> Option<Self> {
        if message.len() > MESSAGE_BYTES_MAX {
            return None;
        }
        let mut parts = message.split(';');
        let base = number(parts.next()?.strip_prefix("base=")?)?;
        let mut ledger = Self { base, marks: Vec::new() };
        for part in parts {
            let (writer, rest) = part.split_once('=')?;
            let (count, total) = rest.split_once(':')?;
            let mark = Mark { writer: writer.to_owned(), number: number(count)?, total: number(total)? };
            // Each write raises the count, so the totals fall from mark to mark, and stay above the base.
            let previous = ledger.marks.last().map_or(u32::MAX, |mark| mark.total);
            let fits =
                mark.total < previous && mark.total > base && !writer.is_empty() && ledger.number_of(writer).is_none();
            if !fits || ledger.marks.len() == MARKS_MAX {
                return None;
            }
            ledger.marks.push(mark);
        }
        Some(ledger)
    }

    /// The number of `writer`'s latest write.
    pub(super) fn number_of(&self, writer: &str) -> Option<u64> {
        self.marks.iter().find(|mark| mark.writer == writer).map(|mark| mark.number)
    }

    /// The count above which every write has its writer here.
    pub(super) fn base(&self) -> u32 {
        self.base
    }

    /// Whether the latest mark made the stored `count`, so that no write bypassed this ledger.
    pub(super) fn in_step(&self, count: u32) -> bool {
        self.marks.first().map_or(self.base, |mark| mark.total) == count
    }

    /// This ledger after write `number` of `writer` made the count `total`.
    pub(super) fn marked(mut self, writer: &str, number: u64, total: u32) -> Self {
        self.marks.retain(|mark| mark.writer != writer);
        self.marks.insert(0, Mark { writer: writer.to_owned(), number, total });
        while self.marks.len() > MARKS_MAX {
            if let Some(dropped) = self.marks.pop() {
                self.base = dropped.total;
            }
        }
        self
    }

    /// `conditions` with this ledger; every other condition is unchanged.
    pub(super) fn store(&self, conditions: &[Value], now: Timestamp) -> Vec<Value> {
        conditions::store(conditions, (CONDITION, conditions::COUNTED), &self.to_string(), now)
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "base={}", self.base)?;
        self.marks.iter().try_for_each(|mark| write!(f, ";{}={}:{}", mark.writer, mark.number, mark.total))
    }
}

/// Parses a number in its only spelling here: digits, without sign or leading zero.
pub(super) fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    let canonical = text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    canonical.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> Timestamp {
        "2026-01-02T03:04:05.9Z".parse().expect("a time")
    }

    #[test]
    fn ledger_survives_a_round_trip() {
        let ledger = Ledger::begin(2).marked("gw-a-1", 1, 5).marked("gw-b-2", 9, 6).marked("gw-a-1", 2, 8);
        assert_eq!(ledger.to_string(), "base=2;gw-a-1=2:8;gw-b-2=9:6");
        assert_eq!(Ledger::parse(&ledger.to_string()), Some(ledger.clone()));
        assert_eq!((ledger.number_of("gw-a-1"), ledger.number_of("gw-c-3")), (Some(2), None));
        assert!(ledger.in_step(8) && !ledger.in_step(9) && !ledger.in_step(6));
        assert!(Ledger::begin(4).in_step(4));
    }

    #[test]
    fn hostile_messages_are_not_ledgers() {
        let flood = (0..5_000).fold("base=0".to_owned(), |flood, n| format!("{flood};w{n}={n}:{}", 9_999 - n));
        let many = (0..=MARKS_MAX).fold("base=0".to_owned(), |many, n| format!("{many};w{n}=1:{}", 999 - n));
        let bad = [
            "",
            "base",
            "base=",
            "base=-1",
            "base=01",
            "base=4294967296",
            "base= 1",
            "base=1;",
            "base=1;w",
            "base=1;w=",
            "base=1;w=1",
            "base=1;w=1:",
            "base=1;w=:2",
            "base=1;=1:2",
            "base=1;w=+1:2",
            "base=1;w=1:2:3",
            "base=1;w=1:1",
            "base=1;w=1:3;x=1:3",
            "base=1;w=1:2;x=1:3",
            "base=1;w=1:3;w=1:2",
            "base=1;w=18446744073709551616:2",
            "base=0;w=00:1",
            "Base=0",
            "base=0;w\u{0}=x:1",
            &flood,
            &many,
        ];
        for message in bad {
            assert_eq!(Ledger::parse(message), None, "{message:?}");
        }
        for conditions in
            [vec![json!(null)], vec![json!({"type": 3})], vec![json!({"type": CONDITION, "message": 7})], vec![]]
        {
            assert_eq!(Ledger::find(&conditions), None);
        }
    }

    #[test]
    fn dropped_mark_raises_the_base() {
        let mut ledger = Ledger::begin(0);
        for n in 0..40 {
            ledger = ledger.marked(&names_of(n), 1, n + 1);
        }
        assert_eq!(
            (ledger.marks.len(), ledger.base),
            (MARKS_MAX, 8),
            "the writes that made counts 1 to 8 are forgotten"
        );
        assert_eq!((ledger.number_of(&names_of(7)), ledger.number_of(&names_of(8))), (None, Some(1)));
        assert_eq!(Ledger::parse(&ledger.to_string()), Some(ledger));
    }

    #[test]
    fn longest_message_parses_again() {
        let mut ledger = Ledger::begin(u32::MAX - 40);
        for n in 0..32 {
            let writer = super::super::names::writer(&"p".repeat(253), n << 32);
            ledger = ledger.marked(&writer, u64::MAX, u32::MAX - 40 + u32::try_from(n).unwrap_or_default() + 1);
        }
        assert!(ledger.to_string().len() <= MESSAGE_BYTES_MAX, "{}", ledger.to_string().len());
        assert_eq!(Ledger::parse(&ledger.to_string()), Some(ledger));
    }

    #[test]
    fn other_conditions_stay_untouched() {
        let ready = json!({"type": "Ready", "status": "True", "somethingNew": {"deep": [1, 2]}});
        let later = json!({"type": "Later"});
        let old = json!({"type": CONDITION, "message": "garbage", "lastTransitionTime": "2026-01-01T00:00:00Z"});
        let stored = Ledger::begin(0).marked("w", 1, 3).store(&[ready.clone(), old, later.clone()], now());
        assert_eq!((&stored[0], &stored[2], stored.len()), (&ready, &later, 3));
        assert_eq!(stored[1]["message"], "base=0;w=1:3");
        assert_eq!(stored[1]["lastTransitionTime"], "2026-01-01T00:00:00Z", "the status never changed since");
        let first = Ledger::begin(0).marked("w", 1, 3).store(std::slice::from_ref(&ready), now());
        assert_eq!((&first[0], &first[1]["lastTransitionTime"]), (&ready, &json!("2026-01-02T03:04:05Z")));
        assert_eq!(Ledger::find(&first), Some(Ledger::begin(0).marked("w", 1, 3)));
    }

    fn names_of(n: u32) -> String {
        format!("w{n}")
    }
}
