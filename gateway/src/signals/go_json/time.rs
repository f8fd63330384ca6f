//! Timestamps as Go's time.Time reads them from JSON: RFC 3339, with the liberties of time.Parse.
//!
//! An hour may have one digit, a fraction any number and a comma, and an offset may be a whole day. Deliberately absent
//! is what jiff alone reads as well: a space for the `T`, small letters, a leap second.
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::Offset};

/// The instant that `text` names. One outside the years that jiff knows is the nearest that it knows.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let (date, clock) = text.as_bytes().split_at_checked(11)?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T'] = date else { return None };
    let digits = clock.iter().take_while(|byte| byte.is_ascii_digit()).count().min(2);
    let (hours, rest) = clock.split_at_checked(digits).filter(|_| digits > 0)?;
    let [b':', n1, n2, b':', s1, s2, rest @ ..] = rest else { return None };
    let (nanoseconds, zone) = fraction(rest);
    let small = |digits: &[u8]| i8::try_from(number(digits)?).ok();
    let civil = DateTime::new(
        i16::try_from(number(&[*y1, *y2, *y3, *y4])?).ok()?,
        small(&[*m1, *m2])?,
        small(&[*d1, *d2])?,
        small(hours)?,
        small(&[*n1, *n2])?,
        small(&[*s1, *s2])?,
        nanoseconds,
    );
    let (civil, offset) = (civil.ok()?, offset(zone)?);
    let nearest = if civil.year() < 1970 { Timestamp::MIN } else { Timestamp::MAX };
    let instant = Offset::UTC.to_timestamp(civil).ok().and_then(|instant| instant.checked_sub(offset).ok());
    Some(instant.unwrap_or(nearest))
}

/// The nanoseconds at the beginning of `text`, and the rest; digits beyond the ninth do not count.
fn fraction(text: &[u8]) -> (i32, &[u8]) {
    let Some((b'.' | b',', after)) = text.split_first() else { return (0, text) };
    let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 {
        return (0, text);
    }
    let digit = |at: usize| after[..digits].get(at).map_or(0, |digit| i32::from(digit - b'0'));
    ((0..9).fold(0, |sum, at| sum * 10 + digit(at)), &after[digits..])
}

fn offset(zone: &[u8]) -> Option<SignedDuration> {
    if zone == b"Z" {
        return Some(SignedDuration::ZERO);
    }
    let [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] = zone else { return None };
    let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
    let offset = SignedDuration::from_mins(i64::from(hours * 60 + minutes));
    (hours <= 24 && minutes <= 60).then_some(if *sign == b'-' { -offset } else { offset })
}

fn number(digits: &[u8]) -> Option<i32> {
    let digit = |sum: i32, byte: &u8| byte.is_ascii_digit().then(|| sum * 10 + i32::from(byte - b'0'));
    digits.iter().try_fold(0, digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_times_are_read_exactly() {
        for (text, expected) in [
            ("2026-11-20T16:52:14Z", "2026-11-20T16:52:14Z"),
            ("2026-11-20T16:52:14.8779604859Z", "2026-11-20T16:52:14.877960485Z"),
            ("2026-11-20T16:52:14.5+05:30", "2026-11-20T11:22:14.5Z"),
            ("2026-11-20T6:52:14,25+24:00", "2026-11-19T06:52:14.25Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59-23:59", "9999-12-30T22:00:00.999999999Z"),
        ] {
            assert_eq!(
                parse(text).expect(text).to_string(),
                expected.parse::<Timestamp>().expect("a time").to_string()
            );
        }
    }

    #[test]
    fn times_that_go_refuses_are_refused() {
        for text in [
            "",
            "soon",
            "2026-11-20",
            "2026-11-20T16:52:14",
            "2026-11-20 16:52:14Z",
            "2026-11-20t16:52:14z",
            "2026-11-20T16:52:60Z",
            "2026-11-20T24:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-11-20T16:52:14.Z",
            "2026-11-20T16:52:14+25:00",
            "2026-11-20T16:52:14+01:61",
            "2026-11-20T:52:14Z",
            "2026-11-20T016:52:14Z",
            "2026-11-20T16:52:14+0100",
            "2026-11-20T16:52:14+1:00",
            "2026-11-20T16:52:14Z[UTC]",
            "+026-11-20T16:52:14Z",
            "2026-11-20T16:52:1éZ",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
