//! What is pending in a run: calls, answers and deliveries, and the actions that move them.
use crate::{
    choice::{Access, Alternative, Step},
    event::{ActorId, CallEnd, CallId, DeliveryId},
    run::stream::{Flaw, Stream},
    service::CallResult,
};
use apiserver::{Answer, Request, ResourceId, ServerId};
use bytes::Bytes;
use std::time::Duration;
use tokio::sync::oneshot;

/// What a call does to which object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CallAccess {
    pub(super) access: Access,
    /// Hash of the plural.
    pub(super) resource: u64,
    /// Hash of the object's path.
    pub(super) object: u64,
}

/// An API request that was sent and is not executed yet.
pub(super) struct Call {
    pub(super) id: CallId,
    pub(super) actor: ActorId,
    /// Number of the actor's calls before it.
    pub(super) ordinal: u32,
    pub(super) access: CallAccess,
    /// Hash of its canonical content, if the run has a digest.
    pub(super) content: u64,
    pub(super) request: Request,
    /// Receiver of the answer; None once it has been answered.
    pub(super) caller: Option<oneshot::Sender<CallResult>>,
    /// Simulated time, in microseconds, before which it is not executed.
    pub(super) not_before: u64,
    /// Whether its outcome has been decided.
    pub(super) decided: bool,
    /// Answer that it gets instead of being executed, when its time has come.
    pub(super) instead: Option<Answer>,
    /// Whether the body of its answer is cut off.
    pub(super) cut_off: bool,
    /// Flaw of the watch that it opens, if any.
    pub(super) flaw: Option<Flaw>,
}

/// An answer on its way to its caller.
pub(super) struct PendingAnswer {
    pub(super) id: CallId,
    pub(super) actor: ActorId,
    /// Number of the actor's calls before this one.
    pub(super) ordinal: u32,
    /// Hash of its canonical content, if the run has a digest.
    pub(super) content: u64,
    pub(super) caller: oneshot::Sender<CallResult>,
    pub(super) result: CallResult,
    pub(super) end: CallEnd,
    /// The watch that this answer opens.
    pub(super) opens: Option<Stream>,
}

/// An HTTP request on its way to a replica.
pub(super) struct Delivery {
    pub(super) id: DeliveryId,
    pub(super) replica: usize,
    pub(super) request: http::Request<Bytes>,
    pub(super) sender: oneshot::Sender<http::Response<Bytes>>,
}

/// Queues of a run, in the order in which things became ready.
#[derive(Default)]
pub(super) struct Queues {
    pub(super) calls: Vec<Call>,
    pub(super) answers: Vec<PendingAnswer>,
    pub(super) deliveries: Vec<Delivery>,
    /// Callers of calls that are never answered, kept so that they wait.
    pub(super) unanswered: Vec<oneshot::Sender<CallResult>>,
}

/// Something that may happen next. Indexes are into the queues, the streams and the controllers' tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// An answer reaches its caller.
    Answer(usize),
    /// A stream delivers its next line.
    Line(usize),
    /// A cache follows the store by one event.
    Cache(ServerId, ResourceId),
    /// A call is executed.
    Execute(usize),
    /// A delivery arrives.
    Arrive(usize),
    /// A controller of the cluster does one thing.
    Control(usize),
}

impl Action {
    /// Name of the action in the record.
    pub(super) fn name(self, queues: &Queues, streams: &[Stream]) -> Alternative {
        let (step, number) = match self {
            Action::Answer(index) => (Step::Answer, queues.answers[index].id.0),
            Action::Line(index) => (Step::WatchEvent, streams[index].watch.0 as u32),
            Action::Cache(server, _) => (Step::CacheAdvance, server.0 as u32),
            Action::Execute(index) => (Step::Call, queues.calls[index].id.0),
            Action::Arrive(index) => (Step::Delivery, queues.deliveries[index].id.0),
            Action::Control(index) => (Step::Controller, index as u32),
        };
        Alternative::Step(step, number)
    }
}

/// What the driver must do once the state is unlocked.
pub(super) enum Todo {
    /// Nothing: the action is done.
    Done,
    /// Nothing is enabled: let time pass.
    Wait,
    /// The source of choices stops the run.
    Stop,
    /// Hand this request to its replica.
    Arrive(Box<Delivery>),
    /// Stop this replica at once.
    Crash {
        /// The replica.
        replica: usize,
        /// Time after which it starts again.
        restart: Duration,
    },
    /// Disconnect the sender of one of the replicas' deliveries.
    Disconnect,
}
