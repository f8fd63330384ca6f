//! Plots as SVG: bars and curves, both on logarithmic axes, readable on a light and on a dark page.
use crate::samples::{counted, shown};
use std::fmt::Write;

const WIDTH: f64 = 760.0;
const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1f2328}.t{font-size:15px;font-weight:600}\
    .m{fill:#59636e}.g{stroke:#d1d9e0;stroke-width:1}.b{fill:#0969da}.e{stroke:#1f2328;stroke-width:1.5}\
    .l{fill:none;stroke-width:2}.s0{stroke:#0969da;fill:#0969da}.s1{stroke:#bc4c00;fill:#bc4c00}\
    .s2{stroke:#1a7f37;fill:#1a7f37}.s3{stroke:#8250df;fill:#8250df}.s4{stroke:#9a6700;fill:#9a6700}\
    .p{fill:#fff}\
    @media(prefers-color-scheme:dark){text{fill:#f0f6fc}.m{fill:#9198a1}.g{stroke:#3d444d}.b{fill:#4493f8}\
    .e{stroke:#f0f6fc}.s0{stroke:#4493f8;fill:#4493f8}.s1{stroke:#f0883e;fill:#f0883e}.s2{stroke:#3fb950;fill:#3fb950}\
    .s3{stroke:#ab7df8;fill:#ab7df8}.s4{stroke:#d29922;fill:#d29922}.p{fill:#0d1117}}";

/// A bar: a label, the value that it shows, and the range of the repetitions.
#[derive(Debug, Clone)]
pub struct Bar {
    /// Label.
    pub label: String,
    /// Value.
    pub value: f64,
    /// Smallest and largest repetition.
    pub range: (f64, f64),
}

/// A curve: a name and its points.
#[derive(Debug, Clone)]
pub struct Curve {
    /// Name.
    pub name: String,
    /// Points, both coordinates above 0.
    pub points: Vec<(f64, f64)>,
}

/// Whether a logarithmic axis has a place for a value.
fn is_shown(value: f64) -> bool {
    value.is_finite() && value > 0.0
}

/// A logarithmic axis between two powers of ten.
#[derive(Debug, Clone, Copy)]
struct Axis {
    from: f64,
    decades: f64,
    start: f64,
    length: f64,
}

impl Axis {
    /// An axis for these values, from `start` on the page over `length`, which may be negative.
    fn new(values: impl Iterator<Item = f64>, start: f64, length: f64) -> Self {
        let shown = values.filter(|value| is_shown(*value));
        let (low, high) = shown.fold((f64::INFINITY, 0.0_f64), |(low, high), value| (value.min(low), value.max(high)));
        let (low, high) = if low <= high { (low, high) } else { (1.0, 1.0) };
        let from = low.log10().floor();
        Self { from, decades: (high.log10().ceil() - from).max(1.0), start, length }
    }

    fn at(&self, value: f64) -> f64 {
        let value = if is_shown(value) { value.log10() - self.from } else { 0.0 };
        self.start + value / self.decades * self.length
    }

    /// The powers of ten.
    fn ticks(&self) -> impl Iterator<Item = f64> + use<> {
        let from = self.from as i32;
        (from..=from + self.decades as i32).map(|power| 10_f64.powi(power))
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn document(height: f64, title: &str, content: &str) -> String {
    let title = escaped(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" role=\"img\" \
         aria-label=\"{title}\">\n<style>{STYLE}</style>\n<rect class=\"p\" width=\"{WIDTH}\" height=\"{height}\"/>\n\
         <text class=\"t\" x=\"16\" y=\"26\">{title}</text>\n{content}</svg>\n"
    )
}

/// The title of a plot.
pub fn title(svg: &str) -> &str {
    svg.split_once("aria-label=\"").and_then(|(_, rest)| rest.split_once('"')).map_or("", |(title, _)| title)
}

/// Horizontal bars with their values, and a line over the range of the repetitions.
pub fn bars(title: &str, bars: &[Bar]) -> String {
    let (left, row) = (300.0, 30.0);
    let height = 56.0 + row * bars.len() as f64 + 30.0;
    let values = bars.iter().flat_map(|bar| [bar.value, bar.range.0, bar.range.1]);
    let axis = Axis::new(values, left, WIDTH - left - 90.0);
    let mut content = String::new();
    for tick in axis.ticks() {
        let x = axis.at(tick);
        let bottom = height - 30.0;
        _ = writeln!(content, "<line class=\"g\" x1=\"{x:.1}\" y1=\"44\" x2=\"{x:.1}\" y2=\"{bottom:.1}\"/>");
        let y = height - 12.0;
        _ = writeln!(
            content,
            "<text class=\"m\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{}</text>",
            power(tick)
        );
    }
    for (at, bar) in bars.iter().enumerate() {
        let (y, end) = (50.0 + row * at as f64, axis.at(bar.value));
        let (low, high) = (axis.at(bar.range.0), axis.at(bar.range.1));
        let (middle, text) = (y + row / 2.0, y + row / 2.0 + 4.0);
        let label = escaped(&bar.label);
        _ = writeln!(content, "<text x=\"{:.1}\" y=\"{text:.1}\" text-anchor=\"end\">{label}</text>", left - 8.0);
        let (width, thick) = ((end - left).max(1.0), row - 10.0);
        let top = y + 5.0;
        _ = writeln!(
            content,
            "<rect class=\"b\" x=\"{left}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{thick:.1}\" rx=\"2\"/>"
        );
        _ = writeln!(content, "<path class=\"e\" d=\"M{low:.1} {middle:.1}H{high:.1}\"/>");
        let beside = high.max(end) + 8.0;
        _ = writeln!(content, "<text x=\"{beside:.1}\" y=\"{text:.1}\">{}</text>", shown(bar.value));
    }
    document(height, title, &content)
}

/// Curves over a common pair of axes.
pub fn curves(title: &str, (x_name, y_name): (&str, &str), curves: &[Curve]) -> String {
    let (height, left, bottom) = (420.0, 78.0, 364.0);
    let points = || curves.iter().flat_map(|curve| curve.points.iter().copied());
    let x = Axis::new(points().map(|point| point.0), left, WIDTH - left - 24.0);
    let y = Axis::new(points().map(|point| point.1), bottom, 56.0 - bottom);
    let mut content = String::new();
    for tick in x.ticks() {
        let at = x.at(tick);
        _ = writeln!(content, "<line class=\"g\" x1=\"{at:.1}\" y1=\"56\" x2=\"{at:.1}\" y2=\"{bottom}\"/>");
        _ = writeln!(
            content,
            "<text class=\"m\" x=\"{at:.1}\" y=\"382\" text-anchor=\"middle\">{}</text>",
            power(tick)
        );
    }
    for tick in y.ticks() {
        let (at, right) = (y.at(tick), WIDTH - 24.0);
        _ = writeln!(content, "<line class=\"g\" x1=\"{left}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\"/>");
        let text = at + 4.0;
        _ = writeln!(content, "<text class=\"m\" x=\"70\" y=\"{text:.1}\" text-anchor=\"end\">{}</text>", power(tick));
    }
    let (x_name, y_name) = (escaped(x_name), escaped(y_name));
    _ = writeln!(content, "<text class=\"m\" x=\"{left}\" y=\"46\">{y_name}</text>");
    _ = writeln!(content, "<text class=\"m\" x=\"{:.1}\" y=\"408\" text-anchor=\"end\">{x_name}</text>", WIDTH - 24.0);
    for (at, curve) in curves.iter().enumerate() {
        let colour = at % 5;
        let place = |point: &(f64, f64)| (x.at(point.0), y.at(point.1));
        let path: Vec<String> = curve.points.iter().map(place).map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
        let path = path.join("L");
        _ = writeln!(content, "<path class=\"l s{colour}\" style=\"fill:none\" d=\"M{path}\"/>");
        for (x, y) in curve.points.iter().map(place) {
            _ = writeln!(content, "<circle class=\"s{colour}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>");
        }
        let (legend, name) = (74.0 + 19.0 * at as f64, escaped(&curve.name));
        _ = writeln!(content, "<circle class=\"s{colour}\" cx=\"96\" cy=\"{:.1}\" r=\"4\"/>", legend - 4.0);
        _ = writeln!(content, "<text x=\"106\" y=\"{legend:.1}\">{name}</text>");
    }
    document(height, title, &content)
}

/// A power of ten as an axis shows it.
fn power(value: f64) -> String {
    match value {
        small if small < 0.001 => format!("1e{}", small.log10().round()),
        part if part < 1.0 => format!("{part:.0$}", (-part.log10()).round() as usize),
        large if large < 1e6 => counted(large.round() as u64),
        larger => format!("1e{}", larger.log10().round()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_bars_are_larger_values() {
        let bar = |label: &str, value: f64| Bar { label: label.to_owned(), value, range: (value, value * 1.1) };
        let svg = bars("a < b", &[bar("one", 3.0), bar("ten", 30.0)]);
        let widths: Vec<f64> = svg
            .lines()
            .filter_map(|line| line.strip_prefix("<rect class=\"b\"")?.split("width=\"").nth(1)?.split('"').next())
            .map(|width| width.parse().expect("a number"))
            .collect();
        assert!(widths.len() == 2 && widths[0] < widths[1], "{widths:?}");
        assert!(svg.contains("a &lt; b") && !svg.contains("NaN"), "{svg}");
    }

    #[test]
    fn curves_have_their_points() {
        let curve = Curve { name: "c".to_owned(), points: vec![(1.0, 2.0), (10.0, 20.0), (100.0, 200.0)] };
        let svg = curves("t", ("n", "ms"), &[curve]);
        assert_eq!(svg.matches(" r=\"3\"").count(), 3);
        assert_eq!(title(&svg), "t");
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn values_without_a_place_are_at_the_edge() {
        let curve = Curve { name: "c".to_owned(), points: vec![(1.0, 0.0), (10.0, 5.0), (100.0, f64::NAN)] };
        assert!(curves("t", ("n", "ms"), &[curve]).len() < 10_000);
        let none = Curve { name: "c".to_owned(), points: vec![(1.0, 0.0)] };
        assert!(curves("t", ("n", "ms"), &[none]).len() < 10_000);
    }

    #[test]
    fn powers_are_short() {
        assert_eq!([0.01, 0.1, 1.0, 10.0, 1000.0, 1e7].map(power), ["0.01", "0.1", "1", "10", "1,000", "1e7"]);
    }
}
