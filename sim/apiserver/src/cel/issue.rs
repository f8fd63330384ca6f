//! Errors in the source of an expression, with a line of it and a mark below (cel-go, common/error.go).

/// One error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issue {
    /// Position in the source, in characters.
    pub(crate) at: usize,
    pub(crate) message: String,
}

impl Issue {
    pub(crate) fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }

    fn show(&self, source: &str) -> String {
        let before: Vec<char> = source.chars().take(self.at).collect();
        let line = before.iter().filter(|c| **c == '\n').count();
        let column = before.iter().rev().take_while(|c| **c != '\n').count();
        let text = source.split('\n').nth(line).unwrap_or_default().replace('\t', " ");
        let wide = |c: Option<char>| c.is_some_and(|c| !c.is_ascii());
        let mut chars = text.chars();
        let dots: String = chars.by_ref().take(column).map(|c| if wide(Some(c)) { '\u{ff0e}' } else { '.' }).collect();
        let mark = if wide(chars.next()) { '\u{ff3e}' } else { '^' };
        let (line, column) = (line + 1, column + 1);
        format!("ERROR: <input>:{line}:{column}: {}\n | {text}\n | {dots}{mark}", self.message)
    }
}

/// The errors in the order of their positions.
pub(crate) fn show(mut issues: Vec<Issue>, source: &str) -> String {
    issues.sort_by_key(|issue| issue.at);
    issues.iter().map(|issue| issue.show(source)).collect::<Vec<_>>().join("\n")
}
