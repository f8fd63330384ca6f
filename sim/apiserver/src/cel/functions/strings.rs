//! Texts (cel-go, ext/strings.go version 2; k8s.io/apiserver/pkg/cel/library/regex.go). Positions count characters.
use super::{
    super::value::{Fault, Outcome, Value, fault, no_overload},
    format,
    native::Native,
};
use crate::base::pattern::Pattern;

pub(super) fn find(name: &str) -> Option<Native> {
    Some(match name {
        "contains" => |args| both(args, |text, part| text.contains(part)),
        "startsWith" => |args| both(args, |text, part| text.starts_with(part)),
        "endsWith" => |args| both(args, |text, part| text.ends_with(part)),
        "matches" => matches,
        "find" => find_first,
        "findAll" => find_all,
        "charAt" => char_at,
        "lowerAscii" => |args| one(args, |text| text.to_ascii_lowercase()),
        "upperAscii" => |args| one(args, |text| text.to_ascii_uppercase()),
        "trim" => |args| one(args, |text| text.trim_matches(is_space).to_owned()),
        "replace" => replace,
        "split" => split,
        "substring" => substring,
        "format" => format::format,
        "strings.quote" => |args| one(args, quote),
        "join" => join,
        "jsonpatch.escapeKey" => |args| one(args, |text| text.replace('~', "~0").replace('/', "~1")),
        _ => return None,
    })
}

/// White space of Go's `strings.TrimSpace`.
fn is_space(c: char) -> bool {
    c.is_whitespace() && c != '\u{200b}'
}

fn both<'a>(args: &[Value<'a>], test: fn(&str, &str) -> bool) -> Outcome<'a> {
    match args {
        [Value::String(text), Value::String(part)] => Ok(Value::Bool(test(text, part))),
        _ => no_overload(),
    }
}

fn one<'a>(args: &[Value<'a>], change: impl Fn(&str) -> String) -> Outcome<'a> {
    match args {
        [Value::String(text)] => Ok(Value::text(change(text))),
        _ => no_overload(),
    }
}

fn matches<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::String(text), Value::String(pattern)] => match Pattern::new(pattern) {
            Ok(pattern) => Ok(Value::Bool(pattern.is_match(text))),
            Err(why) => fault(why.to_string()),
        },
        _ => no_overload(),
    }
}

fn compiled(pattern: &str) -> Result<Pattern, Fault> {
    Pattern::new(pattern).map_err(|why| Fault(format!("Illegal regex: {why}")))
}

fn find_first<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let [Value::String(text), Value::String(pattern)] = args else { return no_overload() };
    let found = compiled(pattern)?.find_all(text).next().unwrap_or_default().to_owned();
    Ok(Value::text(found))
}

fn find_all<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (text, pattern, most) = match args {
        [Value::String(text), Value::String(pattern)] => (text, pattern, usize::MAX),
        [Value::String(text), Value::String(pattern), Value::Int(most)] => {
            (text, pattern, usize::try_from(*most).unwrap_or(usize::MAX))
        }
        _ => return no_overload(),
    };
    let found = compiled(pattern)?.find_all(text).take(most).map(str::to_owned).collect();
    Ok(Value::texts(found))
}

fn out_of_range<'a>(index: i64) -> Outcome<'a> {
    fault(format!("index out of range: {index}"))
}

fn char_at<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let [Value::String(text), Value::Int(index)] = args else { return no_overload() };
    let chars: Vec<char> = text.chars().collect();
    match usize::try_from(*index) {
        Ok(place) if place == chars.len() => Ok(Value::text("")),
        Ok(place) if place < chars.len() => Ok(Value::text(chars[place].to_string())),
        _ => out_of_range(*index),
    }
}

/// The position of a text in another, from an offset on.
pub(super) fn index_of<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (Some(Value::String(text)), Some(Value::String(part))) = (args.first(), args.get(1)) else {
        return no_overload();
    };
    let offset = match args.get(2) {
        None => 0,
        Some(Value::Int(offset)) => *offset,
        _ => return no_overload(),
    };
    if part.is_empty() {
        return Ok(Value::Int(offset));
    }
    let Ok(from) = usize::try_from(offset) else { return out_of_range(offset) };
    let (text, part): (Vec<char>, Vec<char>) = (text.chars().collect(), part.chars().collect());
    let found = text.windows(part.len()).enumerate().skip(from).find(|(_, window)| *window == part);
    Ok(found.map_or(Value::Int(-1), |(place, _)| Value::int(place)))
}

/// The last position of a text in another, up to an offset.
pub(super) fn last_index_of<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (Some(Value::String(text)), Some(Value::String(part))) = (args.first(), args.get(1)) else {
        return no_overload();
    };
    let (chars, part_chars): (Vec<char>, Vec<char>) = (text.chars().collect(), part.chars().collect());
    let offset = match args.get(2) {
        None if part.is_empty() => return Ok(Value::int(chars.len())),
        None if text.len() < part.len() => return Ok(Value::Int(-1)),
        None => i64::try_from(chars.len()).unwrap_or(i64::MAX) - 1,
        Some(Value::Int(offset)) if part.is_empty() => return Ok(Value::Int(*offset)),
        Some(Value::Int(offset)) => *offset,
        _ => return no_overload(),
    };
    let Ok(last) = usize::try_from(offset) else { return out_of_range(offset) };
    if last >= chars.len() {
        return Ok(Value::Int(-1));
    }
    let mut found = chars.windows(part_chars.len()).enumerate().take(last.saturating_add(1)).collect::<Vec<_>>();
    found.retain(|(_, window)| *window == part_chars);
    Ok(found.last().map_or(Value::Int(-1), |(place, _)| Value::int(*place)))
}

fn replace<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::String(text), Value::String(old), Value::String(new)] => Ok(Value::text(text.replace(&**old, new))),
        [Value::String(text), Value::String(old), Value::String(new), Value::Int(most)] => {
            let replaced = match usize::try_from(*most) {
                Ok(most) => text.replacen(&**old, new, most),
                Err(_) => text.replace(&**old, new),
            };
            Ok(Value::text(replaced))
        }
        _ => no_overload(),
    }
}

fn split<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (text, separator, most) = match args {
        [Value::String(text), Value::String(separator)] => (text, separator, -1),
        [Value::String(text), Value::String(separator), Value::Int(most)] => (text, separator, *most),
        _ => return no_overload(),
    };
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    if most == 0 {
        return Ok(Value::list(Vec::new()));
    }
    let parts: Vec<String> = if separator.is_empty() {
        let chars: Vec<char> = text.chars().collect();
        let single = chars.len().min(most.saturating_sub(1)).min(chars.len());
        let mut parts: Vec<String> = chars[..single].iter().map(char::to_string).collect();
        if single < chars.len() {
            parts.push(chars[single..].iter().collect());
        }
        parts
    } else {
        text.splitn(most, &**separator).map(str::to_owned).collect()
    };
    Ok(Value::texts(parts))
}

fn substring<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (text, start, end) = match args {
        [Value::String(text), Value::Int(start)] => (text, *start, None),
        [Value::String(text), Value::Int(start), Value::Int(end)] => (text, *start, Some(*end)),
        _ => return no_overload(),
    };
    let chars: Vec<char> = text.chars().collect();
    if let Some(end) = end.filter(|end| start > *end) {
        return fault(format!("invalid substring range. start: {start}, end: {end}"));
    }
    let place = |index: i64| usize::try_from(index).ok().filter(|place| *place <= chars.len());
    let Some(from) = place(start) else { return out_of_range(start) };
    let to = match end.map(|end| (end, place(end))) {
        None => chars.len(),
        Some((_, Some(to))) => to,
        Some((end, None)) => return out_of_range(end),
    };
    Ok(Value::text(chars[from..to].iter().collect::<String>()))
}

fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn join<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (list, separator) = match args {
        [Value::List(list)] => (list, ""),
        [Value::List(list), Value::String(separator)] => (list, &**separator),
        _ => return no_overload(),
    };
    let mut parts = Vec::with_capacity(list.len());
    for item in list.iter() {
        match item? {
            Value::String(text) => parts.push(text),
            other => return fault(format!("join: invalid input: {other}")),
        }
    }
    Ok(Value::text(parts.join(separator)))
}
