//! Names from outside: which texts may become part of a request's path.
//!
//! Senders choose the values of labels and the objects of events. The author of a Pod chooses its owner references. A
//! `?`, a `#`, a `%` or a `..` in a path would read another object than the one that is named.

/// The longest name of an object, in bytes.
const NAME_BYTES_MAX: usize = 253;
/// The longest name of a namespace, in bytes.
const NAMESPACE_BYTES_MAX: usize = 63;

/// Whether `name` is a DNS subdomain, as most kinds require. A value such as `monitoring/k8s` does not name an object.
pub(super) fn is_object_name(name: &str) -> bool {
    name.len() <= NAME_BYTES_MAX && name.split('.').all(is_label_of_a_name)
}

/// Whether `label` may be one of the dot-separated labels of a name. The limit is the existing gateway's.
pub(super) fn is_label_of_a_name(label: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = label.as_bytes();
    bytes.len() <= NAME_BYTES_MAX
        && bytes.first().copied().is_some_and(alphanumeric)
        && bytes.last().copied().is_some_and(alphanumeric)
        && bytes.iter().all(|byte| alphanumeric(*byte) || *byte == b'-')
}

/// Whether `name` may be the name of any kind's object: roles are called `system:node`, for example.
pub(super) fn is_path_segment(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:@~".contains(&byte);
    !matches!(name, "" | "." | "..") && name.len() <= NAME_BYTES_MAX && name.bytes().all(allowed)
}

/// Whether `namespace` may be the name of a namespace.
pub(super) fn is_namespace(namespace: &str) -> bool {
    namespace.len() <= NAMESPACE_BYTES_MAX && is_label_of_a_name(namespace)
}

/// Whether `kind` may be a kind, as in `Deployment`.
pub(super) fn is_kind(kind: &str) -> bool {
    let letters = kind.bytes().all(|byte| byte.is_ascii_alphanumeric());
    letters && kind.len() <= NAMESPACE_BYTES_MAX && kind.starts_with(|first: char| first.is_ascii_alphabetic())
}

/// Whether `version` may be an apiVersion, as in `apps/v1`.
pub(super) fn is_api_version(version: &str) -> bool {
    let (group, version) = version.split_once('/').unwrap_or(("core", version));
    is_object_name(group) && is_label_of_a_name(version)
}

/// Whether `text` may be the key or the value of a label that a selector compares.
pub(super) fn is_selectable(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._/".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_objects_are_path_segments() {
        for name in ["checkout", "worker-4.example.internal", "system:node", "A_b~c@d"] {
            assert!(is_path_segment(name), "{name}");
        }
        let long = "a".repeat(254);
        for name in
            ["", ".", "..", "a/b", "a?b", "a#b", "a%2Fb", "a b", "a\nb", "a\u{0}b", "a;b", "a\\b", "é", "a\"b", &long]
        {
            assert!(!is_path_segment(name) && !is_object_name(name), "{name}");
        }
    }

    #[test]
    fn namespaces_kinds_and_versions_are_words() {
        assert!(is_namespace("kube-system") && is_kind("HTTPRoute") && is_api_version("v1"));
        assert!(is_api_version("gateway.networking.k8s.io/v1beta1"));
        assert!(!is_namespace("a.b") && !is_namespace("") && !is_namespace(&"a".repeat(64)));
        for text in ["", "..", "a/b/c", "a?", "a b", "pods%2F", "v1\r\n"] {
            assert!(!is_kind(text) && !is_api_version(text), "{text}");
        }
    }
}
