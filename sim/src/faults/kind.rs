//! Kinds of faults: those that the library has, and names for those that its user adds.
use serde::{Deserialize, Serialize};

macro_rules! fault_kinds {
    ($($variant:ident => $name:literal, $doc:literal;)*) => {
        /// A kind of fault that the library has.
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
    SentTwice => "sent-twice",
        "A layer in between sends the request twice; the caller gets an answer to the second copy.";
    Hang => "hang", "The request is executed and never answered.";
    Conflict => "conflict", "A third party's write of the same object commits just before.";
    AbandonedWrite => "abandoned-write", "A request whose caller stopped waiting is executed after all.";
    WatchLag => "watch-lag", "A watch cache or stream is behind the store when something else happens.";
    WatchDrop => "watch-drop", "A watch stream ends; the next one may reach another API server.";
    Compaction => "compaction", "The API servers forget their history: a watch from an old version is answered 410.";
    Crash => "crash", "A replica stops at once and starts again later.";
    Pause => "pause", "A replica is paused (GC, SIGSTOP) and resumes later.";
    ClockSkew => "clock-skew", "A replica's clock is wrong by an offset or a rate.";
    Disconnect => "disconnect", "A sender disconnects before the answer.";
    Redelivery => "redelivery", "A sender repeats a request that was answered.";
    Refused => "forbidden", "RBAC refuses a call.";
    WebhookDenies => "webhook-denies", "An admission webhook refuses a write: 403, not executed.";
    WebhookSlow => "webhook-slow",
        "An admission webhook delays a write; after its timeout the write is answered 500, not executed.";
    TimeTravel => "time-travel",
        "A client's list or watch is served by a cache that is older than what it has already seen.";
    ServerRestart => "api-restart", "An API server restarts: its streams end, and its caches fill again.";
    ColdCache => "cold-cache",
        "A list or watch is answered 429: the cache of the restarted API server is not filled yet.";
    LaggingCache => "lagging-cache",
        "A consistent list is answered 429: the API server's watch cache is too far behind.";
    StaleRead => "stale-read",
        "A read of one object that asked for the newest state is answered by a watch cache that is behind.";
    SlowWatch => "slow-watch", "A watch stream ends because its client left more unread than the server buffers.";
    CutOff => "cut-off", "The request is executed; the body of its answer is cut off.";
    ClockStep => "clock-step", "A replica's wall clock is set forward or back.";
    Unauthorized => "401", "The API server does not accept the caller's token: 401, not executed.";
    NotAllowed => "405", "The resource's definition is going: a call is answered 405, not executed.";
    NotServed => "not-served",
        "A server that does not serve the resource answers 404, as it answers for an object that does not exist.";
    PageNotFound => "page-not-found", "A proxy that does not know the way answers 404 in plain text; not executed.";
    QuotaSpent => "quota", "The namespace's quota is used up: a create is answered 403, not executed.";
    PolicyDenies => "policy-denies", "An admission policy refuses a write: 403, not executed.";
    SilentWatch => "silent-watch", "A watch stream delivers nothing and does not end.";
    RepeatedEvents => "watch-repeats", "A watch stream delivers each event twice.";
}

impl FaultKind {
    /// Faults that strike one API call. Their order gives the numbers of a choice of them: add new ones at the end.
    pub const OF_CALLS: &[FaultKind] = &[
        FaultKind::Delay,
        FaultKind::TooManyRequests,
        FaultKind::InternalError,
        FaultKind::ServiceUnavailable,
        FaultKind::GatewayTimeout,
        FaultKind::LostRequest,
        FaultKind::LostAnswer,
        FaultKind::FalseError,
        FaultKind::LateWrite,
        FaultKind::Hang,
        FaultKind::Conflict,
        FaultKind::SentTwice,
    ];

    /// What it strikes: `calls`, `streams`, `replicas`, `senders`, `servers`, or, for a write by another client,
    /// `others`.
    pub const fn class(self) -> &'static str {
        match self {
            FaultKind::Conflict => "others",
            FaultKind::WatchLag
            | FaultKind::WatchDrop
            | FaultKind::Compaction
            | FaultKind::SlowWatch
            | FaultKind::SilentWatch
            | FaultKind::RepeatedEvents => "streams",
            FaultKind::Crash | FaultKind::Pause | FaultKind::ClockSkew | FaultKind::ClockStep => "replicas",
            FaultKind::Disconnect | FaultKind::Redelivery => "senders",
            FaultKind::TimeTravel
            | FaultKind::ServerRestart
            | FaultKind::ColdCache
            | FaultKind::LaggingCache
            | FaultKind::StaleRead => "servers",
            _ => "calls",
        }
    }
}

/// A fault: one that the library has, or one that its user named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A fault of the library.
    Kind(FaultKind),
    /// A fault that the user of the library added.
    Named(&'static str),
}

impl Fault {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Fault::Kind(kind) => kind.name(),
            Fault::Named(name) => name,
        }
    }

    /// What it strikes; a fault of the library's user is counted with those of other clients.
    pub const fn class(self) -> &'static str {
        match self {
            Fault::Kind(kind) => kind.class(),
            Fault::Named(_) => "others",
        }
    }
}

impl From<FaultKind> for Fault {
    fn from(kind: FaultKind) -> Self {
        Fault::Kind(kind)
    }
}

impl From<&'static str> for Fault {
    fn from(name: &'static str) -> Self {
        Fault::Named(name)
    }
}
