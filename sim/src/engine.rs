//! The engine: what a [`Simulation`](crate::Simulation) is made of, for harnesses with hosts and scripts of their own.
//!
//! # Stability
//!
//! The items at the root of the crate are its interface. Those here follow the needs of the harness in this workspace,
//! and change with any version. A record of choices is valid for the version that made it.
pub use crate::{
    choice::{
        Access, Alternative, Choices, Cost, Effects, Flow, InOrder, LABELS, Label, Moment, Needs, Numbers, Odds, Offer,
        PARTS, Parts, Pick, Placed, Random, Recorded, Source, Step, StepView,
    },
    clock::{EPOCH, HostClock, HostEntropy, SimulatedTime, Skew},
    direct::run as run_direct,
    event::{ActorId, CallEnd, CallId, DeliveryId, Event, Observer},
    hosts::{Host, Process},
    listener::{Connection, Listener},
    network::run as run_network,
    run::{
        Cluster, ClusterTemplate, ClusterView, Disconnected, FaultRuleTemplate, Interference, Outcome, RunError,
        Settings, Stop,
    },
    service::{ApiBody, ApiFuture, ApiService, BrokenConnection},
    trace::{Detail, Trace},
};
