//! The conversion strategy of a definition, and its webhook (k8s.io/apiserver/pkg/util/webhook/validation.go).
use super::choice::one_of;
use crate::{
    base::{
        field_error::FieldError,
        go_text::quoted,
        golang::url::Url,
        json::{list, text},
        names::NameRule,
    },
    extensions::condition,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

const PATH: &str = "spec.conversion";
const CLIENT: &str = "spec.conversion.webhookClientConfig";
const REVIEWS: &str = "spec.conversion.conversionReviewVersions";

/// The versions of reviews that the server sends.
const KNOWN: [&str; 2] = ["v1", "v1beta1"];

/// Validates `spec.conversion` of a definition.
pub(super) fn validate(spec: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
    let conversion = &spec["conversion"];
    let strategy = text(conversion, "strategy");
    if spec["preserveUnknownFields"] == true && strategy != "None" {
        let detail = "must be None if spec.preserveUnknownFields is true";
        errors.push(FieldError::invalid(format!("{PATH}.strategy"), &strategy.into(), detail));
    }
    one_of(&format!("{PATH}.strategy"), strategy, &["None", "Webhook"], errors);
    let client = conversion.pointer("/webhook/clientConfig");
    let reviews = conversion.get("webhook").map(|webhook| list(webhook, "conversionReviewVersions"));
    let reviews = reviews.unwrap_or_default();
    if strategy == "Webhook" {
        client_config(client, old, errors);
        review_versions(reviews, old, errors);
        return;
    }
    let forbidden = "should not be set when strategy is not set to Webhook";
    if client.is_some() {
        errors.push(FieldError::forbidden(CLIENT, forbidden));
    }
    if !reviews.is_empty() {
        errors.push(FieldError::forbidden(REVIEWS, forbidden));
    }
}

fn client_config(client: Option<&Value>, old: Option<&Value>, errors: &mut Vec<FieldError>) {
    let Some(client) = client else {
        errors.push(FieldError::required(CLIENT, "required when strategy is set to Webhook"));
        return;
    };
    match (client.get("url").and_then(Value::as_str), client.get("service")) {
        (Some(text), None) => url(text, errors),
        (None, Some(found)) => service(found, errors),
        _ => errors.push(FieldError::required(CLIENT, "exactly one of url or service is required")),
    }
    let bundle = text(client, "caBundle");
    if !bundle.is_empty() && !may_be_invalid(old) && !is_bundle(bundle) {
        let why = "unable to load root certificates: unable to parse bytes as PEM block";
        errors.push(FieldError::invalid(format!("{CLIENT}.caBundle"), &bundle.into(), why));
    }
}

/// An invalid bundle is accepted before the definition is established, and in the place of another invalid one.
fn may_be_invalid(old: Option<&Value>) -> bool {
    let Some(old) = old.filter(|old| condition::is(old, "Established")) else { return true };
    let known = old.pointer("/spec/conversion/webhook/clientConfig/caBundle").and_then(Value::as_str);
    known.is_some_and(|known| !known.is_empty() && !is_bundle(known))
}

/// Whether this is the base64 of certificates in PEM.
fn is_bundle(bundle: &str) -> bool {
    let text = STANDARD.decode(bundle).unwrap_or_default();
    String::from_utf8_lossy(&text).contains("-----BEGIN CERTIFICATE-----")
}

fn url(given: &str, errors: &mut Vec<FieldError>) {
    const FORM: &str = "; desired format: https://host[/path]";
    let field = format!("{CLIENT}.url");
    let mut invalid =
        |shown: &str, detail: String| errors.push(FieldError::invalid(field.as_str(), &shown.into(), detail));
    let (rest, fragment) = given.split_once('#').unwrap_or((given, ""));
    let (user, rest) = without_user(rest);
    let parsed = match Url::parse(&rest) {
        Ok(parsed) => parsed,
        // Only the URL of a request needs a scheme and a path.
        Err(why) if ["empty url", "invalid URI for request"].contains(&why.as_str()) => Url::default(),
        Err(why) => {
            let why = format!("url must be a valid URL: parse {}: {why}{FORM}", quoted(given));
            errors.push(FieldError::required(field, &why));
            return;
        }
    };
    if parsed.scheme != "https" {
        invalid(&parsed.scheme, format!("'https' is the only allowed URL scheme{FORM}"));
    }
    if parsed.host.is_empty() {
        invalid("", format!("host must be specified{FORM}"));
    }
    if let Some(user) = user {
        invalid(&user, "user information is not permitted in the URL".to_owned());
    }
    if !fragment.is_empty() {
        invalid(fragment, "fragments are not permitted in the URL".to_owned());
    }
    if !parsed.query.is_empty() {
        invalid(&parsed.query, "query parameters are not permitted in the URL".to_owned());
    }
}

/// The user information of a URL, and the URL without it.
fn without_user(url: &str) -> (Option<String>, String) {
    let Some((scheme, rest)) = url.split_once("://") else { return (None, url.to_owned()) };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => (Some(rest[..at].to_owned()), format!("{scheme}://{}", &rest[at + 1..])),
        None => (None, url.to_owned()),
    }
}

fn service(service: &Value, errors: &mut Vec<FieldError>) {
    let field = |member: &str| format!("{CLIENT}.service.{member}");
    // The real server confuses the two: an absent name is reported as an absent namespace.
    for (member, reported) in [("namespace", "name"), ("name", "namespace")] {
        if text(service, member).is_empty() {
            errors.push(FieldError::required(field(reported), ""));
        }
    }
    let port = service["port"].as_i64().unwrap_or_default();
    if !(1..=65_535).contains(&port) {
        let detail = "port is not valid: must be between 1 and 65535, inclusive";
        errors.push(FieldError::invalid(field("port"), &port.into(), detail));
    }
    path(text(service, "path"), &field("path"), errors);
}

fn path(path: &str, field: &str, errors: &mut Vec<FieldError>) {
    let mut invalid = |detail: String| errors.push(FieldError::invalid(field, &path.into(), detail));
    match path {
        "" | "/" => return,
        "//" => return invalid("segment[0] may not be empty".to_owned()),
        _ => {}
    }
    if !path.starts_with('/') {
        invalid("must start with a '/'".to_owned());
    }
    let below: String = path.chars().skip(1).collect();
    let below = below.strip_suffix('/').unwrap_or(&below);
    for (index, segment) in below.split('/').enumerate() {
        if segment.is_empty() {
            invalid(format!("segment[{index}] may not be empty"));
            continue;
        }
        for problem in NameRule::Subdomain.check(segment) {
            invalid(format!("segment[{index}]: {problem}"));
        }
    }
}

fn review_versions(versions: &[Value], old: Option<&Value>, errors: &mut Vec<FieldError>) {
    if versions.is_empty() {
        errors.push(FieldError::required(REVIEWS, ""));
        return;
    }
    for (index, version) in versions.iter().enumerate() {
        let field = format!("{REVIEWS}[{index}]");
        if versions[..index].contains(version) {
            errors.push(FieldError::invalid(field, version, "duplicate version"));
            continue;
        }
        for problem in NameRule::ServiceLabel.check(version.as_str().unwrap_or_default()) {
            errors.push(FieldError::invalid(field.as_str(), version, problem));
        }
    }
    let is_known = |version: &Value| KNOWN.iter().any(|known| version == known);
    let before = old.and_then(|old| old.pointer("/spec/conversion/webhook/conversionReviewVersions"));
    let before = before.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let is_required = before.is_empty() || before.iter().any(is_known);
    if is_required && !versions.iter().any(is_known) {
        let detail = format!("must include at least one of {}", KNOWN.join(", "));
        errors.push(FieldError::invalid(REVIEWS, &versions.to_vec().into(), detail));
    }
}
