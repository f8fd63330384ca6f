//! Drawings of a comparison as SVG, in a light and a dark style, without scripts and fonts of their own.
use super::{Comparison, Figures, SweepRow, tables::tenths};
use crate::{figures::share, html::escaped};
use std::fmt::Write;

const STYLE: &str = "\
svg{--ink:#1c2430;--soft:#5a6675;--rule:#d8dee6;--paper:#fff;--bad:#c62828;--good:#1b7a3d;--bar:#5b8bd0;\
--mid:#8fb0e0;--last:#1f4f8f}\
@media(prefers-color-scheme:dark){svg{--ink:#e4e9f0;--soft:#9aa7b6;--rule:#2c3542;--paper:#12161c;--bad:#ff7b72;\
--good:#6fd08c;--bar:#6f9fe0;--mid:#3f6396;--last:#a8c8f5}}\
text{font:12px system-ui,sans-serif;fill:var(--ink)}.soft{fill:var(--soft)}.small{font-size:10.5px}\
.paper{fill:var(--paper)}.rule{stroke:var(--rule)}.bad{fill:var(--bad)}.good{fill:var(--good)}\
.bar{fill:var(--bar)}.mid{fill:var(--mid)}.last{fill:var(--last)}.line{stroke:var(--bar);stroke-width:2}";

/// A drawing under way.
struct Drawing {
    body: String,
    width: f64,
    height: f64,
}

impl Drawing {
    fn new(width: f64, height: f64) -> Self {
        Self { body: String::new(), width, height }
    }

    fn text(&mut self, (x, y): (f64, f64), class: &str, anchor: &str, text: &str) {
        let text = escaped(text);
        let _ = write!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\" text-anchor=\"{anchor}\">{text}</text>"
        );
    }

    fn slanted(&mut self, (x, y): (f64, f64), text: &str) {
        let text = escaped(text);
        let _ = write!(self.body, "<text transform=\"translate({x:.1} {y:.1}) rotate(-32)\">{text}</text>");
    }

    fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), class: &str, opacity: f64) {
        let _ = write!(
            self.body,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"2\" class=\"{class}\" \
             opacity=\"{opacity:.2}\"/>"
        );
    }

    fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), class: &str) {
        let _ =
            write!(self.body, "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" class=\"{class}\"/>");
    }

    fn dot(&mut self, (x, y): (f64, f64), class: &str) {
        let _ = write!(self.body, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" class=\"{class}\"/>");
    }

    /// The drawing with what it shows, for readers who do not see it.
    fn finish(self, about: &str) -> String {
        let Self { body, width, height } = self;
        let about = escaped(about);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" \
             aria-label=\"{about}\"><style>{STYLE}</style>\
             <rect class=\"paper\" width=\"{width:.0}\" height=\"{height:.0}\"/>{body}</svg>\n"
        )
    }
}

/// Every drawing: the end of its file's name, and the file.
pub fn all(comparison: &Comparison) -> Vec<(&'static str, String)> {
    let mut all = vec![("races", races(comparison)), ("cost", cost(comparison))];
    all.extend(comparison.sweep.as_ref().map(|sweep| ("sweep", self::sweep(&sweep.rows, &sweep.clock_errors))));
    all
}

const LABEL: f64 = 160.0;
const ROW: f64 = 26.0;

/// One cell for each protocol and situation: the redder, the more fingerprints with two active requests.
fn races(comparison: &Comparison) -> String {
    const CELL: f64 = 68.0;
    const HEAD: f64 = 90.0;
    let (columns, rows) = (comparison.situations.len() as f64, comparison.rows.len() as f64);
    let mut drawing = Drawing::new(LABEL + columns * CELL + 60.0, HEAD + rows * ROW + 10.0);
    let mut x = LABEL;
    for situation in &comparison.situations {
        drawing.slanted((x + CELL / 2.0 - 8.0, HEAD - 8.0), &situation.name);
        x += CELL;
    }
    let mut y = HEAD;
    for row in &comparison.rows {
        drawing.text((LABEL - 8.0, y + 17.0), "", "end", &row.protocol);
        let mut x = LABEL;
        for figures in &row.cells {
            let doubled = figures.doubled_share();
            let (class, opacity) = if figures.doubled == 0 { ("good", 0.14) } else { ("bad", 0.2 + 0.6 * doubled) };
            drawing.rect((x + 1.0, y + 1.0), (CELL - 2.0, ROW - 2.0), class, opacity);
            let text = if figures.doubled == 0 { "0".to_owned() } else { share(doubled) };
            drawing.text((x + CELL / 2.0, y + 17.0), "small", "middle", &text);
            x += CELL;
        }
        y += ROW;
    }
    drawing.finish("Share of fingerprints with two active requests, by protocol and situation")
}

/// Calls per signal as bars, and the latency of a burst from P50 to P99.
fn cost(comparison: &Comparison) -> String {
    const PANEL: f64 = 330.0;
    let (normal, burst) = (comparison.situation("normal load"), comparison.situation("burst of 15"));
    let calls = |row: &super::Row| row.at(normal).map_or(0.0, Figures::calls_each);
    let latency = |row: &super::Row| row.at(burst).and_then(|figures| figures.latency);
    let most_calls = comparison.rows.iter().map(calls).fold(1.0, f64::max);
    let longest = comparison.rows.iter().filter_map(latency).map(|times| times.p99).max().unwrap_or(1) as f64;
    let mut drawing = Drawing::new(LABEL + 2.0 * PANEL + 90.0, 40.0 + comparison.rows.len() as f64 * ROW);
    let second = LABEL + PANEL + 60.0;
    drawing.text((LABEL, 20.0), "soft", "start", "API calls per signal, normal load");
    drawing.text((second, 20.0), "soft", "start", "simulated ms until 2xx, burst of 15: P50, P95, P99");
    let mut y = 30.0;
    for row in &comparison.rows {
        drawing.text((LABEL - 8.0, y + 17.0), "", "end", &row.protocol);
        let width = calls(row) / most_calls * PANEL;
        drawing.rect((LABEL, y + 5.0), (width, ROW - 10.0), "bar", 1.0);
        drawing.text((LABEL + width + 6.0, y + 17.0), "small", "start", &format!("{:.1}", calls(row)));
        if let Some(times) = latency(row) {
            let at = |time: u64| second + time as f64 / longest * (PANEL - 40.0);
            let middle = y + ROW / 2.0;
            drawing.line((at(times.p50), middle), (at(times.p99), middle), "line");
            for (time, class) in [(times.p50, "mid"), (times.p95, "bar"), (times.p99, "last")] {
                drawing.dot((at(time), middle), class);
            }
            let label = tenths(times.p99, 1_000);
            drawing.text((at(times.p99) + 8.0, y + 17.0), "small", "start", &label);
        }
        y += ROW;
    }
    drawing.finish("API calls per signal and latency, by protocol")
}

/// Two rows of small charts, one column for each protocol: recovery by lease duration, races by clock error.
fn sweep(rows: &[SweepRow], clock_errors: &[u64]) -> String {
    const PANEL: f64 = 128.0;
    const CHART: f64 = 96.0;
    const LEFT: f64 = 16.0;
    let mut drawing = Drawing::new(LEFT + rows.len() as f64 * PANEL, 340.0);
    let worst = rows.iter().flat_map(|row| &row.points).filter_map(|point| point.crash.first_accept);
    let longest = worst.map(|times| times.p50).max().unwrap_or(1) as f64;
    drawing.text(
        (LEFT, 18.0),
        "soft",
        "start",
        "seconds until the first 2xx after the holder crashed, P50, by lease duration",
    );
    drawing.text((LEFT, 186.0), "soft", "start", &races_legend(clock_errors));
    let mut left = LEFT;
    for row in rows {
        let step = (PANEL - 20.0) / row.points.len() as f64;
        let mut x = left;
        for point in &row.points {
            let time = point.crash.first_accept.map_or(0, |times| times.p50);
            let height = time as f64 / longest * CHART;
            drawing.rect((x, 42.0 + CHART - height), (step - 4.0, height), "bar", 1.0);
            let middle = x + (step - 4.0) / 2.0;
            drawing.text((middle, 38.0 + CHART - height), "small", "middle", &tenths(time, 1_000_000));
            drawing.text((middle, 152.0), "small soft", "middle", &format!("{} s", point.lease_seconds));
            let width = (step - 4.0) / clock_errors.len() as f64;
            let mut bar = x;
            for (figures, class) in point.by_clock_error.iter().zip(["mid", "bar", "last"]) {
                let height = figures.doubled_share() * CHART;
                drawing.rect((bar, 206.0 + CHART - height), (width - 1.0, height.max(1.0)), class, 1.0);
                bar += width;
            }
            drawing.text((middle, 316.0), "small soft", "middle", &format!("{} s", point.lease_seconds));
            x += step;
        }
        for bottom in [138.0, 302.0] {
            drawing.line((left, bottom), (left + PANEL - 20.0, bottom), "rule");
        }
        for y in [168.0, 334.0] {
            drawing.text((left + (PANEL - 20.0) / 2.0, y), "small", "middle", &row.protocol);
        }
        left += PANEL;
    }
    drawing.finish("Recovery by lease duration, and two active requests by clock error")
}

fn races_legend(clock_errors: &[u64]) -> String {
    let errors: Vec<String> = clock_errors.iter().map(|seconds| format!("{seconds} s")).collect();
    format!("share of bursts with two active requests, by lease duration; one clock is ahead by {}", errors.join(", "))
}
