//! The annotation in which `kubectl apply` keeps its last configuration: kubectl's server-side apply takes over those
//! fields without conflicts, and keeps the annotation up to date
//! (k8s.io/apimachinery/pkg/util/managedfields/internal/lastapplied*.go).
use super::{conflicts::Conflicts, field_manager::FieldManager};
use crate::{
    base::object,
    structured_merge::{set::Set, validate::Duplicates},
};
use serde_json::Value;

const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The only manager to which this applies.
pub(crate) const MANAGER: &str = "kubectl";

impl FieldManager<'_> {
    /// The conflicts about fields that client-side apply did not set; None if the annotation is absent.
    pub(crate) fn beyond_last_applied(&self, live: &Value, conflicts: &Conflicts) -> Option<Conflicts> {
        Some(conflicts.without(&self.last_applied(live)?))
    }

    fn last_applied(&self, live: &Value) -> Option<Set> {
        let config: Value = serde_json::from_str(annotation(live)?).ok()?;
        if config.get("apiVersion")?.as_str()? != self.kind.api_version {
            return None;
        }
        for object in [live, &config] {
            self.root.validate(object, Duplicates::Refused).ok()?;
        }
        let differs = self.root.compare(&config, live).ok()?;
        let fields = self.root.field_set(&config);
        Some(fields.difference(&differs.modified).difference(&differs.added).difference(&differs.removed))
    }
}

fn annotation(object: &Value) -> Option<&str> {
    let text = object::metadata(object)?.get("annotations")?.get(ANNOTATION)?.as_str()?;
    (!text.is_empty()).then_some(text)
}

/// Updates the annotation to the configuration, if the object has it.
pub(crate) fn refresh(object: &mut Value, config: &Value) {
    if annotation(object).is_none() {
        return;
    }
    let mut config = config.clone();
    if let Some(annotations) = object::metadata_mut(&mut config).get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.remove(ANNOTATION);
    }
    let text = format!("{config}\n");
    if let Some(annotations) = object::metadata_mut(object).get_mut("annotations") {
        annotations[ANNOTATION] = text.into();
    }
}
