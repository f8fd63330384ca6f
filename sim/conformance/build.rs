//! Packs the corpus into release builds, so that a copied binary has its cases. A debug build reads them from the
//! clone: it would otherwise be built again whenever a case changes.
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The corpus, from this crate's folder.
const CORPUS: &str = "../../tests/conformance";

fn main() {
    println!("cargo::rustc-check-cfg=cfg(embedded)");
    println!("cargo::rerun-if-changed=build.rs");
    if env::var("PROFILE").as_deref() != Ok("release") {
        return;
    }
    println!("cargo::rerun-if-changed={CORPUS}");
    println!("cargo::rustc-cfg=embedded");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join(CORPUS);
    let mut archive = Vec::new();
    pack(&root, &root, &mut archive);
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("corpus.z"), miniz_oxide::deflate::compress_to_vec(&archive, 8)).expect("a writable folder");
}

/// Adds every file below `path`: its name, its length and its content, with a zero byte after each of the first two.
fn pack(root: &Path, path: &Path, archive: &mut Vec<u8>) {
    let entries = fs::read_dir(path).expect("a readable folder");
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            pack(root, &entry, archive);
            continue;
        }
        let content = fs::read(&entry).expect("a readable file");
        let name = entry.strip_prefix(root).expect("below the root").to_str().expect("a name in UTF-8");
        archive.extend_from_slice(format!("{name}\0{}\0", content.len()).as_bytes());
        archive.extend_from_slice(&content);
    }
}
