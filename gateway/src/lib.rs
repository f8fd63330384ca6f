//! Kubernaut's signal gateway: Alertmanager webhooks and Kubernetes events in, exactly one RemediationRequest per
//! fingerprint out, whatever the replicas, the network, the clocks and the API server do.
//!
//! - [`app`] is the composition root; [`server`] serves it on any listener; [`kube_client`] builds the kube client
//!   stack.
//! - [`signals`] turns a delivery into [`signals::Signal`]s; [`routes`] and [`layers`] are the HTTP edge around it.
//! - [`access`] decides who may send signals; [`audit`] reports what became of them; [`config`] is what operators set.
//! - [`fenced_lease`] is the protocol: coalescer, lease, episode, count. [`protocol`] is the trait that it implements.
//! - [`api_client`] is the client that all of them share; [`api`] is the custom resource; [`clock`] and [`entropy`] are
//!   the only sources of time and randomness.
//!
//! Nothing here knows about a simulation: no cfg, no feature, no hook.
pub mod access;
mod admission;
pub mod api;
pub mod api_client;
pub mod app;
#[cfg(feature = "bin")]
pub mod args;
pub mod audit;
pub mod clock;
pub mod config;
mod current;
pub mod entropy;
pub mod error;
pub mod exposition;
pub mod fenced_lease;
pub mod gateway;
#[cfg(feature = "bin")]
mod https_client;
pub mod kube_client;
pub mod layers;
#[cfg(feature = "bin")]
pub mod logging;
pub mod metrics;
pub mod process;
pub mod protocol;
pub mod provenance;
mod quoted;
pub mod routes;
pub mod server;
pub mod signals;
pub mod tasks;
#[cfg(feature = "bin")]
pub mod telemetry;
#[cfg(feature = "bin")]
pub mod tls;
pub mod warnings;
#[cfg(feature = "bin")]
pub mod watch_file;
