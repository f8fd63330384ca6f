//! Times as Go parses them (package time, `Parse`), with its errors.
use crate::base::go_text::quoted;

/// The layout of a `metav1.Time`.
pub(crate) const RFC3339: &str = "2006-01-02T15:04:05Z07:00";
/// The layout of a `metav1.MicroTime`: six digits of a fraction.
pub(crate) const MICRO: &str = "2006-01-02T15:04:05.000000Z07:00";

/// A parsed time: seconds before the offset is taken into account, and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(crate) civil: jiff::civil::DateTime,
    /// Seconds east of UTC.
    pub(crate) offset: i32,
}

struct Parser<'a> {
    layout: &'static str,
    text: &'a str,
    rest: &'a str,
}

/// Parses a text by one of the two layouts.
///
/// # Errors
/// Go's message.
pub(crate) fn parse(layout: &'static str, text: &str) -> Result<Parsed, String> {
    let mut parser = Parser { layout, text, rest: text };
    let year = parser.year()?;
    parser.literal("-")?;
    let month = parser.number("01", true, "month", 1..=12)?;
    parser.literal("-")?;
    let day = parser.number("02", true, "day", 0..=99)?;
    parser.literal("T")?;
    let hour = parser.number("15", false, "hour", 0..=23)?;
    parser.literal(":")?;
    let minute = parser.number("04", true, "minute", 0..=59)?;
    parser.literal(":")?;
    let second = parser.number("05", true, "second", 0..=59)?;
    let nanoseconds = parser.fraction()?;
    let offset = parser.zone()?;
    if !parser.rest.is_empty() {
        return Err(parser.refusal(&format!(": extra text: {}", quoted(parser.rest))));
    }
    let small = |number: u32| i8::try_from(number).unwrap_or(i8::MAX);
    let year = i16::try_from(year).unwrap_or_default();
    let civil = jiff::civil::DateTime::new(
        year,
        small(month),
        small(day),
        small(hour),
        small(minute),
        small(second),
        nanoseconds,
    );
    civil.map(|civil| Parsed { civil, offset }).map_err(|_| parser.refusal(": day out of range"))
}

impl<'a> Parser<'a> {
    fn year(&mut self) -> Result<u32, String> {
        let found = self.rest;
        let year = found.split_at_checked(4).and_then(|(digits, rest)| {
            let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
            Some((digits.parse().ok().filter(|_| all_digits)?, rest))
        });
        let (year, rest) = year.ok_or_else(|| self.bad(found, "2006"))?;
        self.rest = rest;
        Ok(year)
    }

    fn literal(&mut self, expected: &'static str) -> Result<(), String> {
        self.rest = self.rest.strip_prefix(expected).ok_or_else(|| self.bad(self.rest, expected))?;
        Ok(())
    }

    /// A number of two digits; one is enough if the width is not fixed.
    fn number(
        &mut self,
        element: &'static str,
        fixed: bool,
        name: &str,
        range: std::ops::RangeInclusive<u32>,
    ) -> Result<u32, String> {
        let digits = self.rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
        if digits == 0 || (fixed && digits < 2) {
            return Err(self.bad(self.rest, element));
        }
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        let number = number.parse().unwrap_or_default();
        if range.contains(&number) { Ok(number) } else { Err(self.refusal(&format!(": {name} out of range"))) }
    }

    /// The fraction of a second, in nanoseconds.
    fn fraction(&mut self) -> Result<i32, String> {
        let digits = self.rest.bytes().skip(1).take_while(u8::is_ascii_digit).count();
        let separated = self.rest.starts_with(['.', ',']);
        let wanted = if self.layout == MICRO { 6 } else { digits };
        if self.layout == MICRO && !(separated && digits >= wanted) {
            return Err(self.bad(self.rest, ".000000"));
        }
        if !separated || wanted == 0 {
            return Ok(0);
        }
        let nanoseconds = self.rest[1..=wanted.min(9)].bytes().fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0'));
        self.rest = &self.rest[1 + wanted..];
        let missing = u32::try_from(9 - wanted.min(9)).unwrap_or_default();
        Ok(nanoseconds * 10_i32.pow(missing))
    }

    /// The offset of the zone, in seconds.
    fn zone(&mut self) -> Result<i32, String> {
        if let Some(rest) = self.rest.strip_prefix('Z') {
            self.rest = rest;
            return Ok(0);
        }
        let bad = self.bad(self.rest, "Z07:00");
        let (zone, rest) = self.rest.split_at_checked(6).ok_or_else(|| bad.clone())?;
        let bytes = zone.as_bytes();
        let digit = |at: usize| char::from(bytes[at]).to_digit(10);
        let two = |at: usize| Some(digit(at)? * 10 + digit(at + 1)?);
        let (Some(hours), Some(minutes), b':') = (two(1), two(4), bytes[3]) else { return Err(bad) };
        let sign = match bytes[0] {
            b'+' => 1,
            b'-' => -1,
            _ => return Err(bad),
        };
        if hours > 24 || minutes > 60 {
            let unit = if hours > 24 { "hour" } else { "minute" };
            return Err(self.refusal(&format!(": time zone offset {unit} out of range")));
        }
        self.rest = rest;
        Ok(sign * i32::try_from(hours * 3600 + minutes * 60).unwrap_or_default())
    }

    /// The message about a part that does not match the layout.
    fn bad(&self, found: &str, element: &str) -> String {
        let (text, layout) = (quoted(self.text), quoted(self.layout));
        format!("parsing time {text} as {layout}: cannot parse {} as {}", quoted(found), quoted(element))
    }

    fn refusal(&self, why: &str) -> String {
        format!("parsing time {}{why}", quoted(self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_and_offsets_are_read() {
        let civil = |text: &str| parse(RFC3339, text).map(|parsed| (parsed.civil.to_string(), parsed.offset));
        assert_eq!(civil("2026-03-01T10:00:00Z"), Ok(("2026-03-01T10:00:00".to_owned(), 0)));
        assert_eq!(civil("2026-03-01T1:00:00,5+02:00"), Ok(("2026-03-01T01:00:00.5".to_owned(), 7200)));
    }

    #[test]
    fn errors_are_those_of_go() {
        let as_layout = r#"as "2006-01-02T15:04:05Z07:00": cannot parse"#;
        for (text, why) in [
            ("", format!(r#"parsing time "" {as_layout} "" as "2006""#)),
            ("yesterday", format!(r#"parsing time "yesterday" {as_layout} "yesterday" as "2006""#)),
            ("2026-13-01T00:00:00Z", r#"parsing time "2026-13-01T00:00:00Z": month out of range"#.to_owned()),
            ("2026-02-30T00:00:00Z", r#"parsing time "2026-02-30T00:00:00Z": day out of range"#.to_owned()),
            ("2026-02-03", format!(r#"parsing time "2026-02-03" {as_layout} "" as "T""#)),
            ("2026-02-03T10:00:00", format!(r#"parsing time "2026-02-03T10:00:00" {as_layout} "" as "Z07:00""#)),
            ("2026-02-03T10:00:00Zx", r#"parsing time "2026-02-03T10:00:00Zx": extra text: "x""#.to_owned()),
        ] {
            assert_eq!(parse(RFC3339, text).map(|_| ()), Err(why), "{text}");
        }
    }
}
