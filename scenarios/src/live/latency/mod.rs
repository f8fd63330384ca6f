//! Latency and throughput of the gateway on a real API server, beside what the API server itself takes in the same run.
//!
//! Everything is on one machine: etcd, kube-apiserver, the gateways, and lockstep as their only client. Series that are
//! compared take turns in short rounds, so that a busy moment of the machine meets all of them. A gateway is the
//! program that production runs, over its own listener, with tokens that the API server reviews.
//!
//! - [`part`]: what can be measured; each part is a module of its own.
//! - `stage`: the servers and what is in them; `gateways`: processes of gateways.
//! - `delivery`: a sender with connections that stay open; `floor`: the same writes without a gateway.
//! - `load`: closed and open load; `series`: latencies; `processor`: time on a processor; [`results`]: what is kept.
mod access;
mod away;
mod delivery;
mod floor;
mod gateways;
mod load;
mod lock;
pub mod part;
mod processor;
mod rates;
pub mod results;
mod series;
mod signals;
mod stage;
mod start;

pub use part::{Part, Request};

use super::LiveError;
use results::Measured;
use stage::Stage;

/// Measures one part, on servers of its own. `progress` gets what is being done.
///
/// # Errors
/// If the servers or the gateways do not run, or what they answer cannot be measured.
pub async fn measure(part: Part, request: &Request, progress: &(dyn Fn(&str) + Sync)) -> Result<Measured, LiveError> {
    progress("starting etcd and kube-apiserver");
    let stage = Stage::set(request, progress).await?;
    match part {
        Part::Signals => signals::measure(&stage).await,
        Part::Rates => rates::measure(&stage).await,
        Part::Lock => lock::measure(&stage).await,
        Part::Access => access::measure(&stage).await,
        Part::Start => start::measure(&stage).await,
        Part::Away => away::measure(&stage).await,
    }
}
