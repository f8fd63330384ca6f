//! Provenance of this build: its version, its commit, and the digest of the report that verified it.
//!
//! `GATEWAY_COMMIT` and `GATEWAY_VERIFICATION` are set where the release is built; `lockstep digest` prints the second.
//! A build without them says that it is unverified. A value that is neither stops the build.

/// Version of the package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Commit of the sources, as 40 hexadecimal digits; `unknown` without one.
pub const COMMIT: &str = given(option_env!("GATEWAY_COMMIT"), "unknown");
/// Digest of the verification report, as `sha256:` and 64 hexadecimal digits; `unverified` without one.
pub const VERIFICATION: &str = given(option_env!("GATEWAY_VERIFICATION"), UNVERIFIED);

const UNVERIFIED: &str = "unverified";

const _: () = {
    assert!(fits(option_env!("GATEWAY_COMMIT"), "", 40), "GATEWAY_COMMIT is not 40 hexadecimal digits");
    assert!(
        fits(option_env!("GATEWAY_VERIFICATION"), "sha256:", 64),
        "GATEWAY_VERIFICATION is not sha256: and 64 hexadecimal digits: take what `lockstep digest` prints"
    );
};

/// What was given, or a word for nothing.
const fn given(value: Option<&'static str>, otherwise: &'static str) -> &'static str {
    match value {
        Some(value) if !value.is_empty() => value,
        _ => otherwise,
    }
}

/// Whether a value is absent, or the prefix and as many lower-case hexadecimal digits.
const fn fits(value: Option<&'static str>, prefix: &str, digits: usize) -> bool {
    let (text, prefix) = (given(value, "").as_bytes(), prefix.as_bytes());
    let mut at = 0;
    while at < text.len() {
        let fits = if at < prefix.len() {
            text[at] == prefix[at]
        } else {
            text[at].is_ascii_digit() || matches!(text[at], b'a'..=b'f')
        };
        if !fits {
            return false;
        }
        at += 1;
    }
    at == 0 || at == prefix.len() + digits
}

/// What `gateway --version` prints after the name.
pub fn version() -> String {
    let verified = if VERIFICATION == UNVERIFIED { "unverified build" } else { VERIFICATION };
    format!("{VERSION}\ncommit {COMMIT}\nverification {verified}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_and_empty_values_are_alike() {
        assert_eq!(
            [given(None, "unknown"), given(Some(""), "unknown"), given(Some("a"), "unknown")],
            ["unknown", "unknown", "a"]
        );
    }

    #[test]
    fn digits_are_counted_exactly() {
        let of = |text: &'static str| fits(Some(text), "a:", 4);
        assert_eq!(
            ["a:09af", "", "a:09a", "a:09afa", "a:09aF", "b:09af", "a:"].map(of),
            [true, true, false, false, false, false, false]
        );
        assert!(fits(None, "a:", 4));
    }

    #[test]
    fn version_has_three_lines() {
        let text = version();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() == 3 && lines[1].starts_with("commit ") && lines[2].starts_with("verification "), "{text}");
    }
}
