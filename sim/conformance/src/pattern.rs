//! Shell patterns over names of cases and JSON pointers: `*`, and `[!x]` for any byte but one.

/// Whether a pattern matches a whole text.
pub fn matches(pattern: &str, text: &str) -> bool {
    matches_bytes(pattern.as_bytes(), text.as_bytes())
}

fn matches_bytes(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => matches_bytes(rest, text) || (!text.is_empty() && matches_bytes(pattern, &text[1..])),
        ([b'[', b'!', not, b']', rest @ ..], [byte, text @ ..]) => byte != not && matches_bytes(rest, text),
        ([a, rest @ ..], [b, text @ ..]) => a == b && matches_bytes(rest, text),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_texts() {
        assert!(matches("lists/*", "lists/pages") && matches("a/*-rv-*", "a/put-rv-x") && matches("a/b", "a/b"));
        assert!(!matches("lists/page", "lists/pages") && !matches("lists/*-x", "lists/pages"));
        assert!(matches("a/[!0]*", "a/1x") && !matches("a/[!0]*", "a/0x"));
    }
}
