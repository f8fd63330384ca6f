//! The shape of a scenario's runs: what one of them in order consists of. Strategies place their changes within it.
use super::dice::threads;
use crate::runner::Prepared;
use sim::{
    RunError,
    engine::{Choices, Flow, Label, Moment, Needs, Odds, Source},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// What a run in order consists of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    /// Number of steps that are chosen among several.
    pub steps: u64,
    /// Number of choices at which a fault may happen.
    pub chances: u64,
    /// Number of steps of each thread.
    pub(super) threads: BTreeMap<u64, u64>,
}

impl Shape {
    /// The shape of the subject's runs: one run in order is made to see it.
    ///
    /// # Errors
    /// [`RunError`] when the run could not begin.
    pub fn of(prepared: &Prepared) -> Result<Self, RunError> {
        let shape = Arc::new(Mutex::new(Shape::default()));
        prepared.run(Choices::new(Measure(Arc::clone(&shape))), false)?;
        let shape = shape.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(shape.clone())
    }

    /// Number of threads.
    pub fn threads(&self) -> u64 {
        self.threads.len().max(1) as u64
    }
}

/// Makes choices in order, and counts them.
struct Measure(Arc<Mutex<Shape>>);

impl Source for Measure {
    fn pick(&mut self, _label: Label, _of: u32, odds: Odds) -> u32 {
        let mut shape = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shape.chances += u64::from(odds != Odds::Even);
        0
    }

    fn needs(&self) -> Needs {
        Needs::Steps
    }

    fn moment(&mut self, moment: &Moment<'_>) -> Flow {
        let mut shape = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shape.steps += u64::from(moment.steps.len() > 1);
        if let Some((thread, _)) = threads(moment.steps).first() {
            *shape.threads.entry(*thread).or_default() += 1;
        }
        Flow::Continue
    }
}
