//! Results as a plot: a bar from P50 to P99 for each series, on a logarithmic axis of milliseconds.
use crate::live::latency::results::{Results, Row};
use std::fmt::Write as _;

const WIDTH: f64 = 900.0;
/// Width of the names, and height of a row.
const NAMES: f64 = 330.0;
const ROW: f64 = 18.0;
const TOP: f64 = 44.0;

/// The plot.
pub(super) fn svg(results: &[Results]) -> String {
    let rows: Vec<&Row> =
        results.iter().flat_map(|results| &results.measured.rows).filter(|row| row.p50 > 0.0).collect();
    let least = rows.iter().map(|row| row.p50).fold(f64::MAX, f64::min).min(1.0).log10().floor();
    let most = rows.iter().map(|row| row.p99).fold(10.0, f64::max).log10().ceil();
    let at = |millis: f64| NAMES + (millis.log10() - least) / (most - least) * (WIDTH - NAMES - 20.0);
    let height = TOP + ROW * rows.len() as f64 + 10.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"8\" y=\"16\" font-size=\"13\">Latency in ms: P50 (dot), P95 (tick), P99 (end of the bar)</text>\n"
    );
    let mut decade = least;
    while decade <= most {
        let (x, millis) = (at(10_f64.powf(decade)), 10_f64.powf(decade));
        let _ = writeln!(
            svg,
            "<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{height:.0}\" stroke=\"#ddd\"/>\
             <text x=\"{x:.1}\" y=\"36\" text-anchor=\"middle\" fill=\"#555\">{millis}</text>"
        );
        decade += 1.0;
    }
    for (index, row) in rows.iter().enumerate() {
        let y = TOP + ROW * (index as f64 + 0.5);
        let bare = row.replicas == 0;
        let colour = if bare { "#888" } else { "#1f6feb" };
        let replicas = if bare { String::new() } else { format!(", {} replicas", row.replicas) };
        let name = format!("{}{replicas}, {}", row.series, row.load).replace('&', "&amp;").replace('<', "&lt;");
        let [p50, p95, p99] = [row.p50, row.p95, row.p99].map(at);
        let _ = writeln!(
            svg,
            "<text x=\"8\" y=\"{:.1}\">{name}</text>\
             <line x1=\"{p50:.1}\" y1=\"{y:.1}\" x2=\"{p99:.1}\" y2=\"{y:.1}\" stroke=\"{colour}\" stroke-width=\"5\" \
             stroke-opacity=\"0.35\"/><line x1=\"{p95:.1}\" y1=\"{:.1}\" x2=\"{p95:.1}\" y2=\"{:.1}\" \
             stroke=\"{colour}\" stroke-width=\"2\"/><circle cx=\"{p50:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{colour}\"/>",
            y + 4.0,
            y - 5.0,
            y + 5.0
        );
    }
    svg + "</svg>\n"
}
