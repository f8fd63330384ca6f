//! Regular expressions as Go reads them (RE2's syntax, package `regexp`): kube-apiserver takes patterns from users in
//! schemas and in CEL, and refuses or reads some differently than the `regex` crate does.
//!
//! [`syntax`] reads a pattern by Go's rules and writes it anew for the crate, which runs it. Both match leftmost-first.
//! Unicode tables are the crate's, which are newer than Go's (15.0).
pub use error::PatternError;
use regex::{Regex, RegexBuilder};

mod class;
mod cursor;
mod error;
mod piece;
mod syntax;
mod unicode;

/// Memory for a compiled pattern. Go has no such limit; the largest patterns it accepts fit.
const BYTES_MAX: usize = 256 << 20;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// Those of Go's `regexp.Compile`.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let written = syntax::rewrite(text)?;
        let regex = RegexBuilder::new(&written).size_limit(BYTES_MAX).nest_limit(5_000).build();
        let regex = regex.map_err(|_| PatternError::new("expression too large", text))?;
        Ok(Self { text: text.to_owned(), regex })
    }

    /// The pattern as the user wrote it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the pattern matches somewhere in a text.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The matches from left to right, as Go's `FindAllString`: an empty match right after a match is left out.
    pub fn find_all<'t>(&self, text: &'t str) -> impl Iterator<Item = &'t str> {
        self.regex.find_iter(text).map(|found| found.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    fn refused(text: &str) -> String {
        Pattern::new(text).map_or_else(|why| why.to_string(), |_| String::new())
    }

    #[test]
    fn errors_have_words_of_go() {
        for (text, code, part) in [
            ("a**", "invalid nested repetition operator", "**"),
            ("a*{2}", "invalid nested repetition operator", "*{2}"),
            ("a{2}+", "invalid nested repetition operator", "{2}+"),
            ("*", "missing argument to repetition operator", "*"),
            ("(?i)*", "missing argument to repetition operator", "*"),
            ("a|*", "missing argument to repetition operator", "*"),
            ("x{1001}", "invalid repeat count", "{1001}"),
            ("x{2,1}", "invalid repeat count", "{2,1}"),
            ("(x{100}){100}", "invalid repeat count", "{100}"),
            ("(?=a)", "invalid or unsupported Perl syntax", "(?="),
            ("(?<=a)", "invalid named capture", "(?<=a)"),
            ("(?x)a", "invalid or unsupported Perl syntax", "(?x"),
            ("(?P<n!>a)", "invalid named capture", "(?P<n!>"),
            (r"\<a", "invalid escape sequence", ""),
            (r"\C", "invalid escape sequence", r"\C"),
            (r"\1", "invalid escape sequence", r"\1"),
            (r"[[:bad:]]", "invalid character class range", "[:bad:]"),
            (r"\p{Nope}", "invalid character class range", r"\p{Nope}"),
            (r"\p{Old_Italic}", "invalid character class range", r"\p{Old_Italic}"),
            ("[b-a]", "invalid character class range", "b-a"),
            ("[a--b]", "invalid character class range", "a--"),
            ("[a", "missing closing ]", "[a"),
            ("(a", "missing closing )", "(a"),
            ("a)", "unexpected )", "a)"),
            ("a\\", "trailing backslash at end of expression", ""),
        ] {
            let wanted = if text == r"\<a" { String::new() } else { format!("error parsing regexp: {code}: `{part}`") };
            assert_eq!(refused(text), wanted, "{text}");
        }
    }

    #[test]
    fn patterns_match_as_in_go() {
        for (text, yes, no) in [
            (r"^\d+$", "12", "١٢"),
            (r"^\w+$", "a_1", "é"),
            (r"^\s$", " ", "\u{a0}"),
            (r"^\s$", "\t", "\u{b}"),
            (r"a\b", "aé", "ab"),
            (r"^\Qa.b\E$", "a.b", "axb"),
            (r"^\Qa.b", "a.b", "axb"),
            (r"^[+--]$", ",", "a"),
            (r"^[a&&b]$", "&", "c"),
            (r"^[[a]$", "[", "b"),
            (r"a\z", "ba", "ab"),
            ("^a$", "a", "a\n"),
            ("(?m)^a$", "b\na\nc", "ba"),
            ("^a.b$", "axb", "a\nb"),
            ("(?s)^a.b$", "a\nb", "ab"),
            ("^(?i:k)$", "\u{212a}", "l"),
            (r"^(?i)\w$", "\u{17f}", "é"),
            (r"^\W$", "é", "e"),
            (r"^[^\D5]$", "4", "5"),
            ("^{1}x{,2}$", "x{,2}", "x"),
            (r"^[[:word:]]+$", "a_1", "-"),
            (r"^[[:^alpha:]]$", "1", "a"),
            (r"^\pL$", "é", "1"),
            (r"^\p{^Greek}$", "a", "α"),
            (r"^\x{41}\101\x41$", "AAA", "AA"),
            ("^(?<n>a)(?P<m>b)$", "ab", "a"),
            (r"^\-\_\ \<$", "-_ <", "-"),
            (r"^\x{D800}?a$", "a", "b"),
        ] {
            let pattern = Pattern::new(text).unwrap_or_else(|why| panic!("{text}: {why}"));
            assert!(pattern.is_match(yes), "{text} must match {yes:?}");
            assert!(!pattern.is_match(no), "{text} must not match {no:?}");
        }
    }

    #[test]
    fn empty_matches_follow_go() {
        let all = |text: &str, in_: &str| -> Vec<String> {
            Pattern::new(text).expect("it compiles").find_all(in_).map(str::to_owned).collect()
        };
        assert_eq!(all("a*", "baac"), ["", "aa", ""]);
        assert_eq!(all("", "ab"), ["", "", ""]);
        assert_eq!(all("(?U)a+", "aa"), ["a", "a"]);
    }

    #[test]
    fn deep_nesting_is_limited() {
        let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
        assert_eq!(refused(&nested(900)), "");
        assert!(refused(&nested(1001)).contains("expression nests too deeply"));
    }
}
