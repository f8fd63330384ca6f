//! Alternatives: what one pick of a choice means.
//!
//! A run makes a million choices a second and few of them are ever read. So an alternative is a small value, and its
//! words are made only when a record is written.
use crate::faults::FaultKind;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, sync::Arc, time::Duration};

/// Kind of action that a run may take next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// An answer reaches its caller.
    Answer,
    /// A watch stream delivers an event.
    WatchEvent,
    /// A watch cache follows the store by one event.
    CacheAdvance,
    /// An API call is executed.
    Call,
    /// An HTTP request reaches its replica.
    Delivery,
    /// A controller of the cluster acts.
    Controller,
}

impl Step {
    const fn words(self) -> &'static str {
        match self {
            Step::Answer => "answer call",
            Step::WatchEvent => "event of watch",
            Step::CacheAdvance => "advance cache of server",
            Step::Call => "execute call",
            Step::Delivery => "delivery",
            Step::Controller => "controller task",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// What a pick means. [`Display`](fmt::Display) gives its name in replay files and reports.
#[derive(Debug, Clone)]
pub enum Alternative {
    /// No fault.
    Nothing,
    /// An action, with the number of what it acts on.
    Step(Step, u32),
    /// A fault of the library.
    Fault(FaultKind),
    /// A fault or a step that the user of the library named.
    Named(&'static str),
    /// A write by a third party, with its place in what was offered.
    Interference(&'static str, u32),
    /// A replica, by number.
    Replica(u32),
    /// An API server, by number.
    Server(u32),
    /// A watch, by number.
    Watch(u64),
    /// A delivery, by number.
    Delivery(u32),
    /// A length of time.
    Time(Duration),
    /// An offset in milliseconds.
    Milliseconds(i64),
    /// A rate in parts per million.
    PartsPerMillion(i64),
    /// A plain number: a seed, or a pick whose meaning is known only to the run.
    Number(u32),
    /// A name that was read from a replay.
    Text(Arc<str>),
}

impl Alternative {
    /// The fault that is picked, if it is one of the library's.
    pub const fn fault(&self) -> Option<FaultKind> {
        match self {
            Alternative::Fault(kind) => Some(*kind),
            _ => None,
        }
    }

    /// The length of time that is picked, if it is one.
    pub const fn time(&self) -> Option<Duration> {
        match self {
            Alternative::Time(time) => Some(*time),
            _ => None,
        }
    }
}

impl From<FaultKind> for Alternative {
    fn from(kind: FaultKind) -> Self {
        Alternative::Fault(kind)
    }
}

impl From<Duration> for Alternative {
    fn from(time: Duration) -> Self {
        Alternative::Time(time)
    }
}

impl From<&'static str> for Alternative {
    fn from(name: &'static str) -> Self {
        Alternative::Named(name)
    }
}

impl fmt::Display for Alternative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Alternative::Nothing => f.write_str("nothing"),
            Alternative::Step(step, number) => write!(f, "{} {number}", step.words()),
            Alternative::Fault(kind) => f.write_str(kind.name()),
            Alternative::Named(name) => f.write_str(name),
            Alternative::Interference(name, place) => write!(f, "{name} ({place})"),
            Alternative::Replica(number) => write!(f, "replica {number}"),
            Alternative::Server(number) => write!(f, "server {number}"),
            Alternative::Watch(number) => write!(f, "watch {number}"),
            Alternative::Delivery(number) => write!(f, "delivery {number}"),
            Alternative::Time(time) => write!(f, "{time:?}"),
            Alternative::Milliseconds(offset) => write!(f, "{offset} ms"),
            Alternative::PartsPerMillion(rate) => write!(f, "{rate} ppm"),
            Alternative::Number(number) => write!(f, "{number}"),
            Alternative::Text(text) => f.write_str(text),
        }
    }
}

/// Two alternatives are the same if their names are.
impl PartialEq for Alternative {
    fn eq(&self, other: &Self) -> bool {
        use Alternative::{Delivery, Fault, Named, Nothing, Number, Replica, Server, Step, Time, Watch};
        match (self, other) {
            (Nothing, Nothing) => true,
            (Step(mine, number), Step(theirs, other)) => (mine, number) == (theirs, other),
            (Fault(mine), Fault(theirs)) => mine == theirs,
            (Named(mine), Named(theirs)) => mine == theirs,
            (Time(mine), Time(theirs)) => mine == theirs,
            (Watch(mine), Watch(theirs)) => mine == theirs,
            (Replica(mine), Replica(theirs))
            | (Server(mine), Server(theirs))
            | (Delivery(mine), Delivery(theirs))
            | (Number(mine), Number(theirs)) => mine == theirs,
            _ => self.to_string() == other.to_string(),
        }
    }
}

impl Eq for Alternative {}

impl Serialize for Alternative {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Alternative {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Alternative::Text(Arc::from(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternatives_read_back_as_themselves() {
        for alternative in [
            Alternative::Nothing,
            Alternative::Step(Step::Call, 7),
            Alternative::Fault(FaultKind::LostAnswer),
            Alternative::Time(Duration::from_millis(400)),
            Alternative::Milliseconds(-40_000),
        ] {
            let json = serde_json::to_string(&alternative).expect("a text");
            let read: Alternative = serde_json::from_str(&json).expect("its own text");
            assert_eq!(read, alternative, "{json}");
        }
        assert_eq!(Alternative::Step(Step::Call, 7).to_string(), "execute call 7");
        assert_ne!(Alternative::Replica(1), Alternative::Server(1));
    }
}
