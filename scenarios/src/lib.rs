//! The catalogue of scenarios, the runner that plays them, and the `lockstep` command.
//!
//! - [`catalogue`] holds the stories, [`scenario`] says what one is made of, [`workload`] plays its acts.
//! - [`hosts`] makes the gateway a host of the simulated world; [`contender`] and [`protocols`] are what it may run.
//!   [`weakenings`] are planted bugs, [`witnesses`] worlds in which no protocol can hold.
//! - [`observe`] turns the simulation's events into the oracle's facts; [`runner`] does one run, [`campaign`] many;
//!   [`strategies`] goes through all of them that a scope has.
//! - [`replay`] keeps a run, [`timeline`] tells it, [`generate`] invents scenarios; [`cli`] is the command.
pub mod assumptions;
pub mod baselines;
pub mod calls;
pub mod campaign;
pub mod catalogue;
pub mod cli;
pub mod expectations;
pub mod gateway_faults;
pub mod generate;
pub mod hosts;
pub mod mutants;
pub mod network;
pub mod observe;
pub mod protocol_name;
pub mod replay;
pub mod runner;
pub mod scenario;
pub mod timeline;
mod watches;
pub mod workload;
