//! Colours of a report on a terminal.
//!
//! They say nothing that the text does not say: a report without them, in a file or in a pipe, is complete. NO_COLOR
//! and a terminal that calls itself dumb get none.
use std::io::IsTerminal;

const RED: &str = "\x1b[1;31m";
const GREEN: &str = "\x1b[1;32m";
const YELLOW: &str = "\x1b[1;33m";
const MAGENTA: &str = "\x1b[35m";
const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const PLAIN: &str = "\x1b[0m";

/// The report, coloured if standard output is a terminal that wants it.
pub(super) fn for_output(text: String) -> String {
    if wanted() { painted(&text) } else { text }
}

fn wanted() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    std::io::stdout().is_terminal() && !set("NO_COLOR") && !dumb
}

fn painted(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(line).collect();
    lines.join("\n")
}

/// One line: the verdict, the number of a cause, a command to paste, evidence, and what was left out.
fn line(line: &str) -> String {
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    let verdict = match first {
        "VIOLATED" => Some(RED),
        "HELD" => Some(GREEN),
        "INCONCLUSIVE" => Some(YELLOW),
        _ => None,
    };
    if let Some(colour) = verdict.filter(|_| rest.starts_with('·')) {
        return format!("{colour}{first}{PLAIN} {rest}");
    }
    let is_number = first.strip_suffix('.').is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
    if is_number && !rest.is_empty() {
        return format!("{BOLD}{line}{PLAIN}");
    }
    let trimmed = line.trim_start();
    let whole = match trimmed.split(' ').next() {
        Some("again") => Some(BOLD),
        Some(">") => Some(RED),
        Some("A" | "B") if trimmed[1..].starts_with("  ") => Some(MAGENTA),
        Some("…") => Some(DIM),
        _ => None,
    };
    whole.map_or_else(|| line.to_owned(), |colour| format!("{colour}{line}{PLAIN}"))
}

#[cfg(test)]
mod tests {
    use super::painted;

    fn plain(text: &str) -> String {
        let mut parts = text.split('\x1b');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |plain, part| plain + part.split_once('m').map_or(part, |(_, rest)| rest))
    }

    #[test]
    fn colours_change_no_text() {
        let text = "VIOLATED · run: x.\n\n1. one_holder in pair\n   again   lockstep replay x\n A     0.1  · ◉  x\n \
                    >  y\nHELD is a word\n   … 5 steps …\nA brief line";
        let coloured = painted(text);
        assert_eq!(plain(&coloured), text);
        let coloured: Vec<bool> = coloured.lines().map(|line| line.contains('\x1b')).collect();
        assert_eq!(coloured, [true, false, true, true, true, true, false, true, false]);
    }
}
