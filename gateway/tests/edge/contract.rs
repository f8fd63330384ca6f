//! The table of the contract in `docs/differences.md`: every test that it names exists.
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Every Rust file of a folder and those below it.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The names of test functions in a file: those after an attribute that ends in `test` or `test(...)`.
fn tests(text: &str) -> impl Iterator<Item = &str> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let functions = lines.clone().into_iter().enumerate().filter(move |(at, _)| {
        let before = lines[..*at].iter().rev().take_while(|line| line.starts_with("#["));
        before.into_iter().any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
    });
    functions.filter_map(|(_, line)| line.split_once("fn ")?.1.split_once('(').map(|(name, _)| name))
}

#[test]
fn contract_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for folder in ["gateway/src", "gateway/tests", "tests/suites"] {
        sources(&root.join(folder), &mut files);
    }
    let texts: Vec<String> = files.iter().map(|file| fs::read_to_string(file).expect("a source")).collect();
    let known: BTreeSet<&str> = texts.iter().flat_map(|text| tests(text)).collect();
    let table =
        include_str!("../../../docs/differences.md").split_once("## The contract, row by row").expect("a table").1;
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 50, "{} rows", rows.len());
    for row in rows {
        let named = row.trim_end_matches(" |").rsplit_once("| `").and_then(|(_, name)| name.strip_suffix('`'));
        let named = named.unwrap_or_else(|| panic!("no test in {row}"));
        assert!(known.contains(named), "no test is called {named}: {row}");
    }
}
