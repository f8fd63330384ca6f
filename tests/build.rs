//! Says at compile time whether a real control plane can be had here (`cfg(control_plane)`), so that the tests which need one are
//! reported as ignored where it cannot: a test cannot find out at run time and still be counted as not run.
use std::{env, path::Path};

fn main() {
    println!("cargo::rustc-check-cfg=cfg(control_plane)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PATH");
    println!("cargo::rerun-if-env-changed=KUBEBUILDER_ASSETS");
    let go = env::split_paths(&env::var_os("PATH").unwrap_or_default()).any(|directory| directory.join("go").is_file());
    let assets =
        env::var_os("KUBEBUILDER_ASSETS").is_some_and(|assets| Path::new(&assets).join("kube-apiserver").is_file());
    if go || assets {
        println!("cargo::rustc-cfg=control_plane");
    }
}
