//! The values that replace a function's body, by the type that it returns, as in cargo-mutants.
use std::collections::BTreeSet;
use syn::{GenericArgument, PathArguments, PathSegment, ReturnType, Type};

/// Types of other crates that have a default.
const WITH_DEFAULT: &[&str] =
    &["Duration", "Timestamp", "Bytes", "BytesMut", "ListParams", "BTreeMap", "BTreeSet", "VecDeque"];

/// The expressions that a function of this type may return at once; empty if none is known to fit.
pub(crate) fn of_return(output: &ReturnType, defaults: &BTreeSet<String>) -> Vec<String> {
    match output {
        ReturnType::Default => vec!["()".to_owned()],
        ReturnType::Type(_, ty) => of_type(ty, defaults),
    }
}

fn of_type(ty: &Type, defaults: &BTreeSet<String>) -> Vec<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map_or_else(Vec::new, |last| of_segment(last, defaults)),
        Type::Reference(reference) => match &*reference.elem {
            Type::Path(path) if path.path.is_ident("str") => owned(&["\"\"", "\"xyzzy\""]),
            Type::Slice(_) => owned(&["&[]"]),
            _ => Vec::new(),
        },
        Type::Tuple(tuple) => {
            let firsts: Option<Vec<String>> =
                tuple.elems.iter().map(|elem| of_type(elem, defaults).into_iter().next()).collect();
            firsts
                .map(|firsts| format!("({})", firsts.iter().map(|first| format!("{first},")).collect::<String>()))
                .map(|value| if value == "()" { value } else { value.replace(",)", ")") })
                .into_iter()
                .collect()
        }
        Type::Paren(inner) => of_type(&inner.elem, defaults),
        _ => Vec::new(),
    }
}

fn of_segment(segment: &PathSegment, defaults: &BTreeSet<String>) -> Vec<String> {
    let inner = || first_argument(segment).map_or_else(Vec::new, |ty| of_type(ty, defaults));
    let each = |format: fn(String) -> String| inner().into_iter().map(format).collect::<Vec<_>>();
    match segment.ident.to_string().as_str() {
        "bool" => owned(&["true", "false"]),
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => owned(&["0", "1"]),
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => owned(&["0", "1", "-1"]),
        "f32" | "f64" => owned(&["0.0", "1.0", "-1.0"]),
        "String" => owned(&["String::new()", "\"xyzzy\".to_owned()"]),
        "Option" => [vec!["None".to_owned()], each(|value| format!("Some({value})"))].concat(),
        "Result" if matches!(segment.arguments, PathArguments::None) => owned(&["Ok(())"]),
        "Result" => each(|value| format!("Ok({value})")),
        "Vec" => [vec!["Vec::new()".to_owned()], each(|value| format!("vec![{value}]"))].concat(),
        "Arc" => each(|value| format!("std::sync::Arc::new({value})")),
        name if WITH_DEFAULT.contains(&name) || defaults.contains(name) => owned(&["Default::default()"]),
        _ => Vec::new(),
    }
}

fn first_argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

fn owned(values: &[&str]) -> Vec<String> {
    values.iter().map(|&value| value.to_owned()).collect()
}
