//! Lines of text: wrapped paragraphs with a label, and tables.
//!
//! There are no colours, and a file has a fixed width, so that the same report is always the same bytes.
use crate::table::Table;
use std::fmt::{self, Write};

/// Characters in a line of a file. A word that is longer gets a line of its own.
pub const WIDTH: usize = 110;
/// Characters of a paragraph's label.
pub(super) const LABEL: usize = 10;

/// A text that is being written, with the characters that a line may have.
pub(super) struct Sheet {
    pub(super) text: String,
    pub(super) width: usize,
}

impl Write for Sheet {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text.write_str(text)
    }
}

impl Sheet {
    pub(super) const fn new(width: usize) -> Self {
        Self { text: String::new(), width }
    }

    /// Ends a line, or writes an empty one.
    pub(super) fn end_line(&mut self) {
        self.text.push('\n');
    }
}

/// Writes a paragraph with its label in a column of its own.
pub(super) fn paragraph(text: &mut Sheet, label: &str, body: &str) {
    for (index, line) in wrapped(body, text.width.saturating_sub(LABEL)).into_iter().enumerate() {
        let _ = writeln!(text, "{:LABEL$}{line}", if index == 0 { label } else { "" });
    }
}

/// Breaks the text at blanks into lines of at most `width` characters.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Writes a table with columns two blanks apart. Columns of figures are aligned to the right.
pub(super) fn table(text: &mut Sheet, table: &Table) {
    let table: Vec<&Vec<String>> = std::iter::once(&table.header).chain(&table.rows).collect();
    let columns = table.iter().map(|row| row.len()).max().unwrap_or(0);
    let cells = |column: usize| table.iter().filter_map(move |row| row.get(column));
    let width: Vec<usize> =
        (0..columns).map(|column| cells(column).map(|cell| cell.chars().count()).max().unwrap_or(0)).collect();
    let figures: Vec<bool> = (0..columns)
        .map(|column| {
            cells(column)
                .skip(1)
                .all(|cell| cell.starts_with(|c: char| c.is_ascii_digit() || c == '–') || cell.is_empty())
        })
        .collect();
    for row in table {
        let line: Vec<_> = row
            .iter()
            .enumerate()
            .map(|(column, cell)| {
                let width = width[column];
                if figures[column] { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            })
            .collect();
        let _ = writeln!(text, "{}", line.join("  ").trim_end());
    }
}
