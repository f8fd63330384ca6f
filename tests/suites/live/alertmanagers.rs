//! A highly available pair of real Alertmanagers, which gossip, and alerts that fire and end.
use bytes::Bytes;
use http::{Request, header::CONTENT_TYPE};
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use scenarios::live::process::{Launch, Process};
use serde_json::{Value, json};
use std::{
    fs, io,
    net::{Ipv4Addr, TcpListener},
    path::Path,
    time::Duration,
};
use tempfile::TempDir;

/// Deployments that the alerts are about: the last of the run's, which its stories use too.
const APPS: [u16; 3] = [57, 58, 59];
const READY: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);
/// Time that Alertmanager has to send the end of the alerts.
const RESOLVED: Duration = Duration::from_secs(8);

/// Two Alertmanagers. Dropping them ends them.
pub(crate) struct Pair {
    _processes: Vec<Process>,
    _directory: TempDir,
    ports: [u16; 2],
}

type HttpClient = Client<HttpConnector, Full<Bytes>>;

impl Pair {
    pub(crate) async fn start(relay: &str) -> io::Result<Self> {
        let directory = tempfile::tempdir()?;
        let held: Vec<TcpListener> =
            (0..4).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).collect::<io::Result<_>>()?;
        let port = |index: usize| Ok::<_, io::Error>(held[index].local_addr()?.port());
        let (ports, gossip) = ([port(0)?, port(1)?], [port(2)?, port(3)?]);
        drop(held);
        let mut processes = Vec::new();
        for peer in 0..2 {
            let config = directory.path().join(format!("peer-{peer}.yaml"));
            fs::write(&config, configuration(&format!("{relay}/peer-{peer}")))?;
            let arguments = [
                format!("--config.file={}", config.display()),
                format!("--storage.path={}", directory.path().join(format!("storage-{peer}")).display()),
                format!("--web.listen-address=127.0.0.1:{}", ports[peer]),
                format!("--cluster.listen-address=127.0.0.1:{}", gossip[peer]),
                format!("--cluster.peer=127.0.0.1:{}", gossip[1 - peer]),
                "--cluster.peer-timeout=1s".to_owned(),
            ];
            let launch = Launch {
                program: Path::new("prometheus-alertmanager"),
                arguments: &arguments,
                environment: &[],
                directory: directory.path(),
                name: &format!("alertmanager-{peer}"),
                keeps_directory: true,
            };
            processes.push(launch.start().map_err(io::Error::other)?);
        }
        let pair = Self { _processes: processes, _directory: directory, ports };
        let client = client();
        for port in pair.ports {
            let ready = || client.get(format!("http://127.0.0.1:{port}/-/ready").parse().expect("a URL"));
            let until = tokio::time::Instant::now() + READY;
            while !ready().await.is_ok_and(|answer| answer.status().is_success()) {
                if tokio::time::Instant::now() >= until {
                    return Err(io::Error::other(format!("Alertmanager on port {port} is not ready after {READY:?}")));
                }
                tokio::time::sleep(POLL).await;
            }
        }
        Ok(pair)
    }

    /// Sends alerts to both, as Prometheus does.
    async fn post(&self, client: &HttpClient, alerts: &Value) {
        for port in self.ports {
            let request = Request::post(format!("http://127.0.0.1:{port}/api/v2/alerts"));
            let request = request.header(CONTENT_TYPE, "application/json").body(Full::new(alerts.to_string().into()));
            let answer = client.request(request.expect("a request")).await.expect("an answer");
            assert!(answer.status().is_success(), "{}", answer.status());
        }
    }
}

fn client() -> HttpClient {
    Client::builder(TokioExecutor::new()).build_http()
}

fn configuration(url: &str) -> String {
    format!(
        "route:\n  receiver: gateway\n  group_by: [alertname]\n  group_wait: 1s\n  group_interval: 2s\n  \
         repeat_interval: 4s\nreceivers:\n- name: gateway\n  webhook_configs:\n  - url: {url}\n    \
         send_resolved: true\n"
    )
}

/// Fires a group of alerts, which grows, for this time; then it ends.
pub(crate) async fn fire(pair: &Pair, namespace: &str, time: Duration) {
    let client = client();
    let alerts = |apps: &[u16], ends: Option<jiff::Timestamp>| -> Value {
        let alert = |app: &u16| {
            let labels = json!({
                "alertname": "KubeDeploymentReplicasMismatch", "namespace": namespace, "severity": "warning",
                "deployment": format!("app-{app}"),
            });
            match ends {
                Some(ends) => json!({"labels": labels, "endsAt": format!("{ends:.3}")}),
                None => json!({"labels": labels}),
            }
        };
        apps.iter().map(alert).collect()
    };
    pair.post(&client, &alerts(&APPS[..2], None)).await;
    tokio::time::sleep(time / 4).await;
    pair.post(&client, &alerts(&APPS, None)).await;
    tokio::time::sleep(time / 2).await;
    pair.post(&client, &alerts(&APPS, Some(now()))).await;
    tokio::time::sleep(RESOLVED).await;
}

#[expect(clippy::disallowed_methods, reason = "a real Alertmanager has real time")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
