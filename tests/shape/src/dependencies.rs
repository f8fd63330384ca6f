//! The dependencies that are allowed between the workspace's crates, and what some of them must never reach.
//!
//! Declared dependencies come from `cargo metadata --no-deps`, what they pull in from Cargo.lock: neither needs a
//! network.
use crate::violation::Violation;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// The workspace crates that each may depend on. `tests` may see everything.
const ALLOWED: [(&str, &[&str]); 14] = [
    ("gateway", &["coalescer"]),
    ("coalescer", &[]),
    // It includes the coalescer's `queue.rs` by path, beside loom's primitives.
    ("coalescer-loom", &[]),
    ("apiserver", &[]),
    ("conformance", &["apiserver"]),
    ("serve", &["apiserver", "conformance"]),
    ("sim", &["apiserver"]),
    ("model", &[]),
    ("mutants", &["gateway", "coalescer"]),
    ("scenarios", &["gateway", "mutants", "sim", "apiserver", "conformance", "serve", "model", "reports"]),
    ("reports", &["model"]),
    ("bench", &["gateway", "sim", "apiserver", "model", "scenarios"]),
    ("shape", &["model"]),
    ("peers", &["sim"]),
];

/// Crates that end in a binary, or are tests: they choose k8s-openapi's version.
const CHOOSES_VERSION: [&str; 3] = ["scenarios", "tests", "peers"];

/// What the gateway's own graph must be free of.
const SIMULATION: [&str; 15] = [
    "sim",
    "apiserver",
    "conformance",
    "serve",
    "model",
    "scenarios",
    "mutants",
    "reports",
    "coalescer-loom",
    "turmoil",
    "loom",
    "madsim",
    "peers",
    "shuttle",
    "stateright",
];

/// What the simulated API server's graph must be free of. `kube-core` is allowed: it has the CEL of kube.
const RUNTIMES: [&str; 4] = ["tokio", "turmoil", "kube-client", "hyper"];

/// A crate's Cargo.toml, as far as the rules look at it.
pub struct Manifest {
    name: String,
    file: String,
    /// Name to features, without dev-dependencies.
    dependencies: BTreeMap<String, Vec<String>>,
    /// Names that workspace crates are developed with.
    dev_dependencies: BTreeSet<String>,
    features: BTreeMap<String, Vec<String>>,
    /// Names of all crates of the workspace.
    workspace: BTreeSet<String>,
}

/// What the crates that are published put before their names.
const PUBLISHED: &str = "lockstep-";

/// A crate's name as the folders and the code have it.
fn known_as(package: &str) -> &str {
    package.strip_prefix(PUBLISHED).unwrap_or(package)
}

fn metadata(root: &Path) -> Metadata {
    MetadataCommand::new().manifest_path(root.join("Cargo.toml")).no_deps().exec().expect("cargo metadata")
}

/// The manifests of the workspace.
pub fn manifests(root: &Path) -> Vec<Manifest> {
    let metadata = metadata(root);
    let workspace: BTreeSet<String> =
        metadata.packages.iter().map(|package| known_as(&package.name).to_owned()).collect();
    let manifest = |package: &cargo_metadata::Package| {
        let normal = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
        let dev = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Development);
        Manifest {
            name: known_as(&package.name).to_owned(),
            file: relative(root, package.manifest_path.as_std_path()).display().to_string(),
            dependencies: normal
                .map(|dependency| (known_as(&dependency.name).to_owned(), dependency.features.clone()))
                .collect(),
            dev_dependencies: dev.map(|dependency| known_as(&dependency.name).to_owned()).collect(),
            features: package.features.clone(),
            workspace: workspace.clone(),
        }
    };
    metadata.packages.iter().map(manifest).collect()
}

/// The projects outside the workspace.
const OUTSIDE: [&str; 2] = ["sim/starter", "gateway/fuzz"];

/// First file of every target, relative to the workspace.
pub fn crate_roots(root: &Path) -> Vec<PathBuf> {
    let outside = OUTSIDE.iter().map(|folder| metadata(&root.join(folder)));
    let projects: Vec<_> = std::iter::once(metadata(root)).chain(outside).collect();
    let targets = projects.iter().flat_map(|metadata| &metadata.packages).flat_map(|package| &package.targets);
    targets.map(|target| relative(root, target.src_path.as_std_path())).collect()
}

/// First file of every library and binary, relative to the workspace.
pub fn programs(root: &Path) -> Vec<PathBuf> {
    let metadata = metadata(root);
    let targets = metadata.packages.iter().flat_map(|package| &package.targets);
    let shipped = targets.filter(|target| target.is_lib() || target.is_bin());
    shipped.map(|target| relative(root, target.src_path.as_std_path())).collect()
}

fn relative(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).expect("a path inside the workspace").to_owned()
}

impl Manifest {
    fn violation(&self, rule: &'static str, what_to_do: String) -> Violation {
        Violation { file: self.file.clone(), line: 1, rule, what_to_do }
    }
}

/// Only the arrows that ARCHITECTURE.md draws.
pub fn allowed_dependencies(manifest: &Manifest) -> Vec<Violation> {
    const RULE: &str = "depends as drawn";
    if manifest.name == "tests" {
        return Vec::new();
    }
    let Some((name, allowed)) = ALLOWED.iter().find(|(name, _)| *name == manifest.name) else {
        let advice = format!("`{}` is new: draw it in ARCHITECTURE.md and add it to this rule", manifest.name);
        return vec![manifest.violation(RULE, advice)];
    };
    let named = manifest.dependencies.keys().chain(&manifest.dev_dependencies);
    let ours = named.filter(|dependency| manifest.workspace.contains(*dependency));
    let forbidden = ours.filter(|dependency| !allowed.contains(&dependency.as_str()));
    let mut violations: Vec<_> = forbidden
        .map(|other| manifest.violation(RULE, format!("`{name}` must not know `{other}`: remove it")))
        .collect();
    if *name == "model" {
        let foreign = manifest.dependencies.keys().filter(|dependency| *dependency != "serde");
        let advice = |other| format!("the oracle depends on serde alone: remove `{other}`");
        violations.extend(foreign.map(|other| manifest.violation(RULE, advice(other))));
    }
    let switches = manifest.features.keys().filter(|_| *name == "gateway" || *name == "coalescer");
    let extra = switches.filter(|feature| !["default", "bin"].contains(&feature.as_str()));
    violations.extend(
        extra.map(|feature| manifest.violation(RULE, format!("production has one feature, `bin`: remove `{feature}`"))),
    );
    violations
}

/// Libraries leave the choice of k8s-openapi's `v1_xx` to what is linked in the end; the gateway's is behind `bin`.
pub fn version_left_open(manifest: &Manifest) -> Vec<Violation> {
    const RULE: &str = "version left open";
    if CHOOSES_VERSION.contains(&manifest.name.as_str()) {
        return Vec::new();
    }
    let declared = manifest.dependencies.get("k8s-openapi").into_iter().flatten();
    let chosen = declared.filter(|feature| feature.starts_with("v1_"));
    let in_dependency =
        chosen.map(|version| manifest.violation(RULE, format!("move `{version}` to the dev-dependencies or to `bin`")));
    let by_feature = manifest.features.iter().filter(|(name, implied)| {
        *name != "bin" && implied.iter().any(|feature| feature.starts_with("k8s-openapi/v1_"))
    });
    let in_feature = by_feature
        .map(|(name, _)| manifest.violation(RULE, format!("feature `{name}` chooses a version: only `bin` may")));
    in_dependency.chain(in_feature).collect()
}

/// Nothing of the simulation is linked into the gateway, by however many steps.
pub fn reach_of_gateway(lock: &str) -> Vec<Violation> {
    reach(lock, "gateway", &["gateway"], &SIMULATION, "no simulation in production")
}

/// The simulated API server has neither a runtime nor a network, by however many steps. Cargo.lock does not separate
/// what only its tests use, so the first step comes from its manifest.
pub fn reach_of_apiserver(lock: &str, manifests: &[Manifest]) -> Vec<Violation> {
    let manifest = manifests.iter().find(|manifest| manifest.name == "apiserver");
    let direct: Vec<&str> =
        manifest.into_iter().flat_map(|found| found.dependencies.keys()).map(String::as_str).collect();
    reach(lock, "apiserver", &direct, &RUNTIMES, "no runtime in the API server")
}

fn reach(lock: &str, package: &str, from: &[&str], forbidden: &[&str], rule: &'static str) -> Vec<Violation> {
    let graph = locked(lock);
    let mut reached = BTreeSet::new();
    let mut open = from.to_vec();
    while let Some(name) = open.pop() {
        if reached.insert(name) {
            open.extend(graph.get(name).into_iter().flatten());
        }
    }
    assert!(reached.len() > 1, "{package} has no dependencies in Cargo.lock");
    let found = forbidden.iter().filter(|name| reached.contains(*name));
    let violation = |name: &&str| Violation {
        file: "Cargo.lock".to_owned(),
        line: 1,
        rule,
        what_to_do: format!("{package} reaches `{name}`: see `cargo tree -p {package} -i {name}`, and cut it"),
    };
    found.map(violation).collect()
}

/// Package to dependencies. Versions of one name are taken together, which can only reach more.
fn locked(lock: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut graph: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut name = "";
    for line in lock.lines() {
        if let Some(rest) = line.strip_prefix("name = \"") {
            name = known_as(rest.trim_end_matches('"'));
            graph.entry(name).or_default();
        } else if let Some(rest) = line.strip_prefix(" \"") {
            let dependency = known_as(rest.split([' ', '"']).next().unwrap_or_default());
            graph.entry(name).or_default().insert(dependency);
        }
    }
    graph
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(name: &str, dependencies: &[(&str, &str)], features: &[(&str, &str)]) -> Manifest {
        let list = |entries: &[(&str, &str)]| {
            let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), vec![(*value).to_owned()]);
            entries.iter().map(owned).collect()
        };
        Manifest {
            name: name.to_owned(),
            file: format!("{name}/Cargo.toml"),
            dependencies: list(dependencies),
            dev_dependencies: BTreeSet::new(),
            features: list(features),
            workspace: ALLOWED.iter().map(|(name, _)| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn undrawn_dependencies_are_found() {
        let count = |manifest: Manifest| allowed_dependencies(&manifest).len();
        assert_eq!(count(manifest("sim", &[("gateway", ""), ("tokio", "")], &[])), 1);
        assert_eq!(count(manifest("apiserver", &[("conformance", "")], &[])), 1);
        assert_eq!(count(manifest("serve", &[("apiserver", ""), ("sim", "")], &[])), 1);
        assert_eq!(count(manifest("model", &[("serde", ""), ("kube", "")], &[])), 1);
        assert_eq!(count(manifest("scenarios", &[("coalescer", ""), ("sim", "")], &[])), 1);
        assert_eq!(count(manifest("gateway", &[("coalescer", "")], &[("bin", ""), ("simulation", "")])), 1);
        assert_eq!(count(manifest("stranger", &[], &[])), 1);
        assert_eq!(count(manifest("scenarios", &[("gateway", ""), ("sim", "")], &[])), 0);
    }

    #[test]
    fn development_dependencies_count_too() {
        let mut sim = manifest("sim", &[], &[]);
        sim.dev_dependencies.insert("gateway".to_owned());
        assert_eq!(allowed_dependencies(&sim).len(), 1);
    }

    #[test]
    fn chosen_versions_are_found() {
        let count = |manifest: Manifest| version_left_open(&manifest).len();
        assert_eq!(count(manifest("sim", &[("k8s-openapi", "v1_36")], &[])), 1);
        assert_eq!(count(manifest("gateway", &[], &[("default", "k8s-openapi/v1_36")])), 1);
        assert_eq!(count(manifest("gateway", &[("k8s-openapi", "std")], &[("bin", "k8s-openapi/v1_36")])), 0);
        assert_eq!(count(manifest("scenarios", &[("k8s-openapi", "v1_36")], &[])), 0);
    }

    #[test]
    fn simulation_behind_two_steps_is_found() {
        let package =
            |name: &str, dependency: &str| format!("name = \"{name}\"\ndependencies = [\n \"{dependency}\",\n]\n");
        let bad = [package("gateway", "net"), package("net", "turmoil 0.7.2")].concat();
        assert_eq!(reach_of_gateway(&bad).len(), 1);
        let good = [package("gateway", "net"), package("sim", "turmoil")].concat();
        assert!(reach_of_gateway(&good).is_empty());
        let apiserver = [manifest("apiserver", &[("kube", "")], &[])];
        let bad = [package("apiserver", "tokio"), package("kube", "kube-client")].concat();
        assert_eq!(reach_of_apiserver(&bad, &apiserver).len(), 1, "tokio is for its tests alone");
    }
}
