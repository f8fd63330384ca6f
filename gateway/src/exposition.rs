//! The text of `/metrics`: in the format that the scraper asks for, with the process's own metrics.
use crate::{metrics::Metrics, process};

/// The content type of OpenMetrics.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The content type of Prometheus' older text format, which the existing gateway serves.
const PLAIN: &str = "text/plain; version=0.0.4; charset=utf-8";
const END: &str = "# EOF\n";

/// The content type and text of an exposition for a scraper that accepts `accept`.
pub fn of(metrics: &Metrics, accept: Option<&str>) -> (&'static str, String) {
    let mut text = metrics.encode();
    text.truncate(text.len() - END.len());
    text.push_str(&process::exposition());
    if accept.is_some_and(|accept| accept.contains("application/openmetrics-text")) {
        text.push_str(END);
        (OPEN_METRICS, text)
    } else {
        (PLAIN, plain(&text))
    }
}

/// The older format: the names of counters and infos there include what OpenMetrics appends to their samples.
fn plain(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len());
    let mut help = None;
    for line in open_metrics.lines() {
        if let Some(described) = line.strip_prefix("# HELP ") {
            help = described.split_once(' ');
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|typed| typed.split_once(' ')) {
            let (suffix, kind) = match kind {
                "counter" => ("_total", kind),
                "info" => ("_info", "gauge"),
                _ => ("", kind),
            };
            if let Some((_, words)) = help.take().filter(|(described, _)| *described == name) {
                text.push_str(&format!("# HELP {name}{suffix} {words}\n"));
            }
            text.push_str(&format!("# TYPE {name}{suffix} {kind}\n"));
        } else if !line.starts_with("# ") {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scraper_gets_the_format_it_asks_for() {
        let metrics = Metrics::new();
        metrics.lock_takeovers.inc();
        let (kind, text) = of(&metrics, Some("application/openmetrics-text;version=1.0.0,text/plain;q=0.5"));
        assert!(
            kind == OPEN_METRICS
                && text.ends_with("# EOF\n")
                && text.contains("# TYPE gateway_lock_takeovers counter\n")
        );
        for accept in [None, Some("*/*"), Some("text/plain")] {
            let (kind, text) = of(&metrics, accept);
            assert_eq!(kind, PLAIN);
            assert!(text.contains("# HELP gateway_lock_takeovers_total Leases taken over.\n"), "{text}");
            assert!(
                text.contains("# TYPE gateway_lock_takeovers_total counter\ngateway_lock_takeovers_total 1\n"),
                "{text}"
            );
            assert!(text.contains("# TYPE gateway_build_info gauge\ngateway_build_info{version="), "{text}");
            assert!(!text.contains("EOF") && !text.contains("# UNIT"), "{text}");
        }
    }
}
