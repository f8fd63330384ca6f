//! Conflicts of an apply, and the 409 that names them
//! (k8s.io/apimachinery/pkg/util/managedfields/internal/conflict.go).
use super::entries::{Managed, Manager, Operation};
use crate::base::go_text::quoted;
use crate::{
    base::status::{self, Cause, Status},
    structured_merge::{compare::Comparison, element::Element, set::Set},
};

/// The fields that an apply would take from other managers.
#[derive(Debug)]
pub(crate) struct Conflicts(Vec<(Manager, Vec<Element>)>);

impl Conflicts {
    pub(crate) fn find(managed: &Managed, applier: &Manager, compared: &Comparison) -> Self {
        let changed = compared.modified.union(&compared.added);
        let others = managed.0.iter().filter(|(manager, _)| *manager != applier);
        let taken = others.flat_map(|(manager, entry)| {
            let paths = entry.fields.intersection(&changed).paths();
            paths.into_iter().map(|path| (manager.clone(), path))
        });
        Self(taken.collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The conflicts about fields outside this set.
    pub(crate) fn without(&self, fields: &Set) -> Self {
        Self(self.0.iter().filter(|(_, path)| !fields.has(path)).cloned().collect())
    }

    pub(crate) fn status(&self) -> Box<Status> {
        let causes = self.0.iter().map(|(manager, path)| Cause {
            reason: "FieldManagerConflict".into(),
            message: format!("conflict with {manager}"),
            field: shown(path),
        });
        status::apply_conflict(causes.collect(), self.message())
    }

    fn message(&self) -> String {
        if let [(manager, path)] = &self.0[..] {
            return format!("Apply failed with 1 conflict: conflict with {manager}: {}", shown(path));
        }
        let mut lines = Vec::new();
        let mut last = None;
        for (manager, path) in &self.0 {
            if last.replace(manager) != Some(manager) {
                lines.push(format!("conflicts with {manager}:"));
            }
            lines.push(format!("- {}", shown(path)));
        }
        format!("Apply failed with {} conflicts: {}", self.0.len(), lines.join("\n"))
    }
}

fn shown(path: &[Element]) -> String {
    path.iter().map(ToString::to_string).collect()
}

impl std::fmt::Display for Manager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&quoted(&self.name))?;
        if !self.subresource.is_empty() {
            write!(f, " with subresource {}", quoted(&self.subresource))?;
        }
        if self.operation == Operation::Update {
            write!(f, " using {}", self.api_version)?;
        }
        Ok(())
    }
}
