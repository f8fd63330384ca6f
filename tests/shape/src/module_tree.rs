//! The modules of a crate as a tree: what each declares and imports, and every path that it uses.
//!
//! Built with `syn` from the files that `mod` leads to. Code for tests is left out: `#[cfg(test)]` and modules called
//! `tests`. A macro's arguments are not parsed, so paths in them are read from their tokens.
use proc_macro2::{Span, TokenStream, TokenTree};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};
use syn::{Attribute, Item, UseTree, Visibility, ext::IdentExt, visit::Visit};

/// A path in the code, and where it is.
#[derive(Debug, Clone)]
pub struct Reference {
    /// Segments: `["crate", "store", "Store"]`.
    pub segments: Vec<String>,
    /// Line in the module's file, from 1.
    pub line: usize,
}

/// One module.
#[derive(Debug, Default)]
pub struct Module {
    /// Names from the crate's root; the root's own is empty.
    pub path: Vec<String>,
    /// Its file, relative to the workspace.
    pub file: PathBuf,
    /// Names of the items declared here.
    pub items: BTreeSet<String>,
    /// Names of the modules declared here.
    pub children: BTreeSet<String>,
    /// Name in scope to the path that was imported.
    pub imports: BTreeMap<String, Vec<String>>,
    /// Modules imported with `*`.
    pub globs: Vec<Vec<String>>,
    /// Paths that this module uses.
    pub references: Vec<Reference>,
}

/// The modules of the crate whose root is `file`, a path relative to `workspace`; by their paths.
///
/// # Errors
/// If a file cannot be read or is not Rust.
pub fn read(workspace: &Path, file: &Path) -> io::Result<BTreeMap<Vec<String>, Module>> {
    let mut modules = BTreeMap::new();
    let mut open = vec![(Vec::new(), file.to_owned(), true)];
    while let Some((path, file, is_root)) = open.pop() {
        let text = fs::read_to_string(workspace.join(&file))?;
        let directory = directory_of(&file, is_root);
        for (child, given) in add(&mut modules, &path, &file, &text)? {
            let names = child[path.len()..].join("/");
            let candidates = [directory.join(format!("{names}.rs")), directory.join(&names).join("mod.rs")];
            let parent = file.parent().unwrap_or(Path::new(""));
            let found = given.map(|given| parent.join(given));
            let found = found.or_else(|| candidates.into_iter().find(|file| workspace.join(file).is_file()));
            let found = found.ok_or_else(|| io::Error::other(format!("{}: no file for `{names}`", file.display())))?;
            open.push((child, found, false));
        }
    }
    Ok(modules)
}

fn directory_of(file: &Path, is_root: bool) -> PathBuf {
    let owns_directory = is_root || file.ends_with("mod.rs");
    if owns_directory { file.parent().unwrap_or(Path::new("")).to_owned() } else { file.with_extension("") }
}

type Declared = Vec<(Vec<String>, Option<String>)>;

/// Adds the module of one file, with the modules inside it; returns the modules that are files of their own.
pub fn add(
    modules: &mut BTreeMap<Vec<String>, Module>,
    path: &[String],
    file: &Path,
    text: &str,
) -> io::Result<Declared> {
    let parsed = syn::parse_file(text).map_err(|error| io::Error::other(format!("{}: {error}", file.display())))?;
    let mut declared = Declared::new();
    let mut open = vec![(path.to_vec(), parsed.items)];
    while let Some((path, items)) = open.pop() {
        let mut module = Module { path: path.clone(), file: file.to_owned(), ..Module::default() };
        for item in items {
            let Item::Mod(child) = item else {
                module.visit_item(&item);
                continue;
            };
            let name = child.ident.unraw().to_string();
            if name == "tests" || is_for_tests(&child.attrs) {
                continue;
            }
            module.children.insert(name.clone());
            let child_path = [&path[..], &[name]].concat();
            match child.content {
                Some((_, items)) => open.push((child_path, items)),
                None => declared.push((child_path, given_path(&child.attrs))),
            }
        }
        modules.insert(path, module);
    }
    Ok(declared)
}

/// Whether `#[cfg(test)]` or `#[test]` is among the attributes.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let for_tests = attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"));
        for_tests || attribute.path().is_ident("test")
    })
}

/// The `P` of `#[path = "P"]`.
pub fn given_path(attributes: &[Attribute]) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.path().is_ident("path"))?;
    let syn::Meta::NameValue(value) = &attribute.meta else { return None };
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(path), .. }) = &value.value else { return None };
    Some(path.value())
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn declared_name(item: &Item) -> Option<&syn::Ident> {
    match item {
        Item::Const(item) => Some(&item.ident),
        Item::Enum(item) => Some(&item.ident),
        Item::Fn(item) => Some(&item.sig.ident),
        Item::Macro(item) => item.ident.as_ref(),
        Item::Static(item) => Some(&item.ident),
        Item::Struct(item) => Some(&item.ident),
        Item::Trait(item) => Some(&item.ident),
        Item::Type(item) => Some(&item.ident),
        Item::Union(item) => Some(&item.ident),
        _ => None,
    }
}

impl Module {
    fn refer(&mut self, segments: Vec<String>, span: Span) {
        self.references.push(Reference { segments, line: span.start().line });
    }

    fn import(&mut self, tree: &UseTree, before: &[String], passes_on: bool) {
        let with = |name: &syn::Ident| [before, &[name.unraw().to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.import(&path.tree, &with(&path.ident), passes_on),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(tree, before, passes_on)),
            UseTree::Name(name) if name.ident == "self" => {
                let known_as = before.last().cloned().unwrap_or_default();
                self.import_as(known_as, before.to_vec(), name.ident.span(), passes_on);
            }
            UseTree::Name(name) => {
                self.import_as(name.ident.unraw().to_string(), with(&name.ident), name.ident.span(), passes_on);
            }
            UseTree::Rename(rename) => {
                let target = if rename.ident == "self" { before.to_vec() } else { with(&rename.ident) };
                self.import_as(rename.rename.unraw().to_string(), target, rename.ident.span(), passes_on);
            }
            UseTree::Glob(glob) => {
                self.globs.push(before.to_vec());
                if !passes_on {
                    self.refer(before.to_vec(), glob.star_token.spans[0]);
                }
            }
        }
    }

    fn import_as(&mut self, name: String, target: Vec<String>, span: Span, passes_on: bool) {
        // `pub use` only passes the name on.
        if !passes_on {
            self.refer(target.clone(), span);
        }
        self.imports.insert(name, target);
    }

    /// Paths of two segments or more among the tokens of a macro.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut segments: Vec<String> = Vec::new();
        let (mut colons, mut start) = (0, Span::call_site());
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 || segments.is_empty() {
                        self.end_of_path(&mut segments, start);
                        start = name.span();
                    }
                    segments.push(name.unraw().to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                other => {
                    self.end_of_path(&mut segments, start);
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.end_of_path(&mut segments, start);
    }

    fn end_of_path(&mut self, segments: &mut Vec<String>, start: Span) {
        let segments = std::mem::take(segments);
        if segments.len() > 1 {
            self.refer(segments, start);
        }
    }
}

impl<'ast> Visit<'ast> for Module {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_for_tests(attributes(item)) {
            return;
        }
        if let Some(name) = declared_name(item) {
            self.items.insert(name.unraw().to_string());
        }
        syn::visit::visit_item(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        // A leading `::` names another crate.
        if item.leading_colon.is_none() {
            self.import(&item.tree, &[], !matches!(item.vis, Visibility::Inherited));
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let (None, Some(first)) = (&path.leading_colon, path.segments.first()) {
            let segments = path.segments.iter().map(|segment| segment.ident.unraw().to_string()).collect();
            self.refer(segments, first.ident.span());
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_visibility(&mut self, _: &'ast Visibility) {
        // `pub(super)` and `pub(in path)` are not uses.
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(call.tokens.clone());
        syn::visit::visit_macro(self, call);
    }
}
