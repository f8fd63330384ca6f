//! The copy with the edits of `src/edits`, in one file.
//!
//! An edit whose original text does not occur exactly once stops the build: the protocol has changed, and a mutant that
//! silently equals the shipped protocol could never be caught.
use super::{
    edits::{Edit, SAFEGUARDS, Safeguard, all_edits},
    source,
};
use std::{error::Error, fmt::Write, path::Path};

/// The protocol in `folder` with the edits.
pub(crate) fn copy(folder: &Path) -> Result<String, Box<dyn Error>> {
    let mut text = String::new();
    for line in module(folder, "mod")?.lines() {
        match line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')) {
            Some("tests") => {}
            Some(name) => writeln!(text, "mod {name} {{\n{}}}", module(folder, name)?)?,
            // An included file cannot have inner documentation; the cfg belongs to `mod tests`.
            None if line.starts_with("//!") || line == "#[cfg(test)]" => {}
            None => writeln!(text, "{line}")?,
        }
    }
    for safeguard in SAFEGUARDS {
        if !all_edits().any(|edit| edit.replacement.contains(&mark(*safeguard))) {
            return Err(format!(
                "no edit of scenarios/mutants/src/edits takes out {safeguard:?}: add one, or remove the safeguard"
            )
            .into());
        }
    }
    Ok(text)
}

/// One file of the protocol with its edits.
fn module(folder: &Path, name: &str) -> Result<String, Box<dyn Error>> {
    let mut text = source::module(folder, name)?;
    for edit in all_edits().filter(|edit| edit.file == name) {
        text = apply(edit, &text)?;
    }
    Ok(text)
}

/// How an edit names a safeguard.
fn mark(safeguard: Safeguard) -> String {
    format!("@{safeguard:?}")
}

fn apply(edit: &Edit, text: &str) -> Result<String, String> {
    let found = text.matches(edit.original).count();
    if found != 1 {
        return Err(format!(
            "gateway/src/fenced_lease/{}.rs has {found} places that read\n    {}\nand the mutants need exactly one: \
             update this edit in scenarios/mutants/src/edits, so that its mutants still lack the safeguard",
            edit.file, edit.original
        ));
    }
    let mut mutant = edit.replacement.to_owned();
    for safeguard in SAFEGUARDS {
        // The order would matter only if one name were the beginning of another.
        mutant = mutant.replace(&mark(*safeguard), &format!("crate::out(crate::Safeguard::{safeguard:?})"));
    }
    Ok(text.replacen(edit.original, &mutant, 1))
}
