//! The catalogue of scenarios, the runner that plays them, and the `lockstep` command.
//!
//! - [`catalogue`] holds the scenarios, made of what [`scenario`] and [`workload`] define; [`play`] carries a workload
//!   out.
//! - [`hosts`] boots the gateway as a host of the simulation; [`protocol_name`] names the protocols that it can use:
//!   the shipped one, the [`baselines`] and the [`mutants`].
//! - [`observe`] turns the simulation's events into the oracle's facts; [`checks`] and [`expectations`] add the
//!   runner's own.
//! - [`runner`] does one run, [`campaign`] does many: at random, by one of the [`strategies`], or every schedule within
//!   a scope.
//! - [`guide`] names steps so that a similar run can be steered; [`edits`] makes a scenario smaller; [`shrink`] finds
//!   the smallest run that still fails; [`explain`] says why it does.
//! - [`comparison`] runs every protocol in the same situations.
//! - [`survivors`] justifies the generated mutants that no run catches, [`coverage`] the branches that none takes.
//! - [`corpus`] keeps failing runs as text.
//! - [`live`] runs the gateway's own processes against a real API server, and judges what happened.
//! - [`replay`] records a run, [`timeline`] describes it; [`code`] says which code made it; [`cli`] is the command.
pub mod api_names;
pub mod baselines;
pub mod calls;
pub mod campaign;
pub mod catalogue;
pub mod checks;
pub mod cli;
pub mod code;
pub mod comparison;
pub mod corpus;
pub mod coverage;
pub mod edits;
pub mod expectations;
pub mod explain;
mod fnv;
pub mod gateway_faults;
pub mod generated;
pub mod guide;
pub mod hosts;
pub mod live;
pub mod mutants;
pub mod network;
pub mod objects;
pub mod observe;
pub mod play;
pub mod protocol_name;
pub mod replay;
pub mod runner;
pub mod scenario;
pub mod shrink;
pub mod strategies;
pub mod survivors;
pub mod timeline;
pub mod transfer;
pub mod undisturbed;
pub mod workload;
pub mod worlds;
