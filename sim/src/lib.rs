//! Runs kube-rs programs against a simulated Kubernetes API, deterministically, and searches their interleavings.
//!
//! # Your controller
//!
//! Start with [`Simulation`]; docs/guides/simulate-your-controller.md explains it at length.
//!
//! ```ignore
#![doc = include_str!("../examples/one_map.rs")]
//! ```
//!
//! # Map of the crate
//!
//! - [`Simulation`] and its [`Builder`] put a program, a workload, [`Faults`] and checks together. What they need is
//!   re-exported here.
//! - [`engine`] is what they are made of: choices, the run, both transports, hosts, events. It changes more often.
//! - [`apiserver`] answers any request from its store as kube-apiserver does on the wire.
mod choice;
mod clock;
mod digest;
mod direct;
pub mod engine;
mod event;
mod faults;
mod hosts;
mod listener;
mod network;
mod run;
mod service;
mod simulation;
mod trace;

pub use apiserver;
pub use choice::Choice;
pub use faults::{Delivered, Fault, FaultKind, Faults};
pub use hosts::Environment;
pub use run::{
    Balance, CallPattern, CallVerdict, CallView, Cluster, ControlPlane, Effect, FaultRule, Interference, RunError,
    Trigger,
};
pub use simulation::{
    BuildError, Builder, Departures, Exploration, Failure, NotDepartures, Pattern, Run, Shrunk, Simulation, Step,
    StepKind, View, Written, findings,
};
