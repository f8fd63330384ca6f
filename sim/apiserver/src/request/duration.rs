//! Go's `time.ParseDuration`, for the query parameter `timeout`.
use crate::base::go_text::quoted;

/// Units and their length in nanoseconds.
const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];
/// The greatest duration, in nanoseconds.
const LIMIT: u64 = 1 << 63;

/// Checks the form of a duration.
///
/// # Errors
/// Go's message.
pub(crate) fn check(text: &str) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("time: {what} {}", quoted(text)));
    let invalid = || wrong("invalid duration");
    let signed = text.starts_with(['-', '+']);
    let mut rest = if signed { &text[1..] } else { text };
    if rest == "0" {
        return Ok(());
    }
    if rest.is_empty() {
        return invalid();
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let end = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (whole, after) = rest.split_at(end(rest));
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => after.split_at(end(after)),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return invalid();
        }
        let unit_end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        // The number is read before its unit.
        let value = if whole.is_empty() { Some(0) } else { whole.parse::<u64>().ok().filter(|v| *v <= LIMIT) };
        let Some(value) = value else { return invalid() };
        if unit.is_empty() {
            return wrong("missing unit in duration");
        }
        let Some((_, length)) = UNITS.iter().find(|(known, _)| *known == unit) else {
            return wrong(&format!("unknown unit {} in duration", quoted(unit)));
        };
        let sum = value.checked_mul(*length).and_then(|value| total.checked_add(value));
        let Some(sum) = sum.filter(|sum| *sum <= LIMIT) else { return invalid() };
        total = sum;
        rest = after;
    }
    if total == LIMIT && !text.starts_with('-') { invalid() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn durations_are_read_as_in_go() {
        for text in ["0", "-0", "10s", "1h30m", "1.5h", ".5s", "5.s", "-1ns", "1\u{b5}s", "2562047h"] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for (text, why) in [
            ("", "invalid duration \"\""),
            ("1", "missing unit in duration \"1\""),
            ("1d", "unknown unit \"d\" in duration \"1d\""),
            (".s", "invalid duration \".s\""),
            ("x", "invalid duration \"x\""),
            ("10s10", "missing unit in duration \"10s10\""),
            ("99999999999999999999", "invalid duration \"99999999999999999999\""),
            ("2562048h", "invalid duration \"2562048h\""),
        ] {
            assert_eq!(check(text), Err(format!("time: {why}")), "{text}");
        }
    }
}
