//! Interference, by two players: [`scripted`] as an act of the script, [`anytime`] between any two steps of a run.
//! [`garbled`]: what may be written in place of the gateway's marks.
pub mod anytime;
pub mod garbled;
pub mod scripted;
