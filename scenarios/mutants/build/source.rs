//! The gateway's sources, as far as they are copied: without tests, and with paths as this crate names them.
use std::{error::Error, fs, path::Path};

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
