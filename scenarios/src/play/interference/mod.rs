//! Interference, by two players: [`scripted`] as an act of the script, [`anytime`] between any two steps of a run.
pub mod anytime;
pub mod scripted;
