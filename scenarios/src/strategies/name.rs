//! Names of strategies.
use super::{delay::Delay, pct::Pct, pos::Pos, strategy::Strategy, swarm::Swarm, uniform::Uniform, walk::Walk};
use std::{fmt, str::FromStr};

/// Name of a strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StrategyName {
    /// Every choice at random.
    Random,
    /// Priorities that change at few points (probabilistic concurrency testing).
    Pct,
    /// A random walk, weighted towards all interleavings being equally likely.
    Walk,
    /// Priorities of steps that change where steps race (partial order sampling).
    Pos,
    /// In order, except for a few delays.
    Delay,
    /// Every run with faults and odds of its own.
    Swarm,
    /// Five of them, as often as each finds something new.
    Portfolio,
}

impl StrategyName {
    /// Every strategy.
    pub const ALL: [StrategyName; 7] = [
        StrategyName::Random,
        StrategyName::Pct,
        StrategyName::Walk,
        StrategyName::Pos,
        StrategyName::Delay,
        StrategyName::Swarm,
        StrategyName::Portfolio,
    ];

    /// The name in commands and reports.
    pub const fn text(self) -> &'static str {
        match self {
            StrategyName::Random => "random",
            StrategyName::Pct => "pct",
            StrategyName::Walk => "walk",
            StrategyName::Pos => "pos",
            StrategyName::Delay => "delay",
            StrategyName::Swarm => "swarm",
            StrategyName::Portfolio => "portfolio",
        }
    }

    /// Description on the command line.
    pub const fn about(self) -> &'static str {
        match self {
            StrategyName::Random => "every choice at random",
            StrategyName::Pct => "priorities that change at few points",
            StrategyName::Walk => "a random walk, weighted towards equally likely interleavings",
            StrategyName::Pos => "priorities of steps that change where steps race",
            StrategyName::Delay => "in order, except for a few delays",
            StrategyName::Swarm => "every run with faults and odds of its own",
            StrategyName::Portfolio => "five of the others, as often as each finds something new",
        }
    }

    /// The strategy, unless it is the portfolio, which chooses among the others.
    pub fn strategy(self) -> Option<&'static dyn Strategy> {
        match self {
            StrategyName::Random => Some(&Uniform),
            StrategyName::Pct => Some(&Pct),
            StrategyName::Walk => Some(&Walk),
            StrategyName::Pos => Some(&Pos),
            StrategyName::Delay => Some(&Delay),
            StrategyName::Swarm => Some(&Swarm),
            StrategyName::Portfolio => None,
        }
    }
}

impl fmt::Display for StrategyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl FromStr for StrategyName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || StrategyName::ALL.map(StrategyName::text).join(", ");
        let known = StrategyName::ALL.into_iter().find(|name| name.text() == text);
        known.ok_or_else(|| format!("unknown strategy `{text}`; strategies: {}", names()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        catalogue::find,
        protocol_name::ProtocolName,
        runner::{Overrides, Prepared, Subject, Transport},
        strategies::shape::Shape,
    };
    use model::verdict::Verdict;
    use sim::engine::{Choices, Detail, Recorded};

    fn prepared(scenario: &str) -> Prepared {
        let scenario = find(scenario).expect("a scenario").clone();
        let protocol = ProtocolName::FencedLease;
        Prepared::new(Subject::new(scenario, protocol, Transport::Direct, Overrides::default()), Detail::Chain)
    }

    #[test]
    fn seeds_repeat_and_differ_under_each_strategy() {
        let prepared = prepared("burst");
        let shape = Shape::of(&prepared).expect("a run");
        for name in StrategyName::ALL {
            let Some(strategy) = name.strategy() else { continue };
            let run = |seed| prepared.run(Choices::new(strategy.source(seed, &shape)), false).expect("a run");
            let (first, again, other) = (run(1), run(1), run(2));
            assert_eq!(first.verdict, Verdict::Held, "{name}");
            assert_eq!(first.hashes(), again.hashes(), "{name}");
            assert_ne!(first.hashes().chain, other.hashes().chain, "{name}");
            let recorded = Choices::new(Recorded::new(first.outcome.choices.clone()));
            assert_eq!(prepared.run(recorded, false).expect("a run").hashes(), first.hashes(), "{name}");
        }
    }

    #[test]
    fn names_are_read_back() {
        for name in StrategyName::ALL {
            assert_eq!(name.text().parse(), Ok(name));
        }
        assert!("lucky".parse::<StrategyName>().is_err_and(|why| why.contains("portfolio")));
    }
}
