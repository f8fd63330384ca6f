//! Explanations: why a small run fails.
//!
//! The evidence is other runs. The *passing neighbour* is the run that holds and differs least from the failing one:
//! two steps swapped, or one fault undone. The swapped steps are the *critical pair*. The sentence says in words what
//! was found. The odds of failing along the run come from runs that follow it up to some point and continue at random.
mod needs;
mod neighbour;
mod odds;
mod played;
mod sentence;

use crate::{
    guide::{Course, StepName},
    replay::Decisions,
    shrink::{Shrunk, Target},
};
pub use neighbour::{Change, Neighbour};
pub use played::Played;
use played::Stage;
use reports::{
    report::{FaultNeed, Odds},
    timeline::Timeline,
};
use sim::RunError;
use std::time::Instant;

/// Explanation of a small run that fails.
pub struct Explanation {
    /// The reason, in plain English.
    pub sentence: String,
    /// The run that holds and differs least, if one was found.
    pub neighbour: Option<Neighbour>,
    /// The two steps whose order decides: the first came before the second.
    pub pair: Option<(StepName, StepName)>,
    /// The difference between both runs, in words.
    pub difference: String,
    /// Timeline of the failing run, the critical pair marked.
    pub timeline: Timeline,
    /// Timeline of the neighbour, the critical pair marked.
    pub passing: Option<Timeline>,
    /// Odds of failing along the run.
    pub odds: Vec<Odds>,
    /// Index into the odds of the point after which failing became much more likely.
    pub jump: Option<usize>,
    /// Each fault, and whether the run fails without it.
    pub faults: Vec<FaultNeed>,
}

/// Explains why a run that was made smaller fails. After `deadline` no further run begins, and what is not known by
/// then is left out. The odds along the run, which take most of the runs, are measured if `with_odds` says so.
///
/// # Errors
/// [`RunError`] when a run could not begin.
pub fn explain(shrunk: &Shrunk, deadline: Option<Instant>, with_odds: bool) -> Result<Option<Explanation>, RunError> {
    let Decisions::Guided(guide) = &shrunk.replay.decisions else { return Ok(None) };
    let Some(target) = Target::of(shrunk.replay.invariant.as_deref(), &shrunk.violations) else { return Ok(None) };
    let stage = Stage::new(&shrunk.subject, target, deadline);
    let failing = stage.play(Course::Guide(guide.clone()))?;
    let Some(violation) = stage.target.find(&failing.violations).cloned() else { return Ok(None) };
    let needs = needs::of(&stage, &shrunk.replay, guide);
    let neighbour = neighbour::nearest(&stage, &failing, &violation, (guide, &needs));
    let odds = if with_odds { odds::along(&stage, &failing, &violation) } else { Vec::new() };
    let jump = odds::jump(&odds);
    let words = sentence::Words { failing: &failing, violation: &violation };
    let sentence = words.because(neighbour.as_ref());
    let difference = words.difference(neighbour.as_ref());
    let pair = neighbour.as_ref().and_then(|neighbour| neighbour.change.pair());
    let replicas = shrunk.subject.scenario.cluster.replicas;
    let timeline = failing.timeline(replicas, &violation.evidence, pair.as_ref());
    let passing = neighbour.as_ref().map(|neighbour| neighbour.run.timeline(replicas, &[], pair.as_ref()));
    let faults = needs.into_iter().map(|need| FaultNeed { fault: need.words, needed: need.needed }).collect();
    Ok(Some(Explanation { sentence, neighbour, pair, difference, timeline, passing, odds, jump, faults }))
}
