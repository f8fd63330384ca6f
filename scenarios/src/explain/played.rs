//! One run of the small scenario, with what an explanation reads of it.
use crate::{
    guide::{Course, Guide, Kept, Kind, Steered, StepName},
    runner::{Prepared, Subject},
    shrink::Target,
    timeline::{Mark, Recording},
};
use model::oracle::Violation;
use reports::timeline::Timeline;
use sim::{
    Choice, RunError,
    engine::{Alternative, Detail, Event, Step},
};
use std::{collections::BTreeMap, time::Instant};

/// A run that was made.
#[derive(Clone)]
pub struct Played {
    /// How it departed from "in order, no fault".
    pub guide: Guide,
    /// Its steps, in order.
    pub steps: Vec<StepName>,
    /// Number of choices before each step.
    pub choices_before: Vec<usize>,
    /// Number of events before each step.
    pub events: Vec<usize>,
    /// Its choices.
    pub choices: Vec<Choice>,
    /// First violation of each invariant.
    pub violations: Vec<Violation>,
    /// Its events.
    pub recording: Recording,
    /// Call of each step that is about one.
    calls: BTreeMap<StepName, u32>,
    /// Delivery that each call is made for, where one call leads to the next.
    deliveries: BTreeMap<u32, u32>,
    /// HTTP status and number of writes of each executed call.
    results: BTreeMap<u32, (u16, usize)>,
}

impl Played {
    /// Number of the delivery that a step's call is made for, where that is known.
    pub(super) fn delivery(&self, step: &StepName) -> Option<u32> {
        self.deliveries.get(self.calls.get(step)?).copied()
    }

    /// Number of the step in which a violation became complete.
    pub(super) fn violated_at(&self, violation: &Violation) -> usize {
        let event = self.recording.complete(&violation.evidence);
        self.events.partition_point(|&before| before <= event).saturating_sub(1)
    }

    /// The timeline, with the steps of a pair marked.
    pub(super) fn timeline(
        &self,
        replicas: usize,
        evidence: &[usize],
        pair: Option<&(StepName, StepName)>,
    ) -> Timeline {
        let steps = pair.into_iter().flat_map(|(one, other)| [one, other]);
        let marks: Vec<Mark> = steps.filter_map(|step| self.mark(step)).collect();
        self.recording.marked(replicas, evidence, &marks)
    }

    /// Position of a step.
    pub fn position(&self, step: &StepName) -> Option<usize> {
        self.steps.iter().position(|other| other == step)
    }

    /// HTTP status with which a step's call was executed, and the number of objects that it wrote.
    pub fn result(&self, step: &StepName) -> Option<(u16, usize)> {
        self.results.get(self.calls.get(step)?).copied()
    }

    /// The step, to be marked in the timeline.
    fn mark(&self, step: &StepName) -> Option<Mark> {
        let at = self.position(step)?;
        let end = self.events.get(at + 1).copied().unwrap_or(usize::MAX);
        Some(Mark { events: self.events[at]..end, call: self.calls.get(step).copied() })
    }

    /// Whether the step executes a call.
    pub(super) fn executes(step: &StepName) -> bool {
        matches!(step.kind, Kind::Execute | Kind::Resume)
    }
}

/// The small scenario, and the failure that is explained.
pub(super) struct Stage {
    prepared: Prepared,
    pub(super) subject: Subject,
    pub(super) target: Target,
    deadline: Option<Instant>,
}

impl Stage {
    pub(super) fn new(subject: &Subject, target: Target, deadline: Option<Instant>) -> Self {
        let prepared = Prepared::new(subject.clone(), Detail::Chain);
        Self { prepared, subject: subject.clone(), target, deadline }
    }

    /// Whether the time is over.
    #[expect(clippy::disallowed_methods, reason = "the limit is wall time; no run sees it")]
    pub(super) fn over(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    pub(super) fn play(&self, course: Course) -> Result<Played, RunError> {
        play(&self.prepared, course)
    }

    /// Plays the scenario with some of it left out.
    pub(super) fn play_in(&self, subject: Subject, course: Course) -> Result<Played, RunError> {
        play(&Prepared::new(subject, Detail::Chain), course)
    }

    /// Whether a course fails in the same way.
    pub(super) fn fails(&self, course: Course) -> Result<bool, RunError> {
        let (choices, _) = Steered::choices(course);
        let run = self.prepared.run(choices, false)?;
        let violations: Vec<Violation> = run.violations().cloned().collect();
        Ok(self.target.find(&violations).is_some())
    }
}

/// A call that a replica sends in the step of a delivery's arrival, or of an answer, belongs to the same delivery.
fn deliveries(kept: &Kept, recording: &Recording) -> BTreeMap<u32, u32> {
    let mut deliveries = BTreeMap::new();
    for (index, (_, event)) in recording.events().enumerate() {
        let Event::CallSent { call, .. } = event else { continue };
        let step = kept.events.partition_point(|&before| before <= index).checked_sub(1);
        let delivery = match step.and_then(|step| kept.taken.get(step)) {
            Some(Alternative::Step(Step::Delivery, delivery)) => Some(*delivery),
            Some(Alternative::Step(Step::Answer, before)) => deliveries.get(before).copied(),
            _ => None,
        };
        if let Some(delivery) = delivery {
            deliveries.insert(call.0, delivery);
        }
    }
    deliveries
}

fn play(prepared: &Prepared, course: Course) -> Result<Played, RunError> {
    let (choices, log) = Steered::choices(course);
    let mut run = prepared.run(choices, true)?;
    let kept = log.take();
    let recording = run.timeline.take().unwrap_or_default();
    let call = |(name, step): (&StepName, &Alternative)| match step {
        Alternative::Step(Step::Call | Step::Answer, call) => Some((name.clone(), *call)),
        _ => None,
    };
    let results = recording.events().filter_map(|(_, event)| match event {
        Event::CallCommitted { call, status, writes, .. } => Some((call.0, (*status, *writes))),
        _ => None,
    });
    Ok(Played {
        deliveries: deliveries(&kept, &recording),
        calls: kept.steps.iter().zip(&kept.taken).filter_map(call).collect(),
        results: results.collect(),
        violations: run.violations().cloned().collect(),
        guide: kept.guide,
        steps: kept.steps,
        choices_before: kept.choices,
        events: kept.events,
        choices: run.outcome.choices,
        recording,
    })
}
