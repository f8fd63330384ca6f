//! Quantities such as `1.5Gi` (k8s.io/apimachinery/pkg/api/resource).
use std::cmp::Ordering;

const NANO: i128 = 1_000_000_000;
/// A quantity with a binary suffix is never larger than this.
const LIMIT: i128 = (i64::MAX as i128) * NANO;
/// No quantity is larger than this.
const LARGEST: i128 = i128::MAX / 2;
const BINARY: [(&str, u32); 6] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];
const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];

/// A quantity in billionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quantity {
    nanos: i128,
    /// Whether Go has it as an integer with an exponent; only then can it be an integer again.
    simple: bool,
}

impl Quantity {
    /// Parses a quantity.
    ///
    /// # Errors
    /// Go's message.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        const FORMAT: &str = "quantities must match the regular expression \
                              '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
        if text.is_empty() {
            return Err(FORMAT);
        }
        if text == "0" {
            return Ok(Self { nanos: 0, simple: true });
        }
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if fraction.contains('.') {
            return Err(FORMAT);
        }
        let letters = suffix.trim_start_matches(|c: char| "eEinumkKMGTP".contains(c));
        let digits = letters.strip_prefix(['+', '-']).unwrap_or(letters);
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(FORMAT);
        }
        let (power_of_two, power_of_ten) = scale(suffix).ok_or("unable to parse quantity's suffix")?;
        let whole = whole.trim_start_matches('0');
        let digits = whole.len() + fraction.len();
        let mantissa: i128 = match format!("0{whole}{fraction}").parse() {
            Ok(mantissa) => mantissa,
            Err(_) => LARGEST,
        };
        let places = i32::try_from(fraction.len()).unwrap_or(i32::MAX);
        let magnitude = shifted(mantissa.saturating_mul(1 << power_of_two), 9 + power_of_ten - places);
        let magnitude = if power_of_two > 0 { magnitude.min(LIMIT) } else { magnitude };
        let nanos = if text.starts_with('-') { -magnitude } else { magnitude };
        let simple = if power_of_two > 0 {
            fraction.is_empty() && digits + (power_of_two as usize * 3 / 10) < 15
        } else {
            digits <= 18 && power_of_ten - places >= -9
        };
        Ok(Self { nanos, simple })
    }

    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }

    pub(crate) fn sign(&self) -> i64 {
        i64::try_from(self.nanos.signum()).unwrap_or_default()
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self { nanos: self.nanos.saturating_add(other.nanos), simple: self.simple && other.simple }
    }

    pub(crate) fn minus(&self, other: &Self) -> Self {
        Self { nanos: self.nanos.saturating_sub(other.nanos), simple: self.simple && other.simple }
    }

    pub(crate) fn of_int(number: i64) -> Self {
        Self { nanos: i128::from(number) * NANO, simple: true }
    }

    /// The integer that the quantity is, if it is one.
    pub(crate) fn as_int(&self) -> Option<i64> {
        let whole = self.simple && self.nanos % NANO == 0;
        whole.then(|| i64::try_from(self.nanos / NANO).ok()).flatten()
    }

    /// The quantity in Go's canonical form, with a suffix of the same kind as that of another one.
    pub(crate) fn shown_like(&self, other: &str) -> String {
        shown(self.nanos, other)
    }

    #[expect(clippy::cast_precision_loss, reason = "an approximation")]
    pub(crate) fn as_float(&self) -> f64 {
        self.nanos as f64 / NANO as f64
    }
}

/// A quantity as Go writes it again: `0.5` is `500m`, and `1024Ki` is `1Mi`. A text that is canonical already is kept.
///
/// # Errors
/// Go's message for a text that is not a quantity.
pub(crate) fn canonical(text: &str) -> Result<String, &'static str> {
    let quantity = Quantity::parse(text)?;
    if is_kept(text) {
        return Ok(text.to_owned());
    }
    Ok(shown(quantity.nanos, text))
}

/// Billionths in Go's canonical form, with a suffix of the kind that a text has.
fn shown(nanos: i128, text: &str) -> String {
    if nanos == 0 {
        return "0".to_owned();
    }
    let suffix = text.trim_start_matches(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    let binary = BINARY.iter().any(|(name, _)| *name == suffix);
    let large = nanos.abs() >= 1024 * NANO;
    if binary && large && nanos % NANO == 0 {
        let (mut number, mut power) = (nanos / NANO, 0);
        while number % 1024 == 0 && power < BINARY.len() {
            (number, power) = (number / 1024, power + 1);
        }
        let suffix = power.checked_sub(1).map_or("", |at| BINARY[at].0);
        return format!("{number}{suffix}");
    }
    let (mut number, mut exponent) = (nanos, -9);
    while number % 1000 == 0 && exponent < 18 {
        (number, exponent) = (number / 1000, exponent + 3);
    }
    let is_exponent = suffix.len() > 1 && suffix.starts_with(['e', 'E']);
    if is_exponent {
        return if exponent == 0 { number.to_string() } else { format!("{number}e{exponent}") };
    }
    let suffix = DECIMAL.iter().find(|(_, power)| *power == exponent).map_or("", |(name, _)| name);
    format!("{number}{suffix}")
}

/// Whether Go keeps the text of a quantity, because it takes it for canonical. It must be one.
fn is_kept(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole = Some(whole.trim_start_matches('0')).filter(|whole| !whole.is_empty()).unwrap_or("0");
    let Some((power_of_two, power_of_ten)) = scale(suffix) else { return false };
    let digits = whole.len() + fraction.len();
    if power_of_two > 0 {
        let fits = fraction.is_empty() && whole.len() + (power_of_two as usize * 3 / 10) < 15;
        return fits && whole.parse::<i64>().is_ok_and(|number| number & 7 != 0);
    }
    let shifted = format!("{whole}{fraction}");
    let places = i32::try_from(fraction.len()).unwrap_or(i32::MAX);
    let exponent = power_of_ten.saturating_sub(places);
    let canonical = exponent % 3 == 0 && !shifted.ends_with("000") && !shifted.starts_with('0');
    digits <= 18 && exponent >= -9 && canonical
}

/// The power of two and the power of ten of a suffix.
fn scale(suffix: &str) -> Option<(u32, i32)> {
    if let Some((_, power)) = BINARY.iter().find(|(name, _)| *name == suffix) {
        return Some((*power, 0));
    }
    if let Some((_, power)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Some((0, *power));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    exponent.parse().ok().map(|power: i32| (0, power))
}

/// A number times a power of ten; what is left of a division is rounded up.
fn shifted(number: i128, power: i32) -> i128 {
    let factor = |power: u32| 10i128.checked_pow(power);
    if power >= 0 {
        let factor = factor(power.unsigned_abs()).unwrap_or(i128::MAX);
        return number
            .checked_mul(factor)
            .map_or(if number == 0 { 0 } else { LARGEST }, |shifted| shifted.min(LARGEST));
    }
    match factor(power.unsigned_abs()) {
        Some(factor) => number / factor + i128::from(number % factor != 0),
        None => i128::from(number != 0),
    }
}

#[cfg(test)]
mod tests {
    use super::Quantity;

    #[test]
    fn quantities_are_written_as_in_go() {
        for (text, wanted) in [
            ("0", "0"),
            ("0.0", "0"),
            ("100m", "100m"),
            ("1000m", "1"),
            ("0.5", "500m"),
            ("1.5", "1500m"),
            ("1.500", "1.500"),
            ("1024Ki", "1Mi"),
            ("1025Ki", "1025Ki"),
            ("8Ki", "8Ki"),
            ("0.5Gi", "512Mi"),
            ("1.5Gi", "1536Mi"),
            ("512Mi", "512Mi"),
            ("1000", "1k"),
            ("1e3", "1e3"),
            ("1000e3", "1e6"),
            ("1E", "1E"),
            ("-2000", "-2k"),
            ("+5", "+5"),
            ("05", "05"),
            ("Mi", "0"),
            ("-", "0"),
            ("0.1Ki", "102400m"),
        ] {
            assert_eq!(super::canonical(text).as_deref(), Ok(wanted), "{text}");
        }
        assert!(super::canonical("1x").is_err());
    }

    #[test]
    fn quantities_have_suffixes() {
        let parse = |text: &str| Quantity::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert_eq!(parse("1Ki").as_int(), Some(1024));
        assert_eq!(parse("1.5k").as_int(), Some(1500));
        assert_eq!(parse("1e3").as_int(), Some(1000));
        assert_eq!(parse("100m").as_int(), None);
        assert_eq!(parse("1.5Gi").as_int(), None);
        assert!(parse("500m").compare(&parse("0.5")).is_eq());
        assert!(parse("-1").compare(&parse("1n")).is_lt());
        assert_eq!(parse("1n").plus(&parse("-1n")).sign(), 0);
        for text in ["", "1x", "1.2.3", "1 k", "1Kii", "--1"] {
            assert!(Quantity::parse(text).is_err(), "{text}");
        }
    }
}
