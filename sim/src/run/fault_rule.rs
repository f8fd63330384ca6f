//! Faults that the user of the library adds: a rule looks at each API call and says what could happen to it.
use super::trigger::resource;
use crate::event::CallId;
use apiserver::{Request, ServerId};
use std::{fmt, time::Duration};

/// An API call that has reached its server and is not executed yet.
#[derive(Debug, Clone, Copy)]
pub struct CallView<'a> {
    pub(crate) id: CallId,
    pub(crate) server: ServerId,
    pub(crate) replica: Option<usize>,
    pub(crate) request: &'a Request,
}

/// Whether a GET with this query opens a watch.
pub(crate) fn asks_to_watch(query: &str) -> bool {
    query.split('&').any(|part| matches!(part, "watch=true" | "watch=1"))
}

impl<'a> CallView<'a> {
    /// HTTP method.
    pub fn method(&self) -> &'a http::Method {
        &self.request.method
    }

    /// Path and query.
    pub fn target(&self) -> &'a str {
        &self.request.target
    }

    /// Plural of the resource and the subresource, if the call is about one: `("greetings", Some("status"))`.
    pub fn resource(&self) -> (&'a str, Option<&'a str>) {
        resource(&self.request.target)
    }

    /// Body of the request.
    pub fn body(&self) -> &'a [u8] {
        &self.request.body
    }

    /// The replica that sent it; None for another client.
    pub fn replica(&self) -> Option<usize> {
        self.replica
    }

    pub(crate) fn is_watch(&self) -> bool {
        self.request.target.split_once('?').is_some_and(|(_, query)| asks_to_watch(query))
    }

    pub(crate) fn is_write(&self) -> bool {
        self.request.method != http::Method::GET
    }
}

/// What a rule lets happen to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallVerdict {
    /// Nothing.
    Pass,
    /// The call is executed this much later.
    Delay(Duration),
    /// The call is not executed, and is answered with this HTTP status and message.
    Refuse(u16, String),
    /// The connection breaks before the call is executed.
    LoseRequest,
    /// The call, a write, is executed, and the connection breaks before the answer.
    LoseAnswer,
    /// The call, a write, is answered 504 and executed this much later.
    ExecuteLate(Duration),
    /// The call is executed and never answered.
    Hang,
}

impl CallVerdict {
    /// Whether it can happen to this call: some verdicts are about writes only.
    pub(crate) fn applies_to(&self, call: &CallView<'_>) -> bool {
        match self {
            CallVerdict::Pass => false,
            CallVerdict::LoseAnswer | CallVerdict::ExecuteLate(_) => call.is_write(),
            _ => true,
        }
    }
}

/// A fault of API calls that the user of the library adds, with
/// [`Builder::fault_rule`](crate::Builder::fault_rule).
///
/// A run asks it about every call that it explores faults for. If the verdict is not [`CallVerdict::Pass`], whether it
/// happens is a choice of the run. Each run asks a fresh clone; what it answers must depend only on what it was asked.
pub trait FaultRule: Send {
    /// What may happen to this call.
    fn on_call(&mut self, call: &CallView<'_>) -> CallVerdict;
}

impl<F: FnMut(&CallView<'_>) -> CallVerdict + Send> FaultRule for F {
    fn on_call(&mut self, call: &CallView<'_>) -> CallVerdict {
        self(call)
    }
}

/// A rule of one run, with its name and probability.
pub(crate) struct ActiveRule {
    pub(crate) name: &'static str,
    pub(crate) per_mille: u32,
    pub(crate) rule: Box<dyn FaultRule>,
}

type MakeRule = dyn Fn() -> Box<dyn FaultRule> + Send + Sync;

/// A rule as settings have it: each run gets a clone.
#[derive(Clone)]
pub struct FaultRuleTemplate {
    name: &'static str,
    per_mille: u32,
    make: std::sync::Arc<MakeRule>,
}

impl FaultRuleTemplate {
    /// A rule that strikes with a probability of `per_mille` thousandths where it can, counted under `name`.
    pub fn new(name: &'static str, per_mille: u32, rule: impl FaultRule + Clone + Sync + 'static) -> Self {
        Self { name, per_mille, make: std::sync::Arc::new(move || Box::new(rule.clone())) }
    }

    pub(crate) fn activate(&self) -> ActiveRule {
        ActiveRule { name: self.name, per_mille: self.per_mille, rule: (self.make)() }
    }
}

impl fmt::Debug for FaultRuleTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultRuleTemplate").field("name", &self.name).finish_non_exhaustive()
    }
}
