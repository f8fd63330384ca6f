//! Which options exclude each other (k8s.io/apimachinery/pkg/apis/meta/v1/validation, …/internalversion/validation).
use super::FieldError;
use crate::apiserver::{
    options::Options,
    status::{self, Outcome, Subject},
};
use serde_json::Value;

/// `dryRun` and `fieldValidation` of a write; `options_kind` is e.g. `CreateOptions`.
pub(crate) fn validate_write(options: &Options<'_>, options_kind: &str) -> Outcome<()> {
    let mut errors = Vec::new();
    dry_run(&options.dry_run, &mut errors);
    if !matches!(&*options.field_validation, "" | "Ignore" | "Warn" | "Strict") {
        let supported = ["", "Ignore", "Strict", "Warn"].map(Value::from);
        let value = Value::from(&*options.field_validation);
        errors.push(FieldError::not_supported("fieldValidation", &value, &supported.each_ref()));
    }
    finish(options_kind, errors)
}

/// `force` belongs to apply only.
pub(crate) fn validate_patch(options: &Options<'_>) -> Outcome<()> {
    if options.force.is_some() {
        let error = FieldError::forbidden("force", "may not be specified for non-apply patch");
        return finish("PatchOptions", vec![error]);
    }
    validate_write(options, "PatchOptions")
}

/// The values of `dryRun`: nothing or `All`.
pub(crate) fn dry_run<T: AsRef<str>>(values: &[T], errors: &mut Vec<FieldError>) {
    if values.iter().any(|v| v.as_ref() != "All") {
        let shown = Value::from(values.iter().map(AsRef::as_ref).collect::<Vec<&str>>());
        errors.push(FieldError::not_supported("dryRun", &shown, &[&Value::from("All")]));
    }
}

/// The versions and matches of a list (watch = false) or of a watch.
pub(crate) fn validate_list(options: &Options<'_>, watch: bool) -> Outcome<()> {
    let mut errors = Vec::new();
    if watch {
        watch_options(options, &mut errors)
    } else {
        list_options(options, &mut errors)
    }
    finish("ListOptions", errors)
}

fn list_options(options: &Options<'_>, errors: &mut Vec<FieldError>) {
    let field = "resourceVersionMatch";
    if options.send_initial_events.is_some() {
        errors.push(FieldError::forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
    }
    let wanted = &*options.resource_version_match;
    if wanted.is_empty() {
        return;
    }
    if options.resource_version.is_empty() {
        errors
            .push(FieldError::forbidden(field, "resourceVersionMatch is forbidden unless resourceVersion is provided"));
    }
    if !options.continue_token.is_empty() {
        errors.push(FieldError::forbidden(field, "resourceVersionMatch is forbidden when continue is provided"));
    }
    if !matches!(wanted, "Exact" | "NotOlderThan") {
        let supported = ["Exact", "NotOlderThan", ""].map(Value::from);
        errors.push(FieldError::not_supported(field, &Value::from(wanted), &supported.each_ref()));
    }
    if wanted == "Exact" && options.resource_version == "0" {
        let detail = "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"";
        errors.push(FieldError::forbidden(field, detail));
    }
}

fn watch_options(options: &Options<'_>, errors: &mut Vec<FieldError>) {
    let field = "resourceVersionMatch";
    let wanted = &*options.resource_version_match;
    if options.send_initial_events.is_none() {
        if !wanted.is_empty() {
            let detail = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
            errors.push(FieldError::forbidden(field, detail));
        }
        return;
    }
    if wanted != "NotOlderThan" {
        let detail = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
        errors.push(FieldError::forbidden(field, detail));
        if !wanted.is_empty() {
            let supported = Value::from("NotOlderThan");
            errors.push(FieldError::not_supported(field, &Value::from(wanted), &[&supported]));
        }
    }
}

pub(crate) fn finish(options_kind: &str, errors: Vec<FieldError>) -> Outcome<()> {
    if errors.is_empty() {
        return Ok(());
    }
    Err(status::invalid(Subject { group: "meta.k8s.io", kind: options_kind }, "", &errors))
}
