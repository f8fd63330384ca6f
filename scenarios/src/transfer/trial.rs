//! Tries a script on the simulated side: in the order of its commits, then near that, then at random.
use super::script::{Script, Write};
use crate::{
    guide::{
        Course, Guide, Kind, Steered, StepName,
        rules::{Order, Rule},
    },
    protocol_name::ProtocolName,
    replay::{Decisions, Replay},
    runner::{Overrides, Prepared, Run, Subject, Transport},
};
use sim::{
    Faults, RunError,
    engine::{Detail, Random},
};
use std::collections::BTreeMap;

/// Name of the scenario that a script becomes.
const NAME: &str = "from-a-live-run";
/// Near a guide, one choice in so many is up to chance.
const ONE_IN: u32 = 6;

/// How the simulation violated the invariant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// In the run with the same order of commits.
    InOrder,
    /// In this many of the runs near that order.
    Near(u64),
    /// In this many of the runs with the same deliveries at random.
    AtRandom(u64),
}

/// Result of a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// How the same invariant was violated; `None` for a divergence.
    pub how: Option<How>,
    /// Number of runs.
    pub runs: u64,
    /// The first run that violated it, as a file.
    pub replay: Option<Replay>,
}

/// Tries a script with a protocol, in at most `runs` runs of each kind.
///
/// # Errors
/// If a run cannot begin.
pub fn attempt(script: &Script, protocol: ProtocolName, invariant: &str, runs: u64) -> Result<Trial, RunError> {
    let scenario = script.generated.scenario(NAME, Faults::NONE);
    let subject = Subject::new(scenario, protocol, Transport::Direct, Overrides::default());
    let prepared = Prepared::new(subject.clone(), Detail::Chain);
    let guide = guide(&prepared, &script.writes)?;
    let mut trial = Trial { how: None, runs: 0, replay: None };
    let mut violates = |course: Course| -> Result<bool, RunError> {
        trial.runs += 1;
        let run = prepared.run(Steered::choices(course).0, false)?;
        let sentence = sentence(&run, invariant);
        if let (Some(sentence), None) = (&sentence, &trial.replay) {
            let replay = Replay::of(&subject, invariant, Decisions::Choices(run.outcome.choices));
            let generated = Some(script.generated.clone());
            trial.replay = Some(Replay { generated, sentence: Some(sentence.clone()), ..replay });
        }
        Ok(sentence.is_some())
    };
    if violates(Course::Guide(guide.clone()))? {
        trial.how = Some(How::InOrder);
        return Ok(trial);
    }
    let mut found = [0, 0];
    for seed in 0..runs {
        found[0] += u64::from(violates(Course::Near(guide.clone(), Box::new(Random::new(seed)), ONE_IN))?);
    }
    if found[0] == 0 {
        for seed in 0..runs {
            found[1] += u64::from(violates(Course::Source(Box::new(Random::new(seed))))?);
        }
    }
    trial.how = match found {
        [0, 0] => None,
        [0, random] => Some(How::AtRandom(random)),
        [near, _] => Some(How::Near(near)),
    };
    Ok(trial)
}

fn sentence(run: &Run, invariant: &str) -> Option<String> {
    run.violations().find(|violation| violation.invariant == invariant).map(|violation| violation.sentence.clone())
}

/// The order of the writes, in the names of the simulation's steps. A replica makes some of these calls while it boots:
/// a run without rules says how many.
fn guide(prepared: &Prepared, writes: &[Write]) -> Result<Guide, RunError> {
    let (choices, log) = Steered::choices(Course::Guide(Guide::default()));
    prepared.run(choices, false)?;
    let mut made: BTreeMap<String, u32> = BTreeMap::new();
    for step in log.take().steps.iter().take_while(|step| step.kind != Kind::Deliver) {
        if step.kind == Kind::Execute {
            *made.entry(step.about.to_string()).or_default() += 1;
        }
    }
    let steps: Vec<StepName> = writes.iter().map(|write| step(write, &mut made)).collect();
    let order = |pair: &[StepName]| Rule::Order(Order { first: pair[0].clone(), then: pair[1].clone() });
    Ok(steps.windows(2).filter(|pair| pair[0].actor() != pair[1].actor()).map(order).collect())
}

fn step(Write { replica, start, call }: &Write, made: &mut BTreeMap<String, u32>) -> StepName {
    let start = if *start > 0 { format!(" start {}", start + 1) } else { String::new() };
    let about = format!("replica {replica}{start}: {call}");
    let nth = made.entry(about.clone()).or_default();
    *nth += 1;
    StepName { kind: Kind::Execute, about: about.into(), nth: *nth }
}
