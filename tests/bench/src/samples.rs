//! Repeated measurements of one thing.
use serde::{Deserialize, Serialize};

/// Repeated measurements; at least one before any figure is asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Adds a measurement.
    pub fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// The smallest.
    pub fn min(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// The largest.
    pub fn max(&self) -> f64 {
        self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    /// The one in the middle, or the mean of the two in the middle; NaN without any.
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => f64::NAN,
            odd if odd % 2 == 1 => sorted[middle],
            _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
        }
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

/// A figure with three significant digits and thousands apart, as a table shows it.
pub fn shown(value: f64) -> String {
    if !value.is_finite() {
        return "—".to_owned();
    }
    if value.abs() < 100.0 {
        let digits = if value.abs() < 0.1 { 4 } else { usize::from(value.abs() < 10.0) + 1 };
        return format!("{value:.digits$}");
    }
    let whole = counted(value.abs().round() as u64);
    if value < 0.0 { format!("-{whole}") } else { whole }
}

/// A number of things, with thousands apart.
pub fn counted(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_samples() {
        let samples: Samples = [3.0, 1.0, 2.0, 10.0].into_iter().collect();
        assert_eq!((samples.min(), samples.median(), samples.max()), (1.0, 2.5, 10.0));
        assert_eq!([5.0].into_iter().collect::<Samples>().median(), 5.0);
        assert!(Samples::default().median().is_nan());
    }

    #[test]
    fn figures_are_short() {
        let shown: Vec<String> = [0.01234, 1.234, 56.78, 1234.6, 1_234_567.0, -1500.0].map(shown).into();
        assert_eq!(shown, ["0.0123", "1.23", "56.8", "1,235", "1,234,567", "-1,500"]);
        assert_eq!([0, 10, 999, 1_000, 10_000_000].map(counted), ["0", "10", "999", "1,000", "10,000,000"]);
    }
}
