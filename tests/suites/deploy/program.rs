//! The program that is deployed: its configuration, and what it says about its build.
use crate::kubectl::deploy;
use gateway::config::{Config, Environment, Identity};
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
