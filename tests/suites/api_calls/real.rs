//! The same table, counted by a real kube-apiserver: its `apiserver_request_total`, by verb and resource.
//!
//! The gateway is the shipped one, over TLS and its own listener, and the only client. The server's own leases are
//! switched off; a span without requests shows that the server counts nothing by itself. Watches are left out, because
//! the server counts each when it ends.
use super::{SHIPPED, duplicate, new, next_episode};
use bytes::Bytes;
use conformance::{self, Tokens};
use futures::future::{join_all, pending};
use gateway::{
    app::App, clock::SystemClock, config::Config, entropy::SystemEntropy, fenced_lease::FencedLease, kube_client,
    server,
};
use http::{Request, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use scenarios::workload::Payload;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};
use tests::{
    differential::Real,
    real_server::{ADMIN_TOKEN, Options, RealServer},
};
use tokio::time::sleep;

const NAMESPACE: &str = "kubernaut-system";
/// Longer than the server takes to renew its own lease, or to look for those of other servers.
const IDLE: Duration = Duration::from_secs(12);
/// The server counts a request only after it has answered it.
const POLL_INTERVAL: Duration = Duration::from_millis(700);
/// The most that 20 duplicates may cost together, as on the simulated wire.
const TOGETHER_MAX: u64 = 5;
const TRIES: usize = 3;

/// Requests by verb and resource, as in `PATCH remediationrequests/status`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Calls(BTreeMap<String, u64>);

impl Calls {
    /// The counters of leases and RemediationRequests in a scrape.
    fn parse(metrics: &str) -> Self {
        let mut calls = Self::default();
        for line in metrics.lines().filter(|line| line.starts_with("apiserver_request_total{")) {
            let label = |name| Some(line.split_once(&format!("{name}=\""))?.1.split_once('"')?.0);
            let (resource, verb) = (label("resource").unwrap_or_default(), label("verb").unwrap_or_default());
            if !["leases", "remediationrequests"].contains(&resource) || verb == "WATCH" {
                continue;
            }
            let subresource = label("subresource").filter(|subresource| !subresource.is_empty());
            let below = subresource.map(|subresource| format!("/{subresource}")).unwrap_or_default();
            let count = line.rsplit_once(' ').and_then(|(_, count)| count.parse::<f64>().ok()).unwrap_or_default();
            *calls.0.entry(format!("{verb} {resource}{below}")).or_default() += count as u64;
        }
        calls
    }

    fn of<const N: usize>(calls: [(&str, u64); N]) -> Self {
        Self(calls.map(|(call, count)| (call.to_owned(), count)).into())
    }

    fn since(&self, before: &Self) -> Self {
        let more = self.0.iter().map(|(call, count)| (call, count - before.0.get(call).unwrap_or(&0)));
        Self(more.filter(|(_, count)| *count > 0).map(|(call, count)| (call.clone(), count)).collect())
    }

    fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

impl fmt::Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>2} calls", self.total())?;
        self.0.iter().try_for_each(|(call, count)| write!(f, "  {count} x {call}"))
    }
}

/// A real server and one replica of the gateway.
struct Stage {
    plane: RealServer,
    app: Arc<App>,
    address: String,
    sender: Client<HttpConnector, Full<Bytes>>,
}

impl Stage {
    async fn set() -> Self {
        let gates = "--feature-gates=APIServerIdentity=false,UnknownVersionInteroperabilityProxy=false";
        let options = Options { flags: vec![gates.to_owned()], ..Options::default() };
        let plane = RealServer::start(&options).expect("a real server");
        let definition = serde_json::to_value(gateway::api::crd()).expect("it has only string keys");
        conformance::install(&mut Real::new(&plane), &Tokens::default(), &definition).await.expect("it is served");
        let kubeconfig = plane.directory().join("kubeconfig");
        std::fs::write(&kubeconfig, plane.kubeconfig(0, ADMIN_TOKEN)).expect("a file");
        let client = kube_client::connect(Some(&kubeconfig)).await.expect("a client");
        let config = Config::for_pod("gateway-0", NAMESPACE, NAMESPACE);
        let (clock, entropy) = (Arc::new(SystemClock::start()), Arc::new(SystemEntropy));
        let app = Arc::new(App::start(config, client, clock, entropy, |context| FencedLease::start(context)));
        let listener = server::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        tokio::spawn(server::serve(listener, app.open_router(), pending()));
        let stage = Self { plane, app, address, sender: Client::builder(TokioExecutor::new()).build_http() };
        stage.furnish().await;
        while stage.app.ready().is_err() {
            sleep(Duration::from_millis(50)).await;
        }
        stage
    }

    /// Creates the namespaces and the alert's target.
    async fn furnish(&self) {
        for name in [NAMESPACE, "payments"] {
            self.write("POST", "/api/v1/namespaces", json!({"metadata": {"name": name}})).await;
        }
        let labels = json!({"app": "checkout"});
        let containers = json!([{"name": "checkout", "image": "checkout"}]);
        let template = json!({"metadata": {"labels": labels}, "spec": {"containers": containers}});
        let spec = json!({"selector": {"matchLabels": labels}, "template": template});
        let metadata = json!({"name": "checkout", "labels": {"kubernaut.ai/managed": "true"}});
        let deployment = json!({"metadata": metadata, "spec": spec});
        self.write("POST", "/apis/apps/v1/namespaces/payments/deployments", deployment).await;
    }

    async fn write(&self, method: &str, path: &str, body: Value) {
        let kind = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        let request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, kind);
        let request = request.body(Bytes::from(body.to_string())).expect("a request");
        let answer = self.plane.client(0, ADMIN_TOKEN).call(request).await.expect("an answer");
        assert!(answer.status().is_success(), "{method} {path}: {answer:?}");
    }

    /// Sends one alert, which must be answered `expected`.
    async fn deliver(&self, expected: StatusCode) {
        let body = Payload::Deployment.body(jiff::Timestamp::UNIX_EPOCH);
        let request = Request::post(format!("http://{}{}", self.address, Payload::Deployment.path()));
        let request = request.header(CONTENT_TYPE, "application/json").body(Full::new(body)).expect("a request");
        let answer = self.sender.request(request).await.expect("an answer");
        let status = answer.status();
        let body = answer.into_body().collect().await.expect("a whole answer").to_bytes();
        assert_eq!(status, expected, "{}", String::from_utf8_lossy(&body));
    }

    /// The counters, once they no longer change.
    async fn counted(&self) -> Calls {
        let mut known = Calls::default();
        loop {
            let scrape = Request::get("/metrics").body(Bytes::new()).expect("a request");
            let answer = self.plane.client(0, ADMIN_TOKEN).call(scrape).await.expect("an answer");
            let now = Calls::parse(&String::from_utf8_lossy(answer.body()));
            if now == known {
                return now;
            }
            known = now;
            sleep(POLL_INTERVAL).await;
        }
    }

    /// Cost of `copies` alerts at once, each answered `expected`.
    async fn cost(&self, copies: usize, expected: StatusCode) -> Calls {
        let before = self.counted().await;
        join_all((0..copies).map(|_| self.deliver(expected))).await;
        self.counted().await.since(&before)
    }

    /// Ends the only RemediationRequest, as the orchestrator does.
    async fn end_request(&self) {
        let requests = format!("/apis/kubernaut.ai/v1alpha1/namespaces/{NAMESPACE}/remediationrequests");
        let list = Request::get(&requests).body(Bytes::new()).expect("a request");
        let list = self.plane.client(0, ADMIN_TOKEN).call(list).await.expect("an answer");
        let list: Value = serde_json::from_slice(list.body()).expect("a list");
        let name = list["items"][0]["metadata"]["name"].as_str().expect("a request").to_owned();
        let phase = json!({"status": {"overallPhase": "Completed"}});
        self.write("PATCH", &format!("{requests}/{name}/status"), phase).await;
    }
}

/// Counts of the real server, for each row of the table.
struct Table {
    idle: Calls,
    first: Calls,
    again: Calls,
    together: Calls,
    next: Calls,
}

impl Table {
    async fn measured() -> Self {
        let stage = Stage::set().await;
        let before = stage.counted().await;
        sleep(IDLE).await;
        let idle = stage.counted().await.since(&before);
        let first = stage.cost(1, StatusCode::CREATED).await;
        let again = stage.cost(1, StatusCode::ACCEPTED).await;
        // On a busy machine 20 connections may take long enough for a batch each.
        let mut together = stage.cost(20, StatusCode::ACCEPTED).await;
        for _ in 1..TRIES {
            if together.total() > TOGETHER_MAX {
                together = stage.cost(20, StatusCode::ACCEPTED).await;
            }
        }
        stage.end_request().await;
        let next = stage.cost(1, StatusCode::CREATED).await;
        Self { idle, first, again, together, next }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { idle, first, again, together, next } = self;
        writeln!(
            f,
            "kube-apiserver counted\n  nothing sent  {idle}\n  new           {first}\n  duplicate     {again}"
        )?;
        write!(f, "  20 duplicates {together}\n  next episode  {next}")
    }
}

#[test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
fn real_server_counts_the_same_calls() {
    // Runs of their own runtimes follow: the real one ends before.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let table = runtime.block_on(Table::measured());
    println!("{table}");
    let Table { idle, first, again, together, next } = table;
    assert_eq!(idle, Calls::default(), "the server counts nothing of its own");
    let (count, make) = (("PATCH remediationrequests/status", 1), ("POST remediationrequests", 1));
    assert_eq!(first, Calls::of([("POST leases", 1), make, count, ("PUT leases", 1)]));
    assert_eq!(again, Calls::of([count]));
    assert!(together.total() <= TOGETHER_MAX && together.0.keys().all(|call| call == count.0), "{together}");
    assert_eq!(next, Calls::of([("GET remediationrequests", 1), ("PUT leases", 2), make, count]));
    for (real, simulated) in [(first, new(SHIPPED)), (again, duplicate(SHIPPED)), (next, next_episode(SHIPPED))] {
        assert_eq!(real.total(), u64::from(simulated.before + simulated.after), "{real}, simulated {simulated}");
    }
}
