//! The copy in which every operator is a choice, the same with the gateway's own tests, and the table of its mutants.
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

/// The copies and their table, as Rust.
pub(crate) struct Written {
    /// The copy.
    pub(crate) copy: String,
    /// The copy with the gateway's tests of the protocol and of the coalescer.
    pub(crate) tested: String,
    /// The table of the mutants.
    pub(crate) table: String,
}

/// The copies and their table.
pub(crate) fn write(package: &Path) -> Result<Written, Box<dyn Error>> {
    let folders = [source::PROTOCOL, source::COALESCER].map(|folder| package.join(folder));
    let mut protocol = source::parse(&folders[0], "mod", COPY)?;
    let mut coalescer = source::parse(&folders[1], "lib", COPY)?;
    let (mut constants, mut defaults) = (BTreeMap::new(), BTreeSet::new());
    for Parsed { name, file, .. } in protocol.iter().chain(&coalescer) {
        constants::of_file(if name == "mod" { "fenced_lease" } else { name }, file, &mut constants);
        defaults.extend(file.items.iter().filter_map(with_default));
    }
    let mut mutator = Mutator::new(constants, defaults);
    let coalescer = copy("coalescer", &mut coalescer, &mut mutator);
    let protocol = copy("fenced_lease", &mut protocol, &mut mutator);
    let left_out = mutator.finish()?;
    let mut table = String::new();
    rows(&mut table, "GENERATED", "Every mutant, by its number.", &mutator.mutants)?;
    rows(&mut table, "UNVIABLE", "Places and operators without a mutant: it would not compile.", &left_out)?;
    let copy = [
        module("coalescer", &coalescer, "", |_| Ok(String::new()))?,
        module("fenced_lease", &protocol, "", |_| Ok(String::new()))?,
    ]
    .concat();
    let tests = source::test_module(&folders[0].join("tests"))?;
    let tested = [
        module("coalescer", &coalescer, &source::outer_tests(&package.join(source::COALESCER_TESTS), COPY)?, |_| {
            Ok(String::new())
        })?,
        module("fenced_lease", &protocol, &tests, |file| source::tests_of(&folders[0], file))?,
    ]
    .concat();
    Ok(Written { copy, tested, table })
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

/// The code of each file with its choices: the root first.
fn copy(name: &str, files: &mut [Parsed], mutator: &mut Mutator) -> Vec<(String, String)> {
    let each = files.iter_mut().enumerate().map(|(position, parsed)| {
        let file = if position == 0 { name } else { parsed.name.as_str() };
        mutator.begin(file);
        source::strip(&mut parsed.file);
        mutator.visit_file_mut(&mut parsed.file);
        (file.to_owned(), mutator.with_names(&text(&parsed.file)))
    });
    each.collect()
}

/// One crate as a module of this name; `tests` are those of its root, `tests_of` gives those of another file.
fn module(
    name: &str,
    files: &[(String, String)],
    tests: &str,
    tests_of: impl Fn(&str) -> Result<String, Box<dyn Error>>,
) -> Result<String, Box<dyn Error>> {
    let mut all = format!("/// Its copy.\npub mod {name} {{\n{tests}");
    for (file, items) in files {
        if file == name {
            writeln!(all, "{items}")?;
        } else {
            writeln!(all, "mod {file} {{\n{items}\n{}}}", tests_of(file)?)?;
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
