//! The `bench` command in its smallest size: every row is there, and its figures are figures.
use bench::{count::Workload, table::Table, work::Work};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

const BENCH: &str = env!("CARGO_BIN_EXE_bench");

fn bench(words: &[&str]) -> Output {
    let output = Command::new(BENCH).args(words).output().expect("bench runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?} ended with {}: {said}", output.status);
    output
}

fn place(name: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    _ = fs::remove_dir_all(&place);
    fs::create_dir_all(place.join("images")).expect("a folder");
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/speed.md");
    fs::copy(page, place.join("speed.md")).expect("the page");
    place
}

#[test]
fn table_has_every_row() {
    let docs = place("table");
    bench(&["table", "--quick", "--docs", docs.to_str().expect("a path")]);
    let text = fs::read_to_string(docs.join("images/speed-table.json")).expect("figures");
    let table: Table = serde_json::from_str(&text).expect("a table");
    let with_real_server = env::var_os("KUBEBUILDER_ASSETS").is_some();
    assert_eq!(table.bursts.len(), if with_real_server { 8 } else { 7 });
    for row in &table.bursts {
        assert!(row.milliseconds.min() > 0.0 && row.work == Work::BURST, "{row:?}");
    }
    assert!(table.search.states > 10 && table.search.seconds.min() > 0.0);
    assert_eq!((table.requests.in_process.len(), table.requests.simulated.len()), (4, 8));
    assert_eq!(table.requests.real.len(), if with_real_server { 8 } else { 0 });
    let rates = table.requests.in_process.iter().chain(&table.requests.simulated).chain(&table.requests.real);
    rates.for_each(|rate| assert!(rate.per_second.min() > 0.0, "{rate:?}"));
    assert!(table.starts.simulated.min() > 0.0);
    assert_eq!(table.starts.real.is_some(), with_real_server);
    let page = fs::read_to_string(docs.join("speed.md")).expect("the page");
    assert!(page.contains(table.markdown().trim_end()), "{page}");
    assert!(docs.join("images/speed-bursts.svg").is_file() && docs.join("images/speed-requests.svg").is_file());
}

#[test]
fn curves_memory_and_fleet_are_published() {
    let docs = place("curves");
    let path = docs.to_str().expect("a path");
    bench(&["scale", "--most", "10", "--docs", path]);
    bench(&["memory", "10", "100", "--docs", path]);
    bench(&["fleet", "--runs", "40", "--parts", "6", "--docs", path]);
    let page = fs::read_to_string(docs.join("speed.md")).expect("the page");
    for expected in ["| fingerprints | 1–10 |", "| 100 |", "Merging 6 parts", "| `burst-stormy` | 40 |"] {
        assert!(page.contains(expected), "no {expected} in\n{page}");
    }
}

#[test]
fn counted_work_is_done() {
    for workload in Workload::ALL {
        bench(&["work", workload.name(), "--times", "1"]);
    }
}

/// Commands of the page, as words after the program's name.
fn commands_of_the_page() -> Vec<Vec<String>> {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/speed.md")).expect("the page");
    let commands = page.lines().filter_map(|line| line.strip_prefix("cargo run --release -p bench -- "));
    let words = |line: &str| line.split('#').next().unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    commands.map(words).collect()
}

#[test]
fn commands_of_the_page_are_valid() {
    let commands = commands_of_the_page();
    assert!(commands.len() >= 6, "{commands:?}");
    for command in commands {
        let words = ["bench".to_owned()].into_iter().chain(command.iter().cloned());
        let parsed = <bench::cli::Command as clap::Parser>::try_parse_from(words);
        assert!(parsed.is_ok(), "{command:?}: {}", parsed.err().map(|error| error.to_string()).unwrap_or_default());
    }
}
