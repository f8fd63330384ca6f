//! Numbers as Go compares them, and the types and formats that they must fit
//! (k8s.io/kube-openapi/pkg/validation/validate/values.go, github.com/go-openapi/swag).
use crate::base::{go_number::general, path::Path};
use serde_json::{Number, Value};

/// The type and format of a number that are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum NumberFormat {
    Integer(&'static str),
    Number(&'static str),
    #[default]
    None,
}

impl NumberFormat {
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
    pub(super) fn out_of_range(self, number: Operand, which: &str, path: &Path<'_>) -> Option<String> {
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
pub(super) enum Operand {
    Integer(i64),
    Float(f64),
}

impl Operand {
    pub(super) fn of(number: &Number) -> Self {
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
    pub(super) fn float(self) -> f64 {
        match self {
            Self::Integer(number) => number as f64,
            Self::Float(number) => number,
        }
    }

    /// A limit in this number's type.
    #[expect(clippy::cast_possible_truncation, reason = "cut off, as in Go")]
    pub(super) fn same_type(self, limit: f64) -> Self {
        match self {
            Self::Integer(_) => Self::Integer(limit as i64),
            Self::Float(_) => Self::Float(limit),
        }
    }

    pub(super) fn text(self) -> String {
        match self {
            Self::Integer(number) => number.to_string(),
            Self::Float(number) => general(number),
        }
    }

    pub(super) fn value(self) -> Value {
        match self {
            Self::Integer(number) => number.into(),
            Self::Float(number) => number.into(),
        }
    }

    pub(super) fn is_multiple_of(self, factor: Self) -> bool {
        match (self, factor) {
            (Self::Integer(number), Self::Integer(factor)) => number % factor == 0,
            (number, factor) => {
                let (number, factor) = (number.float(), factor.float());
                is_integer(if factor < 1.0 { 1.0 / factor * number } else { number / factor })
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
