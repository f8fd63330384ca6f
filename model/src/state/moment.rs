//! A point in a run.
use crate::observation::Micros;

/// When something happened, and the observation that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    pub(crate) index: usize,
    pub(crate) at: Micros,
}
