//! Outcomes of tests by name, from what test programs write: Ginkgo's JSON, Go's and Rust's lists, unittest's.
use anyhow::Context;
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::Path, time::Duration};

/// Form of a test program's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// A Go test program with a Ginkgo suite in it, and plain Go tests beside that.
    Ginkgo,
    /// Ginkgo's own command, which runs a test program in several processes.
    ParallelGinkgo,
    /// A Rust test program.
    Libtest,
    /// `python-client/run.py`.
    Unittest,
}

/// Longest text of a failure.
const FAILURE_CHARS_MAX: usize = 200;

/// Outcomes of the tests that ran, by name: `None` if it passed, otherwise the beginning of its failure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outcomes(BTreeMap<String, Option<String>>);

impl Format {
    /// Arguments that make a program report so.
    pub(crate) fn arguments(self, report: &Path, limit: Duration) -> Vec<String> {
        let limit = limit.as_secs();
        match self {
            Self::Ginkgo => vec![
                "--test.v".into(),
                "--ginkgo.no-color".into(),
                format!("--ginkgo.timeout={limit}s"),
                format!("--ginkgo.json-report={}", report.display()),
            ],
            Self::ParallelGinkgo => {
                let directory = report.parent().unwrap_or(Path::new("."));
                let name = report.file_name().unwrap_or_default();
                vec![
                    "--no-color".into(),
                    "--keep-going".into(),
                    format!("--timeout={limit}s"),
                    format!("--output-dir={}", directory.display()),
                    format!("--json-report={}", name.display()),
                ]
            }
            Self::Libtest | Self::Unittest => Vec::new(),
        }
    }

    /// Reads what a program wrote.
    ///
    /// # Errors
    /// If it names no test.
    pub(crate) fn read(self, log: &str, report: &Path) -> anyhow::Result<Outcomes> {
        let mut outcomes = Outcomes::default();
        match self {
            Self::Ginkgo | Self::ParallelGinkgo => {
                let text = fs::read_to_string(report).context("Ginkgo wrote no report")?;
                outcomes.add_ginkgo(&serde_json::from_str(&text).context("Ginkgo's report is not JSON")?);
                outcomes.add_go(log);
            }
            Self::Libtest => outcomes.add_libtest(log),
            Self::Unittest => outcomes.add_unittest(log),
        }
        anyhow::ensure!(!outcomes.0.is_empty(), "it ran no test");
        Ok(outcomes)
    }
}

impl Outcomes {
    /// Names and outcomes.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().map(|(name, failure)| (name.as_str(), failure.as_deref()))
    }

    /// Outcome of a test, if it ran.
    pub(crate) fn get(&self, name: &str) -> Option<Option<&str>> {
        self.0.get(name).map(Option::as_deref)
    }

    /// Number of tests that passed.
    pub(crate) fn passed(&self) -> usize {
        self.0.values().filter(|failure| failure.is_none()).count()
    }

    /// Number of tests that passed, of all that ran.
    pub(crate) fn summary(&self) -> String {
        format!("{} of {} passed", self.passed(), self.0.len())
    }

    /// Reads outcomes that were kept; `None` if there are none.
    pub(crate) fn read(file: &Path) -> Option<Self> {
        let kept = fs::read_to_string(file).ok()?;
        serde_json::from_str(&kept).ok().map(Self)
    }

    /// Keeps them in a file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn write(&self, file: &Path) -> anyhow::Result<()> {
        fs::write(file, serde_json::to_string_pretty(&self.0)?)
            .with_context(|| format!("cannot write {}", file.display()))
    }

    /// Adds a test. Of several with one name, the second is `NAME (2)`.
    fn add(&mut self, name: &str, failure: Option<&str>) {
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut unique = name.clone();
        let mut number = 2;
        while self.0.contains_key(&unique) {
            unique = format!("{name} ({number})");
            number += 1;
        }
        let beginning = |text: &str| {
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            words.chars().take(FAILURE_CHARS_MAX).collect()
        };
        self.0.insert(unique, failure.map(beginning));
    }

    /// The specs of Ginkgo's JSON report, and the nodes around them that failed.
    fn add_ginkgo(&mut self, report: &Value) {
        let all = |value: &Value| value.as_array().cloned().unwrap_or_default();
        for spec in all(report).iter().flat_map(|suite| all(&suite["SpecReports"])) {
            let state = spec["State"].as_str().unwrap_or_default();
            let is_test = spec["LeafNodeType"] == "It";
            // Not selected, or left out by its own decision.
            if matches!(state, "skipped" | "pending" | "") || !is_test && state == "passed" {
                continue;
            }
            let containers = all(&spec["ContainerHierarchyTexts"]);
            let texts = containers.iter().chain([&spec["LeafNodeText"]]).filter_map(Value::as_str);
            let mut name = texts.collect::<Vec<_>>().join(" ");
            if !is_test {
                name = format!("[{}] {name}", spec["LeafNodeType"].as_str().unwrap_or_default());
            }
            let message = spec["Failure"]["Message"].as_str().unwrap_or(state);
            self.add(&name, (state != "passed").then_some(message));
        }
    }

    /// Plain Go tests, from what `-test.v` prints: those without subtests, and not the one that runs Ginkgo.
    fn add_go(&mut self, log: &str) {
        let mut current = "";
        let mut found = BTreeMap::new();
        for line in log.lines() {
            if let Some(name) = line.strip_prefix("=== RUN   ") {
                current = name;
                found.entry(name).or_insert(Some("did not end"));
            } else if line.starts_with("Running Suite: ") {
                found.insert(current, None);
                current = "";
            } else if let Some((outcome, name)) =
                line.trim_start().strip_prefix("--- ").and_then(|end| end.split_once(": "))
            {
                let name = name.split(" (").next().unwrap_or_default();
                // An absent entry is the test that runs Ginkgo.
                if let Some(Some(state)) = found.get_mut(name) {
                    *state = outcome;
                }
            }
        }
        let named: Vec<(&str, &str)> = found.iter().filter_map(|(name, state)| Some((*name, (*state)?))).collect();
        for (name, state) in &named {
            let has_subtests = named.iter().any(|(other, _)| other.starts_with(&format!("{name}/")));
            if !has_subtests && *state != "SKIP" {
                self.add(name, (*state != "PASS").then_some(state));
            }
        }
    }

    /// `test NAME ... ok`; the test's own output may come between the two.
    fn add_libtest(&mut self, log: &str) {
        let mut open: Option<&str> = None;
        for line in log.lines() {
            let rest = match line.strip_prefix("test ").and_then(|line| line.split_once(" ... ")) {
                Some((name, rest)) => {
                    open = Some(name.split(" - should panic").next().unwrap_or(name));
                    rest
                }
                None => line,
            };
            let Some(name) = open else { continue };
            match rest.trim() {
                "ok" => self.add(name, None),
                "FAILED" => self.add(name, Some(panic_of(name, log))),
                _ => continue,
            }
            open = None;
        }
    }

    /// A JSON object in each line: `test`, and `failure` if it failed.
    fn add_unittest(&mut self, log: &str) {
        let tests = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        for test in tests.filter(Value::is_object) {
            if let Some(name) = test["test"].as_str() {
                self.add(name, test["failure"].as_str());
            }
        }
    }
}

/// What a failed Rust test printed when it panicked.
fn panic_of<'a>(name: &str, log: &'a str) -> &'a str {
    let output = log.split(&format!("---- {name} stdout ----\n")).nth(1).unwrap_or("failed");
    output.split("panicked at ").nth(1).and_then(|panic| panic.split_once('\n')).map_or(output, |(_, message)| message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(add: impl FnOnce(&mut Outcomes)) -> Vec<(String, Option<String>)> {
        let mut outcomes = Outcomes::default();
        add(&mut outcomes);
        outcomes.0.into_iter().collect()
    }

    fn ok(name: &str) -> (String, Option<String>) {
        (name.to_owned(), None)
    }

    fn failed(name: &str, message: &str) -> (String, Option<String>) {
        (name.to_owned(), Some(message.to_owned()))
    }

    #[test]
    fn ginkgo_specs_are_named_by_their_containers() {
        let spec = |kind: &str, text: &str, state: &str| {
            json!({"LeafNodeType": kind, "ContainerHierarchyTexts": ["Client", "Get"], "LeafNodeText": text,
                "State": state, "Failure": {"Message": "\nExpected\n  1"}})
        };
        let specs = [
            spec("It", "works", "passed"),
            spec("It", "works", "panicked"),
            spec("It", "is not selected", "skipped"),
            spec("BeforeSuite", "", "failed"),
            spec("AfterSuite", "", "passed"),
        ];
        let found = read(|outcomes| outcomes.add_ginkgo(&json!([{"SpecReports": specs}])));
        let expected = [
            ok("Client Get works"),
            failed("Client Get works (2)", "Expected 1"),
            failed("[BeforeSuite] Client Get", "Expected 1"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn go_tests_are_read_beside_ginkgo() {
        let log = "=== RUN   TestClient\nRunning Suite: Client - /x\n--- FAIL: TestClient (0.10s)\n\
                   === RUN   TestMapper\n=== RUN   TestMapper/one\n--- FAIL: TestMapper (0.00s)\n    \
                   --- FAIL: TestMapper/one (0.00s)\n=== RUN   TestPlain\n--- PASS: TestPlain (0.00s)\n";
        assert_eq!(read(|outcomes| outcomes.add_go(log)), [failed("TestMapper/one", "FAIL"), ok("TestPlain")]);
    }

    #[test]
    fn libtest_names_what_panicked() {
        let log = "test a::one ... ok\ntest a::two ... noise\nFAILED\n\nfailures:\n\n---- a::two stdout ----\n\n\
                   thread 'a::two' panicked at src/a.rs:1:2:\nno cluster\n";
        assert_eq!(read(|outcomes| outcomes.add_libtest(log)), [ok("a::one"), failed("a::two", "no cluster")]);
    }

    #[test]
    fn unittest_lines_are_read_among_others() {
        let log =
            "noise\n{\"test\": \"a.B.c\", \"failure\": null}\n{\"test\": \"a.B.d\", \"failure\": \"404\\nmore\"}\n";
        assert_eq!(read(|outcomes| outcomes.add_unittest(log)), [ok("a.B.c"), failed("a.B.d", "404 more")]);
    }
}
