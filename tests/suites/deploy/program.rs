//! The program that is deployed: its configuration, and what it says about its build.
use crate::kubectl::deploy;
use ::gateway::config::{Config, Environment, Identity};
use std::process::Command;

fn run(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_deployed-gateway")).args(arguments).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn configuration_of_the_base_is_the_default() {
    let path = deploy().join("base/config.yaml");
    let text = std::fs::read_to_string(&path).expect("a configuration");
    let identity = Identity { pod: "a".into(), lock_namespace: "b".into(), namespace: "c".into() };
    let (config, ignored) = Config::parse(&text, &Environment::of(identity.clone())).expect("it is valid");
    assert_eq!(config, Config::defaults(identity));
    assert!(ignored.is_empty(), "{} keys have no effect", ignored.len());
    let checked = run(&["check-config", &path.display().to_string()]);
    assert!(checked.ends_with("is valid\n") && !checked.contains("note:"), "{checked}");
}

#[test]
fn version_names_commit_and_verification() {
    let text = run(&["--version"]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].contains(env!("CARGO_PKG_VERSION")), "{text}");
    // A build of the tests is given neither.
    assert_eq!(lines[1..], ["commit unknown", "verification unverified build"], "{text}");
}

/// Compiles the module that takes the two values in, by itself; gives what the compiler says, or nothing.
fn built_with(commit: &str, verification: &str) -> String {
    let source = deploy().join("../src/provenance.rs");
    let place = tempfile::TempDir::new().expect("a folder");
    let mut rustc = Command::new("rustc");
    rustc
        .args(["--edition=2024", "--crate-type=lib", "--emit=metadata"])
        .arg(source)
        .arg("--out-dir")
        .arg(place.path());
    let values = [("GATEWAY_COMMIT", commit), ("GATEWAY_VERIFICATION", verification), ("CARGO_PKG_VERSION", "1.0.0")];
    let output = rustc.envs(values).output().expect("rustc runs");
    if output.status.success() { String::new() } else { String::from_utf8_lossy(&output.stderr).into_owned() }
}

#[test]
fn wrong_provenance_stops_the_build() {
    let (commit, digest) = ("0123456789abcdef0123456789abcdef01234567", format!("sha256:{}", "0f".repeat(32)));
    assert_eq!(built_with(commit, &digest), "");
    assert_eq!(built_with("", ""), "");
    let wrong = built_with("0123456", &digest);
    assert!(wrong.contains("GATEWAY_COMMIT is not 40 hexadecimal digits"), "{wrong}");
    let wrong = built_with(commit, "report.json");
    assert!(wrong.contains("GATEWAY_VERIFICATION is not sha256: and 64 hexadecimal digits"), "{wrong}");
}
