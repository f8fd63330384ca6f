//! The files of the project.
use crate::source::Source;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Build products, and what git keeps for itself.
const NOT_OURS: [&str; 4] = ["target", ".git", ".cache", "lockstep-report"];

/// The workspace's root.
///
/// # Panics
/// If this crate has left the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this crate is in the workspace").to_owned()
}

/// Names of the files and directories at the top.
///
/// # Panics
/// If the root cannot be read.
pub fn top_level() -> Vec<String> {
    let entries = fs::read_dir(root()).expect("a readable directory").map(|entry| entry.expect("an entry").file_name());
    entries.map(|name| name.to_string_lossy().into_owned()).filter(|name| !NOT_OURS.contains(&name.as_str())).collect()
}

/// Every text file of the project with one of `extensions`, in the order of their paths.
///
/// # Panics
/// If a file cannot be read, or there is none.
pub fn sources(extensions: &[&str]) -> Vec<Source> {
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
