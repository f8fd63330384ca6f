//! The protocol's constants that have a size: each may be half or twice as large in a run.
use std::collections::BTreeMap;
use syn::{File, ImplItem, Item, Type};

/// Types of constants that can be scaled.
const SCALED: &[&str] = &["Duration", "u32", "u64", "usize"];

/// A constant, and the numbers of its mutants once a place of the protocol uses it.
#[derive(Debug)]
pub(crate) struct Constant {
    /// The file that defines it.
    pub(crate) file: String,
    /// Numbers of the mutants with half of it and with twice as much.
    pub(crate) numbers: Option<[Option<u16>; 2]>,
}

/// The constants of all files, by name: files may have a constant of the same name each.
pub(crate) type Constants = BTreeMap<String, Vec<Constant>>;

/// Adds the constants of a file.
pub(crate) fn of_file(name: &str, file: &File, all: &mut Constants) {
    let mut add = |ident: &syn::Ident, ty: &Type| {
        let Type::Path(path) = ty else { return };
        if path.path.get_ident().is_some_and(|ty| SCALED.contains(&ty.to_string().as_str())) {
            all.entry(ident.to_string()).or_default().push(Constant { file: name.to_owned(), numbers: None });
        }
    };
    for item in &file.items {
        match item {
            Item::Const(item) => add(&item.ident, &item.ty),
            Item::Impl(block) => {
                for item in &block.items {
                    if let ImplItem::Const(item) = item {
                        add(&item.ident, &item.ty);
                    }
                }
            }
            _ => {}
        }
    }
}
