//! One edit: a part of a scenario, and what is left of it.
use std::{fmt, str::FromStr};

/// A part of a scenario that can be made smaller. Acts and triggers are numbered from 1, as the catalogue has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Number of replicas.
    Replicas,
    /// Number of API servers.
    Servers,
    /// An act: 0 drops it.
    Act(usize),
    /// Copies of an act's delivery, alerts that it delivers, or times that it repeats something.
    Copies(usize),
    /// Members of an act's group of alerts.
    Group(usize),
    /// Repetitions of an act's deliveries with keys.
    Again(usize),
    /// Phases that an act moves through, from the first.
    Phases(usize),
    /// Seconds that an act waits.
    Seconds(usize),
    /// A trigger: 0 drops it.
    Trigger(usize),
    /// Calls that a trigger strikes.
    Times(usize),
    /// Faults of API calls at random: 0 switches them off, as it does for those below.
    CallFaults,
    /// Faults of replicas and streams.
    WorldFaults,
    /// Faults of API servers, and caches that lag.
    ServerFaults,
    /// Wrong clocks.
    Clocks,
    /// Repeated deliveries.
    Redelivery,
    /// Interference at random.
    Interference,
    /// All faults at random.
    Faults,
}

/// A part of the act or trigger with a number.
type Numbered = fn(usize) -> Part;

impl Part {
    const PLAIN: [(Part, &str); 9] = [
        (Part::Replicas, "replicas"),
        (Part::Servers, "servers"),
        (Part::CallFaults, "call-faults"),
        (Part::WorldFaults, "world-faults"),
        (Part::ServerFaults, "server-faults"),
        (Part::Clocks, "clocks"),
        (Part::Redelivery, "redelivery"),
        (Part::Interference, "interference"),
        (Part::Faults, "faults"),
    ];
    const NUMBERED: [(Numbered, &str); 8] = [
        (Part::Act, "act"),
        (Part::Copies, "copies"),
        (Part::Group, "group"),
        (Part::Again, "again"),
        (Part::Phases, "phases"),
        (Part::Seconds, "seconds"),
        (Part::Trigger, "trigger"),
        (Part::Times, "times"),
    ];

    const fn number(self) -> usize {
        match self {
            Part::Act(number)
            | Part::Copies(number)
            | Part::Group(number)
            | Part::Again(number)
            | Part::Phases(number)
            | Part::Seconds(number)
            | Part::Trigger(number)
            | Part::Times(number) => number,
            _ => 0,
        }
    }
}

/// A part, and the number that is left of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The part.
    pub part: Part,
    /// The number that is left; 0 drops an act, a trigger or a kind of faults.
    pub left: u32,
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, left } = self;
        let numbered = Part::NUMBERED.iter().find(|(make, _)| make(part.number()) == *part);
        let plain = Part::PLAIN.iter().find(|(plain, _)| plain == part);
        match (numbered, plain) {
            (Some((_, word)), _) => write!(f, "{word}.{}={left}", part.number()),
            (None, plain) => write!(f, "{}={left}", plain.map_or("?", |(_, word)| word)),
        }
    }
}

impl FromStr for Edit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is not an edit; write one as replicas=2, copies.1=2, act.3=0 or trigger.1=0");
        let (part, left) = text.split_once('=').ok_or_else(bad)?;
        let left = left.parse().map_err(|_| bad())?;
        if let Some(&(part, _)) = Part::PLAIN.iter().find(|(_, word)| *word == part) {
            return Ok(Self { part, left });
        }
        let (word, number) = part.split_once('.').ok_or_else(bad)?;
        let number = number.parse().ok().filter(|number| *number > 0).ok_or_else(bad)?;
        let (make, _) = Part::NUMBERED.iter().find(|(_, known)| *known == word).ok_or_else(bad)?;
        Ok(Self { part: make(number), left })
    }
}
