//! The state of one replica that its HTTP handlers and layers share.
//!
//! It owns no tasks, so that a request in flight does not keep a crashed replica half alive; [`App`](crate::app::App)
//! does.
use crate::{
    access::Access, admission::Admission, audit::Audit, clock::SharedClock, current::Current, entropy::SharedEntropy,
    metrics::Metrics, protocol::Protocol, signals::target::Targets, warnings::Warnings,
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// What handlers and layers share of one replica.
pub struct Gateway {
    pub(crate) config: Current,
    pub(crate) clock: SharedClock,
    pub(crate) entropy: SharedEntropy,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) targets: Targets,
    pub(crate) protocol: Arc<dyn Protocol>,
    pub(crate) access: Access,
    pub(crate) admission: Admission,
    pub(crate) audit: Audit,
    pub(crate) client: kube::Client,
    pub(crate) warnings: Warnings,
    pub(crate) shutting_down: AtomicBool,
}

impl Gateway {
    /// `Ok` if, as far as is known, a signal would be stored, else the reason.
    pub(crate) fn ready(&self) -> Result<(), String> {
        self.started()?;
        self.protocol.ready()
    }

    /// The same, after the Kubernetes API was asked where too little is known.
    pub(crate) async fn verify(&self) -> Result<(), String> {
        self.started()?;
        self.protocol.verify().await?;
        self.access.verify().await
    }

    fn started(&self) -> Result<(), String> {
        if self.shutting_down.load(Ordering::Acquire) {
            return Err("shutting down".to_owned());
        }
        if self.targets.discovery().is_none() {
            return Err("API discovery has not been loaded yet".to_owned());
        }
        Ok(())
    }
}
