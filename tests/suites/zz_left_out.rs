//! Says which tests were left out on this machine, and how to run them. It checks nothing.
//!
//! Its name makes it the last that `cargo test --workspace` runs, so that a newcomer without Go and Python reads at the
//! end what the green lines above do not cover. The list comes from the `ignore` marks of the suites and from the tools
//! that `build.rs` found, so it cannot be out of date.
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Tools that a mark may name, and whether `build.rs` found each.
const TOOLS: [(&str, bool); 10] = [
    ("alertmanager", cfg!(alertmanager)),
    ("browser", cfg!(browser)),
    ("go", cfg!(go)),
    ("kubectl", cfg!(kubectl)),
    ("promtool", cfg!(promtool)),
    ("python", cfg!(python)),
    ("real_server", cfg!(real_server)),
    ("redis", cfg!(redis)),
    ("shellcheck", cfg!(shellcheck)),
    ("xmllint", cfg!(xmllint)),
];

fn main() {
    // nextest asks every test binary for its tests.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let left_out = left_out(&Path::new(env!("CARGO_MANIFEST_DIR")).join("suites"));
    if left_out.is_empty() {
        println!("\nnothing was left out: every tool and a real kube-apiserver are available here");
        return;
    }
    println!("\nleft out on this machine: {} tests", left_out.values().sum::<usize>());
    for ((suite, reason), count) in left_out {
        println!("  {count:>2} of {suite:<13}{reason}");
    }
    println!(
        "to run them, install Go 1.21 or later, python3 with venv, kubectl, prometheus, \
         prometheus-alertmanager, redis-server, shellcheck, xmllint, chromium and npm; then: \
         touch tests/build.rs && cargo test -p tests"
    );
}

/// Tests whose tool is missing, by suite and reason.
fn left_out(suites: &Path) -> BTreeMap<(String, String), usize> {
    let mut count = BTreeMap::new();
    for file in files(suites) {
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let below = file.strip_prefix(suites).expect("a file of the suites");
        let suite = below.iter().next().map(|first| Path::new(first).with_extension("").display().to_string());
        for reason in text.lines().filter_map(missing) {
            *count.entry((suite.clone().unwrap_or_default(), reason.to_owned())).or_default() += 1;
        }
    }
    count
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a readable directory").map(|entry| entry.expect("an entry").path());
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries.flat_map(below).collect()
}

/// The reason in `#[cfg_attr(not(TOOL), ignore = "REASON")]`, if one of its tools is missing.
fn missing(line: &str) -> Option<&str> {
    let (condition, rest) = line.trim().strip_prefix("#[cfg_attr(not(")?.split_once("), ignore = \"")?;
    let named = condition.trim_start_matches("all(").trim_end_matches(')').split(", ");
    let is_missing = |name: &str| TOOLS.iter().any(|(tool, found)| *tool == name && !found);
    named.into_iter().any(is_missing).then(|| rest.trim_end_matches("\")]"))
}
