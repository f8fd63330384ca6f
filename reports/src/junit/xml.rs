//! Text in XML 1.0: its special characters escaped, and those that it cannot have replaced.

/// The text as the content of an element.
pub(super) fn text(text: &str) -> String {
    escaped(text, |c| c == '\n' || c == '\t')
}

/// The text as the value of an attribute in double quotes, where a line would otherwise become a blank.
pub(super) fn attribute(text: &str) -> String {
    escaped(text, |_| false)
}

fn escaped(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' if is_kept(c) => escaped.push(c),
            '\n' | '\t' | '\r' => escaped.push_str(&format!("&#{};", u32::from(c))),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_well_formed() {
        let strange = "a<b> & \"c\"\r\n\u{1b}[31m\0é\u{ffff}";
        assert_eq!(text(strange), "a&lt;b&gt; &amp; &quot;c&quot;&#13;\n\u{fffd}[31m\u{fffd}é\u{fffd}");
        assert_eq!(attribute("one\ntwo"), "one&#10;two");
    }
}
