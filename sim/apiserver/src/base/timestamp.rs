//! Times in the forms of Kubernetes: `metav1.Time`, `metav1.MicroTime` and the `date-time` format of schemas.
use super::{go_text::quoted, golang::time};
use jiff::{Timestamp, civil};

/// Go's zero time.
pub(crate) const ZERO: &str = "0001-01-01T00:00:00Z";

/// Parses a time in RFC 3339; None for any other text.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    text.parse().ok().filter(|_| text != ZERO)
}

/// Formats a `metav1.MicroTime`.
pub(crate) fn micros(at: Timestamp) -> String {
    format!("{at:.6}")
}

/// Formats a `metav1.Time`: UTC, whole seconds.
pub(crate) fn seconds(at: Timestamp) -> String {
    format!("{at:.0}")
}

/// A time by one of the two layouts of Kubernetes, as the server writes it: in UTC, and without a fraction unless the
/// layout has one; None for Go's zero time.
///
/// # Errors
/// Go's message for a text that does not match the layout.
pub(crate) fn normalised(layout: &'static str, text: &str) -> Result<Option<String>, String> {
    let parsed = time::parse(layout, text)?;
    let outside = |_| format!("parsing time {}: year out of range", quoted(text));
    let at = parsed.civil.to_zoned(jiff::tz::TimeZone::UTC).map_err(outside)?.timestamp();
    let at = at.checked_sub(jiff::SignedDuration::from_secs(parsed.offset.into())).map_err(outside)?;
    if layout == time::MICRO {
        return Ok(Some(micros(at)).filter(|text| text != "0001-01-01T00:00:00.000000Z"));
    }
    Ok(Some(seconds(at)).filter(|text| text != ZERO))
}

/// Whether a text is a `date-time` by the rules of go-openapi's strfmt: any fraction, upper or lower case, a zone.
pub(crate) fn is_date_time(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    let Some(rest) = upper.get(19..) else { return false };
    if civil_seconds(&upper[..19]).is_none() {
        return false;
    }
    let zone = rest.strip_prefix('.').map_or(rest, |f| f.trim_start_matches(|c: char| c.is_ascii_digit()));
    let bare_point = rest.starts_with('.') && zone.len() + 1 == rest.len();
    !bare_point && (zone == "Z" || is_offset(zone))
}

/// Whether a text is a `date`: `2026-03-01`.
pub(crate) fn is_date(text: &str) -> bool {
    text.len() == 10 && civil_seconds(&format!("{text}T00:00:00")).is_some()
}

/// Parses `2026-03-01T10:00:00`, with each part in its range.
fn civil_seconds(text: &str) -> Option<civil::DateTime> {
    let bytes = text.as_bytes();
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if bytes.len() != 19 || marks.iter().any(|(at, mark)| bytes[*at] != *mark) {
        return None;
    }
    let number = |from: usize, to: usize| {
        bytes[from..to].iter().try_fold(0_i16, |n, b| b.is_ascii_digit().then(|| n * 10 + i16::from(b - b'0')))
    };
    let small = |from: usize| number(from, from + 2).and_then(|n| i8::try_from(n).ok());
    civil::DateTime::new(number(0, 4)?, small(5)?, small(8)?, small(11)?, small(14)?, small(17)?, 0).ok()
}

fn is_offset(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 6
        && matches!(bytes[0], b'+' | b'-')
        && bytes[3] == b':'
        && [1, 2, 4, 5].iter().all(|i| bytes[*i].is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn micro_time_needs_six_digits_and_zone() {
        let utc = |text: &str| normalised(time::MICRO, text);
        assert_eq!(utc("2026-03-01T10:00:00.123456Z"), Ok(Some("2026-03-01T10:00:00.123456Z".to_owned())));
        for text in
            ["2026-03-01T10:00:00Z", "2026-03-01T10:00:00.123Z", "2026-03-01T10:00:00.123456789Z", "2026-03-01", ""]
        {
            assert!(utc(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_become_utc() {
        let utc = |layout, text: &str| normalised(layout, text).unwrap().unwrap();
        assert_eq!(utc(time::MICRO, "2026-03-01T10:00:00.000000+02:00"), "2026-03-01T08:00:00.000000Z");
        assert_eq!(utc(time::MICRO, "2026-03-01T10:00:00,120000Z"), "2026-03-01T10:00:00.120000Z");
        assert_eq!(utc(time::RFC3339, "2026-03-01T10:00:00.7-01:00"), "2026-03-01T11:00:00Z");
        assert_eq!(normalised(time::RFC3339, ZERO), Ok(None));
    }

    #[test]
    fn date_time_needs_valid_day_and_zone() {
        assert!(is_date_time("2026-03-01T10:00:01+02:00"));
        assert!(is_date_time("2026-03-01t10:00:01.5z"));
        for text in ["yesterday", "2026-03-01T10:00:00", "2026-02-30T10:00:00Z", "2026-03-01T10:00:00.Z"] {
            assert!(!is_date_time(text), "{text}");
        }
    }
}
