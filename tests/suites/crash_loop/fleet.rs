//! Three processes of the gateway that can be killed.
use http_body_util::Empty;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tests::real_server::{ADMIN_TOKEN, RealServer};

pub(crate) const NAMESPACE: &str = "kubernaut-system";

/// Addresses of a replica, which keeps them when it starts again.
#[derive(Debug, Clone, Copy)]
struct Addresses {
    signals: SocketAddr,
    probes: SocketAddr,
}

/// The replicas. Dropping this kills them.
pub(crate) struct Fleet {
    protocol: String,
    kubeconfig: PathBuf,
    addresses: Vec<Addresses>,
    processes: Mutex<Vec<Child>>,
}

impl Fleet {
    pub(crate) const REPLICAS: usize = 3;

    /// Starts three replicas with this protocol.
    pub(crate) fn start(plane: &RealServer, protocol: &str) -> Self {
        let kubeconfig = plane.directory().join("kubeconfig");
        std::fs::write(&kubeconfig, plane.kubeconfig(0, ADMIN_TOKEN)).expect("a file");
        // Held until all are known, so that they differ.
        let any = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let held: Vec<[TcpListener; 2]> = (0..Self::REPLICAS).map(|_| [any(), any()]).collect();
        let address = |listener: &TcpListener| listener.local_addr().expect("it is bound");
        let addresses =
            held.iter().map(|[signals, probes]| Addresses { signals: address(signals), probes: address(probes) });
        let addresses = addresses.collect();
        drop(held);
        let fleet = Self { protocol: protocol.to_owned(), kubeconfig, addresses, processes: Mutex::default() };
        let processes = (0..Self::REPLICAS).map(|replica| fleet.spawn(replica)).collect();
        *fleet.lock() = processes;
        fleet
    }

    fn spawn(&self, replica: usize) -> Child {
        let Addresses { signals, probes } = self.addresses[replica];
        let name = format!("gateway-{replica}");
        let config = self.kubeconfig.with_file_name(format!("{name}.yaml"));
        let text = format!("server: {{listenAddr: \"{signals}\", healthAddr: \"{probes}\"}}\n");
        std::fs::write(&config, text).expect("a file");
        let mut command = Command::new(env!("CARGO_BIN_EXE_replica"));
        command.args(["--protocol", &self.protocol]).arg("--config").arg(&config);
        command.arg("--kubeconfig").arg(&self.kubeconfig);
        command.env("POD_NAME", name).env("POD_NAMESPACE", NAMESPACE).env("KUBERNAUT_CONTROLLER_NAMESPACE", NAMESPACE);
        command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("the replica starts")
    }

    /// Where a replica takes signals.
    pub(crate) fn address(&self, replica: usize) -> SocketAddr {
        self.addresses[replica % Self::REPLICAS].signals
    }

    /// Waits until every replica says that it is ready.
    pub(crate) async fn ready(&self) {
        let client: Client<HttpConnector, Empty<bytes::Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        for Addresses { probes, .. } in &self.addresses {
            let probe = || client.get(format!("http://{probes}/readyz").parse().expect("an address"));
            while !probe().await.is_ok_and(|answer| answer.status().is_success()) {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }

    /// Kills a replica at once, as a node does that runs out of memory, and starts it again under its name.
    pub(crate) fn kill_and_restart(&self, replica: usize) {
        let mut processes = self.lock();
        end(&mut processes[replica]);
        processes[replica] = self.spawn(replica);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Child>> {
        self.processes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Kills a process and waits for its end.
fn end(process: &mut Child) {
    // It may have ended already.
    drop(process.kill());
    drop(process.wait());
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.lock().iter_mut().for_each(end);
    }
}
