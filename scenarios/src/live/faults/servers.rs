//! Faults of a control plane that lockstep started: the API server and etcd are killed and start again.
use super::plan::{FaultPlan, RESTART_APISERVER, RESTART_ETCD};
use crate::live::{
    control_plane::{ControlPlane, ControlPlaneError},
    history::Journal,
};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// Index of the API server that the gateways use. The other one, which lockstep watches, is never killed.
const OF_GATEWAYS: usize = 0;
/// Bounds of the time between two restarts.
const LEAST: Duration = Duration::from_secs(8);
const MOST: Duration = Duration::from_secs(24);
/// Number of restarts that a short run makes.
const FEW: u32 = 4;
/// Every so many restarts, etcd is restarted instead of the API server.
const ETCD_TURN: u32 = 3;
const DOWN: Duration = Duration::from_millis(1_200);
const POLL: Duration = Duration::from_millis(100);

/// A control plane that lockstep started. Clones are the same one.
pub type Plane = Arc<Mutex<ControlPlane>>;

/// Restarts what was asked for until `stop` is set, for about `time`; all of it runs again when it returns.
///
/// # Errors
/// If a server does not start again.
pub async fn restart(
    plan: FaultPlan,
    plane: Plane,
    journal: Journal,
    (stop, time): (Arc<AtomicBool>, Duration),
) -> Result<(), ControlPlaneError> {
    let every = (time / FEW).clamp(LEAST, MOST);
    let (mut next, mut turn) = (Instant::now() + every / 4, 0);
    while !stop.load(Relaxed) {
        if Instant::now() < next {
            sleep(POLL).await;
            continue;
        }
        next += every;
        let both = plan.has(RESTART_APISERVER) && plan.has(RESTART_ETCD);
        let of_etcd = if both { turn % ETCD_TURN == 1 } else { plan.has(RESTART_ETCD) };
        turn += 1;
        if of_etcd {
            with(&plane, ControlPlane::kill_etcd);
            sleep(DOWN).await;
            with(&plane, ControlPlane::start_etcd)?;
            if with(&plane, |plane| plane.answers_within_a_minute(OF_GATEWAYS, "/readyz")) {
                journal.fault(RESTART_ETCD);
            }
        } else {
            with(&plane, |plane| plane.kill_server(OF_GATEWAYS));
            sleep(DOWN).await;
            with(&plane, |plane| plane.start_server(OF_GATEWAYS))?;
            journal.fault(RESTART_APISERVER);
        }
    }
    Ok(())
}

/// Starting a server blocks for seconds.
fn with<T>(plane: &Plane, work: impl FnOnce(&mut ControlPlane) -> T) -> T {
    tokio::task::block_in_place(|| work(&mut plane.lock().unwrap_or_else(PoisonError::into_inner)))
}
