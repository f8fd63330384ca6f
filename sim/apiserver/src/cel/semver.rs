//! Semantic versions (github.com/blang/semver, k8s.io/apiserver/pkg/cel/library/semverlib.go).
use crate::base::go_text::quoted;
use std::cmp::Ordering;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Semver {
    pub(crate) numbers: [u64; 3],
    pre: Vec<Part>,
}

/// Part of what comes before a release; a number is lower than a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Text(String),
}

impl Semver {
    /// Parses a version.
    ///
    /// # Errors
    /// Go's message.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("Version string empty".into());
        }
        let (Some((major, rest)), true) = (text.split_once('.'), text.matches('.').count() >= 2) else {
            return Err("No Major.Minor.Patch elements found".into());
        };
        let (minor, rest) = rest.split_once('.').unwrap_or((rest, ""));
        let (rest, build) = match rest.split_once('+') {
            Some((rest, build)) => (rest, Some(build)),
            None => (rest, None),
        };
        let (patch, pre) = match rest.split_once('-') {
            Some((patch, pre)) => (patch, Some(pre)),
            None => (rest, None),
        };
        let numbers = [number("major", major)?, number("minor", minor)?, number("patch", patch)?];
        let pre = pre.map(|pre| pre.split('.').map(part).collect()).transpose()?.unwrap_or_default();
        for part in build.iter().flat_map(|build| build.split('.')) {
            let wrong = |why: &str| Err(format!("{why} {part}", part = quoted(part)));
            if part.is_empty() {
                return Err("Build meta data is empty".into());
            }
            if !part.bytes().all(is_word) {
                return wrong("Invalid character(s) found in build meta data");
            }
        }
        Ok(Self { numbers, pre })
    }

    /// Parses a version that may have a `v`, leading zeros, and less than three numbers.
    ///
    /// # Errors
    /// Go's message.
    pub(crate) fn parse_tolerant(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let mut parts: Vec<String> = text.splitn(3, '.').map(str::to_owned).collect();
        for part in parts.iter_mut().filter(|part| part.len() > 1) {
            let short = part.trim_start_matches('0').to_owned();
            let has_digit = short.starts_with(|c: char| c.is_ascii_digit());
            *part = if has_digit { short } else { format!("0{short}") };
        }
        if parts.len() < 3 {
            if parts.last().is_some_and(|last| last.contains(['+', '-'])) {
                return Err("short version cannot contain PreRelease/Build meta data".into());
            }
            parts.resize(3, "0".to_owned());
        }
        Self::parse(&parts.join("."))
    }

    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        let pre = || match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            _ => self.pre.cmp(&other.pre),
        };
        self.numbers.cmp(&other.numbers).then_with(pre)
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

fn number(which: &str, text: &str) -> Result<u64, String> {
    let wrong = |why: &str| Err(format!("{why} {which} number {text}", text = quoted(text)));
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return wrong("Invalid character(s) found in");
    }
    if text.len() > 1 && text.starts_with('0') {
        return Err(format!("{} number must not contain leading zeroes {text}", capital(which), text = quoted(text)));
    }
    text.parse().map_err(|_| format!("strconv.ParseUint: parsing {text}: value out of range", text = quoted(text)))
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    format!("{}{rest}", first.to_ascii_uppercase())
}

fn part(text: &str) -> Result<Part, String> {
    if text.is_empty() {
        return Err("Prerelease is empty".into());
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        if text.len() > 1 && text.starts_with('0') {
            return Err(format!(
                "Numeric PreRelease version must not contain leading zeroes {text}",
                text = quoted(text)
            ));
        }
        return text.parse().map(Part::Number).map_err(|why| why.to_string());
    }
    if text.bytes().all(is_word) {
        return Ok(Part::Text(text.to_owned()));
    }
    Err(format!("Invalid character(s) found in prerelease {text}", text = quoted(text)))
}

#[cfg(test)]
mod tests {
    use super::Semver;

    #[test]
    fn versions_are_ordered() {
        let order = ["0.9.9", "1.0.0-1", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0", "1.0.1", "1.2.0", "10.0.0"];
        let parsed: Vec<Semver> = order.iter().map(|text| Semver::parse(text).expect("it is a version")).collect();
        assert!(parsed.windows(2).all(|pair| pair[0].compare(&pair[1]).is_lt()));
        for text in ["", "1", "1.0", "v1.0.0", "01.0.0", "1.0.0-", "1.0.0+", "1.0.0-01", "1.0.x"] {
            assert!(Semver::parse(text).is_err(), "{text}");
        }
        assert_eq!(Semver::parse_tolerant("v01.2"), Semver::parse("1.2.0"));
    }
}
