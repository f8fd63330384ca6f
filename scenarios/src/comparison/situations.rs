//! The situations: scenarios of the catalogue that show what a lock is for, and four that only a comparison needs.
use crate::{
    baselines::Terms,
    catalogue,
    scenario::Scenario,
    workload::{Act, Payload, Retry, Route},
};
use reports::comparison as report;
use sim::{CallPattern, Effect, Trigger};
use std::{borrow::Cow, sync::LazyLock, time::Duration};

/// One situation.
#[derive(Debug, Clone)]
pub struct Situation {
    /// Heading of its column.
    pub name: &'static str,
    /// The scenario.
    pub scenario: Scenario,
}

impl Situation {
    /// The situation as a report has it.
    pub(super) fn described(&self) -> report::Situation {
        report::Situation { name: self.name.to_owned(), story: self.scenario.story.to_string() }
    }

    /// The situation with this name.
    pub fn find(name: &str) -> Option<&'static Situation> {
        SITUATIONS.iter().find(|situation| situation.name == name)
    }
}

/// Every situation, mildest first.
pub static SITUATIONS: LazyLock<Vec<Situation>> = LazyLock::new(|| {
    let of = |name: &'static str, scenario: &str| Situation {
        name,
        scenario: catalogue::find(scenario).cloned().unwrap_or_else(|| panic!("{}", catalogue::unknown(scenario))),
    };
    vec![
        Situation { name: "normal load", scenario: NORMAL_LOAD },
        of("pair", "pair"),
        of("one replica", "same-replica"),
        of("burst of 15", "burst"),
        of("20 duplicates", "count-contention"),
        of("episodes", "next-episode"),
        of("stale cache", "time-travel"),
        of("holder pauses", "holder-pause"),
        Situation { name: "holder crashes", scenario: CRASH },
        Situation { name: "clock 40 s ahead", scenario: FAST_CLOCK },
        Situation { name: "Redis fails over", scenario: REDIS_FAILS },
    ]
});

const fn deliver(what: Payload, copies: u32) -> Act {
    Act::Deliver { what, copies, to: Route::RoundRobin, retry: Retry::Alertmanager }
}

macro_rules! each_twice {
    ($($number:literal)*) => {
        &[$(deliver(Payload::Distinct($number), 2), Act::AwaitAnswers),*]
    };
}

/// A pair of Alertmanagers, one alert after the other.
const NORMAL_LOAD: Scenario = Scenario {
    name: Cow::Borrowed("normal-load"),
    story: Cow::Borrowed(
        "4 alerts, one after the other and 3 times each; each comes twice at once, as from a pair of Alertmanagers",
    ),
    acts: Cow::Borrowed(each_twice!(0 1 2 3 0 1 2 3 0 1 2 3)),
    ..Scenario::BLANK
};

const CREATES: CallPattern = CallPattern { method: "POST", resource: "remediationrequests", replica: None };

const SIX: &[Act] = &[deliver(Payload::Deployment, 6)];

/// The burst of the sweep.
pub(super) const BURST_OF_SIX: Scenario = Scenario {
    name: Cow::Borrowed("burst-of-six"),
    story: Cow::Borrowed("6 identical alerts reach 3 replicas at once"),
    acts: Cow::Borrowed(SIX),
    ..Scenario::BLANK
};

/// A crash that strikes any protocol at the same point: its create.
pub(super) const CRASH: Scenario = Scenario {
    name: Cow::Borrowed("crash-before-create"),
    story: Cow::Borrowed(
        "6 identical alerts; the replica that is about to create the request crashes, and is gone for 2 minutes",
    ),
    acts: Cow::Borrowed(SIX),
    triggers: Cow::Borrowed(&[Trigger {
        on: CREATES,
        skip: 0,
        times: 1,
        effect: Effect::CrashBefore { restart: Duration::from_secs(120) },
    }]),
    ..Scenario::BLANK
};

/// One clock that is wrong by more than a lease.
const FAST_CLOCK: Scenario = Scenario {
    name: Cow::Borrowed("fast-clock-burst"),
    story: Cow::Borrowed("6 identical alerts; the wall clock of one of the 3 replicas is 40 s ahead"),
    terms: Terms { first_clock_ahead: Duration::from_secs(40), ..Terms::USUAL },
    acts: Cow::Borrowed(SIX),
    ..Scenario::BLANK
};

/// A Redis that loses its latest writes.
const REDIS_FAILS: Scenario = Scenario {
    name: Cow::Borrowed("redis-fails"),
    story: Cow::Borrowed(
        "6 identical alerts; Redis' primary is lost within 60 ms, and the replica that takes over after 20 ms to 2 s \
         lacks the writes of the last 1 to 50 ms",
    ),
    terms: Terms { redis_fails: true, ..Terms::USUAL },
    acts: Cow::Borrowed(SIX),
    ..Scenario::BLANK
};
