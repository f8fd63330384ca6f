//! The simulated world: a Kubernetes API server on an etcd-like store, the transports that reach it, hosts, clocks, faults
//! and the choices that make one run out of all possible ones.
pub mod apiserver;
