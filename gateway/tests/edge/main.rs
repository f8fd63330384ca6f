//! Tests of the HTTP edge, from the bytes of a delivery to those of the answer, in one binary, so that it links once.
//!
//! The Kubernetes API is a table of answers and the protocol is a script: the tests cover everything between the two.
mod access;
mod answers;
mod audit;
mod config;
mod contract;
mod crd;
mod encryption;
mod fuzz;
mod groups;
mod hostile_http;
mod hostile_names;
mod lifecycle;
mod limits;
mod log;
mod payloads;
mod reload;
mod scope;
mod security;
mod senders;
mod support;
mod targets;
