//! A whole cluster: its first objects, the entry for requests, and the controllers at work
//! (k8s.io/kubernetes/pkg/controlplane).
//!
//! May import: the folders from base to endpoints, in the order of the crate's documentation.
mod definitions;
pub(crate) mod fixture;
mod requests;
mod service;
mod start;
mod tasks;
