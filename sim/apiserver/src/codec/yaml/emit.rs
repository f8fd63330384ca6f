//! Emits a JSON value as a YAML document, byte for byte like Go's port of libyaml: sorted keys, lists not indented
//! below their key, quotes only where needed, long strings folded after eighty columns.
use super::scalar;
use serde_json::{Map, Value};
use std::cmp::Ordering;

/// Column after which a line is folded.
const WIDTH: usize = 80;

/// A whole document.
pub(crate) fn document(value: &Value) -> String {
    let mut emitter = Emitter { out: String::new(), column: 0 };
    match value {
        Value::Object(map) if !map.is_empty() => emitter.mapping(map, 0, true),
        Value::Array(list) if !list.is_empty() => emitter.sequence(list, 0, true),
        other => emitter.scalar(other, 0),
    }
    if !emitter.out.ends_with('\n') {
        emitter.put("\n");
    }
    emitter.out
}

struct Emitter {
    out: String,
    column: usize,
}

impl Emitter {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.column = match text.rsplit_once('\n') {
            Some((_, last)) => last.chars().count(),
            None => self.column + text.chars().count(),
        };
    }

    /// Starts a line, unless one has just started.
    fn line(&mut self, indent: usize, fresh: bool) {
        if !fresh {
            if !self.out.ends_with('\n') {
                self.put("\n");
            }
            self.put(&" ".repeat(indent));
        }
    }

    /// Emits a mapping; `fresh`: the first key continues the current line.
    fn mapping(&mut self, map: &Map<String, Value>, indent: usize, fresh: bool) {
        let mut members: Vec<_> = map.iter().collect();
        members.sort_by(|(a, _), (b, _)| natural(a, b));
        for (i, (key, value)) in members.into_iter().enumerate() {
            self.line(indent, fresh && i == 0);
            self.text(key, indent, true);
            self.put(":");
            match value {
                Value::Object(map) if !map.is_empty() => self.mapping(map, indent + 2, false),
                Value::Array(list) if !list.is_empty() => self.sequence(list, indent, false),
                other => {
                    self.put(" ");
                    self.scalar(other, indent);
                }
            }
        }
    }

    fn sequence(&mut self, list: &[Value], indent: usize, fresh: bool) {
        for (i, value) in list.iter().enumerate() {
            self.line(indent, fresh && i == 0);
            self.put("- ");
            match value {
                Value::Object(map) if !map.is_empty() => self.mapping(map, indent + 2, true),
                Value::Array(list) if !list.is_empty() => self.sequence(list, indent + 2, true),
                other => self.scalar(other, indent),
            }
        }
    }

    fn scalar(&mut self, value: &Value, indent: usize) {
        match value {
            Value::String(text) => self.text(text, indent, false),
            other => self.put(&other.to_string()),
        }
    }

    fn text(&mut self, text: &str, indent: usize, key: bool) {
        let traits = Traits::of(text);
        match traits.style(text, key) {
            Style::Plain => self.folded(text, indent, key, false),
            Style::Single => {
                self.put("'");
                self.folded(&text.replace('\'', "''"), indent, key, true);
                self.put("'");
            }
            Style::Double => self.double(text, indent, key),
            Style::Literal => self.literal(text, indent),
        }
    }

    /// Emits a string, folded at the first single space beyond the width.
    fn folded(&mut self, text: &str, indent: usize, key: bool, quoted: bool) {
        let letters: Vec<char> = text.chars().collect();
        for (i, letter) in letters.iter().enumerate() {
            let inner = !quoted || (i > 0 && i + 1 < letters.len());
            let alone = letters.get(i + 1) != Some(&' ') && (i == 0 || letters[i - 1] != ' ');
            if *letter == ' ' && !key && self.column > WIDTH && inner && alone {
                self.line(indent + 2, false);
            } else {
                self.put(letter.encode_utf8(&mut [0; 4]));
            }
        }
    }

    fn double(&mut self, text: &str, indent: usize, key: bool) {
        self.put("\"");
        let letters: Vec<char> = text.chars().collect();
        let mut spaces = false;
        for (i, letter) in letters.iter().enumerate() {
            let inner = i > 0 && i + 1 < letters.len();
            if *letter == ' ' && !key && !spaces && self.column > WIDTH && inner {
                self.line(indent + 2, false);
                if letters.get(i + 1) == Some(&' ') {
                    self.put("\\");
                }
            } else {
                self.put(&escaped(*letter));
            }
            spaces = *letter == ' ';
        }
        self.put("\"");
    }

    fn literal(&mut self, text: &str, indent: usize) {
        let hint = if text.starts_with([' ', '\n']) { "2" } else { "" };
        let chomp = match text.strip_suffix('\n') {
            None => "-",
            Some(rest) if rest.is_empty() || rest.ends_with('\n') => "+",
            Some(_) => "",
        };
        self.put(&format!("|{hint}{chomp}"));
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            self.put("\n");
            if !line.is_empty() {
                self.put(&" ".repeat(indent + 2));
                self.put(line);
            }
        }
        if chomp == "+" {
            self.put("\n");
        }
    }
}

fn escaped(letter: char) -> String {
    match letter {
        '"' => "\\\"".into(),
        '\\' => "\\\\".into(),
        '\0' => "\\0".into(),
        '\x07' => "\\a".into(),
        '\x08' => "\\b".into(),
        '\t' => "\\t".into(),
        '\n' => "\\n".into(),
        '\x0b' => "\\v".into(),
        '\x0c' => "\\f".into(),
        '\r' => "\\r".into(),
        '\x1b' => "\\e".into(),
        '\u{85}' => "\\N".into(),
        '\u{a0}' => "\\_".into(),
        '\u{2028}' => "\\L".into(),
        '\u{2029}' => "\\P".into(),
        c if is_printable(c) => c.to_string(),
        c if u32::from(c) <= 0xff => format!("\\x{:02X}", u32::from(c)),
        c if u32::from(c) <= 0xffff => format!("\\u{:04X}", u32::from(c)),
        c => format!("\\U{:08X}", u32::from(c)),
    }
}

fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// The traits of a scalar by libyaml's analysis (emitterc.go, yaml_emitter_analyze_scalar), outside flow collections.
struct Traits {
    plain: bool,
    single: bool,
    block: bool,
}

impl Traits {
    fn of(text: &str) -> Self {
        let letters: Vec<char> = text.chars().collect();
        let (first, last) = (letters.first().copied(), letters.last().copied());
        let multiline = text.contains('\n');
        let edge = |c: Option<char>| matches!(c, Some(' ' | '\n'));
        let pair = |a: char, b: char| letters.windows(2).any(|w| w[0] == a && w[1] == b);
        let (space_break, break_space) = (pair(' ', '\n'), pair('\n', ' '));
        let special = letters.iter().any(|c| !is_printable(*c) || *c == '\u{feff}');
        let blank = |c: Option<&char>| matches!(c, None | Some(' ' | '\t' | '\n' | '\r'));
        let indicator = letters.iter().enumerate().any(|(i, c)| {
            let followed = blank(letters.get(i + 1));
            match c {
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`'
                    if i == 0 =>
                {
                    true
                }
                '?' | '-' if i == 0 => followed,
                ':' => followed,
                '#' => blank(letters.get(i - 1)),
                _ => false,
            }
        });
        let document = text.starts_with("---") || text.starts_with("...");
        let hidden = space_break || special;
        Self {
            plain: !(edge(first)
                || edge(last)
                || break_space
                || hidden
                || multiline
                || indicator
                || document
                || text.is_empty()),
            single: !(break_space || hidden),
            block: !(last == Some(' ') || hidden),
        }
    }

    /// The style of a string: double quotes if it would be read as another type, single quotes if it is not valid as a
    /// plain scalar.
    fn style(&self, text: &str, key: bool) -> Style {
        if text.contains('\n') {
            return if self.block && !key { Style::Literal } else { Style::Double };
        }
        match () {
            () if scalar::is_ambiguous(text) => Style::Double,
            () if self.plain => Style::Plain,
            () if self.single => Style::Single,
            () => Style::Double,
        }
    }
}

/// The order of keys (sorter.go): numbers in them by value, letters after all other characters.
fn natural(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    for i in 0..a.len().min(b.len()) {
        if a[i] == b[i] {
            continue;
        }
        return match (a[i].is_alphabetic(), b[i].is_alphabetic()) {
            (true, true) => a[i].cmp(&b[i]),
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => {
                let digits = |text: &[char]| text[i..].iter().take_while(|c| c.is_numeric()).count();
                // After a digit that is not zero, leading zeros count.
                let zero = a[i] == '0' || b[i] == '0';
                let before = a[..i].iter().rev().take_while(|c| c.is_numeric()).any(|c| *c != '0');
                let value = |text: &[char]| {
                    let start = u64::from(zero && before);
                    let digits = text[i..].iter().take_while(|c| c.is_numeric()).filter_map(|c| c.to_digit(10));
                    digits.fold(start, |n, digit| n.wrapping_mul(10).wrapping_add(u64::from(digit)))
                };
                value(&a).cmp(&value(&b)).then(digits(&a).cmp(&digits(&b))).then(a[i].cmp(&b[i]))
            }
        };
    }
    a.len().cmp(&b.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_are_not_indented_below_their_key() {
        let value = json!({"kind": "List", "items": [{"a": 1, "b": []}, "x", ["y"]], "empty": {}, "none": null});
        let text = "empty: {}\nitems:\n- a: 1\n  b: []\n- x\n- - \"y\"\nkind: List\nnone: null\n";
        assert_eq!(document(&value), text);
    }

    #[test]
    fn quotes_are_used_only_where_needed() {
        let value =
            json!({"a": "plain text", "b": "true", "c": "a: b", "d": "it's", "e": "tab\t", "f": " x", "g": "#"});
        let text = "a: plain text\nb: \"true\"\nc: 'a: b'\nd: it's\ne: \"tab\\t\"\nf: ' x'\ng: '#'\n";
        assert_eq!(document(&value), text);
    }

    #[test]
    fn long_texts_are_folded_after_eighty_columns() {
        let message = "only the following media types are accepted: application/json;stream=watch, application/x;y";
        let value = json!({"message": message});
        let text = "message: 'only the following media types are accepted: application/json;stream=watch,\n  \
            application/x;y'\n";
        assert_eq!(document(&value), text);
    }

    #[test]
    fn lines_become_literal_blocks() {
        assert_eq!(
            document(&json!({"m": {"a": "x\ny", "b": "x\n", "c": "x\n\n"}})),
            "m:\n  a: |-\n    x\n    y\n  b: |\n    x\n  c: |+\n    x\n\n"
        );
    }

    #[test]
    fn keys_are_in_natural_order() {
        let mut keys = ["a10", "a9", "b", "A", "a-b", "a/b", "f:x", "."];
        keys.sort_by(|a, b| natural(a, b));
        assert_eq!(keys, [".", "A", "a-b", "a/b", "a9", "a10", "b", "f:x"]);
    }
}
