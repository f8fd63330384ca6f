//! The source of choices of one schedule: its picks, then order; it notes the moments that it passes, and ends the run
//! at a state whose continuation is known.
use super::{scope::Cost, states::States, sums::locked};
use sim::engine::{Effects, Flow, Label, Moment, Needs, Odds, Recorded, Source, StepView};
use std::sync::{Arc, Mutex};

/// A moment of a run.
#[derive(Debug, Clone)]
pub(super) struct Point {
    /// Number of choices before it.
    pub(super) at: usize,
    /// Simulated time, in microseconds.
    pub(super) time: u64,
    /// Number of replicas that run and are not paused.
    pub(super) running: u32,
    /// The steps that are possible, in order.
    pub(super) steps: Box<[StepView]>,
    /// What the step that was taken did besides.
    pub(super) effects: Effects,
}

/// The moments of a run, in order.
pub(super) type Points = Arc<Mutex<Vec<Point>>>;

/// Makes the choices of one schedule.
pub(super) struct Searcher {
    pub(super) picks: Recorded,
    /// Number of its picks.
    pub(super) from: usize,
    pub(super) cost: Cost,
    pub(super) points: Points,
    /// Whether what a program received is compared as a set.
    pub(super) converging: bool,
    /// The states reached so far, if schedules that meet end there.
    pub(super) states: Option<Arc<States>>,
}

impl Source for Searcher {
    fn pick(&mut self, label: Label, of: u32, odds: Odds) -> u32 {
        self.picks.pick(label, of, odds)
    }

    fn needs(&self) -> Needs {
        if self.converging { Needs::Outputs } else { Needs::States }
    }

    fn still(&self) -> bool {
        true
    }

    fn moment(&mut self, moment: &Moment<'_>) -> Flow {
        let mut points = locked(&self.points);
        if let Some(last) = points.last_mut() {
            last.effects = moment.before;
        }
        let (steps, running) = (moment.steps.into(), moment.running as u32);
        // The last step of a run may do anything.
        points.push(Point { at: moment.choices, time: moment.at, running, steps, effects: Effects::ANY });
        match &self.states {
            Some(states) if moment.choices >= self.from && !states.reach(moment, self.cost) => Flow::Stop,
            _ => Flow::Continue,
        }
    }

    fn mismatch(&self) -> Option<String> {
        self.picks.mismatch()
    }
}
