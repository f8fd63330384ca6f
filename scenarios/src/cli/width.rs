//! Width of the text on standard output, and of a line on standard error.
use std::io::IsTerminal;

/// Narrowest width that is used.
const NARROWEST: usize = 40;

/// Columns that `COLUMNS` asks for or that the terminal has; at most those of a report's file.
pub(super) fn of_output() -> usize {
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || {
        let size = std::io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
        size.map(|(terminal_size::Width(columns), _)| usize::from(columns))
    };
    asked.or_else(terminal).unwrap_or(reports::text::WIDTH).clamp(NARROWEST, reports::text::WIDTH)
}

/// Characters that fit into one line of the terminal on standard error.
pub(super) fn of_errors() -> usize {
    let size = terminal_size::terminal_size_of(std::io::stderr());
    size.map_or(reports::text::WIDTH, |(terminal_size::Width(columns), _)| usize::from(columns).saturating_sub(1))
}
