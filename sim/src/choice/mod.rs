//! Choices: every source of nondeterminism of a run is one call, `choose(label, n) -> 0..n`; 0 means "in order, no
//! fault".
//!
//! The recorded sequence *is* the run. A random seed, a recorded file, a fuzzer's numbers and a search are sources of
//! it; replay, shrinking and explanation are its consumers. A seed alone is never kept: its meaning changes with every
//! change of the order of calls. A record names what each choice meant, so it can say where it stopped fitting.
mod alternative;
mod label;
mod menu;
mod numbers;
mod pick;
mod placed;
mod random;
mod record;
mod recorded;
mod source;
mod step_view;

pub use alternative::{Alternative, Step};
pub use label::{Cost, LABELS, Label};
pub(crate) use menu::{
    CACHE_LAGS, CALL_DELAYS, CALL_FAULTS, CLOCK_OFFSETS, COPY_DELAYS, FALSE_ERRORS, FAULT_MOMENTS, PAUSES, RESTARTS,
    SECOND_ANSWERS, SERVER_FAULTS, WORLD_FAULTS,
};
pub use numbers::Numbers;
pub use pick::{Choice, Pick};
pub use placed::Placed;
pub use random::Random;
pub use record::Choices;
pub use recorded::Recorded;
pub use source::{InOrder, Odds, Offer, Source};
pub use step_view::{Access, Effects, Flow, Moment, Needs, PARTS, Parts, StepView};
