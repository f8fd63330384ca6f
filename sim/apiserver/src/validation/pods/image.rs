//! The tag in the name of an image (k8s.io/kubernetes/pkg/util/parsers, github.com/distribution/reference).

/// The tag by default.
const LATEST: &str = "latest";

/// The pull policy of a container that names none: an image without a fixed tag is pulled again.
pub(super) fn pull_policy(image: &str) -> &'static str {
    if tag(image) == Some(LATEST) { "Always" } else { "IfNotPresent" }
}

/// The tag of an image; None for one with a digest, and for a name that is not an image's.
fn tag(image: &str) -> Option<&str> {
    let (name, digest) = image.split_once('@').map_or((image, false), |(name, _)| (name, true));
    let last = name.rsplit('/').next().unwrap_or(name);
    let (repository, tag) = match last.split_once(':') {
        Some((_, tag)) => (&name[..name.len() - tag.len() - 1], Some(tag)),
        None => (name, None),
    };
    if !is_repository(repository) {
        return None;
    }
    tag.or((!digest).then_some(LATEST))
}

/// Whether the parts of a path are lower case; a domain may precede them.
fn is_repository(name: &str) -> bool {
    let mut parts = name.split('/').peekable();
    let first = parts.peek().copied().unwrap_or_default();
    let has_domain = name.contains('/') && (first.contains(['.', ':']) || first == "localhost");
    if has_domain {
        parts.next();
    }
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let fits = |part: &str| {
        let bytes = part.as_bytes();
        let ends = [bytes.first(), bytes.last()].into_iter().all(|byte| byte.copied().is_some_and(is_letter));
        ends && bytes.iter().all(|byte| is_letter(*byte) || b"._-".contains(byte))
    };
    parts.all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_without_fixed_tag_are_pulled_again() {
        for (image, policy) in [
            ("nginx", "Always"),
            ("nginx:latest", "Always"),
            ("nginx:1.27", "IfNotPresent"),
            ("registry.example.com:5000/a/b", "Always"),
            ("registry.example.com:5000/a/b:v1", "IfNotPresent"),
            ("a@sha256:0123", "IfNotPresent"),
            ("Nginx", "IfNotPresent"),
            ("", "IfNotPresent"),
        ] {
            assert_eq!(pull_policy(image), policy, "{image}");
        }
    }
}
