//! The smaller run: departures from "in order, no fault" are taken out of a failed run as long as it fails the same
//! check.
use super::{explore::Failure, runner::Simulation};
use crate::{
    choice::{Choice, Choices, Label, Odds, Source},
    run::RunError,
    trace::Detail,
};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// Runs that a shrink may take.
const RUNS_MAX: u32 = 400;

/// The choices of a run that departed from "in order, no fault": number of the choice and the pick. It is written
/// `12:1,40:3`, and `in-order` if there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Departures(BTreeMap<usize, u32>);

/// A text that does not describe departures.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` does not describe a run: write departures such as `12:1,40:3`, or `in-order`")]
pub struct NotDepartures(String);

const IN_ORDER: &str = "in-order";

impl Departures {
    /// The departures of a run.
    pub fn of(choices: &[Choice]) -> Self {
        let departed = choices.iter().enumerate().filter(|(_, choice)| choice.picked > 0);
        Self(departed.map(|(at, choice)| (at, choice.picked)).collect())
    }

    /// Number of departures.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the run was in order and without faults.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each departure's choice, and the departures without it.
    pub(super) fn each_without(&self) -> impl DoubleEndedIterator<Item = (usize, Departures)> {
        self.0.keys().enumerate().map(|(place, &at)| (at, self.without(place, 1)))
    }

    fn without(&self, from: usize, count: usize) -> Self {
        let kept = self.0.iter().enumerate().filter(|(place, _)| *place < from || *place >= from + count);
        Self(kept.map(|(_, (&at, &picked))| (at, picked)).collect())
    }
}

impl fmt::Display for Departures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<String> = self.0.iter().map(|(at, picked)| format!("{at}:{picked}")).collect();
        f.write_str(if pairs.is_empty() { IN_ORDER } else { "" })?;
        f.write_str(&pairs.join(","))
    }
}

impl FromStr for Departures {
    type Err = NotDepartures;

    fn from_str(text: &str) -> Result<Self, NotDepartures> {
        if text == IN_ORDER {
            return Ok(Self::default());
        }
        let pair = |pair: &str| {
            let (at, picked) = pair.split_once(':')?;
            Some((at.parse().ok()?, picked.parse().ok()?))
        };
        text.split(',').map(pair).collect::<Option<_>>().map(Self).ok_or_else(|| NotDepartures(text.to_owned()))
    }
}

/// Makes departures, and picks 0 elsewhere.
struct Departing {
    departures: Departures,
    next: usize,
}

impl Source for Departing {
    fn pick(&mut self, _label: Label, of: u32, _odds: Odds) -> u32 {
        let at = self.next;
        self.next += 1;
        self.departures.0.get(&at).map_or(0, |picked| (*picked).min(of - 1))
    }

    fn mismatch(&self) -> Option<String> {
        let missed = self.departures.0.range(self.next..).count();
        (missed > 0).then(|| format!("the run ended before {missed} of its departures"))
    }
}

/// A failure, made smaller.
#[derive(Debug)]
pub struct Shrunk {
    /// The smallest run that was found. Its seed is that of the run that it was made of; its choices repeat it.
    pub failure: Failure,
    /// Its departures, which repeat it too: [`Simulation::depart`].
    pub departures: Departures,
    /// Number of runs that it took.
    pub runs: u32,
}

impl Simulation {
    /// Runs in order and without faults but for these departures.
    ///
    /// # Errors
    /// When the run could not begin.
    pub fn depart(&self, departures: &Departures) -> Result<super::Run, RunError> {
        self.departing(departures, Detail::Lines)
    }

    fn departing(&self, departures: &Departures, detail: Detail) -> Result<super::Run, RunError> {
        self.run(Choices::new(Departing { departures: departures.clone(), next: 0 }), detail)
    }

    /// Takes departures out of a failed run, many at first and single ones in the end, as long as it fails the same
    /// check.
    ///
    /// # Errors
    /// When a run could not begin.
    pub fn shrink(&self, failure: &Failure) -> Result<Shrunk, RunError> {
        let mut best = Departures::of(&failure.choices);
        let (mut runs, mut size) = (0, best.len());
        while size > 0 && runs < RUNS_MAX {
            let (mut from, before) = (0, best.len());
            while from < best.len() && runs < RUNS_MAX {
                let run = self.departing(&best.without(from, size), Detail::Chain)?;
                runs += 1;
                let made = Departures::of(&run.choices);
                let same = run.broken().is_some_and(|(check, _)| check == failure.check);
                if same && made.len() < best.len() { best = made } else { from += size }
            }
            size = if size > 1 { size.div_ceil(2) } else { usize::from(best.len() < before) };
        }
        self.shown(failure, best, runs)
    }

    fn shown(&self, failure: &Failure, departures: Departures, runs: u32) -> Result<Shrunk, RunError> {
        let run = self.depart(&departures)?;
        let smaller = run.broken.clone().filter(|broken| broken.check == failure.check);
        // A program that is not deterministic may not fail again: the failure stays as it was found.
        let Some(broken) = smaller else {
            return Ok(Shrunk { failure: failure.clone(), departures: Departures::of(&failure.choices), runs });
        };
        let failure = Failure {
            sentence: broken.sentence,
            at: broken.at,
            choices: run.choices,
            trace: run.trace,
            story: run.story,
            delivered: run.delivered,
            ..failure.clone()
        };
        Ok(Shrunk { failure, departures, runs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn departures_are_a_short_text() {
        for text in ["12:1,40:3", "in-order"] {
            assert_eq!(text.parse::<Departures>().expect("its own text").to_string(), text);
        }
        assert!(["", "12", "a:1", "1:2,"].iter().all(|text| text.parse::<Departures>().is_err()));
    }

    #[test]
    fn a_part_is_taken_out() {
        let all: Departures = "1:1,2:1,3:1,4:1".parse().expect("departures");
        assert_eq!((all.without(1, 2).to_string(), all.without(3, 9).len()), ("1:1,4:1".to_owned(), 3));
    }
}
