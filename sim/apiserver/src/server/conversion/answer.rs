//! What the answer of a conversion webhook means, in Kubernetes' words.
use crate::{
    admission::{
        conversation::{Question, Reply},
        verdict,
        webhooks::url,
    },
    base::{
        aggregate::aggregate,
        field_error::FieldError,
        go_text::quoted,
        json::{json_type, list, text, whole_numbers},
        object,
    },
    registry::{converter::Converter, kind::Kind},
    server::hook::ConversionResponse,
    validation::metadata,
};
use serde_json::{Map, Value, json};

/// Seconds after which a call fails.
const TIMEOUT: u64 = 30;

/// Group of the reviews.
const GROUP: &str = "apiextensions.k8s.io";

/// The call that converts an object.
pub(super) fn question(converter: &Converter, object: &Value, to: &Kind) -> Question {
    Question {
        webhook: converter.definition.clone(),
        config: converter.config.clone(),
        timeout: TIMEOUT,
        review: json!({
            "kind": "ConversionReview",
            "apiVersion": format!("{GROUP}/{}", converter.review_version),
            "request": {"desiredAPIVersion": to.api_version, "objects": [object]},
            // Go writes the members of an empty answer too.
            "response": {"uid": "", "convertedObjects": null, "result": {"metadata": {}}},
        }),
    }
}

/// The converted object, by a function in the place of the webhook.
///
/// # Errors
/// The message of the error.
pub(super) fn of_function(response: ConversionResponse, converter: &Converter, of: &Value) -> Result<Value, String> {
    match response {
        ConversionResponse::Converted(object) => Ok(object),
        ConversionResponse::Refused(message) => Err(failed(of, &refusal("Failure", &message))),
        ConversionResponse::Fail(why) => Err(failed(of, &unreached(converter, &why))),
    }
}

/// The converted object, by a webhook that was called over the network.
///
/// # Errors
/// The message of the error.
pub(super) fn of_reply(reply: Reply, converter: &Converter, of: &Value) -> Result<Value, String> {
    let (uid, code, body) = match reply {
        Reply::Failed(why) => return Err(failed(of, &unreached(converter, &why))),
        Reply::Answered { uid, status, body } => (uid, status, body),
    };
    if !(200..300).contains(&code) {
        return Err(failed(of, &verdict::refused(code, &body)));
    }
    let review: Value = serde_json::from_slice(&body)
        .map_err(|why| failed(of, &format!("couldn't get version/kind; json parse error: {why}")))?;
    let objects = objects(&review, &uid, converter).map_err(|why| failed(of, &why))?;
    let [object] = objects else {
        let count = objects.len();
        return Err(format!("conversion webhook for {} returned {count} objects, expected 1", described(of)));
    };
    Ok(object.clone())
}

/// The converted objects of a review.
fn objects<'a>(review: &'a Value, uid: &str, converter: &Converter) -> Result<&'a [Value], String> {
    let (version, kind) = (text(review, "apiVersion"), text(review, "kind"));
    // Answers in v1beta1 are not checked, as of old.
    let wanted = converter.review_version.as_str();
    let is_checked = wanted != "v1beta1";
    let other = if is_checked { "v1beta1" } else { "v1" };
    if kind == "ConversionReview" && version.strip_prefix(GROUP).is_some_and(|rest| rest == format!("/{other}")) {
        return Err(format!("converting ({other}.{kind}) to ({wanted}.{kind}): unknown conversion"));
    }
    if is_checked && (version != format!("{GROUP}/v1") || kind != "ConversionReview") {
        let wanted = format!("{GROUP}/v1, Kind=ConversionReview");
        return Err(format!("expected webhook response of {wanted}, got {version}, Kind={kind}"));
    }
    let response = review.get("response").filter(|response| response.is_object()).ok_or("no response provided")?;
    let got = text(response, "uid");
    if is_checked && got != uid {
        return Err(format!("expected response.uid={}, got {}", quoted(uid), quoted(got)));
    }
    let status = text(&response["result"], "status");
    if status != "Success" {
        return Err(refusal(status, text(&response["result"], "message")));
    }
    Ok(list(response, "convertedObjects"))
}

fn refusal(status: &str, message: &str) -> String {
    match message {
        "" => format!("response.result.status was '{status}', not 'Success'"),
        message => message.to_owned(),
    }
}

/// The failure of a call, as its URL and a reason.
fn unreached(converter: &Converter, why: &str) -> String {
    format!("Post {}: {why}", quoted(&url(&converter.config, TIMEOUT)))
}

fn failed(of: &Value, why: &str) -> String {
    format!("conversion webhook for {} failed: {why}", described(of))
}

/// Version and kind of an object, as Go prints them.
fn described(object: &Value) -> String {
    format!("{}, Kind={}", text(object, "apiVersion"), text(object, "kind"))
}

/// Checks a converted object, and gives it the metadata of the original, except for labels and annotations.
///
/// # Errors
/// The message of the error.
pub(super) fn accept(mut converted: Value, original: &Value, to: &Kind) -> Result<Value, String> {
    if text(&converted, "kind").is_empty() {
        return Err(format!("Object 'Kind' is missing in '{converted}'"));
    }
    let webhook = format!("conversion webhook for {} returned invalid", described(original));
    let received = text(&converted, "apiVersion");
    if received != to.api_version {
        let wanted = &to.api_version;
        return Err(format!(
            "{webhook} object at index 0: invalid groupVersion (expected {wanted}, received {received})"
        ));
    }
    let (wanted, received) = (text(original, "kind"), text(&converted, "kind"));
    if received != wanted {
        return Err(format!("{webhook} object at index 0: invalid kind (expected {wanted}, received {received})"));
    }
    for (member, shown) in [("name", "name"), ("namespace", "namespace"), ("uid", "UID")] {
        let [wanted, received] = [original, &converted].map(|object| object::meta_str(object, member));
        if wanted != received {
            return Err(format!("{webhook} object: must have the same {shown}: {wanted} != {received}"));
        }
    }
    restore_metadata(&mut converted, original).map_err(|why| format!("{webhook} metadata: {why}"))?;
    whole_numbers(&mut converted);
    if let (Some(map), Some(schema)) = (converted.as_object_mut(), &to.schema) {
        schema.strip_object(map);
    }
    Ok(converted)
}

fn restore_metadata(converted: &mut Value, original: &Value) -> Result<(), String> {
    let given = match converted.get("metadata") {
        None => return Err("missing metadata in converted object".to_owned()),
        Some(Value::Object(given)) => given.clone(),
        Some(other) => return Err(format!("invalid metadata of type {} in converted object", go_type(other))),
    };
    let mut metadata = object::metadata(original).cloned().unwrap_or_default();
    for member in ["labels", "annotations"] {
        match given.get(member).filter(|found| !found.is_null()) {
            None => _ = metadata.remove(member),
            Some(Value::Object(texts)) => {
                let known = metadata.get(member).and_then(Value::as_object);
                check_texts(member, texts, known)?;
                metadata.insert(member.to_owned(), texts.clone().into());
            }
            Some(other) => {
                return Err(format!("invalid metadata.{member} of type {} in converted object", go_type(other)));
            }
        }
    }
    converted["metadata"] = metadata.into();
    Ok(())
}

/// Checks labels or annotations, if the webhook changed them.
fn check_texts(member: &str, texts: &Map<String, Value>, known: Option<&Map<String, Value>>) -> Result<(), String> {
    if let Some((key, other)) = texts.iter().find(|(_, text)| !text.is_string()) {
        let found = go_type(other);
        return Err(format!("metadata.{member}[{key}] must be a string, but is {found} in converted object"));
    }
    if known == Some(texts) || known.is_none() && texts.is_empty() {
        return Ok(());
    }
    let errors = metadata::errors_of_maps(&json!({"metadata": {member: texts}}));
    aggregate(errors.iter().map(shown)).map_or(Ok(()), Err)
}

/// The conversion names the path of annotations in the singular.
fn shown(error: &FieldError) -> String {
    error.to_string().replacen("metadata.annotations", "metadata.annotation", 1)
}

/// Go's type of a decoded value.
fn go_type(value: &Value) -> &'static str {
    match json_type(value) {
        "object" => "map[string]interface {}",
        "array" => "[]interface {}",
        "bool" => "bool",
        "string" => "string",
        _ if value.is_null() => "<nil>",
        _ if value.is_i64() => "int64",
        _ => "float64",
    }
}
