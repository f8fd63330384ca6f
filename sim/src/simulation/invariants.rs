//! Ready-made invariants: what any controller should keep, each one call on the builder.
//!
//! They judge what replicas commit. Leases and events are a program's heartbeat and do not count as writes.
use super::{builder::Builder, history::named, view::View};
use apiserver::Change;
use kube::Resource;
use serde_json::Value;
use std::time::Duration;

impl Builder {
    /// Demands that replicas have written nothing for this long when the run ends. It must be shorter than the
    /// [`tail`](Builder::tail), in which faults have stopped and the workload has ended.
    pub fn converges(self, quiet: Duration) -> Self {
        self.finally("converges", move |view| {
            if view.quiet() >= quiet {
                return Ok(());
            }
            let last = view.quiet().as_secs_f64();
            Err(format!("a replica wrote {last:.3} s before the end, without a fault or a change by others"))
        })
    }

    /// Demands that a second reconciliation of the end state writes nothing: when all is quiet, every replica is
    /// restarted without faults, and so sees every object once more.
    pub fn idempotent(mut self) -> Self {
        self.plan.restarts = true;
        self.finally("idempotent", |view| match &view.history.after_restart {
            None => Ok(()),
            Some(write) => Err(format!("{write} when it reconciled a quiet cluster again")),
        })
    }

    /// Demands that every object of this kind that a replica created has an owner in the end, and that one of its
    /// owners exists. Children of deleted owners need [`with_controllers`](Builder::with_controllers), which collects
    /// them.
    pub fn no_orphans<K: Resource<DynamicType = ()>>(self) -> Self {
        let (group, plural) = (K::group(&()).into_owned(), K::plural(&()).into_owned());
        self.finally(&format!("no orphaned {plural}"), move |view| {
            let mut children = view.values(&group, &plural)?.filter(|child| view.history.created_by_replica(child));
            children.try_for_each(|child| match owners(child).collect::<Vec<_>>().as_slice() {
                [] => Err(format!("{} has no owner: nothing will ever delete it", named(child))),
                some if some.iter().any(|owner| exists(view, owner)) => Ok(()),
                [owner, ..] => Err(format!("{} remains although its owner {} is gone", named(child), owner["name"])),
            })
        })
    }

    /// Demands that replicas delete only what a replica created, or what has an owner of this kind.
    pub fn deletes_only_its_own<K: Resource<DynamicType = ()>>(self) -> Self {
        let (group, kind) = (K::group(&()).into_owned(), K::kind(&()).into_owned());
        self.always("deletes only its own", move |view| {
            let Some(commit) = view.last() else { return Ok(()) };
            let (Some(replica), Some(before)) = (view.replica_of(commit), &commit.before) else { return Ok(()) };
            let deleting = |object: &Value| !object["metadata"]["deletionTimestamp"].is_null();
            let begins = !deleting(before) && (commit.change == Change::Deleted || deleting(&commit.after));
            let is_kind = |owner: &Value| {
                let version = owner["apiVersion"].as_str().unwrap_or_default();
                let of = version.split_once('/').map_or("", |(group, _)| group);
                owner["kind"] == *kind && of == group
            };
            if !begins || view.history.created_by_replica(before) || owners(before).any(is_kind) {
                return Ok(());
            }
            Err(format!("replica-{replica} deletes {}, which it neither created nor owns", named(before)))
        })
    }

    /// Demands that every run ends in the state in which the run in order and without faults ends: what happened
    /// counts, not its order. Uids, versions, times and generated names may differ, and leases and events are left out.
    pub const fn level_triggered(mut self) -> Self {
        self.plan.same_end = true;
        self
    }

    /// Crashes a replica after its first write in one run, after its second in the next, and so on, and begins again
    /// after the last write of the run in order. The write is executed and its answer lost; the replica starts again a
    /// second later. Demands that each run ends as the run without a crash does.
    ///
    /// Consecutive seeds are consecutive writes: explore as many as the program makes writes, at least.
    pub const fn survives_crashes(mut self) -> Self {
        self.plan.crashes = true;
        self
    }
}

fn owners(object: &Value) -> impl Iterator<Item = &Value> {
    object["metadata"]["ownerReferences"].as_array().into_iter().flatten()
}

fn exists(view: &View, owner: &Value) -> bool {
    view.all().any(|object| object["metadata"]["uid"] == owner["uid"])
}
