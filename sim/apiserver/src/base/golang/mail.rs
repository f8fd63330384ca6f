//! E-mail addresses as Go reads them (package `net/mail`, `ParseAddress`): a bare address, or one in angle brackets
//! after a name. Comments and folded white space are allowed; groups are not.

/// Whether the text is one address.
pub(crate) fn is_address(text: &str) -> bool {
    let mut reader = Reader { rest: text };
    reader.skip_space() && reader.address() && reader.skip_space() && reader.rest.is_empty()
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.rest.starts_with(c);
        if found {
            self.rest = &self.rest[c.len_utf8()..];
        }
        found
    }

    /// Skips white space and comments; false if a comment does not end.
    fn skip_space(&mut self) -> bool {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
            if !self.rest.starts_with('(') {
                return true;
            }
            let (mut depth, mut end, mut escaped) = (0usize, None, false);
            for (at, c) in self.rest.char_indices() {
                match c {
                    _ if escaped => escaped = false,
                    '\\' => escaped = true,
                    '(' => depth += 1,
                    ')' => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    end = Some(at + 1);
                    break;
                }
            }
            let Some(end) = end else { return false };
            self.rest = &self.rest[end..];
        }
    }

    fn address(&mut self) -> bool {
        let start = self.rest;
        if self.bare() {
            return true;
        }
        self.rest = start;
        if self.peek() != Some('<') && !self.phrase() {
            return false;
        }
        self.skip_space() && self.eat('<') && self.bare() && self.eat('>')
    }

    /// `local@domain`.
    fn bare(&mut self) -> bool {
        if !self.skip_space() {
            return false;
        }
        let local = if self.peek() == Some('"') {
            self.quoted().is_some_and(|content| !content.is_empty())
        } else {
            self.atom(true, false)
        };
        if !local || !self.skip_space() || !self.eat('@') || !self.skip_space() {
            return false;
        }
        let domain = if self.peek() == Some('[') { self.literal() } else { self.atom(true, false) };
        domain && self.skip_space()
    }

    fn literal(&mut self) -> bool {
        let Some((inner, rest)) = self.rest[1..].split_once(']') else { return false };
        self.rest = rest;
        super::address::ip(inner.strip_prefix("IPv6:").unwrap_or(inner)).is_some()
    }

    fn phrase(&mut self) -> bool {
        let mut words = 0;
        loop {
            if !self.skip_space() {
                return false;
            }
            match self.peek() {
                Some('"') if self.quoted().is_some() => words += 1,
                Some('"') | None => return false,
                Some(_) if self.atom(true, true) => words += 1,
                Some(_) => return words > 0,
            }
        }
    }

    /// A quoted text, unescaped.
    fn quoted(&mut self) -> Option<String> {
        let mut content = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Some(content);
                }
                '\\' => match chars.next() {
                    Some((_, c)) if is_visible(c) || is_space(c) => content.push(c),
                    _ => return None,
                },
                c if is_visible(c) || is_space(c) => content.push(c),
                _ => return None,
            }
        }
        None
    }

    fn atom(&mut self, dots: bool, loose: bool) -> bool {
        let end = self.rest.find(|c| !is_atom(c, dots)).unwrap_or(self.rest.len());
        let atom = &self.rest[..end];
        let misplaced = atom.starts_with('.') || atom.ends_with('.') || atom.contains("..");
        if atom.is_empty() || (misplaced && !loose) {
            return false;
        }
        self.rest = &self.rest[end..];
        true
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

fn is_visible(c: char) -> bool {
    ('!'..='~').contains(&c) || !c.is_ascii()
}

fn is_atom(c: char, dots: bool) -> bool {
    match c {
        '.' => dots,
        '(' | ')' | '<' | '>' | '[' | ']' | ':' | ';' | '@' | '\\' | ',' | '"' => false,
        c => is_visible(c),
    }
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn bare_and_named_addresses_are_valid() {
        for text in [
            "a@b",
            "a.b@c.d",
            "Name <a@b.c>",
            "\"Q, N\" <a@b>",
            "\"x y\"@b.c",
            "<a@b>",
            "a@[1.2.3.4]",
            "a@b (comment)",
            "ü@example.com",
            " a@b ",
        ] {
            assert!(is_address(text), "{text}");
        }
        for text in
            ["", "a", "a@", "@b", "a@@b", ".a@b", "a.@b", "a..b@c", "a b@c", "a@b,", "a@b, c@d", "Name a@b", "a@[x]"]
        {
            assert!(!is_address(text), "{text}");
        }
    }
}
