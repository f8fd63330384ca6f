//! The story of a run: its events in words, with names instead of numbers.
//!
//! It leaves out what only moves data inside the API servers: caches that advance, watches that are opened.
use super::written::Written;
use crate::{
    event::{ActorId, CallEnd, CallId, Event},
    run::fault_rule::asks_to_watch,
};
use apiserver::Change;
use serde_json::Value;
use std::{collections::BTreeMap, fmt, time::Duration};

/// Lane of what nobody's program does.
const CLUSTER: &str = "the cluster";

/// Kind of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// A request or its answer.
    Request,
    /// An object that was written.
    Write,
    /// A watch event that a program read, or the end of its watch.
    Watch,
    /// A fault that took effect.
    Fault,
    /// A process that starts, crashes or pauses, or the end of all faults.
    Process,
}

/// One thing that happened in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Simulated time since the run began.
    pub at: Duration,
    /// Who it happened to: `replica-0`, `the workload` or `the cluster`.
    pub lane: String,
    /// Kind of the step.
    pub kind: StepKind,
    /// What happened, such as `replica-0 sends: create configmaps`.
    pub text: String,
    /// What a write did to its object; None for other steps.
    pub written: Option<Written>,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>11.6} s  {}", self.at.as_secs_f64(), self.text)
    }
}

/// Tells the story of a run while it happens.
#[derive(Default)]
pub(super) struct Story {
    steps: Vec<Step>,
    replicas: BTreeMap<ActorId, usize>,
    calls: BTreeMap<CallId, (ActorId, String)>,
}

impl Story {
    /// The steps so far.
    pub(super) fn into_steps(self) -> Vec<Step> {
        self.steps
    }

    /// Adds an event.
    pub(super) fn event(&mut self, at: u64, event: &Event) {
        if let Some(text) = self.words(event) {
            let (lane, kind) = self.place(event);
            let written = if let Event::Committed(commit) = event { Some(Written::by(commit)) } else { None };
            self.steps.push(Step { at: Duration::from_micros(at), lane, kind, text, written });
        }
    }

    fn words(&mut self, event: &Event) -> Option<String> {
        let text = match event {
            Event::CallSent { call, actor, method, target, .. } => {
                let request = request(method, target);
                let text = format!("{} sends: {request}", self.name(*actor));
                self.calls.insert(*call, (*actor, request));
                text
            }
            Event::CallAnswered { call, end } => {
                let (actor, request) = self.calls.get(call)?;
                let end = match end {
                    CallEnd::Status(status) => format!("answered {status}"),
                    CallEnd::Broken => "the connection breaks".to_owned(),
                    CallEnd::Silent => "no answer".to_owned(),
                };
                format!("{} {request}: {end}", self.name(*actor))
            }
            Event::CallDropped { call } => {
                let (actor, request) = self.calls.get(call)?;
                format!("{} {request}: never executed", self.name(*actor))
            }
            Event::Committed(commit) => {
                let change = match commit.change {
                    Change::Created => "created",
                    Change::Modified => "changed",
                    Change::Deleted => "deleted",
                };
                format!("{} is {change} by {}", named(&commit.after), self.name(ActorId(commit.actor)))
            }
            Event::WatchDelivered { actor, line, .. } => format!("{} sees: {}", self.name(*actor), watched(line)?),
            Event::WatchEnded { actor, .. } => format!("{} loses a watch", self.name(*actor)),
            Event::Fault { fault, call, replica } => {
                let call = call.and_then(|call| self.calls.get(&call));
                let call = call.map(|(actor, request)| format!(" on {} {request}", self.name(*actor)));
                let replica = || replica.map(|replica| format!(" on {}", host(replica)));
                format!("fault {}{}", fault.name(), call.or_else(replica).unwrap_or_default())
            }
            Event::Started { replica, incarnation, actor } => {
                self.replicas.insert(*actor, *replica);
                let again = if *incarnation > 0 { " again" } else { "" };
                format!("{} starts{again}", host(*replica))
            }
            Event::Crashed { replica } => format!("{} crashes", host(*replica)),
            Event::Paused { replica, until } => {
                format!("{} is paused until {:.3} s", host(*replica), *until as f64 / 1e6)
            }
            Event::DeliverySent { delivery, replica } => {
                format!("request {} is sent to {}", delivery.0, host(*replica))
            }
            Event::DeliveryArrived { delivery, replica } => {
                format!("request {} reaches {}", delivery.0, host(*replica))
            }
            Event::DeliveryAnswered { delivery, replica, status } => match status {
                Some(status) => format!("request {} is answered {status} by {}", delivery.0, host(*replica)),
                None => format!("request {} loses its connection to {}", delivery.0, host(*replica)),
            },
            Event::FaultsStopped => "no faults from now on".to_owned(),
            Event::CallCommitted { .. }
            | Event::CacheAdvanced { .. }
            | Event::WatchOpened { .. }
            | Event::Ready { .. } => {
                return None;
            }
        };
        Some(text)
    }

    /// The lane of an event, and its kind.
    fn place(&self, event: &Event) -> (String, StepKind) {
        let caller = |call: &CallId| self.calls.get(call).map(|(actor, _)| self.name(*actor));
        let cluster = || CLUSTER.to_owned();
        match event {
            Event::CallSent { actor, .. } => (self.name(*actor), StepKind::Request),
            Event::CallAnswered { call, .. } | Event::CallDropped { call } => {
                (caller(call).unwrap_or_else(cluster), StepKind::Request)
            }
            Event::Committed(commit) => (self.name(ActorId(commit.actor)), StepKind::Write),
            Event::WatchDelivered { actor, .. } | Event::WatchEnded { actor, .. } => {
                (self.name(*actor), StepKind::Watch)
            }
            Event::Fault { call, replica, .. } => {
                let lane = call.as_ref().and_then(caller).or_else(|| replica.map(host));
                (lane.unwrap_or_else(cluster), StepKind::Fault)
            }
            Event::Started { replica, .. } | Event::Crashed { replica } | Event::Paused { replica, .. } => {
                (host(*replica), StepKind::Process)
            }
            Event::DeliverySent { replica, .. }
            | Event::DeliveryArrived { replica, .. }
            | Event::DeliveryAnswered { replica, .. } => (host(*replica), StepKind::Request),
            _ => (cluster(), StepKind::Process),
        }
    }

    /// Name of an actor. Actor 0 writes the objects that exist from the start, and what controllers do.
    fn name(&self, actor: ActorId) -> String {
        match (self.replicas.get(&actor), actor.0) {
            (Some(replica), _) => host(*replica),
            (None, 0 | u32::MAX) => CLUSTER.to_owned(),
            (None, _) => "the workload".to_owned(),
        }
    }
}

fn host(replica: usize) -> String {
    format!("replica-{replica}")
}

/// An object: `ConfigMap default/hello`.
fn named(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (kind, name) = (text(&object["kind"]), text(&object["metadata"]["name"]));
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("{kind} {namespace}/{name}"),
        None => format!("{kind} {name}"),
    }
}

/// An event of a watch: `added ConfigMap default/hello`. Bookmarks are left out.
fn watched(line: &[u8]) -> Option<String> {
    let event: Value = serde_json::from_slice(line).ok()?;
    let kind = event["type"].as_str()?.to_lowercase();
    (kind != "bookmark").then(|| format!("{kind} {}", named(&event["object"])))
}

/// A request: `create configmaps in default`, `patch greetings/hello/status in default`.
fn request(method: &http::Method, target: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let prefix = if segments.first() == Some(&"apis") { 3 } else { 2 };
    if segments.len() <= prefix {
        return format!("{} {path}", method.as_str().to_lowercase());
    }
    segments.drain(..prefix);
    let namespace = (segments.len() > 2 && segments[0] == "namespaces").then(|| segments[1]);
    segments.drain(..if namespace.is_some() { 2 } else { 0 });
    let verb = match (method.as_str(), segments.len()) {
        ("GET", _) if asks_to_watch(query) => "watch",
        ("GET", 1) => "list",
        ("GET", _) => "get",
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        _ => "delete",
    };
    let place = namespace.map_or_else(String::new, |namespace| format!(" in {namespace}"));
    format!("{verb} {}{place}", segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;

    #[test]
    fn requests_are_in_words() {
        for (method, target, words) in [
            (Method::POST, "/api/v1/namespaces/default/configmaps?", "create configmaps in default"),
            (Method::GET, "/api/v1/namespaces/default", "get namespaces/default"),
            (Method::GET, "/apis/example.com/v1/greetings?watch=true&x=1", "watch greetings"),
            (Method::PATCH, "/apis/a.b/v1/namespaces/n/greetings/hello/status", "patch greetings/hello/status in n"),
            (Method::GET, "/version", "get /version"),
        ] {
            assert_eq!(request(&method, target), words);
        }
    }

    #[test]
    fn bookmarks_are_left_out() {
        let added = br#"{"type":"ADDED","object":{"kind":"Node","metadata":{"name":"n"}}}"#;
        assert_eq!(watched(added).as_deref(), Some("added Node n"));
        assert_eq!(watched(br#"{"type":"BOOKMARK","object":{"kind":"Node"}}"#), None);
    }
}
