//! Edits: what was taken out of a scenario to make it smaller, as text that is short and can be compared line by line.
//!
//! An edit names a part of the scenario as the catalogue has it, so the order of edits does not matter.
mod apply;
mod edit;

pub use edit::{Edit, Part};

use crate::scenario::Scenario;
use std::{fmt, str::FromStr};

/// The edits of one scenario, at most one of each part.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edits(Vec<Edit>);

impl Edits {
    /// Whether the scenario is as the catalogue has it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The edits, sorted by part.
    pub fn iter(&self) -> impl Iterator<Item = &Edit> {
        self.0.iter()
    }

    /// These edits and another one, which replaces an edit of the same part.
    #[must_use]
    pub fn and(&self, edit: Edit) -> Self {
        let others = self.0.iter().copied().filter(|other| other.part != edit.part);
        let mut edits: Vec<Edit> = others.chain([edit]).collect();
        edits.sort_unstable();
        Self(edits)
    }

    /// The scenario with these edits; parts that it does not have are ignored.
    pub fn apply(&self, scenario: &Scenario) -> Scenario {
        apply::apply(&self.0, scenario)
    }
}

impl FromIterator<Edit> for Edits {
    fn from_iter<I: IntoIterator<Item = Edit>>(edits: I) -> Self {
        edits.into_iter().fold(Self::default(), |edits, edit| edits.and(edit))
    }
}

/// As a replay string has them: `/replicas=1/act.2=0`.
impl fmt::Display for Edits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|edit| write!(f, "/{edit}"))
    }
}

impl FromStr for Edits {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split('/').filter(|edit| !edit.is_empty()).map(str::parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        catalogue::find,
        scenario::Expect,
        workload::{Act, Payload},
    };

    fn edited(scenario: &str, edits: &str) -> Scenario {
        let edits: Edits = edits.parse().expect("edits");
        edits.apply(find(scenario).expect("a scenario"))
    }

    #[test]
    fn edits_read_back_as_themselves() {
        let text = "/replicas=1/act.2=0/copies.1=2/trigger.1=0/faults=0";
        let edits: Edits = text.parse().expect("edits");
        assert_eq!(edits.to_string(), text);
        assert_eq!(edits.and("copies.1=3".parse().expect("an edit")).iter().count(), 5, "one of each part");
        for bad in ["replicas", "replicas=no", "copies=1", "copies.0=1", "hats.1=2"] {
            assert!(bad.parse::<Edits>().is_err(), "{bad}");
        }
    }

    #[test]
    fn fewer_copies_are_expected_to_count_less() {
        let burst = edited("burst", "replicas=2/copies.1=3");
        assert_eq!(burst.cluster.replicas, 2);
        assert!(matches!(burst.acts[0], Act::Deliver { copies: 3, .. }));
        assert!(burst.expect.contains(&Expect::Counted(Payload::Deployment, 3)));
        assert!(burst.expect.contains(&Expect::Requests(1)));
    }

    #[test]
    fn numbers_are_those_of_the_catalogue() {
        let scenario = find("count-contention").expect("a scenario");
        let smaller = edited("count-contention", "act.2=0/copies.4=2");
        assert_eq!(smaller.acts.len(), scenario.acts.len() - 1);
        assert!(matches!(smaller.acts[2], Act::Deliver { copies: 2, .. }));
        assert!(!smaller.expect.iter().any(|expect| matches!(expect, Expect::Requests(_))), "an act is missing");
    }
}
