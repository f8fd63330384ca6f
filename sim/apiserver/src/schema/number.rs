//! Validates numbers (k8s.io/kube-openapi/pkg/validation/validate/{validator,values}.go).
//!
//! An integer is compared with limits that are cut off to integers, a float with the limits as they are. Limits that
//! are not of the schema's own type are errors of every value, but the value is compared with them all the same.
use super::{Schema, validate::Report};
use crate::base::{go_number::general, path::Path};
use serde_json::{Number, Value};

/// The type and format of a number that are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Format {
    Integer(&'static str),
    Number(&'static str),
    #[default]
    None,
}

impl Format {
    pub(super) fn parse(kind: &str, format: &str) -> Self {
        match (kind, format) {
            ("integer", "int32") => Self::Integer("int32"),
            ("integer", "int64") => Self::Integer("int64"),
            ("integer", _) => Self::Integer(""),
            ("number", "float") => Self::Number("float"),
            ("number", "double") => Self::Number("double"),
            ("number", _) => Self::Number(""),
            _ => Self::None,
        }
    }

    /// The error of a number that is not in the range of the type.
    fn out_of_range(self, number: Operand, which: &str, path: &Path<'_>) -> Option<String> {
        let (kind, format) = match (self, number) {
            (Self::Integer("int32"), number) if number.integer().is_none_or(|n| i32::try_from(n).is_err()) => {
                ("integer", "int32")
            }
            (Self::Integer(format), number) if number.integer().is_none() => ("integer", format),
            (Self::Number("float"), Operand::Float(number)) if number.abs() > f64::from(f32::MAX) => {
                ("number", "float")
            }
            _ => return None,
        };
        let format = if format.is_empty() { "(default format)".to_owned() } else { format!("with format {format}") };
        Some(format!("{which} value must be of type {kind} {format} in {path}"))
    }
}

/// A number as Go has it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Operand {
    Integer(i64),
    Float(f64),
}

impl Operand {
    fn of(number: &Number) -> Self {
        number.as_i64().map_or_else(|| Self::Float(number.as_f64().unwrap_or_default()), Self::Integer)
    }

    /// The integer that the number is, if it is one.
    fn integer(self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(number),
            #[expect(clippy::cast_possible_truncation, reason = "checked to be integral and in range")]
            Self::Float(number) => {
                let whole = number.fract() == 0.0 && (-9.3e18..9.2e18).contains(&number);
                whole.then_some(number as i64)
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "as in Go")]
    fn float(self) -> f64 {
        match self {
            Self::Integer(number) => number as f64,
            Self::Float(number) => number,
        }
    }

    /// A limit in this number's type.
    #[expect(clippy::cast_possible_truncation, reason = "cut off, as in Go")]
    fn same_type(self, limit: f64) -> Self {
        match self {
            Self::Integer(_) => Self::Integer(limit as i64),
            Self::Float(_) => Self::Float(limit),
        }
    }

    fn text(self) -> String {
        match self {
            Self::Integer(number) => number.to_string(),
            Self::Float(number) => general(number),
        }
    }

    fn value(self) -> Value {
        match self {
            Self::Integer(number) => number.into(),
            Self::Float(number) => number.into(),
        }
    }

    fn is_multiple_of(self, factor: Self) -> bool {
        match (self, factor) {
            (Self::Integer(number), Self::Integer(factor)) => number % factor == 0,
            (number, factor) => {
                let (number, factor) = (number.float(), factor.float());
                is_integer(if factor < 1.0 { 1.0 / factor * number } else { number / factor })
            }
        }
    }
}

impl Schema {
    pub(super) fn number(&self, number: &Number, value: &Value, path: &Path<'_>, report: &mut Report<'_>) {
        let (number, limits) = (Operand::of(number), &self.limits);
        let format = limits.numeric;
        if let Some(why) = format.out_of_range(number, "Checked", path) {
            report.unplaced(why);
        }
        // The limit to compare with.
        let comparable = |limit: f64, which: &str, report: &mut Report<'_>| match format.out_of_range(
            Operand::Float(limit),
            which,
            path,
        ) {
            Some(why) => {
                report.unplaced(why);
                (Operand::Float(number.float()), Operand::Float(limit))
            }
            None => (number, number.same_type(limit)),
        };
        if let Some(factor) = limits.multiple_of {
            let (number, factor) = comparable(factor, "MultipleOf", report);
            if factor.float() <= 0.0 {
                let detail = format!("factor MultipleOf declared for {path} must be positive: {}", factor.text());
                report.invalid_whole(path, &factor.value(), &detail);
            } else if !number.is_multiple_of(factor) {
                report.invalid(path, value, &format!("should be a multiple of {}", factor.text()));
            }
        }
        if let Some((least, exclusive)) = limits.minimum {
            let (number, least) = comparable(least, "Minimum boundary", report);
            let (low, or_equal) = if exclusive { (number <= least, "") } else { (number < least, " or equal to") };
            if low {
                report.invalid(path, value, &format!("should be greater than{or_equal} {}", least.text()));
            }
        }
        if let Some((most, exclusive)) = limits.maximum {
            let (number, most) = comparable(most, "Maximum boundary", report);
            let (high, or_equal) = if exclusive { (number >= most, "") } else { (number > most, " or equal to") };
            if high {
                report.invalid(path, value, &format!("should be less than{or_equal} {}", most.text()));
            }
        }
    }
}

impl PartialOrd for Operand {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Self::Integer(one), Self::Integer(other)) => one.partial_cmp(other),
            (one, other) => one.float().partial_cmp(&other.float()),
        }
    }
}

/// Whether a float is an integer, within the tolerance and the range of go-openapi's `IsFloat64AJSONInteger`.
fn is_integer(number: f64) -> bool {
    const LARGEST: f64 = 9_007_199_254_740_991.0;
    const EPSILON: f64 = 1e-9;
    if !(-LARGEST..=LARGEST).contains(&number) {
        return false;
    }
    if number.fract() == 0.0 {
        return true;
    }
    // Go cuts off to an unsigned integer; a negative fraction is never near one.
    let whole = number.trunc();
    if number < 0.0 || whole == 0.0 {
        return false;
    }
    (number - whole).abs() / (number + whole) < EPSILON
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn errors(schema: Value, number: Value) -> Vec<String> {
        let schema = Schema::compile(&json!({"properties": {"n": schema}}), "").expect("it compiles");
        let mut errors = Vec::new();
        schema.validate_object(&json!({"n": number}), None, &mut errors);
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn multiples_are_checked_by_type() {
        let integer = |factor: Value| json!({"type": "integer", "multipleOf": factor});
        assert!(errors(integer(json!(5)), json!(-10)).is_empty());
        assert_eq!(errors(integer(json!(5)), json!(7)), ["n: Invalid value: 7: n in body should be a multiple of 5"]);
        let foreign = "<nil>: Invalid value: \"\": MultipleOf value must be of type integer (default format) in n";
        assert_eq!(errors(integer(json!(2.5)), json!(5)), [foreign]);
        assert_eq!(
            errors(integer(json!(2.5)), json!(4)),
            [foreign, "n: Invalid value: 4: n in body should be a multiple of 2.5"]
        );
        let number = |factor: Value| json!({"type": "number", "multipleOf": factor});
        assert!(errors(number(json!(0.1)), json!(0.3)).is_empty());
        assert_eq!(errors(number(json!(0.1)), json!(0.35)).len(), 1);
        assert_eq!(
            errors(number(json!(0.1)), json!(1)),
            ["n: Invalid value: 0: factor MultipleOf declared for n must be positive: 0"]
        );
    }

    #[test]
    fn limits_are_shown_in_type_of_value() {
        let most = json!({"type": "number", "maximum": 1_000_000});
        let wanted = |value: &str, limit: &str| {
            format!("n: Invalid value: {value}: n in body should be less than or equal to {limit}")
        };
        assert_eq!(errors(most.clone(), json!(1_000_001)), [wanted("1000001", "1000000")]);
        assert_eq!(errors(most, json!(2e6)), [wanted("2e+06", "1e+06")]);
    }

    #[test]
    fn formats_limit_the_range() {
        let narrow = json!({"type": "number", "format": "float"});
        assert!(errors(narrow.clone(), json!(1.5)).is_empty());
        assert_eq!(
            errors(narrow, json!(1e300)),
            ["<nil>: Invalid value: \"\": Checked value must be of type number with format float in n"]
        );
    }
}
