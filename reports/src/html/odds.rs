//! The odds of failing along a run, as a small curve of bars.
use super::escape::Escaped;
use crate::report::Smallest;
use std::fmt::Write;

/// The curve, and what it shows; None where nothing was measured.
pub(super) fn draw(smallest: &Smallest) -> Option<(String, String)> {
    let (first, last) = (smallest.odds.first()?, smallest.odds.last()?);
    let mut bars = String::new();
    for (index, point) in smallest.odds.iter().enumerate() {
        let percent = point.failed * 100 / point.of.max(1);
        let jump = if smallest.jump == Some(index) { " jump" } else { "" };
        let title = format!("{percent} % after {} choices, at {}", point.choices, point.step);
        let _ = write!(
            bars,
            r#"<span class="odd{jump}" title="{}"><i style="height:{}%"></i></span>"#,
            Escaped(&title),
            percent.max(2)
        );
    }
    let percent = |failed: u64, of: u64| failed * 100 / of.max(1);
    let mut words = format!(
        "Of {} runs from each point that continue at random, {} % fail from the beginning and {} % at the violation.",
        first.of,
        percent(first.failed, first.of),
        percent(last.failed, last.of)
    );
    if let Some(point) = smallest.jump.and_then(|jump| smallest.odds.get(jump)) {
        let _ = write!(words, " The jump to {} % is at: {}.", percent(point.failed, point.of), point.step);
    }
    Some((bars, words))
}
