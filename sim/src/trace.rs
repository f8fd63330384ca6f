//! The trace of a run: a chained hash of all events, and on request the events themselves.
//!
//! Two runs are the same if their chains are. Where they differ, the kept lines show the first event that differs. A
//! second chain covers only the order in which calls were executed: it tells interleavings apart.
use crate::event::{ActorId, Event};
use std::{
    fmt::Write,
    hash::{DefaultHasher, Hash, Hasher},
};

/// Detail in which a run is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The chains.
    Chain,
    /// The chains, bodies included, and one line per event.
    Lines,
}

/// The trace of one run.
#[derive(Debug)]
pub struct Trace {
    detail: Detail,
    chain: DefaultHasher,
    interleaving: DefaultHasher,
    /// What one event adds to the chain. Hashing it in one piece takes a third of the time.
    piece: Piece,
    events: u64,
    lines: Vec<String>,
}

/// Gathers what is hashed. A stream of bytes has the same hash in whatever pieces it is written.
#[derive(Debug, Default)]
struct Piece(Vec<u8>);

impl Hasher for Piece {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Always 0: the bytes are hashed elsewhere.
    fn finish(&self) -> u64 {
        0
    }
}

impl Trace {
    /// An empty trace.
    pub fn new(detail: Detail) -> Self {
        // DefaultHasher::new has fixed keys: all processes of one binary hash the same, and only those are compared.
        let (chain, interleaving) = (DefaultHasher::new(), DefaultHasher::new());
        Self { detail, chain, interleaving, piece: Piece::default(), events: 0, lines: Vec::new() }
    }

    /// Adds one event.
    pub fn push(&mut self, at: u64, event: &Event) {
        self.events += 1;
        self.piece.0.clear();
        at.hash(&mut self.piece);
        hash(event, &mut self.piece);
        self.chain.write(&self.piece.0);
        if self.detail == Detail::Lines {
            let mut line = String::new();
            let _ = write!(line, "{:>10.3} ms  {}", at as f64 / 1_000.0, describe(event));
            if let Event::Committed(commit) = event {
                commit.after.to_string().hash(&mut self.chain);
            }
            self.lines.push(line);
        }
    }

    /// Adds the body of a request or an answer to the chain, where lines are kept.
    pub fn body(&mut self, body: &[u8]) {
        if self.detail == Detail::Lines {
            body.hash(&mut self.chain);
        }
    }

    /// Adds one executed call to the order of calls.
    pub fn step(&mut self, actor: ActorId, method: &http::Method, path: &str, fault: u32) {
        (actor.0, method.as_str(), path, fault).hash(&mut self.interleaving);
    }

    /// The chained hash of all events.
    pub fn chain(&self) -> u64 {
        self.chain.finish()
    }

    /// The hash of the order in which calls were executed.
    pub fn interleaving(&self) -> u64 {
        self.interleaving.finish()
    }

    /// Number of events.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// One line per event, if lines were kept.
    pub fn into_lines(self) -> Vec<String> {
        self.lines
    }
}

fn hash(event: &Event, chain: &mut Piece) {
    std::mem::discriminant(event).hash(chain);
    match event {
        Event::DeliverySent { delivery, replica } | Event::DeliveryArrived { delivery, replica } => {
            (delivery, replica).hash(chain);
        }
        Event::DeliveryAnswered { delivery, replica, status } => (delivery, replica, status).hash(chain),
        Event::CallSent { call, actor, method, target, .. } => (call, actor, method.as_str(), target).hash(chain),
        Event::CallCommitted { call, server, status, writes } => (call, server, status, writes).hash(chain),
        Event::CallDropped { call } => call.hash(chain),
        Event::CallAnswered { call, end } => (call, end).hash(chain),
        Event::Committed(commit) => (commit.revision, commit.actor, &commit.name).hash(chain),
        Event::CacheAdvanced { server, resource } => (server, resource).hash(chain),
        Event::WatchOpened { watch, actor, resource, target, start } => {
            (watch, actor, resource, target, start).hash(chain);
        }
        Event::WatchDelivered { watch, actor, resource, line: _ } | Event::WatchEnded { watch, actor, resource } => {
            (watch, actor, resource).hash(chain);
        }
        Event::Fault { fault, call, replica } => (fault, call, replica).hash(chain),
        Event::Crashed { replica } | Event::Ready { replica } => replica.hash(chain),
        Event::Started { replica, incarnation, actor: _ } => (replica, incarnation).hash(chain),
        Event::Paused { replica, until } => (replica, until).hash(chain),
        Event::FaultsStopped => {}
    }
}

fn describe(event: &Event) -> String {
    match event {
        Event::DeliverySent { delivery, replica } => format!("delivery {} sent to replica {replica}", delivery.0),
        Event::DeliveryArrived { delivery, replica } => format!("delivery {} reaches replica {replica}", delivery.0),
        Event::DeliveryAnswered { delivery, replica, status: Some(status) } => {
            format!("delivery {} answered {status} by replica {replica}", delivery.0)
        }
        Event::DeliveryAnswered { delivery, replica, status: None } => {
            format!("delivery {} lost its connection to replica {replica}", delivery.0)
        }
        Event::CallSent { call, actor, method, target, .. } => {
            format!("call {} by actor {}: {method} {target}", call.0, actor.0)
        }
        Event::CallCommitted { call, server, status, writes } => {
            format!("call {} executed by server {}: {status}, {writes} writes", call.0, server.0)
        }
        Event::CallDropped { call } => format!("call {} will never be executed", call.0),
        Event::CallAnswered { call, end } => format!("call {} answered: {end:?}", call.0),
        Event::Committed(commit) => format!(
            "revision {}: {:?} {}/{} by actor {}",
            commit.revision, commit.change, commit.namespace, commit.name, commit.actor
        ),
        Event::CacheAdvanced { server, resource } => {
            format!("server {} takes over one event of resource {}", server.0, resource.0)
        }
        Event::WatchOpened { watch, actor, target, start, .. } => {
            format!("watch {} of actor {} is opened after revision {}: {target}", watch.0, actor.0, start.after)
        }
        Event::WatchDelivered { actor, resource, .. } => {
            format!("actor {} receives an event of resource {}", actor.0, resource.0)
        }
        Event::WatchEnded { actor, resource, .. } => {
            format!("a watch of actor {} on resource {} ends", actor.0, resource.0)
        }
        Event::Fault { fault, call, replica } => format!(
            "fault {}{}{}",
            fault.name(),
            call.map(|call| format!(" on call {}", call.0)).unwrap_or_default(),
            replica.map(|replica| format!(" on replica {replica}")).unwrap_or_default()
        ),
        Event::Crashed { replica } => format!("replica {replica} crashes"),
        Event::Started { replica, incarnation, .. } => format!("replica {replica} starts (start {incarnation})"),
        Event::Ready { replica } => format!("replica {replica} is ready"),
        Event::Paused { replica, until } => {
            format!("replica {replica} is paused until {:.3} ms", *until as f64 / 1_000.0)
        }
        Event::FaultsStopped => "no faults from now on".to_owned(),
    }
}
