//! The simulated API server through its public interface: what the recorded conformance cases cannot show, because one healthy
//! server answered them in sequence. Caches that lag, several servers, restarts, the hooks, and properties over any history.
mod access;
mod admission;
mod availability;
mod caches;
mod client;
mod cluster;
mod controllers;
mod definitions;
mod fields;
mod history;
mod hooks;
mod registry;
mod representations;
mod robustness;
mod streams;
mod writes;
