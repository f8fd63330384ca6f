//! The two sides beside each other: one row for each suite, and the tests whose outcomes differ.
use crate::{declared::Declared, outcomes::Outcomes, side::Side};
use std::{collections::BTreeMap, fmt::Write};

/// Outcomes of all parts that ran so far.
pub(crate) struct Comparison {
    declared: Declared,
    rows: BTreeMap<String, Row>,
    /// Lines about differences that are not declared, and about declared ones that are absent.
    wrong: Vec<String>,
    /// Lines about declared differences.
    known: Vec<String>,
    skipped: Vec<String>,
    /// Parts that were compared, as `| SUITE | \`PART: `, which begins the rows of their tests.
    compared: Vec<String>,
    /// Rows for all differences.
    rows_now: Vec<String>,
}

/// Counts of a suite.
#[derive(Default)]
struct Row {
    run: usize,
    passed: BTreeMap<Side, usize>,
    differences: usize,
    declared: usize,
}

/// Table and lists that are printed at the end.
pub(crate) struct Report {
    /// Markdown.
    pub(crate) text: String,
    /// Whether the differences are the declared ones, and everything ran that could.
    pub(crate) holds: bool,
    /// Whether no suite was left out.
    pub(crate) complete: bool,
}

impl Comparison {
    pub(crate) fn new(declared: Declared) -> Self {
        Self {
            declared,
            rows: BTreeMap::new(),
            wrong: Vec::new(),
            known: Vec::new(),
            skipped: Vec::new(),
            compared: Vec::new(),
            rows_now: Vec::new(),
        }
    }

    /// A suite is left out.
    pub(crate) fn skip(&mut self, suite: &str, tool: &str) {
        self.skipped.push(format!("{suite}: needs {tool}"));
    }

    /// A suite could not be run.
    pub(crate) fn fail(&mut self, suite: &str, error: String) {
        self.wrong.push(format!("{suite}: {error}"));
    }

    /// Adds the outcomes of a part. A side without outcomes was not run: nothing is compared.
    pub(crate) fn add(&mut self, suite: &str, part: &str, sides: &BTreeMap<Side, Outcomes>) {
        let row = self.rows.entry(suite.to_owned()).or_default();
        let mut names: Vec<&str> = sides.values().flat_map(Outcomes::iter).map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        row.run += names.len();
        for (side, outcomes) in sides {
            *row.passed.entry(*side).or_default() += outcomes.passed();
        }
        let (Some(serve), Some(real)) = (sides.get(&Side::Serve), sides.get(&Side::Real)) else { return };
        if serve.iter().next().is_none() || real.iter().next().is_none() {
            return;
        }
        self.compared.push(format!("| {suite} | `{part}: "));
        for name in names {
            let (here, there) = (serve.get(name), real.get(name));
            let test = format!("{part}: {name}");
            let differs = here.map(|failure| failure.is_some()) != there.map(|failure| failure.is_some());
            match (differs, self.declared.reason(suite, &test)) {
                (true, Some(reason)) => {
                    row.differences += 1;
                    row.declared += 1;
                    self.known.push(row_of(suite, &test, reason));
                    self.rows_now.push(row_of(suite, &test, reason));
                }
                (true, None) => {
                    row.differences += 1;
                    let outcomes = format!("serve {}, real {}", words(here), words(there));
                    self.wrong.push(row_of(suite, &test, &outcomes));
                    self.rows_now.push(row_of(suite, &test, &outcomes));
                }
                (false, Some(reason)) if !Declared::may_be_absent(reason) => {
                    self.wrong.push(row_of(suite, &test, "declared in docs/fidelity.md, but both agree"));
                }
                (false, _) => {}
            }
        }
    }

    /// The rows of docs/fidelity.md after this comparison, given those before it: reasons are kept, and a difference
    /// without one gets its outcomes.
    pub(crate) fn rows(&self, before: &[String]) -> Vec<String> {
        let others = before.iter().filter(|row| !self.compared.iter().any(|part| row.starts_with(part)));
        let mut rows: Vec<String> = others.chain(&self.rows_now).cloned().collect();
        rows.sort_unstable();
        rows
    }

    /// The table, and what is wrong.
    pub(crate) fn report(&self) -> Report {
        let mut text = "| suite | tests | passed on serve | passed on real | differ | of these declared |\n\
                        |---|--:|--:|--:|--:|--:|\n"
            .to_owned();
        for (suite, row) in &self.rows {
            let passed = |side| row.passed.get(&side).copied().unwrap_or_default();
            let (serve, real) = (passed(Side::Serve), passed(Side::Real));
            let Row { run, differences, declared, .. } = row;
            let _ = writeln!(text, "| {suite} | {run} | {serve} | {real} | {differences} | {declared} |");
        }
        for (title, lines) in [("left out", &self.skipped), ("declared", &self.known), ("wrong", &self.wrong)] {
            if !lines.is_empty() {
                let _ = writeln!(text, "\n{title} ({}):\n\n{}", lines.len(), lines.join("\n"));
            }
        }
        Report { text, holds: self.wrong.is_empty(), complete: self.skipped.is_empty() }
    }
}

/// A row as docs/fidelity.md has it.
fn row_of(suite: &str, test: &str, text: &str) -> String {
    let escaped = |text: &str| text.replace('|', "\\|");
    format!("| {suite} | `{}` | {} |", escaped(test), escaped(text))
}

fn words(outcome: Option<Option<&str>>) -> String {
    match outcome {
        None => "did not run it".to_owned(),
        Some(None) => "passed".to_owned(),
        Some(Some(failure)) => format!("failed: {failure}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{declared, outcomes::Format};
    use std::path::Path;

    fn outcomes(lines: &str) -> Outcomes {
        Format::Libtest.read(lines, Path::new("")).expect("a test ran")
    }

    fn compared(page: &str) -> Report {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), format!("\n## Tests of other projects\n\n{page}\n")).expect("a file");
        let mut comparison = Comparison::new(declared::read(file.path()).expect("a table"));
        let sides = [
            (Side::Serve, outcomes("test one ... ok\ntest two ... FAILED\ntest three ... FAILED\n")),
            (Side::Real, outcomes("test one ... ok\ntest two ... ok\ntest three ... FAILED\n")),
        ];
        comparison.add("kube-rs", "kube", &sides.into());
        comparison.report()
    }

    #[test]
    fn undeclared_difference_is_wrong() {
        let report = compared("");
        assert!(!report.holds);
        assert!(report.text.contains("| kube-rs | 3 | 1 | 2 | 1 | 0 |"), "{}", report.text);
        assert!(report.text.contains("kube-rs | `kube: two` | serve failed: failed, real passed"), "{}", report.text);
    }

    #[test]
    fn declared_difference_holds() {
        let report = compared("| kube-rs | `kube: two` | no token |");
        assert!(report.holds, "{}", report.text);
        assert!(report.text.contains("| kube-rs | 3 | 1 | 2 | 1 | 1 |"), "{}", report.text);
    }

    #[test]
    fn rows_are_those_of_the_differences() {
        let mut comparison = Comparison::new(Declared::default());
        let sides = [(Side::Serve, outcomes("test one ... FAILED\n")), (Side::Real, outcomes("test one ... ok\n"))];
        comparison.add("kube-rs", "kube", &sides.into());
        let before = ["| e2e | `a: b` | kept |", "| kube-rs | `kube: two` | gone |"].map(str::to_owned);
        let expected = ["| e2e | `a: b` | kept |", "| kube-rs | `kube: one` | serve failed: failed, real passed |"];
        assert_eq!(comparison.rows(&before), expected);
    }

    #[test]
    fn declared_difference_that_is_absent_is_wrong() {
        let absent = compared("| kube-rs | `kube: two` | no token |\n| kube-rs | `kube: three` | no node |");
        assert!(!absent.holds && absent.text.contains("`kube: three` | declared in docs/fidelity.md, but both agree"));
        let rare = compared("| kube-rs | `kube: two` | no token |\n| kube-rs | `kube: one` | sometimes: a race |");
        assert!(rare.holds, "{}", rare.text);
    }
}
