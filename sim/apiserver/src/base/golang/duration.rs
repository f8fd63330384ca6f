//! Durations as Go reads and prints them (package `time`), and the `duration` format of schemas, which takes Scala's
//! form too (k8s.io/kube-openapi/pkg/validation/strfmt/duration.go).

const SECOND: i128 = 1_000_000_000;
/// Units of Go, and nanoseconds in each.
const UNITS: [(&str, i128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("h", 3_600 * SECOND),
];
/// Units of Scala: the last name may have any end, `seconds` for `sec`.
const LONG_UNITS: [(&[&str], i128); 8] = [
    (&["ns", "nano"], 1),
    (&["us", "µs", "micro"], 1_000),
    (&["ms", "milli"], 1_000_000),
    (&["s", "sec"], SECOND),
    (&["m", "min"], 60 * SECOND),
    (&["h", "hr", "hour"], 3_600 * SECOND),
    (&["d", "day"], 86_400 * SECOND),
    (&["w", "wk", "week"], 604_800 * SECOND),
];

/// Parses by `time.ParseDuration`, in nanoseconds.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let negative = text.starts_with('-');
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned == "0" {
        return Some(0);
    }
    let (mut rest, mut total) = (unsigned, 0i128);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let unit = rest[number..].find(|c: char| c.is_ascii_digit() || c == '.').map_or(rest.len(), |n| number + n);
        let (_, scale) = UNITS.iter().find(|(name, _)| *name == &rest[number..unit])?;
        let (whole, fraction) = rest[..number].split_once('.').unwrap_or((&rest[..number], ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return None;
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        total = total.checked_add(whole.checked_mul(*scale)?)?;
        let mut digit_scale = *scale;
        for digit in fraction.bytes() {
            // Digits below a nanosecond are cut off as a whole; a unit is a power of ten times 1, 60 or 3,600.
            if digit_scale % 10 == 0 {
                digit_scale /= 10;
                total += i128::from(digit - b'0') * digit_scale;
            } else {
                total += i128::from(digit - b'0') * digit_scale / 10;
                digit_scale = 0;
            }
        }
        rest = &rest[unit..];
    }
    let bound = i128::from(i64::MAX) + i128::from(negative);
    let signed = if negative { -total } else { total };
    (total <= bound).then(|| i64::try_from(signed).ok()).flatten()
}

/// Parses by the rules of the `duration` format.
pub(crate) fn parse_format(text: &str) -> Option<i64> {
    if let Some(nanos) = parse(text) {
        return Some(nanos);
    }
    let (mut rest, mut total, mut found) = (text, 0i64, false);
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let digits = &rest[start..];
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let gap = digits[end..].trim_start_matches(['\t', '\n', '\u{c}', '\r', ' ']);
        let unit_end = gap.find(|c: char| !c.is_ascii_alphabetic() && c != 'µ').unwrap_or(gap.len());
        rest = if unit_end == 0 { &digits[end..] } else { &gap[unit_end..] };
        if unit_end == 0 {
            continue;
        }
        let factor: i64 = digits[..end].parse().ok()?;
        let unit = gap[..unit_end].to_lowercase();
        for (names, scale) in LONG_UNITS {
            let (last, exact) = names.split_last().unwrap_or((&"", &[]));
            let matches = usize::from(unit.starts_with(last)) + exact.iter().filter(|name| **name == unit).count();
            for _ in 0..matches {
                found = true;
                total = total.wrapping_add(factor.wrapping_mul(i64::try_from(scale).unwrap_or_default()));
            }
        }
    }
    found.then_some(total)
}

/// Go's `Duration.String`: `1h0m0.5s`.
pub(crate) fn text(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let left = nanos.unsigned_abs();
    if left == 0 {
        return "0s".to_owned();
    }
    let decimal = |value: u64, scale: u64| {
        let fraction = format!("{:0width$}", value % scale, width = scale.ilog10() as usize);
        let fraction = if scale == 1 { "" } else { fraction.trim_end_matches('0') };
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{}{point}{fraction}", value / scale)
    };
    match left {
        0..1_000 => format!("{sign}{left}ns"),
        1_000..1_000_000 => format!("{sign}{}µs", decimal(left, 1_000)),
        1_000_000..1_000_000_000 => format!("{sign}{}ms", decimal(left, 1_000_000)),
        _ => {
            let (minutes, seconds) = (left / 60_000_000_000, decimal(left % 60_000_000_000, 1_000_000_000));
            match minutes {
                0 => format!("{sign}{seconds}s"),
                1..60 => format!("{sign}{minutes}m{seconds}s"),
                _ => format!("{sign}{}h{}m{seconds}s", minutes / 60, minutes % 60),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_parse_as_in_go() {
        for (given, nanos) in [
            ("1h", 3_600_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("1.5s", 1_500_000_000),
            ("-2ms", -2_000_000),
            ("0", 0),
            (".5s", 500_000_000),
            ("1.s", 1_000_000_000),
            ("1µs", 1_000),
            ("0.0000000001s", 0),
        ] {
            assert_eq!(parse(given), Some(nanos), "{given}");
        }
        for given in ["", "1", "h", "1d", "1.2.3s", ".", "-", "1 s", "9223372036855s", "+-1s"] {
            assert_eq!(parse(given), None, "{given}");
        }
    }

    #[test]
    fn format_takes_long_units_too() {
        assert_eq!(parse_format("2 days"), Some(172_800_000_000_000));
        assert_eq!(parse_format("1 min 30 sec"), Some(90_000_000_000));
        assert_eq!(parse_format("3 weeks"), Some(1_814_400_000_000_000));
        for given in ["", "soon", "1", "5 lightyears"] {
            assert_eq!(parse_format(given), None, "{given}");
        }
    }

    #[test]
    fn durations_print_as_in_go() {
        for (nanos, wanted) in [
            (0, "0s"),
            (1, "1ns"),
            (1_100, "1.1µs"),
            (2_200_000, "2.2ms"),
            (3_300_000_000, "3.3s"),
            (245_000_000_000, "4m5s"),
            (3_600_000_000_000, "1h0m0s"),
            (-90_000_000_000, "-1m30s"),
        ] {
            assert_eq!(text(nanos), wanted);
        }
    }
}
