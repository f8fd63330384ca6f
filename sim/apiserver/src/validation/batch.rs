//! Jobs and cron jobs (k8s.io/kubernetes/pkg/apis/batch, pkg/registry/batch/job/strategy.go). Not checked: failure and
//! success policies, the names of time zones.
use super::{
    check::{self, number, text},
    pods,
};
use crate::base::go_text::quoted;
use crate::base::{field_error::FieldError, object};
use serde_json::{Map, Value, json};

/// Maximum length of a cron job's name: its jobs get a suffix of eleven characters.
const CRON_JOB_NAME: usize = 52;
const OWN: [&str; 2] = ["batch.kubernetes.io/controller-uid", "controller-uid"];
const NAMES: [&str; 2] = ["batch.kubernetes.io/job-name", "job-name"];

/// The defaults of a job that depend on its other members.
pub(crate) fn default_job(job: &mut Map<String, Value>) {
    let labels = job.get("spec").and_then(|spec| spec.pointer("/template/metadata/labels")).cloned();
    // A new job takes its labels later, when the template has those that select its pods.
    let labels = labels.filter(|labels| labels.get(OWN[0]).is_some());
    if let (Some(labels), Some(metadata)) = (labels, job.get_mut("metadata").and_then(Value::as_object_mut)) {
        metadata.entry("labels").or_insert(labels);
    }
    let Some(spec) = job.get_mut("spec").and_then(Value::as_object_mut) else { return };
    if !spec.contains_key("completions") && !spec.contains_key("parallelism") {
        spec.insert("completions".into(), json!(1));
    }
    let limit = if spec.contains_key("backoffLimitPerIndex") { i32::MAX } else { 6 };
    let replacement = if spec.contains_key("podFailurePolicy") { "Failed" } else { "TerminatingOrFailed" };
    let defaults =
        [("parallelism", json!(1)), ("backoffLimit", json!(limit)), ("podReplacementPolicy", json!(replacement))];
    for (member, value) in defaults {
        spec.entry(member).or_insert(value);
    }
}

/// Generates the selector of a new job, and the labels that it selects.
pub(crate) fn prepare_job(job: &mut Map<String, Value>) {
    let meta = |name: &str| job.get("metadata").and_then(|meta| meta.get(name)).cloned().unwrap_or_default();
    let (uid, name) = (meta("uid"), meta("name"));
    let Some(spec) = job.get_mut("spec").and_then(Value::as_object_mut) else { return };
    let manual = spec.get("manualSelector") == Some(&Value::Bool(true));
    let Some(template) = spec.get_mut("template").filter(|_| !manual) else { return };
    let metadata = object::metadata_mut(template);
    let labels = metadata.entry("labels").or_insert_with(|| json!({}));
    for (keys, value) in [(OWN, &uid), (NAMES, &name)] {
        keys.iter().for_each(|key| labels[*key] = value.clone());
    }
    let labels = labels.clone();
    let selector = spec.entry("selector").or_insert_with(|| json!({}));
    selector["matchLabels"][OWN[0]] = uid;
    if let Some(metadata) = job.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.entry("labels").or_insert(labels);
    }
}

/// Validates an object of the group, except its metadata.
pub(crate) fn validate(kind: &str, object: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
    if kind == "Job" {
        job_spec(object, "/spec", errors);
        if let Some(old) = old {
            job_update(object, old, errors);
        }
        return;
    }
    if text(object, "/spec/schedule").is_empty() {
        errors.push(FieldError::required("spec.schedule", ""));
    } else {
        schedule(text(object, "/spec/schedule"), errors);
    }
    check::not_negative(object, "/spec/startingDeadlineSeconds", "", errors);
    if object.pointer("/spec/timeZone").is_some_and(|zone| zone == "") {
        let why = "timeZone must be nil or non-empty string";
        errors.push(FieldError::invalid("spec.timeZone", &"".into(), why));
    }
    check::one_of(object, "/spec/concurrencyPolicy", "", &["Allow", "Forbid", "Replace"], errors);
    job_spec(object, "/spec/jobTemplate/spec", errors);
    if let Some(selector) = object.pointer("/spec/jobTemplate/spec/selector") {
        let why = "`selector` will be auto-generated";
        errors.push(FieldError::invalid("spec.jobTemplate.spec.selector", selector, why));
    }
    for member in ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
        check::not_negative(object, &format!("/spec/{member}"), "", errors);
    }
    let name = object::meta_str(object, "name");
    if old.is_none() && name.len() > CRON_JOB_NAME {
        errors.push(FieldError::invalid("metadata.name", &name.into(), "must be no more than 52 characters"));
    }
}

fn job_spec(object: &Value, at: &str, errors: &mut Vec<FieldError>) {
    let pointer = |member: &str| format!("{at}/{member}");
    let path = |member: &str| pointer(member).trim_start_matches('/').replace('/', ".");
    let numbers = [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ];
    for member in numbers {
        check::not_negative(object, &pointer(member), "", errors);
    }
    check::one_of(object, &pointer("completionMode"), "", &["NonIndexed", "Indexed"], errors);
    if text(object, &pointer("completionMode")) == "Indexed" {
        if number(object, &pointer("completions")).is_none() {
            errors.push(FieldError::required(path("completions"), "when completion mode is Indexed"));
        }
    } else {
        for member in ["backoffLimitPerIndex", "maxFailedIndexes"] {
            if let Some(found) = number(object, &pointer(member)) {
                errors.push(FieldError::invalid(path(member), &found.into(), "requires indexed completion mode"));
            }
        }
    }
    let spec = object.pointer(&pointer("template/spec")).unwrap_or(&Value::Null);
    pods::spec::validate(spec, &path("template/spec"), errors);
    let restart = path("template/spec/restartPolicy");
    match text(object, &pointer("template/spec/restartPolicy")) {
        "" | "Always" => errors.push(FieldError::required(restart, "valid values: \"OnFailure\", \"Never\"")),
        "OnFailure" | "Never" => {}
        other => {
            let known = ["Never", "OnFailure"].map(Value::from);
            errors.push(FieldError::not_supported(restart, &other.into(), &known.each_ref()));
        }
    }
}

/// Checks that a job keeps its selector, its template, and unless it is indexed its completions.
fn job_update(job: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    if text(job, "/spec/completionMode") != "Indexed" {
        check::immutable(job, old, "/spec/completions", errors);
    }
    check::immutable(job, old, "/spec/selector", errors);
    let suspended = old.pointer("/spec/suspend") == Some(&Value::Bool(true));
    if !suspended {
        check::immutable(job, old, "/spec/template", errors);
    }
    for member in ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"] {
        check::immutable(job, old, &format!("/spec/{member}"), errors);
    }
}

/// Checks the form of a schedule (github.com/robfig/cron/v3): five fields, or a descriptor.
fn schedule(found: &str, errors: &mut Vec<FieldError>) {
    let mut invalid = |why: String| errors.push(FieldError::invalid("spec.schedule", &found.into(), why));
    if found.starts_with('@') {
        let known = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
        if !known.contains(&found) && !found.starts_with("@every ") {
            invalid(format!("unrecognized descriptor: {found}"));
        }
        return;
    }
    let spec = found.split_once(' ').filter(|(zone, _)| zone.starts_with("TZ=") || zone.starts_with("CRON_TZ="));
    let fields: Vec<_> = spec.map_or(found, |(_, rest)| rest).split_whitespace().collect();
    if fields.len() != 5 {
        let shown = fields.iter().map(|field| field.to_string()).collect::<Vec<_>>().join(" ");
        invalid(format!("expected exactly 5 fields, found {}: [{shown}]", fields.len()));
    } else {
        let bounds = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];
        let broken = fields.iter().zip(bounds).find_map(|(field, bounds)| cron_field(field, bounds).err());
        broken.into_iter().for_each(&mut invalid);
    }
    if found.contains("TZ") {
        invalid("cannot use TZ or CRON_TZ in schedule, use timeZone field instead".to_owned());
    }
}

/// The names that fields may have instead of numbers.
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

fn cron_field(field: &str, (low, high): (u32, u32)) -> Result<(), String> {
    for part in field.split(',') {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let (first, last) = match range {
            "*" | "?" => (low, high),
            _ => match range.split_once('-') {
                Some((first, last)) => (cron_number(first, high)?, cron_number(last, high)?),
                None => (cron_number(range, high)?, cron_number(range, high)?),
            },
        };
        if let Some(step) = step {
            let step: u32 = step.parse().map_err(|_| not_a_number(step))?;
            if step == 0 {
                return Err(format!("step of range should be a positive number: {part}"));
            }
        }
        if first < low {
            return Err(format!("beginning of range ({first}) below minimum ({low}): {part}"));
        }
        if last > high {
            return Err(format!("end of range ({last}) above maximum ({high}): {part}"));
        }
        if first > last {
            return Err(format!("beginning of range ({first}) beyond end of range ({last}): {part}"));
        }
    }
    Ok(())
}

fn cron_number(text: &str, high: u32) -> Result<u32, String> {
    let name = text.to_ascii_lowercase();
    let named = match high {
        12 => MONTHS.iter().position(|month| *month == name).map(|at| at + 1),
        6 => DAYS.iter().position(|day| *day == name),
        _ => None,
    };
    match named {
        Some(at) => Ok(u32::try_from(at).unwrap_or_default()),
        None => text.parse().map_err(|_| not_a_number(text)),
    }
}

fn not_a_number(text: &str) -> String {
    format!("failed to parse int from {text}: strconv.Atoi: parsing {}: invalid syntax", quoted(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_read_as_cron_does() {
        let why = |found: &str| {
            let mut errors = Vec::new();
            schedule(found, &mut errors);
            errors.into_iter().map(|error| error.message).next()
        };
        for valid in ["*/5 * * * *", "0 9-17 1,15 jan-jun mon", "@hourly", "@every 5m"] {
            assert_eq!(why(valid), None, "{valid}");
        }
        assert!(why("* * *").unwrap().contains("expected exactly 5 fields, found 3: [* * *]"));
        assert!(why("61 * * * *").unwrap().contains("end of range (61) above maximum (59): 61"));
        assert!(why("a * * * *").unwrap().contains("failed to parse int from a"));
    }
}
