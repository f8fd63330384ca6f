//! DELETE of a definition of custom resources
//! (k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition/etcd.go): the first request marks it, and it
//! remains until its objects are gone. [`crate::cluster`] does the rest.
use super::{delete::delete_options, namespace::check_preconditions};
use crate::{
    base::{request::Answer, status::Outcome},
    extensions::finalizer,
    request::call::Call,
    server::state::ApiServer,
};

impl ApiServer {
    pub(crate) fn delete_definition(&mut self, call: &Call<'_>) -> Outcome<Answer> {
        let options = delete_options(call)?;
        let current = self.current(call)?.ok_or_else(|| call.not_found())?;
        check_preconditions(call, &options, &current)?;
        let warnings = self.review_deletion(call, &options, &current)?;
        if current.is_terminating() {
            return self.delete_object(call, &options, &current);
        }
        let value = finalizer::marked(&current.value, call.now);
        if options.is_dry_run() {
            return Ok(call.value_answer(200, &value, &warnings));
        }
        let object = self.commit_put(call.actor, call.resource(), &call.key(), value);
        Ok(call.object_answer(200, &object, &warnings))
    }
}
