//! Formats of strings, as the real server checks them in custom resources
//! (k8s.io/apiextensions-apiserver/pkg/apiserver/validation/formats.go, k8s.io/kube-openapi/pkg/validation/strfmt).
//!
//! Names are compared without hyphens. An unknown format is not checked, nor is one on another type than string.
use crate::base::{
    golang::{address, address::Prefix, duration, mail, url::Url},
    pattern::Pattern,
    timestamp,
};
use std::{net::IpAddr, sync::LazyLock};

/// A check of a text.
type Check = fn(&str) -> bool;

/// The formats, by their names without hyphens.
const KNOWN: [(&str, Check); 26] = [
    ("bsonobjectid", |text| text.len() == 24 && text.bytes().all(|b| b.is_ascii_hexdigit())),
    ("uri", |text| Url::parse(text).is_ok()),
    ("email", mail::is_address),
    ("hostname", is_hostname),
    ("ipv4", |text| text.contains('.') && address::ip_sloppy(text).is_some()),
    ("ipv6", is_ipv6),
    ("cidr", |text| Prefix::parse_sloppy(text).is_some()),
    ("mac", address::is_mac),
    ("uuid", |text| is_uuid(text, None)),
    ("uuid3", |text| is_uuid(text, Some('3'))),
    ("uuid4", |text| is_uuid(text, Some('4'))),
    ("uuid5", |text| is_uuid(text, Some('5'))),
    ("isbn", |text| is_isbn10(text) || is_isbn13(text)),
    ("isbn10", is_isbn10),
    ("isbn13", is_isbn13),
    ("creditcard", is_credit_card),
    ("ssn", |text| text.len() == 11 && SSN.is_match(text)),
    ("hexcolor", |text| HEX_COLOR.is_match(text)),
    ("rgbcolor", |text| RGB_COLOR.is_match(text)),
    ("byte", |text| BASE64.is_match(text)),
    ("password", |_| true),
    ("date", timestamp::is_date),
    ("duration", |text| duration::parse_format(text).is_some()),
    ("datetime", timestamp::is_date_time),
    ("k8sshortname", |text| text.len() <= 63 && is_short_name(text)),
    ("k8slongname", |text| text.len() <= 253 && text.split('.').all(is_short_name)),
];

/// A format that is checked, with its name as the schema has it.
#[derive(Debug, Clone)]
pub(crate) struct TextFormat {
    pub(super) name: String,
    check: Check,
}

impl TextFormat {
    /// The format of this name, if it is known.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let plain = name.replace('-', "");
        let (_, check) = KNOWN.iter().find(|(known, _)| *known == plain)?;
        Some(Self { name: name.to_owned(), check: *check })
    }

    pub(super) fn accepts(&self, text: &str) -> bool {
        (self.check)(text)
    }
}

static HOSTNAME: LazyLock<Pattern> = LazyLock::new(|| {
    let (any, letter) = (r"[a-zA-Z0-9\p{S}\p{L}]", r"[a-zA-Z\p{L}]");
    let short = format!(r"{any}((-?{any}{{0,62}})?)");
    let label = format!(r"{any}(([a-zA-Z0-9-\p{{S}}\p{{L}}]{{0,61}}{any})?)");
    fixed(&format!(r"^({short}|({label}(\.)){{1,}}({letter}){{2,63}})$"))
});
static CREDIT_CARD: LazyLock<Pattern> = LazyLock::new(|| {
    fixed(concat!(
        "^(4[0-9]{12}([0-9]{3})?|5[1-5][0-9]{14}|6(011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}",
        "|3(0[0-5]|[68][0-9])[0-9]{11}|(2131|1800|35[0-9]{3})[0-9]{11})$"
    ))
});
static SSN: LazyLock<Pattern> = LazyLock::new(|| fixed("^[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}$"));
static HEX_COLOR: LazyLock<Pattern> = LazyLock::new(|| fixed("^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"));
static RGB_COLOR: LazyLock<Pattern> = LazyLock::new(|| {
    let part = r"\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*";
    fixed(&format!(r"^rgb\({part},{part},{part}\)$"))
});
static BASE64: LazyLock<Pattern> =
    LazyLock::new(|| fixed("^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$"));

fn fixed(text: &str) -> Pattern {
    Pattern::new(text).unwrap_or_else(|why| panic!("a pattern of this file does not compile: {why}"))
}

fn is_hostname(text: &str) -> bool {
    HOSTNAME.is_match(text) && text.len() <= 255 && text.split('.').all(|label| label.len() <= 63)
}

/// IPv6 is read strictly, in contrast to IPv4.
fn is_ipv6(text: &str) -> bool {
    text.contains(':') && matches!(address::ip(text), Some(IpAddr::V6(_)))
}

/// Hyphens between the five groups are optional; versions 4 and 5 have a variant.
fn is_uuid(text: &str, version: Option<char>) -> bool {
    let mut rest = text;
    for (index, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if index > 0 {
            rest = rest.strip_prefix('-').unwrap_or(rest);
        }
        let Some(group) = rest.get(..length).filter(|group| group.bytes().all(|b| b.is_ascii_hexdigit())) else {
            return false;
        };
        let first = group.chars().next().unwrap_or_default().to_ascii_lowercase();
        let fits = match (index, version) {
            (2, Some(version)) => first == version,
            (3, Some('4' | '5')) => matches!(first, '8' | '9' | 'a' | 'b'),
            _ => true,
        };
        if !fits {
            return false;
        }
        rest = &rest[length..];
    }
    rest.is_empty()
}

/// The characters of an ISBN without spaces and hyphens.
fn isbn(text: &str) -> Vec<u8> {
    text.bytes().filter(|b| !matches!(b, b'-' | b' ' | b'\t' | b'\n' | 0xC | b'\r')).collect()
}

fn is_isbn10(text: &str) -> bool {
    let bytes = isbn(text);
    let digits = bytes.iter().take(9).filter(|b| b.is_ascii_digit()).count();
    if bytes.len() != 10 || digits != 9 || !(bytes[9].is_ascii_digit() || bytes[9] == b'X') {
        return false;
    }
    let value = |b: u8| if b == b'X' { 10 } else { u32::from(b - b'0') };
    (1..).zip(&bytes).map(|(weight, b)| weight * value(*b)).sum::<u32>() % 11 == 0
}

fn is_isbn13(text: &str) -> bool {
    let bytes = isbn(text);
    let weights = [1, 3].into_iter().cycle();
    bytes.len() == 13
        && bytes.iter().all(u8::is_ascii_digit)
        && weights.zip(&bytes).map(|(weight, b)| weight * u32::from(b - b'0')).sum::<u32>() % 10 == 0
}

/// Any characters between the digits are ignored; the last digit is Luhn's check.
fn is_credit_card(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let sum = digits.bytes().rev().enumerate().map(|(index, b)| {
        let doubled = u32::from(b - b'0') * if index % 2 == 1 { 2 } else { 1 };
        doubled / 10 + doubled % 10
    });
    CREDIT_CARD.is_match(&digits) && sum.sum::<u32>() % 10 == 0
}

fn is_short_name(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let ends = text.bytes().next().is_some_and(inner) && text.bytes().last().is_some_and(inner);
    ends && text.bytes().all(|b| inner(b) || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::TextFormat;

    fn check(name: &str, good: &[&str], bad: &[&str]) {
        let format = TextFormat::parse(name).unwrap_or_else(|| panic!("{name} is known"));
        for text in good {
            assert!(format.accepts(text), "{text:?} is a {name}");
        }
        for text in bad {
            assert!(!format.accepts(text), "{text:?} is not a {name}");
        }
    }

    #[test]
    fn network_formats_follow_go() {
        check("ipv4", &["1.2.3.4", "01.2.3.4", "::ffff:1.2.3.4"], &["1.2.3", "::1", "1.2.3.4/8", ""]);
        check("ipv6", &["::1", "::ffff:1.2.3.4"], &["1.2.3.4", "::1%eth0", ":::"]);
        check("cidr", &["10.0.0.0/8", "010.0.0.1/08", "::/0"], &["10.0.0.0", "10.0.0.0/33"]);
        check("mac", &["01:23:45:67:89:ab"], &["01:23:45:67:89"]);
        check("hostname", &["a", "a.example", "1.example", "é.com"], &["", "a_b", "-a", "a.b1-", "a..b"]);
        check("uri", &["http://a", "/a", "mailto:x"], &["", "a", "http://a b"]);
        check("email", &["a@b", "A <a@b>"], &["a", "@b"]);
    }

    #[test]
    fn numbers_have_check_digits() {
        check("isbn10", &["0321751043", "0-321-75104-3", "097522980X"], &["0321751044", "032175104"]);
        check("isbn13", &["978-0321751041"], &["978-0321751042"]);
        check("isbn", &["0321751043", "9780321751041"], &["1"]);
        check("creditcard", &["4111-1111-1111-1111", "4111x1111x1111x1111"], &["4111111111111112", "1", ""]);
        check("ssn", &["111-11-1111", "111 11-1111"], &["111111111", "111-11-111a"]);
    }

    #[test]
    fn other_formats_are_known() {
        check("uuid", &["123E4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000"], &["123e4567"]);
        check("uuid3", &["123e4567-e89b-32d3-0456-426614174000"], &["123e4567-e89b-12d3-a456-426614174000"]);
        check(
            "uuid4",
            &["123e4567-e89b-42d3-a456-426614174000"],
            &["123e4567-e89b-42d3-0456-426614174000", "123e4567-e89b-52d3-a456-426614174000"],
        );
        check("hexcolor", &["#fff", "ABCDEF"], &["#ffff", ""]);
        check("rgbcolor", &["rgb(0, 255,1)"], &["rgb(256,0,0)", "rgb(00,0,0)"]);
        check("byte", &["YQ==", "YWFh"], &["", "YQ=", "Y-_h"]);
        check("duration", &["1h", "22 ns", "3 weeks"], &["", "x"]);
        check("date-time", &["2026-03-01T10:00:00Z"], &["2026-03-01"]);
        check("bsonobjectid", &["507f1f77bcf86cd799439011"], &["507f1f77bcf86cd79943901"]);
        check("password", &["", "x"], &[]);
        check("k8s-short-name", &["a-1"], &["A", "a.b", ""]);
        check("k8s-long-name", &["a-1.b"], &["a..b", "a_b"]);
        assert!(TextFormat::parse("semver").is_none());
    }
}
