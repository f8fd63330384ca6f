//! Server-side apply: merge, conflicts, and the takeover from client-side apply
//! (k8s.io/apimachinery/pkg/util/managedfields/internal/{structuredmerge,lastappliedmanager}.go).
use super::{
    describe::{described, group_version_kind},
    entries::{Managed, Operation, managed_fields},
    field_manager::FieldManager,
    last_applied,
};
use crate::{
    base::status::{self, Outcome},
    structured_merge::validate::Duplicates,
};
use serde_json::Value;

impl FieldManager<'_> {
    /// Applies a configuration to an object.
    ///
    /// # Errors
    /// 409 for conflicts, 400 and 500 for a configuration that is not of this kind.
    pub(crate) fn apply(&self, live: &Value, config: &Value, manager: &str, force: bool) -> Outcome<Value> {
        let text = |member: &str| config.get(member).and_then(Value::as_str).unwrap_or_default();
        if text("apiVersion") != self.kind.api_version || text("kind") != self.kind.kind {
            return Err(status::bad_request(format!("invalid object type: {}", group_version_kind(config))));
        }
        let failed = |why: String| status::bare_error(why);
        let mut managed = Managed::decode(managed_fields(live))
            .map_err(|why| failed(format!("failed to decode managed fields: {why}")))?;
        if managed.is_empty() {
            let before = self.identify("before-first-apply", Operation::Update);
            let created = |why| failed(format!("failed to create manager for existing fields: {why}"));
            managed = self.updated(&self.empty(), live, managed, before).map_err(created)?;
        }
        if config.pointer("/metadata/managedFields").is_some_and(|sent| !sent.is_null()) {
            return Err(status::bad_request("metadata.managedFields must be nil"));
        }
        self.root
            .validate(config, Duplicates::Refused)
            .map_err(|why| failed(format!("failed to create typed patch object ({}): {why}", described(config))))?;
        self.root
            .validate(live, Duplicates::Allowed)
            .map_err(|why| failed(format!("failed to create typed live object ({}): {why}", described(live))))?;
        managed.retain_version(&self.kind.api_version);
        let applier = self.identify(manager, Operation::Apply);
        let mut applied = self.merge(live, config, managed.clone(), &applier, force).map_err(failed)?;
        if let Err(conflicts) = &applied
            && manager == last_applied::MANAGER
        {
            let left = self.beyond_last_applied(live, conflicts);
            applied = match left {
                Some(left) if left.is_empty() => self.merge(live, config, managed, &applier, true).map_err(failed)?,
                Some(left) => Err(left),
                None => applied,
            };
        }
        let (mut object, managed) = applied.map_err(|conflicts| conflicts.status())?;
        self.write(&mut object, &managed);
        if manager == last_applied::MANAGER {
            last_applied::refresh(&mut object, config);
        }
        Ok(object)
    }
}
