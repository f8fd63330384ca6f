//! The owners of a scale: those of the object's number of replicas, as a scale has them
//! (k8s.io/apimachinery/pkg/util/managedfields/scalehandler.go).
//!
//! As there, an updater is another one in the scale than in the object: a write of the scale that leaves the number
//! unchanged gives the updater who owns it a second entry, which is lost with the next one.
use super::entries::{Entry, Managed, Manager, Operation, managed_fields};
use crate::structured_merge::set::Set;
use serde_json::Value;

/// The apiVersion of a scale.
const SCALE: &str = "autoscaling/v1";

/// The owners of an object whose scale is written.
pub(crate) struct ScaleOwners<'a> {
    owners: Managed,
    /// The number of replicas in the object.
    replicas: Set,
    api_version: &'a str,
}

fn in_scale() -> Set {
    Set::of(&["spec.replicas"])
}

fn has(fields: &Set, path: &Set) -> bool {
    !fields.intersection(path).is_empty()
}

impl<'a> ScaleOwners<'a> {
    /// The owners of an object, whose number of replicas is at this JSON pointer.
    ///
    /// # Errors
    /// For entries that the server would not have written.
    pub(crate) fn new(object: &Value, pointer: &str, api_version: &'a str) -> Result<Self, String> {
        let owners = Managed::decode(managed_fields(object))?;
        let path = pointer.trim_start_matches('/').replace('/', ".");
        Ok(Self { owners, replicas: Set::of(&[&path]), api_version })
    }

    /// The entries of the scale.
    pub(crate) fn of_scale(&self) -> Option<Value> {
        let entries = self.owners.0.iter().filter(|(_, entry)| has(&entry.fields, &self.replicas));
        let entries = entries.map(|(manager, entry)| {
            let manager = Manager::new(&manager.name, manager.operation, SCALE, &manager.subresource);
            (manager, Entry { api_version: SCALE.to_owned(), fields: in_scale(), time: entry.time.clone() })
        });
        Managed(entries.collect()).encode()
    }

    /// The entries of the object after the scale was written with these.
    ///
    /// # Errors
    /// For entries that the server would not have written.
    pub(crate) fn of_object(mut self, scale: Option<&Value>) -> Result<Option<Value>, String> {
        let mut scale = Managed::decode(scale)?.0;
        for (manager, entry) in &mut self.owners.0 {
            if !has(&entry.fields, &self.replicas) {
                continue;
            }
            // An applier is the same in both.
            let stays = manager.operation == Operation::Apply && scale.remove(manager).is_some();
            if !stays {
                entry.fields = entry.fields.difference(&self.replicas);
            }
        }
        self.owners.0.retain(|_, entry| !entry.fields.is_empty());
        for (manager, _) in scale.into_iter().filter(|(_, entry)| has(&entry.fields, &in_scale())) {
            let api_version = self.api_version.to_owned();
            self.owners.0.insert(manager, Entry { api_version, fields: self.replicas.clone(), time: None });
        }
        Ok(self.owners.encode())
    }
}
