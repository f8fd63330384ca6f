//! The lines of numbered places: the changed tokens are laid beside the tokens of the source, whose lines are known.
//!
//! A token that a build script parses does not know its line. But the tokens of the source are all in the changed
//! stream, in their order. So the next token of the source at each mark gives its line, to within the tokens that were
//! added around it.
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::{collections::BTreeMap, error::Error, str::FromStr};

/// The module whose functions are marks: `crate::taken::at(17u16)`.
pub(crate) const MARKS: &str = "taken";
/// The attribute that is a mark only: `#[at(17u16)]`.
pub(crate) const ATTRIBUTE: &str = "at";

/// The line of each number in `changed`, which is `source` with marks and more added.
pub(crate) fn of_marks(source: &str, changed: &TokenStream) -> Result<BTreeMap<u16, u32>, Box<dyn Error>> {
    let (mut plain, mut tokens) = (Vec::new(), Vec::new());
    flatten(TokenStream::from_str(source)?, &mut plain);
    flatten(changed.clone(), &mut tokens);
    let lines = lines(source, &plain)?;
    let (mut next, mut at, mut found) = (0, 0, BTreeMap::new());
    while at < tokens.len() {
        let (mark, length) = mark(&tokens[at..]);
        let line = lines.get(next).or(lines.last()).copied().unwrap_or(1);
        mark.into_iter().for_each(|number| _ = found.entry(number).or_insert(line));
        if length == 0 && plain.get(next) == Some(&tokens[at]) {
            next += 1;
        }
        at += length.max(1);
    }
    match plain.get(next) {
        Some(token) => Err(format!("the copy lacks `{token}` of line {}", lines[next]).into()),
        None => Ok(found),
    }
}

/// `changed` without the attributes that are marks.
pub(crate) fn without_attributes(changed: TokenStream) -> TokenStream {
    let trees: Vec<TokenTree> = changed.into_iter().collect();
    let is_mark = |at: usize| {
        let hash = matches!(trees.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == '#');
        let Some(TokenTree::Group(group)) = trees.get(at + 1) else { return false };
        let first = group.stream().into_iter().next().map(|tree| tree.to_string());
        hash && group.delimiter() == Delimiter::Bracket && first.as_deref() == Some(ATTRIBUTE)
    };
    let kept = (0..trees.len()).filter(|&at| !is_mark(at) && (at == 0 || !is_mark(at - 1)));
    let kept = kept.map(|at| match &trees[at] {
        TokenTree::Group(group) => {
            proc_macro2::Group::new(group.delimiter(), without_attributes(group.stream())).into()
        }
        other => other.clone(),
    });
    kept.collect()
}

/// The tokens one by one, the ends of groups included.
fn flatten(stream: TokenStream, into: &mut Vec<String>) {
    for tree in stream {
        let TokenTree::Group(group) = tree else {
            into.push(tree.to_string());
            continue;
        };
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Brace => ("{", "}"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::None => ("", ""),
        };
        into.extend((!open.is_empty()).then(|| open.to_owned()));
        flatten(group.stream(), into);
        into.extend((!close.is_empty()).then(|| close.to_owned()));
    }
}

/// The numbers of the mark that these tokens begin with, and how many tokens it has; 0 if there is none.
fn mark(tokens: &[String]) -> (Vec<u16>, usize) {
    let begins = |words: &[&str]| words.iter().zip(tokens).filter(|(word, token)| **word == **token).count();
    let (attribute, call) = (["#", "[", ATTRIBUTE, "("], ["crate", ":", ":", MARKS, ":", ":"]);
    let start = match () {
        () if begins(&attribute) == attribute.len() => attribute.len(),
        // The function's name and its parenthesis.
        () if begins(&call) == call.len() => call.len() + 2,
        () => return (Vec::new(), 0),
    };
    let number = |token: &String| token.strip_suffix("u16").and_then(|digits| digits.parse::<u16>().ok());
    let arguments = tokens[start..].iter().take_while(|token| *token == "," || number(token).is_some());
    let length = arguments.clone().count();
    (arguments.filter_map(number).collect(), start + length)
}

/// The line of each token of `source`.
fn lines(source: &str, tokens: &[String]) -> Result<Vec<u32>, Box<dyn Error>> {
    let (mut rest, mut line, mut lines) = (source, 1, Vec::with_capacity(tokens.len()));
    while lines.len() < tokens.len() {
        let token = &tokens[lines.len()];
        if let Some(after) = rest.strip_prefix('\n') {
            (rest, line) = (after, line + 1);
        } else if rest.starts_with(char::is_whitespace) {
            rest = rest.trim_start_matches([' ', '\t', '\r']);
        } else if rest.starts_with("//") {
            // A comment of documentation is an attribute: `# [ doc = "…" ]`, or `# ! [ … ]`.
            let inner = rest.starts_with("//!");
            if inner || rest.starts_with("///") && !rest.starts_with("////") {
                lines.extend(std::iter::repeat_n(line, if inner { 7 } else { 6 }));
            }
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if let Some(after) = rest.strip_prefix(token.as_str()) {
            lines.push(line);
            line += token.matches('\n').count() as u32;
            rest = after;
        } else {
            return Err(format!("line {line}: expected `{token}`").into());
        }
    }
    Ok(lines)
}
