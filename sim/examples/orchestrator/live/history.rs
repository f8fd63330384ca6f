//! The history of a live run: each commit to an execution, as a watch shows it, judged as it arrives.
use crate::{controller::api::WorkflowExecution, invariants, observed::Cluster};
use futures::{StreamExt, future::AbortHandle};
use kube::{
    Api, Client, ResourceExt,
    runtime::watcher::{self, Event, watcher},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

/// Objects and violations that a watch has shown.
#[derive(Default)]
struct Shown {
    executions: BTreeMap<String, Value>,
    created: BTreeSet<String>,
    violations: BTreeSet<String>,
    begun: bool,
    /// How often the watch began anew: commits in between were not seen.
    gaps: u32,
}

/// A watch of all executions. Dropping it ends the watch.
pub(crate) struct History {
    shown: Arc<Mutex<Shown>>,
    watch: AbortHandle,
}

impl History {
    /// Begins to watch, and waits until the watch has begun.
    pub(crate) async fn watch(client: Client) -> Self {
        let shown = Arc::new(Mutex::new(Shown::default()));
        let (state, api) = (Arc::clone(&shown), Api::<WorkflowExecution>::default_namespaced(client));
        let (follow, watch) = futures::future::abortable(async move {
            let mut events = std::pin::pin!(watcher(api, watcher::Config::default()));
            while let Some(event) = events.next().await {
                // The watcher begins anew after an error.
                let Ok(event) = event else { continue };
                state.lock().unwrap_or_else(PoisonError::into_inner).event(event);
            }
        });
        tokio::spawn(follow);
        while !shown.lock().unwrap_or_else(PoisonError::into_inner).begun {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        Self { shown, watch }
    }

    /// Number of executions, and what was violated.
    ///
    /// # Errors
    /// A sentence when commits were not seen and nothing else was violated.
    pub(crate) fn judged(&self) -> Result<(usize, Vec<String>), String> {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        match shown.gaps {
            gaps if gaps > 0 && shown.violations.is_empty() => {
                Err(format!("inconclusive: the watch began anew {gaps} times, and did not see all commits"))
            }
            _ => Ok((shown.created.len(), shown.violations.iter().cloned().collect())),
        }
    }
}

impl Shown {
    fn event(&mut self, event: Event<WorkflowExecution>) {
        match event {
            Event::Apply(execution) | Event::InitApply(execution) => {
                self.created.insert(execution.uid().unwrap_or_default());
                let stored = serde_json::to_value(&execution).expect("an object");
                self.executions.insert(execution.name_any(), stored);
            }
            Event::Delete(execution) => _ = self.executions.remove(&execution.name_any()),
            Event::Init => self.gaps += u32::from(self.begun),
            Event::InitDone => self.begun = true,
        }
        let cluster = Cluster::read(std::iter::empty(), self.executions.values());
        self.violations.extend(invariants::of_executions(&cluster));
    }
}

impl Drop for History {
    fn drop(&mut self) {
        self.watch.abort();
    }
}
