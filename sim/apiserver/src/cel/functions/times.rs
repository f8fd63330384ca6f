//! Parts of timestamps and durations (cel-go, common/types/{timestamp,duration}.go).
use super::{
    super::value::{Outcome, Value, fault, no_overload},
    native::Native,
};
use jiff::civil::DateTime;

pub(super) fn find(name: &str) -> Option<Native> {
    Some(match name {
        "getFullYear" => |args| part(args, |at| i64::from(at.year())),
        "getMonth" => |args| part(args, |at| i64::from(at.month()) - 1),
        "getDayOfYear" => |args| part(args, |at| i64::from(at.day_of_year()) - 1),
        "getDayOfMonth" => |args| part(args, |at| i64::from(at.day()) - 1),
        "getDate" => |args| part(args, |at| i64::from(at.day())),
        "getDayOfWeek" => |args| part(args, |at| i64::from(at.weekday().to_sunday_zero_offset())),
        "getHours" => |args| either(args, 3_600_000_000_000, |at| i64::from(at.hour())),
        "getMinutes" => |args| either(args, 60_000_000_000, |at| i64::from(at.minute())),
        "getSeconds" => |args| either(args, 1_000_000_000, |at| i64::from(at.second())),
        "getMilliseconds" => milliseconds,
        _ => return None,
    })
}

fn part<'a>(args: &[Value<'a>], read: impl Fn(DateTime) -> i64) -> Outcome<'a> {
    let (Some(Value::Timestamp(time)), zone) = (args.first(), args.get(1)) else { return no_overload() };
    let zone = match zone {
        None => None,
        Some(Value::String(zone)) => Some(&**zone),
        Some(_) => return no_overload(),
    };
    match time.civil(zone) {
        Some(at) => Ok(Value::Int(read(at))),
        None => fault(format!("unknown time zone {}", zone.unwrap_or_default())),
    }
}

/// Part of a timestamp, or the number of whole units in a duration.
fn either<'a>(args: &[Value<'a>], unit: i64, read: impl Fn(DateTime) -> i64) -> Outcome<'a> {
    match args {
        [Value::Duration(nanos)] => Ok(Value::Int(nanos / unit)),
        _ => part(args, read),
    }
}

fn milliseconds<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::Duration(nanos)] => Ok(Value::Int(nanos / 1_000_000)),
        _ => part(args, |at| i64::from(at.millisecond())),
    }
}
