//! Copies the gateway's protocol into one file, with the edits of `src/edits.rs`.
//!
//! An edit whose original text does not occur exactly once stops the build: the protocol has changed, and a mutant that
//! silently equals the shipped protocol could never be caught.
use std::{
    env,
    error::Error,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

/// The edits.
#[path = "src/edits.rs"]
pub mod edits;

use edits::{EDITS, Edit, SAFEGUARDS};

const PROTOCOL: &str = "../../gateway/src/fenced_lease";

fn main() -> Result<(), Box<dyn Error>> {
    let source = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join(PROTOCOL);
    println!("cargo::rerun-if-changed={}", source.display());
    println!("cargo::rerun-if-changed=src/edits.rs");
    let root = module(&source, "mod")?;
    let mut text = String::new();
    for line in root.lines() {
        match line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')) {
            Some("tests") => {}
            Some(name) => writeln!(text, "mod {name} {{\n{}}}", module(&source, name)?)?,
            // An included file cannot have inner documentation; the cfg belongs to `mod tests`.
            None if line.starts_with("//!") || line == "#[cfg(test)]" => {}
            None => writeln!(text, "{line}")?,
        }
    }
    for safeguard in SAFEGUARDS {
        if !EDITS.iter().any(|edit| edit.replacement.contains(&format!("@{safeguard:?}"))) {
            return Err(format!(
                "no edit of scenarios/mutants/src/edits.rs takes out {safeguard:?}: add one, or remove the safeguard"
            )
            .into());
        }
    }
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("fenced_lease.rs"), text)?;
    Ok(())
}

/// One file of the protocol: without its tests, with the edits, and with the gateway's paths as another crate names
/// them.
fn module(source: &Path, name: &str) -> Result<String, Box<dyn Error>> {
    let file = source.join(name).with_extension("rs");
    let text = fs::read_to_string(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    // Test code is at the end of a file, except for the root's `mod tests`.
    let mut text = match text.find("#[cfg(test)]\n") {
        Some(tests) if name != "mod" => text[..tests].to_owned(),
        _ => text,
    };
    text = text.replace("crate::", "gateway::");
    for edit in EDITS.iter().filter(|edit| edit.file == name) {
        text = apply(edit, &text)?;
    }
    Ok(text)
}

fn apply(edit: &Edit, text: &str) -> Result<String, String> {
    let found = text.matches(edit.original).count();
    if found != 1 {
        return Err(format!(
            "gateway/src/fenced_lease/{}.rs has {found} places that read\n    {}\nand the mutants need exactly one: \
             update this edit in scenarios/mutants/src/edits.rs, so that its mutants still lack the safeguard",
            edit.file, edit.original
        ));
    }
    let mut mutant = edit.replacement.to_owned();
    for safeguard in SAFEGUARDS {
        // The order would matter only if one name were the beginning of another.
        mutant = mutant.replace(&format!("@{safeguard:?}"), &format!("crate::out(crate::Safeguard::{safeguard:?})"));
    }
    Ok(text.replacen(edit.original, &mutant, 1))
}
