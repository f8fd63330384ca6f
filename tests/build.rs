//! Finds out at compile time which tools this machine has: `cfg(alertmanager)`, `cfg(go)` and so on; and where the
//! build script of `mutants` has written the protocol with its own tests.
//!
//! Tests that need a missing tool are then reported as ignored. A test that finds out at run time can only pass or
//! fail.
use std::{env, path::Path, process::Command};

fn main() {
    println!(
        "cargo::rustc-check-cfg=cfg(alertmanager, browser, go, kubectl, promtool, python, real_server, redis, \
         shellcheck, xmllint)"
    );
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PATH");
    println!("cargo::rerun-if-env-changed=KUBEBUILDER_ASSETS");
    let tested = env::var("DEP_MUTANTS_TESTED").expect("the build script of `mutants` says where it is");
    println!("cargo::rustc-env=TESTED_MUTANTS={tested}");
    let path = env::var_os("PATH").unwrap_or_default();
    let is_there = |program: &str| env::split_paths(&path).any(|directory| directory.join(program).is_file());
    let go = is_there("go");
    let assets =
        env::var_os("KUBEBUILDER_ASSETS").is_some_and(|assets| Path::new(&assets).join("kube-apiserver").is_file());
    // Debian has python3 without what makes a virtual environment.
    let python = Command::new("python3").args(["-c", "import venv, ensurepip"]).output();
    for (found, name) in [
        (go, "go"),
        (go || assets, "real_server"),
        (python.is_ok_and(|done| done.status.success()), "python"),
        (is_there("prometheus-alertmanager"), "alertmanager"),
        (
            ["node", "npm"].into_iter().all(is_there) && ["chromium", "google-chrome"].into_iter().any(is_there),
            "browser",
        ),
        (is_there("kubectl"), "kubectl"),
        (is_there("promtool"), "promtool"),
        (is_there("redis-server"), "redis"),
        (is_there("shellcheck"), "shellcheck"),
        (is_there("xmllint"), "xmllint"),
    ] {
        if found {
            println!("cargo::rustc-cfg={name}");
        }
    }
}
