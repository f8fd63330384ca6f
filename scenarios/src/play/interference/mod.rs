//! Interference by two players: [`scripted`] as an act, [`anytime`] between any two steps of a run whose faults allow
//! it.
pub mod anytime;
pub mod scripted;
