//! Server-side apply: merges a configuration, removes fields that it no longer contains, and detects conflicts
//! (sigs.k8s.io/structured-merge-diff/v6/merge/update.go).
use super::{
    conflicts::Conflicts,
    entries::{Entry, Managed, Manager},
    field_manager::FieldManager,
};
use crate::structured_merge::set::Set;
use serde_json::Value;

impl FieldManager<'_> {
    /// The new object and its owners, or the conflicts. An apply that changes nothing keeps the object and its entry's
    /// time.
    ///
    /// # Errors
    /// For objects that cannot be merged.
    pub(crate) fn merge(
        &self,
        live: &Value,
        config: &Value,
        mut managed: Managed,
        applier: &Manager,
        force: bool,
    ) -> Result<Result<(Value, Managed), Conflicts>, String> {
        let merged = self.root.merge(live, config).map_err(|why| format!("failed to merge config: {why}"))?;
        let reset = self.kind.reset_fields(self.subresource);
        let fields = self.root.field_set(config).recursive_difference(reset);
        let entry = |fields, time| Entry { api_version: self.kind.api_version.clone(), fields, time };
        let last = managed.0.remove(applier);
        let time = last.as_ref().and_then(|last| last.time.clone());
        managed.0.insert(applier.clone(), entry(fields, time));
        let new = match last.filter(|last| !last.fields.is_empty()) {
            Some(last) => self.prune(merged, &managed, &last.fields),
            None => merged,
        };
        let compared = self.root.compare(live, &new).map_err(|why| format!("failed to compare objects: {why}"))?;
        let compared = compared.without(reset);
        if !force {
            let conflicts = Conflicts::find(&managed, applier, &compared);
            if !conflicts.is_empty() {
                return Ok(Err(conflicts));
            }
        }
        managed.take(&compared, Some(applier));
        if let Some(own) = managed.0.remove(applier) {
            let time = if new == *live { own.time } else { Some(self.time()) };
            let fields = own.fields.difference(&crate::apply::managed_fields::field_manager::STRIPPED);
            if !fields.is_empty() {
                managed.0.insert(applier.clone(), entry(fields, time));
            }
        }
        Ok(Ok((new, managed)))
    }

    /// Removes the fields that the applier applied last time and omits now, unless another manager owns them.
    fn prune(&self, merged: Value, managed: &Managed, last: &Set) -> Value {
        let named = |set: &Set| self.root.with_named_fields(set);
        let pruned = self.root.remove(&merged, &named(last));
        let all = named(&self.root.field_set(&merged));
        let owned = managed.0.values().fold(Set::default(), |owned, entry| owned.union(&entry.fields));
        let kept = named(&self.root.field_set(&pruned)).union(&named(&owned));
        let pruned = self.root.remove(&merged, &all.difference(&kept));
        // Restores fields without an owner or owned by updaters, and those that this applier never had.
        let left = named(&self.root.field_set(&pruned));
        self.root.remove(&merged, &all.difference(&left).intersection(&named(last)))
    }
}
