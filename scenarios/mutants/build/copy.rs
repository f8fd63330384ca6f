//! The copy in which every operator is a choice, and the table of its mutants.
use super::{
    constants,
    mutator::{Mutant, Mutator},
    source,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt::Write,
    path::Path,
};
use syn::{File, Item, visit_mut::VisitMut};

/// The modules of one crate: its name in the copy, and its files with their names. The root is the first.
type Parsed = Vec<(String, File)>;

/// The copy and its table, as Rust.
pub(crate) fn write(package: &Path) -> Result<(String, String), Box<dyn Error>> {
    let mut protocol = parse(&package.join(source::PROTOCOL), "mod")?;
    let mut coalescer = parse(&package.join(source::COALESCER), "lib")?;
    let (mut constants, mut defaults) = (BTreeMap::new(), BTreeSet::new());
    for (name, file) in protocol.iter().chain(&coalescer) {
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

/// Reads a crate's root and the modules that it declares.
fn parse(folder: &Path, root: &str) -> Result<Parsed, Box<dyn Error>> {
    let read = |name: &str| -> Result<(String, File), Box<dyn Error>> {
        let text = source::module(folder, name)?;
        // The copies are modules of one crate.
        let text = text.replace("use coalescer::", "use crate::generated::coalescer::");
        let text = if root == "lib" { text.replace("use gateway::sync::", "use super::sync::") } else { text };
        Ok((name.to_owned(), syn::parse_file(&text).map_err(|error| format!("{name}.rs: {error}"))?))
    };
    let root = read(root)?;
    let declared = root.1.items.iter().filter_map(|item| match item {
        Item::Mod(module) if module.content.is_none() && module.ident != "tests" => Some(module.ident.to_string()),
        _ => None,
    });
    let names: Vec<String> = declared.collect();
    std::iter::once(Ok(root)).chain(names.iter().map(|name| read(name))).collect()
}

/// The name of a type that has a default.
fn with_default(item: &Item) -> Option<String> {
    let (attributes, name) = match item {
        Item::Struct(item) => (&item.attrs, &item.ident),
        Item::Enum(item) => (&item.attrs, &item.ident),
        _ => return None,
    };
    let derives = |attribute: &syn::Attribute| {
        attribute.path().is_ident("derive") && super::mutator::text(&attribute.meta).contains("Default")
    };
    attributes.iter().any(derives).then(|| name.to_string())
}

fn copy(name: &str, files: &mut Parsed, mutator: &mut Mutator) -> Result<String, Box<dyn Error>> {
    let mut text = format!("/// Its copy.\npub mod {name} {{\n");
    for (position, (file, parsed)) in files.iter_mut().enumerate() {
        let file = if position == 0 { name } else { file.as_str() };
        mutator.begin(file);
        parsed.attrs.clear();
        parsed.items.retain(|item| !matches!(item, Item::Mod(_)));
        mutator.visit_file_mut(parsed);
        let items = mutator.with_names(&super::mutator::text(&*parsed));
        match position {
            0 => writeln!(text, "{items}")?,
            _ => writeln!(text, "mod {file} {{\n{items}\n}}")?,
        }
    }
    Ok(text + "}\n")
}

fn rows(table: &mut String, name: &str, about: &str, mutants: &[Mutant]) -> Result<(), Box<dyn Error>> {
    writeln!(table, "/// {about}\npub const {name}: &[Generated] = &[")?;
    for Mutant { file, function, change } in mutants {
        writeln!(table, "    Generated {{ file: {file:?}, function: {function:?}, change: {change:?} }},")?;
    }
    writeln!(table, "];")?;
    Ok(())
}
