//! Import cycles between modules: sibling modules must form a graph without cycles, at every level of every crate.
//!
//! A module that names an item of another depends on it. For each parent, the nodes are its child modules and its own
//! items: a child that uses an item declared in the parent's own file depends on the parent, so a parent that uses
//! items of that child too is a cycle. `mod` and `pub use` alone are not uses; a path through a `pub use` leads to
//! where the item is declared. Methods are not seen: a call `a.b()` names no path.
use crate::{
    module_tree::{self, Module, Reference},
    violation::Violation,
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    io,
    path::Path,
};

type Modules = BTreeMap<Vec<String>, Module>;

/// Between two nodes of one level: where the first use is, as `file:line`.
pub(crate) type Arrows = BTreeMap<(String, String), (String, usize)>;

/// How long a chain of `pub use` may get before it is taken for a loop.
const HOPS_MAX: usize = 16;

/// The cycles of the crate whose root is `file`, a path relative to `workspace`.
///
/// # Errors
/// If a file cannot be read or is not Rust.
pub fn cycles(workspace: &Path, file: &Path) -> io::Result<Vec<Violation>> {
    Ok(cycles_of(&module_tree::read(workspace, file)?))
}

/// One violation for each group of nodes that reach each other.
fn cycles_of(modules: &Modules) -> Vec<Violation> {
    levels(modules).into_iter().flat_map(|(parent, arrows)| cycles_of_level(&parent, &arrows)).collect()
}

fn cycles_of_level(parent: &[String], arrows: &Arrows) -> Vec<Violation> {
    let mut left: BTreeSet<&String> = arrows.keys().flat_map(|(from, to)| [from, to]).collect();
    let mut found = Vec::new();
    while let Some(node) = left.pop_first() {
        let members: Vec<&String> =
            left.iter().copied().filter(|other| reaches(arrows, node, other) && reaches(arrows, other, node)).collect();
        if members.is_empty() {
            continue;
        }
        left.retain(|other| !members.contains(other));
        let group: BTreeSet<&String> = members.into_iter().chain([node]).collect();
        found.push(violation(parent, arrows, &group));
    }
    found
}

fn violation(parent: &[String], arrows: &Arrows, group: &BTreeSet<&String>) -> Violation {
    let pairs: Vec<Vec<&String>> = arrows
        .keys()
        .filter(|(from, to)| from < to && arrows.contains_key(&(to.clone(), from.clone())))
        .filter(|(from, to)| group.contains(from) && group.contains(to))
        .map(|(from, to)| vec![from, to])
        .collect();
    let shown = if pairs.is_empty() { vec![shortest(arrows, group)] } else { pairs };
    let (file, line) = arrow(arrows, shown[0][0], shown[0][1 % shown[0].len()]).clone();
    let lines: Vec<String> = shown.iter().map(|cycle| drawn(arrows, cycle)).collect();
    let members: Vec<&str> = group.iter().map(|name| name.as_str()).collect();
    let (within, members) = (["crate", &parent.join("::")].join("::"), members.join(", "));
    let what_to_do = format!(
        "in `{}`, {} modules use each other ({members}): move what both need into a module below them\n    {}",
        within.trim_end_matches("::"),
        group.len(),
        lines.join("\n    ")
    );
    Violation { file, line, rule: "no import cycle", what_to_do }
}

fn arrow<'a>(arrows: &'a Arrows, from: &str, to: &str) -> &'a (String, usize) {
    &arrows[&(from.to_owned(), to.to_owned())]
}

/// `a → b → a (a.rs:1, b.rs:2)`.
fn drawn(arrows: &Arrows, cycle: &[&String]) -> String {
    let names: Vec<&str> = cycle.iter().chain(cycle.first()).map(|name| name.as_str()).collect();
    let places = names.windows(2).map(|pair| {
        let (file, line) = arrow(arrows, pair[0], pair[1]);
        format!("{file}:{line}")
    });
    let places: Vec<String> = places.collect();
    format!("{}  ({})", names.join(" → "), places.join(", "))
}

/// The shortest cycle through any member.
fn shortest<'a>(arrows: &'a Arrows, group: &BTreeSet<&'a String>) -> Vec<&'a String> {
    let cycles = group.iter().filter_map(|start| way_back(arrows, start));
    cycles.min_by_key(Vec::len).expect("members of a group reach each other")
}

fn next<'a>(arrows: &'a Arrows, node: &str) -> impl Iterator<Item = &'a String> {
    arrows.keys().filter(move |(from, _)| from == node).map(|(_, to)| to)
}

/// The shortest way from a node to itself.
fn way_back<'a>(arrows: &'a Arrows, start: &'a String) -> Option<Vec<&'a String>> {
    let mut open: VecDeque<Vec<&String>> = VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = open.pop_front() {
        for node in next(arrows, way.last()?) {
            if node == start {
                return Some(way);
            }
            if seen.insert(node) {
                open.push_back([&way[..], &[node]].concat());
            }
        }
    }
    None
}

fn reaches(arrows: &Arrows, from: &str, to: &str) -> bool {
    let (mut open, mut seen) = (vec![from], BTreeSet::new());
    while let Some(node) = open.pop() {
        for node in next(arrows, node) {
            if node == to {
                return true;
            }
            if seen.insert(node) {
                open.push(node);
            }
        }
    }
    false
}

/// The arrows of each level, by the path of the parent. The parent's own items are the node `self`.
pub(crate) fn levels(modules: &Modules) -> BTreeMap<Vec<String>, Arrows> {
    let mut levels: BTreeMap<Vec<String>, Arrows> = BTreeMap::new();
    for module in modules.values() {
        for reference in &module.references {
            let Some(target) = declared_in(modules, module, reference) else { continue };
            let shared = module.path.iter().zip(&target).take_while(|(a, b)| a == b).count();
            if module.path == target {
                continue;
            }
            let node = |path: &[String]| path.get(shared).cloned().unwrap_or_else(|| "self".to_owned());
            let pair = (node(&module.path), node(&target));
            let place = (module.file.display().to_string(), reference.line);
            levels.entry(module.path[..shared].to_vec()).or_default().entry(pair).or_insert(place);
        }
    }
    levels
}

/// The module that declares what a reference names; `None` for other crates, local names and names passed on unused.
fn declared_in(modules: &Modules, from: &Module, reference: &Reference) -> Option<Vec<String>> {
    let (path, rest) = start(modules, from, &reference.segments)?;
    resolve(modules, path, rest, 0)
}

/// Where a path begins, and what is left of it.
fn start<'a>(modules: &Modules, from: &Module, segments: &'a [String]) -> Option<(Vec<String>, &'a [String])> {
    let mut path = from.path.clone();
    let mut rest = segments;
    match segments.first()?.as_str() {
        "crate" => (path, rest) = (Vec::new(), &segments[1..]),
        "self" => rest = &segments[1..],
        "super" => {
            while let Some(("super", after)) = rest.split_first().map(|(first, after)| (first.as_str(), after)) {
                path.pop();
                rest = after;
            }
        }
        first => {
            let is_module = from.children.contains(first) && segments.len() > 1;
            let is_import = from.imports.contains_key(first) && !modules_declare(modules, &path, first);
            if !is_module && !is_import {
                return None;
            }
        }
    }
    Some((path, rest))
}

fn modules_declare(modules: &Modules, path: &[String], name: &str) -> bool {
    modules.get(path).is_some_and(|module| module.items.contains(name))
}

fn resolve(modules: &Modules, path: Vec<String>, segments: &[String], hops: usize) -> Option<Vec<String>> {
    let module = modules.get(&path)?;
    let Some((first, rest)) = segments.split_first() else { return Some(path) };
    if hops > HOPS_MAX {
        return None;
    }
    let imported = module.imports.get(first);
    let is_module = module.children.contains(first) && !rest.is_empty();
    if module.items.contains(first) && !is_module {
        return Some(path);
    }
    if is_module || module.children.contains(first) && imported.is_none() {
        return resolve(modules, [&path[..], std::slice::from_ref(first)].concat(), rest, hops);
    }
    if let Some(target) = imported {
        let target = [&target[..], rest].concat();
        let (path, rest) = start(modules, module, &target)?;
        return resolve(modules, path, rest, hops + 1);
    }
    for glob in &module.globs {
        let Some((target, rest)) = start(modules, module, glob) else { continue };
        let target = resolve(modules, target, rest, hops + 1);
        let found = target.filter(|target| knows(modules, target, first));
        if let Some(found) = found {
            return resolve(modules, found, segments, hops + 1);
        }
    }
    Some(path)
}

fn knows(modules: &Modules, path: &[String], name: &str) -> bool {
    modules.get(path).is_some_and(|module| {
        module.items.contains(name) || module.children.contains(name) || module.imports.contains_key(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let mut modules = Modules::new();
        for (path, text) in files {
            let names: Vec<String> = path.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
            let file = format!("{}.rs", if path.is_empty() { "lib" } else { path });
            module_tree::add(&mut modules, &names, Path::new(&file), text).expect("it is Rust");
        }
        cycles_of(&modules).into_iter().map(|violation| violation.what_to_do).collect()
    }

    #[test]
    fn siblings_that_use_each_other_are_found() {
        let found = found(&[
            ("", "mod a;\nmod b;\nmod c;\n"),
            ("a", "use crate::b::B;\npub struct A;\n"),
            ("b", "pub struct B;\nfn f() -> super::a::A { todo!() }\n"),
            ("c", "use crate::{a::A, b::B};\n"),
        ]);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("a → b → a  (a.rs:1, b.rs:2)"), "{}", found[0]);
    }

    #[test]
    fn long_cycles_are_drawn_whole() {
        let found = found(&[
            ("", "mod a;\nmod b;\nmod c;\n"),
            ("a", "use crate::b::B;\npub struct A;\n"),
            ("b", "use crate::c;\npub struct B;\n"),
            ("c", "pub fn c() { assert!(x(crate::a::A)) }\n"),
        ]);
        assert!(found[0].contains("a → b → c → a  (a.rs:1, b.rs:1, c.rs:1)"), "{}", found[0]);
    }

    #[test]
    fn items_of_the_parent_count() {
        let child = ("a", "use super::Shared;\npub struct A(Shared);\n");
        assert_eq!(found(&[("", "mod a;\npub struct Shared;\nuse a::A;\n"), child]).len(), 1);
        assert_eq!(found(&[("", "mod a;\npub struct Shared;\nfn f() { a::g() }\n"), child]).len(), 1);
        assert_eq!(found(&[("", "mod a;\npub struct Shared;\npub use a::A;\nfn f(a: A) {}\n"), child]).len(), 1);
        assert!(found(&[("", "mod a;\npub struct Shared;\npub use a::A;\n"), child]).is_empty());
    }

    #[test]
    fn names_passed_on_lead_to_their_origin() {
        let files = |b: &'static str| {
            [("", "mod a;\nmod b;\npub use b::B;\n"), ("a", "use crate::B;\npub fn f() {}\n"), ("b", b)]
        };
        assert_eq!(found(&files("pub struct B;\nfn g() { crate::a::f() }\n")).len(), 1);
        assert!(found(&files("pub struct B;\n")).is_empty());
    }

    #[test]
    fn tests_and_other_crates_are_left_out() {
        let found = found(&[
            ("", "mod a;\nmod b;\n"),
            ("a", "use crate::b::B;\nuse serde::b;\n"),
            ("b", "pub struct B;\n#[cfg(test)]\nmod tests { use crate::a::A; }\n#[cfg(test)]\nuse crate::a;\n"),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }
}
