//! Quotes texts from outside for the log, so that none can look like a line of its own or fill the log.

/// The longest text that is logged, in characters.
const CHARACTERS_MAX: usize = 1_000;

/// `text` with control characters and quotes escaped, cut off at a thousand characters.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted: String = text.chars().take(CHARACTERS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(CHARACTERS_MAX).is_some() {
        quoted.push('…');
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_is_one_short_line() {
        let forged = "x\r\n{\"level\":\"INFO\"}\u{1b}[2J\u{2028}\u{202e}";
        let line = quoted(forged);
        assert!(!line.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{202e}')), "{line}");
        assert!(line.starts_with("x\\r\\n{\\\"level"), "{line}");
        assert_eq!(quoted(&"x".repeat(64 * 1024)).chars().count(), CHARACTERS_MAX + 1);
    }
}
