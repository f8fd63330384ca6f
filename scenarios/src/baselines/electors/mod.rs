//! The locks of four crates that elect leaders with Leases, each as a lock per fingerprint.
//!
//! Each file follows the calls that the crate makes, in their order, with their kind of patch and their preconditions,
//! as its source and documentation of 2026 have them. None is made for short locks. What a crate leaves to its user
//! (names, identities) is as its examples do it: the holder is the pod.
pub mod kube_coordinate;
pub mod kube_leader_election;
pub mod kube_lease_manager;
pub mod kubert;
mod lease;
