//! Faults: what may go wrong in a run, how often, and how often it really did.
//!
//! A fault counts as delivered only when it took effect: a conflict that met no write, or a crash of nobody, is none.
use serde::{Deserialize, Serialize};

macro_rules! fault_kinds {
    ($($variant:ident => $name:literal, $doc:literal;)*) => {
        /// A kind of fault.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum FaultKind { $(#[doc = $doc] $variant,)* }
        impl FaultKind {
            /// Every kind.
            pub const ALL: &[FaultKind] = &[$(FaultKind::$variant),*];
            /// Its name in reports.
            pub const fn name(self) -> &'static str {
                match self { $(FaultKind::$variant => $name,)* }
            }
            /// What it does, in a sentence.
            pub const fn about(self) -> &'static str {
                match self { $(FaultKind::$variant => $doc,)* }
            }
        }
    };
}

fault_kinds! {
    Reorder => "reorder", "A later API request commits before an earlier one.";
    Delay => "delay", "An API request is held back before it commits.";
    TooManyRequests => "429", "The API server sheds the request: 429 with Retry-After, not executed.";
    InternalError => "500", "The API server answers 500; the request is not executed.";
    ServiceUnavailable => "503", "The API server answers 503; the request is not executed.";
    GatewayTimeout => "504", "The API server answers 504; the request is not executed.";
    LostRequest => "lost-request", "The connection breaks before the request is executed.";
    LostAnswer => "lost-answer", "The request is executed; the connection breaks before the answer.";
    FalseError => "false-5xx", "The request is executed; the answer is a 500 or 504.";
    LateWrite => "late-write", "The answer is a 504; the request is executed later.";
    Silence => "silence", "The request is executed and never answered.";
    Conflict => "conflict", "Somebody else's write of the same object commits just before.";
    AbandonedWrite => "abandoned-write", "A request whose caller stopped waiting is executed after all.";
    WatchLag => "watch-lag", "A watch cache or stream is behind the store when something else happens.";
    WatchDrop => "watch-drop", "A watch stream ends; the next one may reach another API server.";
    Compaction => "compaction", "The API servers forget their history: a watch from an old version is 410.";
    Crash => "crash", "A replica stops at once and starts again later.";
    Pause => "pause", "A replica stands still (GC, SIGSTOP) and goes on later.";
    ClockSkew => "clock-skew", "A replica's clock is wrong by an offset or a rate.";
    Disconnect => "disconnect", "A sender hangs up before the answer.";
    Redelivery => "redelivery", "A sender delivers the same alerts again.";
    Ending => "request-ends", "The orchestrator ends a RemediationRequest while signals are under way.";
    LeaseStolen => "lease-stolen", "Somebody frees a lease that is held.";
    RequestDeleted => "request-deleted", "Somebody deletes a RemediationRequest.";
    MarksErased => "marks-erased", "Somebody erases what the gateway keeps in a status.";
    Refused => "forbidden", "RBAC refuses a call.";
    WebhookDenies => "webhook-denies", "An admission webhook refuses a write: 403, not executed.";
    WebhookSlow => "webhook-slow", "An admission webhook holds a write back; past its timeout the write is a 500, not executed.";
    TimeTravel => "time-travel", "A client's list or watch is served by a cache that is older than what it was told before.";
    ServerRestart => "api-restart", "An API server restarts: its streams end, and its caches have yet to fill.";
    ColdCache => "cold-cache", "A list or watch is 429: the cache of the restarted API server is not filled yet.";
    LaggingCache => "lagging-cache", "A consistent list is 429: the API server's watch cache is too far behind.";
    StaleRead => "stale-read", "A read of one object is answered by a watch cache that is behind, although it asked for the newest.";
    SlowWatch => "slow-watch", "A watch stream ends because its client leaves more unread than the server buffers.";
}

/// How often each fault took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered([u64; FaultKind::ALL.len()]);

impl Default for Delivered {
    fn default() -> Self {
        Self([0; FaultKind::ALL.len()])
    }
}

impl Delivered {
    /// Counts one.
    pub fn count(&mut self, kind: FaultKind) {
        self.0[kind as usize] += 1;
    }

    /// How often.
    pub fn of(&self, kind: FaultKind) -> u64 {
        self.0[kind as usize]
    }

    /// Adds another run's counts.
    pub fn add(&mut self, other: &Delivered) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }

    /// Every kind with its count.
    pub fn iter(&self) -> impl Iterator<Item = (FaultKind, u64)> {
        FaultKind::ALL.iter().map(|&kind| (kind, self.of(kind)))
    }
}

/// What may go wrong, and how often. Chances are per 1,000 occasions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Faults {
    /// The preset's name.
    pub name: &'static str,
    /// Whether requests, answers and watch events may overtake each other. Without it the world is in order.
    pub reorder: bool,
    /// An API call meets one of the faults of calls.
    pub call: u32,
    /// At any step, something happens to a replica, a stream or a cache.
    pub world: u32,
    /// Ceiling of faults of calls in one run, so that a run ends.
    pub calls_max: u32,
    /// Ceiling of crashes in one run.
    pub crashes_max: u32,
    /// Ceiling of pauses in one run.
    pub pauses_max: u32,
    /// Ceiling of dropped streams and compactions in one run.
    pub watches_max: u32,
    /// At any step, something happens to an API server: a restart, or a stream that a balancer moves elsewhere.
    pub servers: u32,
    /// Ceiling of that in one run.
    pub servers_max: u32,
    /// A consistent list that finds a cache behind is refused.
    pub lagging: u32,
    /// Ceiling of senders that hang up in one run.
    pub disconnects_max: u32,
    /// Whether replicas' clocks may be wrong: an offset of up to a minute, and a rate.
    pub skew: bool,
    /// By how much clocks that may be wrong may run fast, in parts per million; the first is that of a right one.
    pub rates_ppm: &'static [i64],
    /// A sender delivers its alerts twice.
    pub redelivery: u32,
    /// At any step, somebody else does one of the things that the script offers: see
    /// [`Intervention`](crate::run::Intervention).
    pub others: u32,
    /// Ceiling of such things in one run.
    pub others_max: u32,
}

impl Faults {
    /// Nothing goes wrong, and things happen in any order.
    pub const NONE: Faults = Faults {
        name: "none",
        reorder: true,
        call: 0,
        world: 0,
        calls_max: 0,
        crashes_max: 0,
        pauses_max: 0,
        watches_max: 0,
        servers: 0,
        servers_max: 0,
        lagging: 0,
        disconnects_max: 0,
        skew: false,
        rates_ppm: &[0, 20_000, -20_000],
        redelivery: 0,
        others: 0,
        others_max: 0,
    };
    /// Every place of every fault is a choice: what a search places one by one, and chance but rarely.
    pub const PLACED: Faults = Faults {
        name: "placed",
        call: 20,
        world: 2,
        calls_max: 4,
        crashes_max: 4,
        pauses_max: 4,
        watches_max: 4,
        disconnects_max: 4,
        others: 4,
        others_max: 4,
        ..Faults::NONE
    };
    /// A good day: now and then a slow or refused call.
    pub const CALM: Faults = Faults { name: "calm", call: 10, world: 1, calls_max: 4, watches_max: 1, ..Faults::NONE };
    /// A bad day: ambiguous writes, dropped watches, a crash or a pause, wrong clocks.
    pub const STORMY: Faults = Faults {
        name: "stormy",
        call: 60,
        world: 6,
        calls_max: 10,
        crashes_max: 1,
        pauses_max: 1,
        watches_max: 3,
        disconnects_max: 1,
        skew: true,
        redelivery: 30,
        ..Faults::NONE
    };
    /// The worst day: all of it, often.
    pub const HOSTILE: Faults = Faults {
        name: "hostile",
        call: 200,
        world: 20,
        calls_max: 30,
        crashes_max: 3,
        pauses_max: 2,
        watches_max: 6,
        disconnects_max: 4,
        skew: true,
        redelivery: 100,
        ..Faults::NONE
    };
    /// The presets, mildest first, and the one of searches.
    pub const PRESETS: &[Faults] = &[Faults::NONE, Faults::CALM, Faults::STORMY, Faults::HOSTILE, Faults::PLACED];

    /// The preset of this name.
    pub fn preset(name: &str) -> Option<Faults> {
        Faults::PRESETS.iter().copied().find(|preset| preset.name == name)
    }
}
