//! Orphans: a file that no `mod` leads to is neither compiled nor tested.
use crate::{module_tree::given_path, source::Source, violation::Violation};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Component, Path, PathBuf},
};
use syn::{Item, ext::IdentExt};

/// The Rust files that cannot be reached from `roots`, which are paths relative to the workspace like the sources' own.
pub fn orphans(sources: &[Source], roots: &[PathBuf]) -> Vec<Violation> {
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

/// The files in which the modules that a file declares may be.
fn modules_of(source: &Source, path: &Path, is_root: bool) -> Vec<PathBuf> {
    let parent = path.parent().unwrap_or(Path::new(""));
    let owns_directory = is_root || path.ends_with("mod.rs");
    let directory = if owns_directory { parent.to_owned() } else { path.with_extension("") };
    let parsed = syn::parse_file(&source.text).unwrap_or_else(|error| panic!("{}: {error}", source.path));
    let mut found = Vec::new();
    let mut open = vec![(directory, parsed.items)];
    while let Some((directory, items)) = open.pop() {
        for item in items {
            let Item::Mod(module) = item else { continue };
            let name = module.ident.unraw().to_string();
            match (module.content, given_path(&module.attrs)) {
                (Some((_, items)), _) => open.push((directory.join(name), items)),
                (None, Some(given)) => found.push(flat(&parent.join(given))),
                (None, None) => {
                    found.extend([directory.join(format!("{name}.rs")), directory.join(&name).join("mod.rs")]);
                }
            }
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
