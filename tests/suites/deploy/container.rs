//! The image: its dependency layer needs the manifests alone, and it runs without privileges. No container tool is
//! needed: what the Containerfile copies before it compiles dependencies is copied here, and cargo accepts it.
use crate::kubectl::deploy;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn containerfile() -> String {
    fs::read_to_string(deploy().join("Containerfile")).expect("a file")
}

/// Sources and target of each COPY before dependencies are compiled.
fn copied_first(text: &str) -> Vec<(Vec<&str>, &str)> {
    let before = text.split_once("stub-sources.sh &&").expect("dependencies are compiled").0;
    let copies = before.lines().filter_map(|line| line.strip_prefix("COPY "));
    let parts = copies.map(|line| line.split(' ').collect::<Vec<_>>());
    parts.map(|mut parts| (parts.clone(), parts.pop().expect("a target"))).collect()
}

#[test]
fn dependencies_need_the_manifests_alone() {
    let (text, place) = (containerfile(), TempDir::new().expect("a folder"));
    let mut copied = BTreeSet::new();
    for (sources, target) in copied_first(&text) {
        for source in &sources[..sources.len() - 1] {
            let name = Path::new(source).file_name().expect("a file");
            let folder = place.path().join(target);
            fs::create_dir_all(&folder).expect("a folder");
            fs::copy(root().join(source), folder.join(name)).unwrap_or_else(|error| panic!("{source}: {error}"));
            copied.insert(name.to_string_lossy().into_owned());
        }
    }
    let expected = ["Cargo.lock", "Cargo.toml", "stub-sources.sh"].map(str::to_owned);
    assert_eq!(copied, expected.into(), "a source would make the layer new with each edit");
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(place.path()).output().expect("it runs");
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    run("sh", &["gateway/deploy/stub-sources.sh"]);
    let metadata = run("cargo", &["metadata", "--no-deps", "--locked", "--offline", "--format-version", "1"]);
    assert!(metadata.contains("\"name\":\"gateway\""), "{metadata}");
    for source in ["gateway/src/main.rs", "gateway/src/lib.rs", "gateway/coalescer/src/lib.rs"] {
        assert!(place.path().join(source).is_file(), "{source} has no stub");
    }
}

#[test]
fn image_runs_without_privileges() {
    let text = containerfile();
    let last = text.rsplit_once("\nFROM ").expect("two stages").1;
    assert!(last.starts_with("gcr.io/distroless/static"), "no shell and no library: {last}");
    assert!(last.contains("\nUSER 65532:65532\n"), "{last}");
    for label in ["org.opencontainers.image.revision=\"$COMMIT\"", "ai.kubernaut.verification=\"$VERIFICATION\""] {
        assert!(last.contains(label), "{label} is missing from {last}");
    }
    for variable in ["GATEWAY_COMMIT=\"$COMMIT\"", "GATEWAY_VERIFICATION=\"$VERIFICATION\""] {
        assert!(text.contains(variable), "{variable} is not built in");
    }
}

/// Podman reads the one at the root, Docker the one beside the Containerfile.
#[test]
fn both_builders_ignore_the_same() {
    let [podman, docker] = [root().join(".containerignore"), deploy().join("Containerfile.dockerignore")];
    assert_eq!(fs::read_to_string(podman).expect("a file"), fs::read_to_string(docker).expect("a file"));
}
