//! controller-runtime: every package whose tests start a control plane; they are given one that exists.
use crate::{
    outcomes::Format,
    part::Part,
    workshop::{self, Workshop},
};
use anyhow::Context;
use std::{
    fs,
    path::{Path, PathBuf},
};

const MODULE: &str = "sigs.k8s.io/controller-runtime@v0.25.2";
/// Text in the tests of a package that starts a control plane: `envtest.Environment{`, or within that package itself.
const STARTS: &str = "Environment{";

/// A part for each package.
pub(super) fn parts(workshop: &Workshop) -> anyhow::Result<Vec<Part>> {
    let sources = workshop.kept("controller-runtime-v0.25.2", |directory| {
        let downloaded = workshop::go(directory, &["mod", "download", "-json", MODULE])?;
        let downloaded: serde_json::Value = serde_json::from_str(&downloaded)?;
        workshop::copy(Path::new(downloaded["Dir"].as_str().context("go names the module's directory")?), directory)
    })?;
    let mut packages = Vec::new();
    find(&sources.join("pkg"), &mut packages)?;
    packages.sort();
    let programs = workshop.programs("controller-runtime")?;
    packages.iter().map(|package| part(&sources, package, &programs)).collect()
}

/// Packages with tests that start a control plane.
fn find(directory: &Path, packages: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let mut starts = false;
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, packages)?;
        } else if path.to_string_lossy().ends_with("_test.go") {
            starts |= fs::read_to_string(&path)?.contains(STARTS);
        }
    }
    if starts {
        packages.push(directory.to_owned());
    }
    Ok(())
}

fn part(sources: &Path, package: &Path, programs: &Path) -> anyhow::Result<Part> {
    let name = package.strip_prefix(sources)?.display().to_string();
    let program = programs.join(format!("{}.test", name.replace('/', "-")));
    let (module, path) = (sources.to_owned(), format!("./{name}"));
    let part = Part::new(&name, package, Format::Ginkgo, move |_| {
        if !program.exists() {
            workshop::go(&module, &["test", "-c", "-o", &program.display().to_string(), &path])?;
        }
        Ok(program.clone())
    });
    Ok(part.variable("USE_EXISTING_CLUSTER", "true"))
}
