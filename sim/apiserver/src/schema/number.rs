//! Validates numbers (k8s.io/kube-openapi/pkg/validation/validate/{validator,values}.go).
//!
//! An integer is compared with limits that are cut off to integers, a float with the limits as they are. Limits that
//! are not of the schema's own type are errors of every value, but the value is compared with them all the same.
use super::{Schema, operand::Operand, validate::Report};
use crate::base::path::Path;
use serde_json::{Number, Value};

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
