//! Shrinking: the smallest run found that still fails in the same way.
//!
//! A candidate is a pair of [edits](crate::edits) to the scenario and a [guide](crate::guide) of what is left of the
//! run. Passes try smaller candidates until none of them fails any more: fewer replicas, acts, signals and members of
//! groups, fewer kinds of faults and triggers, shorter waits; then fewer rules of the guide, lower picks. A candidate
//! counts if the same invariant is violated for the same fingerprint. Where the guide alone does not make a smaller
//! scenario fail, a fixed number of seeds is tried. So the result depends on the code and the run only, never on time,
//! unless the time limit ended it, which the result says.
mod candidate;
mod rules;
mod size;
mod structure;
mod target;
mod trial;

pub use size::{Size, is_fault};
pub use target::Target;
pub use trial::Limits;

use crate::{
    code,
    edits::Edits,
    guide::Course,
    replay::{Decisions, Replay, ReplayError},
    runner::{Subject, Transport},
};
use candidate::Candidate;
use model::oracle::Violation;
use sim::RunError;
use trial::Trial;

/// A run that was made smaller.
#[derive(Debug, Clone)]
pub struct Shrunk {
    /// The smaller run, as a guide.
    pub replay: Replay,
    /// The edited scenario, with its protocol.
    pub subject: Subject,
    /// Size of the run that was given.
    pub before: Size,
    /// Size of the smaller run.
    pub after: Size,
    /// First violation of each invariant that the smaller run violates.
    pub violations: Vec<Violation>,
    /// Number of runs that it took.
    pub runs: u64,
    /// Whether a limit ended it before every smaller candidate had been tried.
    pub stopped_early: bool,
}

impl Shrunk {
    /// The violation that was kept.
    pub fn violation(&self) -> Option<&Violation> {
        self.violations.iter().find(|violation| Some(violation.invariant) == self.replay.invariant.as_deref())
    }
}

/// Reason for which a run was not made smaller.
#[derive(Debug, thiserror::Error)]
pub enum ShrinkError {
    /// The replay cannot be played.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// A run could not begin.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The run holds.
    #[error("the run holds: there is no failure to make smaller")]
    Held,
    /// The recorded run did not repeat itself.
    #[error("the run is not the recorded one: {0}")]
    Differs(String),
    /// Runs over the network transport cannot be steered step by step.
    #[error("a run over the network transport cannot be made smaller: its steps are not choices; use direct")]
    Network,
    /// The run did not fail again when it was steered by its guide.
    #[error("the run did not fail again when it was steered by the names of its steps")]
    NotSteered,
}

/// Makes the run of a replay smaller.
///
/// # Errors
/// [`ShrinkError`] when there is nothing to make smaller, or the run cannot be steered.
pub fn shrink(replay: &Replay, limits: &Limits) -> Result<Shrunk, ShrinkError> {
    if replay.transport == Transport::Network {
        return Err(ShrinkError::Network);
    }
    let whole = Replay { edits: Edits::default(), ..replay.clone() }.subject()?;
    let mut trial = Trial::new(whole, limits);
    let failure = |violations: &[Violation]| Target::of(replay.invariant.as_deref(), violations);
    let (first, target) = trial.measured(&replay.edits, replay.course(), failure)?;
    if let Some(why) = &first.mismatch {
        return Err(ShrinkError::Differs(why.clone()));
    }
    let target = target.ok_or(ShrinkError::Held)?;
    let before = first.size;
    let start = Candidate { edits: replay.edits.clone(), guide: first.guide };
    let mut hunt = trial.hunting(&target);
    let leapt = structure::leap(&mut hunt, &start.edits);
    let mut best = leapt.or_else(|| hunt.confirmed(start)).ok_or(ShrinkError::NotSteered)?;
    loop {
        let edits = best.edits.clone();
        best = structure::reduce(&mut hunt, best);
        best = rules::reduce(&mut hunt, best);
        if best.edits == edits || hunt.over() {
            break;
        }
    }
    let (stopped_early, runs) = (hunt.over(), hunt.runs());
    let (last, _) = trial.measured(&best.edits, Course::Guide(best.guide.clone()), |_| Some(target.clone()))?;
    let violation = target.find(&last.violations).ok_or(ShrinkError::NotSteered)?;
    let replay = Replay {
        edits: best.edits,
        invariant: Some(violation.invariant.to_owned()),
        sentence: Some(violation.sentence.clone()),
        chain: Some(last.chain),
        code: Some(code::ID.to_owned()),
        decisions: Decisions::Guided(best.guide),
        ..replay.clone()
    };
    let subject = replay.subject()?;
    Ok(Shrunk { replay, subject, before, after: last.size, violations: last.violations, runs, stopped_early })
}
