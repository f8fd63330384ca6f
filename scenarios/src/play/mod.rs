//! Players: carry out a workload's acts against the simulated cluster.
//!
//! - [`script`]: plays the acts in order; [`stage`]: what every player can reach.
//! - [`sender`]: delivers as Alertmanager does; [`alertmanager`]: a highly available pair of Alertmanagers, for hours.
//! - [`orchestrator`]: the RemediationOrchestrator, with the real one's careless writes.
//! - [`kubelet`]: asks whether replicas are ready.
//! - [`interference`]: writes by other clients; [`api`]: API calls of all these clients.
pub mod alertmanager;
pub mod api;
pub mod interference;
pub mod kubelet;
pub mod orchestrator;
pub mod script;
pub mod sender;
pub mod stage;
