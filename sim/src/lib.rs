//! The simulated world: a Kubernetes API server on an etcd-like store, the transports that reach it, hosts, clocks, faults
//! and the choices that make one run out of all possible ones.
//!
//! - [`apiserver`] answers any request from its store as kube-apiserver does on the wire.
//! - [`transport`] decides when a request is executed and when its answer arrives; [`choice`] is where it asks.
//! - [`hosts`] are the programs under test: anything that takes a kube client, a [`clock`] and entropy.
//! - [`serve`] puts the API server on a real socket, for kubectl and any other client.
//! - [`fidelity`] says what of a real server is simulated, and how that is known.
//! - [`simulation`] puts it all around somebody's controller.
//! - [`faults`] go wrong; [`event`] is what happened; [`trace`] proves that it happened again.
//!
//! # A controller of one's own
//!
//! The shortest way in is [`simulation::Simulation`]; docs/guides/simulate-your-controller.md is the longer one.
//!
//! ```
//! use k8s_openapi::api::core::v1::ConfigMap;
//! use kube::{Api, api::PostParams};
//! use sim::simulation::Simulation;
//!
//! // Makes the one ConfigMap that all replicas share, if there is none yet.
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
pub mod choice;
pub mod clock;
pub mod direct;
pub mod event;
pub mod faults;
pub mod hosts;
pub mod network;
pub mod run;
pub mod simulation;
pub mod trace;
