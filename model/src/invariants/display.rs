//! How the sentences of violations name clients, times, signals and streams.
use crate::{
    observation::{Actor, Change, Micros, Observation, Reply, SignalId},
    state::{self, State, Step, Stream},
    watch::{WatchFact, WatchId},
};
use std::fmt;

/// `replica 0`; `replica 0 (start 2)` after its first restart.
pub(crate) struct Client(pub(crate) Actor);

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Actor::Replica { index, incarnation: 0 } => write!(f, "replica {index}"),
            Actor::Replica { index, incarnation } => write!(f, "replica {index} (start {})", incarnation + 1),
            Actor::Orchestrator => f.write_str("the orchestrator"),
            Actor::External => f.write_str("an external client"),
        }
    }
}

/// The first twelve digits, as in the name of a RemediationRequest.
pub(crate) struct Fingerprint<'a>(pub(crate) &'a str);

impl fmt::Display for Fingerprint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.get(..12) {
            Some(start) if self.0.len() > 12 => write!(f, "fingerprint {start}…"),
            _ => write!(f, "fingerprint {}", self.0),
        }
    }
}

/// Seconds with three decimals where these are exact, else with six.
pub(crate) struct Seconds(pub(crate) Micros);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, micros) = (self.0 / 1_000_000, self.0 % 1_000_000);
        if micros.is_multiple_of(1_000) {
            write!(f, "{seconds}.{:03} s", micros / 1_000)
        } else {
            write!(f, "{seconds}.{micros:06} s")
        }
    }
}

/// `signal 4`.
pub(crate) struct Signal(pub(crate) SignalId);

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "signal {}", self.0.0)
    }
}

/// The answer to a signal, as a verb phrase.
pub(crate) struct Answered<'a>(pub(crate) &'a Reply);

impl fmt::Display for Answered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Reply::Created { .. } => f.write_str("was answered \"created\""),
            Reply::Duplicate { count: Some(count), .. } => write!(f, "was answered \"duplicate\" with count {count}"),
            Reply::Duplicate { count: None, .. } => f.write_str("was answered \"duplicate\""),
            Reply::Ignored => f.write_str("was answered 200 without being stored"),
            Reply::ClientError { status } | Reply::ServerError { status, .. } => write!(f, "was answered {status}"),
            Reply::Lost => f.write_str("got no answer"),
        }
    }
}

/// `1 signal`, `3 signals`.
pub(crate) struct Signals(pub(crate) u64);

impl fmt::Display for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 1 { f.write_str("1 signal") } else { write!(f, "{} signals", self.0) }
    }
}

/// `1st`, `2nd`, `11th`.
pub(crate) struct Ordinal(pub(crate) u64);

impl fmt::Display for Ordinal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suffix = match (self.0 % 10, self.0 % 100) {
            (_, 11..=13) => "th",
            (1, _) => "st",
            (2, _) => "nd",
            (3, _) => "rd",
            _ => "th",
        };
        write!(f, "{}{suffix}", self.0)
    }
}

/// A stream, and the fact that a step is about: `watch 3 of replica 0 on leases`.
pub(crate) struct Watch<'a> {
    id: Option<WatchId>,
    stream: Option<&'a Stream>,
    fact: Option<&'a WatchFact>,
}

impl<'a> Watch<'a> {
    pub(crate) fn of(step: &Step<'a>, state: &'a State) -> Self {
        match step.observation {
            Observation::Watched { watch, fact, .. } => {
                Self { id: Some(*watch), stream: state.stream(*watch), fact: Some(fact) }
            }
            _ => Self { id: None, stream: None, fact: None },
        }
    }

    /// `that revision 12 changed gw-lock-1`.
    pub(crate) fn event(&self) -> String {
        match self.fact {
            Some(WatchFact::Event { change, revision, name, .. }) => {
                format!("that revision {revision} {} {name}", verb(*change))
            }
            _ => "no event".to_owned(),
        }
    }

    /// Index of the observation that opened the stream.
    pub(crate) fn opened(&self) -> Option<usize> {
        self.stream.map(|stream| stream.opened.index)
    }
}

impl fmt::Display for Watch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((id, stream)) = self.id.zip(self.stream) else { return f.write_str("a watch") };
        let resource = &stream.opening.selection.resource;
        write!(f, "watch {} of {} on {resource} from revision {}", id.0, Client(stream.actor), stream.opening.after)
    }
}

/// The effect of a commit, as a verb in the past tense.
pub(crate) const fn verb(change: Change) -> &'static str {
    match change {
        Change::Created => "created",
        Change::Modified => "changed",
        Change::Deleted => "deleted",
    }
}

/// `revision 12 of gw-lock-1`, with the number of further commits that were missed.
pub(crate) struct Missed<'a>(pub(crate) &'a state::Missed);

impl fmt::Display for Missed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "revision {} of {}", self.0.revision, self.0.name)?;
        if self.0.more == 0 { Ok(()) } else { write!(f, " and {} more", self.0.more) }
    }
}

/// Name of the lease that was committed.
pub(crate) fn lease(observation: &Observation) -> &str {
    match observation {
        Observation::LeaseCommitted { lease, .. } => &lease.name,
        _ => "a lease",
    }
}

/// The text with its first letter in upper case.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
