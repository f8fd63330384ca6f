//! Local replicas of the gateway: each is a process with ports of its own, behind a proxy of its own.
//!
//! They keep their names and addresses when they start again, as the containers of a pod do. Every start has a log.
mod probe;
mod program;
mod replica;
mod settings;

pub use program::Program;
pub use replica::{Replica, ReplicaError, Running, kubeconfig_of};
pub use settings::Settings;

use super::ports;
use replica::Ports;
use std::{io, sync::Arc, time::Duration};
use tokio::task::JoinHandle;

/// Longest time until every replica is ready.
const START: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(50);

/// The replicas. Dropping this kills them.
pub struct Fleet {
    replicas: Vec<Arc<Replica>>,
    probes: Vec<JoinHandle<()>>,
}

impl Fleet {
    /// Starts so many replicas, and waits until all are ready.
    ///
    /// # Errors
    /// If one does not start, or is not ready in time.
    pub async fn start(count: usize, settings: &Settings) -> Result<Self, ReplicaError> {
        let files = |source| ReplicaError::Files { path: settings.directory.clone(), source };
        std::fs::create_dir_all(&settings.directory).map_err(files)?;
        let ports = ports(count).map_err(files)?;
        let indexed = ports.into_iter().zip(0_u8..);
        let replicas: Vec<_> =
            indexed.map(|(ports, index)| Arc::new(Replica::new(index, ports, settings.clone()))).collect();
        for replica in &replicas {
            replica.begin().await?;
        }
        let probes = replicas.iter().map(|replica| tokio::spawn(probe::follow(Arc::clone(replica)))).collect();
        let fleet = Self { replicas, probes };
        if fleet.await_ready(START).await {
            return Ok(fleet);
        }
        let slow = fleet.replicas.iter().find(|replica| !replica.is_ready());
        Err(slow.map_or(ReplicaError::Unready(String::new()), |slow| slow.not_ready(START)))
    }

    /// The replicas, by index.
    pub fn replicas(&self) -> &[Arc<Replica>] {
        &self.replicas
    }

    /// Waits until all replicas are ready; false after `limit`.
    pub async fn await_ready(&self, limit: Duration) -> bool {
        let wait = async {
            while !self.replicas.iter().all(|replica| replica.is_ready()) {
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(limit, wait).await.is_ok()
    }

    /// Panics in the replicas' logs, the first line of each.
    pub fn panics(&self) -> Vec<String> {
        self.replicas.iter().flat_map(|replica| replica.panics()).collect()
    }

    /// Ends every replica, one after the other.
    pub async fn end(&self) {
        self.probes.iter().for_each(JoinHandle::abort);
        for replica in &self.replicas {
            replica.end().await;
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.probes.iter().for_each(JoinHandle::abort);
    }
}

/// Free ports for so many replicas.
fn ports(count: usize) -> io::Result<Vec<Ports>> {
    let of = |ports: &[u16]| Ports { signals: ports[0], probes: ports[1], metrics: ports[2] };
    Ok(ports::free(3 * count)?.chunks_exact(3).map(of).collect())
}
