//! The differences that docs/fidelity.md declares: rows of a table, each with a suite, a test's name and a reason.
use anyhow::Context;
use std::{collections::BTreeMap, fs, path::Path};

/// Heading of the section in which the table is.
const SECTION: &str = "\n## Tests of other projects\n";
const HEADER: &str = "| suite | part and test | reason |\n|---|---|---|\n";
/// Beginning of the reason of a difference that does not occur in every run.
const SOMETIMES: &str = "sometimes: ";

/// Reasons by suite and test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Declared(BTreeMap<(String, String), String>);

impl Declared {
    /// Reason of a difference, if it is declared.
    pub(crate) fn reason(&self, suite: &str, test: &str) -> Option<&str> {
        self.0.get(&(suite.to_owned(), test.to_owned())).map(String::as_str)
    }

    /// Whether a declared difference may be absent from a run.
    pub(crate) fn may_be_absent(reason: &str) -> bool {
        reason.starts_with(SOMETIMES)
    }
}

/// Reads the table.
///
/// # Errors
/// If the page cannot be read, or has a row that is not understood.
pub(crate) fn read(document: &Path) -> anyhow::Result<Declared> {
    let text = fs::read_to_string(document).with_context(|| format!("cannot read {}", document.display()))?;
    parse(&text).with_context(|| format!("{} cannot be used", document.display()))
}

/// Writes the rows of the table anew, as `change` gives them from those before.
///
/// # Errors
/// If the page cannot be read or written, or lacks the table.
pub(crate) fn write(document: &Path, change: impl FnOnce(&[String]) -> Vec<String>) -> anyhow::Result<()> {
    let text = fs::read_to_string(document).with_context(|| format!("cannot read {}", document.display()))?;
    let (before, section) = text.split_once(SECTION).context("there is no section `Tests of other projects`")?;
    let (section, after) = section.split_once("\n## ").context("the section is not the last")?;
    let (head, table) = section.split_once(HEADER).context("the section has a table")?;
    let rows: Vec<String> = table.lines().filter(|line| line.starts_with("| ")).map(str::to_owned).collect();
    let rows: String = change(&rows).iter().map(|row| format!("{row}\n")).collect();
    let text = format!("{before}{SECTION}{head}{HEADER}{rows}\n## {after}");
    fs::write(document, text).with_context(|| format!("cannot write {}", document.display()))
}

fn parse(document: &str) -> anyhow::Result<Declared> {
    let section = document.split(SECTION).nth(1).context("there is no section `Tests of other projects`")?;
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut declared = Declared::default();
    // The test's name is in backticks, as it may have anything else in it.
    for row in section.lines().filter(|line| line.starts_with("| ") && line.contains(" | `")) {
        let mut parts = row.trim_start_matches("| ").splitn(2, " | `");
        let (suite, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let (test, reason) = rest.rsplit_once("` | ").with_context(|| format!("a row without a reason: {row}"))?;
        let reason = reason.trim_end_matches('|').trim();
        anyhow::ensure!(!reason.is_empty(), "a row without a reason: {row}");
        let test = test.replace("\\|", "|");
        let twice = declared.0.insert((suite.to_owned(), test), reason.to_owned());
        anyhow::ensure!(twice.is_none(), "a test is declared twice: {row}");
    }
    Ok(declared)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# F\n| a | `b` | elsewhere |\n\n## Tests of other projects\n\n| suite | test | reason |\n\
                        |---|---|---|\n| kube-rs | `a::b` | no token |\n| e2e | `does \\| this` | sometimes: races |\n\
                        \n## After\n| e2e | `other` | not of the section |\n";

    #[test]
    fn rows_of_the_section_are_read() {
        let declared = parse(PAGE).expect("a table");
        assert_eq!(declared.reason("kube-rs", "a::b"), Some("no token"));
        assert!(declared.reason("e2e", "does | this").is_some_and(Declared::may_be_absent));
        assert_eq!(declared.0.len(), 2);
    }

    #[test]
    fn table_is_written_anew() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let page = format!("# F\n{SECTION}\ntext\n\n{HEADER}| a | `b` | c |\n\n## After\n");
        fs::write(file.path(), &page).expect("a file");
        write(file.path(), |rows| rows.iter().map(|row| row.replace('c', "d")).collect()).expect("a table");
        assert_eq!(fs::read_to_string(file.path()).expect("a file"), page.replace("| c |", "| d |"));
    }

    #[test]
    fn rows_without_reason_are_refused() {
        assert!(parse("# F\n\n## Tests of other projects\n\n| e2e | `a` |  |\n").is_err());
        assert!(parse("# F\n").is_err());
    }
}
