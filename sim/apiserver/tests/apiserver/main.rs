//! The simulated API server through its public interface, beyond the recorded conformance cases, which one healthy
//! server answered in sequence: lagging caches, several servers, restarts, hooks, and properties over any history.
mod absent;
mod access;
mod admission;
mod availability;
mod bodies;
mod caches;
mod client;
mod cluster;
mod controllers;
mod conversion;
mod definitions;
mod fields;
mod history;
mod hooks;
mod registry;
mod representations;
mod robustness;
mod streams;
mod writes;
