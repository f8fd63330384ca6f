//! A comparison as one HTML file, offline, in the style of the other pages: light and dark, without a script.
use super::{Comparison, plots, tables};
use askama::Template;

#[derive(Template)]
#[template(path = "comparison.html")]
struct Page<'a> {
    comparison: &'a Comparison,
    version: &'a str,
    drawings: Vec<(&'static str, String)>,
    tables: Vec<Shown>,
}

/// A table with its text as HTML.
struct Shown {
    title: &'static str,
    about: String,
    header: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

struct Cell {
    text: String,
    class: &'static str,
}

/// The page.
///
/// # Panics
/// Never: the template is checked when this crate is built, and writing to memory does not fail.
pub fn page(comparison: &Comparison, version: &str) -> String {
    let drawings = plots::all(comparison).into_iter().map(|(name, drawing)| (caption(name), drawing)).collect();
    let tables = tables::tables(comparison).into_iter().map(|table| Shown {
        title: table.title,
        about: table.about.replace(['*', '`'], ""),
        rows: table.rows.iter().map(|row| row.iter().enumerate().map(|(at, text)| cell(at, text)).collect()).collect(),
        header: table.header,
    });
    Page { comparison, version, drawings, tables: tables.collect() }.render().expect("writing to memory does not fail")
}

fn caption(name: &str) -> &'static str {
    match name {
        "races" => "Fingerprints that had two active requests: green never, the redder the more often.",
        "cost" => "What a signal costs, and how long it takes.",
        _ => "What the duration of a lease buys, and what a wrong clock costs.",
    }
}

/// The first column has names, and commands stay as they are.
fn cell(column: usize, text: &str) -> Cell {
    let command = text.starts_with('`');
    let class = match column {
        0 => "",
        _ if command => "command",
        _ => "figure",
    };
    Cell { text: text.replace('`', ""), class }
}
