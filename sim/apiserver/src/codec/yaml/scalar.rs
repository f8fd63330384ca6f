//! The meaning of plain scalars (go.yaml.in/yaml/v2, resolve.go), and hence which strings need quotes.
use serde_json::{Number, Value};

/// The value of a plain scalar: null, a boolean, a number or, usually, the string itself.
pub(super) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => true.into(),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => false.into(),
        _ => number(text).map_or_else(|| text.into(), Value::Number),
    }
}

/// Whether a string without quotes would be read as another type.
pub(super) fn is_ambiguous(text: &str) -> bool {
    let special = [".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "<<"];
    let unsigned = text.trim_start_matches(['+', '-']);
    !resolve(text).is_string() || special.contains(&unsigned) || is_timestamp(text) || is_base_60(text)
}

fn number(text: &str) -> Option<Number> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return None;
    }
    let plain = text.replace('_', "");
    let (negative, digits) = match plain.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    if let Some(magnitude) = integer(digits) {
        return match (negative, i64::try_from(magnitude)) {
            (true, Ok(n)) => Some((-n).into()),
            (true, Err(_)) => None,
            (false, _) => Some(magnitude.into()),
        };
    }
    let point = digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
    let exponent = digits.split(['e', 'E']).next().unwrap_or_default();
    let real = point && exponent.chars().any(|c| c.is_ascii_digit());
    plain.parse::<f64>().ok().filter(|_| real).and_then(Number::from_f64)
}

/// Go's `ParseInt` with base 0, without the sign.
fn integer(digits: &str) -> Option<u64> {
    let radix = |prefix: [&str; 2]| prefix.iter().find_map(|p| digits.strip_prefix(p));
    if digits.starts_with(['+', '-']) {
        return None;
    }
    match () {
        () if radix(["0x", "0X"]).is_some() => u64::from_str_radix(radix(["0x", "0X"])?, 16).ok(),
        () if radix(["0o", "0O"]).is_some() => u64::from_str_radix(radix(["0o", "0O"])?, 8).ok(),
        () if radix(["0b", "0B"]).is_some() => u64::from_str_radix(radix(["0b", "0B"])?, 2).ok(),
        () if digits.len() > 1 && digits.starts_with('0') => u64::from_str_radix(digits, 8).ok(),
        () => digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit())),
    }
}

/// Whether a text is a timestamp: `2026-03-01`, optionally followed by a time.
fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    let parts: Vec<_> = text.splitn(3, '-').collect();
    let [year, month, rest] = parts[..] else { return false };
    let digits = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    let day = rest.bytes().take_while(u8::is_ascii_digit).count();
    if !digits(year, 4..=4) || !digits(month, 1..=2) || !(1..=2).contains(&day) {
        return false;
    }
    let after = &rest[day..];
    if after.is_empty() {
        return bytes.len() == 10;
    }
    let time = after.strip_prefix(['T', 't']).unwrap_or_else(|| after.trim_start());
    time.len() < after.len() && time.split(':').count() >= 3 && time.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a text is a base-60 number: YAML 1.1 reads `1:30` as ninety.
fn is_base_60(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !digits.contains(':') || !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let mut parts = digits.split(':');
    let first = parts.next().unwrap_or_default();
    let whole = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let rest: Vec<_> = parts.collect();
    whole(first)
        && rest.iter().enumerate().all(|(i, part)| {
            let (minutes, fraction) = part.split_once('.').unwrap_or((part, ""));
            let last = i + 1 == rest.len();
            whole(minutes)
                && minutes.parse::<u32>().is_ok_and(|n| n < 60)
                && minutes.len() <= 2
                && (last || !part.contains('.'))
                && fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_have_types_of_version_1_1() {
        let cases = [
            ("yes", Value::from(true)),
            ("off", false.into()),
            ("0x10", 16.into()),
            ("010", 8.into()),
            ("-7", (-7).into()),
            ("1_000", 1000.into()),
            ("1.5e3", 1500.0.into()),
            ("~", Value::Null),
            ("1.2.3", "1.2.3".into()),
            ("e5", "e5".into()),
            ("-", "-".into()),
        ];
        for (text, value) in cases {
            assert_eq!(resolve(text), value, "{text}");
        }
    }

    #[test]
    fn strings_that_look_like_other_types_need_quotes() {
        for text in ["true", "12", "2026-03-01", "2026-03-01T10:00:00Z", "1:30", "", "null", "<<", ".inf"] {
            assert!(is_ambiguous(text), "{text}");
        }
        for text in ["alert", "v1", "1.2.3", "a:b", "10.0.0.1", "2026-3", "aaaa"] {
            assert!(!is_ambiguous(text), "{text}");
        }
    }
}
