//! Every engine finds the known bug and holds on the fixed form, and docs/peers.md has what it measures.
use peers::{
    document::{Row, cells},
    engines::ENGINES,
};

const DOCUMENT: &str = include_str!("../../../docs/peers.md");
/// Column of the runs until the bug: engines with few seeds are too slow to be measured again without optimisation.
const UNTIL: usize = 4;

#[test]
fn every_engine_finds_the_bug_and_holds() {
    for engine in &ENGINES {
        let row = Row::measure(engine, 2).expect(engine.name);
        assert!(row.until.iter().all(|until| *until > 0) && row.held.explored > 0, "{}: {row:?}", engine.name);
    }
}

#[test]
fn document_has_what_is_measured() {
    let stored: Vec<Vec<&str>> = DOCUMENT.lines().map(|line| line.split('|').map(str::trim).collect()).collect();
    for engine in &ENGINES {
        let slow = engine.seeds == 11;
        let row = Row::measure(engine, if slow { 1 } else { u64::MAX }).expect(engine.name);
        let fresh = cells(engine, &row);
        let stored = stored.iter().find(|cells| cells.get(1) == Some(&engine.name)).expect("its row");
        // The last cell is the rate.
        for (column, (cell, stored)) in fresh.iter().zip(&stored[1..]).take(fresh.len() - 1).enumerate() {
            if !(slow && column == UNTIL) {
                let advice = "stale: cargo run --release -p peers -- --write-doc docs/peers.md";
                assert_eq!(cell, stored, "docs/peers.md of {} is {advice}", engine.name);
            }
        }
    }
}
