//! The project keeps its shape: every rule of this crate, applied to every file that it is about.
use shape::{
    dependencies, documents,
    files::{root, sources, top_level},
    layers, module_graph, orphans, rules,
    source::Source,
    violation::Violation,
    words,
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// Every Rust file.
static RUST: LazyLock<Vec<Source>> = LazyLock::new(|| sources(&["rs"]));

/// Every Markdown file.
static MARKDOWN: LazyLock<Vec<Source>> = LazyLock::new(|| sources(&["md"]));

fn assert_none(violations: Vec<Violation>) {
    let lines: Vec<_> = violations.iter().map(Violation::to_string).collect();
    assert!(lines.is_empty(), "{} violations:\n{}", lines.len(), lines.join("\n"));
}

fn check_rust(rule: fn(&Source) -> Vec<Violation>) {
    assert_none(RUST.iter().flat_map(rule).collect());
}

/// Every file whose English is checked.
fn english() -> impl Iterator<Item = &'static Source> {
    RUST.iter().chain(&*MARKDOWN)
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
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
    assert_none(RUST.iter().flat_map(rules::short_lines).collect());
}

#[test]
fn prose_fits_a_screen() {
    assert_none(MARKDOWN.iter().flat_map(documents::narrow_prose).collect());
}

#[test]
fn examples_are_files() {
    check_rust(rules::no_doc_test);
}

#[test]
fn nothing_is_left_unfinished() {
    check_rust(rules::nothing_unfinished);
}

#[test]
fn gateway_has_no_hook_for_simulation() {
    check_rust(rules::no_hook_for_simulation);
}

#[test]
fn sim_knows_no_gateway() {
    let sim = RUST.iter().filter(|source| source.path.starts_with("sim/src/"));
    assert_none(sim.flat_map(words::no_gateway).collect());
}

#[test]
fn no_file_names_this_machine() {
    let all = sources(&["rs", "md", "toml", "yaml", "yml", "json", "txt", "html", "snap", "sh", "py"]);
    assert_none(all.iter().flat_map(rules::no_machine_path).collect());
}

#[test]
fn top_level_is_known() {
    assert_none(documents::known_at_the_top(&top_level()));
}

#[test]
fn documents_have_one_title() {
    assert_none(MARKDOWN.iter().flat_map(documents::one_title).collect());
}

#[test]
fn links_of_documents_lead_somewhere() {
    let root = root();
    let check = |source: &Source| documents::links_lead_somewhere(source, |path| root.join(path).exists());
    assert_none(MARKDOWN.iter().flat_map(check).collect());
}

#[test]
fn every_invariant_is_documented() {
    let path = "docs/invariants.md";
    let row = |invariant: &model::Invariant| {
        let (id, sentence, kind) = (invariant.id, invariant.sentence, format!("{:?}", invariant.kind).to_lowercase());
        format!("| `{id}` | {sentence} | {kind} | [{id}.rs](../model/src/invariants/{id}.rs) |")
    };
    let expected: Vec<_> = model::ALL.iter().map(row).collect();
    assert_none(documents::invariants_listed(&Source::new(path, text(path)), &expected));
}

#[test]
fn every_file_belongs_to_a_crate() {
    assert_none(orphans::orphans(&RUST, &dependencies::crate_roots(&root())));
}

#[test]
fn crates_depend_as_drawn() {
    assert_none(dependencies::manifests(&root()).iter().flat_map(dependencies::allowed_dependencies).collect());
}

#[test]
fn libraries_leave_kubernetes_version_open() {
    assert_none(dependencies::manifests(&root()).iter().flat_map(dependencies::version_left_open).collect());
}

#[test]
fn gateway_never_reaches_the_simulation() {
    assert_none(dependencies::reach_of_gateway(&text("Cargo.lock")));
}

#[test]
fn apiserver_never_reaches_a_runtime() {
    assert_none(dependencies::reach_of_apiserver(&text("Cargo.lock"), &dependencies::manifests(&root())));
}

#[test]
fn modules_import_without_cycles() {
    let root = root();
    let cycles = |file: PathBuf| module_graph::cycles(&root, &file).expect("the sources are Rust");
    assert_none(dependencies::programs(&root).into_iter().flat_map(cycles).collect());
}

#[test]
fn folders_of_the_api_server_keep_their_order() {
    let file = Path::new("sim/apiserver/src/lib.rs");
    assert_none(layers::out_of_order(&root(), file).expect("the sources are Rust"));
}

#[test]
fn glossary_has_one_meaning_for_a_term() {
    let path = "docs/glossary.md";
    let glossary = text(path);
    let terms = words::terms(&glossary);
    assert!(terms.len() >= 40, "only {} terms", terms.len());
    assert_none(words::terms_are_unique(path, &glossary));
}

#[test]
fn words_are_those_of_the_glossary() {
    let glossary = "docs/glossary.md";
    let banned = words::banned(&text(glossary));
    let check = |source: &Source| words::no_banned_word(source, &banned);
    assert_none(english().filter(|source| source.path != glossary).flat_map(check).collect());
}

#[test]
fn things_are_not_things_rather_than_no_things() {
    assert_none(english().flat_map(words::says_what_is_not).collect());
}

#[test]
fn doc_comments_name_the_thing() {
    assert_none(english().flat_map(words::names_the_thing).collect());
}
