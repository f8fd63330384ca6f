//! The gateway's sources, as far as they are copied: without tests, and with paths as this crate names them.
use std::{error::Error, fs, path::Path};
use syn::{File, Item};

/// The protocol, relative to this package.
pub(crate) const PROTOCOL: &str = "../../gateway/src/fenced_lease";
/// The coalescer, relative to this package.
pub(crate) const COALESCER: &str = "../../gateway/coalescer/src";

/// One file of `folder`, without its tests.
pub(crate) fn module(folder: &Path, name: &str) -> Result<String, Box<dyn Error>> {
    let file = folder.join(name).with_extension("rs");
    let text = fs::read_to_string(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    // Test code is at the end of a file, except for the root's `mod tests`.
    let text = match text.find("#[cfg(test)]\n") {
        Some(tests) if name != "mod" => text[..tests].to_owned(),
        _ => text,
    };
    Ok(text.replace("crate::", "gateway::"))
}

/// The coalescer's tests, relative to this package.
pub(crate) const COALESCER_TESTS: &str = "../../gateway/coalescer/tests/coalescing.rs";

/// A file of tests that stand outside of their crate, as a module of the copy `copy` of it.
pub(crate) fn outer_tests(file: &Path, copy: &str) -> Result<String, Box<dyn Error>> {
    let text = fs::read_to_string(file)?.replace("use coalescer::", &format!("use crate::{copy}::coalescer::"));
    let code: Vec<&str> = text.lines().filter(|line| !line.starts_with("//!")).collect();
    Ok(format!("mod tests {{\n{}\n}}\n", code.join("\n")))
}

/// The tests at the end of one file of `folder`, if it has any.
pub(crate) fn tests_of(folder: &Path, name: &str) -> Result<String, Box<dyn Error>> {
    let text = fs::read_to_string(folder.join(name).with_extension("rs"))?;
    let tests = text.find("#[cfg(test)]\n").map_or("", |tests| &text[tests..]);
    Ok(tests.replace("crate::", "gateway::"))
}

/// The tests in `folder`, of which `mod.rs` declares the others, as one module.
pub(crate) fn test_module(folder: &Path) -> Result<String, Box<dyn Error>> {
    let read = |name: &str| -> Result<String, Box<dyn Error>> {
        let text = fs::read_to_string(folder.join(name).with_extension("rs"))?;
        let code: Vec<&str> = text.lines().filter(|line| !line.starts_with("//!")).collect();
        Ok(code.join("\n").replace("crate::", "gateway::"))
    };
    let declared = |line: &str| Some(line.strip_prefix("mod ")?.strip_suffix(';')?.to_owned());
    let mut module = String::new();
    for line in read("mod")?.lines() {
        module += &match declared(line) {
            Some(name) => format!("mod {name} {{\n{}\n}}\n", read(&name)?),
            None => format!("{line}\n"),
        };
    }
    Ok(format!("mod tests {{\n{module}}}\n"))
}

/// One file of a crate.
pub(crate) struct Parsed {
    /// Its name, without `.rs`.
    pub(crate) name: String,
    /// Its text, as it was parsed.
    pub(crate) text: String,
    pub(crate) file: File,
}

/// Reads a crate's root and the modules that it declares; the root is the first. `copy` is the module of this crate
/// that has the copies of both crates.
pub(crate) fn parse(folder: &Path, root: &str, copy: &str) -> Result<Vec<Parsed>, Box<dyn Error>> {
    let read = |name: &str| -> Result<Parsed, Box<dyn Error>> {
        let text = module(folder, name)?;
        // The copies are modules of one crate.
        let text = text.replace("use coalescer::", &format!("use crate::{copy}::coalescer::"));
        let text = if root == "lib" { text.replace("use gateway::sync::", "use super::sync::") } else { text };
        let file = syn::parse_file(&text).map_err(|error| format!("{name}.rs: {error}"))?;
        Ok(Parsed { name: name.to_owned(), text, file })
    };
    let root = read(root)?;
    let declared = root.file.items.iter().filter_map(|item| match item {
        Item::Mod(module) if module.content.is_none() && module.ident != "tests" => Some(module.ident.to_string()),
        _ => None,
    });
    let names: Vec<String> = declared.collect();
    std::iter::once(Ok(root)).chain(names.iter().map(|name| read(name))).collect()
}

/// Takes out what a file's text has only as a file: its inner attributes and the modules that it declares.
pub(crate) fn strip(file: &mut File) {
    file.attrs.clear();
    file.items.retain(|item| !matches!(item, Item::Mod(_)));
}
