//! The simulated world: a Kubernetes API server on an etcd-like store, the transports that reach it, hosts, clocks, faults
//! and the choices that make one run out of all possible ones.
//!
//! - [`apiserver`] answers any request from its store as kube-apiserver does on the wire.
//! - [`transport`] decides when a request is executed and when its answer arrives; [`choice`] is where it asks.
//! - [`hosts`] are the programs under test: anything that takes a kube client, a [`clock`] and entropy.
//! - [`serve`] puts the API server on a real socket, for kubectl and any other client.
//! - [`fidelity`] says what of a real server is simulated, and how that is known.
//! - [`faults`] go wrong; [`event`] is what happened; [`trace`] proves that it happened again.
pub mod apiserver;
pub mod choice;
pub mod clock;
pub mod event;
pub mod faults;
pub mod fidelity;
pub mod hosts;
pub mod serve;
pub mod trace;
pub mod transport;
