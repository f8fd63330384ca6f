//! The copy in which every operator is a choice, and the table of its mutants.
use super::{
    constants,
    mutator::{Mutant, Mutator},
    names::text,
    source::{self, Parsed},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt::Write,
    path::Path,
};
use syn::{Item, visit_mut::VisitMut};

/// The module that the copy is.
const COPY: &str = "generated";

/// The copy and its table, as Rust.
pub(crate) fn write(package: &Path) -> Result<(String, String), Box<dyn Error>> {
    let mut protocol = source::parse(&package.join(source::PROTOCOL), "mod", COPY)?;
    let mut coalescer = source::parse(&package.join(source::COALESCER), "lib", COPY)?;
    let (mut constants, mut defaults) = (BTreeMap::new(), BTreeSet::new());
    for Parsed { name, file, .. } in protocol.iter().chain(&coalescer) {
        constants::of_file(if name == "mod" { "fenced_lease" } else { name }, file, &mut constants);
        defaults.extend(file.items.iter().filter_map(with_default));
    }
    let mut mutator = Mutator::new(constants, defaults);
    let copies = [copy("coalescer", &mut coalescer, &mut mutator)?, copy("fenced_lease", &mut protocol, &mut mutator)?];
    let left_out = mutator.finish()?;
    let mut table = String::new();
    rows(&mut table, "GENERATED", "Every mutant, by its number.", &mutator.mutants)?;
    rows(&mut table, "UNVIABLE", "Places and operators without a mutant: it would not compile.", &left_out)?;
    Ok((copies.concat(), table))
}

/// The name of a type that has a default.
fn with_default(item: &Item) -> Option<String> {
    let (attributes, name) = match item {
        Item::Struct(item) => (&item.attrs, &item.ident),
        Item::Enum(item) => (&item.attrs, &item.ident),
        _ => return None,
    };
    let derives =
        |attribute: &syn::Attribute| attribute.path().is_ident("derive") && text(&attribute.meta).contains("Default");
    attributes.iter().any(derives).then(|| name.to_string())
}

fn copy(name: &str, files: &mut [Parsed], mutator: &mut Mutator) -> Result<String, Box<dyn Error>> {
    let mut all = format!("/// Its copy.\npub mod {name} {{\n");
    for (position, parsed) in files.iter_mut().enumerate() {
        let file = if position == 0 { name } else { parsed.name.as_str() };
        mutator.begin(file);
        source::strip(&mut parsed.file);
        mutator.visit_file_mut(&mut parsed.file);
        let items = mutator.with_names(&text(&parsed.file));
        match position {
            0 => writeln!(all, "{items}")?,
            _ => writeln!(all, "mod {file} {{\n{items}\n}}")?,
        }
    }
    Ok(all + "}\n")
}

fn rows(table: &mut String, name: &str, about: &str, mutants: &[Mutant]) -> Result<(), Box<dyn Error>> {
    writeln!(table, "/// {about}\npub const {name}: &[Generated] = &[")?;
    for Mutant { file, function, change } in mutants {
        writeln!(table, "    Generated {{ file: {file:?}, function: {function:?}, change: {change:?} }},")?;
    }
    writeln!(table, "];")?;
    Ok(())
}
