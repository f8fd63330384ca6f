//! `format` of texts (cel-go, ext/formatting.go): clauses such as `%s` and `%.3f`, and the check of constant ones.
use super::{
    super::{
        types::Type,
        value::{Fault, Outcome, Value, no_overload},
    },
    convert,
};

/// Digits after the point, unless a clause says otherwise.
const PRECISION: usize = 6;

/// A clause: its letter and the digits after the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clause {
    letter: char,
    precision: usize,
}

/// Part of a format.
enum Part<'t> {
    Text(&'t str),
    Clause(Clause),
}

/// Splits a format into texts and clauses.
fn parts(format: &str) -> impl Iterator<Item = Result<Part<'_>, String>> {
    let mut rest = format;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.find('%').unwrap_or(rest.len());
        if end > 0 {
            let text;
            (text, rest) = rest.split_at(end);
            return Some(Ok(Part::Text(text)));
        }
        if let Some(after) = rest.strip_prefix("%%") {
            rest = after;
            return Some(Ok(Part::Text("%")));
        }
        let clause = clause(&rest[1..]);
        rest = match &clause {
            Ok((_, length)) => &rest[1 + length..],
            Err(_) => "",
        };
        Some(clause.map(|(clause, _)| Part::Clause(clause)))
    })
}

fn clause(text: &str) -> Result<(Clause, usize), String> {
    if text.is_empty() {
        return Err("unexpected end of string".to_owned());
    }
    let (mut precision, mut length) = (PRECISION, 0);
    if let Some(digits) = text.strip_prefix('.') {
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        if end == digits.len() {
            return Err("could not parse formatting clause: error while parsing precision: could not find end of \
                        precision specifier"
                .to_owned());
        }
        precision = digits[..end].parse().unwrap_or_default();
        length = 1 + end;
    }
    let letter = text[length..].chars().next().unwrap_or_default();
    if !"sdfebxXo".contains(letter) {
        return Err(format!(
            "could not parse formatting clause: unrecognized formatting clause {}",
            crate::base::go_text::quoted(&letter.to_string())
        ));
    }
    Ok((Clause { letter, precision }, length + 1))
}

impl Clause {
    /// The error of a value of this type.
    fn refused(self, kind: &str) -> String {
        let (name, only) = match self.letter {
            's' => {
                return format!(
                    "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, \
                     durations, and timestamps, was given {kind}"
                );
            }
            'd' => ("decimal", "integers"),
            'f' => ("fixed-point", "doubles"),
            'e' => ("scientific", "doubles"),
            'b' => return format!("only integers and bools can be formatted as binary, was given {kind}"),
            'o' => ("octal", "integers"),
            _ => return format!("only integers, byte buffers, and strings can be formatted as hex, was given {kind}"),
        };
        format!("{name} clause can only be used on {only}, was given {kind}")
    }

    fn accepts(self, kind: &Type) -> bool {
        match (self.letter, kind) {
            (_, Type::Dyn) => true,
            ('s', kind) => !matches!(kind, Type::Opaque(_) | Type::Object(_) | Type::Optional(_)),
            ('d' | 'o' | 'b' | 'x' | 'X', Type::Int | Type::Uint) | ('b', Type::Bool) => true,
            ('x' | 'X', Type::String | Type::Bytes) | ('f' | 'e', Type::Double | Type::String) => true,
            _ => false,
        }
    }

    fn write(self, value: &Value<'_>) -> Result<String, Fault> {
        let upper = |text: String| if self.letter == 'X' { text.to_uppercase() } else { text };
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        Ok(match (self.letter, value) {
            ('s', value) => shown(value)?,
            ('d', Value::Int(number)) => number.to_string(),
            ('d', Value::Uint(number)) => number.to_string(),
            ('d', Value::Double(number)) if !number.is_finite() => special(*number).to_owned(),
            ('b', Value::Bool(value)) => if *value { "1" } else { "0" }.to_owned(),
            ('b' | 'o' | 'x' | 'X', Value::Int(number)) => {
                let sign = if *number < 0 { "-" } else { "" };
                upper(format!("{sign}{}", self.radix(number.unsigned_abs())))
            }
            ('b' | 'o' | 'x' | 'X', Value::Uint(number)) => upper(self.radix(*number)),
            ('x' | 'X', Value::String(text)) => upper(hex(text.as_bytes())),
            ('x' | 'X', Value::Bytes(bytes)) => upper(hex(bytes)),
            ('f' | 'e', Value::Double(number)) => self.float(*number),
            ('f' | 'e', Value::String(text)) if matches!(&**text, "NaN" | "Infinity" | "-Infinity") => match &**text {
                "NaN" => "NaN",
                "Infinity" => "∞",
                _ => "-∞",
            }
            .to_owned(),
            (_, value) => return Err(Fault(format!("error during formatting: {}", self.refused(value.type_name())))),
        })
    }

    fn radix(self, number: u64) -> String {
        match self.letter {
            'b' => format!("{number:b}"),
            'o' => format!("{number:o}"),
            _ => format!("{number:x}"),
        }
    }

    /// A float as English writes it.
    fn float(self, number: f64) -> String {
        if !number.is_finite() {
            return special(number).to_owned();
        }
        let precision = self.precision;
        if self.letter == 'f' {
            return grouped(&format!("{number:.precision$}"));
        }
        let text = format!("{number:.precision$e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let superscript: String = exponent
            .chars()
            .map(|c| match c {
                '-' => '⁻',
                digit => ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][digit.to_digit(10).unwrap_or(0) as usize],
            })
            .collect();
        let width = if exponent.trim_start_matches('-').len() < 2 { "⁰" } else { "" };
        let (sign, power) = match superscript.strip_prefix('⁻') {
            Some(power) => ("⁻", power.to_owned()),
            None => ("", superscript),
        };
        format!("{digits}×10{sign}{width}{power}")
    }
}

fn special(number: f64) -> &'static str {
    if number.is_nan() {
        "NaN"
    } else if number > 0.0 {
        "∞"
    } else {
        "-∞"
    }
}

/// A number with a comma before every three digits.
fn grouped(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').map_or((digits, String::new()), |(w, f)| (w, format!(".{f}")));
    let mut out = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    format!("{sign}{out}{fraction}")
}

/// A value as `%s` writes it.
fn shown(value: &Value<'_>) -> Result<String, Fault> {
    match value {
        Value::Null => Ok("null".to_owned()),
        Value::List(list) => {
            let items: Result<Vec<String>, Fault> = list.values()?.iter().map(nested).collect();
            Ok(format!("[{}]", items?.join(", ")))
        }
        Value::Map(_) | Value::Object(..) => {
            let mut pairs = Vec::new();
            for key in value.keys().unwrap_or_default() {
                if let Some(found) = value.find(&key)? {
                    pairs.push((nested(&key)?, nested(&found)?));
                }
            }
            pairs.sort();
            let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key}:{value}")).collect();
            Ok(format!("{{{}}}", pairs.join(", ")))
        }
        Value::Double(number) if number.is_nan() => Ok("NaN".to_owned()),
        value => match convert::to_string(std::slice::from_ref(value)) {
            Ok(Value::String(text)) => Ok(text.into_owned()),
            _ => {
                let clause = Clause { letter: 's', precision: PRECISION };
                Err(Fault(format!("error during formatting: {}", clause.refused(value.type_name()))))
            }
        },
    }
}

/// A value inside of a list or map.
fn nested(value: &Value<'_>) -> Result<String, Fault> {
    let inner = shown(value)?;
    Ok(match value {
        Value::String(_) => format!("\"{inner}\""),
        Value::Bytes(_) => format!("b\"{inner}\""),
        Value::Duration(_) => format!("duration(\"{inner}\")"),
        Value::Timestamp(_) => format!("timestamp(\"{inner}\")"),
        _ => inner,
    })
}

pub(super) fn format<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let [Value::String(format), Value::List(list)] = args else { return no_overload() };
    let values = list.values()?;
    let (mut out, mut index) = (String::new(), 0);
    for part in parts(format) {
        match part.map_err(Fault)? {
            Part::Text(text) => out.push_str(text),
            Part::Clause(clause) => {
                let value = values.get(index).ok_or_else(|| Fault(format!("index {index} out of range")))?;
                out.push_str(&clause.write(value)?);
                index += 1;
            }
        }
    }
    Ok(Value::text(out))
}

/// The error of a constant format over arguments of these types, and the argument that it is about.
pub(crate) fn check(format: &str, args: &[Type]) -> Option<(Option<usize>, String)> {
    let mut index = 0;
    for part in parts(format) {
        match part {
            Err(why) => return Some((None, why)),
            Ok(Part::Text(_)) => {}
            Ok(Part::Clause(clause)) => {
                let Some(kind) = args.get(index) else { return Some((None, format!("index {index} out of range"))) };
                if !clause.accepts(kind) {
                    let why = format!("error during formatting: {}", clause.refused(kind.name()));
                    return Some((Some(index), why));
                }
                index += 1;
            }
        }
    }
    let surplus = args.len() > index;
    surplus.then(|| {
        let given = args.len();
        (None, format!("too many arguments supplied to string.format (expected {index}, got {given})"))
    })
}
