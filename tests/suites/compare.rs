//! The comparison: it repeats itself, it sees what the oracle sees, and the document has what it measures.
use reports::comparison::{Comparison, markdown, page, text};
use scenarios::{
    campaign::{Progress, run_seed},
    comparison::{COMMAND, DOCUMENTED_RUNS, Extent, Situation, compare},
    protocol_name::ProtocolName,
    runner::{Overrides, Prepared, Subject, Transport},
};
use sim::engine::{Choices, Detail, Random};

fn named(names: &[&str]) -> Vec<ProtocolName> {
    names.iter().map(|name| name.parse().expect("a protocol")).collect()
}

fn tiny(protocols: &[&str], situations: &[&str], jobs: usize) -> Comparison {
    let situations = situations.iter().map(|name| Situation::find(name).expect("a situation").clone()).collect();
    let extent = Extent { protocols: named(protocols), situations, sweep: false, ..Extent::all(20, 3, jobs) };
    compare(&extent, &Progress::default())
}

#[test]
fn threads_change_no_figure() {
    let [one, two] = [1, 2].map(|jobs| tiny(&["redis-setnx", "kubert"], &["pair", "Redis fails over"], jobs));
    assert_eq!(one, two);
}

#[test]
fn doubled_is_what_the_oracle_violates() {
    let situation = Situation::find("pair").expect("a situation");
    let protocol = named(&["shipped-lease"])[0];
    let subject = Subject::new(situation.scenario.clone(), protocol, Transport::Direct, Overrides::default());
    let prepared = Prepared::new(subject, Detail::Chain);
    let violated = (0..20).filter(|run| {
        let seed = run_seed(3, &situation.scenario.name, *run);
        let run = prepared.run(Choices::new(Random::new(seed)), false).expect("a run");
        run.violations().any(|violation| violation.invariant == "one_active_request")
    });
    let compared = tiny(&["shipped-lease"], &["pair"], 1);
    assert_eq!(compared.rows[0].cells[0].doubled, violated.count() as u64);
    assert!(compared.rows[0].cells[0].replay.is_some());
}

#[test]
fn every_format_has_every_protocol() {
    let compared = tiny(&["none", "fenced-lease"], &["normal load", "burst of 15"], 2);
    for text in [text(&compared), markdown(&compared, COMMAND), page(&compared, "0")] {
        assert!(text.contains("none") && text.contains("fenced-lease") && text.contains("burst of 15"));
    }
    assert!(!page(&compared, "0").contains("http://localhost"), "offline");
}

/// Titles of the tables that have a column for each situation.
const TABLES: [&str; 4] = ["Two active requests", "Wrong counts", "Accepted and lost", "Refused deliveries"];

/// The rows of a table, by its title.
fn rows<'a>(document: &'a str, title: &str) -> Vec<Vec<&'a str>> {
    let section = document.split(&format!("\n## {title}\n")).nth(1).expect("the table");
    let section = section.split("\n## ").next().expect("a section");
    let rows = section.lines().filter(|line| line.starts_with("| "));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// Each protocol in three of the situations, over and over through all: the whole takes minutes without optimisation.
#[test]
fn document_has_what_is_measured() {
    const DOCUMENT: &str = include_str!("../../docs/comparison.md");
    let all = Extent::all(DOCUMENTED_RUNS, 0, 2);
    assert!(DOCUMENT.contains(COMMAND), "it says how to write it");
    for (number, protocol) in all.protocols.iter().enumerate() {
        let situations = [0, 4, 8].map(|step| all.situations[(number + step) % all.situations.len()].clone());
        let extent =
            Extent { protocols: vec![*protocol], situations: situations.to_vec(), sweep: false, ..all.clone() };
        let compared = compare(&extent, &Progress::default());
        let fresh = markdown(&compared, COMMAND);
        for title in TABLES {
            let (fresh, stored) = (rows(&fresh, title), rows(DOCUMENT, title));
            let row = stored.iter().find(|row| row[0] == protocol.to_string()).expect("its row");
            for (name, figure) in fresh[0].iter().zip(&fresh[1]).skip(1) {
                let column = stored[0].iter().position(|stored| stored == name).expect("its column");
                assert_eq!(*figure, row[column], "docs/comparison.md is stale ({protocol}, {name}): {COMMAND}");
            }
        }
    }
}

#[test]
fn shipped_protocol_is_clean_in_the_document() {
    for title in &TABLES[..3] {
        let rows = rows(include_str!("../../docs/comparison.md"), title);
        let shipped = rows.iter().find(|row| row[0] == "fenced-lease").expect("its row");
        assert!(shipped[1..].iter().all(|figure| *figure == "0 %"), "{title}: {shipped:?}");
    }
}
