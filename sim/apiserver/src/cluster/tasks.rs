//! The controllers at work: each task is one request.
use crate::{
    base::{object, request::Answer},
    controllers::{
        Controllers, garbage_collector, namespace_contents, namespaces,
        task::{Act, Task},
    },
    server::state::ApiServer,
};
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

impl ApiServer {
    /// Switches the controllers on or off; they are off in a new server.
    pub fn set_controllers(&mut self, on: bool) {
        self.controllers = on.then(Controllers::default);
    }

    /// From now on the controllers, if they are on, give every namespace its default service account and the
    /// certificate authority of the server, in PEM.
    pub fn provide_namespace_contents(&mut self, authority: &str) {
        self.controllers.iter_mut().for_each(|controllers| controllers.authority = Some(authority.to_owned()));
    }

    /// Whether the controllers are on.
    pub fn has_controllers(&self) -> bool {
        self.controllers.is_some()
    }

    /// The tasks that controllers could perform now, by resource and key; empty if they are off.
    pub fn controller_tasks(&self, now: Timestamp) -> Vec<Task> {
        let Some(controllers) = &self.controllers else { return Vec::new() };
        let mut tasks = garbage_collector::tasks(&self.store, &self.registry);
        tasks.extend(namespaces::tasks(&self.store, &self.registry, now));
        if let Some(authority) = &controllers.authority {
            tasks.extend(namespace_contents::tasks(&self.store, &self.registry, authority));
        }
        if controllers.revision == self.store.revision() {
            tasks.retain(|task| !controllers.refused.contains(task));
        }
        tasks
    }

    /// Performs one task as this actor; false if it was refused, for instance because the object has changed since.
    pub fn perform(&mut self, task: &Task, actor: u32, now: Timestamp) -> bool {
        let registry = Arc::clone(&self.registry);
        let first = registry.kind(task.resource);
        // In the storage version no webhook need convert the object.
        let kind = registry.find(&first.group, &first.home().version, &first.plural).unwrap_or(first);
        let root = if kind.group.is_empty() { "/api" } else { "/apis" };
        let scope = if kind.namespaced { format!("/namespaces/{}", task.namespace) } else { String::new() };
        let target = format!("{root}/{}{scope}/{}/{}", kind.api_version, kind.plural, task.name);
        let answer = self.act(task, actor, target, now);
        if answer.status >= 300 {
            self.refuse_task(task);
        }
        answer.status < 300
    }

    fn act(&mut self, task: &Task, actor: u32, target: String, now: Timestamp) -> Answer {
        let version = task.revision.to_string();
        let patch = |member: &str, value: Value| {
            json!({"metadata": {"uid": task.uid,
            "resourceVersion": version, member: value}})
        };
        match &task.act {
            Act::Delete(policy) => {
                let preconditions = json!({"uid": task.uid, "resourceVersion": version});
                let body = json!({"propagationPolicy": policy, "preconditions": preconditions});
                self.write_as(actor, Method::DELETE, target, &body, now)
            }
            Act::Release(finalizer) => {
                let key = self.registry.kind(task.resource).key(&task.namespace, &task.name);
                let current = self.store.get(task.resource, &key);
                let mut kept = current.map(|o| object::finalizers(&o.value)).unwrap_or_default();
                kept.retain(|f| f != finalizer);
                let body = patch("finalizers", json!(kept));
                self.write_as(actor, Method::PATCH, target, &body, now)
            }
            Act::Owners(owners) => {
                let body = patch("ownerReferences", json!(owners));
                self.write_as(actor, Method::PATCH, target, &body, now)
            }
            Act::Conditions(conditions) => {
                let body = json!({"metadata": {"resourceVersion": version}, "status": {"conditions": conditions}});
                self.write_as(actor, Method::PATCH, format!("{target}/status"), &body, now)
            }
            Act::Create(object) => {
                let collection = target.rsplit_once('/').map_or("", |(collection, _)| collection).to_owned();
                self.write_as(actor, Method::POST, collection, object, now)
            }
            Act::Restore(patch) => self.write_as(actor, Method::PATCH, target, patch, now),
            Act::Finalize => {
                let current = self.store.get(task.resource, &task.name).map(|o| (*o.value).clone());
                let mut body = current.unwrap_or_default();
                if let Some(list) = body.pointer_mut("/spec/finalizers").and_then(Value::as_array_mut) {
                    list.retain(|f| f != "kubernetes");
                }
                self.write_as(actor, Method::PUT, format!("{target}/finalize"), &body, now)
            }
        }
    }

    fn refuse_task(&mut self, task: &Task) {
        let revision = self.store.revision();
        let Some(controllers) = &mut self.controllers else { return };
        if controllers.revision != revision {
            controllers.refused.clear();
            controllers.revision = revision;
        }
        controllers.refused.push(task.clone());
    }
}
