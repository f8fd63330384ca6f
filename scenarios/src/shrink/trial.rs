//! Trials: runs of candidates, within limits.
use super::{candidate::Candidate, size::Size, target::Target};
use crate::{
    edits::Edits,
    guide::{Course, Guide, Steered},
    runner::{Prepared, Subject},
    timeline::Recording,
};
use model::oracle::Violation;
use sim::{
    RunError,
    engine::{Detail, Random},
};
use std::time::Instant;

/// Seeds that are tried around a guide, and without one, for a candidate that its guide alone does not make fail.
const NEARBY: u64 = 8;
const ANYWHERE: u64 = 12;
/// Seeds that are tried for a leap to a very small scenario.
const LEAPS: u64 = 3;
/// Near a guide, one choice in so many is up to chance.
const ONE_IN: u32 = 12;

/// How long a search for smaller runs goes on.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most runs.
    pub runs: u64,
    /// Moment after which no run begins.
    pub deadline: Option<Instant>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { runs: 20_000, deadline: None }
    }
}

/// A run of a candidate.
pub(super) struct Tried {
    pub(super) guide: Guide,
    pub(super) choices: Vec<sim::Choice>,
    pub(super) violations: Vec<Violation>,
    pub(super) size: Size,
    pub(super) chain: u64,
    pub(super) mismatch: Option<String>,
}

/// What runs candidates of one subject.
pub(super) struct Trial {
    whole: Subject,
    limits: Limits,
    runs: u64,
    /// The last scenario, which is usually tried several times.
    prepared: Option<(Edits, Prepared)>,
}

impl Trial {
    pub(super) fn new(whole: Subject, limits: &Limits) -> Self {
        Self { whole, limits: *limits, runs: 0, prepared: None }
    }

    /// Runs the scenario with these edits.
    pub(super) fn run(&mut self, edits: &Edits, course: Course) -> Result<Tried, RunError> {
        let (tried, _) = self.played(edits, course, false)?;
        Ok(tried)
    }

    /// The same, with the number of API calls before each violation was complete.
    pub(super) fn measured(
        &mut self,
        edits: &Edits,
        course: Course,
        target: impl Fn(&[Violation]) -> Option<Target>,
    ) -> Result<(Tried, Option<Target>), RunError> {
        let (mut tried, recording) = self.played(edits, course, true)?;
        let target = target(&tried.violations);
        let violation = target.as_ref().and_then(|target| target.find(&tried.violations));
        if let Some((recording, violation)) = recording.zip(violation) {
            tried.size.calls_until = recording.calls_until(&violation.evidence);
        }
        Ok((tried, target))
    }

    fn played(
        &mut self,
        edits: &Edits,
        course: Course,
        with_timeline: bool,
    ) -> Result<(Tried, Option<Recording>), RunError> {
        self.runs += 1;
        if self.prepared.as_ref().is_none_or(|(known, _)| known != edits) {
            let scenario = edits.apply(&self.whole.scenario);
            let subject = Subject { scenario, ..self.whole.clone() };
            self.prepared = Some((edits.clone(), Prepared::new(subject, Detail::Chain)));
        }
        let (_, prepared) = self.prepared.as_ref().expect("it was just set");
        let (choices, log) = Steered::choices(course);
        let mut run = prepared.run(choices, with_timeline)?;
        let kept = log.take();
        let recording = run.timeline.take();
        let tried = Tried {
            guide: kept.guide,
            violations: run.violations().cloned().collect(),
            size: Size::of(&prepared.subject.scenario, &run),
            chain: run.hashes().chain,
            mismatch: run.outcome.mismatch,
            choices: run.outcome.choices,
        };
        Ok((tried, recording))
    }

    pub(super) fn hunting(&mut self, target: &Target) -> Hunt<'_> {
        Hunt { trial: self, target: target.clone() }
    }
}

/// The search for smaller runs of one failure.
pub(super) struct Hunt<'a> {
    trial: &'a mut Trial,
    target: Target,
}

impl Hunt<'_> {
    /// Whether a limit was reached.
    #[expect(clippy::disallowed_methods, reason = "the limit is wall time, and the result says if it ended the search")]
    pub(super) fn over(&self) -> bool {
        let Limits { runs, deadline } = self.trial.limits;
        self.trial.runs >= runs || deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    pub(super) fn runs(&self) -> u64 {
        self.trial.runs
    }

    pub(super) fn whole(&self) -> &Subject {
        &self.trial.whole
    }

    /// Runs a course, whether it fails or not; None if a limit was reached.
    pub(super) fn any(&mut self, edits: &Edits, course: Course) -> Option<Tried> {
        if self.over() { None } else { self.trial.run(edits, course).ok() }
    }

    /// Runs a course; None if it does not fail in the same way, or a limit was reached.
    pub(super) fn fails(&mut self, edits: &Edits, course: Course) -> Option<Tried> {
        let tried = self.any(edits, course)?;
        self.target.find(&tried.violations).is_some().then_some(tried)
    }

    /// The candidate, if its guide makes it fail.
    pub(super) fn confirmed(&mut self, candidate: Candidate) -> Option<Candidate> {
        self.fails(&candidate.edits, Course::Guide(candidate.guide.clone())).map(|_| candidate)
    }

    /// A failing run of these edits, in order or by one of a few seeds.
    pub(super) fn leap(&mut self, edits: &Edits) -> Option<Candidate> {
        let in_order = Candidate { edits: edits.clone(), guide: Guide::default() };
        self.confirmed(in_order).or_else(|| self.by_seed(edits, 0..LEAPS))
    }

    fn by_seed(&mut self, edits: &Edits, mut seeds: std::ops::Range<u64>) -> Option<Candidate> {
        seeds.find_map(|seed| self.adopted(edits, Course::Source(Box::new(Random::new(seed)))))
    }

    /// The run of a course as a candidate, if it fails: its own guide must make it fail again.
    fn adopted(&mut self, edits: &Edits, course: Course) -> Option<Candidate> {
        let Tried { guide, .. } = self.fails(edits, course)?;
        self.confirmed(Candidate { edits: edits.clone(), guide })
    }

    /// A failing run of these edits: by one of the guides, in order, near the first guide, or anywhere.
    pub(super) fn search(&mut self, edits: &Edits, guides: &[Guide]) -> Option<Candidate> {
        for guide in guides.iter().chain([&Guide::default()]) {
            let candidate = Candidate { edits: edits.clone(), guide: guide.clone() };
            if let Some(found) = self.confirmed(candidate) {
                return Some(found);
            }
        }
        let near = guides.first().cloned().unwrap_or_default();
        let nearby = (0..NEARBY)
            .find_map(|seed| self.adopted(edits, Course::Near(near.clone(), Box::new(Random::new(seed)), ONE_IN)));
        nearby.or_else(|| self.by_seed(edits, 0..ANYWHERE))
    }
}
