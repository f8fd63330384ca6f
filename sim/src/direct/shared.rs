//! State of a run over the direct transport, and the lock around it.
use super::pending::{Action, Call, CallAccess, Queues};
use crate::{
    choice::{Access, Needs, StepView},
    event::{ActorId, DeliveryId},
    run::{disruption::Disruption, interference::Interference, state::RunState},
    service::{ApiFuture, Transport},
};
use apiserver::{Request, Task};
use bytes::Bytes;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    sync::{Notify, oneshot},
    task::AbortHandle,
};

/// State of one run. Locked by [`Shared`]; the driver changes it while every other task is idle.
pub(super) struct DirectRun {
    pub(super) run: RunState,
    pub(super) queues: Queues,
    /// Deliveries that each replica is handling.
    pub(super) handling: Vec<BTreeMap<DeliveryId, AbortHandle>>,
    /// Writes that third parties may make at any step.
    pub(super) interferences: Vec<Box<dyn Interference>>,
    /// Disruptions that the script ordered, to strike at the next step.
    pub(super) ordered: VecDeque<Disruption>,
    pub(super) steps: u64,
    /// Actions that are enabled. Kept between steps for its memory only.
    pub(super) enabled: Vec<Action>,
    /// What the cluster's controllers could do; [`Action::Control`] counts them.
    pub(super) tasks: Vec<Task>,
    /// Views of the enabled actions, in the same order.
    pub(super) views: Vec<StepView>,
    /// What the source of choices wants to know.
    pub(super) needs: Needs,
    /// Whether time moves only when nothing else can happen.
    pub(super) still: bool,
}

impl DirectRun {
    pub(super) fn new(run: RunState) -> Self {
        let (needs, still) = (run.choices.needs(), run.still);
        Self {
            run,
            queues: Queues::default(),
            handling: Vec::new(),
            interferences: Vec::new(),
            ordered: VecDeque::new(),
            steps: 0,
            enabled: Vec::new(),
            tasks: Vec::new(),
            views: Vec::new(),
            needs,
            still,
        }
    }

    fn accept(&mut self, actor: ActorId, request: Request) -> Call {
        let (id, content) = self.run.call_sent(actor, &request.method, &request.target, &request.body);
        let access = match self.needs {
            Needs::Picks => CallAccess { access: Access::None, resource: 0, object: 0 },
            _ => CallAccess::of(&request),
        };
        if let Some(digest) = &mut self.run.digest {
            digest.sends(access.access);
        }
        let ordinal = self.run.actors.count_call(actor);
        Call {
            id,
            actor,
            ordinal,
            access,
            content,
            request,
            caller: None,
            not_before: 0,
            decided: false,
            instead: None,
            cut_off: false,
            flaw: None,
        }
    }
}

/// The state behind its lock. Uncontended: a run has one thread. The lock is there because kube clients must be `Send`.
#[derive(Clone)]
pub(super) struct Shared {
    state: Arc<Mutex<DirectRun>>,
    /// Notified when something was added that the driver may act on.
    pub(super) added: Arc<Notify>,
}

impl Shared {
    pub(super) fn new(state: DirectRun) -> Self {
        Self { state: Arc::new(Mutex::new(state)), added: Arc::new(Notify::new()) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, DirectRun> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Shared {
    fn call(&self, actor: ActorId, parts: http::request::Parts, body: Bytes) -> ApiFuture {
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let request = Request { method: parts.method, target, headers: parts.headers, body };
        let mut state = self.lock();
        let mut call = state.accept(actor, request);
        if state.run.booting() {
            return ApiFuture::Ready(Some(state.answer_at_once(&call)));
        }
        let (caller, answer) = oneshot::channel();
        call.caller = Some(caller);
        state.queues.calls.push(call);
        drop(state);
        self.added.notify_one();
        ApiFuture::Waiting(answer)
    }
}
