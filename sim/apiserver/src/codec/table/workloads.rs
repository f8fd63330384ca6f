//! Rows of workload kinds: deployments, replica sets, stateful sets, daemon sets, jobs and cron jobs.
use super::{
    access::{is_true, list, number, or, text},
    printers::containers,
    selector_text,
};
use crate::base::age;
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) fn deployment(value: &Value, name: &str, age: &str) -> Vec<Value> {
    let ready = format!("{}/{}", number(value, "/status/readyReplicas"), number(value, "/spec/replicas"));
    let [containers, images] = containers(value, "/spec/template/spec/containers");
    let selector = selector_text::selector(value.pointer("/spec/selector"));
    let selector = if selector == "<error>" { "<invalid>".into() } else { selector };
    let (updated, available) = (number(value, "/status/updatedReplicas"), number(value, "/status/availableReplicas"));
    vec![json!(name), json!(ready), json!(updated), json!(available), json!(age), containers, images, json!(selector)]
}

pub(crate) fn replica_set(value: &Value, name: &str, age: &str) -> Vec<Value> {
    let [containers, images] = containers(value, "/spec/template/spec/containers");
    vec![
        json!(name),
        json!(number(value, "/spec/replicas")),
        json!(number(value, "/status/replicas")),
        json!(number(value, "/status/readyReplicas")),
        json!(age),
        containers,
        images,
        selector(value, "/spec/selector"),
    ]
}

pub(crate) fn stateful_set(value: &Value, name: &str, age: &str) -> Vec<Value> {
    let ready = format!("{}/{}", number(value, "/status/readyReplicas"), number(value, "/spec/replicas"));
    let [containers, images] = containers(value, "/spec/template/spec/containers");
    vec![json!(name), json!(ready), json!(age), containers, images]
}

pub(crate) fn daemon_set(value: &Value, name: &str, age: &str) -> Vec<Value> {
    let [containers, images] = containers(value, "/spec/template/spec/containers");
    let counts = [
        "/status/desiredNumberScheduled",
        "/status/currentNumberScheduled",
        "/status/numberReady",
        "/status/updatedNumberScheduled",
        "/status/numberAvailable",
    ];
    let mut cells = vec![json!(name)];
    cells.extend(counts.map(|pointer| json!(number(value, pointer))));
    cells.push(selector_text::labels(value.pointer("/spec/template/spec/nodeSelector")).into());
    cells.extend([json!(age), containers, images, selector(value, "/spec/selector")]);
    cells
}

pub(crate) fn job(value: &Value, name: &str, age: &str, now: Timestamp) -> Vec<Value> {
    let succeeded = number(value, "/status/succeeded");
    let completions = match value.pointer("/spec/completions").and_then(Value::as_i64) {
        Some(wanted) => format!("{succeeded}/{wanted}"),
        None if number(value, "/spec/parallelism") > 1 => {
            format!("{succeeded}/1 of {}", number(value, "/spec/parallelism"))
        }
        None => format!("{succeeded}/1"),
    };
    let [containers, images] = containers(value, "/spec/template/spec/containers");
    let selector = selector(value, "/spec/selector");
    let duration = job_duration(value, now);
    let status = job_status(value);
    vec![json!(name), json!(status), json!(completions), json!(duration), json!(age), containers, images, selector]
}

fn job_duration(value: &Value, now: Timestamp) -> String {
    let time = |pointer: &str| text(value, pointer).parse::<Timestamp>().ok();
    let Some(start) = time("/status/startTime") else { return String::new() };
    let end = time("/status/completionTime").unwrap_or(now);
    age::human(end.as_millisecond() - start.as_millisecond())
}

fn job_status(value: &Value) -> &'static str {
    let conditions = list(value, "/status/conditions");
    let ended = [("Complete", "Complete"), ("Failed", "Failed")];
    let going =
        [("Suspended", "Suspended"), ("FailureTarget", "FailureTarget"), ("SuccessCriteriaMet", "SuccessCriteriaMet")];
    let find = |table: &[(&str, &'static str)]| {
        table.iter().find(|(condition, _)| is_true(conditions, condition)).map(|(_, shown)| *shown)
    };
    let terminating = value.pointer("/metadata/deletionTimestamp").map(|_| "Terminating");
    find(&ended).or(terminating).or_else(|| find(&going)).unwrap_or("Running")
}

pub(crate) fn cron_job(value: &Value, name: &str, age: &str, now: Timestamp) -> Vec<Value> {
    let last = value.pointer("/status/lastScheduleTime");
    let last = last.map_or_else(|| "<none>".into(), |time| age::since(Some(time), now));
    let suspend = match value.pointer("/spec/suspend").and_then(Value::as_bool) {
        Some(true) => "True",
        Some(false) => "False",
        None => "<unset>",
    };
    let [containers, images] = containers(value, "/spec/jobTemplate/spec/template/spec/containers");
    vec![
        json!(name),
        json!(text(value, "/spec/schedule")),
        json!(or(text(value, "/spec/timeZone"), "<none>")),
        json!(suspend),
        json!(list(value, "/status/active").len()),
        json!(last),
        json!(age),
        containers,
        images,
        selector(value, "/spec/jobTemplate/spec/selector"),
    ]
}

fn selector(value: &Value, pointer: &str) -> Value {
    let text = selector_text::selector(value.pointer(pointer));
    if text.is_empty() { "<none>".into() } else { text.into() }
}
