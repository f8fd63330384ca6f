//! Human-readable ages (k8s.io/apimachinery/pkg/util/duration, HumanDuration).
use super::timestamp;
use jiff::Timestamp;
use serde_json::Value;

/// Time since a timestamp; `<unknown>` if it is absent.
pub(crate) fn since(time: Option<&Value>, now: Timestamp) -> String {
    match time.and_then(Value::as_str).and_then(timestamp::parse) {
        Some(at) => human(now.as_millisecond() - at.as_millisecond()),
        None => "<unknown>".into(),
    }
}

/// A duration in milliseconds, in its one or two largest units.
pub(crate) fn human(milliseconds: i64) -> String {
    let seconds = milliseconds / 1000;
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let (days, years) = (hours / 24, hours / 24 / 365);
    let pair = |great: i64, unit: char, small: i64, below: char| {
        if small == 0 { format!("{great}{unit}") } else { format!("{great}{unit}{small}{below}") }
    };
    match () {
        () if seconds < -1 => "<invalid>".into(),
        () if seconds < 0 => "0s".into(),
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => pair(minutes, 'm', seconds % 60, 's'),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => pair(hours, 'h', minutes % 60, 'm'),
        () if hours < 48 => format!("{hours}h"),
        () if hours < 24 * 8 => pair(days, 'd', hours % 24, 'h'),
        () if years < 2 => format!("{days}d"),
        () if years < 8 => pair(years, 'y', days % 365, 'd'),
        () => format!("{years}y"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_change_where_go_changes_them() {
        const SECOND: i64 = 1000;
        const DAY: i64 = 86_400 * SECOND;
        let cases = [
            (-1500, "0s"),
            (-2000, "<invalid>"),
            (119 * SECOND, "119s"),
            (120 * SECOND, "2m"),
            (599 * SECOND, "9m59s"),
            (179 * 60 * SECOND, "179m"),
            (180 * 60 * SECOND, "3h"),
            (7 * 3600 * SECOND + 61 * SECOND, "7h1m"),
            (47 * 3600 * SECOND, "47h"),
            (2 * DAY + 3600 * SECOND, "2d1h"),
            (8 * DAY, "8d"),
            (729 * DAY, "729d"),
            (731 * DAY, "2y1d"),
            (3000 * DAY, "8y"),
        ];
        for (span, text) in cases {
            assert_eq!(human(span), text, "{span} ms");
        }
    }

    #[test]
    fn absent_time_is_unknown() {
        assert_eq!(since(None, Timestamp::UNIX_EPOCH), "<unknown>");
        assert_eq!(since(Some(&Value::Null), Timestamp::UNIX_EPOCH), "<unknown>");
    }
}
