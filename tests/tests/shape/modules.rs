//! Orphans: files that no `mod` leads to are compiled by nobody and tested by nobody.
use super::{
    Source, Violation,
    source::{declared, line_at},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Component, Path, PathBuf},
};

/// The Rust files that cannot be reached from `roots`, which are paths relative to the workspace like the sources' own.
pub(crate) fn orphans(sources: &[Source], roots: &[PathBuf]) -> Vec<Violation> {
    let by_path: BTreeMap<PathBuf, &Source> =
        sources.iter().map(|source| (source.path.clone().into(), source)).collect();
    let mut reached = BTreeSet::new();
    let mut open: Vec<(PathBuf, bool)> = roots.iter().map(|root| (root.clone(), true)).collect();
    while let Some((path, is_root)) = open.pop() {
        let Some(source) = by_path.get(&path) else { continue };
        if reached.insert(path.clone()) {
            open.extend(modules_of(source, &path, is_root).into_iter().map(|module| (module, false)));
        }
    }
    let unreached = by_path.keys().filter(|path| !reached.contains(*path));
    let violation = |path: &PathBuf| Violation {
        file: path.display().to_string(),
        line: 1,
        rule: "belongs to a crate",
        what_to_do: "declare it with `mod`, or delete it".to_owned(),
    };
    unreached.map(violation).collect()
}

/// Where the modules that a file declares may be.
fn modules_of(source: &Source, path: &Path, is_root: bool) -> Vec<PathBuf> {
    let parent = path.parent().unwrap_or(Path::new(""));
    let owns_directory = is_root || path.ends_with("mod.rs");
    let directory = if owns_directory { parent.to_owned() } else { path.with_extension("") };
    let chars: Vec<char> = source.code.chars().collect();
    let lines: Vec<&str> = source.text.lines().collect();
    let mut found = Vec::new();
    for (at, name) in declared(&chars, "mod") {
        let above = line_at(&chars, at).checked_sub(2).map_or("", |line| lines[line]);
        match above.trim().strip_prefix("#[path = \"").and_then(|rest| rest.strip_suffix("\"]")) {
            Some(given) => found.push(flat(&parent.join(given))),
            None => found.extend([directory.join(format!("{name}.rs")), directory.join(&name).join("mod.rs")]),
        }
    }
    found
}

/// Without `..`.
fn flat(path: &Path) -> PathBuf {
    let mut flat = PathBuf::new();
    for component in path.components() {
        if component == Component::ParentDir {
            flat.pop();
        } else {
            flat.push(component);
        }
    }
    flat
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undeclared_files_are_orphans() {
        let file = |path: &str, text: &str| Source::new(path, text.to_owned());
        let sources = [
            file("a/src/lib.rs", "mod b;\n#[path = \"../../c/src/core.rs\"]\nmod core;\n// mod lost;\n"),
            file("a/src/b.rs", "mod d;\n"),
            file("a/src/b/d.rs", ""),
            file("a/src/lost.rs", ""),
            file("c/src/core.rs", "mod e;\n"),
            file("c/src/core/e.rs", ""),
            file("c/src/e.rs", ""),
        ];
        let found = orphans(&sources, &["a/src/lib.rs".into()]);
        let files: Vec<_> = found.iter().map(|violation| violation.file.as_str()).collect();
        assert_eq!(files, ["a/src/lost.rs", "c/src/e.rs"]);
    }
}
