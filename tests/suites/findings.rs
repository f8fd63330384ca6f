//! Findings replay: every replay string of docs/findings.md still breaks the invariant of its row.
use scenarios::{replay::Replay, runner::Prepared};
use sim::engine::Detail;

const FINDINGS: &str = include_str!("../../docs/findings.md");

/// The invariant and the replay string of a row, where it has both.
fn finding(row: &str) -> Option<(&str, &str)> {
    let mut quoted = row.split('`').skip(1).step_by(2);
    let replay = row.split("`replay ").nth(1)?.split('`').next()?;
    let invariant = quoted.find(|word| model::invariants::ALL.iter().any(|invariant| invariant.id == *word))?;
    Some((invariant, replay))
}

#[test]
fn findings_still_reproduce() {
    let findings: Vec<(&str, &str)> = FINDINGS.lines().filter_map(finding).collect();
    assert!(findings.len() >= 8, "only {} rows have a replay string", findings.len());
    for (invariant, string) in findings {
        let replay: Replay = string.parse().expect("a replay string");
        let prepared = Prepared::new(replay.subject().expect("its scenario"), Detail::Chain);
        let run = prepared.run(replay.choices(), false).expect("a run");
        let broken: Vec<&str> = run.violations().map(|violation| violation.invariant).collect();
        assert!(broken.contains(&invariant), "{string} breaks {broken:?}, not {invariant}");
    }
}

#[test]
fn rows_without_a_string_are_no_findings() {
    assert_eq!(finding("| a | `one_holder` | random | `run pair` |"), None);
    let row = "| `none` | text | `one_holder` | random | `replay pair:none:direct:-:-:random:1` |";
    assert_eq!(finding(row), Some(("one_holder", "pair:none:direct:-:-:random:1")));
}
