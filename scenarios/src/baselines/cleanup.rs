//! Option E: no lock, and a controller that deletes all RemediationRequests of a fingerprint but the oldest.
//!
//! It runs in the first replica, once a second. As in the document it does not look at phases: a request that has ended
//! is the oldest too. Creation times have seconds, so of two requests of one second the first by name stays.
use super::{call::Calls, dedup, pipeline::Pipeline, surroundings::Surroundings};
use futures::future::BoxFuture;
use gateway::{
    api::RemediationRequest,
    protocol::{Accepted, Context, Protocol, Refusal},
    signals::Signal,
};
use kube::{
    Resource as _,
    core::{Request, params::DeleteParams},
};
use serde::de::IgnoredAny;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

const INTERVAL: Duration = Duration::from_secs(1);

struct Unlocked {
    pipeline: Pipeline,
}

/// Starts the protocol, and in the first replica the controller.
pub fn start(ctx: Context, _: &Surroundings) -> Arc<dyn Protocol> {
    if ctx.pod.ends_with("-0") {
        ctx.tasks.spawn(clean_up(ctx.clone()));
    }
    Arc::new(Unlocked { pipeline: Pipeline::new(ctx) })
}

async fn clean_up(ctx: Context) {
    loop {
        ctx.clock.sleep(INTERVAL).await;
        let calls = Calls { ctx: &ctx, deadline: ctx.clock.monotonic() + INTERVAL };
        let Ok(mut all) = dedup::list_all(calls).await else { continue };
        all.sort_by(|one, other| one.metadata.creation_timestamp.cmp(&other.metadata.creation_timestamp));
        let mut kept: BTreeMap<String, ()> = BTreeMap::new();
        for rr in all {
            let Some(fingerprint) = rr.fingerprint() else { continue };
            let name = rr.metadata.name.unwrap_or_default();
            if kept.insert(fingerprint, ()).is_some() {
                let requests = Request::new(RemediationRequest::url_path(&(), Some(&ctx.namespace)));
                // The next round tries again.
                let _ = calls.call::<IgnoredAny>(requests.delete(&name, &DeleteParams::default())).await;
            }
        }
    }
}

impl Protocol for Unlocked {
    fn handle(&self, signal: Arc<Signal>, deadline: Duration) -> BoxFuture<'_, Result<Accepted, Refusal>> {
        Box::pin(async move { self.pipeline.check_then_act(self.pipeline.calls(deadline), &signal).await })
    }

    fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}
