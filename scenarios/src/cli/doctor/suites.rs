//! Test suites, and the tools that each needs.
use super::tools::Tool;

/// A group of tests with the same needs.
pub(super) struct Suite {
    pub(super) name: &'static str,
    /// Command that runs it.
    pub(super) command: &'static str,
    /// Names of the tools that it needs.
    pub(super) needs: &'static [&'static str],
}

/// Every suite, the ones with the fewest needs first.
pub(super) const SUITES: &[Suite] = &[
    Suite { name: "everything in Rust", command: "cargo test --workspace", needs: &["rust", "cc"] },
    Suite {
        name: "Go clients and kubectl",
        command: "cargo test -p tests --test clients",
        needs: &["rust", "cc", "go"],
    },
    Suite {
        name: "Python client",
        command: "cargo test -p tests --test clients python",
        needs: &["rust", "cc", "python"],
    },
    Suite {
        name: "JUnit XML against its schema",
        command: "cargo test -p tests --test junit",
        needs: &["rust", "cc", "xmllint"],
    },
    Suite {
        name: "comparison with a real control plane",
        command: "cargo test -p tests --test real_server --test differential",
        needs: &["rust", "cc", "control-plane"],
    },
];

impl Suite {
    /// Names of the tools that are missing. Go can build a missing control plane.
    pub(super) fn missing(&self, tools: &[Tool]) -> Vec<&'static str> {
        let has = |name: &str| tools.iter().any(|tool| tool.name == name && tool.found.is_some());
        let can = |name: &str| has(name) || name == "control-plane" && has("go");
        self.needs.iter().copied().filter(|name| !can(name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools(installed: &[&str]) -> Vec<Tool> {
        let tool = |name: &'static str| {
            let found = installed.contains(&name).then(|| "1.0".to_owned());
            Tool { name, purpose: "", install: "", found }
        };
        super::super::tools::probe().into_iter().map(|known| tool(known.name)).collect()
    }

    #[test]
    fn every_need_is_a_known_tool() {
        let none = tools(&[]);
        for suite in SUITES {
            assert_eq!(suite.missing(&none).len(), suite.needs.len(), "{}", suite.name);
            assert!(suite.needs.iter().all(|need| none.iter().any(|tool| tool.name == *need)), "{}", suite.name);
        }
    }

    #[test]
    fn go_stands_in_for_the_control_plane() {
        let suite = SUITES.last().expect("suites");
        assert_eq!(suite.missing(&tools(&["rust", "cc", "go"])), [""; 0]);
        assert_eq!(suite.missing(&tools(&["rust", "cc", "control-plane"])), [""; 0]);
        assert_eq!(suite.missing(&tools(&["rust", "cc"])), ["control-plane"]);
    }
}
