//! Numbers and times as text, the same in every format.

/// `1,204,332`.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 run`, `1,502 runs`.
pub(crate) fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// A time span: `32.1 s`, `14 min 8 s`, `3 h 12 min`, `2 d 4 h`.
pub(crate) fn duration(seconds: f64) -> String {
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 60, and saturating")]
    let seconds = seconds as u64;
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours) {
        (0, 0) => format!("{minutes} min {} s", seconds % 60),
        (0, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{} d {} h", grouped(days), hours % 24),
    }
}

/// A rate or a mean: no decimals from 100 on, one from 10 on, else two.
pub(crate) fn rate(n: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rounded, not negative, and saturating"
    )]
    match n {
        n if n >= 100.0 => grouped(n.round() as u64),
        n if n >= 10.0 => format!("{n:.1}"),
        n => format!("{n:.2}"),
    }
}

/// A fraction of all as a percentage: `0 %`, `0.04 %`, `33.5 %`.
pub(crate) fn share(part: f64) -> String {
    match part * 100.0 {
        percent if percent == 0.0 || percent >= 100.0 => format!("{percent:.0} %"),
        percent if percent < 1.0 => format!("{percent:.2} %"),
        percent => format!("{percent:.1} %"),
    }
}

/// A moment of a run, in seconds with six decimals.
pub(crate) fn moment(at_us: u64) -> String {
    format!("{}.{:06}", at_us / 1_000_000, at_us % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::{counted, duration, grouped, moment, rate, share};

    #[test]
    fn figures_read_well() {
        assert_eq!([grouped(0), grouped(999), grouped(1_204_332)], ["0", "999", "1,204,332"]);
        assert_eq!([counted(1, "run"), counted(0, "run")], ["1 run", "0 runs"]);
        assert_eq!([duration(32.14), duration(848.0), duration(11_520.0)], ["32.1 s", "14 min 8 s", "3 h 12 min"]);
        assert_eq!(duration(200_000.0), "2 d 7 h");
        assert_eq!([rate(1_502.4), rate(12.34), rate(0.5)], ["1,502", "12.3", "0.50"]);
        assert_eq!([share(0.0), share(0.0004), share(0.335), share(1.0)], ["0 %", "0.04 %", "33.5 %", "100 %"]);
        assert_eq!(moment(12_000_345), "12.000345");
    }
}
