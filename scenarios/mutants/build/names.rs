//! Names of places in the sources: the code in a name, and numbers for places of one name.
use quote::ToTokens;
use std::collections::BTreeMap;
use syn::{ItemImpl, Type};

/// Longest part of an expression in a name.
const SHOWN_MAX: usize = 70;

/// The tokens of a piece of code, as text.
pub(crate) fn text(code: &impl ToTokens) -> String {
    code.to_token_stream().to_string()
}

/// The code in the name of a mutant: without some of the spaces that tokens have, and not too long.
pub(crate) fn shown(code: &str) -> String {
    cut(written(
        code,
        &[
            (" . ", "."),
            (" (", "("),
            ("( ", "("),
            (" )", ")"),
            (" ,", ","),
            (":: ", "::"),
            (" ::", "::"),
            ("& ", "&"),
            ("! ", "!"),
        ],
    ))
}

/// The code in the name of a branch: as the source has it, as far as that is easy, and not too long.
pub(crate) fn neat(code: &str) -> String {
    cut(written(
        code,
        &[
            (" . ", "."),
            (" ?", "?"),
            (" (", "("),
            (" let(", " let ("),
            (" if(", " if ("),
            (" in(", " in ("),
            ("&&(", "&& ("),
            ("||(", "|| ("),
            ("=(", "= ("),
            ("( ", "("),
            (" )", ")"),
            (" ,", ","),
            (":: ", "::"),
            (" ::", "::"),
            (" :", ":"),
            (":::", "::"),
            (" !(", "!("),
            (" < _ > ", "<_>"),
            ("& ", "&"),
            ("&&", "&& "),
            ("&&  ", "&& "),
            ("! ", "!"),
            ("* ", "*"),
        ],
    ))
}

fn written(code: &str, table: &[(&str, &str)]) -> String {
    let plain = code.split_whitespace().collect::<Vec<_>>().join(" ");
    table.iter().fold(plain, |plain, (tokens, written)| plain.replace(tokens, written))
}

fn cut(plain: String) -> String {
    if plain.chars().count() <= SHOWN_MAX {
        return plain;
    }
    plain.chars().take(SHOWN_MAX).chain("…".chars()).collect()
}

/// The name of the type that a block implements something for.
pub(crate) fn of_type(block: &ItemImpl) -> String {
    match &*block.self_ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default(),
        other => text(other),
    }
}

/// How often each name was given.
#[derive(Default)]
pub(crate) struct Places(BTreeMap<String, u32>);

impl Places {
    /// What to add to this name so that it differs from those before.
    pub(crate) fn distinct(&mut self, name: String) -> Option<String> {
        let times = self.0.entry(name).or_insert(0);
        *times += 1;
        (*times > 1).then(|| format!(" (place {times})"))
    }
}
