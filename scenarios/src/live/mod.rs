//! Live runs: the same oracle over gateways that run as real processes, on a real API server and in real time.
//!
//! A live run cannot be replayed. Its *history* can: every delivery and answer, every commit that a watch reported,
//! every API call that passed a proxy, and every fault. [`judge`] turns a history into the oracle's observations, so
//! the same history always gets the same verdict.
//!
//! - [`history`]: the facts, the journal that collects them, and the file that keeps them.
//! - [`process`], [`control_plane`]: programs that end when this process ends; etcd with kube-apiservers.
//! - [`ports`]: free ports that a program keeps when it starts again.
//! - [`cluster`]: the API as lockstep uses it: calls, watches, what a run creates and deletes again.
//! - [`credentials`]: the gateways' certificate and the senders' trust, which are renewed while the run lasts.
//! - [`proxy`]: stands between a replica and its API server, sees each call, and delivers faults.
//! - [`fleet`]: local replicas, which can be killed, paused and restarted; [`replica`]: the process of a baseline.
//! - [`workload`]: senders, the orchestrator, and the stories that they play.
//! - [`faults`]: which faults were asked for, and when they strike.
//! - [`latency`]: what a signal costs on a real API server, beside what the server itself takes.
//! - [`judge`]: the order of the facts, the writer of each commit, and the verdict; [`run`]: one live run.
pub mod cluster;
pub mod control_plane;
pub mod credentials;
mod error;
pub mod faults;
pub mod fleet;
pub mod history;
pub mod judge;
pub mod latency;
pub mod ports;
pub mod process;
pub mod proxy;
pub mod redis;
pub mod replica;
pub mod run;
pub mod workload;

pub use error::LiveError;
