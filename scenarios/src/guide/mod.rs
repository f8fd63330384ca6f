//! Guides: how a run departs from "in order, no fault", in names that fit similar runs too.
//!
//! A record of choices fits one run. A guide fits its neighbours: when a delivery is dropped or a call is added, what
//! the guide says of the other steps still applies. A run that follows its own guide repeats itself.
//!
//! - [`step`]: names of steps; `names` finds them while a run is under way.
//! - [`rules`]: the guide itself, which is text too.
//! - [`steered`]: a source of choices that follows a guide, or keeps the guide of a run that another source makes.
mod names;
pub mod rules;
pub mod steered;
pub mod step;

pub use rules::Guide;
pub use steered::{Course, Kept, Log, Steered};
pub use step::{Kind, StepName};
