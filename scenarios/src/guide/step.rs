//! Names of steps: the same step has the same name in similar runs.
use std::{fmt, str::FromStr, sync::Arc};

/// Kind of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An API server executes a call.
    Execute,
    /// A call that was held back, or sent twice, is executed.
    Resume,
    /// An answer reaches its caller.
    Answer,
    /// A delivery reaches its replica.
    Deliver,
    /// A watch stream delivers an event.
    Watch,
    /// A watch cache follows the store.
    Cache,
    /// A controller of the cluster acts.
    Control,
}

impl Kind {
    const ALL: [(Kind, &str); 7] = [
        (Kind::Execute, "execute"),
        (Kind::Resume, "resume"),
        (Kind::Answer, "answer"),
        (Kind::Deliver, "deliver"),
        (Kind::Watch, "watch"),
        (Kind::Cache, "cache"),
        (Kind::Control, "control"),
    ];

    const fn word(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// Name of a step: what it is, what it is about, and how many like it came before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StepName {
    /// Kind of step.
    pub kind: Kind,
    /// Subject, such as `replica 0: create leases` or `replica 1`.
    pub about: Arc<str>,
    /// Number among the steps of this kind and subject, from 1.
    pub nth: u32,
}

impl StepName {
    /// The actor that the step belongs to: `replica 0`, `client 1`, `server 0`.
    pub fn actor(&self) -> &str {
        self.about.split(": ").next().unwrap_or(&self.about)
    }

    /// Verb and resource of a call: `create leases`.
    pub fn call(&self) -> Option<(&str, &str)> {
        self.about.split_once(": ")?.1.split_once(' ')
    }

    /// The same step of another actor.
    #[must_use]
    pub fn by(&self, actor: &str) -> Self {
        let rest = &self.about[self.actor().len()..];
        Self { about: format!("{actor}{rest}").into(), ..self.clone() }
    }
}

impl fmt::Display for StepName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} #{}", self.kind.word(), self.about, self.nth)
    }
}

impl FromStr for StepName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is not a step; write one as `execute replica 0: create leases #1`");
        let (word, rest) = text.split_once(' ').ok_or_else(bad)?;
        let (about, nth) = rest.rsplit_once(" #").ok_or_else(bad)?;
        let kind = Kind::ALL.iter().find(|(_, known)| *known == word).map(|&(kind, _)| kind).ok_or_else(bad)?;
        Ok(Self { kind, about: about.into(), nth: nth.parse().map_err(|_| bad())? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_as_themselves() {
        for text in ["execute replica 0: create leases #1", "deliver replica 1 #12", "cache server 0 #3"] {
            let name: StepName = text.parse().expect("a step");
            assert_eq!(name.to_string(), text);
        }
        assert!("create leases".parse::<StepName>().is_err() && "execute x #one".parse::<StepName>().is_err());
    }

    #[test]
    fn the_actor_can_be_replaced() {
        let name: StepName = "execute replica 2: create leases #1".parse().expect("a step");
        assert_eq!((name.actor(), name.call()), ("replica 2", Some(("create", "leases"))));
        assert_eq!(name.by("replica 0").to_string(), "execute replica 0: create leases #1");
    }
}
