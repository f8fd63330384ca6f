//! Measurements of Lockstep with their peers, each by one command that prints what docs/speed.md shows.
//!
//! - [`lockstep`] runs the burst as Lockstep does; [`peer`] as a user of turmoil would; [`real`] on a real API server.
//!   [`work`] is what each must leave, so that they can be compared.
//! - [`requests`] loads the API servers, simulated and real; [`start`] starts them from nothing.
//! - [`bursts`] and [`table`] measure all of it in turns; [`count`] counts instructions and compares with a baseline.
//! - [`scale`] follows a run as it grows, with the exponents of [`fit`]; [`memory`] a campaign; [`fleet`] plans many
//!   machines.
//! - [`meter`], [`program`] and [`samples`] are what is measured; [`plot`] and [`page`] show it.
pub mod bursts;
pub mod cli;
pub mod count;
pub mod fit;
pub mod fleet;
pub mod lockstep;
pub mod memory;
pub mod meter;
pub mod page;
pub mod peer;
pub mod plot;
pub mod program;
pub mod real;
pub mod requests;
pub mod samples;
pub mod scale;
pub mod start;
pub mod table;
pub mod work;
