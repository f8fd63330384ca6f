//! Runs kube-rs programs against a simulated Kubernetes API, deterministically, and searches their interleavings.
//!
//! # Your controller
//!
//! Start with [`Simulation`]; docs/guides/simulate-your-controller.md explains it at length.
//!
//! ```
//! use k8s_openapi::api::core::v1::ConfigMap;
//! use kube::{Api, api::PostParams};
//! use sim::Simulation;
//!
//! // Creates the one ConfigMap that all replicas share, unless it exists.
//! async fn naive(client: kube::Client) -> kube::Result<()> {
//!     tokio::time::sleep(std::time::Duration::from_secs(1)).await;
//!     let maps: Api<ConfigMap> = Api::default_namespaced(client);
//!     if maps.list(&Default::default()).await?.items.is_empty() {
//!         let map = serde_json::from_value(serde_json::json!({"metadata": {"generateName": "m-"}})).unwrap();
//!         maps.create(&PostParams::default(), &map).await?;
//!     }
//!     Ok(())
//! }
//!
//! let explored = Simulation::builder()
//!     .replicas(2)
//!     .program(|replica| async move { drop(naive(replica.client("default")).await) })
//!     .workload(|cluster| async move { cluster.sleep(std::time::Duration::from_secs(10)).await })
//!     .always("one map", |view| match view.objects::<ConfigMap>()?.len() {
//!         0 | 1 => Ok(()),
//!         more => Err(format!("there are {more} maps")),
//!     })
//!     .build()?
//!     .explore(0..100)?;
//! let failure = explored.failure.expect("both list before either creates");
//! assert_eq!(failure.sentence, "there are 2 maps");
//! # Ok::<(), Box<dyn std::error::Error>>(())
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
pub use simulation::{BuildError, Builder, Exploration, Failure, Run, Simulation, View, findings};
