//! Timestamps: an instant and the offset in which it was written.
use jiff::{SignedDuration, Timestamp, civil, tz};

/// The seconds of the first and the last instant that there is: the years 1 to 9999.
const FIRST: i64 = -62_135_596_800;
const LAST: i64 = 253_402_300_799;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time {
    pub(crate) at: Timestamp,
    offset: i32,
}

impl Time {
    /// The time of an instant, in UTC; None out of range.
    pub(crate) fn utc(at: Timestamp) -> Option<Self> {
        (FIRST..=LAST).contains(&at.as_second()).then_some(Self { at, offset: 0 })
    }

    pub(crate) fn of_seconds(seconds: i64) -> Option<Self> {
        Timestamp::from_second(seconds).ok().and_then(Self::utc)
    }

    /// Parses RFC 3339 as Go does: a comma can be the point of the fraction.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let shaped =
            bytes.len() >= 20 && bytes[10] == b'T' && bytes[..10].iter().all(|b| b.is_ascii_digit() || *b == b'-');
        let zone = text.get(19..)?.find(['Z', '+', '-']).map(|at| &text[19 + at..])?;
        let offset = match zone.as_bytes() {
            b"Z" => 0,
            [sign, a, b, b':', c, d] if [a, b, c, d].iter().all(|b| b.is_ascii_digit()) => {
                let number = |one: &u8, two: &u8| i32::from(one - b'0') * 10 + i32::from(two - b'0');
                let seconds = (number(a, b) * 60 + number(c, d)) * 60;
                if *sign == b'-' { -seconds } else { seconds }
            }
            _ => return None,
        };
        let local = text[..text.len() - zone.len()].replace(',', ".");
        if !shaped || local.ends_with('.') || &bytes[17..19] > b"59".as_slice() {
            return None;
        }
        let local: civil::DateTime = local.parse().ok()?;
        let shown = tz::Offset::from_seconds(offset).ok()?;
        let at = shown.to_timestamp(local).ok()?;
        Some(Self { at, offset }).filter(|time| (FIRST..=LAST).contains(&time.at.as_second()))
    }

    /// Go's `time.RFC3339Nano`.
    pub(crate) fn text(self) -> String {
        let local = self.local();
        let fraction = format!("{:09}", local.subsec_nanosecond());
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        let zone = match self.offset {
            0 => "Z".to_owned(),
            offset => {
                let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
                format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        };
        format!("{}{point}{fraction}{zone}", local.strftime("%Y-%m-%dT%H:%M:%S"))
    }

    fn local(self) -> civil::DateTime {
        let offset = tz::Offset::from_seconds(self.offset).unwrap_or(tz::Offset::UTC);
        offset.to_datetime(self.at)
    }

    /// Whether a zone is known: an offset, or something that cannot be a name. Names begin with a capital: `GMT+0`.
    pub(crate) fn knows_zone(zone: &str) -> bool {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+');
        let is_plain =
            zone.len() > 1 && zone.starts_with(|c: char| c.is_ascii_uppercase()) && zone.chars().all(is_word);
        matches!(zone, "" | "UTC") || !(is_plain || zone.contains('/'))
    }

    /// The date and time in a zone, in UTC if there is none; None for an unknown zone. Only offsets are known:
    /// the names of zones need tables that this program does not carry.
    pub(crate) fn civil(self, zone: Option<&str>) -> Option<civil::DateTime> {
        let zone = match zone {
            None | Some("UTC" | "") => return Some(tz::Offset::UTC.to_datetime(self.at)),
            Some(zone) => zone,
        };
        let (sign, digits) = match zone.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, zone.strip_prefix('+').unwrap_or(zone)),
        };
        let (hours, minutes) = digits.split_once(':')?;
        let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
        let offset = tz::Offset::from_seconds(sign * (hours * 60 + minutes) * 60).ok()?;
        Some(offset.to_datetime(self.at))
    }

    /// The time later by some nanoseconds; None out of range.
    pub(crate) fn plus(self, nanos: i64) -> Option<Self> {
        let at = self.at.checked_add(SignedDuration::from_nanos(nanos)).ok()?;
        Self::utc(at).map(|time| Self { offset: self.offset, ..time })
    }

    /// The nanoseconds from another time to this one; None if they are too many.
    pub(crate) fn since(self, other: Self) -> Option<i64> {
        i64::try_from(self.at.as_nanosecond() - other.at.as_nanosecond()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Time;

    #[test]
    fn names_of_zones_are_not_known() {
        for zone in ["", "UTC", "+01:30", "x", "X", "no zone", "europe"] {
            assert!(Time::knows_zone(zone), "{zone}");
        }
        for zone in ["Europe/Berlin", "GMT", "GMT+0", "EST5EDT", "GB-Eire", "Local", "W-SU"] {
            assert!(!Time::knows_zone(zone), "{zone}");
        }
    }

    #[test]
    fn times_keep_their_offset() {
        for text in ["2026-03-01T10:00:00Z", "2026-03-01T10:00:00.5+02:00", "0001-01-01T00:00:00Z"] {
            assert_eq!(Time::parse(text).map(Time::text).as_deref(), Some(text));
        }
        for text in ["", "2026-03-01", "2026-03-01 10:00:00Z", "2026-03-01T10:00:00", "2026-02-30T10:00:00Z"] {
            assert_eq!(Time::parse(text), None, "{text}");
        }
    }
}
