//! What a machine can hold of the project's shape: who depends on whom, how long files and functions get, what no file may
//! contain, and that the documents list what the code has.
//!
//! Each rule is a function from a text (or a manifest) to violations, and is itself tried on a sample that breaks it, so that
//! no rule can pass because it looks at nothing. Layout, warnings and banned calls belong to rustfmt, rustc and clippy.
#[path = "shape/graph.rs"]
mod graph;
#[path = "shape/modules.rs"]
mod modules;
#[path = "shape/rules.rs"]
mod rules;
#[path = "shape/source.rs"]
mod source;

use source::Source;
use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

/// Where a rule is broken, which one, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    file: String,
    /// From 1.
    line: usize,
    rule: &'static str,
    what_to_do: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.file, self.line, self.rule, self.what_to_do)
    }
}

/// The workspace's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is in the workspace").to_owned()
}

/// Build products, and what git keeps for itself.
const NOT_OURS: [&str; 4] = ["target", ".git", ".cache", "lockstep-report"];

/// Every text file of the project with one of `extensions`, in the order of their paths.
fn sources(extensions: &[&str]) -> Vec<Source> {
    fn walk(directory: &Path, extensions: &[&str], found: &mut Vec<PathBuf>) {
        let entries = fs::read_dir(directory).expect("a readable directory").map(|entry| entry.expect("an entry"));
        for entry in entries {
            let (path, name) = (entry.path(), entry.file_name());
            if entry.file_type().expect("a file type").is_dir() {
                if !NOT_OURS.iter().any(|skipped| name == *skipped) {
                    walk(&path, extensions, found);
                }
            } else if path.extension().is_some_and(|extension| extensions.iter().any(|wanted| extension == *wanted)) {
                found.push(path);
            }
        }
    }
    let root = root();
    let mut found = Vec::new();
    walk(&root, extensions, &mut found);
    found.sort();
    assert!(!found.is_empty(), "no file with extension {extensions:?} under the workspace");
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let relative = path.strip_prefix(&root).expect("a path below the root");
        Source::new(relative.to_str().expect("a UTF-8 path"), text)
    };
    found.iter().map(read).collect()
}

fn assert_none(violations: Vec<Violation>) {
    let lines: Vec<_> = violations.iter().map(Violation::to_string).collect();
    assert!(lines.is_empty(), "{} violations:\n{}", lines.len(), lines.join("\n"));
}

fn check_rust(rule: fn(&Source) -> Vec<Violation>) {
    assert_none(sources(&["rs"]).iter().flat_map(rule).collect());
}

#[test]
fn every_file_says_what_it_is() {
    check_rust(rules::opens_with_doc);
}

#[test]
fn files_stay_short() {
    check_rust(rules::short_file);
}

#[test]
fn functions_stay_short() {
    check_rust(rules::short_functions);
}

#[test]
fn lines_fit_a_screen() {
    check_rust(rules::short_lines);
}

#[test]
fn nothing_is_left_unfinished() {
    check_rust(rules::nothing_unfinished);
}

#[test]
fn gateway_knows_of_no_simulation() {
    check_rust(rules::no_hook_for_simulation);
}

#[test]
fn no_file_names_this_machine() {
    let all = sources(&["rs", "md", "toml", "yaml", "yml", "json", "txt", "html", "snap", "sh", "py"]);
    assert_none(all.iter().flat_map(rules::no_machine_path).collect());
}

#[test]
fn documents_have_one_title() {
    assert_none(sources(&["md"]).iter().flat_map(rules::one_title).collect());
}

#[test]
fn links_of_documents_lead_somewhere() {
    let root = root();
    let check = |source: &Source| rules::links_lead_somewhere(source, |path| root.join(path).exists());
    assert_none(sources(&["md"]).iter().flat_map(check).collect());
}

#[test]
fn every_invariant_is_documented() {
    let path = "docs/invariants.md";
    let text = fs::read_to_string(root().join(path)).unwrap_or_default();
    let row = |invariant: &model::Invariant| {
        let (id, sentence, kind) = (invariant.id, invariant.sentence, format!("{:?}", invariant.kind).to_lowercase());
        format!("| `{id}` | {sentence} | {kind} | [{id}.rs](../model/src/invariants/{id}.rs) |")
    };
    let expected: Vec<_> = model::ALL.iter().map(row).collect();
    assert_none(rules::invariants_listed(&Source::new(path, text), &expected));
}

#[test]
fn every_file_belongs_to_a_crate() {
    let rust = sources(&["rs"]);
    assert_none(modules::orphans(&rust, &graph::crate_roots(&root())));
}

#[test]
fn crates_depend_as_drawn() {
    assert_none(graph::manifests(&root()).iter().flat_map(graph::allowed_dependencies).collect());
}

#[test]
fn libraries_leave_kubernetes_version_open() {
    assert_none(graph::manifests(&root()).iter().flat_map(graph::version_left_open).collect());
}

#[test]
fn gateway_never_reaches_the_simulation() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("a Cargo.lock");
    assert_none(graph::reach_of_gateway(&lock));
}
