//! Validation of options (k8s.io/apimachinery/pkg/apis/meta/v1/validation, …/internalversion/validation).
use crate::{
    base::{
        field_error::FieldError,
        go_text::{is_printable, quoted},
        selectors,
        status::{self, Outcome, Subject},
    },
    request::options::{FIELD_MANAGER_LIMIT, Options},
};
use serde_json::Value;

/// Validates `dryRun` and `fieldValidation` of a write; `options_kind` is e.g. `CreateOptions`.
pub(crate) fn validate_write(options: &Options<'_>, options_kind: &str) -> Outcome<()> {
    let mut errors = Vec::new();
    write(options, &mut errors);
    finish(options_kind, errors)
}

fn write(options: &Options<'_>, errors: &mut Vec<FieldError>) {
    field_manager(&options.field_manager, "fieldManager", errors);
    dry_run(&options.dry_run, errors);
    if !matches!(&*options.field_validation, "" | "Ignore" | "Warn" | "Strict") {
        let supported = ["", "Ignore", "Strict", "Warn"].map(Value::from);
        let value = Value::from(&*options.field_validation);
        errors.push(FieldError::not_supported("fieldValidation", &value, &supported.each_ref()));
    }
}

/// Validates the options of a patch: `force` is only for apply, which requires a field manager.
pub(crate) fn validate_patch(options: &Options<'_>, apply: bool) -> Outcome<()> {
    let mut errors = Vec::new();
    if apply && options.field_manager.is_empty() {
        errors.push(FieldError::required("fieldManager", "is required for apply patch"));
    }
    if !apply && options.force.is_some() {
        errors.push(FieldError::forbidden("force", "may not be specified for non-apply patch"));
    }
    write(options, &mut errors);
    finish("PatchOptions", errors)
}

/// Validates a manager's name: at most 128 bytes, all characters printable.
pub(crate) fn field_manager(name: &str, field: &str, errors: &mut Vec<FieldError>) {
    if name.len() > FIELD_MANAGER_LIMIT {
        errors.push(FieldError::too_long(field, FIELD_MANAGER_LIMIT as u64));
    }
    for (at, found) in name.char_indices().filter(|(_, c)| !is_printable(*c)) {
        let detail = format!("{}: invalid character U+{:04X} (at position {at})", quoted(name), u32::from(found));
        errors.push(FieldError::invalid_hidden(field, detail));
    }
}

/// Validates `dryRun`, whose only value is `All`.
pub(crate) fn dry_run<T: AsRef<str>>(values: &[T], errors: &mut Vec<FieldError>) {
    if values.iter().any(|v| v.as_ref() != "All") {
        let shown = Value::from(values.iter().map(AsRef::as_ref).collect::<Vec<&str>>());
        errors.push(FieldError::not_supported("dryRun", &shown, &[&Value::from("All")]));
    }
}

/// Validates the version, match and continue options of a list (watch = false) or of a watch.
pub(crate) fn validate_list(options: &Options<'_>, watch: bool) -> Outcome<()> {
    let mut errors = Vec::new();
    if watch {
        watch_options(options, &mut errors)
    } else {
        list_options(options, &mut errors)
    }
    // Selectors are parsed with the query, before options are validated, so their syntax errors come first.
    finish("ListOptions", errors).map_err(|invalid| {
        selectors::check_syntax(&options.label_selector, &options.field_selector).err().unwrap_or(invalid)
    })
}

fn list_options(options: &Options<'_>, errors: &mut Vec<FieldError>) {
    version_match(options, errors);
    if options.send_initial_events.is_some() {
        errors.push(FieldError::forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
    }
}

fn version_match(options: &Options<'_>, errors: &mut Vec<FieldError>) {
    let field = "resourceVersionMatch";
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
    let streaming = options.send_initial_events.is_some();
    if streaming && wanted != "NotOlderThan" {
        let detail = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
        errors.push(FieldError::forbidden(field, detail));
    }
    if wanted.is_empty() {
        return;
    }
    if !streaming {
        let detail = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
        errors.push(FieldError::forbidden(field, detail));
    }
    if wanted != "NotOlderThan" {
        let supported = Value::from("NotOlderThan");
        errors.push(FieldError::not_supported(field, &Value::from(wanted), &[&supported]));
    }
    if !options.continue_token.is_empty() {
        errors.push(FieldError::forbidden(field, "resourceVersionMatch is forbidden when continue is provided"));
    }
}

pub(crate) fn finish(options_kind: &str, errors: Vec<FieldError>) -> Outcome<()> {
    if errors.is_empty() {
        return Ok(());
    }
    Err(status::invalid(Subject { group: "meta.k8s.io", kind: options_kind }, "", &errors))
}
