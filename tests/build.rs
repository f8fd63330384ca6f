//! Says at compile time which tools can be had here, so that the tests which need one are reported as ignored where it cannot: a test
//! cannot find out at run time and still be counted as not run. `cfg(go)`, `cfg(python)`, `cfg(control_plane)`.
use std::{env, path::Path, process::Command};

fn main() {
    println!("cargo::rustc-check-cfg=cfg(go, python, control_plane)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PATH");
    println!("cargo::rerun-if-env-changed=KUBEBUILDER_ASSETS");
    let go = env::split_paths(&env::var_os("PATH").unwrap_or_default()).any(|directory| directory.join("go").is_file());
    let assets =
        env::var_os("KUBEBUILDER_ASSETS").is_some_and(|assets| Path::new(&assets).join("kube-apiserver").is_file());
    // Debian has python3 without what makes a virtual environment.
    let python = Command::new("python3").args(["-c", "import venv, ensurepip"]).output();
    for (found, name) in
        [(go, "go"), (go || assets, "control_plane"), (python.is_ok_and(|done| done.status.success()), "python")]
    {
        if found {
            println!("cargo::rustc-cfg={name}");
        }
    }
}
