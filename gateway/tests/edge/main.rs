//! The gateway's edge, from a delivery's bytes to the answer's: one binary, so that it links once.
//!
//! The Kubernetes API is a table of answers and the protocol a script: what is tested here is what lies between them.
mod answers;
mod config;
mod crd;
mod groups;
mod lifecycle;
mod limits;
mod payloads;
mod support;
mod targets;
