//! The workflows, the action that they use and the workflow of the guide are valid: actionlint knows the syntax, the
//! inputs of actions, the types of expressions, and, with shellcheck, the scripts.
//!
//! `scenarios/tests/results/automation.rs` runs the action's script.
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What actionlint finds wrong with a repository's workflows.
fn wrong(repository: &Path) -> String {
    let mut folders: Vec<PathBuf> = fs::read_dir(repository.join(".github/workflows"))
        .expect("workflows")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    folders.sort();
    let mut go = Command::new("go");
    go.current_dir(root().join("tests/tools/actionlint")).env("GOTOOLCHAIN", "auto").env("CGO_ENABLED", "0");
    go.args(["tool", "actionlint", "-no-color", "-oneline"]).args(folders);
    let done = go.output().expect("go runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    // 1 means that there are findings; anything else that it could not look.
    let code = done.status.code();
    assert!(matches!(code, Some(0 | 1)), "{code:?}: {}{}", text(&done.stdout), text(&done.stderr));
    assert_eq!(code == Some(0), done.stdout.is_empty(), "{}", text(&done.stderr));
    text(&done.stdout)
}

/// A repository with the workflows and the action of this one, and one more workflow.
fn copied(more: &str) -> TempDir {
    let place = TempDir::new().expect("a folder");
    for folder in [".git", ".github/workflows", ".github/actions/lockstep"] {
        fs::create_dir_all(place.path().join(folder)).expect("a folder");
    }
    for file in ["workflows/verify.yml", "workflows/search.yml", "actions/lockstep/action.yml"] {
        let file = Path::new(".github").join(file);
        fs::copy(root().join(&file), place.path().join(&file)).expect("a copy");
    }
    fs::write(place.path().join(".github/workflows/more.yml"), more).expect("a file");
    place
}

/// The workflow that the guide shows.
fn of_the_guide() -> String {
    let guide = fs::read_to_string(root().join("docs/guides/continuous-integration.md")).expect("the guide");
    let blocks = guide.split("```yaml\n").skip(1).filter_map(|rest| rest.split_once("```").map(|(block, _)| block));
    let blocks: Vec<&str> = blocks.collect();
    assert!(blocks.first().is_some_and(|first| first.starts_with("jobs:")), "{blocks:?}");
    format!("name: guide\non: pull_request\n{}", blocks.concat())
}

#[test]
#[cfg_attr(not(go), ignore = "needs Go")]
fn workflows_are_valid() {
    assert_eq!(wrong(&root()), "");
    let guide = of_the_guide();
    assert_eq!(wrong(copied(&guide).path()), "", "{guide}");
}

#[test]
#[cfg_attr(not(go), ignore = "needs Go")]
fn mistakes_in_workflows_are_found() {
    let guide = of_the_guide();
    for (from, to, expected) in [
        ("arguments:", "argument:", "input \"argument\" is not defined in action \"lockstep\""),
        ("if: always()", "if: allways()", "undefined function \"allways\""),
        ("runs-on:", "run-on:", "unexpected key \"run-on\""),
    ] {
        assert!(guide.contains(from), "{from} in {guide}");
        let found = wrong(copied(&guide.replacen(from, to, 1)).path());
        assert!(found.contains(expected), "{to}: {found}");
    }
}
