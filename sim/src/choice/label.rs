//! Labels: what a choice is about, and what it costs to depart from its first alternative.
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a search counts a pick other than the first as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cost {
    /// Nothing: the choice details another one.
    Free,
    /// A departure from the order in which things became ready.
    Preemption,
    /// A fault.
    Fault,
}

macro_rules! labels {
    ($($variant:ident => $text:literal, $cost:ident, $doc:literal;)*) => {
        /// Subject of a choice.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Label { $(#[doc = $doc] $variant,)* }
        /// Every label.
        pub const LABELS: &[Label] = &[$(Label::$variant),*];
        impl Label {
            /// The label's text in a replay file.
            pub const fn text(self) -> &'static str {
                match self { $(Label::$variant => $text,)* }
            }

            /// What a pick other than the first costs in a search.
            pub const fn cost(self) -> Cost {
                match self { $(Label::$variant => Cost::$cost,)* }
            }
        }
    };
}

labels! {
    Next => "next", Preemption, "Enabled action that happens next.";
    CallFault => "call-fault", Fault, "Fault of an API call, if any.";
    LaggingCache => "lagging-cache", Fault, "Whether a consistent list is refused because its cache is behind.";
    CustomFault => "custom-fault", Fault, "Whether a fault that the user of the library added strikes a call.";
    CallDelay => "call-delay", Free, "Time for which a delayed API call is held back.";
    Abandoned => "abandoned", Free, "Whether a call whose caller stopped waiting is executed.";
    FalseError => "false-error", Free, "Error that an executed call returns.";
    SecondAnswer => "second-answer", Free, "Answer to the second copy of a request that was sent twice.";
    CopyDelay => "copy-delay", Free, "Time between the copies of a request that was sent twice.";
    WorldFault => "world-fault", Fault, "Fault of a replica, a stream or a cache, if any.";
    ServerFault => "server-fault", Fault, "Fault of an API server, if any.";
    Interference => "interference", Fault, "Write by a third party, if any.";
    Victim => "victim", Free, "Replica, stream or delivery that a fault strikes.";
    Restart => "restart", Free, "Time after which a crashed replica starts again.";
    Pause => "pause", Free, "Time for which a replica is paused.";
    CacheLag => "cache-lag", Free, "Time by which a watch cache falls behind.";
    FaultMoment => "fault-moment", Free, "Time after which a fault that was chosen strikes.";
    ClockOffset => "clock-offset", Free, "Offset of a replica's wall clock.";
    ClockRate => "clock-rate", Free, "Rate of a replica's clock.";
    Replica => "replica", Preemption, "Replica that a request goes to.";
    Workload => "workload", Preemption, "Step of a sender or another actor of the workload.";
    Server => "server", Free, "API server that a request reaches, or that a fault strikes.";
    Pace => "pace", Free, "Whether time moves only when nothing else can happen. A run has it only where it does.";
    Entropy => "entropy", Free, "Seed of random numbers that are not choices.";
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
