//! The table of messages, parsed from `messages.txt` on first use.
use std::{collections::BTreeMap, sync::LazyLock};

/// A message: its fields in declaration order.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) fields: Vec<Field>,
}

/// A field of a message.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) number: u32,
    /// The JSON member.
    pub(super) name: String,
    /// Whether the message's members are inlined into the enclosing object.
    pub(super) embedded: bool,
    pub(super) many: Many,
    pub(super) kind: Kind,
    pub(super) zero: Zero,
}

/// Number of values of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Many {
    One,
    List,
    /// A map with string keys.
    Map,
}

/// Treatment of a zero value on its way to JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zero {
    /// The member is omitted.
    Omitted,
    /// The member is kept, because zero differs from absent.
    Kept,
    /// The member is always written, sent or not.
    Shown,
}

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Boolean,
    Double,
    Bytes,
    Time,
    MicroTime,
    Quantity,
    IntOrString,
    /// JSON as bytes: `runtime.RawExtension` and `metav1.FieldsV1`.
    Json,
    /// A schema of a custom resource, or what JSON may have in its place.
    SchemaOr(Other),
    Message(String),
}

/// What stands in the place of a schema (k8s.io/apiextensions-apiserver, `JSONSchemaPropsOr…`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Other {
    /// A list of schemas.
    List,
    /// Whether any value is allowed.
    Bool,
    /// A list of names.
    Texts,
}

struct Schema {
    messages: BTreeMap<String, Message>,
    kinds: BTreeMap<(String, String), String>,
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| read(include_str!("messages.txt")));

/// The message of a kind.
pub(super) fn of_kind(api_version: &str, kind: &str) -> Option<&'static Message> {
    // Options and Status belong to every group.
    let general = ["DeleteOptions", "Status", "APIVersions", "APIResourceList"].contains(&kind);
    let api_version = if general { "v1" } else { api_version };
    let api_version = if api_version == "meta.k8s.io/v1beta1" { "meta.k8s.io/v1" } else { api_version };
    SCHEMA.kinds.get(&(api_version.to_owned(), kind.to_owned())).map(|name| named(name))
}

/// The message of a schema in a definition.
pub(super) const OF_SCHEMAS: &str = "extensions.Schema";

/// The message with this name; panics if the table lacks it.
pub(super) fn named(name: &str) -> &'static Message {
    SCHEMA.messages.get(name).unwrap_or_else(|| panic!("messages.txt has no {name}"))
}

fn read(text: &str) -> Schema {
    let mut schema = Schema { messages: BTreeMap::new(), kinds: BTreeMap::new() };
    let mut current = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        if let Some((group_version, kind, message)) = kind_line(line) {
            schema.kinds.insert((group_version.to_owned(), kind.to_owned()), message.to_owned());
            continue;
        }
        let fields = match line.split_once(':').filter(|_| !line.starts_with(' ')) {
            Some((name, fields)) => {
                name.clone_into(&mut current);
                fields
            }
            None => line,
        };
        let message = schema.messages.entry(current.clone()).or_insert(Message { fields: Vec::new() });
        let fields = fields.split(',').map(str::trim).filter(|field| !field.is_empty());
        message.fields.extend(fields.map(|field| parse(field).unwrap_or_else(|| panic!("no field: {field}"))));
    }
    schema
}

fn kind_line(line: &str) -> Option<(&str, &str, &str)> {
    let (head, message) = line.strip_prefix('@')?.split_once(" = ")?;
    let (group_version, kind) = head.split_once(' ')?;
    Some((group_version, kind, message))
}

fn parse(field: &str) -> Option<Field> {
    let mut parts = field.split(' ');
    let (number, name, kind) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
    let (kind, zero) = match kind.as_bytes().last()? {
        b'?' => (&kind[..kind.len() - 1], Zero::Kept),
        b'!' => (&kind[..kind.len() - 1], Zero::Shown),
        _ => (kind, Zero::Omitted),
    };
    let (kind, many) = match kind.get(..2) {
        Some("[]") => (&kind[2..], Many::List),
        Some("{}") => (&kind[2..], Many::Map),
        _ => (kind, Many::One),
    };
    let kind = match kind {
        "string" => Kind::Text,
        "int" => Kind::Integer,
        "bool" => Kind::Boolean,
        "double" => Kind::Double,
        "bytes" => Kind::Bytes,
        "time" => Kind::Time,
        "microtime" => Kind::MicroTime,
        "quantity" => Kind::Quantity,
        "intstr" => Kind::IntOrString,
        "raw" | "fields" => Kind::Json,
        "schema|list" => Kind::SchemaOr(Other::List),
        "schema|bool" => Kind::SchemaOr(Other::Bool),
        "schema|texts" => Kind::SchemaOr(Other::Texts),
        message => Kind::Message(message.to_owned()),
    };
    Some(Field { number, name: name.to_owned(), embedded: name == "-", many, kind, zero })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_referenced_message_exists() {
        let named =
            SCHEMA.messages.values().flat_map(|message| &message.fields).filter_map(|field| match &field.kind {
                Kind::Message(name) => Some(name),
                _ => None,
            });
        for name in named.chain(SCHEMA.kinds.values()) {
            assert!(SCHEMA.messages.contains_key(name), "{name}");
        }
    }

    #[test]
    fn numbers_are_unique_within_a_message() {
        for (name, message) in &SCHEMA.messages {
            let mut numbers: Vec<_> = message.fields.iter().map(|field| field.number).collect();
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!(numbers.len(), message.fields.len(), "{name}");
        }
    }
}
