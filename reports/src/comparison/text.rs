//! A comparison on a terminal.
use super::{Comparison, tables};
use std::fmt::Write;

/// The comparison as text.
pub fn text(comparison: &Comparison) -> String {
    let mut text = format!("{} runs of each protocol in each situation, seed {}\n", comparison.runs, comparison.seed);
    for situation in &comparison.situations {
        let _ = writeln!(text, "  {:<18} {}", situation.name, situation.story);
    }
    for table in tables::tables(comparison) {
        let plain = |cell: &String| cell.replace('`', "");
        let rows: Vec<Vec<String>> =
            [&table.header].into_iter().chain(&table.rows).map(|row| row.iter().map(plain).collect()).collect();
        let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
        let width =
            |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
        let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
        let _ = writeln!(text, "\n{}", table.title);
        for row in &rows {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            let _ = writeln!(text, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
        }
    }
    text
}
