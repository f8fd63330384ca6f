//! The rows of the protocol's tables in `docs/protocol/rules.md`, and the branches that decide on them.
//!
//! A row on which one branch decides is counted exactly. Where two decide, one after the other, the runs are counted
//! that took both, although not always for the same signal.
use mutants::{BRANCHES, Branch};
use std::sync::LazyLock;

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Decision {
    /// What the row is about, as it is in the table: its cells but the last, an empty first one from above.
    pub row: &'static str,
    /// The ways to it: a run takes the row if it takes all branches of one way.
    pub ways: &'static [&'static [Place]],
}

/// A branch: module, function, and all of what it is.
type Place = (&'static str, &'static str, &'static str);

const HELD: Place = ("plan", "lock_of", "the arm `LockState::Held { until } if ours`");
const FREE: Place = ("plan", "lock_of", "the arm `LockState::Free | LockState::Expired`");
const COUNTED_ON: Place = ("plan", "plan_next", "the arm `(Episode::CountOn, Some(request), _)`");
const ENDED: Place = ("episode", "next", "the arm `Some(_)`");
const NEVER_SEEN: Place = ("episode", "next", "the arm `None if seen == Sight::Never`");

/// In the order of the document.
pub const DECISIONS: &[Decision] = &[
    Decision { row: "none known", ways: &[&[("plan", "plan_first", "`if foreign_activity(writer)`: else")]] },
    Decision { row: "held, not expired; active or suppressing", ways: &[&[HELD, COUNTED_ON]] },
    Decision {
        row: "held, not expired; ended",
        ways: &[&[("plan", "plan_next", "the arm `(Episode::Begin(next), Some(_), Lock::Held(_))`")]],
    },
    Decision {
        row: "held, not expired; absent, never seen, the lease unchanged for 2 s",
        ways: &[&[("plan", "plan_next", "the arm `Some(asked) if next == episode && asked >= since + UNCHANGED`")]],
    },
    Decision {
        row: "held, not expired; anything else",
        ways: &[
            &[("plan", "plan_next", "the arm `(_, _, Lock::Held(step))`")],
            &[("plan", "plan_next", "the arm `_`")],
            &[("plan", "is_worth_reading", "the operand `writer.shared.requests.has(&name)`: false")],
        ],
    },
    Decision { row: "free or expired; active or suppressing", ways: &[&[FREE, COUNTED_ON]] },
    Decision {
        row: "free or expired; active and being deleted",
        ways: &[&[("plan", "plan_next", "the arm `(Episode::AwaitDeletion | Episode::CountOn, ..)`")]],
    },
    Decision { row: "free or expired; ended", ways: &[&[FREE, ENDED]] },
    Decision { row: "free or expired; absent, never seen", ways: &[&[FREE, NEVER_SEEN]] },
    Decision {
        row: "free or expired; absent, was seen",
        ways: &[&[("episode", "next", "the arm `None if now >= since + COOLDOWN`")]],
    },
    Decision { row: "of another program", ways: &[&[("plan", "plan", "the arm `(_, None)`")]] },
    Decision { row: "RR gone, or another uid", ways: &[&[("resolve", "resolve", "`let Some(seen)`: else")]] },
    Decision {
        row: "RV is still v",
        ways: &[&[("resolve", "resolve", "`if seen.metadata.resource_version == lost.version`: then")]],
    },
    Decision {
        row: "our mark ≥ n",
        ways: &[&[("resolve", "resolve_by_marks", "`if number.is_some_and(| number | number >= lost.number)`: then")]],
    },
    Decision { row: "count is still c", ways: &[&[("resolve", "resolve_by_marks", "`if count == lost.count`: then")]] },
    Decision {
        row: "ledger out of step (its latest T is not the count), erased or garbled",
        ways: &[&[("resolve", "resolve_by_marks", "`let Some(ledger)`: else")]],
    },
    Decision {
        row: "our mark < n",
        ways: &[&[("resolve", "resolve_by_marks", "the operand `number.is_some()`: true")]],
    },
    Decision {
        row: "no mark of ours, B ≤ c",
        ways: &[&[("resolve", "resolve_by_marks", "the operand `ledger.base() <= lost.count`: true")]],
    },
    Decision {
        row: "no mark of ours, B > c",
        ways: &[&[("resolve", "resolve_by_marks", "the operand `ledger.base() <= lost.count`: false")]],
    },
];

/// The numbers of each decision's branches; `usize::MAX` for one that does not exist.
static NUMBERS: LazyLock<Vec<Vec<Vec<usize>>>> = LazyLock::new(|| {
    let number = |place: &Place| BRANCHES.iter().position(|branch| is(branch, place)).unwrap_or(usize::MAX);
    let way = |way: &&[Place]| way.iter().map(number).collect();
    DECISIONS.iter().map(|decision| decision.ways.iter().map(way).collect()).collect()
});

fn is(branch: &Branch, (module, function, what): &Place) -> bool {
    (branch.module(), branch.function, branch.what) == (*module, *function, *what)
}

/// Which decisions a run took that took each branch so many times.
pub(super) fn taken(times: &[u64]) -> impl Iterator<Item = bool> {
    let is_taken = |branch: &usize| times.get(*branch).is_some_and(|&times| times > 0);
    NUMBERS.iter().map(move |ways| ways.iter().any(|way| way.iter().all(is_taken)))
}

impl Decision {
    /// Its branches that do not exist.
    pub fn missing(&self) -> Vec<String> {
        let places = self.ways.iter().copied().flatten();
        let gone = places.filter(|place| !BRANCHES.iter().any(|branch| is(branch, place)));
        gone.map(|(module, function, what)| format!("{module}::{function}: {what}")).collect()
    }
}
