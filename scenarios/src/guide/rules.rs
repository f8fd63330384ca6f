//! A guide: rules of order, and picks at certain steps.
use super::step::StepName;
use sim::engine::{LABELS, Label};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

/// One step comes before another: while the first has not happened, the second waits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Order {
    /// Step that comes first.
    pub first: StepName,
    /// Step that waits.
    pub then: StepName,
}

/// The choice that a pick is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// The step that began last; None before the first.
    pub step: Option<StepName>,
    /// Subject of the choice.
    pub label: Label,
    /// Number among the choices of this label since that step, from 1.
    pub nth: u32,
}

/// An alternative other than the first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Picked {
    /// Number of the alternative.
    pub number: u32,
    /// Its meaning.
    pub meaning: String,
}

/// How a run departs from "in order, no fault".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guide {
    /// Rules of order.
    pub orders: BTreeSet<Order>,
    /// Picks.
    pub picks: BTreeMap<At, Picked>,
}

/// One rule of a guide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// A rule of order.
    Order(Order),
    /// A pick.
    Pick(At, Picked),
}

impl Guide {
    /// Number of rules.
    pub fn len(&self) -> usize {
        self.orders.len() + self.picks.len()
    }

    /// Whether it is "in order, no fault".
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every rule: the picks first, then the orders.
    pub fn rules(&self) -> Vec<Rule> {
        let picks = self.picks.iter().map(|(at, picked)| Rule::Pick(at.clone(), picked.clone()));
        picks.chain(self.orders.iter().cloned().map(Rule::Order)).collect()
    }

    /// The guide without the steps of an actor's name, which another actor takes.
    #[must_use]
    pub fn renamed(&self, from: &str, to: &str) -> Self {
        let step = |name: &StepName| if name.actor() == from { name.by(to) } else { name.clone() };
        let order = |order: &Order| Order { first: step(&order.first), then: step(&order.then) };
        let at = |at: &At| At { step: at.step.as_ref().map(step), ..at.clone() };
        Self {
            orders: self.orders.iter().map(order).filter(|order| order.first != order.then).collect(),
            picks: self.picks.iter().map(|(place, picked)| (at(place), picked.clone())).collect(),
        }
    }
}

impl FromIterator<Rule> for Guide {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> Self {
        let mut guide = Self::default();
        for rule in rules {
            match rule {
                Rule::Order(order) => _ = guide.orders.insert(order),
                Rule::Pick(at, picked) => _ = guide.picks.insert(at, picked),
            }
        }
        guide
    }
}

const START: &str = "the start";

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order(Order { first, then }) => write!(f, "first {first}, then {then}"),
            Self::Pick(At { step, label, nth }, Picked { number, meaning }) => {
                let step = step.as_ref().map_or_else(|| START.to_owned(), ToString::to_string);
                let nth = if *nth > 1 { format!("({nth})") } else { String::new() };
                write!(f, "at {step}, choose {label}{nth} {number} {meaning}")
            }
        }
    }
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || {
            format!("`{text}` is not a rule; write `first STEP, then STEP` or `at STEP, choose LABEL NUMBER MEANING`")
        };
        if let Some(rest) = text.strip_prefix("first ") {
            let (first, then) = rest.split_once(", then ").ok_or_else(bad)?;
            return Ok(Self::Order(Order { first: first.parse()?, then: then.parse()? }));
        }
        let (step, choice) = text.strip_prefix("at ").and_then(|rest| rest.split_once(", choose ")).ok_or_else(bad)?;
        let step = if step == START { None } else { Some(step.parse()?) };
        let mut words = choice.splitn(3, ' ');
        let (label, number) = words.next().zip(words.next()).ok_or_else(bad)?;
        let (label, nth) = label.strip_suffix(')').and_then(|label| label.split_once('(')).unwrap_or((label, "1"));
        let label = LABELS.iter().copied().find(|known| known.text() == label).ok_or_else(bad)?;
        let (nth, number) = nth.parse().ok().zip(number.parse().ok()).ok_or_else(bad)?;
        let meaning = words.next().unwrap_or_default().to_owned();
        Ok(Self::Pick(At { step, label, nth }, Picked { number, meaning }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: [&str; 3] = [
        "at the start, choose entropy 4711 4711",
        "at execute replica 0: patch remediationrequests/status #1, choose call-fault(2) 7 lost-answer",
        "first execute replica 1: list remediationrequests #1, then execute replica 0: create leases #1",
    ];

    #[test]
    fn guides_read_back_as_themselves() {
        let guide: Guide = RULES.iter().map(|rule| rule.parse::<Rule>().expect("a rule")).collect();
        let texts: Vec<String> = guide.rules().iter().map(ToString::to_string).collect();
        assert_eq!(texts, RULES);
        assert_eq!(guide.len(), 3);
        for bad in ["first a", "at the start, choose luck 1 one", "then execute a #1", "at x, choose entropy one"] {
            assert!(bad.parse::<Rule>().is_err(), "{bad}");
        }
    }

    #[test]
    fn another_replica_can_take_its_steps() {
        let guide: Guide = RULES.iter().map(|rule| rule.parse::<Rule>().expect("a rule")).collect();
        let renamed = guide.renamed("replica 1", "replica 2");
        let order = renamed.orders.first().expect("one");
        assert_eq!(order.first.actor(), "replica 2");
        assert_eq!(order.then.actor(), "replica 0");
    }
}
