//! The order of a crate's folders: the root's documentation lists them, and each may use only those before it.
//!
//! The list is numbered: ``//! 3. `schema`: structural schemas``. A crate without such a list has no order to keep.
use crate::{
    module_graph,
    module_tree::{self, Module},
    violation::Violation,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

const RULE: &str = "folders in order";

/// Uses of a later folder in the crate whose root is `file`, and differences between the list and the folders.
///
/// # Errors
/// If a file cannot be read or is not Rust.
pub fn out_of_order(workspace: &Path, file: &Path) -> io::Result<Vec<Violation>> {
    let text = fs::read_to_string(workspace.join(file))?;
    Ok(violations(&file.display().to_string(), &listed(&text), &module_tree::read(workspace, file)?))
}

/// The names in the numbered list of a file's documentation.
fn listed(text: &str) -> Vec<&str> {
    let name = |line| {
        let (number, rest) = str::split_once(line, ". `")?;
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        Some(rest.split_once('`')?.0).filter(|_| is_number)
    };
    text.lines().filter_map(|line| line.strip_prefix("//! ")).filter_map(name).collect()
}

fn violations(file: &str, order: &[&str], modules: &BTreeMap<Vec<String>, Module>) -> Vec<Violation> {
    let root = modules.get(&Vec::new());
    let folders: BTreeSet<&str> = root.into_iter().flat_map(|root| &root.children).map(String::as_str).collect();
    let listed: BTreeSet<&str> = order.iter().copied().collect();
    let differences = folders.symmetric_difference(&listed).map(|name| {
        let what_to_do = format!("`{name}` is a folder or is listed, not both: list the folders as they are");
        Violation { file: file.to_owned(), line: 1, rule: RULE, what_to_do }
    });
    let mut found: Vec<Violation> = differences.collect();
    let position = |name: &str| order.iter().position(|listed| *listed == name);
    for ((from, to), (file, line)) in module_graph::levels(modules).remove(&Vec::new()).unwrap_or_default() {
        if position(&from).zip(position(&to)).is_some_and(|(from, to)| from < to) {
            let what_to_do = format!("`{from}` uses `{to}`, which the list has after it: move what it needs down");
            found.push(Violation { file, line, rule: RULE, what_to_do });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(order: &str) -> Vec<String> {
        let mut modules = BTreeMap::new();
        for (path, text) in [("", "mod a;\nmod b;\n"), ("a", "pub struct A;\n"), ("b", "use crate::a::A;\n")] {
            let names: Vec<String> = path.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
            module_tree::add(&mut modules, &names, Path::new(&format!("{path}.rs")), text).expect("it is Rust");
        }
        let violations = violations("lib.rs", &listed(order), &modules);
        violations.into_iter().map(|violation| violation.what_to_do).collect()
    }

    #[test]
    fn uses_of_a_later_folder_are_found() {
        assert!(found("//! 1. `a`: below\n//! 2. `b`: above\n").is_empty());
        assert_eq!(found("//! 1. `b`\n//! 2. `a`\n").len(), 1);
    }

    #[test]
    fn list_names_every_folder() {
        assert_eq!(found("//! 1. `a`\n"), ["`b` is a folder or is listed, not both: list the folders as they are"]);
        assert_eq!(found("//! 1. `a`\n//! 2. `b`\n//! 3. `c`\n").len(), 1);
    }
}
