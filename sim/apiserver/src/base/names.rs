//! Validation of names, labels and qualified names (k8s.io/apimachinery/pkg/util/validation). Checked without regular
//! expressions, because every write is checked; the expressions only appear in the messages.

use super::addresses;

/// The rule for the names of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameRule {
    /// RFC 1123 subdomain: most kinds.
    Subdomain,
    /// RFC 1123 label: namespaces.
    Label,
    /// RFC 1035 label: services.
    ServiceLabel,
    /// Any segment of a path: roles and bindings.
    PathSegment,
    /// An IP address in its canonical form: addresses of services.
    Address,
}

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' \
    or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for \
    validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and \
    must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation \
    is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SERVICE_LABEL: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start \
    with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex \
    used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', \
    '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or \
    '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and \
    end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation \
    is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

impl NameRule {
    /// The errors in a name; empty if it is valid.
    pub(crate) fn check(self, name: &str) -> Vec<String> {
        let (most, fits, message) = match self {
            Self::PathSegment => return path_segment(name),
            Self::Address => return addresses::check(name).err().into_iter().collect(),
            Self::Subdomain => (253, name.split('.').all(is_label), SUBDOMAIN),
            Self::Label => (63, is_label(name), LABEL),
            Self::ServiceLabel => {
                let alphabetic = name.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
                (63, alphabetic && is_label(name), SERVICE_LABEL)
            }
        };
        let mut problems = Vec::new();
        if name.len() > most {
            problems.push(format!("must be no more than {most} characters"));
        }
        if !fits {
            let dots = self == Self::Label && name.split('.').all(is_label);
            problems.push(if dots { "must not contain dots" } else { message }.to_owned());
        }
        problems
    }

    /// The errors in the prefix of a name to be generated. A trailing dash is masked together with the character before
    /// it (maskTrailingDash in k8s.io/apimachinery/pkg/api/validation/generic.go).
    pub(crate) fn check_prefix(self, prefix: &str) -> Vec<String> {
        match prefix.strip_suffix('-') {
            _ if self == Self::PathSegment && matches!(prefix, "." | "..") => Vec::new(),
            Some(rest) if !rest.is_empty() && self != Self::PathSegment => {
                let kept = rest.char_indices().next_back().map_or(0, |(at, _)| at);
                self.check(&format!("{}a", &rest[..kept]))
            }
            _ => self.check(prefix),
        }
    }
}

/// The reasons why a name is not one segment of a path (k8s.io/apimachinery/pkg/api/validate/content/path.go).
fn path_segment(name: &str) -> Vec<String> {
    match name {
        "." | ".." => vec![format!("may not be '{name}'")],
        _ => ["/", "%"].iter().filter(|c| name.contains(**c)).map(|c| format!("may not contain '{c}'")).collect(),
    }
}

/// The errors in the value of a label.
pub(crate) fn label_value(value: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if value.len() > 63 {
        problems.push("must be no more than 63 bytes".to_owned());
    }
    if !value.is_empty() && !is_token(value) {
        problems.push(LABEL_VALUE.to_owned());
    }
    problems
}

/// The errors in the key of a label or annotation, or in a finalizer: an optional DNS prefix, a slash, a name
/// (content.IsLabelKey).
pub(crate) fn qualified_name(key: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let name = match key.split_once('/') {
        Some((_, name)) if name.contains('/') => {
            let rule = QUALIFIED.trim_start_matches("name part ");
            return vec![format!(
                "a valid label key {rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
        Some(("", name)) => {
            problems.push("prefix part must be non-empty".to_owned());
            name
        }
        Some((prefix, name)) => {
            // Here lengths are in bytes, in names of objects they are in characters: these are two functions.
            let found = NameRule::Subdomain.check(prefix).into_iter();
            problems.extend(found.map(|p| format!("prefix part {}", p.replace("253 characters", "253 bytes"))));
            name
        }
        None => key,
    };
    if name.is_empty() {
        problems.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        problems.push("name part must be no more than 63 bytes".to_owned());
    }
    if !is_token(name) {
        problems.push(QUALIFIED.to_owned());
    }
    problems
}

fn is_label(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    edges(text, plain) && text.bytes().all(|b| plain(b) || b == b'-')
}

fn is_token(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric();
    edges(text, plain) && text.bytes().all(|b| plain(b) || matches!(b, b'-' | b'_' | b'.'))
}

fn edges(text: &str, plain: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(|b| plain(*b)) && bytes.last().is_some_and(|b| plain(*b))
}
