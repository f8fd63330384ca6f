//! Requests a second of an API server: the simulated one in process and over TCP, and the real one.
//!
//! Over TCP each connection is TLS with a token and belongs to a client that waits for each answer. Servers and clients
//! share the machine.
use crate::{
    lockstep, meter,
    samples::Samples,
    work::{fixtures, registry},
};
use anyhow::{Context, bail};
use apiserver::{Answer, AnswerBody, ApiServer, ServerId};
use bytes::Bytes;
use futures::future::try_join_all;
use http::{HeaderMap, HeaderValue, Method, Request, header::CONTENT_TYPE};
use http_body_util::BodyExt;
use kube::client::Body;
use scenarios::{
    live::cluster::Api,
    objects::{NAMESPACE, requests_path},
    runner::Transport,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sim::engine::{Choices, Random};
use std::{path::Path, time::Duration};
use tokio::runtime::Runtime;

/// Objects of the listed namespace.
const LISTED: u64 = 100;
/// Requests that say how many take a given time.
const FEW: u64 = 20;
/// The namespace that is listed, and read from.
const STILL: &str = "bench-list";
/// The namespace that is written to.
const WRITTEN: &str = "bench-write";

/// What is requested. The object is a RemediationRequest as the gateway makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Verb {
    /// GET of one object.
    Get,
    /// LIST of 100 objects.
    List,
    /// POST of one object.
    Create,
    /// Merge patch of the status of one object, which each connection has for itself.
    Patch,
}

impl Verb {
    /// All of them.
    pub const ALL: [Verb; 4] = [Verb::Get, Verb::List, Verb::Create, Verb::Patch];

    /// Name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Verb::Get => "GET",
            Verb::List => "LIST of 100",
            Verb::Create => "CREATE",
            Verb::Patch => "PATCH of the status",
        }
    }

    /// Request number `number` of connection `connection`.
    fn call(self, object: &Value, connection: usize, number: u64) -> Call {
        let read = |target| Call { method: Method::GET, target, body: Bytes::new() };
        match self {
            Verb::Get => read(format!("{}/still-0", collection(STILL))),
            Verb::List => read(collection(STILL)),
            Verb::Create => create(object, WRITTEN, &format!("new-{connection}-{number}")),
            Verb::Patch => {
                let status = json!({"status": {"deduplication": {"occurrenceCount": number % 1_000_000 + 1}}});
                let target = format!("{}/own-{connection}/status", collection(WRITTEN));
                Call { method: Method::PATCH, target, body: status.to_string().into() }
            }
        }
    }
}

/// A request without its server.
struct Call {
    method: Method,
    target: String,
    body: Bytes,
}

impl Call {
    fn content_type(&self) -> HeaderValue {
        let patch = self.method == Method::PATCH;
        HeaderValue::from_static(if patch { "application/merge-patch+json" } else { "application/json" })
    }

    fn decoded(self) -> apiserver::Request {
        let mut headers = HeaderMap::with_capacity(1);
        headers.insert(CONTENT_TYPE, self.content_type());
        apiserver::Request { method: self.method, target: self.target, headers, body: self.body }
    }
}

fn collection(namespace: &str) -> String {
    requests_path().replace(NAMESPACE, namespace)
}

fn create(object: &Value, namespace: &str, name: &str) -> Call {
    let mut object = object.clone();
    object["metadata"] = json!({"name": name, "namespace": namespace});
    Call { method: Method::POST, target: collection(namespace), body: object.to_string().into() }
}

/// A RemediationRequest as the gateway makes it: the one of a burst, without what the API server sets.
fn object() -> anyhow::Result<Value> {
    let prepared = lockstep::burst(Transport::Direct, Duration::ZERO);
    let run = prepared.run(Choices::new(Random::new(1)), false)?;
    let mut object = run.stored.first().context("a burst leaves a RemediationRequest")?.as_ref().clone();
    object.as_object_mut().map(|object| object.remove("status"));
    Ok(object)
}

/// The calls that make what is read and patched.
fn furniture(object: &Value, connections: usize) -> Vec<Call> {
    let namespace = |name| Call {
        method: Method::POST,
        target: "/api/v1/namespaces".to_owned(),
        body: json!({"metadata": {"name": name}}).to_string().into(),
    };
    let mut calls = vec![namespace(STILL), namespace(WRITTEN)];
    calls.extend((0..LISTED).map(|number| create(object, STILL, &format!("still-{number}"))));
    calls.extend((0..connections).map(|number| create(object, WRITTEN, &format!("own-{number}"))));
    calls
}

/// One measured cell: requests a second of a verb over so many connections.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rate {
    /// Verb of the requests.
    pub verb: Verb,
    /// Number of connections; 0 in process.
    pub connections: usize,
    /// Requests a second, one for each repetition.
    pub per_second: Samples,
}

/// The simulated API server without a network, in processor time.
pub struct InProcess {
    api: ApiServer,
    object: Value,
    number: u64,
}

impl InProcess {
    /// Prepares the server.
    ///
    /// # Errors
    /// If it refuses what is read and patched.
    pub fn new() -> anyhow::Result<Self> {
        let mut api = ApiServer::new(registry(), 1, 0);
        api.set_auto_advance(true);
        api.apply_fixture(&fixtures(), now())?;
        let object = object()?;
        let mut server = Self { api, object, number: 0 };
        for call in furniture(&server.object, 1) {
            server.handle(&call.decoded())?;
        }
        Ok(server)
    }

    fn handle(&mut self, request: &apiserver::Request) -> anyhow::Result<()> {
        let Answer { status, body, .. } = self.api.handle(ServerId(0), 0, request, now());
        drop(self.api.take_commits());
        let AnswerBody::Full(body) = body else { bail!("{} was answered with a watch", request.target) };
        accepted(&request.target, status, &body)
    }

    /// So many requests, which this server has not answered yet.
    pub fn requests(&mut self, verb: Verb, count: u64) -> Vec<apiserver::Request> {
        let first = self.number + 1;
        self.number += count;
        (first..=self.number).map(|number| verb.call(&self.object, 0, number).decoded()).collect()
    }

    /// Requests a second, over about this time.
    fn rate(&mut self, verb: Verb, time: Duration) -> anyhow::Result<f64> {
        let few = self.requests(verb, FEW);
        let began = meter::now();
        self.answer(&few)?;
        let each = (meter::now() - began).as_secs_f64() / FEW as f64;
        let count = (time.as_secs_f64() / each).ceil() as u64;
        let requests = self.requests(verb, count);
        let (done, time) = meter::processor_time(|| self.answer(&requests));
        done?;
        Ok(count as f64 / time.as_secs_f64())
    }

    /// Answers requests.
    ///
    /// # Errors
    /// If one is refused.
    pub fn answer(&mut self, requests: &[apiserver::Request]) -> anyhow::Result<()> {
        requests.iter().try_for_each(|request| self.handle(request))
    }
}

fn now() -> jiff::Timestamp {
    sim::engine::EPOCH.parse().expect("EPOCH is a timestamp")
}

fn accepted(target: &str, status: u16, body: &[u8]) -> anyhow::Result<()> {
    if !(200..300).contains(&status) {
        bail!("{target} was answered {status}: {}", String::from_utf8_lossy(body));
    }
    Ok(())
}

/// A server over TCP with its clients.
pub struct OverTcp {
    clients: Vec<Api>,
    object: Value,
    number: u64,
}

impl OverTcp {
    /// Connects so many clients, and creates what is read and patched.
    ///
    /// # Errors
    /// If the server refuses it.
    pub async fn connect(kubeconfig: &Path, object: Value, connections: usize) -> anyhow::Result<Self> {
        let mut clients = Vec::new();
        for _ in 0..connections {
            clients.push(Api::connect(kubeconfig).await?);
        }
        for call in furniture(&object, connections) {
            send(&clients[0], call).await?;
        }
        Ok(Self { clients, object, number: 0 })
    }

    /// Requests a second over the first `connections` clients, for about `time`.
    ///
    /// # Errors
    /// If a request is refused.
    pub async fn rate(&mut self, verb: Verb, connections: usize, time: Duration) -> anyhow::Result<f64> {
        let (began, first, object) = (meter::now(), self.number, self.object.clone());
        let client = |(connection, client): (usize, &Api)| {
            let (client, object) = (client.clone(), object.clone());
            tokio::spawn(async move {
                let mut number = first;
                while meter::now() - began < time {
                    number += 1;
                    send(&client, verb.call(&object, connection, number)).await?;
                }
                Ok::<u64, anyhow::Error>(number - first)
            })
        };
        let tasks: Vec<_> = self.clients.iter().take(connections).enumerate().map(client).collect();
        let made: Vec<u64> = try_join_all(tasks).await?.into_iter().collect::<anyhow::Result<_>>()?;
        let took = meter::now() - began;
        self.number += made.iter().max().copied().unwrap_or(0);
        Ok(made.iter().sum::<u64>() as f64 / took.as_secs_f64())
    }
}

async fn send(client: &Api, call: Call) -> anyhow::Result<()> {
    let content_type = call.content_type();
    let request = Request::builder().method(call.method).uri(&call.target).header(CONTENT_TYPE, content_type);
    let answer = client.forward(request.body(Body::from(call.body.to_vec()))?).await?;
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await?.to_bytes();
    accepted(&call.target, status, &body)
}

/// Rates of the three servers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Rates {
    /// The simulated API server in process: one thread, in processor time.
    pub in_process: Vec<Rate>,
    /// `lockstep serve` over TCP.
    pub simulated: Vec<Rate>,
    /// kube-apiserver over TCP; empty without its programs.
    pub real: Vec<Rate>,
}

/// Size of a measurement.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Repetitions of each cell.
    pub rounds: u64,
    /// Numbers of connections.
    pub connections: [usize; 2],
    /// Time of one repetition of a cell.
    pub time: Duration,
}

/// Measures each server in turns; `real` is a kubeconfig of the real one.
///
/// # Errors
/// If a request is refused.
pub fn measure(extent: Extent, simulated: &Path, real: Option<&Path>) -> anyhow::Result<Rates> {
    let runtime = Runtime::new().context("cannot start a runtime")?;
    let most = extent.connections.into_iter().max().unwrap_or(1);
    let mut in_process = InProcess::new()?;
    let mut servers = Vec::new();
    for kubeconfig in [Some(simulated), real].into_iter().flatten() {
        servers.push(runtime.block_on(OverTcp::connect(kubeconfig, in_process.object.clone(), most))?);
    }
    let cells = |connections: &[usize]| {
        let cell = |verb| move |&connections: &usize| Rate { verb, connections, per_second: Samples::default() };
        Verb::ALL.into_iter().flat_map(|verb| connections.iter().map(cell(verb)).collect::<Vec<_>>()).collect()
    };
    let mut local: Vec<Rate> = cells(&[0]);
    let mut remote: Vec<Vec<Rate>> = servers.iter().map(|_| cells(&extent.connections)).collect();
    for round in 1..=extent.rounds {
        for rate in &mut local {
            rate.per_second.push(in_process.rate(rate.verb, extent.time)?);
        }
        for cell in 0..remote[0].len() {
            for (server, rates) in servers.iter_mut().zip(&mut remote) {
                let Rate { verb, connections, per_second } = &mut rates[cell];
                per_second.push(runtime.block_on(server.rate(*verb, *connections, extent.time))?);
            }
        }
        eprintln!("requests: round {round} of {}", extent.rounds);
    }
    let mut remote = remote.into_iter();
    let (simulated, real) = (remote.next().unwrap_or_default(), remote.next().unwrap_or_default());
    Ok(Rates { in_process: local, simulated, real })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_is_answered_in_process() {
        let mut server = InProcess::new().expect("a server");
        for verb in Verb::ALL {
            let requests = server.requests(verb, 3);
            server.answer(&requests).expect("answers");
        }
    }

    #[test]
    fn refusals_are_errors() {
        let mut server = InProcess::new().expect("a server");
        let missing = Call { method: Method::GET, target: "/api/v1/nothing".to_owned(), body: Bytes::new() };
        assert!(server.answer(&[missing.decoded()]).is_err());
    }
}
