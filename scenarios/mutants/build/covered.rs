//! The copy that counts its branches, and the table of them.
use super::{
    lines,
    names::text,
    source::{self, Parsed},
    tracer::{Branch, Tracer},
};
use proc_macro2::TokenStream;
use quote::ToTokens;
use std::{collections::BTreeMap, error::Error, fmt::Write, path::Path, str::FromStr};
use syn::visit_mut::VisitMut;

/// The module that the copy is.
const COPY: &str = "covered";

/// The copy and its table, as Rust.
pub(crate) fn write(package: &Path) -> Result<(String, String), Box<dyn Error>> {
    let (mut tracer, mut known) = (Tracer::default(), BTreeMap::new());
    let mut all = String::new();
    for (name, folder, root) in [("coalescer", source::COALESCER, "lib"), ("fenced_lease", source::PROTOCOL, "mod")] {
        let files = source::parse(&package.join(folder), root, COPY)?;
        writeln!(all, "/// Its copy.\npub mod {name} {{")?;
        for parsed in files {
            let path = format!("{}/{}.rs", folder.trim_start_matches("../"), parsed.name);
            let is_root = parsed.name == root;
            let module = format!("mod {} {{", parsed.name);
            let code = counted(parsed, &path, &mut tracer, &mut known).map_err(|error| format!("{path}: {error}"))?;
            match is_root {
                true => writeln!(all, "{code}")?,
                false => writeln!(all, "{module}\n{code}\n}}")?,
            }
        }
        all += "}\n";
    }
    Ok((all, table(&tracer.branches, &known)?))
}

/// The code of one file with its counters; their lines are added to `known`.
fn counted(
    Parsed { text: source, mut file, .. }: Parsed,
    path: &str,
    tracer: &mut Tracer,
    known: &mut BTreeMap<u16, u32>,
) -> Result<String, Box<dyn Error>> {
    tracer.begin(path);
    tracer.visit_file_mut(&mut file);
    // What is printed is parsed again: tokens in the form that the source's have.
    known.extend(lines::of_marks(&source, &TokenStream::from_str(&text(&file))?)?);
    source::strip(&mut file);
    Ok(lines::without_attributes(file.to_token_stream()).to_string())
}

fn table(branches: &[Branch], lines: &BTreeMap<u16, u32>) -> Result<String, Box<dyn Error>> {
    let mut table = "/// Every branch, by its number.\npub const BRANCHES: &[Branch] = &[\n".to_owned();
    for (number, Branch { file, function, what }) in (0_u16..).zip(branches) {
        let line = lines.get(&number).ok_or_else(|| format!("{file}: no line is known for {what}"))?;
        writeln!(table, "    Branch {{ file: {file:?}, line: {line}, function: {function:?}, what: {what:?} }},")?;
    }
    Ok(table + "];\n")
}
