//! Formats with a name, and their validation (k8s.io/apiserver/pkg/cel/library/format.go).
use super::{
    super::{
        signatures::FORMATS,
        value::{Outcome, Value, no_overload},
    },
    native::Native,
};
use crate::base::{
    go_text::quoted as quote,
    golang::url::Url,
    names::{self, NameRule},
    pattern::Pattern,
    timestamp,
};
use std::sync::LazyLock;

static UUID: LazyLock<Pattern> =
    LazyLock::new(|| fixed("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$"));
static BASE64: LazyLock<Pattern> =
    LazyLock::new(|| fixed("^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$"));

fn fixed(text: &str) -> Pattern {
    Pattern::new(text).unwrap_or_else(|why| panic!("a pattern of this file does not compile: {why}"))
}

pub(super) fn find(name: &str) -> Option<Native> {
    Some(match name {
        "format.named" => |args| match &args[0] {
            Value::String(name) => Ok(match FORMATS.iter().find(|known| **known == *name) {
                Some(known) => Value::some(Value::Format(known)),
                None => Value::Optional(None),
            }),
            _ => no_overload(),
        },
        "validate" => |args| match args {
            [Value::Format(name), Value::String(text)] => {
                let problems = problems(name, text);
                Ok(match problems.is_empty() {
                    true => Value::Optional(None),
                    false => Value::some(Value::texts(problems)),
                })
            }
            _ => no_overload(),
        },
        "format.dns1123Label" => |_| constant("dns1123Label"),
        "format.dns1123Subdomain" => |_| constant("dns1123Subdomain"),
        "format.dns1035Label" => |_| constant("dns1035Label"),
        "format.qualifiedName" => |_| constant("qualifiedName"),
        "format.dns1123LabelPrefix" => |_| constant("dns1123LabelPrefix"),
        "format.dns1123SubdomainPrefix" => |_| constant("dns1123SubdomainPrefix"),
        "format.dns1035LabelPrefix" => |_| constant("dns1035LabelPrefix"),
        "format.labelValue" => |_| constant("labelValue"),
        "format.uri" => |_| constant("uri"),
        "format.uuid" => |_| constant("uuid"),
        "format.byte" => |_| constant("byte"),
        "format.date" => |_| constant("date"),
        "format.datetime" => |_| constant("datetime"),
        _ => return None,
    })
}

fn constant<'a>(name: &'static str) -> Outcome<'a> {
    Ok(Value::Format(name))
}

/// The errors of a text in a format.
fn problems(format: &str, text: &str) -> Vec<String> {
    let prefix = || match text.strip_suffix('-') {
        Some(start) => format!("{start}a"),
        None => text.to_owned(),
    };
    let unless = |valid: bool, problem: &str| if valid { Vec::new() } else { vec![problem.to_owned()] };
    match format {
        "dns1123Label" => NameRule::Label.check(text),
        "dns1123Subdomain" => NameRule::Subdomain.check(text),
        "dns1035Label" => NameRule::ServiceLabel.check(text),
        "dns1123LabelPrefix" => NameRule::Label.check(&prefix()),
        "dns1123SubdomainPrefix" => NameRule::Subdomain.check(&prefix()),
        "dns1035LabelPrefix" => NameRule::ServiceLabel.check(&prefix()),
        "qualifiedName" => names::qualified_name(text),
        "labelValue" => names::label_value(text),
        "uri" => match Url::parse(text) {
            Ok(_) => Vec::new(),
            Err(why) => vec![format!("parse {}: {why}", quote(text))],
        },
        "uuid" => unless(UUID.is_match(text), "does not match the UUID format"),
        "byte" => unless(BASE64.is_match(text), "invalid base64"),
        "date" => unless(timestamp::is_date(text), "invalid date"),
        _ => unless(timestamp::is_date_time(text), "invalid datetime"),
    }
}
