//! One run, whatever carries its messages: what both transports share.
//!
//! A run is one `RunState`: an API server, actors, replicas, streams, the record of choices and the trace.
//! [`direct`](crate::direct) and [`network`](crate::network) decide when a request, an answer or an event moves; what
//! happens then is here, once.
pub(crate) mod actor;
pub(crate) mod api_faults;
pub(crate) mod call_outcome;
pub(crate) mod cluster;
pub(crate) mod control_plane;
pub(crate) mod disruption;
pub(crate) mod execution;
pub(crate) mod fault_rule;
pub(crate) mod interference;
pub(crate) mod lifecycle;
pub(crate) mod progress;
pub(crate) mod replica;
pub(crate) mod seen_revisions;
pub(crate) mod settings;
pub(crate) mod state;
pub(crate) mod stream;
pub(crate) mod trigger;

pub use cluster::{Cluster, Disconnected};
pub use control_plane::{Balance, ControlPlane};
pub use fault_rule::{CallVerdict, CallView, FaultRule, FaultRuleTemplate};
pub use interference::{ClusterView, Interference};
pub use settings::{ClusterTemplate, Outcome, RunError, Settings, Stop};
pub use trigger::{CallPattern, Effect, Trigger};
