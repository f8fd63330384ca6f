//! The identity of a fault: SHA-256 over the resolved top-level owner, and nothing else.
//!
//! The alert's name is not part of it, so that two alerts, or an alert and an event, about one Deployment share it. The
//! input is the existing gateway's, byte for byte, with `:` unescaped, so that replicas of both agree.
use super::alert::Target;
use sha2::{Digest, Sha256};

/// The fingerprint of a fault of `target` in `cluster` (`None` for this one): 64 lower-case hexadecimal digits.
pub fn of(cluster: Option<&str>, target: &Target) -> String {
    let mut digest = Sha256::new();
    if let Some(cluster) = cluster {
        digest.update(cluster);
        digest.update(":");
    }
    for (separator, part) in [("", &target.namespace), (":", &target.kind), (":", &target.name)] {
        digest.update(separator);
        digest.update(part);
    }
    hex(&digest.finalize())
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(namespace: &str, kind: &str, name: &str) -> Target {
        Target { kind: kind.into(), name: name.into(), namespace: namespace.into(), api_version: None }
    }

    // The expected values are from `printf 'payments:Deployment:checkout' | sha256sum` and the like.
    #[test]
    fn fingerprint_is_the_digest_of_the_target() {
        assert_eq!(
            of(None, &target("payments", "Deployment", "checkout")),
            "5fd21205f2898c4d4d98671782ecab6fbbc14932881a17398c05fc7b0d06c331"
        );
        assert_eq!(
            of(None, &target("", "Node", "worker-4.example.internal")),
            "4c5124869349fdb844ab860ac5e56b95410a1b0bc19026ba31e578918fa50d72"
        );
    }

    #[test]
    fn cluster_comes_before_the_target() {
        assert_eq!(
            of(Some("prod-eu"), &target("", "Node", "worker-3")),
            "40a0bad5c6954a468c5fb453e2a8c04d8df1806a0577d4014754d20144dc167f"
        );
    }

    #[test]
    fn api_version_does_not_change_it() {
        let with = Target { api_version: Some("apps/v1".into()), ..target("a", "Deployment", "b") };
        assert_eq!(of(None, &with), of(None, &target("a", "Deployment", "b")));
    }
}
